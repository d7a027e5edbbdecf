//! Internet messages and MIME.

mod address;
pub mod charset;
pub mod coding;
mod config;
mod date_time;
mod defect;
pub mod encoded_word;
mod message;
mod name;
mod push;
mod scan;
mod once;
mod lex;
mod message_id;

pub use address::{AddrSpec, Address, AddressError, Group, Mailbox};
pub use charset::Charset;
pub use coding::TransferEncoding;
pub use config::{Config, Limits};
pub use date_time::DateTime;
pub use defect::{Defect, DefectKind, Report, Severity};
pub use push::{Content, Event, Push, PushedField};
pub use message::{Children, Field, Fields, Message, Parser, Part, Parts};
pub use message_id::MessageId;
