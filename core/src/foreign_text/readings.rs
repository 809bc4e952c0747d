//! The other texts that a text may stand for: what it reads as once entities, escapes, percent signs, base64, hexadecimal
//! and other numbers are undone. None of them is ever shown.

use base64::Engine;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use super::canonical::compact;
use super::entities::named;
use super::printable::is_printable;

/// Fewer characters in a row are what chance makes of any bytes.
pub(super) const SHORTEST_STRETCH: usize = 4;
/// In fewer no secret is spelt.
pub(super) const SHORTEST_SPELT: usize = 6;
/// What people write between characters besides blanks.
const SEPARATORS: [char; 5] = ['-', '_', '.', ':', '\u{b7}'];
/// Whatever stands at the end is read as far as it goes.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::RequireNone)
        .with_decode_allow_trailing_bits(true),
);

/// The text with each kind of escape undone, kind by kind, and without what may stand between the characters of one.
pub(super) fn unescaped(text: &str) -> Vec<String> {
    let compact = compact(text);
    let mut readings = vec![compact.replace(SEPARATORS, ""), compact];
    readings.extend([base64_words(text), hexadecimal_words(text)]);
    for (mark, undo) in [
        ('&', entities as fn(&str) -> String),
        ('%', percent_signs),
        ('\\', backslashes),
        ('=', quoted_printable),
        ('<', without_tags),
    ] {
        if text.contains(mark) {
            readings.push(undo(text));
        }
    }
    readings
}

/// The bytes that the text may stand for, in whole or in part.
pub(super) fn data(text: &str) -> Vec<Vec<u8>> {
    let mut found = Vec::new();
    let kept = |is_kept: fn(&u8) -> bool| text.bytes().filter(is_kept).collect::<Vec<u8>>();
    let with_signs = kept(|byte| byte.is_ascii_alphanumeric() || b"+/-_".contains(byte));
    let with_signs: Vec<u8> = with_signs.into_iter().map(standard).collect();
    let without_signs = kept(u8::is_ascii_alphanumeric);
    if with_signs != without_signs {
        base64(&with_signs, &mut found);
    }
    base64(&without_signs, &mut found);
    hexadecimal(text, &mut found);
    found.extend([10, 8].map(|radix| numbers(text, radix)));
    if !text.is_ascii() {
        let units = || text.encode_utf16();
        found.push(units().flat_map(u16::to_be_bytes).collect());
        found.push(units().flat_map(u16::to_le_bytes).collect());
        // What was UTF-8 and was taken for Latin-1.
        found.push(text.chars().map(|character| u8::try_from(u32::from(character)).unwrap_or(b' ')).collect());
    }
    found.retain(|bytes| bytes.len() >= SHORTEST_STRETCH);
    found
}

/// What of these bytes is text, in stretches of at least so many characters. UTF-16 is read over its zeros.
pub(super) fn stretches(bytes: &[u8], least: usize) -> String {
    let bytes: Vec<u8> = bytes.iter().copied().filter(|byte| *byte != 0).collect();
    let mut text = String::new();
    for chunk in bytes.utf8_chunks() {
        for stretch in chunk.valid().split(|character| !is_printable(character)) {
            if stretch.chars().nth(least - 1).is_some() {
                text.push_str(stretch);
                text.push(' ');
            }
        }
    }
    text
}

/// The bytes read in the encodings that are not UTF-8: UTF-16 of both orders, and Latin-1.
pub(super) fn other_encodings(bytes: &[u8]) -> [String; 3] {
    let utf16 = |order: fn([u8; 2]) -> u16| {
        let units = bytes.chunks_exact(2).map(|pair| order([pair[0], pair[1]]));
        char::decode_utf16(units).map(|unit| unit.unwrap_or(' ')).collect()
    };
    [utf16(u16::from_be_bytes), utf16(u16::from_le_bytes), bytes.iter().copied().map(char::from).collect()]
}

/// The text with each word undone that is base64 of a text.
fn base64_words(text: &str) -> String {
    let is_digit = |character: char| character.is_ascii_alphanumeric() || "+/-_".contains(character);
    words(text, is_digit, |word| {
        let digits: Vec<u8> = word.bytes().map(standard).collect();
        BASE64.decode(digits).ok()
    })
}

/// What hexadecimal digits stand for.
fn hexadecimal_words(text: &str) -> String {
    words(
        text,
        |character| character.is_ascii_hexdigit(),
        |word| {
            let pairs = word.as_bytes().chunks_exact(2);
            let is_whole = pairs.remainder().is_empty();
            is_whole.then(|| {
                pairs.filter_map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()).collect()
            })
        },
    )
}

/// The text with what `undo` makes of its words, where that is a text.
fn words(text: &str, is_digit: impl Fn(char) -> bool, undo: impl Fn(&str) -> Option<Vec<u8>>) -> String {
    let mut read = String::with_capacity(text.len());
    for piece in text.split_inclusive(|character| !is_digit(character)) {
        let (word, rest) = piece.split_at(piece.find(|character| !is_digit(character)).unwrap_or(piece.len()));
        let undone = undo(word).and_then(|bytes| String::from_utf8(bytes).ok());
        match undone.filter(|undone| undone.chars().all(is_printable)) {
            // What fills up base64 ends with the word.
            Some(undone) if !undone.is_empty() => read.extend([undone.as_str(), rest.trim_start_matches('=')]),
            _ => read.push_str(piece),
        }
    }
    read
}

/// A digit of either base64 as the standard one writes it.
fn standard(digit: u8) -> u8 {
    match digit {
        b'-' => b'+',
        b'_' => b'/',
        other => other,
    }
}

/// Base64 begins anywhere: four readings, of which one has the right beginning.
fn base64(digits: &[u8], found: &mut Vec<Vec<u8>>) {
    for start in 0..4.min(digits.len()) {
        let mut digits = &digits[start..];
        if digits.len() % 4 == 1 {
            digits = &digits[..digits.len() - 1];
        }
        found.extend(BASE64.decode(digits).ok());
    }
}

fn hexadecimal(text: &str, found: &mut Vec<Vec<u8>>) {
    let text = text.to_ascii_lowercase().replace("0x", " ");
    let digits: Vec<u8> =
        text.chars().filter_map(|digit| digit.to_digit(16)).filter_map(|digit| u8::try_from(digit).ok()).collect();
    for start in 0..2.min(digits.len()) {
        found.push(digits[start..].chunks_exact(2).map(|pair| pair[0] << 4 | pair[1]).collect());
    }
}

/// Numbers of characters, as in `104 117 110`.
fn numbers(text: &str, radix: u32) -> Vec<u8> {
    let numbers = text.split(|character: char| !character.is_digit(radix)).filter(|digits| !digits.is_empty());
    let read = numbers.map(|digits| character(digits, radix).unwrap_or(' '));
    read.collect::<String>().into_bytes()
}

fn character(digits: &str, radix: u32) -> Option<char> {
    char::from_u32(u32::from_str_radix(digits, radix).ok()?)
}

/// How many characters at the beginning are digits, up to `most`.
fn digits(text: &str, radix: u32, most: usize) -> &str {
    let end = text.chars().take(most).take_while(|character| character.is_digit(radix)).count();
    &text[..end]
}

/// A piece of a page as its reader sees it.
pub(super) fn as_shown(html: &str) -> String {
    entities(&without_tags(html))
}

fn entities(text: &str) -> String {
    let (mut read, mut rest) = (String::with_capacity(text.len()), text);
    while let Some((before, after)) = rest.split_once('&') {
        read.push_str(before);
        let (meant, end) = entity(after);
        match meant {
            Some(meant) => read.push_str(&meant),
            None => read.push('&'),
        }
        rest = &after[end..];
    }
    read.push_str(rest);
    read
}

/// What an entity means, and where it ends; the text begins after its `&`.
fn entity(text: &str) -> (Option<String>, usize) {
    let semicolon = |end: usize| end + usize::from(text[end..].starts_with(';'));
    if let Some(number) = text.strip_prefix('#') {
        let (start, radix) = if number.starts_with(['x', 'X']) { (2, 16) } else { (1, 10) };
        let value = digits(&text[start..], radix, usize::MAX);
        if value.is_empty() {
            return (None, 0);
        }
        let meant = character(value.trim_start_matches('0'), radix).unwrap_or(' ');
        return (Some(meant.to_string()), semicolon(start + value.len()));
    }
    let end = text.bytes().take_while(u8::is_ascii_alphanumeric).count();
    let is_closed = text[end..].starts_with(';');
    match named(&text[..end]) {
        Some(meant) => (Some(meant), semicolon(end)),
        // One that is not known is a sign or a letter that no password of a keyboard has.
        None if is_closed && end > 0 => (Some(String::new()), end + 1),
        None => (None, 0),
    }
}

fn percent_signs(text: &str) -> String {
    let mut read = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(next) = rest.chars().next() {
        let after = &rest[next.len_utf8()..];
        let unit = after.strip_prefix(['u', 'U']).map(|code| digits(code, 16, 4)).filter(|code| code.len() == 4);
        let byte = digits(after, 16, 2);
        let mut end = next.len_utf8();
        match (next, unit) {
            ('%', Some(code)) => {
                let meant = character(code, 16).unwrap_or(' ');
                read.extend_from_slice(meant.encode_utf8(&mut [0; 4]).as_bytes());
                end += 5;
            }
            ('%', None) if byte.len() == 2 => {
                read.extend(u8::from_str_radix(byte, 16));
                end += 2;
            }
            ('+', _) => read.push(b' '),
            _ => read.extend_from_slice(&rest.as_bytes()[..end]),
        }
        rest = &rest[end..];
    }
    String::from_utf8_lossy(&read).into_owned()
}

fn quoted_printable(text: &str) -> String {
    let mut read = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [next, after @ ..] = rest {
        let code = after.get(..2).and_then(|code| std::str::from_utf8(code).ok()).filter(|_| *next == b'=');
        let byte = code.filter(|code| code.bytes().all(|digit| digit.is_ascii_hexdigit()));
        match byte {
            Some(byte) => read.extend(u8::from_str_radix(byte, 16)),
            // A line may end in the middle of a word.
            None if *next == b'=' && after.first() == Some(&b' ') => {}
            None => read.push(*next),
        }
        rest = if byte.is_some() { &rest[3..] } else { after };
    }
    String::from_utf8_lossy(&read).into_owned()
}

fn without_tags(text: &str) -> String {
    let (mut read, mut rest) = (String::with_capacity(text.len()), text);
    while let Some((before, after)) = rest.split_once('<') {
        read.push_str(before);
        match after.split_once('>') {
            Some((_tag, after)) => rest = after,
            None => rest = after,
        }
    }
    read.push_str(rest);
    read
}

/// The escapes of JSON and of programming languages. What is none of them loses its `\`.
fn backslashes(text: &str) -> String {
    let (mut read, mut rest) = (String::with_capacity(text.len()), text);
    while let Some((before, after)) = rest.split_once('\\') {
        read.push_str(before);
        let (units, unread) = code_units(after);
        if !units.is_empty() {
            read.extend(char::decode_utf16(units).map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER)));
            rest = unread;
            continue;
        }
        let (meant, end) = escape(after);
        read.extend(meant);
        rest = &after[end..];
    }
    read.push_str(rest);
    read
}

/// What one escape means, and where it ends.
fn escape(text: &str) -> (Option<char>, usize) {
    let Some(kind) = text.chars().next() else { return (None, 0) };
    let after = &text[kind.len_utf8()..];
    let of = |code: &str, radix: u32, end: usize| (Some(character(code, radix).unwrap_or(' ')), end);
    if let Some(braced) = after.strip_prefix('{').filter(|_| "uxUo".contains(kind)) {
        let radix = if kind == 'o' { 8 } else { 16 };
        let code = digits(braced, radix, 8);
        if !code.is_empty() && braced[code.len()..].starts_with('}') {
            return of(code, radix, 3 + code.len());
        }
    }
    let (octal, two, eight) = (digits(text, 8, 3), digits(after, 16, 2), digits(after, 16, 8));
    match kind {
        '0'..='7' if octal.len() > 1 => of(octal, 8, octal.len()),
        'x' if two.len() == 2 => of(two, 16, 3),
        'U' if eight.len() == 8 => of(eight, 16, 9),
        'b' | 'f' | 'n' | 'r' | 't' | 'v' | '0' => (Some(' '), 1),
        other => (Some(other), other.len_utf8()),
    }
}

/// The numbers of `uXXXX\uXXXX...` and what comes after them: a character may be spelt by two.
fn code_units(mut text: &str) -> (Vec<u16>, &str) {
    let mut units = Vec::new();
    let mut spelt = text.strip_prefix('u');
    while let Some(code) = spelt.map(|rest| digits(rest, 16, 4)).filter(|code| code.len() == 4) {
        units.extend(u16::from_str_radix(code, 16));
        text = &text[5 + usize::from(units.len() > 1)..];
        spelt = text.strip_prefix("\\u");
    }
    (units, text)
}
