//! A server that takes mail: the accept loop, and a handler that decides.

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;

use bytes::Bytes;
use sasl_core::server::{Answer, Failure, Identity, Question};
use smtp_proto::server::{Abort, Config, Event, Protocol, Server};
use smtp_proto::{ForwardPath, Host, MailParams, RcptParams, Reply, ReversePath, XclientAttributes};
use wire_core::{Moment, TlsSession};

use crate::server::{Arrival, LOOK_UP};
use crate::{Connection, Error, ServerConfig, ServerOptions, Shutdown, Stream, Waited};

type Failed = Error<smtp_proto::Error>;

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

impl ServerConfig for Config {
    fn offer_tls(&mut self, offered: bool) {
        self.tls = offered;
    }

    fn needs_seed(&self) -> bool {
        // Only AUTH makes nonces.
        self.auth.is_some()
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
pub fn serve<H, F>(listener: &TcpListener, options: ServerOptions<Config>, handler: F) -> std::io::Result<()>
where
    H: Handler + 'static,
    F: FnMut() -> H,
{
    const FULL: &[u8] = b"421 4.7.0 too many connections, try again later\r\n";
    crate::server::serve(listener, options, FULL, handler, session)
}

/// Serves one connection over any stream.
pub fn serve_connection<H, S>(
    stream: S,
    peer: Option<SocketAddr>,
    options: &ServerOptions<Config>,
    handler: H,
) where
    H: Handler,
    S: Stream,
{
    session(Arrival::new(stream, peer), options, handler);
}

fn session<H, S>(arrival: Arrival<S>, options: &ServerOptions<Config>, mut handler: H)
where
    H: Handler,
    S: Stream,
{
    let Arrival { stream, peer, trusted, received } = arrival;
    let Some(seed) = options.seed() else { return };
    let server = Server::new(options.config.clone(), seed, Moment::ORIGIN).trusting_proxy(trusted);
    let Some(mut connection) = options.connection(stream, server, &received) else { return };
    let mut session = Session { peer, ..Session::default() };
    let result = run(&mut connection, &mut session, &mut handler, &options.shutdown);
    handler.finished(&session, result.as_ref().copied());
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
                session.tls = connection.machine_ref().session().tls.clone();
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
