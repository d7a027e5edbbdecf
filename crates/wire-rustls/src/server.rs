//! The server's configuration of TLS.

use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::server::{ClientHello, ResolvesServerCert, ServerConfig, ServerConnection, WebPkiClientVerifier};
use rustls::sign::CertifiedKey;
use wire_core::Filter;

use crate::filter::TlsFilter;
use crate::{TlsConfigError, provider};

/// A server's configuration of TLS 1.2 and 1.3, shared by all its connections.
///
/// # Example
///
/// ```
/// # let issued = rcgen::generate_simple_self_signed(vec!["mx.example.org".into()]).unwrap();
/// # let (chain, key) = (issued.cert.pem(), issued.signing_key.serialize_pem());
/// use wire_rustls::ServerTls;
///
/// let tls = ServerTls::from_pem(chain.as_bytes(), key.as_bytes()).unwrap();
/// let filter = tls.session().unwrap();
/// assert!(!filter.is_ready());
/// tls.reload(&[(chain.as_bytes(), key.as_bytes())]).unwrap(); // for handshakes to come
/// ```
#[derive(Clone)]
pub struct ServerTls {
    config: Arc<ServerConfig>,
    certificates: Arc<Certificates>,
    verifies: bool,
}

impl std::fmt::Debug for ServerTls {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ServerTls")
    }
}

/// Whether clients show a certificate.
#[derive(Clone, Debug)]
enum ClientAuth {
    None,
    Optional(Vec<u8>),
    Required(Vec<u8>),
}

/// Collects a server's configuration.
#[derive(Debug)]
pub struct ServerTlsBuilder {
    pairs: Vec<(Vec<u8>, Vec<u8>)>,
    alpn: Vec<Vec<u8>>,
    clients: ClientAuth,
}

impl ServerTlsBuilder {
    /// Adds a certificate chain and its key, in PEM. Clients get the first one that is for the name they ask
    /// for, or the first of all.
    #[must_use]
    pub fn certificate(mut self, chain_pem: &[u8], key_pem: &[u8]) -> Self {
        self.pairs.push((chain_pem.to_vec(), key_pem.to_vec()));
        self
    }

    /// Names the application protocol (RFC 7301): `imap`, `pop3`. SMTP has none. A client that offers only
    /// others is refused: it was sent here by somebody (ALPACA).
    #[must_use]
    pub fn alpn(mut self, names: &[&str]) -> Self {
        self.alpn = names.iter().map(|name| name.as_bytes().to_vec()).collect();
        self
    }

    /// Asks clients for a certificate of this authority, and takes those without one too.
    #[must_use]
    pub fn client_ca_optional(mut self, ca_pem: &[u8]) -> Self {
        self.clients = ClientAuth::Optional(ca_pem.to_vec());
        self
    }

    /// Takes only clients with a certificate of this authority.
    #[must_use]
    pub fn client_ca_required(mut self, ca_pem: &[u8]) -> Self {
        self.clients = ClientAuth::Required(ca_pem.to_vec());
        self
    }

    /// The configuration.
    ///
    /// # Errors
    ///
    /// [`TlsConfigError`] if there is no certificate, one cannot be read, or key and certificate do not fit.
    pub fn build(self) -> Result<ServerTls, TlsConfigError> {
        let provider = provider()?;
        let builder = ServerConfig::builder_with_provider(provider.clone())
            .with_safe_default_protocol_versions()
            .map_err(TlsConfigError::Rustls)?;
        let verifies = !matches!(self.clients, ClientAuth::None);
        let builder = match self.clients {
            ClientAuth::None => builder.with_no_client_auth(),
            ClientAuth::Optional(ref pem) | ClientAuth::Required(ref pem) => {
                let mut store = RootCertStore::empty();
                for certificate in CertificateDer::pem_slice_iter(pem) {
                    store
                        .add(certificate.map_err(|_| TlsConfigError::Pem)?)
                        .map_err(TlsConfigError::Rustls)?;
                }
                let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(store), provider);
                let verifier = match self.clients {
                    ClientAuth::Optional(_) => verifier.allow_unauthenticated(),
                    _ => verifier,
                };
                builder.with_client_cert_verifier(verifier.build().map_err(|_| TlsConfigError::Roots)?)
            }
        };
        let pairs: Vec<(&[u8], &[u8])> =
            self.pairs.iter().map(|(chain, key)| (&chain[..], &key[..])).collect();
        let certificates =
            Arc::new(Certificates { keys: Mutex::new(read(&pairs)?), strict_alpn: self.alpn.is_empty() });
        let mut config = builder.with_cert_resolver(certificates.clone());
        config.alpn_protocols = self.alpn;
        // RFC 8446 section 2.3: early data can be replayed; a message must not be.
        config.max_early_data_size = 0;
        Ok(ServerTls { config: Arc::new(config), certificates, verifies })
    }
}

impl ServerTls {
    /// Begins a configuration.
    pub fn builder() -> ServerTlsBuilder {
        ServerTlsBuilder { pairs: Vec::new(), alpn: Vec::new(), clients: ClientAuth::None }
    }

    /// A configuration with one certificate chain and its key, in PEM.
    ///
    /// # Errors
    ///
    /// As [`ServerTlsBuilder::build`].
    pub fn from_pem(chain_pem: &[u8], key_pem: &[u8]) -> Result<Self, TlsConfigError> {
        Self::builder().certificate(chain_pem, key_pem).build()
    }

    /// Replaces the certificates, for handshakes that begin from now on.
    ///
    /// # Errors
    ///
    /// [`TlsConfigError`]: then the old ones stay.
    pub fn reload(&self, pairs: &[(&[u8], &[u8])]) -> Result<(), TlsConfigError> {
        let keys = read(pairs)?;
        *self.certificates.keys.lock().unwrap_or_else(PoisonError::into_inner) = keys;
        Ok(())
    }

    /// The TLS layer of one connection.
    ///
    /// # Errors
    ///
    /// [`TlsConfigError`] if rustls refuses the configuration.
    pub fn session(&self) -> Result<Box<dyn Filter>, TlsConfigError> {
        let connection = ServerConnection::new(self.config.clone()).map_err(TlsConfigError::Rustls)?;
        Ok(Box::new(TlsFilter::server(connection, self.certificates.clone(), self.verifies)))
    }
}

fn read(pairs: &[(&[u8], &[u8])]) -> Result<Vec<Arc<CertifiedKey>>, TlsConfigError> {
    let provider = provider()?;
    let keys = pairs.iter().map(|(chain, key)| {
        let (chain, key) = crate::identity(chain, key)?;
        CertifiedKey::from_der(chain, key, &provider).map(Arc::new).map_err(TlsConfigError::Rustls)
    });
    let keys: Vec<_> = keys.collect::<Result<_, _>>()?;
    if keys.is_empty() { Err(TlsConfigError::Pem) } else { Ok(keys) }
}

/// The certificates in use.
#[derive(Debug)]
pub(crate) struct Certificates {
    keys: Mutex<Vec<Arc<CertifiedKey>>>,
    /// The protocol has no name of its own: clients that offer names want another protocol.
    strict_alpn: bool,
}

impl Certificates {
    fn choose(&self, name: Option<&str>) -> Option<Arc<CertifiedKey>> {
        let keys = self.keys.lock().unwrap_or_else(PoisonError::into_inner);
        let fits = |key: &&Arc<CertifiedKey>| {
            let Some(name) = name.and_then(|name| rustls::pki_types::ServerName::try_from(name).ok()) else {
                return false;
            };
            let leaf = key.end_entity_cert().ok();
            let parsed = leaf.and_then(|leaf| rustls::server::ParsedCertificate::try_from(leaf).ok());
            parsed.is_some_and(|parsed| rustls::client::verify_server_name(&parsed, &name).is_ok())
        };
        keys.iter().find(fits).or_else(|| keys.first()).cloned()
    }

    /// The leaf that a client which asked for `name` was shown.
    pub(crate) fn leaf(&self, name: Option<&str>) -> Option<Bytes> {
        let key = self.choose(name)?;
        key.end_entity_cert().ok().map(|leaf| Bytes::copy_from_slice(leaf))
    }
}

impl ResolvesServerCert for Certificates {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        const FOREIGN: [&[u8]; 6] = [b"h2", b"http/1.1", b"http/1.0", b"h3", b"ftp", b"xmpp-client"];
        if self.strict_alpn
            && let Some(offered) = hello.alpn()
        {
            let mut offered = offered.peekable();
            if offered.peek().is_some() && offered.all(|name| FOREIGN.contains(&name)) {
                return None;
            }
        }
        self.choose(hello.server_name())
    }
}
