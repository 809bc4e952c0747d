//! Addresses of proxies.

use reqwest::Url;

use crate::policy::Options;

/// What is taken is an address that the HTTP client can use, and is not shown; what is refused is not quoted.
pub fn check(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let shown = |text: &str| match Options::default().proxy(text) {
        Ok(options) => Ok(format!("{options:?}")),
        Err(error) => Err(format!("{error:?}")),
    };
    match shown(&text) {
        Ok(options) => {
            assert_eq!(Ok(options), shown("http://user:word@proxy.example:3128"), "options show the proxy");
            assert!(reqwest::Proxy::all(&*text).is_ok(), "an address that cannot be used");
            let url = Url::parse(&text).expect("an address is a URL");
            assert!(url.has_host() && matches!(url.scheme(), "http" | "https"));
        }
        Err(error) => assert_eq!(Err(error), shown(""), "another error"),
    }
}
