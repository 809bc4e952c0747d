//! What listeners hear, and when.

use std::sync::{Arc, Mutex};

use relatch::{Cause, ErrorCode, Event, EventKind, Session, Subscription};
use serde_json::json;

use crate::support::{advance, fault, login, run, sandbox};

type Heard = Arc<Mutex<Vec<Event>>>;

fn listen(session: &Session) -> (Heard, Subscription) {
    let heard = Heard::default();
    let list = Arc::clone(&heard);
    (heard, session.subscribe(move |event| list.lock().unwrap().push(event.clone())))
}

fn kinds(heard: &Heard) -> Vec<EventKind> {
    heard.lock().unwrap().iter().map(|event| event.kind).collect()
}

#[test]
fn events_come_in_order_to_every_listener_and_say_what_happened() {
    run(async {
        let sandbox = sandbox(json!({}));
        let session = login(&sandbox).await;
        let (first, _one) = listen(&session);
        let (second, _two) = listen(&session);
        let token = session.token().await.unwrap();
        session.report_unauthorized(token.as_str()).await.unwrap();
        fault(&sandbox, json!({"on": "refresh", "fault": "garbage"}));
        session.refresh().await.unwrap();
        // Logging out is announced before it returns, and so after all that came before.
        session.logout();
        use EventKind::{LoggedIn, LoggedOut, RefreshFailed, Refreshed, Unauthorized};
        let all = [Unauthorized, Refreshed, RefreshFailed, LoggedIn, LoggedOut];
        assert_eq!((kinds(&first), kinds(&second)), (all.to_vec(), all.to_vec()));
        let events = first.lock().unwrap();
        assert_eq!(events[2].code, Some(ErrorCode::Protocol));
        assert!(events[1].expires_at.is_some() && events[3].expires_at.is_some());
        assert!(events.windows(2).all(|pair| pair[0].at <= pair[1].at));
    });
}

#[test]
fn the_end_of_a_session_says_why() {
    run(async {
        let sandbox = sandbox(json!({}));
        let options = crate::support::options(&sandbox).relogin(relatch::Relogin::Never);
        let session = relatch::login(crate::support::provider(&sandbox), options).await.unwrap();
        let (heard, _subscription) = listen(&session);
        fault(&sandbox, json!({"on": "refresh", "fault": "drop", "when": "after"}));
        advance(&sandbox, 1210);
        let error = session.token().await.unwrap_err();
        assert_eq!(error.cause(), Some(Cause::RotationLost));
        session.logout();
        let events = heard.lock().unwrap();
        assert_eq!((events[1].kind, events[1].cause), (EventKind::ReloginRequired, Some(Cause::RotationLost)));
    });
}

#[test]
fn a_listener_hears_nothing_of_before_and_nothing_after_it_was_dropped() {
    run(async {
        let sandbox = sandbox(json!({}));
        for _ in 0..50 {
            let session = login(&sandbox).await;
            let (before, subscription) = listen(&session);
            drop(subscription);
            let (after, _subscription) = listen(&session);
            session.logout();
            assert_eq!((kinds(&before), kinds(&after)), (vec![], vec![EventKind::LoggedOut]));
        }
    });
}

#[test]
fn a_listener_may_use_the_session() {
    run(async {
        let sandbox = sandbox(json!({}));
        let session = login(&sandbox).await;
        let (inner, seen) = (session.clone(), Arc::new(Mutex::new(Vec::new())));
        let list = Arc::clone(&seen);
        let subscription = session.subscribe(move |_| {
            let token = inner.fresh_token().map(|token| token.as_str().to_owned());
            list.lock().unwrap().push((inner.state().as_str(), token));
        });
        let tokens = session.refresh().await.unwrap();
        session.logout();
        drop(subscription);
        let new = Some(tokens.access_token.expose().to_owned());
        assert_eq!(*seen.lock().unwrap(), [("active", new), ("closed", None)]);
    });
}
