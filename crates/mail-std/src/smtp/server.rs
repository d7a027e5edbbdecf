//! A server that takes mail: the accept loop, and a handler that decides.

use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use sasl_core::server::{Answer, Failure, Identity, Question};
use smtp_proto::server::{Abort, Config, Event, Protocol, Server};
use smtp_proto::{ForwardPath, Host, MailParams, RcptParams, Reply, ReversePath, XclientAttributes};
use wire_core::{Endpoint, Moment, Networks, Recorder, TlsSession, proxy};
#[cfg(feature = "tls")]
use wire_rustls::ServerTls;

use crate::accept::{AcceptLimits, Acceptor, Permit, Shutdown};
use crate::{Connection, Error, Stream, Waited};

type Failed = Error<smtp_proto::Error>;

/// How long a proxy may take to send its header.
const HEADER_TIME: Duration = Duration::from_secs(10);
/// How often a thread that waits for its client looks whether a shutdown has begun.
const LOOK_UP: Duration = Duration::from_millis(500);

/// A recipient that was accepted.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Recipient {
    /// Who.
    pub path: ForwardPath,
    /// The parameters of RCPT.
    pub params: RcptParams,
}

impl Recipient {
    /// The domain as text, if there is one; compare it with `eq_ignore_ascii_case`.
    pub fn domain(&self) -> &str {
        self.path.domain().map_or("", |domain| domain.as_str())
    }
}

/// What is known of the client and its transaction.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Session {
    /// Where the client is; what a trusted proxy says, if there is one.
    pub peer: Option<SocketAddr>,
    /// What it calls itself.
    pub hello: Option<Host>,
    /// Whether it said EHLO or LHLO.
    pub extended: bool,
    /// The TLS session.
    pub tls: Option<Arc<TlsSession>>,
    /// Who it is, after AUTH.
    pub identity: Option<Identity>,
    /// The sender of the transaction, once it is accepted.
    pub from: Option<ReversePath>,
    /// The parameters of MAIL.
    pub params: MailParams,
    /// The recipients accepted so far.
    pub recipients: Vec<Recipient>,
}

/// Decides what a server does. Every method has a default but the two that make a server:
/// [`recipient`](Self::recipient) and [`message`](Self::message).
///
/// A reply of class 2 accepts, others refuse; 421 ends the session.
///
/// # Example
///
/// ```
/// use mail_std::smtp::{Body, Handler, Recipient, Session};
/// use smtp_proto::Reply;
///
/// struct Inbox;
///
/// impl Handler for Inbox {
///     fn recipient(&mut self, _session: &Session, recipient: &Recipient) -> Reply {
///         if recipient.domain() == "example.org" { Reply::ok() } else { Reply::relay_denied() }
///     }
///
///     fn message(&mut self, _session: &Session, mut body: Body<'_>) -> Reply {
///         let mut octets = 0;
///         while let Ok(Some(chunk)) = body.next() {
///             octets += chunk.len();
///         }
///         println!("{octets} octets");
///         Reply::accepted()
///     }
/// }
/// ```
pub trait Handler: Send {
    /// A client has connected.
    fn connected(&mut self, session: &Session) -> Reply {
        let _ = session;
        Reply::ok()
    }

    /// EHLO, HELO or LHLO.
    fn hello(&mut self, session: &Session, host: &Host) -> Reply {
        let _ = (session, host);
        Reply::ok()
    }

    /// AUTH wants a credential checked or fetched. The default knows nobody.
    fn authenticate(&mut self, session: &Session, question: Question) -> Answer {
        let _ = (session, question);
        Answer::Reject
    }

    /// AUTH failed, for logs and rate limits.
    fn authentication_failed(&mut self, session: &Session, failure: Failure) {
        let _ = (session, failure);
    }

    /// MAIL.
    fn sender(&mut self, session: &Session, from: &ReversePath, params: &MailParams) -> Reply {
        let _ = (session, from, params);
        Reply::ok()
    }

    /// RCPT.
    fn recipient(&mut self, session: &Session, recipient: &Recipient) -> Reply;

    /// The message. A positive reply takes the responsibility for it (RFC 5321 section 6.1): store it first.
    ///
    /// If the body ends with an error it was refused or lost; drop what was stored, the reply is not used.
    fn message(&mut self, session: &Session, body: Body<'_>) -> Reply;

    /// LMTP: the reply for one recipient, by its index; by default that of [`message`](Self::message).
    fn recipient_reply(&mut self, session: &Session, index: usize, message: &Reply) -> Reply {
        let _ = (session, index);
        message.clone()
    }

    /// VRFY, EXPN or ETRN, where the configuration passes them on.
    fn query(&mut self, session: &Session, query: &Bytes) -> Reply {
        let _ = (session, query);
        Reply::no_such_user()
    }

    /// XCLIENT or XFORWARD from a trusted peer.
    fn xclient(&mut self, session: &Session, attributes: &XclientAttributes) -> Reply {
        let _ = (session, attributes);
        Reply::ok()
    }

    /// The session is over; an error says why, if it did not end as the protocol wants it.
    fn finished(&mut self, session: &Session, result: Result<(), &Error<smtp_proto::Error>>) {
        let _ = (session, result);
    }
}

/// Why a message did not come to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BodyLost {
    /// It was refused; the client is told.
    #[error("the message was refused: {0:?}")]
    Refused(Abort),
    /// The connection failed.
    #[error("the connection was lost in the middle of the message")]
    Connection,
}

/// Where a body comes from, free of the stream's type.
trait Source {
    fn next_chunk(&mut self) -> Result<Option<Bytes>, BodyLost>;
}

/// A message as it arrives.
pub struct Body<'a> {
    source: &'a mut dyn Source,
}

impl std::fmt::Debug for Body<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Body")
    }
}

impl Body<'_> {
    /// The next piece, `None` at the end. Nothing more is read from the client until it is called again.
    ///
    /// # Errors
    ///
    /// [`BodyLost`]: the message is not to be delivered.
    #[allow(clippy::should_implement_trait)] // it fails
    pub fn next(&mut self) -> Result<Option<Bytes>, BodyLost> {
        self.source.next_chunk()
    }
}

struct Incoming<'a, S> {
    connection: &'a mut Connection<Server, S>,
    end: Option<Result<(), BodyLost>>,
    failed: Option<Failed>,
}

impl<S: Stream> Source for Incoming<'_, S> {
    fn next_chunk(&mut self) -> Result<Option<Bytes>, BodyLost> {
        loop {
            if let Some(end) = self.end {
                return end.map(|()| None);
            }
            match self.connection.next() {
                Ok(Some(Event::Body(chunk))) => return Ok(Some(chunk)),
                Ok(Some(Event::BodyEnd)) => self.end = Some(Ok(())),
                Ok(Some(Event::Aborted(why))) => self.end = Some(Err(BodyLost::Refused(why))),
                Ok(Some(_)) => {}
                Ok(None) => self.end = Some(Err(BodyLost::Connection)),
                Err(error) => {
                    self.failed = Some(error);
                    self.end = Some(Err(BodyLost::Connection));
                }
            }
        }
    }
}

/// How a server runs.
#[derive(Clone)]
#[non_exhaustive]
pub struct ServerOptions {
    /// What is offered and insisted on.
    pub config: Arc<Config>,
    /// How many connections.
    pub limits: AcceptLimits,
    /// Ends the server.
    pub shutdown: Shutdown,
    /// How long sessions may take to end after that; 30 seconds.
    pub grace: Duration,
    /// Addresses whose PROXY header is expected and believed, and whose XCLIENT is.
    pub proxies: Networks,
    /// Whether those addresses begin with a PROXY header.
    pub proxy_protocol: bool,
    /// Whether TLS begins with the connection.
    pub implicit_tls: bool,
    /// Makes a transcript of each session, for tests and tools.
    pub recorder: Option<Arc<dyn Fn() -> Recorder + Send + Sync>>,
    /// Certificates for STARTTLS or implicit TLS.
    #[cfg(feature = "tls")]
    pub tls: Option<ServerTls>,
}

impl std::fmt::Debug for ServerOptions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ServerOptions").field("config", &self.config).finish_non_exhaustive()
    }
}

impl ServerOptions {
    /// Runs as `config` says, in clear.
    pub fn new(config: Config) -> Self {
        Self {
            config: Arc::new(config),
            limits: AcceptLimits::default(),
            shutdown: Shutdown::new(),
            grace: Duration::from_secs(30),
            proxies: Networks::default(),
            proxy_protocol: false,
            implicit_tls: false,
            recorder: None,
            #[cfg(feature = "tls")]
            tls: None,
        }
    }

    /// Offers STARTTLS with these certificates.
    #[cfg(feature = "tls")]
    #[must_use]
    pub fn start_tls(mut self, tls: ServerTls) -> Self {
        Arc::make_mut(&mut self.config).tls = true;
        self.tls = Some(tls);
        self
    }

    /// Begins every connection with TLS.
    #[cfg(feature = "tls")]
    #[must_use]
    pub fn implicit_tls(mut self, tls: ServerTls) -> Self {
        self.implicit_tls = true;
        self.tls = Some(tls);
        self
    }

    /// Sets how many connections are served.
    #[must_use]
    pub fn limits(mut self, limits: AcceptLimits) -> Self {
        self.limits = limits;
        self
    }

    /// Sets what ends the server.
    #[must_use]
    pub fn shutdown(mut self, shutdown: Shutdown) -> Self {
        self.shutdown = shutdown;
        self
    }

    /// Believes XCLIENT of these addresses, and with `proxy_protocol` expects a PROXY header of them.
    #[must_use]
    pub fn proxies(mut self, proxies: impl Into<Networks>, proxy_protocol: bool) -> Self {
        self.proxies = proxies.into();
        self.proxy_protocol = proxy_protocol;
        self
    }

    /// Records each session with what `recorder` makes.
    #[must_use]
    pub fn record(mut self, recorder: Arc<dyn Fn() -> Recorder + Send + Sync>) -> Self {
        self.recorder = Some(recorder);
        self
    }
}

/// Serves until the shutdown begins: a thread and a handler for each connection.
///
/// # Example
///
/// ```no_run
/// # use mail_std::smtp::{Body, Handler, Recipient, ServerOptions, Session, serve};
/// # use smtp_proto::{Reply, server::Config};
/// # struct Inbox;
/// # impl Handler for Inbox {
/// #     fn recipient(&mut self, _: &Session, _: &Recipient) -> Reply { Reply::ok() }
/// #     fn message(&mut self, _: &Session, _: Body<'_>) -> Reply { Reply::accepted() }
/// # }
/// # fn example() -> std::io::Result<()> {
/// let listener = std::net::TcpListener::bind("127.0.0.1:2525")?;
/// serve(&listener, ServerOptions::new(Config::mx("mx.example.org".parse().unwrap())), || Inbox)?;
/// # Ok(()) }
/// ```
///
/// # Errors
///
/// If the listener does not know where it listens, or cannot block.
pub fn serve<H, F>(listener: &TcpListener, options: ServerOptions, mut handler: F) -> std::io::Result<()>
where
    H: Handler + 'static,
    F: FnMut() -> H,
{
    const FULL: &[u8] = b"421 4.7.0 too many connections, try again later\r\n";
    let mut acceptor = Acceptor::new(listener, options.limits.clone(), options.shutdown.clone(), FULL)?;
    if options.proxy_protocol {
        acceptor = acceptor.proxies(options.proxies.clone());
    }
    let options = Arc::new(options);
    while let Some((stream, peer, permit)) = acceptor.accept() {
        let (session_options, handler) = (options.clone(), handler());
        let session = move || accepted(stream, peer, permit, &session_options, handler);
        // Without a thread the connection closes; the client comes back.
        let _ = std::thread::Builder::new().spawn(session);
    }
    acceptor.drain(options.grace);
    Ok(())
}

fn accepted<H: Handler>(
    stream: TcpStream,
    peer: SocketAddr,
    mut permit: Permit,
    options: &ServerOptions,
    handler: H,
) {
    let known = options.proxies.contains(peer.ip());
    if known && options.proxy_protocol {
        let machine = proxy::Acceptor::new(Moment::ORIGIN, HEADER_TIME, proxy::DEFAULT_MOST);
        let mut connection = Connection::new(stream, Endpoint::new(machine));
        let Ok(Some(header)) = connection.next() else { return };
        let client = header.source.filter(|_| !header.local);
        if let Some(client) = client
            && !permit.count_as(client.ip())
        {
            return;
        }
        let (stream, _, left) = connection.into_parts();
        // What a PROXY header says of a client does not make the client a proxy.
        serve_from(stream, client.or(Some(peer)), false, &left, options, handler);
    } else {
        serve_from(stream, Some(peer), known, &[], options, handler);
    }
    drop(permit);
}

/// Serves one connection over any stream.
pub fn serve_connection<H, S>(stream: S, peer: Option<SocketAddr>, options: &ServerOptions, handler: H)
where
    H: Handler,
    S: Stream,
{
    serve_from(stream, peer, false, &[], options, handler);
}

fn serve_from<H, S>(
    stream: S,
    peer: Option<SocketAddr>,
    trusted: bool,
    received: &[u8],
    options: &ServerOptions,
    mut handler: H,
) where
    H: Handler,
    S: Stream,
{
    // Only AUTH has a use for randomness, which is a system call.
    let seed = if options.config.auth.is_some() { super::seed().ok() } else { Some([0; 32]) };
    let Some(seed) = seed else { return };
    let server = Server::new(options.config.clone(), seed, Moment::ORIGIN).trusting_proxy(trusted);
    let Some(mut connection) = connection(stream, server, options) else { return };
    connection.endpoint().recv_buf().extend_from_slice(received);
    let mut session = Session { peer, ..Session::default() };
    let result = run(&mut connection, &mut session, &mut handler, &options.shutdown);
    handler.finished(&session, result.as_ref().copied());
}

#[cfg(feature = "tls")]
fn connection<S>(stream: S, server: Server, options: &ServerOptions) -> Option<Connection<Server, S>>
where
    S: Stream,
{
    let mut endpoint = match &options.tls {
        Some(tls) if options.implicit_tls => Endpoint::with_tls(server, tls.session().ok()?),
        _ => Endpoint::new(server),
    };
    if let Some(recorder) = &options.recorder {
        endpoint.record(recorder());
    }
    let connection = Connection::new(stream, endpoint);
    Some(match options.tls.clone() {
        Some(tls) if !options.implicit_tls => connection.with_tls_source(Box::new(move || {
            tls.session().map_err(|error| {
                wire_core::LayerError::with_cause(wire_core::LayerFault::Incompatible, error)
            })
        })),
        _ => connection,
    })
}

#[cfg(not(feature = "tls"))]
fn connection<S>(stream: S, server: Server, options: &ServerOptions) -> Option<Connection<Server, S>>
where
    S: Stream,
{
    let mut endpoint = Endpoint::new(server);
    if let Some(recorder) = &options.recorder {
        endpoint.record(recorder());
    }
    Some(Connection::new(stream, endpoint))
}

fn run<H, S>(
    connection: &mut Connection<Server, S>,
    session: &mut Session,
    handler: &mut H,
    shutdown: &Shutdown,
) -> Result<(), Failed>
where
    H: Handler,
    S: Stream,
{
    let mut asked_to_close = false;
    loop {
        if shutdown.has_begun() && !std::mem::replace(&mut asked_to_close, true) {
            connection.machine().shutdown(Reply::shutting_down());
        }
        let event = match connection.next_within(LOOK_UP)? {
            Waited::Event(event) => event,
            Waited::Quiet => continue,
            Waited::Closed => return Ok(()),
        };
        let reply = match event {
            Event::Connected => {
                let reply = handler.connected(session);
                if reply.code().value() == 250 {
                    let _ = connection.machine().accept();
                    continue;
                }
                reply
            }
            Event::Secured(tls) => {
                *session = Session { peer: session.peer, tls: Some(tls), ..Session::default() };
                continue;
            }
            Event::Hello { host, extended } => {
                let host = host.detach();
                let reply = handler.hello(session, &host);
                if reply.is_positive() {
                    session.hello = Some(host);
                    session.extended = extended;
                }
                reply
            }
            Event::Authenticate(question) => {
                let answer = handler.authenticate(session, question);
                let _ = connection.machine().authenticate(answer);
                continue;
            }
            Event::Authenticated(identity) => {
                session.identity = Some(identity);
                continue;
            }
            Event::AuthenticationFailed(failure) => {
                handler.authentication_failed(session, failure);
                continue;
            }
            Event::Mail { from, params } => {
                let reply = handler.sender(session, &from, &params);
                if reply.is_positive() {
                    session.from = Some(from.detach());
                    session.params = params;
                    session.recipients.clear();
                }
                reply
            }
            Event::Recipient { to, params } => {
                let recipient = Recipient { path: to.detach(), params };
                let reply = handler.recipient(session, &recipient);
                if reply.is_positive() {
                    session.recipients.push(recipient);
                }
                reply
            }
            Event::Data => {
                let _ = connection.machine().accept();
                message(connection, session, handler)?;
                continue;
            }
            Event::Verify(query) | Event::Expand(query) | Event::TurnQueue(query) => {
                handler.query(session, &query)
            }
            Event::Xclient(attributes) => {
                let reply = handler.xclient(session, &attributes);
                if reply.is_positive() {
                    let peer = attributes.ip().map(|ip| SocketAddr::new(ip, attributes.port().unwrap_or(0)));
                    *session = Session {
                        peer: peer.or(session.peer),
                        tls: session.tls.take(),
                        ..Session::default()
                    };
                }
                reply
            }
            Event::Xforward(attributes) => handler.xclient(session, &attributes),
            Event::Aborted(_) => {
                end_transaction(session);
                continue;
            }
            _ => continue,
        };
        let _ = connection.machine().reply(reply);
    }
}

fn end_transaction(session: &mut Session) {
    session.from = None;
    session.params = MailParams::default();
    session.recipients.clear();
}

fn message<H, S>(
    connection: &mut Connection<Server, S>,
    session: &mut Session,
    handler: &mut H,
) -> Result<(), Failed>
where
    H: Handler,
    S: Stream,
{
    let lmtp = connection.machine_ref().config().protocol == Protocol::Lmtp;
    let mut incoming = Incoming { connection, end: None, failed: None };
    let reply = handler.message(session, Body { source: &mut incoming });
    // What the handler left unread is read over: the reply comes after the message.
    while incoming.end.is_none() {
        let _ = Body { source: &mut incoming }.next();
    }
    let Incoming { connection, end, failed } = incoming;
    if let Some(error) = failed {
        return Err(error);
    }
    if end == Some(Ok(())) {
        if lmtp {
            for index in 0..session.recipients.len().max(1) {
                let reply = handler.recipient_reply(session, index, &reply);
                let _ = connection.machine().reply(reply);
            }
        } else {
            let _ = connection.machine().reply(reply);
        }
    }
    end_transaction(session);
    Ok(())
}
