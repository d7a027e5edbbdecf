//! What a peer may use of ours, and how long it may take.

use std::time::Duration;

use wire_core::__setters as setters;

/// Bounds on what a peer can make this side hold or do.
///
/// Two kinds, never mixed: *parsed* octets (lines and replies: small, buffered) and *streamed* octets
/// (bodies: large, counted, handed on as they come). The memory of a server connection is bounded by
/// `max(command_line, auth_line) + chunk + body_window` plus 64 KiB of input that the driver has read ahead, plus a
/// constant; of a client connection by `reply_line + reply_octets + body_window`, plus what the application queues.
///
/// # Example
///
/// ```
/// use smtp_proto::Limits;
///
/// const SMALL: Limits = Limits::new().message_octets(1024 * 1024).recipients(100);
/// assert_eq!(SMALL.message_octets, 1024 * 1024);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// Server: octets of a command line, CRLF included. Floor 512 (RFC 5321 section 4.5.3.1.4), raised by what the
    /// extensions add; default 4096. A longer line is skipped and answered 500 5.5.2. Costs its size in buffer.
    pub command_line: usize,
    /// Server: octets of a line during an AUTH exchange, CRLF included. Floor and default 12288
    /// (RFC 4954 section 4). A longer line ends the exchange with 500 5.5.6.
    pub auth_line: usize,
    /// Server: recipients of one transaction. Floor 100 (RFC 5321 section 4.5.3.1.8); default 1000, announced by
    /// LIMITS RCPTMAX (RFC 9422). More are answered 452 4.5.3. Costs a counter.
    pub recipients: u32,
    /// Server: octets of a message, streamed. Floor 64 KiB (RFC 5321 section 4.5.3.1.7); default 50 MiB, announced by
    /// SIZE (RFC 1870). The rest of a longer one is dropped as it comes and answered 552 5.3.4.
    pub message_octets: u64,
    /// Server: octets of one piece of a message that is handed to the application; default 64 KiB.
    pub chunk: usize,
    /// Server: commands answered with 500, 501, 503 or the like after which answers are delayed by one second;
    /// default 10.
    pub bad_commands_soft: u32,
    /// Server: such commands after which the connection is closed with 421 4.7.0; default 20.
    pub bad_commands: u32,
    /// Server: commands that make no progress (NOOP, RSET, VRFY, EHLO, ...) after which the connection is closed with
    /// 421 4.7.0; a delivered message resets the count; default 100.
    pub junk_commands: u32,
    /// Server: failed AUTH exchanges after which the connection is closed with 421 4.7.0; each one from the third on
    /// delays its answer by one more second; default 10.
    pub auth_failures: u32,
    /// Server: Received fields after which a message is taken for a loop and answered 554 5.4.6
    /// (RFC 5321 section 6.3); default 50.
    pub received_fields: u32,
    /// Client: octets of a reply line, CRLF included. Floor 512 (RFC 5321 section 4.5.3.1.5); default 2048. A longer one
    /// ends the connection.
    pub reply_line: usize,
    /// Client: lines of one reply; default 256. More end the connection.
    pub reply_lines: usize,
    /// Client: octets of one reply; default 64 KiB. More end the connection.
    pub reply_octets: usize,
    /// Client: octets of commands that are sent before a reply is waited for; default 64 KiB. A driver that
    /// cannot read while it writes needs 4096 (RFC 2920 section 3.1).
    pub pipeline_octets: usize,
    /// Client: octets of a message that are held for the wire. Server: of replies. Default 256 KiB. Commands are not read while
    /// so many wait: each reply that is due already still comes on top.
    pub body_window: usize,
}

impl Limits {
    /// The defaults.
    pub const fn new() -> Self {
        Self {
            command_line: 4096,
            auth_line: 12288,
            recipients: 1000,
            message_octets: 50 * 1024 * 1024,
            chunk: 64 * 1024,
            bad_commands_soft: 10,
            bad_commands: 20,
            junk_commands: 100,
            auth_failures: 10,
            received_fields: 50,
            reply_line: 2048,
            reply_lines: 256,
            reply_octets: 64 * 1024,
            pipeline_octets: 64 * 1024,
            body_window: 256 * 1024,
        }
    }
}

impl Limits {
    /// How much may wait for the wire; something always may.
    pub(crate) fn window(&self) -> usize {
        self.body_window.max(1)
    }

    setters! {
        /// Sets [`command_line`](#structfield.command_line), in octets.
        command_line: usize,
        /// Sets [`auth_line`](#structfield.auth_line), in octets.
        auth_line: usize,
        /// Sets [`recipients`](#structfield.recipients).
        recipients: u32,
        /// Sets [`message_octets`](#structfield.message_octets).
        message_octets: u64,
        /// Sets [`chunk`](#structfield.chunk), in octets.
        chunk: usize,
        /// Sets [`bad_commands_soft`](#structfield.bad_commands_soft).
        bad_commands_soft: u32,
        /// Sets [`bad_commands`](#structfield.bad_commands).
        bad_commands: u32,
        /// Sets [`junk_commands`](#structfield.junk_commands).
        junk_commands: u32,
        /// Sets [`auth_failures`](#structfield.auth_failures).
        auth_failures: u32,
        /// Sets [`received_fields`](#structfield.received_fields).
        received_fields: u32,
        /// Sets [`reply_line`](#structfield.reply_line), in octets.
        reply_line: usize,
        /// Sets [`reply_lines`](#structfield.reply_lines).
        reply_lines: usize,
        /// Sets [`reply_octets`](#structfield.reply_octets).
        reply_octets: usize,
        /// Sets [`pipeline_octets`](#structfield.pipeline_octets).
        pipeline_octets: usize,
        /// Sets [`body_window`](#structfield.body_window), in octets.
        body_window: usize,
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self::new()
    }
}

/// How long each side waits for the other; the defaults are the minima of RFC 5321 section 4.5.3.2.
///
/// # Example
///
/// ```
/// use std::time::Duration;
/// use smtp_proto::Timeouts;
///
/// const HASTY: Timeouts = Timeouts::new().command(Duration::from_secs(10));
/// assert_eq!(HASTY.greeting, Duration::from_secs(300));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Timeouts {
    /// Client: for the greeting; 5 minutes (RFC 5321 section 4.5.3.2.1).
    pub greeting: Duration,
    /// Client: for the reply to MAIL, RCPT and what has no timeout of its own; 5 minutes
    /// (RFC 5321 section 4.5.3.2.2, RFC 5321 section 4.5.3.2.3). Server: for the next complete command;
    /// 5 minutes (RFC 5321 section 4.5.3.2.7). Octets of an unfinished line do not extend it.
    pub command: Duration,
    /// Client: for the 354 after DATA; 2 minutes (RFC 5321 section 4.5.3.2.4).
    pub data_initiation: Duration,
    /// Both: for the next piece of a body to go or come; 3 minutes (RFC 5321 section 4.5.3.2.5).
    pub data_block: Duration,
    /// Client: for the reply after the end of the body; 10 minutes (RFC 5321 section 4.5.3.2.6).
    pub data_termination: Duration,
    /// Both: for a TLS handshake; 1 minute.
    pub tls: Duration,
    /// Server: octets a second below which a body uses up its time; 500. Zero switches the rule off.
    pub minimum_rate: u32,
}

impl Timeouts {
    /// The defaults.
    pub const fn new() -> Self {
        const MINUTE: u64 = 60;
        Self {
            greeting: Duration::from_secs(5 * MINUTE),
            command: Duration::from_secs(5 * MINUTE),
            data_initiation: Duration::from_secs(2 * MINUTE),
            data_block: Duration::from_secs(3 * MINUTE),
            data_termination: Duration::from_secs(10 * MINUTE),
            tls: Duration::from_secs(MINUTE),
            minimum_rate: 500,
        }
    }

    setters! {
        /// Sets [`greeting`](#structfield.greeting).
        greeting: Duration,
        /// Sets [`command`](#structfield.command).
        command: Duration,
        /// Sets [`data_initiation`](#structfield.data_initiation).
        data_initiation: Duration,
        /// Sets [`data_block`](#structfield.data_block).
        data_block: Duration,
        /// Sets [`data_termination`](#structfield.data_termination).
        data_termination: Duration,
        /// Sets [`tls`](#structfield.tls).
        tls: Duration,
        /// Sets [`minimum_rate`](#structfield.minimum_rate), in octets a second.
        minimum_rate: u32,
    }
}

impl Default for Timeouts {
    fn default() -> Self {
        Self::new()
    }
}
