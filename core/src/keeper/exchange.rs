//! One exchange with the server, in a task that belongs to no caller.

use std::sync::Arc;
use std::time::Duration;

use tracing::trace;

use super::Keeper;
use super::account::{self, STORE_LIMIT, Turn};
use crate::error::{Error, Sent};
use crate::event::{Event, EventKind};
use crate::grant::{Expiry, Grant, Tokens};
use crate::lifecycle::{Ended, Exchange, FlightNumber, Held, Input, verdict};
use crate::provider::{Answer, Outcome, Provider, Request};
use crate::runtime;
use crate::store::write_tokens;
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
            Some(request) => send(self, request, |answer| self.provider.read_refresh(grant, answer)).await,
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

    /// Keeps new tokens where they outlive the process, if the user gave a store, and reports back.
    pub(super) fn store(self: &Arc<Self>, number: FlightNumber, held: Arc<Held>) {
        if self.options.own_store().is_none() {
            self.ask(Input::Stored(number, Ok(())));
            return;
        }
        let keeper = Arc::clone(self);
        let task = async move {
            let writing = keeper.write_session(Some(&held));
            let result = tokio::time::timeout(STORE_LIMIT, writing).await;
            keeper.ask(Input::Stored(number, result.unwrap_or_else(|late| Err(Error::store("session", late)))));
        };
        if let Err(error) = runtime::spawn(task) {
            self.ask(Input::Stored(number, Err(error)));
        }
    }

    pub(super) fn forget(self: &Arc<Self>) {
        if self.options.own_store().is_none() {
            return;
        }
        let keeper = Arc::clone(self);
        let task = async move {
            if let Err(error) = keeper.write_session(None).await {
                keeper.store_failed(&error);
            }
        };
        // Without a runtime the process is exiting: what is stored is then left to the next one.
        let _ = runtime::spawn(task);
    }

    async fn write_session(&self, held: Option<&Held>) -> Result<(), Error> {
        let (Some(store), Some(key)) = (self.options.own_store(), &self.stored_as) else { return Ok(()) };
        loop {
            let version = store.get(key).await?.map(|found| found.version);
            let written = match (held, version) {
                (Some(held), version) => store.put(key, write_tokens(&tokens(held)), version).await?,
                (None, Some(version)) => store.remove(key, version).await?,
                (None, None) => true,
            };
            if written {
                return Ok(());
            }
        }
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
