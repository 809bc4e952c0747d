//! What callers, and the server itself, say of a token: that it was refused.

use super::super::*;
use super::refreshless;
use super::steps::{active, answered, at, grant, names, rules, step};
use crate::secret::Secret;

fn report(lifecycle: &mut Lifecycle, seconds: i64, token: &str) -> Vec<String> {
    lifecycle.held().unwrap().handed.note();
    names(&step(lifecycle, seconds, Input::Unauthorized(Secret::new(token))))
}

fn granted(lifecycle: &mut Lifecycle, seconds: i64, number: FlightNumber, name: &str) {
    let has_refresh = lifecycle.rules.renewal == Renewal::AnyTime;
    let grant = grant(name, 1200);
    let refresh_token = grant.refresh_token.clone().filter(|_| has_refresh);
    let outcome = Outcome::Granted(Grant { refresh_token, ..grant });
    step(lifecycle, seconds, Input::Ended(number, answered(outcome, seconds)));
    step(lifecycle, seconds, Input::Stored(number, Ok(())));
}

/// Refuses the token that is held, twice, by the server's own word; it is replaced each time.
fn twice_unknown(lifecycle: &mut Lifecycle) {
    for (number, seconds) in [(0, 10), (1, 11)] {
        let token = lifecycle.held().unwrap().grant.access_token.clone();
        step(lifecycle, seconds, Input::Unknown(token));
        granted(lifecycle, seconds, number, &format!("{number} of it"));
    }
}

#[test]
fn a_late_401_for_an_older_token_returns_the_current_one_without_traffic() {
    let mut lifecycle = active(rules());
    step(&mut lifecycle, 1, Input::Refresh);
    granted(&mut lifecycle, 1, 0, "two");
    for seconds in [1, 10, 600] {
        assert_eq!(report(&mut lifecycle, seconds, "one"), ["hand out two"], "at {seconds}");
    }
}

#[test]
fn a_strangers_token_is_a_mistake_that_is_told_and_changes_nothing() {
    let mut lifecycle = active(rules());
    for text in ["nonsense", "", "refresh one"] {
        let effects = step(&mut lifecycle, 10, Input::Unauthorized(Secret::new(text)));
        let [Effect::Refuse(error)] = &effects[..] else { panic!("{effects:?}") };
        assert_eq!((error.code(), error.field()), (ErrorCode::InvalidConfig, Some("token")), "{text:?}");
    }
    assert_eq!(names(&step(&mut lifecycle, 11, Input::Want)), ["hand out one"]);
}

#[test]
fn a_forked_child_knows_the_tokens_of_its_parent() {
    let mut parent = active(rules());
    step(&mut parent, 1, Input::Refresh);
    granted(&mut parent, 1, 0, "two");
    let mut child = Lifecycle::inherited(rules(), parent.held().cloned(), false);
    assert_eq!(report(&mut child, 10, "one"), ["hand out two"]);
    assert_eq!(report(&mut child, 10, "nonsense"), ["refuse invalid_config"]);
}

/// Callers report what the session holds by then, though their requests carried the token before.
#[test]
fn however_many_callers_report_one_revocation_by_whatever_token_it_costs_one_refresh_and_no_error() {
    for callers in [2, 4, 8, 50, 200] {
        let mut lifecycle = active(rules());
        assert_eq!(report(&mut lifecycle, 10, "one"), ["publish false", "unauthorized", "wait 0", "refresh 0"]);
        assert_eq!(report(&mut lifecycle, 10, "one"), ["wait 0"]);
        granted(&mut lifecycle, 11, 0, "two");
        for caller in 0..callers {
            let reported = if caller % 3 == 0 { "one" } else { "two" };
            assert_eq!(report(&mut lifecycle, 11 + caller * 4 / callers, reported), ["hand out two"]);
        }
    }
}

#[test]
fn a_report_of_a_token_that_has_just_taken_the_place_of_another_costs_nothing() {
    let mut lifecycle = active(rules());
    lifecycle.held().unwrap().handed.note();
    step(&mut lifecycle, 1000, Input::Refresh);
    granted(&mut lifecycle, 1000, 0, "two");
    assert_eq!(report(&mut lifecycle, 1004, "two"), ["hand out two"]);
    assert_eq!(report(&mut lifecycle, 1005, "two"), ["publish false", "unauthorized", "wait 1", "refresh 1"]);
}

#[test]
fn a_token_before_that_nobody_was_given_or_that_had_ended_by_itself_is_not_meant() {
    let mut lifecycle = active(rules());
    step(&mut lifecycle, 1, Input::Refresh);
    granted(&mut lifecycle, 1, 0, "two");
    assert_eq!(report(&mut lifecycle, 1, "two"), ["publish false", "unauthorized", "wait 1", "refresh 1"]);
    let mut lifecycle = active(rules());
    lifecycle.held().unwrap().handed.note();
    step(&mut lifecycle, 1300, Input::Want);
    granted(&mut lifecycle, 1300, 0, "two");
    assert_eq!(report(&mut lifecycle, 1300, "two"), ["publish false", "unauthorized", "wait 1", "refresh 1"]);
}

#[test]
fn the_first_token_of_a_session_has_none_before_it_that_could_be_meant() {
    let mut lifecycle = Lifecycle::new(rules());
    step(&mut lifecycle, 0, Input::Login { force: false, part: LoginPart::Whole(None) });
    granted(&mut lifecycle, 0, 0, "one");
    assert_eq!(report(&mut lifecycle, 0, "one"), ["publish false", "unauthorized", "wait 1", "refresh 1"]);
}

#[test]
fn a_second_revocation_is_answered_by_a_second_refresh_and_a_third_by_an_error_for_a_minute() {
    let mut lifecycle = active(rules());
    report(&mut lifecycle, 10, "one");
    granted(&mut lifecycle, 10, 0, "two");
    assert_eq!(report(&mut lifecycle, 15, "two"), ["publish false", "unauthorized", "wait 1", "refresh 1"]);
    granted(&mut lifecycle, 15, 1, "three");
    assert_eq!(report(&mut lifecycle, 19, "three"), ["hand out three"], "a second try with it may well work");
    let effects = step(&mut lifecycle, 20, Input::Unauthorized(Secret::new("three")));
    let Some(Effect::Refuse(error)) = effects.last() else { panic!("{effects:?}") };
    assert_eq!((error.cause(), error.retry_at()), (Some(Cause::TokenRefused), Some(at(75).unix)));
    assert_eq!(names(&step(&mut lifecycle, 21, Input::Want)), ["hand out three"], "it may be good for other requests");
    assert_eq!(report(&mut lifecycle, 74, "three"), ["unauthorized", "refuse relogin_required"]);
    assert_eq!(report(&mut lifecycle, 75, "three"), ["publish false", "unauthorized", "wait 2", "refresh 2"]);
}

#[test]
fn a_server_that_refuses_all_it_issues_is_asked_for_two_tokens_a_minute_at_most() {
    let (mut lifecycle, mut asked) = (active(rules()), Vec::new());
    for tenth in 0..36_000 {
        let seconds = tenth / 10;
        let number = u32::try_from(asked.len()).unwrap();
        lifecycle.held().unwrap().handed.note();
        let token = lifecycle.held().unwrap().grant.access_token.clone();
        let effects = names(&step(&mut lifecycle, seconds, Input::Unauthorized(token)));
        if effects.contains(&format!("refresh {number}")) {
            asked.push(seconds);
            granted(&mut lifecycle, seconds, number, &format!("{number} of it"));
        }
    }
    assert!(asked.windows(3).all(|three| three[2] - three[0] >= 60), "{asked:?}");
    assert!(asked.len() <= 8, "an hour of it is not {} refreshes", asked.len());
}

#[test]
fn a_token_that_was_good_for_an_hour_has_nothing_to_do_with_the_refusals_before_it() {
    let mut lifecycle = refreshless::active(refreshless::rules());
    for (number, seconds) in [(0, 10), (1, 20), (2, 100)] {
        let token = lifecycle.held().unwrap().grant.access_token.clone();
        let effects = names(&step(&mut lifecycle, seconds, Input::Unauthorized(token)));
        assert_eq!(effects.last(), Some(&format!("login {number}")));
        granted(&mut lifecycle, seconds, number, &format!("{number} of it"));
    }
    let long = lifecycle.hold(at(100), grant("long", 100_000), 0.0);
    lifecycle.holding.adopt(at(100).boot, Arc::new(long));
    assert!(lifecycle.streak.blocked_until().is_some());
    report(&mut lifecycle, 3800, "long");
    assert_eq!(lifecycle.streak.blocked_until(), None);
}

/// The server's own word (`validate`): it knows of which token it speaks.
#[test]
fn a_token_that_the_server_says_it_does_not_know_is_replaced_or_not_handed_out_until_it_may_be() {
    let mut lifecycle = refreshless::active(refreshless::rules());
    let unknown = |lifecycle: &mut Lifecycle, seconds: i64| {
        let token = lifecycle.held().unwrap().grant.access_token.clone();
        names(&step(lifecycle, seconds, Input::Unknown(token)))
    };
    let login = |number: u32| {
        ["publish false".into(), "unauthorized".into(), format!("wait {number}"), format!("login {number}")]
    };
    assert_eq!(unknown(&mut lifecycle, 10), login(0));
    granted(&mut lifecycle, 10, 0, "two");
    assert_eq!(unknown(&mut lifecycle, 11), login(1), "no echo: the question carried this very token");
    granted(&mut lifecycle, 11, 1, "three");
    assert_eq!(unknown(&mut lifecycle, 12), ["publish false", "unauthorized", "refuse relogin_required"]);
    for seconds in [12, 30, 40] {
        let effects = step(&mut lifecycle, seconds, Input::Want);
        let [Effect::Refuse(error)] = &effects[..] else { panic!("{effects:?}") };
        assert_eq!((error.cause(), error.retry_at()), (Some(Cause::TokenRefused), Some(at(71).unix)));
        assert!(error.to_string().contains("Another login of the same user"), "{error}");
    }
    // Within a caller's time the pause is waited for.
    assert_eq!(names(&step(&mut lifecycle, 50, Input::Want)), ["wait 2"]);
    assert_eq!(names(&step(&mut lifecycle, 71, Input::Wake { used: false })), ["login 2"]);
}

#[test]
fn who_asks_for_new_tokens_need_not_wait_for_the_end_of_the_refusals() {
    let mut lifecycle = refreshless::active(refreshless::rules());
    twice_unknown(&mut lifecycle);
    step(&mut lifecycle, 12, Input::Unknown(Secret::new("1 of it")));
    assert_eq!(names(&step(&mut lifecycle, 13, Input::Refresh)), ["wait 2", "login 2"]);
}

#[test]
fn a_session_that_is_kept_alive_goes_on_after_the_pause_without_being_asked() {
    let mut lifecycle = refreshless::active(Rules { keep_alive: true, ..refreshless::rules() });
    twice_unknown(&mut lifecycle);
    step(&mut lifecycle, 12, Input::Unknown(Secret::new("1 of it")));
    assert_eq!(lifecycle.wake_at(), Some(at(71).boot));
    assert_eq!(names(&step(&mut lifecycle, 71, Input::Wake { used: false })), ["login 2"]);
}

#[test]
fn a_server_that_says_later_that_it_knows_the_token_after_all_gives_it_back() {
    let mut lifecycle = active(Rules { may_relogin: false, ..refreshless::rules() });
    lifecycle.holding.spend(Cause::RotationLost);
    step(&mut lifecycle, 10, Input::Unknown(Secret::new("one")));
    assert_eq!(names(&step(&mut lifecycle, 11, Input::Want)), ["refuse relogin_required"]);
    assert!(step(&mut lifecycle, 12, Input::Known(Secret::new("another"))).is_empty());
    assert_eq!(names(&step(&mut lifecycle, 12, Input::Known(Secret::new("one")))), ["publish true"]);
    assert_eq!(names(&step(&mut lifecycle, 13, Input::Want)), ["hand out one"]);
}
