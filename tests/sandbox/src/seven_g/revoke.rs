//! Invalidation on the server's side, session by session.

use serde::Deserialize;

use super::SevenG;

/// What to revoke.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Revoked {
    /// The access tokens: the next call with one is refused, a refresh is not.
    Access,
    /// The refresh token: the access token is good to its end.
    Refresh,
    /// The session with all its tokens.
    Session,
    /// Every session of the account, whatever `session` says.
    All,
}

/// Revokes something of an account.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Revoke {
    /// Whose.
    pub username: String,
    /// What.
    pub what: Revoked,
    /// Which of the account's sessions, in order of login from 0; none for all of them.
    #[serde(default)]
    pub session: Option<usize>,
}

impl SevenG {
    pub(crate) fn revoke_tokens(&mut self, revoke: Revoke) -> Result<(), String> {
        let Revoke { username, what, session } = revoke;
        let account = self.accounts.get(&username).ok_or("there is no such account")?;
        let sessions = match session {
            Some(index) if what != Revoked::All => {
                let session = account.sessions.get(index);
                vec![*session.ok_or_else(|| format!("the account has {} sessions", account.sessions.len()))?]
            }
            _ => account.sessions.clone(),
        };
        match what {
            Revoked::Access => sessions.iter().for_each(|&session| self.sessions.revoke_access(session)),
            Revoked::Refresh => self.sessions.revoke_refresh(&sessions),
            Revoked::Session | Revoked::All => sessions.iter().for_each(|&session| self.sessions.end(session)),
        }
        Ok(())
    }
}
