//! A text as it reads to somebody who looks past its spelling: compatibility forms, case, accents and separators are none.

use icu_normalizer::DecomposingNormalizerBorrowed;
use icu_properties::props::{GeneralCategory, GeneralCategoryGroup};
use zeroize::Zeroizing;

use super::printable::{CATEGORIES, is_printable};

const NORMALIZER: DecomposingNormalizerBorrowed<'static> = DecomposingNormalizerBorrowed::new_nfkd();

/// A text in one of its canonical forms. It may be a secret's.
pub(super) type Form = Zeroizing<Vec<char>>;

/// Its letters and digits, in one case and without accents.
pub(super) fn letters(text: &str) -> Form {
    let wanted = GeneralCategoryGroup::Letter.union(GeneralCategoryGroup::Number);
    form(text, |character| wanted.contains(CATEGORIES.get(character)) && is_printable(character))
}

/// The same with its other signs: all but blanks, accents and what is not printable.
pub(super) fn signs(text: &str) -> Form {
    let dropped = GeneralCategoryGroup::Separator.union(GeneralCategoryGroup::Mark);
    form(text, |character| !dropped.contains(CATEGORIES.get(character)) && is_printable(character))
}

/// The text without blanks, accents and invisible characters, in plain characters: escapes may be spelt with them.
pub(super) fn compact(text: &str) -> String {
    let dropped = GeneralCategoryGroup::Separator.union(GeneralCategoryGroup::Mark);
    let plain = NORMALIZER.normalize_iter(text.chars());
    plain.filter(|one| is_printable(*one) && !dropped.contains(CATEGORIES.get(*one))).collect()
}

fn form(text: &str, is_kept: impl Fn(char) -> bool) -> Form {
    let mut form = Zeroizing::new(Vec::with_capacity(text.len()));
    if text.is_ascii() {
        form.extend(text.chars().map(|character| character.to_ascii_lowercase()).filter(|one| is_kept(*one)));
        return form;
    }
    for character in NORMALIZER.normalize_iter(text.chars()).filter(|character| is_kept(*character)) {
        let folded = character.to_uppercase().flat_map(char::to_lowercase).map(digit);
        form.extend(folded.filter(|character| is_kept(*character)));
    }
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
        assert_eq!(signs("p@ss w\u{f3}rd!").iter().collect::<String>(), "p@ssword!");
    }
}
