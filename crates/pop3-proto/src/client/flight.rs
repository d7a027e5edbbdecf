//! Commands that wait to be sent, and commands that wait for their reply.

use super::CommandId;

/// What kind of command it is, as far as pipelining and its reply are concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Stat,
    List(Option<u32>),
    Uidl(Option<u32>),
    /// RETR and TOP.
    Message,
    Capa,
    Languages,
    Stls,
    Auth,
    /// USER, whose argument a transcript may show.
    User,
    /// PASS and APOP.
    Login,
    Utf8,
    Dele,
    Rset,
    Quit,
    Other,
}

impl Kind {
    /// Whether nothing may be sent before the reply, because it changes what may follow.
    pub(super) fn ends_group(self) -> bool {
        // RFC 2595 section 4: "Once a client issues a STLS command, it MUST NOT issue further commands until a server
        // response is seen and the TLS negotiation is complete."
        matches!(self, Self::Stls | Self::Auth | Self::Login | Self::Utf8 | Self::Quit)
    }
}

/// A command that waits to be sent.
#[derive(Debug)]
pub(super) struct Queued {
    pub(super) id: CommandId,
    pub(super) kind: Kind,
    /// How long its line is in the text that waits, with its CRLF; AUTH and logins are completed when they are sent.
    pub(super) octets: usize,
    /// Nobody wants it to be sent any more.
    pub(super) abandoned: bool,
}

/// A command that waits for its reply.
#[derive(Debug)]
pub(super) struct Flight {
    pub(super) id: CommandId,
    pub(super) kind: Kind,
    pub(super) octets: usize,
    /// Nobody wants the reply any more.
    pub(super) abandoned: bool,
}
