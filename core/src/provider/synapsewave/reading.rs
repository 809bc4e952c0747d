//! One answer while it is read: what it is, and which words of it may be repeated.

use crate::error::{Error, ErrorCode};
use crate::foreign_text::Secrets;
use crate::provider::{Answer, Outcome};
use crate::secret::Secret;

use super::envelope::Envelope;
use super::refusal;

/// wire.md 2.2.
const KNOWN_CODES: [&str; 4] = ["s-101", "e-101", "e-14", "e-17"];

/// An answer, what was asked for, and all that must not be repeated.
pub(super) struct Reading<'a> {
    pub(super) answer: &'a Answer,
    pub(super) envelope: Option<Envelope>,
    /// As in «the server refused the login».
    pub(super) what: &'a str,
    /// What the request carried and the provider holds.
    pub(super) known: Secrets,
    /// That, and what the answer holds by the names of secrets.
    pub(super) secrets: Secrets,
}

/// What an answer is that grants nothing.
pub(super) enum Failure {
    /// The server decided against us.
    Rejected(Error),
    /// The server did not look at it.
    Busy(Error),
    /// What the server did cannot be told.
    Unreadable(Error),
}

impl<'a> Reading<'a> {
    pub(super) fn new(answer: &'a Answer, what: &'a str, known: impl IntoIterator<Item = Secret>) -> Self {
        let known: Vec<Secret> = known.into_iter().collect();
        let secrets = answer.secrets(&known.iter().collect::<Vec<_>>());
        Self { answer, envelope: Envelope::of(answer), what, known: Secrets::new(&known), secrets }
    }

    /// `error` with the status, the server's code and the server's words.
    pub(super) fn explain(&self, error: Error) -> Error {
        let code = self.envelope.as_ref().and_then(Envelope::code).map(|code| self.shown(code));
        error.with_status(self.answer.status).with_server(code, self.answer.message(&self.secrets))
    }

    /// The documented codes are known to hold no secret, whatever an MPIN has in common with them.
    fn shown(&self, code: String) -> String {
        if KNOWN_CODES.contains(&&*code) { code } else { self.secrets.words(&code) }
    }

    /// What of the body may be shown, for errors about answers that are none of the API's.
    pub(super) fn with_snippet(&self, error: Error) -> Error {
        error.with_snippet(&self.answer.snippet(&self.secrets))
    }

    /// What the answer is, given that it grants nothing.
    pub(super) fn failure(&self) -> Failure {
        let (status, secrets) = (self.answer.status, &self.secrets);
        let denied = self.envelope.as_ref().is_some_and(Envelope::denies);
        // Said in so many words, a lockout is more than a request to slow down.
        let is_locked = denied && self.answer.speaks_of_lockout(secrets);
        match status {
            _ if self.answer.is_busy() && !is_locked => {
                Failure::Busy(self.explain(self.answer.busy(self.what, secrets)))
            }
            // The vendor's own example of a refusal is a 500: one that says in so many words what it refuses is one.
            500.. if denied && refusal::is_explicit(self) => Failure::Rejected(refusal::read(self)),
            500.. => self.unreadable(),
            _ if denied => Failure::Rejected(refusal::read(self)),
            // A request that the server gave up waiting for: nobody knows how far it got.
            408 => self.unreadable(),
            400..500 => Failure::Rejected(refusal::read(self)),
            _ => self.unreadable(),
        }
    }

    pub(super) fn unreadable(&self) -> Failure {
        let error = self.answer.unreadable(self.what, &self.secrets);
        Failure::Unreadable(self.with_snippet(self.explain(error)))
    }

    /// The failure of a call that is no login.
    pub(super) fn error(&self) -> Error {
        self.failure().error()
    }

    /// `error` of this kind, explained.
    pub(super) fn refused(&self, code: ErrorCode, message: impl Into<String>) -> Error {
        let error = Error::new(code, message).trying_again(self.answer.received, self.answer.retry_at);
        self.explain(error)
    }
}

impl Failure {
    /// The error, where its kind makes no difference.
    pub(super) fn error(self) -> Error {
        match self {
            Self::Rejected(error) | Self::Busy(error) | Self::Unreadable(error) => error,
        }
    }
}

impl From<Failure> for Outcome {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Rejected(error) => Self::Rejected(error),
            Failure::Busy(error) => Self::Busy(error),
            Failure::Unreadable(error) => Self::Unreadable(error),
        }
    }
}
