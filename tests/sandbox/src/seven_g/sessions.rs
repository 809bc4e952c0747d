//! Sessions: each login makes one, each refresh moves it on, a refresh token used twice ends it.

use std::collections::HashMap;
use std::sync::Arc;

use super::claims::Claims;
use crate::clock::milliseconds;
use crate::issuer::{Fingerprint, Issuer, fingerprint};
use crate::settings::Settings;

struct Session {
    username: Arc<str>,
    /// Nothing of it is good any more.
    ended: bool,
    /// Access tokens with a lower serial have been revoked.
    access_from: u64,
}

struct Access {
    session: usize,
    serial: u64,
    /// Milliseconds since 1970.
    expires: i64,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Standing {
    Good,
    Spent,
    Revoked,
}

struct Refresh {
    session: usize,
    number: u64,
    /// Milliseconds since 1970.
    expires: i64,
    standing: Standing,
}

/// Who a token belongs to.
pub(super) struct Owner<'a> {
    pub(super) username: &'a Arc<str>,
    pub(super) number: Option<u64>,
}

/// The texts of new tokens.
pub(super) struct Issued {
    pub(super) access: String,
    pub(super) refresh: Option<String>,
}

/// Every session there has been, and every token by its fingerprint.
pub(super) struct Sessions {
    issuer: Issuer,
    all: Vec<Session>,
    access: HashMap<Fingerprint, Access>,
    refresh: HashMap<Fingerprint, Refresh>,
    serial: u64,
}

impl Sessions {
    pub(super) fn new() -> Self {
        let (access, refresh) = (HashMap::new(), HashMap::new());
        Self { issuer: Issuer::new(), all: Vec::new(), access, refresh, serial: 0 }
    }

    /// A login has succeeded: the new session's number and tokens.
    pub(super) fn open(&mut self, username: &str, user_id: u64, now: i64, settings: &Settings) -> (usize, Issued) {
        let session = self.all.len();
        self.all.push(Session { username: username.into(), ended: false, access_from: 0 });
        let access = self.issue_access(session, user_id, now, settings);
        let refresh = Some(self.issue_refresh(session, now, settings));
        (session, Issued { access, refresh })
    }

    /// Whether an access token is good, or why not.
    pub(super) fn check_access(&self, token: &Fingerprint, now: i64) -> Result<&str, &'static str> {
        let access = self.access.get(token).ok_or("unknown_token")?;
        let session = &self.all[access.session];
        if session.ended || access.serial < session.access_from {
            return Err("revoked");
        }
        if now < access.expires { Ok(&session.username) } else { Err("expired") }
    }

    /// Whether a refresh token is good, or why not. One that was spent before ends its session.
    pub(super) fn check_refresh(&mut self, token: &Fingerprint, now: i64) -> Result<usize, &'static str> {
        let refresh = self.refresh.get(token).ok_or("unknown_token")?;
        let session = &mut self.all[refresh.session];
        match refresh.standing {
            Standing::Spent => {
                session.ended = true;
                Err("reused")
            }
            Standing::Revoked => Err("revoked"),
            Standing::Good if session.ended => Err("revoked"),
            Standing::Good if now >= refresh.expires => Err("expired"),
            Standing::Good => Ok(refresh.session),
        }
    }

    /// Whether an access token, good or not, was issued to that session.
    pub(super) fn belongs(&self, access: &Fingerprint, session: usize) -> bool {
        self.access.get(access).is_some_and(|access| access.session == session)
    }

    /// Moves a session on: the refresh token has been found good.
    pub(super) fn renew(&mut self, token: &Fingerprint, user_id: u64, now: i64, settings: &Settings) -> Option<Issued> {
        let refresh = self.refresh.get_mut(token)?;
        let session = refresh.session;
        if settings.rotate {
            refresh.standing = Standing::Spent;
        }
        if settings.revoke_access_on_refresh {
            self.all[session].access_from = self.serial + 1;
        }
        let access = self.issue_access(session, user_id, now, settings);
        let refresh = settings.rotate.then(|| self.issue_refresh(session, now, settings));
        Some(Issued { access, refresh })
    }

    /// Who an access token was issued to.
    pub(super) fn access_owner(&self, token: &Fingerprint) -> Option<Owner<'_>> {
        let session = self.access.get(token)?.session;
        Some(Owner { username: &self.all[session].username, number: None })
    }

    /// Who a refresh token was issued to, and its number.
    pub(super) fn refresh_owner(&self, token: &Fingerprint) -> Option<Owner<'_>> {
        let refresh = self.refresh.get(token)?;
        Some(Owner { username: &self.all[refresh.session].username, number: Some(refresh.number) })
    }

    /// Revokes the access tokens that a session has.
    pub(super) fn revoke_access(&mut self, session: usize) {
        self.all[session].access_from = self.serial + 1;
    }

    /// Revokes the refresh tokens that these sessions have.
    pub(super) fn revoke_refresh(&mut self, sessions: &[usize]) {
        for refresh in self.refresh.values_mut() {
            if refresh.standing == Standing::Good && sessions.contains(&refresh.session) {
                refresh.standing = Standing::Revoked;
            }
        }
    }

    /// Ends a session.
    pub(super) fn end(&mut self, session: usize) {
        self.all[session].ended = true;
    }

    fn issue_access(&mut self, session: usize, user_id: u64, now: i64, settings: &Settings) -> String {
        self.serial += 1;
        let serial = self.serial;
        let expires = now.saturating_add(milliseconds(settings.access_token_lifetime)).div_euclid(1000);
        let token = if settings.opaque_access_tokens {
            self.issuer.opaque::<32>()
        } else {
            let username = &self.all[session].username;
            let form = settings.expiry_form;
            self.issuer.jwt(&Claims { username, user_id, expires, form, serial }.json())
        };
        self.access.insert(fingerprint(&token), Access { session, serial, expires: expires.saturating_mul(1000) });
        token
    }

    fn issue_refresh(&mut self, session: usize, now: i64, settings: &Settings) -> String {
        let token = self.issuer.opaque::<32>();
        let number = self.refresh.len() as u64 + 1;
        let expires = now.saturating_add(milliseconds(settings.refresh_token_lifetime));
        self.refresh.insert(fingerprint(&token), Refresh { session, number, expires, standing: Standing::Good });
        token
    }
}
