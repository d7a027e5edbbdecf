//! What a search is to return.

use crate::{
    Atom, Encoder, Expected, ParseError, TaggedItem,
    chars::{self, by_name},
    command::FetchAttribute,
    cursor::Cursor,
    plain::frequent,
};

/// A part of the results: from one place to another, both included, counted from 1.
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
/// use imap_proto::search::PartialRange;
///
/// assert_eq!(PartialRange::from_start(1, 100).unwrap().to_string(), "1:100");
/// // The newest hundred.
/// assert_eq!(PartialRange::from_end(1, 100).unwrap().to_string(), "-1:-100");
/// assert_eq!(PartialRange::from_end(0, 100), None);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PartialRange {
    first: u32,
    last: u32,
    from_end: bool,
}

impl PartialRange {
    /// Counted from the first result on (RFC 9394 section 3.1, RFC 5267 section 4.4); `None` for zero.
    pub const fn from_start(first: u32, last: u32) -> Option<Self> {
        if first == 0 || last == 0 { None } else { Some(Self { first, last, from_end: false }) }
    }

    /// Counted from the last result back (RFC 9394 section 3.1); `None` for zero.
    pub const fn from_end(first: u32, last: u32) -> Option<Self> {
        if first == 0 || last == 0 { None } else { Some(Self { first, last, from_end: true }) }
    }

    /// The smaller and the larger number.
    pub const fn bounds(self) -> (u32, u32) {
        if self.first <= self.last { (self.first, self.last) } else { (self.last, self.first) }
    }

    /// Whether it is counted from the last result back.
    pub const fn is_from_end(self) -> bool {
        self.from_end
    }

    /// Which of so many results are within it, counted from zero.
    ///
    /// ```
    /// use imap_proto::search::PartialRange;
    ///
    /// assert_eq!(PartialRange::from_start(2, 3).unwrap().within(10), 1..3);
    /// assert_eq!(PartialRange::from_end(1, 3).unwrap().within(10), 7..10);
    /// assert_eq!(PartialRange::from_start(11, 20).unwrap().within(10), 10..10);
    /// ```
    pub fn within(self, results: usize) -> std::ops::Range<usize> {
        let (first, last) = self.bounds();
        let place = |number: u32| usize::try_from(number).unwrap_or(usize::MAX).min(results);
        // `first` is not zero
        let (start, end) = (place(first - 1), place(last));
        if self.from_end { results - end..results - start } else { start..end }
    }

    pub(crate) fn read(cursor: &mut Cursor<'_>) -> Result<Self, ParseError> {
        let from_end = cursor.eat(b'-');
        let first = cursor.nz_number()?;
        cursor.expect(b':', Expected::Set)?;
        if (cursor.peek() == Some(b'-')) != from_end {
            return cursor.error(Expected::Set);
        }
        cursor.eat(b'-');
        Ok(Self { first, last: cursor.nz_number()?, from_end })
    }

    pub(crate) fn encode(self, encoder: &mut Encoder) {
        let sign: &[u8] = if self.from_end { b"-" } else { b"" };
        encoder.octets(sign);
        encoder.number(u64::from(self.first));
        encoder.octets(b":");
        encoder.octets(sign);
        encoder.number(u64::from(self.last));
    }
}

impl std::fmt::Display for PartialRange {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let sign = if self.from_end { "-" } else { "" };
        write!(f, "{sign}{}:{sign}{}", self.first, self.last)
    }
}

/// One thing that a search is to return (RFC 9051 section 6.4.4).
///
/// ```abnf
/// search-return-opts = SP "RETURN" SP "(" [search-return-opt *(SP search-return-opt)] ")"
/// search-return-opt  = "MIN" / "MAX" / "ALL" / "COUNT" / "SAVE" / search-ret-opt-ext
/// ```
///
/// # Example
///
/// ```
/// use imap_proto::search::{SearchCommand, SearchKey, SearchReturn};
///
/// let search = SearchCommand::uid(SearchKey::unseen()).unwrap().returning([SearchReturn::Count]);
/// assert_eq!(search.returns, Some(vec![SearchReturn::Count]));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SearchReturn {
    /// The lowest number.
    Min,
    /// The highest number.
    Max,
    /// All numbers.
    All,
    /// How many there are.
    Count,
    /// Nothing, but `$` is what was found (RFC 9051 section 6.4.4.1).
    Save,
    /// How well each message fits (RFC 6203 section 4).
    Relevancy,
    /// A part of the results (RFC 9394 section 3.1, RFC 5267 section 4.4).
    Partial(PartialRange),
    /// What changes in the results from now on (RFC 5267 section 4.3), and of messages that are new in them these attributes
    /// (RFC 5465 section 7).
    Update(Vec<FetchAttribute>),
    /// Nothing: a hint that the same search will come again (RFC 5267 section 4.2).
    Context,
    /// Something of an extension that is not known.
    Unknown(TaggedItem),
}

impl SearchReturn {
    /// What clients ask for most of the time, as they write it.
    const FREQUENT: for<'a> fn(&'a [u8], &mut Vec<Self>) -> Option<&'a [u8]> = frequent! {
        b'A': b"ALL" Self::All;
        b'M': b"MIN" Self::Min, b"MAX" Self::Max;
        b'C': b"COUNT" Self::Count;
    };

    /// `RETURN (...)` and a space, if it stands here.
    pub(super) fn read_options(cursor: &mut Cursor<'_>) -> Result<Option<Vec<Self>>, ParseError> {
        if !cursor.eat_return()? {
            return Ok(None);
        }
        let mut options = Vec::with_capacity(1);
        if !cursor.frequent(&mut options, Self::FREQUENT) {
            cursor.list(|cursor| {
                options.push(Self::read(cursor)?);
                Ok(())
            })?;
        }
        cursor.space()?;
        Ok(Some(options))
    }

    fn read(cursor: &mut Cursor<'_>) -> Result<Self, ParseError> {
        let name = cursor.atom_octets()?;
        Ok(by_name!(chars::upper(name), {
            "ALL" => Self::All,
            "MIN" => Self::Min,
            "MAX" => Self::Max,
            "COUNT" => Self::Count,
            "SAVE" => Self::Save,
            "RELEVANCY" => Self::Relevancy,
            "UPDATE" => match cursor.rest() {
                // The grammar has no space there, and the example has one.
                [b' ', b'(', ..] => {
                    cursor.advance(1);
                    Self::Update(FetchAttribute::read_list(cursor)?)
                }
                [b'(', ..] => Self::Update(FetchAttribute::read_list(cursor)?),
                _ => Self::Update(Vec::new()),
            },
            "CONTEXT" => Self::Context,
            "PARTIAL" => {
                cursor.space()?;
                Self::Partial(PartialRange::read(cursor)?)
            },
            _ => Self::Unknown(TaggedItem::read(cursor, Atom::received(cursor.share(name)))?),
        }))
    }

    pub(super) fn encode_options(options: Option<&Vec<Self>>, encoder: &mut Encoder) {
        if let Some(options) = options {
            encoder.octets(b"RETURN ");
            encoder.list(options, |encoder, option| option.encode(encoder));
            encoder.space();
        }
    }

    fn encode(&self, encoder: &mut Encoder) {
        let name = match self {
            Self::Min => "MIN",
            Self::Max => "MAX",
            Self::All => "ALL",
            Self::Count => "COUNT",
            Self::Save => "SAVE",
            Self::Relevancy => "RELEVANCY",
            Self::Update(attributes) if attributes.is_empty() => "UPDATE",
            Self::Context => "CONTEXT",
            Self::Partial(range) => {
                encoder.octets(b"PARTIAL ");
                return range.encode(encoder);
            }
            Self::Update(attributes) => {
                encoder.octets(b"UPDATE ");
                return encoder.list(attributes, |encoder, attribute| attribute.encode(encoder));
            }
            Self::Unknown(item) => return item.encode(encoder),
        };
        encoder.octets(name.as_bytes());
    }
}
