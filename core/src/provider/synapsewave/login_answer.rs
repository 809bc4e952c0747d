//! The three outcomes of a login: a session, a second factor that is still needed, a refusal (wire.md 2.10.4 and 5).

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Map, Value};

use crate::error::ErrorCode;
use crate::factor::FactorKind;
use crate::foreign_text::Secrets;
use crate::grant::{Claims, Details, Expiry, Feed, Grant, Profile, SecondFactor};
use crate::jwt;
use crate::provider::answer::{field, token};
use crate::provider::judged::{self, Said};
use crate::provider::{Answer, BaseUrl, Outcome};
use crate::secret::Secret;
use crate::time::UnixTime;

use super::envelope::Envelope;
use super::failure::Failure;
use super::reading::Reading;
use super::{profile, refusal, trading_day};

/// wire.md 2.10.15: how long a register token is good for where it does not say.
const REGISTERED_FOR: Duration = Duration::from_secs(900);

/// What a kind of login answers with.
pub(super) struct Expected<'a> {
    /// The names of the token that opens a session, the likeliest first.
    pub(super) tokens: &'a [&'a str],
    /// Whether a second factor may be asked for.
    pub(super) may_ask: bool,
    /// The user who logs in, where the answer does not name one.
    pub(super) user: Option<&'a str>,
    /// Where the login was sent to.
    pub(super) base_url: &'a BaseUrl,
    pub(super) path: &'a str,
}

/// Reads the answer to any request of a login; `known` are the secrets that must not come back in an error.
pub(super) fn read(answer: &Answer, known: Vec<Secret>, expected: &Expected) -> Outcome {
    let reading = Reading::new(answer, "login", known);
    let Some(data) = granted(&reading) else { return refused(&reading, expected) };
    if let Some(token) = expected.tokens.iter().find_map(|name| token(&data, name)) {
        let grant = grant(token, data, &reading, expected.user);
        return grant.map_or_else(|| reading.unreadable().into(), Outcome::Granted);
    }
    match token(&data, "register_token").filter(|token| expected.may_ask && !token.is_empty()) {
        Some(token) => Outcome::SecondFactor(second_factor(token, data, &reading)),
        None => reading.unreadable().into(),
    }
}

/// What an answer says that grants nothing.
fn refused(reading: &Reading, expected: &Expected) -> Outcome {
    let is_own = reading.envelope.as_ref().is_some_and(Envelope::denies);
    match reading.failure() {
        // Said in so many words, a refusal is more than a request to slow down.
        Failure::Busy(_) if is_own && judged::said(reading.answer) != Said::Nothing => {
            Outcome::Rejected(refusal::read(reading))
        }
        Failure::Rejected(error) | Failure::Unreadable(error)
            // A refusal of the password or the code is somebody's judgement, whatever the status.
            if matches!(error.code(), ErrorCode::Protocol | ErrorCode::AccessDenied)
                && judged::is_unseen(reading.answer, is_own) =>
        {
            Outcome::Unjudged(judged::unseen(error, expected.base_url, expected.path))
        }
        failure => failure.into(),
    }
}

/// The data of an answer that says that all is well. What is in it decides how well.
fn granted(reading: &Reading) -> Option<Map<String, Value>> {
    let envelope = reading.envelope.as_ref().filter(|envelope| envelope.succeeds());
    envelope.filter(|_| reading.answer.is_success()).map(|envelope| envelope.members().unwrap_or_default())
}

/// None if the token could not be sent: such an answer is not one of the API.
fn grant(access_token: String, data: Map<String, Value>, reading: &Reading, user: Option<&str>) -> Option<Grant> {
    let end = jwt::expiry(&access_token).unwrap_or_else(|| trading_day::end(made(reading.answer)));
    let access_token = Secret::new(access_token);
    let profile = profile::read(data, &reading.known);
    let feed = Some(feed(&profile, &access_token, user));
    let details = Some(Arc::new(Details { profile, feed }));
    let is_sendable = access_token.is_sendable();
    is_sendable.then_some(Grant { access_token, refresh_token: None, expiry: Expiry::At(end), details })
}

fn second_factor(token: String, data: Map<String, Value>, reading: &Reading) -> SecondFactor {
    let may_have = |name: &str| match field(&data, name) {
        Some(Value::Bool(enabled)) => *enabled,
        Some(Value::String(text)) => !text.trim().eq_ignore_ascii_case("false"),
        _ => true,
    };
    // Whether an OTP can be had is not said.
    let mut methods = vec![FactorKind::Otp];
    methods.extend(may_have("totp_enabled").then_some(FactorKind::Totp));
    methods.extend(may_have("fingerprint_enabled").then_some(FactorKind::Fingerprint));
    let expires_at = jwt::expiry(&token).unwrap_or_else(|| made(reading.answer).after(REGISTERED_FOR));
    SecondFactor { token: Secret::new(token), methods, expires_at, fields: profile::read(data, &reading.known).fields }
}

/// When the answer was made, by the server's clock as far as it is known.
fn made(answer: &Answer) -> UnixTime {
    answer.date.unwrap_or(answer.received)
}

/// The feed of a session of which this is known.
pub(super) fn feed(profile: &Profile, access_token: &Secret, user: Option<&str>) -> Feed {
    Feed {
        url: profile.text("broadcast_socket").filter(|url| !url.is_empty()).map(ToOwned::to_owned),
        token: profile.secret("broadcast_token").unwrap_or(access_token).clone(),
        user: profile.text("user_id").or(user).map(ToOwned::to_owned),
    }
}

/// The feed of a session, which may be one of tokens from elsewhere.
pub(super) fn feed_of(grant: &Grant, user: Option<&str>) -> Feed {
    if let Some(details) = &grant.details {
        return details.feed.clone().unwrap_or_else(|| feed(&details.profile, &grant.access_token, user));
    }
    let claims: Claims = jwt::claims(grant.access_token.expose()).unwrap_or_default();
    let named = profile::of_claims(&claims, &Secrets::default());
    feed(&Profile::default(), &grant.access_token, user.or_else(|| named.text("user_id")))
}
