//! A download: messages are retrieved in their order, recorded when the caller says that they are stored, and only then
//! deleted if the policy says so.

use std::collections::HashMap;

use bytes::Bytes;

use super::plan::Action;
use super::{Collector, Event, Found, Journal, Left, Plan, Policy, Survey};
use crate::{Misuse, Reply, UniqueId};

/// A plan that is being carried out by a [`Collector`].
///
/// The faces of the adapters drive it; a program without them does what they do: hands every event to
/// [`on_event`](Self::on_event), and calls [`commit`](Self::commit) once a message is safely stored.
#[derive(Debug)]
pub struct Download {
    plan: Plan,
    survey: Survey,
    now: u64,
    /// Messages that are yet to come.
    expected: u32,
    deletions: u32,
    current: Option<Current>,
    /// How many messages were stored of those that share a unique id.
    stored: HashMap<UniqueId, u32>,
    report: Report,
}

#[derive(Debug)]
struct Current {
    message: u32,
    octets: u64,
    ended: bool,
}

/// What came of a download.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Report {
    /// Messages that the maildrop held at the beginning.
    pub found: u32,
    /// Messages that were retrieved and committed.
    pub committed: u32,
    /// Octets of all messages that were retrieved.
    pub octets: u64,
    /// Messages that are marked as deleted: they are removed by QUIT.
    pub deleted: u32,
    /// Messages that were left alone, and why.
    pub left: Vec<(u32, Left)>,
    /// Messages that the server would not give, and what it said.
    pub not_retrieved: Vec<(u32, Reply)>,
    /// Messages that the server would not mark, and what it said.
    pub not_deleted: Vec<(u32, Reply)>,
    /// Lines of LIST and UIDL that made no sense.
    pub damaged: u32,
}

impl Report {
    /// How many messages were left alone for this reason.
    pub fn left_for(&self, reason: Left) -> usize {
        self.left.iter().filter(|(_, left)| *left == reason).count()
    }
}

/// A plan cannot be carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DownloadError {
    /// The server gives no unique ids: what is left on it cannot be told from what is new. [`Policy::Delete`], or
    /// [`Policy::Keep`] with [`Plan::all`], can do without.
    #[error("the server has no unique ids, which this policy needs")]
    NoUniqueIds,
    /// The session is not ready.
    #[error(transparent)]
    Misuse(#[from] Misuse),
}

/// What an event means for a download.
#[derive(Debug)]
#[non_exhaustive]
pub enum Occurrence {
    /// A message begins.
    Message(Found),
    /// A piece of it.
    Body(Bytes),
    /// It is complete: store it, then [`Download::commit`].
    BodyEnd,
}

impl Download {
    /// Begins: asks the collector for the messages of the plan, and to delete those that are due by the journal. `now`
    /// is in seconds since 1970.
    ///
    /// # Errors
    ///
    /// [`DownloadError`]; nothing was asked for then.
    pub fn begin(
        collector: &mut Collector,
        plan: Plan,
        survey: Survey,
        journal: &mut Journal,
        now: u64,
    ) -> Result<Self, DownloadError> {
        if plan.needs_unique_ids() && !survey.unique_ids && !survey.messages.is_empty() {
            return Err(DownloadError::NoUniqueIds);
        }
        if !collector.is_ready() {
            return Err(Misuse::State.into());
        }
        let decisions = plan.decide(&survey, journal, now);
        let deletes = decisions.iter().filter(|(_, action)| *action == Action::Delete).count();
        if deletes > collector.client().room() {
            return Err(Misuse::QueueFull.into());
        }
        journal.seen(&survey, now);
        let mut report = Report {
            found: u32::try_from(survey.messages.len()).unwrap_or(u32::MAX),
            damaged: survey.damaged,
            ..Report::default()
        };
        let (mut expected, mut deletions) = (0, 0);
        for (found, action) in decisions {
            match action {
                Action::Retrieve => {
                    collector.retrieve(found.message, found.octets);
                    expected += 1;
                }
                Action::Delete => {
                    collector.delete(found.message)?;
                    deletions += 1;
                }
                Action::Leave(left) => report.left.push((found.message, left)),
            }
        }
        let stored = HashMap::new();
        Ok(Self { plan, survey, now, expected, deletions, current: None, stored, report })
    }

    /// Takes an event of the collector; what it means for the caller, if it does.
    pub fn on_event(&mut self, event: Event) -> Option<Occurrence> {
        match event {
            Event::Message { message } => {
                self.expected = self.expected.saturating_sub(1);
                self.current = Some(Current { message, octets: 0, ended: false });
                let unknown = Found { message, octets: None, unique_id: None, ambiguous: true };
                Some(Occurrence::Message(self.survey.message(message).cloned().unwrap_or(unknown)))
            }
            Event::Body(chunk) => {
                if let Some(current) = &mut self.current {
                    current.octets += chunk.len() as u64;
                }
                Some(Occurrence::Body(chunk))
            }
            Event::BodyEnd => {
                if let Some(current) = &mut self.current {
                    current.ended = true;
                    self.report.octets += current.octets;
                }
                Some(Occurrence::BodyEnd)
            }
            Event::NotRetrieved { message, reply } => {
                self.expected = self.expected.saturating_sub(1);
                self.report.not_retrieved.push((message, reply));
                None
            }
            Event::Deleted { .. } => {
                self.deletions = self.deletions.saturating_sub(1);
                self.report.deleted += 1;
                None
            }
            Event::NotDeleted { message, reply } => {
                self.deletions = self.deletions.saturating_sub(1);
                self.report.not_deleted.push((message, reply));
                None
            }
            _ => None,
        }
    }

    /// The message last retrieved is safely stored: it goes into the journal, and is marked as deleted if the policy
    /// says so and the session lasts. If it does not, the message is deleted by the next download.
    ///
    /// # Errors
    ///
    /// [`Misuse::State`] if it was not read to its end, or is committed already.
    pub fn commit(&mut self, journal: &mut Journal, collector: &mut Collector) -> Result<(), Misuse> {
        let current = self.current.take_if(|current| current.ended).ok_or(Misuse::State)?;
        let deletes = self.is_due(current.message, journal);
        if let Some(found) = self.survey.message(current.message)
            && let Some(id) = &found.unique_id
        {
            match (found.ambiguous, self.survey.uses(id)) {
                (false, _) => journal.record(id, self.now),
                // Two ids for one message: neither tells anything.
                (true, ..=1) => {}
                (true, uses) => {
                    let stored = self.stored.entry(id.clone()).or_default();
                    *stored += 1;
                    journal.record_shared(id, self.now, *stored, uses);
                }
            }
        }
        self.report.committed += 1;
        if deletes && collector.delete(current.message).is_ok() {
            self.deletions += 1;
        }
        Ok(())
    }

    /// Whether the policy deletes a message that is stored now. By [`Plan::all`] it may have been stored before.
    fn is_due(&self, message: u32, journal: &Journal) -> bool {
        match self.plan.policy {
            Policy::Keep => false,
            Policy::Delete | Policy::DeleteAfter { days: 0 } => true,
            Policy::DeleteAfter { days } => {
                let found = self.survey.message(message).filter(|found| !found.ambiguous);
                // What is known of another message that had this id says nothing of this one.
                let entry = found.and_then(|found| journal.entry(found.unique_id.as_ref()?));
                entry
                    .filter(|entry| entry.is_complete(1))
                    .is_some_and(|entry| self.now.saturating_sub(entry.retrieved) >= u64::from(days) * 86_400)
            }
        }
    }

    /// Whether every message of the plan has come.
    pub fn is_complete(&self) -> bool {
        self.expected == 0 && self.current.as_ref().is_none_or(|current| current.ended)
    }

    /// Whether replies to deletions are still due.
    pub fn is_deleting(&self) -> bool {
        self.deletions > 0
    }

    /// What came of it so far.
    pub fn report(&self) -> &Report {
        &self.report
    }

    /// What came of it.
    pub fn into_report(self) -> Report {
        self.report
    }
}
