//! A model of Synapsewave: sessions to the end of the day in India, codes that are good once, no refresh.

use serde_json::{Value, json};

use super::accounts::Accounts;
use super::server::{Arrived, Reply, jwt};
use crate::factor::Totp;
use crate::provider::Method;
use crate::time::{BootTime, UnixTime};

/// Every user's authenticator.
pub(super) const TOTP: &str = "JBSWY3DPEHPK3PXP";
/// What every user is sent.
pub(super) const OTP: &str = "123456";

const INDIA: i64 = 19_800_000;
pub(super) const DAY: i64 = 86_400_000;

pub(super) struct SynapsewaveServer {
    pub(super) accounts: Accounts,
    /// Access tokens, their users and their ends in boot time.
    sessions: Vec<(String, String, i64)>,
    /// Register tokens that wait for a second factor, with their users.
    registered: Vec<(String, String)>,
    used: Vec<(String, u64)>,
    issued: u64,
    pub(super) reused: usize,
    pub(super) logins: usize,
}

impl SynapsewaveServer {
    pub(super) fn new() -> Self {
        let (sessions, registered, used) = (Vec::new(), Vec::new(), Vec::new());
        Self { accounts: Accounts::default(), sessions, registered, used, issued: 0, reused: 0, logins: 0 }
    }

    pub(super) fn handle(&mut self, request: &Arrived, at: BootTime, clock: UnixTime) -> Reply {
        if !request.path.ends_with("/user/session") {
            return (403, json!({ "message": "Missing Authentication Token" }).to_string());
        }
        match request.method {
            Method::Post => self.login(request, at, clock),
            Method::Delete => {
                self.sessions.retain(|(token, ..)| *token != request.authorization);
                success(&Value::Null)
            }
            _ => refusal(400, "e-00", "unknown"),
        }
    }

    fn login(&mut self, request: &Arrived, at: BootTime, clock: UnixTime) -> Reply {
        let user = request.text("user_id").to_owned();
        if self.accounts.is_locked(&user, at) {
            return refusal(400, "e-00", "Your account is locked.");
        }
        let value = request.text("password");
        if request.text("login_type") == "TOKEN" {
            let known = self.registered.iter().position(|(token, of)| token == value && *of == user);
            let Some(known) = known else { return refusal(400, "e-00", "Unknown register token.") };
            if request.text("second_auth") != OTP {
                self.accounts.refused_code(&user, at);
                return refusal(400, "e-17", "Invalid OTP.");
            }
            self.registered.remove(known);
            return self.issue(&user, at, clock);
        }
        if !self.accounts.takes(&user, value, at, request.sent) {
            return refusal(400, "e-00", "Invalid user id or password.");
        }
        if request.text("second_auth_type") == "REGISTER" {
            self.issued += 1;
            let token = jwt(&user, self.issued, UnixTime(clock.0 + 900_000));
            self.registered.push((token.clone(), user));
            return success(&json!({ "register_token": token, "totp_enabled": true }));
        }
        if !self.takes_code(&user, request.text("second_auth"), clock) {
            self.accounts.refused_code(&user, at);
            return refusal(400, "e-17", "Invalid TOTP.");
        }
        self.issue(&user, at, clock)
    }

    /// Whether it is the code of this step or the one before, and has not been used.
    fn takes_code(&mut self, user: &str, code: &str, clock: UnixTime) -> bool {
        let totp = Totp::new(TOTP).unwrap();
        let seconds = u64::try_from(clock.0 / 1000).unwrap();
        let this = seconds - seconds % 30;
        let Some(step) = [this, this - 30].into_iter().find(|step| totp.code(*step).expose() == code) else {
            return false;
        };
        let taken = (user.to_owned(), step);
        if self.used.contains(&taken) {
            self.reused += 1;
            return false;
        }
        self.used.push(taken);
        true
    }

    fn issue(&mut self, user: &str, at: BootTime, clock: UnixTime) -> Reply {
        (self.issued, self.logins) = (self.issued + 1, self.logins + 1);
        let end = (clock.0 + INDIA).div_euclid(DAY) * DAY + DAY - INDIA - 1000;
        let token = jwt(user, self.issued, UnixTime(end));
        self.sessions.push((token.clone(), user.to_owned(), at.0 + end - clock.0));
        success(&json!({ "access_token": token, "user_id": user }))
    }

    /// How long this access token is still good, in milliseconds, and whose it is; None if it is not.
    pub(super) fn left(&self, token: &str, at: BootTime) -> Option<(i64, &str)> {
        let (_, user, end) = self.sessions.iter().find(|(known, ..)| known == token)?;
        // Its last second is one of its life.
        Some((end + 1000 - at.0, user.as_str())).filter(|(left, _)| *left > 0)
    }

    /// The server ends a session of its own accord.
    pub(super) fn revoke(&mut self, draw: impl FnOnce(usize) -> usize) {
        if !self.sessions.is_empty() {
            let chosen = draw(self.sessions.len());
            self.sessions.remove(chosen);
        }
    }
}

fn success(data: &Value) -> Reply {
    (200, json!({ "status": "success", "code": "s-101", "message": "Done.", "data": data }).to_string())
}

fn refusal(status: u16, errors: &str, message: &str) -> Reply {
    (status, json!({ "status": "error", "code": "e-101", "message": message, "errors": errors }).to_string())
}
