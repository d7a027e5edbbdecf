//! Postwire on blocking std: the driver, and clients and servers made with it.
//!
//! The driver ([`Connection`]) moves octets between a stream and a [`wire_core::Endpoint`] and waits until the
//! machine's deadline; it knows no protocol. Everything else here is a face: [`smtp::SmtpClient`] sends mail,
//! [`smtp::serve`] takes it, a thread for each session.
//!
//! Names, types and errors are those of the tokio adapter, without `async`.

mod accept;
#[cfg(feature = "smtp")]
mod client;
mod connect;
mod connection;
#[cfg(feature = "smtp")]
mod server;
#[cfg(feature = "smtp")]
pub mod smtp;

pub use accept::{AcceptLimits, Acceptor, Permit, Shutdown};
pub use connect::{ConnectOptions, connect, connect_addresses};
pub use connection::{Connection, Error, Stream, TlsSource, Waited};
#[cfg(feature = "smtp")]
pub use server::{ServerConfig, ServerOptions};

/// 32 octets of the operating system's randomness, for the nonces of a login.
#[cfg(feature = "smtp")]
fn seed() -> std::io::Result<[u8; 32]> {
    let mut seed = [0; 32];
    getrandom::fill(&mut seed)?;
    Ok(seed)
}
