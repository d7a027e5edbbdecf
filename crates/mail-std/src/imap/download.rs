//! One part of one message.

use std::io::Write;

use bytes::Bytes;
use imap_proto::session::Event;
use mime_core::coding::{Decoder, TransferEncoding};

use super::ImapError;
use super::call::{Call, Told};
use crate::Stream;

/// A part of a message, decoded as it comes: see [`Mailbox::download`](super::Mailbox::download).
///
/// Dropped before its end, it leaves the session usable: what is on its way is read over unseen.
#[derive(Debug)]
pub struct Download<'a, S> {
    call: Call<'a, S>,
    octets: u64,
    /// `None` if the octets come as they are meant.
    decoder: Option<Decoder>,
}

impl<'a, S: Stream> Download<'a, S> {
    pub(super) fn begin(mut call: Call<'a, S>) -> Result<Self, ImapError> {
        loop {
            match call.next()? {
                Told::Event(Event::Download { encoding, octets, .. }) => {
                    let encoding = encoding.map(|value| TransferEncoding::from_value(&value, &mut ()));
                    let encoding =
                        encoding.filter(|one| !one.is_identity() && *one != TransferEncoding::Unknown);
                    return Ok(Self { call, octets, decoder: encoding.map(Decoder::new) });
                }
                Told::Over(_) => return Err(ImapError::Missing),
                Told::Event(event) => call.client.keep(event),
            }
        }
    }

    /// How many octets it has; `None` if that is known only once it is decoded.
    pub fn octets(&self) -> Option<u64> {
        self.decoder.is_none().then_some(self.octets)
    }

    /// The next piece, `None` at the end.
    ///
    /// # Errors
    ///
    /// [`ImapError`] if the session fails: what came so far is not all of it.
    #[allow(clippy::should_implement_trait)] // it fails
    pub fn next(&mut self) -> Result<Option<Bytes>, ImapError> {
        while !self.call.progress.is_over() {
            let mut decoded = Vec::new();
            match self.call.next()? {
                Told::Event(Event::BodyChunk(chunk)) => match &mut self.decoder {
                    Some(decoder) => decoder.push(&chunk, &mut decoded, &mut ()),
                    None => return Ok(Some(chunk)),
                },
                Told::Event(Event::BodyEnd) => {
                    if let Some(decoder) = &mut self.decoder {
                        decoder.finish(&mut decoded, &mut ());
                    }
                }
                Told::Event(event) => self.call.client.keep(event),
                Told::Over(_) => {}
            }
            if !decoded.is_empty() {
                return Ok(Some(decoded.into()));
            }
        }
        Ok(None)
    }

    /// Copies all of it; how many octets it has.
    ///
    /// # Errors
    ///
    /// [`ImapError::Store`] if it cannot be written: the session goes on. Else as [`next`](Self::next).
    pub fn copy_to(&mut self, writer: &mut impl Write) -> Result<u64, ImapError> {
        let mut octets = 0;
        while let Some(chunk) = self.next()? {
            writer.write_all(&chunk).map_err(ImapError::Store)?;
            octets += chunk.len() as u64;
        }
        writer.flush().map_err(ImapError::Store)?;
        Ok(octets)
    }
}
