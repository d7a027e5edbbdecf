//! What a server offers and insists on.

use std::time::Duration;

use bytes::Bytes;

use crate::{Expire, Hostname, InvalidReply, Limits, Reply, Timeouts};
use wire_core::__setters as setters;

/// What a server offers and insists on; shared by all its connections.
///
/// # Example
///
/// ```
/// use pop3_proto::server::Config;
///
/// # let secret = sasl_core::Secret::from("from the operating system, once");
/// let config = Config::new("pop.example.org".parse().unwrap(), sasl_core::server::Config::new(secret)).tls(true);
/// assert!(config.tls_for_auth && config.user_pass && !config.apop);
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Config {
    /// The name of this host: greeting, APOP timestamps.
    pub hostname: Hostname,
    /// Bounds on what clients can use.
    pub limits: Limits,
    /// How long clients may take.
    pub timeouts: Timeouts,
    /// The mechanisms and policy of AUTH; also those of USER, PASS and APOP, which need what PLAIN and CRAM-MD5 need.
    pub auth: sasl_core::server::Config,
    /// Whether STLS is offered; the adapter must have a certificate. Off by default.
    pub tls: bool,
    /// Whether any login is taken under TLS only, as RFC 2595 section 2.1 and RFC 8314 section 3.3 want. On by
    /// default; switching it off exposes mail, and passwords too if `auth` takes them in clear.
    pub tls_for_auth: bool,
    /// USER and PASS (RFC 1939 section 7). On by default.
    pub user_pass: bool,
    /// APOP (RFC 1939 section 7). Off by default: MD5 is broken, and the application must know passwords in clear.
    pub apop: bool,
    /// PIPELINING (RFC 2449 section 6.6). On by default; commands that come early are taken all the same.
    pub pipelining: bool,
    /// UTF8 (RFC 6856 section 2). Off by default: once it is offered, messages with header fields in UTF-8 must not be
    /// given to clients that did not ask for it, and most clients do not know how to.
    pub utf8: bool,
    /// LANG (RFC 6856 section 3): replies in German too. On by default.
    pub lang: bool,
    /// EXPIRE (RFC 2449 section 6.7): the policy of the application, which it may tell more exactly for a user by
    /// [`Listing::expire`](crate::server::Listing::expire). `None` says nothing. `None` by default.
    pub expire: Option<Expire>,
    /// LOGIN-DELAY (RFC 2449 section 6.5) in seconds, which the application enforces by refusing
    /// [`Event::Open`](crate::server::Event::Open) with [`Reply::login_delay`]; it may tell another value for a user
    /// by [`Listing::login_delay`](crate::server::Listing::login_delay). `None` by default.
    pub login_delay: Option<u32>,
    /// Whether the two values above may differ between users.
    pub per_user: bool,
    /// IMPLEMENTATION (RFC 2449 section 6.9). `None` by default.
    pub implementation: Option<Bytes>,
    /// Whether a message without an empty line behind its header fields gets one. Old clients (Outlook Express,
    /// Netscape) hang without. Changes what is sent, sizes are those of the message as it is. Off by default.
    pub complete_headers: bool,
    /// How long a client is watched before it is greeted; one that talks is refused. Zero by default.
    pub greet_delay: Duration,
}

impl Config {
    /// The defaults.
    pub const fn new(hostname: Hostname, auth: sasl_core::server::Config) -> Self {
        Self {
            hostname,
            limits: Limits::new(),
            timeouts: Timeouts::new(),
            auth,
            tls: false,
            tls_for_auth: true,
            user_pass: true,
            apop: false,
            pipelining: true,
            utf8: false,
            lang: true,
            expire: None,
            login_delay: None,
            per_user: false,
            implementation: None,
            complete_headers: false,
            greet_delay: Duration::ZERO,
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

    /// Sets [`implementation`](#structfield.implementation).
    ///
    /// # Errors
    ///
    /// [`InvalidReply`] if the text cannot stand in a line.
    pub fn implementation(mut self, text: &str) -> Result<Self, InvalidReply> {
        Reply::positive(text)?;
        self.implementation = Some(Bytes::copy_from_slice(text.as_bytes()));
        Ok(self)
    }

    setters! {
        /// Sets [`tls`](#structfield.tls).
        tls: bool,
        /// Sets [`tls_for_auth`](#structfield.tls_for_auth).
        tls_for_auth: bool,
        /// Sets [`user_pass`](#structfield.user_pass).
        user_pass: bool,
        /// Sets [`apop`](#structfield.apop).
        apop: bool,
        /// Sets [`pipelining`](#structfield.pipelining).
        pipelining: bool,
        /// Sets [`utf8`](#structfield.utf8).
        utf8: bool,
        /// Sets [`lang`](#structfield.lang).
        lang: bool,
        /// Sets [`expire`](#structfield.expire).
        expire: Option<Expire>,
        /// Sets [`login_delay`](#structfield.login_delay), in seconds.
        login_delay: Option<u32>,
        /// Sets [`per_user`](#structfield.per_user).
        per_user: bool,
        /// Sets [`complete_headers`](#structfield.complete_headers).
        complete_headers: bool,
        /// Sets [`greet_delay`](#structfield.greet_delay).
        greet_delay: Duration,
    }
}
