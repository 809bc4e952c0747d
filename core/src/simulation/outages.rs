//! Schedules of servers and networks that are in trouble for a while: who waits for that, and for how long.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::journey::Fate;
use super::scene::{SETTING, Setting, name};
use super::schedule::{Called, in_any_order};
use super::store::Trouble;
use super::synapsewave::OTP;
use crate::error::{ErrorCode, Sent};
use crate::factor::{Callback, Factor};
use crate::lifecycle::State;
use crate::policy::{Options, Relogin};
use crate::provider::Synapsewave;
use crate::secret::Secret;
use crate::session::{Session, login, resume};

/// What nobody notices: a few exchanges.
const AT_ONCE: i64 = 100;

/// The access token that the session has. Not asked of it: it renews by itself what is in use.
fn held(session: &Session) -> String {
    session.tokens().expect("tokens").access_token.expose().to_owned()
}

#[test]
fn a_flight_that_slept_longer_than_its_limit_tries_on_after_waking() {
    in_any_order(Setting { relogin: Relogin::Auto, ..SETTING }, |schedule| {
        let session = schedule.log_in();
        schedule.suspend(1_300_000);
        schedule.always(Fate::NotSent, 5);
        let token = schedule.token(&session);
        schedule.pass(100);
        schedule.suspend(3_600_000);
        // The network takes its time to come back.
        schedule.pass(3_000);
        schedule.all_is_well();
        schedule.pass(60_000);
        let (result, took) = token.ended();
        assert!(result.is_ok() && took < 15_000, "{result:?} after {took} ms");
        assert_eq!(schedule.granted(), (1, 1, 0));
    });
}

#[test]
fn a_caller_who_hears_of_a_failure_when_the_old_token_has_ended_gets_the_next_one() {
    in_any_order(SETTING, |schedule| {
        let session = schedule.log_in();
        // And half a minute of the login: ten seconds are left.
        schedule.pass(1_160_000);
        let sent = schedule.sent();
        schedule.next(Fate::Busy(503, 1));
        let token = schedule.token(&session);
        let executor = &schedule.scene.world.executor;
        let state = || executor.as_process(schedule.scene.process, || session.state());
        while schedule.sent() == sent || state() == State::Refreshing {
            assert!(executor.step(|_| 0) || executor.skip(1_000), "the flight never ends");
        }
        // From here on the machine is too busy for its waiters, until the token has expired.
        assert!(!token.has_ended());
        executor.pass(11_000);
        schedule.pass(30_000);
        token.ended().0.expect("a token");
        assert_eq!(schedule.granted(), (1, 1, 0));
    });
}

#[test]
fn setting_the_wall_clock_does_not_prolong_a_pause() {
    in_any_order(Setting { stored: true, ..SETTING }, |schedule| {
        let session = schedule.log_in();
        schedule.suspend(1_300_000);
        schedule.next(Fate::Busy(503, 1));
        schedule.scene.store.set(Trouble { reading: 1_000, ..Trouble::default() });
        let token = schedule.token(&session);
        // The answer is there, and the store still notes that the refresh token was not spent after all.
        schedule.pass(1_500);
        assert!(schedule.sent() == 2 && !token.has_ended());
        schedule.scene.world.executor.set_wall(-7_200_000);
        schedule.scene.store.set(Trouble::default());
        schedule.pass(30_000);
        let (result, took) = token.ended();
        assert!(result.is_ok() && took < 5_000, "{result:?} after {took} ms");
    });
}

#[test]
fn an_explicit_refresh_with_a_valid_token_tries_on_until_its_time_is_up() {
    for fate in [Fate::NotSent, Fate::Busy(503, 1), Fate::Busy(429, 0), Fate::Busy(429, 5)] {
        in_any_order(SETTING, |schedule| {
            let session = schedule.log_in();
            let old = held(&session);
            schedule.next(fate);
            let refresh = schedule.refresh(&session);
            schedule.pass(10_000);
            let (result, took) = refresh.ended();
            assert!(result.is_ok_and(|new| new != old), "{fate:?}, after {took} ms");
            assert_eq!(schedule.granted(), (1, 1, 0));
            // And not for ever.
            schedule.always(fate, 10);
            let (sent, refresh) = (schedule.sent(), schedule.refresh(&session));
            schedule.pass(31_000);
            let tried = schedule.sent() - sent;
            assert!(refresh.ended().0.is_err() && (4..40).contains(&tried), "{fate:?}, {tried} tries");
        });
    }
}

#[test]
fn callers_with_a_valid_token_go_on_with_it_while_an_explicit_refresh_tries_on() {
    for fate in [Fate::NotSent, Fate::Busy(503, 5)] {
        in_any_order(SETTING, |schedule| {
            let session = schedule.log_in();
            let old = held(&session);
            schedule.pass_until(1_180_000);
            schedule.always(fate, 10);
            let (refresh, joined) = (schedule.refresh(&session), schedule.token(&session));
            schedule.pass(AT_ONCE);
            let later = schedule.token(&session);
            schedule.pass(AT_ONCE);
            for token in [joined, later] {
                let (result, took) = token.ended();
                assert!(result.is_ok_and(|token| token == old) && took < AT_ONCE, "{fate:?}, after {took} ms");
            }
            assert!(!refresh.has_ended(), "{fate:?}");
            schedule.all_is_well();
            schedule.pass(10_000);
            assert!(refresh.ended().0.is_ok_and(|new| new != old), "{fate:?}");
        });
    }
}

#[test]
fn nobody_with_a_valid_token_waits_for_a_flight_that_sits_out_a_pause() {
    in_any_order(SETTING, |schedule| {
        let session = schedule.log_in();
        schedule.pass_until(1_140_000);
        schedule.next(Fate::Busy(503, 60));
        let first = schedule.refresh(&session);
        schedule.pass_until(1_171_000);
        let code = first.ended().0.map_err(|error| error.code());
        assert_eq!(code, Err(ErrorCode::RateLimited), "the pause is longer than a refresh takes");
        // The rest of the pause is not.
        let second = schedule.refresh(&session);
        schedule.pass_until(1_172_000);
        assert!(!second.has_ended());
        let token = schedule.token(&session);
        schedule.pass(AT_ONCE);
        assert!(token.ended().0.is_ok());
        schedule.pass(30_000);
        assert!(second.ended().0.is_ok());
    });
}

#[test]
fn sessions_of_an_account_do_not_wait_for_a_dead_network_one_by_one() {
    in_any_order(Setting { relogin: Relogin::Auto, ..SETTING }, |schedule| {
        let sessions: Vec<Session> = (0..6).map(|_| schedule.log_in()).collect();
        // All have ended but the first, whose refresh finds the server busy.
        schedule.suspend(1_300_000);
        let _first = schedule.token(&sessions[0]);
        schedule.next(Fate::Busy(503, 1));
        // Each try that follows takes ten seconds and gets nowhere.
        schedule.always(Fate::NotSent, 10_000);
        schedule.pass(1_500);
        let before = schedule.sent();
        let tokens: Vec<Called<_>> = sessions[1..].iter().map(|session| schedule.token(session)).collect();
        schedule.pass(12_000);
        let tried = schedule.sent() - before;
        assert!(tried >= 5, "{tried} tries of five sessions in twelve seconds");
        schedule.all_is_well();
        schedule.pass(30_000);
        for token in tokens {
            let (result, took) = token.ended();
            assert!(result.is_ok(), "{result:?} after {took} ms");
        }
    });
}

#[test]
fn nobody_is_asked_for_a_factor_while_the_server_wants_a_pause() {
    in_any_order(Setting { lifetime: None, attended: true, ..SETTING }, |schedule| {
        let asked = Arc::new(AtomicUsize::new(0));
        let log_in = || {
            let count = Arc::clone(&asked);
            let human = Callback::new(move |_| {
                count.fetch_add(1, Ordering::Relaxed);
                async { Ok(Secret::new(OTP)) }
            });
            // With an MPIN the factor is a part of the first request.
            let builder = Synapsewave::builder().base_url("https://broker.example").user_id(name(0));
            let builder = builder.api_key("api-key-1").mpin("123456").second_factor(Factor::Otp(human));
            let called = schedule.call(login(builder.build().expect("a provider"), Options::default()));
            schedule.pass(1_000);
            let code = called.ended().0.map_err(|error| error.code());
            assert_eq!(code.err(), Some(ErrorCode::RateLimited));
            (asked.load(Ordering::Relaxed), schedule.sent())
        };
        schedule.always(Fate::Busy(503, 60), 10);
        assert_eq!(log_in(), (1, 1));
        assert_eq!(log_in(), (1, 1), "asked or sent in the pause");
        schedule.pass(60_000);
        assert_eq!(log_in(), (2, 2));
    });
}

#[test]
fn a_machine_without_a_thread_to_spare_costs_no_refresh_token() {
    in_any_order(SETTING, |schedule| {
        let session = schedule.log_in();
        schedule.suspend(1_300_000);
        let threadless = &schedule.scene.world.executor.threadless;
        threadless.set(true);
        let first = schedule.token(&session);
        schedule.pass(60_000);
        let error = first.ended().0.expect_err("no task can be started");
        assert_eq!((error.code(), error.sent()), (ErrorCode::Transport, Some(Sent::No)));
        threadless.set(false);
        let second = schedule.token(&session);
        schedule.pass(30_000);
        second.ended().0.expect("a token");
        assert_eq!(schedule.granted(), (1, 1, 0));
    });
}

#[test]
fn a_machine_without_a_thread_to_spare_hands_out_the_old_token_to_its_end() {
    in_any_order(SETTING, |schedule| {
        let session = schedule.log_in();
        // And half a minute of the login: ten seconds are left, in which callers wait for a new token.
        schedule.pass(1_160_000);
        schedule.scene.world.executor.threadless.set(true);
        let (token, asked) = (schedule.token(&session), schedule.refresh(&session));
        schedule.pass(AT_ONCE);
        token.ended().0.expect("the old token");
        assert!(asked.ended().0.is_err_and(|error| error.code() == ErrorCode::Transport));
        assert_eq!(schedule.granted(), (1, 0, 0));
    });
}

#[test]
fn a_session_that_is_kept_alive_notices_a_sleep_within_half_a_minute() {
    in_any_order(Setting { keep_alive: true, ..SETTING }, |schedule| {
        let _session = schedule.log_in();
        for asleep in [1_000_000, 1_300_000, 90_000_000] {
            let before = schedule.granted().1;
            schedule.suspend(asleep);
            schedule.pass(30_000 + AT_ONCE);
            assert_eq!(schedule.granted(), (1, before + 1, 0), "after {asleep} ms");
        }
    });
}

#[test]
fn a_session_that_found_no_thread_for_its_timer_goes_on_when_there_is_one() {
    in_any_order(SETTING, |schedule| {
        let session = schedule.log_in();
        let first = schedule.scene.process;
        let tokens = schedule.scene.world.executor.as_process(first, || session.tokens());
        // Ended by any clock: the new process does not know the server's.
        schedule.suspend(6_000_000);
        let (scene, executor) = (&schedule.scene, &schedule.scene.world.executor);
        // A new process, which has no timer yet.
        let process = scene.process + 1;
        executor.threadless.set(true);
        let made = executor.as_process(process, || resume(scene.provider(0), tokens.expect("tokens"), scene.options()));
        let session = made.expect("a session");
        let call = || executor.as_process(process, || schedule.token(&session));
        let first = call();
        schedule.pass(1_000);
        executor.threadless.set(false);
        let second = call();
        schedule.pass(5_000);
        assert!(first.ended().0.is_err_and(|error| error.sent() == Some(Sent::No)));
        second.ended().0.expect("a token");
        assert_eq!(schedule.granted(), (1, 1, 0));
    });
}
