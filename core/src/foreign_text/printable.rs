//! What may stand in a line that a person reads: no control, format, private or unassigned character.

use std::fmt;

use icu_properties::props::{BinaryProperty, DefaultIgnorableCodePoint, GeneralCategory, GeneralCategoryGroup};
use icu_properties::{CodePointMapData, CodePointMapDataBorrowed};

pub(super) const CATEGORIES: CodePointMapDataBorrowed<'static, GeneralCategory> =
    CodePointMapData::<GeneralCategory>::new();

/// What a formatter for developers shows of a foreign value, in characters.
const LONGEST_BRIEF: usize = 500;
/// Stands where a text was longer.
const MORE: char = '…';
/// A sign that is drawn as nothing, and whose category does not tell.
const BLANK_SIGN: char = '\u{2800}';

/// Whether a line may hold it: not Cc, Cf, Cn, Co, Cs, Zl or Zp, nor a letter that is drawn as nothing.
pub(crate) fn is_printable(character: char) -> bool {
    if character.is_ascii() {
        return !character.is_ascii_control();
    }
    let unprintable = GeneralCategoryGroup::Other
        .union(GeneralCategoryGroup::LineSeparator)
        .union(GeneralCategoryGroup::ParagraphSeparator);
    let is_blank = || character == BLANK_SIGN || DefaultIgnorableCodePoint::for_char(character);
    !unprintable.contains(CATEGORIES.get(character)) && !is_blank()
}

/// The text as one printable line of at most `most` characters, and a mark where there was more. What is not printable
/// becomes a blank.
pub(crate) fn one_line(text: &str, most: usize) -> String {
    if text.len() <= most && text.bytes().all(|byte| (0x20..0x7f).contains(&byte)) {
        return text.to_owned();
    }
    let mut characters = text.chars();
    let shown = characters.by_ref().take(most);
    let mut line: String = shown.map(|character| if is_printable(character) { character } else { ' ' }).collect();
    if characters.next().is_some() {
        line.push(MORE);
    }
    line
}

/// A value that holds foreign text, as a formatter for developers shows it: bounded, whatever is in it.
pub(crate) struct Brief<'a, T>(pub(crate) &'a T);

impl<T: fmt::Debug> fmt::Debug for Brief<'_, T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&one_line(&format!("{:?}", self.0), LONGEST_BRIEF))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_printable_and_bounded() {
        assert_eq!(one_line("plain, caf\u{e9} \u{1f511} \u{938}", 100), "plain, caf\u{e9} \u{1f511} \u{938}");
        assert_eq!(one_line("four words", 4), "four…");
        assert_eq!(one_line("four", 4), "four");
    }

    #[test]
    fn a_value_is_shown_in_brief() {
        let long = vec!["x".repeat(1 << 20); 3];
        assert!(format!("{:?}", Brief(&long)).len() < 600);
        assert_eq!(format!("{:?}", Brief(&["a\n"])), r#"["a\n"]"#);
    }

    #[test]
    fn no_control_format_private_or_unassigned_character_stays() {
        for character in [
            '\0',
            '\u{1b}',
            '\n',
            '\u{7f}',
            '\u{85}',
            '\u{ad}',
            '\u{200b}',
            '\u{200d}',
            '\u{202e}',
            '\u{2028}',
            '\u{2029}',
            '\u{2066}',
            '\u{feff}',
            '\u{e000}',
            '\u{f8ff}',
            '\u{e0041}',
            '\u{e0001}',
            '\u{10fffd}',
            '\u{ffff}',
            '\u{378}',
            '\u{fff9}',
            '\u{1d173}',
            '\u{3164}',
            '\u{115f}',
        ] {
            assert_eq!(one_line(&format!("a{character}b"), 9), "a b", "U+{:04X}", u32::from(character));
        }
    }
}
