//! Adopted before stored before announced; and a store that is slow, fails, or is changed by others.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use relatch::{Error, EventKind, MemoryStore, Options, Pending, Session, Store, Stored, stored_tokens};
use relatch_sandbox::Sandbox;
use serde_json::json;
use tokio::sync::Semaphore;
use tokio::time::timeout;

use crate::support::{
    LIMIT, USERNAME, advance, ask, hold_refresh, listen, login, options, provider, provider_with, refresh_in_vain, run,
    sandbox,
};

/// A store whose writes wait for a permit, fail, or come too late, as the test says.
#[derive(Debug)]
struct Trying {
    inner: MemoryStore,
    permits: Semaphore,
    fails: AtomicBool,
    overtaken: AtomicBool,
    /// Grows when a write has begun, and when one has been done.
    begun: Semaphore,
    done: Mutex<Vec<String>>,
}

impl Trying {
    fn new() -> Arc<Self> {
        Arc::new(Self {
            inner: MemoryStore::new(),
            permits: Semaphore::new(Semaphore::MAX_PERMITS),
            fails: AtomicBool::new(false),
            overtaken: AtomicBool::new(false),
            begun: Semaphore::new(0),
            done: Mutex::default(),
        })
    }

    fn check(&self, key: &str) -> Result<(), Error> {
        let broken = self.fails.load(Ordering::SeqCst);
        if broken { Err(Error::store(key, std::io::Error::other("the disk is full"))) } else { Ok(()) }
    }

    async fn begin(&self, key: &str) -> Result<(), Error> {
        self.begun.add_permits(1);
        self.permits.acquire().await.expect("never closed").forget();
        self.check(key)
    }

    fn slow(&self) {
        self.permits.forget_permits(Semaphore::MAX_PERMITS);
    }

    fn done(&self, what: &str, key: &str) {
        self.done.lock().unwrap().push(format!("{what} {}", key.split('/').next().unwrap_or_default()));
    }
}

impl Store for Trying {
    fn get<'a>(&'a self, key: &'a str) -> Pending<'a, Option<Stored>> {
        Box::pin(async move {
            self.check(key)?;
            self.inner.get(key).await
        })
    }

    fn put<'a>(&'a self, key: &'a str, value: Vec<u8>, expected: Option<u64>) -> Pending<'a, bool> {
        Box::pin(async move {
            self.begin(key).await?;
            if self.overtaken.swap(false, Ordering::SeqCst) {
                self.inner.put(key, b"what another process writes".to_vec(), expected).await?;
            }
            let written = self.inner.put(key, value, expected).await?;
            self.done(if written { "put" } else { "refused" }, key);
            Ok(written)
        })
    }

    fn remove<'a>(&'a self, key: &'a str, expected: u64) -> Pending<'a, bool> {
        Box::pin(async move {
            self.begin(key).await?;
            let removed = self.inner.remove(key, expected).await?;
            self.done("remove", key);
            Ok(removed)
        })
    }
}

async fn login_with(sandbox: &Sandbox, store: &Arc<Trying>) -> Session {
    let store: Arc<dyn Store> = store.clone();
    relatch::login(provider(sandbox), with(sandbox, store)).await.expect("a session")
}

fn with(sandbox: &Sandbox, store: Arc<dyn Store>) -> Options {
    options(sandbox).store(store)
}

fn account(sandbox: &Sandbox) -> String {
    format!("{}|{USERNAME}", sandbox.url())
}

#[test]
fn new_tokens_are_adopted_then_stored_then_announced() {
    run(async {
        let (sandbox, store) = (sandbox(json!({})), Trying::new());
        let session = login_with(&sandbox, &store).await;
        let stored = Arc::clone(&store);
        let order = listen(&session, move |event| {
            (event.kind, stored.done.lock().unwrap().iter().filter(|done| *done == "put session").count())
        });
        let old = session.token().await.unwrap();
        let begun = store.begun.available_permits();
        store.slow();
        // That the refresh is on its way is noted first.
        store.permits.add_permits(1);
        let refreshing = session.clone();
        let refreshing = ask(async move { refreshing.refresh().await }).await;
        let writing = store.begun.acquire_many(u32::try_from(begun + 2).unwrap());
        drop(timeout(LIMIT, writing).await.expect("nothing was written").unwrap());
        // The write has begun and waits: the new token is in use, nothing is announced, refresh() has not returned.
        let adopted = session.fresh_token().expect("adopted");
        assert!(!adopted.is(&old));
        assert_eq!((session.state().as_str(), order.now().len(), refreshing.is_finished()), ("active", 0, false));
        store.permits.add_permits(1);
        let tokens = refreshing.await.unwrap().unwrap();
        assert_eq!(tokens.access_token.expose(), adopted.as_str());
        assert_eq!(order.wait(1).await, [(EventKind::Refreshed, 3)]);
    });
}

#[test]
fn a_store_that_fails_loses_no_token() {
    run(async {
        let (sandbox, store) = (sandbox(json!({})), Trying::new());
        store.fails.store(true, Ordering::SeqCst);
        let session = login_with(&sandbox, &store).await;
        let heard = listen(&session, |event| (event.kind, event.code));
        let tokens = session.refresh().await.unwrap();
        assert_eq!(session.token().await.unwrap().as_str(), tokens.access_token.expose());
        let code = Some(relatch::ErrorCode::Store);
        let failed = (EventKind::StoreFailed, code);
        assert_eq!(heard.wait(3).await, [failed, failed, (EventKind::Refreshed, None)]);
        assert_eq!(sandbox.counts().refresh, 1);

        // Once it works again, the next tokens are kept.
        store.fails.store(false, Ordering::SeqCst);
        let tokens = session.refresh().await.unwrap();
        let kept = stored_tokens(&*store, &account(&sandbox)).await.unwrap().expect("stored");
        assert_eq!(kept.refresh_token, tokens.refresh_token);
    });
}

#[test]
fn stored_tokens_are_read_back_and_forgotten_at_logout() {
    run(async {
        let (sandbox, store) = (sandbox(json!({})), Trying::new());
        assert_eq!(stored_tokens(&*store, &account(&sandbox)).await.unwrap(), None);
        let session = login_with(&sandbox, &store).await;
        session.refresh().await.unwrap();
        let kept = stored_tokens(&*store, &account(&sandbox)).await.unwrap().expect("stored");
        assert_eq!(Some(kept.clone()), session.tokens());

        // As another process would go on.
        let store_again: Arc<dyn Store> = store.clone();
        let resumed = relatch::resume(provider(&sandbox), kept, with(&sandbox, store_again)).unwrap();
        assert_eq!(resumed.token().await.unwrap().as_str(), session.token().await.unwrap().as_str());
        resumed.refresh().await.unwrap();
        assert_eq!((sandbox.counts().login, sandbox.counts().refresh), (1, 2));

        let begun = store.begun.available_permits();
        resumed.logout();
        let removing = store.begun.acquire_many(u32::try_from(begun + 1).unwrap());
        drop(timeout(LIMIT, removing).await.expect("nothing was removed").unwrap());
        let removed = async {
            while stored_tokens(&*store, &account(&sandbox)).await.unwrap().is_some() {
                tokio::task::yield_now().await;
            }
        };
        timeout(LIMIT, removed).await.expect("the tokens are still there");
    });
}

#[test]
fn sessions_whose_user_nobody_knows_do_not_overwrite_each_others_tokens() {
    run(async {
        let accounts =
            json!([{"username": "one", "password": "made-up-1"}, {"username": "two", "password": "made-up-2"}]);
        for (opaque, events) in
            [(true, &[EventKind::StoreFailed, EventKind::Refreshed][..]), (false, &[EventKind::Refreshed])]
        {
            let sandbox = sandbox(json!({"accounts": accounts, "opaque_access_tokens": opaque}));
            let store = Arc::new(MemoryStore::new());
            for (user, password) in [("one", "made-up-1"), ("two", "made-up-2")] {
                let named = provider_with(&sandbox, |builder| builder.username(user).password(password));
                let tokens = relatch::login(named, options(&sandbox)).await.unwrap().tokens().unwrap();
                let nobody = provider_with(&sandbox, |builder| builder);
                let session = relatch::resume(nobody, tokens, with(&sandbox, store.clone())).unwrap();
                let heard = listen(&session, |event| event.kind);
                let tokens = session.refresh().await.unwrap();
                assert_eq!(heard.wait(events.len()).await, events);
                let kept = stored_tokens(&*store, &format!("{}|{user}", sandbox.url())).await.unwrap();
                assert_eq!(kept, Some(tokens).filter(|_| !opaque));
            }
            assert_eq!(stored_tokens(&*store, &format!("{}|", sandbox.url())).await.unwrap(), None);
        }
    });
}

#[test]
fn a_process_that_ends_while_it_refreshes_leaves_no_refresh_token_that_could_be_spent_twice() {
    run(async {
        let (sandbox, store) = (sandbox(json!({})), Trying::new());
        let session = login_with(&sandbox, &store).await;
        let kept = || async { stored_tokens(&*store, &account(&sandbox)).await.unwrap().expect("stored") };
        assert!(kept().await.refresh_token.is_some());
        // The answer never comes, and neither does the end of the process that waits for it.
        hold_refresh(&sandbox);
        let refreshing = session.clone();
        let _refreshing = ask(async move { refreshing.refresh().await }).await;
        sandbox.wait_for("refresh", 1, LIMIT).await.expect("nothing was sent");
        let left = kept().await;
        assert_eq!((left.access_token.expose(), left.refresh_token), (session.token().await.unwrap().as_str(), None));
        sandbox.release();
    });
}

#[test]
fn a_refresh_that_was_not_sent_leaves_its_token_as_good_as_before() {
    run(async {
        let (sandbox, store) = (sandbox(json!({})), Trying::new());
        let session = login_with(&sandbox, &store).await;
        sandbox.down();
        // On the connection that it had, it would count as sent.
        advance(&sandbox, 5);
        refresh_in_vain(&session, &sandbox).await;
        let kept = stored_tokens(&*store, &account(&sandbox)).await.unwrap().expect("stored");
        assert_eq!(Some(kept), session.tokens());
        sandbox.up().unwrap();
        session.refresh().await.expect("tokens");
        assert_eq!((sandbox.counts().login, sandbox.counts().refresh), (1, 1));
    });
}

#[test]
fn a_write_that_another_process_overtook_is_made_again() {
    run(async {
        let (sandbox, store) = (sandbox(json!({})), Trying::new());
        let session = login_with(&sandbox, &store).await;
        store.done.lock().unwrap().clear();
        store.overtaken.store(true, Ordering::SeqCst);
        let tokens = session.refresh().await.unwrap();
        assert_eq!(*store.done.lock().unwrap(), ["refused session", "put session"]);
        let kept = stored_tokens(&*store, &account(&sandbox)).await.unwrap().expect("stored");
        assert_eq!(kept, tokens);
    });
}

#[test]
fn without_a_store_nothing_outlives_the_session() {
    run(async {
        let sandbox = sandbox(json!({}));
        let session = login(&sandbox).await;
        session.refresh().await.unwrap();
        assert_eq!(stored_tokens(&MemoryStore::new(), &account(&sandbox)).await.unwrap(), None);
        assert!(format!("{:?}", session.tokens().unwrap()).contains("[redacted]"));
    });
}

/// A store whose author made a mistake.
#[derive(Debug)]
struct Panicking;

impl Store for Panicking {
    fn get<'a>(&'a self, _: &'a str) -> Pending<'a, Option<Stored>> {
        Box::pin(async { panic!("a mistake in a store") })
    }

    fn put<'a>(&'a self, _: &'a str, _: Vec<u8>, _: Option<u64>) -> Pending<'a, bool> {
        Box::pin(async { panic!("a mistake in a store") })
    }

    fn remove<'a>(&'a self, _: &'a str, _: u64) -> Pending<'a, bool> {
        Box::pin(async { panic!("a mistake in a store") })
    }
}

#[test]
fn a_store_that_panics_keeps_nobody_waiting() {
    run(async {
        let sandbox = sandbox(json!({}));
        let tokens = login(&sandbox).await.tokens().unwrap();
        let session = relatch::resume(provider(&sandbox), tokens, with(&sandbox, Arc::new(Panicking))).unwrap();
        let refreshed = timeout(LIMIT, session.refresh()).await.expect("the flight never ended").unwrap();
        assert_eq!(Some(refreshed), session.tokens());
    });
}
