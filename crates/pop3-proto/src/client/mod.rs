//! The client machine: sends commands, matches replies, reads listings line by line and messages piece by piece.

mod auth;
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

    /// USER (RFC 1939 section 7).
    ///
    /// # Errors
    ///
    /// [`Misuse::Argument`] for a name that is empty or holds CR, LF, NUL; [`Misuse::NotOffered`] for one that is not
    /// ASCII if the server did not say that it takes UTF-8 (RFC 6856 section 2.2).
    pub fn user(&mut self, name: &str) -> Result<CommandId, Misuse> {
        self.check_text(name.as_bytes())?;
        self.command(Kind::User, &Command::User(Bytes::copy_from_slice(name.as_bytes())))
    }

    /// PASS (RFC 1939 section 7). Whether it may go out in clear is for the caller to decide.
    ///
    /// # Errors
    ///
    /// As [`user`](Self::user).
    pub fn pass(&mut self, password: &Secret) -> Result<CommandId, Misuse> {
        self.check_text(password.expose())?;
        self.login(b"PASS ", password.clone())
    }

    /// APOP (RFC 1939 section 7), with the digest that [`sasl_core::client::apop`] made.
    ///
    /// # Errors
    ///
    /// As [`user`](Self::user); [`Misuse::Argument`] too for a digest that is not 32 hexadecimal digits;
    /// [`Misuse::NotOffered`] if the greeting had no timestamp.
    pub fn apop(&mut self, name: &str, digest: &str) -> Result<CommandId, Misuse> {
        self.check_text(name.as_bytes())?;
        if digest.len() != 32 || !digest.bytes().all(|octet| octet.is_ascii_hexdigit()) {
            return Err(Misuse::Argument);
        }
        if self.timestamp.is_none() {
            return Err(Misuse::NotOffered);
        }
        self.login(b"APOP ", Secret::from([name.as_bytes(), b" ", digest.as_bytes()].concat()))
    }

    /// CAPA (RFC 2449 section 5).
    ///
    /// # Errors
    ///
    /// [`Misuse`], as with every command: nothing was queued.
    pub fn capa(&mut self) -> Result<CommandId, Misuse> {
        self.command(Kind::Capa, &Command::Capa)
    }

    /// STLS (RFC 2595 section 4): on `+OK` the handshake follows, then [`Event::Secured`].
    ///
    /// # Errors
    ///
    /// [`Misuse::State`] if TLS is in place, or after UTF8 (RFC 6856 section 2.1).
    pub fn start_tls(&mut self) -> Result<CommandId, Misuse> {
        if self.tls.is_some() || self.utf8 {
            return Err(Misuse::State);
        }
        self.command(Kind::Stls, &Command::Stls)
    }

    /// STAT (RFC 1939 section 5); [`Event::Stat`] follows.
    ///
    /// # Errors
    ///
    /// [`Misuse`].
    pub fn stat(&mut self) -> Result<CommandId, Misuse> {
        self.command(Kind::Stat, &Command::Stat)
    }

    /// LIST (RFC 1939 section 5), of one message or of all; [`Event::Scan`] follows.
    ///
    /// # Errors
    ///
    /// [`Misuse::Argument`] for message 0.
    pub fn list(&mut self, message: Option<u32>) -> Result<CommandId, Misuse> {
        check_number(message)?;
        self.command(Kind::List(message), &Command::List(message))
    }

    /// UIDL (RFC 1939 section 7), of one message or of all; [`Event::UniqueId`] follows.
    ///
    /// # Errors
    ///
    /// [`Misuse::Argument`] for message 0.
    pub fn uidl(&mut self, message: Option<u32>) -> Result<CommandId, Misuse> {
        check_number(message)?;
        self.command(Kind::Uidl(message), &Command::Uidl(message))
    }

    /// RETR (RFC 1939 section 5): [`Event::Body`] follows piece by piece.
    ///
    /// # Errors
    ///
    /// [`Misuse::Argument`] for message 0.
    pub fn retr(&mut self, message: u32) -> Result<CommandId, Misuse> {
        check_number(Some(message))?;
        self.command(Kind::Message, &Command::Retr(message))
    }

    /// TOP (RFC 1939 section 7): the header fields and so many lines of the body.
    ///
    /// # Errors
    ///
    /// [`Misuse::Argument`] for message 0.
    pub fn top(&mut self, message: u32, lines: u64) -> Result<CommandId, Misuse> {
        check_number(Some(message))?;
        self.command(Kind::Message, &Command::Top { message, lines })
    }

    /// DELE (RFC 1939 section 5): marks a message, which QUIT removes.
    ///
    /// # Errors
    ///
    /// [`Misuse::Argument`] for message 0.
    pub fn dele(&mut self, message: u32) -> Result<CommandId, Misuse> {
        check_number(Some(message))?;
        self.command(Kind::Dele, &Command::Dele(message))
    }

    /// NOOP (RFC 1939 section 5): asks whether the server is still there, and puts off its autologout.
    ///
    /// # Errors
    ///
    /// [`Misuse`].
    pub fn noop(&mut self) -> Result<CommandId, Misuse> {
        self.command(Kind::Other, &Command::Noop)
    }

    /// RSET (RFC 1939 section 5): takes back every mark.
    ///
    /// # Errors
    ///
    /// [`Misuse`].
    pub fn rset(&mut self) -> Result<CommandId, Misuse> {
        self.command(Kind::Rset, &Command::Rset)
    }

    /// UTF8 (RFC 6856 section 2.1), before the login.
    ///
    /// # Errors
    ///
    /// [`Misuse::NotOffered`] if the server does not offer it.
    pub fn utf8(&mut self) -> Result<CommandId, Misuse> {
        if !self.capabilities.utf8() {
            return Err(Misuse::NotOffered);
        }
        self.command(Kind::Utf8, &Command::Utf8)
    }

    /// LANG (RFC 6856 section 3): chooses a language by its range (`de`, `*`), or lists them ([`Event::Language`]).
    ///
    /// # Errors
    ///
    /// [`Misuse::NotOffered`] if the server does not offer it, [`Misuse::Argument`] for a range that is none.
    pub fn lang(&mut self, range: Option<&str>) -> Result<CommandId, Misuse> {
        if !self.capabilities.lang() {
            return Err(Misuse::NotOffered);
        }
        let good = |range: &str| {
            !range.is_empty()
                && range.len() <= 100
                && range.bytes().all(|octet| octet.is_ascii_alphanumeric() || matches!(octet, b'-' | b'*'))
        };
        if range.is_some_and(|range| !good(range)) {
            return Err(Misuse::Argument);
        }
        let kind = if range.is_none() { Kind::Languages } else { Kind::Other };
        self.command(kind, &Command::Lang(range.map(|range| Bytes::copy_from_slice(range.as_bytes()))))
    }

    /// QUIT (RFC 1939 section 6): messages that are marked are removed if the reply is positive, and the connection
    /// closes.
    ///
    /// # Errors
    ///
    /// [`Misuse`].
    pub fn quit(&mut self) -> Result<CommandId, Misuse> {
        let id = self.command(Kind::Quit, &Command::Quit)?;
        self.quitting = true;
        Ok(id)
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

    fn check_text(&self, text: &[u8]) -> Result<(), Misuse> {
        let most = 255 - "PASS \r\n".len();
        let bad = |octet: &u8| matches!(octet, b'\r' | b'\n' | 0);
        if text.is_empty() || text.len() > most || text.iter().any(bad) || std::str::from_utf8(text).is_err()
        {
            return Err(Misuse::Argument);
        }
        // RFC 6856 section 2.2: "Clients MUST NOT use UTF-8 characters when authenticating if the server did not include
        // the USER argument in the UTF8 capability response."
        if !text.is_ascii() && !self.capabilities.utf8_user() {
            return Err(Misuse::NotOffered);
        }
        Ok(())
    }

    fn command(&mut self, kind: Kind, command: &Command) -> Result<CommandId, Misuse> {
        self.enqueue(kind, |text| command.encode(text))
    }

    /// A command whose arguments no transcript may show.
    fn login(&mut self, word: &[u8], arguments: Secret) -> Result<CommandId, Misuse> {
        let id = self.enqueue(Kind::Login, |text| text.extend_from_slice(word))?;
        self.secrets.push_back(arguments);
        Ok(id)
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

fn check_number(message: Option<u32>) -> Result<(), Misuse> {
    if message == Some(0) { Err(Misuse::Argument) } else { Ok(()) }
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
