//! One request of a login: the value that it needs, its entry in the account's ledger, the exchange.

mod callback;
mod totp;

use std::sync::Arc;
use std::time::Duration;

use super::Keeper;
use super::exchange::send;
use super::waiter::Progress;
use crate::account::{Account, Entry, Noted, Pass, Sent as Credential, Settlement};
use crate::error::{Error, ErrorCode};
use crate::event::{Event, EventKind};
use crate::factor::{FactorKind, Source};
use crate::lifecycle::{Ended, FlightNumber, LoginPart, verdict};
use crate::lockout::{Along, Verdict};
use crate::provider::{Answer, Provider, Request};
use crate::secret::Secret;
use crate::time::BootTime;

/// Between its entry in the ledgers and its start nothing takes so long but a suspend: a store is given less.
const OLD_ENTRY: Duration = Duration::from_secs(20);

struct Login {
    keeper: Arc<Keeper>,
    number: FlightNumber,
    account: Account,
    force: bool,
    part: LoginPart,
}

impl Keeper {
    pub(super) async fn login(self: &Arc<Self>, number: FlightNumber, force: bool, part: LoginPart) -> Ended {
        let account = Account::of(&*self.provider, &self.options);
        let login = Login { keeper: Arc::clone(self), number, account, force, part };
        login.run().await.unwrap_or_else(|ended| ended)
    }
}

impl Login {
    async fn run(mut self) -> Result<Ended, Ended> {
        let provider = Arc::clone(&self.keeper.provider);
        let value = match (self.given(), self.source(&*provider)) {
            (Some(given), _) => Some(given),
            (None, Some((Source::Totp(totp), _))) => return self.with_code(totp).await,
            (None, Some((Source::Callback(callback), wanted))) => {
                if !self.force {
                    self.account.check_pause().map_err(Ended::NotSent)?;
                }
                Some(self.ask(callback, wanted).await?)
            }
            (None, Some((Source::Held(held), _))) => Some(held.clone()),
            (None, None) => None,
        };
        let request = self.request(value.as_ref()).map_err(Ended::Guarded)?;
        let turn = self.turn().await?;
        let entry = self.enter(value.as_ref()).await?;
        Ok(self.transmit(&turn, entry, request, value.as_ref(), None).await)
    }

    /// What somebody has given already.
    fn given(&self) -> Option<Secret> {
        match &self.part {
            LoginPart::Whole(given) => given.clone(),
            LoginPart::First => None,
            LoginPart::Second(_, given) => given.as_ref().map(|(_, value)| value.clone()),
        }
    }

    /// Where the value comes from that is not given yet, if this request needs one, and what it is called.
    fn source<'a>(&self, provider: &'a dyn Provider) -> Option<(Source<'a>, &'static str)> {
        let factor = provider.second_factor();
        let kind = factor.map(|factor| factor.kind().as_str());
        match &self.part {
            LoginPart::Whole(_) => provider.first_value().map(|source| (source, kind.unwrap_or("sso_token"))),
            LoginPart::First => None,
            LoginPart::Second(..) => factor.map(|factor| (factor.source(), factor.kind().as_str())),
        }
    }

    fn request(&self, value: Option<&Secret>) -> Result<Request, Error> {
        let provider = &self.keeper.provider;
        match &self.part {
            LoginPart::Whole(_) => provider.login(value),
            LoginPart::First => provider.begin(),
            LoginPart::Second(asked, _) => match (self.kind(), value) {
                (Some(kind), Some(value)) => provider.complete(asked, kind, value),
                _ => Err(Error::invalid("second_factor", "There is no second factor to go on with.")),
            },
        }
    }

    /// The kind of the second step's factor.
    fn kind(&self) -> Option<FactorKind> {
        match &self.part {
            LoginPart::Second(_, Some((kind, _))) => Some(*kind),
            _ => self.keeper.provider.second_factor().map(crate::factor::Factor::kind),
        }
    }

    async fn turn(&self) -> Result<Pass, Ended> {
        let turn = self.account.turn().await;
        if let Some(reason) = self.pointless() {
            return Err(Ended::Guarded(reason));
        }
        self.account.pass_in_turn(turn, self.force).map_err(Ended::NotSent)
    }

    /// What the server would refuse again: of a first step only, for a second is made with what that was given.
    fn credential(&self, value: Option<&Secret>) -> Credential {
        let provider = &self.keeper.provider;
        let first = matches!(self.part, LoginPart::Whole(_));
        let along = match (self.given(), self.source(&**provider)) {
            (Some(_), _) | (None, Some((Source::Callback(_), _))) => Along::Typed,
            (None, Some((Source::Totp(_), _))) => Along::Code,
            (None, Some((Source::Held(_), _)) | None) => Along::Nothing,
        };
        Credential { credential: provider.credential(value.filter(|_| first)), along }
    }

    async fn enter(&self, value: Option<&Secret>) -> Result<Entry, Ended> {
        let entered = self.account.enter(&self.credential(value), self.force).await;
        self.told(entered).map_err(|error| match error.code() {
            // It passes by itself, and nothing has changed.
            ErrorCode::RateLimited => Ended::NotSent(error),
            _ => Ended::Guarded(error),
        })
    }

    /// An entry that is not old: a login counts from when it goes out, and the machine may have slept since it was entered.
    async fn renewed(&self, mut entry: Entry, value: Option<&Secret>) -> Result<Entry, Ended> {
        while self.keeper.options.time().boot_time() > entry.at.after(OLD_ENTRY) {
            self.settle(entry, value, Verdict::NotCounted).await;
            entry = self.enter(value).await?;
        }
        Ok(entry)
    }

    async fn settle(&self, entry: Entry, value: Option<&Secret>, verdict: Verdict) {
        self.settle_as(entry, &self.credential(value), &Settlement::of(verdict)).await;
    }

    async fn settle_as(&self, entry: Entry, credential: &Credential, settlement: &Settlement) {
        let settled = self.account.settle(entry, credential, settlement).await;
        self.told(settled);
    }

    /// Tells of a store that failed. The login goes on without it.
    fn told<T>(&self, noted: Noted<T>) -> T {
        noted.store_failures.iter().for_each(|error| self.keeper.store_failed(error));
        noted.result
    }

    /// `good_until`: when the code that it carries ends, if it carries one.
    async fn transmit(
        &self,
        turn: &Pass,
        entry: Entry,
        request: Request,
        value: Option<&Secret>,
        good_until: Option<BootTime>,
    ) -> Ended {
        let (keeper, clock) = (&self.keeper, self.keeper.options.time());
        let entry = match self.renewed(entry, value).await {
            Ok(entry) => entry,
            Err(ended) => return ended,
        };
        // The ledgers may have taken their time, and what a logout came too late for lives on at the server.
        if let Some(reason) = self.pointless() {
            self.settle(entry, value, Verdict::NotCounted).await;
            return Ended::Guarded(reason);
        }
        if self.force && !matches!(self.part, LoginPart::Second(..)) {
            keeper.announce(Event::new(EventKind::LoginForced, clock.unix_time()));
        }
        let token = match &self.part {
            LoginPart::Second(asked, _) => Some(&asked.token),
            _ => None,
        };
        let secrets: Vec<Secret> = token.into_iter().chain(value).cloned().collect();
        let read = move |provider: &dyn Provider, answer: &Answer| {
            provider.read_login(answer, &secrets.iter().collect::<Vec<_>>())
        };
        let ended = send(keeper, request, read).await;
        turn.settle(&ended);
        let now = clock.now();
        let (verdict, locked_until) = verdict(&ended, &self.part, now);
        let credential = self.credential(value);
        // A code was not late where the end of its exchange was known before its own.
        let timely = good_until.is_some_and(|until| now.boot < until) && !timed_out(&ended);
        let doubtful = match credential.along {
            Along::Nothing => false,
            Along::Code => !timely,
            Along::Typed => true,
        };
        self.settle_as(entry, &credential, &Settlement { verdict, doubtful, locked_until }).await;
        ended
    }

    /// Why this request is not worth sending any more, if it is not: nobody could have what came of it. What a human has
    /// given for it is not wasted.
    fn pointless(&self) -> Option<Error> {
        if self.keeper.is_closed() {
            return Some(logged_out());
        }
        let is_begun = matches!(self.part, LoginPart::Whole(Some(_)) | LoginPart::Second(..));
        (!is_begun && self.keeper.is_forsaken(self.number)).then(forsaken)
    }

    async fn sleep_until(&self, at: BootTime) -> Result<(), Ended> {
        tokio::select! {
            biased;
            () = self.keeper.options.time().sleep_until(at) => Ok(()),
            () = self.over() => Err(Ended::Guarded(logged_out())),
        }
    }

    /// Waits until nobody wants this login any more.
    async fn over(&self) {
        if let Some(mut flight) = self.keeper.flight(self.number) {
            // An error says that the session is gone, which is no less over.
            let _ = flight.wait_for(Progress::has_ended).await;
        }
    }
}

/// Whether the request may still arrive: nothing came of it, and nothing says that the connection has ended.
fn timed_out(ended: &Ended) -> bool {
    matches!(ended, Ended::Ambiguous(error) if !matches!(error.code(), ErrorCode::Transport | ErrorCode::Protocol))
}

fn forsaken() -> Error {
    Error::closed("This login was cancelled before it was sent: no caller was waiting for it any more.")
}

fn logged_out() -> Error {
    Error::closed("The session was logged out before its login was sent.")
}
