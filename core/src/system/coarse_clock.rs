//! The boot clock at a fraction of its price, for handing out a fresh token: exact to some milliseconds.
//!
//! The exact clock asks the processor's counter, which costs up to 150 ns on a virtual machine. The coarse clocks are
//! what the kernel wrote down at its last tick. None of them counts suspend by itself, but wall time goes on during
//! suspend and monotonic time does not: while the two keep their distance there was none, and nobody set the clock.

use std::sync::atomic::{AtomicI64, Ordering};

/// Milliseconds by which the distance may change unnoticed, all changes together.
const TOLERANCE: u64 = 500;

/// What was learned when the boot clock was last read, in milliseconds.
struct Learned {
    /// Wall time less monotonic time.
    distance: AtomicI64,
    /// Boot time less monotonic time.
    suspended: AtomicI64,
}

impl Learned {
    /// Nothing yet: no distance is like this one.
    const fn nothing() -> Self {
        Self { distance: AtomicI64::new(i64::MIN), suspended: AtomicI64::new(0) }
    }

    /// The boot time, unless the clocks have moved apart since it was last read.
    #[inline]
    fn boot_time(&self, monotonic: i64, wall: i64) -> Option<i64> {
        let distance = self.distance.load(Ordering::Acquire);
        let is_known = wall.saturating_sub(monotonic).abs_diff(distance) <= TOLERANCE;
        is_known.then(|| monotonic.saturating_add(self.suspended.load(Ordering::Relaxed)))
    }

    /// Remembers a reading of the boot clock that was made after the others.
    fn learn(&self, monotonic: i64, wall: i64, boot: i64) {
        self.suspended.store(boot.saturating_sub(monotonic), Ordering::Relaxed);
        self.distance.store(wall.saturating_sub(monotonic), Ordering::Release);
    }
}

/// Milliseconds since the machine started, suspend included; `exact` reads the clock that this one stands in for.
#[cfg(any(target_os = "linux", target_os = "android"))]
#[inline]
pub(crate) fn boot_time(exact: impl FnOnce() -> i64) -> i64 {
    use rustix::time::{ClockId, clock_gettime};

    static LEARNED: Learned = Learned::nothing();
    let read = |clock| {
        let time = clock_gettime(clock);
        time.tv_sec.saturating_mul(1000).saturating_add(time.tv_nsec / 1_000_000)
    };
    let (monotonic, wall) = (read(ClockId::MonotonicCoarse), read(ClockId::RealtimeCoarse));
    LEARNED.boot_time(monotonic, wall).unwrap_or_else(|| {
        let boot = exact();
        LEARNED.learn(monotonic, wall, boot);
        boot
    })
}

/// Elsewhere there is no such clock.
#[cfg(not(any(target_os = "linux", target_os = "android")))]
#[inline]
pub(crate) fn boot_time(exact: impl FnOnce() -> i64) -> i64 {
    exact()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_boot_clock_is_read_once_and_followed_while_the_clocks_agree() {
        let learned = Learned::nothing();
        assert_eq!(learned.boot_time(1_000, 50_000), None);
        learned.learn(1_000, 50_000, 4_000);
        assert_eq!(learned.boot_time(61_000, 110_000), Some(64_000));
    }

    #[test]
    fn suspend_and_a_clock_that_was_set_are_noticed() {
        let learned = Learned::nothing();
        learned.learn(1_000, 50_000, 4_000);
        assert_eq!(learned.boot_time(2_000, 651_000), None, "ten minutes of suspend");
        assert_eq!(learned.boot_time(2_000, 51_000 - 3_600_000), None, "the wall clock was set back by an hour");
        learned.learn(2_000, 651_000, 605_000);
        assert_eq!(learned.boot_time(3_000, 652_000), Some(606_000));
    }

    #[test]
    fn short_suspends_add_up() {
        let learned = Learned::nothing();
        learned.learn(0, 0, 0);
        assert_eq!(learned.boot_time(1_000, 1_400), Some(1_000), "the error that is borne");
        assert_eq!(learned.boot_time(2_000, 2_800), None);
    }

    #[test]
    fn no_reading_panics() {
        let learned = Learned::nothing();
        learned.learn(i64::MIN, i64::MAX, i64::MAX);
        for (monotonic, wall) in [(i64::MAX, i64::MIN), (i64::MIN, i64::MAX), (0, 0)] {
            let _ = learned.boot_time(monotonic, wall);
        }
    }
}
