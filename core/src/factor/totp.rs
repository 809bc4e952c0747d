//! The codes of authenticator apps (RFC 6238).

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use totp_rs::{Builder, Secret as Key, Totp as Generator};

use crate::error::Error;
use crate::secret::Secret;
use crate::time::{UnixTime, duration};

/// A code that would arrive later than this before the end of its step is not sent: the server may see it too late.
const LEAST_LEFT: Duration = Duration::from_secs(3);

/// Makes the codes of an authenticator app.
#[derive(Clone)]
pub struct Totp(Arc<Generator>);

impl Totp {
    /// From the secret that the system showed when the authenticator was registered: base32, in any case and with
    /// blanks or hyphens; or from the whole `otpauth://totp/...` URI of its QR code.
    ///
    /// # Errors
    /// `invalid_config` with field `totp` for anything else; the secret is not quoted.
    ///
    /// ```
    /// let totp = relatch::Totp::new("otpauth://totp/Broker:UCC1?secret=JBSWY3DPEHPK3PXP&digits=6&period=30")?;
    /// # Ok::<(), relatch::Error>(())
    /// ```
    pub fn new(secret: &str) -> Result<Self, Error> {
        let secret = secret.trim();
        let is_uri = secret.get(..8).is_some_and(|start| start.eq_ignore_ascii_case("otpauth:"));
        let generator = if is_uri { from_uri(secret) } else { from_base32(secret) };
        let generator = generator.ok_or_else(|| {
            Error::invalid("totp", "This is neither a base32 secret nor an otpauth://totp/ URI with one.")
        })?;
        // Shorter secrets than the RFC recommends are in use; none at all is a mistake.
        let sensible = (6..=8).contains(&generator.digits()) && (5..=600).contains(&generator.step());
        if !sensible {
            let message = "Codes have 6 to 8 digits and change every 5 to 600 seconds; this URI says otherwise.";
            return Err(Error::invalid("totp", message));
        }
        Ok(Self(Arc::new(generator)))
    }

    /// How long each code is good for.
    pub fn period(&self) -> Duration {
        Duration::from_secs(self.0.step())
    }

    /// How long a code may have to be waited for: the step may have been used, or be about to end.
    pub(super) fn longest_wait(&self) -> Duration {
        self.period() + LEAST_LEFT
    }

    /// The step to use at this time of the server's clock, by its first second since 1970; or, when it is about to end,
    /// how long to wait for the next one.
    pub(crate) fn step(&self, at: UnixTime) -> Result<u64, Duration> {
        let (seconds, period) = (u64::try_from(at.0.div_euclid(1000)).unwrap_or(0), self.0.step());
        let start = seconds - seconds % period;
        let left = self.left(at, start);
        if left < LEAST_LEFT { Err(left) } else { Ok(start) }
    }

    /// How long the step that begins at second `start` goes on, from `at`.
    pub(crate) fn left(&self, at: UnixTime, start: u64) -> Duration {
        let end = i64::try_from(start.saturating_add(self.0.step())).unwrap_or(i64::MAX).saturating_mul(1000);
        duration(end.saturating_sub(at.0))
    }

    /// The code of the step that begins at second `start`.
    pub(crate) fn code(&self, start: u64) -> Secret {
        Secret::new(self.0.generate(start).to_string())
    }
}

fn from_base32(text: &str) -> Option<Generator> {
    let key = Key::try_from_base32(clean(text)).ok()?;
    (!key.as_bytes().is_empty()).then(|| Builder::new().with_secret(key).build_noncompliant())
}

fn from_uri(uri: &str) -> Option<Generator> {
    let mut url = reqwest::Url::parse(uri).ok()?;
    // What else stands in it is a label, which some issuers write against the rules.
    let wanted = |name: &str| ["secret", "algorithm", "digits", "period"].contains(&name);
    let pairs: Vec<(String, String)> = url
        .query_pairs()
        .filter(|(name, _)| wanted(name))
        .map(|(name, value)| (name.to_string(), if name == "secret" { clean(&value) } else { value.to_string() }))
        .collect();
    url.query_pairs_mut().clear().extend_pairs(pairs);
    url.set_path("");
    let generator = Generator::from_url_unchecked(&url).ok()?;
    (!generator.secret().as_bytes().is_empty()).then_some(generator)
}

/// Base32 as people copy it: grouped, in lower case, padded.
fn clean(text: &str) -> String {
    let kept = text.chars().filter(|c| !c.is_whitespace() && !matches!(c, '-' | '='));
    kept.map(|c| c.to_ascii_uppercase()).collect()
}

impl fmt::Debug for Totp {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Totp([redacted])")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// RFC 6238, appendix B: the secret is the ASCII text 1234567890, repeated.
    fn vectors(algorithm: &str, length: usize) -> Totp {
        let key: Vec<u8> = b"1234567890".iter().copied().cycle().take(length).collect();
        let base32 = Key::from(key).to_base32();
        Totp::new(&format!("otpauth://totp/x?secret={base32}&digits=8&algorithm={algorithm}")).unwrap()
    }

    #[test]
    fn codes_are_those_of_the_rfc() {
        let all = [vectors("SHA1", 20), vectors("SHA256", 32), vectors("SHA512", 64)];
        for (second, codes) in [
            (59, ["94287082", "46119246", "90693936"]),
            (1_111_111_109, ["07081804", "68084774", "25091201"]),
            (1_111_111_111, ["14050471", "67062674", "99943326"]),
            (1_234_567_890, ["89005924", "91819424", "93441116"]),
            (2_000_000_000, ["69279037", "90698825", "38618901"]),
            (20_000_000_000, ["65353130", "77737706", "47863826"]),
        ] {
            for (totp, code) in all.iter().zip(codes) {
                assert_eq!(totp.code(second - second % 30).expose(), code);
            }
        }
    }

    #[test]
    fn a_secret_is_taken_as_people_copy_it() {
        let plain = Totp::new("JBSWY3DPEHPK3PXP").unwrap().code(0);
        for text in [
            " jbsw y3dp ehpk 3pxp ",
            "JBSW-Y3DP-EHPK-3PXP",
            "jbswy3dpehpk3pxp====",
            "otpauth://totp/Broker:a%20user?secret=jbswy3dpehpk3pxp&issuer=Other",
            "OTPAUTH://totp/x?secret=JBSW%20Y3DP%20EHPK%203PXP&algorithm=SHA1&digits=6&period=30",
        ] {
            assert_eq!(Totp::new(text).unwrap().code(0), plain, "{text}");
        }
    }

    #[test]
    fn what_is_no_secret_is_refused_and_not_quoted() {
        for text in [
            "",
            "  ",
            "not-base32-0189",
            "https://example.com/?secret=JBSWY3DPEHPK3PXP",
            "otpauth://hotp/x?secret=JBSWY3DPEHPK3PXP",
            "otpauth://totp/x",
            "otpauth://totp/x?secret=",
            "otpauth://totp/x?secret=JBSWY3DPEHPK3PXP&digits=12",
            "otpauth://totp/x?secret=JBSWY3DPEHPK3PXP&period=0",
            "otpauth://totp/x?secret=JBSWY3DPEHPK3PXP&algorithm=MD5",
        ] {
            let error = Totp::new(text).unwrap_err();
            assert_eq!(error.field(), Some("totp"), "{text}");
            assert!(!format!("{error:?}").contains("JBSW"), "{error:?}");
        }
    }

    #[test]
    fn under_three_seconds_before_its_end_a_step_is_not_used() {
        let totp = Totp::new("JBSWY3DPEHPK3PXP").unwrap();
        assert_eq!(totp.step(UnixTime(60_000)), Ok(60));
        assert_eq!(totp.step(UnixTime(87_000)), Ok(60));
        assert_eq!(totp.step(UnixTime(87_001)), Err(Duration::from_millis(2_999)));
        assert_eq!(totp.step(UnixTime(90_000)), Ok(90));
    }

    proptest! {
        #[test]
        fn no_text_and_no_time_panics(text in ".{0,120}", query in ".{0,80}", at: i64) {
            let _ = Totp::new(&text);
            if let Ok(totp) = Totp::new(&format!("otpauth://totp/x?secret=JBSWY3DPEHPK3PXP&{query}")) {
                let step = totp.step(UnixTime(at)).unwrap_or(0);
                let _ = (totp.code(step), totp.left(UnixTime(at), step));
            }
        }
    }
}
