//! Modified UTF-7 (RFC 3501 section 5.1.3): the names of mailboxes before UTF-8.

const ONES: u64 = u64::from_ne_bytes([1; 8]);

/// What there is in a name as it stands on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Look {
    /// Octets that stand for themselves.
    Plain,
    /// Those, and `&`, which begins something in modified UTF-7.
    Shifted,
    /// Something that has to be looked at more closely: all that is not printable ASCII, quotes, backslashes, parentheses.
    Odd,
}

/// Looks at all of the name that a line ends with, in which no octet is below `least`: that is a space, or the octet behind it. What
/// stands before the name is there so that sixteen octets are looked at together; there is enough of it in every line.
#[inline]
pub(crate) fn look(line: &[u8], length: usize, least: u8) -> Look {
    let Some(last) = line.last_chunk::<16>() else { return Look::Odd };
    let marks = if length <= 16 {
        marks(last, u8::try_from(16_usize.wrapping_sub(length)).unwrap_or(0), least)
    } else {
        let name = line.get(line.len().saturating_sub(length)..).unwrap_or_default();
        let Some((first, mut rest)) = name.split_first_chunk::<16>() else { return Look::Odd };
        let mut both = [0; 32];
        both.first_chunk_mut().into_iter().for_each(|half| *half = *first);
        both.last_chunk_mut().into_iter().for_each(|half| *half = *last);
        let mut marks = marks(&both, 0, least);
        while rest.len() > 16
            && !marks.odd
            && let Some((sixteen, behind)) = rest.split_first_chunk::<16>()
        {
            let more = self::marks(sixteen, 0, least);
            marks = Marks { odd: more.odd, shift: marks.shift | more.shift };
            rest = behind;
        }
        marks
    };
    match marks {
        Marks { odd: true, .. } => Look::Odd,
        Marks { shift: true, .. } => Look::Shifted,
        Marks { .. } => Look::Plain,
    }
}

/// What is among octets.
struct Marks {
    odd: bool,
    shift: bool,
}

/// What is among octets, some at the beginning left out. Nothing branches here, and so they are compared all at once.
#[inline]
fn marks<const N: usize>(octets: &[u8; N], before: u8, least: u8) -> Marks {
    let none = Marks { odd: false, shift: false };
    octets.iter().zip(0_u8..).fold(none, |marks, (&octet, at)| {
        let odd = (octet.cast_signed() < least.cast_signed())
            | (octet == 0x7f)
            | (octet == b'"')
            | (octet == b'\\')
            | (octet & !1 == b'(');
        Marks {
            odd: marks.odd | ((at >= before) & odd),
            shift: marks.shift | ((at >= before) & (octet == b'&')),
        }
    })
}

/// Eight octets from where `rest`, the end of `octets`, begins; zeros behind the last.
#[inline]
fn eight(octets: &[u8], rest: &[u8]) -> u64 {
    if let Some(eight) = rest.first_chunk() {
        return u64::from_le_bytes(*eight);
    }
    match octets.last_chunk() {
        // Together with some before them, which are shifted out: all of them if there are none.
        Some(last) => {
            let before = 8_u32.wrapping_sub(u32::try_from(rest.len()).unwrap_or(0)).wrapping_mul(8);
            u64::from_le_bytes(*last).checked_shr(before).unwrap_or(0)
        }
        None => rest.iter().rev().fold(0, |word, &octet| word << 8 | u64::from(octet)),
    }
}

/// Room for the text of a name of so many octets: three for each unit, of which three are in eight octets, and what is written eight at
/// a time.
pub(crate) const fn room(octets: usize) -> usize {
    octets.saturating_add(octets / 8).saturating_add(16)
}

/// Writes the text of a name in printable ASCII as UTF-8, if it is written as it has to be, and gives its length; `None` for everything
/// else, so that each text has one form.
pub(crate) fn decode(octets: &[u8], out: &mut [u8]) -> Option<usize> {
    let (mut rest, mut at) = (octets, 0_usize);
    // A shifted part that ends where the next begins should have been one.
    let mut shift_end = usize::MAX;
    loop {
        let word = eight(octets, rest);
        *out.get_mut(at..)?.first_chunk_mut()? = word.to_le_bytes();
        // The high bit of an octet of ASCII is set where it is an ampersand.
        let found = !(word ^ (ONES * 0x26)).wrapping_add(ONES * 0x7f) & (ONES * 0x80);
        let plain = found.trailing_zeros() as usize / 8;
        let Some(behind) = rest.get(plain..) else { return Some(at.wrapping_add(rest.len())) };
        (rest, at) = (behind, at.wrapping_add(plain));
        match rest {
            [] => return Some(at),
            _ if found == 0 => {}
            // what stands for itself was written already
            [_, b'-', behind @ ..] => (rest, at) = (behind, at.wrapping_add(1)),
            _ if at == shift_end => return None,
            [_, behind @ ..] => {
                (rest, at) = match decode_letter(behind) {
                    Some((text, behind)) => {
                        *out.get_mut(at..)?.first_chunk_mut()? = text;
                        (behind, at.wrapping_add(2))
                    }
                    None => decode_shifted(behind, out, at)?,
                };
                shift_end = at;
            }
        }
    }
}

/// One letter of two octets between `&` and `-`, which is what most names of Latin letters have, and what follows it.
#[inline]
fn decode_letter(octets: &[u8]) -> Option<([u8; 2], &[u8])> {
    let ([first, second, third, b'-'], rest) = octets.split_first_chunk()? else { return None };
    let (first, second, third) = (sextet(*first), sextet(*second), sextet(*third));
    let unit = u16::from(first) << 10 | u16::from(second) << 4 | u16::from(third) >> 2;
    let is_one = (first | second | third) < 64 && third & 3 == 0 && matches!(unit, 0xa0..0x800);
    is_one.then_some(((0x80c0 | unit >> 6 | (unit & 0x3f) << 8).to_le_bytes(), rest))
}

/// What stands between `&` and `-`, base64 of UTF-16 without padding: what follows it, and where its text ends.
#[inline]
fn decode_shifted<'a>(octets: &'a [u8], out: &mut [u8], at: usize) -> Option<(&'a [u8], usize)> {
    let (mut rest, mut at) = (octets, at);
    let (mut bits, mut count) = (0_u32, 0_u32);
    let mut high = None;
    loop {
        let (&octet, behind) = rest.split_first()?;
        rest = behind;
        let sextet = sextet(octet);
        if sextet == NONE {
            // What is left of the last sextet is zero, and less than one.
            let ends = octet == b'-' && high.is_none() && count < 6 && bits & ((1 << count) - 1) == 0;
            return ends.then_some((rest, at));
        }
        bits = bits << 6 | u32::from(sextet);
        count = count.wrapping_add(6);
        if count < 16 {
            continue;
        }
        count = count.wrapping_sub(16);
        let unit = (bits >> count) & 0xffff;
        let tail = |bits: u32| 0x80 | (bits & 0x3f);
        let (text, length) = match (high.take(), unit) {
            // RFC 3501 section 5.1.3: "MUST NOT be used to represent any printing US-ASCII character which can represent itself"
            // Others of ASCII, and all controls, are in no name.
            (_, 0..0xa0) => return None,
            (None, 0xa0..0x800) => (0xc0 | unit >> 6 | tail(unit) << 8, 2),
            (None, 0xd800..0xdc00) => {
                high = Some(unit);
                continue;
            }
            (None, 0x800..0xd800 | 0xe000..) => {
                (0xe0 | unit >> 12 | tail(unit >> 6) << 8 | tail(unit) << 16, 3)
            }
            (Some(high), 0xdc00..0xe000) => {
                let scalar = 0x1_0000_u32.wrapping_add((high & 0x3ff) << 10 | (unit & 0x3ff));
                let last = tail(scalar >> 6) << 16 | tail(scalar) << 24;
                (0xf0 | scalar >> 18 | tail(scalar >> 12) << 8 | last, 4)
            }
            _ => return None,
        };
        *out.get_mut(at..)?.first_chunk_mut()? = text.to_le_bytes();
        at = at.wrapping_add(length);
    }
}

const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+,";
const NONE: u8 = 0xff;

static SEXTETS: [u8; 256] = sextets();

#[allow(clippy::indexing_slicing, clippy::cast_possible_truncation, reason = "done by the compiler")]
const fn sextets() -> [u8; 256] {
    let (mut sextets, mut digit) = ([NONE; 256], 0);
    while digit < DIGITS.len() {
        sextets[DIGITS[digit] as usize] = digit as u8;
        digit += 1;
    }
    sextets
}

#[inline]
fn sextet(octet: u8) -> u8 {
    SEXTETS.get(usize::from(octet)).copied().unwrap_or(NONE)
}

/// Writes a text in modified UTF-7.
pub(crate) fn encode(text: &str, out: &mut Vec<u8>) {
    let mut shift = Shift::default();
    for character in text.chars() {
        if matches!(character, ' '..='~') {
            shift.end(out);
            out.extend(u8::try_from(character));
            if character == '&' {
                out.push(b'-');
            }
            continue;
        }
        shift.begin(out);
        let mut units = [0; 2];
        for unit in character.encode_utf16(&mut units) {
            shift.unit(*unit, out);
        }
    }
    shift.end(out);
}

#[derive(Default)]
struct Shift {
    open: bool,
    bits: u32,
    count: u32,
}

impl Shift {
    fn begin(&mut self, out: &mut Vec<u8>) {
        if !self.open {
            self.open = true;
            out.push(b'&');
        }
    }

    fn unit(&mut self, unit: u16, out: &mut Vec<u8>) {
        self.bits = self.bits << 16 | u32::from(unit);
        self.count += 16;
        while self.count >= 6 {
            self.count -= 6;
            out.push(digit(self.bits >> self.count));
        }
        self.bits &= (1 << self.count) - 1;
    }

    fn end(&mut self, out: &mut Vec<u8>) {
        if self.open {
            if self.count > 0 {
                out.push(digit(self.bits << (6 - self.count)));
            }
            out.push(b'-');
            *self = Self::default();
        }
    }
}

fn digit(value: u32) -> u8 {
    DIGITS.get((value & 63) as usize).copied().unwrap_or(b'A')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chars;

    fn encoded(text: &str) -> String {
        let mut out = Vec::new();
        encode(text, &mut out);
        String::from_utf8(out).unwrap()
    }

    fn decoded(octets: &[u8]) -> Option<Vec<u8>> {
        let mut out = vec![0; room(octets.len())];
        if !chars::printable(octets, true) {
            return None;
        }
        let length = decode(octets, &mut out)?;
        out.truncate(length);
        Some(out)
    }

    #[test]
    fn names_of_the_rfc_and_of_servers() {
        for (wire, text) in [
            ("~peter/mail/&U,BTFw-/&ZeVnLIqe-", "~peter/mail/台北/日本語"),
            ("Entw&APw-rfe", "Entwürfe"),
            ("&BB4EQgQ,BEAEMAQyBDsENQQ9BD0ESwQ1-", "Отправленные"),
            ("A&-B", "A&B"),
            ("&2D3eAA-", "😀"),
            ("Hello&ICI-", "Hello\u{2022}"),
            ("&Jjo-!", "\u{263a}!"),
            ("", ""),
        ] {
            assert_eq!(decoded(wire.as_bytes()).as_deref(), Some(text.as_bytes()), "{wire}");
            assert_eq!(encoded(text), wire);
        }
    }

    #[test]
    fn names_of_every_length() {
        for length in 0..150 {
            for (letter, wire) in
                [("x", "x"), ("ü", "&APw-"), ("語", "&ip4-"), ("😀", "&2D3eAA-"), ("&", "&-")]
            {
                let before = "a".repeat(length);
                for behind in ["", "b", "bcdefghi"] {
                    let (wire, text) =
                        (format!("{before}{wire}{behind}"), format!("{before}{letter}{behind}"));
                    assert_eq!(decoded(wire.as_bytes()).as_deref(), Some(text.as_bytes()), "{wire}");
                }
                let (text, wire) = (letter.repeat(length), encoded(&letter.repeat(length)));
                assert_eq!(decoded(wire.as_bytes()).as_deref(), Some(text.as_bytes()), "{wire}");
            }
        }
    }

    fn looked(octets: &[u8], least: u8) -> Look {
        look(&[br#"LIST (\Marked) "/" ""#, octets].concat(), octets.len(), least)
    }

    #[test]
    fn all_octets_are_looked_at() {
        for octet in 0..=255_u8 {
            for length in 1..70 {
                for at in 0..length {
                    for least in [b' ', b'!'] {
                        let mut octets = vec![b'x'; length];
                        octets[at] = octet;
                        let expected = match octet {
                            b'&' => Look::Shifted,
                            b'"' | b'\\' | b'(' | b')' | 0x7f.. => Look::Odd,
                            _ if octet < least => Look::Odd,
                            _ => Look::Plain,
                        };
                        assert_eq!(looked(&octets, least), expected, "{octet:#x} at {at} of {length}");
                    }
                }
            }
        }
        assert_eq!(
            [looked(b"", b' '), looked(b"&(", b' '), looked(b"a b&", b' ')],
            [Look::Plain, Look::Odd, Look::Shifted]
        );
    }

    #[test]
    fn what_has_another_form_is_none() {
        // RFC 3501 section 5.1.3: "&Jjo!" is not terminated, "&U,BTFw-&ZeVnLIqe-" has a superfluous shift
        for wire in [
            "&Jjo!",
            "&U,BTFw-&ZeVnLIqe-",
            "A&B",
            "&",
            "&BB-x",
            "&AGE-",
            "&2AA-",
            "&AAA-",
            "&3gA-",
            "&APx-",
            "&APwA-",
            "a\u{fc}",
            "&AP=-",
            "&A-",
            "&2D0A-",
            "\t",
        ] {
            assert_eq!(decoded(wire.as_bytes()), None, "{wire}");
        }
    }
}
