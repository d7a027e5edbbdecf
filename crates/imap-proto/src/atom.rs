//! Atoms and tags (RFC 9051 section 9).

use std::fmt;

use bytes::Bytes;

use crate::{
    InvalidOctet,
    chars::{self, ATOM, TAG},
};

/// An atom: the name of a keyword, an item, a code, an extension.
///
/// ```abnf
/// atom      = 1*ATOM-CHAR
/// ATOM-CHAR = <any CHAR except atom-specials>
/// ```
///
/// Atoms of the protocol are compared without regard to case, which [`PartialEq`] does; they are kept as they were written.
///
/// # Example
///
/// ```
/// use imap_proto::Atom;
///
/// let atom = Atom::try_from("X-Example").unwrap();
/// assert_eq!(atom, Atom::from_static("x-example"));
/// assert_eq!(atom.as_str(), "X-Example");
/// assert!(Atom::try_from("two words").is_err());
/// ```
#[derive(Clone)]
pub struct Atom(Bytes);

impl Atom {
    /// An atom that is known when the program is compiled. What is none becomes `X`, and a test of the caller's finds it.
    pub const fn from_static(text: &'static str) -> Self {
        let octets = text.as_bytes();
        let mut at = 0;
        while at < octets.len() {
            #[allow(clippy::indexing_slicing)] // below its length
            let octet = octets[at];
            if octet <= b' '
                || octet >= 0x7f
                || matches!(octet, b'(' | b')' | b'{' | b'%' | b'*' | b'"' | b'\\' | b']')
            {
                return Self(Bytes::from_static(b"X"));
            }
            at += 1;
        }
        if octets.is_empty() { Self(Bytes::from_static(b"X")) } else { Self(Bytes::from_static(octets)) }
    }

    /// What a peer wrote where an atom stands: it may hold anything that is an unquoted word.
    pub(crate) const fn received(octets: Bytes) -> Self {
        Self(octets)
    }

    /// The text; what a peer sent beside ASCII is U+FFFD.
    pub fn as_str(&self) -> &str {
        match str::from_utf8(&self.0) {
            Ok(text) => text,
            Err(_) => "\u{fffd}",
        }
    }

    /// The octets.
    pub const fn as_bytes(&self) -> &Bytes {
        &self.0
    }

    /// Whether it is this word, in any case.
    pub fn is(&self, word: &str) -> bool {
        self.0.eq_ignore_ascii_case(word.as_bytes())
    }

    /// A copy that keeps no read buffer alive.
    pub fn detach(&self) -> Self {
        Self(wire_core::detach(&self.0))
    }
}

impl TryFrom<Bytes> for Atom {
    type Error = InvalidOctet;

    fn try_from(octets: Bytes) -> Result<Self, InvalidOctet> {
        checked(&octets, ATOM)?;
        Ok(Self(octets))
    }
}

impl TryFrom<&str> for Atom {
    type Error = InvalidOctet;

    fn try_from(text: &str) -> Result<Self, InvalidOctet> {
        checked(text.as_bytes(), ATOM)?;
        Ok(Self(Bytes::copy_from_slice(text.as_bytes())))
    }
}

impl PartialEq for Atom {
    fn eq(&self, other: &Self) -> bool {
        self.0.eq_ignore_ascii_case(&other.0)
    }
}

impl Eq for Atom {}

impl std::hash::Hash for Atom {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        for octet in &self.0 {
            state.write_u8(octet.to_ascii_lowercase());
        }
    }
}

impl fmt::Debug for Atom {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Atom({})", self.0.escape_ascii())
    }
}

impl fmt::Display for Atom {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", wire_core::Escaped(&self.0))
    }
}

/// What a command is called by, so that its answer can be found (RFC 9051 section 2.2.1).
///
/// ```abnf
/// tag = 1*<any ASTRING-CHAR except "+">
/// ```
///
/// # Example
///
/// ```
/// use imap_proto::Tag;
///
/// assert_eq!(Tag::try_from("A1").unwrap().as_str(), "A1");
/// assert!(Tag::try_from("+").is_err());
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Tag(TagOctets);

/// Tags are short: nearly all are kept without a share in the frame they came in. One form for each tag, so that they can be compared.
#[derive(Clone, PartialEq, Eq, Hash)]
enum TagOctets {
    /// So many octets, and zeros.
    Short([u8; Tag::SHORT], u8),
    /// More than that.
    Long(Bytes),
}

impl Tag {
    /// The most octets a tag may have here.
    pub const MOST: usize = 64;

    const SHORT: usize = 16;

    /// Octets of a frame as a tag; the caller has looked at them, and that there are no more than [`MOST`](Self::MOST).
    #[inline]
    pub(crate) fn received(frame: &Bytes, octets: &[u8]) -> Self {
        match u8::try_from(octets.len()) {
            Ok(length) if octets.len() <= Self::SHORT => {
                Self(TagOctets::Short(chars::number(octets).to_le_bytes(), length))
            }
            _ => Self(TagOctets::Long(frame.slice_ref(octets))),
        }
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        str::from_utf8(self.as_bytes()).unwrap_or_default()
    }

    /// The octets.
    pub fn as_bytes(&self) -> &[u8] {
        match &self.0 {
            TagOctets::Short(octets, length) => octets.get(..usize::from(*length)).unwrap_or_default(),
            TagOctets::Long(octets) => octets,
        }
    }
}

impl TryFrom<Bytes> for Tag {
    type Error = InvalidOctet;

    fn try_from(octets: Bytes) -> Result<Self, InvalidOctet> {
        checked(&octets, TAG)?;
        if octets.len() > Self::MOST {
            return Err(InvalidOctet::missing(Self::MOST));
        }
        Ok(Self::received(&octets, &octets))
    }
}

impl TryFrom<&str> for Tag {
    type Error = InvalidOctet;

    fn try_from(text: &str) -> Result<Self, InvalidOctet> {
        Self::try_from(Bytes::copy_from_slice(text.as_bytes()))
    }
}

impl fmt::Debug for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Tag({})", self.as_bytes().escape_ascii())
    }
}

impl fmt::Display for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", wire_core::Escaped(self.as_bytes()))
    }
}

fn checked(octets: &[u8], class: u8) -> Result<(), InvalidOctet> {
    match chars::foreign(octets, class) {
        Some((at, octet)) => Err(InvalidOctet::new(at, octet)),
        None if octets.is_empty() => Err(InvalidOctet::missing(0)),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_of_any_length() {
        let frame = Bytes::from(vec![b'x'; 100]);
        for length in 1..=Tag::MOST {
            let tag = Tag::received(&frame, &frame[..length]);
            assert_eq!(tag.as_bytes(), &frame[..length]);
            assert_eq!(Ok(tag), Tag::try_from("x".repeat(length).as_str()));
        }
        assert!(Tag::try_from("x".repeat(Tag::MOST + 1).as_str()).is_err());
        assert_ne!(Tag::try_from("x"), Tag::try_from("xx"));
    }

    #[test]
    fn what_is_an_atom_is_shown_as_it_is() {
        assert_eq!(Atom::try_from("a'b").unwrap().to_string(), "a'b");
        assert_eq!(Tag::try_from("a'b]").unwrap().to_string(), "a'b]");
        assert_eq!(Atom::received(Bytes::from_static(b"a\x1b\xff")).to_string(), "a\\u{1b}\\xff");
    }
}
