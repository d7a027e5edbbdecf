//! Sets of messages (RFC 9051 section 9, `sequence-set` and `uid-set`).

use std::{fmt, num::NonZeroU32};

use smallvec::{SmallVec, smallvec};

use crate::{Encoder, Expected, ParseError, Seq, Uid, cursor::Cursor, plain};

/// `*`: the largest number there is.
const STAR: u32 = 0;

/// First and last numbers. Most sets are one range.
type Bounds = SmallVec<[(u32, u32); 2]>;

/// Ranges, first and last, in the order in which they were written. A single number is a range of one.
#[derive(Clone, PartialEq, Eq, Hash, Default)]
struct Ranges {
    ranges: Bounds,
    /// `$`: what the last search saved (RFC 5182).
    saved: bool,
}

impl Ranges {
    fn parse(cursor: &mut Cursor<'_>) -> Result<Self, ParseError> {
        match plain_ranges(cursor.rest()) {
            Some((ranges, rest)) if !matches!(rest, [b',', ..]) => {
                cursor.resume(rest);
                Ok(Self { ranges, saved: false })
            }
            _ => Self::parse_any(cursor),
        }
    }

    #[inline(never)]
    fn parse_any(cursor: &mut Cursor<'_>) -> Result<Self, ParseError> {
        if cursor.eat(b'$') {
            return Ok(Self { ranges: SmallVec::new(), saved: true });
        }
        let mut ranges = SmallVec::new();
        loop {
            let first = bound(cursor)?;
            let last = if cursor.eat(b':') { bound(cursor)? } else { first };
            ranges.push((first, last));
            if !cursor.eat(b',') {
                return Ok(Self { ranges, saved: false });
            }
        }
    }

    /// Ascending, `*` last; with the largest number known as numbers that exist.
    fn resolved(&self, largest: u32) -> impl Iterator<Item = (u32, u32)> {
        self.ranges.iter().filter_map(move |&(first, last)| {
            let value = |bound| if bound == STAR { largest } else { bound };
            let (first, last) = (value(first), value(last));
            let (first, last) = (first.min(last), first.max(last));
            // A star stands for a number that exists, others may lie beyond it.
            (first <= largest && first > 0).then_some((first, last.min(largest)))
        })
    }

    /// As [`resolved`](Self::resolved), sorted, and each number once.
    fn merged(&self, largest: u32) -> Bounds {
        let mut ranges: Bounds = self.resolved(largest).collect();
        ranges.sort_unstable();
        let mut kept: Bounds = SmallVec::new();
        for (first, last) in ranges {
            match kept.last_mut() {
                Some(before) if first <= before.1.saturating_add(1) => before.1 = before.1.max(last),
                _ => kept.push((first, last)),
            }
        }
        kept
    }

    fn push(&mut self, number: u32) {
        match self.ranges.last_mut() {
            Some(last)
                if last.0 != STAR
                    && last.1 != STAR
                    && last.1 >= last.0
                    && last.1.checked_add(1) == Some(number) =>
            {
                last.1 = number;
            }
            _ => self.ranges.push((number, number)),
        }
    }

    fn count(&self, largest: u32) -> u64 {
        self.merged(largest).iter().map(|&(first, last)| u64::from(last - first) + 1).sum()
    }

    fn split(self, most: usize) -> Vec<Self> {
        // A number has ten digits at most.
        if self.saved || self.ranges.len() <= most / 22 {
            return vec![self];
        }
        let digits = |number: u32| number.checked_ilog10().map_or(1, |log| log as usize + 1);
        let mut all = Vec::new();
        let (mut now, mut octets) = (SmallVec::new(), 0);
        for (first, last) in self.ranges {
            now.push((first, last));
            octets += 1 + digits(first) + if first == last { 0 } else { 1 + digits(last) };
            if octets >= most {
                all.push(Self { ranges: std::mem::take(&mut now), saved: false });
                octets = 0;
            }
        }
        if !now.is_empty() {
            all.push(Self { ranges: now, saved: false });
        }
        all
    }

    fn encode(&self, encoder: &mut Encoder) {
        if self.saved {
            encoder.octets(b"$");
            return;
        }
        for (index, &(first, last)) in self.ranges.iter().enumerate() {
            if index > 0 {
                encoder.octets(b",");
            }
            encode_bound(first, encoder);
            if first != last {
                encoder.octets(b":");
                encode_bound(last, encoder);
            }
        }
    }
}

/// As many ranges as there are of numbers without ornament and of stars, one at least, and what follows the last of them.
#[inline]
fn plain_ranges(octets: &[u8]) -> Option<(Bounds, &[u8])> {
    let (range, rest) = plain_range(octets)?;
    let mut ranges = smallvec![range];
    let rest = if let [b',', ..] = rest { more_plain_ranges(&mut ranges, rest) } else { rest };
    Some((ranges, rest))
}

/// Those that follow a comma.
#[inline(never)]
fn more_plain_ranges<'a>(ranges: &mut Bounds, octets: &'a [u8]) -> &'a [u8] {
    let mut left = octets;
    while let [b',', next @ ..] = left
        && let Some((range, rest)) = plain_range(next)
    {
        ranges.push(range);
        left = rest;
    }
    left
}

#[inline(always)] // it is in two places, one of which nearly all sets need
fn plain_range(octets: &[u8]) -> Option<((u32, u32), &[u8])> {
    let (first, rest) = plain_bound(octets)?;
    let (last, rest) = match rest {
        [b':', last @ ..] => plain_bound(last)?,
        _ => (first, rest),
    };
    // A longer number would be another.
    if matches!(rest, [b'0'..=b'9' | b':', ..]) { None } else { Some(((first, last), rest)) }
}

#[inline]
fn plain_bound(octets: &[u8]) -> Option<(u32, &[u8])> {
    match octets {
        [b'1'..=b'9', ..] => {
            let (number, rest) = plain::number(octets)?;
            Some((u32::try_from(number).ok()?, rest))
        }
        [b'*', rest @ ..] => Some((STAR, rest)),
        _ => None,
    }
}

fn bound(cursor: &mut Cursor<'_>) -> Result<u32, ParseError> {
    if cursor.eat(b'*') { Ok(STAR) } else { cursor.nz_number() }
}

fn encode_bound(bound: u32, encoder: &mut Encoder) {
    if bound == STAR { encoder.octets(b"*") } else { encoder.number(u64::from(bound)) }
}

impl fmt::Display for Ranges {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut encoder = Encoder::for_text();
        self.encode(&mut encoder);
        f.write_str(str::from_utf8(encoder.text()).unwrap_or_default())
    }
}

macro_rules! set {
    ($(#[$doc:meta])* $name:ident of $number:ident) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Hash)]
        pub struct $name(Ranges);

        impl $name {
            /// All messages: `1:*`.
            pub fn all() -> Self {
                Self(Ranges { ranges: smallvec![(1, STAR)], saved: false })
            }

            /// The last message: `*`.
            pub fn last() -> Self {
                Self(Ranges { ranges: smallvec![(STAR, STAR)], saved: false })
            }

            /// What the last search with `RETURN (SAVE)` found: `$` (RFC 5182 section 2.1).
            pub fn saved() -> Self {
                Self(Ranges { ranges: SmallVec::new(), saved: true })
            }

            /// One message and those that follow: `first:*`. There is always one in it, the last, even if its number is smaller
            /// (RFC 9051 section 9).
            pub fn from_first(first: $number) -> Self {
                Self(Ranges { ranges: smallvec![(first.get(), STAR)], saved: false })
            }

            /// From one number to another, both included, in either order.
            pub fn range(first: $number, last: $number) -> Self {
                Self(Ranges { ranges: smallvec![(first.get(), last.get())], saved: false })
            }

            /// A set of these numbers; `None` if there are none, for a set that is empty cannot be written. Neighbours become
            /// ranges.
            pub fn from_numbers(numbers: impl IntoIterator<Item = $number>) -> Option<Self> {
                let mut ranges = Ranges::default();
                for number in numbers {
                    ranges.push(number.get());
                }
                (!ranges.ranges.is_empty()).then_some(Self(ranges))
            }

            /// A set of these ranges, first and last number; `None` if there are none.
            pub fn from_ranges(ranges: impl IntoIterator<Item = ($number, $number)>) -> Option<Self> {
                let ranges: SmallVec<_> =
                    ranges.into_iter().map(|(first, last)| (first.get(), last.get())).collect();
                (!ranges.is_empty()).then_some(Self(Ranges { ranges, saved: false }))
            }

            /// Both sets in one. What is [saved](Self::saved) cannot be joined: then `None`.
            pub fn union(mut self, other: &Self) -> Option<Self> {
                if self.0.saved || other.0.saved {
                    return None;
                }
                self.0.ranges.extend_from_slice(&other.0.ranges);
                Some(self)
            }

            /// Reads a set, all of the octets.
            ///
            /// # Errors
            ///
            /// [`ParseError`] says where it is none.
            pub fn parse(octets: &[u8]) -> Result<Self, ParseError> {
                let frame = bytes::Bytes::copy_from_slice(octets);
                let mut cursor = Cursor::new(&frame);
                let set = Self::read(&mut cursor)?;
                cursor.end()?;
                Ok(set)
            }

            pub(crate) fn read(cursor: &mut Cursor<'_>) -> Result<Self, ParseError> {
                Ranges::parse(cursor).map(Self)
            }

            /// A set of numbers without ornament and of stars, and what follows it.
            #[inline]
            pub(crate) fn plain(octets: &[u8]) -> Option<(Self, &[u8])> {
                match plain_ranges(octets)? {
                    (_, [b',', ..]) => None,
                    (ranges, rest) => Some((Self(Ranges { ranges, saved: false }), rest)),
                }
            }

            /// As [`read`](Self::read), but with numbers only: what stands in responses.
            pub(crate) fn read_static(cursor: &mut Cursor<'_>) -> Result<Self, ParseError> {
                let at = cursor.at();
                let set = Self::read(cursor)?;
                if set.is_static() { Ok(set) } else { Err(ParseError::new(at, Expected::Set)) }
            }

            pub(crate) fn encode(&self, encoder: &mut Encoder) {
                self.0.encode(encoder);
            }

            /// The same numbers in sets that take so many octets each, or a little more.
            pub(crate) fn split(self, octets: usize) -> Vec<Self> {
                self.0.split(octets).into_iter().map(Self).collect()
            }

            /// Whether it is `$`: what it holds only the server knows.
            pub const fn is_saved(&self) -> bool {
                self.0.saved
            }

            /// Whether it is made of numbers alone, neither `*` nor `$`.
            pub fn is_static(&self) -> bool {
                !self.0.saved && self.0.ranges.iter().all(|&(first, last)| first != STAR && last != STAR)
            }

            /// Whether a message is in it, if `largest` is the largest number there is.
            pub fn contains(&self, number: $number, largest: u32) -> bool {
                let number = number.get();
                self.0.resolved(largest).any(|(first, last)| (first..=last).contains(&number))
            }

            /// The ranges that are in it, ascending and apart from each other, if `largest` is the largest number there is. They are
            /// never expanded: the work is that of the ranges as they are written.
            pub fn ranges(&self, largest: u32) -> impl Iterator<Item = ($number, $number)> + use<> {
                self.0.merged(largest).into_iter().filter_map(|(first, last)| {
                    Some(($number::new(first)?, $number::new(last)?))
                })
            }

            /// The ranges as they are written, `None` for `*`.
            pub fn written(&self) -> impl Iterator<Item = (Option<$number>, Option<$number>)> + '_ {
                self.0.ranges.iter().map(|&(first, last)| ($number::new(first), $number::new(last)))
            }

            /// How many messages are in it, if `largest` is the largest number there is.
            pub fn count(&self, largest: u32) -> u64 {
                self.0.count(largest)
            }

            /// Every number in it, ascending, if `largest` is the largest there is. Bounded by `largest` alone: look at
            /// [`count`](Self::count) first where that is not known.
            pub fn numbers(&self, largest: u32) -> impl Iterator<Item = $number> + use<> {
                self.0.merged(largest).into_iter().flat_map(|(first, last)| (first..=last).filter_map($number::new))
            }
        }

        impl From<$number> for $name {
            fn from(number: $number) -> Self {
                Self::range(number, number)
            }
        }

        impl From<NonZeroU32> for $name {
            fn from(number: NonZeroU32) -> Self {
                Self::from($number::from(number))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.0)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

set! {
    /// Messages by their sequence numbers.
    ///
    /// Ranges are kept as they are: `1:4294967295` is two numbers. `5:1` is `1:5`, and `*` the largest number there is.
    ///
    /// ```abnf
    /// sequence-set = (seq-number / seq-range) ["," sequence-set] / seq-last-command
    /// seq-number   = nz-number / "*"
    /// seq-range    = seq-number ":" seq-number
    /// ```
    ///
    /// # Example
    ///
    /// ```
    /// use imap_proto::{Seq, SeqSet};
    ///
    /// let set = SeqSet::parse(b"2,4:7,9,12:*").unwrap();
    /// assert_eq!(set.to_string(), "2,4:7,9,12:*");
    /// assert_eq!(set.count(15), 10);
    /// let numbers: Vec<u32> = set.numbers(13).map(u32::from).collect();
    /// assert_eq!(numbers, [2, 4, 5, 6, 7, 9, 12, 13]);
    /// assert!(!set.contains(Seq::new(3).unwrap(), 15));
    /// ```
    SeqSet of Seq
}

set! {
    /// Messages by their UIDs.
    ///
    /// Not to be mixed up with [`SeqSet`]: the commands take one or the other.
    ///
    /// ```abnf
    /// uid-set   = (uniqueid / uid-range) *("," uid-set)
    /// uid-range = (uniqueid ":" uniqueid)
    /// ```
    ///
    /// # Example
    ///
    /// ```
    /// use imap_proto::{Uid, UidSet};
    ///
    /// let set = UidSet::from_numbers([3, 4, 5, 9].map(|uid| Uid::new(uid).unwrap())).unwrap();
    /// assert_eq!(set.to_string(), "3:5,9");
    /// // Nothing is expanded.
    /// assert_eq!(UidSet::parse(b"1:4294967295").unwrap().count(u32::MAX), 4294967295);
    /// ```
    UidSet of Uid
}

/// Messages, by whichever number.
///
/// # Example
///
/// ```
/// use imap_proto::{MessageSet, Uid};
///
/// let set = MessageSet::from(Uid::new(7).unwrap());
/// assert!(set.is_uid());
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[allow(clippy::exhaustive_enums)] // there are two kinds of numbers
pub enum MessageSet {
    /// By sequence number.
    Seq(SeqSet),
    /// By UID: the command begins with UID.
    Uid(UidSet),
}

impl MessageSet {
    /// Whether it is of UIDs.
    pub const fn is_uid(&self) -> bool {
        matches!(self, Self::Uid(_))
    }

    #[inline]
    pub(crate) fn read(cursor: &mut Cursor<'_>, uid: bool) -> Result<Self, ParseError> {
        if uid && let Some((set, rest)) = UidSet::plain(cursor.rest()) {
            cursor.resume(rest);
            return Ok(Self::Uid(set));
        }
        if uid { UidSet::read(cursor).map(Self::Uid) } else { SeqSet::read(cursor).map(Self::Seq) }
    }

    pub(crate) fn split(self, octets: usize) -> Vec<Self> {
        match self {
            Self::Seq(set) => set.split(octets).into_iter().map(Self::Seq).collect(),
            Self::Uid(set) => set.split(octets).into_iter().map(Self::Uid).collect(),
        }
    }

    /// The ranges of numbers, merged and ascending; `None` if only the server knows them.
    pub(crate) fn known_ranges(&self) -> Option<Vec<(u32, u32)>> {
        match self {
            Self::Seq(SeqSet(ranges)) if self.is_static() => Some(ranges.merged(u32::MAX).into_vec()),
            Self::Uid(UidSet(ranges)) if self.is_static() => Some(ranges.merged(u32::MAX).into_vec()),
            _ => None,
        }
    }

    fn is_static(&self) -> bool {
        match self {
            Self::Seq(set) => set.is_static(),
            Self::Uid(set) => set.is_static(),
        }
    }

    pub(crate) fn encode(&self, encoder: &mut Encoder) {
        match self {
            Self::Seq(set) => set.encode(encoder),
            Self::Uid(set) => set.encode(encoder),
        }
    }
}

impl From<SeqSet> for MessageSet {
    fn from(set: SeqSet) -> Self {
        Self::Seq(set)
    }
}

impl From<UidSet> for MessageSet {
    fn from(set: UidSet) -> Self {
        Self::Uid(set)
    }
}

impl From<Seq> for MessageSet {
    fn from(number: Seq) -> Self {
        Self::Seq(number.into())
    }
}

impl From<Uid> for MessageSet {
    fn from(number: Uid) -> Self {
        Self::Uid(number.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_without_ornament_are_read_like_others() {
        for text in [
            "1",
            "1:2",
            "1:*",
            "*",
            "*:1",
            "1,2",
            "1:2,3,*:4,5:6",
            "$",
            "1,$",
            "",
            "0",
            "01",
            "1:",
            "1:0",
            ":1",
            "1,",
            ",1",
            "1,,2",
            "4294967295",
            "4294967296",
            "1:4294967296",
            "12345678901234567890",
            "1:2:3",
            "1,2:3:4",
            "1 2",
            "1)",
            "1:2)",
            "1,2 x",
            "**",
            "*5",
            "5*",
            "1:*5",
            "-1",
            "1.5",
        ] {
            let frame = bytes::Bytes::from_static(text.as_bytes());
            let (mut one, mut other) = (Cursor::new(&frame), Cursor::new(&frame));
            let (fast, full) = (Ranges::parse(&mut one), Ranges::parse_any(&mut other));
            assert_eq!(
                fast.as_ref().map(ToString::to_string),
                full.as_ref().map(ToString::to_string),
                "{text}"
            );
            assert!(full.is_err() || one.at() == other.at(), "{text}");
        }
    }

    #[test]
    fn sets_as_they_are_written() {
        for text in ["1", "1:*", "*", "*:4", "2:4", "4:2", "1,2,3", "2:4,6,8:*", "$", "4294967295"] {
            let set = SeqSet::parse(text.as_bytes()).unwrap();
            assert_eq!(set.to_string(), text);
            assert_eq!(UidSet::parse(text.as_bytes()).unwrap().to_string(), text);
        }
        for (text, at) in [
            ("", 0),
            ("0", 0),
            ("1:", 2),
            (",1", 0),
            ("1,", 2),
            ("1:0", 2),
            ("4294967296", 0),
            ("1 ", 1),
            ("$1", 1),
            ("01", 0),
        ] {
            assert_eq!(SeqSet::parse(text.as_bytes()).unwrap_err().at(), at, "{text}");
        }
    }

    #[test]
    fn star_is_the_largest_number() {
        let numbers = |text: &str, largest| {
            SeqSet::parse(text.as_bytes()).unwrap().numbers(largest).map(u32::from).collect::<Vec<_>>()
        };
        // RFC 9051 section 9: "*:4" of a mailbox of 15 messages is 4:15, and "3:*" of two is 2:3, of which there is one
        assert_eq!(numbers("*:14", 15), [14, 15]);
        assert_eq!(numbers("3:*", 2), [2]);
        assert_eq!(numbers("*", 0), [] as [u32; 0]);
        assert_eq!(numbers("1:*", 0), [] as [u32; 0]);
        assert_eq!(numbers("1:3,2:4,9,3", 5), [1, 2, 3, 4]);
    }

    #[test]
    fn everything_is_counted_without_being_expanded() {
        let set = SeqSet::parse(b"1:4294967295,1:4294967295,5:7").unwrap();
        assert_eq!(set.count(u32::MAX), u64::from(u32::MAX));
        assert_eq!(set.count(10), 10);
        assert_eq!(set.ranges(10).count(), 1);
    }

    #[test]
    fn long_sets_are_split() {
        let text: String = (1..5000_u32).map(|number| format!("{},", number * 3)).collect();
        let set = UidSet::parse(format!("{text}20000:*").as_bytes()).unwrap();
        let parts = set.clone().split(1000);
        assert!(parts.len() > 20 && parts.iter().all(|part| part.to_string().len() <= 1022));
        let joined: Vec<String> = parts.iter().map(ToString::to_string).collect();
        assert_eq!(joined.join(","), set.to_string());
        assert_eq!(UidSet::saved().split(1).len(), 1);
        assert_eq!(UidSet::all().split(1000), [UidSet::all()]);
    }

    #[test]
    fn neighbours_become_ranges() {
        let seq = |numbers: &[u32]| SeqSet::from_numbers(numbers.iter().filter_map(|&n| Seq::new(n)));
        assert_eq!(seq(&[1, 2, 3, 7, 8, 5]).unwrap().to_string(), "1:3,7:8,5");
        assert_eq!(seq(&[]), None);
        assert_eq!(seq(&[u32::MAX]).unwrap().to_string(), "4294967295");
    }

    #[test]
    fn what_is_not_plain_is_read_too() {
        for text in ["1", "1:2", "*", "1:*,4,9:7", "4294967295", "2,1234567890"] {
            // Servers write zeros in front, which only the other reader understands.
            assert_eq!(UidSet::parse(text.as_bytes()).unwrap().to_string(), text);
            let padded = bytes::Bytes::from(
                format!("00{text}").replace(",", ",0").replace("00*", "*").replace("0*", "*"),
            );
            let mut cursor = Cursor::lenient(&padded, crate::Dialect::REV1);
            assert_eq!(UidSet::read(&mut cursor).unwrap().to_string(), text, "{padded:?}");
        }
        for text in ["1:2:3", "0", "1,", "1,,2", "1:", "4294967296", "1234567890123456789012", "1,0", "1 2"] {
            assert!(UidSet::parse(text.as_bytes()).is_err(), "{text}");
        }
    }
}
