//! Synapsewave's answers to the question whether a session is good.

use std::sync::LazyLock;

use crate::error::Error;
use crate::grant::{Expiry, Grant};
use crate::provider::{Answer, Provider, Synapsewave};
use crate::secret::Secret;
use crate::time::UnixTime;

use super::answer::{Written, check_error};
use super::synapsewave::{API_KEY, BASE_URL, DEVICE, HEADER_KEY, check_redacted};

const TOKEN: &str = "held-Token7";

static PROVIDER: LazyLock<Synapsewave> = LazyLock::new(|| {
    let builder = Synapsewave::builder().base_url(BASE_URL).user_id("UCC123456").api_key(API_KEY);
    builder.x_api_key(HEADER_KEY).udid(DEVICE).build().expect("a good configuration")
});

/// A session is good by an answer of success only, and bad by one of success or by a 401.
pub fn check(data: &[u8]) {
    let expiry = Expiry::At(UnixTime(0));
    let held = Grant { access_token: Secret::new(TOKEN), refresh_token: None, expiry, details: None };
    let known = [API_KEY, HEADER_KEY, DEVICE, TOKEN];
    check_validate(&Written::read(data).answer, &known, |answer| PROVIDER.read_validate(answer, &held));
}

pub(super) fn check_validate(answer: &Answer, known: &[&str], read: impl Fn(&Answer) -> Result<bool, Error>) {
    let shown = |read: &Result<bool, Error>| format!("{read:?}");
    let verdict = read(answer);
    assert_eq!(shown(&verdict), shown(&read(answer)));
    match verdict {
        Ok(is_good) => assert!(answer.is_success() || answer.status == 401 && !is_good, "HTTP {}", answer.status),
        Err(error) => {
            assert_ne!(answer.status, 401, "{error:?}");
            check_error(&error, answer, known);
            check_redacted(&error, answer);
        }
    }
}
