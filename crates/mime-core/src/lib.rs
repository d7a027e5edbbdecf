//! Internet messages and MIME.

pub mod charset;
pub mod coding;
mod config;
mod defect;
pub mod encoded_word;

pub use charset::Charset;
pub use coding::TransferEncoding;
pub use config::{Config, Limits};
pub use defect::{Defect, DefectKind, Report, Severity};
