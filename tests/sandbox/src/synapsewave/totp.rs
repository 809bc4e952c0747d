//! Time-based one-time passwords as authenticator apps make them: RFC 6238, SHA-1, six digits, steps of 30 seconds.

use totp_rs::{Builder, Secret, Totp};

const STEP: u64 = 30;
/// Steps before and after its own that the server takes, for clocks that differ.
const SKEW: u16 = 1;
/// Presented steps that are remembered: more than the server takes at a time.
const REMEMBERED: usize = 16;

/// What has become of a code that was presented.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It is right, and of this step.
    Right(u64),
    Wrong,
    /// It is right, but its step is not after the last one that was accepted.
    Used,
}

/// A user's authenticator, as the server knows it.
pub(super) struct Authenticator {
    totp: Totp,
    /// The last step that was accepted.
    accepted: Option<u64>,
    /// Steps of which a code has arrived, accepted or not.
    presented: Vec<u64>,
}

/// The authenticator of a secret in base32 without padding, if it is such a text. A secret may be shorter than the RFC
/// recommends: brokers hand out such ones.
pub(super) fn read(secret: &str) -> Option<Authenticator> {
    let secret = Secret::try_from_base32(secret).ok().filter(|secret| !secret.as_bytes().is_empty())?;
    Some(Authenticator::new(secret))
}

/// The secret of these bytes in base32.
pub(super) fn base32(bytes: [u8; 20]) -> String {
    Secret::new_stack(bytes).to_base32()
}

fn seconds(now: i64) -> u64 {
    u64::try_from(now.div_euclid(1000)).unwrap_or(0)
}

impl Authenticator {
    fn new(secret: Secret) -> Self {
        let totp = Builder::new().with_secret(secret).with_skew(SKEW).with_step_duration(STEP).build_noncompliant();
        Self { totp, accepted: None, presented: Vec::new() }
    }

    /// The code of the step in which this time is, in milliseconds since 1970.
    pub(super) fn code(&self, now: i64) -> String {
        self.totp.generate(seconds(now)).to_string()
    }

    /// Judges a code.
    pub(super) fn check(&self, code: &str, now: i64) -> Verdict {
        match self.totp.check(code, seconds(now)) {
            None => Verdict::Wrong,
            Some(step) if self.accepted.is_some_and(|accepted| step <= accepted) => Verdict::Used,
            Some(step) => Verdict::Right(step),
        }
    }

    /// Accepts the code of a step: no code of this step or one before it will do again.
    pub(super) fn accept(&mut self, step: u64) {
        self.accepted = Some(step);
    }

    /// Remembers a code that has arrived, and says whether one of its step had arrived before.
    pub(super) fn presents_again(&mut self, code: &str, now: i64) -> bool {
        let Some(step) = self.totp.check(code, seconds(now)) else {
            return false;
        };
        if self.presented.contains(&step) {
            return true;
        }
        if self.presented.len() == REMEMBERED {
            self.presented.remove(0);
        }
        self.presented.push(step);
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The test vectors of RFC 6238, appendix B, cut to six digits.
    #[test]
    fn codes_are_those_of_the_rfc() {
        let authenticator = Authenticator::new(Secret::new_stack(*b"12345678901234567890"));
        let expected =
            [(59, "287082"), (1_111_111_109, "081804"), (1_234_567_890, "005924"), (20_000_000_000, "353130")];
        for (second, code) in expected {
            assert_eq!(authenticator.code(second * 1000), code);
        }
    }

    #[test]
    fn one_step_to_either_side_is_taken_and_an_accepted_one_is_not_taken_again() {
        let mut authenticator = read("JBSWY3DPEHPK3PXPJBSWY3DP").unwrap();
        let now = 1_700_000_010_000;
        let step = 1_700_000_010 / 30;
        let at = |steps: i64| authenticator.code(now + steps * 30_000);
        let (before, own, after, late) = (at(-1), at(0), at(1), at(2));
        assert_eq!(authenticator.check(&before, now), Verdict::Right(step - 1));
        assert_eq!(authenticator.check(&after, now), Verdict::Right(step + 1));
        assert_eq!(authenticator.check(&late, now), Verdict::Wrong);
        authenticator.accept(step);
        assert_eq!(authenticator.check(&before, now), Verdict::Used);
        assert_eq!(authenticator.check(&own, now), Verdict::Used);
        assert_eq!(authenticator.check(&after, now), Verdict::Right(step + 1));
    }

    #[test]
    fn a_step_is_presented_again_whatever_became_of_it_before() {
        let mut authenticator = read("JBSWY3DPEHPK3PXPJBSWY3DP").unwrap();
        let code = authenticator.code(0);
        assert!(!authenticator.presents_again(&code, 0));
        assert!(!authenticator.presents_again("nonsense", 0));
        assert!(authenticator.presents_again(&code, 29_000));
    }

    #[test]
    fn what_is_not_base32_is_no_secret() {
        assert!(read("not base32!").is_none());
        assert!(read("").is_none());
        assert_eq!(base32([0; 20]).len(), 32);
    }
}
