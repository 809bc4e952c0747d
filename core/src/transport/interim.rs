//! Interim answers (1xx), of which hyper reads as many as a server sends.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Waker};

use tokio::sync::Notify;
use tokio::task::coop;

use super::Ending;
use crate::error::{Error, ErrorCode, Sent};

/// A server that is busy says so every few seconds at most, and hints are few.
const MOST: usize = 100;

/// The interim answers to one request.
#[derive(Clone, Default)]
pub(super) struct Interim(Arc<Seen>);

#[derive(Default)]
struct Seen {
    count: AtomicUsize,
    too_many: Notify,
}

impl Interim {
    /// Counts those to `request`.
    pub(super) fn count<B>(&self, request: &mut hyper::Request<B>) {
        let own = self.clone();
        hyper::ext::on_informational(request, move |_| own.came());
    }

    fn came(&self) {
        // hyper reads on as long as there is something to read. Each of these uses up some of what the connection's task may
        // do at a time, so that its next read yields to other tasks.
        let _ = coop::poll_proceed(&mut Context::from_waker(Waker::noop())).map(|some| some.made_progress());
        if self.0.count.fetch_add(1, Ordering::Relaxed) == MOST {
            self.0.too_many.notify_one();
        }
    }

    /// How the exchange ends once more of them have come than any server needs. Until then, this waits.
    pub(super) async fn too_many(&self) -> Ending {
        self.0.too_many.notified().await;
        let message = format!(
            "The server sent more than {MOST} interim answers (1xx) and no final one; whether it acted on the request is \
             not known. Check base_url and any proxy."
        );
        Ending::Ambiguous(Error::new(ErrorCode::Protocol, message).with_sent(Sent::Maybe))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn each_uses_up_some_of_what_a_task_may_do_at_a_time() {
        let interim = Interim::default();
        assert!(coop::has_budget_remaining());
        (0..MOST).for_each(|_| interim.came());
        assert!(coop::has_budget_remaining());
        (0..MOST).for_each(|_| interim.came());
        assert!(!coop::has_budget_remaining());
        assert!(matches!(interim.too_many().await, Ending::Ambiguous(error) if error.code() == ErrorCode::Protocol));
    }

    #[tokio::test]
    async fn as_many_as_a_server_may_send_end_nothing() {
        let interim = Interim::default();
        (0..MOST).for_each(|_| interim.came());
        tokio::select! {
            biased;
            _ = interim.too_many() => panic!("ended"),
            () = std::future::ready(()) => {}
        }
    }
}
