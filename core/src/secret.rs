//! What must never be printed: one type that holds it, and one function that keeps it out of foreign text.

use std::fmt;

use zeroize::Zeroize;

/// A password, token or key: its own copy is wiped when dropped, and it is shown as `[redacted]` by every formatter.
///
/// ```
/// let secret = relatch::Secret::new("made up");
/// assert_eq!(format!("{secret:?}"), "[redacted]");
/// assert_eq!(secret.expose(), "made up");
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Box<str>);

impl Secret {
    /// Takes the secret over.
    pub fn new(secret: impl Into<String>) -> Self {
        Self(secret.into().into_boxed_str())
    }

    /// Whether a header can carry it: printable ASCII, and something.
    pub(crate) fn is_sendable(&self) -> bool {
        !self.0.trim().is_empty() && self.0.bytes().all(|byte| (0x20..0x7f).contains(&byte))
    }

    /// The secret itself, for the one place that sends or stores it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("[redacted]")
    }
}

impl Drop for Secret {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl From<String> for Secret {
    fn from(secret: String) -> Self {
        Self::new(secret)
    }
}

impl From<&str> for Secret {
    fn from(secret: &str) -> Self {
        Self::new(secret)
    }
}

/// The longest piece of a foreign text that an error carries, in characters.
const LONGEST_SNIPPET: usize = 200;
/// A run of this many token characters may be a token, whatever it is called.
const LONGEST_WORD: usize = 20;
/// A body that uses one of these words may hold a secret that nobody has told us yet.
const TELLING: [&str; 6] = ["token", "password", "secret", "otp", "eyj", "auth_"];

/// A bounded piece of a foreign text that holds none of `secrets` and nothing that looks like one.
pub(crate) fn snippet(text: &str, secrets: &[&Secret]) -> String {
    let mut text: String = text.chars().take(64 * LONGEST_SNIPPET).collect();
    for secret in secrets.iter().filter(|secret| !secret.expose().is_empty()) {
        text = text.replace(secret.expose(), "[redacted]");
    }
    let clean: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let words = clean.split_inclusive(|c: char| !is_token_character(c));
    let mut short: String = words.map(hide_long_word).collect();
    if let Some((end, _)) = short.char_indices().nth(LONGEST_SNIPPET) {
        short.truncate(end);
        short.push('…');
    }
    short.trim().to_owned()
}

/// The same for a whole body that could not be read: such a body may be half of a good answer, tokens included.
pub(crate) fn body_snippet(body: &str, secrets: &[&Secret]) -> String {
    let lower = body.to_ascii_lowercase();
    if TELLING.iter().any(|word| lower.contains(word)) {
        return "[withheld: it may hold a secret]".to_owned();
    }
    snippet(body, secrets)
}

fn is_token_character(c: char) -> bool {
    c.is_ascii_alphanumeric() || "+/_=.-~%".contains(c)
}

fn hide_long_word(word: &str) -> String {
    let body = word.trim_end_matches(|c: char| !is_token_character(c));
    if body.len() < LONGEST_WORD { word.to_owned() } else { format!("[redacted]{}", &word[body.len()..]) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_known_secret_is_cut_out_of_foreign_text() {
        let password = Secret::new("pass word/1");
        assert_eq!(snippet("user api_user pass word/1 refused", &[&password]), "user api_user [redacted] refused");
    }

    #[test]
    fn a_long_word_is_hidden_and_a_long_text_cut() {
        assert_eq!(snippet("see abcdefghijklmnopqrstuvwxyz, please", &[]), "see [redacted], please");
        assert_eq!(snippet(&"word ".repeat(500), &[]).chars().count(), LONGEST_SNIPPET + 1);
    }

    #[test]
    fn half_of_a_good_answer_is_withheld() {
        assert_eq!(body_snippet(r#"{"refreshToken":"cZk3xQ"#, &[]), "[withheld: it may hold a secret]");
        assert_eq!(body_snippet("<h1>Bad Gateway</h1>", &[]), "<h1>Bad Gateway</h1>");
    }
}
