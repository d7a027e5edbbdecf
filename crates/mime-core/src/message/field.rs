//! Fields of a header.

use std::{fmt, ops::Range};

use wire_core::Escaped;

use super::{Message, tree::FieldRecord};
use crate::{name::Known, scan::Form};

/// A header field (RFC 5322 section 2.2), or a line of a header that is none.
///
/// # Example
///
/// ```
/// use mime_core::Message;
///
/// let mail = Message::parse("Subject: a\r\n b\r\nodd line\r\nTo: x@example.org\r\n\r\n");
/// let lines: Vec<_> = mail.root().lines().map(|line| (line.is_field(), line.raw())).collect();
/// assert_eq!(
///     lines,
///     [(true, &b"Subject: a\r\n b\r\n"[..]), (false, b"odd line\r\n"), (true, b"To: x@example.org\r\n")]
/// );
/// let subject = mail.root().field("SUBJECT").unwrap();
/// assert_eq!((subject.name(), subject.raw_value()), ("Subject", &b" a\r\n b"[..]));
/// assert_eq!(subject.span(), 0..16);
/// ```
#[derive(Clone, Copy)]
pub struct Field<'a> {
    message: &'a Message,
    record: FieldRecord,
}

impl<'a> Field<'a> {
    /// Whether it is a field that accessors look at: a name of legal octets, and a colon.
    pub fn is_field(&self) -> bool {
        self.record.form.counts()
    }

    /// The name as it stands; empty if there is none, or none that is legal ([`raw`](Self::raw) has everything).
    pub fn name(self) -> &'a str {
        if !self.is_field() {
            return "";
        }
        let octets = self.message.octets(self.record.start..self.record.colon);
        std::str::from_utf8(octets).unwrap_or_default().trim_end()
    }

    /// Whether it has this name, whatever the case.
    pub fn is(self, name: &str) -> bool {
        self.is_field() && self.name().eq_ignore_ascii_case(name)
    }

    /// The value: what stands between the colon and the line end, folding and encoded words as they came. Empty if
    /// there is no colon.
    pub fn raw_value(self) -> &'a [u8] {
        self.message.octets(self.record.colon.saturating_add(1)..self.record.value_end)
    }

    /// All octets, line end included.
    pub fn raw(self) -> &'a [u8] {
        self.message.octets(self.record.start..self.record.end)
    }

    /// Where it stands in the message, line end included.
    pub fn span(self) -> Range<usize> {
        self.record.start as usize..self.record.end as usize
    }

    /// Where its value stands in the message.
    pub fn value_span(self) -> Range<usize> {
        let end = self.record.value_end as usize;
        (self.record.colon as usize).saturating_add(1).min(end)..end
    }

    /// The message that it belongs to.
    pub fn message(self) -> &'a Message {
        self.message
    }

    pub(crate) fn known(self) -> Known {
        self.record.known
    }

    pub(crate) fn form(self) -> Form {
        self.record.form
    }
}

impl fmt::Debug for Field<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Field").field(&Escaped(self.raw())).finish()
    }
}

/// The fields of a header, in order.
#[derive(Clone, Debug)]
pub struct Fields<'a> {
    pub(super) message: &'a Message,
    pub(super) records: std::slice::Iter<'a, FieldRecord>,
    /// Whether lines that are no fields are given too.
    pub(super) all: bool,
}

impl<'a> Iterator for Fields<'a> {
    type Item = Field<'a>;

    fn next(&mut self) -> Option<Self::Item> {
        let all = self.all;
        let record = self.records.find(|record| all || record.form.counts())?;
        Some(Field { message: self.message, record: *record })
    }
}

impl DoubleEndedIterator for Fields<'_> {
    fn next_back(&mut self) -> Option<Self::Item> {
        let all = self.all;
        let record = self.records.rfind(|record| all || record.form.counts())?;
        Some(Field { message: self.message, record: *record })
    }
}

impl<'a> Fields<'a> {
    /// The first field that is known by number.
    pub(super) fn known(mut self, known: Known) -> Option<Field<'a>> {
        let record = self.records.find(|record| record.known == known)?;
        Some(Field { message: self.message, record: *record })
    }
}
