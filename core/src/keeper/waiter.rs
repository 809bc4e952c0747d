//! A caller that waits for a flight: it takes nothing with it when it goes.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use super::{Keeper, Reply};
use crate::error::{Error, ErrorCode, Sent};
use crate::lifecycle::{Held, Input, Lifecycle};
use crate::system::runtime;
use crate::time::{BootTime, Now};

/// How a flight ended, for all who waited for it.
pub(crate) type Result = std::result::Result<Arc<Held>, Error>;

/// What the waiters of a flight know of it.
#[derive(Debug)]
pub(crate) enum Progress {
    UnderWay,
    /// It has failed, and tries on for callers that cannot do without.
    Delayed,
    /// It can send nothing before this time; it may have been delayed before.
    Waiting(BootTime, bool),
    /// With the end of the token that callers go on with if it has failed.
    Ended(Result, Option<BootTime>),
}

impl Progress {
    pub(super) fn has_ended(&self) -> bool {
        matches!(self, Self::Ended(..))
    }

    /// Tells until when nothing can be sent, or that this is over.
    pub(super) fn tell_wait(waiters: &watch::Sender<Self>, until: Option<BootTime>) {
        waiters.send_if_modified(|known| {
            let delayed = match known {
                Self::Ended(..) => return false,
                Self::UnderWay => false,
                Self::Delayed => true,
                Self::Waiting(_, delayed) => *delayed,
            };
            *known = match until {
                Some(until) => Self::Waiting(until, delayed),
                None if delayed => Self::Delayed,
                None => Self::UnderWay,
            };
            until.is_some()
        });
    }

    /// What is told late is not news: the end is.
    pub(super) fn tell(self, waiters: &watch::Sender<Self>) {
        waiters.send_if_modified(|known| {
            let news = !known.has_ended();
            if news {
                *known = self;
            }
            news
        });
    }
}

/// A timer that rings later than this was asleep.
const OVERSLEPT: Duration = Duration::from_secs(2);

/// What a patient caller waits at least before it asks again.
const MOMENT: Duration = Duration::from_secs(1);
/// After what time a caller who waits for the end of a pause looks what has become of the session.
const GLANCE: Duration = Duration::from_secs(5);

/// One place in the queue for a flight's result.
pub(crate) struct Waiter {
    keeper: Arc<Keeper>,
    receiver: watch::Receiver<Progress>,
    /// When the caller asked: its time runs from then, not from when a thread gets round to waiting.
    asked: BootTime,
    /// The end of the wait by a clock that stands still while the machine sleeps.
    awake: Duration,
}

/// What a caller is content with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Need {
    /// A token that is valid: if the flight fails, the old one while it lasts.
    #[default]
    Token,
    /// New tokens and nothing else.
    Rotation,
}

/// What a caller needs, how long it waits, and what it has been through.
#[allow(clippy::struct_excessive_bools)] // each happens by itself
#[derive(Default)]
struct Call {
    need: Need,
    /// What the session held when the call began to wait.
    before: Option<Arc<Held>>,
    limit: Duration,
    deadline: BootTime,
    /// It waits for the end of the flight, whatever becomes of it before.
    released: bool,
    /// It was given a token that had ended when it got to it, and has asked for another.
    outlived: bool,
    /// The old token was to be handed out, and had ended before the caller got to it.
    late: bool,
    /// A try may have reached the server.
    unsure: bool,
    /// What it waits for cannot be had in its time.
    in_vain: bool,
    /// Its time was up before its flight had ended.
    up: bool,
}

impl Waiter {
    pub(super) fn new(keeper: Arc<Keeper>, receiver: watch::Receiver<Progress>) -> Self {
        let asked = keeper.options.time().boot_time();
        Self { keeper, receiver, asked, awake: runtime::awake() }
    }

    /// One for a call that was refused, if that is patient and the refusal passes.
    pub(crate) fn refused(
        keeper: &Arc<Keeper>,
        error: Error,
        need: Need,
        limit: Duration,
    ) -> std::result::Result<Self, Error> {
        if !keeper.is_patient(need, limit) || !error.code().is_outage() {
            return Err(error);
        }
        let (_, ended) = watch::channel(Progress::Ended(Err(error), None));
        Ok(Self::new(Arc::clone(keeper), ended))
    }

    /// Waits for the flight, until `limit` has passed since the caller asked. Time that the machine slept through is not
    /// the caller's.
    pub(crate) async fn wait(mut self, need: Need, limit: Duration) -> Result {
        let (deadline, released) = (self.asked.after(limit), need == Need::Rotation);
        let before = self.keeper.look(|lifecycle| lifecycle.held().cloned());
        let mut call = Call { need, before, limit, deadline, released, ..Call::default() };
        let result = self.result(&mut call).await;
        result.map_err(|error| if call.unsure { error.after_lost_try() } else { error })
    }

    async fn result(&mut self, call: &mut Call) -> Result {
        loop {
            let settled = self.settled(call).await;
            let now = self.keeper.options.time().now();
            let valid = || self.keeper.look(|lifecycle| lifecycle.valid(now));
            let Some((result, good_until)) = settled else {
                match valid() {
                    Some(held) => return Ok(held),
                    None => call.released = true,
                }
                continue;
            };
            match result {
                // The machine slept between the answer and this line: the caller is to have a token that is worth something.
                Ok(held) if call.need == Need::Token && held.windows.expired <= now.boot && !call.outlived => {
                    (call.outlived, call.deadline) = (true, call.deadline.max(now.boot.after(call.limit)));
                    if let Some(result) = self.ask(Input::Want) {
                        return result;
                    }
                }
                Ok(held) => return Ok(held),
                Err(_) if call.up && self.has_slept(call, now.boot) => {
                    self.begin_anew(call, now.boot);
                }
                Err(error) => {
                    if let Some(old) = valid().filter(|_| call.need == Need::Token) {
                        return Ok(old);
                    }
                    if call.in_vain {
                        return Err(error);
                    }
                    // On a busy machine the old token may end before this line: one more try then, as for who comes now.
                    let ended = call.need == Need::Token && good_until.is_some_and(|end| end <= now.boot);
                    let late = ended && !call.late;
                    call.late |= late;
                    if !error.code().is_outage() || !(late || self.keeper.is_patient(call.need, call.limit)) {
                        return Err(error);
                    }
                    if let Some(result) = self.try_again(call, error).await {
                        return result;
                    }
                    call.released = call.need == Need::Rotation;
                }
            }
        }
    }

    /// Asks once more; None if another flight is to be waited for.
    fn ask(&mut self, input: Input) -> Option<Result> {
        match self.keeper.ask(input) {
            Reply::Wait(again) => {
                self.receiver = again.receiver;
                None
            }
            Reply::Token(held) => Some(Ok(held)),
            Reply::Refused(error) => Some(Err(error)),
            Reply::Closing(_) | Reply::Nothing => Some(Err(gone())),
        }
    }

    /// The flight failed, and the caller waits longer than a flight goes on: another one, after the pause if there is one.
    /// The patience is the caller's alone: it goes when the caller does, and nobody else waits for it.
    async fn try_again(&mut self, call: &mut Call, mut error: Error) -> Option<Result> {
        let clock = self.keeper.options.time().clone();
        loop {
            call.unsure |= error.sent() == Some(Sent::Maybe);
            let now = clock.now();
            if now.boot >= call.deadline {
                if !self.has_slept(call, now.boot) {
                    return Some(Err(error));
                }
                self.begin_anew(call, now.boot);
            }
            if let Some(result) = self.overtaken(call, now) {
                return Some(result);
            }
            let spared = self.keeper.look(|lifecycle| lifecycle.spares_login_until(now));
            let until = if let Some(until) = spared.filter(|_| call.need == Need::Rotation) {
                until
            } else {
                let input = if call.need == Need::Token { Input::Want } else { Input::Refresh };
                match self.ask(input)? {
                    Err(refused) if refused.code().is_outage() => error = refused,
                    result => return Some(result),
                }
                let paused_until = self.keeper.look(|lifecycle| lifecycle.paused_until(clock.now()));
                // Where the clock has just jumped over the pause there is none left.
                paused_until.unwrap_or_else(|| clock.boot_time().after(MOMENT))
            };
            if until >= call.deadline {
                return Some(Err(error));
            }
            // What others bring meanwhile is worth a look.
            clock.sleep_until(until.min(clock.boot_time().after(GLANCE))).await;
        }
    }

    /// What has become of the session while the caller waited in no flight: closed, or given the new tokens that are wanted.
    fn overtaken(&self, call: &Call, now: Now) -> Option<Result> {
        let (closed, valid) = self.keeper.look(|lifecycle| (lifecycle.is_closed(), lifecycle.at_rest(now)));
        let is_new = |held: &Arc<Held>| !call.before.as_ref().is_some_and(|before| Arc::ptr_eq(before, held));
        match valid.filter(|held| call.need == Need::Rotation && is_new(held)) {
            _ if closed => Some(Err(gone())),
            brought => brought.map(Ok),
        }
    }

    /// Whether the caller's time was up while the machine was asleep.
    fn has_slept(&self, call: &Call, now: BootTime) -> bool {
        let passed = self.asked.until(now);
        let slept = passed.saturating_sub(runtime::awake().saturating_sub(self.awake));
        now > call.deadline.after(OVERSLEPT) && slept > OVERSLEPT
    }

    /// The caller has all of its time again.
    fn begin_anew(&mut self, call: &mut Call, now: BootTime) {
        (self.asked, self.awake) = (now, runtime::awake());
        call.deadline = now.after(call.limit);
    }

    /// How the flight ended, or that the time is up; None if it has failed and tries on, unless the caller has been
    /// released from it before.
    async fn settled(&mut self, call: &mut Call) -> Option<(Result, Option<BootTime>)> {
        call.up = false;
        let clock = self.keeper.options.time();
        let (released, deadline) = (call.released, call.deadline);
        let news = |progress: &Progress| match progress {
            Progress::UnderWay => false,
            Progress::Delayed => !released,
            Progress::Waiting(until, delayed) => *until > deadline || *delayed && !released,
            Progress::Ended(..) => true,
        };
        tokio::select! {
            biased;
            settled = self.receiver.wait_for(news) => return match settled.as_deref() {
                Ok(Progress::Ended(result, good_until)) => Some((result.clone(), *good_until)),
                Ok(Progress::Waiting(until, _)) if *until > deadline => {
                    call.in_vain = true;
                    let refused = self.keeper.look(Lifecycle::trouble);
                    let refused = refused.filter(|error| error.code() == ErrorCode::SecondFactorRejected);
                    let error = refused.unwrap_or_else(|| no_code(call.limit, clock.now(), *until));
                    Some((Err(error), None))
                }
                Ok(_) => None,
                Err(_) => Some((Err(gone()), None)),
            },
            () = clock.sleep_until(call.deadline) => {}
        }
        Some(self.time_is_up(call))
    }

    fn time_is_up(&self, call: &mut Call) -> (Result, Option<BootTime>) {
        // On another thread it may have ended since this one looked.
        if let Progress::Ended(result, good_until) = &*self.receiver.borrow() {
            return (result.clone(), *good_until);
        }
        call.up = true;
        // What keeps the flight from getting through says more than that the time is up.
        let trouble = self.keeper.look(Lifecycle::trouble);
        (Err(trouble.unwrap_or_else(|| too_late(call.limit))), None)
    }
}

fn gone() -> Error {
    Error::closed("The session ended while this call waited for it.")
}

fn no_code(limit: Duration, now: Now, until: BootTime) -> Error {
    let message = format!(
        "The code of the authenticator that is due has been used, or is about to end. The next one can be had in {:.1} \
         seconds, and this call waits {} seconds (timeout). Nothing was sent. Give it more time, or wait yourself.",
        now.boot.until(until).as_secs_f64(),
        limit.as_secs_f64()
    );
    Error::new(ErrorCode::Timeout, message).with_sent(Sent::No).trying_again(now.unix, now.unix_at(until))
}

fn too_late(limit: Duration) -> Error {
    let message = format!(
        "No token was had within {} seconds (timeout). What is under way goes on without this call.",
        limit.as_secs_f64()
    );
    Error::new(ErrorCode::Timeout, message).with_sent(Sent::Maybe)
}

#[cfg(test)]
#[path = "waiter_tests.rs"]
mod tests;
