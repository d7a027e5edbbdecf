//! AUTH, RFC 5034, from the client's side.

use sasl_core::client::{Client as Sasl, ClientError};
use sasl_core::{Malformed, TokenError, base64};
use wire_core::{Secret, SendBuf, Step};

use super::flight::{Flight, Kind};
use super::{Client, CommandId, Event};
use crate::{Misuse, Reply};

/// An AUTH exchange.
pub(super) struct Exchange {
    sasl: Sasl,
    /// The initial response, until it is sent.
    response: Option<Secret>,
}

/// RFC 5034 section 4: for the initial response "the 255-octet limit on the length of a single command" applies.
const COMMAND_MOST: usize = 255;

impl Client {
    /// AUTH with a SASL exchange (RFC 5034 section 4). The final reply arrives as [`Event::Reply`]; whether the
    /// *server* proved itself, if the mechanism wants that, is told by [`auth_outcome`](Self::auth_outcome).
    ///
    /// # Errors
    ///
    /// [`Misuse::State`] while another exchange is under way or if this one has begun.
    pub fn authenticate(&mut self, mut sasl: Sasl) -> Result<CommandId, Misuse> {
        if self.exchange.is_some() {
            return Err(Misuse::State);
        }
        let response = sasl.initial_response().map_err(|_| Misuse::State)?;
        let name = sasl.mechanism().name();
        let id = self.enqueue(Kind::Auth, |text| {
            text.extend_from_slice(b"AUTH ");
            text.extend_from_slice(name.as_bytes());
        })?;
        self.exchange = Some(Box::new(Exchange { sasl, response }));
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
        if let Some(exchange) = &mut self.exchange
            && let Some(response) = &exchange.response
        {
            let encoded_octets = response.len().div_ceil(3) * 4;
            if command.len() + encoded_octets.max(1) + 3 <= COMMAND_MOST {
                tx.put(b" ");
                let mut encoded = Vec::new();
                if response.is_empty() {
                    // RFC 5034 section 4: "If the client needs to send a zero-length initial response, it MUST transmit
                    // the response as a single equals sign ("=")."
                    encoded.extend_from_slice(b"=");
                } else {
                    base64::encode_into(response.expose(), &mut encoded);
                }
                tx.put_secret(&encoded);
                exchange.response = None;
            }
        }
        tx.put(b"\r\n");
    }

    /// Answers a challenge; the flight goes on.
    pub(super) fn challenged(&mut self, challenge: &[u8]) {
        let Some(exchange) = &mut self.exchange else { return };
        let answer = match exchange.response.take() {
            // The server asks for the initial response that did not fit; some do it in words, which may look like base64.
            Some(response) => Ok(response),
            None => match base64::decode(challenge) {
                Ok(challenge) => exchange.sasl.respond(challenge.expose()),
                Err(_) if exchange.sasl.ignores_challenge() => exchange.sasl.respond(b""),
                Err(_) => Err(ClientError::Malformed(Malformed::Base64)),
            },
        };
        let line = match answer {
            Ok(response) => {
                let mut line = Vec::new();
                base64::encode_into(response.expose(), &mut line);
                line
            }
            Err(error) => {
                // RFC 5034 section 4: "If the client cannot Base64 decode any of the server's challenges, it MUST cancel the
                // authentication using the "*" response."
                self.auth_error = Some(error);
                b"*".to_vec()
            }
        };
        self.secret_line = Some(line);
        self.rearm = true;
    }

    pub(super) fn auth_reply(&mut self, flight: &Flight, reply: Reply) -> Step<Event> {
        if let Some(mut exchange) = self.exchange.take() {
            self.auth_details = exchange.sasl.error_details().cloned();
            if reply.is_positive() && self.auth_error.is_none() {
                self.auth_error = exchange.sasl.success(None).err();
            }
        }
        Step::Event(Event::Reply(flight.id, reply))
    }
}
