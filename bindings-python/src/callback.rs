//! `Callback`: a function of the user's, as the core asks it.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use pyo3::prelude::*;
use relatch::{Options, Question};

use crate::asks::Asks;
use crate::convert::seconds;
use crate::error::invalid;
use crate::here;
use crate::process::{Busy, detached};
use crate::question::{Answer, Asked, Item, QUESTIONS};

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
    let (asked, answer) = Asked::new(number, question);
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
        Asks::of(self.number)
    }
}

/// Reads how long an answer is waited for, which the argument `field` says. Its limits are those of a call's timeout.
fn limit(field: &str, timeout: &Bound<'_, PyAny>) -> PyResult<Duration> {
    let limit = seconds(field, Some(timeout))?.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    let limit = limit.filter(|limit| Options::default().timeout(*limit).is_ok());
    let wrong = || invalid(timeout.py(), field, &format!("{field} must be more than 0 seconds and at most a day."));
    limit.ok_or_else(wrong)
}

/// Waits for the next question to any callback: the callback's number and the question; or the number of a question
/// that nobody waits for any more, and nothing. Does not come back once the process is exiting.
#[pyfunction]
pub(crate) fn next_question(py: Python<'_>) -> Option<(u64, Option<Asked>)> {
    let busy = Busy::new();
    loop {
        match detached(py, &busy, || QUESTIONS.next())? {
            Item::Asked(callback, asked) => return Some((callback, Some(asked))),
            Item::Withdrawn(question) => return Some((question, None)),
            Item::Released(exception) => drop(exception),
        }
    }
}
