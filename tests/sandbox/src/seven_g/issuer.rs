//! Makes tokens: JWTs with the claims that 7G documents, and opaque random ones.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ring::digest::{SHA256, digest};
use ring::hmac::{HMAC_SHA256, Key, sign};
use ring::rand::{SecureRandom, SystemRandom};
use serde_json::json;

/// The vendor's name for the claim that holds the username.
const USERNAME_CLAIM: &str = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/nameidentifier";

/// What the server remembers of a token.
pub(super) type Fingerprint = [u8; 32];

/// The fingerprint of a token.
pub(super) fn fingerprint(token: &str) -> Fingerprint {
    let mut print = [0; 32];
    print.copy_from_slice(digest(&SHA256, token.as_bytes()).as_ref());
    print
}

/// What a JWT says.
pub(super) struct Claims<'a> {
    pub(super) username: &'a str,
    pub(super) user_id: u64,
    /// Unix time in whole seconds.
    pub(super) expires: i64,
    /// Makes every token another, even two of one second.
    pub(super) serial: u64,
}

/// Makes tokens with a key of its own.
pub(super) struct Issuer {
    random: SystemRandom,
    key: Key,
    header: String,
}

impl Issuer {
    pub(super) fn new() -> Self {
        let random = SystemRandom::new();
        let key = Key::new(HMAC_SHA256, &bytes(&random));
        let header = URL_SAFE_NO_PAD.encode(r#"{"alg":"HS256","typ":"JWT"}"#);
        Self { random, key, header }
    }

    pub(super) fn jwt(&self, claims: &Claims) -> String {
        let claims = json!({
            USERNAME_CLAIM: claims.username,
            "UserID": claims.user_id.to_string(),
            "InstanceID": "1",
            "Roles": r#"[{"RID":1,"BID":100,"PID":5}]"#,
            "sid": claims.serial.to_string(),
            "exp": claims.expires,
            "iss": "https://7g.com.au",
            "aud": "Public",
        });
        let mut token = self.header.clone();
        token.push('.');
        URL_SAFE_NO_PAD.encode_string(claims.to_string(), &mut token);
        let signature = sign(&self.key, token.as_bytes());
        token.push('.');
        URL_SAFE_NO_PAD.encode_string(signature.as_ref(), &mut token);
        token
    }

    /// Random base64 with padding, the look of the vendor's refresh tokens.
    pub(super) fn opaque(&self) -> String {
        STANDARD.encode(bytes(&self.random))
    }
}

fn bytes(random: &SystemRandom) -> [u8; 32] {
    let mut bytes = [0; 32];
    random.fill(&mut bytes).expect("the machine gives no random bytes");
    bytes
}
