//! Sends one request and says how that ended: answered, certainly not sent, or sent with no whole answer.

mod admission;
mod admission_queue;
mod age;
mod body;
mod certificate_parts;
mod client;
mod client_certificate;
mod environment;
mod failure;
mod interim;
mod local_end;
mod lookup_queue;
mod network;
mod pem;
mod proxy_address;
mod resolver;
pub(crate) mod retry_after;
mod route;
mod tls;
mod tls_failure;
mod trust;
mod unpack;
mod watched_body;

use std::borrow::Cow;
use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::task::{Context, Poll};
use std::time::Duration;

use hyper::header::{self, HeaderValue};
use zeroize::Zeroizing;

use crate::error::{Error, ErrorCode, Sent};
use crate::freshness::Timing;
use crate::provider::{Answer, BaseUrl, Method, Request};
#[cfg(test)]
use crate::simulation;
use crate::system::clock::Clock;
use crate::time::{BootTime, UnixTime};

use body::{Read, Received};
use interim::Interim;
pub(crate) use network::Network;
use watched_body::{WatchedBody, Written};

/// A larger answer is not one of an authentication endpoint.
const LARGEST_ANSWER: usize = 1 << 20;

/// From this size on, an answer is read aside: a whole one of the largest takes tens of milliseconds.
pub(crate) const LONG: usize = 64 << 10;

/// How a request ended.
pub(crate) enum Ending {
    /// A whole answer came.
    Answered(Answer, Timing),
    /// It did not leave this machine, or not whole: nothing has changed on the server.
    NotSent(Error),
    /// It may have reached the server, and no whole answer came: the server may have acted.
    Ambiguous(Error),
}

/// Sends `request` below `base_url` and reads the answer, within `limit`.
pub(crate) async fn send(
    network: &Network,
    clock: &Clock,
    base_url: &BaseUrl,
    request: Request,
    limit: Duration,
) -> Ending {
    #[cfg(test)]
    if simulation::is_on() {
        return simulation::send(base_url, request, limit).await;
    }
    let route = match network.route(base_url) {
        Ok(route) => route,
        Err(error) => return Ending::NotSent(error),
    };
    // The request's own time begins when it may go: one that is sent with none left ends as lost.
    let permit = match admission::admit(route.place(base_url), clock, limit).await {
        Ok(permit) => permit,
        Err(error) => return Ending::NotSent(error),
    };
    let client = match route.client(clock) {
        Ok(client) => client,
        Err(error) => return Ending::NotSent(error),
    };
    // Whether the first connection on the way is one to a proxy, which then may answer in the server's place.
    let by_proxy = !base_url.is_https() && route.proxy().is_some_and(|proxy| !proxy.is_socks());
    let (sent, written) = (clock.boot_time(), Written::default());
    let mut outgoing = match build(base_url, request, &written) {
        Ok(outgoing) => outgoing,
        Err(error) => return Ending::NotSent(error),
    };
    if permit.is_wanted() {
        // Where others wait for a connection, none is kept without use.
        outgoing.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    let interim = Interim::default();
    interim.count(&mut outgoing);
    let mut received = None;
    let exchange = unless_panicked(async {
        match client.send(outgoing).await {
            Ok(response) if by_proxy && response.status() == reqwest::StatusCode::PROXY_AUTHENTICATION_REQUIRED => {
                Ending::NotSent(failure::proxy_refused())
            }
            Ok(response) => read(response, clock, sent, &mut received).await,
            Err(error) => failure::no_answer(error, &route, by_proxy, &written),
        }
    });
    // After a time when nobody could look, such as a suspend, what has come is read first.
    let ended = tokio::select! {
        biased;
        ending = exchange => Some(ending),
        ending = interim.too_many() => Some(Some(ending)),
        () = clock.attended(limit) => None,
    };
    let ending = if let Some(Some(ending)) = ended {
        ending
    } else {
        // What came before the end of the time, and reads whole, is an answer.
        let whole = match received {
            Some((head, body)) => body.if_whole().await.map(|body| head.answered(body)),
            None => None,
        };
        whole.unwrap_or_else(|| if ended.is_some() { no_thread(&written) } else { timed_out(limit, &written) })
    };
    if let Ending::Answered(..) = ending {
        permit.answered();
    }
    ending
}

/// None if the future panics: tokio does where the system refuses it the thread that looks up a name.
async fn unless_panicked<T>(future: impl Future<Output = T>) -> Option<T> {
    let mut future = pin!(future);
    let polled = |context: &mut Context<'_>| match catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(context))) {
        Ok(polled) => polled.map(Some),
        Err(_) => Poll::Ready(None),
    };
    poll_fn(polled).await
}

fn build(base_url: &BaseUrl, request: Request, written: &Written) -> Result<hyper::Request<WatchedBody>, Error> {
    let method = match request.method {
        Method::Get => hyper::Method::GET,
        Method::Post => hyper::Method::POST,
        Method::Put => hyper::Method::PUT,
        Method::Delete => hyper::Method::DELETE,
    };
    let url = reqwest::Url::parse(&format!("{}{}", base_url.as_str(), request.path)).map_err(no_address)?;
    // What is packed all the same is read all the same.
    let mut outgoing = hyper::Request::builder().header(header::ACCEPT_ENCODING, "identity");
    for (name, value) in &request.headers {
        let Ok(mut value) = HeaderValue::from_str(value.expose()) else {
            let message = format!("The header {name} would hold characters that HTTP does not allow: check the token.");
            return Err(Error::invalid("access_token", message));
        };
        value.set_sensitive(true);
        outgoing = outgoing.header(*name, value);
    }
    let body = match request.body {
        Some(body) => WatchedBody::new(body.expose().as_bytes().to_vec(), written.clone()),
        None => WatchedBody::none(written.clone()),
    };
    outgoing.method(method).uri(url.as_str()).body(body).map_err(no_address)
}

fn no_address(error: impl std::error::Error + Send + Sync + 'static) -> Error {
    Error::invalid("base_url", "base_url comes to an address that cannot be asked: check it.").with_source(error)
}

/// The text of a header: in UTF-8, or else in the coding that headers had before.
fn text(value: &HeaderValue) -> Cow<'_, str> {
    let bytes = value.as_bytes();
    str::from_utf8(bytes).map_or_else(|_| bytes.iter().copied().map(char::from).collect(), Cow::Borrowed)
}

/// What an answer's headers say.
struct Head {
    status: u16,
    retry_at: Option<UnixTime>,
    received: UnixTime,
    content_type: Option<String>,
    timing: Timing,
}

impl Head {
    fn of(response: &reqwest::Response, clock: &Clock, sent: BootTime) -> Self {
        let now = clock.now();
        let texts = |name| response.headers().get_all(name).iter().map(text).collect::<Vec<_>>();
        let (dates, ages, waits) = (texts(header::DATE), texts(header::AGE), texts(header::RETRY_AFTER));
        let date = age::server_time(dates.iter().map(|date| &**date), ages.iter().map(|age| &**age));
        let wait = retry_after::longest_wait(waits.iter().map(|wait| &**wait), date.unwrap_or(now.unix));
        let (status, retry_at) = (response.status().as_u16(), wait.map(|wait| now.unix.after(wait)));
        let content_type = response.headers().get(header::CONTENT_TYPE).map(|value| text(value).into_owned());
        Self { status, retry_at, received: now.unix, content_type, timing: Timing { sent, received: now.boot, date } }
    }

    fn answered(&self, body: Zeroizing<Vec<u8>>) -> Ending {
        let (timing, content_type) = (self.timing, self.content_type.clone());
        let Self { status, retry_at, received, .. } = *self;
        Ending::Answered(Answer { status, retry_at, received, date: timing.date, content_type, body }, timing)
    }
}

/// Reads an answer. What has come of it stays in `received` if this is dropped in the middle.
async fn read(
    mut response: reqwest::Response,
    clock: &Clock,
    sent: BootTime,
    received: &mut Option<(Head, Received)>,
) -> Ending {
    let (head, body) = received.insert((Head::of(&response, clock, sent), Received::new(&response)));
    match body.read(&mut response).await {
        Read::Whole(body) => head.answered(body),
        Read::Cut(error) => Ending::Ambiguous(failure::cut_short(error, head.status)),
        Read::TooLarge => too_large(head.status),
    }
}

fn too_large(status: u16) -> Ending {
    let message = format!(
        "The answer is larger than {} KiB and was not read: it is not one of the API. Check base_url and any proxy.",
        LARGEST_ANSWER >> 10
    );
    Ending::Ambiguous(Error::new(ErrorCode::Protocol, message).with_sent(Sent::Maybe).with_status(status))
}

fn no_thread(written: &Written) -> Ending {
    if !written.maybe() {
        return Ending::NotSent(Error::runtime(std::io::Error::other("no thread for looking up a name")));
    }
    let message = "The exchange ended in the middle; whether the server acted on the request is not known.";
    Ending::Ambiguous(Error::new(ErrorCode::Transport, message).with_sent(Sent::Maybe))
}

fn timed_out(limit: Duration, written: &Written) -> Ending {
    let seconds = limit.as_secs_f64();
    if !written.maybe() {
        let message = format!(
            "No connection to the server was had within {seconds} seconds (exchange_timeout); nothing was sent. Check the \
             network, and base_url."
        );
        return Ending::NotSent(Error::new(ErrorCode::Timeout, message).with_sent(Sent::No));
    }
    let message = format!(
        "The server did not answer within {seconds} seconds (exchange_timeout); whether it acted on the request is not \
         known."
    );
    Ending::Ambiguous(Error::new(ErrorCode::Timeout, message).with_sent(Sent::Maybe))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_ascii_in_a_header_hides_nothing_else_of_it() {
        for odd in [&b"\xa0"[..], b"\xc2\xa0"] {
            let with = |value: &[u8], odd: &[u8]| HeaderValue::from_bytes(&[value, odd].concat()).unwrap();
            let response = hyper::Response::builder()
                .header(header::DATE, with(b"Thu, 01 Jan 2026 00:00:00 GMT", odd))
                .header(header::AGE, with(b"60", odd))
                .header(header::RETRY_AFTER, with(b"120", odd))
                .header(header::CONTENT_TYPE, with(b"text/html; title=caf\xe9", odd));
            let clock = Clock::system();
            let head = Head::of(&response.body("").unwrap().into(), &clock, clock.boot_time());
            assert_eq!(head.timing.date, Some(UnixTime(1_767_225_660_000)), "{odd:?}");
            assert_eq!(head.retry_at.map(|at| head.received.until(at)), Some(Duration::from_secs(120)), "{odd:?}");
            assert!(head.content_type.is_some_and(|kind| kind.starts_with("text/html; title=caf")), "{odd:?}");
        }
    }

    #[tokio::test]
    async fn an_exchange_that_panics_says_whether_it_was_sent() {
        assert!(unless_panicked(async { panic!("no thread") }).await.is_none_or(|()| false));
        assert!(unless_panicked(async { true }).await.is_some_and(|whole| whole));
        let written = Written::default();
        assert!(matches!(no_thread(&written), Ending::NotSent(error) if error.sent() == Some(Sent::No)));
        written.set();
        assert!(matches!(no_thread(&written), Ending::Ambiguous(error) if error.sent() == Some(Sent::Maybe)));
    }
}
