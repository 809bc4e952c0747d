//! Which process are we in: a counter that grows by one in every forked child.
//!
//! A thread pool, a connection and a lock that another thread held do not survive `fork`. Whatever depends on one
//! remembers the generation it was made in and is made anew when the generation has changed.

use std::convert::Infallible;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use arc_swap::ArcSwapOption;

#[cfg(test)]
use crate::simulation;

static GENERATION: AtomicU32 = AtomicU32::new(0);
static WATCHING: AtomicBool = AtomicBool::new(false);

/// The number of forks between the process that first called [`watch`] and this one.
pub(crate) fn generation() -> u32 {
    #[cfg(test)]
    if let Some(process) = simulation::process() {
        return process;
    }
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
        GENERATION.fetch_add(1, Ordering::Relaxed);
    }
    // SAFETY: the only handler is the child's. It does one atomic addition, which is async-signal-safe, and it is a
    // plain function of this library that lives as long as the process. There is no safe way to learn of a fork made
    // by C code (multiprocessing, gunicorn, uWSGI) without a system call on every token.
    unsafe {
        libc::pthread_atfork(None, None, Some(in_child));
    }
}

#[cfg(not(unix))]
fn register() {}
