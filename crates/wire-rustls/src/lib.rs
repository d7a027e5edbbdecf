//! TLS by rustls as a layer of a [`wire_core::Endpoint`].
//!
//! [`ClientTls`] and [`ServerTls`] hold a configuration; their `session` gives the layer of one connection, for
//! [`wire_core::Endpoint::with_tls`] or [`wire_core::Endpoint::install_tls`]. TLS 1.2 and 1.3, no early data, no
//! renegotiation (RFC 9325, RFC 8997), names as RFC 9525 wants them; the cryptography is chosen by feature and
//! given to rustls explicitly, never taken from a default of the process.
//!
//! # Not supported
//!
//! TLS before 1.2; the `tls-exporter` channel binding over TLS 1.2 (`tls-server-end-point` is there); DANE.

mod client;
mod end_point;
mod filter;
mod server;

use std::sync::Arc;

use rustls::CertificateError;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use wire_core::LayerError;

pub use client::{ClientTls, ClientTlsBuilder, Roots};
pub use server::{ServerTls, ServerTlsBuilder};

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
pub fn certificate_problem(error: &LayerError) -> Option<CertificateProblem> {
    use CertificateError as E;
    let rustls::Error::InvalidCertificate(problem) =
        error.cause.as_deref()?.downcast_ref::<rustls::Error>()?
    else {
        return None;
    };
    Some(match problem {
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
    let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(chain_pem).collect();
    let chain = chain.ok().filter(|chain| !chain.is_empty()).ok_or(TlsConfigError::Pem)?;
    let key = PrivateKeyDer::from_pem_slice(key_pem).map_err(|_| TlsConfigError::Pem)?;
    Ok((chain, key))
}
