//! The way to the servers: one connection pool for each set of network options in each process.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use reqwest::{Client, Url};
use rustls::ClientConfig;

use super::client_certificate::ClientCertificate;
use super::local_end::LocalEnd;
use super::tls;
use crate::clock::{BootTime, Clock};
use crate::error::{Error, ErrorCode, Sent};
use crate::fork::PerProcess;
use crate::provider::BaseUrl;

const CONNECT_LIMIT: Duration = Duration::from_secs(5);
/// Long enough to share a connection in a burst, shorter than any server keeps an idle one: a request written to a
/// connection that the server has just closed would end as «may have been sent» and cost the refresh token.
const IDLE_LIMIT: Duration = Duration::from_secs(2);
/// Clocks that differ by more than this since the last request were not both running.
const SLEPT: Duration = Duration::from_secs(1);

/// Network options that sessions share a connection pool by.
#[derive(Clone, Default, PartialEq, Eq, Hash)]
pub(crate) struct Network {
    proxy: Option<Arc<str>>,
    ca_certificates: Option<Arc<[u8]>>,
    client_certificate: Option<ClientCertificate>,
    local_end: LocalEnd,
    user_agent: Option<Arc<str>>,
}

/// What is sent as `User-Agent` unless the user says otherwise.
const USER_AGENT: &str = concat!("relatch/", env!("CARGO_PKG_VERSION"));
/// A longer one is not a program's name.
const LONGEST_USER_AGENT: usize = 256;

type Pools = Mutex<HashMap<(Network, bool), Pool>>;

/// Open connections, and when they were last asked for by two clocks: the pool's idle limit does not count suspend.
struct Pool {
    client: Client,
    tls: ClientConfig,
    asked: (BootTime, Instant),
}

/// Connections belong to a process: a child must not read a byte from its parent's.
static POOLS: PerProcess<Pools> = PerProcess::new();

impl Network {
    pub(crate) fn with_proxy(mut self, proxy: &str) -> Result<Self, Error> {
        let url = Url::parse(proxy).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
        // The text is not quoted: it may hold the proxy's credentials.
        let message = "The proxy's address cannot be read. Give one like http://proxy.example:3128.";
        url.ok_or_else(|| Error::invalid("proxy", message))?;
        self.proxy = Some(proxy.into());
        Ok(self)
    }

    pub(crate) fn with_ca_certificates(mut self, pem: &[u8]) -> Result<Self, Error> {
        tls::read_certificates(pem)?;
        self.ca_certificates = Some(pem.into());
        Ok(self)
    }

    pub(crate) fn with_client_certificate(mut self, pem: &[u8]) -> Result<Self, Error> {
        self.client_certificate = Some(ClientCertificate::read(pem)?);
        Ok(self)
    }

    pub(crate) fn with_local_address(mut self, address: &str) -> Result<Self, Error> {
        self.local_end = self.local_end.with_address(address)?;
        Ok(self)
    }

    pub(crate) fn with_address_family(mut self, family: &str) -> Result<Self, Error> {
        self.local_end = self.local_end.with_family(family)?;
        Ok(self)
    }

    pub(crate) fn with_user_agent(mut self, user_agent: &str) -> Result<Self, Error> {
        let invalid = |what: &str| Error::invalid("user_agent", format!("user_agent {what}"));
        if user_agent.trim() != user_agent || user_agent.is_empty() {
            return Err(invalid("is empty, or has a blank at one of its ends. Give a name like my-program/1.0."));
        }
        if !user_agent.bytes().all(|byte| (0x20..0x7f).contains(&byte)) {
            return Err(invalid("holds a character that is not printable ASCII. Give a name like my-program/1.0."));
        }
        if user_agent.len() > LONGEST_USER_AGENT {
            return Err(invalid(&format!("is longer than {LONGEST_USER_AGENT} characters.")));
        }
        self.user_agent = Some(user_agent.into());
        Ok(self)
    }

    /// Whether the first connection on the way is one to a proxy, so that failing to connect is the proxy's doing.
    pub(super) fn reaches_by_proxy(&self, base_url: &BaseUrl) -> bool {
        self.proxy.is_some() && !base_url.is_https()
    }

    /// This process's client for `base_url`. After a suspend, or a jump of a manual clock, it is one without idle
    /// connections: the server has closed them meanwhile, and what is written to them counts as sent.
    pub(super) fn client(&self, base_url: &BaseUrl, clock: &Clock) -> Result<Client, Error> {
        if self.proxy.is_none() {
            self.local_end.check(base_url.host())?;
        }
        let key = (self.clone(), base_url.is_loopback());
        POOLS.with(
            || Ok(Pools::default()),
            |_| (),
            |pools| {
                let mut pools = pools.lock().unwrap_or_else(PoisonError::into_inner);
                let now = (clock.boot_time(), Instant::now());
                let found = pools.get_mut(&key);
                if let Some(pool) = found {
                    if pool.slept(now) {
                        pool.client = self.build(key.1, &pool.tls)?;
                    }
                    pool.asked = now;
                    return Ok(pool.client.clone());
                }
                let extra = self.ca_certificates.as_deref().map(tls::read_certificates).transpose()?;
                let tls = tls::configuration(&extra.unwrap_or_default(), self.client_certificate.as_ref())?;
                let client = self.build(key.1, &tls)?;
                pools.insert(key, Pool { client: client.clone(), tls, asked: now });
                Ok(client)
            },
        )?
    }

    fn build(&self, loopback: bool, tls: &ClientConfig) -> Result<Client, Error> {
        let mut builder = Client::builder()
            .tls_backend_preconfigured(tls.clone())
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .connect_timeout(CONNECT_LIMIT)
            .pool_idle_timeout(IDLE_LIMIT)
            .local_address(self.local_end.bound_to())
            .user_agent(self.user_agent.as_deref().unwrap_or(USER_AGENT));
        if let Some(proxy) = &self.proxy {
            builder = builder.proxy(reqwest::Proxy::all(&**proxy).map_err(|error| unusable(error, "proxy"))?);
        } else if loopback {
            // The environment's proxy does not know the way to this machine.
            builder = builder.no_proxy();
        }
        builder.build().map_err(|error| unusable(error, "network"))
    }
}

impl Pool {
    /// Whether the boot clock has moved away from the one that the idle limit is counted by.
    fn slept(&self, now: (BootTime, Instant)) -> bool {
        let by_boot = i128::from(now.0.0) - i128::from(self.asked.0.0);
        let counted = i128::try_from(now.1.saturating_duration_since(self.asked.1).as_millis()).unwrap_or(i128::MAX);
        by_boot.abs_diff(counted) > SLEPT.as_millis()
    }
}

fn unusable(error: reqwest::Error, what: &str) -> Error {
    let message = format!("The HTTP client could not be set up: the {what} options do not work.");
    Error::new(ErrorCode::Transport, message).with_sent(Sent::No).with_source(error.without_url())
}

/// Without the proxy, whose address may hold its credentials, and without certificates and keys.
impl fmt::Debug for Network {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { proxy, ca_certificates, client_certificate, local_end, user_agent } = self;
        let (proxy, own, client) = (proxy.is_some(), ca_certificates.is_some(), client_certificate.is_some());
        write!(
            formatter,
            "Network {{ proxy: {proxy}, ca_certificates: {own}, client_certificate: {client}, {local_end:?}, \
             user_agent: {user_agent:?} }}"
        )
    }
}
