//! Where TOP ends: the header fields, the empty line, and so many lines of the body.

use bytes::Bytes;

/// Follows a message line by line as long as it needs to, across chunks.
#[derive(Clone, Debug)]
pub(super) struct Cut {
    lines_left: Option<u64>,
    complete_headers: bool,
    in_header: bool,
    /// Octets of the line so far, as far as it matters: an empty line has CR at most.
    line: Line,
    done: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Line {
    Begin,
    Cr,
    Within,
}

impl Cut {
    pub(super) fn new(lines: Option<u64>, complete_headers: bool) -> Self {
        Self { lines_left: lines, complete_headers, in_header: true, line: Line::Begin, done: false }
    }

    pub(super) fn is_done(&self) -> bool {
        self.done
    }

    /// The part of a chunk that is to be sent.
    pub(super) fn take(&mut self, chunk: Bytes) -> Bytes {
        if self.done {
            return Bytes::new();
        }
        if self.lines_left.is_none() && !(self.complete_headers && self.in_header) {
            return chunk;
        }
        let mut at = 0;
        while let Some(rest) = chunk.get(at..).filter(|rest| !rest.is_empty()) {
            let Some(end) = memchr::memchr(b'\n', rest) else {
                self.line = match (self.line, rest) {
                    (Line::Begin, b"\r") => Line::Cr,
                    _ => Line::Within,
                };
                return chunk;
            };
            let empty = match (self.line, end) {
                (Line::Begin, 0) | (Line::Cr, 0) => true,
                (Line::Begin, 1) => rest.first() == Some(&b'\r'),
                _ => false,
            };
            self.line = Line::Begin;
            at += end + 1;
            if !self.in_header {
                self.lines_left = self.lines_left.map(|left| left.saturating_sub(1));
            } else if empty {
                self.in_header = false;
            }
            if !self.in_header && self.lines_left.is_none() {
                return chunk;
            }
            if !self.in_header && self.lines_left == Some(0) {
                self.done = true;
                return chunk.slice(..at);
            }
        }
        chunk
    }

    /// What is missing at the end of a message: the empty line behind the header fields, if it has to be there.
    pub(super) fn completion(&self) -> Option<&'static [u8]> {
        match (self.complete_headers && self.in_header, self.line) {
            (false, _) => None,
            (true, Line::Begin) => Some(b"\r\n"),
            (true, Line::Cr) => Some(b"\n"),
            (true, Line::Within) => Some(b"\r\n\r\n"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MESSAGE: &[u8] = b"From: a\r\nSubject: b\r\n\tc\r\n\r\none\r\n\r\nthree\r\nfour";

    fn cut(message: &[u8], lines: Option<u64>, step: usize) -> (Vec<u8>, bool) {
        let mut cut = Cut::new(lines, false);
        let mut out = Vec::new();
        for chunk in message.chunks(step) {
            out.extend_from_slice(&cut.take(Bytes::copy_from_slice(chunk)));
        }
        (out, cut.is_done())
    }

    #[test]
    fn lines_are_counted_at_every_chunking() {
        let header = b"From: a\r\nSubject: b\r\n\tc\r\n\r\n".len();
        for (lines, octets, done) in [
            (Some(0), header, true),
            (Some(1), header + 5, true),
            (Some(2), header + 7, true),
            (Some(3), header + 14, true),
            (Some(4), MESSAGE.len(), false),
            (Some(u64::MAX), MESSAGE.len(), false),
            (None, MESSAGE.len(), false),
        ] {
            for step in 1..=MESSAGE.len() {
                assert_eq!(
                    cut(MESSAGE, lines, step),
                    (MESSAGE[..octets].to_vec(), done),
                    "{lines:?} by {step}"
                );
            }
        }
        // No empty line: all of it is header.
        assert_eq!(cut(b"a: b\r\nc: d\r\n", Some(0), 3), (b"a: b\r\nc: d\r\n".to_vec(), false));
        assert_eq!(cut(b"\r\nbody\r\n", Some(0), 1), (b"\r\n".to_vec(), true));
    }

    #[test]
    fn missing_empty_lines_are_added_if_wanted() {
        let complete = |message: &[u8], step: usize| {
            let mut cut = Cut::new(None, true);
            let mut out = Vec::new();
            for chunk in message.chunks(step) {
                out.extend_from_slice(&cut.take(Bytes::copy_from_slice(chunk)));
            }
            out.extend_from_slice(cut.completion().unwrap_or_default());
            out
        };
        for step in 1..8 {
            assert_eq!(complete(b"a: b\r\n", step), b"a: b\r\n\r\n");
            assert_eq!(complete(b"a: b", step), b"a: b\r\n\r\n");
            assert_eq!(complete(b"a: b\r\n\r", step), b"a: b\r\n\r\n");
            assert_eq!(complete(b"a: b\r\n\r\nx", step), b"a: b\r\n\r\nx");
        }
    }
}
