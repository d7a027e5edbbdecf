//! Names with wildcards (RFC 9051 section 6.3.9).

use std::fmt;

use crate::{Dialect, Encoder, InvalidOctet, MailboxName, ParseError, chars::LIST, cursor::Cursor};

/// The name of a mailbox with wildcards: `*` stands for anything, `%` for anything but the delimiter of the hierarchy.
///
/// It is text, as [`MailboxName`] is, and written in modified UTF-7 where names are.
///
/// ```abnf
/// list-mailbox   = 1*list-char / string
/// list-char      = ATOM-CHAR / list-wildcards / resp-specials
/// list-wildcards = "%" / "*"
/// ```
///
/// # Example
///
/// ```
/// use imap_proto::{MailboxName, list::ListPattern};
///
/// let pattern = ListPattern::new("Projekte/%").unwrap();
/// let matches = |name: &str| pattern.matches(&MailboxName::new(name).unwrap(), Some('/'));
/// assert!(matches("Projekte/Grün") && matches("Projekte/"));
/// assert!(!matches("Projekte/Grün/2026") && !matches("Projekte"));
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct ListPattern(MailboxName);

/// An element of a pattern.
#[derive(Clone, Copy, PartialEq)]
enum Element {
    Character(char),
    /// `%`
    Level,
    /// `*`
    Anything,
}

impl ListPattern {
    /// A pattern. The empty one asks for the delimiter, and nothing else (RFC 9051 section 6.3.9).
    ///
    /// # Errors
    ///
    /// As [`MailboxName::new`] has them, but it may be empty.
    pub fn new(pattern: &str) -> Result<Self, InvalidOctet> {
        if pattern.is_empty() { Ok(Self(MailboxName::empty())) } else { MailboxName::new(pattern).map(Self) }
    }

    /// The pattern that every name fits.
    pub const fn all() -> Self {
        Self(MailboxName::of_static("*"))
    }

    /// The pattern, if it is text.
    pub fn as_str(&self) -> Option<&str> {
        self.0.as_str()
    }

    /// Whether it is empty.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether a name fits, for servers. Without a delimiter `%` is `*`.
    ///
    /// INBOX fits where its name in capitals does. The work is at most the square of the length of the name, however long the
    /// pattern is.
    pub fn matches(&self, name: &MailboxName, delimiter: Option<char>) -> bool {
        match (self.as_str(), name.as_str()) {
            (Some(pattern), Some(name)) => {
                matches(pattern.chars(), &name.chars().collect::<Vec<_>>(), delimiter)
            }
            _ => {
                let characters = |octets: &[u8]| octets.iter().copied().map(char::from).collect::<Vec<_>>();
                let pattern = characters(self.0.as_bytes());
                matches(pattern.into_iter(), &characters(name.as_bytes()), delimiter)
            }
        }
    }

    /// A copy that keeps no read buffer alive.
    pub fn detach(&self) -> Self {
        Self(self.0.detach())
    }

    #[inline]
    pub(crate) fn read(cursor: &mut Cursor<'_>) -> Result<Self, ParseError> {
        match MailboxName::plain(cursor.frame(), cursor.rest(), LIST) {
            Some((pattern, rest)) => {
                cursor.resume(rest);
                Ok(Self(pattern))
            }
            None => Self::read_odd(cursor),
        }
    }

    #[inline(never)]
    fn read_odd(cursor: &mut Cursor<'_>) -> Result<Self, ParseError> {
        let octets = cursor.list_mailbox()?;
        Ok(Self(MailboxName::from_wire(octets, cursor.dialect)))
    }

    pub(crate) fn encode(&self, encoder: &mut Encoder) {
        let wire = self.0.to_wire(encoder.dialect());
        encoder.list_mailbox(&wire);
    }

    /// A pattern as the wire has it: what LSUB and XLIST hold.
    pub fn from_wire(octets: &bytes::Bytes, dialect: Dialect) -> Self {
        Self(MailboxName::from_wire(octets.clone(), dialect))
    }
}

/// All places of the pattern at which one can be are gone through at once, character by character of the name.
fn matches(pattern: impl Iterator<Item = char>, name: &[char], delimiter: Option<char>) -> bool {
    let mut elements: Vec<Element> = Vec::new();
    let mut characters = 0;
    for character in pattern {
        let element = match character {
            '*' => Element::Anything,
            '%' => Element::Level,
            _ => {
                characters += 1;
                Element::Character(character)
            }
        };
        // Each character needs one of the name.
        if characters > name.len() {
            return false;
        }
        match (elements.last_mut(), element) {
            // Of wildcards side by side one is enough, so that there are not more of them than characters.
            (Some(last @ (Element::Anything | Element::Level)), Element::Anything) => *last = element,
            (Some(Element::Anything | Element::Level), Element::Level) => {}
            _ => elements.push(element),
        }
    }
    // Behind how many elements one can be. A wildcard may stand for nothing.
    let mut places = vec![false; elements.len() + 1];
    let spread = |places: &mut [bool]| {
        for (at, element) in elements.iter().enumerate() {
            let skips = !matches!(element, Element::Character(_)) && places.get(at) == Some(&true);
            if let (true, Some(next)) = (skips, places.get_mut(at + 1)) {
                *next = true;
            }
        }
    };
    if let Some(start) = places.first_mut() {
        *start = true;
    }
    spread(&mut places);
    let mut next = places.clone();
    for &character in name {
        next.fill(false);
        for (at, element) in elements.iter().enumerate() {
            if places.get(at) != Some(&true) {
                continue;
            }
            let reached = match *element {
                Element::Character(expected) if expected == character => at + 1,
                Element::Anything => at,
                Element::Level if Some(character) != delimiter => at,
                _ => continue,
            };
            if let Some(place) = next.get_mut(reached) {
                *place = true;
            }
        }
        std::mem::swap(&mut places, &mut next);
        spread(&mut places);
    }
    places.last() == Some(&true)
}

impl TryFrom<&str> for ListPattern {
    type Error = InvalidOctet;

    fn try_from(pattern: &str) -> Result<Self, InvalidOctet> {
        Self::new(pattern)
    }
}

impl fmt::Debug for ListPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ListPattern({})", self.0)
    }
}

impl fmt::Display for ListPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(pattern: &str, name: &str) -> bool {
        let pattern = ListPattern::new(pattern).unwrap();
        pattern.matches(&MailboxName::new(name).unwrap(), Some('/'))
    }

    #[test]
    fn wildcards() {
        for (pattern, name, found) in [
            ("*", "a/b", true),
            ("%", "a", true),
            ("%", "a/b", false),
            ("%/%", "a/b", true),
            ("%/%", "a", false),
            ("%%", "a/b", false),
            ("%*%", "a/b", true),
            ("a*", "a", true),
            ("a%", "a/b", false),
            ("a%b", "a/b", false),
            ("a*b", "a/b", true),
            ("*b", "a/b", true),
            ("%b", "a/b", false),
            ("*%b", "a/b", true),
            ("*/%", "a/b/c", true),
            ("a", "a", true),
            ("a", "A", false),
            ("a", "ab", false),
            ("", "a", false),
            ("inbox", "INBOX", true),
            ("IN%", "inbox", true),
            ("Ü*", "Übersicht", true),
            ("%ü%", "Grün", true),
            ("*2", "foo2/bar2", true),
            ("~/Mail/%", "~/Mail/foo", true),
        ] {
            assert_eq!(matches(pattern, name), found, "{pattern} {name}");
        }
    }

    #[test]
    fn names_that_are_no_text() {
        let raw = MailboxName::from_utf7(b"A&B/c");
        assert!(ListPattern::new("A&%/c").unwrap().matches(&raw, Some('/')));
        assert!(!ListPattern::new("%").unwrap().matches(&raw, Some('/')));
        assert!(ListPattern::new("%").unwrap().matches(&raw, None));
    }

    /// RFC 9051 leaves open how it is done; doing it by going back takes ages.
    #[test]
    fn no_pattern_takes_long() {
        let name = MailboxName::new(&"a".repeat(1000)).unwrap();
        let pattern = ListPattern::new(&("*a".repeat(900) + "b")).unwrap();
        assert!(!pattern.matches(&name, Some('/')));
        let pattern = ListPattern::new(&("%*".repeat(500_000) + "a")).unwrap();
        assert!(pattern.matches(&name, Some('/')));
        let pattern = ListPattern::new(&"a*%".repeat(500_000)).unwrap();
        assert!(!pattern.matches(&name, Some('/')));
    }

    #[test]
    fn as_the_wire_has_them() {
        let pattern = ListPattern::new("Entwürfe/%").unwrap();
        for (dialect, wire) in [(Dialect::REV1, "\"Entw&APw-rfe/%\""), (Dialect::UTF8, "\"Entwürfe/%\"")] {
            let mut encoder = Encoder::new(crate::Literals::Server, dialect);
            pattern.encode(&mut encoder);
            assert_eq!(encoder.text(), wire.as_bytes());
            let frame = bytes::Bytes::copy_from_slice(wire.as_bytes());
            let mut cursor = Cursor::new(&frame);
            cursor.dialect = dialect;
            assert_eq!(ListPattern::read(&mut cursor).unwrap(), pattern);
        }
    }
}
