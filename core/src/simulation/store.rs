//! A user's store that outlives simulated processes: it takes its time, and a process may die before or after a write.

use std::fmt;
use std::time::Duration;

use super::{executor::Sleep, with};
use crate::store::{MemoryStore, Pending, Store, Stored};

#[derive(Default)]
pub(super) struct LastingStore(MemoryStore);

impl LastingStore {
    async fn pause() {
        let wait = with(|world| world.random(|random| random.u64(..50))).unwrap_or_default();
        Sleep::new(Duration::from_millis(wait)).await;
    }
}

impl Store for LastingStore {
    fn get<'a>(&'a self, key: &'a str) -> Pending<'a, Option<Stored>> {
        Box::pin(async move {
            Self::pause().await;
            self.0.get(key).await
        })
    }

    fn put<'a>(&'a self, key: &'a str, value: Vec<u8>, expected: Option<u64>) -> Pending<'a, bool> {
        Box::pin(async move {
            Self::pause().await;
            let written = self.0.put(key, value, expected).await;
            Self::pause().await;
            written
        })
    }

    fn remove<'a>(&'a self, key: &'a str, expected: u64) -> Pending<'a, bool> {
        Box::pin(async move {
            Self::pause().await;
            self.0.remove(key, expected).await
        })
    }
}

impl fmt::Debug for LastingStore {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("LastingStore")
    }
}
