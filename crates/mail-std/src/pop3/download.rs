//! A download: message after message, committed one by one.

use std::io::Write;
use std::time::{SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use pop3_proto::collector::{Download, Found, Journal, Occurrence, Plan, Report, Survey};

use super::client::{CollectError, Pop3Client};
use crate::Stream;

/// The messages of a plan, one after another; see [`Pop3Client::download`].
///
/// It borrows client and journal. Dropped before its end, it leaves the session usable: what is on its way is read
/// over unseen, and what was committed stays committed.
#[derive(Debug)]
pub struct Downloads<'a, S: Stream> {
    client: &'a mut Pop3Client<S>,
    journal: &'a mut Journal,
    run: Download,
}

impl<'a, S: Stream> Downloads<'a, S> {
    pub(super) fn begin(
        client: &'a mut Pop3Client<S>,
        plan: Plan,
        survey: Survey,
        journal: &'a mut Journal,
    ) -> Result<Self, CollectError> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
        let run = Download::begin(client.collector(), plan, survey, journal, now)?;
        Ok(Self { client, journal, run })
    }

    /// The next message; `None` after the last. What was not read of the one before is read over.
    ///
    /// # Errors
    ///
    /// [`CollectError`] if the session fails; what was committed is in the journal. A message that the server does not
    /// give is no error: the report names it.
    #[allow(clippy::should_implement_trait)] // it fails
    pub fn next(&mut self) -> Result<Option<Mail<'_, S>>, CollectError> {
        while !self.run.is_complete() {
            let event = self.client.next()?;
            if let Some(Occurrence::Message(found)) = self.run.on_event(event) {
                let Self { client, journal, run } = self;
                return Ok(Some(Mail { client, journal, run, found, ended: false }));
            }
        }
        Ok(None)
    }

    /// What came of it so far.
    pub fn report(&self) -> &Report {
        self.run.report()
    }

    /// The journal, to be kept in between.
    pub fn journal(&self) -> &Journal {
        self.journal
    }

    /// Waits until every deletion is answered, and tells what came of it all. Messages that are left are not
    /// retrieved any more.
    ///
    /// # Errors
    ///
    /// [`CollectError`] if the session fails.
    pub fn finish(mut self) -> Result<Report, CollectError> {
        if !self.run.is_complete() {
            self.client.collector().abandon();
        }
        while self.run.is_deleting() {
            let event = self.client.next()?;
            let _ = self.run.on_event(event);
        }
        Ok(self.run.report().clone())
    }
}

impl<S: Stream> Drop for Downloads<'_, S> {
    fn drop(&mut self) {
        if !self.run.is_complete() {
            self.client.collector().abandon();
        }
    }
}

/// A message of a download.
#[derive(Debug)]
pub struct Mail<'m, S: Stream> {
    client: &'m mut Pop3Client<S>,
    journal: &'m mut Journal,
    run: &'m mut Download,
    found: Found,
    ended: bool,
}

impl<S: Stream> Mail<'_, S> {
    /// Its number, size and unique id, as the server told.
    pub fn found(&self) -> &Found {
        &self.found
    }

    /// The next piece, `None` at the end.
    ///
    /// # Errors
    ///
    /// [`CollectError`] if the session fails: what came so far is not the message.
    #[allow(clippy::should_implement_trait)] // it fails
    pub fn next(&mut self) -> Result<Option<Bytes>, CollectError> {
        while !self.ended {
            let event = self.client.next()?;
            match self.run.on_event(event) {
                Some(Occurrence::Body(chunk)) => return Ok(Some(chunk)),
                Some(Occurrence::BodyEnd) => self.ended = true,
                _ => {}
            }
        }
        Ok(None)
    }

    /// Copies all of it; how many octets it has.
    ///
    /// # Errors
    ///
    /// [`CollectError::Store`] if it cannot be written: the session goes on with the next message. Else as
    /// [`next`](Self::next).
    pub fn copy_to(&mut self, writer: &mut impl Write) -> Result<u64, CollectError> {
        let mut octets = 0;
        while let Some(chunk) = self.next()? {
            writer.write_all(&chunk).map_err(CollectError::Store)?;
            octets += chunk.len() as u64;
        }
        writer.flush().map_err(CollectError::Store)?;
        Ok(octets)
    }

    /// The message is safely stored: it is recorded in the journal, and deleted if the policy says so. A message that
    /// is dropped without this was not retrieved, as far as journal and server are concerned.
    ///
    /// # Errors
    ///
    /// [`CollectError::Misuse`] if it was not read to its end.
    pub fn commit(self) -> Result<(), CollectError> {
        self.run.commit(self.journal, self.client.collector()).map_err(CollectError::Misuse)
    }
}
