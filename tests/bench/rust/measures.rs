//! The measurements. Each runs in a process of its own, so that one leaves nothing behind for the next.

use std::hint::black_box;
use std::io::{BufRead, Write};
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::client::Client;
use crate::process;
use crate::task::Task;

/// Calls between two looks at the clock.
const BATCH: u32 = 100_000;
/// Sessions that are there before the memory of the others is measured.
const FIRST: usize = 1000;
/// Logins at a time while sessions are only collected.
const AT_A_TIME: usize = 16;

/// Nanoseconds for one `token().await` of a fresh token.
pub(crate) async fn token<C: Client>(task: Task) -> Value {
    let session = C::log_in(&C::shared(&task), &task, 0).await;
    let (begun, mut calls) = (Instant::now(), 0);
    while begun.elapsed().as_secs_f64() < task.seconds {
        for _ in 0..BATCH {
            black_box(black_box(&session).token().await);
        }
        calls += BATCH;
    }
    json!(begun.elapsed().as_secs_f64() * 1e9 / f64::from(calls))
}

/// Nanoseconds for one `fresh_token()`.
pub(crate) async fn fresh_token<C: Client>(task: Task) -> Value {
    let session = C::log_in(&C::shared(&task), &task, 0).await;
    assert!(session.fresh_token().is_some(), "the token is fresh");
    let (begun, mut calls) = (Instant::now(), 0);
    while begun.elapsed().as_secs_f64() < task.seconds {
        for _ in 0..BATCH {
            black_box(black_box(&session).fresh_token());
        }
        calls += BATCH;
    }
    json!(begun.elapsed().as_secs_f64() * 1e9 / f64::from(calls))
}

/// Microseconds of processor time for one login; each of the concurrent tasks has an account of its own.
pub(crate) async fn login<C: Client>(task: Task) -> Value {
    load::<C, _>(task, |shared, task, account, _session| async move {
        C::log_in(&shared, &task, account).await;
    })
    .await
}

/// Microseconds of processor time for one refresh; each of the concurrent tasks has a session of its own.
pub(crate) async fn refresh<C: Client>(task: Task) -> Value {
    load::<C, _>(task, |_shared, _task, _account, session| async move { session.refresh().await }).await
}

async fn load<C: Client, F>(
    task: Task,
    exchange: impl Fn(C::Shared, Arc<Task>, usize, C) -> F + Copy + Send + 'static,
) -> Value
where
    F: Future<Output = ()> + Send,
{
    let (shared, task) = (C::shared(&task), Arc::new(task));
    // The first logins open the connections; what they cost is not counted.
    let sessions = collect::<C>(&shared, &task, 0..task.concurrency, task.concurrency).await;
    let (begun, cpu) = (Instant::now(), process::cpu());
    let end = begun + Duration::from_secs_f64(task.seconds);
    let mut workers = JoinSet::new();
    for (account, session) in sessions.into_iter().enumerate() {
        let (shared, task) = (shared.clone(), Arc::clone(&task));
        workers.spawn(async move {
            let mut done = 0_u32;
            while Instant::now() < end {
                exchange(shared.clone(), Arc::clone(&task), account, session.clone()).await;
                done += 1;
            }
            done
        });
    }
    let done: u32 = workers.join_all().await.into_iter().sum();
    json!((process::cpu() - cpu) * 1e6 / f64::from(done))
}

/// When the last of many waiters had its token. The tokens have expired when the word to begin comes.
pub(crate) async fn waiters<C: Client>(task: Task) -> Value {
    let session = C::log_in(&C::shared(&task), &task, 0).await;
    tell(&json!("logged in"));
    std::io::stdin().lock().read_line(&mut String::new()).expect("the word to begin");
    let mut waiters = JoinSet::new();
    for _ in 0..task.count {
        let session = session.clone();
        waiters.spawn(async move {
            black_box(session.token().await);
            process::monotonic()
        });
    }
    tell(&json!("waiting"));
    json!(waiters.join_all().await.into_iter().fold(0.0, f64::max))
}

/// Bytes for one session: idle, and idle after its token has been used once.
pub(crate) async fn memory<C: Client>(task: Task) -> Value {
    let (shared, task) = (C::shared(&task), Arc::new(task));
    let first = collect::<C>(&shared, &task, 0..FIRST, AT_A_TIME).await;
    let before = process::resident();
    let sessions = collect::<C>(&shared, &task, FIRST..FIRST + task.count, AT_A_TIME).await;
    let idle = process::resident();
    for session in &sessions {
        black_box(session.token().await);
    }
    let used = process::resident();
    drop((first, sessions));
    #[allow(clippy::cast_precision_loss)] // some thousands
    let count = task.count as f64;
    json!({ "idle": (idle - before) / count, "used": (used - before) / count })
}

/// Sessions of these accounts, logged in for real.
async fn collect<C: Client>(
    shared: &C::Shared,
    task: &Arc<Task>,
    accounts: std::ops::Range<usize>,
    at_a_time: usize,
) -> Vec<C> {
    let mut sessions = Vec::with_capacity(accounts.len());
    let mut logins = JoinSet::new();
    for account in accounts {
        if logins.len() == at_a_time {
            sessions.extend(logins.join_next().await.map(|session| session.expect("the login ends well")));
        }
        let (shared, task) = (shared.clone(), Arc::clone(task));
        logins.spawn(async move { C::log_in(&shared, &task, account).await });
    }
    sessions.extend(logins.join_all().await);
    sessions
}

/// A line to the process that started this one.
pub(crate) fn tell(value: &Value) {
    let mut output = std::io::stdout().lock();
    writeln!(output, "{value}").and_then(|()| output.flush()).expect("somebody reads this");
}
