//! What a server asks and tells its application.

use std::sync::Arc;

use sasl_core::server::{Failure, Identity, Question};
use wire_core::TlsSession;

/// What a [`Server`](super::Server) asks or tells its application.
///
/// Messages are deleted on [`Event::Update`] and at no other time: if the connection ends without it, nothing is
/// (RFC 1939 section 6).
#[derive(Debug)]
#[non_exhaustive]
pub enum Event {
    /// A client is there. Answer with [`accept`](super::Server::accept), or refuse it with
    /// [`reply`](super::Server::reply).
    Connected,
    /// TLS is in place; what the client said before is forgotten. No answer.
    Secured(Arc<TlsSession>),
    /// A credential has to be checked or fetched. Answer with [`authenticate`](super::Server::authenticate).
    Authenticate(Question),
    /// A login failed, for logs and rate limits. No answer.
    AuthenticationFailed(Failure),
    /// The client is who it says: lock the maildrop and list it. Answer with [`open`](super::Server::open), or refuse
    /// it with [`reply`](super::Server::reply): [`Reply::in_use`](crate::Reply::in_use) if somebody else has the lock.
    Open(Identity),
    /// The client wants a message. Answer with [`accept`](super::Server::accept), then
    /// [`body`](super::Server::body) and [`end_body`](super::Server::end_body); or refuse it with
    /// [`reply`](super::Server::reply).
    #[non_exhaustive]
    Retrieve {
        /// Which one, counted from 1.
        message: u32,
        /// For TOP, how many lines of the body; the machine cuts it, but need not be given the rest. `None` for all.
        lines: Option<u64>,
        /// UTF8 is offered and the client has not asked for it: header fields in UTF-8 must not be sent
        /// (RFC 6856 section 2.1). Refuse with [`Reply::utf8_needed`](crate::Reply::utf8_needed), or give another
        /// message in its place.
        ascii_only: bool,
    },
    /// QUIT: remove these messages, ascending and counted from 1, none if the list is empty; release the lock. Answer
    /// with [`accept`](super::Server::accept), or with [`Reply::not_removed`](crate::Reply::not_removed) if some are
    /// left. The connection closes then.
    Update(Vec<u32>),
}
