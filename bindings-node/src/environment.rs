//! One JavaScript environment: what it holds, and the calls it waits for.
//!
//! Node has an environment for the main thread and for each worker; a test runner may load the addon several times on
//! one thread.

use std::collections::HashMap;
use std::future::Future;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, LazyLock, Mutex};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use napi::Env;
use napi::bindgen_prelude::Function;
use relatch::{Challenge, Error, Factor, Session, SevenG, Subscription, SynapsewaveAccount};
use relatch_sandbox::Sandbox;
use tokio::task::AbortHandle;

use crate::answers::Questions;
use crate::errors;
use crate::mailbox::{Crossing, Mailbox, Message, locked};
use crate::registry::{Clocked, HeldProvider, Registry};

pub(crate) struct Environment {
    pub(crate) mailbox: Arc<Mailbox>,
    /// The calls under way. A call that ended before it was entered here has no handle.
    calls: Mutex<HashMap<u32, Option<AbortHandle>>>,
    pub(crate) providers: Mutex<Registry<HeldProvider>>,
    /// Those among the providers that can do what only 7G can, by the same numbers.
    pub(crate) seven_g: Mutex<HashMap<u32, Arc<SevenG>>>,
    pub(crate) factors: Mutex<Registry<Factor>>,
    pub(crate) accounts: Mutex<Registry<Arc<Clocked<SynapsewaveAccount>>>>,
    pub(crate) questions: Questions,
    pub(crate) challenges: Mutex<Registry<Challenge>>,
    pub(crate) sessions: Mutex<Registry<Session>>,
    pub(crate) sandboxes: Mutex<Registry<Sandbox>>,
    pub(crate) subscriptions: Mutex<HashMap<u32, Subscription>>,
}

static ENVIRONMENTS: LazyLock<Mutex<HashMap<u32, Arc<Environment>>>> = LazyLock::new(Mutex::default);

/// The environment of that number.
pub(crate) fn find(number: u32) -> napi::Result<Arc<Environment>> {
    let found = locked(&ENVIRONMENTS).get(&number).map(Arc::clone);
    found.ok_or_else(|| napi::Error::from_reason("this JavaScript environment has ended"))
}

/// Says that a thing is gone, which cannot happen while JavaScript holds its object.
pub(crate) fn gone() -> napi::Error {
    napi::Error::from_reason("the object behind this number has been released")
}

/// Takes an environment in. `receive` is called on its thread with what there is to tell, in order.
pub(crate) fn connect(env: Env, receive: &Function<'_, Vec<Crossing>, ()>, main: bool) -> napi::Result<u32> {
    static NEXT: AtomicU32 = AtomicU32::new(1);
    let environment = Environment {
        mailbox: Arc::new(Mailbox::new(receive)?),
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
            Ok(message) => self.mailbox.post(Message { number, ..message }),
            Err(error) => {
                let challenge = error.challenge().map(|challenge| locked(&self.challenges).add(challenge));
                let text = Some(errors::encode(&error));
                self.mailbox.post(Message { number, error: text, challenge, ..Message::default() });
                // Only now: what a callback threw is forgotten with the last error that carries it.
                drop(error);
            }
        }
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
            None => {
                self.environment.mailbox.post(Message { number, error: Some(errors::exiting()), ..Message::default() });
            }
        }
    }
}
