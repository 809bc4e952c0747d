//! One whole HTTP answer, and the readings that every system shares.

use serde_json::{Map, Value};
use zeroize::Zeroizing;

use crate::error::{Error, ErrorCode};
use crate::foreign_text::{self, Secrets, WITHHELD, is_printable};
use crate::json;
use crate::secret::Secret;
use crate::time::UnixTime;

/// A longer body is no error of an API: nothing of it is shown but the title of a page.
const LONGEST_ERROR: usize = 1 << 16;

/// What came back. The body is wiped when dropped: it may hold tokens.
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// When the server asks to be tried again (`Retry-After`), by the local wall clock.
    pub retry_at: Option<UnixTime>,
    /// When the answer came, by the local wall clock.
    pub received: UnixTime,
    /// When it was made, by the server's (`Date`).
    pub date: Option<UnixTime>,
    /// What the body is said to be (`Content-Type`).
    pub content_type: Option<String>,
    /// The body, as it came.
    pub body: Zeroizing<Vec<u8>>,
}

impl Answer {
    /// Whether the status is one of success.
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// Whether the server did not look at the request and asks to be tried again later.
    pub(crate) fn is_busy(&self) -> bool {
        self.status == 429 || self.status == 503 && self.retry_at.is_some()
    }

    /// The body as a JSON object, if it is one.
    pub(crate) fn object(&self) -> Option<Map<String, Value>> {
        json::object(&self.body)
    }

    /// What must not be shown of it: `known`, and what it holds itself by the name of a secret.
    pub(crate) fn secrets(&self, known: &[&Secret]) -> Secrets {
        if self.body.len() > LONGEST_ERROR && foreign_text::title(&self.body).is_none() {
            return Secrets::unknown();
        }
        let is_short = self.body.len() <= LONGEST_ERROR;
        let body = is_short.then(|| json::read(&self.body)).flatten();
        Secrets::with_named(known, body.as_ref())
    }

    /// The body of an error: read time and again, and so not where it is as long as no error is.
    fn error_object(&self) -> Option<Map<String, Value>> {
        (self.body.len() <= LONGEST_ERROR).then(|| self.object()).flatten()
    }

    /// The server's own words, where the answer has them in one of the usual places; else the title of a page.
    fn said(&self) -> Option<String> {
        const PLACES: [&str; 4] = ["message", "title", "error", "detail"];
        match self.error_object() {
            Some(object) => PLACES.iter().find_map(|place| text(&object, place)),
            None => foreign_text::title(&self.body),
        }
    }

    /// The message as it may be shown.
    pub(crate) fn message(&self, secrets: &Secrets) -> Option<String> {
        self.said().map(|said| secrets.words(&said)).filter(|message| !message.is_empty())
    }

    /// The words of an answer in JSON, in lower case, for code that decides by them and never shows them.
    pub(crate) fn telling_words(&self, secrets: &Secrets) -> String {
        let said = self.error_object().and_then(|_| self.said()).unwrap_or_default();
        secrets.without_lines(&said).to_lowercase()
    }

    /// What of the body is known to hold no secret; else how long it is, and what it is said to be.
    pub(crate) fn snippet(&self, secrets: &Secrets) -> String {
        let shown = self.message(secrets).filter(|message| message != WITHHELD);
        shown.unwrap_or_else(|| if self.body.is_empty() { String::new() } else { self.withheld(secrets) })
    }

    fn withheld(&self, secrets: &Secrets) -> String {
        let length = self.body.len();
        let kind = self.content_type.as_deref().and_then(media_type).filter(|kind| !secrets.are_in(kind));
        format!("[withheld: {length} bytes of {}]", kind.unwrap_or("a type that it does not name"))
    }

    /// `error` with the status and the server's words.
    pub(crate) fn explain(&self, error: Error, secrets: &Secrets) -> Error {
        error.with_status(self.status).with_server(None, self.message(secrets))
    }

    /// Whether the server's words are about a lockout (wire.md 1.8.7): it is told by explicit signals only.
    pub(crate) fn speaks_of_lockout(&self, secrets: &Secrets) -> bool {
        let message = self.telling_words(secrets);
        let says = |beginning: &str| {
            message.split(|c: char| !c.is_ascii_alphanumeric()).any(|word| word.starts_with(beginning))
        };
        // "Invalid login attempt" is said of any wrong password.
        let many = ["many", "exceed", "maximum"].into_iter().any(says);
        // "It will be locked after 2 more attempts" is not one yet.
        let warns = ["will be", "will get", "more attempt", "attempts left", "attempt left", "remaining"];
        let is_warning = warns.into_iter().any(|words| message.contains(words));
        // "Database is locked" is said of no account.
        let of_a_thing = ["database", "table", "file", "record", "resource"].into_iter().any(says)
            && !["account", "user", "login"].into_iter().any(says);
        !is_warning && (says("lock") && !of_a_thing || says("attempt") && many)
    }

    /// The error for an answer that cannot be read: `what` says what was asked for.
    pub(crate) fn unreadable(&self, what: &str, secrets: &Secrets) -> Error {
        let status = self.status;
        let message = match status {
            300..400 => format!(
                "The {what} was answered with a redirect (HTTP {status}), which is not followed so that credentials go \
                 nowhere else. Check base_url."
            ),
            500.. => format!("The server failed to answer the {what} (HTTP {status}). Try again later."),
            _ => format!(
                "The answer to the {what} cannot be read (HTTP {status}). Something else than the API may have answered: \
                 check base_url and any proxy."
            ),
        };
        let error = Error::new(ErrorCode::Protocol, message).with_snippet(&self.snippet(secrets));
        self.explain(error, secrets)
    }

    /// The error for a server that asks to slow down.
    pub(crate) fn busy(&self, what: &str, secrets: &Secrets) -> Error {
        let later = if self.retry_at.is_some() { "" } else { " It does not say for how long: try again later." };
        let message =
            format!("The server did not look at the {what} and asks to slow down (HTTP {}).{later}", self.status);
        let error = Error::new(ErrorCode::RateLimited, message).trying_again(self.received, self.retry_at);
        self.explain(error, secrets)
    }
}

/// The media type without its parameters, if it is one.
fn media_type(content_type: &str) -> Option<&str> {
    const LONGEST: usize = 60;
    let kind = content_type.split(';').next()?.trim();
    let is_sign = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$&^_.+-/".contains(&byte);
    (kind.len() <= LONGEST && kind.contains('/') && kind.bytes().all(is_sign)).then_some(kind)
}

/// Whether what somebody copied has more in it than was meant: nobody types a control character.
pub(crate) fn holds_line_ends(value: &str) -> bool {
    value.contains(|c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}'))
}

/// A text field, whatever the case of its name: some servers spell the same field in Pascal case.
pub(crate) fn text(object: &Map<String, Value>, name: &str) -> Option<String> {
    field(object, name).and_then(Value::as_str).filter(|text| !text.is_empty()).map(ToOwned::to_owned)
}

/// A token, without what stands around it and cannot be seen: no token has that.
pub(crate) fn token(object: &Map<String, Value>, name: &str) -> Option<String> {
    text(object, name).map(|text| seen(&text).to_owned())
}

/// Any field, whatever the case of its name, and whatever stands around that and cannot be seen.
pub(crate) fn field<'a>(object: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    let exact = object.get(name);
    exact.or_else(|| object.iter().find(|(key, _)| seen(key).eq_ignore_ascii_case(name)).map(|(_, value)| value))
}

/// The text without the blanks and the invisible characters at its ends.
fn seen(text: &str) -> &str {
    text.trim_matches(|character: char| character.is_whitespace() || !is_printable(character))
}

/// Whether an answer says that the call failed, whatever its HTTP status is (wire.md 1.5).
pub(crate) fn denies(object: &Map<String, Value>) -> bool {
    field(object, "result") == Some(&Value::Bool(false))
}
