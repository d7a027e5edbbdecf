//! Internet messages and MIME.

mod address;
mod author;
pub mod charset;
pub mod coding;
mod config;
mod date_time;
mod defect;
pub mod edit;
pub mod encoded_word;
mod lex;
mod message;
mod message_id;
mod name;
mod once;
mod push;
mod scan;

pub use address::{
    AddrSpec, Address, AddressError, AddressList, AddressRef, Group, GroupRef, Mailbox, MailboxRef, Mailboxes,
};
pub use author::{Author, AuthorError, authenticated_author};
pub use charset::Charset;
pub use coding::TransferEncoding;
pub use config::{Config, Limits};
pub use date_time::DateTime;
pub use defect::{Defect, DefectKind, Report, Severity};
pub use message::{Children, Field, Fields, Message, Parser, Part, Parts};
pub use message_id::{MessageId, MessageIds, cid_content_id, cid_matches};
pub use push::{Content, Event, Push, PushedField};
