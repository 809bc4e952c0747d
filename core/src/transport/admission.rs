//! Lets connections be opened: so many in a process and to a server that the program keeps most of its open files.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::oneshot;

use super::admission_queue::{AdmissionQueue, Limits, Place};
use crate::error::{Error, ErrorCode, Sent};
use crate::system::clock::Clock;
use crate::system::fork::PerProcess;
use crate::system::locked;

type Queue = Mutex<AdmissionQueue<oneshot::Sender<Permit>>>;

/// A child has none of its parent's connections.
static QUEUE: PerProcess<Arc<Queue>> = PerProcess::new();

/// Leave to have one connection open, for as long as this lives.
pub(super) struct Permit {
    place: Place,
    queue: Arc<Queue>,
}

/// Waits until a connection may be opened to `place`, for `limit` at most.
pub(super) async fn admit(place: Place, clock: &Clock, limit: Duration) -> Result<Permit, Error> {
    let queue = QUEUE.or_default(Arc::clone);
    let waiting = {
        let mut queued = locked(&queue);
        match queued.open(place, limits()) {
            Ok(()) => return Ok(Permit { place, queue: Arc::clone(&queue) }),
            Err(open) => {
                let (sender, receiver) = oneshot::channel();
                queued.wait(place, sender);
                (receiver, open)
            }
        }
    };
    let (receiver, (there, all)) = waiting;
    match clock.within(limit, receiver).await {
        Some(Ok(permit)) => Ok(permit),
        _ => Err(crowded(there, all, limit)),
    }
}

impl Permit {
    /// The server has answered: it is not one of those that hang.
    pub(super) fn answered(&self) {
        locked(&self.queue).answered(self.place);
    }

    /// Whether others wait for a connection, so that this one should not be kept without use.
    pub(super) fn is_wanted(&self) -> bool {
        locked(&self.queue).is_short()
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        let mut queued = locked(&self.queue);
        let admitted = queued.close(self.place, limits(), oneshot::Sender::is_closed);
        drop(queued);
        for (place, sender) in admitted {
            // One that has gone this very moment gives its permit back here.
            drop(sender.send(Permit { place, queue: Arc::clone(&self.queue) }));
        }
    }
}

/// Programs raise their limit when they start: it is read each time.
fn limits() -> Limits {
    #[cfg(unix)]
    let files = rustix::process::getrlimit(rustix::process::Resource::Nofile).current.unwrap_or(u64::MAX);
    #[cfg(not(unix))]
    let files = u64::MAX;
    Limits::of(files)
}

fn crowded(there: usize, all: usize, limit: Duration) -> Error {
    let message = format!(
        "No connection was to be had within {} seconds (exchange_timeout); nothing was sent. When this began to wait, \
         {there} of the {all} connections of this process were open to this server: it may be hanging. A process has so \
         many at once that it keeps most of its open files (ulimit -n) for other uses.",
        limit.as_secs_f64()
    );
    Error::new(ErrorCode::Timeout, message).with_sent(Sent::No)
}
