//! 7G's answers to the two calls that need no login.

use std::sync::LazyLock;

use serde_json::{Map, Value};

use crate::endpoints::{LONGEST_BODY, LookupEntry};
use crate::error::{Error, ErrorCode};
use crate::foreign_text::{datum, one_line};
use crate::provider::{Answer, SevenG};

use super::answer::{Written, check_error};

const PASSWORD: &str = "made up/\"Word\"+7";

static PROVIDER: LazyLock<SevenG> = LazyLock::new(|| {
    let builder = SevenG::builder().username("api_user").password(PASSWORD);
    builder.build().expect("a good configuration")
});

/// What is held never comes back in an error, though none of it was sent, and entries come of the answer alone.
pub fn check(data: &[u8]) {
    let answer = Written::read(data).answer;
    check_health(&answer);
    match (PROVIDER.read_lookup(&answer), PROVIDER.read_lookup(&answer)) {
        (Ok(entries), Ok(again)) => {
            assert!(entries == again, "two lists of one answer");
            check_entries(&entries, &answer);
        }
        (Err(error), Err(again)) => {
            assert_eq!(format!("{error:?}"), format!("{again:?}"));
            check_refusal(&error, &answer);
        }
        _ => panic!("one answer is read in two ways"),
    }
}

/// The members that go by this name, however it is spelt.
fn named<'a>(object: &'a Map<String, Value>, wanted: &'a str) -> impl Iterator<Item = &'a Value> {
    object.iter().filter(move |(name, _)| name.eq_ignore_ascii_case(wanted)).map(|(_, value)| value)
}

fn check_health(answer: &Answer) {
    let health = SevenG::read_health(answer);
    assert!(health == SevenG::read_health(answer), "one answer is read in two ways");
    assert_eq!(health.status, answer.status);
    assert_eq!(health.body, one_line(&String::from_utf8_lossy(&answer.body), LONGEST_BODY));
    let object = answer.object().unwrap_or_default();
    if health.healthy {
        assert!(answer.is_success(), "healthy by HTTP {}", answer.status);
        assert_ne!(object.get("result"), Some(&Value::Bool(false)), "healthy, and denied");
    } else if answer.is_success() {
        assert!(named(&object, "result").any(|result| *result == false), "nothing says that it is not healthy");
    }
}

/// There is one entry for each object of a list in the answer, and nothing in it that is not there.
fn check_entries(entries: &[LookupEntry], answer: &Answer) {
    assert!(SevenG::read_health(answer).healthy, "entries of an answer that is none");
    let object = answer.object().expect("entries of what is no object");
    let mut lists = named(&object, "data").filter_map(Value::as_array);
    let is_of = |entry: &LookupEntry, value: &Value| {
        let is_there = |name: &str, text: &str| {
            let members = || value.as_object().into_iter().flat_map(|members| named(members, name));
            let shown = |value: &Value| value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned);
            let is_blank = || members().next().is_none() || members().any(Value::is_null);
            members().any(|value| datum(&shown(value)) == text) || text.is_empty() && is_blank()
        };
        value.is_object() && is_there("id", &entry.id) && is_there("value", &entry.value)
    };
    let is_like = |list: &Vec<Value>| {
        list.len() == entries.len() && entries.iter().zip(list).all(|(entry, value)| is_of(entry, value))
    };
    assert!(lists.any(is_like), "entries of nowhere: {entries:?}");
}

fn check_refusal(error: &Error, answer: &Answer) {
    match error.code() {
        ErrorCode::RateLimited => assert!(matches!(answer.status, 429 | 503), "{error:?}"),
        ErrorCode::AccessDenied => {
            assert!(answer.is_success() && !SevenG::read_health(answer).healthy, "{error:?}");
        }
        ErrorCode::Protocol => assert_ne!(answer.status, 429, "{error:?}"),
        code => panic!("{code:?} is no refusal of a lookup: {error:?}"),
    }
    check_error(error, answer, &[PASSWORD]);
}
