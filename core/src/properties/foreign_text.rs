//! Foreign text on its way to somebody who reads it: secrets, one a line, an empty line, and the text.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use icu_normalizer::ComposingNormalizerBorrowed;
use icu_properties::props::{EnumeratedProperty, GeneralCategory};
use serde_json::{Map, Value};

use crate::error::{Error, ErrorCode};
use crate::foreign_text::{self, Secrets, WITHHELD};
use crate::secret::Secret;

use super::answer::unescaped;
use super::synapsewave::assert_shown;

const NFKC: ComposingNormalizerBorrowed<'static> = ComposingNormalizerBorrowed::new_nfkc();
const LONGEST_SHOWN: usize = 201;
const LONGEST_MESSAGE: usize = 2001;
/// So much of a secret tells it; of a shorter one, half.
const RUN: usize = 5;

/// What is shown is bounded by the text, printable, and tells none of the secrets in any canonical form.
pub fn check(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let (head, text) = text.split_once("\n\n").unwrap_or(("", &text));
    let secrets: Vec<Secret> = head.lines().map(Secret::new).collect();
    let known = Secrets::new(&secrets);
    let title = foreign_text::title(text.as_bytes()).unwrap_or_default();
    for text in [text, &title] {
        let shown = known.words(text);
        assert_eq!(shown, known.words(text), "one text is shown in two ways");
        assert!(shown.chars().count() <= LONGEST_SHOWN, "{shown:?}");
        assert!(shown.chars().count() <= text.chars().count().max(1) + WITHHELD.len(), "{shown:?}");
        assert_printable(&shown);
        if shown != WITHHELD {
            shown.split("[redacted]").for_each(|piece| assert_untold(piece, &secrets));
        }
    }
    check_error(text);
    if let Ok(claims) = serde_json::from_str::<Map<String, Value>>(text) {
        let shown = Value::Object(foreign_text::shown(claims, &known));
        assert_shown(&shown);
        assert_printable(&shown.to_string());
    }
}

/// No error lets a text through that nobody has made printable.
fn check_error(text: &str) {
    let owned = || Some(text.to_owned());
    let error = Error::new(ErrorCode::Protocol, text).with_more(text).with_server(owned(), owned()).with_snippet(text);
    let error = error.with_methods(&[text.to_owned()]).with_source(std::io::Error::other(text.to_owned()));
    for error in [error, Error::store(text, std::io::Error::other(text.to_owned()))] {
        for shown in [error.server_code(), error.server_message(), error.snippet()].into_iter().flatten() {
            assert!(shown.chars().count() <= LONGEST_SHOWN + 1, "{shown:?}");
        }
        let message = error.to_string();
        assert!(message.chars().count() <= 2 * LONGEST_MESSAGE, "{message:?}");
        for shown in [message, format!("{error:?}")] {
            assert_printable(&shown);
        }
    }
}

fn assert_printable(text: &str) {
    use GeneralCategory::{Control, Format, LineSeparator, ParagraphSeparator, PrivateUse, Surrogate, Unassigned};
    let unprintable = [Control, Format, LineSeparator, ParagraphSeparator, PrivateUse, Surrogate, Unassigned];
    assert!(!text.chars().any(|one| unprintable.contains(&GeneralCategory::for_char(one))), "{text:?}");
}

/// Neither the text nor what it reads as, twice over, holds a run of a secret.
fn assert_untold(text: &str, secrets: &[Secret]) {
    let once = readings(text);
    let twice: Vec<String> = once.iter().flat_map(|text| readings(text)).collect();
    for reading in std::iter::once(text.to_owned()).chain(once).chain(twice) {
        let read = form(&reading);
        for secret in secrets {
            let whole = form(secret.expose());
            let all = NFKC.normalize_iter(secret.expose().chars()).filter(|one| !one.is_whitespace()).count();
            let length = if whole.len() < RUN { whole.len().div_ceil(2) } else { RUN };
            // What little is left of a secret without its signs does not tell it.
            if length > 0 && (whole.len() >= RUN || whole.len() == all) {
                let run = whole.windows(length).find(|run| read.windows(length).any(|piece| piece == *run));
                assert!(run.is_none(), "{run:?} of {:?} in {text:?}, read as {reading:?}", secret.expose());
            }
        }
    }
}

/// Letters and digits, whatever their case and their compatibility forms are.
fn form(text: &str) -> Vec<char> {
    let normal = NFKC.normalize_iter(text.chars()).flat_map(char::to_lowercase);
    normal.filter(|character| character.is_alphanumeric() && foreign_text::is_printable(*character)).collect()
}

fn readings(text: &str) -> Vec<String> {
    vec![unescaped(text), entities(text), percent(text), base64(text), hexadecimal(text)]
}

/// Numbers of characters, as in `&#104;`.
fn entities(text: &str) -> String {
    let mut pieces = text.split("&#");
    let mut read = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let whole = piece.split_once(';').and_then(|(number, rest)| {
            let number = match number.strip_prefix(['x', 'X']) {
                Some(digits) => u32::from_str_radix(digits, 16),
                None => number.parse(),
            };
            Some((char::from_u32(number.ok()?)?, rest))
        });
        match whole {
            Some((character, rest)) => read.extend(std::iter::once(character).chain(rest.chars())),
            None => read.extend(["&#", piece]),
        }
    }
    read
}

fn percent(text: &str) -> String {
    let (mut read, mut rest) = (Vec::new(), text.as_bytes());
    while let [next, after @ ..] = rest {
        let code = after.get(..2).and_then(|code| std::str::from_utf8(code).ok()).filter(|_| *next == b'%');
        let byte = code.filter(|code| code.bytes().all(|digit| digit.is_ascii_hexdigit()));
        let byte = byte.and_then(|code| u8::from_str_radix(code, 16).ok());
        read.push(byte.unwrap_or(*next));
        rest = if byte.is_some() { &after[2..] } else { after };
    }
    String::from_utf8_lossy(&read).into_owned()
}

fn base64(text: &str) -> String {
    let undo = |word: &str| STANDARD_NO_PAD.decode(word).or_else(|_| URL_SAFE_NO_PAD.decode(word)).ok();
    words(text, |one| one.is_ascii_alphanumeric() || "+/-_".contains(one), undo)
}

fn hexadecimal(text: &str) -> String {
    let byte = |at: usize, word: &str| u8::from_str_radix(word.get(at..at + 2)?, 16).ok();
    let undo = |word: &str| (0..word.len()).step_by(2).map(|at| byte(at, word)).collect();
    words(text, |one| one.is_ascii_hexdigit(), undo)
}

/// The text with what each of its words stands for, where that is a printable text.
fn words(text: &str, is_digit: fn(char) -> bool, undo: impl Fn(&str) -> Option<Vec<u8>>) -> String {
    let undone = text.split_inclusive(|one| !is_digit(one)).map(|piece| {
        let word = piece.trim_end_matches(|one| !is_digit(one));
        let meant = undo(word).and_then(|bytes| String::from_utf8(bytes).ok());
        let meant = meant.filter(|meant| !meant.is_empty() && meant.chars().all(foreign_text::is_printable));
        meant.map_or_else(|| piece.to_owned(), |meant| format!("{meant}{}", &piece[word.len()..]))
    });
    undone.collect()
}
