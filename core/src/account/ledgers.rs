//! The account's ledgers of failed logins and used codes: one in this process's memory, one in the user's store.

use std::sync::{Arc, Mutex};

use once_cell::race::OnceBox;
use ring::rand::{SecureRandom, SystemRandom};

use super::{Account, Noted};
use crate::error::Error;
use crate::lockout::{Along, Attempt, Credential, Key, Ledger, Refusal, Verdict};
use crate::secret::Secret;
#[cfg(test)]
use crate::simulation;
use crate::store::{self, MemoryStore, Store, ledger_key};
use crate::system::clock::{Clock, machine_start};
use crate::system::{chance, locked};
use crate::time::{BootTime, Now, UnixTime};

/// Of so many accounts the process's own ledgers remember credentials at most, when nothing counts against them any more:
/// names that come from a login form have no end.
const MOST_REMEMBERED: usize = 10_000;

/// Where ledgers are kept when the user gave no store, and when that store fails.
static LEDGERS: OnceBox<Arc<MemoryStore>> = OnceBox::new();
/// What credentials are named by in ledgers. A forked child has its parent's: it goes on with its ledgers.
static KEY: OnceBox<Arc<Key>> = OnceBox::new();

/// Hashing a credential is slow on purpose: the other tasks of this worker go on elsewhere meanwhile.
fn aside<R>(hashes: bool, act: impl FnOnce() -> R) -> R {
    if hashes { tokio::task::block_in_place(act) } else { act() }
}

/// A login that is entered, by its numbers in the two ledgers.
#[derive(Clone, Copy)]
pub(crate) struct Entry {
    memory: Attempt,
    stored: Option<Attempt>,
    /// By the session's clock.
    pub(crate) at: BootTime,
}

fn memory() -> Arc<MemoryStore> {
    #[cfg(test)]
    if simulation::is_on() {
        return simulation::of_process(&raw const LEDGERS, Arc::default);
    }
    Arc::clone(LEDGERS.get_or_init(Box::default))
}

fn key() -> Arc<Key> {
    #[cfg(test)]
    if let Some(process) = simulation::process() {
        let mut bytes = [0; 32];
        bytes[..4].copy_from_slice(&process.to_le_bytes());
        return Arc::new(Key::new(&bytes));
    }
    Arc::clone(KEY.get_or_init(|| Box::new(Arc::new(Key::random()))))
}

/// A credential and what goes along with it.
#[derive(Clone)]
pub(crate) struct Sent {
    pub(crate) credential: Secret,
    pub(crate) along: Along,
}

/// How a login ended, as far as the ledger cares.
pub(crate) struct Settlement {
    pub(crate) verdict: Verdict,
    /// What went along with the credential may be what was refused, if anything was.
    pub(crate) doubtful: bool,
    /// Until when the server says that the account is locked.
    pub(crate) locked_until: Option<BootTime>,
}

impl Settlement {
    pub(crate) fn of(verdict: Verdict) -> Self {
        Self { verdict, doubtful: false, locked_until: None }
    }
}

impl Sent {
    fn known_by<'a>(&'a self, key: &Key) -> Credential<'a> {
        Credential::new(key, self.credential.expose().as_bytes(), self.along)
    }
}

impl Account {
    /// Enters a login in the account's ledgers before it is sent: in this process's, and in the user's store if there is
    /// one. Either may refuse it, so that a store that fails in between loses no count.
    pub(crate) async fn enter(&self, sent: &Sent, force: bool) -> Noted<Result<Entry, Error>> {
        let mut store_failures = Vec::new();
        let result = self.enter_both(sent, force, &mut store_failures).await;
        Noted { result, store_failures }
    }

    async fn enter_both(&self, sent: &Sent, force: bool, failures: &mut Vec<Error>) -> Result<Entry, Error> {
        let at = self.clock.boot_time();
        // A login that is counted nowhere is not sent.
        let memory = self.enter_in(&*memory(), sent, None, force).await;
        let (memory, proven_since) =
            memory.map_err(|(error, _)| error)?.map_err(|refusal| self.refused(sent, refusal))?;
        #[cfg(test)]
        simulation::entered(&self.name);
        let Some(store) = &self.store else { return Ok(Entry { memory, stored: None, at }) };
        match self.enter_in(&**store, sent, proven_since, force).await {
            Ok(Ok((stored, _))) => Ok(Entry { memory, stored: Some(stored), at }),
            Ok(Err(refusal)) => {
                let entry = Entry { memory, stored: None, at };
                self.settle_both(entry, sent, &Settlement::of(Verdict::NotCounted), failures).await;
                Err(self.refused(sent, refusal))
            }
            Err((error, entered)) => {
                failures.push(error);
                Ok(Entry { memory, stored: entered, at })
            }
        }
    }

    #[cfg_attr(not(test), allow(unused_variables))]
    fn refused(&self, sent: &Sent, refusal: Refusal) -> Error {
        #[cfg(test)]
        simulation::guarded(&self.name, sent.credential.expose(), sent.along, &refusal);
        // The session, and who reads the error, may go by another clock than the ledger.
        refusal.told_by(self.ledger_clock.now(), self.clock.now()).error(self.clock.now())
    }

    /// The login's number, and since when this ledger knows its credential to be good. With an error comes what may have been
    /// entered all the same: a store that was late may have written it.
    async fn enter_in(
        &self,
        store: &dyn Store,
        sent: &Sent,
        vouched_for: Option<UnixTime>,
        force: bool,
    ) -> Result<Result<(Attempt, Option<UnixTime>), Refusal>, (Error, Option<Attempt>)> {
        let (rule, entered, key) = (self.rule, Mutex::new(None), key());
        let enter = |ledger: &mut Ledger, now| {
            let credential = sent.known_by(&key).vouched_for(vouched_for);
            let hashes = !force && ledger.may_hash(credential, false);
            ledger.number_from(chance());
            let begun = aside(hashes, || ledger.begin(now, rule, credential, force));
            *locked(&entered) = begun.as_ref().ok().copied();
            begun.map(|attempt| (attempt, ledger.vouches_for(credential)))
        };
        let changed = self.change(store, enter).await;
        changed.map_err(|error| (error, *locked(&entered)))
    }

    /// Enters how a login ended.
    pub(crate) async fn settle(&self, entry: Entry, sent: &Sent, settlement: &Settlement) -> Noted<()> {
        let mut store_failures = Vec::new();
        self.settle_both(entry, sent, settlement, &mut store_failures).await;
        Noted { result: (), store_failures }
    }

    async fn settle_both(&self, entry: Entry, sent: &Sent, settlement: &Settlement, failures: &mut Vec<Error>) {
        let &Settlement { verdict, doubtful, locked_until } = settlement;
        let (mut salt, key) = ([0; 16], key());
        // Without randomness the hash is unsalted, which is still slow and still no secret.
        let _ = SystemRandom::new().fill(&mut salt);
        // Only a ledger that other processes read needs a hash that they can make as well.
        let settle = |attempt, salt: Option<[u8; 16]>| {
            let credential = sent.known_by(&key);
            move |ledger: &mut Ledger, now: Now| {
                let known = matches!(verdict, Verdict::Accepted | Verdict::Refused(_) | Verdict::Failed(_));
                let hashes = known && ledger.may_hash(credential, salt.is_some());
                aside(hashes, || ledger.settle(now, attempt, verdict, credential, doubtful, salt));
                if let Some(until) = locked_until {
                    ledger.lock(now, now.boot.after(self.clock.boot_time().until(until)));
                }
            }
        };
        // Where settling fails the login goes on counting as failed, which is the safe side.
        failures.extend(self.change(&*memory(), settle(entry.memory, None)).await.err());
        if let (Some(store), Some(stored)) = (&self.store, entry.stored) {
            failures.extend(self.change(&**store, settle(stored, Some(salt))).await.err());
        }
        #[cfg(test)]
        simulation::settled(&self.name, self.user.as_deref(), sent.credential.expose(), verdict);
    }

    /// Enters the code of a step as used in both ledgers, and says whether nobody has used it before.
    pub(crate) async fn take_step(&self, step: u64) -> Noted<Result<bool, Error>> {
        let take = |ledger: &mut Ledger, _| ledger.take_step(step);
        let noted = |result, failure: Option<Error>| Noted { result, store_failures: Vec::from_iter(failure) };
        // A code that could be entered nowhere is not sent.
        match (self.change(&*memory(), take).await, &self.store) {
            (Ok(true), Some(store)) => match self.change(&**store, take).await {
                Ok(is_new) => noted(Ok(is_new), None),
                Err(error) => noted(Ok(true), Some(error)),
            },
            (taken, _) => noted(taken, None),
        }
    }

    /// The code of a step was not sent after all.
    pub(crate) async fn return_step(&self, step: u64) -> Noted<()> {
        let give_back = |ledger: &mut Ledger, _| ledger.return_step(step);
        let memory = memory();
        let stores = [Some(&*memory as &dyn Store), self.store.as_deref()];
        let mut store_failures = Vec::new();
        for store in stores.into_iter().flatten() {
            // Where that fails the step stays used, and the next login waits for another.
            store_failures.extend(self.change(store, give_back).await.err());
        }
        Noted { result: (), store_failures }
    }

    async fn change<R>(&self, store: &dyn Store, change: impl Fn(&mut Ledger, Now) -> R) -> Result<R, Error> {
        let (key, mut result, rule) = (ledger_key(&self.name), Err(None), self.rule);
        let mut made = None;
        let writing = store::change(store, &key, |value| {
            let now = self.ledger_clock.now();
            let mut ledger = match value.map(|value| serde_json::from_slice::<Ledger>(value)) {
                None => Ledger::default(),
                Some(Ok(ledger)) => ledger,
                Some(Err(error)) => {
                    result = Err(Some(store::unreadable(&key, &error)));
                    return value.cloned();
                }
            };
            ledger.rebase(now, machine_start());
            result = Ok(change(&mut ledger, now));
            // Numbers and bytes always serialise.
            let value = (!ledger.is_empty()).then(|| serde_json::to_vec(&ledger).unwrap_or_default());
            made = value.clone().map(|value| (value, ledger.lifetime(now, rule)));
            value
        });
        let written = self.clock.within(store::LIMIT, writing).await;
        written.unwrap_or_else(|| Err(store::late(&key, store::LIMIT)))?;
        let memory = memory();
        if std::ptr::addr_eq(store, Arc::as_ptr(&memory)) {
            if let Some((value, lifetime)) = made {
                memory.lasts(&key, &value, lifetime);
            }
            memory.tidy(Clock::system().boot_time(), MOST_REMEMBERED);
        }
        result.map_err(|error| error.unwrap_or_else(|| store::failed(&key, "nothing was changed")))
    }
}
