//! Whether anybody judged the credentials, as far as an answer that lets nobody in tells. Pure.
//!
//! | answer to a login | judged? |
//! |---|---|
//! | 404, 405, 410, 411, 413, 414, 415, 417, 421, 425, 426, 428, 431, 501, 505, 511 | no: such a request reaches no login |
//! | 301, 307, 308 | no: the same request belongs elsewhere. 302 and 303 are what some servers make of a refusal |
//! | 2xx with a page | no: a web site answered. So do firewalls with 401, 403, 406 and servers with 400, 500, which may have asked the API |
//! | 403 with `Missing Authentication Token` | no: a gateway says that of a path that it does not know |
//! | all of those, in words that speak of a user, a password or a lock | yes |
//! | all of those but pages, in the API's own frame and in words of its own | yes |
//! | 429, and 503 with `Retry-After`, in the API's own frame | it may be, unless the words ask to slow down, or say nothing |
//! | 429, and 503 with `Retry-After`, else | no |
//! | everything else | it may be: the safe side |

use serde_json::Value;

use super::{Answer, BaseUrl};
use crate::error::Error;

/// What reaches no login endpoint, whatever the server is made of.
const UNSEEN: [u16; 19] =
    [301, 307, 308, 404, 405, 410, 411, 413, 414, 415, 417, 421, 425, 426, 428, 431, 501, 505, 511];

/// Longer answers are not read for words.
const READ: usize = 64 * 1024;
/// So deep are words looked for in JSON.
const DEPTH: usize = 4;

/// Whether no login endpoint has seen what was sent. `is_own`: the answer is in the API's frame and denies.
pub(crate) fn is_unseen(answer: &Answer, is_own: bool) -> bool {
    let is_page = is_page(&answer.body);
    let may_be = match answer.status {
        200..300 => is_page,
        403 => is_missing_token(answer),
        status => UNSEEN.contains(&status),
    };
    if !may_be {
        return false;
    }
    let words = Words::of(answer);
    !words.speak_of_credentials() && (!is_own || words.speak_of_the_way())
}

/// The error for such an answer: `error` is what is said of its status and its words, `path` where the login was sent to
/// below `base_url`.
pub(crate) fn unseen(error: Error, base_url: &BaseUrl, path: &str) -> Error {
    /// The longest path that is shown, in characters.
    const LONGEST: usize = 200;
    let prefix = base_url.as_str().split_once("://").and_then(|(_, rest)| rest.find('/').map(|at| &rest[at..]));
    let path = format!("{}{path}", prefix.unwrap_or_default());
    let shown: String = path.chars().take(LONGEST).collect();
    let status = error.status().unwrap_or_default();
    let redirect = if (300..400).contains(&status) {
        " The redirect is not followed, so that credentials go nowhere else."
    } else {
        ""
    };
    error.saying(format!(
        "There is no login at {shown}: something else than the API's login answered (HTTP {status}), and nobody judged \
         what was sent.{redirect} The path is probably wrong: check base_url, with its path prefix if the API has one, and \
         any proxy. This counts as no failed login."
    ))
}

/// What the words of an answer say that asks to slow down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Said {
    /// Nothing about who logs in.
    Nothing,
    /// The login failed.
    Failed,
    /// The user or the password is wrong.
    Wrong,
}

/// Whether an answer in the API's frame says that it judged the credentials, whatever its status is.
pub(crate) fn said(answer: &Answer) -> Said {
    let words = Words::of(answer);
    match (words.speak_of_wrong_credentials(), words.speak_of_credentials()) {
        (true, _) => Said::Wrong,
        (_, true) => Said::Failed,
        // In no words that are known, maybe in another language: the safe side.
        _ if !words.speak_of_haste() => Said::Failed,
        _ => Said::Nothing,
    }
}

/// Whether a body is a page, which no API answers with.
pub(crate) fn is_page(body: &[u8]) -> bool {
    // UTF-16 has a NUL beside each of these characters, and a mark before them.
    let mut bytes = body.iter().copied().filter(|byte| !matches!(byte, 0 | 0xef | 0xbb | 0xbf | 0xff | 0xfe));
    let first = bytes.by_ref().find(|byte| !byte.is_ascii_whitespace());
    first == Some(b'<') && bytes.next().is_some_and(|byte| byte.is_ascii_alphabetic() || matches!(byte, b'!' | b'?'))
}

fn is_missing_token(answer: &Answer) -> bool {
    answer.object().is_some_and(|object| {
        object.values().any(|value| value.as_str().is_some_and(|text| text.trim() == "Missing Authentication Token"))
    })
}

/// The words that a human would read, in lower case. Paths are left out: `Cannot POST /User/Login` speaks of no user.
struct Words(Vec<String>);

impl Words {
    fn of(answer: &Answer) -> Self {
        let mut text = String::new();
        if let Some(object) = answer.object() {
            texts(&Value::Object(object), DEPTH, &mut text);
        } else {
            let body = &answer.body[..answer.body.len().min(READ)];
            let body = String::from_utf8_lossy(body).replace('\0', "");
            text = if is_page(&answer.body) { without_markup(&body) } else { body };
        }
        let spoken = text.split_whitespace().filter(|word| !word.contains('/'));
        let words = spoken.flat_map(|word| word.split(|c: char| !c.is_alphanumeric()));
        Self(words.filter(|word| !word.is_empty()).map(str::to_lowercase).collect())
    }

    fn have(&self, wanted: &[&str]) -> bool {
        self.0.iter().any(|word| wanted.contains(&&**word))
    }

    fn have_one_that_begins(&self, beginnings: &[&str]) -> bool {
        self.0.iter().any(|word| beginnings.iter().any(|beginning| word.starts_with(beginning)))
    }

    fn have_pair(&self, pairs: &[(&str, &str)]) -> bool {
        let mut found = self.0.windows(2);
        found.any(|pair| pairs.iter().any(|(first, second)| pair[0] == *first && pair[1] == *second))
    }

    /// The way to the endpoint is meant, and nobody who goes it.
    fn speak_of_the_way(&self) -> bool {
        const OF: [&str; 9] = ["route", "routes", "endpoint", "resource", "path", "url", "uri", "method", "operation"];
        const PAIRS: [(&str, &str); 5] =
            [("not", "found"), ("not", "allowed"), ("not", "implemented"), ("not", "supported"), ("too", "large")];
        self.0.is_empty()
            || self.have(&OF)
            || self.have_pair(&PAIRS)
            || self.have_one_that_begins(&["unsupported", "gone"])
    }

    /// Somebody came too often, or the server has no time; or nothing is said but that there is an error.
    fn speak_of_haste(&self) -> bool {
        const OF: [&str; 16] = [
            "rate",
            "quota",
            "slow",
            "busy",
            "requests",
            "later",
            "again",
            "retry",
            "wait",
            "traffic",
            "capacity",
            "unavailable",
            "maintenance",
            "seconds",
            "minutes",
            "often",
        ];
        const BEGINNINGS: [&str; 6] = ["limit", "throttl", "overload", "exceed", "frequent", "concurren"];
        let says_more = |word: &String| {
            word.chars().all(char::is_alphabetic)
                && word.chars().count() > 2
                && !matches!(&**word, "error" | "errors" | "fail")
        };
        self.have(&OF)
            || self.have_pair(&[("too", "many"), ("too", "fast")])
            || self.have_one_that_begins(&BEGINNINGS)
            || !self.0.iter().any(says_more)
    }

    fn speak_of_fault(&self) -> bool {
        const PAIRS: [(&str, &str); 7] = [
            ("not", "valid"),
            ("not", "found"),
            ("not", "match"),
            ("not", "exist"),
            ("not", "known"),
            ("no", "such"),
            ("no", "user"),
        ];
        const FAULTS: [&str; 14] = [
            "incorrect",
            "invalid",
            "wrong",
            "expired",
            "mismatch",
            "failed",
            "failure",
            "bad",
            "unknown",
            "denied",
            "disabled",
            "rejected",
            "refused",
            "unauthorized",
        ];
        self.have(&FAULTS) || self.have_pair(&PAIRS)
    }

    /// Who logs in is meant, and a fault, or a lock.
    fn speak_of_credentials(&self) -> bool {
        let named = self.names_credentials()
            || self.have(&["user", "users", "username", "account", "login", "logon", "signin", "client"])
            || self.have_one_that_begins(&["authenticat"]);
        named && (self.speak_of_fault() || self.have_one_that_begins(&["lock", "suspend", "block"]))
    }

    fn names_credentials(&self) -> bool {
        const NAMES: [&str; 10] =
            ["password", "passwords", "passcode", "passwd", "mpin", "pin", "userid", "otp", "totp", "username"];
        const PAIRS: [(&str, &str); 4] = [("user", "id"), ("login", "id"), ("user", "name"), ("client", "id")];
        self.have(&NAMES) || self.have_pair(&PAIRS) || self.have_one_that_begins(&["credential"])
    }

    /// The user or the password is said to be wrong, and not a code, which changes.
    fn speak_of_wrong_credentials(&self) -> bool {
        let wrong = self.have(&["incorrect", "invalid", "wrong", "mismatch"])
            || self.have_pair(&[("not", "valid"), ("not", "match")]);
        wrong && self.names_credentials() && !self.have(&["otp", "totp", "pin"])
    }
}

/// All texts that an answer holds, with blanks between.
fn texts(value: &Value, depth: usize, found: &mut String) {
    match value {
        Value::String(text) if found.len() < READ => {
            found.push_str(text.get(..READ).unwrap_or(text));
            found.push(' ');
        }
        Value::Array(list) if depth > 0 => list.iter().for_each(|value| texts(value, depth - 1, found)),
        Value::Object(members) if depth > 0 => members.values().for_each(|value| texts(value, depth - 1, found)),
        _ => {}
    }
}

/// What of a page is neither markup nor a program or a style.
fn without_markup(page: &str) -> String {
    let mut text = String::new();
    let mut rest = page;
    while let Some((before, after)) = rest.split_once('<') {
        text.push_str(before);
        text.push(' ');
        let lower = |end: &str| after.get(..end.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(end));
        let skipped = ["script", "style"].into_iter().find(|name| lower(name));
        rest = match skipped {
            Some(name) => after_element(after, name),
            None => after.split_once('>').map_or("", |(_, rest)| rest),
        };
    }
    text.push_str(rest);
    text
}

/// What follows an element whose content is no text.
fn after_element<'a>(page: &'a str, name: &str) -> &'a str {
    // As far as its end alone: a page may have thousands of them.
    let is_end = |at: usize| page[at..].get(..name.len()).is_some_and(|found| found.eq_ignore_ascii_case(name));
    let end = page.match_indices("</").map(|(at, begin)| at + begin.len()).find(|at| is_end(*at));
    end.and_then(|end| page[end..].split_once('>')).map_or("", |(_, rest)| rest)
}

#[cfg(test)]
#[path = "judged_tests.rs"]
mod tests;
