//! The scenarios, and what only Rust can get wrong, against the sandbox.

mod anonymous;
mod architecture;
mod bad_input;
mod bad_user;
mod busy;
mod callers;
mod challenges;
mod events;
mod faults_on_the_wire;
mod humans;
mod ledger;
mod naive_callers;
mod network;
mod odd_answers;
mod runtimes;
mod scenario;
mod scenarios;
mod server_session;
mod spellings;
mod stateless;
mod stores;
mod support;
mod suspend;
mod totp;
