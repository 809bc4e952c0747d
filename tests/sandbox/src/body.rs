//! The bodies of answers: whole, cut in half, or too large.

use std::convert::Infallible;
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use hyper::body::{Body as HttpBody, Bytes, Frame, SizeHint};

const OPENING: &[u8] = br#"{"result":true,"message":""#;
const FILLING: &[u8] = &[b'x'; 65536];
const CLOSING: &[u8] = br#""}"#;

/// The connection is to be closed without more ado.
#[derive(Debug)]
pub(crate) struct Cut;

impl fmt::Display for Cut {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("the sandbox cuts the connection")
    }
}

impl std::error::Error for Cut {}

impl From<Infallible> for Cut {
    fn from(never: Infallible) -> Self {
        match never {}
    }
}

/// A body.
pub(crate) enum Body {
    /// All of it.
    Whole(Option<Bytes>),
    /// The first half, under a head that promises `whole` bytes.
    Half { half: Option<Bytes>, whole: u64, flushed: bool },
    /// As many bytes of JSON as wanted.
    Filled { left: u64, begun: bool, chunked: bool },
}

impl Body {
    pub(crate) fn whole(bytes: impl Into<Bytes>) -> Self {
        Self::Whole(Some(bytes.into()).filter(|bytes| !bytes.is_empty()))
    }

    pub(crate) fn half(bytes: impl Into<Bytes>) -> Self {
        let bytes: Bytes = bytes.into();
        Self::Half { half: Some(bytes.slice(..bytes.len() / 2)), whole: bytes.len() as u64, flushed: false }
    }

    /// A body of `bytes` bytes, but no less than its JSON needs.
    pub(crate) fn filled(bytes: u64, chunked: bool) -> Self {
        Self::Filled { left: bytes.max((OPENING.len() + CLOSING.len()) as u64), begun: false, chunked }
    }
}

impl HttpBody for Body {
    type Data = Bytes;
    type Error = Cut;

    fn poll_frame(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Cut>>> {
        let bytes = match self.get_mut() {
            Self::Whole(bytes) => bytes.take(),
            Self::Half { half, flushed, .. } => match half.take() {
                Some(bytes) => Some(bytes),
                // What hyper has buffered goes out only when the body pauses.
                None if !*flushed => {
                    *flushed = true;
                    context.waker().wake_by_ref();
                    return Poll::Pending;
                }
                None => return Poll::Ready(Some(Err(Cut))),
            },
            Self::Filled { left, begun, .. } => fill(left, begun),
        };
        Poll::Ready(bytes.map(|bytes| Ok(Frame::data(bytes))))
    }

    fn is_end_stream(&self) -> bool {
        matches!(self, Self::Whole(None))
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Whole(bytes) => SizeHint::with_exact(bytes.as_ref().map_or(0, |bytes| bytes.len() as u64)),
            Self::Half { whole, .. } => SizeHint::with_exact(*whole),
            Self::Filled { chunked: true, .. } => SizeHint::default(),
            Self::Filled { left, .. } => SizeHint::with_exact(*left),
        }
    }
}

/// The next piece of a body that has that many bytes left.
fn fill(left: &mut u64, begun: &mut bool) -> Option<Bytes> {
    let closing = CLOSING.len() as u64;
    let piece = if *left == 0 {
        return None;
    } else if !*begun {
        *begun = true;
        OPENING
    } else if *left == closing {
        CLOSING
    } else {
        let most = usize::try_from(*left - closing).unwrap_or(usize::MAX);
        &FILLING[..most.min(FILLING.len())]
    };
    *left -= piece.len() as u64;
    Some(Bytes::from_static(piece))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filled_body_is_json_of_the_size_that_was_asked_for() {
        for bytes in [0, 28, 29, 70_000, 200_000] {
            let Body::Filled { mut left, mut begun, .. } = Body::filled(bytes, false) else { unreachable!() };
            let mut all = Vec::new();
            while let Some(piece) = fill(&mut left, &mut begun) {
                all.extend_from_slice(&piece);
            }
            assert_eq!(all.len() as u64, bytes.max(28));
            assert_eq!(serde_json::from_slice::<serde_json::Value>(&all).unwrap()["result"], true);
        }
    }
}
