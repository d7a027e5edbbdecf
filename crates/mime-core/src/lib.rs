//! Internet messages and MIME.

pub mod charset;
mod config;
mod defect;
pub mod encoded_word;
pub mod flowed;
#[cfg(feature = "html")]
pub mod html;
pub mod maildir;
pub mod mbox;
pub mod partial;
pub mod preview;
pub mod report;
pub mod tnef;

pub use charset::Charset;
pub use config::{Config, Limits};
pub use defect::{Defect, DefectKind, Report, Severity};
