//! The one way back into a JavaScript environment: a queue of messages, and what wakes its thread for them.
//!
//! Results and events take the same queue, so that JavaScript sees them in the order in which they happened.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use napi::bindgen_prelude::Function;
use napi::threadsafe_function::{ThreadsafeFunction, ThreadsafeFunctionCallMode};
use napi::{Env, Status};
use relatch::{Backlog, Event, Waiting};

use crate::event_text::written;

/// What goes back to JavaScript: the end of a call, an event, or a question.
#[derive(Default)]
pub struct Message {
    /// The number that JavaScript gave the call, or the watch whose event it is, or the callback that is asked.
    pub number: u32,
    /// What went wrong, as JSON.
    pub error: Option<String>,
    /// A token, or JSON.
    pub text: Option<String>,
    /// The session that a login opened.
    pub session: Option<u32>,
    /// The login that waits for its second factor: what `begin` ends with, or what an error carries.
    pub challenge: Option<u32>,
    /// The number under which a callback is to answer.
    pub question: Option<u32>,
    /// What a callback threw and nothing refers to any more.
    pub forget: Option<u32>,
    /// The number of a question whose answer is not wanted any more.
    pub withdrawn: Option<u32>,
}

/// A message on its way, in the order of its fields. An object would be set property by property, by setters that some
/// package has left in `Object.prototype`.
pub type Crossing =
    (u32, Option<String>, Option<String>, Option<u32>, Option<u32>, Option<u32>, Option<u32>, Option<u32>);

impl From<Message> for Crossing {
    fn from(message: Message) -> Self {
        let Message { number, error, text, session, challenge, question, forget, withdrawn } = message;
        (number, error, text, session, challenge, question, forget, withdrawn)
    }
}

impl Message {
    /// The good end of a call; its number is filled in later.
    pub(crate) fn text(text: impl Into<String>) -> Self {
        Self { text: Some(text.into()), ..Self::default() }
    }
}

/// How many events wait before some of them are dropped.
const MOST_WAITING: usize = 10_000;

/// Messages, and events by the numbers of their watches. Events are written once they are taken, so that they can be dropped.
type Posted = Backlog<u32, Message, MOST_WAITING>;

fn message(waiting: Waiting<u32, Message>) -> Message {
    match waiting {
        Waiting::Other(message) => message,
        Waiting::Event(watch, event) => Message { number: watch, ..Message::text(written(&event)) },
    }
}

/// Wakes the environment's thread. Weak: waiting for it keeps no process alive, unless [`Mailbox::hold`] says so.
type Wake = ThreadsafeFunction<(), (), Vec<Crossing>, Status, false, true>;

/// What waits for an environment, and what wakes its thread.
pub(crate) struct Mailbox {
    wake: Mutex<Wake>,
    messages: Arc<Mutex<Posted>>,
}

/// What other threads do under these locks cannot leave anything half done, so that a panic there does no harm here.
pub(crate) fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn take(messages: &Mutex<Posted>) -> Vec<Crossing> {
    let mut taken = std::mem::take(&mut *locked(messages));
    std::iter::from_fn(|| taken.pop()).map(|waiting| message(waiting).into()).collect()
}

impl Mailbox {
    /// `receive` is called on the environment's thread with what there is to tell, in order.
    pub(crate) fn new(receive: &Function<'_, Vec<Crossing>, ()>) -> napi::Result<Self> {
        let messages: Arc<Mutex<Posted>> = Arc::default();
        let taken = Arc::clone(&messages);
        let builder = receive.build_threadsafe_function::<()>().weak::<true>();
        let wake = builder.build_callback(move |_| Ok(take(&taken)))?;
        Ok(Self { wake: Mutex::new(wake), messages })
    }

    /// Puts a message into the queue, and wakes the thread unless it has been woken for an earlier one.
    pub(crate) fn post(&self, message: Message) {
        self.wake_for(|messages| messages.push(message));
    }

    /// Puts an event into the queue. While JavaScript does not come to it, the oldest events make room.
    pub(crate) fn post_event(&self, watch: u32, event: &Event) {
        self.wake_for(|messages| messages.push_event(watch, event.clone()));
    }

    fn wake_for(&self, push: impl FnOnce(&mut Posted)) {
        let first = {
            let mut messages = locked(&self.messages);
            let was_empty = messages.is_empty();
            push(&mut messages);
            was_empty
        };
        if first {
            locked(&self.wake).call((), ThreadsafeFunctionCallMode::NonBlocking);
        }
    }

    /// Says whether the environment's thread stays for what is still to be told. Only called on that thread.
    #[expect(deprecated, reason = "to clone or to drop the function keeps no thread and lets none go")]
    pub(crate) fn hold(&self, env: Env, alive: bool) -> napi::Result<()> {
        let mut wake = locked(&self.wake);
        if alive { wake.refer(&env) } else { wake.unref(&env) }
    }
}
