//! The Rust side of `make peers`: puts one client into one situation and prints what came of it as a line of JSON.

mod client;
#[path = "../../bench/hand_written/reqwest_client.rs"]
#[allow(dead_code, reason = "the benchmark uses the rest")]
mod reqwest_client;
mod task;

use std::sync::Arc;
use std::time::Duration;

use client::{Client, HandWritten, Relatch};
use serde_json::json;
use task::{Failure, Task};

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let task = Arc::new(Task::from_arguments()?);
    match task.client.as_str() {
        "relatch" => measure::<Relatch>(task).await,
        _ => measure::<HandWritten>(task).await,
    }
}

async fn measure<C: Client>(task: Arc<Task>) -> Result<(), Failure> {
    let client = Arc::new(C::open(&task).await?);
    task.wait_for_last_seconds().await?;
    let failed = match task.situation.as_str() {
        "cancelled" => first_cancelled(&task, &client).await?,
        "second_refresh" => {
            let failed = in_sequence(&task, &*client, 1).await;
            // The tokens of the first refresh live for two seconds; what is waited for is real time.
            tokio::time::sleep(Duration::from_millis(3500)).await;
            failed + in_sequence(&task, &*client, 1).await
        }
        _ if task.in_sequence => in_sequence(&task, &*client, task.callers).await,
        _ => at_once(&task, &client, task.callers).await,
    };
    let counts = task.control("").await?;
    let known = counts["alive"] == true;
    let found = json!({
        "failed": failed,
        "refreshes": counts["refreshes"],
        "logins": counts["logins"],
        "after": after(&task, &*client, known).await?,
    });
    println!("{found}");
    Ok(())
}

/// How the session is afterwards.
async fn after<C: Client>(task: &Task, client: &C, known: bool) -> Result<&'static str, Failure> {
    if task.situation == "limited" {
        // The server still refuses, so what tells is whether it still knows the session.
        return Ok(if known { "alive" } else { "dead" });
    }
    task.order("/mend").await?;
    if admitted(task, client).await {
        return Ok("alive");
    }
    Ok(if task.control("").await?["alive"] == true { "unusable" } else { "dead" })
}

/// Whether a caller gets what it wants: one GET of the protected resource.
async fn admitted<C: Client>(task: &Task, client: &C) -> bool {
    let admitted = async {
        let token = client.token().await?;
        task.get_resource(&token).await
    };
    admitted.await.unwrap_or_else(|error: Failure| {
        eprintln!("{error}");
        false
    })
}

/// How many of so many callers fail, one after the other.
async fn in_sequence<C: Client>(task: &Task, client: &C, callers: usize) -> usize {
    let mut failed = 0;
    for _ in 0..callers {
        failed += usize::from(!admitted(task, client).await);
    }
    failed
}

/// How many of so many callers fail that come in the same moment.
async fn at_once<C: Client>(task: &Arc<Task>, client: &Arc<C>, callers: usize) -> usize {
    let mut set = tokio::task::JoinSet::new();
    for _ in 0..callers {
        let (task, client) = (Arc::clone(task), Arc::clone(client));
        set.spawn(async move { admitted(&task, &*client).await });
    }
    set.join_all().await.into_iter().filter(|good| !good).count()
}

/// How many of the others fail when the first caller is dropped while its refresh is at the server.
async fn first_cancelled<C: Client>(task: &Arc<Task>, client: &Arc<C>) -> Result<usize, Failure> {
    let first = {
        let (task, client) = (Arc::clone(task), Arc::clone(client));
        tokio::spawn(async move { admitted(&task, &*client).await })
    };
    task.control("/arrived").await?;
    let others = {
        let (task, client) = (Arc::clone(task), Arc::clone(client));
        tokio::spawn(async move { at_once(&task, &client, task.callers - 1).await })
    };
    first.abort();
    let _ = first.await;
    task.order("/release").await?;
    Ok(others.await?)
}
