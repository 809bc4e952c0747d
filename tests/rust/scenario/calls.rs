//! Calls that are made together: all at once, then waited for or given up.

use std::pin::Pin;

use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::action::Which;
use super::expect::Ended;
use crate::support::{LIMIT, ask_pinned};

pub(super) type Pending = Pin<Box<dyn Future<Output = Ended> + Send>>;

/// Calls that were made together, and not given up.
pub(super) struct Calls(Vec<JoinHandle<Ended>>);

impl Calls {
    /// Makes the calls: each has asked for what it wants when this returns.
    pub(super) async fn start(pending: Vec<Pending>) -> Self {
        let mut calls = Vec::new();
        for call in pending {
            calls.push(ask_pinned(call).await);
        }
        Self(calls)
    }

    /// Gives up the first call, or all of them.
    pub(super) async fn cancel(&mut self, which: Which) -> Result<(), String> {
        let count = if which == Which::First { 1 } else { self.0.len() };
        for call in self.0.drain(..count) {
            call.abort();
            match call.await {
                Err(error) if error.is_cancelled() => {}
                _ => return Err("a cancelled call did not end as cancelled".into()),
            }
        }
        Ok(())
    }

    /// How the calls ended.
    pub(super) async fn join(self) -> Result<Vec<Ended>, String> {
        let all = async {
            let mut ended = Vec::new();
            for call in self.0 {
                ended.push(call.await.map_err(|error| error.to_string())?);
            }
            Ok(ended)
        };
        timeout(LIMIT, all).await.unwrap_or_else(|_| Err("the calls did not end".into()))
    }
}
