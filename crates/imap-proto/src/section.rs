//! Parts of a message (RFC 9051 section 6.4.5).

use std::fmt;

use bytes::Bytes;
use smallvec::SmallVec;

use crate::{
    Encoder, Expected, ParseError, Text,
    chars::{self, ASTRING},
    cursor::Cursor,
    plain,
};

/// Which part of a message: numbers from the outside in, none for all of it.
///
/// ```abnf
/// section-part = nz-number *("." nz-number)
/// ```
///
/// # Example
///
/// ```
/// use imap_proto::PartPath;
///
/// let path = PartPath::new([2, 1]).unwrap();
/// assert_eq!(path.to_string(), "2.1");
/// assert_eq!(PartPath::new([0]), None);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct PartPath(SmallVec<[u32; 4]>);

impl PartPath {
    /// Numbers of a path, at most; what is deeper is no part.
    pub const MOST: usize = 100;

    /// The message.
    pub fn root() -> Self {
        Self::default()
    }

    /// A path; `None` if a number is zero, or if there are more than [`MOST`](Self::MOST).
    pub fn new(numbers: impl IntoIterator<Item = u32>) -> Option<Self> {
        let numbers: SmallVec<_> = numbers.into_iter().take(Self::MOST + 1).collect();
        (numbers.len() <= Self::MOST && !numbers.contains(&0)).then_some(Self(numbers))
    }

    /// The numbers.
    pub fn numbers(&self) -> &[u32] {
        &self.0
    }

    /// Whether it is the whole message.
    pub fn is_root(&self) -> bool {
        self.0.is_empty()
    }

    /// A path that goes on with a number; `None` for zero.
    pub fn child(&self, number: u32) -> Option<Self> {
        Self::new(self.0.iter().copied().chain([number]))
    }

    /// Numbers without ornament, and what follows them.
    #[inline]
    fn plain(octets: &[u8]) -> Option<(Self, &[u8])> {
        let (mut path, mut next) = (Self::root(), octets);
        while path.0.len() < Self::MOST {
            let (number, rest) = match next {
                [digit @ b'1'..=b'9', rest @ ..] if !matches!(rest, [b'0'..=b'9', ..]) => {
                    (u64::from(digit.wrapping_sub(b'0')), rest)
                }
                [b'1'..=b'9', ..] => plain::number(next)?,
                _ => return None,
            };
            path.0.push(u32::try_from(number).ok()?);
            match rest {
                [b'.', behind @ ..] => next = behind,
                _ => return Some((path, rest)),
            }
        }
        None
    }

    pub(crate) fn encode(&self, encoder: &mut Encoder) {
        for (index, number) in self.0.iter().enumerate() {
            if index > 0 {
                encoder.octets(b".");
            }
            encoder.number(u64::from(*number));
        }
    }
}

impl std::str::FromStr for PartPath {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        let frame = Bytes::copy_from_slice(text.as_bytes());
        let mut cursor = Cursor::new(&frame);
        let mut numbers = SmallVec::new();
        if !text.is_empty() {
            numbers.push(cursor.nz_number()?);
            while cursor.eat(b'.') {
                if numbers.len() >= Self::MOST {
                    return cursor.error(Expected::LessDepth);
                }
                numbers.push(cursor.nz_number()?);
            }
        }
        cursor.end()?;
        Ok(Self(numbers))
    }
}

impl fmt::Display for PartPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, number) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str(".")?;
            }
            number.fmt(f)?;
        }
        Ok(())
    }
}

/// What of a part is meant.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SectionText {
    /// All of it: of a message its header and body, of a part its body as it is encoded.
    #[default]
    Whole,
    /// The header.
    Header,
    /// These fields of the header.
    HeaderFields(Vec<Text>),
    /// The header without these fields.
    HeaderFieldsNot(Vec<Text>),
    /// The body.
    Text,
    /// The MIME header of a part.
    Mime,
}

/// What stands between the brackets of `BODY[...]`.
///
/// ```abnf
/// section      = "[" [section-spec] "]"
/// section-spec = section-msgtext / (section-part ["." section-text])
/// ```
///
/// # Example
///
/// ```
/// use imap_proto::{Section, SectionText};
///
/// let section = Section::parse(b"4.2.HEADER.FIELDS (DATE FROM)").unwrap();
/// assert_eq!(section.part.numbers(), [4, 2]);
/// assert!(matches!(&section.text, SectionText::HeaderFields(fields) if fields.len() == 2));
/// assert_eq!(section.to_string(), "4.2.HEADER.FIELDS (DATE FROM)");
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
#[allow(clippy::exhaustive_structs)] // a part, and what of it: the grammar has nothing else
pub struct Section {
    /// Which part.
    pub part: PartPath,
    /// What of it.
    pub text: SectionText,
}

impl Section {
    /// Fields of a section, at most.
    const FIELDS: usize = 1000;

    /// The whole message.
    pub fn whole() -> Self {
        Self::default()
    }

    /// The body of a part.
    pub const fn part(part: PartPath) -> Self {
        Self { part, text: SectionText::Whole }
    }

    /// The header of the message.
    pub fn header() -> Self {
        Self { part: PartPath::root(), text: SectionText::Header }
    }

    /// Reads what stands between the brackets, all of the octets.
    ///
    /// # Errors
    ///
    /// [`ParseError`].
    pub fn parse(octets: &[u8]) -> Result<Self, ParseError> {
        let frame = Bytes::copy_from_slice(octets);
        let mut cursor = Cursor::new(&frame);
        let section = Self::inner(&mut cursor)?;
        cursor.end()?;
        Ok(section)
    }

    /// With its brackets.
    pub(crate) fn read(cursor: &mut Cursor<'_>) -> Result<Self, ParseError> {
        cursor.expect(b'[', Expected::Section)?;
        if cursor.eat(b']') {
            return Ok(Self::default());
        }
        let section = Self::inner(cursor)?;
        cursor.expect(b']', Expected::Section)?;
        Ok(section)
    }

    /// What clients ask for most of the time, as they write it, with its brackets, and what follows it.
    #[inline]
    pub(crate) fn plain<'a>(frame: &Bytes, octets: &'a [u8]) -> Option<(Self, &'a [u8])> {
        let whole = |text, rest| Some((Self { part: PartPath::root(), text }, rest));
        let [b'[', rest @ ..] = octets else { return None };
        match rest {
            [b']', rest @ ..] => whole(SectionText::Whole, rest),
            [b'1'..=b'9', ..] => {
                let (part, rest) = PartPath::plain(rest)?;
                Some((Self::part(part), plain::behind(rest, b"]")?))
            }
            [b'H', ..] => match plain::behind(rest, b"HEADER.FIELDS (") {
                Some(fields) => {
                    let (fields, rest) = Self::plain_fields(frame, fields)?;
                    whole(SectionText::HeaderFields(fields), plain::behind(rest, b")]")?)
                }
                None => whole(SectionText::Header, plain::behind(rest, b"HEADER]")?),
            },
            [b'T', ..] => whole(SectionText::Text, plain::behind(rest, b"TEXT]")?),
            _ => None,
        }
    }

    /// Fields without ornament.
    fn plain_fields<'a>(frame: &Bytes, octets: &'a [u8]) -> Option<(Vec<Text>, &'a [u8])> {
        let (mut fields, mut next) = (Vec::with_capacity(4), octets);
        while fields.len() < Self::FIELDS {
            let (name, rest) = next.split_at_checked(chars::run_of_word(next, ASTRING))?;
            if name.is_empty() {
                return None;
            }
            fields.push(Text::received(frame.slice_ref(name)));
            match rest {
                [b' ', behind @ ..] => next = behind,
                _ => return Some((fields, rest)),
            }
        }
        None
    }

    fn inner(cursor: &mut Cursor<'_>) -> Result<Self, ParseError> {
        let mut section = Self::default();
        while let Some(b'0'..=b'9') = cursor.peek() {
            if section.part.0.len() >= PartPath::MOST {
                return cursor.error(Expected::LessDepth);
            }
            section.part.0.push(cursor.nz_number()?);
            if !cursor.eat(b'.') {
                return Ok(section);
            }
        }
        if cursor.is_done() && section.part.is_root() {
            return Ok(section);
        }
        section.text = Self::text(cursor, section.part.is_root())?;
        Ok(section)
    }

    fn text(cursor: &mut Cursor<'_>, root: bool) -> Result<SectionText, ParseError> {
        if cursor.eat_word("HEADER.FIELDS.NOT") {
            return Ok(SectionText::HeaderFieldsNot(Self::fields(cursor)?));
        }
        if cursor.eat_word("HEADER.FIELDS") {
            return Ok(SectionText::HeaderFields(Self::fields(cursor)?));
        }
        if cursor.eat_bracket_word("HEADER") {
            return Ok(SectionText::Header);
        }
        if cursor.eat_bracket_word("TEXT") {
            return Ok(SectionText::Text);
        }
        // RFC 9051 section 6.4.5.1: "MIME MUST be prefixed by one or more numeric part specifiers"
        if !root && cursor.eat_bracket_word("MIME") {
            return Ok(SectionText::Mime);
        }
        cursor.error(Expected::Section)
    }

    fn fields(cursor: &mut Cursor<'_>) -> Result<Vec<Text>, ParseError> {
        cursor.space()?;
        let mut fields = Vec::with_capacity(4);
        cursor.list(|cursor| {
            if fields.len() >= Self::FIELDS {
                return cursor.error(Expected::Close);
            }
            fields.push(cursor.astring()?);
            Ok(())
        })?;
        if fields.is_empty() { cursor.error(Expected::Item) } else { Ok(fields) }
    }

    /// With its brackets.
    pub(crate) fn encode(&self, encoder: &mut Encoder) {
        encoder.octets(b"[");
        self.encode_inner(encoder);
        encoder.octets(b"]");
    }

    fn encode_inner(&self, encoder: &mut Encoder) {
        self.part.encode(encoder);
        if !self.part.is_root() && self.text != SectionText::Whole {
            encoder.octets(b".");
        }
        let mut fields = |name: &[u8], fields: &[Text]| {
            encoder.octets(name);
            encoder.list(fields, |encoder, field| encoder.astring(field.as_bytes()));
        };
        match &self.text {
            SectionText::Whole => {}
            SectionText::Header => encoder.octets(b"HEADER"),
            SectionText::HeaderFields(names) => fields(b"HEADER.FIELDS ", names),
            SectionText::HeaderFieldsNot(names) => fields(b"HEADER.FIELDS.NOT ", names),
            SectionText::Text => encoder.octets(b"TEXT"),
            SectionText::Mime => encoder.octets(b"MIME"),
        }
    }
}

impl fmt::Display for Section {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut encoder = Encoder::for_text();
        self.encode_inner(&mut encoder);
        write!(f, "{}", wire_core::Escaped(encoder.text()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sections_there_and_back() {
        for text in [
            "",
            "1",
            "4.2.2.1",
            "HEADER",
            "TEXT",
            "1.MIME",
            "1.2.HEADER",
            "1.TEXT",
            "HEADER.FIELDS.NOT (A \"b c\")",
        ] {
            assert_eq!(Section::parse(text.as_bytes()).unwrap().to_string(), text);
        }
        for text in
            ["0", "1.", "MIME", "HEADER.FIELDS", "HEADER.FIELDS ()", "HEADERS", "1.0", "x", "1 2", "01"]
        {
            assert!(Section::parse(text.as_bytes()).is_err(), "{text}");
        }
        let deep = ["1"; 101].join(".");
        assert_eq!(Section::parse(deep.as_bytes()).unwrap_err().expected(), Expected::LessDepth);
    }
}
