//! A caller that waits for a flight: it takes nothing with it when it goes.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use super::{Keeper, Reply};
use crate::clock::BootTime;
use crate::error::{Error, ErrorCode, Sent};
use crate::lifecycle::{Held, Input, Lifecycle};
use crate::runtime;

/// How a flight ended, for all who waited for it.
pub(crate) type Result = std::result::Result<Arc<Held>, Error>;

/// What those who wait for a flight know of it.
#[derive(Debug)]
pub(crate) enum Progress {
    UnderWay,
    /// It has failed, and tries on for those who cannot do without.
    Delayed,
    Ended(Result),
}

impl Progress {
    pub(super) fn has_ended(&self) -> bool {
        matches!(self, Self::Ended(_))
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

/// One place in the queue for a flight's result.
pub(crate) struct Waiter {
    keeper: Arc<Keeper>,
    receiver: watch::Receiver<Progress>,
    /// When the caller asked: its time runs from then, not from when a thread gets round to waiting.
    asked: BootTime,
    /// The same by a clock that stands still while the machine sleeps.
    awake: Duration,
}

/// What a caller is content with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Need {
    /// A token that is valid: if the flight fails, the old one while it lasts.
    Token,
    /// New tokens and nothing else.
    Rotation,
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
        if !keeper.is_patient(need, limit) || !passes(&error) {
            return Err(error);
        }
        let (_, ended) = watch::channel(Progress::Ended(Err(error)));
        Ok(Self::new(Arc::clone(keeper), ended))
    }

    /// Waits for the flight, until `limit` has passed since the caller asked. Time that the machine slept through is not
    /// the caller's.
    pub(crate) async fn wait(mut self, need: Need, limit: Duration) -> Result {
        let (mut deadline, mut again, mut released) = (self.asked.after(limit), false, need == Need::Rotation);
        let mut late_before = false;
        loop {
            let result = self.settled(limit, deadline, released).await;
            let now = self.keeper.options.time().now();
            let valid = || self.keeper.look(|lifecycle| lifecycle.valid(now));
            let Some(result) = result else {
                match valid() {
                    Some(held) => return Ok(held),
                    None => released = true,
                }
                continue;
            };
            match (result, need) {
                // The machine slept between the answer and this line: the caller is to have a token that is worth something.
                (Ok(held), Need::Token) if held.windows.expired <= now.boot && !again => {
                    (again, deadline) = (true, deadline.max(now.boot.after(limit)));
                    match self.ask(Input::Want) {
                        None => {}
                        Some(result) => return result,
                    }
                }
                (Err(_), _) if self.has_slept(deadline, now.boot) => {
                    (self.awake, deadline) = (runtime::awake(), now.boot.after(limit));
                    self.asked = now.boot;
                }
                (Err(error), _) => {
                    let old = valid().filter(|_| need == Need::Token);
                    // The old token was to be handed out, and ended before this line on a busy machine.
                    let late = !late_before && self.keeper.look(|lifecycle| lifecycle.has_ended_since_failure(now));
                    late_before |= late;
                    let goes_on = late && need == Need::Token || self.keeper.is_patient(need, limit);
                    if old.is_some() || !passes(&error) || !goes_on {
                        return old.ok_or(error);
                    }
                    if let Some(result) = self.try_again(need, error, deadline).await {
                        return result;
                    }
                    released = need == Need::Rotation;
                }
                (result, _) => return result,
            }
        }
    }

    /// Asks once more; nothing where another flight is to be waited for.
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
    async fn try_again(&mut self, need: Need, mut error: Error, deadline: BootTime) -> Option<Result> {
        let clock = self.keeper.options.time().clone();
        loop {
            let now = clock.now();
            if now.boot >= deadline {
                return Some(Err(error));
            }
            let input = if need == Need::Token { Input::Want } else { Input::Refresh };
            let refused = match self.ask(input)? {
                Err(refused) if passes(&refused) => refused,
                result => return Some(result),
            };
            let paused_until = self.keeper.look(|lifecycle| lifecycle.paused_until(clock.now()));
            // Where the clock has just jumped over the pause there is none left.
            let until = paused_until.unwrap_or_else(|| clock.boot_time().after(MOMENT));
            if until >= deadline {
                return Some(Err(refused));
            }
            clock.sleep_until(until).await;
            error = refused;
        }
    }

    /// Whether the time was up while the machine was asleep, and what is waited for is still under way.
    fn has_slept(&self, deadline: BootTime, now: BootTime) -> bool {
        let passed = self.asked.until(now);
        let slept = passed.saturating_sub(runtime::awake().saturating_sub(self.awake));
        now > deadline.after(OVERSLEPT) && slept > OVERSLEPT && !self.receiver.borrow().has_ended()
    }

    /// How the flight ended, or that the time is up; nothing where it has failed and tries on, unless the caller has been
    /// `released` from it before.
    async fn settled(&mut self, limit: Duration, deadline: BootTime, released: bool) -> Option<Result> {
        let clock = self.keeper.options.time();
        let news = |progress: &Progress| match progress {
            Progress::UnderWay => false,
            Progress::Delayed => !released,
            Progress::Ended(_) => true,
        };
        tokio::select! {
            biased;
            settled = self.receiver.wait_for(news) => match settled.as_deref() {
                Ok(Progress::Ended(result)) => Some(result.clone()),
                Ok(_) => None,
                Err(_) => Some(Err(gone())),
            },
            () = clock.sleep_until(deadline) => {
                // What keeps the flight from getting through says more than that the time is up.
                let trouble = self.keeper.look(Lifecycle::trouble);
                Some(Err(trouble.unwrap_or_else(|| too_late(limit))))
            }
        }
    }
}

/// Whether what went wrong may mend itself while a patient caller waits.
fn passes(error: &Error) -> bool {
    matches!(error.code(), ErrorCode::Transport | ErrorCode::Timeout | ErrorCode::RateLimited)
}

fn gone() -> Error {
    Error::closed("The session ended while this call waited for it.")
}

fn too_late(limit: Duration) -> Error {
    let message = format!(
        "No token was had within {} seconds (timeout). What is under way goes on without this call.",
        limit.as_secs_f64()
    );
    Error::new(ErrorCode::Timeout, message).with_sent(Sent::Maybe)
}
