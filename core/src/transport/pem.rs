//! PEM as people have it: several blocks in one text, with words between them, of which each is told apart.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

/// One block, from its BEGIN to its END line.
pub(super) struct Block<'a> {
    /// What stands in its BEGIN line: foreign text, not to be quoted.
    pub(super) label: &'a [u8],
    /// The line it begins in, counted from 1.
    pub(super) line: usize,
    lines: Vec<&'a [u8]>,
    is_whole: bool,
}

/// All blocks in `text`, whatever is between them. One without an END line is there too.
pub(super) fn blocks(text: &[u8]) -> Vec<Block<'_>> {
    let mut blocks: Vec<Block<'_>> = Vec::new();
    let mut is_inside = false;
    for (index, line) in text.split(|byte| *byte == b'\n').enumerate() {
        let line = line.trim_ascii();
        if let Some(label) = line.strip_prefix(b"-----BEGIN ").and_then(|rest| rest.strip_suffix(b"-----")) {
            blocks.push(Block { label, line: index + 1, lines: Vec::new(), is_whole: false });
            is_inside = true;
        } else if let Some(block) = blocks.last_mut().filter(|_| is_inside) {
            if line.starts_with(b"-----END ") {
                block.is_whole =
                    line.strip_prefix(b"-----END ").and_then(|rest| rest.strip_suffix(b"-----")) == Some(block.label);
                is_inside = false;
            } else {
                block.lines.push(line);
            }
        }
    }
    blocks
}

impl Block<'_> {
    pub(super) fn is_certificate(&self) -> bool {
        matches!(self.label, b"CERTIFICATE" | b"X509 CERTIFICATE")
    }

    /// Whether a password protects it, by either of the two customs.
    pub(super) fn is_encrypted(&self) -> bool {
        let is_told = |line: &&[u8]| line.starts_with(b"Proc-Type:") && line.ends_with(b"ENCRYPTED");
        self.label == b"ENCRYPTED PRIVATE KEY" || self.lines.iter().any(is_told)
    }

    /// The bytes that it stands for; None if it has no end or is no base64.
    pub(super) fn der(&self) -> Option<Zeroizing<Vec<u8>>> {
        let length = self.lines.iter().map(|line| line.len()).sum();
        // Made in its full size: growing would leave pieces of a key behind.
        let mut text = Zeroizing::new(Vec::with_capacity(length));
        self.lines.iter().filter(|line| !line.contains(&b':')).for_each(|line| text.extend_from_slice(line));
        let mut der = Zeroizing::new(vec![0; length]);
        let length = STANDARD.decode_slice(&*text, &mut der).ok().filter(|length| self.is_whole && *length > 0)?;
        der.truncate(length);
        Some(der)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_found_among_other_words() {
        let text = b"Bag Attributes: a name\r\n  -----BEGIN CERTIFICATE-----\r\n  AAEC\r\n  Aw==\r\n-----END CERTIFICATE-----\r\n\
            text\n-----BEGIN EC PARAMETERS-----\nBggq\n-----END EC PARAMETERS-----\n-----BEGIN RSA PRIVATE KEY-----\n\
            Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\nAAEC\n-----END RSA PRIVATE KEY-----\n-----BEGIN CERTIFICATE-----\nAAEC";
        let blocks = blocks(text);
        let lines: Vec<_> =
            blocks.iter().map(|block| (block.line, block.is_certificate(), block.is_encrypted())).collect();
        assert_eq!(lines, [(2, true, false), (7, false, false), (10, false, true), (16, true, false)]);
        assert_eq!(blocks[0].der().unwrap().as_slice(), [0, 1, 2, 3]);
        assert_eq!(blocks[2].der().unwrap().as_slice(), [0, 1, 2]);
        assert!(blocks[3].der().is_none(), "it has no end");
    }

    #[test]
    fn what_is_no_base64_and_what_ends_as_something_else_stands_for_nothing() {
        for text in [
            "-----BEGIN CERTIFICATE-----\n%%%%\n-----END CERTIFICATE-----",
            "-----BEGIN CERTIFICATE-----\nAAEC\n-----END PRIVATE KEY-----",
            "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----",
        ] {
            assert!(blocks(text.as_bytes())[0].der().is_none(), "{text}");
        }
        assert!(blocks(b"no PEM at all").is_empty());
    }
}
