//! What must hold of every reader of foreign bytes, whatever the bytes are: one function `check` each, which panics where
//! it does not hold. `cargo fuzz` feeds them, and so do the tests below.
//!
//! The bytes of an answer are written as on the wire (see `answer`), so that the corpus can be read and written by hand.

#![allow(clippy::missing_panics_doc)] // it is what a check does

mod answer;
pub mod base_url;
pub mod ca_certificates;
pub mod foreign_text;
pub mod jwt;
pub mod ledger;
pub mod proxy;
pub mod retry_after;
pub mod seven_g;
pub mod seven_g_status;
pub mod stored_tokens;
mod synapsewave;
pub mod synapsewave_account;
pub mod synapsewave_dealer;
pub mod synapsewave_login;
pub mod synapsewave_validate;
pub mod totp;

#[cfg(test)]
mod strategies;
#[cfg(test)]
mod tests;
