//! Mailboxes, rights, quotas and whatever else is not about messages.

use imap_proto::command::{Command, Create};
use imap_proto::extensions::acl::{Acl, DeleteAcl, Rights, RightsChange, SetAcl};
use imap_proto::extensions::id::Identification;
use imap_proto::extensions::metadata::{EntryValue, GetMetadata, SetMetadata};
use imap_proto::extensions::namespace::Namespaces;
use imap_proto::extensions::quota::{Quota, QuotaRoots};
use imap_proto::list::{MailboxStatus, StatusItem};
use imap_proto::session::{Answer, Cursor, ListRequest, Listed, Outcome};
use imap_proto::{Flag, InvalidOctet, MailboxName, Misuse, Text};

use super::{ImapClient, ImapError, Mailbox, Resync};
use crate::Stream;

/// A name, whatever the caller has of it.
pub(super) fn name(
    name: impl TryInto<MailboxName, Error: Into<InvalidOctet>>,
) -> Result<MailboxName, ImapError> {
    name.try_into().map_err(|error| ImapError::Invalid(error.into()))
}

/// A text, whatever the caller has of it.
fn text(text: impl TryInto<Text, Error: Into<InvalidOctet>>) -> Result<Text, ImapError> {
    text.try_into().map_err(|error| ImapError::Invalid(error.into()))
}

/// # Mailboxes
impl<S: Stream> ImapClient<S> {
    /// Selects a mailbox. Whatever was selected before is not any more, whether this succeeds or not.
    ///
    /// # Errors
    ///
    /// [`ImapError`].
    ///
    /// # Example
    ///
    /// ```no_run
    /// # fn example<S>(mut imap: mail_std::imap::ImapClient<S>) -> Result<(), Box<dyn std::error::Error>>
    /// # where S: mail_std::Stream {
    /// let inbox = imap.select("INBOX")?;
    /// println!("{} messages", inbox.exists());
    /// let drafts = imap.select("Entwürfe")?; // `inbox` is over
    /// # Ok(()) }
    /// ```
    pub fn select(
        &mut self,
        mailbox: impl TryInto<MailboxName, Error: Into<InvalidOctet>>,
    ) -> Result<Mailbox<'_, S>, ImapError> {
        let mailbox = name(mailbox)?;
        let outcome = self.begin("SELECT", |session| session.select(mailbox, false))?.outcome()?;
        self.selected(outcome)
    }

    /// The same for reading only: nothing is changed, not even `\Recent`.
    ///
    /// # Errors
    ///
    /// As [`select`](Self::select).
    pub fn examine(
        &mut self,
        mailbox: impl TryInto<MailboxName, Error: Into<InvalidOctet>>,
    ) -> Result<Mailbox<'_, S>, ImapError> {
        let mailbox = name(mailbox)?;
        let outcome = self.begin("EXAMINE", |session| session.select(mailbox, true))?.outcome()?;
        self.selected(outcome)
    }

    fn selected(&mut self, outcome: Outcome) -> Result<Mailbox<'_, S>, ImapError> {
        match outcome {
            Outcome::Selected(selected) => Ok(Mailbox::new(self, *selected)),
            _ => Err(ImapError::Misuse(Misuse::State)),
        }
    }

    /// The mailbox that is selected already, without asking the server; `None` if none is.
    pub fn mailbox(&mut self) -> Option<Mailbox<'_, S>> {
        let selected = self.session_ref().selected()?.clone();
        Some(Mailbox::new(self, selected))
    }

    /// Selects a mailbox and tells what changed since a [cursor](Mailbox::cursor) was taken; the default cursor knows
    /// nothing, and all is new. With QRESYNC or CONDSTORE little is transferred, else UIDs and flags of all messages.
    ///
    /// # Errors
    ///
    /// [`ImapError::Invalid`]. What the server says is told by [`Resync::next`].
    ///
    /// # Example
    ///
    /// ```no_run
    /// # fn example<S>(mut imap: mail_std::imap::ImapClient<S>) -> Result<(), Box<dyn std::error::Error>>
    /// # where S: mail_std::Stream {
    /// use imap_proto::session::{Change, Cursor};
    ///
    /// let known = std::fs::read("inbox.cursor").ok().and_then(|octets| Cursor::from_bytes(&octets));
    /// let mut changes = imap.resync("INBOX", known.unwrap_or_default())?;
    /// while let Some(change) = changes.next()? {
    ///     match change {
    ///         Change::New { uid, .. } => println!("{uid} is new"),
    ///         Change::Flags { uid, flags, .. } => println!("{uid:?} is {flags:?} now"),
    ///         Change::Vanished(uids) => println!("{uids} are gone"),
    ///         _ => println!("all that was known is worthless"),
    ///     }
    /// }
    /// let inbox = changes.into_mailbox()?;
    /// if let Some(cursor) = inbox.cursor() {
    ///     std::fs::write("inbox.cursor", cursor.to_bytes())?;
    /// }
    /// # Ok(()) }
    /// ```
    pub fn resync(
        &mut self,
        mailbox: impl TryInto<MailboxName, Error: Into<InvalidOctet>>,
        cursor: Cursor,
    ) -> Result<Resync<'_, S>, ImapError> {
        let mailbox = name(mailbox)?;
        let progress = self.start("SELECT", |session| session.resync(mailbox, cursor))?;
        Ok(Resync::new(self, progress))
    }

    /// Lists mailboxes, with their status if the request asks for it.
    ///
    /// # Errors
    ///
    /// [`ImapError`].
    ///
    /// # Example
    ///
    /// ```no_run
    /// # fn example<S>(mut imap: mail_std::imap::ImapClient<S>) -> Result<(), Box<dyn std::error::Error>>
    /// # where S: mail_std::Stream {
    /// use imap_proto::{list::StatusItem, session::ListRequest};
    ///
    /// for one in imap.list(ListRequest::all().status([StatusItem::Messages, StatusItem::Unseen]))? {
    ///     let unread = one.status.as_ref().and_then(|status| status.unseen);
    ///     println!("{}: {unread:?} unread", one.name());
    /// }
    /// # Ok(()) }
    /// ```
    pub fn list(&mut self, request: ListRequest) -> Result<Vec<Listed>, ImapError> {
        Ok(self.begin("LIST", |session| session.list(request))?.answer()?.mailboxes())
    }

    /// How much is in a mailbox that need not be selected.
    ///
    /// # Errors
    ///
    /// [`ImapError`].
    pub fn status(
        &mut self,
        mailbox: impl TryInto<MailboxName, Error: Into<InvalidOctet>>,
        items: impl IntoIterator<Item = StatusItem>,
    ) -> Result<MailboxStatus, ImapError> {
        let mailbox = name(mailbox)?;
        let command = Command::Status { mailbox: mailbox.clone(), items: items.into_iter().collect() };
        self.begin_command("STATUS", command)?.answer()?.status(&mailbox).ok_or(ImapError::Missing)
    }

    /// Creates a mailbox.
    ///
    /// # Errors
    ///
    /// [`ImapError`].
    pub fn create(
        &mut self,
        mailbox: impl TryInto<MailboxName, Error: Into<InvalidOctet>>,
    ) -> Result<(), ImapError> {
        self.create_for(mailbox, [])
    }

    /// Creates a mailbox for something: `\Drafts`, `\Sent` and others (RFC 6154 section 3).
    ///
    /// # Errors
    ///
    /// [`ImapError`].
    pub fn create_for(
        &mut self,
        mailbox: impl TryInto<MailboxName, Error: Into<InvalidOctet>>,
        uses: impl IntoIterator<Item = Flag>,
    ) -> Result<(), ImapError> {
        let mut create = Create::new(name(mailbox)?);
        create.special_use = uses.into_iter().collect();
        self.done("CREATE", Command::Create(create))
    }

    /// Deletes a mailbox with all that is in it.
    ///
    /// # Errors
    ///
    /// [`ImapError`].
    pub fn delete(
        &mut self,
        mailbox: impl TryInto<MailboxName, Error: Into<InvalidOctet>>,
    ) -> Result<(), ImapError> {
        let mailbox = name(mailbox)?;
        self.done("DELETE", Command::Delete(mailbox))
    }

    /// Renames a mailbox, and those below it.
    ///
    /// # Errors
    ///
    /// [`ImapError`].
    pub fn rename(
        &mut self,
        from: impl TryInto<MailboxName, Error: Into<InvalidOctet>>,
        to: impl TryInto<MailboxName, Error: Into<InvalidOctet>>,
    ) -> Result<(), ImapError> {
        let (from, to) = (name(from)?, name(to)?);
        self.done("RENAME", Command::Rename { from, to })
    }

    /// Puts a mailbox among those that are subscribed to.
    ///
    /// # Errors
    ///
    /// [`ImapError`].
    pub fn subscribe(
        &mut self,
        mailbox: impl TryInto<MailboxName, Error: Into<InvalidOctet>>,
    ) -> Result<(), ImapError> {
        let mailbox = name(mailbox)?;
        self.done("SUBSCRIBE", Command::Subscribe(mailbox))
    }

    /// Takes a mailbox from those that are subscribed to.
    ///
    /// # Errors
    ///
    /// [`ImapError`].
    pub fn unsubscribe(
        &mut self,
        mailbox: impl TryInto<MailboxName, Error: Into<InvalidOctet>>,
    ) -> Result<(), ImapError> {
        let mailbox = name(mailbox)?;
        self.done("UNSUBSCRIBE", Command::Unsubscribe(mailbox))
    }

    /// Where mailboxes are (RFC 9051 section 6.3.10).
    ///
    /// # Errors
    ///
    /// [`ImapError`].
    pub fn namespaces(&mut self) -> Result<Namespaces, ImapError> {
        let answer = self.begin_command("NAMESPACE", Command::Namespace)?.answer()?;
        answer.namespaces().ok_or(ImapError::Missing)
    }
}

/// # Rights, quotas, annotations
impl<S: Stream> ImapClient<S> {
    /// Who may do what with a mailbox (RFC 4314 section 3.3).
    ///
    /// # Errors
    ///
    /// [`ImapError`].
    pub fn acl(
        &mut self,
        mailbox: impl TryInto<MailboxName, Error: Into<InvalidOctet>>,
    ) -> Result<Acl, ImapError> {
        let mailbox = name(mailbox)?;
        self.begin_command("GETACL", Command::GetAcl(mailbox))?.answer()?.acl().ok_or(ImapError::Missing)
    }

    /// Changes what somebody may do with a mailbox (RFC 4314 section 3.1).
    ///
    /// # Errors
    ///
    /// [`ImapError`].
    pub fn set_acl(
        &mut self,
        mailbox: impl TryInto<MailboxName, Error: Into<InvalidOctet>>,
        identifier: impl TryInto<Text, Error: Into<InvalidOctet>>,
        change: RightsChange,
    ) -> Result<(), ImapError> {
        let set = SetAcl { mailbox: name(mailbox)?, identifier: text(identifier)?, change };
        self.done("SETACL", Command::SetAcl(set))
    }

    /// Takes somebody from the list (RFC 4314 section 3.2).
    ///
    /// # Errors
    ///
    /// [`ImapError`].
    pub fn delete_acl(
        &mut self,
        mailbox: impl TryInto<MailboxName, Error: Into<InvalidOctet>>,
        identifier: impl TryInto<Text, Error: Into<InvalidOctet>>,
    ) -> Result<(), ImapError> {
        let delete = DeleteAcl { mailbox: name(mailbox)?, identifier: text(identifier)? };
        self.done("DELETEACL", Command::DeleteAcl(delete))
    }

    /// What we may do with a mailbox (RFC 4314 section 3.5).
    ///
    /// # Errors
    ///
    /// [`ImapError`].
    pub fn my_rights(
        &mut self,
        mailbox: impl TryInto<MailboxName, Error: Into<InvalidOctet>>,
    ) -> Result<Rights, ImapError> {
        let mailbox = name(mailbox)?;
        let answer = self.begin_command("MYRIGHTS", Command::MyRights(mailbox))?.answer()?;
        answer.my_rights().map(|told| told.rights).ok_or(ImapError::Missing)
    }

    /// What counts against which quota in a mailbox, and how much is used (RFC 9208 section 4.1.3).
    ///
    /// # Errors
    ///
    /// [`ImapError`].
    pub fn quota_roots(
        &mut self,
        mailbox: impl TryInto<MailboxName, Error: Into<InvalidOctet>>,
    ) -> Result<(QuotaRoots, Vec<Quota>), ImapError> {
        let mailbox = name(mailbox)?;
        let answer = self.begin_command("GETQUOTAROOT", Command::GetQuotaRoot(mailbox))?.answer()?;
        answer.quota_roots().ok_or(ImapError::Missing)
    }

    /// How much of a quota is used (RFC 9208 section 4.1.2).
    ///
    /// # Errors
    ///
    /// [`ImapError`].
    pub fn quota(&mut self, root: impl TryInto<Text, Error: Into<InvalidOctet>>) -> Result<Quota, ImapError> {
        let root = text(root)?;
        self.begin_command("GETQUOTA", Command::GetQuota(root))?.answer()?.quota().ok_or(ImapError::Missing)
    }

    /// Annotations of a mailbox or the server (RFC 5464 section 4.2).
    ///
    /// # Errors
    ///
    /// [`ImapError`].
    pub fn metadata(&mut self, get: GetMetadata) -> Result<Vec<EntryValue>, ImapError> {
        let mailbox = get.mailbox.clone();
        let answer = self.begin_command("GETMETADATA", Command::GetMetadata(get))?.answer()?;
        Ok(answer.metadata(&mailbox))
    }

    /// Changes annotations, all or none (RFC 5464 section 4.3).
    ///
    /// # Errors
    ///
    /// [`ImapError`].
    pub fn set_metadata(&mut self, set: SetMetadata) -> Result<(), ImapError> {
        self.done("SETMETADATA", Command::SetMetadata(set))
    }

    /// Says who we are, and asks who the server is (RFC 2971): `None` if it does not say.
    ///
    /// # Errors
    ///
    /// [`ImapError`].
    pub fn id(&mut self, ours: Option<Identification>) -> Result<Option<Identification>, ImapError> {
        let answer = self.begin_command("ID", Command::Id(ours))?.answer()?;
        answer.identification().ok_or(ImapError::Missing)
    }
}

/// # Commands as they are
impl<S: Stream> ImapClient<S> {
    /// Asks for news, which [`take_changes`](Self::take_changes) has afterwards.
    ///
    /// # Errors
    ///
    /// [`ImapError`] if the server is not there any more.
    pub fn noop(&mut self) -> Result<(), ImapError> {
        self.done("NOOP", Command::Noop)
    }

    /// Sends a command as it is, and tells what it was answered with.
    ///
    /// # Errors
    ///
    /// [`ImapError`]; [`Misuse::State`] for commands that change what the session is, or whose data comes or goes in pieces:
    /// those have calls of their own.
    ///
    /// # Example
    ///
    /// ```no_run
    /// # fn example<S>(mut imap: mail_std::imap::ImapClient<S>) -> Result<(), Box<dyn std::error::Error>>
    /// # where S: mail_std::Stream {
    /// let answer = imap.run(imap_proto::Command::GetJmapAccess)?;
    /// println!("{:?}", answer.data);
    /// # Ok(()) }
    /// ```
    pub fn run(&mut self, command: Command) -> Result<Answer, ImapError> {
        if matches!(command, Command::Fetch(_) | Command::Append(_) | Command::Replace(_) | Command::Logout) {
            return Err(ImapError::Misuse(Misuse::State));
        }
        self.begin_command("the command", command)?.answer()
    }

    fn done(&mut self, name: &'static str, command: Command) -> Result<(), ImapError> {
        self.begin_command(name, command)?.outcome()?;
        Ok(())
    }
}
