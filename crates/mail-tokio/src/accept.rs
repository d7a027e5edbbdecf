//! Accepting connections: how many, from whom, and until when.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// How many connections are served at the same time.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct AcceptLimits {
    /// In all; 10000.
    pub total: usize,
    /// From one IP address; 50.
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

/// A place among the connections that are served; given back when dropped.
#[derive(Debug)]
pub struct Permit {
    counts: Arc<Mutex<Counts>>,
    peer: IpAddr,
}

impl Drop for Permit {
    fn drop(&mut self) {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        counts.total = counts.total.saturating_sub(1);
        if let Some(count) = counts.peers.get_mut(&self.peer) {
            *count -= 1;
            if *count == 0 {
                counts.peers.remove(&self.peer);
            }
        }
    }
}

/// Accepts connections within limits until a shutdown begins.
#[derive(Debug)]
pub struct Acceptor {
    listener: TcpListener,
    limits: AcceptLimits,
    shutdown: Shutdown,
    counts: Arc<Mutex<Counts>>,
    /// What a connection beyond the limits is told.
    farewell: &'static [u8],
}

impl Acceptor {
    /// Accepts on `listener`; a connection beyond the limits gets `farewell` and is closed.
    pub fn new(
        listener: TcpListener,
        limits: AcceptLimits,
        shutdown: Shutdown,
        farewell: &'static [u8],
    ) -> Self {
        Self { listener, limits, shutdown, counts: Arc::default(), farewell }
    }

    /// The next connection; `None` once a shutdown has begun. Errors of single connections and a lack of file
    /// descriptors are waited out.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe.
    pub async fn accept(&self) -> Option<(TcpStream, SocketAddr, Permit)> {
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
                        return Some((stream, peer, permit));
                    }
                    self.turn_away(stream);
                }
                Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
            }
        }
    }

    fn permit(&self, peer: IpAddr) -> Option<Permit> {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let of_peer = counts.peers.get(&peer).copied().unwrap_or(0);
        if counts.total >= self.limits.total || of_peer >= self.limits.per_peer {
            return None;
        }
        counts.total += 1;
        *counts.peers.entry(peer).or_default() += 1;
        Some(Permit { counts: self.counts.clone(), peer })
    }

    fn turn_away(&self, mut stream: TcpStream) {
        let farewell = self.farewell;
        // A fresh socket takes these few octets at once; the loop must not wait for anybody.
        tokio::spawn(async move {
            let polite = async {
                let _ = stream.write_all(farewell).await;
                let _ = stream.shutdown().await;
            };
            let _ = tokio::time::timeout(Duration::from_secs(1), polite).await;
        });
    }

    /// How many connections are served.
    pub fn active(&self) -> usize {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner).total
    }

    /// Waits until no connection is served any more, at most for `grace`.
    pub async fn drain(&self, grace: Duration) {
        let end = tokio::time::Instant::now() + grace;
        while self.active() > 0 && tokio::time::Instant::now() < end {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
}
