//! IMAP: a client.
//!
//! [`ImapClient`] is a session; [`Mailbox`] is a mailbox that is selected, and borrows it. What takes long borrows the mailbox:
//! [`Messages`] that are fetched, a [`Download`], a [`Watch`] for news.

mod account;
mod append;
mod call;
mod client;
mod download;
mod error;
mod mailbox;
mod messages;
mod watch;

pub use client::{ImapClient, ImapClientBuilder};
pub use download::Download;
pub use error::ImapError;
pub use mailbox::Mailbox;
pub use messages::{Body, Fetched, Mail, Messages};
pub use watch::{Resync, Watch};
