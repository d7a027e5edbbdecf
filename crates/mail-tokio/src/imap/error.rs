//! What can go wrong.

use std::io;

use imap_proto::response::ResponseText;
use imap_proto::session::{Advice, Refused, SessionError};
use imap_proto::{InvalidOctet, Misuse};
use wire_core::{LayerError, LayerFault};

use crate::Error;
use crate::client::TransportError;

/// Why something could not be done.
///
/// [`Refused`](Self::Refused), [`Misuse`](Self::Misuse), [`Invalid`](Self::Invalid), [`Missing`](Self::Missing) and
/// [`Store`](Self::Store) leave the session as it was. After anything else it is over: to connect again is the
/// caller's business, and [`advice`](Self::advice) says whether that makes sense.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ImapError {
    /// The host cannot be reached.
    #[error("cannot connect: {0}")]
    Connect(#[source] io::Error),
    /// The connection failed.
    #[error("the connection failed: {0}")]
    Io(#[source] io::Error),
    /// TLS failed; see its fault and cause.
    #[error(transparent)]
    Tls(LayerError),
    /// The configuration of TLS does not allow a session with this host.
    #[error("TLS cannot be configured: {0}")]
    TlsConfig(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The server refused the session or the login, broke the protocol, or went away.
    #[error(transparent)]
    Session(Box<SessionError>),
    /// The server refused a command.
    #[error("{command} was {refused}")]
    Refused {
        /// Which one.
        command: &'static str,
        /// What the server said.
        refused: Refused,
    },
    /// The server closed the session: what it said, if it said anything.
    #[error("the server closed the session{}", text(.0.as_deref()))]
    Closed(Option<Box<ResponseText>>),
    /// A call that does not fit the session, or that this server cannot carry out.
    #[error(transparent)]
    Misuse(#[from] Misuse),
    /// A name or a text that cannot be one.
    #[error(transparent)]
    Invalid(#[from] InvalidOctet),
    /// The server says that all is well, and does not give what was asked for: there is no such thing.
    #[error("the server does not give what was asked for")]
    Missing,
    /// The server gives more than can be believed.
    #[error("the server gives too much")]
    TooMuch,
    /// What was fetched could not be written to where it was to be stored.
    #[error("the message cannot be stored: {0}")]
    Store(#[source] io::Error),
    /// The message could not be read from its source.
    #[error("the message cannot be read: {0}")]
    Source(#[source] io::Error),
}

/// What the server said, behind a colon.
fn text(bye: Option<&ResponseText>) -> String {
    bye.map_or_else(String::new, |bye| format!(": {}", bye.text))
}

impl ImapError {
    /// What makes sense now.
    ///
    /// # Example
    ///
    /// ```
    /// use mail_tokio::imap::ImapError;
    /// use imap_proto::session::Advice;
    ///
    /// assert_eq!(ImapError::Closed(None).advice(), Advice::Reconnect);
    /// ```
    pub fn advice(&self) -> Advice {
        match self {
            Self::Session(error) => error.advice(),
            Self::Refused { refused, .. } => refused.advice(),
            Self::Closed(Some(bye)) => SessionError::Bye(bye.clone()).advice(),
            Self::Closed(None) | Self::Io(_) => Advice::Reconnect,
            Self::Connect(error) if error.kind() != io::ErrorKind::InvalidInput => Advice::Later,
            Self::Tls(error) if error.fault == LayerFault::Truncated => Advice::Reconnect,
            _ => Advice::Permanent,
        }
    }

    /// Whether trying again makes sense, at once or later: the server has a problem that passes, or the connection was
    /// lost.
    ///
    /// # Example
    ///
    /// ```
    /// use mail_tokio::imap::ImapError;
    ///
    /// assert!(ImapError::Closed(None).is_transient());
    /// assert!(!ImapError::Missing.is_transient());
    /// ```
    pub fn is_transient(&self) -> bool {
        matches!(self.advice(), Advice::Later | Advice::Throttled | Advice::Reconnect)
    }
}

impl From<TransportError> for ImapError {
    fn from(error: TransportError) -> Self {
        match error {
            TransportError::Connect(error) => Self::Connect(error),
            TransportError::Io(error) => Self::Io(error),
            TransportError::Tls(error) => Self::Tls(error),
            TransportError::TlsConfig(error) => Self::TlsConfig(error),
        }
    }
}

impl From<Error<SessionError>> for ImapError {
    fn from(error: Error<SessionError>) -> Self {
        TransportError::below(error).map_or_else(|error| Self::Session(Box::new(error)), Self::from)
    }
}
