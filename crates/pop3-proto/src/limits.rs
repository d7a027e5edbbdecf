//! What a peer may use of ours, and how long it may take.

use std::time::Duration;

use wire_core::__setters as setters;

/// Bounds on what a peer can make this side hold or do.
///
/// Two kinds, never mixed: *parsed* octets (lines and replies: small, buffered) and *streamed* octets (messages:
/// large, counted, handed on as they come). The memory of a server connection is bounded by
/// `max(command_line, auth_line) + body_window` plus 64 KiB of input that the driver has read ahead, plus the
/// [`Listing`](crate::server::Listing) that the application gave; of a client connection by `reply_line + chunk`
/// plus 64 KiB, plus what the application keeps.
///
/// # Example
///
/// ```
/// use pop3_proto::Limits;
///
/// const SMALL: Limits = Limits::new().message_octets(1024 * 1024).auth_failures(3);
/// assert_eq!(SMALL.message_octets, 1024 * 1024);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// Server: octets of a command line, CRLF included. Floor 255 (RFC 2449 section 4); default 8192, since clients
    /// send tokens as initial responses although RFC 5034 section 4 limits them to 255. A longer line is skipped and
    /// answered `-ERR`. Costs its size in buffer.
    pub command_line: usize,
    /// Server: octets of a line during an AUTH exchange, CRLF included. Client: of a challenge. Default 12288, as
    /// RFC 4954 section 4 has it for SMTP. A longer line ends the exchange with `-ERR`; on the client, the connection.
    pub auth_line: usize,
    /// Server: commands answered with `-ERR` for their form or place after which answers are delayed by one second;
    /// default 10.
    pub bad_commands_soft: u32,
    /// Server: such commands after which the connection is closed; default 20.
    pub bad_commands: u32,
    /// Server: commands before the login that bring it no nearer (CAPA, NOOP, LANG, USER again, ...) after which the connection
    /// is closed; default 100.
    pub junk_commands: u32,
    /// Server: failed logins after which the connection is closed; each one from the third on delays its answer by one
    /// more second; default 10.
    pub auth_failures: u32,
    /// Server: octets of a message, of a listing or of replies that are held for the wire; default 256 KiB. Commands
    /// are not read while so many wait.
    pub body_window: usize,
    /// Client: octets of a reply line, of a listing or of a capability, CRLF included. Floor 512
    /// (RFC 2449 section 4); default 2048. A longer reply ends the connection; a longer line of a listing is skipped
    /// and told as damaged.
    pub reply_line: usize,
    /// Client: lines of one reply to CAPA or LANG, empty ones included; default 256. More end the connection.
    pub capabilities: usize,
    /// Client: lines of one reply to LIST or UIDL; default 1 000 000. More end the connection. Costs nothing in the
    /// machine; in a survey about 100 octets each.
    pub messages: u32,
    /// Client: octets of a unique id. Floor 70 (RFC 1939 section 7); default 255. A longer one is told as damaged.
    pub unique_id: usize,
    /// Client: octets of one message, streamed; default 4 GiB. More end the connection.
    pub message_octets: u64,
    /// Client: octets of one piece of a message that is handed to the application; default 64 KiB.
    pub chunk: usize,
    /// Client: octets of commands that are sent before a reply is waited for; default 64 KiB. A driver that cannot
    /// read while it writes needs 4096 (RFC 2449 section 6.6 wants it to fit the window of TCP).
    pub pipeline_octets: usize,
}

impl Limits {
    /// The defaults.
    pub const fn new() -> Self {
        Self {
            command_line: 8192,
            auth_line: 12288,
            bad_commands_soft: 10,
            bad_commands: 20,
            junk_commands: 100,
            auth_failures: 10,
            body_window: 256 * 1024,
            reply_line: 2048,
            capabilities: 256,
            messages: 1_000_000,
            unique_id: 255,
            message_octets: 4 * 1024 * 1024 * 1024,
            chunk: 64 * 1024,
            pipeline_octets: 64 * 1024,
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
        /// Sets [`bad_commands_soft`](#structfield.bad_commands_soft).
        bad_commands_soft: u32,
        /// Sets [`bad_commands`](#structfield.bad_commands).
        bad_commands: u32,
        /// Sets [`junk_commands`](#structfield.junk_commands).
        junk_commands: u32,
        /// Sets [`auth_failures`](#structfield.auth_failures).
        auth_failures: u32,
        /// Sets [`body_window`](#structfield.body_window), in octets.
        body_window: usize,
        /// Sets [`reply_line`](#structfield.reply_line), in octets.
        reply_line: usize,
        /// Sets [`capabilities`](#structfield.capabilities).
        capabilities: usize,
        /// Sets [`messages`](#structfield.messages).
        messages: u32,
        /// Sets [`unique_id`](#structfield.unique_id), in octets.
        unique_id: usize,
        /// Sets [`message_octets`](#structfield.message_octets).
        message_octets: u64,
        /// Sets [`chunk`](#structfield.chunk), in octets.
        chunk: usize,
        /// Sets [`pipeline_octets`](#structfield.pipeline_octets), in octets.
        pipeline_octets: usize,
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self::new()
    }
}

/// How long each side waits for the other.
///
/// # Example
///
/// ```
/// use std::time::Duration;
/// use pop3_proto::Timeouts;
///
/// const HASTY: Timeouts = Timeouts::new().reply(Duration::from_secs(10));
/// assert_eq!(HASTY.command, Duration::from_secs(600));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Timeouts {
    /// Server: for the next complete command, the autologout timer; 10 minutes, which is also the least that
    /// RFC 1939 section 3 allows. Octets of an unfinished line do not extend it.
    pub command: Duration,
    /// Both: for the next piece of a message or a listing to go or come; 3 minutes.
    pub data_block: Duration,
    /// Client: for the greeting; 2 minutes.
    pub greeting: Duration,
    /// Client: for a reply; 5 minutes, since a server may have to read a whole maildrop when it opens it.
    pub reply: Duration,
    /// Client: for the reply to QUIT, before which the server removes messages; 10 minutes.
    pub update: Duration,
    /// Both: for a TLS handshake; 1 minute.
    pub tls: Duration,
}

impl Timeouts {
    /// The defaults.
    pub const fn new() -> Self {
        const MINUTE: u64 = 60;
        Self {
            command: Duration::from_secs(10 * MINUTE),
            data_block: Duration::from_secs(3 * MINUTE),
            greeting: Duration::from_secs(2 * MINUTE),
            reply: Duration::from_secs(5 * MINUTE),
            update: Duration::from_secs(10 * MINUTE),
            tls: Duration::from_secs(MINUTE),
        }
    }

    setters! {
        /// Sets [`command`](#structfield.command).
        command: Duration,
        /// Sets [`data_block`](#structfield.data_block).
        data_block: Duration,
        /// Sets [`greeting`](#structfield.greeting).
        greeting: Duration,
        /// Sets [`reply`](#structfield.reply).
        reply: Duration,
        /// Sets [`update`](#structfield.update).
        update: Duration,
        /// Sets [`tls`](#structfield.tls).
        tls: Duration,
    }
}

impl Default for Timeouts {
    fn default() -> Self {
        Self::new()
    }
}
