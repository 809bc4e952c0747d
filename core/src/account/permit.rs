//! One login at a time for each account of the process.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use tokio::sync::OwnedMutexGuard;

use super::Account;
use crate::system::fork::PerProcess;
use crate::system::locked;

type Gate = tokio::sync::Mutex<()>;

static GATES: PerProcess<Mutex<HashMap<String, Arc<Gate>>>> = PerProcess::new();

/// The right to log in to one account, held by one flight at a time.
pub(crate) struct Turn {
    account: String,
    held: Option<OwnedMutexGuard<()>>,
}

impl Account {
    /// Waits for the logins to this account that came before.
    pub(crate) async fn turn(&self) -> Turn {
        let account = self.name.clone();
        let gate = GATES.or_default(|gates| Arc::clone(locked(gates).entry(account.clone()).or_default()));
        Turn { account, held: Some(gate.lock_owned().await) }
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.held = None;
        GATES.peek(|gates| {
            let mut gates = locked(gates);
            // Only the map holds it: nobody waits, and the map must not grow with every account ever used.
            if gates.get(&self.account).is_some_and(|gate| Arc::strong_count(gate) == 1) {
                gates.remove(&self.account);
            }
        });
    }
}
