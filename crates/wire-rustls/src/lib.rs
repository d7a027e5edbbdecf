//! TLS by rustls as a layer of a [`wire_core::Endpoint`].
//!
//! [`ClientTls`] and [`ServerTls`] hold a configuration; their `session` gives the layer of one connection, for
//! [`wire_core::Endpoint::with_tls`] or [`wire_core::Endpoint::install_tls`]. TLS 1.2 and 1.3, no early data, no
//! renegotiation (RFC 9325, RFC 8997), names as RFC 9525 wants them; the cryptography is chosen by feature and
//! given to rustls explicitly, never taken from a default of the process.
//!
//! | what | how |
//! |---|---|
//! | versions | TLS 1.2 and 1.3 (RFC 8997), see [`TlsVersion`] |
//! | whom a client believes | [`Roots`]: the public web, the operating system, an authority, one certificate or key |
//! | client certificates | [`ClientTlsBuilder::client_certificate`], [`ServerTlsBuilder::client_ca_required`] |
//! | application protocol (RFC 7301) | [`ClientTlsBuilder::alpn`], [`ServerTlsBuilder::alpn`]; strict on both sides |
//! | several certificates (RFC 6066 section 3), other ones later | [`ServerTlsBuilder::certificate`], [`ServerTls::reload`] |
//! | channel bindings | [`wire_core::TlsSession`]: `tls-exporter` (RFC 9266), `tls-server-end-point` (RFC 5929 section 4) |
//! | end of data | `close_notify` is sent and expected (RFC 8446 section 6.1), see [`wire_core::Eof`] |
//!
//! # Example
//!
//! Both sides in memory; with a machine on top, [`wire_core::Endpoint`] does this:
//!
//! ```
//! # let issued = rcgen::generate_simple_self_signed(vec!["mx.example.org".into()]).unwrap();
//! # let (chain, key) = (issued.cert.pem(), issued.signing_key.serialize_pem());
//! use bytes::{Buf, BytesMut};
//! use wire_core::SendBuf;
//! use wire_rustls::{ClientTls, Roots, ServerTls};
//!
//! let trusted = Roots::ca_pem(chain.as_bytes()).unwrap();
//! let mut client = ClientTls::builder(trusted).build().unwrap().session("mx.example.org").unwrap();
//! let mut server = ServerTls::from_pem(chain.as_bytes(), key.as_bytes()).unwrap().session().unwrap();
//! let mut hello = SendBuf::default();
//! hello.put(b"EHLO client.example\r\n");
//! let (mut wire, mut received) = (SendBuf::default(), BytesMut::new());
//! while received.is_empty() {
//!     client.encode(&mut hello, &mut wire).unwrap();
//!     let mut arrived = BytesMut::from(&wire.copy_to_bytes(wire.len())[..]);
//!     server.decode(&mut arrived, &mut received, 1024).unwrap();
//!     server.encode(&mut SendBuf::default(), &mut wire).unwrap();
//!     let mut arrived = BytesMut::from(&wire.copy_to_bytes(wire.len())[..]);
//!     client.decode(&mut arrived, &mut BytesMut::new(), 1024).unwrap();
//! }
//! assert_eq!(received, "EHLO client.example\r\n");
//! assert_eq!(client.session().unwrap().exporter, server.session().unwrap().exporter);
//! ```
//!
//! # Not supported
//!
//! TLS before 1.2; the `tls-exporter` channel binding without extended master secret (`tls-server-end-point` is
//! there); `tls-unique`; DANE; revocation lists; early data.

mod certificates;
mod client;
mod end_point;
mod filter;
mod record;
mod roots;
mod server;

use std::sync::Arc;

use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{CertificateError, RootCertStore, SupportedProtocolVersion};
use wire_core::{Escaped, LayerError};

pub use client::{ClientTls, ClientTlsBuilder};
pub use roots::Roots;
pub use server::{ServerTls, ServerTlsBuilder};

/// A version of TLS that is spoken here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TlsVersion {
    /// TLS 1.2, RFC 5246.
    Tls12,
    /// TLS 1.3, RFC 8446.
    Tls13,
}

impl TlsVersion {
    // RFC 8997 section 3: TLS 1.1 "MUST NOT be used" for mail. rustls does not have it.
    fn enabled(only: Option<Self>) -> &'static [&'static SupportedProtocolVersion] {
        static TLS12: [&SupportedProtocolVersion; 1] = [&rustls::version::TLS12];
        static TLS13: [&SupportedProtocolVersion; 1] = [&rustls::version::TLS13];
        match only {
            None => rustls::ALL_VERSIONS,
            Some(Self::Tls12) => &TLS12,
            Some(Self::Tls13) => &TLS13,
        }
    }
}

/// Why TLS cannot be configured.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TlsConfigError {
    /// The PEM holds no certificate or key, or cannot be read.
    #[error("no usable certificate or key in the PEM")]
    Pem,
    /// The authorities cannot be used.
    #[error("the certificate authorities cannot be used")]
    Roots,
    /// Neither a host name nor an IP address.
    #[error("neither a host name nor an IP address")]
    Name,
    /// Built without the features `ring` and `aws-lc-rs`: there is no cryptography.
    #[error("built without cryptography")]
    NoCryptography,
    /// rustls refuses the configuration.
    #[error(transparent)]
    Rustls(rustls::Error),
}

/// What is wrong with a peer's certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CertificateProblem {
    /// It is not from an authority that is trusted; perhaps self-signed.
    UnknownIssuer,
    /// It has expired.
    Expired,
    /// It is not valid yet; perhaps a clock is wrong.
    NotYetValid,
    /// It is for another name.
    NameMismatch,
    /// It was revoked.
    Revoked,
    /// It is not signed by whom it says, or damaged.
    BadSignature,
    /// It is not the one that was pinned.
    NotPinned,
    /// Something else.
    Other,
}

/// What is wrong with the certificate, if that is why the layer failed.
///
/// # Example
///
/// ```
/// use wire_core::{LayerError, LayerFault};
/// use wire_rustls::{CertificateProblem, certificate_problem};
///
/// let expired = rustls::Error::InvalidCertificate(rustls::CertificateError::Expired);
/// let error = LayerError::with_cause(LayerFault::Certificate, expired);
/// assert_eq!(certificate_problem(&error), Some(CertificateProblem::Expired));
/// assert_eq!(certificate_problem(&LayerError::new(LayerFault::Truncated)), None);
/// ```
pub fn certificate_problem(error: &LayerError) -> Option<CertificateProblem> {
    use CertificateError as E;
    Some(match certificate_error(error)? {
        E::UnknownIssuer => CertificateProblem::UnknownIssuer,
        E::Expired | E::ExpiredContext { .. } => CertificateProblem::Expired,
        E::NotValidYet | E::NotValidYetContext { .. } => CertificateProblem::NotYetValid,
        E::NotValidForName | E::NotValidForNameContext { .. } => CertificateProblem::NameMismatch,
        E::Revoked => CertificateProblem::Revoked,
        E::BadSignature | E::BadEncoding => CertificateProblem::BadSignature,
        E::ApplicationVerificationFailure => CertificateProblem::NotPinned,
        _ => CertificateProblem::Other,
    })
}

/// Which name was asked for and which names a certificate has; with [`CertificateProblem::NameMismatch`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct NameMismatch {
    /// The name or address that the certificate had to be for.
    pub expected: String,
    /// What it is for: names and addresses, safe to print.
    pub presented: Vec<String>,
}

/// The names that do not match, if that is why the layer failed and they are known.
pub fn name_mismatch(error: &LayerError) -> Option<NameMismatch> {
    let CertificateError::NotValidForNameContext { expected, presented } = certificate_error(error)? else {
        return None;
    };
    // The peer wrote them.
    let presented = presented.iter().map(|name| Escaped(name.as_bytes()).to_string()).collect();
    Some(NameMismatch { expected: expected.to_str().into_owned(), presented })
}

fn certificate_error(error: &LayerError) -> Option<&CertificateError> {
    match error.cause.as_deref()?.downcast_ref::<rustls::Error>()? {
        rustls::Error::InvalidCertificate(problem) => Some(problem),
        _ => None,
    }
}

/// The cryptography chosen by feature.
fn provider() -> Result<Arc<CryptoProvider>, TlsConfigError> {
    #[cfg(feature = "aws-lc-rs")]
    return Ok(Arc::new(rustls::crypto::aws_lc_rs::default_provider()));
    #[cfg(all(feature = "ring", not(feature = "aws-lc-rs")))]
    return Ok(Arc::new(rustls::crypto::ring::default_provider()));
    #[cfg(not(any(feature = "ring", feature = "aws-lc-rs")))]
    return Err(TlsConfigError::NoCryptography);
}

fn identity(
    chain_pem: &[u8],
    key_pem: &[u8],
) -> Result<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>), TlsConfigError> {
    let key = PrivateKeyDer::from_pem_slice(key_pem).map_err(|_| TlsConfigError::Pem)?;
    Ok((certificates(chain_pem)?, key))
}

/// At least one certificate.
fn certificates(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, TlsConfigError> {
    let certificates: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    certificates.ok().filter(|certificates| !certificates.is_empty()).ok_or(TlsConfigError::Pem)
}

fn root_store(certificates: Vec<CertificateDer<'static>>) -> Result<Arc<RootCertStore>, TlsConfigError> {
    let mut store = RootCertStore::empty();
    for certificate in certificates {
        store.add(certificate).map_err(TlsConfigError::Rustls)?;
    }
    Ok(Arc::new(store))
}

fn octets(names: &[&str]) -> Vec<Vec<u8>> {
    names.iter().map(|name| name.as_bytes().to_vec()).collect()
}
