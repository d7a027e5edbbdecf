//! Addresses: lists of them read without loss, single ones kept and written.
//!
//! RFC 5322 section 3.4, with the obsolete syntax of RFC 5322 section 4.4 and UTF-8 (RFC 6532 section 3.2).

mod error;
mod item;
mod mailbox;
mod parse;
mod spoof;
mod text;
mod types;

pub use error::AddressError;
pub use mailbox::{AddressRef, GroupRef, MailboxRef};
pub use parse::{AddressList, Mailboxes};
pub(crate) use types::check_plain;
pub use types::{AddrSpec, Address, Group, Mailbox};
