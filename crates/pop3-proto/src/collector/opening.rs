//! How a session is opened: whether to insist on TLS, whom to log in as, and how.

use std::fmt;

use sasl_core::{Credentials, Mechanism, client::Policy};
use wire_core::Security;

use crate::client::Config;
use crate::{Error, Reply};

/// How a session is opened.
///
/// ```
/// use pop3_proto::collector::Opening;
/// use sasl_core::Credentials;
/// use wire_core::Security;
///
/// let opening = Opening::new(Security::ImplicitTls, Credentials::password("alice", "secret"));
/// assert!(opening.sasl && opening.user_pass && !opening.apop);
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Opening {
    /// Whether TLS is needed.
    pub security: Security,
    /// Who logs in.
    pub credentials: Credentials,
    /// Which SASL mechanisms may be used; USER and PASS follow the rules of PLAIN.
    pub policy: Policy,
    /// Limits, timeouts, leniencies.
    pub config: Config,
    /// Whether to log in by AUTH (RFC 5034). On by default, and the first choice.
    pub sasl: bool,
    /// Whether to log in by USER and PASS (RFC 1939 section 7) where AUTH does not do. On by default.
    pub user_pass: bool,
    /// Whether to log in by APOP (RFC 1939 section 7), in clear only and if there is no better way. Off by default: MD5
    /// is broken.
    pub apop: bool,
    /// Whether to ask for UTF-8 if it is offered (RFC 6856 section 2). On by default.
    pub utf8: bool,
    /// The language to ask for if the server can speak several (RFC 6856 section 3), as a basic language range.
    pub language: Option<String>,
}

impl Opening {
    /// An opening with the defaults.
    pub fn new(security: Security, credentials: Credentials) -> Self {
        Self {
            security,
            credentials,
            policy: Policy::default(),
            config: Config::new(),
            sasl: true,
            user_pass: true,
            apop: false,
            utf8: true,
            language: None,
        }
    }

    /// Sets [`policy`](#structfield.policy).
    #[must_use]
    pub fn policy(mut self, policy: Policy) -> Self {
        self.policy = policy;
        self
    }

    /// Sets [`config`](#structfield.config).
    #[must_use]
    pub fn config(mut self, config: Config) -> Self {
        self.config = config;
        self
    }

    /// Sets [`sasl`](#structfield.sasl).
    #[must_use]
    pub fn sasl(mut self, sasl: bool) -> Self {
        self.sasl = sasl;
        self
    }

    /// Sets [`user_pass`](#structfield.user_pass).
    #[must_use]
    pub fn user_pass(mut self, user_pass: bool) -> Self {
        self.user_pass = user_pass;
        self
    }

    /// Sets [`apop`](#structfield.apop).
    #[must_use]
    pub fn apop(mut self, apop: bool) -> Self {
        self.apop = apop;
        self
    }

    /// Sets [`utf8`](#structfield.utf8).
    #[must_use]
    pub fn utf8(mut self, utf8: bool) -> Self {
        self.utf8 = utf8;
        self
    }

    /// Sets [`language`](#structfield.language).
    #[must_use]
    pub fn language(mut self, range: impl Into<String>) -> Self {
        self.language = Some(range.into());
        self
    }
}

/// A step of a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Stage {
    /// The greeting.
    Greeting,
    /// STLS.
    StartTls,
    /// The look into the maildrop: STAT, LIST, UIDL.
    Survey,
    /// NOOP or RSET: the session does not go on.
    Session,
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Greeting => "the connection",
            Self::StartTls => "STLS",
            Self::Survey => "to list the maildrop",
            Self::Session => "to go on",
        })
    }
}

/// A way to log in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Method {
    /// AUTH with a mechanism.
    Sasl(Mechanism),
    /// USER and PASS.
    UserPass,
    /// APOP.
    Apop,
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sasl(mechanism) => f.write_str(mechanism.name()),
            Self::UserPass => f.write_str("USER and PASS"),
            Self::Apop => f.write_str("APOP"),
        }
    }
}

/// Why a session cannot be opened or go on.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CollectorError {
    /// The connection cannot go on.
    #[error(transparent)]
    Connection(#[from] Error),
    /// The server refused a step.
    #[error("the server refused {stage}: {reply}")]
    Refused {
        /// Which step.
        stage: Stage,
        /// What it said.
        reply: Reply,
    },
    /// TLS is required and the server does not offer it: it cannot, or somebody took the offer out.
    #[error("the server does not offer STLS")]
    NoStartTls,
    /// No way to log in fits.
    #[error("no way to log in: {0}")]
    NoMechanism(sasl_core::client::SelectError),
    /// The credentials cannot be sent with what the server offers.
    #[error("the credentials cannot be used: {0}")]
    Credentials(sasl_core::client::ClientError),
    /// The server refused the login. `[IN-USE]`, `[LOGIN-DELAY]` and `[SYS/TEMP]` are not about the password.
    #[error("the server refused the login by {method}: {reply}")]
    Login {
        /// The way that was tried last.
        method: Method,
        /// What it said.
        reply: Reply,
    },
    /// The server could not prove that it knows the password, or broke the exchange: do not trust it.
    #[error("the server failed the login exchange: {0}")]
    Mutual(sasl_core::client::ClientError),
}

impl CollectorError {
    /// Whether trying again later makes sense (RFC 2449 section 8.1, RFC 3206 section 4).
    ///
    /// # Example
    ///
    /// ```
    /// use pop3_proto::{Error, Wait, collector::CollectorError};
    ///
    /// assert!(CollectorError::from(Error::Timeout(Wait::Greeting)).is_transient());
    /// assert!(!CollectorError::NoStartTls.is_transient());
    /// ```
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Connection(error) => matches!(error, Error::Timeout(_) | Error::Eof(_)),
            Self::Refused { reply, .. } | Self::Login { reply, .. } => reply.is_transient(),
            Self::NoStartTls | Self::NoMechanism(_) | Self::Credentials(_) | Self::Mutual(_) => false,
        }
    }
}
