//! SMTP, submission and LMTP: a client that sends mail, and a server that takes it.

mod client;
mod pool;
mod server;

pub use crate::ServerOptions;
pub use client::{SendError, SmtpClient, SmtpClientBuilder};
pub use pool::SmtpPool;
pub use server::{Body, BodyLost, Handler, Recipient, Session, serve, serve_connection};
