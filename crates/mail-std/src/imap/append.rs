//! Storing messages.

use std::io::{self, Read};

use bytes::Bytes;
use imap_proto::response::{AppendUid, Code};
use imap_proto::session::{AppendOptions, Outcome};
use imap_proto::{InvalidOctet, MailboxName};

use super::account::name;
use super::call::{Call, Told};
use super::{ImapClient, ImapError};
use crate::Stream;

/// How much of a message is read or sent at a time.
const CHUNK: usize = 64 * 1024;

impl<S: Stream> ImapClient<S> {
    /// Stores a message that is in memory; it is not copied in clear. The UID that it has got, if the server tells it.
    ///
    /// # Errors
    ///
    /// [`ImapError`]; of [`Refused`](ImapError::Refused) the code `TRYCREATE` says that there is no such mailbox.
    ///
    /// # Example
    ///
    /// ```no_run
    /// # fn example<S>(mut imap: mail_std::imap::ImapClient<S>) -> Result<(), Box<dyn std::error::Error>>
    /// # where S: mail_std::Stream {
    /// use imap_proto::{Flag, session::AppendOptions};
    ///
    /// let message = "Subject: Hello\r\n\r\nHello!\r\n";
    /// imap.append("Sent", message, AppendOptions::new().flags([Flag::SEEN]))?;
    /// # Ok(()) }
    /// ```
    pub fn append(
        &mut self,
        mailbox: impl TryInto<MailboxName, Error: Into<InvalidOctet>>,
        message: impl Into<Bytes>,
        options: AppendOptions,
    ) -> Result<Option<AppendUid>, ImapError> {
        let mut message = message.into();
        let mut call = self.begin_append(name(mailbox)?, message.len() as u64, &options)?;
        loop {
            if let Some(stored) = call.until_wanted()? {
                return Ok(stored);
            }
            let room = call.client.session_ref().literal_capacity().min(CHUNK);
            if room == 0 {
                call.client.flush()?;
                continue;
            }
            let chunk = message.split_to(room.min(message.len()));
            call.client.session().literal(chunk)?;
        }
    }

    /// Stores a message of `octets` octets from any source; at most a few chunks of it are in memory at a time. What the
    /// source has beyond that is left in it.
    ///
    /// # Errors
    ///
    /// As [`append`](Self::append); [`ImapError::Source`] if the source fails or has fewer octets. The connection is
    /// closed then, so that the message is not stored in part.
    ///
    /// # Example
    ///
    /// ```no_run
    /// # fn example<S>(mut imap: mail_std::imap::ImapClient<S>) -> Result<(), Box<dyn std::error::Error>>
    /// # where S: mail_std::Stream {
    /// use imap_proto::session::AppendOptions;
    ///
    /// let file = std::fs::File::open("large.eml")?;
    /// let octets = file.metadata()?.len();
    /// imap.append_stream("Archive", octets, file, AppendOptions::new())?;
    /// # Ok(()) }
    /// ```
    pub fn append_stream(
        &mut self,
        mailbox: impl TryInto<MailboxName, Error: Into<InvalidOctet>>,
        octets: u64,
        mut source: impl Read,
        options: AppendOptions,
    ) -> Result<Option<AppendUid>, ImapError> {
        let mut call = self.begin_append(name(mailbox)?, octets, &options)?;
        loop {
            if let Some(stored) = call.until_wanted()? {
                return Ok(stored);
            }
            let room = call.client.session_ref().literal_capacity().min(CHUNK);
            if room == 0 {
                call.client.flush()?;
                continue;
            }
            let left = call.client.session_ref().literal_left().unwrap_or(0).min(room as u64);
            let mut buffer = Vec::new();
            match source.by_ref().take(left).read_to_end(&mut buffer) {
                Ok(1..) => call.client.session().literal(buffer.into())?,
                Ok(_) => return Err(call.given_up(io::ErrorKind::UnexpectedEof.into())),
                Err(error) => return Err(call.given_up(error)),
            }
        }
    }

    fn begin_append(
        &mut self,
        mailbox: MailboxName,
        octets: u64,
        options: &AppendOptions,
    ) -> Result<Call<'_, S>, ImapError> {
        let append = options.to_append(mailbox, octets);
        self.begin("APPEND", |session| session.append(append))
    }
}

impl<S: Stream> Call<'_, S> {
    /// The source failed: what was sent is no message.
    fn given_up(&mut self, error: io::Error) -> ImapError {
        self.client.session().abort_literal();
        ImapError::Source(error)
    }

    /// Waits until octets of the message are wanted (`None`) or it is stored.
    fn until_wanted(&mut self) -> Result<Option<Option<AppendUid>>, ImapError> {
        loop {
            if self.client.session_ref().literal_left().is_some_and(|left| left > 0) {
                return Ok(None);
            }
            match self.next()? {
                Told::Over(Outcome::Completed(text)) => {
                    return Ok(Some(match text.code {
                        Some(Code::AppendUid(uids)) => uids,
                        _ => None,
                    }));
                }
                Told::Over(_) => return Ok(Some(None)),
                Told::Event(event) => self.client.keep(event),
            }
        }
    }
}
