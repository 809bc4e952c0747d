//! One request of a login: the value that it needs, its entry in the account's ledger, the exchange.

use std::sync::Arc;
use std::time::Duration;

use super::Keeper;
use super::account::{self, Entry, Sent as Credential, Settlement, Turn};
use super::cool_down::Pass;
use super::exchange::send;
use super::waiter::Progress;
use crate::clock::{BootTime, UnixTime};
use crate::error::{Error, ErrorCode, Sent};
use crate::event::{Event, EventKind, WaitReason};
use crate::factor::{Callback, FactorKind, NotAText, Question, Source, Totp};
use crate::lifecycle::{Ended, FlightNumber, Input, LoginPart, verdict};
use crate::lockout::{Along, Verdict};
use crate::provider::{Answer, Provider, Request};
use crate::runtime;
use crate::secret::Secret;

/// What is sent later than this before the end of its step would come too late.
const LEAST_LEFT: Duration = Duration::from_secs(1);

/// A shorter wait is none.
const WORTH_TELLING: Duration = Duration::from_secs(1);

/// What is not known of a server's clock after an answer that came quickly: `Date` counts in seconds.
const MOST_EARLY: Duration = Duration::from_secs(2);

/// Between its entry in the ledgers and its start nothing takes so long but a suspend: a store is given less.
const OLD_ENTRY: Duration = Duration::from_secs(20);

struct Login {
    keeper: Arc<Keeper>,
    number: FlightNumber,
    account: String,
    force: bool,
    part: LoginPart,
}

impl Keeper {
    pub(super) async fn login(self: &Arc<Self>, number: FlightNumber, force: bool, part: LoginPart) -> Ended {
        let account = account::name(&*self.provider);
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
                    self.keeper.check_pause(&self.account).map_err(Ended::NotSent)?;
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

    /// Asks a callback, once for the whole flight: what it gives is kept there for its next try.
    async fn ask(&mut self, callback: &Callback, wanted: &'static str) -> Result<Secret, Ended> {
        let over = self.over_at();
        let answer = self.answer(callback, wanted, over).await?;
        if over.is_some_and(|over| over <= self.keeper.options.time().boot_time()) {
            let late = not_had(wanted, "answered when the server's time was up", ErrorCode::Timeout);
            return Err(Ended::NoValue(late));
        }
        let value = Secret::new(answer.expose().trim());
        // A slip of the human who was asked costs nothing.
        self.request(Some(&value)).map_err(|error| Ended::NoValue(nonsense(wanted, error)))?;
        self.part = match std::mem::replace(&mut self.part, LoginPart::First) {
            LoginPart::Second(asked, _) => {
                let kind = self.keeper.provider.second_factor().map_or(FactorKind::Otp, crate::factor::Factor::kind);
                LoginPart::Second(asked, Some((kind, value.clone())))
            }
            _ => LoginPart::Whole(Some(value.clone())),
        };
        self.keeper.ask(Input::Supplied(self.number, self.part.clone()));
        Ok(value)
    }

    /// When the server stops waiting for the second factor; None if it does not say, or says a time that is over,
    /// so that one of the clocks is wrong.
    fn over_at(&self) -> Option<BootTime> {
        let LoginPart::Second(asked, _) = &self.part else { return None };
        let left = self.keeper.likely_server_time().until(asked.expires_at);
        (!left.is_zero()).then(|| self.keeper.options.time().boot_time().after(left))
    }

    async fn answer(&self, callback: &Callback, wanted: &'static str, over: Option<BootTime>) -> Result<Secret, Ended> {
        // An answer to a prompt that nobody expects would be taken from one that somebody does.
        if self.keeper.is_forsaken(self.number) {
            return Err(Ended::Guarded(forsaken()));
        }
        let (provider, clock) = (&self.keeper.provider, self.keeper.options.time());
        let asked = match &self.part {
            LoginPart::Second(asked, _) => Some(asked),
            _ => None,
        };
        let question = Question {
            wanted,
            system: provider.system(),
            user: provider.user().map(ToOwned::to_owned),
            methods: asked.map(|asked| asked.methods.clone()).unwrap_or_default(),
        };
        let limit = callback.time_limit();
        let own = clock.boot_time().after(limit);
        // An answer that comes after the server's time is up is of no use.
        let deadline = over.map_or(own, |over| over.min(own));
        let callback = callback.clone();
        // A task of its own, from its first line on: what is not ours may panic.
        let mut asking = runtime::spawn(async move { callback.ask(question).await }).map_err(Ended::Guarded)?;
        let none = |how: &str| not_had(wanted, how, ErrorCode::Transport);
        let ended = tokio::select! {
            biased;
            answer = &mut asking => return match answer {
                Ok(Ok(value)) => Ok(value),
                Ok(Err(error)) if error.is::<NotAText>() => {
                    let what = "answered with something that is no text";
                    Err(Ended::NoValue(not_had(wanted, what, ErrorCode::InvalidConfig)))
                }
                Ok(Err(error)) => Err(Ended::NoValue(none("failed").with_boxed_source(error))),
                Err(_) => Err(Ended::NoValue(none("panicked"))),
            },
            () = clock.sleep_until(deadline) => {
                let late = if deadline == own {
                    format!("did not answer within {} seconds", limit.as_secs_f64())
                } else {
                    "did not answer before the server's time was up".to_owned()
                };
                Ended::NoValue(not_had(wanted, &late, ErrorCode::Timeout))
            }
            () = self.over() => Ended::Guarded(logged_out()),
        };
        asking.abort();
        Err(ended)
    }

    /// Logs in with the code of a step that nobody has used, by the server's clock. The code is made in the account's
    /// turn, so that waiting for others does not make it old.
    async fn with_code(self, totp: &Totp) -> Result<Ended, Ended> {
        let mut told = false;
        loop {
            let turn = self.turn().await?;
            // Read first: a clock that jumps in between ends the wait early, not late.
            let since = self.keeper.options.time().boot_time();
            let at = self.keeper.server_time().await.map_err(Ended::NotSent)?;
            let wait = match totp.step(at) {
                Err(wait) => wait,
                // By a server whose clock is a little behind, the step might not have begun.
                Ok(step) if !self.early(step).is_zero() => self.early(step),
                Ok(step) if self.keeper.take_step(&self.account, step).await.map_err(Ended::Guarded)? => {
                    match self.with_step(turn, totp, step).await {
                        Some(ended) => return Ok(ended),
                        None => continue,
                    }
                }
                Ok(step) => totp.left(at, step),
            };
            drop(turn);
            self.wait_for_code(since.after(wait), &mut told).await?;
        }
    }

    /// Waits for the next code, and tells the login's callers until when: not all have the time.
    async fn wait_for_code(&self, until: BootTime, told: &mut bool) -> Result<(), Ended> {
        let now = self.keeper.options.time().now();
        if !std::mem::replace(told, *told || now.boot.until(until) >= WORTH_TELLING) && *told {
            let mut event = Event::new(EventKind::Waiting, now.unix);
            (event.reason, event.until) = (Some(WaitReason::TotpStep), Some(now.unix_at(until)));
            self.keeper.announce(event);
        }
        self.keeper.wait_until(self.number, Some(until));
        let slept = self.sleep_until(until).await;
        self.keeper.wait_until(self.number, None);
        slept
    }

    /// How long a step that may not have begun at the server is waited for. Where the server's clock is hardly known
    /// that would be too long, and the likeliest time has to do.
    fn early(&self, step: u64) -> Duration {
        let start = UnixTime(i64::try_from(step).unwrap_or(i64::MAX).saturating_mul(1000));
        let early = self.keeper.surely_shows(start);
        if early > MOST_EARLY { Duration::ZERO } else { early }
    }

    /// None if the step ended before its code could be sent.
    async fn with_step(&self, turn: Pass, totp: &Totp, step: u64) -> Option<Ended> {
        let code = totp.code(step);
        let sent = match (self.request(Some(&code)), self.enter(Some(&code)).await) {
            (Ok(request), Ok(entry)) => {
                if totp.left(self.keeper.likely_server_time(), step) < LEAST_LEFT {
                    self.settle(entry, Some(&code), Verdict::NotCounted).await;
                    None
                } else {
                    let left = totp.left(self.keeper.likely_server_time(), step);
                    let good_until = Some(self.keeper.options.time().boot_time().after(left));
                    Some(self.transmit(&turn, entry, request, Some(&code), good_until).await)
                }
            }
            (Err(error), Ok(entry)) => {
                self.settle(entry, Some(&code), Verdict::NotCounted).await;
                Some(Ended::Guarded(error))
            }
            (_, Err(ended)) => Some(ended),
        };
        if !matches!(sent, Some(Ended::Answered(..) | Ended::Ambiguous(_))) {
            self.keeper.return_step(&self.account, step).await;
        }
        // The next login must find the step as it is now.
        drop(turn);
        sent
    }

    async fn turn(&self) -> Result<Pass, Ended> {
        let turn = Turn::take(self.account.clone()).await;
        if let Some(reason) = self.pointless() {
            return Err(Ended::Guarded(reason));
        }
        self.keeper.pass_in_turn(turn, &self.account, self.force).map_err(Ended::NotSent)
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
        let entered = self.keeper.enter_login(&self.account, &self.credential(value), self.force).await;
        entered.map_err(|error| match error.code() {
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
        self.keeper.settle_login(&self.account, entry, &self.credential(value), &Settlement::of(verdict)).await;
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
        keeper.settle_login(&self.account, entry, &credential, &Settlement { verdict, doubtful, locked_until }).await;
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

/// Whether the request may still arrive.
fn timed_out(ended: &Ended) -> bool {
    matches!(ended, Ended::Ambiguous(error) if error.code() != ErrorCode::Transport)
}

fn forsaken() -> Error {
    Error::closed("This login was cancelled before it was sent: no caller was waiting for it any more.")
}

fn logged_out() -> Error {
    Error::closed("The session was logged out before its login was sent.")
}

fn nonsense(wanted: &'static str, error: Error) -> Error {
    not_had(wanted, "answered with something that cannot be one", ErrorCode::InvalidConfig).with_source(error)
}

/// What is said when a callback gave no value. `code` tells it of an SSO token, which comes from another system and needs
/// no human.
fn not_had(wanted: &'static str, how: &str, code: ErrorCode) -> Error {
    if wanted == "sso_token" {
        let message = format!("The callback for the SSO token {how}; nothing was sent.");
        return Error::new(code, message).with_field(wanted).with_sent(Sent::No);
    }
    let message = format!(
        "A second factor is needed and the callback for it {how} ({wanted}). Log in again, or complete the challenge if \
         this error carries one."
    );
    Error::new(ErrorCode::SecondFactorRequired, message).with_field(wanted)
}
