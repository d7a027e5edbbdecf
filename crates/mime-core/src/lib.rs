//! Internet messages and MIME.

mod authentication_results;
pub mod charset;
mod config;
mod date_time;
mod defect;
pub mod encoded_word;
mod received;
mod scan;

pub use authentication_results::{
    AuthenticationResults, AuthenticationResultsBuilder, AuthenticationResultsError, MethodResult, Property,
};
pub use charset::Charset;
pub use config::{Config, Limits};
pub use date_time::DateTime;
pub use defect::{Defect, DefectKind, Report, Severity};
pub use received::{Host, Received};
