//! Calls: what each one sends, and what it does with servers that cannot do it.

mod advance;

use std::collections::VecDeque;

use super::{Refused, Selected, Session, TaskId, parts::SET_OCTETS, select::Selecting};
use crate::{
    Capability, Command, Flag, InvalidOctet, MailboxName, Misuse, Uid, UidSet,
    client::Completion,
    command::{Append, AppendData, FetchAttribute, FetchCommand, Store, StoreAction},
    list::{ListPattern, StatusItem},
    response::{Code, ResponseText},
    search::{SearchKey, SortKey},
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
    /// Sends a command as it is. Its data is told by [`Event::Data`](crate::session::Event::Data); [`Outcome::Completed`] follows.
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

    /// Lists mailboxes: [`Event::Data`](crate::session::Event::Data) with [`Untagged::List`](crate::Untagged::List), and
    /// [`Untagged::MailboxStatus`](crate::Untagged::MailboxStatus) if status is asked for.
    ///
    /// Those that are subscribed to have [`MailboxAttribute::SUBSCRIBED`](crate::list::MailboxAttribute::SUBSCRIBED) if they were asked for.
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

    /// Fetches messages: [`Event::Message`](crate::session::Event::Message) for each, or the `MessageBegin` events for those that come in pieces.
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

    /// Stores messages. Those whose octets are streamed are asked for by [`Event::LiteralWanted`](crate::session::Event::LiteralWanted).
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
}

/// Whether servers tell this of a message without being asked.
const fn is_news(attribute: &FetchAttribute) -> bool {
    matches!(attribute, FetchAttribute::Uid | FetchAttribute::Flags | FetchAttribute::ModSeq)
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
