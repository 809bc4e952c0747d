//! Second factors, and other values of a login that are not held as they are: codes that change, answers of a human.

use std::error::Error as StdError;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use totp_rs::{Builder, Secret as Key, Totp as Generator};

use crate::clock::{UnixTime, duration};
use crate::error::Error;
use crate::secret::Secret;
use crate::words::words;

words! {
    /// The kinds of second factors.
    FactorKind {
        /// A code that an authenticator app makes of a secret and the time (RFC 6238).
        Totp = "totp",
        /// A one-time password that the system sends to its user.
        Otp = "otp",
        /// The identifier of a device on which the user has registered a fingerprint.
        Fingerprint = "fingerprint",
        /// The number that the Indian tax office knows the user by.
        Pan = "pan",
    }
}

/// A second factor of one user.
///
/// ```
/// let factor = relatch::Factor::from(relatch::Totp::new("JBSW Y3DP EHPK 3PXP")?);
/// assert_eq!(factor.kind(), relatch::FactorKind::Totp);
/// # Ok::<(), relatch::Error>(())
/// ```
#[derive(Clone, Debug)]
pub enum Factor {
    /// Codes made of a secret.
    Totp(Totp),
    /// One-time passwords, asked for by a callback. A session asks only when it is told to log in or to refresh.
    Otp(Callback),
    /// The identifier of the user's registered device.
    Fingerprint(Secret),
    /// The user's PAN.
    Pan(Secret),
}

/// Where a value of a login comes from.
#[derive(Clone, Copy, Debug)]
pub enum Source<'a> {
    /// It is held.
    Held(&'a Secret),
    /// It is made of a secret and the time.
    Totp(&'a Totp),
    /// A callback is asked for it.
    Callback(&'a Callback),
}

impl Factor {
    /// The device's identifier as a factor.
    pub fn fingerprint(udid: impl Into<Secret>) -> Self {
        Self::Fingerprint(udid.into())
    }

    /// The PAN as a factor.
    pub fn pan(pan: impl Into<Secret>) -> Self {
        Self::Pan(pan.into())
    }

    /// What kind of factor it is.
    pub fn kind(&self) -> FactorKind {
        match self {
            Self::Totp(_) => FactorKind::Totp,
            Self::Otp(_) => FactorKind::Otp,
            Self::Fingerprint(_) => FactorKind::Fingerprint,
            Self::Pan(_) => FactorKind::Pan,
        }
    }

    /// Where its value comes from.
    pub fn source(&self) -> Source<'_> {
        match self {
            Self::Totp(totp) => Source::Totp(totp),
            Self::Otp(callback) => Source::Callback(callback),
            Self::Fingerprint(value) | Self::Pan(value) => Source::Held(value),
        }
    }
}

impl From<Totp> for Factor {
    fn from(totp: Totp) -> Self {
        Self::Totp(totp)
    }
}

impl Source<'_> {
    /// How long it may take to have the value.
    pub(crate) fn limit(self) -> Duration {
        match self {
            Self::Held(_) => Duration::ZERO,
            // The step may have been used, or be about to end: then the next one is waited for.
            Self::Totp(totp) => totp.period() + LEAST_LEFT,
            Self::Callback(callback) => callback.limit,
        }
    }
}

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

/// What a callback is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Question {
    /// What is wanted: `otp` or `sso_token`.
    pub wanted: &'static str,
    /// The system's short name.
    pub system: &'static str,
    /// The user who logs in.
    pub user: Option<String>,
    /// The second factors that the server would take, where it said so.
    pub methods: Vec<FactorKind>,
}

/// What a callback answers, in the end.
pub type Answering = Pin<Box<dyn Future<Output = Result<Secret, Box<dyn StdError + Send + Sync>>> + Send>>;

/// What a callback fails with whose program answered with something that is no text: for other languages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotAText;

impl fmt::Display for NotAText {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("the answer is no text")
    }
}

impl StdError for NotAText {}

/// Asks the program for a value. It is called once for each login that needs it.
#[derive(Clone)]
pub struct Callback {
    ask: Arc<dyn Fn(Question) -> Answering + Send + Sync>,
    limit: Duration,
}

impl Callback {
    /// How long an answer is waited for unless [`Self::limit`] says otherwise: a human looks for a phone.
    const LIMIT: Duration = Duration::from_secs(120);

    /// A callback that answers with the value, within two minutes.
    ///
    /// It runs on a thread that serves all sessions and must not block it: what waits for a keyboard goes into a thread of
    /// its own (`tokio::task::spawn_blocking`).
    ///
    /// ```
    /// let callback = relatch::Callback::new(|question| async move {
    ///     assert_eq!(question.wanted, "otp");
    ///     Ok(relatch::Secret::new("123456"))
    /// });
    /// let factor = relatch::Factor::Otp(callback);
    /// ```
    pub fn new<F>(ask: impl Fn(Question) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Result<Secret, Box<dyn StdError + Send + Sync>>> + Send + 'static,
    {
        Self { ask: Arc::new(move |question| Box::pin(ask(question))), limit: Self::LIMIT }
    }

    /// Waits this long at most for an answer.
    #[must_use]
    pub fn limit(mut self, limit: Duration) -> Self {
        self.limit = limit;
        self
    }

    pub(crate) fn ask(&self, question: Question) -> Answering {
        (self.ask)(question)
    }

    pub(crate) fn time_limit(&self) -> Duration {
        self.limit
    }
}

impl fmt::Debug for Callback {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Callback {{ limit: {:?} }}", self.limit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

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

    #[test]
    fn a_factor_shows_no_secret() {
        let factors =
            [Totp::new("JBSWY3DPEHPK3PXP").unwrap().into(), Factor::fingerprint("made-up-1"), Factor::pan("made-up-1")];
        let shown = format!("{factors:?}");
        assert!(!shown.contains("made-up") && !shown.contains("JBSW"), "{shown}");
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
