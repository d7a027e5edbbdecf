//! Some of the octets of a section.

use std::{num::NonZeroU64, ops::Range};

use crate::{Encoder, Expected, ParseError, cursor::Cursor, plain};

/// Which octets of a section (RFC 9051 section 6.4.5): the first, counted from 0, and how many.
///
/// ```abnf
/// partial = "<" number64 "." nz-number64 ">"
/// ```
///
/// # Example
///
/// ```
/// use imap_proto::command::Partial;
///
/// let partial = Partial::new(10, i64::MAX as u64).unwrap();
/// // What there is of it in a section of so many octets.
/// assert_eq!(partial.range(2048), 10..2048);
/// assert_eq!(partial.range(5), 5..5);
/// assert_eq!(Partial::new(0, 0), None);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Partial {
    offset: u64,
    octets: NonZeroU64,
}

impl Partial {
    /// So many octets from there on; `None` if there are none, or for numbers above 2^63 - 1.
    pub const fn new(offset: u64, octets: u64) -> Option<Self> {
        const MOST: u64 = i64::MAX.cast_unsigned();
        match NonZeroU64::new(octets) {
            Some(count) if offset <= MOST && octets <= MOST => Some(Self { offset, octets: count }),
            _ => None,
        }
    }

    /// The first octet, from 0.
    pub const fn offset(self) -> u64 {
        self.offset
    }

    /// How many are asked for.
    pub const fn octets(self) -> u64 {
        self.octets.get()
    }

    /// Which octets these are of a section that has so many.
    pub fn range(self, length: u64) -> Range<u64> {
        // No sum of two 63-bit numbers overflows.
        self.offset.min(length)..(self.offset + self.octets.get()).min(length)
    }

    /// What stands behind a section, if it is one.
    pub(crate) fn read(cursor: &mut Cursor<'_>) -> Result<Option<Self>, ParseError> {
        let start = cursor.at();
        if !cursor.eat(b'<') {
            return Ok(None);
        }
        let offset = cursor.number64().map_err(|_| ParseError::new(start + 1, Expected::Number))?;
        cursor.expect(b'.', Expected::Number)?;
        let at = cursor.at();
        let octets = match cursor.peek() {
            Some(b'1'..=b'9') => cursor.number64().unwrap_or(0),
            _ => 0,
        };
        let Some(partial) = Self::new(offset, octets) else {
            return Err(ParseError::new(at, Expected::NonZero));
        };
        cursor.expect(b'>', Expected::Number)?;
        Ok(Some(partial))
    }

    /// As clients write it, and what follows it.
    #[inline]
    pub(super) fn plain(octets: &[u8]) -> Option<(Self, &[u8])> {
        let [b'<', rest @ ..] = octets else { return None };
        let (offset, rest) = plain::number(rest)?;
        let [b'.', rest @ ..] = rest else { return None };
        if !matches!(rest, [b'1'..=b'9', ..]) {
            return None;
        }
        let (octets, rest) = plain::number(rest)?;
        let [b'>', rest @ ..] = rest else { return None };
        Some((Self::new(offset, octets)?, rest))
    }

    pub(crate) fn encode_optional(partial: Option<Self>, encoder: &mut Encoder) {
        if let Some(partial) = partial {
            encoder.octets(b"<");
            encoder.number(partial.offset);
            encoder.octets(b".");
            encoder.number(partial.octets.get());
            encoder.octets(b">");
        }
    }
}
