//! Certificates that are made for a test, and the TLS handshake with one of them.

use std::fmt;
use std::io::{self, Cursor};
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, date_time_ymd};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::version::TLS12;
use rustls::{RootCertStore, ServerConfig, ServerConnection};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

/// What is wrong with a certificate for 127.0.0.1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flaw {
    /// Nothing.
    None,
    /// Its time is up.
    Expired,
    /// Its time has not begun.
    NotYetValid,
    /// It is for another host.
    WrongHost,
    /// It is for other hosts, whose many names hold control characters.
    OddNames,
    /// It is signed by itself and not by the authority.
    SelfSigned,
}

/// A certificate authority of its own, which nobody trusts unless told to.
///
/// ```
/// use relatch_sandbox::fault_proxy::{Authority, FaultProxy, Flaw};
/// let authority = Authority::new().unwrap();
/// assert!(authority.pem().starts_with("-----BEGIN CERTIFICATE-----\n"));
/// let target = "127.0.0.1:9".parse().unwrap();
/// let proxy = FaultProxy::start_tls(target, authority.issue(Flaw::None).unwrap())?;
/// assert!(proxy.url().starts_with("https://127.0.0.1:"));
/// # Ok::<(), std::io::Error>(())
/// ```
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    certificate: CertificateDer<'static>,
}

impl Authority {
    /// Makes one with a key of its own.
    ///
    /// # Errors
    /// When the machine yields no randomness.
    pub fn new() -> io::Result<Self> {
        let key = KeyPair::generate().map_err(io::Error::other)?;
        let mut parameters = parameters("A made-up authority", &[])?;
        parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let certificate = parameters.self_signed(&key).map_err(io::Error::other)?.der().clone();
        Ok(Self { issuer: Issuer::new(parameters, key), certificate })
    }

    /// Its certificate in PEM, for clients that are to trust it.
    pub fn pem(&self) -> String {
        pem("CERTIFICATE", &self.certificate)
    }

    /// Makes a certificate for 127.0.0.1 with that flaw.
    ///
    /// # Errors
    /// When the machine yields no randomness.
    pub fn issue(&self, flaw: Flaw) -> io::Result<Identity> {
        let key = KeyPair::generate().map_err(io::Error::other)?;
        let hosts = match flaw {
            Flaw::WrongHost => vec!["elsewhere.example".to_owned()],
            Flaw::OddNames => (0..400).map(|number| format!("\u{1b}[2J\r\n\u{7f}{number}.example")).collect(),
            _ => vec!["127.0.0.1".to_owned()],
        };
        let mut parameters = parameters("A made-up server", &hosts)?;
        match flaw {
            Flaw::Expired => parameters.not_after = date_time_ymd(2001, 1, 1),
            Flaw::NotYetValid => parameters.not_before = date_time_ymd(4000, 1, 1),
            Flaw::None | Flaw::WrongHost | Flaw::OddNames | Flaw::SelfSigned => {}
        }
        let certificate = match flaw {
            Flaw::SelfSigned => parameters.self_signed(&key),
            _ => parameters.signed_by(&key, &self.issuer),
        };
        Identity::new(flaw, certificate.map_err(io::Error::other)?.der().clone(), &key, None)
    }

    /// A certificate for 127.0.0.1 of a server that wants one of this authority's from its clients. Where `only_tls12`, it
    /// says so before the handshake is over; else when the client has gone on.
    ///
    /// # Errors
    /// When the machine yields no randomness.
    pub fn issue_wanting_clients(&self, only_tls12: bool) -> io::Result<Identity> {
        let key = KeyPair::generate().map_err(io::Error::other)?;
        let parameters = parameters("A made-up server", &["127.0.0.1".to_owned()])?;
        let certificate = parameters.signed_by(&key, &self.issuer).map_err(io::Error::other)?.der().clone();
        Identity::new(Flaw::None, certificate, &key, Some((self.certificate.clone(), only_tls12)))
    }

    /// A certificate of a client and its key, as PEM.
    ///
    /// # Errors
    /// When the machine yields no randomness.
    pub fn client_pem(&self) -> io::Result<String> {
        let key = KeyPair::generate().map_err(io::Error::other)?;
        let certificate =
            parameters("A made-up client", &[])?.signed_by(&key, &self.issuer).map_err(io::Error::other)?;
        Ok(format!("{}{}", pem("CERTIFICATE", certificate.der()), pem("PRIVATE KEY", &key.serialize_der())))
    }
}

impl fmt::Debug for Authority {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Authority")
    }
}

fn pem(label: &str, der: &[u8]) -> String {
    let mut pem = format!("-----BEGIN {label}-----\n");
    for line in STANDARD.encode(der).as_bytes().chunks(64) {
        pem.push_str(&String::from_utf8_lossy(line));
        pem.push('\n');
    }
    pem + &format!("-----END {label}-----\n")
}

fn parameters(name: &str, hosts: &[String]) -> io::Result<CertificateParams> {
    let mut parameters = CertificateParams::new(hosts).map_err(io::Error::other)?;
    parameters.distinguished_name.push(DnType::CommonName, name);
    parameters.not_before = date_time_ymd(2000, 1, 1);
    parameters.not_after = date_time_ymd(4001, 1, 1);
    Ok(parameters)
}

/// A certificate and its key: what a server shows.
#[derive(Clone)]
pub struct Identity {
    flaw: Flaw,
    configuration: Arc<ServerConfig>,
}

impl Identity {
    /// `clients` is the authority of those that are let in, if not all are, and whether TLS 1.2 alone is spoken.
    fn new(
        flaw: Flaw,
        certificate: CertificateDer<'static>,
        key: &KeyPair,
        clients: Option<(CertificateDer<'static>, bool)>,
    ) -> io::Result<Self> {
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = ServerConfig::builder_with_provider(Arc::clone(&provider));
        let builder = match &clients {
            Some((_, true)) => builder.with_protocol_versions(&[&TLS12]),
            _ => builder.with_safe_default_protocol_versions(),
        };
        let builder = builder.map_err(io::Error::other)?;
        let builder = match clients {
            None => builder.with_no_client_auth(),
            Some((authority, _)) => {
                let mut roots = RootCertStore::empty();
                roots.add(authority).map_err(io::Error::other)?;
                let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider).build();
                builder.with_client_cert_verifier(verifier.map_err(io::Error::other)?)
            }
        };
        let configuration = builder.with_single_cert(vec![certificate], key).map_err(io::Error::other)?;
        Ok(Self { flaw, configuration: Arc::new(configuration) })
    }

    /// The whole handshake.
    pub(super) async fn accept(&self, stream: TcpStream) -> io::Result<TlsStream<TcpStream>> {
        TlsAcceptor::from(Arc::clone(&self.configuration)).accept(stream).await
    }

    /// Reads what the client begins with, and sends half of what would answer it.
    pub(super) async fn accept_half(&self, stream: &mut TcpStream) -> io::Result<()> {
        let mut connection = ServerConnection::new(Arc::clone(&self.configuration)).map_err(io::Error::other)?;
        let mut answer = Vec::new();
        while answer.is_empty() {
            let mut bytes = vec![0; 4096];
            let read = stream.read(&mut bytes).await?;
            if read == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            let mut bytes = Cursor::new(&bytes[..read]);
            while connection.read_tls(&mut bytes)? > 0 {
                connection.process_new_packets().map_err(io::Error::other)?;
            }
            while connection.wants_write() {
                connection.write_tls(&mut answer)?;
            }
        }
        stream.write_all(&answer[..answer.len() / 2]).await
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Identity").field("flaw", &self.flaw).finish_non_exhaustive()
    }
}
