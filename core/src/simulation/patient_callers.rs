//! Callers who wait longer than a flight goes on: what they outlast, and what they do not spend.

use super::journey::Fate;
use super::patience::PATIENT;
use super::scene::{SETTING, Setting};
use super::schedule::{Answer, Called, Schedule, in_any_order};
use super::store::Trouble;
use crate::error::{ErrorCode, Sent};
use crate::policy::Relogin;
use crate::session::Session;

/// What nobody notices: a few exchanges.
const AT_ONCE: i64 = 100;

#[test]
fn a_patient_caller_outlasts_an_outage_that_others_do_not_wait_for() {
    in_any_order(SETTING, |schedule| {
        let session = schedule.log_in();
        schedule.suspend(1_300_000);
        schedule.always(Fate::NotSent, 5);
        let (usual, patient) = (schedule.token(&session), schedule.token_within(&session, PATIENT));
        schedule.pass(200_000);
        let (result, took) = usual.ended();
        assert!(result.is_err_and(|error| error.code() == ErrorCode::Transport) && (20_000..=30_000).contains(&took));
        assert!(!patient.has_ended());
        schedule.all_is_well();
        schedule.pass(31_000);
        patient.ended().0.expect("a token");
        assert_eq!(schedule.granted(), (1, 1, 0));
    });
}

#[test]
fn a_patient_caller_outlasts_a_pause_and_nobody_else_waits_for_it() {
    for patient_first in [true, false] {
        in_any_order(SETTING, |schedule| {
            let session = schedule.log_in();
            schedule.suspend(1_300_000);
            schedule.next(Fate::Busy(503, 120));
            let first = schedule.token(&session);
            schedule.pass(AT_ONCE);
            first.ended().0.expect_err("there is no token before the pause is over");
            let patient = patient_first.then(|| schedule.token_within(&session, PATIENT));
            schedule.pass(AT_ONCE);
            let usual = schedule.token(&session);
            schedule.pass(AT_ONCE);
            let (refused, took) = usual.ended();
            assert!(refused.is_err_and(|error| error.code() == ErrorCode::RateLimited) && took < AT_ONCE);
            let patient = patient.unwrap_or_else(|| schedule.token_within(&session, PATIENT));
            schedule.pass(110_000);
            assert!(!patient.has_ended());
            schedule.pass(20_000);
            patient.ended().0.expect("a token");
            assert_eq!(schedule.granted(), (1, 1, 0));
        });
    }
}

#[test]
fn a_patient_caller_who_joins_the_flight_of_another_waits_on_after_it() {
    in_any_order(SETTING, |schedule| {
        let session = schedule.log_in();
        // Ten seconds are left: callers wait for a new token, and have one to fall back on.
        schedule.pass(1_190_000);
        schedule.always(Fate::NotSent, 14_000);
        let usual = schedule.token(&session);
        schedule.pass(1_000);
        let (patient, asked) = (schedule.token_within(&session, PATIENT), schedule.refresh_within(&session, PATIENT));
        schedule.pass(100_000);
        usual.ended().0.expect_err("the token has ended");
        assert!(!patient.has_ended() && !asked.has_ended());
        schedule.all_is_well();
        schedule.pass(60_000);
        assert_eq!(patient.ended().0.ok(), asked.ended().0.ok());
        assert_eq!(schedule.granted(), (1, 1, 0));
    });
}

#[test]
fn a_pause_that_the_machine_slept_through_is_not_taken_from_a_patient_caller() {
    in_any_order(SETTING, |schedule| {
        let session = schedule.log_in();
        schedule.suspend(1_300_000);
        schedule.next(Fate::Busy(503, 120));
        let (token, asked) = (schedule.token_within(&session, PATIENT), schedule.refresh_within(&session, PATIENT));
        schedule.pass(10_000);
        schedule.suspend(3_600_000);
        // The clock looks up every half a minute.
        schedule.pass(31_000);
        token.ended().0.expect("a token");
        asked.ended().0.expect("new tokens");
    });
}

/// A session with three minutes left, and a patient refresh whose first tries were lost: a login that heals is spared.
fn sparing(schedule: &Schedule) -> (Session, Called<Answer>) {
    let session = schedule.log_in();
    // And half a minute of the login.
    schedule.pass(990_000);
    schedule.always(Fate::LostBefore, 5);
    let asked = schedule.refresh_within(&session, PATIENT);
    schedule.pass(60_000);
    assert!(!asked.has_ended());
    assert_eq!(schedule.sent(), 3, "a login, the refresh that is lost, and the login that was to heal it");
    schedule.all_is_well();
    (session, asked)
}

const HEALED: Setting = Setting { relogin: Relogin::Auto, ..SETTING };

#[test]
fn a_patient_refresh_leaves_the_last_login_for_the_end_of_the_token() {
    in_any_order(HEALED, |schedule| {
        let (_session, asked) = sparing(schedule);
        schedule.pass(60_000);
        assert!(!asked.has_ended());
        schedule.pass(60_000);
        asked.ended().0.expect("new tokens");
        assert_eq!(schedule.granted(), (2, 0, 0));
    });
}

#[test]
fn a_patient_refresh_takes_what_another_brings_meanwhile() {
    in_any_order(HEALED, |schedule| {
        let (session, patient) = sparing(schedule);
        let other = schedule.refresh(&session);
        schedule.pass(10_000);
        assert_eq!(patient.ended().0.ok(), other.ended().0.ok());
        assert_eq!(schedule.granted(), (2, 0, 0));
    });
}

#[test]
fn a_patient_caller_hears_of_a_logout() {
    in_any_order(HEALED, |schedule| {
        let (session, patient) = sparing(schedule);
        drop(schedule.call(async move { session.logout().await }));
        schedule.pass(10_000);
        assert!(patient.ended().0.is_err_and(|error| error.code() == ErrorCode::Closed));
    });
}

#[test]
fn a_patient_refresh_tries_a_login_again_that_the_server_had_no_time_for() {
    in_any_order(Setting { lifetime: None, ..HEALED }, |schedule| {
        let session = schedule.log_in();
        schedule.next(Fate::Busy(429, 5));
        let asked = schedule.refresh_within(&session, PATIENT);
        schedule.pass(100_000);
        asked.ended().0.expect("new tokens");
        assert_eq!(schedule.granted(), (2, 0, 0));
    });
}

#[test]
fn a_login_that_the_server_had_no_time_for_is_not_counted_when_the_next_one_is_not_sent() {
    in_any_order(Setting { lifetime: None, ..HEALED }, |schedule| {
        let session = schedule.log_in();
        schedule.next(Fate::Busy(429, 5));
        schedule.always(Fate::NotSent, 5);
        let asked = schedule.refresh_within(&session, PATIENT);
        schedule.pass(200_000);
        assert!(!asked.has_ended());
        schedule.all_is_well();
        schedule.pass(60_000);
        asked.ended().0.expect("new tokens");
        assert_eq!(schedule.granted(), (2, 0, 0));
    });
}

#[test]
fn a_patient_refresh_goes_on_sparing_when_another_finds_the_server_busy() {
    in_any_order(HEALED, |schedule| {
        let (session, patient) = sparing(schedule);
        let sent = schedule.sent();
        schedule.next(Fate::Busy(429, 35));
        let other = schedule.refresh(&session);
        // The pause is over, and the token is good for another minute.
        schedule.pass(60_000);
        assert!(other.ended().0.is_err_and(|error| error.code() == ErrorCode::RateLimited));
        assert_eq!((schedule.sent(), patient.has_ended()), (sent + 1, false));
        schedule.pass(200_000);
        patient.ended().0.expect("new tokens");
        assert_eq!((schedule.sent(), schedule.granted()), (sent + 2, (2, 0, 0)));
    });
}

#[test]
fn what_another_brings_is_stored_before_a_patient_refresh_has_it() {
    in_any_order(Setting { stored: true, ..HEALED }, |schedule| {
        let (session, patient) = sparing(schedule);
        // Nearly as long as a store is waited for, and about as long as a patient caller looks away.
        schedule.scene.store.set(Trouble { answering: 4_500, ..Trouble::default() });
        let other = schedule.refresh(&session);
        while !patient.has_ended() {
            schedule.pass(100);
        }
        assert!(other.has_ended(), "the tokens are on their way to the store");
        assert_eq!(patient.ended().0.ok(), other.ended().0.ok());
    });
}

#[test]
fn a_patient_caller_is_not_told_that_nothing_was_sent_when_its_first_try_was_lost() {
    in_any_order(Setting { relogin: Relogin::Auto, ..SETTING }, |schedule| {
        let session = schedule.log_in();
        schedule.suspend(1_300_000);
        schedule.next(Fate::LostAfter);
        schedule.next(Fate::LostAfter);
        schedule.always(Fate::NotSent, 5);
        let token = schedule.token_within(&session, PATIENT);
        schedule.pass(400_000);
        let error = token.ended().0.expect_err("nobody is there");
        assert_eq!((error.code(), error.sent()), (ErrorCode::Transport, Some(Sent::Maybe)), "{error}");
    });
}
