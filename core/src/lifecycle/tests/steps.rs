//! One situation, one step, one expectation.

use std::time::Duration;

use super::super::*;
use crate::freshness::{Margins, Timing};
use crate::secret::Secret;
use crate::time::UnixTime;

const START: i64 = 1_000_000;

pub(in crate::lifecycle) fn rules() -> Rules {
    Rules {
        can_login: true,
        may_relogin: true,
        keep_alive: false,
        ended_elsewhere: false,
        margins: Margins::default(),
        flight_limit: Duration::from_secs(30),
        replay_grace: Duration::ZERO,
        attended: false,
        fresh_codes: false,
        one_login: false,
        holds_factor: false,
        renewal: Renewal::AnyTime,
        default_lifetime: Duration::from_secs(1200),
    }
}

pub(super) fn without_credentials() -> Rules {
    Rules { can_login: false, ..rules() }
}

pub(super) fn at(seconds: i64) -> Now {
    Now { boot: BootTime(seconds * 1000), unix: UnixTime((START + seconds) * 1000) }
}

pub(super) fn grant(name: &str, lifetime: i64) -> Grant {
    let expiry = Expiry::After(Duration::from_secs(u64::try_from(lifetime).unwrap()));
    let refresh_token = Some(Secret::new(format!("refresh {name}")));
    Grant { access_token: Secret::new(name), refresh_token, expiry, details: None }
}

pub(super) fn answered(outcome: Outcome, seconds: i64) -> Ended {
    let time = BootTime(seconds * 1000);
    Ended::Answered(outcome, Timing { sent: time, received: time, date: None })
}

pub(super) fn lost() -> Ended {
    Ended::Ambiguous(Error::new(ErrorCode::Timeout, "no answer"))
}

pub(super) fn refused(code: ErrorCode) -> Outcome {
    Outcome::Rejected(Error::new(code, "refused").with_status(401))
}

/// An active session with token "one", obtained at 0 s, good for 1200 s.
pub(in crate::lifecycle) fn active(rules: Rules) -> Lifecycle {
    Lifecycle::resumed(rules, ServerClock::default(), grant("one", 1200), at(0), 0.0).0
}

pub(super) fn step(lifecycle: &mut Lifecycle, seconds: i64, input: Input) -> Vec<Effect> {
    lifecycle.step(at(seconds), 0.0, input)
}

/// What a server says that asks for a second factor, until 900 s.
pub(in crate::lifecycle) fn asked() -> SecondFactor {
    SecondFactor {
        token: Secret::new("made-up-register-token"),
        methods: vec![FactorKind::Otp],
        expires_at: UnixTime((START + 900) * 1000),
        fields: serde_json::Map::new(),
    }
}

/// The names of the effects, with what tells them apart.
pub(super) fn names(effects: &[Effect]) -> Vec<String> {
    let name = |effect: &Effect| match effect {
        Effect::HandOut(held) => format!("hand out {}", held.grant.access_token.expose()),
        Effect::Wait(number) => format!("wait {number}"),
        Effect::Refuse(error) => format!("refuse {}", error.code().as_str()),
        Effect::Send(number, Exchange::Login { .. }) => format!("login {number}"),
        Effect::Send(number, Exchange::Refresh(_)) => format!("refresh {number}"),
        Effect::Publish(held) => format!("publish {}", held.is_some()),
        Effect::Store(number, _) => format!("store {number}"),
        Effect::Forget(_) => "forget".to_owned(),
        Effect::EndOnServer(held) => format!("end {}", held.grant.access_token.expose()),
        Effect::Announce(event) => event.kind.as_str().to_owned(),
        Effect::Release(number) => format!("release {number}"),
        Effect::Settle(number, Ok(held)) => format!("settle {number} {}", held.grant.access_token.expose()),
        Effect::Settle(number, Err(error)) => format!("settle {number} {}", error.code().as_str()),
    };
    effects.iter().map(name).collect()
}

#[test]
fn a_first_login_is_in_use_before_it_is_stored_and_stored_before_it_is_announced() {
    let mut lifecycle = Lifecycle::new(rules());
    assert_eq!(lifecycle.state(at(0)), State::New);
    assert_eq!(
        names(&step(&mut lifecycle, 0, Input::Login { force: false, part: LoginPart::Whole(None) })),
        ["wait 0", "login 0"]
    );
    assert_eq!(lifecycle.state(at(0)), State::LoggingIn);
    let ended = Input::Ended(0, answered(Outcome::Granted(grant("one", 1200)), 0));
    assert_eq!(names(&step(&mut lifecycle, 0, ended)), ["publish true", "store 0"]);
    assert_eq!(names(&step(&mut lifecycle, 0, Input::Want)), ["hand out one"]);
    assert_eq!(names(&step(&mut lifecycle, 0, Input::Stored(0, Ok(())))), ["logged_in", "settle 0 one"]);
    assert_eq!(lifecycle.state(at(0)), State::Active);
}

#[test]
fn a_failing_store_is_an_event_and_never_a_lost_token() {
    let mut lifecycle = active(rules());
    step(&mut lifecycle, 1, Input::Refresh);
    step(&mut lifecycle, 1, Input::Ended(0, answered(Outcome::Granted(grant("two", 1200)), 1)));
    let failed = Input::Stored(0, Err(Error::new(ErrorCode::Store, "disk full")));
    assert_eq!(names(&step(&mut lifecycle, 1, failed)), ["store_failed", "refreshed", "settle 0 two"]);
}

#[test]
fn callers_in_the_mandatory_window_share_one_flight() {
    let mut lifecycle = active(rules());
    assert_eq!(names(&step(&mut lifecycle, 1180, Input::Want)), ["wait 0", "refresh 0"]);
    for input in [Input::Want, Input::Refresh, Input::Unauthorized(Secret::new("one"))] {
        let names = names(&step(&mut lifecycle, 1181, input));
        assert!(names.contains(&"wait 0".to_owned()) && !names.contains(&"refresh 0".to_owned()), "{names:?}");
    }
}

#[test]
fn a_caller_in_the_advisory_window_gets_the_token_and_starts_the_refresh() {
    let mut lifecycle = active(rules());
    assert_eq!(names(&step(&mut lifecycle, 1000, Input::Want)), ["hand out one", "refresh 0"]);
    assert_eq!(names(&step(&mut lifecycle, 1000, Input::Want)), ["hand out one"]);
}

#[test]
fn the_timer_refreshes_a_session_that_was_used_and_leaves_an_unused_one_alone() {
    for (used, keep_alive, expected) in [(true, false, true), (false, false, false), (false, true, true)] {
        let mut lifecycle = active(Rules { keep_alive, ..rules() });
        assert_eq!(lifecycle.wake_at(), Some(BootTime(900_000)));
        let effects = names(&step(&mut lifecycle, 900, Input::Wake { used }));
        assert_eq!(effects == ["refresh 0"], expected, "{effects:?}");
        assert_eq!(lifecycle.wake_at(), None);
    }
}

#[test]
fn a_refresh_that_fails_leaves_a_valid_token_in_use() {
    for ended in [lost(), answered(refused(ErrorCode::AccessDenied), 1180), Ended::NotSent(Error::closed("no"))] {
        let mut lifecycle = active(without_credentials());
        step(&mut lifecycle, 1180, Input::Want);
        step(&mut lifecycle, 1181, Input::Ended(0, ended));
        let effects = names(&step(&mut lifecycle, 1182, Input::Want));
        assert!(effects[0] == "hand out one" && !effects.contains(&"wait 1".to_owned()), "{effects:?}");
        assert!(lifecycle.valid(at(1199)).is_some() && lifecycle.valid(at(1200)).is_none());
    }
}

#[test]
fn a_lost_answer_is_healed_by_one_login_in_the_same_flight() {
    let mut lifecycle = active(rules());
    step(&mut lifecycle, 1300, Input::Want);
    assert_eq!(names(&step(&mut lifecycle, 1301, Input::Ended(0, lost()))), ["refresh_failed", "login 0"]);
    step(&mut lifecycle, 1302, Input::Ended(0, answered(Outcome::Granted(grant("two", 1200)), 1302)));
    assert_eq!(names(&step(&mut lifecycle, 1302, Input::Stored(0, Ok(())))), ["logged_in", "settle 0 two"]);
}

#[test]
fn a_lost_answer_without_credentials_needs_a_login_and_the_spent_token_stays_home() {
    let mut lifecycle = active(without_credentials());
    step(&mut lifecycle, 1300, Input::Want);
    let effects = step(&mut lifecycle, 1301, Input::Ended(0, lost()));
    assert_eq!(names(&effects), ["refresh_failed", "relogin_required", "settle 0 relogin_required"]);
    let Some(Effect::Refuse(error)) = step(&mut lifecycle, 5000, Input::Want).pop() else { panic!("not refused") };
    assert_eq!(error.cause(), Some(Cause::RotationLost));
    assert_eq!(lifecycle.state(at(5000)), State::NeedsLogin);
}

#[test]
fn a_provider_with_a_grace_is_asked_once_more_within_it() {
    let mut lifecycle = active(Rules { replay_grace: Duration::from_secs(10), ..without_credentials() });
    step(&mut lifecycle, 1300, Input::Want);
    assert_eq!(names(&step(&mut lifecycle, 1305, Input::Ended(0, lost()))), ["refresh 0"]);
    let effects = step(&mut lifecycle, 1306, Input::Ended(0, lost()));
    assert_eq!(names(&effects), ["refresh_failed", "relogin_required", "settle 0 relogin_required"]);
}

#[test]
fn refused_credentials_end_the_healing_for_good() {
    let mut lifecycle = active(rules());
    step(&mut lifecycle, 1300, Input::Want);
    step(&mut lifecycle, 1300, Input::Ended(0, answered(refused(ErrorCode::InvalidCredentials), 1300)));
    let effects = step(&mut lifecycle, 1301, Input::Ended(0, answered(refused(ErrorCode::InvalidCredentials), 1301)));
    assert_eq!(names(&effects), ["login_failed", "relogin_required", "settle 0 relogin_required"]);
    for seconds in [1302, 99_999] {
        assert_eq!(names(&step(&mut lifecycle, seconds, Input::Want)), ["refuse relogin_required"]);
    }
}

#[test]
fn a_second_factor_that_needs_a_human_is_asked_for_by_an_error_and_not_again() {
    let mut lifecycle = Lifecycle::new(rules());
    step(&mut lifecycle, 0, Input::Login { force: false, part: LoginPart::Whole(None) });
    let effects = step(&mut lifecycle, 0, Input::Ended(0, answered(Outcome::SecondFactor(asked()), 0)));
    assert_eq!(names(&effects), ["challenged", "settle 0 second_factor_required"]);
    assert_eq!(lifecycle.state(at(0)), State::Challenged);
    assert_eq!(names(&step(&mut lifecycle, 1, Input::Want)), ["refuse second_factor_required"]);
}

#[test]
fn a_forked_child_uses_the_token_and_never_spends_the_refresh_token() {
    let held = active(rules()).held().cloned();
    let mut child = Lifecycle::inherited(without_credentials(), held.clone(), false);
    assert_eq!(names(&step(&mut child, 1190, Input::Want)), ["hand out one"]);
    assert_eq!(names(&step(&mut child, 1190, Input::Refresh)), ["refuse forked_session"]);
    assert_eq!(names(&step(&mut child, 1200, Input::Want)), ["refuse forked_session"]);
    let mut child = Lifecycle::inherited(rules(), held, false);
    assert_eq!(names(&step(&mut child, 1200, Input::Want)), ["wait 0", "login 0"]);
}

#[test]
fn a_forked_child_does_not_spend_a_value_for_one_login_again() {
    let held = active(rules()).held().cloned();
    let once = Rules { attended: true, one_login: true, ..rules() };
    let mut child = Lifecycle::inherited(once, held.clone(), false);
    assert_eq!(names(&step(&mut child, 1190, Input::Refresh)), ["refuse forked_session"]);
    let mut child = Lifecycle::inherited(Rules { attended: true, ..rules() }, held, false);
    assert_eq!(names(&step(&mut child, 1190, Input::Refresh)), ["wait 0", "login 0"], "a callback may be asked again");
}

#[test]
fn a_forked_child_does_not_show_its_parents_refresh_token_and_shows_its_own() {
    let parent = active(rules());
    assert!(!parent.is_spent());
    let mut child = Lifecycle::inherited(rules(), parent.held().cloned(), false);
    assert!(child.is_spent());
    step(&mut child, 1300, Input::Want);
    step(&mut child, 1300, Input::Ended(0, answered(Outcome::Granted(grant("own", 1200)), 1300)));
    assert!(!child.is_spent());
}

#[test]
fn an_attended_session_that_has_ended_says_that_a_refresh_asks_and_keeps_it() {
    let held = |rules: Rules| {
        let mut lifecycle = active(rules);
        let grant = lifecycle.held().map(|held| Grant { refresh_token: None, ..held.grant.clone() });
        let held = lifecycle.hold(at(0), grant.expect("an active session holds tokens"), 0.0);
        lifecycle.holding.adopt(at(0).boot, Arc::new(held));
        let effects = step(&mut lifecycle, 1300, Input::Want);
        let [Effect::Refuse(error)] = &effects[..] else { panic!("{effects:?}") };
        assert_eq!(error.cause(), Some(Cause::FactorRequired));
        error.to_string()
    };
    assert!(held(Rules { attended: true, ..rules() }).contains("session.refresh()"));
    // Where a refresh could not: the credentials may not be used, or their value was good for one login.
    assert!(!held(Rules { attended: true, may_relogin: false, ..rules() }).contains("session.refresh()"));
    assert!(!held(Rules { attended: true, can_login: false, ..rules() }).contains("session.refresh()"));
}

#[test]
fn a_refresh_token_from_elsewhere_that_is_refused_says_that_each_refresh_replaces_it() {
    let refuse = |lifecycle: &mut Lifecycle, seconds: i64, number: FlightNumber| {
        step(lifecycle, seconds, Input::Refresh);
        let ended = answered(refused(ErrorCode::InvalidCredentials), seconds);
        let effects = step(lifecycle, seconds, Input::Ended(number, ended));
        let Some(Effect::Settle(_, Err(error))) = effects.last() else { panic!("{effects:?}") };
        assert_eq!(error.cause(), Some(Cause::RefreshRejected));
        error.to_string()
    };
    let told = "`refreshed`";
    assert!(refuse(&mut active(without_credentials()), 10, 0).contains(told));
    let mut lifecycle = active(without_credentials());
    step(&mut lifecycle, 1, Input::Refresh);
    step(&mut lifecycle, 1, Input::Ended(0, answered(Outcome::Granted(grant("two", 1200)), 1)));
    step(&mut lifecycle, 1, Input::Stored(0, Ok(())));
    assert!(!refuse(&mut lifecycle, 10, 1).contains(told), "this one came of a refresh of its own");
}

#[test]
fn an_inherited_session_that_was_closed_stays_closed() {
    let mut child = Lifecycle::inherited(rules(), None, true);
    assert_eq!(names(&step(&mut child, 0, Input::Want)), ["refuse closed"]);
}

#[test]
fn logout_settles_those_who_wait_and_a_late_answer_changes_nothing() {
    let mut lifecycle = active(rules());
    step(&mut lifecycle, 1300, Input::Want);
    let effects = step(&mut lifecycle, 1300, Input::Close);
    assert_eq!(names(&effects), ["publish false", "forget", "logged_out", "settle 0 closed"]);
    let late = Input::Ended(0, answered(Outcome::Granted(grant("two", 1200)), 1301));
    assert_eq!(names(&step(&mut lifecycle, 1301, late)), ["end two"]);
    assert_eq!(lifecycle.state(at(1301)), State::Closed);
    assert_eq!(names(&step(&mut lifecycle, 1301, Input::Want)), ["refuse closed"]);
}

#[test]
fn logout_ends_a_good_token_on_the_server_but_not_in_a_forked_child() {
    let mut lifecycle = active(rules());
    assert_eq!(names(&step(&mut lifecycle, 1, Input::Close)), ["publish false", "forget", "end one", "logged_out"]);
    let mut child = Lifecycle::inherited(rules(), active(rules()).held().cloned(), false);
    assert_eq!(names(&step(&mut child, 1, Input::Close)), ["publish false", "forget", "logged_out"]);
}

#[test]
fn a_token_that_is_issued_expired_is_taken_to_live_its_usual_time() {
    let mut lifecycle = active(rules());
    step(&mut lifecycle, 1, Input::Refresh);
    let past = Grant { expiry: Expiry::At(UnixTime(0)), ..grant("two", 0) };
    step(&mut lifecycle, 1, Input::Ended(0, answered(Outcome::Granted(past), 1)));
    assert!(lifecycle.valid(at(1200)).is_some());
}

#[test]
fn a_session_without_refresh_token_and_credentials_says_what_it_lacks() {
    let bare = Grant { refresh_token: None, ..grant("one", 1200) };
    let mut lifecycle = Lifecycle::resumed(without_credentials(), ServerClock::default(), bare, at(0), 0.0).0;
    assert_eq!(names(&step(&mut lifecycle, 1190, Input::Want)), ["hand out one"]);
    let Some(Effect::Refuse(error)) = step(&mut lifecycle, 1200, Input::Want).pop() else { panic!("not refused") };
    assert_eq!(error.cause(), Some(Cause::NoRefreshToken));
}

#[test]
fn a_token_that_is_refused_while_it_is_stored_is_replaced_before_anybody_gets_it() {
    let mut lifecycle = active(rules());
    step(&mut lifecycle, 1, Input::Refresh);
    step(&mut lifecycle, 1, Input::Ended(0, answered(Outcome::Granted(grant("two", 1200)), 1)));
    let effects = step(&mut lifecycle, 2, Input::Unauthorized(Secret::new("two")));
    assert_eq!(names(&effects), ["publish false", "unauthorized", "wait 0"]);
    assert_eq!(names(&step(&mut lifecycle, 3, Input::Stored(0, Ok(())))), ["refreshed", "refresh 0"]);
    step(&mut lifecycle, 3, Input::Ended(0, answered(Outcome::Granted(grant("three", 1200)), 3)));
    assert_eq!(names(&step(&mut lifecycle, 3, Input::Stored(0, Ok(())))), ["refreshed", "settle 0 three"]);
}
