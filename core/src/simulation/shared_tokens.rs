//! Schedules of several sessions in one process that were made of the same tokens: none may send a spent refresh token.

use super::scene::SETTING;
use super::schedule::{Schedule, in_any_order};
use crate::error::{Cause, ErrorCode};
use crate::policy::Relogin;
use crate::session::Session;

/// How long a process knows what a refresh token was exchanged for.
const KNOWN: i64 = 300_000;

/// Refreshes, to the end.
fn refresh(schedule: &Schedule, session: &Session) -> super::schedule::Answer {
    let called = schedule.refresh(session);
    schedule.pass(1_000);
    called.ended().0
}

#[test]
fn a_session_that_comes_within_five_minutes_gets_the_newest_tokens_of_the_others() {
    in_any_order(SETTING, |schedule| {
        let first = schedule.log_in();
        let second = schedule.second(&first, Relogin::Never);
        refresh(schedule, &first).expect("new tokens");
        schedule.pass(5_000);
        let newest = refresh(schedule, &first).expect("new tokens");
        for wait in [5_000, KNOWN - 30_000] {
            let sent = schedule.sent();
            schedule.pass(wait);
            // Either it is told what the first one holds, or, holding that, it makes a new one for both.
            let got = refresh(schedule, &second).expect("the tokens of the other");
            if wait == 5_000 {
                assert_eq!((got, schedule.sent()), (newest.clone(), sent));
            } else {
                assert_eq!(
                    (refresh(schedule, &first).expect("the tokens of the other"), schedule.sent()),
                    (got, sent + 1)
                );
            }
        }
        assert_eq!(schedule.granted(), (1, 3, 0));
    });
}

#[test]
fn a_session_that_comes_later_than_five_minutes_is_told_so_without_traffic() {
    in_any_order(SETTING, |schedule| {
        let first = schedule.log_in();
        let second = schedule.second(&first, Relogin::Never);
        refresh(schedule, &first).expect("new tokens");
        schedule.pass(KNOWN + 5_000);
        let sent = schedule.sent();
        let error = refresh(schedule, &second).expect_err("its refresh token is spent");
        assert_eq!((error.code(), error.cause()), (ErrorCode::ReloginRequired, Some(Cause::RotationLost)));
        assert_eq!(schedule.sent(), sent);
        // The first one goes on as before.
        refresh(schedule, &first).expect("new tokens");
        assert_eq!(schedule.granted(), (1, 2, 0));
    });
}

#[test]
fn a_session_that_comes_too_late_logs_in_where_it_may() {
    for rotations in [1, 2] {
        in_any_order(SETTING, |schedule| {
            let first = schedule.log_in();
            let second = schedule.second(&first, Relogin::Auto);
            for _ in 0..rotations {
                refresh(schedule, &first).expect("new tokens");
            }
            schedule.pass(KNOWN + 5_000);
            refresh(schedule, &second).expect("the tokens of a login");
            assert_eq!(schedule.granted(), (2, rotations, 0));
        });
    }
}

#[test]
fn two_sessions_of_the_same_tokens_in_steady_use_never_spend_a_token_twice() {
    in_any_order(SETTING, |schedule| {
        let first = schedule.log_in();
        let second = schedule.second(&first, Relogin::Never);
        for _ in 0..260 {
            let tokens = [schedule.token(&first), schedule.token(&second)];
            schedule.pass(10_000);
            for token in tokens {
                token.ended().0.expect("a token");
            }
        }
        let (logins, refreshes, reused) = schedule.granted();
        assert!(logins == 1 && reused == 0 && refreshes >= 2, "{:?}", schedule.granted());
    });
}
