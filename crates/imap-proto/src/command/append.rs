//! Putting messages into mailboxes: APPEND and REPLACE, written and read whole.

use std::fmt;

use bytes::Bytes;

use super::{
    append_reader::{AppendItem, Content, Grammar},
    store::encode_flags,
};
use crate::{
    DateTime, Encoder, Expected, Flags, MailboxName, MessageSet, ParseError, Seq, SeqSet, Text, Uid, UidSet,
    cursor::Cursor,
};

/// The octets of a literal: here, or sent later by whoever has them.
///
/// # Example
///
/// ```
/// use imap_proto::command::MessageData;
///
/// let here = MessageData::inline("Subject: a\r\n\r\nb");
/// assert_eq!((here.octets(), here.data().is_some()), (15, true));
/// let later = MessageData::streamed(5_000_000_000);
/// assert_eq!((later.octets(), later.data()), (5_000_000_000, None));
/// // NUL needs a literal8.
/// assert!(MessageData::inline("a\0").is_literal8());
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct MessageData {
    octets: u64,
    literal8: bool,
    data: Option<Bytes>,
}

impl MessageData {
    /// Octets that are here. Those with NUL are a literal8.
    pub fn inline(data: impl Into<Bytes>) -> Self {
        let data = data.into();
        let literal8 = memchr::memchr(0, &data).is_some();
        Self { octets: data.len() as u64, literal8, data: Some(data) }
    }

    /// So many octets that are sent later, up to 2^63 - 1; more are taken for so many.
    pub const fn streamed(octets: u64) -> Self {
        const MOST: u64 = i64::MAX.cast_unsigned();
        Self { octets: if octets > MOST { MOST } else { octets }, literal8: false, data: None }
    }

    /// The same as a literal8, which may hold NUL (RFC 3516 section 4.4): for servers with BINARY.
    #[must_use]
    pub fn literal8(self) -> Self {
        Self { literal8: true, ..self }
    }

    /// How many octets.
    pub const fn octets(&self) -> u64 {
        self.octets
    }

    /// Whether it is a literal8.
    pub const fn is_literal8(&self) -> bool {
        self.literal8
    }

    /// The octets, if they are here.
    pub const fn data(&self) -> Option<&Bytes> {
        self.data.as_ref()
    }

    /// What was announced, out of a whole frame.
    fn read(cursor: &mut Cursor<'_>, octets: u64, literal8: bool) -> Result<Self, ParseError> {
        let wrong = ParseError::new(cursor.at(), Expected::Literal);
        let length = usize::try_from(octets).map_err(|_| wrong)?;
        let data = cursor.rest().get(..length).ok_or(wrong)?;
        // RFC 9051 section 4.3: only a literal8 holds NUL
        if !literal8 && memchr::memchr(0, data).is_some() {
            return Err(wrong);
        }
        cursor.advance(length);
        Ok(Self { octets, literal8, data: Some(cursor.share(data)) })
    }
}

/// Without the octets.
impl fmt::Debug for MessageData {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = if self.literal8 { "literal8" } else { "literal" };
        let place = if self.data.is_some() { "here" } else { "later" };
        write!(f, "MessageData({kind} of {} octets, {place})", self.octets)
    }
}

/// What a message is made of.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum AppendData {
    /// Its octets.
    Message(MessageData),
    /// Its octets, with UTF-8 in the header: `UTF8 (~{n}...)` (RFC 9755 section 4). Always a literal8.
    Utf8(MessageData),
    /// Parts that are put together (RFC 4469 section 3). Of none, it is a message without octets.
    Catenate(Vec<CatPart>),
}

impl AppendData {
    fn streamed(&self) -> impl Iterator<Item = u64> + '_ {
        let (one, parts) = match self {
            Self::Message(data) | Self::Utf8(data) => (Some(data), &[][..]),
            Self::Catenate(parts) => (None, &parts[..]),
        };
        let parts = parts.iter().filter_map(|part| match part {
            CatPart::Text(data) | CatPart::Utf8(data) => Some(data),
            CatPart::Url(_) => None,
        });
        one.into_iter().chain(parts).filter(|data| data.data.is_none()).map(|data| data.octets)
    }
}

/// A part of a message that the server puts together.
///
/// ```abnf
/// cat-part     = text-literal / url / utf8-literal
/// text-literal = "TEXT" SP literal
/// url          = "URL" SP astring
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CatPart {
    /// What an URL of IMAP names, which the server has already (RFC 5092).
    Url(Text),
    /// Octets.
    Text(MessageData),
    /// Octets with UTF-8 in a header (RFC 9755 section 4). Always a literal8.
    Utf8(MessageData),
}

/// A message, and what is to be kept of it.
///
/// ```abnf
/// append-message = [SP flag-list] [SP date-time] SP append-data
/// append-data    = literal / literal8 / "UTF8" SP "(" literal8 ")" /
///                  "CATENATE" SP "(" cat-part *(SP cat-part) ")"
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct AppendMessage {
    /// Its flags. `\Recent` and `\*` are not written, for servers alone have them (RFC 3501 section 2.3.2).
    pub flags: Flags,
    /// When it arrived; without it, now.
    pub date: Option<DateTime>,
    /// What it is.
    pub data: AppendData,
}

impl AppendMessage {
    /// A message without flags that arrives now.
    pub const fn new(data: AppendData) -> Self {
        Self { flags: Flags::new(), date: None, data }
    }

    /// Messages up to the end, or one.
    fn read(cursor: &mut Cursor<'_>, grammar: &mut Grammar) -> Result<Vec<Self>, ParseError> {
        let mut messages: Vec<Self> = Vec::new();
        let mut in_parts = false;
        while let Some(item) = grammar.step(cursor)? {
            let data = match item {
                AppendItem::Message { flags, date } => {
                    in_parts = false;
                    messages.push(Self { flags, date, data: AppendData::Catenate(Vec::new()) });
                    continue;
                }
                AppendItem::Catenate => {
                    in_parts = true;
                    continue;
                }
                AppendItem::End => continue,
                AppendItem::Url(url) => CatPart::Url(url),
                AppendItem::Literal { octets, literal8, content, .. } => {
                    let data = MessageData::read(cursor, octets, literal8)?;
                    match content {
                        Content::Octets => CatPart::Text(data),
                        Content::Utf8 => CatPart::Utf8(data),
                        Content::Url => CatPart::Url(Text::received(data.data.unwrap_or_default())),
                    }
                }
            };
            let Some(message) = messages.last_mut() else { return cursor.error(Expected::Item) };
            match (&mut message.data, data) {
                (AppendData::Catenate(parts), part) if in_parts => parts.push(part),
                (place, CatPart::Text(data)) => *place = AppendData::Message(data),
                (place, CatPart::Utf8(data)) => *place = AppendData::Utf8(data),
                _ => return cursor.error(Expected::Literal),
            }
        }
        Ok(messages)
    }

    fn write(&self, stretch: &mut Stretch<'_>) {
        let streamed = self.data.streamed().count();
        if stretch.pass(streamed) {
            return;
        }
        stretch.with(|encoder| {
            encoder.space();
            if !self.flags.is_empty() {
                encode_flags(&self.flags, encoder);
                encoder.space();
            }
            if let Some(date) = self.date {
                date.encode(encoder);
                encoder.space();
            }
        });
        match &self.data {
            AppendData::Message(data) => stretch.literal(data, data.literal8),
            AppendData::Utf8(data) => stretch.utf8(data),
            AppendData::Catenate(parts) if parts.is_empty() => stretch.with(|encoder| encoder.literal(b"")),
            AppendData::Catenate(parts) => {
                stretch.with(|encoder| encoder.octets(b"CATENATE"));
                for (index, part) in parts.iter().enumerate() {
                    stretch.with(|encoder| encoder.octets(if index == 0 { b" (" } else { b" " }));
                    match part {
                        CatPart::Url(url) => stretch.with(|encoder| {
                            encoder.octets(b"URL ");
                            encoder.string(url.as_bytes());
                        }),
                        CatPart::Text(data) => {
                            stretch.with(|encoder| encoder.octets(b"TEXT "));
                            stretch.literal(data, data.literal8);
                        }
                        CatPart::Utf8(data) => stretch.utf8(data),
                    }
                }
                stretch.with(|encoder| encoder.octets(b")"));
            }
        }
    }
}

/// A command from behind one streamed literal up to the announcement of the next.
///
/// Whoever writes goes through the whole command, and only what belongs to the stretch gets into the encoder.
struct Stretch<'e> {
    encoder: &'e mut Encoder,
    /// How many streamed literals are before the stretch.
    from: usize,
    /// How many have been met.
    met: usize,
}

impl<'e> Stretch<'e> {
    const fn new(encoder: &'e mut Encoder, from: usize) -> Self {
        Self { encoder, from, met: 0 }
    }

    const fn is_here(&self) -> bool {
        self.met == self.from
    }

    /// Goes past a part of the command with so many streamed literals, if nothing of the stretch is in it.
    const fn pass(&mut self, streamed: usize) -> bool {
        let passes = self.met > self.from || self.met + streamed < self.from;
        if passes {
            self.met += streamed;
        }
        passes
    }

    fn with(&mut self, write: impl FnOnce(&mut Encoder)) {
        if self.is_here() {
            write(self.encoder);
        }
    }

    fn literal(&mut self, data: &MessageData, literal8: bool) {
        self.with(|encoder| {
            encoder.announce(data.octets, literal8);
            if let Some(data) = &data.data {
                encoder.octets(data);
            }
        });
        self.met += usize::from(data.data.is_none());
    }

    fn utf8(&mut self, data: &MessageData) {
        self.with(|encoder| encoder.octets(b"UTF8 ("));
        self.literal(data, true);
        self.with(|encoder| encoder.octets(b")"));
    }

    /// Whether the stretch goes up to the end of the command, or lies behind it.
    const fn is_last(&self) -> bool {
        self.met <= self.from
    }
}

/// APPEND (RFC 9051 section 6.3.12), of one message, or of several with MULTIAPPEND (RFC 3502).
///
/// ```abnf
/// append = "APPEND" SP mailbox 1*append-message
/// ```
///
/// # Messages that are sent later
///
/// Literals whose octets are [not here](MessageData::streamed) are numbered from 0, in the order in which they stand; of
/// those [`streamed`](Self::streamed) says how long each is. [`Command::encode`](crate::Command::encode) writes up to and
/// with the announcement of literal 0, and CRLF is not written; the caller sends its octets, and behind them what
/// [`encode_next`](Self::encode_next) writes for 0: up to the announcement of literal 1, or the end with CRLF. Whether the
/// server has to be waited for behind an announcement says the last [`Piece`](crate::Piece).
///
/// # Example
///
/// ```
/// use imap_proto::{Command, Dialect, Encoder, Literals, MailboxName, Tag};
/// use imap_proto::command::{Append, AppendData, AppendMessage, MessageData};
///
/// let message = |octets| AppendMessage::new(AppendData::Message(MessageData::streamed(octets)));
/// let mut append = Append::new(MailboxName::INBOX, message(310));
/// append.messages.push(message(5));
/// let new = || Encoder::new(Literals::Plus, Dialect::REV1);
///
/// let mut encoder = new();
/// Command::Append(append.clone()).encode(&Tag::try_from("A3").unwrap(), &mut encoder);
/// assert_eq!(encoder.text(), b"A3 APPEND INBOX {310+}\r\n");
/// // 310 octets, and then
/// let mut encoder = new();
/// assert!(!append.encode_next(0, &mut encoder));
/// assert_eq!(encoder.text(), b" {5+}\r\n");
/// // 5 octets, and then
/// let mut encoder = new();
/// assert!(append.encode_next(1, &mut encoder));
/// assert_eq!(encoder.text(), b"\r\n");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Append {
    /// Where to.
    pub mailbox: MailboxName,
    /// The messages; the grammar wants one at least.
    pub messages: Vec<AppendMessage>,
}

impl Append {
    /// One message.
    pub fn new(mailbox: MailboxName, message: AppendMessage) -> Self {
        Self { mailbox, messages: vec![message] }
    }

    /// Octets of each literal that is sent later, in the order in which they stand.
    pub fn streamed(&self) -> impl Iterator<Item = u64> + '_ {
        self.messages.iter().flat_map(|message| message.data.streamed())
    }

    pub(crate) fn read(cursor: &mut Cursor<'_>) -> Result<Self, ParseError> {
        let mailbox = cursor.mailbox()?;
        Ok(Self { mailbox, messages: AppendMessage::read(cursor, &mut Grammar::new(false))? })
    }

    fn write(&self, mut stretch: Stretch<'_>) -> bool {
        stretch.with(|encoder| encoder.mailbox(&self.mailbox));
        for message in &self.messages {
            message.write(&mut stretch);
        }
        stretch.is_last()
    }

    /// Up to the first literal that is sent later; whether there is none.
    pub(crate) fn encode(&self, encoder: &mut Encoder) -> bool {
        self.write(Stretch::new(encoder, 0))
    }

    /// Writes what stands behind literal `index` of those that are [sent later](Self#messages-that-are-sent-later): up to and
    /// with the announcement of the next, or the end with CRLF. Whether it was the end. Behind the last literal there is
    /// nothing, which is an end.
    pub fn encode_next(&self, index: usize, encoder: &mut Encoder) -> bool {
        if index >= self.streamed().count() {
            return true;
        }
        let is_last = self.write(Stretch::new(encoder, index.saturating_add(1)));
        if is_last {
            encoder.crlf();
        }
        is_last
    }
}

/// REPLACE and UID REPLACE (RFC 8508 section 3): a message takes the place of another.
///
/// ```abnf
/// replace = "REPLACE" SP seq-number SP mailbox append-message
/// ```
///
/// A message that is sent later is written as [`Append`] does it.
///
/// # Example
///
/// ```
/// use imap_proto::{MailboxName, SeqSet, Uid, UidSet};
/// use imap_proto::command::{AppendData, AppendMessage, MessageData, Replace};
///
/// let message = AppendMessage::new(AppendData::Message(MessageData::inline("x")));
/// let drafts = MailboxName::new("Drafts").unwrap();
/// let uid = UidSet::from(Uid::new(7).unwrap());
/// assert!(Replace::new(uid, drafts.clone(), message.clone()).is_some());
/// // One message.
/// assert_eq!(Replace::new(SeqSet::all(), drafts, message), None);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replace {
    message: MessageSet,
    mailbox: MailboxName,
    with: AppendMessage,
}

impl Replace {
    /// Puts `with` into a mailbox, and removes `message` from the one that is selected. `None` unless that is one message: a
    /// number, or `*`.
    pub fn new(message: impl Into<MessageSet>, mailbox: MailboxName, with: AppendMessage) -> Option<Self> {
        fn one<N: PartialEq>(mut ranges: impl Iterator<Item = (N, N)>) -> bool {
            matches!((ranges.next(), ranges.next()), (Some((first, last)), None) if first == last)
        }
        let message = message.into();
        let is_one = match &message {
            MessageSet::Seq(set) => one(set.written()),
            MessageSet::Uid(set) => one(set.written()),
        };
        is_one.then_some(Self { message, mailbox, with })
    }

    /// What is replaced: a set of one message.
    pub const fn message(&self) -> &MessageSet {
        &self.message
    }

    /// Where the new message goes.
    pub const fn mailbox(&self) -> &MailboxName {
        &self.mailbox
    }

    /// The new message.
    pub const fn with(&self) -> &AppendMessage {
        &self.with
    }

    /// Octets of each literal that is sent later, in the order in which they stand.
    pub fn streamed(&self) -> impl Iterator<Item = u64> + '_ {
        self.with.data.streamed()
    }

    pub(crate) fn read(cursor: &mut Cursor<'_>, uid: bool) -> Result<Self, ParseError> {
        let message = read_one(cursor, uid)?;
        cursor.space()?;
        let mailbox = cursor.mailbox()?;
        match AppendMessage::read(cursor, &mut Grammar::new(true))?.pop() {
            Some(with) => Ok(Self { message, mailbox, with }),
            None => cursor.error(Expected::Item),
        }
    }

    fn write(&self, mut stretch: Stretch<'_>) -> bool {
        stretch.with(|encoder| {
            self.message.encode(encoder);
            encoder.space();
            encoder.mailbox(&self.mailbox);
        });
        self.with.write(&mut stretch);
        stretch.is_last()
    }

    /// Up to the first literal that is sent later; whether there is none.
    pub(crate) fn encode(&self, encoder: &mut Encoder) -> bool {
        self.write(Stretch::new(encoder, 0))
    }

    /// As [`Append::encode_next`].
    pub fn encode_next(&self, index: usize, encoder: &mut Encoder) -> bool {
        if index >= self.streamed().count() {
            return true;
        }
        let is_last = self.write(Stretch::new(encoder, index.saturating_add(1)));
        if is_last {
            encoder.crlf();
        }
        is_last
    }
}

/// `seq-number`: a number, or `*`.
pub(super) fn read_one(cursor: &mut Cursor<'_>, uid: bool) -> Result<MessageSet, ParseError> {
    if cursor.eat(b'*') {
        return Ok(if uid { UidSet::last().into() } else { SeqSet::last().into() });
    }
    let at = cursor.at();
    let number = cursor.nz_number()?;
    let set =
        if uid { Uid::new(number).map(MessageSet::from) } else { Seq::new(number).map(MessageSet::from) };
    set.ok_or(ParseError::new(at, Expected::NonZero))
}
