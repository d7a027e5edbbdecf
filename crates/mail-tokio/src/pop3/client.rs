//! A client that collects mail.

use std::io;

use bytes::Bytes;
use pop3_proto::client::Config;
use pop3_proto::collector::{
    Collector, CollectorError, DownloadError, Event, Journal, Opening, Plan, Survey,
};
use pop3_proto::{Capabilities, Misuse, Reply};
use sasl_core::{Credentials, client::Policy};
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use wire_core::{LayerError, LayerFault, Moment, Recorder, Security};
#[cfg(feature = "tls")]
use wire_rustls::ClientTls;

use super::download::Downloads;
use crate::client::{Dial, TlsUse, TransportError};
use crate::{ConnectOptions, Connection, Error};

/// Why mail could not be collected.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CollectError {
    /// The host cannot be reached.
    #[error("cannot connect: {0}")]
    Connect(#[source] io::Error),
    /// The connection failed.
    #[error("the connection failed: {0}")]
    Io(#[source] io::Error),
    /// TLS failed; see its fault and cause.
    #[error(transparent)]
    Tls(LayerError),
    /// The server refused the session or the login, or broke the protocol.
    #[error(transparent)]
    Session(CollectorError),
    /// The configuration of TLS does not allow a session with this host.
    #[error("TLS cannot be configured: {0}")]
    TlsConfig(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The server has no unique ids, and the plan needs them.
    #[error("the server has no unique ids, which this policy needs")]
    NoUniqueIds,
    /// The server does not give this message.
    #[error("the server does not give the message: {0}")]
    NotRetrieved(Reply),
    /// The server did not remove every message that was marked (RFC 1939 section 6).
    #[error("the server did not remove every deleted message: {0}")]
    NotRemoved(Reply),
    /// The message could not be written to where it was to be stored.
    #[error("the message cannot be stored: {0}")]
    Store(#[source] io::Error),
    /// A call that does not fit the state of the session.
    #[error(transparent)]
    Misuse(Misuse),
    /// The server closed the session.
    #[error("the server closed the session")]
    Closed,
}

impl CollectError {
    /// Whether trying again later makes sense: the maildrop is in use or the server has a problem that passes (RFC 2449 section 8.1,
    /// RFC 3206 section 4), it cannot be reached now, or the connection was lost.
    ///
    /// # Example
    ///
    /// ```
    /// use mail_tokio::pop3::CollectError;
    /// use pop3_proto::{Reply, collector::CollectorError};
    ///
    /// assert!(CollectError::NotRetrieved(Reply::local_error()).is_transient());
    /// assert!(!CollectError::Session(CollectorError::NoStartTls).is_transient());
    /// ```
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Session(error) => error.is_transient(),
            Self::NotRetrieved(reply) | Self::NotRemoved(reply) => reply.is_transient(),
            Self::Connect(error) => error.kind() != io::ErrorKind::InvalidInput,
            Self::Tls(error) => error.fault == LayerFault::Truncated,
            Self::Io(_) | Self::Closed => true,
            Self::TlsConfig(_) | Self::NoUniqueIds | Self::Store(_) | Self::Misuse(_) => false,
        }
    }
}

impl From<TransportError> for CollectError {
    fn from(error: TransportError) -> Self {
        match error {
            TransportError::Connect(error) => Self::Connect(error),
            TransportError::Io(error) => Self::Io(error),
            TransportError::Tls(error) => Self::Tls(error),
            TransportError::TlsConfig(error) => Self::TlsConfig(error),
        }
    }
}

impl From<Error<CollectorError>> for CollectError {
    fn from(error: Error<CollectorError>) -> Self {
        TransportError::below(error).map_or_else(Self::Session, Self::from)
    }
}

impl From<DownloadError> for CollectError {
    fn from(error: DownloadError) -> Self {
        match error {
            DownloadError::Misuse(misuse) => Self::Misuse(misuse),
            _ => Self::NoUniqueIds,
        }
    }
}

/// Collects how to connect and log in.
#[derive(Clone, Debug)]
pub struct Pop3ClientBuilder {
    opening: Opening,
    dial: Dial,
}

impl Pop3ClientBuilder {
    /// Sets the port. By default 995 for [`Security::ImplicitTls`], else 110.
    #[must_use]
    pub fn port(mut self, port: u16) -> Self {
        self.dial.port = Some(port);
        self
    }

    /// Sets which SASL mechanisms may be used.
    #[must_use]
    pub fn policy(mut self, policy: Policy) -> Self {
        self.opening.policy = policy;
        self
    }

    /// Sets limits, timeouts and leniencies.
    #[must_use]
    pub fn config(mut self, config: Config) -> Self {
        self.opening.config = config;
        self
    }

    /// Whether to log in by AUTH (RFC 5034); on by default.
    #[must_use]
    pub fn sasl(mut self, sasl: bool) -> Self {
        self.opening.sasl = sasl;
        self
    }

    /// Whether to log in by USER and PASS where AUTH does not do; on by default.
    #[must_use]
    pub fn user_pass(mut self, user_pass: bool) -> Self {
        self.opening.user_pass = user_pass;
        self
    }

    /// Whether to log in by APOP, in clear only; off by default, since MD5 is broken.
    #[must_use]
    pub fn apop(mut self, apop: bool) -> Self {
        self.opening.apop = apop;
        self
    }

    /// Whether to ask for UTF-8 if it is offered (RFC 6856 section 2); on by default.
    #[must_use]
    pub fn utf8(mut self, utf8: bool) -> Self {
        self.opening.utf8 = utf8;
        self
    }

    /// The language to ask for if the server speaks several (RFC 6856 section 3).
    #[must_use]
    pub fn language(mut self, range: &str) -> Self {
        self.opening.language = Some(range.to_owned());
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

    /// Connects, secures the connection and logs in: the maildrop is locked then.
    ///
    /// # Errors
    ///
    /// [`CollectError`]: which step failed, and what the server said.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future drops the connection.
    pub async fn connect(self) -> Result<Pop3Client<TcpStream>, CollectError> {
        let port = if self.opening.security == Security::ImplicitTls { 995 } else { 110 };
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
    pub async fn connect_over<S>(self, stream: S) -> Result<Pop3Client<S>, CollectError>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let tls = match self.opening.security {
            Security::ImplicitTls => TlsUse::Implicit,
            Security::StartTls => TlsUse::Upgrade,
            _ => TlsUse::None,
        };
        let seed = crate::seed().map_err(CollectError::Io)?;
        let collector = Collector::new(self.opening, seed, Moment::ORIGIN);
        let connection = self.dial.connection(stream, collector, tls)?;
        let mut client = Pop3Client { connection };
        client.until(|event| matches!(event, Event::Ready).then_some(())).await?;
        Ok(client)
    }
}

/// An open session with a server that holds mail. The maildrop is locked while it lasts.
///
/// Messages that were deleted are removed by [`quit`](Self::quit); a client that is dropped has deleted nothing.
///
/// # Example
///
/// ```no_run
/// # async fn example(journal_text: String) -> Result<(), Box<dyn std::error::Error>> {
/// use mail_tokio::pop3::Pop3Client;
/// use pop3_proto::collector::{Journal, Policy};
/// use sasl_core::Credentials;
/// use wire_core::Security;
///
/// let alice = Credentials::password("alice", "secret");
/// let mut pop3 = Pop3Client::builder("pop.example.org", Security::ImplicitTls, alice).connect().await?;
/// let mut journal = Journal::parse(&journal_text)?;
/// let mut download = pop3.download(Policy::DeleteAfter { days: 14 }, &mut journal).await?;
/// while let Some(mut mail) = download.next().await? {
///     let mut file = tokio::fs::File::create(format!("{}.eml", mail.found().message)).await?;
///     mail.copy_to(&mut file).await?;
///     file.sync_all().await?;
///     mail.commit()?; // only now may it be deleted
/// }
/// let report = download.finish().await?;
/// println!("{} new messages", report.committed);
/// pop3.quit().await?;
/// std::fs::write("journal", journal.to_text())?;
/// # Ok(()) }
/// ```
#[derive(Debug)]
pub struct Pop3Client<S> {
    connection: Connection<Collector, S>,
}

impl Pop3Client<TcpStream> {
    /// Begins to describe a session with `host`.
    pub fn builder(host: &str, security: Security, credentials: Credentials) -> Pop3ClientBuilder {
        Pop3ClientBuilder { opening: Opening::new(security, credentials), dial: Dial::new(host) }
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Pop3Client<S> {
    /// What the server can do.
    pub fn capabilities(&self) -> &Capabilities {
        self.connection.machine_ref().capabilities()
    }

    /// The driver below.
    pub fn connection(&mut self) -> &mut Connection<Collector, S> {
        &mut self.connection
    }

    /// The next event of the collector.
    pub(super) async fn next(&mut self) -> Result<Event, CollectError> {
        self.connection.next().await?.ok_or(CollectError::Closed)
    }

    pub(super) fn collector(&mut self) -> &mut Collector {
        self.connection.machine()
    }

    async fn until<T>(&mut self, mut done: impl FnMut(Event) -> Option<T>) -> Result<T, CollectError> {
        loop {
            let event = self.next().await?;
            if let Some(result) = done(event) {
                return Ok(result);
            }
        }
    }

    /// Looks into the maildrop: numbers, sizes and unique ids of its messages.
    ///
    /// # Errors
    ///
    /// [`CollectError`] if the session fails.
    ///
    /// # Cancel safety
    ///
    /// Not cancel safe: drop the client too.
    pub async fn survey(&mut self) -> Result<Survey, CollectError> {
        self.collector().survey().map_err(CollectError::Misuse)?;
        self.until(|event| if let Event::Survey(survey) = event { Some(survey) } else { None }).await
    }

    /// Downloads what a plan says: new messages, in order, each of which is recorded in the journal and perhaps
    /// deleted once it is [committed](super::Mail::commit).
    ///
    /// Messages are asked for ahead if the server allows it, so that none waits for the one before.
    ///
    /// # Errors
    ///
    /// [`CollectError::NoUniqueIds`] if the plan needs them and the server has none; else if the session fails.
    ///
    /// # Cancel safety
    ///
    /// Not cancel safe: drop the client too.
    pub async fn download<'a>(
        &'a mut self,
        plan: impl Into<Plan>,
        journal: &'a mut Journal,
    ) -> Result<Downloads<'a, S>, CollectError> {
        let survey = self.survey().await?;
        Downloads::begin(self, plan.into(), survey, journal)
    }

    /// One message, whatever any plan says.
    ///
    /// # Errors
    ///
    /// [`CollectError::NotRetrieved`] if the server does not give it.
    ///
    /// # Cancel safety
    ///
    /// Not cancel safe: drop the client too.
    pub async fn retrieve(&mut self, message: u32) -> Result<Message<'_, S>, CollectError> {
        self.collector().retrieve(message, None);
        self.message().await
    }

    /// The header fields of a message and so many lines of its body (TOP).
    ///
    /// # Errors
    ///
    /// As [`retrieve`](Self::retrieve).
    ///
    /// # Cancel safety
    ///
    /// Not cancel safe: drop the client too.
    pub async fn top(&mut self, message: u32, lines: u64) -> Result<Message<'_, S>, CollectError> {
        self.collector().top(message, lines);
        self.message().await
    }

    async fn message(&mut self) -> Result<Message<'_, S>, CollectError> {
        let refused = self
            .until(|event| match event {
                Event::Message { .. } => Some(None),
                Event::NotRetrieved { reply, .. } => Some(Some(reply)),
                _ => None,
            })
            .await?;
        match refused {
            Some(reply) => Err(CollectError::NotRetrieved(reply)),
            None => Ok(Message { client: self, ended: false }),
        }
    }

    /// Marks a message as deleted; [`quit`](Self::quit) removes it. False if the server does not mark it.
    ///
    /// # Errors
    ///
    /// [`CollectError`] if the session fails.
    ///
    /// # Cancel safety
    ///
    /// Not cancel safe: drop the client too.
    pub async fn delete(&mut self, message: u32) -> Result<bool, CollectError> {
        self.collector().delete(message).map_err(CollectError::Misuse)?;
        self.until(|event| match event {
            Event::Deleted { message: deleted, .. } if deleted == message => Some(true),
            Event::NotDeleted { message: refused, .. } if refused == message => Some(false),
            _ => None,
        })
        .await
    }

    /// Takes back every mark.
    ///
    /// # Errors
    ///
    /// [`CollectError`] if the session fails.
    ///
    /// # Cancel safety
    ///
    /// Not cancel safe: drop the client too.
    pub async fn reset(&mut self) -> Result<(), CollectError> {
        self.collector().reset().map_err(CollectError::Misuse)?;
        self.until(|event| matches!(event, Event::Alive).then_some(())).await
    }

    /// Asks whether the server is still there.
    ///
    /// # Errors
    ///
    /// [`CollectError`] if it is not.
    ///
    /// # Cancel safety
    ///
    /// Not cancel safe: drop the client too.
    pub async fn noop(&mut self) -> Result<(), CollectError> {
        self.collector().noop().map_err(CollectError::Misuse)?;
        self.until(|event| matches!(event, Event::Alive).then_some(())).await
    }

    /// Ends the session; the server removes what is marked.
    ///
    /// # Errors
    ///
    /// [`CollectError::NotRemoved`] if it says that it did not; any other error if it is not known.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future drops the connection.
    pub async fn quit(mut self) -> Result<(), CollectError> {
        self.collector().quit().map_err(CollectError::Misuse)?;
        let mut refused = None;
        while let Some(event) = self.connection.next().await? {
            if let Event::Goodbye(reply) = event
                && reply.is_negative()
            {
                refused = Some(reply);
            }
        }
        refused.map_or(Ok(()), |reply| Err(CollectError::NotRemoved(reply)))
    }
}

/// A message that is being retrieved.
#[derive(Debug)]
pub struct Message<'a, S: AsyncRead + AsyncWrite + Unpin> {
    client: &'a mut Pop3Client<S>,
    ended: bool,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Message<'_, S> {
    /// The next piece, `None` at the end.
    ///
    /// # Errors
    ///
    /// [`CollectError`] if the session fails: what came so far is not the message.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe.
    pub async fn next(&mut self) -> Result<Option<Bytes>, CollectError> {
        while !self.ended {
            match self.client.next().await? {
                Event::Body(chunk) => return Ok(Some(chunk)),
                Event::BodyEnd => self.ended = true,
                _ => {}
            }
        }
        Ok(None)
    }

    /// Copies all of it; how many octets it has.
    ///
    /// # Errors
    ///
    /// [`CollectError::Store`] if it cannot be written; else as [`next`](Self::next).
    ///
    /// # Cancel safety
    ///
    /// Not cancel safe: part of it may have been written.
    pub async fn copy_to(&mut self, writer: &mut (impl AsyncWrite + Unpin)) -> Result<u64, CollectError> {
        let mut octets = 0;
        while let Some(chunk) = self.next().await? {
            writer.write_all(&chunk).await.map_err(CollectError::Store)?;
            octets += chunk.len() as u64;
        }
        writer.flush().await.map_err(CollectError::Store)?;
        Ok(octets)
    }
}

/// What was not read is read over unseen.
impl<S: AsyncRead + AsyncWrite + Unpin> Drop for Message<'_, S> {
    fn drop(&mut self) {
        if !self.ended {
            self.client.collector().abandon();
        }
    }
}
