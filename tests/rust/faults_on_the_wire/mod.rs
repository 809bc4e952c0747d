//! What breaks on the way to the server, on real sockets, and what becomes of a session and its callers.
//!
//! A row of a table is something that goes wrong once, and how that must be read. Each row is put to a login, to a
//! refresh that has nothing to fall back on, and to many callers of a session that can heal itself.

mod calls;
mod drip;
mod flaws;
mod idle;
mod interim;
mod pace;
mod proxies;
mod requests;
mod way;

use std::sync::Arc;

use relatch::ErrorCode;
use relatch_sandbox::fault_proxy::WireFault;
use tokio::sync::{AcquireError, OwnedSemaphorePermit, Semaphore};
use tokio::task::{JoinError, JoinHandle};

use crate::support::run;
use way::Way;

/// How a fault must be read.
#[derive(Clone, Copy, Debug)]
enum Reading {
    /// The server cannot have seen the request: the same is sent again, or can be.
    Unsent(ErrorCode),
    /// The server may have acted; `arrives` says whether it has.
    Lost { code: ErrorCode, arrives: bool },
    /// Something answered that cannot be read: as good as lost.
    Unreadable { arrives: bool },
    /// The server cannot have seen the request. Whether that could be told from here is a matter of microseconds.
    Unseen,
    /// It does no harm.
    Fine,
}

/// Something that goes wrong once.
struct Row {
    faults: Vec<WireFault>,
    reading: Reading,
}

fn row(fault: WireFault, reading: Reading) -> Row {
    Row { faults: vec![fault], reading }
}

/// More at once would only wait for each other.
const AT_ONCE: usize = 12;

/// Puts every row to all calls, each on a way of its own; `times` over where the outcome is a race.
fn check(times: usize, rows: impl IntoIterator<Item = Row>, way: impl Fn() -> Way) {
    run(async {
        let (mut checks, places) = (Vec::new(), Arc::new(Semaphore::new(AT_ONCE)));
        let place = || Arc::clone(&places).acquire_owned();
        for row in rows {
            for _ in 0..times {
                let row = |calls: &str| (format!("{calls}, {:?}", row.faults), row.faults.clone(), row.reading);
                checks.push(placed(place().await, calls::a_login(way(), row("a login"))));
                checks.push(placed(place().await, calls::a_refresh_without_credentials(way(), row("a refresh"))));
                checks.push(placed(place().await, calls::callers_of_a_session_with_credentials(way(), row("callers"))));
            }
        }
        let mut failures = Vec::new();
        for check in checks {
            failures.extend(check.await.err().map(said));
        }
        assert!(failures.is_empty(), "{} checks have failed:\n{}", failures.len(), failures.join("\n"));
    });
}

/// Does that as a task that gives its place back.
fn placed(
    place: Result<OwnedSemaphorePermit, AcquireError>,
    check: impl Future<Output = ()> + Send + 'static,
) -> JoinHandle<()> {
    tokio::spawn(async move {
        let _place = place;
        check.await;
    })
}

/// What a task said when it panicked, which is printed on another thread.
fn said(error: JoinError) -> String {
    let panic = error.into_panic();
    let text = panic.downcast_ref::<String>().cloned();
    text.or_else(|| panic.downcast_ref::<&str>().map(ToString::to_string)).unwrap_or_default()
}
