//! One exchange with the server, in a task that belongs to no caller.

use std::sync::Arc;

use tracing::trace;

use super::storing::Mark;
use super::{Keeper, Reply};
use crate::account::{Account, abandoned, is_spent, observe};
use crate::error::Error;
use crate::lifecycle::{Ended, Exchange, FlightNumber, Held, Input};
use crate::provider::{Answer, Outcome, Provider, Request};
use crate::system::runtime::{self, Stopped};
use crate::time::Now;
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
            Exchange::Login { force, part } => self.keeper.login(self.number, force, part).await,
            Exchange::Refresh(held) => self.keeper.refresh(&held).await,
        };
        self.ended = Some(ended);
    }
}

impl Drop for Task {
    fn drop(&mut self) {
        let ended = self.ended.take().unwrap_or_else(|| Ended::Ambiguous(abandoned()));
        if let Reply::Closing(held) = self.keeper.ask(Input::Ended(self.number, ended)) {
            // Logged out before the answer came. Where there is no runtime the server ends the session in its own time.
            let _ = self.keeper.end_on_server(&held.grant);
        }
    }
}

/// Sends one request of `keeper`'s provider and reads the answer with `read`.
pub(crate) async fn send(
    keeper: &Keeper,
    request: Request,
    read: impl FnOnce(&dyn Provider, &Answer) -> Outcome + Send + 'static,
) -> Ended {
    let (options, provider) = (&keeper.options, &keeper.provider);
    trace!(session = keeper.number, system = provider.system(), path = request.path, "sending");
    let ending =
        transport::send(options.network(), options.time(), provider.base_url(), request, options.exchange_limit())
            .await;
    match ending {
        Ending::Answered(answer, timing) => {
            trace!(session = keeper.number, status = answer.status, "answered");
            observe(provider.base_url(), options.time(), timing);
            let received = Now { boot: timing.received, unix: answer.received };
            let provider = Arc::clone(provider);
            match long_aside(answer, move |answer| read(&*provider, answer)).await {
                Ok(outcome) => Ended::Answered(outcome.pinned(received), timing),
                Err(Stopped) => Ended::Ambiguous(abandoned()),
            }
        }
        Ending::NotSent(error) => Ended::NotSent(error),
        Ending::Ambiguous(error) => Ended::Ambiguous(error),
    }
}

/// Reads an answer: a short one here, and a long one where it takes no time from other sessions.
pub(super) async fn long_aside<T: Send + 'static>(
    answer: Answer,
    read: impl FnOnce(&Answer) -> T + Send + 'static,
) -> Result<T, Stopped> {
    if answer.body.len() < transport::LONG { Ok(read(&answer)) } else { runtime::aside(move || read(&answer)).await }
}

impl Keeper {
    async fn refresh(self: &Arc<Self>, held: &Arc<Held>) -> Ended {
        let grant = &held.grant;
        let Some(request) = self.provider.refresh(grant) else {
            return Ended::NotSent(Error::invalid("refresh_token", "This system has no refresh."));
        };
        let account = Account::of_grant(&*self.provider, &self.options, grant);
        let exchange = async {
            let pass = match account.pass().await {
                Ok(pass) => pass,
                Err(error) => return Ended::NotSent(error),
            };
            // A process that dies before it stores the answer must not leave a spent token that looks good.
            let marked = self.mark(held, Mark::Sending).await;
            let ended = if self.is_closed() {
                Ended::NotSent(Error::closed("The session was logged out before its refresh was sent."))
            } else if let Err(error) = pass.renew() {
                Ended::NotSent(error)
            } else {
                let held = Arc::clone(held);
                send(self, request, move |provider, answer| provider.read_refresh(&held.grant, answer)).await
            };
            pass.settle(&ended);
            // The store may take its time: the other sessions of the account need not.
            drop(pass);
            let granted = matches!(ended, Ended::Answered(Outcome::Granted(_), _));
            match is_spent(grant, &ended) {
                false => drop(self.mark(held, Mark::Unspent).await),
                // The store may be well again: what it holds must not look good until a login has replaced it.
                true if !marked && !granted => drop(self.mark(held, Mark::Spent).await),
                true => {}
            }
            if self.is_closed() {
                // What the mark has written after the logout would stay there for ever.
                self.forget(Some(Arc::clone(held)));
            }
            ended
        };
        account.rotate_once(grant, self.provider.replay_grace(), exchange).await
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;
    use crate::time::UnixTime;

    #[tokio::test]
    async fn an_answer_is_read_aside_if_it_is_long() {
        for (length, is_aside) in [(0, false), (4096, false), (transport::LONG, true), (1 << 20, true)] {
            let body = vec![b' '; length].into();
            let answer =
                Answer { status: 200, retry_at: None, received: UnixTime(0), date: None, content_type: None, body };
            let read_on = long_aside(answer, |answer| (answer.body.len(), thread::current().id())).await.unwrap();
            assert_eq!((read_on.0, read_on.1 != thread::current().id()), (length, is_aside), "{length}");
        }
    }
}
