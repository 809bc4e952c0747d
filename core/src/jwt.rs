//! Reading, never verifying, a JWT: the key is the server's, and the server verifies its own tokens.

use base64::Engine;
use base64::engine::GeneralPurpose;
use base64::engine::general_purpose::NO_PAD;
use serde_json::{Map, Value};

use crate::json;
use crate::time::UnixTime;

/// Some issuers pad, RFC 7515 does not: both are read.
const READER: GeneralPurpose = GeneralPurpose::new(&base64::alphabet::URL_SAFE, NO_PAD);

/// The claims of a token; None if it is no JWT.
pub(crate) fn claims(token: &str) -> Option<Map<String, Value>> {
    let mut parts = token.split('.');
    let (_header, payload, _signature) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() {
        return None;
    }
    let payload = READER.decode(payload.trim_end_matches('=')).ok()?;
    json::object(&payload)
}

/// The end of a token's life by its issuer's clock: the `exp` claim (RFC 7519, 4.1.4), in any of its forms.
pub(crate) fn expiry(token: &str) -> Option<UnixTime> {
    UnixTime::from_foreign(claims(token)?.get("exp")?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    use proptest::prelude::*;

    fn token(payload: &str) -> String {
        format!("{}.{}.signature", URL_SAFE_NO_PAD.encode("{}"), URL_SAFE_NO_PAD.encode(payload))
    }

    #[test]
    fn exp_is_read_in_any_of_its_forms() {
        assert_eq!(expiry(&token(r#"{"exp":1740000000}"#)), Some(UnixTime(1_740_000_000_000)));
        assert_eq!(expiry(&token(r#"{"exp":1740000000.5}"#)), Some(UnixTime(1_740_000_000_500)));
        assert_eq!(expiry(&token(r#"{"exp":"1740000000"}"#)), Some(UnixTime(1_740_000_000_000)));
        assert_eq!(expiry(&token(r#"{"exp":1740000000000}"#)), Some(UnixTime(1_740_000_000_000)));
        assert_eq!(expiry(&token(r#"{"name":"\ud83d","exp":1740000000}"#)), Some(UnixTime(1_740_000_000_000)));
        assert_eq!(expiry(&token(r#"{"exp":1e300}"#)), None);
    }

    #[test]
    fn what_is_no_jwt_has_no_expiry() {
        let payloads =
            ["[]", "[1740000000]", "1740000000", "{}", r#"{"exp":1740000000"#, r#"{"exp":"soon"}"#].map(token);
        for text in ["", "a", "a.b", "a.b.c", "a.b.c.d", ".."].into_iter().chain(payloads.iter().map(|text| &**text)) {
            assert_eq!(expiry(text), None, "{text}");
        }
    }

    #[test]
    fn padded_tokens_are_read() {
        let padded = format!("e30=.{}.x", base64::engine::general_purpose::URL_SAFE.encode(r#"{"exp":1,"a":1}"#));
        assert!(padded.contains("=."), "the sample must be padded: {padded}");
        assert_eq!(expiry(&padded), Some(UnixTime(1000)));
    }

    proptest! {
        #[test]
        fn no_text_panics(text in ".{0,200}", payload in ".{0,100}") {
            let _ = expiry(&text);
            let _ = expiry(&token(&payload));
        }
    }
}
