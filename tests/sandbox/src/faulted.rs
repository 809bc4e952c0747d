//! An exchange that a fault is applied to.

use std::sync::Arc;
use std::time::Duration;

use hyper::body::Bytes;
use hyper::header::{HeaderMap, HeaderValue, LOCATION, RETRY_AFTER};
use hyper::{Response, StatusCode};
use relatch::BootTime;

use crate::body::{Body, Cut};
use crate::clock::http_date;
use crate::exchange::{JSON, answer, content_type};
use crate::fault::{FaultKind, RetryAfterForm};
use crate::request::{Endpoint, Outcome};
use crate::shared::Shared;
use crate::system::Call;

const PAGE: &str =
    "<!DOCTYPE html>\n<html><head><title>Service unavailable</title></head><body>Try later.</body></html>\n";
/// What is cut in half when the server has not acted.
const UNFINISHED: &str = r#"{"accessToken":"made-up-token-that-nobody-issued","refreshToken":"made-up-token"}"#;

/// An exchange that a fault is applied to.
pub(crate) struct Faulted {
    pub(crate) shared: Arc<Shared>,
    pub(crate) endpoint: Endpoint,
    pub(crate) call: Call,
    /// Its number in the audit.
    pub(crate) number: u64,
    /// What the server decided, if it acts before the fault.
    pub(crate) outcome: Option<Outcome>,
    /// A delay counts from here.
    pub(crate) arrived: BootTime,
    /// How often there had been a release before.
    pub(crate) releases: u64,
}

impl Faulted {
    /// Waits if the fault is one that waits, and gives the answer that the fault makes of it.
    pub(crate) async fn answer(mut self, kind: FaultKind) -> Result<Response<Body>, Cut> {
        let outcome = self.outcome.take();
        let over = match kind {
            FaultKind::Delay { seconds } => {
                let wait = Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX);
                self.shared.sleep_until(self.arrived.after(wait)).await
            }
            FaultKind::Hold {} => self.shared.released(self.releases).await,
            kind => return self.spoil(kind, outcome),
        };
        match (over, outcome) {
            (true, outcome) => self.true_answer(outcome.unwrap_or_else(|| self.act())),
            (false, Some(_)) => Err(Cut),
            (false, None) => {
                self.shared.state().verdict(self.number, "not_acted");
                Err(Cut)
            }
        }
    }

    fn act(&self) -> Outcome {
        let mut state = self.shared.state();
        let now = self.shared.now(&state);
        let outcome = state.act(self.endpoint, &self.call, self.number, now);
        drop(state);
        self.shared.counted();
        outcome
    }

    fn true_answer(&self, outcome: Outcome) -> Result<Response<Body>, Cut> {
        let status = StatusCode::from_u16(outcome.status).map_err(|_| Cut)?;
        Ok(self.respond(status, JSON, Body::whole(outcome.body)))
    }

    fn spoil(&self, kind: FaultKind, outcome: Option<Outcome>) -> Result<Response<Body>, Cut> {
        match kind {
            FaultKind::Drop {} | FaultKind::Delay { .. } | FaultKind::Hold {} => Err(Cut),
            FaultKind::Answer { status, body, headers, retry_after, retry_after_form } => {
                let body = Bytes::from(body);
                let mut response = self.respond(status, content_type(&body), Body::whole(body));
                if let Some(seconds) = retry_after {
                    response.headers_mut().insert(RETRY_AFTER, self.retry_after(seconds, retry_after_form));
                }
                lay_over(response.headers_mut(), headers);
                Ok(response)
            }
            FaultKind::Garbage {} => {
                let html = HeaderValue::from_static("text/html; charset=utf-8");
                Ok(self.respond(StatusCode::OK, html, Body::whole(PAGE)))
            }
            FaultKind::Half {} => {
                let (status, body) = outcome.map_or((200, UNFINISHED.into()), |outcome| (outcome.status, outcome.body));
                let status = StatusCode::from_u16(status).map_err(|_| Cut)?;
                Ok(self.respond(status, JSON, Body::half(body)))
            }
            FaultKind::Oversize { bytes, chunked } => {
                Ok(self.respond(StatusCode::OK, JSON, Body::filled(bytes, chunked)))
            }
            FaultKind::Headers { headers } => {
                let mut response = self.true_answer(outcome.unwrap_or_else(|| self.act()))?;
                lay_over(response.headers_mut(), headers);
                Ok(response)
            }
            FaultKind::Redirect { to } => {
                let mut response = self.respond(StatusCode::TEMPORARY_REDIRECT, JSON, Body::whole(""));
                response.headers_mut().insert(LOCATION, to);
                Ok(response)
            }
        }
    }

    fn respond(&self, status: StatusCode, content_type: HeaderValue, body: Body) -> Response<Body> {
        let mut state = self.shared.state();
        let now = self.shared.now(&state);
        let date = state.answer(self.number, status.as_u16(), now);
        drop(state);
        answer(status, content_type, body, date)
    }

    fn retry_after(&self, seconds: u32, form: RetryAfterForm) -> HeaderValue {
        match form {
            RetryAfterForm::Seconds => HeaderValue::from(seconds),
            RetryAfterForm::Date => {
                let now = self.shared.now(&self.shared.state());
                http_date(now.saturating_add(i64::from(seconds) * 1000))
            }
        }
    }
}

fn lay_over(headers: &mut HeaderMap, over: HeaderMap) {
    for (name, value) in over {
        if let Some(name) = name {
            headers.insert(name, value);
        }
    }
}
