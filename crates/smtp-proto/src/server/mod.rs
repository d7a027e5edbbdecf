//! The server machine: receives mail by SMTP, submission or LMTP.

mod auth;
mod body;
mod commands;
mod config;
mod event;
mod hello;
mod replies;
mod state;

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use bytes::BytesMut;
use sasl_core::server::{Answer, Identity};
use wire_core::{BareOctet, Layer, Machine, Moment, RecvBuf, SendBuf, Step, TlsSession};

use crate::{Command, Error, Host, Limit, Misuse, PeerError, Reply, Wait};
use auth::Exchange;
use body::Reception;

pub use config::{BareNewline, Config, Pipelining, Protocol};
pub use event::{Abort, Event};
pub use state::{State, Verb, admits};

/// The server's side of a session.
///
/// It enforces order ([`admits`]), syntax, limits and time, and asks the application the rest, one question
/// at a time: until an event that needs an answer is answered, nothing more is read.
///
/// # Example
///
/// ```
/// use std::sync::Arc;
/// use bytes::Buf;
/// use smtp_proto::server::{Config, Event, Server};
/// use wire_core::{Endpoint, Moment, Progress};
///
/// let config = Arc::new(Config::mx("mx.example.org".parse().unwrap()));
/// let mut endpoint = Endpoint::new(Server::new(config, [7; 32], Moment::ORIGIN));
/// endpoint.recv_buf().extend_from_slice(b"HELO client.example.com\r\nQUIT\r\n");
/// loop {
///     match endpoint.poll(Moment::ORIGIN).unwrap() {
///         Progress::Event(Event::Connected | Event::Hello { .. }) => endpoint.machine().accept().unwrap(),
///         Progress::Close => break,
///         _ => {}
///     }
/// }
/// let sent = endpoint.transmit().unwrap();
/// let sent = sent.copy_to_bytes(sent.len());
/// assert!(sent.starts_with(b"220 mx.example.org ESMTP"));
/// assert!(sent.ends_with(b"221 2.0.0 closing connection\r\n"));
/// ```
pub struct Server {
    config: Arc<Config>,
    state: State,
    phase: Phase,
    deadline: Option<Moment>,
    /// The application answered: arm the deadline of the next wait, whose `now` is not known yet.
    rearm: bool,
    /// What the application answered, on its way to the send buffer.
    outbox: BytesMut,
    /// What waited for the wire when it was last looked at, if that was too much.
    unsent: usize,
    /// A challenge of AUTH that is due, behind the outbox.
    challenge: Option<Vec<u8>>,
    session: Session,
    transaction: Transaction,
    exchange: Option<Box<Exchange>>,
    reception: Option<Box<Reception>>,
    pending: VecDeque<Pending>,
    seed: [u8; 32],
    exchanges: u64,
    bad: u32,
    junk: u32,
    auth_failures: u32,
    /// Why the session ends, once the event before it is told.
    failing: Option<Error>,
    shutdown: Option<Reply>,
    trusted: bool,
    /// Nothing of the client has been understood yet.
    unheard: bool,
}

/// An event that follows another one. Events are large, and what a queue once needed it keeps.
#[derive(Debug)]
enum Pending {
    Hello { host: Host, extended: bool },
    BodyEnd,
    Aborted(Abort),
}

impl From<Pending> for Event {
    fn from(pending: Pending) -> Self {
        match pending {
            Pending::Hello { host, extended } => Self::Hello { host, extended },
            Pending::BodyEnd => Self::BodyEnd,
            Pending::Aborted(why) => Self::Aborted(why),
        }
    }
}

/// What is known of the client; forgotten when TLS is established.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Session {
    /// The argument of EHLO, HELO or LHLO.
    pub hello: Option<Host>,
    /// Whether that was EHLO or LHLO.
    pub extended: bool,
    /// The TLS session, if there is one.
    pub tls: Option<Arc<TlsSession>>,
    /// Who the client is, if it authenticated.
    pub identity: Option<Identity>,
}

#[derive(Debug, Default)]
struct Transaction {
    recipients: u32,
    smtp_utf8: bool,
    binary: bool,
    /// Whether the application has been told of it, and so must be told of its end.
    begun: bool,
}

#[derive(Clone, Debug)]
enum Phase {
    /// Nothing has happened.
    Begin,
    /// Listening whether the client talks before it is greeted.
    Watching,
    /// The application has a question to answer.
    Asked(Ask),
    /// The answer that is due is held back until the deadline.
    Delayed,
    /// Waiting for a command.
    Command,
    /// Waiting for a line of an AUTH exchange.
    Response,
    /// Receiving a body.
    Body,
    /// Waiting for TLS.
    Upgrading,
    Closing,
}

#[derive(Clone, Debug)]
enum Ask {
    Greeting,
    Hello {
        host: Host,
        extended: bool,
    },
    Credential,
    Mail,
    Recipient,
    /// DATA, or the first BDAT with its length.
    Data(Option<(u64, bool)>),
    /// How many replies are due.
    BodyEnd(u32),
    Xclient,
    /// A question whose answer changes nothing.
    Plain,
}

const TARPIT: Duration = Duration::from_secs(1);

impl Server {
    /// A server's side of a new connection.
    ///
    /// `seed` is 32 octets of good randomness, from which the nonces of AUTH exchanges are derived; it must
    /// not be used for two connections.
    pub fn new(config: Arc<Config>, seed: [u8; 32], now: Moment) -> Self {
        let deadline = Some(now + config.timeouts.tls);
        Self {
            config,
            state: State::Fresh,
            phase: Phase::Begin,
            deadline,
            rearm: false,
            outbox: BytesMut::new(),
            unsent: 0,
            challenge: None,
            session: Session::default(),
            transaction: Transaction::default(),
            exchange: None,
            reception: None,
            pending: VecDeque::new(),
            seed,
            exchanges: 0,
            bad: 0,
            junk: 0,
            auth_failures: 0,
            failing: None,
            shutdown: None,
            trusted: false,
            unheard: true,
        }
    }

    /// Lets this client use XCLIENT and XFORWARD; for peers that the configuration of the adapter names.
    #[must_use]
    pub fn trusting_proxy(mut self, trusted: bool) -> Self {
        self.trusted = trusted;
        self
    }

    /// What is known of the client.
    pub fn session(&self) -> &Session {
        &self.session
    }

    /// What is configured.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Where the session stands.
    pub fn state(&self) -> State {
        self.state
    }

    /// Answers the event last given with what is usual for it: 220, 250, 354.
    ///
    /// # Errors
    ///
    /// [`Misuse::State`] if no answer is due, or a credential is.
    pub fn accept(&mut self) -> Result<(), Misuse> {
        let Phase::Asked(ask) = &self.phase else { return Err(Misuse::State) };
        let reply = match ask {
            Ask::Greeting => return self.greet(),
            Ask::Hello { .. } | Ask::Plain | Ask::Data(_) | Ask::Xclient => {
                Reply::fixed(250, (2, 0, 0), "ok")
            }
            Ask::Credential => return Err(Misuse::State),
            Ask::Mail => Reply::fixed(250, (2, 1, 0), "sender ok"),
            Ask::Recipient => Reply::fixed(250, (2, 1, 5), "recipient ok"),
            Ask::BodyEnd(_) => Reply::fixed(250, (2, 6, 0), "message accepted"),
        };
        self.reply(reply)
    }

    /// Answers the event last given; a 421 closes the connection.
    ///
    /// An answer of class 2 or 3 accepts, one of class 4 or 5 refuses. To [`Event::Data`] any positive answer
    /// lets the client go on (354); to [`Event::Hello`] a positive answer is replaced by the list of
    /// extensions, as RFC 5321 section 4.1.1.1 wants it; to [`Event::Connected`] any but 220 by the usual greeting.
    ///
    /// # Errors
    ///
    /// [`Misuse::State`] if no answer is due, [`Misuse::Reply`] if a code of class 3 is given where it has no
    /// meaning. Nothing has changed then.
    pub fn reply(&mut self, reply: Reply) -> Result<(), Misuse> {
        let Phase::Asked(ask) = &self.phase else { return Err(Misuse::State) };
        if matches!(ask, Ask::Credential) {
            return Err(Misuse::State);
        }
        let positive = reply.is_positive();
        // RFC 5321 section 4.3.2: a greeting is 220, whatever the application says for yes.
        if matches!(ask, Ask::Greeting) && positive && reply.code().value() != 220 {
            return self.greet();
        }
        if reply.code().value() / 100 == 3 && !matches!(ask, Ask::Data(_)) {
            return Err(Misuse::Reply);
        }
        let Phase::Asked(ask) = std::mem::replace(&mut self.phase, Phase::Command) else {
            return Err(Misuse::State);
        };
        self.rearm = true;
        match ask {
            Ask::Greeting => {
                self.state = if positive { State::Fresh } else { State::Refused };
                reply.encode(false, &mut self.outbox);
            }
            Ask::Hello { host, extended } if positive => self.welcome(host, extended),
            Ask::Hello { .. } => reply.encode(false, &mut self.outbox),
            Ask::Mail => {
                if positive {
                    self.state = State::Mail;
                } else {
                    self.transaction = Transaction::default();
                }
                self.say(&reply);
            }
            Ask::Recipient => {
                if positive {
                    self.state = State::Rcpt;
                    self.transaction.recipients += 1;
                }
                self.say(&reply);
            }
            Ask::Data(chunk) => self.open_body(chunk, positive, &reply),
            Ask::BodyEnd(due) => {
                self.say(&reply);
                if due > 1 {
                    self.phase = Phase::Asked(Ask::BodyEnd(due - 1));
                    self.rearm = false;
                } else {
                    if positive {
                        self.junk = 0;
                    }
                    self.end_transaction();
                }
            }
            Ask::Xclient => {
                if positive {
                    self.restart();
                } else {
                    self.say(&reply);
                }
            }
            Ask::Plain => self.say(&reply),
            Ask::Credential => {}
        }
        if reply.code().value() == 421 {
            self.phase = Phase::Closing;
        }
        Ok(())
    }

    /// Answers [`Event::Authenticate`].
    ///
    /// # Errors
    ///
    /// [`Misuse::State`] if no credential was asked for.
    pub fn authenticate(&mut self, answer: Answer) -> Result<(), Misuse> {
        match (&self.phase, &mut self.exchange) {
            (Phase::Asked(Ask::Credential), Some(exchange)) => {
                exchange.answer = Some(answer);
                self.phase = Phase::Response;
                Ok(())
            }
            _ => Err(Misuse::State),
        }
    }

    /// Ends the session with `reply` (421) as soon as the command or message that is being handled is
    /// answered; at once if the client is idle.
    pub fn shutdown(&mut self, reply: Reply) {
        self.shutdown = Some(reply);
    }

    /// Forgets everything about the client, as after XCLIENT.
    fn restart(&mut self) {
        let tls = self.session.tls.take();
        self.session = Session { tls, ..Session::default() };
        self.transaction = Transaction::default();
        self.state = State::Fresh;
        self.phase = Phase::Begin;
    }

    fn end_transaction(&mut self) {
        self.transaction = Transaction::default();
        self.reception = None;
        if self.state.in_transaction() {
            self.state = State::Ready;
        }
    }

    /// Ends an open transaction and tells the application, if it has heard of it.
    fn abort_transaction(&mut self, why: Abort) {
        if self.transaction.begun {
            self.pending.push_back(Pending::Aborted(why));
        }
        self.end_transaction();
    }

    fn wait_for_command(&mut self, now: Moment) {
        self.phase = Phase::Command;
        self.deadline = Some(now + self.config.timeouts.command);
    }

    fn ask<E>(&mut self, ask: Ask, event: E) -> Step<E> {
        self.phase = Phase::Asked(ask);
        self.deadline = None;
        Step::Event(event)
    }

    /// Answers a command that was wrong, later and later the more there are.
    fn refuse_bad(&mut self, now: Moment, reply: &Reply) -> Result<(), Error> {
        self.bad += 1;
        if self.bad >= self.config.limits.bad_commands {
            // The 421 of the error is the reply to this command.
            return Err(Limit::BadCommands(self.config.limits.bad_commands).into());
        }
        self.say(reply);
        if self.bad >= self.config.limits.bad_commands_soft {
            self.phase = Phase::Delayed;
            self.deadline = Some(now + TARPIT);
        }
        Ok(())
    }

    fn advance(&mut self, now: Moment, rx: &mut RecvBuf, tx: &mut SendBuf) -> Result<Step<Event>, Error> {
        if let Some(error) = self.failing.take() {
            return Err(error);
        }
        loop {
            if !matches!(self.phase, Phase::Delayed) {
                self.deliver(tx);
            }
            if let Some(event) = self.pending.pop_front() {
                return Ok(Step::Event(event.into()));
            }
            if std::mem::take(&mut self.rearm) {
                self.deadline = match self.phase {
                    Phase::Command => Some(now + self.config.timeouts.command),
                    Phase::Body => Some(now + self.config.timeouts.data_block),
                    Phase::Asked(_) => None,
                    _ => self.deadline,
                };
            }
            let step = match self.phase {
                Phase::Closing => return Ok(Step::Close),
                Phase::Begin => self.begin(now),
                Phase::Watching => self.watch(now, rx)?,
                Phase::Asked(_) => Some(Step::Hold),
                Phase::Delayed => {
                    if self.deadline.is_some_and(|until| now < until) {
                        Some(Step::Hold)
                    } else {
                        self.wait_for_command(now);
                        None
                    }
                }
                Phase::Upgrading => self.secured(now),
                Phase::Command => self.command(now, rx, tx)?,
                Phase::Response => self.response(now, rx)?,
                Phase::Body => self.receive(now, rx)?,
            };
            if let Some(step) = step {
                if !matches!(self.phase, Phase::Delayed) {
                    self.deliver(tx);
                }
                return Ok(step);
            }
        }
    }

    fn begin(&mut self, now: Moment) -> Option<Step<Event>> {
        if self.config.greet_delay.is_zero() {
            return Some(self.ask(Ask::Greeting, Event::Connected));
        }
        self.phase = Phase::Watching;
        self.deadline = Some(now + self.config.greet_delay);
        None
    }

    fn watch(&mut self, now: Moment, rx: &RecvBuf) -> Result<Option<Step<Event>>, Error> {
        if !rx.is_empty() {
            return Err(PeerError::EarlyTalker.into());
        }
        if rx.ended().is_some() {
            return Ok(Some(Step::Close));
        }
        if self.deadline.is_some_and(|until| now < until) {
            return Ok(Some(Step::Read));
        }
        Ok(Some(self.ask(Ask::Greeting, Event::Connected)))
    }

    /// TLS is in place, or the handshake has taken too long.
    fn secured(&mut self, now: Moment) -> Option<Step<Event>> {
        let session = self.session.tls.clone()?;
        self.wait_for_command(now);
        Some(Step::Event(Event::Secured(session)))
    }

    /// Waits for a command, or handles it.
    fn command(
        &mut self,
        now: Moment,
        rx: &mut RecvBuf,
        tx: &mut SendBuf,
    ) -> Result<Option<Step<Event>>, Error> {
        if let Some(reply) = self.shutdown.take() {
            if self.transaction.begun {
                self.abort_transaction(Abort::Client);
            }
            self.say(&reply);
            self.phase = Phase::Closing;
            return Ok(None);
        }
        if let Some(step) = self.wait_for_room(now, tx)? {
            return Ok(Some(step));
        }
        // A TLS ClientHello has no line end: waiting for one would wait for the limit or the timeout.
        if self.unheard && rx.peek().first() == Some(&0x16) {
            return Err(PeerError::NotSmtp.into());
        }
        let line = match rx.line(self.config.limits.command_line) {
            Ok(Some(line)) => line,
            Ok(None) => return self.wait(now, rx, Wait::Command).map(Some),
            Err(_) => {
                self.unheard = false;
                self.wait_for_command(now);
                self.refuse_bad(now, &Reply::fixed(500, (5, 5, 2), "line too long"))?;
                return Ok(None);
            }
        };
        self.deadline = Some(now + self.config.timeouts.command);
        if self.unheard && wire_core::is_http_request(&line) {
            return Err(PeerError::NotSmtp.into());
        }
        match Command::parse(&line, &self.config.quirks) {
            Ok(command) => {
                self.unheard = false;
                self.handle(command, now, rx, tx)
            }
            Err(error) => {
                self.unheard = false;
                self.redact_credentials(&line, rx);
                if let Some(octet) = line.iter().find_map(|&octet| BareOctet::of(octet)) {
                    // Where this line ends for others is not where it ends for us.
                    self.say(&Reply::fixed(500, (5, 5, 2), "lines end with CRLF and hold no CR, LF or NUL"));
                    return Err(PeerError::BareOctet(octet).into());
                }
                if line.get(..4).is_some_and(|verb| verb.eq_ignore_ascii_case(b"BDAT")) {
                    // RFC 3030 section 2: the octets that follow cannot be told from commands any more.
                    self.say(&error.reply());
                    return Err(PeerError::ChunkSize.into());
                }
                self.refuse_bad(now, &error.reply())?;
                Ok(None)
            }
        }
    }

    /// Nothing complete has arrived.
    fn wait(&mut self, now: Moment, rx: &RecvBuf, wait: Wait) -> Result<Step<Event>, Error> {
        if rx.ended().is_some() {
            // RFC 5321 section 3.8: a client that just leaves is wrong, but nothing is lost between commands.
            let clean = rx.is_empty() && wait == Wait::Command && !matches!(self.phase, Phase::Body);
            return if clean { Ok(Step::Close) } else { Err(Error::Eof(wait)) };
        }
        if self.deadline.is_some_and(|deadline| deadline <= now) {
            return Err(Error::Timeout(wait));
        }
        Ok(Step::Read)
    }
}

impl Machine for Server {
    type Event = Event;
    type Error = Error;

    fn step(&mut self, now: Moment, rx: &mut RecvBuf, tx: &mut SendBuf) -> Result<Step<Event>, Error> {
        let handshake = matches!(self.phase, Phase::Begin | Phase::Upgrading) && self.session.tls.is_none();
        if handshake && self.deadline.is_some_and(|deadline| deadline <= now) {
            self.phase = Phase::Closing;
            return Err(Error::Timeout(Wait::Tls));
        }
        match self.advance(now, rx, tx) {
            Ok(step) => Ok(step),
            Err(error) => Err(self.fail(error, tx)),
        }
    }

    fn deadline(&self) -> Option<Moment> {
        self.deadline
    }

    fn layered(&mut self, layer: Layer) {
        if let Layer::Tls(session) = layer {
            // RFC 3207 section 4.2: "The server MUST discard any knowledge obtained from the client, such as
            // the argument to the EHLO command, which was not obtained from the TLS negotiation itself."
            self.session = Session { tls: Some(session), ..Session::default() };
            self.transaction = Transaction::default();
            self.state = State::Fresh;
            self.exchange = None;
        }
    }
}

impl std::fmt::Debug for Server {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Server")
            .field("state", &self.state)
            .field("phase", &self.phase)
            .finish_non_exhaustive()
    }
}
