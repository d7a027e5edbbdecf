//! What is said of a message that is stored.

use crate::{
    DateTime, Flag, Flags, MailboxName,
    command::{Append, AppendData, AppendMessage, MessageData},
};

/// What is said of a message that is stored.
///
/// # Example
///
/// ```
/// use imap_proto::{Flag, session::AppendOptions};
///
/// let sent = AppendOptions::new().flags([Flag::SEEN]);
/// assert!(sent.flags.is_seen() && sent.date.is_none());
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct AppendOptions {
    /// Its flags.
    pub flags: Flags,
    /// When it arrived; without it, now.
    pub date: Option<DateTime>,
    /// Whether there may be NULs in it (RFC 3516 section 4.4), which needs a server with BINARY. Off by default.
    pub binary: bool,
}

impl AppendOptions {
    /// Without flags, arriving now.
    pub const fn new() -> Self {
        Self { flags: Flags::new(), date: None, binary: false }
    }

    /// Sets [`flags`](#structfield.flags).
    #[must_use]
    pub fn flags(mut self, flags: impl IntoIterator<Item = Flag>) -> Self {
        self.flags = flags.into_iter().collect();
        self
    }

    /// Sets [`date`](#structfield.date).
    #[must_use]
    pub const fn date(mut self, date: DateTime) -> Self {
        self.date = Some(date);
        self
    }

    /// Sets [`binary`](#structfield.binary).
    #[must_use]
    pub const fn binary(mut self, binary: bool) -> Self {
        self.binary = binary;
        self
    }

    /// The command that stores such a message of so many octets, which are given by [`Session::literal`](super::Session::literal).
    pub fn to_append(&self, mailbox: MailboxName, octets: u64) -> Append {
        let data = MessageData::streamed(octets);
        let data = if self.binary { data.literal8() } else { data };
        let mut message = AppendMessage::new(AppendData::Message(data));
        message.flags = self.flags.clone();
        message.date = self.date;
        Append::new(mailbox, message)
    }
}
