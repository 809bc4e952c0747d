//! One exchange for each refresh token of the process, whoever holds it: two sessions that were made of the same tokens,
//! or two requests of a web server that read them from the same row, must not both spend them.

use std::collections::HashMap;
use std::future::Future;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::digest;

use super::locked;
use crate::clock::{BootTime, Clock};
use crate::error::{Error, Sent};
use crate::fork::PerProcess;
use crate::grant::Grant;
use crate::lifecycle::Ended;
use crate::provider::{BaseUrl, Outcome};

/// How long the end of an exchange is kept for those who come late with the same token.
const KEPT: Duration = Duration::from_secs(60);

type Key = [u8; digest::SHA256_OUTPUT_LEN];
/// How the exchange ended; nothing until it has, and after an end that left the token as it was.
/// With the time of its end, by the clock of whoever began it: a test has its own.
type Rotation = tokio::sync::Mutex<Option<(Ended, BootTime)>>;
type Rotations = Mutex<HashMap<Key, (Clock, Arc<Rotation>)>>;

static ROTATIONS: PerProcess<Rotations> = PerProcess::new();

/// Makes the exchange of this grant's refresh token, or waits for the one that is under way, or knows how it ended.
pub(super) async fn once(
    base_url: &BaseUrl,
    grant: &Grant,
    clock: &Clock,
    exchange: impl Future<Output = Ended>,
) -> Ended {
    let rotation = of(base_url, grant, clock);
    let mut known = rotation.lock().await;
    if let Some((ended, _)) = &*known {
        return ended.clone();
    }
    // If this task is stopped in the middle, nobody may take the token for unspent.
    *known = Some((Ended::Ambiguous(abandoned()), clock.boot_time()));
    let ended = exchange.await;
    *known = is_spent(grant, &ended).then(|| (ended.clone(), clock.boot_time()));
    ended
}

pub(super) fn abandoned() -> Error {
    let message = "The request was abandoned because the process is exiting; whether the server acted is not known.";
    Error::closed(message).with_sent(Sent::Maybe)
}

/// Whether the refresh token must not be sent again.
pub(super) fn is_spent(grant: &Grant, ended: &Ended) -> bool {
    match ended {
        Ended::NotSent(_) | Ended::Answered(Outcome::Busy(_), _) => false,
        // A system that does not rotate takes the same token again.
        Ended::Answered(Outcome::Granted(new), _) => new.refresh_token != grant.refresh_token,
        _ => true,
    }
}

/// A name for whatever holds this refresh token, which does not tell the token.
pub(super) fn name(base_url: &BaseUrl, grant: &Grant) -> String {
    URL_SAFE_NO_PAD.encode(key(base_url, grant))
}

fn key(base_url: &BaseUrl, grant: &Grant) -> Key {
    let mut hash = digest::Context::new(&digest::SHA256);
    hash.update(base_url.as_str().as_bytes());
    hash.update(b"|");
    hash.update(grant.refresh_token.as_ref().map_or("", |token| token.expose()).as_bytes());
    let mut key = Key::default();
    key.copy_from_slice(hash.finish().as_ref());
    key
}

fn of(base_url: &BaseUrl, grant: &Grant, clock: &Clock) -> Arc<Rotation> {
    let found = ROTATIONS.with(
        || Ok::<_, std::convert::Infallible>(Mutex::default()),
        |_| (),
        |rotations| {
            let mut rotations = locked(rotations);
            // What is under way stays, however long it takes.
            rotations.retain(|_, (by, rotation)| match rotation.try_lock() {
                Ok(known) => {
                    known.as_ref().map_or(Arc::strong_count(rotation) > 1, |(_, at)| by.boot_time() < at.after(KEPT))
                }
                Err(_) => true,
            });
            let new = || (clock.clone(), Arc::default());
            Arc::clone(&rotations.entry(key(base_url, grant)).or_insert_with(new).1)
        },
    );
    match found {
        Ok(rotation) => rotation,
        Err(never) => match never {},
    }
}
