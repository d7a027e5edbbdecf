//! Parts of a message.

use std::{fmt, ops::Range};

use bytes::Bytes;

use super::{
    Message,
    field::{Field, Fields},
    tree::{NONE, PartRecord},
};
use crate::{
    TransferEncoding,
    name::Known,
    scan::{Kind, Structure},
};

/// A part of a message: a header and a body (RFC 2045 section 2.5).
///
/// The root of a message is a part, and so is each part of a multipart; a part of type message/rfc822 has one part inside
/// of it, the root of that message.
///
/// # Example
///
/// ```
/// use mime_core::Message;
///
/// let mail = Message::parse(
///     "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\none\r\n--b\r\nContent-Type: message/rfc822\r\n\r\nSubject: inner\r\n\r\ntwo\r\n--b--\r\n",
/// );
/// let bodies: Vec<_> = mail.parts().filter(|part| part.is_leaf()).map(|part| (part.path(), part.raw_body())).collect();
/// assert_eq!(bodies, [("1".to_owned(), &b"one"[..]), ("2.1".to_owned(), b"two")]);
/// assert_eq!(mail.part("2").unwrap().embedded().unwrap().field("subject").unwrap().raw_value(), b" inner");
/// ```
#[derive(Clone, Copy)]
pub struct Part<'a> {
    pub(super) message: &'a Message,
    pub(super) index: u32,
}

impl PartialEq for Part<'_> {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self.message, other.message) && self.index == other.index
    }
}

impl Eq for Part<'_> {}

impl<'a> Part<'a> {
    pub(super) fn record(self) -> &'a PartRecord {
        const NOTHING: &PartRecord = &PartRecord {
            start: 0,
            header_end: 0,
            body: 0,
            end: 0,
            fields: 0,
            fields_end: 0,
            parent: NONE,
            next: 0,
            preamble_end: 0,
            epilogue: 0,
            kind: Kind::Leaf,
            encoding: TransferEncoding::SevenBit,
            number: 1,
            children: 0,
        };
        // Parts are made with an index that is there.
        self.message.tree.parts.get(self.index as usize).unwrap_or(NOTHING)
    }

    /// The message that it belongs to.
    pub fn message(self) -> &'a Message {
        self.message
    }

    /// The fields of its header, in order.
    pub fn fields(self) -> Fields<'a> {
        let part = self.record();
        let records =
            self.message.tree.fields.get(part.fields as usize..part.fields_end as usize).unwrap_or_default();
        Fields { message: self.message, records: records.iter(), all: false }
    }

    /// The fields of its header and the lines that are none, in order: together they are the header.
    pub fn lines(self) -> Fields<'a> {
        Fields { all: true, ..self.fields() }
    }

    /// The first field of a name, whatever its case.
    pub fn field(self, name: &str) -> Option<Field<'a>> {
        match Known::of(name.as_bytes()) {
            Known::Other => self.fields().find(|field| field.is(name)),
            known => self.fields().known(known),
        }
    }

    /// Every field of a name, whatever its case.
    pub fn fields_named(self, name: &str) -> impl DoubleEndedIterator<Item = Field<'a>> {
        self.fields().filter(move |field| field.is(name))
    }

    pub(crate) fn known(self, known: Known) -> Option<Field<'a>> {
        self.fields().known(known)
    }

    /// All its octets: header, empty line and body.
    pub fn raw(self) -> &'a [u8] {
        self.message.octets(self.record().start..self.record().end)
    }

    /// The octets of its header, without the empty line.
    pub fn raw_header(self) -> &'a [u8] {
        self.message.octets(self.record().start..self.record().header_end)
    }

    /// The octets of its body, still encoded. The line end before a delimiter is not part of it
    /// (RFC 2046 section 5.1.1).
    pub fn raw_body(self) -> &'a [u8] {
        self.message.octets(self.record().body..self.record().end)
    }

    /// [`raw_body`](Self::raw_body) by reference.
    pub fn raw_body_bytes(self) -> Bytes {
        self.message.raw.slice(self.body_span())
    }

    /// How its body is encoded; the default is 7bit (RFC 2045 section 6.1).
    pub fn encoding(self) -> TransferEncoding {
        self.record().encoding
    }

    /// Where it stands in the message.
    pub fn span(self) -> Range<usize> {
        self.record().start as usize..self.record().end as usize
    }

    /// Where its header stands in the message, without the empty line.
    pub fn header_span(self) -> Range<usize> {
        self.record().start as usize..self.record().header_end as usize
    }

    /// Where its body stands in the message.
    pub fn body_span(self) -> Range<usize> {
        self.record().body as usize..self.record().end as usize
    }

    /// The part that it is inside of.
    pub fn parent(self) -> Option<Part<'a>> {
        let parent = self.record().parent;
        (parent != NONE).then_some(Part { index: parent, ..self })
    }

    /// The parts right inside of it.
    pub fn children(self) -> Children<'a> {
        Children { message: self.message, next: self.index.saturating_add(1), end: self.record().next }
    }

    /// It and every part inside of it, each before those inside of it.
    pub fn descendants(self) -> Parts<'a> {
        Parts {
            message: self.message,
            next: self.index,
            end: self.record().next.max(self.index.saturating_add(1)),
        }
    }

    /// Whether nothing is inside of it: it is neither a multipart with a boundary nor a message that is not encoded.
    pub fn is_leaf(self) -> bool {
        self.record().kind == Kind::Leaf
    }

    /// Whether it was taken apart at a boundary.
    pub fn is_multipart(self) -> bool {
        self.record().kind == Kind::Multipart
    }

    /// The root of the message that is its content, if it is of type message/rfc822 or message/global and not encoded.
    /// [`embedded_message`](Self::embedded_message) takes encoded ones too.
    pub fn embedded(self) -> Option<Part<'a>> {
        (self.record().kind == Kind::Message).then(|| self.children().next()).flatten()
    }

    /// Whether it is the root of a message: of the whole one, or of one inside.
    pub fn is_message_root(self) -> bool {
        self.parent().is_none_or(|parent| parent.record().kind == Kind::Message)
    }

    /// The boundary of a multipart that was taken apart.
    pub fn boundary(self) -> Option<Vec<u8>> {
        let mut boundary = Vec::new();
        let value = self.deciding(Known::ContentType)?.raw_value();
        Structure::of(value, &self.message.config, self.message.choices, &mut boundary)?;
        self.is_multipart().then_some(boundary)
    }

    /// Text before the first delimiter of a multipart; readers do not show it.
    pub fn preamble(self) -> &'a [u8] {
        if self.is_multipart() {
            self.message.octets(self.record().body..self.record().preamble_end)
        } else {
            &[]
        }
    }

    /// Text behind the closing delimiter of a multipart; readers do not show it.
    pub fn epilogue(self) -> &'a [u8] {
        if self.is_multipart() { self.message.octets(self.record().epilogue..self.record().end) } else { &[] }
    }

    /// Its number, as IMAP counts parts (RFC 9051 section 6.4.5.1): `1` is the first part of a multipart or the body of a
    /// message without parts, `2.1` the first part within the second. Roots that are multiparts have no number of their own:
    /// the path is empty, or that of the message part they are in.
    pub fn path(self) -> String {
        let mut numbers = Vec::new();
        let mut part = self;
        loop {
            let parent = part.parent();
            if parent.is_some_and(|parent| parent.is_multipart()) {
                numbers.push(part.record().number);
            } else if !part.is_multipart() {
                numbers.push(1);
            }
            match parent {
                Some(parent) => part = parent,
                None => break,
            }
        }
        let mut path = String::new();
        for number in numbers.iter().rev() {
            if !path.is_empty() {
                path.push('.');
            }
            path.push_str(&number.to_string());
        }
        path
    }
}

impl fmt::Debug for Part<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Part").field("path", &self.path()).field("span", &self.span()).finish_non_exhaustive()
    }
}

impl Message {
    /// The part with a number as [`Part::path`] gives it; an empty one is the root.
    pub fn part(&self, path: &str) -> Option<Part<'_>> {
        if path.is_empty() {
            return Some(self.root());
        }
        let mut part = self.root();
        let (mut first, mut is_body) = (true, false);
        for number in path.split('.') {
            let number: usize =
                number.bytes().all(|octet| octet.is_ascii_digit()).then(|| number.parse().ok())??;
            if !first && let Some(root) = part.embedded() {
                (part, is_body) = (root, false);
            }
            part = if part.is_multipart() {
                part.children().nth(number.checked_sub(1)?)?
            } else if number == 1 && part.is_message_root() && !is_body {
                is_body = true;
                part
            } else {
                return None;
            };
            first = false;
        }
        Some(part)
    }

    pub(crate) fn octets(&self, range: Range<u32>) -> &[u8] {
        self.raw.get(range.start as usize..range.end as usize).unwrap_or_default()
    }
}

/// The parts of a message or of a part, each before those inside of it.
#[derive(Clone, Debug)]
pub struct Parts<'a> {
    pub(super) message: &'a Message,
    pub(super) next: u32,
    pub(super) end: u32,
}

impl<'a> Iterator for Parts<'a> {
    type Item = Part<'a>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.next >= self.end {
            return None;
        }
        let part = Part { message: self.message, index: self.next };
        self.next += 1;
        Some(part)
    }
}

/// The parts right inside of another.
#[derive(Clone, Debug)]
pub struct Children<'a> {
    message: &'a Message,
    next: u32,
    end: u32,
}

impl<'a> Iterator for Children<'a> {
    type Item = Part<'a>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.next >= self.end {
            return None;
        }
        let part = Part { message: self.message, index: self.next };
        self.next = part.record().next.max(self.next.saturating_add(1));
        Some(part)
    }
}
