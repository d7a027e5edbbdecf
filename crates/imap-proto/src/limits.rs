//! What a peer may use of ours, and how long it may take.

use std::time::Duration;

use wire_core::__setters as setters;

/// Bounds on what a peer can make this side hold or do.
///
/// Two kinds, never mixed: *parsed* octets (lines, and literals inside of them: buffered) and *streamed* octets (message bodies:
/// large, counted, handed on as they come). The memory of a client connection is bounded by `response` plus 64 KiB of input
/// that the driver has read ahead, plus [`View`](crate::client::View) if the application keeps one.
///
/// # Example
///
/// ```
/// use imap_proto::Limits;
///
/// const SMALL: Limits = Limits::new().response(256 * 1024).inline_literal(4096);
/// assert_eq!(SMALL.chunk, 64 * 1024);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// Client: octets of one response, literals that are not streamed included; default 16 MiB, for a SEARCH of two million
    /// messages is one line. A line that is longer ends the connection; a response whose literals make it longer is passed over and
    /// told as damaged. Costs its size in buffer, when a server sends such a response.
    pub response: usize,
    /// Client: octets of a literal that is buffered; default 64 KiB. A longer one of a message is streamed, any other is passed over
    /// with its response and told as damaged if the response becomes longer than [`response`](#structfield.response).
    pub inline_literal: usize,
    /// Client: octets of one streamed literal; default 4 GiB. More end the connection.
    pub literal: u64,
    /// Client: octets of one piece of a streamed literal; default 64 KiB.
    pub chunk: usize,
    /// Client: messages of a mailbox whose UIDs and flags a [`View`](crate::client::View) remembers; default 1 000 000. Costs 32 octets each.
    pub view: usize,
    /// Both: lists inside lists; default 50. What is deeper is damaged.
    pub depth: usize,
    /// Server: octets of a command line before the login, literals not counted; default 8192 (RFC 2683 section 3.2.1.5). More
    /// are skipped and answered BAD.
    pub line_before_login: usize,
    /// Server: octets of a command line after it; default 64 KiB.
    pub line: usize,
    /// Server: octets of a literal before the login; default 4096 (RFC 7888 section 5).
    pub literal_before_login: usize,
    /// Server: octets of a literal that is no message; default 128 KiB.
    pub command_literal: usize,
    /// Server: octets of a command, literals included, messages not; default 1 MiB.
    pub command: usize,
    /// Client: octets of a message that is sent from a stream which are held for the wire; default 256 KiB.
    pub literal_window: usize,
    /// Client: octets of commands that are sent before an answer is waited for; default 64 KiB. A driver that cannot read while it
    /// writes needs 4096.
    pub pipeline_octets: usize,
    /// Client: commands that are sent before an answer is waited for; default 100.
    pub pipeline_commands: usize,
}

impl Limits {
    /// The defaults.
    pub const fn new() -> Self {
        Self {
            response: 16 * 1024 * 1024,
            inline_literal: 64 * 1024,
            literal: 4 * 1024 * 1024 * 1024,
            chunk: 64 * 1024,
            view: 1_000_000,
            depth: 50,
            line_before_login: 8192,
            line: 64 * 1024,
            literal_before_login: 4096,
            command_literal: 128 * 1024,
            command: 1024 * 1024,
            literal_window: 256 * 1024,
            pipeline_octets: 64 * 1024,
            pipeline_commands: 100,
        }
    }

    setters! {
        /// Sets [`response`](#structfield.response), in octets.
        response: usize,
        /// Sets [`inline_literal`](#structfield.inline_literal), in octets.
        inline_literal: usize,
        /// Sets [`literal`](#structfield.literal), in octets.
        literal: u64,
        /// Sets [`chunk`](#structfield.chunk), in octets.
        chunk: usize,
        /// Sets [`view`](#structfield.view).
        view: usize,
        /// Sets [`depth`](#structfield.depth).
        depth: usize,
        /// Sets [`line_before_login`](#structfield.line_before_login), in octets.
        line_before_login: usize,
        /// Sets [`line`](#structfield.line), in octets.
        line: usize,
        /// Sets [`literal_before_login`](#structfield.literal_before_login), in octets.
        literal_before_login: usize,
        /// Sets [`command_literal`](#structfield.command_literal), in octets.
        command_literal: usize,
        /// Sets [`command`](#structfield.command), in octets.
        command: usize,
        /// Sets [`literal_window`](#structfield.literal_window), in octets.
        literal_window: usize,
        /// Sets [`pipeline_octets`](#structfield.pipeline_octets), in octets.
        pipeline_octets: usize,
        /// Sets [`pipeline_commands`](#structfield.pipeline_commands).
        pipeline_commands: usize,
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self::new()
    }
}

/// How long a client waits for the server.
///
/// # Example
///
/// ```
/// use std::time::Duration;
/// use imap_proto::Timeouts;
///
/// const HASTY: Timeouts = Timeouts::new().response(Duration::from_secs(10));
/// assert_eq!(HASTY.idle, Duration::from_secs(29 * 60 - 60));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Timeouts {
    /// For the greeting; 2 minutes.
    pub greeting: Duration,
    /// For the next octet while a command is unanswered; 5 minutes. Every response, and every piece of one, begins it anew.
    pub response: Duration,
    /// How long IDLE lasts before it is ended and begun again, without the application noticing; 28 minutes: RFC 9051 section 6.3.13
    /// has servers end it after 30.
    pub idle: Duration,
    /// For a TLS handshake; 1 minute.
    pub tls: Duration,
}

impl Timeouts {
    /// The defaults.
    pub const fn new() -> Self {
        const MINUTE: u64 = 60;
        Self {
            greeting: Duration::from_secs(2 * MINUTE),
            response: Duration::from_secs(5 * MINUTE),
            idle: Duration::from_secs(28 * MINUTE),
            tls: Duration::from_secs(MINUTE),
        }
    }

    setters! {
        /// Sets [`greeting`](#structfield.greeting).
        greeting: Duration,
        /// Sets [`response`](#structfield.response).
        response: Duration,
        /// Sets [`idle`](#structfield.idle).
        idle: Duration,
        /// Sets [`tls`](#structfield.tls).
        tls: Duration,
    }
}

impl Default for Timeouts {
    fn default() -> Self {
        Self::new()
    }
}
