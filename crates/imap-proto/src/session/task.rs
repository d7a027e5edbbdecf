//! Calls: what each one sends, and what it does with servers that cannot do it.

use std::collections::VecDeque;

use super::{Event, Message, Refused, Selected, Session, TaskId, parts::SET_OCTETS, select::Selecting};
use crate::{
    Capability, Command, Flag, InvalidOctet, MailboxName, Misuse, Seq, Uid, UidSet, Untagged,
    client::Completion,
    command::{Append, AppendData, FetchAttribute, FetchCommand, Store, StoreAction},
    list::{ListCommand, ListEntry, ListPattern, ListReturn, ListSelect, MailboxAttribute, StatusItem},
    response::{Code, Damaged, FetchItem, ResponseText},
    search::{SearchCommand, SearchKey, SearchReturn, SortCommand, SortKey},
};

/// A call, and how far it has come.
#[derive(Debug)]
pub(super) struct Task {
    pub(super) id: TaskId,
    pub(super) kind: Kind,
    pub(super) abandoned: bool,
    pub(super) begun: bool,
    /// Another part of the same call follows.
    pub(super) more: bool,
    /// What was said at the ends of the parts before.
    pub(super) codes: Vec<Code>,
}

impl Task {
    pub(super) fn new(id: TaskId, kind: Kind) -> Self {
        Self { id, kind, abandoned: false, begun: false, more: false, codes: Vec::new() }
    }
}

#[derive(Debug)]
pub(super) enum Kind {
    /// A command as it is; `None` once it is sent.
    Command(Option<Box<Command>>),
    /// A FETCH: the messages that were asked for are told apart from news.
    Fetch {
        command: Option<Box<FetchCommand>>,
        wanted: Wanted,
    },
    Select(Box<Selecting>),
    List(Box<Listing>),
    Search(Box<Searching>),
    Move(Box<Moving>),
    Expunge {
        uids: UidSet,
        stage: ExpungeStage,
    },
    Download(Box<super::download::Downloading>),
    Watch(super::watch::Watching),
}

impl Kind {
    pub(super) fn command(command: Command) -> Self {
        Self::Command(Some(Box::new(command)))
    }
}

/// Which messages a FETCH is about.
#[derive(Debug)]
pub(super) struct Wanted {
    by_uid: bool,
    /// Which numbers, ascending; `None` if only the server knows.
    ranges: Option<Vec<(u32, u32)>>,
    /// Whether more is asked for than what is news as well.
    content: bool,
}

/// What a call came to.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Outcome {
    /// It was carried out; what the server says, with its code (COPYUID, APPENDUID, MODIFIED and others).
    Completed(ResponseText),
    /// A mailbox is selected.
    Selected(Box<Selected>),
    /// What a search found: UIDs in the order in which the server gave them, which for a sort is the order that was asked for.
    Found(Vec<Uid>),
    /// Messages were moved: what the server says of where they are now (COPYUID), if it does.
    Moved(Option<Code>),
}

/// Which mailboxes to list, and what to tell of each.
///
/// # Example
///
/// ```
/// use imap_proto::{list::StatusItem, session::ListRequest};
///
/// let request = ListRequest::all().status([StatusItem::Messages, StatusItem::Unseen]);
/// assert!(!request.subscribed);
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ListRequest {
    /// The name that patterns begin from; empty for none.
    pub reference: MailboxName,
    /// Which names.
    pub pattern: ListPattern,
    /// Whether only mailboxes that are subscribed to.
    pub subscribed: bool,
    /// What to ask of each mailbox.
    pub status: Vec<StatusItem>,
}

impl ListRequest {
    /// Every mailbox.
    pub fn all() -> Self {
        Self::matching(ListPattern::all())
    }

    /// Mailboxes whose names match.
    pub const fn matching(pattern: ListPattern) -> Self {
        Self { reference: MailboxName::empty(), pattern, subscribed: false, status: Vec::new() }
    }

    /// Asks for the status of each mailbox.
    #[must_use]
    pub fn status(mut self, items: impl IntoIterator<Item = StatusItem>) -> Self {
        self.status = items.into_iter().collect();
        self
    }

    /// Only those that are subscribed to.
    #[must_use]
    pub const fn subscribed(mut self, subscribed: bool) -> Self {
        self.subscribed = subscribed;
        self
    }
}

#[derive(Debug)]
pub(super) struct Listing {
    request: ListRequest,
    stage: ListStage,
    told: usize,
    /// Mailboxes whose status is asked for one by one.
    waiting: VecDeque<MailboxName>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ListStage {
    Begin,
    Extended,
    Plain,
    Status,
}

#[derive(Debug)]
pub(super) struct Searching {
    key: SearchKey,
    sort: Vec<SortKey>,
    stage: SearchStage,
    found: Vec<u32>,
    /// Something of what was found makes no sense.
    damaged: bool,
    /// There was more than anybody could hold.
    overflows: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum SearchStage {
    Begin,
    Extended,
    Plain,
}

#[derive(Debug)]
pub(super) struct Moving {
    uids: UidSet,
    mailbox: MailboxName,
    stage: MoveStage,
    code: Option<Code>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum MoveStage {
    Begin,
    Move,
    Copy,
    Mark,
    Expunge,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ExpungeStage {
    Begin,
    Mark,
    Expunge,
}

impl Session {
    /// Sends a command as it is. Its data is told by [`Event::Data`]; [`Outcome::Completed`] follows.
    ///
    /// # Errors
    ///
    /// [`Misuse::State`] unless [`is_ready`](Self::is_ready), and for commands that change what the session is: those have calls of their own.
    pub fn run(&mut self, command: Command) -> Result<TaskId, Misuse> {
        match command {
            Command::StartTls
            | Command::Authenticate(_)
            | Command::Login(_)
            | Command::Select(_)
            | Command::Examine(_)
            | Command::Idle
            | Command::Compress
            | Command::Unauthenticate => Err(Misuse::State),
            Command::Fetch(fetch) => self.fetch(fetch),
            command => self.call(Kind::command(command)),
        }
    }

    /// Lists mailboxes: [`Event::Data`] with [`Untagged::List`], and [`Untagged::MailboxStatus`] if status is asked for.
    ///
    /// Those that are subscribed to have [`MailboxAttribute::SUBSCRIBED`] if they were asked for.
    /// With LIST-STATUS that is one command, else LIST and one STATUS for each. A server that says that it has extended LIST and then gives
    /// nothing is asked in the old way.
    ///
    /// # Errors
    ///
    /// [`Misuse::State`] unless [`is_ready`](Self::is_ready).
    pub fn list(&mut self, request: ListRequest) -> Result<TaskId, Misuse> {
        let listing = Listing { request, stage: ListStage::Begin, told: 0, waiting: VecDeque::new() };
        self.call(Kind::List(Box::new(listing)))
    }

    /// Fetches messages: [`Event::Message`] for each, or the `MessageBegin` events for those that come in pieces.
    ///
    /// A set that is too long for the lines of servers is sent in several commands, one after another; so it is in the other calls that
    /// take one. If one of them is refused, those before it were carried out.
    ///
    /// # Errors
    ///
    /// [`Misuse::State`] unless [`is_ready`](Self::is_ready).
    pub fn fetch(&mut self, mut command: FetchCommand) -> Result<TaskId, Misuse> {
        let content = command.attributes.iter().any(|attribute| !is_news(attribute));
        // PARTIAL counts what the whole set has.
        let most = if command.partial.is_some() { usize::MAX } else { SET_OCTETS };
        let messages = std::mem::replace(&mut command.messages, UidSet::last().into());
        self.call_parts(messages.split(most), |messages| {
            let wanted = Wanted { by_uid: messages.is_uid(), ranges: messages.known_ranges(), content };
            Kind::Fetch { command: Some(Box::new(FetchCommand { messages, ..command.clone() })), wanted }
        })
    }

    /// Searches the selected mailbox: [`Outcome::Found`] has the UIDs. ESEARCH is used where it is offered, and a charset named only where
    /// the key has text that is not ASCII.
    ///
    /// # Errors
    ///
    /// [`Misuse::State`] unless [`is_ready`](Self::is_ready).
    pub fn search(&mut self, key: SearchKey) -> Result<TaskId, Misuse> {
        self.sort(key, [])
    }

    /// The same, sorted by the server (RFC 5256).
    ///
    /// # Errors
    ///
    /// As [`search`](Self::search); [`Misuse::NotOffered`] if the server cannot sort.
    pub fn sort(&mut self, key: SearchKey, by: impl IntoIterator<Item = SortKey>) -> Result<TaskId, Misuse> {
        let sort: Vec<_> = by.into_iter().collect();
        if !sort.is_empty() && !self.has(&Capability::SORT) {
            return Err(Misuse::NotOffered);
        }
        let (stage, found) = (SearchStage::Begin, Vec::new());
        let searching = Searching { key, sort, stage, found, damaged: false, overflows: false };
        self.call(Kind::Search(Box::new(searching)))
    }

    /// Changes flags of messages.
    ///
    /// # Errors
    ///
    /// [`Misuse::State`] unless [`is_ready`](Self::is_ready).
    pub fn store(&mut self, mut store: Store) -> Result<TaskId, Misuse> {
        let messages = std::mem::replace(&mut store.messages, UidSet::last().into());
        self.call_parts(messages.split(SET_OCTETS), |messages| {
            Kind::command(Command::Store(Store { messages, ..store.clone() }))
        })
    }

    /// Copies messages; the code of [`Outcome::Completed`] says where they are (COPYUID).
    ///
    /// # Errors
    ///
    /// [`Misuse::State`] unless [`is_ready`](Self::is_ready).
    pub fn copy(&mut self, uids: UidSet, mailbox: MailboxName) -> Result<TaskId, Misuse> {
        self.call_parts(uids.split(SET_OCTETS), |uids| {
            Kind::command(Command::Copy { messages: uids.into(), mailbox: mailbox.clone() })
        })
    }

    /// Moves messages. Where the server has no MOVE they are copied, marked as deleted and expunged by UID.
    ///
    /// # Errors
    ///
    /// [`Misuse::WouldExpungeOthers`] if it has neither MOVE nor UIDPLUS: EXPUNGE would remove whatever else is marked.
    /// [`Misuse::State`] unless [`is_ready`](Self::is_ready).
    pub fn move_to(&mut self, uids: UidSet, mailbox: MailboxName) -> Result<TaskId, Misuse> {
        if !self.has(&Capability::MOVE) && !self.has(&Capability::UIDPLUS) {
            return Err(Misuse::WouldExpungeOthers);
        }
        self.call_parts(uids.split(SET_OCTETS), |uids| {
            let mailbox = mailbox.clone();
            Kind::Move(Box::new(Moving { uids, mailbox, stage: MoveStage::Begin, code: None }))
        })
    }

    /// Removes messages for good: marks them as deleted, and expunges them and no others.
    ///
    /// # Errors
    ///
    /// [`Misuse::WouldExpungeOthers`] if the server has no UIDPLUS. [`Misuse::State`] unless [`is_ready`](Self::is_ready).
    pub fn expunge(&mut self, uids: UidSet) -> Result<TaskId, Misuse> {
        if !self.has(&Capability::UIDPLUS) {
            return Err(Misuse::WouldExpungeOthers);
        }
        self.call_parts(uids.split(SET_OCTETS), |uids| Kind::Expunge { uids, stage: ExpungeStage::Begin })
    }

    /// Stores messages. Those whose octets are streamed are asked for by [`Event::LiteralWanted`].
    ///
    /// # Errors
    ///
    /// [`Misuse::NotOffered`] for several messages if the server has no MULTIAPPEND, or for parts of other messages without CATENATE;
    /// [`Misuse::State`] unless [`is_ready`](Self::is_ready).
    pub fn append(&mut self, append: Append) -> Result<TaskId, Misuse> {
        if append.messages.len() > 1 && !self.has(&Capability::MULTIAPPEND) {
            return Err(Misuse::NotOffered);
        }
        if append.messages.iter().any(|message| matches!(message.data, AppendData::Catenate(_)))
            && !self.has(&Capability::CATENATE)
        {
            return Err(Misuse::NotOffered);
        }
        self.call(Kind::command(Command::Append(append)))
    }

    /// The task under way goes on: its last command ended like this.
    pub(super) fn advance(&mut self, completion: Option<Completion>) {
        let Some(task) = self.tasks.front_mut() else { return };
        match &mut task.kind {
            Kind::Command(command) => match command.take() {
                Some(command) => self.issue(*command),
                None => self.complete(completion),
            },
            Kind::Fetch { command, .. } => match command.take() {
                Some(command) => self.issue(Command::Fetch(*command)),
                None => self.complete(completion),
            },
            Kind::Select(_) => self.advance_select(completion),
            Kind::List(_) => self.advance_list(completion),
            Kind::Search(_) => self.advance_search(completion),
            Kind::Move(_) => self.advance_move(completion),
            Kind::Expunge { .. } => self.advance_expunge(completion),
            Kind::Download(_) => self.advance_download(completion),
            Kind::Watch(_) => self.advance_watch(completion),
        }
    }

    fn complete(&mut self, completion: Option<Completion>) {
        if let Some(completion) = completion {
            self.note_code(&completion.text);
            let text = completion.text.clone();
            self.finish(Refused::or_ok(completion).map(|()| Outcome::Completed(text)));
        }
    }

    fn advance_list(&mut self, completion: Option<Completion>) {
        let extended = self.has(&Capability::LIST_EXTENDED) && !self.opening.profile.plain_list;
        let with_status = extended && self.has(&Capability::LIST_STATUS);
        let with_uses = extended && self.has(&Capability::SPECIAL_USE);
        let xlist = self.has(&Capability::XLIST) && !self.has(&Capability::SPECIAL_USE);
        let Some(Kind::List(listing)) = self.tasks.front_mut().map(|task| &mut task.kind) else { return };
        let refused = completion.map(Refused::or_ok);
        match listing.stage {
            ListStage::Begin if extended => {
                let ListRequest { reference, pattern, subscribed, status } = listing.request.clone();
                let mut returns = vec![ListReturn::Subscribed, ListReturn::Children];
                if with_uses {
                    returns.push(ListReturn::SpecialUse);
                }
                if with_status && !status.is_empty() {
                    returns.push(ListReturn::Status(status));
                }
                let mut list = ListCommand::new(pattern).below(reference).returning(returns);
                if subscribed {
                    list = list.selecting([ListSelect::Subscribed]);
                }
                listing.stage = ListStage::Extended;
                self.issue(Command::List(list));
            }
            // Some say that they can, and then do not.
            ListStage::Extended if listing.told == 0 || matches!(refused, Some(Err(_))) => {
                self.list_plainly(xlist)
            }
            ListStage::Extended => {
                if with_status {
                    listing.waiting.clear();
                }
                self.next_status();
            }
            ListStage::Begin => self.list_plainly(xlist),
            ListStage::Plain => match refused {
                Some(Err(refused)) => self.finish(Err(refused)),
                _ => self.next_status(),
            },
            // A mailbox that has no status is no reason to know nothing of the others.
            ListStage::Status => self.next_status(),
        }
    }

    fn list_plainly(&mut self, xlist: bool) {
        let Some(Kind::List(listing)) = self.tasks.front_mut().map(|task| &mut task.kind) else { return };
        listing.stage = ListStage::Plain;
        let ListRequest { reference, pattern, subscribed, .. } = listing.request.clone();
        self.issue(match (subscribed, xlist) {
            (true, _) => Command::Lsub { reference, pattern },
            (false, true) => Command::Xlist { reference, pattern },
            (false, false) => Command::List(ListCommand::new(pattern).below(reference)),
        });
    }

    fn next_status(&mut self) {
        let Some(Kind::List(listing)) = self.tasks.front_mut().map(|task| &mut task.kind) else { return };
        listing.stage = ListStage::Status;
        let items = listing.request.status.clone();
        match listing.waiting.pop_front() {
            Some(mailbox) if !items.is_empty() => self.issue(Command::Status { mailbox, items }),
            _ => self.finish(Ok(Outcome::Completed(ResponseText::new(None, "")))),
        }
    }

    fn advance_search(&mut self, completion: Option<Completion>) {
        let short = self.has(&Capability::ESEARCH) && !self.opening.profile.plain_search;
        let Some(Kind::Search(searching)) = self.tasks.front_mut().map(|task| &mut task.kind) else { return };
        match (searching.stage, completion) {
            (SearchStage::Begin, _) => {
                let extended = short && searching.sort.is_empty();
                self.begin_search(extended);
            }
            // RFC 4731 says what it is for; a server that does not understand its own extension is asked in the old way.
            (SearchStage::Extended, Some(completion))
                if completion.status == crate::response::Status::Bad =>
            {
                self.begin_search(false);
            }
            (_, Some(_)) if searching.overflows => {
                let text = ResponseText::new(None, "more messages are found than can be held");
                self.finish(Err(Refused { text: Box::new(text), is_bad: false, misuse: None }));
            }
            (SearchStage::Extended, Some(completion)) if completion.is_ok() && searching.damaged => {
                self.begin_search(false);
            }
            (_, Some(completion)) if completion.is_ok() && searching.damaged => {
                let text = ResponseText::new(None, "what the server found makes no sense");
                self.finish(Err(Refused { text: Box::new(text), is_bad: false, misuse: None }));
            }
            (_, Some(completion)) => {
                let found = std::mem::take(&mut searching.found);
                let found = found.into_iter().filter_map(Uid::new).collect();
                self.finish(Refused::or_ok(completion).map(|()| Outcome::Found(found)));
            }
            (_, None) => {}
        }
    }

    fn begin_search(&mut self, extended: bool) {
        let Some(Kind::Search(searching)) = self.tasks.front_mut().map(|task| &mut task.kind) else { return };
        searching.stage = if extended { SearchStage::Extended } else { SearchStage::Plain };
        searching.found.clear();
        (searching.damaged, searching.overflows) = (false, false);
        let key = searching.key.clone();
        let command = if searching.sort.is_empty() {
            SearchCommand::uid(key).map(|search| {
                Command::Search(if extended { search.returning([SearchReturn::All]) } else { search })
            })
        } else {
            SortCommand::uid(searching.sort.clone(), key).map(Command::Sort)
        };
        match command {
            Ok(command) => self.issue(command),
            Err(invalid) => self.finish(Err(Refused::of_value(invalid))),
        }
    }

    fn advance_move(&mut self, completion: Option<Completion>) {
        let direct = self.has(&Capability::MOVE);
        let Some(Kind::Move(moving)) = self.tasks.front_mut().map(|task| &mut task.kind) else { return };
        let (uids, mailbox) = (moving.uids.clone(), moving.mailbox.clone());
        if let Some(completion) = completion {
            if matches!(completion.text.code, Some(Code::CopyUid(_))) {
                moving.code.clone_from(&completion.text.code);
            }
            if let Err(refused) = Refused::or_ok(completion) {
                return self.finish(Err(refused));
            }
        }
        match moving.stage {
            MoveStage::Begin if direct => {
                moving.stage = MoveStage::Move;
                self.issue(Command::Move { messages: uids.into(), mailbox });
            }
            MoveStage::Begin => {
                moving.stage = MoveStage::Copy;
                self.issue(Command::Copy { messages: uids.into(), mailbox });
            }
            // What was copied is removed here, and nothing else.
            MoveStage::Copy => {
                moving.stage = MoveStage::Mark;
                self.issue(Command::Store(marked(uids)));
            }
            MoveStage::Mark => {
                moving.stage = MoveStage::Expunge;
                self.issue(Command::UidExpunge(uids));
            }
            MoveStage::Move | MoveStage::Expunge => {
                let code = moving.code.take();
                self.finish(Ok(Outcome::Moved(code)));
            }
        }
    }

    fn advance_expunge(&mut self, completion: Option<Completion>) {
        let Some(Kind::Expunge { uids, stage }) = self.tasks.front_mut().map(|task| &mut task.kind) else {
            return;
        };
        let uids = uids.clone();
        let text = completion.as_ref().map(|completion| completion.text.clone());
        let stage_was = *stage;
        *stage = match stage_was {
            ExpungeStage::Begin => ExpungeStage::Mark,
            _ => ExpungeStage::Expunge,
        };
        if let Some(Err(refused)) = completion.map(Refused::or_ok) {
            return self.finish(Err(refused));
        }
        match stage_was {
            ExpungeStage::Begin => {
                self.issue(Command::Store(marked(uids)));
            }
            ExpungeStage::Mark => self.issue(Command::UidExpunge(uids)),
            ExpungeStage::Expunge => {
                self.finish(Ok(Outcome::Completed(text.unwrap_or_else(|| ResponseText::new(None, "")))));
            }
        }
    }

    /// Where messages are that are being moved: RFC 6851 section 4.3 has the server say so before they go.
    pub(super) fn note_moved(&mut self, text: &ResponseText) {
        if let Some(Kind::Move(moving)) = self.tasks.front_mut().map(|task| &mut task.kind)
            && matches!(text.code, Some(Code::CopyUid(Some(_))))
        {
            moving.code.clone_from(&text.code);
        }
    }

    /// Whether a message is one that the FETCH under way asked for, rather than news; `streamed` if it has content that comes in
    /// pieces.
    pub(super) fn is_wanted(&self, message: &Message, streamed: bool) -> bool {
        let Some(Kind::Fetch { wanted, command: None }) = self.tasks.front().map(|task| &task.kind) else {
            return false;
        };
        let has_content = streamed || message.fetch.items.iter().any(|item| !is_told_unasked(item));
        if wanted.content && !has_content {
            return false;
        }
        // A server may give what was not asked for; that is nobody's answer.
        let number = if wanted.by_uid { message.uid.map(Uid::get) } else { message.seq.map(Seq::get) };
        match (number, &wanted.ranges) {
            (Some(number), Some(ranges)) => {
                let after = ranges.partition_point(|&(first, _)| first <= number);
                after.checked_sub(1).and_then(|at| ranges.get(at)).is_some_and(|&(_, last)| number <= last)
            }
            (Some(_), None) => true,
            // RFC 9051 section 6.4.9: UID FETCH is answered with UIDs; what has none is news if it can be
            (None, _) => wanted.by_uid && wanted.content,
        }
    }

    /// A response that makes no sense: a search whose result it was has none, and is not one that found nothing.
    pub(super) fn note_damaged(&mut self, damaged: &Damaged) {
        let is_numbers = ["SEARCH", "ESEARCH", "SORT"];
        let is_result = damaged.name.as_ref().is_none_or(|name| is_numbers.iter().any(|one| name.is(one)));
        match self.tasks.front_mut().map(|task| &mut task.kind) {
            Some(Kind::Search(searching)) if is_result => searching.damaged = true,
            Some(Kind::Select(selecting)) => selecting.note_damaged(damaged.uid),
            _ => {}
        }
    }

    pub(super) fn collects_numbers(&self) -> bool {
        self.collects_presence()
            || matches!(self.tasks.front().map(|task| &task.kind), Some(Kind::Search(searching)) if searching.stage != SearchStage::Begin)
    }

    pub(super) fn collect_numbers(&mut self, untagged: Untagged) {
        if self.collects_presence() {
            return self.collect_presence(untagged);
        }
        let most = self.opening.config.limits.view;
        let Some(Kind::Search(searching)) = self.tasks.front_mut().map(|task| &mut task.kind) else { return };
        match untagged {
            Untagged::Search(numbers) | Untagged::Sort(numbers) => searching.found.extend(numbers.numbers),
            Untagged::Esearch(search) => {
                // A few octets may stand for as many messages as there are numbers.
                let room = most.saturating_sub(searching.found.len());
                let uids = search.uids().into_iter();
                searching.overflows |= uids.clone().any(|uids| uids.count(u32::MAX) > room as u64);
                searching.found.extend(uids.flat_map(|uids| uids.numbers(u32::MAX)).take(room).map(Uid::get));
            }
            _ => {}
        }
        searching.overflows |= searching.found.len() > most;
        searching.found.truncate(most);
    }

    pub(super) fn collects(&self, untagged: &Untagged) -> bool {
        matches!(untagged, Untagged::List(_) | Untagged::Lsub(_))
            && matches!(self.tasks.front().map(|task| &task.kind), Some(Kind::List(_)))
    }

    pub(super) fn collect(&mut self, untagged: Untagged) {
        let id = self.current();
        let Some(Kind::List(listing)) = self.tasks.front_mut().map(|task| &mut task.kind) else { return };
        let entry = match untagged {
            Untagged::List(entry) => entry,
            // A LIST among them may be of any mailbox; those of LSUB are subscribed to.
            Untagged::Lsub(mut entry) => {
                entry.attributes.insert(&MailboxAttribute::SUBSCRIBED);
                entry
            }
            _ => return,
        };
        listing.told += 1;
        if is_selectable(&entry) && !listing.request.status.is_empty() {
            listing.waiting.push_back(entry.name.detach());
        }
        if let Some(id) = id {
            self.pending.push_back(Event::Data(id, Untagged::List(entry)));
        }
    }
}

/// Whether servers tell this of a message without being asked.
const fn is_news(attribute: &FetchAttribute) -> bool {
    matches!(attribute, FetchAttribute::Uid | FetchAttribute::Flags | FetchAttribute::ModSeq)
}

const fn is_told_unasked(item: &FetchItem) -> bool {
    matches!(item, FetchItem::Uid(_) | FetchItem::Flags(_) | FetchItem::ModSeq(_))
}

fn is_selectable(entry: &ListEntry) -> bool {
    !entry.attributes.contains(&MailboxAttribute::NO_SELECT)
}

impl Refused {
    /// What a command came to.
    pub(super) fn or_ok(completion: Completion) -> Result<(), Self> {
        if completion.is_ok() { Ok(()) } else { Err(Self::of(completion)) }
    }

    fn of_value(invalid: InvalidOctet) -> Self {
        let text = ResponseText::new(None, &invalid.to_string());
        Self { text: Box::new(text), is_bad: false, misuse: None }
    }
}

/// `\Deleted`, and no word about it.
fn marked(uids: UidSet) -> Store {
    let mut store = Store::flags(uids, StoreAction::Add, [Flag::DELETED]);
    store.silent = true;
    store
}
