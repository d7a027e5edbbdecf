//! What a server offers, and how it hides what it does not have.

use std::sync::Arc;

use wire_core::Secret;

use crate::crypto::Hash;
use crate::mechanism::Mechanism;
use crate::oauth::TokenError;
use crate::stored::DEFAULT_ITERATIONS;
use crate::transport::Transport;

/// The server's side of the bargain: which mechanisms, and what is done for users who do not exist.
///
/// Cheap to clone: a connection takes a copy.
///
/// # Example
///
/// ```
/// use sasl_core::server::Config;
/// use sasl_core::{Mechanism, Secret, Transport};
///
/// # let secret = Secret::from("from the operating system, once");
/// let config = Config::new(secret).with(Mechanism::OAuthBearer).unknown_iterations(4096);
/// assert_eq!(config.offered(&Transport::clear()), [Mechanism::ScramSha256]);
/// let bound = Transport::tls().with_exporter([7; 32]);
/// assert_eq!(config.offered(&bound).first(), Some(&Mechanism::ScramSha256Plus));
/// ```
#[derive(Clone, Debug)]
pub struct Config {
    mechanisms: Vec<Mechanism>,
    pub(super) secret: Arc<Secret>,
    pub(super) unknown_hash: Hash,
    pub(super) unknown_iterations: u32,
    pub(super) host: Arc<str>,
    token_error: Option<TokenError>,
    allow_cleartext: bool,
    pub(super) proxy: bool,
    pub(super) data_in_success: bool,
    pub(super) scram_errors: bool,
}

impl Config {
    /// Offers SCRAM-SHA-256-PLUS, SCRAM-SHA-256 and PLAIN.
    ///
    /// `secret` makes up the salts of users who do not exist, so that asking for one tells nothing. At least
    /// 16 octets from a cryptographic random source, kept secret, and the same for ever: made once and stored,
    /// since a salt that changes tells that the user is not real.
    pub fn new(secret: impl Into<Secret>) -> Self {
        Self {
            mechanisms: vec![Mechanism::ScramSha256Plus, Mechanism::ScramSha256, Mechanism::Plain],
            secret: Arc::new(secret.into()),
            unknown_hash: Hash::Sha256,
            unknown_iterations: DEFAULT_ITERATIONS,
            host: "localhost".into(),
            token_error: None,
            allow_cleartext: false,
            proxy: false,
            data_in_success: false,
            scram_errors: true,
        }
    }

    /// Sets the mechanisms that are offered, in this order.
    #[must_use]
    pub fn mechanisms(mut self, mechanisms: &[Mechanism]) -> Self {
        self.mechanisms.clear();
        mechanisms.iter().fold(self, |config, mechanism| config.with(*mechanism))
    }

    /// Offers one more mechanism.
    ///
    /// LOGIN and PLAIN show the password to the server; CRAM-MD5 needs it stored in clear; ANONYMOUS lets
    /// anybody in; EXTERNAL, OAUTHBEARER and XOAUTH2 need an application that can tell.
    #[must_use]
    pub fn with(mut self, mechanism: Mechanism) -> Self {
        if !self.mechanisms.contains(&mechanism) {
            self.mechanisms.push(mechanism);
        }
        self
    }

    /// Offers one mechanism less.
    #[must_use]
    pub fn without(mut self, mechanism: Mechanism) -> Self {
        self.mechanisms.retain(|kept| *kept != mechanism);
        self
    }

    /// Sets the iterations shown, and worked, for users who do not exist: what real users have. Default
    /// [`DEFAULT_ITERATIONS`]. At least 1.
    #[must_use]
    pub fn unknown_iterations(mut self, iterations: u32) -> Self {
        self.unknown_iterations = iterations.max(1);
        self
    }

    /// Sets the hash worked when a password is given for a user who does not exist: what real users have. Default
    /// SHA-256.
    #[must_use]
    pub fn unknown_hash(mut self, hash: Hash) -> Self {
        self.unknown_hash = hash;
        self
    }

    /// Sets the host name in the challenges of CRAM-MD5. Default `localhost`. Characters that cannot stand in a
    /// host name are dropped.
    #[must_use]
    pub fn host(mut self, host: &str) -> Self {
        let host: String =
            host.chars().filter(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-')).collect();
        if !host.is_empty() {
            self.host = host.into();
        }
        self
    }

    /// Sets what clients are told when a token is refused, or when they ask which scope they need
    /// (RFC 7628 section 3.2.2). Default: `invalid_token` for OAUTHBEARER, `401` for XOAUTH2.
    #[must_use]
    pub fn token_error(mut self, error: TokenError) -> Self {
        self.token_error = Some(error);
        self
    }

    /// Sets whether users may ask to act as somebody else: the application then gets
    /// [`Question::Authorize`](super::Question::Authorize). Default: refused without asking.
    #[must_use]
    pub fn proxy_authorization(mut self, proxy: bool) -> Self {
        self.proxy = proxy;
        self
    }

    /// Sets whether the protocol's success message carries additional data (RFC 4422 section 3.6), as in ManageSieve:
    /// SCRAM then ends one round trip earlier. Not SMTP, IMAP or POP3.
    #[must_use]
    pub fn data_in_success(mut self, data: bool) -> Self {
        self.data_in_success = data;
        self
    }

    /// Sets whether SCRAM exchanges fail with the `e=` message, which RFC 5802 section 5.1 leaves to the server.
    /// Default: the client is told. Which user exists is never told.
    #[must_use]
    pub fn scram_errors(mut self, errors: bool) -> Self {
        self.scram_errors = errors;
        self
    }

    /// Offers PLAIN, LOGIN, XOAUTH2 and OAUTHBEARER without TLS.
    ///
    /// **Dangerous:** clients will send passwords that anybody on the path can read. For tests, and networks of
    /// one machine.
    #[must_use]
    pub fn dangerous_allow_cleartext_secrets(mut self) -> Self {
        self.allow_cleartext = true;
        self
    }

    /// What to announce on a connection: mechanisms that send secrets only under TLS, `-PLUS` only with a channel
    /// binding, EXTERNAL only with a client certificate.
    pub fn offered(&self, transport: &Transport) -> Vec<Mechanism> {
        self.mechanisms
            .iter()
            .copied()
            .filter(|mechanism| self.check(*mechanism, transport).is_ok())
            .collect()
    }

    /// Whether a mechanism can be used on a connection.
    ///
    /// # Errors
    ///
    /// [`ServerError`] says why not, so that the protocol can answer what its RFC wants.
    pub fn check(&self, mechanism: Mechanism, transport: &Transport) -> Result<(), ServerError> {
        if !self.mechanisms.contains(&mechanism) {
            Err(ServerError::NotOffered)
        } else if mechanism.is_plaintext() && !self.permits_secrets(transport) {
            Err(ServerError::EncryptionRequired)
        } else if mechanism.is_bound() && transport.bindings().next().is_none() {
            Err(ServerError::NoChannelBinding)
        } else if mechanism == Mechanism::External && transport.client_identity().is_none() {
            Err(ServerError::NoClientIdentity)
        } else {
            Ok(())
        }
    }

    /// Whether a password may cross this connection as it is: under TLS, or by
    /// [`dangerous_allow_cleartext_secrets`](Self::dangerous_allow_cleartext_secrets).
    pub fn permits_secrets(&self, transport: &Transport) -> bool {
        transport.is_secure() || self.allow_cleartext
    }

    /// What is said if a token is refused.
    pub(super) fn token_error_of(&self, mechanism: Mechanism) -> TokenError {
        self.token_error.clone().unwrap_or_else(|| match mechanism {
            Mechanism::XOAuth2 => TokenError::new("401").with_schemes("bearer"),
            _ => TokenError::new("invalid_token"),
        })
    }
}

/// Why a mechanism cannot be begun.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum ServerError {
    /// It is not configured. SMTP: 504 5.5.4.
    #[error("the mechanism is not offered")]
    NotOffered,
    /// It sends a secret and there is no TLS. SMTP: 538 5.7.11, IMAP: `[PRIVACYREQUIRED]`.
    #[error("the mechanism needs an encrypted connection")]
    EncryptionRequired,
    /// It is a `-PLUS` form and the connection has no channel binding. SMTP: 504 5.5.4.
    #[error("the mechanism needs a channel binding and the connection has none")]
    NoChannelBinding,
    /// It is EXTERNAL and the client has shown no certificate. SMTP: 535 5.7.8.
    #[error("the client has shown no certificate")]
    NoClientIdentity,
}

#[cfg(test)]
mod tests {
    use super::*;
    use Mechanism as M;

    #[test]
    fn what_is_offered_depends_on_the_connection() {
        let config = Config::new("0123456789abcdef").mechanisms(M::ALL);
        let offered = |transport| config.offered(&transport);
        let clear = offered(Transport::clear());
        assert_eq!(clear, [M::ScramSha512, M::ScramSha256, M::ScramSha1, M::CramMd5, M::Anonymous]);
        assert!(offered(Transport::tls()).contains(&M::Plain));
        assert!(!offered(Transport::tls()).iter().any(|m| m.is_bound() || *m == M::External));
        assert!(offered(Transport::tls().with_end_point(vec![1; 32])).contains(&M::ScramSha1Plus));
        assert!(offered(Transport::tls().with_client_identity("joe")).contains(&M::External));
        let dangerous = config.clone().dangerous_allow_cleartext_secrets();
        assert!(dangerous.offered(&Transport::clear()).contains(&M::Login));
    }

    #[test]
    fn the_default_is_short() {
        let config = Config::new("0123456789abcdef");
        let bound = Transport::tls().with_exporter([1; 32]).with_client_identity("joe");
        assert_eq!(config.offered(&bound), [M::ScramSha256Plus, M::ScramSha256, M::Plain]);
        assert_eq!(config.check(M::Login, &bound), Err(ServerError::NotOffered));
        assert_eq!(config.check(M::Plain, &Transport::clear()), Err(ServerError::EncryptionRequired));
        assert_eq!(config.check(M::ScramSha256Plus, &Transport::tls()), Err(ServerError::NoChannelBinding));
        let external = config.without(M::Plain).with(M::External);
        assert_eq!(external.check(M::External, &Transport::tls()), Err(ServerError::NoClientIdentity));
    }

    #[test]
    fn debug_shows_no_secret() {
        assert!(!format!("{:?}", Config::new("hunter2")).contains("hunter2"));
    }
}
