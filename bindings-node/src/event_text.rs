//! An event as JavaScript reads it: JSON, times in milliseconds since 1970.

use relatch::{Cause, ErrorCode, Event, UnixTime, WaitReason};
use serde_json::json;

/// The event as JSON text.
pub(crate) fn written(event: &Event) -> String {
    let milliseconds = |time: UnixTime| time.0;
    let text = json!({
        "kind": event.kind.as_str(),
        "at": milliseconds(event.at),
        "code": event.code.map(ErrorCode::as_str),
        "cause": event.cause.map(Cause::as_str),
        "retryAt": event.retry_at.map(milliseconds),
        "expiresAt": event.expires_at.map(milliseconds),
        "reason": event.reason.map(WaitReason::as_str),
        "until": event.until.map(milliseconds),
        "count": event.count,
    });
    text.to_string()
}
