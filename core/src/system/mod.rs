//! What the process has from the machine that it runs on. Here, and in the transport, the simulation takes its place.

pub(crate) mod attention;
pub(crate) mod clock;
pub(crate) mod coarse_clock;
pub(crate) mod fork;
mod random;
pub mod runtime;
mod sync;

pub(crate) use random::chance;
pub(crate) use sync::locked;
