//! How long nothing is sent after a failure: the server asks for it, or the failures follow each other.

use std::time::Duration;

use crate::freshness::backoff;
use crate::time::BootTime;

/// The longest wait after a failure, and the longest where callers wait for so short a time that they would never see the
/// next try.
const LONGEST_WAIT: Duration = Duration::from_secs(30);
const LONGEST_SHORT_WAIT: Duration = Duration::from_secs(2);

/// The failures since the last token, and the pause after them.
#[derive(Debug, Default)]
pub(super) struct Backoff {
    failures: u32,
    /// When the last of them was.
    failed_at: BootTime,
    not_before: Option<BootTime>,
}

impl Backoff {
    /// Something failed. `asked` is until when the server wants a pause, `first` the wait after a first failure; a flight goes
    /// on for `flight_limit`.
    pub(super) fn failed(
        &mut self,
        now: BootTime,
        asked: Option<BootTime>,
        first: Duration,
        flight_limit: Duration,
        chance: f64,
    ) {
        self.failures = self.failures.saturating_add(1);
        self.failed_at = now;
        // Half of what callers wait: one that asks once the server is well again gets through.
        let longest = LONGEST_WAIT.min((flight_limit / 2).max(LONGEST_SHORT_WAIT)).max(first);
        let own = now.after(backoff(self.failures, first, longest, chance));
        self.not_before = Some(asked.map_or(own, |asked| asked.max(own)));
    }

    /// The pause is until then, and no longer for what failed before.
    pub(super) fn pause(&mut self, until: Option<BootTime>) {
        self.not_before = until;
    }

    /// A token came. `pause` is until when nothing is sent all the same.
    pub(super) fn granted(&mut self, pause: Option<BootTime>) {
        self.failures = 0;
        self.not_before = pause;
    }

    /// Before when nothing is sent.
    pub(super) fn until(&self) -> Option<BootTime> {
        self.not_before
    }

    /// Whether something has failed since the last token.
    pub(super) fn is_failing(&self) -> bool {
        self.failures > 0
    }

    /// Whether more than one thing has.
    pub(super) fn is_failing_again(&self) -> bool {
        self.failures > 1
    }

    /// Whether the last failure was just now: an old one says nothing about the server of today.
    pub(super) fn is_recent(&self, now: BootTime) -> bool {
        self.is_failing() && now < self.failed_at.after(LONGEST_WAIT)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIRST: Duration = Duration::from_secs(1);
    const LIMIT: Duration = Duration::from_secs(60);

    fn at(seconds: i64) -> BootTime {
        BootTime(seconds * 1000)
    }

    #[test]
    fn the_pause_doubles_and_a_longer_one_of_the_servers_counts() {
        let mut backoff = Backoff::default();
        for (seconds, asked) in [(1, None), (2, Some(at(1))), (40, Some(at(40)))] {
            backoff.failed(at(0), asked, FIRST, LIMIT, 0.0);
            assert_eq!(backoff.until(), Some(at(seconds)));
        }
        for _ in 0..10 {
            backoff.failed(at(0), None, FIRST, LIMIT, 0.0);
        }
        assert_eq!(backoff.until(), Some(at(30)), "half of what a flight goes on for");
        backoff.failed(at(0), None, FIRST, Duration::ZERO, 0.0);
        assert_eq!(backoff.until(), Some(at(2)), "a caller of little time sees another try");
        backoff.pause(Some(at(3)));
        assert_eq!(backoff.until(), Some(at(3)));
    }

    #[test]
    fn a_token_ends_the_failures_and_an_old_failure_is_none_of_now() {
        let mut backoff = Backoff::default();
        assert!(!backoff.is_failing() && !backoff.is_recent(at(0)));
        backoff.failed(at(0), None, FIRST, LIMIT, 0.0);
        assert!(backoff.is_failing() && !backoff.is_failing_again());
        assert!(backoff.is_recent(at(29)) && !backoff.is_recent(at(30)));
        backoff.failed(at(30), None, FIRST, LIMIT, 0.0);
        assert!(backoff.is_failing_again());
        backoff.granted(Some(at(35)));
        assert!(!backoff.is_failing() && backoff.until() == Some(at(35)));
    }
}
