//! AUTH, RFC 5034, from the client's side.

use sasl_core::TokenError;
use sasl_core::client::{Client as Sasl, ClientError, Lines};
use wire_core::{SendBuf, Step};

use super::flight::{Flight, Kind};
use super::{Client, CommandId, Event};
use crate::{Misuse, Reply};

/// RFC 5034 section 4: for the initial response "the 255-octet limit on the length of a single command" applies.
const COMMAND_MOST: usize = 255;

impl Client {
    /// AUTH with a SASL exchange (RFC 5034 section 4). The final reply arrives as [`Event::Reply`]; whether the
    /// *server* proved itself, if the mechanism wants that, is told by [`auth_outcome`](Self::auth_outcome).
    ///
    /// # Errors
    ///
    /// [`Misuse::State`] while another exchange is under way or if this one has begun.
    pub fn authenticate(&mut self, sasl: Sasl) -> Result<CommandId, Misuse> {
        if self.exchange.is_some() {
            return Err(Misuse::State);
        }
        let lines = Lines::begin(sasl).map_err(|_| Misuse::State)?;
        let name = lines.mechanism().name();
        let id = self.enqueue(Kind::Auth, |text| {
            text.extend_from_slice(b"AUTH ");
            text.extend_from_slice(name.as_bytes());
        })?;
        self.exchange = Some(Box::new(lines));
        self.auth_error = None;
        Ok(id)
    }

    /// Why the exchange last made failed on this side, although the server may have accepted it: a server that could
    /// not prove that it knows the password, a challenge that makes no sense.
    ///
    /// `Ok` after an exchange that succeeded on both sides.
    ///
    /// # Errors
    ///
    /// What was wrong with the server's challenges.
    pub fn auth_outcome(&self) -> Result<(), ClientError> {
        self.auth_error.map_or(Ok(()), Err)
    }

    /// What the server said of a token it refused (RFC 7628 section 3.2.2), if it said anything.
    pub fn auth_details(&self) -> Option<&TokenError> {
        self.auth_details.as_ref()
    }

    /// Sends the AUTH command itself, with the initial response if it fits.
    pub(super) fn send_auth(&mut self, command: &[u8], tx: &mut SendBuf) {
        tx.put(command);
        let room = COMMAND_MOST.saturating_sub(command.len() + " \r\n".len());
        if let Some(response) = self.exchange.as_mut().and_then(|exchange| exchange.initial(room)) {
            tx.put(b" ");
            tx.put_secret(response.expose());
        }
        tx.put(b"\r\n");
    }

    /// Answers a challenge; the flight goes on.
    pub(super) fn challenged(&mut self, challenge: &[u8]) {
        self.secret_line = self.exchange.as_mut().map(|exchange| exchange.answer(challenge));
        self.rearm = true;
    }

    pub(super) fn auth_reply(&mut self, flight: &Flight, reply: Reply) -> Step<Event> {
        if let Some(exchange) = self.exchange.take() {
            let (outcome, details) = exchange.finish(reply.is_positive());
            self.auth_error = outcome.err();
            self.auth_details = details;
        }
        Step::Event(Event::Reply(flight.id, reply))
    }
}
