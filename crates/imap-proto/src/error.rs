//! Why a connection cannot go on, and whose fault a wrong call is.

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
    Seal(#[from] wire_core::SealError),
    /// The peer left in the middle of something.
    #[error("the connection ended while waiting for {0}")]
    Eof(Wait),
}

/// How the peer broke the protocol.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PeerError {
    /// What came first is no IMAP: a TLS record or an HTTP response.
    #[error("the peer does not speak IMAP")]
    NotImap,
    /// The greeting is none (RFC 9051 section 7.1).
    #[error("the server does not greet")]
    Greeting,
    /// A second greeting.
    #[error("the server greets twice")]
    SecondGreeting,
    /// PREAUTH before TLS, which is then impossible (RFC 9051 section 7.1.4).
    #[error("the server says that TLS is not needed any more")]
    PreauthInClear,
    /// A tagged response to no command (RFC 9051 section 2.2.2).
    #[error("the server answers a command that was not sent")]
    UnknownTag,
    /// A continuation that nobody waits for (RFC 9051 section 7.6).
    #[error("the server asks for more of nothing")]
    Continuation,
    /// EXISTS or EXPUNGE without a number that could be one: which message is which is not known any more.
    #[error("the server counts what cannot be counted")]
    Count,
    /// UIDFETCH, though UIDONLY was not enabled (RFC 9586 section 3.3).
    #[error("the server names messages by UID alone without being asked to")]
    UidFetch,
    /// A response for people that is not of the protocol: what some servers say before they close.
    #[error("the server says something that is no response: {0}")]
    Line(crate::Text),
}

/// Which limit the peer exceeded. A [`Framer`](crate::frame::Framer) cannot go on behind either.
///
/// # Example
///
/// ```
/// use imap_proto::{Error, Limit};
///
/// assert_eq!(Error::from(Limit::Line(2000)).to_string(), "a line of more than 2000 octets");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Limit {
    /// Client: [`Limits::response`](crate::Limits#structfield.response). Server:
    /// [`Limits::line_before_login`](crate::Limits#structfield.line_before_login) or [`Limits::line`](crate::Limits#structfield.line).
    #[error("a line of more than {0} octets")]
    Line(usize),
    /// [`Limits::literal`](crate::Limits#structfield.literal); of a server before the login
    /// [`Limits::literal_before_login`](crate::Limits#structfield.literal_before_login).
    #[error("a literal of more than {0} octets")]
    Literal(u64),
}

/// What a side was waiting for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Wait {
    /// The server's greeting.
    Greeting,
    /// The answer to a command.
    Response,
    /// The rest of a literal.
    Literal,
    /// A continuation, to send a literal.
    Continuation,
    /// The next challenge of an AUTHENTICATE exchange.
    Authentication,
    /// The TLS handshake.
    Tls,
    /// News, while nothing is asked.
    News,
}

impl std::fmt::Display for Wait {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Greeting => "the greeting",
            Self::Response => "a response",
            Self::Literal => "the rest of a literal",
            Self::Continuation => "a continuation",
            Self::Authentication => "an authentication challenge",
            Self::Tls => "the TLS handshake",
            Self::News => "news",
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
    /// Credentials would go in clear.
    #[error("credentials are not sent without TLS")]
    Cleartext,
    /// More octets of a literal than were announced.
    #[error("more octets than were announced")]
    LiteralOverrun,
    /// Too many commands are queued.
    #[error("too many commands are queued")]
    QueueFull,
    /// What the call asks for could remove messages that it does not name.
    #[error("the server could remove other messages with these")]
    WouldExpungeOthers,
}
