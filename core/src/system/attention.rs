//! Time that passed while this process could not look: it was stopped (SIGSTOP, Ctrl-Z), or frozen with its container. The
//! clocks go on meanwhile. It is noticed by a timer that rings much later than it was set for.

use std::sync::Mutex;
use std::time::Duration;

use crate::system::fork::PerProcess;

#[cfg(test)]
use crate::simulation;
use crate::system::locked;

/// A timer that is later than this was not kept waiting by other work.
const LATE: Duration = Duration::from_secs(1);

/// One lock for both numbers: a thread that finds the gap noted finds it counted, too.
static MISSED: PerProcess<Mutex<Missed>> = PerProcess::new();

/// What was missed, by the time since the process began.
#[derive(Default)]
struct Missed {
    total: Duration,
    /// The end of the last gap: many timers notice one gap.
    until: Duration,
}

impl Missed {
    fn note(&mut self, from: Duration, to: Duration) {
        let from = from.max(self.until);
        self.until = self.until.max(to);
        self.total += to.saturating_sub(from);
    }
}

fn note(missed: &PerProcess<Mutex<Missed>>, from: Duration, to: Duration) {
    if to.saturating_sub(from) > LATE {
        missed.or_default(|missed| locked(missed).note(from, to));
    }
}

fn total(missed: &PerProcess<Mutex<Missed>>) -> Duration {
    missed.peek(|missed| locked(missed).total).unwrap_or_default()
}

/// A timer was to ring at `due` and rang at `now`, both since the process began.
pub(crate) fn rang(due: Duration, now: Duration) {
    // The simulated machines of a test each have a time of their own, and what they know is one for all.
    #[cfg(test)]
    if simulation::is_on() {
        return;
    }
    note(&MISSED, due, now);
}

/// All that was missed so far.
pub(crate) fn missed() -> Duration {
    #[cfg(test)]
    if simulation::is_on() {
        return Duration::ZERO;
    }
    total(&MISSED)
}

#[cfg(test)]
mod tests {
    use std::sync::Barrier;
    use std::thread;

    use super::*;

    #[test]
    fn a_gap_counts_once_however_many_notice_it() {
        let missed = PerProcess::new();
        let seconds = Duration::from_secs;
        note(&missed, seconds(5), Duration::from_millis(5900));
        assert_eq!(total(&missed), Duration::ZERO, "a busy machine");
        for from in [12, 10, 11, 10] {
            note(&missed, seconds(from), seconds(30));
        }
        let noticed = total(&missed);
        assert!((seconds(18)..=seconds(20)).contains(&noticed), "{noticed:?}");
        note(&missed, seconds(40), seconds(45));
        assert_eq!(total(&missed), noticed + seconds(5));
    }

    #[test]
    fn each_thread_that_notices_a_gap_finds_it_counted() {
        let (missed, barrier) = (PerProcess::new(), Barrier::new(2));
        thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| {
                    for gap in 0..20_000 {
                        barrier.wait();
                        note(&missed, Duration::from_secs(gap * 10), Duration::from_secs(gap * 10 + 5));
                        assert_eq!(total(&missed), Duration::from_secs((gap + 1) * 5), "gap {gap}");
                        barrier.wait();
                    }
                });
            }
        });
    }
}
