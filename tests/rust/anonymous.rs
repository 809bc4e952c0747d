//! The two endpoints that need no login.

use relatch::ErrorCode;
use serde_json::json;

use crate::support::{fault, login, options, provider_with, run, sandbox};

#[test]
fn health_tells_a_server_that_is_down_from_one_that_refuses() {
    run(async {
        let sandbox = sandbox(json!({"blocked": true}));
        let (provider, options) = (provider_with(&sandbox, |builder| builder), options(&sandbox));
        let health = provider.health(&options).await.unwrap();
        assert_eq!((health.healthy, health.status), (true, 200));

        fault(&sandbox, json!({"on": "health", "fault": "answer", "status": 503, "body": "down for maintenance"}));
        let health = provider.health(&options).await.unwrap();
        assert_eq!((health.healthy, health.status, health.body.as_str()), (false, 503, "down for maintenance"));

        sandbox.down();
        // A connection that the server has just cut may still be open on this side for a moment.
        crate::support::advance(&sandbox, 60);
        let error = provider.health(&options).await.unwrap_err();
        assert_eq!(error.code(), ErrorCode::Transport, "{error:?}");
        assert_eq!((sandbox.counts().health, sandbox.counts().login), (2, 0));
    });
}

#[test]
fn lookup_reads_entries_and_the_reason_of_a_refusal() {
    run(async {
        let sandbox = sandbox(json!({}));
        let (provider, options) = (provider_with(&sandbox, |builder| builder), options(&sandbox));
        let entries = provider.lookup(Some("accountStatusID"), &options).await.unwrap();
        let ids: Vec<_> = entries.iter().map(|entry| (entry.id.as_str(), entry.value.as_str())).collect();
        assert_eq!(ids, [("1", "Active"), ("2", "Closed")]);

        let error = provider.lookup(Some("a name & more"), &options).await.unwrap_err();
        assert_eq!(error.code(), ErrorCode::AccessDenied);
        assert_eq!(error.server_message(), Some("Invalid lookup name"));

        fault(&sandbox, json!({"on": "lookup", "fault": "garbage"}));
        let error = provider.lookup(None, &options).await.unwrap_err();
        assert_eq!((error.code(), error.status()), (ErrorCode::Protocol, Some(200)));
    });
}

#[test]
fn a_session_tells_what_its_token_says() {
    run(async {
        let sandbox = sandbox(json!({}));
        let session = login(&sandbox).await;
        let profile = session.profile();
        assert_eq!(profile.fields["username"], "api_user");
        assert_eq!(profile.fields["roles"], json!([{"RID": 1, "BID": 100, "PID": 5}]));
        assert_eq!(session.claims()["iss"], "https://7g.com.au");
        assert_eq!((session.system(), session.user()), ("7g", Some("api_user")));
        let expires_at = session.expires_at().expect("an end").seconds();
        assert_eq!(session.claims()["exp"].as_f64(), Some(expires_at));
    });
}
