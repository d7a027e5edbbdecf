//! What FETCH says about one message (RFC 9051 section 7.5.2).
//!
//! To add an item: a variant of [`FetchItem`], a line in `read`, one in `encode`.

use bytes::Bytes;

use crate::{
    Atom, DateTime, Encoder, Expected, Flags, ModSeq, ObjectId, ParseError, PartPath, Section, SectionText,
    Text, Uid, cursor::Cursor, plain,
};

use super::{body::BodyStructure, envelope::Envelope};

/// One thing that a server says about a message.
///
/// What this crate does not know is [`Unknown`](Self::Unknown); what it knows and does not understand is [`Damaged`](Self::Damaged), and
/// costs nothing else of the response.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum FetchItem {
    /// FLAGS (RFC 9051 section 7.5.2).
    Flags(Flags),
    /// UID (RFC 9051 section 7.5.2).
    Uid(Uid),
    /// MODSEQ; `None` for what is none, as zero (RFC 7162 section 3.1.4.2).
    ModSeq(Option<ModSeq>),
    /// INTERNALDATE; `None` for NIL and the day that never was (RFC 9051 section 7.5.2).
    InternalDate(Option<DateTime>),
    /// RFC822.SIZE, in octets; `None` for what is less than none (RFC 9051 section 7.5.2).
    Size(Option<u64>),
    /// ENVELOPE (RFC 9051 section 7.5.2).
    Envelope(Box<Envelope>),
    /// BODY: the structure without the extension data (RFC 9051 section 7.5.2).
    Body(Box<BodyStructure>),
    /// BODYSTRUCTURE (RFC 9051 section 7.5.2).
    BodyStructure(Box<BodyStructure>),
    /// BODY[...] (RFC 9051 section 7.5.2).
    Section(Box<BodyItem>),
    /// BINARY[...]: a part, decoded (RFC 9051 section 7.5.2).
    Binary(Box<BinaryItem>),
    /// BINARY.SIZE[...]: its octets (RFC 9051 section 7.5.2).
    BinarySize(Box<BinarySize>),
    /// RFC822: the message (RFC 3501 section 7.4.2).
    Rfc822(Option<Bytes>),
    /// RFC822.HEADER (RFC 3501 section 7.4.2).
    Rfc822Header(Option<Bytes>),
    /// RFC822.TEXT (RFC 3501 section 7.4.2).
    Rfc822Text(Option<Bytes>),
    /// EMAILID (RFC 8474 section 5.1).
    EmailId(Option<ObjectId>),
    /// THREADID; `None` if the server knows no threads (RFC 8474 section 5.2).
    ThreadId(Option<ObjectId>),
    /// SAVEDATE: when it came into this mailbox (RFC 8514 section 4.2).
    SaveDate(Option<DateTime>),
    /// PREVIEW: what it begins with, for people; `None` if the server has none yet (RFC 8970 section 3.2).
    Preview(Option<Text>),
    /// X-GM-MSGID, of Gmail.
    GmailMessageId(u64),
    /// X-GM-THRID, of Gmail.
    GmailThreadId(u64),
    /// X-GM-LABELS, of Gmail. Names of the system's begin with a backslash; others are in modified UTF-7.
    GmailLabels(Vec<Text>),
    /// An item of an extension that is not known.
    Unknown(Box<UnknownItem>),
    /// An item that makes no sense.
    Damaged(Box<DamagedItem>),
}

/// An item that this crate does not know: see [`FetchItem::unknown`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct UnknownItem {
    /// Its name, with what is in brackets.
    pub name: Atom,
    /// Its value as it stands: one word, string, literal or list.
    pub raw: Bytes,
}

/// An item that is known and not understood.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct DamagedItem {
    /// Its name, with what is in brackets.
    pub name: Atom,
    /// Its value as it stands.
    pub raw: Bytes,
    /// Where it stops to make sense, in octets from the beginning of the response.
    pub error: ParseError,
}

/// Octets of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(clippy::exhaustive_structs)] // what the grammar has
pub struct BodyItem {
    /// Which part of it.
    pub section: Section,
    /// From which octet of that on; `None` for all of it. Servers were seen that leave it out.
    pub origin: Option<u64>,
    /// The octets; `None` if there is no such part.
    pub data: Option<Bytes>,
}

/// Octets of a part, its transfer encoding undone.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(clippy::exhaustive_structs)] // what the grammar has
pub struct BinaryItem {
    /// Which part.
    pub part: PartPath,
    /// From which octet of it on; `None` for all of it.
    pub origin: Option<u64>,
    /// The octets; `None` if there is no such part.
    pub data: Option<Bytes>,
}

/// How many octets a part has, its transfer encoding undone.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(clippy::exhaustive_structs)] // what the grammar has
pub struct BinarySize {
    /// Which part.
    pub part: PartPath,
    /// Its octets.
    pub octets: u32,
}

/// Content of a message: what a server sends in literals of any size.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[allow(clippy::exhaustive_enums)] // the framer streams these and nothing else
pub enum Content {
    /// BODY[...].
    Section(Section),
    /// BINARY[...].
    Binary(PartPath),
    /// RFC822.
    Rfc822,
    /// RFC822.HEADER.
    Rfc822Header,
    /// RFC822.TEXT.
    Rfc822Text,
}

/// Labels of a message, at most.
const LABELS: usize = 10_000;

impl FetchItem {
    /// An item of an extension, to be written.
    ///
    /// # Errors
    ///
    /// [`ParseError`] unless the value is one word, string, literal or list.
    ///
    /// # Example
    ///
    /// ```
    /// use imap_proto::{Atom, FetchItem};
    ///
    /// assert!(FetchItem::unknown(Atom::from_static("X-COLOUR"), "(1 \"red\")".into()).is_ok());
    /// assert!(FetchItem::unknown(Atom::from_static("X-COLOUR"), "1) BYE".into()).is_err());
    /// ```
    pub fn unknown(name: Atom, raw: Bytes) -> Result<Self, ParseError> {
        let mut cursor = Cursor::new(&raw);
        cursor.value()?;
        cursor.end()?;
        Ok(Self::Unknown(Box::new(UnknownItem { name, raw })))
    }

    /// An item as most servers write it, of those that are asked for often, and what follows.
    #[inline(never)]
    pub(super) fn plain<'a>(frame: &Bytes, octets: &'a [u8]) -> Option<(Self, &'a [u8])> {
        Some(match octets.first()? {
            b'I' => {
                let (date, rest) = DateTime::plain(plain::behind(octets, b"INTERNALDATE ")?)?;
                (Self::InternalDate(Some(date)), rest)
            }
            b'R' => {
                let (size, rest) = plain::number(plain::behind(octets, b"RFC822.SIZE ")?)?;
                (Self::Size(Some(size)), rest)
            }
            b'M' => {
                let (modseq, rest) = plain::number(plain::behind(octets, b"MODSEQ (")?)?;
                (Self::ModSeq(ModSeq::new(modseq)), plain::behind(rest, b")")?)
            }
            b'E' => {
                let (envelope, rest) = Envelope::plain(frame, plain::behind(octets, b"ENVELOPE ")?)?;
                (Self::Envelope(envelope), rest)
            }
            b'B' => {
                let (body, rest) = BodyStructure::plain(frame, plain::behind(octets, b"BODYSTRUCTURE ")?)?;
                (Self::BodyStructure(body), rest)
            }
            _ => return None,
        })
    }

    /// One item, wherever it ends. `None` is one that is not known: the cursor stands behind its name.
    pub(super) fn read(cursor: &mut Cursor<'_>) -> Result<Option<Self>, ParseError> {
        let word = read_name(cursor);
        let mut upper = [0_u8; 16];
        let Some(name) = upper.get_mut(..word.len()) else { return Ok(None) };
        name.copy_from_slice(word);
        name.make_ascii_uppercase();
        let name = &*name;
        if cursor.peek() == Some(b'[') {
            return Self::read_bracketed(name, cursor);
        }
        if !KNOWN.contains(&name) {
            return Ok(None);
        }
        value_follows(cursor)?;
        Ok(Some(match name {
            b"FLAGS" => read_flags(cursor)?,
            b"UID" => read_uid(cursor)?,
            b"MODSEQ" => Self::ModSeq(read_modseq(cursor)?),
            b"INTERNALDATE" => Self::InternalDate(read_date(cursor)?),
            b"RFC822.SIZE" => Self::Size(read_size(cursor)?),
            b"ENVELOPE" => read_envelope(cursor)?,
            b"BODY" => Self::Body(Box::new(BodyStructure::read(cursor)?)),
            b"BODYSTRUCTURE" => Self::BodyStructure(Box::new(BodyStructure::read(cursor)?)),
            b"RFC822" => Self::Rfc822(read_data(cursor)?),
            b"RFC822.HEADER" => Self::Rfc822Header(read_data(cursor)?),
            b"RFC822.TEXT" => Self::Rfc822Text(read_data(cursor)?),
            b"EMAILID" => Self::EmailId(ObjectId::read(cursor)?),
            b"THREADID" => Self::ThreadId(ObjectId::read(cursor)?),
            b"SAVEDATE" => Self::SaveDate(read_date(cursor)?),
            b"PREVIEW" => Self::Preview(cursor.field()?),
            b"X-GM-MSGID" => Self::GmailMessageId(cursor.unsigned64()?),
            b"X-GM-THRID" => Self::GmailThreadId(cursor.unsigned64()?),
            _ => Self::GmailLabels(read_labels(cursor)?),
        }))
    }

    fn read_bracketed(name: &[u8], cursor: &mut Cursor<'_>) -> Result<Option<Self>, ParseError> {
        let Some((content, origin)) = Content::read_bracketed(name, cursor)? else {
            if name != b"BINARY.SIZE" {
                return Ok(None);
            }
            let part = read_part(cursor)?;
            value_follows(cursor)?;
            let octets = cursor.number()?;
            return Ok(Some(Self::BinarySize(Box::new(BinarySize { part, octets }))));
        };
        value_follows(cursor)?;
        let data = read_data(cursor)?;
        Ok(Some(match content {
            Content::Section(section) => Self::Section(Box::new(BodyItem { section, origin, data })),
            Content::Binary(part) => Self::Binary(Box::new(BinaryItem { part, origin, data })),
            _ => Self::Rfc822(data),
        }))
    }

    pub(super) fn encode(&self, encoder: &mut Encoder) {
        let data = |encoder: &mut Encoder, data: &Option<Bytes>| {
            encoder.space();
            encoder.nstring(data.as_deref());
        };
        let named = |encoder: &mut Encoder, name: &str| {
            encoder.octets(name.as_bytes());
            encoder.space();
        };
        match self {
            Self::Flags(flags) => {
                named(encoder, "FLAGS");
                flags.encode(encoder);
            }
            Self::Uid(uid) => {
                named(encoder, "UID");
                encoder.number(u64::from(uid.get()));
            }
            Self::ModSeq(modseq) => {
                named(encoder, "MODSEQ");
                encoder.octets(b"(");
                encoder.number(modseq.map_or(0, ModSeq::get));
                encoder.octets(b")");
            }
            Self::InternalDate(date) => {
                named(encoder, "INTERNALDATE");
                encode_date(*date, encoder);
            }
            Self::SaveDate(date) => {
                named(encoder, "SAVEDATE");
                encode_date(*date, encoder);
            }
            Self::Size(octets) => {
                named(encoder, "RFC822.SIZE");
                encoder.number(octets.unwrap_or(0));
            }
            Self::Envelope(envelope) => {
                named(encoder, "ENVELOPE");
                envelope.encode(encoder);
            }
            Self::Body(structure) => {
                named(encoder, "BODY");
                structure.encode(encoder, false);
            }
            Self::BodyStructure(structure) => {
                named(encoder, "BODYSTRUCTURE");
                structure.encode(encoder, true);
            }
            Self::Section(item) => {
                encode_section(&item.section, item.origin, encoder);
                data(encoder, &item.data);
            }
            Self::Binary(item) => {
                encode_binary(&item.part, item.origin, encoder);
                data(encoder, &item.data);
            }
            Self::BinarySize(size) => {
                encoder.octets(b"BINARY.SIZE");
                Section::part(size.part.clone()).encode(encoder);
                encoder.space();
                encoder.number(u64::from(size.octets));
            }
            Self::Rfc822(octets) => {
                encoder.octets(b"RFC822");
                data(encoder, octets);
            }
            Self::Rfc822Header(octets) => {
                encoder.octets(b"RFC822.HEADER");
                data(encoder, octets);
            }
            Self::Rfc822Text(octets) => {
                encoder.octets(b"RFC822.TEXT");
                data(encoder, octets);
            }
            Self::EmailId(id) => encode_id("EMAILID ", id.as_ref(), encoder),
            Self::ThreadId(id) => encode_id("THREADID ", id.as_ref(), encoder),
            Self::Preview(text) => {
                named(encoder, "PREVIEW");
                encoder.nstring(text.as_ref().map(AsRef::as_ref));
            }
            Self::GmailMessageId(id) => {
                named(encoder, "X-GM-MSGID");
                encoder.number(*id);
            }
            Self::GmailThreadId(id) => {
                named(encoder, "X-GM-THRID");
                encoder.number(*id);
            }
            Self::GmailLabels(labels) => {
                named(encoder, "X-GM-LABELS");
                encoder.list(labels, |encoder, label| encoder.string(label.as_bytes()));
            }
            Self::Unknown(item) => encode_raw(&item.name, &item.raw, encoder),
            Self::Damaged(item) => encode_raw(&item.name, &item.raw, encoder),
        }
    }
}

impl Content {
    /// The name of an item that is content, with its section and origin, if one stands here. Else the cursor may be anywhere.
    pub(super) fn read(cursor: &mut Cursor<'_>) -> Option<(Self, Option<u64>)> {
        let word = read_name(cursor);
        let is = |name: &[u8]| word.eq_ignore_ascii_case(name);
        if cursor.peek() == Some(b'[') {
            return Self::read_bracketed(&word.to_ascii_uppercase(), cursor).ok()?;
        }
        let content = match word {
            _ if is(b"RFC822") => Self::Rfc822,
            _ if is(b"RFC822.HEADER") => Self::Rfc822Header,
            _ if is(b"RFC822.TEXT") => Self::Rfc822Text,
            _ => return None,
        };
        Some((content, None))
    }

    /// At the bracket. `None` for other names.
    fn read_bracketed(
        name: &[u8],
        cursor: &mut Cursor<'_>,
    ) -> Result<Option<(Self, Option<u64>)>, ParseError> {
        let content = match name {
            b"BODY" => Self::Section(Section::read(cursor)?),
            b"BINARY" => Self::Binary(read_part(cursor)?),
            b"RFC822" if cursor.rest().starts_with(b"[]") => {
                cursor.advance(2);
                Self::Rfc822
            }
            _ => return Ok(None),
        };
        if !cursor.eat(b'<') {
            return Ok(Some((content, None)));
        }
        let origin = cursor.number64()?;
        // How much was asked for is none of the answer.
        if cursor.eat(b'.') {
            cursor.number64()?;
        }
        cursor.expect(b'>', Expected::Section)?;
        Ok(Some((content, Some(origin))))
    }

    /// The name with its section and origin.
    pub(super) fn encode(&self, origin: Option<u64>, encoder: &mut Encoder) {
        match self {
            Self::Section(section) => encode_section(section, origin, encoder),
            Self::Binary(part) => encode_binary(part, origin, encoder),
            Self::Rfc822 => encoder.octets(b"RFC822"),
            Self::Rfc822Header => encoder.octets(b"RFC822.HEADER"),
            Self::Rfc822Text => encoder.octets(b"RFC822.TEXT"),
        }
    }
}

const KNOWN: &[&[u8]] = &[
    b"FLAGS",
    b"UID",
    b"MODSEQ",
    b"INTERNALDATE",
    b"RFC822.SIZE",
    b"ENVELOPE",
    b"BODY",
    b"BODYSTRUCTURE",
    b"RFC822",
    b"RFC822.HEADER",
    b"RFC822.TEXT",
    b"EMAILID",
    b"THREADID",
    b"SAVEDATE",
    b"PREVIEW",
    b"X-GM-MSGID",
    b"X-GM-THRID",
    b"X-GM-LABELS",
];

/// The name of an item up to a bracket.
fn read_name<'a>(cursor: &mut Cursor<'a>) -> &'a [u8] {
    let rest = cursor.rest();
    let end =
        rest.iter().position(|octet| matches!(octet, 0..=b' ' | b'[' | b'(' | b')' | b'"' | b'{' | b'<'));
    let name = rest.get(..end.unwrap_or(rest.len())).unwrap_or_default();
    cursor.advance(name.len());
    name
}

/// The space behind a name; lists do without.
fn value_follows(cursor: &mut Cursor<'_>) -> Result<(), ParseError> {
    if cursor.peek() == Some(b'(') { Ok(()) } else { cursor.space() }
}

fn read_uid(cursor: &mut Cursor<'_>) -> Result<FetchItem, ParseError> {
    cursor.spaces();
    let at = cursor.at();
    match Uid::new(cursor.nz_number()?) {
        Some(uid) => Ok(FetchItem::Uid(uid)),
        None => Err(ParseError::new(at, Expected::NonZero)),
    }
}

fn read_flags(cursor: &mut Cursor<'_>) -> Result<FetchItem, ParseError> {
    cursor.spaces();
    Flags::read(cursor).map(FetchItem::Flags)
}

fn read_envelope(cursor: &mut Cursor<'_>) -> Result<FetchItem, ParseError> {
    cursor.spaces();
    Envelope::read(cursor).map(Box::new).map(FetchItem::Envelope)
}

/// In parentheses, or without them. Servers write zero and less where they keep none.
fn read_modseq(cursor: &mut Cursor<'_>) -> Result<Option<ModSeq>, ParseError> {
    let listed = cursor.eat(b'(');
    cursor.spaces();
    let modseq = if cursor.eat_nil() {
        None
    } else {
        let negative = cursor.eat(b'-');
        ModSeq::new(cursor.unsigned64()?).filter(|_| !negative)
    };
    if listed {
        cursor.spaces();
        cursor.expect(b')', Expected::Close)?;
    }
    Ok(modseq)
}

fn read_size(cursor: &mut Cursor<'_>) -> Result<Option<u64>, ParseError> {
    if cursor.eat_nil() {
        return Ok(None);
    }
    let negative = cursor.eat(b'-');
    let octets = cursor.number64()?;
    Ok(if negative { None } else { Some(octets) })
}

fn read_date(cursor: &mut Cursor<'_>) -> Result<Option<DateTime>, ParseError> {
    if cursor.eat_nil() {
        return Ok(None);
    }
    let start = cursor.at();
    DateTime::read(cursor).map(Some).or_else(|error| {
        cursor.seek(start);
        let text = cursor.field()?;
        // The day that servers write where they know none.
        match text {
            Some(text) if text.is_empty() || text.as_bytes().starts_with(b"00-") => Ok(None),
            _ => Err(error),
        }
    })
}

/// `nstring` or `literal8`.
fn read_data(cursor: &mut Cursor<'_>) -> Result<Option<Bytes>, ParseError> {
    Ok(cursor.field()?.map(Text::into_bytes))
}

fn read_part(cursor: &mut Cursor<'_>) -> Result<PartPath, ParseError> {
    let at = cursor.at();
    let section = Section::read(cursor)?;
    match section.text {
        SectionText::Whole => Ok(section.part),
        _ => Err(ParseError::new(at, Expected::Section)),
    }
}

fn read_labels(cursor: &mut Cursor<'_>) -> Result<Vec<Text>, ParseError> {
    if cursor.eat_nil() {
        return Ok(Vec::new());
    }
    let mut labels = Vec::new();
    cursor.list(|cursor| {
        if labels.len() >= LABELS {
            return cursor.error(Expected::Close);
        }
        labels.push(if cursor.peek() == Some(b'"') {
            cursor.field()?.unwrap_or_default()
        } else {
            cursor.astring()?
        });
        Ok(())
    })?;
    Ok(labels)
}

fn encode_section(section: &Section, origin: Option<u64>, encoder: &mut Encoder) {
    encoder.octets(b"BODY");
    section.encode(encoder);
    encode_origin(origin, encoder);
}

fn encode_binary(part: &PartPath, origin: Option<u64>, encoder: &mut Encoder) {
    encoder.octets(b"BINARY");
    Section::part(part.clone()).encode(encoder);
    encode_origin(origin, encoder);
}

fn encode_origin(origin: Option<u64>, encoder: &mut Encoder) {
    if let Some(origin) = origin {
        encoder.octets(b"<");
        encoder.number(origin);
        encoder.octets(b">");
    }
}

fn encode_date(date: Option<DateTime>, encoder: &mut Encoder) {
    match date {
        Some(date) => date.encode(encoder),
        None => encoder.octets(b"NIL"),
    }
}

fn encode_id(name: &str, id: Option<&ObjectId>, encoder: &mut Encoder) {
    encoder.octets(name.as_bytes());
    match id {
        Some(id) => id.encode(encoder),
        None => encoder.octets(b"NIL"),
    }
}

/// What was read goes back as it came.
fn encode_raw(name: &Atom, raw: &Bytes, encoder: &mut Encoder) {
    encoder.octets(name.as_bytes());
    if !raw.is_empty() {
        encoder.space();
        encoder.octets(raw);
    }
}
