//! Mailboxes: LIST and STATUS.

mod attribute;
mod command;
mod entry;
mod pattern;
mod status;

pub use attribute::{MailboxAttribute, MailboxAttributes};
pub use command::{ListCommand, ListReturn, ListSelect};
pub(crate) use entry::Delimiter;
pub use entry::{ListEntry, ListExtended};
pub use pattern::ListPattern;
pub use status::{AppendLimit, MailboxStatus, StatusItem};
