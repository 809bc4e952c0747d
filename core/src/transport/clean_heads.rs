//! A connection on which every answer has a head that hyper takes.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use hyper::rt::{Read, ReadBuf, ReadBufCursor, Write};
use hyper_util::client::legacy::connect::{Connected, Connection};
use zeroize::Zeroizing;

use super::head_reader::{Head, HeadReader};
use super::unpack::append;

/// With what a request begins; no body does.
const METHODS: [&[u8]; 4] = [b"GET ", b"POST ", b"PUT ", b"DELETE "];

pub(super) struct CleanHeads<T> {
    inner: T,
    /// What reads the head that is to come; nothing once that has come.
    reader: Option<HeadReader>,
    /// What has been read and not been given yet. It may hold the beginning of a body.
    ready: Zeroizing<Vec<u8>>,
    given: usize,
}

impl<T> CleanHeads<T> {
    pub(super) fn new(inner: T) -> Self {
        Self { inner, reader: Some(HeadReader::default()), ready: Zeroizing::default(), given: 0 }
    }

    fn take(&mut self, mut bytes: &[u8]) {
        while let Some(reader) = self.reader.as_mut().filter(|_| !bytes.is_empty()) {
            let (taken, head) = reader.take(bytes);
            bytes = &bytes[taken..];
            match head {
                None => {}
                Some(Head::Interim(head)) => append(&mut self.ready, &head),
                Some(Head::Final(head) | Head::Unknown(head)) => {
                    append(&mut self.ready, &head);
                    self.reader = None;
                }
            }
        }
        append(&mut self.ready, bytes);
    }
}

impl<T: Read + Unpin> Read for CleanHeads<T> {
    fn poll_read(self: Pin<&mut Self>, context: &mut Context<'_>, mut into: ReadBufCursor<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        while this.given == this.ready.len() {
            this.ready.clear();
            this.given = 0;
            if this.reader.is_none() {
                return Pin::new(&mut this.inner).poll_read(context, into);
            }
            let mut piece = Zeroizing::new([0; 4096]);
            let mut read = ReadBuf::new(&mut *piece);
            ready!(Pin::new(&mut this.inner).poll_read(context, read.unfilled()))?;
            if read.filled().is_empty() {
                return Poll::Ready(Ok(()));
            }
            this.take(read.filled());
        }
        let rest = &this.ready[this.given..];
        let count = rest.len().min(into.remaining());
        into.put_slice(&rest[..count]);
        this.given += count;
        Poll::Ready(Ok(()))
    }
}

impl<T: Write + Unpin> Write for CleanHeads<T> {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        if this.reader.is_none() && METHODS.into_iter().any(|method| bytes.starts_with(method)) {
            this.reader = Some(HeadReader::default());
        }
        Pin::new(&mut this.inner).poll_write(context, bytes)
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().inner).poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().inner).poll_shutdown(context)
    }
}

impl<T: Connection> Connection for CleanHeads<T> {
    fn connected(&self) -> Connected {
        self.inner.connected()
    }
}
