//! Credentials that have logged in, and what still holds them back.

use super::*;

#[test]
fn a_proven_credential_is_not_refused_for_what_is_not_known() {
    let mut ledger = Ledger::default();
    fail(&mut ledger, 0, b"right", Verdict::Accepted).unwrap();
    for second in 1..200 {
        fail(&mut ledger, second * 3, b"right", [UNKNOWN, Verdict::Lost][usize::from(second % 2 == 0)]).unwrap();
    }
    // One that never logged in is.
    let refusal = fail(&mut ledger, 600, b"other", UNKNOWN).unwrap_err();
    assert!(matches!(refusal, Refusal::TooMany { failures: 199, .. }), "{refusal:?}");
}

#[test]
fn what_is_not_known_counts_for_a_proven_credential_once_something_was_refused() {
    for verdict in [REFUSED, FAILED] {
        let mut ledger = Ledger::default();
        fail(&mut ledger, 0, b"right", Verdict::Accepted).unwrap();
        fail(&mut ledger, 1, b"right", UNKNOWN).unwrap();
        fail(&mut ledger, 2, b"right", Verdict::Lost).unwrap();
        // Nobody would send it, but for somebody who insists.
        let forced = ledger.begin(at(3), RULE, credential(b"wrong"), true).unwrap();
        ledger.settle(at(3), forced, verdict, credential(b"wrong"), false, SALT);
        let refusal = fail(&mut ledger, 4, b"right", UNKNOWN).unwrap_err();
        assert!(matches!(refusal, Refusal::TooMany { failures: 3, .. }), "{refusal:?}");
        // The one without an answer counts for longer, and alone it does not hold back what is proven.
        let refusal = fail(&mut ledger, 603, b"right", UNKNOWN).unwrap_err();
        assert!(matches!(refusal, Refusal::TooMany { retry_at: BootTime(604_000), .. }), "{refusal:?}");
        for second in 604..610 {
            fail(&mut ledger, second, b"right", UNKNOWN).unwrap();
        }
    }
}

#[test]
fn one_refusal_and_one_login_that_is_not_known_are_two() {
    let mut ledger = Ledger::default();
    fail(&mut ledger, 0, b"right", Verdict::Accepted).unwrap();
    fail(&mut ledger, 1, b"wrong", REFUSED).unwrap();
    fail(&mut ledger, 2, b"right", UNKNOWN).unwrap();
    let refusal = fail(&mut ledger, 3, b"right", UNKNOWN).unwrap_err();
    assert_eq!(refusal, too_many(602_000, 2, "HTTP 401 and HTTP 500"));
    fail(&mut ledger, 602, b"right", Verdict::Accepted).unwrap();
}

#[test]
fn a_credential_that_was_rejected_is_proven_no_more() {
    for verdict in [REFUSED, FAILED] {
        let mut ledger = Ledger::default();
        fail(&mut ledger, 0, b"right", Verdict::Accepted).unwrap();
        fail(&mut ledger, 1, b"right", verdict).unwrap();
        ledger.begin(at(2), RULE, credential(b"right"), true).unwrap();
        assert!(matches!(fail(&mut ledger, 3, b"right", UNKNOWN), Err(Refusal::TooMany { .. })), "{verdict:?}");
    }
}

#[test]
fn a_credential_that_was_rejected_is_proven_no_more_when_the_rejection_has_stopped_to_count() {
    let mut failed = Ledger::default();
    fail(&mut failed, 0, b"right", Verdict::Accepted).unwrap();
    let mut refused = failed.clone();
    fail(&mut failed, 1, b"right", FAILED).unwrap();
    fail(&mut refused, 1, b"right", REFUSED).unwrap();
    // The ledger remembers one that was refused: another takes its place.
    fail(&mut refused, 2, b"wrong", REFUSED).unwrap();
    for mut ledger in [failed, refused] {
        for second in [700, 730] {
            fail(&mut ledger, second, b"right", Verdict::Lost).unwrap();
        }
        assert!(matches!(fail(&mut ledger, 760, b"right", FAILED), Err(Refusal::TooMany { .. })));
    }
}

#[test]
fn a_success_takes_away_what_was_counted_of_the_same_credential() {
    let mut ledger = Ledger::default();
    fail(&mut ledger, 0, b"right", UNKNOWN).unwrap();
    fail(&mut ledger, 1, b"other", UNKNOWN).unwrap();
    let forced = ledger.begin(at(2), RULE, credential(b"right"), true).unwrap();
    ledger.settle(at(2), forced, Verdict::Accepted, credential(b"right"), false, SALT);
    assert_eq!(ledger.failures(), 1, "that of the other stays");
    fail(&mut ledger, 3, b"other", UNKNOWN).unwrap();
}

#[test]
fn what_was_under_way_when_its_credential_got_in_may_have_come_after_a_change_of_it() {
    for (verdict, at_success, is_sent) in [(Verdict::Lost, 59, false), (Verdict::Lost, 60, true), (UNKNOWN, 1, true)] {
        let mut ledger = Ledger::default();
        fail(&mut ledger, 0, b"right", verdict).unwrap();
        fail(&mut ledger, at_success, b"right", Verdict::Accepted).unwrap();
        assert_eq!(ledger.failures(), 0, "nothing was rejected");
        fail(&mut ledger, 61, b"right", FAILED).unwrap();
        assert_eq!(fail(&mut ledger, 62, b"other", FAILED).is_ok(), is_sent, "{verdict:?} {at_success}");
    }
    // What was rejected before it got in does not make it count.
    let mut ledger = Ledger::default();
    fail(&mut ledger, 0, b"wrong", REFUSED).unwrap();
    fail(&mut ledger, 1, b"right", Verdict::Lost).unwrap();
    let forced = ledger.begin(at(2), RULE, credential(b"right"), true).unwrap();
    ledger.settle(at(2), forced, Verdict::Accepted, credential(b"right"), false, SALT);
    fail(&mut ledger, 3, b"right", Verdict::Accepted).unwrap();
}

#[test]
fn a_credential_that_was_let_in_after_all_is_not_held_back_by_its_own_rejections() {
    let mut ledger = Ledger::default();
    for second in 0..2 {
        fail(&mut ledger, second, b"right", FAILED).unwrap();
    }
    let forced = ledger.begin(at(2), RULE, credential(b"right"), true).unwrap();
    ledger.settle(at(2), forced, Verdict::Accepted, credential(b"right"), false, SALT);
    fail(&mut ledger, 3, b"right", UNKNOWN).unwrap();
    assert!(fail(&mut ledger.clone(), 4, b"wrong", REFUSED).is_err(), "the server has counted two");
    let forced = ledger.begin(at(4), RULE, credential(b"wrong"), true).unwrap();
    ledger.settle(at(4), forced, REFUSED, credential(b"wrong"), false, SALT);
    assert!(fail(&mut ledger, 5, b"right", UNKNOWN).is_err());
}

#[test]
fn a_success_that_nobody_forced_leaves_the_rejections_as_they_are() {
    let mut ledger = Ledger::default();
    for second in 0..2 {
        fail(&mut ledger, 2 * second, b"right", FAILED).unwrap();
        let under_way = ledger.clone().begin(at(2 * second + 1), RULE, credential(b"right"), false);
        if let Ok(attempt) = under_way {
            ledger.settle(at(2 * second + 1), attempt, Verdict::Accepted, credential(b"right"), false, SALT);
        }
    }
    assert!(matches!(fail(&mut ledger, 5, b"right", FAILED), Err(Refusal::TooMany { failures: 2, .. })));
}

#[test]
fn what_goes_along_with_a_proven_credential_may_be_refused_by_itself() {
    let key = key(1);
    let of = |along| Credential::new(&key, b"right", along);
    let mut ledger = Ledger::default();
    end(&mut ledger, 0, of(Along::Nothing), Verdict::Accepted, None).unwrap();
    let mut typed = ledger.clone();
    for second in 1..3 {
        end(&mut typed, second, of(Along::Typed), UNKNOWN, None).unwrap();
    }
    assert!(end(&mut typed, 3, of(Along::Typed), UNKNOWN, None).is_err(), "three codes could be wrong");
    assert!(end(&mut typed.clone(), 3, of(Along::Code), UNKNOWN, None).is_err());
    end(&mut typed, 3, of(Along::Nothing), UNKNOWN, None).unwrap();
    // A code whose exchange ended in its time was not late.
    for second in 1..9 {
        let attempt = ledger.begin(at(second), RULE, of(Along::Code), false).unwrap();
        ledger.settle(at(second), attempt, UNKNOWN, of(Along::Code), false, None);
    }
}

#[test]
fn another_process_knows_a_proven_credential_by_its_slow_hash_alone() {
    let (here, there) = (key(1), key(2));
    for (salt, is_known) in [(SALT, true), (None, false)] {
        let mut ledger = Ledger::default();
        end(&mut ledger, 0, Credential::new(&here, b"right", Along::Nothing), Verdict::Accepted, salt).unwrap();
        let mut ledger: Ledger = serde_json::from_str(&serde_json::to_string(&ledger).unwrap()).unwrap();
        let of = Credential::new(&there, b"right", Along::Nothing);
        assert_eq!(ledger.may_hash(of, false), is_known);
        for second in 1..3 {
            end(&mut ledger, second, of, UNKNOWN, salt).unwrap();
        }
        assert_eq!(end(&mut ledger, 3, of, UNKNOWN, salt).is_ok(), is_known);
        if is_known {
            assert!(!ledger.may_hash(of, true), "it is known again by the quick hash");
        }
    }
}

#[test]
fn what_another_process_has_on_its_way_keeps_a_proven_credential_back_for_a_minute() {
    let (here, there) = (key(1), key(2));
    let of = |key| Credential::new(key, b"right", Along::Nothing);
    let mut ledger = Ledger::default();
    end(&mut ledger, 0, of(&here), Verdict::Accepted, SALT).unwrap();
    for _ in 0..2 {
        ledger.begin(at(1), RULE, of(&there), false).unwrap();
    }
    let refusal = ledger.begin(at(60), RULE, of(&here), false).unwrap_err();
    assert!(matches!(refusal, Refusal::TooMany { retry_at: BootTime(61_000), .. }), "{refusal:?}");
    ledger.begin(at(61), RULE, of(&here), false).unwrap();
}

#[test]
fn a_forked_process_does_not_know_how_the_logins_of_its_parent_ended() {
    let of = |process| Credential { process, ..credential(b"right") };
    let mut ledger = Ledger::default();
    end(&mut ledger, 0, of(1), Verdict::Accepted, SALT).unwrap();
    for parent_or_sibling in [1, 2] {
        ledger.begin(at(1), RULE, of(parent_or_sibling), false).unwrap();
    }
    assert!(ledger.begin(at(2), RULE, of(3), false).is_err(), "two may be refused in this moment");
    ledger.begin(at(61), RULE, of(3), false).unwrap();
}

/// Whether a ledger lets the credential pass that another ledger of its process knows to be good since then, after two
/// logins of which nothing is known.
fn is_trusted(ledger: &Ledger, second: i64, bytes: &[u8], since: i64) -> bool {
    let (here, mut ledger) = (key(1), ledger.clone());
    let of = Credential::new(&here, bytes, Along::Nothing).vouched_for(Some(at(since).unix));
    (0..2).for_each(|after| end(&mut ledger, second + after, of, UNKNOWN, SALT).unwrap());
    end(&mut ledger, second + 2, of, UNKNOWN, SALT).is_ok()
}

/// A ledger in a store that has seen another process's rejections of these, a second apart, and long after that a login.
fn that_saw_rejections_of(rejected: &[&[u8]], verdict: Verdict) -> Ledger {
    let there = key(2);
    let mut shared = Ledger::default();
    for (second, bytes) in (100..).zip(rejected) {
        let forced = Credential::new(&there, bytes, Along::Nothing);
        let attempt = shared.begin(at(second), RULE, forced, true).unwrap();
        shared.settle(at(second), attempt, verdict, forced, false, SALT);
    }
    end(&mut shared, 790, Credential::new(&there, b"another", Along::Nothing), Verdict::Accepted, SALT).unwrap();
    serde_json::from_str(&serde_json::to_string(&shared).unwrap()).unwrap()
}

#[test]
fn a_ledger_that_saw_a_rejection_trusts_no_other_that_knows_of_an_older_login() {
    for verdict in [REFUSED, FAILED] {
        let shared = that_saw_rejections_of(&[b"right"], verdict);
        // Long after the rejection has stopped to count.
        assert!(!is_trusted(&shared, 800, b"right", 99), "{verdict:?}: it was rejected since");
        assert!(!is_trusted(&shared, 800, b"right", 100), "{verdict:?}: which came first is not known");
        assert!(is_trusted(&shared, 800, b"right", 101));
    }
}

#[test]
fn a_rejection_of_one_credential_says_nothing_of_another() {
    for verdict in [REFUSED, FAILED] {
        let shared = that_saw_rejections_of(&[b"a", b"b", b"c", b"d"], verdict);
        assert!(is_trusted(&shared, 800, b"right", 99), "{verdict:?}");
    }
}

#[test]
fn a_credential_may_be_among_the_rejected_ones_that_are_not_told_apart_any_more() {
    let shared = that_saw_rejections_of(&[b"a", b"right", b"a", b"b", b"c", b"d", b"e"], FAILED);
    assert!(!is_trusted(&shared, 800, b"right", 99));
    assert!(!is_trusted(&shared, 800, b"yet another", 102), "the second one of a, at 102, is not kept");
    assert!(is_trusted(&shared, 800, b"yet another", 103));
    assert!(!is_trusted(&shared, 800, b"e", 105));
}

#[test]
fn a_rejection_is_forgotten_after_seven_days() {
    let week = 7 * 24 * 3600;
    let mut shared = that_saw_rejections_of(&[b"right"], FAILED);
    shared.forget_old(at(97 + week), RULE);
    assert!(!is_trusted(&shared, 97 + week, b"right", 99));
    shared.forget_old(at(100 + week), RULE);
    assert!(is_trusted(&shared, 100 + week, b"right", 99));
}

#[test]
fn a_ledger_of_an_older_version_says_of_no_rejection_which_credential_it_was() {
    let mut shared = Ledger::default();
    shared.credentials.rejected = Some(at(100).unix.0);
    shared.rebase(at(800), 0);
    assert!(!is_trusted(&shared, 800, b"right", 99));
    assert!(is_trusted(&shared, 800, b"right", 101));
}

#[test]
fn what_is_told_by_hashing_alone_is_compared_aside() {
    let here = key(1);
    let shared = that_saw_rejections_of(&[b"right"], FAILED);
    let of = |since: i64| Credential::new(&here, b"right", Along::Nothing).vouched_for(Some(at(since).unix));
    let mut shared = shared;
    shared.credentials.proven.clear();
    assert!(shared.may_hash(of(99), false));
    assert!(!shared.may_hash(of(101), false), "it was rejected before that");
    assert!(shared.may_hash(of(101), true));
    end(&mut shared, 801, of(101), FAILED, SALT).unwrap();
    assert!(!shared.may_hash(of(101), true), "its slow hash is made once");
}

#[test]
fn four_credentials_of_one_account_are_known_to_be_good() {
    let mut ledger = Ledger::default();
    for good in [b"a", b"b", b"c", b"d", b"a", b"e"] {
        fail(&mut ledger, 0, good, Verdict::Accepted).unwrap();
    }
    let known = |ledger: &mut Ledger, bytes: &[u8]| ledger.credentials.is_proven(credential(bytes));
    assert!([b"c", b"d", b"a", b"e"].into_iter().all(|good| known(&mut ledger, good)));
    assert!(!known(&mut ledger, b"b"));
}

#[test]
fn what_a_store_was_not_told_the_end_of_keeps_no_proven_credential_back() {
    let of = |along, is_vouched_for: bool| {
        Credential::new(&key(1), b"right", along).vouched_for(is_vouched_for.then_some(UnixTime(0)))
    };
    for (along, is_vouched_for, is_sent) in [
        (Along::Code, true, true),
        (Along::Code, false, false),
        (Along::Typed, true, false),
        (Along::Nothing, true, true),
    ] {
        let mut stored = Ledger::default();
        for second in 0..2 {
            let _not_settled = stored.begin(at(second), RULE, of(along, is_vouched_for), false).unwrap();
        }
        assert_eq!(stored.begin(at(3), RULE, of(along, is_vouched_for), false).is_ok(), is_sent, "{along:?}");
    }
}
