//! What a client tells its application.

use std::num::NonZeroU32;
use std::sync::Arc;

use bytes::Bytes;
use wire_core::TlsSession;

use crate::{
    Text, Untagged,
    response::{FetchItem, ResponseText, Status, Streamed},
};

/// Which command something belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CommandId(pub(super) NonZeroU32);

/// What a [`Client`](super::Client) tells its application.
///
/// Octets share the storage of what was read: `detach` what is kept for long.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Event {
    /// The server is there.
    Greeting {
        /// Whether it knows already who we are (PREAUTH, RFC 9051 section 7.1.4).
        authenticated: bool,
        /// What it says.
        text: ResponseText,
    },
    /// What the server says, asked or not: data of the command that is under way, news of the mailbox, warnings. Messages that
    /// come in pieces are told by the `Fetch` events instead.
    Untagged(Untagged),
    /// A message with a literal that is streamed begins: what came before the literal.
    FetchBegin {
        /// Its sequence number, or its UID if `by_uid`.
        number: u32,
        /// Whether the number is a UID (UIDFETCH, RFC 9586 section 3.3).
        by_uid: bool,
        /// What is known of it so far.
        items: Vec<FetchItem>,
    },
    /// A literal of the message begins: so many octets follow in [`BodyChunk`](Self::BodyChunk)s.
    BodyBegin {
        /// What it is.
        item: Streamed,
        /// Its length, in octets.
        octets: u64,
    },
    /// A piece of the literal.
    BodyChunk(Bytes),
    /// The literal is complete.
    BodyEnd,
    /// What stands between two literals of the message, or behind the last: [`FetchEnd`](Self::FetchEnd) follows in that case.
    FetchItems(Vec<FetchItem>),
    /// The message is complete.
    FetchEnd,
    /// The server waits for a literal that is streamed: so many octets, by [`Client::literal`](super::Client::literal).
    LiteralWanted {
        /// Of which command.
        id: CommandId,
        /// How many octets.
        octets: u64,
    },
    /// The server waits for news together with us: IDLE has begun. Told once, however often it is renewed.
    Idling(CommandId),
    /// A command is over.
    Done(CommandId, Completion),
    /// TLS is in place: what the server offered before is forgotten.
    Secured(Arc<TlsSession>),
    /// COMPRESS is in place.
    Compressed,
    /// A line that is nothing of the protocol; nothing else is affected.
    Stray(Text),
}

/// How a command ended.
#[derive(Clone, Debug, PartialEq)]
#[allow(clippy::exhaustive_structs)] // a tagged response has nothing else
pub struct Completion {
    /// Whether it was carried out.
    pub status: Status,
    /// What the server says about it.
    pub text: ResponseText,
}

impl Completion {
    /// Whether it was carried out.
    pub fn is_ok(&self) -> bool {
        self.status == Status::Ok
    }
}
