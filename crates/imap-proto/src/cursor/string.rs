//! Strings and names of mailboxes (RFC 9051 section 4.3).

use bytes::Bytes;

use super::Cursor;
use crate::{
    Expected, MailboxName, ParseError, Text,
    chars::{ASTRING, LIST, QUOTED, WORD},
    plain,
};

impl<'a> Cursor<'a> {
    /// Whether a string begins here.
    #[inline]
    pub(crate) fn at_string(&self) -> bool {
        matches!(self.peek(), Some(b'"' | b'{'))
            || (self.peek() == Some(b'~') && self.octets.get(self.at + 1) == Some(&b'{'))
    }

    /// `string`: quoted, or a literal.
    #[inline]
    pub(crate) fn string(&mut self) -> Result<Text, ParseError> {
        self.string_octets().map(Text::received)
    }

    #[inline]
    pub(crate) fn string_octets(&mut self) -> Result<Bytes, ParseError> {
        match self.peek() {
            Some(b'"') => self.quoted(),
            Some(first @ (b'{' | b'~')) => {
                let start = self.at;
                let octets = self.literal()?;
                // RFC 9051 section 4.3: only a literal8 holds NUL
                if first == b'{' && !self.lenient && memchr::memchr(0, octets).is_some() {
                    return Err(ParseError::new(start, Expected::Literal));
                }
                Ok(self.share(octets))
            }
            _ => self.error(Expected::String),
        }
    }

    /// The content of a quoted string.
    fn quoted(&mut self) -> Result<Bytes, ParseError> {
        let open = self.at;
        self.at += 1;
        if let Some((content, rest)) = plain::quoted(self.rest()) {
            self.resume(rest);
            return Ok(self.share(content));
        }
        self.escaped(open)
    }

    /// Whether a value that ends here is followed by what can follow one.
    #[inline]
    pub(crate) fn is_between(&self) -> bool {
        matches!(self.peek(), None | Some(b' ' | b')' | b'('))
    }

    #[inline]
    fn eat_plain_nil(&mut self) -> bool {
        let found = matches!(self.rest().first_chunk(), Some(b"NIL " | b"NIL)"));
        if found {
            self.at = self.at.wrapping_add(3);
        }
        found
    }

    /// `nstring` among others of a structure, however servers got it wrong: what stands behind it shows where it ends.
    #[inline]
    pub(crate) fn field(&mut self) -> Result<Option<Text>, ParseError> {
        match self.peek() {
            Some(b'"') => {
                if !self.broken
                    && let Some((content, rest)) = plain::quoted(self.rest().get(1..).unwrap_or_default())
                    && matches!(rest, [] | [b' ' | b')' | b'(', ..])
                {
                    self.resume(rest);
                    return Ok(Some(Text::received(self.share(content))));
                }
                self.odd_quoted().map(|octets| Some(Text::received(octets)))
            }
            Some(b'N') if self.eat_plain_nil() => Ok(None),
            _ => self.nstring(),
        }
    }

    /// A quoted string with something escaped, or something that should be.
    #[cold]
    fn odd_quoted(&mut self) -> Result<Bytes, ParseError> {
        let open = self.at;
        if !self.broken {
            self.at += 1;
            if let Ok(octets) = self.escaped(open)
                && self.is_between()
            {
                return Ok(octets);
            }
            self.at = open;
        }
        self.broken_quoted()
    }

    /// The same with what is escaped in it.
    #[cold]
    fn escaped(&mut self, open: usize) -> Result<Bytes, ParseError> {
        let start = self.run(QUOTED);
        if self.eat(b'"') {
            return Ok(self.share(start));
        }
        // Its length is found first, so that there is one allocation.
        let (mut ahead, mut length) = (*self, start.len());
        ahead.unescape(open, |octets| length = length.saturating_add(octets.len()))?;
        let mut octets = Vec::with_capacity(length);
        octets.extend_from_slice(start);
        self.unescape(open, |some| octets.extend_from_slice(some))?;
        Ok(octets.into())
    }

    /// What a quoted string holds up to its end, which is passed over.
    fn unescape(&mut self, open: usize, mut on: impl FnMut(&[u8])) -> Result<(), ParseError> {
        loop {
            on(self.run(QUOTED));
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(());
                }
                Some(b'\\') => match self.octets.get(self.at + 1) {
                    // RFC 9051 section 9: quoted-specials are DQUOTE and backslash
                    Some(&octet @ (b'"' | b'\\')) => {
                        on(&[octet]);
                        self.at += 2;
                    }
                    Some(_) if self.lenient => {
                        on(b"\\");
                        self.at += 1;
                    }
                    _ => return self.error(Expected::String),
                },
                _ => return Err(ParseError::new(open, Expected::String)),
            }
        }
    }

    /// A quoted string whose quotes inside are not escaped: it ends at a quote that something can follow which may follow
    /// a string.
    pub(crate) fn broken_quoted(&mut self) -> Result<Bytes, ParseError> {
        let open = self.at;
        if open < self.endless {
            return self.error(Expected::String);
        }
        self.expect(b'"', Expected::String)?;
        let start = self.at;
        while let Some(found) = memchr::memchr3(b'"', b'\r', b'\n', self.rest()) {
            self.at += found;
            if self.peek() != Some(b'"') {
                break;
            }
            self.at += 1;
            let ends = match self.rest() {
                [] | [b')', ..] => true,
                [b' ', next, ..] => {
                    matches!(next, b'"' | b'(' | b')' | b'{' | b'0'..=b'9')
                        || self.rest().get(1..4).is_some_and(|word| word.eq_ignore_ascii_case(b"NIL"))
                }
                _ => false,
            };
            if ends {
                return Ok(self.bytes(start, self.at - 1));
            }
        }
        self.endless = self.at;
        Err(ParseError::new(open, Expected::String))
    }

    /// The octets of a literal, which are in the frame behind its announcement.
    pub(crate) fn literal(&mut self) -> Result<&'a [u8], ParseError> {
        let start = self.at;
        self.eat(b'~');
        let wrong = ParseError::new(start, Expected::Literal);
        self.expect(b'{', Expected::Literal)?;
        let length = self.unsigned64().map_err(|_| wrong)?;
        self.eat(b'+');
        if !self.eat(b'}') {
            return Err(wrong);
        }
        if !(self.eat(b'\r') | self.lenient) || !self.eat(b'\n') {
            return Err(wrong);
        }
        let length = usize::try_from(length).map_err(|_| wrong)?;
        let octets = self.rest().get(..length).ok_or(wrong)?;
        self.at += length;
        Ok(octets)
    }

    /// `NIL`, if it stands here.
    #[inline]
    pub(crate) fn eat_nil(&mut self) -> bool {
        matches!(self.peek(), Some(b'N' | b'n')) && self.eat_word("NIL")
    }

    /// `nstring`. When lenient, an empty list is nothing too.
    #[inline]
    pub(crate) fn nstring(&mut self) -> Result<Option<Text>, ParseError> {
        if self.peek() == Some(b'"') {
            return self.string().map(Some);
        }
        if self.eat_nil() {
            return Ok(None);
        }
        if self.lenient && self.rest().starts_with(b"()") {
            self.at += 2;
            return Ok(None);
        }
        self.string().map(Some)
    }

    /// `astring`.
    pub(crate) fn astring(&mut self) -> Result<Text, ParseError> {
        self.astring_octets().map(Text::received)
    }

    pub(crate) fn astring_octets(&mut self) -> Result<Bytes, ParseError> {
        // A literal8 is no string (RFC 9051 section 9).
        if self.at_string() && (self.lenient || self.peek() != Some(b'~')) {
            return self.string_octets();
        }
        let octets = if self.lenient { self.word()? } else { self.some(ASTRING, Expected::String)? };
        Ok(self.share(octets))
    }

    /// `list-mailbox`: a pattern.
    pub(crate) fn list_mailbox(&mut self) -> Result<Bytes, ParseError> {
        if self.at_string() && (self.lenient || self.peek() != Some(b'~')) {
            return self.string_octets();
        }
        let octets = self.some(LIST, Expected::Mailbox)?;
        Ok(self.share(octets))
    }

    /// `mailbox`.
    #[inline]
    pub(crate) fn mailbox(&mut self) -> Result<MailboxName, ParseError> {
        let class = if self.lenient { WORD } else { ASTRING };
        match MailboxName::plain(self.frame, self.rest(), class) {
            Some((name, rest)) => {
                self.resume(rest);
                Ok(name)
            }
            None => self.odd_mailbox(),
        }
    }

    #[inline(never)]
    pub(crate) fn odd_mailbox(&mut self) -> Result<MailboxName, ParseError> {
        let start = self.at;
        let octets = self.astring_octets().map_err(|error| match error.expected() {
            Expected::String | Expected::Atom if error.at() == start => {
                ParseError::new(start, Expected::Mailbox)
            }
            _ => error,
        })?;
        Ok(MailboxName::from_wire(octets, self.dialect))
    }
}
