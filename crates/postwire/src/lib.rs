//! Email protocols for Rust: client and server, without I/O, with adapters for tokio and blocking std.
//!
//! One dependency for the family:
//!
//! | module | what it has | feature |
//! |---|---|---|
//! | [`wire`] | the contract: machines, endpoints, layers, time | |
//! | [`smtp`] | SMTP, submission, LMTP: grammar and machines of both sides | `smtp` |
//! | [`pop3`] | POP3: grammar and machines of both sides | `pop3` |
//! | [`imap`] | IMAP: grammar of both sides, machines of the client | `imap` |
//! | [`mime`] | messages: parsed as a tree or piece by piece; HTML as text with `html`, composed with `compose` | `mime`, `html` or `compose` |
//! | [`sasl`] | login mechanisms, both sides | `smtp`, `pop3` or `imap` |
//! | [`tls`] | TLS by rustls, both sides | `tls` |
//! | [`tokio`] | the driver on tokio, and clients and servers of the protocols that are on (of IMAP the client) | `tokio` |
//! | `blocking` | the same on blocking std | `blocking` |
//!
//! On by default is everything but `html` and `blocking`. Without `tls` connections are in clear, or bring a filter of their own.
//!
//! # Example
//!
//! ```no_run
//! # async fn example(password: String, message: bytes::Bytes) -> Result<(), Box<dyn std::error::Error>> {
//! use postwire::sasl::Credentials;
//! use postwire::smtp::sender::{Envelope, Security};
//! use postwire::tokio::smtp::SmtpClient;
//!
//! let mut smtp = SmtpClient::builder("mail.example.org", Security::ImplicitTls)
//!     .credentials(Credentials::password("alice", password))
//!     .connect().await?;
//! let sent = smtp.send(Envelope::new("alice@example.org", ["bob@example.net", "eve@example.com"])?, message).await?;
//! for (recipient, outcome) in &sent {
//!     println!("{recipient}: {outcome}");
//! }
//! # Ok(()) }
//! ```

pub use wire_core as wire;

#[cfg(feature = "imap")]
pub use imap_proto as imap;
#[cfg(feature = "blocking")]
pub use mail_std as blocking;
#[cfg(feature = "tokio")]
pub use mail_tokio as tokio;
#[cfg(feature = "mime")]
pub use mime_core as mime;
#[cfg(feature = "pop3")]
pub use pop3_proto as pop3;
#[cfg(any(feature = "smtp", feature = "pop3", feature = "imap"))]
pub use sasl_core as sasl;
#[cfg(feature = "smtp")]
pub use smtp_proto as smtp;
#[cfg(feature = "tls")]
pub use wire_rustls as tls;

pub use wire_core::{Secret, Security};

/// The programs of the README compile.
#[cfg(all(
    doctest,
    feature = "smtp",
    feature = "pop3",
    feature = "imap",
    feature = "compose",
    feature = "tls",
    feature = "tokio"
))]
#[doc = include_str!("../../../README.md")]
struct Readme;
