//! A few sessions that are kept for the next message.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use smtp_proto::sender::{Envelope, Sent};
use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use tokio::time::Instant;

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
/// # async fn example(message: bytes::Bytes) -> Result<(), Box<dyn std::error::Error>> {
/// use mail_tokio::smtp::{SmtpClient, SmtpPool};
/// use smtp_proto::sender::{Envelope, Security};
///
/// let pool = SmtpPool::new(SmtpClient::builder("relay.example.org", Security::StartTls), 4);
/// let sent = pool.send(Envelope::new("alice@example.org", ["bob@example.net"])?, message).await?;
/// assert!(sent.all_accepted());
/// # Ok(()) }
/// ```
#[derive(Debug)]
pub struct SmtpPool {
    builder: SmtpClientBuilder,
    places: Semaphore,
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
            places: Semaphore::new(most.max(1)),
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
    pub async fn send(&self, envelope: Envelope, message: impl Into<Bytes>) -> Result<Sent, SendError> {
        let message = message.into();
        let _place = self.places.acquire().await.map_err(|_| SendError::Closed)?;
        if let Some(mut client) = self.kept().await {
            match client.send(envelope.clone(), message.clone()).await {
                Ok(sent) if !sent.is_untouched() => {
                    self.keep(client);
                    return Ok(sent);
                }
                Ok(_) | Err(SendError::Closed) => {}
                Err(error) => return Err(error),
            }
        }
        let mut client = self.builder.clone().connect().await?;
        let sent = client.send(envelope, message).await?;
        self.keep(client);
        Ok(sent)
    }

    /// A kept session that is still good.
    async fn kept(&self) -> Option<SmtpClient<TcpStream>> {
        loop {
            let (mut client, since) = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop()?;
            let idle = since.elapsed();
            if idle > self.idle_limit {
                continue;
            }
            if idle < FRESH || client.noop().await.is_ok() {
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
    pub async fn close(&self) {
        let kept = std::mem::take(&mut *self.idle.lock().unwrap_or_else(PoisonError::into_inner));
        for (client, _) in kept {
            let _ = client.quit().await;
        }
    }
}
