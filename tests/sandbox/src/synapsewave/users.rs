//! Who may log in: users and dealers, with the lockout that counts their failures.
//!
//! The vendor documents no lockout. The one that the 7G API documents is applied here too, so that clients can be seen
//! to keep their users from being locked out.

use std::collections::HashMap;

use super::settings;
use super::totp::{self, Authenticator};
use crate::failures::Failures;

/// The first user's number in the claims; the others count on from it.
const FIRST_NUMBER: u64 = 1001;

/// A user or a dealer, with what has happened to them. A dealer has a password and nothing else.
#[allow(clippy::struct_excessive_bools)] // each stands for itself
pub(super) struct User {
    pub(super) number: u64,
    pub(super) password: String,
    pub(super) mpin: Option<String>,
    pub(super) authenticator: Option<Authenticator>,
    /// One that has been registered and not yet verified.
    pub(super) unverified: Option<Authenticator>,
    pub(super) pan: Option<String>,
    pub(super) udid: Option<String>,
    pub(super) sso_tokens: Vec<String>,
    pub(super) name: String,
    pub(super) disabled: bool,
    pub(super) totp_enabled: bool,
    pub(super) mpin_enabled: bool,
    pub(super) fingerprint_enabled: bool,
    pub(super) failures: Failures,
    /// The sessions by order of login.
    pub(super) sessions: Vec<usize>,
}

/// All users, or all dealers, by id.
pub(super) struct Users(HashMap<String, User>);

impl Users {
    pub(super) fn new(first: settings::User) -> Self {
        let mut users = Self(HashMap::new());
        users.change(vec![first]);
        users
    }

    /// Whether the changes can be made.
    pub(super) fn check(&self, changes: &[settings::User]) -> Result<(), String> {
        match changes.iter().find(|new| new.password.is_none() && !self.0.contains_key(&new.user_id)) {
            Some(new) => Err(format!("a new user or dealer needs a password: {}", new.user_id)),
            None => Ok(()),
        }
    }

    /// Adds the users that are new and changes the others.
    pub(super) fn change(&mut self, changes: Vec<settings::User>) {
        for change in changes {
            let number = FIRST_NUMBER + self.0.len() as u64;
            self.0.entry(change.user_id.clone()).or_insert_with(|| User::new(number, &change.user_id)).change(change);
        }
    }

    pub(super) fn get(&self, user_id: &str) -> Option<&User> {
        self.0.get(user_id)
    }

    pub(super) fn get_mut(&mut self, user_id: &str) -> Option<&mut User> {
        self.0.get_mut(user_id)
    }
}

impl User {
    fn new(number: u64, user_id: &str) -> Self {
        Self {
            number,
            password: String::new(),
            mpin: None,
            authenticator: None,
            unverified: None,
            pan: None,
            udid: None,
            sso_tokens: Vec::new(),
            name: user_id.to_owned(),
            disabled: false,
            totp_enabled: true,
            mpin_enabled: true,
            fingerprint_enabled: true,
            failures: Failures::default(),
            sessions: Vec::new(),
        }
    }

    fn change(&mut self, change: settings::User) {
        fn set<T>(value: &mut T, new: Option<T>) {
            if let Some(new) = new {
                *value = new;
            }
        }
        set(&mut self.password, change.password);
        set(&mut self.mpin, change.mpin.map(Some));
        set(&mut self.authenticator, change.totp_secret.map(|secret| totp::read(&secret)));
        set(&mut self.pan, change.pan.map(Some));
        set(&mut self.udid, change.udid.map(Some));
        set(&mut self.sso_tokens, change.sso_tokens);
        set(&mut self.name, change.user_name);
        set(&mut self.disabled, change.disabled);
        set(&mut self.totp_enabled, change.totp_enabled);
        set(&mut self.mpin_enabled, change.mpin_enabled);
        set(&mut self.fingerprint_enabled, change.fingerprint_enabled);
    }
}

/// A dealer as a user who has nothing but a password.
impl From<settings::Dealer> for settings::User {
    fn from(settings::Dealer { user_id, password, disabled }: settings::Dealer) -> Self {
        Self { user_id, password, disabled, ..Self::default() }
    }
}
