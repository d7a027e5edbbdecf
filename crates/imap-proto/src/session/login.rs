//! The way from the greeting to an open session: capabilities, STARTTLS, the logins in their order, ID, ENABLE, COMPRESS.

use sasl_core::client::Client as Sasl;
use sasl_core::{Mechanism, Nonce, Transport};
use wire_core::Security;

use super::{Method, Opening, Session, SessionError, Stage};
use crate::{
    Capabilities, Capability, Command,
    client::{Completion, Event, State as ClientState},
    extensions::id::Identification,
    response::{Code, ResponseText},
};

/// Where the opening stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    Greeting,
    Capabilities,
    StartTls,
    Login,
    CapabilitiesAgain,
    Identify,
    Enable,
    Compress,
    Open,
}

impl Session {
    /// An event before the session is open.
    pub(super) fn opening_event(&mut self, event: Event) -> Result<(), SessionError> {
        match event {
            Event::Greeting { .. } => {
                if self.client.capabilities().is_some_and(is_imap4) {
                    self.secure_or_login()
                } else {
                    self.ask(Step::Capabilities)
                }
            }
            Event::Secured(_) => self.ask(Step::Capabilities),
            Event::Compressed => {
                self.opened();
                Ok(())
            }
            Event::Done(_, completion) => self.opening_step(completion),
            Event::Untagged(crate::Untagged::Bye(text)) => Err(SessionError::Bye(Box::new(text))),
            event => {
                self.other(event);
                Ok(())
            }
        }
    }

    fn ask(&mut self, step: Step) -> Result<(), SessionError> {
        self.step = step;
        let command = match step {
            Step::StartTls => Command::StartTls,
            _ => Command::Capability,
        };
        self.client.command(command)?;
        Ok(())
    }

    fn opening_step(&mut self, completion: Completion) -> Result<(), SessionError> {
        match self.step {
            // RFC 9051 section 7.2.2: one of the two has to be there
            Step::Capabilities => match self.client.capabilities() {
                Some(all) if !is_imap4(all) => Err(SessionError::NotImap4),
                // What it said was no list.
                None if completion.is_ok() => Err(SessionError::NotImap4),
                _ => self.secure_or_login(),
            },
            // Waits for the handshake.
            Step::StartTls if completion.is_ok() => Ok(()),
            Step::StartTls => {
                Err(SessionError::Refused { stage: Stage::StartTls, text: Box::new(completion.text) })
            }
            Step::Login => self.logged_in(completion),
            Step::CapabilitiesAgain => self.identify(),
            Step::Identify => self.enable(),
            Step::Enable => self.compress(),
            // A server that does not want to after all is no reason to fail; one that does tells by its layer.
            Step::Compress if completion.is_ok() => Ok(()),
            Step::Compress => {
                self.opened();
                Ok(())
            }
            Step::Greeting | Step::Open => Ok(()),
        }
    }

    fn secure_or_login(&mut self) -> Result<(), SessionError> {
        if self.opening.security == Security::StartTls && self.client.tls().is_none() {
            if !self.client.has(&Capability::STARTTLS) {
                return Err(SessionError::NoStartTls);
            }
            return self.ask(Step::StartTls);
        }
        if self.client.state() != ClientState::NotAuthenticated {
            // the server knows us by the connection
            return self.identify();
        }
        self.login()
    }

    fn login(&mut self) -> Result<(), SessionError> {
        let transport = self.client.tls().map_or(Transport::clear(), |tls| Transport::from(&**tls));
        let none = Capabilities::new();
        let capabilities = self.client.capabilities().unwrap_or(&none);
        let offered: Vec<Mechanism> =
            capabilities.auth_mechanisms().filter_map(|name| Mechanism::parse(name.as_bytes())).collect();
        let disabled = capabilities.has(&Capability::LOGINDISABLED);
        let untried: Vec<Mechanism> =
            offered.iter().copied().filter(|one| !self.tried.contains(one)).collect();
        let Opening { credentials, policy, .. } = &self.opening;
        let why = match sasl_core::client::select(&untried, credentials, &transport, policy) {
            Ok(mechanism) => {
                self.tried.push(mechanism);
                self.exchanges += 1;
                let nonce = Nonce::derive(&self.seed, self.exchanges);
                let sasl = Sasl::new(mechanism, credentials, &transport, &offered, policy, nonce)
                    .map_err(SessionError::Credentials)?;
                self.client.authenticate(sasl)?;
                self.method = Some(Method::Sasl(mechanism));
                self.step = Step::Login;
                return Ok(());
            }
            Err(why) => why,
        };
        // RFC 9051 section 6.2.3: "a client implementation MUST NOT send a LOGIN command if the LOGINDISABLED capability is
        // advertised"
        if !self.opening.login || disabled || self.method == Some(Method::Login) {
            return Err(SessionError::NoMechanism(why));
        }
        let (user, password) =
            sasl_core::client::login(credentials, &transport, policy).map_err(|error| match error {
                sasl_core::client::ClientError::NeedsTls => {
                    SessionError::NoMechanism(sasl_core::client::SelectError::NeedsTls)
                }
                error => SessionError::Credentials(error),
            })?;
        let Ok(login) = Command::login(user, password.clone()) else {
            return Err(SessionError::NoMechanism(sasl_core::client::SelectError::CredentialsUnusable));
        };
        self.client.command(login)?;
        self.method = Some(Method::Login);
        self.step = Step::Login;
        Ok(())
    }

    fn logged_in(&mut self, completion: Completion) -> Result<(), SessionError> {
        self.client.auth_outcome().map_err(SessionError::Mutual)?;
        let Some(method) = self.method else { return Ok(()) };
        if completion.is_ok() {
            // RFC 9051 section 6.2.2: what is offered may be other things once somebody is logged in.
            return match self.client.capabilities() {
                Some(_) => self.identify(),
                None => self.ask(Step::CapabilitiesAgain),
            };
        }
        // RFC 5530 section 3 has codes for what is wrong with the credentials. BAD says that it was the way.
        if completion.status == crate::response::Status::Bad && self.login().is_ok() {
            return Ok(());
        }
        Err(SessionError::Login { method, text: Box::new(completion.text) })
    }

    fn identify(&mut self) -> Result<(), SessionError> {
        let wanted = self.opening.profile.send_id && self.client.has(&Capability::ID);
        if !wanted {
            return self.enable();
        }
        let identification = self
            .opening
            .identification
            .clone()
            .or_else(|| Identification::new().with("name", Some("postwire")).ok());
        self.step = Step::Identify;
        self.client.command(Command::Id(identification))?;
        Ok(())
    }

    fn enable(&mut self) -> Result<(), SessionError> {
        let mut wanted = Capabilities::new();
        let offers =
            |capability: &Capability| self.client.capabilities().is_some_and(|all| all.names(capability));
        if self.client.has(&Capability::ENABLE) && !self.opening.profile.no_enable {
            if self.opening.utf8 {
                if offers(&Capability::IMAP4REV2) {
                    wanted.insert(Capability::IMAP4REV2);
                } else if offers(&Capability::UTF8_ACCEPT) || offers(&Capability::UTF8_ONLY) {
                    // RFC 9755 section 4: a server that is UTF8=ONLY wants UTF8=ACCEPT enabled
                    wanted.insert(Capability::UTF8_ACCEPT);
                }
            }
            if self.opening.qresync {
                let synchronising = [Capability::QRESYNC, Capability::CONDSTORE];
                if let Some(one) = synchronising.into_iter().find(|one| offers(one)) {
                    wanted.insert(one);
                }
            }
        }
        if wanted.is_empty() {
            return self.compress();
        }
        self.step = Step::Enable;
        self.client.command(Command::Enable(wanted))?;
        Ok(())
    }

    fn compress(&mut self) -> Result<(), SessionError> {
        if self.opening.compress && self.client.command(Command::Compress).is_ok() {
            self.step = Step::Compress;
            return Ok(());
        }
        self.opened();
        Ok(())
    }

    fn opened(&mut self) {
        self.step = Step::Open;
        self.pending.push_back(super::Event::Ready);
    }

    /// What is worth telling people (RFC 9051 section 7.1).
    pub(super) fn notice(text: &ResponseText) -> Option<ResponseText> {
        let code = match &text.code {
            Some(Code::Alert) => Code::Alert,
            Some(Code::WebAlert(url)) => Code::WebAlert(url.detach()),
            _ => return None,
        };
        Some(ResponseText { code: Some(code), text: text.text.detach() })
    }
}

fn is_imap4(capabilities: &Capabilities) -> bool {
    [Capability::IMAP4REV1, Capability::IMAP4REV2].iter().any(|one| capabilities.names(one))
}
