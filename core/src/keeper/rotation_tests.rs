//! Tokens without a server: what is known of their exchanges, and for how long.

use super::*;
use crate::freshness::Timing;
use crate::grant::Expiry;
use crate::secret::Secret;

const AT_ONCE: Timing = Timing { sent: BootTime(0), received: BootTime(0), date: None };

fn granted(number: usize) -> Grant {
    Grant {
        access_token: Secret::new(format!("access-{number}")),
        refresh_token: Some(Secret::new(format!("refresh-{number}"))),
        expiry: Expiry::After(Duration::from_secs(1200)),
        details: None,
    }
}

/// Exchanges the token of this number for the next.
async fn exchange(base_url: &BaseUrl, clock: &Clock, number: usize) -> Ended {
    let ended = async { Ended::Answered(Outcome::Granted(granted(number + 1)), AT_ONCE) };
    once(base_url, &granted(number), clock, Duration::ZERO, ended).await
}

fn brought(ended: &Ended) -> Option<&Grant> {
    match ended {
        Ended::Answered(Outcome::Granted(grant), _) => Some(grant),
        _ => None,
    }
}

/// What is kept is the process's: one of these tests at a time.
fn run(test: impl Future<Output = ()>) {
    static ALONE: Mutex<()> = Mutex::new(());
    let _alone = locked(&ALONE);
    with(|rotations| *rotations = Rotations::default());
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(test);
}

#[test]
fn who_comes_late_is_given_the_newest_tokens_then_told_that_his_are_spent_and_sends_nothing() {
    let manual = crate::clock::ManualClock::new();
    let (base_url, clock) = (BaseUrl::new("https://one.example", false).unwrap(), manual.clock());
    run(async {
        for number in 0..3 {
            exchange(&base_url, &clock, number).await;
        }
        let never = || async { unreachable!("it is sent again") };
        let late = once(&base_url, &granted(0), &clock, Duration::ZERO, never()).await;
        assert_eq!(brought(&late), Some(&granted(3)));
        manual.advance(KEPT);
        let too_late = once(&base_url, &granted(0), &clock, Duration::ZERO, never()).await;
        assert!(matches!(too_late, Ended::Ambiguous(error) if error.cause() == Some(Cause::RotationLost)));
        assert_eq!(brought(&exchange(&base_url, &clock, 3).await), Some(&granted(4)));
    });
}

#[test]
fn what_is_kept_is_bounded_and_nothing_is_kept_of_tokens_that_are_as_good_as_before() {
    let (base_url, clock) = (BaseUrl::new("https://two.example", false).unwrap(), Clock::system());
    run(async {
        for number in 0..MOST_SPENT + 2 * MOST_KEPT {
            exchange(&base_url, &clock, number).await;
        }
        for number in 0..MOST_KEPT {
            let unsent = async { Ended::NotSent(Error::closed("not sent")) };
            once(&base_url, &granted(1_000_000 + number), &clock, Duration::ZERO, unsent).await;
        }
        with(|rotations| {
            rotations.forget_old();
            assert!(rotations.all.len() <= MOST_KEPT && rotations.ended.len() <= MOST_KEPT);
            assert!(rotations.spent.len() <= MOST_SPENT && rotations.spent_in_order.len() <= MOST_SPENT);
        });
    });
}

#[test]
fn what_was_brought_is_forgotten_at_the_logout() {
    let (base_url, clock) = (BaseUrl::new("https://three.example", false).unwrap(), Clock::system());
    run(async {
        exchange(&base_url, &clock, 0).await;
        forget(&base_url, &granted(1));
        let never = async { unreachable!("it is sent again") };
        let late = once(&base_url, &granted(0), &clock, Duration::ZERO, never).await;
        assert!(matches!(late, Ended::Ambiguous(_)));
    });
}

#[test]
fn a_lost_exchange_is_made_again_within_the_grace_and_not_after_it() {
    let manual = crate::clock::ManualClock::new();
    let (base_url, clock) = (BaseUrl::new("https://four.example", false).unwrap(), manual.clock());
    let grace = Duration::from_secs(10);
    let lost = || async { Ended::Ambiguous(Error::closed("lost")) };
    run(async {
        assert!(matches!(once(&base_url, &granted(0), &clock, grace, lost()).await, Ended::Ambiguous(_)));
        let not_sent = async { Ended::NotSent(Error::closed("not sent")) };
        assert!(matches!(once(&base_url, &granted(0), &clock, grace, not_sent).await, Ended::NotSent(_)));
        manual.advance(grace);
        let never = async { unreachable!("it is sent again") };
        assert!(matches!(once(&base_url, &granted(0), &clock, grace, never).await, Ended::NotSent(_)));
    });
}
