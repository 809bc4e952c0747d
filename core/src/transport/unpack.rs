//! What an answer's bytes say once their packing is undone: codings that nobody asked for, and characters of two or four
//! bytes. Told by the bytes where they tell it, by the headers else. Pure.

use std::io::Read;

use flate2::bufread::{DeflateDecoder, MultiGzDecoder, ZlibDecoder};
use zeroize::Zeroizing;

/// Packed more often than this, it is made to cost time.
const MOST_LAYERS: usize = 3;
/// With what a text may begin that is not packed.
const TEXT: &[u8] = b"{[\"<";

/// What is larger unpacked than an answer may be.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct TooLarge;

/// The bytes as UTF-8, as far as they are a text. `coding` is `Content-Encoding`; what comes out is no larger than `limit`.
/// What cannot be unpacked whole is unpacked as far as it goes: whether that is enough is told by what it says.
pub(super) fn unpack(body: Zeroizing<Vec<u8>>, coding: &str, limit: usize) -> Result<Zeroizing<Vec<u8>>, TooLarge> {
    let is_deflate = coding.to_ascii_lowercase().contains("deflate");
    let mut body = body;
    for _ in 0..MOST_LAYERS {
        let unpacked = match &**body {
            [0x1f, 0x8b, ..] => inflated(MultiGzDecoder::new(&**body), limit)?,
            bytes if begins_as_text(bytes) => break,
            [first, second, ..] if is_zlib(*first, *second) => inflated(ZlibDecoder::new(&**body), limit)?,
            bytes if is_deflate => inflated(DeflateDecoder::new(bytes), limit)?,
            _ => break,
        };
        if unpacked.is_empty() {
            break;
        }
        body = unpacked;
    }
    Ok(as_utf8(body))
}

fn begins_as_text(bytes: &[u8]) -> bool {
    let first = bytes.iter().find(|byte| !byte.is_ascii_whitespace() && **byte != 0);
    bytes.starts_with(b"\xef\xbb\xbf") || first.is_none_or(|first| TEXT.contains(first))
}

/// RFC 1950: deflate, and the two bytes are a multiple of 31.
fn is_zlib(first: u8, second: u8) -> bool {
    first & 0x0f == 8 && (u16::from(first) << 8 | u16::from(second)) % 31 == 0
}

fn inflated(mut packed: impl Read, limit: usize) -> Result<Zeroizing<Vec<u8>>, TooLarge> {
    let mut piece = Zeroizing::new([0_u8; 4096]);
    let mut whole = Zeroizing::new(Vec::new());
    loop {
        match packed.read(&mut *piece) {
            Ok(0) | Err(_) => return Ok(whole),
            Ok(read) if whole.len() + read > limit => return Err(TooLarge),
            Ok(read) => append(&mut whole, &piece[..read]),
        }
    }
}

/// Appends without leaving a copy behind where the bytes have to move.
pub(super) fn append(whole: &mut Zeroizing<Vec<u8>>, piece: &[u8]) {
    if whole.capacity() - whole.len() < piece.len() {
        let mut larger = Zeroizing::new(Vec::with_capacity((whole.len() + piece.len()).max(4096) * 2));
        larger.extend_from_slice(whole);
        *whole = larger;
    }
    whole.extend_from_slice(piece);
}

/// UTF-16 and UTF-32 as UTF-8, told by a byte order mark or by where the zeros are; anything else as it is.
fn as_utf8(body: Zeroizing<Vec<u8>>) -> Zeroizing<Vec<u8>> {
    match &**body {
        [0xff, 0xfe, 0, 0, ..] | [1..=0xff, 0, 0, 0, 1..=0xff, 0, ..] => wide(&body, u32::from_le_bytes),
        [0, 0, 0xfe, 0xff, ..] | [0, 0, 0, 1..=0xff, 0, _, _, 1..=0xff, ..] => wide(&body, u32::from_be_bytes),
        [0xff, 0xfe, ..] | [1..=0xff, 0, 1..=0xff, 0, ..] => pairs(&body, u16::from_le_bytes),
        [0xfe, 0xff, ..] | [0, 1..=0xff, 0, 1..=0xff, ..] => pairs(&body, u16::from_be_bytes),
        _ => body,
    }
}

fn pairs(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Zeroizing<Vec<u8>> {
    let units = bytes.chunks_exact(2).map(|pair| unit([pair[0], pair[1]]));
    written(char::decode_utf16(units).map(|read| read.unwrap_or(char::REPLACEMENT_CHARACTER)), bytes.len())
}

fn wide(bytes: &[u8], unit: fn([u8; 4]) -> u32) -> Zeroizing<Vec<u8>> {
    let units = bytes.chunks_exact(4).map(|four| unit([four[0], four[1], four[2], four[3]]));
    written(units.map(|unit| char::from_u32(unit).unwrap_or(char::REPLACEMENT_CHARACTER)), bytes.len())
}

fn written(characters: impl Iterator<Item = char>, length: usize) -> Zeroizing<Vec<u8>> {
    let mut text = Zeroizing::new(Vec::with_capacity(length * 2));
    for character in characters {
        text.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
    }
    text
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};
    use proptest::prelude::*;

    use super::*;

    const LIMIT: usize = 1 << 20;
    const TOLD: &[u8] = br#"{"accessToken":"a","name":"caf\u00e9"}"#;

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn zlib(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = ZlibEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn raw(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = DeflateEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn read(bytes: &[u8], coding: &str) -> Vec<u8> {
        unpack(Zeroizing::new(bytes.to_vec()), coding, LIMIT).unwrap().to_vec()
    }

    #[test]
    fn what_was_packed_is_unpacked_whatever_it_is_called() {
        for coding in ["gzip", "x-gzip", "GZIP", "identity", "", "gzip, gzip", "deflate", "br"] {
            assert_eq!(read(&gzip(TOLD), coding), TOLD, "{coding}");
            assert_eq!(read(&gzip(&gzip(TOLD)), coding), TOLD, "{coding} twice");
            assert_eq!(read(&zlib(TOLD), coding), TOLD, "zlib, {coding}");
            assert_eq!(read(TOLD, coding), TOLD, "not packed, {coding}");
        }
        assert_eq!(read(&raw(TOLD), "deflate"), TOLD);
        assert_eq!(read(&raw(&gzip(TOLD)), "gzip, Deflate"), TOLD);
        assert_eq!(read(&[&gzip(TOLD)[..], b"\0\0\0"].concat(), "gzip"), TOLD, "with padding");
        let whole = gzip(TOLD);
        assert_eq!(read(&whole[..whole.len() - 8], "gzip"), TOLD, "without its check sum");
    }

    #[test]
    fn a_bomb_is_refused_and_nonsense_is_left_as_it_is() {
        let bomb = gzip(&gzip(&vec![b' '; 64 << 20]));
        assert!(bomb.len() < 4096);
        assert_eq!(unpack(Zeroizing::new(bomb), "gzip", LIMIT), Err(TooLarge));
        for nonsense in [&b""[..], b"\x1f", b"\x1f\x8b", b"\x1f\x8b\x08nonsense", b"x", b"\x78\x9c", b"nonsense"] {
            assert_eq!(read(nonsense, "gzip"), nonsense, "{}", nonsense.escape_ascii());
        }
    }

    #[test]
    fn characters_of_two_and_four_bytes_are_read() {
        let told = r#"{"a":"😀"}"#;
        let units: Vec<u16> = told.encode_utf16().collect();
        let wide: Vec<u32> = told.chars().map(u32::from).collect();
        for (bytes, mark) in [
            (units.iter().flat_map(|unit| unit.to_le_bytes()).collect::<Vec<_>>(), &b"\xff\xfe"[..]),
            (units.iter().flat_map(|unit| unit.to_be_bytes()).collect(), b"\xfe\xff"),
            (wide.iter().flat_map(|unit| unit.to_le_bytes()).collect(), b"\xff\xfe\0\0"),
            (wide.iter().flat_map(|unit| unit.to_be_bytes()).collect(), b"\0\0\xfe\xff"),
        ] {
            assert_eq!(read(&bytes, ""), told.as_bytes(), "{}", mark.escape_ascii());
            let marked = read(&[mark, &bytes].concat(), "");
            assert_eq!(marked, [b"\xef\xbb\xbf", told.as_bytes()].concat(), "{}", mark.escape_ascii());
            assert_eq!(read(&gzip(&bytes), ""), told.as_bytes());
        }
    }

    proptest! {
        #[test]
        fn nothing_grows_beyond_its_limit(bytes in prop::collection::vec(any::<u8>(), 0..300), coding in "(gzip|deflate|br)?") {
            for body in [bytes.clone(), gzip(&bytes), zlib(&bytes)] {
                let unpacked = unpack(Zeroizing::new(body), &coding, 1000);
                // Any bytes may be deflated ones, and so be a bomb: nothing tells them from others.
                prop_assert!(unpacked.map_or(coding == "deflate", |unpacked| unpacked.len() <= 2000));
            }
        }
    }
}
