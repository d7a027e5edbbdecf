//! The way from the greeting to the TRANSACTION state: capabilities, STLS, LANG, and the logins in their order.

use sasl_core::client::Client as Sasl;
use sasl_core::{Mechanism, Nonce, Transport};

use super::{Collector, CollectorError, Method, Opening, Security, Stage, State};
use crate::Reply;

impl Collector {
    /// A step of the opening was answered.
    pub(super) fn opened(&mut self, reply: Reply) -> Result<(), CollectorError> {
        match self.state {
            // The lines follow.
            State::Capabilities | State::CapabilitiesAgain if reply.is_positive() => Ok(()),
            State::Capabilities => {
                self.capa = false;
                self.secure_or_login()
            }
            // What was known before the login still holds.
            State::CapabilitiesAgain => {
                self.ready();
                Ok(())
            }
            State::StartTls => Err(CollectorError::Refused { stage: Stage::StartTls, reply }),
            // A server that does not want to after all is no reason to fail.
            State::Utf8 => self.choose_language(),
            State::Language => self.login(),
            State::User if reply.is_positive() => self.password(),
            State::User | State::Login => self.logged_in(reply),
            State::Greeting | State::Ready => Ok(()),
        }
    }

    /// The capabilities are known.
    pub(super) fn known(&mut self) -> Result<(), CollectorError> {
        match self.state {
            State::Capabilities => {
                self.capa = true;
                self.secure_or_login()
            }
            State::CapabilitiesAgain => {
                self.ready();
                Ok(())
            }
            _ => Ok(()),
        }
    }

    pub(super) fn secure_or_login(&mut self) -> Result<(), CollectorError> {
        if self.opening.security == Security::StartTls && self.client.tls().is_none() {
            // A server that does not know CAPA may know STLS.
            if self.capa && !self.client.capabilities().stls() {
                return Err(CollectorError::NoStartTls);
            }
            self.state = State::StartTls;
            let _ = self.client.start_tls();
            return Ok(());
        }
        if self.opening.utf8 && self.client.capabilities().utf8() && self.client.utf8().is_ok() {
            self.state = State::Utf8;
            return Ok(());
        }
        self.choose_language()
    }

    pub(super) fn choose_language(&mut self) -> Result<(), CollectorError> {
        if let Some(range) = &self.opening.language
            && self.client.lang(Some(range)).is_ok()
        {
            self.state = State::Language;
            return Ok(());
        }
        self.login()
    }

    pub(super) fn login(&mut self) -> Result<(), CollectorError> {
        let transport = self.client.tls().map_or(Transport::clear(), |tls| Transport::from(&**tls));
        let offered: Vec<Mechanism> =
            self.client.capabilities().sasl().filter_map(Mechanism::parse).collect();
        let untried: Vec<Mechanism> = offered.iter().copied().filter(|m| !self.tried.contains(m)).collect();
        let selected = match self.opening.sasl {
            true => sasl_core::client::select(
                &untried,
                &self.opening.credentials,
                &transport,
                &self.opening.policy,
            ),
            false => Err(sasl_core::client::SelectError::NothingOffered),
        };
        if !selected.is_ok_and(Mechanism::is_scram) && !transport.is_secure() && self.apop() {
            return Ok(());
        }
        let Opening { credentials, policy, .. } = &self.opening;
        let why = match selected {
            Ok(mechanism) => {
                self.tried.push(mechanism);
                self.exchanges += 1;
                let nonce = Nonce::derive(&self.seed, self.exchanges);
                let sasl = Sasl::new(mechanism, credentials, &transport, &offered, policy, nonce)
                    .map_err(CollectorError::Credentials)?;
                if self.client.authenticate(sasl).is_ok() {
                    self.method = Some(Method::Sasl(mechanism));
                    self.state = State::Login;
                }
                return Ok(());
            }
            Err(why) => why,
        };
        // RFC 2449 section 6.2: USER is a capability; without CAPA it is what every server had to have.
        let user_pass = self.opening.user_pass
            && self.method != Some(Method::UserPass)
            && (!self.capa || self.client.capabilities().user());
        if !user_pass {
            return Err(CollectorError::NoMechanism(why));
        }
        let (user, _) =
            sasl_core::client::login(credentials, &transport, policy).map_err(|error| match error {
                sasl_core::client::ClientError::NeedsTls => {
                    CollectorError::NoMechanism(sasl_core::client::SelectError::NeedsTls)
                }
                error => CollectorError::Credentials(error),
            })?;
        if self.client.user(user).is_err() {
            return Err(CollectorError::NoMechanism(sasl_core::client::SelectError::CredentialsUnusable));
        }
        self.method = Some(Method::UserPass);
        self.state = State::User;
        Ok(())
    }

    /// Whether APOP is tried.
    pub(super) fn apop(&mut self) -> bool {
        let Some(timestamp) =
            self.client.timestamp().filter(|_| self.opening.apop && self.method.is_none()).cloned()
        else {
            return false;
        };
        let Opening { credentials, policy, .. } = &self.opening;
        // Credentials that do not do for APOP may do for another way.
        let Ok((user, digest)) = sasl_core::client::apop(credentials, policy, &timestamp) else {
            return false;
        };
        if self.client.apop(user, &digest).is_err() {
            return false;
        }
        self.method = Some(Method::Apop);
        self.state = State::Login;
        true
    }

    pub(super) fn password(&mut self) -> Result<(), CollectorError> {
        let transport = self.client.tls().map_or(Transport::clear(), |tls| Transport::from(&**tls));
        let (_, password) =
            sasl_core::client::login(&self.opening.credentials, &transport, &self.opening.policy)
                .map_err(CollectorError::Credentials)?;
        if self.client.pass(password).is_err() {
            return Err(CollectorError::NoMechanism(sasl_core::client::SelectError::CredentialsUnusable));
        }
        self.state = State::Login;
        Ok(())
    }

    pub(super) fn logged_in(&mut self, reply: Reply) -> Result<(), CollectorError> {
        self.client.auth_outcome().map_err(CollectorError::Mutual)?;
        let Some(method) = self.method else { return Ok(()) };
        if reply.is_positive() {
            // RFC 2449 section 5: what is announced may change with the login.
            if self.capa {
                self.ask_capabilities(State::CapabilitiesAgain);
            } else {
                self.ready();
            }
            return Ok(());
        }
        // RFC 3206 section 4: a server that announces AUTH-RESP-CODE says so if it is the credentials. If it does not say,
        // the way was wrong, and another may do.
        let other_way = matches!(method, Method::Sasl(_))
            && reply.code().is_none()
            && self.client.capabilities().auth_resp_code();
        if other_way && self.login().is_ok() {
            return Ok(());
        }
        Err(CollectorError::Login { method, reply })
    }
}
