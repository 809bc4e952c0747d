//! Points in time, in milliseconds. Every operation saturates.

mod foreign;

use std::time::Duration;

/// Milliseconds since the machine started, suspend included. Meaningless in another process or after a restart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BootTime(pub i64);

/// Milliseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UnixTime(pub i64);

/// A duration in whole milliseconds, as far as one fits.
pub(crate) fn milliseconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

/// A duration of that many milliseconds; nothing for a negative number.
pub(crate) fn duration(milliseconds: i64) -> Duration {
    Duration::from_millis(u64::try_from(milliseconds).unwrap_or(0))
}

impl BootTime {
    /// The time `wait` later.
    #[must_use]
    pub fn after(self, wait: Duration) -> Self {
        Self(self.0.saturating_add(milliseconds(wait)))
    }

    /// How long it is until `later`; zero when that has passed.
    pub fn until(self, later: Self) -> Duration {
        duration(later.0.saturating_sub(self.0))
    }
}

impl UnixTime {
    /// The time `wait` later.
    #[must_use]
    pub fn after(self, wait: Duration) -> Self {
        Self(self.0.saturating_add(milliseconds(wait)))
    }

    /// How long it is until `later`; zero when that has passed.
    pub fn until(self, later: Self) -> Duration {
        duration(later.0.saturating_sub(self.0))
    }

    /// How long after midnight (UTC) it is.
    pub(crate) fn time_of_day(self) -> Duration {
        duration(self.0.rem_euclid(86_400_000))
    }

    /// Seconds since 1970, with their fraction, as Python and JavaScript count.
    #[allow(clippy::cast_precision_loss)] // 2^53 milliseconds are 285,000 years
    pub fn seconds(self) -> f64 {
        self.0 as f64 / 1000.0
    }
}

/// Both clocks, read together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Now {
    /// For deadlines that live in this process.
    pub boot: BootTime,
    /// For what is stored or shown.
    pub unix: UnixTime,
}

impl Now {
    /// The wall time at which the boot clock will read `at`.
    pub fn unix_at(self, at: BootTime) -> UnixTime {
        UnixTime(self.unix.0.saturating_add(at.0.saturating_sub(self.boot.0)))
    }

    /// The boot time at which the wall clock will read `at`.
    pub fn boot_at(self, at: UnixTime) -> BootTime {
        BootTime(self.boot.0.saturating_add(at.0.saturating_sub(self.unix.0)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arithmetic_saturates_instead_of_panicking() {
        let end = BootTime(i64::MAX);
        assert_eq!(end.after(Duration::MAX), end);
        assert_eq!(BootTime(i64::MIN).until(end), duration(i64::MAX));
        assert_eq!(end.until(BootTime(i64::MIN)), Duration::ZERO);
        assert_eq!(UnixTime(i64::MAX).after(Duration::from_secs(1)), UnixTime(i64::MAX));
        let now = Now { boot: BootTime(i64::MIN), unix: UnixTime(i64::MAX) };
        assert_eq!(now.unix_at(end), UnixTime(i64::MAX));
    }
}
