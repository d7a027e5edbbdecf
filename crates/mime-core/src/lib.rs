//! Internet messages and MIME.

pub mod charset;
mod config;
mod content_disposition;
mod content_type;
mod defect;
pub mod encoded_word;
mod filename;
mod once;
mod params;

pub use charset::Charset;
pub use config::{Config, Limits};
pub use content_disposition::ContentDisposition;
pub use content_type::{ContentType, Kind};
pub use defect::{Defect, DefectKind, Report, Severity};
pub use filename::{filename, safe_filename};
pub use params::{Param, Params};
