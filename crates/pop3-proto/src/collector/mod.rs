//! Collecting mail: opens a session by policy, surveys the maildrop, retrieves and deletes, with a journal of what was
//! stored.

mod download;
mod journal;
mod login;
mod opening;
mod plan;
mod survey;

use std::collections::VecDeque;

use bytes::Bytes;
use sasl_core::Mechanism;
use wire_core::{Layer, Machine, Moment, RecvBuf, SendBuf, Step};

use crate::client::{Client, CommandId, Event as ClientEvent};
use crate::{Capabilities, Error, Misuse, Reply, ResponseCode, Wait};
use survey::Surveying;

pub use download::{Download, DownloadError, Occurrence, Report};
pub use journal::{InvalidJournal, Journal};
pub use opening::{CollectorError, Method, Opening, Stage};
pub use plan::{Left, Plan, Policy};
pub use survey::{Found, Survey};
pub use wire_core::Security;

/// What a [`Collector`] tells its application.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Event {
    /// The session is open: the maildrop is locked.
    Ready,
    /// What is in the maildrop.
    Survey(Survey),
    /// A message that was asked for begins; [`Event::Body`] and [`Event::BodyEnd`] follow.
    #[non_exhaustive]
    Message {
        /// Its number.
        message: u32,
    },
    /// A piece of it.
    Body(Bytes),
    /// It is complete.
    BodyEnd,
    /// The server does not give a message.
    #[non_exhaustive]
    NotRetrieved {
        /// Its number.
        message: u32,
        /// What the server said.
        reply: Reply,
    },
    /// A message is marked as deleted; QUIT removes it.
    #[non_exhaustive]
    Deleted {
        /// Its number.
        message: u32,
    },
    /// The server does not mark a message.
    #[non_exhaustive]
    NotDeleted {
        /// Its number.
        message: u32,
        /// What the server said.
        reply: Reply,
    },
    /// The server answered a NOOP or RSET: it is still there.
    Alive,
    /// The reply to QUIT: if it is negative, marked messages were not removed, or not all of them.
    Goodbye(Reply),
}

/// How many messages are asked for before the first has come, and how large they may be together.
const AHEAD_MESSAGES: usize = 100;
const AHEAD_OCTETS: u64 = 1024 * 1024;
/// The size that is assumed of a message whose size is not known.
const UNKNOWN_OCTETS: u64 = 64 * 1024;

/// A client that collects mail.
///
/// It opens the session as [`Opening`] says (greeting, CAPA, STLS, CAPA, UTF8, LANG, login, CAPA) and gives
/// [`Event::Ready`]. A server without CAPA is taken as it is: STLS, UIDL and TOP are tried. Then [`survey`](Self::survey)
/// and [`Download`], or [`retrieve`](Self::retrieve), [`top`](Self::top) and [`delete`](Self::delete) one by one.
///
/// Nothing is deleted that was not marked, and marks take effect by [`quit`](Self::quit) only: a session that ends in
/// any other way has changed nothing on the server.
///
/// A loop around it is in the [documentation of the crate](crate#a-clients-loop).
pub struct Collector {
    client: Client,
    opening: Opening,
    state: State,
    seed: [u8; 32],
    exchanges: u64,
    tried: Vec<Mechanism>,
    method: Option<Method>,
    /// The server knows CAPA.
    capa: bool,
    surveying: Option<(Surveying, [CommandId; 3])>,
    /// Messages that are to be asked for, with their sizes.
    wanted: VecDeque<(Request, u64)>,
    /// Messages that are asked for, in the order in which they come.
    asked: VecDeque<Asked>,
    asked_octets: u64,
    deleting: VecDeque<(CommandId, u32)>,
    alive: VecDeque<CommandId>,
    quit: Option<CommandId>,
    pending: VecDeque<Event>,
    failed: Option<CollectorError>,
}

#[derive(Clone, Copy, Debug)]
enum Request {
    Whole(u32),
    Top(u32, u64),
}

#[derive(Debug)]
struct Asked {
    id: CommandId,
    message: u32,
    octets: u64,
    abandoned: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Greeting,
    Capabilities,
    StartTls,
    Utf8,
    Language,
    User,
    Login,
    CapabilitiesAgain,
    Ready,
}

impl Collector {
    /// A collector on a new connection. `seed` is 32 octets of good randomness for the nonces of AUTH.
    pub fn new(opening: Opening, seed: [u8; 32], now: Moment) -> Self {
        Self {
            client: Client::new(opening.config.clone(), now),
            opening,
            state: State::Greeting,
            seed,
            exchanges: 0,
            tried: Vec::new(),
            method: None,
            capa: false,
            surveying: None,
            wanted: VecDeque::new(),
            asked: VecDeque::new(),
            asked_octets: 0,
            deleting: VecDeque::new(),
            alive: VecDeque::new(),
            quit: None,
            pending: VecDeque::new(),
            failed: None,
        }
    }

    /// What the server can do.
    pub fn capabilities(&self) -> &Capabilities {
        self.client.capabilities()
    }

    /// The machine below: TLS session, last reply.
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// Whether the session is open.
    pub fn is_ready(&self) -> bool {
        self.state == State::Ready && self.failed.is_none() && !self.client.is_closing()
    }

    /// Looks into the maildrop: STAT, LIST and UIDL. [`Event::Survey`] follows.
    ///
    /// # Errors
    ///
    /// [`Misuse::State`] unless [`is_ready`](Self::is_ready), or while another survey is made.
    pub fn survey(&mut self) -> Result<(), Misuse> {
        if !self.is_ready() || self.surveying.is_some() {
            return Err(Misuse::State);
        }
        let ids = [self.client.stat()?, self.client.list(None)?, self.client.uidl(None)?];
        self.surveying = Some((Surveying::default(), ids));
        Ok(())
    }

    /// Asks for a message, whose size is given if it is known: messages are asked for ahead, but not too much of them.
    /// They come in the order in which they were asked for.
    pub fn retrieve(&mut self, message: u32, octets: Option<u64>) {
        self.wanted.push_back((Request::Whole(message), octets.unwrap_or(UNKNOWN_OCTETS)));
    }

    /// Asks for the header fields of a message and so many lines of its body; it comes as a message does.
    pub fn top(&mut self, message: u32, lines: u64) {
        self.wanted.push_back((Request::Top(message, lines), lines.saturating_mul(80).max(4096)));
    }

    /// Takes back what was asked for: what is on its way is read over unseen.
    pub fn abandon(&mut self) {
        self.wanted.clear();
        for asked in &mut self.asked {
            asked.abandoned = true;
            self.client.abandon(asked.id);
        }
        self.forget_abandoned();
        self.pending.retain(|event| {
            !matches!(
                event,
                Event::Message { .. } | Event::Body(_) | Event::BodyEnd | Event::NotRetrieved { .. }
            )
        });
    }

    /// Marks a message as deleted.
    ///
    /// # Errors
    ///
    /// [`Misuse::State`] unless [`is_ready`](Self::is_ready).
    pub fn delete(&mut self, message: u32) -> Result<(), Misuse> {
        if !self.is_ready() {
            return Err(Misuse::State);
        }
        let id = self.client.dele(message)?;
        self.deleting.push_back((id, message));
        Ok(())
    }

    /// Takes back every mark; [`Event::Alive`] follows.
    ///
    /// # Errors
    ///
    /// [`Misuse::State`] unless [`is_ready`](Self::is_ready).
    pub fn reset(&mut self) -> Result<(), Misuse> {
        if !self.is_ready() {
            return Err(Misuse::State);
        }
        self.alive.push_back(self.client.rset()?);
        Ok(())
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
        self.alive.push_back(self.client.noop()?);
        Ok(())
    }

    /// Ends the session: the server removes what is marked. [`Event::Goodbye`] follows.
    ///
    /// # Errors
    ///
    /// [`Misuse::State`] if it is not open any more.
    pub fn quit(&mut self) -> Result<(), Misuse> {
        self.wanted.clear();
        self.quit = Some(self.client.quit()?);
        Ok(())
    }

    /// Asks for more messages, if few are on their way.
    fn ask_ahead(&mut self) {
        while let Some(&(request, octets)) = self.wanted.front() {
            let enough = self.asked.len() >= AHEAD_MESSAGES
                || !self.asked.is_empty() && self.asked_octets.saturating_add(octets) > AHEAD_OCTETS;
            if enough || !self.is_ready() || self.client.room() == 0 {
                return;
            }
            self.wanted.pop_front();
            let (message, id) = match request {
                Request::Whole(message) => (message, self.client.retr(message)),
                Request::Top(message, lines) => (message, self.client.top(message, lines)),
            };
            let Ok(id) = id else { continue };
            self.asked_octets = self.asked_octets.saturating_add(octets);
            self.asked.push_back(Asked { id, message, octets, abandoned: false });
        }
    }

    fn on_event(&mut self, event: ClientEvent) -> Result<(), CollectorError> {
        match event {
            ClientEvent::Greeting(reply) if reply.is_positive() => self.ask_capabilities(State::Capabilities),
            ClientEvent::Greeting(reply) => {
                return Err(CollectorError::Refused { stage: Stage::Greeting, reply });
            }
            ClientEvent::Secured(_) => self.ask_capabilities(State::Capabilities),
            event if self.state == State::Ready => return self.ready_event(event),
            // The session ends before it was open.
            ClientEvent::Reply(id, reply) if self.quit == Some(id) => {
                self.pending.push_back(Event::Goodbye(reply));
            }
            _ if self.quit.is_some() => {}
            ClientEvent::Reply(_, reply) => return self.opened(reply),
            ClientEvent::End(_) => return self.known(),
            // Lines of CAPA that were too long.
            _ => {}
        }
        Ok(())
    }

    fn ask_capabilities(&mut self, state: State) {
        self.state = state;
        // The command is our own and the queue is empty: it cannot be refused.
        let _ = self.client.capa();
    }

    fn ready(&mut self) {
        self.state = State::Ready;
        self.pending.push_back(Event::Ready);
    }

    fn ready_event(&mut self, event: ClientEvent) -> Result<(), CollectorError> {
        match event {
            ClientEvent::Reply(id, reply) => self.replied(id, reply)?,
            ClientEvent::Body(_, chunk) => self.pending.push_back(Event::Body(chunk)),
            ClientEvent::End(id) => self.ended(id),
            ClientEvent::Stat(_, stat) => {
                if let Some((surveying, _)) = &mut self.surveying {
                    surveying.stat(stat);
                }
            }
            ClientEvent::Scan(_, scan) => {
                if let Some((surveying, _)) = &mut self.surveying {
                    surveying.scan(scan);
                }
            }
            ClientEvent::UniqueId(_, listing) => {
                if let Some((surveying, _)) = &mut self.surveying {
                    surveying.unique_id(&listing);
                }
            }
            ClientEvent::Damaged(..) => {
                if let Some((surveying, _)) = &mut self.surveying {
                    surveying.damaged();
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn replied(&mut self, id: CommandId, reply: Reply) -> Result<(), CollectorError> {
        if let Some((surveying, [stat, list, uidl])) = &mut self.surveying {
            if id == *stat && reply.has_code(&ResponseCode::SYS_TEMP) {
                return Err(CollectorError::Refused { stage: Stage::Survey, reply });
            }
            if id == *list && reply.is_positive() {
                surveying.listed();
            } else if id == *uidl && reply.is_positive() {
                surveying.identified();
            } else if id == *uidl {
                // No unique ids: the survey is complete without.
                self.surveyed();
            }
        }
        if self.asked.front().is_some_and(|asked| asked.id == id) {
            self.asked_replied(reply);
        } else if self.deleting.front().is_some_and(|(deleting, _)| *deleting == id) {
            if let Some((_, message)) = self.deleting.pop_front() {
                self.pending.push_back(match reply.is_positive() {
                    true => Event::Deleted { message },
                    false => Event::NotDeleted { message, reply: reply.detach() },
                });
            }
        } else if self.alive.front() == Some(&id) {
            self.alive.pop_front();
            if reply.is_negative() {
                // No server refuses that which means to go on.
                return Err(CollectorError::Refused { stage: Stage::Session, reply });
            }
            self.pending.push_back(Event::Alive);
        } else if self.quit == Some(id) {
            self.pending.push_back(Event::Goodbye(reply));
        }
        Ok(())
    }

    fn asked_replied(&mut self, reply: Reply) {
        let Some(asked) = self.asked.front() else { return };
        let message = asked.message;
        if reply.is_positive() {
            self.pending.push_back(Event::Message { message });
        } else {
            self.asked_done();
            self.pending.push_back(Event::NotRetrieved { message, reply: reply.detach() });
        }
    }

    fn asked_done(&mut self) {
        if let Some(asked) = self.asked.pop_front() {
            self.asked_octets = self.asked_octets.saturating_sub(asked.octets);
        }
        self.forget_abandoned();
    }

    /// Their replies will not be told.
    fn forget_abandoned(&mut self) {
        while let Some(asked) = self.asked.front().filter(|asked| asked.abandoned) {
            self.asked_octets = self.asked_octets.saturating_sub(asked.octets);
            self.asked.pop_front();
        }
    }

    fn ended(&mut self, id: CommandId) {
        if self.surveying.as_ref().is_some_and(|(_, [_, _, uidl])| *uidl == id) {
            self.surveyed();
        } else if self.asked.front().is_some_and(|asked| asked.id == id) {
            self.asked_done();
            self.pending.push_back(Event::BodyEnd);
        }
    }

    fn surveyed(&mut self) {
        if let Some((surveying, _)) = self.surveying.take() {
            let most = self.opening.config.limits.messages;
            self.pending.push_back(Event::Survey(surveying.finish(most)));
        }
    }

    fn fail(&mut self, error: CollectorError) -> CollectorError {
        self.failed = Some(error.clone());
        error
    }
}

impl Machine for Collector {
    type Event = Event;
    type Error = CollectorError;

    fn step(
        &mut self,
        now: Moment,
        rx: &mut RecvBuf,
        tx: &mut SendBuf,
    ) -> Result<Step<Event>, CollectorError> {
        if let Some(error) = &self.failed {
            return Err(error.clone());
        }
        loop {
            if let Some(event) = self.pending.pop_front() {
                return Ok(Step::Event(event));
            }
            self.ask_ahead();
            match self.client.step(now, rx, tx) {
                Ok(Step::Event(event)) => {
                    if let Err(error) = self.on_event(event) {
                        return Err(self.fail(error));
                    }
                }
                Ok(Step::Close) if !self.asked.is_empty() || self.surveying.is_some() => {
                    return Err(self.fail(Error::Eof(Wait::Reply).into()));
                }
                Ok(step) => return Ok(carry(step)),
                Err(error) => return Err(self.fail(error.into())),
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

/// Everything but an event is the same for both machines.
fn carry(step: Step<ClientEvent>) -> Step<Event> {
    match step {
        Step::StartTls(proof) => Step::StartTls(proof),
        Step::Hold => Step::Hold,
        Step::Read => Step::Read,
        Step::Compress(filter) => Step::Compress(filter),
        _ => Step::Close,
    }
}

impl std::fmt::Debug for Collector {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Collector")
            .field("state", &self.state)
            .field("client", &self.client)
            .finish_non_exhaustive()
    }
}
