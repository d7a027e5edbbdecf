//! CR, LF and NUL that stand alone: the raw material of message smuggling.

use bytes::{BufMut, Bytes, BytesMut};

/// Which octet stands alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BareOctet {
    /// A CR that no LF follows.
    #[error("CR without LF")]
    Cr,
    /// An LF that no CR precedes.
    #[error("LF without CR")]
    Lf,
    /// A NUL.
    #[error("NUL")]
    Nul,
}

impl BareOctet {
    /// Which of them an octet is, if it is one; in a line that was split at CRLF every CR and LF stands alone.
    ///
    /// ```
    /// use wire_core::BareOctet;
    ///
    /// assert_eq!(BareOctet::of(b'\n'), Some(BareOctet::Lf));
    /// assert_eq!(BareOctet::of(b'n'), None);
    /// ```
    pub const fn of(octet: u8) -> Option<Self> {
        match octet {
            b'\r' => Some(Self::Cr),
            b'\n' => Some(Self::Lf),
            0 => Some(Self::Nul),
            _ => None,
        }
    }
}

/// Looks for CR, LF and NUL that stand alone, across chunks, in one pass over the octets.
///
/// RFC 5321 section 2.3.8: "SMTP client implementations MUST NOT transmit these characters except when they
/// are intended as line terminators and then MUST, as indicated above, transmit them only as a `<CRLF>`
/// sequence."
///
/// # Example
///
/// ```
/// use wire_core::{BareOctet, NewlineCheck};
///
/// let mut check = NewlineCheck::default();
/// assert_eq!(check.chunk(b"one\r\ntwo\r"), Ok(()));
/// assert_eq!(check.chunk(b"\nthree\n.\r\n"), Err((BareOctet::Lf, 15))); // offset in the whole body
/// ```
#[derive(Clone, Debug, Default)]
pub struct NewlineCheck {
    after_cr: bool,
    passed: u64,
}

impl NewlineCheck {
    /// Looks at the next chunk.
    ///
    /// # Errors
    ///
    /// The first octet that stands alone and its offset from the beginning of the body. A CR that ends a
    /// chunk is judged by the next one, or by [`finish`](Self::finish).
    pub fn chunk(&mut self, octets: &[u8]) -> Result<(), (BareOctet, u64)> {
        if is_clean(self.after_cr, octets) {
            self.after_cr = octets.last().map_or(self.after_cr, |&last| last == b'\r');
            self.passed += octets.len() as u64;
            return Ok(());
        }
        let mut after_cr = self.after_cr;
        for (&octet, at) in octets.iter().zip(self.passed..) {
            match octet {
                b'\n' if !after_cr => return Err((BareOctet::Lf, at)),
                octet if after_cr && octet != b'\n' => return Err((BareOctet::Cr, at.saturating_sub(1))),
                0 => return Err((BareOctet::Nul, at)),
                _ => after_cr = octet == b'\r',
            }
        }
        self.after_cr = after_cr;
        self.passed += octets.len() as u64;
        Ok(())
    }

    /// The body has ended: judges a CR that was its last octet.
    ///
    /// # Errors
    ///
    /// [`BareOctet::Cr`] and its offset.
    pub fn finish(&self) -> Result<(), (BareOctet, u64)> {
        if self.after_cr { Err((BareOctet::Cr, self.passed.saturating_sub(1))) } else { Ok(()) }
    }
}

/// Whether every LF follows a CR, every CR but the last octet precedes an LF, and there is no NUL.
///
/// The loop has no branch on the octets, so that it is compiled to vector instructions.
fn is_clean(after_cr: bool, octets: &[u8]) -> bool {
    let (Some(&first), Some(tail), Some(head)) =
        (octets.first(), octets.get(1..), octets.get(..octets.len().wrapping_sub(1)))
    else {
        return true;
    };
    if first == 0 || after_cr != (first == b'\n') {
        return false;
    }
    const BLOCK: usize = 256;
    head.chunks(BLOCK).zip(tail.chunks(BLOCK)).all(|(previous, these)| {
        let mut wrong = 0u8;
        let mut least = u8::MAX;
        for (&p, &c) in previous.iter().zip(these) {
            wrong |= u8::from(p == b'\r') ^ u8::from(c == b'\n');
            least = least.min(c);
        }
        wrong == 0 && least != 0
    })
}

/// Turns every CR or LF that stands alone into CRLF and drops NUL; clean chunks pass without a copy.
///
/// For senders whose text comes from a system with other line ends. It must run before stuffing.
///
/// # Example
///
/// ```
/// use bytes::Bytes;
/// use wire_core::NewlineRepair;
///
/// let mut repair = NewlineRepair::default();
/// assert_eq!(repair.chunk(Bytes::from("a\nb\r\nc\rd\r")), "a\r\nb\r\nc\r\nd\r\n");
/// assert_eq!(repair.chunk(Bytes::from("\ne")), "e"); // the LF belongs to the CR before it
/// ```
#[derive(Clone, Debug, Default)]
pub struct NewlineRepair {
    after_cr: bool,
}

impl NewlineRepair {
    /// The next chunk with its line ends repaired. A CR at the end is completed at once.
    pub fn chunk(&mut self, octets: Bytes) -> Bytes {
        if is_clean(self.after_cr, &octets) && !self.after_cr && octets.last() != Some(&b'\r') {
            return octets;
        }
        let mut out = BytesMut::with_capacity(octets.len() + octets.len() / 16 + 2);
        for &octet in &octets {
            match octet {
                b'\n' if self.after_cr => {}
                b'\r' | b'\n' => out.put_slice(b"\r\n"),
                0 => {}
                _ => out.put_u8(octet),
            }
            self.after_cr = octet == b'\r';
        }
        out.freeze()
    }
}

/// Turns LF into CRLF, for text that lies in files of systems whose lines end with LF; clean chunks pass without a copy.
///
/// Unlike [`NewlineRepair`] it changes nothing else: CR and NUL that stand alone are content.
///
/// # Example
///
/// ```
/// use bytes::Bytes;
/// use wire_core::CrlfLines;
///
/// let mut lines = CrlfLines::default();
/// assert_eq!(lines.chunk(Bytes::from("a\nb\r\nc\rd\r")), "a\r\nb\r\nc\rd\r");
/// assert_eq!(lines.chunk(Bytes::from("\ne")), "\ne"); // the LF belongs to the CR before it
/// // How much a text grows can be counted without building it.
/// assert_eq!(CrlfLines::default().growth(b"a\nb\r\nc\n"), 2);
/// ```
#[derive(Clone, Debug, Default)]
pub struct CrlfLines {
    after_cr: bool,
}

impl CrlfLines {
    /// The next chunk with its line ends completed.
    pub fn chunk(&mut self, octets: Bytes) -> Bytes {
        let before = self.pass(&octets);
        let Some(first) = bare_lfs(before, &octets).next() else { return octets };
        // A line of mail has some 40 octets.
        let mut out = BytesMut::with_capacity(octets.len() + octets.len() / 24 + 16);
        let mut done = 0;
        let rest = octets.get(first + 1..).unwrap_or_default();
        for at in std::iter::once(first).chain(bare_lfs(false, rest).map(|at| first + 1 + at)) {
            out.put_slice(octets.get(done..at).unwrap_or_default());
            out.put_slice(b"\r\n");
            done = at + 1;
        }
        out.put_slice(octets.get(done..).unwrap_or_default());
        out.freeze()
    }

    /// How many octets [`chunk`](Self::chunk) would add to the next chunk.
    pub fn growth(&mut self, octets: &[u8]) -> usize {
        let before = self.pass(octets);
        bare_lfs(before, octets).count()
    }

    /// Whether a CR stood before this chunk.
    fn pass(&mut self, octets: &[u8]) -> bool {
        let after_cr = octets.last().map_or(self.after_cr, |&last| last == b'\r');
        std::mem::replace(&mut self.after_cr, after_cr)
    }
}

/// Where LF stands without a CR before it.
fn bare_lfs(after_cr: bool, octets: &[u8]) -> impl Iterator<Item = usize> + '_ {
    memchr::memchr_iter(b'\n', octets).filter(move |&at| match at.checked_sub(1) {
        Some(before) => octets.get(before) != Some(&b'\r'),
        None => !after_cr,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn naive(body: &[u8]) -> Option<(BareOctet, u64)> {
        (0..body.len()).find_map(|i| match body[i] {
            b'\r' if body.get(i + 1) != Some(&b'\n') => Some((BareOctet::Cr, i as u64)),
            b'\n' if i == 0 || body[i - 1] != b'\r' => Some((BareOctet::Lf, i as u64)),
            0 => Some((BareOctet::Nul, i as u64)),
            _ => None,
        })
    }

    proptest::proptest! {
        #[test]
        fn agrees_with_the_obvious_way_at_every_chunking(
            body in proptest::collection::vec(proptest::sample::select(b"\r\n\r\n\r\nabcdefghijk\0".to_vec()), 0..40),
            step in 1usize..20,
        ) {
            let mut check = NewlineCheck::default();
            let got = body.chunks(step).try_for_each(|c| check.chunk(c)).and_then(|()| check.finish());
            assert_eq!(got.err(), naive(&body));
            let mut repair = NewlineRepair::default();
            let fixed: Vec<u8> = body.chunks(step).flat_map(|c| repair.chunk(Bytes::copy_from_slice(c))).collect();
            assert_eq!(naive(&fixed), None);

            let (mut lines, mut counter) = (CrlfLines::default(), CrlfLines::default());
            let grown: usize = body.chunks(step).map(|c| counter.growth(c)).sum();
            let fixed: Vec<u8> = body.chunks(step).flat_map(|c| lines.chunk(Bytes::copy_from_slice(c))).collect();
            let mut want = Vec::new();
            for (i, &octet) in body.iter().enumerate() {
                if octet == b'\n' && (i == 0 || body[i - 1] != b'\r') {
                    want.push(b'\r');
                }
                want.push(octet);
            }
            assert_eq!((fixed.len(), fixed), (body.len() + grown, want));
        }
    }

    #[test]
    fn long_bodies_are_searched_to_the_end() {
        let mut body = b"The quick brown fox\r\n".repeat(1000);
        assert_eq!(NewlineCheck::default().chunk(&body), Ok(()));
        let at = body.len() as u64;
        body.push(b'\n');
        assert_eq!(NewlineCheck::default().chunk(&body), Err((BareOctet::Lf, at)));
    }
}
