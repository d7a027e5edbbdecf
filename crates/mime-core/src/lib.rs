//! Internet messages and MIME.

mod authentication_results;
mod autocrypt;
pub mod charset;
mod config;
mod date_time;
mod defect;
pub mod encoded_word;
mod language;
mod list;
mod mailto;
mod priority;
mod received;
mod received_spf;
mod scan;

pub use authentication_results::{
    AuthenticationResults, AuthenticationResultsBuilder, AuthenticationResultsError, MethodResult, Property,
};
pub use autocrypt::{Autocrypt, autocrypt_value};
pub use charset::Charset;
pub use config::{Config, Limits};
pub use date_time::DateTime;
pub use defect::{Defect, DefectKind, Report, Severity};
pub use language::{keywords, language_tags, mime_version};
pub use list::{ListId, ListUrls, archived_at, one_click};
pub use mailto::Mailto;
pub use priority::{AutoSubmitted, Importance, Precedence};
pub use received::{Host, Received};
pub use received_spf::ReceivedSpf;
