//! Identifiers that outlive mailboxes (RFC 8474).

use std::fmt;

use bytes::Bytes;

use crate::{
    Encoder, Expected, InvalidOctet, ParseError,
    chars::{self, ATOM},
    cursor::Cursor,
};

/// An identifier of a mailbox, a message or a thread (RFC 8474 section 7). It means nothing but itself, case included.
///
/// ```abnf
/// objectid = 1*255(ALPHA / DIGIT / "_" / "-")
/// ```
///
/// # Example
///
/// ```
/// use imap_proto::ObjectId;
///
/// assert_eq!(ObjectId::try_from("M6d99ac3275bb4e").unwrap().as_str(), "M6d99ac3275bb4e");
/// assert!(ObjectId::try_from("a b").is_err());
/// ```
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ObjectId(Bytes);

impl ObjectId {
    /// The most octets of one (RFC 8474 section 7).
    pub const MOST: usize = 255;

    /// The text.
    pub fn as_str(&self) -> &str {
        str::from_utf8(&self.0).unwrap_or("\u{fffd}")
    }

    /// The octets.
    pub const fn as_bytes(&self) -> &Bytes {
        &self.0
    }

    /// A copy that keeps no read buffer alive.
    pub fn detach(&self) -> Self {
        Self(wire_core::detach(&self.0))
    }

    /// In parentheses or without; NIL is none. What a server sends may be any atom.
    pub(crate) fn read(cursor: &mut Cursor<'_>) -> Result<Option<Self>, ParseError> {
        if cursor.eat_nil() {
            return Ok(None);
        }
        let listed = cursor.eat(b'(');
        if listed {
            cursor.spaces();
            if cursor.eat(b')') {
                return Ok(None);
            }
        }
        let start = cursor.at();
        let octets = cursor.astring_octets()?;
        if octets.is_empty() || chars::foreign(&octets, ATOM).is_some() {
            return Err(ParseError::new(start, Expected::Atom));
        }
        if listed {
            cursor.spaces();
            cursor.expect(b')', Expected::Close)?;
        }
        Ok(Some(Self(octets)))
    }

    /// With its parentheses.
    pub(crate) fn encode(&self, encoder: &mut Encoder) {
        encoder.octets(b"(");
        encoder.octets(&self.0);
        encoder.octets(b")");
    }
}

impl TryFrom<&str> for ObjectId {
    type Error = InvalidOctet;

    fn try_from(text: &str) -> Result<Self, InvalidOctet> {
        let octets = text.as_bytes();
        let allowed = |octet: &u8| octet.is_ascii_alphanumeric() || matches!(octet, b'_' | b'-');
        if let Some((at, octet)) = octets.iter().enumerate().find(|(_, octet)| !allowed(octet)) {
            return Err(InvalidOctet::new(at, *octet));
        }
        if octets.is_empty() || octets.len() > Self::MOST {
            return Err(InvalidOctet::missing(octets.len().min(Self::MOST)));
        }
        Ok(Self(Bytes::copy_from_slice(octets)))
    }
}

impl fmt::Debug for ObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ObjectId({})", self.0.escape_ascii())
    }
}

impl fmt::Display for ObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.escape_ascii())
    }
}
