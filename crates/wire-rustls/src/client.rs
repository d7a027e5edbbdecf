//! The client's configuration of TLS.

use std::net::IpAddr;
use std::sync::Arc;

use rustls::RootCertStore;
use rustls::client::{ClientConfig, ClientConnection, WebPkiServerVerifier};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::{CertificateDer, DnsName, PrivateKeyDer, ServerName};
use wire_core::Filter;

use crate::filter::TlsFilter;
use crate::roots::{OrGiven, Roots, Trust, WithoutAuthority};
use crate::{TlsConfigError, TlsVersion, provider};

/// A client's configuration of TLS 1.2 and 1.3, shared by all its connections.
///
/// Sessions are resumed (RFC 8446 section 2.2) with servers of the same name, without early data.
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
    only: Option<TlsVersion>,
    identity: Option<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>)>,
}

impl ClientTlsBuilder {
    /// Offers application protocols (RFC 7301): `imap`, `pop3`. SMTP has none. A server that answers with
    /// another is refused; one that answers with none is not, most do not know the extension.
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

    /// Shows a certificate if the server asks for one; for the EXTERNAL mechanism (RFC 4422).
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
            .with_protocol_versions(TlsVersion::enabled(self.only))
            .map_err(TlsConfigError::Rustls)?;
        let verifies = !matches!(self.roots.0, Trust::Anybody);
        let builder = match self.roots.0 {
            #[cfg(feature = "webpki-roots")]
            Trust::Web(store) => builder.with_webpki_verifier(authorities(store, provider)?),
            Trust::Own { store, given } => {
                let verifier = OrGiven { authorities: authorities(store, provider)?, given };
                builder.dangerous().with_custom_certificate_verifier(Arc::new(verifier))
            }
            #[cfg(feature = "platform-verifier")]
            Trust::Platform => {
                let verifier =
                    rustls_platform_verifier::Verifier::new(provider).map_err(TlsConfigError::Rustls)?;
                builder.dangerous().with_custom_certificate_verifier(Arc::new(verifier))
            }
            Trust::Pinned(pin) => {
                let verifier = WithoutAuthority { provider, pin: Some(pin) };
                builder.dangerous().with_custom_certificate_verifier(Arc::new(verifier))
            }
            Trust::Anybody => {
                let verifier = WithoutAuthority { provider, pin: None };
                builder.dangerous().with_custom_certificate_verifier(Arc::new(verifier))
            }
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
        ClientTlsBuilder { roots, alpn: Vec::new(), only: None, identity: None }
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

    /// The same configuration with other application protocols, so that one serves clients of several protocols.
    #[must_use]
    pub fn with_alpn(&self, names: &[&str]) -> Self {
        let mut config = ClientConfig::clone(&self.config);
        config.alpn_protocols = crate::octets(names);
        Self { config: Arc::new(config), verifies: self.verifies }
    }

    /// The TLS layer of one connection with `host`: a name, which may hold non-ASCII letters, or an IP address,
    /// which may stand in brackets.
    ///
    /// The name is what the certificate must be for (RFC 9525 section 6): DNS names in it may have a wildcard as
    /// their whole first label, addresses match only addresses, the common name does not count.
    ///
    /// # Errors
    ///
    /// [`TlsConfigError::Name`] if it is neither name nor address.
    pub fn session(&self, host: &str) -> Result<Box<dyn Filter>, TlsConfigError> {
        let name = server_name(host)?;
        let connection = ClientConnection::new(self.config.clone(), name).map_err(TlsConfigError::Rustls)?;
        Ok(Box::new(TlsFilter::client(connection, self.verifies)))
    }
}

fn authorities(
    store: Arc<RootCertStore>,
    provider: Arc<CryptoProvider>,
) -> Result<Arc<WebPkiServerVerifier>, TlsConfigError> {
    WebPkiServerVerifier::builder_with_provider(store, provider).build().map_err(|_| TlsConfigError::Roots)
}

fn server_name(host: &str) -> Result<ServerName<'static>, TlsConfigError> {
    let inner = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    if let Ok(address) = inner.unwrap_or(host).parse::<IpAddr>() {
        return Ok(ServerName::IpAddress(address.into()));
    }
    // RFC 9525 section 6.3: names with non-ASCII letters are compared as A-labels. Labels that only look like
    // A-labels are refused, or two names would look the same.
    let ascii = idna::domain_to_ascii(host).map_err(|_| TlsConfigError::Name)?;
    let name = ascii.strip_suffix('.').unwrap_or(&ascii);
    DnsName::try_from(name.to_owned()).map(ServerName::DnsName).map_err(|_| TlsConfigError::Name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_become_names_or_addresses() {
        let name = |host: &str| server_name(host).map(|name| name.to_str().into_owned());
        for (host, want) in [
            ("mail.example.org", "mail.example.org"),
            ("mail.example.org.", "mail.example.org"),
            ("MAIL.Example.org", "mail.example.org"),
            ("пример.рф", "xn--e1afmkfd.xn--p1ai"),
            ("bücher。example", "xn--bcher-kva.example"),
            ("faß.example", "xn--fa-hia.example"),
            ("xn--bcher-kva.example", "xn--bcher-kva.example"),
            ("192.0.2.1", "192.0.2.1"),
            ("[192.0.2.1]", "192.0.2.1"),
            ("[2001:db8::1]", "2001:db8::1"),
            ("2001:db8::1", "2001:db8::1"),
        ] {
            assert_eq!(name(host).unwrap(), want, "{host}");
        }
    }

    #[test]
    fn what_is_no_host_is_refused() {
        // RUSTSEC-2024-0421: A-labels that hold only ASCII, or do not decode, would mask another name.
        let long = format!("{}.example", "a".repeat(64));
        for host in ["", ".", "a..b", "xn--example-.org", "xn--.org", "a b", "a\0b.example", "a/b", &long] {
            assert!(server_name(host).is_err(), "{host:?}");
        }
    }
}
