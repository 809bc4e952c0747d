//! What holds back a credential that has logged in before.

use super::credential::{Along, Credential};
use super::entry::{End, Entry};
use super::{LATE, LockoutRule, full};
use crate::time::BootTime;

/// What counts against a proven credential. What is not known does not: unless another process may have it on its way, or
/// what goes along with the credential may be refused by itself.
pub(super) struct Against {
    /// Until when everything counts, because something was refused.
    pub(super) refused_until: Option<BootTime>,
    /// What counts after that, or without a refusal.
    pub(super) counted: Vec<Entry>,
    /// Until when those are as many as may be.
    pub(super) retry_at: Option<BootTime>,
}

impl Against {
    pub(super) fn of(entries: &[Entry], credential: Credential, now: BootTime, rule: LockoutRule) -> Self {
        let is_pardoned = |entry: &Entry| entry.is_pardoned_for(credential.tag);
        let refused = entries.iter().filter(|entry| entry.end == End::Rejected && !is_pardoned(entry));
        let refused_until = refused.map(|entry| entry.over_at(rule)).max();
        let until = |entry: &Entry| match entry.end {
            End::Rejected if !is_pardoned(entry) => None,
            _ => until(entry, credential, rule),
        };
        let counted =
            entries.iter().filter_map(|entry| until(entry).filter(|until| *until > now).map(|until| (*entry, until)));
        let (counted, ends): (Vec<_>, Vec<_>) = counted.unzip();
        // A user has let it in after it had been refused, and nothing else counts.
        if counted.iter().all(is_pardoned) {
            return Self { refused_until, counted: Vec::new(), retry_at: None };
        }
        Self { refused_until, counted, retry_at: full(ends.into_iter(), rule.most) }
    }
}

/// Until when this login counts against a proven credential, if it does.
fn until(entry: &Entry, credential: Credential, rule: LockoutRule) -> Option<BootTime> {
    let counts = match entry.end {
        End::Rejected => true,
        End::Unjudged => false,
        // It may be on its way, and its sender is another.
        End::Open if !entry.is_by_sender_of(credential) => return Some(BootTime(entry.boot).after(LATE)),
        // The ledger that vouches has let it pass with these, and knows how they ended where this one was not told.
        End::Open if credential.vouched_for.is_some() => false,
        _ => credential.along != Along::Nothing && (entry.doubtful || entry.of != Some(credential.tag)),
    };
    counts.then(|| entry.over_at(rule))
}
