//! Whether this native half is the one that the process uses: a process may load several, and two ledgers lock accounts.

use std::sync::atomic::{AtomicU8, Ordering};

use napi_derive::napi;

/// Nobody has decided.
const OPEN: u8 = 0;
const USED: u8 = 1;
/// Another one is used.
const PASSED_OVER: u8 = 2;

static STATE: AtomicU8 = AtomicU8::new(OPEN);

/// Decides, unless a thread has decided before: `wanted` to use this half, else to pass it over.
///
/// Returns whether it is used.
#[napi(catch_unwind)]
pub fn claim(wanted: bool) -> bool {
    let decision = if wanted { USED } else { PASSED_OVER };
    match STATE.compare_exchange(OPEN, decision, Ordering::SeqCst, Ordering::SeqCst) {
        Ok(_) => wanted,
        Err(decided) => decided == USED,
    }
}
