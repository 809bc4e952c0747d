//! The options as the other languages pass them, and how they become [`Options`].

use std::fmt;
use std::time::Duration;

use super::{Options, Relogin};
use crate::error::Error;
use crate::secret::Secret;
use crate::system::clock::Clock;

/// A number of seconds as users write it.
///
/// # Errors
/// `invalid_config` for `field` where it is negative, too large or no number.
pub fn seconds(field: &'static str, value: f64) -> Result<Duration, Error> {
    Duration::try_from_secs_f64(value).map_err(|_| {
        let too_large = "this is too large for seconds";
        let wrong = if value > 0.0 { too_large } else { "give a number of seconds that is not negative" };
        Error::invalid(field, format!("{field} is {value:?}: {wrong}."))
    })
}

/// The options as the other languages pass them: None if the user gave nothing, times in seconds.
#[derive(Clone, Default)]
pub struct Settings {
    /// `auto` or `never`.
    pub relogin: Option<String>,
    /// See [`Options::keep_alive`].
    pub keep_alive: Option<bool>,
    /// See [`Options::force`].
    pub force: Option<bool>,
    /// See [`Options::mandatory_margin`].
    pub mandatory_margin: Option<f64>,
    /// See [`Options::advisory_margin`].
    pub advisory_margin: Option<f64>,
    /// See [`Options::timeout`].
    pub timeout: Option<f64>,
    /// See [`Options::exchange_timeout`].
    pub exchange_timeout: Option<f64>,
    /// See [`Options::proxy`].
    pub proxy: Option<String>,
    /// See [`Options::ca_certificates`].
    pub ca_certificates: Option<Vec<u8>>,
    /// See [`Options::client_certificate`].
    pub client_certificate: Option<Secret>,
    /// See [`Options::local_address`].
    pub local_address: Option<String>,
    /// See [`Options::address_family`].
    pub address_family: Option<String>,
    /// See [`Options::user_agent`].
    pub user_agent: Option<String>,
    /// See [`Options::clock`].
    pub clock: Option<Clock>,
}

/// Without the proxy, whose address may hold its credentials, and without certificates.
impl fmt::Debug for Settings {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { relogin, keep_alive, force, timeout, exchange_timeout, .. } = self;
        write!(
            formatter,
            "Settings {{ relogin: {relogin:?}, keep_alive: {keep_alive:?}, force: {force:?}, timeout: {timeout:?}, \
             exchange_timeout: {exchange_timeout:?}, .. }}"
        )
    }
}

impl TryFrom<Settings> for Options {
    type Error = Error;

    fn try_from(settings: Settings) -> Result<Self, Error> {
        let mut options = Self::default();
        match settings.relogin.as_deref() {
            None => {}
            Some("auto") => options = options.relogin(Relogin::Auto),
            Some("never") => options = options.relogin(Relogin::Never),
            Some(_) => return Err(Error::invalid("relogin", "relogin is neither 'auto' nor 'never'.")),
        }
        if let Some(keep_alive) = settings.keep_alive {
            options = options.keep_alive(keep_alive);
        }
        if let Some(force) = settings.force {
            options = options.force(force);
        }
        if let Some(margin) = settings.mandatory_margin {
            options = options.mandatory_margin(seconds("mandatory_margin", margin)?)?;
        }
        if let Some(margin) = settings.advisory_margin {
            options = options.advisory_margin(seconds("advisory_margin", margin)?)?;
        }
        if let Some(timeout) = settings.timeout {
            options = options.timeout(seconds("timeout", timeout)?)?;
        }
        if let Some(timeout) = settings.exchange_timeout {
            options = options.exchange_timeout(seconds("exchange_timeout", timeout)?)?;
        }
        if let Some(proxy) = settings.proxy {
            options = options.proxy(&proxy)?;
        }
        if let Some(pem) = settings.ca_certificates {
            options = options.ca_certificates(&pem)?;
        }
        if let Some(pem) = settings.client_certificate {
            options = options.client_certificate(pem.expose().as_bytes())?;
        }
        if let Some(address) = settings.local_address {
            options = options.local_address(&address)?;
        }
        if let Some(family) = settings.address_family {
            options = options.address_family(&family)?;
        }
        if let Some(user_agent) = settings.user_agent {
            options = options.user_agent(&user_agent)?;
        }
        if let Some(clock) = settings.clock {
            options = options.clock(clock);
        }
        Ok(options)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_makes_no_sense_is_refused_by_field() {
        let base = Settings::default;
        for (field, settings) in [
            ("relogin", Settings { relogin: Some("sometimes".into()), ..base() }),
            ("mandatory_margin", Settings { mandatory_margin: Some(-1.0), ..base() }),
            ("advisory_margin", Settings { advisory_margin: Some(f64::NAN), ..base() }),
            ("timeout", Settings { timeout: Some(0.0), ..base() }),
            ("exchange_timeout", Settings { exchange_timeout: Some(1e9), ..base() }),
            ("proxy", Settings { proxy: Some("::".into()), ..base() }),
            ("ca_certificates", Settings { ca_certificates: Some(b"no certificate".to_vec()), ..base() }),
            ("client_certificate", Settings { client_certificate: Some("no certificate".into()), ..base() }),
            ("local_address", Settings { local_address: Some("eth0".into()), ..base() }),
            ("address_family", Settings { address_family: Some("both".into()), ..base() }),
            ("user_agent", Settings { user_agent: Some("my\nprogram".into()), ..base() }),
            ("user_agent", Settings { user_agent: Some(" my-program".into()), ..base() }),
        ] {
            assert_eq!(Options::try_from(settings).unwrap_err().field(), Some(field));
        }
    }
}
