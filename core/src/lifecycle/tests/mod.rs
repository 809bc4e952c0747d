//! The state machine without a socket: single steps, and random sequences against a model of the server.

mod model;
mod refreshless;
mod reports;
mod retries;
mod second_factors;
mod sequences;
pub(super) mod steps;
mod world;
