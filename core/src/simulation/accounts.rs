//! The accounts of the model servers: they lock, and tell which rejected logins the ledger can do nothing about.

use std::collections::{HashMap, HashSet};

use crate::time::BootTime;

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
    /// Passwords that have let clients in, as those know, and of whose rejection since then none has learnt.
    proven: HashSet<String>,
    failures: Vec<Failure>,
}

/// A login that was rejected.
struct Failure {
    at: i64,
    /// None if it was a code that was wrong.
    password: Option<String>,
    sent: Sent,
    /// When a client has learnt of it.
    told: Option<BootTime>,
    /// When its password let somebody in after all, because it was changed back: the ledger takes it for no failure then.
    void: Option<BootTime>,
}

/// When a login was sent, and what was known then.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Sent {
    at: BootTime,
    /// Its password had let somebody in, and no client knew better.
    is_proven: bool,
}

/// What a server's log shows of an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Seen {
    /// At most two rejected logins in ten minutes.
    Well,
    /// Three: a password that had let somebody in was changed at the server while the answers to logins were lost, those to
    /// the first two at least; and of how many of the three.
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
    pub(super) fn takes(&mut self, user: &str, password: &str, at: BootTime, sent: Sent) -> bool {
        let Some(account) = self.users.get_mut(user) else { return false };
        if account.password == password {
            return true;
        }
        account.failures.push(Failure { at: at.0, password: Some(password.to_owned()), sent, told: None, void: None });
        false
    }

    /// A code was wrong.
    pub(super) fn refused_code(&mut self, user: &str, at: BootTime) {
        let account = self.users.entry(user.to_owned()).or_default();
        let sent = Sent { at, is_proven: false };
        account.failures.push(Failure { at: at.0, password: None, sent, told: None, void: None });
    }

    /// A login with this password is being sent.
    pub(super) fn sent(&self, user: &str, password: &str, at: BootTime) -> Sent {
        Sent { at, is_proven: self.users.get(user).is_some_and(|account| account.proven.contains(password)) }
    }

    /// A client has learnt that this password lets it in.
    pub(super) fn let_in(&mut self, user: &str, password: &str, at: BootTime) {
        let account = self.users.entry(user.to_owned()).or_default();
        account.proven.insert(password.to_owned());
        let of = |failure: &&mut Failure| failure.password.as_deref() == Some(password) && failure.told.is_none();
        account.failures.iter_mut().filter(of).for_each(|failure| failure.void = Some(at));
    }

    /// A client has learnt that a login with this password was rejected.
    pub(super) fn told(&mut self, user: &str, password: &str, at: BootTime) {
        let Some(account) = self.users.get_mut(user) else { return };
        account.proven.remove(password);
        let mut latest = account.failures.iter_mut().rev();
        let found = latest.find(|failure| failure.password.as_deref().is_none_or(|other| other == password));
        if let Some(failure) = found {
            failure.told = Some(at);
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
            // A login may come late: what was known is told by the order in which they were sent.
            let latest = three.iter().max_by_key(|failure| failure.sent.at.0).expect("three");
            let before = |at: Option<BootTime>| at.is_some_and(|at| at <= latest.sent.at);
            let earlier = three.iter().filter(|failure| !std::ptr::eq(*failure, latest));
            let heard = earlier.clone().any(|failure| before(failure.told));
            let counted = earlier.filter(|failure| before(failure.told) || !before(failure.void)).count();
            if counted == 2 && (heard || !latest.sent.is_proven) {
                return Seen::Broken;
            }
            let lost = three.iter().filter(|failure| failure.told.is_none()).count();
            seen = Seen::Changed { lost };
        }
        seen
    }
}
