//! Which process are we in: a counter that grows by one in every forked child.
//!
//! A thread pool, a connection and a lock that another thread held do not survive `fork`. Whatever depends on one
//! remembers the generation it was made in and is made anew when the generation has changed.

use std::convert::Infallible;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use arc_swap::ArcSwapOption;

#[cfg(test)]
use crate::simulation;

/// The number of forks, and the process that it is the number of: in one word, so that nobody sees one without the other.
static GENERATION: AtomicU64 = AtomicU64::new(0);
static WATCHING: AtomicBool = AtomicBool::new(false);

/// The number of forks between the process that first called [`watch`] and this one.
///
/// The handler of a fork does not run in a child that was made by `_Fork` or `clone`: each reading compares the process.
pub(crate) fn generation() -> u32 {
    #[cfg(test)]
    if let Some(process) = simulation::process() {
        // Beyond all forks of the real process, whose tests run beside it.
        return process | 1 << 31;
    }
    let known = GENERATION.load(Ordering::Relaxed);
    let process = std::process::id();
    if of_process(known) == process { counted(known) } else { counted(count(process, false)) }
}

#[allow(clippy::cast_possible_truncation)] // the upper half
const fn of_process(known: u64) -> u32 {
    (known >> 32) as u32
}

#[allow(clippy::cast_possible_truncation)] // the lower half
const fn counted(known: u64) -> u32 {
    known as u32
}

/// Enters that this is another process: `certainly`, or unless another thread has. What is known then.
fn count(process: u32, certainly: bool) -> u64 {
    let next = |known: u64| {
        let is_new = certainly || of_process(known) != process;
        is_new.then(|| u64::from(process) << 32 | u64::from(counted(known).wrapping_add(1)))
    };
    let _ = GENERATION.fetch_update(Ordering::Relaxed, Ordering::Relaxed, next);
    GENERATION.load(Ordering::Relaxed)
}

/// A value that belongs to one process: a forked child forgets the inherited one and makes its own.
pub(crate) struct PerProcess<T>(ArcSwapOption<Made<T>>);

struct Made<T> {
    generation: u32,
    value: T,
}

impl<T: Send + Sync + 'static> PerProcess<T> {
    pub(crate) const fn new() -> Self {
        Self(ArcSwapOption::const_empty())
    }

    /// One that is made already, for this process.
    pub(crate) fn made(value: T) -> Self {
        Self(ArcSwapOption::from_pointee(Made { generation: generation(), value }))
    }

    /// Calls `read` with this process's value, if it has been made.
    pub(crate) fn peek<R>(&self, read: impl FnOnce(&T) -> R) -> Option<R> {
        let current = self.0.load();
        #[cfg(test)]
        if simulation::is_on() && current.as_ref().is_none_or(|made| made.generation != generation()) {
            return simulation::found_in_process::<Arc<T>>(self).map(|value| read(&value));
        }
        current.as_ref().filter(|made| made.generation == generation()).map(|made| read(&made.value))
    }

    /// Calls `read` with this process's value, which `make` makes where it is missing. A value that another thread
    /// made first is the one that is kept; `discard` then gets the other.
    pub(crate) fn with<R, E>(
        &self,
        make: impl Fn() -> Result<T, E>,
        discard: impl Fn(&T),
        read: impl FnOnce(&T) -> R,
    ) -> Result<R, E> {
        watch();
        loop {
            let current = self.0.load();
            if let Some(made) = current.as_ref().filter(|made| made.generation == generation()) {
                return Ok(read(&made.value));
            }
            #[cfg(test)]
            if simulation::is_on() {
                let found = simulation::found_in_process::<Arc<T>>(self);
                let value = found.map_or_else(|| make().map(Arc::new), Ok)?;
                return Ok(read(&simulation::of_process(self, || value)));
            }
            let fresh = Arc::new(Made { generation: generation(), value: make()? });
            let previous = self.0.compare_and_swap(&*current, Some(Arc::clone(&fresh)));
            let replaced = match (&*previous, &*current) {
                (None, None) => true,
                (Some(found), Some(expected)) => Arc::ptr_eq(found, expected),
                _ => false,
            };
            if replaced {
                // The parent's: dropping it would join threads that do not exist here, or write to shared sockets.
                std::mem::forget(arc_swap::Guard::into_inner(previous));
                return Ok(read(&fresh.value));
            }
            discard(&fresh.value);
        }
    }
}

impl<T> fmt::Debug for PerProcess<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("PerProcess")
    }
}

impl<T: Default + Send + Sync + 'static> PerProcess<T> {
    /// Reads this process's value, which begins empty.
    pub(crate) fn or_default<R>(&self, read: impl FnOnce(&T) -> R) -> R {
        match self.with(|| Ok::<_, Infallible>(T::default()), |_| (), read) {
            Ok(result) => result,
            Err(never) => match never {},
        }
    }
}

impl<T> Drop for PerProcess<T> {
    fn drop(&mut self) {
        let inherited = self.0.swap(None).filter(|made| made.generation != generation());
        // Dropping what another thread of the parent may have locked would wait for that thread.
        std::mem::forget(inherited);
    }
}

/// Starts counting forks; to be called before anything is made that a child must not use.
pub(crate) fn watch() {
    // A flag and not a `Once`: a child forked while another thread is inside a `Once` would wait for ever. Set last, for
    // a child forked before that must not believe it; registered twice, forks count double, which is as good.
    if !WATCHING.load(Ordering::Acquire) {
        register();
        WATCHING.store(true, Ordering::Release);
    }
}

#[cfg(unix)]
#[allow(unsafe_code)]
fn register() {
    extern "C" fn in_child() {
        // A child in another namespace may have its parent's number.
        count(std::process::id(), true);
    }
    // SAFETY: the only handler is the child's. It asks for the number of the process and changes one atomic, which is
    // async-signal-safe, and it is a plain function of this library that lives as long as the process. It counts a fork
    // before anything else runs in the child, and also one whose child has its parent's number in another namespace.
    unsafe {
        libc::pthread_atfork(None, None, Some(in_child));
    }
}

#[cfg(not(unix))]
fn register() {}
