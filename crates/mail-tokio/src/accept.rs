//! Accepting connections: how many, from whom, and until when.

use std::collections::HashMap;
use std::io;
use std::io::Write as _;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::io::AsyncReadExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, Semaphore, watch};

use wire_core::Networks;

use crate::trace;

/// How long accepting rests at first, and at most, when the system lacks something.
const REST_FIRST: Duration = Duration::from_millis(10);
const REST_MOST: Duration = Duration::from_secs(1);
/// How many connections that were turned away are listened to, so that they can read why, and how long.
const TURNED_AWAY_MOST: usize = 64;
const TURNED_AWAY_TIME: Duration = Duration::from_secs(1);

/// How many connections are served at the same time.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct AcceptLimits {
    /// In all; 10000.
    pub total: usize,
    /// From one IPv4 address or one IPv6 network of 64 bits, which is what a single customer has; 50.
    pub per_peer: usize,
}

impl Default for AcceptLimits {
    fn default() -> Self {
        Self { total: 10_000, per_peer: 50 }
    }
}

impl AcceptLimits {
    /// Sets [`total`](#structfield.total).
    #[must_use]
    pub fn total(mut self, total: usize) -> Self {
        self.total = total;
        self
    }

    /// Sets [`per_peer`](#structfield.per_peer).
    #[must_use]
    pub fn per_peer(mut self, per_peer: usize) -> Self {
        self.per_peer = per_peer;
        self
    }
}

/// Ends servers and the sessions they run.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// let shutdown = mail_tokio::Shutdown::new();
/// let waiting = shutdown.clone();
/// let task = tokio::spawn(async move { waiting.wait().await });
/// shutdown.begin();
/// task.await.unwrap();
/// # });
/// ```
#[derive(Clone, Debug)]
pub struct Shutdown(Arc<watch::Sender<bool>>);

impl Default for Shutdown {
    fn default() -> Self {
        Self::new()
    }
}

impl Shutdown {
    /// A handle; clones are the same handle.
    pub fn new() -> Self {
        Self(Arc::new(watch::Sender::new(false)))
    }

    /// Begins the shutdown: no new connection is accepted, idle sessions end, busy ones when they have finished
    /// what they do.
    pub fn begin(&self) {
        self.0.send_replace(true);
    }

    /// Whether it has begun.
    pub fn has_begun(&self) -> bool {
        *self.0.borrow()
    }

    /// Waits until it begins.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe.
    pub async fn wait(&self) {
        let mut receiver = self.0.subscribe();
        // The sender lives in self: the channel cannot close.
        let _ = receiver.wait_for(|begun| *begun).await;
    }
}

#[derive(Default, Debug)]
struct Counts {
    total: usize,
    peers: HashMap<IpAddr, usize>,
}

impl Counts {
    fn leave(&mut self, peer: Option<IpAddr>) {
        if let Some(peer) = peer
            && let Some(count) = self.peers.get_mut(&peer)
        {
            *count = count.saturating_sub(1);
            if *count == 0 {
                self.peers.remove(&peer);
            }
        }
    }
}

/// What an acceptor and its permits share.
#[derive(Debug)]
struct Shared {
    limits: AcceptLimits,
    counts: Mutex<Counts>,
    /// Told when the last permit is given back.
    empty: Notify,
}

impl Shared {
    fn counts(&self) -> MutexGuard<'_, Counts> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A place among the connections that are served; given back when dropped.
#[derive(Debug)]
pub struct Permit {
    shared: Arc<Shared>,
    /// `None` for a proxy, which stands for many.
    peer: Option<IpAddr>,
}

impl Permit {
    /// Counts the connection as one of `peer` from now on: what a PROXY header says. False, and nothing is
    /// changed, if that peer has enough connections already.
    #[must_use]
    pub fn count_as(&mut self, peer: IpAddr) -> bool {
        let peer = Networks::customer(peer);
        let mut counts = self.shared.counts();
        if self.peer == Some(peer) {
            return true;
        }
        let count = counts.peers.entry(peer).or_default();
        if *count >= self.shared.limits.per_peer {
            let unused = *count == 0;
            counts.leave(unused.then_some(peer));
            return false;
        }
        *count += 1;
        counts.leave(self.peer.replace(peer));
        true
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        let mut counts = self.shared.counts();
        counts.total = counts.total.saturating_sub(1);
        counts.leave(self.peer);
        if counts.total == 0 {
            self.shared.empty.notify_waiters();
        }
    }
}

/// Accepts connections within limits until a shutdown begins.
///
/// The building block of every server here; [`crate::serve`] adds the loop and a task for each connection.
#[derive(Debug)]
pub struct Acceptor {
    listener: TcpListener,
    shutdown: Shutdown,
    shared: Arc<Shared>,
    pub(crate) proxies: Networks,
    /// What a connection beyond the limits is told.
    farewell: &'static [u8],
    listening: Arc<Semaphore>,
}

impl Acceptor {
    /// Accepts on `listener`; a connection beyond the limits gets `farewell` and is closed.
    pub fn new(
        listener: TcpListener,
        limits: AcceptLimits,
        shutdown: Shutdown,
        farewell: &'static [u8],
    ) -> Self {
        let shared = Shared { limits, counts: Mutex::default(), empty: Notify::new() };
        Self {
            listener,
            shutdown,
            shared: Arc::new(shared),
            proxies: Networks::default(),
            farewell,
            listening: Arc::new(Semaphore::new(TURNED_AWAY_MOST)),
        }
    }

    /// Says which peers are proxies that begin each connection with a PROXY header ([`wire_core::proxy`]).
    ///
    /// Their own address is not counted, but the client's: see [`Permit::count_as`].
    #[must_use]
    pub fn proxies(mut self, proxies: Networks) -> Self {
        self.proxies = proxies;
        self
    }

    /// Where it listens.
    ///
    /// # Errors
    ///
    /// If the system cannot say.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// The next connection; `None` once a shutdown has begun. Errors of single connections and a lack of file
    /// descriptors are waited out.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe.
    pub async fn accept(&self) -> Option<(TcpStream, SocketAddr, Permit)> {
        let mut rest = REST_FIRST;
        loop {
            let accepted = tokio::select! {
                biased;
                () = self.shutdown.wait() => return None,
                accepted = self.listener.accept() => accepted,
            };
            match accepted {
                Ok((stream, peer)) => {
                    // A reply that waits for another packet to be acknowledged costs 40 ms.
                    let _ = stream.set_nodelay(true);
                    if let Some(permit) = self.permit(peer.ip()) {
                        trace::connected(peer);
                        return Some((stream, peer, permit));
                    }
                    trace::turned_away(peer);
                    self.turn_away(stream);
                }
                Err(error) if is_of_one_connection(&error) => {}
                Err(error) => {
                    trace::not_accepted(&error);
                    tokio::select! {
                        () = self.shutdown.wait() => return None,
                        () = tokio::time::sleep(rest) => rest = (rest * 2).min(REST_MOST),
                    }
                }
            }
        }
    }

    fn permit(&self, peer: IpAddr) -> Option<Permit> {
        let mut counts = self.shared.counts();
        if counts.total >= self.shared.limits.total {
            return None;
        }
        counts.total += 1;
        drop(counts);
        let mut permit = Permit { shared: self.shared.clone(), peer: None };
        (self.proxies.contains(peer) || permit.count_as(peer)).then_some(permit)
    }

    /// Tells a connection that there are too many, without waiting for anybody.
    pub(crate) fn turn_away(&self, stream: TcpStream) {
        // A fresh socket takes these few octets at once.
        let Ok(mut stream) = stream.into_std() else { return };
        let told = stream.write(self.farewell).and_then(|_| stream.shutdown(std::net::Shutdown::Write));
        let Ok(place) = self.listening.clone().try_acquire_owned() else { return };
        let (Ok(()), Ok(mut stream)) = (told, TcpStream::from_std(stream)) else { return };
        // What it has sent meanwhile must be read: an RST would take the words away.
        tokio::spawn(async move {
            let mut scratch = [0; 512];
            let listen = async { while stream.read(&mut scratch).await.is_ok_and(|octets| octets > 0) {} };
            let _ = tokio::time::timeout(TURNED_AWAY_TIME, listen).await;
            drop(place);
        });
    }

    /// How many connections are served.
    pub fn active(&self) -> usize {
        self.shared.counts().total
    }

    /// Stops listening and waits until no connection is served any more, at most for `grace`.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future stops listening too.
    pub async fn drain(self, grace: Duration) {
        let Self { listener, shared, .. } = self;
        // Who connects from now on is refused by the system, instead of waiting for nobody.
        drop(listener);
        let _ = tokio::time::timeout(grace, async {
            loop {
                let mut empty = std::pin::pin!(shared.empty.notified());
                empty.as_mut().enable();
                if shared.counts().total == 0 {
                    return;
                }
                empty.await;
            }
        })
        .await;
    }
}

/// Whether only the connection that would have been accepted is lost.
fn is_of_one_connection(error: &io::Error) -> bool {
    use io::ErrorKind as Kind;
    matches!(
        error.kind(),
        Kind::ConnectionAborted | Kind::ConnectionReset | Kind::ConnectionRefused | Kind::Interrupted
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_proxied_connection_counts_for_its_client() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let limits = AcceptLimits::default().per_peer(1).total(3);
        let proxies = Networks::parse(["192.0.2.0/24"]).unwrap();
        let acceptor = Acceptor::new(listener, limits, Shutdown::new(), b"").proxies(proxies);
        let proxy = "192.0.2.9".parse().unwrap();
        let mut first = acceptor.permit(proxy).unwrap();
        let mut second = acceptor.permit(proxy).unwrap();
        assert!(first.count_as("198.51.100.1".parse().unwrap()));
        assert!(!second.count_as("198.51.100.1".parse().unwrap()));
        assert!(second.count_as("198.51.100.2".parse().unwrap()));
        assert!(second.count_as("198.51.100.2".parse().unwrap())); // as it is already
        assert!(acceptor.permit("198.51.100.2".parse().unwrap()).is_none());
        drop(first);
        assert!(second.count_as("198.51.100.1".parse().unwrap()));
        drop(second);
        assert_eq!(acceptor.active(), 0);
        assert!(acceptor.shared.counts().peers.is_empty());
    }
}
