//! A toy protocol, and streams that behave badly.
#![allow(
    dead_code,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)] // no test uses all of it

use std::collections::VecDeque;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use wire_core::{Endpoint, Eof, Layer, Machine, Moment, RecvBuf, SendBuf, Step};

#[derive(Debug, PartialEq, Eq)]
pub enum Event {
    Line(Bytes),
    Chunk(Bytes),
    Secured,
}

impl Event {
    pub fn line(text: &'static str) -> Self {
        Self::Line(Bytes::from_static(text.as_bytes()))
    }
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ToyError {
    #[error("timeout")]
    Timeout,
    #[error("eof in a line")]
    Eof,
    #[error("truncated")]
    Truncated,
    #[error("too long")]
    TooLong,
    #[error("plaintext after STARTTLS")]
    Seal,
}

/// Lines of at most 512 octets, or whatever comes. `QUIT` is answered with `bye` and closes, `STARTTLS` with `go`
/// and begins TLS, a `go` begins it if [`Toy::start_tls`] asked for it, `NOW` is urgent.
#[derive(Default)]
pub struct Toy {
    pub octets: bool,
    pub hold: bool,
    pub window: Option<usize>,
    pub timeout: Option<Duration>,
    /// Says nothing when the deadline passes.
    pub stubborn: bool,
    pub steps: usize,
    asked: bool,
    closing: bool,
    secured: bool,
    deadline: Option<Moment>,
    queue: VecDeque<Bytes>,
}

impl Toy {
    pub fn lines() -> Endpoint<Self> {
        Endpoint::new(Self::default())
    }

    pub fn octets() -> Endpoint<Self> {
        Endpoint::new(Self { octets: true, ..Self::default() })
    }

    pub fn with_timeout(seconds: u64) -> Endpoint<Self> {
        Endpoint::new(Self { timeout: Some(Duration::from_secs(seconds)), ..Self::default() })
    }

    pub fn say(&mut self, octets: impl Into<Bytes>) {
        self.queue.push_back(octets.into());
    }

    pub fn start_tls(&mut self) {
        self.say("STARTTLS\r\n");
        self.asked = true;
    }

    fn send(&mut self, tx: &mut SendBuf) {
        while tx.len() < self.window.unwrap_or(usize::MAX)
            && let Some(octets) = self.queue.pop_front()
        {
            tx.put_bytes(octets);
        }
    }

    fn read(&mut self, rx: &mut RecvBuf, tx: &mut SendBuf) -> Result<Option<Step<Event>>, ToyError> {
        if self.octets {
            let chunk = rx.take(64 * 1024);
            return Ok((!chunk.is_empty()).then_some(Step::Event(Event::Chunk(chunk))));
        }
        let Ok(line) = rx.line(512) else {
            tx.put(b"too long\r\n");
            return Err(ToyError::TooLong);
        };
        let Some(line) = line else { return Ok(None) };
        Ok(Some(match &line[..] {
            b"QUIT" => {
                tx.put(b"bye\r\n");
                self.closing = true;
                Step::Close
            }
            b"STARTTLS" => {
                let proof = rx.seal().map_err(|_| ToyError::Seal)?;
                tx.put(b"go\r\n");
                Step::StartTls(proof)
            }
            b"go" if self.asked => Step::StartTls(rx.seal().map_err(|_| ToyError::Seal)?),
            b"NOW" => {
                tx.put(b"at once\r\n");
                tx.urge();
                Step::Event(Event::Line(line))
            }
            _ => Step::Event(Event::Line(line)),
        }))
    }
}

impl Machine for Toy {
    type Event = Event;
    type Error = ToyError;

    fn step(&mut self, now: Moment, rx: &mut RecvBuf, tx: &mut SendBuf) -> Result<Step<Event>, ToyError> {
        self.steps += 1;
        self.send(tx);
        if self.closing {
            return Ok(Step::Close);
        }
        if std::mem::take(&mut self.secured) {
            return Ok(Step::Event(Event::Secured));
        }
        if self.hold {
            return Ok(Step::Hold);
        }
        if let Some(step) = self.read(rx, tx)? {
            self.deadline = self.timeout.map(|timeout| now + timeout);
            return Ok(step);
        }
        match (rx.ended(), rx.is_empty()) {
            (Some(Eof::Clean), true) => return Ok(Step::Close),
            (Some(Eof::Truncated), _) => return Err(ToyError::Truncated),
            (Some(_), _) => return Err(ToyError::Eof),
            (None, _) => {}
        }
        match self.deadline {
            None => self.deadline = self.timeout.map(|timeout| now + timeout),
            Some(deadline) if deadline <= now && !self.stubborn => {
                tx.put(b"timeout\r\n");
                return Err(ToyError::Timeout);
            }
            Some(_) => {}
        }
        Ok(Step::Read)
    }

    fn deadline(&self) -> Option<Moment> {
        self.deadline
    }

    fn layered(&mut self, _layer: Layer) {
        self.secured = true;
    }
}

/// Counts what is asked of a stream.
pub struct Counting<S> {
    pub inner: S,
    pub writes: Arc<AtomicUsize>,
    pub reads: Arc<AtomicUsize>,
}

impl<S> Counting<S> {
    pub fn new(inner: S) -> (Self, Arc<AtomicUsize>, Arc<AtomicUsize>) {
        let (writes, reads) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        (Self { inner, writes: writes.clone(), reads: reads.clone() }, writes, reads)
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Counting<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.reads.fetch_add(1, Ordering::Relaxed);
        Pin::new(&mut self.inner).poll_read(cx, buf)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Counting<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, octets: &[u8]) -> Poll<io::Result<usize>> {
        self.writes.fetch_add(1, Ordering::Relaxed);
        Pin::new(&mut self.inner).poll_write(cx, octets)
    }
    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        pieces: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.writes.fetch_add(1, Ordering::Relaxed);
        Pin::new(&mut self.inner).poll_write_vectored(cx, pieces)
    }
    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }
    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(cx)
    }
    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }
}

/// Gives some octets, then stays silent; takes everything, or fails to.
#[derive(Default)]
pub struct Script {
    pub input: VecDeque<io::Result<Bytes>>,
    pub output: Vec<u8>,
    pub write_error: Option<io::ErrorKind>,
}

impl AsyncRead for Script {
    fn poll_read(
        mut self: Pin<&mut Self>,
        _cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match self.input.pop_front() {
            None => Poll::Pending,
            Some(Err(error)) => Poll::Ready(Err(error)),
            Some(Ok(octets)) => {
                buf.put_slice(&octets);
                Poll::Ready(Ok(()))
            }
        }
    }
}

impl AsyncWrite for Script {
    fn poll_write(mut self: Pin<&mut Self>, _cx: &mut Context<'_>, octets: &[u8]) -> Poll<io::Result<usize>> {
        if let Some(kind) = self.write_error {
            return Poll::Ready(Err(kind.into()));
        }
        self.output.extend_from_slice(octets);
        Poll::Ready(Ok(octets.len()))
    }
    fn poll_flush(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
    fn poll_shutdown(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}
