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
async fn exchange(origin: &Origin, clock: &Clock, number: usize) -> Ended {
    let ended = async { Ended::Answered(Outcome::Granted(granted(number + 1)), AT_ONCE) };
    once(origin, &granted(number), clock, Duration::ZERO, ended).await
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
    tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(test);
}

#[test]
fn who_comes_late_is_given_the_newest_tokens_then_told_that_his_are_spent_and_sends_nothing() {
    let manual = crate::system::clock::ManualClock::new();
    let (origin, clock) = (Origin::of_text("https://one.example"), manual.clock());
    run(async {
        for number in 0..3 {
            exchange(&origin, &clock, number).await;
        }
        let never = || async { unreachable!("it is sent again") };
        let late = once(&origin, &granted(0), &clock, Duration::ZERO, never()).await;
        assert_eq!(brought(&late), Some(&granted(3)));
        manual.advance(KEPT);
        let too_late = once(&origin, &granted(0), &clock, Duration::ZERO, never()).await;
        assert!(matches!(too_late, Ended::Ambiguous(error) if error.cause() == Some(Cause::RotationLost)));
        assert_eq!(brought(&exchange(&origin, &clock, 3).await), Some(&granted(4)));
    });
}

#[test]
fn what_is_kept_is_bounded_and_a_token_is_known_however_many_come_after_it_and_however_its_address_is_spelt() {
    const EXCHANGES: usize = 8 * MOST_KEPT;
    let (origin, clock) = (Origin::of_text("https://two.example"), Clock::system());
    run(async {
        for number in 0..EXCHANGES {
            exchange(&origin, &clock, number).await;
        }
        for number in 0..MOST_KEPT {
            let unsent = async { Ended::NotSent(Error::closed("not sent")) };
            once(&origin, &granted(1_000_000 + number), &clock, Duration::ZERO, unsent).await;
        }
        with(|rotations| {
            rotations.forget_old();
            assert!(rotations.all.len() <= MOST_KEPT && rotations.ended.len() <= MOST_KEPT);
        });
        let never = async { unreachable!("it is sent again") };
        let (other_spelling, oldest) = (Origin::of_text("https://TWO.example.:443//"), granted(0));
        let first = once(&other_spelling, &oldest, &clock, Duration::ZERO, never).await;
        assert!(matches!(first, Ended::Ambiguous(error) if error.cause() == Some(Cause::RotationLost)));
    });
}

#[test]
fn what_was_brought_is_forgotten_at_the_logout() {
    let (origin, clock) = (Origin::of_text("https://three.example"), Clock::system());
    run(async {
        exchange(&origin, &clock, 0).await;
        forget(&origin, &granted(1));
        let never = async { unreachable!("it is sent again") };
        let late = once(&origin, &granted(0), &clock, Duration::ZERO, never).await;
        assert!(matches!(late, Ended::Ambiguous(_)));
    });
}

#[test]
fn a_lost_exchange_is_made_again_within_the_grace_and_not_after_it() {
    let manual = crate::system::clock::ManualClock::new();
    let (origin, clock) = (Origin::of_text("https://four.example"), manual.clock());
    let grace = Duration::from_secs(10);
    let lost = || async { Ended::Ambiguous(Error::closed("lost")) };
    run(async {
        assert!(matches!(once(&origin, &granted(0), &clock, grace, lost()).await, Ended::Ambiguous(_)));
        let not_sent = async { Ended::NotSent(Error::closed("not sent")) };
        assert!(matches!(once(&origin, &granted(0), &clock, grace, not_sent).await, Ended::NotSent(_)));
        manual.advance(grace);
        let never = async { unreachable!("it is sent again") };
        assert!(matches!(once(&origin, &granted(0), &clock, grace, never).await, Ended::NotSent(_)));
    });
}

#[test]
fn tokens_that_a_server_brings_again_are_followed_once_round_and_not_sent() {
    let (origin, clock) = (Origin::of_text("https://circle.example"), crate::system::clock::ManualClock::new().clock());
    for length in [2, 3, 10] {
        run(async {
            for number in 0..length {
                let next = Ended::Answered(Outcome::Granted(granted((number + 1) % length)), AT_ONCE);
                once(&origin, &granted(number), &clock, Duration::ZERO, async { next }).await;
            }
            for number in 0..length {
                let never = async { unreachable!("it is sent again") };
                let grant = granted(number);
                let round = once(&origin, &grant, &clock, Duration::ZERO, never);
                let ended = tokio::time::timeout(Duration::from_secs(20), round).await.expect("an end");
                assert!(matches!(ended, Ended::Ambiguous(error) if error.cause() == Some(Cause::RotationLost)));
            }
        });
    }
}
