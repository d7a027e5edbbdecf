//! The dot codec shared by SMTP (RFC 5321 section 4.5.2) and POP3 (RFC 1939 section 3).

use std::sync::LazyLock;

use bytes::Bytes;
use memchr::memmem::Finder;

use crate::{RecvBuf, SendBuf};

static LINE_WITH_DOT: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(b"\r\n."));

/// Where in a line an octet stream stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
enum At {
    /// Behind CRLF, or at the very beginning.
    #[default]
    LineStart,
    AfterCr,
    Within,
}

/// Doubles the dot at the beginning of every line, without copying what is between.
///
/// RFC 5321 section 4.5.2: "Before sending a line of mail text, the SMTP client checks the first character of
/// the line. If it is a period, one additional period is inserted at the beginning of the line."
///
/// Lines end with CRLF only. A lone LF followed by a dot is passed as it is, which some receivers take for the
/// end of the message: pass the body through [`crate::NewlineCheck`] first unless it is known to be clean.
///
/// # Example
///
/// ```
/// use bytes::{Buf, Bytes};
/// use wire_core::{SendBuf, dot::Stuffer};
///
/// let (mut stuffer, mut tx) = (Stuffer::default(), SendBuf::default());
/// stuffer.stuff(Bytes::from("a\r\n"), &mut tx);
/// stuffer.stuff(Bytes::from(".b"), &mut tx); // the chunk boundary makes no difference
/// stuffer.finish(&mut tx);
/// assert_eq!(tx.copy_to_bytes(tx.len()), "a\r\n..b\r\n.\r\n");
/// ```
#[derive(Clone, Debug, Default)]
pub struct Stuffer {
    at: At,
}

impl Stuffer {
    /// Queues a chunk of the body.
    pub fn stuff(&mut self, octets: Bytes, tx: &mut SendBuf) {
        let first_dot = match (self.at, &octets[..]) {
            (At::LineStart, [b'.', ..]) => Some(0),
            (At::AfterCr, [b'\n', b'.', ..]) => Some(1),
            _ => None,
        };
        self.at = after(self.at, &octets);
        let mut sent = 0;
        let dots = LINE_WITH_DOT.find_iter(&octets).map(|line_end| line_end + 2);
        for dot in first_dot.into_iter().chain(dots) {
            tx.put_bytes(octets.slice(sent..dot));
            tx.put_bytes(Bytes::from_static(b"."));
            sent = dot;
        }
        tx.put_bytes(if sent == 0 { octets } else { octets.slice(sent..) });
    }

    /// Ends the body: completes its last line and queues the line with the lone dot.
    pub fn finish(&mut self, tx: &mut SendBuf) {
        tx.put_bytes(Bytes::from_static(match self.at {
            At::LineStart => b".\r\n",
            At::AfterCr => b"\n.\r\n",
            At::Within => b"\r\n.\r\n",
        }));
        self.at = At::LineStart;
    }
}

fn after(at: At, octets: &[u8]) -> At {
    match (at, octets) {
        (at, []) => at,
        (_, [.., b'\r', b'\n']) | (At::AfterCr, [b'\n']) => At::LineStart,
        (_, [.., b'\r']) => At::AfterCr,
        _ => At::Within,
    }
}

/// What [`Unstuffer::next`] found.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(clippy::exhaustive_enums)] // a body goes on or ends
pub enum Unstuffed {
    /// A piece of the body, never empty.
    Chunk(Bytes),
    /// The line with the lone dot; what follows in the buffer is not part of the body.
    End,
}

/// Undoes dot-stuffing by cutting before the doubled dots instead of copying.
///
/// The body ends at CRLF "." CRLF and nowhere else (RFC 5321 section 4.1.1.4), whatever the chunks: a CR, LF or NUL
/// that stands alone is content.
///
/// # Example
///
/// ```
/// use wire_core::{RecvBuf, dot::{Unstuffed, Unstuffer}};
///
/// let (mut unstuffer, mut rx) = (Unstuffer::default(), RecvBuf::default());
/// rx.feed(b"..a\r\n.\nb\r\n.\r\nQUIT\r\n");
/// let mut body = Vec::new();
/// while let Some(Unstuffed::Chunk(chunk)) = unstuffer.next(&mut rx, 65536) {
///     body.extend_from_slice(&chunk);
/// }
/// assert_eq!(body, b".a\r\n\nb\r\n");
/// assert_eq!(rx.peek(), b"QUIT\r\n");
/// ```
#[derive(Clone, Debug)]
pub struct Unstuffer {
    line_start: bool,
}

impl Default for Unstuffer {
    fn default() -> Self {
        // The CRLF of the command or reply before the body counts as the first line end.
        Self { line_start: true }
    }
}

impl Unstuffer {
    /// The next piece of at most `max` octets, the end, or `None` if more octets must arrive first.
    ///
    /// At most three octets are left in the buffer when `None` is returned.
    pub fn next(&mut self, rx: &mut RecvBuf, max: usize) -> Option<Unstuffed> {
        if self.line_start {
            match rx.peek() {
                [b'.', b'\r', b'\n', ..] => {
                    rx.skip(3);
                    return Some(Unstuffed::End);
                }
                [] | [b'.'] | [b'.', b'\r'] => return None,
                [b'.', ..] => {
                    // RFC 5321 section 4.5.2: "If the first character is a period and there are other
                    // characters on the line, the first character is deleted."
                    rx.skip(1);
                }
                _ => {}
            }
            self.line_start = false;
        }
        let input = rx.peek();
        let window = input.get(..max.max(1)).unwrap_or(input);
        let take = match LINE_WITH_DOT.find(window) {
            Some(line_end) => line_end + 2,
            // A last CR may be the beginning of CRLF "."; it can wait.
            None if window.last() == Some(&b'\r') && window.len() > 1 => window.len() - 1,
            None => match window {
                [b'\r'] if input.len() == 1 => 0,
                // A CR alone in its window: decide with the octets behind it.
                [b'\r'] if input.get(1) == Some(&b'\n') => 2,
                _ => window.len(),
            },
        };
        if take == 0 {
            return None;
        }
        self.line_start = matches!(input.get(..take), Some([.., b'\r', b'\n']));
        Some(Unstuffed::Chunk(rx.take(take)))
    }
}

#[cfg(test)]
mod tests {
    use bytes::Buf;

    use super::*;

    fn stuffed(chunks: &[&[u8]]) -> Vec<u8> {
        let (mut stuffer, mut tx) = (Stuffer::default(), SendBuf::default());
        for chunk in chunks {
            stuffer.stuff(Bytes::copy_from_slice(chunk), &mut tx);
        }
        stuffer.finish(&mut tx);
        tx.copy_to_bytes(tx.len()).to_vec()
    }

    /// The body, and what is left behind it if the end was found.
    fn unstuffed(wire: &[u8], step: usize, max: usize) -> (Vec<u8>, Option<Vec<u8>>) {
        let (mut unstuffer, mut rx, mut body) = (Unstuffer::default(), RecvBuf::default(), Vec::new());
        let mut chunks = wire.chunks(step);
        loop {
            match unstuffer.next(&mut rx, max) {
                Some(Unstuffed::Chunk(chunk)) => {
                    assert!(!chunk.is_empty() && chunk.len() <= max.max(2));
                    body.extend_from_slice(&chunk);
                }
                Some(Unstuffed::End) => {
                    let rest = chunks.flatten().copied();
                    return (body, Some(rx.peek().iter().copied().chain(rest).collect()));
                }
                None => {
                    assert!(rx.len() <= 3, "{:?}", rx.peek());
                    match chunks.next() {
                        Some(chunk) => rx.feed(chunk),
                        None => return (body, None),
                    }
                }
            }
        }
    }

    #[test]
    fn rfc_5321_section_4_5_2() {
        assert_eq!(stuffed(&[b"x"]), b"x\r\n.\r\n");
        assert_eq!(stuffed(&[b""]), b".\r\n");
        assert_eq!(stuffed(&[b".\r\n"]), b"..\r\n.\r\n");
        assert_eq!(stuffed(&[b"\r\n.\r\n"]), b"\r\n..\r\n.\r\n");
        assert_eq!(stuffed(&[b"a\r\n", b".b\r\n"]), b"a\r\n..b\r\n.\r\n");
        assert_eq!(stuffed(&[b"a\r", b"\n.b"]), b"a\r\n..b\r\n.\r\n");
        assert_eq!(stuffed(&[b"a\r", b"\n", b".b"]), b"a\r\n..b\r\n.\r\n");
        assert_eq!(stuffed(&[b"a\r"]), b"a\r\n.\r\n");
    }

    #[test]
    fn the_end_is_crlf_dot_crlf_at_every_chunking() {
        let cases: [(&[u8], &[u8]); 9] = [
            (b".\r\nQUIT", b""),
            (b"x\r\n.\r\nQUIT", b"x\r\n"),
            (b"x\n.\r\n\r\n.\r\nQUIT", b"x\n.\r\n\r\n"),
            (b"x\r.\r\n\r\n.\r\nQUIT", b"x\r.\r\n\r\n"),
            (b"x\r\n.\n\r\n.\r\nQUIT", b"x\r\n\n\r\n"),
            (b"x\r\n.\r\r\n.\r\nQUIT", b"x\r\n\r\r\n"),
            (b"x\r\r\n.\r\nQUIT", b"x\r\r\n"),
            (b"x\r\0\n.\r\n\r\n.\r\nQUIT", b"x\r\0\n.\r\n\r\n"),
            (b"..\r\n...\r\n.\r\nQUIT", b".\r\n..\r\n"),
        ];
        for (wire, body) in cases {
            for step in 1..=wire.len() {
                for max in [1, 2, 3, 65536] {
                    let got = unstuffed(wire, step, max);
                    assert_eq!(
                        got,
                        (body.to_vec(), Some(b"QUIT".to_vec())),
                        "{wire:?} by {step}, at most {max}"
                    );
                }
            }
        }
    }

    /// The obvious implementation, line by line.
    fn naive(body: &[u8]) -> Vec<u8> {
        let mut text = body.to_vec();
        if !text.ends_with(b"\r\n") && !text.is_empty() {
            text.extend_from_slice(if text.ends_with(b"\r") { b"\n" } else { b"\r\n" });
        }
        let mut out = Vec::new();
        let mut start = true;
        for i in 0..text.len() {
            if start && text[i] == b'.' {
                out.push(b'.');
            }
            out.push(text[i]);
            start = i > 0 && text[i - 1] == b'\r' && text[i] == b'\n';
        }
        out.extend_from_slice(b".\r\n");
        out
    }

    proptest::proptest! {
        #[test]
        fn stuffing_agrees_with_the_obvious_way_and_is_undone(
            body in proptest::collection::vec(proptest::sample::select(b"\r\n\n.\r.ab\0".to_vec()), 0..60),
            cut in 0usize..60, step in 1usize..20, max in 1usize..20,
        ) {
            let cut = cut.min(body.len());
            let wire = stuffed(&[&body[..cut], &body[cut..]]);
            assert_eq!(wire, naive(&body));
            let (got, rest) = unstuffed(&wire, step, max);
            assert_eq!(rest.as_deref(), Some(&b""[..]));
            // The codec completes a last line, and changes nothing else.
            assert!(got.starts_with(&body) && got.len() <= body.len() + 2, "{got:?} {body:?}");
        }
    }
}
