//! A thousand callers at once on an expired token, and callers that go away.

use std::pin::pin;
use std::sync::{Arc, mpsc};
use std::task::{Context, Poll, Wake, Waker};

use relatch::{Error, EventKind, Session, Token};
use relatch_sandbox::Sandbox;
use serde_json::json;
use tokio::task::JoinHandle;

use crate::support::{LIMIT, advance, ask, fault, hold_refresh, listen, login, options, provider, run, sandbox};

const CALLERS: usize = 1000;

/// A session whose access token has just expired.
async fn expired() -> (Sandbox, Session) {
    let sandbox = sandbox(json!({}));
    let session = login(&sandbox).await;
    advance(&sandbox, 1210);
    (sandbox, session)
}

fn token(session: &Session) -> impl Future<Output = Result<Token, Error>> + Send + use<> {
    let session = session.clone();
    async move { session.token().await }
}

/// All have the same new token, and it took one refresh.
async fn all_got_one(callers: Vec<JoinHandle<Result<Token, Error>>>, sandbox: &Sandbox) {
    let mut tokens = Vec::new();
    for caller in callers {
        tokens.push(caller.await.unwrap().expect("a token"));
    }
    assert!(tokens.windows(2).all(|pair| pair[0].is(&pair[1])));
    assert_eq!((sandbox.counts().refresh, sandbox.counts().login), (1, 1));
}

#[test]
fn a_thousand_tasks_on_an_expired_token_share_one_refresh() {
    run(async {
        let (sandbox, session) = expired().await;
        let callers = (0..CALLERS).map(|_| tokio::spawn(token(&session))).collect();
        all_got_one(callers, &sandbox).await;
    });
}

#[test]
fn the_first_of_a_thousand_is_cancelled_after_the_request_left() {
    run(async {
        let (sandbox, session) = expired().await;
        hold_refresh(&sandbox);
        let first = ask(token(&session)).await;
        sandbox.wait_for("refresh", 1, LIMIT).await.unwrap();
        let mut others = Vec::new();
        for _ in 1..CALLERS {
            others.push(ask(token(&session)).await);
        }
        first.abort();
        assert!(first.await.unwrap_err().is_cancelled());
        sandbox.release();
        all_got_one(others, &sandbox).await;
    });
}

#[test]
fn all_of_a_thousand_are_cancelled_and_the_rotated_pair_is_kept() {
    run(async {
        let (sandbox, session) = expired().await;
        let heard = listen(&session, |event| event.kind);
        hold_refresh(&sandbox);
        let mut callers = Vec::new();
        for _ in 0..CALLERS {
            callers.push(ask(token(&session)).await);
        }
        sandbox.wait_for("refresh", 1, LIMIT).await.unwrap();
        for caller in callers {
            caller.abort();
            assert!(caller.await.unwrap_err().is_cancelled());
        }
        let before = session.tokens().unwrap();
        sandbox.release();
        assert_eq!(heard.wait(1).await, [EventKind::Refreshed]);
        let total = sandbox.counts().total;
        let kept = session.token().await.unwrap();
        let after = session.tokens().unwrap();
        assert_eq!(after.access_token.expose(), kept.as_str());
        assert!(after.access_token != before.access_token && after.refresh_token != before.refresh_token);
        assert_eq!((sandbox.counts().total, sandbox.counts().refresh), (total, 1));
    });
}

#[test]
fn a_caller_that_was_never_polled_asks_for_nothing() {
    run(async {
        let (sandbox, session) = expired().await;
        drop(session.token());
        drop(session.refresh());
        assert_eq!((session.state().as_str(), sandbox.counts().refresh), ("active", 0));
    });
}

#[test]
fn a_session_that_is_dropped_leaves_its_callers_their_answer() {
    run(async {
        let (sandbox, session) = expired().await;
        hold_refresh(&sandbox);
        let caller = ask(token(&session)).await;
        drop(session);
        sandbox.wait_for("refresh", 1, LIMIT).await.unwrap();
        sandbox.release();
        all_got_one(vec![caller], &sandbox).await;
    });
}

#[test]
fn a_fresh_token_is_handed_out_without_waiting() {
    run(async {
        let sandbox = sandbox(json!({}));
        let session = login(&sandbox).await;
        let first = session.fresh_token().expect("fresh");
        assert!(session.token().await.unwrap().is(&first));
        assert!(session.fresh_for(&first).as_secs() > 700);
        advance(&sandbox, 1210);
        assert!(session.fresh_token().is_none());
        assert!(session.fresh_for(&first).is_zero());
    });
}

/// Wakes as an event loop of another language does: with code that asks the session, here on another thread.
struct Asking {
    session: Session,
    answered: mpsc::Sender<bool>,
}

impl Wake for Asking {
    fn wake(self: Arc<Self>) {
        let (answer, answers) = mpsc::channel();
        let session = self.session.clone();
        std::thread::spawn(move || answer.send(session.state()));
        let _ = self.answered.send(answers.recv_timeout(LIMIT).is_ok());
    }
}

#[test]
fn a_caller_is_woken_outside_of_every_lock() {
    run(async {
        let (sandbox, session) = expired().await;
        hold_refresh(&sandbox);
        let (answered, answers) = mpsc::channel();
        let waker = Waker::from(Arc::new(Asking { session: session.clone(), answered }));
        let mut call = pin!(session.token());
        assert!(call.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
        sandbox.wait_for("refresh", 1, LIMIT).await.unwrap();
        sandbox.release();
        assert!(answers.recv_timeout(2 * LIMIT).expect("the caller is woken"), "the session answers while it wakes");
        assert!(matches!(call.poll(&mut Context::from_waker(&waker)), Poll::Ready(Ok(_))));
    });
}

#[test]
fn a_login_that_nobody_waits_for_any_more_is_not_sent() {
    run(async {
        let sandbox = sandbox(json!({}));
        fault(&sandbox, json!({"on": "login", "fault": "hold", "when": "after"}));
        let first = ask(relatch::login(provider(&sandbox), options(&sandbox))).await;
        sandbox.wait_for("login", 1, LIMIT).await.unwrap();
        // One at a time for an account: these wait for the first, and give up.
        for _ in 0..20 {
            let caller = ask(relatch::login(provider(&sandbox), options(&sandbox))).await;
            caller.abort();
            assert!(caller.await.is_err_and(|error| error.is_cancelled()));
        }
        let last = ask(relatch::login(provider(&sandbox), options(&sandbox))).await;
        sandbox.control("release", json!({})).unwrap();
        first.await.unwrap().expect("a session");
        last.await.unwrap().expect("a session");
        assert_eq!(sandbox.counts().login, 2);
    });
}
