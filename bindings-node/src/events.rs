//! Events on their way to JavaScript, for the sessions that have been asked for theirs.

use std::sync::Arc;

use napi_derive::napi;
use relatch::{Cause, ErrorCode, Event, UnixTime, WaitReason};
use serde_json::json;

use crate::environment::{self, gone, locked};

/// Sends a session's events to JavaScript from now on, under the number `watch`. Once for each session.
#[napi(catch_unwind)]
pub fn watch(environment: u32, session: u32, watch: u32) -> napi::Result<()> {
    let environment = environment::find(environment)?;
    let held = locked(&environment.sessions).get(session).ok_or_else(gone)?;
    // Weak: a session may outlive the environment that listens, in a flight of its own.
    let listening = Arc::downgrade(&environment);
    let subscription = held.subscribe(move |event| {
        if let Some(environment) = listening.upgrade() {
            environment.post_event(watch, event);
        }
    });
    let replaced = locked(&environment.subscriptions).insert(session, subscription);
    drop(replaced);
    Ok(())
}

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
