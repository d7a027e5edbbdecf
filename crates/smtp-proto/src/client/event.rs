//! What a client tells its application.

use std::num::NonZeroU32;
use std::sync::Arc;

use wire_core::TlsSession;

use crate::Reply;

/// Which command a reply belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CommandId(pub(super) NonZeroU32);

/// What a [`Client`](super::Client) tells its application.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Event {
    /// The server is there: 220, or it refuses (554, 521, 421).
    Greeting(Reply),
    /// The final reply to a command.
    Reply(CommandId, Reply),
    /// DATA was answered 354, or a BDAT chunk may be sent: give the body with
    /// [`Client::body`](super::Client::body), then [`Client::end_body`](super::Client::end_body).
    BodyWanted(CommandId),
    /// LMTP: the reply for one of the accepted recipients, counted from 0 in the order of RCPT.
    RecipientReply(CommandId, usize, Reply),
    /// TLS is in place; what the server offered before is forgotten, EHLO is due again.
    Secured(Arc<TlsSession>),
    /// The server announced that it closes (421) although nothing was asked (RFC 5321 section 3.8).
    Closing(Reply),
}
