//! A text as it reads to somebody who looks past its spelling: compatibility forms, case, accents and separators are none.

use icu_normalizer::{ComposingNormalizerBorrowed, DecomposingNormalizerBorrowed};
use icu_properties::props::{GeneralCategory, GeneralCategoryGroup};
use zeroize::Zeroizing;

use super::printable::{CATEGORIES, is_printable};

const NFKC: ComposingNormalizerBorrowed<'static> = ComposingNormalizerBorrowed::new_nfkc();
const NFKD: DecomposingNormalizerBorrowed<'static> = DecomposingNormalizerBorrowed::new_nfkd();

/// A text in one of its canonical forms. It may be a secret's.
pub(super) type Form = Zeroizing<Vec<char>>;

/// Its letters and digits, in one case and without accents.
pub(super) fn letters(text: &str) -> Form {
    let wanted = GeneralCategoryGroup::Letter.union(GeneralCategoryGroup::Number);
    let is_kept = |character| wanted.contains(CATEGORIES.get(character)) && is_printable(character);
    folded(text, NFKD.normalize_iter(text.chars()), is_kept)
}

/// All of it but blanks and what is not printable, in one case.
pub(super) fn signs(text: &str) -> Form {
    let dropped = GeneralCategoryGroup::Separator;
    let is_kept = |character| !dropped.contains(CATEGORIES.get(character)) && is_printable(character);
    folded(text, NFKC.normalize_iter(text.chars()), is_kept)
}

/// Whether it is all letters, digits and their accents.
pub(super) fn is_word(form: &[char]) -> bool {
    let wanted = GeneralCategoryGroup::Letter.union(GeneralCategoryGroup::Number).union(GeneralCategoryGroup::Mark);
    form.iter().all(|character| wanted.contains(CATEGORIES.get(*character)))
}

/// The text without blanks, accents and invisible characters, in plain characters: escapes may be spelt with them.
pub(super) fn compact(text: &str) -> String {
    let dropped = GeneralCategoryGroup::Separator.union(GeneralCategoryGroup::Mark);
    let plain = NFKD.normalize_iter(text.chars());
    plain.filter(|one| is_printable(*one) && !dropped.contains(CATEGORIES.get(*one))).collect()
}

fn folded(text: &str, normal: impl Iterator<Item = char>, is_kept: impl Fn(char) -> bool) -> Form {
    let mut form = Zeroizing::new(Vec::with_capacity(text.len()));
    if text.is_ascii() {
        form.extend(text.chars().map(|character| character.to_ascii_lowercase()).filter(|one| is_kept(*one)));
        return form;
    }
    let folded = normal.flat_map(char::to_uppercase).flat_map(char::to_lowercase).map(digit);
    form.extend(folded.filter(|character| is_kept(*character)));
    form
}

/// A decimal digit of any script as one of ours: each script's ten are in a row.
fn digit(character: char) -> char {
    let is_digit = |number: u32| CATEGORIES.get32(number) == GeneralCategory::DecimalNumber;
    let number = u32::from(character);
    if character.is_ascii() || !is_digit(number) {
        return character;
    }
    let before = (1..=50).take_while(|back| is_digit(number - back)).count();
    char::from_digit(u32::try_from(before % 10).unwrap_or(0), 10).unwrap_or(character)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spelling_makes_no_difference() {
        for text in [
            "hunter2",
            "HUNTER2",
            "h-u n.t_e/r:2",
            "\u{ff48}unter\u{ff12}",
            "hu\u{200b}nter2",
            "h\u{fa}nter\u{967}\u{968}",
        ] {
            let expected = if text.ends_with('\u{968}') { "hunter12" } else { "hunter2" };
            assert_eq!(letters(text).iter().collect::<String>(), expected, "{text}");
        }
        assert_eq!(letters("Stra\u{df}e"), letters("STRASSE"));
        assert_eq!(signs("p@ss w\u{f3}rd!").iter().collect::<String>(), "p@ssw\u{f3}rd!");
        assert_eq!(signs("W\u{f3}rd"), signs("wO\u{301}rd"));
    }
}
