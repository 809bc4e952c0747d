//! Whom to trust: the platform's certificates, the user's own, and a bundled set where the machine has none.

use std::sync::Arc;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::ServerCertVerifier;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use rustls_platform_verifier::Verifier;

use crate::error::{Error, ErrorCode, Sent};

/// The certificates in `pem`.
pub(super) fn read_certificates(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, Error> {
    let invalid = || Error::invalid("ca_certificates", "There is no PEM certificate that can be read in it.");
    let read: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    let certificates = read.map_err(|_| invalid())?;
    let mut roots = RootCertStore::empty();
    let (added, ignored) = roots.add_parsable_certificates(certificates.iter().cloned());
    if added == 0 || ignored > 0 { Err(invalid()) } else { Ok(certificates) }
}

/// A TLS configuration of our own: nothing process-wide is installed that the host program could trip over.
pub(super) fn configuration(extra: &[CertificateDer<'static>]) -> Result<ClientConfig, Error> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let verifier = verifier(extra, &provider).map_err(unusable)?;
    let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let builder = builder.map_err(unusable)?;
    Ok(builder.dangerous().with_custom_certificate_verifier(verifier).with_no_client_auth())
}

fn verifier(
    extra: &[CertificateDer<'static>],
    provider: &Arc<CryptoProvider>,
) -> Result<Arc<dyn ServerCertVerifier>, rustls::Error> {
    let platform = Verifier::new_with_extra_roots(extra.iter().cloned(), Arc::clone(provider));
    match platform {
        Ok(verifier) => Ok(Arc::new(verifier)),
        // Someone who names a certificate file wants that one and no other.
        Err(error) if names_own_certificates() => Err(error),
        // A slim container without certificates: what browsers trust is better than not connecting at all.
        Err(_) => {
            let mut roots = RootCertStore::empty();
            roots.add_parsable_certificates(webpki_root_certs::TLS_SERVER_ROOT_CERTS.iter().cloned());
            let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(provider)).build();
            verifier
                .map(|verifier| verifier as Arc<dyn ServerCertVerifier>)
                .map_err(|error| rustls::Error::General(error.to_string()))
        }
    }
}

fn names_own_certificates() -> bool {
    ["SSL_CERT_FILE", "SSL_CERT_DIR"].iter().any(|name| std::env::var_os(name).is_some())
}

fn unusable(error: rustls::Error) -> Error {
    let message = format!(
        "No certificates could be loaded to check servers with ({error}). Check SSL_CERT_FILE and SSL_CERT_DIR, or \
         install the machine's ca-certificates."
    );
    Error::new(ErrorCode::Tls, message).with_sent(Sent::No).with_source(error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_holds_no_certificate_is_refused() {
        let hollow = b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        for pem in [&b""[..], b"text", hollow] {
            assert_eq!(read_certificates(pem).unwrap_err().field(), Some("ca_certificates"));
        }
    }

    #[test]
    fn the_http_client_takes_this_configuration() {
        // reqwest and rustls must be of versions that fit: a mismatch would be an unknown backend.
        let client = reqwest::Client::builder().tls_backend_preconfigured(configuration(&[]).unwrap()).build();
        assert!(client.is_ok());
    }
}
