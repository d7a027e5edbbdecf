//! Commands on their way out.

use std::collections::VecDeque;

use bytes::Bytes;
use wire_core::SendBuf;

use super::flight::{Flight, Kind, Turn};
use super::{Client, CommandId, Event, State};
use crate::{
    Command, Encoder, Misuse, Piece,
    command::{Append, Replace},
};

/// A command that is not sent to its end: it waits for the server, or for octets of the application.
#[derive(Debug)]
pub(super) struct Outgoing {
    pub(super) id: CommandId,
    pieces: VecDeque<Piece>,
    /// The server has to ask for what comes next.
    waiting: bool,
    streamed: Option<Streamed>,
}

/// Messages that the application gives while they are sent.
#[derive(Debug)]
struct Streamed {
    messages: Messages,
    /// Which literal is next.
    index: usize,
    /// Octets of it that are not sent yet; `None` before its turn.
    left: Option<u64>,
}

#[derive(Debug)]
enum Messages {
    Append(Append),
    Replace(Replace),
}

impl Messages {
    fn octets(&self, index: usize) -> Option<u64> {
        match self {
            Self::Append(append) => append.streamed().nth(index),
            Self::Replace(replace) => replace.streamed().nth(index),
        }
    }

    fn encode_next(&self, index: usize, encoder: &mut Encoder) -> bool {
        match self {
            Self::Append(append) => append.encode_next(index, encoder),
            Self::Replace(replace) => replace.encode_next(index, encoder),
        }
    }
}

impl Outgoing {
    pub(super) fn is_waiting(&self) -> bool {
        self.waiting
    }

    pub(super) fn waits_for_application(&self) -> bool {
        !self.waiting
            && self.streamed.as_ref().is_some_and(|streamed| streamed.left.is_some_and(|left| left > 0))
    }

    /// The server has asked for more.
    pub(super) fn go_on(&mut self) {
        self.waiting = false;
    }

    fn streams(&self) -> bool {
        self.streamed.is_some()
    }
}

impl Client {
    /// Gives octets of the literal that [`Event::LiteralWanted`] asked for. They are queued by reference; ask
    /// [`literal_capacity`](Self::literal_capacity) how many it makes sense to give.
    ///
    /// # Errors
    ///
    /// [`Misuse::State`] if no literal is wanted, [`Misuse::LiteralOverrun`] if there are more octets than were announced.
    pub fn literal(&mut self, octets: Bytes) -> Result<(), Misuse> {
        let wanted = self.literal_left().ok_or(Misuse::State)?;
        if octets.len() as u64 > wanted {
            return Err(Misuse::LiteralOverrun);
        }
        self.literal_waiting += octets.len();
        if !octets.is_empty() {
            self.literal.push_back(octets);
        }
        Ok(())
    }

    /// Octets of the literal that the application has not given yet; `None` if none is wanted.
    pub fn literal_left(&self) -> Option<u64> {
        let streamed = self.outgoing.as_ref()?.streamed.as_ref()?;
        Some(streamed.left?.saturating_sub(self.literal_waiting as u64))
    }

    /// How many octets can be given before they would only wait.
    pub fn literal_capacity(&self) -> usize {
        self.config.limits.literal_window.saturating_sub(self.literal_waiting + self.unsent)
    }

    /// The rest of a literal cannot be given: the connection closes without it, so that nothing is stored cut.
    pub fn abort_literal(&mut self) {
        if self.outgoing.as_ref().is_some_and(Outgoing::streams) {
            self.give_up();
        }
    }

    /// Sends what may be sent now.
    pub(super) fn send(&mut self, tx: &mut SendBuf) {
        self.send_answer(tx);
        self.finish_idle(tx);
        loop {
            if self.outgoing.is_some() {
                if !self.send_outgoing(tx) {
                    break;
                }
                continue;
            }
            let Some(next) = self.queue.front() else { break };
            if !self.may_send(&next.command) {
                break;
            }
            let Some(queued) = self.queue.pop_front() else { break };
            self.begin(queued, tx);
        }
        self.unsent = tx.len();
    }

    /// RFC 9051 section 5.5: which commands may follow which without waiting.
    fn may_send(&self, next: &Command) -> bool {
        if self.state == State::Greeting || self.bye {
            return false;
        }
        if self.flights.is_empty() {
            return true;
        }
        let kind = Kind::of(next);
        self.config.pipelining
            && self.flights.len() < self.config.limits.pipeline_commands
            && self.in_flight < self.config.limits.pipeline_octets
            && self.flights.iter().all(|flight| flight.kind.lets(kind))
    }

    fn begin(&mut self, queued: super::Queued, tx: &mut SendBuf) {
        let super::Queued { id, command, timeout, abandoned, .. } = queued;
        let tag = self.tags.next();
        let mut encoder = Encoder::new(self.literals(), self.dialect());
        let kind = Kind::of(&command);
        if kind == Kind::Alone(Turn::Authenticate) {
            self.encode_authenticate(&tag, &mut encoder);
        } else {
            command.encode(&tag, &mut encoder);
        }
        let octets = encoder.text().len();
        let messages = match command {
            Command::Append(append) if append.streamed().next().is_some() => Some(Messages::Append(append)),
            Command::Replace(replace) if replace.streamed().next().is_some() => {
                Some(Messages::Replace(replace))
            }
            _ => None,
        };
        if self.flights.is_empty() {
            self.rearm = true;
        }
        self.in_flight += octets;
        self.flights.push_back(Flight { id, tag, kind, octets, timeout, abandoned });
        self.outgoing = Some(Outgoing {
            id,
            pieces: encoder.into_pieces().collect(),
            waiting: false,
            streamed: messages.map(|messages| Streamed { messages, index: 0, left: None }),
        });
        self.send_outgoing(tx);
    }

    /// Sends as much as can be; whether all of it was.
    fn send_outgoing(&mut self, tx: &mut SendBuf) -> bool {
        let window = self.config.limits.literal_window.max(1);
        let (literals, dialect) = (self.literals(), self.dialect());
        let Some(outgoing) = &mut self.outgoing else { return true };
        loop {
            if outgoing.waiting {
                return false;
            }
            if let Some(piece) = outgoing.pieces.pop_front() {
                outgoing.waiting = piece.waits;
                if piece.secret {
                    tx.put_secret(&piece.octets)
                } else {
                    tx.put(&piece.octets)
                }
                continue;
            }
            let Some(streamed) = &mut outgoing.streamed else {
                self.outgoing = None;
                return true;
            };
            match streamed.left {
                None => {
                    let octets = streamed.messages.octets(streamed.index).unwrap_or(0);
                    streamed.left = Some(octets);
                    self.pending.push_back(Event::LiteralWanted { id: outgoing.id, octets });
                }
                Some(0) => {
                    let mut encoder = Encoder::new(literals, dialect);
                    let complete = streamed.messages.encode_next(streamed.index, &mut encoder);
                    outgoing.pieces.extend(encoder.into_pieces());
                    if complete {
                        outgoing.streamed = None;
                    } else {
                        streamed.index += 1;
                        streamed.left = None;
                    }
                }
                Some(left) => {
                    if tx.len() >= window {
                        return false;
                    }
                    let Some(octets) = self.literal.pop_front() else { return false };
                    self.literal_waiting = self.literal_waiting.saturating_sub(octets.len());
                    streamed.left = Some(left.saturating_sub(octets.len() as u64));
                    self.rearm = true;
                    tx.put_bytes(octets);
                }
            }
        }
    }

    /// DONE, if IDLE is to end and has begun.
    fn finish_idle(&mut self, tx: &mut SendBuf) {
        if let Some(idle) = &mut self.idle
            && idle.begun
            && idle.ending
        {
            (idle.begun, idle.ended) = (false, true);
            // RFC 9051 section 6.3.13: `idle = "IDLE" CRLF "DONE"`
            tx.put(b"DONE\r\n");
            self.rearm = true;
        }
    }
}
