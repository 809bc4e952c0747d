//! What the process has from the machine that it runs on.

mod random;
mod sync;

pub(crate) use random::chance;
pub(crate) use sync::locked;
