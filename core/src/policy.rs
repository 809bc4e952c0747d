//! How a session behaves: margins, time limits, healing, the network, the store and the clock.

use std::sync::Arc;
use std::time::Duration;

use once_cell::race::OnceBox;

use crate::base_url::BaseUrl;
use crate::error::Error;
use crate::freshness::Margins;
use crate::store::Store;
use crate::system::clock::Clock;
use crate::transport::Network;

mod settings;

pub use settings::{Settings, seconds};

/// Whether a session that holds credentials may log in again by itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Relogin {
    /// It may, under the lockout ledger.
    #[default]
    Auto,
    /// It raises `relogin_required` instead.
    Never,
}

/// Everything about a session that is not about its system. Cheap to clone; the defaults suit most programs.
///
/// ```
/// use std::time::Duration;
/// let options = relatch::Options::default().keep_alive(true).timeout(Duration::from_secs(10))?;
/// # Ok::<(), relatch::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Options(Arc<Inner>);

#[derive(Clone, Debug)]
struct Inner {
    relogin: Relogin,
    keep_alive: bool,
    force: bool,
    margins: Margins,
    timeout: Option<Duration>,
    exchange_timeout: Duration,
    network: Network,
    store: Option<Arc<dyn Store>>,
    clock: Clock,
}

const USUAL_TIMEOUT: Duration = Duration::from_secs(30);
/// The longest time limit that is taken: more is a mistake in the unit.
const LONGEST: Duration = Duration::from_secs(86_400);

impl Default for Options {
    fn default() -> Self {
        // One allocation for all sessions that ask for nothing special.
        static DEFAULT: OnceBox<Options> = OnceBox::new();
        let make = || {
            let options = Options(Arc::new(Inner {
                relogin: Relogin::Auto,
                keep_alive: false,
                force: false,
                margins: Margins::default(),
                timeout: None,
                exchange_timeout: Duration::from_secs(15),
                network: Network::default(),
                store: None,
                clock: Clock::system(),
            }));
            Box::new(options)
        };
        DEFAULT.get_or_init(make).clone()
    }
}

impl Options {
    fn with(mut self, change: impl FnOnce(&mut Inner)) -> Self {
        change(Arc::make_mut(&mut self.0));
        self
    }

    /// Whether the session may log in again by itself.
    #[must_use]
    pub fn relogin(self, relogin: Relogin) -> Self {
        self.with(|inner| inner.relogin = relogin)
    }

    /// Whether the session refreshes in the background even while nobody uses it.
    #[must_use]
    pub fn keep_alive(self, keep_alive: bool) -> Self {
        self.with(|inner| inner.keep_alive = keep_alive)
    }

    /// Sends the login even if the lockout guard refuses it: only for a human who knows that the account can bear it.
    #[must_use]
    pub fn force(self, force: bool) -> Self {
        self.with(|inner| inner.force = force)
    }

    /// How long before its end a token is replaced while callers wait; 30 seconds unless set, and a quarter of the
    /// token's lifetime at most.
    ///
    /// # Errors
    /// `invalid_config` for more than a day.
    pub fn mandatory_margin(self, margin: Duration) -> Result<Self, Error> {
        check("mandatory_margin", margin)?;
        Ok(self.with(|inner| inner.margins.mandatory = margin))
    }

    /// How long before its end a token is replaced in the background; 5 minutes unless set, and a quarter of the token's
    /// lifetime at most.
    ///
    /// # Errors
    /// `invalid_config` for more than a day.
    pub fn advisory_margin(self, margin: Duration) -> Result<Self, Error> {
        check("advisory_margin", margin)?;
        Ok(self.with(|inner| inner.margins.advisory = margin))
    }

    /// How long a call waits for a token unless it says otherwise, and how long a flight retries; 30 seconds unless set. Where
    /// a login makes a code of a TOTP secret, the usual limit is longer by the wait for the next one; a limit that is set
    /// holds. What a callback may take comes on top of either.
    ///
    /// # Errors
    /// `invalid_config` for nothing and for more than a day.
    pub fn timeout(self, timeout: Duration) -> Result<Self, Error> {
        check_positive("timeout", timeout)?;
        Ok(self.with(|inner| inner.timeout = Some(timeout)))
    }

    /// How long one request may take, connecting included; 15 seconds unless set.
    ///
    /// # Errors
    /// `invalid_config` for nothing and for more than a day.
    pub fn exchange_timeout(self, timeout: Duration) -> Result<Self, Error> {
        check_positive("exchange_timeout", timeout)?;
        Ok(self.with(|inner| inner.exchange_timeout = timeout))
    }

    /// Sends everything through this proxy instead of the environment's (`HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and
    /// `NO_PROXY`, which are read when a session begins): `http`, `https`, `socks5` or `socks5h`. What is for this machine
    /// (`localhost`, `127.0.0.1`) goes through a proxy on this machine alone.
    ///
    /// # Errors
    /// `invalid_config` for an address that cannot be read.
    pub fn proxy(self, proxy: &str) -> Result<Self, Error> {
        let network = self.0.network.clone().with_proxy(proxy)?;
        Ok(self.with(|inner| inner.network = network))
    }

    /// Trusts these certificates (PEM) besides the platform's.
    ///
    /// # Errors
    /// `invalid_config` where there is no certificate in it.
    pub fn ca_certificates(self, pem: &[u8]) -> Result<Self, Error> {
        let network = self.0.network.clone().with_ca_certificates(pem)?;
        Ok(self.with(|inner| inner.network = network))
    }

    /// Shows this certificate to servers that want to know the program (mutual TLS): one PEM text with the certificate,
    /// the ones between it and its authority, and its private key (PKCS#8, PKCS#1 or SEC1), in any order.
    ///
    /// # Errors
    /// `invalid_config` where one of them is missing, cannot be used, is encrypted, or is another's. The text is not quoted.
    pub fn client_certificate(self, pem: &[u8]) -> Result<Self, Error> {
        let network = self.0.network.clone().with_client_certificate(pem)?;
        Ok(self.with(|inner| inner.network = network))
    }

    /// Connects from this IP address, which is one of this machine's: for servers that know their clients by address.
    ///
    /// # Errors
    /// `invalid_config` for what is no address of one machine, and where it is not of the `address_family`.
    pub fn local_address(self, address: &str) -> Result<Self, Error> {
        let network = self.0.network.clone().with_local_address(address)?;
        Ok(self.with(|inner| inner.network = network))
    }

    /// Connects by `ipv4` or by `ipv6` alone; by whichever answers first unless set.
    ///
    /// # Errors
    /// `invalid_config` for anything else, and where `local_address` is of the other family.
    pub fn address_family(self, family: &str) -> Result<Self, Error> {
        let network = self.0.network.clone().with_address_family(family)?;
        Ok(self.with(|inner| inner.network = network))
    }

    /// What the program is called in the header `User-Agent`; `relatch/` and its version unless set.
    ///
    /// # Errors
    /// `invalid_config` for what no header can carry.
    pub fn user_agent(self, user_agent: &str) -> Result<Self, Error> {
        let network = self.0.network.clone().with_user_agent(user_agent)?;
        Ok(self.with(|inner| inner.network = network))
    }

    /// Where the session and the ledger of failed logins are kept besides this process's memory. A session whose user
    /// neither its credentials nor its token name is not kept: it tells so by the event `store_failed`.
    #[must_use]
    pub fn store(self, store: Arc<dyn Store>) -> Self {
        self.with(|inner| inner.store = Some(store))
    }

    /// Without a store of the user's: for what is no session.
    pub(crate) fn without_store(self) -> Self {
        self.with(|inner| inner.store = None)
    }

    /// Where the time is read; for tests.
    #[must_use]
    pub fn clock(self, clock: Clock) -> Self {
        self.with(|inner| inner.clock = clock)
    }

    pub(crate) fn may_relogin(&self) -> bool {
        self.0.relogin == Relogin::Auto
    }

    pub(crate) fn keeps_alive(&self) -> bool {
        self.0.keep_alive
    }

    pub(crate) fn forces(&self) -> bool {
        self.0.force
    }

    pub(crate) fn margins(&self) -> Margins {
        self.0.margins
    }

    pub(crate) fn call_limit(&self) -> Duration {
        self.0.timeout.unwrap_or(USUAL_TIMEOUT)
    }

    /// Whether the user gave one.
    pub(crate) fn has_call_limit(&self) -> bool {
        self.0.timeout.is_some()
    }

    pub(crate) fn exchange_limit(&self) -> Duration {
        self.0.exchange_timeout
    }

    /// With the way to this server: the environment's proxy is read once, when a session begins.
    pub(crate) fn routed(self, base_url: &BaseUrl) -> Result<Self, Error> {
        let network = self.0.network.clone().routed(base_url)?;
        Ok(self.with(|inner| inner.network = network))
    }

    pub(crate) fn network(&self) -> &Network {
        &self.0.network
    }

    pub(crate) fn own_store(&self) -> Option<&Arc<dyn Store>> {
        self.0.store.as_ref()
    }

    pub(crate) fn time(&self) -> &Clock {
        &self.0.clock
    }
}

fn check(field: &'static str, value: Duration) -> Result<(), Error> {
    if value > LONGEST {
        return Err(Error::invalid(field, format!("{field} is more than a day: it counts in seconds.")));
    }
    Ok(())
}

fn check_positive(field: &'static str, value: Duration) -> Result<(), Error> {
    if value.is_zero() {
        return Err(Error::invalid(field, format!("{field} is zero: give a number of seconds above it.")));
    }
    check(field, value)
}
