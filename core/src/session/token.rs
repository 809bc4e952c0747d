//! `Token`, and a caller's way to one: at once while it is fresh, else by waiting for a flight.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use crate::error::Error;
use crate::keeper::{FlightResult, Keeper, Need, Reply, Waiter};
use crate::lifecycle::{Held, Input};
use crate::runtime;

use super::Session;

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

/// What [`Session::token`] returns: ready at once while the token is fresh.
#[must_use = "futures do nothing unless polled"]
pub struct TokenFuture<'a> {
    session: &'a Session,
    limit: Duration,
    waiting: Option<Waiting>,
}

impl Future for TokenFuture<'_> {
    type Output = Result<Token, Error>;

    #[inline]
    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        if self.waiting.is_none()
            && let Some(held) = self.session.0.fresh()
        {
            return Poll::Ready(Ok(Token::of(held)));
        }
        self.poll_slowly(context)
    }
}

impl<'a> TokenFuture<'a> {
    pub(crate) fn new(session: &'a Session, limit: Duration) -> Self {
        Self { session, limit, waiting: None }
    }

    fn poll_slowly(&mut self, context: &mut Context<'_>) -> Poll<Result<Token, Error>> {
        if self.waiting.is_none() {
            let keeper = &self.session.0;
            let waiting = wait(keeper, keeper.ask(Input::Want), Need::Token, self.limit);
            self.waiting = Some(waiting.map_err(|error| error.with_challenge(&self.session.0))?);
        }
        let Some(waiting) = &mut self.waiting else { return Poll::Pending };
        let explain = |error: Error| error.with_challenge(&self.session.0);
        Pin::new(waiting).poll(context).map(|result| result.map(Token::of).map_err(explain))
    }
}

/// A caller's wait, which works under any runtime or none. Dropping it ends the wait, not the flight.
pub(crate) enum Waiting {
    Done(Option<Arc<Held>>),
    /// The time limit is kept by the shared runtime, whoever polls.
    For {
        wait: Pin<Box<dyn Future<Output = FlightResult> + Send>>,
        keeper: Arc<Keeper>,
        need: Need,
    },
}

pub(crate) fn wait(keeper: &Arc<Keeper>, reply: Reply, need: Need, limit: Duration) -> Result<Waiting, Error> {
    let waiter = match reply {
        Reply::Token(held) => return Ok(Waiting::Done(Some(held))),
        Reply::Wait(waiter) => waiter,
        Reply::Refused(error) => Waiter::refused(keeper, error, need, limit)?,
        Reply::Closing(_) | Reply::Nothing => return Err(Error::closed("The session has ended.")),
    };
    Ok(Waiting::For { wait: Box::pin(waiter.wait(need, limit)), keeper: Arc::clone(keeper), need })
}

impl Future for Waiting {
    type Output = FlightResult;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<FlightResult> {
        let ended = || Error::closed("The process is exiting.");
        match &mut *self {
            Self::Done(held) => Poll::Ready(held.take().ok_or_else(ended)),
            Self::For { wait, keeper, need } => match runtime::inside(|| wait.as_mut().poll(context)) {
                Ok(polled) => polled.unwrap_or_else(|| Poll::Ready(Err(ended()))),
                // Without a thread nothing can be had, and what is held is still good.
                Err(error) => {
                    let now = keeper.options().time().now();
                    let old = keeper.look(|lifecycle| lifecycle.valid(now)).filter(|_| *need == Need::Token);
                    Poll::Ready(old.ok_or(error))
                }
            },
        }
    }
}
