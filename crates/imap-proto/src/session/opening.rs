//! How a session is opened: whether to insist on TLS, whom to log in as, and what to switch on.

use std::fmt;

use sasl_core::{Credentials, Mechanism, client::Policy};
use wire_core::Security;

use super::Profile;
use crate::{
    Error, Misuse,
    client::{Completion, Config},
    extensions::id::Identification,
    response::{Code, ResponseText},
};

/// How a session is opened.
///
/// # Example
///
/// ```
/// use imap_proto::session::Opening;
/// use sasl_core::Credentials;
/// use wire_core::Security;
///
/// let opening = Opening::new(Security::ImplicitTls, Credentials::password("alice", "secret")).compress(true);
/// assert!(opening.utf8 && opening.qresync);
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Opening {
    /// Whether TLS is needed.
    pub security: Security,
    /// Who logs in.
    pub credentials: Credentials,
    /// Which SASL mechanisms may be used; LOGIN follows the rules of PLAIN.
    pub policy: Policy,
    /// Limits and timeouts.
    pub config: Config,
    /// What is known of this server beforehand.
    pub profile: Profile,
    /// Whether to log in by LOGIN (RFC 9051 section 6.2.3) where AUTHENTICATE does not do. On by default.
    pub login: bool,
    /// Whether to enable IMAP4rev2 or UTF8=ACCEPT if they are offered. On by default.
    pub utf8: bool,
    /// Whether to enable QRESYNC or CONDSTORE if they are offered (RFC 7162). On by default.
    pub qresync: bool,
    /// Whether to compress if that is offered (RFC 4978). Off by default: it saves octets and costs time. Needs the feature `compress`.
    pub compress: bool,
    /// What is said to servers that want to know who they talk to (RFC 2971), where the profile asks for it.
    pub identification: Option<Identification>,
}

impl Opening {
    /// An opening with the defaults.
    pub fn new(security: Security, credentials: Credentials) -> Self {
        Self {
            security,
            credentials,
            policy: Policy::default(),
            config: Config::new().security(security),
            profile: Profile::new(),
            login: true,
            utf8: true,
            qresync: true,
            compress: false,
            identification: None,
        }
    }

    /// Sets [`policy`](#structfield.policy). One that allows secrets in clear allows them for LOGIN too.
    #[must_use]
    pub fn policy(mut self, policy: Policy) -> Self {
        self.config = self.config.dangerous_allow_cleartext_secrets(policy.allows_cleartext());
        self.policy = policy;
        self
    }

    /// Sets [`config`](#structfield.config), but for its security and whether credentials go in clear, which are those of the opening.
    #[must_use]
    pub fn config(mut self, config: Config) -> Self {
        self.config =
            config.security(self.security).dangerous_allow_cleartext_secrets(self.policy.allows_cleartext());
        self
    }

    /// Sets [`profile`](#structfield.profile).
    #[must_use]
    pub fn profile(mut self, profile: Profile) -> Self {
        self.profile = profile;
        self
    }

    /// Sets [`login`](#structfield.login).
    #[must_use]
    pub const fn login(mut self, login: bool) -> Self {
        self.login = login;
        self
    }

    /// Sets [`utf8`](#structfield.utf8).
    #[must_use]
    pub const fn utf8(mut self, utf8: bool) -> Self {
        self.utf8 = utf8;
        self
    }

    /// Sets [`qresync`](#structfield.qresync).
    #[must_use]
    pub const fn qresync(mut self, qresync: bool) -> Self {
        self.qresync = qresync;
        self
    }

    /// Sets [`compress`](#structfield.compress).
    #[must_use]
    pub const fn compress(mut self, compress: bool) -> Self {
        self.compress = compress;
        self
    }

    /// Sets [`identification`](#structfield.identification), and has it sent whether the profile asks for it or not.
    #[must_use]
    pub fn identification(mut self, identification: Identification) -> Self {
        self.profile = self.profile.send_id(true);
        self.identification = Some(identification);
        self
    }
}

/// A step on the way to an open session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Stage {
    /// The greeting.
    Greeting,
    /// STARTTLS.
    StartTls,
    /// AUTHENTICATE or LOGIN.
    Login,
    /// A command of the application.
    Command,
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Greeting => "the connection",
            Self::StartTls => "STARTTLS",
            Self::Login => "the login",
            Self::Command => "a command",
        })
    }
}

/// A way to log in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Method {
    /// AUTHENTICATE with a mechanism.
    Sasl(Mechanism),
    /// LOGIN.
    Login,
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sasl(mechanism) => f.write_str(mechanism.name()),
            Self::Login => f.write_str("LOGIN"),
        }
    }
}

/// What makes sense after a refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Advice {
    /// The same will be refused again.
    Permanent,
    /// Other credentials, or none: these are wrong or have expired.
    Credentials,
    /// Without channel binding
    /// ([`without_channel_binding`](sasl_core::client::Policy::without_channel_binding)), if somebody in between can be borne: the
    /// server offers a mechanism with it, and may not know the types that TLS 1.3 has (RFC 9266). If not, as
    /// [`Credentials`](Self::Credentials).
    ChannelBinding,
    /// Later: the server cannot at the moment.
    Later,
    /// Much later: we asked too much.
    Throttled,
    /// On a new connection: the server has lost what stands behind this one.
    Reconnect,
}

/// What a refusal advises, by its code where it has one (RFC 5530 section 3), else by words that providers write.
pub(crate) fn advice(text: &ResponseText) -> Advice {
    match &text.code {
        Some(Code::Unavailable | Code::InUse | Code::ServerBug) => return Advice::Later,
        Some(Code::AuthenticationFailed | Code::AuthorizationFailed | Code::Expired) => {
            return Advice::Credentials;
        }
        Some(Code::Limit) => return Advice::Throttled,
        // what Gmail says
        Some(Code::Other { name, .. }) if name.is("THROTTLED") => return Advice::Throttled,
        _ => {}
    }
    let words = text.text.to_str_lossy().to_ascii_lowercase();
    let has = |all: &[&str]| all.iter().any(|word| words.contains(word));
    if has(&["throttl", "rate limit", "too many", "try again later", "over quota limit for commands"]) {
        Advice::Throttled
    } else if has(&["but not connected"]) {
        Advice::Reconnect
    } else if has(&["temporar", "unavailable", "server busy", "internal error"]) {
        Advice::Later
    } else {
        Advice::Permanent
    }
}

/// Why a session cannot be opened or go on.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SessionError {
    /// The connection cannot go on.
    #[error(transparent)]
    Connection(#[from] Error),
    /// The server refused a step.
    #[error("the server refused {stage}: {}", .text.text)]
    Refused {
        /// Which step.
        stage: Stage,
        /// What it said.
        text: Box<ResponseText>,
    },
    /// The server closes the connection.
    #[error("the server closes the connection: {}", .0.text)]
    Bye(Box<ResponseText>),
    /// The server does not say that it speaks IMAP4rev1 or IMAP4rev2, though it was asked (RFC 9051 section 7.2.2).
    #[error("the server speaks no IMAP4rev1 or IMAP4rev2")]
    NotImap4,
    /// TLS is required and the server does not offer it: it cannot, or somebody took the offer out.
    #[error("the server does not offer STARTTLS")]
    NoStartTls,
    /// No way to log in fits.
    #[error("no way to log in: {0}")]
    NoMechanism(sasl_core::client::SelectError),
    /// The credentials cannot be sent with what the server offers.
    #[error("the credentials cannot be used: {0}")]
    Credentials(sasl_core::client::ClientError),
    /// The server refused the login.
    #[error("the server refused the login by {method}: {}", .text.text)]
    Login {
        /// The way that was tried last.
        method: Method,
        /// What it said.
        text: Box<ResponseText>,
    },
    /// The server could not prove that it knows the password, or broke the exchange: do not trust it.
    #[error("the server failed the login exchange: {0}")]
    Mutual(sasl_core::client::ClientError),
    /// A call does not fit the session.
    #[error(transparent)]
    Misuse(#[from] Misuse),
}

impl SessionError {
    /// What makes sense now (RFC 9051 section 7.1, RFC 5530 section 3).
    ///
    /// # Example
    ///
    /// ```
    /// use imap_proto::{Error, Wait, session::{Advice, SessionError}};
    ///
    /// assert_eq!(SessionError::from(Error::Timeout(Wait::Greeting)).advice(), Advice::Reconnect);
    /// assert_eq!(SessionError::NoStartTls.advice(), Advice::Permanent);
    /// ```
    pub fn advice(&self) -> Advice {
        match self {
            Self::Connection(Error::Timeout(_) | Error::Eof(_)) => Advice::Reconnect,
            Self::Refused { text, .. } | Self::Bye(text) => match advice(text) {
                Advice::Permanent if matches!(self, Self::Bye(_)) => Advice::Later,
                advice => advice,
            },
            Self::Login { text, method } => match advice(text) {
                Advice::Permanent if matches!(method, Method::Sasl(mechanism) if mechanism.is_bound()) => {
                    Advice::ChannelBinding
                }
                Advice::Permanent => Advice::Credentials,
                advice => advice,
            },
            _ => Advice::Permanent,
        }
    }
}

/// A command that was refused: what the server said, and what makes sense now.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("refused: {}", .text.text)]
#[non_exhaustive]
pub struct Refused {
    /// What the server said.
    pub text: Box<ResponseText>,
    /// Whether it did not understand (BAD), rather than not want to (NO).
    pub is_bad: bool,
    /// It was not the server that refused: the call does not fit the session, and nothing was sent. The text says the same.
    pub misuse: Option<Misuse>,
}

impl Refused {
    pub(crate) fn of(completion: Completion) -> Self {
        let is_bad = completion.status == crate::response::Status::Bad;
        Self { text: Box::new(completion.text), is_bad, misuse: None }
    }

    /// What makes sense now.
    pub fn advice(&self) -> Advice {
        advice(&self.text)
    }

    /// The response code.
    pub const fn code(&self) -> Option<&Code> {
        self.text.code.as_ref()
    }
}
