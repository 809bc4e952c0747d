//! The two implementations behind one face, so that both are measured by the same code.

use std::future::Future;
use std::sync::Arc;

use crate::reqwest_client;
use crate::task::Task;

/// What is measured: a handle that is cheap to clone.
pub(crate) trait Client: Clone + Send + Sync + 'static {
    type Token: Send;
    /// What the sessions of a process share.
    type Shared: Clone + Send + Sync + 'static;

    fn shared(task: &Task) -> Self::Shared;
    fn log_in(shared: &Self::Shared, task: &Task, account: usize) -> impl Future<Output = Self> + Send;
    fn token(&self) -> impl Future<Output = Self::Token> + Send;
    /// The token without waiting, where the implementation offers that.
    fn fresh_token(&self) -> Option<Self::Token>;
    fn refresh(&self) -> impl Future<Output = ()> + Send;
}

impl Client for relatch::Session {
    type Token = relatch::Token;
    type Shared = ();

    fn shared(_task: &Task) {}

    async fn log_in((): &(), task: &Task, account: usize) -> Self {
        let provider = relatch::SevenG::builder()
            .base_url(&*task.url)
            .username(Task::username(account))
            .password(&*task.password)
            .build()
            .expect("the provider's settings are good");
        relatch::login(provider, relatch::Options::default()).await.expect("the sandbox lets this account in")
    }

    #[inline]
    async fn token(&self) -> relatch::Token {
        relatch::Session::token(self).await.expect("the session is alive")
    }

    #[inline]
    fn fresh_token(&self) -> Option<relatch::Token> {
        relatch::Session::fresh_token(self)
    }

    async fn refresh(&self) {
        relatch::Session::refresh(self).await.expect("the session is alive");
    }
}

impl Client for Arc<reqwest_client::Session> {
    type Token = Arc<str>;
    type Shared = (reqwest::Client, Arc<str>);

    fn shared(task: &Task) -> Self::Shared {
        (reqwest_client::http_client().expect("a client can be built"), Arc::from(&*task.url))
    }

    async fn log_in((http, url): &Self::Shared, task: &Task, account: usize) -> Self {
        reqwest_client::Session::log_in(http.clone(), Arc::clone(url), &Task::username(account), &task.password)
            .await
            .map(Arc::new)
            .expect("the sandbox lets this account in")
    }

    #[inline]
    async fn token(&self) -> Arc<str> {
        reqwest_client::Session::token(self).await.expect("the session is alive")
    }

    #[inline]
    fn fresh_token(&self) -> Option<Arc<str>> {
        reqwest_client::Session::fresh_token(self)
    }

    async fn refresh(&self) {
        reqwest_client::Session::refresh(self).await.expect("the session is alive");
    }
}
