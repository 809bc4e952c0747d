//! A laptop that slept: its clock has gone on, its connections are dead, and what was under way is stale.

use relatch::{Error, Relogin, Session, Token};
use relatch_sandbox::Sandbox;
use relatch_sandbox::fault_proxy::Authority;
use serde_json::json;
use tokio::task::JoinHandle;

use crate::support::{advance, ask, login, options, provider, run, sandbox};

#[test]
fn connections_are_shared_while_awake_and_not_after_a_sleep() {
    run(async {
        let sandbox = sandbox(json!({}));
        // A pool of connections of its own: a jump of another test's clock is a sleep to all that share one.
        let authority = Authority::new().expect("a certificate");
        let options = options(&sandbox).ca_certificates(authority.pem().as_bytes()).unwrap();
        let session = relatch::login(provider(&sandbox), options).await.unwrap();
        for _ in 0..20 {
            session.refresh().await.unwrap();
        }
        let before = sandbox.counts().connections;
        assert!(before < 20, "20 refreshes in a row took {before} connections");
        advance(&sandbox, 3600);
        session.refresh().await.unwrap();
        assert_eq!(sandbox.counts().connections, before + 1);
    });
}

#[test]
fn a_refresh_is_not_written_to_a_connection_that_ended_during_the_sleep() {
    run(async {
        for _ in 0..20 {
            let sandbox = sandbox(json!({}));
            let options = options(&sandbox).relogin(Relogin::Never);
            let session = relatch::login(provider(&sandbox), options).await.unwrap();
            sandbox.down();
            advance(&sandbox, 1210);
            let caller = wait(&session).await;
            sandbox.up().unwrap();
            // On the old connection it would count as sent, and the refresh token as spent.
            caller.await.unwrap().expect("a token");
            assert_eq!((sandbox.counts().login, sandbox.counts().refresh), (1, 1));
        }
    });
}

/// A session whose token has ended while the server is down, and a caller who waits for a new one.
async fn waiting_in_vain() -> (Sandbox, Session, JoinHandle<Result<Token, Error>>) {
    let sandbox = sandbox(json!({}));
    let session = login(&sandbox).await;
    sandbox.down();
    advance(&sandbox, 1210);
    let caller = wait(&session).await;
    (sandbox, session, caller)
}

async fn wait(session: &Session) -> JoinHandle<Result<Token, Error>> {
    let waiting = session.clone();
    ask(async move { waiting.token().await }).await
}

#[test]
fn who_joins_a_flight_after_a_sleep_has_time_of_his_own() {
    run(async {
        let (sandbox, session, early) = waiting_in_vain().await;
        advance(&sandbox, 25);
        let late = wait(&session).await;
        // The time of the first is over in a second, and that of the flight it set off; the second has 25 more. By less
        // than a sleep would make of it.
        advance(&sandbox, 4);
        early.await.unwrap().unwrap_err();
        sandbox.up().unwrap();
        late.await.unwrap().expect("a token");
        assert_eq!((sandbox.counts().login, sandbox.counts().refresh), (1, 1));
    });
}

#[test]
fn time_that_the_machine_slept_through_is_not_the_callers() {
    run(async {
        let (sandbox, _session, caller) = waiting_in_vain().await;
        advance(&sandbox, 36_000);
        sandbox.up().unwrap();
        caller.await.unwrap().expect("a token");
        assert_eq!((sandbox.counts().login, sandbox.counts().refresh), (1, 1));
    });
}
