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

/// The same for a class that words consist of, in which are all octets that most words have: these are passed over eight at a time.
#[inline]
pub(crate) fn run_of_word(octets: &[u8], class: u8) -> usize {
    let (mut rest, mut at) = (octets, 0_usize);
    while let Some((eight, behind)) = rest.split_first_chunk() {
        let found = first_rare(u64::from_le_bytes(*eight));
        if found != 0 {
            at = at.wrapping_add(found.trailing_zeros() as usize / 8);
            rest = octets.get(at..).unwrap_or_default();
            break;
        }
        at = at.wrapping_add(8);
        rest = behind;
    }
    at.wrapping_add(run(rest, class))
}

/// How many octets there are at the start that are in every class of words.
#[inline]
pub(crate) fn run_of_frequent(octets: &[u8]) -> usize {
    let (mut rest, mut at) = (octets, 0_usize);
    loop {
        let (octets, behind) = match rest.split_first_chunk() {
            Some((eight, behind)) => (u64::from_le_bytes(*eight), behind),
            // What is not there is zero, which is in no word.
            None => (eight(rest), &[][..]),
        };
        let found = first_rare(octets);
        if found != 0 {
            return at.wrapping_add(found.trailing_zeros() as usize / 8);
        }
        at = at.wrapping_add(8);
        rest = behind;
    }
}

/// The high bits of those octets that are not in every class of words: all but `-` to `[`, and `^` to `z`.
#[inline]
const fn first_rare(octets: u64) -> u64 {
    let low = octets & (ONES * 0x7f);
    let frequent = low.wrapping_add(ONES * (0x80 - 0x2d))
        & !low.wrapping_add(ONES * (0x80 - 0x7b))
        & ((low ^ (ONES * 0x5c)) & (ONES * 0x7e)).wrapping_add(ONES * 0x7f);
    (!frequent | octets) & (ONES * 0x80)
}

const ONES: u64 = u64::from_ne_bytes([1; 8]);

/// Up to sixteen octets as a number, of which the first is the lowest; 0 if there are more.
#[inline]
pub(crate) fn number(octets: &[u8]) -> u128 {
    match octets.len() {
        0..8 => eight(octets).into(),
        8..=16 => match (octets.first_chunk(), octets.last_chunk()) {
            (Some(&first), Some(&last)) => {
                // Two halves, of which the second lies over the first.
                let bits = octets.len().wrapping_sub(8).wrapping_mul(8);
                u128::from(u64::from_le_bytes(first))
                    | u128::from(u64::from_le_bytes(last)).wrapping_shl(u32::try_from(bits).unwrap_or(0))
            }
            _ => 0,
        },
        _ => 0,
    }
}

/// The same for up to eight.
#[inline]
fn eight(octets: &[u8]) -> u64 {
    match octets {
        [] => 0,
        [one] => u64::from(*one),
        [one, two] => u64::from(u16::from_le_bytes([*one, *two])),
        [one, two, three] => u64::from(u32::from_le_bytes([*one, *two, *three, 0])),
        _ => match (octets.first_chunk(), octets.last_chunk()) {
            (Some(&first), Some(&last)) => {
                let bits = octets.len().wrapping_sub(4).wrapping_mul(8);
                u64::from(u32::from_le_bytes(first))
                    | u64::from(u32::from_le_bytes(last)).wrapping_shl(u32::try_from(bits).unwrap_or(0))
            }
            _ => 0,
        },
    }
}

/// A name in upper case as a number, so that it is told from others at once: see [`by_name`]. 0 if it has more than sixteen octets.
#[inline]
pub(crate) fn upper(name: &[u8]) -> u128 {
    let number = number(name);
    // Letters are those octets that have the bit of letters. Others have it too, and become something that is in no name.
    number & !((number >> 1) & u128::from_ne_bytes([0x20; 16]))
}

/// The number of a name that is matched.
pub(crate) const fn name(octets: &[u8]) -> u128 {
    let (mut number, mut at) = (0, 0);
    assert!(octets.len() <= 16, "names that are matched have at most sixteen octets");
    while at < octets.len() {
        #[allow(clippy::indexing_slicing, reason = "done by the compiler")]
        let octet = octets[at];
        assert!(
            octet.is_ascii_alphanumeric() || matches!(octet, b'-' | b'.'),
            "of letters, digits, hyphens and dots"
        );
        number |= (octet.to_ascii_uppercase() as u128) << (8 * at);
        at += 1;
    }
    number
}

/// `match` on a name that [`upper`] gave.
macro_rules! by_name {
    ($name:expr, { $($($text:literal)|+ => $value:expr,)* _ => $other:expr $(,)? }) => {{
        let number: u128 = $name;
        $(if $(number == const { $crate::chars::name($text.as_bytes()) })||+ { $value } else)* { $other }
    }};
}
pub(crate) use by_name;

/// Whether all octets are printable ASCII, space included, and `&`, which begins something in modified UTF-7, only if `ampersand`.
#[inline]
pub(crate) fn printable(octets: &[u8], ampersand: bool) -> bool {
    let odd = |octets: u64| {
        let low = octets & (ONES * 0x7f);
        // The high bit of an octet is set up to a space, for the last control ...
        let odd = !low.wrapping_add(ONES * 0x60) | low.wrapping_add(ONES) | octets;
        // ... and for an ampersand.
        if ampersand { odd } else { odd | !(low ^ (ONES * 0x26)).wrapping_add(ONES * 0x7f) }
    };
    let (mut rest, mut found) = (octets, 0);
    while let Some((eight, behind)) = rest.split_first_chunk() {
        found |= odd(u64::from_le_bytes(*eight));
        rest = behind;
    }
    match octets.last_chunk() {
        // The last octets together with some that were looked at.
        Some(last) => found |= odd(u64::from_le_bytes(*last)),
        None => {
            // Those that are not there do not count.
            let there = !u64::MAX.wrapping_shl(u32::try_from(octets.len()).unwrap_or(0).wrapping_mul(8));
            found |= odd(eight(rest)) & there;
        }
    }
    found & (ONES * 0x80) == 0
}

/// The first octet that is not of a class.
pub(crate) fn foreign(octets: &[u8], class: u8) -> Option<(usize, u8)> {
    octets.iter().copied().enumerate().find(|&(_, octet)| !is(octet, class))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_any_length() {
        for octet in 0..=255_u8 {
            for length in 0..20 {
                for behind in [0, 1, 9] {
                    let mut octets = vec![b'x'; length];
                    octets.push(octet);
                    octets.resize(length + 1 + behind, b'/');
                    let frequent = (b'-'..=b'[').contains(&octet) || (b'^'..=b'z').contains(&octet);
                    let expected = if frequent { octets.len() } else { length };
                    assert_eq!(run_of_frequent(&octets), expected, "{octet:#x} behind {length}");
                    for class in [ATOM, ASTRING, TAG, LIST, WORD] {
                        assert_eq!(
                            run_of_word(&octets, class),
                            run(&octets, class),
                            "{octet:#x} behind {length}"
                        );
                        assert!(!frequent || is(octet, class));
                    }
                    for ampersand in [false, true] {
                        let expected = matches!(octet, b' '..=b'~') && (ampersand || octet != b'&');
                        assert_eq!(printable(&octets, ampersand), expected, "{octet:#x} behind {length}");
                    }
                }
            }
        }
        assert!(printable(b"", false));
    }

    #[test]
    fn names_are_numbers_in_any_case() {
        let all: String = ('a'..='z').chain('0'..='9').chain('A'..='Z').chain(['-', '.']).collect();
        for length in 0..=16 {
            for start in 0..all.len() - length {
                let text = &all[start..start + length];
                assert_eq!(upper(text.as_bytes()), name(text.to_ascii_uppercase().as_bytes()), "{text}");
            }
        }
        assert_eq!(upper(b"SAVEDATESUPPORTED"), 0);
        for octet in (0..=255_u8).filter(|octet| !octet.is_ascii_lowercase()) {
            let is_in_names = octet.is_ascii_alphanumeric() || matches!(octet, b'-' | b'.');
            for known in ["A", "Z", "0", "9", "-", "."] {
                let same = is_in_names && known.as_bytes() == [octet];
                assert_eq!(upper(&[octet]) == name(known.as_bytes()), same, "{octet:#x} {known}");
            }
        }
        let which = |name| by_name!(upper(name), { "A" | "B" => 1, "UIDVALIDITY" => 2, _ => 3 });
        assert_eq!([&b"b"[..], b"UidValidity", b"UIDVALIDITYx"].map(which), [1, 2, 3]);
    }

    #[test]
    fn words_end_where_they_end() {
        for class in [ATOM, ASTRING, TAG, LIST, WORD, QUOTED] {
            for octet in 0..=255_u8 {
                for (length, at) in (1..20).flat_map(|length| (0..length).map(move |at| (length, at))) {
                    let mut octets = vec![b'x'; length];
                    octets[at] = octet;
                    assert_eq!(
                        run_of_word(&octets, class),
                        run(&octets, class),
                        "{octet:#x} at {at} of {length}"
                    );
                }
            }
        }
    }

    #[test]
    fn what_is_printable() {
        for octet in 0..=255_u8 {
            for length in 1..20 {
                for at in 0..length {
                    let mut octets = vec![b'x'; length];
                    octets[at] = octet;
                    let is = (0x20..0x7f).contains(&octet);
                    assert_eq!(printable(&octets, true), is, "{octet:#x} at {at} of {length}");
                    assert_eq!(
                        printable(&octets, false),
                        is && octet != b'&',
                        "{octet:#x} at {at} of {length}"
                    );
                }
            }
        }
        assert!(printable(b"", false));
    }
}
