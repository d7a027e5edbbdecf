//! The text of phrases, comments and addresses.

use std::borrow::Cow;

use super::types::write_local_part;
use crate::{
    Config,
    encoded_word::decode_text,
    lex::{self, Kind, Lexer, Token},
};

/// Whether something like an encoded word may be in there.
pub(super) fn may_be_encoded(octets: &[u8]) -> bool {
    memchr::memmem::find(octets, b"=?").is_some()
}

/// Whether something like an encoded word stands inside a quoted string.
pub(super) fn quotes_encoded(raw: &[u8]) -> bool {
    if !may_be_encoded(raw) {
        return false;
    }
    let mut lexer = Lexer::new(raw, u16::MAX);
    while let Some(token) = lexer.token() {
        if token.kind == Kind::Quoted && may_be_encoded(lexer.slice(token.start, token.end)) {
            return true;
        }
    }
    false
}

/// The text of a phrase: words and quoted strings, joined by single spaces where white space or comments stand.
pub(super) fn phrase<'a>(raw: &'a [u8], config: &Config) -> Cow<'a, str> {
    if lex::plain_name_end(raw, 0) == Some(raw.len()) {
        return Cow::Borrowed(plain_name(raw));
    }
    let mut text = String::with_capacity(raw.len());
    let mut lexer = Lexer::new(raw, config.limits.comment_depth);
    let mut run: Option<(usize, usize, bool)> = None;
    let mut gap = false;
    while let Some(token) = lexer.token() {
        match token.kind {
            Kind::Atom | Kind::Special(_) if !is_stray(token.kind) => {
                let (start, _, spaced) = run.unwrap_or((token.start, token.end, token.spaced || gap));
                run = Some((start, token.end, spaced));
                gap = false;
            }
            Kind::Quoted => {
                flush(&mut text, &lexer, run.take(), config);
                let content = lex::unescaped(lex::inside(lexer.slice(token.start, token.end)));
                join(&mut text, &decoded(content, config), token.spaced || gap);
                gap = false;
            }
            _ => {
                flush(&mut text, &lexer, run.take(), config);
                gap = true;
            }
        }
    }
    flush(&mut text, &lexer, run, config);
    Cow::Owned(text)
}

/// A quote or parenthesis that is not closed is no text.
fn is_stray(kind: Kind) -> bool {
    matches!(kind, Kind::Special(b'"' | b'('))
}

fn flush(text: &mut String, lexer: &Lexer<'_>, run: Option<(usize, usize, bool)>, config: &Config) {
    let Some((start, end, spaced)) = run else { return };
    let raw = lexer.slice(start, end);
    if may_be_encoded(raw) {
        join(text, &decode_text(raw, config, &mut ()), spaced);
        return;
    }
    let Ok(words) = std::str::from_utf8(raw) else {
        join(text, &decode_text(raw, config, &mut ()), spaced);
        return;
    };
    let mut spaced = spaced;
    for word in words.split_ascii_whitespace() {
        join(text, word, spaced);
        spaced = true;
    }
}

fn join(text: &mut String, piece: &str, spaced: bool) {
    if spaced && !text.is_empty() && !text.ends_with(' ') && !piece.starts_with(' ') {
        text.push(' ');
    }
    text.push_str(piece);
}

fn plain_name(raw: &[u8]) -> &str {
    let raw = if raw.first() == Some(&b'"') { lex::inside(raw) } else { raw };
    std::str::from_utf8(raw).unwrap_or_default() // it is ASCII
}

fn decoded<'a>(octets: Cow<'a, [u8]>, config: &Config) -> Cow<'a, str> {
    if may_be_encoded(&octets) || std::str::from_utf8(&octets).is_err() {
        return Cow::Owned(decode_text(&octets, config, &mut ()).into_owned());
    }
    match octets {
        Cow::Borrowed(octets) => String::from_utf8_lossy(octets),
        Cow::Owned(octets) => Cow::Owned(String::from_utf8(octets).unwrap_or_default()),
    }
}

/// The text of a comment, with or without its parentheses.
pub(super) fn comment<'a>(raw: &'a [u8], config: &Config) -> Cow<'a, str> {
    let text = decoded(lex::unescaped(lex::inside(raw)), config);
    match text {
        Cow::Borrowed(text) => Cow::Borrowed(text.trim_matches([' ', '\t'])),
        Cow::Owned(text) => Cow::Owned(text.trim_matches([' ', '\t']).to_owned()),
    }
}

/// The text of the words of an address or a part of one, without white space and comments; what is quoted is resolved.
pub(super) fn words(raw: &[u8], config: &Config) -> String {
    let mut text = String::with_capacity(raw.len());
    let mut lexer = Lexer::new(raw, config.limits.comment_depth);
    while let Some(token) = lexer.token() {
        push_word(&mut text, &mut lexer, token, false);
    }
    text
}

/// The same, but quoted strings stay what they are: for addresses that are none.
pub(super) fn raw_words(raw: &[u8], config: &Config) -> String {
    let mut text = String::with_capacity(raw.len());
    let mut lexer = Lexer::new(raw, config.limits.comment_depth);
    while let Some(token) = lexer.token() {
        push_word(&mut text, &mut lexer, token, true);
    }
    text
}

fn push_word(text: &mut String, lexer: &mut Lexer<'_>, token: Token, quoted: bool) {
    let raw = lexer.slice(token.start, token.end);
    match token.kind {
        Kind::Comment => {}
        Kind::Quoted if quoted => {
            text.push('"');
            for char in String::from_utf8_lossy(&lex::unescaped(lex::inside(raw))).chars() {
                if matches!(char, '"' | '\\') {
                    text.push('\\');
                }
                text.push(char);
            }
            text.push('"');
        }
        Kind::Quoted => text.push_str(&String::from_utf8_lossy(&lex::unescaped(lex::inside(raw)))),
        Kind::Special(b'[') => match lexer.literal(token.start) {
            Some(end) => {
                let literal = lex::unescaped(lexer.slice(token.start, end));
                text.extend(String::from_utf8_lossy(&literal).chars().filter(|char| !char.is_whitespace()));
            }
            None => text.push('['),
        },
        Kind::Special(octet) if octet.is_ascii_control() => {}
        Kind::Atom | Kind::Special(_) => text.push_str(&String::from_utf8_lossy(raw)),
    }
}

/// A route: domains with their at signs, separated by commas.
pub(super) fn route(raw: &[u8], config: &Config) -> String {
    let mut text = String::with_capacity(raw.len());
    let mut lexer = Lexer::new(raw, config.limits.comment_depth);
    while let Some(token) = lexer.token() {
        match token.kind {
            Kind::Special(b',') => {}
            Kind::Special(b'@') => text.push_str(if text.is_empty() { "@" } else { ",@" }),
            _ => push_word(&mut text, &mut lexer, token, true),
        }
    }
    text
}

/// An address of its parts, the local part quoted only if it has to be.
pub(super) fn address(local: &str, domain: &str) -> String {
    let mut text = String::with_capacity(local.len().saturating_add(domain.len()).saturating_add(3));
    let _ = write_local_part(&mut text, local); // a String takes everything
    text.push('@');
    text.push_str(domain);
    text
}
