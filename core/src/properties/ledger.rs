//! The ledger of failed logins: a stored one in the first line, and what is done with it in the bytes after that.

use std::collections::HashSet;
use std::time::Duration;

use serde_json::Value;

use crate::clock::{BootTime, Now, UnixTime};
use crate::lockout::{Attempt, Ledger, LockoutRule, Refusal, Verdict};

const MACHINE_START: u64 = 42;
const START: Now = Now { boot: BootTime(1_000_000_000), unix: UnixTime(1_767_589_433_000) };
/// What is done at most.
const MOST_ACTIONS: usize = 64;
/// A login that got no answer may count from this much later on.
const LATE: Duration = Duration::from_secs(60);
/// The longest that a wait for the next login may be: the rule's window, its slack, and that.
const LONGEST_WAIT: Duration = Duration::from_secs(661);
/// The longest that a server can lock for: what `Retry-After` is believed for.
const LONGEST_LOCK: Duration = Duration::from_secs(86_400);
/// Of the steps that it holds at first those are surely known for as long as they could be sent.
const STEPS_SURE: usize = 20;
/// How long that is at most, in seconds.
const STEP_LIVES: u64 = 900;

/// Whatever was stored, no more failures are let through than the rule bears, and no step twice.
pub fn check(data: &[u8]) {
    let end = data.iter().position(|byte| *byte == b'\n').unwrap_or(data.len());
    let (stored, actions) = (&data[..end], data.get(end + 1..).unwrap_or_default());
    let Ok(ledger) = serde_json::from_slice::<Ledger>(stored) else { return };
    check_round_trip(&ledger);
    let mut schedule = Schedule::new(ledger);
    for (action, amount) in actions.chunks_exact(2).map(|pair| (pair[0], pair[1])).take(MOST_ACTIONS) {
        schedule.act(action, amount);
        check_round_trip(&schedule.ledger);
    }
}

fn check_round_trip(ledger: &Ledger) {
    let written = serde_json::to_vec(ledger).expect("numbers and bytes");
    let read: Ledger = serde_json::from_slice(&written).expect("what was written can be read");
    assert_eq!(serde_json::to_vec(&read).ok(), Some(written));
    assert_eq!(read.is_empty(), ledger.is_empty());
}

/// A ledger in use, and what is known of it without looking into it.
struct Schedule {
    ledger: Ledger,
    now: Now,
    rule: LockoutRule,
    /// The latest that the server may have counted a login from; and which of them are ours.
    failed: Vec<(BootTime, Option<Attempt>)>,
    pending: Vec<Attempt>,
    used: HashSet<u64>,
}

impl Schedule {
    fn new(mut ledger: Ledger) -> Self {
        ledger.rebase(START, MACHINE_START);
        let seen = serde_json::to_value(&ledger).unwrap_or_default();
        let (failed, used) = (failures(&seen), steps(&seen));
        Self { ledger, now: START, rule: LockoutRule::default(), failed, pending: Vec::new(), used }
    }

    fn act(&mut self, action: u8, amount: u8) {
        match action % 8 {
            0 => self.wait(u64::from(amount) * 10),
            1 => self.begin(amount, false),
            2 => self.settle(amount, if amount.is_multiple_of(2) { Verdict::Failed } else { Verdict::Lost }),
            3 => self.settle(amount, Verdict::Refused),
            4 => self.settle(amount, Verdict::NotCounted),
            5 => self.settle(amount, Verdict::Accepted),
            6 => self.step(amount),
            _ if amount < 64 => self.begin(amount, true),
            _ => self.ledger.lock(self.now, self.now.boot.after(Duration::from_secs(u64::from(amount)))),
        }
    }

    fn wait(&mut self, seconds: u64) {
        let wait = Duration::from_secs(seconds);
        self.now = Now { boot: self.now.boot.after(wait), unix: self.now.unix.after(wait) };
        self.ledger.rebase(self.now, MACHINE_START);
    }

    fn begin(&mut self, credential: u8, force: bool) {
        let (now, window) = (self.now.boot, self.rule.window);
        match self.ledger.begin(self.now, self.rule, &[credential], force) {
            Ok(attempt) => {
                let counted = self.failed.iter().filter(|(at, _)| at.after(window) >= now).count();
                assert!(force || counted < self.rule.most, "one more than {counted} failures was let through");
                self.failed.push((now.after(LATE), Some(attempt)));
                self.pending.push(attempt);
            }
            Err(refusal) => self.check_refusal(refusal),
        }
    }

    fn check_refusal(&self, refusal: Refusal) {
        let now = self.now.boot;
        match refusal {
            Refusal::TooMany { retry_at, failures } => {
                assert!(now < retry_at && now.until(retry_at) <= LONGEST_WAIT, "{retry_at:?}");
                assert!(failures >= 2, "{failures}");
                let then = Now { boot: retry_at, unix: self.now.unix_at(retry_at) };
                let again = self.ledger.clone().begin(then, self.rule, b"another", false);
                assert!(!matches!(again, Err(Refusal::TooMany { .. })), "still refused at retry_at");
            }
            Refusal::Locked { retry_at, .. } => {
                assert!(now < retry_at && now.until(retry_at) <= LONGEST_LOCK, "{retry_at:?}");
            }
            Refusal::SameCredential { .. } => assert!(self.ledger.knows_refused()),
        }
        let shown = format!("{:?}", refusal.error(self.now));
        assert!(shown.starts_with("Error(lockout_guard: "), "{shown}");
    }

    /// A login that failed counts from its answer on; one that did not, not at all.
    fn settle(&mut self, which: u8, verdict: Verdict) {
        if self.pending.is_empty() {
            return;
        }
        let attempt = self.pending.remove(usize::from(which) % self.pending.len());
        self.failed.retain(|(_, ours)| *ours != Some(attempt));
        match verdict {
            Verdict::Failed | Verdict::Refused => self.failed.push((self.now.boot, Some(attempt))),
            Verdict::Lost => self.failed.push((self.now.boot.after(LATE), Some(attempt))),
            Verdict::Accepted | Verdict::NotCounted => {}
        }
        self.ledger.settle(self.now, attempt, verdict, &[which], [7; 16]);
    }

    fn step(&mut self, amount: u8) {
        let seconds = u64::try_from(self.now.unix.0 / 1000).unwrap_or(0);
        let step = (seconds / 30).saturating_sub(u64::from(amount % 8)) * 30;
        let is_new = self.ledger.take_step(step);
        assert!(!is_new || !self.used.contains(&step), "a step twice");
        assert!(!self.ledger.clone().take_step(step), "a step that was just used");
        self.used.insert(step);
    }
}

/// The failures that a ledger holds.
fn failures(ledger: &Value) -> Vec<(BootTime, Option<Attempt>)> {
    let counted = ledger["counted"].as_array().into_iter().flatten();
    let late = |entry: &Value| if entry["late"] == true { LATE } else { Duration::ZERO };
    let latest = |entry: &Value| Some(BootTime(entry["boot"].as_i64()?).after(late(entry)));
    counted.filter_map(latest).map(|at| (at, None)).collect()
}

/// The steps that it holds and that could still be sent.
fn steps(ledger: &Value) -> HashSet<u64> {
    let now = u64::try_from(START.unix.0 / 1000).unwrap_or(0);
    let steps = ledger["steps"].as_array().into_iter().flatten().rev().take(STEPS_SURE).filter_map(Value::as_u64);
    steps.filter(|step| step.abs_diff(now) < STEP_LIVES).collect()
}
