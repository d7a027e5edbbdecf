//! The client machine: sends commands, matches replies, reads listings line by line and messages piece by piece.

mod auth;
mod commands;
mod config;
mod event;
mod flight;
mod incoming;

use std::collections::VecDeque;
use std::num::NonZeroU32;
use std::sync::Arc;

use bytes::{Buf, Bytes, BytesMut};
use wire_core::{Layer, Machine, Moment, RecvBuf, Secret, SendBuf, Step, TlsSession};

use crate::{Capabilities, Command, Error, Limit, Misuse, PeerError, Reply, Wait};
use flight::{Flight, Kind, Queued};
use incoming::Incoming;

pub use config::Config;
pub use event::{CommandId, Event};

/// Commands that may wait to be sent: enough to delete everything in a large maildrop. Each costs some 30 octets.
const QUEUE_MOST: usize = 1_000_000;
/// Octets of storage for commands that are kept when none waits.
const TEXT_KEPT: usize = 4096;
/// Commands that may wait for their replies, whatever their length.
const FLIGHTS_MOST: usize = 1000;

/// The client's side of a session: one method a command, each giving a [`CommandId`].
///
/// Calls queue. Commands are sent in groups if the server offers PIPELINING (RFC 2449 section 6.6), one at a time
/// otherwise; replies are matched by order. [`crate::collector::Collector`] opens sessions and collects mail on top of it.
///
/// # Example
///
/// ```
/// use bytes::Buf;
/// use pop3_proto::client::{Client, Config, Event};
/// use wire_core::{Endpoint, Moment, Progress};
///
/// let mut endpoint = Endpoint::new(Client::new(Config::new(), Moment::ORIGIN));
/// endpoint.recv_buf().extend_from_slice(b"+OK POP3 server ready\r\n");
/// let Ok(Progress::Event(Event::Greeting(greeting))) = endpoint.poll(Moment::ORIGIN) else { panic!() };
/// assert!(greeting.is_positive());
/// let list = endpoint.machine().list(None).unwrap();
/// assert!(matches!(endpoint.poll(Moment::ORIGIN), Ok(Progress::Io { read: true })));
/// assert_eq!(endpoint.transmit().unwrap().chunk(), b"LIST\r\n");
/// endpoint.recv_buf().extend_from_slice(b"+OK 1 message\r\n1 120\r\n.\r\n");
/// let mut sizes = Vec::new();
/// while let Ok(Progress::Event(event)) = endpoint.poll(Moment::ORIGIN) {
///     match event {
///         Event::Scan(id, scan) => sizes.push((id == list, scan.message, scan.octets)),
///         _ => {}
///     }
/// }
/// assert_eq!(sizes, [(true, 1, 120)]);
/// ```
pub struct Client {
    config: Config,
    phase: Phase,
    deadline: Option<Moment>,
    queue: VecDeque<Queued>,
    /// The lines of the commands that wait, one behind the other.
    text: BytesMut,
    /// What [`Kind::Login`] sends behind its word, for each one that waits.
    secrets: VecDeque<Secret>,
    flights: VecDeque<Flight>,
    /// Octets of commands in flight, for the bound on a group.
    in_flight: usize,
    incoming: Option<Incoming>,
    capabilities: Capabilities,
    timestamp: Option<Bytes>,
    tls: Option<Arc<TlsSession>>,
    exchange: Option<Box<sasl_core::client::Lines>>,
    /// A line of an AUTH exchange that is to be sent.
    secret_line: Option<Secret>,
    auth_error: Option<sasl_core::client::ClientError>,
    auth_details: Option<sasl_core::TokenError>,
    pending: Option<Event>,
    last_id: u32,
    last_reply: Option<Reply>,
    /// Messages are marked as deleted: QUIT decides about them.
    marked: bool,
    utf8: bool,
    /// QUIT is queued, or was sent.
    quitting: bool,
    /// The wait has changed, or something came: arm the deadline anew.
    rearm: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// Waiting for the greeting.
    Greeting,
    Running,
    /// Waiting for TLS.
    Upgrading,
    /// QUIT was answered, or the connection was given up.
    Closing,
}

impl Client {
    /// A client's side of a new connection, which begins with the server's greeting.
    pub fn new(config: Config, now: Moment) -> Self {
        let deadline = Some(now + config.timeouts.greeting);
        Self {
            config,
            phase: Phase::Greeting,
            deadline,
            queue: VecDeque::new(),
            text: BytesMut::new(),
            secrets: VecDeque::new(),
            flights: VecDeque::new(),
            in_flight: 0,
            incoming: None,
            capabilities: Capabilities::default(),
            timestamp: None,
            tls: None,
            exchange: None,
            secret_line: None,
            auth_error: None,
            auth_details: None,
            pending: None,
            last_id: 0,
            last_reply: None,
            marked: false,
            utf8: false,
            quitting: false,
            rearm: false,
        }
    }

    /// What the server said in its last positive reply to CAPA; kept if a later one is refused.
    pub fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }

    /// The timestamp of the greeting, if the server knows APOP (RFC 1939 section 7).
    pub fn timestamp(&self) -> Option<&Bytes> {
        self.timestamp.as_ref()
    }

    /// The TLS session, if there is one.
    pub fn tls(&self) -> Option<&Arc<TlsSession>> {
        self.tls.as_ref()
    }

    /// What is configured.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// The reply last received: the best explanation there is when the server goes away without a word.
    pub fn last_reply(&self) -> Option<&Reply> {
        self.last_reply.as_ref()
    }

    /// Whether no command is queued or unanswered.
    pub fn is_idle(&self) -> bool {
        self.phase == Phase::Running
            && self.queue.is_empty()
            && self.flights.is_empty()
            && self.incoming.is_none()
            && self.pending.is_none()
    }

    /// Whether no command can follow: after QUIT, or [`give_up`](Self::give_up).
    pub fn is_closing(&self) -> bool {
        self.phase == Phase::Closing || self.quitting
    }

    /// Nobody wants the reply to a command any more: it is taken back if it was not sent, and otherwise its reply is
    /// read over unseen when it comes.
    pub fn abandon(&mut self, id: CommandId) {
        let taken_back =
            |queued: &&mut Queued| queued.id == id && !matches!(queued.kind, Kind::Auth | Kind::Quit);
        if let Some(queued) = self.queue.iter_mut().find(taken_back) {
            queued.abandoned = true;
            self.drop_abandoned();
        }
        if let Some(flight) = self.flights.iter_mut().find(|flight| flight.id == id) {
            flight.abandoned = true;
        }
        self.abandon_incoming(id);
    }

    /// Closes the connection without another word: marked messages stay.
    pub fn give_up(&mut self) {
        self.queue.clear();
        self.text.clear();
        self.secrets.clear();
        self.phase = Phase::Closing;
    }

    fn command(&mut self, kind: Kind, command: &Command) -> Result<CommandId, Misuse> {
        self.enqueue(kind, |text| command.encode(text))
    }

    fn enqueue(&mut self, kind: Kind, write: impl FnOnce(&mut BytesMut)) -> Result<CommandId, Misuse> {
        if self.is_closing() {
            return Err(Misuse::State);
        }
        if self.queue.len() >= QUEUE_MOST {
            return Err(Misuse::QueueFull);
        }
        self.last_id = self.last_id.checked_add(1).unwrap_or(1);
        let id = CommandId(NonZeroU32::new(self.last_id).unwrap_or(NonZeroU32::MIN));
        let before = self.text.len();
        write(&mut self.text);
        self.queue.push_back(Queued { id, kind, octets: self.text.len() - before, abandoned: false });
        Ok(id)
    }

    /// How many more commands can be queued.
    pub(crate) fn room(&self) -> usize {
        QUEUE_MOST.saturating_sub(self.queue.len())
    }

    /// Passes over the commands at the front that nobody wants any more.
    fn drop_abandoned(&mut self) {
        while let Some(queued) = self.queue.front().filter(|queued| queued.abandoned) {
            self.text.advance(queued.octets.min(self.text.len()));
            if queued.kind == Kind::Login {
                self.secrets.pop_front();
            }
            self.queue.pop_front();
        }
    }

    /// Sends what may be sent now.
    fn send(&mut self, tx: &mut SendBuf) {
        loop {
            self.drop_abandoned();
            let Some(next) = self.queue.front() else { break };
            if !self.may_send(next) {
                return;
            }
            let Some(Queued { id, kind, octets, .. }) = self.queue.pop_front() else { return };
            let secret = if kind == Kind::Login { self.secrets.pop_front() } else { None };
            let extra = secret.as_ref().map_or(0, |secret| secret.len() + 2);
            if kind == Kind::Auth {
                let command = self.text.split_to(octets.min(self.text.len()));
                self.send_auth(&command, tx);
            } else {
                tx.put(self.text.get(..octets).unwrap_or_default());
                if let Some(secret) = secret {
                    tx.put_secret(secret.expose());
                    tx.put(b"\r\n");
                }
                self.text.advance(octets.min(self.text.len()));
            }
            if self.flights.is_empty() {
                self.rearm = true;
            }
            self.in_flight += octets + extra;
            self.flights.push_back(Flight { id, kind, octets: octets + extra, abandoned: false });
        }
        if self.text.capacity() > TEXT_KEPT {
            self.text = BytesMut::new();
        }
    }

    /// RFC 2449 section 6.6: which commands may follow which without waiting.
    fn may_send(&self, next: &Queued) -> bool {
        if self.phase != Phase::Running {
            return false;
        }
        // A reply of several lines that is coming in is not complete either.
        if self.flights.is_empty() && self.incoming.is_none() {
            return true;
        }
        self.config.pipelining
            && self.capabilities.pipelining()
            && !self.flights.back().is_some_and(|last| last.kind.ends_group())
            && self.flights.len() < FLIGHTS_MOST
            && self.in_flight + next.octets <= self.config.limits.pipeline_octets
    }

    /// Takes the first line of a reply, if it is complete.
    fn read_reply(&mut self, now: Moment, rx: &mut RecvBuf) -> Result<Option<Step<Event>>, Error> {
        let in_auth = self.flights.front().is_some_and(|flight| flight.kind == Kind::Auth);
        let limits = &self.config.limits;
        let most = if in_auth { limits.auth_line.max(limits.reply_line) } else { limits.reply_line };
        let line = match rx.line(most) {
            Ok(Some(line)) => line,
            Ok(None) => match self.unfinished_goodbye(rx) {
                Some(line) => line,
                None => return Ok(None),
            },
            Err(_) => return Err(Limit::ReplyLine(most).into()),
        };
        self.rearm = true;
        if self.phase == Phase::Greeting {
            let reply = Reply::parse_greeting(&line, &self.config.quirks).map_err(PeerError::Reply)?;
            self.phase = Phase::Running;
            self.timestamp = crate::timestamp(&line).map(|timestamp| wire_core::detach(&timestamp));
            self.last_reply = Some(reply.detach());
            return Ok(Some(Step::Event(Event::Greeting(reply))));
        }
        if in_auth && let Some(challenge) = challenge(&line) {
            // A challenge may hold what only the two sides should know.
            rx.redact(2);
            self.challenged(challenge);
            return Ok(None);
        }
        let Some(flight) = self.flights.pop_front() else {
            // Servers that close idle sessions say so.
            self.last_reply = Reply::parse(&line, &self.config.quirks).ok().map(|reply| reply.detach());
            return Err(PeerError::Unsolicited.into());
        };
        self.in_flight = self.in_flight.saturating_sub(flight.octets);
        let reply = Reply::parse(&line, &self.config.quirks).map_err(PeerError::Reply)?;
        self.matched(flight, reply, &line, now, rx)
    }

    /// Matches a reply with the command it answers.
    fn matched(
        &mut self,
        flight: Flight,
        reply: Reply,
        line: &Bytes,
        now: Moment,
        rx: &mut RecvBuf,
    ) -> Result<Option<Step<Event>>, Error> {
        if reply.is_negative() {
            self.last_reply = Some(reply.detach());
        }
        let Flight { id, kind, abandoned, .. } = flight;
        if kind == Kind::Auth {
            return Ok(Some(self.auth_reply(&flight, reply)));
        }
        if reply.is_positive() {
            match kind {
                Kind::Stls => {
                    // What was sent in clear behind the +OK is an injection.
                    let proof = rx.seal()?;
                    self.phase = Phase::Upgrading;
                    self.deadline = Some(now + self.config.timeouts.tls);
                    self.rearm = false;
                    return Ok(Some(Step::StartTls(proof)));
                }
                Kind::Stat | Kind::List(Some(_)) | Kind::Uidl(Some(_)) => {
                    let event = incoming::single(id, kind, &reply, line, &self.config.limits);
                    return Ok((!abandoned).then_some(Step::Event(event)));
                }
                Kind::List(None) | Kind::Uidl(None) | Kind::Message | Kind::Capa | Kind::Languages => {
                    self.incoming = Some(Incoming::new(id, kind, abandoned));
                }
                Kind::Dele => self.marked = true,
                Kind::Rset => self.marked = false,
                Kind::Utf8 => self.utf8 = true,
                _ => {}
            }
        }
        if kind == Kind::Quit {
            self.phase = Phase::Closing;
        }
        Ok((!abandoned).then_some(Step::Event(Event::Reply(id, reply))))
    }

    /// The reply to QUIT often comes without its CRLF; there is nothing that could follow it.
    fn unfinished_goodbye(&mut self, rx: &mut RecvBuf) -> Option<Bytes> {
        let quitting = self.flights.front().is_some_and(|flight| flight.kind == Kind::Quit);
        if !quitting || rx.ended().is_none() {
            return None;
        }
        let rest = rx.peek();
        let line = Bytes::copy_from_slice(rest.strip_suffix(b"\r").unwrap_or(rest));
        Reply::parse(&line, &self.config.quirks).ok()?;
        rx.skip(rx.len());
        Some(line)
    }

    /// What the deadline that runs is for, and how long it is.
    fn waiting(&self) -> Option<(Wait, std::time::Duration)> {
        let timeouts = &self.config.timeouts;
        match (self.phase, self.flights.front().map(|flight| flight.kind)) {
            (Phase::Greeting, _) => Some((Wait::Greeting, timeouts.greeting)),
            (Phase::Upgrading, _) => Some((Wait::Tls, timeouts.tls)),
            (Phase::Closing, _) => None,
            (Phase::Running, _) if self.incoming.is_some() => Some((Wait::Body, timeouts.data_block)),
            (Phase::Running, Some(Kind::Quit)) => {
                Some((if self.marked { Wait::Update } else { Wait::Reply }, timeouts.update))
            }
            (Phase::Running, Some(_)) => Some((Wait::Reply, timeouts.reply)),
            (Phase::Running, None) => None,
        }
    }

    fn is_quit_sent(&self) -> bool {
        self.flights.back().is_some_and(|flight| flight.kind == Kind::Quit)
    }

    /// RFC 1939 section 6: whether messages were removed is in the reply to QUIT; without it nobody knows.
    fn is_removing(&self) -> bool {
        let marked = self.marked || self.flights.iter().any(|flight| flight.kind == Kind::Dele);
        marked && self.is_quit_sent()
    }

    fn ended(&mut self, rx: &RecvBuf) -> Result<Step<Event>, Error> {
        if self.is_removing() {
            return Err(Error::Eof(Wait::Update));
        }
        if self.is_quit_sent() && self.flights.len() == 1 && rx.is_empty() && self.incoming.is_none() {
            self.phase = Phase::Closing;
            return Ok(Step::Close);
        }
        Err(Error::Eof(self.waiting().map_or(Wait::Reply, |(wait, _)| wait)))
    }
}

impl Machine for Client {
    type Event = Event;
    type Error = Error;

    fn step(&mut self, now: Moment, rx: &mut RecvBuf, tx: &mut SendBuf) -> Result<Step<Event>, Error> {
        loop {
            if let Some(event) = self.pending.take() {
                return Ok(Step::Event(event));
            }
            if self.phase == Phase::Closing {
                return Ok(Step::Close);
            }
            if let Some(line) = self.secret_line.take() {
                tx.put_secret(line.expose());
                tx.put(b"\r\n");
            }
            // Replies come before commands: what arrives while nothing is asked must not answer what follows.
            let (len, idle) = (rx.len(), self.incoming.is_none());
            let step = if idle { self.read_reply(now, rx)? } else { self.receive(rx)? };
            if let Some(step) = step {
                return Ok(step);
            }
            if rx.len() != len || idle != self.incoming.is_none() {
                continue;
            }
            if rx.ended().is_some() && self.phase != Phase::Upgrading {
                return self.ended(rx);
            }
            // Half a reply to nothing must not become the reply to what is asked now.
            if self.phase == Phase::Running
                && self.flights.is_empty()
                && self.incoming.is_none()
                && !self.queue.is_empty()
                && !rx.is_empty()
            {
                return Err(PeerError::Unsolicited.into());
            }
            self.send(tx);
            let waiting = self.waiting();
            if std::mem::take(&mut self.rearm) || waiting.is_none() || self.deadline.is_none() {
                self.deadline = waiting.map(|(_, span)| now + span);
            }
            if let (Some(deadline), Some((wait, _))) = (self.deadline, waiting)
                && deadline <= now
            {
                return Err(Error::Timeout(if self.is_removing() { Wait::Update } else { wait }));
            }
            return Ok(Step::Read);
        }
    }

    fn deadline(&self) -> Option<Moment> {
        self.deadline
    }

    fn layered(&mut self, layer: Layer) {
        if let Layer::Tls(session) = layer {
            self.tls = Some(session.clone());
            if self.phase == Phase::Upgrading {
                // RFC 2595 section 4: "Once TLS has been started, the client MUST discard cached information about server
                // capabilities and SHOULD re-issue the CAPA command."
                self.capabilities = Capabilities::default();
                self.timestamp = None;
                self.phase = Phase::Running;
                self.rearm = true;
                self.pending = Some(Event::Secured(session));
            }
        }
    }
}

/// RFC 5034 section 4: "a line consisting of a "+" character, followed by a single space and a string encoded using
/// Base64"; some servers leave the space out when nothing follows.
fn challenge(line: &[u8]) -> Option<&[u8]> {
    match line {
        [b'+'] => Some(&[]),
        [b'+', b' ', challenge @ ..] => Some(challenge),
        _ => None,
    }
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Client")
            .field("phase", &self.phase)
            .field("queued", &self.queue.len())
            .field("in_flight", &self.flights.len())
            .finish_non_exhaustive()
    }
}
