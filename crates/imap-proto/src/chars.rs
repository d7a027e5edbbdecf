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
/// What stands for itself in the name of a mailbox that is quoted, in every dialect.
pub(crate) const NAME: u8 = 128;

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
        if octet >= b' ' && octet < 0x7f && !matches!(octet, b'"' | b'\\' | b'&') {
            class |= NAME;
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

/// The first octet that is not of a class.
pub(crate) fn foreign(octets: &[u8], class: u8) -> Option<(usize, u8)> {
    octets.iter().copied().enumerate().find(|&(_, octet)| !is(octet, class))
}
