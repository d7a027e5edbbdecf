//! Which commands may be under way together (RFC 9051 section 5.5).

use std::time::Duration;

use crate::{Command, MessageSet, Tag};

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
    Status,
    Extension,
}

impl Kind {
    pub(super) fn of(command: &Command) -> Self {
        let data = |family, numbers| Self::Data { family, numbers };
        let by_numbers = |messages: &MessageSet| !messages.is_uid();
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
            Command::Unknown(_) => Self::Alone(Turn::Other),
            Command::Fetch(fetch) => data(Family::Fetch, by_numbers(&fetch.messages)),
            Command::Store(store) => data(Family::Fetch, by_numbers(&store.messages)),
            Command::Search(search) => data(Family::Search, !search.uid),
            Command::Sort(sort) => data(Family::Search, !sort.uid),
            Command::Thread(thread) => data(Family::Search, !thread.uid),
            Command::Esearch(_) | Command::UidBatches(_) => data(Family::Search, false),
            Command::Copy { messages, .. } | Command::Move { messages, .. } => {
                data(Family::None, by_numbers(messages))
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
            | Command::GetJmapAccess
            | Command::Notify(_) => data(Family::Extension, false),
            _ => data(Family::None, false),
        }
    }

    /// Whether a command may be sent while this one is under way.
    pub(super) fn lets(self, next: Self) -> bool {
        let (Self::Data { family, numbers }, Self::Data { family: next_family, numbers: next_numbers }) =
            (self, next)
        else {
            return false;
        };
        if family == next_family && family != Family::None {
            return false;
        }
        // RFC 9051 section 5.5: no EXPUNGE is sent while FETCH, STORE and SEARCH are under way, the UID forms excepted. Any other
        // command may bring one, and then the numbers of the next mean other messages.
        !next_numbers || (numbers && matches!(family, Family::Fetch | Family::Search))
    }
}
