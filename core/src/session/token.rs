//! `Token`, and a caller's way to one: at once while it is fresh, else by waiting for a flight.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use crate::error::Error;
use crate::keeper::{Keeper, Need, Waiting, wait};
use crate::lifecycle::{Held, Input};

/// An access token. Its text is wiped from memory when the last holder lets go of it.
#[derive(Clone)]
pub struct Token(pub(crate) Arc<Held>);

impl Token {
    /// A token on its way to a caller, who may put it on a request.
    #[inline]
    pub(crate) fn of(held: Arc<Held>) -> Self {
        held.handed.note();
        Self(held)
    }

    /// The token itself.
    #[inline]
    pub fn as_str(&self) -> &str {
        self.0.grant.access_token.expose()
    }

    /// Whether the other came of the same login or refresh.
    #[inline]
    pub fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl AsRef<str> for Token {
    fn as_ref(&self) -> &str {
        self.as_str()
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Token([redacted])")
    }
}

/// What [`Session::token`](super::Session::token) returns: ready at once while the token is fresh.
#[must_use = "futures do nothing unless polled"]
pub struct TokenFuture<'a> {
    keeper: &'a Arc<Keeper>,
    limit: Duration,
    waiting: Option<Waiting>,
}

impl Future for TokenFuture<'_> {
    type Output = Result<Token, Error>;

    #[inline]
    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        if self.waiting.is_none()
            && let Some(held) = self.keeper.fresh()
        {
            return Poll::Ready(Ok(Token::of(held)));
        }
        self.poll_slowly(context)
    }
}

impl<'a> TokenFuture<'a> {
    pub(crate) fn new(keeper: &'a Arc<Keeper>, limit: Duration) -> Self {
        Self { keeper, limit, waiting: None }
    }

    fn poll_slowly(&mut self, context: &mut Context<'_>) -> Poll<Result<Token, Error>> {
        if self.waiting.is_none() {
            let waiting = wait(self.keeper, self.keeper.ask(Input::Want), Need::Token, self.limit);
            self.waiting = Some(waiting.map_err(|error| error.with_challenge(self.keeper))?);
        }
        let Some(waiting) = &mut self.waiting else { return Poll::Pending };
        let explain = |error: Error| error.with_challenge(self.keeper);
        Pin::new(waiting).poll(context).map(|result| result.map(Token::of).map_err(explain))
    }
}
