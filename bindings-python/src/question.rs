//! Questions: from the core's threads, by a queue, to the one Python thread that has a callback answer each.
//!
//! The core's threads never wait for the interpreter, and never touch a Python object: a callback is a number to them.

use std::collections::VecDeque;
use std::error::Error as StdError;
use std::fmt;
use std::sync::{Mutex, PoisonError};

use pyo3::exceptions::PyBaseException;
use pyo3::prelude::*;
use relatch::{FactorKind, NotAText, Question, Secret};
use tokio::sync::oneshot::{self, Receiver, Sender};

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
pub(crate) type Answer = Result<Secret, Box<dyn StdError + Send + Sync>>;

/// What Python sees of a question: what is wanted, system, user, methods.
type QuestionParts<'a> = (&'static str, &'static str, Option<&'a str>, Vec<&'static str>);

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
    /// The question of that number, and where its answer comes.
    pub(crate) fn new(number: u64, question: Question) -> (Self, Receiver<Answer>) {
        let (sender, answer) = oneshot::channel();
        (Self { number, question, sender: Mutex::new(Some(sender)) }, answer)
    }

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
