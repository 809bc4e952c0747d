//! Answers that drip, a byte at a time. No byte is long in coming; what is limited is the time of the whole exchange.

use std::time::Duration;

use relatch::EventKind::{LoggedIn, RefreshFailed};
use relatch::{Cause, Error, ErrorCode, Options, Sent};
use relatch_sandbox::fault_proxy::{Spot, WireFault};
use tokio::task::JoinHandle;

use super::calls::verdict;
use super::way::Way;
use crate::support::{LIMIT, advance, ask, hold_refresh, listen, run};

/// From where on an answer drips.
const FROM: [Spot; 3] = [Spot::AfterActing, Spot::InAnswerHead, Spot::InAnswerBody];

/// A second of the clock passes with each byte: as often as this, the limit of 15 seconds is over.
const TOO_LONG: usize = 16;

/// So slowly that half of an answer's body takes longer than a test.
const SLOWLY: Duration = Duration::from_millis(100);

/// Puts every row to that, all at once, and on a way with TLS too.
fn check<F: Future<Output = ()> + Send + 'static>(every: Duration, call: impl Fn(Way, Spot) -> F) {
    run(async {
        let mut checks = Vec::new();
        for from in FROM {
            for way in [Way::plain(), Way::tls()] {
                way.proxy.next(WireFault::Drip { from, every });
                checks.push(tokio::spawn(call(way, from)));
            }
        }
        for check in checks {
            check.await.unwrap();
        }
    });
}

/// A call waits for long, so that it is the exchange that is over.
fn patient(way: &Way) -> Options {
    way.options.clone().timeout(Duration::from_secs(1200)).unwrap()
}

/// What a call comes to while a second passes with every byte that is passed back, so often at most.
async fn ended<T>(way: &Way, mut call: JoinHandle<T>, most: usize) -> T {
    for _ in 0..most {
        let so_far = way.proxy.seen().to_client;
        tokio::select! {
            ended = &mut call => return ended.unwrap(),
            more = way.proxy.until(LIMIT, |seen| seen.to_client > so_far) => more.expect("a byte more"),
        }
        advance(&way.sandbox, 1);
    }
    call.await.unwrap()
}

fn assert_timed_out(error: &Error, from: Spot) {
    assert_eq!(verdict(error), (Some(Sent::Maybe), ErrorCode::Timeout), "{from:?}: {error:?}");
}

/// The spent token went to the server once, and so did what healed the session.
fn assert_sent(way: &Way, logins: usize, from: Spot) {
    let (counts, seen) = (way.sandbox.counts(), way.proxy.seen());
    assert_eq!((counts.refresh, counts.reused), (1, 0), "{from:?}");
    assert_eq!((seen.asked("/User/RefreshToken"), seen.asked("/User/Login")), (1, logins), "{from:?}");
    assert_eq!(way.proxy.pending(), 0, "{from:?}: nothing has dripped");
}

#[test]
fn a_refresh_whose_answer_drips_for_too_long_is_lost_and_healed_by_one_login() {
    check(SLOWLY, async |way: Way, from| {
        let tokens = way.tokens().await;
        let session = relatch::resume(way.provider(), tokens.clone(), patient(&way)).unwrap();
        let heard = listen(&session, |event| (event.kind, event.code));
        advance(&way.sandbox, 1175);
        let mut callers = Vec::new();
        for _ in 0..8 {
            let session = session.clone();
            callers.push(ask(async move { session.token().await.map(|token| token.as_str().to_owned()) }).await);
        }
        let mut found = Vec::new();
        for caller in callers {
            let most = if found.is_empty() { TOO_LONG } else { 0 };
            found.push(ended(&way, caller, most).await.unwrap_or_else(|error| panic!("{from:?}: {error:?}")));
        }
        assert!(found.windows(2).all(|pair| pair[0] == pair[1]), "{from:?}: one token for all");
        assert_ne!(found[0], tokens.access_token.expose(), "{from:?}");
        let heard = heard.until(|heard| heard.contains(&(LoggedIn, None))).await.unwrap();
        assert_eq!(heard, [(RefreshFailed, Some(ErrorCode::Timeout)), (LoggedIn, None)], "{from:?}");
        assert_sent(&way, 1, from);
    });
}

#[test]
fn a_refresh_whose_answer_drips_for_too_long_costs_the_token_where_no_login_can_be_made() {
    check(SLOWLY, async |way: Way, from| {
        let tokens = way.tokens().await;
        let session = relatch::resume(way.provider_without_credentials(), tokens, patient(&way)).unwrap();
        let refresh = || {
            let session = session.clone();
            ask(async move { session.refresh().await })
        };
        let error = ended(&way, refresh().await, TOO_LONG).await.unwrap_err();
        assert_eq!(error.cause(), Some(Cause::RotationLost), "{from:?}: {error:?}");
        assert_timed_out(&error, from);
        let again = ended(&way, refresh().await, 0).await.unwrap_err();
        assert_eq!(again.cause(), Some(Cause::RotationLost), "{from:?}: {again:?}");
        assert_sent(&way, 0, from);
    });
}

/// Neither alone is too long.
#[test]
fn the_time_until_an_answer_begins_and_the_time_that_it_drips_are_limited_together() {
    check(SLOWLY, async |way: Way, from| {
        let tokens = way.tokens().await;
        let session = relatch::resume(way.provider_without_credentials(), tokens, patient(&way)).unwrap();
        hold_refresh(&way.sandbox);
        let refresh = ask(async move { session.refresh().await }).await;
        way.sandbox.wait_for("refresh", 1, LIMIT).await.unwrap();
        advance(&way.sandbox, 8);
        way.sandbox.release();
        assert_timed_out(&ended(&way, refresh, 8).await.unwrap_err(), from);
        assert_sent(&way, 0, from);
    });
}

#[test]
fn a_login_whose_answer_drips_for_too_long_may_have_been_sent() {
    check(SLOWLY, async |way: Way, from| {
        let login = ask(relatch::login(way.provider(), patient(&way))).await;
        assert_timed_out(&ended(&way, login, TOO_LONG).await.unwrap_err(), from);
        assert_eq!(way.sandbox.counts().login, 1, "{from:?}");
        // What drips on is read by nobody: another login is a connection of its own.
        relatch::login(way.provider(), way.options.clone()).await.expect("a session");
    });
}

/// Nobody moves the clock here: the limit holds by itself.
#[test]
fn an_answer_that_drips_is_given_up_in_real_time() {
    check(SLOWLY, async |way: Way, from| {
        let options = patient(&way).exchange_timeout(Duration::from_secs(1)).unwrap();
        let session = relatch::resume(way.provider_without_credentials(), way.tokens().await, options).unwrap();
        let error = session.refresh().await.unwrap_err();
        assert_eq!(error.cause(), Some(Cause::RotationLost), "{from:?}: {error:?}");
        assert_timed_out(&error, from);
    });
}

#[test]
fn an_answer_that_drips_and_is_whole_in_time_is_taken() {
    check(Duration::from_millis(2), async |way: Way, from| {
        let tokens = way.tokens().await;
        // However slow the machine is: minutes pass, and as many again may.
        let options = patient(&way).exchange_timeout(Duration::from_secs(600)).unwrap();
        let session = relatch::resume(way.provider_without_credentials(), tokens.clone(), options).unwrap();
        let refresh = ask({
            let session = session.clone();
            async move { session.refresh().await }
        });
        let new = ended(&way, refresh.await, 300).await.unwrap_or_else(|error| panic!("{from:?}: {error:?}"));
        assert_ne!(new, tokens, "{from:?}");
        assert_eq!(session.token().await.unwrap().as_str(), new.access_token.expose(), "{from:?}");
        assert_sent(&way, 0, from);
    });
}
