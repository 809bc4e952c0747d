//! Errors of the libraries beneath: their texts may quote what a server sent, such as the names in its certificate.

use std::error::Error as StdError;
use std::{fmt, io};

use super::Error;
use crate::foreign_text::{LONGEST_TEXT, one_line};

/// So many errors beneath each other are kept.
const DEEPEST: usize = 8;

/// An error of another library as it may be shown: its words, printable and bounded, and nothing else of it.
struct Shown {
    words: String,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

impl fmt::Display for Shown {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.words)
    }
}

impl fmt::Debug for Shown {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.words)
    }
}

impl StdError for Shown {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.source.as_deref().map(|source| source as &(dyn StdError + 'static))
    }
}

/// The error and those beneath it.
pub(crate) fn sources<'a>(error: &'a (dyn StdError + 'static)) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    std::iter::successors(Some(error), |error: &&(dyn StdError + 'static)| (*error).source())
}

/// What an error says, in one printable and bounded line.
pub(crate) fn words(error: &(dyn StdError + 'static)) -> String {
    one_line(&error.to_string(), LONGEST_TEXT)
}

/// The error and those beneath it as they may be shown. Errors of the operating system and of this crate stay what they
/// are.
pub(crate) fn shown(error: &(dyn StdError + 'static)) -> Box<dyn StdError + Send + Sync> {
    within(error, DEEPEST)
}

fn within(error: &(dyn StdError + 'static), depth: usize) -> Box<dyn StdError + Send + Sync> {
    if let Some(own) = error.downcast_ref::<Error>() {
        return Box::new(own.clone());
    }
    let system = error.downcast_ref::<io::Error>();
    if let Some(number) = system.and_then(io::Error::raw_os_error) {
        return Box::new(io::Error::from_raw_os_error(number));
    }
    let source = error.source().filter(|_| depth > 1).map(|source| within(source, depth - 1));
    let shown = Shown { words: words(error), source };
    match system {
        Some(system) => Box::new(io::Error::new(system.kind(), shown)),
        None => Box::new(shown),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::foreign_text::is_printable;

    #[test]
    fn errors_of_libraries_are_shown_in_bounded_printable_lines() {
        let inner = std::io::Error::other(format!("name \u{1b}[2J\r\n{}", "x".repeat(60_000)));
        let outer = std::io::Error::other(inner);
        let seen = shown(&outer);
        let mut beneath = Some(&*seen as &(dyn std::error::Error + 'static));
        while let Some(error) = beneath {
            for text in [error.to_string(), format!("{error:?}")] {
                assert!(text.chars().count() < 300 && text.chars().all(is_printable), "{text}");
            }
            beneath = error.source();
        }
        let system = shown(&std::io::Error::from_raw_os_error(2));
        assert_eq!(system.downcast_ref::<std::io::Error>().and_then(std::io::Error::raw_os_error), Some(2));
    }
}
