//! What most servers write most of the time, read from slices: one space, quoted strings, NIL in capitals, numbers without ornament.
//!
//! Nothing is understood here that a [`Cursor`](crate::cursor::Cursor) does not understand as well, and in the same way; `None` leaves it to that.

use bytes::Bytes;

use crate::chars::{self, WORD};

const ONES: u64 = u64::from_ne_bytes([1; 8]);

/// A quoted string behind its first quote: its content, and what follows it.
///
/// Eight octets are looked at together: strings are most of what servers send.
#[inline]
pub(crate) fn quoted(octets: &[u8]) -> Option<(&[u8], &[u8])> {
    let (mut rest, mut at) = (octets, 0_usize);
    while let Some((eight, behind)) = rest.split_first_chunk::<8>() {
        let word = u64::from_le_bytes(*eight);
        let low = word & (ONES * 0x7f);
        // The high bit of an octet is left alone where it is neither a control nor a quote (0x20 with this bit turned) ...
        let plain = (low ^ (ONES * 0x02)).wrapping_add(ONES * 0x5f)
            // ... nor a backslash.
            & (low ^ (ONES * 0x5c)).wrapping_add(ONES * 0x7f);
        let found = !(plain | word) & (ONES * 0x80);
        if found != 0 {
            at = at.wrapping_add(found.trailing_zeros() as usize / 8);
            return closed(octets, at);
        }
        at = at.wrapping_add(8);
        rest = behind;
    }
    let end = rest.iter().position(|&octet| octet < b' ' || matches!(octet, b'"' | b'\\'))?;
    closed(octets, at.wrapping_add(end))
}

#[inline]
fn closed(octets: &[u8], at: usize) -> Option<(&[u8], &[u8])> {
    let (content, rest) = octets.split_at_checked(at)?;
    match rest {
        [b'"', behind @ ..] => Some((content, behind)),
        _ => None,
    }
}

/// How many octets of an unquoted word there are at the start: all but white space, controls, parentheses and quotes.
#[inline]
pub(crate) fn word(octets: &[u8]) -> usize {
    let (mut rest, mut at) = (octets, 0_usize);
    while let Some((eight, behind)) = rest.split_first_chunk::<8>() {
        let found = first_outside(u64::from_le_bytes(*eight));
        if found != 0 {
            return at.wrapping_add(found.trailing_zeros() as usize / 8);
        }
        at = at.wrapping_add(8);
        rest = behind;
    }
    at.wrapping_add(chars::run(rest, WORD))
}

/// The high bits of those octets that are in no word.
#[inline]
fn first_outside(octets: u64) -> u64 {
    let low = octets & (ONES * 0x7f);
    // The high bit of an octet is set where it is above a space ...
    let word = low.wrapping_add(ONES * 0x5f)
        // ... no quote, no parenthesis ...
        & (low ^ (ONES * 0x22)).wrapping_add(ONES * 0x7f)
        & ((low ^ (ONES * 0x28)) & (ONES * 0x7e)).wrapping_add(ONES * 0x7f)
        // ... and not the last control.
        & !low.wrapping_add(ONES);
    !(word | octets) & (ONES * 0x80)
}

/// What follows a quoted string, from behind its first quote; quotes and backslashes may be escaped in it.
#[inline]
pub(crate) fn skip_quoted(octets: &[u8]) -> Option<&[u8]> {
    match quoted(octets) {
        Some((_, rest)) => Some(rest),
        None => skip_escaped(octets),
    }
}

#[cold]
fn skip_escaped(octets: &[u8]) -> Option<&[u8]> {
    let mut rest = octets;
    loop {
        let end = rest.iter().position(|&octet| octet < b' ' || matches!(octet, b'"' | b'\\'))?;
        match rest.get(end..)? {
            [b'"', behind @ ..] => return Some(behind),
            [b'\\', b'"' | b'\\', behind @ ..] => rest = behind,
            _ => return None,
        }
    }
}

/// What follows NIL or a quoted string.
#[inline]
pub(crate) fn skip_nstring(octets: &[u8]) -> Option<&[u8]> {
    match octets {
        [b'N', b'I', b'L', rest @ ..] => Some(rest),
        [b'"', rest @ ..] => skip_quoted(rest),
        _ => None,
    }
}

/// Octets of a frame as shared octets.
#[inline]
pub(crate) fn share(frame: &Bytes, octets: &[u8]) -> Bytes {
    if octets.is_empty() { Bytes::new() } else { frame.slice_ref(octets) }
}

/// What follows a space.
#[inline]
pub(crate) const fn space(octets: &[u8]) -> Option<&[u8]> {
    match octets {
        [b' ', rest @ ..] => Some(rest),
        _ => None,
    }
}

/// What follows these octets.
#[inline]
pub(crate) fn behind<'a, const N: usize>(octets: &'a [u8], these: &[u8; N]) -> Option<&'a [u8]> {
    let (first, rest) = octets.split_first_chunk::<N>()?;
    if first == these { Some(rest) } else { None }
}

/// What follows these octets, if nothing goes on with the word that they are.
#[inline]
pub(crate) fn behind_word<'a, const N: usize>(octets: &'a [u8], these: &[u8; N]) -> Option<&'a [u8]> {
    behind(octets, these).filter(|rest| matches!(rest, [] | [b' ' | b')', ..]))
}

/// Adds the words of a list that begin with an octet, each where it stays: see [`Cursor::frequent`](crate::cursor::Cursor::frequent).
macro_rules! frequent {
    ($($octet:literal: $($name:literal $value:expr),+;)+) => {
        |octets, all| {
            match octets.first()? {
                $($octet => {
                    $(if let Some(rest) = $crate::plain::behind_word(octets, $name) {
                        all.push($value);
                        return Some(rest);
                    })+
                    None
                })+
                _ => None,
            }
        }
    };
}
pub(crate) use frequent;

/// Where the first LF stands. Most lines are short: then this is less work than a search that is made for long ones.
#[inline]
pub(crate) fn line_feed(octets: &[u8]) -> Option<usize> {
    let (mut rest, mut at) = (octets, 0_usize);
    while let Some((block, behind)) = rest.split_first_chunk::<16>()
        && at < 128
    {
        if block.iter().fold(false, |found, &octet| found | (octet == b'\n')) {
            let half = u64::from_le_bytes(*block.first_chunk()?);
            let (half, at) = match first_line_feed(half) {
                0 => (u64::from_le_bytes(*block.last_chunk()?), at.wrapping_add(8)),
                _ => (half, at),
            };
            return Some(at.wrapping_add(first_line_feed(half).trailing_zeros() as usize / 8));
        }
        at = at.wrapping_add(16);
        rest = behind;
    }
    memchr::memchr(b'\n', rest).map(|found| at.wrapping_add(found))
}

/// The lowest bit that is set is the highest of the first octet that is LF; 0 if none is.
#[inline]
fn first_line_feed(octets: u64) -> u64 {
    let zero = octets ^ (ONES * 0x0a);
    zero.wrapping_sub(ONES) & !zero & (ONES * 0x80)
}

/// A number of up to 18 digits, and what follows it.
#[inline]
pub(crate) fn number(octets: &[u8]) -> Option<(u64, &[u8])> {
    if let Some(eight) = first_eight(octets) {
        let digits = eight ^ (ONES * 0x30);
        // The lowest octet that is no digit.
        let found = (digits.wrapping_add(ONES * 0x76) | digits) & (ONES * 0x80);
        let bits = found.trailing_zeros() & !7;
        if found != 0 && bits != 0 {
            // Zeros in front, and then pairs, fours and eights of digits are made one number.
            let digits = digits.wrapping_shl(64_u32.wrapping_sub(bits));
            let pairs = digits.wrapping_mul(10).wrapping_add(digits >> 8);
            const LOW: u64 = 0x0000_00ff_0000_00ff;
            let number = (pairs & LOW)
                .wrapping_mul(100 + (1_000_000 << 32))
                .wrapping_add(((pairs >> 16) & LOW).wrapping_mul(1 + (10_000 << 32)))
                >> 32;
            return Some((number, octets.get(bits as usize / 8..)?));
        }
    }
    long_number(octets)
}

/// The first eight octets, the first of them lowest; zeros behind four or more that are the last.
#[inline]
fn first_eight(octets: &[u8]) -> Option<u64> {
    if let Some(eight) = octets.first_chunk() {
        return Some(u64::from_le_bytes(*eight));
    }
    // Two halves, of which the second lies over the first.
    let (first, last) = (octets.first_chunk()?, octets.last_chunk()?);
    let bits = u32::try_from(octets.len()).ok()?.wrapping_sub(4).wrapping_mul(8);
    Some(u64::from(u32::from_le_bytes(*first)) | u64::from(u32::from_le_bytes(*last)).wrapping_shl(bits))
}

/// The same, digit after digit.
fn long_number(octets: &[u8]) -> Option<(u64, &[u8])> {
    let (mut rest, mut number) = (octets, 0_u64);
    while let [digit @ b'0'..=b'9', behind @ ..] = rest {
        number = number.wrapping_mul(10).wrapping_add(u64::from(digit.wrapping_sub(b'0')));
        rest = behind;
    }
    let digits = octets.len().wrapping_sub(rest.len());
    if digits.wrapping_sub(1) < 18 { Some((number, rest)) } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn eight_at_a_time_is_one_at_a_time() {
        for octet in 0..=255_u8 {
            for at in 0..20 {
                for length in at + 1..24 {
                    let mut octets = vec![b'x'; length];
                    octets[at] = octet;
                    assert_eq!(
                        quoted(&octets).map(|(content, _)| content.len()),
                        (octet == b'"').then_some(at)
                    );
                    octets.push(b'"');
                    let special = octet < b' ' || octet == b'\\';
                    let end = if octet == b'"' { at } else { length };
                    let expected = (!special).then(|| (&octets[..end], &octets[end + 1..]));
                    assert_eq!(quoted(&octets), expected, "{octet:#x} at {at} of {length}");
                    assert_eq!(word(&octets), chars::run(&octets, WORD), "{octet:#x} at {at} of {length}");
                }
            }
        }
    }

    #[test]
    fn lines_end_where_they_end() {
        for before in 0..200 {
            for behind in [0, 1, 15, 16, 40] {
                for filler in [b'x', 0x0b, 0x09, 0x8a, 0, 0xff] {
                    let mut octets = vec![filler; before];
                    assert_eq!(line_feed(&octets), None);
                    octets.push(b'\n');
                    octets.resize(before + 1 + behind, if filler == 0 { b'\n' } else { filler });
                    assert_eq!(line_feed(&octets), Some(before), "{filler:#x}");
                }
            }
        }
    }

    #[test]
    fn numbers_and_strings() {
        assert_eq!(number(b"123 x"), Some((123, &b" x"[..])));
        assert_eq!(number(b"999999999999999999"), Some((999_999_999_999_999_999, &b""[..])));
        for octet in 0..=255_u8 {
            for text in ["7", "10", "987", "4294", "65535", "123456", "4827313", "12345678", "123456789"] {
                let mut octets = text.as_bytes().to_vec();
                octets.extend_from_slice(&[octet; 9]);
                for length in text.len()..octets.len() {
                    if !octet.is_ascii_digit() {
                        let rest = &octets[text.len()..length];
                        assert_eq!(number(&octets[..length]), Some((text.parse().unwrap(), rest)));
                    }
                }
            }
        }
        for text in ["", "x", "-1", "+1", "9999999999999999999", " 1"] {
            assert_eq!(number(text.as_bytes()), None, "{text}");
        }
        assert_eq!(skip_nstring(b"NIL)"), Some(&b")"[..]));
        assert_eq!(skip_nstring(b"\"a\" b"), Some(&b" b"[..]));
        assert_eq!(skip_nstring(b"nil"), None);
        assert_eq!(skip_nstring(b"\"\xc3\xbc\""), Some(&b""[..]));
        assert_eq!(skip_nstring(br#""a \"b\\" c"#), Some(&b" c"[..]));
        for text in [r#""a \"b"#, r#""a\"#, r#""a\b""#, "\"a\\\n\"", "\"\\\"\x01\""] {
            assert_eq!(skip_nstring(text.as_bytes()), None, "{text}");
        }
    }
}
