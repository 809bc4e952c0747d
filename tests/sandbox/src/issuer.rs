//! Makes tokens: JWTs signed with a key of their own, and opaque random texts.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ring::digest::{SHA256, digest};
use ring::hmac::{HMAC_SHA256, Key, sign};
use ring::rand::{SecureRandom, SystemRandom};
use serde_json::Value;

/// What the server remembers of a token.
pub(crate) type Fingerprint = [u8; 32];

/// The fingerprint of a token.
pub(crate) fn fingerprint(token: &str) -> Fingerprint {
    let mut print = [0; 32];
    print.copy_from_slice(digest(&SHA256, token.as_bytes()).as_ref());
    print
}

/// Makes tokens with a key of its own.
pub(crate) struct Issuer {
    random: SystemRandom,
    key: Key,
    header: String,
}

impl Issuer {
    pub(crate) fn new() -> Self {
        let random = SystemRandom::new();
        let key = Key::new(HMAC_SHA256, &bytes::<32>(&random));
        let header = URL_SAFE_NO_PAD.encode(r#"{"alg":"HS256","typ":"JWT"}"#);
        Self { random, key, header }
    }

    /// A JWT with these claims.
    pub(crate) fn jwt(&self, claims: &Value) -> String {
        let mut token = self.header.clone();
        token.push('.');
        URL_SAFE_NO_PAD.encode_string(claims.to_string(), &mut token);
        let signature = sign(&self.key, token.as_bytes());
        token.push('.');
        URL_SAFE_NO_PAD.encode_string(signature.as_ref(), &mut token);
        token
    }

    /// So many random bytes in base64 with padding.
    pub(crate) fn opaque<const BYTES: usize>(&self) -> String {
        STANDARD.encode(self.bytes::<BYTES>())
    }

    /// Random bytes.
    pub(crate) fn bytes<const BYTES: usize>(&self) -> [u8; BYTES] {
        bytes(&self.random)
    }
}

fn bytes<const BYTES: usize>(random: &SystemRandom) -> [u8; BYTES] {
    let mut bytes = [0; BYTES];
    random.fill(&mut bytes).expect("the machine gives no random bytes");
    bytes
}
