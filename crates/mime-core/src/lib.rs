//! Internet messages and MIME.

pub mod charset;
mod config;
mod defect;
pub mod encoded_word;
pub mod maildir;
pub mod mbox;
pub mod report;
pub mod tnef;

pub use charset::Charset;
pub use config::{Config, Limits};
pub use defect::{Defect, DefectKind, Report, Severity};
