//! Events to listeners: in order, outside every lock.

use std::convert::Infallible;
use std::hash::{Hash, Hasher};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Weak};

use arc_swap::ArcSwap;
use once_cell::race::OnceBox;
use tracing::{debug, warn};

use super::Keeper;
use crate::backlog::{Backlog, Waiting};
use crate::error::Error;
use crate::event::{Event, EventKind};

/// How many events of a session wait for a listener that is busy.
const MOST_WAITING: usize = 1000;

pub(super) type List = Arc<Vec<Arc<Listener>>>;

/// The listeners of one session.
pub(crate) struct Listeners(ArcSwap<Vec<Arc<Listener>>>);

pub(super) struct Listener {
    call: Box<dyn Fn(&Event) + Send + Sync>,
    /// Whether it hears nothing more, of what has happened already either.
    is_deaf: AtomicBool,
}

/// Keeps a listener listening; dropping it ends that.
#[must_use = "the listener is removed when this is dropped"]
pub struct Subscription {
    keeper: Weak<Keeper>,
    /// Weak, so that a listener is gone when its session is.
    listener: Weak<Listener>,
    end: End,
}

/// What the end of a subscription ends.
#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    /// The listening, at once.
    All,
    /// The listening to what happens from then on.
    New,
    /// Nothing.
    Nothing,
}

impl Default for Listeners {
    fn default() -> Self {
        // One empty list for all sessions without listeners.
        static NONE: OnceBox<Arc<Vec<Arc<Listener>>>> = OnceBox::new();
        Self(ArcSwap::new(Arc::clone(NONE.get_or_init(Box::default))))
    }
}

impl Listeners {
    /// The present listeners.
    pub(super) fn now(&self) -> List {
        self.0.load_full()
    }

    pub(crate) fn add(keeper: &Arc<Keeper>, call: impl Fn(&Event) + Send + Sync + 'static) -> Subscription {
        let listener = Arc::new(Listener { call: Box::new(call), is_deaf: AtomicBool::new(false) });
        let subscription =
            Subscription { keeper: Arc::downgrade(keeper), listener: Arc::downgrade(&listener), end: End::All };
        keeper.listeners.0.rcu(move |list| list.iter().chain([&listener]).cloned().collect::<Vec<_>>());
        subscription
    }
}

impl Subscription {
    /// Listens for as long as the session lives.
    pub fn forever(mut self) {
        self.end = End::Nothing;
    }

    /// Listens to what has happened until now, which others may still be telling, and to nothing after it.
    pub fn finish(mut self) {
        self.end = End::New;
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        if let Some(listener) = self.listener.upgrade().filter(|_| self.end == End::All) {
            listener.is_deaf.store(true, Ordering::Release);
        }
        if let Some(keeper) = self.keeper.upgrade().filter(|_| self.end != End::Nothing) {
            keeper.listeners.0.rcu(|list| {
                let others = list.iter().filter(|other| !ptr::addr_eq(Arc::as_ptr(other), self.listener.as_ptr()));
                others.cloned().collect::<Vec<_>>()
            });
        }
    }
}

/// Events that are to be delivered, each to the listeners at the time that it happened: a listener that subscribes after a
/// login never hears of it, however late that is delivered. One thread at a time delivers: events arrive in order.
#[derive(Default)]
pub(super) struct Queue {
    waiting: Backlog<Group, Infallible, MOST_WAITING>,
    delivering: bool,
}

/// The listeners at the time of an event. Two are one while nobody came or went.
#[derive(Clone)]
struct Group(List);

impl PartialEq for Group {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for Group {}

impl Hash for Group {
    fn hash<H: Hasher>(&self, state: &mut H) {
        Arc::as_ptr(&self.0).hash(state);
    }
}

impl Queue {
    pub(super) fn push(&mut self, event: Event, listeners: List) {
        self.waiting.push_event(Group(listeners), event);
    }

    /// Takes the next event, unless another thread is at it; the last taker ends the delivery.
    fn next(&mut self, begin: bool) -> Option<(Event, List)> {
        if begin && self.delivering {
            return None;
        }
        let next = self.waiting.pop();
        self.delivering = next.is_some();
        let Waiting::Event(Group(listeners), event) = next?;
        Some((event, listeners))
    }
}

impl Keeper {
    /// Tells the listeners of something that the lifecycle has no part in.
    pub(super) fn announce(self: &Arc<Self>, event: Event) {
        self.with_cell(|cell| cell.announcements.push(event, self.listeners.now()));
        self.deliver();
    }

    pub(super) fn deliver(self: &Arc<Self>) {
        let mut begin = true;
        while let Some((event, listeners)) = self.with_cell(|cell| cell.announcements.next(begin)) {
            begin = false;
            // A listener that panics, of the log or of events, must not keep the others, and the session, from going on.
            drop(catch_unwind(AssertUnwindSafe(|| self.log(&event))));
            for listener in listeners.iter().filter(|listener| !listener.is_deaf.load(Ordering::Acquire)) {
                if catch_unwind(AssertUnwindSafe(|| (listener.call)(&event))).is_err() {
                    drop(catch_unwind(AssertUnwindSafe(|| warn!(session = self.number, "a listener panicked"))));
                }
            }
        }
    }

    /// Tells the listeners of a store that failed; the session goes on with what it holds in memory.
    pub(super) fn store_failed(self: &Arc<Self>, error: &Error) {
        let mut event = Event::new(EventKind::StoreFailed, self.options.time().unix_time());
        event.code = Some(error.code());
        self.announce(event);
    }

    fn log(&self, event: &Event) {
        let (session, system, kind) = (self.number, self.provider.system(), event.kind.as_str());
        let code = event.code.map(crate::error::ErrorCode::as_str);
        let cause = event.cause.map(crate::error::Cause::as_str);
        match event.kind {
            EventKind::LoggedIn | EventKind::Refreshed | EventKind::LoggedOut | EventKind::Waiting => {
                debug!(session, system, kind);
            }
            _ => warn!(session, system, kind, code, cause),
        }
    }
}
