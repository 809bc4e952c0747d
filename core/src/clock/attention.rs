//! Time that passed while this process could not look: it was stopped (SIGSTOP, Ctrl-Z), or frozen with its container. The
//! clocks go on meanwhile. It is noticed by a timer that rings much later than it was set for.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

#[cfg(test)]
use crate::simulation;

/// A timer that is later than this was not kept waiting by other work.
const LATE: Duration = Duration::from_secs(1);

static MISSED: Missed = Missed { total: AtomicU64::new(0), until: AtomicU64::new(0) };

/// What was missed, in milliseconds since the process began.
struct Missed {
    total: AtomicU64,
    /// The end of the last gap: many timers notice one gap.
    until: AtomicU64,
}

impl Missed {
    fn note(&self, from: Duration, to: Duration) {
        if to.saturating_sub(from) <= LATE {
            return;
        }
        let (from, to) = (milliseconds(from), milliseconds(to));
        let counted = self.until.fetch_max(to, Ordering::AcqRel).max(from);
        self.total.fetch_add(to.saturating_sub(counted), Ordering::AcqRel);
    }

    fn total(&self) -> Duration {
        Duration::from_millis(self.total.load(Ordering::Acquire))
    }
}

/// A timer was to ring at `due` and rang at `now`, both since the process began.
pub(super) fn rang(due: Duration, now: Duration) {
    // The simulated machines of a test each have a time of their own, and what they know is one for all.
    #[cfg(test)]
    if simulation::is_on() {
        return;
    }
    MISSED.note(due, now);
}

/// All that was missed so far.
pub(crate) fn missed() -> Duration {
    #[cfg(test)]
    if simulation::is_on() {
        return Duration::ZERO;
    }
    MISSED.total()
}

fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gap_counts_once_however_many_notice_it() {
        let missed = Missed { total: AtomicU64::new(0), until: AtomicU64::new(0) };
        let seconds = Duration::from_secs;
        missed.note(seconds(5), Duration::from_millis(5900));
        assert_eq!(missed.total(), Duration::ZERO, "a busy machine");
        for from in [12, 10, 11, 10] {
            missed.note(seconds(from), seconds(30));
        }
        let noticed = missed.total();
        assert!((seconds(18)..=seconds(20)).contains(&noticed), "{noticed:?}");
        missed.note(seconds(40), seconds(45));
        assert_eq!(missed.total(), noticed + seconds(5));
    }
}
