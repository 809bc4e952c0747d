//! Which server and which account is meant, however its address and its user are spelt. Pure.
//!
//! Two spellings of one account with a ledger each could send twice as many failed logins as the server bears. Taking two
//! accounts for one is the safe side: it costs a pause at most.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};

use icu_normalizer::ComposingNormalizerBorrowed;
use icu_properties::props::{BinaryProperty, DefaultIgnorableCodePoint, EnumeratedProperty, GeneralCategory};
use reqwest::Url;

use crate::base_url::BaseUrl;

/// How often a path is percent-decoded: no server does it more often than a proxy before it and its own framework.
const DEEPEST_ENCODING: usize = 4;

/// The server that an address leads to: host, port and path without what only spells them in another way.
///
/// Ledgers, rotations, pauses and clocks of servers are kept by it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Origin(Box<str>);

impl Origin {
    /// The origin of a base URL. The scheme is no part of it: one account is behind both.
    pub(crate) fn of(base_url: &BaseUrl) -> Self {
        Self::of_text(base_url.as_str())
    }

    /// The origin of any text that may be an address; what is none stands for itself.
    pub(crate) fn of_text(address: &str) -> Self {
        let Ok(url) = Url::parse(address.trim()) else { return Self(fold_user(address).into()) };
        let host = fold_host(url.host_str().unwrap_or_default());
        let port = url.port_or_known_default().filter(|port| !matches!(port, 80 | 443));
        let port = port.map(|port| format!(":{port}")).unwrap_or_default();
        Self(format!("{host}{port}{}", fold_path(url.path())).into())
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// The name of an account: its server and its user.
pub(crate) fn account(origin: &Origin, user: &str) -> String {
    format!("{origin}|{}", fold_user(user))
}

/// The name of the account that a text of the form `base URL|user` means.
pub(crate) fn account_of_text(text: &str) -> String {
    let (address, user) = text.split_once('|').unwrap_or((text, ""));
    account(&Origin::of_text(address), user)
}

/// Whether a host, as [`Url`] spells it, is this machine by its very name.
pub(crate) fn is_loopback(host: &str) -> bool {
    let host = host.trim_start_matches('[').trim_end_matches(']').trim_end_matches('.');
    let is_name = host == "localhost" || host.ends_with(".localhost");
    is_name || host.parse::<IpAddr>().is_ok_and(|address| address.to_canonical().is_loopback())
}

/// All names of this machine are one, and so are the two forms of an IPv4 address.
fn fold_host(host: &str) -> String {
    let bare = host.trim_start_matches('[').trim_end_matches(']').trim_end_matches('.').to_lowercase();
    let address = bare.parse::<IpAddr>().ok().map(|address| address.to_canonical());
    match address {
        _ if is_loopback(&bare) => "localhost".to_owned(),
        // A connection to the unspecified address arrives at this machine.
        Some(address) if address.is_unspecified() => "localhost".to_owned(),
        Some(IpAddr::V6(address)) => embedded(address).map_or_else(|| format!("[{address}]"), |v4| v4.to_string()),
        Some(IpAddr::V4(address)) => address.to_string(),
        None => bare,
    }
}

/// The IPv4 address that a translating network puts into this one (RFC 6052).
fn embedded(address: Ipv6Addr) -> Option<std::net::Ipv4Addr> {
    let segments = address.segments();
    let [.., a, b, c, d] = address.octets();
    (segments[..6] == [0x64, 0xff9b, 0, 0, 0, 0]).then(|| std::net::Ipv4Addr::new(a, b, c, d))
}

/// The path without empty and dot segments, parameters, case and percent-encoding; empty for the root.
fn fold_path(path: &str) -> String {
    let mut decoded = path.to_owned();
    for _ in 0..DEEPEST_ENCODING {
        let again = percent_decoded(&decoded);
        if again == decoded {
            break;
        }
        decoded = again;
    }
    let mut segments = Vec::new();
    for segment in decoded.split(['/', '\\']) {
        let name = segment.split(';').next().unwrap_or_default();
        match fold_user(name).as_str() {
            "" | "." => {}
            ".." => drop(segments.pop()),
            name => segments.push(name.to_owned()),
        }
    }
    segments.iter().flat_map(|segment| ["/", segment]).collect()
}

fn percent_decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, others @ ..] = rest {
        let byte = match others {
            [high, low, ..] if *first == b'%' => hex(*high).zip(hex(*low)).map(|(high, low)| high << 4 | low),
            _ => None,
        };
        bytes.push(byte.unwrap_or(*first));
        rest = if byte.is_some() { &others[2..] } else { others };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

/// A name as servers may compare it: compatible forms as one, without case, marks of format and outer blanks; inner blanks
/// are one each.
pub(crate) fn fold_user(user: &str) -> String {
    let visible = |text: &str| text.chars().filter(|character| !is_ignored(*character)).collect::<String>();
    let compatible = ComposingNormalizerBorrowed::new_nfkc().normalize(&visible(user)).into_owned();
    // There and back: a sharp s of either case and two, a final sigma and another, become one. Case takes letters apart.
    let folded = compatible.to_lowercase().to_uppercase().to_lowercase();
    let folded = visible(&ComposingNormalizerBorrowed::new_nfkc().normalize(&folded));
    folded.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Whether a character shows nothing: controls that are no blank, marks of format, fillers.
fn is_ignored(character: char) -> bool {
    let category = GeneralCategory::for_char(character);
    let is_control = category == GeneralCategory::Control && !character.is_whitespace();
    is_control || category == GeneralCategory::Format || DefaultIgnorableCodePoint::for_char(character)
}

#[cfg(test)]
#[path = "identity_tests.rs"]
mod tests;
