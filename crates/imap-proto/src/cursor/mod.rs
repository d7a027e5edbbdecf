//! Reading a frame from left to right.
//!
//! A frame is a whole command or response with its literals in place. What is kept of it shares its storage. Grammar functions
//! take a cursor and leave it behind what they read; on errors they leave it anywhere, and who wants to go back has a copy.

mod string;
mod value;

use bytes::Bytes;

use crate::{
    Atom, Dialect, Expected, ParseError,
    chars::{self, ATOM, WORD},
    plain,
};

/// Lists inside lists, whoever wrote them.
const DEPTH: usize = 50;

#[derive(Clone, Copy, Debug)]
pub(crate) struct Cursor<'a> {
    frame: &'a Bytes,
    octets: &'a [u8],
    at: usize,
    /// Whether what servers get wrong is understood.
    pub(crate) lenient: bool,
    /// Whether no quote is trusted to end a string: see [`broken_quoted`](Self::broken_quoted).
    pub(crate) broken: bool,
    /// Up to here it is known that no string ends which has quotes inside: it is not looked for again, so that the work is that
    /// of the octets.
    endless: usize,
    pub(crate) dialect: Dialect,
}

impl<'a> Cursor<'a> {
    /// Strict, as servers read.
    pub(crate) fn new(frame: &'a Bytes) -> Self {
        Self {
            frame,
            octets: frame,
            at: 0,
            lenient: false,
            broken: false,
            endless: 0,
            dialect: Dialect::default(),
        }
    }

    /// Lenient, as clients read.
    pub(crate) fn lenient(frame: &'a Bytes, dialect: Dialect) -> Self {
        Self { lenient: true, dialect, ..Self::new(frame) }
    }

    /// The same up to a place, which is its end.
    pub(crate) fn until(mut self, end: usize) -> Self {
        self.octets = self.octets.get(..end).unwrap_or(self.octets);
        self
    }

    pub(crate) fn frame(&self) -> &'a Bytes {
        self.frame
    }

    #[inline]
    pub(crate) fn at(&self) -> usize {
        self.at
    }

    pub(crate) fn seek(&mut self, at: usize) {
        self.at = at.min(self.octets.len());
    }

    #[inline]
    pub(crate) fn rest(&self) -> &'a [u8] {
        self.octets.get(self.at..).unwrap_or_default()
    }

    #[inline]
    pub(crate) fn peek(&self) -> Option<u8> {
        self.octets.get(self.at).copied()
    }

    pub(crate) fn is_done(&self) -> bool {
        self.at >= self.octets.len()
    }

    #[inline]
    pub(crate) fn advance(&mut self, octets: usize) {
        self.at = self.at.saturating_add(octets).min(self.octets.len());
    }

    /// Goes on with these, which are the last of what is left.
    #[inline]
    pub(crate) fn resume(&mut self, rest: &'a [u8]) {
        self.at = self.octets.len().saturating_sub(rest.len());
    }

    /// The octets from one place to another, sharing the storage of the frame.
    #[inline]
    pub(crate) fn bytes(&self, start: usize, end: usize) -> Bytes {
        match self.octets.get(start..end) {
            Some([]) | None => Bytes::new(),
            // it is within, for the octets are those of the frame
            Some(_) => self.frame.slice(start..end),
        }
    }

    /// A slice of this frame as shared octets.
    #[inline]
    pub(crate) fn share(&self, octets: &'a [u8]) -> Bytes {
        if octets.is_empty() { Bytes::new() } else { self.frame.slice_ref(octets) }
    }

    /// From a place up to here.
    pub(crate) fn since(&self, start: usize) -> &'a [u8] {
        self.octets.get(start..self.at).unwrap_or_default()
    }

    pub(crate) fn error<T>(&self, expected: Expected) -> Result<T, ParseError> {
        Err(ParseError::new(self.at, expected))
    }

    #[inline]
    pub(crate) fn eat(&mut self, octet: u8) -> bool {
        let found = self.peek() == Some(octet);
        self.at += usize::from(found);
        found
    }

    #[inline]
    pub(crate) fn expect(&mut self, octet: u8, expected: Expected) -> Result<(), ParseError> {
        if self.eat(octet) { Ok(()) } else { self.error(expected) }
    }

    /// A word in any case, if nothing that goes on with it follows.
    #[inline]
    pub(crate) fn eat_word(&mut self, word: &str) -> bool {
        // Most of the time another word stands here, and its first octet says so.
        let alike = |(one, other): (u8, u8)| one.eq_ignore_ascii_case(&other);
        self.peek().zip(word.bytes().next()).is_some_and(alike) && self.eat_whole_word(word)
    }

    fn eat_whole_word(&mut self, word: &str) -> bool {
        let rest = self.rest();
        let found = rest.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word.as_bytes()))
            && !rest.get(word.len()).is_some_and(|&octet| chars::is(octet, ATOM));
        if found {
            self.at += word.len();
        }
        found
    }

    /// The word RETURN, and a space behind it.
    #[inline]
    pub(crate) fn eat_return(&mut self) -> Result<bool, ParseError> {
        if let Some(rest) = plain::behind(self.rest(), b"RETURN ") {
            self.resume(rest);
            return Ok(true);
        }
        let found = self.eat_word("RETURN");
        if found {
            self.space()?;
        }
        Ok(found)
    }

    /// A list in parentheses of what most peers write most of the time: `read` adds one, and gives what follows it. `false` if something
    /// else stands in it, and nothing is read then.
    #[inline]
    pub(crate) fn frequent<T>(
        &mut self,
        all: &mut Vec<T>,
        read: impl Fn(&'a [u8], &mut Vec<T>) -> Option<&'a [u8]>,
    ) -> bool {
        let mut rest = self.rest();
        let mut before = b'(';
        loop {
            match rest {
                [first, behind @ ..] if *first == before => match read(behind, all) {
                    Some(behind) => rest = behind,
                    None => break,
                },
                [b')', behind @ ..] if before == b' ' => {
                    self.resume(behind);
                    return true;
                }
                _ => break,
            }
            before = b' ';
        }
        all.clear();
        false
    }

    /// The same where a bracket may follow.
    pub(crate) fn eat_bracket_word(&mut self, word: &str) -> bool {
        let rest = self.rest();
        let found = rest.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word.as_bytes()))
            && rest.get(word.len()).is_none_or(|&octet| matches!(octet, b']' | b' ' | b')'));
        if found {
            self.at += word.len();
        }
        found
    }

    /// One space; when lenient, any number of them but none.
    #[inline]
    pub(crate) fn space(&mut self) -> Result<(), ParseError> {
        if !self.eat(b' ') {
            return self.error(Expected::Space);
        }
        if self.lenient {
            self.spaces();
        }
        Ok(())
    }

    /// Spaces where none belong, when lenient.
    #[inline]
    pub(crate) fn spaces(&mut self) {
        if self.lenient {
            while self.peek() == Some(b' ') {
                self.at += 1;
            }
        }
    }

    /// Nothing more; when lenient, spaces.
    pub(crate) fn end(&mut self) -> Result<(), ParseError> {
        self.spaces();
        if self.is_done() { Ok(()) } else { self.error(Expected::End) }
    }

    /// Octets of a class of words, as many as there are.
    #[inline]
    pub(crate) fn run(&mut self, class: u8) -> &'a [u8] {
        let rest = self.rest();
        let octets = rest.get(..chars::run_of_word(rest, class)).unwrap_or_default();
        self.at += octets.len();
        octets
    }

    #[inline]
    fn some(&mut self, class: u8, expected: Expected) -> Result<&'a [u8], ParseError> {
        let octets = self.run(class);
        if octets.is_empty() { self.error(expected) } else { Ok(octets) }
    }

    /// The octets of an atom.
    #[inline]
    pub(crate) fn atom_octets(&mut self) -> Result<&'a [u8], ParseError> {
        self.some(ATOM, Expected::Atom)
    }

    pub(crate) fn atom(&mut self) -> Result<Atom, ParseError> {
        let octets = self.atom_octets()?;
        Ok(Atom::received(self.share(octets)))
    }

    /// An unquoted word of a response, which may hold what atoms must not.
    pub(crate) fn word(&mut self) -> Result<&'a [u8], ParseError> {
        self.some(WORD, Expected::Atom)
    }

    /// `number`: 0 to 4294967295. A sign is none of it, leading zeros are.
    #[inline]
    pub(crate) fn number(&mut self) -> Result<u32, ParseError> {
        let start = self.at;
        u32::try_from(self.number64()?).map_err(|_| ParseError::new(start, Expected::Number))
    }

    /// `number64`: 0 to 2^63 - 1.
    #[inline]
    pub(crate) fn number64(&mut self) -> Result<u64, ParseError> {
        let number = self.unsigned64()?;
        if number > i64::MAX.cast_unsigned() { self.error(Expected::Number) } else { Ok(number) }
    }

    /// 0 to 2^64 - 1, which are more than any number of IMAP.
    #[inline]
    pub(crate) fn unsigned64(&mut self) -> Result<u64, ParseError> {
        let start = self.at;
        let mut number = 0_u64;
        // Up to 19 digits there is no overflow.
        while let Some(digit @ b'0'..=b'9') = self.peek() {
            self.at = self.at.wrapping_add(1);
            if self.at.wrapping_sub(start) < 20 {
                number = number.wrapping_mul(10).wrapping_add(u64::from(digit.wrapping_sub(b'0')));
                continue;
            }
            number = match number.checked_mul(10).and_then(|tens| tens.checked_add(u64::from(digit - b'0'))) {
                Some(number) => number,
                None => return Err(ParseError::new(start, Expected::Number)),
            };
        }
        if self.at == start { self.error(Expected::Number) } else { Ok(number) }
    }

    /// `nz-number`: 1 to 4294967295; it begins with no zero.
    #[inline]
    pub(crate) fn nz_number(&mut self) -> Result<u32, ParseError> {
        let start = self.at;
        let least = if self.lenient { b'0' } else { b'1' };
        if !self.peek().is_some_and(|octet| (least..=b'9').contains(&octet)) {
            return self.error(Expected::NonZero);
        }
        match self.unsigned64().map(u32::try_from) {
            Ok(Ok(number)) if number > 0 => Ok(number),
            _ => Err(ParseError::new(start, Expected::NonZero)),
        }
    }

    /// Goes on with each element of a list in parentheses. `element` reads one; spaces between them are taken care of.
    pub(crate) fn list(
        &mut self,
        mut element: impl FnMut(&mut Self) -> Result<(), ParseError>,
    ) -> Result<(), ParseError> {
        self.expect(b'(', Expected::List)?;
        self.spaces();
        if self.eat(b')') {
            return Ok(());
        }
        loop {
            element(self)?;
            if self.eat(b')') {
                return Ok(());
            }
            if self.lenient && self.peek() == Some(b'(') {
                // lists in lists need no space between them everywhere
                continue;
            }
            if !self.eat(b' ') {
                return self.error(Expected::Close);
            }
            self.spaces();
            if self.lenient && self.eat(b')') {
                return Ok(());
            }
        }
    }
}

#[cfg(test)]
mod tests;
