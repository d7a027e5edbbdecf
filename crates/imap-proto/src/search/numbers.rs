//! SEARCH and SORT as they answered before ESEARCH (RFC 3501 section 7.2.5, RFC 5256 section 4).

use crate::{Encoder, Expected, ModSeq, ParseError, Seq, Uid, cursor::Cursor};

/// Numbers of messages: UIDs if UIDs were asked for, else sequence numbers.
///
/// A server may answer one search with several of these; their numbers belong together. The order is that of the
/// server, and means something for SORT alone.
///
/// ```abnf
/// mailbox-data        = "SEARCH" [1*(SP nz-number) SP search-sort-mod-seq]
/// search-sort-mod-seq = "(" "MODSEQ" SP mod-sequence-value ")"
/// ```
///
/// # Example
///
/// ```
/// use imap_proto::{Dialect, Response, Untagged};
///
/// let response = Response::parse(&"* SEARCH 2 5 6 (MODSEQ 917162500)".into(), Dialect::REV1);
/// let Response::Untagged(Untagged::Search(found)) = response else { panic!() };
/// assert_eq!(found.numbers, [2, 5, 6]);
/// assert_eq!(found.modseq.unwrap().get(), 917162500);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct SearchNumbers {
    /// The numbers, none of which is zero.
    pub numbers: Vec<u32>,
    /// The highest mod-sequence of the messages, if the search was about mod-sequences (RFC 7162 section 3.1.5).
    pub modseq: Option<ModSeq>,
}

impl SearchNumbers {
    /// An answer.
    pub const fn new(numbers: Vec<u32>, modseq: Option<ModSeq>) -> Self {
        Self { numbers, modseq }
    }

    /// The numbers as UIDs.
    pub fn uids(&self) -> impl Iterator<Item = Uid> + '_ {
        self.numbers.iter().filter_map(|&number| Uid::new(number))
    }

    /// The numbers as sequence numbers.
    pub fn seqs(&self) -> impl Iterator<Item = Seq> + '_ {
        self.numbers.iter().filter_map(|&number| Seq::new(number))
    }

    /// Behind the name, with the space before the first number.
    pub(crate) fn read(cursor: &mut Cursor<'_>) -> Result<Self, ParseError> {
        let numbers = numbers(cursor)?;
        let mut modseq = None;
        if cursor.eat(b'(') {
            cursor.spaces();
            if !cursor.eat_word("MODSEQ") {
                return cursor.error(Expected::Item);
            }
            cursor.space()?;
            modseq = ModSeq::new(cursor.number64()?);
            cursor.spaces();
            cursor.expect(b')', Expected::Close)?;
        }
        cursor.end()?;
        Ok(Self { numbers, modseq })
    }

    pub(crate) fn encode(&self, encoder: &mut Encoder) {
        for number in &self.numbers {
            encoder.space();
            encoder.number(u64::from(*number));
        }
        if let (Some(modseq), false) = (self.modseq, self.numbers.is_empty()) {
            encoder.octets(b" (MODSEQ ");
            encoder.number(modseq.get());
            encoder.octets(b")");
        }
    }
}

/// `*(SP nz-number)`, in one pass: there may be millions.
fn numbers(cursor: &mut Cursor<'_>) -> Result<Vec<u32>, ParseError> {
    let octets = cursor.rest();
    let spaces = memchr::memchr_iter(b' ', octets).count();
    let mut numbers = Vec::with_capacity(spaces.min(octets.len() / 2));
    let (mut number, mut start, mut end) = (0_u64, 0, octets.len());
    for (at, &octet) in octets.iter().enumerate() {
        let digit = octet.wrapping_sub(b'0');
        if digit < 10 {
            // more than ten digits are refused below, fewer do not wrap
            number = number.wrapping_mul(10).wrapping_add(u64::from(digit));
        } else if octet == b' ' {
            if at > start {
                numbers.push(checked(number, at - start).ok_or(wrong(cursor, start))?);
                number = 0;
            }
            start = at.wrapping_add(1);
        } else {
            end = at;
            break;
        }
    }
    if end > start {
        numbers.push(checked(number, end - start).ok_or(wrong(cursor, start))?);
    }
    cursor.advance(end);
    Ok(numbers)
}

#[inline]
fn checked(number: u64, digits: usize) -> Option<u32> {
    if digits > 10 || number == 0 { None } else { u32::try_from(number).ok() }
}

fn wrong(cursor: &Cursor<'_>, start: usize) -> ParseError {
    ParseError::new(cursor.at() + start, Expected::NonZero)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Dialect;

    fn read(text: &str) -> Result<SearchNumbers, ParseError> {
        let frame = bytes::Bytes::copy_from_slice(text.as_bytes());
        SearchNumbers::read(&mut Cursor::lenient(&frame, Dialect::REV1))
    }

    #[test]
    fn numbers_there_and_back() {
        for (text, numbers) in [
            ("", &[][..]),
            (" 2 3 6", &[2, 3, 6]),
            (" 4294967295", &[u32::MAX]),
            (" 2 84 882", &[2, 84, 882]),
            (" 2 5 6 7 (MODSEQ 917162500)", &[2, 5, 6, 7]),
        ] {
            let found = read(text).unwrap();
            assert_eq!(found.numbers, numbers);
            let mut encoder = Encoder::for_text();
            found.encode(&mut encoder);
            assert_eq!(encoder.text(), text.as_bytes());
        }
        assert_eq!(read("  1  2 ").unwrap().numbers, [1, 2]);
        assert_eq!(read(" 1 ( MODSEQ 0 ) ").unwrap(), SearchNumbers::new(vec![1], None));
    }

    #[test]
    fn what_is_no_number() {
        for (text, at) in [
            (" 0", 1),
            (" 1 4294967296", 3),
            (" 18446744073709551617", 1),
            (" 99999999999999999999999999999999", 1),
            (" 1 x", 3),
            (" 1 2)", 4),
            (" -1", 1),
            (" 1 (MODSEQ)", 10),
            (" 1 (MODSEQ 5", 12),
            (" 1 (MODSEQ 5) 2", 14),
        ] {
            assert_eq!(read(text).unwrap_err().at(), at, "{text}");
        }
    }
}
