//! One account at one server, as the sessions of this process share it: the turn to log in, the ledgers of failed logins,
//! the pauses that its server asks for, the exchanges of its refresh tokens.
//!
//! Nothing here names a session. What a session has to tell, such as a store that failed, is returned.

mod ledgers;
mod pauses;
mod permit;
mod rotations;
mod server_clocks;
mod spent;

use std::sync::Arc;

use crate::error::Error;
use crate::grant::Grant;
use crate::identity::{self, Origin};
use crate::jwt;
use crate::lockout::LockoutRule;
use crate::policy::Options;
use crate::provider::{BaseUrl, Provider};
use crate::store::Store;
use crate::system::clock::Clock;

pub(crate) use ledgers::{Entry, Sent, Settlement};
pub(crate) use pauses::Pass;
pub(crate) use permit::Turn;
pub(crate) use rotations::{abandoned, forget, is_spent};
pub(crate) use server_clocks::{known, observe};

/// An account, and by what its times are told and its ledgers kept.
pub(crate) struct Account {
    name: String,
    origin: Origin,
    clock: Clock,
    ledger_clock: Clock,
    rule: LockoutRule,
    store: Option<Arc<dyn Store>>,
    #[cfg(test)]
    user: Option<String>,
}

/// What came of a change, and how the user's store failed meanwhile: the session goes on without it, and tells of that.
#[must_use = "the failures are to be told"]
pub(crate) struct Noted<T> {
    pub(crate) result: T,
    pub(crate) store_failures: Vec<Error>,
}

impl Account {
    /// The account that a lockout would hit.
    ///
    /// Two spellings of a user name may be one account at the server; taking them for one is the safe side.
    pub(crate) fn of(provider: &dyn Provider, options: &Options) -> Self {
        let origin = Origin::of(provider.base_url());
        let name = identity::account(&origin, provider.user().unwrap_or_default());
        Self::named(name, origin, provider, options)
    }

    /// The account that a grant is of. Without credentials these are all sessions that hold the same refresh token: what a
    /// token says of its user is anybody's word.
    pub(crate) fn of_grant(provider: &dyn Provider, options: &Options, grant: &Grant) -> Self {
        if provider.user().is_some() {
            return Self::of(provider, options);
        }
        let origin = Origin::of(provider.base_url());
        let name = format!("{origin}|{}", rotations::name(&origin, grant));
        Self::named(name, origin, provider, options)
    }

    fn named(name: String, origin: Origin, provider: &dyn Provider, options: &Options) -> Self {
        let clock = options.time().clone();
        let ledger_clock = ledger_clock(provider.base_url(), &clock);
        let store = options.own_store().cloned();
        Self {
            name,
            origin,
            clock,
            ledger_clock,
            rule: provider.lockout_rule(),
            store,
            #[cfg(test)]
            user: provider.user().map(ToOwned::to_owned),
        }
    }
}

/// What a ledger tells the time by. Only this machine can host a sandbox, whose time a test moves: elsewhere a server counts
/// by the time of the world, whatever clock a session goes by.
fn ledger_clock(base_url: &BaseUrl, own: &Clock) -> Clock {
    if base_url.is_loopback() { own.clone() } else { Clock::system() }
}

/// The user, by the credentials or by the token.
pub(crate) fn user(provider: &dyn Provider, grant: Option<&Grant>) -> Option<String> {
    let named = || {
        let claims = jwt::claims(grant?.access_token.expose())?;
        let profile = provider.profile(&claims);
        ["username", "user_id"].into_iter().find_map(|name| profile.text(name).map(ToOwned::to_owned))
    };
    provider.user().map(ToOwned::to_owned).or_else(named)
}
