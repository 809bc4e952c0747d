//! The one error type: what happened, what it means, what to do; with a stable code that every language maps.

mod builder;
mod code;
mod recovery;
pub(crate) mod source;
mod text;

use std::any::Any;
use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;

use crate::time::{BootTime, Now, UnixTime};

pub use code::{Cause, ErrorCode, Sent};
pub use recovery::Recovery;

/// One value that an error carries, for bindings that copy them all.
#[derive(Clone, Debug, PartialEq)]
pub enum Detail {
    /// A text.
    Text(String),
    /// A count or a status.
    Number(i64),
    /// A time, in seconds since 1970.
    Time(f64),
    /// Several texts.
    List(Vec<String>),
}

/// Everything that can go wrong. Cheap to clone: all callers of one flight get the same error.
///
/// ```
/// let error = relatch::SevenG::builder().username("").password("x").build().unwrap_err();
/// assert_eq!(error.code(), relatch::ErrorCode::InvalidConfig);
/// assert_eq!(error.field(), Some("username"));
/// ```
#[derive(Clone)]
pub struct Error(Arc<Inner>);

#[derive(Clone, Default)]
struct Inner {
    code: Option<ErrorCode>,
    message: String,
    field: Option<&'static str>,
    status: Option<u16>,
    server_code: Option<String>,
    server_message: Option<String>,
    retry_at: Option<UnixTime>,
    /// `retry_at` by the boot clock, which nobody sets, where that was read with it.
    not_before: Option<BootTime>,
    failures: Option<u32>,
    cause: Option<Cause>,
    sent: Option<Sent>,
    snippet: Option<String>,
    methods: Vec<String>,
    key: Option<String>,
    /// There is no such host, or nobody listens there.
    nobody_found: bool,
    source: Option<Arc<dyn StdError + Send + Sync>>,
    /// What a higher part of the crate gives its users along with the error.
    attachment: Option<Arc<dyn Any + Send + Sync>>,
}

macro_rules! carries {
    ($($(#[$doc:meta])* $get:ident / $set:ident: $type:ty,)*) => {
        impl Error {
            $($(#[$doc])*
            pub fn $get(&self) -> Option<$type> { self.0.$get })*
            $(#[must_use]
            pub(crate) fn $set(mut self, value: impl Into<Option<$type>>) -> Self {
                Arc::make_mut(&mut self.0).$get = value.into();
                self
            })*
        }
    };
}

carries! {
    /// The argument that was wrong (`invalid_config`).
    field / with_field: &'static str,
    /// The HTTP status of the server's answer.
    status / with_status: u16,
    /// When to try again.
    retry_at / with_retry_at: UnixTime,
    /// How many failed logins the ledger counts (`lockout_guard`).
    failures / with_failures: u32,
    /// Why a login is needed (`relogin_required`).
    cause / with_cause: Cause,
    /// Whether the request may have reached the server (`transport` and its kin).
    sent / with_sent: Sent,
}

impl Error {
    /// What kind of error it is.
    pub fn code(&self) -> ErrorCode {
        self.0.code.unwrap_or(ErrorCode::Protocol)
    }

    /// The server's own code for the refusal, printable, bounded and without secrets.
    pub fn server_code(&self) -> Option<&str> {
        self.0.server_code.as_deref()
    }

    /// The server's own words, or the title of the page that came in their place: one line of 201 characters at most. A
    /// secret in them is `[redacted]`; words that may tell one in another spelling are withheld.
    pub fn server_message(&self) -> Option<&str> {
        self.0.server_message.as_deref()
    }

    /// What of an answer that could not be read is known to hold no secret: the message of an error or the title of a page;
    /// else how long the answer was, and of which type (`protocol`).
    pub fn snippet(&self) -> Option<&str> {
        self.0.snippet.as_deref()
    }

    /// The second factors that the server would take (`second_factor_required`).
    pub fn methods(&self) -> &[String] {
        &self.0.methods
    }

    /// `retry_at` by the boot clock.
    pub(crate) fn not_before(&self, now: Now) -> Option<BootTime> {
        self.0.not_before.or_else(|| self.0.retry_at.map(|at| now.boot_at(at)))
    }

    /// Whether there is no such host, or nobody listens there: it may be written wrongly.
    pub(crate) fn finds_nobody(&self) -> bool {
        self.0.nobody_found
    }

    pub(crate) fn attachment(&self) -> Option<&(dyn Any + Send + Sync)> {
        self.0.attachment.as_deref()
    }

    /// What helps after this error.
    pub fn recovery(&self) -> Recovery {
        self.code().recovery()
    }

    /// Whether the same call may succeed later without any change on the caller's side.
    pub fn is_transient(&self) -> bool {
        matches!(self.recovery(), Recovery::Retry | Recovery::RetryAt)
    }

    /// All that this error carries besides its code and message, by the names that every language uses.
    pub fn details(&self) -> Vec<(&'static str, Detail)> {
        let inner = &*self.0;
        let text = |text: &str| Detail::Text(text.to_owned());
        let mut details = Vec::new();
        let mut add = |name, value: Option<Detail>| details.extend(value.map(|value| (name, value)));
        add("field", inner.field.map(text));
        add("status", inner.status.map(|status| Detail::Number(status.into())));
        add("server_code", inner.server_code.as_deref().map(text));
        add("server_message", inner.server_message.as_deref().map(text));
        add("retry_at", inner.retry_at.map(|at| Detail::Time(at.seconds())));
        add("failures", inner.failures.map(|count| Detail::Number(count.into())));
        add("cause", inner.cause.map(|cause| text(cause.as_str())));
        add("sent", inner.sent.map(|sent| text(sent.as_str())));
        add("snippet", inner.snippet.as_deref().map(text));
        add("methods", Some(&inner.methods).filter(|list| !list.is_empty()).map(|list| Detail::List(list.clone())));
        add("key", inner.key.as_deref().map(text));
        details
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Error({}: {}", self.code().as_str(), self.0.message)?;
        for (name, value) in self.details() {
            write!(formatter, ", {name}={value:?}")?;
        }
        formatter.write_str(")")
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source.as_deref().map(|source| source as &(dyn StdError + 'static))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn details_carry_what_was_set_and_nothing_else() {
        let error = Error::invalid("username", "empty").with_status(401);
        let expected = vec![("field", Detail::Text("username".into())), ("status", Detail::Number(401))];
        assert_eq!(error.details(), expected);
        assert_eq!(error.to_string(), "empty");
    }
}
