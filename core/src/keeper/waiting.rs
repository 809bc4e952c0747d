//! A caller's wait for a flight, under any runtime or none.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use super::waiter::Result as FlightResult;
use super::{Keeper, Need, Reply, Waiter};
use crate::error::Error;
use crate::lifecycle::Held;
use crate::system::runtime;

/// A caller's wait, which works under any runtime or none. Dropping it ends the wait, not the flight.
pub(crate) enum Waiting {
    Done(Option<Arc<Held>>),
    /// The time limit is kept by the shared runtime, whichever runtime polls.
    For {
        wait: Pin<Box<dyn Future<Output = FlightResult> + Send>>,
        keeper: Arc<Keeper>,
        need: Need,
    },
}

pub(crate) fn wait(keeper: &Arc<Keeper>, reply: Reply, need: Need, limit: Duration) -> Result<Waiting, Error> {
    let waiter = match reply {
        Reply::Token(held) => return Ok(Waiting::Done(Some(held))),
        Reply::Wait(waiter) => waiter,
        Reply::Refused(error) => Waiter::refused(keeper, error, need, limit)?,
        Reply::Closing(_) | Reply::Nothing => return Err(Error::closed("The session has ended.")),
    };
    Ok(Waiting::For { wait: Box::pin(waiter.wait(need, limit)), keeper: Arc::clone(keeper), need })
}

impl Future for Waiting {
    type Output = FlightResult;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<FlightResult> {
        let ended = || Error::closed("The process is exiting.");
        match &mut *self {
            Self::Done(held) => Poll::Ready(held.take().ok_or_else(ended)),
            Self::For { wait, keeper, need } => match runtime::inside(|| wait.as_mut().poll(context)) {
                Ok(polled) => polled.unwrap_or_else(|| Poll::Ready(Err(ended()))),
                // Without a thread nothing can be had, and what is held is still good.
                Err(error) => {
                    let now = keeper.options().time().now();
                    let old = keeper.look(|lifecycle| lifecycle.valid(now)).filter(|_| *need == Need::Token);
                    Poll::Ready(old.ok_or(error))
                }
            },
        }
    }
}
