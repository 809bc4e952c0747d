//! Codes that are made of the time: no step is sent twice, and the time is the server's.

use std::sync::Arc;
use std::time::Duration;

use relatch::{MemoryStore, Pending, Store, Stored};
use relatch_sandbox::Sandbox;
use serde_json::{Value, json};
use tokio::sync::Semaphore;

use crate::support::{LIMIT, MONDAY, USER_ID, advance, ask, options, pan, run, sandbox, totp, user_with};

const DAY: Duration = Duration::from_secs(86_400);
/// The sandbox's clock runs by itself as well: a wait for the next step ends within this time.
const STEP: Duration = Duration::from_secs(40);

#[test]
fn fifty_sessions_of_one_user_at_once_send_no_step_twice() {
    run(async {
        let sandbox = sandbox(json!({"starts_at": MONDAY}));
        let options = options(&sandbox).timeout(DAY).unwrap().exchange_timeout(DAY).unwrap();
        let mut logins = Vec::new();
        for _ in 0..50 {
            logins.push(ask(relatch::login(user_with(&sandbox, totp()), options.clone())).await);
        }
        for login in 1..=50 {
            // The clock is moved once for each and not to hurry one along: its code might be under way.
            sandbox.wait_for("login", login, STEP).await.unwrap();
            advance(&sandbox, 30);
        }
        for login in logins {
            login.await.unwrap().expect("a session");
        }
        let counts = sandbox.counts();
        assert_eq!((counts.login, counts.login_rejected, counts.totp_reused), (50, 0, 0));
    });
}

/// The kinds of requests that the sandbox has seen.
fn seen(sandbox: &Sandbox) -> Vec<&'static str> {
    sandbox.audit().iter().map(|seen| seen.kind).collect()
}

#[test]
fn the_server_is_asked_for_its_time_only_where_nothing_is_known_of_it() {
    run(async {
        let first = sandbox(json!({"starts_at": MONDAY}));
        relatch::login(user_with(&first, totp()), options(&first)).await.unwrap();
        assert_eq!(seen(&first), ["other", "login"]);
        let asked = &first.audit()[0];
        assert_eq!((asked.method.as_str(), asked.authorization, asked.x_api_key), ("GET", "none", Some("none")));
        assert_eq!(asked.content_type, None);
        advance(&first, 30);
        relatch::login(user_with(&first, totp()), options(&first)).await.unwrap();
        assert_eq!(seen(&first), ["other", "login", "login"]);

        let second = sandbox(json!({"starts_at": MONDAY}));
        relatch::login(user_with(&second, pan()), options(&second)).await.unwrap();
        relatch::login(user_with(&second, totp()), options(&second)).await.unwrap();
        assert_eq!(seen(&second), ["login", "login"]);
    });
}

#[test]
fn a_login_without_a_code_asks_for_no_time() {
    run(async {
        let sandbox = sandbox(json!({"starts_at": MONDAY}));
        relatch::begin(user_with(&sandbox, totp()), options(&sandbox)).await.unwrap();
        assert_eq!(seen(&sandbox), ["register"]);
    });
}

#[test]
fn a_clock_that_is_years_off_makes_codes_of_the_right_time() {
    run(async {
        for shift in [-40_000_000_000, 40_000_000_000_i64] {
            let sandbox = sandbox(json!({"starts_at": MONDAY}));
            sandbox.shift_wall(shift);
            let session = relatch::login(user_with(&sandbox, totp()), options(&sandbox)).await.expect("a session");
            assert!(session.fresh_token().is_some());
            assert_eq!((sandbox.counts().login, sandbox.counts().login_rejected), (1, 0));
        }
    });
}

/// The server's name in the keys of a store.
fn origin(sandbox: &Sandbox) -> String {
    sandbox.synapsewave_url().replace("http://127.0.0.1", "localhost")
}

/// What another process would find: the same store under another address, and told when it has been read.
#[derive(Debug)]
struct Elsewhere {
    inner: Arc<MemoryStore>,
    here: String,
    there: String,
    read: Semaphore,
}

impl Elsewhere {
    fn key(&self, key: &str) -> String {
        key.replace(&self.here, &self.there)
    }
}

impl Store for Elsewhere {
    fn get<'a>(&'a self, key: &'a str) -> Pending<'a, Option<Stored>> {
        Box::pin(async move {
            let found = self.inner.get(&self.key(key)).await;
            self.read.add_permits(1);
            found
        })
    }

    fn put<'a>(&'a self, key: &'a str, value: Vec<u8>, expected: Option<u64>) -> Pending<'a, bool> {
        Box::pin(async move { self.inner.put(&self.key(key), value, expected).await })
    }

    fn remove<'a>(&'a self, key: &'a str, expected: u64) -> Pending<'a, bool> {
        Box::pin(async move { self.inner.remove(&self.key(key), expected).await })
    }
}

#[test]
fn a_step_that_was_used_before_a_restart_is_known_from_the_users_store() {
    run(async {
        // What this process remembers is told apart by address: to it, the second sandbox is another account.
        let settings = json!({"starts_at": MONDAY + 15});
        let (before, after) = (sandbox(settings.clone()), sandbox(settings));
        let inner = Arc::new(MemoryStore::new());
        let store: Arc<dyn Store> = inner.clone();
        relatch::login(user_with(&before, totp()), options(&before).store(store)).await.unwrap();
        let key = format!("ledger/{}|{}", origin(&before), USER_ID.to_lowercase());
        let ledger = inner.get(&key).await.unwrap().expect("the ledger is kept for its steps");
        let ledger: Value = serde_json::from_slice(&ledger.value).unwrap();
        assert_eq!(ledger["steps"], json!([MONDAY]));

        let (here, there) = (origin(&after), origin(&before));
        let elsewhere = Arc::new(Elsewhere { inner, here, there, read: Semaphore::new(0) });
        let store: Arc<dyn Store> = elsewhere.clone();
        let login = ask(relatch::login(user_with(&after, totp()), options(&after).store(store))).await;
        let read = tokio::time::timeout(LIMIT, elsewhere.read.acquire()).await;
        drop(read.expect("the store was not asked").unwrap());
        advance(&after, 16);
        after.wait_for("login", 1, STEP).await.unwrap();
        let session = login.await.unwrap().expect("a session");
        assert!(session.validate().await.unwrap());
        // It was the next step that it used: the same code once more is refused.
        let code = after.totp(USER_ID).unwrap();
        let challenge = relatch::begin(user_with(&after, totp()), options(&after)).await.unwrap();
        challenge.complete(relatch::FactorKind::Totp, code).await.unwrap_err();
        assert_eq!((after.counts().totp_reused, after.counts().login), (1, 2));
    });
}
