//! APPEND and REPLACE in pieces, as a server gets them.

use bytes::Bytes;

use super::{CommandError, append::read_one, read::read_tag, store::read_flag_list};
use crate::{
    DateTime, Dialect, Expected, Flags, MailboxName, MessageSet, ParseError, Tag, Text, cursor::Cursor,
};

/// What APPEND and REPLACE consist of behind the name of the mailbox, one after the other.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum AppendItem {
    /// A message begins.
    Message {
        /// Its flags.
        flags: Flags,
        /// When it arrived; without it, now.
        date: Option<DateTime>,
    },
    /// It consists of parts, which follow (RFC 4469 section 3).
    Catenate,
    /// A part that the server has: an URL.
    Url(Text),
    /// A literal, whose octets follow.
    Literal {
        /// How many octets.
        octets: u64,
        /// Whether it may hold NUL.
        literal8: bool,
        /// Whether the client waits for a continuation before it sends them.
        waits: bool,
        /// What they are.
        content: Content,
    },
    /// The message ends.
    End,
}

/// What the octets of a literal are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Content {
    /// A message, or a part of it.
    Octets,
    /// The same, with UTF-8 in the header (RFC 9755 section 4).
    Utf8,
    /// An URL, which stands for a part.
    Url,
}

/// What is expected next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// A message, or the end.
    Between,
    /// The data of a message.
    Data,
    /// What is behind the only literal of a message.
    Behind,
    /// The parenthesis behind a literal in UTF-8.
    Close { part: bool },
    /// A part of several.
    Part { first: bool },
}

/// The grammar behind the mailbox, an item at a time, with or without the octets of literals.
#[derive(Clone, Debug)]
pub(super) struct Grammar {
    place: Place,
    /// Whether there is one message only.
    single: bool,
    any: bool,
}

impl Grammar {
    pub(super) const fn new(single: bool) -> Self {
        Self { place: Place::Between, single, any: false }
    }

    /// The next item, `None` at the end. Behind a [`AppendItem::Literal`] the cursor stands before its octets.
    pub(super) fn step(&mut self, cursor: &mut Cursor<'_>) -> Result<Option<AppendItem>, ParseError> {
        if let Place::Close { part } = self.place {
            cursor.expect(b')', Expected::Close)?;
            self.place = if part { Place::Part { first: false } } else { Place::Behind };
        }
        match self.place {
            Place::Between if self.any && (self.single || cursor.is_done()) => Ok(None),
            Place::Between => self.message(cursor).map(Some),
            Place::Data if cursor.eat_word("CATENATE") => {
                cursor.space()?;
                cursor.expect(b'(', Expected::List)?;
                self.place = Place::Part { first: true };
                Ok(Some(AppendItem::Catenate))
            }
            Place::Data if cursor.eat_word("UTF8") => self.utf8(cursor, false).map(Some),
            Place::Data => {
                self.place = Place::Behind;
                announcement(cursor, Content::Octets).map(Some)
            }
            Place::Behind => {
                self.place = Place::Between;
                Ok(Some(AppendItem::End))
            }
            Place::Part { first: false } if cursor.eat(b')') => {
                self.place = Place::Between;
                Ok(Some(AppendItem::End))
            }
            Place::Part { first } => self.part(cursor, first).map(Some),
            Place::Close { .. } => cursor.error(Expected::Close),
        }
    }

    fn message(&mut self, cursor: &mut Cursor<'_>) -> Result<AppendItem, ParseError> {
        cursor.space()?;
        let mut flags = Flags::new();
        if cursor.peek() == Some(b'(') {
            flags = read_flag_list(cursor)?;
            cursor.space()?;
        }
        let mut date = None;
        if cursor.peek() == Some(b'"') {
            date = Some(read_date(cursor)?);
            cursor.space()?;
        }
        (self.place, self.any) = (Place::Data, true);
        Ok(AppendItem::Message { flags, date })
    }

    fn part(&mut self, cursor: &mut Cursor<'_>, first: bool) -> Result<AppendItem, ParseError> {
        if !first {
            cursor.space()?;
        }
        self.place = Place::Part { first: false };
        if cursor.eat_word("URL") {
            cursor.space()?;
            return if cursor.peek() == Some(b'{') {
                announcement(cursor, Content::Url)
            } else {
                cursor.astring().map(AppendItem::Url)
            };
        }
        if cursor.eat_word("TEXT") {
            cursor.space()?;
            return announcement(cursor, Content::Octets);
        }
        if cursor.eat_word("UTF8") {
            return self.utf8(cursor, true);
        }
        cursor.error(Expected::Item)
    }

    fn utf8(&mut self, cursor: &mut Cursor<'_>, part: bool) -> Result<AppendItem, ParseError> {
        cursor.space()?;
        cursor.expect(b'(', Expected::List)?;
        self.place = Place::Close { part };
        announcement(cursor, Content::Utf8)
    }
}

/// A literal up to its octets.
fn announcement(cursor: &mut Cursor<'_>, content: Content) -> Result<AppendItem, ParseError> {
    let wrong = ParseError::new(cursor.at(), Expected::Literal);
    let literal8 = cursor.eat(b'~');
    if !cursor.eat(b'{') || (content == Content::Utf8 && !literal8) {
        return Err(wrong);
    }
    let octets = cursor.number64().map_err(|_| wrong)?;
    let waits = !cursor.eat(b'+');
    if cursor.eat(b'}') && cursor.eat(b'\r') && cursor.eat(b'\n') {
        Ok(AppendItem::Literal { octets, literal8, waits, content })
    } else {
        Err(wrong)
    }
}

/// RFC 9051 section 9: the day has two octets, the first of which may be a space.
fn read_date(cursor: &mut Cursor<'_>) -> Result<DateTime, ParseError> {
    if cursor.rest().get(3) != Some(&b'-') {
        return cursor.error(Expected::Date);
    }
    DateTime::read(cursor)
}

/// Reads the pieces of APPEND and REPLACE that a [`Framer`](crate::frame::Framer) finds around their messages.
///
/// The beginning of a command goes to [`begin`](Self::begin), what goes on behind a literal to [`next`](Self::next), and what
/// ends it to [`end`](Self::end): as [`Frame`](crate::frame::Frame) has them. They give the [items](AppendItem) that are in
/// them; the last of a beginning is the literal that follows.
///
/// A command without any literal that is streamed is a whole one: [`Command::parse`](crate::Command::parse) reads it.
///
/// # Example
///
/// ```
/// use imap_proto::{Dialect, command::{AppendItem, AppendReader}};
///
/// let head = "A3 APPEND saved-messages (\\Seen) {326}\r\n".into();
/// let (tag, mut reader, items) = AppendReader::begin(&head, Dialect::REV1).unwrap();
/// assert_eq!((tag.as_str(), reader.mailbox().as_str()), ("A3", Some("saved-messages")));
/// let [AppendItem::Message { flags, date: None }, AppendItem::Literal { octets: 326, waits: true, .. }] = &items[..]
/// else {
///     panic!()
/// };
/// assert!(flags.is_seen());
/// // The octets come, and then the end.
/// assert_eq!(reader.end(&"".into()).unwrap(), [AppendItem::End]);
/// ```
#[derive(Clone, Debug)]
pub struct AppendReader {
    grammar: Grammar,
    dialect: Dialect,
    mailbox: MailboxName,
    replaces: Option<MessageSet>,
}

impl AppendReader {
    /// The beginning of the command, up to and with the announcement of a literal.
    ///
    /// # Errors
    ///
    /// [`CommandError`], also if it is another command.
    pub fn begin(head: &Bytes, dialect: Dialect) -> Result<(Tag, Self, Vec<AppendItem>), CommandError> {
        let mut cursor = Cursor::new(head);
        cursor.dialect = dialect;
        let (tag, rest) = read_tag(head)?;
        cursor.resume(rest);
        let read = |cursor: &mut Cursor<'_>| {
            cursor.space()?;
            let mut replaces = None;
            if !cursor.eat_word("APPEND") {
                let uid = cursor.eat_word("UID");
                if uid {
                    cursor.space()?;
                }
                if !cursor.eat_word("REPLACE") {
                    return cursor.error(Expected::Name);
                }
                cursor.space()?;
                replaces = Some(read_one(cursor, uid)?);
            }
            cursor.space()?;
            let mailbox = cursor.mailbox()?;
            let mut reader = Self { grammar: Grammar::new(replaces.is_some()), dialect, mailbox, replaces };
            let items = reader.up_to_literal(cursor)?;
            Ok((reader, items))
        };
        match read(&mut cursor) {
            Ok((reader, items)) => Ok((tag, reader, items)),
            Err(error) => Err(CommandError { tag: Some(tag), error }),
        }
    }

    /// Which mailbox.
    pub const fn mailbox(&self) -> &MailboxName {
        &self.mailbox
    }

    /// Of REPLACE, which message it replaces.
    pub const fn replaces(&self) -> Option<&MessageSet> {
        self.replaces.as_ref()
    }

    /// What goes on behind a literal, up to and with the announcement of the next.
    ///
    /// # Errors
    ///
    /// [`ParseError`], counted from the beginning of this piece.
    pub fn next(&mut self, head: &Bytes) -> Result<Vec<AppendItem>, ParseError> {
        let mut cursor = Cursor::new(head);
        cursor.dialect = self.dialect;
        self.up_to_literal(&mut cursor)
    }

    /// What ends the command, without its CRLF.
    ///
    /// # Errors
    ///
    /// [`ParseError`], counted from the beginning of this piece.
    pub fn end(&mut self, rest: &Bytes) -> Result<Vec<AppendItem>, ParseError> {
        let mut cursor = Cursor::new(rest);
        cursor.dialect = self.dialect;
        let mut items = Vec::new();
        while let Some(item) = self.grammar.step(&mut cursor)? {
            if matches!(item, AppendItem::Literal { .. }) {
                return cursor.error(Expected::End);
            }
            items.push(item);
        }
        cursor.end()?;
        Ok(items)
    }

    fn up_to_literal(&mut self, cursor: &mut Cursor<'_>) -> Result<Vec<AppendItem>, ParseError> {
        let mut items = Vec::new();
        loop {
            let Some(item) = self.grammar.step(cursor)? else { return cursor.error(Expected::Literal) };
            let literal = matches!(item, AppendItem::Literal { .. });
            items.push(item);
            if literal {
                cursor.end()?;
                return Ok(items);
            }
        }
    }
}
