//! Certificates that the user adds (PEM).

use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

use crate::policy::Options;

/// What is taken holds certificates, all of which can be trusted; what is refused is not quoted.
pub fn check(data: &[u8]) {
    let shown = |pem: &[u8]| match Options::default().ca_certificates(pem) {
        Ok(options) => Ok(format!("{options:?}")),
        Err(error) => Err(format!("{error:?}")),
    };
    let (read, again) = (shown(data), shown(data));
    assert_eq!(read, again);
    let twice = [data, b"\n", data].concat();
    match read {
        Ok(_) => {
            assert!(trusted(data) > 0);
            assert!(shown(&twice).is_ok() && trusted(&twice) == 2 * trusted(data), "a bundle of two");
        }
        Err(error) => assert_eq!(Err(error), shown(b""), "another error"),
    }
}

/// How many certificates a list of roots takes of it.
fn trusted(pem: &[u8]) -> usize {
    let mut roots = RootCertStore::empty();
    let certificates: Vec<_> = CertificateDer::pem_slice_iter(pem).filter_map(Result::ok).collect();
    let (added, ignored) = roots.add_parsable_certificates(certificates);
    assert_eq!(ignored, 0, "one that cannot be trusted");
    added
}
