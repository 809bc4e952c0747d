//! One exchange for each refresh token of the process: two sessions that were made of the same tokens,
//! or two requests of a web server that read them from the same row, must not both spend them.

use std::collections::{HashMap, HashSet, VecDeque};
use std::future::Future;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::digest;

use super::Account;
use super::spent::{Hash, Spent};
use crate::error::{Cause, Error, Sent};
use crate::grant::Grant;
use crate::identity::Origin;
use crate::lifecycle::Ended;
use crate::provider::Outcome;
use crate::system::clock::Clock;
use crate::system::fork::PerProcess;
use crate::system::locked;
use crate::time::BootTime;

/// How long what an exchange brought is kept for sessions that come late with its token: two sessions of the same tokens
/// refresh them two minutes apart, for they draw their moments.
const KEPT: Duration = Duration::from_secs(300);
/// Of how many exchanges.
const MOST_KEPT: usize = 1024;

type Key = Hash;
/// Held by the session that makes the exchange; None until it has ended, and after an end that left the token as it was.
type Rotation = tokio::sync::Mutex<Option<Known>>;

/// An exchange that has spent its token.
struct Known {
    ended: Ended,
    begun: BootTime,
    /// When it was over, and entered among those that are forgotten after a while.
    over: Option<BootTime>,
}

impl Known {
    /// What sessions that come late are told of it.
    fn told(&self, now: BootTime) -> Ended {
        let recent = self.over.is_none_or(|over| now < over.after(KEPT));
        if recent { self.ended.clone() } else { Ended::Ambiguous(spent()) }
    }

    /// Whether it is over and brought the tokens of this key.
    fn brought(&self, origin: &Origin, tokens: Key) -> bool {
        let Ended::Answered(Outcome::Granted(new), _) = &self.ended else { return false };
        self.over.is_some() && key(origin, new) == tokens
    }
}

#[derive(Default)]
struct Rotations {
    /// What is under way and what has ended of late.
    all: HashMap<Key, Arc<Rotation>>,
    /// What has ended, the oldest first, with the time of its end by the clock of the session that began it.
    ended: VecDeque<(Key, Clock, BootTime)>,
    spent: Spent,
}

static ROTATIONS: PerProcess<Mutex<Rotations>> = PerProcess::new();

fn with<R>(act: impl FnOnce(&mut Rotations) -> R) -> R {
    ROTATIONS.or_default(|rotations| act(&mut locked(rotations)))
}

impl Account {
    /// Makes the exchange of this grant's refresh token, or waits for the one that is under way, or knows how it ended. After
    /// a lost answer it is made again for `grace`, counted from the first: so long the system takes the token twice.
    pub(crate) fn rotate_once(
        &self,
        grant: &Grant,
        grace: Duration,
        exchange: impl Future<Output = Ended>,
    ) -> impl Future<Output = Ended> {
        // Not awaited here: the exchange would be held, and moved, once more.
        once(&self.origin, grant, &self.clock, grace, exchange)
    }
}

async fn once(
    origin: &Origin,
    grant: &Grant,
    clock: &Clock,
    grace: Duration,
    exchange: impl Future<Output = Ended>,
) -> Ended {
    let Some(place) = Place::take(key(origin, grant), clock) else { return Ended::Ambiguous(spent()) };
    let mut known = place.rotation.lock().await;
    let before = known.as_ref().filter(|known| {
        let lost = matches!(known.ended, Ended::Ambiguous(_));
        !lost || clock.boot_time() >= known.begun.after(grace)
    });
    if let Some(before) = before {
        let ended = before.told(clock.boot_time());
        drop(known);
        return newest(origin, clock, ended).await;
    }
    let begun = known.as_ref().map_or_else(|| clock.boot_time(), |known| known.begun);
    let was_sent = known.is_some();
    // If this task is stopped in the middle, nobody may take the token for unspent.
    *known = Some(Known { ended: Ended::Ambiguous(abandoned()), begun, over: None });
    let ended = exchange.await;
    let is_spent = was_sent || is_spent(grant, &ended);
    *known = is_spent.then(|| Known { ended: ended.clone(), begun, over: None });
    ended
}

/// What the others have made meanwhile of what `ended` brought: that itself may have been exchanged.
async fn newest(origin: &Origin, clock: &Clock, mut ended: Ended) -> Ended {
    let mut followed = HashSet::new();
    while let Ended::Answered(Outcome::Granted(grant), _) = &ended {
        let key = key(origin, grant);
        if !followed.insert(key) {
            // The server brings tokens again that it has taken: none of them is known to be good.
            return Ended::Ambiguous(spent());
        }
        if !with(|rotations| rotations.all.contains_key(&key) || rotations.spent.knows(&key)) {
            break;
        }
        let Some(place) = Place::take(key, clock) else { return Ended::Ambiguous(spent()) };
        let next = place.rotation.lock().await.as_ref().map(|known| known.told(clock.boot_time()));
        match next {
            Some(next) => ended = next,
            None => break,
        }
    }
    ended
}

/// Forgets what brought these tokens: nobody uses them any more.
pub(crate) fn forget(origin: &Origin, grant: &Grant) {
    let key = key(origin, grant);
    with(|rotations| {
        rotations.all.retain(|_, rotation| match rotation.try_lock() {
            Ok(known) => !known.as_ref().is_some_and(|known| known.brought(origin, key)),
            Err(_) => true, // under way
        });
    });
}

/// A place at one token's exchange.
struct Place {
    key: Key,
    clock: Clock,
    rotation: Arc<Rotation>,
}

impl Place {
    /// None if the token is known to be spent, and no more than that.
    fn take(key: Key, clock: &Clock) -> Option<Self> {
        let rotation = with(|rotations| {
            rotations.forget_old();
            match rotations.all.get(&key) {
                Some(rotation) => Some(Arc::clone(rotation)),
                None if rotations.spent.knows(&key) => None,
                None => Some(Arc::clone(rotations.all.entry(key).or_default())),
            }
        })?;
        Some(Self { key, clock: clock.clone(), rotation })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        ROTATIONS.peek(|rotations| locked(rotations).leave(self));
    }
}

impl Rotations {
    /// Lists what has ended, and drops what nobody waits for any more. Another thread that has the lock does it instead.
    fn leave(&mut self, place: &Place) {
        let Ok(mut known) = place.rotation.try_lock() else { return };
        match &mut *known {
            Some(known) if known.over.is_none() => {
                let now = place.clock.boot_time();
                known.over = Some(now);
                self.ended.push_back((place.key, place.clock.clone(), now));
                // The life of a token is a matter of weeks, whatever clock a test reads.
                self.spent.add(place.key, Clock::system().boot_time());
            }
            // The map and this place hold it, and nobody else.
            None if Arc::strong_count(&place.rotation) == 2 => drop(self.all.remove(&place.key)),
            _ => {}
        }
    }

    fn forget_old(&mut self) {
        while let Some((key, clock, at)) = self.ended.front()
            && (self.ended.len() > MOST_KEPT || clock.boot_time() >= at.after(KEPT))
        {
            self.all.remove(key);
            self.ended.pop_front();
        }
    }
}

pub(crate) fn abandoned() -> Error {
    let message = "The request was abandoned because the process is exiting; whether the server acted is not known.";
    Error::closed(message).with_sent(Sent::Maybe)
}

fn spent() -> Error {
    let message = "This refresh token was exchanged before in this process, by another session or call that held it, and was \
                   not sent again: its second use would end that session too.";
    Error::relogin(Cause::RotationLost, message).with_sent(Sent::No)
}

/// Whether the refresh token must not be sent again.
pub(crate) fn is_spent(grant: &Grant, ended: &Ended) -> bool {
    match ended {
        // A system that does not rotate takes the same token again.
        Ended::Answered(Outcome::Granted(new), _) => new.refresh_token != grant.refresh_token,
        Ended::Answered(Outcome::Busy(_), _) | Ended::NotSent(_) | Ended::Guarded(_) | Ended::NoValue(_) => false,
        Ended::Answered(..) | Ended::Ambiguous(_) => true,
    }
}

/// A name for whatever holds this refresh token, which does not tell the token.
pub(crate) fn name(origin: &Origin, grant: &Grant) -> String {
    URL_SAFE_NO_PAD.encode(key(origin, grant))
}

fn key(origin: &Origin, grant: &Grant) -> Key {
    let mut hash = digest::Context::new(&digest::SHA256);
    hash.update(origin.as_str().as_bytes());
    hash.update(b"|");
    hash.update(grant.refresh_token.as_ref().map_or("", |token| token.expose()).as_bytes());
    hash.finish().as_ref().first_chunk().copied().unwrap_or_default()
}

#[cfg(test)]
#[path = "rotations_tests.rs"]
mod tests;
