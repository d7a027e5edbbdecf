//! How a session is opened: whom to greet, whether to insist on TLS, whom to log in as.

use sasl_core::{Credentials, client::Policy};

use super::Stage;
use crate::client::Config;
use crate::{Error, Host, Reply};

/// What an open session must have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Security {
    /// TLS from the first octet (RFC 8314 section 3.3): ports 465 and, with LMTP, whatever was agreed.
    #[default]
    ImplicitTls,
    /// STARTTLS, or no session (RFC 8314 section 4.1): port 587.
    StartTls,
    /// STARTTLS if the server offers it, else in clear. For mail between servers only (RFC 7435): it does not
    /// protect against anybody who can change what is on the wire, and no password may be sent.
    Opportunistic,
    /// In clear. For sockets that do not leave the machine.
    Clear,
}

/// What every protocol has; SMTP has one more.
impl From<wire_core::Security> for Security {
    fn from(security: wire_core::Security) -> Self {
        match security {
            wire_core::Security::StartTls => Self::StartTls,
            wire_core::Security::Clear => Self::Clear,
            // Whatever else there may be one day is not less.
            _ => Self::ImplicitTls,
        }
    }
}

/// How a session is opened.
///
/// ```
/// use smtp_proto::sender::{Opening, Security};
///
/// let opening = Opening::new("client.example.com".parse().unwrap(), Security::StartTls);
/// assert!(opening.credentials.is_none());
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Opening {
    /// The argument of EHLO: this host's name, or its address.
    pub hello: Host,
    /// Whether TLS is needed.
    pub security: Security,
    /// Who logs in, if anybody.
    pub credentials: Option<Credentials>,
    /// Which mechanisms may be used.
    pub policy: Policy,
    /// Protocol, limits, timeouts.
    pub config: Config,
    /// What happens to a CR or LF that stands alone in a message that is not binary: an error, or CRLF.
    pub repair_newlines: bool,
}

impl Opening {
    /// An opening without login.
    pub fn new(hello: Host, security: Security) -> Self {
        Self {
            hello,
            security,
            credentials: None,
            policy: Policy::default(),
            config: Config::new(),
            repair_newlines: false,
        }
    }

    /// Logs in.
    #[must_use]
    pub fn credentials(mut self, credentials: Credentials) -> Self {
        self.credentials = Some(credentials);
        self
    }

    /// Sets which mechanisms may be used.
    #[must_use]
    pub fn policy(mut self, policy: Policy) -> Self {
        self.policy = policy;
        self
    }

    /// Sets protocol, limits and timeouts.
    #[must_use]
    pub fn config(mut self, config: Config) -> Self {
        self.config = config;
        self
    }

    /// Turns lone CR and LF in messages into CRLF instead of refusing them.
    #[must_use]
    pub fn repair_newlines(mut self, repair: bool) -> Self {
        self.repair_newlines = repair;
        self
    }
}

/// Why a session cannot be opened or go on.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SenderError {
    /// The connection cannot go on.
    #[error(transparent)]
    Connection(#[from] Error),
    /// The server refused a step of the opening.
    #[error("the server refused {stage}: {reply}")]
    Refused {
        /// Which step.
        stage: Stage,
        /// Every line it said.
        reply: Reply,
    },
    /// TLS is required and the server does not offer it: it cannot, or somebody took the offer out.
    #[error("the server does not offer STARTTLS")]
    NoStartTls,
    /// A login is wanted and no mechanism fits.
    #[error("no way to log in: {0}")]
    NoMechanism(sasl_core::client::SelectError),
    /// The server refused the login.
    #[error("the server refused the login by {mechanism}: {reply}")]
    Login {
        /// The mechanism.
        mechanism: sasl_core::Mechanism,
        /// Every line it said.
        reply: Reply,
    },
    /// The server could not prove that it knows the password, or broke the exchange: do not trust it.
    #[error("the server failed the login exchange: {0}")]
    Mutual(sasl_core::client::ClientError),
}

impl SenderError {
    /// Whether trying again later makes sense (RFC 5321 section 4.2.1).
    ///
    /// # Example
    ///
    /// ```
    /// use smtp_proto::{Error, Wait, sender::SenderError};
    ///
    /// assert!(SenderError::from(Error::Timeout(Wait::Greeting)).is_transient());
    /// assert!(!SenderError::NoStartTls.is_transient());
    /// ```
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Connection(error) => matches!(error, Error::Timeout(_) | Error::Eof(_)),
            Self::Refused { reply, .. } | Self::Login { reply, .. } => reply.is_transient(),
            Self::NoStartTls | Self::NoMechanism(_) | Self::Mutual(_) => false,
        }
    }
}
