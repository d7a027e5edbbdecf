//! What LIST tells about a mailbox (RFC 9051 section 7.3.1).

use bytes::Bytes;

use crate::{
    Atom, Dialect, Encoder, Expected, MailboxName, ParseError, Response, TaggedItem, TaggedValue, Text,
    Untagged,
    chars::{self, ASTRING},
    cursor::Cursor,
    plain,
    utf7::{self, Look},
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
    ///
    /// # Example
    ///
    /// ```
    /// use imap_proto::{Dialect, Response, Untagged};
    ///
    /// let line = r#"* LIST () "/" "Foo" ("CHILDINFO" ("SUBSCRIBED"))"#;
    /// let Response::Untagged(Untagged::List(entry)) = Response::parse(&line.into(), Dialect::REV1) else { panic!() };
    /// assert!(entry.has_children_of("subscribed") && !entry.has_children_of("REMOTE"));
    /// ```
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
            && let Some(entry) = plain(cursor.frame(), rest, cursor.dialect, |entry| entry)
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

impl Response {
    /// From behind `* LIST (` on.
    #[inline(never)] // so that what is read is written where it stays
    pub(crate) fn list(frame: &Bytes, rest: &[u8], dialect: Dialect) -> Self {
        plain(frame, rest, dialect, |entry| Self::Untagged(Untagged::List(entry)))
            .unwrap_or_else(|| Self::other(frame, dialect))
    }
}

/// From behind the parenthesis on to the end of a frame, as most servers write it: one attribute behind the other, a delimiter, and a
/// name with or without quotes. `None` leaves it to the full reader.
#[inline(always)] // moving what it gives would cost as much as reading it
fn plain<T>(frame: &Bytes, octets: &[u8], dialect: Dialect, told: impl Fn(ListEntry) -> T) -> Option<T> {
    let (attributes, rest) = MailboxAttributes::plain(octets)?;
    let (&[before, open, delimiter, close, behind], rest) = rest.split_first_chunk()?;
    if [before, open, close, behind] != *b" \"\" " || !chars::is(delimiter, ASTRING) {
        return None;
    }
    let (name, behind) = match rest {
        [b'"', name @ .., b'"'] => (name, 1),
        // a literal, or what is no name
        [] | [b'{', ..] | [b'~', b'{', ..] => return None,
        name => (name, 0),
    };
    if name.last() == Some(&delimiter) {
        return None;
    }
    let entry = |name| Some(told(ListEntry::new(name, Some(char::from(delimiter)), attributes)));
    let end = frame.len().checked_sub(behind)?;
    match utf7::look(frame.get(..end)?, name.len(), if behind == 1 { b' ' } else { b'!' }) {
        Look::Plain if name.eq_ignore_ascii_case(b"INBOX") => entry(MailboxName::INBOX),
        Look::Plain => entry(MailboxName::shared(frame.slice(end.checked_sub(name.len())?..end))),
        Look::Shifted if !dialect.utf8 => entry(MailboxName::shared(MailboxName::shifted(name)?)),
        Look::Shifted | Look::Odd => entry(less_plain(frame, name, behind == 1, dialect)?),
    }
}

/// A name in UTF-8, or with parentheses or backslashes.
#[inline(never)]
fn less_plain(frame: &Bytes, name: &[u8], is_quoted: bool, dialect: Dialect) -> Option<MailboxName> {
    let is_whole = if is_quoted {
        !name.iter().any(|&octet| octet < b' ' || matches!(octet, b'"' | b'\\'))
    } else {
        plain::word(name) == name.len()
    };
    is_whole.then(|| MailboxName::from_wire(plain::share(frame, name), dialect))
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
    use crate::list::MailboxAttribute;

    /// What both readers make of something behind `* LIST`. Behind a space in front of the attributes only the full one understands it.
    fn both(line: &str, dialect: Dialect) -> (Option<ListEntry>, Result<ListEntry, ParseError>) {
        let fast = Bytes::copy_from_slice(line.as_bytes());
        let full = line.replacen('(', "( ", 1).into();
        (
            fast.strip_prefix(b"(").and_then(|rest| plain(&fast, rest, dialect, |entry| entry)),
            ListEntry::read(&mut Cursor::lenient(&full, dialect)),
        )
    }

    #[test]
    fn both_readers_agree() {
        let names = [
            "INBOX",
            "\"inbox\"",
            "inBox/",
            "inboxes",
            "a/",
            "/",
            "\"/\"",
            "\"a b\"",
            "a b",
            "\"a  b/c (d)\"",
            "a(b)",
            "a.b",
            "\"\"",
            "Entw&APw-rfe",
            "\"Entw&APw-rfe/2024 &- 2025\"",
            "&BB4EQgQ,BEAEMAQyBDsENQQ9BD0ESwQ1-",
            "&APw-&APw-",
            "&",
            "&APx-",
            "\"x & y\"",
            "~a",
            "~{1",
            "{1",
            "~",
            "\"\u{fc}\"",
            "\u{fc}",
            "\"\u{85}\"",
            "\"a\u{7f}\"",
            "a\u{7f}",
            "\"\t\"",
            "\"a\\b\"",
            "a\\b",
            "\"\\\"\"",
            "\"\\\\\"",
            "a\"b",
            "\"a\"b\"",
            "\"",
            "\"a",
            "a\"",
            "\"a\" ",
            "NIL",
            "\"NIL\"",
            "a*%]",
            "-&AP0-",
            "\"0123456789abcdef (0123456789)\"",
            "0123456789abcdef0123456789abcdefg",
            "\"0123456789abcdef\u{e9}0123456789abcdef0\"",
            "a (\"OLDNAME\" (b))",
            "",
        ];
        let attributes = [
            r"\HasNoChildren",
            r"\hasnochildren",
            r"\HasNoChildrenX",
            r"\HasNoChildren \UnMarked",
            r"\Noselect \HASCHILDREN",
            r"\HasNoChildren  \Sent",
            r"\HasNoChildren ",
            r"\UnMarked \All",
            r"\All \all \ALL",
            r"\X",
            r"\Marked \X",
            "Marked",
            r"\",
            "",
            " ",
            r"\Sent\Junk",
            r"\Mark",
            r"\Marked(",
            r"\H",
            r"\HasChildre",
            r"\HasChildrem",
        ];
        let mut fast = 0;
        for dialect in [Dialect::REV1, Dialect::UTF8] {
            for attributes in attributes {
                for delimiter in
                    [r#""/""#, r#"".""#, r#""-""#, r#""\\""#, r#"" ""#, r#""\u{e9}""#, "NIL", r#""""#]
                {
                    for name in names {
                        let line = format!("({attributes}) {delimiter} {name}");
                        if let (Some(one), other) = both(&line, dialect) {
                            assert_eq!(Ok(one), other, "{line}");
                            fast += 1;
                        }
                    }
                }
            }
        }
        assert!(fast > 500, "the fast reader has to understand something");
    }

    #[test]
    fn what_the_fast_reader_takes_and_leaves() {
        for line in [
            r#"(\HasNoChildren) "/" INBOX"#,
            r#"(\hasnochildren \noselect \All) "." "a b""#,
            r#"(\Marked) "/" Entw&APw-rfe"#,
            r#"(\Marked) "/" "a (b)""#,
            "(\\Marked) \"/\" \"\u{fc}\"",
        ] {
            assert!(both(line, Dialect::REV1).0.is_some(), "{line}");
        }
        for line in [
            r#"() "/" INBOX"#,
            r#"(\Own) "/" INBOX"#,
            r#"(\Marked) NIL INBOX"#,
            r#"(\Marked) "/" a/"#,
            r#"(\Marked) "/" a b"#,
            r#"(\Marked) "/" "a & b""#,
            r#"(\Marked) "/" "a\\b""#,
            "(\\Marked) \"/\" {1}\r\na",
        ] {
            let (fast, full) = both(line, Dialect::REV1);
            assert!(fast.is_none() && full.is_ok(), "{line}");
        }
    }

    /// Each known attribute, in every case and cut short or with something behind it.
    #[test]
    fn attributes_are_the_same_for_both() {
        let all: MailboxAttributes = [
            "Noinferiors",
            "Noselect",
            "HasChildren",
            "HasNoChildren",
            "Marked",
            "Unmarked",
            "NonExistent",
            "Subscribed",
            "Remote",
            "All",
            "Archive",
            "Drafts",
            "Flagged",
            "Junk",
            "Sent",
            "Trash",
            "Important",
            "Memos",
            "Scheduled",
            "Snoozed",
        ]
        .into_iter()
        .map(|name| MailboxAttribute::try_from(format!("\\{name}").as_str()).unwrap())
        .collect();
        for attribute in all.iter() {
            let name = attribute.as_str();
            for name in [name.to_owned(), name.to_uppercase(), name.to_lowercase()] {
                let line = format!("({name} {name}) \"/\" x");
                let (fast, full) = both(&line, Dialect::REV1);
                assert!(fast.as_ref().is_some_and(|entry| entry.attributes.contains(&attribute)), "{name}");
                assert_eq!(fast, full.ok());
                for at in 1..name.len() {
                    for octet in ['@', '[', '`', '{', '\u{1}', '.', 'q', '\u{e9}'] {
                        let mut other = name.clone();
                        other.replace_range(at..=at, octet.encode_utf8(&mut [0; 4]));
                        for other in [other.as_str(), &name[..at]] {
                            let line = format!("({other}) \"/\" x");
                            assert_eq!(both(&line, Dialect::REV1).0, None, "{line}");
                        }
                    }
                }
            }
        }
    }
}
