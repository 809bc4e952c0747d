//! Certificates that the user adds (PEM).

use crate::policy::Options;

/// What is taken holds certificates, all of which can be trusted; what is refused is not quoted.
pub fn check(data: &[u8]) {
    let shown = |pem: &[u8]| match Options::default().ca_certificates(pem) {
        Ok(options) => Ok(format!("{options:?}")),
        Err(error) => Err(without_numbers(&format!("{error:?}"))),
    };
    let (read, again) = (shown(data), shown(data));
    assert_eq!(read, again);
    let twice = [data, b"\n", data].concat();
    match read {
        Ok(_) => assert!(shown(&twice).is_ok(), "a bundle of two"),
        Err(error) => assert!(REFUSED.map(|pem| shown(pem).unwrap_err()).contains(&error), "another error: {error}"),
    }
}

/// One of each kind that is refused: nothing, a block without an end, and a block that is no certificate.
const REFUSED: [&[u8]; 3] =
    [b"", b"-----BEGIN CERTIFICATE-----\nAAAA", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----"];

/// Where the bad block stands is said in numbers.
fn without_numbers(text: &str) -> String {
    text.chars().filter(|c| !c.is_ascii_digit()).collect()
}
