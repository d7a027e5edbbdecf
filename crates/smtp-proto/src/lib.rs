//! SMTP, ESMTP, submission and LMTP as sans-I/O machines, for clients and for servers.
//!
//! ```text
//! S: 220 mx.example.org ESMTP
//! C: EHLO client.example.com
//! S: 250-mx.example.org
//! S: 250 PIPELINING
//! C: MAIL FROM:<alice@example.com>
//! C: RCPT TO:<bob@example.org>
//! C: DATA
//! S: 250 2.1.0 sender ok
//! S: 250 2.1.5 recipient ok
//! S: 354 end data with <CR><LF>.<CR><LF>
//! ```
//!
//! | you write | use |
//! |---|---|
//! | a program that sends mail | [`sender::Sender`]: opens the session, sends messages, tells the fate of each recipient |
//! | a client with commands of its own | [`client::Client`]: one method a command |
//! | a server: MX, submission, LMTP | [`server::Server`]: enforces the protocol, asks for decisions |
//! | a tool that reads the wire | [`Command::parse`], [`ReplyParser`] |
//!
//! All machines are driven by [`wire_core::Endpoint`]; the adapters `mail-tokio` and `mail-std` do that over
//! sockets.
//!
//! # Not supported
//!
//! TURN, SEND, SOML, SAML (RFC 821), ATRN (RFC 2645) and BURL (RFC 4468) are recognised and refused; content
//! conversion (RFC 4141) and checkpoints (RFC 1845) are not offered.

pub mod address;
mod capabilities;
pub mod client;
mod command;
mod date;
pub mod dsn;
mod enhanced;
mod error;
mod limits;
mod params;
mod parse_error;
mod reply;
pub mod sender;
pub mod server;
pub mod trace;
mod xclient;
pub mod xtext;

pub use address::{AddressError, AddressLiteral, Domain, ForwardPath, Host, LocalPart, Mailbox, ReversePath};
pub use capabilities::{AnnouncedLimits, Capabilities};
pub use command::{Command, Quirks};
pub use date::DateTime;
pub use enhanced::EnhancedCode;
pub use error::{Error, Limit, Misuse, PeerError, Wait};
pub use limits::{Limits, Timeouts};
pub use params::{
    Body, By, ByMode, Hold, MailParams, Notify, OriginalRecipient, ParamError, RawParam, RcptParams, Return,
    SenderAuth,
};
pub use parse_error::{Expected, ParseError};
pub use reply::{InvalidReply, Reply, ReplyCode, ReplyError, ReplyParser};
pub use xclient::XclientAttributes;
