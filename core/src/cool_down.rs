//! How long an account is left alone after its server said that it is busy. Pure.

use std::time::Duration;

use crate::error::{Error, ErrorCode, Sent};
use crate::freshness::backoff;
use crate::time::{BootTime, Now};

/// The first wait where the server does not say how long.
const FIRST_WAIT: Duration = Duration::from_millis(250);
/// The longest such wait.
const LONGEST_WAIT: Duration = Duration::from_secs(30);
/// What happened longer ago than this after its end says nothing about now.
const KEPT: Duration = Duration::from_secs(600);

/// One account's pause.
#[derive(Clone, Debug, Default)]
pub(crate) struct CoolDown {
    until: BootTime,
    /// How often in a row the server was busy.
    times: u32,
}

impl CoolDown {
    /// What was let through at `given` found the server busy; `not_before` is what that says. `chance` in 0..1 spreads
    /// what it does not say.
    pub(crate) fn asked(&mut self, given: BootTime, now: BootTime, not_before: Option<BootTime>, chance: f64) {
        // Answers to what was sent before the pause say nothing new.
        if given >= self.until {
            self.times = self.times.saturating_add(1);
            self.until = now.after(backoff(self.times, FIRST_WAIT, LONGEST_WAIT, chance));
        }
        self.until = self.until.max(not_before.unwrap_or_default());
    }

    /// Whether the pause was asked for after this, so that what was sent then says nothing of it.
    pub(crate) fn is_after(&self, given: BootTime) -> bool {
        given < self.until
    }

    /// The error of a request that would be sent now; None where it may be sent.
    pub(crate) fn refusal(&self, now: Now) -> Option<Error> {
        if now.boot >= self.until {
            return None;
        }
        let message =
            "This was not sent: the server has asked this account to wait (HTTP 429, or 503 with Retry-After).";
        let error = Error::new(ErrorCode::RateLimited, message).with_sent(Sent::No);
        Some(error.trying_again(now.unix, now.unix_at(self.until)).pinned(now))
    }

    /// Whether it can be forgotten.
    pub(crate) fn is_over(&self, now: BootTime) -> bool {
        self.until.after(KEPT) <= now
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::UnixTime;

    fn at(milliseconds: i64) -> Now {
        Now { boot: BootTime(milliseconds), unix: UnixTime(1_700_000_000_000 + milliseconds) }
    }

    /// A try of this moment, answered with this Retry-After.
    fn busy(cool_down: &mut CoolDown, milliseconds: i64, seconds: Option<i64>, chance: f64) {
        let now = BootTime(milliseconds);
        let not_before = seconds.map(|seconds| BootTime(milliseconds + seconds * 1000));
        cool_down.asked(now, now, not_before, chance);
    }

    #[test]
    fn what_the_server_asks_for_is_kept_to_the_end() {
        let mut cool_down = CoolDown::default();
        busy(&mut cool_down, 0, Some(40), 0.0);
        let refusal = cool_down.refusal(at(39_999)).unwrap();
        assert_eq!((refusal.code(), refusal.retry_at()), (ErrorCode::RateLimited, Some(at(40_000).unix)));
        assert!(cool_down.refusal(at(40_000)).is_none());
    }

    #[test]
    fn where_it_does_not_say_the_wait_doubles_to_half_a_minute() {
        let (mut cool_down, mut now, mut waits) = (CoolDown::default(), 0, Vec::new());
        for _ in 0..10 {
            busy(&mut cool_down, now, None, 0.0);
            waits.push(cool_down.until.0 - now);
            now = cool_down.until.0;
        }
        assert_eq!(waits, [250, 500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000]);
    }

    #[test]
    fn ten_seconds_bear_seven_tries_at_most_whatever_chance_draws() {
        let (mut cool_down, mut now, mut tries) = (CoolDown::default(), 0, 0);
        while now < 10_000 {
            tries += 1;
            busy(&mut cool_down, now, None, 1.0);
            now = cool_down.until.0;
        }
        assert_eq!(tries, 7);
    }

    #[test]
    fn it_is_forgotten_ten_minutes_after_its_end() {
        let mut cool_down = CoolDown::default();
        busy(&mut cool_down, 0, Some(5), 0.0);
        assert!(!cool_down.is_over(BootTime(604_999)) && cool_down.is_over(BootTime(605_000)));
    }

    #[test]
    fn many_answers_to_what_was_sent_before_the_pause_count_as_one() {
        let mut cool_down = CoolDown::default();
        for _ in 0..12 {
            cool_down.asked(BootTime(0), BootTime(100), Some(BootTime(1100)), 0.0);
        }
        assert_eq!((cool_down.times, cool_down.until), (1, BootTime(1100)));
        assert!(cool_down.is_after(BootTime(1099)) && !cool_down.is_after(BootTime(1100)));
    }
}
