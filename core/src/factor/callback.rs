//! Values that the program is asked for, which may ask a human.

use std::error::Error as StdError;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use super::FactorKind;
use crate::secret::Secret;

/// What a callback is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Question {
    /// What is wanted: `otp` or `sso_token`.
    pub wanted: &'static str,
    /// The system's short name.
    pub system: &'static str,
    /// The user who logs in.
    pub user: Option<String>,
    /// The second factors that the server would take, where it said so.
    pub methods: Vec<FactorKind>,
}

/// What a callback answers, in the end.
pub type Answering = Pin<Box<dyn Future<Output = Result<Secret, Box<dyn StdError + Send + Sync>>> + Send>>;

/// What a callback fails with whose program answered with something that is no text: for other languages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotAText;

impl fmt::Display for NotAText {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("the answer is no text")
    }
}

impl StdError for NotAText {}

/// Asks the program for a value. It is called once for each login that needs it.
#[derive(Clone)]
pub struct Callback {
    ask: Arc<dyn Fn(Question) -> Answering + Send + Sync>,
    limit: Duration,
}

impl Callback {
    /// How long an answer is waited for unless [`Self::limit`] says otherwise: a human looks for a phone.
    const LIMIT: Duration = Duration::from_secs(120);

    /// A callback that answers with the value, within two minutes.
    ///
    /// It runs on a thread that serves all sessions and must not block it: what waits for a keyboard goes into a thread of
    /// its own (`tokio::task::spawn_blocking`).
    ///
    /// ```
    /// let callback = relatch::Callback::new(|question| async move {
    ///     assert_eq!(question.wanted, "otp");
    ///     Ok(relatch::Secret::new("123456"))
    /// });
    /// let factor = relatch::Factor::Otp(callback);
    /// ```
    pub fn new<F>(ask: impl Fn(Question) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Result<Secret, Box<dyn StdError + Send + Sync>>> + Send + 'static,
    {
        Self { ask: Arc::new(move |question| Box::pin(ask(question))), limit: Self::LIMIT }
    }

    /// Waits this long at most for an answer.
    #[must_use]
    pub fn limit(mut self, limit: Duration) -> Self {
        self.limit = limit;
        self
    }

    pub(crate) fn ask(&self, question: Question) -> Answering {
        (self.ask)(question)
    }

    pub(crate) fn time_limit(&self) -> Duration {
        self.limit
    }
}

impl fmt::Debug for Callback {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Callback {{ limit: {:?} }}", self.limit)
    }
}
