//! Logins: AUTH (RFC 5034), USER and PASS, APOP (RFC 1939 section 7).

use bytes::Bytes;
use sasl_core::server::{Answer, Failure, ServerError, Step as Sasl};
use sasl_core::{Mechanism, Nonce, Transport, base64};
use wire_core::{Moment, RecvBuf, Secret, Step};

use super::commands::Handled;
use super::{Ask, Event, Phase, Server, State, TARPIT};
use crate::phrases::{self, Phrase};
use crate::{Limit, Reply, ResponseCode, Wait};

/// A login that is under way.
pub(super) struct Exchange {
    sasl: sasl_core::server::Server,
    /// What the application answered, to be used at the next step.
    pub(super) answer: Option<Answer>,
}

impl Server {
    /// What this connection offers to SASL.
    pub(super) fn transport(&self) -> Transport {
        match &self.session.tls {
            None => Transport::clear(),
            Some(tls) => Transport::from(&**tls),
        }
    }

    /// Whether the configuration takes logins on this connection at all.
    pub(super) fn takes_logins(&self) -> bool {
        !self.config.tls_for_auth || self.session.tls.is_some()
    }

    /// The mechanisms to announce.
    pub(super) fn mechanisms(&self) -> Vec<Mechanism> {
        if self.takes_logins() { self.config.auth.offered(&self.transport()) } else { Vec::new() }
    }

    pub(super) fn user(&mut self, name: &Bytes, now: Moment) -> Handled {
        if !self.config.user_pass {
            return self.bad(now, &phrases::NOT_OFFERED);
        }
        // RFC 2595 section 2.1: a server may refuse passwords in clear; whose they are is not to be told either.
        if !self.takes_logins() {
            return self.bad(now, &phrases::NEEDS_TLS);
        }
        // RFC 1939 section 7 allows to refuse an unknown name here. It would tell which names there are.
        self.user = Some(wire_core::detach(name));
        self.state = State::Named;
        self.say(&Reply::fixed(true, None, &phrases::SEND_PASSWORD));
        Ok(None)
    }

    pub(super) fn pass(&mut self, password: &Secret, now: Moment) -> Handled {
        let user = self.user.take().unwrap_or_default();
        self.state = State::Authorization;
        let login =
            sasl_core::server::Server::login(&self.config.auth, &self.transport(), &user, password.expose());
        match login {
            Ok((sasl, step)) => {
                self.exchange = Some(Box::new(Exchange { sasl, answer: None }));
                self.follow(step, now)
            }
            Err(_) => self.bad(now, &phrases::NEEDS_TLS),
        }
    }

    pub(super) fn apop(&mut self, user: &Bytes, digest: &Bytes, now: Moment) -> Handled {
        let Some(timestamp) = self.timestamp.clone().filter(|_| self.config.apop) else {
            return self.bad(now, &phrases::NOT_OFFERED);
        };
        if !self.takes_logins() {
            return self.bad(now, &phrases::NEEDS_TLS);
        }
        let (sasl, step) =
            sasl_core::server::Server::apop(&self.config.auth, &self.transport(), &timestamp, user, digest);
        self.exchange = Some(Box::new(Exchange { sasl, answer: None }));
        self.follow(step, now)
    }

    pub(super) fn auth(&mut self, mechanism: &Bytes, initial: Option<&Secret>, now: Moment) -> Handled {
        if !self.takes_logins() {
            return self.bad(now, &phrases::NEEDS_TLS);
        }
        let Some(mechanism) = Mechanism::parse(mechanism) else {
            return self.bad(now, &phrases::NO_MECHANISM);
        };
        self.exchanges += 1;
        let nonce = Nonce::derive(&self.seed, self.exchanges);
        let sasl =
            match sasl_core::server::Server::new(mechanism, &self.config.auth, &self.transport(), nonce) {
                Ok(sasl) => sasl,
                Err(ServerError::EncryptionRequired) => return self.bad(now, &phrases::NEEDS_TLS),
                Err(_) => return self.bad(now, &phrases::NO_MECHANISM),
            };
        self.exchange = Some(Box::new(Exchange { sasl, answer: None }));
        // RFC 5034 section 4: "=" stands for an initial response of zero length.
        match initial.map(Secret::expose) {
            None => self.proceed(None, now),
            Some(b"=") => self.proceed(Some(b""), now),
            Some(encoded) => match base64::decode(encoded) {
                Ok(response) => self.proceed(Some(response.expose()), now),
                Err(_) => self.end_exchange(now, &phrases::NOT_BASE64),
            },
        }
    }

    /// `AUTH` alone: the mechanisms, one a line.
    pub(super) fn list_mechanisms(&mut self) -> Handled {
        let mechanisms = self.mechanisms();
        self.say(&Reply::ok());
        for mechanism in mechanisms {
            self.outbox.extend_from_slice(mechanism.name().as_bytes());
            self.outbox.extend_from_slice(b"\r\n");
        }
        self.outbox.extend_from_slice(b".\r\n");
        Ok(None)
    }

    /// Waits for the next line of the exchange, or takes the application's answer.
    pub(super) fn response(&mut self, now: Moment, rx: &mut RecvBuf) -> Handled {
        if let Some(exchange) = &mut self.exchange
            && let Some(answer) = exchange.answer.take()
        {
            let step = exchange.sasl.answer(answer);
            return self.follow(step, now);
        }
        let line = match rx.line(self.config.limits.auth_line) {
            Ok(Some(line)) => line,
            Ok(None) => {
                if let Some(reply) = self.shutdown.take() {
                    self.say(&reply);
                    self.phase = Phase::Closing;
                    return Ok(None);
                }
                return self.wait(now, rx, Wait::Authentication).map(Some);
            }
            Err(_) => return self.end_exchange(now, &phrases::AUTH_LINE),
        };
        rx.redact(0);
        if line == "*" {
            // RFC 5034 section 4: "If the server receives such a response, it MUST reject the AUTH command by sending
            // an -ERR reply."
            return self.end_exchange(now, &phrases::AUTH_CANCELLED);
        }
        match base64::decode(&line) {
            Ok(response) => self.proceed(Some(response.expose()), now),
            // RFC 5034 section 4: "If the server cannot Base64 decode a client response, it MUST reject the AUTH command
            // with an -ERR reply."
            Err(_) => self.end_exchange(now, &phrases::NOT_BASE64),
        }
    }

    fn end_exchange(&mut self, now: Moment, phrase: &'static Phrase) -> Handled {
        self.exchange = None;
        self.wait_for_command(now);
        self.bad(now, phrase)
    }

    fn proceed(&mut self, response: Option<&[u8]>, now: Moment) -> Handled {
        let Some(exchange) = &mut self.exchange else { return Ok(None) };
        let step = exchange.sasl.step(response);
        self.follow(step, now)
    }

    fn follow(&mut self, step: Sasl, now: Moment) -> Handled {
        match step {
            Sasl::Challenge(challenge) => {
                let mut encoded = Vec::new();
                base64::encode_into(&challenge, &mut encoded);
                self.challenge = Some(encoded);
                self.phase = Phase::Response;
                self.deadline = Some(now + self.config.timeouts.command);
                Ok(None)
            }
            Sasl::Ask(question) => Ok(Some(self.ask(Ask::Credential, Event::Authenticate(question)))),
            // RFC 5034 section 4: POP3 has no place for data with a success, and SASL is not asked for any.
            Sasl::Success { identity, .. } => {
                self.exchange = None;
                self.session.identity = Some(identity.clone());
                Ok(Some(self.ask(Ask::Open, Event::Open(identity))))
            }
            Sasl::Failure(failure) => self.login_failed(failure, now),
            _ => self.login_failed(Failure::Temporary, now),
        }
    }

    /// RFC 3206 section 4: `[AUTH]` if the credentials are the problem, `[SYS/TEMP]` if the server is.
    fn login_failed(&mut self, failure: Failure, now: Moment) -> Handled {
        self.exchange = None;
        let auth = Some(ResponseCode::AUTH);
        let reply = match failure {
            Failure::Malformed(_) => Reply::fixed(false, auth, &phrases::AUTH_MALFORMED),
            Failure::Cancelled => Reply::fixed(false, None, &phrases::AUTH_CANCELLED),
            Failure::EncryptionRequired => Reply::fixed(false, None, &phrases::NEEDS_TLS),
            Failure::Temporary | Failure::OutOfOrder => {
                Reply::fixed(false, Some(ResponseCode::SYS_TEMP), &phrases::AUTH_TEMPORARY)
            }
            _ => Reply::fixed(false, auth, &phrases::AUTH_FAILED),
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
