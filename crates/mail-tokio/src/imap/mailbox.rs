//! A mailbox that is selected.

use bytes::Bytes;
use imap_proto::client::View;
use imap_proto::command::{Command, FetchAttribute, FetchCommand, Store, StoreAction};
use imap_proto::response::{AppendUid, Code, CopyUid, ResponseText};
use imap_proto::search::{SearchKey, SortKey, ThreadCommand, Threads};
use imap_proto::session::{Answer, AppendOptions, Change, Cursor, Outcome, Selected, Uids};
use imap_proto::{Atom, Flag, InvalidOctet, MailboxName, Misuse, PartPath, Uid};
use tokio::io::{AsyncRead, AsyncWrite};

use super::account::name;
use super::{Download, ImapClient, ImapError, Messages, Watch};

/// A mailbox that is selected: it borrows the session, and while it does nothing else is selected.
///
/// Messages are named by UID, in whatever shape the caller has them ([`Uids`]); where there are none, nothing is sent.
///
/// Dropped, it stays selected: [`ImapClient::mailbox`] gives it again.
#[derive(Debug)]
pub struct Mailbox<'a, S> {
    pub(super) client: &'a mut ImapClient<S>,
    selected: Selected,
}

impl<'a, S: AsyncRead + AsyncWrite + Unpin> Mailbox<'a, S> {
    pub(super) fn new(client: &'a mut ImapClient<S>, selected: Selected) -> Self {
        Self { client, selected }
    }

    /// What the server told when it was selected.
    pub fn selected(&self) -> &Selected {
        &self.selected
    }

    /// How many messages there are.
    pub fn exists(&self) -> u32 {
        self.view().exists()
    }

    /// What is known of the messages.
    pub fn view(&self) -> &View {
        self.client.session_ref().view()
    }

    /// What is known of the mailbox now, to be given to [`ImapClient::resync`] some day; `None` before it was resynced or
    /// watched in this session, or if its UIDs cannot be kept.
    pub fn cursor(&self) -> Option<Cursor> {
        self.client.session_ref().cursor()
    }

    /// As [`ImapClient::take_changes`].
    pub fn take_changes(&mut self) -> impl Iterator<Item = Change> + use<S> {
        self.client.take_changes()
    }

    /// As [`ImapClient::noop`].
    ///
    /// # Errors
    ///
    /// As there.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe.
    pub async fn noop(&mut self) -> Result<(), ImapError> {
        self.client.noop().await
    }

    /// As [`ImapClient::run`]: commands that this mailbox has no call for.
    ///
    /// # Errors
    ///
    /// As there; [`Misuse::State`] for CLOSE and UNSELECT.
    ///
    /// # Cancel safety
    ///
    /// As there.
    pub async fn run(&mut self, command: Command) -> Result<Answer, ImapError> {
        if matches!(command, Command::Close | Command::Unselect) {
            return Err(ImapError::Misuse(Misuse::State));
        }
        self.client.run(command).await
    }

    /// Searches: the UIDs of what was found, as [`fetch`](Self::fetch) and others take them.
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
    /// # async fn example<S>(mut inbox: mail_tokio::imap::Mailbox<'_, S>) -> Result<(), Box<dyn std::error::Error>>
    /// # where S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin {
    /// use imap_proto::{Flag, search::SearchKey};
    ///
    /// let large = inbox.search(SearchKey::larger(10_000_000).and(SearchKey::unseen())).await?;
    /// inbox.add_flags(&large, [Flag::FLAGGED]).await?;
    /// # Ok(()) }
    /// ```
    pub async fn search(&mut self, key: SearchKey) -> Result<Vec<Uid>, ImapError> {
        self.sort(key, []).await
    }

    /// The same, in the order that is asked for (RFC 5256), if the server can sort.
    ///
    /// # Errors
    ///
    /// [`ImapError`]; [`Misuse::NotOffered`] if it cannot.
    ///
    /// # Cancel safety
    ///
    /// The session can be used on.
    pub async fn sort(
        &mut self,
        key: SearchKey,
        by: impl IntoIterator<Item = SortKey>,
    ) -> Result<Vec<Uid>, ImapError> {
        match self.client.begin("SEARCH", |session| session.sort(key, by))?.outcome().await? {
            Outcome::Found(found) => Ok(found),
            _ => Ok(Vec::new()),
        }
    }

    /// Searches, and tells who answers whom (RFC 5256), by [`ThreadCommand::REFERENCES`] or another algorithm that the server
    /// offers.
    ///
    /// # Errors
    ///
    /// [`ImapError`].
    ///
    /// # Cancel safety
    ///
    /// The session can be used on.
    pub async fn thread(&mut self, algorithm: Atom, key: SearchKey) -> Result<Threads, ImapError> {
        let command = Command::Thread(ThreadCommand::uid(algorithm, key)?);
        Ok(self.client.begin_command("THREAD", command)?.answer().await?.threads().unwrap_or_default())
    }

    /// Fetches something of messages, which come in the order of the mailbox. UIDs are told in any case.
    ///
    /// # Example
    ///
    /// ```no_run
    /// # async fn example<S>(mut inbox: mail_tokio::imap::Mailbox<'_, S>) -> Result<(), Box<dyn std::error::Error>>
    /// # where S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin {
    /// use imap_proto::{Section, UidSet, command::FetchAttribute};
    /// use mail_tokio::imap::Fetched;
    ///
    /// let whole = FetchAttribute::Body { section: Section::whole(), partial: None, peek: true };
    /// let mut mails = inbox.fetch(UidSet::all(), [whole, FetchAttribute::Flags]);
    /// while let Some(mail) = mails.next().await? {
    ///     let Fetched::Message(mut mail) = mail else { continue };
    ///     let name = format!("{}.eml", mail.uid.map_or(0, |uid| uid.get()));
    ///     while let Some(mut body) = mail.next_body().await? {
    ///         body.copy_to(&mut tokio::fs::File::create(&name).await?).await?; // of any size
    ///     }
    /// }
    /// # Ok(()) }
    /// ```
    pub fn fetch(
        &mut self,
        uids: impl Uids,
        attributes: impl IntoIterator<Item = FetchAttribute>,
    ) -> Messages<'_, S> {
        match uids.to_set() {
            Some(uids) => self.fetch_command(FetchCommand::new(uids, attributes)),
            None => Messages::none(),
        }
    }

    /// The same with all that FETCH has: what changed since, or only so many.
    pub fn fetch_command(&mut self, command: FetchCommand) -> Messages<'_, S> {
        Messages::new(self.client.begin("FETCH", |session| session.fetch(command)))
    }

    /// Downloads a part of a message, decoded; without a part all of the message as it is.
    ///
    /// # Errors
    ///
    /// [`ImapError::Missing`] if there is no such message or part.
    ///
    /// # Cancel safety
    ///
    /// The session can be used on.
    ///
    /// # Example
    ///
    /// ```no_run
    /// # async fn example<S>(mut inbox: mail_tokio::imap::Mailbox<'_, S>, uid: imap_proto::Uid)
    /// # -> Result<(), Box<dyn std::error::Error>>
    /// # where S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin {
    /// let mut picture = tokio::fs::File::create("picture.jpg").await?;
    /// inbox.download(uid, Some("2".parse()?)).await?.copy_to(&mut picture).await?;
    /// # Ok(()) }
    /// ```
    pub async fn download(&mut self, uid: Uid, part: Option<PartPath>) -> Result<Download<'_, S>, ImapError> {
        Download::begin(self.client.begin("FETCH", |session| session.download(uid, part))?).await
    }

    /// Adds flags to messages. What the server says of their flags then is news: see
    /// [`take_changes`](Self::take_changes).
    ///
    /// # Errors
    ///
    /// [`ImapError`].
    ///
    /// # Cancel safety
    ///
    /// The session can be used on; whether the flags have changed is not known.
    pub async fn add_flags(
        &mut self,
        uids: impl Uids,
        flags: impl IntoIterator<Item = Flag>,
    ) -> Result<(), ImapError> {
        self.change_flags(uids, StoreAction::Add, flags).await
    }

    /// Takes flags from messages.
    ///
    /// # Errors
    ///
    /// [`ImapError`].
    ///
    /// # Cancel safety
    ///
    /// As [`add_flags`](Self::add_flags).
    pub async fn remove_flags(
        &mut self,
        uids: impl Uids,
        flags: impl IntoIterator<Item = Flag>,
    ) -> Result<(), ImapError> {
        self.change_flags(uids, StoreAction::Remove, flags).await
    }

    /// Gives messages these flags and no others.
    ///
    /// # Errors
    ///
    /// [`ImapError`].
    ///
    /// # Cancel safety
    ///
    /// As [`add_flags`](Self::add_flags).
    pub async fn set_flags(
        &mut self,
        uids: impl Uids,
        flags: impl IntoIterator<Item = Flag>,
    ) -> Result<(), ImapError> {
        self.change_flags(uids, StoreAction::Set, flags).await
    }

    async fn change_flags(
        &mut self,
        uids: impl Uids,
        action: StoreAction,
        flags: impl IntoIterator<Item = Flag>,
    ) -> Result<(), ImapError> {
        if let Some(uids) = uids.to_set() {
            self.store(Store::flags(uids, action, flags)).await?;
        }
        Ok(())
    }

    /// STORE with all that it has. The text says, by its code MODIFIED, which messages were left because they had changed
    /// (RFC 7162 section 3.1.3).
    ///
    /// # Errors
    ///
    /// [`ImapError`].
    ///
    /// # Cancel safety
    ///
    /// As [`add_flags`](Self::add_flags).
    pub async fn store(&mut self, store: Store) -> Result<ResponseText, ImapError> {
        match self.client.begin("STORE", |session| session.store(store))?.outcome().await? {
            Outcome::Completed(text) => Ok(text),
            _ => Ok(ResponseText::default()),
        }
    }

    /// Copies messages to another mailbox: which UIDs the copies have, if the server tells it.
    ///
    /// # Errors
    ///
    /// [`ImapError`]; of [`Refused`](ImapError::Refused) the code `TRYCREATE` says that there is no such mailbox.
    ///
    /// # Cancel safety
    ///
    /// The session can be used on; whether there are copies is not known.
    pub async fn copy_to(
        &mut self,
        uids: impl Uids,
        mailbox: impl TryInto<MailboxName, Error: Into<InvalidOctet>>,
    ) -> Result<Option<CopyUid>, ImapError> {
        let mailbox = name(mailbox)?;
        let Some(uids) = uids.to_set() else { return Ok(None) };
        match self.client.begin("COPY", |session| session.copy(uids, mailbox))?.outcome().await? {
            Outcome::Completed(text) => Ok(copied(text.code)),
            _ => Ok(None),
        }
    }

    /// Moves messages to another mailbox: which UIDs they have there, if the server tells it. Where there is no MOVE they are
    /// copied, marked as deleted and expunged, they and no others.
    ///
    /// # Errors
    ///
    /// [`ImapError`]; [`Misuse::WouldExpungeOthers`] if that cannot be done.
    ///
    /// # Cancel safety
    ///
    /// The session can be used on; where the messages are is not known.
    pub async fn move_to(
        &mut self,
        uids: impl Uids,
        mailbox: impl TryInto<MailboxName, Error: Into<InvalidOctet>>,
    ) -> Result<Option<CopyUid>, ImapError> {
        let mailbox = name(mailbox)?;
        let Some(uids) = uids.to_set() else { return Ok(None) };
        match self.client.begin("MOVE", |session| session.move_to(uids, mailbox))?.outcome().await? {
            Outcome::Moved(code) => Ok(copied(code)),
            _ => Ok(None),
        }
    }

    /// Removes messages for good, and no others that are marked as deleted.
    ///
    /// # Errors
    ///
    /// [`ImapError`]; [`Misuse::WouldExpungeOthers`] if the server cannot do that.
    ///
    /// # Cancel safety
    ///
    /// The session can be used on; whether the messages are gone is not known.
    pub async fn expunge(&mut self, uids: impl Uids) -> Result<(), ImapError> {
        if let Some(uids) = uids.to_set() {
            self.client.begin("EXPUNGE", |session| session.expunge(uids))?.outcome().await?;
        }
        Ok(())
    }

    /// Stores a message in this mailbox: see [`ImapClient::append`].
    ///
    /// # Errors
    ///
    /// As there.
    ///
    /// # Cancel safety
    ///
    /// As there.
    pub async fn append(
        &mut self,
        message: impl Into<Bytes>,
        options: AppendOptions,
    ) -> Result<Option<AppendUid>, ImapError> {
        let mailbox = self.name()?;
        self.client.append(mailbox, message, options).await
    }

    /// Stores a message from any source in this mailbox: see [`ImapClient::append_stream`].
    ///
    /// # Errors
    ///
    /// As there.
    ///
    /// # Cancel safety
    ///
    /// As there.
    pub async fn append_stream(
        &mut self,
        octets: u64,
        source: impl AsyncRead + Unpin,
        options: AppendOptions,
    ) -> Result<Option<AppendUid>, ImapError> {
        let mailbox = self.name()?;
        self.client.append_stream(mailbox, octets, source, options).await
    }

    fn name(&self) -> Result<MailboxName, ImapError> {
        self.selected.mailbox.clone().ok_or(ImapError::Misuse(Misuse::State))
    }

    /// Waits for news: by NOTIFY, IDLE or asking, whichever the server has.
    ///
    /// # Example
    ///
    /// ```no_run
    /// # async fn example<S>(mut inbox: mail_tokio::imap::Mailbox<'_, S>) -> Result<(), Box<dyn std::error::Error>>
    /// # where S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin {
    /// use imap_proto::session::Change;
    ///
    /// let mut watch = inbox.watch();
    /// loop {
    ///     tokio::select! {
    ///         change = watch.next() => match change? {
    ///             Change::New { uid, .. } => println!("{uid} is new"),
    ///             other => println!("{other:?}"),
    ///         },
    ///         _ = tokio::signal::ctrl_c() => break,
    ///     }
    /// }
    /// watch.stop().await?;
    /// # Ok(()) }
    /// ```
    pub fn watch(&mut self) -> Watch<'_, S> {
        Watch::new(self.client)
    }
}

fn copied(code: Option<Code>) -> Option<CopyUid> {
    match code {
        Some(Code::CopyUid(uids)) => uids,
        _ => None,
    }
}
