//! How long an account is left alone after its server said that it is busy. Pure.

use std::time::Duration;

use crate::clock::{BootTime, Now};
use crate::error::Error;
use crate::freshness::backoff;

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
    error: Option<Error>,
}

impl CoolDown {
    /// The server was asked and is busy. `chance` in 0..1 spreads what it does not say.
    pub(crate) fn asked(&mut self, now: Now, error: &Error, chance: f64) {
        self.times = self.times.saturating_add(1);
        let own = now.boot.after(backoff(self.times, FIRST_WAIT, LONGEST_WAIT, chance));
        let said = error.retry_at().map(|at| now.boot_at(at));
        self.until = said.map_or(own, |said| said.max(own));
        self.error = Some(error.clone().without_source());
    }

    /// What is said to whoever would send something now; nothing where it may be sent.
    pub(crate) fn refusal(&self, now: Now) -> Option<Error> {
        let error = self.error.as_ref().filter(|_| now.boot < self.until)?;
        Some(error.clone().with_retry_at(now.unix_at(self.until)).with_sent(crate::error::Sent::No))
    }

    /// Whether it can be forgotten.
    pub(crate) fn is_over(&self, now: BootTime) -> bool {
        self.until.after(KEPT) <= now
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::UnixTime;
    use crate::error::ErrorCode;

    fn at(milliseconds: i64) -> Now {
        Now { boot: BootTime(milliseconds), unix: UnixTime(1_700_000_000_000 + milliseconds) }
    }

    fn busy(seconds: Option<i64>) -> Error {
        let at = seconds.map(|seconds| UnixTime(1_700_000_000_000 + seconds * 1000));
        Error::new(ErrorCode::RateLimited, "busy").with_status(429).with_retry_at(at)
    }

    #[test]
    fn what_the_server_asks_for_is_kept_to_the_end() {
        let mut cool_down = CoolDown::default();
        cool_down.asked(at(0), &busy(Some(40)), 0.0);
        let refusal = cool_down.refusal(at(39_999)).unwrap();
        assert_eq!((refusal.code(), refusal.retry_at()), (ErrorCode::RateLimited, Some(at(40_000).unix)));
        assert!(cool_down.refusal(at(40_000)).is_none());
    }

    #[test]
    fn where_it_does_not_say_the_wait_doubles_to_half_a_minute() {
        let (mut cool_down, mut now, mut waits) = (CoolDown::default(), 0, Vec::new());
        for _ in 0..10 {
            cool_down.asked(at(now), &busy(None), 0.0);
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
            cool_down.asked(at(now), &busy(None), 1.0);
            now = cool_down.until.0;
        }
        assert_eq!(tries, 7);
    }

    #[test]
    fn it_is_forgotten_ten_minutes_after_its_end() {
        let mut cool_down = CoolDown::default();
        cool_down.asked(at(0), &busy(Some(5)), 0.0);
        assert!(!cool_down.is_over(BootTime(604_999)) && cool_down.is_over(BootTime(605_000)));
    }
}
