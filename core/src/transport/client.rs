//! The HTTP client: reqwest makes the connections, with names, proxies and TLS, and hyper's pool uses them.
//!
//! reqwest has the same pool and hands nothing of a request on to hyper but its parts: there, interim answers (1xx) can
//! neither be counted nor made to yield.

use std::error::Error as StdError;
use std::future::Ready;
use std::io::{self, IoSlice};
use std::mem::MaybeUninit;
use std::pin::Pin;
use std::sync::Mutex;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use std::{fmt, future};

use hyper::header::{ACCEPT, HeaderValue, PROXY_AUTHORIZATION, USER_AGENT};
use hyper::rt::{Read, ReadBuf, ReadBufCursor, Write};
use hyper::{Request, Uri};
use hyper_util::client::legacy::connect::{Connected, Connection};
use hyper_util::client::legacy::{self, Client as Pool};
use hyper_util::rt::{TokioExecutor, TokioTimer};
use tower::service_fn;
use tower::util::{AndThenLayer, BoxCloneSyncService};

use super::watched_body::WatchedBody;
use crate::error::source::sources;
use crate::system::locked;

/// More lines of headers than this are not read: hyper makes room for all of them before it reads any answer, also each
/// of a flood of interim ones.
const MOST_HEADERS: usize = 256;
/// Long enough to share a connection in a burst, shorter than any server keeps an idle one: a request written to a
/// connection that the server has just closed would end as "may have been sent" and cost the refresh token.
const IDLE_LIMIT: Duration = Duration::from_secs(2);
/// What one burst leaves behind is not to fill the table of open files.
const MOST_IDLE: usize = 8;

/// As much is read of a connection at a time.
const MOST_READ: usize = 8 << 10;

type BoxError = Box<dyn StdError + Send + Sync>;

/// A connection that reqwest made: its type has no name.
trait Stream: Read + Write + Connection + Send + Unpin {}

impl<T: Read + Write + Connection + Send + Unpin> Stream for T {}

/// A connection that is read a little at a time. hyper reads whatever answers it got before it lets other tasks run, and
/// gets more at a time after a long one: ten thousand interim answers.
struct Bounded(Box<dyn Stream>);

impl Connection for Bounded {
    fn connected(&self) -> Connected {
        self.0.connected()
    }
}

impl Read for Bounded {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        mut into: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        let mut room = [MaybeUninit::uninit(); MOST_READ];
        let mut read = ReadBuf::uninit(&mut room[..MOST_READ.min(into.remaining())]);
        ready!(Pin::new(&mut self.0).poll_read(context, read.unfilled()))?;
        into.put_slice(read.filled());
        Poll::Ready(Ok(()))
    }
}

impl Write for Bounded {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(context)
    }

    fn is_write_vectored(&self) -> bool {
        self.0.is_write_vectored()
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        pieces: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write_vectored(context, pieces)
    }
}

/// Open connections, and what every request on them says.
#[derive(Clone)]
pub(super) struct Client {
    pool: Pool<BoxCloneSyncService<Uri, Bounded, BoxError>, WatchedBody>,
    user_agent: HeaderValue,
    proxy_authorization: Option<HeaderValue>,
}

impl Client {
    /// One whose connections are made as `connecting` says. A proxy that passes requests on as they are, not in a tunnel,
    /// is shown `proxy_authorization` with each.
    pub(super) fn new(
        connecting: reqwest::ClientBuilder,
        user_agent: HeaderValue,
        proxy_authorization: Option<HeaderValue>,
    ) -> Result<Self, reqwest::Error> {
        let connecting = connecting.connector_layer(AndThenLayer::new(keep)).pool_max_idle_per_host(0).build()?;
        let connect = service_fn(move |uri: Uri| {
            // It ends with an error, which brings the connection: no request is sent.
            let asking = connecting.get(uri.to_string()).send();
            async { asking.await.map_or_else(kept, |_| Err("a connection was not handed over".into())) }
        });
        let pool = Pool::builder(TokioExecutor::new())
            .timer(TokioTimer::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(IDLE_LIMIT)
            .pool_max_idle_per_host(MOST_IDLE)
            // Headers that nobody needs cost no answer, however they are written and however many they are.
            .http1_ignore_invalid_headers_in_responses(true)
            .http1_allow_spaces_after_header_name_in_responses(true)
            .http1_allow_obsolete_multiline_headers_in_responses(true)
            .http1_max_headers(MOST_HEADERS)
            .build(BoxCloneSyncService::new(connect));
        Ok(Self { pool, user_agent, proxy_authorization })
    }

    pub(super) async fn send(&self, mut request: Request<WatchedBody>) -> Result<reqwest::Response, legacy::Error> {
        let is_plain = request.uri().scheme_str() == Some("http");
        let headers = request.headers_mut();
        headers.insert(ACCEPT, HeaderValue::from_static("*/*"));
        headers.insert(USER_AGENT, self.user_agent.clone());
        if let Some(authorization) = self.proxy_authorization.as_ref().filter(|_| is_plain) {
            headers.insert(PROXY_AUTHORIZATION, authorization.clone());
        }
        Ok(self.pool.request(request).await?.map(reqwest::Body::wrap).into())
    }
}

/// An error that brings what was asked for.
struct Kept(Mutex<Option<Box<dyn Stream>>>);

impl fmt::Debug for Kept {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Kept")
    }
}

impl fmt::Display for Kept {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("the connection is kept")
    }
}

impl StdError for Kept {}

/// Keeps a connection that was made from reqwest's own pool.
fn keep<T: Stream + 'static>(made: T) -> Ready<Result<T, BoxError>> {
    future::ready(Err(Box::new(Kept(Mutex::new(Some(Box::new(made)))))))
}

/// The connection that an error brings, or the error where it brings none.
fn kept(error: reqwest::Error) -> Result<Bounded, BoxError> {
    let brought = sources(&error).find_map(<dyn StdError>::downcast_ref::<Kept>);
    let stream = brought.and_then(|kept| locked(&kept.0).take());
    // The URL may be an internal address; it is not ours to print.
    stream.map(Bounded).ok_or_else(|| error.without_url().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As much to read as there is room for.
    struct Endless;

    impl Connection for Endless {
        fn connected(&self) -> Connected {
            Connected::new()
        }
    }

    impl Read for Endless {
        fn poll_read(self: Pin<&mut Self>, _: &mut Context<'_>, mut into: ReadBufCursor<'_>) -> Poll<io::Result<()>> {
            let bytes: Vec<u8> = (0..=250).cycle().take(into.remaining()).collect();
            into.put_slice(&bytes);
            Poll::Ready(Ok(()))
        }
    }

    impl Write for Endless {
        fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
            Poll::Ready(Ok(bytes.len()))
        }

        fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }

        fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }
    }

    #[test]
    fn little_is_read_at_a_time_whatever_room_there_is() {
        let mut context = Context::from_waker(std::task::Waker::noop());
        for (room, expected) in
            [(0, 0), (1, 1), (MOST_READ, MOST_READ), (MOST_READ + 1, MOST_READ), (1 << 20, MOST_READ)]
        {
            let mut bytes = vec![0; room];
            let mut read = ReadBuf::new(&mut bytes);
            let polled = Pin::new(&mut Bounded(Box::new(Endless))).poll_read(&mut context, read.unfilled());
            assert!(matches!(polled, Poll::Ready(Ok(()))));
            assert!(read.filled().iter().copied().eq((0..=250).cycle().take(expected)), "{room}");
        }
    }
}
