//! The state machine without a socket: single steps, and random sequences against a model of the server.

mod model;
mod refreshless;
mod retries;
mod sequences;
mod steps;
mod world;

use std::time::Duration;

use super::Input;
use crate::secret::Secret;

/// Callers who wait as long as is usual.
const WANT: Input = Input::Want { longer: Duration::ZERO };
const REFRESH: Input = Input::Refresh { longer: Duration::ZERO };

fn unauthorized(token: Secret) -> Input {
    Input::Unauthorized { token, longer: Duration::ZERO }
}
