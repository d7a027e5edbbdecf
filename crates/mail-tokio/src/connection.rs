//! The driver: moves octets between a stream and an endpoint, and sleeps. It knows no protocol.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::BytesMut;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::{Instant, Sleep, sleep_until};
use tokio_util::io::{poll_read_buf, poll_write_buf};
use wire_core::{Endpoint, Filter, LayerError, Machine, Moment, Progress, Sealed};

/// How long a connection is quiet before its buffers are given back.
const IDLE: Duration = Duration::from_secs(1);
/// How long a closing connection waits for the peer to take the last words and to close too.
const LINGER: Duration = Duration::from_secs(1);
/// How many octets of a closing peer are read and dropped.
const LINGER_OCTETS: usize = 1024 * 1024;
/// How much input may wait while [`Connection::flush`] writes.
const HIGH_WATER: usize = 64 * 1024;

/// Makes the TLS layer when the machine asks for it.
pub type TlsSource = Box<dyn FnOnce() -> Result<Box<dyn Filter>, LayerError> + Send>;

/// Why a connection failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error<E: std::error::Error + 'static> {
    /// The socket failed.
    #[error("the connection failed: {0}")]
    Io(io::Error),
    /// The protocol or a layer failed.
    #[error(transparent)]
    Endpoint(wire_core::Error<E>),
}

impl<E: std::error::Error + 'static> From<io::Error> for Error<E> {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// What polling for the next event gives.
type PollNext<M> = Poll<Result<Option<<M as Machine>::Event>, Error<<M as Machine>::Error>>>;

enum Closing<E: std::error::Error + 'static> {
    No,
    /// Sending the last words; then the error, if there is one, is told.
    Flush(Option<wire_core::Error<E>>, Instant),
    Linger(Option<wire_core::Error<E>>, Instant, usize),
    Closed(Option<wire_core::Error<E>>),
}

/// A machine on a stream.
///
/// # Cancel safety
///
/// Every octet that was read or written is recorded in the connection, none in a future: each `async fn` here
/// can be dropped at any await point, for instance in a `select!`, and called again. No event is lost or
/// repeated.
pub struct Connection<M: Machine, S> {
    endpoint: Endpoint<M>,
    stream: S,
    tls: Option<TlsSource>,
    upgrade: Option<Sealed>,
    origin: Instant,
    /// When something was last read.
    traffic: Instant,
    released: bool,
    timer: Option<Pin<Box<Sleep>>>,
    closing: Closing<M::Error>,
}

impl<M: Machine + Unpin, S: AsyncRead + AsyncWrite + Unpin> Connection<M, S> {
    /// Puts an endpoint on a stream. The machine's moments count from `origin`, which is what
    /// [`Machine`] constructors were given as [`Moment::ORIGIN`].
    pub fn new(stream: S, endpoint: Endpoint<M>) -> Self {
        let now = Instant::now();
        Self {
            endpoint,
            stream,
            tls: None,
            upgrade: None,
            origin: now,
            traffic: now,
            released: false,
            timer: None,
            closing: Closing::No,
        }
    }

    /// Says where TLS comes from if the machine asks for STARTTLS; without it such a connection closes.
    #[must_use]
    pub fn with_tls_source(mut self, source: TlsSource) -> Self {
        self.tls = Some(source);
        self
    }

    /// The machine, whose methods are the commands or replies; [`next`](Self::next) or
    /// [`flush`](Self::flush) sends what they queue.
    pub fn machine(&mut self) -> &mut M {
        self.endpoint.machine()
    }

    /// The machine, to look at.
    pub fn machine_ref(&self) -> &M {
        self.endpoint.machine_ref()
    }

    /// The endpoint.
    pub fn endpoint(&mut self) -> &mut Endpoint<M> {
        &mut self.endpoint
    }

    /// The stream, to look at.
    pub fn stream(&self) -> &S {
        &self.stream
    }

    /// The stream, the machine, and what arrived in clear and was not consumed.
    pub fn into_parts(self) -> (S, M, BytesMut) {
        let (machine, left) = self.endpoint.into_parts();
        (self.stream, machine, left)
    }

    /// The next event; `None` when the connection has closed as the protocol wants it.
    ///
    /// # Errors
    ///
    /// When the socket, a layer or the protocol fails; the peer has been told, if it can be.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe.
    pub async fn next(&mut self) -> Result<Option<M::Event>, Error<M::Error>> {
        std::future::poll_fn(|cx| self.poll_next(cx)).await
    }

    /// Sends everything that is queued. Reads meanwhile, within bounds, so that two sides that write to each
    /// other do not wait for ever.
    ///
    /// # Errors
    ///
    /// When the socket or a layer fails.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe.
    pub async fn flush(&mut self) -> Result<(), Error<M::Error>> {
        std::future::poll_fn(|cx| self.poll_flush(cx)).await
    }

    /// Sends what is queued and closes, waiting at most a second for the peer to do the same.
    ///
    /// # Errors
    ///
    /// When the socket fails.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe; dropping the connection closes it at once.
    pub async fn close(&mut self) -> Result<(), Error<M::Error>> {
        self.endpoint.abort();
        while self.next().await?.is_some() {}
        Ok(())
    }

    pub(crate) fn poll_next(&mut self, cx: &mut Context<'_>) -> PollNext<M> {
        loop {
            if !matches!(self.closing, Closing::No) {
                return self.poll_close(cx);
            }
            if let Some(proof) = self.upgrade.take() {
                if self.poll_write(cx)?.is_pending() {
                    self.upgrade = Some(proof);
                    return Poll::Pending;
                }
                self.install_tls(proof);
                continue;
            }
            let now = Instant::now();
            match self.endpoint.poll(Moment::new(now - self.origin)) {
                Ok(Progress::Event(event)) => {
                    if self.endpoint.is_urgent() {
                        let _ = self.poll_write(cx)?;
                    }
                    return Poll::Ready(Ok(Some(event)));
                }
                Ok(Progress::Io { read }) => {
                    let _ = self.poll_write(cx)?;
                    if read && self.poll_read(cx, now)?.is_ready() {
                        continue;
                    }
                    ready!(self.poll_timer(cx));
                }
                Ok(Progress::StartTls(proof)) => self.upgrade = Some(proof),
                Ok(_) => self.closing = Closing::Flush(None, now + LINGER),
                Err(error) => self.closing = Closing::Flush(Some(error), now + LINGER),
            }
        }
    }

    fn install_tls(&mut self, proof: Sealed) {
        match self.tls.take().map(|source| source()) {
            Some(Ok(filter)) => self.endpoint.install_tls(proof, filter),
            Some(Err(error)) => {
                self.closing = Closing::Closed(Some(wire_core::Error::Layer(error)));
            }
            // The machine offered what the connection does not have.
            None => self.endpoint.abort(),
        }
    }

    /// Writes until nothing is left, or the stream takes no more.
    fn poll_write(&mut self, cx: &mut Context<'_>) -> Result<Poll<()>, Error<M::Error>> {
        loop {
            let tx = match self.endpoint.transmit() {
                Ok(tx) => tx,
                Err(error) => return Err(Error::Endpoint(error)),
            };
            if tx.is_empty() {
                return match Pin::new(&mut self.stream).poll_flush(cx)? {
                    Poll::Ready(()) => Ok(Poll::Ready(())),
                    Poll::Pending => Ok(Poll::Pending),
                };
            }
            match poll_write_buf(Pin::new(&mut self.stream), cx, tx)? {
                Poll::Ready(0) => return Err(io::Error::from(io::ErrorKind::WriteZero).into()),
                Poll::Ready(_) => {}
                Poll::Pending => return Ok(Poll::Pending),
            }
        }
    }

    fn poll_read(&mut self, cx: &mut Context<'_>, now: Instant) -> Result<Poll<()>, Error<M::Error>> {
        match poll_read_buf(Pin::new(&mut self.stream), cx, self.endpoint.recv_buf()) {
            Poll::Pending => return Ok(Poll::Pending),
            Poll::Ready(Ok(0)) => self.endpoint.recv_eof(),
            Poll::Ready(Ok(_)) => {}
            // A reset is an end: whether it comes too early is for the machine to say.
            Poll::Ready(Err(error)) if error.kind() == io::ErrorKind::ConnectionReset => {
                self.endpoint.recv_eof()
            }
            Poll::Ready(Err(error)) => return Err(error.into()),
        }
        self.traffic = now;
        self.released = false;
        Ok(Poll::Ready(()))
    }

    /// Ready when the machine's deadline has come. The timer is not set anew for each read: when it fires too
    /// early it is set to what is due then.
    fn poll_timer(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        loop {
            let deadline = self.endpoint.deadline().map(|deadline| self.origin + deadline.since_origin());
            let idle = (!self.released).then(|| self.traffic + IDLE);
            let Some(due) = deadline.into_iter().chain(idle).min() else { return Poll::Pending };
            let timer = self.timer.get_or_insert_with(|| Box::pin(sleep_until(due)));
            if timer.deadline() > due {
                timer.as_mut().reset(due);
            }
            ready!(timer.as_mut().poll(cx));
            let now = Instant::now();
            if deadline.is_some_and(|deadline| deadline <= now) {
                self.timer = None;
                return Poll::Ready(());
            }
            if !self.released && self.traffic + IDLE <= now {
                self.endpoint.release();
                self.released = true;
            }
            self.timer = None;
        }
    }

    fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Error<M::Error>>> {
        loop {
            if self.poll_write(cx)?.is_ready() {
                return Poll::Ready(Ok(()));
            }
            if self.endpoint.recv_buf().len() >= HIGH_WATER {
                return Poll::Pending;
            }
            let now = Instant::now();
            if self.poll_read(cx, now)?.is_pending() {
                return Poll::Pending;
            }
        }
    }

    /// Last words, FIN, and a while of listening: an RST for unread input would take the last words away.
    fn poll_close(&mut self, cx: &mut Context<'_>) -> PollNext<M> {
        loop {
            let until = match &self.closing {
                Closing::Flush(_, until) | Closing::Linger(_, until, _) => Some(*until),
                _ => None,
            };
            if let Some(until) = until
                && self.poll_until(cx, until).is_ready()
            {
                self.closing = Closing::Closed(self.closing_error());
            }
            match &mut self.closing {
                Closing::No => return Poll::Ready(Ok(None)),
                Closing::Flush(..) => {
                    let written = match self.poll_write(cx) {
                        Ok(Poll::Pending) => return Poll::Pending,
                        Ok(Poll::Ready(())) => true,
                        Err(_) => false,
                    };
                    let shut = written && ready!(Pin::new(&mut self.stream).poll_shutdown(cx)).is_ok();
                    let error = self.closing_error();
                    self.closing = if shut {
                        Closing::Linger(error, Instant::now() + LINGER, 0)
                    } else {
                        Closing::Closed(error)
                    };
                }
                Closing::Linger(_, _, dropped) => {
                    let dropped = *dropped;
                    let mut scratch = BytesMut::with_capacity(4096);
                    match ready!(poll_read_buf(Pin::new(&mut self.stream), cx, &mut scratch)) {
                        Ok(n) if n > 0 && dropped < LINGER_OCTETS => {
                            if let Closing::Linger(_, _, count) = &mut self.closing {
                                *count += n;
                            }
                        }
                        _ => self.closing = Closing::Closed(self.closing_error()),
                    }
                }
                Closing::Closed(error) => {
                    return Poll::Ready(match error.clone() {
                        Some(error) => Err(Error::Endpoint(error)),
                        None => Ok(None),
                    });
                }
            }
        }
    }

    fn closing_error(&mut self) -> Option<wire_core::Error<M::Error>> {
        match &mut self.closing {
            Closing::No => None,
            Closing::Flush(error, _) | Closing::Linger(error, ..) | Closing::Closed(error) => error.take(),
        }
    }

    fn poll_until(&mut self, cx: &mut Context<'_>, until: Instant) -> Poll<()> {
        let timer = self.timer.get_or_insert_with(|| Box::pin(sleep_until(until)));
        if timer.deadline() != until {
            timer.as_mut().reset(until);
        }
        timer.as_mut().poll(cx)
    }
}

impl<M: Machine, S> std::fmt::Debug for Connection<M, S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Connection").field("endpoint", &self.endpoint).finish_non_exhaustive()
    }
}
