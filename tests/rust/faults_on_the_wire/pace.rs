//! Answers that come in a strange way and are whole, and answers that do not come in time.

use std::time::Duration;

use relatch::{ErrorCode, Sent};
use relatch_sandbox::fault_proxy::WireFault;

use super::Reading::Fine;
use super::requests::SPOTS;
use super::way::Way;
use super::{check, row};
use crate::support::{LIMIT, advance, ask, run};

#[test]
fn an_answer_that_comes_in_a_strange_way_is_an_answer() {
    let header = |line: &str, first| WireFault::ExtraHeader { line: line.into(), first };
    let faults = [
        WireFault::ByteByByte,
        WireFault::Noise("HTTP/1.1 100 Continue\r\n\r\n".into()),
        WireFault::Noise("HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n".into()),
        header("Date: Thu, 01 Jan 1970 00:00:00 GMT", false),
        header("Date: yesterday", true),
        header("Date: ", true),
        header("X-Long: ", false),
        header(&format!("X-Long: {}", "x".repeat(10_000)), true),
    ];
    check(1, faults.map(|fault| row(fault, Fine)), Way::plain);
}

#[test]
fn an_answer_that_stops_anywhere_and_goes_on_is_an_answer() {
    run(async {
        for (spot, acted) in SPOTS {
            let way = Way::plain();
            let session = relatch::resume(way.provider(), way.tokens().await, way.options.clone()).unwrap();
            advance(&way.sandbox, 1175);
            way.proxy.next(WireFault::HoldAt(spot));
            let mut callers = Vec::new();
            for _ in 0..8 {
                let session = session.clone();
                callers.push(ask(async move { session.token().await.map(|token| token.as_str().to_owned()) }).await);
            }
            way.proxy.until(LIMIT, |seen| seen.held == 1).await.expect("one that is held");
            assert_eq!(way.sandbox.counts().refresh, u64::from(acted), "{spot:?}");
            assert!(callers.iter().all(|caller| !caller.is_finished()), "{spot:?}");
            way.proxy.release();
            let mut tokens = Vec::new();
            for caller in callers {
                tokens.push(caller.await.unwrap().expect("a token"));
            }
            assert!(tokens.windows(2).all(|pair| pair[0] == pair[1]), "{spot:?}");
            assert_eq!((way.sandbox.counts().refresh, way.sandbox.counts().login), (1, 1), "{spot:?}");
        }
    });
}

/// A request that hangs on the way may arrive long after it was given up.
#[test]
fn what_is_not_answered_in_time_may_have_been_sent_and_is_not_sent_again() {
    run(async {
        for (spot, acted) in SPOTS {
            let way = Way::plain();
            let session = relatch::resume(way.provider(), way.tokens().await, way.options.clone()).unwrap();
            advance(&way.sandbox, 1160);
            way.proxy.next(WireFault::HoldAt(spot));
            let waiting = ask({
                let session = session.clone();
                async move { session.refresh().await }
            });
            let waiting = waiting.await;
            way.proxy.until(LIMIT, |seen| seen.held == 1).await.expect("one that is held");
            advance(&way.sandbox, 16);
            waiting.await.unwrap().expect("healed");
            assert_eq!((way.sandbox.counts().refresh, way.sandbox.counts().login), (acted.into(), 2), "{spot:?}");
            way.proxy.release();
            way.sandbox.wait_for("refresh", 1, LIMIT).await.unwrap();
            assert_eq!((way.sandbox.counts().reused, way.proxy.seen().asked("/User/RefreshToken")), (0, 1), "{spot:?}");
            // What came late is another session's: this one goes on.
            session.refresh().await.expect("the new session is good");
        }
    });
}

#[test]
fn a_login_that_is_not_answered_in_time_may_have_been_sent() {
    run(async {
        for (spot, acted) in SPOTS {
            let way = Way::plain();
            way.proxy.next(WireFault::HoldAt(spot));
            let options = way.options.clone().exchange_timeout(Duration::from_secs(5)).unwrap();
            let waiting = ask(relatch::login(way.provider(), options)).await;
            way.proxy.until(LIMIT, |seen| seen.held == 1).await.expect("one that is held");
            advance(&way.sandbox, 6);
            let error = waiting.await.unwrap().unwrap_err();
            assert_eq!((error.code(), error.sent()), (ErrorCode::Timeout, Some(Sent::Maybe)), "{spot:?}");
            assert_eq!(way.sandbox.counts().login, u64::from(acted), "{spot:?}");
        }
    });
}
