//! Servers that want to know the program (mutual TLS).

use std::sync::LazyLock;

use relatch::{ErrorCode, Options, Sent, SevenG};
use relatch_sandbox::Sandbox;
use relatch_sandbox::fault_proxy::{Authority, FaultProxy};
use serde_json::json;

use crate::support::{PASSWORD, USERNAME, options, run, sandbox};

static AUTHORITY: LazyLock<Authority> = LazyLock::new(|| Authority::new().expect("a certificate"));

/// A sandbox behind a server that wants certificates of the authority.
fn wanting(only_tls12: bool) -> (Sandbox, FaultProxy, Options) {
    let sandbox = sandbox(json!({}));
    let target = sandbox.url().trim_start_matches("http://").parse().expect("an address");
    let identity = AUTHORITY.issue_wanting_clients(only_tls12).expect("a certificate");
    let proxy = FaultProxy::start_tls(target, identity).expect("a port");
    let options = options(&sandbox).ca_certificates(AUTHORITY.pem().as_bytes()).expect("a certificate");
    (sandbox, proxy, options)
}

fn provider(proxy: &FaultProxy) -> SevenG {
    SevenG::builder().base_url(proxy.url()).username(USERNAME).password(PASSWORD).build().expect("a provider")
}

/// With TLS 1.3 the client learns it only after it has sent its request, which nobody looked at.
#[test]
fn a_server_that_gets_no_certificate_has_looked_at_nothing_and_no_login_is_counted() {
    run(async {
        for only_tls12 in [false, true] {
            let (sandbox, proxy, options) = wanting(only_tls12);
            for _ in 0..20 {
                let error = relatch::login(provider(&proxy), options.clone()).await.unwrap_err();
                assert_eq!((error.code(), error.sent()), (ErrorCode::Tls, Some(Sent::No)), "{error:?}");
                assert!(error.to_string().contains("client_certificate"), "{error}");
            }
            assert_eq!(sandbox.counts().total, 0);
        }
    });
}

#[test]
fn a_certificate_of_another_authority_is_said_to_be_refused() {
    run(async {
        for only_tls12 in [false, true] {
            let (sandbox, proxy, options) = wanting(only_tls12);
            let stranger = Authority::new().unwrap().client_pem().unwrap();
            for _ in 0..5 {
                let options = options.clone().client_certificate(stranger.as_bytes()).unwrap();
                let error = relatch::login(provider(&proxy), options).await.unwrap_err();
                assert_eq!((error.code(), error.sent()), (ErrorCode::Tls, Some(Sent::No)), "{error:?}");
                assert!(error.to_string().contains("client certificate"), "{error}");
            }
            assert_eq!(sandbox.counts().total, 0);
        }
    });
}

#[test]
fn a_session_shows_its_certificate() {
    run(async {
        for only_tls12 in [false, true] {
            let (sandbox, proxy, options) = wanting(only_tls12);
            let options = options.client_certificate(AUTHORITY.client_pem().unwrap().as_bytes()).unwrap();
            let session = relatch::login(provider(&proxy), options).await.unwrap();
            session.refresh().await.unwrap();
            assert_eq!((sandbox.counts().login, sandbox.counts().refresh), (1, 1));
        }
    });
}
