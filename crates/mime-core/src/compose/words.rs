//! Text in fields: plain where it can be, in encoded words where it cannot (RFC 2047).

use super::{
    ComposeError,
    fold::{ENCODED, Field, SHOULD},
};
use crate::encoded_word::{FRAME, MAX_WORD as WORD, is_base64_shorter, split, word as encoded_word};

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
    // Line ends inside a phrase are legal and often misread: what does not fit into a line is encoded.
    let (here, fresh) = field.room(SHOULD);
    let room = fresh.unwrap_or(here).saturating_sub(tail.len());
    let is_atom = |word: &str| word.chars().all(|c| is_atext(c) || utf8 && c > '\x7f');
    if text.len() <= room && text.split(' ').all(|word| is_plain_word(word, utf8) && is_atom(word)) {
        return field.token(&[text, tail]);
    }
    let quoted = format!("\"{}\"", quoted(text));
    if quoted.len() <= room && !text.contains("=?") && text.chars().all(|c| is_plain(c, utf8)) {
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
