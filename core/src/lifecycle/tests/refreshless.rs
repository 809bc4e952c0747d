//! Systems without a refresh: all tokens of a day end together, and a renewal is a login.

use std::sync::Arc;
use std::time::Duration;

use super::super::*;
use super::steps::{answered, at, names, rules as with_refresh, step};
use crate::grant::{Details, Feed};
use crate::secret::Secret;
use crate::time::UnixTime;

/// The common end, in seconds of the tests' clock; a login is of use from 2 s after it.
pub(super) const END: i64 = 3600;

pub(super) fn rules() -> Rules {
    let renewal = Renewal::Daily { end: at(END).unix.time_of_day(), gap: Duration::from_secs(2) };
    Rules { fresh_codes: true, ended_elsewhere: true, renewal, ..with_refresh() }
}

pub(super) fn grant(name: &str, end: i64) -> Grant {
    let details =
        Details { feed: Some(Feed { url: None, token: Secret::new(name), user: None }), ..Details::default() };
    Grant {
        access_token: Secret::new(name),
        refresh_token: None,
        expiry: Expiry::At(UnixTime(at(end).unix.0)),
        details: Some(Arc::new(details)),
    }
}

pub(super) fn active(rules: Rules) -> Lifecycle {
    Lifecycle::resumed(rules, ServerClock::default(), grant("one", END), at(0), 0.0).0
}

pub(super) fn granted(lifecycle: &mut Lifecycle, seconds: i64, number: FlightNumber, grant: Grant) -> Vec<String> {
    let mut effects =
        names(&step(lifecycle, seconds, Input::Ended(number, answered(Outcome::Granted(grant), seconds))));
    effects.extend(names(&step(lifecycle, seconds, Input::Stored(number, Ok(())))));
    effects
}

#[test]
fn a_token_is_handed_out_to_the_common_end_and_then_replaced_by_one_login() {
    let mut lifecycle = active(rules());
    for seconds in [0, END - 300, END - 1] {
        assert_eq!(names(&step(&mut lifecycle, seconds, Input::Want)), ["hand out one"], "at {seconds}");
    }
    // Before the new day begins by any reading of the server's clock a login would yield the same end again.
    assert_eq!(names(&step(&mut lifecycle, END, Input::Want)), ["wait 0"]);
    assert_eq!(names(&step(&mut lifecycle, END + 1, Input::Want)), ["wait 0"]);
    assert_eq!(lifecycle.wake_at(), Some(at(END + 2).boot));
    assert_eq!(names(&step(&mut lifecycle, END + 2, Input::Wake { used: true })), ["login 0"]);
    let effects = granted(&mut lifecycle, END + 2, 0, grant("two", END + 86_400));
    assert_eq!(effects, ["publish true", "store 0", "logged_in", "feed_changed", "settle 0 two"]);
    assert_eq!(names(&step(&mut lifecycle, END + 3, Input::Want)), ["hand out two"]);
}

#[test]
fn an_unused_session_logs_in_after_the_end_only_if_it_is_kept_alive() {
    let mut lazy = active(rules());
    assert!(step(&mut lazy, END + 2, Input::Wake { used: true }).is_empty());
    let mut kept = active(Rules { keep_alive: true, ..rules() });
    assert_eq!(kept.wake_at(), Some(at(END + 2).boot));
    assert_eq!(names(&step(&mut kept, END + 2, Input::Wake { used: false })), ["login 0"]);
    let (spread, _) = Lifecycle::resumed(rules(), ServerClock::default(), grant("one", END), at(0), 1.0);
    assert_eq!(spread.wake_at(), Some(at(END + 62).boot), "a fleet does not log in at once");
}

#[test]
fn a_refused_token_and_an_explicit_refresh_do_not_wait_for_the_end() {
    let mut lifecycle = active(rules());
    assert_eq!(names(&step(&mut lifecycle, 100, Input::Refresh)), ["wait 0", "login 0"]);
    granted(&mut lifecycle, 100, 0, grant("two", END));
    let report = Input::Unauthorized(Secret::new("two"));
    assert_eq!(names(&step(&mut lifecycle, 200, report)), ["publish false", "unauthorized", "wait 1", "login 1"]);
}

#[test]
fn a_token_of_the_last_second_of_the_day_is_not_taken_for_one_of_a_wrong_clock() {
    let mut lifecycle = Lifecycle::new(rules());
    step(&mut lifecycle, END, Input::Login { force: false, part: LoginPart::Whole(None) });
    // Nobody can use it: the flight goes on with the new day, after a pause.
    assert_eq!(granted(&mut lifecycle, END, 0, grant("one", END)), ["publish true", "store 0", "logged_in"]);
    assert!(lifecycle.valid(at(END)).is_none());
    assert_eq!(lifecycle.wake_at(), Some(at(END + 5).boot));
    assert_eq!(names(&step(&mut lifecycle, END + 5, Input::Wake { used: false })), ["login 0"]);
    // An hour after its end it can only be that a clock is wrong: the default lifetime keeps logins apart.
    granted(&mut lifecycle, END + 3600, 0, grant("two", END));
    assert!(lifecycle.valid(at(END + 3600)).is_some());
}

#[test]
fn what_is_granted_after_a_logout_is_ended_on_the_server() {
    let mut lifecycle = active(rules());
    step(&mut lifecycle, 1, Input::Refresh);
    step(&mut lifecycle, 1, Input::Close);
    let late = Input::Ended(0, answered(Outcome::Granted(grant("two", END)), 2));
    assert_eq!(names(&step(&mut lifecycle, 2, late)), ["end two"]);
}

#[test]
fn two_programs_that_end_each_others_sessions_calm_down() {
    let mut lifecycle = active(rules());
    let (mut now, mut logins) = (1, 0);
    while now < 3000 {
        let token = lifecycle.held().expect("a token").grant.access_token.clone();
        let effects = names(&step(&mut lifecycle, now, Input::Unauthorized(token)));
        if effects.last().is_some_and(|last| last.starts_with("login")) {
            logins += 1;
            granted(&mut lifecycle, now, logins - 1, grant(&format!("{logins} of it"), END));
        }
        now += 10;
    }
    assert!(logins <= 7, "{logins} logins in 50 minutes");
}

#[test]
fn a_token_that_ends_at_another_time_is_renewed_like_any() {
    let other = grant("one", END - 600);
    let mut lifecycle = Lifecycle::resumed(rules(), ServerClock::default(), other, at(0), 0.0).0;
    assert_eq!(names(&step(&mut lifecycle, END - 700, Input::Want)), ["hand out one", "login 0"]);
}
