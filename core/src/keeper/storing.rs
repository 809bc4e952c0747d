//! The session in the user's store: written when tokens come, removed at logout, always by compare-and-swap.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use super::Keeper;
use crate::error::Error;
use crate::lifecycle::{FlightNumber, Held, Input};
use crate::store::{self, Store, is_of, write_tokens};
use crate::system::runtime;

/// A refresh waits for its note in the store no longer than this: callers may wait for it.
const MARK_LIMIT: Duration = Duration::from_secs(2);

/// What the store is to say of a refresh token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mark {
    /// It is on its way.
    Sending,
    /// It must not be sent again.
    Spent,
    /// It is as good as before.
    Unspent,
}

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
        let Some(key) = &self.stored_as else {
            return Err(store::failed("session", "neither the credentials nor the token say whose session it is"));
        };
        let (keep, value) = (&**key, write_tokens(&held.tokens(), false));
        let change = store::change(store, keep, |_| Some(value.clone()));
        let written = self.options.time().within(store::LIMIT, change).await;
        written.unwrap_or_else(|| Err(store::late(keep, store::LIMIT)))
    }

    /// Notes in the user's store, if there is one, what has become of the refresh token, and says whether that is noted,
    /// or need not be. A store that fails keeps nobody from new tokens.
    pub(super) async fn mark(self: &Arc<Self>, held: &Held, mark: Mark) -> bool {
        let (Some(store), Some(key)) = (self.options.own_store().cloned(), self.stored_as.clone()) else { return true };
        let (ours, clock) = (held.tokens(), self.options.time().clone());
        // In a task of its own: a store that panics must not take the flight with it.
        let marking = runtime::spawn(async move {
            let change = store::change(&*store, &key, |found| match found {
                Some(value) if is_of(value, &ours) => Some(write_tokens(&ours, mark != Mark::Unspent)),
                // Tokens from elsewhere may not have been stored; later those of a session that was logged out are gone.
                None if mark == Mark::Sending => Some(write_tokens(&ours, true)),
                _ => found.cloned(),
            });
            let marked = clock.within(MARK_LIMIT, change).await;
            marked.unwrap_or_else(|| Err(store::late(&key, MARK_LIMIT)))
        });
        let marked = match marking {
            Ok(marking) => {
                marking.await.unwrap_or_else(|_| Err(store::failed("session", "the writing was not finished")))
            }
            Err(error) => Err(error),
        };
        if let Err(error) = &marked {
            self.store_failed(error);
        }
        marked.is_ok()
    }

    async fn remove(&self, store: &dyn Store, held: &Held) -> Result<(), Error> {
        let Some(key) = &self.stored_as else { return Ok(()) };
        let ours = held.tokens();
        let change = store::change(store, key, |found| found.filter(|value| !is_of(value, &ours)).cloned());
        let written = self.options.time().within(store::LIMIT, change).await;
        written.unwrap_or_else(|| Err(store::late(key, store::LIMIT)))
    }
}
