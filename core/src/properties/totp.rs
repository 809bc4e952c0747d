//! The secret of an authenticator: base32 or an `otpauth://` URI.

use std::time::Duration;

use ring::hmac;

use crate::error::Error;
use crate::factor::Totp;
use crate::time::UnixTime;

/// Times of a server's clock that codes are made for.
const TIMES: [i64; 6] = [0, 59_000, 1_767_589_433_123, i64::MAX, -1, i64::MIN];

/// What is taken makes codes of the RFC, what is refused is not quoted.
pub fn check(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    match (Totp::new(&text), Totp::new(&text)) {
        (Ok(totp), Ok(again)) => {
            assert_eq!(format!("{totp:?}"), "Totp([redacted])");
            for at in TIMES {
                check_codes(&totp, &again, UnixTime(at));
            }
            if let Some(key) = base32(&text) {
                assert_eq!(totp.period(), Duration::from_secs(30));
                assert_eq!(totp.code(1_767_589_410).expose(), code_of_the_rfc(&key, 58_919_647));
            }
        }
        (Err(error), Err(_)) => {
            assert!(base32(&text).is_none_or(|key| key.is_empty()), "a secret is refused");
            assert_unquoted(&error);
        }
        _ => panic!("read in two ways"),
    }
}

/// The error is one of two, whatever was given.
fn assert_unquoted(error: &Error) {
    let of = |text: &str| format!("{:?}", Totp::new(text).expect_err("no secret"));
    let known = [of(""), of("otpauth://totp/x?secret=JBSWY3DPEHPK3PXP&digits=12")];
    assert!(known.contains(&format!("{error:?}")), "{error:?}");
    assert_eq!(error.field(), Some("totp"));
}

fn check_codes(totp: &Totp, again: &Totp, at: UnixTime) {
    let period = totp.period();
    assert!((Duration::from_secs(5)..=Duration::from_secs(600)).contains(&period));
    match totp.step(at) {
        Ok(start) => {
            assert_eq!(start % period.as_secs(), 0);
            assert!(totp.left(at, start) >= Duration::from_secs(3));
            assert!(at.0 < 0 || totp.left(at, start) <= period);
            let code = totp.code(start);
            assert_eq!(code.expose(), again.code(start).expose());
            assert!((6..=8).contains(&code.expose().len()) && code.expose().bytes().all(|byte| byte.is_ascii_digit()));
        }
        Err(wait) => assert!(wait < Duration::from_secs(3)),
    }
}

/// The bytes of base32 in capitals, whole and without padding (RFC 4648), which needs no cleaning.
fn base32(text: &str) -> Option<Vec<u8>> {
    let (mut bytes, mut held, mut bits) = (Vec::new(), 0_u32, 0);
    for character in text.bytes() {
        let value = match character {
            b'A'..=b'Z' => character - b'A',
            b'2'..=b'7' => character - b'2' + 26,
            _ => return None,
        };
        (held, bits) = (((held << 5) & 0xffff) | u32::from(value), bits + 5);
        if bits >= 8 {
            bits -= 8;
            bytes.push(u8::try_from((held >> bits) & 0xff).ok()?);
        }
    }
    // What is left over is less than a character, and zero.
    let is_whole = bits < 5 && held & ((1 << bits) - 1) == 0;
    (is_whole && !bytes.is_empty()).then_some(bytes)
}

/// RFC 4226, 5.3, with HMAC-SHA-1 and six digits.
fn code_of_the_rfc(key: &[u8], counter: u64) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, key);
    let digest = hmac::sign(&key, &counter.to_be_bytes());
    let bytes = digest.as_ref();
    let offset = usize::from(bytes[bytes.len() - 1] & 0xf);
    let four = [bytes[offset] & 0x7f, bytes[offset + 1], bytes[offset + 2], bytes[offset + 3]];
    format!("{:06}", u32::from_be_bytes(four) % 1_000_000)
}
