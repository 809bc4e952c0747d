//! Why a TLS connection was not made, and what to do about it.

use rustls::CertificateError::{
    Expired, ExpiredContext, NotValidForName, NotValidForNameContext, NotValidYet, NotValidYetContext, UnknownIssuer,
};
use rustls::{AlertDescription, Error};

use crate::foreign_text::one_line;

/// What went wrong in our own words, for a certificate's may hold anything, and what to do.
pub(super) fn explain(error: &Error) -> (String, &'static str) {
    let (reason, advice) = match error {
        Error::InvalidCertificate(UnknownIssuer) => (
            "its certificate is of an authority that is not known here",
            "A private authority's certificate goes into ca_certificates or SSL_CERT_FILE; of a proxy that looks into \
             connections, so does the proxy's",
        ),
        Error::InvalidCertificate(Expired | ExpiredContext { .. }) => (
            "its certificate has expired",
            "Check this machine's clock; if that is right, the server needs a new certificate",
        ),
        Error::InvalidCertificate(NotValidYet | NotValidYetContext { .. }) => {
            ("its certificate is not valid yet", "Check this machine's clock; if that is right, wait until it is")
        }
        Error::InvalidCertificate(NotValidForName | NotValidForNameContext { .. }) => (
            "its certificate is for another host",
            "Write the host in base_url as the certificate names it, or have a certificate made for that host",
        ),
        Error::InvalidCertificate(other) if format!("{other:?}").contains("CaUsedAsEndEntity") => (
            "the certificate that it shows is marked as an authority's (CA:TRUE)",
            "A server shows a certificate of its own: make one that is not marked so, sign it with this one or with itself, \
             and trust the signer with ca_certificates",
        ),
        Error::InvalidCertificate(_) => (
            "its certificate cannot be used",
            "Have the server's certificate checked, for example with 'openssl s_client'",
        ),
        Error::PeerIncompatible(_)
        | Error::AlertReceived(AlertDescription::ProtocolVersion | AlertDescription::InsufficientSecurity) => {
            (NOTHING_IN_COMMON, UP_TO_DATE)
        }
        Error::AlertReceived(AlertDescription::HandshakeFailure) => (
            "the server broke off the handshake",
            "Either it speaks no version or cipher that is used here (TLS 1.2 with ECDHE and AES-GCM or ChaCha20, or TLS \
             1.3), or it wants to know the client: give client_certificate",
        ),
        Error::AlertReceived(AlertDescription::UnrecognisedName) => {
            ("the server does not know the host by that name", "Check the host in base_url")
        }
        Error::AlertReceived(alert) if is_about_client(*alert) => return (about_client(*alert).into(), CLIENT),
        Error::InvalidMessage(_) => (
            "what answers there does not speak TLS",
            "Check the port in base_url, and whether the server wants http:// instead of https://",
        ),
        other => return (one_line(&other.to_string(), 120), "Check the machine's clock and its certificates"),
    };
    (reason.into(), advice)
}

const NOTHING_IN_COMMON: &str = "the server and relatch have no TLS version or cipher in common";
const UP_TO_DATE: &str = "relatch speaks TLS 1.2 with ECDHE and AES-GCM or ChaCha20, and TLS 1.3: the server's \
                          configuration is too old, or what stands before it is";
const CLIENT: &str =
    "Give client_certificate: PEM text with a certificate of an authority that the server trusts, and its key";

/// What a server says in a handshake that it wanted a good certificate for. With TLS 1.3 the client is through with the
/// handshake before the server is: it learns this when it reads its first answer.
pub(super) fn is_about_client(alert: AlertDescription) -> bool {
    use AlertDescription::{
        AccessDenied, BadCertificate, CertificateExpired, CertificateRequired, CertificateRevoked, CertificateUnknown,
        DecryptError, HandshakeFailure, NoCertificate, UnknownCA, UnsupportedCertificate,
    };
    matches!(
        alert,
        AccessDenied
            | BadCertificate
            | CertificateExpired
            | CertificateRequired
            | CertificateRevoked
            | CertificateUnknown
            | DecryptError
            | HandshakeFailure
            | NoCertificate
            | UnknownCA
            | UnsupportedCertificate
    )
}

fn about_client(alert: AlertDescription) -> &'static str {
    match alert {
        AlertDescription::CertificateRequired | AlertDescription::NoCertificate => {
            "the server wants a client certificate"
        }
        AlertDescription::CertificateExpired => "the server says that the client certificate has expired",
        AlertDescription::CertificateRevoked => "the server says that the client certificate was revoked",
        AlertDescription::UnknownCA => "the server does not know the authority of the client certificate",
        AlertDescription::AccessDenied => "the server does not admit the owner of the client certificate",
        _ => "the server does not take the client certificate, or wants one",
    }
}

#[cfg(test)]
mod tests {
    use rustls::pki_types::ServerName;
    use rustls::{CertificateError, PeerIncompatible};

    use super::*;

    #[test]
    fn each_kind_of_trouble_has_advice_of_its_own() {
        for (error, reason, advice) in [
            (Error::InvalidCertificate(UnknownIssuer), "not known here", "ca_certificates"),
            (Error::InvalidCertificate(Expired), "expired", "clock"),
            (Error::InvalidCertificate(NotValidForName), "another host", "base_url"),
            (Error::PeerIncompatible(PeerIncompatible::NoCipherSuitesInCommon), "in common", "TLS 1.2"),
            (Error::AlertReceived(AlertDescription::ProtocolVersion), "in common", "TLS 1.2"),
            (Error::AlertReceived(AlertDescription::HandshakeFailure), "broke off", "client_certificate"),
            (
                Error::AlertReceived(AlertDescription::CertificateRequired),
                "wants a client certificate",
                "client_certificate",
            ),
            (Error::AlertReceived(AlertDescription::UnknownCA), "does not know the authority", "client_certificate"),
            (Error::InvalidMessage(rustls::InvalidMessage::InvalidContentType), "does not speak TLS", "port"),
        ] {
            let (said, to_do) = explain(&error);
            assert!(said.contains(reason) && to_do.contains(advice), "{error:?}: {said}. {to_do}");
        }
    }

    #[test]
    fn what_a_certificate_says_is_not_repeated() {
        let expected = ServerName::try_from("api.example").unwrap();
        let presented = vec!["\u{1b}[31m\nevil".repeat(5_000)];
        let named = CertificateError::NotValidForNameContext { expected, presented };
        for error in [Error::InvalidCertificate(named), Error::General("\u{1b}[31m\n\u{202e}evil".repeat(5_000))] {
            let (said, _) = explain(&error);
            assert!(said.len() < 200 && !said.contains(['\u{1b}', '\n', '\u{202e}']), "{said}");
        }
    }
}
