//! The two shapes that the 7G API answers with.

use serde_json::{Value, json};

use crate::request::Outcome;

/// The answer of a login or a refresh; without a refresh token if none was issued.
pub(super) fn tokens(pascal_case: bool, access: &str, refresh: Option<&str>) -> Outcome {
    let mut body = json!({ key(pascal_case, "accessToken"): access });
    if let Some(refresh) = refresh {
        body[key(pascal_case, "refreshToken")] = refresh.into();
    }
    Outcome { status: 200, body: body.to_string().into_bytes(), verdict: "granted", rejected: false }
}

/// A list, as GET endpoints answer.
pub(super) fn list(pascal_case: bool, data: &[Value]) -> Outcome {
    let body = wrapped(pascal_case, true, "", data.len(), &json!(data));
    Outcome { status: 200, body, verdict: "ok", rejected: false }
}

/// A failure of the request, not of who sent it.
pub(super) fn failure(pascal_case: bool, status: u16, verdict: &'static str, message: &str) -> Outcome {
    Outcome { status, body: wrapped(pascal_case, false, message, 0, &json!({})), verdict, rejected: false }
}

/// A refusal of who sent the request.
pub(super) fn refusal(pascal_case: bool, status: u16, verdict: &'static str, message: &str) -> Outcome {
    Outcome { rejected: true, ..failure(pascal_case, status, verdict, message) }
}

fn wrapped(pascal_case: bool, result: bool, message: &str, count: usize, data: &Value) -> Vec<u8> {
    let body = json!({
        key(pascal_case, "result"): result,
        key(pascal_case, "message"): message,
        key(pascal_case, "recordCount"): count,
        key(pascal_case, "data"): data,
    });
    body.to_string().into_bytes()
}

fn key(pascal_case: bool, name: &str) -> String {
    let mut key = name.to_owned();
    if pascal_case && let Some(first) = key.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    key
}
