//! Locks that a panic does not close.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// The lock of this mutex, also if a thread has panicked while it held it: what stands under such locks is changed in one
/// piece, or made anew.
pub(crate) fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
