//! Base64, as RFC 2045 section 6.8 and everybody's mail have it.

use std::ops::Range;

use super::{
    base64_lines::{self, LONGEST, ROOM, SHORTEST, sextet},
    told::Told,
};
use crate::{DefectKind, Report};

/// Octets behind padding by which it is judged whether they are base64.
const JUDGED: usize = 128;

/// How many octets `input` octets of base64 can give at most.
pub(super) const fn most(input: usize) -> usize {
    (input / 4).saturating_mul(3).saturating_add(3)
}

#[derive(Clone, Debug)]
enum Mode {
    /// Groups of four.
    Data,
    /// One padding octet stood where two must; the group began there, the padding stands there.
    HalfPadded { group: usize, pad: usize },
    /// Behind padding. What follows is held until it can be judged.
    Padded { pad: Range<usize> },
    /// Behind the end: everything from there on is something else.
    Ended { at: usize },
}

/// Base64 being decoded.
#[derive(Clone, Debug)]
pub(super) struct Decoder {
    /// Octets that were looked at.
    at: usize,
    mode: Mode,
    /// The open group: how many octets, their bits, where the first stands.
    count: u8,
    bits: u32,
    group: usize,
    /// Where a run of foreign octets or white space began.
    run: Option<usize>,
    /// Behind the last foreign octet of the run, if there is one.
    foreign: Option<usize>,
    held: [u8; JUDGED],
    held_length: usize,
    held_at: usize,
    told: Told,
}

impl Decoder {
    pub(super) const fn new() -> Self {
        Self {
            at: 0,
            mode: Mode::Data,
            count: 0,
            bits: 0,
            group: 0,
            run: None,
            foreign: None,
            held: [0; JUDGED],
            held_length: 0,
            held_at: 0,
            told: Told::new(),
        }
    }

    pub(super) fn push(&mut self, chunk: &[u8], out: &mut Vec<u8>, report: &mut impl Report) {
        let mut room = [0; ROOM];
        let mut rest = chunk;
        while !rest.is_empty() {
            let octets = match self.mode {
                Mode::Ended { .. } => {
                    self.at += rest.len();
                    return;
                }
                Mode::Data if self.run.is_none() => match self.count {
                    0 => self.lines(rest, &mut room, out),
                    count => Err(rest.len().min(usize::from(4 - count.min(3)))),
                },
                _ => {
                    let line = rest.get(..LONGEST).unwrap_or(rest);
                    Err(memchr::memchr(b'\n', line).map_or(line.len(), |at| at + 1))
                }
            };
            let count = match octets {
                Ok(clean) => {
                    self.at += clean;
                    clean
                }
                Err(doubtful) => {
                    self.careful(rest.get(..doubtful).unwrap_or(rest), out, report);
                    doubtful
                }
            };
            rest = rest.get(count..).unwrap_or_default();
        }
    }

    /// Decodes lines that are as they should be and says how many octets they are, or how many must be looked at with
    /// care.
    fn lines(&self, rest: &[u8], room: &mut [u8; ROOM], out: &mut Vec<u8>) -> Result<usize, usize> {
        let window = rest.get(..LONGEST + 2).unwrap_or(rest);
        let (line, end) = match memchr::memchr(b'\n', window) {
            Some(lf) => match window.get(..lf).unwrap_or_default() {
                [line @ .., b'\r'] => (line, 2),
                line => (line, 1),
            },
            None => (window, 0),
        };
        let whole = end > 0 && line.len() % 4 == 0 && line.len() <= LONGEST && line.last() != Some(&b'=');
        let (input, length, end) = if whole {
            (rest, line.len(), end)
        } else {
            // As much of the line as is neither padding nor the start of a group.
            let padding = if line.last() == Some(&b'=') { 4 } else { 0 };
            let length = line.len().saturating_sub(padding).min(LONGEST) / 4 * 4;
            (line.get(..length).unwrap_or_default(), length, 0)
        };
        if length < SHORTEST {
            return Err((line.len() + if whole { end } else { 0 }).max(1));
        }
        let lines = base64_lines::decode(input, length, end, room);
        let octets = lines.count * (length + end);
        if !lines.clean || lines.count == 0 {
            return Err(octets.max(length));
        }
        out.extend_from_slice(room.get(..lines.count * (length / 4 * 3)).unwrap_or_default());
        Ok(octets)
    }

    fn careful(&mut self, chunk: &[u8], out: &mut Vec<u8>, report: &mut impl Report) {
        for &octet in chunk {
            self.octet(octet, out, report);
            self.at += 1;
        }
    }

    fn octet(&mut self, octet: u8, out: &mut Vec<u8>, report: &mut impl Report) {
        match self.mode {
            Mode::Data => self.data(octet, out, report),
            Mode::HalfPadded { group, pad } => match octet {
                b'=' => self.mode = Mode::Padded { pad: pad..self.at + 1 },
                b' ' | b'\t' | b'\r' | b'\n' => {}
                _ => {
                    self.told.tell(report, DefectKind::Base64Truncated, group..pad + 1);
                    self.mode = Mode::Padded { pad: pad..pad + 1 };
                    self.padded(octet, out, report);
                }
            },
            Mode::Padded { .. } => self.padded(octet, out, report),
            Mode::Ended { .. } => {}
        }
    }

    fn data(&mut self, octet: u8, out: &mut Vec<u8>, report: &mut impl Report) {
        let value = sextet(octet);
        if value < 64 {
            self.end_run(false, report);
            if self.count == 0 {
                self.group = self.at;
                self.bits = 0;
            }
            self.bits = self.bits << 6 | u32::from(value);
            self.count += 1;
            if self.count == 4 {
                self.count = 0;
                let [_, octets @ ..] = self.bits.to_be_bytes();
                out.extend_from_slice(&octets);
            }
            return;
        }
        match octet {
            b'=' if self.count > 0 => {
                self.end_run(false, report);
                let pad = self.at..self.at + 1;
                let count = self.count;
                self.close(out, report);
                self.mode = match count {
                    1 => {
                        self.told.tell(report, DefectKind::Base64Truncated, self.group..self.at + 1);
                        Mode::Padded { pad }
                    }
                    2 => Mode::HalfPadded { group: self.group, pad: self.at },
                    _ => Mode::Padded { pad },
                };
            }
            b'\r' | b'\n' => self.end_run(true, report),
            // RFC 2045 section 6.8: "Any characters outside of the base64 alphabet are to be ignored in base64-encoded
            // data."
            _ => {
                self.run.get_or_insert(self.at);
                if !matches!(octet, b' ' | b'\t') {
                    self.foreign = Some(self.at + 1);
                }
            }
        }
    }

    /// Ends a run of foreign octets and white space, which counts as foreign unless a line ends behind it.
    fn end_run(&mut self, line_ends: bool, report: &mut impl Report) {
        if let Some(start) = self.run.take() {
            let foreign = self.foreign.take();
            if let Some(end) = if line_ends { foreign } else { Some(self.at) } {
                self.told.tell(report, DefectKind::Base64Junk, start..end);
            }
        }
    }

    /// Gives the whole octets of a group that is not full.
    fn close(&mut self, out: &mut Vec<u8>, report: &mut impl Report) {
        let (stray, octets) = match self.count {
            2 => (self.bits & 0xf, self.bits >> 4 << 16),
            3 => (self.bits & 0x3, self.bits >> 2 << 8),
            _ => (0, 0),
        };
        let [_, octets @ ..] = octets.to_be_bytes();
        out.extend_from_slice(octets.get(..usize::from(self.count).saturating_sub(1)).unwrap_or_default());
        if stray != 0 {
            self.told.tell(report, DefectKind::Base64NonCanonical, self.group..self.at);
        }
        self.count = 0;
    }

    fn padded(&mut self, octet: u8, out: &mut Vec<u8>, report: &mut impl Report) {
        let line_end = matches!(octet, b'\r' | b'\n');
        if self.held_length == 0 {
            match octet {
                b' ' | b'\t' | b'\r' | b'\n' => return,
                b'=' => return self.told.tell(report, DefectKind::Base64Junk, self.at..self.at + 1),
                _ => self.held_at = self.at,
            }
        } else if line_end {
            return self.judge(out, report);
        }
        if let Some(place) = self.held.get_mut(self.held_length) {
            *place = octet;
            self.held_length += 1;
        }
        if self.held_length == JUDGED {
            self.judge(out, report);
        }
    }

    /// Decides whether what stands behind padding is base64 again, or something else to the end.
    fn judge(&mut self, out: &mut Vec<u8>, report: &mut impl Report) {
        let held = self.held;
        let held = held.get(..std::mem::take(&mut self.held_length)).unwrap_or_default();
        let mut line = held;
        while let [before @ .., b' ' | b'\t'] = line {
            line = before;
        }
        let (groups, odd) = line.as_chunks::<4>();
        let possible = |group: &[u8; 4]| match group {
            [a, b, b'=', b'='] => sextet(*a) | sextet(*b) < 64,
            [a, b, c, b'='] => sextet(*a) | sextet(*b) | sextet(*c) < 64,
            group => group.iter().all(|octet| sextet(*octet) < 64),
        };
        if !odd.is_empty() || !groups.iter().all(possible) {
            self.mode = Mode::Ended { at: self.held_at };
            return;
        }
        let end = self.at;
        self.at = self.held_at;
        for group in groups {
            if let Mode::Padded { pad } = std::mem::replace(&mut self.mode, Mode::Data) {
                self.told.tell(report, DefectKind::Base64InnerPad, pad);
            }
            for &octet in group {
                self.octet(octet, out, report);
                self.at += 1;
            }
        }
        self.at = end;
        if held.len() == JUDGED && line.len() < JUDGED && matches!(self.mode, Mode::Data) {
            self.run = Some(self.held_at + line.len());
        }
    }

    pub(super) fn finish(&mut self, out: &mut Vec<u8>, report: &mut impl Report) {
        self.end_run(true, report);
        if self.held_length > 0 {
            self.judge(out, report);
        }
        match self.mode {
            Mode::Data if self.count > 0 => {
                self.told.tell(report, DefectKind::Base64Truncated, self.group..self.at);
                self.close(out, report);
            }
            Mode::HalfPadded { group, pad } => {
                self.told.tell(report, DefectKind::Base64Truncated, group..pad + 1);
            }
            Mode::Ended { at } => self.told.tell(report, DefectKind::Base64Junk, at..self.at),
            _ => {}
        }
    }
}
