//! Tokens: the bytes are one, and the payload of one.

use std::sync::LazyLock;

use base64::Engine;
use base64::engine::general_purpose::{URL_SAFE, URL_SAFE_NO_PAD};
use serde_json::{Map, Value};

use crate::grant::{Claims, Expiry, Grant, Tokens};
use crate::jwt::{claims, expiry};
use crate::provider::{Provider, SevenG, Synapsewave};
use crate::secret::Secret;
use crate::time::UnixTime;

use super::synapsewave::{API_KEY, BASE_URL, assert_shown};

static PROVIDERS: LazyLock<[Box<dyn Provider>; 2]> = LazyLock::new(|| {
    let synapsewave = Synapsewave::builder().base_url(BASE_URL).user_id("UCC123456").api_key(API_KEY);
    [
        Box::new(SevenG::builder().build().expect("a good configuration")),
        Box::new(synapsewave.build().expect("a good configuration")),
    ]
});

/// Claims are those of the payload, an end is that of the claims, and no secret among them is shown.
pub fn check(data: &[u8]) {
    check_token(&String::from_utf8_lossy(data));
    let (plain, padded) = (URL_SAFE_NO_PAD.encode(data), URL_SAFE.encode(data));
    let token = format!("e30.{plain}.c2ln");
    check_token(&token);
    assert_eq!(claims(&token), claims(&format!("e30.{padded}.c2ln")), "padding says nothing");
    assert_eq!(expiry(&token), expiry(&format!("e30.{padded}.c2ln")));
    // What is JSON is read as it is, as far as there is room; what is not quite JSON may be read all the same.
    if let (Ok(held), Some(read)) = (serde_json::from_slice::<Map<String, Value>>(data), claims(&token)) {
        assert!(read.keys().all(|name| held.contains_key(name)));
    }
}

fn check_token(token: &str) {
    let (read, end) = (claims(token), expiry(token));
    assert_eq!(read, claims(token));
    assert_eq!(end, Tokens::new(token, None).expires_at);
    if read.is_some() || end.is_some() {
        assert_eq!(token.split('.').count(), 3, "{token}");
    }
    let Some(read) = read else {
        assert_eq!(end, None, "an end without claims");
        return;
    };
    if let Some(end) = end {
        check_end(end, read.get("exp"));
    }
    for provider in PROVIDERS.iter() {
        check_shown(&**provider, token, &read);
    }
}

/// An end is that of the claims, by the one rule for foreign times.
fn check_end(end: UnixTime, exp: Option<&Value>) {
    assert!(end.seconds().is_finite() && end.0 < 7_258_118_400_000);
    assert_eq!(Some(end), exp.and_then(UnixTime::from_foreign));
}

fn check_shown(provider: &dyn Provider, token: &str, read: &Claims) {
    let profile = provider.profile(read);
    assert!(profile == provider.profile(read));
    let grant =
        Grant { access_token: Secret::new(token), refresh_token: None, expiry: Expiry::At(UnixTime(0)), details: None };
    if let Some(feed) = provider.feed(&grant) {
        assert!(feed.token == grant.access_token && feed.url.is_none());
    }
    if provider.system() == "synapsewave" {
        assert_shown(&Value::Object(provider.shown(read.clone())));
    }
}
