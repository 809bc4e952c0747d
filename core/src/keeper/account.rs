//! One login at a time for each account of the process, and the account's ledger in the store.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use once_cell::race::OnceBox;
use ring::rand::{SecureRandom, SystemRandom};
use tokio::sync::OwnedMutexGuard;

use super::{Keeper, rotation};
use crate::clock::{BootTime, Clock, Now, UnixTime, machine_start};
use crate::error::Error;
use crate::event::{Event, EventKind};
use crate::fork::PerProcess;
use crate::grant::Grant;
use crate::identity::{self, Origin};
use crate::jwt;
use crate::lockout::{Along, Attempt, Credential, Key, Ledger, Refusal, Verdict};
use crate::provider::{BaseUrl, Provider};
use crate::secret::Secret;
#[cfg(test)]
use crate::simulation;
use crate::store::{self, MemoryStore, Store, ledger_key};
use crate::system::{chance, locked};

/// A store that does not answer must not keep callers from tokens.
pub(super) const STORE_LIMIT: Duration = Duration::from_secs(5);

/// Of so many accounts the process's own ledgers remember credentials at most, when nothing counts against them any more:
/// names that come from a login form have no end.
const MOST_REMEMBERED: usize = 10_000;

type Gate = tokio::sync::Mutex<()>;

static GATES: PerProcess<Mutex<HashMap<String, Arc<Gate>>>> = PerProcess::new();
/// Where ledgers are kept when the user gave no store, and when that store fails.
static LEDGERS: OnceBox<Arc<MemoryStore>> = OnceBox::new();
/// What credentials are named by in ledgers. A forked child has its parent's: it goes on with its ledgers.
static KEY: OnceBox<Arc<Key>> = OnceBox::new();

/// The account that a lockout would hit.
///
/// Two spellings of a user name may be one account at the server; taking them for one is the safe side.
pub(super) fn name(provider: &dyn Provider) -> String {
    identity::account(&Origin::of(provider.base_url()), provider.user().unwrap_or_default())
}

/// What a ledger tells the time by. Only this machine can host a sandbox, whose time a test moves: elsewhere a server counts
/// by the time of the world, whatever clock a session goes by.
fn ledger_clock(base_url: &BaseUrl, own: &Clock) -> Clock {
    if base_url.is_loopback() { own.clone() } else { Clock::system() }
}

/// The account where no credentials are held: all that hold the same refresh token. What a token says of its user is
/// anybody's word.
pub(super) fn of(provider: &dyn Provider, grant: &Grant) -> String {
    if provider.user().is_some() {
        return name(provider);
    }
    let origin = Origin::of(provider.base_url());
    format!("{origin}|{}", rotation::name(&origin, grant))
}

/// The user, by the credentials or by the token.
pub(super) fn user(provider: &dyn Provider, grant: Option<&Grant>) -> Option<String> {
    let named = || {
        let claims = jwt::claims(grant?.access_token.expose())?;
        let profile = provider.profile(&claims);
        ["username", "user_id"].into_iter().find_map(|name| profile.text(name).map(ToOwned::to_owned))
    };
    provider.user().map(ToOwned::to_owned).or_else(named)
}

/// The right to log in to one account, held by one flight at a time.
pub(super) struct Turn {
    account: String,
    held: Option<OwnedMutexGuard<()>>,
}

impl Turn {
    /// Waits for the logins to this account that came before.
    pub(super) async fn take(account: String) -> Self {
        let gate = GATES.or_default(|gates| Arc::clone(locked(gates).entry(account.clone()).or_default()));
        Self { account, held: Some(gate.lock_owned().await) }
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

/// A login that is entered, by its numbers in the two ledgers.
#[derive(Clone, Copy)]
pub(super) struct Entry {
    memory: Attempt,
    stored: Option<Attempt>,
    /// By the session's clock.
    pub(super) at: BootTime,
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
pub(super) struct Sent {
    pub(super) credential: Secret,
    pub(super) along: Along,
}

/// How a login ended, as far as the ledger cares.
pub(super) struct Settlement {
    pub(super) verdict: Verdict,
    /// What went along with the credential may be what was refused, if anything was.
    pub(super) doubtful: bool,
    /// Until when the server says that the account is locked.
    pub(super) locked_until: Option<BootTime>,
}

impl Settlement {
    pub(super) fn of(verdict: Verdict) -> Self {
        Self { verdict, doubtful: false, locked_until: None }
    }
}

impl Sent {
    fn known_by<'a>(&'a self, key: &Key) -> Credential<'a> {
        Credential::new(key, self.credential.expose().as_bytes(), self.along)
    }
}

impl Keeper {
    /// Enters a login in the account's ledgers before it is sent: in this process's, and in the user's store if there is
    /// one. Either may refuse it, so that a store that fails in between loses no count.
    pub(super) async fn enter_login(self: &Arc<Self>, account: &str, sent: &Sent, force: bool) -> Result<Entry, Error> {
        let refused = |refusal: Refusal| {
            #[cfg(test)]
            simulation::guarded(account, sent.credential.expose(), sent.along, &refusal);
            // The session, and who reads the error, may go by another clock than the ledger.
            refusal.told_by(self.ledger_clock().now(), self.options.time().now()).error(self.options.time().now())
        };
        let at = self.options.time().boot_time();
        // A login that is counted nowhere is not sent.
        let memory = self.enter_in(&*memory(), account, sent, None, force).await;
        let (memory, proven_since) = memory.map_err(|(error, _)| error)?.map_err(refused)?;
        #[cfg(test)]
        simulation::entered(account);
        let Some(store) = self.options.own_store() else { return Ok(Entry { memory, stored: None, at }) };
        match self.enter_in(&**store, account, sent, proven_since, force).await {
            Ok(Ok((stored, _))) => Ok(Entry { memory, stored: Some(stored), at }),
            Ok(Err(refusal)) => {
                let entry = Entry { memory, stored: None, at };
                self.settle_login(account, entry, sent, &Settlement::of(Verdict::NotCounted)).await;
                Err(refused(refusal))
            }
            Err((error, entered)) => {
                self.store_failed(&error);
                Ok(Entry { memory, stored: entered, at })
            }
        }
    }

    /// The login's number, and since when this ledger knows its credential to be good. With an error comes what may have been
    /// entered all the same: a store that was late may have written it.
    async fn enter_in(
        &self,
        store: &dyn Store,
        account: &str,
        sent: &Sent,
        vouched_for: Option<UnixTime>,
        force: bool,
    ) -> Result<Result<(Attempt, Option<UnixTime>), Refusal>, (Error, Option<Attempt>)> {
        let (rule, entered, key) = (self.provider.lockout_rule(), Mutex::new(None), key());
        let enter = |ledger: &mut Ledger, now| {
            let credential = sent.known_by(&key).vouched_for(vouched_for);
            let hashes = !force && ledger.may_hash(credential, false);
            ledger.number_from(chance());
            let begun = aside(hashes, || ledger.begin(now, rule, credential, force));
            *locked(&entered) = begun.as_ref().ok().copied();
            begun.map(|attempt| (attempt, ledger.vouches_for(credential)))
        };
        let changed = self.change_ledger(store, account, enter).await;
        changed.map_err(|error| (error, *locked(&entered)))
    }

    /// Enters how a login ended.
    pub(super) async fn settle_login(
        self: &Arc<Self>,
        account: &str,
        entry: Entry,
        sent: &Sent,
        settlement: &Settlement,
    ) {
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
                    ledger.lock(now, now.boot.after(self.options.time().boot_time().until(until)));
                }
            }
        };
        // Where settling fails the login goes on counting as failed, which is the safe side.
        if let Err(error) = self.change_ledger(&*memory(), account, settle(entry.memory, None)).await {
            self.store_failed(&error);
        }
        if let (Some(store), Some(stored)) = (self.options.own_store(), entry.stored)
            && let Err(error) = self.change_ledger(&**store, account, settle(stored, Some(salt))).await
        {
            self.store_failed(&error);
        }
        #[cfg(test)]
        simulation::settled(account, self.provider.user(), sent.credential.expose(), verdict);
    }

    /// Enters the code of a step as used in both ledgers, and says whether nobody has used it before.
    pub(super) async fn take_step(self: &Arc<Self>, account: &str, step: u64) -> Result<bool, Error> {
        let take = |ledger: &mut Ledger, _| ledger.take_step(step);
        // A code that could be entered nowhere is not sent.
        if !self.change_ledger(&*memory(), account, take).await? {
            return Ok(false);
        }
        let Some(store) = self.options.own_store() else { return Ok(true) };
        match self.change_ledger(&**store, account, take).await {
            Ok(is_new) => Ok(is_new),
            Err(error) => {
                self.store_failed(&error);
                Ok(true)
            }
        }
    }

    /// The code of a step was not sent after all.
    pub(super) async fn return_step(self: &Arc<Self>, account: &str, step: u64) {
        let give_back = |ledger: &mut Ledger, _| ledger.return_step(step);
        let memory = memory();
        let stores = [Some(&*memory as &dyn Store), self.options.own_store().map(|store| &**store)];
        for store in stores.into_iter().flatten() {
            // Where that fails the step stays used, and the next login waits for another.
            if let Err(error) = self.change_ledger(store, account, give_back).await {
                self.store_failed(&error);
            }
        }
    }

    fn ledger_clock(&self) -> Clock {
        ledger_clock(self.provider.base_url(), self.options.time())
    }

    async fn change_ledger<R>(
        &self,
        store: &dyn Store,
        account: &str,
        change: impl Fn(&mut Ledger, Now) -> R,
    ) -> Result<R, Error> {
        let (key, mut result, rule) = (ledger_key(account), Err(None), self.provider.lockout_rule());
        let mut made = None;
        let writing = store::change(store, &key, |value| {
            let now = self.ledger_clock().now();
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
        let written = self.options.time().within(STORE_LIMIT, writing).await;
        written.unwrap_or_else(|| Err(store::late(&key, STORE_LIMIT)))?;
        let memory = memory();
        if std::ptr::addr_eq(store, Arc::as_ptr(&memory)) {
            if let Some((value, lifetime)) = made {
                memory.lasts(&key, &value, lifetime);
            }
            memory.tidy(Clock::system().boot_time(), MOST_REMEMBERED);
        }
        result.map_err(|error| error.unwrap_or_else(|| store::failed(&key, "nothing was changed")))
    }

    /// Tells the listeners; the session goes on with what it holds in memory.
    pub(super) fn store_failed(self: &Arc<Self>, error: &Error) {
        let mut event = Event::new(EventKind::StoreFailed, self.options.time().unix_time());
        event.code = Some(error.code());
        self.announce(event);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::ManualClock;

    #[test]
    fn a_clock_that_a_test_moves_moves_only_the_ledgers_of_this_machine() {
        let manual = ManualClock::new();
        for (address, moves) in [
            ("http://127.0.0.1:8080", true),
            ("http://localhost:8080", true),
            ("https://[::1]", true),
            ("https://api.7g.com.au", false),
            ("https://10.0.0.1", false),
            ("https://localhost.example", false),
        ] {
            let clock = ledger_clock(&BaseUrl::new(address, false).unwrap(), &manual.clock());
            let before = clock.boot_time();
            manual.advance(Duration::from_secs(3_600));
            let moved = before.until(clock.boot_time()) >= Duration::from_secs(3_600);
            assert_eq!(moved, moves, "{address}");
        }
    }
}
