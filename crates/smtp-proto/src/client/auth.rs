//! AUTH, RFC 4954, from the client's side.

use bytes::Bytes;
use sasl_core::client::{Client as Sasl, ClientError, Lines};
use sasl_core::{Mechanism, TokenError};
use wire_core::{SendBuf, Step};

use super::body::Stepped;
use super::flight::{Flight, Kind};
use super::{Client, CommandId, Event};
use crate::{Misuse, Reply};

/// RFC 4954 section 4: a client "MUST NOT" use an initial response that makes the line too long for a command; without
/// it the server asks with an empty challenge.
const COMMAND_MOST: usize = 512;

impl Client {
    /// AUTH with a SASL exchange (RFC 4954 section 4). The final reply arrives as [`Event::Reply`]; whether
    /// the *server* proved itself, if the mechanism wants that, is told by [`auth_outcome`](Self::auth_outcome).
    ///
    /// # Errors
    ///
    /// [`Misuse::NotOffered`] if the server does not offer the mechanism.
    pub fn authenticate(&mut self, sasl: Sasl) -> Result<CommandId, Misuse> {
        if self.exchange.is_some() {
            return Err(Misuse::State);
        }
        let mechanism = sasl.mechanism();
        if !self.capabilities.auth().any(|offered| Mechanism::parse(offered) == Some(mechanism)) {
            return Err(Misuse::NotOffered);
        }
        let lines = Lines::begin(sasl).map_err(|_| Misuse::State)?;
        let text = Bytes::from(format!("AUTH {}", mechanism.name()));
        let id = self.enqueue(Kind::Auth, text)?;
        self.exchange = Some(Box::new(lines));
        self.auth_error = None;
        Ok(id)
    }

    /// Why the exchange last made failed on this side, although the server may have accepted it: a server
    /// that could not prove that it knows the password, a challenge that makes no sense.
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

    pub(super) fn auth_reply(&mut self, flight: Flight, reply: Reply) -> Stepped {
        if reply.code().value() != 334 {
            if let Some(exchange) = self.exchange.take() {
                let (outcome, details) = exchange.finish(reply.is_positive());
                self.auth_error = outcome.err();
                self.auth_details = details;
            }
            return Ok(Some(Step::Event(Event::Reply(flight.id, reply))));
        }
        let Some(exchange) = &mut self.exchange else { return Ok(None) };
        let challenge = reply.lines().next().cloned().unwrap_or_default();
        self.secret_line = Some(exchange.answer(&challenge));
        self.flights.push_front(flight);
        self.rearm = true;
        Ok(None)
    }
}
