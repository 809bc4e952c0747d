//! A Synapsewave user's factors: each call by its name, with JSON in and out.

use std::sync::Arc;

use napi::Either;
use napi_derive::napi;
use relatch::{Error, SynapsewaveAccount};

use crate::environment::{self, Environment, gone};
use crate::mailbox::{Message, locked};
use crate::provider::SessionSettings;
use crate::registry::Clocked;
use crate::synapsewave::{SynapsewaveSettings, pass_on};
use crate::{errors, session, testing};

/// An account: its number, or the error as JSON. With the number of a sandbox, it goes by that clock.
#[napi(catch_unwind)]
pub fn synapsewave_account(
    environment: u32,
    settings: SynapsewaveSettings,
    sandbox: Option<u32>,
) -> napi::Result<Either<u32, String>> {
    let environment = environment::find(environment)?;
    let clock = testing::clock(&environment, sandbox)?;
    Ok(match build(settings) {
        Ok(account) => Either::A(locked(&environment.accounts).add(Arc::new(Clocked { core: account, clock }))),
        Err(error) => Either::B(errors::encode(&error)),
    })
}

fn build(settings: SynapsewaveSettings) -> Result<SynapsewaveAccount, Error> {
    let mut builder = SynapsewaveAccount::builder();
    pass_on!(builder, settings: base_url, user_id, api_key, x_api_key, source, allow_insecure);
    if settings.without_x_api_key.unwrap_or_default() {
        builder = builder.without_x_api_key();
    }
    builder.build()
}

fn find(environment: &Environment, number: u32) -> napi::Result<Arc<Clocked<SynapsewaveAccount>>> {
    locked(&environment.accounts).get(number).ok_or_else(gone)
}

/// How an account shows itself: base URL and user, never a secret.
#[napi(catch_unwind)]
pub fn describe_account(environment: u32, account: u32) -> napi::Result<String> {
    let held = find(&*environment::find(environment)?, account)?;
    let base_url = held.core.base_url().as_str();
    Ok(serde_json::json!({ "baseUrl": base_url, "user": held.core.user_id() }).to_string())
}

/// Makes a call by its name, with its arguments as a JSON object. Ends with `{message, secret?, ...}` as JSON.
#[napi(catch_unwind)]
pub fn call_account(
    environment: u32,
    call: u32,
    account: u32,
    operation: String,
    arguments: String,
    session: Option<u32>,
    settings: SessionSettings,
) -> napi::Result<()> {
    let environment = environment::find(environment)?;
    let held = find(&environment, account)?;
    let session = session.map(|number| session::find(&environment, number)).transpose()?;
    let arguments = serde_json::from_str(&arguments).map_err(|error| napi::Error::from_reason(error.to_string()))?;
    let options = settings.options(held.clock.as_ref());
    environment.start(call, async move {
        let result = held.core.call(&operation, &arguments, session.as_ref(), &options?).await?;
        Ok(Message::text(result.to_string()))
    });
    Ok(())
}

/// JavaScript has let go of an account.
#[napi(catch_unwind)]
pub fn release_account(environment: u32, account: u32) -> napi::Result<()> {
    let environment = environment::find(environment)?;
    let held = locked(&environment.accounts).remove(account);
    drop(held);
    Ok(())
}
