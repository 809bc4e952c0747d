//! Heads of answers as servers write them, turned into heads as hyper takes them. Pure.
//!
//! hyper gives up a whole answer for one line that it cannot read, and at a refresh that costs the session. Of a head only
//! the status and the headers below are used; the rest is left out, and a length that tells nothing is none.

/// What is used of a head, here or by hyper.
const USED: [&str; 6] = ["age", "connection", "content-encoding", "content-type", "date", "retry-after"];
/// How long the body is, which is told anew.
const LENGTHS: [&str; 2] = ["content-length", "transfer-encoding"];
/// What is kept of one line, and how many lines are.
const LONGEST_LINE: usize = 4 << 10;
const MOST_LINES: usize = 64;
/// A longer head is no answer of an API.
const LONGEST_HEAD: usize = 1 << 20;
/// A body that is told to be longer is longer than anything that is read: its length says nothing.
const LONGEST_BODY: u64 = 1 << 40;

/// One head after the other, as its bytes come.
#[derive(Default)]
pub(super) struct HeadReader {
    line: Vec<u8>,
    /// How many bytes of the head have come.
    length: usize,
    status: Option<Status>,
    kept: Vec<(&'static str, Vec<u8>)>,
    /// Whether a line that begins with a blank belongs to the last one that is kept.
    is_kept: bool,
}

struct Status {
    code: u16,
    is_old: bool,
}

/// What the bytes came to.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Head {
    /// One that another follows.
    Interim(Vec<u8>),
    /// One that the body follows.
    Final(Vec<u8>),
    /// None: what came of it, as it came.
    Unknown(Vec<u8>),
}

impl HeadReader {
    /// Takes bytes up to the end of a head. How many were taken, and the head if it is whole.
    pub(super) fn take(&mut self, bytes: &[u8]) -> (usize, Option<Head>) {
        let mut taken = 0;
        for line in bytes.split_inclusive(|byte| *byte == b'\n') {
            taken += line.len();
            self.length += line.len();
            let room = LONGEST_LINE.saturating_sub(self.line.len());
            self.line.extend_from_slice(&line[..line.len().min(room)]);
            if self.length > LONGEST_HEAD {
                return (taken, Some(Head::Unknown(std::mem::take(&mut self.line))));
            }
            if line.ends_with(b"\n")
                && let Some(head) = self.end_line(&bytes[taken..])
            {
                return (taken, Some(head));
            }
        }
        (taken, None)
    }

    /// `rest` is what has come behind the line.
    fn end_line(&mut self, rest: &[u8]) -> Option<Head> {
        let whole = std::mem::take(&mut self.line);
        let end = whole.iter().rposition(|byte| !matches!(byte, b'\r' | b'\n')).map_or(0, |last| last + 1);
        let line = &whole[..end];
        if self.status.is_none() {
            let line = line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line).trim_ascii();
            self.status = Status::read(line);
            let is_known = self.status.is_some() || line.is_empty();
            return (!is_known).then_some(Head::Unknown(whole));
        }
        if line.is_empty() {
            return self.end(rest);
        }
        self.add(line);
        None
    }

    fn add(&mut self, line: &[u8]) {
        if line.starts_with(b" ") || line.starts_with(b"\t") {
            if let Some((_, value)) =
                self.kept.last_mut().filter(|(_, value)| self.is_kept && value.len() < LONGEST_LINE)
            {
                value.push(b' ');
                value.extend(printable(line));
            }
            return;
        }
        let colon = line.iter().position(|byte| *byte == b':').unwrap_or(line.len());
        let (name, value) = (line[..colon].trim_ascii(), line.get(colon + 1..).unwrap_or_default());
        let known = USED.into_iter().chain(LENGTHS).find(|known| name.eq_ignore_ascii_case(known.as_bytes()));
        let known = known.filter(|_| self.kept.len() < MOST_LINES);
        self.is_kept = known.is_some();
        self.kept.extend(known.map(|name| (name, printable(value).collect())));
    }

    fn end(&mut self, rest: &[u8]) -> Option<Head> {
        let Self { status, kept, .. } = std::mem::take(self);
        let Status { code, is_old } = status?;
        match code {
            // Nobody asked for another protocol.
            101 => return Some(Head::Interim(b"HTTP/1.1 100 \r\n\r\n".to_vec())),
            100..200 => return Some(Head::Interim(format!("HTTP/1.1 {code} \r\n\r\n").into_bytes())),
            _ => {}
        }
        let values =
            |wanted: &'static str| kept.iter().filter(move |(name, _)| *name == wanted).map(|(_, value)| &**value);
        let is_in_pieces = is_in_pieces(values("transfer-encoding"), rest);
        // More than the length tells has come: it is wrong.
        let length = length(values("content-length"))
            .filter(|length| u64::try_from(rest.len()).is_ok_and(|rest| rest <= *length));
        let minor = u8::from(!is_old || is_in_pieces);
        let mut head = format!("HTTP/1.{minor} {code} \r\n").into_bytes();
        for (name, value) in kept.iter().filter(|(name, _)| !LENGTHS.contains(name)) {
            head.extend([name.as_bytes(), b": ", value, b"\r\n"].concat());
        }
        match length {
            _ if is_in_pieces => head.extend(b"transfer-encoding: chunked\r\n"),
            Some(length) => head.extend(format!("content-length: {length}\r\n").into_bytes()),
            None => {}
        }
        head.extend(b"\r\n");
        Some(Head::Final(head))
    }
}

impl Status {
    fn read(line: &[u8]) -> Option<Self> {
        let blank = line.iter().position(u8::is_ascii_whitespace)?;
        let (protocol, rest) = (&line[..blank], line[blank..].trim_ascii_start());
        let (name, version) = protocol.split_at_checked(4)?;
        let is_known = matches!(version, [] | [b'/', b'0'..=b'3'] | [b'/', b'0'..=b'3', b'.', b'0'..=b'9']);
        if !name.eq_ignore_ascii_case(b"http") || !is_known || rest.get(3).is_some_and(u8::is_ascii_digit) {
            return None;
        }
        let code = std::str::from_utf8(rest.get(..3)?).ok()?.parse().ok().filter(|code| *code >= 100)?;
        Some(Self { code, is_old: matches!(version, b"/1.0" | b"/0.9") })
    }
}

/// What may stand in a header's value, without the blanks around it.
fn printable(value: &[u8]) -> impl Iterator<Item = u8> {
    value.trim_ascii().iter().map(|byte| if byte.is_ascii_control() { b' ' } else { *byte })
}

/// Whether the body comes in pieces, each with its length before it; a body that begins with no such number does not.
fn is_in_pieces<'a>(codings: impl Iterator<Item = &'a [u8]>, rest: &[u8]) -> bool {
    let last = codings.flat_map(|coding| coding.split(|byte| *byte == b',')).last();
    last.is_some_and(|last| last.trim_ascii().eq_ignore_ascii_case(b"chunked"))
        && rest.first().is_none_or(u8::is_ascii_hexdigit)
}

/// The one length that all of these tell; nothing where they differ or tell none: the body then ends with the connection.
fn length<'a>(lengths: impl Iterator<Item = &'a [u8]>) -> Option<u64> {
    let number = |text: &[u8]| {
        let text = std::str::from_utf8(text).ok()?.trim().trim_matches('"');
        text.parse::<u64>().ok().filter(|length| *length <= LONGEST_BODY)
    };
    let mut told = lengths.flat_map(|value| value.split(|byte| *byte == b',')).map(number);
    let first = told.next()??;
    told.all(|other| other == Some(first)).then_some(first)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The head that comes of these bytes, and what is left of them.
    fn read(bytes: &[u8]) -> (Option<Head>, &[u8]) {
        let (taken, head) = HeadReader::default().take(bytes);
        (head, &bytes[taken..])
    }

    fn written(bytes: &str) -> String {
        match read(bytes.as_bytes()) {
            (Some(Head::Final(head)), _) => String::from_utf8(head).unwrap(),
            (head, _) => panic!("{bytes}: {head:?}"),
        }
    }

    #[test]
    fn only_what_is_used_is_left_of_a_head() {
        let head = "HTTP/1.1 200 OK\r\nX Name: v\r\nDATE : now\r\n then\r\nSet-Cookie: a\r\nAge:\t5\x01\r\n: x\r\n\r\n";
        assert_eq!(written(head), "HTTP/1.1 200 \r\ndate: now then\r\nage: 5 \r\n\r\n");
        assert_eq!(written("http/1.0 503\r\nRetry-After:\r\n\r\n"), "HTTP/1.0 503 \r\nretry-after: \r\n\r\n");
        let many = format!("HTTP/1.1 200 OK\n{}\n", "Date: now\n".repeat(500));
        assert_eq!(written(&many).lines().count(), MOST_LINES + 2);
    }

    #[test]
    fn a_length_is_told_where_it_tells_something() {
        for (lines, rest, told) in [
            ("Content-Length: 4\r\n", "four", "content-length: 4\r\n"),
            ("Content-Length: 4\r\n", "", "content-length: 4\r\n"),
            ("Content-Length: +04\r\nContent-Length: \"4\", 4\r\n", "", "content-length: 4\r\n"),
            ("Content-Length: 3\r\n", "four", ""),
            ("Content-Length: 4\r\nContent-Length: 5\r\n", "four", ""),
            ("Content-Length: four\r\n", "", ""),
            ("Content-Length: 9999999999999\r\n", "", ""),
            ("Content-Length: 4\r\nTransfer-Encoding: gzip, CHUNKED\r\n", "4", "transfer-encoding: chunked\r\n"),
            ("Content-Length: 4\r\nTransfer-Encoding: chunked\r\n", "{}  ", "content-length: 4\r\n"),
            ("Transfer-Encoding: identity\r\n", "4", ""),
        ] {
            assert_eq!(
                written(&format!("HTTP/1.1 200 OK\r\n{lines}\r\n{rest}")),
                format!("HTTP/1.1 200 \r\n{told}\r\n"),
                "{lines}"
            );
        }
        let pieces = "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
        assert_eq!(written(pieces), "HTTP/1.1 200 \r\ntransfer-encoding: chunked\r\n\r\n");
    }

    #[test]
    fn interim_answers_and_what_is_none_are_told_apart() {
        let interim = |code: &str| Some(Head::Interim(format!("HTTP/1.1 {code} \r\n\r\n").into_bytes()));
        let (head, rest) = read(b"HTTP/1.1 103 Hints\r\nLink: x\r\n\r\nHTTP/1.1 200");
        assert_eq!((head, rest), (interim("103"), &b"HTTP/1.1 200"[..]));
        assert_eq!(read(b"HTTP/1.1 101 Switching\n\n").0, interim("100"));
        for none in [
            "SSH-2.0-x\r\n",
            "HTTP/1.1 2000 OK\r\n",
            "HTTP/9.9 200 OK\r\n",
            "HTTPS/1.1 200 OK\r\n",
            "HTTP/1.1 20\r\n",
            "HTTP/1.1 OK\r\n",
            "{}\n",
            "220 mail\r\n",
        ] {
            assert_eq!(read(none.as_bytes()).0, Some(Head::Unknown(none.as_bytes().to_vec())), "{none}");
        }
        assert!(matches!(
            read(&[b"HTTP/1.1 200 OK\r\n".to_vec(), vec![b'x'; LONGEST_HEAD]].concat()),
            (Some(Head::Unknown(_)), b"")
        ));
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn a_head_is_the_same_in_pieces_and_hyper_can_read_it(
            first in "(HTTP/[12]\\.[0-9] [1-5][0-9]{2}.{0,9}|.{0,20})",
            lines in prop::collection::vec("(Content-Length|Transfer-Encoding|Date|Age|.{0,9}|):?[ \\t]?(.{0,20}|[0-9]{0,25}|chunked)", 0..9),
            at in 0..200_usize,
        ) {
            let text = format!("{first}\r\n{}\r\n\r\n", lines.join("\r\n"));
            let whole = HeadReader::default().take(text.as_bytes()).1;
            let (before, after) = text.as_bytes().split_at(at.min(text.len()));
            let mut reader = HeadReader::default();
            let (taken, mut head) = reader.take(before);
            if head.is_none() {
                prop_assert_eq!(taken, before.len());
                head = reader.take(after).1;
            }
            if let Some(Head::Final(head)) = &head {
                prop_assert!(head.iter().all(|byte| !byte.is_ascii_control() || matches!(byte, b'\r' | b'\n')));
                prop_assert!(head.starts_with(b"HTTP/1.") && head.ends_with(b"\r\n\r\n") && head.len() <= text.len() + 60);
            }
            prop_assert_eq!(head.is_some(), whole.is_some());
        }
    }
}
