//! Strings (RFC 9051 section 4.3).

use std::{borrow::Cow, fmt};

use bytes::Bytes;

use crate::InvalidOctet;

/// A string: what a quoted string or a literal holds.
///
/// It is octets. Nearly always they are text in UTF-8, but headers come as they stand in messages, and servers differ.
/// One that is received shares the storage of what was read: [`detach`](Self::detach) what is kept for long.
///
/// # Example
///
/// ```
/// use imap_proto::Text;
///
/// let text = Text::try_from("Grüße").unwrap();
/// assert_eq!(text.to_str_lossy(), "Grüße");
/// assert!(Text::try_from("a\0b").is_err());
/// ```
#[derive(Clone, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Text(Bytes);

impl Text {
    /// An empty string.
    pub const fn new() -> Self {
        Self(Bytes::new())
    }

    /// What a peer sent.
    pub(crate) const fn received(octets: Bytes) -> Self {
        Self(octets)
    }

    /// The octets.
    pub const fn as_bytes(&self) -> &Bytes {
        &self.0
    }

    /// The octets, given away.
    pub fn into_bytes(self) -> Bytes {
        self.0
    }

    /// The text, if it is UTF-8.
    pub fn as_str(&self) -> Option<&str> {
        str::from_utf8(&self.0).ok()
    }

    /// The text; what is not UTF-8 in it becomes U+FFFD.
    pub fn to_str_lossy(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(&self.0)
    }

    /// Length in octets.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is no octet in it.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// A copy that keeps no read buffer alive.
    pub fn detach(&self) -> Self {
        Self(wire_core::detach(&self.0))
    }
}

/// Any octets but NUL, which no string may hold (RFC 9051 section 4.3).
impl TryFrom<Bytes> for Text {
    type Error = InvalidOctet;

    fn try_from(octets: Bytes) -> Result<Self, InvalidOctet> {
        match memchr::memchr(0, &octets) {
            Some(at) => Err(InvalidOctet::new(at, 0)),
            None => Ok(Self(octets)),
        }
    }
}

impl TryFrom<&str> for Text {
    type Error = InvalidOctet;

    fn try_from(text: &str) -> Result<Self, InvalidOctet> {
        Self::try_from(Bytes::copy_from_slice(text.as_bytes()))
    }
}

impl TryFrom<&String> for Text {
    type Error = InvalidOctet;

    fn try_from(text: &String) -> Result<Self, InvalidOctet> {
        Self::try_from(text.as_str())
    }
}

impl TryFrom<String> for Text {
    type Error = InvalidOctet;

    fn try_from(text: String) -> Result<Self, InvalidOctet> {
        Self::try_from(Bytes::from(text))
    }
}

impl AsRef<[u8]> for Text {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl PartialEq<str> for Text {
    fn eq(&self, other: &str) -> bool {
        self.0 == other.as_bytes()
    }
}

impl PartialEq<&str> for Text {
    fn eq(&self, other: &&str) -> bool {
        self.0 == other.as_bytes()
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{}\"", wire_core::Escaped(&self.0))
    }
}

/// Control characters and what is not UTF-8 escaped.
impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", wire_core::Escaped(&self.0))
    }
}
