//! Blocks of fields, as reports have them.

use std::{borrow::Cow, ops::Range};

use crate::{Config, Report, encoded_word};

/// One field of a report.
///
/// # Example
///
/// ```
/// use mime_core::report::Fields;
///
/// let field = Fields::new(b"Diagnostic-Code: smtp; 550\r\n no such user\r\n").next().unwrap();
/// assert!(field.is("diagnostic-code"));
/// assert_eq!(field.value(), b" smtp; 550\r\n no such user");
/// assert_eq!(field.text(), "smtp; 550 no such user");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Field<'a> {
    name: &'a [u8],
    value: &'a [u8],
    start: usize,
}

impl<'a> Field<'a> {
    /// The name as it stands.
    pub fn name(&self) -> &'a [u8] {
        self.name
    }

    /// Whether the field has this name; case does not matter.
    pub fn is(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name.as_bytes())
    }

    /// The raw value: everything behind the colon but the last line end, still folded.
    pub fn value(&self) -> &'a [u8] {
        self.value
    }

    /// The value unfolded and without white space around it. What is not UTF-8 is replaced.
    pub fn text(&self) -> Cow<'a, str> {
        unfold(self.value)
    }

    /// As [`text`](Self::text), with encoded words decoded (RFC 3464 section 2.1.2 allows them in free text).
    pub fn decoded(&self, config: &Config, report: &mut impl Report) -> Cow<'a, str> {
        match encoded_word::decode_text(self.value, config, report) {
            Cow::Borrowed(text) => Cow::Borrowed(text.trim()),
            Cow::Owned(text) => Cow::Owned(text.trim().to_owned()),
        }
    }

    /// Where the field stands in the report, name and value.
    pub fn span(&self) -> Range<usize> {
        let end = self.value.as_ptr().addr().saturating_sub(self.name.as_ptr().addr());
        self.start..self.start.saturating_add(end).saturating_add(self.value.len())
    }
}

/// All fields of a report, or of one block of it, one after the other.
///
/// Lines end with LF or CRLF. A line that begins with white space continues the field before it; empty lines are passed
/// over, and so are lines that are no field. Time is linear in the input.
///
/// # Example
///
/// ```
/// use mime_core::report::Fields;
///
/// let fields = Fields::new(b"Reporting-MTA: dns; a\nnot a field\n\nStatus : 5.1.1\n");
/// assert_eq!(fields.clone().map(|field| field.name()).collect::<Vec<_>>(), [&b"Reporting-MTA"[..], b"Status"]);
/// assert_eq!(fields.field("status").unwrap().text(), "5.1.1");
/// ```
#[derive(Clone, Debug)]
pub struct Fields<'a> {
    rest: &'a [u8],
    at: usize,
}

/// What a line, or a line and its continuations, is.
pub(super) enum Item<'a> {
    Field(Field<'a>),
    Blank,
    Other(Range<usize>),
}

impl<'a> Fields<'a> {
    /// The fields of these octets.
    pub fn new(octets: &'a [u8]) -> Self {
        Self { rest: octets, at: 0 }
    }

    /// The fields between two places.
    pub(super) fn within(octets: &'a [u8], span: Range<usize>) -> Self {
        let at = span.start;
        Self { rest: octets.get(span).unwrap_or_default(), at }
    }

    /// Where reading goes on.
    pub(super) fn position(&self) -> usize {
        self.at
    }

    /// The first field of this name; case does not matter.
    pub fn field(&self, name: &str) -> Option<Field<'a>> {
        self.clone().find(|field: &Field<'a>| field.is(name))
    }

    /// All fields of this name, in order.
    pub fn all<'n>(&self, name: &'n str) -> impl Iterator<Item = Field<'a>> + use<'a, 'n> {
        self.clone().filter(move |field| field.is(name))
    }

    /// The text of the first field of this name.
    pub fn text(&self, name: &str) -> Option<Cow<'a, str>> {
        self.field(name).map(|field| field.text())
    }

    /// Takes a line, its end included.
    fn line(&mut self) -> Option<&'a [u8]> {
        if self.rest.is_empty() {
            return None;
        }
        let length = memchr::memchr(b'\n', self.rest).map_or(self.rest.len(), |at| at.saturating_add(1));
        let (line, rest) = self.rest.split_at_checked(length)?;
        self.rest = rest;
        self.at = self.at.saturating_add(length);
        Some(line)
    }

    pub(super) fn item(&mut self) -> Option<Item<'a>> {
        let (start, whole) = (self.at, self.rest);
        let line = self.line()?;
        if is_blank(line) {
            return Some(Item::Blank);
        }
        let name = memchr::memchr(b':', line).and_then(|colon| line.get(..colon)).unwrap_or_default();
        let is_name = !matches!(name.first(), None | Some(b' ' | b'\t'))
            && name.trim_ascii_end().iter().all(|octet| matches!(octet, 33..=126));
        if !is_name {
            return Some(Item::Other(start..self.at));
        }
        while matches!(self.rest.first(), Some(b' ' | b'\t')) {
            let before = self.clone();
            if self.line().is_some_and(is_blank) {
                *self = before;
                break;
            }
        }
        let length = self.at.saturating_sub(start);
        let value = whole.get(name.len().saturating_add(1)..length).unwrap_or_default();
        Some(Item::Field(Field { name: name.trim_ascii_end(), value: without_line_end(value), start }))
    }
}

impl<'a> Iterator for Fields<'a> {
    type Item = Field<'a>;

    fn next(&mut self) -> Option<Field<'a>> {
        loop {
            if let Item::Field(field) = self.item()? {
                return Some(field);
            }
        }
    }
}

fn is_blank(line: &[u8]) -> bool {
    line.iter().all(|octet| matches!(octet, b' ' | b'\t' | b'\r' | b'\n'))
}

fn without_line_end(mut line: &[u8]) -> &[u8] {
    if let Some(shorter) = line.strip_suffix(b"\n") {
        line = shorter;
        while let Some(shorter) = line.strip_suffix(b"\r") {
            line = shorter;
        }
    }
    line
}

/// A value unfolded and trimmed: line ends go, the white space behind them stays; other control characters become
/// spaces.
pub(super) fn unfold(value: &[u8]) -> Cow<'_, str> {
    let value = value.trim_ascii();
    if !value.iter().any(|octet| matches!(octet, b'\r' | b'\n')) {
        return String::from_utf8_lossy(value);
    }
    let mut octets = Vec::with_capacity(value.len());
    let mut lines = value.split(|&octet| octet == b'\n');
    if let Some(first) = lines.next() {
        octets.extend_from_slice(first.trim_ascii_end());
    }
    for line in lines {
        octets.push(b' ');
        octets.extend_from_slice(line.trim_ascii());
    }
    Cow::Owned(String::from_utf8_lossy(&octets).replace('\r', " "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(octets: &[u8]) -> Vec<(String, String)> {
        Fields::new(octets)
            .map(|field| (String::from_utf8_lossy(field.name()).into_owned(), field.text().into_owned()))
            .collect()
    }

    #[test]
    fn folding_line_ends_and_stray_lines() {
        let fields = all(b"A: 1\r\n\t2\r\nB:\n 3\n\r\n  \n stray\nno field\n: x\nC : 4\r\r\nD:5");
        let expected = [("A", "1 2"), ("B", "3"), ("C", "4"), ("D", "5")];
        assert_eq!(fields, expected.map(|(name, text)| (name.to_owned(), text.to_owned())));
    }

    #[test]
    fn a_line_of_white_space_ends_a_field() {
        assert_eq!(all(b"A: 1\n \t\n 2\nB: 3\n").len(), 2);
        assert_eq!(Fields::new(b"A: 1\n \n 2\n").text("a").unwrap(), "1");
    }

    #[test]
    fn spans_cover_name_and_value() {
        let octets = b"\nA : 1\r\n 2\r\nB: \xc3\xbc\n";
        let spans: Vec<_> = Fields::new(octets).map(|field| &octets[field.span()]).collect();
        assert_eq!(spans, [&b"A : 1\r\n 2"[..], b"B: \xc3\xbc"]);
    }

    #[test]
    fn nothing_is_held_or_read_twice() {
        // A field of many lines, and many lines that might have been folded.
        for piece in [&b"A: 1\n"[..], b" \n", b"A: 1\n \n", b" x\n", b":\n", b"A:\n x\n"] {
            let octets = piece.repeat(200_000 / piece.len());
            assert!(Fields::new(&octets).count() <= 50_000);
        }
    }
}
