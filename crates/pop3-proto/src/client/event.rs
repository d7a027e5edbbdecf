//! What a client tells its application.

use std::num::NonZeroU32;
use std::sync::Arc;

use bytes::Bytes;
use wire_core::TlsSession;

use crate::{DropListing, Reply, ScanListing, UniqueIdListing};

/// Which command a reply belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CommandId(pub(super) NonZeroU32);

/// What a [`Client`](super::Client) tells its application.
///
/// A command that is refused is answered by [`Event::Reply`]. One that succeeds is too, and then, if its reply has
/// several lines, by what is in them and [`Event::End`]; STAT, and LIST and UIDL of one message, are answered by what
/// is in their reply instead.
///
/// Octets share the storage of what was read: [`wire_core::detach`] what is kept for long.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Event {
    /// The server is there, or refuses.
    Greeting(Reply),
    /// The reply to a command: its first line.
    Reply(CommandId, Reply),
    /// The answer to STAT.
    Stat(CommandId, DropListing),
    /// A line of LIST.
    Scan(CommandId, ScanListing),
    /// A line of UIDL.
    UniqueId(CommandId, UniqueIdListing),
    /// A line that should be one of the above, of LANG or of CAPA, and makes no sense; the others are not affected.
    Damaged(CommandId, Bytes),
    /// A line of LANG without argument: a language tag, and what the language is called.
    Language(CommandId, Bytes),
    /// A piece of a message, its stuffed dots taken out.
    Body(CommandId, Bytes),
    /// The reply of several lines is complete; that to CAPA is in [`Client::capabilities`](super::Client::capabilities)
    /// now.
    End(CommandId),
    /// TLS is in place; what the server offered before is forgotten, CAPA is due again.
    Secured(Arc<TlsSession>),
}
