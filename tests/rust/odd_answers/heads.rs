//! Heads of answers that hyper alone would give up, whole as they are.

use super::cases::{Case, answer, case, text, tokens};

pub(super) fn whole() -> Vec<Case> {
    let mut cases = lengths();
    cases.extend(first_lines());
    cases.extend(lines());
    cases.extend(pieces());
    cases
}

/// Lengths that tell nothing, or too little, beside a body that ends with the connection.
fn lengths() -> Vec<Case> {
    let whole = tokens();
    let length = whole.len();
    let told = |name, value: &str| case(name, text(&format!("HTTP/1.1 200 OK\r\nContent-Length: {value}"), &whole));
    vec![
        told("a length with a plus", &format!("+{length}")),
        told("an empty length", ""),
        told("a length in quotation marks", &format!("\"{length}\"")),
        told("a length that is a word", "unknown"),
        told("a length below nothing", "-1"),
        told("a length with a fraction", &format!("{length}.0")),
        told("a length in hexadecimal", &format!("{length:#x}")),
        told("a length with a semicolon", &format!("{length};")),
        told("a length beyond all numbers", "99999999999999999999999"),
        told("the largest length", &u64::MAX.to_string()),
        told("a length with a blank in it", &length.to_string().replacen('0', " 0", 1).replacen('1', "1 ", 1)),
        told("a length of nothing", "0"),
        told("a length that is too small", &(length - 1).to_string()),
        told("two lengths, the wrong one last", &format!("{length}\r\nContent-Length: {}", length + 2)),
        told("two lengths, the wrong one first", &format!("{}\r\nContent-Length: {length}", length - 2)),
        told("two lengths in a line", &format!("{length}, {}", length + 2)),
    ]
}

fn first_lines() -> Vec<Case> {
    let whole = tokens();
    let length = whole.len();
    let first = |name, line: &str| case(name, text(&format!("{line}\r\nContent-Length: {length}"), &whole));
    let before = |name, bytes: &[u8]| case(name, [bytes, &answer("", whole.as_bytes())].concat());
    vec![
        first("HTTP/2 in words", "HTTP/2 200 OK"),
        first("HTTP/2.0 in words", "HTTP/2.0 200 OK"),
        first("HTTP/1.2", "HTTP/1.2 200 OK"),
        first("HTTP without a number", "HTTP 200 OK"),
        first("HTTP in lower case", "http/1.1 200 OK"),
        first("two blanks", "HTTP/1.1  200  OK"),
        first("tabs", "HTTP/1.1\t200\tOK"),
        first("a control character in the reason", "HTTP/1.1 200 O\u{1}K"),
        first("a reason without a blank before it", "HTTP/1.1 200OK"),
        first("a long reason", &format!("HTTP/1.1 200 {}", "x".repeat(64 << 10))),
        before("blanks before it", b"  \t"),
        before("a mark before it", b"\xef\xbb\xbf"),
        before("empty lines before it", b"\r\n\n\r\r\n"),
        before("an offer of another protocol before it", b"HTTP/1.1 101 Switching\r\nUpgrade: h2c\r\n\r\n"),
        before("an interim answer with odd lines before it", b"HTTP/1.1 102 Wait\nX Y: z\r\nContent-Length: x\n\n"),
    ]
}

fn lines() -> Vec<Case> {
    let whole = tokens();
    let length = whole.len();
    let lines = |name, lines: &str| case(name, answer(lines, whole.as_bytes()));
    let many = |count: usize| "Set-Cookie: a=b\r\n".repeat(count);
    vec![
        lines("257 headers", &many(257)),
        lines("5000 headers", &many(5000)),
        lines("a header of 900 KiB", &format!("X: {}\r\n", "y".repeat(900 << 10))),
        lines("a name of 70 KiB", &format!("{}: y\r\n", "X".repeat(70 << 10))),
        lines("a zero in a value", "X: a\0b\r\n"),
        lines("a zero in a name", "X\0Y: b\r\n"),
        lines("a carriage return in a value", "X: a\rb\r\n"),
        lines("a first line that is folded", " folded: at first\r\n"),
        lines("a folded line of blanks", "X: a\r\n \t\r\n"),
        lines("many dates", &"Date: Sun, 29 Nov 2026 20:00:00 GMT\r\n".repeat(300)),
        case("two carriage returns", text(&format!("HTTP/1.1 200 OK\r\r\nContent-Length: {length}\r"), &whole)),
        case("a length that is folded", text(&format!("HTTP/1.1 200 OK\r\nContent-Length:\r\n {length}"), &whole)),
    ]
}

fn pieces() -> Vec<Case> {
    let whole = tokens();
    let length = whole.len();
    let piece = format!("{length:x}\r\n{whole}\r\n0\r\n\r\n");
    let told = |name, head: &str, body: &str| case(name, text(&format!("HTTP/1.1 200 OK\r\n{head}"), body));
    vec![
        told("pieces that are none", "Transfer-Encoding: chunked", &whole),
        told(
            "pieces that are none, and a length",
            &format!("Transfer-Encoding: chunked\r\nContent-Length: {length}"),
            &whole,
        ),
        told("pieces that are told twice", "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked", &piece),
        told("pieces beside an odd length", "Content-Length: x\r\nTransfer-Encoding: Chunked", &piece),
        case("pieces and HTTP/1.0", text("HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked", &piece)),
    ]
}
