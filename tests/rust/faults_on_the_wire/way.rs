//! Ways from relatch to a sandbox: through a proxy that stands in its place, with TLS or without, and through proxies
//! that relatch is told of.

use std::sync::{LazyLock, Mutex, PoisonError};

use relatch::{Options, SevenG, Tokens};
use relatch_sandbox::Sandbox;
use relatch_sandbox::fault_proxy::{Authority, FaultProxy, Flaw, Identity, WireFault};
use serde_json::json;

use crate::support::{PASSWORD, USERNAME, login, options, sandbox};

static AUTHORITY: LazyLock<Authority> = LazyLock::new(|| Authority::new().expect("a certificate"));
static IN_ORDER: LazyLock<Identity> = LazyLock::new(|| identity(Flaw::None));

/// A certificate of the authority that [`Way::tls`] trusts.
pub(super) fn identity(flaw: Flaw) -> Identity {
    AUTHORITY.issue(flaw).expect("a certificate")
}

/// A way to a sandbox of its own.
pub(super) struct Way {
    pub(super) sandbox: Sandbox,
    /// Where things go wrong.
    pub(super) proxy: FaultProxy,
    pub(super) base_url: String,
    pub(super) options: Options,
}

impl Way {
    /// Plain HTTP, through a proxy in the server's place.
    pub(super) fn plain() -> Self {
        let sandbox = sandbox(json!({}));
        let proxy = kept(FaultProxy::start(address(&sandbox)));
        Self { base_url: proxy.url(), options: options(&sandbox), sandbox, proxy }
    }

    /// Like the one above, with TLS.
    pub(super) fn tls() -> Self {
        let sandbox = sandbox(json!({}));
        let proxy = kept(FaultProxy::start_tls(address(&sandbox), IN_ORDER.clone()));
        Self { base_url: proxy.url(), options: trusting(&sandbox), sandbox, proxy }
    }

    /// Plain HTTP by a proxy that relatch is told of.
    pub(super) fn by_proxy() -> Self {
        let sandbox = sandbox(json!({}));
        let proxy = kept(FaultProxy::start(address(&sandbox)));
        let options = options(&sandbox).proxy(&proxy.url()).expect("a proxy");
        Self { base_url: sandbox.url(), options, sandbox, proxy }
    }

    /// TLS in the tunnel of a proxy that relatch is told of. What goes wrong goes wrong at that proxy.
    pub(super) fn by_tunnel() -> Self {
        let sandbox = sandbox(json!({}));
        let server = kept(FaultProxy::start_tls(address(&sandbox), IN_ORDER.clone()));
        let proxy = kept(FaultProxy::start(server.address()));
        let options = trusting(&sandbox).proxy(&proxy.url()).expect("a proxy");
        Self { base_url: server.url(), options, sandbox, proxy }
    }

    /// Like the one above, where things go wrong behind the tunnel.
    pub(super) fn behind_tunnel() -> Self {
        let sandbox = sandbox(json!({}));
        let server = kept(FaultProxy::start_tls(address(&sandbox), IN_ORDER.clone()));
        let proxy = kept(FaultProxy::start(server.address()));
        let options = trusting(&sandbox).proxy(&proxy.url()).expect("a proxy");
        Self { base_url: server.url(), options, sandbox, proxy: server }
    }

    /// With a pool of connections for those alone who ask for it, and leave the clock as it is: a jump of one test's
    /// clock is a suspend to all that share a pool.
    pub(super) fn with_steady_connections(mut self) -> Self {
        static NOBODY: LazyLock<Authority> = LazyLock::new(|| Authority::new().expect("a certificate"));
        self.options = self.options.ca_certificates(NOBODY.pem().as_bytes()).expect("a certificate");
        self
    }

    pub(super) fn provider(&self) -> SevenG {
        SevenG::builder().base_url(&self.base_url).username(USERNAME).password(PASSWORD).build().expect("a provider")
    }

    pub(super) fn provider_without_credentials(&self) -> SevenG {
        SevenG::builder().base_url(&self.base_url).build().expect("a provider")
    }

    /// Tokens that were had on another way.
    pub(super) async fn tokens(&self) -> Tokens {
        login(&self.sandbox).await.tokens().expect("tokens")
    }

    pub(super) fn goes_wrong(&self, faults: Vec<WireFault>) {
        for fault in faults {
            self.proxy.next(fault);
        }
    }
}

fn address(sandbox: &Sandbox) -> std::net::SocketAddr {
    sandbox.url().trim_start_matches("http://").parse().expect("an address")
}

fn trusting(sandbox: &Sandbox) -> Options {
    options(sandbox).ca_certificates(AUTHORITY.pem().as_bytes()).expect("a certificate")
}

/// Keeps a proxy as long as the process: a port that is given out again would bring another test's failures with it.
fn kept(proxy: std::io::Result<FaultProxy>) -> FaultProxy {
    static KEPT: Mutex<Vec<FaultProxy>> = Mutex::new(Vec::new());
    let proxy = proxy.expect("a port");
    KEPT.lock().unwrap_or_else(PoisonError::into_inner).push(proxy.clone());
    proxy
}
