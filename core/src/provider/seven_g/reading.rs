//! How an answer of the two endpoints that give tokens reads.

use std::time::Duration;

use serde_json::{Map, Value};

use crate::error::{Error, ErrorCode};
use crate::foreign_text::Secrets;
use crate::grant::{Expiry, Grant};
use crate::jwt;
use crate::provider::answer::{denies, field, token};
use crate::provider::judged::{self, Said};
use crate::provider::{Answer, Outcome};
use crate::secret::Secret;

use super::LIFETIME;

/// wire.md 1.5: a locked account is to be left alone for this long.
const LOCKED_FOR: Duration = Duration::from_secs(600);

/// A number is one as well, if it is read exactly.
pub(super) fn refresh_token(object: &Map<String, Value>) -> Option<String> {
    const NAME: &str = "refreshToken";
    let number = || field(object, NAME).and_then(Value::as_u64).map(|number| number.to_string());
    token(object, NAME).or_else(number)
}

/// None if a token could not be sent: such an answer is not one of the API.
pub(super) fn grant(access_token: String, refresh_token: Option<Secret>) -> Option<Grant> {
    let expiry = jwt::expiry(&access_token).map_or(Expiry::After(LIFETIME), Expiry::At);
    let access_token = Secret::new(access_token);
    let sendable = access_token.is_sendable() && refresh_token.as_ref().is_none_or(Secret::is_sendable);
    sendable.then_some(Grant { access_token, refresh_token, expiry, details: None })
}

/// wire.md 1.8.6: the order in which an answer of the two auth endpoints is read.
pub(super) fn read(
    answer: &Answer,
    what: &str,
    secrets: &[&Secret],
    tokens: impl Fn(&Map<String, Value>) -> Option<Grant>,
) -> Outcome {
    let object = answer.object();
    if answer.is_success()
        && let Some(grant) = object.as_ref().and_then(tokens)
    {
        return Outcome::Granted(grant);
    }
    let secrets = &answer.secrets(secrets);
    let refused = object.as_ref().is_some_and(denies);
    let may_be_locked = match what {
        // A refresh that comes too often was not looked at, whatever the words are.
        "refresh" => answer.status != 429,
        _ => (400..500).contains(&answer.status) || refused,
    };
    if answer.status == 423 || may_be_locked && answer.status < 500 && answer.speaks_of_lockout(secrets) {
        return Outcome::Rejected(locked(answer, what, secrets));
    }
    match answer.status {
        _ if answer.is_busy() => Outcome::Busy(answer.busy(what, secrets)),
        // A request that the server gave up waiting for: nobody knows how far it got.
        408 => Outcome::Unreadable(answer.unreadable(what, secrets)),
        400..500 => Outcome::Rejected(rejected(answer, what, secrets)),
        _ if refused => Outcome::Rejected(rejected(answer, what, secrets)),
        _ => Outcome::Unreadable(answer.unreadable(what, secrets)),
    }
}

/// A refusal with a status that asks to slow down.
pub(super) fn judged_all_the_same(answer: &Answer, secrets: &Secrets) -> Error {
    let status = answer.status;
    let (code, what) = match judged::said(answer) {
        Said::Wrong => (ErrorCode::InvalidCredentials, "user name or password are wrong"),
        _ => (ErrorCode::AccessDenied, "the login failed"),
    };
    let message = format!("The server refused the login (HTTP {status}) and asks to slow down: {what}.");
    answer.explain(Error::new(code, message).trying_again(answer.received, answer.retry_at), secrets)
}

fn locked(answer: &Answer, what: &str, secrets: &Secrets) -> Error {
    let message = format!(
        "The server says that the account is locked and refused the {what}. It opens again ten minutes after the last \
         failed login, and nothing is sent before that."
    );
    let retry_at = answer.retry_at.unwrap_or_else(|| answer.received.after(LOCKED_FOR));
    let error = Error::new(ErrorCode::AccountLocked, message).trying_again(answer.received, retry_at);
    answer.explain(error, secrets)
}

fn rejected(answer: &Answer, what: &str, secrets: &Secrets) -> Error {
    let error = if answer.status == 401 {
        let meaning = match what {
            "login" => "user name or password are wrong, or are those of another environment",
            _ => "what was sent with it is no longer good",
        };
        let message = format!("The server refused the {what} (HTTP 401): {meaning}.");
        Error::new(ErrorCode::InvalidCredentials, message)
    } else {
        let message = format!(
            "The server refused the {what} (HTTP {}). A blocked address, a disabled account and a wrong path all look \
             like this.",
            answer.status
        );
        Error::new(ErrorCode::AccessDenied, message)
    };
    answer.explain(error.trying_again(answer.received, answer.retry_at), secrets)
}
