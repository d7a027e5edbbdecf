//! Internet messages and MIME.

mod address;
pub mod charset;
mod config;
mod defect;
pub mod encoded_word;
mod lex;
mod message_id;

pub use address::{AddrSpec, Address, AddressError, Group, Mailbox};
pub use charset::Charset;
pub use config::{Config, Limits};
pub use defect::{Defect, DefectKind, Report, Severity};
pub use message_id::MessageId;
