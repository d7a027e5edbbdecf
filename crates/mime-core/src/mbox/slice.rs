//! Mailbox files in memory.

use std::{borrow::Cow, ops::Range};

use memchr::{memchr, memmem};

use super::{Envelope, FROM, Format, LINE_MOST, content_length, is_dividing, is_empty_line, is_quoted};

/// One message of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message<'a> {
    envelope: Envelope<'a>,
    raw: &'a [u8],
    start: usize,
    format: Format,
    length_agrees: Option<bool>,
}

impl<'a> Message<'a> {
    /// The line before it.
    pub fn envelope(&self) -> Envelope<'a> {
        self.envelope
    }

    /// The message as it is stored, `>` included.
    pub fn raw(&self) -> &'a [u8] {
        self.raw
    }

    /// Where it stands in the file, without its envelope.
    pub fn span(&self) -> Range<usize> {
        self.start..self.start.saturating_add(self.raw.len())
    }

    /// Whether Content-Length was right; `None` if the format has none or the message has none.
    pub fn length_agrees(&self) -> Option<bool> {
        self.length_agrees
    }

    /// The message as it was before it was stored. It is copied only if something has to be taken away.
    pub fn content(&self) -> Cow<'a, [u8]> {
        let mut lines = Lines(self.raw);
        if !lines.any(|line| is_quoted(line, self.format)) {
            return Cow::Borrowed(self.raw);
        }
        let mut content = Vec::with_capacity(self.raw.len());
        for line in Lines(self.raw) {
            let skip = usize::from(is_quoted(line, self.format));
            content.extend_from_slice(line.get(skip..).unwrap_or_default());
        }
        Cow::Owned(content)
    }
}

/// Lines with their ends.
pub(super) struct Lines<'a>(pub(super) &'a [u8]);

impl<'a> Iterator for Lines<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        if self.0.is_empty() {
            return None;
        }
        let length = memchr(b'\n', self.0).map_or(self.0.len(), |at| at.saturating_add(1));
        let (line, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(line)
    }
}

/// The messages of a file, one after the other, without copying.
///
/// What stands before the first dividing line is a message with an empty [`Envelope`]. In
/// [`Format::Mboxcl2`] a Content-Length is followed only if a dividing line, or the end, stands where it says.
/// Time is linear in the file.
///
/// # Example
///
/// ```
/// use mime_core::mbox::{Format, messages};
///
/// let file = b"From a@b Mon Jan  1 00:00:00 2024\n1\n\nFrom c@d Tue Jan  2 00:00:00 2024\n2\n";
/// let raw: Vec<_> = messages(file, Format::Mboxrd).map(|message| message.raw()).collect();
/// assert_eq!(raw, [b"1\n", b"2\n"]);
/// ```
pub fn messages(octets: &[u8], format: Format) -> Messages<'_> {
    Messages { octets, at: 0, format }
}

/// See [`messages`].
#[derive(Clone, Debug)]
pub struct Messages<'a> {
    octets: &'a [u8],
    /// Where the next message begins, its dividing line included.
    at: usize,
    format: Format,
}

impl<'a> Messages<'a> {
    /// The line here, or more octets of it than a dividing line may have.
    fn line_at(&self, at: usize) -> &'a [u8] {
        let rest = self.octets.get(at..).unwrap_or_default();
        Lines(rest.get(..=LINE_MOST).unwrap_or(rest)).next().unwrap_or_default()
    }

    /// The end of a message that begins here, found by its dividing line: where that line begins.
    fn end_by_line(&self, start: usize) -> usize {
        let mut at = start;
        loop {
            let rest = self.octets.get(at..).unwrap_or_default();
            let Some(found) = memmem::find(rest, b"\nFrom ") else { return self.octets.len() };
            let line = at.saturating_add(found).saturating_add(1);
            let before = self.octets.get(start..line).unwrap_or_default();
            let behind_empty =
                matches!(before, b"\n" | b"\r\n") || before.ends_with(b"\n\n") || before.ends_with(b"\n\r\n");
            if behind_empty && is_dividing(self.line_at(line)) {
                return line;
            }
            at = line;
        }
    }

    /// The end of a message by its Content-Length: where the next dividing line begins, if it is there.
    fn end_by_length(&self, start: usize) -> Option<Option<usize>> {
        let mut at = start;
        let mut length = None;
        for line in Lines(self.octets.get(start..)?) {
            at = at.saturating_add(line.len());
            if is_empty_line(line) {
                let end = usize::try_from(length?).ok().and_then(|length| at.checked_add(length));
                return Some(end.and_then(|end| self.dividing_at(end)));
            }
            length = length.or_else(|| content_length(line));
        }
        None
    }

    fn dividing_at(&self, at: usize) -> Option<usize> {
        let mut next = at;
        let rest = self.octets.get(at..)?;
        let line = self.line_at(at);
        if is_empty_line(line) {
            next = at.saturating_add(line.len());
        }
        (rest.len() == next.saturating_sub(at) || is_dividing(self.line_at(next))).then_some(next)
    }
}

impl<'a> Iterator for Messages<'a> {
    type Item = Message<'a>;

    fn next(&mut self) -> Option<Message<'a>> {
        if self.at == 0 {
            let empty: usize =
                Lines(self.octets).take_while(|line| is_empty_line(line)).map(<[u8]>::len).sum();
            self.at = empty;
        }
        if self.at >= self.octets.len() {
            return None;
        }
        let line = self.line_at(self.at);
        let envelope = if line.starts_with(FROM) && line.len() <= LINE_MOST { line } else { &[] };
        let start = self.at.saturating_add(envelope.len());
        let by_line;
        let (next, length_agrees) = match self.format {
            Format::Mboxo | Format::Mboxrd => (self.end_by_line(start), None),
            Format::Mboxcl => {
                by_line = self.end_by_line(start);
                (by_line, self.end_by_length(start).map(|end| end == Some(by_line)))
            }
            Format::Mboxcl2 => match self.end_by_length(start) {
                Some(Some(end)) => (end, Some(true)),
                other => (self.end_by_line(start), other.map(|_| false)),
            },
        };
        let mut raw = self.octets.get(start..next).unwrap_or_default();
        // One empty line belongs to the file.
        for end in [&b"\r\n"[..], b"\n"] {
            if let Some(shorter) = raw.strip_suffix(end) {
                if shorter.is_empty() || shorter.ends_with(b"\n") {
                    raw = shorter;
                }
                break;
            }
        }
        self.at = next;
        let envelope = Envelope { line: envelope.trim_ascii_end() };
        Some(Message { envelope, raw, start, format: self.format, length_agrees })
    }
}
