//! Internet messages and MIME.

mod address;
pub mod charset;
pub mod coding;
mod config;
mod date_time;
mod content_disposition;
mod content_type;
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
mod filename;
mod once;
mod params;

pub use address::{AddrSpec, Address, AddressError, Group, Mailbox};
pub use charset::Charset;
pub use coding::TransferEncoding;
pub use config::{Config, Limits};
pub use date_time::DateTime;
pub use defect::{Defect, DefectKind, Report, Severity};
pub use message::{Children, Field, Fields, Message, Parser, Part, Parts};
pub use message_id::MessageId;
pub use push::{Content, Event, Push, PushedField};
pub use content_disposition::ContentDisposition;
pub use content_type::{ContentType, Kind};
pub use defect::{Defect, DefectKind, Report, Severity};
pub use filename::{filename, safe_filename};
pub use params::{Param, Params};
