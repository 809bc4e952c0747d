//! Logins between their two steps, by their number.

use std::sync::Arc;

use napi_derive::napi;
use relatch::{Challenge, FactorKind};
use serde_json::json;

use crate::environment::{self, Environment, gone};
use crate::mailbox::{Message, locked};
use crate::provider::{self, SessionSettings};

/// Makes the first step of a login. Ends with the number of the challenge.
#[napi(catch_unwind)]
pub fn begin(environment: u32, call: u32, provider: u32, settings: SessionSettings) -> napi::Result<()> {
    let environment = environment::find(environment)?;
    let held = provider::find(&environment, provider)?;
    let options = settings.options(held.clock.as_ref());
    let home = Arc::clone(&environment);
    environment.start(call, async move {
        let challenge = relatch::begin(Arc::clone(&held.core), options?).await?;
        let number = locked(&home.challenges).add(challenge);
        Ok(Message { challenge: Some(number), ..Message::default() })
    });
    Ok(())
}

fn find(environment: &Environment, number: u32) -> napi::Result<Challenge> {
    locked(&environment.challenges).get(number).ok_or_else(gone)
}

/// What the server asks for, as JSON: methods, the end of the challenge in milliseconds since 1970, and what else it says.
#[napi(catch_unwind)]
pub fn describe_challenge(environment: u32, challenge: u32) -> napi::Result<String> {
    let challenge = find(&*environment::find(environment)?, challenge)?;
    let methods: Vec<_> = challenge.methods().iter().map(|method| method.as_str()).collect();
    let (expires_at, details) = (challenge.expires_at().0, challenge.details());
    Ok(json!({ "methods": methods, "expiresAt": expires_at, "details": details }).to_string())
}

/// Makes the second step with a factor of that kind. Ends with the number of the session.
#[napi(catch_unwind)]
pub fn complete(environment: u32, call: u32, challenge: u32, kind: String, value: String) -> napi::Result<()> {
    let environment = environment::find(environment)?;
    let challenge = find(&environment, challenge)?;
    let kind = FactorKind::ALL.iter().find(|known| known.as_str() == kind);
    let kind = *kind.ok_or_else(|| napi::Error::from_reason("there is no such factor"))?;
    let home = Arc::clone(&environment);
    environment.start(call, async move {
        let session = challenge.complete(kind, value).await?;
        let number = locked(&home.sessions).add(session);
        Ok(Message { session: Some(number), ..Message::default() })
    });
    Ok(())
}

/// JavaScript has let go of a challenge.
#[napi(catch_unwind)]
pub fn release_challenge(environment: u32, challenge: u32) -> napi::Result<()> {
    let environment = environment::find(environment)?;
    let challenge = locked(&environment.challenges).remove(challenge);
    drop(challenge);
    Ok(())
}
