//! Internet messages and MIME.

pub mod charset;
pub mod coding;
mod config;
mod defect;
pub mod encoded_word;
mod message;
mod name;
mod push;
mod scan;
mod once;

pub use charset::Charset;
pub use coding::TransferEncoding;
pub use config::{Config, Limits};
pub use defect::{Defect, DefectKind, Report, Severity};
pub use push::{Content, Event, Push, PushedField};
pub use message::{Children, Field, Fields, Message, Parser, Part, Parts};
