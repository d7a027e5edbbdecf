//! Names of mailboxes (RFC 9051 section 5.1).

use std::fmt;

use bytes::Bytes;

use crate::{Dialect, InvalidOctet, chars, plain, utf7};

/// The name of a mailbox, whatever the wire calls it.
///
/// It is text, and has one form: servers of IMAP4rev1 write it in modified UTF-7 (RFC 3501 section 5.1.3), those of
/// IMAP4rev2 and after `ENABLE UTF8=ACCEPT` in UTF-8; which of them is used is the session's business. INBOX is the same in
/// upper and lower case (RFC 9051 section 5.1) and always written so here.
///
/// A server may have names that are neither. They are kept as they are, [`to_text`](Self::to_text) shows them as well as can be, and
/// whoever gives them back reaches the mailbox.
///
/// A name says nothing about files. [`parts`](Self::parts) takes it apart by the delimiter of the server's hierarchy.
///
/// # Example
///
/// ```
/// use imap_proto::MailboxName;
///
/// let drafts = MailboxName::new("Entwürfe").unwrap();
/// assert_eq!(drafts.as_str(), Some("Entwürfe"));
/// assert_eq!(drafts.to_utf7(), "Entw&APw-rfe");
/// assert_eq!(MailboxName::from_utf7(b"Entw&APw-rfe"), drafts);
/// assert_eq!(MailboxName::new("inbox").unwrap(), MailboxName::INBOX);
/// ```
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct MailboxName {
    /// UTF-8, or if `raw` what stood on the wire.
    name: Bytes,
    raw: bool,
}

impl MailboxName {
    /// Where new mail arrives (RFC 9051 section 5.1).
    pub const INBOX: Self = Self { name: Bytes::from_static(b"INBOX"), raw: false };

    /// A name.
    ///
    /// # Errors
    ///
    /// RFC 9051 section 5.1 wants no control characters in names, and RFC 6855 section 3 no line separators; a name is
    /// not empty either.
    pub fn new(name: &str) -> Result<Self, InvalidOctet> {
        if name.is_empty() {
            return Err(InvalidOctet::missing(0));
        }
        let forbidden =
            |character: char| character.is_control() || matches!(character, '\u{2028}' | '\u{2029}');
        match name.char_indices().find(|&(_, character)| forbidden(character)) {
            Some((at, _)) => Err(InvalidOctet::new(at, name.as_bytes().get(at).copied().unwrap_or(0))),
            None => Ok(Self::text(Bytes::copy_from_slice(name.as_bytes()))),
        }
    }

    /// The name of the whole of something: `""`, as METADATA and LIST have it (RFC 5464 section 4).
    pub const fn empty() -> Self {
        Self { name: Bytes::new(), raw: false }
    }

    pub(crate) const fn of_static(name: &'static str) -> Self {
        Self { name: Bytes::from_static(name.as_bytes()), raw: false }
    }

    #[inline]
    fn text(name: Bytes) -> Self {
        if name.eq_ignore_ascii_case(b"INBOX") { Self::INBOX } else { Self { name, raw: false } }
    }

    /// A name as the wire has it in modified UTF-7. One that is written otherwise than it has to be is kept raw.
    pub fn from_utf7(octets: &[u8]) -> Self {
        Self::from_wire(Bytes::copy_from_slice(octets), Dialect::REV1)
    }

    #[inline]
    pub(crate) fn from_wire(octets: Bytes, dialect: Dialect) -> Self {
        if chars::printable(&octets, dialect.utf8) {
            Self::text(octets)
        } else {
            Self::from_odd_wire(octets, dialect)
        }
    }

    /// One in which something stands for something else, or should not stand.
    /// A name of printable ASCII without escapes, quoted or of octets of a class, and what follows it.
    #[inline]
    pub(crate) fn plain<'a>(frame: &Bytes, octets: &'a [u8], class: u8) -> Option<(Self, &'a [u8])> {
        let (name, rest) = match octets {
            [b'"', b'"', rest @ ..] => return Some((Self::empty(), rest)),
            // A literal, which an unquoted word may begin like.
            [b'{', ..] | [b'~', b'{', ..] => return None,
            [b'"', quoted @ ..] => plain::quoted(quoted).filter(|(name, _)| chars::printable(name, false))?,
            _ => {
                // All of these are printable, and of every class.
                let word = octets.split_at_checked(chars::run_of_frequent(octets))?;
                match word.1.first() {
                    Some(&octet) if chars::is(octet, class) => octets
                        .split_at_checked(chars::run_of_word(octets, class))
                        .filter(|(name, _)| chars::printable(name, false))?,
                    _ => word,
                }
            }
        };
        if name.is_empty() {
            return None;
        }
        if name.eq_ignore_ascii_case(b"INBOX") {
            return Some((Self::INBOX, rest));
        }
        Some((Self::shared(frame.slice_ref(name)), rest))
    }

    fn from_odd_wire(octets: Bytes, dialect: Dialect) -> Self {
        if !dialect.utf8
            && chars::printable(&octets, true)
            && let Some(name) = Self::shifted(&octets)
        {
            return Self::shared(name);
        }
        // UTF-8 where it does not belong is understood, but it has to go back as it came.
        let is_text =
            dialect.utf8 && str::from_utf8(&octets).is_ok_and(|name| !name.chars().any(char::is_control));
        Self { name: octets, raw: !is_text }
    }

    /// The text of a name in printable ASCII with something in modified UTF-7, if that is written as it has to be: so it is never INBOX.
    pub(crate) fn shifted(octets: &[u8]) -> Option<Bytes> {
        const ROOM: usize = 128;
        if utf7::room(octets.len()) > ROOM {
            return Self::long_shifted(octets);
        }
        let mut text = [0; ROOM];
        let length = utf7::decode(octets, &mut text)?;
        Some(Bytes::copy_from_slice(text.get(..length)?))
    }

    #[cold]
    fn long_shifted(octets: &[u8]) -> Option<Bytes> {
        let mut text = vec![0; utf7::room(octets.len())];
        let length = utf7::decode(octets, &mut text)?;
        Some(Bytes::copy_from_slice(text.get(..length)?))
    }

    /// A name that is text, and not INBOX.
    #[inline]
    pub(crate) const fn shared(text: Bytes) -> Self {
        Self { name: text, raw: false }
    }

    /// The octets as they stand on the wire.
    pub(crate) fn to_wire(&self, dialect: Dialect) -> Bytes {
        let plain =
            self.raw || dialect.utf8 || !self.name.iter().any(|&octet| octet == b'&' || octet >= 0x7f);
        if plain { self.name.clone() } else { self.to_utf7().into() }
    }

    /// The name, if it is text.
    pub fn as_str(&self) -> Option<&str> {
        if self.raw { None } else { str::from_utf8(&self.name).ok() }
    }

    /// The name for people: what is no text in it is U+FFFD.
    pub fn to_text(&self) -> std::borrow::Cow<'_, str> {
        String::from_utf8_lossy(&self.name)
    }

    /// The name in modified UTF-7.
    pub fn to_utf7(&self) -> String {
        let Some(text) = self.as_str() else { return self.to_text().into_owned() };
        let mut out = Vec::with_capacity(text.len());
        utf7::encode(text, &mut out);
        String::from_utf8(out).unwrap_or_default()
    }

    /// Whether it is INBOX.
    pub fn is_inbox(&self) -> bool {
        self.name == "INBOX"
    }

    /// Whether it is empty: no mailbox.
    pub fn is_empty(&self) -> bool {
        self.name.is_empty()
    }

    /// The octets of the name: UTF-8, or for one that [is no text](Self::as_str) what the server wrote.
    pub const fn as_bytes(&self) -> &Bytes {
        &self.name
    }

    /// The parts between delimiters, from the top of the hierarchy.
    ///
    /// ```
    /// use imap_proto::MailboxName;
    ///
    /// let name = MailboxName::new("Projekte/Grün").unwrap();
    /// assert_eq!(name.parts('/').collect::<Vec<_>>(), ["Projekte", "Grün"]);
    /// ```
    pub fn parts(&self, delimiter: char) -> impl Iterator<Item = std::borrow::Cow<'_, str>> {
        let mut octets = [0; 4];
        let delimiter = delimiter.encode_utf8(&mut octets).as_bytes().to_vec();
        let mut rest = Some(&self.name[..]);
        std::iter::from_fn(move || {
            let octets = rest?;
            let part = match memchr::memmem::find(octets, &delimiter) {
                Some(at) => {
                    rest = octets.get(at + delimiter.len()..);
                    octets.get(..at).unwrap_or_default()
                }
                None => {
                    rest = None;
                    octets
                }
            };
            Some(String::from_utf8_lossy(part))
        })
    }

    /// The name of a mailbox below this one.
    ///
    /// # Errors
    ///
    /// As [`new`](Self::new) has them; the delimiter may not stand in the name of the child.
    pub fn child(&self, name: &str, delimiter: char) -> Result<Self, InvalidOctet> {
        if let Some(at) = name.find(delimiter) {
            return Err(InvalidOctet::new(at, name.as_bytes().get(at).copied().unwrap_or(0)));
        }
        let checked = Self::new(name)?;
        let mut whole = self.name.to_vec();
        whole.extend_from_slice(delimiter.encode_utf8(&mut [0; 4]).as_bytes());
        whole.extend_from_slice(&if self.raw { checked.to_utf7().into() } else { checked.name });
        Ok(if self.raw { Self { name: whole.into(), raw: true } } else { Self::text(whole.into()) })
    }

    /// The name without the delimiter that some servers put behind it. More than one are not put there: they are the name's.
    pub(crate) fn without_trailing(mut self, delimiter: Option<char>) -> Self {
        let mut octets = [0; 4];
        let delimiter = delimiter.map_or(&[][..], |delimiter| delimiter.encode_utf8(&mut octets).as_bytes());
        match self.name.strip_suffix(delimiter).map(|name| (name.len(), name.ends_with(delimiter))) {
            Some((length, false)) if length > 0 => self.name.truncate(length),
            _ => return self,
        }
        if self.name.eq_ignore_ascii_case(b"INBOX") { Self::INBOX } else { self }
    }

    /// A copy that keeps no read buffer alive.
    pub fn detach(&self) -> Self {
        Self { name: wire_core::detach(&self.name), raw: self.raw }
    }
}

impl TryFrom<&str> for MailboxName {
    type Error = InvalidOctet;

    fn try_from(name: &str) -> Result<Self, InvalidOctet> {
        Self::new(name)
    }
}

impl TryFrom<&String> for MailboxName {
    type Error = InvalidOctet;

    fn try_from(name: &String) -> Result<Self, InvalidOctet> {
        Self::new(name)
    }
}

impl TryFrom<String> for MailboxName {
    type Error = InvalidOctet;

    fn try_from(name: String) -> Result<Self, InvalidOctet> {
        Self::new(&name)
    }
}

impl fmt::Debug for MailboxName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MailboxName({}{})", wire_core::Escaped(&self.name), if self.raw { ", raw" } else { "" })
    }
}

/// The name for people, control characters escaped.
impl fmt::Display for MailboxName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", wire_core::Escaped(&self.name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cursor::Cursor;

    #[test]
    fn plain_names_are_read_like_others() {
        let dialects = [Dialect::REV1, Dialect::UTF8];
        for text in [
            "INBOX",
            "inbox x",
            "\"inBox\"",
            "\"\"",
            "\"\" \"*\"",
            "a",
            "Trash)",
            "Projects/postwire-dev (",
            "a@b.c d",
            "#news.x y",
            "a]b c",
            "a+b_c~d !x",
            "A&B",
            "\"A&B\"",
            "&-",
            "\"a b\" x",
            "\"a \\\"b\"",
            "\"a",
            "\"a\"b",
            "{1}\r\na",
            "~{1}\r\na",
            "~x",
            "",
            " ",
            "(",
            "%",
            "a%b c",
            "a*",
            "a{1}",
            "a\u{1}",
            "\u{fc}",
            "\"\u{fc}\"",
            "\"a\tb\"",
            "\u{7f}",
            "\"\u{7f}\"",
            "12345678",
            "1234567 ",
            "a\\b",
        ] {
            for dialect in dialects {
                let frame = Bytes::copy_from_slice(text.as_bytes());
                let mut strict = Cursor::new(&frame);
                strict.dialect = dialect;
                for cursor in [strict, Cursor::lenient(&frame, dialect)] {
                    let (mut one, mut other) = (cursor, cursor);
                    let (fast, full) = (one.mailbox(), other.odd_mailbox());
                    assert_eq!(fast, full, "{text:?}");
                    assert!(full.is_err() || one.at() == other.at(), "{text:?}");
                }
            }
        }
    }

    #[test]
    fn each_name_goes_back_as_it_came() {
        for dialect in [Dialect::REV1, Dialect::UTF8] {
            for wire in [
                "INBOX",
                "Entw&APw-rfe",
                "A&B",
                "A&-B",
                "&BB-x",
                "Gelöscht",
                "&2AA-",
                "x",
                "&",
                "Sent Items",
                "\u{1}",
            ] {
                let name = MailboxName::from_wire(Bytes::from_static(wire.as_bytes()), dialect);
                assert_eq!(name.to_wire(dialect), wire, "{dialect:?}");
            }
        }
        let bad = Bytes::from_static(b"a\xff");
        assert_eq!(MailboxName::from_wire(bad.clone(), Dialect::UTF8).to_wire(Dialect::UTF8), bad);
    }

    #[test]
    fn one_form_for_both_dialects() {
        let rev1 = MailboxName::from_wire(Bytes::from_static(b"Entw&APw-rfe"), Dialect::REV1);
        let rev2 = MailboxName::from_wire("Entwürfe".into(), Dialect::UTF8);
        assert_eq!(rev1, rev2);
        assert_eq!(MailboxName::from_utf7(b"inBox"), MailboxName::INBOX);
        assert_eq!(MailboxName::from_utf7(b"A&-B").as_str(), Some("A&B"));
        assert_eq!(MailboxName::new("A&B").unwrap().to_wire(Dialect::REV1), "A&-B");
        assert_eq!(MailboxName::new("A&B").unwrap().to_wire(Dialect::UTF8), "A&B");
    }

    #[test]
    fn names_that_are_none() {
        for name in ["", "a\r\nb", "a\0", "\u{85}", "a\u{2028}"] {
            assert!(MailboxName::new(name).is_err(), "{name:?}");
        }
    }

    #[test]
    fn children() {
        let parent = MailboxName::new("Ü").unwrap();
        assert_eq!(parent.child("ä", '/').unwrap().as_str(), Some("Ü/ä"));
        assert!(parent.child("a/b", '/').is_err());
        let raw = MailboxName::from_utf7(b"A&B");
        assert_eq!(raw.child("ä", '.').unwrap().to_wire(Dialect::REV1), "A&B.&AOQ-");
        assert_eq!(MailboxName::new("INBOX/").unwrap().without_trailing(Some('/')), MailboxName::INBOX);
        for (name, delimiter, shorter) in [
            ("a/b/", Some('/'), "a/b"),
            ("a/b", Some('/'), "a/b"),
            ("a/", None, "a/"),
            ("a\u{e9}", Some('\u{e9}'), "a"),
            // Told again it is the same.
            ("a//", Some('/'), "a//"),
            ("//", Some('/'), "//"),
            ("/", Some('/'), "/"),
        ] {
            let name = MailboxName::new(name).unwrap();
            assert_eq!(name.without_trailing(delimiter), MailboxName::new(shorter).unwrap());
        }
    }
}
