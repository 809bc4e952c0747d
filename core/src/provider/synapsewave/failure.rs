//! What an answer is that grants nothing.

use crate::error::Error;
use crate::provider::Outcome;

use super::envelope::Envelope;
use super::reading::Reading;
use super::refusal;

/// What an answer is that grants nothing.
pub(super) enum Failure {
    /// The server decided against us.
    Rejected(Error),
    /// The server did not look at it.
    Busy(Error),
    /// What the server did cannot be told.
    Unreadable(Error),
}

impl Reading<'_> {
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
