//! A store in this process's memory. A forked child starts with what its parent held.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::time::Duration;

use arc_swap::ArcSwap;

use super::tree::Tree;
use super::{Pending, Store, Stored};
use crate::time::BootTime;

/// What is over is looked for this often, and whenever there is twice as much as the last time left, and this much.
const SWEPT_EVERY: Duration = Duration::from_secs(600);
const SWEPT_AT: usize = 1024;

/// A store that lasts as long as the process. It is what the ledger is kept in when no other is given.
///
/// It holds no lock, so that a child forked at any moment finds it readable and whole: a child that forgot its
/// parent's failed logins could lock the account.
#[derive(Default)]
pub struct MemoryStore {
    entries: ArcSwap<Tree<Entry>>,
    /// When it was swept, by the boot clock, and how many entries that left.
    swept_at: AtomicI64,
    left: AtomicUsize,
}

struct Entry {
    version: u64,
    value: Arc<[u8]>,
    /// Boot times; those of the last one that wrote it.
    needed_until: AtomicI64,
    kept_until: AtomicI64,
}

/// For how long an entry is of use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Lifetime {
    /// Until then it must be there, however many others there are.
    pub(crate) needed_until: BootTime,
    /// Until then it is kept if there is room for it.
    pub(crate) kept_until: BootTime,
}

impl MemoryStore {
    /// An empty store.
    pub fn new() -> Self {
        Self::default()
    }

    /// Replaces the entry of `key` by `value`, or removes it, if its version is `expected`.
    fn change(&self, key: &str, expected: Option<u64>, value: Option<&Arc<[u8]>>) -> bool {
        let (key, mut done): (Arc<str>, bool) = (key.into(), false);
        self.entries.rcu(|entries| {
            let version = entries.get(&key).map(|item| item.value.version);
            done = version == expected;
            if !done {
                return Arc::clone(entries);
            }
            let entry = value.map(|value| Entry {
                version: version.unwrap_or(0) + 1,
                value: Arc::clone(value),
                needed_until: AtomicI64::new(i64::MAX),
                kept_until: AtomicI64::new(i64::MAX),
            });
            Arc::new(entries.with(&key, entry))
        });
        done
    }

    /// Says how long what was written is of use. If others have written meanwhile, it is for them to say.
    pub(crate) fn lasts(&self, key: &str, value: &[u8], lifetime: Lifetime) {
        let entries = self.entries.load();
        if let Some(item) = entries.get(key).filter(|item| *item.value.value == *value) {
            item.value.needed_until.store(lifetime.needed_until.0, Ordering::Relaxed);
            item.value.kept_until.store(lifetime.kept_until.0, Ordering::Relaxed);
        }
    }

    /// Removes what is over, if it is time to look: of entries that need not be there the `most` which last longest stay.
    pub(crate) fn tidy(&self, now: BootTime, most: usize) {
        let (last, left) = (self.swept_at.load(Ordering::Relaxed), self.left.load(Ordering::Relaxed));
        let is_time = now >= BootTime(last).after(SWEPT_EVERY) || self.len() > left.saturating_mul(2) + SWEPT_AT;
        // One of many that come at once does it.
        if is_time && self.swept_at.compare_exchange(last, now.0, Ordering::Relaxed, Ordering::Relaxed).is_ok() {
            self.sweep(now.0, most);
            self.left.store(self.len(), Ordering::Relaxed);
        }
    }

    fn sweep(&self, now: i64, most: usize) {
        self.entries.rcu(|entries| {
            let mut spare: Vec<i64> = entries.values().into_iter().filter_map(|entry| entry.spare_until(now)).collect();
            spare.sort_unstable();
            let shortest = spare.len().checked_sub(most + 1).map(|at| spare[at]);
            let is_kept =
                |entry: &Entry| entry.spare_until(now).is_none_or(|until| until > now && Some(until) > shortest);
            Arc::new(entries.keeping(is_kept))
        });
    }

    fn len(&self) -> usize {
        self.entries.load().len()
    }
}

impl Entry {
    /// How long it may be kept; None while it is needed.
    fn spare_until(&self, now: i64) -> Option<i64> {
        let is_needed = self.needed_until.load(Ordering::Relaxed) > now;
        (!is_needed).then(|| self.kept_until.load(Ordering::Relaxed))
    }
}

impl Store for MemoryStore {
    fn get<'a>(&'a self, key: &'a str) -> Pending<'a, Option<Stored>> {
        let found = self.entries.load().get(key).map(|item| {
            let entry = &item.value;
            Stored { value: entry.value.to_vec(), version: entry.version }
        });
        Box::pin(async move { Ok(found) })
    }

    fn put<'a>(&'a self, key: &'a str, value: Vec<u8>, expected: Option<u64>) -> Pending<'a, bool> {
        let done = self.change(key, expected, Some(&value.into()));
        Box::pin(async move { Ok(done) })
    }

    fn remove<'a>(&'a self, key: &'a str, expected: u64) -> Pending<'a, bool> {
        let done = self.change(key, Some(expected), None);
        Box::pin(async move { Ok(done) })
    }
}

impl fmt::Debug for MemoryStore {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "MemoryStore {{ entries: {} }}", self.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now<T>(pending: Pending<'_, T>) -> T {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(pending).unwrap()
    }

    #[test]
    fn a_write_against_an_old_version_is_refused() {
        let store = MemoryStore::new();
        assert!(now(store.put("key", b"one".to_vec(), None)));
        assert!(!now(store.put("key", b"two".to_vec(), None)));
        let found = now(store.get("key")).unwrap();
        assert!(now(store.put("key", b"two".to_vec(), Some(found.version))));
        assert!(!now(store.remove("key", found.version)));
        assert_eq!(now(store.get("key")).unwrap().value, b"two");
    }

    #[test]
    fn of_many_writers_at_once_exactly_one_wins_each_version() {
        let store = MemoryStore::new();
        let wins = std::sync::atomic::AtomicUsize::new(0);
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    for _ in 0..100 {
                        let version = now(store.get("key")).map(|stored| stored.version);
                        let won = now(store.put("key", Vec::new(), version));
                        wins.fetch_add(usize::from(won), std::sync::atomic::Ordering::Relaxed);
                    }
                });
            }
        });
        let version = now(store.get("key")).unwrap().version;
        assert_eq!(version, wins.into_inner() as u64);
    }

    fn entry(store: &MemoryStore, number: i64, needed: i64, kept: i64) {
        let (key, value) = (format!("key {number}"), number.to_string().into_bytes());
        assert!(now(store.put(&key, value.clone(), None)));
        store.lasts(&key, &value, Lifetime { needed_until: BootTime(needed), kept_until: BootTime(kept) });
    }

    #[test]
    fn what_is_over_goes_with_the_next_look_and_what_nobody_dated_stays() {
        let store = MemoryStore::new();
        now(store.put("session", b"tokens".to_vec(), None));
        for number in 0..2_000 {
            entry(&store, number, 1_000, if number % 2 == 0 { 1_000 } else { 5_000_000 + number });
        }
        store.tidy(BootTime(999), 10);
        assert_eq!(store.len(), 2_001, "all are needed");
        store.tidy(BootTime(601_000), 5_000);
        assert_eq!(store.len(), 1_001);
        store.tidy(BootTime(1_202_000), 10);
        assert_eq!(store.len(), 11, "there is room for ten");
        assert!(now(store.get("key 1999")).is_some() && now(store.get("key 1979")).is_none());
        store.tidy(BootTime(i64::MAX - 1), 10);
        assert_eq!(store.len(), 1);
        assert!(now(store.get("session")).is_some());
    }

    #[test]
    fn an_entry_lasts_as_its_last_writer_says() {
        let store = MemoryStore::new();
        entry(&store, 1, 1_000, 1_000);
        now(store.put("key 1", b"newer".to_vec(), Some(1)));
        let over = Lifetime { needed_until: BootTime(0), kept_until: BootTime(0) };
        store.lasts("key 1", b"1", over);
        store.tidy(BootTime(10_000_000), 10);
        assert_eq!(store.len(), 1, "not as a writer says that was overtaken");
        store.lasts("key 1", b"newer", over);
        store.tidy(BootTime(20_000_000), 10);
        assert_eq!(store.len(), 0);
    }

    #[test]
    fn looking_costs_each_write_the_same_however_many_entries_there_are() {
        let (store, mut looked_at) = (MemoryStore::new(), 0);
        for number in 0..20_000 {
            entry(&store, number, i64::MAX - 1, i64::MAX - 1);
            let before = store.left.load(Ordering::Relaxed);
            store.tidy(BootTime(1), 10);
            let is_swept = store.left.load(Ordering::Relaxed) != before;
            looked_at += if is_swept { store.len() } else { 0 };
        }
        assert!((1..40_000).contains(&looked_at), "{looked_at} entries were looked at in 20,000 writes");
    }
}
