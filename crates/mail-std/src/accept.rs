//! Accepting connections: how many, from whom, and until when.

use std::collections::HashMap;
use std::io::Write;
use std::net::{IpAddr, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How many connections are served at the same time.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct AcceptLimits {
    /// In all, each with a thread; 500.
    pub total: usize,
    /// From one IP address; 50.
    pub per_peer: usize,
}

impl Default for AcceptLimits {
    fn default() -> Self {
        Self { total: 500, per_peer: 50 }
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
/// let shutdown = mail_std::Shutdown::new();
/// shutdown.clone().begin();
/// assert!(shutdown.has_begun());
/// ```
#[derive(Clone, Debug, Default)]
pub struct Shutdown(Arc<AtomicBool>);

impl Shutdown {
    /// A handle; clones are the same handle.
    pub fn new() -> Self {
        Self::default()
    }

    /// Begins the shutdown: no new connection is accepted, sessions end with their next command or when they
    /// have finished what they do.
    pub fn begin(&self) {
        self.0.store(true, Ordering::Release);
    }

    /// Whether it has begun.
    pub fn has_begun(&self) -> bool {
        self.0.load(Ordering::Acquire)
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

/// How often a waiting accept looks whether a shutdown has begun.
const LOOK_UP: Duration = Duration::from_millis(20);

/// Accepts connections within limits until a shutdown begins.
#[derive(Debug)]
pub struct Acceptor<'a> {
    listener: &'a TcpListener,
    limits: AcceptLimits,
    shutdown: Shutdown,
    counts: Arc<Mutex<Counts>>,
    /// What a connection beyond the limits is told.
    farewell: &'static [u8],
}

impl<'a> Acceptor<'a> {
    /// Accepts on `listener`; a connection beyond the limits gets `farewell` and is closed.
    ///
    /// # Errors
    ///
    /// If the listener cannot be made non-blocking.
    pub fn new(
        listener: &'a TcpListener,
        limits: AcceptLimits,
        shutdown: Shutdown,
        farewell: &'static [u8],
    ) -> std::io::Result<Self> {
        listener.set_nonblocking(true)?;
        Ok(Self { listener, limits, shutdown, counts: Arc::default(), farewell })
    }

    /// The next connection; `None` once a shutdown has begun. Errors of single connections and a lack of file
    /// descriptors are waited out.
    pub fn accept(&self) -> Option<(TcpStream, SocketAddr, Permit)> {
        while !self.shutdown.has_begun() {
            match self.listener.accept() {
                Ok((mut stream, peer)) => {
                    if stream.set_nonblocking(false).is_err() {
                        continue;
                    }
                    // A reply that waits for another packet to be acknowledged costs 40 ms.
                    let _ = stream.set_nodelay(true);
                    if let Some(permit) = self.permit(peer.ip()) {
                        return Some((stream, peer, permit));
                    }
                    // A fresh socket takes these few octets at once.
                    let _ = stream.write_all(self.farewell);
                }
                Err(_) => std::thread::sleep(LOOK_UP),
            }
        }
        None
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

    /// How many connections are served.
    pub fn active(&self) -> usize {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner).total
    }

    /// Waits until no connection is served any more, at most for `grace`.
    pub fn drain(&self, grace: Duration) {
        let end = Instant::now() + grace;
        while self.active() > 0 && Instant::now() < end {
            std::thread::sleep(LOOK_UP);
        }
    }
}
