//! The calls of the library that a scenario's steps make, and what they yield.

use std::sync::Arc;
use std::time::Duration;

use relatch::{Challenge, Error, FactorKind, Options, Provider, Session, SynapsewaveAccount, Tokens};
use serde_json::Value;

use super::expect::{Ended, Yield};
use super::file::Object;
use crate::support;

/// What a provider or options came to.
pub(super) type Made<T> = Result<T, Error>;

pub(super) fn session(session: Session) -> Yield {
    Yield { session: Some(session), ..Yield::default() }
}

fn token_yield(token: &str) -> Yield {
    Yield { token: Some(token.to_owned()), ..Yield::default() }
}

pub(super) async fn login(provider: Made<Arc<dyn Provider>>, options: Made<Options>) -> Ended {
    relatch::login(provider?, options?).await.map(session)
}

pub(super) async fn begin(provider: Made<Arc<dyn Provider>>, options: Made<Options>) -> Ended {
    let challenge = relatch::begin(provider?, options?).await?;
    Ok(Yield { challenge: Some(challenge), ..Yield::default() })
}

pub(super) async fn complete(challenge: Challenge, kind: FactorKind, value: String) -> Ended {
    challenge.complete(kind, value).await.map(session)
}

pub(super) async fn refresh_tokens(provider: Made<Arc<dyn Provider>>, tokens: Tokens, options: Made<Options>) -> Ended {
    Ok(token_yield(relatch::refresh(provider?, tokens, options?).await?.access_token.expose()))
}

pub(super) async fn token(session: Session, limit: Option<f64>) -> Ended {
    let token = match limit.map(Duration::from_secs_f64) {
        None => session.token().await?,
        Some(limit) => session.token_within(limit).await?,
    };
    Ok(token_yield(token.as_str()))
}

pub(super) async fn headers(session: Session, version: Option<&str>, says_bearer: bool) -> Ended {
    let headers = session.headers().await?;
    let find = |wanted| headers.iter().find(|(name, _)| *name == wanted).map(|(_, value)| value.as_str());
    assert_eq!(find("Version"), version);
    let authorization = find("Authorization").expect("an Authorization header");
    assert_eq!(authorization.starts_with("Bearer "), says_bearer);
    Ok(token_yield(authorization.trim_start_matches("Bearer ")))
}

pub(super) async fn refresh(session: Session) -> Ended {
    Ok(token_yield(session.refresh().await?.access_token.expose()))
}

pub(super) async fn report_unauthorized(session: Session, token: String) -> Ended {
    Ok(token_yield(session.report_unauthorized(&token).await?.as_str()))
}

pub(super) async fn call(session: Session, url: String) -> Ended {
    let headers = session.headers().await?;
    let status = support::get(&url, &headers).expect("an answer of the sandbox");
    Ok(Yield { status: Some(status), ..Yield::default() })
}

pub(super) async fn validate(session: Session) -> Ended {
    Ok(Yield { valid: Some(session.validate().await?), ..Yield::default() })
}

pub(super) async fn feed(session: Session) -> Ended {
    let feed = session.feed().await?;
    Ok(Yield { url: Some(feed.url.is_some()), ..token_yield(feed.token.expose()) })
}

pub(super) fn profile(session: &Session) -> Yield {
    Yield { profile: Some(session.profile()), ..Yield::default() }
}

pub(super) async fn account(
    account: Made<SynapsewaveAccount>,
    operation: String,
    arguments: Object,
    session: Option<Session>,
    options: Made<Options>,
) -> Ended {
    let result = account?.call(&operation, &arguments, session.as_ref(), &options?).await?;
    let secret = result.get("secret").and_then(Value::as_str).map(ToOwned::to_owned);
    Ok(Yield { token: secret, result: Some(result), ..Yield::default() })
}
