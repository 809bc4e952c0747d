//! Where a session and its ledger outlive what is in one session's memory: a small versioned key-value store.

mod memory;
mod tree;

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use crate::error::Error;
use crate::grant::Tokens;
use crate::identity;
use crate::secret::Secret;
use crate::time::UnixTime;

pub(crate) use memory::Lifetime;
pub use memory::MemoryStore;

/// What a store's methods return: a store may wait for a disk or a network.
pub type Pending<'a, T> = Pin<Box<dyn Future<Output = Result<T, Error>> + Send + 'a>>;

/// A value and the version it has: the store changes the version with every write of the key.
#[derive(Clone, PartialEq, Eq)]
pub struct Stored {
    /// The bytes that were put.
    pub value: Vec<u8>,
    /// Their version.
    pub version: u64,
}

/// A store for sessions and ledgers. Values hold secrets; keys do not.
///
/// Writes are conditional, so that two processes that change one ledger at once cannot overwrite each other's entry.
pub trait Store: Send + Sync + fmt::Debug + 'static {
    /// The value of `key`, if it has one.
    fn get<'a>(&'a self, key: &'a str) -> Pending<'a, Option<Stored>>;

    /// Writes `value` if `key` still has version `expected` (none: if it has no value) and says whether it did.
    fn put<'a>(&'a self, key: &'a str, value: Vec<u8>, expected: Option<u64>) -> Pending<'a, bool>;

    /// Removes `key` if it still has version `expected` and says whether it did.
    fn remove<'a>(&'a self, key: &'a str, expected: u64) -> Pending<'a, bool>;
}

/// The key of an account's ledger.
pub(crate) fn ledger_key(account: &str) -> String {
    format!("ledger/{account}")
}

/// The key of an account's session.
pub(crate) fn session_key(account: &str) -> String {
    format!("session/{account}")
}

/// How often a write is tried that others overtake.
const TRIES: usize = 10;
/// A store that does not answer must not keep callers from tokens.
pub(crate) const LIMIT: Duration = Duration::from_secs(5);

/// Replaces the value of `key` by what `change` makes of it (nothing: no value), however many others write meanwhile.
pub(crate) async fn change(
    store: &dyn Store,
    key: &str,
    mut change: impl FnMut(Option<&Vec<u8>>) -> Option<Vec<u8>>,
) -> Result<(), Error> {
    for _ in 0..TRIES {
        let found = store.get(key).await?;
        let (value, version) = (found.as_ref().map(|found| &found.value), found.as_ref().map(|found| found.version));
        let written = match (change(value), version) {
            (wanted, _) if wanted.as_ref() == value => true,
            (Some(wanted), version) => store.put(key, wanted, version).await?,
            (None, Some(version)) => store.remove(key, version).await?,
            (None, None) => true,
        };
        if written {
            return Ok(());
        }
        tokio::task::yield_now().await;
    }
    Err(failed(key, "others changed the value again and again"))
}

/// An error of the store that quotes nothing of what it holds.
pub(crate) fn failed(key: &str, what: &str) -> Error {
    Error::store(key, std::io::Error::other(what.to_owned()))
}

/// What is said of a store that did not answer.
pub(crate) fn late(key: &str, limit: Duration) -> Error {
    failed(key, &format!("it did not answer within {} seconds", limit.as_secs_f64()))
}

/// What is said of a value that is not what a session wrote: serde would quote it, and it may hold tokens.
pub(crate) fn unreadable(key: &str, error: &serde_json::Error) -> Error {
    failed(key, &format!("its value is not what was written (line {}, column {})", error.line(), error.column()))
}

#[derive(serde::Serialize, serde::Deserialize)]
struct StoredTokens {
    access_token: String,
    refresh_token: Option<String>,
    expires_at: Option<i64>,
    /// The refresh token was sent, and no answer is known.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    rotating: bool,
}

/// Tokens as a store keeps them. `rotating`: their refresh token is on its way to the server.
pub(crate) fn write_tokens(tokens: &Tokens, rotating: bool) -> Vec<u8> {
    let stored = StoredTokens {
        access_token: tokens.access_token.expose().to_owned(),
        refresh_token: tokens.refresh_token.as_ref().map(|token| token.expose().to_owned()),
        expires_at: tokens.expires_at.map(|at| at.0),
        rotating,
    };
    // A struct of strings and numbers always serialises.
    serde_json::to_vec(&stored).unwrap_or_default()
}

/// Whether a stored value is these tokens, on their way or not.
pub(crate) fn is_of(value: &[u8], tokens: &Tokens) -> bool {
    serde_json::from_slice::<StoredTokens>(value).is_ok_and(|stored| {
        let refresh_token = tokens.refresh_token.as_ref().map(Secret::expose);
        stored.access_token == tokens.access_token.expose() && stored.refresh_token.as_deref() == refresh_token
    })
}

/// The tokens that a session left in `store` for this account (`base URL` + `|` + `user`), to resume it with. Any spelling
/// of the address and of the user finds them.
///
/// A process that ended while it refreshed leaves no refresh token: the server may have replaced it, and would take its
/// second use for theft.
///
/// # Errors
/// `store` where the store fails or holds something else.
pub async fn stored_tokens(store: &dyn Store, account: &str) -> Result<Option<Tokens>, Error> {
    let key = session_key(&identity::account_of_text(account));
    let Some(found) = store.get(&key).await? else { return Ok(None) };
    let stored: StoredTokens = serde_json::from_slice(&found.value).map_err(|error| unreadable(&key, &error))?;
    let mut tokens = Tokens::new(stored.access_token, stored.refresh_token.filter(|_| !stored.rotating));
    tokens.expires_at = stored.expires_at.map(UnixTime).or(tokens.expires_at);
    Ok(Some(tokens))
}

impl fmt::Debug for Stored {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Stored {{ version: {}, value: {:?} }}", self.version, Secret::new(""))
    }
}
