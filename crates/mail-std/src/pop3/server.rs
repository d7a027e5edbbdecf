//! A server that gives mail: the accept loop, a handler that decides, and a maildrop.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use bytes::Bytes;
use pop3_proto::Reply;
use pop3_proto::server::{Config, Event, Listing, Server};
use sasl_core::server::{Answer, Failure, Identity, Question};
use std::net::TcpListener;
use wire_core::{Moment, TlsSession};

use crate::server::{Arrival, LOOK_UP};
use crate::{Connection, Error, ServerConfig, Shutdown, Stream, Waited};

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
/// Messages are counted from 1, in the order of the listing.
///
/// # Example
///
/// A maildrop in memory:
///
/// ```
/// use std::io;
/// use bytes::Bytes;
/// use mail_std::pop3::Maildrop;
/// use pop3_proto::{Reply, server::Listing};
///
/// struct InMemory { messages: Vec<Bytes>, current: Option<Bytes> }
///
/// impl Maildrop for InMemory {
///     fn list(&mut self) -> Result<Listing, Reply> {
///         let mut listing = Listing::new();
///         for (index, message) in self.messages.iter().enumerate() {
///             listing.push(message.len() as u64, &format!("id{index}")).map_err(|_| Reply::local_error())?;
///         }
///         Ok(listing)
///     }
///
///     fn retrieve(&mut self, message: u32, _ascii_only: bool) -> Result<(), Reply> {
///         self.current = self.messages.get(message as usize - 1).cloned();
///         if self.current.is_some() { Ok(()) } else { Err(Reply::unreadable()) }
///     }
///
///     fn next(&mut self) -> io::Result<Option<Bytes>> {
///         Ok(self.current.take())
///     }
///
///     fn update(&mut self, deleted: &[u32]) -> Result<(), Reply> {
///         for message in deleted.iter().rev() {
///             self.messages.remove(*message as usize - 1);
///         }
///         Ok(())
///     }
/// }
/// ```
pub trait Maildrop: Send {
    /// The messages with their sizes and unique ids; asked for once.
    fn list(&mut self) -> Result<Listing, Reply>;

    /// Begins to give a message. With `ascii_only` the client has not asked for UTF-8 although it is offered: a message
    /// with header fields in UTF-8 is refused with [`Reply::utf8_needed`], or replaced (RFC 6856 section 2.1).
    fn retrieve(&mut self, message: u32, ascii_only: bool) -> Result<(), Reply>;

    /// The next piece of that message, at best 16 to 64 KiB, `None` at its end. Lines end with CRLF; see
    /// [`wire_core::CrlfLines`]. It is not called to the end if the client wants the beginning only.
    ///
    /// An error ends the connection: the client must not take what it has for the message.
    fn next(&mut self) -> io::Result<Option<Bytes>>;

    /// QUIT: removes these messages, ascending. If it is not called, nothing is to be removed.
    fn update(&mut self, deleted: &[u32]) -> Result<(), Reply>;
}

/// Decides what a server does. Every method has a default but the two that make a server:
/// [`authenticate`](Self::authenticate) and [`open`](Self::open).
pub trait Handler: Send {
    /// What holds mail.
    type Maildrop: Maildrop;

    /// A client has connected; a negative reply turns it away.
    fn connected(&mut self, session: &Session) -> Reply {
        let _ = session;
        Reply::ok()
    }

    /// A login wants a credential checked or fetched.
    fn authenticate(&mut self, session: &Session, question: Question) -> Answer;

    /// A login failed, for logs and rate limits.
    fn authentication_failed(&mut self, session: &Session, failure: Failure) {
        let _ = (session, failure);
    }

    /// The client is who it says: locks the maildrop of [`Identity::acting_as`]. [`Reply::in_use`] if another session
    /// has it, [`Reply::login_delay`] if the user was here too recently.
    fn open(&mut self, session: &Session, identity: &Identity) -> Result<Self::Maildrop, Reply>;

    /// The session is over; an error says why, if it did not end as the protocol wants it.
    fn finished(&mut self, session: &Session, result: Result<(), &Error<pop3_proto::Error>>) {
        let _ = (session, result);
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

/// Serves until the shutdown begins: a thread and a handler for each connection.
///
/// # Errors
///
/// If the listener does not know where it listens, or cannot block.
///
/// # Example
///
/// ```no_run
/// # use mail_std::pop3::{Handler, Maildrop, ServerOptions, Session, serve};
/// # use pop3_proto::{Reply, server::{Config, Listing}};
/// # use sasl_core::server::{Answer, Identity, Question};
/// # struct Nothing;
/// # impl Maildrop for Nothing {
/// #     fn list(&mut self) -> Result<Listing, Reply> { Ok(Listing::new()) }
/// #     fn retrieve(&mut self, _: u32, _: bool) -> Result<(), Reply> { Err(Reply::unreadable()) }
/// #     fn next(&mut self) -> std::io::Result<Option<bytes::Bytes>> { Ok(None) }
/// #     fn update(&mut self, _: &[u32]) -> Result<(), Reply> { Ok(()) }
/// # }
/// # struct Office;
/// # impl Handler for Office {
/// #     type Maildrop = Nothing;
/// #     fn authenticate(&mut self, _: &Session, _: Question) -> Answer { Answer::Reject }
/// #     fn open(&mut self, _: &Session, _: &Identity) -> Result<Nothing, Reply> { Ok(Nothing) }
/// # }
/// # fn example(secret: Vec<u8>, tls: wire_rustls::ServerTls) -> std::io::Result<()> {
/// let config = Config::new("pop.example.org".parse().unwrap(), sasl_core::server::Config::new(secret));
/// let listener = std::net::TcpListener::bind("127.0.0.1:1995")?;
/// serve(&listener, ServerOptions::new(config).implicit_tls(tls), || Office)?;
/// # Ok(()) }
/// ```
pub fn serve<H, F>(listener: &TcpListener, options: ServerOptions<Config>, handler: F) -> io::Result<()>
where
    H: Handler + 'static,
    F: FnMut() -> H,
{
    const FULL: &[u8] = b"-ERR [SYS/TEMP] too many connections, try again later\r\n";
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
    let Arrival { stream, peer, received, .. } = arrival;
    let Some(seed) = options.seed() else { return };
    let server = Server::new(options.config.clone(), seed, Moment::ORIGIN);
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
    let mut maildrop = None;
    loop {
        if shutdown.has_begun() && !std::mem::replace(&mut asked_to_close, true) {
            connection.machine().shutdown(Reply::shutting_down());
        }
        let event = match connection.next_within(LOOK_UP)? {
            Waited::Event(event) => event,
            Waited::Quiet => continue,
            Waited::Closed => return Ok(()),
        };
        match event {
            Event::Connected => {
                session.tls = connection.machine_ref().session().tls.clone();
                let reply = handler.connected(session);
                let _ = connection.machine().reply(reply);
            }
            Event::Secured(tls) => session.tls = Some(tls),
            Event::Authenticate(question) => {
                let answer = handler.authenticate(session, question);
                let _ = connection.machine().authenticate(answer);
            }
            Event::AuthenticationFailed(failure) => {
                handler.authentication_failed(session, failure);
            }
            Event::Open(identity) => match open(handler, session, &identity) {
                Ok((opened, listing)) => {
                    session.identity = Some(identity);
                    maildrop = Some(opened);
                    let _ = connection.machine().open(listing);
                }
                Err(reply) => {
                    let _ = connection.machine().reply(reply);
                }
            },
            Event::Retrieve { message, ascii_only, .. } => {
                if let Some(maildrop) = &mut maildrop {
                    give(connection, maildrop, message, ascii_only)?;
                }
            }
            Event::Update(deleted) => {
                let updated = match maildrop.take() {
                    Some(mut maildrop) => maildrop.update(&deleted),
                    None => Ok(()),
                };
                // The lock is released before the client is told, which may come back at once.
                let _ = match updated {
                    Ok(()) => connection.machine().accept(),
                    Err(reply) => connection.machine().reply(reply),
                };
            }
            _ => {}
        }
    }
}

fn open<H: Handler>(
    handler: &mut H,
    session: &Session,
    identity: &Identity,
) -> Result<(H::Maildrop, Listing), Reply> {
    let mut maildrop = negative(handler.open(session, identity))?;
    let listing = negative(maildrop.list())?;
    Ok((maildrop, listing))
}

/// A refusal must be one.
fn negative<T>(result: Result<T, Reply>) -> Result<T, Reply> {
    result.map_err(|reply| if reply.is_negative() { reply } else { Reply::local_error() })
}

fn give<M, S>(
    connection: &mut Connection<Server, S>,
    maildrop: &mut M,
    message: u32,
    ascii_only: bool,
) -> Result<(), Failed>
where
    M: Maildrop,
    S: Stream,
{
    if let Err(reply) = negative(maildrop.retrieve(message, ascii_only)) {
        let _ = connection.machine().reply(reply);
        return Ok(());
    }
    let _ = connection.machine().accept();
    while connection.machine_ref().wants_body() {
        if connection.machine_ref().body_capacity() == 0 {
            connection.flush()?;
            continue;
        }
        match maildrop.next() {
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
