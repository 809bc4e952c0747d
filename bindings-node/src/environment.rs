//! One JavaScript environment: what it holds, the calls it waits for, and the one way back into it.
//!
//! Node has an environment for the main thread and for each worker; a test runner may load the addon several times on
//! one thread. Results and events take the same queue, so that JavaScript sees them in the order in which they happened.

use std::collections::HashMap;
use std::future::Future;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use napi::bindgen_prelude::Function;
use napi::threadsafe_function::{ThreadsafeFunction, ThreadsafeFunctionCallMode};
use napi::{Env, Status};
use relatch::{Backlog, Challenge, Error, Event, Factor, Session, SevenG, Subscription, Waiting};
use relatch_sandbox::Sandbox;
use tokio::task::AbortHandle;

use crate::account::HeldAccount;
use crate::errors;
use crate::events;
use crate::provider::Held;
use crate::questions::Questions;
use crate::registry::Registry;

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
        Waiting::Event(watch, event) => Message { number: watch, ..Message::text(events::written(&event)) },
    }
}

/// Wakes the environment's thread. Weak: waiting for it keeps no process alive, unless [`Environment::hold`] says so.
type Wake = ThreadsafeFunction<(), (), Vec<Crossing>, Status, false, true>;

pub(crate) struct Environment {
    wake: Mutex<Wake>,
    messages: Arc<Mutex<Posted>>,
    /// The calls under way. A call that ended before it was entered here has no handle.
    calls: Mutex<HashMap<u32, Option<AbortHandle>>>,
    pub(crate) providers: Mutex<Registry<Arc<Held>>>,
    /// Those among the providers that can do what only 7G can, by the same numbers.
    pub(crate) seven_g: Mutex<HashMap<u32, Arc<SevenG>>>,
    pub(crate) factors: Mutex<Registry<Factor>>,
    pub(crate) accounts: Mutex<Registry<Arc<HeldAccount>>>,
    pub(crate) questions: Questions,
    pub(crate) challenges: Mutex<Registry<Challenge>>,
    pub(crate) sessions: Mutex<Registry<Session>>,
    pub(crate) sandboxes: Mutex<Registry<Sandbox>>,
    pub(crate) subscriptions: Mutex<HashMap<u32, Subscription>>,
}

static ENVIRONMENTS: LazyLock<Mutex<HashMap<u32, Arc<Environment>>>> = LazyLock::new(Mutex::default);

/// What other threads do under these locks cannot leave anything half done, so that a panic there does no harm here.
pub(crate) fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The environment of that number.
pub(crate) fn find(number: u32) -> napi::Result<Arc<Environment>> {
    let found = locked(&ENVIRONMENTS).get(&number).map(Arc::clone);
    found.ok_or_else(|| napi::Error::from_reason("this JavaScript environment has ended"))
}

/// Says that a thing is gone, which cannot happen while JavaScript holds its object.
pub(crate) fn gone() -> napi::Error {
    napi::Error::from_reason("the object behind this number has been released")
}

fn take(messages: &Mutex<Posted>) -> Vec<Crossing> {
    let mut taken = std::mem::take(&mut *locked(messages));
    std::iter::from_fn(|| taken.pop()).map(|waiting| message(waiting).into()).collect()
}

/// Takes an environment in. `receive` is called on its thread with what there is to tell, in order.
pub(crate) fn connect(env: Env, receive: &Function<'_, Vec<Crossing>, ()>, main: bool) -> napi::Result<u32> {
    static NEXT: AtomicU32 = AtomicU32::new(1);
    let messages: Arc<Mutex<Posted>> = Arc::default();
    let taken = Arc::clone(&messages);
    let builder = receive.build_threadsafe_function::<()>().weak::<true>();
    let wake = builder.build_callback(move |_| Ok(take(&taken)))?;
    let environment = Environment {
        wake: Mutex::new(wake),
        messages,
        calls: Mutex::default(),
        providers: Mutex::default(),
        seven_g: Mutex::default(),
        factors: Mutex::default(),
        accounts: Mutex::default(),
        questions: Questions::default(),
        challenges: Mutex::default(),
        sessions: Mutex::default(),
        sandboxes: Mutex::default(),
        subscriptions: Mutex::default(),
    };
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    locked(&ENVIRONMENTS).insert(number, Arc::new(environment));
    env.add_env_cleanup_hook(number, move |number| disconnect(number, main))?;
    Ok(number)
}

/// The environment's thread is ending.
fn disconnect(number: u32, main: bool) {
    // How long exiting may wait for a task to come to its next await.
    const LIMIT: Duration = Duration::from_millis(200);
    let environment = locked(&ENVIRONMENTS).remove(&number);
    if let Some(environment) = environment {
        for call in locked(&environment.calls).values().flatten() {
            call.abort();
        }
        environment.questions.end();
        let subscriptions = std::mem::take(&mut *locked(&environment.subscriptions));
        let challenges = std::mem::take(&mut *locked(&environment.challenges));
        let sessions = std::mem::take(&mut *locked(&environment.sessions));
        let sandboxes = std::mem::take(&mut *locked(&environment.sandboxes));
        drop((subscriptions, challenges, sessions, sandboxes));
    }
    // A worker's end is not the process's: others go on, and new ones may start.
    if main {
        relatch::runtime::shutdown(LIMIT);
    }
}

impl Environment {
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

    /// Makes a call, waits for it in the background, and posts how it ended.
    ///
    /// What it asks of a session has been asked when this returns: the order of JavaScript's calls is kept.
    pub(crate) fn start<F>(self: &Arc<Self>, number: u32, work: F)
    where
        F: Future<Output = Result<Message, Error>> + Send + 'static,
    {
        let runtime = match relatch::runtime::handle() {
            Ok(runtime) => runtime,
            Err(error) => return self.end(number, Err(error)),
        };
        let mut work = Box::pin(work);
        let asked = {
            let _context = runtime.enter();
            work.as_mut().poll(&mut Context::from_waker(Waker::noop()))
        };
        if let Poll::Ready(result) = asked {
            return self.end(number, result);
        }
        let mut pending = Pending { environment: Arc::clone(self), number, result: None };
        let task = runtime.spawn(async move {
            let result = work.await;
            pending.result.replace(result);
        });
        let mut calls = locked(&self.calls);
        if calls.remove(&number).is_none() {
            calls.insert(number, Some(task.abort_handle()));
        }
    }

    /// Posts how a call ended. A challenge that its error carries goes along.
    fn end(&self, number: u32, result: Result<Message, Error>) {
        match result {
            Ok(message) => self.post(Message { number, ..message }),
            Err(error) => {
                let challenge = error.challenge().map(|challenge| locked(&self.challenges).add(challenge));
                let text = Some(errors::encode(&error));
                self.post(Message { number, error: text, challenge, ..Message::default() });
                // Only now: what a callback threw is forgotten with the last error that carries it.
                drop(error);
            }
        }
    }

    /// Says whether the environment's thread stays for what is still to be told. Only called on that thread.
    #[expect(deprecated, reason = "to clone or to drop the function keeps no thread and lets none go")]
    pub(crate) fn hold(&self, env: Env, alive: bool) -> napi::Result<()> {
        let mut wake = locked(&self.wake);
        if alive { wake.refer(&env) } else { wake.unref(&env) }
    }

    /// Gives up waiting for a call. What it began goes on.
    pub(crate) fn cancel(&self, number: u32) {
        if let Some(Some(task)) = locked(&self.calls).get(&number) {
            task.abort();
        }
    }
}

/// A call that must end: with its result, or with an error if its task is dropped because the process exits.
struct Pending {
    environment: Arc<Environment>,
    number: u32,
    result: Option<Result<Message, Error>>,
}

impl Drop for Pending {
    fn drop(&mut self) {
        let number = self.number;
        {
            let mut calls = locked(&self.environment.calls);
            if calls.remove(&number).is_none() {
                calls.insert(number, None);
            }
        }
        match self.result.take() {
            Some(result) => self.environment.end(number, result),
            None => self.environment.post(Message { number, error: Some(errors::exiting()), ..Message::default() }),
        }
    }
}
