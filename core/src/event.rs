//! What happened to a session, for logs, metrics and the audit trail. Events hold no secrets.

use std::collections::VecDeque;

use crate::clock::UnixTime;
use crate::error::{Cause, ErrorCode};
use crate::words::words;

words! {
    /// What happened.
    EventKind {
        /// A login succeeded.
        LoggedIn = "logged_in",
        /// A login failed; `code` says how. Tries that the same flight repeats while callers wait are not announced singly.
        LoginFailed = "login_failed",
        /// The server took the first factor of a login and waits for the second.
        Challenged = "challenged",
        /// The tokens were rotated.
        Refreshed = "refreshed",
        /// A refresh failed; `code` says how, `retry_at` when the next is tried. Repeated tries as above.
        RefreshFailed = "refresh_failed",
        /// A caller reported that the server refused the current token.
        Unauthorized = "unauthorized",
        /// The session cannot go on without a login; `cause` says why.
        ReloginRequired = "relogin_required",
        /// The address or the token of the market data feed is another one: see `feed`.
        FeedChanged = "feed_changed",
        /// A login was refused here, to protect the account.
        LockoutGuard = "lockout_guard",
        /// A login was sent in spite of the lockout guard, because the caller insisted.
        LoginForced = "login_forced",
        /// The store failed; the session goes on with what it holds in memory.
        StoreFailed = "store_failed",
        /// A login waits before it is sent; `reason` says for what, `until` how long.
        Waiting = "waiting",
        /// Whoever listens was too slow: the oldest events were dropped, `count` of them.
        Dropped = "dropped",
        /// The session was logged out.
        LoggedOut = "logged_out",
    }
}

words! {
    /// What a login waits for.
    WaitReason {
        /// The next code of the authenticator: the present one has been used, or is about to end.
        TotpStep = "totp_step",
    }
}

/// One thing that happened to a session.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Event {
    /// What happened.
    pub kind: EventKind,
    /// When, by the local wall clock.
    pub at: UnixTime,
    /// The kind of error, where one was.
    pub code: Option<ErrorCode>,
    /// Why a login is needed.
    pub cause: Option<Cause>,
    /// When the next try is due.
    pub retry_at: Option<UnixTime>,
    /// The end of the new access token.
    pub expires_at: Option<UnixTime>,
    /// What is waited for.
    pub reason: Option<WaitReason>,
    /// The end of the wait.
    pub until: Option<UnixTime>,
    /// How many events were dropped.
    pub count: Option<u64>,
}

impl Event {
    pub(crate) fn new(kind: EventKind, at: UnixTime) -> Self {
        Self {
            kind,
            at,
            code: None,
            cause: None,
            retry_at: None,
            expires_at: None,
            reason: None,
            until: None,
            count: None,
        }
    }
}

/// Drops the oldest event of a queue that holds `most` things or more, and lets an event [`EventKind::Dropped`] in its place
/// say so, one for all that belong to the `same` listener. For queues between a session and those who listen to it.
///
/// `event` is the event in a thing of the queue; what has none is never dropped.
pub fn make_room<T>(
    waiting: &mut VecDeque<T>,
    most: usize,
    event: impl Fn(&mut T) -> Option<&mut Event>,
    same: impl Fn(&T, &T) -> bool,
) {
    if waiting.len() < most {
        return;
    }
    let is_dropped = |thing: &mut T| event(thing).map(|event| event.kind == EventKind::Dropped);
    let Some(oldest) = (0..waiting.len()).find(|index| is_dropped(&mut waiting[*index]) == Some(false)) else { return };
    let before = (0..oldest)
        .find(|index| is_dropped(&mut waiting[*index]).is_some() && same(&waiting[*index], &waiting[oldest]));
    let Some(at) = event(&mut waiting[oldest]).map(|event| event.at) else { return };
    match before.and_then(|index| event(&mut waiting[index])) {
        Some(told) => {
            (told.at, told.count) = (at, told.count.map(|count| count.saturating_add(1)));
            waiting.remove(oldest);
        }
        None => {
            if let Some(event) = event(&mut waiting[oldest]) {
                *event = Event { count: Some(1), ..Event::new(EventKind::Dropped, at) };
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Thing = (u8, Option<Event>);

    fn push(waiting: &mut VecDeque<Thing>, listener: u8, at: i64) {
        make_room(waiting, 4, |thing| thing.1.as_mut(), |one, other| one.0 == other.0);
        waiting.push_back((listener, Some(Event::new(EventKind::Refreshed, UnixTime(at)))));
    }

    fn told(waiting: &VecDeque<Thing>) -> Vec<(u8, &'static str, i64, Option<u64>)> {
        let of = |(listener, event): &Thing| {
            let event = event.as_ref()?;
            Some((*listener, event.kind.as_str(), event.at.0, event.count))
        };
        waiting.iter().filter_map(of).collect()
    }

    #[test]
    fn the_oldest_events_are_dropped_and_counted_and_the_newest_are_kept() {
        let mut waiting = VecDeque::new();
        for at in 1..=200_000 {
            push(&mut waiting, 1, at);
            assert!(waiting.len() <= 5);
        }
        let kept = (199_997..=200_000).map(|at| (1, "refreshed", at, None));
        let expected: Vec<_> = [(1, "dropped", 199_996, Some(199_996))].into_iter().chain(kept).collect();
        assert_eq!(told(&waiting), expected);
    }

    #[test]
    fn each_listener_is_told_of_its_own_and_what_is_no_event_stays() {
        let mut waiting = VecDeque::from([(9, None)]);
        for at in 1..=8 {
            push(&mut waiting, u8::try_from(at % 2).unwrap(), at);
        }
        assert_eq!(waiting[0], (9, None));
        let told = told(&waiting);
        assert_eq!(told.iter().filter_map(|(.., count)| *count).sum::<u64>() + told.len() as u64 - 2, 8);
        assert_eq!(
            told[..2].iter().map(|(listener, kind, ..)| (*listener, *kind)).collect::<Vec<_>>(),
            [(1, "dropped"), (0, "dropped")]
        );
        assert_eq!(told.last(), Some(&(0, "refreshed", 8, None)));
    }
}
