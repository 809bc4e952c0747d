//! The way to the server: proxies and certificates, and what is said when it is closed.

use std::net::TcpListener;
use std::time::Duration;

use relatch::{ErrorCode, ManualClock, Options, Sent, SevenG};
use serde_json::json;

use crate::support::{CALL_LIMIT, ask, provider, run, sandbox};

#[test]
fn a_proxy_that_is_down_is_named_and_nothing_was_sent() {
    run(async {
        let (sandbox, proxy) = (sandbox(json!({})), sandbox(json!({})));
        let options = Options::default().proxy(&proxy.url()).unwrap();
        proxy.down();
        let error = relatch::login(provider(&sandbox), options).await.unwrap_err();
        assert_eq!((error.code(), error.sent()), (ErrorCode::Proxy, Some(Sent::No)), "{error}");
        assert_eq!(sandbox.counts().total, 0);
    });
}

#[test]
fn a_handshake_that_never_ends_has_sent_nothing_and_counts_for_no_lockout() {
    run(async {
        // Connections are made, and nobody ever answers on them.
        let silent = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("https://{}", silent.local_addr().unwrap());
        for _ in 0..4 {
            let provider = SevenG::builder().base_url(&address).username("api_user").password("made-up-password-1");
            let manual = ManualClock::new();
            let options = Options::default().clock(manual.clock()).exchange_timeout(Duration::from_millis(50)).unwrap();
            let login = ask(relatch::login(provider.build().unwrap(), options)).await;
            // As a sleep does: the flight is over with the try that is under way, and the caller waits for that.
            manual.advance(CALL_LIMIT + Duration::from_secs(10));
            let error = login.await.unwrap().unwrap_err();
            assert_eq!((error.code(), error.sent()), (ErrorCode::Timeout, Some(Sent::No)), "{error}");
        }
    });
}
