//! The HTTP client: reqwest makes the connections, with names, proxies and TLS, and hyper's pool uses them.
//!
//! reqwest has the same pool and hands nothing of a request on to hyper but its parts: there, interim answers (1xx) can
//! neither be counted nor made to yield.

use std::error::Error as StdError;
use std::fmt;
use std::future::{Ready, ready};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use hyper::header::{ACCEPT, HeaderValue, PROXY_AUTHORIZATION, USER_AGENT};
use hyper::rt::{Read, Write};
use hyper::{Request, Uri};
use hyper_util::client::legacy::connect::{Connected, Connection};
use hyper_util::client::legacy::{self, Client as Pool};
use hyper_util::rt::{TokioExecutor, TokioTimer};
use tower::service_fn;
use tower::util::{AndThenLayer, BoxCloneSyncService};

use super::failure::sources;
use super::watched_body::WatchedBody;

/// More lines of headers than this are not read: hyper makes room for all of them before it reads any answer, also each
/// of a flood of interim ones.
const MOST_HEADERS: usize = 256;
/// Long enough to share a connection in a burst, shorter than any server keeps an idle one: a request written to a
/// connection that the server has just closed would end as «may have been sent» and cost the refresh token.
const IDLE_LIMIT: Duration = Duration::from_secs(2);
/// What one burst leaves behind is not to fill the table of open files.
const MOST_IDLE: usize = 8;

type BoxError = Box<dyn StdError + Send + Sync>;

/// A connection that reqwest made: its type has no name.
trait Stream: Read + Write + Connection + Send + Unpin {}

impl<T: Read + Write + Connection + Send + Unpin> Stream for T {}

impl Connection for Box<dyn Stream> {
    fn connected(&self) -> Connected {
        (**self).connected()
    }
}

/// Open connections, and what every request on them says.
#[derive(Clone)]
pub(super) struct Client {
    pool: Pool<BoxCloneSyncService<Uri, Box<dyn Stream>, BoxError>, WatchedBody>,
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
    ready(Err(Box::new(Kept(Mutex::new(Some(Box::new(made)))))))
}

/// The connection that an error brings, or the error where it brings none.
fn kept(error: reqwest::Error) -> Result<Box<dyn Stream>, BoxError> {
    let brought = sources(&error).find_map(<dyn StdError>::downcast_ref::<Kept>);
    let stream = brought.and_then(|kept| kept.0.lock().unwrap_or_else(PoisonError::into_inner).take());
    // The URL may be an internal address; it is not ours to print.
    stream.ok_or_else(|| error.without_url().into())
}
