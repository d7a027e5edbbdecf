//! POP3 with its extensions as sans-I/O machines, for clients and for servers.
//!
//! ```text
//! S: +OK pop.example.org POP3 server ready
//! C: CAPA
//! S: +OK capability list follows
//! S: TOP
//! S: UIDL
//! S: PIPELINING
//! S: USER
//! S: SASL SCRAM-SHA-256 PLAIN
//! S: .
//! C: USER mrose
//! S: +OK send the password
//! C: PASS tanstaaf
//! S: +OK maildrop locked and ready
//! C: RETR 1
//! C: DELE 1
//! S: +OK 120 octets
//! S: <the message>
//! S: .
//! S: +OK message deleted
//! C: QUIT
//! S: +OK deleted messages are removed, goodbye
//! ```
//!
//! | you write | use |
//! |---|---|
//! | a program that collects mail | [`collector::Collector`] and [`collector::Download`]: open the session, survey, retrieve what is new, delete what is stored |
//! | a client with commands of its own | [`client::Client`]: one method a command |
//! | a server | [`server::Server`]: enforces the protocol, answers what it knows, asks for maildrop and messages |
//! | a tool that reads the wire | [`Command::parse`], [`Reply::parse`], [`Capabilities`] |
//!
//! All machines are driven by [`wire_core::Endpoint`]; the adapters `mail-tokio` and `mail-std` do that over sockets.
//!
//! # A client's loop
//!
//! ```
//! use bytes::Buf;
//! use pop3_proto::collector::{Collector, Download, Event, Journal, Occurrence, Opening, Policy};
//! use sasl_core::Credentials;
//! use wire_core::{Endpoint, Moment, Progress, Security};
//!
//! // What a server says; a driver reads it from a socket.
//! let server = "+OK ready\r\n|-ERR no CAPA\r\n|+OK\r\n|+OK\r\n|+OK 1 3\r\n|+OK\r\n1 3\r\n.\r\n|+OK\r\n1 id1\r\n.\r\n\
//!               |+OK\r\nx\r\n.\r\n|+OK\r\n|+OK\r\n";
//! let mut server = server.split('|');
//!
//! let policy = sasl_core::client::Policy::new().dangerous_allow_cleartext_secrets();
//! let opening = Opening::new(Security::Clear, Credentials::password("mrose", "tanstaaf")).policy(policy);
//! let mut endpoint = Endpoint::new(Collector::new(opening, [7; 32], Moment::ORIGIN));
//! let (mut journal, mut download, mut stored) = (Journal::new(), None, Vec::new());
//! let mut sent = Vec::new();
//! loop {
//!     match endpoint.poll(Moment::ORIGIN).unwrap() {
//!         Progress::Event(Event::Ready) => endpoint.machine().survey().unwrap(),
//!         Progress::Event(Event::Survey(survey)) => {
//!             let begun = Download::begin(endpoint.machine(), Policy::Delete.into(), survey, &mut journal, 1_700_000_000);
//!             download = Some(begun.unwrap());
//!         }
//!         Progress::Event(event) => {
//!             let Some(download) = &mut download else { continue };
//!             match download.on_event(event) {
//!                 Some(Occurrence::Body(chunk)) => stored.extend_from_slice(&chunk),
//!                 // It is on the disk now.
//!                 Some(Occurrence::BodyEnd) => download.commit(&mut journal, endpoint.machine()).unwrap(),
//!                 _ => {}
//!             }
//!             if download.is_complete() && !download.is_deleting() {
//!                 let _ = endpoint.machine().quit();
//!             }
//!         }
//!         Progress::Io { .. } => {
//!             let tx = endpoint.transmit().unwrap();
//!             sent.extend_from_slice(&tx.copy_to_bytes(tx.len()));
//!             endpoint.recv_buf().extend_from_slice(server.next().unwrap().as_bytes());
//!         }
//!         _ => break,
//!     }
//! }
//! assert_eq!(stored, b"x\r\n");
//! assert!(sent.ends_with(b"RETR 1\r\nDELE 1\r\nQUIT\r\n"));
//! assert_eq!(journal.len(), 1);
//! ```
//!
//! # Standards
//!
//! | RFC | section | what | status |
//! |---|---|---|---|
//! | RFC 1939 | all | POP3 | yes, both sides; APOP is off by default |
//! | RFC 2449 | 3 to 8 | CAPA, response codes, limits | yes |
//! | RFC 2595 | 2, 4 | STLS | yes |
//! | RFC 3206 | 4 | SYS and AUTH response codes | yes |
//! | RFC 5034 | 3 to 5 | AUTH | yes, with every mechanism of `sasl-core` |
//! | RFC 6856 | 2, 3, 5 | UTF8, LANG | yes; surrogates for messages are the application's |
//! | RFC 8314 | 3, 4 | TLS first | yes |
//!
//! # Not supported
//!
//! RPOP, XTND and the other commands of older texts are refused like any unknown one. POP URLs (RFC 2384) and
//! simplified downgrading (RFC 6858) are not in this crate.

mod capabilities;
pub mod client;
pub mod collector;
mod command;
mod digits;
mod error;
mod hostname;
mod limits;
mod listing;
mod parse_error;
mod phrases;
mod reply;
mod response_code;
pub mod server;
mod timestamp;

pub use capabilities::{Capabilities, Expire};
pub use command::Command;
pub use error::{Error, Limit, Misuse, PeerError, Wait};
pub use hostname::{Hostname, InvalidHostname};
pub use limits::{Limits, Timeouts};
pub use listing::{DropListing, InvalidUniqueId, ScanListing, UniqueId, UniqueIdListing};
pub use parse_error::{Expected, ParseError};
pub use phrases::Language;
pub use reply::{InvalidReply, Quirks, Reply, ReplyError};
pub use response_code::ResponseCode;
pub use timestamp::timestamp;
