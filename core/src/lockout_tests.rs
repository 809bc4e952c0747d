//! The ledger, without a clock.

use super::*;
use proptest::prelude::*;

#[path = "lockout/proven_tests.rs"]
mod proven;

const RULE: LockoutRule = LockoutRule { most: 2, window: Duration::from_secs(600) };
const SALT: Option<[u8; 16]> = Some([7; 16]);

fn at(seconds: i64) -> Now {
    Now { boot: BootTime(seconds * 1000), unix: UnixTime(seconds * 1000) }
}

/// What this process names credentials by, and another one.
fn key(number: u8) -> Key {
    Key::new(&[number; 32])
}

fn credential(bytes: &[u8]) -> Credential<'_> {
    Credential::new(&key(1), bytes, Along::Nothing)
}

fn end(
    ledger: &mut Ledger,
    seconds: i64,
    of: Credential,
    verdict: Verdict,
    salt: Option<[u8; 16]>,
) -> Result<(), Refusal> {
    let attempt = ledger.begin(at(seconds), RULE, of, false)?;
    ledger.settle(at(seconds), attempt, verdict, of, of.along != Along::Nothing, salt);
    Ok(())
}

fn fail(ledger: &mut Ledger, seconds: i64, bytes: &[u8], verdict: Verdict) -> Result<(), Refusal> {
    end(ledger, seconds, credential(bytes), verdict, SALT)
}

const REFUSED: Verdict = Verdict::Refused(401);
const FAILED: Verdict = Verdict::Failed(400);
const UNKNOWN: Verdict = Verdict::Unknown(500);

/// One whose entries were told.
fn too_many(retry_at: i64, failures: u32, after: &str) -> Refusal {
    Refusal::TooMany { retry_at: BootTime(retry_at), failures, after: after.to_owned() }
}

#[test]
fn the_third_failure_in_ten_minutes_is_not_sent() {
    let mut ledger = Ledger::default();
    fail(&mut ledger, 0, b"one", REFUSED).unwrap();
    fail(&mut ledger, 100, b"two", REFUSED).unwrap();
    let refusal = fail(&mut ledger, 101, b"three", REFUSED).unwrap_err();
    assert_eq!(refusal, too_many(601_000, 2, "HTTP 401 twice"));
    fail(&mut ledger, 602, b"three", REFUSED).unwrap();
}

#[test]
fn a_login_that_never_got_an_answer_counts_as_failed() {
    let mut ledger = Ledger::default();
    for _ in 0..2 {
        let _lost = ledger.begin(at(0), RULE, credential(b"right"), false).unwrap();
    }
    assert!(matches!(
        ledger.begin(at(1), RULE, credential(b"right"), false),
        Err(Refusal::TooMany { failures: 2, .. })
    ));
}

#[test]
fn a_login_without_an_answer_counts_for_a_minute_longer_for_it_may_arrive_late() {
    let lost = "a login without an answer twice";
    for (verdict, over, after) in [(FAILED, 601, "HTTP 400 twice"), (Verdict::Lost, 661, lost)] {
        let mut ledger = Ledger::default();
        for _ in 0..2 {
            fail(&mut ledger, 0, b"right", verdict).unwrap();
        }
        let refusal = fail(&mut ledger, over - 1, b"right", Verdict::Accepted).unwrap_err();
        assert_eq!(refusal, too_many(over * 1000, 2, after));
        fail(&mut ledger, over, b"right", Verdict::Accepted).unwrap();
    }
}

#[test]
fn a_refused_credential_is_not_sent_again_until_it_changes() {
    let mut ledger = Ledger::default();
    fail(&mut ledger, 0, b"wrong", REFUSED).unwrap();
    let later = 86_400;
    assert_eq!(fail(&mut ledger, later, b"wrong", Verdict::Accepted), Err(Refusal::SameCredential { failures: 0 }));
    fail(&mut ledger, later, b"right", Verdict::Accepted).unwrap();
    assert!(ledger.credentials.refused.is_none() && ledger.counted.is_empty());
}

#[test]
fn a_failure_that_is_not_about_the_credential_leaves_it_usable() {
    let mut ledger = Ledger::default();
    fail(&mut ledger, 0, b"right", FAILED).unwrap();
    fail(&mut ledger, 1, b"right", Verdict::Accepted).unwrap();
}

#[test]
fn what_was_not_sent_does_not_count() {
    let mut ledger = Ledger::default();
    for second in 0..50 {
        fail(&mut ledger, second, b"right", Verdict::NotCounted).unwrap();
    }
    assert!(ledger.is_empty());
}

#[test]
fn a_locked_account_is_left_alone_until_its_time() {
    let mut ledger = Ledger::default();
    ledger.lock(at(0), BootTime(600_000));
    let refusal = fail(&mut ledger, 599, b"right", Verdict::Accepted).unwrap_err();
    assert_eq!(refusal, Refusal::Locked { retry_at: BootTime(600_000), failures: 0 });
    fail(&mut ledger, 600, b"right", Verdict::Accepted).unwrap();
}

#[test]
fn force_overrides_all_of_it_and_is_counted() {
    let mut ledger = Ledger::default();
    fail(&mut ledger, 0, b"wrong", REFUSED).unwrap();
    fail(&mut ledger, 0, b"other", REFUSED).unwrap();
    ledger.begin(at(1), RULE, credential(b"wrong"), true).expect("forced");
    assert!(matches!(ledger.begin(at(2), RULE, credential(b"new"), false), Err(Refusal::TooMany { failures: 3, .. })));
}

#[test]
fn a_ledger_from_before_a_restart_still_counts_by_wall_time() {
    let mut ledger = Ledger::default();
    fail(&mut ledger, 1_000_000, b"a", FAILED).unwrap();
    fail(&mut ledger, 1_000_000, b"b", FAILED).unwrap();
    let restarted = Now { boot: BootTime(5_000), unix: UnixTime(1_000_060_000) };
    ledger.rebase(restarted, 42);
    assert!(ledger.begin(restarted, RULE, credential(b"c"), false).is_err());
    let later = Now { boot: BootTime(5_000 + 542_000), unix: UnixTime(1_000_602_000) };
    ledger.begin(later, RULE, credential(b"c"), false).expect("ten minutes have passed");
}

#[test]
fn what_a_wrong_clock_has_stored_counts_no_longer_than_what_happens_now() {
    let mut ledger = Ledger::default();
    let wrong = Now { boot: BootTime(9_000_000), unix: UnixTime(400_000_000_000) };
    for bytes in [b"a", b"b"] {
        let attempt = ledger.begin(wrong, RULE, credential(bytes), false).unwrap();
        ledger.settle(wrong, attempt, FAILED, credential(bytes), false, SALT);
    }
    ledger.lock(wrong, wrong.boot.after(Duration::from_secs(600)));
    ledger.rebase(at(5), 42);
    let refusal = ledger.begin(at(5), RULE, credential(b"c"), false).unwrap_err();
    assert_eq!(refusal, Refusal::Locked { retry_at: at(86_405).boot, failures: 2 });
    // The next restart, half a day on.
    let restarted = Now { boot: BootTime(1_000), unix: at(43_205).unix };
    ledger.rebase(restarted, 43);
    let refusal = ledger.begin(restarted, RULE, credential(b"c"), false).unwrap_err();
    assert_eq!(refusal, Refusal::Locked { retry_at: restarted.boot.after(Duration::from_secs(43_200)), failures: 0 });
}

#[test]
fn a_number_that_is_still_counted_is_not_given_again() {
    let mut ledger = Ledger::default();
    fail(&mut ledger, 0, b"one", FAILED).unwrap();
    let mut stored = serde_json::to_value(&ledger).unwrap();
    stored["next"] = stored["counted"][0]["number"].clone();
    let mut ledger: Ledger = serde_json::from_value(stored).unwrap();
    fail(&mut ledger, 1, b"two", Verdict::NotCounted).unwrap();
    fail(&mut ledger, 2, b"three", FAILED).unwrap();
    assert!(matches!(fail(&mut ledger, 3, b"four", FAILED), Err(Refusal::TooMany { failures: 2, .. })));
}

#[test]
fn a_step_is_used_once_unless_it_was_not_sent() {
    let mut ledger = Ledger::default();
    assert!(ledger.take_step(90));
    assert!(!ledger.take_step(90));
    assert!(ledger.take_step(120));
    ledger.return_step(120);
    assert!(ledger.take_step(120));
    let stored: Ledger = serde_json::from_str(&serde_json::to_string(&ledger).unwrap()).unwrap();
    assert!(!stored.clone().take_step(90), "a restart does not forget");
    assert!(!stored.is_empty());
}

#[test]
fn the_latest_steps_are_known_and_a_wrong_clock_makes_nobody_forget_them() {
    let mut ledger = Ledger::default();
    assert!(ledger.take_step(3_600));
    assert!(ledger.take_step(9_000_000) && ledger.take_step(0), "used while a clock was wrong");
    assert!(!ledger.take_step(3_600));
    assert!((1000..1060).all(|step| ledger.take_step(step)));
    assert_eq!(ledger.steps, (1000..1060).collect::<Vec<_>>());
}

#[test]
fn a_ledger_of_an_older_version_is_read() {
    let stored = r#"{"machine_start":1,"next":1,"counted":[],"locked_until":null,"refused":null}"#;
    assert!(serde_json::from_str::<Ledger>(stored).unwrap().is_empty());
}

#[test]
fn a_stored_ledger_holds_no_credential() {
    let mut ledger = Ledger::default();
    fail(&mut ledger, 0, b"made-up-password", REFUSED).unwrap();
    assert!(!serde_json::to_string(&ledger).unwrap().contains("made-up-password"));
}

#[test]
fn what_no_login_endpoint_saw_does_not_count() {
    let mut ledger = Ledger::default();
    for second in 0..600 {
        fail(&mut ledger, second * 3, b"right", Verdict::Unjudged(404)).unwrap();
    }
    fail(&mut ledger, 1800, b"wrong", REFUSED).unwrap();
    fail(&mut ledger, 1800, b"right", Verdict::Accepted).unwrap();
    assert_eq!(ledger.counted.len(), 1);
}

#[test]
fn what_comes_to_nothing_is_paced_though_it_does_not_count() {
    for verdict in [Verdict::Unjudged(404), UNKNOWN, Verdict::Lost] {
        let mut ledger = Ledger::default();
        fail(&mut ledger, 0, b"right", Verdict::Accepted).unwrap();
        for second in 0..30 {
            fail(&mut ledger, second, b"right", verdict).unwrap();
        }
        let refusal = fail(&mut ledger, 59, b"right", verdict).unwrap_err();
        let Refusal::Paced { retry_at, ref after } = refusal else { panic!("{refusal:?}") };
        assert_eq!((retry_at, after.ends_with(" 30 times")), (BootTime(60_000), true), "{after}");
        assert_eq!(refusal.error(at(59)).code(), crate::error::ErrorCode::RateLimited);
        fail(&mut ledger, 60, b"right", verdict).unwrap();
    }
}

#[test]
fn a_quick_hash_is_compared_within_its_process_and_a_slow_one_is_not_made_there() {
    let mut ledger = Ledger::default();
    end(&mut ledger, 0, credential(b"wrong"), REFUSED, None).unwrap();
    assert!(!ledger.may_hash(credential(b"wrong"), false));
    assert!(matches!(end(&mut ledger, 1, credential(b"wrong"), REFUSED, None), Err(Refusal::SameCredential { .. })));
    end(&mut ledger, 1, credential(b"right"), Verdict::Accepted, None).unwrap();
    assert!(!serde_json::to_string(&ledger).unwrap().contains("digest"));
}

#[test]
fn what_is_known_of_credentials_is_swept_by_age() {
    const DAY: i64 = 86_400;
    let mut ledger = Ledger::default();
    fail(&mut ledger, 0, b"wrong", REFUSED).unwrap();
    ledger.forget_old(at(7 * DAY - 1), RULE);
    assert!(!ledger.is_empty());
    ledger.forget_old(at(7 * DAY), RULE);
    assert!(ledger.is_empty());
    fail(&mut ledger, 0, b"right", Verdict::Accepted).unwrap();
    ledger.forget_old(at(90 * DAY - 1), RULE);
    assert!(!ledger.is_empty());
    ledger.forget_old(at(90 * DAY), RULE);
    assert!(ledger.is_empty());
}

#[test]
fn a_refusal_says_what_went_before_until_when_and_what_force_does() {
    let mut ledger = Ledger::default();
    fail(&mut ledger, 0, b"right", UNKNOWN).unwrap();
    fail(&mut ledger, 2, b"right", Verdict::Lost).unwrap();
    let now = at(3);
    let error = fail(&mut ledger, 3, b"right", UNKNOWN).unwrap_err().error(now);
    let message = error.to_string();
    for part in ["HTTP 500 and a login without an answer", "at 00:10:01 UTC (in 9 min 58 s)", "The force option"] {
        assert!(message.contains(part), "{message}");
    }
}

#[test]
fn logins_are_told_by_their_ends() {
    let of = |end, status| Entry { end, status, ..Entry::time(at(0), at(0).boot) };
    let (refused, failed) = (of(End::Rejected, 401), of(End::Unknown, 502));
    for (entries, words) in [
        (vec![refused], "HTTP 401"),
        (vec![failed, refused, failed, failed], "HTTP 502 3 times and HTTP 401"),
        (
            vec![of(End::Open, 0), refused, of(End::Lost, 0)],
            "a login whose end is not known, HTTP 401 and a login without an answer",
        ),
    ] {
        assert_eq!(told(&entries), words);
    }
}

proptest! {
    /// Invariant 5 on the ledger alone: whatever is tried and however it ends, no window holds three failures.
    #[test]
    fn no_schedule_sends_more_than_two_failures_in_ten_minutes(
        tries in prop::collection::vec((0_i64..400, 0_u8..4, 0_u8..4), 1..60)
    ) {
        let (mut ledger, mut now, mut failed): (Ledger, i64, Vec<i64>) = (Ledger::default(), 0, Vec::new());
        for (wait, credential, end) in tries {
            now += wait;
            let verdict = [Verdict::Accepted, Verdict::NotCounted, FAILED, REFUSED][usize::from(end)];
            if fail(&mut ledger, now, &[credential], verdict).is_ok() && matches!(verdict, Verdict::Failed(_) | Verdict::Refused(_)) {
                failed.push(now);
            }
        }
        prop_assert!(failed.windows(3).all(|three| three[2] - three[0] > 600));
    }
}

#[test]
fn a_ledger_lasts_as_long_as_it_matters() {
    let hours = |hours: i64| BootTime(hours * 3_600_000);
    let mut ledger = Ledger::default();
    assert_eq!(ledger.lifetime(at(5), RULE), Lifetime { needed_until: at(5).boot, kept_until: at(5).boot });
    end(&mut ledger, 0, credential(b"one"), FAILED, None).unwrap();
    let counts = BootTime(601_000);
    assert_eq!(ledger.lifetime(at(0), RULE), Lifetime { needed_until: counts, kept_until: counts });
    fail(&mut ledger, 0, b"one", REFUSED).unwrap();
    assert_eq!(ledger.lifetime(at(0), RULE), Lifetime { needed_until: counts, kept_until: hours(7 * 24) });
    end(&mut ledger, 602, credential(b"two"), Verdict::Accepted, SALT).unwrap();
    let kept_until = BootTime(hours(90 * 24).0 + 602_000);
    assert_eq!(ledger.lifetime(at(602), RULE), Lifetime { needed_until: at(602).boot, kept_until });
    ledger.take_step(30);
    ledger.lock(at(602), hours(20));
    assert_eq!(ledger.lifetime(at(602), RULE), Lifetime { needed_until: hours(20), kept_until });
}
