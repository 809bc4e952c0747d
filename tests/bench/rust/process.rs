//! What this process has used, as the operating system counts it.

use rustix::time::{ClockId, clock_gettime};

/// Processor time of all threads, in seconds.
pub(crate) fn cpu() -> f64 {
    seconds(ClockId::ProcessCPUTime)
}

/// A time that all processes of the machine share, in seconds.
pub(crate) fn monotonic() -> f64 {
    seconds(ClockId::Monotonic)
}

#[allow(clippy::cast_precision_loss)] // a double keeps nanoseconds for 100 days
fn seconds(clock: ClockId) -> f64 {
    let time = clock_gettime(clock);
    time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
}

/// Resident memory in bytes; `statm` would lag behind by some pages for each processor.
pub(crate) fn resident() -> f64 {
    let text = std::fs::read_to_string("/proc/self/smaps_rollup").expect("the kernel tells the process's memory");
    let line = text.lines().find_map(|line| line.strip_prefix("Rss:")).expect("Rss is one of the figures");
    line.trim().trim_end_matches(" kB").parse::<f64>().expect("a number of kilobytes") * 1024.0
}
