//! Connections that break at every point of an exchange, without TLS.

use relatch::{Cause, ErrorCode, Sent};
use relatch_sandbox::fault_proxy::{Cut, Spot, WireFault};

use super::Reading::{Fine, Lost, Unreadable, Unseen};
use super::way::Way;
use super::{Row, check, row};
use crate::support::{CALL_LIMIT, LIMIT, advance, ask, refresh_in_vain, run};

/// Every point of an exchange, and whether the server has acted by then.
pub(super) const SPOTS: [(Spot, bool); 6] = [
    (Spot::FirstByte, false),
    (Spot::AfterRequestHead, false),
    (Spot::AfterRequest, false),
    (Spot::AfterActing, true),
    (Spot::InAnswerHead, true),
    (Spot::InAnswerBody, true),
];

/// The faults before and after the server has acted, for ways on which all else is as on others.
pub(super) const TWO_SPOTS: [(Spot, bool); 2] = [(Spot::AfterRequest, false), (Spot::InAnswerBody, true)];

const CUTS: [Cut; 2] = [Cut::Reset, Cut::Close];

/// A cut at these points, in both ways: something has come, so that the request counts as sent.
pub(super) fn cuts<const COUNT: usize>(spots: [(Spot, bool); COUNT]) -> Vec<Row> {
    let lost = |arrives| Lost { code: ErrorCode::Transport, arrives };
    let cut = |(spot, arrives)| CUTS.map(|cut| row(WireFault::CutAt(spot, cut), lost(arrives)));
    spots.into_iter().flat_map(cut).collect()
}

fn answer(text: &str, acts: bool) -> WireFault {
    WireFault::Answer { bytes: text.into(), acts }
}

#[test]
fn a_connection_that_breaks_once_a_byte_has_come_may_have_brought_the_request() {
    check(2, cuts(SPOTS), Way::plain);
}

#[test]
fn a_connection_that_breaks_before_a_byte_is_read_has_brought_nothing() {
    check(20, CUTS.map(|cut| row(WireFault::CutAtAccept(cut), Unseen)), Way::plain);
}

#[test]
fn an_answer_that_is_whole_does_without_its_length_and_one_that_its_length_cuts_cannot_be_read() {
    let rows = [
        row(WireFault::WrongLength(1), Fine),
        row(WireFault::WrongLength(500), Fine),
        row(WireFault::WrongLength(-1), Unreadable { arrives: true }),
        row(WireFault::WrongLength(-40), Unreadable { arrives: true }),
    ];
    check(1, rows, Way::plain);
}

#[test]
fn what_is_not_http_is_no_answer() {
    let mut rows = Vec::new();
    for acts in [false, true] {
        let (cut, odd) = (ErrorCode::Transport, ErrorCode::Protocol);
        for (garbage, code) in [
            ("SSH-2.0-made-up\r\n", odd),
            ("\r\n\r\n", cut),
            ("HTTP/1.1 2", cut),
            ("HTTP/9.9 200 OK\r\n\r\n", odd),
            ("\0\u{1}\u{2}\u{3}", odd),
        ] {
            rows.push(row(answer(garbage, acts), Lost { code, arrives: acts }));
        }
        for strange in [
            "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}",
            "HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n",
            "HTTP/1.0 200 OK\r\n\r\n<p>",
        ] {
            rows.push(row(answer(strange, acts), Unreadable { arrives: acts }));
        }
    }
    check(1, rows, Way::plain);
}

#[test]
fn a_server_that_is_not_there_has_seen_nothing() {
    run(async {
        let way = Way::plain();
        // However slowly a try fails: that the clock is moved meanwhile does not end it.
        let options = way.options.clone().exchange_timeout(2 * CALL_LIMIT).unwrap();
        let session = relatch::resume(way.provider(), way.tokens().await, options).unwrap();
        way.proxy.down();
        let error = refresh_in_vain(&session, &way.sandbox).await;
        assert_eq!((error.code(), error.sent()), (ErrorCode::Transport, Some(Sent::No)), "{error:?}");
        let refresh = ask(async move { session.refresh().await }).await;
        let login = ask(relatch::login(way.provider(), way.options.clone())).await;
        way.proxy.up().expect("the same port");
        advance(&way.sandbox, 1);
        refresh.await.unwrap().expect("the token was not spent");
        login.await.unwrap().expect("it is sent once somebody is there");
        assert_eq!((way.sandbox.counts().refresh, way.sandbox.counts().login), (1, 2));
    });
}

#[test]
fn a_server_that_goes_away_during_a_request_may_have_acted() {
    run(async {
        for (spot, arrives) in SPOTS {
            let way = Way::plain();
            let tokens = way.tokens().await;
            let session = relatch::resume(way.provider_without_credentials(), tokens, way.options.clone()).unwrap();
            way.proxy.next(WireFault::HoldAt(spot));
            let refresh = ask(async move { session.refresh().await }).await;
            way.proxy.until(LIMIT, |seen| seen.held == 1).await.expect("one that is held");
            way.proxy.down();
            let error = refresh.await.unwrap().unwrap_err();
            assert_eq!(error.cause(), Some(Cause::RotationLost), "{spot:?}: {error:?}");
            assert_eq!(way.sandbox.counts().refresh, u64::from(arrives), "{spot:?}");
        }
    });
}
