//! The machine's own clocks.

use std::time::{SystemTime, UNIX_EPOCH};

use once_cell::race::OnceBox;

#[cfg(test)]
use crate::simulation;
use crate::time::milliseconds;

pub(super) fn system_unix_time() -> i64 {
    #[cfg(test)]
    if let Some(now) = simulation::now() {
        return now.unix.0;
    }
    match SystemTime::now().duration_since(UNIX_EPOCH) {
        Ok(since) => milliseconds(since),
        Err(before) => milliseconds(before.duration()).saturating_neg(),
    }
}

pub(super) fn system_boot_time() -> i64 {
    #[cfg(test)]
    if let Some(now) = simulation::now() {
        return now.boot.0;
    }
    machine_boot_time()
}

#[cfg(unix)]
fn machine_boot_time() -> i64 {
    #[cfg(any(target_os = "linux", target_os = "android"))]
    const CLOCK: rustix::time::ClockId = rustix::time::ClockId::Boottime;
    // Apple's monotonic clock goes on during sleep; on the BSDs nothing better is to be had.
    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    const CLOCK: rustix::time::ClockId = rustix::time::ClockId::Monotonic;
    let time = rustix::time::clock_gettime(CLOCK);
    time.tv_sec.saturating_mul(1000).saturating_add(time.tv_nsec / 1_000_000)
}

/// Windows' performance counter, which `Instant` reads, counts sleep.
#[cfg(not(unix))]
fn machine_boot_time() -> i64 {
    use std::time::Instant;
    static START: OnceBox<Instant> = OnceBox::new();
    milliseconds(START.get_or_init(|| Box::new(Instant::now())).elapsed())
}

/// Names this start of the machine: boot times of another start mean something else.
pub(crate) fn machine_start() -> u64 {
    static START: OnceBox<u64> = OnceBox::new();
    *START.get_or_init(|| {
        let id = std::fs::read("/proc/sys/kernel/random/boot_id").unwrap_or_default();
        let minute = system_unix_time().saturating_sub(system_boot_time()) / 60_000;
        let id = if id.is_empty() { minute.to_le_bytes().to_vec() } else { id };
        // FNV-1a: any hash that is the same in every process will do.
        let hash = id
            .iter()
            .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3));
        Box::new(hash)
    })
}
