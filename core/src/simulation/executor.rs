//! Tasks of simulated processes, their timers and clocks. Which of the tasks that can go on does, a seed decides.

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use tokio::sync::oneshot;

use super::with;
use crate::system::runtime::Stopped;
use crate::time::{BootTime, Now, UnixTime, milliseconds};

/// The process of what belongs to none: messages on their way, and the driver of the run.
pub(super) const NOWHERE: u32 = u32::MAX;

/// When the simulated machine was switched on, in Unix time.
const SWITCHED_ON: i64 = 1_767_000_000_000;

/// Parts of the names of those tasks.
const TIMER: &str = "timer::run";
const MARK: &str = "::mark::";

pub(super) type TaskNumber = u64;
type Timers = BTreeMap<(i64, u64), Waker>;
type Numbers = Arc<Mutex<BTreeSet<TaskNumber>>>;

/// Whose task it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Owner {
    /// A caller, who may give up at any time.
    Caller,
    /// The library.
    Library,
    /// The network.
    Network,
}

struct Task {
    process: u32,
    owner: Owner,
    /// The type of its future.
    name: &'static str,
    /// Nothing while it is being polled.
    future: Option<Pin<Box<dyn Future<Output = ()>>>>,
}

#[derive(Default)]
pub(super) struct Executor {
    tasks: RefCell<BTreeMap<TaskNumber, Task>>,
    ready: Numbers,
    timers: RefCell<Timers>,
    /// Those of messages on their way, which no suspend holds up.
    travels: RefCell<Timers>,
    next: Cell<u64>,
    process: Cell<u32>,
    dead: RefCell<HashSet<u32>>,
    /// The machine has no thread to spare: no task of the library can be started.
    pub(super) threadless: Cell<bool>,
    values: RefCell<HashMap<(u32, usize), Box<dyn Any>>>,
    /// Milliseconds that the machine was awake, that it was suspended, and by which its wall clock was set.
    awake: Cell<i64>,
    suspended: Cell<i64>,
    set: Cell<i64>,
}

impl Executor {
    pub(super) fn now(&self) -> Now {
        let boot = self.boot() + 1_000_000;
        Now { boot: BootTime(boot), unix: UnixTime(SWITCHED_ON + boot + self.set.get()) }
    }

    pub(super) fn awake(&self) -> Duration {
        crate::time::duration(self.awake.get())
    }

    pub(super) fn process(&self) -> u32 {
        self.process.get()
    }

    /// Runs `act` as this process.
    pub(super) fn as_process<R>(&self, process: u32, act: impl FnOnce() -> R) -> R {
        let before = self.process.replace(process);
        let result = act();
        self.process.set(before);
        result
    }

    pub(super) fn found<T: Any + Clone>(&self, key: usize) -> Option<T> {
        self.values.borrow().get(&(self.process.get(), key)).and_then(|value| value.downcast_ref::<T>()).cloned()
    }

    pub(super) fn keep(&self, key: usize, value: impl Any) {
        self.values.borrow_mut().insert((self.process.get(), key), Box::new(value));
    }

    fn number(&self) -> u64 {
        self.next.replace(self.next.get() + 1)
    }

    pub(super) fn spawn<F: Future<Output = ()> + 'static>(&self, owner: Owner, future: F) -> TaskNumber {
        let name = std::any::type_name::<F>();
        let (number, process) = (self.number(), if owner == Owner::Network { NOWHERE } else { self.process.get() });
        self.tasks.borrow_mut().insert(number, Task { process, owner, name, future: Some(Box::pin(future)) });
        self.ready.lock().unwrap().insert(number);
        number
    }

    /// A task of the library; None if its process is dead.
    pub(super) fn spawn_with_handle<F: Future + 'static>(&self, task: F) -> Option<Handle<F::Output>> {
        if self.dead.borrow().contains(&self.process.get()) {
            return None;
        }
        let (sender, result) = oneshot::channel();
        let number = self.spawn(Owner::Library, async move {
            // Nobody may wait for it.
            let _ = sender.send(task.await);
        });
        Some(Handle { number, result })
    }

    /// Polls one of the tasks that can go on, if there is one.
    pub(super) fn step(&self, draw: impl FnOnce(usize) -> usize) -> bool {
        let number = {
            let mut ready = self.ready.lock().unwrap();
            if ready.is_empty() {
                return false;
            }
            let number = *ready.iter().nth(draw(ready.len())).unwrap();
            ready.remove(&number);
            number
        };
        self.poll(number);
        true
    }

    /// Whether a task could go on.
    pub(super) fn is_busy(&self) -> bool {
        !self.ready.lock().unwrap().is_empty()
    }

    /// Polls this task.
    pub(super) fn poll(&self, number: TaskNumber) {
        let taken = self.tasks.borrow_mut().get_mut(&number).and_then(|task| Some((task.process, task.future.take()?)));
        let Some((process, mut future)) = taken else { return };
        let waker = Waker::from(Arc::new(Bell { number, ready: Arc::clone(&self.ready) }));
        let over = self.as_process(process, || future.as_mut().poll(&mut Context::from_waker(&waker)).is_ready());
        if over {
            self.tasks.borrow_mut().remove(&number);
        } else if let Some(task) = self.tasks.borrow_mut().get_mut(&number) {
            task.future = Some(future);
            return;
        }
        self.as_process(process, || drop(future));
    }

    /// Drops a task where it stands.
    pub(super) fn cancel(&self, number: TaskNumber) {
        let task = self.tasks.borrow_mut().remove(&number);
        if let Some(task) = task {
            self.as_process(task.process, || drop(task.future));
        }
    }

    /// The tasks of this owner. Without those that end with the runtime alone: the timer's, and the note in the store, in
    /// which there is nothing of ours that could panic.
    pub(super) fn tasks(&self, owner: Owner) -> Vec<TaskNumber> {
        let tasks = self.tasks.borrow();
        let wanted = tasks
            .iter()
            .filter(|(_, task)| task.owner == owner && ![TIMER, MARK].iter().any(|name| task.name.contains(name)));
        wanted.map(|(number, _)| *number).collect()
    }

    /// A process ends without a word: none of its tasks goes on, and what they do while they are dropped is lost.
    pub(super) fn crash(&self, process: u32) {
        self.dead.borrow_mut().insert(process);
        let tasks = self.tasks.borrow();
        let ended: Vec<_> =
            tasks.iter().filter(|(_, task)| task.process == process).map(|(number, _)| *number).collect();
        drop(tasks);
        for number in ended {
            self.cancel(number);
        }
        let mut forgotten = Vec::new();
        self.values.borrow_mut().retain(|(of, _), value| {
            let kept = *of != process;
            if !kept {
                forgotten.push(std::mem::replace(value, Box::new(())));
            }
            kept
        });
        self.as_process(process, || drop(forgotten));
    }

    /// Ends everything, process by process.
    pub(super) fn clear(&self) {
        let processes: BTreeSet<u32> = self.tasks.borrow().values().map(|task| task.process).collect();
        let kept: BTreeSet<u32> = self.values.borrow().keys().map(|(process, _)| *process).collect();
        for process in processes.union(&kept) {
            self.crash(*process);
        }
    }

    /// Lets time pass until the next timer rings; whether there is one within `limit` milliseconds.
    pub(super) fn skip(&self, limit: i64) -> bool {
        let timer = first(&self.timers).map(|at| at - self.awake.get());
        let travel = first(&self.travels).map(|at| at - self.boot());
        let next = [timer, travel].into_iter().flatten().min().filter(|wait| *wait <= limit);
        next.inspect(|wait| self.pass((*wait).max(0))).is_some()
    }

    pub(super) fn pass(&self, milliseconds: i64) {
        self.awake.set(self.awake.get() + milliseconds);
        ring(&self.timers, self.awake.get());
        ring(&self.travels, self.boot());
    }

    /// The machine sleeps: boot and wall time go on, and so do messages, and nothing else.
    pub(super) fn suspend(&self, milliseconds: i64) {
        let end = self.boot() + milliseconds;
        let travel = || self.tasks(Owner::Network).into_iter().for_each(|number| self.poll(number));
        // What was sent a moment ago is on its way.
        travel();
        while let Some(at) = first(&self.travels).filter(|at| *at <= end) {
            self.suspended.set(self.suspended.get() + (at - self.boot()).max(0));
            ring(&self.travels, self.boot());
            travel();
        }
        self.suspended.set(self.suspended.get() + end - self.boot());
    }

    fn boot(&self) -> i64 {
        self.awake.get() + self.suspended.get()
    }

    /// Somebody sets the wall clock.
    pub(super) fn set_wall(&self, by: i64) {
        self.set.set(self.set.get() + by);
    }
}

fn first(timers: &RefCell<Timers>) -> Option<i64> {
    timers.borrow().first_key_value().map(|((at, _), _)| *at)
}

fn ring(timers: &RefCell<Timers>, now: i64) {
    let later = timers.borrow_mut().split_off(&(now + 1, 0));
    timers.replace(later).into_values().for_each(Waker::wake);
}

/// Makes a task ready.
struct Bell {
    number: TaskNumber,
    ready: Numbers,
}

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.ready.lock().unwrap().insert(self.number);
    }
}

/// What waits for a task of the library.
#[derive(Debug)]
pub(crate) struct Handle<T> {
    number: TaskNumber,
    result: oneshot::Receiver<T>,
}

impl<T> Handle<T> {
    pub(crate) fn abort(&self) {
        with(|world| world.executor.cancel(self.number));
    }
}

impl<T> Future for Handle<T> {
    type Output = Result<T, Stopped>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.result).poll(context).map_err(|_| Stopped)
    }
}

pub(super) struct Sleep {
    at: i64,
    number: u64,
    travels: bool,
}

impl Sleep {
    /// Of a task in a machine.
    pub(super) fn new(time: Duration) -> Self {
        Self::made(time, false)
    }

    /// Of a message on its way.
    pub(super) fn travel(time: Duration) -> Self {
        Self::made(time, true)
    }

    fn made(time: Duration, travels: bool) -> Self {
        let made = with(|world| {
            let executor = &world.executor;
            let now = if travels { executor.boot() } else { executor.awake.get() };
            (now + milliseconds(time), executor.number())
        });
        let (at, number) = made.unwrap_or_default();
        Self { at, number, travels }
    }
}

impl Future for Sleep {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let rung = with(|world| {
            let executor = &world.executor;
            let (now, timers) = if self.travels {
                (executor.boot(), &executor.travels)
            } else {
                (executor.awake.get(), &executor.timers)
            };
            if now < self.at {
                timers.borrow_mut().insert((self.at, self.number), context.waker().clone());
            }
            self.at <= now
        });
        if rung.unwrap_or(true) { Poll::Ready(()) } else { Poll::Pending }
    }
}

impl Drop for Sleep {
    fn drop(&mut self) {
        with(|world| {
            let timers = if self.travels { &world.executor.travels } else { &world.executor.timers };
            timers.borrow_mut().remove(&(self.at, self.number))
        });
    }
}
