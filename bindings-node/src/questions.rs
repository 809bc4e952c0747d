//! Questions that the core asks of callbacks in JavaScript, and their answers.
//!
//! A question goes to the environment that made the callback, and is answered there. What ends it otherwise, the core's
//! deadline or the environment's end, leaves nothing behind: an answer that comes later finds no question.

use std::sync::{Arc, Weak};

use napi_derive::napi;
use relatch::{Callback, NotAText, Question, Secret};
use serde_json::json;

use crate::answers::{Answer, Failure};
use crate::environment::{self, Environment};
use crate::mailbox::Message;
use crate::thrown::Thrown;

/// A question that waits for its answer; dropping this withdraws it and tells the callback.
struct Asked {
    environment: Weak<Environment>,
    number: u32,
}

impl Drop for Asked {
    fn drop(&mut self) {
        if let Some(environment) = self.environment.upgrade()
            && environment.questions.take(self.number).is_some()
        {
            environment.mailbox.post(Message { withdrawn: Some(self.number), ..Message::default() });
        }
    }
}

/// The callback that JavaScript knows by this number.
pub(crate) fn callback(environment: &Arc<Environment>, number: u32) -> Callback {
    // Weak: a session's flight may outlive the environment whose callback it asks.
    let home = Arc::downgrade(environment);
    Callback::new(move |question| {
        let home = Weak::clone(&home);
        async move { ask(home, number, &question).await }
    })
}

async fn ask(home: Weak<Environment>, callback: u32, question: &Question) -> Answer {
    let ended = || Failure::from("the JavaScript environment of the callback has ended");
    let (asked, answered) = {
        let environment = home.upgrade().ok_or_else(ended)?;
        let (number, answered) = environment.questions.open().ok_or_else(ended)?;
        let asked = Asked { environment: home, number };
        let message = Message { number: callback, question: Some(number), ..Message::text(written(question)) };
        environment.mailbox.post(message);
        (asked, answered)
    };
    let answer = answered.await;
    drop(asked);
    answer.unwrap_or_else(|_| Err(ended()))
}

fn written(question: &Question) -> String {
    let methods: Vec<_> = question.methods.iter().map(|method| method.as_str()).collect();
    let Question { wanted, system, user, .. } = question;
    json!({ "wanted": wanted, "system": system, "user": user, "methods": methods }).to_string()
}

/// Answers a question with a text, or with the number of what the callback threw. Neither says that the answer is no text.
#[napi(catch_unwind)]
pub fn answer_question(environment: u32, question: u32, answer: Option<String>, thrown: Option<u32>) {
    // An environment that has ended has no questions left.
    let Ok(home) = environment::find(environment) else { return };
    let answer = match (answer, thrown) {
        (Some(text), _) => Ok(Secret::new(text)),
        (None, Some(number)) => Err(Failure::from(Thrown::new(&home.mailbox, number))),
        (None, None) => Err(Failure::from(NotAText)),
    };
    if let Some(waiting) = home.questions.take(question) {
        // The call that asked may have gone meanwhile.
        drop(waiting.send(answer));
    }
}
