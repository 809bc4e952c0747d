//! 7G's answers to a login and to a refresh.

use std::sync::LazyLock;

use serde_json::Value;

use crate::grant::{Expiry, Grant};
use crate::provider::{Outcome, Provider, SevenG, field};
use crate::secret::Secret;
use crate::time::UnixTime;

use super::answer::{Written, check_outcome, is_said};

const PASSWORD: &str = "made up/\"Word\"+7";
const SPENT: [&str; 2] = ["spent-Access7", "spent-Refresh7"];

static PROVIDER: LazyLock<SevenG> = LazyLock::new(|| {
    let builder = SevenG::builder().username("api_user").password(PASSWORD);
    builder.build().expect("a good configuration")
});

/// Tokens come of the answer alone, and what was sent never comes back in an error.
pub fn check(data: &[u8]) {
    let answer = Written::read(data).answer;
    let login = check_outcome(&answer, &[PASSWORD], |answer| PROVIDER.read_login(answer, &[]));
    if let Outcome::Granted(grant) = &login {
        let refresh_token = grant.refresh_token.as_ref().expect("a login yields both tokens").expose();
        assert!(is_said(&answer, refresh_token), "a refresh token of nowhere");
    }
    assert!(!matches!(login, Outcome::SecondFactor(_)), "7G has none");
    let spent = Grant {
        access_token: Secret::new(SPENT[0]),
        refresh_token: Some(Secret::new(SPENT[1])),
        expiry: Expiry::At(UnixTime(0)),
        details: None,
    };
    let known = [PASSWORD, SPENT[0], SPENT[1]];
    let refresh = check_outcome(&answer, &known, |answer| PROVIDER.read_refresh(&spent, answer));
    match (&login, &refresh) {
        (Outcome::Granted(one), Outcome::Granted(other)) => assert!(one == other, "the same answer, other tokens"),
        (Outcome::Granted(_), other) => panic!("good for a login and not for a refresh: {other:?}"),
        (_, Outcome::Granted(grant)) => {
            // One that is there and cannot be read has replaced the old one.
            let object = answer.object().expect("an object, with the token");
            let is_kept = matches!(field(&object, "refreshToken"), None | Some(Value::Null | Value::String(_)));
            let kept = Some(SPENT[1]).filter(|_| is_kept);
            assert_eq!(grant.refresh_token.as_ref().map(Secret::expose), kept, "whether the old one stays good");
        }
        (Outcome::Busy(_), other) => assert!(matches!(other, Outcome::Busy(_)), "{other:?}"),
        _ => {}
    }
    if let Outcome::Granted(grant) = &refresh {
        let headers = PROVIDER.headers(grant.access_token.expose());
        assert_eq!(headers[0], ("Authorization", grant.access_token.expose().to_owned()));
        assert_eq!(PROVIDER.refresh(grant).is_some(), grant.refresh_token.is_some(), "whether it can be refreshed");
    }
}
