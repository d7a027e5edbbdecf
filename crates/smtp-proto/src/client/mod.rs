//! The client machine: sends commands, matches replies, streams bodies.

mod auth;
mod body;
mod config;
mod event;
mod flight;

use std::collections::VecDeque;
use std::num::NonZeroU32;
use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use wire_core::{Layer, Machine, Moment, RecvBuf, Secret, SendBuf, Step, TlsSession};

use crate::{
    Capabilities, Command, Error, ForwardPath, Host, Limit, MailParams, Misuse, PeerError, RcptParams, Reply,
    ReplyParser, ReversePath, Wait, XclientAttributes,
};
use body::Outgoing;
use flight::{Flight, Kind, Queued};

pub use config::{Config, Protocol};
pub use event::{CommandId, Event};

/// Commands that may wait to be sent; a transaction of 1000 recipients fits several times.
const QUEUE_MOST: usize = 10_000;

/// The client's side of a session: one method a command, each giving a [`CommandId`].
///
/// Calls queue. Commands are sent in groups as RFC 2920 allows if the server offers PIPELINING, one at a time
/// otherwise; replies are matched by order. [`crate::sender::Sender`] does whole transactions on top of it.
///
/// # Example
///
/// ```
/// use bytes::Buf;
/// use smtp_proto::client::{Client, Config, Event};
/// use wire_core::{Endpoint, Moment, Progress};
///
/// let mut endpoint = Endpoint::new(Client::new(Config::new(), Moment::ORIGIN));
/// endpoint.recv_buf().extend_from_slice(b"220 mx.example.org ESMTP\r\n");
/// let Ok(Progress::Event(Event::Greeting(greeting))) = endpoint.poll(Moment::ORIGIN) else { panic!() };
/// assert!(greeting.is_positive());
/// let ehlo = endpoint.machine().ehlo("client.example.com".parse().unwrap()).unwrap();
/// assert!(matches!(endpoint.poll(Moment::ORIGIN), Ok(Progress::Io { read: true })));
/// assert_eq!(endpoint.transmit().unwrap().chunk(), b"EHLO client.example.com\r\n");
/// endpoint.recv_buf().extend_from_slice(b"250-mx.example.org\r\n250 PIPELINING\r\n");
/// let Ok(Progress::Event(Event::Reply(id, _))) = endpoint.poll(Moment::ORIGIN) else { panic!() };
/// assert_eq!(id, ehlo);
/// assert!(endpoint.machine().capabilities().pipelining());
/// ```
pub struct Client {
    config: Config,
    phase: Phase,
    deadline: Option<Moment>,
    queue: VecDeque<Queued>,
    flights: VecDeque<Flight>,
    /// Octets of commands in flight, for the bound on a group.
    in_flight: usize,
    parser: ReplyParser,
    capabilities: Capabilities,
    tls: Option<Arc<TlsSession>>,
    outgoing: Option<Box<Outgoing>>,
    exchange: Option<Box<sasl_core::client::Lines>>,
    /// A line of an AUTH exchange that is to be sent.
    secret_line: Option<Secret>,
    auth_error: Option<sasl_core::client::ClientError>,
    auth_details: Option<sasl_core::TokenError>,
    /// Recipients accepted in this transaction, for LMTP and for a DATA that nobody will get.
    accepted: u32,
    pending: VecDeque<Event>,
    last_id: u32,
    /// Octets that waited in the send buffer at the last step, for back-pressure.
    unsent: usize,
    last_reply: Option<Reply>,
    /// The wait that a flight or a body puts us in has changed: arm the deadline anew.
    rearm: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// Waiting for the greeting.
    Greeting,
    Running,
    /// Waiting for TLS.
    Upgrading,
    /// QUIT was answered, or the server said that it closes.
    Closing,
}

impl Client {
    /// A client's side of a new connection, which begins with the server's greeting.
    pub fn new(config: Config, now: Moment) -> Self {
        let limits = &config.limits;
        let parser = ReplyParser::new(limits.reply_lines, limits.reply_octets);
        let deadline = Some(now + config.timeouts.greeting);
        Self {
            config,
            phase: Phase::Greeting,
            deadline,
            queue: VecDeque::new(),
            flights: VecDeque::new(),
            in_flight: 0,
            parser,
            capabilities: Capabilities::default(),
            tls: None,
            outgoing: None,
            exchange: None,
            secret_line: None,
            auth_error: None,
            auth_details: None,
            accepted: 0,
            pending: VecDeque::new(),
            last_id: 0,
            unsent: 0,
            last_reply: None,
            rearm: false,
        }
    }

    /// What the server offered in its last reply to EHLO or LHLO; nothing before that or after HELO.
    pub fn capabilities(&self) -> &Capabilities {
        &self.capabilities
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

    /// Whether no command is queued or unanswered and no body is being sent.
    pub fn is_idle(&self) -> bool {
        self.phase == Phase::Running
            && self.queue.is_empty()
            && self.flights.is_empty()
            && self.outgoing.is_none()
            && self.pending.is_empty()
    }

    /// EHLO, or LHLO with LMTP (RFC 5321 section 4.1.1.1, RFC 2033 section 4.1).
    ///
    /// # Errors
    ///
    /// [`Misuse`], as with every command: nothing was queued.
    pub fn ehlo(&mut self, host: Host) -> Result<CommandId, Misuse> {
        match self.config.protocol {
            Protocol::Smtp => self.command(Kind::Ehlo, &Command::Ehlo(host)),
            Protocol::Lmtp => self.command(Kind::Ehlo, &Command::Lhlo(host)),
        }
    }

    /// HELO, for servers that do not know EHLO (RFC 5321 section 3.2).
    ///
    /// # Errors
    ///
    /// [`Misuse`]; [`Misuse::State`] with LMTP, which has no HELO.
    pub fn helo(&mut self, host: Host) -> Result<CommandId, Misuse> {
        if self.config.protocol == Protocol::Lmtp {
            return Err(Misuse::State);
        }
        self.command(Kind::Ehlo, &Command::Helo(host))
    }

    /// STARTTLS (RFC 3207): on 220 the handshake follows, then [`Event::Secured`].
    ///
    /// # Errors
    ///
    /// [`Misuse::State`] if TLS is in place, [`Misuse::NotOffered`] if the server does not offer it.
    pub fn start_tls(&mut self) -> Result<CommandId, Misuse> {
        if self.tls.is_some() {
            return Err(Misuse::State);
        }
        if !self.capabilities.start_tls() {
            return Err(Misuse::NotOffered);
        }
        self.command(Kind::StartTls, &Command::StartTls)
    }

    /// MAIL: begins a transaction (RFC 5321 section 4.1.1.2).
    ///
    /// # Errors
    ///
    /// [`Misuse::NotOffered`] if a parameter or the address needs an extension that the server lacks.
    pub fn mail(&mut self, from: ReversePath, params: MailParams) -> Result<CommandId, Misuse> {
        if !self.offers_mail(&from, &params) {
            return Err(Misuse::NotOffered);
        }
        self.command(Kind::Mail, &Command::Mail { from, params })
    }

    /// RCPT: adds a recipient (RFC 5321 section 4.1.1.3).
    ///
    /// # Errors
    ///
    /// [`Misuse::NotOffered`] if a parameter or the address needs an extension that the server lacks.
    pub fn rcpt(&mut self, to: ForwardPath, params: RcptParams) -> Result<CommandId, Misuse> {
        let caps = &self.capabilities;
        let dsn = params.notify.is_some() || params.orcpt.is_some();
        if dsn && !caps.dsn() || params.rrvs.is_some() && !caps.rrvs() || !to.is_ascii() && !caps.smtp_utf8()
        {
            return Err(Misuse::NotOffered);
        }
        self.command(Kind::Rcpt, &Command::Rcpt { to, params })
    }

    /// DATA (RFC 5321 section 4.1.1.4): on 354 [`Event::BodyWanted`] follows.
    ///
    /// # Errors
    ///
    /// [`Misuse`].
    pub fn data(&mut self) -> Result<CommandId, Misuse> {
        self.command(Kind::Data, &Command::Data)
    }

    /// BDAT (RFC 3030 section 2): announces `octets` octets, which are wanted at once
    /// ([`Event::BodyWanted`]); `last` ends the message with them.
    ///
    /// # Errors
    ///
    /// [`Misuse::NotOffered`] if the server does not offer CHUNKING, [`Misuse::State`] while a body is sent.
    pub fn bdat(&mut self, octets: u64, last: bool) -> Result<CommandId, Misuse> {
        if !self.capabilities.chunking() {
            return Err(Misuse::NotOffered);
        }
        if self.queue.iter().any(|queued| matches!(queued.kind, Kind::Bdat { .. })) {
            return Err(Misuse::State);
        }
        self.command(Kind::Bdat { octets, last }, &Command::Bdat { octets, last })
    }

    /// RSET: ends the transaction, if there is one (RFC 5321 section 4.1.1.5).
    ///
    /// # Errors
    ///
    /// [`Misuse`].
    pub fn rset(&mut self) -> Result<CommandId, Misuse> {
        self.command(Kind::Rset, &Command::Rset)
    }

    /// NOOP: asks whether the server is still there (RFC 5321 section 4.1.1.9).
    ///
    /// # Errors
    ///
    /// [`Misuse`].
    pub fn noop(&mut self) -> Result<CommandId, Misuse> {
        self.command(Kind::Other, &Command::Noop(None))
    }

    /// QUIT (RFC 5321 section 4.1.1.10); the connection closes with its reply.
    ///
    /// # Errors
    ///
    /// [`Misuse`].
    pub fn quit(&mut self) -> Result<CommandId, Misuse> {
        self.command(Kind::Quit, &Command::Quit)
    }

    /// Any other command that has one reply and no body: VRFY, EXPN, HELP, ETRN, XFORWARD.
    ///
    /// # Errors
    ///
    /// [`Misuse::State`] for commands that have a method of their own.
    pub fn ask(&mut self, command: &Command) -> Result<CommandId, Misuse> {
        match command {
            Command::Vrfy { .. }
            | Command::Expn { .. }
            | Command::Help(_)
            | Command::Etrn(_)
            | Command::Xforward(_) => self.command(Kind::Other, command),
            _ => Err(Misuse::State),
        }
    }

    /// XCLIENT: on 220 the session restarts as that client's; EHLO is due again.
    ///
    /// # Errors
    ///
    /// [`Misuse`].
    pub fn xclient(&mut self, attributes: XclientAttributes) -> Result<CommandId, Misuse> {
        self.command(Kind::Xclient, &Command::Xclient(attributes))
    }

    /// Takes a command back that was not sent yet; false if it was.
    pub fn retract(&mut self, id: CommandId) -> bool {
        let before = self.queue.len();
        self.queue.retain(|queued| queued.id != id);
        self.queue.len() < before
    }

    /// Closes the connection without another word: what was begun is dropped by the server.
    pub fn give_up(&mut self) {
        self.queue.clear();
        self.phase = Phase::Closing;
    }

    /// Whether no command can follow: after QUIT, 421, or [`give_up`](Self::give_up).
    pub fn is_closing(&self) -> bool {
        self.phase == Phase::Closing || self.queue.iter().any(|queued| queued.kind == Kind::Quit)
    }

    fn offers_mail(&self, from: &ReversePath, params: &MailParams) -> bool {
        let caps = &self.capabilities;
        let needs = [
            (params.size.is_some(), caps.size().is_some()),
            (params.smtp_utf8 || !from.is_ascii(), caps.smtp_utf8()),
            (params.ret.is_some() || params.envid.is_some(), caps.dsn()),
            (params.require_tls, caps.require_tls() && self.tls.is_some()),
            (params.deliver_by.is_some(), caps.deliver_by().is_some()),
            (params.hold.is_some(), caps.future_release().is_some()),
            (params.mt_priority.is_some(), caps.mt_priority().is_some()),
            (params.body == Some(crate::Body::BinaryMime), caps.binary_mime() && caps.chunking()),
            (params.body == Some(crate::Body::EightBitMime), caps.eight_bit_mime()),
        ];
        needs.iter().all(|&(needed, offered)| !needed || offered)
    }

    fn command(&mut self, kind: Kind, command: &Command) -> Result<CommandId, Misuse> {
        let mut text = BytesMut::with_capacity(64);
        command.encode(&mut text);
        self.enqueue(kind, text.freeze())
    }

    fn enqueue(&mut self, kind: Kind, text: Bytes) -> Result<CommandId, Misuse> {
        if self.is_closing() {
            return Err(Misuse::State);
        }
        if self.queue.len() >= QUEUE_MOST {
            return Err(Misuse::QueueFull);
        }
        self.last_id = self.last_id.checked_add(1).unwrap_or(1);
        let id = CommandId(NonZeroU32::new(self.last_id).unwrap_or(NonZeroU32::MIN));
        self.queue.push_back(Queued { id, kind, text });
        Ok(id)
    }

    /// Sends what may be sent now.
    fn send(&mut self, tx: &mut SendBuf) {
        while let Some(next) = self.queue.front() {
            if !self.may_send(next) {
                return;
            }
            let Some(queued) = self.queue.pop_front() else { return };
            if matches!(queued.kind, Kind::Auth) {
                self.send_auth(&queued.text, tx);
            } else {
                tx.put(&queued.text);
            }
            if let Kind::Bdat { octets, last } = queued.kind {
                self.open_chunk(queued.id, octets, last);
            }
            if queued.kind == Kind::Mail {
                self.accepted = 0;
            }
            if self.flights.is_empty() {
                self.rearm = true;
            }
            self.in_flight += queued.text.len();
            self.flights.push_back(Flight {
                id: queued.id,
                kind: queued.kind,
                octets: queued.text.len(),
                index: 0,
            });
        }
    }

    /// RFC 2920 section 3.1: which commands may follow which without waiting.
    fn may_send(&self, next: &Queued) -> bool {
        if self.phase != Phase::Running
            || self.outgoing.is_some()
            || self.exchange.is_some() && next.kind != Kind::Auth
        {
            return false;
        }
        let Some(last) = self.flights.back() else { return true };
        let pipelining = self.config.pipelining && self.capabilities.pipelining();
        pipelining
            && !last.kind.ends_group()
            && self.in_flight + next.text.len() <= self.config.limits.pipeline_octets
    }

    /// Reads one reply, if there is a whole one.
    fn read_reply(&mut self, rx: &mut RecvBuf) -> Result<Option<Reply>, Error> {
        loop {
            let line = match rx.line(self.config.limits.reply_line) {
                Ok(Some(line)) => line,
                Ok(None) => return Ok(self.unfinished_goodbye(rx)),
                Err(_) => return Err(Limit::ReplyLine(self.config.limits.reply_line).into()),
            };
            if line.starts_with(b"334") {
                // A challenge may hold what only the two sides should know.
                rx.redact(4);
            }
            if let Some(reply) = self.parser.line(&line).map_err(PeerError::Reply)? {
                return Ok(Some(reply));
            }
        }
    }

    /// The reply to QUIT often comes without its CRLF; there is nothing that could follow it.
    fn unfinished_goodbye(&mut self, rx: &mut RecvBuf) -> Option<Reply> {
        let quitting = self.flights.front().is_some_and(|flight| flight.kind == Kind::Quit);
        if !quitting || rx.ended().is_none() || rx.is_empty() {
            return None;
        }
        let line = rx.take(self.config.limits.reply_line);
        self.parser.line(&line).ok().flatten()
    }

    /// Matches a reply with the command it answers.
    fn matched(&mut self, reply: Reply, now: Moment, rx: &mut RecvBuf) -> Result<Option<Step<Event>>, Error> {
        self.rearm = true;
        self.last_reply = Some(reply.clone());
        if self.phase == Phase::Greeting {
            self.phase = Phase::Running;
            if !reply.is_positive() && !reply.is_negative() {
                return Err(PeerError::Unexpected { code: reply.code().value() }.into());
            }
            return Ok(Some(Step::Event(Event::Greeting(reply))));
        }
        let Some(flight) = self.flights.pop_front() else {
            if reply.code().value() == 421 {
                self.phase = Phase::Closing;
                return Ok(Some(Step::Event(Event::Closing(reply))));
            }
            return Err(PeerError::Unsolicited.into());
        };
        self.in_flight = self.in_flight.saturating_sub(flight.octets);
        let code = reply.code().value();
        let fits = match code / 100 {
            2 => flight.kind != Kind::Data,
            3 => matches!(flight.kind, Kind::Data | Kind::Auth),
            _ => true,
        };
        if !fits {
            return Err(PeerError::Unexpected { code }.into());
        }
        let positive = reply.is_positive();
        match flight.kind {
            Kind::Ehlo => {
                self.capabilities =
                    if positive { Capabilities::parse(&reply) } else { Capabilities::default() };
            }
            Kind::StartTls if positive => {
                // RFC 3207 section 4.2: what was sent in clear behind the 220 is an injection.
                let proof = rx.seal()?;
                self.phase = Phase::Upgrading;
                self.deadline = Some(now + self.config.timeouts.tls);
                self.rearm = false;
                return Ok(Some(Step::StartTls(proof)));
            }
            Kind::Xclient if positive => self.capabilities = Capabilities::default(),
            Kind::Rcpt if positive => self.accepted += 1,
            Kind::Data if code == 354 => {
                self.open_dot_body(flight.id);
                return Ok(Some(Step::Event(Event::BodyWanted(flight.id))));
            }
            Kind::Data if positive => return Err(PeerError::Unexpected { code }.into()),
            Kind::Auth => return self.auth_reply(flight, reply),
            Kind::Bdat { .. } if !positive => self.stop_chunk(flight.id),
            Kind::Body { recipient: true } => {
                let event = Event::RecipientReply(flight.id, flight.index, reply);
                return Ok(Some(Step::Event(event)));
            }
            Kind::Quit => self.phase = Phase::Closing,
            _ => {}
        }
        Ok(Some(Step::Event(Event::Reply(flight.id, reply))))
    }

    /// What the deadline that runs is for, and how long it is.
    fn waiting(&self) -> Option<(Wait, std::time::Duration)> {
        let timeouts = &self.config.timeouts;
        match (self.phase, self.flights.front().map(|flight| flight.kind)) {
            (Phase::Greeting, _) => Some((Wait::Greeting, timeouts.greeting)),
            (Phase::Upgrading, _) => Some((Wait::Tls, timeouts.tls)),
            (Phase::Closing, _) => None,
            (Phase::Running, Some(Kind::Data)) => Some((Wait::DataInitiation, timeouts.data_initiation)),
            (Phase::Running, Some(Kind::Body { .. } | Kind::Bdat { .. })) if self.outgoing.is_none() => {
                Some((Wait::DataTermination, timeouts.data_termination))
            }
            (Phase::Running, _) if self.outgoing.is_some() => {
                // Only while octets wait for the wire: the application may take its time.
                (self.unsent > 0).then_some((Wait::Body, timeouts.data_block))
            }
            (Phase::Running, Some(_)) => Some((Wait::Reply, timeouts.command)),
            (Phase::Running, None) => None,
        }
    }

    fn ended(&mut self, rx: &RecvBuf) -> Result<Step<Event>, Error> {
        let quitting = self.flights.front().is_some_and(|flight| flight.kind == Kind::Quit);
        if rx.is_empty() && (quitting || self.phase == Phase::Closing) {
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
            if let Some(event) = self.pending.pop_front() {
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
            if let Some(reply) = self.read_reply(rx)? {
                match self.matched(reply, now, rx)? {
                    Some(step) => return Ok(step),
                    None => continue,
                }
            }
            if rx.ended().is_some() && self.phase != Phase::Upgrading {
                return self.ended(rx);
            }
            let before = tx.len();
            self.send(tx);
            self.send_body(tx)?;
            if tx.len() != self.unsent {
                self.rearm |= self.outgoing.is_some();
            }
            self.unsent = tx.len();
            let waiting = self.waiting();
            if std::mem::take(&mut self.rearm) || waiting.is_none() || self.deadline.is_none() {
                self.deadline = waiting.map(|(_, span)| now + span);
            }
            if let (Some(deadline), Some((wait, _))) = (self.deadline, waiting)
                && deadline <= now
            {
                return Err(Error::Timeout(wait));
            }
            if self.pending.is_empty() && (tx.len() == before || self.queue.is_empty()) {
                return Ok(Step::Read);
            }
        }
    }

    fn deadline(&self) -> Option<Moment> {
        self.deadline
    }

    fn layered(&mut self, layer: Layer) {
        if let Layer::Tls(session) = layer {
            self.tls = Some(session.clone());
            if self.phase == Phase::Upgrading {
                // RFC 3207 section 4.2: "The client MUST discard any knowledge obtained from the server, such
                // as the list of SMTP service extensions, which was not obtained from the TLS negotiation
                // itself."
                self.capabilities = Capabilities::default();
                self.phase = Phase::Running;
                self.rearm = true;
                self.pending.push_back(Event::Secured(session));
            }
        }
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
