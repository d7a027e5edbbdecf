//! A client that sends mail.

use std::io::{self, Read};
use std::net::TcpStream;

use bytes::Bytes;
use sasl_core::{Credentials, client::Policy};
use smtp_proto::client::{Config, Protocol};
use smtp_proto::sender::{BodyError, Content, Envelope, Event, Opening, Security, Sender, SenderError, Sent};
use smtp_proto::{Capabilities, Host, Misuse};
use wire_core::{LayerError, LayerFault, Moment, Recorder};
#[cfg(feature = "tls")]
use wire_rustls::ClientTls;

use crate::client::{Dial, TlsUse, TransportError};
use crate::{ConnectOptions, Connection, Error, Stream};

/// A blocking client cannot read while it writes: RFC 2920 section 3.1 wants a group of commands to fit the
/// window of TCP, "usually (but not always) 4K octets".
fn blocking(mut config: Config) -> Config {
    config.limits.pipeline_octets = config.limits.pipeline_octets.min(4096);
    config
}

/// How much of a body is read from its source at a time.
const CHUNK: usize = 64 * 1024;

/// Why mail could not be sent.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SendError {
    /// The host cannot be reached.
    #[error("cannot connect: {0}")]
    Connect(#[source] io::Error),
    /// The connection failed.
    #[error("the connection failed: {0}")]
    Io(#[source] io::Error),
    /// TLS failed; see its fault and cause.
    #[error(transparent)]
    Tls(LayerError),
    /// The server refused the session, or broke the protocol.
    #[error(transparent)]
    Session(SenderError),
    /// The configuration of TLS does not allow a session with this host.
    #[error("TLS cannot be configured: {0}")]
    TlsConfig(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The message cannot be sent as it is.
    #[error(transparent)]
    Body(BodyError),
    /// The message could not be read from its source.
    #[error("the message cannot be read: {0}")]
    Source(#[source] io::Error),
    /// A call that does not fit the state of the session.
    #[error(transparent)]
    Misuse(Misuse),
    /// The server closed the session.
    #[error("the server closed the session")]
    Closed,
}

impl SendError {
    /// Whether trying again later makes sense: the server said so (class 4 of RFC 5321 section 4.2.1), it cannot be reached now, or
    /// the connection was lost. What a recipient is told has an advice of its own, [`Outcome::retry`](smtp_proto::sender::Outcome::retry).
    ///
    /// # Example
    ///
    /// ```
    /// use mail_std::smtp::SendError;
    /// use smtp_proto::sender::{SenderError, Stage};
    ///
    /// let reply = smtp_proto::Reply::too_many_connections();
    /// let error = SendError::Session(SenderError::Refused { stage: Stage::Greeting, reply });
    /// assert!(error.is_transient());
    /// assert!(!SendError::Session(SenderError::NoStartTls).is_transient());
    /// ```
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Session(error) => error.is_transient(),
            Self::Connect(error) => error.kind() != io::ErrorKind::InvalidInput,
            Self::Tls(error) => error.fault == LayerFault::Truncated,
            Self::Io(_) | Self::Closed => true,
            Self::TlsConfig(_) | Self::Body(_) | Self::Source(_) | Self::Misuse(_) => false,
        }
    }
}

impl From<TransportError> for SendError {
    fn from(error: TransportError) -> Self {
        match error {
            TransportError::Connect(error) => Self::Connect(error),
            TransportError::Io(error) => Self::Io(error),
            TransportError::Tls(error) => Self::Tls(error),
            TransportError::TlsConfig(error) => Self::TlsConfig(error),
        }
    }
}

impl From<Error<SenderError>> for SendError {
    fn from(error: Error<SenderError>) -> Self {
        TransportError::below(error).map_or_else(Self::Session, Self::from)
    }
}

/// Collects how to connect and log in.
#[derive(Clone, Debug)]
pub struct SmtpClientBuilder {
    dial: Dial,
    security: Security,
    credentials: Option<Credentials>,
    policy: Policy,
    config: Config,
    hello: Option<Host>,
    repair_newlines: bool,
}

impl SmtpClientBuilder {
    /// Sets the port. By default 465 for [`Security::ImplicitTls`], 587 for [`Security::StartTls`], else 25.
    #[must_use]
    pub fn port(mut self, port: u16) -> Self {
        self.dial.port = Some(port);
        self
    }

    /// Logs in.
    #[must_use]
    pub fn credentials(mut self, credentials: Credentials) -> Self {
        self.credentials = Some(credentials);
        self
    }

    /// Sets which SASL mechanisms may be used.
    #[must_use]
    pub fn policy(mut self, policy: Policy) -> Self {
        self.policy = policy;
        self
    }

    /// Sets limits, timeouts and protocol.
    #[must_use]
    pub fn config(mut self, config: Config) -> Self {
        self.config = blocking(config);
        self
    }

    /// Speaks LMTP (RFC 2033).
    #[must_use]
    pub fn lmtp(mut self) -> Self {
        self.config.protocol = Protocol::Lmtp;
        self
    }

    /// Sets the argument of EHLO; by default the local address in brackets.
    #[must_use]
    pub fn hello(mut self, host: Host) -> Self {
        self.hello = Some(host);
        self
    }

    /// Turns lone CR and LF in messages into CRLF instead of refusing them.
    #[must_use]
    pub fn repair_newlines(mut self, repair: bool) -> Self {
        self.repair_newlines = repair;
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

    /// Connects, secures the connection, greets and logs in.
    ///
    /// # Errors
    ///
    /// [`SendError`]: which step failed, and what the server said.
    pub fn connect(self) -> Result<SmtpClient<TcpStream>, SendError> {
        let port = match self.security {
            Security::ImplicitTls => 465,
            Security::StartTls => 587,
            _ => 25,
        };
        let stream = self.dial.connect(port)?;
        let local = stream.local_addr().map_err(SendError::Connect)?;
        self.handshake(stream, Host::from(local.ip()))
    }

    /// The same on a stream that is connected already, such as a Unix socket.
    ///
    /// # Errors
    ///
    /// As [`connect`](Self::connect).
    pub fn connect_over<S>(self, stream: S) -> Result<SmtpClient<S>, SendError>
    where
        S: Stream,
    {
        self.handshake(stream, Host::from(std::net::IpAddr::from([127, 0, 0, 1])))
    }

    fn handshake<S>(self, stream: S, local: Host) -> Result<SmtpClient<S>, SendError>
    where
        S: Stream,
    {
        let mut opening = Opening::new(self.hello.clone().unwrap_or(local), self.security)
            .policy(self.policy.clone())
            .config(self.config.clone())
            .repair_newlines(self.repair_newlines);
        opening.credentials = self.credentials.clone();
        let sender = Sender::new(opening, crate::seed().map_err(SendError::Io)?, Moment::ORIGIN);
        let connection = self.dial.connection(stream, sender, tls_use(self.security))?;
        let mut client = SmtpClient { connection };
        client.open()?;
        Ok(client)
    }
}

fn tls_use(security: Security) -> TlsUse {
    match security {
        Security::ImplicitTls => TlsUse::Implicit,
        Security::Opportunistic => TlsUse::Opportunistic,
        Security::Clear => TlsUse::None,
        _ => TlsUse::Upgrade,
    }
}

/// An open session with a server that takes mail.
///
/// # Example
///
/// ```no_run
/// # fn example(message: bytes::Bytes) -> Result<(), Box<dyn std::error::Error>> {
/// use mail_std::smtp::SmtpClient;
/// use sasl_core::Credentials;
/// use smtp_proto::sender::{Envelope, Security};
///
/// let mut smtp = SmtpClient::builder("mail.example.org", Security::ImplicitTls)
///     .credentials(Credentials::password("alice", "secret"))
///     .connect()?;
/// let sent = smtp.send(Envelope::new("alice@example.org", ["bob@example.net", "eve@example.com"])?, message)?;
/// for (recipient, outcome) in &sent {
///     println!("{recipient}: {outcome}");
/// }
/// smtp.quit()?;
/// # Ok(()) }
/// ```
#[derive(Debug)]
pub struct SmtpClient<S> {
    connection: Connection<Sender, S>,
}

impl SmtpClient<TcpStream> {
    /// Begins to describe a session with `host`.
    pub fn builder(host: &str, security: impl Into<Security>) -> SmtpClientBuilder {
        let security = security.into();
        SmtpClientBuilder {
            dial: Dial::new(host),
            security,
            credentials: None,
            policy: Policy::default(),
            config: blocking(Config::new()),
            hello: None,
            repair_newlines: false,
        }
    }
}

impl<S: Stream> SmtpClient<S> {
    fn open(&mut self) -> Result<(), SendError> {
        loop {
            match self.connection.next()? {
                Some(Event::Ready) => return Ok(()),
                Some(_) => {}
                None => return Err(SendError::Closed),
            }
        }
    }

    /// What the server offers.
    pub fn capabilities(&self) -> &Capabilities {
        self.connection.machine_ref().capabilities()
    }

    /// The driver below.
    pub fn connection(&mut self) -> &mut Connection<Sender, S> {
        &mut self.connection
    }

    /// Whether another message can be sent.
    pub fn is_ready(&self) -> bool {
        self.connection.machine_ref().is_ready()
    }

    /// Sends a message that is in memory; it is not copied in clear.
    ///
    /// # Errors
    ///
    /// [`SendError`] if the message cannot be sent as it is or the session fails without an answer about any
    /// recipient. A connection that is lost on the way is an outcome of the recipients, not an error.
    pub fn send(&mut self, envelope: Envelope, message: impl Into<Bytes>) -> Result<Sent, SendError> {
        let mut message = message.into();
        self.begin(envelope, Content::of(&message))?;
        loop {
            if let Some(sent) = self.until_wanted()? {
                return Ok(sent);
            }
            if message.is_empty() {
                self.connection.machine().end_body().map_err(SendError::Body)?;
                continue;
            }
            let room = self.connection.machine_ref().body_capacity().min(CHUNK);
            if room == 0 {
                self.connection.flush()?;
                continue;
            }
            let chunk = message.split_to(room.min(message.len()));
            self.connection.machine().body(chunk).map_err(SendError::Body)?;
        }
    }

    /// Sends a message from any source; at most a few chunks of it are in memory at a time.
    ///
    /// `content` says what is known of it: see [`Content`] and [`smtp_proto::sender::ContentScan`].
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send); [`SendError::Source`] if the source fails: then the message is given up.
    pub fn send_from(
        &mut self,
        envelope: Envelope,
        content: Content,
        mut source: impl Read,
    ) -> Result<Sent, SendError> {
        self.begin(envelope, content)?;
        loop {
            if let Some(sent) = self.until_wanted()? {
                return Ok(sent);
            }
            if self.connection.machine_ref().body_capacity() < CHUNK {
                self.connection.flush()?;
                continue;
            }
            let mut buffer = Vec::new();
            match source.by_ref().take(CHUNK as u64).read_to_end(&mut buffer) {
                Ok(0) => self.connection.machine().end_body().map_err(SendError::Body)?,
                Ok(_) => self.connection.machine().body(buffer.into()).map_err(SendError::Body)?,
                Err(error) => {
                    self.connection.machine().abort_body();
                    return Err(SendError::Source(error));
                }
            }
        }
    }

    fn begin(&mut self, envelope: Envelope, content: Content) -> Result<(), SendError> {
        self.connection.machine().send(envelope, content).map_err(SendError::Misuse)
    }

    /// Waits until a piece of the message is wanted (`None`) or all is said.
    fn until_wanted(&mut self) -> Result<Option<Sent>, SendError> {
        if self.connection.machine_ref().wants_body() {
            return Ok(None);
        }
        loop {
            match self.connection.next()? {
                Some(Event::Sent(sent)) => return Ok(Some(sent)),
                Some(Event::BodyWanted) => return Ok(None),
                Some(_) => {}
                None => return Err(SendError::Closed),
            }
        }
    }

    /// Asks whether the server is still there.
    ///
    /// # Errors
    ///
    /// [`SendError`] if it is not.
    pub fn noop(&mut self) -> Result<(), SendError> {
        self.connection.machine().noop().map_err(SendError::Misuse)?;
        loop {
            match self.connection.next()? {
                Some(Event::Alive) => return Ok(()),
                Some(_) => {}
                None => return Err(SendError::Closed),
            }
        }
    }

    /// Ends the session.
    ///
    /// # Errors
    ///
    /// [`SendError`] if the connection fails before the server says goodbye.
    pub fn quit(mut self) -> Result<(), SendError> {
        self.connection.machine().quit().map_err(SendError::Misuse)?;
        while self.connection.next()?.is_some() {}
        Ok(())
    }
}
