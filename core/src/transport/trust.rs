//! Whom to trust: the platform's certificates, the user's own, and a bundled set where the machine has none.

use std::ffi::OsString;
use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex};

use rustls::RootCertStore;
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::ServerCertVerifier;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::CertificateDer;
use rustls_platform_verifier::Verifier;

use crate::error::{Error, ErrorCode, Sent};
use crate::system::fork::PerProcess;
use crate::system::locked;

/// What names the certificates of the machine instead of the platform.
type Names = [Option<OsString>; 2];
type Trusted = Arc<dyn ServerCertVerifier>;

/// The platform's certificates as they were read last: some hundred kilobytes that sessions share.
static PLATFORM: PerProcess<Mutex<Option<(Names, Trusted)>>> = PerProcess::new();

/// Trusts the platform's certificates and these.
pub(super) fn verifier(extra: &[CertificateDer<'static>], provider: &Arc<CryptoProvider>) -> Result<Trusted, Error> {
    let names = ["SSL_CERT_FILE", "SSL_CERT_DIR"].map(std::env::var_os);
    if !extra.is_empty() {
        return read(extra, &names, provider);
    }
    PLATFORM.or_default(|platform| {
        let mut platform = locked(platform);
        if let Some((_, trusted)) = platform.as_ref().filter(|(of, _)| *of == names) {
            return Ok(Arc::clone(trusted));
        }
        let trusted = read(extra, &names, provider)?;
        *platform = Some((names, Arc::clone(&trusted)));
        Ok(trusted)
    })
}

fn read(extra: &[CertificateDer<'static>], names: &Names, provider: &Arc<CryptoProvider>) -> Result<Trusted, Error> {
    let is_own = names.iter().any(Option::is_some);
    check_file(names[0].as_deref().map(Path::new))?;
    match Verifier::new_with_extra_roots(extra.iter().cloned(), Arc::clone(provider)) {
        Ok(verifier) => Ok(Arc::new(verifier)),
        // Someone who names a certificate file wants that one and no other.
        Err(error) if is_own => Err(unusable(&error.to_string()).with_source(error)),
        // A slim container without certificates: what browsers trust is better than not connecting at all.
        Err(_) => bundled(provider),
    }
}

fn bundled(provider: &Arc<CryptoProvider>) -> Result<Trusted, Error> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(webpki_root_certs::TLS_SERVER_ROOT_CERTS.iter().cloned());
    let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(provider)).build();
    verifier.map(|verifier| verifier as Trusted).map_err(|error| unusable(&error.to_string()).with_source(error))
}

/// That the file which `SSL_CERT_FILE` names can be read, or that any could: a process without files to open would be
/// taken for a machine without certificates.
fn check_file(named: Option<&Path>) -> Result<(), Error> {
    let null = Path::new(if cfg!(unix) { "/dev/null" } else { "NUL" });
    match File::open(named.unwrap_or(null)) {
        Err(error) if is_out_of_files(&error) => {
            let message = format!(
                "The machine's certificates cannot be read now: {error}. Close files, or raise the limit of open files \
                 (ulimit -n)."
            );
            Err(Error::new(ErrorCode::Transport, message).with_sent(Sent::No).with_source(error))
        }
        Err(error) if named.is_some() => {
            let message = format!(
                "SSL_CERT_FILE names a file that cannot be read ({error}), so that no server can be trusted: name one with \
                 PEM certificates, or unset SSL_CERT_FILE."
            );
            Err(Error::new(ErrorCode::Tls, message).with_sent(Sent::No).with_source(error))
        }
        _ => Ok(()),
    }
}

fn is_out_of_files(error: &io::Error) -> bool {
    // EMFILE and ENFILE.
    cfg!(unix) && matches!(error.raw_os_error(), Some(24 | 23))
}

pub(super) fn unusable(why: &str) -> Error {
    let message = format!(
        "No certificates could be loaded to check servers with ({why}). Check SSL_CERT_FILE and SSL_CERT_DIR, or install \
         the machine's ca-certificates."
    );
    Error::new(ErrorCode::Tls, message).with_sent(Sent::No)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_is_not_there_is_named_as_such() {
        for missing in ["/nowhere/ca.pem", ""] {
            let error = check_file(Some(Path::new(missing))).unwrap_err();
            assert_eq!((error.code(), error.sent()), (ErrorCode::Tls, Some(Sent::No)));
            assert!(
                error.to_string().starts_with("SSL_CERT_FILE names a file that cannot be read (No such file"),
                "{error}"
            );
        }
        assert!(check_file(None).is_ok());
    }

    #[test]
    fn a_process_without_files_is_not_a_machine_without_certificates() {
        assert!(is_out_of_files(&io::Error::from_raw_os_error(24)));
        assert!(!is_out_of_files(&io::Error::from_raw_os_error(2)));
    }

    #[test]
    fn sessions_share_what_the_platform_trusts() {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let [one, other] = [(); 2].map(|()| verifier(&[], &provider).unwrap());
        assert!(Arc::ptr_eq(&one, &other));
    }
}
