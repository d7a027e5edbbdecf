//! What every protocol machine is.

use std::sync::Arc;

use bytes::Bytes;

use crate::{Filter, Moment, RecvBuf, Sealed, SendBuf};

/// A protocol, one side of it, without I/O: octets and time go in, events and octets come out.
///
/// Commands and replies are methods of the concrete machine; they queue, nothing blocks, nothing is sent.
/// An [`crate::Endpoint`] owns the buffers and the layers and drives it.
pub trait Machine {
    /// What the machine tells the application: owned, so that it can be kept or sent to another task.
    type Event;
    /// Why the connection cannot go on. Errors are sticky: every later call returns the same.
    type Error: std::error::Error + Clone + Send + Sync + 'static;

    /// Advances by at most one event. Correct under any order and number of calls.
    ///
    /// # Errors
    ///
    /// When the connection cannot go on; a last reply to the peer is then already in `tx`.
    fn step(
        &mut self,
        now: Moment,
        rx: &mut RecvBuf,
        tx: &mut SendBuf,
    ) -> Result<Step<Self::Event>, Self::Error>;

    /// When `step` must run again even if nothing arrives. Spurious calls are harmless.
    fn deadline(&self) -> Option<Moment>;

    /// The layer asked for is in place; the state of the protocol restarts as its RFC says.
    fn layered(&mut self, layer: Layer);
}

/// What a machine wants next.
#[must_use]
#[non_exhaustive]
pub enum Step<E> {
    /// Something for the application.
    Event(E),
    /// Nothing to do until the peer sends something.
    Read,
    /// Nothing to do until the application answers: do not read on.
    Hold,
    /// Send what is queued, then do the handshake. It cannot be asked for without the proof.
    StartTls(Sealed),
    /// Send what is queued, then compress; octets left in the receive buffer already belong to the layer.
    Compress(Box<dyn Filter>),
    /// Send what is queued, then close.
    Close,
}

impl<E> std::fmt::Debug for Step<E> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Event(_) => "Event",
            Self::Read => "Read",
            Self::Hold => "Hold",
            Self::StartTls(_) => "StartTls",
            Self::Compress(_) => "Compress",
            Self::Close => "Close",
        })
    }
}

/// A layer that is now in place, and what a machine may want to know of it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Layer {
    /// TLS, with the result of its handshake.
    Tls(Arc<TlsSession>),
    /// DEFLATE, RFC 4978.
    Deflate,
}

/// The result of a TLS handshake, free of any TLS library's types.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct TlsSession {
    /// Protocol version as RFC 8446 and RFC 5246 name it: `TLSv1.3`, `TLSv1.2`.
    pub version: Option<&'static str>,
    /// Name of the cipher suite in the IANA registry.
    pub cipher_suite: Option<&'static str>,
    /// The application protocol agreed upon, RFC 7301.
    pub alpn: Option<Bytes>,
    /// The name the client asked for (SNI), on the server side.
    pub server_name: Option<Box<str>>,
    /// The peer's certificates in DER, leaf first.
    pub peer_certificates: Vec<Bytes>,
    /// Whether the peer's certificate was verified against the local policy.
    pub peer_verified: bool,
    /// The `tls-exporter` channel binding, RFC 9266.
    pub exporter: Option<[u8; 32]>,
    /// The `tls-server-end-point` channel binding, RFC 5929 section 4.
    pub server_end_point: Option<Bytes>,
}
