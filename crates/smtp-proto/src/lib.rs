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
//! All machines are driven by [`wire_core::Endpoint`]; the adapters `mail-tokio` and `mail-std` do that over sockets.
//!
//! # A client's loop
//!
//! ```
//! use bytes::Buf;
//! use smtp_proto::Host;
//! use smtp_proto::sender::{Content, Envelope, Event, Opening, Security, Sender};
//! use wire_core::{Endpoint, Moment, Progress};
//!
//! // What a server says; a driver reads it from a socket.
//! let server = "220 mx.example.org\r\n|250 mx.example.org\r\n|250 ok\r\n|250 ok\r\n|354 go on\r\n|250 queued\r\n";
//! let mut server = server.split('|');
//!
//! let hello = Host::try_from("client.example.com")?;
//! let mut endpoint = Endpoint::new(Sender::new(Opening::new(hello, Security::Clear), [7; 32], Moment::ORIGIN));
//! let mut sent = Vec::new();
//! let outcome = loop {
//!     match endpoint.poll(Moment::ORIGIN)? {
//!         Progress::Event(Event::Ready) => {
//!             let envelope = Envelope::new("alice@example.com", ["bob@example.org"])?;
//!             endpoint.machine().send(envelope, Content::of(b"Subject: hello\r\n\r\n.\r\n"))?;
//!         }
//!         Progress::Event(Event::BodyWanted) => {
//!             endpoint.machine().body("Subject: hello\r\n\r\n.\r\n".into())?;
//!             endpoint.machine().end_body()?;
//!         }
//!         Progress::Event(Event::Sent(sent)) => break sent,
//!         Progress::Event(_) => {}
//!         Progress::Io { .. } => {
//!             let tx = endpoint.transmit()?;
//!             sent.extend_from_slice(&tx.copy_to_bytes(tx.len()));
//!             endpoint.recv_buf().extend_from_slice(server.next().unwrap().as_bytes());
//!         }
//!         _ => unreachable!(),
//!     }
//! };
//! assert!(outcome.all_accepted());
//! assert!(sent.ends_with(b"DATA\r\nSubject: hello\r\n\r\n..\r\n.\r\n"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Standards
//!
//! | RFC | section | what | status |
//! |---|---|---|---|
//! | RFC 5321 | 2 to 6 | SMTP | yes, both sides, as far as it concerns one hop |
//! | RFC 6409 | 3, 4, 6 | submission | yes, as configuration; messages are not changed |
//! | RFC 2033 | 4 | LMTP | yes, both sides |
//! | RFC 3207, RFC 8314 | | STARTTLS, TLS first | yes |
//! | RFC 4954 | 4, 5 | AUTH | yes, with every mechanism of `sasl-core` |
//! | RFC 1870, RFC 2920, RFC 3030, RFC 6152 | | SIZE, PIPELINING, CHUNKING and BINARYMIME, 8BITMIME | yes |
//! | RFC 2034, RFC 3463 | | enhanced status codes | yes, as an open set |
//! | RFC 3461, RFC 3464, RFC 6522, RFC 6533 | | delivery status notifications | yes, asked for and composed |
//! | RFC 6531 | 3 | SMTPUTF8 | yes |
//! | RFC 8689, RFC 9422, RFC 4865, RFC 2852, RFC 6710, RFC 7293 | | REQUIRETLS, LIMITS, FUTURERELEASE, DELIVERBY, MT-PRIORITY, RRVS | yes |
//! | RFC 1985 | 5 | ETRN | yes, off by default |
//! | XCLIENT, XFORWARD | | what Postfix has | yes, for configured peers |
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
