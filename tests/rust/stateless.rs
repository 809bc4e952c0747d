//! Refreshing tokens that are kept elsewhere: holders of equal tokens share one exchange.

use std::time::Duration;

use relatch::{ErrorCode, Relogin, SevenG, Tokens};
use serde_json::json;

use crate::support::{LIMIT, fault, hold_refresh, login, options, provider_with, run, sandbox};

fn holding_nothing(sandbox: &relatch_sandbox::Sandbox) -> SevenG {
    provider_with(sandbox, |builder| builder)
}

#[test]
fn a_hundred_holders_of_the_same_tokens_make_one_exchange() {
    run(async {
        let sandbox = sandbox(json!({}));
        let stored = login(&sandbox).await.tokens().unwrap();
        let refreshes: Vec<_> = (0..100)
            .map(|_| tokio::spawn(relatch::refresh(holding_nothing(&sandbox), stored.clone(), options(&sandbox))))
            .collect();
        let mut found: Vec<Tokens> = Vec::new();
        for refresh in refreshes {
            found.push(refresh.await.unwrap().expect("new tokens"));
        }
        assert!(found.iter().all(|tokens| *tokens == found[0] && *tokens != stored));
        assert_eq!((sandbox.counts().refresh, sandbox.counts().reused), (1, 0));
    });
}

#[test]
fn who_gave_up_finds_the_new_tokens_when_he_asks_again() {
    run(async {
        let sandbox = sandbox(json!({}));
        let stored = login(&sandbox).await.tokens().unwrap();
        hold_refresh(&sandbox);
        let hasty = options(&sandbox).timeout(Duration::from_millis(100)).unwrap();
        let error = relatch::refresh(holding_nothing(&sandbox), stored.clone(), hasty).await.unwrap_err();
        assert_eq!(error.code(), ErrorCode::Timeout);
        sandbox.wait_for("refresh", 1, LIMIT).await.unwrap();
        sandbox.release();
        let found = relatch::refresh(holding_nothing(&sandbox), stored.clone(), options(&sandbox)).await.unwrap();
        assert_ne!(found, stored);
        assert_eq!((sandbox.counts().refresh, sandbox.counts().reused), (1, 0));
    });
}

#[test]
fn two_sessions_of_the_same_tokens_share_what_comes_of_them() {
    run(async {
        let sandbox = sandbox(json!({}));
        let stored = login(&sandbox).await.tokens().unwrap();
        let resumed = || relatch::resume(holding_nothing(&sandbox), stored.clone(), options(&sandbox)).unwrap();
        let (one, two) = (resumed(), resumed());
        assert_eq!(one.refresh().await.unwrap(), two.refresh().await.unwrap());
        assert_eq!((sandbox.counts().refresh, sandbox.counts().reused), (1, 0));
    });
}

#[test]
fn a_token_whose_answer_was_lost_is_not_sent_by_anybody_else() {
    run(async {
        let sandbox = sandbox(json!({}));
        let stored = login(&sandbox).await.tokens().unwrap();
        fault(&sandbox, json!({"on": "refresh", "fault": "drop", "when": "after"}));
        for _ in 0..3 {
            let options = options(&sandbox).relogin(Relogin::Never);
            let error = relatch::refresh(holding_nothing(&sandbox), stored.clone(), options).await.unwrap_err();
            assert_eq!(error.code(), ErrorCode::ReloginRequired);
        }
        assert_eq!((sandbox.counts().refresh, sandbox.counts().reused), (1, 0));
    });
}
