//! What a client has to show.

use std::fmt;

use wire_core::Secret;

use crate::mechanism::Mechanism;
use crate::oauth;
use crate::prepare::{self, MAX_NAME_OCTETS, MAX_PASSWORD_OCTETS, PrepareError, Strings};

/// The longest bearer token, in octets. Tokens of some providers reach four thousand.
pub const MAX_TOKEN_OCTETS: usize = 8192;

/// A user and a password, a user and a token, a certificate shown by TLS, or nobody.
///
/// Which mechanisms can be chosen depends on it. Passwords and tokens are redacted in `Debug` and erased on
/// drop. Nothing is checked here: [`client::select`](crate::client::select) passes over what does not fit,
/// and [`Client::new`](crate::client::Client::new) says why.
///
/// # Example
///
/// ```
/// use sasl_core::Credentials;
///
/// let credentials = Credentials::password("joe", "pencil").with_authzid("shared-mailbox");
/// assert!(!format!("{credentials:?}").contains("pencil"));
/// ```
#[derive(Clone)]
pub struct Credentials {
    pub(crate) kind: Kind,
    pub(crate) authzid: Option<String>,
    pub(crate) server: Option<(String, u16)>,
}

#[derive(Clone)]
pub(crate) enum Kind {
    Password { user: String, password: Secret },
    Token { user: String, token: Secret },
    External,
    Anonymous { trace: String },
}

impl Credentials {
    /// A user name and a password: for SCRAM, PLAIN, LOGIN and CRAM-MD5.
    ///
    /// The password is text in UTF-8. PLAIN, LOGIN and CRAM-MD5 pass other octets through; SCRAM cannot.
    pub fn password(user: impl Into<String>, password: impl Into<Secret>) -> Self {
        Self::of(Kind::Password { user: user.into(), password: password.into() })
    }

    /// A user name and an OAuth 2.0 access token: for OAUTHBEARER and XOAUTH2.
    ///
    /// The user may be empty for OAUTHBEARER, when the token says it all. How the token was come by is not
    /// this crate's affair.
    pub fn oauth(user: impl Into<String>, token: impl Into<Secret>) -> Self {
        Self::of(Kind::Token { user: user.into(), token: token.into() })
    }

    /// The certificate that TLS has shown: for EXTERNAL. The identity to act as, or `None` for the one that
    /// the server finds in the certificate.
    pub fn external(authzid: Option<&str>) -> Self {
        let credentials = Self::of(Kind::External);
        match authzid {
            Some(authzid) => credentials.with_authzid(authzid),
            None => credentials,
        }
    }

    /// Nobody: for ANONYMOUS. `trace` is a word for the server's log; empty says nothing.
    ///
    /// RFC 4505 section 5 warns against putting the user's address there without asking.
    pub fn anonymous(trace: impl Into<String>) -> Self {
        Self::of(Kind::Anonymous { trace: trace.into() })
    }

    /// Acts as somebody else: the authorization identity of RFC 4422 section 3.4.1. The empty one is none.
    ///
    /// LOGIN, CRAM-MD5 and XOAUTH2 cannot carry it and are passed over.
    #[must_use]
    pub fn with_authzid(mut self, authzid: impl Into<String>) -> Self {
        self.authzid = Some(authzid.into()).filter(|authzid| !authzid.is_empty());
        self
    }

    /// Host name and port as the client dialled them: OAUTHBEARER tells the server, which may check them
    /// (RFC 7628 section 3.1).
    #[must_use]
    pub fn with_server(mut self, host: impl Into<String>, port: u16) -> Self {
        self.server = Some((host.into(), port));
        self
    }

    /// Whether a mechanism can be run with this.
    ///
    /// # Errors
    ///
    /// [`CredentialsError`] says what is in the way.
    pub fn check(&self, mechanism: Mechanism) -> Result<(), CredentialsError> {
        use CredentialsError as E;
        if let Some(authzid) = &self.authzid {
            if matches!(mechanism, Mechanism::Login | Mechanism::CramMd5 | Mechanism::XOAuth2) {
                return Err(E::AuthorizationNotCarried);
            }
            check_name(authzid).map_err(E::Authorization)?;
        }
        match (&self.kind, mechanism) {
            (Kind::Password { user, password }, mechanism) if mechanism.is_scram() => {
                prepare::user_name(user.as_bytes()).map_err(E::User)?;
                prepare::password(password.expose(), Strings::Stored).map_err(E::Password)?;
            }
            (Kind::Password { user, password }, Mechanism::Plain | Mechanism::Login | Mechanism::CramMd5) => {
                check_name(user).map_err(E::User)?;
                // RFC 4616 section 2: "the NUL (U+0000) character MUST NOT appear in authzid, authcid, or
                // passwd productions."
                match password.expose() {
                    [] => return Err(E::Password(PrepareError::Empty)),
                    octets if octets.len() > MAX_PASSWORD_OCTETS => {
                        return Err(E::Password(PrepareError::TooLong));
                    }
                    octets if octets.contains(&0) => return Err(E::Password(PrepareError::Prohibited)),
                    _ => {}
                }
            }
            (Kind::Token { user, token }, Mechanism::OAuthBearer | Mechanism::XOAuth2) => {
                match check_name(user) {
                    Err(PrepareError::Empty) if mechanism == Mechanism::OAuthBearer => {}
                    result => result.map_err(E::User)?,
                }
                if token.len() > MAX_TOKEN_OCTETS || !oauth::is_token(token.expose()) {
                    return Err(E::Token);
                }
                if self.server.as_ref().is_some_and(|(host, port)| {
                    host.is_empty()
                        || host.len() > 255
                        || !host.bytes().all(|c| c.is_ascii_graphic())
                        || *port == 0
                }) {
                    return Err(E::Server);
                }
            }
            (Kind::External, Mechanism::External) => {}
            (Kind::Anonymous { trace }, Mechanism::Anonymous) => {
                prepare::trace(trace.as_bytes()).map_err(E::Trace)?;
            }
            _ => return Err(E::Kind),
        }
        Ok(())
    }

    /// Whether they are of the kind a mechanism needs, whatever their values.
    pub(crate) fn is_kind_for(&self, mechanism: Mechanism) -> bool {
        !matches!(self.check(mechanism), Err(CredentialsError::Kind))
    }

    fn of(kind: Kind) -> Self {
        Self { kind, authzid: None, server: None }
    }
}

/// A name that goes out as it is: not empty, bounded, without controls.
fn check_name(name: &str) -> Result<(), PrepareError> {
    if name.is_empty() {
        return Err(PrepareError::Empty);
    }
    if name.len() > MAX_NAME_OCTETS {
        return Err(PrepareError::TooLong);
    }
    if name.chars().any(char::is_control) {
        return Err(PrepareError::Prohibited);
    }
    Ok(())
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (kind, user) = match &self.kind {
            Kind::Password { user, .. } => ("password", user.as_str()),
            Kind::Token { user, .. } => ("token", user.as_str()),
            Kind::External => ("external", ""),
            Kind::Anonymous { trace } => ("anonymous", trace.as_str()),
        };
        f.debug_struct("Credentials")
            .field("kind", &kind)
            .field("user", &user)
            .field("authzid", &self.authzid)
            .finish_non_exhaustive()
    }
}

/// Why credentials cannot be used with a mechanism.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum CredentialsError {
    /// A password for a mechanism of tokens, and the like.
    #[error("the mechanism needs another kind of credentials")]
    Kind,
    /// The user name cannot be sent.
    #[error("the user name cannot be used: {0}")]
    User(PrepareError),
    /// The password cannot be sent, or not be hashed.
    #[error("the password cannot be used: {0}")]
    Password(PrepareError),
    /// The token is empty, too long, or not printable ASCII.
    #[error("the token is not printable ASCII of a sensible length")]
    Token,
    /// The authorization identity cannot be sent.
    #[error("the authorization identity cannot be used: {0}")]
    Authorization(PrepareError),
    /// There is an authorization identity and the mechanism has no place for it.
    #[error("the mechanism cannot carry an authorization identity")]
    AuthorizationNotCarried,
    /// The host name or port cannot be sent.
    #[error("the host name or port cannot be used")]
    Server,
    /// The trace information cannot be sent, RFC 4505 section 3.
    #[error("the trace information cannot be used: {0}")]
    Trace(PrepareError),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_fit_their_mechanisms() {
        let password = Credentials::password("joe", "x");
        let token = Credentials::oauth("joe", "x");
        for &mechanism in Mechanism::ALL {
            let wants_token = matches!(mechanism, Mechanism::OAuthBearer | Mechanism::XOAuth2);
            let wants_password =
                !wants_token && !matches!(mechanism, Mechanism::External | Mechanism::Anonymous);
            assert_eq!(password.check(mechanism).is_ok(), wants_password, "{mechanism}");
            assert_eq!(token.check(mechanism).is_ok(), wants_token, "{mechanism}");
            assert_eq!(
                Credentials::external(None).check(mechanism).is_ok(),
                mechanism == Mechanism::External,
                "{mechanism}"
            );
            assert_eq!(
                Credentials::anonymous("").check(mechanism).is_ok(),
                mechanism == Mechanism::Anonymous,
                "{mechanism}"
            );
        }
    }

    #[test]
    fn nothing_breaks_out_of_its_field() {
        use CredentialsError as E;
        use PrepareError as P;
        let check = |credentials: Credentials, mechanism| credentials.check(mechanism).err();
        let password = |user: &str, password: &str| Credentials::password(user, password);
        assert_eq!(check(password("a\0b", "x"), Mechanism::Plain), Some(E::User(P::Prohibited)));
        assert_eq!(check(password("joe", "x\0y"), Mechanism::Plain), Some(E::Password(P::Prohibited)));
        assert_eq!(check(password("joe", ""), Mechanism::Plain), Some(E::Password(P::Empty)));
        assert_eq!(check(password("", "x"), Mechanism::ScramSha256), Some(E::User(P::Empty)));
        assert_eq!(check(password("joe", "🔒"), Mechanism::ScramSha256), Some(E::Password(P::Unassigned)));
        assert_eq!(check(password("joe", "🔒"), Mechanism::Plain), None);
        assert_eq!(
            check(password("joe", "x").with_authzid("a\r\nb"), Mechanism::Plain),
            Some(E::Authorization(P::Prohibited))
        );
        assert_eq!(
            check(password("joe", "x").with_authzid("a"), Mechanism::Login),
            Some(E::AuthorizationNotCarried)
        );
        assert_eq!(
            check(Credentials::oauth("joe\u{1}auth=", "x"), Mechanism::XOAuth2),
            Some(E::User(P::Prohibited))
        );
        assert_eq!(check(Credentials::oauth("joe", "x\u{1}y"), Mechanism::XOAuth2), Some(E::Token));
        assert_eq!(check(Credentials::oauth("", "x"), Mechanism::XOAuth2), Some(E::User(P::Empty)));
        assert_eq!(check(Credentials::oauth("", "x"), Mechanism::OAuthBearer), None);
        let host = Credentials::oauth("joe", "x").with_server("a\u{1}b", 1);
        assert_eq!(check(host, Mechanism::OAuthBearer), Some(E::Server));
        assert_eq!(
            check(Credentials::anonymous("a\nb"), Mechanism::Anonymous),
            Some(E::Trace(P::Prohibited))
        );
    }

    #[test]
    fn debug_shows_no_secret() {
        for credentials in [Credentials::password("joe", "hunter2"), Credentials::oauth("joe", "hunter2")] {
            let text = format!("{credentials:?}");
            assert!(text.contains("joe") && !text.contains("hunter2"), "{text}");
        }
    }
}
