//! Accepting connections: how many, from whom, and until when.

use std::collections::HashMap;
use std::io::{Read, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use wire_core::Networks;

/// How many connections are served at the same time.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct AcceptLimits {
    /// In all, each with a thread; 500.
    pub total: usize,
    /// From one IPv4 address or one IPv6 network of 64 bits, which is what a single customer has; 50.
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
pub struct Shutdown(Arc<State>);

#[derive(Debug, Default)]
struct State {
    begun: AtomicBool,
    /// Where threads wait for connections.
    listening: Mutex<Vec<SocketAddr>>,
}

impl Shutdown {
    /// A handle; clones are the same handle.
    pub fn new() -> Self {
        Self::default()
    }

    /// Begins the shutdown: no new connection is accepted, sessions end when they have finished what they do.
    pub fn begin(&self) {
        self.0.begun.store(true, Ordering::Release);
        let listening = std::mem::take(&mut *self.0.listening.lock().unwrap_or_else(PoisonError::into_inner));
        for address in listening {
            // A blocking accept ends with a connection only. If there is no room for one, it is about to end.
            let _ = TcpStream::connect_timeout(&address, WAKE);
        }
    }

    /// Whether it has begun.
    pub fn has_begun(&self) -> bool {
        self.0.begun.load(Ordering::Acquire)
    }

    fn wakes(&self, mut address: SocketAddr) {
        if address.ip().is_unspecified() {
            let local: IpAddr =
                if address.is_ipv4() { Ipv4Addr::LOCALHOST.into() } else { Ipv6Addr::LOCALHOST.into() };
            address.set_ip(local);
        }
        self.0.listening.lock().unwrap_or_else(PoisonError::into_inner).push(address);
    }
}

#[derive(Default, Debug)]
struct Counts {
    total: usize,
    peers: HashMap<IpAddr, usize>,
    turned_away: usize,
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

fn lock(counts: &Mutex<Counts>) -> MutexGuard<'_, Counts> {
    counts.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A place among the connections that are served; given back when dropped.
#[derive(Debug)]
pub struct Permit {
    counts: Arc<Mutex<Counts>>,
    per_peer: usize,
    /// `None` for a proxy, which stands for many.
    peer: Option<IpAddr>,
}

impl Permit {
    /// Counts the connection as one of `peer` from now on: what a PROXY header says. False, and nothing is
    /// changed, if that peer has enough connections already.
    #[must_use]
    pub fn count_as(&mut self, peer: IpAddr) -> bool {
        let peer = Networks::customer(peer);
        let mut counts = lock(&self.counts);
        if self.peer == Some(peer) {
            return true;
        }
        if counts.peers.get(&peer).copied().unwrap_or(0) >= self.per_peer {
            return false;
        }
        *counts.peers.entry(peer).or_default() += 1;
        counts.leave(self.peer.replace(peer));
        true
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        let mut counts = lock(&self.counts);
        counts.total = counts.total.saturating_sub(1);
        counts.leave(self.peer);
    }
}

/// How long waking an acceptor may take.
const WAKE: Duration = Duration::from_secs(1);
/// How long accepting rests when the system lacks something, and how often the end of sessions is looked for.
const REST: Duration = Duration::from_millis(20);
/// How many connections that were turned away are listened to, so that they can read why, and how long.
const TURNED_AWAY_MOST: usize = 16;
const TURNED_AWAY_TIME: Duration = Duration::from_secs(1);

/// Accepts connections within limits until a shutdown begins.
#[derive(Debug)]
pub struct Acceptor<'a> {
    listener: &'a TcpListener,
    limits: AcceptLimits,
    shutdown: Shutdown,
    counts: Arc<Mutex<Counts>>,
    pub(crate) proxies: Networks,
    /// What a connection beyond the limits is told.
    farewell: &'static [u8],
}

impl<'a> Acceptor<'a> {
    /// Accepts on `listener`; a connection beyond the limits gets `farewell` and is closed.
    ///
    /// # Errors
    ///
    /// If the listener does not know where it listens, or cannot block.
    pub fn new(
        listener: &'a TcpListener,
        limits: AcceptLimits,
        shutdown: Shutdown,
        farewell: &'static [u8],
    ) -> std::io::Result<Self> {
        listener.set_nonblocking(false)?;
        shutdown.wakes(listener.local_addr()?);
        Ok(Self {
            listener,
            limits,
            shutdown,
            counts: Arc::default(),
            proxies: Networks::default(),
            farewell,
        })
    }

    /// Says which peers are proxies that begin each connection with a PROXY header ([`wire_core::proxy`]).
    ///
    /// Their own address is not counted, but the client's: see [`Permit::count_as`].
    #[must_use]
    pub fn proxies(mut self, proxies: Networks) -> Self {
        self.proxies = proxies;
        self
    }

    /// The next connection; `None` once a shutdown has begun. Errors of single connections and a lack of file
    /// descriptors are waited out.
    pub fn accept(&self) -> Option<(TcpStream, SocketAddr, Permit)> {
        while !self.shutdown.has_begun() {
            match self.listener.accept() {
                // That is who wakes us.
                Ok(_) if self.shutdown.has_begun() => {}
                Ok((stream, peer)) => {
                    // A reply that waits for another packet to be acknowledged costs 40 ms.
                    let _ = stream.set_nodelay(true);
                    match self.permit(peer.ip()) {
                        Some(permit) => return Some((stream, peer, permit)),
                        None => self.turn_away(stream),
                    }
                }
                Err(_) => std::thread::sleep(REST),
            }
        }
        None
    }

    fn permit(&self, peer: IpAddr) -> Option<Permit> {
        let mut counts = lock(&self.counts);
        if counts.total >= self.limits.total {
            return None;
        }
        counts.total += 1;
        drop(counts);
        let mut permit = Permit { counts: self.counts.clone(), per_peer: self.limits.per_peer, peer: None };
        (self.proxies.contains(peer) || permit.count_as(peer)).then_some(permit)
    }

    /// Tells a connection that there are too many, without waiting for anybody.
    pub(crate) fn turn_away(&self, mut stream: TcpStream) {
        // A fresh socket takes these few octets at once.
        let told = stream.write_all(self.farewell).and_then(|()| stream.shutdown(std::net::Shutdown::Write));
        let mut counts = lock(&self.counts);
        if told.is_err() || counts.turned_away >= TURNED_AWAY_MOST {
            return;
        }
        counts.turned_away += 1;
        drop(counts);
        let counts = self.counts.clone();
        // What it has sent meanwhile must be read: an RST would take the words away.
        std::thread::spawn(move || {
            let until = Instant::now() + TURNED_AWAY_TIME;
            let mut scratch = [0; 512];
            let mut left = TURNED_AWAY_TIME;
            while !left.is_zero()
                && stream.set_read_timeout(Some(left)).is_ok()
                && stream.read(&mut scratch).is_ok_and(|octets| octets > 0)
            {
                left = until.saturating_duration_since(Instant::now());
            }
            lock(&counts).turned_away -= 1;
        });
    }

    /// How many connections are served.
    pub fn active(&self) -> usize {
        lock(&self.counts).total
    }

    /// Waits until no connection is served any more, at most for `grace`.
    pub fn drain(&self, grace: Duration) {
        let end = Instant::now() + grace;
        while self.active() > 0 && Instant::now() < end {
            std::thread::sleep(REST);
        }
    }
}
