//! What to do with each message: the policies people know.

use super::{Found, Journal, Survey};

/// What happens to messages that were retrieved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Policy {
    /// They stay on the server.
    Keep,
    /// They are deleted once they are safely stored.
    Delete,
    /// They are deleted so many days after they were safely stored, by the journal.
    DeleteAfter {
        /// How many days of 24 hours.
        days: u32,
    },
}

/// What a download does: a [`Policy`], and which messages.
///
/// ```
/// use pop3_proto::collector::{Plan, Policy};
///
/// let plan = Plan::from(Policy::DeleteAfter { days: 14 }).max_octets(10 * 1024 * 1024);
/// assert_eq!(plan.max_octets, Some(10 * 1024 * 1024));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Plan {
    /// What happens to messages that were retrieved.
    pub policy: Policy,
    /// Whether messages are retrieved again that the journal knows. Off by default: only new ones are.
    pub all: bool,
    /// Messages that the server says are larger are left alone. `None` by default.
    pub max_octets: Option<u64>,
    /// How many messages are retrieved at most. `None` by default.
    pub max_messages: Option<u32>,
}

impl From<Policy> for Plan {
    fn from(policy: Policy) -> Self {
        Self { policy, all: false, max_octets: None, max_messages: None }
    }
}

impl Plan {
    /// Sets [`all`](#structfield.all).
    #[must_use]
    pub const fn all(mut self, all: bool) -> Self {
        self.all = all;
        self
    }

    /// Sets [`max_octets`](#structfield.max_octets).
    #[must_use]
    pub const fn max_octets(mut self, octets: u64) -> Self {
        self.max_octets = Some(octets);
        self
    }

    /// Sets [`max_messages`](#structfield.max_messages).
    #[must_use]
    pub const fn max_messages(mut self, messages: u32) -> Self {
        self.max_messages = Some(messages);
        self
    }

    /// Whether the plan cannot be carried out without unique ids.
    pub(super) const fn needs_unique_ids(&self) -> bool {
        match self.policy {
            Policy::Keep => !self.all,
            Policy::Delete => false,
            Policy::DeleteAfter { .. } => true,
        }
    }

    /// Decides about every message.
    pub(super) fn decide<'a>(
        &self,
        survey: &'a Survey,
        journal: &Journal,
        now: u64,
    ) -> Vec<(&'a Found, Action)> {
        let mut left = self.max_messages.unwrap_or(u32::MAX);
        let mut decide = |found: &Found| {
            let action = self.action(found, survey, journal, now);
            if action == Action::Retrieve {
                match left.checked_sub(1) {
                    Some(fewer) => left = fewer,
                    None => return Action::Leave(Left::Later),
                }
            }
            action
        };
        survey.messages.iter().map(|found| (found, decide(found))).collect()
    }

    fn action(&self, found: &Found, survey: &Survey, journal: &Journal, now: u64) -> Action {
        if !self.all
            && let Some(id) = &found.unique_id
            && let Some(entry) = journal.entry(id)
            // An id that several messages share, or have shared, tells nothing about one of them unless every one of
            // them was stored: what may not be stored is retrieved again, and nothing is deleted for it.
            && entry.is_complete(survey.uses(id))
        {
            match (found.ambiguous, self.policy) {
                (false, Policy::Keep) => return Action::Leave(Left::Known),
                (false, Policy::Delete) => return Action::Delete,
                (false, Policy::DeleteAfter { days }) => {
                    let due = now.saturating_sub(entry.retrieved) >= u64::from(days) * 86_400;
                    return if due { Action::Delete } else { Action::Leave(Left::Known) };
                }
                (true, Policy::Keep | Policy::DeleteAfter { .. }) if survey.uses(id) > 1 => {
                    return Action::Leave(Left::Ambiguous);
                }
                (true, _) => {}
            }
        }
        match (self.max_octets, found.octets) {
            (Some(most), Some(octets)) if octets > most => Action::Leave(Left::TooLarge),
            _ => Action::Retrieve,
        }
    }
}

/// What is done with a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Action {
    Retrieve,
    Delete,
    Leave(Left),
}

/// Why a message was left alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Left {
    /// The journal knows it.
    Known,
    /// It is larger than [`Plan::max_octets`].
    TooLarge,
    /// [`Plan::max_messages`] were retrieved: the next download goes on here.
    Later,
    /// Its unique id is that of other messages too, and all of them were stored: it is neither retrieved nor deleted.
    Ambiguous,
}
