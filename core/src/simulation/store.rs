//! A user's store that outlives simulated processes: it takes its time, and a process may die before or after a write.

use std::fmt;
use std::sync::Mutex;
use std::time::Duration;

use super::{executor::Sleep, with};
use crate::store::{MemoryStore, Pending, Store, Stored, failed};

/// What is wrong with a store.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Trouble {
    /// How many of a hundred calls fail, half of the writes among them having been made.
    pub(super) faults: u8,
    /// How many of a hundred waits are of up to nine seconds.
    pub(super) slow: u8,
    /// So many writes fail first of all.
    pub(super) failing_writes: usize,
    /// Milliseconds more that a reading takes, and that a write takes to answer after it was made.
    pub(super) reading: u64,
    pub(super) answering: u64,
}

#[derive(Default)]
pub(super) struct LastingStore {
    entries: MemoryStore,
    trouble: Mutex<Trouble>,
}

fn draw(below: u64) -> u64 {
    with(|world| world.random(|random| random.u64(..below))).unwrap_or_default()
}

impl LastingStore {
    pub(super) fn set(&self, trouble: Trouble) {
        *self.trouble.lock().unwrap() = trouble;
    }

    fn trouble(&self) -> Trouble {
        *self.trouble.lock().unwrap()
    }

    async fn pause(&self, more: u64) {
        let slow = self.trouble().slow;
        let longest = if slow > 0 && draw(100) < slow.into() { 9_000 } else { 50 };
        Sleep::new(Duration::from_millis(draw(longest) + more)).await;
    }

    fn fails(&self) -> bool {
        let faults = self.trouble().faults;
        faults > 0 && draw(100) < faults.into()
    }

    /// Whether this write is one of those that a schedule wants to fail.
    fn is_to_fail(&self) -> bool {
        let mut trouble = self.trouble.lock().unwrap();
        let fails = trouble.failing_writes > 0;
        trouble.failing_writes -= usize::from(fails);
        fails
    }
}

impl Store for LastingStore {
    fn get<'a>(&'a self, key: &'a str) -> Pending<'a, Option<Stored>> {
        Box::pin(async move {
            self.pause(self.trouble().reading).await;
            if self.fails() { Err(failed(key, "out of order")) } else { self.entries.get(key).await }
        })
    }

    fn put<'a>(&'a self, key: &'a str, value: Vec<u8>, expected: Option<u64>) -> Pending<'a, bool> {
        Box::pin(async move {
            self.pause(0).await;
            let fails = self.fails();
            if self.is_to_fail() || fails && draw(2) == 0 {
                return Err(failed(key, "out of order"));
            }
            let written = self.entries.put(key, value, expected).await;
            self.pause(self.trouble().answering).await;
            if fails { Err(failed(key, "out of order after the write")) } else { written }
        })
    }

    fn remove<'a>(&'a self, key: &'a str, expected: u64) -> Pending<'a, bool> {
        Box::pin(async move {
            self.pause(0).await;
            if self.fails() { Err(failed(key, "out of order")) } else { self.entries.remove(key, expected).await }
        })
    }
}

impl fmt::Debug for LastingStore {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("LastingStore")
    }
}
