//! The options of the network as a user gives them, and the way that they come to for a server.

use std::ffi::OsString;
use std::fmt;
use std::sync::Arc;

use super::client_certificate::ClientCertificate;
use super::environment;
use super::local_end::LocalEnd;
use super::proxy_address::{EXAMPLE, ProxyAddress};
use super::route::{Route, Way};
use super::tls;
use crate::base_url::BaseUrl;
use crate::error::Error;

/// A longer one is not a program's name.
const LONGEST_USER_AGENT: usize = 256;

/// Network options, and the route of a session once it has begun.
#[derive(Clone, Default)]
pub(crate) struct Network {
    proxy: Option<ProxyAddress>,
    ca_certificates: Option<Arc<[u8]>>,
    client_certificate: Option<ClientCertificate>,
    local_end: LocalEnd,
    user_agent: Option<Arc<str>>,
    route: Option<Arc<Route>>,
}

impl Network {
    pub(crate) fn with_proxy(mut self, proxy: &str) -> Result<Self, Error> {
        let read = ProxyAddress::read(proxy);
        // The text is not quoted: it may hold the proxy's credentials.
        let proxy = read.map_err(|wrong| Error::invalid("proxy", format!("The proxy's address {wrong}. {EXAMPLE}")))?;
        self.proxy = Some(proxy);
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

    /// These options with the way to `base_url`. The environment's proxy is read now, in the caller's thread: a session
    /// keeps the one that it began with.
    pub(crate) fn routed(mut self, base_url: &BaseUrl) -> Result<Self, Error> {
        self.route = Some(self.route_to(base_url, |name| std::env::var_os(name))?);
        Ok(self)
    }

    /// The way to `base_url`.
    pub(super) fn route(&self, base_url: &BaseUrl) -> Result<Arc<Route>, Error> {
        let read = || self.route_to(base_url, |name| std::env::var_os(name));
        self.route.as_ref().map_or_else(read, |route| Ok(Arc::clone(route)))
    }

    fn route_to(&self, base_url: &BaseUrl, variable: impl Fn(&str) -> Option<OsString>) -> Result<Arc<Route>, Error> {
        let proxy = match &self.proxy {
            // It does not know the way to this machine, and what goes there may be in clear.
            Some(proxy) if base_url.is_loopback() && !proxy.is_here() => None,
            Some(proxy) => Some(proxy.clone()),
            None => environment::proxy(base_url, variable)?,
        };
        self.local_end.check(proxy.as_ref().map_or(base_url.host(), |proxy| &proxy.host))?;
        Ok(Route::of(Way {
            proxy,
            ca_certificates: self.ca_certificates.clone(),
            client_certificate: self.client_certificate.clone(),
            local_end: self.local_end,
            user_agent: self.user_agent.clone(),
        }))
    }
}

/// Without the proxy, whose address may hold its credentials, and without certificates and keys.
impl fmt::Debug for Network {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { proxy, ca_certificates, client_certificate, local_end, user_agent, .. } = self;
        let (proxy, own, client) = (proxy.is_some(), ca_certificates.is_some(), client_certificate.is_some());
        write!(
            formatter,
            "Network {{ proxy: {proxy}, ca_certificates: {own}, client_certificate: {client}, {local_end:?}, \
             user_agent: {user_agent:?} }}"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn proxy_to(base_url: &str, proxy: &str) -> Option<String> {
        let base_url = BaseUrl::new(base_url, true).unwrap();
        let network = Network::default().with_proxy(proxy).unwrap().routed(&base_url).unwrap();
        network.route(&base_url).unwrap().proxy().map(ProxyAddress::url)
    }

    #[test]
    fn nothing_that_is_for_this_machine_goes_to_a_proxy_on_another() {
        for base_url in
            ["http://127.0.0.1:8080", "http://localhost", "http://[::1]", "http://app.localhost.", "https://localhost"]
        {
            for proxy in ["http://proxy.example:3128", "https://proxy.example", "socks5h://10.0.0.1"] {
                assert_eq!(proxy_to(base_url, proxy), None, "{base_url} {proxy}");
            }
            // One that watches what a program sends.
            for proxy in ["http://127.0.0.1:8888", "http://localhost:8888", "socks5://[::1]:8888"] {
                assert_eq!(proxy_to(base_url, proxy).as_deref(), Some(proxy), "{base_url}");
            }
        }
        assert_eq!(
            proxy_to("https://api.example", "http://proxy.example:3128").as_deref(),
            Some("http://proxy.example:3128")
        );
    }

    #[test]
    fn an_address_of_the_wrong_family_is_refused_before_anything_is_sent() {
        let network = Network::default().with_address_family("ipv6").unwrap();
        let base_url = BaseUrl::new("https://10.0.0.1", false).unwrap();
        assert_eq!(network.routed(&base_url).unwrap_err().field(), Some("address_family"));
        let network =
            Network::default().with_local_address("10.0.0.2").unwrap().with_proxy("http://[::1]:3128").unwrap();
        assert_eq!(
            network.routed(&BaseUrl::new("https://api.example", false).unwrap()).unwrap_err().field(),
            Some("local_address")
        );
    }

    #[test]
    fn each_session_reads_the_environment_anew_and_keeps_what_it_read() {
        let base_url = BaseUrl::new("https://api.example", false).unwrap();
        let proxy =
            |text: &str| Network::default().route_to(&base_url, |name| (name == "HTTPS_PROXY").then(|| text.into()));
        let before = Network::default().route_to(&base_url, |_| None).unwrap();
        let after = proxy("http://proxy.example:3128").unwrap();
        assert!(before.proxy().is_none());
        assert_eq!(after.proxy().map(ProxyAddress::url).as_deref(), Some("http://proxy.example:3128"));
        let session = Network { route: Some(after), ..Network::default() };
        assert!(session.clone().route(&base_url).unwrap().proxy().is_some());
        assert_eq!(proxy("::::").err().and_then(|error| error.field()), Some("proxy"));
    }
}
