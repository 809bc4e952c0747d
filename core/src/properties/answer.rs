//! An answer as it is written on the wire, and what must hold of any reading of it.

use std::time::Duration;

use reqwest::header::HeaderValue;
use serde_json::Value;
use zeroize::Zeroizing;

use crate::error::{Error, ErrorCode};
use crate::foreign_text::is_printable;
use crate::freshness::{Freshness, Margins, ServerClock, Timing, Windows};
use crate::grant::Expiry;
use crate::json;
use crate::provider::{Answer, Outcome};
use crate::secret::Secret;
use crate::time::{BootTime, UnixTime};
use crate::transport::retry_after::{http_date, wait};

/// When an answer came that does not say so.
const RECEIVED: UnixTime = UnixTime(1_767_589_433_000);
/// The longest wait that a server can ask for.
const LONGEST_WAIT: Duration = Duration::from_secs(86_400);
/// The longest foreign text in an error: 200 characters and a mark that says that there was more.
const LONGEST_TEXT: usize = 201;
/// So many token characters in a row may be a token.
const LONGEST_WORD: usize = 20;

/// A status line, headers, an empty line and the body. `Received` (milliseconds) is a header of our own.
pub(super) struct Written {
    pub(super) answer: Answer,
    head: String,
}

impl Written {
    pub(super) fn read(data: &[u8]) -> Self {
        let (head, body) = match data.windows(2).position(|pair| pair == b"\n\n") {
            Some(end) => (&data[..end], &data[end + 2..]),
            None => (data, &data[data.len()..]),
        };
        let body = Zeroizing::new(body.to_vec());
        let answer = Answer { status: 0, retry_at: None, received: RECEIVED, date: None, content_type: None, body };
        let mut written = Self { answer, head: String::from_utf8_lossy(head).into_owned() };
        let status = written.head.split_whitespace().nth(1).and_then(|status| status.parse().ok());
        let received = written.header("Received").and_then(|at| at.parse().ok()).map_or(RECEIVED, UnixTime);
        let made = written.header("Date").and_then(http_date);
        let wait = written.header("Retry-After").map(|text| wait(text, made.unwrap_or(received)));
        written.answer.status = status.filter(|status| (100..1000).contains(status)).unwrap_or(200);
        written.answer.retry_at = wait.map(|wait| received.after(wait));
        (written.answer.received, written.answer.date) = (received, made);
        written
    }

    /// The value of a header.
    pub(super) fn header(&self, wanted: &str) -> Option<&str> {
        self.head.lines().skip(1).find_map(|line| {
            let (name, value) = line.split_once(':')?;
            name.trim().eq_ignore_ascii_case(wanted).then(|| value.trim())
        })
    }
}

/// All texts and numbers of a value, and those of the JSON that a text holds.
pub(super) fn texts(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(members) => members.values().for_each(|value| texts(value, found)),
        Value::Array(list) => list.iter().for_each(|value| texts(value, found)),
        Value::String(text) => {
            found.push(text.clone());
            if let Some(held) = json::read(text.as_bytes()).map(|read| read.value) {
                texts(&held, found);
            }
        }
        Value::Number(number) => found.push(number.to_string()),
        _ => {}
    }
}

/// Whether a token is one of the answer's texts or numbers, without what cannot be seen at its ends.
pub(super) fn is_said(answer: &Answer, token: &str) -> bool {
    let is_unseen = |end: &str| end.chars().all(|sign| sign.is_whitespace() || !is_printable(sign));
    let is_it =
        |text: &String| text.split_once(token).is_some_and(|(before, after)| is_unseen(before) && is_unseen(after));
    !token.is_empty() && said(answer).iter().any(is_it)
}

/// The texts and the numbers of an answer's body.
pub(super) fn said(answer: &Answer) -> Vec<String> {
    let mut found = Vec::new();
    texts(&Value::from(answer.object().unwrap_or_default()), &mut found);
    found
}

/// Reads twice, and checks what must hold of the outcome of a login or a refresh of which `known` must not come back.
pub(super) fn check_outcome(answer: &Answer, known: &[&str], read: impl Fn(&Answer) -> Outcome) -> Outcome {
    let (outcome, again) = (read(answer), read(answer));
    match (&outcome, &again) {
        (Outcome::Granted(one), Outcome::Granted(other)) => assert!(one == other, "two grants of one answer"),
        (Outcome::SecondFactor(one), Outcome::SecondFactor(other)) => assert!(one == other),
        (one, other) => assert_eq!(format!("{one:?}"), format!("{other:?}")),
    }
    match &outcome {
        Outcome::Granted(grant) => {
            assert!(answer.is_success(), "granted by HTTP {}", answer.status);
            assert!(is_said(answer, grant.access_token.expose()), "a token of nowhere");
            for token in [Some(&grant.access_token), grant.refresh_token.as_ref()].into_iter().flatten() {
                assert_sendable(token);
            }
            check_expiry(grant.expiry, answer);
        }
        Outcome::SecondFactor(asked) => {
            assert!(answer.is_success(), "asked by HTTP {}", answer.status);
            assert!(is_said(answer, asked.token.expose()), "a token of nowhere");
            assert!(!asked.token.expose().is_empty() && !asked.methods.is_empty());
            check_expiry(Expiry::At(asked.expires_at), answer);
        }
        Outcome::Rejected(error) => {
            use ErrorCode::{AccessDenied, AccountLocked, InvalidCredentials, Protocol, SecondFactorRejected};
            let decided = [AccessDenied, AccountLocked, InvalidCredentials, Protocol, SecondFactorRejected];
            assert!(decided.contains(&error.code()), "{error:?}");
            assert!(error.code() != AccountLocked || error.retry_at().is_some(), "{error:?}");
            check_error(error, answer, known);
        }
        Outcome::Busy(error) => {
            assert_eq!(error.code(), ErrorCode::RateLimited);
            assert!(matches!(answer.status, 429 | 503), "{error:?}");
            check_error(error, answer, known);
        }
        Outcome::Unjudged(error) => {
            assert!(matches!(error.code(), ErrorCode::Protocol | ErrorCode::AccessDenied), "{error:?}");
            check_error(error, answer, known);
        }
        Outcome::Unreadable(error) => {
            assert_eq!(error.code(), ErrorCode::Protocol);
            check_error(error, answer, known);
        }
    }
    outcome
}

/// A header can carry it, and it says something.
fn assert_sendable(token: &Secret) {
    assert!(!token.expose().trim().is_empty(), "a blank token");
    assert!(HeaderValue::from_str(&format!("Bearer {}", token.expose())).is_ok(), "a token that no header carries");
}

/// What the crate makes of an end that somebody else has written.
pub(super) fn check_expiry(expiry: Expiry, answer: &Answer) {
    let (start, mut clock) = (BootTime(5_000_000), ServerClock::default());
    clock.observe(Timing { sent: start, received: start.after(Duration::from_millis(50)), date: answer.date });
    let left = match expiry {
        Expiry::At(end) => clock.left(end, start, answer.received),
        Expiry::After(lifetime) => lifetime,
    };
    for chance in [0.0, 0.3, 1.0] {
        let windows = Windows::new(start, left, Margins::default(), chance);
        assert!(start <= windows.due && windows.due <= windows.urgent && windows.urgent <= windows.expired);
        assert_eq!(windows.freshness(windows.expired), Freshness::Expired);
        assert_eq!(windows.expired, start.after(left));
        let common = Windows::until_common_end(windows.expired, windows.due, chance);
        assert!(common.expired <= common.wake);
    }
    if let Expiry::At(end) = expiry {
        assert!(end.seconds().is_finite());
    }
}

/// An error of a reader is bounded, asks for a bounded wait and carries none of `known`.
pub(super) fn check_error(error: &Error, answer: &Answer, known: &[&str]) {
    assert_eq!(error.status(), Some(answer.status));
    if let Some(at) = error.retry_at() {
        assert!(answer.received.until(at) <= LONGEST_WAIT, "{error:?}");
    }
    let shown = format!("{error} {error:?} {}", foreign(error).join("\n"));
    for shown in [unescaped(&shown), unescaped(&unescaped(&shown)), shown] {
        for secret in known {
            assert!(!shown.contains(secret), "{secret} in {shown}");
        }
    }
    foreign(error).into_iter().for_each(check_text);
}

/// A text as it reads where JSON or a formatter has escaped it.
pub(super) fn unescaped(text: &str) -> String {
    let (mut read, mut rest) = (String::new(), text.chars());
    while let Some(character) = rest.next() {
        match (character, rest.clone().next()) {
            ('\\', Some('u')) => {
                let code: String = rest.clone().skip(1).take(4).collect();
                let is_number = code.len() == 4 && code.bytes().all(|digit| digit.is_ascii_hexdigit());
                rest.nth(if is_number { 4 } else { 0 });
                let named = u32::from_str_radix(&code, 16).ok().filter(|_| is_number).map(char::from_u32);
                read.push(named.map_or('u', |named| named.unwrap_or(char::REPLACEMENT_CHARACTER)));
            }
            ('\\', Some(next)) => {
                rest.next();
                read.push(if "bfnrt".contains(next) { ' ' } else { next });
            }
            _ => read.push(character),
        }
    }
    read
}

/// What an error carries of the server's words.
pub(super) fn foreign(error: &Error) -> Vec<&str> {
    [error.server_code(), error.server_message(), error.snippet()].into_iter().flatten().collect()
}

/// A text of the server's that is shown is short, in one line, and holds nothing that looks like a token.
pub(super) fn check_text(text: &str) {
    assert!(text.chars().count() <= LONGEST_TEXT, "{text:?}");
    assert!(!text.chars().any(char::is_control), "{text:?}");
    let is_token_character = |c: char| c.is_ascii_alphanumeric() || "+/_=.-~%".contains(c);
    let longest = text.split(|c| !is_token_character(c)).map(str::len).max();
    assert!(longest.is_none_or(|longest| longest < LONGEST_WORD), "{text:?}");
}
