//! The accounts of the model servers: they lock, and tell which rejected logins the ledger can do nothing about.

use std::collections::{HashMap, HashSet};

use crate::clock::BootTime;

/// The server locks at so many failures in so many milliseconds.
const LOCKS_AT: usize = 3;
const WINDOW: i64 = 600_000;

/// Accounts, and what the server counts against them.
#[derive(Default)]
pub(super) struct Accounts {
    users: HashMap<String, Account>,
    /// How often a login hit a locked account.
    locked: usize,
}

#[derive(Default)]
struct Account {
    password: String,
    /// Passwords that were taken, and whose rejection since then no client has learnt of.
    taken: HashSet<String>,
    failures: Vec<Failure>,
}

/// A login that was rejected.
struct Failure {
    at: i64,
    /// Nothing where it was a code that was wrong.
    password: Option<String>,
    /// The password had been taken before, and no client knew better.
    is_stale: bool,
    /// A client has learnt of it.
    is_told: bool,
}

/// What a server's log shows of an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Seen {
    /// At most two rejected logins in ten minutes.
    Well,
    /// Three, of which the last carried a password that had been good, was changed at the server, and whose rejection was
    /// lost; and how many of the three were lost.
    Changed { lost: usize },
    /// Three, or a login at a locked account.
    Broken,
}

impl Accounts {
    pub(super) fn set_password(&mut self, user: &str, password: &str) {
        password.clone_into(&mut self.users.entry(user.to_owned()).or_default().password);
    }

    pub(super) fn password(&self, user: &str) -> &str {
        self.users.get(user).map_or("", |account| &account.password)
    }

    /// Whether the account is locked, which it should never be.
    pub(super) fn is_locked(&mut self, user: &str, at: BootTime) -> bool {
        let Some(account) = self.users.get(user) else { return false };
        let counted = account.failures.iter().filter(|failure| at.0 - failure.at < WINDOW).count();
        let locked = counted >= LOCKS_AT;
        self.locked += usize::from(locked);
        locked
    }

    /// Whether this is the password.
    pub(super) fn takes(&mut self, user: &str, password: &str, at: BootTime) -> bool {
        let Some(account) = self.users.get_mut(user) else { return false };
        if account.password == password {
            account.taken.insert(password.to_owned());
            return true;
        }
        let (password, is_stale) = (password.to_owned(), account.taken.contains(password));
        account.failures.push(Failure { at: at.0, password: Some(password), is_stale, is_told: false });
        false
    }

    /// A code was wrong.
    pub(super) fn refused_code(&mut self, user: &str, at: BootTime) {
        let account = self.users.entry(user.to_owned()).or_default();
        account.failures.push(Failure { at: at.0, password: None, is_stale: false, is_told: false });
    }

    /// A client has learnt that a login with this password was rejected.
    pub(super) fn told(&mut self, user: &str, password: &str) {
        let Some(account) = self.users.get_mut(user) else { return };
        account.taken.remove(password);
        let mut latest = account.failures.iter_mut().rev();
        let found = latest.find(|failure| failure.password.as_deref().is_none_or(|other| other == password));
        if let Some(failure) = found {
            failure.is_told = true;
        }
    }

    pub(super) fn failures(&self) -> usize {
        self.users.values().map(|account| account.failures.len()).sum()
    }

    pub(super) fn seen(&self) -> Seen {
        let all = self.users.values().map(Account::seen);
        let worst = all.max_by_key(|seen| match seen {
            Seen::Well => 0,
            Seen::Changed { lost } => 4 - lost,
            Seen::Broken => 9,
        });
        match worst.unwrap_or(Seen::Well) {
            Seen::Well if self.locked > 0 => Seen::Broken,
            seen => seen,
        }
    }
}

impl Account {
    fn seen(&self) -> Seen {
        let mut seen = Seen::Well;
        for three in self.failures.windows(3).filter(|three| three[2].at - three[0].at < WINDOW) {
            let lost = three.iter().filter(|failure| !failure.is_told).count();
            let was_lost = three[..2].iter().any(|failure| !failure.is_told);
            if !three[2].is_stale || !was_lost {
                return Seen::Broken;
            }
            seen = Seen::Changed { lost };
        }
        seen
    }
}
