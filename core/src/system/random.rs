//! Randomness: for jitter, and for numbers that must not be guessed twice.

use std::sync::Mutex;
use std::time::{SystemTime, UNIX_EPOCH};

use super::sync::locked;
#[cfg(test)]
use crate::simulation;
use crate::system::fork::PerProcess;

/// A number in 0..1, drawn anew in each process: children that inherited a generator would all draw the same.
pub(crate) fn chance() -> f64 {
    static GENERATOR: PerProcess<Mutex<fastrand::Rng>> = PerProcess::new();
    #[cfg(test)]
    if let Some(chance) = simulation::chance() {
        return chance;
    }
    let make = || {
        let time = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let seed = time.as_nanos() ^ u128::from(std::process::id()) << 64;
        #[allow(clippy::cast_possible_truncation)] // folded on purpose
        let seed = (seed as u64) ^ ((seed >> 64) as u64).rotate_left(32);
        Ok::<_, std::convert::Infallible>(Mutex::new(fastrand::Rng::with_seed(seed)))
    };
    GENERATOR.with(make, |_| (), |generator| locked(generator).f64()).unwrap_or(0.5)
}
