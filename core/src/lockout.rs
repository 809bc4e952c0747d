//! The ledger of failed logins and used codes of one account, which keeps the account from being locked. Pure.
//!
//! The server locks an account at a number of failed logins in a window of time. The ledger lets fewer through: a login
//! is entered before it is sent and counts as failed until it is known not to be, so that lost answers, crashes and
//! logins of other sessions count as well.

use std::time::Duration;

use ring::{digest, pbkdf2};
use serde::{Deserialize, Serialize};

use crate::clock::{BootTime, Now, UnixTime};
use crate::error::{Error, ErrorCode};

/// How many failed logins, in which time, a system bears.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LockoutRule {
    /// The most failed logins that are ever sent within `window`; one less than the server bears.
    pub most: usize,
    /// The rolling time in which they count.
    pub window: Duration,
}

impl Default for LockoutRule {
    /// 7G locks at 3 failures in 10 minutes (wire.md 1.5); for other systems nothing stricter is known.
    fn default() -> Self {
        Self { most: 2, window: Duration::from_secs(600) }
    }
}

/// Our window ends a little after the server's: its clock ticks in other places than ours.
const SLACK: Duration = Duration::from_secs(1);

/// A login whose end is not known may still be on its way, and count from when it arrives.
const LATE: Duration = Duration::from_secs(60);

/// No server is believed to lock for longer than this.
const LONGEST_LOCK: Duration = Duration::from_secs(86_400);

/// A credential that the server refused, kept as a salted slow hash and never as itself.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct RefusedCredential {
    salt: [u8; 16],
    digest: [u8; digest::SHA256_OUTPUT_LEN],
}

impl RefusedCredential {
    #[cfg(not(any(test, fuzzing)))]
    const ROUNDS: u32 = 100_000;
    #[cfg(any(test, fuzzing))]
    const ROUNDS: u32 = 1;

    pub(crate) fn new(credential: &[u8], salt: [u8; 16]) -> Self {
        let mut digest = [0; digest::SHA256_OUTPUT_LEN];
        pbkdf2::derive(pbkdf2::PBKDF2_HMAC_SHA256, Self::rounds(), &salt, credential, &mut digest);
        Self { salt, digest }
    }

    fn is(&self, credential: &[u8]) -> bool {
        pbkdf2::verify(pbkdf2::PBKDF2_HMAC_SHA256, Self::rounds(), &self.salt, credential, &self.digest).is_ok()
    }

    const fn rounds() -> std::num::NonZeroU32 {
        std::num::NonZeroU32::new(Self::ROUNDS).expect("not zero")
    }
}

/// How a login that was entered ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// The server let us in.
    Accepted,
    /// It did not leave this machine, or the server refused to look at it.
    NotCounted,
    /// The server refused it, or may have: its answer does not say.
    Failed,
    /// No answer came: the server may have refused it, or may be going to.
    Lost,
    /// The server refused it because of the user name or the password.
    Refused,
}

/// Why a login must not be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// One more failure could lock the account.
    TooMany { retry_at: BootTime, failures: u32 },
    /// The server said that the account is locked.
    Locked { retry_at: BootTime, failures: u32 },
    /// The server refused this very credential.
    SameCredential { failures: u32 },
}

impl Refusal {
    /// What the caller is told.
    pub(crate) fn error(self, now: Now) -> Error {
        let (why, retry_at, failures) = match self {
            Self::TooMany { retry_at, failures } => {
                ("one more failed login within ten minutes could lock the account", Some(retry_at), failures)
            }
            Self::Locked { retry_at, failures } => {
                ("the server says that the account is locked", Some(retry_at), failures)
            }
            Self::SameCredential { failures } => {
                ("the server has refused this very user name and password", None, failures)
            }
        };
        let advice = match retry_at {
            Some(_) => "Try again after retry_at.",
            None => "Correct them and log in again.",
        };
        let message =
            format!("This login was not sent: {why}. {advice} A login with the force option is sent all the same.");
        let retry_at = retry_at.map(|at| now.unix_at(at));
        Error::new(ErrorCode::LockoutGuard, message).with_retry_at(retry_at).pinned(now).with_failures(failures)
    }
}

/// One login on its way, to be settled once its end is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Attempt(u64);

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct Entry {
    number: u64,
    boot: i64,
    unix: i64,
    /// Whether it may count from a later time on than this.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    late: bool,
}

impl Entry {
    /// When it stops to count.
    fn over_at(&self, rule: LockoutRule) -> BootTime {
        let late = if self.late { LATE } else { Duration::ZERO };
        BootTime(self.boot).after(rule.window).after(SLACK).after(late)
    }

    /// Puts it at `latest` if it lies after that, by both clocks: the next restart of the machine goes by the wall's.
    fn bound(&mut self, now: Now, latest: BootTime) {
        if self.boot > latest.0 {
            (self.boot, self.unix) = (latest.0, now.unix_at(latest).0);
        }
    }
}

/// The failed and pending logins of one account.
#[derive(Clone, Default, Serialize, Deserialize)]
pub(crate) struct Ledger {
    /// Which start of the machine the boot times belong to.
    machine_start: u64,
    next: u64,
    counted: Vec<Entry>,
    locked_until: Option<Entry>,
    refused: Option<RefusedCredential>,
    /// Steps whose codes have been sent, by their first second since 1970.
    #[serde(default)]
    steps: Vec<u64>,
}

/// So many used steps are known, the latest: those of half an hour. Told by the time they would be forgotten by whoever has
/// a wrong clock, though their codes could still be sent.
const STEPS_KEPT: usize = 60;

impl Ledger {
    /// Makes the times of a ledger that was stored before a restart of the machine comparable with `now`.
    pub(crate) fn rebase(&mut self, now: Now, machine_start: u64) {
        if self.machine_start != machine_start {
            self.machine_start = machine_start;
            for entry in self.counted.iter_mut().chain(&mut self.locked_until) {
                entry.boot = now.boot_at(UnixTime(entry.unix)).0;
            }
        }
        // A stored wall time that lies ahead must not count for longer than a failure or a lock of this very moment would.
        for entry in &mut self.counted {
            entry.bound(now, now.boot);
        }
        if let Some(lock) = &mut self.locked_until {
            lock.bound(now, now.boot.after(LONGEST_LOCK));
        }
    }

    /// Draws the next login's number: another process that did not see it must not have given out the same. `chance` in
    /// 0..1 is fresh randomness.
    pub(crate) fn number_from(&mut self, chance: f64) {
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // below 2^53, which JSON bears
        let number = (chance * 9_007_199_254_740_992.0) as u64;
        self.next = number;
    }

    /// Enters a login that is about to be sent. `force` sends it whatever the ledger says.
    pub(crate) fn begin(
        &mut self,
        now: Now,
        rule: LockoutRule,
        credential: &[u8],
        force: bool,
    ) -> Result<Attempt, Refusal> {
        self.forget_old(now.boot, rule);
        if !force {
            self.check(now.boot, rule, credential)?;
        }
        let number = self.unused_number();
        self.next = number.wrapping_add(1);
        self.counted.push(Entry { number, boot: now.boot.0, unix: now.unix.0, late: true });
        Ok(Attempt(number))
    }

    /// A stored ledger may still count what goes by the next number: settling this login must not settle that one too.
    fn unused_number(&self) -> u64 {
        let mut number = self.next;
        while self.counted.iter().any(|entry| entry.number == number) {
            number = number.wrapping_add(1);
        }
        number
    }

    fn check(&self, now: BootTime, rule: LockoutRule, credential: &[u8]) -> Result<(), Refusal> {
        let failures = self.failures();
        if let Some(until) = self.locked_until.filter(|until| until.boot > now.0) {
            return Err(Refusal::Locked { retry_at: BootTime(until.boot), failures });
        }
        if self.counted.len() >= rule.most {
            let mut ends: Vec<BootTime> = self.counted.iter().map(|entry| entry.over_at(rule)).collect();
            ends.sort_unstable();
            let retry_at = ends[ends.len() - rule.most];
            return Err(Refusal::TooMany { retry_at, failures });
        }
        match &self.refused {
            Some(refused) if refused.is(credential) => Err(Refusal::SameCredential { failures }),
            _ => Ok(()),
        }
    }

    /// Enters how a login ended. `salt` is fresh randomness, used when a credential was refused.
    pub(crate) fn settle(&mut self, now: Now, attempt: Attempt, verdict: Verdict, credential: &[u8], salt: [u8; 16]) {
        match verdict {
            Verdict::Accepted => {
                self.counted.retain(|entry| entry.number != attempt.0);
                (self.refused, self.locked_until) = (None, None);
            }
            Verdict::NotCounted => self.counted.retain(|entry| entry.number != attempt.0),
            Verdict::Failed | Verdict::Lost | Verdict::Refused => {
                // It counts from the answer on: the server entered it at that time at the latest.
                self.counted.retain(|entry| entry.number != attempt.0);
                let late = verdict == Verdict::Lost;
                self.counted.push(Entry { number: attempt.0, boot: now.boot.0, unix: now.unix.0, late });
                self.counted.sort_by_key(|entry| entry.boot);
            }
        }
        if verdict == Verdict::Refused {
            self.refused = Some(RefusedCredential::new(credential, salt));
        }
    }

    /// The server said that the account is locked until `until`.
    pub(crate) fn lock(&mut self, now: Now, until: BootTime) {
        self.locked_until = Some(Entry { number: 0, boot: until.0, unix: now.unix_at(until).0, late: false });
    }

    /// Enters the code of a step as used, and says whether nobody has used it before.
    pub(crate) fn take_step(&mut self, step: u64) -> bool {
        let is_new = !self.steps.contains(&step);
        if is_new {
            self.steps.push(step);
            self.steps.drain(..self.steps.len().saturating_sub(STEPS_KEPT));
        }
        is_new
    }

    /// The code of a step was not sent after all.
    pub(crate) fn return_step(&mut self, step: u64) {
        self.steps.retain(|used| *used != step);
    }

    /// Whether the next credential is compared with a refused one, which takes a while.
    pub(crate) fn knows_refused(&self) -> bool {
        self.refused.is_some()
    }

    /// Whether nothing in it can matter any more.
    pub(crate) fn is_empty(&self) -> bool {
        self.counted.is_empty() && self.locked_until.is_none() && self.refused.is_none() && self.steps.is_empty()
    }

    fn failures(&self) -> u32 {
        u32::try_from(self.counted.len()).unwrap_or(u32::MAX)
    }

    fn forget_old(&mut self, now: BootTime, rule: LockoutRule) {
        self.counted.retain(|entry| entry.over_at(rule) > now);
        self.locked_until = self.locked_until.filter(|until| until.boot > now.0);
    }
}

#[cfg(test)]
#[path = "lockout_tests.rs"]
mod tests;
