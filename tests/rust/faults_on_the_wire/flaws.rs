//! TLS that fails, and connections that break inside of it.

use relatch::{ErrorCode, Sent};
use relatch_sandbox::fault_proxy::{Cut, Flaw, WireFault};

use super::Reading::{Unseen, Unsent};
use super::requests::{SPOTS, cuts};
use super::way::{Way, identity};
use super::{check, row};
use crate::support::run;

#[test]
fn a_certificate_with_a_flaw_gets_nothing_sent() {
    let flaws = [Flaw::SelfSigned, Flaw::Expired, Flaw::NotYetValid, Flaw::WrongHost, Flaw::OddNames];
    let rows = flaws.map(|flaw| row(WireFault::Present(identity(flaw)), Unsent(ErrorCode::Tls)));
    check(1, rows, Way::tls);
}

/// Neither the message nor any error beneath it repeats what a certificate says as it says it.
#[test]
fn a_certificate_puts_no_control_character_into_an_error() {
    run(async {
        let way = Way::tls();
        way.goes_wrong(vec![WireFault::Present(identity(Flaw::OddNames))]);
        let error = relatch::login(way.provider(), way.options.clone()).await.expect_err("a certificate for others");
        assert_eq!(error.code(), ErrorCode::Tls);
        let mut beneath: Option<&(dyn std::error::Error + 'static)> = Some(&error);
        let mut count = 0;
        while let Some(error) = beneath {
            for shown in [error.to_string(), format!("{error:?}")] {
                assert!(shown.len() < 2000 && !shown.chars().any(char::is_control), "{shown}");
            }
            (beneath, count) = (error.source(), count + 1);
        }
        assert!(count > 1, "there are errors beneath");
    });
}

#[test]
fn a_handshake_that_breaks_has_sent_nothing() {
    let rows = [Cut::Reset, Cut::Close].into_iter().flat_map(|cut| {
        [WireFault::CutInHandshake(cut), WireFault::CutAtAccept(cut)]
            .map(|fault| row(fault, Unsent(ErrorCode::Transport)))
    });
    check(5, rows, Way::tls);
}

#[test]
fn a_connection_that_breaks_after_the_handshake_has_brought_nothing() {
    check(20, [Cut::Reset, Cut::Close].map(|cut| row(WireFault::CutAfterHandshake(cut), Unseen)), Way::tls);
}

#[test]
fn a_connection_that_breaks_in_a_request_or_an_answer_may_have_brought_it() {
    check(1, cuts(SPOTS), Way::tls);
}

/// Nothing mends that while callers wait: they are told at once.
#[test]
fn a_server_without_tls_where_it_should_be_gets_nothing_sent() {
    run(async {
        let mut way = Way::tls();
        way.base_url = way.sandbox.url().replace("http://", "https://");
        let error = relatch::login(way.provider(), way.options.clone()).await.unwrap_err();
        assert_eq!((error.code(), error.sent()), (ErrorCode::Tls, Some(Sent::No)), "{error:?}");
        let session = relatch::resume(way.provider(), way.tokens().await, way.options.clone()).unwrap();
        let error = session.refresh().await.unwrap_err();
        assert_eq!((error.code(), error.sent()), (ErrorCode::Tls, Some(Sent::No)), "{error:?}");
        assert_eq!((way.sandbox.counts().refresh, way.sandbox.counts().login), (0, 1));
    });
}

#[test]
fn a_server_with_tls_where_it_should_not_be_gives_no_answer() {
    let way = || {
        let mut way = Way::tls();
        way.base_url = way.base_url.replace("https://", "http://");
        way
    };
    run(async {
        let first = way();
        let error = relatch::login(first.provider(), first.options.clone()).await.unwrap_err();
        assert_eq!((error.code(), error.sent()), (ErrorCode::Protocol, Some(Sent::Maybe)), "{error:?}");
        assert_eq!(first.sandbox.counts().total, 0);
    });
}
