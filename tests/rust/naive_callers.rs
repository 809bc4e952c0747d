//! Callers as programs write them: ask, call, and after a 401 report whatever token the session holds by then.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Barrier};
use std::thread;
use std::time::Duration;

use relatch::{ErrorCode, EventKind, Options, Session};
use relatch_sandbox::Sandbox;
use serde_json::json;

use crate::support::{USERNAME, advance, get, listen, login, provider, run, sandbox};

/// Over this time the answers to one burst of requests are spread.
const SPREAD: Duration = Duration::from_millis(300);

/// The session's own clock runs, as a program's does: tokens grow old.
async fn opened() -> (Sandbox, Session) {
    let sandbox = sandbox(json!({}));
    let session = relatch::login(provider(&sandbox), Options::default()).await.expect("a session");
    (sandbox, session)
}

fn revoke(sandbox: &Sandbox) {
    sandbox.control("revoke", json!({"username": USERNAME, "what": "access"})).expect("revoked");
}

/// What a program does: one call, and two more tries if it must.
fn call(sandbox: &Sandbox, session: &Session, late: Duration, own: bool) -> Result<u16, relatch::Error> {
    let runtime = relatch::runtime::handle().expect("a runtime");
    let url = format!("{}/Account", sandbox.url());
    let mut token = runtime.block_on(async { session.token().await })?;
    for first in [true, false, false] {
        let status = get(&url, &session.headers_for(&token)).expect("an answer");
        if status != 401 {
            return Ok(status);
        }
        if first {
            thread::sleep(late); // the network's share of it
        }
        let reported = if own { token } else { runtime.block_on(async { session.token().await })? };
        token = runtime.block_on(async { session.report_unauthorized(reported.as_str()).await })?;
    }
    Ok(401)
}

fn all_get_through(callers: u32, own: bool) {
    let (sandbox, session) = run(opened());
    revoke(&sandbox);
    let (barrier, good) = (Arc::new(Barrier::new(callers as usize)), Arc::new(AtomicU32::new(0)));
    let threads: Vec<_> = (0..callers)
        .map(|number| {
            let (sandbox, session) = (sandbox.clone(), session.clone());
            let (barrier, good) = (Arc::clone(&barrier), Arc::clone(&good));
            thread::spawn(move || {
                barrier.wait();
                let status = call(&sandbox, &session, SPREAD * number / callers, own).expect("no error");
                good.fetch_add(u32::from(status == 200), Ordering::Relaxed);
            })
        })
        .collect();
    for thread in threads {
        thread.join().expect("a caller");
    }
    assert_eq!(good.load(Ordering::Relaxed), callers, "of {callers} callers");
    assert_eq!((sandbox.counts().refresh, sandbox.counts().login), (1, 1), "{callers} callers");
}

#[test]
fn however_many_threads_find_one_revocation_all_get_through_and_it_costs_one_refresh() {
    for callers in [2, 4, 8, 50, 200] {
        all_get_through(callers, false);
    }
}

#[test]
fn threads_that_report_the_token_they_used_get_through_as_well() {
    for callers in [2, 8, 50] {
        all_get_through(callers, true);
    }
}

#[test]
fn a_server_that_refuses_all_it_issues_gives_two_tokens_a_minute_and_the_callers_are_told() {
    run(async {
        let sandbox = sandbox(json!({}));
        let session = login(&sandbox).await;
        let told = listen(&session, |event| event.kind);
        let (mut refreshed_at, mut errors) = (Vec::new(), 0);
        for second in 0..600 {
            let before = sandbox.counts().refresh;
            for _ in 0..3 {
                let Ok(token) = session.token().await else { continue };
                match session.report_unauthorized(token.as_str()).await {
                    Ok(_) => {}
                    Err(error) => {
                        assert_eq!(error.code(), ErrorCode::ReloginRequired);
                        assert!(error.retry_at().is_some(), "{error:?}");
                        errors += 1;
                    }
                }
            }
            refreshed_at.extend((before..sandbox.counts().refresh).map(|_| second));
            advance(&sandbox, 1);
        }
        assert!(refreshed_at.windows(3).all(|three| three[2] - three[0] >= 60), "{refreshed_at:?}");
        assert!(errors > 500, "only {errors} errors");
        assert_eq!(told.now().iter().filter(|kind| **kind == EventKind::Refreshed).count(), refreshed_at.len());
    });
}

#[test]
fn what_was_sent_is_taken_as_it_was_sent() {
    run(async {
        let sandbox = sandbox(json!({}));
        let session = login(&sandbox).await;
        let old = session.token().await.unwrap();
        session.refresh().await.unwrap();
        let current = session.token().await.unwrap();
        for sent in [old.as_str().to_owned(), format!("Bearer {}", old.as_str()), format!(" bearer {}\n", old.as_str())]
        {
            let token = session.report_unauthorized(&sent).await.expect("a token");
            assert_eq!(token.as_str(), current.as_str());
        }
        let headers = [("version", "2.0"), ("authorization", old.as_str())];
        let sent = session.authorization_in(headers).expect("the header");
        assert_eq!(session.report_unauthorized(sent).await.expect("a token").as_str(), current.as_str());
        assert_eq!(session.authorization_in([("Cookie", "x")]).unwrap_err().field(), Some("headers"));
        for nonsense in ["", "nonsense", "Bearer", "Bearer nonsense", "Bearer  "] {
            let error = session.report_unauthorized(nonsense).await.expect_err("a stranger's");
            assert_eq!((error.code(), error.field()), (ErrorCode::InvalidConfig, Some("token")), "{nonsense:?}");
        }
        advance(&sandbox, 10);
        let sent = format!("Authorization: Bearer {}", current.as_str());
        assert_ne!(session.report_unauthorized(&sent).await.expect("a token").as_str(), current.as_str());
        assert_eq!(sandbox.counts().refresh, 2);
        session.logout().await;
        assert_eq!(session.report_unauthorized("nonsense").await.unwrap_err().code(), ErrorCode::Closed);
    });
}
