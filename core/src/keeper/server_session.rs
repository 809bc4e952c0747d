//! The session as the server knows it: asking whether it does, and ending it.

use std::sync::Arc;

use super::exchange::long_aside;
use super::{Keeper, Reply};
use crate::error::Error;
use crate::grant::Grant;
use crate::lifecycle::{Held, Input};
use crate::provider::Request;
use crate::system::runtime::{self, Running};
use crate::transport::{self, Ending};

impl Keeper {
    /// Closes the session; the task that tells the server, if there is something to tell.
    pub(crate) fn close(self: &Arc<Self>) -> Option<Running<()>> {
        match self.ask(Input::Close) {
            Reply::Closing(held) => self.end_on_server(&held.grant),
            _ => None,
        }
    }

    /// Tells the server that a token is not used any more. Best effort: its answer changes nothing.
    pub(super) fn end_on_server(self: &Arc<Self>, grant: &Grant) -> Option<Running<()>> {
        let request = self.provider.logout(grant)?;
        let keeper = Arc::clone(self);
        // Where there is no runtime the process is exiting, and the server ends the session in its own time.
        runtime::spawn(async move { drop(keeper.exchange(request).await) }).ok()
    }

    /// Asks the server whether it knows the session.
    pub(crate) async fn validate(self: &Arc<Self>) -> Result<bool, Error> {
        let held = self.look(|lifecycle| lifecycle.held().map(Arc::clone));
        let held = held.ok_or_else(|| Error::closed("This session holds no token that could be asked about."))?;
        let Some(request) = self.provider.validate(&held.grant) else {
            return Err(Error::invalid("session", "This system cannot be asked whether it knows a session."));
        };
        let keeper = Arc::clone(self);
        let asking = runtime::spawn(async move { keeper.ask_server(request, held).await })?;
        let known = asking.await.unwrap_or_else(|_| Err(Error::closed("The process is exiting.")))?;
        Ok(known)
    }

    async fn ask_server(self: Arc<Self>, request: Request, held: Arc<Held>) -> Result<bool, Error> {
        let token = held.grant.access_token.clone();
        let known = match self.exchange(request).await {
            Ending::Answered(answer, _) => {
                let provider = Arc::clone(&self.provider);
                let known = long_aside(answer, move |answer| provider.read_validate(answer, &held.grant)).await;
                known.unwrap_or_else(|_| Err(Error::closed("The process is exiting.")))?
            }
            Ending::NotSent(error) | Ending::Ambiguous(error) => return Err(error),
        };
        // The next caller must not be given a token that the server does not know.
        self.ask(if known { Input::Known(token) } else { Input::Unknown(token) });
        Ok(known)
    }

    async fn exchange(&self, request: Request) -> Ending {
        let (options, base_url) = (&self.options, self.provider.base_url());
        transport::send(options.network(), options.time(), base_url, request, options.exchange_limit()).await
    }
}
