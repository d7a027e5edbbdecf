//! What changes in a mailbox: from now on, or since it was last looked at.

use std::time::{Duration, Instant};

use imap_proto::session::{Change, Outcome, Selected, Session};

use super::call::{Progress, Told};
use super::{ImapClient, ImapError, Mailbox};
use crate::{Stream, Waited};

/// Waits for news of a mailbox: see [`Mailbox::watch`].
///
/// Dropped, it ends with the next call. News that come until then are kept: the next watch tells them first, or
/// [`ImapClient::take_changes`].
#[derive(Debug)]
pub struct Watch<'a, S> {
    client: &'a mut ImapClient<S>,
    /// `None` before the first news are waited for.
    progress: Option<Progress>,
}

impl<'a, S: Stream> Watch<'a, S> {
    pub(super) fn new(client: &'a mut ImapClient<S>) -> Self {
        Self { client, progress: None }
    }

    /// The next thing that changes. It may take for ever.
    ///
    /// # Errors
    ///
    /// [`ImapError`] if the server refuses to tell or the session fails.
    #[allow(clippy::should_implement_trait)] // it fails
    pub fn next(&mut self) -> Result<Change, ImapError> {
        loop {
            if let Some(change) = self.client.changes.pop_front() {
                return Ok(change);
            }
            let progress = match &mut self.progress {
                Some(progress) if !progress.is_over() => progress,
                progress => progress.insert(self.client.start("IDLE", Session::watch)?),
            };
            if let Some(Told::Event(event)) = progress.step(self.client)? {
                self.client.keep(event);
            }
        }
    }

    /// The same, if something changes within `patience`; for threads that have something else to look after.
    ///
    /// # Errors
    ///
    /// As [`next`](Self::next).
    pub fn next_within(&mut self, patience: Duration) -> Result<Option<Change>, ImapError> {
        let until = Instant::now() + patience;
        loop {
            if let Some(change) = self.client.changes.pop_front() {
                return Ok(Some(change));
            }
            let left = until.saturating_duration_since(Instant::now());
            let progress = match &mut self.progress {
                Some(progress) if !progress.is_over() => progress,
                progress => progress.insert(self.client.start("IDLE", Session::watch)?),
            };
            match progress.step_within(self.client, left)? {
                Waited::Event(Some(Told::Event(event))) => self.client.keep(event),
                Waited::Event(_) => {}
                Waited::Quiet => return Ok(None),
                Waited::Closed => return Err(self.client.closed()),
            }
        }
    }

    /// Ends it. News that come until then are kept for [`ImapClient::take_changes`].
    ///
    /// # Errors
    ///
    /// [`ImapError`] if the session fails.
    pub fn stop(mut self) -> Result<(), ImapError> {
        let Some(progress) = self.progress.as_mut().filter(|progress| !progress.is_over()) else {
            return Ok(());
        };
        self.client.session().stop_watching();
        while let Told::Event(event) = progress.next(self.client)? {
            self.client.keep(event);
        }
        Ok(())
    }
}

/// What changed in a mailbox since a cursor was taken: see [`ImapClient::resync`].
///
/// Dropped before its end, it goes on at the next call, and what it tells is kept for [`ImapClient::take_changes`].
#[derive(Debug)]
pub struct Resync<'a, S> {
    client: &'a mut ImapClient<S>,
    progress: Progress,
    selected: Option<Box<Selected>>,
}

impl<'a, S: Stream> Resync<'a, S> {
    pub(super) fn new(client: &'a mut ImapClient<S>, progress: Progress) -> Self {
        Self { client, progress, selected: None }
    }

    /// The next thing that changed; `None` after the last.
    ///
    /// # Errors
    ///
    /// [`ImapError`] if the mailbox cannot be selected or the session fails.
    #[allow(clippy::should_implement_trait)] // it fails
    pub fn next(&mut self) -> Result<Option<Change>, ImapError> {
        loop {
            // Until this call begins, what is kept is of the mailbox before.
            if self.client.selecting == Some(self.progress.id())
                && let Some(change) = self.client.changes.pop_front()
            {
                return Ok(Some(change));
            }
            if self.progress.is_over() {
                return Ok(None);
            }
            match self.progress.step(self.client)? {
                Some(Told::Over(Outcome::Selected(selected))) => self.selected = Some(selected),
                Some(Told::Over(_)) => {}
                Some(Told::Event(event)) => self.client.keep(event),
                None => {}
            }
        }
    }

    /// The mailbox. Changes that were not read are kept for [`ImapClient::take_changes`].
    ///
    /// # Errors
    ///
    /// As [`next`](Self::next).
    pub fn into_mailbox(mut self) -> Result<Mailbox<'a, S>, ImapError> {
        loop {
            if let Some(selected) = self.selected {
                return Ok(Mailbox::new(self.client, *selected));
            }
            if self.progress.is_over() {
                return Err(self.client.closed());
            }
            match self.progress.next(self.client)? {
                Told::Over(Outcome::Selected(selected)) => self.selected = Some(selected),
                Told::Over(_) => {}
                Told::Event(event) => self.client.keep(event),
            }
        }
    }
}
