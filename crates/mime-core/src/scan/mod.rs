//! The structure of messages: where header fields, parts and delimiters are.
//!
//! One machine for both faces. It walks over a window of octets and tells a [`Sink`] what it finds, by offsets from
//! the start of the message; it copies nothing but boundaries. When the window ends it remembers where it was, and
//! goes on when there is more: what it finds does not depend on where windows end. Meaning is looked at in three
//! places only: Content-Type and Content-Transfer-Encoding decide what follows a header, and names which fields may not
//! stand twice.

mod content;
mod header;
mod levels;
mod lines;

use std::ops::Range;

use smallvec::SmallVec;

use crate::{Config, DefectKind, TransferEncoding, name::Known};

pub(crate) use content::{Kind, Structure};
pub(crate) use header::Boundary;

use header::{First, Header};
use levels::{Found, Levels};
use lines::dashes;

/// Boundaries that are guessed at most in one reading.
const MAX_GUESSES: u8 = 16;

/// Readings other than the usual one, to be switched on one by one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Choices(pub(crate) u32);

impl Choices {
    pub(crate) const LAST_FIELD: Self = Self(1);
    pub(crate) const LAST_PARAMETER: Self = Self(1 << 1);
    pub(crate) const PREFIX_DELIMITS: Self = Self(1 << 2);
    pub(crate) const CRLF_ONLY: Self = Self(1 << 3);
    pub(crate) const JUNK_ENDS_HEADER: Self = Self(1 << 4);
    pub(crate) const BLANK_ENDS_HEADER: Self = Self(1 << 5);
    pub(crate) const GUESS_BOUNDARY: Self = Self(1 << 6);
    pub(crate) const PARTS_AFTER_CLOSE: Self = Self(1 << 7);
    pub(crate) const OUTER_FIRST: Self = Self(1 << 8);
    pub(crate) const ANY_NAME: Self = Self(1 << 9);
    pub(crate) const PLAIN_PARAMETER: Self = Self(1 << 10);
    pub(crate) const PADDING_ENDS: Self = Self(1 << 11);
    pub(crate) const SECOND_PARAMETER: Self = Self(1 << 12);
    pub(crate) const JUNK_IN_HEADER: Self = Self(1 << 13);
    pub(crate) const HEADER_ONLY: Self = Self(1 << 14);

    pub(crate) const fn has(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    pub(crate) const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

/// One field, by offsets from the start of the message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FieldAt {
    pub(crate) start: usize,
    /// Where the colon is; without one, where the line ends.
    pub(crate) colon: usize,
    /// Where the value ends: before the last line end, or where the limit is.
    pub(crate) value_end: usize,
    pub(crate) end: usize,
    pub(crate) known: Known,
    pub(crate) form: Form,
}

/// How far a line of a header is a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// As RFC 5322 has it.
    Field,
    /// With white space before the colon.
    Spaced,
    /// A colon behind something that is no name.
    IllegalName,
    /// Its name is folded.
    FoldedName,
    /// No colon.
    Junk,
}

impl Form {
    /// Whether accessors look at it.
    pub(crate) fn counts(self) -> bool {
        matches!(self, Self::Field | Self::Spaced)
    }
}

/// What a header was found to say about what follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct HeaderEnd {
    /// Where the empty line begins, or the body if there is none.
    pub(crate) at: usize,
    /// Where the body begins.
    pub(crate) body: usize,
    /// What the content is taken apart as.
    pub(crate) kind: Kind,
    pub(crate) encoding: TransferEncoding,
}

/// Where octets stand that are not header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// In a part that is not taken apart.
    Leaf,
    /// In a multipart before its first delimiter.
    Preamble,
    /// In a multipart behind its closing delimiter.
    Epilogue,
}

/// Who is told what there is.
pub(crate) trait Sink {
    /// A header begins, and with it a part inside of the one that is open.
    fn begin(&mut self, at: usize);
    fn field(&mut self, field: FieldAt);
    /// A field was longer than the limit: its rest.
    fn field_rest(&mut self, octets: Range<usize>);
    fn header_end(&mut self, end: HeaderEnd);
    fn body(&mut self, octets: Range<usize>, place: Place);
    /// The innermost part that is open ends.
    fn end(&mut self, at: usize);
    fn defect(&mut self, kind: DefectKind, span: Range<usize>);
    /// Whether it was told enough for now: the machine stops as soon as it can, as if the window ended there.
    fn is_full(&self) -> bool {
        false
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// At the first octet of a header.
    HeaderStart,
    /// At the first octet of a line in a header.
    Header,
    /// In a field that is longer than the limit.
    FieldRest,
    /// In a body; `at` is where to look for delimiters.
    Body,
    Done,
}

/// What a step of the machine came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Flow {
    Go,
    More,
}

/// The machine.
#[derive(Debug)]
pub(crate) struct Scanner {
    config: Config,
    choices: Choices,
    state: State,
    /// The next octet to look at.
    at: usize,
    /// Octets of the field at `at` that were searched for its end already.
    searched: usize,
    /// What is known of the line at `at` in a header.
    first: First,
    /// Octets of a continuation that are all white space.
    blank: usize,
    /// Octets behind a line that is no field, in which no field was found.
    ahead: usize,
    /// Whether `at` is the start of a line.
    line_start: bool,
    /// Body octets up to here were given.
    given: usize,
    place: Place,
    /// Where the last closing delimiter ends, without its line end and with it.
    closed_end: usize,
    closed_at: usize,
    header: Header,
    levels: Levels,
    /// The parts that are open; `Some` is the index of a multipart's level.
    open: SmallVec<[Option<usize>; 8]>,
    parts: u32,
    all_fields: u32,
    header_octets: usize,
    /// Where the rest of a field that is too long begins.
    rest: usize,
    /// Lines before this one are no fields, and were looked at.
    junk_until: usize,
    /// Multiparts whose boundary was guessed.
    guesses: u8,
    /// Line ends of both kinds were seen in what makes the structure.
    crlf: bool,
    lf: bool,
    full: bool,
}

impl Scanner {
    pub(crate) fn new(config: Config, choices: Choices) -> Self {
        Self {
            config,
            choices,
            state: State::HeaderStart,
            at: 0,
            searched: 0,
            first: First::Run(0),
            blank: 0,
            ahead: 0,
            line_start: true,
            given: 0,
            place: Place::Leaf,
            closed_end: 0,
            closed_at: 0,
            header: Header::default(),
            levels: Levels::default(),
            open: SmallVec::new(),
            parts: 0,
            all_fields: 0,
            header_octets: 0,
            rest: 0,
            junk_until: 0,
            guesses: 0,
            crlf: false,
            lf: false,
            full: false,
        }
    }

    /// Begins anew, with the storage there is.
    pub(crate) fn reset(&mut self, config: Config, choices: Choices) {
        let Self { levels, open, header, .. } = self;
        levels.clear();
        open.clear();
        header.begin();
        (self.config, self.choices, self.state) = (config, choices, State::HeaderStart);
        (self.at, self.searched, self.first) = (0, 0, First::Run(0));
        (self.blank, self.ahead, self.line_start) = (0, 0, true);
        (self.given, self.place) = (0, Place::Leaf);
        (self.closed_end, self.closed_at) = (0, 0);
        (self.parts, self.all_fields, self.header_octets) = (0, 0, 0);
        (self.rest, self.junk_until, self.guesses) = (0, 0, 0);
        (self.crlf, self.lf, self.full) = (false, false, false);
    }

    /// The first octet that is needed still.
    pub(crate) fn hold(&self) -> usize {
        match self.state {
            State::Body => self.given,
            _ => self.at,
        }
    }

    /// Whether the octets at hand are of a body.
    pub(crate) fn is_body(&self) -> bool {
        self.state == State::Body
    }

    pub(crate) fn is_done(&self) -> bool {
        self.state == State::Done
    }

    /// Goes as far as the window reaches. `base` is the offset of its first octet, at most [`hold`](Self::hold).
    pub(crate) fn run(&mut self, data: &[u8], base: usize, eof: bool, sink: &mut impl Sink) {
        let window = Window { data, base, eof };
        loop {
            let flow = match self.state {
                State::HeaderStart => self.header_start(window, sink),
                State::Header => self.header_lines(window, sink),
                State::FieldRest => self.field_rest(window, sink),
                State::Body => self.body(window, sink),
                State::Done => Flow::More,
            };
            if flow == Flow::More || sink.is_full() {
                return;
            }
        }
    }

    fn header_start(&mut self, window: Window<'_>, sink: &mut impl Sink) -> Flow {
        // The separator of an mbox file, or what is left of it when it was quoted.
        let is_message = !matches!(self.open.last(), Some(Some(_)));
        if is_message {
            let rest = window.from(self.at);
            for mark in [&b"From "[..], b">From "] {
                if let Some(sender) = rest.strip_prefix(mark) {
                    // A field, with white space before its colon, is none.
                    match sender.iter().find(|octet| !matches!(octet, b' ' | b'\t')) {
                        Some(b':') => break,
                        None if !window.eof && rest.len() <= self.config.limits.field_octets => {
                            return Flow::More;
                        }
                        _ => {}
                    }
                    let limit = self.config.limits.field_octets;
                    let end = window.line_end(self.at, self.searched);
                    let Some(end) = end.filter(|end| end.saturating_sub(self.at) <= limit) else {
                        if !window.eof && rest.len() <= limit {
                            self.searched = rest.len();
                            return Flow::More;
                        }
                        break;
                    };
                    sink.defect(DefectKind::MboxFromLine, self.at..end);
                    self.at = end;
                    break;
                }
                if !window.eof && mark.starts_with(rest) {
                    return Flow::More;
                }
            }
        }
        if !is_message && let Some(flow) = self.no_part(window, sink) {
            return flow;
        }
        self.parts = self.parts.saturating_add(1);
        self.open.push(None);
        sink.begin(self.at);
        self.header.begin();
        (self.searched, self.first) = (0, First::Run(0));
        self.state = State::Header;
        Flow::Go
    }

    /// A delimiter that another follows at once, or nothing at all, begins no part: RFC 2046 section 5.1.1 wants a line
    /// end at least between the two.
    fn no_part(&mut self, window: Window<'_>, sink: &mut impl Sink) -> Option<Flow> {
        let (line, rest) = (self.at, window.from(self.at));
        match rest.first() {
            None if window.eof => {
                self.finish(line, sink);
                Some(Flow::Go)
            }
            None => Some(Flow::More),
            Some(b'-') => match self.levels.find(rest, window.eof, self.choices) {
                Found::More => Some(Flow::More),
                Found::Delimiter { level, close, octets, lf } => {
                    let end = line.saturating_add(octets);
                    sink.defect(DefectKind::EndInHeader, line..line);
                    self.delimiter(level, close, line..end, line, sink);
                    self.closed(close, window, line..end);
                    self.line_end_seen(lf, line..end, sink);
                    Some(Flow::Go)
                }
                _ => None,
            },
            Some(_) => None,
        }
    }

    /// The header is over: decides what its body is.
    fn end_header(&mut self, window: Window<'_>, at: usize, body: usize, sink: &mut impl Sink) {
        let limits = self.config.limits;
        let digest = self.in_digest();
        // The rest of the message is searched for each.
        if self.choices.has(Choices::GUESS_BOUNDARY)
            && self.guesses < MAX_GUESSES
            && self.header.guess_boundary(window.from(body))
        {
            self.guesses += 1;
        }
        let header_only = self.choices.has(Choices::HEADER_ONLY);
        let mut kind = if header_only { Kind::Leaf } else { self.header.kind(digest, sink) };
        if kind != Kind::Leaf {
            if self.levels.depth() + 1 > usize::from(limits.depth) {
                sink.defect(DefectKind::LimitTruncated, body..body);
                kind = Kind::Leaf;
            } else if self.parts >= limits.parts {
                self.filled(body, sink);
                kind = Kind::Leaf;
            }
        }
        self.at = body;
        self.given = body;
        self.line_start = true;
        self.state = State::Body;
        self.place = Place::Leaf;
        sink.header_end(HeaderEnd { at, body, kind, encoding: self.header.encoding() });
        match kind {
            Kind::Leaf => {}
            Kind::Message => {
                self.levels.enter_message();
                self.state = State::HeaderStart;
            }
            Kind::Multipart => {
                let level = self.levels.push(self.header.boundary(), self.header.is_digest());
                if level.reused {
                    sink.defect(DefectKind::BoundaryReused, self.header.boundary_span());
                }
                if let Some(open) = self.open.last_mut() {
                    *open = Some(level.index);
                }
                self.place = Place::Preamble;
            }
        }
    }

    /// Whether the header at hand is that of a part of a multipart/digest.
    fn in_digest(&self) -> bool {
        let parent = self.open.len().checked_sub(2).and_then(|index| self.open.get(index)).copied().flatten();
        parent.is_some_and(|level| self.levels.is_digest(level))
    }

    /// There are as many parts as there may be: what follows belongs to the last one.
    fn filled(&mut self, at: usize, sink: &mut impl Sink) {
        if !self.full {
            self.full = true;
            sink.defect(DefectKind::LimitTruncated, at..at);
        }
    }

    fn body(&mut self, window: Window<'_>, sink: &mut impl Sink) -> Flow {
        if self.levels.is_empty() || self.full {
            self.give(window.end(), sink);
            self.at = window.end();
            if !window.eof {
                return Flow::More;
            }
            self.finish(window.end(), sink);
            return Flow::Go;
        }
        loop {
            if !self.line_start {
                match dashes(window.from(self.at)).map(|index| self.at.saturating_add(index)) {
                    Some(line) => self.at = line,
                    None if window.eof => {
                        self.give(window.end(), sink);
                        self.finish(window.end(), sink);
                        return Flow::Go;
                    }
                    None => {
                        // What may turn out to be the line end before a delimiter is kept.
                        let (line, text) = window.tail(self.at, self.given);
                        self.give(text, sink);
                        self.line_start = line.is_some();
                        self.at = line.unwrap_or_else(|| window.end());
                        return Flow::More;
                    }
                }
            }
            let line = self.at;
            match self.levels.find(window.from(line), window.eof, self.choices) {
                Found::No => {
                    self.line_start = false;
                }
                Found::Prefix => {
                    self.line_start = false;
                    sink.defect(DefectKind::BoundaryPrefix, line..line);
                }
                Found::AfterClose { octets } => {
                    self.line_start = false;
                    sink.defect(DefectKind::PartAfterClose, line..line.saturating_add(octets));
                }
                Found::More => {
                    self.line_start = true;
                    self.give(window.text_end(line, self.given), sink);
                    return Flow::More;
                }
                Found::Delimiter { level, close, octets, lf } => {
                    if !close && self.parts >= self.config.limits.parts {
                        self.filled(line, sink);
                        return Flow::Go;
                    }
                    let text_end = window.text_end(line, self.given);
                    let before = text_end..line;
                    let is_lf = before.len() == 1;
                    if is_lf && self.choices.has(Choices::CRLF_ONLY) {
                        self.line_start = false;
                        continue;
                    }
                    self.give(text_end, sink);
                    if !before.is_empty() {
                        self.line_end_seen(is_lf, before, sink);
                    }
                    // A closing delimiter and this one share a line end, and it is one of this one.
                    let shared =
                        self.place == Place::Epilogue && line == self.given && line == self.closed_at;
                    let part_end = if shared { self.closed_end } else { text_end };
                    let line = line..line.saturating_add(octets);
                    self.delimiter(level, close, line.clone(), part_end, sink);
                    self.closed(close, window, line.clone());
                    self.line_end_seen(lf, line, sink);
                    return Flow::Go;
                }
            }
        }
    }

    /// A delimiter line of `level`: what is open inside is closed, and a part or the epilogue begins.
    fn delimiter(
        &mut self,
        level: usize,
        close: bool,
        line: Range<usize>,
        text_end: usize,
        sink: &mut impl Sink,
    ) {
        while let Some(open) = self.open.last().copied() {
            if open == Some(level) {
                break;
            }
            self.close_part(open, text_end, sink);
        }
        self.levels.truncate(level);
        if close && !self.levels.is_seen(level) {
            sink.defect(DefectKind::MultipartEmpty, line.clone());
        }
        self.at = line.end;
        self.given = line.end;
        self.line_start = true;
        self.levels.seen(level);
        if close {
            self.levels.close(level);
            self.place = Place::Epilogue;
            self.state = State::Body;
        } else {
            self.state = State::HeaderStart;
        }
    }

    /// Notes where a closing delimiter ends: the next delimiter may share its line end.
    fn closed(&mut self, close: bool, window: Window<'_>, line: Range<usize>) {
        if close {
            (self.closed_end, self.closed_at) = (window.text_end(line.end, line.start), line.end);
        }
    }

    fn close_part(&mut self, open: Option<usize>, at: usize, sink: &mut impl Sink) {
        if let Some(level) = open {
            if !self.levels.is_seen(level) {
                sink.defect(DefectKind::BoundaryAbsent, at..at);
            } else if !self.levels.is_closed(level) {
                sink.defect(DefectKind::CloseDelimiterMissing, at..at);
            }
        }
        self.open.pop();
        sink.end(at);
    }

    fn finish(&mut self, end: usize, sink: &mut impl Sink) {
        while let Some(open) = self.open.last().copied() {
            self.close_part(open, end, sink);
        }
        self.at = end;
        self.state = State::Done;
    }

    fn give(&mut self, end: usize, sink: &mut impl Sink) {
        if end > self.given {
            sink.body(self.given..end, self.place);
            self.given = end;
        }
    }

    /// Notes how a line of the structure ends.
    fn line_end_seen(&mut self, lf: bool, line: Range<usize>, sink: &mut impl Sink) {
        let (first, mixed) = if lf {
            (!std::mem::replace(&mut self.lf, true), self.crlf)
        } else {
            (!std::mem::replace(&mut self.crlf, true), self.lf)
        };
        if first {
            if lf {
                sink.defect(DefectKind::BareLf, line.end.saturating_sub(1)..line.end);
            }
            if mixed {
                sink.defect(DefectKind::SeparatorVariant, line);
            }
        }
    }
}

/// The octets that are there.
#[derive(Clone, Copy)]
struct Window<'a> {
    data: &'a [u8],
    base: usize,
    eof: bool,
}

impl<'a> Window<'a> {
    fn end(self) -> usize {
        self.base.saturating_add(self.data.len())
    }

    fn from(self, at: usize) -> &'a [u8] {
        self.data.get(at.saturating_sub(self.base)..).unwrap_or_default()
    }

    /// Where the line that starts at `at` ends, its line end included; the end of the message counts as one.
    /// So many octets of it have none.
    fn line_end(self, at: usize, searched: usize) -> Option<usize> {
        let from = at.saturating_add(searched);
        match memchr::memchr(b'\n', self.from(from)) {
            Some(index) => Some(from.saturating_add(index).saturating_add(1)),
            None => self.eof.then(|| self.end()),
        }
    }

    /// What ends the window: the start of a line that may become a delimiter, if there is one, and where the text ends
    /// that is text for certain.
    fn tail(self, at: usize, given: usize) -> (Option<usize>, usize) {
        let end = self.end();
        let rest = self.from(at);
        for held in [&b"\n-"[..], b"\n"] {
            if rest.ends_with(held) {
                let line = end.saturating_sub(held.len()).saturating_add(1);
                return (Some(line), self.text_end(line, given));
            }
        }
        if self.data.ends_with(b"\r") { (None, end.saturating_sub(1).max(given)) } else { (None, end) }
    }

    /// Where the text before the line at `line` ends: the line end before a delimiter belongs to the delimiter.
    fn text_end(self, line: usize, floor: usize) -> usize {
        let before = self.data.get(..line.saturating_sub(self.base)).unwrap_or_default();
        let octets = match before {
            [.., b'\r', b'\n'] => 2,
            [.., b'\n'] => 1,
            _ => 0,
        };
        line.saturating_sub(octets).max(floor)
    }
}
