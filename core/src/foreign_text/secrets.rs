//! All that a text must not show, and the door that foreign texts pass.

use std::collections::{HashSet, VecDeque};
use std::hash::{BuildHasher, RandomState};

use zeroize::Zeroizing;

use super::canonical::{Form, is_word, letters, signs};
use super::names::{MOST_SECRETS, named};
use super::printable::one_line;
use super::readings::{SHORTEST_SPELT, SHORTEST_STRETCH, data, other_encodings, stretches, unescaped};
use crate::json::Json;
use crate::secret::Secret;

/// A run of so many characters of a secret is too much of it; of a shorter secret, half.
const LONGEST_RUN: usize = 5;
/// The longest text that is shown, in characters.
pub(crate) const LONGEST_TEXT: usize = 200;
/// What is read of a text: what is cut out of it makes room for more.
const READ: usize = 4 * LONGEST_TEXT;
/// A run of so many token characters may be a token, whatever it is called.
const LONGEST_WORD: usize = 20;
/// No exchange has longer secrets. Where they are, nothing is shown.
const MOST_CHARACTERS: usize = 1 << 16;
/// Escapes that go deeper, or readings that are more, are made to hide something.
const DEEPEST: usize = 8;
const MOST_READINGS: usize = 128;
/// What stands for a secret that stood in a text as it is.
const REDACTED: &str = "[redacted]";
/// What stands for a text that may show a secret.
pub(crate) const WITHHELD: &str = "[withheld: it may hold a secret]";

/// Secrets, ready to be looked for.
#[derive(Default)]
pub(crate) struct Secrets {
    /// As they are, in one line.
    lines: Vec<Zeroizing<String>>,
    /// Whole, in their canonical forms.
    wholes: Vec<Zeroizing<String>>,
    letters: Runs,
    signs: Runs,
    /// Whether some are spelt with letters that encodings differ in.
    are_foreign: bool,
    /// Whether they are too many to be looked for.
    are_too_many: bool,
}

impl Secrets {
    pub(crate) fn new<'a>(secrets: impl IntoIterator<Item = &'a Secret>) -> Self {
        let mut all = Self::default();
        let mut room = MOST_CHARACTERS;
        for (count, secret) in secrets.into_iter().enumerate() {
            let secret = secret.expose();
            if count == MOST_SECRETS || secret.len() > room {
                return Self { are_too_many: true, ..Self::default() };
            }
            room -= secret.len();
            all.add(secret);
        }
        all
    }

    /// The secrets that are known, and those that an answer's body holds by their names. Where that body has more than can
    /// be looked at, or compared, nothing of it is to be shown.
    pub(crate) fn with_named(known: &[&Secret], body: Option<&Json>) -> Self {
        let mut found = Vec::new();
        let are_all = body.is_none_or(|body| body.is_whole && named(&body.value, false, &mut found));
        let secrets = Self::new(known.iter().copied().chain(&found));
        if are_all { secrets } else { Self { are_too_many: true, ..secrets } }
    }

    /// Secrets that are not known, of which no text is to be shown.
    pub(crate) fn unknown() -> Self {
        Self { are_too_many: true, ..Self::default() }
    }

    fn add(&mut self, secret: &str) {
        let (letters, signs) = (letters(secret), signs(secret));
        self.are_foreign |= !secret.is_ascii();
        let line = Zeroizing::new(one_line(secret, usize::MAX).trim().to_owned());
        if !line.is_empty() && !self.lines.contains(&line) {
            self.lines.push(line);
        }
        // What is left of a secret without its signs tells it only where that is much of it.
        if letters.len() >= LONGEST_RUN || is_word(&signs) {
            self.letters.add(&letters);
            self.add_whole(&letters);
        }
        if letters != signs {
            self.signs.add(&signs);
            self.add_whole(&signs);
        }
    }

    fn add_whole(&mut self, form: &Form) {
        if form.len() >= LONGEST_RUN {
            self.wholes.push(Zeroizing::new(form.iter().collect()));
        }
    }

    /// The server's words, as they may be shown: one printable line of 200 characters at most, without the secrets and
    /// without what looks like a token; withheld where a run of five characters of a secret, or half of one that has
    /// fewer, is left in any of its readings.
    pub(crate) fn words(&self, text: &str) -> String {
        let whole = self.without_lines(text);
        let words = whole.split_inclusive(|character| !is_token_character(character));
        let short: String = words.map(hide_long_word).collect();
        let short = one_line(short.trim(), LONGEST_TEXT);
        // What stands for many short secrets is longer than they are.
        let grows = short.chars().count() > text.chars().take(LONGEST_TEXT).count() + WITHHELD.len();
        if grows || !short.is_empty() && self.are_in(&short) { WITHHELD.to_owned() } else { short }
    }

    /// The server's words for code that decides by them and never shows them: the secrets are cut out of them.
    pub(crate) fn without_lines(&self, text: &str) -> String {
        let line = one_line(text, READ);
        let mut spans: Vec<_> = self.lines.iter().flat_map(|secret| spans(&line, secret)).collect();
        spans.sort_unstable();
        let (mut clean, mut end) = (String::with_capacity(line.len()), 0);
        for (from, to) in spans {
            if from >= end {
                clean.push_str(&line[end..from]);
                clean.push_str(REDACTED);
            }
            end = end.max(to);
        }
        clean.push_str(&line[end..]);
        clean
    }

    /// Whether one of them is told by the text: in any of its readings, each read in any of theirs.
    pub(crate) fn are_in(&self, text: &str) -> bool {
        if self.are_too_many {
            return true;
        }
        if self.letters.is_empty() && self.signs.is_empty() {
            return false;
        }
        let mut seen = HashSet::from([text.to_owned()]);
        let mut waiting = VecDeque::from([(text.to_owned(), 0)]);
        while let Some((reading, depth)) = waiting.pop_front() {
            if self.are_read_in(&reading, 1) {
                return true;
            }
            let mut next = unescaped(&reading);
            for bytes in data(&reading) {
                let is_told = self.are_read_in(&stretches(&bytes, SHORTEST_STRETCH), 1);
                let read_otherwise = || other_encodings(&bytes);
                if is_told
                    || self.are_foreign && read_otherwise().iter().any(|text| self.are_read_in(text, LONGEST_RUN))
                {
                    return true;
                }
                next.push(stretches(&bytes, SHORTEST_SPELT));
            }
            for reading in next.iter().map(|reading| reading.trim()).filter(|reading| !reading.is_empty()) {
                if seen.contains(reading) {
                    continue;
                }
                if depth == DEEPEST || seen.len() == MOST_READINGS {
                    return true;
                }
                seen.insert(reading.to_owned());
                waiting.push_back((reading.to_owned(), depth + 1));
            }
        }
        false
    }

    /// Whether a run of one of them, of at least this length, is in the text as it is.
    fn are_read_in(&self, text: &str, least: usize) -> bool {
        self.letters.are_in(&letters(text), least) || self.signs.are_in(&signs(text), least)
    }

    /// Whether one of them stands in the text from its beginning to its end.
    pub(crate) fn are_whole_in(&self, text: &str) -> bool {
        if self.wholes.is_empty() {
            return false;
        }
        let forms = [letters(text), signs(text)].map(|form| Zeroizing::new(form.iter().collect::<String>()));
        self.wholes.iter().any(|secret| forms.iter().any(|form| form.contains(&**secret)))
    }
}

/// The runs that tell a secret, by their hashes: for each length those that are as long.
#[derive(Default)]
struct Runs {
    hasher: RandomState,
    by_length: [HashSet<u64>; LONGEST_RUN],
}

impl Runs {
    fn add(&mut self, form: &[char]) {
        let length = if form.len() < LONGEST_RUN { form.len().div_ceil(2) } else { LONGEST_RUN };
        if length > 0 {
            let runs = form.windows(length).map(|run| self.hasher.hash_one(run));
            self.by_length[length - 1].extend(runs);
        }
    }

    fn is_empty(&self) -> bool {
        self.by_length.iter().all(HashSet::is_empty)
    }

    /// Whether a run of at least this length is in the text.
    fn are_in(&self, form: &[char], least: usize) -> bool {
        self.by_length.iter().enumerate().skip(least - 1).any(|(index, known)| {
            !known.is_empty() && form.windows(index + 1).any(|run| known.contains(&self.hasher.hash_one(run)))
        })
    }
}

/// Where the secret stands in the line, from and to.
fn spans<'a>(line: &'a str, secret: &'a str) -> impl Iterator<Item = (usize, usize)> + 'a {
    line.match_indices(secret).map(|(from, found)| (from, from + found.len()))
}

fn is_token_character(character: char) -> bool {
    character.is_ascii_alphanumeric() || "+/_=.-~%".contains(character)
}

fn hide_long_word(word: &str) -> String {
    let body = word.trim_end_matches(|character: char| !is_token_character(character));
    let is_token = body.len() >= LONGEST_WORD || body.contains("eyJ");
    if is_token { format!("{REDACTED}{}", &word[body.len()..]) } else { word.to_owned() }
}
