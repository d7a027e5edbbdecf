//! Messages that are fetched.

use std::io::Write;
use std::ops::Deref;

use bytes::Bytes;
use imap_proto::response::{Damaged, Streamed};
use imap_proto::session::{Event, Message};

use super::call::{Call, Progress, Told};
use super::{ImapClient, ImapError};
use crate::Stream;

/// Messages that are fetched, one after another: see [`Mailbox::fetch`](super::Mailbox::fetch).
///
/// Dropped before its end, it leaves the session usable: what is on its way is read over unseen.
#[derive(Debug)]
pub struct Messages<'a, S> {
    /// `None` if nothing is fetched, or not any more.
    call: Option<Call<'a, S>>,
    failed: Option<ImapError>,
}

/// What was fetched.
#[derive(Debug)]
#[allow(clippy::exhaustive_enums)] // a response makes sense or does not
#[allow(clippy::large_enum_variant)] // a box would be an allocation for each message
pub enum Fetched<'m, S> {
    /// A message.
    Message(Mail<'m, S>),
    /// A response that makes no sense: which message is meant is told if it can be known. Neither the session nor another
    /// message is affected.
    Damaged(Damaged),
}

/// What an event of a fetch is, without what borrows.
enum Found {
    Whole(Message),
    Begun(Message),
    Damaged(Damaged),
}

impl<'a, S: Stream> Messages<'a, S> {
    pub(super) fn new(call: Result<Call<'a, S>, ImapError>) -> Self {
        match call {
            Ok(call) => Self { call: Some(call), failed: None },
            Err(error) => Self { call: None, failed: Some(error) },
        }
    }

    pub(super) fn none() -> Self {
        Self { call: None, failed: None }
    }

    /// The next message; `None` after the last. What was not read of the one before is read over.
    ///
    /// # Errors
    ///
    /// [`ImapError`] if the fetch is refused or the session fails.
    #[allow(clippy::should_implement_trait)] // it fails
    pub fn next(&mut self) -> Result<Option<Fetched<'_, S>>, ImapError> {
        let Some(found) = self.found()? else {
            self.call = None;
            return Ok(None);
        };
        let (message, ended) = match found {
            Found::Damaged(damaged) => return Ok(Some(Fetched::Damaged(damaged))),
            Found::Whole(message) => (message, true),
            Found::Begun(message) => (message, false),
        };
        Ok(self.call.as_mut().map(|call| {
            let Call { client, progress } = call;
            Fetched::Message(Mail { client, progress, message, next: 0, begun: None, ended })
        }))
    }

    fn found(&mut self) -> Result<Option<Found>, ImapError> {
        if let Some(error) = self.failed.take() {
            return Err(error);
        }
        let Some(call) = self.call.as_mut().filter(|call| !call.progress.is_over()) else { return Ok(None) };
        loop {
            match call.next()? {
                Told::Over(_) => return Ok(None),
                Told::Event(Event::Message(_, message)) => return Ok(Some(Found::Whole(message))),
                Told::Event(Event::MessageBegin(_, message)) => return Ok(Some(Found::Begun(message))),
                Told::Event(Event::Damaged(damaged)) => return Ok(Some(Found::Damaged(damaged))),
                Told::Event(_) => {}
            }
        }
    }
}

/// A message that is fetched: it is what the server told of it ([`Message`]), and gives the bodies that were asked for.
///
/// Small bodies come with it, large ones in pieces; [`next_body`](Self::next_body) makes no difference. What stands behind
/// a large body is part of the message once that is read.
#[derive(Debug)]
pub struct Mail<'m, S> {
    client: &'m mut ImapClient<S>,
    progress: &'m mut Progress,
    message: Message,
    /// Which item is looked at next for a body.
    next: usize,
    /// A body that comes in pieces, and that nobody was told of.
    begun: Option<(Streamed, u64)>,
    ended: bool,
}

impl<S: Stream> Deref for Mail<'_, S> {
    type Target = Message;

    fn deref(&self) -> &Message {
        &self.message
    }
}

impl<S: Stream> Mail<'_, S> {
    /// The next body, in the order in which the server gives them; `None` after the last. What was not read of the one
    /// before is read over.
    ///
    /// # Errors
    ///
    /// [`ImapError`] if the session fails.
    pub fn next_body(&mut self) -> Result<Option<Body<'_, S>>, ImapError> {
        loop {
            if let Some((item, octets, next)) = self.message.content_from(self.next) {
                self.next = next;
                let length = octets.len() as u64;
                return Ok(Some(self.body(item, length, Some(octets))));
            }
            self.next = self.message.fetch.items.len();
            if let Some((item, octets)) = self.begun.take() {
                return Ok(Some(self.body(item, octets, None)));
            }
            if self.ended {
                return Ok(None);
            }
            self.read_on()?;
        }
    }

    fn body(&mut self, item: Streamed, octets: u64, inline: Option<Bytes>) -> Body<'_, S> {
        let ended = inline.is_some();
        Body { client: self.client, progress: self.progress, item, octets, inline, ended }
    }

    fn read_on(&mut self) -> Result<(), ImapError> {
        match self.progress.next(self.client)? {
            Told::Event(Event::BodyBegin { item, octets }) => self.begun = Some((item, octets)),
            Told::Event(Event::MessageItems(items)) => self.message.fetch.items.extend(items),
            Told::Event(Event::MessageEnd) | Told::Over(_) => self.ended = true,
            Told::Event(event) => self.client.keep(event),
        }
        Ok(())
    }

    /// What the server told of it, so far.
    pub fn into_message(self) -> Message {
        self.message
    }
}

/// Something of a message's content: all of it, a part, a header.
#[derive(Debug)]
pub struct Body<'b, S> {
    client: &'b mut ImapClient<S>,
    progress: &'b mut Progress,
    item: Streamed,
    octets: u64,
    inline: Option<Bytes>,
    ended: bool,
}

impl<S: Stream> Body<'_, S> {
    /// What it is, as it was asked for.
    pub fn item(&self) -> &Streamed {
        &self.item
    }

    /// How many octets it has.
    pub fn octets(&self) -> u64 {
        self.octets
    }

    /// The next piece, `None` at the end.
    ///
    /// # Errors
    ///
    /// [`ImapError`] if the session fails: what came so far is not all of it.
    #[allow(clippy::should_implement_trait)] // it fails
    pub fn next(&mut self) -> Result<Option<Bytes>, ImapError> {
        if let Some(octets) = self.inline.take()
            && !octets.is_empty()
        {
            return Ok(Some(octets));
        }
        while !self.ended {
            match self.progress.next(self.client)? {
                Told::Event(Event::BodyChunk(chunk)) => return Ok(Some(chunk)),
                Told::Event(Event::BodyEnd) | Told::Over(_) => self.ended = true,
                Told::Event(event) => self.client.keep(event),
            }
        }
        Ok(None)
    }

    /// Copies all of it; how many octets it has.
    ///
    /// # Errors
    ///
    /// [`ImapError::Store`] if it cannot be written: the session goes on with the next message. Else as
    /// [`next`](Self::next).
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
