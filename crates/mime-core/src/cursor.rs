//! Finding the end of words and comments in structured values.

const ONES: u64 = 0x0101_0101_0101_0101;
const HIGH: u64 = 0x8080_8080_8080_8080;

const fn below(word: u64, limit: u8) -> u64 {
    word.wrapping_sub(ONES.wrapping_mul(limit as u64)) & !word & HIGH
}

const fn equal(word: u64, octet: u8) -> u64 {
    below(word ^ ONES.wrapping_mul(octet as u64), 1)
}

/// Where the first octet is that `one` knows, eight octets a time: `eight` marks the high bit of each of them; only the
/// lowest mark need be right.
#[inline]
fn find(octets: &[u8], eight: impl Fn(u64) -> u64, one: impl Fn(u8) -> bool) -> usize {
    let mut rest = octets;
    while let Some((chunk, tail)) = rest.split_first_chunk::<8>() {
        let marks = eight(u64::from_le_bytes(*chunk));
        if marks != 0 {
            return octets.len() - rest.len() + usize::try_from(marks.trailing_zeros() / 8).unwrap_or(0);
        }
        rest = tail;
    }
    while let [first, tail @ ..] = rest {
        if one(*first) {
            break;
        }
        rest = tail;
    }
    octets.len() - rest.len()
}

/// How long the word is that the octets begin with: up to white space, a control character, `(` or `;`.
#[inline]
pub(crate) fn word(octets: &[u8]) -> usize {
    let ends = |octet: u8| octet <= b' ' || octet == b'(' || octet == b';';
    let mut rest = octets;
    loop {
        // What is below `(` and no end is rare in words, and looked at again.
        let at = find(rest, |eight| below(eight, b'(' + 1) | equal(eight, b';'), ends);
        let Some((_, tail)) = rest.split_at_checked(at) else {
            return octets.len();
        };
        match tail {
            [found, tail @ ..] if !ends(*found) => rest = tail,
            _ => return octets.len() - tail.len(),
        }
    }
}

/// How many octets a comment has of which the first parenthesis was passed: with the one that closes it. `None` if
/// none does. Comments inside, and quoted pairs, are parts of it; there is no limit to their depth, and no recursion.
pub(crate) fn comment(octets: &[u8]) -> Option<usize> {
    let mut depth = 1usize;
    let mut rest = octets;
    loop {
        let at = memchr::memchr3(b'(', b')', b'\\', rest)?;
        let (found, tail) = rest.get(at..)?.split_first()?;
        rest = tail;
        match found {
            b'(' => depth += 1,
            b')' => depth -= 1,
            _ => rest = tail.get(1..)?,
        }
        if depth == 0 {
            return Some(octets.len() - rest.len());
        }
    }
}

/// How many octets a quoted string has of which the first quote was passed: with the one that closes it.
pub(crate) fn quoted(octets: &[u8]) -> Option<usize> {
    let mut rest = octets;
    loop {
        let at = memchr::memchr2(b'"', b'\\', rest)?;
        let (found, tail) = rest.get(at..)?.split_first()?;
        if *found == b'"' {
            return Some(octets.len() - tail.len());
        }
        rest = tail.get(1..)?;
    }
}

/// The octets without the white space before and behind them.
pub(crate) fn trim(mut octets: &[u8]) -> &[u8] {
    while let [b' ' | b'\t' | b'\r' | b'\n', rest @ ..] | [rest @ .., b' ' | b'\t' | b'\r' | b'\n'] = octets {
        octets = rest;
    }
    octets
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ends() {
        for (octets, length) in [
            ("", 0),
            ("a", 1),
            ("a b", 1),
            ("abcdefghijk(", 11),
            ("abcdefgh;", 8),
            ("\u{e4}\u{e4}\u{e4}\u{e4}\u{e4} ", 10),
        ] {
            assert_eq!(word(octets.as_bytes()), length, "{octets:?}");
        }
        for octet in 0..=255u8 {
            let ends = octet <= b' ' || octet == b'(' || octet == b';';
            for at in 0..20 {
                let mut octets = [b'x'; 20];
                octets[at] = octet;
                assert_eq!(word(&octets), if ends { at } else { 20 }, "{octet} at {at}");
            }
        }
        for (octets, length) in [
            (")", Some(1)),
            ("a)b", Some(2)),
            ("a(b)c)d", Some(6)),
            ("a\\)b)", Some(5)),
            ("a(b)c", None),
            ("", None),
            ("\\", None),
        ] {
            assert_eq!(comment(octets.as_bytes()), length, "{octets:?}");
        }
        assert_eq!(quoted(b"a\\\"b\" c"), Some(5));
        assert_eq!(quoted(b"a\\"), None);
        assert_eq!(trim(b" \r\n\ta b\t "), b"a b");
    }
}
