//! STATUS (RFC 9051 section 6.3.11, RFC 9051 section 7.3.4).

use crate::{
    Atom, Encoder, Expected, MailboxName, ParseError, TaggedItem, TaggedValue, Text, Uid, UidValidity,
    chars::{self, by_name},
    cursor::Cursor,
    plain::frequent,
    tagged::encode_atom,
};

/// Unknown items of one mailbox, at most.
const UNKNOWN: usize = 100;

/// Something that STATUS tells about a mailbox.
///
/// The vocabulary is open: [`Other`](Self::Other) has what is not known.
///
/// # Example
///
/// ```
/// use imap_proto::{Atom, list::StatusItem};
///
/// assert_eq!(StatusItem::from(Atom::from_static("uidnext")), StatusItem::UidNext);
/// assert_eq!(StatusItem::DeletedStorage.as_str(), "DELETED-STORAGE");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum StatusItem {
    /// How many messages there are.
    Messages,
    /// The UID that the next message will have at least.
    UidNext,
    /// What the UIDs are valid with.
    UidValidity,
    /// How many messages are without `\Seen`.
    Unseen,
    /// How many messages have `\Deleted` (RFC 9051, RFC 9208 section 4.1.4).
    Deleted,
    /// Octets of all messages (RFC 9051, RFC 8438 section 2).
    Size,
    /// How many messages have `\Recent` (RFC 3501 section 6.3.10).
    Recent,
    /// The highest mod-sequence (RFC 7162 section 3.1.7).
    HighestModSeq,
    /// Octets of a message that can be appended (RFC 7889 section 3.1).
    AppendLimit,
    /// The identifier of the mailbox (RFC 8474 section 4.3).
    MailboxId,
    /// Octets that EXPUNGE frees, in units of 1024 (RFC 9208 section 4.1.4).
    DeletedStorage,
    /// Something else.
    Other(Atom),
}

impl StatusItem {
    const KNOWN: [(Self, &'static str); 11] = [
        (Self::Messages, "MESSAGES"),
        (Self::UidNext, "UIDNEXT"),
        (Self::UidValidity, "UIDVALIDITY"),
        (Self::Unseen, "UNSEEN"),
        (Self::Deleted, "DELETED"),
        (Self::Size, "SIZE"),
        (Self::Recent, "RECENT"),
        (Self::HighestModSeq, "HIGHESTMODSEQ"),
        (Self::AppendLimit, "APPENDLIMIT"),
        (Self::MailboxId, "MAILBOXID"),
        (Self::DeletedStorage, "DELETED-STORAGE"),
    ];

    /// The name, in capitals if it is known.
    pub fn as_str(&self) -> &str {
        if let Self::Other(atom) = self {
            return atom.as_str();
        }
        Self::KNOWN.iter().find(|(item, _)| item == self).map_or("MESSAGES", |(_, name)| name)
    }

    fn known(name: &[u8]) -> Option<Self> {
        Some(by_name!(chars::upper(name), {
            "MESSAGES" => Self::Messages,
            "UIDNEXT" => Self::UidNext,
            "UIDVALIDITY" => Self::UidValidity,
            "UNSEEN" => Self::Unseen,
            "DELETED" => Self::Deleted,
            "SIZE" => Self::Size,
            "RECENT" => Self::Recent,
            "HIGHESTMODSEQ" => Self::HighestModSeq,
            "APPENDLIMIT" => Self::AppendLimit,
            "MAILBOXID" => Self::MailboxId,
            "DELETED-STORAGE" => Self::DeletedStorage,
            _ => return None,
        }))
    }

    /// What clients ask for most of the time, as they write it.
    const FREQUENT: for<'a> fn(&'a [u8], &mut Vec<Self>) -> Option<&'a [u8]> = frequent! {
        b'M': b"MESSAGES" Self::Messages;
        b'U': b"UNSEEN" Self::Unseen, b"UIDNEXT" Self::UidNext, b"UIDVALIDITY" Self::UidValidity;
        b'R': b"RECENT" Self::Recent;
        b'H': b"HIGHESTMODSEQ" Self::HighestModSeq;
    };

    pub(crate) fn read(cursor: &mut Cursor<'_>) -> Result<Self, ParseError> {
        let octets = cursor.atom_octets()?;
        Ok(Self::known(octets).unwrap_or_else(|| Self::Other(Atom::received(cursor.share(octets)))))
    }

    /// In parentheses, at least one.
    pub(crate) fn read_list(cursor: &mut Cursor<'_>) -> Result<Vec<Self>, ParseError> {
        let start = cursor.at();
        let mut items = Vec::with_capacity(6);
        if cursor.frequent(&mut items, Self::FREQUENT) {
            return Ok(items);
        }
        cursor.list(|cursor| {
            items.push(Self::read(cursor)?);
            Ok(())
        })?;
        if items.is_empty() { Err(ParseError::new(start + 1, Expected::Item)) } else { Ok(items) }
    }

    pub(crate) fn encode(&self, encoder: &mut Encoder) {
        match self {
            Self::Other(atom) => encode_atom(atom, encoder),
            item => encoder.octets(item.as_str().as_bytes()),
        }
    }
}

impl From<Atom> for StatusItem {
    fn from(atom: Atom) -> Self {
        Self::known(atom.as_bytes()).unwrap_or(Self::Other(atom))
    }
}

/// How large a message may be that is appended to a mailbox (RFC 7889 section 3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(clippy::exhaustive_enums)] // RFC 7889 section 5, status-att-val
pub enum AppendLimit {
    /// The mailbox has no limit of its own: NIL.
    None,
    /// So many octets.
    Octets(u64),
}

/// What STATUS tells about a mailbox.
///
/// Each item is there if the server told it; negative and missing numbers of servers are as if they were not told.
///
/// ```abnf
/// mailbox-data    = "STATUS" SP mailbox SP "(" [status-att-list] ")"
/// status-att-list = status-att-val *(SP status-att-val)
/// ```
///
/// # Example
///
/// ```
/// use imap_proto::{Dialect, Response, Untagged};
///
/// let line = "* STATUS blurdybloop (MESSAGES 231 UIDNEXT 44292)";
/// let Response::Untagged(Untagged::MailboxStatus(status)) = Response::parse(&line.into(), Dialect::REV1) else {
///     panic!()
/// };
/// assert_eq!(status.messages, Some(231));
/// assert_eq!(status.uid_next.unwrap().get(), 44292);
/// assert_eq!(status.unseen, None);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct MailboxStatus {
    /// Which mailbox.
    pub mailbox: MailboxName,
    /// How many messages there are.
    pub messages: Option<u32>,
    /// How many messages have `\Recent`.
    pub recent: Option<u32>,
    /// The UID that the next message will have at least.
    pub uid_next: Option<Uid>,
    /// What the UIDs are valid with.
    pub uid_validity: Option<UidValidity>,
    /// How many messages are without `\Seen`.
    pub unseen: Option<u32>,
    /// How many messages have `\Deleted`.
    pub deleted: Option<u32>,
    /// Octets of all messages.
    pub size: Option<u64>,
    /// The highest mod-sequence; 0 if the mailbox keeps none (RFC 7162 section 3.1.7).
    pub highest_modseq: Option<u64>,
    /// How large a message may be.
    pub append_limit: Option<AppendLimit>,
    /// The identifier of the mailbox.
    pub mailbox_id: Option<Text>,
    /// Octets that EXPUNGE frees, in units of 1024.
    pub deleted_storage: Option<u64>,
    /// What is not known.
    pub unknown: Vec<TaggedItem>,
}

impl MailboxStatus {
    /// A mailbox about which nothing is told.
    pub const fn new(mailbox: MailboxName) -> Self {
        Self {
            mailbox,
            messages: None,
            recent: None,
            uid_next: None,
            uid_validity: None,
            unseen: None,
            deleted: None,
            size: None,
            highest_modseq: None,
            append_limit: None,
            mailbox_id: None,
            deleted_storage: None,
            unknown: Vec::new(),
        }
    }

    pub(crate) fn read(cursor: &mut Cursor<'_>) -> Result<Self, ParseError> {
        let start = *cursor;
        let first = cursor.mailbox().and_then(|name| Self::read_items(cursor, name));
        if first.is_ok() || matches!(start.peek(), Some(b'"' | b'{')) {
            return first;
        }
        // A name with spaces that nobody quoted goes up to a list that ends where the response ends.
        const TRIES: usize = 20;
        for at in memchr::memmem::find_iter(start.rest(), b" (").take(TRIES) {
            *cursor = start;
            cursor.advance(at);
            let octets = cursor.bytes(start.at(), cursor.at());
            let name = MailboxName::from_wire(octets, cursor.dialect);
            if at > 0
                && let Ok(status) = Self::read_items(cursor, name)
            {
                return Ok(status);
            }
        }
        first
    }

    /// Behind the name, up to the end.
    fn read_items(cursor: &mut Cursor<'_>, name: MailboxName) -> Result<Self, ParseError> {
        let mut status = Self::new(name);
        cursor.space()?;
        cursor.list(|cursor| status.read_item(cursor))?;
        cursor.end()?;
        Ok(status)
    }

    fn read_item(&mut self, cursor: &mut Cursor<'_>) -> Result<(), ParseError> {
        let word = cursor.word()?;
        let item = StatusItem::known(word);
        if !has_value(cursor) {
            return Ok(());
        }
        cursor.space()?;
        let Some(item) = item else {
            let name = Atom::received(cursor.share(word));
            if self.unknown.len() >= UNKNOWN {
                return cursor.error(Expected::Close);
            }
            self.unknown.push(TaggedItem::new(name, Some(TaggedValue::read(cursor)?)));
            return Ok(());
        };
        if item == StatusItem::MailboxId {
            self.mailbox_id = read_mailbox_id(cursor)?;
            return Ok(());
        }
        if item == StatusItem::AppendLimit && cursor.eat_nil() {
            self.append_limit = Some(AppendLimit::None);
            return Ok(());
        }
        let number = if matches!(cursor.peek(), Some(b'0'..=b'9')) {
            Some(cursor.unsigned64()?)
        } else {
            cursor.value()?;
            None
        };
        let small = number.and_then(|number| u32::try_from(number).ok());
        match item {
            StatusItem::Messages => self.messages = small,
            StatusItem::Recent => self.recent = small,
            StatusItem::UidNext => self.uid_next = small.and_then(Uid::new),
            StatusItem::UidValidity => self.uid_validity = small.and_then(UidValidity::new),
            StatusItem::Unseen => self.unseen = small,
            StatusItem::Deleted => self.deleted = small,
            StatusItem::Size => self.size = number,
            StatusItem::HighestModSeq => self.highest_modseq = number,
            StatusItem::AppendLimit => self.append_limit = number.map(AppendLimit::Octets),
            StatusItem::DeletedStorage => self.deleted_storage = number,
            StatusItem::MailboxId | StatusItem::Other(_) => {}
        }
        Ok(())
    }

    pub(crate) fn encode(&self, encoder: &mut Encoder) {
        encoder.mailbox(&self.mailbox);
        encoder.octets(b" (");
        let mut before: &[u8] = b"";
        let numbers = [
            ("MESSAGES ", self.messages.map(u64::from)),
            ("RECENT ", self.recent.map(u64::from)),
            ("UIDNEXT ", self.uid_next.map(|uid| uid.get().into())),
            ("UIDVALIDITY ", self.uid_validity.map(|validity| validity.get().into())),
            ("UNSEEN ", self.unseen.map(u64::from)),
            ("DELETED ", self.deleted.map(u64::from)),
            ("SIZE ", self.size),
            ("HIGHESTMODSEQ ", self.highest_modseq),
            ("DELETED-STORAGE ", self.deleted_storage),
        ];
        for (name, number) in numbers {
            if let Some(number) = number {
                encoder.octets(before);
                before = b" ";
                encoder.octets(name.as_bytes());
                encoder.number(number);
            }
        }
        if let Some(limit) = self.append_limit {
            encoder.octets(before);
            before = b" ";
            encoder.octets(b"APPENDLIMIT ");
            match limit {
                AppendLimit::None => encoder.octets(b"NIL"),
                AppendLimit::Octets(octets) => encoder.number(octets),
            }
        }
        if let Some(id) = &self.mailbox_id {
            encoder.octets(before);
            before = b" ";
            encoder.octets(b"MAILBOXID (");
            encoder.astring(id.as_bytes());
            encoder.octets(b")");
        }
        for item in &self.unknown {
            encoder.octets(before);
            before = b" ";
            item.encode(encoder);
        }
        encoder.octets(b")");
    }
}

/// Whether a value follows, and not the next name or nothing.
fn has_value(cursor: &Cursor<'_>) -> bool {
    let mut next = *cursor;
    next.spaces();
    match next.peek() {
        Some(b'0'..=b'9' | b'-' | b'(' | b'"' | b'{') => next.at() > cursor.at(),
        Some(_) => next.eat_nil(),
        None => false,
    }
}

/// RFC 8474 section 7: `"MAILBOXID" SP "(" objectid ")"`
fn read_mailbox_id(cursor: &mut Cursor<'_>) -> Result<Option<Text>, ParseError> {
    if cursor.eat_nil() {
        return Ok(None);
    }
    let parenthesised = cursor.eat(b'(');
    cursor.spaces();
    let id = cursor.astring()?;
    cursor.spaces();
    if parenthesised {
        cursor.expect(b')', Expected::Close)?;
    }
    Ok(Some(id))
}
