//! Events on their way to JavaScript, for the sessions that have been asked for theirs.

use std::sync::Arc;

use napi_derive::napi;

use crate::environment::{self, gone};
use crate::mailbox::locked;

/// Sends a session's events to JavaScript from now on, under the number `watch`. Once for each session.
#[napi(catch_unwind)]
pub fn watch(environment: u32, session: u32, watch: u32) -> napi::Result<()> {
    let environment = environment::find(environment)?;
    let held = locked(&environment.sessions).get(session).ok_or_else(gone)?;
    // Weak: a session may outlive the environment that listens, in a flight of its own.
    let listening = Arc::downgrade(&environment.mailbox);
    let subscription = held.subscribe(move |event| {
        if let Some(mailbox) = listening.upgrade() {
            mailbox.post_event(watch, event);
        }
    });
    let replaced = locked(&environment.subscriptions).insert(session, subscription);
    drop(replaced);
    Ok(())
}
