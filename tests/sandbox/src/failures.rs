//! The failed logins of somebody, and the lock that they lead to.

use std::collections::VecDeque;

use crate::clock::milliseconds;
use crate::settings::Lockout;

/// Times are in milliseconds since 1970.
#[derive(Default)]
pub(crate) struct Failures {
    /// Oldest first.
    times: VecDeque<i64>,
    locked_until: Option<i64>,
}

impl Failures {
    /// Whether a lock holds now. One that has run out is forgotten.
    pub(crate) fn locked(&mut self, now: i64) -> bool {
        self.locked_until = self.locked_until.filter(|&until| now < until);
        self.locked_until.is_some()
    }

    /// A login has failed.
    pub(crate) fn add(&mut self, now: i64, lockout: &Lockout) {
        let window = milliseconds(lockout.window);
        self.times.retain(|&at| now.saturating_sub(at) < window);
        self.times.push_back(now);
        if lockout.failures > 0 && self.times.len() >= lockout.failures {
            self.times.clear();
            self.locked_until = Some(now.saturating_add(milliseconds(lockout.locked_for)));
        }
    }
}
