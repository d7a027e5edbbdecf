//! Responses: what servers say, read and written (RFC 9051 section 7).
//!
//! Reading never fails and never loses a message: what cannot be understood is [`Untagged::Damaged`], or within FETCH
//! [`FetchItem::Damaged`], with the octets as they came. To add a response: its data (those of an extension are in `extensions`), a
//! variant of [`Untagged`], a line in `read_named` and in `Untagged::encode`.

mod address;
mod body;
mod body_plain;
mod body_read;
mod code;
mod envelope;
mod fetch;
mod fetch_item;
mod object_id;
mod parameters;
mod status;
mod stream;
mod uid_plus;

use bytes::Bytes;
use smallvec::SmallVec;

use crate::{
    Atom, Capabilities, Dialect, Encoder, Expected, Flags, ParseError, Seq, Tag, Text, Uid,
    chars::{TAG, WORD},
    cursor::Cursor,
    extensions::{
        acl::{Acl, ListRights, MyRights},
        id::Identification,
        metadata::Metadata,
        namespace::Namespaces,
        quota::{Quota, QuotaRoots},
        urlauth::UrlData,
    },
    list::{ListEntry, MailboxStatus},
    plain,
    search::{Esearch, SearchNumbers, Threads, UidBatches, Vanished},
};

pub use address::{Address, AddressList, Addressee};
pub use body::{BodyPart, BodyStructure, Disposition, PartFields, PartKind};
pub use code::{Code, InProgress, Modified};
pub use envelope::{Envelope, EnvelopeFields};
pub use fetch::Fetch;
pub(crate) use fetch::find_uid;
pub use fetch_item::{BinaryItem, BinarySize, BodyItem, Content, DamagedItem, FetchItem, UnknownItem};
pub use object_id::ObjectId;
pub use parameters::Parameters;
pub use status::{ResponseText, Status, Tagged};
pub use stream::{FetchBegin, FetchContinued, Streamed};
pub use uid_plus::{AppendUid, CopyUid};

/// Something a server says.
///
/// # Example
///
/// ```
/// use imap_proto::{Dialect, Response, Untagged};
///
/// let response = Response::parse(&"* 23 EXISTS".into(), Dialect::REV1);
/// assert_eq!(response, Response::Untagged(Untagged::Exists(23)));
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Response {
    /// `+`: go on with what was begun (RFC 9051 section 7.6).
    Continuation(ResponseText),
    /// How a command ended.
    Tagged(Tagged),
    /// Anything else of the protocol.
    Untagged(Untagged),
    /// A line that is nothing of the protocol.
    Stray(Text),
}

/// What a server says that ends no command (RFC 9051 section 7).
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Untagged {
    /// OK, NO and BAD (RFC 9051 section 7.1).
    Status(Status, ResponseText),
    /// PREAUTH: the greeting to somebody who is known already (RFC 9051 section 7.1.4).
    Preauth(ResponseText),
    /// BYE: the server is about to close (RFC 9051 section 7.1.5).
    Bye(ResponseText),
    /// CAPABILITY (RFC 9051 section 7.2.2).
    Capability(Capabilities),
    /// ENABLED (RFC 9051 section 7.2.1).
    Enabled(Capabilities),
    /// FLAGS: those the mailbox has (RFC 9051 section 7.3.5).
    Flags(Flags),
    /// LIST, and XLIST (RFC 9051 section 7.3.1).
    List(ListEntry),
    /// LSUB (RFC 3501 section 7.2.3).
    Lsub(ListEntry),
    /// STATUS (RFC 9051 section 7.3.4).
    MailboxStatus(MailboxStatus),
    /// SEARCH (RFC 3501 section 7.2.5).
    Search(SearchNumbers),
    /// SORT (RFC 5256 section 4).
    Sort(SearchNumbers),
    /// THREAD (RFC 5256 section 4).
    Thread(Threads),
    /// ESEARCH (RFC 9051 section 7.3.6).
    Esearch(Esearch),
    /// UIDBATCHES (RFC 10022 section 3.2).
    UidBatches(UidBatches),
    /// EXISTS: how many messages there are (RFC 9051 section 7.4.1).
    Exists(u32),
    /// RECENT: how many are new (RFC 3501 section 7.3.2).
    Recent(u32),
    /// EXPUNGE: one is gone (RFC 9051 section 7.5.1).
    Expunge(Seq),
    /// VANISHED: some are gone (RFC 7162 section 3.2.10).
    Vanished(Vanished),
    /// FETCH, and UIDFETCH (RFC 9051 section 7.5.2, RFC 9586 section 3.3).
    Fetch(Fetch),
    /// NAMESPACE (RFC 9051 section 7.3.2).
    Namespace(Namespaces),
    /// ID (RFC 2971 section 3.2).
    Id(Option<Identification>),
    /// ACL (RFC 4314 section 3.6).
    Acl(Acl),
    /// LISTRIGHTS (RFC 4314 section 3.7).
    ListRights(ListRights),
    /// MYRIGHTS (RFC 4314 section 3.8).
    MyRights(MyRights),
    /// QUOTA (RFC 9208 section 4.2.1).
    Quota(Quota),
    /// QUOTAROOT (RFC 9208 section 4.2.2).
    QuotaRoots(QuotaRoots),
    /// METADATA (RFC 5464 section 4.4).
    Metadata(Metadata),
    /// JMAPACCESS (RFC 9698 section 3): where the session of JMAP begins.
    JmapAccess(Text),
    /// GENURLAUTH (RFC 4467 section 8): URLs with their authorisation.
    GenUrlAuth(Vec<Text>),
    /// URLFETCH (RFC 4467 section 8).
    UrlFetch(Vec<UrlData>),
    /// A response that this crate does not know.
    Unknown(UnknownResponse),
    /// A response that it knows and does not understand.
    Damaged(Damaged),
}

/// A response of an extension that is not known.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(clippy::exhaustive_structs)] // what every response has
pub struct UnknownResponse {
    /// The number before its name.
    pub number: Option<u32>,
    /// Its name.
    pub name: Atom,
    /// What stands behind the name and a space, as it stands.
    pub data: Bytes,
}

/// A response that makes no sense: as much of it as does.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Damaged {
    /// What it was called.
    pub name: Option<Atom>,
    /// The number before its name, or the sequence number of the message.
    pub number: Option<u32>,
    /// The UID of the message that it is about, if one stands in it.
    pub uid: Option<Uid>,
    /// All of it.
    pub raw: Bytes,
    /// Where it stops to make sense; `None` if it was too large to be looked at.
    pub error: Option<ParseError>,
}

impl Response {
    /// Reads a frame: a response without the last CRLF, its literals in place. It never fails.
    #[inline]
    pub fn parse(frame: &Bytes, dialect: Dialect) -> Self {
        match plain::behind(frame, b"* LIST (") {
            Some(rest) => Self::list(frame, rest, dialect),
            None => Self::not_list(frame, dialect),
        }
    }

    #[inline(never)] // it needs more room than what is told apart before it
    fn not_list(frame: &Bytes, dialect: Dialect) -> Self {
        // What there is most of.
        if let [b'*', b' ', rest @ ..] = &frame[..]
            && let Some((number, rest)) = plain::number(rest)
            && let Some(rest) = plain::behind(rest, b" FETCH (")
            && let Some(number) = u32::try_from(number).ok().filter(|&number| number != 0)
        {
            return Self::fetch(frame, rest, number, dialect);
        }
        Self::other(frame, dialect)
    }

    #[inline(never)]
    pub(crate) fn other(frame: &Bytes, dialect: Dialect) -> Self {
        let mut cursor = Cursor::lenient(frame, dialect);
        match cursor.peek() {
            Some(b'*') if cursor.rest().get(1) == Some(&b' ') => {
                cursor.advance(2);
                cursor.spaces();
                Self::Untagged(Untagged::read(&mut cursor, frame))
            }
            Some(b'+') => {
                cursor.advance(1);
                cursor.eat(b' ');
                Self::Continuation(ResponseText::read(&mut cursor))
            }
            _ => Self::tagged(&mut cursor).unwrap_or_else(|| Self::Stray(Text::received(frame.clone()))),
        }
    }

    /// FETCH from behind the parenthesis on. It is built where it stays: it is large.
    #[inline]
    fn fetch(frame: &Bytes, rest: &[u8], number: u32, dialect: Dialect) -> Self {
        let mut response =
            Self::Untagged(Untagged::Fetch(Fetch { number, by_uid: false, items: SmallVec::new() }));
        if let Self::Untagged(Untagged::Fetch(fetch)) = &mut response
            && let Some(rest) = fetch.plain(frame, rest)
        {
            response.fetch_rest(frame, rest.len(), dialect);
        }
        response
    }

    /// What of FETCH is not as most servers write it.
    #[cold]
    fn fetch_rest(&mut self, frame: &Bytes, left: usize, dialect: Dialect) {
        let Self::Untagged(Untagged::Fetch(fetch)) = self else { return };
        let mut cursor = Cursor::lenient(frame, dialect);
        cursor.seek(frame.len() - left);
        if let Err(error) = fetch.read(&mut cursor) {
            let name = Some(Atom::from_static("FETCH"));
            *self = Self::Untagged(Untagged::damaged(name, Some(fetch.number), frame, error));
        }
    }

    fn tagged(cursor: &mut Cursor<'_>) -> Option<Self> {
        let tag = cursor.run(TAG);
        if tag.is_empty() || tag.len() > Tag::MOST || !cursor.eat(b' ') {
            return None;
        }
        cursor.spaces();
        let status = Status::read(cursor)?;
        let text = ResponseText::read(cursor);
        Some(Self::Tagged(Tagged { tag: Tag::received(cursor.frame(), tag), status, text }))
    }

    /// Writes the response with its CRLF.
    pub fn encode(&self, encoder: &mut Encoder) {
        match self {
            Self::Continuation(text) => {
                encoder.octets(b"+ ");
                text.encode(encoder);
            }
            Self::Tagged(tagged) => tagged.encode(encoder),
            Self::Untagged(untagged) => {
                encoder.octets(b"* ");
                untagged.encode(encoder);
            }
            Self::Stray(text) => encoder.human(text.as_bytes()),
        }
        encoder.crlf();
    }
}

impl Untagged {
    fn read(cursor: &mut Cursor<'_>, frame: &Bytes) -> Self {
        let start = cursor.at();
        let number = match cursor.peek() {
            Some(b'0'..=b'9') => cursor.number().ok().filter(|_| cursor.space().is_ok()),
            _ => None,
        };
        if number.is_none() {
            cursor.seek(start);
            if let Some(status) = Self::read_status(cursor) {
                return status;
            }
        }
        Self::read_rest(cursor, frame, number)
    }

    fn read_rest(cursor: &mut Cursor<'_>, frame: &Bytes, number: Option<u32>) -> Self {
        let name_at = cursor.at();
        let word = cursor.run(WORD);
        let mut upper = [0_u8; 16];
        let known = match upper.get_mut(..word.len()) {
            Some(name) => {
                name.copy_from_slice(word);
                name.make_ascii_uppercase();
                &*name
            }
            None => &[],
        };
        let read = match number {
            Some(number) => Self::read_numbered(known, number, cursor),
            // A number that is none: below zero, or beyond all.
            None if matches!(word, [b'-', b'0'..=b'9', ..] | [b'0'..=b'9', ..]) => {
                cursor.seek(name_at + word.len());
                cursor.eat(b' ');
                let name = Some(cursor.run(WORD)).filter(|name| !name.is_empty());
                let name = name.map(|name| Atom::received(cursor.share(name)));
                return Self::damaged(name, None, frame, ParseError::new(name_at, Expected::Number));
            }
            None => Self::read_named(known, cursor),
        };
        let name = Atom::received(cursor.share(word));
        match read {
            Ok(Some(untagged)) => untagged,
            Ok(None) if !word.is_empty() => {
                cursor.seek(name_at + word.len());
                cursor.eat(b' ');
                Self::Unknown(UnknownResponse { number, name, data: cursor.share(cursor.rest()) })
            }
            Ok(None) => Self::damaged(None, number, frame, ParseError::new(name_at, Expected::Name)),
            Err(error) => Self::damaged(Some(name), number, frame, error),
        }
    }

    #[cold]
    fn damaged(name: Option<Atom>, number: Option<u32>, frame: &Bytes, error: ParseError) -> Self {
        let uid = find_uid(frame);
        Self::Damaged(Damaged { name, number, uid, raw: frame.clone(), error: Some(error) })
    }

    /// `OK [CODE] text` and the like.
    fn read_status(cursor: &mut Cursor<'_>) -> Option<Self> {
        // a code without a status
        if cursor.peek() == Some(b'[') {
            return Some(Self::Status(Status::Ok, ResponseText::read(cursor)));
        }
        if let Some(status) = Status::read(cursor) {
            return Some(Self::Status(status, ResponseText::read(cursor)));
        }
        let preauth = cursor.eat_word("PREAUTH");
        if !preauth && !cursor.eat_word("BYE") {
            return None;
        }
        cursor.eat(b' ');
        let text = ResponseText::read(cursor);
        Some(if preauth { Self::Preauth(text) } else { Self::Bye(text) })
    }

    fn read_numbered(name: &[u8], number: u32, cursor: &mut Cursor<'_>) -> Result<Option<Self>, ParseError> {
        Ok(Some(match name {
            b"FETCH" | b"UIDFETCH" => {
                cursor.space()?;
                cursor.expect(b'(', Expected::List)?;
                let mut fetch = Fetch { number, by_uid: name == b"UIDFETCH", items: SmallVec::new() };
                fetch.read(cursor)?;
                Self::Fetch(fetch)
            }
            b"EXISTS" => Self::Exists(number),
            b"RECENT" => Self::Recent(number),
            b"EXPUNGE" => Self::Expunge(Seq::new(number).ok_or(ParseError::new(2, Expected::NonZero))?),
            _ => return Ok(None),
        }))
    }

    fn read_named(name: &[u8], cursor: &mut Cursor<'_>) -> Result<Option<Self>, ParseError> {
        // Lists of numbers may be empty, and then there is no space.
        match name {
            b"SEARCH" => return SearchNumbers::read(cursor).map(|numbers| Some(Self::Search(numbers))),
            b"SORT" => return SearchNumbers::read(cursor).map(|numbers| Some(Self::Sort(numbers))),
            b"THREAD" => return Threads::read(cursor).map(|threads| Some(Self::Thread(threads))),
            b"ESEARCH" => return Esearch::read(cursor).map(|search| Some(Self::Esearch(search))),
            b"ENABLED" => return Ok(Some(Self::Enabled(enabled(cursor)))),
            _ => {}
        }
        const KNOWN: &[&[u8]] = &[
            b"CAPABILITY",
            b"FLAGS",
            b"LIST",
            b"XLIST",
            b"LSUB",
            b"STATUS",
            b"UIDBATCHES",
            b"VANISHED",
            b"NAMESPACE",
            b"ID",
            b"ACL",
            b"LISTRIGHTS",
            b"MYRIGHTS",
            b"QUOTA",
            b"QUOTAROOT",
            b"METADATA",
            b"JMAPACCESS",
            b"GENURLAUTH",
            b"URLFETCH",
        ];
        if !KNOWN.contains(&name) {
            return Ok(None);
        }
        cursor.space()?;
        Ok(Some(match name {
            b"CAPABILITY" => Self::Capability(Capabilities::read(cursor)?),
            b"FLAGS" => Self::Flags(Flags::read(cursor)?),
            b"LIST" | b"XLIST" => Self::List(ListEntry::read(cursor)?),
            b"LSUB" => Self::Lsub(ListEntry::read(cursor)?),
            b"STATUS" => Self::MailboxStatus(MailboxStatus::read(cursor)?),
            b"UIDBATCHES" => Self::UidBatches(UidBatches::read(cursor)?),
            b"VANISHED" => Self::Vanished(Vanished::read(cursor)?),
            b"NAMESPACE" => Self::Namespace(Namespaces::read(cursor)?),
            b"ID" => Self::Id(Identification::read(cursor)?),
            b"ACL" => Self::Acl(Acl::read(cursor)?),
            b"LISTRIGHTS" => Self::ListRights(ListRights::read(cursor)?),
            b"MYRIGHTS" => Self::MyRights(MyRights::read(cursor)?),
            b"QUOTA" => Self::Quota(Quota::read(cursor)?),
            b"QUOTAROOT" => Self::QuotaRoots(QuotaRoots::read(cursor)?),
            b"METADATA" => Self::Metadata(Metadata::read(cursor)?),
            b"JMAPACCESS" => Self::JmapAccess(cursor.string()?),
            b"GENURLAUTH" => {
                let mut urls = vec![cursor.astring()?];
                while cursor.space().is_ok() && !cursor.is_done() {
                    urls.push(cursor.astring()?);
                }
                Self::GenUrlAuth(urls)
            }
            _ => Self::UrlFetch(UrlData::read_all(cursor)?),
        }))
    }

    /// Writes it without the `* ` and CRLF.
    #[allow(clippy::too_many_lines)] // a line for each response
    pub(crate) fn encode(&self, encoder: &mut Encoder) {
        let name = match self {
            Self::Status(status, text) => {
                encoder.octets(status.as_str().as_bytes());
                encoder.space();
                return text.encode(encoder);
            }
            Self::Preauth(text) => {
                encoder.octets(b"PREAUTH ");
                return text.encode(encoder);
            }
            Self::Bye(text) => {
                encoder.octets(b"BYE ");
                return text.encode(encoder);
            }
            Self::Exists(number) | Self::Recent(number) => {
                encoder.number(u64::from(*number));
                let name = if matches!(self, Self::Exists(_)) { &b" EXISTS"[..] } else { b" RECENT" };
                return encoder.octets(name);
            }
            Self::Expunge(seq) => {
                encoder.number(u64::from(seq.get()));
                return encoder.octets(b" EXPUNGE");
            }
            Self::Fetch(fetch) => return fetch.encode(encoder),
            // These know whether there is anything behind their names.
            Self::Search(numbers) => {
                encoder.octets(b"SEARCH");
                return numbers.encode(encoder);
            }
            Self::Sort(numbers) => {
                encoder.octets(b"SORT");
                return numbers.encode(encoder);
            }
            Self::Thread(threads) => {
                encoder.octets(b"THREAD");
                return threads.encode(encoder);
            }
            Self::Esearch(search) => {
                encoder.octets(b"ESEARCH");
                return search.encode(encoder);
            }
            Self::Enabled(capabilities) => {
                encoder.octets(b"ENABLED");
                if !capabilities.is_empty() {
                    encoder.space();
                    capabilities.encode(encoder);
                }
                return;
            }
            Self::Unknown(unknown) => {
                if let Some(number) = unknown.number {
                    encoder.number(u64::from(number));
                    encoder.space();
                }
                encoder.octets(unknown.name.as_bytes());
                if !unknown.data.is_empty() {
                    encoder.space();
                    encoder.octets(&unknown.data);
                }
                return;
            }
            Self::Damaged(damaged) => {
                return encoder.octets(damaged.raw.strip_prefix(b"* ").unwrap_or(&damaged.raw));
            }
            Self::Capability(_) => "CAPABILITY",
            Self::Flags(_) => "FLAGS",
            Self::List(_) => "LIST",
            Self::Lsub(_) => "LSUB",
            Self::MailboxStatus(_) => "STATUS",
            Self::UidBatches(_) => "UIDBATCHES",
            Self::Vanished(_) => "VANISHED",
            Self::Namespace(_) => "NAMESPACE",
            Self::Id(_) => "ID",
            Self::Acl(_) => "ACL",
            Self::ListRights(_) => "LISTRIGHTS",
            Self::MyRights(_) => "MYRIGHTS",
            Self::Quota(_) => "QUOTA",
            Self::QuotaRoots(_) => "QUOTAROOT",
            Self::Metadata(_) => "METADATA",
            Self::JmapAccess(_) => "JMAPACCESS",
            Self::GenUrlAuth(_) => "GENURLAUTH",
            Self::UrlFetch(_) => "URLFETCH",
        };
        encoder.octets(name.as_bytes());
        encoder.space();
        match self {
            Self::Capability(capabilities) => capabilities.encode(encoder),
            Self::Flags(flags) => flags.encode(encoder),
            Self::List(entry) | Self::Lsub(entry) => entry.encode(encoder),
            Self::MailboxStatus(status) => status.encode(encoder),
            Self::UidBatches(batches) => batches.encode(encoder),
            Self::Vanished(vanished) => vanished.encode(encoder),
            Self::Namespace(namespaces) => namespaces.encode(encoder),
            Self::Id(identification) => Identification::encode(identification.as_ref(), encoder),
            Self::Acl(acl) => acl.encode(encoder),
            Self::ListRights(rights) => rights.encode(encoder),
            Self::MyRights(rights) => rights.encode(encoder),
            Self::Quota(quota) => quota.encode(encoder),
            Self::QuotaRoots(roots) => roots.encode(encoder),
            Self::Metadata(metadata) => metadata.encode(encoder),
            Self::JmapAccess(url) => encoder.string(url.as_bytes()),
            Self::GenUrlAuth(urls) => encoder.joined(urls, |encoder, url| encoder.astring(url.as_bytes())),
            Self::UrlFetch(urls) => encoder.joined(urls, |encoder, url| url.encode(encoder)),
            _ => {}
        }
    }
}

/// ENABLED may name nothing.
fn enabled(cursor: &mut Cursor<'_>) -> Capabilities {
    Capabilities::read(cursor).unwrap_or_default()
}
