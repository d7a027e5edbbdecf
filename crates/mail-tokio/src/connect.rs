//! Connecting to a host that may have several addresses, RFC 8305.

use std::collections::VecDeque;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

/// How to connect.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ConnectOptions {
    /// How long all attempts may take together; 30 seconds.
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

/// Connects to a host by name or address. Names may hold non-ASCII letters.
///
/// # Errors
///
/// [`io::ErrorKind::TimedOut`] after the timeout; else the error of the last attempt, or of the look-up.
///
/// # Cancel safety
///
/// Cancel safe: dropping the future drops all attempts.
pub async fn connect(host: &str, port: u16, options: &ConnectOptions) -> io::Result<TcpStream> {
    let ascii =
        idna::domain_to_ascii(host).ok().filter(|name| !name.is_empty()).unwrap_or_else(|| host.to_owned());
    let all = async {
        let addresses: Vec<SocketAddr> = tokio::net::lookup_host((ascii.as_str(), port)).await?.collect();
        race(&addresses, options).await
    };
    timeout(options.timeout, all).await.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
}

/// Connects to the first of several addresses that answers.
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
    timeout(options.timeout, race(addresses, options))
        .await
        .unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
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

async fn race(addresses: &[SocketAddr], options: &ConnectOptions) -> io::Result<TcpStream> {
    let mut waiting = interleaved(addresses);
    let mut attempts = JoinSet::new();
    let mut last = io::Error::from(io::ErrorKind::InvalidInput);
    loop {
        if let Some(address) = waiting.pop_front() {
            attempts.spawn(TcpStream::connect(address));
        } else if attempts.is_empty() {
            return Err(last);
        }
        // RFC 8305 section 5: the next attempt begins after a delay, or as soon as one has failed.
        tokio::select! {
            Some(done) = attempts.join_next() => match done.unwrap_or_else(|lost| Err(io::Error::other(lost))) {
                Ok(stream) => {
                    stream.set_nodelay(true)?;
                    return Ok(stream);
                }
                Err(error) => last = error,
            },
            () = sleep(options.attempt_delay), if !waiting.is_empty() => {}
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

    #[tokio::test]
    async fn a_silent_address_does_not_hold_up_the_next() {
        let good = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        // A listener whose backlog is full does not answer.
        let full = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let options = ConnectOptions::default().attempt_delay(Duration::from_millis(10));
        let addresses = [full.local_addr().unwrap(), good.local_addr().unwrap()];
        assert!(connect_addresses(&addresses, &options).await.is_ok());
        assert!(connect_addresses(&[], &options).await.is_err());
    }
}
