//! What must never be printed: one type that holds it, and one function that keeps it out of foreign text.

use std::fmt;

use zeroize::{Zeroize, Zeroizing};

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
/// What stands in for a piece that nobody can tell to hold no secret.
pub(crate) const WITHHELD: &str = "[withheld: it may hold a secret]";
/// JSON in JSON in JSON: escapes that go deeper are made to hide something.
const DEEPEST_ESCAPES: usize = 8;

/// A bounded piece of a foreign text that holds none of `secrets` and nothing that looks like one.
pub(crate) fn snippet(text: &str, secrets: &[&Secret]) -> String {
    let text: String = text.chars().take(64 * LONGEST_SNIPPET).collect();
    let Some(clean) = without(&in_one_line(&text), &in_one_line_each(secrets)) else { return WITHHELD.to_owned() };
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
        return WITHHELD.to_owned();
    }
    snippet(body, secrets)
}

/// The text without these secrets, however JSON has escaped them: read as far as one still shows, then cut. Nothing where
/// it does not come to an end.
fn without(text: &str, secrets: &[Zeroizing<String>]) -> Option<String> {
    let mut clean = cut(text, secrets);
    let mut read = clean.clone();
    for _ in 0..DEEPEST_ESCAPES {
        let unescaped = unescaped(&read);
        if unescaped == read {
            return Some(clean);
        }
        read = cut(&unescaped, secrets);
        if read != unescaped {
            clean.clone_from(&read);
        }
    }
    None
}

fn cut(text: &str, secrets: &[Zeroizing<String>]) -> String {
    secrets.iter().fold(text.to_owned(), |text, secret| text.replace(&**secret, "[redacted]"))
}

/// Secrets as they read in one line, without the blanks around them. One that holds another goes first, or its rest would
/// stay.
fn in_one_line_each(secrets: &[&Secret]) -> Vec<Zeroizing<String>> {
    let lines = secrets.iter().map(|secret| Zeroizing::new(in_one_line(secret.expose())));
    let mut lines: Vec<_> = lines.map(|line| Zeroizing::new(line.trim().to_owned())).collect();
    lines.retain(|line| !line.is_empty());
    lines.sort_by_key(|line| std::cmp::Reverse(line.len()));
    lines
}

fn in_one_line(text: &str) -> String {
    text.chars().map(in_line).collect()
}

fn in_line(character: char) -> char {
    if character.is_control() { ' ' } else { character }
}

/// The text as it reads once the escapes of JSON are undone. It need not be JSON: what is none of them loses its `\`.
fn unescaped(text: &str) -> String {
    let (mut read, mut rest) = (String::with_capacity(text.len()), text);
    while let Some((before, after)) = rest.split_once('\\') {
        read.push_str(before);
        let (units, unread) = code_units(after);
        if !units.is_empty() {
            let characters = char::decode_utf16(units).map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER));
            read.extend(characters.map(in_line));
            rest = unread;
            continue;
        }
        let mut characters = after.chars();
        read.extend(characters.next().map(|named| if "bfnrt".contains(named) { ' ' } else { named }));
        rest = characters.as_str();
    }
    read.push_str(rest);
    read
}

/// The numbers of `uXXXX\uXXXX...` and what comes after them: a character may be spelt by two.
fn code_units(mut text: &str) -> (Vec<u16>, &str) {
    let mut units = Vec::new();
    let mut spelt = text.strip_prefix('u');
    while let Some(digits) = spelt.and_then(|rest| rest.get(..4)) {
        if !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            break;
        }
        units.extend(u16::from_str_radix(digits, 16));
        text = &text[5 + usize::from(units.len() > 1)..];
        spelt = text.strip_prefix("\\u");
    }
    (units, text)
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
    fn a_known_secret_is_cut_out_in_any_spelling_of_json() {
        for (secret, text) in [
            ("made up", "so made\nup is"),
            ("made\nup", r"so made\nup is"),
            (" made up\n", "so made up is"),
            ("made/up", r"so made\/up is"),
            ("made+up", r"so made\u002Bup is"),
            ("\"made\" up", r#"so \"made\" up is"#),
            ("\"made\" up", r#"so \\\"made\\\" up is"#),
            (r"made\up", r"so made\\up is"),
            (r"made\/up", r"so made\/up is"),
            ("\u{e9}t\u{e9} \u{1f511}", r"so \u00e9t\u00E9 \ud83d\udd11 is"),
        ] {
            assert_eq!(snippet(text, &[&Secret::new(secret)]), "so [redacted] is", "{secret} in {text}");
        }
    }

    #[test]
    fn a_text_without_a_secret_keeps_its_escapes() {
        let text = r#"{"why":"C:\\logs, caf\u00e9 \ud83d \u00 \"so\"\n"}"#;
        assert_eq!(snippet(text, &[&Secret::new("made up"), &Secret::new("\n ")]), text);
    }

    #[test]
    fn of_two_secrets_the_longer_is_cut_out_first() {
        let (short, long) = (Secret::new("made"), Secret::new("made up"));
        assert_eq!(snippet("made up, made", &[&short, &long]), "[redacted], [redacted]");
    }

    #[test]
    fn escapes_without_end_are_withheld() {
        assert_eq!(snippet(&format!("\\{}", "u005c".repeat(20)), &[]), WITHHELD);
    }

    #[test]
    fn half_of_a_good_answer_is_withheld() {
        assert_eq!(body_snippet(r#"{"refreshToken":"cZk3xQ"#, &[]), WITHHELD);
        assert_eq!(body_snippet("<h1>Bad Gateway</h1>", &[]), "<h1>Bad Gateway</h1>");
    }
}
