//! Messages in several pieces: message/partial (RFC 2046 section 5.2.2).
//!
//! Nothing in this crate puts pieces together on its own: what is scanned piece by piece may be something else as a
//! whole, which is why servers refuse or ignore this type. A program that wants it anyway gives the pieces to an
//! [`Assembler`], and treats the result as a new message that nobody has looked at.
//!
//! Not supported: cutting messages into pieces.

use std::collections::BTreeMap;

/// Why a piece was not taken, or a message not put together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PartialError {
    /// Pieces are counted from 1.
    #[error("a piece with the number 0")]
    Zero,
    /// The number is larger than the total that this or another piece gives.
    #[error("a piece beyond the last")]
    Beyond,
    /// Another piece gives another total.
    #[error("pieces that do not agree how many there are")]
    Total,
    /// There is such a piece, and it is another one.
    #[error("two different pieces with the same number")]
    Conflict,
    /// More pieces than are allowed.
    #[error("too many pieces")]
    TooMany,
    /// More octets than are allowed.
    #[error("too many octets")]
    TooLarge,
    /// Pieces are missing.
    #[error("pieces are missing")]
    Incomplete,
}

/// Collects the pieces of one message and puts them together.
///
/// Which pieces belong together, and the number of each, is said by the parameters `id`, `number` and `total` of their
/// Content-Type; the caller reads them, and keeps one assembler for each `id`, and better for each sender.
///
/// # Example
///
/// ```
/// use mime_core::partial::Assembler;
///
/// let mut assembler = Assembler::new(10, 1 << 20);
/// assembler.add(2, Some(2), b"From: x\r\n\r\nworld\r\n")?;
/// assert!(!assembler.is_complete());
/// assembler.add(1, None, b"From: a\r\nSubject: 1 of 2\r\n\r\nSubject: hello\r\nX: dropped\r\n\r\nhello\r\n")?;
/// assert_eq!(assembler.assemble()?, b"From: a\r\nSubject: hello\r\n\r\nhello\r\nworld\r\n");
/// # Ok::<_, mime_core::partial::PartialError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Assembler {
    pieces: BTreeMap<u32, Box<[u8]>>,
    total: Option<u32>,
    octets: usize,
    pieces_most: u32,
    octets_most: usize,
}

impl Assembler {
    /// An assembler of at most so many pieces, and so many octets of all of them together. It holds that many octets,
    /// and as many again while it puts them together.
    pub const fn new(pieces_most: u32, octets_most: usize) -> Self {
        Self { pieces: BTreeMap::new(), total: None, octets: 0, pieces_most, octets_most }
    }

    /// Takes a piece: a whole message of type message/partial, header included. One that is there already, the same to
    /// the octet, is taken without effect.
    ///
    /// # Errors
    ///
    /// [`PartialError`]: nothing has changed then.
    pub fn add(&mut self, number: u32, total: Option<u32>, message: &[u8]) -> Result<(), PartialError> {
        if number == 0 {
            return Err(PartialError::Zero);
        }
        if let (Some(old), Some(new)) = (self.total, total)
            && old != new
        {
            return Err(PartialError::Total);
        }
        let total = total.or(self.total);
        let last = self.pieces.last_key_value().map_or(number, |(&last, _)| last.max(number));
        if total.is_some_and(|total| last > total) {
            return Err(PartialError::Beyond);
        }
        if last.max(total.unwrap_or(0)) > self.pieces_most {
            return Err(PartialError::TooMany);
        }
        match self.pieces.get(&number) {
            Some(piece) if **piece == *message => {}
            Some(_) => return Err(PartialError::Conflict),
            None => {
                let octets = self.octets.saturating_add(message.len());
                if octets > self.octets_most {
                    return Err(PartialError::TooLarge);
                }
                self.octets = octets;
                self.pieces.insert(number, message.into());
            }
        }
        self.total = total;
        Ok(())
    }

    /// How many pieces there are in all, if one of them has said it.
    pub fn total(&self) -> Option<u32> {
        self.total
    }

    /// The numbers of the pieces that are there, in order.
    pub fn numbers(&self) -> impl Iterator<Item = u32> {
        self.pieces.keys().copied()
    }

    /// Whether all pieces are there.
    pub fn is_complete(&self) -> bool {
        self.total.is_some_and(|total| usize::try_from(total).is_ok_and(|total| self.pieces.len() == total))
    }

    /// The message that was cut: the header fields as RFC 2046 section 5.2.2.1 says, and the bodies of all pieces. A
    /// body that does not end with a line end gets one if another follows, for messages are cut between lines. Lines
    /// of headers that are no field are dropped.
    ///
    /// # Errors
    ///
    /// [`PartialError::Incomplete`], and [`PartialError::TooLarge`] if line ends that had to be added are too many.
    pub fn assemble(&self) -> Result<Vec<u8>, PartialError> {
        if !self.is_complete() {
            return Err(PartialError::Incomplete);
        }
        let mut inner = Vec::with_capacity(self.octets);
        let mut outer_header: &[u8] = b"";
        for (&number, piece) in &self.pieces {
            let (header, _, body) = split(piece);
            // RFC 2046 section 5.2.2.1: "All of the header fields from the second and any subsequent enclosing messages
            // are discarded by the reassembly process."
            if number == 1 {
                outer_header = header;
            } else if inner.last().is_some_and(|&last| last != b'\n') {
                inner.extend_from_slice(b"\r\n");
            }
            inner.extend_from_slice(body);
        }
        let (inner_header, empty_line, body) = split(&inner);
        let mut message =
            Vec::with_capacity(outer_header.len().saturating_add(inner.len()).saturating_add(2));
        fields(outer_header, false, &mut message);
        fields(inner_header, true, &mut message);
        message.extend_from_slice(if empty_line.is_empty() { b"\r\n" } else { empty_line });
        message.extend_from_slice(body);
        if message.len() > self.octets_most.saturating_add(2) {
            return Err(PartialError::TooLarge);
        }
        Ok(message)
    }
}

/// Header, empty line, body.
fn split(message: &[u8]) -> (&[u8], &[u8], &[u8]) {
    let mut at = 0usize;
    while let Some(rest) = message.get(at..).filter(|rest| !rest.is_empty()) {
        let length = memchr::memchr(b'\n', rest).map_or(rest.len(), |at| at.saturating_add(1));
        let (line, body) = rest.split_at_checked(length).unwrap_or((rest, b""));
        if matches!(line, b"\n" | b"\r\n") {
            return (message.get(..at).unwrap_or_default(), line, body);
        }
        at = at.saturating_add(length);
    }
    (message, b"", b"")
}

/// Copies the fields that describe the content, or the others, as they stand.
fn fields(header: &[u8], of_content: bool, out: &mut Vec<u8>) {
    let mut copies = false;
    for line in header.split_inclusive(|&octet| octet == b'\n') {
        if !matches!(line.first(), Some(b' ' | b'\t')) {
            let name = memchr::memchr(b':', line).and_then(|colon| line.get(..colon)).unwrap_or_default();
            let name = name.trim_ascii_end();
            let is_name = !name.is_empty() && name.iter().all(|octet| matches!(octet, 33..=126));
            copies = is_name && describes_content(name) == of_content;
        }
        if copies {
            out.extend_from_slice(line);
            if !line.ends_with(b"\n") {
                out.extend_from_slice(b"\r\n");
            }
        }
    }
}

/// RFC 2046 section 5.2.2.1: those that start with "Content-", and "Subject", "Message-ID", "Encrypted",
/// "MIME-Version".
fn describes_content(name: &[u8]) -> bool {
    name.get(..8).is_some_and(|start| start.eq_ignore_ascii_case(b"Content-"))
        || [&b"Subject"[..], b"Message-ID", b"Encrypted", b"MIME-Version"]
            .iter()
            .any(|one| one.eq_ignore_ascii_case(name))
}
