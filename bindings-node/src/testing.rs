//! The sandbox, for `relatch/testing`.

use napi_derive::napi;
use relatch::{Clock, Error};
use relatch_sandbox::{Sandbox, Settings};

use crate::environment::{self, Environment, gone};
use crate::mailbox::{Message, locked};
use crate::time;

fn refused(error: impl std::fmt::Display) -> napi::Error {
    napi::Error::from_reason(error.to_string())
}

fn find(environment: &Environment, number: u32) -> napi::Result<Sandbox> {
    locked(&environment.sandboxes).get(number).ok_or_else(gone)
}

/// Starts a sandbox with settings as JSON, and says its number.
#[napi(catch_unwind)]
pub fn start_sandbox(environment: u32, settings: String) -> napi::Result<u32> {
    let environment = environment::find(environment)?;
    let settings: Settings = serde_json::from_str(&settings).map_err(refused)?;
    let sandbox = Sandbox::start(settings).map_err(refused)?;
    Ok(locked(&environment.sandboxes).add(sandbox))
}

/// Where a sandbox listens.
#[napi(catch_unwind)]
pub fn sandbox_url(environment: u32, sandbox: u32) -> napi::Result<String> {
    Ok(find(&*environment::find(environment)?, sandbox)?.url())
}

/// Where a sandbox plays the Synapsewave API: its address with the path prefix.
#[napi(catch_unwind)]
pub fn sandbox_synapsewave_url(environment: u32, sandbox: u32) -> napi::Result<String> {
    Ok(find(&*environment::find(environment)?, sandbox)?.synapsewave_url())
}

/// The clock of a sandbox, by whose time what is made for it goes.
pub(crate) fn clock(environment: &Environment, sandbox: Option<u32>) -> napi::Result<Option<Clock>> {
    sandbox.map(|number| Ok(find(environment, number)?.manual_clock().clock())).transpose()
}

/// A control call by its name, with JSON in and out.
#[napi(catch_unwind)]
pub fn control_sandbox(environment: u32, sandbox: u32, name: String, body: String) -> napi::Result<String> {
    let sandbox = find(&*environment::find(environment)?, sandbox)?;
    let body = serde_json::from_str(&body).map_err(refused)?;
    Ok(sandbox.control(&name, body).map_err(refused)?.to_string())
}

/// Waits until a count is at least that, `timeout` milliseconds at most. Ends with nothing, or with the text of what was wrong.
#[napi(catch_unwind)]
pub fn wait_for_count(
    environment: u32,
    call: u32,
    sandbox: u32,
    what: String,
    at_least: u32,
    timeout: f64,
) -> napi::Result<()> {
    let environment = environment::find(environment)?;
    let sandbox = find(&environment, sandbox)?;
    let limit = time::limit("timeout", timeout).map_err(refused)?;
    environment.start(call, async move {
        let waited = sandbox.wait_for(&what, at_least.into(), limit).await;
        Ok::<_, Error>(Message { text: waited.err(), ..Message::default() })
    });
    Ok(())
}

/// JavaScript has let go of a sandbox.
#[napi(catch_unwind)]
pub fn release_sandbox(environment: u32, sandbox: u32) -> napi::Result<()> {
    let environment = environment::find(environment)?;
    let sandbox = locked(&environment.sandboxes).remove(sandbox);
    drop(sandbox);
    Ok(())
}
