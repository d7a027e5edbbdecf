//! Some of many: octets of a section, and messages of a result.

use std::{
    num::{NonZeroU32, NonZeroU64},
    ops::Range,
};

use crate::{Encoder, Expected, ParseError, cursor::Cursor};

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

/// Which of the messages that were found, by their places among them, in the order of their UIDs (RFC 9394 section 3.1).
///
/// ```abnf
/// partial-range       = partial-range-first / partial-range-last
/// partial-range-first = nz-number ":" nz-number
/// partial-range-last  = MINUS nz-number ":" MINUS nz-number
/// ```
///
/// # Example
///
/// ```
/// use imap_proto::command::PartialRange;
///
/// // The newest hundred.
/// assert_eq!(PartialRange::newest(1, 100).unwrap().to_string(), "-1:-100");
/// // Either order is the same range.
/// assert_eq!(PartialRange::oldest(500, 400), PartialRange::oldest(400, 500));
/// assert_eq!(PartialRange::oldest(0, 3), None);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PartialRange {
    first: NonZeroU32,
    last: NonZeroU32,
    newest: bool,
}

impl PartialRange {
    /// From one place to another, counted from the oldest message, which is 1; `None` for 0.
    pub const fn oldest(first: u32, last: u32) -> Option<Self> {
        Self::new(first, last, false)
    }

    /// From one place to another, counted from the newest message, which is 1; `None` for 0.
    pub const fn newest(first: u32, last: u32) -> Option<Self> {
        Self::new(first, last, true)
    }

    const fn new(first: u32, last: u32, newest: bool) -> Option<Self> {
        let (first, last) = if first <= last { (first, last) } else { (last, first) };
        match (NonZeroU32::new(first), NonZeroU32::new(last)) {
            (Some(first), Some(last)) => Some(Self { first, last, newest }),
            _ => None,
        }
    }

    /// The place that is nearest to where counting begins.
    pub const fn first(self) -> u32 {
        self.first.get()
    }

    /// The place that is farthest from it.
    pub const fn last(self) -> u32 {
        self.last.get()
    }

    /// Whether it is counted from the newest.
    pub const fn is_newest(self) -> bool {
        self.newest
    }

    /// Which these are among so many, in the order of their UIDs, counted from 0.
    ///
    /// ```
    /// use imap_proto::command::PartialRange;
    ///
    /// assert_eq!(PartialRange::oldest(2, 5).unwrap().of(3), 1..3);
    /// assert_eq!(PartialRange::newest(1, 2).unwrap().of(10), 8..10);
    /// assert_eq!(PartialRange::newest(11, 20).unwrap().of(10), 0..0);
    /// ```
    pub fn of(self, count: u32) -> Range<u32> {
        let (begin, end) = ((self.first.get() - 1).min(count), self.last.get().min(count));
        if self.newest { count - end..count - begin } else { begin..end }
    }

    pub(crate) fn read(cursor: &mut Cursor<'_>) -> Result<Self, ParseError> {
        let newest = cursor.eat(b'-');
        let first = cursor.nz_number()?;
        cursor.expect(b':', Expected::Set)?;
        if newest {
            cursor.expect(b'-', Expected::Set)?;
        }
        let last = cursor.nz_number()?;
        Self::new(first, last, newest).map_or_else(|| cursor.error(Expected::NonZero), Ok)
    }

    pub(crate) fn encode(self, encoder: &mut Encoder) {
        let sign: &[u8] = if self.newest { b"-" } else { b"" };
        encoder.octets(sign);
        encoder.number(u64::from(self.first.get()));
        encoder.octets(b":");
        encoder.octets(sign);
        encoder.number(u64::from(self.last.get()));
    }
}

impl std::fmt::Display for PartialRange {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let sign = if self.newest { "-" } else { "" };
        write!(f, "{sign}{}:{sign}{}", self.first, self.last)
    }
}
