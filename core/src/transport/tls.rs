//! How TLS is spoken: the certificates that the user adds, and the one that the user shows.

use std::sync::Arc;

use rustls::pki_types::CertificateDer;
use rustls::{ClientConfig, RootCertStore};

use super::client_certificate::ClientCertificate;
use super::{pem, trust};
use crate::error::Error;

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
    let verifier = trust::verifier(extra, &provider)?;
    let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let builder = builder.map_err(|error| trust::unusable(&error.to_string()).with_source(error))?;
    let builder = builder.dangerous().with_custom_certificate_verifier(verifier);
    Ok(match client {
        Some(client) => builder.with_client_cert_resolver(client.resolver()),
        None => builder.with_no_client_auth(),
    })
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
