//! Whom a client believes.

use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{WebPkiServerVerifier, verify_server_name};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, DigitallySignedStruct, RootCertStore, SignatureScheme};
use sha2::{Digest, Sha256};

use crate::TlsConfigError;

/// Whom a client believes: certificate authorities, or one certificate.
///
/// # Example
///
/// ```
/// use wire_rustls::Roots;
///
/// # let issued = rcgen::generate_simple_self_signed(vec!["mx.example.org".into()]).unwrap();
/// # let (pem, der) = (issued.cert.pem(), issued.cert.der());
/// let own = Roots::ca_pem(pem.as_bytes()).unwrap();
/// let the_same = Roots::ca_der(der).unwrap();
/// assert!(Roots::ca_pem(b"no certificate").is_err());
/// # let _ = (own, the_same);
/// ```
#[derive(Clone, Debug)]
pub struct Roots(pub(crate) Trust);

#[derive(Clone, Debug)]
pub(crate) enum Trust {
    #[cfg(feature = "webpki-roots")]
    Web(Arc<RootCertStore>),
    Own {
        store: Arc<RootCertStore>,
        given: Vec<CertificateDer<'static>>,
    },
    #[cfg(feature = "platform-verifier")]
    Platform,
    Pinned(Pin),
    Anybody,
}

/// The SHA-256 of what is pinned.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Pin {
    Certificate([u8; 32]),
    PublicKey([u8; 32]),
}

impl Roots {
    /// The certificate authorities of the public web, compiled in.
    #[cfg(feature = "webpki-roots")]
    pub fn webpki() -> Self {
        let roots = webpki_roots::TLS_SERVER_ROOTS.to_vec();
        Self(Trust::Web(Arc::new(RootCertStore { roots })))
    }

    /// What the operating system trusts.
    #[cfg(feature = "platform-verifier")]
    pub fn platform() -> Self {
        Self(Trust::Platform)
    }

    /// A certificate authority of one's own: one or more certificates in PEM. A server that shows one of them
    /// itself is believed too, if name and dates are right: self-signed certificates are made that way.
    ///
    /// # Errors
    ///
    /// [`TlsConfigError`] if there is none, or one cannot be read.
    pub fn ca_pem(pem: &[u8]) -> Result<Self, TlsConfigError> {
        own(crate::certificates(pem)?)
    }

    /// A certificate authority of one's own, in DER; otherwise as [`ca_pem`](Self::ca_pem).
    ///
    /// # Errors
    ///
    /// [`TlsConfigError`] if it cannot be read.
    pub fn ca_der(der: &[u8]) -> Result<Self, TlsConfigError> {
        own(vec![CertificateDer::from(der.to_vec())])
    }

    /// One certificate and no other, by the SHA-256 of its DER; issuer, names and dates make no difference then.
    pub fn pinned_sha256(hash: [u8; 32]) -> Self {
        Self(Trust::Pinned(Pin::Certificate(hash)))
    }

    /// One key and no other, by the SHA-256 of its SubjectPublicKeyInfo in DER (RFC 5280 section 4.1);
    /// the certificate around it may be renewed.
    pub fn pinned_key_sha256(hash: [u8; 32]) -> Self {
        Self(Trust::Pinned(Pin::PublicKey(hash)))
    }

    /// Anybody: the connection is encrypted and the peer may be an attacker. For tests, and for mail between
    /// servers that would else go in clear (RFC 7435).
    pub fn dangerous_anybody() -> Self {
        Self(Trust::Anybody)
    }
}

fn own(given: Vec<CertificateDer<'static>>) -> Result<Roots, TlsConfigError> {
    let store = crate::root_store(given.clone())?;
    Ok(Roots(Trust::Own { store, given }))
}

/// Believes authorities of one's own, and also their certificates themselves. A self-signed certificate is often
/// made with the mark of an authority, and then must not be a server's for webpki.
#[derive(Debug)]
pub(crate) struct OrGiven {
    pub(crate) authorities: Arc<WebPkiServerVerifier>,
    pub(crate) given: Vec<CertificateDer<'static>>,
}

impl ServerCertVerifier for OrGiven {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        match self.authorities.verify_server_cert(end_entity, intermediates, server_name, ocsp, now) {
            // The dates are looked at before the mark.
            Err(error) if is_only_the_mark(&error) && self.given.iter().any(|given| given == end_entity) => {
                verify_server_name(&ParsedCertificate::try_from(end_entity)?, server_name)?;
                Ok(ServerCertVerified::assertion())
            }
            verdict => verdict,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.authorities.verify_tls12_signature(message, cert, signed)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.authorities.verify_tls13_signature(message, cert, signed)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.authorities.supported_verify_schemes()
    }
}

fn is_only_the_mark(error: &rustls::Error) -> bool {
    let rustls::Error::InvalidCertificate(CertificateError::Other(error)) = error else { return false };
    error.0.downcast_ref::<webpki::Error>() == Some(&webpki::Error::CaUsedAsEndEntity)
}

/// Believes one certificate, or everybody; that the peer has the certificate's key is verified in any case.
#[derive(Debug)]
pub(crate) struct WithoutAuthority {
    pub(crate) provider: Arc<CryptoProvider>,
    pub(crate) pin: Option<Pin>,
}

impl ServerCertVerifier for WithoutAuthority {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let sha256 = |octets: &[u8]| <[u8; 32]>::from(Sha256::digest(octets));
        let believed = match self.pin {
            None => true,
            Some(Pin::Certificate(hash)) => hash == sha256(end_entity),
            Some(Pin::PublicKey(hash)) => {
                let key = ParsedCertificate::try_from(end_entity)?.subject_public_key_info();
                hash == sha256(&key)
            }
        };
        if believed {
            Ok(ServerCertVerified::assertion())
        } else {
            Err(rustls::Error::InvalidCertificate(CertificateError::ApplicationVerificationFailure))
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
