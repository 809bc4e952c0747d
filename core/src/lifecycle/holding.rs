//! The tokens that a session holds, and what may be done with each.

use std::sync::Arc;
use std::time::Duration;

use super::Held;
use crate::error::Cause;
use crate::freshness::Freshness;
use crate::time::BootTime;

/// For so long after a token gave way to another, requests with it are still answered, and callers report the new one for
/// them: nobody can tell which of the two the server refused.
const ECHO: Duration = Duration::from_secs(5);

/// Whether the refresh token may go on the wire from this process.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum RefreshRight {
    #[default]
    Ours,
    /// It must not be sent any more, for this reason.
    Spent(Cause),
    /// The session came from a parent process, whose token it is.
    Parents,
}

/// What is held. Only new tokens of its own give a session back what it has lost.
#[derive(Debug, Default)]
pub(super) struct Holding {
    held: Option<Arc<Held>>,
    refresh: RefreshRight,
    /// The server refused the access token.
    access_refused: bool,
    /// When the token before the held one was last handed out, at the latest; None where no caller was given it.
    outgoing: Option<BootTime>,
    /// What is held came from elsewhere, as a program kept it.
    resumed: bool,
}

impl Holding {
    /// Tokens that a program kept.
    pub(super) fn resumed(held: Arc<Held>) -> Self {
        Self { held: Some(held), resumed: true, ..Self::default() }
    }

    /// What a forked child has of its parent.
    pub(super) fn inherited(held: Option<Arc<Held>>) -> Self {
        Self { held, refresh: RefreshRight::Parents, ..Self::default() }
    }

    /// What is held, whatever it is worth.
    pub(super) fn held(&self) -> Option<&Arc<Held>> {
        self.held.as_ref()
    }

    /// The access token if it is still worth something.
    pub(super) fn valid(&self, now: BootTime) -> Option<&Arc<Held>> {
        let held = self.held.as_ref().filter(|_| !self.access_refused);
        held.filter(|held| held.windows.freshness(now) != Freshness::Expired)
    }

    /// What a refresh can be made with.
    pub(super) fn refreshable(&self) -> Option<&Arc<Held>> {
        let held = self.held.as_ref().filter(|_| self.refresh == RefreshRight::Ours);
        held.filter(|held| held.grant.refresh_token.is_some())
    }

    /// Whether the refresh token must not be sent, or not by this process.
    pub(super) fn is_spent(&self) -> bool {
        self.refresh != RefreshRight::Ours
    }

    /// Why the refresh token must not be sent any more.
    pub(super) fn spent(&self) -> Option<Cause> {
        match self.refresh {
            RefreshRight::Spent(cause) => Some(cause),
            RefreshRight::Ours | RefreshRight::Parents => None,
        }
    }

    pub(super) fn is_parents(&self) -> bool {
        self.refresh == RefreshRight::Parents
    }

    pub(super) fn is_resumed(&self) -> bool {
        self.resumed
    }

    /// The refresh token is of no use any more.
    pub(super) fn spend(&mut self, cause: Cause) {
        self.refresh = RefreshRight::Spent(cause);
    }

    pub(super) fn is_access_refused(&self) -> bool {
        self.access_refused
    }

    /// The server refused the access token. Returns whether that is news.
    pub(super) fn refuse_access(&mut self) -> bool {
        !std::mem::replace(&mut self.access_refused, true)
    }

    /// The server says that it takes the access token after all.
    pub(super) fn accept_access(&mut self) {
        self.access_refused = false;
    }

    /// Whether a caller that reports the held token may have been refused for the one before it.
    pub(super) fn is_echo(&self, now: BootTime) -> bool {
        !self.access_refused && self.outgoing.is_some_and(|at| now < at.after(ECHO))
    }

    /// Holds new tokens, which are this session's own. Returns what they took the place of.
    pub(super) fn adopt(&mut self, now: BootTime, held: Arc<Held>) -> Option<Arc<Held>> {
        let old = self.held.take();
        let outgoing = old.as_ref().filter(|old| old.handed.is_noted()).map(|old| old.windows.expired.min(now));
        *self = Self { held: Some(held), outgoing, ..Self::default() };
        old
    }

    /// Lets go of all. Returns what the server is to end, and what the store is to forget: neither is a forked child's to do.
    pub(super) fn leave(&mut self, now: BootTime) -> (Option<Arc<Held>>, Option<Arc<Held>>) {
        let is_own = !self.is_parents();
        let to_end = self.valid(now).filter(|_| is_own).map(Arc::clone);
        (to_end, self.held.take().filter(|_| is_own))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lifecycle::tests::steps::{active, rules};

    fn held() -> Arc<Held> {
        active(rules()).held().map(Arc::clone).expect("a session that is active holds tokens")
    }

    fn at(seconds: i64) -> BootTime {
        BootTime(seconds * 1000)
    }

    #[test]
    fn only_new_tokens_of_its_own_give_a_session_a_refresh_token_to_send() {
        let spent = || {
            let mut holding = Holding::resumed(held());
            assert!(holding.refreshable().is_some() && !holding.is_spent());
            holding.spend(Cause::RotationLost);
            holding
        };
        let inherited = || Holding::inherited(Some(held()));
        for (mut holding, cause) in [(spent(), Some(Cause::RotationLost)), (inherited(), None)] {
            assert!(holding.refreshable().is_none() && holding.is_spent());
            assert_eq!((holding.spent(), holding.is_parents()), (cause, cause.is_none()));
            assert!(holding.adopt(at(0), held()).is_some());
            assert!(holding.refreshable().is_some() && !holding.is_spent());
            assert!(!holding.is_parents() && !holding.is_resumed());
        }
    }

    #[test]
    fn a_refused_access_token_is_valid_to_nobody_until_the_server_takes_it_again() {
        let mut holding = Holding::resumed(held());
        assert!(holding.valid(at(1)).is_some());
        assert!(holding.refuse_access() && !holding.refuse_access(), "it is news once");
        assert!(holding.valid(at(1)).is_none() && holding.held().is_some());
        holding.accept_access();
        assert!(holding.valid(at(1)).is_some() && holding.valid(at(1200)).is_none());
    }

    #[test]
    fn a_report_is_an_echo_for_five_seconds_if_somebody_had_the_token_before() {
        let (had, kept) = (held(), held());
        had.handed.note();
        for (old, is_echo) in [(had, true), (kept, false)] {
            let mut holding = Holding::resumed(old);
            holding.adopt(at(10), held());
            assert_eq!(holding.is_echo(at(14)), is_echo);
            assert!(!holding.is_echo(at(15)));
        }
    }

    #[test]
    fn a_child_ends_and_forgets_nothing_of_its_parents() {
        let mut holding = Holding::resumed(held());
        assert!(matches!(holding.leave(at(0)), (Some(_), Some(_))));
        assert!(holding.held().is_none());
        let mut holding = Holding::resumed(held());
        assert!(matches!(holding.leave(at(1200)), (None, Some(_))), "what has expired needs no end");
        let mut holding = Holding::inherited(Some(held()));
        assert!(matches!(holding.leave(at(0)), (None, None)));
        assert!(holding.held().is_none());
    }
}
