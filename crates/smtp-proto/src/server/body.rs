//! Receiving a message: DATA to its CRLF "." CRLF, BDAT to its last octet.

use bytes::Bytes;
use wire_core::dot::{Unstuffed, Unstuffer};
use wire_core::{BareOctet, Moment, NewlineCheck, NewlineRepair, RecvBuf, Step};

use super::{Abort, Ask, BareNewline, Event, Pending, Phase, Pipelining, Protocol, Server, State};
use crate::trace::ReceivedCounter;
use crate::{Error, PeerError, Reply, Wait};

/// The body that is coming in.
#[derive(Debug)]
pub(super) struct Reception {
    framing: Framing,
    octets: u64,
    newlines: NewlineCheck,
    repair: NewlineRepair,
    received: ReceivedCounter,
    /// Why the message will be refused; from then on it is dropped as it comes.
    refused: Option<Refused>,
}

#[derive(Debug)]
enum Framing {
    Dot(Unstuffer),
    Chunk { left: u64, last: bool },
}

#[derive(Debug)]
struct Refused {
    reply: Reply,
    /// Whether the framing of what follows is in doubt.
    close: Option<BareOctet>,
}

impl Reception {
    fn new(framing: Framing) -> Self {
        Self {
            framing,
            octets: 0,
            newlines: NewlineCheck::default(),
            repair: NewlineRepair::default(),
            received: ReceivedCounter::default(),
            refused: None,
        }
    }
}

impl Server {
    /// The application has answered [`Event::Data`].
    pub(super) fn open_body(&mut self, chunk: Option<(u64, bool)>, positive: bool, reply: &Reply) {
        let mut reception = match chunk {
            Some((left, last)) => Reception::new(Framing::Chunk { left, last }),
            None if !positive => return self.say(reply),
            None => {
                self.outbox.extend_from_slice(b"354 end data with <CR><LF>.<CR><LF>\r\n");
                Reception::new(Framing::Dot(Unstuffer::default()))
            }
        };
        if !positive {
            reception.refused = Some(Refused { reply: reply.clone(), close: None });
        }
        self.reception = Some(Box::new(reception));
        self.phase = Phase::Body;
    }

    pub(super) fn next_chunk(&mut self, octets: u64, last: bool, now: Moment) {
        match &mut self.reception {
            Some(reception) => reception.framing = Framing::Chunk { left: octets, last },
            None => self.reception = Some(Box::new(Reception::new(Framing::Chunk { left: octets, last }))),
        }
        self.phase = Phase::Body;
        self.deadline = Some(now + self.config.timeouts.data_block);
    }

    /// Reads over a chunk that is refused from the start.
    pub(super) fn swallow(&mut self, octets: u64, last: bool, reply: Reply, now: Moment) {
        let mut reception = Reception::new(Framing::Chunk { left: octets, last });
        reception.refused = Some(Refused { reply, close: None });
        self.reception = Some(Box::new(reception));
        self.phase = Phase::Body;
        self.deadline = Some(now + self.config.timeouts.data_block);
    }

    /// Takes the next piece of the body.
    pub(super) fn receive(&mut self, now: Moment, rx: &mut RecvBuf) -> Result<Option<Step<Event>>, Error> {
        let most = self.config.limits.chunk;
        loop {
            let Some(reception) = &mut self.reception else {
                self.wait_for_command(now);
                return Ok(None);
            };
            let next = match &mut reception.framing {
                Framing::Dot(unstuffer) => unstuffer.next(rx, most),
                Framing::Chunk { left: 0, .. } => Some(Unstuffed::End),
                Framing::Chunk { left, .. } => {
                    let chunk = rx.take(usize::try_from(*left).unwrap_or(most).min(most));
                    *left -= chunk.len() as u64;
                    (!chunk.is_empty()).then_some(Unstuffed::Chunk(chunk))
                }
            };
            let event = match next {
                None => return self.wait(now, rx, Wait::Body).map(Some),
                Some(Unstuffed::End) => {
                    self.complete(now, rx)?;
                    return Ok(None);
                }
                Some(Unstuffed::Chunk(chunk)) => {
                    self.extend_deadline(now, chunk.len());
                    self.examine(chunk)
                }
            };
            if let Some(event) = event {
                return Ok(Some(Step::Event(event)));
            }
        }
    }

    /// A client that sends more slowly than the least rate uses up its time, however steadily it sends.
    fn extend_deadline(&mut self, now: Moment, octets: usize) {
        let block = self.config.timeouts.data_block;
        let full = now + block;
        self.deadline = Some(match (self.deadline, self.config.timeouts.minimum_rate) {
            (Some(deadline), rate @ 1..) => {
                let micros = (octets as u64).saturating_mul(1_000_000) / u64::from(rate);
                full.min(deadline + std::time::Duration::from_micros(micros))
            }
            _ => full,
        });
    }

    /// Looks for what makes a message unacceptable; what is acceptable goes to the application.
    fn examine(&mut self, chunk: Bytes) -> Option<Event> {
        let binary = self.transaction.binary;
        let limits = &self.config.limits;
        let policy = self.config.bare_newline;
        let reception = self.reception.as_deref_mut()?;
        reception.octets = reception.octets.saturating_add(chunk.len() as u64);
        if reception.refused.is_some() {
            return None;
        }
        if reception.octets > limits.message_octets {
            let reply = Reply::fixed(552, (5, 3, 4), "message too long");
            return self.refuse_message(reply, None, Abort::TooLong).map(Event::Aborted);
        }
        if !binary
            && policy == BareNewline::Reject
            && let Err((octet, _)) = reception.newlines.chunk(&chunk)
        {
            return self.refuse_bare(octet).map(Event::Aborted);
        }
        let chunk = match policy {
            BareNewline::Normalize if !binary => reception.repair.chunk(chunk),
            _ => chunk,
        };
        if reception.received.chunk(&chunk) > limits.received_fields {
            // RFC 5321 section 6.3: "Simple counting of the number of "Received:" header fields in a message has
            // proven to be an effective, although rarely optimal, method of detecting loops in mail systems."
            let reply = Reply::fixed(554, (5, 4, 6), "too many hops, this message loops");
            return self.refuse_message(reply, None, Abort::Loop).map(Event::Aborted);
        }
        (!chunk.is_empty()).then_some(Event::Body(chunk))
    }

    fn refuse_bare(&mut self, octet: BareOctet) -> Option<Abort> {
        let by_dot = self.reception.as_ref().is_some_and(|r| matches!(r.framing, Framing::Dot(_)));
        let reply = Reply::fixed(554, (5, 6, 11), "the message holds a CR, LF or NUL that stands alone");
        self.refuse_message(reply, by_dot.then_some(octet), Abort::Bare(octet))
    }

    fn refuse_message(&mut self, reply: Reply, close: Option<BareOctet>, why: Abort) -> Option<Abort> {
        let reception = self.reception.as_deref_mut()?;
        reception.refused = Some(Refused { reply, close });
        // The application drops its part now, the client is told when it has sent the rest.
        std::mem::take(&mut self.transaction.begun).then_some(why)
    }

    /// The body, or a chunk of it, has come to its end.
    fn complete(&mut self, now: Moment, rx: &RecvBuf) -> Result<(), Error> {
        let Some(reception) = self.reception.as_deref_mut() else { return Ok(()) };
        let last = match reception.framing {
            Framing::Dot(_) => true,
            Framing::Chunk { last, .. } => last,
        };
        if last
            && reception.refused.is_none()
            && self.config.bare_newline == BareNewline::Reject
            && !self.transaction.binary
            && let Err((octet, _)) = reception.newlines.finish()
            && let Some(why) = self.refuse_bare(octet)
        {
            self.pending.push_back(Pending::Aborted(why));
        }
        let Some(reception) = self.reception.as_deref_mut() else { return Ok(()) };
        let by_dot = matches!(reception.framing, Framing::Dot(_));
        let octets = reception.octets;
        if by_dot && self.config.pipelining == Pipelining::Off && !rx.is_empty() {
            return Err(PeerError::Pipelining.into());
        }
        match (reception.refused.take(), last) {
            (Some(refused), _) => self.finish_refused(refused, by_dot, last, now)?,
            (None, true) => {
                let due =
                    if self.config.protocol == Protocol::Lmtp { self.transaction.recipients } else { 1 };
                self.reception = None;
                self.pending.push_back(Pending::BodyEnd);
                self.phase = Phase::Asked(Ask::BodyEnd(due.max(1)));
                self.deadline = None;
            }
            (None, false) => {
                self.state = State::Chunks;
                self.outbox.extend_from_slice(b"250 2.0.0 ");
                self.outbox.extend_from_slice(octets.to_string().as_bytes());
                self.outbox.extend_from_slice(b" octets received\r\n");
                self.wait_for_command(now);
            }
        }
        Ok(())
    }

    fn finish_refused(
        &mut self,
        refused: Refused,
        by_dot: bool,
        last: bool,
        now: Moment,
    ) -> Result<(), Error> {
        // RFC 2033 section 4.2: "the server returns one reply for each previously successful RCPT command", and
        // section 4.3 of BDAT: "If there were no previously successful RCPT commands in the mail transaction, then
        // the BDAT LAST command returns zero replies."
        let replies = match self.config.protocol {
            Protocol::Lmtp if last && self.state.in_transaction() => self.transaction.recipients,
            _ => 1,
        };
        for _ in 0..replies {
            self.say(&refused.reply);
        }
        let told = self.transaction.begun;
        if by_dot || last {
            if told && self.state.in_transaction() {
                self.abort_transaction(Abort::Chunk);
            } else {
                self.end_transaction();
            }
        } else {
            self.reception = None;
            if self.state.in_transaction() {
                if std::mem::take(&mut self.transaction.begun) {
                    self.pending.push_back(Pending::Aborted(Abort::Chunk));
                }
                self.state = State::ChunkRefused;
            }
        }
        if let Some(octet) = refused.close {
            return Err(PeerError::BareOctet(octet).into());
        }
        self.wait_for_command(now);
        Ok(())
    }
}
