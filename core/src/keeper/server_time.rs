//! The time by the server's clock, for codes that are made of it.

use std::time::Duration;

use super::Keeper;
use crate::account::{known, observe};
use crate::error::Error;
use crate::provider::{Method, Request};
use crate::secret::Secret;
use crate::time::UnixTime;
use crate::transport::{self, Ending};

/// A code is good for half a minute: what is known less well than this, such as after an answer that was on its way while
/// the machine slept, is asked for again.
const WELL_KNOWN: Duration = Duration::from_secs(10);
/// A server that is as slow as that every time is not asked for ever.
const ASKED_AT_MOST: usize = 2;

impl Keeper {
    /// The time by the server's clock. Where nothing or little is known of it yet, the server is asked for anything at
    /// all: every answer carries the time, and a code made of a wrong one would cost a failed login.
    ///
    /// # Errors
    /// Why the server could not be asked, where the code could not be sent either.
    pub(super) async fn server_time(&self) -> Result<UnixTime, Error> {
        let (clock, base_url) = (self.options.time(), self.provider.base_url());
        for _ in 0..ASKED_AT_MOST {
            if known(base_url, clock).is_some_and(|server| server.spread() <= WELL_KNOWN) {
                break;
            }
            // An answer that a cache has kept says what time it was.
            let headers = vec![("Cache-Control", Secret::new("no-cache")), ("Pragma", Secret::new("no-cache"))];
            let request = Request { method: Method::Get, path: String::new(), headers, body: None };
            let limit = self.options.exchange_limit();
            match transport::send(self.options.network(), clock, base_url, request, limit).await {
                Ending::Answered(_, timing) => observe(base_url, clock, timing),
                Ending::NotSent(error) => return Err(error),
                // It is there, and what it shows for an address without a path is its own affair.
                Ending::Ambiguous(_) => break,
            }
        }
        Ok(self.likely_server_time())
    }

    /// Like `server_time`, without asking: the local time if nothing is known.
    pub(super) fn likely_server_time(&self) -> UnixTime {
        let clock = self.options.time();
        let server = known(self.provider.base_url(), clock);
        server.and_then(|server| server.likeliest(clock.boot_time())).unwrap_or_else(|| clock.unix_time())
    }

    /// How long it takes until the server's clock shows `at` for certain, as far as that is known.
    pub(super) fn surely_shows(&self, at: UnixTime) -> Duration {
        let clock = self.options.time();
        let server = known(self.provider.base_url(), clock).unwrap_or_default();
        server.earliest(clock.boot_time(), clock.unix_time()).until(at)
    }
}
