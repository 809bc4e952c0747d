//! The errors of a session that cannot go on: what happened, what it means, what to do.

use super::Rules;
use crate::error::{Cause, Error, ErrorCode};
use crate::grant::SecondFactor;
use crate::time::{BootTime, Now};

pub(super) fn closed() -> Error {
    Error::closed("This session was logged out. Log in again for a new one.")
}

pub(super) fn forked() -> Error {
    let message = "This session came from the parent process, its access token has ended, and using the parent's refresh \
                   token would end the parent's session too. Log in in this process, or give the session credentials.";
    Error::new(ErrorCode::ForkedSession, message)
}

pub(super) fn token_refused(rules: &Rules, now: Now, until: BootTime) -> Error {
    let likely = if rules.ended_elsewhere {
        "Another login of the same user, in another program or in the broker's own application, is the likely cause: it \
         ends this session again and again. Give each program a user of its own, or let one of them log in for all"
    } else {
        "The account may lack the permission, or the request goes to another environment"
    };
    let message = format!(
        "The server refuses the access tokens that it issues, one after the other: a newer one does not help. {likely}. \
         The next report after a pause gets a newer token."
    );
    Error::relogin(Cause::TokenRefused, message).trying_again(now.unix, now.unix_at(until))
}

pub(super) fn stranger() -> Error {
    let message = "This session never had the token that is reported. Give what the refused request carried: the token, the \
                   header's value, or the headers.";
    Error::invalid("token", message)
}

/// What is to be said of a session that cannot go on besides the cause.
#[derive(Clone, Copy, Default)]
pub(super) struct Circumstances {
    /// The user may ask for the login that the session does not make by itself.
    pub(super) may_ask: bool,
    /// The refresh token came from elsewhere.
    pub(super) resumed: bool,
    /// The server refused the access token, which another login of the user may have ended.
    pub(super) ended_elsewhere: bool,
}

/// The session needs a login because of `cause`; `error` is what the server or the network said.
pub(super) fn relogin(cause: Cause, error: Option<Error>, so: Circumstances) -> Error {
    let what = match cause {
        // It was not sent at all.
        Cause::RotationLost if error.as_ref().is_some_and(|error| error.cause() == Some(cause)) => {
            "The refresh token was exchanged before, by another session or call of this process: it is spent. Each refresh \
             replaces it: keep `tokens` on every event `refreshed`, and resume with the newest."
        }
        Cause::RotationLost => &lost(error.as_ref()),
        Cause::RefreshRejected if so.resumed => {
            "The server refused the refresh token that came from elsewhere. Each refresh replaces it, and one that was used \
             before is refused: keep `tokens` on every event `refreshed`, and resume with the newest."
        }
        Cause::RefreshRejected => "The server refused the refresh token.",
        Cause::NoRefreshToken => "There is no refresh token to get a new access token with.",
        Cause::FactorRequired => {
            "The session has ended, and a login needs a second factor from a human, or a value that is good for one login."
        }
        Cause::TokenRefused => "The server refuses the tokens that it issues.",
        Cause::LoginRejected => "The tokens have ended and the login that should have replaced them was refused.",
    };
    let why = if so.ended_elsewhere {
        " The server refused the access token: another login of the same user, in another program or in the broker's own \
         application, is the likely cause."
    } else {
        ""
    };
    let advice = if so.may_ask {
        "Call session.refresh(): it makes that login, asks for what it needs, and keeps this session."
    } else {
        "Log in again."
    };
    let relogin = Error::relogin(cause, format!("{what}{why} This session cannot go on by itself. {advice}"));
    match error {
        None => relogin,
        Some(error) => {
            let code = error.server_code().map(ToOwned::to_owned);
            let words = error.server_message().map(ToOwned::to_owned);
            relogin.with_status(error.status()).with_server(code, words).with_source(error)
        }
    }
}

/// What became of the answer to a refresh that cannot be sent again.
fn lost(error: Option<&Error>) -> String {
    let what = match error.map(Error::code) {
        Some(ErrorCode::Protocol) => "what answered cannot be read",
        Some(ErrorCode::Timeout) => "no answer came in time",
        _ => "its answer was lost",
    };
    let status = error.and_then(Error::status).map(|status| format!(" (HTTP {status})")).unwrap_or_default();
    format!("A refresh was sent and {what}{status}: the server may have replaced the refresh token.")
}

pub(super) fn second_factor(asked: &SecondFactor) -> Error {
    let message = "The server took the first factor and asks for a second, and this session holds none that works without \
                   a human. Complete the challenge that this error carries.";
    let methods: Vec<_> = asked.methods.iter().map(|kind| kind.as_str().to_owned()).collect();
    Error::new(ErrorCode::SecondFactorRequired, message).with_methods(&methods)
}

pub(super) fn challenge_over() -> Error {
    let message = "This challenge is over: its time is up, or a factor was refused. Begin the login again.";
    Error::new(ErrorCode::SecondFactorRequired, message)
}
