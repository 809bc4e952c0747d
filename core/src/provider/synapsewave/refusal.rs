//! Why the server refused, as far as its answer says so. The texts and all sub-codes but two are not documented:
//! nothing finer than explicit words is told (wire.md 2.2, 2.10.6, 2.10.7).

use std::time::Duration;

use crate::error::{Error, ErrorCode};

use super::reading::Reading;

/// How long a lockout lasts is not documented; this long is what other systems do.
const LOCKED_FOR: Duration = Duration::from_secs(600);

/// Whether the answer says what it refuses.
pub(super) fn is_explicit(reading: &Reading) -> bool {
    let code = reading.envelope.as_ref().and_then(super::envelope::Envelope::code);
    let known = code.is_some_and(|code| ["e-14", "e-17"].contains(&&*code.to_ascii_lowercase()));
    let words = Words::of(&reading.answer.telling_words(&reading.secrets));
    known
        || words.speak_of_a_bad_code()
        || words.speak_of_bad_credentials()
        || reading.answer.speaks_of_lockout(&reading.secrets)
}

/// The error for an answer that refuses.
pub(super) fn read(reading: &Reading) -> Error {
    let (status, what) = (reading.answer.status, reading.what);
    let Some(envelope) = &reading.envelope else { return without_envelope(reading) };
    let words = Words::of(&reading.answer.telling_words(&reading.secrets));
    match envelope.code().map(|code| code.to_ascii_lowercase()).as_deref() {
        Some("e-17") => return second_factor(reading),
        Some("e-14") => return licence(reading),
        _ => {}
    }
    if reading.answer.speaks_of_lockout(&reading.secrets) {
        return locked(reading);
    }
    match (words.speak_of_a_bad_code(), words.speak_of_bad_credentials()) {
        (true, false) => second_factor(reading),
        (false, true) => credentials(reading),
        (false, false) if status == 401 => credentials(reading),
        _ => {
            let message = format!(
                "The server refused the {what} (HTTP {status}). A wrong value, a disabled user and a bad API key look \
                 alike."
            );
            reading.refused(ErrorCode::AccessDenied, message)
        }
    }
}

fn second_factor(reading: &Reading) -> Error {
    let message = format!(
        "The server refused the second factor of the {}: the code is wrong, too old or used already. Check the secret \
         or the device that makes it, and try again with the next one.",
        reading.what
    );
    reading.refused(ErrorCode::SecondFactorRejected, message)
}

fn credentials(reading: &Reading) -> Error {
    let message = format!(
        "The server refused the {} (HTTP {}): user or credential are wrong or expired, or are those of another broker. \
         Check user_id, what goes with it, and base_url.",
        reading.what, reading.answer.status
    );
    reading.refused(ErrorCode::InvalidCredentials, message)
}

fn licence(reading: &Reading) -> Error {
    let message = format!(
        "The server refused the {} for want of a licence (e-14). The broker may have none for this source: try the \
         other one, WEBAPI or MOBILEAPI, or ask the broker.",
        reading.what
    );
    reading.refused(ErrorCode::AccessDenied, message)
}

fn locked(reading: &Reading) -> Error {
    let message = format!(
        "The server says that the user is locked and refused the {}. The broker may have to unlock the user, and nothing is \
         sent for a while.",
        reading.what
    );
    let answer = reading.answer;
    let retry_at = answer.retry_at.unwrap_or_else(|| answer.received.after(LOCKED_FOR));
    reading.explain(Error::new(ErrorCode::AccountLocked, message).trying_again(answer.received, retry_at))
}

/// wire.md 2.10.7: a gateway, a firewall or a proxy answers in words of its own. JSON comes of a gateway that knows the
/// API, a page or nothing at all of something that may be gone in an hour.
fn without_envelope(reading: &Reading) -> Error {
    let code = if reading.answer.object().is_some() { ErrorCode::AccessDenied } else { ErrorCode::Protocol };
    let message = format!(
        "The {} was refused (HTTP {}) by an answer that is none of the API's: a gateway or a firewall in front of it may \
         have answered. Check that base_url keeps its path prefix, as in /prod/interactive, and the x-api-key.",
        reading.what, reading.answer.status
    );
    reading.with_snippet(reading.refused(code, message))
}

/// The words of a message, in lower case.
struct Words(Vec<String>);

impl Words {
    fn of(message: &str) -> Self {
        let words = message.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
        Self(words.map(str::to_ascii_lowercase).collect())
    }

    fn have(&self, wanted: &[&str]) -> bool {
        self.0.iter().any(|word| wanted.contains(&&**word))
    }

    fn have_pair(&self, first: &str, second: &str) -> bool {
        self.0.windows(2).any(|pair| pair[0] == first && pair[1] == second)
    }

    fn speak_of_fault(&self) -> bool {
        self.have(&["incorrect", "invalid", "wrong", "expired", "mismatch"]) || self.have_pair("not", "valid")
    }

    fn speak_of_a_bad_code(&self) -> bool {
        self.speak_of_fault() && self.have(&["otp", "totp"])
    }

    fn speak_of_bad_credentials(&self) -> bool {
        let named = self.have(&["password", "mpin", "userid"])
            || self.0.iter().any(|word| word.starts_with("credential"))
            || self.have_pair("user", "id")
            || self.have_pair("login", "id");
        self.speak_of_fault() && named
    }
}
