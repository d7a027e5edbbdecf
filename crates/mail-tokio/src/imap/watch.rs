//! What changes in a mailbox: from now on, or since it was last looked at.

use imap_proto::session::{Change, Outcome, Selected, Session};
use tokio::io::{AsyncRead, AsyncWrite};

use super::call::{Progress, Told};
use super::{ImapClient, ImapError, Mailbox};

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

impl<'a, S: AsyncRead + AsyncWrite + Unpin> Watch<'a, S> {
    pub(super) fn new(client: &'a mut ImapClient<S>) -> Self {
        Self { client, progress: None }
    }

    /// The next thing that changes. It may take for ever.
    ///
    /// # Errors
    ///
    /// [`ImapError`] if the server refuses to tell or the session fails.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: nothing is lost in a `select!`.
    pub async fn next(&mut self) -> Result<Change, ImapError> {
        loop {
            if let Some(change) = self.client.changes.pop_front() {
                return Ok(change);
            }
            let progress = match &mut self.progress {
                Some(progress) if !progress.is_over() => progress,
                progress => progress.insert(self.client.start("IDLE", Session::watch)?),
            };
            if let Some(Told::Event(event)) = progress.step(self.client).await? {
                self.client.keep(event);
            }
        }
    }

    /// Ends it. News that come until then are kept for [`ImapClient::take_changes`].
    ///
    /// # Errors
    ///
    /// [`ImapError`] if the session fails.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: the next call waits for the end.
    pub async fn stop(mut self) -> Result<(), ImapError> {
        let Some(progress) = self.progress.as_mut().filter(|progress| !progress.is_over()) else {
            return Ok(());
        };
        self.client.session().stop_watching();
        while let Told::Event(event) = progress.next(self.client).await? {
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

impl<'a, S: AsyncRead + AsyncWrite + Unpin> Resync<'a, S> {
    pub(super) fn new(client: &'a mut ImapClient<S>, progress: Progress) -> Self {
        Self { client, progress, selected: None }
    }

    /// The next thing that changed; `None` after the last.
    ///
    /// # Errors
    ///
    /// [`ImapError`] if the mailbox cannot be selected or the session fails.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe.
    pub async fn next(&mut self) -> Result<Option<Change>, ImapError> {
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
            match self.progress.step(self.client).await? {
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
    ///
    /// # Cancel safety
    ///
    /// The session can be used on; which mailbox is selected is not known.
    pub async fn into_mailbox(mut self) -> Result<Mailbox<'a, S>, ImapError> {
        loop {
            if let Some(selected) = self.selected {
                return Ok(Mailbox::new(self.client, *selected));
            }
            if self.progress.is_over() {
                return Err(self.client.closed());
            }
            match self.progress.next(self.client).await? {
                Told::Over(Outcome::Selected(selected)) => self.selected = Some(selected),
                Told::Over(_) => {}
                Told::Event(event) => self.client.keep(event),
            }
        }
    }
}
