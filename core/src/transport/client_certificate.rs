//! The certificate and key that a program shows to servers which want to know it (mutual TLS).

use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use ring::digest::{SHA256, digest};
use rustls::crypto::ring::sign::any_supported_type;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs1KeyDer, PrivatePkcs8KeyDer, PrivateSec1KeyDer};
use rustls::sign::{CertifiedKey, SigningKey, SingleCertAndKey};
use zeroize::Zeroizing;

use super::certificate_parts::{CertificateParts, Key};
use super::pem::{self, Block};
use crate::error::Error;

/// A chain of certificates and the key of its first. What is kept of the text is the key as the TLS library holds it.
#[derive(Clone)]
pub(super) struct ClientCertificate {
    key: Arc<CertifiedKey>,
    /// What tells it from others.
    digest: [u8; 32],
}

const EXPECTED: &str = "Give one PEM text with the certificate (BEGIN CERTIFICATE), the ones between it and its authority, \
                        and its private key (BEGIN PRIVATE KEY, RSA PRIVATE KEY or EC PRIVATE KEY), in any order.";

impl ClientCertificate {
    /// Reads a chain and the key of one of its certificates, in any order.
    pub(super) fn read(text: &[u8]) -> Result<Self, Error> {
        let blocks = pem::blocks(text);
        let certificates = certificates(&blocks)?;
        let keys = keys(&blocks)?;
        if certificates.is_empty() || keys.is_empty() {
            return Err(incomplete(&blocks, certificates.is_empty(), keys.is_empty()));
        }
        let parts: Option<Vec<_>> = certificates.iter().map(|der| CertificateParts::read(der)).collect();
        let parts = parts.expect("read before");
        let owner = |key: &Arc<dyn SigningKey>| {
            let info = key.public_key()?;
            let key = Key::read(&info)?;
            parts.iter().position(|part| part.key == key)
        };
        let found = keys.iter().find_map(|key| owner(key).map(|first| (Arc::clone(key), first)));
        let (key, first) = found.ok_or_else(|| {
            invalid(
                "holds a certificate and a private key that do not belong together: the key is another certificate's. \
                 Give the key that the certificate was requested with.",
            )
        })?;
        let chain = in_order(first, &parts);
        let chain: Vec<_> = chain.into_iter().map(|index| CertificateDer::from(certificates[index].to_vec())).collect();
        let digest = digest(&SHA256, text).as_ref().try_into().expect("32 bytes");
        Ok(Self { key: Arc::new(CertifiedKey::new(chain, key)), digest })
    }

    /// As the TLS library asks for it.
    pub(super) fn resolver(&self) -> Arc<SingleCertAndKey> {
        Arc::new(SingleCertAndKey::from(Arc::clone(&self.key)))
    }
}

/// The certificates in their order.
fn certificates(blocks: &[Block<'_>]) -> Result<Vec<Zeroizing<Vec<u8>>>, Error> {
    let all = blocks.iter().filter(|block| block.is_certificate()).enumerate();
    let read = all.map(|(index, block)| match block.der().filter(|der| CertificateParts::read(der).is_some()) {
        Some(der) => Ok(der),
        None => Err(invalid(&format!(
            "holds a certificate that cannot be read: number {}, from line {} on. Copy it anew.",
            index + 1,
            block.line
        ))),
    });
    read.collect()
}

/// The private keys. One that has a password is an error: nobody could be asked for it.
fn keys(blocks: &[Block<'_>]) -> Result<Vec<Arc<dyn SigningKey>>, Error> {
    let keys = blocks.iter().filter(|block| block.label.ends_with(b"PRIVATE KEY")).map(|block| {
        if block.is_encrypted() {
            return Err(invalid(
                "holds a private key that is encrypted with a password. Decrypt it first, for example with \
                 'openssl pkey -in key.pem'.",
            ));
        }
        key(block).ok_or_else(|| {
            invalid(&format!(
                "holds a private key that cannot be used, from line {} on. Give one of RSA (2048 to 4096 bits), of an \
                 elliptic curve (P-256 or P-384) or of Ed25519, as PKCS#8, PKCS#1 or SEC1.",
                block.line
            ))
        })
    });
    keys.collect()
}

fn key(block: &Block<'_>) -> Option<Arc<dyn SigningKey>> {
    let der = block.der()?;
    let key = match block.label {
        b"PRIVATE KEY" => PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(&der[..])),
        b"RSA PRIVATE KEY" => PrivateKeyDer::Pkcs1(PrivatePkcs1KeyDer::from(&der[..])),
        b"EC PRIVATE KEY" => PrivateKeyDer::Sec1(PrivateSec1KeyDer::from(&der[..])),
        _ => return None,
    };
    any_supported_type(&key).ok()
}

/// The key's own certificate, then the one that signed it, and so on; what belongs to no chain is sent last.
fn in_order(first: usize, parts: &[CertificateParts<'_>]) -> Vec<usize> {
    let mut order = vec![first];
    let mut left: Vec<_> = (0..parts.len()).filter(|index| *index != first).collect();
    while let Some(next) =
        order.last().and_then(|last| left.iter().position(|index| parts[*index].subject == parts[*last].issuer))
    {
        order.push(left.remove(next));
    }
    order.extend(left);
    order
}

fn incomplete(blocks: &[Block<'_>], no_certificate: bool, no_key: bool) -> Error {
    let what = match (no_certificate, no_key) {
        _ if blocks.is_empty() => "holds no PEM block.",
        (true, true) => "holds neither a certificate nor a private key.",
        (true, false) => "holds a private key and no certificate.",
        _ => "holds a certificate and no private key.",
    };
    invalid(&format!("{what} {EXPECTED}"))
}

/// Nothing of the text is ever quoted: it holds a private key.
fn invalid(what: &str) -> Error {
    Error::invalid("client_certificate", format!("client_certificate {what}"))
}

impl PartialEq for ClientCertificate {
    fn eq(&self, other: &Self) -> bool {
        self.digest == other.digest
    }
}

impl Eq for ClientCertificate {}

impl Hash for ClientCertificate {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.digest.hash(state);
    }
}

impl fmt::Debug for ClientCertificate {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("[redacted]")
    }
}

#[cfg(test)]
#[path = "client_certificate_tests.rs"]
mod tests;
