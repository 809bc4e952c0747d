//! What is known of the clocks of servers, for codes that are made of the time: by their origins, for all sessions of
//! the process.

use std::collections::HashMap;
use std::sync::Mutex;

use crate::freshness::{ServerClock, Timing};
use crate::identity::Origin;
use crate::provider::BaseUrl;
use crate::system::clock::Clock;
use crate::system::fork::PerProcess;
use crate::system::locked;

/// What one server's answers have told.
struct Seen {
    /// By which of our clocks: a test has its own.
    by: Clock,
    server: ServerClock,
}

static KNOWN: PerProcess<Mutex<HashMap<Origin, Seen>>> = PerProcess::new();

/// Learns from one answer. One that does not say the time tells that as well: nobody need ask again for it.
pub(crate) fn observe(base_url: &BaseUrl, clock: &Clock, timing: Timing) {
    with(|known| {
        let new = || Seen { by: clock.clone(), server: ServerClock::default() };
        let seen = known.entry(Origin::of(base_url)).or_insert_with(new);
        if !seen.by.is(clock) {
            *seen = new();
        }
        seen.server.observe(timing);
    });
}

/// The server's clock, as far as it is known; None if the server has not answered yet.
pub(crate) fn known(base_url: &BaseUrl, clock: &Clock) -> Option<ServerClock> {
    with(|known| known.get(&Origin::of(base_url)).filter(|seen| seen.by.is(clock)).map(|seen| seen.server))
}

fn with<R>(act: impl FnOnce(&mut HashMap<Origin, Seen>) -> R) -> R {
    KNOWN.or_default(|known| act(&mut locked(known)))
}
