//! The ledger of failed logins is one for each account, whichever session logs in.

use std::sync::Arc;
use std::time::Duration;

use relatch::{Error, ErrorCode, ManualClock, MemoryStore, Options, Session, SevenG, Store};
use relatch_sandbox::Sandbox;
use serde_json::json;

use crate::socks::socks;
use crate::support::{LIMIT, PASSWORD, USERNAME, advance, options, provider, provider_with, run, sandbox};

fn with_password(sandbox: &Sandbox, password: &str) -> SevenG {
    provider_with(sandbox, |builder| builder.username(USERNAME).password(password))
}

/// Logs in fifty times at once.
async fn fifty(sandbox: &Sandbox, password: impl Fn(usize) -> String) -> Vec<Result<Session, Error>> {
    // Each is compared with the refused credential, one after the other, which is slow on purpose.
    let options = options(sandbox).timeout(30 * LIMIT).unwrap();
    let logins: Vec<_> = (0..50)
        .map(|index| tokio::spawn(relatch::login(with_password(sandbox, &password(index)), options.clone())))
        .collect();
    let mut ended = Vec::new();
    for login in logins {
        ended.push(login.await.unwrap());
    }
    ended
}

fn count(ended: &[Result<Session, Error>], code: ErrorCode) -> usize {
    ended.iter().filter(|end| end.as_ref().is_err_and(|error| error.code() == code)).count()
}

#[test]
fn fifty_logins_at_once_with_one_wrong_password_put_it_on_the_wire_once() {
    run(async {
        let sandbox = sandbox(json!({}));
        let ended = fifty(&sandbox, |_| "made-up-wrong-1".into()).await;
        assert_eq!(count(&ended, ErrorCode::InvalidCredentials), 1);
        assert_eq!(count(&ended, ErrorCode::LockoutGuard), 49);
        assert_eq!(sandbox.counts().login, 1);
    });
}

#[test]
fn fifty_logins_at_once_with_fifty_wrong_passwords_put_two_on_the_wire() {
    run(async {
        let sandbox = sandbox(json!({}));
        let ended = fifty(&sandbox, |index| format!("made-up-wrong-{index}")).await;
        assert_eq!(count(&ended, ErrorCode::InvalidCredentials), 2);
        assert_eq!(count(&ended, ErrorCode::LockoutGuard), 48);
        let guarded = ended.iter().filter_map(|end| end.as_ref().err());
        let guarded: Vec<_> = guarded.filter(|error| error.code() == ErrorCode::LockoutGuard).collect();
        assert!(guarded.iter().all(|error| error.retry_at().is_some() && error.failures() == Some(2)));
        assert_eq!(sandbox.counts().login, 2);
    });
}

#[test]
fn fifty_logins_at_once_with_the_right_password_all_succeed() {
    run(async {
        let sandbox = sandbox(json!({}));
        let ended = fifty(&sandbox, |_| PASSWORD.into()).await;
        assert!(ended.iter().all(Result::is_ok));
        assert_eq!((sandbox.counts().login, sandbox.counts().login_rejected), (50, 0));
    });
}

#[test]
fn the_ledger_outlives_the_sessions_in_the_store_and_in_the_process() {
    run(async {
        let sandbox = sandbox(json!({}));
        let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
        let with = |store: &Arc<dyn Store>| -> Options { options(&sandbox).store(Arc::clone(store)) };
        for password in ["made-up-wrong-1", "made-up-wrong-2"] {
            let error = relatch::login(with_password(&sandbox, password), with(&store)).await.unwrap_err();
            assert_eq!(error.code(), ErrorCode::InvalidCredentials);
        }
        let error = relatch::login(provider(&sandbox), with(&store)).await.unwrap_err();
        assert_eq!((error.code(), error.failures()), (ErrorCode::LockoutGuard, Some(2)));

        let other: Arc<dyn Store> = Arc::new(MemoryStore::new());
        let error = relatch::login(provider(&sandbox), with(&other)).await.unwrap_err();
        assert_eq!(error.code(), ErrorCode::LockoutGuard, "another store, the same account: this process counts too");

        advance(&sandbox, 610);
        relatch::login(provider(&sandbox), with(&store)).await.expect("ten minutes have passed");
        assert_eq!((sandbox.counts().login, sandbox.counts().login_rejected), (3, 2));
    });
}

#[test]
fn the_ledger_tells_users_and_addresses_apart() {
    run(async {
        let accounts = json!([{"username": "one", "password": "x"}, {"username": "two", "password": "x"}]);
        let sandboxes = [sandbox(json!({"accounts": accounts})), sandbox(json!({"accounts": accounts}))];
        let login = async |sandbox: &Sandbox, username: &str, password: &str| {
            let provider = provider_with(sandbox, |builder| builder.username(username).password(password));
            relatch::login(provider, options(sandbox)).await
        };
        for password in ["made-up-wrong-1", "made-up-wrong-2"] {
            login(&sandboxes[0], "one", password).await.unwrap_err();
        }
        assert_eq!(login(&sandboxes[0], "one", "x").await.unwrap_err().code(), ErrorCode::LockoutGuard);
        login(&sandboxes[0], "two", "x").await.expect("another user");
        login(&sandboxes[1], "one", "x").await.expect("another address");
    });
}

#[test]
fn a_session_that_heals_counts_for_the_same_ledger() {
    run(async {
        let sandbox = sandbox(json!({}));
        let (one, two) = (crate::support::login(&sandbox).await, crate::support::login(&sandbox).await);
        sandbox.control("configure", json!({"accounts": [{"username": USERNAME, "password": "changed"}]})).unwrap();
        sandbox.control("revoke", json!({"username": USERNAME, "what": "refresh"})).unwrap();
        advance(&sandbox, 1210);
        // The first to heal is refused; the second has that credential too, and is not sent.
        let errors = [one.token().await.unwrap_err(), two.token().await.unwrap_err()];
        let causes = errors.map(|error| error.cause().map(relatch::Cause::as_str));
        assert_eq!(causes, [Some("login_rejected"); 2]);
        assert_eq!((sandbox.counts().login, sandbox.counts().login_rejected), (3, 1));
    });
}

#[test]
fn a_clock_that_a_test_moves_opens_no_ledger_of_a_server_elsewhere() {
    run(async {
        let (sandbox, manual) = (sandbox(json!({})), ManualClock::new());
        let (port, _asked) = socks(sandbox.url().trim_start_matches("http://").to_owned(), 0);
        let options = Options::default().clock(manual.clock()).proxy(&format!("socks5h://127.0.0.1:{port}")).unwrap();
        let mut codes = Vec::new();
        for number in 0..6 {
            let provider = SevenG::builder().base_url("http://api.example").allow_insecure(true).username(USERNAME);
            let provider = provider.password(format!("made-up-wrong-{number}")).build().unwrap();
            let error = relatch::login(provider, options.clone()).await.unwrap_err();
            if let Some(retry_at) = error.retry_at() {
                // Told by the clock that its reader goes by.
                let wait = manual.clock().unix_time().until(retry_at).as_secs();
                assert!((500..=602).contains(&wait), "{wait} s: {error:?}");
                let told = error.to_string();
                assert!(told.contains("(in 9 min ") || told.contains("(in 10 min"), "{told}");
            }
            codes.push(error.code());
            manual.advance(Duration::from_secs(3_600));
        }
        assert_eq!(codes[..2], [ErrorCode::InvalidCredentials; 2]);
        assert_eq!(codes[2..], [ErrorCode::LockoutGuard; 4]);
        assert_eq!(sandbox.counts().login, 2);
    });
}
