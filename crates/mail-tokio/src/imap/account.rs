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
use tokio::io::{AsyncRead, AsyncWrite};

use super::{ImapClient, ImapError, Mailbox, Resync};

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
impl<S: AsyncRead + AsyncWrite + Unpin> ImapClient<S> {
    /// Selects a mailbox. Whatever was selected before is not any more, whether this succeeds or not.
    ///
    /// # Errors
    ///
    /// [`ImapError`].
    ///
    /// # Cancel safety
    ///
    /// The session can be used on; which mailbox is selected is not known.
    ///
    /// # Example
    ///
    /// ```no_run
    /// # async fn example<S>(mut imap: mail_tokio::imap::ImapClient<S>) -> Result<(), Box<dyn std::error::Error>>
    /// # where S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin {
    /// let inbox = imap.select("INBOX").await?;
    /// println!("{} messages", inbox.exists());
    /// let drafts = imap.select("Entwürfe").await?; // `inbox` is over
    /// # Ok(()) }
    /// ```
    pub async fn select(
        &mut self,
        mailbox: impl TryInto<MailboxName, Error: Into<InvalidOctet>>,
    ) -> Result<Mailbox<'_, S>, ImapError> {
        let mailbox = name(mailbox)?;
        let outcome = self.begin("SELECT", |session| session.select(mailbox, false))?.outcome().await?;
        self.selected(outcome)
    }

    /// The same for reading only: nothing is changed, not even `\Recent`.
    ///
    /// # Errors
    ///
    /// As [`select`](Self::select).
    ///
    /// # Cancel safety
    ///
    /// As [`select`](Self::select).
    pub async fn examine(
        &mut self,
        mailbox: impl TryInto<MailboxName, Error: Into<InvalidOctet>>,
    ) -> Result<Mailbox<'_, S>, ImapError> {
        let mailbox = name(mailbox)?;
        let outcome = self.begin("EXAMINE", |session| session.select(mailbox, true))?.outcome().await?;
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
    /// # async fn example<S>(mut imap: mail_tokio::imap::ImapClient<S>) -> Result<(), Box<dyn std::error::Error>>
    /// # where S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin {
    /// use imap_proto::session::{Change, Cursor};
    ///
    /// let known = std::fs::read("inbox.cursor").ok().and_then(|octets| Cursor::from_bytes(&octets));
    /// let mut changes = imap.resync("INBOX", known.unwrap_or_default())?;
    /// while let Some(change) = changes.next().await? {
    ///     match change {
    ///         Change::New { uid, .. } => println!("{uid} is new"),
    ///         Change::Flags { uid, flags, .. } => println!("{uid:?} is {flags:?} now"),
    ///         Change::Vanished(uids) => println!("{uids} are gone"),
    ///         _ => println!("all that was known is worthless"),
    ///     }
    /// }
    /// let inbox = changes.into_mailbox().await?;
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
    /// # Cancel safety
    ///
    /// The session can be used on.
    ///
    /// # Example
    ///
    /// ```no_run
    /// # async fn example<S>(mut imap: mail_tokio::imap::ImapClient<S>) -> Result<(), Box<dyn std::error::Error>>
    /// # where S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin {
    /// use imap_proto::{list::StatusItem, session::ListRequest};
    ///
    /// for one in imap.list(ListRequest::all().status([StatusItem::Messages, StatusItem::Unseen])).await? {
    ///     let unread = one.status.as_ref().and_then(|status| status.unseen);
    ///     println!("{}: {unread:?} unread", one.name());
    /// }
    /// # Ok(()) }
    /// ```
    pub async fn list(&mut self, request: ListRequest) -> Result<Vec<Listed>, ImapError> {
        Ok(self.begin("LIST", |session| session.list(request))?.answer().await?.mailboxes())
    }

    /// How much is in a mailbox that need not be selected.
    ///
    /// # Errors
    ///
    /// [`ImapError`].
    ///
    /// # Cancel safety
    ///
    /// The session can be used on.
    pub async fn status(
        &mut self,
        mailbox: impl TryInto<MailboxName, Error: Into<InvalidOctet>>,
        items: impl IntoIterator<Item = StatusItem>,
    ) -> Result<MailboxStatus, ImapError> {
        let mailbox = name(mailbox)?;
        let command = Command::Status { mailbox: mailbox.clone(), items: items.into_iter().collect() };
        self.begin_command("STATUS", command)?.answer().await?.status(&mailbox).ok_or(ImapError::Missing)
    }

    /// Creates a mailbox.
    ///
    /// # Errors
    ///
    /// [`ImapError`].
    ///
    /// # Cancel safety
    ///
    /// The session can be used on; whether the mailbox came into being is not known.
    pub async fn create(
        &mut self,
        mailbox: impl TryInto<MailboxName, Error: Into<InvalidOctet>>,
    ) -> Result<(), ImapError> {
        self.create_for(mailbox, []).await
    }

    /// Creates a mailbox for something: `\Drafts`, `\Sent` and others (RFC 6154 section 3).
    ///
    /// # Errors
    ///
    /// [`ImapError`].
    ///
    /// # Cancel safety
    ///
    /// As [`create`](Self::create).
    pub async fn create_for(
        &mut self,
        mailbox: impl TryInto<MailboxName, Error: Into<InvalidOctet>>,
        uses: impl IntoIterator<Item = Flag>,
    ) -> Result<(), ImapError> {
        let mut create = Create::new(name(mailbox)?);
        create.special_use = uses.into_iter().collect();
        self.done("CREATE", Command::Create(create)).await
    }

    /// Deletes a mailbox with all that is in it.
    ///
    /// # Errors
    ///
    /// [`ImapError`].
    ///
    /// # Cancel safety
    ///
    /// The session can be used on; whether the mailbox is gone is not known.
    pub async fn delete(
        &mut self,
        mailbox: impl TryInto<MailboxName, Error: Into<InvalidOctet>>,
    ) -> Result<(), ImapError> {
        let mailbox = name(mailbox)?;
        self.done("DELETE", Command::Delete(mailbox)).await
    }

    /// Renames a mailbox, and those below it.
    ///
    /// # Errors
    ///
    /// [`ImapError`].
    ///
    /// # Cancel safety
    ///
    /// The session can be used on; what the mailbox is called is not known.
    pub async fn rename(
        &mut self,
        from: impl TryInto<MailboxName, Error: Into<InvalidOctet>>,
        to: impl TryInto<MailboxName, Error: Into<InvalidOctet>>,
    ) -> Result<(), ImapError> {
        let (from, to) = (name(from)?, name(to)?);
        self.done("RENAME", Command::Rename { from, to }).await
    }

    /// Puts a mailbox among those that are subscribed to.
    ///
    /// # Errors
    ///
    /// [`ImapError`].
    ///
    /// # Cancel safety
    ///
    /// The session can be used on.
    pub async fn subscribe(
        &mut self,
        mailbox: impl TryInto<MailboxName, Error: Into<InvalidOctet>>,
    ) -> Result<(), ImapError> {
        let mailbox = name(mailbox)?;
        self.done("SUBSCRIBE", Command::Subscribe(mailbox)).await
    }

    /// Takes a mailbox from those that are subscribed to.
    ///
    /// # Errors
    ///
    /// [`ImapError`].
    ///
    /// # Cancel safety
    ///
    /// The session can be used on.
    pub async fn unsubscribe(
        &mut self,
        mailbox: impl TryInto<MailboxName, Error: Into<InvalidOctet>>,
    ) -> Result<(), ImapError> {
        let mailbox = name(mailbox)?;
        self.done("UNSUBSCRIBE", Command::Unsubscribe(mailbox)).await
    }

    /// Where mailboxes are (RFC 9051 section 6.3.10).
    ///
    /// # Errors
    ///
    /// [`ImapError`].
    ///
    /// # Cancel safety
    ///
    /// The session can be used on.
    pub async fn namespaces(&mut self) -> Result<Namespaces, ImapError> {
        let answer = self.begin_command("NAMESPACE", Command::Namespace)?.answer().await?;
        answer.namespaces().ok_or(ImapError::Missing)
    }
}

/// # Rights, quotas, annotations
impl<S: AsyncRead + AsyncWrite + Unpin> ImapClient<S> {
    /// Who may do what with a mailbox (RFC 4314 section 3.3).
    ///
    /// # Errors
    ///
    /// [`ImapError`].
    ///
    /// # Cancel safety
    ///
    /// The session can be used on.
    pub async fn acl(
        &mut self,
        mailbox: impl TryInto<MailboxName, Error: Into<InvalidOctet>>,
    ) -> Result<Acl, ImapError> {
        let mailbox = name(mailbox)?;
        self.begin_command("GETACL", Command::GetAcl(mailbox))?
            .answer()
            .await?
            .acl()
            .ok_or(ImapError::Missing)
    }

    /// Changes what somebody may do with a mailbox (RFC 4314 section 3.1).
    ///
    /// # Errors
    ///
    /// [`ImapError`].
    ///
    /// # Cancel safety
    ///
    /// The session can be used on; whether the rights have changed is not known.
    pub async fn set_acl(
        &mut self,
        mailbox: impl TryInto<MailboxName, Error: Into<InvalidOctet>>,
        identifier: impl TryInto<Text, Error: Into<InvalidOctet>>,
        change: RightsChange,
    ) -> Result<(), ImapError> {
        let set = SetAcl { mailbox: name(mailbox)?, identifier: text(identifier)?, change };
        self.done("SETACL", Command::SetAcl(set)).await
    }

    /// Takes somebody from the list (RFC 4314 section 3.2).
    ///
    /// # Errors
    ///
    /// [`ImapError`].
    ///
    /// # Cancel safety
    ///
    /// As [`set_acl`](Self::set_acl).
    pub async fn delete_acl(
        &mut self,
        mailbox: impl TryInto<MailboxName, Error: Into<InvalidOctet>>,
        identifier: impl TryInto<Text, Error: Into<InvalidOctet>>,
    ) -> Result<(), ImapError> {
        let delete = DeleteAcl { mailbox: name(mailbox)?, identifier: text(identifier)? };
        self.done("DELETEACL", Command::DeleteAcl(delete)).await
    }

    /// What we may do with a mailbox (RFC 4314 section 3.5).
    ///
    /// # Errors
    ///
    /// [`ImapError`].
    ///
    /// # Cancel safety
    ///
    /// The session can be used on.
    pub async fn my_rights(
        &mut self,
        mailbox: impl TryInto<MailboxName, Error: Into<InvalidOctet>>,
    ) -> Result<Rights, ImapError> {
        let mailbox = name(mailbox)?;
        let answer = self.begin_command("MYRIGHTS", Command::MyRights(mailbox))?.answer().await?;
        answer.my_rights().map(|told| told.rights).ok_or(ImapError::Missing)
    }

    /// What counts against which quota in a mailbox, and how much is used (RFC 9208 section 4.1.3).
    ///
    /// # Errors
    ///
    /// [`ImapError`].
    ///
    /// # Cancel safety
    ///
    /// The session can be used on.
    pub async fn quota_roots(
        &mut self,
        mailbox: impl TryInto<MailboxName, Error: Into<InvalidOctet>>,
    ) -> Result<(QuotaRoots, Vec<Quota>), ImapError> {
        let mailbox = name(mailbox)?;
        let answer = self.begin_command("GETQUOTAROOT", Command::GetQuotaRoot(mailbox))?.answer().await?;
        answer.quota_roots().ok_or(ImapError::Missing)
    }

    /// How much of a quota is used (RFC 9208 section 4.1.2).
    ///
    /// # Errors
    ///
    /// [`ImapError`].
    ///
    /// # Cancel safety
    ///
    /// The session can be used on.
    pub async fn quota(
        &mut self,
        root: impl TryInto<Text, Error: Into<InvalidOctet>>,
    ) -> Result<Quota, ImapError> {
        let root = text(root)?;
        self.begin_command("GETQUOTA", Command::GetQuota(root))?
            .answer()
            .await?
            .quota()
            .ok_or(ImapError::Missing)
    }

    /// Annotations of a mailbox or the server (RFC 5464 section 4.2).
    ///
    /// # Errors
    ///
    /// [`ImapError`].
    ///
    /// # Cancel safety
    ///
    /// The session can be used on.
    pub async fn metadata(&mut self, get: GetMetadata) -> Result<Vec<EntryValue>, ImapError> {
        let mailbox = get.mailbox.clone();
        let answer = self.begin_command("GETMETADATA", Command::GetMetadata(get))?.answer().await?;
        Ok(answer.metadata(&mailbox))
    }

    /// Changes annotations, all or none (RFC 5464 section 4.3).
    ///
    /// # Errors
    ///
    /// [`ImapError`].
    ///
    /// # Cancel safety
    ///
    /// The session can be used on; whether the annotations have changed is not known.
    pub async fn set_metadata(&mut self, set: SetMetadata) -> Result<(), ImapError> {
        self.done("SETMETADATA", Command::SetMetadata(set)).await
    }

    /// Says who we are, and asks who the server is (RFC 2971): `None` if it does not say.
    ///
    /// # Errors
    ///
    /// [`ImapError`].
    ///
    /// # Cancel safety
    ///
    /// The session can be used on.
    pub async fn id(&mut self, ours: Option<Identification>) -> Result<Option<Identification>, ImapError> {
        let answer = self.begin_command("ID", Command::Id(ours))?.answer().await?;
        answer.identification().ok_or(ImapError::Missing)
    }
}

/// # Commands as they are
impl<S: AsyncRead + AsyncWrite + Unpin> ImapClient<S> {
    /// Asks for news, which [`take_changes`](Self::take_changes) has afterwards.
    ///
    /// # Errors
    ///
    /// [`ImapError`] if the server is not there any more.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe.
    pub async fn noop(&mut self) -> Result<(), ImapError> {
        self.done("NOOP", Command::Noop).await
    }

    /// Sends a command as it is, and tells what it was answered with.
    ///
    /// # Errors
    ///
    /// [`ImapError`]; [`Misuse::State`] for commands that change what the session is, or whose data comes or goes in pieces:
    /// those have calls of their own.
    ///
    /// # Cancel safety
    ///
    /// The session can be used on; whether the command is carried out is not known.
    ///
    /// # Example
    ///
    /// ```no_run
    /// # async fn example<S>(mut imap: mail_tokio::imap::ImapClient<S>) -> Result<(), Box<dyn std::error::Error>>
    /// # where S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin {
    /// let answer = imap.run(imap_proto::Command::GetJmapAccess).await?;
    /// println!("{:?}", answer.data);
    /// # Ok(()) }
    /// ```
    pub async fn run(&mut self, command: Command) -> Result<Answer, ImapError> {
        if matches!(command, Command::Fetch(_) | Command::Append(_) | Command::Replace(_) | Command::Logout) {
            return Err(ImapError::Misuse(Misuse::State));
        }
        self.begin_command("the command", command)?.answer().await
    }

    async fn done(&mut self, name: &'static str, command: Command) -> Result<(), ImapError> {
        self.begin_command(name, command)?.outcome().await?;
        Ok(())
    }
}
