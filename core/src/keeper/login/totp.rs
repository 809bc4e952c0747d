//! A login with the code of a TOTP step that nobody has used: when its time is, and that it is sent in that.

use std::time::Duration;

use super::Login;
use crate::account::Pass;
use crate::event::{Event, EventKind, WaitReason};
use crate::factor::Totp;
use crate::lifecycle::Ended;
use crate::lockout::Verdict;
use crate::time::{BootTime, UnixTime};

/// What is sent later than this before the end of its step would come too late.
const LEAST_LEFT: Duration = Duration::from_secs(1);

/// A shorter wait is none.
const WORTH_TELLING: Duration = Duration::from_secs(1);

/// What is not known of a server's clock after an answer that came quickly: `Date` counts in seconds.
const MOST_EARLY: Duration = Duration::from_secs(2);

impl Login {
    /// Logs in with the code of a step that nobody has used, by the server's clock. The code is made in the account's
    /// turn, so that waiting for others does not make it old.
    pub(super) async fn with_code(self, totp: &Totp) -> Result<Ended, Ended> {
        let mut told = false;
        loop {
            let turn = self.turn().await?;
            // Read first: a clock that jumps in between ends the wait early, not late.
            let since = self.keeper.options.time().boot_time();
            let at = self.keeper.server_time().await.map_err(Ended::NotSent)?;
            let wait = match totp.step(at) {
                Err(wait) => wait,
                // By a server whose clock is a little behind, the step might not have begun.
                Ok(step) if !self.early(step).is_zero() => self.early(step),
                Ok(step) if self.told(self.account.take_step(step).await).map_err(Ended::Guarded)? => {
                    match self.with_step(turn, totp, step).await {
                        Some(ended) => return Ok(ended),
                        None => continue,
                    }
                }
                Ok(step) => totp.left(at, step),
            };
            drop(turn);
            self.wait_for_code(since.after(wait), &mut told).await?;
        }
    }

    /// Waits for the next code, and tells the login's callers until when: not all have the time.
    async fn wait_for_code(&self, until: BootTime, told: &mut bool) -> Result<(), Ended> {
        let now = self.keeper.options.time().now();
        if !std::mem::replace(told, *told || now.boot.until(until) >= WORTH_TELLING) && *told {
            let mut event = Event::new(EventKind::Waiting, now.unix);
            (event.reason, event.until) = (Some(WaitReason::TotpStep), Some(now.unix_at(until)));
            self.keeper.announce(event);
        }
        self.keeper.wait_until(self.number, Some(until));
        let slept = self.sleep_until(until).await;
        self.keeper.wait_until(self.number, None);
        slept
    }

    /// How long a step that may not have begun at the server is waited for. Where the server's clock is hardly known
    /// that would be too long, and the likeliest time has to do.
    fn early(&self, step: u64) -> Duration {
        let start = UnixTime(i64::try_from(step).unwrap_or(i64::MAX).saturating_mul(1000));
        let early = self.keeper.surely_shows(start);
        if early > MOST_EARLY { Duration::ZERO } else { early }
    }

    /// None if the step ended before its code could be sent.
    async fn with_step(&self, turn: Pass, totp: &Totp, step: u64) -> Option<Ended> {
        let code = totp.code(step);
        let sent = match (self.request(Some(&code)), self.enter(Some(&code)).await) {
            (Ok(request), Ok(entry)) => {
                if totp.left(self.keeper.likely_server_time(), step) < LEAST_LEFT {
                    self.settle(entry, Some(&code), Verdict::NotCounted).await;
                    None
                } else {
                    let left = totp.left(self.keeper.likely_server_time(), step);
                    let good_until = Some(self.keeper.options.time().boot_time().after(left));
                    Some(self.transmit(&turn, entry, request, Some(&code), good_until).await)
                }
            }
            (Err(error), Ok(entry)) => {
                self.settle(entry, Some(&code), Verdict::NotCounted).await;
                Some(Ended::Guarded(error))
            }
            (_, Err(ended)) => Some(ended),
        };
        if !matches!(sent, Some(Ended::Answered(..) | Ended::Ambiguous(_))) {
            self.told(self.account.return_step(step).await);
        }
        // The next login must find the step as it is now.
        drop(turn);
        sent
    }
}
