//! Lines of headers: where fields begin and end, and which of them decide what follows.

use std::ops::Range;

use smallvec::SmallVec;

use super::{
    Choices, FieldAt, Flow, Form, HeaderEnd, Kind, Place, Scanner, Sink, State, Structure, Window,
    levels::{Found, delimits},
    lines::{FirstLine, first_line, name_octets},
};
use crate::{DefectKind, TransferEncoding, name::Known};

/// How far to look ahead whether a line that is no field is followed by fields.
const LOOK_AHEAD: usize = 4096;

/// A boundary; those of RFC 2046 section 5.1.1 need no storage elsewhere.
pub(crate) type Boundary = SmallVec<[u8; 96]>;

/// What is known of the header that is read.
#[derive(Debug, Default)]
pub(super) struct Header {
    fields: u32,
    /// A field that is one was there.
    valid: bool,
    /// The known fields that were there, by bit.
    seen: u32,
    content: Option<Structure>,
    boundary: Boundary,
    content_type: Range<usize>,
    encoding: Option<TransferEncoding>,
    encoding_span: Range<usize>,
    nothing_more: bool,
}

impl Header {
    pub(super) fn begin(&mut self) {
        self.boundary.clear();
        (self.fields, self.valid, self.seen) = (0, false, 0);
        (self.content, self.content_type) = (None, 0..0);
        (self.encoding, self.encoding_span) = (None, 0..0);
        self.nothing_more = false;
    }

    pub(super) fn boundary(&self) -> &[u8] {
        &self.boundary
    }

    /// The boundary that is looked for behind this header, or nothing.
    fn own_boundary(&self) -> &[u8] {
        if self.content.is_some_and(|content| content.kind == Kind::Multipart) { &self.boundary } else { &[] }
    }

    pub(super) fn boundary_span(&self) -> Range<usize> {
        self.content_type.clone()
    }

    /// Takes the first line that begins with two hyphens for a delimiter, if the boundary is none or never comes. The
    /// whole message must be there.
    ///
    /// Tells whether it had to look.
    pub(super) fn guess_boundary(&mut self, body: &[u8]) -> bool {
        let Some(content) = self.content.as_mut().filter(|content| content.kind == Kind::Multipart) else {
            return false;
        };
        let lines = || body.split(|&octet| octet == b'\n').filter_map(|line| line.strip_prefix(b"--"));
        if !self.boundary.is_empty() && lines().any(|line| line.starts_with(&self.boundary)) {
            return true;
        }
        if let Some(guess) = lines().map(<[u8]>::trim_ascii_end).find(|line| !line.is_empty()) {
            self.boundary.clear();
            self.boundary.extend_from_slice(guess);
            content.defect = None;
        }
        true
    }

    /// The transfer encoding; the default is 7bit (RFC 2045 section 6.1).
    pub(super) fn encoding(&self) -> TransferEncoding {
        self.encoding.unwrap_or(TransferEncoding::SevenBit)
    }

    pub(super) fn is_digest(&self) -> bool {
        self.content.is_some_and(|content| content.digest)
    }
}

/// What is known of the line of a header that is at hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum First {
    /// So many octets of it are all CR, or all white space.
    Run(usize),
    /// It is the first of a field, or of something that is none, and why.
    Field(Option<DefectKind>),
}

/// How a line begins.
struct Name {
    /// Octets before the colon; without a colon, of the line without its end.
    octets: usize,
    form: Form,
}

impl Scanner {
    /// Goes over fields up to the end of the header.
    pub(super) fn header_lines(&mut self, window: Window<'_>, sink: &mut impl Sink) -> Flow {
        loop {
            if self.first == First::Run(0) && self.searched == 0 && self.plain_field(window, sink) {
                if sink.is_full() {
                    return Flow::More;
                }
                continue;
            }
            let junk = match self.first {
                First::Field(junk) => junk,
                First::Run(seen) => match self.first_line(window, seen, sink) {
                    Ok(junk) => {
                        self.first = First::Field(junk);
                        junk
                    }
                    Err(flow) => return flow,
                },
            };
            match self.field(window, junk, sink) {
                Flow::Go if self.state == State::Header && !sink.is_full() => {}
                flow => return flow,
            }
        }
    }

    /// Takes a field that is as most are, and whole in the window; tells whether it was one. [`field`](Self::field) takes
    /// the others, and these as well.
    fn plain_field(&mut self, window: Window<'_>, sink: &mut impl Sink) -> bool {
        let start = self.at;
        let rest = window.from(start);
        if matches!(rest.first(), None | Some(b'\r' | b'\n' | b'-' | b' ' | b'\t')) {
            return false;
        }
        let FirstLine { name, end: Some(mut line_end) } = first_line(rest) else { return false };
        if name == 0 || rest.get(name) != Some(&b':') {
            return false;
        }
        // The first line ends of either kind that none was seen of before: told when all is well.
        let (mut crlf, mut lf) = (usize::MAX, usize::MAX);
        let (end, value_end) = loop {
            let next = line_end + 1;
            if next > self.config.limits.field_octets {
                return false;
            }
            let value_end = match rest.get(..line_end) {
                Some([.., b'\r', b'\r']) => return false,
                Some([.., b'\r']) => {
                    crlf = crlf.min(next);
                    line_end - 1
                }
                _ if self.choices.has(Choices::CRLF_ONLY) => return false,
                _ => {
                    lf = lf.min(next);
                    line_end
                }
            };
            match rest.get(next) {
                None => return false,
                Some(b' ' | b'\t') => {
                    let line = rest.get(next..).unwrap_or_default();
                    match line.iter().find(|octet| !matches!(octet, b' ' | b'\t')) {
                        None | Some(b'\r' | b'\n') => return false,
                        Some(_) => {}
                    }
                    let Some(index) = memchr::memchr(b'\n', line) else { return false };
                    line_end = next + index;
                }
                Some(_) => break (next, value_end),
            }
        };
        if (crlf != usize::MAX && !self.crlf) || (lf != usize::MAX && !self.lf) {
            let (first, second) = (crlf.min(lf), crlf.max(lf));
            for next in [first, second].into_iter().filter(|&next| next != usize::MAX) {
                self.line_end_seen(next == lf, start..start + next, sink);
            }
        }
        let field = FieldAt {
            start,
            colon: start + name,
            value_end: start + value_end,
            end: start + end,
            known: Known::of(rest.get(..name).unwrap_or_default()),
            form: Form::Field,
        };
        self.header.valid = true;
        self.index(field, rest.get(name + 1..value_end).unwrap_or_default(), sink);
        self.at = field.end;
        true
    }

    /// What the line at hand is, by its first octets: the first line of a field, or of none for the reason that is given,
    /// or something else, and then it is dealt with here. `seen` octets of it are looked at already.
    fn first_line(
        &mut self,
        window: Window<'_>,
        seen: usize,
        sink: &mut impl Sink,
    ) -> Result<Option<DefectKind>, Flow> {
        let start = self.at;
        let rest = window.from(start);
        let limit = self.config.limits.field_octets;
        match rest.first() {
            None if !window.eof => return Err(Flow::More),
            None => {
                if self.header.fields > 0 || start > 0 {
                    sink.defect(DefectKind::EndInHeader, start..start);
                }
                self.end_header(window, start, start, sink);
                return Err(Flow::Go);
            }
            Some(b'\r' | b'\n') => {
                let unseen = rest.get(seen..).unwrap_or_default();
                let crs = seen.saturating_add(
                    unseen.iter().take(limit.saturating_add(2)).take_while(|&&octet| octet == b'\r').count(),
                );
                let end = match rest.get(crs) {
                    // Nothing but CR as far as one can see: a line that is no field.
                    _ if crs > limit.max(1) => return Ok(Some(DefectKind::BareCr)),
                    Some(b'\n') if crs == 0 && self.choices.has(Choices::CRLF_ONLY) => {
                        return Ok(Some(DefectKind::BareLf));
                    }
                    Some(b'\n') => {
                        let end = start.saturating_add(crs).saturating_add(1);
                        if crs > 1 {
                            sink.defect(DefectKind::SeparatorVariant, start..end);
                        }
                        self.line_end_seen(crs == 0, start..end, sink);
                        end
                    }
                    None if window.eof => {
                        sink.defect(DefectKind::SeparatorVariant, start..window.end());
                        window.end()
                    }
                    None => {
                        self.first = First::Run(crs);
                        return Err(Flow::More);
                    }
                    Some(_) => return Ok(Some(DefectKind::BareCr)),
                };
                self.end_header(window, start, end, sink);
                return Err(Flow::Go);
            }
            Some(b' ' | b'\t') => {
                let mut seen = seen;
                if self.ends_blank() {
                    match blank_line(rest, limit, window.eof, &mut seen) {
                        None => {
                            self.first = First::Run(seen);
                            return Err(Flow::More);
                        }
                        Some(0) => {}
                        Some(octets) => {
                            let end = start.saturating_add(octets);
                            sink.defect(DefectKind::BlankContinuation, start..end);
                            self.end_header(window, start, end, sink);
                            return Err(Flow::Go);
                        }
                    }
                }
                return Ok(Some(DefectKind::LeadingContinuation));
            }
            Some(b'-') => {
                // The first delimiter of the multipart whose header this is, and no empty line before it.
                match delimits(rest, self.header.own_boundary(), window.eof, self.choices) {
                    Found::More => return Err(Flow::More),
                    Found::Delimiter { .. } => {
                        sink.defect(DefectKind::MissingSeparator, start..start);
                        self.end_header(window, start, start, sink);
                        return Err(Flow::Go);
                    }
                    _ => {}
                }
                match self.levels.find(rest, window.eof, self.choices) {
                    Found::More => return Err(Flow::More),
                    Found::Delimiter { level, close, octets, lf } => {
                        let line = start..start.saturating_add(octets);
                        return Err(self.delimiter_in_header(window, level, close, line, lf, sink));
                    }
                    _ => {}
                }
            }
            Some(_) => {}
        }
        Ok(None)
    }

    fn delimiter_in_header(
        &mut self,
        window: Window<'_>,
        level: usize,
        close: bool,
        line: Range<usize>,
        lf: bool,
        sink: &mut impl Sink,
    ) -> Flow {
        let at = line.start;
        sink.defect(DefectKind::EndInHeader, at..at);
        // The header is over, and its body is empty whatever it would have been.
        sink.header_end(HeaderEnd { at, body: at, kind: Kind::Leaf, encoding: self.header.encoding() });
        self.given = at;
        self.place = Place::Leaf;
        if !close && self.parts >= self.config.limits.parts {
            self.filled(at, sink);
            self.state = State::Body;
            return Flow::Go;
        }
        self.delimiter(level, close, line.clone(), at, sink);
        self.closed(close, window, line.clone());
        self.line_end_seen(lf, line, sink);
        Flow::Go
    }

    /// One field, with the lines that continue it. `junk` says that its first line is none, and why.
    fn field(&mut self, window: Window<'_>, junk: Option<DefectKind>, sink: &mut impl Sink) -> Flow {
        let limits = self.config.limits;
        let start = self.at;
        let rest = window.from(start);
        // Where the field ends: at a line end that no white space follows.
        let mut from = self.searched;
        let (end, lf) = loop {
            let Some(index) = memchr::memchr(b'\n', rest.get(from..).unwrap_or_default()) else {
                if window.eof {
                    break (rest.len(), false);
                }
                self.searched = rest.len();
                if rest.len() > limits.field_octets {
                    break (rest.len(), false);
                }
                return Flow::More;
            };
            let next = from.saturating_add(index).saturating_add(1);
            if next > limits.field_octets {
                break (next, true);
            }
            let bare = next.checked_sub(2).and_then(|before| rest.get(before)) != Some(&b'\r');
            if bare && self.choices.has(Choices::CRLF_ONLY) {
                from = next;
                continue;
            }
            match rest.get(next) {
                Some(b' ' | b'\t') => {
                    let line = rest.get(next..).unwrap_or_default();
                    let most = limits.field_octets.saturating_sub(next);
                    match blank_line(line, most, window.eof, &mut self.blank) {
                        None => {
                            self.searched = next.saturating_sub(1);
                            return Flow::More;
                        }
                        // It ends the header, and then this field too.
                        Some(1..) if self.ends_blank() => break (next, true),
                        Some(0) => {}
                        Some(octets) => {
                            let at = start.saturating_add(next);
                            sink.defect(DefectKind::BlankContinuation, at..at.saturating_add(octets));
                        }
                    }
                    self.line_end_seen(bare, start..start.saturating_add(next), sink);
                    from = next;
                }
                None if !window.eof => {
                    self.searched = next.saturating_sub(1);
                    return Flow::More;
                }
                _ => break (next, true),
            }
        };
        self.searched = 0;
        let long = end > limits.field_octets;
        let end = end.min(limits.field_octets);
        let whole = rest.get(..end).unwrap_or_default();
        let name = name_of(whole);
        let any =
            self.choices.has(Choices::ANY_NAME) && matches!(name.form, Form::IllegalName | Form::FoldedName);
        let form = match junk {
            _ if any => Form::Spaced,
            Some(_) => Form::Junk,
            None => name.form,
        };
        if matches!(form, Form::Junk | Form::IllegalName | Form::FoldedName) {
            let inside = self.is_in_header(window, start, end, form);
            if inside.is_some() {
                self.ahead = 0;
            }
            match inside {
                Some(true) => {}
                Some(false) => {
                    if junk == Some(DefectKind::LeadingContinuation) {
                        sink.defect(DefectKind::LeadingContinuation, start..start.saturating_add(end));
                    }
                    sink.defect(DefectKind::MissingSeparator, start..start);
                    self.end_header(window, start, start, sink);
                    return Flow::Go;
                }
                None => {
                    self.searched = end.saturating_sub(1);
                    return Flow::More;
                }
            }
        }
        let value_end = if long { end } else { end.saturating_sub(line_end_octets(whole)) };
        let colon = if form == Form::Junk { value_end } else { name.octets.min(value_end) };
        let mut field = FieldAt {
            start,
            colon: start.saturating_add(colon),
            value_end: start.saturating_add(value_end),
            end: start.saturating_add(end),
            known: Known::Other,
            form,
        };
        if lf && !long {
            self.line_end_seen(!whole.ends_with(b"\r\n"), field.start..field.end, sink);
        }
        self.report_form(&field, junk, sink);
        if form.counts() {
            self.header.valid = true;
            let octets = whole.get(..colon).unwrap_or_default();
            field.known = Known::of(if form == Form::Spaced { bare(octets) } else { octets });
        }
        self.index(field, whole.get(colon.saturating_add(1)..value_end).unwrap_or_default(), sink);
        self.at = field.end;
        self.first = First::Run(0);
        if long {
            sink.defect(DefectKind::LimitTruncated, field.value_end..field.value_end);
            self.rest = self.at;
            self.state = State::FieldRest;
        }
        Flow::Go
    }

    /// Counts a field, looks at it if it decides something, and gives it.
    fn index(&mut self, field: FieldAt, value: &[u8], sink: &mut impl Sink) {
        let limits = self.config.limits;
        let octets = field.end.saturating_sub(field.start);
        if self.header.fields >= limits.fields
            || self.all_fields >= limits.all_fields
            || self.header_octets.saturating_add(octets) > limits.header_octets
        {
            // Nothing that comes later is indexed either, be it smaller.
            self.header.fields = limits.fields;
            if self.header_octets.saturating_add(octets) > limits.header_octets {
                self.header_octets = limits.header_octets;
            }
            if !self.header.nothing_more {
                self.header.nothing_more = true;
                sink.defect(DefectKind::LimitTruncated, field.start..field.start);
            }
            return;
        }
        self.header.fields += 1;
        self.all_fields += 1;
        self.header_octets += octets;
        sink.field(field);
        if field.known == Known::Other {
            return;
        }
        let bit = 1_u32 << (field.known as u32);
        let again = self.header.seen & bit != 0;
        self.header.seen |= bit;
        if again && field.known.is_single() {
            sink.defect(DefectKind::DuplicateField, field.start..field.end);
        }
        if again && !self.choices.has(Choices::LAST_FIELD) {
            return;
        }
        match field.known {
            Known::ContentType => {
                self.header.content =
                    Structure::of(value, &self.config, self.choices, &mut self.header.boundary);
                self.header.content_type = field.start..field.end;
                if self.header.content.is_none() {
                    sink.defect(DefectKind::InvalidContentType, field.start..field.end);
                }
            }
            Known::ContentTransferEncoding => {
                self.header.encoding = Some(TransferEncoding::from_value(value, &mut ()));
                self.header.encoding_span = field.start..field.end;
            }
            _ => {}
        }
    }

    fn report_form(&mut self, field: &FieldAt, junk: Option<DefectKind>, sink: &mut impl Sink) {
        let kind = match field.form {
            Form::Field => return,
            Form::Spaced => DefectKind::SpaceBeforeColon,
            Form::IllegalName => DefectKind::IllegalFieldName,
            Form::FoldedName => DefectKind::FoldedFieldName,
            Form::Junk => junk.unwrap_or(DefectKind::NonHeaderLine),
        };
        sink.defect(kind, field.start..field.end);
    }

    fn ends_blank(&self) -> bool {
        self.config.blank_line_ends_header || self.choices.has(Choices::BLANK_ENDS_HEADER)
    }

    /// Whether a line that is no field belongs to the header all the same; `None` if too little is there to tell.
    ///
    /// RFC 7103 section 7.2 wants it to, if fields or an empty line follow; a message that has no field at all before
    /// its first empty line has no header.
    fn is_in_header(&mut self, window: Window<'_>, start: usize, end: usize, form: Form) -> Option<bool> {
        if form == Form::FoldedName || self.choices.has(Choices::JUNK_IN_HEADER) || start < self.junk_until {
            return Some(true);
        }
        if self.choices.has(Choices::JUNK_ENDS_HEADER) {
            return Some(false);
        }
        let behind = window.from(start.saturating_add(end));
        let seen = behind.get(..LOOK_AHEAD).unwrap_or(behind);
        let whole = window.eof || behind.len() >= LOOK_AHEAD;
        let mut at = self.ahead;
        while let Some(line) = seen.get(at..).filter(|line| !line.is_empty()) {
            let next = memchr::memchr(b'\n', line);
            if next.is_none() && !whole {
                self.ahead = at;
                return None;
            }
            let line = line.get(..next.unwrap_or(line.len())).unwrap_or_default();
            // RFC 5322 section 4.2: a line of white space is a continuation, and no end.
            let is_continuation = matches!(line.first(), Some(b' ' | b'\t')) && !self.ends_blank();
            if !is_continuation && line.trim_ascii_end().is_empty() {
                break;
            }
            if name_of(line).form.counts() {
                self.junk_until = start.saturating_add(end).saturating_add(at);
                return Some(true);
            }
            if !self.levels.is_empty()
                && matches!(self.levels.find(line, true, self.choices), Found::Delimiter { .. })
            {
                break;
            }
            at = at.saturating_add(line.len()).saturating_add(1);
            if next.is_none() {
                return Some(false);
            }
        }
        if at >= seen.len() {
            self.ahead = at;
            return if whole { Some(false) } else { None };
        }
        if self.header.valid {
            self.junk_until = start.saturating_add(end).saturating_add(at);
        }
        Some(self.header.valid)
    }

    /// The rest of a field that is longer than the limit.
    pub(super) fn field_rest(&mut self, window: Window<'_>, sink: &mut impl Sink) -> Flow {
        loop {
            let rest = window.from(self.at);
            let Some(index) = memchr::memchr(b'\n', rest) else {
                self.at = window.end();
                if !window.eof {
                    return Flow::More;
                }
                break;
            };
            let next = index.saturating_add(1);
            match rest.get(next) {
                Some(b' ' | b'\t') => self.at = self.at.saturating_add(next),
                None if !window.eof => {
                    self.at = self.at.saturating_add(index);
                    return Flow::More;
                }
                _ => {
                    self.at = self.at.saturating_add(next);
                    break;
                }
            }
        }
        self.header_octets = self.header_octets.saturating_add(self.at.saturating_sub(self.rest));
        sink.field_rest(self.rest..self.at);
        self.state = State::Header;
        Flow::Go
    }
}

impl Header {
    /// What follows a header; what is wrong with that is reported.
    pub(super) fn kind(&self, digest: bool, sink: &mut impl Sink) -> Kind {
        // RFC 2046 section 5.1.5: "in a digest, the default Content-Type value for a body part is changed from
        // "text/plain" to "message/rfc822"."
        let default = if digest && self.content_type.is_empty() { Kind::Message } else { Kind::Leaf };
        let kind = self.content.map_or(default, |content| content.kind);
        if kind == Kind::Leaf {
            return kind;
        }
        let identity = self.encoding.is_none_or(TransferEncoding::is_identity);
        if !identity {
            sink.defect(DefectKind::CteOnMultipart, self.encoding_span.clone());
        }
        match kind {
            Kind::Message if identity => Kind::Message,
            Kind::Message | Kind::Leaf => Kind::Leaf,
            Kind::Multipart if self.boundary.is_empty() => {
                if let Some(defect) = self.content.and_then(|content| content.defect) {
                    sink.defect(defect, self.content_type.clone());
                }
                Kind::Leaf
            }
            Kind::Multipart => Kind::Multipart,
        }
    }
}

/// The octets of a line that begins with white space, if it is a line of white space, else 0; `None` if too little is
/// there to tell. At most `most` octets are looked at. `seen` of them are known to be white space.
fn blank_line(line: &[u8], most: usize, eof: bool, seen: &mut usize) -> Option<usize> {
    let known = std::mem::take(seen);
    let unseen = line.get(known..line.len().min(most)).unwrap_or_default();
    match unseen.iter().position(|octet| !matches!(octet, b' ' | b'\t' | b'\r')) {
        Some(first) if unseen.get(first) == Some(&b'\n') => {
            Some(known.saturating_add(first).saturating_add(1))
        }
        Some(_) => Some(0),
        None if eof || line.len() >= most => Some(0),
        None => {
            *seen = known.saturating_add(unseen.len());
            None
        }
    }
}

/// The name that a field begins with. RFC 5322 section 3.6.8: `ftext = %d33-57 / %d59-126`.
fn name_of(field: &[u8]) -> Name {
    let octets = name_octets(field);
    match field.get(octets) {
        Some(b':') if octets > 0 => return Name { octets, form: Form::Field },
        Some(b' ' | b'\t') if octets > 0 => {
            let spaces = field.iter().skip(octets).take_while(|octet| matches!(octet, b' ' | b'\t')).count();
            if field.get(octets.saturating_add(spaces)) == Some(&b':') {
                return Name { octets: octets.saturating_add(spaces), form: Form::Spaced };
            }
        }
        _ => {}
    }
    let line = memchr::memchr(b'\n', field).unwrap_or(field.len());
    let (first, folded) = field.split_at_checked(line).unwrap_or((field, &[]));
    if let Some(colon) = memchr::memchr(b':', first) {
        return Name { octets: colon, form: Form::IllegalName };
    }
    // A name alone on its line, and its colon on the next.
    if octets > 0 && first.trim_ascii_end().len() == octets {
        let spaces = folded.iter().take_while(|octet| matches!(octet, b' ' | b'\t' | b'\r' | b'\n')).count();
        if folded.get(spaces) == Some(&b':') {
            return Name { octets: line.saturating_add(spaces), form: Form::FoldedName };
        }
    }
    Name { octets: first.trim_ascii_end().len(), form: Form::Junk }
}

/// A name without what may not be in it at either end.
fn bare(name: &[u8]) -> &[u8] {
    let is_text = |octet: &u8| matches!(octet, 33..=57 | 59..=126);
    let start = name.iter().position(is_text).unwrap_or(name.len());
    let end = name.iter().rposition(is_text).map_or(start, |last| last.saturating_add(1));
    name.get(start..end).unwrap_or_default()
}

/// The octets of the line end that a field ends with, stray CR included.
fn line_end_octets(field: &[u8]) -> usize {
    match field {
        [.., b'\r', b'\n'] => 2 + field.iter().rev().skip(2).take_while(|&&octet| octet == b'\r').count(),
        [.., b'\n'] => 1,
        _ => field.iter().rev().take_while(|&&octet| octet == b'\r').count(),
    }
}
