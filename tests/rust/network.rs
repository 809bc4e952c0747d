//! The way to the server: proxies and certificates, and what is said when it is closed.

use relatch::{ErrorCode, Options, Sent};
use serde_json::json;

use crate::support::{provider, run, sandbox};

#[test]
fn a_proxy_that_is_down_is_named_and_nothing_was_sent() {
    run(async {
        let (sandbox, proxy) = (sandbox(json!({})), sandbox(json!({})));
        let options = Options::default().proxy(&proxy.url()).unwrap().timeout(std::time::Duration::from_millis(500));
        proxy.down();
        let error = relatch::login(provider(&sandbox), options.unwrap()).await.unwrap_err();
        assert_eq!((error.code(), error.sent()), (ErrorCode::Proxy, Some(Sent::No)), "{error}");
        assert_eq!(sandbox.counts().total, 0);
    });
}
