//! POP3: a client that collects mail, and a server that gives it.

mod client;
mod download;
mod server;

pub use client::{CollectError, Message, Pop3Client, Pop3ClientBuilder};
pub use download::{Downloads, Mail};
pub use server::{Handler, Maildrop, ServerOptions, Session, serve, serve_connection};
