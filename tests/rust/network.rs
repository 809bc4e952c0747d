//! The way to the server: proxies and certificates, and what is said when it is closed.

use std::net::TcpListener;
use std::time::Duration;

use relatch::{ErrorCode, Options, Sent, SevenG};
use serde_json::json;

use crate::support::{provider, run, sandbox};

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
            let options = Options::default().exchange_timeout(Duration::from_millis(50)).unwrap();
            // Long enough for an exchange to end: else it would not be known what came of it.
            let options = options.timeout(Duration::from_secs(1)).unwrap();
            let error = relatch::login(provider.build().unwrap(), options).await.unwrap_err();
            assert_eq!((error.code(), error.sent()), (ErrorCode::Timeout, Some(Sent::No)), "{error}");
        }
    });
}
