//! Changing messages without touching the rest.

use bytes::{Bytes, BytesMut};

use crate::{Field, Message, Part, encoded_word};

/// Why a change is refused. Nothing has changed then.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EditError {
    /// The field or part belongs to another message.
    #[error("the field or part belongs to another message")]
    OtherMessage,
    /// Two changes concern the same octets.
    #[error("two changes concern the octets at {at}")]
    Overlap {
        /// Where both are.
        at: usize,
    },
    /// The part is the root of a message: there is no multipart that it could be taken from or that could take another.
    #[error("the part is not in a multipart")]
    NotInMultipart,
    /// The part is no multipart with a boundary, or has no part yet.
    #[error("the part is no multipart with parts")]
    NotMultipart,
    /// The new octets hold a line that would be a delimiter of an enclosing multipart.
    #[error("the new octets hold a delimiter of an enclosing multipart at {at}")]
    Delimiter {
        /// Where the line begins in them.
        at: usize,
    },
    /// A header goes on beyond a limit of [`Limits`](crate::Limits): which fields stand there is not known.
    #[error("the header goes on at {at}, beyond what the limits allow to be read")]
    Unread {
        /// Where it goes on.
        at: usize,
    },
    /// A field name that RFC 5322 section 3.6.8 does not allow.
    #[error("octet {at} of the field name is not allowed there")]
    IllegalName {
        /// Which octet.
        at: usize,
    },
    /// A field value with CR, LF or NUL, but for CRLF before white space.
    #[error("octet {at} of the field value is not allowed there")]
    IllegalValue {
        /// Which octet.
        at: usize,
    },
    /// A line of a field would be longer than the 998 octets of RFC 5322 section 2.1.1.
    #[error("a line of the field has {octets} octets")]
    LineTooLong {
        /// Octets of that line.
        octets: usize,
    },
}

/// A header field to be written.
///
/// # Example
///
/// ```
/// use mime_core::edit::NewField;
///
/// let field = NewField::text("Subject", "Grüße")?;
/// assert_eq!(field.as_str(), "Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=");
/// assert!(NewField::raw("Subject", "a\r\nBcc: b@example.org").is_err());
/// # Ok::<(), mime_core::edit::EditError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewField(String);

impl NewField {
    /// A field of a value that is encoded and folded as it should be: it is written as it is.
    ///
    /// # Errors
    ///
    /// If the name is none, if the value would end the field, or a line is longer than 998 octets.
    pub fn raw(name: &str, value: &str) -> Result<Self, EditError> {
        if let Some(at) = name.bytes().position(|octet| !matches!(octet, 33..=57 | 59..=126)) {
            return Err(EditError::IllegalName { at });
        }
        if name.is_empty() {
            return Err(EditError::IllegalName { at: 0 });
        }
        let octets = value.as_bytes();
        for (at, &octet) in octets.iter().enumerate() {
            let next = |behind: usize| octets.get(at.saturating_add(behind)).copied();
            let legal = match octet {
                0 => false,
                b'\r' => next(1) == Some(b'\n'),
                // A line of nothing but white space may be taken for the end of the header.
                b'\n' => {
                    let line = octets.get(at.saturating_add(1)..).unwrap_or_default();
                    let text = line.iter().position(|octet| !matches!(octet, b' ' | b'\t'));
                    let text = text.filter(|&index| index > 0).and_then(|index| line.get(index));
                    at.checked_sub(1).and_then(|at| octets.get(at)) == Some(&b'\r')
                        && text.is_some_and(|octet| !matches!(octet, b'\r' | b'\n'))
                }
                _ => true,
            };
            if !legal {
                return Err(EditError::IllegalValue { at });
            }
        }
        let field = format!("{name}: {value}");
        // RFC 5322 section 2.1.1: "Each line of characters MUST be no more than 998 characters"
        match field.split("\r\n").map(str::len).max() {
            Some(octets) if octets > 998 => Err(EditError::LineTooLong { octets }),
            _ => Ok(Self(field)),
        }
    }

    /// An unstructured field, such as Subject: text of any language is encoded (RFC 2047) and folded.
    ///
    /// # Errors
    ///
    /// If the name is none, or the text holds CR, LF or NUL.
    pub fn text(name: &str, text: &str) -> Result<Self, EditError> {
        if let Some(at) = text.bytes().position(|octet| matches!(octet, 0 | b'\r' | b'\n')) {
            return Err(EditError::IllegalValue { at });
        }
        Self::raw(name, &fold(&encoded_word::encode(text), name.len().saturating_add(2)))
    }

    /// The field without its last line end.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What is put at one place, in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    /// Line ends that are missing before it.
    Before,
    Field,
    /// The empty line behind a header.
    Separator,
    Body,
    Part,
}

#[derive(Debug)]
struct Change {
    start: usize,
    end: usize,
    /// Of changes at the same place, the first comes first.
    rank: Rank,
    octets: Bytes,
}

/// Changes of a message, to be applied together: everything else stays octet for octet as it is, so that signatures of
/// parts that are not concerned stay valid.
///
/// # Example
///
/// ```
/// use mime_core::{Message, edit::NewField};
///
/// let mail = Message::parse("Subject: a\r\nX-Spam: no\r\n\r\nText\r\n");
/// let mut edit = mail.edit();
/// edit.replace_field(mail.root().field("X-Spam").unwrap(), &NewField::raw("X-Spam", "yes")?)?;
/// edit.prepend_field(mail.root(), &NewField::raw("Received", "by mx.example.org; Thu, 1 Jan 2026 00:00:00 +0000")?)?;
/// assert_eq!(
///     edit.finish()?,
///     "Received: by mx.example.org; Thu, 1 Jan 2026 00:00:00 +0000\r\nSubject: a\r\nX-Spam: yes\r\n\r\nText\r\n"
/// );
/// # Ok::<(), mime_core::edit::EditError>(())
/// ```
#[derive(Debug)]
pub struct Edit<'a> {
    message: &'a Message,
    changes: Vec<Change>,
}

impl Message {
    /// Begins to change the message. The message itself stays as it is; [`Edit::finish`] gives the new one.
    pub fn edit(&self) -> Edit<'_> {
        Edit { message: self, changes: Vec::new() }
    }
}

impl<'a> Edit<'a> {
    /// Adds a field above all others of a header, where trace fields belong (RFC 5321 section 4.4). A header that begins
    /// with a line of a folded field keeps it where it is: the new field stands below, or that line would belong to it.
    ///
    /// # Errors
    ///
    /// If the part belongs to another message.
    pub fn prepend_field(&mut self, part: Part<'a>, field: &NewField) -> Result<(), EditError> {
        let header = part.header_span();
        let at = if part.raw_header().starts_with(b" ") || part.raw_header().starts_with(b"\t") {
            let first = part.lines().find(|line| !matches!(line.raw().first(), Some(b' ' | b'\t')));
            first.map_or(header.end, |line| line.span().start)
        } else {
            header.start
        };
        self.insert_field(part, at, field)
    }

    /// Adds a field below all others of a header.
    ///
    /// # Errors
    ///
    /// If the part belongs to another message.
    pub fn append_field(&mut self, part: Part<'a>, field: &NewField) -> Result<(), EditError> {
        self.insert_field(part, part.header_span().end, field)
    }

    fn insert_field(&mut self, part: Part<'a>, at: usize, field: &NewField) -> Result<(), EditError> {
        self.own(part)?;
        // Behind the last field, a delimiter or the line of a mailbox file that nothing ends.
        self.change_once(at, Rank::Before, self.lines_before(part, at));
        self.change(at, at, Rank::Field, self.field_octets(field).freeze());
        // A body that no empty line divides from its header needs one now.
        let (header, body) = (part.header_span(), part.body_span());
        if body.start == header.end && !body.is_empty() {
            self.change_once(header.end, Rank::Separator, 1);
        }
        Ok(())
    }

    /// Puts a field in the place of another.
    ///
    /// # Errors
    ///
    /// If the field belongs to another message.
    pub fn replace_field(&mut self, old: Field<'a>, new: &NewField) -> Result<(), EditError> {
        self.own_field(old)?;
        let span = old.span();
        let mut octets = self.field_octets(new);
        if !old.raw().ends_with(b"\n") {
            octets.truncate(octets.len().saturating_sub(self.line_end().len()));
        }
        self.change(span.start, span.end, Rank::Field, octets.freeze());
        Ok(())
    }

    /// Takes a field out.
    ///
    /// # Errors
    ///
    /// If the field belongs to another message.
    pub fn remove_field(&mut self, field: Field<'a>) -> Result<(), EditError> {
        self.own_field(field)?;
        let span = field.span();
        // A delimiter right behind the last field: nothing but a delimiter before it would be no part.
        if self.end_before_delimiter(span.end).is_some() {
            self.change_once(span.end, Rank::Separator, 1);
        }
        self.change(span.start, span.end, Rank::Field, Bytes::new());
        Ok(())
    }

    /// Puts another body in the place of a part's, encoded as its header says.
    ///
    /// # Errors
    ///
    /// If the part belongs to another message, or the octets hold a delimiter of a multipart that it is in.
    pub fn replace_body(&mut self, part: Part<'a>, body: impl Into<Bytes>) -> Result<(), EditError> {
        self.own(part)?;
        let body = body.into();
        check_delimiters(part.parent(), &body)?;
        let span = part.body_span();
        if body.is_empty() {
            self.change(span.start, span.end, Rank::Body, body);
            return Ok(());
        }
        // Without an empty line the body would be read as header.
        let header = part.header_span();
        if span.start == header.end {
            self.change_once(header.end, Rank::Before, self.lines_before(part, header.end));
            self.change_once(header.end, Rank::Separator, 1);
        }
        let octets = match self.end_before_delimiter(span.end) {
            Some(end) => [&body, end].concat().into(),
            None => body,
        };
        self.change(span.start, span.end, Rank::Body, octets);
        Ok(())
    }

    /// Puts another part, header and body, in the place of one.
    ///
    /// # Errors
    ///
    /// If the part belongs to another message, or the octets hold a delimiter of a multipart that it is in.
    pub fn replace_part(&mut self, part: Part<'a>, octets: impl Into<Bytes>) -> Result<(), EditError> {
        self.own(part)?;
        let mut octets = octets.into();
        check_delimiters(part.parent(), &octets)?;
        let span = part.span();
        if let Some(end) = self.end_before_delimiter(span.end) {
            octets = [&octets, end].concat().into();
        }
        self.change(span.start, span.end, Rank::Body, octets);
        Ok(())
    }

    /// Takes a part out of its multipart, with its delimiter.
    ///
    /// # Errors
    ///
    /// If the part belongs to another message, or is in no multipart.
    pub fn remove_part(&mut self, part: Part<'a>) -> Result<(), EditError> {
        self.own(part)?;
        if !part.parent().is_some_and(Part::is_multipart) {
            return Err(EditError::NotInMultipart);
        }
        let (start, end) = (self.delimiter_start(part), part.span().end);
        if self.end_before_delimiter(end).is_some() {
            self.change(start.line, end, Rank::Body, Bytes::new());
            return Ok(());
        }
        if start.ends_line {
            self.change(start.at, end, Rank::Body, Bytes::new());
            return Ok(());
        }
        // The first part right behind the header: the line end before the next delimiter goes with it.
        let rest = self.message.raw().get(end..).unwrap_or_default();
        let line_end = if rest.starts_with(b"\r\n--") { 2 } else { usize::from(rest.starts_with(b"\n--")) };
        self.change(start.at, end.saturating_add(line_end), Rank::Body, Bytes::new());
        Ok(())
    }

    /// Adds a part, header and body, before another.
    ///
    /// # Errors
    ///
    /// If the part belongs to another message, is in no multipart, or the octets hold a delimiter of one it is in.
    pub fn insert_part_before(&mut self, part: Part<'a>, octets: &[u8]) -> Result<(), EditError> {
        self.own(part)?;
        let parent = part.parent().filter(|parent| parent.is_multipart()).ok_or(EditError::NotInMultipart)?;
        check_delimiters(Some(parent), octets)?;
        let end = self.line_end();
        let boundary = parent.boundary().unwrap_or_default();
        let start = self.delimiter_start(part);
        let new = if start.ends_line {
            [end, b"--", &boundary, end, octets].concat()
        } else {
            [&b"--"[..], &boundary, end, octets, end].concat()
        };
        self.change(start.at, start.at, Rank::Part, new.into());
        Ok(())
    }

    /// Adds a part, header and body, behind the last of a multipart.
    ///
    /// # Errors
    ///
    /// If the part belongs to another message, is no multipart with parts, or the octets hold a delimiter of it or of a
    /// multipart that it is in.
    pub fn append_part(&mut self, multipart: Part<'a>, octets: &[u8]) -> Result<(), EditError> {
        self.own(multipart)?;
        let last = multipart
            .children()
            .last()
            .filter(|_| multipart.is_multipart())
            .ok_or(EditError::NotMultipart)?;
        check_delimiters(Some(multipart), octets)?;
        let end = self.line_end();
        let boundary = multipart.boundary().unwrap_or_default();
        let at = last.span().end;
        let new = match self.end_before_delimiter(at) {
            Some(end) => [&b"--"[..], &boundary, end, octets, end].concat(),
            None => [end, b"--", &boundary, end, octets].concat(),
        };
        self.change(at, at, Rank::Part, new.into());
        Ok(())
    }

    /// The message with all changes, as pieces of the old one and of what is new: nothing is copied.
    ///
    /// # Errors
    ///
    /// If two changes concern the same octets.
    pub fn pieces(mut self) -> Result<Vec<Bytes>, EditError> {
        self.changes.sort_by_key(|change| (change.start, change.end, change.rank));
        let raw = self.message.raw();
        let mut pieces = Vec::with_capacity(self.changes.len().saturating_mul(2).saturating_add(1));
        let mut at = 0;
        for change in self.changes {
            if change.start < at {
                return Err(EditError::Overlap { at: change.start });
            }
            for piece in [raw.slice(at..change.start), change.octets] {
                if !piece.is_empty() {
                    pieces.push(piece);
                }
            }
            at = change.end;
        }
        pieces.push(raw.slice(at..));
        Ok(pieces)
    }

    /// The message with all changes.
    ///
    /// # Errors
    ///
    /// If two changes concern the same octets.
    pub fn finish(self) -> Result<Bytes, EditError> {
        let pieces = self.pieces()?;
        Ok(pieces.concat().into())
    }

    fn change(&mut self, start: usize, end: usize, rank: Rank, octets: Bytes) {
        self.changes.push(Change { start, end, rank, octets });
    }

    /// Puts line ends somewhere, if no other change did.
    fn change_once(&mut self, at: usize, rank: Rank, lines: usize) {
        let there = |change: &Change| (change.start, change.end, change.rank) == (at, at, rank);
        if lines > 0 && !self.changes.iter().any(there) {
            let octets = self.line_end().repeat(lines);
            self.change(at, at, rank, octets.into());
        }
    }

    fn own(&self, part: Part<'a>) -> Result<(), EditError> {
        if std::ptr::eq(part.message(), self.message) { Ok(()) } else { Err(EditError::OtherMessage) }
    }

    fn own_field(&self, field: Field<'a>) -> Result<(), EditError> {
        if std::ptr::eq(field.message(), self.message) { Ok(()) } else { Err(EditError::OtherMessage) }
    }

    /// The line end that the message has at its first line.
    fn line_end(&self) -> &'static [u8] {
        let raw = self.message.raw();
        match memchr::memchr(b'\n', raw) {
            Some(at) if !raw.get(..at).unwrap_or_default().ends_with(b"\r") => b"\n",
            _ => b"\r\n",
        }
    }

    /// A line end, if a delimiter stands right where a part ends, as it does behind a part without a body: what comes
    /// between the two must not join its line.
    fn end_before_delimiter(&self, at: usize) -> Option<&'static [u8]> {
        let rest = self.message.raw().get(at..).unwrap_or_default();
        rest.starts_with(b"--").then(|| self.line_end())
    }

    /// Line ends that are missing between a header and its body.
    fn lines_before_body(&self, part: Part<'a>) -> usize {
        let header = part.header_span();
        if part.body_span().start > header.end {
            return 0;
        }
        self.lines_before(part, header.end).saturating_add(1)
    }

    /// Line ends that are missing before a line at `at` in the header of a part: of the line above, and of the header of
    /// the part whose content it is.
    fn lines_before(&self, part: Part<'a>, at: usize) -> usize {
        let parent = part.parent().filter(|parent| at == part.span().start && !parent.is_multipart());
        match parent.map_or(0, |parent| self.lines_before_body(parent)) {
            0 => usize::from(!matches!(self.message.raw().get(..at), Some([] | [.., b'\n']))),
            lines => lines,
        }
    }

    fn field_octets(&self, field: &NewField) -> BytesMut {
        let end = self.line_end();
        let mut octets = BytesMut::with_capacity(field.0.len().saturating_add(2));
        for (index, line) in field.0.split("\r\n").enumerate() {
            if index > 0 {
                octets.extend_from_slice(end);
            }
            octets.extend_from_slice(line.as_bytes());
        }
        octets.extend_from_slice(end);
        octets
    }

    /// Where the delimiter before a part of a multipart begins: with the line end before it, but right behind a header.
    fn delimiter_start(&self, part: Part<'a>) -> Start {
        let before = self.message.raw().get(..part.span().start).unwrap_or_default();
        let line = before.strip_suffix(b"\n").unwrap_or(before);
        let line = memchr::memrchr(b'\n', line).map_or(0, |at| at.saturating_add(1));
        let parent = part.parent();
        let floor = parent.map_or(0, |parent| parent.body_span().start);
        let previous = parent.and_then(|parent| {
            parent.children().map(|child| child.span()).take_while(|child| child.end <= line).last()
        });
        // The line end before it belongs to the header of the whole, or to a part without a body.
        if line <= floor || previous.is_some_and(|previous| previous.end == line) {
            return Start { at: line, line, ends_line: false };
        }
        let crlf = before.get(..line).is_some_and(|text| text.ends_with(b"\r\n"));
        Start { at: line.saturating_sub(if crlf { 2 } else { 1 }).max(floor), line, ends_line: true }
    }
}

/// Where a delimiter begins.
struct Start {
    at: usize,
    /// Where its line begins.
    line: usize,
    /// Whether it begins with a line end.
    ends_line: bool,
}

/// Whether octets inside of `parent` would be taken apart by it, or by a multipart around it.
fn check_delimiters(parent: Option<Part<'_>>, octets: &[u8]) -> Result<(), EditError> {
    let boundaries: Vec<_> = std::iter::successors(parent, |part| part.parent())
        .filter(|part| part.is_multipart())
        .filter_map(Part::boundary)
        .collect();
    if boundaries.is_empty() {
        return Ok(());
    }
    let mut at = 0_usize;
    for line in octets.split_inclusive(|&octet| octet == b'\n') {
        let text = line.strip_prefix(b"--");
        if text.is_some_and(|text| boundaries.iter().any(|boundary| text.starts_with(boundary))) {
            return Err(EditError::Delimiter { at });
        }
        at = at.saturating_add(line.len());
    }
    Ok(())
}

/// Breaks a value before white space, so that lines have no more than 78 octets where that is possible.
fn fold(value: &str, before: usize) -> String {
    let mut folded = String::with_capacity(value.len().saturating_add(16));
    let mut line = before;
    for (index, word) in value.split(' ').enumerate() {
        if index > 0 {
            // A line must hold something else than white space.
            if line.saturating_add(1).saturating_add(word.len()) > 78
                && !word.is_empty()
                && !folded.ends_with([' ', '\n'])
            {
                folded.push_str("\r\n");
                line = 0;
            }
            folded.push(' ');
            line = line.saturating_add(1);
        }
        folded.push_str(word);
        line = line.saturating_add(word.len());
    }
    folded
}
