//! Commands: what clients say, read and written (RFC 9051 section 6).
//!
//! One variant of [`Command`] a command. Its arguments are a type that reads and writes itself; those of an extension are in
//! `extensions`, next to its responses. To add a command: its arguments, a variant, a line in `Command::reader` (`read.rs`),
//! [`Command::name`] and [`Command::encode`].

mod append;
mod append_reader;
#[cfg(test)]
mod append_tests;
mod fetch;
mod login;
mod partial;
mod read;
mod select;
mod store;
#[cfg(test)]
pub(crate) mod tests;
mod unknown;

use wire_core::Secret;

use crate::{
    Capabilities, Encoder, InvalidOctet, MailboxName, MessageSet, ParseError, Tag, Text, UidSet,
    extensions::{
        acl::{DeleteAcl, ListRightsCommand, SetAcl},
        id::Identification,
        metadata::{GetMetadata, SetMetadata},
        notify::Notify,
        quota::SetQuota,
        urlauth::{ResetKey, UrlRump},
    },
    list::{ListCommand, ListPattern, StatusItem},
    search::{MultiSearch, SearchCommand, SortCommand, ThreadCommand, UidBatchesCommand},
};

pub use append::{Append, AppendData, AppendMessage, CatPart, MessageData, Replace};
pub use append_reader::{AppendItem, AppendReader, Content};
pub use fetch::{FetchAttribute, FetchCommand, Preview};
pub use login::{Authenticate, Login};
pub use partial::Partial;
pub use select::{Create, QResync, Select};
pub use store::{Store, StoreAction, StoreItem};
pub use unknown::{Parameter, UnknownCommand};

/// A command of a client, without its tag.
///
/// Everything in it is validated: what can be built can be written, and nothing in it can become another command.
///
/// # Example
///
/// ```
/// use bytes::Bytes;
/// use imap_proto::{Command, Dialect, Encoder, Literals, Tag};
///
/// let (tag, command) = Command::parse(&Bytes::from_static(b"a2 select INBOX"), Dialect::REV1).unwrap();
/// assert_eq!(command.name(), "SELECT");
/// let mut encoder = Encoder::new(Literals::Plus, Dialect::REV1);
/// command.encode(&Tag::try_from("A7").unwrap(), &mut encoder);
/// assert_eq!(encoder.text(), b"A7 SELECT INBOX\r\n");
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Command {
    /// CAPABILITY (RFC 9051 section 6.1.1).
    Capability,
    /// NOOP (RFC 9051 section 6.1.2).
    Noop,
    /// LOGOUT (RFC 9051 section 6.1.3).
    Logout,
    /// STARTTLS (RFC 9051 section 6.2.1).
    StartTls,
    /// AUTHENTICATE (RFC 9051 section 6.2.2).
    Authenticate(Authenticate),
    /// LOGIN (RFC 9051 section 6.2.3).
    Login(Login),
    /// ENABLE (RFC 9051 section 6.3.1).
    Enable(Capabilities),
    /// SELECT (RFC 9051 section 6.3.2).
    Select(Select),
    /// EXAMINE (RFC 9051 section 6.3.3): SELECT that changes nothing.
    Examine(Select),
    /// CREATE (RFC 9051 section 6.3.4).
    Create(Create),
    /// DELETE (RFC 9051 section 6.3.5).
    Delete(MailboxName),
    /// RENAME (RFC 9051 section 6.3.6).
    Rename {
        /// What it is called.
        from: MailboxName,
        /// What it is to be called.
        to: MailboxName,
    },
    /// SUBSCRIBE (RFC 9051 section 6.3.7).
    Subscribe(MailboxName),
    /// UNSUBSCRIBE (RFC 9051 section 6.3.8).
    Unsubscribe(MailboxName),
    /// LIST (RFC 9051 section 6.3.9), simple or extended.
    List(ListCommand),
    /// LSUB (RFC 3501 section 6.3.9).
    Lsub {
        /// The reference name.
        reference: MailboxName,
        /// The name, with wildcards.
        pattern: ListPattern,
    },
    /// XLIST: what LIST with SPECIAL-USE was before it was a standard.
    Xlist {
        /// The reference name.
        reference: MailboxName,
        /// The name, with wildcards.
        pattern: ListPattern,
    },
    /// NAMESPACE (RFC 9051 section 6.3.10).
    Namespace,
    /// STATUS (RFC 9051 section 6.3.11).
    Status {
        /// Which mailbox.
        mailbox: MailboxName,
        /// What is asked of it.
        items: Vec<StatusItem>,
    },
    /// APPEND (RFC 9051 section 6.3.12), of several messages with MULTIAPPEND.
    Append(Append),
    /// IDLE (RFC 9051 section 6.3.13).
    Idle,
    /// CHECK (RFC 3501 section 6.4.1).
    Check,
    /// CLOSE (RFC 9051 section 6.4.1).
    Close,
    /// UNSELECT (RFC 9051 section 6.4.2).
    Unselect,
    /// EXPUNGE (RFC 9051 section 6.4.3).
    Expunge,
    /// UID EXPUNGE (RFC 9051 section 6.4.9).
    UidExpunge(UidSet),
    /// SEARCH and UID SEARCH (RFC 9051 section 6.4.4).
    Search(SearchCommand),
    /// SORT and UID SORT (RFC 5256 section 3).
    Sort(SortCommand),
    /// THREAD and UID THREAD (RFC 5256 section 3).
    Thread(ThreadCommand),
    /// ESEARCH: SEARCH in several mailboxes (RFC 7377 section 2.1).
    Esearch(MultiSearch),
    /// CANCELUPDATE (RFC 5267 section 4.3.5).
    CancelUpdate(Vec<Tag>),
    /// UIDBATCHES (RFC 10022 section 3.1).
    UidBatches(UidBatchesCommand),
    /// FETCH and UID FETCH (RFC 9051 section 6.4.5).
    Fetch(FetchCommand),
    /// STORE and UID STORE (RFC 9051 section 6.4.6).
    Store(Store),
    /// COPY and UID COPY (RFC 9051 section 6.4.7).
    Copy {
        /// Which messages.
        messages: MessageSet,
        /// Where to.
        mailbox: MailboxName,
    },
    /// MOVE and UID MOVE (RFC 9051 section 6.4.8).
    Move {
        /// Which messages.
        messages: MessageSet,
        /// Where to.
        mailbox: MailboxName,
    },
    /// REPLACE and UID REPLACE (RFC 8508 section 3).
    Replace(Replace),
    /// ID (RFC 2971 section 3.1).
    Id(Option<Identification>),
    /// COMPRESS DEFLATE (RFC 4978 section 3).
    Compress,
    /// UNAUTHENTICATE (RFC 8437 section 2).
    Unauthenticate,
    /// GETJMAPACCESS (RFC 9698 section 3).
    GetJmapAccess,
    /// SETACL (RFC 4314 section 3.1).
    SetAcl(SetAcl),
    /// DELETEACL (RFC 4314 section 3.2).
    DeleteAcl(DeleteAcl),
    /// GETACL (RFC 4314 section 3.3).
    GetAcl(MailboxName),
    /// LISTRIGHTS (RFC 4314 section 3.4).
    ListRights(ListRightsCommand),
    /// MYRIGHTS (RFC 4314 section 3.5).
    MyRights(MailboxName),
    /// GETQUOTA (RFC 9208 section 4.1.2).
    GetQuota(Text),
    /// GETQUOTAROOT (RFC 9208 section 4.1.3).
    GetQuotaRoot(MailboxName),
    /// SETQUOTA (RFC 9208 section 4.1.1).
    SetQuota(SetQuota),
    /// GETMETADATA (RFC 5464 section 4.2).
    GetMetadata(GetMetadata),
    /// SETMETADATA (RFC 5464 section 4.3).
    SetMetadata(SetMetadata),
    /// NOTIFY (RFC 5465 section 3).
    Notify(Notify),
    /// GENURLAUTH (RFC 4467 section 7).
    GenUrlAuth(Vec<UrlRump>),
    /// RESETKEY (RFC 4467 section 7).
    ResetKey(ResetKey),
    /// URLFETCH (RFC 4467 section 7).
    UrlFetch(Vec<Text>),
    /// Anything else.
    Unknown(UnknownCommand),
}

/// A frame that is no command: what is wrong, and the tag, if there is one to answer to.
///
/// # Example
///
/// ```
/// use imap_proto::{Command, Dialect};
///
/// let error = Command::parse(&"A1 FETCH 0 FLAGS".into(), Dialect::REV1).unwrap_err();
/// assert_eq!(error.tag.unwrap().as_str(), "A1");
/// assert_eq!(error.error.at(), 9);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{error}")]
#[allow(clippy::exhaustive_structs)] // there is nothing else to know
pub struct CommandError {
    /// The tag; without one the answer is untagged (RFC 9051 section 7.1.3).
    pub tag: Option<Tag>,
    /// What is wrong.
    pub error: ParseError,
}

impl Command {
    /// LOGIN with these.
    ///
    /// # Errors
    ///
    /// If one of them holds NUL, which no string may.
    pub fn login(user: &str, password: impl Into<Secret>) -> Result<Self, InvalidOctet> {
        Login::new(Text::try_from(user)?, password).map(Self::Login)
    }

    /// The name, with UID before it where the command has that form.
    pub fn name(&self) -> &str {
        let by = |uid: bool, with: &'static str, without: &'static str| if uid { with } else { without };
        match self {
            Self::Capability => "CAPABILITY",
            Self::Noop => "NOOP",
            Self::Logout => "LOGOUT",
            Self::StartTls => "STARTTLS",
            Self::Authenticate(_) => "AUTHENTICATE",
            Self::Login(_) => "LOGIN",
            Self::Enable(_) => "ENABLE",
            Self::Select(_) => "SELECT",
            Self::Examine(_) => "EXAMINE",
            Self::Create(_) => "CREATE",
            Self::Delete(_) => "DELETE",
            Self::Rename { .. } => "RENAME",
            Self::Subscribe(_) => "SUBSCRIBE",
            Self::Unsubscribe(_) => "UNSUBSCRIBE",
            Self::List(_) => "LIST",
            Self::Lsub { .. } => "LSUB",
            Self::Xlist { .. } => "XLIST",
            Self::Namespace => "NAMESPACE",
            Self::Status { .. } => "STATUS",
            Self::Append(_) => "APPEND",
            Self::Idle => "IDLE",
            Self::Check => "CHECK",
            Self::Close => "CLOSE",
            Self::Unselect => "UNSELECT",
            Self::Expunge => "EXPUNGE",
            Self::UidExpunge(_) => "UID EXPUNGE",
            Self::Search(search) => by(search.uid, "UID SEARCH", "SEARCH"),
            Self::Sort(sort) => by(sort.uid, "UID SORT", "SORT"),
            Self::Thread(thread) => by(thread.uid, "UID THREAD", "THREAD"),
            Self::Esearch(_) => "ESEARCH",
            Self::CancelUpdate(_) => "CANCELUPDATE",
            Self::UidBatches(_) => "UIDBATCHES",
            Self::Fetch(fetch) => by(fetch.messages.is_uid(), "UID FETCH", "FETCH"),
            Self::Store(store) => by(store.messages.is_uid(), "UID STORE", "STORE"),
            Self::Copy { messages, .. } => by(messages.is_uid(), "UID COPY", "COPY"),
            Self::Move { messages, .. } => by(messages.is_uid(), "UID MOVE", "MOVE"),
            Self::Replace(replace) => by(replace.message().is_uid(), "UID REPLACE", "REPLACE"),
            Self::Id(_) => "ID",
            Self::Compress => "COMPRESS",
            Self::Unauthenticate => "UNAUTHENTICATE",
            Self::GetJmapAccess => "GETJMAPACCESS",
            Self::SetAcl(_) => "SETACL",
            Self::DeleteAcl(_) => "DELETEACL",
            Self::GetAcl(_) => "GETACL",
            Self::ListRights(_) => "LISTRIGHTS",
            Self::MyRights(_) => "MYRIGHTS",
            Self::GetQuota(_) => "GETQUOTA",
            Self::GetQuotaRoot(_) => "GETQUOTAROOT",
            Self::SetQuota(_) => "SETQUOTA",
            Self::GetMetadata(_) => "GETMETADATA",
            Self::SetMetadata(_) => "SETMETADATA",
            Self::Notify(_) => "NOTIFY",
            Self::GenUrlAuth(_) => "GENURLAUTH",
            Self::ResetKey(_) => "RESETKEY",
            Self::UrlFetch(_) => "URLFETCH",
            Self::Unknown(unknown) => unknown.name().as_str(),
        }
    }

    /// Writes the command with its tag and CRLF.
    ///
    /// [`Append`] and [`Replace`] whose messages are sent later are written up to and with the announcement of the first of
    /// them; the caller sends it, and what comes between and behind with [`Append::encode_next`]. Whether the command is
    /// complete.
    pub fn encode(&self, tag: &Tag, encoder: &mut Encoder) -> bool {
        encoder.octets(tag.as_bytes());
        encoder.space();
        encoder.octets(self.name().as_bytes());
        let is_complete = self.encode_arguments(encoder);
        if is_complete {
            encoder.crlf();
        }
        is_complete
    }

    /// What stands behind the name; whether the command is complete then.
    #[allow(clippy::too_many_lines)] // a line for each command
    fn encode_arguments(&self, encoder: &mut Encoder) -> bool {
        match self {
            Self::Capability
            | Self::Noop
            | Self::Logout
            | Self::StartTls
            | Self::Namespace
            | Self::Idle
            | Self::Check
            | Self::Close
            | Self::Unselect
            | Self::Expunge
            | Self::Unauthenticate
            | Self::GetJmapAccess => return true,
            Self::ResetKey(key) => {
                key.encode(encoder);
                return true;
            }
            Self::Unknown(unknown) => {
                unknown.encode(encoder);
                return true;
            }
            _ => encoder.space(),
        }
        match self {
            Self::Authenticate(authenticate) => authenticate.encode(encoder),
            Self::Login(login) => login.encode(encoder),
            Self::Enable(capabilities) => capabilities.encode(encoder),
            Self::Select(select) | Self::Examine(select) => select.encode(encoder),
            Self::Create(create) => create.encode(encoder),
            Self::Delete(mailbox)
            | Self::Subscribe(mailbox)
            | Self::Unsubscribe(mailbox)
            | Self::GetAcl(mailbox)
            | Self::MyRights(mailbox)
            | Self::GetQuotaRoot(mailbox) => encoder.mailbox(mailbox),
            Self::Rename { from, to } => {
                encoder.mailbox(from);
                encoder.space();
                encoder.mailbox(to);
            }
            Self::List(list) => list.encode(encoder),
            Self::Lsub { reference, pattern } | Self::Xlist { reference, pattern } => {
                encoder.mailbox(reference);
                encoder.space();
                pattern.encode(encoder);
            }
            Self::Status { mailbox, items } => {
                encoder.mailbox(mailbox);
                encoder.space();
                encoder.list(items, |encoder, item| item.encode(encoder));
            }
            Self::Append(append) => return append.encode(encoder),
            Self::Replace(replace) => return replace.encode(encoder),
            Self::UidExpunge(set) => set.encode(encoder),
            Self::Search(search) => search.encode(encoder),
            Self::Sort(sort) => sort.encode(encoder),
            Self::Thread(thread) => thread.encode(encoder),
            Self::Esearch(search) => search.encode(encoder),
            Self::CancelUpdate(tags) => {
                encoder.joined(tags, |encoder, tag| encoder.string(tag.as_bytes()));
            }
            Self::UidBatches(batches) => batches.encode(encoder),
            Self::Fetch(fetch) => fetch.encode(encoder),
            Self::Store(store) => store.encode(encoder),
            Self::Copy { messages, mailbox } | Self::Move { messages, mailbox } => {
                messages.encode(encoder);
                encoder.space();
                encoder.mailbox(mailbox);
            }
            Self::Id(identification) => Identification::encode(identification.as_ref(), encoder),
            Self::Compress => encoder.octets(b"DEFLATE"),
            Self::SetAcl(acl) => acl.encode(encoder),
            Self::DeleteAcl(acl) => acl.encode(encoder),
            Self::ListRights(rights) => rights.encode(encoder),
            Self::GetQuota(root) => encoder.astring(root.as_bytes()),
            Self::SetQuota(quota) => quota.encode(encoder),
            Self::GetMetadata(metadata) => metadata.encode(encoder),
            Self::SetMetadata(metadata) => metadata.encode(encoder),
            Self::Notify(notify) => notify.encode(encoder),
            Self::GenUrlAuth(urls) => encoder.joined(urls, |encoder, url| url.encode(encoder)),
            Self::UrlFetch(urls) => encoder.joined(urls, |encoder, url| encoder.astring(url.as_bytes())),
            _ => {}
        }
        true
    }
}
