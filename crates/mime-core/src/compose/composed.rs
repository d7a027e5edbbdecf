//! The composed message, given piece by piece.

use std::collections::VecDeque;

use bytes::Bytes;
use thiserror::Error;

use super::{ComposeError, Envelope, part::Assembled};
use crate::coding::Base64Encoder;

/// Octets of an attachment that are encoded at once: whole lines.
const CHUNK: usize = 57 * 1024;

/// A message that is ready to be sent: its envelope, its exact length, and its octets in order.
///
/// Octets that were given are not copied but for their encoding, which happens piece by piece. Attachments that are
/// streamed are asked for when their turn comes; what is needed at a time is one piece. A clone begins where the
/// original stands: keep one from the beginning to send the message again.
///
/// # Example
///
/// ```
/// use mime_core::{
///     DateTime,
///     compose::{Attachment, MessageBuilder, RandomIds, Step},
/// };
///
/// let ids = RandomIds::new("example.de", || [7; 16])?;
/// let date = DateTime::from_unix(1_774_969_500, 120).ok_or("no date")?;
/// let mut file = &b"%PDF-1.7 and so on"[..];
/// let mut message = MessageBuilder::new()
///     .from(("Jürgen Groß", "juergen@example.de").try_into()?)
///     .text("Siehe Anhang.")
///     .attach(Attachment::streamed("Bericht.pdf", 1, 18))
///     .build(ids, date)?;
/// let announced = message.octets();
/// let mut sent = Vec::new();
/// loop {
///     match message.step() {
///         Step::Octets(octets) => sent.extend_from_slice(&octets),
///         Step::Want { source: 1, octets } => {
///             let (chunk, rest) = file.split_at(octets.min(5) as usize);
///             message.feed(chunk)?;
///             file = rest;
///         }
///         Step::Want { .. } => unreachable!(),
///         Step::Done => break,
///     }
/// }
/// assert_eq!(sent.len() as u64, announced);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Composed {
    pieces: VecDeque<Piece>,
    octets: u64,
    left: u64,
    coder: Base64Encoder,
    ready: Vec<u8>,
    envelope: Envelope,
    utf8: bool,
    eight_bit: bool,
}

/// One piece of the message.
#[derive(Clone, Debug)]
pub(super) enum Piece {
    /// These octets.
    Octets(Bytes),
    /// Base64 of these octets.
    Base64(Bytes),
    /// Base64 of so many octets of a source.
    Source { source: u64, octets: u64 },
}

impl Piece {
    /// Whether it is base64, which ends without a line end.
    pub(super) const fn is_encoded(&self) -> bool {
        !matches!(self, Self::Octets(_))
    }

    /// Octets in the message.
    pub(super) fn octets(&self) -> Option<u64> {
        match self {
            Self::Octets(octets) => u64::try_from(octets.len()).ok(),
            Self::Base64(octets) => encoded(u64::try_from(octets.len()).ok()?),
            Self::Source { octets, .. } => encoded(*octets),
        }
    }
}

/// Octets of so many in base64.
fn encoded(octets: u64) -> Option<u64> {
    Some(Base64Encoder::encoded_len(octets)).filter(|octets| *octets < u64::MAX)
}

/// What comes next of a [`Composed`] message.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(clippy::exhaustive_enums)] // a driver must deal with all of them
pub enum Step {
    /// Octets of the message.
    Octets(Bytes),
    /// So many octets of a source are needed, in as many chunks as you like: [`Composed::feed`] takes them.
    Want {
        /// The number that was given to [`Attachment::streamed`](super::Attachment::streamed).
        source: u64,
        /// Octets that are left of it.
        octets: u64,
    },
    /// The message is complete.
    Done,
}

/// Why octets of a source were not taken. Nothing has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum FeedError {
    /// No source is being asked for.
    #[error("no octets were asked for")]
    Unwanted,
    /// The source has more octets than were announced.
    #[error("{octets} octets where {left} were left")]
    TooMany {
        /// Octets that were given.
        octets: u64,
        /// Octets that were wanted.
        left: u64,
    },
    /// The source ended (an empty chunk was given) before it had given what was announced.
    #[error("the source ended {left} octets too early")]
    TooFew {
        /// Octets that are missing.
        left: u64,
    },
}

impl Composed {
    pub(super) fn new(assembled: Assembled, envelope: Envelope) -> Result<Self, ComposeError> {
        let Assembled { pieces, utf8, eight_bit } = assembled;
        let utf8 = utf8 || !envelope.is_ascii();
        let octets = pieces
            .iter()
            .try_fold(0_u64, |sum, piece| sum.checked_add(piece.octets()?))
            .ok_or(ComposeError::TooLarge)?;
        let (coder, ready) = (Base64Encoder::new(), Vec::new());
        Ok(Self { pieces: pieces.into(), octets, left: octets, coder, ready, envelope, utf8, eight_bit })
    }

    /// Octets of the whole message, exactly: for SIZE (RFC 1870), BDAT (RFC 3030) and APPEND (RFC 9051).
    pub const fn octets(&self) -> u64 {
        self.octets
    }

    /// Octets that [`step`](Self::step) has not given yet.
    pub const fn left(&self) -> u64 {
        self.left
    }

    /// Who sends the message, and to whom: Bcc is here and nowhere else.
    pub const fn envelope(&self) -> &Envelope {
        &self.envelope
    }

    /// Whether fields or addresses hold octets above 127: the message needs SMTPUTF8 (RFC 6531).
    pub const fn is_utf8(&self) -> bool {
        self.utf8
    }

    /// Whether a body holds octets above 127: the message needs 8BITMIME (RFC 6152).
    pub const fn is_eight_bit(&self) -> bool {
        self.eight_bit
    }

    /// What comes next.
    pub fn step(&mut self) -> Step {
        loop {
            if !self.ready.is_empty() {
                let ready = std::mem::take(&mut self.ready);
                return self.give(ready.into());
            }
            match self.pieces.pop_front() {
                None => return Step::Done,
                Some(Piece::Octets(octets)) => {
                    if !octets.is_empty() {
                        return self.give(octets);
                    }
                }
                Some(Piece::Base64(mut octets)) => {
                    let chunk = octets.split_to(octets.len().min(CHUNK));
                    self.coder.push(&chunk, &mut self.ready);
                    if octets.is_empty() {
                        self.coder.finish(&mut self.ready);
                    } else {
                        self.pieces.push_front(Piece::Base64(octets));
                    }
                }
                Some(Piece::Source { octets: 0, .. }) => self.coder.finish(&mut self.ready),
                Some(Piece::Source { source, octets }) => {
                    self.pieces.push_front(Piece::Source { source, octets });
                    return Step::Want { source, octets };
                }
            }
        }
    }

    /// Takes octets of the source that is wanted. They are encoded at once: give chunks of a size that you can hold.
    ///
    /// # Errors
    ///
    /// If none are wanted, if there are more than are wanted, or if the chunk is empty, which says that the source has
    /// ended. Then nothing has changed.
    pub fn feed(&mut self, chunk: &[u8]) -> Result<(), FeedError> {
        let Some(Piece::Source { octets: left, .. }) = self.pieces.front_mut() else {
            return Err(FeedError::Unwanted);
        };
        if *left == 0 {
            return Err(FeedError::Unwanted);
        }
        if chunk.is_empty() {
            return Err(FeedError::TooFew { left: *left });
        }
        let octets = u64::try_from(chunk.len()).unwrap_or(u64::MAX);
        *left = left.checked_sub(octets).ok_or(FeedError::TooMany { octets, left: *left })?;
        self.coder.push(chunk, &mut self.ready);
        Ok(())
    }

    /// The octets that are left of a message without streamed attachments.
    ///
    /// # Errors
    ///
    /// If a source is wanted: the message is given back, and stands there.
    pub fn into_bytes(mut self) -> Result<Bytes, Box<Self>> {
        if self.pieces.iter().any(|piece| matches!(piece, Piece::Source { octets: 1.., .. })) {
            return Err(Box::new(self));
        }
        let mut all = Vec::with_capacity(usize::try_from(self.left).unwrap_or(0));
        while let Step::Octets(octets) = self.step() {
            all.extend_from_slice(&octets);
        }
        Ok(all.into())
    }

    fn give(&mut self, octets: Bytes) -> Step {
        self.left = self.left.saturating_sub(u64::try_from(octets.len()).unwrap_or(u64::MAX));
        Step::Octets(octets)
    }
}
