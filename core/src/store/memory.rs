//! A store in this process's memory. A forked child starts with what its parent held.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use arc_swap::ArcSwap;

use super::{Pending, Store, Stored};

type Entries = HashMap<Arc<str>, (u64, Arc<[u8]>)>;

/// A store that lasts as long as the process. It is what the ledger is kept in when no other is given.
///
/// It holds no lock, so that a child forked at any moment finds it readable and whole: a child that forgot its
/// parent's failed logins could lock the account.
#[derive(Default)]
pub struct MemoryStore {
    entries: ArcSwap<Entries>,
}

impl MemoryStore {
    /// An empty store.
    pub fn new() -> Self {
        Self::default()
    }

    /// Replaces the entry of `key` if its version is `expected`; `change` gets the next version.
    fn change(&self, key: &str, expected: Option<u64>, change: impl Fn(&mut Entries, u64)) -> bool {
        let mut done = false;
        self.entries.rcu(|entries| {
            let version = entries.get(key).map(|(version, _)| *version);
            done = version == expected;
            if !done {
                return Arc::clone(entries);
            }
            let mut changed = Entries::clone(entries);
            change(&mut changed, version.unwrap_or(0) + 1);
            Arc::new(changed)
        });
        done
    }
}

impl Store for MemoryStore {
    fn get<'a>(&'a self, key: &'a str) -> Pending<'a, Option<Stored>> {
        let found =
            self.entries.load().get(key).map(|(version, value)| Stored { value: value.to_vec(), version: *version });
        Box::pin(async move { Ok(found) })
    }

    fn put<'a>(&'a self, key: &'a str, value: Vec<u8>, expected: Option<u64>) -> Pending<'a, bool> {
        let (name, value): (Arc<str>, Arc<[u8]>) = (key.into(), value.into());
        let done = self.change(key, expected, |entries, version| {
            entries.insert(Arc::clone(&name), (version, Arc::clone(&value)));
        });
        Box::pin(async move { Ok(done) })
    }

    fn remove<'a>(&'a self, key: &'a str, expected: u64) -> Pending<'a, bool> {
        let done = self.change(key, Some(expected), |entries, _| {
            entries.remove(key);
        });
        Box::pin(async move { Ok(done) })
    }
}

impl fmt::Debug for MemoryStore {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "MemoryStore {{ entries: {} }}", self.entries.load().len())
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
}
