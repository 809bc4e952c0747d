//! The second factor that the server asks for, and the one that the session came of.

use std::sync::Arc;
use std::time::Duration;

use crate::grant::SecondFactor;
use crate::time::BootTime;

/// No server is taken to wait longer than this for a second factor: its clock may be unknown here.
const LONGEST_CHALLENGE: Duration = Duration::from_secs(3600);
/// How long a server is taken to wait that says a time which is over: one of the clocks is wrong.
const USUAL_CHALLENGE: Duration = Duration::from_secs(900);

/// The challenges of a session. They are told apart by where they are: a caller completes the one that it was given.
#[derive(Debug, Default)]
pub(super) struct SecondStep {
    /// The server waits for a factor that is not held.
    pending: Option<Arc<SecondFactor>>,
    /// Until when.
    until: BootTime,
    /// The one that the session came of.
    completed: Option<Arc<SecondFactor>>,
}

impl SecondStep {
    /// The challenge that the server waits for, while it does.
    pub(super) fn pending(&self, now: BootTime) -> Option<&Arc<SecondFactor>> {
        self.pending.as_ref().filter(|_| now < self.until)
    }

    /// The server asks for a factor, and waits for it for what is `left` by its own clock.
    pub(super) fn asked(&mut self, now: BootTime, left: Duration) {
        let left = left.min(LONGEST_CHALLENGE);
        self.until = now.after(if left.is_zero() { USUAL_CHALLENGE } else { left });
    }

    /// From now on callers may complete this challenge, or none.
    pub(super) fn wait_for(&mut self, challenge: Option<Arc<SecondFactor>>) {
        self.pending = challenge;
    }

    /// Whether the session came of this challenge.
    pub(super) fn was(&self, challenge: &Arc<SecondFactor>) -> bool {
        self.completed.as_ref().is_some_and(|completed| Arc::ptr_eq(completed, challenge))
    }

    /// A login brought tokens, by this challenge if the server asked.
    pub(super) fn logged_in(&mut self, by: Option<Arc<SecondFactor>>) {
        self.completed = by;
    }

    /// Tokens came: no challenge is waited for any more.
    pub(super) fn granted(&mut self) {
        self.pending = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lifecycle::tests::steps::asked;

    fn at(seconds: i64) -> BootTime {
        BootTime(seconds * 1000)
    }

    #[test]
    fn a_challenge_is_pending_for_its_time_and_no_longer_than_an_hour() {
        for (left, seconds) in [(60, 60), (100_000, 3600), (0, 900)] {
            let mut step = SecondStep::default();
            step.asked(at(0), Duration::from_secs(left));
            assert_eq!(step.pending(at(0)), None, "the session may hold the factor");
            step.wait_for(Some(Arc::new(asked())));
            assert!(step.pending(at(seconds - 1)).is_some());
            assert_eq!(step.pending(at(seconds)), None);
        }
    }

    #[test]
    fn a_session_knows_the_challenge_that_it_came_of_until_it_logs_in_again() {
        let (one, other) = (Arc::new(asked()), Arc::new(asked()));
        let mut step = SecondStep::default();
        step.asked(at(0), Duration::from_secs(60));
        step.wait_for(Some(Arc::clone(&one)));
        step.granted();
        step.logged_in(Some(Arc::clone(&one)));
        assert!(step.was(&one) && !step.was(&other), "one that asks for as much is another");
        step.granted();
        assert!(step.was(&one), "a refresh changes nothing");
        step.logged_in(None);
        assert!(!step.was(&one));
    }
}
