//! A mailbox that is selected.

use std::io::Read;

use bytes::Bytes;
use imap_proto::client::View;
use imap_proto::command::{Command, FetchAttribute, FetchCommand, Store, StoreAction};
use imap_proto::response::{AppendUid, Code, CopyUid, ResponseText};
use imap_proto::search::{SearchKey, SortKey, ThreadCommand, Threads};
use imap_proto::session::{Answer, AppendOptions, Change, Cursor, Outcome, Selected, Uids};
use imap_proto::{Atom, Flag, InvalidOctet, MailboxName, Misuse, PartPath, Uid};

use super::account::name;
use super::{Download, ImapClient, ImapError, Messages, Watch};
use crate::Stream;

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

impl<'a, S: Stream> Mailbox<'a, S> {
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
    pub fn noop(&mut self) -> Result<(), ImapError> {
        self.client.noop()
    }

    /// As [`ImapClient::run`]: commands that this mailbox has no call for.
    ///
    /// # Errors
    ///
    /// As there; [`Misuse::State`] for CLOSE and UNSELECT.
    pub fn run(&mut self, command: Command) -> Result<Answer, ImapError> {
        if matches!(command, Command::Close | Command::Unselect) {
            return Err(ImapError::Misuse(Misuse::State));
        }
        self.client.run(command)
    }

    /// Searches: the UIDs of what was found, as [`fetch`](Self::fetch) and others take them.
    ///
    /// # Errors
    ///
    /// [`ImapError`].
    ///
    /// # Example
    ///
    /// ```no_run
    /// # fn example<S>(mut inbox: mail_std::imap::Mailbox<'_, S>) -> Result<(), Box<dyn std::error::Error>>
    /// # where S: mail_std::Stream {
    /// use imap_proto::{Flag, search::SearchKey};
    ///
    /// let large = inbox.search(SearchKey::larger(10_000_000).and(SearchKey::unseen()))?;
    /// inbox.add_flags(&large, [Flag::FLAGGED])?;
    /// # Ok(()) }
    /// ```
    pub fn search(&mut self, key: SearchKey) -> Result<Vec<Uid>, ImapError> {
        self.sort(key, [])
    }

    /// The same, in the order that is asked for (RFC 5256), if the server can sort.
    ///
    /// # Errors
    ///
    /// [`ImapError`]; [`Misuse::NotOffered`] if it cannot.
    pub fn sort(
        &mut self,
        key: SearchKey,
        by: impl IntoIterator<Item = SortKey>,
    ) -> Result<Vec<Uid>, ImapError> {
        match self.client.begin("SEARCH", |session| session.sort(key, by))?.outcome()? {
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
    pub fn thread(&mut self, algorithm: Atom, key: SearchKey) -> Result<Threads, ImapError> {
        let command = Command::Thread(ThreadCommand::uid(algorithm, key)?);
        Ok(self.client.begin_command("THREAD", command)?.answer()?.threads().unwrap_or_default())
    }

    /// Fetches something of messages, which come in the order of the mailbox. UIDs are told in any case.
    ///
    /// # Example
    ///
    /// ```no_run
    /// # fn example<S>(mut inbox: mail_std::imap::Mailbox<'_, S>) -> Result<(), Box<dyn std::error::Error>>
    /// # where S: mail_std::Stream {
    /// use imap_proto::{Section, UidSet, command::FetchAttribute};
    /// use mail_std::imap::Fetched;
    ///
    /// let whole = FetchAttribute::Body { section: Section::whole(), partial: None, peek: true };
    /// let mut mails = inbox.fetch(UidSet::all(), [whole, FetchAttribute::Flags]);
    /// while let Some(mail) = mails.next()? {
    ///     let Fetched::Message(mut mail) = mail else { continue };
    ///     let name = format!("{}.eml", mail.uid.map_or(0, |uid| uid.get()));
    ///     while let Some(mut body) = mail.next_body()? {
    ///         body.copy_to(&mut std::fs::File::create(&name)?)?; // of any size
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
    /// # Example
    ///
    /// ```no_run
    /// # fn example<S>(mut inbox: mail_std::imap::Mailbox<'_, S>, uid: imap_proto::Uid)
    /// # -> Result<(), Box<dyn std::error::Error>>
    /// # where S: mail_std::Stream {
    /// let mut picture = std::fs::File::create("picture.jpg")?;
    /// inbox.download(uid, Some("2".parse()?))?.copy_to(&mut picture)?;
    /// # Ok(()) }
    /// ```
    pub fn download(&mut self, uid: Uid, part: Option<PartPath>) -> Result<Download<'_, S>, ImapError> {
        Download::begin(self.client.begin("FETCH", |session| session.download(uid, part))?)
    }

    /// Adds flags to messages. What the server says of their flags then is news: see
    /// [`take_changes`](Self::take_changes).
    ///
    /// # Errors
    ///
    /// [`ImapError`].
    pub fn add_flags(
        &mut self,
        uids: impl Uids,
        flags: impl IntoIterator<Item = Flag>,
    ) -> Result<(), ImapError> {
        self.change_flags(uids, StoreAction::Add, flags)
    }

    /// Takes flags from messages.
    ///
    /// # Errors
    ///
    /// [`ImapError`].
    pub fn remove_flags(
        &mut self,
        uids: impl Uids,
        flags: impl IntoIterator<Item = Flag>,
    ) -> Result<(), ImapError> {
        self.change_flags(uids, StoreAction::Remove, flags)
    }

    /// Gives messages these flags and no others.
    ///
    /// # Errors
    ///
    /// [`ImapError`].
    pub fn set_flags(
        &mut self,
        uids: impl Uids,
        flags: impl IntoIterator<Item = Flag>,
    ) -> Result<(), ImapError> {
        self.change_flags(uids, StoreAction::Set, flags)
    }

    fn change_flags(
        &mut self,
        uids: impl Uids,
        action: StoreAction,
        flags: impl IntoIterator<Item = Flag>,
    ) -> Result<(), ImapError> {
        if let Some(uids) = uids.to_set() {
            self.store(Store::flags(uids, action, flags))?;
        }
        Ok(())
    }

    /// STORE with all that it has. The text says, by its code MODIFIED, which messages were left because they had changed
    /// (RFC 7162 section 3.1.3).
    ///
    /// # Errors
    ///
    /// [`ImapError`].
    pub fn store(&mut self, store: Store) -> Result<ResponseText, ImapError> {
        match self.client.begin("STORE", |session| session.store(store))?.outcome()? {
            Outcome::Completed(text) => Ok(text),
            _ => Ok(ResponseText::default()),
        }
    }

    /// Copies messages to another mailbox: which UIDs the copies have, if the server tells it.
    ///
    /// # Errors
    ///
    /// [`ImapError`]; of [`Refused`](ImapError::Refused) the code `TRYCREATE` says that there is no such mailbox.
    pub fn copy_to(
        &mut self,
        uids: impl Uids,
        mailbox: impl TryInto<MailboxName, Error: Into<InvalidOctet>>,
    ) -> Result<Option<CopyUid>, ImapError> {
        let mailbox = name(mailbox)?;
        let Some(uids) = uids.to_set() else { return Ok(None) };
        match self.client.begin("COPY", |session| session.copy(uids, mailbox))?.outcome()? {
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
    pub fn move_to(
        &mut self,
        uids: impl Uids,
        mailbox: impl TryInto<MailboxName, Error: Into<InvalidOctet>>,
    ) -> Result<Option<CopyUid>, ImapError> {
        let mailbox = name(mailbox)?;
        let Some(uids) = uids.to_set() else { return Ok(None) };
        match self.client.begin("MOVE", |session| session.move_to(uids, mailbox))?.outcome()? {
            Outcome::Moved(code) => Ok(copied(code)),
            _ => Ok(None),
        }
    }

    /// Removes messages for good, and no others that are marked as deleted.
    ///
    /// # Errors
    ///
    /// [`ImapError`]; [`Misuse::WouldExpungeOthers`] if the server cannot do that.
    pub fn expunge(&mut self, uids: impl Uids) -> Result<(), ImapError> {
        if let Some(uids) = uids.to_set() {
            self.client.begin("EXPUNGE", |session| session.expunge(uids))?.outcome()?;
        }
        Ok(())
    }

    /// Stores a message in this mailbox: see [`ImapClient::append`].
    ///
    /// # Errors
    ///
    /// As there.
    pub fn append(
        &mut self,
        message: impl Into<Bytes>,
        options: AppendOptions,
    ) -> Result<Option<AppendUid>, ImapError> {
        let mailbox = self.name()?;
        self.client.append(mailbox, message, options)
    }

    /// Stores a message from any source in this mailbox: see [`ImapClient::append_stream`].
    ///
    /// # Errors
    ///
    /// As there.
    pub fn append_stream(
        &mut self,
        octets: u64,
        source: impl Read,
        options: AppendOptions,
    ) -> Result<Option<AppendUid>, ImapError> {
        let mailbox = self.name()?;
        self.client.append_stream(mailbox, octets, source, options)
    }

    fn name(&self) -> Result<MailboxName, ImapError> {
        self.selected.mailbox.clone().ok_or(ImapError::Misuse(Misuse::State))
    }

    /// Waits for news: by NOTIFY, IDLE or asking, whichever the server has.
    ///
    /// # Example
    ///
    /// ```no_run
    /// # fn example<S>(mut inbox: mail_std::imap::Mailbox<'_, S>) -> Result<(), Box<dyn std::error::Error>>
    /// # where S: mail_std::Stream {
    /// use std::time::Duration;
    ///
    /// use imap_proto::session::Change;
    ///
    /// let mut watch = inbox.watch();
    /// while !std::path::Path::new("stop").exists() {
    ///     match watch.next_within(Duration::from_secs(1))? {
    ///         Some(Change::New { uid, .. }) => println!("{uid} is new"),
    ///         Some(other) => println!("{other:?}"),
    ///         None => {} // nothing yet: time for something else
    ///     }
    /// }
    /// watch.stop()?;
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
