//! What is tried again, when, and who waits for it.

use std::time::Duration;

use super::super::*;
use super::steps::{active, answered, at, grant, lost, names, rules, step, without_credentials};
use crate::secret::Secret;

#[test]
fn an_outage_hands_out_the_old_token_and_tries_again_after_the_backoff() {
    let mut lifecycle = active(rules());
    step(&mut lifecycle, 1180, Input::Want);
    let down = || Ended::NotSent(Error::new(ErrorCode::Transport, "refused"));
    assert_eq!(names(&step(&mut lifecycle, 1181, Input::Ended(0, down()))), ["refresh_failed", "settle 0 transport"]);
    assert_eq!(names(&step(&mut lifecycle, 1181, Input::Want)), ["hand out one"]);
    assert_eq!(lifecycle.wake_at(), Some(BootTime(1_181_250)));
    assert_eq!(names(&step(&mut lifecycle, 1182, Input::Wake { used: true })), ["refresh 1"]);
}

#[test]
fn without_a_valid_token_callers_wait_while_the_flight_tries_again() {
    let mut lifecycle = active(rules());
    step(&mut lifecycle, 1300, Input::Want);
    let down = || Ended::NotSent(Error::new(ErrorCode::Transport, "refused"));
    assert_eq!(names(&step(&mut lifecycle, 1300, Input::Ended(0, down()))), Vec::<String>::new());
    assert_eq!(names(&step(&mut lifecycle, 1300, Input::Want)), ["wait 0"]);
    assert_eq!(names(&step(&mut lifecycle, 1301, Input::Wake { used: false })), ["refresh 0"]);
}

#[test]
fn retry_after_is_honoured_and_a_long_one_ends_the_flight() {
    let busy = |until| {
        let error = Error::new(ErrorCode::RateLimited, "slow down").with_status(429).with_retry_at(at(until).unix);
        answered(Outcome::Busy(error), 1300)
    };
    let mut lifecycle = active(rules());
    step(&mut lifecycle, 1300, Input::Want);
    step(&mut lifecycle, 1300, Input::Ended(0, busy(1305)));
    assert_eq!(lifecycle.wake_at(), Some(BootTime(1_305_000)));
    let mut lifecycle = active(rules());
    step(&mut lifecycle, 1300, Input::Want);
    assert_eq!(
        names(&step(&mut lifecycle, 1300, Input::Ended(0, busy(2000)))),
        ["refresh_failed", "settle 0 rate_limited"]
    );
    assert_eq!(names(&step(&mut lifecycle, 1400, Input::Want)), ["refuse rate_limited"]);
    assert_eq!(names(&step(&mut lifecycle, 1980, Input::Want)), ["wait 1"]);
    assert_eq!(names(&step(&mut lifecycle, 2000, Input::Wake { used: false })), ["refresh 1"]);
}

#[test]
fn who_asks_for_new_tokens_waits_while_the_flight_tries_again_and_nobody_else_does() {
    let unreachable = || Ended::NotSent(Error::new(ErrorCode::Transport, "refused"));
    let mut lifecycle = active(rules());
    assert_eq!(names(&step(&mut lifecycle, 1185, Input::Want)), ["wait 0", "refresh 0"]);
    assert_eq!(names(&step(&mut lifecycle, 1185, Input::Refresh)), ["wait 0"]);
    assert_eq!(names(&step(&mut lifecycle, 1185, Input::Ended(0, unreachable()))), ["release 0"]);
    assert_eq!(names(&step(&mut lifecycle, 1185, Input::Want)), ["hand out one"]);
    assert_eq!(names(&step(&mut lifecycle, 1187, Input::Wake { used: false })), ["refresh 0"]);
    assert_eq!(names(&step(&mut lifecycle, 1187, Input::Want)), ["hand out one"]);
    // Once the token has ended, all are in need.
    assert!(names(&step(&mut lifecycle, 1201, Input::Ended(0, unreachable()))).is_empty());
    assert_eq!(names(&step(&mut lifecycle, 1201, Input::Want)), ["wait 0"]);
    assert_eq!(names(&step(&mut lifecycle, 1205, Input::Wake { used: false })), ["refresh 0"]);
    step(&mut lifecycle, 1205, Input::Ended(0, answered(Outcome::Granted(grant("two", 1200)), 1205)));
    assert_eq!(names(&step(&mut lifecycle, 1205, Input::Stored(0, Ok(())))), ["refreshed", "settle 0 two"]);
}

#[test]
fn an_old_failure_is_no_outage() {
    let mut lifecycle = active(rules());
    step(&mut lifecycle, 1100, Input::Want);
    step(&mut lifecycle, 1100, Input::Ended(0, Ended::NotSent(Error::new(ErrorCode::Transport, "refused"))));
    assert_eq!(names(&step(&mut lifecycle, 1185, Input::Want)), ["wait 1", "refresh 1"]);
}

#[test]
fn of_two_logins_that_the_ledger_bears_one_is_kept_for_the_end_of_the_token() {
    let mut lifecycle = active(rules());
    let failed =
        |seconds| answered(Outcome::Unreadable(Error::new(ErrorCode::Protocol, "failed").with_status(502)), seconds);
    step(&mut lifecycle, 920, Input::Want);
    assert_eq!(names(&step(&mut lifecycle, 920, Input::Ended(0, failed(920)))), ["refresh_failed", "login 0"]);
    step(&mut lifecycle, 920, Input::Ended(0, failed(920)));
    assert_eq!(names(&step(&mut lifecycle, 1000, Input::Want)), ["hand out one"]);
    assert_eq!(lifecycle.wake_at(), Some(BootTime(1_170_000)));
    assert_eq!(names(&step(&mut lifecycle, 1170, Input::Want)), ["wait 1", "login 1"]);
}

#[test]
fn a_session_that_nobody_asks_any_more_stops_trying() {
    let mut lifecycle = active(rules());
    let busy = |seconds| {
        let error = Error::new(ErrorCode::RateLimited, "slow down").with_status(429);
        answered(Outcome::Busy(error), seconds)
    };
    step(&mut lifecycle, 900, Input::Wake { used: true });
    step(&mut lifecycle, 900, Input::Ended(0, busy(900)));
    assert_eq!(names(&step(&mut lifecycle, 1300, Input::Wake { used: true })), Vec::<String>::new());
    assert_eq!(lifecycle.wake_at(), None);
}

#[test]
fn a_replay_that_is_not_sent_does_not_make_the_first_try_unsent() {
    let mut lifecycle = active(Rules { replay_grace: Duration::from_secs(10), ..without_credentials() });
    step(&mut lifecycle, 1300, Input::Want);
    step(&mut lifecycle, 1301, Input::Ended(0, lost()));
    let not_sent = Ended::NotSent(Error::new(ErrorCode::Transport, "refused"));
    let effects = step(&mut lifecycle, 1302, Input::Ended(0, not_sent));
    assert_eq!(names(&effects), ["refresh_failed", "relogin_required", "settle 0 relogin_required"]);
}

#[test]
fn what_does_not_mend_itself_is_told_at_once() {
    for code in [ErrorCode::Tls, ErrorCode::Proxy] {
        let mut lifecycle = Lifecycle::new(rules());
        step(&mut lifecycle, 0, Input::Login { force: false, part: LoginPart::Whole(None) });
        let effects = step(&mut lifecycle, 0, Input::Ended(0, Ended::NotSent(Error::new(code, "refused"))));
        assert_eq!(names(&effects), ["login_failed".to_owned(), format!("settle 0 {}", code.as_str())]);
    }
}

#[test]
fn whose_time_is_up_during_another_try_is_not_told_that_nothing_was_sent() {
    let mut lifecycle = active(rules());
    step(&mut lifecycle, 1300, Input::Want);
    assert!(lifecycle.trouble().is_none(), "nothing has failed yet");
    let refused = Error::new(ErrorCode::Transport, "Nobody is there.").with_sent(Sent::No);
    step(&mut lifecycle, 1300, Input::Ended(0, Ended::NotSent(refused)));
    assert_eq!(lifecycle.trouble().and_then(|error| error.sent()), Some(Sent::No));
    step(&mut lifecycle, 1301, Input::Wake { used: false });
    let error = lifecycle.trouble().expect("an error");
    assert_eq!((error.code(), error.sent()), (ErrorCode::Transport, Some(Sent::Maybe)));
    assert_eq!(error.to_string(), "Nobody is there. Another try is under way.");
}

#[test]
fn callers_with_little_time_are_not_kept_out_for_longer_than_it_after_an_outage() {
    let limit = Duration::from_secs(10);
    let mut lifecycle = active(Rules { flight_limit: limit, ..rules() });
    let unreachable = || Ended::NotSent(Error::new(ErrorCode::Transport, "refused"));
    let mut seconds = 1300;
    for flight in 0..20 {
        assert_eq!(
            names(&step(&mut lifecycle, seconds, Input::Want)).first(),
            Some(&format!("wait {flight}")),
            "kept out at {seconds} s"
        );
        // Tried until the flight's time is up.
        while names(&step(&mut lifecycle, seconds, Input::Ended(flight, unreachable()))).is_empty() {
            seconds = (lifecycle.wake_at().expect("another try").0 / 1000 + 1).max(seconds + 1);
            step(&mut lifecycle, seconds, Input::Wake { used: true });
        }
        seconds += 1;
    }
}

/// Nobody has a session yet who could do without; one that lives goes on trying.
#[test]
fn a_first_login_whose_host_is_not_there_fails_after_its_second_try_and_a_session_goes_on() {
    let nobody = || Ended::NotSent(Error::new(ErrorCode::Transport, "refused").with_nobody_found(true));
    let mut first = Lifecycle::new(rules());
    step(&mut first, 0, Input::Login { force: false, part: LoginPart::Whole(None) });
    assert!(names(&step(&mut first, 0, Input::Ended(0, nobody()))).is_empty());
    assert_eq!(names(&step(&mut first, 1, Input::Wake { used: false })), ["login 0"]);
    assert_eq!(names(&step(&mut first, 1, Input::Ended(0, nobody()))), ["login_failed", "settle 0 transport"]);
    let mut living = active(rules());
    step(&mut living, 1300, Input::Want);
    for seconds in [1300, 1302, 1304] {
        assert!(names(&step(&mut living, seconds, Input::Ended(0, nobody()))).is_empty(), "at {seconds}");
        assert_eq!(names(&step(&mut living, seconds + 2, Input::Wake { used: false })), ["refresh 0"]);
    }
    // What may be a matter of the moment is tried on.
    let slow = || Ended::NotSent(Error::new(ErrorCode::Timeout, "slow"));
    let mut first = Lifecycle::new(rules());
    step(&mut first, 0, Input::Login { force: false, part: LoginPart::Whole(None) });
    for seconds in [0, 2, 4] {
        assert!(names(&step(&mut first, seconds, Input::Ended(0, slow()))).is_empty());
        step(&mut first, seconds + 2, Input::Wake { used: false });
    }
}

#[test]
fn what_was_lost_before_is_not_told_as_unsent() {
    let mut lifecycle = active(rules());
    let unreachable = || Ended::NotSent(Error::new(ErrorCode::Transport, "nothing was sent").with_sent(Sent::No));
    step(&mut lifecycle, 1300, Input::Want);
    assert_eq!(names(&step(&mut lifecycle, 1300, Input::Ended(0, lost()))), ["refresh_failed", "login 0"]);
    step(&mut lifecycle, 1301, Input::Ended(0, unreachable()));
    assert_eq!(lifecycle.trouble().and_then(|error| error.sent()), Some(Sent::Maybe));
    step(&mut lifecycle, 1330, Input::Wake { used: true });
    let effects = step(&mut lifecycle, 1331, Input::Ended(0, unreachable()));
    let Some(Effect::Settle(0, Err(error))) = effects.last() else { panic!("{:?}", names(&effects)) };
    assert_eq!((error.code(), error.sent()), (ErrorCode::Transport, Some(Sent::Maybe)), "{error}");
    // Of the next flight that is the whole truth.
    step(&mut lifecycle, 1335, Input::Want);
    step(&mut lifecycle, 1365, Input::Wake { used: true });
    let effects = step(&mut lifecycle, 1366, Input::Ended(1, unreachable()));
    assert!(matches!(effects.last(), Some(Effect::Settle(1, Err(error))) if error.sent() == Some(Sent::No)));
}

#[test]
fn who_joins_in_the_last_seconds_of_a_token_has_all_its_time() {
    let unreachable = || Ended::NotSent(Error::new(ErrorCode::Transport, "refused"));
    let mut lifecycle = active(rules());
    step(&mut lifecycle, 1185, Input::Want);
    assert_eq!(names(&step(&mut lifecycle, 1199, Input::Want)), ["wait 0"]);
    assert!(names(&step(&mut lifecycle, 1200, Input::Ended(0, unreachable()))).is_empty());
    step(&mut lifecycle, 1201, Input::Wake { used: true });
    // Beyond the time of who came first, and not beyond that of who came last.
    assert!(names(&step(&mut lifecycle, 1216, Input::Ended(0, unreachable()))).is_empty());
    step(&mut lifecycle, 1217, Input::Wake { used: true });
    let effects = step(&mut lifecycle, 1230, Input::Ended(0, unreachable()));
    assert_eq!(names(&effects), ["refresh_failed", "settle 0 transport"]);
}

#[test]
fn a_token_that_comes_of_a_refused_one_is_known_as_such_whichever_flight_brought_it() {
    let unreachable = || Ended::NotSent(Error::new(ErrorCode::Tls, "refused"));
    let mut lifecycle = active(rules());
    step(&mut lifecycle, 100, Input::Unauthorized(Secret::new("one")));
    assert_eq!(names(&step(&mut lifecycle, 100, Input::Ended(0, unreachable()))), ["refresh_failed", "settle 0 tls"]);
    assert_eq!(names(&step(&mut lifecycle, 105, Input::Want)), ["wait 1", "refresh 1"]);
    step(&mut lifecycle, 105, Input::Ended(1, answered(Outcome::Granted(grant("two", 1200)), 105)));
    step(&mut lifecycle, 105, Input::Stored(1, Ok(())));
    step(&mut lifecycle, 111, Input::Unauthorized(Secret::new("two")));
    step(&mut lifecycle, 111, Input::Ended(2, answered(Outcome::Granted(grant("three", 1200)), 111)));
    step(&mut lifecycle, 111, Input::Stored(2, Ok(())));
    let effects = step(&mut lifecycle, 117, Input::Unauthorized(Secret::new("three")));
    let Some(Effect::Refuse(error)) = effects.last() else { panic!("{:?}", names(&effects)) };
    assert_eq!(error.cause(), Some(Cause::TokenRefused));
}
