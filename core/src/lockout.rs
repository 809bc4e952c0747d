//! The ledger of failed logins and used codes of one account, which keeps the account from being locked. Pure.
//!
//! The server locks an account at a number of failed logins in a window of time. The ledger lets fewer through: a login
//! is entered before it is sent and counts as failed until it is known not to be, so that lost answers, crashes and
//! logins of other sessions count as well. A credential that has logged in before is not held back by what is not known
//! alone: only one that was changed at the server could have failed. So three logins within ten minutes are refused at most
//! where a password is changed at the server and the answers to two logins in a row are lost, the third being refused: the
//! ledger cannot know of the first two (nor where they carried what was changed back and let in since), and what becomes of the third shows only once it is sent.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::store::Lifetime;
use crate::time::{BootTime, Now, UnixTime};

mod credential;
mod credentials;
mod entry;
mod proven;
mod refusal;

pub(crate) use credential::{Along, Credential, Key};
use credentials::Credentials;
use entry::{End, Entry, told};
use proven::Against;
pub(crate) use refusal::Refusal;

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

/// So many logins whose end tells nothing are sent in so much time, be they harmless: an outage is no reason for a storm.
const MOST_PACED: usize = 30;
const PACE: Duration = Duration::from_secs(60);

/// For so long the code of a step may be good, with much to spare.
const STEPS_FOR: Duration = Duration::from_secs(3_600);

/// How a login that was entered ended. The numbers are HTTP statuses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// The server let us in.
    Accepted,
    /// It did not leave this machine, or the server refused to look at it.
    NotCounted,
    /// What answered is no login endpoint.
    Unjudged(u16),
    /// The server may have refused it: its answer does not say.
    Unknown(u16),
    /// No answer came: the server may have refused it, or may be going to.
    Lost,
    /// The server refused it.
    Failed(u16),
    /// The server refused it because of the user name or the password.
    Refused(u16),
}

impl Verdict {
    /// Whether somebody judged the credential, and not in its favour.
    fn is_rejection(self) -> bool {
        matches!(self, Self::Failed(_) | Self::Refused(_))
    }

    fn end(self) -> (End, u16) {
        match self {
            Self::Unjudged(status) => (End::Unjudged, status),
            Self::Unknown(status) => (End::Unknown, status),
            Self::Failed(status) | Self::Refused(status) => (End::Rejected, status),
            Self::Lost => (End::Lost, 0),
            Self::Accepted | Self::NotCounted => (End::Open, 0),
        }
    }
}

/// One login on its way, to be settled once its end is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Attempt(u64);

/// The failed and pending logins of one account.
#[derive(Clone, Default, Serialize, Deserialize)]
pub(crate) struct Ledger {
    /// Which start of the machine the boot times belong to.
    machine_start: u64,
    next: u64,
    counted: Vec<Entry>,
    locked_until: Option<Entry>,
    #[serde(flatten)]
    credentials: Credentials,
    /// Steps whose codes have been sent, by their first second since 1970.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    steps: Vec<u64>,
}

/// So many used steps are known, the latest: those of half an hour. A limit of time would forget them by a wrong clock,
/// though their codes could still be sent.
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
        self.credentials.bound(now);
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
        credential: Credential,
        force: bool,
    ) -> Result<Attempt, Refusal> {
        self.forget_old(now, rule);
        if !force {
            self.check(now.boot, rule, credential)?;
        }
        let number = self.unused_number();
        self.next = number.wrapping_add(1);
        let doubtful = credential.along != Along::Nothing;
        let of = Some(credential.tag);
        let by = credential.process;
        let entry = Entry { number, late: true, of, by, doubtful, forced: force, ..Entry::time(now, now.boot) };
        self.counted.push(entry);
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

    fn check(&mut self, now: BootTime, rule: LockoutRule, credential: Credential) -> Result<(), Refusal> {
        if let Some(until) = self.locked_until.filter(|until| until.boot > now.0) {
            return Err(Refusal::Locked { retry_at: BootTime(until.boot), failures: self.failures() });
        }
        self.check_count(now, rule, credential)?;
        if self.credentials.is_refused(credential) {
            return Err(Refusal::SameCredential { failures: self.failures() });
        }
        Ok(())
    }

    fn check_count(&mut self, now: BootTime, rule: LockoutRule, credential: Credential) -> Result<(), Refusal> {
        let mut counted: Vec<_> = self.counted.iter().filter(|entry| entry.may_count()).copied().collect();
        let mut retry_at = full(counted.iter().map(|entry| entry.over_at(rule)), rule.most);
        if retry_at.is_some() && self.credentials.is_proven(credential) {
            let against = Against::of(&counted, credential, now, rule);
            match against.refused_until {
                None => (counted, retry_at) = (against.counted, against.retry_at),
                // Another may have been refused that is not known, and this would be the third.
                Some(_) => retry_at = retry_at.min(against.retry_at.max(against.refused_until)),
            }
        }
        if let Some(retry_at) = retry_at {
            let failures = u32::try_from(counted.len()).unwrap_or(u32::MAX);
            return Err(Refusal::TooMany { retry_at, failures, after: told(&counted) });
        }
        let untold: Vec<_> = self.counted.iter().filter(|entry| entry.end != End::Rejected).collect();
        let over = untold.iter().map(|entry| BootTime(entry.boot).after(PACE)).filter(|over| *over > now);
        match full(over, MOST_PACED) {
            Some(retry_at) => Err(Refusal::Paced { retry_at, after: told(untold) }),
            None => Ok(()),
        }
    }

    /// When this process has logged in with the credential, if it has and was not refused since.
    pub(crate) fn vouches_for(&self, credential: Credential) -> Option<UnixTime> {
        self.credentials.vouches_for(credential)
    }

    /// Enters how a login ended. `salt` is fresh randomness for a ledger that other processes read, so that they know the
    /// credential again. `doubtful`: what went along with it may be what was refused, if anything was.
    pub(crate) fn settle(
        &mut self,
        now: Now,
        attempt: Attempt,
        verdict: Verdict,
        credential: Credential,
        doubtful: bool,
        salt: Option<[u8; 16]>,
    ) {
        let forced = self.counted.iter().any(|entry| entry.number == attempt.0 && entry.forced);
        self.counted.retain(|entry| entry.number != attempt.0);
        match verdict {
            Verdict::NotCounted => {}
            Verdict::Accepted => {
                // Nobody had refused what is right now. What was rejected all the same has been counted.
                self.counted.retain_mut(|entry| entry.survives(credential.tag, now.boot));
                for entry in self.counted.iter_mut().filter(|entry| forced && entry.is_rejection_of(credential.tag)) {
                    entry.forced = true;
                }
                self.credentials.prove(now, credential, salt);
                self.locked_until = None;
            }
            _ => {
                // It counts from the answer on: the server entered it at that time at the latest.
                let (end, status) = verdict.end();
                let (late, of) = (verdict == Verdict::Lost, Some(credential.tag));
                let number = attempt.0;
                self.counted.push(Entry { number, late, end, status, of, doubtful, ..Entry::time(now, now.boot) });
                self.counted.sort_by_key(|entry| entry.boot);
            }
        }
        if verdict.is_rejection() {
            self.credentials.reject(now, credential, matches!(verdict, Verdict::Refused(_)), salt);
            // A password may have been changed, and what was under way before that may have come after it.
            self.counted.iter_mut().for_each(|entry| entry.void = false);
        }
    }

    /// The server said that the account is locked until `until`.
    pub(crate) fn lock(&mut self, now: Now, until: BootTime) {
        self.locked_until = Some(Entry::time(now, until));
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

    /// Whether to begin or to settle a login with this credential may take a while, because it is compared with what only
    /// a slow hash tells; `lasting`: or because one is made.
    pub(crate) fn may_hash(&self, credential: Credential, lasting: bool) -> bool {
        self.credentials.may_hash(credential, lasting)
    }

    /// Whether nothing in it can matter any more.
    pub(crate) fn is_empty(&self) -> bool {
        self.counted.is_empty() && self.locked_until.is_none() && self.credentials.is_empty() && self.steps.is_empty()
    }

    /// How long it matters, if nothing is entered any more.
    pub(crate) fn lifetime(&self, now: Now, rule: LockoutRule) -> Lifetime {
        let counted = self.counted.iter().map(|entry| entry.over_at(rule));
        let locked = self.locked_until.map(|until| BootTime(until.boot));
        let steps = (!self.steps.is_empty()).then(|| now.boot.after(STEPS_FOR));
        let needed_until = counted.chain(locked).chain(steps).max().unwrap_or(now.boot);
        let known_until = self.credentials.known_until().map(|until| now.boot_at(until));
        Lifetime { needed_until, kept_until: known_until.map_or(needed_until, |until| until.max(needed_until)) }
    }

    fn failures(&self) -> u32 {
        let counted = self.counted.iter().filter(|entry| entry.may_count()).count();
        u32::try_from(counted).unwrap_or(u32::MAX)
    }

    /// Forgets what does not matter any more.
    pub(crate) fn forget_old(&mut self, now: Now, rule: LockoutRule) {
        self.counted.retain(|entry| entry.over_at(rule) > now.boot);
        self.locked_until = self.locked_until.filter(|until| until.boot > now.boot.0);
        self.credentials.forget_old(now);
    }
}

/// When one more can be sent, where these are as many as may be and end then.
fn full(ends: impl Iterator<Item = BootTime>, most: usize) -> Option<BootTime> {
    let mut ends: Vec<BootTime> = ends.collect();
    ends.sort_unstable();
    ends.get(ends.len().checked_sub(most)?).copied()
}

#[cfg(test)]
#[path = "lockout_tests.rs"]
mod tests;
