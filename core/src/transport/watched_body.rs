//! A request body that knows whether the connection asked for it: before that, nothing of the request was written.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use zeroize::Zeroizing;

/// Whether a request may have been written.
#[derive(Clone, Default)]
pub(super) struct Written(Arc<AtomicBool>);

impl Written {
    pub(super) fn set(&self) {
        self.0.store(true, Ordering::Release);
    }

    pub(super) fn maybe(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }
}

/// The bytes of a request, which are wiped when the last of them is dropped, and the flag that they set on their way out.
///
/// The HTTP client asks for the body once it has a connection, and writes the head together with its first piece.
pub(super) struct WatchedBody {
    bytes: Option<Bytes>,
    written: Written,
}

impl WatchedBody {
    pub(super) fn new(bytes: Vec<u8>, written: Written) -> Self {
        Self { bytes: Some(Bytes::from_owner(Zeroizing::new(bytes))), written }
    }

    /// Of a request without a body. Nothing tells when such a one is written, so that it counts as written from now on.
    pub(super) fn none(written: Written) -> Self {
        written.set();
        Self { bytes: None, written }
    }
}

impl Body for WatchedBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        self.written.set();
        Poll::Ready(self.bytes.take().map(|bytes| Ok(Frame::data(bytes))))
    }

    fn is_end_stream(&self) -> bool {
        self.bytes.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.bytes.as_ref().map_or(0, |bytes| bytes.len() as u64))
    }
}
