//! A client that reads mail, and keeps it where it is.

use std::collections::VecDeque;

use imap_proto::client::Config;
use imap_proto::extensions::id::Identification;
use imap_proto::response::{Damaged, ResponseText};
use imap_proto::session::{Change, Event, Opening, Profile, Session, TaskId};
use imap_proto::{Capabilities, Capability};
use sasl_core::{Credentials, client::Policy};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use wire_core::{Moment, Recorder, Security, detach};
#[cfg(feature = "tls")]
use wire_rustls::ClientTls;

use super::ImapError;
use crate::client::{Dial, TlsUse};
use crate::{ConnectOptions, Connection};

/// News of a mailbox that are kept, at most.
const CHANGES_MOST: usize = 10_000;
/// Notices, and responses that make no sense, that are kept, at most.
const NOTICES_MOST: usize = 100;
/// Octets of responses that make no sense, at most; one of them is kept in any case.
const DAMAGED_MOST: usize = 1024 * 1024;

/// Collects how to connect and log in.
#[derive(Clone, Debug)]
pub struct ImapClientBuilder {
    opening: Opening,
    dial: Dial,
}

impl ImapClientBuilder {
    /// Sets the port. By default 993 for [`Security::ImplicitTls`], else 143.
    #[must_use]
    pub fn port(mut self, port: u16) -> Self {
        self.dial.port = Some(port);
        self
    }

    /// Sets what is known of the server beforehand; by default what its name tells ([`Profile::of_host`]).
    #[must_use]
    pub fn profile(mut self, profile: Profile) -> Self {
        self.opening = self.opening.profile(profile);
        self
    }

    /// Sets which SASL mechanisms may be used; LOGIN follows the rules of PLAIN.
    #[must_use]
    pub fn policy(mut self, policy: Policy) -> Self {
        self.opening = self.opening.policy(policy);
        self
    }

    /// Sets limits and timeouts.
    #[must_use]
    pub fn config(mut self, config: Config) -> Self {
        self.opening = self.opening.config(config);
        self
    }

    /// Whether to log in by LOGIN (RFC 9051 section 6.2.3) where AUTHENTICATE does not do; on by default.
    #[must_use]
    pub fn login(mut self, login: bool) -> Self {
        self.opening = self.opening.login(login);
        self
    }

    /// Whether to compress if that is offered (RFC 4978); off by default.
    #[must_use]
    pub fn compress(mut self, compress: bool) -> Self {
        self.opening = self.opening.compress(compress);
        self
    }

    /// Whether to enable IMAP4rev2 or UTF8=ACCEPT if they are offered; on by default.
    #[must_use]
    pub fn utf8(mut self, utf8: bool) -> Self {
        self.opening = self.opening.utf8(utf8);
        self
    }

    /// Whether to enable QRESYNC or CONDSTORE if they are offered (RFC 7162); on by default.
    #[must_use]
    pub fn qresync(mut self, qresync: bool) -> Self {
        self.opening = self.opening.qresync(qresync);
        self
    }

    /// Sets what is said to servers that want to know who they talk to (RFC 2971), and has it said.
    #[must_use]
    pub fn identification(mut self, identification: Identification) -> Self {
        self.opening = self.opening.identification(identification);
        self
    }

    /// Sets how to connect.
    #[must_use]
    pub fn connect_options(mut self, options: ConnectOptions) -> Self {
        self.dial.options = options;
        self
    }

    /// Records the session, credentials redacted.
    #[must_use]
    pub fn record(mut self, recorder: Recorder) -> Self {
        self.dial.recorder = Some(recorder);
        self
    }

    /// Sets the TLS configuration; by default the certificates of the public web are trusted.
    #[cfg(feature = "tls")]
    #[must_use]
    pub fn tls(mut self, tls: ClientTls) -> Self {
        self.dial.tls = Some(tls);
        self
    }

    /// Connects, secures the connection, logs in, and switches on what is wanted and offered.
    ///
    /// # Errors
    ///
    /// [`ImapError`]: which step failed, and what the server said.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future drops the connection.
    pub async fn connect(self) -> Result<ImapClient<TcpStream>, ImapError> {
        let port = if self.opening.security == Security::ImplicitTls { 993 } else { 143 };
        let stream = self.dial.connect(port).await?;
        self.connect_over(stream).await
    }

    /// The same on a stream that is connected already.
    ///
    /// # Errors
    ///
    /// As [`connect`](Self::connect).
    ///
    /// # Cancel safety
    ///
    /// Dropping the future drops the connection.
    pub async fn connect_over<S>(self, stream: S) -> Result<ImapClient<S>, ImapError>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let tls = match self.opening.security {
            Security::ImplicitTls => TlsUse::Implicit,
            Security::StartTls => TlsUse::Upgrade,
            _ => TlsUse::None,
        };
        let seed = crate::seed().map_err(ImapError::Io)?;
        let session = Session::new(self.opening, seed, Moment::ORIGIN);
        let connection = self.dial.connection(stream, session, tls)?;
        let mut client = ImapClient {
            connection,
            changes: VecDeque::new(),
            selecting: None,
            notices: VecDeque::new(),
            damaged: VecDeque::new(),
            bye: None,
            under_way: None,
        };
        loop {
            match client.step().await? {
                Some(Event::Ready) => return Ok(client),
                Some(event) => client.keep(event),
                None => {}
            }
        }
    }
}

/// An open session with a server that keeps mail.
///
/// # News
///
/// A server tells news of the selected mailbox whenever it likes. They are read while something is done
/// ([`noop`](Self::noop) does nothing else), and kept for [`take_changes`](Self::take_changes); a
/// [`Watch`](super::Watch) waits for them.
///
/// # Cancel safety
///
/// Whatever future is dropped, the session can be used on: the command goes on without anybody, and what comes of it is
/// read over at the next call. Whether the server carries it out is not known then. A message that is being stored is the
/// exception: the connection closes, so that nothing is stored cut.
///
/// # Example
///
/// ```no_run
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// use imap_proto::command::FetchAttribute;
/// use imap_proto::search::SearchKey;
/// use mail_tokio::imap::{Fetched, ImapClient};
/// use sasl_core::Credentials;
/// use wire_core::Security;
///
/// let alice = Credentials::password("alice", "secret");
/// let mut imap = ImapClient::builder("imap.example.org", Security::ImplicitTls, alice).connect().await?;
/// let mut inbox = imap.select("INBOX").await?;
/// let unread = inbox.search(SearchKey::unseen().and(SearchKey::from("newsletter"))).await?;
/// let mut mails = inbox.fetch(&unread, [FetchAttribute::Envelope, FetchAttribute::Size]);
/// while let Some(mail) = mails.next().await? {
///     match mail {
///         Fetched::Message(mail) => println!("{:?} {:?}", mail.uid, mail.envelope()),
///         Fetched::Damaged(damaged) => eprintln!("{:?}: {:?}", damaged.uid, damaged.error), // never lost, never fatal
///     }
/// }
/// inbox.move_to(&unread, "Archive/Übersicht").await?;
/// imap.logout().await?;
/// # Ok(()) }
/// ```
#[derive(Debug)]
pub struct ImapClient<S> {
    connection: Connection<Session, S>,
    pub(super) changes: VecDeque<Change>,
    /// The call that the changes are of, or that came before them.
    pub(super) selecting: Option<TaskId>,
    notices: VecDeque<ResponseText>,
    damaged: VecDeque<Damaged>,
    bye: Option<Box<ResponseText>>,
    /// The call that was begun last: when another begins, nobody waits for it any more.
    pub(super) under_way: Option<TaskId>,
}

impl ImapClient<TcpStream> {
    /// Begins to describe a session with `host`.
    pub fn builder(host: &str, security: Security, credentials: Credentials) -> ImapClientBuilder {
        let opening = Opening::new(security, credentials).profile(Profile::of_host(host));
        ImapClientBuilder { opening, dial: Dial::new(host) }
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> ImapClient<S> {
    /// What the server can do.
    pub fn capabilities(&self) -> &Capabilities {
        self.session_ref().capabilities()
    }

    /// Whether the server offers something.
    pub fn has(&self, capability: &Capability) -> bool {
        self.session_ref().has(capability)
    }

    /// Whether the session goes on: it does until the server closes it or the connection fails.
    pub fn is_ready(&self) -> bool {
        self.session_ref().is_ready()
    }

    /// The driver below.
    pub fn connection(&mut self) -> &mut Connection<Session, S> {
        &mut self.connection
    }

    /// News of the selected mailbox that were not asked for, in their order; see [News](Self#news). At most 10 000 are
    /// kept: if there are more they are dropped, and [`Change::Lost`] stands for them.
    pub fn take_changes(&mut self) -> impl Iterator<Item = Change> + use<S> {
        std::mem::take(&mut self.changes).into_iter()
    }

    /// What the server wants people to be told (ALERT, RFC 9051 section 7.1): the last hundred of it.
    pub fn take_notices(&mut self) -> impl Iterator<Item = ResponseText> + use<S> {
        std::mem::take(&mut self.notices).into_iter()
    }

    /// Responses that made no sense: the last hundred of them, or as many as have a mebioctet. Those about messages that were fetched are not here:
    /// [`Messages`](super::Messages) tells them.
    pub fn take_damaged(&mut self) -> impl Iterator<Item = Damaged> + use<S> {
        std::mem::take(&mut self.damaged).into_iter()
    }

    pub(super) fn session(&mut self) -> &mut Session {
        self.connection.machine()
    }

    pub(super) fn session_ref(&self) -> &Session {
        self.connection.machine_ref()
    }

    pub(super) fn closed(&self) -> ImapError {
        ImapError::Closed(self.bye.clone())
    }

    /// One event: `None` if it is news, which are kept.
    pub(super) async fn step(&mut self) -> Result<Option<Event>, ImapError> {
        let Some(event) = self.connection.next().await? else { return Err(self.closed()) };
        match event {
            Event::Change(change) => self.changed(change),
            Event::Selecting(id) => {
                self.changes.clear();
                self.selecting = Some(id);
            }
            Event::Notice(text) => self.noticed(text),
            Event::Bye(text) => self.bye = Some(Box::new(text)),
            event => return Ok(Some(event)),
        }
        Ok(None)
    }

    fn changed(&mut self, change: Change) {
        if self.changes.len() >= CHANGES_MOST {
            self.changes.clear();
            self.changes.push_back(Change::Lost);
        }
        self.changes.push_back(change.detach());
    }

    fn noticed(&mut self, text: ResponseText) {
        if self.notices.len() >= NOTICES_MOST {
            self.notices.pop_front();
        }
        self.notices.push_back(text);
    }

    /// Keeps what must not be lost of an event that nobody looks at.
    pub(super) fn keep(&mut self, event: Event) {
        if let Event::Damaged(mut damaged) = event {
            damaged.raw = detach(&damaged.raw);
            self.damaged.push_back(damaged);
            let octets = |damaged: &VecDeque<Damaged>| damaged.iter().map(|one| one.raw.len()).sum::<usize>();
            while self.damaged.len() > NOTICES_MOST
                || (self.damaged.len() > 1 && octets(&self.damaged) > DAMAGED_MOST)
            {
                self.damaged.pop_front();
            }
        }
    }

    /// Sends what is queued.
    pub(super) async fn flush(&mut self) -> Result<(), ImapError> {
        Ok(self.connection.flush().await?)
    }

    /// Ends the session.
    ///
    /// # Errors
    ///
    /// [`ImapError`] if the connection fails before the server says goodbye.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future drops the connection.
    pub async fn logout(mut self) -> Result<(), ImapError> {
        self.start("LOGOUT", Session::logout)?;
        while self.connection.next().await?.is_some() {}
        Ok(())
    }
}
