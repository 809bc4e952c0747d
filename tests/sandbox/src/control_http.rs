//! Control calls over HTTP: `POST /sandbox/<name>` with a JSON body.

use std::sync::Weak;
use std::time::Duration;

use hyper::body::Bytes;
use hyper::{Method, Response, StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::body::Body;
use crate::control::read;
use crate::exchange::{JSON, answer};
use crate::sandbox::{Inner, Sandbox};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WaitFor {
    what: String,
    at_least: u64,
    /// Seconds of real time.
    limit: f64,
}

/// Answers a control call: 200 with its result, or 400 with `{"error": text}`.
pub(crate) async fn call(sandbox: &Weak<Inner>, method: &Method, name: &str, body: &Bytes) -> Response<Body> {
    let (status, body) = match carry_out(sandbox, method, name, body).await {
        Ok(result) => (StatusCode::OK, result),
        Err(error) => (StatusCode::BAD_REQUEST, json!({ "error": error })),
    };
    answer(status, JSON, Body::whole(body.to_string()), None)
}

async fn carry_out(sandbox: &Weak<Inner>, method: &Method, name: &str, body: &Bytes) -> Result<Value, String> {
    if method != Method::POST {
        return Err("a control call is a POST".into());
    }
    let body = match body.trim_ascii() {
        [] => Value::Null,
        body => serde_json::from_slice(body).map_err(|error| error.to_string())?,
    };
    let (sandbox, shared) = Sandbox::held(sandbox).ok_or("the sandbox has been stopped")?;
    if name == "wait_for" {
        drop(sandbox);
        let WaitFor { what, at_least, limit } = read(body)?;
        let limit = Duration::try_from_secs_f64(limit).map_err(|error| format!("limit: {error}"))?;
        shared.wait_for(&what, at_least, limit).await?;
        return Ok(json!({}));
    }
    sandbox.control(name, body)
}
