//! The questions of one environment that wait for their answers.

use std::collections::HashMap;
use std::error::Error as StdError;
use std::sync::Mutex;

use relatch::Secret;
use tokio::sync::oneshot;

use crate::mailbox::locked;

pub(crate) type Failure = Box<dyn StdError + Send + Sync>;
pub(crate) type Answer = Result<Secret, Failure>;

/// The questions of one environment that wait for their answers.
#[derive(Default)]
pub(crate) struct Questions(Mutex<Waiting>);

#[derive(Default)]
struct Waiting {
    answers: HashMap<u32, oneshot::Sender<Answer>>,
    last: u32,
    has_ended: bool,
}

impl Questions {
    /// A new question's number, and where its answer will be; None where nobody is left to answer.
    pub(crate) fn open(&self) -> Option<(u32, oneshot::Receiver<Answer>)> {
        let mut waiting = locked(&self.0);
        if waiting.has_ended {
            return None;
        }
        let (answer, answered) = oneshot::channel();
        waiting.last = waiting.last.wrapping_add(1);
        let number = waiting.last;
        waiting.answers.insert(number, answer);
        Some((number, answered))
    }

    /// Where the answer to this question goes, unless it has been answered or is not wanted any more.
    pub(crate) fn take(&self, number: u32) -> Option<oneshot::Sender<Answer>> {
        locked(&self.0).answers.remove(&number)
    }

    /// Nobody answers any more.
    pub(crate) fn end(&self) {
        let answers = {
            let mut waiting = locked(&self.0);
            waiting.has_ended = true;
            std::mem::take(&mut waiting.answers)
        };
        drop(answers);
    }
}
