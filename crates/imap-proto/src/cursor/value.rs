//! Values that are passed over, whatever they are.

use super::{Cursor, DEPTH};
use crate::{
    Expected, ParseError,
    chars::{self, QUOTED, WORD},
};

impl<'a> Cursor<'a> {
    /// The octets of one value, whatever it is: a word with what is in its brackets, a string, a list with everything in it.
    pub(crate) fn value(&mut self) -> Result<&'a [u8], ParseError> {
        let start = self.at;
        let mut depth = 0_usize;
        loop {
            match self.peek() {
                Some(b'(') => {
                    depth += 1;
                    if depth > DEPTH {
                        return self.error(Expected::LessDepth);
                    }
                    self.at += 1;
                    self.skip_spaces();
                    continue;
                }
                Some(b')') if depth > 0 => {
                    depth -= 1;
                    self.at += 1;
                }
                Some(b'"') => self.skip_quoted()?,
                Some(b'{') => {
                    self.literal()?;
                }
                Some(b'~') if self.at_string() => {
                    self.literal()?;
                }
                Some(_) if self.skip_word() => {}
                _ => return self.error(Expected::Item),
            }
            if depth == 0 {
                return Ok(self.since(start));
            }
            self.skip_spaces();
        }
    }

    fn skip_spaces(&mut self) {
        while self.peek() == Some(b' ') {
            self.at += 1;
        }
    }

    fn skip_quoted(&mut self) -> Result<(), ParseError> {
        if self.broken {
            return self.broken_quoted().map(drop);
        }
        let saved = *self;
        self.at += 1;
        loop {
            self.run(QUOTED);
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    break;
                }
                Some(b'\\')
                    if self.octets.get(self.at + 1).is_some_and(|&octet| !matches!(octet, b'\r' | b'\n')) =>
                {
                    self.at += 2
                }
                _ => return Err(ParseError::new(saved.at, Expected::String)),
            }
        }
        // What goes on behind the quote shows that it was no end.
        if self.lenient && !matches!(self.peek(), None | Some(b' ' | b')' | b'(' | b']' | b'\r' | b'\n')) {
            let end = self.at;
            self.at = saved.at;
            if self.broken_quoted().is_err() {
                self.at = end;
            }
        }
        Ok(())
    }

    /// The name of an item, with what stands in brackets in it.
    pub(crate) fn name(&mut self) -> Result<&'a [u8], ParseError> {
        let start = self.at;
        if self.skip_word() { Ok(self.since(start)) } else { self.error(Expected::Item) }
    }

    /// A word, with what stands in brackets in it: `BODY[HEADER.FIELDS (FROM TO)]<0>`.
    pub(crate) fn skip_word(&mut self) -> bool {
        let start = self.at;
        let mut closed = true;
        while let Some(octet) = self.peek() {
            match octet {
                b'[' if closed => match memchr::memchr2(b']', b'\n', self.rest()) {
                    Some(end) if self.rest().get(end) == Some(&b']') => self.at += end + 1,
                    // It is not looked for again: the work is that of the octets.
                    _ => closed = false,
                },
                b'\\' | b'*' | b'%' => self.at += 1,
                octet if chars::is(octet, WORD) => self.at += 1,
                _ => break,
            }
        }
        self.at > start
    }
}
