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
    /// `None` when nothing more is to be said: the stream is not trusted, is gone, or the reply was given.
    ///
    /// ```
    /// use smtp_proto::{Error, Wait};
    ///
    /// assert_eq!(Error::Timeout(Wait::Command).reply().unwrap().code().value(), 421);
    /// assert!(Error::Eof(Wait::Command).reply().is_none());
    /// ```
    pub fn reply(&self) -> Option<Reply> {
        Some(match self {
            Self::Peer(PeerError::NotSmtp) | Self::Eof(_) => return None,
            // The command or message itself was answered already, and has no second reply.
            Self::Peer(PeerError::BareOctet(_) | PeerError::ChunkSize) => return None,
            Self::Peer(_) => Reply::fixed(554, (5, 5, 0), "protocol error, closing connection"),
            Self::Limit(_) => Reply::fixed(421, (4, 7, 0), "too many errors, closing connection"),
            Self::Timeout(_) => Reply::fixed(421, (4, 4, 2), "timeout, closing connection"),
            Self::Seal(_) => {
                Reply::fixed(554, (5, 5, 0), "data before the TLS handshake, closing connection")
            }
        })
    }
}

/// How the peer broke the protocol.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PeerError {
    /// What came first is no SMTP: a TLS record or an HTTP request.
    #[error("the peer does not speak SMTP")]
    NotSmtp,
    /// The client sent before it was greeted (RFC 5321 section 3.1).
    #[error("the client talks before the greeting")]
    EarlyTalker,
    /// The client did not wait for a reply although it had to (RFC 2920 section 3.1).
    #[error("commands are pipelined where they must not be")]
    Pipelining,
    /// The length of a BDAT chunk cannot be known (RFC 3030 section 2).
    #[error("the length of a chunk is not a number")]
    ChunkSize,
    /// The body holds a CR, LF or NUL that stands alone (RFC 5321 section 2.3.8).
    #[error("the message holds {0}")]
    BareOctet(wire_core::BareOctet),
    /// What should be a reply is none (RFC 5321 section 4.2).
    #[error(transparent)]
    Reply(#[from] ReplyError),
    /// A reply to nothing (RFC 5321 section 4.2: "every command must generate exactly one reply").
    #[error("the server sent a reply to no command")]
    Unsolicited,
    /// A reply whose code cannot answer the command.
    #[error("reply {code} does not answer the command")]
    Unexpected {
        /// The code of the reply.
        code: u16,
    },
}

/// Which limit the peer exceeded.
///
/// # Example
///
/// ```
/// use smtp_proto::{Error, Limit};
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
    #[error("more than {0} commands without a message")]
    JunkCommands(u32),
    /// [`Limits::auth_failures`](crate::Limits#structfield.auth_failures).
    #[error("more than {0} failed logins")]
    AuthFailures(u32),
    /// [`Limits::reply_line`](crate::Limits#structfield.reply_line).
    #[error("a reply line of more than {0} octets")]
    ReplyLine(usize),
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
    /// The 354 that opens a body.
    DataInitiation,
    /// The rest of a body.
    Body,
    /// The reply to a body.
    DataTermination,
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
            Self::DataInitiation => "the permission to send the message",
            Self::Body => "the rest of a message",
            Self::DataTermination => "the reply to a message",
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
    /// More octets than were announced.
    #[error("more octets than were announced")]
    BodyOverrun,
    /// Fewer octets than were announced.
    #[error("fewer octets than were announced")]
    BodyUnderrun,
    /// The reply does not fit what it answers.
    #[error("this reply does not answer this event")]
    Reply,
    /// The transaction has no recipient.
    #[error("no recipient")]
    NoRecipient,
    /// More commands are queued than the peer could be asked in one group.
    #[error("too many commands are queued")]
    QueueFull,
}
