//! Proxies that relatch is told of, and that fail.

use relatch::ErrorCode;
use relatch_sandbox::fault_proxy::{Cut, Spot, WireFault};

use super::Reading::{Unreadable, Unseen, Unsent};
use super::requests::{TWO_SPOTS, cuts};
use super::way::Way;
use super::{check, row};
use crate::support::run;

fn answer(text: &str) -> WireFault {
    WireFault::Answer { bytes: text.into(), acts: false }
}

// The connection ends after each of them, and they say so: the next request might be written to it.
const WANTS_CREDENTIALS: &str = "HTTP/1.1 407 Proxy Authentication Required\r\nConnection: close\r\nProxy-Authenticate: Basic realm=\"made up\"\r\nContent-Length: 0\r\n\r\n";
const BAD_GATEWAY: &str = "HTTP/1.1 502 Bad Gateway\r\nConnection: close\r\nContent-Length: 9\r\n\r\nupstream\n";
const UNAVAILABLE: &str = "HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";
const FORBIDDEN: &str = "HTTP/1.1 403 Forbidden\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";

#[test]
fn a_proxy_that_makes_no_tunnel_has_passed_nothing_on() {
    let answers =
        [WANTS_CREDENTIALS, BAD_GATEWAY, UNAVAILABLE, FORBIDDEN, "SSH-2.0-made-up\r\n", "\0\u{1}", "\r\n\r\n"];
    check(1, answers.map(|text| row(answer(text), Unsent(ErrorCode::Proxy))), Way::by_tunnel);
}

#[test]
fn a_proxy_that_breaks_off_before_there_is_a_tunnel_has_passed_nothing_on() {
    let spots = [Spot::FirstByte, Spot::AfterActing];
    let cuts = [Cut::Reset, Cut::Close];
    let rows = spots.into_iter().flat_map(|spot| cuts.map(|cut| WireFault::CutAt(spot, cut)));
    let rows = rows.chain(cuts.map(WireFault::CutAtAccept));
    check(1, rows.map(|fault| row(fault, Unsent(ErrorCode::Proxy))), Way::by_tunnel);
}

#[test]
fn a_tunnel_that_breaks_before_the_handshake_is_done_has_passed_nothing_on() {
    let rows = [0, 100].into_iter().flat_map(|after| {
        [Cut::Reset, Cut::Close].map(|cut| row(WireFault::CutTunnel { after, cut }, Unsent(ErrorCode::Transport)))
    });
    check(1, rows, Way::by_tunnel);
}

#[test]
fn behind_a_tunnel_it_is_as_without_one() {
    let rows = [Cut::Reset, Cut::Close].map(|cut| row(WireFault::CutAfterHandshake(cut), Unseen));
    check(2, rows, Way::behind_tunnel);
    check(1, cuts(TWO_SPOTS), Way::behind_tunnel);
}

#[test]
fn a_plain_proxy_that_wants_credentials_has_passed_nothing_on() {
    check(1, [row(answer(WANTS_CREDENTIALS), Unsent(ErrorCode::Proxy))], Way::by_proxy);
}

/// It says so in the server's place, and nothing tells the two apart.
#[test]
fn a_plain_proxy_that_fails_may_have_passed_the_request_on() {
    check(1, [row(answer(BAD_GATEWAY), Unreadable { arrives: false })], Way::by_proxy);
    check(1, cuts(TWO_SPOTS), Way::by_proxy);
    check(1, [Cut::Reset, Cut::Close].map(|cut| row(WireFault::CutAtAccept(cut), Unseen)), Way::by_proxy);
}

/// Nobody but the server can have said it: it saw what was sent.
#[test]
fn a_server_that_says_as_a_proxy_does_that_it_wants_credentials_has_seen_the_request() {
    run(async {
        let way = Way::plain();
        let tokens = way.tokens().await;
        way.goes_wrong(vec![answer(WANTS_CREDENTIALS), answer(WANTS_CREDENTIALS)]);
        let error = relatch::login(way.provider(), way.options.clone()).await.unwrap_err();
        assert_eq!((error.status(), error.sent()), (Some(407), None), "{error:?}");
        let session = relatch::resume(way.provider_without_credentials(), tokens, way.options.clone()).unwrap();
        let error = session.refresh().await.unwrap_err();
        assert_eq!((error.code(), error.sent()), (ErrorCode::ReloginRequired, None), "{error:?}");
        // The refresh token is spent: it is not sent again.
        assert_eq!(session.refresh().await.unwrap_err().code(), ErrorCode::ReloginRequired);
        assert_eq!((way.proxy.pending(), way.sandbox.counts().refresh), (0, 0));
    });
}
