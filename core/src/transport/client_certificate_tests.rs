//! Chains and keys as openssl writes them; all made up for these tests.

use super::*;

const RSA: &str = include_str!("made_up/rsa_certificate.pem");
const RSA_PKCS1: &str = include_str!("made_up/rsa_pkcs1.pem");
const RSA_PKCS8: &str = include_str!("made_up/rsa_pkcs8.pem");
/// A root with a key of an elliptic curve, in SEC1 with its parameters before it.
const AUTHORITY: &str = include_str!("made_up/authority_certificate.pem");
const AUTHORITY_SEC1: &str = include_str!("made_up/authority_sec1.pem");
/// Signed by the authority, of X.509's first version.
const ED25519: &str = include_str!("made_up/ed25519_certificate_v1.pem");
const ED25519_PKCS8: &str = include_str!("made_up/ed25519_pkcs8.pem");

fn read(parts: &[&str]) -> Result<ClientCertificate, Error> {
    ClientCertificate::read(parts.join("\n").as_bytes())
}

#[test]
fn a_chain_and_its_key_are_taken_in_any_order_and_encoding() {
    for (parts, length) in [
        (&[RSA, RSA_PKCS1][..], 1),
        (&[RSA_PKCS1, RSA], 1),
        (&[RSA, RSA_PKCS8], 1),
        (&[AUTHORITY_SEC1, AUTHORITY], 1),
        (&[ED25519, AUTHORITY, ED25519_PKCS8], 2),
        (&[AUTHORITY, ED25519_PKCS8, ED25519], 2),
        (
            &["Bag Attributes\r\n    friendlyName: a client", ED25519_PKCS8, "subject=CN = A", RSA, AUTHORITY, ED25519],
            3,
        ),
        (&[RSA_PKCS8, ED25519_PKCS8, ED25519], 1),
    ] {
        let read = read(parts).unwrap();
        assert_eq!(read.key.cert.len(), length);
    }
}

#[test]
fn the_certificate_of_the_key_is_the_first_and_its_authority_the_next() {
    let first = |parts: &[&str]| read(parts).unwrap().key.cert.clone();
    let expected = first(&[ED25519, AUTHORITY, RSA, ED25519_PKCS8]);
    assert_eq!(first(&[RSA, AUTHORITY, ED25519, ED25519_PKCS8]), expected);
    assert_eq!(
        CertificateParts::read(&expected[1]).unwrap().subject,
        CertificateParts::read(&expected[0]).unwrap().issuer
    );
}

#[test]
fn what_is_missing_encrypted_or_does_not_fit_is_named_and_nothing_is_quoted() {
    let encrypted = include_str!("made_up/rsa_encrypted.pem");
    let encrypted_pkcs8 = include_str!("made_up/rsa_encrypted_pkcs8.pem");
    let p521 = include_str!("made_up/p521_pkcs8.pem");
    let cut = &RSA[..RSA.len() / 2];
    let openssh = RSA_PKCS8.replace("PRIVATE KEY", "OPENSSH PRIVATE KEY");
    let half_key = format!("{}\n-----END RSA PRIVATE KEY-----\n", &RSA_PKCS1[..600]);
    for (parts, said) in [
        (&[""][..], "holds no PEM block"),
        (&["hunter7"], "holds no PEM block"),
        (&[RSA], "a certificate and no private key"),
        (&[RSA_PKCS8], "a private key and no certificate"),
        (&["-----BEGIN PUBLIC KEY-----\nAAEC\n-----END PUBLIC KEY-----"], "neither a certificate nor a private key"),
        (&[RSA, ED25519_PKCS8], "do not belong together"),
        (&[RSA, encrypted], "encrypted with a password"),
        (&[RSA, encrypted_pkcs8], "encrypted with a password"),
        (&[RSA, p521], "cannot be used, from line 21 on"),
        (&[RSA, &openssh], "cannot be used"),
        (&[RSA, &half_key], "cannot be used"),
        (&[AUTHORITY, cut, "\n", RSA_PKCS8], "cannot be read: number 2, from line 13 on"),
    ] {
        let error = read(parts).unwrap_err();
        assert_eq!(error.field(), Some("client_certificate"));
        assert!(error.to_string().contains(said), "{said}: {error}");
        let lines = parts.iter().flat_map(|part| part.lines()).filter(|line| line.len() > 20 && !line.contains("----"));
        let shown = format!("{error:?}");
        assert!(lines.map(str::trim).all(|line| !shown.contains(line)) && !shown.contains("hunter7"));
    }
    let shown = format!("{:?}", read(&[RSA, RSA_PKCS1]).unwrap());
    assert_eq!(shown, "[redacted]");
}
