//! A session in a store: the bytes are what is found there, and, line by line, tokens that are written.

use std::sync::{Arc, LazyLock};
use std::task::{Context, Poll, Waker};

use crate::error::{Error, ErrorCode};
use crate::grant::Tokens;
use crate::identity::account_of_text;
use crate::policy::Options;
use crate::provider::{Provider, SevenG};
use crate::session::resume;
use crate::store::{MemoryStore, Pending, Store, session_key, stored_tokens, write_tokens};
use crate::time::UnixTime;

const ACCOUNT: &str = "https://api.example|user";

static PROVIDER: LazyLock<Arc<dyn Provider>> =
    LazyLock::new(|| SevenG::builder().build().expect("a good configuration").into());

/// What was written is read as it was; what else is found is used or refused, and never quoted.
pub fn check(data: &[u8]) {
    match read(data.to_vec()) {
        Ok(found) => {
            check_round_trip(&found);
            check_resumed(found);
        }
        Err(error) => assert_unquoted(&error),
    }
    let text = String::from_utf8_lossy(data);
    let mut lines = text.splitn(3, '\n');
    let access_token = lines.next().unwrap_or_default().to_owned();
    let expires_at = lines.next().and_then(|line| line.parse().ok()).map(UnixTime);
    let mut tokens = Tokens::new(access_token, lines.next().map(ToOwned::to_owned));
    tokens.expires_at = expires_at.or(tokens.expires_at);
    check_round_trip(&tokens);
}

fn read(value: Vec<u8>) -> Result<Tokens, Error> {
    let store = MemoryStore::new();
    assert!(now(store.put(&session_key(&account_of_text(ACCOUNT)), value, None))?);
    let (one, other) = (now(Box::pin(stored_tokens(&store, ACCOUNT))), now(Box::pin(stored_tokens(&store, ACCOUNT))));
    assert_eq!(format!("{one:?}"), format!("{other:?}"));
    one.map(|found| found.expect("a value was put"))
}

/// The memory's store answers at once.
fn now<T>(mut pending: Pending<'_, T>) -> Result<T, Error> {
    match pending.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(result) => result,
        Poll::Pending => panic!("it waits"),
    }
}

fn check_round_trip(tokens: &Tokens) {
    let written = write_tokens(tokens, false);
    let found = read(written.clone()).expect("what was written can be read");
    assert!(found == *tokens, "another session than was written");
    assert_eq!(write_tokens(&found, false), written);
    let refresh_token = tokens.refresh_token.as_ref().map_or("None", |_| "Some([redacted])");
    let (frame, end) = ("Tokens { access_token: [redacted], refresh_token: ", tokens.expires_at);
    assert_eq!(format!("{tokens:?}"), format!("{frame}{refresh_token}, expires_at: {end:?} }}"));
}

/// A session of any tokens that a header can carry, which shows none of them.
fn check_resumed(tokens: Tokens) {
    let secrets = [Some(&tokens.access_token), tokens.refresh_token.as_ref()];
    let is_sendable = secrets.into_iter().flatten().all(crate::secret::Secret::is_sendable);
    let expires_at = tokens.expires_at;
    match resume(Arc::clone(&PROVIDER), tokens, Options::default()) {
        Ok(session) => {
            assert!(is_sendable);
            let kept = session.tokens().expect("it holds what it was given");
            let told = expires_at.and_then(UnixTime::as_foreign);
            assert!(told.is_none() || kept.expires_at == told);
        }
        Err(error) => {
            assert!(!is_sendable, "{error:?}");
            assert_eq!(error.code(), ErrorCode::InvalidConfig);
        }
    }
}

/// The error is the same but for the place.
fn assert_unquoted(error: &Error) {
    assert_eq!(error.code(), ErrorCode::Store);
    let without_digits = |error: &Error| format!("{error:?}").replace(|c: char| c.is_ascii_digit(), "");
    let known = read(b"[".to_vec()).expect_err("no session");
    assert_eq!(without_digits(error), without_digits(&known));
}
