//! Messages that arrive in pieces.

use std::{collections::VecDeque, fmt, mem, ops::Range};

use bytes::{Buf, Bytes, BytesMut};
use wire_core::Escaped;

use crate::{
    Config, Defect, DefectKind, TransferEncoding,
    coding::Decoder,
    scan::{Choices, FieldAt, Form, HeaderEnd, Kind, Place, Scanner, Sink},
};

/// Octets that are looked at in one go: they bound what waits to be asked for.
const HEADER_STEP: usize = 4 * 1024;
const BODY_STEP: usize = 64 * 1024;
/// Octets that are added to what was kept of a body; what follows is given without a copy.
const JOIN: usize = 256;
/// What is found in one go, about: a step ends then, however little it looked at. Parts of a few octets would cost a
/// hundred times what they are long.
const FOUND: usize = 256;

/// How the content of a part is taken apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Content {
    /// Not at all: the body follows as [`Event::Body`].
    Leaf,
    /// Into parts between delimiters (RFC 2046 section 5.1).
    Multipart,
    /// It is a message (RFC 2046 section 5.2.1): its header begins.
    Message,
}

/// What [`Push`] found.
///
/// # Example
///
/// ```
/// use mime_core::{Config, Content, Event, Push};
///
/// let mut push = Push::new(Config::new());
/// push.push("Subject: a\r\n\r\nText");
/// push.finish();
/// let events: Vec<Event> = std::iter::from_fn(|| push.next()).collect();
/// let [Event::PartBegin, Event::Field(subject), Event::HeaderEnd { content, .. }, rest @ ..] = &events[..] else { panic!() };
/// assert_eq!((subject.name(), subject.raw_value(), *content), ("Subject", &b" a"[..], Content::Leaf));
/// assert!(rest.iter().any(|event| *event == Event::Body("Text".into())) && rest.ends_with(&[Event::PartEnd]));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// A part begins, inside of the one that is open; the first is the message itself.
    PartBegin,
    /// A field of its header, or a line that is none.
    Field(PushedField),
    /// The header is over.
    HeaderEnd {
        /// What follows.
        content: Content,
        /// How the body is encoded, for a leaf.
        encoding: TransferEncoding,
        /// The number of the part, as [`Part::path`](crate::Part::path) gives it.
        path: String,
    },
    /// Octets of the body of a leaf: decoded, unless [`Push::raw`] was asked for.
    Body(Bytes),
    /// Octets before the first delimiter of a multipart.
    Preamble(Bytes),
    /// Octets behind the closing delimiter of a multipart.
    Epilogue(Bytes),
    /// The innermost part that is open ends.
    PartEnd,
    /// Something is wrong with the structure, or with the encoding of a body. Spans count from the start of the message.
    Defect(Defect),
}

/// A header field of a message that arrives in pieces. It refers to the octets that were read: copy what is kept for long.
#[derive(Clone, PartialEq, Eq)]
pub struct PushedField {
    raw: Bytes,
    start: usize,
    colon: usize,
    value_end: usize,
    form: Form,
}

impl PushedField {
    /// Whether it is a field: a name of legal octets, and a colon.
    pub fn is_field(&self) -> bool {
        self.form.counts()
    }

    /// The name as it stands; empty if there is none that is legal.
    pub fn name(&self) -> &str {
        let octets = self.raw.get(..self.colon).filter(|_| self.is_field()).unwrap_or_default();
        std::str::from_utf8(octets).unwrap_or_default().trim_end()
    }

    /// The value, folding and encoded words as they came; cut at
    /// [`Limits::field_octets`](crate::Limits::field_octets).
    pub fn raw_value(&self) -> &[u8] {
        self.raw.get(self.colon.saturating_add(1)..self.value_end).unwrap_or_default()
    }

    /// All octets, line end included; cut at [`Limits::field_octets`](crate::Limits::field_octets).
    pub fn raw(&self) -> &Bytes {
        &self.raw
    }

    /// Where it stands in the message.
    pub fn span(&self) -> Range<usize> {
        self.start..self.start.saturating_add(self.raw.len())
    }
}

impl fmt::Debug for PushedField {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("PushedField").field(&Escaped(&self.raw)).finish()
    }
}

/// Parses a message as its octets arrive, in memory that does not depend on its size.
///
/// The counterpart of [`Message`](crate::Message), over the same grammar: both find the same parts, fields and defects of
/// structure, wherever the pieces end. What is kept is the field at hand (at most
/// [`Limits::field_octets`](crate::Limits::field_octets)), boundaries ([`Limits::boundary`](crate::Limits::boundary) times
/// [`Limits::depth`](crate::Limits::depth)), the last few octets of a body, and some hundred events of at most 64 KiB of
/// input that were not asked for yet. Octets that were pushed are referred to, not copied, but for headers and decoded
/// bodies.
///
/// # Memory
///
/// Beside the pieces that were pushed and not looked at, whatever a message holds, at most
///
/// ```text
/// 4 * field_octets + 4 * depth * (boundary + 32) + 1 MiB
/// ```
///
/// of [`Limits`](crate::Limits), all in octets: 5.4 MiB by default. Storage that grows is there twice for a moment, hence
/// the factors. Mail that is not made to cost much is far from it: below 1 MiB, were it of 1 GiB. Ask for all events
/// before you push again, and copy what you keep of them: an event refers to the whole piece that it came from.
///
/// # Example
///
/// ```
/// use mime_core::{Config, Event, Push};
///
/// let mut push = Push::new(Config::new());
/// let mut body = Vec::new();
/// for piece in ["Content-Transfer-Encoding: qu", "oted-printable\r\n\r\nGr=C3", "=BC=C3=9Fe\r\n"] {
///     push.push(piece);
///     while let Some(event) = push.next() {
///         if let Event::Body(octets) = event {
///             body.extend_from_slice(&octets);
///         }
///     }
/// }
/// push.finish();
/// while let Some(event) = push.next() {
///     if let Event::Body(octets) = event {
///         body.extend_from_slice(&octets);
///     }
/// }
/// assert_eq!(body, "Grüße\r\n".as_bytes());
/// ```
#[derive(Debug)]
pub struct Push {
    scanner: Scanner,
    raw: bool,
    /// Octets that were not looked at yet.
    input: VecDeque<Bytes>,
    /// Octets from `base` on that are needed still.
    held: BytesMut,
    base: usize,
    ended: bool,
    found: Found,
    events: VecDeque<Event>,
    open: Vec<Open>,
    body: Option<Body>,
}

/// The body of a leaf.
#[derive(Debug)]
struct Body {
    decoder: Decoder,
    identity: bool,
    start: usize,
}

#[derive(Clone, Copy, Debug)]
struct Open {
    content: Content,
    number: u32,
    children: u32,
}

impl Push {
    /// A parser that decodes bodies.
    pub fn new(config: Config) -> Self {
        Self {
            scanner: Scanner::new(config, Choices::default()),
            raw: false,
            input: VecDeque::new(),
            held: BytesMut::new(),
            base: 0,
            ended: false,
            found: Found {
                events: Vec::new(),
                defects: config.limits.defects.saturating_add(1),
                most: FOUND,
            },
            events: VecDeque::new(),
            open: Vec::new(),
            body: None,
        }
    }

    /// Bodies are given as they are encoded.
    #[must_use]
    pub fn raw(mut self) -> Self {
        self.raw = true;
        self
    }

    /// More of the message. It is looked at as events are asked for; until then it is kept.
    pub fn push(&mut self, octets: impl Into<Bytes>) {
        let octets = octets.into();
        if !octets.is_empty() && !self.ended {
            self.input.push_back(octets);
        }
    }

    /// There is no more of the message.
    pub fn finish(&mut self) {
        self.ended = true;
    }

    /// The next thing that was found; `None` if more is needed, or behind [`finish`](Self::finish) if that was all.
    #[allow(clippy::should_implement_trait)] // it goes on when there is more
    pub fn next(&mut self) -> Option<Event> {
        loop {
            if let Some(event) = self.events.pop_front() {
                return Some(event);
            }
            if self.scanner.is_done() || (self.input.is_empty() && !self.ended) {
                return None;
            }
            self.step();
        }
    }

    /// Looks at some more octets.
    fn step(&mut self) {
        let step = if self.scanner.is_body() { BODY_STEP } else { HEADER_STEP };
        if self.held.is_empty() {
            let window = self.take(step);
            let eof = self.ended && self.input.is_empty();
            self.found.most = FOUND;
            self.scanner.run(&window, self.base, eof, &mut self.found);
            let used = self.scanner.hold().saturating_sub(self.base).min(window.len());
            let stopped = self.found.is_full();
            self.translate(&window);
            if stopped && used < window.len() {
                self.input.push_front(window.slice(used..));
            } else {
                self.held.extend_from_slice(window.get(used..).unwrap_or_default());
            }
            self.base = self.base.saturating_add(used);
        } else {
            let more = self.take(if self.scanner.is_body() { JOIN } else { step });
            self.held.extend_from_slice(&more);
            let eof = self.ended && self.input.is_empty();
            // What is held has been looked at, and what was added is little.
            self.found.most = usize::MAX;
            self.scanner.run(&self.held, self.base, eof, &mut self.found);
            let used = self.scanner.hold().saturating_sub(self.base).min(self.held.len());
            let window = self.held.split_to(used).freeze();
            self.translate(&window);
            self.base = self.base.saturating_add(used);
        }
    }

    fn take(&mut self, octets: usize) -> Bytes {
        let Some(first) = self.input.front_mut() else { return Bytes::new() };
        if first.remaining() > octets {
            return first.split_to(octets);
        }
        self.input.pop_front().unwrap_or_default()
    }

    /// Makes events of what was found in the window at `base`.
    fn translate(&mut self, window: &Bytes) {
        let base = self.base;
        let octets = |range: Range<usize>| {
            let (start, end) = (range.start.saturating_sub(base), range.end.saturating_sub(base));
            window.slice(start.min(window.len())..end.min(window.len()))
        };
        let mut found = mem::take(&mut self.found.events);
        for item in found.drain(..) {
            match item {
                Item::Begin => {
                    let number = self.open.last_mut().map_or(1, |parent| {
                        parent.children = parent.children.saturating_add(1);
                        parent.children
                    });
                    self.open.push(Open { content: Content::Leaf, number, children: 0 });
                    self.events.push_back(Event::PartBegin);
                }
                Item::Field(field) => self.events.push_back(Event::Field(PushedField {
                    raw: octets(field.start..field.end),
                    start: field.start,
                    colon: field.colon.saturating_sub(field.start),
                    value_end: field.value_end.saturating_sub(field.start),
                    form: field.form,
                })),
                Item::HeaderEnd(end) => {
                    let content = match end.kind {
                        Kind::Leaf => Content::Leaf,
                        Kind::Multipart => Content::Multipart,
                        Kind::Message => Content::Message,
                    };
                    if let Some(open) = self.open.last_mut() {
                        open.content = content;
                    }
                    if content == Content::Leaf && !self.raw {
                        self.body = Some(Body {
                            decoder: Decoder::new(end.encoding),
                            identity: end.encoding.is_identity(),
                            start: end.body,
                        });
                    }
                    let path = self.path();
                    self.events.push_back(Event::HeaderEnd { content, encoding: end.encoding, path });
                }
                Item::Body(range, Place::Leaf) => {
                    let raw = octets(range);
                    match &mut self.body {
                        Some(body) if !body.identity => {
                            let mut decoded = Vec::new();
                            let mut defects = Vec::new();
                            body.decoder.push(&raw, &mut decoded, &mut defects);
                            let start = body.start;
                            self.decoded(decoded, defects, start);
                        }
                        _ => self.events.push_back(Event::Body(raw)),
                    }
                }
                Item::Body(range, Place::Preamble) => self.events.push_back(Event::Preamble(octets(range))),
                Item::Body(range, Place::Epilogue) => self.events.push_back(Event::Epilogue(octets(range))),
                Item::End => {
                    if let Some(mut body) = self.body.take() {
                        let (mut decoded, mut defects) = (Vec::new(), Vec::new());
                        body.decoder.finish(&mut decoded, &mut defects);
                        self.decoded(decoded, defects, body.start);
                    }
                    self.open.pop();
                    self.events.push_back(Event::PartEnd);
                }
                Item::Defect(defect) => self.events.push_back(Event::Defect(defect)),
            }
        }
        self.found.events = found;
    }

    fn decoded(&mut self, octets: Vec<u8>, defects: Vec<Defect>, start: usize) {
        if !octets.is_empty() {
            self.events.push_back(Event::Body(octets.into()));
        }
        for mut defect in defects {
            defect.span = defect.span.start.saturating_add(start)..defect.span.end.saturating_add(start);
            self.events.push_back(Event::Defect(defect));
        }
    }

    fn path(&self) -> String {
        let mut path = String::new();
        let mut parent = None;
        for open in &self.open {
            let number = match parent {
                Some(Content::Multipart) => Some(open.number),
                _ => (open.content != Content::Multipart).then_some(1),
            };
            if let Some(number) = number {
                if !path.is_empty() {
                    path.push('.');
                }
                path.push_str(&number.to_string());
            }
            parent = Some(open.content);
        }
        path
    }
}

/// What the scanner found, by offsets.
#[derive(Debug)]
struct Found {
    events: Vec<Item>,
    /// How many defects may be told still; one more says that there were others.
    defects: usize,
    /// How many events are enough.
    most: usize,
}

#[derive(Debug)]
enum Item {
    Begin,
    Field(FieldAt),
    HeaderEnd(HeaderEnd),
    Body(Range<usize>, Place),
    End,
    Defect(Defect),
}

impl Sink for Found {
    fn begin(&mut self, _: usize) {
        self.events.push(Item::Begin);
    }

    fn field(&mut self, field: FieldAt) {
        self.events.push(Item::Field(field));
    }

    fn field_rest(&mut self, _: Range<usize>) {}

    fn header_end(&mut self, end: HeaderEnd) {
        self.events.push(Item::HeaderEnd(end));
    }

    fn body(&mut self, octets: Range<usize>, place: Place) {
        self.events.push(Item::Body(octets, place));
    }

    fn end(&mut self, _: usize) {
        self.events.push(Item::End);
    }

    fn defect(&mut self, kind: DefectKind, span: Range<usize>) {
        let kind = match self.defects {
            0 => return,
            1 => DefectKind::LimitTruncated,
            _ => kind,
        };
        self.defects -= 1;
        self.events.push(Item::Defect(Defect::new(kind, span)));
    }

    fn is_full(&self) -> bool {
        self.events.len() >= self.most
    }
}
