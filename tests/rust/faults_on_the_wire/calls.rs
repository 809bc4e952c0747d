//! The calls that every row is put to, and what must hold after them.

use std::error::Error as _;

use relatch::EventKind::{LoggedIn, Refreshed};
use relatch::{Cause, Error, ErrorCode, EventKind, Sent, Session, Token};
use relatch_sandbox::fault_proxy::WireFault;

use super::Reading::{self, Fine, Lost, Unreadable, Unseen, Unsent};
use super::way::Way;
use crate::support::{advance, ask, listen};

/// What goes wrong, how that must be read, and what to call it.
pub(super) type Case = (String, Vec<WireFault>, Reading);

const CALLERS: usize = 8;

/// What the server has seen of refreshes and of logins.
fn arrived(way: &Way) -> (u64, u64) {
    let counts = way.sandbox.counts();
    (counts.refresh, counts.login)
}

/// What must hold whatever happened.
fn nothing_is_broken(way: &Way, name: &str) {
    let counts = way.sandbox.counts();
    assert_eq!((counts.reused, counts.refresh_rejected, counts.login_rejected), (0, 0, 0), "{name}");
    assert_eq!(way.proxy.pending(), 0, "{name}: a fault did not happen");
}

/// The error of the exchange that was lost, which the session's own error tells as its source.
fn lost(error: &Error) -> &Error {
    error.source().and_then(|source| source.downcast_ref()).expect("what was lost")
}

/// What the transport made of a refresh or a login: whether it was sent, and the code.
pub(super) fn verdict(error: &Error) -> (Option<Sent>, ErrorCode) {
    let exchange = if error.code() == ErrorCode::ReloginRequired { lost(error) } else { error };
    (exchange.sent(), exchange.code())
}

/// Compares what the transport made of it with how it must be read; says whether the request counts as unsent.
fn compare(error: &Error, reading: Reading, name: &str) -> bool {
    let found = verdict(error);
    match reading {
        Unsent(code) => assert_eq!(found, (Some(Sent::No), code), "{name}: {error:?}"),
        Lost { code, .. } => assert_eq!(found, (Some(Sent::Maybe), code), "{name}: {error:?}"),
        Unreadable { .. } => assert_eq!(found, (None, ErrorCode::Protocol), "{name}: {error:?}"),
        Unseen => assert!(found.0.is_some(), "{name}: {error:?}"),
        Fine => panic!("{name}: {error:?}"),
    }
    found.0 == Some(Sent::No)
}

/// How often the server sees the first request.
fn arrivals(reading: Reading) -> u64 {
    match reading {
        Lost { arrives, .. } | Unreadable { arrives } => arrives.into(),
        Unsent(_) | Unseen => 0,
        Fine => 1,
    }
}

/// What does not mend itself while callers wait is told at once.
fn is_lasting(code: ErrorCode) -> bool {
    matches!(code, ErrorCode::Tls | ErrorCode::Proxy)
}

/// Whether a call that this goes wrong for may get through all the same: what was not sent is sent again.
fn may_get_through(reading: Reading) -> bool {
    match reading {
        Unsent(code) => !is_lasting(code),
        Fine | Unseen => true,
        Lost { .. } | Unreadable { .. } => false,
    }
}

pub(super) async fn a_login(way: Way, (name, faults, reading): Case) {
    way.goes_wrong(faults);
    let first = relatch::login(way.provider(), way.options.clone()).await;
    match &first {
        Ok(_) => {
            assert!(may_get_through(reading), "{name}: no error");
            assert_eq!(arrived(&way), (0, 1), "{name}");
        }
        Err(error) => {
            let unsent = compare(error, reading, &name);
            assert!(!unsent || is_lasting(error.code()), "{name}: an unsent login is repeated");
            assert_eq!(arrived(&way), (0, arrivals(reading)), "{name}");
            // The lockout guard bears one that may have failed, and does not count what was not sent.
            let again = relatch::login(way.provider(), way.options.clone()).await;
            assert!(again.is_ok(), "{name}: {:?}", again.err());
            assert_eq!(arrived(&way), (0, arrivals(reading) + 1), "{name}");
        }
    }
    nothing_is_broken(&way, &name);
}

pub(super) async fn a_refresh_without_credentials(way: Way, (name, faults, reading): Case) {
    let tokens = way.tokens().await;
    let session = relatch::resume(way.provider_without_credentials(), tokens.clone(), way.options.clone()).unwrap();
    way.goes_wrong(faults);
    let sent_before = asked(&way);
    match session.refresh().await {
        Ok(new) => {
            assert!(may_get_through(reading), "{name}: no error");
            assert_ne!(new, tokens, "{name}");
            assert_eq!(arrived(&way), (1, 1), "{name}");
        }
        Err(error) if compare(&error, reading, &name) => {
            assert!(is_lasting(error.code()), "{name}: an unsent refresh is repeated");
            assert_eq!(arrived(&way), (0, 1), "{name}: the server has seen what was not sent");
            advance(&way.sandbox, 1);
            let new = session.refresh().await.unwrap_or_else(|error| panic!("{name}: {error:?}"));
            assert_ne!(new, tokens, "{name}");
            assert_eq!(arrived(&way), (1, 1), "{name}: the same token was good");
        }
        Err(error) => {
            let told = (error.code(), error.cause());
            assert_eq!(told, (ErrorCode::ReloginRequired, Some(Cause::RotationLost)), "{name}: {error:?}");
            assert_eq!(arrived(&way), (arrivals(reading), 1), "{name}");
            let sent = asked(&way) - sent_before;
            let again = session.refresh().await.unwrap_err();
            assert_eq!(again.cause(), Some(Cause::RotationLost), "{name}: {again:?}");
            assert!(sent <= 1 && asked(&way) - sent_before == sent, "{name}: the token was sent again");
            assert_eq!(session.token().await.unwrap().as_str(), tokens.access_token.expose(), "{name}");
        }
    }
    nothing_is_broken(&way, &name);
}

/// How many refreshes have come as far as where things go wrong.
fn asked(way: &Way) -> usize {
    way.proxy.seen().asked("/User/RefreshToken")
}

pub(super) async fn callers_of_a_session_with_credentials(way: Way, (name, faults, reading): Case) {
    let tokens = way.tokens().await;
    let session = relatch::resume(way.provider(), tokens.clone(), way.options.clone()).unwrap();
    let heard = listen(&session, |event| event.kind);
    // The token is valid for 25 seconds: callers wait for a better one, and have one to fall back on.
    advance(&way.sandbox, 1175);
    way.goes_wrong(faults);
    let mut callers = Vec::new();
    for _ in 0..CALLERS {
        callers.push(ask(token(&session)).await);
    }
    let mut found = Vec::new();
    for caller in callers {
        found.push(caller.await.unwrap().unwrap_or_else(|error| panic!("{name}: {error:?}")));
    }
    let old = found.iter().filter(|token| token.as_str() == tokens.access_token.expose()).count();
    if old > 0 {
        assert!(matches!(reading, Unsent(_) | Unseen), "{name}: the old token");
        // The next try is made in the background, with the same refresh token.
        advance(&way.sandbox, 1);
    }
    let is_over = |kinds: &[EventKind]| kinds.iter().any(|kind| matches!(kind, Refreshed | LoggedIn));
    let kinds = heard.until(is_over).await.unwrap_or_else(|error| panic!("{name}: {error}"));
    if kinds.contains(&LoggedIn) {
        assert!(!matches!(reading, Unsent(_) | Fine) && old == 0, "{name}: {kinds:?}");
        assert!(found.windows(2).all(|pair| pair[0].is(&pair[1])), "{name}: one token for all");
        assert_eq!(arrived(&way), (arrivals(reading), 2), "{name}");
        assert!(asked(&way) <= 1, "{name}: the token was sent again");
    } else {
        assert!(matches!(reading, Unsent(_) | Unseen | Fine), "{name}: {kinds:?}");
        assert_eq!(arrived(&way), (1, 1), "{name}: the same token is good");
    }
    assert_ne!(session.token().await.unwrap().as_str(), tokens.access_token.expose(), "{name}");
    nothing_is_broken(&way, &name);
}

fn token(session: &Session) -> impl Future<Output = Result<Token, Error>> + Send + use<> {
    let session = session.clone();
    async move { session.token().await }
}
