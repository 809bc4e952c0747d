//! A token that had expired on arrival: the first is taken at its word, the next shows that a clock is wrong.

use std::time::Duration;

use crate::time::BootTime;

/// A token that ended longer ago than this when it was issued shows that a clock is wrong.
pub(super) const ABSURD: Duration = Duration::from_secs(60);
/// A token that has expired on arrival must not make logins follow each other without a pause.
const PAUSE: Duration = Duration::from_secs(5);

/// When the held token arrived expired, if it did.
#[derive(Debug, Default)]
pub(super) struct ClockDoubt(Option<BootTime>);

impl ClockDoubt {
    /// Whether one that arrives expired is not the first.
    pub(super) fn again(&self, now: BootTime) -> bool {
        self.0.is_some_and(|at| now < at.after(ABSURD))
    }

    /// A token came, whose end is this. Returns until when nothing is sent for that.
    pub(super) fn note(&mut self, now: BootTime, expired: BootTime) -> Option<BootTime> {
        self.0 = (expired <= now).then_some(now);
        self.0.map(|at| at.after(PAUSE))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> BootTime {
        BootTime(seconds * 1000)
    }

    #[test]
    fn a_token_that_arrives_expired_asks_for_a_pause_and_is_remembered_for_a_minute() {
        let mut doubt = ClockDoubt::default();
        assert!(!doubt.again(at(10)));
        assert_eq!(doubt.note(at(10), at(10)), Some(at(15)));
        assert!(doubt.again(at(69)) && !doubt.again(at(70)));
        assert_eq!(doubt.note(at(20), at(21)), None);
        assert!(!doubt.again(at(20)), "one that is good ends the doubt");
    }
}
