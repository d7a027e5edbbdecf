//! SEARCH and SORT as they answered before ESEARCH (RFC 3501 section 7.2.5, RFC 5256 section 4).

use crate::{Encoder, Expected, ModSeq, ParseError, Seq, Uid, cursor::Cursor, number::leading};

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

/// `*(SP nz-number)`: there may be millions.
fn numbers(cursor: &mut Cursor<'_>) -> Result<Vec<u32>, ParseError> {
    let octets = cursor.rest();
    // There are not more numbers than spaces, nor more than half of the octets.
    let spaces = memchr::memchr_iter(b' ', octets).count();
    let mut numbers = vec![0; spaces.min(octets.len() / 2)];
    let mut slots = numbers.iter_mut();
    let mut rest = octets;
    while let [b' ', behind @ ..] = rest {
        // Of ten octets no end has to be looked for, and nine digits are less than 2^32.
        if let Some(ten) = behind.first_chunk::<10>() {
            let (number, digits) = leading_of_ten(ten);
            if number > 0
                && digits < 10
                && let (Some(next), Some(slot)) = (behind.get(digits..), slots.next())
            {
                *slot = number;
                rest = next;
                continue;
            }
        }
        let (number, digits) = leading(behind).unwrap_or((u64::MAX, 1));
        rest = behind.get(digits..).unwrap_or_default();
        if digits == 0 {
            continue;
        }
        match (u32::try_from(number), slots.next()) {
            (Ok(number @ 1..), Some(slot)) => *slot = number,
            _ => return Err(ParseError::new(cursor.at() + octets.len() - behind.len(), Expected::NonZero)),
        }
    }
    let unused = slots.len();
    numbers.truncate(numbers.len() - unused);
    cursor.advance(octets.len() - rest.len());
    Ok(numbers)
}

/// The number that ten octets begin with, right if it has fewer digits, and how many there are.
#[inline(always)]
fn leading_of_ten(octets: &[u8; 10]) -> (u32, usize) {
    let mut number = 0_u32;
    for (digits, octet) in octets.iter().enumerate() {
        let digit = octet.wrapping_sub(b'0');
        if digit > 9 {
            return (number, digits);
        }
        number = number.wrapping_mul(10).wrapping_add(u32::from(digit));
    }
    (number, 10)
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
