//! Questions: from the core's threads, by a queue, to the one Python thread that has a callback answer each.
//!
//! The core's threads never wait for the interpreter, and never touch a Python object: a callback is a number to them.

use std::collections::VecDeque;
use std::error::Error as StdError;
use std::fmt;
use std::num::NonZeroU64;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use pyo3::exceptions::PyBaseException;
use pyo3::prelude::*;
use relatch::{FactorKind, NotAText, Options, Question, Secret};
use tokio::sync::oneshot::{self, Sender};

use crate::convert::seconds;
use crate::error::invalid;
use crate::here::{self, Place};
use crate::package::functions;
use crate::queue::Queue;

/// What waits for the thread that `next_question` is called on.
pub(crate) enum Item {
    /// A callback is to be asked.
    Asked(u64, Asked),
    /// Nobody waits for the answer to that question any more.
    Withdrawn(u64),
    /// An exception that no error refers to any more, to be let go of by a thread that holds the interpreter.
    Released(Py<PyBaseException>),
}

pub(crate) static QUESTIONS: Queue<VecDeque<Item>> = Queue::new();

/// What a callback answers, in the end.
type Answer = Result<Secret, Box<dyn StdError + Send + Sync>>;

/// What Python sees of a question: what is wanted, system, user, methods.
type QuestionParts<'a> = (&'static str, &'static str, Option<&'a str>, Vec<&'static str>);

/// The callback that the logins of a provider ask, if they ask one.
#[derive(Clone, Copy, Default)]
pub(crate) struct Asks(Option<NonZeroU64>);

impl Asks {
    /// Tells the package where the result of the callback is to be awaited: in the event loop that runs here if
    /// `awaited`, else in one of its own, for a blocking call would keep the one that runs here from running.
    ///
    /// Returns what is to be kept for as long as the call waits.
    pub(crate) fn note(self, py: Python<'_>, awaited: bool) -> PyResult<Option<Py<PyAny>>> {
        self.0.map(|number| functions()?.called.call1(py, (number.get(), awaited))).transpose()
    }

    /// The place where the call waits for what the callback is asked, if the package says that it is asked there.
    pub(crate) fn place(self, py: Python<'_>, call: Option<&Py<PyAny>>) -> PyResult<Option<Place>> {
        let Some(call) = call else { return Ok(None) };
        let here = call.bind(py).getattr_opt("here")?.is_some_and(|here| here.is_truthy().unwrap_or(false));
        Ok(here.then(|| Place::take(self.number())))
    }

    /// The callback's number, 0 for none.
    pub(crate) fn number(self) -> u64 {
        self.0.map_or(0, NonZeroU64::get)
    }
}

/// A callback of the package, as the core asks it.
#[pyclass(frozen, module = "relatch._relatch")]
pub(crate) struct Callback {
    number: u64,
    pub(crate) core: relatch::Callback,
}

/// A question that the core waits for. To let go of it before it is answered withdraws it.
struct Pending(Option<u64>);

impl Pending {
    /// It is answered.
    fn end(&mut self) {
        self.0 = None;
    }
}

impl Drop for Pending {
    fn drop(&mut self) {
        if let Some(number) = self.0 {
            QUESTIONS.push(|waiting| waiting.push_back(Item::Withdrawn(number)));
        }
    }
}

/// Has the package ask the callback of that number.
fn ask(callback: u64, question: Question) -> impl Future<Output = Answer> + Send {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let (sender, answer) = oneshot::channel();
    let asked = Asked { number, question, sender: Mutex::new(Some(sender)) };
    if let Some(asked) = here::offer(callback, asked) {
        QUESTIONS.push(|waiting| waiting.push_back(Item::Asked(callback, asked)));
    }
    let mut pending = Pending(Some(number));
    async move {
        let answer = answer.await.unwrap_or_else(|_| Err("nobody is left to answer".into()));
        pending.end();
        answer
    }
}

#[pymethods]
impl Callback {
    #[new]
    fn new(field: &str, timeout: &Bound<'_, PyAny>) -> PyResult<Self> {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        let limit = limit(field, timeout)?;
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let core = relatch::Callback::new(move |question| ask(number, question)).limit(limit);
        Ok(Self { number, core })
    }

    /// By which `next_question` names it.
    #[getter]
    fn number(&self) -> u64 {
        self.number
    }
}

impl Callback {
    pub(crate) fn asks(&self) -> Asks {
        Asks(NonZeroU64::new(self.number))
    }
}

/// Reads how long an answer is waited for, which the argument `field` says. Its limits are those of a call's timeout.
fn limit(field: &str, timeout: &Bound<'_, PyAny>) -> PyResult<Duration> {
    let limit = seconds(field, Some(timeout))?.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    let limit = limit.filter(|limit| Options::default().timeout(*limit).is_ok());
    let wrong = || invalid(timeout.py(), field, &format!("{field} must be more than 0 seconds and at most a day."));
    limit.ok_or_else(wrong)
}

/// A question that waits for its one answer. Letting go of it answers that nobody is left to answer.
#[pyclass(frozen, module = "relatch._relatch")]
pub(crate) struct Asked {
    number: u64,
    question: Question,
    sender: Mutex<Option<Sender<Answer>>>,
}

#[pymethods]
impl Asked {
    /// By which `next_question` names it when it is withdrawn.
    #[getter]
    fn number(&self) -> u64 {
        self.number
    }

    /// What is wanted, the system, the user, and the second factors that would do.
    #[getter]
    fn question(&self) -> QuestionParts<'_> {
        let Question { wanted, system, user, methods, .. } = &self.question;
        (wanted, system, user.as_deref(), methods.iter().copied().map(FactorKind::as_str).collect())
    }

    /// Takes the answer.
    fn answer(&self, value: &Bound<'_, PyAny>) {
        self.send(value.extract::<String>().map(Secret::new).map_err(|_| NotAText.into()));
    }

    /// Says that there is no answer, and why.
    fn fail(&self, error: &Bound<'_, PyBaseException>) {
        let name = error.get_type().name().map_or_else(|_| "an exception".to_owned(), |name| name.to_string());
        self.send(Err(Box::new(Raised { exception: Some(error.clone().unbind()), name })));
    }
}

impl Asked {
    fn send(&self, answer: Answer) {
        let sender = self.sender.lock().unwrap_or_else(PoisonError::into_inner).take();
        // The second answer to a question is dropped, and so is one that comes too late.
        if let Some(sender) = sender {
            drop(sender.send(answer));
        }
    }
}

/// What a callback raised. Its words are not shown: nobody knows what is in them.
pub(crate) struct Raised {
    exception: Option<Py<PyBaseException>>,
    name: String,
}

impl Raised {
    pub(crate) fn exception(&self) -> Option<&Py<PyBaseException>> {
        self.exception.as_ref()
    }
}

impl Drop for Raised {
    fn drop(&mut self) {
        if let Some(exception) = self.exception.take() {
            QUESTIONS.push(|waiting| waiting.push_back(Item::Released(exception)));
        }
    }
}

impl fmt::Debug for Raised {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Raised({})", self.name)
    }
}

impl fmt::Display for Raised {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "the callback raised {}", self.name)
    }
}

impl StdError for Raised {}

/// Waits for the next question to any callback: the callback's number and the question; or the number of a question
/// that nobody waits for any more, and nothing. Does not come back once the process is exiting.
#[pyfunction]
pub(crate) fn next_question(py: Python<'_>) -> Option<(u64, Option<Asked>)> {
    let busy = crate::exit::Busy::new();
    loop {
        match crate::exit::detached(py, &busy, || QUESTIONS.next())? {
            Item::Asked(callback, asked) => return Some((callback, Some(asked))),
            Item::Withdrawn(question) => return Some((question, None)),
            Item::Released(exception) => drop(exception),
        }
    }
}
