//! What a careful Rust programmer writes without relatch: reqwest with keep-alive, the token in an `ArcSwap` that is
//! read without a lock, and a mutex so that only one caller refreshes.

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use arc_swap::ArcSwap;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use reqwest::Client;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE};
use serde::Deserialize;
use serde_json::json;
use tokio::sync::Mutex;

type Failure = Box<dyn std::error::Error + Send + Sync>;

/// Refresh when less than this is left.
const MARGIN: Duration = Duration::from_secs(30);
const TIMEOUT: Duration = Duration::from_secs(15);

struct Tokens {
    access_token: Arc<str>,
    refresh_token: Box<str>,
    /// From here on it is replaced before it is handed out.
    stale_at: Instant,
}

#[derive(Deserialize)]
struct Answer {
    #[serde(rename = "accessToken")]
    access_token: String,
    #[serde(rename = "refreshToken")]
    refresh_token: String,
}

#[derive(Deserialize)]
struct Claims {
    exp: u64,
}

/// The pool that all sessions share.
pub(crate) fn http_client() -> Result<Client, Failure> {
    let mut roots = rustls::RootCertStore::empty();
    roots.add_parsable_certificates(webpki_root_certs::TLS_SERVER_ROOT_CERTS.iter().cloned());
    let tls = rustls::ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(Client::builder().tls_backend_preconfigured(tls).timeout(TIMEOUT).build()?)
}

/// A session that refreshes itself when it is used.
pub(crate) struct Session {
    http: Client,
    base_url: Arc<str>,
    current: ArcSwap<Tokens>,
    refreshing: Mutex<()>,
}

impl Session {
    pub(crate) async fn log_in(
        http: Client,
        base_url: Arc<str>,
        username: &str,
        password: &str,
    ) -> Result<Self, Failure> {
        let body = json!({ "username": username, "password": password });
        let tokens = post(&http, &format!("{base_url}/User/Login"), None, body.to_string()).await?;
        Ok(Self { http, base_url, current: ArcSwap::from_pointee(tokens), refreshing: Mutex::new(()) })
    }

    /// A token with at least 30 seconds to live.
    pub(crate) async fn token(&self) -> Result<Arc<str>, Failure> {
        if let Some(access_token) = self.fresh_token() {
            return Ok(access_token);
        }
        let _turn = self.refreshing.lock().await;
        match self.fresh_token() {
            Some(access_token) => Ok(access_token), // somebody else was quicker
            None => self.rotate().await,
        }
    }

    /// Rotates the tokens now.
    pub(crate) async fn refresh(&self) -> Result<Arc<str>, Failure> {
        let _turn = self.refreshing.lock().await;
        self.rotate().await
    }

    /// The token, unless it has to be replaced first.
    pub(crate) fn fresh_token(&self) -> Option<Arc<str>> {
        let current = self.current.load();
        (Instant::now() < current.stale_at).then(|| Arc::clone(&current.access_token))
    }

    async fn rotate(&self) -> Result<Arc<str>, Failure> {
        let spent = self.current.load_full();
        let body = json!({ "refreshToken": spent.refresh_token });
        let url = format!("{}/User/RefreshToken", self.base_url);
        let tokens = Arc::new(post(&self.http, &url, Some(&spent.access_token), body.to_string()).await?);
        self.current.store(Arc::clone(&tokens));
        Ok(Arc::clone(&tokens.access_token))
    }
}

async fn post(http: &Client, url: &str, authorization: Option<&str>, body: String) -> Result<Tokens, Failure> {
    let mut request = http.post(url).header(CONTENT_TYPE, "application/json").header("Version", "2.0").body(body);
    if let Some(authorization) = authorization {
        request = request.header(AUTHORIZATION, authorization);
    }
    let body = request.send().await?.error_for_status()?.bytes().await?;
    let answer: Answer = serde_json::from_slice(&body)?;
    let left = expiry(&answer.access_token)?.saturating_sub(SystemTime::now().duration_since(UNIX_EPOCH)?);
    Ok(Tokens {
        access_token: answer.access_token.into(),
        refresh_token: answer.refresh_token.into(),
        stale_at: Instant::now() + left.saturating_sub(MARGIN),
    })
}

/// The JWT's `exp`, as a time since 1970.
fn expiry(access_token: &str) -> Result<Duration, Failure> {
    let payload = access_token.split('.').nth(1).ok_or("no JWT")?;
    let claims: Claims = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload)?)?;
    Ok(Duration::from_secs(claims.exp))
}
