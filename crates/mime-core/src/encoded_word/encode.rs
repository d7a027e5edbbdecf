//! Writing text into header fields.

use std::borrow::Cow;

/// Octets that an encoded word may have (RFC 2047 section 2).
pub const MAX_WORD: usize = 75;

const B_PREFIX: &str = "=?utf-8?B?";
const Q_PREFIX: &str = "=?utf-8?Q?";
const SUFFIX: &str = "?=";
/// What is left for the text of a word.
const ROOM: usize = MAX_WORD - B_PREFIX.len() - SUFFIX.len();

/// Whether the text cannot stand in a header as it is: it holds characters other than printable ASCII, what looks like
/// an encoded word, or white space that folding or trimming would change.
///
/// # Example
///
/// ```
/// use mime_core::encoded_word::needs_encoding;
///
/// assert!(!needs_encoding("Hello there"));
/// assert!(needs_encoding("Grüße"));
/// assert!(needs_encoding("a\r\nBcc: b@example.com"));
/// assert!(needs_encoding("=?utf-8?Q?a?="));
/// ```
pub fn needs_encoding(text: &str) -> bool {
    text.bytes().any(|octet| !matches!(octet, b' '..=b'~'))
        || text.contains("=?")
        || text.starts_with(' ')
        || text.ends_with(' ')
}

/// The text as it may stand in an unstructured field, in a display name or in a comment: as it is if that is possible,
/// else in encoded words of UTF-8 with one space between them, where the caller may fold.
///
/// A word has at most 75 octets and whole characters (RFC 2047 section 5); each encoding is tried and the shorter taken.
/// What comes out holds neither CR nor LF nor any control character, whatever the text is, and
/// [`decode_text`](super::decode_text) makes the text of it again.
///
/// # Example
///
/// ```
/// use mime_core::encoded_word::encode;
///
/// assert_eq!(encode("Hello"), "Hello");
/// assert_eq!(encode("Grüße"), "=?utf-8?B?R3LDvMOfZQ==?=");
/// assert_eq!(encode("Müller, Anna"), "=?utf-8?Q?M=C3=BCller=2C_Anna?=");
/// assert_eq!(encode("a\r\nBcc: b"), "=?utf-8?B?YQ0KQmNjOiBi?=");
/// ```
pub fn encode(text: &str) -> Cow<'_, str> {
    if !needs_encoding(text) {
        return Cow::Borrowed(text);
    }
    let b = text.len().div_ceil(3) * 4;
    let q = text.bytes().map(q_length).sum::<usize>();
    Cow::Owned(if q <= b { q_words(text) } else { b_words(text) })
}

/// RFC 2047 section 5 (3): what may stand for itself everywhere, in a phrase too.
const fn stands_for_itself(octet: u8) -> bool {
    octet.is_ascii_alphanumeric() || matches!(octet, b'!' | b'*' | b'+' | b'-' | b'/')
}

const fn q_length(octet: u8) -> usize {
    if octet == b' ' || stands_for_itself(octet) { 1 } else { 3 }
}

fn q_words(text: &str) -> String {
    let mut words = String::from(Q_PREFIX);
    let mut used = 0;
    let mut buffer = [0; 4];
    for character in text.chars() {
        let octets = character.encode_utf8(&mut buffer).as_bytes();
        let length = octets.iter().copied().map(q_length).sum::<usize>();
        // RFC 2047 section 5: "A multi-octet character may not be split across adjacent 'encoded-word's."
        if used + length > ROOM {
            words.push_str(SUFFIX);
            words.push(' ');
            words.push_str(Q_PREFIX);
            used = 0;
        }
        used += length;
        for &octet in octets {
            match octet {
                b' ' => words.push('_'),
                _ if stands_for_itself(octet) => words.push(char::from(octet)),
                _ => {
                    words.push('=');
                    words.push(digit(octet >> 4));
                    words.push(digit(octet & 15));
                }
            }
        }
    }
    words.push_str(SUFFIX);
    words
}

fn digit(value: u8) -> char {
    char::from_digit(u32::from(value), 16).unwrap_or('0').to_ascii_uppercase()
}

fn b_words(text: &str) -> String {
    let mut words = String::new();
    let mut rest = text;
    while !rest.is_empty() {
        let mut length = rest.len().min(ROOM / 4 * 3);
        while !rest.is_char_boundary(length) {
            length -= 1;
        }
        let (word, behind) = rest.split_at_checked(length).unwrap_or((rest, ""));
        if !words.is_empty() {
            words.push(' ');
        }
        words.push_str(B_PREFIX);
        for group in word.as_bytes().chunks(3) {
            let mut octets = [0; 4];
            for (slot, &octet) in octets.iter_mut().skip(1).zip(group) {
                *slot = octet;
            }
            let bits = u32::from_be_bytes(octets);
            for place in 0..4 {
                if place > group.len() {
                    words.push('=');
                } else {
                    words.push(base64(bits >> (18 - 6 * place) & 63));
                }
            }
        }
        words.push_str(SUFFIX);
        rest = behind;
    }
    words
}

fn base64(value: u32) -> char {
    let [.., value] = value.to_be_bytes();
    char::from(match value {
        0..=25 => b'A' + value,
        26..=51 => b'a' + (value - 26),
        52..=61 => b'0' + (value - 52),
        62 => b'+',
        _ => b'/',
    })
}
