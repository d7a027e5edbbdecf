//! Reading a frame from left to right.
//!
//! A frame is a whole command or response with its literals in place. What is kept of it shares its storage. Grammar functions
//! take a cursor and leave it behind what they read; on errors they leave it anywhere, and who wants to go back has a copy.

use bytes::Bytes;

use crate::{
    Atom, Dialect, Expected, MailboxName, ParseError, Text,
    chars::{self, ASTRING, ATOM, LIST, QUOTED, WORD},
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

#[cfg(test)]
mod tests {
    use super::*;

    fn with<T>(text: &'static str, read: impl FnOnce(&mut Cursor<'_>) -> T) -> T {
        read(&mut Cursor::new(&Bytes::from_static(text.as_bytes())))
    }

    fn leniently<T>(text: &'static str, read: impl FnOnce(&mut Cursor<'_>) -> T) -> T {
        read(&mut Cursor::lenient(&Bytes::from_static(text.as_bytes()), Dialect::REV1))
    }

    #[test]
    fn strings() {
        for (text, string) in [
            ("\"a b\"", "a b"),
            ("\"\"", ""),
            (r#""a\"b\\c""#, r#"a"b\c"#),
            ("{3}\r\na\"b", "a\"b"),
            ("{3+}\r\n\r\n ", "\r\n "),
            ("~{1}\r\n\0", "\0"),
            ("{0}\r\n", ""),
        ] {
            assert_eq!(with(text, |cursor| cursor.string()).unwrap(), string, "{text:?}");
        }
        for text in [
            "\"a",
            "a",
            r#""a\b""#,
            "\"a\r\n\"",
            "{3}\r\nab",
            "{3}\nabc",
            "{+3}\r\nabc",
            "{-1}\r\n",
            "{}\r\n",
            "\"a\0\"",
        ] {
            assert!(with(text, |cursor| cursor.string()).is_err(), "{text:?}");
        }
        assert_eq!(leniently(r#""C:\dir\new""#, |cursor| cursor.string()).unwrap(), r"C:\dir\new");
        assert_eq!(leniently("{5}\nhello", |cursor| cursor.string()).unwrap(), "hello");
    }

    #[test]
    fn numbers_are_digits_and_bounded() {
        assert_eq!(with("4294967295", |cursor| cursor.number()), Ok(u32::MAX));
        for text in ["4294967296", "+5", "-1", "", "x"] {
            assert!(with(text, |cursor| cursor.number()).is_err(), "{text}");
        }
        assert_eq!(with("9223372036854775807", |cursor| cursor.number64()), Ok(i64::MAX.cast_unsigned()));
        assert!(with("9223372036854775808", |cursor| cursor.number64()).is_err());
        for text in ["0", "01", "4294967296"] {
            assert!(with(text, |cursor| cursor.nz_number()).is_err(), "{text}");
        }
    }

    #[test]
    fn any_value_is_passed_over() {
        for text in [
            "ATOM",
            "\"a (b\"",
            "{3}\r\n(()",
            "(a (b \"c)\") {1}\r\n) ~{1}\r\n\0)",
            "()",
            "( a  (b )c)",
            r"(\Seen \* $x)",
            "BODY[HEADER.FIELDS (FROM TO)]<0>",
            "-1",
            "1.8e+06",
            "BODY[]",
        ] {
            let text: &'static str = text;
            let whole = format!("{text} rest").leak();
            assert_eq!(with(whole, |cursor| cursor.value().map(<[u8]>::len)), Ok(text.len()), "{text}");
        }
        assert_eq!(
            with("(a", |cursor| cursor.value().map(<[u8]>::len)).unwrap_err().expected(),
            Expected::Item
        );
        let deep: &'static str = "(".repeat(1000).leak();
        assert_eq!(
            with(deep, |cursor| cursor.value().map(<[u8]>::len)).unwrap_err().expected(),
            Expected::LessDepth
        );
    }

    #[test]
    fn quotes_inside_of_quotes() {
        let text = r#""=?UTF-8?Q?"Dummy=C3=ADa"?=" NIL)"#;
        assert_eq!(
            leniently(text, |cursor| cursor.broken_quoted()).unwrap(),
            r#"=?UTF-8?Q?"Dummy=C3=ADa"?="#
        );
    }
}
