//! The client machine: sends commands, tells answers from news, streams messages in and out.

mod admits;
mod auth;
mod config;
mod event;
mod flight;
mod receive;
mod send;
mod view;

use std::collections::VecDeque;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use smallvec::SmallVec;
use wire_core::{Layer, Machine, Moment, RecvBuf, SendBuf, Step, TlsSession};

use crate::{
    Capabilities, Capability, Command, Dialect, Error, Literals, Misuse, Wait,
    frame::{FrameLimits, Framer, Side},
};
use flight::{Family, Flight, Kind, Queued, Turn};
use send::Outgoing;

pub use config::Config;
pub use event::{CommandId, Completion, Event};
pub use view::{Change, View};

/// Commands that may wait to be sent.
const QUEUE_MOST: usize = 10_000;

/// Where a session stands (RFC 9051 section 3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum State {
    /// The greeting has not come yet.
    Greeting,
    /// Nobody is logged in.
    NotAuthenticated,
    /// Somebody is, and no mailbox is selected.
    Authenticated,
    /// A mailbox is selected.
    Selected,
    /// It is over.
    Logout,
}

/// The client's side of a session: every command is a call that queues, gives a [`CommandId`], and ends with [`Event::Done`].
///
/// Commands are sent as soon as RFC 9051 section 5.5 allows; what needs the session for itself waits for the others. Data of the server is
/// told as it comes. [`crate::session::Session`] opens sessions and knows what to do with servers that cannot do something; this
/// machine does what it is told.
///
/// # Example
///
/// ```
/// use bytes::Buf;
/// use imap_proto::{Command, client::{Client, Config, Event}};
/// use wire_core::{Endpoint, Moment, Progress};
///
/// let mut endpoint = Endpoint::new(Client::new(Config::new(), [7; 32], Moment::ORIGIN));
/// endpoint.recv_buf().extend_from_slice(b"* OK [CAPABILITY IMAP4rev2] ready\r\n");
/// let Ok(Progress::Event(Event::Greeting { .. })) = endpoint.poll(Moment::ORIGIN) else { panic!() };
/// let noop = endpoint.machine().command(Command::Noop).unwrap();
/// assert!(matches!(endpoint.poll(Moment::ORIGIN), Ok(Progress::Io { read: true })));
/// let sent = endpoint.transmit().unwrap().chunk().to_vec();
/// let tag = sent.split(|&octet| octet == b' ').next().unwrap();
/// assert_eq!(&sent[tag.len()..], b" NOOP\r\n");
/// let answer = [b"* 3 EXISTS\r\n", tag, b" OK done\r\n"].concat();
/// endpoint.recv_buf().extend_from_slice(&answer);
/// let mut events = Vec::new();
/// while let Ok(Progress::Event(event)) = endpoint.poll(Moment::ORIGIN) {
///     events.push(event);
/// }
/// assert!(matches!(&events[1], Event::Done(id, done) if *id == noop && done.is_ok()));
/// ```
pub struct Client {
    config: Config,
    phase: Phase,
    state: State,
    framer: Framer,
    frame_limits: FrameLimits,
    tags: Tags,
    queue: VecDeque<Queued>,
    flights: VecDeque<Flight>,
    /// Octets of commands in flight.
    in_flight: usize,
    outgoing: Option<Outgoing>,
    /// Octets of a streamed literal that the application gave.
    literal: VecDeque<Bytes>,
    literal_waiting: usize,
    /// Octets that the driver had not sent when the machine last ran.
    unsent: usize,
    /// Octets that had come and were not taken when the machine last ran.
    unread: usize,
    /// The server asked for what comes next of a command.
    asked: bool,
    capabilities: Option<Capabilities>,
    enabled: Capabilities,
    tls: Option<Arc<TlsSession>>,
    compressed: bool,
    exchange: Option<Box<sasl_core::client::Lines>>,
    /// What answers a challenge, until it is sent.
    answer: Option<wire_core::Secret>,
    auth_error: Option<sasl_core::client::ClientError>,
    auth_details: Option<sasl_core::TokenError>,
    idle: Option<Idle>,
    pending: VecDeque<Event>,
    fetching: Option<Fetching>,
    last_id: u32,
    deadline: Option<Moment>,
    rearm: bool,
    bye: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Running,
    /// Waiting for a layer.
    Upgrading,
    /// COMPRESS was agreed upon.
    #[cfg(feature = "compress")]
    Compressing,
    Closing,
}

/// A message that comes in pieces.
#[derive(Clone, Copy, Debug)]
struct Fetching {
    /// Whether anybody is told.
    wanted: bool,
    uid: Option<crate::Uid>,
    /// Its number, and whether that is a UID.
    number: Option<(u32, bool)>,
}

/// What is known of an IDLE that is under way.
#[derive(Debug)]
struct Idle {
    id: CommandId,
    /// The server said that it idles, and DONE was not sent.
    begun: bool,
    /// When it has to be begun again, however much is told in between.
    until: Option<Moment>,
    /// The application was told.
    told: bool,
    /// DONE was sent, or is to be.
    ending: bool,
    /// DONE was sent.
    ended: bool,
    /// It is ended only to be begun again.
    renewing: bool,
}

impl Idle {
    const fn new(id: CommandId) -> Self {
        Self { id, begun: false, until: None, told: false, ending: false, ended: false, renewing: false }
    }
}

/// Tags that nobody can foresee (RFC 9051 section 2.2.1).
struct Tags {
    prefix: SmallVec<[u8; 8]>,
    next: u32,
}

impl Tags {
    fn new(seed: [u8; 32]) -> Self {
        const LETTERS: &[u8; 32] = b"ABCDEFGHJKLMNPQRSTUVWXYZabcdefgh";
        let letter = |octet: &u8| LETTERS.get(usize::from(octet & 31)).copied().unwrap_or(b'A');
        Self { prefix: seed.iter().rev().take(6).map(letter).collect(), next: 0 }
    }

    fn next(&mut self) -> crate::Tag {
        self.next = self.next.wrapping_add(1);
        let mut tag = self.prefix.to_vec();
        tag.extend_from_slice(self.next.to_string().as_bytes());
        let tag = Bytes::from(tag);
        crate::Tag::received(&tag, &tag)
    }
}

impl Client {
    /// A client's side of a new connection, which begins with the server's greeting. `seed` is 32 octets of good randomness: it makes tags that nobody
    /// can foresee.
    pub fn new(config: Config, seed: [u8; 32], now: Moment) -> Self {
        let deadline = Some(now + config.timeouts.greeting);
        let frame_limits = FrameLimits::responses(&config.limits);
        Self {
            config,
            phase: Phase::Running,
            state: State::Greeting,
            framer: Framer::new(Side::Responses),
            frame_limits,
            tags: Tags::new(seed),
            queue: VecDeque::new(),
            flights: VecDeque::new(),
            in_flight: 0,
            outgoing: None,
            literal: VecDeque::new(),
            literal_waiting: 0,
            unsent: 0,
            unread: 0,
            asked: false,
            capabilities: None,
            enabled: Capabilities::new(),
            tls: None,
            compressed: false,
            exchange: None,
            answer: None,
            auth_error: None,
            auth_details: None,
            idle: None,
            pending: VecDeque::new(),
            fetching: None,
            last_id: 0,
            deadline,
            rearm: false,
            bye: false,
        }
    }

    /// Where the session stands.
    pub const fn state(&self) -> State {
        self.state
    }

    /// What the server said that it can, since it was last asked, secured or logged in to; `None` if it has not said so.
    pub const fn capabilities(&self) -> Option<&Capabilities> {
        self.capabilities.as_ref()
    }

    /// Whether the server is known to offer something.
    pub fn has(&self, capability: &Capability) -> bool {
        self.capabilities.as_ref().is_some_and(|all| all.has(capability))
    }

    /// What was enabled (RFC 9051 section 6.3.1).
    pub const fn enabled(&self) -> &Capabilities {
        &self.enabled
    }

    /// How names and strings are written now.
    pub fn dialect(&self) -> Dialect {
        let utf8 = [Capability::IMAP4REV2, Capability::UTF8_ACCEPT];
        Dialect { utf8: utf8.iter().any(|one| self.enabled.names(one)) }
    }

    /// How literals are sent now.
    pub fn literals(&self) -> Literals {
        match &self.capabilities {
            Some(all) if all.has(&Capability::LITERAL_PLUS) => Literals::Plus,
            Some(all) if all.has(&Capability::LITERAL_MINUS) => Literals::Minus,
            _ => Literals::Synchronizing,
        }
    }

    /// The TLS session, if there is one.
    pub const fn tls(&self) -> Option<&Arc<TlsSession>> {
        self.tls.as_ref()
    }

    /// Whether COMPRESS is in place.
    pub const fn is_compressed(&self) -> bool {
        self.compressed
    }

    /// What is configured.
    pub const fn config(&self) -> &Config {
        &self.config
    }

    /// Whether no command is queued or unanswered.
    pub fn is_idle(&self) -> bool {
        self.queue.is_empty() && self.flights.is_empty() && self.outgoing.is_none()
    }

    /// Whether no command can follow: after LOGOUT, BYE, or [`give_up`](Self::give_up).
    pub fn is_closing(&self) -> bool {
        self.phase == Phase::Closing
            || self.bye
            || self.state == State::Logout
            || self.flights.iter().any(|flight| flight.kind == Kind::Alone(Turn::Logout))
            // nothing is queued behind it
            || self.queue.back().is_some_and(|queued| matches!(queued.command, Command::Logout))
    }

    /// Queues a command.
    ///
    /// It ends with [`Event::Done`]. APPEND and REPLACE of streamed messages ask for them by [`Event::LiteralWanted`].
    ///
    /// # Errors
    ///
    /// [`Misuse::State`] if it does not fit the state that the session will have when everything before it has gone well
    /// (RFC 9051 section 6), and for AUTHENTICATE and IDLE, which are begun by [`authenticate`](Self::authenticate) and [`idle`](Self::idle);
    /// [`Misuse::Cleartext`] for LOGIN without TLS, unless [`Config::dangerous_allow_cleartext_secrets`] is set;
    /// [`Misuse::NotOffered`] for STARTTLS, COMPRESS and LOGIN of a server that is known not to offer them; [`Misuse::QueueFull`].
    pub fn command(&mut self, command: Command) -> Result<CommandId, Misuse> {
        self.enqueue_one(command, None)
    }

    /// The same with a time in which the server must say something about it, instead of [`Timeouts::response`](crate::Timeouts).
    ///
    /// # Errors
    ///
    /// As [`command`](Self::command).
    pub fn command_within(&mut self, command: Command, timeout: Duration) -> Result<CommandId, Misuse> {
        self.enqueue_one(command, Some(timeout))
    }

    /// Those that need more than their arguments have calls of their own.
    fn enqueue_one(&mut self, command: Command, timeout: Option<Duration>) -> Result<CommandId, Misuse> {
        match command {
            Command::Authenticate(_) | Command::Idle => Err(Misuse::State),
            command => self.enqueue(command, timeout),
        }
    }

    fn enqueue(&mut self, command: Command, timeout: Option<Duration>) -> Result<CommandId, Misuse> {
        if self.is_closing() {
            return Err(Misuse::State);
        }
        if self.queue.len() >= QUEUE_MOST {
            return Err(Misuse::QueueFull);
        }
        self.admits(&command)?;
        self.last_id = self.last_id.checked_add(1).unwrap_or(1);
        let id = CommandId(NonZeroU32::new(self.last_id).unwrap_or(NonZeroU32::MIN));
        let state_behind = admits::state_behind(Kind::of(&command)).unwrap_or_else(|| self.state_to_come());
        self.queue.push_back(Queued { id, command, timeout, abandoned: false, state_behind });
        // Whatever is to be done next, IDLE is over for it.
        self.end_idle();
        Ok(id)
    }

    fn may_send_credentials(&self) -> bool {
        self.tls.is_some() || self.config.dangerous_allow_cleartext_secrets
    }

    /// Waits for news (RFC 9051 section 6.3.13) until [`done`](Self::done) is called or another command is queued. It is renewed as long as
    /// that takes.
    ///
    /// # Errors
    ///
    /// [`Misuse::State`] if it is under way already or nobody is about to be logged in, [`Misuse::NotOffered`] if the server is known not
    /// to offer it.
    pub fn idle(&mut self) -> Result<CommandId, Misuse> {
        if self.idle.is_some() {
            return Err(Misuse::State);
        }
        self.admits(&Command::Idle)?;
        if self.capabilities.is_some() && !self.has(&Capability::IDLE) {
            return Err(Misuse::NotOffered);
        }
        let id = self.enqueue(Command::Idle, None)?;
        self.idle = Some(Idle::new(id));
        Ok(id)
    }

    /// Ends IDLE; [`Event::Done`] follows. Harmless if there is none.
    pub fn done(&mut self) {
        self.end_idle();
    }

    fn end_idle(&mut self) {
        if let Some(idle) = &mut self.idle {
            idle.ending = true;
            idle.renewing = false;
        }
    }

    /// Whether IDLE is under way or about to be.
    pub const fn is_idling(&self) -> bool {
        self.idle.is_some()
    }

    /// Nobody wants the answer to a command any more: it is taken back if it was not sent, and otherwise its data is read over unseen, except
    /// what is news of the mailbox. A command whose literal is being sent cannot be abandoned: see
    /// [`abort_literal`](Self::abort_literal).
    pub fn abandon(&mut self, id: CommandId) {
        if let Some(queued) = self.queue.iter_mut().find(|queued| queued.id == id) {
            queued.abandoned = true;
        }
        self.queue.retain(|queued| {
            !queued.abandoned || Kind::of(&queued.command) == Kind::Alone(Turn::Authenticate)
        });
        self.look_ahead();
        if self.idle.as_ref().is_some_and(|idle| idle.id == id) {
            self.end_idle();
            if !self.flights.iter().any(|flight| flight.id == id) {
                self.idle = None;
            }
        }
        if let Some(flight) = self.flights.iter_mut().find(|flight| flight.id == id) {
            flight.abandoned = true;
            if let (true, Some(fetching)) = (flight.kind.tells(Family::Fetch), &mut self.fetching) {
                fetching.wanted = false;
            }
        }
    }

    /// Closes the connection without another word.
    pub fn give_up(&mut self) {
        self.queue.clear();
        self.outgoing = None;
        self.phase = Phase::Closing;
    }

    /// What the deadline that runs is for, and how long it is.
    fn waiting(&self) -> Option<(Wait, Duration)> {
        let timeouts = &self.config.timeouts;
        match (self.phase, self.state) {
            (Phase::Closing, _) => None,
            (Phase::Running, State::Greeting) => Some((Wait::Greeting, timeouts.greeting)),
            (Phase::Running, _) => {
                if let Some(idle) = &self.idle
                    && idle.begun
                    && !idle.ending
                {
                    return Some((Wait::News, timeouts.idle));
                }
                let Some(flight) = self.flights.front() else {
                    // RFC 9051 section 7.1.5: the server closes
                    return self.bye.then_some((Wait::Response, timeouts.response));
                };
                // the application may take its time with a literal
                if self.outgoing.as_ref().is_some_and(Outgoing::waits_for_application) {
                    return None;
                }
                let wait = match flight.kind {
                    _ if self.framer.is_streaming() => Wait::Literal,
                    Kind::Alone(Turn::Authenticate) => Wait::Authentication,
                    _ if self.outgoing.as_ref().is_some_and(Outgoing::is_waiting) => Wait::Continuation,
                    _ => Wait::Response,
                };
                Some((wait, flight.timeout.unwrap_or(timeouts.response)))
            }
            // for a layer
            _ => Some((Wait::Tls, timeouts.tls)),
        }
    }

    /// The stream has ended.
    fn ended(&mut self) -> Result<Step<Event>, Error> {
        if self.bye || self.state == State::Logout {
            self.phase = Phase::Closing;
            return Ok(Step::Close);
        }
        Err(Error::Eof(self.waiting().map_or(Wait::News, |(wait, _)| wait)))
    }
}

impl Machine for Client {
    type Event = Event;
    type Error = Error;

    fn step(&mut self, now: Moment, rx: &mut RecvBuf, tx: &mut SendBuf) -> Result<Step<Event>, Error> {
        loop {
            if let Some(event) = self.pending.pop_front() {
                return Ok(Step::Event(event));
            }
            match self.phase {
                Phase::Closing => return Ok(Step::Close),
                Phase::Upgrading => return Ok(Step::Read),
                // RFC 4978 section 3: everything behind the OK is compressed
                #[cfg(feature = "compress")]
                Phase::Compressing => {
                    return Ok(Step::Compress(Box::new(crate::extensions::compress::Deflate::new())));
                }
                Phase::Running => {}
            }
            // Every octet that comes is a sign of life.
            let before = rx.len();
            self.rearm |= before > self.unread && self.state != State::Greeting;
            // Answers come before commands: what arrives while nothing is asked must not answer what follows.
            if let Some(step) = self.receive(now, rx)? {
                return Ok(step);
            }
            self.unread = rx.len();
            // What the server asked for goes before it can ask for more.
            if std::mem::take(&mut self.asked) {
                self.send(tx);
            }
            if !self.pending.is_empty() || self.phase != Phase::Running || rx.len() != before {
                continue;
            }
            if rx.ended().is_some() {
                return self.ended();
            }
            self.send(tx);
            if !self.pending.is_empty() {
                continue;
            }
            let waiting = self.waiting();
            if std::mem::take(&mut self.rearm) || waiting.is_none() || self.deadline.is_none() {
                let until = self.idle.as_ref().and_then(|idle| idle.until);
                self.deadline = waiting.map(|(wait, span)| match (wait, until) {
                    (Wait::News, Some(until)) => until,
                    _ => now + span,
                });
            }
            if let (Some(deadline), Some((wait, _))) = (self.deadline, waiting)
                && deadline <= now
            {
                if wait == Wait::News {
                    // RFC 9051 section 6.3.13: "clients using IDLE are advised to terminate IDLE and reissue it at least every
                    // 29 minutes"
                    if let Some(idle) = &mut self.idle {
                        (idle.ending, idle.renewing) = (true, true);
                    }
                    self.rearm = true;
                    continue;
                }
                if self.bye {
                    self.phase = Phase::Closing;
                    continue;
                }
                return Err(Error::Timeout(wait));
            }
            return Ok(Step::Read);
        }
    }

    fn deadline(&self) -> Option<Moment> {
        self.deadline
    }

    fn layered(&mut self, layer: Layer) {
        match layer {
            Layer::Tls(session) => {
                self.tls = Some(session.clone());
                if self.phase == Phase::Upgrading {
                    // RFC 9051 section 6.2.1: "the client MUST discard cached information about server capabilities"
                    self.capabilities = None;
                    self.phase = Phase::Running;
                    self.rearm = true;
                    self.pending.push_back(Event::Secured(session));
                }
            }
            Layer::Deflate => {
                self.compressed = true;
                self.phase = Phase::Running;
                self.rearm = true;
                self.pending.push_back(Event::Compressed);
            }
            _ => {}
        }
    }
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Client")
            .field("state", &self.state)
            .field("phase", &self.phase)
            .field("queued", &self.queue.len())
            .field("in_flight", &self.flights.len())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
