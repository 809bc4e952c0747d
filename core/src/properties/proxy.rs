//! Addresses of proxies.

use reqwest::Url;

use crate::policy::Options;

/// Texts that are refused, one for each reason.
const REFUSED: [&str; 9] =
    ["", "socks4://a", "ftp://a", "http://a b", "http://a/b", "http://", "http://0x7f.1", "http://a:0", "http://%zz@a"];

/// What is taken is an address that programs read alike, and is not shown; what is refused is not quoted.
pub fn check(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let shown = |text: &str| match Options::default().proxy(text) {
        Ok(options) => Ok(format!("{options:?}")),
        Err(error) => Err(format!("{error:?}")),
    };
    match shown(&text) {
        Ok(options) => {
            assert_eq!(Ok(options), shown("http://user:word@proxy.example:3128"), "options show the proxy");
            let url = Url::parse(text.trim()).expect("an address is a URL");
            assert!(url.has_host() && matches!(url.scheme(), "http" | "https" | "socks5" | "socks5h"));
        }
        Err(error) => assert!(REFUSED.map(|text| shown(text).unwrap_err()).contains(&error), "another error: {error}"),
    }
}
