//! What a server offers and insists on.

use std::time::Duration;

use crate::{Domain, Limits, Quirks, Timeouts};
use wire_core::__setters as setters;

/// Which protocol a server speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Protocol {
    /// RFC 5321: mail from other servers.
    Smtp,
    /// RFC 6409: mail from users, who authenticate.
    Submission,
    /// RFC 2033: local delivery, with one reply for each recipient.
    Lmtp,
}

/// What a server does with a CR, LF or NUL that stands alone in a message.
///
/// None of them is ever taken for a line end or for the end of the message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum BareNewline {
    /// Reads the message to its end, answers 554 5.6.11 and closes: what follows cannot be trusted.
    #[default]
    Reject,
    /// Turns a lone CR or LF into CRLF and drops NUL before the application sees it. For senders that break
    /// the rule and cannot be mended. Costs a copy of such chunks, and breaks signatures.
    Normalize,
    /// Hands the message on as it is. The application must not relay it by DATA.
    Keep,
}

/// What a server does with commands that come before the reply they should wait for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Pipelining {
    /// PIPELINING is offered, and commands that should have been last in their group are forgiven.
    #[default]
    Lenient,
    /// PIPELINING is offered, and what follows a command that must be last in its group
    /// (RFC 2920 section 3.1) is answered 554 5.5.0 and the connection closed: it keeps many spam programs out.
    Strict,
    /// PIPELINING is not offered; any command that comes too early is answered 554 5.5.0 and the connection
    /// closed.
    Off,
}

/// What a server offers and insists on; shared by all its connections.
///
/// # Example
///
/// ```
/// use smtp_proto::server::{Config, Protocol};
///
/// let config = Config::new(Protocol::Submission, "mail.example.org".parse().unwrap()).tls(true);
/// assert!(config.auth_required && config.tls_for_auth);
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Config {
    /// Which protocol.
    pub protocol: Protocol,
    /// The name of this host: greeting, EHLO reply, Received fields.
    pub hostname: Domain,
    /// Bounds on what clients can use.
    pub limits: Limits,
    /// How long clients may take.
    pub timeouts: Timeouts,
    /// Leniencies of the grammar, off by default.
    pub quirks: Quirks,
    /// Whether STARTTLS is offered; the adapter must have a certificate. Off by default.
    pub tls: bool,
    /// Whether mail is taken under TLS only: everything but EHLO, NOOP, QUIT and STARTTLS is answered
    /// 530 5.7.0 in clear (RFC 3207 section 4). Not for a public MX. Off by default.
    pub tls_required: bool,
    /// Whether AUTH is taken under TLS only, as RFC 4954 section 4 and RFC 8314 section 3.3 want. On by
    /// default; switching it off exposes passwords.
    pub tls_for_auth: bool,
    /// The mechanisms and policy of AUTH; `None` offers none. `None` by default.
    pub auth: Option<sasl_core::server::Config>,
    /// Whether MAIL needs a login first (530 5.7.0, RFC 6409 section 4.3). On for submission.
    pub auth_required: bool,
    /// What happens to commands that come early.
    pub pipelining: Pipelining,
    /// What happens to lone CR, LF and NUL.
    pub bare_newline: BareNewline,
    /// How long a client is watched before it is greeted; one that talks is refused (554 5.5.0).
    /// Zero by default.
    pub greet_delay: Duration,
    /// CHUNKING and BINARYMIME, RFC 3030. On by default.
    pub chunking: bool,
    /// 8BITMIME, RFC 6152. On by default.
    pub eight_bit_mime: bool,
    /// SMTPUTF8, RFC 6531. On by default.
    pub smtp_utf8: bool,
    /// DSN, RFC 3461: the application must send the notifications. Off by default.
    pub dsn: bool,
    /// REQUIRETLS, RFC 8689, under TLS: the application must keep the promise. Off by default.
    pub require_tls: bool,
    /// DELIVERBY, RFC 2852, with the least time in seconds it accepts. Off by default.
    pub deliver_by: Option<u32>,
    /// FUTURERELEASE, RFC 4865, with the longest interval in seconds. Off by default.
    pub future_release: Option<u32>,
    /// MT-PRIORITY, RFC 6710. Off by default.
    pub mt_priority: bool,
    /// RRVS, RFC 7293. Off by default.
    pub rrvs: bool,
    /// Whether VRFY is passed to the application; otherwise it is answered 252 2.5.0 whatever the name
    /// (RFC 5321 section 7.3). Off by default.
    pub vrfy: bool,
    /// Whether EXPN is passed to the application; otherwise 502 5.5.1. Off by default.
    pub expn: bool,
    /// Whether ETRN (RFC 1985) is passed to the application; otherwise 502 5.5.1. Off by default.
    pub etrn: bool,
}

impl Config {
    /// The defaults for a protocol.
    pub fn new(protocol: Protocol, hostname: Domain) -> Self {
        Self {
            protocol,
            hostname,
            limits: Limits::new(),
            timeouts: Timeouts::new(),
            quirks: Quirks::default(),
            tls: false,
            tls_required: false,
            tls_for_auth: true,
            auth: None,
            auth_required: protocol == Protocol::Submission,
            pipelining: Pipelining::Lenient,
            bare_newline: BareNewline::Reject,
            greet_delay: Duration::ZERO,
            chunking: true,
            eight_bit_mime: true,
            smtp_utf8: true,
            dsn: false,
            require_tls: false,
            deliver_by: None,
            future_release: None,
            mt_priority: false,
            rrvs: false,
            vrfy: false,
            expn: false,
            etrn: false,
        }
    }

    /// A public mail exchanger: [`Protocol::Smtp`].
    pub fn mx(hostname: Domain) -> Self {
        Self::new(Protocol::Smtp, hostname)
    }

    /// A submission server: [`Protocol::Submission`].
    pub fn submission(hostname: Domain) -> Self {
        Self::new(Protocol::Submission, hostname)
    }

    /// A local delivery agent: [`Protocol::Lmtp`].
    pub fn lmtp(hostname: Domain) -> Self {
        Self::new(Protocol::Lmtp, hostname)
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

    /// Sets [`auth`](#structfield.auth).
    #[must_use]
    pub fn auth(mut self, auth: sasl_core::server::Config) -> Self {
        self.auth = Some(auth);
        self
    }

    /// Sets [`quirks`](#structfield.quirks).
    #[must_use]
    pub fn quirks(mut self, quirks: Quirks) -> Self {
        self.quirks = quirks;
        self
    }

    setters! {
        /// Sets [`tls`](#structfield.tls).
        tls: bool,
        /// Sets [`tls_required`](#structfield.tls_required).
        tls_required: bool,
        /// Sets [`tls_for_auth`](#structfield.tls_for_auth).
        tls_for_auth: bool,
        /// Sets [`auth_required`](#structfield.auth_required).
        auth_required: bool,
        /// Sets [`pipelining`](#structfield.pipelining).
        pipelining: Pipelining,
        /// Sets [`bare_newline`](#structfield.bare_newline).
        bare_newline: BareNewline,
        /// Sets [`greet_delay`](#structfield.greet_delay).
        greet_delay: Duration,
        /// Sets [`chunking`](#structfield.chunking).
        chunking: bool,
        /// Sets [`eight_bit_mime`](#structfield.eight_bit_mime).
        eight_bit_mime: bool,
        /// Sets [`smtp_utf8`](#structfield.smtp_utf8).
        smtp_utf8: bool,
        /// Sets [`dsn`](#structfield.dsn).
        dsn: bool,
        /// Sets [`require_tls`](#structfield.require_tls).
        require_tls: bool,
        /// Sets [`deliver_by`](#structfield.deliver_by), in seconds.
        deliver_by: Option<u32>,
        /// Sets [`future_release`](#structfield.future_release), in seconds.
        future_release: Option<u32>,
        /// Sets [`mt_priority`](#structfield.mt_priority).
        mt_priority: bool,
        /// Sets [`rrvs`](#structfield.rrvs).
        rrvs: bool,
        /// Sets [`vrfy`](#structfield.vrfy).
        vrfy: bool,
        /// Sets [`expn`](#structfield.expn).
        expn: bool,
        /// Sets [`etrn`](#structfield.etrn).
        etrn: bool,
    }
}
