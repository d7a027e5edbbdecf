//! Which commands fit which state (RFC 9051 section 3 and section 6).

use super::flight::{Kind, Turn};
use super::{Client, State};
use crate::{Capability, Command, Misuse};

/// Where a command may be given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// `command-any`
    Anywhere,
    /// `command-nonauth`
    NotAuthenticated,
    /// `command-auth`: in the selected state too.
    Authenticated,
    /// Not in the selected state.
    BeforeSelecting,
    /// `command-select`
    Selected,
}

impl Place {
    const fn of(command: &Command) -> Self {
        match command {
            Command::Capability | Command::Noop | Command::Logout | Command::Id(_) | Command::Unknown(_) => {
                Self::Anywhere
            }
            Command::StartTls | Command::Authenticate(_) | Command::Login(_) => Self::NotAuthenticated,
            // RFC 9051 section 6.3.1: "before any mailbox is selected. Clients MUST NOT issue ENABLE once they
            // SELECT/EXAMINE a mailbox"
            Command::Enable(_) => Self::BeforeSelecting,
            Command::Check
            | Command::Close
            | Command::Unselect
            | Command::Expunge
            | Command::UidExpunge(_)
            | Command::Search(_)
            | Command::Sort(_)
            | Command::Thread(_)
            | Command::CancelUpdate(_)
            | Command::UidBatches(_)
            | Command::Fetch(_)
            | Command::Store(_)
            | Command::Copy { .. }
            | Command::Move { .. }
            | Command::Replace(_) => Self::Selected,
            _ => Self::Authenticated,
        }
    }

    fn is_in(self, state: State) -> bool {
        match self {
            Self::Anywhere => state != State::Logout,
            Self::NotAuthenticated => matches!(state, State::Greeting | State::NotAuthenticated),
            Self::Authenticated => matches!(state, State::Authenticated | State::Selected),
            Self::BeforeSelecting => state == State::Authenticated,
            Self::Selected => state == State::Selected,
        }
    }
}

/// The state behind a command that is carried out, if that is another one.
pub(super) const fn state_behind(kind: Kind) -> Option<State> {
    match kind {
        Kind::Alone(Turn::Authenticate | Turn::Login | Turn::Close) => Some(State::Authenticated),
        Kind::Alone(Turn::Select) => Some(State::Selected),
        Kind::Alone(Turn::Unauthenticate) => Some(State::NotAuthenticated),
        Kind::Alone(Turn::Logout) => Some(State::Logout),
        _ => None,
    }
}

impl Client {
    /// The state that the session has once everything that was queued is done, and goes well.
    pub(super) fn state_to_come(&self) -> State {
        if let Some(last) = self.queue.back() {
            return last.state_behind;
        }
        self.flights.iter().rev().find_map(|flight| state_behind(flight.kind)).unwrap_or(self.state)
    }

    /// What was assumed of the states to come was wrong.
    pub(super) fn look_ahead(&mut self) {
        let sent = self.flights.iter().rev().find_map(|flight| state_behind(flight.kind));
        let mut state = sent.unwrap_or(self.state);
        for queued in &mut self.queue {
            state = state_behind(Kind::of(&queued.command)).unwrap_or(state);
            queued.state_behind = state;
        }
    }

    /// Whether a command fits.
    pub(super) fn admits(&self, command: &Command) -> Result<(), Misuse> {
        if !Place::of(command).is_in(self.state_to_come()) {
            return Err(Misuse::State);
        }
        let is_known_not_to_have =
            |capability: &Capability| self.capabilities.as_ref().is_some_and(|all| !all.has(capability));
        let is_queued = |turn| {
            self.flights.iter().any(|flight| flight.kind == Kind::Alone(turn))
                || self.queue.iter().any(|queued| Kind::of(&queued.command) == Kind::Alone(turn))
        };
        match command {
            Command::StartTls if self.tls.is_some() || is_queued(Turn::StartTls) => Err(Misuse::State),
            Command::StartTls if is_known_not_to_have(&Capability::STARTTLS) => Err(Misuse::NotOffered),
            Command::Login(_) if !self.may_send_credentials() => Err(Misuse::Cleartext),
            // RFC 9051 section 6.2.3: "a client implementation MUST NOT send a LOGIN command if the LOGINDISABLED capability
            // is advertised"
            Command::Login(_) if self.has(&Capability::LOGINDISABLED) => Err(Misuse::NotOffered),
            // RFC 4978 section 3: it cannot be active already
            Command::Compress if self.compressed || is_queued(Turn::Compress) => Err(Misuse::State),
            #[cfg(not(feature = "compress"))]
            Command::Compress => Err(Misuse::NotOffered),
            #[cfg(feature = "compress")]
            Command::Compress if is_known_not_to_have(&Capability::COMPRESS_DEFLATE) => {
                Err(Misuse::NotOffered)
            }
            _ => Ok(()),
        }
    }
}
