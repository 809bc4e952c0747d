//! What listeners hear, and when.

use std::sync::{Arc, Barrier};
use std::time::Duration;

use relatch::{Cause, ErrorCode, Event, EventKind, Relogin, Session};
use serde_json::json;

use crate::support::{Heard, advance, fault, listen, login, options, provider, run, sandbox};

fn kinds(events: &[Event]) -> Vec<EventKind> {
    events.iter().map(|event| event.kind).collect()
}

#[test]
fn events_come_in_order_to_every_listener_and_say_what_happened() {
    use EventKind::{LoggedIn, LoggedOut, RefreshFailed, Refreshed, Unauthorized};
    run(async {
        let sandbox = sandbox(json!({}));
        let session = login(&sandbox).await;
        let (first, second) = (listen(&session, Event::clone), listen(&session, Event::clone));
        let token = session.token().await.unwrap();
        session.report_unauthorized(token.as_str()).await.unwrap();
        fault(&sandbox, json!({"on": "refresh", "fault": "garbage"}));
        session.refresh().await.unwrap();
        session.logout();
        let (events, others) = (first.wait(5).await, second.wait(5).await);
        assert_eq!(kinds(&events), [Unauthorized, Refreshed, RefreshFailed, LoggedIn, LoggedOut]);
        assert_eq!(events, others);
        assert_eq!(events[2].code, Some(ErrorCode::Protocol));
        assert!(events[1].expires_at.is_some() && events[3].expires_at.is_some());
        assert!(events.windows(2).all(|pair| pair[0].at <= pair[1].at));
    });
}

#[test]
fn the_end_of_a_session_says_why() {
    run(async {
        let sandbox = sandbox(json!({}));
        let options = options(&sandbox).relogin(Relogin::Never);
        let session = relatch::login(provider(&sandbox), options).await.unwrap();
        let heard = listen(&session, Event::clone);
        fault(&sandbox, json!({"on": "refresh", "fault": "drop", "when": "after"}));
        advance(&sandbox, 1210);
        let error = session.token().await.unwrap_err();
        assert_eq!(error.cause(), Some(Cause::RotationLost));
        let events = heard.wait(2).await;
        assert_eq!((events[1].kind, events[1].cause), (EventKind::ReloginRequired, Some(Cause::RotationLost)));
    });
}

#[test]
fn a_listener_hears_nothing_of_before_and_nothing_after_it_was_dropped() {
    run(async {
        let sandbox = sandbox(json!({}));
        for _ in 0..50 {
            let session = login(&sandbox).await;
            let (sender, before) = std::sync::mpsc::channel();
            drop(session.subscribe(move |event| sender.send(event.kind).unwrap_or_default()));
            let after = listen(&session, |event| event.kind);
            session.logout();
            assert_eq!(after.wait(1).await, [EventKind::LoggedOut]);
            assert!(before.recv().is_err(), "the listener was called, or is still there");
        }
    });
}

#[test]
fn a_listener_may_use_the_session() {
    run(async {
        let sandbox = sandbox(json!({}));
        let session = login(&sandbox).await;
        let inner = session.clone();
        let heard = listen(&session, move |_| {
            (inner.state().as_str(), inner.fresh_token().map(|token| token.as_str().to_owned()))
        });
        let tokens = session.refresh().await.unwrap();
        let new = Some(tokens.access_token.expose().to_owned());
        assert_eq!(heard.wait(1).await, [("active", new.clone())]);
        session.logout();
        assert_eq!(heard.wait(2).await, [("active", new), ("closed", None)]);
    });
}

type Busy = Arc<[Barrier; 2]>;

/// A listener that is called, at the first barrier, when the tokens are rotated, and comes back at the second one.
fn busy_listener(session: &Session) -> (Heard<Event>, Busy) {
    let busy = Arc::new([Barrier::new(2), Barrier::new(2)]);
    let listening = Arc::clone(&busy);
    let heard = listen(session, move |event| {
        if event.kind == EventKind::Refreshed {
            for barrier in listening.iter() {
                barrier.wait();
            }
        }
        event.clone()
    });
    (heard, busy)
}

#[test]
fn a_listener_that_finishes_hears_what_happened_before_and_one_that_is_dropped_does_not() {
    use EventKind::{LoggedOut, Refreshed};
    run(async {
        let sandbox = sandbox(json!({}));
        let session = login(&sandbox).await;
        let (first, busy) = busy_listener(&session);
        let [(early, early_heard), (late, late_heard), (dropped, dropped_heard)] = std::array::from_fn(|_| {
            let (sender, heard) = std::sync::mpsc::channel();
            (session.subscribe(move |event| sender.send(event.kind).unwrap_or_default()), heard)
        });
        let refreshing = tokio::spawn({
            let session = session.clone();
            async move { session.refresh().await }
        });
        tokio::task::block_in_place(|| busy[0].wait());
        early.finish();
        session.logout().await;
        late.finish();
        drop(dropped);
        tokio::task::block_in_place(|| busy[1].wait());
        refreshing.await.unwrap().unwrap();
        first.wait(2).await;
        // Each ends with its listener: nothing else is on the way.
        assert_eq!(early_heard.iter().collect::<Vec<_>>(), [Refreshed]);
        assert_eq!(late_heard.iter().collect::<Vec<_>>(), [Refreshed, LoggedOut]);
        assert_eq!(dropped_heard.iter().count(), 0);
    });
}

#[test]
fn a_listener_that_is_too_slow_is_told_how_much_it_missed_and_takes_no_memory() {
    const REPORTS: u64 = 5_000;
    run(async {
        let sandbox = sandbox(json!({}));
        let session = login(&sandbox).await;
        // Two tokens in a row are refused: from now on each report is an event and nothing else.
        for _ in 0..2 {
            let token = session.token().await.unwrap();
            session.report_unauthorized(token.as_str()).await.unwrap();
            sandbox.advance(Duration::from_secs(6));
        }
        let (heard, busy) = busy_listener(&session);
        let refreshing = tokio::spawn({
            let session = session.clone();
            async move { session.refresh().await }
        });
        tokio::task::block_in_place(|| busy[0].wait());
        sandbox.advance(Duration::from_secs(6));
        for _ in 0..REPORTS {
            let current = session.token().await.unwrap();
            assert!(session.report_unauthorized(current.as_str()).await.is_err());
        }
        tokio::task::block_in_place(|| busy[1].wait());
        refreshing.await.unwrap().unwrap();
        session.logout().await;
        let last = |events: &[Event]| events.last().is_some_and(|event| event.kind == EventKind::LoggedOut);
        let events = heard.until(last).await.unwrap();
        let dropped: u64 = events.iter().filter_map(|event| event.count).sum();
        let told = events.iter().filter(|event| event.kind == EventKind::Unauthorized).count() as u64;
        assert_eq!(events.iter().filter(|event| event.kind == EventKind::Dropped).count(), 1);
        assert!(told <= 1_000 && told + dropped == REPORTS, "{told} told, {dropped} dropped");
    });
}
