//! One login at a time for each account of the process, and the account's ledger in the store.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use once_cell::race::OnceBox;
use ring::rand::{SecureRandom, SystemRandom};
use tokio::sync::OwnedMutexGuard;

use super::{Keeper, locked};
use crate::clock::{BootTime, Now, machine_start};
use crate::error::Error;
use crate::event::{Event, EventKind};
use crate::fork::PerProcess;
use crate::lockout::{Attempt, Ledger, Verdict};
use crate::provider::Provider;
use crate::store::{self, MemoryStore, Store, ledger_key};

/// A store that does not answer must not keep callers from tokens.
pub(super) const STORE_LIMIT: Duration = Duration::from_secs(5);

type Gate = tokio::sync::Mutex<()>;

static GATES: PerProcess<Mutex<HashMap<String, Arc<Gate>>>> = PerProcess::new();
/// Where ledgers are kept when the user gave no store, and when that store fails.
static LEDGERS: OnceBox<MemoryStore> = OnceBox::new();

/// The account that a lockout would hit.
pub(super) fn name(provider: &dyn Provider) -> String {
    store::account(provider.base_url().as_str(), provider.user().unwrap_or_default())
}

/// The right to log in to one account, held by one flight at a time.
pub(super) struct Turn {
    account: String,
    held: Option<OwnedMutexGuard<()>>,
}

impl Turn {
    /// Waits for the logins to this account that came before.
    pub(super) async fn take(account: String) -> Self {
        let gate = GATES.with(
            || Ok::<_, std::convert::Infallible>(Mutex::default()),
            |_| (),
            |gates| Arc::clone(locked(gates).entry(account.clone()).or_default()),
        );
        let held = match gate {
            Ok(gate) => Some(gate.lock_owned().await),
            Err(never) => match never {},
        };
        Self { account, held }
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.held = None;
        GATES.peek(|gates| {
            let mut gates = locked(gates);
            // Only the map holds it: nobody waits, and the map must not grow with every account ever used.
            if gates.get(&self.account).is_some_and(|gate| Arc::strong_count(gate) == 1) {
                gates.remove(&self.account);
            }
        });
    }
}

/// Hashing a credential is slow on purpose: the other tasks of this worker go on elsewhere meanwhile.
fn aside<R>(hashes: bool, act: impl FnOnce() -> R) -> R {
    if hashes { tokio::task::block_in_place(act) } else { act() }
}

impl Keeper {
    /// Enters a login in the account's ledger before it is sent.
    pub(super) async fn enter_login(self: &Arc<Self>, account: &str, force: bool) -> Result<Attempt, Error> {
        let (rule, credential) = (self.provider.lockout_rule(), self.provider.credential());
        let entered = self
            .change_ledger(account, |ledger, now| {
                let hashes = ledger.knows_refused() && !force;
                aside(hashes, || ledger.begin(now, rule, credential.expose().as_bytes(), force))
            })
            .await;
        entered.map_err(|refusal| refusal.error(self.options.time().now()))
    }

    /// Enters how a login ended, and until when the server says that the account is locked.
    pub(super) async fn settle_login(
        self: &Arc<Self>,
        account: &str,
        attempt: Attempt,
        verdict: Verdict,
        locked_until: Option<BootTime>,
    ) {
        let credential = self.provider.credential();
        let mut salt = [0; 16];
        // Without randomness the hash is unsalted, which is still slow and still no secret.
        let _ = SystemRandom::new().fill(&mut salt);
        self.change_ledger(account, |ledger, now| {
            let hashes = verdict == Verdict::Refused;
            aside(hashes, || ledger.settle(now, attempt, verdict, credential.expose().as_bytes(), salt));
            if let Some(until) = locked_until {
                ledger.lock(now, until);
            }
        })
        .await;
    }

    /// Changes the ledger in the store; where that fails, in this process's memory.
    async fn change_ledger<R>(self: &Arc<Self>, account: &str, change: impl Fn(&mut Ledger, Now) -> R) -> R {
        let key = ledger_key(account);
        if let Some(store) = self.options.own_store() {
            let changed = tokio::time::timeout(STORE_LIMIT, self.change_ledger_in(&**store, &key, &change)).await;
            match changed.unwrap_or_else(|late| Err(Error::store(&*key, late))) {
                Ok(result) => return result,
                Err(error) => self.store_failed(&error),
            }
        }
        match self.change_ledger_in(LEDGERS.get_or_init(Box::default), &key, &change).await {
            Ok(result) => result,
            // The memory store does not fail; if it did, a ledger of its own still says what may be sent.
            Err(_) => change(&mut Ledger::default(), self.options.time().now()),
        }
    }

    async fn change_ledger_in<R>(
        &self,
        store: &dyn Store,
        key: &str,
        change: &impl Fn(&mut Ledger, Now) -> R,
    ) -> Result<R, Error> {
        loop {
            let found = store.get(key).await?;
            let now = self.options.time().now();
            let mut ledger: Ledger = match &found {
                Some(found) => serde_json::from_slice(&found.value).map_err(|error| Error::store(key, error))?,
                None => Ledger::default(),
            };
            ledger.rebase(now, machine_start());
            let result = change(&mut ledger, now);
            let version = found.map(|found| found.version);
            let written = match version {
                None if ledger.is_empty() => true,
                Some(version) if ledger.is_empty() => store.remove(key, version).await?,
                version => {
                    let value = serde_json::to_vec(&ledger).map_err(|error| Error::store(key, error))?;
                    store.put(key, value, version).await?
                }
            };
            if written {
                return Ok(result);
            }
        }
    }

    /// Tells the listeners; the session goes on with what it holds in memory.
    pub(super) fn store_failed(self: &Arc<Self>, error: &Error) {
        let mut event = Event::new(EventKind::StoreFailed, self.options.time().unix_time());
        event.code = Some(error.code());
        self.announce(event);
    }
}
