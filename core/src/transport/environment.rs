//! The proxy that the environment names for an address: `HTTPS_PROXY` and its kin, as curl and others read them.

use std::ffi::OsString;
use std::net::IpAddr;

use super::proxy_address::{EXAMPLE, ProxyAddress};
use crate::base_url::BaseUrl;
use crate::error::Error;

/// The proxy that `variable` names for `base_url`, if any. This machine is reached without one.
pub(super) fn proxy(
    base_url: &BaseUrl,
    variable: impl Fn(&str) -> Option<OsString>,
) -> Result<Option<ProxyAddress>, Error> {
    if base_url.is_loopback() {
        return Ok(None);
    }
    let given = |names: &[&'static str]| {
        let values = names.iter().filter_map(|name| Some((*name, variable(name)?)));
        values.map(|(name, value)| (name, value.into_string())).find(|(_, value)| is_something(value))
    };
    let own: &[&str] = match base_url.is_https() {
        true => &["HTTPS_PROXY", "https_proxy"],
        // In a CGI program the other spelling is a header of the request's sender.
        false if variable("REQUEST_METHOD").is_some() => &["http_proxy"],
        false => &["HTTP_PROXY", "http_proxy"],
    };
    let Some((name, value)) = given(own).or_else(|| given(&["ALL_PROXY", "all_proxy"])) else { return Ok(None) };
    let excluded = given(&["NO_PROXY", "no_proxy"]).and_then(|(_, list)| list.ok());
    if excluded.is_some_and(|list| excludes(&list, base_url)) {
        return Ok(None);
    }
    let read = value.map_err(|_| "cannot be read").and_then(|value| {
        // Many write the host alone.
        if value.contains("://") {
            ProxyAddress::read(&value)
        } else {
            ProxyAddress::read(&format!("http://{}", value.trim()))
        }
    });
    read.map(Some).map_err(|wrong| {
        let message =
            format!("The address of a proxy in the environment's {name} {wrong}. {EXAMPLE} Or unset {name}, or name the host in NO_PROXY.");
        Error::invalid("proxy", message)
    })
}

fn is_something(value: &Result<String, OsString>) -> bool {
    value.as_ref().map_or(true, |text| !text.trim().is_empty())
}

/// Whether `NO_PROXY` names the host: by its name, by a domain that it is in, by an address or a network, or by `*`.
fn excludes(list: &str, base_url: &BaseUrl) -> bool {
    let host = base_url.host().trim_matches(['[', ']']).trim_end_matches('.').to_ascii_lowercase();
    let address = host.parse::<IpAddr>().ok();
    list.split([',', ' ', '\t', '\n']).map(str::trim).filter(|entry| !entry.is_empty()).any(|entry| {
        let entry = entry.to_ascii_lowercase();
        match address {
            _ if entry == "*" => true,
            Some(address) => is_in_network(&entry, address, base_url.port()),
            None => is_in_domain(&entry, &host, base_url.port()),
        }
    })
}

fn is_in_domain(entry: &str, host: &str, port: u16) -> bool {
    let (domain, on) = entry.rsplit_once(':').map_or((entry, None), |(domain, port)| (domain, Some(port)));
    let domain = domain.trim_start_matches('*').trim_start_matches('.').trim_end_matches('.');
    let is_within = |host: &str| host.strip_suffix(domain).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
    !domain.is_empty() && on.is_none_or(|on| on.parse() == Ok(port)) && is_within(host)
}

fn is_in_network(entry: &str, address: IpAddr, port: u16) -> bool {
    let (network, length) = entry.split_once('/').map_or((entry, None), |(network, length)| (network, Some(length)));
    let (network, on) = match network.rsplit_once(':') {
        Some((before, on)) if !before.contains(':') || before.ends_with(']') => (before, Some(on)),
        _ => (network, None),
    };
    let Ok(network) = network.trim_matches(['[', ']']).parse::<IpAddr>() else { return false };
    let bits = |address: IpAddr| match address {
        IpAddr::V4(address) => u128::from(address.to_bits()) << 96,
        IpAddr::V6(address) => address.to_bits(),
    };
    let whole = if network.is_ipv4() { 32 } else { 128 };
    let length = length.map_or(Some(whole), |length| length.parse().ok().filter(|length| *length <= whole));
    let Some(length) = length.filter(|_| network.is_ipv4() == address.is_ipv4()) else { return false };
    on.is_none_or(|on| on.parse() == Ok(port))
        && (length == 0 || (bits(network) ^ bits(address)) >> (128 - length) == 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(base_url: &str, variables: &[(&str, &str)]) -> Result<Option<String>, Error> {
        let base_url = BaseUrl::new(base_url, true).unwrap();
        let variable = |name: &str| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| value.into());
        proxy(&base_url, variable).map(|proxy| proxy.map(|proxy| proxy.url()))
    }

    #[test]
    fn each_scheme_has_its_variables_in_either_case_and_all_have_one() {
        for (base_url, variables, expected) in [
            ("https://api.example", &[("HTTPS_PROXY", "http://a:1")][..], Some("http://a:1")),
            ("https://api.example", &[("https_proxy", "a:1")], Some("http://a:1")),
            ("https://api.example", &[("HTTPS_PROXY", " "), ("https_proxy", "http://b:1")], Some("http://b:1")),
            ("https://api.example", &[("HTTP_PROXY", "http://a:1")], None),
            ("https://api.example", &[("ALL_PROXY", "socks5h://a:1"), ("HTTP_PROXY", "::::")], Some("socks5h://a:1")),
            ("https://api.example", &[("all_proxy", "a"), ("https_proxy", "b")], Some("http://b:80")),
            ("http://api.example", &[("HTTP_PROXY", "http://a:1")], Some("http://a:1")),
            ("http://api.example", &[("HTTP_PROXY", "http://a:1"), ("REQUEST_METHOD", "GET")], None),
            ("http://api.example", &[("http_proxy", "http://a:1"), ("REQUEST_METHOD", "GET")], Some("http://a:1")),
            ("https://api.example", &[], None),
            ("https://127.0.0.1", &[("HTTPS_PROXY", "::::")], None),
            ("http://x.localhost", &[("HTTP_PROXY", "http://a:1")], None),
        ] {
            assert_eq!(found(base_url, variables).unwrap().as_deref(), expected, "{base_url} {variables:?}");
        }
    }

    #[test]
    fn what_cannot_be_read_is_named_and_not_quoted() {
        for (name, value) in [
            ("HTTPS_PROXY", "::::"),
            ("https_proxy", "http://user:hunter7@"),
            ("ALL_PROXY", "hunter7:hunter7"),
            ("all_proxy", "hunter7://a"),
            ("HTTPS_PROXY", "http://hunter7 hunter7:1"),
        ] {
            let error = found("https://api.example", &[(name, value)]).unwrap_err();
            assert_eq!(error.field(), Some("proxy"));
            assert!(error.to_string().contains(name) && !format!("{error:?}").contains("hunter7"), "{error}");
        }
        assert!(
            found("https://api.example", &[("HTTPS_PROXY", "::::"), ("NO_PROXY", "api.example")]).unwrap().is_none()
        );
    }

    #[test]
    fn hosts_are_left_out_by_name_domain_address_network_and_port() {
        let is_direct = |base_url: &str, list: &str| {
            found(base_url, &[("ALL_PROXY", "http://a:1"), ("no_proxy", list)]).unwrap().is_none()
        };
        for (base_url, list) in [
            ("https://api.example", "*"),
            ("https://api.example", "other.example, API.example"),
            ("https://api.example.", "api.example"),
            ("https://api.example", "api.example."),
            ("https://a.api.example", ".api.example"),
            ("https://api.example", ".api.example"),
            ("https://a.api.example", "*.api.example"),
            ("https://a.api.example", "other api.example"),
            ("https://api.example", "api.example:443"),
            ("https://api.example:8443", "api.example:8443"),
            ("https://10.1.2.3", "10.0.0.0/8"),
            ("https://10.1.2.3", "10.1.2.3"),
            ("https://10.1.2.3:8080", "10.1.2.3:8080"),
            ("https://10.1.2.3", "0.0.0.0/0"),
            ("https://[2001:db8::1]", "2001:db8::/32"),
            ("https://[2001:db8::1]:8443", "[2001:db8::1]:8443"),
        ] {
            assert!(is_direct(base_url, list), "{base_url} {list}");
        }
        for (base_url, list) in [
            ("https://api.example", ""),
            ("https://notapi.example", "api.example"),
            ("https://api.example", "a.api.example"),
            ("https://api.example", "api.example:8443"),
            ("https://11.1.2.3", "10.0.0.0/8"),
            ("https://10.1.2.3", "10.0.0.0/99"),
            ("https://10.1.2.3", "::/0"),
            ("https://[2001:db9::1]", "2001:db8::/32"),
            ("https://api.example", ". , *."),
        ] {
            assert!(!is_direct(base_url, list), "{base_url} {list}");
        }
    }
}
