//! Quoted-printable, as RFC 2045 section 6.7 and everybody's mail have it.

use super::{
    quoted_scan::{LINE, Place, ROOM, WINDOW, low, scan},
    told::Told,
};
use crate::{DefectKind, Report};

/// White space at the end of a line that can be removed, and behind an equals sign; a longer run is text.
const SPACES: usize = 256;

/// Octets that cannot be understood before more is there: an equals sign, white space, CR.
const HELD: usize = SPACES + 4;

/// Octets with which what is held can be understood.
const MORE: usize = HELD + 32;

/// Quoted-printable being decoded.
#[derive(Clone, Debug)]
pub(super) struct Decoder {
    /// Octets that were decoded; those that are held come next.
    at: usize,
    held: [u8; HELD],
    held_length: usize,
    /// Octets of the line before `at`.
    line: usize,
    /// Whether the octets before `at` are white space, more than can be removed.
    keeping: bool,
    told: Told,
}

impl Decoder {
    pub(super) const fn new() -> Self {
        Self { at: 0, held: [0; HELD], held_length: 0, line: 0, keeping: false, told: Told::new() }
    }

    pub(super) fn push(&mut self, chunk: &[u8], out: &mut Vec<u8>, report: &mut impl Report) {
        let mut rest = chunk;
        if self.held_length > 0 {
            let mut both = [0; HELD + MORE];
            let held = self.held_length;
            let more = rest.len().min(MORE);
            for (place, octet) in
                both.iter_mut().zip(self.held.iter().take(held).chain(rest.iter().take(more)))
            {
                *place = *octet;
            }
            let both = both.get(..held + more).unwrap_or_default();
            let read = self.decode(both, false, out, report);
            if read < held || more == rest.len() {
                return self.hold(both.get(read..).unwrap_or_default());
            }
            rest = rest.get(read - held..).unwrap_or_default();
        }
        let read = self.decode(rest, false, out, report);
        self.hold(rest.get(read..).unwrap_or_default());
    }

    fn hold(&mut self, rest: &[u8]) {
        self.held_length = rest.len().min(HELD);
        for (place, octet) in self.held.iter_mut().zip(rest) {
            *place = *octet;
        }
    }

    pub(super) fn finish(&mut self, out: &mut Vec<u8>, report: &mut impl Report) {
        let held = self.held;
        self.decode(held.get(..self.held_length).unwrap_or_default(), true, out, report);
        self.held_length = 0;
    }

    /// Everything at once.
    pub(super) fn whole(&mut self, body: &[u8], out: &mut Vec<u8>, report: &mut impl Report) {
        self.decode(body, true, out, report);
    }

    /// Decodes `input` and says how much of it: all of it if it is the `last`, else all but what could mean something
    /// else if more came.
    fn decode(&mut self, input: &[u8], last: bool, out: &mut Vec<u8>, report: &mut impl Report) -> usize {
        let mut run = Run {
            input,
            last,
            base: self.at,
            keeping: self.keeping,
            soft_end: false,
            place: Place { read: 0, written: 0, line: 0_usize.wrapping_sub(self.line) },
            out,
            told: &mut self.told,
        };
        let mut room = [0; ROOM];
        loop {
            if run.place.written > ROOM - WINDOW {
                run.give(&mut room);
            }
            run.scan(&mut room);
            if run.place.written <= ROOM - WINDOW && !run.step(&mut room, report) {
                break;
            }
        }
        run.end(&mut room, report);
        let place = run.place;
        self.keeping = run.keeping;
        self.at += place.read;
        self.line = place.length(place.read);
        place.read
    }
}

/// One call of [`Decoder::decode`].
struct Run<'a> {
    input: &'a [u8],
    last: bool,
    base: usize,
    keeping: bool,
    /// Whether the input ended with a soft line break.
    soft_end: bool,
    place: Place,
    out: &'a mut Vec<u8>,
    told: &'a mut Told,
}

enum Equals {
    Octet(u8),
    SoftBreak { end: usize },
    Literal,
    Open,
}

impl Run<'_> {
    /// Reads what is as it should be.
    fn scan(&mut self, room: &mut [u8; ROOM]) {
        let left = self.input.get(self.place.read..).unwrap_or_default();
        if left.len() >= WINDOW {
            self.place = scan(self.input, room, self.place);
            return;
        }
        if left.len() < 8 {
            return;
        }
        // Behind the last octets NULs make a window full, where reading stops.
        let mut padded = [0; 2 * WINDOW];
        for (place, octet) in padded.iter_mut().zip(left) {
            *place = *octet;
        }
        let at = self.place.read;
        let place =
            scan(&padded, room, Place { read: 0, line: self.place.line.wrapping_sub(at), ..self.place });
        self.place = Place { read: place.read + at, line: place.line.wrapping_add(at), ..place };
    }

    fn give(&mut self, room: &mut [u8; ROOM]) {
        self.out.extend_from_slice(room.get(..self.place.written).unwrap_or_default());
        self.place.written = 0;
    }

    fn write(&mut self, octet: u8, room: &mut [u8; ROOM]) {
        if let Some(place) = room.get_mut(self.place.written) {
            *place = octet;
            self.place.written += 1;
        }
    }

    fn tell(&mut self, kind: DefectKind, from: usize, to: usize, report: &mut impl Report) {
        self.told.tell(report, kind, self.base + from..self.base + to);
    }

    fn octet(&self, at: usize) -> Option<u8> {
        self.input.get(at).copied()
    }

    /// Reads what is unusual, or plain octets where few are left; `false` if that must wait, or is not there.
    fn step(&mut self, room: &mut [u8; ROOM], report: &mut impl Report) -> bool {
        let at = self.place.read;
        let Some(octet) = self.octet(at) else { return false };
        match octet {
            b'=' => match self.equals(at) {
                Equals::Octet(value) => {
                    let lower = |at| self.octet(at).is_some_and(|digit| digit.is_ascii_lowercase());
                    if lower(at + 1) || lower(at + 2) {
                        self.tell(DefectKind::QpLowerHex, at, at + 3, report);
                    }
                    self.write(value, room);
                    self.place.read = at + 3;
                }
                Equals::SoftBreak { end } => self.soft_break(at, end, report),
                Equals::Literal => {
                    self.tell(DefectKind::QpBadEscape, at, at + 1, report);
                    self.write(b'=', room);
                    self.place.read = at + 1;
                }
                Equals::Open => return false,
            },
            b'\r' => match self.octet(at + 1) {
                Some(b'\n') => {
                    self.end_line(at, report);
                    self.write(b'\r', room);
                    self.write(b'\n', room);
                    self.place.read = at + 2;
                    self.place.line = at + 2;
                }
                None if !self.last => return false,
                _ => {
                    self.tell(DefectKind::BareCr, at, at + 1, report);
                    self.write(b'\r', room);
                    self.place.read = at + 1;
                }
            },
            b'\n' => {
                self.end_line(at, report);
                self.tell(DefectKind::BareLf, at, at + 1, report);
                self.write(b'\n', room);
                self.place.read = at + 1;
                self.place.line = at + 1;
            }
            _ => {
                // RFC 2045 section 6.7, rule 2: "Octets with decimal values of 33 through 60 inclusive, and 62 through
                // 126, inclusive, MAY be represented as the US-ASCII characters which correspond to those octets"
                for octet in self.input.iter().skip(at).take(32) {
                    match octet {
                        b'=' | b'\r' | b'\n' => break,
                        b' '..=0x7f | b'\t' => {}
                        _ => {
                            let at = self.place.read;
                            self.tell(DefectKind::QpForm, at, at + 1, report);
                        }
                    }
                    self.write(*octet, room);
                    self.place.read += 1;
                }
            }
        }
        true
    }

    /// What an equals sign means.
    fn equals(&self, at: usize) -> Equals {
        let value = |at| match self.octet(at) {
            Some(octet) => Some(low(octet.to_ascii_uppercase())).filter(|value| *value < 16),
            None => None,
        };
        match (value(at + 1), value(at + 2)) {
            (Some(high), Some(low)) => {
                let [octet, ..] = (high << 4 | low).to_le_bytes();
                return Equals::Octet(octet);
            }
            (Some(_), None) if !self.last && self.octet(at + 2).is_none() => return Equals::Open,
            _ => {}
        }
        let mut end = at + 1;
        while matches!(self.octet(end), Some(b' ' | b'\t')) {
            end += 1;
            if end - at > SPACES {
                return Equals::Literal;
            }
        }
        match (self.octet(end), self.octet(end + 1)) {
            (Some(b'\n'), _) => Equals::SoftBreak { end },
            (Some(b'\r'), Some(b'\n')) => Equals::SoftBreak { end },
            (Some(b'\r'), None) | (None, _) if !self.last => Equals::Open,
            // The line end before a boundary belongs to the boundary (RFC 2046 section 5.1.1).
            (None, _) => Equals::SoftBreak { end },
            _ => Equals::Literal,
        }
    }

    fn soft_break(&mut self, at: usize, end: usize, report: &mut impl Report) {
        if end > at + 1 {
            self.tell(DefectKind::QpSoftBreakSpace, at + 1, end, report);
        }
        self.measure(end, report);
        let next = match self.octet(end) {
            Some(b'\r') => end + 2,
            Some(_) => {
                self.tell(DefectKind::BareLf, end, end + 1, report);
                end + 1
            }
            None => {
                self.soft_end = true;
                end
            }
        };
        self.place.read = next;
        self.place.line = next;
    }

    /// Tells a line that is too long.
    fn measure(&mut self, end: usize, report: &mut impl Report) {
        let length = self.place.length(end);
        if length > LINE {
            self.told.tell(report, DefectKind::QpForm, self.base + end - length..self.base + end);
        }
    }

    /// Octets of white space before `end`, if they are to be removed from the end of a line. What was encoded ends with
    /// a digit, and a line with LF, so that this never goes further back than it should.
    fn trailing(&self, end: usize) -> Option<usize> {
        let before = self.input.get(..end).unwrap_or_default();
        let count = before.iter().rev().take_while(|octet| matches!(octet, b' ' | b'\t')).count();
        let all = self.keeping && count == before.len();
        (!all && count <= SPACES).then_some(count)
    }

    /// Takes octets back that were decoded in this call.
    fn take_back(&mut self, count: usize) {
        let here = count.min(self.place.written);
        self.place.written -= here;
        self.out.truncate(self.out.len().saturating_sub(count - here));
    }

    fn end_line(&mut self, end: usize, report: &mut impl Report) {
        self.measure(end, report);
        // RFC 2045 section 6.7, rule 3: "Therefore, when decoding a Quoted-Printable body, any trailing white space on
        // a line must be deleted, as it will necessarily have been added by intermediate transport agents."
        let count = self.trailing(end).unwrap_or(0);
        self.take_back(count);
    }

    /// The end of the input, or what must wait.
    fn end(&mut self, room: &mut [u8; ROOM], report: &mut impl Report) {
        let end = self.place.read;
        if self.last {
            if !self.soft_end {
                self.end_line(end, report);
            }
            self.give(room);
            return;
        }
        if self.octet(end) != Some(b'=') {
            match self.trailing(end) {
                Some(count) => {
                    self.take_back(count);
                    self.place.read = end - count;
                    self.keeping = false;
                }
                None => self.keeping = true,
            }
        } else {
            self.keeping = false;
        }
        self.give(room);
    }
}
