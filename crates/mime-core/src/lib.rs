//! Internet messages and MIME.

mod address;
mod authentication_results;
mod author;
mod autocrypt;
pub mod charset;
pub mod coding;
#[cfg(feature = "compose")]
pub mod compose;
mod config;
mod content_disposition;
mod content_type;
mod cursor;
mod date_time;
mod defect;
pub mod edit;
pub mod encoded_word;
mod filename;
pub mod flowed;
#[cfg(feature = "html")]
pub mod html;
mod language;
mod lex;
mod list;
pub mod maildir;
mod mailto;
pub mod mbox;
mod message;
mod message_id;
mod name;
mod once;
mod params;
pub mod partial;
pub mod preview;
mod priority;
mod push;
mod received;
mod received_spf;
pub mod report;
mod scan;
pub mod tnef;

pub use address::{
    AddrSpec, Address, AddressError, AddressList, AddressRef, Group, GroupRef, Mailbox, MailboxRef, Mailboxes,
};
pub use authentication_results::{
    AuthenticationResults, AuthenticationResultsBuilder, AuthenticationResultsError, MethodResult, Property,
};
pub use author::{Author, AuthorError, authenticated_author};
pub use autocrypt::{Autocrypt, autocrypt_value};
pub use charset::Charset;
pub use coding::TransferEncoding;
pub use config::{Config, Limits};
pub use content_disposition::ContentDisposition;
pub use content_type::{ContentType, Kind};
pub use date_time::DateTime;
pub use defect::{Defect, DefectKind, Report, Severity};
pub use filename::{filename, safe_filename};
pub use language::{keywords, language_tags, mime_version};
pub use list::{ListId, ListUrls, archived_at, one_click};
pub use mailto::Mailto;
pub use message::{
    Bodies, Children, Choice, Field, Fields, Interpretations, Message, Parser, Part, Parts, Reading,
    StrictMessage,
};
pub use message_id::{MessageId, MessageIds, cid_content_id, cid_matches};
pub use params::{Param, Params};
pub use priority::{AutoSubmitted, Importance, Precedence};
pub use push::{Content, Event, Push, PushedField};
pub use received::{Host, Received};
pub use received_spf::ReceivedSpf;
