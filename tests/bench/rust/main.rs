//! The Rust side of `make bench`: measures relatch, or the hand-written client that it is compared with, and prints
//! what it found as one line of JSON.

mod client;
mod measures;
mod process;
#[path = "../hand_written/reqwest_client.rs"]
mod reqwest_client;
mod task;

use client::Client;
use serde_json::Value;
use task::{Implementation, Measure, Task};

#[tokio::main]
async fn main() {
    let task = match Task::from_arguments() {
        Ok(task) => task,
        Err(error) => {
            eprintln!("{error}");
            std::process::exit(2);
        }
    };
    let value = match task.implementation {
        Implementation::Relatch => measure::<relatch::Session>(task).await,
        Implementation::Reqwest => measure::<std::sync::Arc<reqwest_client::Session>>(task).await,
    };
    measures::tell(&value);
}

async fn measure<C: Client>(task: Task) -> Value {
    match task.measure {
        Measure::Token => measures::token::<C>(task).await,
        Measure::FreshToken => measures::fresh_token::<C>(task).await,
        Measure::Login => measures::login::<C>(task).await,
        Measure::Refresh => measures::refresh::<C>(task).await,
        Measure::Waiters => measures::waiters::<C>(task).await,
        Measure::Memory => measures::memory::<C>(task).await,
    }
}
