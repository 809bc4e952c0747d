//! The pause that a server asked for: all sessions of the account in this process keep it, and after it one goes first.

use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::Mutex;

use super::account::{self, Turn};
use super::{Keeper, chance, locked};
use crate::clock::Clock;
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
    /// Held while the account is in trouble: whoever comes next learns how this one fared.
    _turn: Option<Turn>,
}

impl Keeper {
    /// Lets an exchange through unless the server asked the account to wait. `grant` tells the account where no
    /// credentials are held.
    pub(super) async fn pass(&self, grant: Option<&Grant>) -> Result<Pass, Error> {
        let account = account::of(&*self.provider, grant);
        let clock = self.options.time().clone();
        check(&account, &clock)?;
        if with(|all| all.is_empty() || !all.contains_key(&account)) {
            return Ok(Pass { account, clock, _turn: None });
        }
        let turn = Turn::take(account.clone()).await;
        check(&account, &clock)?;
        Ok(Pass { account, clock, _turn: Some(turn) })
    }

    /// The same for a login, whose turn it is.
    pub(super) fn pass_in_turn(&self, turn: Turn, account: &str) -> Result<Pass, Error> {
        let clock = self.options.time().clone();
        check(account, &clock)?;
        Ok(Pass { account: account.to_owned(), clock, _turn: Some(turn) })
    }
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
        match ended {
            Ended::Answered(Outcome::Busy(error), _) => with(|all| {
                forget_old(all);
                let known = all.remove(&self.account).filter(|(by, _)| by.is(&self.clock));
                let mut cool_down = known.map(|(_, cool_down)| cool_down).unwrap_or_default();
                cool_down.asked(now, error, chance());
                all.insert(self.account.clone(), (self.clock.clone(), cool_down));
            }),
            // It looks at what is sent again, whatever it thinks of it.
            Ended::Answered(..) => {
                with(|all| all.remove(&self.account));
            }
            _ => {}
        }
    }
}

/// The map must not grow with every account ever told to wait.
fn forget_old(all: &mut HashMap<String, (Clock, CoolDown)>) {
    all.retain(|_, (by, cool_down)| !cool_down.is_over(by.boot_time()));
}
