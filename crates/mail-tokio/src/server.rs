//! What servers of every protocol share: options, connections, and what comes before a session.

use std::fmt;
use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::BytesMut;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use wire_core::{Endpoint, Machine, Networks, Recorder};
#[cfg(feature = "tls")]
use wire_core::{LayerError, LayerFault};
#[cfg(feature = "tls")]
use wire_rustls::ServerTls;

use crate::{AcceptLimits, Accepted, Acceptor, Connection, Shutdown};

/// What [`ServerOptions`] have to know of a protocol's configuration.
///
/// The configurations of the machines implement it; there is no need to call its methods.
pub trait ServerConfig: Clone + Send + Sync + 'static {
    /// Offers the upgrade to TLS on connections that begin in clear, or no longer does.
    fn offer_tls(&mut self, offered: bool);

    /// Whether the machine makes nonces from the seed that it is given: then the seed has to be random.
    fn needs_seed(&self) -> bool;
}

/// How a server runs, whatever its protocol.
#[derive(Clone)]
#[non_exhaustive]
pub struct ServerOptions<C> {
    /// What is offered and insisted on.
    pub config: Arc<C>,
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

impl<C: fmt::Debug> fmt::Debug for ServerOptions<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServerOptions").field("config", &self.config).finish_non_exhaustive()
    }
}

impl<C: ServerConfig> ServerOptions<C> {
    /// Runs as `config` says, in clear.
    pub fn new(config: C) -> Self {
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

    /// Offers the upgrade to TLS, such as STARTTLS, with these certificates.
    #[cfg(feature = "tls")]
    #[must_use]
    pub fn start_tls(mut self, tls: ServerTls) -> Self {
        Arc::make_mut(&mut self.config).offer_tls(true);
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

    /// The seed of a machine: random if nonces are made from it. `None` if the system has no randomness.
    pub(crate) fn seed(&self) -> Option<[u8; 32]> {
        // Randomness is a system call.
        if self.config.needs_seed() { crate::seed().ok() } else { Some([0; 32]) }
    }

    /// A machine on a stream of which `received` has been read already. `None` if TLS cannot begin.
    pub(crate) fn connection<M, S>(&self, stream: S, machine: M, received: &[u8]) -> Option<Connection<M, S>>
    where
        M: Machine,
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let mut connection = self.endpoint(stream, machine)?;
        connection.endpoint().recv_buf().extend_from_slice(received);
        Some(connection)
    }

    #[cfg(feature = "tls")]
    fn endpoint<M, S>(&self, stream: S, machine: M) -> Option<Connection<M, S>>
    where
        M: Machine,
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let mut endpoint = match &self.tls {
            Some(tls) if self.implicit_tls => Endpoint::with_tls(machine, tls.session().ok()?),
            _ => Endpoint::new(machine),
        };
        if let Some(recorder) = &self.recorder {
            endpoint.record(recorder());
        }
        let connection = Connection::new(stream, endpoint);
        Some(match self.tls.clone() {
            Some(tls) if !self.implicit_tls => connection.with_tls_source(Box::new(move || {
                tls.session().map_err(|error| LayerError::with_cause(LayerFault::Incompatible, error))
            })),
            _ => connection,
        })
    }

    #[cfg(not(feature = "tls"))]
    fn endpoint<M, S>(&self, stream: S, machine: M) -> Option<Connection<M, S>>
    where
        M: Machine,
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let mut endpoint = Endpoint::new(machine);
        if let Some(recorder) = &self.recorder {
            endpoint.record(recorder());
        }
        Some(Connection::new(stream, endpoint))
    }
}

/// A stream with what is known of its peer before the session begins.
pub(crate) struct Arrival<S> {
    pub(crate) stream: S,
    /// What the socket says, or a proxy that is believed.
    pub(crate) peer: Option<SocketAddr>,
    /// Whether the peer is itself one of [`ServerOptions::proxies`].
    #[cfg_attr(not(feature = "smtp"), allow(dead_code))] // only SMTP has XCLIENT
    pub(crate) trusted: bool,
    /// What has been read already; it is for [`ServerOptions::connection`].
    pub(crate) received: BytesMut,
}

impl<S> Arrival<S> {
    /// A stream of which nothing has been read, from a peer that is not trusted.
    pub(crate) fn new(stream: S, peer: Option<SocketAddr>) -> Self {
        Self { stream, peer, trusted: false, received: BytesMut::new() }
    }
}

/// Serves until the shutdown begins: a task and a handler for each connection. One that is too many gets `full`,
/// a reply with its line end, and is closed.
///
/// `session` should make everything before the future that it returns, which holds it once then.
///
/// # Cancel safety
///
/// Dropping the future stops accepting and drops the sessions.
pub(crate) async fn serve<C, H, F, G, R>(
    listener: TcpListener,
    options: ServerOptions<C>,
    full: &'static [u8],
    handler: F,
    session: G,
) where
    C: ServerConfig,
    F: Fn() -> H + Send + Sync + 'static,
    G: Fn(Arrival<TcpStream>, Arc<ServerOptions<C>>, H) -> R + Send + Sync + 'static,
    R: Future<Output = ()> + Send + 'static,
{
    let mut acceptor = Acceptor::new(listener, options.limits.clone(), options.shutdown.clone(), full);
    if options.proxy_protocol {
        acceptor = acceptor.proxies(options.proxies.clone());
    }
    let grace = options.grace;
    let options = Arc::new(options);
    crate::serve(acceptor, grace, move |accepted| {
        // What a PROXY header says of a client does not make the client a proxy.
        let trusted = accepted.proxy.is_none() && options.proxies.contains(accepted.peer.ip());
        let Accepted { stream, peer, received, .. } = accepted;
        session(Arrival { stream, peer: Some(peer), trusted, received }, options.clone(), handler())
    })
    .await;
}
