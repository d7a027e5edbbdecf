//! Writing text into header fields.

use std::borrow::Cow;

use crate::coding::Base64Encoder;

/// Octets that an encoded word may have (RFC 2047 section 2).
pub const MAX_WORD: usize = 75;

/// Octets of `=?utf-8?q?` and `?=`.
pub(crate) const FRAME: usize = 12;

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
/// A word has at most 75 octets and whole characters (RFC 2047 section 5); base64 is taken where it is much
/// shorter, and is padded in the last word only.
/// What comes out holds neither CR nor LF nor any control character, whatever the text is, and
/// [`decode_text`](super::decode_text) makes the text of it again.
///
/// # Example
///
/// ```
/// use mime_core::encoded_word::encode;
///
/// assert_eq!(encode("Hello"), "Hello");
/// assert_eq!(encode("Grüße"), "=?utf-8?q?Gr=C3=BC=C3=9Fe?=");
/// assert_eq!(encode("Müller, Anna"), "=?utf-8?q?M=C3=BCller=2C_Anna?=");
/// assert_eq!(encode("a\r\nBcc: b"), "=?utf-8?q?a=0D=0ABcc=3A_b?=");
/// ```
pub fn encode(text: &str) -> Cow<'_, str> {
    if !needs_encoding(text) {
        return Cow::Borrowed(text);
    }
    let base64 = is_base64_shorter(text);
    let mut words = String::new();
    let mut rest = text;
    while !rest.is_empty() {
        if !words.is_empty() {
            words.push(' ');
        }
        // RFC 2047 section 5: "A multi-octet character may not be split across adjacent 'encoded-word's."
        let (taken, left) =
            rest.split_at_checked(split(rest, MAX_WORD - FRAME, base64)).unwrap_or((rest, ""));
        words.push_str(&word(taken, base64));
        rest = left;
    }
    Cow::Owned(words)
}

/// Octets of the beginning of the text that fit into so many octets, encoded; ends between characters.
///
/// Base64 is cut where it needs no padding, if there is such a place: some programs put words that follow each other
/// together before they decode them, and end at the padding.
pub(crate) fn split(text: &str, room: usize, base64: bool) -> usize {
    let mut octets = 0;
    let mut even = None;
    for (at, character) in text.char_indices() {
        if at > 0 && at % 3 == 0 {
            even = Some(at);
        }
        octets =
            if base64 { (at + character.len_utf8()).div_ceil(3) * 4 } else { octets + q_octets(character) };
        if octets > room {
            return even.filter(|_| base64).unwrap_or(at);
        }
    }
    text.len()
}

/// Whether base64 is so much shorter that it is not worth keeping the letters readable.
pub(crate) fn is_base64_shorter(text: &str) -> bool {
    text.len().div_ceil(3) * 5 < text.chars().map(q_octets).sum()
}

/// RFC 2047 section 5: what may stand as it is in a phrase, and so everywhere.
const fn is_q_safe(character: char) -> bool {
    character.is_ascii_alphanumeric() || matches!(character, '!' | '*' | '+' | '-' | '/')
}

const fn q_octets(character: char) -> usize {
    if is_q_safe(character) || character == ' ' { 1 } else { 3 * character.len_utf8() }
}

/// One encoded word, however long.
pub(crate) fn word(text: &str, base64: bool) -> String {
    let mut word = String::with_capacity(MAX_WORD);
    if base64 {
        word.push_str("=?utf-8?b?");
        let mut letters = Vec::with_capacity(MAX_WORD);
        Base64Encoder::encode_into(text.as_bytes(), &mut letters);
        word.extend(letters.into_iter().map(char::from));
    } else {
        word.push_str("=?utf-8?q?");
        for octet in text.bytes() {
            match octet {
                b' ' => word.push('_'),
                _ if is_q_safe(char::from(octet)) => word.push(char::from(octet)),
                _ => word.push_str(&format!("={octet:02X}")),
            }
        }
    }
    word.push_str("?=");
    word
}
