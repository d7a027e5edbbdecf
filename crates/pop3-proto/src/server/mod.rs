//! The server machine: gives a maildrop to a client.

mod auth;
mod body;
mod commands;
mod config;
mod event;
mod listing;
mod state;
mod top;

use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use sasl_core::Nonce;
use sasl_core::server::{Answer, Identity};
use wire_core::{BareOctet, Layer, Machine, Moment, RecvBuf, SendBuf, Step, TlsSession};

use crate::phrases::{self, Language};
use crate::{Command, Error, Limit, Misuse, PeerError, Reply, Wait};
use auth::Exchange;
use body::Outgoing;
use listing::Maildrop;

pub use config::Config;
pub use event::Event;
pub use listing::Listing;
pub use state::{State, Verb, admits};

/// The server's side of a session.
///
/// It enforces order ([`admits`]), syntax, limits and time, answers what it knows (STAT, LIST, UIDL, DELE, RSET, CAPA,
/// LANG), and asks the application the rest, one question at a time: until an event that needs an answer is answered,
/// nothing more is read.
///
/// # Example
///
/// ```
/// use std::sync::Arc;
/// use bytes::{Buf, Bytes};
/// use pop3_proto::server::{Config, Event, Listing, Server};
/// use sasl_core::server::Answer;
/// use wire_core::{Endpoint, Moment, Progress};
///
/// let auth = sasl_core::server::Config::new(&[7; 32][..]).dangerous_allow_cleartext_secrets();
/// let config = Config::new("pop.example.org".parse().unwrap(), auth).tls_for_auth(false);
/// let mut endpoint = Endpoint::new(Server::new(Arc::new(config), [7; 32], Moment::ORIGIN));
/// endpoint.recv_buf().extend_from_slice(b"USER mrose\r\nPASS tanstaaf\r\nSTAT\r\nRETR 1\r\nDELE 1\r\nQUIT\r\n");
/// loop {
///     let progress = endpoint.poll(Moment::ORIGIN).unwrap();
///     let server = endpoint.machine();
///     match progress {
///         Progress::Event(Event::Connected) => server.accept().unwrap(),
///         Progress::Event(Event::Authenticate(_)) => server.authenticate(Answer::Accept).unwrap(),
///         Progress::Event(Event::Open(identity)) => {
///             assert_eq!(identity.user(), "mrose");
///             let mut listing = Listing::new();
///             listing.push(3, "id1").unwrap();
///             server.open(listing).unwrap();
///         }
///         Progress::Event(Event::Retrieve { message: 1, .. }) => {
///             server.accept().unwrap();
///             server.body(Bytes::from("x\r\n")).unwrap();
///             server.end_body().unwrap();
///         }
///         Progress::Event(Event::Update(deleted)) => {
///             assert_eq!(deleted, [1]); // now they are to be removed
///             server.accept().unwrap();
///         }
///         Progress::Close => break,
///         _ => {}
///     }
/// }
/// let sent = endpoint.transmit().unwrap();
/// let sent = sent.copy_to_bytes(sent.len());
/// assert!(sent.starts_with(b"+OK pop.example.org POP3 server ready\r\n"));
/// assert!(sent.ends_with(b"+OK 1 3\r\n+OK 3 octets\r\nx\r\n.\r\n+OK message deleted\r\n+OK deleted messages are removed, goodbye\r\n"));
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
    /// A challenge of AUTH that is due, behind the outbox.
    challenge: Option<Vec<u8>>,
    session: Session,
    maildrop: Maildrop,
    /// The argument of USER.
    user: Option<Bytes>,
    timestamp: Option<Box<str>>,
    exchange: Option<Box<Exchange>>,
    outgoing: Option<Box<Outgoing>>,
    /// Octets that waited in the send buffer at the last step, for back-pressure.
    unsent: usize,
    seed: [u8; 32],
    exchanges: u64,
    bad: u32,
    junk: u32,
    auth_failures: u32,
    /// Why the session ends, once the event before it is told.
    failing: Option<Error>,
    shutdown: Option<Reply>,
    /// Nothing of the client has been understood yet.
    unheard: bool,
}

/// What is known of the client; forgotten when TLS is established.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Session {
    /// The TLS session, if there is one.
    pub tls: Option<Arc<TlsSession>>,
    /// Who the client is, if it has logged in.
    pub identity: Option<Identity>,
    /// Whether it has asked for UTF-8 (RFC 6856 section 2.1).
    pub utf8: bool,
    /// The language that it has chosen (RFC 6856 section 3).
    pub language: Language,
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
    /// Waiting for the client to take the replies to the commands before.
    Full,
    /// Waiting for a line of an AUTH exchange.
    Response,
    /// Sending a listing, as far as there is room.
    Listing {
        next: u32,
        unique_ids: bool,
    },
    /// Sending a message.
    Body,
    /// Waiting for TLS.
    Upgrading,
    Closing,
}

#[derive(Clone, Copy, Debug)]
enum Ask {
    Greeting,
    Credential,
    Open,
    Retrieve { message: u32, lines: Option<u64> },
    Update { any: bool },
}

/// How much room for replies is kept while the client says nothing.
const OUTBOX_KEPT: usize = 128;
const TARPIT: Duration = Duration::from_secs(1);

impl Server {
    /// A server's side of a new connection.
    ///
    /// `seed` is 32 octets of good randomness, from which the nonces of AUTH exchanges and the timestamp of APOP are
    /// derived; it must not be used for two connections.
    pub fn new(config: Arc<Config>, seed: [u8; 32], now: Moment) -> Self {
        let deadline = Some(now + config.timeouts.tls);
        let timestamp = config.apop.then(|| {
            // RFC 1939 section 7: "MUST be different each time the POP3 server issues a banner greeting."
            format!("<{}@{}>", Nonce::derive(&seed, 0).as_str(), config.hostname).into_boxed_str()
        });
        Self {
            config,
            state: State::Authorization,
            phase: Phase::Begin,
            deadline,
            rearm: false,
            outbox: BytesMut::new(),
            challenge: None,
            session: Session::default(),
            maildrop: Maildrop::default(),
            user: None,
            timestamp,
            exchange: None,
            outgoing: None,
            unsent: 0,
            seed,
            exchanges: 0,
            bad: 0,
            junk: 0,
            auth_failures: 0,
            failing: None,
            shutdown: None,
            unheard: true,
        }
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

    /// The messages of the open maildrop.
    pub fn listing(&self) -> &Listing {
        &self.maildrop.listing
    }

    /// Answers the event last given with what is usual for it.
    ///
    /// # Errors
    ///
    /// [`Misuse::State`] if no answer is due, or a credential or a listing is.
    pub fn accept(&mut self) -> Result<(), Misuse> {
        let Phase::Asked(ask) = self.phase else { return Err(Misuse::State) };
        match ask {
            Ask::Greeting => self.greet(),
            Ask::Credential | Ask::Open => return Err(Misuse::State),
            Ask::Retrieve { message, lines } => {
                let octets = self.maildrop.listing.octets(message).unwrap_or_default();
                match lines {
                    None => {
                        self.outbox.extend_from_slice(b"+OK ");
                        crate::digits::put(octets, &mut self.outbox);
                        self.outbox.extend_from_slice(b" octets\r\n");
                    }
                    Some(_) => self.outbox.extend_from_slice(b"+OK\r\n"),
                }
                self.outgoing = Some(Box::new(Outgoing::new(lines, self.config.complete_headers)));
                self.phase = Phase::Body;
            }
            Ask::Update { any } => {
                self.say(&Reply::fixed(true, None, if any { &phrases::REMOVED } else { &phrases::BYE }));
                self.phase = Phase::Closing;
            }
        }
        Ok(())
    }

    /// Answers the event last given with a reply: refuses it, or, to [`Event::Update`], accepts in other words.
    ///
    /// To [`Event::Connected`] a positive reply is replaced by the usual greeting.
    ///
    /// # Errors
    ///
    /// [`Misuse::State`] if no answer is due, or a credential is; [`Misuse::Reply`] for a positive reply to
    /// [`Event::Open`] and [`Event::Retrieve`], which want more than a word. Nothing has changed then.
    pub fn reply(&mut self, reply: Reply) -> Result<(), Misuse> {
        let Phase::Asked(ask) = self.phase else { return Err(Misuse::State) };
        match ask {
            Ask::Credential => return Err(Misuse::State),
            Ask::Greeting if reply.is_positive() => {
                self.greet();
                return Ok(());
            }
            Ask::Greeting => self.state = State::Refused,
            Ask::Open | Ask::Retrieve { .. } if reply.is_positive() => return Err(Misuse::Reply),
            Ask::Open => self.session.identity = None,
            Ask::Retrieve { .. } => {}
            Ask::Update { .. } => {
                self.say(&reply);
                self.phase = Phase::Closing;
                return Ok(());
            }
        }
        self.say(&reply);
        self.phase = Phase::Command;
        self.rearm = true;
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

    /// Answers [`Event::Open`]: the maildrop is locked, and this is what is in it.
    ///
    /// # Errors
    ///
    /// [`Misuse::State`] if no maildrop was asked for.
    pub fn open(&mut self, listing: Listing) -> Result<(), Misuse> {
        if !matches!(self.phase, Phase::Asked(Ask::Open)) {
            return Err(Misuse::State);
        }
        self.maildrop = Maildrop::new(listing);
        self.state = State::Transaction;
        self.say(&Reply::fixed(true, None, &phrases::LOGGED_IN));
        self.phase = Phase::Command;
        self.rearm = true;
        Ok(())
    }

    /// Ends the session with `reply` as soon as the command or message that is being handled is answered; at once if
    /// the client is idle. Nothing is deleted.
    pub fn shutdown(&mut self, reply: Reply) {
        self.shutdown = Some(reply);
    }

    /// Queues a reply.
    fn say(&mut self, reply: &Reply) {
        reply.encode(self.session.language, &mut self.outbox);
    }

    fn greet(&mut self) {
        for part in ["+OK ", self.config.hostname.as_str(), " ", phrases::READY.text(Language::English)] {
            self.outbox.extend_from_slice(part.as_bytes());
        }
        if let Some(timestamp) = &self.timestamp {
            self.outbox.extend_from_slice(b" ");
            self.outbox.extend_from_slice(timestamp.as_bytes());
        }
        self.outbox.extend_from_slice(b"\r\n");
        self.state = State::Authorization;
        self.phase = Phase::Command;
        self.rearm = true;
    }

    fn wait_for_command(&mut self, now: Moment) {
        self.phase = Phase::Command;
        self.deadline = Some(now + self.config.timeouts.command);
    }

    fn ask(&mut self, ask: Ask, event: Event) -> Step<Event> {
        self.phase = Phase::Asked(ask);
        self.deadline = None;
        Step::Event(event)
    }

    /// Answers a command that was wrong, later and later the more there are.
    fn refuse_bad(&mut self, now: Moment, reply: &Reply) -> Result<(), Error> {
        self.bad += 1;
        if self.bad >= self.config.limits.bad_commands {
            // The reply of the error is the reply to this command.
            return Err(Limit::BadCommands(self.config.limits.bad_commands).into());
        }
        self.say(reply);
        if self.bad >= self.config.limits.bad_commands_soft {
            self.phase = Phase::Delayed;
            self.deadline = Some(now + TARPIT);
        }
        Ok(())
    }

    fn deliver(&mut self, tx: &mut SendBuf) {
        if !self.outbox.is_empty() {
            tx.put(&self.outbox);
            // Replies are short, but for that to CAPA; a session may then be idle for long.
            if self.outbox.capacity() > OUTBOX_KEPT {
                self.outbox = BytesMut::new();
            }
            self.outbox.clear();
        }
        if let Some(challenge) = self.challenge.take() {
            tx.put(b"+ ");
            tx.put_secret(&challenge);
            tx.put(b"\r\n");
        }
    }

    /// Says goodbye because of an error.
    fn fail(&mut self, error: Error, tx: &mut SendBuf) -> Error {
        // In the middle of a message a reply would be taken for a part of it.
        let within_body = matches!(self.phase, Phase::Body | Phase::Listing { .. });
        self.deliver(tx);
        if let Some(reply) = error.reply().filter(|_| !within_body) {
            let language = self.session.language;
            tx.put_with(|out| reply.encode(language, out));
        }
        self.phase = Phase::Closing;
        error
    }

    fn advance(&mut self, now: Moment, rx: &mut RecvBuf, tx: &mut SendBuf) -> Result<Step<Event>, Error> {
        if let Some(error) = self.failing.take() {
            return Err(error);
        }
        loop {
            if !matches!(self.phase, Phase::Delayed) {
                self.deliver(tx);
            }
            if std::mem::take(&mut self.rearm) {
                self.deadline = Some(now + self.config.timeouts.command);
            }
            let step = match self.phase {
                Phase::Closing => return Ok(Step::Close),
                Phase::Begin => self.begin(now),
                Phase::Watching => self.watch(now, rx)?,
                Phase::Asked(_) => return Ok(Step::Hold),
                Phase::Delayed => {
                    if self.deadline.is_some_and(|until| now < until) {
                        return Ok(Step::Hold);
                    }
                    self.wait_for_command(now);
                    None
                }
                Phase::Upgrading => Some(self.secured(now)),
                Phase::Command => self.command(now, rx, tx)?,
                Phase::Full if tx.len() < self.config.limits.window() => {
                    self.wait_for_command(now);
                    None
                }
                Phase::Full => Some(self.hold_for_wire(false, now, tx)?),
                Phase::Response => self.response(now, rx)?,
                Phase::Listing { .. } => self.send_listing(now, tx)?,
                Phase::Body => self.send_body(now, tx)?,
            };
            if let Some(step) = step {
                if !matches!(self.phase, Phase::Delayed) {
                    self.deliver(tx);
                }
                self.unsent = tx.len();
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

    /// TLS is in place.
    fn secured(&mut self, now: Moment) -> Step<Event> {
        let Some(session) = self.session.tls.clone() else { return Step::Hold };
        self.wait_for_command(now);
        Step::Event(Event::Secured(session))
    }

    /// Waits for a command, or handles it.
    fn command(
        &mut self,
        now: Moment,
        rx: &mut RecvBuf,
        tx: &mut SendBuf,
    ) -> Result<Option<Step<Event>>, Error> {
        if let Some(reply) = self.shutdown.take() {
            self.say(&reply);
            self.phase = Phase::Closing;
            return Ok(None);
        }
        // A client that does not take its replies gets no more of them.
        if tx.len() >= self.config.limits.window() {
            self.phase = Phase::Full;
            self.deadline = Some(now + self.config.timeouts.data_block);
            self.unsent = tx.len();
            return Ok(None);
        }
        // A TLS ClientHello has no line end: waiting for one would wait for the limit or the timeout.
        if self.unheard && rx.peek().first() == Some(&0x16) {
            return Err(PeerError::NotPop3.into());
        }
        let line = match rx.line(self.config.limits.command_line) {
            Ok(Some(line)) => line,
            Ok(None) => {
                // A client that is still taking what it asked for is not idle.
                if !tx.is_empty() && tx.len() < self.unsent {
                    self.deadline = Some(now + self.config.timeouts.command);
                }
                return self.wait(now, rx, Wait::Command).map(Some);
            }
            Err(_) => {
                self.unheard = false;
                self.forget_name();
                self.wait_for_command(now);
                return self.bad(now, &phrases::TOO_LONG);
            }
        };
        self.deadline = Some(now + self.config.timeouts.command);
        if self.unheard && wire_core::is_http_request(&line) {
            // What it says was written for somebody else: none of it is repeated.
            self.say(&Reply::fixed(false, None, &phrases::UNKNOWN));
            return Err(PeerError::NotPop3.into());
        }
        self.unheard = false;
        match Command::parse(&line) {
            Ok(command) => self.handle(command, now, rx, tx),
            Err(error) => {
                if let Some(verb) = line.get(..4)
                    && [b"PASS", b"AUTH", b"APOP"].iter().any(|secret| verb.eq_ignore_ascii_case(*secret))
                {
                    rx.redact(4);
                }
                if let Some(octet) = line.iter().find_map(|&octet| BareOctet::of(octet)) {
                    // Where this line ends for others is not where it ends for us.
                    self.say(&Reply::fixed(false, None, &phrases::BARE));
                    return Err(PeerError::BareOctet(octet).into());
                }
                self.forget_name();
                self.refuse_bad(now, &error.reply())?;
                Ok(None)
            }
        }
    }

    /// Nothing complete has arrived.
    fn wait(&mut self, now: Moment, rx: &RecvBuf, wait: Wait) -> Result<Step<Event>, Error> {
        if rx.ended().is_some() {
            // RFC 1939 section 6: a client that just leaves has deleted nothing.
            let clean = rx.is_empty() && wait == Wait::Command;
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
            // RFC 2595 section 4: the session "remains in AUTHORIZATION state"; what was said in clear may be somebody
            // else's.
            self.session = Session { tls: Some(session), ..Session::default() };
            self.state = State::Authorization;
            self.user = None;
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
