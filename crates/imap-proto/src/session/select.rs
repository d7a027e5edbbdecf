//! Selecting a mailbox, and finding out what changed since it was last looked at.

use super::{Change, Cursor, Event, Ledger, Message, Outcome, Refused, Session, cursor::digest, task::Kind};
use crate::{
    Capability, Command, Flags, MailboxName, ModSeq, Uid, UidSet, UidValidity, Untagged,
    client::{Completion, View},
    command::{FetchAttribute, FetchCommand, QResync, Select},
    response::{Code, ResponseText},
    search::{SearchCommand, SearchKey, SearchReturn, SearchTerm},
};

/// A mailbox, as the server describes it when it is selected.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Selected {
    /// Its name.
    pub mailbox: Option<MailboxName>,
    /// Whether nothing can be changed.
    pub read_only: bool,
    /// How many messages there were.
    pub exists: u32,
    /// What UIDs are valid for. `None` if the server has none: then nothing may be remembered by UID.
    pub uid_validity: Option<UidValidity>,
    /// The UID that the next message will have at least.
    pub uid_next: Option<Uid>,
    /// The mod-sequence of the last change; `None` if the mailbox does not know any.
    pub highest_modseq: Option<ModSeq>,
    /// The flags that are in use.
    pub flags: Flags,
    /// Those that can be changed for good.
    pub permanent_flags: Option<Flags>,
    /// Whether UIDs are others next time (RFC 4315 section 2).
    pub uids_not_sticky: bool,
    /// What the mailbox is known by whatever it is called (RFC 8474 section 4).
    pub mailbox_id: Option<String>,
}

/// How far selecting has come.
#[derive(Debug)]
pub(super) struct Selecting {
    pub(super) mailbox: MailboxName,
    pub(super) read_only: bool,
    /// What was known, if that is to be compared.
    pub(super) cursor: Option<Cursor>,
    stage: Stage,
    /// The UIDs that the server has, where it is asked for them.
    uids: Vec<u32>,
    /// How many messages there were when it was asked.
    asked_of: u32,
    /// A message makes no sense, and nobody knows which.
    unnamed: bool,
    /// The server has said how many messages are in this mailbox: what it says before is about another.
    counted: bool,
    /// Messages came, went or changed since: the rest of what it says of the mailbox may be of before.
    moved: bool,
    /// How often what was told did not fit the number of messages.
    rounds: u8,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Begin,
    /// SELECT, with what QRESYNC wants.
    Resynchronizing,
    /// SELECT.
    Selecting,
    /// FETCH of what changed since.
    Changes,
    /// SEARCH of what is there.
    Presence,
    /// FETCH of all flags.
    Everything,
    /// FETCH of what arrived meanwhile.
    Arrived,
}

/// How often a mailbox is looked at anew that changes while it is looked at.
const ROUNDS: u8 = 5;

impl Selecting {
    pub(super) fn new(mailbox: MailboxName, read_only: bool, cursor: Option<Cursor>) -> Self {
        Self {
            mailbox,
            read_only,
            cursor,
            stage: Stage::Begin,
            uids: Vec::new(),
            asked_of: 0,
            unnamed: false,
            counted: false,
            moved: false,
            rounds: 0,
        }
    }
}

impl Selecting {
    /// A message makes no sense, but it is there.
    pub(super) fn note_damaged(&mut self, uid: Option<Uid>) {
        if self.stage == Stage::Everything {
            self.uids.extend(uid.map(Uid::get));
            self.unnamed |= uid.is_none();
        }
    }

    /// The UIDs that were told, ascending.
    fn told(&mut self) -> Vec<u32> {
        let mut uids = std::mem::take(&mut self.uids);
        uids.sort_unstable();
        uids.dedup();
        uids
    }
}

impl Session {
    /// Selects a mailbox, for reading only if `read_only`. [`Outcome::Selected`] follows; whatever was selected before is not any
    /// more, whether that succeeds or not.
    ///
    /// # Errors
    ///
    /// [`Misuse::State`](crate::Misuse::State) unless [`is_ready`](Self::is_ready).
    pub fn select(&mut self, mailbox: MailboxName, read_only: bool) -> Result<super::TaskId, crate::Misuse> {
        self.call(Kind::Select(Box::new(Selecting::new(mailbox, read_only, None))))
    }

    /// Selects a mailbox and tells what changed since a cursor was taken: [`Change::New`], [`Change::Flags`] and [`Change::Vanished`];
    /// [`Change::Reset`] and then everything as new if UIDs are valid no more. The default cursor knows nothing: all is new.
    ///
    /// With QRESYNC the server says so at once; with CONDSTORE it is asked for what changed, and for the UIDs there are; else for
    /// all UIDs and flags, and these are compared. Afterwards [`cursor`](Self::cursor) gives a new cursor.
    ///
    /// # Errors
    ///
    /// [`Misuse::State`](crate::Misuse::State) unless [`is_ready`](Self::is_ready).
    pub fn resync(&mut self, mailbox: MailboxName, cursor: Cursor) -> Result<super::TaskId, crate::Misuse> {
        self.call(Kind::Select(Box::new(Selecting::new(mailbox, false, Some(cursor)))))
    }

    /// What is known of the selected mailbox now, to be given to [`resync`](Self::resync) some day. `None` before that was done in this
    /// session, if the server contradicted itself, or if its UIDs cannot be kept.
    pub fn cursor(&self) -> Option<Cursor> {
        let selected = self.selected().filter(|selected| !selected.uids_not_sticky)?;
        let ledger = self.ledger.clone()?;
        Some(Cursor {
            uid_validity: Some(selected.uid_validity?),
            uid_next: selected.uid_next,
            modseq: selected.highest_modseq,
            ledger,
        })
    }

    pub(super) fn is_selecting(&self) -> bool {
        matches!(self.tasks.front(), Some(task) if task.begun && matches!(task.kind, Kind::Select(_)))
    }

    fn selecting(&mut self) -> Option<&mut Selecting> {
        match self.tasks.front_mut() {
            Some(task) if task.begun => match &mut task.kind {
                Kind::Select(selecting) => Some(selecting),
                _ => None,
            },
            _ => None,
        }
    }

    pub(super) fn advance_select(&mut self, completion: Option<Completion>) {
        let Some(selecting) = self.selecting() else { return };
        let is_ok = completion.as_ref().is_some_and(Completion::is_ok);
        match selecting.stage {
            Stage::Begin => self.begin_select(),
            Stage::Resynchronizing | Stage::Selecting => {
                if let Some(completion) = completion {
                    self.selected_now(completion);
                }
            }
            // A server that cannot do it the short way is asked the long way.
            Stage::Changes if is_ok => self.ask_presence(),
            Stage::Changes => self.ask_everything(),
            Stage::Presence if is_ok => self.present(),
            Stage::Presence => self.ask_everything(),
            Stage::Everything | Stage::Arrived => match completion.map(Refused::or_ok) {
                Some(Err(refused)) => self.finish(Err(refused)),
                _ if self.asks_everything() => self.everything(),
                _ => self.synchronized(),
            },
        }
    }

    fn begin_select(&mut self) {
        if let Some(task) = self.tasks.front() {
            self.pending.push_back(Event::Selecting(task.id));
        }
        self.forget_selected();
        let with_qresync = self.client.enabled().names(&Capability::QRESYNC);
        let with_condstore = self.has(&Capability::CONDSTORE) || with_qresync;
        let Some(selecting) = self.selecting() else { return };
        let mut select = Select::new(selecting.mailbox.clone());
        let read_only = selecting.read_only;
        let known = selecting.cursor.as_ref().filter(|_| with_qresync);
        match known.and_then(|cursor| Some((cursor, cursor.uid_validity?, cursor.modseq?))) {
            Some((cursor, uid_validity, mod_seq)) => {
                // RFC 7162 section 3.2.5.1: the server need not tell of UIDs that the client does not know
                // at all; without them it tells of more, which is sorted out here, and a line stays one that servers read.
                let mut qresync = QResync::new(uid_validity, mod_seq);
                qresync.known_uids =
                    UidSet::from_numbers(cursor.ledger.uids()).filter(|uids| uids.written().count() <= 200);
                select.qresync = Some(qresync);
                selecting.stage = Stage::Resynchronizing;
                let ledger = cursor.ledger.clone();
                self.ledger = Some(ledger);
            }
            None => {
                select.condstore = with_condstore;
                selecting.stage = Stage::Selecting;
            }
        }
        self.issue(if read_only { Command::Examine(select) } else { Command::Select(select) });
    }

    fn forget_selected(&mut self) {
        self.view = View::new(self.opening.config.limits.view);
        self.ledger = None;
        (self.unsure, self.ghosts) = (false, 0);
        self.selected = Some(Selected::default());
    }

    /// Whether a response is about the mailbox that was selected before.
    pub(super) fn is_of_before(&mut self, untagged: &Untagged) -> bool {
        let Some(selecting) = self.selecting() else { return false };
        if !matches!(selecting.stage, Stage::Selecting | Stage::Resynchronizing) {
            return false;
        }
        match untagged {
            // RFC 7162 section 3.2.11: everything before it was about the mailbox before
            Untagged::Status(_, text) if text.code == Some(Code::Closed) => {
                (selecting.counted, selecting.moved) = (false, false);
                let ledger = selecting.cursor.as_ref().map(|cursor| cursor.ledger.clone());
                let resynchronizes = selecting.stage == Stage::Resynchronizing;
                self.forget_selected();
                self.ledger = ledger.filter(|_| resynchronizes);
                false
            }
            // Servers that do not say so may tell news of it all the same.
            Untagged::Exists(exists) => {
                selecting.moved |= std::mem::replace(&mut selecting.counted, true);
                if *exists < self.view.exists() {
                    self.view = View::new(self.opening.config.limits.view);
                }
                false
            }
            Untagged::Vanished(vanished) => !vanished.earlier && !selecting.counted,
            Untagged::Expunge(_) | Untagged::Fetch(_) => {
                selecting.moved |= selecting.counted;
                !selecting.counted
            }
            _ => false,
        }
    }

    /// Whether all UIDs and flags are asked for just now, so that what cannot be named now will be.
    pub(super) fn asks_everything(&self) -> bool {
        match self.tasks.front().map(|task| &task.kind) {
            Some(Kind::Select(selecting)) => selecting.stage == Stage::Everything,
            Some(Kind::Watch(watching)) => watching.asks_everything(),
            _ => false,
        }
    }

    fn selected_now(&mut self, completion: Completion) {
        let exists = self.view.exists();
        let Some(selecting) = self.selecting() else { return };
        let (stage, mailbox, read_only) = (selecting.stage, selecting.mailbox.clone(), selecting.read_only);
        let (cursor_validity, compares) =
            (selecting.cursor.as_ref().and_then(|cursor| cursor.uid_validity), selecting.cursor.is_some());
        let moved = selecting.moved;
        if !completion.is_ok() {
            self.selected = None;
            return self.finish(Err(Refused::of(completion)));
        }
        self.note_code(&completion.text);
        let Some(selected) = &mut self.selected else { return };
        selected.mailbox = Some(mailbox);
        selected.exists = exists;
        selected.read_only |= read_only;
        let valid = cursor_validity.is_some() && cursor_validity == selected.uid_validity;
        if !compares {
            let selected = Box::new(selected.clone());
            return self.finish(Ok(Outcome::Selected(selected)));
        }
        if !valid {
            // RFC 4549 section 3: "the client MUST empty the local cache of the mailbox"
            if cursor_validity.is_some() {
                self.pending.push_back(Event::Change(Change::Reset));
            }
            self.ledger = Some(Ledger::default());
            return self.ask_everything();
        }
        if stage == Stage::Resynchronizing && self.ledger.is_some() {
            return self.resynchronized();
        }
        let Some(cursor) = self.selecting().and_then(|selecting| selecting.cursor.take()) else { return };
        let (uid_next, modseq) = (cursor.uid_next, cursor.modseq);
        let known = cursor.ledger.len();
        self.ledger = Some(cursor.ledger);
        let Some(selected) = &self.selected else { return };
        match (modseq, selected.highest_modseq) {
            (Some(then), Some(now))
                if then == now && uid_next == selected.uid_next && known == exists as usize && !moved =>
            {
                self.synchronized();
            }
            // If less is the highest now, the server has forgotten something.
            (Some(then), Some(now)) if exists > 0 && then <= now => self.ask_changes(then),
            _ => self.ask_everything(),
        }
    }

    /// QRESYNC has told everything; whether that can be is seen by the number of messages. A mailbox that knows no mod-sequences (any
    /// more) has told nothing (RFC 7162 section 3.1.2.2).
    fn resynchronized(&mut self) {
        let exists = self.view.exists() as usize;
        let now = self.selected.as_ref().and_then(|selected| selected.highest_modseq);
        let cursor = self.selecting().and_then(|selecting| selecting.cursor.take());
        let then = cursor.and_then(|cursor| cursor.modseq);
        if now.is_some() && then <= now && self.ledger.as_ref().is_some_and(|ledger| ledger.len() == exists) {
            return self.synchronized();
        }
        self.ask_everything();
    }

    fn ask_changes(&mut self, since: ModSeq) {
        let mut fetch = FetchCommand::new(UidSet::all(), [FetchAttribute::Uid, FetchAttribute::Flags]);
        fetch.changed_since = Some(since);
        self.stage(Stage::Changes);
        self.issue(Command::Fetch(fetch));
    }

    fn ask_presence(&mut self) {
        let short = self.has(&Capability::ESEARCH) && !self.opening.profile.plain_search;
        let Ok(mut search) = SearchCommand::uid(SearchKey::new(SearchTerm::All)) else {
            return self.ask_everything();
        };
        if short {
            search = search.returning([SearchReturn::All]);
        }
        self.stage(Stage::Presence);
        self.issue(Command::Search(search));
    }

    fn ask_everything(&mut self) {
        if self.view.exists() == 0 {
            return self.everything();
        }
        self.stage(Stage::Everything);
        self.asks_now();
        let fetch = FetchCommand::new(UidSet::all(), [FetchAttribute::Uid, FetchAttribute::Flags]);
        self.issue(Command::Fetch(fetch));
    }

    fn ask_arrived(&mut self) {
        let Some(first) = self.ledger.as_ref().and_then(Ledger::next) else { return self.ask_everything() };
        self.stage(Stage::Arrived);
        let set = UidSet::from_first(first);
        let fetch = FetchCommand::new(set, [FetchAttribute::Uid, FetchAttribute::Flags]);
        self.issue(Command::Fetch(fetch));
    }

    fn stage(&mut self, stage: Stage) {
        let exists = self.view.exists();
        if let Some(selecting) = self.selecting() {
            selecting.stage = stage;
            selecting.asked_of = exists;
            selecting.unnamed = false;
            selecting.uids.clear();
        }
    }

    /// The UIDs that are there are known.
    fn present(&mut self) {
        let exists = self.view.exists();
        let Some(selecting) = self.selecting() else { return };
        let uids = selecting.told();
        if uids.len() < selecting.asked_of.min(exists) as usize {
            // What it found is not all there is.
            return self.ask_everything();
        }
        self.forget_all_but(&uids);
        if self.ledger.as_ref().is_some_and(|ledger| ledger.len() != uids.len()) {
            // Some are there of which nothing was told.
            return self.ask_everything();
        }
        self.synchronized();
    }

    /// All UIDs and flags were told.
    fn everything(&mut self) {
        let Some(selecting) = self.selecting() else { return };
        if selecting.unnamed {
            // Nobody knows which are gone: that is found out another time.
            return self.selecting_ends();
        }
        let uids = selecting.told();
        self.forget_all_but(&uids);
        self.counted();
        self.synchronized();
    }

    /// Everything is asked for.
    pub(super) fn asks_now(&mut self) {
        self.unsure = false;
        self.asked_at = self.moves;
    }

    /// Everything was told: what is counted beyond is nothing.
    pub(super) fn counted(&mut self) {
        let exists = self.view.exists() as usize;
        let known = self.ledger.as_ref().map_or(0, Ledger::len);
        if !self.unsure && self.asked_at == self.moves {
            self.ghosts = exists.saturating_sub(known);
        }
    }

    pub(super) fn forget_all_but(&mut self, uids: &[u32]) {
        if let Some(gone) = self.ledger.as_mut().and_then(|ledger| ledger.retain(uids)) {
            self.pending.push_back(Event::Change(Change::Vanished(gone)));
        }
    }

    /// Whatever was to be told was told, unless something changed meanwhile.
    fn synchronized(&mut self) {
        let exists = self.view.exists() as usize;
        let known = self.ledger.as_ref().map(|ledger| ledger.len() + self.ghosts);
        let unsure = self.unsure;
        if let (Some(known), Some(selecting)) = (known, self.selecting())
            && (unsure || known != exists)
            && selecting.rounds < ROUNDS
        {
            selecting.rounds += 1;
            // What arrived may not be behind all that is known.
            let everything = unsure || known > exists || selecting.stage == Stage::Arrived;
            return if everything { self.ask_everything() } else { self.ask_arrived() };
        }
        if let Some(left) = known.and_then(|known| exists.checked_sub(known)).filter(|&left| left > 0) {
            // It changes faster than it can be looked at: the rest is for who looks next.
            let left = u32::try_from(left).unwrap_or(u32::MAX);
            self.pending.push_back(Event::Change(Change::Arrived(left)));
        }
        self.fill_view();
        self.selecting_ends();
    }

    fn selecting_ends(&mut self) {
        if let Some(selected) = self.selected.clone() {
            self.finish(Ok(Outcome::Selected(Box::new(selected))));
        }
    }

    /// Which message has which number follows from their UIDs, if all are known.
    pub(super) fn fill_view(&mut self) {
        if let Some(ledger) = &self.ledger
            && !self.unsure
        {
            self.view.fill(ledger.uids());
        }
    }

    /// A message of which UID and flags are told while a mailbox is compared with what was known of it; whether it is.
    pub(super) fn compares(&mut self, message: &Message) -> bool {
        if self.is_reading() {
            return true;
        }
        let is_watching = self.catches_up();
        let Some(selecting) = self.selecting() else {
            if let Some(uid) = message.uid {
                self.note_compared(uid);
            }
            return is_watching && self.note_message(message);
        };
        if let Some(uid) = message.uid
            && selecting.stage == Stage::Everything
        {
            selecting.uids.push(uid.get());
        }
        self.note_message(message)
    }

    fn note_message(&mut self, message: &Message) -> bool {
        let Some(uid) = message.uid else { return false };
        let flags = message.fetch.flags();
        let Some(ledger) = &mut self.ledger else { return false };
        let new = flags.map_or(0, digest);
        let change = match ledger.digest(uid) {
            None => Change::New { uid, flags: flags.cloned() },
            Some(before) if flags.is_some() && before != new => {
                Change::Flags { uid: Some(uid), flags: flags.cloned(), modseq: message.fetch.modseq() }
            }
            Some(_) => return true,
        };
        ledger.set(uid, new);
        if let Some(selected) = &mut self.selected
            && selected.uid_next.is_none_or(|next| next <= uid)
        {
            selected.uid_next = uid.get().checked_add(1).and_then(Uid::new);
        }
        self.pending.push_back(Event::Change(change));
        true
    }

    pub(super) fn collects_presence(&self) -> bool {
        matches!(self.tasks.front(), Some(task) if matches!(&task.kind, Kind::Select(selecting) if selecting.stage == Stage::Presence))
    }

    pub(super) fn collect_presence(&mut self, untagged: Untagged) {
        let most = self.opening.config.limits.view;
        let Some(selecting) = self.selecting() else { return };
        match untagged {
            Untagged::Search(numbers) => selecting.uids.extend(numbers.numbers),
            Untagged::Esearch(search) => {
                if let Some(uids) = search.uids() {
                    // Never more than could be remembered anyway.
                    let room = most.saturating_sub(selecting.uids.len());
                    selecting.uids.extend(uids.numbers(u32::MAX).take(room).map(Uid::get));
                }
            }
            _ => {}
        }
    }

    /// What a code says of the mailbox.
    pub(super) fn note_code(&mut self, text: &ResponseText) {
        let Some(selected) = &mut self.selected else { return };
        match &text.code {
            Some(Code::UidValidity(validity)) => self.revalidated(*validity),
            Some(Code::UidNext(next)) => selected.uid_next = *next,
            Some(Code::HighestModSeq(modseq)) => selected.highest_modseq = *modseq,
            Some(Code::NoModSeq) => selected.highest_modseq = None,
            Some(Code::PermanentFlags(flags)) => selected.permanent_flags = Some(flags.detach()),
            Some(Code::ReadOnly) => selected.read_only = true,
            Some(Code::ReadWrite) => selected.read_only = false,
            Some(Code::NotificationOverflow) => self.notify_overflows(),
            Some(Code::UidNotSticky) => selected.uids_not_sticky = true,
            Some(Code::MailboxId(id)) => selected.mailbox_id = Some(id.as_str().to_owned()),
            _ => {}
        }
    }

    pub(super) fn note_selected(&mut self, untagged: &Untagged) {
        if let (Untagged::Flags(flags), Some(selected)) = (untagged, &mut self.selected) {
            selected.flags = flags.detach();
        }
    }
}
