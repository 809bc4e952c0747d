//! Requests outside any session: what a system offers besides logins and tokens.

mod seven_g;
mod synapsewave;

#[cfg(any(test, fuzzing))]
pub(crate) use seven_g::LONGEST_BODY;
pub use seven_g::{Health, LookupEntry};
pub use synapsewave::TotpRegistration;
