//! Synapsewave's answers to a dealer's login and to the question whether its session is good.

use std::sync::LazyLock;

use crate::grant::{Expiry, Grant};
use crate::provider::{Outcome, Provider, SynapsewaveDealer};
use crate::secret::Secret;
use crate::time::UnixTime;

use super::answer::{Written, check_outcome};
use super::synapsewave::{API_KEY, BASE_URL, HEADER_KEY, PASSWORD, check_profile, check_redacted};
use super::synapsewave_validate::check_validate;

const TOKEN: &str = "held-Token7";

static PROVIDER: LazyLock<SynapsewaveDealer> = LazyLock::new(|| {
    let builder = SynapsewaveDealer::builder().base_url(BASE_URL).user_id("DEALER01").password(PASSWORD);
    builder.api_key(API_KEY).x_api_key(HEADER_KEY).build().expect("a good configuration")
});

/// A dealer is granted a session or refused; nobody asks a dealer for a second factor.
pub fn check(data: &[u8]) {
    let answer = Written::read(data).answer;
    let known = [PASSWORD, API_KEY, HEADER_KEY];
    match check_outcome(&answer, &known, |answer| PROVIDER.read_login(answer, &[])) {
        Outcome::Granted(grant) => {
            check_profile(&grant.details.as_deref().expect("a login says more").profile);
            assert!(PROVIDER.feed(&grant).is_some_and(|feed| !feed.token.expose().is_empty()));
        }
        Outcome::SecondFactor(asked) => panic!("{asked:?}"),
        Outcome::Rejected(error) | Outcome::Busy(error) | Outcome::Unjudged(error) | Outcome::Unreadable(error) => {
            check_redacted(&error, &answer);
        }
    }
    let expiry = Expiry::At(UnixTime(0));
    let held = Grant { access_token: Secret::new(TOKEN), refresh_token: None, expiry, details: None };
    check_validate(&answer, &[PASSWORD, API_KEY, HEADER_KEY, TOKEN], |answer| PROVIDER.read_validate(answer, &held));
}
