//! Mailbox files piece by piece.

use super::{Envelope, FROM, Format, LINE_MOST, content_length, is_dividing, is_empty_line};
use crate::{DefectKind, Report};

/// What a [`Reader`] found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(clippy::exhaustive_enums)] // a message begins, goes on and ends
pub enum Event<'a> {
    /// A message begins; this is the line before it.
    Begin(Envelope<'a>),
    /// Octets of it, never none. `>` that were put there are taken away.
    Octets(&'a [u8]),
    /// It is over.
    End,
}

/// Reads a file piece by piece, however it is cut, and holds at most one line of 1024 octets.
///
/// Unlike [`messages`](super::messages) it cannot look ahead: in [`Format::Mboxcl2`] a Content-Length that is too large
/// takes in the messages behind it, as far as it goes. It is told as [`DefectKind::ContainerDamaged`] like every length
/// that is wrong, and like octets before the first dividing line, which are given as a message with an empty
/// [`Envelope`].
///
/// # Example
///
/// ```
/// use mime_core::mbox::{Event, Format, Reader};
///
/// let mut reader = Reader::new(Format::Mboxrd);
/// let (mut messages, mut on) = (Vec::new(), |event: Event<'_>, messages: &mut Vec<Vec<u8>>| match event {
///     Event::Begin(_) => messages.push(Vec::new()),
///     Event::Octets(octets) => messages.last_mut().unwrap().extend_from_slice(octets),
///     Event::End => {}
/// });
/// for chunk in [&b"From a@b Mon Jan  1 00:00"[..], b":00 2024\n>From", b" x\n", b"\n"] {
///     reader.feed(chunk, &mut (), |event| on(event, &mut messages));
/// }
/// reader.finish(&mut (), |event| on(event, &mut messages));
/// assert_eq!(messages, [b"From x\n"]);
/// ```
#[derive(Clone, Debug)]
pub struct Reader {
    format: Format,
    /// The beginning of a line that is not decided on yet.
    held: Vec<u8>,
    /// An empty line that belongs to the file if a dividing line or the end follows.
    empty: &'static [u8],
    place: Place,
    /// Octets that were read, those held included.
    at: u64,
    /// Whether a message has begun.
    open: bool,
    /// Whether the line before was empty, or nothing has been read.
    behind_empty: bool,
    /// Whether this is its header.
    in_header: bool,
    /// Whether the empty line that is held ends the header: it is not counted.
    empty_ends_header: bool,
    length: Option<u64>,
    /// Stored octets of the body so far, without the empty line that is held.
    body: u64,
    /// Whether a counted body is just over, and what follows must agree.
    just_counted: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Start,
    Middle,
    Counted(u64),
}

enum Verdict {
    More,
    Plain,
    Quoted,
    Empty,
    Dividing,
}

fn count(octets: &[u8]) -> u64 {
    u64::try_from(octets.len()).unwrap_or(u64::MAX)
}

impl Reader {
    /// A reader at the start of a file.
    pub fn new(format: Format) -> Self {
        Self {
            format,
            held: Vec::new(),
            empty: b"",
            place: Place::Start,
            at: 0,
            open: false,
            behind_empty: true,
            in_header: false,
            empty_ends_header: false,
            length: None,
            body: 0,
            just_counted: false,
        }
    }

    fn counts(&self) -> bool {
        matches!(self.format, Format::Mboxcl | Format::Mboxcl2)
    }

    /// Takes the next octets of the file.
    pub fn feed(&mut self, chunk: &[u8], report: &mut impl Report, mut on: impl FnMut(Event<'_>)) {
        // What of the chunk is content and not given yet: from the start of `run`, without `rest`.
        let (mut run, mut rest) = (chunk, chunk);
        let flush = |run: &[u8], rest: &[u8], on: &mut dyn FnMut(Event<'_>)| {
            let octets = run.get(..run.len().saturating_sub(rest.len())).unwrap_or_default();
            if !octets.is_empty() {
                on(Event::Octets(octets));
            }
        };
        while let Some(&first) = rest.first() {
            match self.place {
                Place::Counted(left) => {
                    let length = usize::try_from(left).unwrap_or(usize::MAX).min(rest.len());
                    rest = rest.get(length..).unwrap_or_default();
                    let length = u64::try_from(length).unwrap_or(u64::MAX);
                    self.at = self.at.saturating_add(length);
                    let left = left.saturating_sub(length);
                    self.place = Place::Counted(left);
                    if left == 0 {
                        self.after_count();
                    }
                }
                Place::Middle => {
                    let end = memchr::memchr(b'\n', rest);
                    let length = end.map_or(rest.len(), |at| at.saturating_add(1));
                    let (line, behind) = rest.split_at_checked(length).unwrap_or((rest, &[]));
                    rest = behind;
                    self.passed(count(line));
                    if end.is_some() {
                        self.place = Place::Start;
                    }
                }
                Place::Start => {
                    let is_plain = !matches!(first, b'F' | b'>' | b'\r' | b'\n')
                        && self.open
                        && !(self.in_header && self.counts());
                    if self.held.is_empty() && is_plain {
                        if !self.empty.is_empty() || self.just_counted {
                            flush(run, rest, &mut on);
                            run = rest;
                        }
                        self.content_follows(report, &mut on);
                        self.place = Place::Middle;
                        continue;
                    }
                    flush(run, rest, &mut on);
                    rest = rest.get(1..).unwrap_or_default();
                    run = rest;
                    self.at = self.at.saturating_add(1);
                    self.take(first, report, &mut on);
                }
            }
        }
        flush(run, rest, &mut on);
    }

    /// The file is over.
    pub fn finish(mut self, report: &mut impl Report, mut on: impl FnMut(Event<'_>)) {
        if let Place::Counted(_) = self.place {
            self.damaged(report);
            self.length = None;
        }
        if !self.held.is_empty() {
            let line = std::mem::take(&mut self.held);
            if self.behind_empty && is_dividing(&line) || !self.open && line.starts_with(FROM) {
                self.divide(&line, report, &mut on);
            } else {
                let quoted = super::is_quoted(&line, self.format);
                self.give(&line, usize::from(quoted), report, &mut on);
            }
        }
        self.end(report, &mut on);
    }

    /// One octet of a line that is not decided on.
    fn take(&mut self, octet: u8, report: &mut impl Report, on: &mut impl FnMut(Event<'_>)) {
        // One mark is like the other: all but one can go on.
        let takes_many = matches!(self.format, Format::Mboxrd | Format::Mboxcl);
        if octet == b'>' && self.held == b">" && takes_many && !(self.in_header && self.counts()) {
            self.give(b">", 0, report, on);
            return;
        }
        self.held.push(octet);
        match self.verdict() {
            Verdict::More => {}
            Verdict::Plain => self.plain(0, report, on),
            Verdict::Quoted => self.plain(1, report, on),
            Verdict::Empty => {
                let line: &'static [u8] = if self.held.len() == 1 { b"\n" } else { b"\r\n" };
                self.held.clear();
                self.empty_line(line, report, on);
            }
            Verdict::Dividing => {
                let line = std::mem::take(&mut self.held);
                self.divide(&line, report, on);
            }
        }
    }

    fn verdict(&self) -> Verdict {
        let line = &*self.held;
        let is_whole = line.ends_with(b"\n");
        if is_empty_line(line) {
            return Verdict::Empty;
        }
        if line == b"\r" {
            return Verdict::More;
        }
        let may_divide = self.behind_empty || !self.open;
        if is_whole {
            let divides = may_divide && (is_dividing(line) || !self.open && line.starts_with(FROM));
            return match divides {
                true => Verdict::Dividing,
                false if super::is_quoted(line, self.format) => Verdict::Quoted,
                false => Verdict::Plain,
            };
        }
        let in_counted_header = self.in_header && self.counts();
        let may_divide = may_divide && (FROM.starts_with(line) || line.starts_with(FROM));
        if (may_divide || in_counted_header) && line.len() < LINE_MOST {
            return Verdict::More;
        }
        if super::is_quoted(line, self.format) {
            return Verdict::Quoted;
        }
        let unmarked = line.strip_prefix(b">").unwrap_or_default();
        let may_be_quoted =
            line.starts_with(b">") && FROM.starts_with(unmarked) && self.format != Format::Mboxcl2;
        if may_be_quoted { Verdict::More } else { Verdict::Plain }
    }

    /// Gives what is held, without its first octets, as the beginning of a line or as a whole one.
    fn plain(&mut self, skip: usize, report: &mut impl Report, on: &mut impl FnMut(Event<'_>)) {
        let line = std::mem::take(&mut self.held);
        if self.in_header && self.counts() {
            self.length = self.length.or_else(|| content_length(&line));
        }
        self.give(&line, skip, report, on);
        self.place = if line.ends_with(b"\n") { Place::Start } else { Place::Middle };
        self.held = line;
        self.held.clear();
    }

    fn give(&mut self, line: &[u8], skip: usize, report: &mut impl Report, on: &mut impl FnMut(Event<'_>)) {
        self.content_follows(report, on);
        if !self.in_header {
            self.body = self.body.saturating_add(count(line));
        }
        if let Some(octets) = line.get(skip..).filter(|octets| !octets.is_empty()) {
            on(Event::Octets(octets));
        }
    }

    /// Content that is given straight from the chunk.
    fn passed(&mut self, length: u64) {
        self.at = self.at.saturating_add(length);
        if !self.in_header {
            self.body = self.body.saturating_add(length);
        }
    }

    /// A line that is neither empty nor divides: begins a message if there is none, and gives the empty line before.
    fn content_follows(&mut self, report: &mut impl Report, on: &mut impl FnMut(Event<'_>)) {
        if !self.open {
            self.damaged(report);
            self.begin(b"", on);
        }
        if std::mem::take(&mut self.just_counted) {
            self.damaged(report);
            self.length = None;
        }
        self.behind_empty = false;
        self.give_empty(on);
    }

    fn give_empty(&mut self, on: &mut impl FnMut(Event<'_>)) {
        let empty = std::mem::take(&mut self.empty);
        if !empty.is_empty() {
            on(Event::Octets(empty));
            if !std::mem::take(&mut self.empty_ends_header) {
                self.body = self.body.saturating_add(count(empty));
            }
        }
    }

    fn empty_line(&mut self, line: &'static [u8], report: &mut impl Report, on: &mut impl FnMut(Event<'_>)) {
        self.place = Place::Start;
        if !self.open {
            return; // before the first message
        }
        let ends_header = std::mem::take(&mut self.in_header);
        self.behind_empty = true;
        if ends_header
            && self.format == Format::Mboxcl2
            && let Some(length) = self.length
        {
            on(Event::Octets(line));
            self.place = Place::Counted(length);
            if length == 0 {
                self.after_count();
            }
            return;
        }
        if !self.empty.is_empty() && std::mem::take(&mut self.just_counted) {
            self.damaged(report);
            self.length = None;
        }
        self.give_empty(on);
        self.empty = line;
        self.empty_ends_header = ends_header;
    }

    /// All that Content-Length promised was read.
    fn after_count(&mut self) {
        self.place = Place::Start;
        self.just_counted = true;
        self.behind_empty = true;
    }

    fn divide(&mut self, line: &[u8], report: &mut impl Report, on: &mut impl FnMut(Event<'_>)) {
        self.end(report, on);
        self.begin(line.trim_ascii_end(), on);
        self.held = line.to_vec();
        self.held.clear();
    }

    fn begin(&mut self, line: &[u8], on: &mut impl FnMut(Event<'_>)) {
        on(Event::Begin(Envelope { line }));
        (self.open, self.in_header, self.behind_empty) = (true, true, false);
        (self.length, self.body, self.just_counted, self.place) = (None, 0, false, Place::Start);
    }

    fn end(&mut self, report: &mut impl Report, on: &mut impl FnMut(Event<'_>)) {
        if !std::mem::take(&mut self.open) {
            return;
        }
        (self.empty, self.empty_ends_header) = (b"", false);
        if self.format == Format::Mboxcl
            && !self.in_header
            && self.length.is_some_and(|length| length != self.body)
        {
            self.damaged(report);
        }
        on(Event::End);
    }

    /// Something is wrong here.
    fn damaged(&self, report: &mut impl Report) {
        let at = usize::try_from(self.at).unwrap_or(usize::MAX);
        report.report(DefectKind::ContainerDamaged, at..at);
    }
}
