//! Control calls that only this system knows, and invalidation on the server's side.

use serde::Deserialize;
use serde_json::{Value, json};

use super::Synapsewave;
use super::outbox::{Purpose, Sent};
use crate::control::read;
use crate::settings::Settings;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Nothing {}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Whose {
    user_id: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SendOtp {
    user_id: String,
    #[serde(default = "login")]
    purpose: Purpose,
}

fn login() -> Purpose {
    Purpose::Login
}

/// What to revoke. There being but one token to a session, `access` and `session` are the same.
#[derive(Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum What {
    Access,
    #[default]
    Session,
    /// Every session, whatever `session` says.
    All,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Revoke {
    user_id: String,
    #[serde(default)]
    what: What,
    /// Which of the user's sessions, in order of login from 0; none for all of them.
    #[serde(default)]
    session: Option<usize>,
}

impl Synapsewave {
    /// The OTPs that were sent, oldest first.
    pub(crate) fn outbox(&self) -> &[Sent] {
        self.outbox.sent()
    }

    /// Sends an OTP to a user, and tells it.
    pub(crate) fn send_otp(
        &mut self,
        user_id: &str,
        purpose: Purpose,
        now: i64,
        settings: &Settings,
    ) -> Result<String, String> {
        if self.users.get(user_id).is_none() {
            return Err(format!("there is no user '{user_id}'"));
        }
        let lifetime = settings.synapsewave.otp_lifetime;
        Ok(self.outbox.send(user_id, purpose, self.issuer.bytes(), now, lifetime))
    }

    /// The TOTP that a user would read off now.
    pub(crate) fn totp(&self, user_id: &str, now: i64) -> Result<String, String> {
        let user = self.users.get(user_id).ok_or_else(|| format!("there is no user '{user_id}'"))?;
        let authenticator = user.authenticator.as_ref().ok_or("the user has no TOTP secret")?;
        Ok(authenticator.code(now))
    }

    /// Ends sessions of a user or a dealer.
    pub(super) fn revoke_sessions(&mut self, revoke: &Revoke) -> Result<(), String> {
        let Revoke { user_id, what, session } = revoke;
        let user = self.users.get(user_id).or_else(|| self.dealers.get(user_id));
        let sessions = &user.ok_or_else(|| format!("there is no user '{user_id}'"))?.sessions;
        match session.filter(|_| *what != What::All) {
            None => sessions.iter().for_each(|&session| self.sessions.end(session)),
            Some(index) => {
                let session = sessions.get(index);
                self.sessions.end(*session.ok_or_else(|| format!("the user has {} sessions", sessions.len()))?);
            }
        }
        Ok(())
    }

    /// Carries out the control call of that name.
    pub(super) fn call(
        &mut self,
        name: &str,
        body: Value,
        now: i64,
        settings: &Settings,
    ) -> Result<Option<Value>, String> {
        match name {
            "outbox" => {
                let Nothing {} = read(body)?;
                Ok(Some(json!(self.outbox())))
            }
            "send_otp" => {
                let SendOtp { user_id, purpose } = read(body)?;
                Ok(Some(json!({ "otp": self.send_otp(&user_id, purpose, now, settings)? })))
            }
            "totp" => Ok(Some(json!({ "code": self.totp(&read::<Whose>(body)?.user_id, now)? }))),
            _ => Ok(None),
        }
    }
}
