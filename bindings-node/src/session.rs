//! Sessions: what JavaScript asks of them, by their number.

use std::sync::Arc;
use std::time::Duration;

use napi::Either;
use napi_derive::napi;
use relatch::{Error, Session, Tokens, UnixTime};
use serde_json::{Value, json};

use crate::environment::{self, Environment, gone};
use crate::mailbox::{Message, locked};
use crate::provider::{self, SessionSettings};
use crate::{errors, time};

/// Tokens that were kept elsewhere.
#[napi(object, object_to_js = false)]
pub struct StoredTokens {
    /// The access token.
    pub access_token: String,
    /// The refresh token.
    pub refresh_token: Option<String>,
    /// The end of the access token, in milliseconds since 1970.
    pub expires_at: Option<f64>,
}

impl From<StoredTokens> for Tokens {
    fn from(stored: StoredTokens) -> Self {
        let mut tokens = Self::new(stored.access_token, stored.refresh_token);
        #[allow(clippy::cast_possible_truncation)] // a cast from a float saturates
        let given = stored.expires_at.map(|milliseconds| UnixTime(milliseconds.round() as i64));
        tokens.expires_at = given.or(tokens.expires_at);
        tokens
    }
}

/// Logs in. Ends with the number of the session.
#[napi(catch_unwind)]
pub fn login(environment: u32, call: u32, provider: u32, settings: SessionSettings) -> napi::Result<()> {
    let environment = environment::find(environment)?;
    let held = provider::find(&environment, provider)?;
    let options = settings.options(held.clock.as_ref());
    let home = Arc::clone(&environment);
    environment.start(call, async move {
        let session = relatch::login(Arc::clone(&held.core), options?).await?;
        let number = locked(&home.sessions).add(session);
        Ok(Message { session: Some(number), ..Message::default() })
    });
    Ok(())
}

/// A session from tokens that were kept elsewhere: its number, or the error as JSON.
#[napi(catch_unwind)]
pub fn resume(
    environment: u32,
    provider: u32,
    tokens: StoredTokens,
    settings: SessionSettings,
) -> napi::Result<Either<u32, String>> {
    let environment = environment::find(environment)?;
    let held = provider::find(&environment, provider)?;
    let session = settings
        .options(held.clock.as_ref())
        .and_then(|options| relatch::resume(Arc::clone(&held.core), tokens.into(), options));
    Ok(match session {
        Ok(session) => Either::A(locked(&environment.sessions).add(session)),
        Err(error) => Either::B(errors::encode(&error)),
    })
}

/// Exchanges tokens that were kept elsewhere. Ends with the new ones as JSON.
#[napi(catch_unwind)]
pub fn refresh_tokens(
    environment: u32,
    call: u32,
    provider: u32,
    tokens: StoredTokens,
    settings: SessionSettings,
) -> napi::Result<()> {
    let environment = environment::find(environment)?;
    let held = provider::find(&environment, provider)?;
    let options = settings.options(held.clock.as_ref());
    environment.start(call, async move {
        let tokens = relatch::refresh(Arc::clone(&held.core), tokens.into(), options?).await?;
        Ok(Message::text(written(&tokens).to_string()))
    });
    Ok(())
}

/// The session of that number.
pub(crate) fn find(environment: &Environment, number: u32) -> napi::Result<Session> {
    locked(&environment.sessions).get(number).ok_or_else(gone)
}

fn look(environment: u32, session: u32) -> napi::Result<Session> {
    find(&*environment::find(environment)?, session)
}

fn limit(timeout: Option<f64>) -> Result<Option<Duration>, Error> {
    timeout.map(|timeout| time::limit("timeout", timeout)).transpose()
}

/// Waits for a token, `timeout` milliseconds if given. Ends with it.
#[napi(catch_unwind)]
pub fn token(environment: u32, call: u32, session: u32, timeout: Option<f64>) -> napi::Result<()> {
    let environment = environment::find(environment)?;
    let session = find(&environment, session)?;
    environment.start(call, async move {
        let token = match limit(timeout)? {
            Some(limit) => session.token_within(limit).await?,
            None => session.token().await?,
        };
        Ok(Message::text(token.as_str()))
    });
    Ok(())
}

/// The token while it is fresh, and for how many milliseconds it may be handed out without asking again.
#[napi(catch_unwind)]
pub fn fresh_token(environment: u32, session: u32) -> napi::Result<Option<(String, f64)>> {
    let session = look(environment, session)?;
    Ok(session.fresh_token().map(|token| {
        let fresh_for = time::milliseconds(session.fresh_for(&token).as_secs_f64());
        (token.as_str().to_owned(), fresh_for)
    }))
}

/// The headers that authorise a request with this token, as JSON.
#[napi(catch_unwind)]
pub fn headers_for(environment: u32, session: u32, token: String) -> napi::Result<String> {
    let headers = look(environment, session)?.headers_for(&token);
    let headers: serde_json::Map<String, Value> =
        headers.into_iter().map(|(name, value)| (name.to_owned(), value.into())).collect();
    Ok(Value::Object(headers).to_string())
}

/// Rotates the tokens. Ends with the new ones as JSON.
#[napi(catch_unwind)]
pub fn refresh(environment: u32, call: u32, session: u32, timeout: Option<f64>) -> napi::Result<()> {
    let environment = environment::find(environment)?;
    let session = find(&environment, session)?;
    environment.start(call, async move {
        let tokens = match limit(timeout)? {
            Some(limit) => session.refresh_within(limit).await?,
            None => session.refresh().await?,
        };
        Ok(Message::text(written(&tokens).to_string()))
    });
    Ok(())
}

/// Says that the server refused a request that carried this text, or these headers. Ends with a token to try again with.
#[napi(catch_unwind)]
pub fn report_unauthorized(
    environment: u32,
    call: u32,
    session: u32,
    sent: Either<String, Vec<(String, String)>>,
    timeout: Option<f64>,
) -> napi::Result<()> {
    let environment = environment::find(environment)?;
    let session = find(&environment, session)?;
    environment.start(call, async move {
        let sent = match &sent {
            Either::A(text) => text,
            Either::B(headers) => {
                session.authorization_in(headers.iter().map(|(name, value)| (name.as_str(), value.as_str())))?
            }
        };
        let token = match limit(timeout)? {
            Some(limit) => session.report_unauthorized_within(sent, limit).await?,
            None => session.report_unauthorized(sent).await?,
        };
        Ok(Message::text(token.as_str()))
    });
    Ok(())
}

/// Forgets the tokens at once. Ends with nothing, when the server has answered where it is told.
#[napi(catch_unwind)]
pub fn logout(environment: u32, call: u32, session: u32) -> napi::Result<()> {
    let environment = environment::find(environment)?;
    let ending = find(&environment, session)?.logout();
    environment.start(call, async move {
        ending.await;
        Ok(Message::default())
    });
    Ok(())
}

/// Asks the server whether it knows the session. Ends with `true` or `false` as JSON.
#[napi(catch_unwind)]
pub fn validate(environment: u32, call: u32, session: u32) -> napi::Result<()> {
    let environment = environment::find(environment)?;
    let session = find(&environment, session)?;
    environment.start(call, async move { Ok(Message::text(session.validate().await?.to_string())) });
    Ok(())
}

/// What opens the market data feed. Ends with `{url, token, user}` as JSON.
#[napi(catch_unwind)]
pub fn feed(environment: u32, call: u32, session: u32, timeout: Option<f64>) -> napi::Result<()> {
    let environment = environment::find(environment)?;
    let session = find(&environment, session)?;
    environment.start(call, async move {
        let feed = match limit(timeout)? {
            Some(limit) => session.feed_within(limit).await?,
            None => session.feed().await?,
        };
        let text = json!({ "url": feed.url, "token": feed.token.expose(), "user": feed.user });
        Ok(Message::text(text.to_string()))
    });
    Ok(())
}

/// What the session is doing.
#[napi(catch_unwind)]
pub fn state(environment: u32, session: u32) -> napi::Result<String> {
    Ok(look(environment, session)?.state().as_str().to_owned())
}

/// The end of the access token, in milliseconds since 1970.
#[napi(catch_unwind)]
pub fn expires_at(environment: u32, session: u32) -> napi::Result<Option<f64>> {
    Ok(look(environment, session)?.expires_at().map(|at| time::milliseconds(at.seconds())))
}

/// What the session is about, as JSON: system, user and claims.
#[napi(catch_unwind)]
pub fn describe_session(environment: u32, session: u32) -> napi::Result<String> {
    let session = look(environment, session)?;
    let text = json!({ "system": session.system(), "user": session.user(), "claims": session.claims() });
    Ok(text.to_string())
}

/// The user as the system describes it, as JSON: what may be shown as `fields`, and what must not be as `secrets`.
#[napi(catch_unwind)]
pub fn profile(environment: u32, session: u32) -> napi::Result<String> {
    let profile = look(environment, session)?.profile();
    let secrets: serde_json::Map<String, Value> =
        profile.secrets.iter().map(|(name, secret)| (name.clone(), secret.expose().into())).collect();
    Ok(json!({ "fields": profile.fields, "secrets": secrets }).to_string())
}

/// The second factor that the server waits for, if it does: the number of the challenge.
#[napi(catch_unwind)]
pub fn session_challenge(environment: u32, session: u32) -> napi::Result<Option<u32>> {
    let environment = environment::find(environment)?;
    let challenge = find(&environment, session)?.challenge();
    Ok(challenge.map(|challenge| locked(&environment.challenges).add(challenge)))
}

/// The tokens as they are, as JSON.
#[napi(catch_unwind)]
pub fn tokens(environment: u32, session: u32) -> napi::Result<Option<String>> {
    Ok(look(environment, session)?.tokens().map(|tokens| written(&tokens).to_string()))
}

/// JavaScript has let go of a session.
#[napi(catch_unwind)]
pub fn release_session(environment: u32, session: u32) -> napi::Result<()> {
    let environment = environment::find(environment)?;
    let subscription = locked(&environment.subscriptions).remove(&session);
    let session = locked(&environment.sessions).remove(session);
    drop((subscription, session));
    Ok(())
}

fn written(tokens: &Tokens) -> Value {
    json!({
        "accessToken": tokens.access_token.expose(),
        "refreshToken": tokens.refresh_token.as_ref().map(relatch::Secret::expose),
        "expiresAt": tokens.expires_at.map(|at| at.0),
    })
}
