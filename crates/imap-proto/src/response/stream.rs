//! FETCH whose content is too large for a frame (RFC 9051 section 7.5.2).
//!
//! The framer gives such a response in pieces: [`Frame::Begin`](crate::frame::Frame::Begin) up to a literal, the literal in chunks, again
//! `Begin`, or [`Frame::End`](crate::frame::Frame::End). The first is a [`FetchBegin`], each that follows a [`FetchContinued`].

use bytes::Bytes;
use smallvec::SmallVec;

use crate::{Atom, Dialect, Encoder, Expected, ParseError, Uid, chars::ATOM, cursor::Cursor};

use super::{
    Damaged,
    fetch::{Reader, encode_name, find_uid, uid_of},
    fetch_item::{Content, FetchItem},
};

/// What a literal holds that is streamed.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[allow(clippy::exhaustive_structs)] // what the grammar has
pub struct Streamed {
    /// Which content of the message.
    pub content: Content,
    /// From which octet of it on; `None` for all of it.
    pub origin: Option<u64>,
}

/// The beginning of a FETCH whose content is streamed.
///
/// # Example
///
/// ```
/// use imap_proto::{Content, Dialect, FetchBegin, FetchContinued, FetchItem, Section, Uid};
///
/// let head = "* 1 FETCH (UID 7 BODY[] {1000000}\r\n".into();
/// let begin = FetchBegin::parse(&head, Dialect::REV1).unwrap();
/// assert_eq!((begin.number, begin.uid()), (1, Uid::new(7)));
/// assert_eq!(begin.streamed.content, Content::Section(Section::whole()));
/// // A million octets are handed on as they come, and then:
/// let end = FetchContinued::parse(&" RFC822.SIZE 1000000)".into(), begin.uid(), Dialect::REV1).unwrap();
/// assert_eq!(end.items[..], [FetchItem::Size(Some(1000000))]);
/// assert_eq!(end.streamed, None);
/// ```
#[derive(Clone, Debug, PartialEq)]
#[allow(clippy::exhaustive_structs)] // what the grammar has
pub struct FetchBegin {
    /// The sequence number of the message; its UID if `by_uid`.
    pub number: u32,
    /// Whether this is UIDFETCH.
    pub by_uid: bool,
    /// What is said before the content.
    pub items: SmallVec<[FetchItem; 5]>,
    /// What the literal holds.
    pub streamed: Streamed,
}

impl FetchBegin {
    /// Reads the octets up to the literal, its announcement included.
    ///
    /// # Errors
    ///
    /// [`Damaged`] if they make no sense; it has the UID, if one stands there. The literal and what follows still come.
    pub fn parse(head: &Bytes, dialect: Dialect) -> Result<Self, Damaged> {
        let mut number = None;
        let mut name = None;
        Self::read(head, dialect, &mut number, &mut name).map_err(|error| Damaged {
            name,
            number,
            uid: find_uid(head),
            raw: head.clone(),
            error: Some(error),
        })
    }

    fn read(
        head: &Bytes,
        dialect: Dialect,
        known: &mut Option<u32>,
        name: &mut Option<Atom>,
    ) -> Result<Self, ParseError> {
        let mut cursor = announced(head, dialect).ok_or(ParseError::new(head.len(), Expected::Literal))?;
        cursor.expect(b'*', Expected::Tag)?;
        cursor.space()?;
        let number = cursor.nz_number()?;
        *known = Some(number);
        cursor.space()?;
        let at = cursor.at();
        let word = cursor.run(ATOM);
        *name = Some(Atom::received(cursor.share(word)));
        let by_uid = word.eq_ignore_ascii_case(b"UIDFETCH");
        if !by_uid && !word.eq_ignore_ascii_case(b"FETCH") {
            return Err(ParseError::new(at, Expected::Name));
        }
        cursor.spaces();
        cursor.expect(b'(', Expected::List)?;
        let mut items = SmallVec::new();
        let mut reader = Reader { items: &mut items, uid: if by_uid { Uid::new(number) } else { None } };
        let streamed = Streamed::read(&mut cursor, &mut reader)?;
        Ok(Self { number, by_uid, items, streamed })
    }

    /// The UID, if it is said before the content.
    pub fn uid(&self) -> Option<Uid> {
        if self.by_uid { Uid::new(self.number) } else { self.items.iter().find_map(uid_of) }
    }

    /// Writes it, and announces so many octets, which the caller sends; behind them goes a [`FetchContinued`].
    pub fn encode(&self, octets: u64, encoder: &mut Encoder) {
        encoder.octets(b"* ");
        encode_name(self.number, self.by_uid, encoder);
        encoder.octets(b"(");
        encoder.joined(&self.items, |encoder, item| item.encode(encoder));
        if !self.items.is_empty() {
            encoder.space();
        }
        self.streamed.encode(octets, encoder);
    }
}

/// What stands behind content that was streamed: up to the next, or to the end.
#[derive(Clone, Debug, PartialEq)]
#[allow(clippy::exhaustive_structs)] // what the grammar has
pub struct FetchContinued {
    /// What is said.
    pub items: SmallVec<[FetchItem; 5]>,
    /// What the next literal holds; `None` at the end.
    pub streamed: Option<Streamed>,
}

impl FetchContinued {
    /// Reads the octets up to the next literal, its announcement included, or those that are left. `uid` is the message, as far as it
    /// is known.
    ///
    /// # Errors
    ///
    /// [`ParseError`] if they make no sense, or if the UID is another.
    pub fn parse(octets: &Bytes, uid: Option<Uid>, dialect: Dialect) -> Result<Self, ParseError> {
        let mut items = SmallVec::new();
        let mut reader = Reader { items: &mut items, uid };
        let streamed = match announced(octets, dialect) {
            Some(mut cursor) => Some(Streamed::read(&mut cursor, &mut reader)?),
            None => {
                reader.items(&mut Cursor::lenient(octets, dialect))?;
                None
            }
        };
        Ok(Self { items, streamed })
    }

    /// The UID, if it is said here.
    pub fn uid(&self) -> Option<Uid> {
        self.items.iter().find_map(uid_of)
    }

    /// Writes it. If content follows, so many octets are announced, which the caller sends; if not, this is the end of the response.
    pub fn encode(&self, octets: u64, encoder: &mut Encoder) {
        for item in &self.items {
            encoder.space();
            item.encode(encoder);
        }
        match &self.streamed {
            Some(streamed) => {
                encoder.space();
                streamed.encode(octets, encoder);
            }
            None => encoder.octets(b")\r\n"),
        }
    }
}

impl Streamed {
    /// Items, and the name of the content at the end.
    fn read(cursor: &mut Cursor<'_>, reader: &mut Reader<'_>) -> Result<Self, ParseError> {
        loop {
            cursor.spaces();
            let mut name = *cursor;
            if let Some((content, origin)) = Content::read(&mut name) {
                name.spaces();
                if name.is_done() {
                    return Ok(Self { content, origin });
                }
            }
            if cursor.is_done() {
                return cursor.error(Expected::Item);
            }
            reader.item(cursor)?;
        }
    }

    fn encode(&self, octets: u64, encoder: &mut Encoder) {
        self.content.encode(self.origin, encoder);
        encoder.space();
        // RFC 9051 section 9: what is decoded may hold NUL
        encoder.announce(octets, matches!(self.content, Content::Binary(_)));
    }
}

/// The octets up to the announcement of a literal, if they end with one.
fn announced(octets: &Bytes, dialect: Dialect) -> Option<Cursor<'_>> {
    let line = octets.strip_suffix(b"\n")?;
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    crate::frame::Literal::at_end(line)?;
    let open = memchr::memrchr(b'{', line)?;
    let tilde = usize::from(open.checked_sub(1).is_some_and(|at| line.get(at) == Some(&b'~')));
    Some(Cursor::lenient(octets, dialect).until(open - tilde))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Flag, Literals, PartPath, Section};

    fn begin(text: &str) -> Result<FetchBegin, Damaged> {
        FetchBegin::parse(&Bytes::copy_from_slice(text.as_bytes()), Dialect::REV1)
    }

    fn continued(text: &str, uid: u32) -> Result<FetchContinued, ParseError> {
        FetchContinued::parse(&Bytes::copy_from_slice(text.as_bytes()), Uid::new(uid), Dialect::REV1)
    }

    #[test]
    fn heads_there_and_back() {
        let contents = [
            ("BODY[] {7}", Content::Section(Section::whole()), None),
            ("BODY[1.TEXT]<5> {7}", Content::Section(Section::parse(b"1.TEXT").unwrap()), Some(5)),
            ("BINARY[2] ~{7}", Content::Binary(PartPath::new([2]).unwrap()), None),
            ("RFC822 {7}", Content::Rfc822, None),
            ("RFC822.HEADER {7}", Content::Rfc822Header, None),
            ("RFC822.TEXT {7}", Content::Rfc822Text, None),
        ];
        for (text, content, origin) in contents {
            let head = format!("* 12 FETCH (UID 7 FLAGS (\\Seen) {text}\r\n");
            let begin = begin(&head).unwrap();
            assert_eq!((begin.number, begin.by_uid, begin.uid()), (12, false, Uid::new(7)));
            assert_eq!(begin.streamed, Streamed { content: content.clone(), origin });
            assert_eq!(begin.items[1], FetchItem::Flags([Flag::SEEN].into_iter().collect()));
            let mut encoder = Encoder::new(Literals::Server, Dialect::REV1);
            begin.encode(7, &mut encoder);
            assert_eq!(String::from_utf8_lossy(encoder.text()), head);
            let middle = format!(" RFC822.SIZE 9 {text}\r\n");
            let more = continued(&middle, 7).unwrap();
            assert_eq!(more.streamed, Some(Streamed { content, origin }));
            let mut encoder = Encoder::new(Literals::Server, Dialect::REV1);
            more.encode(7, &mut encoder);
            assert_eq!(String::from_utf8_lossy(encoder.text()), middle);
        }
        let end = continued(" RFC822.SIZE 9)", 7).unwrap();
        let mut encoder = Encoder::new(Literals::Server, Dialect::REV1);
        end.encode(0, &mut encoder);
        assert_eq!(encoder.text(), b" RFC822.SIZE 9)\r\n");
        assert!(continued(")", 7).unwrap().items.is_empty());
        // As servers write them, and UIDFETCH.
        let begin = begin("*  7 uidfetch ( rfc822[]  {5}\n").unwrap();
        assert_eq!((begin.by_uid, begin.uid(), begin.streamed.content), (true, Uid::new(7), Content::Rfc822));
    }

    #[test]
    fn what_is_damaged_is_told_with_its_uid() {
        let damaged = begin("* 1 FETCH (UID 7 ( BODY[] {9}\r\n").unwrap_err();
        assert_eq!((damaged.number, damaged.uid), (Some(1), Uid::new(7)));
        assert_eq!(damaged.name.unwrap().as_str(), "FETCH");
        for text in [
            "* 1 FETCH (UID 7)",
            "* 1 FETCH (UID 7 {9}\r\n",
            "* 1 FETCH (UID 7 ENVELOPE {9}\r\n",
            "* 0 FETCH (BODY[] {9}\r\n",
            "* 1 FETCH BODY[] {9}\r\n",
            "* 1 LIST (BODY[] {9}\r\n",
            "BODY[] {9}\r\n",
            "* 5 UIDFETCH (UID 6 BODY[] {9}\r\n",
            "",
        ] {
            assert!(begin(text).is_err(), "{text}");
        }
        // An item of no sense costs itself alone here too.
        let begin = begin("* 1 FETCH (INTERNALDATE x UID 7 BODY[] {9}\r\n").unwrap();
        assert!(matches!(&begin.items[..], [FetchItem::Damaged(_), FetchItem::Uid(_)]));
    }

    #[test]
    fn the_message_stays_the_same() {
        assert_eq!(continued(" UID 8)", 7).unwrap_err().expected(), Expected::Once);
        assert_eq!(continued(" UID 7)", 7).unwrap().uid(), Uid::new(7));
        assert_eq!(continued(" UID 8)", 0).unwrap().uid(), Uid::new(8));
        for text in ["", " ", " UID 7", " ("] {
            assert!(continued(text, 7).is_err(), "{text}");
        }
    }
}
