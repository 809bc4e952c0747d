//! The ledger, without a clock.

use super::*;
use proptest::prelude::*;

const RULE: LockoutRule = LockoutRule { most: 2, window: Duration::from_secs(600) };
const SALT: [u8; 16] = [7; 16];

fn at(seconds: i64) -> Now {
    Now { boot: BootTime(seconds * 1000), unix: UnixTime(seconds * 1000) }
}

fn fail(ledger: &mut Ledger, seconds: i64, credential: &[u8], verdict: Verdict) -> Result<(), Refusal> {
    let attempt = ledger.begin(at(seconds), RULE, credential, false)?;
    ledger.settle(at(seconds), attempt, verdict, credential, SALT);
    Ok(())
}

#[test]
fn the_third_failure_in_ten_minutes_is_not_sent() {
    let mut ledger = Ledger::default();
    fail(&mut ledger, 0, b"one", Verdict::Refused).unwrap();
    fail(&mut ledger, 100, b"two", Verdict::Refused).unwrap();
    let refusal = fail(&mut ledger, 101, b"three", Verdict::Refused).unwrap_err();
    assert_eq!(refusal, Refusal::TooMany { retry_at: BootTime(601_000), failures: 2 });
    fail(&mut ledger, 602, b"three", Verdict::Refused).unwrap();
}

#[test]
fn a_login_that_never_got_an_answer_counts_as_failed() {
    let mut ledger = Ledger::default();
    for _ in 0..2 {
        let _lost = ledger.begin(at(0), RULE, b"right", false).unwrap();
    }
    assert!(matches!(ledger.begin(at(1), RULE, b"right", false), Err(Refusal::TooMany { failures: 2, .. })));
}

#[test]
fn a_login_without_an_answer_counts_for_a_minute_longer_for_it_may_arrive_late() {
    for (verdict, over) in [(Verdict::Failed, 601), (Verdict::Lost, 661)] {
        let mut ledger = Ledger::default();
        for _ in 0..2 {
            fail(&mut ledger, 0, b"right", verdict).unwrap();
        }
        let refusal = fail(&mut ledger, over - 1, b"right", Verdict::Accepted).unwrap_err();
        assert_eq!(refusal, Refusal::TooMany { retry_at: BootTime(over * 1000), failures: 2 });
        fail(&mut ledger, over, b"right", Verdict::Accepted).unwrap();
    }
}

#[test]
fn a_refused_credential_is_not_sent_again_until_it_changes() {
    let mut ledger = Ledger::default();
    fail(&mut ledger, 0, b"wrong", Verdict::Refused).unwrap();
    let later = 86_400;
    assert_eq!(fail(&mut ledger, later, b"wrong", Verdict::Accepted), Err(Refusal::SameCredential { failures: 0 }));
    fail(&mut ledger, later, b"right", Verdict::Accepted).unwrap();
    assert!(ledger.is_empty());
}

#[test]
fn a_failure_that_is_not_about_the_credential_leaves_it_usable() {
    let mut ledger = Ledger::default();
    fail(&mut ledger, 0, b"right", Verdict::Failed).unwrap();
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
    fail(&mut ledger, 0, b"wrong", Verdict::Refused).unwrap();
    fail(&mut ledger, 0, b"other", Verdict::Refused).unwrap();
    ledger.begin(at(1), RULE, b"wrong", true).expect("forced");
    assert!(matches!(ledger.begin(at(2), RULE, b"new", false), Err(Refusal::TooMany { failures: 3, .. })));
}

#[test]
fn a_ledger_from_before_a_restart_still_counts_by_wall_time() {
    let mut ledger = Ledger::default();
    fail(&mut ledger, 1_000_000, b"a", Verdict::Failed).unwrap();
    fail(&mut ledger, 1_000_000, b"b", Verdict::Failed).unwrap();
    let restarted = Now { boot: BootTime(5_000), unix: UnixTime(1_000_060_000) };
    ledger.rebase(restarted, 42);
    assert!(ledger.begin(restarted, RULE, b"c", false).is_err());
    let later = Now { boot: BootTime(5_000 + 542_000), unix: UnixTime(1_000_602_000) };
    ledger.begin(later, RULE, b"c", false).expect("ten minutes have passed");
}

#[test]
fn what_a_wrong_clock_has_stored_counts_no_longer_than_what_happens_now() {
    let mut ledger = Ledger::default();
    let wrong = Now { boot: BootTime(9_000_000), unix: UnixTime(400_000_000_000) };
    for credential in [b"a", b"b"] {
        let attempt = ledger.begin(wrong, RULE, credential, false).unwrap();
        ledger.settle(wrong, attempt, Verdict::Failed, credential, SALT);
    }
    ledger.lock(wrong, wrong.boot.after(Duration::from_secs(600)));
    ledger.rebase(at(5), 42);
    let refusal = ledger.begin(at(5), RULE, b"c", false).unwrap_err();
    assert_eq!(refusal, Refusal::Locked { retry_at: at(86_405).boot, failures: 2 });
    // The next restart, half a day on.
    let restarted = Now { boot: BootTime(1_000), unix: at(43_205).unix };
    ledger.rebase(restarted, 43);
    let refusal = ledger.begin(restarted, RULE, b"c", false).unwrap_err();
    assert_eq!(refusal, Refusal::Locked { retry_at: restarted.boot.after(Duration::from_secs(43_200)), failures: 0 });
}

#[test]
fn a_number_that_is_still_counted_is_not_given_again() {
    let mut ledger = Ledger::default();
    fail(&mut ledger, 0, b"one", Verdict::Failed).unwrap();
    let mut stored = serde_json::to_value(&ledger).unwrap();
    stored["next"] = stored["counted"][0]["number"].clone();
    let mut ledger: Ledger = serde_json::from_value(stored).unwrap();
    fail(&mut ledger, 1, b"two", Verdict::NotCounted).unwrap();
    fail(&mut ledger, 2, b"three", Verdict::Failed).unwrap();
    assert!(matches!(fail(&mut ledger, 3, b"four", Verdict::Failed), Err(Refusal::TooMany { failures: 2, .. })));
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
    fail(&mut ledger, 0, b"made-up-password", Verdict::Refused).unwrap();
    assert!(!serde_json::to_string(&ledger).unwrap().contains("made-up-password"));
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
            let verdict = [Verdict::Accepted, Verdict::NotCounted, Verdict::Failed, Verdict::Refused][usize::from(end)];
            if fail(&mut ledger, now, &[credential], verdict).is_ok() && matches!(verdict, Verdict::Failed | Verdict::Refused) {
                failed.push(now);
            }
        }
        prop_assert!(failed.windows(3).all(|three| three[2] - three[0] > 600));
    }
}
