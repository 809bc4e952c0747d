//! Second factors of a system without a refresh: codes that are refused, humans who are asked, challenges.

use std::sync::Arc;

use super::super::*;
use super::refreshless::{END, active, grant, granted, rules};
use super::steps::{answered, asked, at, names, refused, step};
use crate::secret::Secret;

fn attended() -> Rules {
    Rules { attended: true, fresh_codes: false, ..rules() }
}

#[test]
fn a_refused_code_is_tried_once_more_with_another_while_callers_wait() {
    let mut lifecycle = active(rules());
    let late = END + 10;
    step(&mut lifecycle, late, Input::Want);
    let code = || answered(refused(ErrorCode::SecondFactorRejected), late);
    assert_eq!(names(&step(&mut lifecycle, late, Input::Ended(0, code()))), ["login_failed"]);
    assert_eq!(names(&step(&mut lifecycle, late + 5, Input::Wake { used: true })), ["login 0"]);
    let effects = names(&step(&mut lifecycle, late + 6, Input::Ended(0, code())));
    assert_eq!(effects, ["login_failed", "relogin_required", "settle 0 relogin_required"]);
    assert_eq!(names(&step(&mut lifecycle, late + 99_999, Input::Want)), ["refuse relogin_required"]);
}

/// A first login whose code was refused: what the server says to the second one, and what the caller is told.
fn refused_code(ended: Ended) -> (Vec<String>, Option<Error>) {
    let mut lifecycle = Lifecycle::new(rules());
    step(&mut lifecycle, 0, Input::Login { force: true, part: LoginPart::Whole(None) });
    let code = Input::Ended(0, answered(refused(ErrorCode::SecondFactorRejected), 0));
    assert_eq!(names(&step(&mut lifecycle, 0, code)), ["login_failed"]);
    assert_eq!(lifecycle.wake_at(), Some(at(0).boot), "the keeper waits for the next code");
    let effects = step(&mut lifecycle, 0, Input::Wake { used: false });
    let [Effect::Send(0, Exchange::Login { force: false, .. })] = &effects[..] else { panic!("{effects:?}") };
    let effects = step(&mut lifecycle, 30, Input::Ended(0, ended));
    let error = effects.iter().find_map(|effect| match effect {
        Effect::Settle(_, Err(error)) => Some(error.clone()),
        _ => None,
    });
    (names(&effects), error)
}

#[test]
fn a_refused_code_of_a_first_login_is_followed_by_the_next_one_and_no_third() {
    let (effects, error) = refused_code(answered(refused(ErrorCode::SecondFactorRejected), 30));
    assert_eq!(effects, ["login_failed", "settle 0 second_factor_rejected"]);
    assert!(error.unwrap().to_string().contains("another program"));
    let (effects, _) = refused_code(answered(Outcome::Granted(grant("one", END)), 30));
    assert_eq!(effects, ["publish true", "store 0"]);
}

#[test]
fn where_the_ledger_bears_no_second_code_the_refusal_of_the_first_is_told() {
    let guard = Error::new(ErrorCode::LockoutGuard, "guarded").with_retry_at(at(600).unix);
    let (effects, error) = refused_code(Ended::Guarded(guard));
    assert_eq!(effects, ["lockout_guard", "settle 0 second_factor_rejected"]);
    let error = error.unwrap();
    assert_eq!((error.status(), error.retry_at()), (Some(401), Some(at(600).unix)));
}

#[test]
fn a_code_that_a_human_gave_is_not_followed_by_another() {
    let mut lifecycle = Lifecycle::new(rules());
    step(&mut lifecycle, 0, Input::Login { force: false, part: LoginPart::First });
    step(&mut lifecycle, 0, Input::Ended(0, answered(Outcome::SecondFactor(asked()), 0)));
    let asked = pending(&lifecycle);
    step(&mut lifecycle, 10, complete(&asked));
    let effects = step(&mut lifecycle, 10, Input::Ended(1, answered(refused(ErrorCode::SecondFactorRejected), 10)));
    assert_eq!(names(&effects), ["login_failed", "settle 1 second_factor_rejected"]);
}

#[test]
fn a_session_whose_factor_needs_a_human_says_so_when_it_ends_and_asks_only_when_told_to() {
    let mut lifecycle = active(attended());
    let effects = step(&mut lifecycle, END + 2, Input::Wake { used: true });
    assert_eq!(names(&effects), ["relogin_required"]);
    let Effect::Announce(event) = &effects[0] else { panic!("no event") };
    assert_eq!(event.cause, Some(Cause::FactorRequired));
    assert_eq!(names(&step(&mut lifecycle, END + 3, Input::Want)), ["refuse relogin_required"]);
    assert_eq!(lifecycle.state(at(END + 3)), State::NeedsLogin);
    assert_eq!(names(&step(&mut lifecycle, END + 4, Input::Refresh)), ["wait 0", "login 0"]);
    granted(&mut lifecycle, END + 5, 0, grant("two", END + 86_400));
    assert_eq!(names(&step(&mut lifecycle, END + 6, Input::Want)), ["hand out two"]);
}

#[test]
fn a_human_who_gives_nothing_loses_nothing_and_can_be_asked_again_at_once() {
    let mut lifecycle = active(attended());
    for number in 0..3 {
        assert_eq!(names(&step(&mut lifecycle, 1, Input::Refresh))[1], format!("login {number}"));
        let error = Error::new(ErrorCode::SecondFactorRequired, "no answer");
        let effects = names(&step(&mut lifecycle, 1, Input::Ended(number, Ended::NoValue(error))));
        assert_eq!(effects, ["login_failed".to_owned(), format!("settle {number} second_factor_required")]);
        assert_eq!(names(&step(&mut lifecycle, 1, Input::Want)), ["hand out one"]);
    }
    step(&mut lifecycle, 2, Input::Refresh);
    let wrong = answered(refused(ErrorCode::SecondFactorRejected), 2);
    step(&mut lifecycle, 2, Input::Ended(3, wrong));
    assert_eq!(names(&step(&mut lifecycle, 2, Input::Want)), ["hand out one"]);
    assert_eq!(names(&step(&mut lifecycle, 2, Input::Refresh)), ["wait 4", "login 4"]);
}

fn challenged() -> Lifecycle {
    let mut lifecycle = Lifecycle::new(attended());
    step(&mut lifecycle, 0, Input::Login { force: false, part: LoginPart::First });
    step(&mut lifecycle, 0, Input::Ended(0, answered(Outcome::SecondFactor(asked()), 0)));
    assert_eq!(lifecycle.state(at(0)), State::Challenged);
    lifecycle
}

fn complete(asked: &Arc<SecondFactor>) -> Input {
    Input::Complete { asked: Arc::clone(asked), given: (FactorKind::Otp, Secret::new("123456")), force: false }
}

fn pending(lifecycle: &Lifecycle) -> Arc<SecondFactor> {
    Arc::clone(lifecycle.challenged(at(1)).expect("a challenge"))
}

#[test]
fn a_challenge_is_completed_once_and_a_caller_that_asks_again_gets_what_came_of_it() {
    let mut lifecycle = challenged();
    let asked = pending(&lifecycle);
    assert_eq!(names(&step(&mut lifecycle, 10, complete(&asked))), ["wait 1", "login 1"]);
    assert_eq!(names(&step(&mut lifecycle, 11, complete(&asked))), ["wait 1"]);
    granted(&mut lifecycle, 12, 1, grant("one", END));
    assert_eq!(names(&step(&mut lifecycle, 13, complete(&asked))), ["hand out one"]);
}

#[test]
fn a_challenge_is_over_after_a_refused_factor_and_after_its_time() {
    let mut lifecycle = challenged();
    let asked = pending(&lifecycle);
    step(&mut lifecycle, 10, complete(&asked));
    step(&mut lifecycle, 10, Input::Ended(1, answered(refused(ErrorCode::SecondFactorRejected), 10)));
    assert_eq!(names(&step(&mut lifecycle, 11, complete(&asked))), ["refuse second_factor_required"]);
    let mut lifecycle = challenged();
    let asked = pending(&lifecycle);
    assert_eq!(names(&step(&mut lifecycle, 900, complete(&asked))), ["refuse second_factor_required"]);
}

#[test]
fn a_challenge_of_a_refresh_is_completed_though_the_token_is_good_and_an_older_one_is_not() {
    let mut lifecycle = active(attended());
    let mut handles = Vec::new();
    for number in 0..2 {
        step(&mut lifecycle, 1, Input::Refresh);
        step(&mut lifecycle, 1, Input::Ended(number, answered(Outcome::SecondFactor(asked()), 1)));
        handles.push(pending(&lifecycle));
    }
    assert_eq!(names(&step(&mut lifecycle, 2, complete(&handles[0]))), ["refuse second_factor_required"]);
    assert_eq!(names(&step(&mut lifecycle, 2, complete(&handles[1]))), ["wait 2", "login 2"]);
    granted(&mut lifecycle, 2, 2, grant("two", END));
    assert_eq!(names(&step(&mut lifecycle, 3, complete(&handles[1]))), ["hand out two"]);
}

#[test]
fn a_second_step_that_was_not_sent_is_sent_again_and_one_that_was_lost_is_not() {
    let mut lifecycle = challenged();
    let asked = pending(&lifecycle);
    step(&mut lifecycle, 10, complete(&asked));
    let unsent = Ended::NotSent(Error::new(ErrorCode::Transport, "down"));
    assert!(step(&mut lifecycle, 10, Input::Ended(1, unsent)).is_empty());
    assert_eq!(names(&step(&mut lifecycle, 11, Input::Wake { used: false })), ["login 1"]);
    let lost = Ended::Ambiguous(Error::new(ErrorCode::Timeout, "no answer"));
    assert_eq!(names(&step(&mut lifecycle, 12, Input::Ended(1, lost))), ["login_failed", "settle 1 timeout"]);
    assert_eq!(names(&step(&mut lifecycle, 13, complete(&asked))), ["refuse second_factor_required"]);
}

#[test]
fn a_second_step_that_the_server_did_not_look_at_leaves_the_challenge() {
    let mut lifecycle = challenged();
    let asked = pending(&lifecycle);
    step(&mut lifecycle, 10, complete(&asked));
    let busy = Error::new(ErrorCode::RateLimited, "busy").with_status(429);
    step(&mut lifecycle, 10, Input::Ended(1, answered(Outcome::Busy(busy), 10)));
    assert_eq!(names(&step(&mut lifecycle, 20, complete(&asked))), ["wait 2", "login 2"]);
}

/// A login with a factor that is held, in two steps: what is asked for once is kept for the next try.
#[test]
fn nobody_is_asked_twice_for_one_login_whatever_becomes_of_its_requests() {
    let mut lifecycle = Lifecycle::new(Rules { holds_factor: true, ..attended() });
    step(&mut lifecycle, 0, Input::Login { force: false, part: LoginPart::Whole(None) });
    let effects = step(&mut lifecycle, 0, Input::Ended(0, answered(Outcome::SecondFactor(asked()), 0)));
    let [Effect::Send(0, Exchange::Login { part: LoginPart::Second(asked, None), .. })] = &effects[..] else {
        panic!("not the second step: {:?}", names(&effects))
    };
    let given = Some((FactorKind::Otp, Secret::new("123456")));
    step(&mut lifecycle, 1, Input::Supplied(0, LoginPart::Second(Arc::clone(asked), given.clone())));
    for seconds in [1, 10] {
        let unsent = Ended::NotSent(Error::new(ErrorCode::Transport, "down"));
        assert!(step(&mut lifecycle, seconds, Input::Ended(0, unsent)).is_empty());
        assert!(lifecycle.wake_at() > Some(at(seconds).boot), "it backs off");
        let effects = step(&mut lifecycle, seconds + 5, Input::Wake { used: false });
        let [Effect::Send(0, Exchange::Login { part: LoginPart::Second(_, kept), .. })] = &effects[..] else {
            panic!("not sent again: {:?}", names(&effects))
        };
        assert_eq!(*kept, given);
    }
    let late = Ended::NotSent(Error::new(ErrorCode::Transport, "down"));
    let effects = step(&mut lifecycle, 40, Input::Ended(0, late));
    assert_eq!(names(&effects), ["login_failed", "settle 0 transport"]);
    assert!(lifecycle.challenged(at(40)).is_some(), "the human can go on by hand");
}

#[test]
fn a_challenge_that_is_over_leaves_a_session_that_can_log_in_by_itself_alive() {
    let mut lifecycle = active(rules());
    step(&mut lifecycle, END + 2, Input::Want);
    let limit = END + 800;
    let asked = SecondFactor { expires_at: at(limit).unix, ..asked() };
    step(&mut lifecycle, END + 2, Input::Ended(0, answered(Outcome::SecondFactor(asked), END + 2)));
    assert_eq!(names(&step(&mut lifecycle, END + 3, Input::Want)), ["refuse second_factor_required"]);
    assert_eq!(names(&step(&mut lifecycle, limit, Input::Want)), ["wait 1", "login 1"]);
}

#[test]
fn a_mistyped_code_of_a_refresh_leaves_the_session_as_it_was() {
    let mut lifecycle = active(attended());
    step(&mut lifecycle, 1, Input::Refresh);
    let wrong = answered(refused(ErrorCode::SecondFactorRejected), 1);
    let effects = step(&mut lifecycle, 1, Input::Ended(0, wrong));
    assert_eq!(names(&effects), ["login_failed", "settle 0 second_factor_rejected"]);
    assert_eq!(names(&step(&mut lifecycle, END + 2, Input::Wake { used: true })), ["relogin_required"]);
}

#[test]
fn nobody_is_asked_twice_because_a_code_came_late() {
    let mut lifecycle = active(Rules { fresh_codes: true, ..attended() });
    step(&mut lifecycle, 1, Input::Refresh);
    let late = answered(refused(ErrorCode::SecondFactorRejected), 1);
    let effects = step(&mut lifecycle, 1, Input::Ended(0, late));
    assert_eq!(names(&effects), ["login_failed", "settle 0 second_factor_rejected"]);
    assert_eq!(names(&step(&mut lifecycle, 2, Input::Want)), ["hand out one"]);
}

#[test]
fn a_session_that_only_a_human_can_renew_says_so_when_its_token_is_refused() {
    let mut lifecycle = active(attended());
    let effects = step(&mut lifecycle, 1, Input::Unauthorized(Secret::new("one")));
    assert_eq!(names(&effects), ["publish false", "unauthorized", "relogin_required", "refuse relogin_required"]);
    assert_eq!(lifecycle.wake_at(), None, "once");
}

#[test]
fn a_value_that_is_good_for_one_login_is_not_sent_again() {
    let mut lifecycle = Lifecycle::new(Rules { one_login: true, ..attended() });
    step(&mut lifecycle, 0, Input::Login { force: false, part: LoginPart::Whole(None) });
    granted(&mut lifecycle, 0, 0, grant("one", END));
    assert_eq!(names(&step(&mut lifecycle, 1, Input::Refresh)), ["refuse relogin_required"]);
    assert_eq!(names(&step(&mut lifecycle, 1, Input::Want)), ["hand out one"]);
}
