//! The server's configuration of TLS.

use std::sync::{Arc, Mutex, PoisonError};

use rustls::ConfigBuilder;
use rustls::server::{ServerConfig, WantsServerCert, WebPkiClientVerifier};
use wire_core::Filter;

use crate::certificates::Certificates;
use crate::filter::TlsFilter;
use crate::{TlsConfigError, TlsVersion, provider};

/// A server's configuration of TLS 1.2 and 1.3, shared by all its connections.
///
/// Sessions are resumed (RFC 8446 section 2.2) from memory, at most 256 for each certificate, without early
/// data. A connection keeps the certificates it began with; [`reload`](Self::reload) is for those to come, and
/// ends the resumption of older sessions.
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
pub struct ServerTls(Arc<Shared>);

struct Shared {
    template: Template,
    current: Mutex<Arc<Certificates>>,
    verifies: bool,
}

impl std::fmt::Debug for ServerTls {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ServerTls")
    }
}

/// All of a configuration but the certificates.
pub(crate) struct Template {
    pub(crate) builder: ConfigBuilder<ServerConfig, WantsServerCert>,
    pub(crate) alpn: Vec<Vec<u8>>,
}

/// Whether clients show a certificate.
#[derive(Clone, Debug)]
enum ClientAuth {
    None,
    Optional(Vec<u8>),
    Required(Vec<u8>),
}

/// Collects a server's configuration.
pub struct ServerTlsBuilder {
    pairs: Vec<(Vec<u8>, Vec<u8>)>,
    alpn: Vec<Vec<u8>>,
    only: Option<TlsVersion>,
    clients: ClientAuth,
}

impl std::fmt::Debug for ServerTlsBuilder {
    // The keys must not be shown.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ServerTlsBuilder")
            .field("certificates", &self.pairs.len())
            .field("only", &self.only)
            .finish_non_exhaustive()
    }
}

impl ServerTlsBuilder {
    /// Adds a certificate chain and its key, in PEM. Clients get the first one that is for the name they ask for
    /// and of an algorithm they know, or else the first of all.
    #[must_use]
    pub fn certificate(mut self, chain_pem: &[u8], key_pem: &[u8]) -> Self {
        self.pairs.push((chain_pem.to_vec(), key_pem.to_vec()));
        self
    }

    /// Names the application protocol (RFC 7301): `imap`, `pop3`. A client that offers only others is refused:
    /// it was sent here by somebody (ALPACA). One that offers none is served.
    ///
    /// SMTP has no name. Without any, clients are refused that offer only protocols which are not mail.
    #[must_use]
    pub fn alpn(mut self, names: &[&str]) -> Self {
        self.alpn = crate::octets(names);
        self
    }

    /// Speaks this version and no other; without it both.
    #[must_use]
    pub fn only(mut self, version: TlsVersion) -> Self {
        self.only = Some(version);
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
            .with_protocol_versions(TlsVersion::enabled(self.only))
            .map_err(TlsConfigError::Rustls)?;
        let verifies = !matches!(self.clients, ClientAuth::None);
        let builder = match self.clients {
            ClientAuth::None => builder.with_no_client_auth(),
            ClientAuth::Optional(ref pem) | ClientAuth::Required(ref pem) => {
                let store = crate::root_store(crate::certificates(pem)?)?;
                let verifier = WebPkiClientVerifier::builder_with_provider(store, provider);
                let verifier = match self.clients {
                    ClientAuth::Optional(_) => verifier.allow_unauthenticated(),
                    _ => verifier,
                };
                builder.with_client_cert_verifier(verifier.build().map_err(|_| TlsConfigError::Roots)?)
            }
        };
        let template = Template { builder, alpn: self.alpn };
        let pairs: Vec<(&[u8], &[u8])> =
            self.pairs.iter().map(|(chain, key)| (&chain[..], &key[..])).collect();
        let current = Mutex::new(Arc::new(Certificates::read(&template, &pairs)?));
        Ok(ServerTls(Arc::new(Shared { template, current, verifies })))
    }
}

impl ServerTls {
    /// Begins a configuration.
    pub fn builder() -> ServerTlsBuilder {
        ServerTlsBuilder { pairs: Vec::new(), alpn: Vec::new(), only: None, clients: ClientAuth::None }
    }

    /// A configuration with one certificate chain and its key, in PEM.
    ///
    /// # Errors
    ///
    /// As [`ServerTlsBuilder::build`].
    pub fn from_pem(chain_pem: &[u8], key_pem: &[u8]) -> Result<Self, TlsConfigError> {
        Self::builder().certificate(chain_pem, key_pem).build()
    }

    /// Replaces the certificates, all at once, for connections that begin from now on; clones see it too.
    ///
    /// # Errors
    ///
    /// [`TlsConfigError`]: then the old ones stay.
    pub fn reload(&self, pairs: &[(&[u8], &[u8])]) -> Result<(), TlsConfigError> {
        let certificates = Arc::new(Certificates::read(&self.0.template, pairs)?);
        *self.0.current.lock().unwrap_or_else(PoisonError::into_inner) = certificates;
        Ok(())
    }

    /// The TLS layer of one connection.
    ///
    /// # Errors
    ///
    /// None at present; the signature is that of [`crate::ClientTls::session`].
    pub fn session(&self) -> Result<Box<dyn Filter>, TlsConfigError> {
        let certificates = self.0.current.lock().unwrap_or_else(PoisonError::into_inner).clone();
        Ok(Box::new(TlsFilter::server(certificates, self.0.verifies)))
    }
}
