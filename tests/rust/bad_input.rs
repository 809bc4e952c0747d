//! What cannot work is refused before anything is sent, and what must not be followed or read is not.

use std::time::Duration;

use relatch::{Error, ErrorCode, Options, Settings, SevenG, SevenGBuilder, Tokens, UnixTime};
use relatch_sandbox::Sandbox;
use serde_json::json;

use crate::support::{advance, fault, login, options, provider, provider_with, run, sandbox};

type Change<'a> = &'a dyn Fn(SevenGBuilder) -> SevenGBuilder;

/// Logs in with what is given; the error of whatever refuses it first.
async fn refused(sandbox: &Sandbox, change: impl FnOnce(SevenGBuilder) -> SevenGBuilder, settings: Settings) -> Error {
    let builder = SevenG::builder().base_url(sandbox.url()).username("api_user").password("made-up-password-1");
    let attempt = async {
        let provider = change(builder).build()?;
        relatch::login(provider, Options::try_from(settings)?).await
    };
    attempt.await.expect_err("this must be refused")
}

#[test]
fn bad_providers_are_refused_before_any_traffic() {
    let long = "x".repeat(256);
    let base = |url: &'static str| move |builder: SevenGBuilder| builder.base_url(url);
    let cases: [(&str, Change); 12] = [
        ("username", &|builder| builder.username("")),
        ("username", &|builder| builder.username(long.as_str())),
        ("password", &|builder| builder.password("")),
        ("password", &|builder| builder.password(long.as_str())),
        ("base_url", &base("http://api.7g.com.au")),
        ("base_url", &base("https://user:made-up-password-1@api.7g.com.au")),
        ("base_url", &base("https://api.7g.com.au/?version=2")),
        ("base_url", &base("https://api.7g.com.au/#part")),
        ("base_url", &base("ftp://api.7g.com.au")),
        ("base_url", &base("")),
        ("base_url", &|builder| builder.environment("test")),
        ("environment", &|_| SevenG::builder().environment("prod")),
    ];
    run(async {
        let sandbox = sandbox(json!({}));
        for (field, change) in cases {
            let error = refused(&sandbox, change, Settings::default()).await;
            assert_eq!((error.code(), error.field()), (ErrorCode::InvalidConfig, Some(field)), "{error:?}");
            assert!(!format!("{error} {error:?}").contains("made-up-password-1"));
        }
        assert_eq!(sandbox.counts().connections, 0);
    });
}

#[test]
fn bad_options_are_refused_before_any_traffic() {
    let none = Settings::default;
    let cases = [
        ("mandatory_margin", Settings { mandatory_margin: Some(-1.0), ..none() }),
        ("advisory_margin", Settings { advisory_margin: Some(-0.5), ..none() }),
        ("advisory_margin", Settings { advisory_margin: Some(1e9), ..none() }),
        ("timeout", Settings { timeout: Some(0.0), ..none() }),
        ("timeout", Settings { timeout: Some(f64::NAN), ..none() }),
        ("exchange_timeout", Settings { exchange_timeout: Some(f64::INFINITY), ..none() }),
        ("relogin", Settings { relogin: Some("sometimes".into()), ..none() }),
        ("proxy", Settings { proxy: Some("no address".into()), ..none() }),
        ("ca_certificates", Settings { ca_certificates: Some(b"no certificate".to_vec()), ..none() }),
    ];
    run(async {
        let sandbox = sandbox(json!({}));
        for (field, settings) in cases {
            let error = refused(&sandbox, |builder| builder, settings).await;
            assert_eq!((error.code(), error.field()), (ErrorCode::InvalidConfig, Some(field)), "{error:?}");
        }
        assert_eq!(sandbox.counts().connections, 0);
    });
}

#[test]
fn the_longest_names_that_are_allowed_are_sent() {
    run(async {
        let longest = "ü".repeat(100);
        let sandbox = sandbox(json!({"accounts": [{"username": longest, "password": "x"}]}));
        let provider = provider_with(&sandbox, |builder| builder.username(longest.as_str()).password("x"));
        let session = relatch::login(provider, options(&sandbox)).await.unwrap();
        assert_eq!(session.profile().fields["username"], longest);
    });
}

#[test]
fn a_token_that_is_no_jwt_is_taken_to_live_twenty_minutes() {
    run(async {
        let sandbox = sandbox(json!({}));
        let tokens = Tokens::new("made-up-token", None);
        assert_eq!(tokens.expires_at, None);
        let session = relatch::resume(provider(&sandbox), tokens, options(&sandbox)).unwrap();
        assert_eq!(session.token().await.unwrap().as_str(), "made-up-token");
        let left = sandbox.manual_clock().clock().unix_time().until(session.expires_at().unwrap());
        assert!(left > Duration::from_secs(1190) && left <= Duration::from_secs(1200), "{left:?}");
        assert!(session.claims().is_empty());
        assert_eq!(sandbox.counts().connections, 0);
    });
}

#[test]
fn times_beyond_reason_do_no_harm() {
    run(async {
        let sandbox = sandbox(json!({}));
        for end in [i64::MIN, -1, 0, i64::MAX] {
            let mut tokens = Tokens::new("made-up-token", None);
            tokens.expires_at = Some(UnixTime(end));
            let session = relatch::resume(provider(&sandbox), tokens, options(&sandbox)).unwrap();
            // An end beyond the year 2200 is none: the token lives as long as usual.
            assert_eq!(session.expires_at() == Some(UnixTime(end)), end != i64::MAX);
            assert_eq!(session.fresh_token().is_some(), end == i64::MAX);
        }
        assert_eq!(sandbox.counts().connections, 0);
    });
}

#[test]
fn an_answer_of_five_mebibytes_is_not_read() {
    run(async {
        let sandbox = sandbox(json!({}));
        for chunked in [false, true] {
            fault(&sandbox, json!({"on": "login", "fault": "oversize", "chunked": chunked}));
            let error = relatch::login(provider(&sandbox), options(&sandbox)).await.unwrap_err();
            assert_eq!((error.code(), error.status()), (ErrorCode::Protocol, Some(200)), "{error:?}");
            advance(&sandbox, 605);
        }
        assert_eq!(sandbox.counts().total, 2);
    });
}

#[test]
fn a_redirect_to_another_host_is_not_followed() {
    run(async {
        let (sandbox, elsewhere) = (sandbox(json!({})), sandbox(json!({})));
        let to = format!("{}/User/Login", elsewhere.url());
        fault(&sandbox, json!({"on": "login", "fault": "redirect", "to": to}));
        let error = relatch::login(provider(&sandbox), options(&sandbox)).await.unwrap_err();
        assert_eq!((error.code(), error.status()), (ErrorCode::Protocol, Some(307)), "{error:?}");

        let session = login(&sandbox).await;
        let to = format!("{}/User/RefreshToken", elsewhere.url());
        fault(&sandbox, json!({"on": "refresh", "fault": "redirect", "to": to}));
        session.refresh().await.expect("healed by a login");
        assert_eq!((sandbox.counts().total, elsewhere.counts().connections), (4, 0));
    });
}
