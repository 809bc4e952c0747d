//! The one error type: what happened, what it means, what to do; with a stable code that every language maps.

pub(crate) mod source;

use std::any::Any;
use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;

use crate::foreign_text::{LONGEST_TEXT, one_line};
use crate::moment;
use crate::time::{BootTime, Now, UnixTime};
use crate::words::words;

mod text;

words! {
    /// What kind of error it is. Every code has a class of its own in Python and in TypeScript.
    ErrorCode {
        /// A bad argument, found before any traffic.
        InvalidConfig = "invalid_config",
        /// The server refused the user or the password.
        InvalidCredentials = "invalid_credentials",
        /// A second factor is needed and none can be had without a human.
        SecondFactorRequired = "second_factor_required",
        /// The second factor was refused.
        SecondFactorRejected = "second_factor_rejected",
        /// The server says that the account is locked.
        AccountLocked = "account_locked",
        /// Refused here, without any traffic, to protect the account from being locked.
        LockoutGuard = "lockout_guard",
        /// The server refuses for another reason: a blocked address, a disabled account, a bad API key.
        AccessDenied = "access_denied",
        /// The session cannot go on without a login.
        ReloginRequired = "relogin_required",
        /// The session was inherited by a forked process and must not spend its parent's refresh token.
        ForkedSession = "forked_session",
        /// The server asks to slow down, for longer than the deadline allows to wait.
        RateLimited = "rate_limited",
        /// No answer was had.
        Transport = "transport",
        /// No answer in time.
        Timeout = "timeout",
        /// No trusted connection could be made.
        Tls = "tls",
        /// The proxy refused or could not be reached.
        Proxy = "proxy",
        /// The server gave an answer that cannot be read.
        Protocol = "protocol",
        /// The store failed.
        Store = "store",
        /// The session was logged out, or the process is exiting.
        Closed = "closed",
    }
}

words! {
    /// Why a session cannot go on without a login.
    Cause {
        /// A refresh was sent and its answer never came: the server may have rotated the token.
        RotationLost = "rotation_lost",
        /// The server refused the refresh token.
        RefreshRejected = "refresh_rejected",
        /// There is no refresh token.
        NoRefreshToken = "no_refresh_token",
        /// A login needs a second factor from a human, or a value that is good for one login.
        FactorRequired = "factor_required",
        /// The server refused a token that it had just issued.
        TokenRefused = "token_refused",
        /// The login that should have healed the session was refused.
        LoginRejected = "login_rejected",
    }
}

/// The longest message, in characters: no foreign text in it makes it longer.
const LONGEST_MESSAGE: usize = 2000;

/// Whether a request that got no answer may have reached the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Sent {
    /// It was not sent: nothing has changed on the server.
    No,
    /// It may have been: the server may have acted on it.
    Maybe,
}

impl Sent {
    /// `no` or `maybe`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::No => "no",
            Self::Maybe => "maybe",
        }
    }
}

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

    /// `retry_at` by the boot clock.
    pub(crate) fn not_before(&self, now: Now) -> Option<BootTime> {
        self.0.not_before.or_else(|| self.0.retry_at.map(|at| now.boot_at(at)))
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

    /// Whether there is no such host, or nobody listens there: it may be written wrongly.
    pub(crate) fn finds_nobody(&self) -> bool {
        self.0.nobody_found
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

    pub(crate) fn attachment(&self) -> Option<&(dyn Any + Send + Sync)> {
        self.0.attachment.as_deref()
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

    /// Whether the same call may succeed later without any change on the caller's side.
    pub fn is_transient(&self) -> bool {
        use ErrorCode::{AccountLocked, LockoutGuard, Protocol, Proxy, RateLimited, Store, Timeout, Tls, Transport};
        let code = self.code();
        matches!(
            code,
            AccountLocked | LockoutGuard | Protocol | Proxy | RateLimited | Store | Timeout | Tls | Transport
        )
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
    fn every_code_and_cause_is_spelt_once() {
        let mut codes: Vec<_> = ErrorCode::ALL.iter().map(|code| code.as_str()).collect();
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), ErrorCode::ALL.len());
        let mut causes: Vec<_> = Cause::ALL.iter().map(|cause| cause.as_str()).collect();
        causes.sort_unstable();
        causes.dedup();
        assert_eq!(causes.len(), Cause::ALL.len());
    }

    #[test]
    fn details_carry_what_was_set_and_nothing_else() {
        let error = Error::invalid("username", "empty").with_status(401);
        let expected = vec![("field", Detail::Text("username".into())), ("status", Detail::Number(401))];
        assert_eq!(error.details(), expected);
        assert_eq!(error.to_string(), "empty");
    }
}
