//! Postwire on blocking std: the driver, and clients and servers made with it.
//!
//! The driver ([`Connection`]) moves octets between a stream and a [`wire_core::Endpoint`] and waits until the
//! machine's deadline; it knows no protocol. Everything else here is a face: [`smtp::SmtpClient`] sends mail,
//! [`smtp::serve`] takes it, [`pop3::Pop3Client`] collects it, [`pop3::serve`] gives it, [`imap::ImapClient`]
//! reads and keeps it where it is; a thread for each session.
//!
//! Names, types and errors are those of the tokio adapter, without `async`.

mod accept;
#[cfg(any(feature = "smtp", feature = "pop3", feature = "imap"))]
mod client;
mod connect;
mod connection;
#[cfg(feature = "imap")]
pub mod imap;
#[cfg(feature = "pop3")]
pub mod pop3;
#[cfg(any(feature = "smtp", feature = "pop3"))]
mod server;
#[cfg(feature = "smtp")]
pub mod smtp;

pub use accept::{AcceptLimits, Acceptor, Permit, Shutdown};
pub use connect::{ConnectError, ConnectOptions, connect, connect_addresses};
pub use connection::{Connection, Error, Stream, TlsSource, Waited};
#[cfg(any(feature = "smtp", feature = "pop3"))]
pub use server::{ServerConfig, ServerOptions};

/// 32 octets of the operating system's randomness, for the nonces of a login.
#[cfg(any(feature = "smtp", feature = "pop3", feature = "imap"))]
fn seed() -> std::io::Result<[u8; 32]> {
    let mut seed = [0; 32];
    getrandom::fill(&mut seed)?;
    Ok(seed)
}
