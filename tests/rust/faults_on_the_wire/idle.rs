//! Connections that were kept for the next request and have been closed meanwhile.

use std::time::{Duration, Instant};

use relatch::{Cause, Session};
use relatch_sandbox::fault_proxy::{Cut, WireFault};

use super::requests::SPOTS;
use super::way::Way;
use crate::support::{LIMIT, run};

/// For so long, of the two seconds that an idle connection is kept, it is kept for certain.
const SURELY_KEPT: Duration = Duration::from_secs(1);

/// A session without credentials that has refreshed once, over a connection that waits for the next request.
async fn idle() -> (Way, Session) {
    let (way, session, _) = idle_since().await;
    (way, session)
}

/// Like the one above, and a time before the connection began to wait.
async fn idle_since() -> (Way, Session, Instant) {
    let way = Way::plain().with_steady_connections();
    let tokens = way.tokens().await;
    let session = relatch::resume(way.provider_without_credentials(), tokens, way.options.clone()).unwrap();
    let since = Instant::now();
    session.refresh().await.expect("new tokens");
    way.proxy.until(LIMIT, |seen| seen.idle == 1).await.expect("a connection that waits");
    (way, session, since)
}

#[test]
fn a_connection_that_is_kept_is_used_again() {
    run(async {
        for _ in 0..10 {
            let (way, session, since) = idle_since().await;
            session.refresh().await.expect("new tokens");
            assert_eq!(way.sandbox.counts().refresh, 2);
            if since.elapsed() < SURELY_KEPT {
                assert_eq!(way.proxy.seen().connections, 1);
                return;
            }
        }
        panic!("ten times, two refreshes took longer than an idle connection is kept");
    });
}

#[test]
fn a_connection_that_is_known_to_be_closed_is_not_used() {
    run(async {
        for _ in 0..20 {
            let (way, session) = idle().await;
            way.proxy.close_idle(Cut::Close);
            way.proxy.until(LIMIT, |seen| seen.open == 0).await.expect("closed by both");
            session.refresh().await.expect("new tokens");
            assert_eq!((way.proxy.seen().connections, way.sandbox.counts().refresh), (2, 2));
        }
    });
}

/// The session has its tokens, or says that they are lost; and what is unsent can be sent again.
async fn refreshes_or_knows_that_it_cannot(way: &Way, session: &Session) {
    match session.refresh().await {
        Ok(_) => assert_eq!(way.sandbox.counts().refresh, 2),
        Err(error) => {
            assert_eq!(error.cause(), Some(Cause::RotationLost), "{error:?} {:?}", way.proxy.seen());
            assert_eq!(way.sandbox.counts().refresh, 1);
        }
    }
    assert_eq!(way.sandbox.counts().reused, 0);
}

#[test]
fn a_connection_that_is_closed_at_the_same_moment_costs_no_token_twice() {
    run(async {
        for cut in [Cut::Close, Cut::Reset].repeat(20) {
            let (way, session) = idle().await;
            way.proxy.close_idle(cut);
            refreshes_or_knows_that_it_cannot(&way, &session).await;
        }
    });
}

#[test]
fn a_connection_that_breaks_once_a_byte_of_a_later_request_has_come_may_have_brought_it() {
    run(async {
        for (spot, arrives) in SPOTS.repeat(4) {
            for cut in [Cut::Close, Cut::Reset] {
                let (way, session, since) = idle_since().await;
                way.proxy.next(WireFault::CutAt(spot, cut));
                let error = session.refresh().await.unwrap_err();
                assert_eq!(error.cause(), Some(Cause::RotationLost), "{spot:?} {cut:?}: {error:?}");
                assert_eq!(way.sandbox.counts().refresh, 1 + u64::from(arrives), "{spot:?} {cut:?}");
                if since.elapsed() < SURELY_KEPT {
                    assert_eq!(way.proxy.seen().connections, 1, "{spot:?} {cut:?}");
                }
            }
        }
    });
}
