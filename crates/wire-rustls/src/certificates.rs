//! The certificates of a server, and which of them a client is shown.

use std::sync::Arc;

use bytes::Bytes;
use rustls::client::verify_server_name;
use rustls::pki_types::ServerName;
use rustls::server::{ClientHello, ParsedCertificate, ServerConfig};
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::{CipherSuite, SignatureAlgorithm};

use crate::server::Template;
use crate::{TlsConfigError, end_point, provider};

/// The certificates in use at one time. Never changed, so that a connection which has seen them knows what was
/// shown even if others are loaded meanwhile.
pub(crate) struct Certificates {
    /// At least one.
    identities: Vec<Identity>,
    /// The protocol has no name of its own, see [`is_foreign`].
    unnamed: bool,
}

/// One certificate. It has a configuration of its own, hence a session cache of its own: a session is resumed
/// only where the certificate it was begun with would be shown again, so the `tls-server-end-point` binding is
/// the same on both sides.
pub(crate) struct Identity {
    key: Arc<CertifiedKey>,
    pub(crate) config: Arc<ServerConfig>,
    /// The `tls-server-end-point` binding.
    pub(crate) end_point: Option<Bytes>,
}

impl Certificates {
    pub(crate) fn read(template: &Template, pairs: &[(&[u8], &[u8])]) -> Result<Self, TlsConfigError> {
        let provider = provider()?;
        let identities = pairs.iter().map(|(chain, key)| {
            let (chain, key) = crate::identity(chain, key)?;
            let end_point = chain.first().and_then(|leaf| end_point::hash(leaf));
            let key = CertifiedKey::from_der(chain, key, &provider)
                .map(Arc::new)
                .map_err(TlsConfigError::Rustls)?;
            let resolver = Arc::new(SingleCertAndKey::from(key.clone()));
            let mut config = template.builder.clone().with_cert_resolver(resolver);
            config.alpn_protocols.clone_from(&template.alpn);
            // RFC 8446 section 2.3: early data can be replayed; a message must not be.
            config.max_early_data_size = 0;
            Ok(Identity { key, config: Arc::new(config), end_point })
        });
        let identities: Vec<_> = identities.collect::<Result<_, _>>()?;
        if identities.is_empty() {
            return Err(TlsConfigError::Pem);
        }
        Ok(Self { identities, unnamed: template.alpn.is_empty() })
    }

    /// Whether the client wants protocols that are not spoken here; with a protocol of our own rustls sees to it.
    ///
    /// RFC 7301 section 3.2: "In the event that the server supports no protocols that the client advertises, then
    /// the server SHALL respond with a fatal "no_application_protocol" alert."
    pub(crate) fn refuses(&self, hello: &ClientHello<'_>) -> bool {
        let Some(offered) = hello.alpn().filter(|_| self.unnamed) else { return false };
        let mut offered = offered.peekable();
        offered.peek().is_some() && offered.all(is_foreign)
    }

    /// The certificate for this client.
    pub(crate) fn choose(&self, hello: &ClientHello<'_>) -> Option<&Identity> {
        if let [only] = &self.identities[..] {
            return Some(only);
        }
        let name = hello.server_name().and_then(|name| ServerName::try_from(name).ok());
        let named = |identity: &&Identity| name.as_ref().is_some_and(|name| identity.is_for(name));
        let usable = |identity: &&Identity| identity.is_usable(hello);
        let all = || self.identities.iter();
        let by_name = all().filter(named).find(usable).or_else(|| all().find(named));
        by_name.or_else(|| all().find(usable)).or_else(|| all().next())
    }
}

impl Identity {
    fn is_for(&self, name: &ServerName<'_>) -> bool {
        let leaf = self.key.end_entity_cert().and_then(ParsedCertificate::try_from);
        leaf.is_ok_and(|leaf| verify_server_name(&leaf, name).is_ok())
    }

    /// Whether the client can verify signatures of this key; for names with a certificate of each algorithm.
    fn is_usable(&self, hello: &ClientHello<'_>) -> bool {
        let key = &self.key.key;
        let ecdsa = matches!(key.algorithm(), SignatureAlgorithm::ECDSA | SignatureAlgorithm::ED25519);
        let fits = |suite: &CipherSuite| match suite.as_str() {
            Some(suite) if suite.starts_with("TLS13_") => true,
            Some(suite) => suite.contains("_ECDSA_") == ecdsa,
            None => false,
        };
        key.choose_scheme(hello.signature_schemes()).is_some() && hello.cipher_suites().iter().any(fits)
    }
}

/// Registered names of protocols that are not mail. A list of what is refused, not of what is served: names for
/// SMTP are in use (`smtp`, `esmtp`), but none is registered.
fn is_foreign(name: &[u8]) -> bool {
    const FOREIGN: [&[u8]; 22] = [
        b"http/0.9",
        b"http/1.0",
        b"http/1.1",
        b"h2",
        b"h2c",
        b"h3",
        b"spdy/1",
        b"spdy/2",
        b"spdy/3",
        b"acme-tls/1",
        b"dot",
        b"doq",
        b"ftp",
        b"irc",
        b"mqtt",
        b"nnsp",
        b"nntp",
        b"postgresql",
        b"sip/2",
        b"tds/8.0",
        b"xmpp-client",
        b"xmpp-server",
    ];
    FOREIGN.contains(&name)
}
