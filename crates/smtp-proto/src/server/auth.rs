//! AUTH, RFC 4954: lines of base64 around a SASL exchange.

use bytes::Bytes;
use sasl_core::server::{Answer, Failure, Step as Sasl};
use sasl_core::{Mechanism, Nonce, Transport, base64};
use wire_core::{Moment, RecvBuf, Secret, Step};

use super::{Ask, Event, Phase, Server, TARPIT};
use crate::{Error, Limit, Reply, Wait};

/// An AUTH exchange.
pub(super) struct Exchange {
    sasl: sasl_core::server::Server,
    /// What the application answered, to be used at the next step.
    pub(super) answer: Option<Answer>,
    /// The exchange has succeeded with data that went out as a last challenge: an empty response is due.
    success: Option<sasl_core::server::Identity>,
}

impl Server {
    /// What this connection offers to SASL.
    pub(super) fn transport(&self) -> Transport {
        match &self.session.tls {
            None => Transport::clear(),
            Some(tls) => Transport::from(&**tls),
        }
    }

    pub(super) fn auth(
        &mut self,
        mechanism: &Bytes,
        initial: Option<&Secret>,
        now: Moment,
        rx: &RecvBuf,
    ) -> Result<Option<Step<Event>>, Error> {
        rx.redact("AUTH ".len() + mechanism.len() + 1);
        let Some(config) = &self.config.auth else {
            self.refuse_bad(now, &Reply::fixed(502, (5, 5, 1), "authentication is not available"))?;
            return Ok(None);
        };
        if self.session.identity.is_some() {
            // RFC 4954 section 4: "After a successful AUTH command completes, a server MUST reject any further
            // AUTH commands with a 503 reply."
            self.refuse_bad(now, &Reply::fixed(503, (5, 5, 1), "already authenticated"))?;
            return Ok(None);
        }
        if self.config.tls_for_auth && self.session.tls.is_none() {
            self.refuse_bad(now, &Reply::fixed(538, (5, 7, 11), "encryption required for authentication"))?;
            return Ok(None);
        }
        let transport = self.transport();
        let Some(mechanism) = Mechanism::parse(mechanism).filter(|m| config.offered(&transport).contains(m))
        else {
            self.refuse_bad(now, &Reply::fixed(504, (5, 5, 4), "mechanism not available"))?;
            return Ok(None);
        };
        self.exchanges += 1;
        let nonce = Nonce::derive(&self.seed, self.exchanges);
        let Ok(sasl) = sasl_core::server::Server::new(mechanism, config, &transport, nonce) else {
            self.refuse_bad(now, &Reply::fixed(504, (5, 5, 4), "mechanism not available"))?;
            return Ok(None);
        };
        self.exchange = Some(Box::new(Exchange { sasl, answer: None, success: None }));
        // RFC 4954 section 4: "=" stands for an initial response of zero length.
        match initial.map(Secret::expose) {
            None => self.proceed(None, now),
            Some(b"=") => self.proceed(Some(b""), now),
            Some(encoded) => match base64::decode(encoded) {
                Ok(response) => self.proceed(Some(response.expose()), now),
                Err(_) => self.not_base64(now),
            },
        }
    }

    /// Waits for the next line of the exchange, or takes the application's answer.
    pub(super) fn response(&mut self, now: Moment, rx: &mut RecvBuf) -> Result<Option<Step<Event>>, Error> {
        if let Some(exchange) = &mut self.exchange
            && let Some(answer) = exchange.answer.take()
        {
            let step = exchange.sasl.answer(answer);
            return self.follow(step, now);
        }
        let line = match rx.line(self.config.limits.auth_line) {
            Ok(Some(line)) => line,
            Ok(None) => return self.wait(now, rx, Wait::Authentication).map(Some),
            Err(_) => {
                // RFC 4954 section 4: a line that is too long is answered 500 5.5.6.
                self.exchange = None;
                self.wait_for_command(now);
                self.refuse_bad(
                    now,
                    &Reply::fixed(500, (5, 5, 6), "authentication exchange line is too long"),
                )?;
                return Ok(None);
            }
        };
        rx.redact(0);
        if line == "*" {
            // RFC 4954 section 4: "If the server receives such a response, it MUST reject the AUTH command by
            // sending a 501 reply."
            self.exchange = None;
            self.wait_for_command(now);
            self.refuse_bad(now, &Reply::fixed(501, (5, 0, 0), "authentication cancelled"))?;
            return Ok(None);
        }
        match base64::decode(&line) {
            Ok(response) => self.proceed(Some(response.expose()), now),
            Err(_) => self.not_base64(now),
        }
    }

    fn not_base64(&mut self, now: Moment) -> Result<Option<Step<Event>>, Error> {
        self.exchange = None;
        self.wait_for_command(now);
        self.refuse_bad(now, &Reply::fixed(501, (5, 5, 2), "cannot decode the response"))?;
        Ok(None)
    }

    fn proceed(&mut self, response: Option<&[u8]>, now: Moment) -> Result<Option<Step<Event>>, Error> {
        let Some(exchange) = &mut self.exchange else { return Ok(None) };
        let step = match exchange.success.take() {
            Some(identity) => Sasl::Success { identity, additional: None },
            None => exchange.sasl.step(response),
        };
        self.follow(step, now)
    }

    fn follow(&mut self, step: Sasl, now: Moment) -> Result<Option<Step<Event>>, Error> {
        match step {
            Sasl::Challenge(challenge) => {
                self.challenge(&challenge, now);
                Ok(None)
            }
            Sasl::Ask(question) => Ok(Some(self.ask(Ask::Credential, Event::Authenticate(question)))),
            Sasl::Success { identity, additional: Some(data) } => {
                // RFC 4954 section 4: additional data with success goes out as one more challenge, which the
                // client answers with an empty line.
                if let Some(exchange) = &mut self.exchange {
                    exchange.success = Some(identity);
                }
                self.challenge(&data, now);
                Ok(None)
            }
            Sasl::Success { identity, additional: None } => {
                self.exchange = None;
                self.auth_failures = 0;
                self.session.identity = Some(identity.clone());
                self.say(&Reply::fixed(235, (2, 7, 0), "authentication succeeded"));
                self.wait_for_command(now);
                Ok(Some(Step::Event(Event::Authenticated(identity))))
            }
            Sasl::Failure(failure) => self.auth_failed(failure, now),
            _ => self.auth_failed(Failure::Temporary, now),
        }
    }

    fn challenge(&mut self, challenge: &[u8], now: Moment) {
        let mut encoded = Vec::new();
        base64::encode_into(challenge, &mut encoded);
        self.challenge = Some(encoded);
        self.phase = Phase::Response;
        self.deadline = Some(now + self.config.timeouts.command);
    }

    fn auth_failed(&mut self, failure: Failure, now: Moment) -> Result<Option<Step<Event>>, Error> {
        self.exchange = None;
        let reply = match failure {
            Failure::Malformed(_) => Reply::fixed(501, (5, 5, 2), "malformed authentication response"),
            Failure::Cancelled => Reply::fixed(501, (5, 0, 0), "authentication cancelled"),
            Failure::TooWeak => Reply::fixed(534, (5, 7, 9), "authentication mechanism is too weak"),
            Failure::EncryptionRequired => {
                Reply::fixed(538, (5, 7, 11), "encryption required for authentication")
            }
            Failure::Temporary => Reply::fixed(454, (4, 7, 0), "temporary authentication failure"),
            _ => Reply::fixed(535, (5, 7, 8), "authentication credentials invalid"),
        };
        self.wait_for_command(now);
        self.say(&reply);
        if !matches!(failure, Failure::Temporary) {
            self.auth_failures += 1;
            if self.auth_failures >= self.config.limits.auth_failures {
                // The application is told of this one too, for its own limits.
                self.failing = Some(Limit::AuthFailures(self.config.limits.auth_failures).into());
            } else if let Some(extra) = self.auth_failures.checked_sub(3) {
                self.phase = Phase::Delayed;
                self.deadline = Some(now + TARPIT * (extra + 1));
            }
        }
        Ok(Some(Step::Event(Event::AuthenticationFailed(failure))))
    }
}
