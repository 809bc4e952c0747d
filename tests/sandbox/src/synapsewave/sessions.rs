//! Sessions and the tokens that are good for them, and the tokens that ask for a second factor.

use std::collections::HashMap;
use std::sync::Arc;

use crate::issuer::{Fingerprint, fingerprint};

/// So many wrong second factors end a `register_token`.
const MOST_WRONG_FACTORS: u8 = 3;

/// Whose session it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Holder {
    User,
    Dealer,
}

struct Session {
    user_id: Arc<str>,
    holder: Holder,
    /// Milliseconds since 1970: the first at which it is over.
    expires: i64,
    ended: bool,
}

struct Register {
    user_id: Arc<str>,
    expires: i64,
    wrong_factors: u8,
    over: bool,
}

/// What a token is.
enum Token {
    Access(usize),
    Broadcast(usize),
    Register(Register),
}

/// Every session there has been, and every token by its fingerprint.
#[derive(Default)]
pub(super) struct Sessions {
    all: Vec<Session>,
    tokens: HashMap<Fingerprint, Token>,
}

impl Sessions {
    /// A login has succeeded: the new session's number.
    pub(super) fn open(&mut self, user_id: &str, holder: Holder, expires: i64, access: &str, broadcast: &str) -> usize {
        let session = self.all.len();
        self.all.push(Session { user_id: user_id.into(), holder, expires, ended: false });
        self.tokens.insert(fingerprint(broadcast), Token::Broadcast(session));
        // The two are the same text unless they are to differ, and the access token must win then.
        self.tokens.insert(fingerprint(access), Token::Access(session));
        session
    }

    /// The session and the user of an access token that is good, or why it is not.
    pub(super) fn check(
        &self,
        token: &Fingerprint,
        holder: Holder,
        now: i64,
    ) -> Result<(usize, &Arc<str>), &'static str> {
        match self.tokens.get(token) {
            None => Err("unknown_token"),
            Some(Token::Register(_)) => Err("register_token_as_bearer"),
            Some(Token::Broadcast(_)) => Err("broadcast_token_as_bearer"),
            Some(&Token::Access(session)) => {
                let Session { user_id, holder: of, expires, ended } = &self.all[session];
                match (ended, of) {
                    (true, _) => Err("revoked"),
                    _ if now >= *expires => Err("expired"),
                    _ if *of != holder => Err("wrong_authorization"),
                    _ => Ok((session, user_id)),
                }
            }
        }
    }

    /// Whom a token was issued to, good or not.
    pub(super) fn owner(&self, token: &Fingerprint) -> Option<&Arc<str>> {
        match self.tokens.get(token)? {
            Token::Access(session) | Token::Broadcast(session) => Some(&self.all[*session].user_id),
            Token::Register(register) => Some(&register.user_id),
        }
    }

    /// Ends a session.
    pub(super) fn end(&mut self, session: usize) {
        self.all[session].ended = true;
    }

    /// A `register_token` has been issued.
    pub(super) fn registered(&mut self, token: &str, user_id: &str, expires: i64) {
        let register = Register { user_id: user_id.into(), expires, wrong_factors: 0, over: false };
        self.tokens.insert(fingerprint(token), Token::Register(register));
    }

    /// Whether a `register_token` of this user is good, or why not.
    pub(super) fn check_register(&self, token: &Fingerprint, user_id: &str, now: i64) -> Result<(), &'static str> {
        match self.tokens.get(token) {
            Some(Token::Register(register)) if *register.user_id == *user_id => match register {
                Register { over: true, .. } => Err("register_token_spent"),
                Register { expires, .. } if now >= *expires => Err("expired"),
                _ => Ok(()),
            },
            _ => Err("unknown_token"),
        }
    }

    /// The factor that came with a `register_token` was wrong.
    pub(super) fn register_failed(&mut self, token: &Fingerprint) {
        if let Some(Token::Register(register)) = self.tokens.get_mut(token) {
            register.wrong_factors += 1;
            register.over |= register.wrong_factors >= MOST_WRONG_FACTORS;
        }
    }

    /// A `register_token` has served its purpose.
    pub(super) fn register_over(&mut self, token: &Fingerprint) {
        if let Some(Token::Register(register)) = self.tokens.get_mut(token) {
            register.over = true;
        }
    }
}
