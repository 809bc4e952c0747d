//! Every call to the sandbox by its name, with JSON in and out: what the other languages and the command use.

use std::time::Duration;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use crate::clock::milliseconds;
use crate::fault::Fault;
use crate::sandbox::Sandbox;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Seconds {
    seconds: f64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Nothing {}

/// Carries out the call of that name.
pub(crate) fn call(sandbox: &Sandbox, name: &str, body: Value) -> Result<Value, String> {
    match name {
        "configure" => sandbox.configure(body)?,
        "fault" => sandbox.fault(Fault::parse(body)?),
        "revoke" => sandbox.revoke_in(body)?,
        "advance" => {
            let Seconds { seconds } = read(body)?;
            sandbox.advance(Duration::try_from_secs_f64(seconds).map_err(|error| format!("seconds: {error}"))?);
        }
        "shift_wall" => sandbox.shift_wall(milliseconds(read::<Seconds>(body)?.seconds)),
        name => {
            let called = sandbox.control_system(name, &body);
            return called.unwrap_or_else(|| plain(sandbox, name, body));
        }
    }
    Ok(json!({}))
}

/// The calls that take nothing.
fn plain(sandbox: &Sandbox, name: &str, body: Value) -> Result<Value, String> {
    let nothing = read::<Nothing>(body);
    match name {
        "counts" => nothing.and_then(|Nothing {}| written(&sandbox.counts())),
        "audit" => nothing.and_then(|Nothing {}| written(&sandbox.audit())),
        "clear_faults" | "release" | "down" | "up" | "stop" => {
            let Nothing {} = nothing?;
            match name {
                "clear_faults" => sandbox.clear_faults(),
                "release" => sandbox.release(),
                "down" => sandbox.down(),
                "up" => sandbox.up().map_err(|error| error.to_string())?,
                _ => sandbox.stop(),
            }
            Ok(json!({}))
        }
        _ => Err(format!("there is no call '{name}'")),
    }
}

/// Reads the body of a call; a body that is null is an empty one.
pub(crate) fn read<T: DeserializeOwned>(body: Value) -> Result<T, String> {
    let body = if body.is_null() { Value::Object(Map::new()) } else { body };
    serde_json::from_value(body).map_err(|error| error.to_string())
}

fn written(value: &impl serde::Serialize) -> Result<Value, String> {
    serde_json::to_value(value).map_err(|error| error.to_string())
}
