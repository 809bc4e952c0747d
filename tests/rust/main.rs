//! The scenarios, and what only Rust can get wrong, against the sandbox.

mod anonymous;
mod bad_input;
mod callers;
mod events;
mod ledger;
mod network;
mod runtimes;
mod scenario;
mod scenarios;
mod stateless;
mod stores;
mod support;
mod suspend;
