//! The pause that a server asked for: all sessions of the account in this process keep it, and after it one goes first.

use std::collections::HashMap;
use std::sync::Mutex;

use super::{Account, Turn};
use crate::cool_down::CoolDown;
use crate::error::{Error, ErrorCode};
use crate::lifecycle::Ended;
use crate::provider::Outcome;
use crate::system::clock::Clock;
use crate::system::fork::PerProcess;
use crate::system::{chance, locked};
use crate::time::{BootTime, Now};

/// By the name of the account; each with the clock that it is told by: a test has its own.
type CoolDowns = Mutex<HashMap<String, (Clock, CoolDown)>>;

static COOL_DOWNS: PerProcess<CoolDowns> = PerProcess::new();

fn with<R>(act: impl FnOnce(&mut HashMap<String, (Clock, CoolDown)>) -> R) -> R {
    COOL_DOWNS.or_default(|all| act(&mut locked(all)))
}

/// The right to send one exchange of an account, to be dropped once all is known that follows from its end.
pub(crate) struct Pass {
    account: String,
    clock: Clock,
    given: BootTime,
    /// Held while the account is in trouble: the next exchange learns how this one fared.
    _turn: Option<Turn>,
}

impl Account {
    /// Lets an exchange of it through unless the server asked the account to wait.
    pub(crate) async fn pass(&self) -> Result<Pass, Error> {
        self.check_pause()?;
        let mut turn = None;
        if is_in_trouble(&self.name, &self.clock) {
            turn = Some(self.turn().await);
            self.check_pause()?;
            // The first has found that all is well: the others need not go one by one.
            turn = turn.filter(|_| is_in_trouble(&self.name, &self.clock));
        }
        Ok(self.given(turn))
    }

    /// Whether a login of the account could be sent now: nobody is to be asked for a factor in vain.
    pub(crate) fn check_pause(&self) -> Result<(), Error> {
        check(&self.name, &self.clock)
    }

    /// The pause before a login, whose turn it is. One that is forced goes through in any case.
    pub(crate) fn pass_in_turn(&self, turn: Turn, force: bool) -> Result<Pass, Error> {
        if !force {
            self.check_pause()?;
        }
        Ok(self.given(Some(turn)))
    }

    fn given(&self, turn: Option<Turn>) -> Pass {
        let clock = self.clock.clone();
        Pass { given: clock.boot_time(), account: self.name.clone(), clock, _turn: turn }
    }
}

fn is_in_trouble(account: &str, clock: &Clock) -> bool {
    with(|all| all.get(account).is_some_and(|(by, _)| by.is(clock)))
}

fn check(account: &str, clock: &Clock) -> Result<(), Error> {
    let now = clock.now();
    let waiting = with(|all| {
        let (by, cool_down) = all.get(account)?;
        if by.is(clock) { cool_down.refusal(now) } else { None }
    });
    waiting.map_or(Ok(()), Err)
}

impl Pass {
    /// Whether it is still good: the account may have been asked to wait since it was given.
    pub(crate) fn renew(&self) -> Result<(), Error> {
        check(&self.account, &self.clock)
    }

    fn pause(&self, now: Now, error: &Error) {
        with(|all| {
            forget_old(all);
            let known = all.remove(&self.account).filter(|(by, _)| by.is(&self.clock));
            let mut cool_down = known.map(|(_, cool_down)| cool_down).unwrap_or_default();
            cool_down.asked(self.given, now.boot, error.not_before(now), chance());
            all.insert(self.account.clone(), (self.clock.clone(), cool_down));
        });
    }

    /// Learns from how the exchange ended.
    pub(crate) fn settle(&self, ended: &Ended) {
        let now = self.clock.now();
        if let Some(error) = asks_to_wait(ended) {
            return self.pause(now, error);
        }
        with(|all| match ended {
            // It looks at what is sent again, whatever it thinks of it; unless that was sent before it asked for a pause. And
            // where nothing gets as far as the server, one after the other would wait for the network in vain.
            Ended::Answered(..) | Ended::NotSent(_) => {
                all.retain(|account, (_, cool_down)| *account != self.account || cool_down.is_after(self.given));
            }
            // Otherwise queued exchanges would time out one after another.
            Ended::Ambiguous(_) => {
                if let Some((_, cool_down)) = all.get_mut(&self.account) {
                    cool_down.asked(self.given, now.boot, None, chance());
                }
            }
            _ => {}
        });
    }
}

/// What a server says that wants a pause, be it that it has judged a login all the same.
fn asks_to_wait(ended: &Ended) -> Option<&Error> {
    match ended {
        Ended::Answered(Outcome::Busy(error), _) => Some(error),
        // How long an account is locked is another matter: its sessions live on.
        Ended::Answered(Outcome::Rejected(error), _) if error.code() != ErrorCode::AccountLocked => {
            Some(error).filter(|error| error.status() == Some(429))
        }
        _ => None,
    }
}

/// The map must not grow with every account ever told to wait.
fn forget_old(all: &mut HashMap<String, (Clock, CoolDown)>) {
    all.retain(|_, (by, cool_down)| !cool_down.is_over(by.boot_time()));
}
