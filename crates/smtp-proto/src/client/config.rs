//! How a client behaves.

use crate::{Limits, Timeouts};
use wire_core::__setters as setters;

/// Which protocol a client speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Protocol {
    /// RFC 5321 and RFC 6409: SMTP, to a relay or a submission server.
    #[default]
    Smtp,
    /// RFC 2033: LMTP, with one reply for each recipient.
    Lmtp,
}

/// How a client behaves.
///
/// # Example
///
/// ```
/// use smtp_proto::client::{Config, Protocol};
///
/// const LMTP: Config = Config::new().protocol(Protocol::Lmtp);
/// assert!(LMTP.pipelining);
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Config {
    /// Which protocol.
    pub protocol: Protocol,
    /// Bounds on what the server can use.
    pub limits: Limits,
    /// How long the server may take.
    pub timeouts: Timeouts,
    /// Whether commands are pipelined when the server offers it (RFC 2920). On by default.
    pub pipelining: bool,
    /// Whether BDAT is used when the server offers it and the length is known (RFC 3030): no dot-stuffing,
    /// no end mark that could be confused. On by default; a message that is not line-oriented needs it.
    pub chunking: bool,
}

impl Config {
    /// The defaults.
    pub const fn new() -> Self {
        Self {
            protocol: Protocol::Smtp,
            limits: Limits::new(),
            timeouts: Timeouts::new(),
            pipelining: true,
            chunking: true,
        }
    }

    /// Sets [`limits`](#structfield.limits).
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Sets [`timeouts`](#structfield.timeouts).
    #[must_use]
    pub fn timeouts(mut self, timeouts: Timeouts) -> Self {
        self.timeouts = timeouts;
        self
    }

    setters! {
        /// Sets [`protocol`](#structfield.protocol).
        protocol: Protocol,
        /// Sets [`pipelining`](#structfield.pipelining).
        pipelining: bool,
        /// Sets [`chunking`](#structfield.chunking).
        chunking: bool,
    }
}

impl Default for Config {
    fn default() -> Self {
        Self::new()
    }
}
