//! A few sessions that are kept for the next message.

use std::net::TcpStream;
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;
use smtp_proto::sender::{Envelope, Sent};

use super::{SendError, SmtpClient, SmtpClientBuilder};

/// Sessions with one server, opened when needed and kept for a while.
///
/// A session that was idle is asked with NOOP before it is used. A message is sent a second time only if the
/// server cannot have any of it: its session had died before the first command of the transaction was
/// answered.
///
/// # Example
///
/// ```no_run
/// # fn example(message: bytes::Bytes) -> Result<(), Box<dyn std::error::Error>> {
/// use mail_std::smtp::{SmtpClient, SmtpPool};
/// use smtp_proto::sender::{Envelope, Security};
///
/// let pool = SmtpPool::new(SmtpClient::builder("relay.example.org", Security::StartTls), 4);
/// let sent = pool.send(Envelope::new("alice@example.org", ["bob@example.net"])?, message)?;
/// assert!(sent.all_accepted());
/// # Ok(()) }
/// ```
#[derive(Debug)]
pub struct SmtpPool {
    builder: SmtpClientBuilder,
    places: Mutex<usize>,
    freed: Condvar,
    idle: Mutex<Vec<(SmtpClient<TcpStream>, Instant)>>,
    idle_limit: Duration,
}

/// A session that was used just now needs no question.
const FRESH: Duration = Duration::from_secs(5);

impl SmtpPool {
    /// A pool of at most `most` sessions, each kept for 60 seconds without use.
    pub fn new(builder: SmtpClientBuilder, most: usize) -> Self {
        Self {
            builder,
            places: Mutex::new(most.max(1)),
            freed: Condvar::new(),
            idle: Mutex::default(),
            idle_limit: Duration::from_secs(60),
        }
    }

    /// Sets how long an unused session is kept.
    #[must_use]
    pub fn idle_limit(mut self, limit: Duration) -> Self {
        self.idle_limit = limit;
        self
    }

    /// Sends a message over a kept session or a new one; waits while all of them are busy.
    ///
    /// # Errors
    ///
    /// As [`SmtpClient::send`], and those of [`SmtpClientBuilder::connect`].
    pub fn send(&self, envelope: Envelope, message: impl Into<Bytes>) -> Result<Sent, SendError> {
        let message = message.into();
        let _place = self.place();
        if let Some(mut client) = self.kept() {
            match client.send(envelope.clone(), message.clone()) {
                Ok(sent) if !sent.is_untouched() => {
                    self.keep(client);
                    return Ok(sent);
                }
                Ok(_) | Err(SendError::Closed) => {}
                Err(error) => return Err(error),
            }
        }
        let mut client = self.builder.clone().connect()?;
        let sent = client.send(envelope, message)?;
        self.keep(client);
        Ok(sent)
    }

    /// Waits for one of the places.
    fn place(&self) -> Place<'_> {
        let places = self.places.lock().unwrap_or_else(PoisonError::into_inner);
        let mut places =
            self.freed.wait_while(places, |left| *left == 0).unwrap_or_else(PoisonError::into_inner);
        *places -= 1;
        Place(self)
    }

    /// A kept session that is still good.
    fn kept(&self) -> Option<SmtpClient<TcpStream>> {
        loop {
            let (mut client, since) = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop()?;
            let idle = since.elapsed();
            if idle > self.idle_limit {
                continue;
            }
            if idle < FRESH || client.noop().is_ok() {
                return Some(client);
            }
        }
    }

    fn keep(&self, client: SmtpClient<TcpStream>) {
        if client.is_ready() {
            self.idle.lock().unwrap_or_else(PoisonError::into_inner).push((client, Instant::now()));
        }
    }

    /// Ends all kept sessions.
    pub fn close(&self) {
        let kept = std::mem::take(&mut *self.idle.lock().unwrap_or_else(PoisonError::into_inner));
        for (client, _) in kept {
            let _ = client.quit();
        }
    }
}

/// One of the places of a pool, given back when dropped.
struct Place<'a>(&'a SmtpPool);

impl Drop for Place<'_> {
    fn drop(&mut self) {
        *self.0.places.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        self.0.freed.notify_one();
    }
}
