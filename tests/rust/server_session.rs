//! The session as the server knows it: ended whether or not a caller waits for that, and what refusals say to a human.

use relatch::{Error, ErrorCode, Session, Synapsewave};
use relatch_sandbox::Sandbox;
use serde_json::{Value, json};

use crate::support::{LIMIT, MONDAY, ask, fault, options, pan, run, sandbox, user, user_with};

async fn logged_in() -> (Sandbox, Session) {
    let sandbox = sandbox(json!({"starts_at": MONDAY}));
    let session = relatch::login(user_with(&sandbox, pan()), options(&sandbox)).await.expect("a session");
    (sandbox, session)
}

#[test]
fn a_logout_whose_future_is_dropped_still_ends_the_session_on_the_server() {
    run(async {
        let (sandbox, session) = logged_in().await;
        drop(session.logout());
        assert_eq!(session.state().as_str(), "closed");
        sandbox.wait_for("logout", 1, LIMIT).await.unwrap();
    });
}

#[test]
fn a_session_is_over_at_once_however_long_the_server_takes() {
    run(async {
        let (sandbox, session) = logged_in().await;
        fault(&sandbox, json!({"on": "logout", "fault": "hold", "when": "after"}));
        let ending = ask(session.logout()).await;
        assert_eq!(session.token().await.unwrap_err().code(), ErrorCode::Closed);
        sandbox.wait_for("logout", 1, LIMIT).await.unwrap();
        assert!(!ending.is_finished());
        // A second logout has nothing to wait for.
        session.logout().await;
        sandbox.release();
        ending.await.unwrap();
        assert_eq!((sandbox.counts().logout, sandbox.counts().logout_rejected), (1, 0));
    });
}

#[test]
fn a_session_that_is_dropped_lives_on_at_the_server() {
    run(async {
        let (sandbox, session) = logged_in().await;
        let tokens = session.tokens().unwrap();
        drop(session);
        let again = relatch::resume(user_with(&sandbox, pan()), tokens, options(&sandbox)).unwrap();
        assert!(again.validate().await.unwrap());
        assert_eq!(sandbox.counts().logout, 0);
    });
}

/// The error of a login of the sandbox's default user that is answered so.
async fn refused(answer: Value) -> Error {
    let sandbox = sandbox(json!({"starts_at": MONDAY}));
    fault(&sandbox, answer);
    relatch::login(user_with(&sandbox, pan()), options(&sandbox)).await.unwrap_err()
}

#[test]
fn a_licence_error_says_that_it_may_be_the_source() {
    run(async {
        let sandbox = sandbox(json!({"starts_at": MONDAY, "synapsewave": {"licensed_sources": ["WEBAPI"]}}));
        let provider: Synapsewave = user(&sandbox).second_factor(pan()).source("MOBILEAPI").build().unwrap();
        let error = relatch::login(provider, options(&sandbox)).await.unwrap_err();
        assert_eq!((error.code(), error.server_code()), (ErrorCode::AccessDenied, Some("e-14")));
        assert!(error.to_string().contains("source") && error.to_string().contains("WEBAPI"), "{error}");
        assert!(error.server_message().is_some_and(|words| words.contains("license error")));
    });
}

#[test]
fn a_refusal_of_a_gateway_speaks_of_the_path_prefix_and_quotes_the_title_of_its_page() {
    run(async {
        let page = format!("<html><title>Not Acceptable!</title>{}</html>", "made up ".repeat(1000));
        let headers = json!({"Content-Type": "text/html"});
        let error = refused(
            json!({"on": "login", "fault": "answer", "status": 406, "body": page.as_str(), "headers": headers}),
        )
        .await;
        assert_eq!((error.code(), error.status()), (ErrorCode::Protocol, Some(406)));
        assert!(error.to_string().contains("path prefix"), "{error}");
        assert_eq!([error.snippet(), error.server_message()], [Some("Not Acceptable!"); 2]);
        let error = refused(
            json!({"on": "login", "fault": "answer", "status": 406, "body": "<p>made up</p>", "headers": headers}),
        )
        .await;
        assert_eq!(error.snippet(), Some("[withheld: 14 bytes of text/html]"));
        let body = r#"{"message":"Missing Authentication Token"}"#;
        let error = refused(json!({"on": "login", "fault": "answer", "status": 403, "body": body})).await;
        assert_eq!(error.server_message(), Some("Missing Authentication Token"));
    });
}

#[test]
fn a_url_without_the_path_prefix_reaches_no_api_and_says_so() {
    run(async {
        let sandbox = sandbox(json!({"starts_at": MONDAY}));
        for url in [sandbox.url(), sandbox.synapsewave_url() + "/v2"] {
            let provider = user(&sandbox).base_url(url).second_factor(pan()).build().unwrap();
            let error = relatch::login(provider, options(&sandbox)).await.unwrap_err();
            assert_eq!(error.code(), ErrorCode::AccessDenied, "{error}");
            assert!(error.to_string().contains("path prefix"), "{error}");
        }
        // One with a slash at its end is the same.
        let provider = user(&sandbox).base_url(sandbox.synapsewave_url() + "/").second_factor(pan()).build().unwrap();
        relatch::login(provider, options(&sandbox)).await.expect("a session");
    });
}

#[test]
fn an_answer_that_echoes_the_password_is_not_quoted() {
    run(async {
        let body = r#"{"status":"error","code":"e-101","message":"No: made-up-password-2 of ABCDE1234F","errors":"made-up-api-key-1"}"#;
        let error = refused(json!({"on": "login", "fault": "answer", "status": 400, "body": body})).await;
        let shown = format!("{error} {error:?} {:?}", error.details());
        for secret in ["made-up-password-2", "ABCDE1234F", "made-up-api-key-1"] {
            assert!(!shown.contains(secret), "{shown}");
        }
    });
}
