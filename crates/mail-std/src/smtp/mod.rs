//! SMTP, submission and LMTP: a client that sends mail, and a server that takes it.

mod client;
mod pool;
mod server;

pub use client::{SendError, SmtpClient, SmtpClientBuilder};
pub use pool::SmtpPool;
pub use server::{Body, BodyLost, Handler, Recipient, ServerOptions, Session, serve, serve_connection};

/// 32 octets of the operating system's randomness, for the nonces of AUTH.
fn seed() -> std::io::Result<[u8; 32]> {
    let mut seed = [0; 32];
    getrandom::fill(&mut seed)?;
    Ok(seed)
}
