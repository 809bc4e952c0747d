//! The two 7G endpoints that need no login: they tell "the API is down" from "my account is locked".

use std::fmt;

use serde_json::Value;

use crate::error::{Error, ErrorCode};
use crate::foreign_text::{Brief, datum, one_line};
use crate::policy::Options;
use crate::provider::{Answer, Provider, SevenG, denies, field};

/// What is kept of a health check's answer, in characters.
pub(crate) const LONGEST_BODY: usize = 4095;

/// What the health check answered (wire.md 1.8.11).
#[derive(Clone, PartialEq, Eq)]
pub struct Health {
    /// Whether the API says that it works: a status of success, and no `result: false`.
    pub healthy: bool,
    /// The HTTP status.
    pub status: u16,
    /// The body in one printable line, of 4096 characters at most; what is in it is not documented.
    pub body: String,
}

impl fmt::Debug for Health {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { healthy, status, body } = self;
        let mut shown = formatter.debug_struct("Health");
        shown.field("healthy", healthy).field("status", status).field("body", &Brief(body)).finish()
    }
}

/// One entry of a lookup (wire.md 1.1). Its texts are printable lines.
#[derive(Clone, PartialEq, Eq)]
pub struct LookupEntry {
    /// The identifier.
    pub id: String,
    /// What it stands for.
    pub value: String,
}

impl fmt::Debug for LookupEntry {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (id, value) = (Brief(&self.id), Brief(&self.value));
        formatter.debug_struct("LookupEntry").field("id", &id).field("value", &value).finish()
    }
}

impl SevenG {
    /// Asks whether the API works. Needs no credentials and counts for no lockout.
    ///
    /// # Errors
    /// `transport`, `timeout`, `tls` or `proxy` where no answer came.
    ///
    /// ```no_run
    /// # async fn example() -> Result<(), relatch::Error> {
    /// let provider = relatch::SevenG::builder().environment("test").build()?;
    /// assert!(provider.health(&relatch::Options::default()).await?.healthy);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn health(&self, options: &Options) -> Result<Health, Error> {
        let answer = super::send(self.base_url(), options, Self::anonymous("/Common/HealthCheck".to_owned())).await?;
        Ok(Self::read_health(&answer))
    }

    pub(crate) fn read_health(answer: &Answer) -> Health {
        let denied = answer.object().as_ref().is_some_and(denies);
        let body = one_line(&String::from_utf8_lossy(&answer.body), LONGEST_BODY);
        Health { healthy: answer.is_success() && !denied, status: answer.status, body }
    }

    /// The entries of the lookup `name` (case counts; `info` lists the names), or of all where none is given.
    ///
    /// # Errors
    /// `access_denied` with the server's words for a name that it does not know; `protocol` for an answer that cannot be
    /// read; `rate_limited` where the server asks to slow down; `transport`, `timeout`, `tls` or `proxy` where none came.
    pub async fn lookup(&self, name: Option<&str>, options: &Options) -> Result<Vec<LookupEntry>, Error> {
        let mut path = "/Common/Lookup".to_owned();
        if let Some(name) = name {
            let query: String = name.bytes().map(encode).collect();
            path = format!("{path}?Name={query}");
        }
        let answer = super::send(self.base_url(), options, Self::anonymous(path)).await?;
        self.read_lookup(&answer)
    }

    pub(crate) fn read_lookup(&self, answer: &Answer) -> Result<Vec<LookupEntry>, Error> {
        // None was sent, and yet none is to be shown.
        let secrets = answer.secrets(&self.secrets(None));
        if answer.is_busy() {
            return Err(answer.busy("lookup", &secrets));
        }
        let object = answer.object().filter(|_| answer.is_success());
        let Some(object) = object else { return Err(answer.unreadable("lookup", &secrets)) };
        if denies(&object) {
            let error = Error::new(ErrorCode::AccessDenied, "The API refused the lookup.");
            return Err(answer.explain(error, &secrets));
        }
        let entries = field(&object, "data").and_then(Value::as_array);
        let entries = entries.and_then(|entries| entries.iter().map(entry).collect());
        entries.ok_or_else(|| answer.unreadable("lookup", &secrets))
    }
}

/// None unless it is an object: a scalar is not an entry with blanks in it.
fn entry(entry: &Value) -> Option<LookupEntry> {
    let entry = entry.as_object()?;
    let text = |name: &str| match field(entry, name) {
        Some(Value::String(text)) => datum(text),
        Some(Value::Null) | None => String::new(),
        Some(other) => datum(&other.to_string()),
    };
    Some(LookupEntry { id: text("id"), value: text("value") })
}

/// One byte of a query value (RFC 3986, 2.3).
fn encode(byte: u8) -> String {
    match byte {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => char::from(byte).to_string(),
        _ => format!("%{byte:02X}"),
    }
}

#[cfg(test)]
mod tests {
    use zeroize::Zeroizing;

    use super::*;
    use crate::time::UnixTime;

    fn answer(body: &str) -> Answer {
        let body = Zeroizing::new(body.as_bytes().to_vec());
        Answer { status: 200, retry_at: None, received: UnixTime(0), date: None, content_type: None, body }
    }

    fn lookup(body: &str) -> Result<Vec<LookupEntry>, Error> {
        let builder = SevenG::builder().username("api_user").password("made up");
        builder.build().unwrap().read_lookup(&answer(body))
    }

    #[test]
    fn entries_are_read_however_their_names_are_spelt() {
        let entries = lookup(r#"{"Result": true, "Data": [{"Id": 7, "Value": "Active"}, {"id": null}]}"#).unwrap();
        let entries: Vec<_> = entries.iter().map(|entry| (&*entry.id, &*entry.value)).collect();
        assert_eq!(entries, [("7", "Active"), ("", "")]);
    }

    #[test]
    fn what_is_no_entry_is_not_made_one() {
        for body in [r#"{"data": [{"id": "1"}, 2]}"#, r#"{"data": ["Active"]}"#, r#"{"data": [null]}"#, "[]"] {
            assert_eq!(lookup(body).unwrap_err().code(), ErrorCode::Protocol, "{body}");
        }
        assert!(lookup(r#"{"data": []}"#).unwrap().is_empty());
    }

    #[test]
    fn what_is_shown_of_an_answer_is_bounded_and_printable() {
        let health = SevenG::read_health(&answer(&format!("\u{1b}[2J\u{202e}{}", "word ".repeat(200_000))));
        assert_eq!(health.body.chars().count(), LONGEST_BODY + 1);
        let entries =
            lookup(&format!(r#"{{"data": [{{"id": "a\u001b", "value": "{}"}}]}}"#, "x".repeat(500_000))).unwrap();
        assert_eq!(entries[0].id, "a ");
        for shown in [format!("{health:?}"), format!("{entries:?}")] {
            assert!(shown.len() < 1200 && !shown.contains(['\u{1b}', '\u{202e}']), "{}", shown.len());
        }
    }

    #[test]
    fn the_password_is_not_shown_though_it_was_not_sent() {
        for body in [r#"{"result": false, "message": "no: made up"}"#, "<p>made up</p>"] {
            let error = lookup(body).unwrap_err();
            assert!(!format!("{error:?}").contains("made up"), "{error:?}");
        }
    }
}
