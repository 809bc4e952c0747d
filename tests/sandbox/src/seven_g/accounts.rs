//! Who may log in.

use std::collections::HashMap;

use crate::failures::Failures;
use crate::settings::{Account, AccountChange, Lockout};

/// The first account's `UserID`; the others count on from it.
const FIRST_USER_ID: u64 = 101;

/// Why a login was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    BadCredentials,
    Locked,
    Disabled,
}

/// An account with what has happened to it.
pub(super) struct Entry {
    pub(super) user_id: u64,
    password: String,
    pub(super) disabled: bool,
    failures: Failures,
    /// The sessions by order of login.
    pub(super) sessions: Vec<usize>,
}

/// All accounts by name.
#[derive(Default)]
pub(super) struct Accounts(HashMap<String, Entry>);

impl Accounts {
    pub(super) fn new(accounts: Vec<Account>) -> Self {
        let mut all = Self(HashMap::with_capacity(accounts.len()));
        for Account { username, password, disabled } in accounts {
            all.add(username, password, disabled);
        }
        all
    }

    fn add(&mut self, username: String, password: String, disabled: bool) {
        let user_id = FIRST_USER_ID + self.0.len() as u64;
        let (failures, sessions) = (Failures::default(), Vec::new());
        self.0.insert(username, Entry { user_id, password, disabled, failures, sessions });
    }

    /// Whether the changes can be made.
    pub(super) fn check_changes(&self, changes: &[AccountChange]) -> Result<(), String> {
        if let Some(new) = changes.iter().find(|new| new.password.is_none() && !self.0.contains_key(&new.username)) {
            return Err(format!("accounts: a new account needs a password: {}", new.username));
        }
        Ok(())
    }

    /// Adds the accounts that are new and changes the others.
    pub(super) fn change(&mut self, changes: Vec<AccountChange>) {
        for AccountChange { username, password, disabled } in changes {
            if let Some(entry) = self.0.get_mut(&username) {
                entry.password = password.unwrap_or_else(|| std::mem::take(&mut entry.password));
                entry.disabled = disabled.unwrap_or(entry.disabled);
            } else {
                self.add(username, password.unwrap_or_default(), disabled.unwrap_or(false));
            }
        }
    }

    pub(super) fn get(&self, username: &str) -> Option<&Entry> {
        self.0.get(username)
    }

    /// Judges a login at a time in milliseconds. A success does not wipe out the failures before it: the stricter
    /// reading of a rule that the vendor states in one sentence.
    pub(super) fn check(
        &mut self,
        username: &str,
        password: &str,
        now: i64,
        lockout: &Lockout,
    ) -> Result<&mut Entry, Refusal> {
        let entry = self.0.get_mut(username).ok_or(Refusal::BadCredentials)?;
        if entry.failures.locked(now) {
            return Err(Refusal::Locked);
        }
        if entry.password != password {
            entry.failures.add(now, lockout);
            return Err(Refusal::BadCredentials);
        }
        if entry.disabled { Err(Refusal::Disabled) } else { Ok(entry) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::Settings;

    fn check(accounts: &mut Accounts, password: &str, minute: i64) -> Option<Refusal> {
        accounts.check("api_user", password, minute * 60_000, &Lockout::default()).err()
    }

    #[test]
    fn three_failures_in_ten_minutes_lock_for_ten_minutes() {
        let mut accounts = Accounts::new(Settings::default().accounts);
        for minute in [0, 4, 9] {
            assert_eq!(check(&mut accounts, "wrong", minute), Some(Refusal::BadCredentials));
        }
        assert_eq!(check(&mut accounts, "made-up-password-1", 18), Some(Refusal::Locked));
        assert_eq!(check(&mut accounts, "made-up-password-1", 19), None);
    }

    #[test]
    fn failures_further_apart_do_not_lock() {
        let mut accounts = Accounts::new(Settings::default().accounts);
        for minute in [0, 5, 10, 15] {
            assert_eq!(check(&mut accounts, "wrong", minute), Some(Refusal::BadCredentials));
        }
        assert_eq!(check(&mut accounts, "made-up-password-1", 15), None);
    }

    #[test]
    fn a_success_does_not_forget_failures() {
        let mut accounts = Accounts::new(Settings::default().accounts);
        for (password, refusal) in [
            ("wrong", Some(Refusal::BadCredentials)),
            ("wrong", Some(Refusal::BadCredentials)),
            ("made-up-password-1", None),
            ("wrong", Some(Refusal::BadCredentials)),
            ("made-up-password-1", Some(Refusal::Locked)),
        ] {
            assert_eq!(check(&mut accounts, password, 1), refusal);
        }
    }

    #[test]
    fn a_new_account_needs_a_password() {
        let mut accounts = Accounts::default();
        let change = |password: Option<&str>| AccountChange {
            username: "new_user".into(),
            password: password.map(str::to_owned),
            disabled: None,
        };
        assert!(accounts.check_changes(&[change(None)]).unwrap_err().contains("new_user"));
        accounts.change(vec![change(Some("made-up-password-2"))]);
        assert!(accounts.check("new_user", "made-up-password-2", 0, &Lockout::default()).is_ok());
    }
}
