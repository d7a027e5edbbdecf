//! The loop of every server: accept, read a PROXY header where one is due, run a session, end in good order.

use std::collections::HashMap;
use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::BytesMut;
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use wire_core::{Endpoint, Moment, proxy};

use crate::Connection;
use crate::accept::{Acceptor, Permit};

/// How long a proxy may take to send its header.
const HEADER_TIME: Duration = Duration::from_secs(10);

/// A connection to be served.
#[derive(Debug)]
#[non_exhaustive]
pub struct Accepted {
    /// The socket, with TCP_NODELAY.
    pub stream: TcpStream,
    /// The client: what the socket says, or the PROXY header of a proxy that is believed.
    pub peer: SocketAddr,
    /// What came of a proxy's header, if there was one.
    pub proxy: Option<proxy::Header>,
    /// What followed the header in the same packet; it goes first into [`Endpoint::recv_buf`].
    pub received: BytesMut,
}

/// Runs `session` in a task for each connection until the shutdown begins.
///
/// Then nothing is accepted any more, and sessions have `grace` to end; a session learns of the shutdown from its
/// own clone of [`crate::Shutdown`]. Those that are left are dropped.
///
/// Peers that [`Acceptor::proxies`] names must begin with a PROXY header, within 10 seconds; all others are not
/// asked for one, and what they send is never taken for one.
///
/// # Cancel safety
///
/// Dropping the future stops listening and drops all sessions.
///
/// # Example
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// use std::time::Duration;
/// use mail_tokio::{AcceptLimits, Acceptor, Shutdown, serve};
/// use tokio::io::{AsyncReadExt, AsyncWriteExt};
///
/// let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
/// let address = listener.local_addr().unwrap();
/// let shutdown = Shutdown::new();
/// let acceptor = Acceptor::new(listener, AcceptLimits::default(), shutdown.clone(), b"full\r\n");
/// let server = tokio::spawn(serve(acceptor, Duration::from_secs(1), |mut accepted| async move {
///     let _ = accepted.stream.write_all(b"hello\r\n").await;
/// }));
///
/// let mut client = tokio::net::TcpStream::connect(address).await.unwrap();
/// let mut said = String::new();
/// client.read_to_string(&mut said).await.unwrap();
/// assert_eq!(said, "hello\r\n");
/// shutdown.begin();
/// server.await.unwrap();
/// # });
/// ```
pub async fn serve<F, R>(acceptor: Acceptor, grace: Duration, session: F)
where
    F: Fn(Accepted) -> R + Send + Sync + 'static,
    R: Future<Output = ()> + Send + 'static,
{
    let session = Arc::new(session);
    let mut sessions = JoinSet::new();
    // Beside the tasks, not in them: whatever a task holds besides its session it holds twice.
    let mut permits = HashMap::new();
    loop {
        let accepted = tokio::select! {
            accepted = acceptor.accept() => accepted,
            // One that panicked harms no other.
            Some(ended) = sessions.join_next_with_id() => {
                permits.remove(&ended.map_or_else(|error| error.id(), |(id, ())| id));
                continue;
            }
        };
        let Some((stream, peer, permit)) = accepted else { break };
        let accepted = Accepted { stream, peer, proxy: None, received: BytesMut::new() };
        if acceptor.proxies.contains(peer.ip()) {
            let session = session.clone();
            sessions.spawn(async move {
                let Some((accepted, permit)) = behind_proxy(accepted, permit).await else { return };
                session(accepted).await;
                drop(permit);
            });
        } else {
            permits.insert(sessions.spawn(session(accepted)).id(), permit);
        }
    }
    let ended = async {
        while let Some(ended) = sessions.join_next_with_id().await {
            permits.remove(&ended.map_or_else(|error| error.id(), |(id, ())| id));
        }
    };
    tokio::join!(acceptor.drain(grace), async {
        let _ = tokio::time::timeout(grace, ended).await;
    });
    sessions.shutdown().await;
}

/// Reads the PROXY header; `None` without a good one, or if its client has too many connections.
async fn behind_proxy(accepted: Accepted, mut permit: Permit) -> Option<(Accepted, Permit)> {
    let machine = proxy::Acceptor::new(Moment::ORIGIN, HEADER_TIME, proxy::DEFAULT_MOST);
    let mut connection = Connection::new(accepted.stream, Endpoint::new(machine));
    let header = connection.next().await.ok()??;
    let peer = header.source.filter(|_| !header.local);
    if let Some(peer) = peer
        && !permit.count_as(peer.ip())
    {
        return None;
    }
    let (stream, _, received) = connection.into_parts();
    let accepted = Accepted { stream, peer: peer.unwrap_or(accepted.peer), proxy: Some(header), received };
    Some((accepted, permit))
}
