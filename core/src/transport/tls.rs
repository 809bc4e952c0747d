//! Whom to trust: the platform's certificates, the user's own, and a bundled set where the machine has none.

use std::sync::Arc;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::ServerCertVerifier;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::CertificateDer;
use rustls::{ClientConfig, RootCertStore};
use rustls_platform_verifier::Verifier;

use super::client_certificate::ClientCertificate;
use super::pem;
use crate::error::{Error, ErrorCode, Sent};

/// The certificates in `text`, all of which can be trusted.
pub(super) fn read_certificates(text: &[u8]) -> Result<Vec<CertificateDer<'static>>, Error> {
    let invalid = |what: &str| Error::invalid("ca_certificates", format!("ca_certificates {what}"));
    let blocks = pem::blocks(text);
    let blocks = blocks.iter().filter(|block| block.is_certificate()).enumerate();
    let read = blocks.map(|(index, block)| {
        let number_and_line = format!("number {}, from line {} on", index + 1, block.line);
        let Some(der) = block.der() else {
            return Err(invalid(&format!("holds a certificate that is no whole PEM block: {number_and_line}. Copy it anew.")));
        };
        let certificate = CertificateDer::from(der.to_vec());
        RootCertStore::empty().add(certificate.clone()).map_err(|_| {
            invalid(&format!(
                "holds a certificate that cannot be read as an authority's: {number_and_line}. Copy it anew, or leave it out."
            ))
        })?;
        Ok(certificate)
    });
    let certificates = read.collect::<Result<Vec<_>, _>>()?;
    if certificates.is_empty() {
        return Err(invalid("holds no certificate. Give PEM text with blocks like -----BEGIN CERTIFICATE-----."));
    }
    Ok(certificates)
}

/// A TLS configuration of our own: nothing process-wide is installed that the host program could trip over.
pub(super) fn configuration(
    extra: &[CertificateDer<'static>],
    client: Option<&ClientCertificate>,
) -> Result<ClientConfig, Error> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let verifier = verifier(extra, &provider).map_err(unusable)?;
    let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let builder = builder.map_err(unusable)?;
    let builder = builder.dangerous().with_custom_certificate_verifier(verifier);
    Ok(match client {
        Some(client) => builder.with_client_cert_resolver(client.resolver()),
        None => builder.with_no_client_auth(),
    })
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
        for pem in [&b""[..], b"text", include_bytes!("made_up/ed25519_pkcs8.pem")] {
            let error = read_certificates(pem).unwrap_err();
            assert_eq!(error.field(), Some("ca_certificates"));
            assert!(error.to_string().contains("no certificate"), "{error}");
        }
    }

    #[test]
    fn the_bad_block_of_a_bundle_is_named() {
        let good = include_str!("made_up/authority_certificate.pem");
        let hollow = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        let lines = good.lines().count();
        assert_eq!(read_certificates(format!("{good}\na word\n{good}").as_bytes()).unwrap().len(), 2);
        for bad in [hollow, &hollow.replace("AAAA", "%%"), &good[..good.len() - 30], &good.replace('M', "")] {
            let error = read_certificates(format!("{good}{bad}").as_bytes()).unwrap_err().to_string();
            assert!(error.contains(&format!("number 2, from line {} on", lines + 1)), "{error}");
        }
    }

    #[test]
    fn the_http_client_takes_this_configuration() {
        // reqwest and rustls must be of versions that fit: a mismatch would be an unknown backend.
        let client = reqwest::Client::builder().tls_backend_preconfigured(configuration(&[], None).unwrap()).build();
        assert!(client.is_ok());
    }
}
