//! One request and its answer: count it, apply a fault or none, let the server act, answer.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::header::{CONTENT_TYPE, DATE, HeaderValue};
use hyper::{Response, StatusCode};

use crate::body::{Body, Cut};
use crate::control_http;
use crate::fault::{FaultKind, When};
use crate::faulted::Faulted;
use crate::request::{Outcome, Request};
use crate::server::Door;
use crate::shared::Shared;
use crate::system::Call;

/// No request of either API comes near this size.
const LARGEST_REQUEST: usize = 1024 * 1024;

pub(crate) const JSON: HeaderValue = HeaderValue::from_static("application/json; charset=utf-8");

/// What is known of a connection.
pub(crate) struct Connection {
    door: Door,
    counted: AtomicBool,
    /// A control call is being answered, which is not cut short.
    pub(crate) controlling: AtomicBool,
}

impl Connection {
    pub(crate) fn new(door: Door) -> Self {
        Self { door, counted: AtomicBool::new(false), controlling: AtomicBool::new(false) }
    }
}

/// Answers a request, or cuts the connection.
pub(crate) async fn serve(
    shared: Arc<Shared>,
    connection: Arc<Connection>,
    request: hyper::Request<Incoming>,
) -> Result<Response<Body>, Cut> {
    let (head, body) = request.into_parts();
    let body = match Limited::new(body, LARGEST_REQUEST).collect().await {
        Ok(body) => body.to_bytes(),
        Err(error) if error.is::<LengthLimitError>() => {
            return Ok(answer(StatusCode::PAYLOAD_TOO_LARGE, JSON, Body::whole("{}"), None));
        }
        Err(_) => return Err(Cut),
    };
    if let Some(name) = head.uri.path().strip_prefix("/sandbox/") {
        connection.controlling.store(true, Ordering::Release);
        let answered = control_http::call(&connection.door.sandbox, &head.method, name, &body).await;
        return Ok(answered);
    }
    if connection.door.only_control {
        return Ok(answer(StatusCode::NOT_FOUND, JSON, Body::whole("{}"), None));
    }
    connection.controlling.store(false, Ordering::Release);
    exchange(shared, &connection, Request::new(head.method, head.uri, &head.headers, body)).await
}

/// What becomes of a request once it has arrived.
enum Course {
    Answered(Outcome, Option<HeaderValue>),
    Faulted(Box<Faulted>, FaultKind),
}

async fn exchange(shared: Arc<Shared>, connection: &Connection, request: Request) -> Result<Response<Body>, Cut> {
    let course = begin(&shared, connection, &request)?;
    shared.counted();
    match course {
        Course::Answered(outcome, date) => {
            let status = StatusCode::from_u16(outcome.status).map_err(|_| Cut)?;
            Ok(answer(status, JSON, Body::whole(outcome.body), date))
        }
        // A task of its own: a client that goes away must not keep the server from acting.
        Course::Faulted(faulted, kind) => tokio::spawn(faulted.answer(kind)).await.unwrap_or(Err(Cut)),
    }
}

/// All that happens to a request when it arrives, under one lock: a reader that sees it counted sees it acted upon, unless
/// a fault comes before.
fn begin(shared: &Arc<Shared>, connection: &Connection, request: &Request) -> Result<Course, Cut> {
    let mut state = shared.state();
    let signals = *shared.signals.borrow();
    if connection.door.closed(&signals) {
        return Err(Cut);
    }
    let (endpoint, call) = Call::read(request, &state.settings).ok_or(Cut)?;
    if !connection.counted.swap(true, Ordering::Relaxed) {
        state.counts.connections += 1;
    }
    let now = shared.now(&state);
    let (number, fault) = state.arrive(endpoint, request, &call, now);
    let Some((kind, when)) = fault else {
        let outcome = state.act(endpoint, &call, number, now);
        let date = state.answer(number, outcome.status, now);
        return Ok(Course::Answered(outcome, date));
    };
    let outcome = (when == When::After).then(|| state.act(endpoint, &call, number, now));
    if outcome.is_none() && !kind.waits() {
        state.verdict(number, "not_acted");
    }
    drop(state);
    let (shared, arrived, releases) = (Arc::clone(shared), shared.clock.boot_time(), signals.releases);
    let faulted = Faulted { shared, endpoint, call, number, outcome, arrived, releases };
    Ok(Course::Faulted(Box::new(faulted), kind))
}

/// An answer without the headers that a fault may add.
pub(crate) fn answer(
    status: StatusCode,
    content_type: HeaderValue,
    body: Body,
    date: Option<HeaderValue>,
) -> Response<Body> {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, content_type);
    if let Some(date) = date {
        response.headers_mut().insert(DATE, date);
    }
    response
}

/// The media type of a body that a fault has been given.
pub(crate) fn content_type(body: &Bytes) -> HeaderValue {
    match serde_json::from_slice::<serde::de::IgnoredAny>(body) {
        Ok(_) => JSON,
        Err(_) => HeaderValue::from_static("text/plain; charset=utf-8"),
    }
}
