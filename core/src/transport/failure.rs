//! What is said of a request that got no answer: whether it was sent, why, and what to do.

use std::error::Error as StdError;
use std::io;

use hyper_util::client::legacy;
use rustls::AlertDescription;

use super::Ending;
use super::resolver::NoAddress;
use super::route::Route;
use super::tls_failure::{explain, is_about_client};
use super::watched_body::Written;
use crate::error::source::{self, sources};
use crate::error::{Error, ErrorCode, Sent};

/// hyper says `connect` for everything before the request: name resolution, TCP, TLS, a proxy's tunnel.
pub(super) fn no_answer(error: legacy::Error, route: &Route, by_proxy: bool, written: &Written) -> Ending {
    let is_refused_client = tls_error(&error).is_some_and(|error| alert(error).is_some_and(is_about_client));
    if error.is_connect() || is_unsent(&error) || is_refused_client || !written.maybe() {
        return Ending::NotSent(not_connected(error, route, by_proxy));
    }
    if let Some(reason) = no_http(&error) {
        let message = format!(
            "What answered cannot be read as HTTP ({reason}); whether the server acted on the request is not known. Check \
             the port in base_url, and any proxy."
        );
        return Ending::Ambiguous(Error::new(ErrorCode::Protocol, message).with_sent(Sent::Maybe).with_source(error));
    }
    let message = "The connection broke before the server answered; whether it acted on the request is not known.";
    Ending::Ambiguous(Error::new(ErrorCode::Transport, message).with_sent(Sent::Maybe).with_source(error))
}

/// Why what came is no answer of HTTP, in words of the HTTP client alone. None where nothing came, or it ended too early.
fn no_http(error: &(dyn StdError + 'static)) -> Option<String> {
    let http = sources(error).find_map(<dyn StdError>::downcast_ref::<hyper::Error>)?;
    if http.is_parse() {
        return Some(source::words(http));
    }
    // The TLS library says the same of what it cannot decrypt.
    let io = sources(error).find_map(<dyn StdError>::downcast_ref::<io::Error>).filter(|_| tls_error(error).is_none());
    let is_odd_piece =
        io.is_some_and(|error| matches!(error.kind(), io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData));
    is_odd_piece.then(|| "the sizes of its pieces are wrong".to_owned())
}

/// An answer whose head came and whose body did not, or not whole.
pub(super) fn cut_short(error: reqwest::Error, status: u16) -> Error {
    let (code, message) = if let Some(reason) = no_http(&error) {
        let message = format!("The answer cannot be read as HTTP ({reason}); the server has acted on the request.");
        (ErrorCode::Protocol, message)
    } else {
        let message = "The connection broke in the middle of the answer; the server has acted on the request.";
        (ErrorCode::Transport, message.to_owned())
    };
    let error = Error::new(code, message).with_sent(Sent::Maybe).with_source(error.without_url());
    error.with_status(status)
}

/// hyper hands a request back untouched when the pooled connection it was meant for had closed before.
fn is_unsent(error: &legacy::Error) -> bool {
    sources(error).any(|source| source.downcast_ref::<hyper::Error>().is_some_and(hyper::Error::is_canceled))
}

fn is_timeout(error: &legacy::Error) -> bool {
    sources(error).any(|source| {
        source.downcast_ref::<reqwest::Error>().is_some_and(reqwest::Error::is_timeout)
            || source.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::TimedOut)
    })
}

fn not_connected(error: legacy::Error, route: &Route, by_proxy: bool) -> Error {
    let words = sources(&error).map(ToString::to_string).collect::<Vec<_>>().join(": ").to_ascii_lowercase();
    let told_of_proxy = ["proxy", "tunnel", "socks"].iter().any(|word| words.contains(word));
    let last = sources(&error).last().map(source::words).unwrap_or_default();
    let no_address = sources(&error).find_map(<dyn StdError>::downcast_ref::<NoAddress>);
    let io = sources(&error).find_map(<dyn StdError>::downcast_ref::<io::Error>);
    let (code, what, reason, advice) = if let Some(error) = tls_error(&error) {
        let (reason, advice) = explain(error);
        (ErrorCode::Tls, "No trusted connection to the server could be made", reason, advice)
    } else if by_proxy || route.proxy().is_some() && told_of_proxy {
        if words.contains("proxy authorization required") {
            return proxy_refused().with_source(error);
        }
        // The HTTP client does not tell which status it was.
        let is_refused = words.contains("tunnel error: unsuccessful");
        let reason = if is_refused { "it answered CONNECT with no 200, such as 403 or 502".to_owned() } else { last };
        let advice = "Check whether the proxy lets this host through, its address and its credentials (HTTPS_PROXY, or the \
                      proxy option)";
        (ErrorCode::Proxy, "The proxy could not be used", reason, advice)
    } else if let Some(NoAddress::NoAnswer) = no_address {
        (ErrorCode::Timeout, "The server could not be reached in time", last, "Check the network and its name servers")
    } else if io.is_some_and(|error| error.kind() == io::ErrorKind::AddrNotAvailable) && route.is_bound() {
        let advice = "Give one of this machine's addresses as local_address, or leave it off";
        (ErrorCode::Transport, "No connection could be made from local_address", last, advice)
    } else if is_timeout(&error) {
        (ErrorCode::Timeout, "The server could not be reached in time", last, "Check the network, and base_url")
    } else {
        (ErrorCode::Transport, "The server could not be reached", last, "Check the network, and base_url")
    };
    let message = format!("{what} ({reason}); nothing was sent. {advice}.");
    let is_refused = io.is_some_and(|error| error.kind() == io::ErrorKind::ConnectionRefused);
    let nobody = code == ErrorCode::Transport && (no_address.is_some() || words.contains("dns error") || is_refused);
    Error::new(code, message).with_sent(Sent::No).with_nobody_found(nobody).with_source(error)
}

fn alert(error: &rustls::Error) -> Option<AlertDescription> {
    if let rustls::Error::AlertReceived(alert) = error { Some(*alert) } else { None }
}

/// The TLS library's error among the sources of this one.
fn tls_error<'a>(error: &'a (dyn StdError + 'static)) -> Option<&'a rustls::Error> {
    sources(error).find_map(|source| {
        // The connector puts one I/O error into another, and the outer one's source is what the inner one holds.
        let mut inner = source.downcast_ref::<io::Error>();
        while let Some(held) = inner.and_then(io::Error::get_ref) {
            if let Some(error) = held.downcast_ref::<rustls::Error>() {
                return Some(error);
            }
            inner = held.downcast_ref();
        }
        source.downcast_ref::<rustls::Error>()
    })
}

pub(super) fn proxy_refused() -> Error {
    let message =
        "The proxy wants credentials (HTTP 407); nothing reached the server. Put them into the proxy's address.";
    Error::new(ErrorCode::Proxy, message).with_sent(Sent::No).with_status(407)
}
