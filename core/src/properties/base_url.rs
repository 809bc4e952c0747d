//! Addresses of systems.

use reqwest::Url;

use crate::base_url::BaseUrl;
use crate::error::Error;

/// Texts that are refused, one for each reason.
const REFUSED: [&str; 11] = [
    "",
    "ftp://host",
    "https://user:word@host",
    "https://host/?a=b",
    "http://api.example/prod",
    "https://host\\",
    "https:host",
    "https://host:",
    "https://host:0",
    "https://a$b",
    "https://host/./a",
];

/// What is taken leads to the host that it names, encrypted unless that is this machine; what is refused is not quoted.
pub fn check(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    match BaseUrl::new(&text, false) {
        Ok(base_url) => {
            check_taken(&base_url, &text);
            assert!(base_url.is_https() || is_here(&parsed(base_url.as_str())), "{base_url:?}");
            assert_eq!(BaseUrl::new(&text, true).ok().as_ref(), Some(&base_url));
        }
        Err(error) => {
            assert_unquoted(&error);
            // What only insecurity speaks against is plain http to another machine.
            if let Ok(base_url) = BaseUrl::new(&text, true) {
                check_taken(&base_url, &text);
                assert!(!base_url.is_https() && !is_here(&parsed(base_url.as_str())), "{base_url:?}");
            }
        }
    }
}

fn parsed(text: &str) -> Url {
    Url::parse(text).expect("a base URL is a URL")
}

fn check_taken(base_url: &BaseUrl, text: &str) {
    let (kept, given) = (parsed(base_url.as_str()), parsed(text.trim()));
    assert_eq!(BaseUrl::new(base_url.as_str(), true).ok().as_ref(), Some(base_url), "kept as it is");
    assert!(!base_url.as_str().ends_with('/'));
    assert!(kept.username().is_empty() && kept.password().is_none());
    assert!(kept.query().is_none() && kept.fragment().is_none());
    assert_eq!((kept.scheme(), kept.host(), kept.port()), (given.scheme(), given.host(), given.port()));
    assert_eq!(base_url.is_https(), kept.scheme() == "https");
    assert_eq!(base_url.is_loopback(), is_here(&kept), "{base_url:?}");
    let joined = parsed(&format!("{}/User/Login", base_url.as_str()));
    assert_eq!((joined.scheme(), joined.host(), joined.port()), (given.scheme(), given.host(), given.port()));
    assert_eq!(joined.path(), format!("{}/User/Login", given.path().trim_end_matches('/')));
}

/// Whether the address is one of this machine.
fn is_here(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let address = host.trim_matches(['[', ']']).parse::<std::net::IpAddr>();
    let name = host.strip_suffix('.').unwrap_or(host);
    name == "localhost" || name.ends_with(".localhost") || address.is_ok_and(|address| address.is_loopback())
}

/// The error is one of a few, whatever was given.
fn assert_unquoted(error: &Error) {
    let known = REFUSED.map(|text| format!("{:?}", BaseUrl::new(text, false).expect_err("refused")));
    // A host that is written in an odd way is named as it was read; who knows what else is in it is asked to leave that out.
    let is_read_as = error.to_string().contains("here it was read as ") && !error.to_string().contains(['@', '\\']);
    assert!(known.contains(&format!("{error:?}")) || is_read_as, "{error:?}");
    assert_eq!(error.field(), Some("base_url"));
}
