//! Sending a message: dot-stuffed after DATA, counted in BDAT.

use std::collections::VecDeque;

use bytes::Bytes;
use wire_core::dot::Stuffer;
use wire_core::{SendBuf, Step};

use super::flight::{Flight, Kind};
use super::{Client, CommandId, Event, Phase, Protocol};
use crate::{Error, Misuse};

/// The body that is going out.
#[derive(Debug)]
pub(super) struct Outgoing {
    id: CommandId,
    framing: Framing,
    waiting: VecDeque<Bytes>,
    waiting_octets: usize,
    ended: bool,
}

#[derive(Debug)]
enum Framing {
    Dot(Stuffer),
    Chunk { left: u64, last: bool },
}

impl Client {
    /// Gives a piece of the body that [`Event::BodyWanted`] asked for; it is sent by reference.
    ///
    /// The octets must be lines that end with CRLF unless BDAT and BODY=BINARYMIME are used: this method does
    /// not look at them. [`crate::sender::Sender`] does.
    ///
    /// # Errors
    ///
    /// [`Misuse::State`] if no body is wanted, [`Misuse::BodyOverrun`] if it is more than BDAT announced.
    pub fn body(&mut self, octets: Bytes) -> Result<(), Misuse> {
        let outgoing =
            self.outgoing.as_deref_mut().filter(|outgoing| !outgoing.ended).ok_or(Misuse::State)?;
        if let Framing::Chunk { left, .. } = &mut outgoing.framing {
            *left = left.checked_sub(octets.len() as u64).ok_or(Misuse::BodyOverrun)?;
        }
        outgoing.waiting_octets += octets.len();
        outgoing.waiting.push_back(octets);
        Ok(())
    }

    /// How many more octets of the body are welcome now: wait for the wire when it is 0.
    pub fn body_capacity(&self) -> usize {
        let waiting = self.outgoing.as_ref().map_or(0, |outgoing| outgoing.waiting_octets);
        self.config.limits.window().saturating_sub(waiting + self.unsent)
    }

    /// Ends the body; its reply arrives as [`Event::Reply`], with LMTP as [`Event::RecipientReply`].
    ///
    /// # Errors
    ///
    /// [`Misuse::State`] if no body is wanted, [`Misuse::BodyUnderrun`] if it is less than BDAT announced.
    pub fn end_body(&mut self) -> Result<(), Misuse> {
        let outgoing =
            self.outgoing.as_deref_mut().filter(|outgoing| !outgoing.ended).ok_or(Misuse::State)?;
        if matches!(outgoing.framing, Framing::Chunk { left: 1.., .. }) {
            return Err(Misuse::BodyUnderrun);
        }
        outgoing.ended = true;
        Ok(())
    }

    /// Gives up the body: its end is never sent, the connection closes, and the server drops the message
    /// (RFC 5321 section 4.1.1.4 has it take only what was ended by CRLF "." CRLF).
    pub fn abort_body(&mut self) {
        if self.outgoing.take().is_some() {
            self.phase = Phase::Closing;
        }
    }

    pub(super) fn open_dot_body(&mut self, id: CommandId) {
        self.outgoing = Some(Box::new(Outgoing::new(id, Framing::Dot(Stuffer::default()))));
    }

    pub(super) fn open_chunk(&mut self, id: CommandId, octets: u64, last: bool) {
        self.outgoing = Some(Box::new(Outgoing::new(id, Framing::Chunk { left: octets, last })));
        self.pending.push_back(Event::BodyWanted(id));
    }

    /// A chunk was refused while it was being sent: RFC 3030 section 2 still wants all of its octets, unless
    /// the connection is given up. A later chunk is the application's business.
    pub(super) fn stop_chunk(&mut self, id: CommandId) {
        if self.outgoing.as_ref().is_some_and(|outgoing| outgoing.id == id) {
            self.outgoing = None;
            self.phase = Phase::Closing;
        }
    }

    /// Moves what the application gave into the send buffer, within the window.
    pub(super) fn send_body(&mut self, tx: &mut SendBuf) -> Result<(), Error> {
        let Some(outgoing) = self.outgoing.as_deref_mut() else { return Ok(()) };
        while tx.len() < self.config.limits.window()
            && let Some(octets) = outgoing.waiting.pop_front()
        {
            outgoing.waiting_octets = outgoing.waiting_octets.saturating_sub(octets.len());
            match &mut outgoing.framing {
                Framing::Dot(stuffer) => stuffer.stuff(octets, tx),
                Framing::Chunk { .. } => tx.put_bytes(octets),
            }
        }
        if outgoing.ended && outgoing.waiting.is_empty() {
            if let Framing::Dot(stuffer) = &mut outgoing.framing {
                stuffer.finish(tx);
            }
            let (id, last) = match outgoing.framing {
                Framing::Dot(_) => (outgoing.id, true),
                Framing::Chunk { last, .. } => (outgoing.id, last),
            };
            let by_dot = matches!(outgoing.framing, Framing::Dot(_));
            self.outgoing = None;
            self.rearm = true;
            self.expect_body_replies(id, by_dot, last);
        }
        Ok(())
    }

    /// One reply for the message, or with LMTP one for each accepted recipient.
    fn expect_body_replies(&mut self, id: CommandId, by_dot: bool, last: bool) {
        let lmtp = self.config.protocol == Protocol::Lmtp;
        if !(by_dot || lmtp && last) {
            return; // the flight of BDAT itself waits for the one reply
        }
        if !by_dot {
            self.flights.retain(|flight| flight.id != id);
        }
        // RFC 2033 section 4.2: without a successful RCPT the DATA command fails; should it not, there is one reply
        // to the empty message.
        let replies = if lmtp { self.accepted.max(1) } else { 1 };
        let recipient = lmtp && self.accepted > 0;
        for index in 0..replies {
            let index = usize::try_from(index).unwrap_or(usize::MAX);
            self.flights.push_back(Flight { id, kind: Kind::Body { recipient }, octets: 0, index });
        }
    }
}

impl Outgoing {
    fn new(id: CommandId, framing: Framing) -> Self {
        Self { id, framing, waiting: VecDeque::new(), waiting_octets: 0, ended: false }
    }
}

/// Keeps the type of a step in one place for the modules of the machine.
pub(super) type Stepped = Result<Option<Step<Event>>, Error>;
