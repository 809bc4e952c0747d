//! Synapsewave's answers to a user's login, in all the forms that one has: the header `Form` says which.

use std::sync::LazyLock;

use serde_json::Value;

use crate::factor::{Callback, Factor, Totp};
use crate::grant::Claims;
use crate::provider::{Outcome, Provider, Synapsewave, SynapsewaveBuilder};
use crate::secret::Secret;

use super::answer::{Written, check_outcome};
use super::synapsewave::{
    API_KEY, BASE_URL, DEVICE, HEADER_KEY, PASSWORD, PUSH_KEY, SENT, assert_shown, check_profile, check_redacted,
    device,
};

const MPIN: &str = "039182";
const PAN: &str = "ABCDE1234F";
/// What none of the forms lets an error say, as far as it holds or sends it.
const ALWAYS: [&str; 6] = [API_KEY, HEADER_KEY, DEVICE, PUSH_KEY, SENT, "inner-Id7"];

static FORMS: LazyLock<Vec<(Synapsewave, Vec<&'static str>)>> = LazyLock::new(|| {
    let totp = || Factor::from(Totp::new("JBSWY3DPEHPK3PXP").expect("a good secret"));
    let otp = || Callback::new(|_| async { Ok(Secret::new(SENT)) });
    let forms = [
        (builder().password(PASSWORD).second_factor(totp()), vec![PASSWORD]),
        (builder().password(PASSWORD), vec![PASSWORD]),
        (builder().password(PASSWORD).second_factor(Factor::Otp(otp())), vec![PASSWORD]),
        (builder().password(PASSWORD).second_factor(Factor::pan(PAN)), vec![PASSWORD, PAN]),
        (builder().mpin(MPIN).second_factor(totp()), vec![MPIN]),
        (builder().fingerprint("finger-Id7").second_factor(totp()), vec!["finger-Id7"]),
        (builder().sso_token("sso-Token7"), vec!["sso-Token7"]),
        (builder().sso_callback(otp()), vec![]),
        (builder().register_token("register-Token7").second_factor(totp()), vec!["register-Token7"]),
        (builder().password(PASSWORD).login_type("PASSKEY"), vec![PASSWORD]),
        (builder(), vec![]),
    ];
    forms.into_iter().map(|(form, held)| (form.build().expect("a good configuration"), held)).collect()
});

fn builder() -> SynapsewaveBuilder {
    let builder = Synapsewave::builder().base_url(BASE_URL).user_id("UCC123456").api_key(API_KEY);
    builder.x_api_key(HEADER_KEY).udid(DEVICE).device_info(device())
}

/// A login yields a session, a challenge or a refusal, none of which shows a secret.
pub fn check(data: &[u8]) {
    let written = Written::read(data);
    let form = written.header("Form").and_then(|form| form.parse().ok()).unwrap_or(0_usize);
    let (provider, held) = &FORMS[form % FORMS.len()];
    let known: Vec<&str> = held.iter().chain(&ALWAYS).copied().collect();
    let sent = Secret::new(SENT);
    match check_outcome(&written.answer, &known, |answer| provider.read_login(answer, &[&sent])) {
        Outcome::Granted(grant) => {
            assert!(grant.refresh_token.is_none(), "Synapsewave has none");
            let details = grant.details.as_deref().expect("a login says more");
            check_profile(&details.profile);
            let feed = provider.feed(&grant).expect("every session has a feed");
            assert_eq!(Some(&feed), details.feed.as_ref());
            assert!(!feed.token.expose().is_empty() && feed.user.is_some());
            assert!(feed.url.is_none_or(|url| !url.is_empty()));
            let claims: Claims = crate::jwt::claims(grant.access_token.expose()).unwrap_or_default();
            assert_shown(&Value::Object(provider.profile(&claims).fields));
            assert!(provider.headers(grant.access_token.expose()).iter().any(|(name, _)| *name == "Authorization"));
        }
        Outcome::SecondFactor(asked) => {
            assert_shown(&Value::Object(asked.fields.clone()));
            let kinds: std::collections::HashSet<_> = asked.methods.iter().collect();
            assert_eq!(kinds.len(), asked.methods.len(), "each is named once");
        }
        Outcome::Rejected(error) | Outcome::Busy(error) | Outcome::Unjudged(error) | Outcome::Unreadable(error) => {
            check_redacted(&error, &written.answer);
        }
    }
}
