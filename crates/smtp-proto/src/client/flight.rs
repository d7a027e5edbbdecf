//! Commands that wait to be sent, and commands that wait for their reply.

use bytes::Bytes;

use super::CommandId;

/// What kind of command it is, as far as pipelining and its reply are concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Ehlo,
    StartTls,
    Auth,
    Mail,
    Rcpt,
    Data,
    Bdat {
        octets: u64,
        last: bool,
    },
    /// The end of a body; with LMTP one for each recipient.
    Body {
        recipient: bool,
    },
    Rset,
    Xclient,
    Quit,
    Other,
}

impl Kind {
    /// Whether nothing may be sent before the reply: the table of RFC 2920 section 3.1.
    pub(super) fn ends_group(self) -> bool {
        // RFC 2920 section 3.1 allows MAIL behind the end of a message; a BDAT chunk may follow another.
        !matches!(self, Self::Mail | Self::Rcpt | Self::Rset | Self::Body { .. } | Self::Bdat { .. })
    }
}

/// A command that waits to be sent.
#[derive(Debug)]
pub(super) struct Queued {
    pub(super) id: CommandId,
    pub(super) kind: Kind,
    pub(super) text: Bytes,
}

/// A command that waits for its reply.
#[derive(Debug)]
pub(super) struct Flight {
    pub(super) id: CommandId,
    pub(super) kind: Kind,
    pub(super) octets: usize,
    /// Which recipient, for the end of an LMTP body.
    pub(super) index: usize,
}
