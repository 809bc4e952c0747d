//! Callbacks that ask a human: asked in a flight that belongs to no caller, and holding up nobody else.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use relatch::{Callback, ErrorCode, EventKind, Factor, FactorKind};
use serde_json::json;

use crate::support::{
    LIMIT, MONDAY, USER_ID, advance, ask, human, listen, newest_otp, options, pan, run, sandbox, user_with,
};

#[test]
fn a_login_that_waits_for_a_human_outlives_its_caller() {
    run(async {
        let sandbox = sandbox(json!({"starts_at": MONDAY}));
        let (callback, human) = human(&sandbox);
        let caller = ask(relatch::login(user_with(&sandbox, Factor::Otp(callback)), options(&sandbox))).await;
        human.is_asked().await;
        caller.abort();
        assert!(caller.await.unwrap_err().is_cancelled());
        human.answers();
        sandbox.wait_for("login", 1, LIMIT).await.unwrap();
        assert_eq!((sandbox.counts().register, human.questions()), (1, 0));
    });
}

#[test]
fn a_refresh_that_waits_for_a_human_outlives_its_caller_and_the_next_joins_it() {
    run(async {
        let sandbox = sandbox(json!({"starts_at": MONDAY}));
        let (callback, human) = human(&sandbox);
        human.answers();
        let session = relatch::login(user_with(&sandbox, Factor::Otp(callback)), options(&sandbox)).await.unwrap();
        human.is_asked().await;
        let heard = listen(&session, |event| event.kind);
        let old = session.token().await.unwrap();
        let refreshing = session.clone();
        let first = ask(async move { refreshing.refresh().await }).await;
        human.is_asked().await;
        first.abort();
        assert!(first.await.unwrap_err().is_cancelled());
        // Nobody waits for a human who has a token.
        assert!(session.token().await.unwrap().is(&old));
        let refreshing = session.clone();
        let second = ask(async move { refreshing.refresh().await }).await;
        human.answers();
        let tokens = second.await.unwrap().expect("new tokens");
        assert_ne!(tokens.access_token.expose(), old.as_str());
        assert_eq!(heard.wait(2).await, [EventKind::LoggedIn, EventKind::FeedChanged]);
        assert_eq!((sandbox.counts().register, sandbox.counts().login, human.questions()), (2, 2, 0));
    });
}

#[test]
fn while_a_human_is_asked_other_sessions_of_the_account_log_in() {
    run(async {
        let sandbox = sandbox(json!({"starts_at": MONDAY}));
        let (callback, human) = human(&sandbox);
        let waiting = ask(relatch::login(user_with(&sandbox, Factor::Otp(callback)), options(&sandbox))).await;
        human.is_asked().await;
        let other = relatch::login(user_with(&sandbox, pan()), options(&sandbox));
        tokio::time::timeout(LIMIT, other).await.expect("the account's turn is held").expect("a session");
        human.answers();
        waiting.await.unwrap().expect("a session");
        assert_eq!((sandbox.counts().login, sandbox.counts().login_rejected), (2, 0));
    });
}

#[test]
fn a_human_may_take_longer_than_other_calls_and_not_longer_than_the_callback_says() {
    run(async {
        let sandbox = sandbox(json!({"starts_at": MONDAY, "synapsewave": {"otp_lifetime": 800}}));
        let (callback, human) = human(&sandbox);
        let callback = callback.limit(Duration::from_secs(300));
        let provider = Arc::new(user_with(&sandbox, Factor::Otp(callback)));
        let slow = ask(relatch::login(provider.clone() as Arc<dyn relatch::Provider>, options(&sandbox))).await;
        human.is_asked().await;
        advance(&sandbox, 290);
        human.answers();
        slow.await.unwrap().expect("a session");

        let late = ask(relatch::login(provider as Arc<dyn relatch::Provider>, options(&sandbox))).await;
        human.is_asked().await;
        advance(&sandbox, 310);
        let error = late.await.unwrap().unwrap_err();
        assert_eq!((error.code(), error.field()), (ErrorCode::SecondFactorRequired, Some("otp")), "{error}");
        let challenge = error.challenge().expect("the first step is still good");
        challenge.complete(FactorKind::Otp, newest_otp(&sandbox)).await.expect("a session");
    });
}

#[test]
fn a_callback_is_told_what_is_wanted_and_of_whom() {
    run(async {
        let sandbox = sandbox(json!({"starts_at": MONDAY}));
        let (seen, outbox) = (Arc::new(Mutex::new(Vec::new())), sandbox.clone());
        let questions = Arc::clone(&seen);
        let callback = Callback::new(move |question| {
            questions.lock().unwrap().push(question);
            let otp = newest_otp(&outbox);
            async move { Ok(otp.into()) }
        });
        relatch::login(user_with(&sandbox, Factor::Otp(callback)), options(&sandbox)).await.expect("a session");
        let seen = seen.lock().unwrap();
        let [question] = seen.as_slice() else { panic!("asked {} times", seen.len()) };
        assert_eq!((question.wanted, question.system), ("otp", "synapsewave"));
        assert_eq!(question.user.as_deref(), Some(USER_ID));
        assert_eq!(question.methods, [FactorKind::Otp, FactorKind::Totp, FactorKind::Fingerprint]);
    });
}

#[test]
fn a_callback_that_panics_gave_no_value() {
    run(async {
        let sandbox = sandbox(json!({"starts_at": MONDAY}));
        let callback = Callback::new(|_| async { panic!("a mistake in a callback") });
        let login = relatch::login(user_with(&sandbox, Factor::Otp(callback)), options(&sandbox));
        let error = tokio::time::timeout(LIMIT, login).await.expect("the flight never ended").unwrap_err();
        assert_eq!(error.code(), ErrorCode::SecondFactorRequired, "{error}");
        assert!(error.challenge().is_some());
    });
}
