//! How an error is made, and what is added to it on its way up.

use std::any::Any;
use std::error::Error as StdError;
use std::sync::Arc;

use super::{Cause, Error, ErrorCode, Inner, Sent, source};
use crate::foreign_text::{LONGEST_TEXT, one_line};
use crate::moment;
use crate::time::{Now, UnixTime};

/// The longest message, in characters: no foreign text in it makes it longer.
const LONGEST_MESSAGE: usize = 2000;

impl Error {
    /// Every text that an error carries is made printable and bounded here and in the methods below, so that nobody can
    /// forget it. Secrets are kept out where they are known, by `foreign_text::Secrets`.
    pub(crate) fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        let message = one_line(&message.into(), LONGEST_MESSAGE);
        Self(Arc::new(Inner { code: Some(code), message, ..Inner::default() }))
    }

    /// With the time of the next try, if there is one, which the message then says.
    #[must_use]
    pub(crate) fn trying_again(self, now: UnixTime, at: impl Into<Option<UnixTime>>) -> Self {
        let Some(at) = at.into() else { return self };
        self.with_more(&format!(" Try again {}.", moment::at(now, at))).with_retry_at(at)
    }

    /// Ties `retry_at` to the boot clock, read `now` with the wall clock that it was made of: setting that changes nothing
    /// any more.
    pub(crate) fn pinned(mut self, now: Now) -> Self {
        if let Some(at) = self.0.retry_at {
            Arc::make_mut(&mut self.0).not_before = Some(now.boot_at(at));
        }
        self
    }

    /// A bad argument: `message` says what is wrong with `field` and what to give instead.
    pub(crate) fn invalid(field: &'static str, message: impl Into<String>) -> Self {
        Self::new(ErrorCode::InvalidConfig, message).with_field(field)
    }

    pub(crate) fn relogin(cause: Cause, message: impl Into<String>) -> Self {
        Self::new(ErrorCode::ReloginRequired, message).with_cause(cause)
    }

    pub(crate) fn closed(message: impl Into<String>) -> Self {
        Self::new(ErrorCode::Closed, message)
    }

    /// The store failed for `key`, which names an account or a session and holds no secret.
    pub fn store(key: impl Into<String>, source: impl StdError + Send + Sync + 'static) -> Self {
        let words = source::words(&source);
        let mut error = Self::new(ErrorCode::Store, format!("The session store failed: {words}"));
        Arc::make_mut(&mut error.0).key = Some(one_line(&key.into(), LONGEST_MESSAGE));
        error.with_boxed_source(Box::new(source))
    }

    pub(crate) fn runtime(source: std::io::Error) -> Self {
        let message =
            format!("The background threads could not be started: {source}. Free some threads and try again.");
        Self::new(ErrorCode::Transport, message).with_sent(Sent::No).with_source(source)
    }

    /// With the error of a library beneath, of which only the words are kept: it may quote the server.
    #[must_use]
    pub(crate) fn with_source(self, source: impl StdError + Send + Sync + 'static) -> Self {
        self.with_boxed_source(source::shown(&source))
    }

    #[must_use]
    pub(crate) fn with_nobody_found(mut self, nobody_found: bool) -> Self {
        if nobody_found {
            Arc::make_mut(&mut self.0).nobody_found = true;
        }
        self
    }

    #[must_use]
    pub(crate) fn with_more(mut self, words: &str) -> Self {
        let message = &mut Arc::make_mut(&mut self.0).message;
        message.push_str(&one_line(words, LONGEST_MESSAGE));
        self
    }

    /// This error with another message.
    #[must_use]
    pub(crate) fn saying(mut self, message: impl Into<String>) -> Self {
        Arc::make_mut(&mut self.0).message = message.into();
        self
    }

    /// That the last try was not sent is not the whole truth where one before it was lost.
    #[must_use]
    pub(crate) fn after_lost_try(self) -> Self {
        match self.sent() {
            Some(Sent::No) => self.with_sent(Sent::Maybe).with_more(" A try before it may have reached the server."),
            _ => self,
        }
    }

    /// For keeping: what a callback raised may hold on to all that its program has.
    #[must_use]
    pub(crate) fn without_source(mut self) -> Self {
        if self.0.source.is_some() {
            Arc::make_mut(&mut self.0).source = None;
        }
        self
    }

    #[must_use]
    pub(crate) fn with_attachment(mut self, attachment: Arc<dyn Any + Send + Sync>) -> Self {
        Arc::make_mut(&mut self.0).attachment = Some(attachment);
        self
    }

    /// With what the program itself failed with, as it is.
    #[must_use]
    pub(crate) fn with_boxed_source(mut self, source: Box<dyn StdError + Send + Sync>) -> Self {
        Arc::make_mut(&mut self.0).source = Some(Arc::from(source));
        self
    }

    #[must_use]
    pub(crate) fn with_server(mut self, code: Option<String>, message: Option<String>) -> Self {
        let inner = Arc::make_mut(&mut self.0);
        let shown =
            |text: Option<String>| text.map(|text| one_line(&text, LONGEST_TEXT + 1)).filter(|text| !text.is_empty());
        (inner.server_code, inner.server_message) = (shown(code), shown(message));
        self
    }

    #[must_use]
    pub(crate) fn with_snippet(mut self, snippet: &str) -> Self {
        Arc::make_mut(&mut self.0).snippet = Some(one_line(snippet, LONGEST_TEXT + 1)).filter(|text| !text.is_empty());
        self
    }

    #[must_use]
    pub(crate) fn with_methods(mut self, methods: &[String]) -> Self {
        let shown = methods.iter().map(|method| one_line(method, LONGEST_TEXT));
        Arc::make_mut(&mut self.0).methods = shown.collect();
        self
    }
}
