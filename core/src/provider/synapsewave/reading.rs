//! One answer while it is read: what it is, and which words of it may be repeated.

use crate::error::{Error, ErrorCode};
use crate::foreign_text::Secrets;
use crate::provider::Answer;
use crate::secret::Secret;

use super::envelope::Envelope;

/// wire.md 2.2.
const KNOWN_CODES: [&str; 4] = ["s-101", "e-101", "e-14", "e-17"];

/// An answer, what was asked for, and all that must not be repeated.
pub(super) struct Reading<'a> {
    pub(super) answer: &'a Answer,
    pub(super) envelope: Option<Envelope>,
    /// As in "the server refused the login".
    pub(super) what: &'a str,
    /// What the request carried and the provider holds.
    pub(super) known: Secrets,
    /// That, and what the answer holds by the names of secrets.
    pub(super) secrets: Secrets,
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

    /// `error` of this kind, explained.
    pub(super) fn refused(&self, code: ErrorCode, message: impl Into<String>) -> Error {
        let error = Error::new(code, message).trying_again(self.answer.received, self.answer.retry_at);
        self.explain(error)
    }
}
