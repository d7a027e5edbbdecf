//! The words that structured fields are made of (RFC 5322 section 3.2), read from raw, folded octets.
//!
//! [`Lexer`] goes through a value token by token. It never fails, and its time is linear whatever the value holds: what
//! was found to be unclosed once is not looked for again. CR and LF count as white space wherever they stand.

use std::borrow::Cow;

const ATEXT: u8 = 1;
const ATOM: u8 = 2;
const SPACE: u8 = 4;
const NAME: u8 = 8;
const TEXT: u8 = 16;

const CLASSES: [u8; 256] = {
    let mut classes = [0_u8; 256];
    let mut octet = 0_usize;
    while octet < 256 {
        #[allow(clippy::cast_possible_truncation)] // below 256
        let byte = octet as u8;
        let atext = byte >= 0x80
            || byte.is_ascii_alphanumeric()
            || matches!(
                byte,
                b'!' | b'#' | b'$' | b'%' | b'&' | b'\'' | b'*' | b'+' | b'-' | b'/' | b'=' | b'?' | b'^'
            )
            || matches!(byte, b'_' | b'`' | b'{' | b'|' | b'}' | b'~');
        #[allow(clippy::indexing_slicing)] // below 256
        if atext {
            classes[octet] = ATEXT | ATOM;
        } else if byte == b'.' {
            classes[octet] = ATOM;
        } else if matches!(byte, b' ' | b'\t' | b'\r' | b'\n') {
            classes[octet] = SPACE;
        }
        // what stands for itself in a name, and in a quoted string; encoded words have an equals sign
        #[allow(clippy::indexing_slicing)] // below 256
        if byte < 0x80 && byte != b'=' {
            if atext || byte == b'.' {
                classes[octet] |= NAME;
            }
            if !byte.is_ascii_control() && !matches!(byte, b'"' | b'\\') {
                classes[octet] |= TEXT;
            }
        }
        octet += 1;
    }
    classes
};

#[inline]
fn is(octet: u8, class: u8) -> bool {
    CLASSES.get(usize::from(octet)).is_some_and(|classes| classes & class != 0)
}

/// Whether an octet may be part of an atom: RFC 5322 section 3.2.3, and octets of UTF-8 (RFC 6532 section 3.2).
#[inline]
pub(crate) fn is_atext(octet: u8) -> bool {
    is(octet, ATEXT)
}

/// Whether an octet is white space of a folded value: SP, HTAB, CR, LF.
#[inline]
pub(crate) fn is_space(octet: u8) -> bool {
    is(octet, SPACE)
}

/// Where the white space that begins at a place ends.
#[inline]
pub(crate) fn skip_space(value: &[u8], at: usize) -> usize {
    run_end(value, at, SPACE)
}

/// Where the characters of atoms and the full stops that begin at a place end.
#[inline]
pub(crate) fn atom_end(value: &[u8], at: usize) -> usize {
    run_end(value, at, ATOM)
}

/// Where a name of ASCII words ends that stand for themselves, with one space between each two; or one quoted string of
/// such text.
#[inline]
pub(crate) fn plain_name_end(value: &[u8], start: usize) -> Option<usize> {
    if value.get(start) == Some(&b'"') {
        let end = run_end(value, start.saturating_add(1), TEXT);
        return (value.get(end) == Some(&b'"')).then(|| end.saturating_add(1));
    }
    let mut end = run_end(value, start, NAME);
    while end > start && value.get(end) == Some(&b' ') {
        let next = run_end(value, end.saturating_add(1), NAME);
        if next == end.saturating_add(1) {
            break;
        }
        end = next;
    }
    Some(end)
}

#[inline]
fn run_end(value: &[u8], at: usize, class: u8) -> usize {
    let rest = value.get(at..).unwrap_or_default();
    let length = rest.iter().position(|octet| !is(*octet, class)).unwrap_or(rest.len());
    at.saturating_add(length)
}

/// Where the quoted string ends whose opening quote stands at a place: behind its closing quote. `None` if it has none.
pub(crate) fn quoted_end(value: &[u8], open: usize) -> Option<usize> {
    let mut at = open.checked_add(1)?;
    loop {
        let rest = value.get(at..)?;
        let found = at.checked_add(memchr::memchr2(b'"', b'\\', rest)?)?;
        if value.get(found) == Some(&b'"') {
            return found.checked_add(1);
        }
        at = found.checked_add(2)?;
    }
}

/// Where a comment ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CommentEnd {
    /// Behind its closing parenthesis.
    At(usize),
    /// Nowhere.
    Unclosed,
    /// It holds more comments inside comments than are allowed.
    TooDeep,
}

/// Where the comment ends whose opening parenthesis stands at a place.
pub(crate) fn comment_end(value: &[u8], open: usize, max_depth: u16) -> CommentEnd {
    let mut depth = 0_u16;
    let mut at = open;
    loop {
        let rest = value.get(at..).unwrap_or_default();
        let Some(found) = memchr::memchr3(b'(', b')', b'\\', rest) else { return CommentEnd::Unclosed };
        let octet = rest.get(found);
        at = at.saturating_add(found).saturating_add(1);
        match octet {
            Some(b'(') if depth > max_depth => return CommentEnd::TooDeep,
            Some(b'(') => depth = depth.saturating_add(1),
            Some(b')') if depth == 1 => return CommentEnd::At(at),
            Some(b')') => depth = depth.saturating_sub(1),
            _ => at = at.saturating_add(1),
        }
    }
}

/// What a quoted string, comment or literal holds, without the octets around it: quoted pairs resolved, unfolded.
pub(crate) fn unescaped(content: &[u8]) -> Cow<'_, [u8]> {
    if memchr::memchr3(b'\\', b'\r', b'\n', content).is_none() {
        return Cow::Borrowed(content);
    }
    let mut octets = Vec::with_capacity(content.len());
    let mut escaped = false;
    for octet in content {
        match octet {
            b'\r' | b'\n' => {}
            b'\\' if !escaped => {
                escaped = true;
                continue;
            }
            _ => octets.push(*octet),
        }
        escaped = false;
    }
    Cow::Owned(octets)
}

/// A slice without its first and last octet: the content of a quoted string or comment.
pub(crate) fn inside(raw: &[u8]) -> &[u8] {
    raw.get(1..raw.len().saturating_sub(1)).unwrap_or_default()
}

/// What a [`Token`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Characters of atoms and full stops.
    Atom,
    /// A quoted string with its quotes.
    Quoted,
    /// A comment with its parentheses.
    Comment,
    /// Any other octet, alone: specials, controls, and a quote or parenthesis that is not closed.
    Special(u8),
}

/// A piece of a structured value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Token {
    pub(crate) kind: Kind,
    pub(crate) start: usize,
    pub(crate) end: usize,
    /// Whether white space stands before it.
    pub(crate) spaced: bool,
}

/// Goes through a structured value.
#[derive(Clone, Debug)]
pub(crate) struct Lexer<'a> {
    value: &'a [u8],
    at: usize,
    max_depth: u16,
    /// No quoted string that begins here or later is closed; likewise below.
    quotes_until: usize,
    comments_until: usize,
    literals_until: usize,
    /// No encoded word that begins before this goes on behind its atom.
    words_from: usize,
    too_deep: bool,
}

impl<'a> Lexer<'a> {
    /// Begins at the start; comments nest as deep as `max_depth` inside the outermost.
    pub(crate) fn new(value: &'a [u8], max_depth: u16) -> Self {
        Self {
            value,
            at: 0,
            max_depth,
            quotes_until: usize::MAX,
            comments_until: usize::MAX,
            literals_until: usize::MAX,
            words_from: 0,
            too_deep: false,
        }
    }

    /// All of the value.
    pub(crate) fn value(&self) -> &'a [u8] {
        self.value
    }

    /// Where the next token is looked for.
    pub(crate) fn at(&self) -> usize {
        self.at
    }

    /// Goes on from another place.
    pub(crate) fn seek(&mut self, at: usize) {
        self.at = at;
    }

    /// Whether a comment was nested too deep: the value was left there. Asked again, no.
    pub(crate) fn take_too_deep(&mut self) -> bool {
        std::mem::take(&mut self.too_deep)
    }

    /// The octets of a range.
    pub(crate) fn slice(&self, start: usize, end: usize) -> &'a [u8] {
        self.value.get(start..end).unwrap_or_default()
    }

    /// The next token.
    #[inline]
    pub(crate) fn token(&mut self) -> Option<Token> {
        let start = skip_space(self.value, self.at);
        let spaced = start > self.at;
        let Some(octet) = self.value.get(start).copied() else {
            self.at = start;
            return None;
        };
        if is(octet, ATOM) {
            let end = run_end(self.value, start, ATOM);
            self.at = end;
            return Some(Token { kind: Kind::Atom, start, end, spaced });
        }
        let (kind, end) = match octet {
            b'"' => self.quoted(start),
            b'(' => self.comment(start)?,
            _ => (Kind::Special(octet), start.saturating_add(1)),
        };
        self.at = end;
        Some(Token { kind, start, end, spaced })
    }

    fn quoted(&mut self, start: usize) -> (Kind, usize) {
        if start < self.quotes_until {
            if let Some(end) = quoted_end(self.value, start) {
                return (Kind::Quoted, end);
            }
            self.quotes_until = start;
        }
        (Kind::Special(b'"'), start.saturating_add(1))
    }

    fn comment(&mut self, start: usize) -> Option<(Kind, usize)> {
        if start < self.comments_until {
            match comment_end(self.value, start, self.max_depth) {
                CommentEnd::At(end) => return Some((Kind::Comment, end)),
                CommentEnd::Unclosed => self.comments_until = start,
                CommentEnd::TooDeep => {
                    self.too_deep = true;
                    self.at = self.value.len();
                    return None;
                }
            }
        }
        Some((Kind::Special(b'('), start.saturating_add(1)))
    }

    /// Takes the domain literal whose bracket was the last token, and gives where it ends. `None` if it is not closed.
    pub(crate) fn literal(&mut self, open: usize) -> Option<usize> {
        if open >= self.literals_until {
            return None;
        }
        let mut at = open.checked_add(1)?;
        loop {
            let rest = self.value.get(at..).unwrap_or_default();
            let Some(found) = memchr::memchr3(b'[', b']', b'\\', rest) else {
                self.literals_until = open;
                return None;
            };
            let octet = rest.get(found);
            at = at.saturating_add(found).saturating_add(1);
            match octet {
                Some(b']') => {
                    self.at = at;
                    return Some(at);
                }
                Some(b'[') => return None,
                _ => at = at.saturating_add(1),
            }
        }
    }
    /// Takes the rest of an encoded word whose atom was the last token: RFC 2047 section 5 forbids specials in it where
    /// it stands in a phrase, and some are found there. Those that delimit addresses end it.
    pub(crate) fn encoded_word(&mut self, token: &mut Token) {
        let atom = self.slice(token.start, token.end);
        if !atom.starts_with(b"=?")
            || token.start < self.words_from
            || (atom.len() > 4 && atom.ends_with(b"?="))
        {
            return;
        }
        let rest = self.value.get(token.end..).unwrap_or_default();
        let is_in = |octet: &u8| is(*octet, ATOM) || matches!(octet, b':' | b';' | b')' | b'[' | b']');
        let length = rest.iter().position(|octet| !is_in(octet)).unwrap_or(rest.len());
        let end = token.end.saturating_add(length);
        if length > 0 && self.slice(token.end, end).ends_with(b"?=") {
            token.end = end;
            self.at = end;
        } else {
            self.words_from = end;
        }
    }
}
