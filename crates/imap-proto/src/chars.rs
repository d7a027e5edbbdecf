//! Which octets may stand where (RFC 9051 section 9).

/// `ATOM-CHAR`: no control, space, or one of `(){%*"\]`.
pub(crate) const ATOM: u8 = 1;
/// `ASTRING-CHAR`: `ATOM-CHAR` and `]`.
pub(crate) const ASTRING: u8 = 2;
/// `tag`: `ASTRING-CHAR` without `+`.
pub(crate) const TAG: u8 = 4;
/// `list-char`: `ASTRING-CHAR` and the wildcards.
pub(crate) const LIST: u8 = 8;
/// What stands for itself in a quoted string.
pub(crate) const QUOTED: u8 = 16;
/// Base64, its padding included.
pub(crate) const BASE64: u8 = 32;
/// What an unquoted word of a response consists of, whatever the grammar says: all but white space, parentheses and quotes.
pub(crate) const WORD: u8 = 64;

static CLASSES: [u8; 256] = classes();

#[allow(clippy::indexing_slicing, clippy::cast_possible_truncation, reason = "done by the compiler")]
const fn classes() -> [u8; 256] {
    let mut classes = [0; 256];
    let mut index = 0;
    while index < 256 {
        let octet = index as u8;
        let mut class = 0;
        if octet > b' ' && octet < 0x7f && !matches!(octet, b'(' | b')' | b'{' | b'%' | b'*' | b'"' | b'\\') {
            class |= ASTRING | LIST;
            if octet != b']' {
                class |= ATOM;
            }
            if octet != b'+' {
                class |= TAG;
            }
        }
        if matches!(octet, b'%' | b'*') {
            class |= LIST;
        }
        if !matches!(octet, b'"' | b'\\' | b'\r' | b'\n' | 0) {
            class |= QUOTED;
        }
        if octet.is_ascii_alphanumeric() || matches!(octet, b'+' | b'/' | b'=') {
            class |= BASE64;
        }
        if octet > b' ' && octet != 0x7f && !matches!(octet, b'(' | b')' | b'"') {
            class |= WORD;
        }
        classes[index] = class;
        index += 1;
    }
    classes
}

#[inline]
pub(crate) fn is(octet: u8, class: u8) -> bool {
    CLASSES.get(usize::from(octet)).is_some_and(|classes| classes & class != 0)
}

/// How many octets of a class there are at the start.
#[inline]
pub(crate) fn run(octets: &[u8], class: u8) -> usize {
    octets.iter().position(|&octet| !is(octet, class)).unwrap_or(octets.len())
}

/// How many octets of [`QUOTED`] there are at the start, found eight at a time: strings are most of what servers send.
#[inline]
pub(crate) fn quoted(octets: &[u8]) -> usize {
    const ONES: u64 = u64::from_ne_bytes([1; 8]);
    const HIGH: u64 = ONES << 7;
    let (mut rest, mut at) = (octets, 0_usize);
    while let Some((eight, behind)) = rest.split_first_chunk::<8>() {
        let word = u64::from_le_bytes(*eight);
        let quote = word ^ (ONES * 0x22);
        let backslash = word ^ (ONES * 0x5c);
        // The lowest bit that is set is right, those above it may be not: an octet of zero, and one below 0x0e.
        let found = ((quote.wrapping_sub(ONES) & !quote)
            | (backslash.wrapping_sub(ONES) & !backslash)
            | (word.wrapping_sub(ONES * 0x0e) & !word))
            & HIGH;
        if found != 0 {
            at = at.wrapping_add(found.trailing_zeros() as usize / 8);
            break;
        }
        at = at.wrapping_add(8);
        rest = behind;
    }
    // The last octets, and controls that are allowed.
    match octets.get(at) {
        Some(b'"' | b'\\') => at,
        Some(_) => at + octets.get(at..).map_or(0, |rest| run(rest, QUOTED)),
        None => octets.len(),
    }
}

/// The first octet that is not of a class.
pub(crate) fn foreign(octets: &[u8], class: u8) -> Option<(usize, u8)> {
    octets.iter().copied().enumerate().find(|&(_, octet)| !is(octet, class))
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
                    assert_eq!(quoted(&octets), run(&octets, QUOTED), "{octet:#x} at {at} of {length}");
                }
            }
        }
    }
}
