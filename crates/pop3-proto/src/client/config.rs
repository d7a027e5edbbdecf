//! How a client behaves.

use crate::{Limits, Quirks, Timeouts};
use wire_core::__setters as setters;

/// How a client behaves.
///
/// # Example
///
/// ```
/// use pop3_proto::client::Config;
///
/// const PATIENT: Config = Config::new().pipelining(false);
/// assert!(!PATIENT.pipelining);
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Config {
    /// Bounds on what the server can use.
    pub limits: Limits,
    /// How long the server may take.
    pub timeouts: Timeouts,
    /// Leniencies of the grammar, off by default.
    pub quirks: Quirks,
    /// Whether commands are pipelined when the server offers it (RFC 2449 section 6.6). On by default.
    pub pipelining: bool,
}

impl Config {
    /// The defaults.
    pub const fn new() -> Self {
        Self { limits: Limits::new(), timeouts: Timeouts::new(), quirks: Quirks::new(), pipelining: true }
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

    /// Sets [`quirks`](#structfield.quirks).
    #[must_use]
    pub fn quirks(mut self, quirks: Quirks) -> Self {
        self.quirks = quirks;
        self
    }

    setters! {
        /// Sets [`pipelining`](#structfield.pipelining).
        pipelining: bool,
    }
}

impl Default for Config {
    fn default() -> Self {
        Self::new()
    }
}
