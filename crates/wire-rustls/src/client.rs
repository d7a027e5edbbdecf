//! The client's configuration of TLS.

use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{ClientConfig, ClientConnection, WebPkiServerVerifier};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::{DigitallySignedStruct, RootCertStore, SignatureScheme};
use sha2::{Digest, Sha256};
use wire_core::Filter;

use crate::filter::TlsFilter;
use crate::{TlsConfigError, provider};

/// Whom a client believes.
#[derive(Clone, Debug)]
pub struct Roots(Trust);

#[derive(Clone, Debug)]
enum Trust {
    Store(Arc<RootCertStore>),
    #[cfg(feature = "platform-verifier")]
    Platform,
    Pinned([u8; 32]),
    Anybody,
}

impl Roots {
    /// The certificate authorities of the public web, compiled in.
    #[cfg(feature = "webpki-roots")]
    pub fn webpki() -> Self {
        let roots = webpki_roots::TLS_SERVER_ROOTS.to_vec();
        Self(Trust::Store(Arc::new(RootCertStore { roots })))
    }

    /// What the operating system trusts.
    #[cfg(feature = "platform-verifier")]
    pub fn platform() -> Self {
        Self(Trust::Platform)
    }

    /// A certificate authority of one's own: one or more certificates in PEM.
    ///
    /// # Errors
    ///
    /// [`TlsConfigError`] if there is none, or one cannot be read.
    pub fn ca_pem(pem: &[u8]) -> Result<Self, TlsConfigError> {
        let mut store = RootCertStore::empty();
        for certificate in CertificateDer::pem_slice_iter(pem) {
            store.add(certificate.map_err(|_| TlsConfigError::Pem)?).map_err(TlsConfigError::Rustls)?;
        }
        if store.is_empty() {
            return Err(TlsConfigError::Pem);
        }
        Ok(Self(Trust::Store(Arc::new(store))))
    }

    /// A certificate authority of one's own, in DER.
    ///
    /// # Errors
    ///
    /// [`TlsConfigError`] if it cannot be read.
    pub fn ca_der(der: &[u8]) -> Result<Self, TlsConfigError> {
        let mut store = RootCertStore::empty();
        store.add(CertificateDer::from(der.to_vec())).map_err(TlsConfigError::Rustls)?;
        Ok(Self(Trust::Store(Arc::new(store))))
    }

    /// One certificate and no other, by the SHA-256 of its DER; names and dates make no difference then.
    pub fn pinned_sha256(hash: [u8; 32]) -> Self {
        Self(Trust::Pinned(hash))
    }

    /// Anybody: the connection is encrypted and the peer may be an attacker. For tests, and for mail between
    /// servers that would else go in clear (RFC 7435).
    pub fn dangerous_anybody() -> Self {
        Self(Trust::Anybody)
    }
}

/// A client's configuration of TLS 1.2 and 1.3, shared by all its connections.
///
/// # Example
///
/// ```
/// use wire_rustls::{ClientTls, Roots};
///
/// let tls = ClientTls::builder(Roots::webpki()).build().unwrap();
/// let filter = tls.session("mail.example.org").unwrap();
/// assert!(!filter.is_ready()); // the handshake has not begun
/// ```
#[derive(Clone)]
pub struct ClientTls {
    config: Arc<ClientConfig>,
    verifies: bool,
}

impl std::fmt::Debug for ClientTls {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ClientTls")
    }
}

/// Collects a client's configuration.
#[derive(Debug)]
pub struct ClientTlsBuilder {
    roots: Roots,
    alpn: Vec<Vec<u8>>,
    identity: Option<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>)>,
}

impl ClientTlsBuilder {
    /// Offers application protocols (RFC 7301): `imap`, `pop3`. SMTP has none.
    #[must_use]
    pub fn alpn(mut self, names: &[&str]) -> Self {
        self.alpn = names.iter().map(|name| name.as_bytes().to_vec()).collect();
        self
    }

    /// Shows a certificate if the server asks for one; for the EXTERNAL mechanism.
    ///
    /// # Errors
    ///
    /// [`TlsConfigError::Pem`] if chain or key cannot be read.
    pub fn client_certificate(mut self, chain_pem: &[u8], key_pem: &[u8]) -> Result<Self, TlsConfigError> {
        self.identity = Some(crate::identity(chain_pem, key_pem)?);
        Ok(self)
    }

    /// The configuration.
    ///
    /// # Errors
    ///
    /// [`TlsConfigError`] if key and certificate do not fit.
    pub fn build(self) -> Result<ClientTls, TlsConfigError> {
        let provider = provider()?;
        let builder = ClientConfig::builder_with_provider(provider.clone())
            .with_safe_default_protocol_versions()
            .map_err(TlsConfigError::Rustls)?;
        let verifies = !matches!(self.roots.0, Trust::Anybody);
        let builder = match self.roots.0 {
            Trust::Store(store) => {
                let verifier = WebPkiServerVerifier::builder_with_provider(store, provider)
                    .build()
                    .map_err(|_| TlsConfigError::Roots)?;
                builder.with_webpki_verifier(verifier)
            }
            #[cfg(feature = "platform-verifier")]
            Trust::Platform => {
                let verifier =
                    rustls_platform_verifier::Verifier::new(provider).map_err(TlsConfigError::Rustls)?;
                builder.dangerous().with_custom_certificate_verifier(Arc::new(verifier))
            }
            Trust::Pinned(hash) => builder
                .dangerous()
                .with_custom_certificate_verifier(Arc::new(ByHash { provider, hash: Some(hash) })),
            Trust::Anybody => builder
                .dangerous()
                .with_custom_certificate_verifier(Arc::new(ByHash { provider, hash: None })),
        };
        let mut config = match self.identity {
            Some((chain, key)) => {
                builder.with_client_auth_cert(chain, key).map_err(TlsConfigError::Rustls)?
            }
            None => builder.with_no_client_auth(),
        };
        config.alpn_protocols = self.alpn;
        // RFC 8446 section 2.3: early data can be replayed; a message must not be.
        config.enable_early_data = false;
        Ok(ClientTls { config: Arc::new(config), verifies })
    }
}

impl ClientTls {
    /// Begins a configuration.
    pub fn builder(roots: Roots) -> ClientTlsBuilder {
        ClientTlsBuilder { roots, alpn: Vec::new(), identity: None }
    }

    /// Trusts the certificate authorities of the public web.
    ///
    /// # Errors
    ///
    /// As [`ClientTlsBuilder::build`].
    #[cfg(feature = "webpki-roots")]
    pub fn webpki() -> Result<Self, TlsConfigError> {
        Self::builder(Roots::webpki()).build()
    }

    /// The TLS layer of one connection with `host`: a name, which may hold non-ASCII letters, or an IP address.
    ///
    /// The name is what the certificate must be for (RFC 9525 section 6): DNS names in it may have a wildcard as
    /// their whole first label, addresses match only addresses, the common name does not count.
    ///
    /// # Errors
    ///
    /// [`TlsConfigError::Name`] if it is neither name nor address.
    pub fn session(&self, host: &str) -> Result<Box<dyn Filter>, TlsConfigError> {
        let ascii = idna::domain_to_ascii(host).ok().filter(|name| !name.is_empty());
        let name = ascii.as_deref().unwrap_or(host).trim_end_matches('.');
        let name = ServerName::try_from(name).map_err(|_| TlsConfigError::Name)?.to_owned();
        let connection = ClientConnection::new(self.config.clone(), name).map_err(TlsConfigError::Rustls)?;
        Ok(Box::new(TlsFilter::client(connection, self.verifies)))
    }
}

/// Believes one certificate, or everybody.
#[derive(Debug)]
struct ByHash {
    provider: Arc<CryptoProvider>,
    hash: Option<[u8; 32]>,
}

impl ServerCertVerifier for ByHash {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        match self.hash {
            Some(hash) if hash != <[u8; 32]>::from(Sha256::digest(end_entity)) => Err(
                rustls::Error::InvalidCertificate(rustls::CertificateError::ApplicationVerificationFailure),
            ),
            _ => Ok(ServerCertVerified::assertion()),
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, cert, signed, &self.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, cert, signed, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
