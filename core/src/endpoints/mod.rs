//! Requests outside any session: what a system offers besides logins and tokens.

mod seven_g;
mod synapsewave;

#[cfg(any(test, fuzzing))]
pub(crate) use seven_g::LONGEST_BODY;

use crate::base_url::BaseUrl;
use crate::error::Error;
use crate::policy::Options;
use crate::provider::{Answer, Request};
use crate::system::runtime;
use crate::transport::{self, Ending};

/// Sends one request and returns its answer. It runs on the shared runtime, so that it works under any other or none.
///
/// # Errors
/// `transport`, `timeout`, `tls` or `proxy` if no answer comes; `closed` if the process is exiting.
async fn send(base_url: &BaseUrl, options: &Options, request: Request) -> Result<Answer, Error> {
    let (base_url, options) = (base_url.clone(), options.clone().routed(base_url)?);
    let task = runtime::spawn(async move {
        let (network, clock, limit) = (options.network(), options.time(), options.exchange_limit());
        transport::send(network, clock, &base_url, request, limit).await
    })?;
    match task.await {
        Ok(Ending::Answered(answer, _)) => Ok(answer),
        Ok(Ending::NotSent(error) | Ending::Ambiguous(error)) => Err(error),
        Err(_) => Err(Error::closed("The process is exiting.")),
    }
}
pub use seven_g::{Health, LookupEntry};
pub use synapsewave::TotpRegistration;
