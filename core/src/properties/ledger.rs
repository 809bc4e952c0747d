//! The ledger of failed logins: a stored one in the first line, and what is done with it in the bytes after that.

use std::collections::HashSet;
use std::time::Duration;

use serde_json::Value;

use crate::lockout::{Along, Attempt, Credential, Key, Ledger, LockoutRule, Refusal, Verdict};
use crate::time::{BootTime, Now, UnixTime};

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
    key: Key,
    failed: Vec<Failed>,
    /// Logins under way, with their credentials.
    pending: Vec<(Attempt, u8)>,
    /// Credentials that logged in and were not rejected since.
    proven: HashSet<u8>,
    /// What was stored knows credentials that nobody here does.
    knows_more: bool,
    used: HashSet<u64>,
}

/// A login that the server may have counted.
struct Failed {
    /// The latest that it counts from.
    at: BootTime,
    /// Which of ours it is, and with which credential.
    ours: Option<(Attempt, u8)>,
    is_certain: bool,
}

impl Schedule {
    fn new(mut ledger: Ledger) -> Self {
        ledger.rebase(START, MACHINE_START);
        let seen = serde_json::to_value(&ledger).unwrap_or_default();
        let (failed, used, knows_more) = (failures(&seen), steps(&seen), !seen["proven"].is_null());
        let (key, rule) = (Key::new(&[7; 32]), LockoutRule::default());
        let (pending, proven) = (Vec::new(), HashSet::new());
        Self { ledger, now: START, rule, key, failed, pending, proven, knows_more, used }
    }

    fn act(&mut self, action: u8, amount: u8) {
        match action % 8 {
            0 => self.wait(u64::from(amount) * 10),
            1 => self.begin(amount, false),
            2 => self.settle(amount, if amount.is_multiple_of(2) { Verdict::Unknown(500) } else { Verdict::Lost }),
            3 => {
                self.settle(
                    amount,
                    if amount.is_multiple_of(2) { Verdict::Failed(403) } else { Verdict::Refused(401) },
                );
            }
            4 => {
                self.settle(
                    amount,
                    if amount.is_multiple_of(2) { Verdict::NotCounted } else { Verdict::Unjudged(404) },
                );
            }
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

    fn counted(&self, credential: u8) -> usize {
        let (now, window) = (self.now.boot, self.rule.window);
        let lately: Vec<_> = self.failed.iter().filter(|failed| failed.at.after(window) >= now).collect();
        let is_certain = lately.iter().any(|failed| failed.is_certain);
        let is_proven = self.knows_more || self.proven.contains(&credential);
        if is_proven && !is_certain { 0 } else { lately.len() }
    }

    fn begin(&mut self, number: u8, force: bool) {
        let bytes = [number];
        let credential = Credential::new(&self.key, &bytes, Along::Nothing);
        match self.ledger.begin(self.now, self.rule, credential, force) {
            Ok(attempt) => {
                let counted = self.counted(number);
                assert!(force || counted < self.rule.most, "one more than {counted} failures was let through");
                self.failed.push(Failed {
                    at: self.now.boot.after(LATE),
                    ours: Some((attempt, number)),
                    is_certain: false,
                });
                self.pending.push((attempt, number));
            }
            Err(refusal) => self.check_refusal(&refusal, credential),
        }
    }

    fn check_refusal(&self, refusal: &Refusal, credential: Credential) {
        let now = self.now.boot;
        match refusal {
            Refusal::TooMany { retry_at, failures, .. } => {
                assert!(now < *retry_at && now.until(*retry_at) <= LONGEST_WAIT, "{retry_at:?}");
                assert!(*failures >= 2, "{failures}");
                let then = Now { boot: *retry_at, unix: self.now.unix_at(*retry_at) };
                let again = self.ledger.clone().begin(then, self.rule, credential, false);
                assert!(!matches!(again, Err(Refusal::TooMany { .. })), "still refused at retry_at");
            }
            Refusal::Paced { retry_at, .. } => {
                assert!(now < *retry_at && now.until(*retry_at) <= LATE, "{retry_at:?}");
            }
            Refusal::Locked { retry_at, .. } => {
                assert!(now < *retry_at && now.until(*retry_at) <= LONGEST_LOCK, "{retry_at:?}");
            }
            Refusal::SameCredential { .. } => {
                let stored = serde_json::to_value(&self.ledger).unwrap_or_default();
                assert!(!stored["refused"].is_null());
            }
        }
        let shown = format!("{:?}", refusal.clone().error(self.now));
        let code = if matches!(refusal, Refusal::Paced { .. }) { "rate_limited" } else { "lockout_guard" };
        assert!(shown.starts_with(&format!("Error({code}: ")), "{shown}");
    }

    /// A login that failed counts from its answer on; one that did not, not at all.
    fn settle(&mut self, which: u8, verdict: Verdict) {
        if self.pending.is_empty() {
            return;
        }
        let (attempt, number) = self.pending.remove(usize::from(which) % self.pending.len());
        let (at, ours) = (self.now.boot, Some((attempt, number)));
        self.failed.retain(|failed| failed.ours != ours);
        match verdict {
            Verdict::Failed(_) | Verdict::Refused(_) => {
                self.failed.push(Failed { at, ours, is_certain: true });
                self.proven.remove(&number);
            }
            Verdict::Unknown(_) => self.failed.push(Failed { at, ours, is_certain: false }),
            Verdict::Lost => self.failed.push(Failed { at: at.after(LATE), ours, is_certain: false }),
            // What is right now was not refused before, unless the server said so.
            Verdict::Accepted => {
                self.failed.retain(|failed| failed.is_certain || failed.ours.is_none_or(|(_, of)| of != number));
                self.proven.insert(number);
            }
            Verdict::NotCounted | Verdict::Unjudged(_) => {}
        }
        let bytes = [number];
        let credential = Credential::new(&self.key, &bytes, Along::Nothing);
        self.ledger.settle(self.now, attempt, verdict, credential, false, Some([7; 16]));
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
fn failures(ledger: &Value) -> Vec<Failed> {
    let counted = ledger["counted"].as_array().into_iter().flatten();
    let late = |entry: &Value| if entry["late"] == true { LATE } else { Duration::ZERO };
    let counts = counted.filter(|entry| entry["end"] != "unjudged");
    let failed = |entry: &Value| {
        let at = BootTime(entry["boot"].as_i64()?).after(late(entry));
        Some(Failed { at, ours: None, is_certain: entry["end"] == "rejected" })
    };
    counts.filter_map(failed).collect()
}

/// The steps that it holds and that could still be sent.
fn steps(ledger: &Value) -> HashSet<u64> {
    let now = u64::try_from(START.unix.0 / 1000).unwrap_or(0);
    let steps = ledger["steps"].as_array().into_iter().flatten().rev().take(STEPS_SURE).filter_map(Value::as_u64);
    steps.filter(|step| step.abs_diff(now) < STEP_LIVES).collect()
}
