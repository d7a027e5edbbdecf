//! What a single search key says.

use std::num::NonZeroU32;

use bytes::Bytes;

use super::key::Node;
use crate::{
    Atom, Date, Encoder, Expected, Flag, InvalidOctet, ModSeq, ParseError, SeqSet, Text, Uid, UidSet,
    chars::by_name, cursor::Cursor, plain, tagged::encode_atom,
};

/// Whose changes of a flag are meant (RFC 7162 section 3.1.5).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(clippy::exhaustive_enums)] // RFC 7162 section 7, entry-type-req
pub enum EntryType {
    /// Those that only this user sees: `priv`.
    Private,
    /// Those that everybody sees: `shared`.
    Shared,
    /// Both: `all`.
    All,
}

impl EntryType {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Private => "priv",
            Self::Shared => "shared",
            Self::All => "all",
        }
    }
}

/// One thing that is true of a message or not: a search key without those that join keys.
///
/// [`SearchKey`](super::SearchKey) has a constructor for most of them, which is shorter. Strings are found anywhere in what they
/// are compared with, in upper and lower case (RFC 9051 section 6.4.4). Days are those of the server's time zone, times
/// are disregarded.
///
/// # Example
///
/// ```
/// use imap_proto::search::{SearchKey, SearchTerm};
///
/// let key = SearchKey::new(SearchTerm::Larger(50_000));
/// assert_eq!(key.to_string(), "LARGER 50000");
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum SearchTerm {
    /// Every message.
    All,
    /// With `\Answered`.
    Answered,
    /// Without `\Answered`.
    Unanswered,
    /// With `\Deleted`.
    Deleted,
    /// Without `\Deleted`.
    Undeleted,
    /// With `\Draft`.
    Draft,
    /// Without `\Draft`.
    Undraft,
    /// With `\Flagged`.
    Flagged,
    /// Without `\Flagged`.
    Unflagged,
    /// With `\Seen`.
    Seen,
    /// Without `\Seen`.
    Unseen,
    /// With `\Recent` (RFC 3501 section 6.4.4).
    Recent,
    /// Without `\Recent` (RFC 3501 section 6.4.4).
    Old,
    /// With `\Recent` and without `\Seen` (RFC 3501 section 6.4.4).
    New,
    /// With a keyword.
    Keyword(Atom),
    /// Without a keyword.
    Unkeyword(Atom),
    /// In the field Bcc of the envelope.
    Bcc(Text),
    /// In the field Cc of the envelope.
    Cc(Text),
    /// In the field From of the envelope.
    From(Text),
    /// In the field To of the envelope.
    To(Text),
    /// In the subject.
    Subject(Text),
    /// In the body.
    Body(Text),
    /// In the header or the body.
    Text(Text),
    /// In a field of the header; an empty string is in every field of that name.
    Header(Text, Text),
    /// The internal date is before this day.
    Before(Date),
    /// The internal date is within this day.
    On(Date),
    /// The internal date is within this day or later.
    Since(Date),
    /// The date of the header is before this day.
    SentBefore(Date),
    /// The date of the header is within this day.
    SentOn(Date),
    /// The date of the header is within this day or later.
    SentSince(Date),
    /// It was saved in the mailbox before this day (RFC 8514 section 4.3).
    SavedBefore(Date),
    /// It was saved in the mailbox within this day (RFC 8514 section 4.3).
    SavedOn(Date),
    /// It was saved in the mailbox within this day or later (RFC 8514 section 4.3).
    SavedSince(Date),
    /// The mailbox knows when messages were saved (RFC 8514 section 4.3).
    SaveDateSupported,
    /// It has more octets.
    Larger(u64),
    /// It has fewer octets.
    Smaller(u64),
    /// The internal date lies at most so many seconds back (RFC 5032 section 3).
    Younger(NonZeroU32),
    /// The internal date lies at least so many seconds back (RFC 5032 section 3).
    Older(NonZeroU32),
    /// Something of it changed since, this included (RFC 7162 section 3.1.5).
    ModSeq {
        /// Whether the change of one flag counts alone, and whose.
        entry: Option<(Flag, EntryType)>,
        /// Since when; `None` is zero.
        since: Option<ModSeq>,
    },
    /// By the identifier of its content (RFC 8474 section 6).
    EmailId(Text),
    /// By the identifier of its thread (RFC 8474 section 6).
    ThreadId(Text),
    /// What a filter of the server finds (RFC 5466 section 3.1).
    Filter(Atom),
    /// A search in Gmail's own language.
    GmailRaw(Text),
    /// By Gmail's number of the message.
    GmailMessageId(u64),
    /// By Gmail's number of the thread.
    GmailThreadId(u64),
    /// With a label of Gmail's.
    GmailLabel(Text),
    /// By sequence number, in `UID SEARCH` too; [`SeqSet::saved`] is what the last search saved.
    Messages(SeqSet),
    /// By UID.
    Uid(UidSet),
    /// The UID is higher (RFC 9738 section 3.2).
    UidAfter(Uid),
    /// The UID is lower (RFC 9738 section 3.2).
    UidBefore(Uid),
}

impl SearchTerm {
    /// What it is called; nothing for sequence numbers, which stand alone.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::All => "ALL",
            Self::Answered => "ANSWERED",
            Self::Unanswered => "UNANSWERED",
            Self::Deleted => "DELETED",
            Self::Undeleted => "UNDELETED",
            Self::Draft => "DRAFT",
            Self::Undraft => "UNDRAFT",
            Self::Flagged => "FLAGGED",
            Self::Unflagged => "UNFLAGGED",
            Self::Seen => "SEEN",
            Self::Unseen => "UNSEEN",
            Self::Recent => "RECENT",
            Self::Old => "OLD",
            Self::New => "NEW",
            Self::Keyword(_) => "KEYWORD",
            Self::Unkeyword(_) => "UNKEYWORD",
            Self::Bcc(_) => "BCC",
            Self::Cc(_) => "CC",
            Self::From(_) => "FROM",
            Self::To(_) => "TO",
            Self::Subject(_) => "SUBJECT",
            Self::Body(_) => "BODY",
            Self::Text(_) => "TEXT",
            Self::Header(..) => "HEADER",
            Self::Before(_) => "BEFORE",
            Self::On(_) => "ON",
            Self::Since(_) => "SINCE",
            Self::SentBefore(_) => "SENTBEFORE",
            Self::SentOn(_) => "SENTON",
            Self::SentSince(_) => "SENTSINCE",
            Self::SavedBefore(_) => "SAVEDBEFORE",
            Self::SavedOn(_) => "SAVEDON",
            Self::SavedSince(_) => "SAVEDSINCE",
            Self::SaveDateSupported => "SAVEDATESUPPORTED",
            Self::Larger(_) => "LARGER",
            Self::Smaller(_) => "SMALLER",
            Self::Younger(_) => "YOUNGER",
            Self::Older(_) => "OLDER",
            Self::ModSeq { .. } => "MODSEQ",
            Self::EmailId(_) => "EMAILID",
            Self::ThreadId(_) => "THREADID",
            Self::Filter(_) => "FILTER",
            Self::GmailRaw(_) => "X-GM-RAW",
            Self::GmailMessageId(_) => "X-GM-MSGID",
            Self::GmailThreadId(_) => "X-GM-THRID",
            Self::GmailLabel(_) => "X-GM-LABELS",
            Self::Messages(_) => "",
            Self::Uid(_) => "UID",
            Self::UidAfter(_) => "UIDAFTER",
            Self::UidBefore(_) => "UIDBEFORE",
        }
    }

    /// The strings in it.
    fn strings(&self) -> [Option<&Text>; 2] {
        match self {
            Self::Bcc(text)
            | Self::Cc(text)
            | Self::From(text)
            | Self::To(text)
            | Self::Subject(text)
            | Self::Body(text)
            | Self::Text(text)
            | Self::EmailId(text)
            | Self::ThreadId(text)
            | Self::GmailRaw(text)
            | Self::GmailLabel(text) => [Some(text), None],
            Self::Header(name, text) => [Some(name), Some(text)],
            _ => [None, None],
        }
    }

    /// Whether a string in it is not ASCII.
    pub(super) fn needs_charset(&self) -> bool {
        self.strings().into_iter().flatten().any(|text| !text.as_bytes().is_ascii())
    }

    /// What of a server's comes with NUL cannot be said by a client.
    pub(super) fn check(&self) -> Result<(), InvalidOctet> {
        self.strings().into_iter().flatten().try_for_each(|text| {
            memchr::memchr(0, text.as_bytes()).map_or(Ok(()), |at| Err(InvalidOctet::new(at, 0)))
        })
    }

    pub(super) fn encode(&self, encoder: &mut Encoder) {
        encoder.octets(self.name().as_bytes());
        if let Self::Messages(set) = self {
            return set.encode(encoder);
        }
        for text in self.strings().into_iter().flatten() {
            encoder.space();
            encoder.astring(text.as_bytes());
        }
        match self {
            Self::Keyword(atom) | Self::Unkeyword(atom) | Self::Filter(atom) => {
                encoder.space();
                encode_atom(atom, encoder);
            }
            Self::Before(date)
            | Self::On(date)
            | Self::Since(date)
            | Self::SentBefore(date)
            | Self::SentOn(date)
            | Self::SentSince(date)
            | Self::SavedBefore(date)
            | Self::SavedOn(date)
            | Self::SavedSince(date) => {
                encoder.space();
                date.encode(encoder);
            }
            Self::Larger(number)
            | Self::Smaller(number)
            | Self::GmailMessageId(number)
            | Self::GmailThreadId(number) => {
                encoder.space();
                encoder.number(*number);
            }
            Self::Younger(seconds) | Self::Older(seconds) => {
                encoder.space();
                encoder.number(u64::from(seconds.get()));
            }
            Self::ModSeq { entry, since } => {
                if let Some((flag, kind)) = entry {
                    encoder.space();
                    let mut name = b"/flags/".to_vec();
                    name.extend_from_slice(flag.as_bytes());
                    encoder.string(&name);
                    encoder.space();
                    encoder.octets(kind.as_str().as_bytes());
                }
                encoder.space();
                encoder.number(since.map_or(0, ModSeq::get));
            }
            Self::Uid(set) => {
                encoder.space();
                set.encode(encoder);
            }
            Self::UidAfter(uid) | Self::UidBefore(uid) => {
                encoder.space();
                encoder.number(u64::from(uid.get()));
            }
            _ => {}
        }
    }

    /// What stands behind a name, which is given as a number too; `None` if it is the name of nothing.
    #[allow(clippy::too_many_lines)] // a line for each key
    pub(super) fn read(name: u128, word: &[u8], cursor: &mut Cursor<'_>) -> Result<Option<Self>, ParseError> {
        Ok(Some(by_name!(name, {
            // What is asked for most comes first.
            "UID" => {
                cursor.space()?;
                Self::Uid(UidSet::read(cursor)?)
            },
            "UNSEEN" => Self::Unseen,
            "SEEN" => Self::Seen,
            "UNDELETED" => Self::Undeleted,
            "SINCE" => Self::Since(date(cursor)?),
            "SUBJECT" => Self::Subject(string(cursor)?),
            "FROM" => Self::From(string(cursor)?),
            "TO" => Self::To(string(cursor)?),
            "HEADER" => Self::Header(string(cursor)?, string(cursor)?),
            "TEXT" => Self::Text(string(cursor)?),
            "BODY" => Self::Body(string(cursor)?),
            "BEFORE" => Self::Before(date(cursor)?),
            "ALL" => Self::All,
            "ANSWERED" => Self::Answered,
            "UNANSWERED" => Self::Unanswered,
            "DELETED" => Self::Deleted,
            "DRAFT" => Self::Draft,
            "UNDRAFT" => Self::Undraft,
            "FLAGGED" => Self::Flagged,
            "UNFLAGGED" => Self::Unflagged,
            "RECENT" => Self::Recent,
            "OLD" => Self::Old,
            "NEW" => Self::New,
            "KEYWORD" => Self::Keyword(atom(cursor)?),
            "UNKEYWORD" => Self::Unkeyword(atom(cursor)?),
            "BCC" => Self::Bcc(string(cursor)?),
            "CC" => Self::Cc(string(cursor)?),
            "ON" => Self::On(date(cursor)?),
            "SENTBEFORE" => Self::SentBefore(date(cursor)?),
            "SENTON" => Self::SentOn(date(cursor)?),
            "SENTSINCE" => Self::SentSince(date(cursor)?),
            "SAVEDBEFORE" => Self::SavedBefore(date(cursor)?),
            "SAVEDON" => Self::SavedOn(date(cursor)?),
            "SAVEDSINCE" => Self::SavedSince(date(cursor)?),
            "LARGER" => Self::Larger(number(cursor)?),
            "SMALLER" => Self::Smaller(number(cursor)?),
            "YOUNGER" => Self::Younger(seconds(cursor)?),
            "OLDER" => Self::Older(seconds(cursor)?),
            "MODSEQ" => mod_seq(cursor)?,
            "EMAILID" => Self::EmailId(object_id(cursor)?),
            "THREADID" => Self::ThreadId(object_id(cursor)?),
            "FILTER" => Self::Filter(filter(cursor)?),
            "X-GM-RAW" => Self::GmailRaw(string(cursor)?),
            "X-GM-MSGID" => Self::GmailMessageId(gmail_number(cursor)?),
            "X-GM-THRID" => Self::GmailThreadId(gmail_number(cursor)?),
            "X-GM-LABELS" => Self::GmailLabel(string(cursor)?),
            "UIDAFTER" => Self::UidAfter(uid(cursor)?),
            "UIDBEFORE" => Self::UidBefore(uid(cursor)?),
            // Too long to be matched.
            _ => match word.eq_ignore_ascii_case(b"SAVEDATESUPPORTED") {
                true => Self::SaveDateSupported,
                false => return Ok(None),
            },
        })))
    }
}

/// Adds a key that clients say most of the time, as they write it; `false` leaves what stands here to [`SearchTerm::read`].
///
/// It is put where it stays: a key is large, and most are a word.
#[inline]
pub(super) fn frequent(cursor: &mut Cursor<'_>, nodes: &mut Vec<Node>) -> bool {
    match push_frequent(cursor.frame(), cursor.rest(), nodes) {
        Some(rest) => {
            cursor.resume(rest);
            true
        }
        None => false,
    }
}

#[inline]
fn push_frequent<'a>(frame: &Bytes, octets: &'a [u8], nodes: &mut Vec<Node>) -> Option<&'a [u8]> {
    macro_rules! word {
        ($name:literal $term:ident) => {
            if let Some(rest) = plain::behind_word(octets, $name) {
                nodes.push(Node::Term(SearchTerm::$term));
                return Some(rest);
            }
        };
    }
    macro_rules! with {
        ($name:literal $term:ident $read:expr) => {
            if let Some(rest) = plain::behind(octets, $name) {
                let (value, rest) = $read(rest)?;
                if !matches!(rest, [] | [b' ' | b')', ..]) {
                    return None;
                }
                nodes.push(Node::Term(SearchTerm::$term(value)));
                return Some(rest);
            }
        };
    }
    let string = |octets: &'a [u8]| {
        let [b'"', octets @ ..] = octets else { return None };
        let (content, rest) = plain::quoted(octets)?;
        Some((Text::received(plain::share(frame, content)), rest))
    };
    match octets.first()? {
        b'U' => {
            with!(b"UID " Uid UidSet::plain);
            word!(b"UNSEEN" Unseen);
            word!(b"UNDELETED" Undeleted);
            word!(b"UNFLAGGED" Unflagged);
            word!(b"UNANSWERED" Unanswered);
        }
        b'S' => {
            word!(b"SEEN" Seen);
            with!(b"SINCE " Since Date::plain);
            with!(b"SUBJECT " Subject string);
        }
        b'F' => {
            with!(b"FROM " From string);
            word!(b"FLAGGED" Flagged);
        }
        b'T' => {
            with!(b"TO " To string);
            with!(b"TEXT " Text string);
        }
        b'A' => {
            word!(b"ALL" All);
            word!(b"ANSWERED" Answered);
        }
        b'B' => {
            with!(b"BODY " Body string);
            with!(b"BEFORE " Before Date::plain);
        }
        b'D' => word!(b"DELETED" Deleted),
        b'0'..=b'9' | b'*' => {
            let (set, rest) = SeqSet::plain(octets)?;
            if !matches!(rest, [] | [b' ' | b')', ..]) {
                return None;
            }
            nodes.push(Node::Term(SearchTerm::Messages(set)));
            return Some(rest);
        }
        _ => {}
    }
    None
}

fn uid(cursor: &mut Cursor<'_>) -> Result<Uid, ParseError> {
    cursor.space()?;
    let at = cursor.at();
    Uid::new(cursor.nz_number()?).ok_or(ParseError::new(at, Expected::NonZero))
}

fn atom(cursor: &mut Cursor<'_>) -> Result<Atom, ParseError> {
    cursor.space()?;
    cursor.atom()
}

fn string(cursor: &mut Cursor<'_>) -> Result<Text, ParseError> {
    cursor.space()?;
    let start = cursor.at();
    let text = cursor.astring()?;
    // RFC 9051 section 9: strings of commands consist of CHAR8, which NUL is not.
    if memchr::memchr(0, text.as_bytes()).is_some() {
        return Err(ParseError::new(start, Expected::String));
    }
    Ok(text)
}

fn date(cursor: &mut Cursor<'_>) -> Result<Date, ParseError> {
    cursor.space()?;
    Date::read(cursor)
}

fn number(cursor: &mut Cursor<'_>) -> Result<u64, ParseError> {
    cursor.space()?;
    cursor.number64()
}

/// Gmail's numbers have 64 bits.
fn gmail_number(cursor: &mut Cursor<'_>) -> Result<u64, ParseError> {
    cursor.space()?;
    cursor.unsigned64()
}

fn seconds(cursor: &mut Cursor<'_>) -> Result<NonZeroU32, ParseError> {
    cursor.space()?;
    let start = cursor.at();
    NonZeroU32::new(cursor.nz_number()?).ok_or(ParseError::new(start, Expected::NonZero))
}

/// `search-modsequence = "MODSEQ" [SP entry-name SP entry-type-req] SP mod-sequence-valzer`
fn mod_seq(cursor: &mut Cursor<'_>) -> Result<SearchTerm, ParseError> {
    cursor.space()?;
    let mut entry = None;
    if cursor.peek() == Some(b'"') {
        let start = cursor.at();
        let wrong = ParseError::new(start, Expected::Flag);
        let name = cursor.string()?;
        let flag = name.as_str().and_then(|name| {
            let (path, flag) = name.split_at_checked("/flags/".len())?;
            path.eq_ignore_ascii_case("/flags/").then(|| Flag::try_from(flag).ok())?
        });
        let flag = flag.ok_or(wrong)?;
        cursor.space()?;
        let kind = [EntryType::Private, EntryType::Shared, EntryType::All];
        let Some(kind) = kind.into_iter().find(|kind| cursor.eat_word(kind.as_str())) else {
            return cursor.error(Expected::Item);
        };
        entry = Some((flag, kind));
        cursor.space()?;
    }
    Ok(SearchTerm::ModSeq { entry, since: ModSeq::new(cursor.number64()?) })
}

/// RFC 8474 section 7: `objectid = 1*255(ALPHA / DIGIT / "_" / "-")`
fn object_id(cursor: &mut Cursor<'_>) -> Result<Text, ParseError> {
    cursor.space()?;
    let start = cursor.at();
    let id = cursor.astring()?;
    let known = |octet: &u8| octet.is_ascii_alphanumeric() || matches!(octet, b'_' | b'-');
    if id.is_empty() || id.len() > 255 || !id.as_bytes().iter().all(known) {
        return Err(ParseError::new(start, Expected::Atom));
    }
    Ok(id)
}

/// RFC 5466 section 4: `filter-name = 1*<any ATOM-CHAR except "/">`
fn filter(cursor: &mut Cursor<'_>) -> Result<Atom, ParseError> {
    let start = cursor.at();
    let name = atom(cursor)?;
    if name.as_bytes().contains(&b'/') {
        return Err(ParseError::new(start + 1, Expected::Atom));
    }
    Ok(name)
}
