//! Sessions: opened by policy, with calls that do what is meant whatever the server has.
//!
//! A [`Session`] stands on [`Client`]: it logs in, enables, keeps the [`View`] of the selected mailbox, tells answers from news, and
//! falls back where a server cannot do something. Both adapters are thin over it.

mod answer;
mod cursor;
mod download;
mod login;
mod message;
mod news;
mod opening;
mod parts;
mod profile;
mod select;
mod task;
mod uids;
mod upload;
mod watch;

use std::collections::VecDeque;
use std::num::NonZeroU32;
use std::time::Duration;

use bytes::Bytes;
use sasl_core::Mechanism;
use wire_core::{Layer, Machine, Moment, RecvBuf, SendBuf, Step as Driven};

use crate::{
    Capabilities, Capability, Command, Flags, Misuse, ModSeq, Seq, Uid, UidSet, Untagged,
    client::{Change as ViewChange, Client, CommandId, Event as ClientEvent, State, View},
    response::{Damaged, Fetch, FetchItem, ResponseText, Streamed},
};
use cursor::Ledger;
use login::Step;
use task::{Kind, Task};

pub use answer::{Answer, Listed};
pub use cursor::Cursor;
pub use opening::{Advice, Method, Opening, Refused, SessionError, Stage};
pub use profile::Profile;
pub use select::Selected;
pub use task::{ListRequest, Outcome};
pub use uids::Uids;
pub use upload::AppendOptions;

/// Which call something belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TaskId(NonZeroU32);

/// What a [`Session`] tells its application.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Event {
    /// The session is open.
    Ready,
    /// Data that the server gives while a call is under way, and that is no news of the mailbox: names of mailboxes, their status,
    /// quotas, rights. Search results are in the [`Outcome`].
    Data(TaskId, Untagged),
    /// A message that was asked for, whole.
    Message(TaskId, Message),
    /// A message that was asked for and has a part that comes in pieces: what is known of it so far.
    MessageBegin(TaskId, Message),
    /// A part of it begins: so many octets follow in [`BodyChunk`](Self::BodyChunk)s.
    BodyBegin {
        /// What it is.
        item: Streamed,
        /// Its length, in octets.
        octets: u64,
    },
    /// A piece of the part.
    BodyChunk(Bytes),
    /// The part is complete.
    BodyEnd,
    /// More of the message.
    MessageItems(Vec<FetchItem>),
    /// The message is complete.
    MessageEnd,
    /// A response that makes no sense; nothing else is affected. If a message of those that were asked for is in it, its number or UID is
    /// told.
    Damaged(Damaged),
    /// News of the selected mailbox.
    Change(Change),
    /// What people should be told: ALERT (RFC 9051 section 7.1).
    Notice(ResponseText),
    /// The message that [`Session::append`] stores is wanted: so many octets, by [`Session::literal`].
    LiteralWanted {
        /// Of which call.
        id: TaskId,
        /// How many octets.
        octets: u64,
    },
    /// The part that [`Session::download`] asked for: it follows in [`BodyChunk`](Self::BodyChunk)s, if it is not empty.
    Download {
        /// Of which call.
        id: TaskId,
        /// The value of the field that says how the octets are encoded (RFC 2045 section 6.1); `None` if they are not.
        encoding: Option<Bytes>,
        /// How many octets there are, encoded.
        octets: u64,
    },
    /// Another mailbox is being selected: every [`Change`](Self::Change) so far was about the one before.
    Selecting(TaskId),
    /// [`Session::watch`] has begun: whatever changes from here on is told.
    Watching(TaskId),
    /// A call is over.
    Done(TaskId, Result<Outcome, Refused>),
    /// The server is about to close.
    Bye(ResponseText),
}

/// A message, as far as it was asked for.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Message {
    /// Its UID, if the server told it or it was known.
    pub uid: Option<Uid>,
    /// Its number at this moment; `None` under UIDONLY.
    pub seq: Option<Seq>,
    /// What was asked for, as the server gave it; damaged items too.
    pub fetch: Fetch,
}

/// News of the selected mailbox.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Change {
    /// There are more messages: so many.
    Arrived(u32),
    /// A message that was not known: it is new. Told by [`Session::watch`] and [`Session::resync`].
    New {
        /// Its UID.
        uid: Uid,
        /// Its flags.
        flags: Option<Flags>,
    },
    /// The flags of a message are others.
    Flags {
        /// Its UID, if it is known.
        uid: Option<Uid>,
        /// The flags.
        flags: Option<Flags>,
        /// When they changed.
        modseq: Option<ModSeq>,
    },
    /// Messages are gone.
    Vanished(UidSet),
    /// A message is gone whose UID is not known.
    Expunged(Seq),
    /// UIDs do not mean what they meant: everything that is kept of this mailbox is worthless (RFC 9051 section 2.3.1.1).
    Reset,
    /// The server contradicts itself: the mailbox has to be selected again.
    Lost,
}

impl Change {
    /// A copy that keeps no read buffer alive.
    pub fn detach(&self) -> Self {
        let copy = |flags: &Option<Flags>| flags.as_ref().map(Flags::detach);
        match self {
            Self::New { uid, flags } => Self::New { uid: *uid, flags: copy(flags) },
            Self::Flags { uid, flags, modseq } => {
                Self::Flags { uid: *uid, flags: copy(flags), modseq: *modseq }
            }
            other => other.clone(),
        }
    }
}

/// A session: opened as [`Opening`] says, then one call after the other.
///
/// Calls queue and are carried out in their order; each ends with [`Event::Done`]. What the session does by itself between calls is
/// nothing.
///
/// A loop around it is in the [documentation of the crate](crate#a-clients-loop).
pub struct Session {
    client: Client,
    opening: Opening,
    step: Step,
    seed: [u8; 32],
    exchanges: u64,
    tried: Vec<Mechanism>,
    method: Option<Method>,
    tasks: VecDeque<Task>,
    /// The command of the task under way.
    command: Option<CommandId>,
    selected: Option<Selected>,
    view: View,
    ledger: Option<Ledger>,
    /// A message that comes in pieces is told to the application.
    telling: bool,
    /// A message that comes in pieces: its number, or UID.
    streamed: Option<(u32, bool)>,
    /// The ledger may be wrong: something happened to messages that nobody can name.
    unsure: bool,
    /// Messages that the server counts and does not tell of: they are gone already.
    ghosts: usize,
    /// How often messages came or went, and how often they had when everything was last asked for.
    moves: u64,
    asked_at: u64,
    pending: VecDeque<Event>,
    failed: Option<SessionError>,
    last_id: u32,
    /// When to ask for news.
    poll: Option<Moment>,
    now: Moment,
}

impl Session {
    /// A session on a new connection. `seed` is 32 octets of good randomness: for tags, and for the nonces of logins.
    pub fn new(opening: Opening, seed: [u8; 32], now: Moment) -> Self {
        let view = View::new(opening.config.limits.view);
        Self {
            client: Client::new(opening.config.clone(), seed, now),
            opening,
            step: Step::Greeting,
            seed,
            exchanges: 0,
            tried: Vec::new(),
            method: None,
            tasks: VecDeque::new(),
            command: None,
            selected: None,
            view,
            ledger: None,
            telling: false,
            streamed: None,
            unsure: false,
            ghosts: 0,
            moves: 0,
            asked_at: 0,
            pending: VecDeque::new(),
            failed: None,
            last_id: 0,
            poll: None,
            now,
        }
    }

    /// Whether the session is open.
    pub fn is_ready(&self) -> bool {
        self.step == Step::Open && self.failed.is_none() && !self.client.is_closing()
    }

    /// What the server can do; nothing, if it has not said so.
    pub fn capabilities(&self) -> &Capabilities {
        static NONE: Capabilities = Capabilities::new();
        self.client.capabilities().unwrap_or(&NONE)
    }

    /// Whether the server offers something.
    pub fn has(&self, capability: &Capability) -> bool {
        self.client.has(capability)
    }

    /// The machine below: TLS session, dialect, what was enabled.
    pub const fn client(&self) -> &Client {
        &self.client
    }

    /// The mailbox that is selected, as it was when it was.
    pub fn selected(&self) -> Option<&Selected> {
        self.selected.as_ref().filter(|_| self.client.state() == State::Selected)
    }

    /// What is known of the messages of the selected mailbox.
    pub const fn view(&self) -> &View {
        &self.view
    }

    /// Ends the session; the server says BYE, and the connection closes.
    ///
    /// # Errors
    ///
    /// [`Misuse::State`] if it has ended already.
    pub fn logout(&mut self) -> Result<TaskId, Misuse> {
        self.call(Kind::command(Command::Logout))
    }

    /// Closes the connection without another word.
    pub fn give_up(&mut self) {
        self.client.give_up();
    }

    /// Gives octets of the message that [`Event::LiteralWanted`] asked for.
    ///
    /// # Errors
    ///
    /// As [`Client::literal`].
    pub fn literal(&mut self, octets: Bytes) -> Result<(), Misuse> {
        self.client.literal(octets)
    }

    /// Octets of the message that are wanted still.
    pub fn literal_left(&self) -> Option<u64> {
        self.client.literal_left()
    }

    /// How many octets can be given before they would only wait.
    pub fn literal_capacity(&self) -> usize {
        self.client.literal_capacity()
    }

    /// The rest of the message cannot be given: the connection closes, so that nothing is stored cut.
    pub fn abort_literal(&mut self) {
        self.client.abort_literal();
    }

    /// Nobody wants the result of a call any more: what is queued is taken back, what is under way is read over unseen. If octets of a
    /// message are wanted the connection closes, so that nothing is stored cut.
    pub fn abandon(&mut self, id: TaskId) {
        let is_front = self.tasks.front().is_some_and(|task| task.id == id && task.begun);
        if is_front {
            self.tasks.retain(|task| task.id != id || task.begun);
            if let Some(task) = self.tasks.front_mut() {
                (task.abandoned, task.more) = (true, false);
            }
            if self.watching() {
                self.stop_watching();
            } else if self.client.literal_left().is_some() {
                // Nobody gives the rest of it.
                self.client.abort_literal();
            }
            // Its command goes on, without anybody: its end is needed, so it is not abandoned below.
        } else {
            self.tasks.retain(|task| task.id != id);
        }
        self.pending.retain(|event| match event {
            Event::Data(one, _)
            | Event::Message(one, _)
            | Event::MessageBegin(one, _)
            | Event::Download { id: one, .. }
            | Event::Done(one, _) => *one != id,
            Event::BodyBegin { .. }
            | Event::BodyChunk(_)
            | Event::BodyEnd
            | Event::MessageItems(_)
            | Event::MessageEnd => !is_front,
            _ => true,
        });
        if is_front {
            self.telling = false;
        }
    }

    fn call(&mut self, kind: Kind) -> Result<TaskId, Misuse> {
        if !self.is_ready() {
            return Err(Misuse::State);
        }
        if self.tasks.len() >= 10_000 {
            return Err(Misuse::QueueFull);
        }
        if self.watching() {
            self.stop_watching();
        }
        self.last_id = self.last_id.checked_add(1).unwrap_or(1);
        let id = TaskId(NonZeroU32::new(self.last_id).unwrap_or(NonZeroU32::MIN));
        self.tasks.push_back(Task::new(id, kind));
        Ok(id)
    }

    /// Begins the task whose turn it is.
    fn go_on(&mut self) {
        while self.command.is_none()
            && self.is_ready()
            && let Some(task) = self.tasks.front_mut()
            && !task.begun
        {
            task.begun = true;
            self.advance(None);
        }
    }

    /// A task is over.
    fn finish(&mut self, result: Result<Outcome, Refused>) {
        self.telling = false;
        let Some(mut task) = self.tasks.pop_front() else { return };
        let Some(result) = self.part_over(&mut task, result) else { return };
        if !task.abandoned {
            self.pending.push_back(Event::Done(task.id, result));
        }
    }

    /// Queues a command of the task under way.
    fn issue(&mut self, command: Command) {
        match self.client.command(command) {
            Ok(id) => self.command = Some(id),
            // The task is told as the caller's fault would be told; nothing was sent.
            Err(misuse) => self.finish(Err(Refused::of_misuse(misuse))),
        }
    }

    fn current(&self) -> Option<TaskId> {
        self.tasks.front().filter(|task| task.begun && !task.abandoned).map(|task| task.id)
    }

    fn open_event(&mut self, event: ClientEvent) {
        match event {
            ClientEvent::Done(id, completion) if self.command == Some(id) => {
                self.command = None;
                self.advance(Some(completion));
            }
            ClientEvent::LiteralWanted { octets, .. } => match self.current() {
                Some(id) => self.pending.push_back(Event::LiteralWanted { id, octets }),
                // Nobody gives it any more.
                None => self.client.abort_literal(),
            },
            ClientEvent::Untagged(untagged) => self.untagged(untagged),
            ClientEvent::FetchBegin { number, by_uid, items } => self.message_begins(number, by_uid, items),
            ClientEvent::BodyBegin { item, octets } if self.is_downloading() => {
                self.telling = self.telling && self.download_begins(&item, octets);
            }
            ClientEvent::BodyBegin { item, octets } if self.telling => {
                self.pending.push_back(Event::BodyBegin { item, octets });
            }
            ClientEvent::BodyChunk(chunk) if self.telling => self.pending.push_back(Event::BodyChunk(chunk)),
            ClientEvent::BodyEnd if self.telling => self.pending.push_back(Event::BodyEnd),
            ClientEvent::FetchItems(items) => {
                self.note_items(&items);
                if self.telling {
                    self.pending.push_back(Event::MessageItems(items));
                }
            }
            ClientEvent::FetchEnd if self.telling => {
                self.telling = false;
                self.pending.push_back(Event::MessageEnd);
            }
            ClientEvent::Idling(_) => self.idling(),
            event => self.other(event),
        }
    }

    /// What is told in any state.
    fn other(&mut self, event: ClientEvent) {
        if let ClientEvent::Untagged(Untagged::Status(_, text)) = event
            && let Some(notice) = Self::notice(&text)
        {
            self.pending.push_back(Event::Notice(notice));
        }
    }

    fn untagged(&mut self, untagged: Untagged) {
        if let Untagged::Status(_, text) = &untagged {
            self.note_code(text);
            self.note_moved(text);
            if let Some(notice) = Self::notice(text) {
                self.pending.push_back(Event::Notice(notice));
            }
        }
        self.note_selected(&untagged);
        if self.is_of_before(&untagged) {
            return;
        }
        let is_selected = self.client.state() == State::Selected || self.is_selecting();
        let change = if is_selected { self.view.apply(&untagged) } else { None };
        match untagged {
            Untagged::Bye(text) => self.pending.push_back(Event::Bye(text)),
            Untagged::Damaged(damaged) => {
                self.note_damaged(&damaged);
                self.pending.push_back(Event::Damaged(damaged));
            }
            Untagged::Fetch(fetch) => self.fetched(fetch, change),
            Untagged::Exists(_) | Untagged::Expunge(_) | Untagged::Vanished(_) | Untagged::Recent(_) => {
                if let Some(change) = change {
                    self.changed(change);
                }
            }
            Untagged::Status(..) | Untagged::Capability(_) | Untagged::Enabled(_) | Untagged::Preauth(_) => {}
            Untagged::Flags(_) if self.is_selecting() => {}
            Untagged::Search(_) | Untagged::Esearch(_) | Untagged::Sort(_) if self.collects_numbers() => {
                self.collect_numbers(untagged);
            }
            untagged => {
                if self.collects(&untagged) {
                    return self.collect(untagged);
                }
                if let Some(id) = self.current() {
                    self.pending.push_back(Event::Data(id, untagged));
                }
            }
        }
    }

    /// A message begins that comes in pieces.
    fn message_begins(&mut self, number: u32, by_uid: bool, items: Vec<FetchItem>) {
        let fetch = Fetch { number, by_uid, items: items.into() };
        let message = self.streams(fetch);
        if let Some(id) = self.current()
            && self.is_wanted(&message, true)
        {
            self.telling = true;
            self.pending.push_back(Event::MessageBegin(id, message));
        } else {
            // What of it is the part that is downloaded is seen when it begins.
            self.telling = self.current().is_some() && self.is_downloaded(message.uid);
        }
    }

    fn message(&self, fetch: Fetch) -> Message {
        let seq = if fetch.by_uid { None } else { Seq::new(fetch.number) };
        let uid = fetch.uid().or_else(|| self.view.uid(seq?));
        Message { uid, seq, fetch }
    }

    fn fetched(&mut self, fetch: Fetch, change: Option<ViewChange>) {
        let message = self.message(fetch);
        if self.downloads(&message) {
            return;
        }
        if let Some(id) = self.current()
            && self.is_wanted(&message, false)
        {
            self.note_wanted(&message);
            self.pending.push_back(Event::Message(id, message));
            if let Some(change @ ViewChange::Lost) = change {
                self.changed(change);
            }
            return;
        }
        if self.compares(&message) {
            return;
        }
        if let Some(change) = change {
            self.changed(change);
        }
    }

    fn fail<T>(&mut self, error: SessionError) -> Result<T, SessionError> {
        self.failed = Some(error.clone());
        Err(error)
    }

    fn drive(
        &mut self,
        now: Moment,
        rx: &mut RecvBuf,
        tx: &mut SendBuf,
    ) -> Result<Driven<Event>, SessionError> {
        self.now = now;
        loop {
            if let Some(event) = self.pending.pop_front() {
                return Ok(Driven::Event(event));
            }
            self.go_on();
            self.poll_for_news();
            if !self.pending.is_empty() {
                continue;
            }
            let step = self.client.step(now, rx, tx)?;
            let event = match step {
                Driven::Event(event) => event,
                Driven::Read => return Ok(Driven::Read),
                Driven::Hold => return Ok(Driven::Hold),
                Driven::StartTls(proof) => return Ok(Driven::StartTls(proof)),
                Driven::Compress(filter) => return Ok(Driven::Compress(filter)),
                Driven::Close => return Ok(Driven::Close),
                _ => return Ok(Driven::Read),
            };
            if self.step == Step::Open {
                self.open_event(event);
            } else {
                self.opening_event(event)?;
            }
        }
    }
}

impl Machine for Session {
    type Event = Event;
    type Error = SessionError;

    fn step(
        &mut self,
        now: Moment,
        rx: &mut RecvBuf,
        tx: &mut SendBuf,
    ) -> Result<Driven<Event>, SessionError> {
        if let Some(error) = &self.failed {
            return Err(error.clone());
        }
        match self.drive(now, rx, tx) {
            Err(error) => self.fail(error),
            step => step,
        }
    }

    fn deadline(&self) -> Option<Moment> {
        match (self.client.deadline(), self.poll) {
            (Some(one), Some(other)) => Some(one.min(other)),
            (one, other) => one.or(other),
        }
    }

    fn layered(&mut self, layer: Layer) {
        self.client.layered(layer);
    }
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session")
            .field("step", &self.step)
            .field("client", &self.client)
            .field("tasks", &self.tasks.len())
            .finish_non_exhaustive()
    }
}

/// How long a server is left in peace between two questions for news.
fn poll_after(profile: &Profile) -> Duration {
    Duration::from_secs(u64::from(profile.poll_seconds.max(1)))
}

/// The text of a completion of ours: nothing was sent.
impl Refused {
    fn of_misuse(misuse: Misuse) -> Self {
        let text = ResponseText::new(None, &misuse.to_string());
        Self { text: Box::new(text), is_bad: false, misuse: Some(misuse) }
    }
}

#[cfg(test)]
mod tests;
