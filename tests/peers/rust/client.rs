//! The two clients behind one face, so that both are put into the same situations by the same code.

use std::future::Future;
use std::sync::Arc;

use crate::reqwest_client;
use crate::task::{Failure, Task};

/// What is measured.
pub(crate) trait Client: Send + Sync + Sized + 'static {
    fn open(task: &Task) -> impl Future<Output = Result<Self, Failure>> + Send;
    fn token(&self) -> impl Future<Output = Result<String, Failure>> + Send;
}

/// README.md: a session that goes on with tokens from elsewhere, and holds credentials.
pub(crate) struct Relatch(relatch::Session);

impl Client for Relatch {
    async fn open(task: &Task) -> Result<Self, Failure> {
        let provider = relatch::SevenG::builder()
            .base_url(&*task.url)
            .username(&*task.username)
            .password(&*task.password)
            .build()?;
        let tokens = relatch::Tokens::new(task.access_token.clone(), Some(task.refresh_token.clone()));
        Ok(Self(relatch::resume(provider, tokens, relatch::Options::default())?))
    }

    async fn token(&self) -> Result<String, Failure> {
        Ok(self.0.token().await?.as_str().to_owned())
    }
}

/// The client over reqwest that `make bench` compares with.
pub(crate) struct HandWritten(reqwest_client::Session);

impl Client for HandWritten {
    async fn open(task: &Task) -> Result<Self, Failure> {
        let http = reqwest_client::http_client()?;
        let url = Arc::from(&*task.url);
        Ok(Self(reqwest_client::Session::log_in(http, url, &task.username, &task.password).await?))
    }

    async fn token(&self) -> Result<String, Failure> {
        Ok(self.0.token().await?.to_string())
    }
}
