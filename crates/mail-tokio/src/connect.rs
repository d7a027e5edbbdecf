//! Connecting to a host that may have several addresses, RFC 8305.

use std::collections::VecDeque;
use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, sleep_until, timeout_at};

use crate::trace;

/// How to connect.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ConnectOptions {
    /// How long the look-up and all attempts may take together; 30 seconds.
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

/// Why no address could be connected to: inside the [`io::Error`] of [`connect`] and [`connect_addresses`]
/// ([`io::Error::get_ref`]), whose kind is that of the first attempt, or [`io::ErrorKind::TimedOut`].
///
/// # Example
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// use mail_tokio::{ConnectError, ConnectOptions, connect_addresses};
///
/// let nobody = ["127.0.0.1:1", "127.0.0.2:1"].map(|address| address.parse().unwrap());
/// let error = connect_addresses(&nobody, &ConnectOptions::default()).await.unwrap_err();
/// let inside = error.get_ref().unwrap().downcast_ref::<ConnectError>().unwrap();
/// assert_eq!((inside.addresses, inside.attempts[1].0), (2, nobody[1]));
/// assert!(inside.to_string().starts_with("none of 2 addresses answered: 127.0.0.1:1: "));
/// # });
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub struct ConnectError {
    /// What was tried and why it failed, in that order. Attempts that were still waiting are not here.
    pub attempts: Vec<(SocketAddr, io::Error)>,
    /// How many addresses there were.
    pub addresses: usize,
}

impl fmt::Display for ConnectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.addresses == 0 {
            return f.write_str("the host has no address");
        }
        write!(f, "none of {} addresses answered", self.addresses)?;
        for (index, (address, error)) in self.attempts.iter().enumerate() {
            write!(f, "{} {address}: {error}", if index == 0 { ":" } else { ";" })?;
        }
        Ok(())
    }
}

impl std::error::Error for ConnectError {}

/// Connects to a host by name or address. Names may hold non-ASCII letters.
///
/// # Errors
///
/// With a [`ConnectError`] inside if no address answers in time; the error of the look-up;
/// [`io::ErrorKind::InvalidInput`] for a name that cannot be one.
///
/// # Cancel safety
///
/// Cancel safe: dropping the future drops all attempts.
pub async fn connect(host: &str, port: u16, options: &ConnectOptions) -> io::Result<TcpStream> {
    let until = Instant::now() + options.timeout;
    let ascii = ascii(host)?;
    let found = timeout_at(until, tokio::net::lookup_host((ascii.as_str(), port))).await;
    let addresses: Vec<SocketAddr> = found.map_err(|_| io::ErrorKind::TimedOut)??.collect();
    race(&addresses, options, until).await
}

/// The name as it stands in the DNS (RFC 5890 section 2.3.2.1). ASCII is left to the system, which knows names
/// that are no host names.
fn ascii(host: &str) -> io::Result<String> {
    match idna::domain_to_ascii(host) {
        Ok(name) if !name.is_empty() => Ok(name),
        _ if host.is_ascii() && !host.is_empty() => Ok(host.to_owned()),
        _ => Err(io::Error::new(io::ErrorKind::InvalidInput, "not a host name")),
    }
}

/// Connects to the first of several addresses that answers.
///
/// The address families take turns, beginning with the one that stands first: sorting is the business of the
/// resolver, which knows whether this host has IPv6 at all.
///
/// # Errors
///
/// As [`connect`]; [`io::ErrorKind::InvalidInput`] without any address.
///
/// # Cancel safety
///
/// Cancel safe.
///
/// # Example
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// use mail_tokio::{ConnectOptions, connect_addresses};
///
/// let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
/// let good = listener.local_addr().unwrap();
/// let bad = "127.0.0.1:1".parse().unwrap(); // refuses
/// let stream = connect_addresses(&[bad, good], &ConnectOptions::default()).await.unwrap();
/// assert_eq!(stream.peer_addr().unwrap(), good);
/// # });
/// ```
pub async fn connect_addresses(addresses: &[SocketAddr], options: &ConnectOptions) -> io::Result<TcpStream> {
    race(addresses, options, Instant::now() + options.timeout).await
}

/// RFC 8305 section 4: "Whichever address family is first in the list should be followed by an address of the
/// other address family".
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

async fn race(addresses: &[SocketAddr], options: &ConnectOptions, until: Instant) -> io::Result<TcpStream> {
    let mut waiting = interleaved(addresses);
    let mut running = JoinSet::new();
    let mut failed = ConnectError { attempts: Vec::new(), addresses: addresses.len() };
    loop {
        if let Some(address) = waiting.pop_front() {
            running.spawn(async move { (address, TcpStream::connect(address).await) });
        } else if running.is_empty() {
            let kind = failed.attempts.first().map_or(io::ErrorKind::InvalidInput, |(_, error)| error.kind());
            return Err(io::Error::new(kind, failed));
        }
        // RFC 8305 section 5: the next attempt begins after a delay, or as soon as one has failed.
        tokio::select! {
            biased;
            Some(Ok((address, done))) = running.join_next() => match done {
                Ok(stream) => {
                    stream.set_nodelay(true)?;
                    trace::connected(address);
                    return Ok(stream);
                }
                Err(error) => failed.attempts.push((address, error)),
            },
            () = sleep(options.attempt_delay), if !waiting.is_empty() => {}
            () = sleep_until(until) => return Err(io::Error::new(io::ErrorKind::TimedOut, failed)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn families_take_turns() {
        let all: Vec<SocketAddr> =
            ["[::1]:1", "[::2]:1", "[::3]:1", "1.1.1.1:1"].iter().map(|a| a.parse().unwrap()).collect();
        let order: Vec<String> = interleaved(&all).iter().map(SocketAddr::to_string).collect();
        assert_eq!(order, ["[::1]:1", "1.1.1.1:1", "[::2]:1", "[::3]:1"]);
    }

    #[test]
    fn names_become_ascii() {
        assert_eq!(ascii("bücher.example").unwrap(), "xn--bcher-kva.example");
        assert_eq!(ascii("mail_1.example").unwrap(), "mail_1.example");
        assert_eq!(ascii("::1").unwrap(), "::1");
        assert_eq!(ascii("192.0.2.1").unwrap(), "192.0.2.1");
        for bad in ["", "b\u{fc}\u{202e}cher.example"] {
            assert!(ascii(bad).is_err(), "{bad}");
        }
    }
}
