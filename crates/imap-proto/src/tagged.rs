//! Values of extensions that are not known (RFC 9051 section 9, `tagged-ext-val`).

use std::fmt;

use bytes::Bytes;

use crate::{
    Atom, Dialect, Encoder, Expected, ParseError, Text,
    chars::{self, ASTRING},
    cursor::Cursor,
};

/// A value of an extension: a number, a set, a string, or a list of such.
///
/// It is kept as it was written, and read when somebody asks.
///
/// ```abnf
/// tagged-ext-val    = tagged-ext-simple / "(" [tagged-ext-comp] ")"
/// tagged-ext-simple = sequence-set / number / number64
/// tagged-ext-comp   = astring / tagged-ext-comp *(SP tagged-ext-comp) / "(" tagged-ext-comp ")"
/// ```
///
/// # Example
///
/// ```
/// use imap_proto::TaggedValue;
///
/// let value = TaggedValue::parse(br#"(a ("b c" 5))"#).unwrap();
/// let strings: Vec<_> = value.strings().map(|text| text.to_string()).collect();
/// assert_eq!(strings, ["a", "b c", "5"]);
/// assert_eq!(TaggedValue::from(7).number(), Some(7));
/// assert!(TaggedValue::parse(b"a\r\nA2 LOGOUT").is_err());
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct TaggedValue(Bytes);

impl TaggedValue {
    /// Reads a value, all of the octets.
    ///
    /// # Errors
    ///
    /// [`ParseError`] says where it is none; lists in it go 50 deep.
    pub fn parse(octets: &[u8]) -> Result<Self, ParseError> {
        let frame = Bytes::copy_from_slice(octets);
        let mut cursor = Cursor::new(&frame);
        let value = Self::read(&mut cursor)?;
        cursor.end()?;
        Ok(value)
    }

    /// The value as it was written.
    pub const fn as_bytes(&self) -> &Bytes {
        &self.0
    }

    /// The number, if it is one.
    pub fn number(&self) -> Option<u64> {
        str::from_utf8(&self.0).ok().filter(|text| !text.is_empty()).and_then(crate::number::decimal)
    }

    /// Every string and word in it, from left to right, however deep it stands.
    pub fn strings(&self) -> impl Iterator<Item = Text> + '_ {
        let mut cursor = Cursor::lenient(&self.0, Dialect::REV1);
        std::iter::from_fn(move || {
            loop {
                match next(&mut cursor)? {
                    Part::Mark(_) => {}
                    Part::Word(word) => return Some(Text::received(cursor.share(word))),
                    Part::String(octets) => return Some(Text::received(octets)),
                }
            }
        })
    }

    /// A copy that keeps no read buffer alive.
    pub fn detach(&self) -> Self {
        Self(wire_core::detach(&self.0))
    }

    /// Whether it is none that the grammar has: a word that would have to be a string, or words and strings with nothing between them.
    fn is_odd(&self) -> bool {
        let mut cursor = Cursor::lenient(&self.0, Dialect::REV1);
        let mut is_behind_mark = true;
        std::iter::from_fn(|| next(&mut cursor)).any(|part| {
            let was_behind_mark = std::mem::replace(&mut is_behind_mark, matches!(part, Part::Mark(_)));
            match part {
                Part::Mark(_) => false,
                Part::Word(word) => !was_behind_mark || !is_word(word),
                Part::String(_) => !was_behind_mark,
            }
        })
    }

    pub(crate) fn read(cursor: &mut Cursor<'_>) -> Result<Self, ParseError> {
        let octets = cursor.value()?;
        Ok(Self(cursor.share(octets)))
    }

    /// Part for part, for a literal may have to be written in another way than it was read. Where nothing stands between two parts, a
    /// space is put: a literal behind a word would be none.
    pub(crate) fn encode(&self, encoder: &mut Encoder) {
        let mut cursor = Cursor::lenient(&self.0, Dialect::REV1);
        let mut is_behind_mark = true;
        while let Some(part) = next(&mut cursor) {
            let is_mark = matches!(part, Part::Mark(_));
            if !std::mem::replace(&mut is_behind_mark, is_mark) && !is_mark {
                encoder.space();
            }
            match part {
                Part::Mark(octet) => encoder.octets(&[octet]),
                Part::Word(word) if is_word(word) => encoder.octets(word),
                Part::Word(word) => encoder.string(word),
                Part::String(octets) => encoder.string(&octets),
            }
        }
    }
}

enum Part<'a> {
    /// A space or a parenthesis.
    Mark(u8),
    Word(&'a [u8]),
    String(Bytes),
}

/// Whether a word is one that needs no quotes.
///
/// ```abnf
/// tagged-ext-simple = sequence-set / number / number64
/// tagged-ext-comp   = astring / tagged-ext-comp *(SP tagged-ext-comp) / "(" tagged-ext-comp ")"
/// ```
fn is_word(word: &[u8]) -> bool {
    let is_of_set = |octet: &u8| octet.is_ascii_digit() || b":,*".contains(octet);
    chars::foreign(word, ASTRING).is_none() || word.iter().all(is_of_set)
}

fn next<'a>(cursor: &mut Cursor<'a>) -> Option<Part<'a>> {
    let octet = cursor.peek()?;
    if matches!(octet, b' ' | b'(' | b')') {
        cursor.advance(1);
        return Some(Part::Mark(octet));
    }
    if cursor.at_string() {
        let mut broken = *cursor;
        if let Ok(octets) = cursor.string_octets() {
            return Some(Part::String(octets));
        }
        let octets = broken.broken_quoted().ok()?;
        *cursor = broken;
        return Some(Part::String(octets));
    }
    let start = cursor.at();
    cursor.skip_word().then(|| Part::Word(cursor.since(start)))
}

impl From<u64> for TaggedValue {
    fn from(number: u64) -> Self {
        Self(number.to_string().into())
    }
}

impl fmt::Debug for TaggedValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TaggedValue({})", self.0.escape_ascii())
    }
}

/// An option or item of an extension that is not known: its name, and its value if it has one.
///
/// # Example
///
/// ```
/// use imap_proto::{Atom, TaggedItem, TaggedValue};
///
/// let item = TaggedItem::new(Atom::from_static("X-EXAMPLE"), Some(TaggedValue::from(5)));
/// assert_eq!(item.value.unwrap().number(), Some(5));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TaggedItem {
    /// What it is called.
    pub name: Atom,
    /// What it is.
    pub value: Option<TaggedValue>,
}

impl TaggedItem {
    /// An item.
    pub const fn new(name: Atom, value: Option<TaggedValue>) -> Self {
        Self { name, value }
    }

    /// The name is read already. A value is a list, a number or a set: what stands behind a space and is none is the next name.
    pub(crate) fn read(cursor: &mut Cursor<'_>, name: Atom) -> Result<Self, ParseError> {
        let value = match cursor.rest() {
            [b' ', b'(' | b'*' | b'$' | b'0'..=b'9', ..] | [b' ', b'-', b'0'..=b'9', ..] => {
                cursor.space()?;
                let start = cursor.at();
                let value = TaggedValue::read(cursor)?;
                // What only servers say could not be written as the word that it was.
                if !cursor.lenient && value.is_odd() {
                    return Err(ParseError::new(start, Expected::Atom));
                }
                Some(value)
            }
            _ => None,
        };
        Ok(Self { name, value })
    }

    pub(crate) fn encode(&self, encoder: &mut Encoder) {
        encode_atom(&self.name, encoder);
        if let Some(value) = &self.value {
            encoder.space();
            value.encode(encoder);
        }
    }
}

/// An atom. What a peer wrote instead of one may look like the announcement of a literal: in quotes it is refused, but harmless.
pub(crate) fn encode_atom(atom: &Atom, encoder: &mut Encoder) {
    if Encoder::is_atom(atom.as_bytes()) {
        encoder.octets(atom.as_bytes());
    } else {
        encoder.string(atom.as_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(value: &TaggedValue) -> Vec<u8> {
        let mut encoder = Encoder::for_text();
        value.encode(&mut encoder);
        encoder.text().to_vec()
    }

    #[test]
    fn values_there_and_back() {
        for text in ["5", "1:3,7", "()", "(a b)", r#"("SUBSCRIBED" (x (y)))"#, "(A B NIL)"] {
            let value = TaggedValue::parse(text.as_bytes()).unwrap();
            assert_eq!(written(&value), text.as_bytes());
        }
        let value = TaggedValue::parse(b"(a {3}\r\nb c)").unwrap();
        assert_eq!(written(&value), br#"(a "b c")"#);
        assert_eq!(value.strings().last().unwrap(), "b c");
    }

    #[test]
    fn options_of_commands_are_what_the_grammar_has() {
        use crate::{Command, Dialect};
        let read = |text: &[u8]| {
            let frame = [b"a SEARCH RETURN (MIN X-A ", text, b") ALL"].concat();
            Command::parse(&frame.into(), Dialect::REV1)
        };
        // A set may have no end, and is no string.
        for text in ["1:*", "*", "*:4,7", "$", "(1:* x)"] {
            let (tag, command) = read(text.as_bytes()).unwrap();
            let mut encoder = Encoder::new(crate::Literals::Plus, Dialect::REV1);
            command.encode(&tag, &mut encoder);
            let wire = format!("a SEARCH RETURN (MIN X-A {text}) ALL\r\n");
            assert_eq!(encoder.text().escape_ascii().to_string(), wire.escape_default().to_string());
        }
        // What could only be sent as a string is no word of a command.
        for text in [
            &b"1:9\xf3\xff:T"[..],
            b"(a \xc3\xbc)",
            b"1%2",
            b"(a%)",
            b"(a\"b\")",
            b"(\"a\"b)",
            b"(\"a\"\"b\")",
        ] {
            assert!(read(text).is_err(), "{}", text.escape_ascii());
        }
    }

    #[test]
    fn a_literal_stands_behind_no_word() {
        let value = TaggedValue::parse(b"(a\"b\xff\"\"c\" (d\"e\"))").unwrap();
        assert_eq!(written(&value).escape_ascii().to_string(), r#"(a {2}\r\nb\xff \"c\" (d \"e\"))"#);
    }

    #[test]
    fn no_value_becomes_a_literal() {
        let value = TaggedValue::parse(b"a{5}").unwrap();
        assert_eq!(written(&value), br#""a{5}""#);
        let mut encoder = Encoder::for_text();
        encode_atom(&Atom::received("x{9}".into()), &mut encoder);
        assert_eq!(encoder.text(), br#""x{9}""#);
        for text in ["", "(", ")", "a b", "(a", "\"a", "{5}\r\nab", "a\n"] {
            assert!(TaggedValue::parse(text.as_bytes()).is_err(), "{text:?}");
        }
        assert!(TaggedValue::parse("(".repeat(1_000_000).as_bytes()).is_err());
    }
}
