//! Giving a message: stuffed, within a window, cut for TOP.

use std::collections::VecDeque;

use bytes::Bytes;
use wire_core::dot::Stuffer;
use wire_core::{Moment, SendBuf, Step};

use super::top::Cut;
use super::{Event, Phase, Server};
use crate::{Error, Misuse, Wait};

/// The message that is going out.
#[derive(Debug)]
pub(super) struct Outgoing {
    stuffer: Stuffer,
    waiting: VecDeque<Bytes>,
    waiting_octets: usize,
    cut: Cut,
    ended: bool,
}

impl Outgoing {
    pub(super) fn new(lines: Option<u64>, complete_headers: bool) -> Self {
        Self {
            stuffer: Stuffer::default(),
            waiting: VecDeque::new(),
            waiting_octets: 0,
            cut: Cut::new(lines, complete_headers),
            ended: false,
        }
    }
}

impl Server {
    /// Gives a piece of the message that [`Event::Retrieve`] asked for, after [`accept`](Self::accept); it is sent by
    /// reference. Lines must end with CRLF: see [`wire_core::CrlfLines`] for files that have LF.
    ///
    /// # Errors
    ///
    /// [`Misuse::State`] if no message is wanted.
    pub fn body(&mut self, octets: Bytes) -> Result<(), Misuse> {
        let outgoing = self.wanted()?;
        let octets = outgoing.cut.take(octets);
        outgoing.waiting_octets += octets.len();
        if !octets.is_empty() {
            outgoing.waiting.push_back(octets);
        }
        Ok(())
    }

    /// How many more octets of the message are welcome now: wait for the wire when it is 0.
    pub fn body_capacity(&self) -> usize {
        let waiting = self.outgoing.as_ref().map_or(0, |outgoing| outgoing.waiting_octets);
        self.config.limits.window().saturating_sub(waiting + self.unsent)
    }

    /// Whether more of the message is wanted; not any more when TOP has what it asked for.
    pub fn wants_body(&self) -> bool {
        self.outgoing.as_ref().is_some_and(|outgoing| !outgoing.ended && !outgoing.cut.is_done())
    }

    /// Ends the message.
    ///
    /// # Errors
    ///
    /// [`Misuse::State`] if no message is wanted.
    pub fn end_body(&mut self) -> Result<(), Misuse> {
        let outgoing = self.wanted()?;
        if let Some(line_end) = outgoing.cut.completion() {
            outgoing.waiting.push_back(Bytes::from_static(line_end));
        }
        outgoing.ended = true;
        Ok(())
    }

    /// Gives up the message, whose rest cannot be read: its end is never sent, the connection closes, and the client
    /// does not take what it has for the whole.
    pub fn abort_body(&mut self) {
        if self.outgoing.take().is_some() {
            self.phase = Phase::Closing;
        }
    }

    fn wanted(&mut self) -> Result<&mut Outgoing, Misuse> {
        self.outgoing.as_deref_mut().filter(|outgoing| !outgoing.ended).ok_or(Misuse::State)
    }

    /// Moves what the application gave into the send buffer, within the window.
    pub(super) fn send_body(&mut self, now: Moment, tx: &mut SendBuf) -> Result<Option<Step<Event>>, Error> {
        let before = tx.len();
        let window = self.config.limits.window();
        let Some(outgoing) = self.outgoing.as_deref_mut() else {
            self.wait_for_command(now);
            return Ok(None);
        };
        while tx.len() < window
            && let Some(octets) = outgoing.waiting.pop_front()
        {
            outgoing.waiting_octets = outgoing.waiting_octets.saturating_sub(octets.len());
            outgoing.stuffer.stuff(octets, tx);
        }
        if outgoing.ended && outgoing.waiting.is_empty() {
            outgoing.stuffer.finish(tx);
            self.outgoing = None;
            self.unsent = tx.len();
            self.wait_for_command(now);
            return Ok(None);
        }
        let moved = tx.len() != before;
        self.hold_for_wire(moved, now, tx).map(Some)
    }

    /// Waits until there is room in the send buffer, or for the application; not for ever if octets are stuck.
    pub(super) fn hold_for_wire(
        &mut self,
        moved: bool,
        now: Moment,
        tx: &SendBuf,
    ) -> Result<Step<Event>, Error> {
        let progress = moved || tx.len() != self.unsent;
        self.unsent = tx.len();
        if tx.is_empty() {
            // The application may take its time.
            self.deadline = None;
        } else if progress || self.deadline.is_none() {
            self.deadline = Some(now + self.config.timeouts.data_block);
        } else if self.deadline.is_some_and(|deadline| deadline <= now) {
            return Err(Error::Timeout(Wait::Body));
        }
        Ok(Step::Hold)
    }
}
