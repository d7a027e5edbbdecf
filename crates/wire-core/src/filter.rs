//! Layers between the wire and a machine, still without I/O.

use std::error::Error as StdError;
use std::sync::Arc;

use bytes::BytesMut;

use crate::{Eof, SendBuf, TlsSession};

/// TLS or DEFLATE: octets of the wire on one side, octets of the machine on the other.
pub trait Filter: Send {
    /// Consumes from `wire` and appends at most `max` octets to `plain`.
    ///
    /// Whatever is not consumed stays in `wire`. The bound is what keeps a small packet from becoming a
    /// large buffer; a filter may overshoot by less than one record (16 KiB).
    ///
    /// # Errors
    ///
    /// When the layer is broken; an alert for the peer may be waiting in [`encode`](Self::encode).
    fn decode(&mut self, wire: &mut BytesMut, plain: &mut BytesMut, max: usize) -> Result<(), LayerError>;

    /// Consumes from `plain` and appends to `wire`, together with whatever the layer itself has to send.
    ///
    /// Before the handshake is finished nothing of `plain` is consumed. It may leave part of `plain` for
    /// the next call to bound what is queued.
    ///
    /// # Errors
    ///
    /// When the layer is broken.
    fn encode(&mut self, plain: &mut SendBuf, wire: &mut SendBuf) -> Result<(), LayerError>;

    /// Whether the handshake is finished; layers without one are always ready.
    fn is_ready(&self) -> bool;

    /// Whether the peer has ended its side inside the layer (`close_notify`).
    fn is_ended(&self) -> bool;

    /// What the end of the wire means here.
    fn eof(&mut self) -> Eof;

    /// Queues the layer's own farewell (`close_notify`) behind what was encoded; harmless if repeated.
    fn close(&mut self);

    /// What the handshake agreed upon; `None` before its end and for layers without one.
    fn session(&self) -> Option<Arc<TlsSession>>;
}

/// What broke in a layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum LayerFault {
    /// The peer's certificate is not acceptable: who it is from, whom it names, or when it is valid.
    Certificate,
    /// What arrived is not a TLS record: most likely the peer speaks in clear on this port.
    NotTls,
    /// Both sides have no version, cipher suite or application protocol in common.
    Incompatible,
    /// The peer ended the handshake with an alert.
    Refused,
    /// The stream ended during the handshake.
    Truncated,
    /// Corrupt or forbidden data.
    Corrupt,
    /// A limit of ours was exceeded.
    Limit,
}

/// Why a layer cannot go on.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct LayerError {
    /// What broke.
    pub fault: LayerFault,
    /// The library's own error, if there is one.
    pub cause: Option<Arc<dyn StdError + Send + Sync>>,
}

impl LayerError {
    /// An error without a cause behind it.
    pub fn new(fault: LayerFault) -> Self {
        Self { fault, cause: None }
    }

    /// An error that a library reported.
    pub fn with_cause(fault: LayerFault, cause: impl StdError + Send + Sync + 'static) -> Self {
        Self { fault, cause: Some(Arc::new(cause)) }
    }
}

impl std::fmt::Display for LayerError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self.fault {
            LayerFault::Certificate => "the peer's certificate is not acceptable",
            LayerFault::NotTls => "the peer does not speak TLS here",
            LayerFault::Incompatible => "no TLS version, cipher suite or protocol in common",
            LayerFault::Refused => "the peer refused the TLS handshake",
            LayerFault::Truncated => "the connection ended during the handshake",
            LayerFault::Corrupt => "corrupt data in a layer",
            LayerFault::Limit => "a layer exceeded its limit",
        })
    }
}

impl StdError for LayerError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.cause.as_deref().map(|cause| cause as _)
    }
}
