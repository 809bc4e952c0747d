//! JSON as servers write it. At a token answer what is not read is lost: only what is used must be readable, and whatever
//! cannot be read in the rest is left out. What is read never depends on more than one pass over the bytes.

use serde_json::{Map, Value};

/// Values below this depth are passed over.
const DEEPEST: usize = 64;
/// Members of the outermost objects and of those in them: tokens are among these.
const MOST_SHALLOW: usize = 4_000;
/// All other values together.
const MOST_DEEP: usize = 10_000;
/// What may come before an object that is no page: a guard against script inclusion, a callback's name, a chunk's length.
const LONGEST_PRELUDE: usize = 64;

/// An object is looked for below so many lists and texts.
const MOST_WRAPPINGS: usize = 3;

/// What was read of a text.
pub(crate) struct Json {
    pub(crate) value: Value,
    /// Whether everything that could be read was kept. What is too much, or too deep, is not.
    pub(crate) is_whole: bool,
}

/// The first value in these bytes; None if it does not come to its end. What comes after it is not read.
pub(crate) fn read(bytes: &[u8]) -> Option<Json> {
    let last = |end: &[u8]| bytes.windows(end.len()).rposition(|found| found == end).unwrap_or_default();
    let (last_line, last_comment) = (last(b"\n"), last(b"*/"));
    let mut reader =
        Reader { bytes, at: 0, last_line, last_comment, shallow: MOST_SHALLOW, deep: MOST_DEEP, is_whole: true };
    reader.skip_blanks();
    reader.skip_prelude();
    let value = reader.value(0)?;
    Some(Json { value, is_whole: reader.is_whole })
}

/// The object in these bytes: as it is, alone in a list, or written into a text once more, or twice.
pub(crate) fn object(bytes: &[u8]) -> Option<Map<String, Value>> {
    unwrapped(read(bytes)?.value, MOST_WRAPPINGS)
}

fn unwrapped(value: Value, wrappings: usize) -> Option<Map<String, Value>> {
    match value {
        Value::Object(members) => Some(members),
        Value::Array(list) if wrappings > 0 && list.len() == 1 => unwrapped(list.into_iter().next()?, wrappings - 1),
        Value::String(text) if wrappings > 0 && text.trim_start().starts_with(['{', '[', '"']) => {
            unwrapped(read(text.as_bytes())?.value, wrappings - 1)
        }
        _ => None,
    }
}

/// What a text was to be cannot be told.
struct Garbled;

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
    /// Where the last line ends, and the last comment that could.
    last_line: usize,
    last_comment: usize,
    shallow: usize,
    deep: usize,
    is_whole: bool,
}

impl Reader<'_> {
    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn rest(&self) -> &[u8] {
        self.bytes.get(self.at..).unwrap_or_default()
    }

    /// Blanks, control characters, byte order marks and comments.
    fn skip_blanks(&mut self) {
        loop {
            let rest = self.rest();
            match rest {
                [0..=0x20 | 0x7f, ..] => self.at += 1,
                [0xef, 0xbb, 0xbf, ..] => self.at += 3,
                [0xc2, 0xa0, ..] => self.at += 2,
                [b'/', b'/', ..] => self.at += rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len()),
                [b'/', b'*', after @ ..] => {
                    let end = after.windows(2).position(|pair| pair == b"*/");
                    self.at += end.map_or(rest.len(), |end| end + 4);
                }
                _ => return,
            }
        }
    }

    fn skip_prelude(&mut self) {
        let rest = self.rest();
        if matches!(rest.first(), None | Some(b'{' | b'[' | b'"' | b'<')) {
            return;
        }
        let begins = rest.iter().take(LONGEST_PRELUDE).position(|byte| matches!(byte, b'{' | b'<'));
        if let Some(at) = begins.filter(|at| rest[*at] == b'{') {
            self.at += at;
        }
    }

    /// The value here. `depth` is the number of objects and lists around it.
    fn value(&mut self, depth: usize) -> Option<Value> {
        self.skip_blanks();
        match self.peek()? {
            b'{' | b'[' if depth >= DEEPEST => {
                self.is_whole = false;
                self.skip_nested().map(|()| Value::Null)
            }
            b'{' => self.members(depth),
            b'[' => self.list(depth),
            quote @ (b'"' | b'\'') => Some(self.text(quote)?.map_or(Value::Null, Value::String)),
            _ => Some(self.word()),
        }
    }

    fn members(&mut self, depth: usize) -> Option<Value> {
        let mut members = Map::new();
        self.at += 1;
        loop {
            self.skip_blanks();
            match self.peek()? {
                b'}' => {
                    self.at += 1;
                    return Some(Value::Object(members));
                }
                b',' => self.at += 1,
                _ => {
                    let name = self.name()?;
                    self.skip_blanks();
                    if self.peek()? != b':' {
                        // A name without a value, or what is no name.
                        continue;
                    }
                    self.at += 1;
                    let value = self.value(depth + 1)?;
                    if let (Ok(name), true) = (name, self.may_keep(depth < 2)) {
                        keep(&mut members, name, value);
                    }
                }
            }
        }
    }

    fn list(&mut self, depth: usize) -> Option<Value> {
        let mut list = Vec::new();
        self.at += 1;
        loop {
            self.skip_blanks();
            match self.peek()? {
                b']' => {
                    self.at += 1;
                    return Some(Value::Array(list));
                }
                b',' | b'}' => self.at += 1,
                _ => {
                    let value = self.value(depth + 1)?;
                    if self.may_keep(false) {
                        list.push(value);
                    }
                }
            }
        }
    }

    fn may_keep(&mut self, is_shallow: bool) -> bool {
        let left = if is_shallow { &mut self.shallow } else { &mut self.deep };
        self.is_whole &= *left > 0;
        let may = *left > 0;
        *left = left.saturating_sub(1);
        may
    }

    /// A member's name.
    fn name(&mut self) -> Option<Result<String, Garbled>> {
        if let quote @ (b'"' | b'\'') = self.peek()? {
            return self.text(quote);
        }
        let start = self.at;
        let rest = self.rest();
        let length = rest.iter().position(|byte| !is_of_a_word(*byte)).unwrap_or(rest.len());
        // What is of no word at all is passed over, or this would never end.
        self.at += length.max(1);
        Some(String::from_utf8(self.bytes[start..start + length].to_vec()).map_err(|_| Garbled))
    }

    /// A text, unless a quotation mark stands in its middle: nobody can tell what it was to be.
    fn text(&mut self, quote: u8) -> Option<Result<String, Garbled>> {
        let (mut text, mut is_garbled) = (Vec::new(), false);
        self.at += 1;
        loop {
            match self.peek()? {
                b'\\' => self.escape(&mut text)?,
                byte if byte == quote => {
                    self.at += 1;
                    if self.ends_here() {
                        let text = String::from_utf8(text);
                        let text = text.unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned());
                        return Some(if is_garbled { Err(Garbled) } else { Ok(text) });
                    }
                    is_garbled = true;
                }
                byte => {
                    text.push(byte);
                    self.at += 1;
                }
            }
        }
    }

    /// Whether what comes next can follow a text.
    fn ends_here(&self) -> bool {
        let next = self.rest().iter().find(|byte| **byte > 0x20);
        next.is_none_or(|next| matches!(next, b',' | b':' | b'}' | b']' | b'/' | b')' | b';' | 0x7f..))
    }

    fn escape(&mut self, text: &mut Vec<u8>) -> Option<()> {
        let escaped = *self.bytes.get(self.at + 1)?;
        self.at += 2;
        match escaped {
            b'b' => text.push(8),
            b'f' => text.push(12),
            b'n' => text.push(b'\n'),
            b'r' => text.push(b'\r'),
            b't' => text.push(b'\t'),
            b'u' => {
                let character = self.code_point();
                text.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
            }
            other => text.push(other),
        }
        Some(())
    }

    /// The character of `XXXX`, or of `XXXX\uXXXX`. Half of a pair is a replacement character.
    fn code_point(&mut self) -> char {
        let Some(first) = self.code_unit() else { return char::REPLACEMENT_CHARACTER };
        if (0xd800..0xdc00).contains(&first) && self.rest().starts_with(b"\\u") {
            let before = self.at;
            self.at += 2;
            if let Some(second) = self.code_unit()
                && let Some(Ok(character)) = char::decode_utf16([first, second]).next()
            {
                return character;
            }
            self.at = before;
        }
        char::from_u32(first.into()).unwrap_or(char::REPLACEMENT_CHARACTER)
    }

    fn code_unit(&mut self) -> Option<u16> {
        let digits = std::str::from_utf8(self.rest().get(..4)?).ok()?;
        let is_hex = digits.bytes().all(|digit| digit.is_ascii_hexdigit());
        let unit = u16::from_str_radix(digits, 16).ok().filter(|_| is_hex)?;
        self.at += 4;
        Some(unit)
    }

    /// A number, or one of the words that stand for a value; anything else is nothing, also what is not there at all.
    fn word(&mut self) -> Value {
        let (start, mut is_value) = (self.at, true);
        while let Some(byte) = self.peek() {
            if matches!(byte, b',' | b'}' | b']' | b'{' | b'[' | b'"' | b'\n' | b'\r') {
                break;
            }
            // What begins like a comment is one behind a whole value, whatever is in it; elsewhere it may be an address.
            if byte == b'/' && is_value && self.is_comment() {
                is_value = named(&self.bytes[start..self.at]).is_some();
                if is_value {
                    break;
                }
            }
            self.at += 1;
        }
        named(&self.bytes[start..self.at]).unwrap_or_default()
    }

    /// Whether what begins here is a comment that ends.
    fn is_comment(&self) -> bool {
        let begins = |sign: &[u8], last: usize| self.rest().starts_with(sign) && self.at + 1 < last;
        begins(b"/*", self.last_comment) || begins(b"//", self.last_line)
    }

    /// Passes over an object or a list, without keeping anything of it.
    fn skip_nested(&mut self) -> Option<()> {
        let mut depth = 0_usize;
        loop {
            match self.peek()? {
                b'{' | b'[' => depth += 1,
                b'}' | b']' => depth -= 1,
                quote @ (b'"' | b'\'') => {
                    self.skip_text(quote)?;
                    continue;
                }
                _ => {}
            }
            self.at += 1;
            if depth == 0 {
                return Some(());
            }
        }
    }

    fn skip_text(&mut self, quote: u8) -> Option<()> {
        self.at += 1;
        loop {
            match self.peek()? {
                b'\\' => self.at += 2,
                byte => {
                    self.at += 1;
                    if byte == quote && self.ends_here() {
                        return Some(());
                    }
                }
            }
        }
    }
}

/// The value that a number or a word stands for, if it does for one.
fn named(word: &[u8]) -> Option<Value> {
    let word = std::str::from_utf8(word).ok()?.split("/*").next()?.split("//").next()?;
    match word.trim_matches(|c: char| c <= ' ' || matches!(c, '\u{7f}' | '\u{a0}' | '\u{feff}')) {
        "true" | "True" | "TRUE" => Some(Value::Bool(true)),
        "false" | "False" | "FALSE" => Some(Value::Bool(false)),
        "null" | "None" | "NULL" => Some(Value::Null),
        number => number.parse().ok().map(Value::Number),
    }
}

fn is_of_a_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$' | b'-' | b'.') || byte >= 0x80
}

/// Of two members of one name the last counts, unless it is none or an empty text.
fn keep(members: &mut Map<String, Value>, name: String, value: Value) {
    let is_nothing = value.is_null() || value.as_str().is_some_and(str::is_empty);
    if is_nothing && members.get(&name).is_some_and(|held| !held.is_null()) {
        return;
    }
    members.insert(name, value);
}

#[cfg(test)]
#[path = "json_tests.rs"]
mod tests;
