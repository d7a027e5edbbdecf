//! What the server says: replies on their way to the wire.

use bytes::BytesMut;
use wire_core::{Moment, SendBuf, Step};

use super::{Event, Phase, Protocol, Server, State};
use crate::{Error, Misuse, Reply, Wait};

/// How much room for replies is kept while the client says nothing.
const OUTBOX_KEPT: usize = 128;

impl Server {
    /// Queues a reply, with its enhanced code.
    pub(super) fn say(&mut self, reply: &Reply) {
        reply.encode(true, &mut self.outbox);
    }

    pub(super) fn greet(&mut self) -> Result<(), Misuse> {
        let kind: &[u8] = if self.config.protocol == Protocol::Lmtp { b" LMTP\r\n" } else { b" ESMTP\r\n" };
        self.outbox.extend_from_slice(b"220 ");
        self.outbox.extend_from_slice(self.config.hostname.as_bytes());
        self.outbox.extend_from_slice(kind);
        self.state = State::Fresh;
        self.phase = Phase::Command;
        self.rearm = true;
        Ok(())
    }

    pub(super) fn deliver(&mut self, tx: &mut SendBuf) {
        if !self.outbox.is_empty() {
            tx.put(&self.outbox);
            // Replies are short, but for that to EHLO; a session may then be idle for long.
            if self.outbox.capacity() > OUTBOX_KEPT {
                self.outbox = BytesMut::new();
            }
            self.outbox.clear();
        }
        if let Some(challenge) = self.challenge.take() {
            tx.put(b"334 ");
            tx.put_secret(&challenge);
            tx.put(b"\r\n");
        }
    }

    /// Says goodbye because of an error.
    pub(super) fn fail(&mut self, error: Error, tx: &mut SendBuf) -> Error {
        self.deliver(tx);
        if let Some(reply) = error.reply() {
            tx.put_with(|out| reply.encode(true, out));
        }
        self.phase = Phase::Closing;
        error
    }

    /// A client that does not take its replies gets no more of them: its commands wait until there is room. Each piece
    /// that it takes is progress.
    pub(super) fn wait_for_room(&mut self, now: Moment, tx: &SendBuf) -> Result<Option<Step<Event>>, Error> {
        if tx.len() < self.config.limits.window() {
            return Ok(None);
        }
        if tx.len() != self.unsent {
            self.unsent = tx.len();
            self.deadline = Some(now + self.config.timeouts.command);
        } else if self.deadline.is_some_and(|deadline| deadline <= now) {
            return Err(Error::Timeout(Wait::Command));
        }
        Ok(Some(Step::Hold))
    }
}
