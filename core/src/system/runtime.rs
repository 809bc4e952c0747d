//! The one tokio runtime of the process: made at first use, made anew in a forked child, stopped at exit.

use std::future::Future;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::task::{Context, Poll};
use std::thread;
use std::time::{Duration, Instant};

use once_cell::race::OnceBox;
use tokio::runtime::{Builder, Handle, Runtime};
use tokio::task::JoinHandle;

use crate::error::Error;
#[cfg(test)]
use crate::simulation;
use crate::system::attention;
use crate::system::fork::PerProcess;
use crate::system::locked;

/// Network waits need few threads: an authentication library must not claim one per core.
const WORKERS: usize = 2;

struct Shared {
    handle: Handle,
    /// Taken by [`shutdown`]; `None` means that this process is on its way out.
    runtime: RwLock<Option<Runtime>>,
}

static SHARED: PerProcess<Shared> = PerProcess::new();

/// The handle of this process's runtime; the first call starts it.
///
/// # Errors
/// `transport` when the operating system refuses the threads.
///
/// ```
/// let handle = relatch::runtime::handle()?;
/// assert_eq!(handle.block_on(async { 1 + 1 }), 2);
/// # Ok::<(), relatch::Error>(())
/// ```
pub fn handle() -> Result<Handle, Error> {
    SHARED.with(start, |shared| stop(shared, Duration::ZERO), |shared| shared.handle.clone())
}

/// Runs a task that belongs to no caller.
///
/// Its future has a box of its own: tokio aligns what it allocates for a task to cache lines, and holes of that kind
/// are not used again by glibc's allocator, which made a process with many sessions twice as large.
pub(crate) fn spawn<F>(task: F) -> Result<Running<F::Output>, Error>
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    spawn_made(|| task)
}

/// Like [`spawn`], with a task that is made only if it can be run: a task that reports its own end would report one that
/// never began.
pub(crate) fn spawn_made<F>(make: impl FnOnce() -> F) -> Result<Running<F::Output>, Error>
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    #[cfg(test)]
    if simulation::is_on() {
        return simulation::spawn(make).map(Running::Simulated);
    }
    Ok(Running::Task(handle()?.spawn(Box::pin(make()))))
}

/// Does work that takes long away from the workers, which have the network and the timers of all sessions to look after.
/// Such work is done one at a time.
pub(crate) async fn aside<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Stopped> {
    #[cfg(test)]
    if simulation::is_on() {
        return Ok(work());
    }
    let runtime = handle().map_err(|_| Stopped)?;
    let work = Arc::new(Mutex::new(Some(work)));
    let take = move || locked(&work).take();
    let taken = take.clone();
    // tokio panics where the system refuses the thread.
    match catch_unwind(AssertUnwindSafe(|| runtime.spawn_blocking(move || taken().map(|work| work())))) {
        Ok(done) => done.await.ok().flatten().ok_or(Stopped),
        Err(_) => take().map(|work| work()).ok_or(Stopped),
    }
}

/// A task under way. Dropping this lets it go on.
#[derive(Debug)]
pub(crate) enum Running<T> {
    Task(JoinHandle<T>),
    #[cfg(test)]
    Simulated(simulation::Handle<T>),
}

/// A task that panicked, was aborted, or was stopped with the runtime.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stopped;

impl<T> Running<T> {
    /// Ends the task at its next await.
    pub(crate) fn abort(&self) {
        match self {
            Self::Task(task) => task.abort(),
            #[cfg(test)]
            Self::Simulated(task) => task.abort(),
        }
    }
}

impl<T> Future for Running<T> {
    type Output = Result<T, Stopped>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        match &mut *self {
            Self::Task(task) => Pin::new(task).poll(context).map_err(|_| Stopped),
            #[cfg(test)]
            Self::Simulated(task) => Pin::new(task).poll(context),
        }
    }
}

/// How long this process has been running, as far as the machine was awake and the process was not stopped.
pub(crate) fn awake() -> Duration {
    #[cfg(test)]
    if let Some(awake) = simulation::awake() {
        return awake;
    }
    elapsed().saturating_sub(attention::missed())
}

/// How long ago this process began, as far as the machine was awake.
pub(crate) fn elapsed() -> Duration {
    static START: OnceBox<Instant> = OnceBox::new();
    #[cfg(test)]
    if let Some(awake) = simulation::awake() {
        return awake;
    }
    START.get_or_init(|| Box::new(Instant::now())).elapsed()
}

/// Waits on a timer that stands still while the machine is suspended.
pub(crate) async fn sleep(time: Duration) {
    #[cfg(test)]
    if simulation::is_on() {
        return simulation::sleep(time).await;
    }
    tokio::time::sleep(time).await;
}

/// Stops this process's runtime, waiting at most `limit` for tasks to reach their next await. Later calls fail.
///
/// For a host's exit hook: tasks that finish while an interpreter is being taken down crash it.
pub fn shutdown(limit: Duration) {
    SHARED.peek(|shared| stop(shared, limit));
}

/// Runs `act` with this process's runtime around it, whose timers it may poll; None if that has been shut down, and
/// an error where it cannot be started.
///
/// A shutdown waits until `act` is through: tokio panics when a timer is polled after it.
pub(crate) fn inside<R>(act: impl FnOnce() -> R) -> Result<Option<R>, Error> {
    #[cfg(test)]
    if simulation::is_on() {
        return simulation::has_threads().map(|()| Some(act()));
    }
    let mut act = Some(act);
    let enter = |shared: &Shared| {
        let runtime = shared.runtime.read().unwrap_or_else(PoisonError::into_inner);
        runtime.as_ref().zip(act.take()).map(|(runtime, act)| {
            let _inside = runtime.enter();
            act()
        })
    };
    // A caller may be the first of a forked child: it may join a flight whose task is about to start the runtime.
    SHARED.with(start, |shared| stop(shared, Duration::ZERO), enter)
}

fn stop(shared: &Shared, limit: Duration) {
    let runtime = shared.runtime.write().unwrap_or_else(PoisonError::into_inner).take();
    if let Some(runtime) = runtime {
        if limit.is_zero() {
            runtime.shutdown_background();
        } else {
            runtime.shutdown_timeout(limit);
        }
    }
}

/// Whether the operating system has all threads to give. tokio finds that out by a panic, and leaves open files behind, or
/// waits for ever for those that it got.
fn has_threads() -> io::Result<()> {
    let gate = Mutex::new(());
    thread::scope(|scope| {
        let shut = gate.lock();
        let start = |_| thread::Builder::new().spawn_scoped(scope, || drop(gate.lock()));
        let started: io::Result<Vec<_>> = (0..WORKERS).map(start).collect();
        drop(shut);
        // Joined, so that their room is free again.
        started.map(|all| all.into_iter().for_each(|thread| drop(thread.join())))
    })
}

fn start() -> Result<Shared, Error> {
    static NAMED: AtomicUsize = AtomicUsize::new(0);
    let start = || {
        Builder::new_multi_thread()
            .worker_threads(WORKERS)
            // For what is done aside. Names are looked up on threads of their own (`transport::resolver`).
            .max_blocking_threads(1)
            .thread_name_fn(|| format!("relatch-{}", NAMED.fetch_add(1, Ordering::Relaxed)))
            .enable_all()
            .build()
    };
    let started = has_threads().and_then(|()| {
        // The last of them may have gone since.
        catch_unwind(start).unwrap_or_else(|_| Err(io::Error::other("a thread was refused")))
    });
    let runtime = started.map_err(Error::runtime)?;
    Ok(Shared { handle: runtime.handle().clone(), runtime: RwLock::new(Some(runtime)) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_done_aside_keeps_no_worker() {
        let (sender, receiver) = std::sync::mpsc::channel();
        let receiver = Arc::new(Mutex::new(receiver));
        let runtime = handle().unwrap();
        let waiting: Vec<_> = (0..=WORKERS)
            .map(|number| {
                let receiver = Arc::clone(&receiver);
                let work = move || receiver.lock().unwrap().recv_timeout(Duration::from_secs(30)).map(|()| number);
                runtime.spawn(aside(work))
            })
            .collect();
        // These run on the workers.
        let done: Vec<_> = (0..=WORKERS).map(|_| runtime.spawn(std::future::ready(sender.clone()))).collect();
        runtime.block_on(async {
            for done in done {
                done.await.unwrap().send(()).unwrap();
            }
            for (number, waiting) in waiting.into_iter().enumerate() {
                assert_eq!(waiting.await.unwrap(), Ok(Ok(number)));
            }
            assert_eq!(aside(|| -> () { panic!("in the middle") }).await, Err(Stopped));
        });
    }
}
