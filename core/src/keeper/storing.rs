//! The session in the user's store: written when tokens come, removed at logout, always by compare-and-swap.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::Keeper;
use super::account::STORE_LIMIT;
use super::exchange::tokens;
use crate::error::Error;
use crate::lifecycle::{FlightNumber, Held, Input};
use crate::runtime;
use crate::store::{self, Store, write_tokens};

/// The writing of one flight's tokens. However it ends, the lifecycle learns of it: callers wait for that.
struct Writing {
    keeper: Arc<Keeper>,
    number: FlightNumber,
    result: Result<(), Error>,
}

impl Drop for Writing {
    fn drop(&mut self) {
        let result = std::mem::replace(&mut self.result, Ok(()));
        self.keeper.ask(Input::Stored(self.number, result));
    }
}

impl Keeper {
    /// Keeps new tokens where they outlive the process, if the user gave a store, and reports back.
    pub(super) fn store(self: &Arc<Self>, number: FlightNumber, held: Arc<Held>) {
        let unfinished = Err(store::failed("session", "the writing was not finished"));
        let mut writing = Writing { keeper: Arc::clone(self), number, result: unfinished };
        let Some(store) = self.options.own_store().cloned() else {
            writing.result = Ok(());
            return;
        };
        // Where there is no runtime the process is exiting; dropping the task reports that the writing failed.
        let _ = runtime::spawn(async move {
            writing.result = writing.keeper.write(&*store, &held).await;
            if writing.keeper.closed.load(Ordering::Acquire) {
                writing.keeper.forget(Some(held));
            }
        });
    }

    /// Removes the session from the user's store, unless another session of the account has replaced it there.
    pub(super) fn forget(self: &Arc<Self>, held: Option<Arc<Held>>) {
        let (Some(store), Some(held)) = (self.options.own_store().cloned(), held) else { return };
        let keeper = Arc::clone(self);
        // Where there is no runtime the process is exiting: what is stored is then left to the next one.
        let _ = runtime::spawn(async move {
            if let Err(error) = keeper.remove(&*store, &held).await {
                keeper.store_failed(&error);
            }
        });
    }

    async fn write(&self, store: &dyn Store, held: &Held) -> Result<(), Error> {
        let Some(key) = &self.stored_as else { return Ok(()) };
        let (keep, value) = (&**key, write_tokens(&tokens(held)));
        let change = store::change(store, keep, |_| Some(value.clone()));
        tokio::time::timeout(STORE_LIMIT, change).await.unwrap_or_else(|late| Err(Error::store(keep, late)))
    }

    async fn remove(&self, store: &dyn Store, held: &Held) -> Result<(), Error> {
        let Some(key) = &self.stored_as else { return Ok(()) };
        let ours = write_tokens(&tokens(held));
        let change = store::change(store, key, |found| found.filter(|value| **value != ours).cloned());
        tokio::time::timeout(STORE_LIMIT, change).await.unwrap_or_else(|late| Err(Error::store(&**key, late)))
    }
}
