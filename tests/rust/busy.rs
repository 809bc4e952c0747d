//! A server that is busy or out of order for good: few requests however often callers ask, and no caller fails that holds a
//! valid token.

use std::time::Duration;

use relatch::{BootTime, Clock, Error, ErrorCode, Options, Relogin, Session, Tokens};
use relatch_sandbox::Sandbox;
use serde_json::{Value, json};

use crate::support::{CALL_LIMIT, LIMIT, advance, ask, fault, login, options, provider, run, sandbox};

const CALLS: u64 = 1000;
/// How much time passes between two calls: a thousand in ten seconds.
const PAUSE: Duration = Duration::from_millis(10);

/// From now on everything of this kind is answered so.
fn answer_all(sandbox: &Sandbox, on: &str, answer: &Value) {
    let mut all = json!({"on": on, "fault": "answer", "times": null});
    all.as_object_mut().unwrap().extend(answer.as_object().unwrap().clone());
    fault(sandbox, all);
}

/// The most requests that a backoff from a quarter of a second to half a minute allows in this time, each wait drawn as
/// short as it can be: 7 in the first ten seconds.
fn most(time: Duration) -> u64 {
    let (mut passed, mut wait, mut requests) = (Duration::ZERO, Duration::from_millis(250), 0);
    while passed <= time {
        requests += 1;
        passed += wait / 2;
        wait = (wait * 2).min(Duration::from_secs(30));
    }
    requests
}

#[test]
fn the_bound_is_seven_requests_in_ten_seconds() {
    assert_eq!(most(Duration::from_secs(10)), 7);
}

/// Time passes, and a question to the server and back: what was sent before has arrived meanwhile.
async fn pass(sandbox: &Sandbox, time: Duration) {
    sandbox.advance(time);
    provider(sandbox).health(&options(sandbox)).await.expect("an answer");
}

/// A thousand calls in ten seconds, none of which is waited for; how long it took by the session's clock.
async fn hammer<F: Future<Output = ()> + Send + 'static>(sandbox: &Sandbox, call: impl Fn() -> F) -> Duration {
    let clock = sandbox.manual_clock().clock();
    let began: BootTime = clock.boot_time();
    for _ in 0..CALLS {
        drop(ask(call()).await);
        pass(sandbox, PAUSE).await;
    }
    began.until(clock.boot_time())
}

fn token(session: &Session) -> impl Future<Output = ()> + Send + use<> {
    let session = session.clone();
    async move { drop(session.token().await) }
}

#[test]
fn calls_without_a_token_make_no_more_requests_than_the_backoff_allows_while_the_server_is_busy() {
    run(async {
        let sandbox = sandbox(json!({}));
        // A try that is under way while the clock is moved on is not to be taken for lost.
        let options = options(&sandbox).exchange_timeout(4 * CALL_LIMIT).unwrap();
        let session = relatch::login(provider(&sandbox), options).await.unwrap();
        advance(&sandbox, 1210);
        answer_all(&sandbox, "refresh", &json!({"status": 429}));
        let time = hammer(&sandbox, || token(&session)).await;
        let counts = sandbox.counts();
        assert!((2..=most(time)).contains(&counts.refresh), "{} requests in {time:?}", counts.refresh);
        assert_eq!((counts.login, counts.reused), (1, 0));

        // It was not consumed: as soon as the server is well the same refresh token goes through.
        sandbox.clear_faults();
        for _ in 0..31 {
            pass(&sandbox, Duration::from_secs(1)).await;
        }
        session.token().await.expect("a token");
        assert_eq!(sandbox.counts().login, 1);
    });
}

#[test]
fn calls_without_a_token_make_no_more_logins_than_the_backoff_allows_while_the_server_is_out_of_order() {
    run(async {
        let sandbox = sandbox(json!({}));
        let session = login(&sandbox).await;
        advance(&sandbox, 1210);
        for on in ["refresh", "login"] {
            answer_all(&sandbox, on, &json!({"status": 500}));
        }
        let time = hammer(&sandbox, || token(&session)).await;
        let counts = sandbox.counts();
        // The refresh may have been acted on, and is not repeated. The password is known to be right.
        assert_eq!((counts.refresh, counts.reused), (1, 0));
        assert!((2..=1 + most(time)).contains(&counts.login), "{} logins in {time:?}", counts.login);
    });
}

/// Of programs that do not wait long, and come again.
fn hasty(clock: &Clock) -> Options {
    Options::default().clock(clock.clone()).timeout(Duration::from_millis(500)).expect("a time limit")
}

/// A thousand sessions log in, one after another; how long it took by the sandbox's clock.
async fn hammer_logins(sandbox: &Sandbox) -> Duration {
    let clock = sandbox.manual_clock().clock();
    hammer(sandbox, || {
        let (provider, options) = (provider(sandbox), hasty(&clock));
        async move { drop(relatch::login(provider, options).await) }
    })
    .await
}

#[test]
fn logins_of_a_thousand_sessions_are_bounded_like_those_of_one() {
    for (status, bound) in [(429, None), (500, Some(2))] {
        run(async move {
            let sandbox = sandbox(json!({}));
            answer_all(&sandbox, "login", &json!({"status": status}));
            let time = hammer_logins(&sandbox).await;
            let (sent, bound) = (sandbox.counts().login, bound.unwrap_or_else(|| most(time)));
            assert!((1..=bound).contains(&sent), "{sent} logins in {time:?} while the server says {status}");
        });
    }
}

#[test]
fn logins_of_a_thousand_sessions_with_a_proven_password_are_paced() {
    run(async {
        let sandbox = sandbox(json!({}));
        login(&sandbox).await;
        answer_all(&sandbox, "login", &json!({"status": 500}));
        let time = hammer_logins(&sandbox).await;
        let (sent, bound) = (sandbox.counts().login - 1, 30 * (time.as_secs() / 60 + 1));
        assert!((3..=bound).contains(&sent), "{sent} logins in {time:?}");
    });
}

#[test]
fn exchanges_of_the_same_tokens_without_a_session_are_bounded_as_well() {
    run(async {
        let sandbox = sandbox(json!({}));
        let tokens = login(&sandbox).await.tokens().unwrap();
        answer_all(&sandbox, "refresh", &json!({"status": 503, "retry_after": 2}));
        let (url, clock) = (sandbox.url(), sandbox.manual_clock().clock());
        let time = hammer(&sandbox, || {
            let provider = relatch::SevenG::builder().base_url(&url).build().unwrap();
            let options = hasty(&clock);
            let tokens: Tokens = tokens.clone();
            async move { drop(relatch::refresh(provider, tokens, options).await) }
        })
        .await;
        let (sent, bound) = (sandbox.counts().refresh, time.as_secs() / 2 + 1);
        assert!((1..=bound).contains(&sent), "{sent} requests in {time:?}, with two seconds asked for");
    });
}

#[test]
fn nobody_waits_or_fails_who_holds_a_valid_token() {
    for status in [429, 500, 503] {
        run(async move {
            let sandbox = sandbox(json!({}));
            let session = login(&sandbox).await;
            let held = session.token().await.unwrap();
            for on in ["refresh", "login"] {
                answer_all(&sandbox, on, &json!({"status": status, "retry_after": 600}));
            }
            // Due, then urgent, for nearly all that is left of it, however few calls that is time for.
            advance(&sandbox, 1150);
            let clock = sandbox.manual_clock().clock();
            let nearly = clock.boot_time().after(Duration::from_secs(40));
            // The first to come in the last half minute is the one that learns of the trouble.
            assert!(session.token().await.expect("a token").is(&held));
            for _ in 0..CALLS {
                let waiting = session.token();
                let first = tokio::time::timeout(LIMIT, waiting).await.expect("a caller waited");
                assert!(first.expect("a caller failed").is(&held));
                pass(&sandbox, PAUSE).await;
                if clock.boot_time() > nearly {
                    break;
                }
            }
            let (counts, bound) = (sandbox.counts(), 1 + most(Duration::from_secs(60)));
            assert!(counts.refresh == 1 && counts.login <= bound, "{counts:?} while the server says {status}");
        });
    }
}

#[test]
fn all_sessions_of_an_account_keep_the_pause_that_one_of_them_was_asked_for() {
    run(async {
        let sandbox = sandbox(json!({}));
        let never = || options(&sandbox).relogin(Relogin::Never);
        let mut sessions = Vec::new();
        for _ in 0..5 {
            sessions.push(relatch::login(provider(&sandbox), never()).await.expect("a session"));
        }
        advance(&sandbox, 1210);
        fault(&sandbox, json!({"on": "refresh", "fault": "answer", "status": 429, "retry_after": 60}));
        let refused = |result: Result<_, Error>| result.map(|_: relatch::Token| ()).unwrap_err();
        for session in &sessions {
            let error = refused(session.token().await);
            assert_eq!(error.code(), ErrorCode::RateLimited, "{error}");
            assert!(error.retry_at().is_some());
        }
        // Only the first was sent, and a login of the account waits as well.
        let error = relatch::login(provider(&sandbox), never()).await.unwrap_err();
        assert_eq!(error.code(), ErrorCode::RateLimited, "{error}");
        assert_eq!((sandbox.counts().refresh, sandbox.counts().login), (1, 5));

        // After it they all go on, each with its own refresh.
        advance(&sandbox, 61);
        for session in &sessions {
            session.token().await.expect("a token");
        }
        assert_eq!((sandbox.counts().refresh, sandbox.counts().login, sandbox.counts().reused), (6, 5, 0));
    });
}

#[test]
fn another_account_knows_nothing_of_the_pause() {
    run(async {
        let sandbox = sandbox(json!({"accounts": [
            {"username": "api_user", "password": "made-up-password-1"},
            {"username": "another_user", "password": "made-up-password-2"},
        ]}));
        let session = login(&sandbox).await;
        answer_all(&sandbox, "refresh", &json!({"status": 429, "retry_after": 600}));
        session.refresh().await.unwrap_err();
        let other = relatch::SevenG::builder().base_url(sandbox.url()).username("another_user");
        let other = other.password("made-up-password-2").build().unwrap();
        relatch::login(other, options(&sandbox)).await.expect("a session");
    });
}
