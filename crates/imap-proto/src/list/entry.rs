//! What LIST tells about a mailbox (RFC 9051 section 7.3.1).

use bytes::Bytes;

use crate::{
    Atom, Dialect, Encoder, Expected, MailboxName, ParseError, TaggedItem, TaggedValue, Text, cursor::Cursor,
    plain,
};

use super::attribute::MailboxAttributes;

/// Extended items of one mailbox, at most.
const MOST: usize = 100;

/// A mailbox, as LIST, LSUB and XLIST tell it.
///
/// ```abnf
/// mailbox-list            = "(" [mbx-list-flags] ")" SP (DQUOTE QUOTED-CHAR DQUOTE / nil) SP mailbox
///                           [SP mbox-list-extended]
/// mbox-list-extended      = "(" [mbox-list-extended-item *(SP mbox-list-extended-item)] ")"
/// mbox-list-extended-item = mbox-list-extended-item-tag SP tagged-ext-val
/// ```
///
/// # Example
///
/// ```
/// use imap_proto::{Dialect, Response, Untagged};
///
/// let line = r#"* LIST (\HasNoChildren \Drafts) "/" "Entw&APw-rfe" ("OLDNAME" ("Drafts"))"#;
/// let Response::Untagged(Untagged::List(entry)) = Response::parse(&line.into(), Dialect::REV1) else { panic!() };
/// assert_eq!(entry.name.as_str(), Some("Entwürfe"));
/// assert_eq!(entry.delimiter, Some('/'));
/// assert_eq!(entry.attributes.has_children(), Some(false));
/// assert_eq!(entry.old_name().unwrap().as_str(), Some("Drafts"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ListEntry {
    /// What it is like.
    pub attributes: MailboxAttributes,
    /// What stands between the parts of its name; `None` if there is no hierarchy.
    pub delimiter: Option<char>,
    /// Its name, without a delimiter at the end, which some servers put there.
    pub name: MailboxName,
    /// What extensions tell.
    pub extended: Vec<ListExtended>,
}

/// Something that an extension of LIST tells about a mailbox.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ListExtended {
    /// Mailboxes below it fit these options for selection (RFC 9051 section 6.3.9.6).
    ChildInfo(Vec<Text>),
    /// What it was called before (RFC 9051 section 6.3.9.7).
    OldName(MailboxName),
    /// Something that is not known.
    Unknown(TaggedItem),
}

impl ListEntry {
    /// A mailbox.
    pub const fn new(name: MailboxName, delimiter: Option<char>, attributes: MailboxAttributes) -> Self {
        Self { attributes, delimiter, name, extended: Vec::new() }
    }

    /// What it was called before, if that is told.
    pub fn old_name(&self) -> Option<&MailboxName> {
        self.extended.iter().find_map(|item| match item {
            ListExtended::OldName(name) => Some(name),
            _ => None,
        })
    }

    /// Whether mailboxes below it fit an option for selection: `SUBSCRIBED`.
    pub fn has_children_of(&self, option: &str) -> bool {
        self.extended.iter().any(|item| match item {
            ListExtended::ChildInfo(options) => {
                options.iter().any(|one| one.as_bytes().eq_ignore_ascii_case(option.as_bytes()))
            }
            _ => false,
        })
    }

    /// A copy that keeps no read buffer alive.
    pub fn detach(&self) -> Self {
        let extended = self.extended.iter().map(|item| match item {
            ListExtended::ChildInfo(options) => {
                ListExtended::ChildInfo(options.iter().map(Text::detach).collect())
            }
            ListExtended::OldName(name) => ListExtended::OldName(name.detach()),
            ListExtended::Unknown(item) => ListExtended::Unknown(TaggedItem::new(
                item.name.detach(),
                item.value.as_ref().map(TaggedValue::detach),
            )),
        });
        Self {
            attributes: self.attributes.detach(),
            delimiter: self.delimiter,
            name: self.name.detach(),
            extended: extended.collect(),
        }
    }

    pub(crate) fn read(cursor: &mut Cursor<'_>) -> Result<Self, ParseError> {
        if let [b'(', rest @ ..] = cursor.rest()
            && let Some(entry) = Self::plain(cursor.frame(), rest, cursor.dialect)
        {
            return Ok(entry);
        }
        let attributes = MailboxAttributes::read(cursor)?;
        cursor.space()?;
        let delimiter = Delimiter::read(cursor)?;
        cursor.space()?;
        let name = Self::read_name(cursor)?.without_trailing(delimiter);
        let mut entry = Self::new(name, delimiter, attributes);
        if cursor.peek() == Some(b'(') {
            cursor.list(|cursor| {
                if entry.extended.len() >= MOST {
                    return cursor.error(Expected::Close);
                }
                entry.extended.push(ListExtended::read(cursor)?);
                Ok(())
            })?;
        }
        cursor.end()?;
        Ok(entry)
    }

    /// From behind the parenthesis on to the end, as most servers write it: one attribute behind the other, a delimiter, and a name with or
    /// without quotes.
    #[inline]
    pub(crate) fn plain(frame: &Bytes, octets: &[u8], dialect: Dialect) -> Option<Self> {
        let (attributes, rest) = MailboxAttributes::plain(octets)?;
        let [b' ', b'"', delimiter @ (b'!' | b'#'..=b'[' | b']'..=b'~'), b'"', b' ', rest @ ..] = rest else {
            return None;
        };
        let name = match rest {
            [b'"', quoted @ ..] => match plain::quoted(quoted)? {
                (name, []) => name,
                _ => return None,
            },
            // a literal, or what is no name
            [] | [b'{', ..] | [b'~', b'{', ..] => return None,
            name if plain::word(name) == name.len() => name,
            _ => return None,
        };
        let (ends, delimiter) = (name.last() == Some(delimiter), Some(char::from(*delimiter)));
        let name = MailboxName::from_wire(plain::share(frame, name), dialect);
        Some(Self::new(if ends { name.without_trailing(delimiter) } else { name }, delimiter, attributes))
    }

    fn read_name(cursor: &mut Cursor<'_>) -> Result<MailboxName, ParseError> {
        let start = cursor.at();
        let name = cursor.mailbox();
        cursor.spaces();
        match name {
            Ok(name) if matches!(cursor.peek(), None | Some(b'(')) => Ok(name),
            // A name with spaces or quotes that nobody quoted or escaped: it goes to the end.
            _ => {
                cursor.seek(start);
                Self::read_broken_name(cursor)
            }
        }
    }

    #[cold]
    fn read_broken_name(cursor: &mut Cursor<'_>) -> Result<MailboxName, ParseError> {
        let octets = if cursor.peek() == Some(b'"') {
            let octets = cursor.broken_quoted()?;
            cursor.spaces();
            octets
        } else {
            let rest = cursor.rest().trim_ascii_end();
            if rest.is_empty() || rest.first() == Some(&b'{') || memchr::memchr2(b'\r', b'\n', rest).is_some()
            {
                return cursor.error(Expected::Mailbox);
            }
            let octets = cursor.share(rest);
            cursor.advance(cursor.rest().len());
            octets
        };
        Ok(MailboxName::from_wire(octets, cursor.dialect))
    }

    pub(crate) fn encode(&self, encoder: &mut Encoder) {
        self.attributes.encode(encoder);
        encoder.space();
        Delimiter::encode(self.delimiter, encoder);
        encoder.space();
        encoder.mailbox(&self.name);
        if !self.extended.is_empty() {
            encoder.space();
            encoder.list(&self.extended, |encoder, item| item.encode(encoder));
        }
    }
}

impl ListExtended {
    fn read(cursor: &mut Cursor<'_>) -> Result<Self, ParseError> {
        let name = Atom::received(cursor.astring_octets()?);
        cursor.space()?;
        if cursor.peek() == Some(b'(') && name.is("OLDNAME") {
            cursor.advance(1);
            let name = cursor.mailbox()?;
            cursor.spaces();
            cursor.expect(b')', Expected::Close)?;
            return Ok(Self::OldName(name));
        }
        if cursor.peek() == Some(b'(') && name.is("CHILDINFO") {
            let mut options = Vec::new();
            cursor.list(|cursor| {
                options.push(cursor.astring()?);
                Ok(())
            })?;
            return Ok(Self::ChildInfo(options));
        }
        Ok(Self::Unknown(TaggedItem::new(name, Some(TaggedValue::read(cursor)?))))
    }

    fn encode(&self, encoder: &mut Encoder) {
        match self {
            Self::ChildInfo(options) => {
                encoder.octets(b"\"CHILDINFO\" ");
                encoder.list(options, |encoder, option| encoder.string(option.as_bytes()));
            }
            Self::OldName(name) => {
                encoder.octets(b"\"OLDNAME\" (");
                let wire = name.to_wire(encoder.dialect());
                encoder.string(&wire);
                encoder.octets(b")");
            }
            Self::Unknown(item) => {
                encoder.string(item.name.as_bytes());
                encoder.space();
                match &item.value {
                    Some(value) => value.encode(encoder),
                    None => encoder.octets(b"()"),
                }
            }
        }
    }
}

/// `(DQUOTE QUOTED-CHAR DQUOTE / nil)`: what stands between the parts of names.
pub(crate) struct Delimiter;

impl Delimiter {
    /// An empty string is none, as NIL is; anything but one character is damage.
    pub(crate) fn read(cursor: &mut Cursor<'_>) -> Result<Option<char>, ParseError> {
        let start = cursor.at();
        if cursor.eat_nil() {
            return Ok(None);
        }
        // a backslash that is not escaped
        if cursor.rest().starts_with(br#""\" "#) {
            cursor.advance(3);
            return Ok(Some('\\'));
        }
        let octets = cursor.string_octets()?;
        let mut characters = str::from_utf8(&octets).unwrap_or("\u{fffd}\u{fffd}").chars();
        match (characters.next(), characters.next()) {
            (None, _) => Ok(None),
            (Some(delimiter), None) if !delimiter.is_control() => Ok(Some(delimiter)),
            _ => Err(ParseError::new(start, Expected::String)),
        }
    }

    pub(crate) fn encode(delimiter: Option<char>, encoder: &mut Encoder) {
        match delimiter {
            Some(delimiter) if !delimiter.is_control() => {
                encoder.octets(b"\"");
                if matches!(delimiter, '"' | '\\') {
                    encoder.octets(b"\\");
                }
                encoder.octets(delimiter.encode_utf8(&mut [0; 4]).as_bytes());
                encoder.octets(b"\"");
            }
            _ => encoder.octets(b"NIL"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Response, Untagged};

    /// There are two readers, and a space more makes a line one that only the other understands.
    #[test]
    fn both_readers_agree() {
        for attributes in
            [r"\HasNoChildren", r"\Noselect \HASCHILDREN", r"\UnMarked \Sent", r"\X", "Marked", ""]
        {
            for delimiter in [r#""/""#, r#"".""#, r#""\\""#, "NIL", r#""""#] {
                for name in [
                    "INBOX",
                    "\"inbox\"",
                    "a/",
                    "\"a b\"",
                    "Entw&APw-rfe",
                    "\"x & y\"",
                    "~a",
                    "\"\u{fc}\"",
                    "\"\\\"\"",
                    "a\"b",
                ] {
                    let read = |space: &str| {
                        let line = format!("* LIST {space}({attributes}) {delimiter} {name}");
                        Response::parse(&line.into(), Dialect::REV1)
                    };
                    let (one, other) = (read(""), read(" "));
                    if let Response::Untagged(Untagged::List(_)) = other {
                        assert_eq!(one, other, "{attributes} {delimiter} {name}");
                    }
                }
            }
        }
    }
}
