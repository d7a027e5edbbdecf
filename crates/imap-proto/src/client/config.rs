//! How a client behaves.

use wire_core::{__setters as setters, Security};

use crate::{Limits, Timeouts};

/// How a client behaves.
///
/// # Example
///
/// ```
/// use imap_proto::client::Config;
///
/// const ONE_BY_ONE: Config = Config::new().pipelining(false);
/// assert!(!ONE_BY_ONE.pipelining);
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Config {
    /// Bounds on what the server can use.
    pub limits: Limits,
    /// How long the server may take.
    pub timeouts: Timeouts,
    /// What the connection must have before anybody logs in. With [`Security::StartTls`] nothing that the server says in clear
    /// reaches the application but its greeting, and PREAUTH ends the connection.
    pub security: Security,
    /// Whether credentials may be sent without TLS; off by default.
    ///
    /// **Dangerous:** anybody on the path then has the password. For networks of one machine, and tests.
    pub dangerous_allow_cleartext_secrets: bool,
    /// Whether commands are sent before those before them are answered, where RFC 9051 section 5.5 allows it. On by default.
    pub pipelining: bool,
}

impl Config {
    /// The defaults: TLS from the first octet.
    pub const fn new() -> Self {
        Self {
            limits: Limits::new(),
            timeouts: Timeouts::new(),
            security: Security::ImplicitTls,
            dangerous_allow_cleartext_secrets: false,
            pipelining: true,
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
        /// Sets [`security`](#structfield.security).
        security: Security,
        /// Sets [`dangerous_allow_cleartext_secrets`](#structfield.dangerous_allow_cleartext_secrets).
        dangerous_allow_cleartext_secrets: bool,
        /// Sets [`pipelining`](#structfield.pipelining).
        pipelining: bool,
    }
}

impl Default for Config {
    fn default() -> Self {
        Self::new()
    }
}
