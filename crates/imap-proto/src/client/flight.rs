//! Which commands may be under way together (RFC 9051 section 5.5).

use std::time::Duration;

use crate::{
    Command, MessageSet, Tag,
    list::ListReturn,
    search::{SearchKey, SearchTerm},
};

use super::CommandId;

/// A command that waits to be sent.
#[derive(Debug)]
pub(super) struct Queued {
    pub(super) id: CommandId,
    pub(super) command: Command,
    pub(super) timeout: Option<Duration>,
    /// Nobody wants its answer.
    pub(super) abandoned: bool,
}

/// A command that was sent.
#[derive(Debug)]
pub(super) struct Flight {
    pub(super) id: CommandId,
    pub(super) tag: Tag,
    pub(super) kind: Kind,
    pub(super) octets: usize,
    pub(super) timeout: Option<Duration>,
    pub(super) abandoned: bool,
}

/// What matters of a command once it is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Nothing else may be under way: it changes what the session is.
    Alone(Turn),
    /// Its answer is untagged data of a kind that two commands must not share.
    Data {
        family: Family,
        /// It names messages by sequence number, or is answered with such: an EXPUNGE would change their meaning.
        numbers: bool,
        /// The server sends no EXPUNGE while it is under way.
        quiet: bool,
    },
}

/// How the session is another one after a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Turn {
    StartTls,
    Authenticate,
    Login,
    Select,
    Close,
    Logout,
    Idle,
    Compress,
    Unauthenticate,
    Enable,
    Append,
    Other,
}

/// Commands whose untagged data could be taken for each other's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Family {
    None,
    Fetch,
    Search,
    List,
    /// LIST that asks for status, rights or metadata as well.
    ListAndMore,
    Status,
    Extension,
}

impl Kind {
    pub(super) fn of(command: &Command) -> Self {
        let data = |family, numbers| Self::Data { family, numbers, quiet: false };
        let by_numbers = |messages: &MessageSet| !messages.is_uid();
        let quiet = |numbers| Self::Data { family: Family::Fetch, numbers, quiet: numbers };
        // RFC 9051 section 5.5: UID SEARCH may have numbers in its arguments, and EXPUNGE may come while it is under way
        let search = |uid: bool, key: &SearchKey| Self::Data {
            family: Family::Search,
            numbers: !uid
                || key.terms().any(|term| matches!(term, SearchTerm::Messages(set) if !set.is_saved())),
            quiet: !uid,
        };
        match command {
            Command::StartTls => Self::Alone(Turn::StartTls),
            Command::Authenticate(_) => Self::Alone(Turn::Authenticate),
            Command::Login(_) => Self::Alone(Turn::Login),
            Command::Select(_) | Command::Examine(_) => Self::Alone(Turn::Select),
            Command::Close | Command::Unselect => Self::Alone(Turn::Close),
            Command::Logout => Self::Alone(Turn::Logout),
            Command::Idle => Self::Alone(Turn::Idle),
            Command::Compress => Self::Alone(Turn::Compress),
            Command::Unauthenticate => Self::Alone(Turn::Unauthenticate),
            // what follows is written as it has settled
            Command::Enable(_) => Self::Alone(Turn::Enable),
            Command::Append(_) | Command::Replace(_) => Self::Alone(Turn::Append),
            // what is told without being asked is other things from then on
            Command::Notify(_) => Self::Alone(Turn::Other),
            Command::Unknown(_) => Self::Alone(Turn::Other),
            Command::Fetch(fetch) => quiet(by_numbers(&fetch.messages)),
            Command::Store(store) => quiet(by_numbers(&store.messages)),
            Command::Search(command) => search(command.uid, command.key()),
            // RFC 5256 section 3: as for SEARCH
            Command::Sort(command) => search(command.uid, command.key()),
            Command::Thread(command) => search(command.uid, command.key()),
            Command::Esearch(_) | Command::UidBatches(_) => data(Family::Search, false),
            Command::Copy { messages, .. } | Command::Move { messages, .. } => {
                data(Family::None, by_numbers(messages))
            }
            Command::List(list) if list.returns.iter().flatten().any(tells_more) => {
                data(Family::ListAndMore, false)
            }
            Command::List(_) | Command::Lsub { .. } | Command::Xlist { .. } => data(Family::List, false),
            Command::Status { .. } => data(Family::Status, false),
            Command::GetAcl(_)
            | Command::ListRights(_)
            | Command::MyRights(_)
            | Command::GetQuota(_)
            | Command::GetQuotaRoot(_)
            | Command::GetMetadata(_)
            | Command::Namespace
            | Command::Id(_)
            | Command::UrlFetch(_)
            | Command::GenUrlAuth(_)
            | Command::SetQuota(_)
            | Command::GetJmapAccess => data(Family::Extension, false),
            _ => data(Family::None, false),
        }
    }

    /// Whether data of this kind may be its answer.
    pub(super) fn tells(self, what: Family) -> bool {
        match self {
            Self::Data { family: Family::ListAndMore, .. } => {
                matches!(what, Family::List | Family::ListAndMore | Family::Status | Family::Extension)
            }
            Self::Data { family, .. } => family == what && family != Family::None,
            Self::Alone(_) => false,
        }
    }

    /// Whether a command may be sent while this one is under way.
    pub(super) fn lets(self, next: Self) -> bool {
        let (Self::Data { family, quiet, .. }, Self::Data { family: next_family, numbers: next_numbers, .. }) =
            (self, next)
        else {
            return false;
        };
        if self.tells(next_family) || next.tells(family) {
            return false;
        }
        // RFC 9051 section 5.5: no EXPUNGE is sent while FETCH, STORE and SEARCH are under way, the UID forms excepted. Any other
        // command may bring one, and then the numbers of the next mean other messages.
        !next_numbers || quiet
    }
}

/// Whether LIST is answered with other data as well.
const fn tells_more(option: &ListReturn) -> bool {
    matches!(option, ListReturn::Status(_) | ListReturn::MyRights | ListReturn::Metadata(_))
}
