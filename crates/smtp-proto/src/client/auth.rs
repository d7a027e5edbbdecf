//! AUTH, RFC 4954, from the client's side.

use bytes::Bytes;
use sasl_core::client::{Client as Sasl, ClientError};
use sasl_core::{Malformed, Mechanism, TokenError, base64};
use wire_core::{Secret, SendBuf, Step};

use super::body::Stepped;
use super::flight::{Flight, Kind};
use super::{Client, CommandId, Event};
use crate::{Misuse, Reply};

/// An AUTH exchange.
pub(super) struct Exchange {
    sasl: Sasl,
    /// The initial response, until it is sent.
    response: Option<Secret>,
}

impl Client {
    /// AUTH with a SASL exchange (RFC 4954 section 4). The final reply arrives as [`Event::Reply`]; whether
    /// the *server* proved itself, if the mechanism wants that, is told by [`auth_outcome`](Self::auth_outcome).
    ///
    /// # Errors
    ///
    /// [`Misuse::NotOffered`] if the server does not offer the mechanism.
    pub fn authenticate(&mut self, mut sasl: Sasl) -> Result<CommandId, Misuse> {
        if self.exchange.is_some() {
            return Err(Misuse::State);
        }
        let mechanism = sasl.mechanism();
        if !self.capabilities.auth().any(|offered| Mechanism::parse(offered) == Some(mechanism)) {
            return Err(Misuse::NotOffered);
        }
        let response = sasl.initial_response().map_err(|_| Misuse::State)?;
        let text = Bytes::from(format!("AUTH {}", mechanism.name()));
        let id = self.enqueue(Kind::Auth, text)?;
        self.exchange = Some(Box::new(Exchange { sasl, response }));
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
        if let Some(exchange) = &mut self.exchange
            && let Some(response) = &exchange.response
        {
            let encoded_octets = response.len().div_ceil(3) * 4;
            // RFC 4954 section 4: a client "MUST NOT" use an initial response that makes the line too long for a
            // command; without it the server asks with an empty challenge.
            if command.len() + encoded_octets + 3 <= 512 {
                tx.put(b" ");
                let mut encoded = Vec::new();
                if response.is_empty() {
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

    pub(super) fn auth_reply(&mut self, flight: Flight, reply: Reply) -> Stepped {
        if reply.code().value() != 334 {
            if let Some(mut exchange) = self.exchange.take() {
                self.auth_details = exchange.sasl.error_details().cloned();
                if reply.is_positive() && self.auth_error.is_none() {
                    self.auth_error = exchange.sasl.success(None).err();
                }
            }
            return Ok(Some(Step::Event(Event::Reply(flight.id, reply))));
        }
        let Some(exchange) = &mut self.exchange else { return Ok(None) };
        let challenge = reply.lines().next().cloned().unwrap_or_default();
        let answer = match exchange.response.take() {
            // The server asks for the initial response that did not fit.
            Some(response) if challenge.is_empty() => Ok(response),
            _ => match base64::decode(&challenge) {
                Ok(challenge) => exchange.sasl.respond(challenge.expose()),
                // LOGIN's prompts say nothing that the client needs; some servers send them as plain text.
                Err(_) if exchange.sasl.mechanism() == Mechanism::Login => exchange.sasl.respond(&challenge),
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
                // RFC 4954 section 4: "If the client wishes to cancel the authentication exchange, it issues a
                // line with a single "*"."
                self.auth_error = Some(error);
                b"*".to_vec()
            }
        };
        self.secret_line = Some(line);
        self.flights.push_front(flight);
        self.rearm = true;
        Ok(None)
    }
}
