//! Waiting for news: by NOTIFY, IDLE, or asking.

use std::time::Duration;

use super::{Change, Event, Outcome, Refused, Session, TaskId, poll_after, task::Kind};
use crate::{
    Capability, Command, Misuse, Uid, UidSet,
    client::{Completion, State},
    command::{FetchAttribute, FetchCommand},
    extensions::notify::{Event as NotifyEvent, EventGroup, MailboxFilter, Notify, NotifyError},
    response::ResponseText,
};

/// How far waiting has come.
#[derive(Debug)]
pub(super) struct Watching {
    stage: Stage,
    /// There are messages whose UIDs are not known.
    arrived: bool,
    ending: bool,
    told: bool,
    /// Whether NOTIFY is in force; `None` before it was tried.
    notified: Option<bool>,
    /// The UIDs that the server has, where it is asked for them.
    uids: Vec<u32>,
    /// How often in a row what was told did not fit the number of messages.
    rounds: u8,
}

impl Watching {
    const fn new() -> Self {
        Self {
            stage: Stage::Begin,
            arrived: false,
            ending: false,
            told: false,
            notified: None,
            uids: Vec::new(),
            rounds: 0,
        }
    }

    pub(super) fn asks_everything(&self) -> bool {
        matches!(self.stage, Stage::Reading | Stage::Comparing)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Begin,
    /// All UIDs and flags are asked for, to know them.
    Reading,
    /// All UIDs and flags are asked for, to be compared with those that are known.
    Comparing,
    /// NOTIFY is asked for.
    Asking,
    /// Nothing is under way: with NOTIFY the server tells by itself.
    Notified,
    Idling,
    /// Until it is time to ask.
    Resting,
    Polling,
    /// The UIDs of what arrived are asked for.
    Fetching,
    /// NOTIFY is taken back.
    Ending,
}

/// When to ask whether all was told since NOTIFY was accepted. Dovecot 2.3 sees that a mailbox has changed by its files' second: what
/// changes in the one in which NOTIFY was accepted is not told until something else changes.
const SETTLED: Duration = Duration::from_secs(2);

/// How often a mailbox is asked about in a row that changes meanwhile.
const ROUNDS: u8 = 20;

impl Session {
    /// Waits for news of the selected mailbox, and tells them as they come: [`Change::New`], [`Change::Flags`], [`Change::Vanished`].
    /// [`Event::Watching`] says that it has begun. It ends when the next call is made, or by [`stop_watching`](Self::stop_watching).
    ///
    /// If the server has NOTIFY it tells by itself, with IDLE it is waited for, and else it is asked every so often
    /// ([`Profile::poll_seconds`](super::Profile)). Unless [`resync`](Self::resync) came before, UIDs and flags of all messages are read
    /// first, so that news can be told by UID.
    ///
    /// # Errors
    ///
    /// [`Misuse::State`] unless a mailbox is selected.
    pub fn watch(&mut self) -> Result<TaskId, Misuse> {
        if self.client.state() != State::Selected && self.tasks.is_empty() {
            return Err(Misuse::State);
        }
        self.call(Kind::Watch(Watching::new()))
    }

    pub(super) fn watching(&self) -> bool {
        matches!(self.tasks.front().map(|task| &task.kind), Some(Kind::Watch(_)))
    }

    fn watch_state(&mut self) -> Option<&mut Watching> {
        match self.tasks.front_mut().map(|task| &mut task.kind) {
            Some(Kind::Watch(watching)) => Some(watching),
            _ => None,
        }
    }

    /// Ends [`watch`](Self::watch); [`Event::Done`] follows. Harmless if there is none.
    pub fn stop_watching(&mut self) {
        let begun = self.tasks.front().is_some_and(|task| task.begun);
        let Some(watching) = self.watch_state() else { return };
        watching.ending = true;
        let stage = watching.stage;
        if !begun {
            return self.finish(Ok(Outcome::Completed(ResponseText::new(None, ""))));
        }
        match stage {
            Stage::Idling => self.client.done(),
            Stage::Resting | Stage::Notified if self.command.is_none() => self.end_watch(),
            // The command under way ends first.
            _ => {}
        }
    }

    pub(super) fn advance_watch(&mut self, completion: Option<Completion>) {
        let exists = self.view.exists();
        let knows = self.ledger.is_some();
        let known = self.ledger.as_ref().map_or(0, super::Ledger::len);
        let is_selected = self.client.state() == State::Selected;
        let refused = completion.map(Refused::or_ok);
        let Some(watching) = self.watch_state() else { return };
        let ending = watching.ending;
        match watching.stage {
            // What was to select it failed.
            Stage::Begin if !is_selected => self.finish(Err(Refused::of_misuse(Misuse::State))),
            Stage::Begin if !knows && exists > 0 => {
                watching.stage = Stage::Reading;
                self.begin_reading();
            }
            Stage::Begin => {
                // Some arrived while nobody watched.
                watching.arrived = knows && known < exists as usize;
                if !knows {
                    self.begin_reading_nothing();
                }
                self.wait_for_news();
            }
            Stage::Reading | Stage::Comparing | Stage::Fetching | Stage::Polling | Stage::Idling => {
                if let Some(Err(refused)) = refused {
                    return self.finish(Err(refused));
                }
                match watching.stage {
                    Stage::Reading => self.fill_ledger(),
                    Stage::Comparing => self.compared(),
                    _ => {}
                }
                if ending { self.end_watch() } else { self.wait_for_news() }
            }
            Stage::Asking => {
                // What was offered and is refused is done in the old way.
                watching.notified = Some(matches!(refused, Some(Ok(()))));
                if ending { self.end_watch() } else { self.wait_for_news() }
            }
            Stage::Ending => self.finish(Ok(Outcome::Completed(ResponseText::new(None, "")))),
            Stage::Notified | Stage::Resting => {}
        }
    }

    /// Reads all UIDs and flags, quietly: nothing of it is news.
    fn begin_reading(&mut self) {
        self.begin_reading_nothing();
        self.asks_now();
        self.issue(Command::Fetch(FetchCommand::new(
            UidSet::all(),
            [FetchAttribute::Uid, FetchAttribute::Flags],
        )));
    }

    fn begin_reading_nothing(&mut self) {
        self.ledger = Some(super::Ledger::default());
    }

    /// Whether messages are read before anything of them is news.
    pub(super) fn is_reading(&self) -> bool {
        matches!(self.tasks.front().map(|task| &task.kind), Some(Kind::Watch(watching)) if watching.stage == Stage::Reading)
    }

    /// Whether what is told of messages may be of new ones.
    pub(super) fn catches_up(&self) -> bool {
        match self.tasks.front().map(|task| &task.kind) {
            Some(Kind::Watch(watching)) => !matches!(watching.stage, Stage::Begin | Stage::Reading),
            _ => false,
        }
    }

    fn wait_for_news(&mut self) {
        if self.catch_up() {
            return;
        }
        let has_notify = self.has(&Capability::NOTIFY);
        let idle = self.opening.config.timeouts.idle;
        let now = self.now;
        let Some(watching) = self.watch_state() else { return };
        match watching.notified {
            Some(true) => {
                // Servers leave clients that say nothing for half an hour.
                let first = watching.stage == Stage::Asking;
                watching.stage = Stage::Notified;
                self.poll = Some(now + if first { SETTLED.min(idle) } else { idle });
                self.told_watching();
            }
            None if has_notify => {
                watching.stage = Stage::Asking;
                match selected_mailbox() {
                    Ok(notify) => self.issue(Command::Notify(notify)),
                    Err(_) => self.idle_or_poll(),
                }
            }
            _ => self.idle_or_poll(),
        }
    }

    /// Whether something has to be asked before news can be waited for: what the server counts is not what is known.
    fn catch_up(&mut self) -> bool {
        let exists = self.view.exists() as usize;
        let Some(known) = self.ledger.as_ref().map(super::Ledger::len) else { return false };
        let (unsure, counted) = (self.unsure, known + self.ghosts);
        let Some(watching) = self.watch_state() else { return false };
        let arrived = std::mem::take(&mut watching.arrived);
        // What arrived was asked for, and some of it is still not known: it was not behind all that is.
        let is_missing = counted < exists && watching.stage == Stage::Fetching && !arrived;
        let asks = arrived || unsure || counted != exists;
        watching.rounds = if asks { watching.rounds + 1 } else { 0 };
        if !asks || watching.rounds > ROUNDS {
            watching.rounds = 0;
            if known == exists && !self.view.is_complete() {
                self.fill_view();
            }
            return false;
        }
        if unsure || counted > exists || is_missing {
            self.compare()
        } else {
            self.fetch_news()
        }
        true
    }

    /// Asks for everything, to see what changed.
    fn compare(&mut self) {
        self.asks_now();
        self.poll = None;
        let Some(watching) = self.watch_state() else { return };
        watching.stage = Stage::Comparing;
        watching.arrived = false;
        watching.uids.clear();
        let attributes = [FetchAttribute::Uid, FetchAttribute::Flags];
        self.issue(Command::Fetch(FetchCommand::new(UidSet::all(), attributes)));
    }

    /// A message while everything is compared.
    pub(super) fn note_compared(&mut self, uid: Uid) {
        if let Some(watching) = self.watch_state()
            && watching.stage == Stage::Comparing
        {
            watching.uids.push(uid.get());
        }
    }

    fn compared(&mut self) {
        let Some(watching) = self.watch_state() else { return };
        let mut uids = std::mem::take(&mut watching.uids);
        uids.sort_unstable();
        uids.dedup();
        self.forget_all_but(&uids);
        self.counted();
        self.fill_view();
    }

    /// What was read before waiting began.
    fn fill_ledger(&mut self) {
        let Some(ledger) = &mut self.ledger else { return };
        for number in 1..=self.view.exists() {
            let Some(seq) = crate::Seq::new(number) else { continue };
            let Some(uid) = self.view.uid(seq) else { continue };
            ledger.set(uid, self.view.flags(seq).map_or(0, |flags| super::cursor::digest(&flags)));
        }
        self.counted();
    }

    fn idle_or_poll(&mut self) {
        if self.has(&Capability::IDLE)
            && let Ok(id) = self.client.idle()
        {
            self.command = Some(id);
            if let Some(watching) = self.watch_state() {
                watching.stage = Stage::Idling;
            }
            return;
        }
        self.poll = Some(self.now + poll_after(&self.opening.profile));
        if let Some(watching) = self.watch_state() {
            watching.stage = Stage::Resting;
        }
        self.told_watching();
    }

    fn fetch_news(&mut self) {
        let Some(first) = self.ledger.as_ref().and_then(super::Ledger::next).or(Uid::new(1)) else { return };
        if let Some(watching) = self.watch_state() {
            watching.stage = Stage::Fetching;
        }
        // RFC 4549 section 4.3.1: the set has the last message in it even if none is new
        let set = UidSet::from_first(first);
        self.issue(Command::Fetch(FetchCommand::new(set, [FetchAttribute::Uid, FetchAttribute::Flags])));
    }

    fn told_watching(&mut self) {
        let id = self.current();
        if let Some(watching) = self.watch_state()
            && !std::mem::replace(&mut watching.told, true)
            && let Some(id) = id
        {
            self.pending.push_back(Event::Watching(id));
        }
    }

    pub(super) fn idling(&mut self) {
        self.told_watching();
        let unsure = self.unsure;
        if self.watch_state().is_some_and(|watching| unsure || watching.arrived || watching.ending) {
            self.client.done();
        }
    }

    fn end_watch(&mut self) {
        self.poll = None;
        let Some(watching) = self.watch_state() else { return };
        if watching.notified == Some(true) && watching.stage != Stage::Ending {
            watching.stage = Stage::Ending;
            return self.issue(Command::Notify(Notify::None));
        }
        self.finish(Ok(Outcome::Completed(ResponseText::new(None, ""))));
    }

    /// There are more messages.
    pub(super) fn arrived(&mut self, count: u32) {
        if self.is_selecting() {
            return;
        }
        let Some(watching) = self.watch_state() else {
            // Somebody looks for them when it is their turn.
            self.pending.push_back(Event::Change(Change::Arrived(count)));
            return;
        };
        watching.arrived = true;
        self.disturbed();
    }

    /// Something has to be asked, if news are being waited for.
    pub(super) fn disturbed(&mut self) {
        let is_free = self.command.is_none();
        match self.watch_state().map(|watching| watching.stage) {
            Some(Stage::Idling) => self.client.done(),
            Some(Stage::Notified | Stage::Resting) if is_free => {
                self.poll = None;
                self.catch_up();
            }
            _ => {}
        }
    }

    /// RFC 5465 section 5.8: the server "MUST [...] behave as if a NOTIFY NONE command had just been received"; what it did not tell has to
    /// be found out, and then the old way is taken.
    pub(super) fn notify_overflows(&mut self) {
        if let Some(watching) = self.watch_state()
            && watching.notified == Some(true)
        {
            watching.notified = Some(false);
            self.unsure = true;
            self.disturbed();
        }
    }

    /// It may be time to ask.
    pub(super) fn poll_for_news(&mut self) {
        if self.poll.is_some_and(|at| at <= self.now) {
            self.poll = None;
            if let Some(watching) = self.watch_state() {
                watching.stage = Stage::Polling;
                self.issue(Command::Noop);
            }
        }
    }
}

/// Everything that changes messages of the selected mailbox.
fn selected_mailbox() -> Result<Notify, NotifyError> {
    let attributes = vec![FetchAttribute::Uid, FetchAttribute::Flags];
    let events = [NotifyEvent::MessageNew(attributes), NotifyEvent::MessageExpunge, NotifyEvent::FlagChange];
    Notify::set(false, [EventGroup::new(MailboxFilter::Selected, events)?])
}
