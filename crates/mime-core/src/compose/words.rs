//! Text in fields: plain where it can be, in encoded words where it cannot (RFC 2047).

use super::{
    ComposeError,
    fold::{ENCODED, Field, SHOULD},
};
use crate::coding::Base64Encoder;

/// Octets of an encoded word, at most (RFC 2047 section 2).
const WORD: usize = 75;
/// Octets of `=?utf-8?q?` and `?=`.
const FRAME: usize = 12;
/// Octets of any one character in an encoded word.
const CHARACTER: usize = 12;
/// A word of more octets is encoded, so that every line stays below what lines must not exceed.
const PLAIN: usize = 900;

/// Refuses what no text of a field may hold.
pub(super) fn check(field: &str, text: &str) -> Result<(), ComposeError> {
    match text.bytes().enumerate().find(|(_, octet)| matches!(octet, b'\r' | b'\n' | 0)) {
        Some((at, octet)) => Err(ComposeError::Octet { field: field.to_owned(), at, octet }),
        None => Ok(()),
    }
}

/// Whether a character can stand in a field as it is: not a control character, nor one that ends a line for somebody.
pub(super) const fn is_plain(character: char, utf8: bool) -> bool {
    matches!(character, ' '..='~')
        || utf8 && character > '\u{9f}' && !matches!(character, '\u{2028}' | '\u{2029}')
}

fn is_plain_word(word: &str, utf8: bool) -> bool {
    !word.is_empty() && word.len() <= PLAIN && !word.contains("=?") && word.chars().all(|c| is_plain(c, utf8))
}

/// Writes unstructured text (RFC 5322 section 2.2.1).
pub(super) fn text(field: &mut Field<'_>, text: &str, utf8: bool) -> Result<(), ComposeError> {
    check(field.name(), text)?;
    if text.is_empty() {
        return Ok(());
    }
    // Words are what single spaces separate: an empty one means white space that would not survive.
    let words: Vec<&str> = text.split(' ').collect();
    let mut first = words.iter().position(|word| !is_plain_word(word, utf8)).unwrap_or(words.len());
    let mut end =
        words.iter().rposition(|word| !is_plain_word(word, utf8)).map_or(words.len(), |last| last + 1);
    // One empty word is nothing that could be encoded: it takes a neighbour with it.
    if words.get(first..end) == Some(&[""]) {
        if end < words.len() { end += 1 } else { first = first.saturating_sub(1) }
    }
    let (plain, rest) = words.split_at_checked(first).unwrap_or((&words, &[]));
    let (encoded, tail) = rest.split_at_checked(end.saturating_sub(first)).unwrap_or((rest, &[]));
    for word in plain {
        field.token(&[word])?;
    }
    if !encoded.is_empty() {
        encoded_words(field, &encoded.join(" "))?;
    }
    for word in tail {
        field.token(&[word])?;
    }
    Ok(())
}

/// Writes a phrase (RFC 5322 section 3.2.5): atoms, a quoted string, or encoded words.
pub(super) fn phrase(field: &mut Field<'_>, text: &str, utf8: bool, tail: &str) -> Result<(), ComposeError> {
    check(field.name(), text)?;
    let is_atom = |word: &str| word.chars().all(|c| is_atext(c) || utf8 && c > '\x7f');
    let words: Vec<&str> = text.split(' ').collect();
    let plain = words.iter().all(|word| is_plain_word(word, utf8));
    if plain && words.iter().all(|word| is_atom(word)) {
        let last = words.len() - 1;
        return words
            .iter()
            .enumerate()
            .try_for_each(|(at, word)| field.token(&[word, if at == last { tail } else { "" }]));
    }
    // Line ends inside a quoted string are legal and often misread: a long one is encoded.
    let (here, fresh) = field.room(SHOULD);
    let quoted = format!("\"{}\"", quoted(text));
    if !text.contains("=?")
        && text.chars().all(|c| is_plain(c, utf8))
        && quoted.len() + tail.len() <= fresh.unwrap_or(here)
    {
        return field.token(&[&quoted, tail]);
    }
    encoded_words(field, text)?;
    // RFC 2047 section 5: "An 'encoded-word' that appears within a 'phrase' MUST be separated from any adjacent 'word',
    // 'text' or 'special' by 'linear-white-space'."
    if tail.is_empty() { Ok(()) } else { field.token(&[tail]) }
}

/// The inside of a quoted string (RFC 5322 section 3.2.4).
pub(super) fn quoted(text: &str) -> String {
    text.replace('\\', r"\\").replace('"', "\\\"")
}

const fn is_atext(character: char) -> bool {
    character.is_ascii_alphanumeric()
        || matches!(
            character,
            '!' | '#'
                | '$'
                | '%'
                | '&'
                | '\''
                | '*'
                | '+'
                | '-'
                | '/'
                | '='
                | '?'
                | '^'
                | '_'
                | '`'
                | '{'
                | '|'
                | '}'
                | '~'
        )
}

/// Writes text as encoded words, whole characters in each, in the shorter of the two encodings.
pub(super) fn encoded_words(field: &mut Field<'_>, text: &str) -> Result<(), ComposeError> {
    let base64 = is_base64_shorter(text);
    let mut rest = text;
    while !rest.is_empty() {
        let (here, fresh) = field.room(ENCODED);
        let here = here.min(WORD).saturating_sub(FRAME);
        let (room, next) = match fresh.map(|fresh| fresh.min(WORD).saturating_sub(FRAME)) {
            // Behind a very long name the line gets longer than it should, by what one character needs.
            None => (here.max(CHARACTER), false),
            // A word for a few characters at the end of a line helps nobody.
            Some(fresh) => match split(rest, here, base64) {
                0 => (fresh, true),
                taken if taken < rest.len() && here < 24 => (fresh, true),
                _ => (here, false),
            },
        };
        let (taken, left) = rest.split_at_checked(split(rest, room, base64)).unwrap_or((rest, ""));
        let word = encoded_word(taken, base64);
        if next {
            field.next_line(&[&word])?
        } else {
            field.token_within(&[&word], ENCODED)?
        }
        rest = left;
    }
    Ok(())
}

/// The text in encoded words of at most so many octets.
pub(super) fn in_words(text: &str, octets: usize) -> Vec<String> {
    let base64 = is_base64_shorter(text);
    let mut words = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let taken = split(rest, octets.min(WORD).saturating_sub(FRAME), base64);
        // Room for no character at all would be a mistake of ours: then the rest is one word.
        let (taken, left) = rest.split_at_checked(taken).filter(|_| taken > 0).unwrap_or((rest, ""));
        words.push(encoded_word(taken, base64));
        rest = left;
    }
    words
}

/// Octets of the beginning of the text that fit into so many octets, encoded; ends between characters.
fn split(text: &str, room: usize, base64: bool) -> usize {
    let mut octets = 0;
    for (at, character) in text.char_indices() {
        octets =
            if base64 { (at + character.len_utf8()).div_ceil(3) * 4 } else { octets + q_octets(character) };
        if octets > room {
            return at;
        }
    }
    text.len()
}

/// Whether base64 is so much shorter that it is not worth keeping the letters readable.
fn is_base64_shorter(text: &str) -> bool {
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
fn encoded_word(text: &str, base64: bool) -> String {
    let mut word = String::with_capacity(WORD);
    if base64 {
        word.push_str("=?utf-8?b?");
        let mut letters = Vec::with_capacity(WORD);
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
