//! AUTHENTICATE (RFC 9051 section 6.2.2), from the client's side.

use sasl_core::TokenError;
use sasl_core::client::{Client as Sasl, ClientError, Lines};
use wire_core::SendBuf;

use super::{Client, CommandId};
use crate::{Atom, Capability, Command, Encoder, Misuse, Tag, command::Authenticate};

/// Octets of an initial response that go with the command: lines have limits (RFC 7888 section 5 has 4096 for literals).
const INITIAL_MOST: usize = 8000;

impl Client {
    /// AUTHENTICATE with a SASL exchange. It ends with [`Event::Done`](super::Event::Done); whether the *server* proved itself, if the
    /// mechanism wants that, is told by [`auth_outcome`](Self::auth_outcome).
    ///
    /// The initial response goes with the command if the server offers SASL-IR (RFC 4959 section 3).
    ///
    /// # Errors
    ///
    /// [`Misuse::State`] if somebody is logged in or about to be, while another exchange is under way, or if this one has begun;
    /// [`Misuse::Cleartext`] for a mechanism that sends the secret as it is, without TLS.
    pub fn authenticate(&mut self, sasl: Sasl) -> Result<CommandId, Misuse> {
        if self.exchange.is_some() {
            return Err(Misuse::State);
        }
        let lines = Lines::begin(sasl).map_err(|_| Misuse::State)?;
        let mechanism = lines.mechanism();
        let command = Command::Authenticate(Authenticate {
            mechanism: Atom::received(mechanism.name().as_bytes().into()),
            initial: None,
        });
        self.admits(&command)?;
        if mechanism.is_plaintext() && !self.may_send_credentials() {
            return Err(Misuse::Cleartext);
        }
        self.exchange = Some(Box::new(lines));
        self.auth_error = None;
        let queued = self.enqueue(command, None);
        if queued.is_err() {
            self.exchange = None;
        }
        queued
    }

    /// Why the exchange last made failed on this side, although the server may have accepted it: a server that could not prove that
    /// it knows the password, a challenge that makes no sense.
    ///
    /// # Errors
    ///
    /// What was wrong with the server's challenges.
    pub fn auth_outcome(&self) -> Result<(), ClientError> {
        self.auth_error.map_or(Ok(()), Err)
    }

    /// What the server said of a token it refused (RFC 7628 section 3.2.2), if it said anything.
    pub const fn auth_details(&self) -> Option<&TokenError> {
        self.auth_details.as_ref()
    }

    /// Writes the command itself, with the initial response if it may go.
    pub(super) fn encode_authenticate(&mut self, tag: &Tag, encoder: &mut Encoder) {
        let with_initial = self.has(&Capability::SASL_IR);
        let Some(exchange) = &mut self.exchange else { return };
        encoder.octets(tag.as_bytes());
        encoder.octets(b" AUTHENTICATE ");
        encoder.octets(exchange.mechanism().name().as_bytes());
        if with_initial && let Some(initial) = exchange.initial(INITIAL_MOST) {
            encoder.space();
            encoder.secret_octets(initial.expose());
        }
        encoder.crlf();
    }

    /// Answers a challenge.
    pub(super) fn challenged(&mut self, challenge: &[u8]) {
        if let Some(exchange) = &mut self.exchange {
            self.answer = Some(exchange.answer(challenge));
        }
    }

    pub(super) fn send_answer(&mut self, tx: &mut SendBuf) {
        if let Some(line) = self.answer.take() {
            tx.put_secret(line.expose());
            tx.put(b"\r\n");
            self.rearm = true;
        }
    }

    pub(super) fn authenticated(&mut self, positive: bool) {
        if let Some(exchange) = self.exchange.take() {
            let (outcome, details) = exchange.finish(positive);
            self.auth_error = outcome.err();
            self.auth_details = details;
        }
    }
}
