//! One exchange with the server, in a task that belongs to no caller.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tracing::trace;

use super::account::{self, Turn};
use super::{Keeper, rotation};
use crate::error::{Error, Sent};
use crate::event::{Event, EventKind};
use crate::grant::{Expiry, Grant, Tokens};
use crate::lifecycle::{Ended, Exchange, FlightNumber, Held, Input, verdict};
use crate::provider::{Answer, Outcome, Provider, Request};
use crate::transport::{self, Ending};

/// A flight's exchange. However the task ends, the lifecycle learns of it: callers wait for that.
pub(super) struct Task {
    keeper: Arc<Keeper>,
    number: FlightNumber,
    ended: Option<Ended>,
}

impl Task {
    pub(super) fn new(keeper: Arc<Keeper>, number: FlightNumber) -> Self {
        Self { keeper, number, ended: None }
    }

    pub(super) async fn run(mut self, exchange: Exchange) {
        let ended = match exchange {
            Exchange::Login { force } => self.keeper.login(force).await,
            Exchange::Refresh(held) => self.keeper.refresh(&held.grant).await,
        };
        self.ended = Some(ended);
    }
}

impl Drop for Task {
    fn drop(&mut self) {
        let ended = self.ended.take().unwrap_or_else(|| Ended::Ambiguous(abandoned()));
        self.keeper.ask(Input::Ended(self.number, ended));
    }
}

fn abandoned() -> Error {
    let message = "The request was abandoned because the process is exiting; whether the server acted is not known.";
    Error::closed(message).with_sent(Sent::Maybe)
}

/// Sends one request of `keeper`'s provider and reads the answer with `read`.
pub(crate) async fn send(keeper: &Keeper, request: Request, read: impl FnOnce(&Answer) -> Outcome) -> Ended {
    let (options, provider) = (&keeper.options, &keeper.provider);
    trace!(session = keeper.number, system = provider.system(), path = request.path, "sending");
    let ending =
        transport::send(options.network(), options.time(), provider.base_url(), request, options.exchange_limit())
            .await;
    match ending {
        Ending::Answered(answer, timing) => {
            trace!(session = keeper.number, status = answer.status, "answered");
            Ended::Answered(read(&answer), timing)
        }
        Ending::NotSent(error) => Ended::NotSent(error),
        Ending::Ambiguous(error) => Ended::Ambiguous(error),
    }
}

impl Keeper {
    async fn refresh(&self, grant: &Grant) -> Ended {
        match self.provider.refresh(grant) {
            Some(request) => {
                let exchange = send(self, request, |answer| self.provider.read_refresh(grant, answer));
                rotation::once(self.provider.base_url(), grant, self.options.time(), exchange).await
            }
            None => Ended::NotSent(Error::invalid("refresh_token", "This system has no refresh.")),
        }
    }

    async fn login(self: &Arc<Self>, force: bool) -> Ended {
        let request = match self.provider.login() {
            Ok(request) => request,
            Err(error) => return Ended::Guarded(error),
        };
        let account = account::name(&*self.provider);
        let _turn = Turn::take(account.clone()).await;
        if self.closed.load(Ordering::Acquire) {
            return Ended::Guarded(Error::closed("The session was logged out before its login was sent."));
        }
        let attempt = match self.enter_login(&account, force).await {
            Ok(attempt) => attempt,
            Err(error) => return Ended::Guarded(error),
        };
        if force {
            self.announce(Event::new(EventKind::LoginForced, self.options.time().unix_time()));
        }
        let ended = send(self, request, |answer| self.provider.read_login(answer)).await;
        let (verdict, locked_until) = verdict(&ended, self.options.time().now());
        self.settle_login(&account, attempt, verdict, locked_until).await;
        ended
    }
}

/// What a grant in use looks like to users.
pub(crate) fn tokens(held: &Held) -> Tokens {
    Tokens {
        access_token: held.grant.access_token.clone(),
        refresh_token: held.grant.refresh_token.clone(),
        expires_at: Some(held.expires_at),
    }
}

/// Tokens from elsewhere as a grant.
pub(crate) fn grant(tokens: Tokens, default_lifetime: Duration) -> Grant {
    let expiry = tokens.expires_at.map_or(Expiry::After(default_lifetime), Expiry::At);
    Grant { access_token: tokens.access_token, refresh_token: tokens.refresh_token, expiry }
}

/// The login request of a provider, to find out before any traffic that it has none.
pub(crate) fn check_login(provider: &dyn Provider) -> Result<(), Error> {
    provider.login().map(|_| ())
}
