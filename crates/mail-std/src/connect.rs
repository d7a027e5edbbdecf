//! Connecting to a host that may have several addresses, RFC 8305.

use std::collections::VecDeque;
use std::io;
use std::net::{SocketAddr, TcpStream, ToSocketAddrs};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::{Duration, Instant};

/// How to connect.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ConnectOptions {
    /// How long all attempts may take together, the look-up apart; 30 seconds.
    pub timeout: Duration,
    /// How long an attempt is alone before the next address is tried beside it; 250 ms
    /// (RFC 8305 section 5).
    pub attempt_delay: Duration,
}

impl Default for ConnectOptions {
    fn default() -> Self {
        Self { timeout: Duration::from_secs(30), attempt_delay: Duration::from_millis(250) }
    }
}

impl ConnectOptions {
    /// Sets [`timeout`](#structfield.timeout).
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Sets [`attempt_delay`](#structfield.attempt_delay).
    #[must_use]
    pub fn attempt_delay(mut self, delay: Duration) -> Self {
        self.attempt_delay = delay;
        self
    }
}

/// The most addresses that are tried, each in a thread that ends with the timeout.
const ATTEMPTS: usize = 16;

/// Connects to a host by name or address. Names may hold non-ASCII letters.
///
/// # Errors
///
/// [`io::ErrorKind::TimedOut`] after the timeout; else the error of the last attempt, or of the look-up.
pub fn connect(host: &str, port: u16, options: &ConnectOptions) -> io::Result<TcpStream> {
    let ascii =
        idna::domain_to_ascii(host).ok().filter(|name| !name.is_empty()).unwrap_or_else(|| host.to_owned());
    let addresses: Vec<SocketAddr> = (ascii.as_str(), port).to_socket_addrs()?.collect();
    connect_addresses(&addresses, options)
}

/// Connects to the first of several addresses that answers.
///
/// # Errors
///
/// As [`connect`]; [`io::ErrorKind::InvalidInput`] without any address.
///
/// # Example
///
/// ```
/// use mail_std::{ConnectOptions, connect_addresses};
///
/// let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
/// let good = listener.local_addr().unwrap();
/// let bad = "127.0.0.1:1".parse().unwrap(); // refuses
/// let stream = connect_addresses(&[bad, good], &ConnectOptions::default()).unwrap();
/// assert_eq!(stream.peer_addr().unwrap(), good);
/// ```
pub fn connect_addresses(addresses: &[SocketAddr], options: &ConnectOptions) -> io::Result<TcpStream> {
    let until = Instant::now() + options.timeout;
    let mut waiting = interleaved(addresses);
    waiting.truncate(ATTEMPTS);
    let (sender, receiver) = channel();
    let mut running = 0usize;
    let mut last = io::Error::from(io::ErrorKind::InvalidInput);
    loop {
        let left = until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(io::ErrorKind::TimedOut.into());
        }
        if let Some(address) = waiting.pop_front() {
            let sender = sender.clone();
            running += 1;
            std::thread::spawn(move || {
                // If the race is over the receiver is gone, and the stream closes.
                let _ = sender.send(TcpStream::connect_timeout(&address, left));
            });
        } else if running == 0 {
            return Err(last);
        }
        // RFC 8305 section 5: the next attempt begins after a delay, or as soon as one has failed.
        let patience = if waiting.is_empty() { left } else { options.attempt_delay.min(left) };
        match receiver.recv_timeout(patience) {
            Ok(Ok(stream)) => {
                stream.set_nodelay(true)?;
                return Ok(stream);
            }
            Ok(Err(error)) => {
                last = error;
                running -= 1;
            }
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {}
        }
    }
}

/// RFC 8305 section 4: the families take turns, beginning with the one that stands first.
fn interleaved(addresses: &[SocketAddr]) -> VecDeque<SocketAddr> {
    let first_v6 = addresses.first().is_some_and(SocketAddr::is_ipv6);
    let (mut first, mut second): (VecDeque<_>, VecDeque<_>) =
        addresses.iter().copied().partition(|address| address.is_ipv6() == first_v6);
    let mut order = VecDeque::with_capacity(addresses.len());
    while !first.is_empty() || !second.is_empty() {
        order.extend(first.pop_front());
        order.extend(second.pop_front());
    }
    order
}
