//! What has arrived and is not yet consumed.

use bytes::{Buf, Bytes, BytesMut};

use crate::transcript::{Direction, Recorder};

/// How the peer's octets came to an end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(clippy::exhaustive_enums)] // a stream ends with or without the peer saying so
pub enum Eof {
    /// FIN in clear, or `close_notify` under TLS.
    Clean,
    /// FIN under TLS without `close_notify`: anybody on the path can have cut the connection.
    Truncated,
}

/// Proof that not one octet of plaintext was waiting when TLS was agreed upon.
///
/// There is no constructor but [`RecvBuf::seal`], and [`crate::Step::StartTls`] cannot be built without it:
/// commands or replies injected before the handshake can never be taken for authenticated ones.
#[must_use]
#[derive(Debug)]
pub struct Sealed(());

/// Why a connection cannot be upgraded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SealError {
    /// The peer sent octets in clear after agreeing to TLS: an injection, or a peer that broke the protocol.
    #[error("{octets} octets of plaintext follow the agreement to start TLS")]
    Plaintext {
        /// How many octets were waiting.
        octets: usize,
    },
    /// TLS or compression is already in place.
    #[error("the connection already has a layer")]
    Layered,
}

/// A line was longer than allowed; the rest of it will be skipped in constant memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line longer than {limit} octets")]
#[non_exhaustive]
pub struct LineTooLong {
    /// The limit in octets, CRLF included.
    pub limit: usize,
}

/// The octets that have arrived, as a machine sees them: lines, chunks, and the end.
///
/// Lines and chunks are split from the read buffer without a copy. They share its storage, which is free to
/// be used again when they are dropped; see [`crate::detach`] for values that are kept.
///
/// # Example
///
/// ```
/// use wire_core::RecvBuf;
///
/// let mut rx = RecvBuf::default();
/// rx.feed(b"NOOP\r\nQU");
/// assert_eq!(rx.line(512).unwrap().unwrap(), "NOOP");
/// assert_eq!(rx.line(512).unwrap(), None); // half a line: more octets are needed
/// rx.feed(b"IT\r\n");
/// assert_eq!(rx.line(512).unwrap().unwrap(), "QUIT");
/// ```
#[derive(Debug, Default)]
pub struct RecvBuf {
    pub(crate) buf: BytesMut,
    scanned: usize,
    skipping: bool,
    pub(crate) eof: Option<Eof>,
    pub(crate) sealed: bool,
    pub(crate) recorder: Option<Recorder>,
}

impl RecvBuf {
    /// Takes the next line, without its CRLF; `None` if it is not complete yet.
    ///
    /// Only CRLF ends a line (RFC 5321 section 2.3.8): a CR or an LF alone stays inside the line for the
    /// grammar to refuse. The search resumes where it stopped, so a line that drips in costs O(n).
    ///
    /// # Errors
    ///
    /// [`LineTooLong`] once for each line of more than `limit` octets (CRLF included). What there is of it
    /// is dropped, and the following calls drop the rest without keeping it, up to its CRLF.
    pub fn line(&mut self, limit: usize) -> Result<Option<Bytes>, LineTooLong> {
        loop {
            let Some(end) = self.find_line_end() else {
                if self.skipping {
                    self.forget_all_but_cr();
                } else if self.buf.len() >= limit {
                    self.skipping = true;
                    self.forget_all_but_cr();
                    return Err(LineTooLong { limit });
                }
                return Ok(None);
            };
            self.scanned = 0;
            let mut line = self.buf.split_to(end);
            if std::mem::take(&mut self.skipping) {
                continue;
            }
            if end > limit {
                return Err(LineTooLong { limit });
            }
            line.truncate(end.saturating_sub(2));
            let line = line.freeze();
            if let Some(recorder) = &self.recorder {
                recorder.line(Direction::Received, &line);
            }
            return Ok(Some(line));
        }
    }

    /// Index behind the next CRLF.
    fn find_line_end(&mut self) -> Option<usize> {
        let mut from = self.scanned;
        while let Some(at) =
            self.buf.get(from..).and_then(|rest| memchr::memchr(b'\n', rest)).map(|i| from + i)
        {
            if at.checked_sub(1).and_then(|cr| self.buf.get(cr)) == Some(&b'\r') {
                return Some(at + 1);
            }
            from = at + 1;
        }
        self.scanned = self.buf.len();
        None
    }

    /// Drops what is buffered of a line that is too long; a last CR may be half of its CRLF.
    fn forget_all_but_cr(&mut self) {
        let keep = usize::from(self.buf.last() == Some(&b'\r'));
        let _ = self.buf.split_to(self.buf.len().saturating_sub(keep));
        self.scanned = keep;
    }

    /// Hides the octets behind the first `keep` of the line last taken from a transcript that is being
    /// recorded; for lines that turn out to hold a credential.
    pub fn redact(&self, keep: usize) {
        if let Some(recorder) = &self.recorder {
            recorder.redact(Direction::Received, keep);
        }
    }

    /// Takes up to `max` octets of a body, as many as have arrived; empty if none has.
    #[inline]
    pub fn take(&mut self, max: usize) -> Bytes {
        let chunk = self.split(max).freeze();
        if let Some(recorder) = &self.recorder {
            recorder.body(Direction::Received, &chunk);
        }
        chunk
    }

    /// Takes `octets` octets of the protocol, lines whose end the machine has found itself; fewer if there are fewer. Gives the
    /// first `text` of them: what ends a frame is none of its text.
    ///
    /// For protocols in which a line does not end a command: [`peek`](Self::peek) finds the end, this takes everything up to it.
    ///
    /// ```
    /// let mut rx = wire_core::RecvBuf::default();
    /// rx.feed(b"A1 LOGIN {3}\r\njoe x\r\nA2");
    /// assert_eq!(rx.frame(21, 19), "A1 LOGIN {3}\r\njoe x");
    /// assert_eq!(rx.peek(), b"A2");
    /// ```
    #[inline(always)] // it is little more than what it calls
    pub fn frame(&mut self, octets: usize, text: usize) -> Bytes {
        let mut frame = self.split(octets);
        if let Some(recorder) = &self.recorder {
            record_lines(recorder, &frame);
        }
        frame.truncate(text);
        frame.freeze()
    }

    /// Consumes what [`frame`](Self::frame) would give, where it was read already; at most as many octets as there are.
    ///
    /// ```
    /// let mut rx = wire_core::RecvBuf::default();
    /// rx.feed(b"* 1 EXISTS\r\n* ");
    /// rx.pass(12);
    /// assert_eq!(rx.peek(), b"* ");
    /// ```
    #[inline]
    pub fn pass(&mut self, octets: usize) {
        if self.recorder.is_some() {
            drop(self.frame(octets, octets));
        } else {
            self.skip(octets);
        }
    }

    /// Drops up to `octets` octets, and no transcript has them: what belongs to no line, or to one that is not kept.
    ///
    /// ```
    /// let mut rx = wire_core::RecvBuf::default();
    /// rx.feed(b"..dotted");
    /// rx.skip(1);
    /// assert_eq!(rx.peek(), b".dotted");
    /// ```
    #[inline]
    pub fn skip(&mut self, octets: usize) {
        let n = octets.min(self.buf.len());
        self.scanned = self.scanned.saturating_sub(n);
        self.buf.advance(n);
    }

    #[inline]
    fn split(&mut self, max: usize) -> BytesMut {
        let n = max.min(self.buf.len());
        self.scanned = self.scanned.saturating_sub(n);
        self.buf.split_to(n)
    }

    /// What has arrived and is not consumed.
    #[inline]
    pub fn peek(&self) -> &[u8] {
        &self.buf
    }

    /// Length of what has arrived and is not consumed, in octets.
    #[inline]
    pub fn len(&self) -> usize {
        self.buf.len()
    }

    /// Whether everything that arrived is consumed.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.buf.is_empty()
    }

    /// How the stream ended; `None` while it lasts or while octets before its end are unconsumed.
    pub fn eof(&self) -> Option<Eof> {
        self.eof.filter(|_| self.buf.is_empty())
    }

    /// How the stream ended, even if unconsumed octets are left: whatever is incomplete now stays so.
    pub fn ended(&self) -> Option<Eof> {
        self.eof
    }

    /// Closes the plaintext inlet for the handshake that follows, and proves that it was empty.
    ///
    /// A server calls it before it queues the reply that agrees to TLS, a client when it has read that
    /// reply. RFC 3207 section 4.2, RFC 9051 section 6.2.1 and RFC 2595 section 4 have both sides forget
    /// what they learned in clear; this makes sure that nothing sent in clear can be read afterwards.
    ///
    /// # Errors
    ///
    /// [`SealError::Plaintext`] if octets are waiting, [`SealError::Layered`] if a layer is in place. Both
    /// are reasons to close the connection: RFC 2920 section 3.2 (9) forbids to drop input and go on.
    pub fn seal(&mut self) -> Result<Sealed, SealError> {
        if self.sealed {
            return Err(SealError::Layered);
        }
        if !self.buf.is_empty() || self.skipping {
            return Err(SealError::Plaintext { octets: self.buf.len() });
        }
        self.sealed = true;
        Ok(Sealed(()))
    }

    /// Appends octets as if they had arrived; for tests and for callers without an endpoint.
    pub fn feed(&mut self, octets: &[u8]) {
        self.buf.extend_from_slice(octets);
    }

    /// Marks the end of the stream; for tests and for callers without an endpoint.
    pub fn feed_eof(&mut self, eof: Eof) {
        self.eof.get_or_insert(eof);
    }

    /// Gives storage back that holds nothing.
    pub(crate) fn release(&mut self) {
        if self.buf.is_empty() {
            self.buf = BytesMut::new();
            self.scanned = 0;
        }
    }
}

#[cold]
fn record_lines(recorder: &Recorder, frame: &[u8]) {
    for line in frame.split_inclusive(|&octet| octet == b'\n') {
        let line = line.strip_suffix(b"\n").unwrap_or(line);
        recorder.line(Direction::Received, line.strip_suffix(b"\r").unwrap_or(line));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(input: &[u8], limit: usize, step: usize) -> Vec<Result<Bytes, LineTooLong>> {
        let mut rx = RecvBuf::default();
        let mut out = Vec::new();
        for chunk in input.chunks(step) {
            rx.feed(chunk);
            loop {
                match rx.line(limit) {
                    Ok(Some(line)) => out.push(Ok(line)),
                    Ok(None) => break,
                    Err(e) => out.push(Err(e)),
                }
            }
        }
        out
    }

    #[test]
    fn only_crlf_ends_a_line_at_every_chunking() {
        let input = b"a\nb\r\nc\rd\r\r\n\r\n\n\r\nrest";
        for step in 1..=input.len() {
            let got: Vec<_> = lines(input, 512, step).into_iter().map(Result::unwrap).collect();
            assert_eq!(got, ["a\nb", "c\rd\r", "", "\n"], "chunks of {step}");
        }
    }

    #[test]
    fn a_long_line_is_reported_once_and_skipped_at_every_chunking() {
        let input = b"0123456789\r\nok\r\n01234567\r\n012345678\r\nyes\r\n";
        for step in 1..=input.len() {
            let got: Vec<_> = lines(input, 10, step).into_iter().map(|l| l.ok()).collect();
            let want = [None, Some("ok"), Some("01234567"), None, Some("yes")];
            assert_eq!(got, want.map(|l| l.map(Bytes::from)), "chunks of {step}");
        }
    }

    #[test]
    fn an_endless_line_is_dropped_as_it_comes() {
        let mut rx = RecvBuf::default();
        rx.feed(&[b'A'; 100]);
        assert!(rx.line(64).is_err());
        for _ in 0..1000 {
            rx.feed(&[b'A'; 100]);
            assert_eq!(rx.line(64), Ok(None));
            assert_eq!(rx.len(), 0);
        }
        rx.feed(b"\r");
        assert_eq!(rx.line(64), Ok(None));
        rx.feed(b"\nNOOP\r\n");
        assert_eq!(rx.line(64).unwrap().unwrap(), "NOOP");
    }

    #[test]
    fn the_end_shows_only_when_all_is_consumed() {
        let mut rx = RecvBuf::default();
        rx.feed(b"x");
        rx.feed_eof(Eof::Clean);
        assert_eq!((rx.eof(), rx.ended()), (None, Some(Eof::Clean)));
        assert_eq!(rx.take(9), "x");
        assert_eq!(rx.eof(), Some(Eof::Clean));
    }

    #[test]
    fn nothing_is_sealed_over_waiting_octets() {
        let mut rx = RecvBuf::default();
        rx.feed(b"EHLO evil\r\n");
        assert_eq!(rx.seal().unwrap_err(), SealError::Plaintext { octets: 11 });
        rx.skip(11);
        assert!(rx.seal().is_ok());
        assert_eq!(rx.seal().unwrap_err(), SealError::Layered);
    }
}
