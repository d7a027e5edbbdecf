//! What a server tells its application.

use std::sync::Arc;

use bytes::Bytes;
use sasl_core::server::{Failure, Identity, Question};
use wire_core::{BareOctet, TlsSession};

use crate::{ForwardPath, Host, MailParams, RcptParams, ReversePath, XclientAttributes};

/// What a [`Server`](super::Server) tells its application.
///
/// Events marked *answer* hold the session until [`Server::reply`](super::Server::reply) or
/// [`Server::accept`](super::Server::accept) is called. Values are slices of the read buffer; copy
/// ([`wire_core::detach`]) what is kept beyond the transaction.
#[derive(Debug)]
#[non_exhaustive]
pub enum Event {
    /// A client is there. *Answer*: greet it (220), or refuse it (554, 521, 421).
    Connected,
    /// TLS is in place; everything learned before is forgotten.
    Secured(Arc<TlsSession>),
    /// EHLO, HELO or LHLO. *Answer*.
    Hello {
        /// Who the client says it is; not verified by anybody.
        host: Host,
        /// Whether extensions may be used (EHLO or LHLO).
        extended: bool,
    },
    /// AUTH needs a credential checked or fetched. Answer with
    /// [`Server::authenticate`](super::Server::authenticate).
    Authenticate(Question),
    /// AUTH succeeded; the client has been told.
    Authenticated(Identity),
    /// AUTH failed; the client has been told. For logs and rate limits.
    AuthenticationFailed(Failure),
    /// MAIL: a transaction begins. *Answer*.
    Mail {
        /// Where failures are reported.
        from: ReversePath,
        /// The extensions the client uses.
        params: MailParams,
    },
    /// RCPT. *Answer*.
    Recipient {
        /// Who shall get the message.
        to: ForwardPath,
        /// The extensions the client uses.
        params: RcptParams,
    },
    /// The client is about to send the message by DATA or BDAT. *Answer*: the place is prepared, or not.
    Data,
    /// A piece of the message, as it arrived. The next one is read when `step` is called again.
    Body(Bytes),
    /// The message is complete. *Answer*, and mean it: a 250 makes this side responsible
    /// (RFC 5321 section 6.1). With LMTP one answer for each accepted recipient, in order.
    BodyEnd,
    /// The transaction is over without a message: drop what was kept of it.
    Aborted(Abort),
    /// VRFY, if [`Config::vrfy`](super::Config#structfield.vrfy) is set. *Answer*.
    Verify(Bytes),
    /// EXPN, if [`Config::expn`](super::Config#structfield.expn) is set. *Answer*.
    Expand(Bytes),
    /// ETRN, if [`Config::etrn`](super::Config#structfield.etrn) is set: an opaque argument. *Answer*.
    TurnQueue(Bytes),
    /// XCLIENT from a trusted peer: the session restarts as that client's. *Answer*, then `Connected` follows.
    Xclient(XclientAttributes),
    /// XFORWARD from a trusted peer: for logs. *Answer*.
    Xforward(XclientAttributes),
}

/// Why a transaction ended without a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Abort {
    /// The client said RSET, EHLO or QUIT.
    Client,
    /// The message is longer than allowed.
    TooLong,
    /// The message holds a CR, LF or NUL that stands alone.
    Bare(BareOctet),
    /// The message has been around too often: more Received fields than allowed.
    Loop,
    /// A later BDAT chunk was refused.
    Chunk,
}
