//! The answers: what is odd is their heads, their headers' number, their bodies, or their ends.

use std::io::Write;

use flate2::Compression;
use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};

use super::server::End;

pub(super) const ACCESS: &str = "made-up-access-token-2";
pub(super) const REFRESH: &str = "made-up-refresh-token-2";

pub(super) struct Case {
    pub(super) name: &'static str,
    pub(super) answer: Vec<u8>,
    pub(super) end: End,
}

pub(super) fn tokens() -> String {
    format!(r#"{{"accessToken":"{ACCESS}","refreshToken":"{REFRESH}"}}"#)
}

/// The tokens with one more member before and behind them.
fn with(member: &[u8]) -> Vec<u8> {
    let inner = tokens();
    let inner = inner.trim_matches(['{', '}']).as_bytes();
    [b"{", member, b",", inner, b",", member, b"}"].concat()
}

/// An answer with these header lines and this body, whose length is told.
pub(super) fn answer(lines: &str, body: &[u8]) -> Vec<u8> {
    let head = format!("HTTP/1.1 200 OK\r\n{lines}Content-Length: {}\r\n\r\n", body.len());
    [head.as_bytes(), body].concat()
}

fn text(head: &str, body: &str) -> Vec<u8> {
    format!("{head}\r\n\r\n{body}").into_bytes()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).and_then(|()| encoder.finish()).expect("packed")
}

fn zlib(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).and_then(|()| encoder.finish()).expect("packed")
}

fn raw(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).and_then(|()| encoder.finish()).expect("packed")
}

fn utf16(text: &str, unit: fn(u16) -> [u8; 2]) -> Vec<u8> {
    text.encode_utf16().flat_map(unit).collect()
}

pub(super) fn plain() -> Vec<u8> {
    answer("", tokens().as_bytes())
}

pub(super) fn whole() -> Vec<Case> {
    let mut cases = heads();
    cases.extend(super::values::whole());
    cases.extend(packed());
    cases.extend(bodies());
    cases.extend(ends());
    cases
}

pub(super) fn case(name: &'static str, answer: Vec<u8>) -> Case {
    Case { name, answer, end: End::Close }
}

fn heads() -> Vec<Case> {
    let whole = tokens();
    let length = whole.len();
    let lines = |name, lines: &str| case(name, answer(lines, whole.as_bytes()));
    let many = |count: usize| (0..count).fold(String::new(), |lines, at| lines + &format!("X-{at}: {at}\r\n"));
    vec![
        lines("a name with a blank", "X Name: v\r\n"),
        lines("a name with a tab", "X\tName: v\r\n"),
        lines("a blank before the colon", "X-Name : v\r\n"),
        lines("a line without a colon", "nonsense\r\n"),
        lines("an empty name", ": v\r\n"),
        lines("a name of other characters", "X-(Name): v\r\nÜber: x\r\n"),
        lines("a name in brackets", "[x]: y\r\n"),
        lines("obsolete folding", "X-Folded: a\r\n b\r\n\tc\r\n"),
        lines("control characters in a value", "X-Bell: \x07\x08\x1b[0m\x7f\r\n"),
        lines("a value that is no ASCII", "X-Name: caf\u{e9} \u{1f511}\r\n"),
        lines("an empty value", "X-Name:\r\nX-Other: \r\n"),
        lines("101 headers", &many(101)),
        lines("250 headers", &many(250)),
        lines("a header of 100 KiB", &format!("X-Large: {}\r\n", "a".repeat(100 << 10))),
        lines("a header of 300 KiB", &format!("X-Large: {}\r\n", "a".repeat(300 << 10))),
        lines("the length twice", &format!("Content-Length: {length}\r\n")),
        lines("an unknown charset", "Content-Type: application/json; charset=klingon\r\n"),
        lines("another content type", "Content-Type: text/html\r\n"),
        lines("two content types", "Content-Type: a\r\nContent-Type: application/json, b\r\n"),
        lines("nonsense in headers that are read", "Date: today\r\nRetry-After: soon\r\nAge: old\r\n"),
        lines("cookies", "Set-Cookie: a=b\r\nSet-Cookie: c=d; Secure\r\n"),
        lines("an upgrade that is offered", "Upgrade: h2,h2c\r\nConnection: Upgrade\r\n"),
        case("bare line feeds", plain().into_iter().filter(|byte| *byte != b'\r').collect()),
        case("a reason in lower case", text(&format!("HTTP/1.1 200 ok\r\nContent-Length: {length}"), &whole)),
        case("no reason", text(&format!("HTTP/1.1 200\r\nContent-Length: {length}"), &whole)),
        case(
            "an odd reason",
            text(&format!("HTTP/1.1 200 \u{fc}ber (all) right?\r\nContent-Length: {length}"), &whole),
        ),
        case("another status of success", text(&format!("HTTP/1.1 201 Created\r\nContent-Length: {length}"), &whole)),
        case("an unknown status of success", text(&format!("HTTP/1.1 299 Odd\r\nContent-Length: {length}"), &whole)),
        case("HTTP/1.0", text(&format!("HTTP/1.0 200 OK\r\nContent-Length: {length}"), &whole)),
        case("HTTP/1.0 without a length", text("HTTP/1.0 200 OK", &whole)),
        case("an empty line before it", [b"\r\n", &*plain()].concat()),
        case(
            "interim answers before it",
            [b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: <x>\r\n\r\n", &*plain()].concat(),
        ),
        case("no length at all", text("HTTP/1.1 200 OK\r\nConnection: close", &whole)),
        case(
            "in pieces and with a length",
            text(
                "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked",
                &format!("{length:x}\r\n{whole}\r\n0\r\n\r\n"),
            ),
        ),
        case(
            "in pieces with notes and trailers",
            text(
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked",
                &format!("{length:X};note=\"x\"\r\n{whole}\r\n000\r\nX-Trailer: v\r\n\r\n"),
            ),
        ),
        case("an unknown transfer coding", text("HTTP/1.1 200 OK\r\nTransfer-Encoding: identity", &whole)),
    ]
}

fn packed() -> Vec<Case> {
    let whole = tokens();
    let whole = whole.as_bytes();
    vec![
        case("gzip", answer("Content-Encoding: gzip\r\n", &gzip(whole))),
        case("x-gzip", answer("Content-Encoding: X-GZIP\r\n", &gzip(whole))),
        case("gzip that is not told", answer("", &gzip(whole))),
        case("gzip that is none", answer("Content-Encoding: gzip\r\n", whole)),
        case("gzip twice", answer("Content-Encoding: gzip, gzip\r\n", &gzip(&gzip(whole)))),
        case("gzip without its end", answer("Content-Encoding: gzip\r\n", &gzip(whole)[..gzip(whole).len() - 8])),
        case("deflate", answer("Content-Encoding: deflate\r\n", &zlib(whole))),
        case("raw deflate", answer("Content-Encoding: deflate\r\n", &raw(whole))),
        case("identity", answer("Content-Encoding: identity\r\n", whole)),
        case("a coding that is a charset", answer("Content-Encoding: utf-8\r\n", whole)),
        case("br that is none", answer("Content-Encoding: br\r\n", whole)),
        case("an empty coding", answer("Content-Encoding:\r\n", whole)),
    ]
}

fn bodies() -> Vec<Case> {
    let whole = tokens();
    let (json, utf) = ("Content-Type: application/json\r\n", "Content-Type: application/json; charset=utf-16\r\n");
    let around =
        |name, before: &[u8], after: &[u8]| case(name, answer(json, &[before, whole.as_bytes(), after].concat()));
    let member = |name, member: &[u8]| case(name, answer(json, &with(member)));
    vec![
        around("a byte order mark", b"\xef\xbb\xbf", b""),
        around("zeros around it", b"\0\0\0", b"\0\0\0\0"),
        around("blanks around it", b"\r\n\t  ", b"\r\n\r\n"),
        around("a second object behind it", b"", b"{\"accessToken\":\"x\"}"),
        around("a page behind it", b"", b"<!-- served in 3 ms --></html>"),
        around("a comment before it", b"/* v2 */\n// x\n", b""),
        around("a guard before it", b")]}',\n", b""),
        around("a callback around it", b"callback(", b");"),
        around("a list around it", b"[", b"]"),
        case("a text that holds it", answer(json, serde_json::Value::from(whole.clone()).to_string().as_bytes())),
        case("UTF-16, little end first", answer(utf, &[b"\xff\xfe", &*utf16(&whole, u16::to_le_bytes)].concat())),
        case("UTF-16, big end first", answer(utf, &[b"\xfe\xff", &*utf16(&whole, u16::to_be_bytes)].concat())),
        case("UTF-16 without a mark", answer(utf, &utf16(&whole, u16::to_le_bytes))),
        member("half of a pair", br#""name":"\ud83d""#),
        member("the other half of a pair", br#""name":"\udd11x""#),
        member("a byte of Latin-1", b"\"name\":\"caf\xe9\""),
        member("a name of Latin-1", b"\"caf\xe9\":1"),
        member("an overlong byte", b"\"name\":\"\xc0\xaf\xff\""),
        member("line breaks in a text", b"\"name\":\"a\r\n\tb\0\""),
        member("an unknown escape", br#""name":"\x41\'""#),
        member("no number", b"\"expiresIn\":NaN"),
        member("a number as a text", br#""expiresIn":"1200""#),
        member("a number that is too large", b"\"expiresIn\":1e999"),
        member("a number with a zero before it", b"\"expiresIn\":0120"),
        member("a member without a value", b"\"expiresIn\":"),
        member("a member that is undefined", b"\"expiresIn\":undefined"),
        member("quotation marks in a text", br#""name":"Joe "Big" Smith""#),
        member("commas that are too many", b"\"list\":[1,,2,],"),
        member("deep lists", format!("\"deep\":{}{}", "[".repeat(5000), "]".repeat(5000)).as_bytes()),
        member("deep objects", format!("\"deep\":{}1{}", "{\"a\":".repeat(200), "}".repeat(200)).as_bytes()),
        member("much else", format!("\"much\":[{}0]", "1234,".repeat(50_000)).as_bytes()),
        member("a token that is none", br#""accessToken":null,"refreshToken":null"#),
        case(
            "its names in capitals",
            answer(
                json,
                whole.replace("accessToken", "ACCESSTOKEN").replace("refreshToken", "RefreshToken").as_bytes(),
            ),
        ),
    ]
}

fn ends() -> Vec<Case> {
    let whole = tokens();
    let length = whole.len();
    let told = |length: usize| text(&format!("HTTP/1.1 200 OK\r\nContent-Length: {length}"), &whole);
    let pieces =
        |end: &str| text("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked", &format!("{length:x}\r\n{whole}{end}"));
    let ended = |name, answer, end| Case { name, answer, end };
    vec![
        case("a length that is too large", told(length + 7)),
        ended("a length that is too large, and no end", told(length + 7), End::Hold),
        ended("a length that is too large, and a reset", told(length + 7), End::Reset),
        ended("a reset behind it", told(length), End::Reset),
        ended("no length, and a reset", text("HTTP/1.1 200 OK", &whole), End::Reset),
        ended("no length, and no end", text("HTTP/1.1 200 OK", &whole), End::Hold),
        case("no last piece", pieces("\r\n")),
        case("no end of the piece", pieces("")),
        ended("no last piece, and no end", pieces("\r\n"), End::Hold),
        ended("no last piece, and a reset", pieces("\r\n"), End::Reset),
        case("a last piece that is nonsense", pieces("\r\nzz\r\n")),
        case("a last piece without its end", pieces("\r\n0\r\n")),
        case("more behind the length", [told(length), b"and more".to_vec()].concat()),
        case("another answer behind it", [told(length), told(length)].concat()),
    ]
}

pub(super) fn half() -> Vec<Case> {
    let whole = tokens();
    let short = &whole[..whole.len() - 1];
    let told = |body: &str| text(&format!("HTTP/1.1 200 OK\r\nContent-Length: {}", whole.len()), body);
    let packed = gzip(whole.as_bytes());
    vec![
        case("without its last brace", told(short)),
        case("without its last brace, as its length says", answer("", short.as_bytes())),
        case("nothing", told("")),
        case("a head and no more", b"HTTP/1.1 200 OK\r\n".to_vec()),
        case("half of it, packed", answer("Content-Encoding: gzip\r\n", &packed[..packed.len() / 2])),
        case("a token that is garbled", answer("", whole.replace("-2\",\"ref", "-\"2\",\"ref").as_bytes())),
        case("a token of another alphabet", answer("", whole.replace("access-token", "\\ud83d").as_bytes())),
        case("a page that holds it", answer("", format!("<html>{whole}</html>").as_bytes())),
    ]
}

/// What came, and cannot be read as HTTP.
pub(super) fn no_http() -> Vec<Case> {
    let whole = tokens();
    let headed = |head: &str| text(&format!("HTTP/1.1 200 OK\r\n{head}"), &whole);
    vec![
        case("another protocol", b"SSH-2.0-OpenSSH_9.9\r\n".to_vec()),
        case("a body alone", whole.clone().into_bytes()),
        case("a status line in lower case", text("http/1.1 200 OK", &whole)),
        case("a status that is none", text("HTTP/1.1 2000 OK", &whole)),
        case("two lengths", headed("Content-Length: 3\r\nContent-Length: 4")),
        case("a length that is no number", headed("Content-Length: undefined")),
        case("more headers than are read", headed(&"X: y\r\n".repeat(300))),
        case("a header that does not end", headed(&format!("X: {}", "a".repeat(1 << 20)))),
        case("a piece of no size", text("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked", "zz\r\n{")),
        case(
            "a piece that is longer than it says",
            text("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked", "1\r\n{}\r\n"),
        ),
    ]
}

pub(super) fn logins() -> Vec<Case> {
    let framed = |data: &str| format!(r#"{{"status":"success","code":"s-101","message":"All is well","data":{data}}}"#);
    let data = format!(r#"{{"dealer_token":"{ACCESS}","user_name":"x","others":{{"x":1}}}}"#);
    let whole = framed(&data);
    let odd = |name, data: &str| case(name, answer("", framed(data).as_bytes()));
    let told = |length: usize| text(&format!("HTTP/1.1 200 OK\r\nContent-Length: {length}"), &whole);
    vec![
        case("as it should be", answer("", whole.as_bytes())),
        case("a name with a blank", answer("X Name: v\r\n", whole.as_bytes())),
        case("gzip", answer("Content-Encoding: gzip\r\n", &gzip(whole.as_bytes()))),
        case("UTF-16", answer("", &utf16(&whole, u16::to_le_bytes))),
        case("a byte order mark", answer("", format!("\u{feff}{whole}").as_bytes())),
        odd("half of a pair", &data.replace("\"x\",", r#""\ud83d","#)),
        odd("an odd member of the frame", &format!("{data},\"errors\":NaN")),
        odd("a text that holds the data", &serde_json::Value::from(data.clone()).to_string()),
        odd("a text that holds odd data", &serde_json::Value::from(data.replace("\"x\",", r#""\ud83d","#)).to_string()),
        case(
            "Latin-1",
            answer(
                "",
                &whole.as_bytes().iter().map(|byte| if *byte == b'x' { 0xe9 } else { *byte }).collect::<Vec<_>>(),
            ),
        ),
        Case { name: "a length that is too large, and no end", answer: told(whole.len() + 9), end: End::Hold },
        Case { name: "a reset behind it", answer: told(whole.len()), end: End::Reset },
    ]
}
