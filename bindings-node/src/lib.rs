//! relatch for Node, the native half: types across, errors across, waiting. It decides nothing.
//!
//! JavaScript holds providers, sessions and sandboxes by their number in an [`environment`](environment::Environment).
//! A call gets a number of JavaScript's choice, runs on the core's runtime, and ends as a message. What the core asks of a
//! callback goes to JavaScript as a message too, and comes back as a call.

#![allow(clippy::needless_pass_by_value)] // what JavaScript passes comes as values

pub mod account;
mod answers;
pub mod challenge;
pub mod claim;
pub mod environment;
mod errors;
mod event_text;
pub mod events;
pub mod factor;
pub mod mailbox;
pub mod provider;
pub mod questions;
mod registry;
pub mod session;
pub mod seven_g;
pub mod synapsewave;
pub mod testing;
mod thrown;
mod time;

use std::alloc::System;
use std::sync::Once;

use napi::Env;
use napi::bindgen_prelude::Function;
use napi_derive::napi;
use relatch::{Cause, ErrorCode, EventKind};
use tracing_subscriber::filter::LevelFilter;
use zeroizing_alloc::ZeroAlloc;

use mailbox::Crossing;

/// Memory is wiped when it is given back: buffers of requests and answers hold secrets that no type of ours owns.
#[global_allocator]
static WIPING: ZeroAlloc<System> = ZeroAlloc(System);

/// Joins this JavaScript environment, and says its number. `main`: whether its end is the end of the process.
#[napi(catch_unwind)]
pub fn connect(env: Env, receive: Function<'_, Vec<Crossing>, ()>, main: bool) -> napi::Result<u32> {
    start_log();
    environment::connect(env, &receive, main)
}

/// Keeps the thread of this environment alive, or no longer does.
#[napi(catch_unwind)]
pub fn hold(env: Env, environment: u32, alive: bool) -> napi::Result<()> {
    environment::find(environment)?.mailbox.hold(env, alive)
}

/// Gives up waiting for a call.
#[napi(catch_unwind)]
pub fn cancel(environment: u32, call: u32) -> napi::Result<()> {
    environment::find(environment)?.cancel(call);
    Ok(())
}

/// The version, which is that of the package around it.
#[napi(catch_unwind)]
pub fn version() -> &'static str {
    env!("CARGO_PKG_VERSION")
}

/// Every name that the core uses, so that a test can compare.
#[napi(object, object_from_js = false)]
pub struct Names {
    /// The codes of errors.
    pub codes: Vec<&'static str>,
    /// What helps after an error of each code, in their order.
    pub recoveries: Vec<&'static str>,
    /// Why a session needs a login.
    pub causes: Vec<&'static str>,
    /// The kinds of events.
    pub events: Vec<&'static str>,
}

/// Every name that the core uses.
#[napi(catch_unwind)]
pub fn names() -> Names {
    Names {
        codes: ErrorCode::ALL.iter().map(|code| code.as_str()).collect(),
        recoveries: ErrorCode::ALL.iter().map(|code| code.recovery().as_str()).collect(),
        causes: Cause::ALL.iter().map(|cause| cause.as_str()).collect(),
        events: EventKind::ALL.iter().map(|kind| kind.as_str()).collect(),
    }
}

/// Writes the log to standard error if the variable `RELATCH_LOG` names a level.
fn start_log() {
    static STARTED: Once = Once::new();
    STARTED.call_once(|| {
        let level = std::env::var("RELATCH_LOG").ok().and_then(|level| level.parse::<LevelFilter>().ok());
        if let Some(level) = level {
            let log = tracing_subscriber::fmt().with_max_level(level).with_writer(std::io::stderr).with_ansi(false);
            // The program that embeds the addon may have set a log up already.
            let _ = log.try_init();
        }
    });
}
