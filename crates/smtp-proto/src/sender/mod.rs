//! Sending mail: opens a session by policy, sends messages, and tells the fate of each recipient.

mod content;
mod delivery;
mod envelope;
mod opening;
mod outcome;

use std::collections::VecDeque;

use bytes::Bytes;
use sasl_core::client::Client as Sasl;
use sasl_core::{Mechanism, Nonce, Transport};
use wire_core::{BareOctet, Layer, Machine, Moment, RecvBuf, SendBuf, Step};

use crate::client::{Client, CommandId, Event as ClientEvent, Protocol};
use crate::{Capabilities, Error, Misuse, Reply};
use delivery::Delivery;

pub use content::{Content, ContentScan};
pub use envelope::Envelope;
pub use opening::{Opening, Security, SenderError};
pub use outcome::{Missing, Outcome, Retry, Sent, Stage};

/// What a [`Sender`] tells its application.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Event {
    /// The session is open: messages can be sent.
    Ready,
    /// Give the message with [`Sender::body`] and [`Sender::end_body`].
    BodyWanted,
    /// What became of the message; the next one can be sent.
    Sent(Sent),
    /// The server answered a NOOP: it is still there.
    Alive,
}

/// A message cannot be given like this.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BodyError {
    /// The call does not fit the state, or the length.
    #[error(transparent)]
    Misuse(#[from] Misuse),
    /// The message holds a CR, LF or NUL that stands alone, and was not declared binary.
    #[error("the message holds {octet} at octet {at}")]
    Bare {
        /// Which.
        octet: BareOctet,
        /// Where, in octets from the beginning of the message.
        at: u64,
    },
    /// The message holds octets above 127, and was declared to be ASCII.
    #[error("the message holds 8-bit octets and was declared to be ASCII")]
    EightBit,
}

/// A client that sends mail.
///
/// It opens the session as [`Opening`] says (greeting, EHLO, STARTTLS, EHLO, AUTH) and gives [`Event::Ready`].
/// Then [`send`](Self::send) takes an envelope, [`Event::BodyWanted`] asks for the message, and
/// [`Event::Sent`] tells what became of it for each recipient.
///
/// A message that is given up ([`abort_body`](Self::abort_body), or the sender is dropped) is never delivered in
/// part: its end is not sent.
///
/// A loop around it is in the [documentation of the crate](crate#a-clients-loop).
pub struct Sender {
    client: Client,
    opening: Opening,
    state: State,
    seed: [u8; 32],
    exchanges: u64,
    tried: Vec<Mechanism>,
    current: Option<(CommandId, Mechanism)>,
    delivery: Option<Box<Delivery>>,
    /// A transaction is open on the server: RSET comes before the next.
    dirty: bool,
    noop: Option<CommandId>,
    pending: VecDeque<Event>,
    /// Why the connection failed, once the outcomes of the last transaction have been told.
    failed: Option<SenderError>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Greeting,
    Hello,
    HeloFallback,
    StartTls,
    Login,
    Ready,
}

impl Sender {
    /// A sender on a new connection. `seed` is 32 octets of good randomness for the nonces of AUTH.
    pub fn new(opening: Opening, seed: [u8; 32], now: Moment) -> Self {
        Self {
            client: Client::new(opening.config.clone(), now),
            opening,
            state: State::Greeting,
            seed,
            exchanges: 0,
            tried: Vec::new(),
            current: None,
            delivery: None,
            dirty: false,
            noop: None,
            pending: VecDeque::new(),
            failed: None,
        }
    }

    /// What the server offers.
    pub fn capabilities(&self) -> &Capabilities {
        self.client.capabilities()
    }

    /// The machine below: TLS session, last reply.
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// Whether a message can be sent now.
    pub fn is_ready(&self) -> bool {
        self.state == State::Ready
            && self.delivery.is_none()
            && self.failed.is_none()
            && !self.client.is_closing()
    }

    /// Begins to send a message.
    ///
    /// What the server cannot take, it is not asked for: those recipients have [`Outcome::NotSupported`].
    ///
    /// # Errors
    ///
    /// [`Misuse::State`] unless [`is_ready`](Self::is_ready), [`Misuse::NoRecipient`] for an empty envelope.
    pub fn send(&mut self, envelope: Envelope, content: Content) -> Result<(), Misuse> {
        if !self.is_ready() {
            return Err(Misuse::State);
        }
        if envelope.recipients().is_empty() {
            return Err(Misuse::NoRecipient);
        }
        let mut delivery = Delivery::plan(envelope, content, &self.opening, &self.client);
        if std::mem::take(&mut self.dirty) {
            self.client.rset()?;
        }
        delivery.begin(&mut self.client)?;
        self.delivery = Some(Box::new(delivery));
        Ok(())
    }

    /// Gives a piece of the message. It is sent by reference, in clear without a copy.
    ///
    /// # Errors
    ///
    /// [`BodyError`] if no message is wanted, or it is not what was declared; then nothing more of it is sent,
    /// the transaction is given up and the connection closes.
    pub fn body(&mut self, octets: Bytes) -> Result<(), BodyError> {
        let delivery = self.delivery.as_deref_mut().ok_or(Misuse::State)?;
        let result = delivery.body(octets, &mut self.client);
        if result.is_err() && !matches!(result, Err(BodyError::Misuse(Misuse::State))) {
            self.abort_body();
        }
        result
    }

    /// How many more octets are welcome now; wait for the wire when it is 0.
    pub fn body_capacity(&self) -> usize {
        self.delivery.as_ref().map_or(0, |delivery| delivery.capacity(&self.client))
    }

    /// Whether the message is wanted now.
    pub fn wants_body(&self) -> bool {
        self.delivery.as_ref().is_some_and(|delivery| delivery.wants_body())
    }

    /// Ends the message.
    ///
    /// # Errors
    ///
    /// [`BodyError`] as with [`body`](Self::body): shorter than declared, or a CR at its end.
    pub fn end_body(&mut self) -> Result<(), BodyError> {
        let delivery = self.delivery.as_deref_mut().ok_or(Misuse::State)?;
        let result = delivery.end_body(&mut self.client);
        if result.is_err() && !matches!(result, Err(BodyError::Misuse(Misuse::State))) {
            self.abort_body();
        }
        result
    }

    /// Gives up the message: the server drops what it has, the connection closes.
    pub fn abort_body(&mut self) {
        if let Some(delivery) = self.delivery.take() {
            self.client.abort_body();
            self.client.give_up();
            self.pending.push_back(Event::Sent(delivery.lost()));
        }
    }

    /// Asks whether the server is still there; [`Event::Alive`] follows.
    ///
    /// # Errors
    ///
    /// [`Misuse::State`] unless [`is_ready`](Self::is_ready).
    pub fn noop(&mut self) -> Result<(), Misuse> {
        if !self.is_ready() {
            return Err(Misuse::State);
        }
        self.noop = Some(self.client.noop()?);
        Ok(())
    }

    /// Ends the session.
    ///
    /// # Errors
    ///
    /// [`Misuse::State`] during a transaction.
    pub fn quit(&mut self) -> Result<(), Misuse> {
        if self.delivery.is_some() {
            return Err(Misuse::State);
        }
        self.client.quit().map(drop)
    }

    fn on_event(&mut self, event: ClientEvent) -> Result<(), SenderError> {
        match event {
            ClientEvent::Greeting(reply) if reply.is_positive() => {
                self.hello();
                Ok(())
            }
            ClientEvent::Greeting(reply) => Err(SenderError::Refused { stage: Stage::Greeting, reply }),
            ClientEvent::Secured(_) => {
                self.hello();
                Ok(())
            }
            ClientEvent::Closing(reply) => Err(self.closing(reply)),
            ClientEvent::Reply(id, reply) if self.noop == Some(id) => {
                self.noop = None;
                if reply.code().value() == 421 {
                    return Err(self.closing(reply));
                }
                self.pending.push_back(Event::Alive);
                Ok(())
            }
            ClientEvent::Reply(id, reply) => match self.state {
                State::Ready => self.delivered(ClientEvent::Reply(id, reply)),
                _ => self.opened(reply),
            },
            event => self.delivered(event),
        }
    }

    fn closing(&self, reply: Reply) -> SenderError {
        SenderError::Refused { stage: self.delivery.as_ref().map_or(Stage::Greeting, |d| d.stage()), reply }
    }

    fn hello(&mut self) {
        self.state = State::Hello;
        // The command is our own and the queue is empty: it cannot be refused.
        let _ = self.client.ehlo(self.opening.hello.clone());
    }

    /// A step of the opening was answered.
    fn opened(&mut self, reply: Reply) -> Result<(), SenderError> {
        match self.state {
            State::Hello if reply.is_positive() => self.secure_or_login(),
            // RFC 5321 section 3.2: "if the server returns a "command not recognized" response to EHLO, the client
            // SHOULD be able to fall back and send HELO."
            State::Hello
                if reply.is_permanent()
                    && reply.code().value() < 520
                    && self.opening.config.protocol == Protocol::Smtp =>
            {
                if self.opening.security == Security::StartTls && self.client.tls().is_none() {
                    return Err(SenderError::NoStartTls);
                }
                self.state = State::HeloFallback;
                let _ = self.client.helo(self.opening.hello.clone());
                Ok(())
            }
            State::HeloFallback if reply.is_positive() => self.login(),
            State::Hello | State::HeloFallback => Err(SenderError::Refused { stage: Stage::Hello, reply }),
            State::StartTls if self.opening.security == Security::Opportunistic => self.login(),
            State::StartTls => Err(SenderError::Refused { stage: Stage::StartTls, reply }),
            State::Login => self.logged_in(reply),
            State::Greeting | State::Ready => Ok(()),
        }
    }

    fn secure_or_login(&mut self) -> Result<(), SenderError> {
        let wanted = matches!(self.opening.security, Security::StartTls | Security::Opportunistic);
        if !wanted || self.client.tls().is_some() {
            return self.login();
        }
        if self.client.start_tls().is_ok() {
            self.state = State::StartTls;
            return Ok(());
        }
        if self.opening.security == Security::StartTls {
            return Err(SenderError::NoStartTls);
        }
        self.login()
    }

    fn login(&mut self) -> Result<(), SenderError> {
        let Some(credentials) = &self.opening.credentials else {
            self.ready();
            return Ok(());
        };
        let transport = self.client.tls().map_or(Transport::clear(), |tls| Transport::from(&**tls));
        let offered: Vec<Mechanism> =
            self.client.capabilities().auth().filter_map(Mechanism::parse).collect();
        let untried: Vec<Mechanism> = offered.iter().copied().filter(|m| !self.tried.contains(m)).collect();
        let mechanism = sasl_core::client::select(&untried, credentials, &transport, &self.opening.policy)
            .map_err(SenderError::NoMechanism)?;
        self.tried.push(mechanism);
        self.exchanges += 1;
        let nonce = Nonce::derive(&self.seed, self.exchanges);
        let sasl = Sasl::new(mechanism, credentials, &transport, &offered, &self.opening.policy, nonce)
            .map_err(SenderError::Mutual)?;
        if let Ok(id) = self.client.authenticate(sasl) {
            self.current = Some((id, mechanism));
            self.state = State::Login;
        }
        Ok(())
    }

    fn logged_in(&mut self, reply: Reply) -> Result<(), SenderError> {
        self.client.auth_outcome().map_err(SenderError::Mutual)?;
        let Some((_, mechanism)) = self.current.take() else { return Ok(()) };
        if reply.is_positive() {
            self.ready();
            return Ok(());
        }
        // RFC 4954 section 6: 504 and 534 are about the mechanism, not about the password: another may do.
        if matches!(reply.code().value(), 504 | 534) && self.login().is_ok() {
            return Ok(());
        }
        Err(SenderError::Login { mechanism, reply })
    }

    fn ready(&mut self) {
        self.state = State::Ready;
        self.pending.push_back(Event::Ready);
    }

    /// Something happened in a transaction.
    fn delivered(&mut self, event: ClientEvent) -> Result<(), SenderError> {
        let Some(delivery) = self.delivery.as_deref_mut() else { return Ok(()) };
        if let Some(event) = delivery.on_event(event, &mut self.client) {
            if matches!(event, Event::Sent(_)) {
                self.dirty = delivery.is_dirty();
                self.delivery = None;
            }
            self.pending.push_back(event);
        }
        Ok(())
    }

    /// The connection cannot go on: outcomes first, then the error.
    fn fail(&mut self, error: SenderError) -> Result<Step<Event>, SenderError> {
        if let Some(delivery) = self.delivery.take() {
            self.failed = Some(error);
            return Ok(Step::Event(Event::Sent(delivery.lost())));
        }
        self.failed = Some(error.clone());
        Err(error)
    }
}

impl Machine for Sender {
    type Event = Event;
    type Error = SenderError;

    fn step(&mut self, now: Moment, rx: &mut RecvBuf, tx: &mut SendBuf) -> Result<Step<Event>, SenderError> {
        loop {
            if let Some(event) = self.pending.pop_front() {
                return Ok(Step::Event(event));
            }
            if let Some(error) = &self.failed {
                return Err(error.clone());
            }
            // Outcomes that need no server at all.
            if let Some(delivery) = self.delivery.as_deref_mut()
                && let Some(sent) = delivery.finished_early()
            {
                self.delivery = None;
                return Ok(Step::Event(Event::Sent(sent)));
            }
            match self.client.step(now, rx, tx) {
                Ok(Step::Event(event)) => {
                    if let Err(error) = self.on_event(event) {
                        return self.fail(error);
                    }
                }
                Ok(Step::Read) => return Ok(Step::Read),
                Ok(Step::Hold) => return Ok(Step::Hold),
                Ok(Step::StartTls(proof)) => return Ok(Step::StartTls(proof)),
                Ok(_) => {
                    if self.delivery.is_some() {
                        return self.fail(Error::Eof(crate::Wait::Reply).into());
                    }
                    return Ok(Step::Close);
                }
                Err(error) => return self.fail(error.into()),
            }
        }
    }

    fn deadline(&self) -> Option<Moment> {
        self.client.deadline()
    }

    fn layered(&mut self, layer: Layer) {
        self.client.layered(layer);
    }
}

impl std::fmt::Debug for Sender {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sender")
            .field("state", &self.state)
            .field("client", &self.client)
            .finish_non_exhaustive()
    }
}
