//! Why a connection cannot go on, and whose fault a wrong call is.

use wire_core::SealError;

use crate::{Reply, ReplyError};

/// Why a connection cannot go on. Sticky: the machine returns it again from then on.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The peer broke the protocol.
    #[error(transparent)]
    Peer(#[from] PeerError),
    /// The peer exceeded a limit of ours.
    #[error(transparent)]
    Limit(#[from] Limit),
    /// The peer was silent for too long.
    #[error("timeout while waiting for {0}")]
    Timeout(Wait),
    /// There was plaintext around an upgrade to TLS.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// The peer left in the middle of something.
    #[error("the connection ended while waiting for {0}")]
    Eof(Wait),
}

impl Error {
    /// What a server says before it closes; it is already in the send buffer when the error is returned.
    /// `None` when nothing more is to be said.
    ///
    /// ```
    /// use pop3_proto::{Error, Limit, Wait};
    ///
    /// assert!(Error::from(Limit::BadCommands(20)).reply().unwrap().is_negative());
    /// // RFC 1939 section 3: the server closes "without removing any messages or sending any response to the client".
    /// assert!(Error::Timeout(Wait::Command).reply().is_none());
    /// ```
    pub fn reply(&self) -> Option<Reply> {
        Some(match self {
            Self::Peer(PeerError::NotPop3) | Self::Eof(_) | Self::Timeout(_) => return None,
            // The command itself was answered already, and has no second reply.
            Self::Peer(PeerError::BareOctet(_)) | Self::Limit(Limit::AuthFailures(_)) => return None,
            Self::Peer(_) => Reply::fixed(false, None, &crate::phrases::PROTOCOL_ERROR),
            Self::Limit(_) => Reply::fixed(false, None, &crate::phrases::TOO_MANY_ERRORS),
            Self::Seal(_) => Reply::fixed(false, None, &crate::phrases::PLAINTEXT),
        })
    }
}

/// How the peer broke the protocol.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PeerError {
    /// What came first is no POP3: a TLS record or an HTTP request.
    #[error("the peer does not speak POP3")]
    NotPop3,
    /// The client sent before it was greeted (RFC 1939 section 4).
    #[error("the client talks before the greeting")]
    EarlyTalker,
    /// A line holds a CR, LF or NUL that stands alone: where it ends for others is not where it ends for us.
    #[error("a line holds {0}")]
    BareOctet(wire_core::BareOctet),
    /// What should be a reply is none (RFC 1939 section 3).
    #[error(transparent)]
    Reply(#[from] ReplyError),
    /// A reply to nothing: each command has one, in the order of the commands (RFC 2449 section 6.6).
    #[error("the server sent a reply to no command")]
    Unsolicited,
}

/// Which limit the peer exceeded.
///
/// # Example
///
/// ```
/// use pop3_proto::{Error, Limit};
///
/// assert_eq!(Error::from(Limit::ReplyLine(2048)).to_string(), "a reply line of more than 2048 octets");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Limit {
    /// [`Limits::bad_commands`](crate::Limits#structfield.bad_commands).
    #[error("more than {0} bad commands")]
    BadCommands(u32),
    /// [`Limits::junk_commands`](crate::Limits#structfield.junk_commands).
    #[error("more than {0} commands without a login")]
    JunkCommands(u32),
    /// [`Limits::auth_failures`](crate::Limits#structfield.auth_failures).
    #[error("more than {0} failed logins")]
    AuthFailures(u32),
    /// [`Limits::reply_line`](crate::Limits#structfield.reply_line), or
    /// [`Limits::auth_line`](crate::Limits#structfield.auth_line) for a challenge.
    #[error("a reply line of more than {0} octets")]
    ReplyLine(usize),
    /// [`Limits::capabilities`](crate::Limits#structfield.capabilities).
    #[error("a list of more than {0} capabilities")]
    Capabilities(usize),
    /// [`Limits::messages`](crate::Limits#structfield.messages).
    #[error("a listing of more than {0} messages")]
    Messages(u32),
    /// [`Limits::message_octets`](crate::Limits#structfield.message_octets).
    #[error("a message of more than {0} octets")]
    MessageOctets(u64),
}

/// What a side was waiting for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Wait {
    /// The server's greeting.
    Greeting,
    /// The next command.
    Command,
    /// A reply.
    Reply,
    /// The rest of a message or a listing.
    Body,
    /// The reply to QUIT after messages were marked as deleted: whether they are gone is not known.
    Update,
    /// The next response of an AUTH exchange.
    Authentication,
    /// The TLS handshake.
    Tls,
}

impl std::fmt::Display for Wait {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Greeting => "the greeting",
            Self::Command => "a command",
            Self::Reply => "a reply",
            Self::Body => "the rest of a message",
            Self::Update => "the removal of messages",
            Self::Authentication => "an authentication response",
            Self::Tls => "the TLS handshake",
        })
    }
}

/// A call that the machine cannot carry out now. The caller's fault; nothing has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Misuse {
    /// The call does not fit the state of the session.
    #[error("not possible in this state of the session")]
    State,
    /// The server does not offer the extension that the call needs.
    #[error("the server does not offer this extension")]
    NotOffered,
    /// The reply does not fit what it answers.
    #[error("this reply does not answer this event")]
    Reply,
    /// An argument cannot stand in a command: it is empty, too long, or holds a control character.
    #[error("an argument cannot stand in a command")]
    Argument,
    /// More commands are queued than the peer could be asked in one group.
    #[error("too many commands are queued")]
    QueueFull,
}
