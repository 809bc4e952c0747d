//! Reads the body of an answer. Whether it is whole is told by what it says: a length that is wrong, a last piece that is
//! missing or a connection that breaks behind the last brace costs nothing.

use std::time::Duration;

use zeroize::Zeroizing;

use super::unpack::{append, unpack};
use super::{LARGEST_ANSWER, LONG};
use crate::json;
use crate::system::runtime;

/// An answer that reads whole, and of which nothing more comes for this long, is taken.
const QUIET: Duration = Duration::from_secs(1);

/// An answer larger than an answer of these systems can be, packed or unpacked.
pub(super) struct TooLarge;

/// What has come of an answer, which outlives the reading of it.
pub(super) struct Received {
    coding: String,
    raw: Zeroizing<Vec<u8>>,
}

/// How the reading ended.
pub(super) enum Read {
    Whole(Zeroizing<Vec<u8>>),
    Cut(reqwest::Error),
    TooLarge,
}

impl Received {
    pub(super) fn new(response: &reqwest::Response) -> Self {
        let codings = response.headers().get_all(reqwest::header::CONTENT_ENCODING).iter();
        let coding = codings.filter_map(|coding| coding.to_str().ok()).collect::<Vec<_>>().join(",");
        Self { coding, raw: Zeroizing::default() }
    }

    /// What has come so far, if it reads whole.
    pub(super) async fn if_whole(&self) -> Option<Zeroizing<Vec<u8>>> {
        let whole = |body: &Zeroizing<Vec<u8>>| json::object(body).is_some();
        self.unpacked(move |body| whole(&body).then_some(body)).await.ok().flatten()
    }

    /// What `then` makes of what has come, unpacked.
    async fn unpacked<T: Send + 'static>(
        &self,
        then: impl FnOnce(Zeroizing<Vec<u8>>) -> T + Send + 'static,
    ) -> Result<T, TooLarge> {
        let (raw, coding) = (self.raw.clone(), self.coding.clone());
        // What is packed may be long, whatever its headers say.
        let is_short = raw.len() < LONG && coding.is_empty() && matches!(raw.first(), None | Some(b'{'));
        let unpack = move || unpack(raw, &coding, LARGEST_ANSWER).map(then).map_err(|_| TooLarge);
        if is_short { unpack() } else { runtime::aside(unpack).await.map_err(|_| TooLarge)? }
    }

    /// Reads the rest of the answer.
    pub(super) async fn read(&mut self, response: &mut reqwest::Response) -> Read {
        loop {
            let chunk = tokio::select! {
                biased;
                chunk = response.chunk() => chunk,
                whole = self.whole_and_quiet() => return Read::Whole(whole),
            };
            match chunk {
                Ok(Some(chunk)) if self.raw.len() + chunk.len() > LARGEST_ANSWER => return Read::TooLarge,
                Ok(Some(chunk)) => append(&mut self.raw, &chunk),
                Ok(None) => return self.unpacked(|body| body).await.map_or(Read::TooLarge, Read::Whole),
                Err(error) => return self.if_whole().await.map_or(Read::Cut(error), Read::Whole),
            }
        }
    }

    /// What has come, once nothing more of it has for a while; never where it is not whole.
    async fn whole_and_quiet(&self) -> Zeroizing<Vec<u8>> {
        runtime::sleep(QUIET).await;
        match self.if_whole().await {
            Some(whole) => whole,
            None => std::future::pending().await,
        }
    }
}
