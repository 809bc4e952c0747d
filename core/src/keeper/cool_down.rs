//! The pause that a server asked for: all sessions of the account in this process keep it, and after it one goes first.

use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::Mutex;

use super::account::{self, Turn};
use super::{Keeper, chance, locked};
use crate::clock::{BootTime, Clock};
use crate::cool_down::CoolDown;
use crate::error::Error;
use crate::fork::PerProcess;
use crate::grant::Grant;
use crate::lifecycle::Ended;
use crate::provider::Outcome;

/// By the name of the account; each with the clock that it is told by: a test has its own.
type CoolDowns = Mutex<HashMap<String, (Clock, CoolDown)>>;

static COOL_DOWNS: PerProcess<CoolDowns> = PerProcess::new();

fn with<R>(act: impl FnOnce(&mut HashMap<String, (Clock, CoolDown)>) -> R) -> R {
    let made = COOL_DOWNS.with(|| Ok::<_, Infallible>(Mutex::default()), |_| (), |all| act(&mut locked(all)));
    match made {
        Ok(result) => result,
        Err(never) => match never {},
    }
}

/// The right to send one exchange of an account, to be dropped once all is known that follows from its end.
pub(super) struct Pass {
    account: String,
    clock: Clock,
    given: BootTime,
    /// Held while the account is in trouble: whoever comes next learns how this one fared.
    _turn: Option<Turn>,
}

impl Keeper {
    /// Lets a refresh through unless the server asked the account to wait.
    pub(super) async fn pass(&self, grant: &Grant) -> Result<Pass, Error> {
        let (account, clock) = (account::of(&*self.provider, grant), self.options.time().clone());
        check(&account, &clock)?;
        let mut turn = None;
        if is_in_trouble(&account) {
            turn = Some(Turn::take(account.clone()).await);
            check(&account, &clock)?;
            // Whoever went first has found that all is well: the others need not go one by one.
            turn = turn.filter(|_| is_in_trouble(&account));
        }
        Ok(Pass { given: clock.boot_time(), account, clock, _turn: turn })
    }

    /// The same for a login, whose turn it is. One that is forced goes through in any case.
    pub(super) fn pass_in_turn(&self, turn: Turn, account: &str, force: bool) -> Result<Pass, Error> {
        let clock = self.options.time().clone();
        if !force {
            check(account, &clock)?;
        }
        Ok(Pass { given: clock.boot_time(), account: account.to_owned(), clock, _turn: Some(turn) })
    }
}

fn is_in_trouble(account: &str) -> bool {
    with(|all| all.contains_key(account))
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
    /// Learns from how the exchange ended.
    pub(super) fn settle(&self, ended: &Ended) {
        let now = self.clock.now();
        with(|all| match ended {
            Ended::Answered(Outcome::Busy(error), _) => {
                forget_old(all);
                let known = all.remove(&self.account).filter(|(by, _)| by.is(&self.clock));
                let mut cool_down = known.map(|(_, cool_down)| cool_down).unwrap_or_default();
                cool_down.asked(self.given, now, error.retry_at(), chance());
                all.insert(self.account.clone(), (self.clock.clone(), cool_down));
            }
            // It looks at what is sent again, whatever it thinks of it; unless that was sent before it asked for a pause.
            Ended::Answered(..) => {
                all.retain(|account, (_, cool_down)| *account != self.account || cool_down.is_after(self.given));
            }
            // Those who wait for their turn are not to go one by one into the same silence.
            Ended::Ambiguous(_) => {
                if let Some((_, cool_down)) = all.get_mut(&self.account) {
                    cool_down.asked(self.given, now, None, chance());
                }
            }
            _ => {}
        });
    }
}

/// The map must not grow with every account ever told to wait.
fn forget_old(all: &mut HashMap<String, (Clock, CoolDown)>) {
    all.retain(|_, (by, cool_down)| !cool_down.is_over(by.boot_time()));
}
