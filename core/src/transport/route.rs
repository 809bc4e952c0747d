//! The way to a server with its connections, which sessions with the same options share. It goes with the last of them.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::{Arc, Mutex, Weak};
use std::time::{Duration, Instant};

use once_cell::race::OnceBox;
use reqwest::header::HeaderValue;
use rustls::ClientConfig;

use super::client::Client;
use super::client_certificate::ClientCertificate;
use super::local_end::LocalEnd;
use super::proxy_address::ProxyAddress;
use super::{resolver, tls};
use crate::base_url::BaseUrl;
use crate::error::{Error, ErrorCode, Sent};
use crate::system::clock::Clock;
use crate::system::fork::PerProcess;
use crate::system::locked;
use crate::time::BootTime;

const CONNECT_LIMIT: Duration = Duration::from_secs(5);
/// Clocks that differ by more than this since the last request were not both running.
const SLEPT: Duration = Duration::from_secs(1);
/// What is sent as `User-Agent` unless the user says otherwise.
const USER_AGENT: &str = concat!("relatch/", env!("CARGO_PKG_VERSION"));

/// What tells one way from another.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(super) struct Way {
    pub(super) proxy: Option<ProxyAddress>,
    pub(super) ca_certificates: Option<Arc<[u8]>>,
    pub(super) client_certificate: Option<ClientCertificate>,
    pub(super) local_end: LocalEnd,
    pub(super) user_agent: Option<Arc<str>>,
}

/// A way, and this process's connections on it.
pub(super) struct Route {
    way: Way,
    number: u64,
    /// Connections belong to a process: a child must not read a byte from its parent's.
    pool: PerProcess<Mutex<Option<Pool>>>,
}

/// Open connections, and when they were last asked for by two clocks: the pool's idle limit does not count suspend.
struct Pool {
    client: Client,
    tls: ClientConfig,
    asked: (BootTime, Instant),
}

/// The ways in use, by a number that their options come to.
static ROUTES: PerProcess<Mutex<HashMap<u64, Weak<Route>>>> = PerProcess::new();

fn number(of: impl std::hash::Hash) -> u64 {
    static KEYS: OnceBox<RandomState> = OnceBox::new();
    KEYS.get_or_init(Box::default).hash_one(of)
}

impl Route {
    /// The route for this way that is in use, or a new one.
    pub(super) fn of(way: Way) -> Arc<Self> {
        let number = number(&way);
        ROUTES.or_default(|routes| {
            let mut routes = locked(routes);
            let found = routes.get(&number).and_then(Weak::upgrade);
            if let Some(found) = found.filter(|found| found.way == way) {
                return found;
            }
            let route = Arc::new(Self { way, number, pool: PerProcess::new() });
            routes.insert(number, Arc::downgrade(&route));
            route
        })
    }

    pub(super) fn proxy(&self) -> Option<&ProxyAddress> {
        self.way.proxy.as_ref()
    }

    /// Whether connections are made from an address that the user chose.
    pub(super) fn is_bound(&self) -> bool {
        self.way.local_end.bound_to().is_some()
    }

    /// Stands for the server of `base_url` when it is reached this way.
    pub(super) fn place(&self, base_url: &BaseUrl) -> u64 {
        number((self.number, base_url.is_https(), base_url.host(), base_url.port()))
    }

    /// This process's client. After a suspend, or a jump of a manual clock, it is one without idle connections: the server
    /// has closed them meanwhile, and what is written to them counts as sent.
    pub(super) fn client(&self, clock: &Clock) -> Result<Client, Error> {
        self.pool.or_default(|pool| {
            let mut pool = locked(pool);
            let now = (clock.boot_time(), Instant::now());
            if let Some(pool) = &mut *pool {
                if pool.slept(now) {
                    pool.client = self.build(&pool.tls)?;
                }
                pool.asked = now;
                return Ok(pool.client.clone());
            }
            let extra = self.way.ca_certificates.as_deref().map(tls::read_certificates).transpose()?;
            let tls = tls::configuration(&extra.unwrap_or_default(), self.way.client_certificate.as_ref())?;
            let client = self.build(&tls)?;
            *pool = Some(Pool { client: client.clone(), tls, asked: now });
            Ok(client)
        })
    }

    fn build(&self, tls: &ClientConfig) -> Result<Client, Error> {
        let user_agent = self.way.user_agent.as_deref().unwrap_or(USER_AGENT);
        let mut connecting = reqwest::Client::builder()
            .tls_backend_preconfigured(tls.clone())
            .connect_timeout(CONNECT_LIMIT)
            .dns_resolver(resolver::resolver())
            .local_address(self.way.local_end.bound_to())
            // A proxy is told of it when it is asked for a tunnel.
            .user_agent(user_agent)
            // The environment was read when the session began.
            .no_proxy();
        if let Some(proxy) = self.proxy() {
            let proxy = reqwest::Proxy::all(proxy.full_url()).map_err(|error| unusable(error, "proxy"))?;
            connecting = connecting.proxy(proxy);
        }
        let user_agent = HeaderValue::from_str(user_agent).unwrap_or_else(|_| HeaderValue::from_static(USER_AGENT));
        let authorization = self.proxy().and_then(ProxyAddress::authorization);
        Client::new(connecting, user_agent, authorization).map_err(|error| unusable(error, "network"))
    }
}

impl Drop for Route {
    fn drop(&mut self) {
        ROUTES.peek(|routes| {
            let mut routes = locked(routes);
            // Another may have been made for the same way since.
            if routes.get(&self.number).is_some_and(|route| route.strong_count() == 0) {
                routes.remove(&self.number);
            }
        });
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

#[cfg(test)]
mod tests {
    use super::*;

    fn way(proxy: &str) -> Way {
        Way {
            proxy: Some(ProxyAddress::read(proxy).unwrap()),
            ca_certificates: None,
            client_certificate: None,
            local_end: LocalEnd::default(),
            user_agent: None,
        }
    }

    fn is_kept(number: u64) -> bool {
        ROUTES.or_default(|routes| routes.lock().unwrap().contains_key(&number))
    }

    #[test]
    fn sessions_share_a_route_and_it_goes_with_the_last() {
        let first = Route::of(way("http://user:word@proxy.example:1"));
        let second = Route::of(way("http://user:word@proxy.example:1"));
        assert!(Arc::ptr_eq(&first, &second));
        assert!(!Arc::ptr_eq(&first, &Route::of(way("http://user:other@proxy.example:1"))));
        let (gone, number) = (Arc::downgrade(&first), first.number);
        drop(first);
        assert!(gone.upgrade().is_some() && is_kept(number));
        drop(second);
        assert!(gone.upgrade().is_none() && !is_kept(number));
    }

    #[test]
    fn each_way_has_a_place_of_its_own_for_each_server() {
        let (one, other) = (Route::of(way("http://proxy.example:1")), Route::of(way("http://proxy.example:2")));
        let [a, b] = ["https://a.example/x", "https://a.example:8443"].map(|text| BaseUrl::new(text, false).unwrap());
        let [same] = ["https://a.example/y"].map(|text| BaseUrl::new(text, false).unwrap());
        assert_eq!(one.place(&a), one.place(&same));
        assert_ne!(one.place(&a), one.place(&b));
        assert_ne!(one.place(&a), other.place(&a));
    }
}
