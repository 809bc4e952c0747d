//! Callbacks that answer what a scenario says.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use relatch::{Callback, Secret};
use relatch_sandbox::Sandbox;
use serde_json::Value;

type Answer = Result<Secret, Box<dyn std::error::Error + Send + Sync>>;

/// What goes by, on the sandbox's clock, while nobody answers: more than any scenario gives a callback that hangs.
const HANGS: Duration = Duration::from_secs(61);

/// Where callbacks find what they answer, and where they say that they were asked.
#[derive(Clone)]
pub(super) struct Callbacks {
    pub(super) sandbox: Sandbox,
    pub(super) asked: Arc<AtomicU64>,
}

impl Callbacks {
    /// A callback that gives one of the answers at each call, and the last one again and again.
    pub(super) fn make(&self, answers: &Value, seconds: Option<f64>) -> Callback {
        let answers = Arc::new(answers.as_array().cloned().expect("a list of answers"));
        let (callbacks, next) = (self.clone(), Arc::new(AtomicUsize::new(0)));
        let callback = Callback::new(move |_| {
            let index = next.fetch_add(1, Ordering::SeqCst).min(answers.len() - 1);
            let (callbacks, answer) = (callbacks.clone(), answers[index].clone());
            callbacks.asked.fetch_add(1, Ordering::SeqCst);
            async move { callbacks.answer(&answer).await }
        });
        match seconds {
            Some(seconds) => callback.limit(Duration::from_secs_f64(seconds)),
            None => callback,
        }
    }

    async fn answer(&self, answer: &Value) -> Answer {
        let says = |word: &str| answer.get(word) == Some(&Value::Bool(true));
        match answer {
            Value::String(text) => Ok(Secret::new(text.as_str())),
            _ if says("outbox") => Ok(Secret::new(newest_otp(&self.sandbox)?)),
            _ if says("raise") => Err("the callback of this scenario raises".into()),
            _ if says("cancel") => Err("the callback of this scenario was cancelled".into()),
            _ if says("hang") => {
                self.sandbox.advance(HANGS);
                std::future::pending().await
            }
            // In Rust an answer is a text: what is none is written as one.
            _ => Ok(Secret::new(answer.get("answer").expect("an answer").to_string())),
        }
    }
}

/// The newest OTP in the sandbox's outbox.
pub(super) fn newest_otp(sandbox: &Sandbox) -> Result<String, String> {
    sandbox.outbox().pop().map(|sent| sent.otp).ok_or_else(|| "the outbox is empty".to_owned())
}
