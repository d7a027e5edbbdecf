//! A server that gives mail: the accept loop, a handler that decides, and a maildrop.

use std::future::{Future, poll_fn};
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use bytes::Bytes;
use pop3_proto::Reply;
use pop3_proto::server::{Config, Event, Listing, Server};
use sasl_core::server::{Answer, Failure, Identity, Question};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use wire_core::{Moment, TlsSession};

use crate::server::Arrival;
use crate::{Connection, Error, ServerConfig, Shutdown};

pub use crate::ServerOptions;

type Failed = Error<pop3_proto::Error>;

/// What is known of the client.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Session {
    /// Where the client is; what a trusted proxy says, if there is one.
    pub peer: Option<SocketAddr>,
    /// The TLS session.
    pub tls: Option<Arc<TlsSession>>,
    /// Who it is, once the maildrop is open.
    pub identity: Option<Identity>,
}

/// A maildrop that is open, and locked until this value is dropped (RFC 1939 section 4).
///
/// Messages are counted from 1, in the order of the listing. Implement the methods as `async fn`.
///
/// # Example
///
/// A maildrop in memory:
///
/// ```
/// use std::io;
/// use bytes::Bytes;
/// use mail_tokio::pop3::Maildrop;
/// use pop3_proto::{Reply, server::Listing};
///
/// struct InMemory { messages: Vec<Bytes>, current: Option<Bytes> }
///
/// impl Maildrop for InMemory {
///     async fn list(&mut self) -> Result<Listing, Reply> {
///         let mut listing = Listing::new();
///         for (index, message) in self.messages.iter().enumerate() {
///             listing.push(message.len() as u64, &format!("id{index}")).map_err(|_| Reply::local_error())?;
///         }
///         Ok(listing)
///     }
///
///     async fn retrieve(&mut self, message: u32, _ascii_only: bool) -> Result<(), Reply> {
///         self.current = self.messages.get(message as usize - 1).cloned();
///         if self.current.is_some() { Ok(()) } else { Err(Reply::unreadable()) }
///     }
///
///     async fn next(&mut self) -> io::Result<Option<Bytes>> {
///         Ok(self.current.take())
///     }
///
///     async fn update(&mut self, deleted: &[u32]) -> Result<(), Reply> {
///         for message in deleted.iter().rev() {
///             self.messages.remove(*message as usize - 1);
///         }
///         Ok(())
///     }
/// }
/// ```
pub trait Maildrop: Send {
    /// The messages with their sizes and unique ids; asked for once.
    fn list(&mut self) -> impl Future<Output = Result<Listing, Reply>> + Send;

    /// Begins to give a message. With `ascii_only` the client has not asked for UTF-8 although it is offered: a message
    /// with header fields in UTF-8 is refused with [`Reply::utf8_needed`], or replaced (RFC 6856 section 2.1).
    fn retrieve(&mut self, message: u32, ascii_only: bool) -> impl Future<Output = Result<(), Reply>> + Send;

    /// The next piece of that message, at best 16 to 64 KiB, `None` at its end. Lines end with CRLF; see
    /// [`wire_core::CrlfLines`]. It is not called to the end if the client wants the beginning only.
    ///
    /// An error ends the connection: the client must not take what it has for the message.
    fn next(&mut self) -> impl Future<Output = io::Result<Option<Bytes>>> + Send;

    /// QUIT: removes these messages, ascending. If it is not called, nothing is to be removed.
    fn update(&mut self, deleted: &[u32]) -> impl Future<Output = Result<(), Reply>> + Send;
}

/// Decides what a server does. Every method has a default but the two that make a server:
/// [`authenticate`](Self::authenticate) and [`open`](Self::open). Implement the methods as `async fn`.
pub trait Handler: Send {
    /// What holds mail.
    type Maildrop: Maildrop;

    /// A client has connected; a negative reply turns it away.
    fn connected(&mut self, session: &Session) -> impl Future<Output = Reply> + Send {
        let _ = session;
        async { Reply::ok() }
    }

    /// A login wants a credential checked or fetched.
    fn authenticate(&mut self, session: &Session, question: Question) -> impl Future<Output = Answer> + Send;

    /// A login failed, for logs and rate limits.
    fn authentication_failed(
        &mut self,
        session: &Session,
        failure: Failure,
    ) -> impl Future<Output = ()> + Send {
        let _ = (session, failure);
        async {}
    }

    /// The client is who it says: locks the maildrop of [`Identity::acting_as`]. [`Reply::in_use`] if another session
    /// has it, [`Reply::login_delay`] if the user was here too recently.
    fn open(
        &mut self,
        session: &Session,
        identity: &Identity,
    ) -> impl Future<Output = Result<Self::Maildrop, Reply>> + Send;

    /// The session is over; an error says why, if it did not end as the protocol wants it.
    fn finished(
        &mut self,
        session: &Session,
        result: Result<(), &Error<pop3_proto::Error>>,
    ) -> impl Future<Output = ()> + Send {
        let _ = (session, result);
        async {}
    }
}

impl ServerConfig for Config {
    fn offer_tls(&mut self, offered: bool) {
        self.tls = offered;
    }

    fn needs_seed(&self) -> bool {
        true
    }
}

/// Serves until the shutdown begins: a task and a handler for each connection.
///
/// # Cancel safety
///
/// Dropping the future stops accepting and drops the sessions, which then have deleted nothing.
///
/// # Example
///
/// ```no_run
/// # use mail_tokio::pop3::{Handler, Maildrop, ServerOptions, Session, serve};
/// # use pop3_proto::{Reply, server::{Config, Listing}};
/// # use sasl_core::server::{Answer, Identity, Question};
/// # struct Nothing;
/// # impl Maildrop for Nothing {
/// #     async fn list(&mut self) -> Result<Listing, Reply> { Ok(Listing::new()) }
/// #     async fn retrieve(&mut self, _: u32, _: bool) -> Result<(), Reply> { Err(Reply::unreadable()) }
/// #     async fn next(&mut self) -> std::io::Result<Option<bytes::Bytes>> { Ok(None) }
/// #     async fn update(&mut self, _: &[u32]) -> Result<(), Reply> { Ok(()) }
/// # }
/// # struct Office;
/// # impl Handler for Office {
/// #     type Maildrop = Nothing;
/// #     async fn authenticate(&mut self, _: &Session, _: Question) -> Answer { Answer::Reject }
/// #     async fn open(&mut self, _: &Session, _: &Identity) -> Result<Nothing, Reply> { Ok(Nothing) }
/// # }
/// # async fn example(secret: Vec<u8>, tls: wire_rustls::ServerTls) -> std::io::Result<()> {
/// let config = Config::new("pop.example.org".parse().unwrap(), sasl_core::server::Config::new(secret));
/// let listener = tokio::net::TcpListener::bind("127.0.0.1:1995").await?;
/// serve(listener, ServerOptions::new(config).implicit_tls(tls), || Office).await;
/// # Ok(()) }
/// ```
pub async fn serve<H, F>(listener: TcpListener, options: ServerOptions<Config>, handler: F)
where
    H: Handler + 'static,
    F: Fn() -> H + Send + Sync + 'static,
{
    const FULL: &[u8] = b"-ERR [SYS/TEMP] too many connections, try again later\r\n";
    crate::server::serve(listener, options, FULL, handler, serve_from).await;
}

/// Serves one connection over any stream.
///
/// # Cancel safety
///
/// Dropping the future drops the connection.
pub async fn serve_connection<H, S>(
    stream: S,
    peer: Option<SocketAddr>,
    options: &ServerOptions<Config>,
    handler: H,
) where
    H: Handler,
    S: AsyncRead + AsyncWrite + Unpin + Send,
{
    serve_from(Arrival::new(stream, peer), Arc::new(options.clone()), handler).await;
}

/// One session. All that it has is made before the future is, which holds it once then.
fn serve_from<H, S>(
    arrival: Arrival<S>,
    options: Arc<ServerOptions<Config>>,
    mut handler: H,
) -> impl Future<Output = ()> + Send + use<H, S>
where
    H: Handler,
    S: AsyncRead + AsyncWrite + Unpin + Send,
{
    let Arrival { stream, peer, received, .. } = arrival;
    let mut connection = options.seed().and_then(|seed| {
        let server = Server::new(options.config.clone(), seed, Moment::ORIGIN);
        options.connection(stream, server, &received)
    });
    let mut session = Session { peer, ..Session::default() };
    async move {
        let Some(connection) = &mut connection else { return };
        let result = run(connection, &mut session, &mut handler, &options.shutdown).await;
        handler.finished(&session, result.as_ref().copied()).await;
    }
}

async fn run<H, S>(
    connection: &mut Connection<Server, S>,
    session: &mut Session,
    handler: &mut H,
    shutdown: &Shutdown,
) -> Result<(), Failed>
where
    H: Handler,
    S: AsyncRead + AsyncWrite + Unpin + Send,
{
    let mut closing = std::pin::pin!(shutdown.wait());
    let mut asked_to_close = false;
    let mut maildrop = None;
    loop {
        let next = poll_fn(|cx| {
            if !asked_to_close && closing.as_mut().poll(cx).is_ready() {
                asked_to_close = true;
                connection.machine().shutdown(Reply::shutting_down());
            }
            connection.poll_next(cx)
        });
        match next.await? {
            None => return Ok(()),
            Some(Event::Connected) => {
                session.tls = connection.machine_ref().session().tls.clone();
                let reply = handler.connected(session).await;
                let _ = connection.machine().reply(reply);
            }
            Some(Event::Secured(tls)) => session.tls = Some(tls),
            Some(Event::Authenticate(question)) => {
                let answer = handler.authenticate(session, question).await;
                let _ = connection.machine().authenticate(answer);
            }
            Some(Event::AuthenticationFailed(failure)) => {
                handler.authentication_failed(session, failure).await;
            }
            Some(Event::Open(identity)) => match open(handler, session, &identity).await {
                Ok((opened, listing)) => {
                    session.identity = Some(identity);
                    maildrop = Some(opened);
                    let _ = connection.machine().open(listing);
                }
                Err(reply) => {
                    let _ = connection.machine().reply(reply);
                }
            },
            Some(Event::Retrieve { message, ascii_only, .. }) => {
                if let Some(maildrop) = &mut maildrop {
                    give(connection, maildrop, message, ascii_only).await?;
                }
            }
            Some(Event::Update(deleted)) => {
                let updated = match maildrop.take() {
                    Some(mut maildrop) => maildrop.update(&deleted).await,
                    None => Ok(()),
                };
                // The lock is released before the client is told, which may come back at once.
                let _ = match updated {
                    Ok(()) => connection.machine().accept(),
                    Err(reply) => connection.machine().reply(reply),
                };
            }
            Some(_) => {}
        }
    }
}

async fn open<H: Handler>(
    handler: &mut H,
    session: &Session,
    identity: &Identity,
) -> Result<(H::Maildrop, Listing), Reply> {
    let mut maildrop = negative(handler.open(session, identity).await)?;
    let listing = negative(maildrop.list().await)?;
    Ok((maildrop, listing))
}

/// A refusal must be one.
fn negative<T>(result: Result<T, Reply>) -> Result<T, Reply> {
    result.map_err(|reply| if reply.is_negative() { reply } else { Reply::local_error() })
}

async fn give<M, S>(
    connection: &mut Connection<Server, S>,
    maildrop: &mut M,
    message: u32,
    ascii_only: bool,
) -> Result<(), Failed>
where
    M: Maildrop,
    S: AsyncRead + AsyncWrite + Unpin + Send,
{
    if let Err(reply) = negative(maildrop.retrieve(message, ascii_only).await) {
        let _ = connection.machine().reply(reply);
        return Ok(());
    }
    let _ = connection.machine().accept();
    while connection.machine_ref().wants_body() {
        if connection.machine_ref().body_capacity() == 0 {
            connection.flush().await?;
            continue;
        }
        match maildrop.next().await {
            Ok(Some(chunk)) => {
                let _ = connection.machine().body(chunk);
            }
            Ok(None) => break,
            Err(_) => {
                connection.machine().abort_body();
                return Ok(());
            }
        }
    }
    let _ = connection.machine().end_body();
    Ok(())
}
