//! The driver: moves octets between a stream and an endpoint, and sleeps. It knows no protocol.

use std::collections::VecDeque;
use std::io;
use std::mem::MaybeUninit;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::BytesMut;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep_until};
use tokio_util::io::{poll_read_buf, poll_write_buf};
use wire_core::{Endpoint, Filter, LayerError, LayerFault, Machine, Moment, Progress, Sealed};

use crate::closing::{Closing, Failure};

/// How long a connection is quiet before its buffers are given back.
const IDLE: Duration = Duration::from_secs(1);
/// How much is read at first when a connection was idle.
const SCRATCH: usize = 1024;
/// How many events [`Connection::flush`] keeps for [`Connection::next`].
const EVENTS_MOST: usize = 32;

/// Makes the TLS layer when the machine asks for it.
pub type TlsSource = Box<dyn FnOnce() -> Result<Box<dyn Filter>, LayerError> + Send>;

/// Why a connection failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error<E: std::error::Error + 'static> {
    /// The socket failed. It is told again as often as it is asked for, by its kind.
    #[error("the connection failed: {0}")]
    Io(#[source] io::Error),
    /// The protocol or a layer failed; with [`LayerFault`] this is where a TLS source that fails ends up.
    #[error(transparent)]
    Endpoint(wire_core::Error<E>),
}

impl<E: std::error::Error + 'static> From<io::Error> for Error<E> {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// What polling for the next event gives.
pub(crate) type PollNext<M> = Poll<Result<Option<<M as Machine>::Event>, Error<<M as Machine>::Error>>>;

/// A machine on a stream.
///
/// Octets leave when the machine waits for the peer, or when it urges; several replies then leave in one write.
/// The buffers are given back after a second without traffic: what an idle connection holds is this value and
/// its timer.
///
/// # Cancel safety
///
/// Every octet that was read or written is recorded in the connection, none in a future: each `async fn` here
/// can be dropped at any await point, for instance in a `select!`, and called again. No event is lost or
/// repeated.
pub struct Connection<M: Machine, S> {
    pub(crate) endpoint: Endpoint<M>,
    pub(crate) stream: S,
    tls: Option<TlsSource>,
    upgrade: Option<Sealed>,
    origin: Instant,
    /// The time of this poll: looking at the clock costs as much as a short command.
    clock: Instant,
    /// When something was last read or written.
    pub(crate) traffic: Instant,
    released: bool,
    /// The peer has ended its side.
    pub(crate) ended: bool,
    /// The peer takes nothing any more; what it said before is still read.
    pub(crate) deaf: bool,
    pub(crate) timer: Option<Pin<Box<Sleep>>>,
    /// The deadline that the machine was told of: one that it leaves standing is not told twice.
    told: Option<Instant>,
    /// Events that came while flushing.
    kept: VecDeque<M::Event>,
    pub(crate) closing: Option<Box<Closing<M::Error>>>,
}

impl<M: Machine, S: AsyncRead + AsyncWrite + Unpin> Connection<M, S> {
    /// Puts an endpoint on a stream. The machine's moments count from now, which is what its constructor was
    /// given as [`Moment::ORIGIN`].
    pub fn new(stream: S, endpoint: Endpoint<M>) -> Self {
        let now = Instant::now();
        Self {
            endpoint,
            stream,
            tls: None,
            upgrade: None,
            origin: now,
            clock: now,
            traffic: now,
            released: false,
            ended: false,
            deaf: false,
            timer: None,
            told: None,
            kept: VecDeque::new(),
            closing: None,
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
    ///
    /// Events that [`flush`](Self::flush) kept are dropped: take them with [`next`](Self::next) before.
    pub fn into_parts(self) -> (S, M, BytesMut) {
        let (machine, left) = self.endpoint.into_parts();
        (self.stream, machine, left)
    }

    /// The next event; `None` when the connection has closed as the protocol wants it.
    ///
    /// What is queued is sent meanwhile, and reading goes on while the peer is slow to take it: two sides that
    /// write much to each other do not wait for ever.
    ///
    /// # Errors
    ///
    /// When the socket, a layer or the protocol fails; the peer has been told, if it can be. Errors stay.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe.
    pub async fn next(&mut self) -> Result<Option<M::Event>, Error<M::Error>> {
        std::future::poll_fn(|cx| self.poll_next(cx)).await
    }

    /// Sends everything that is queued, in the machine and here.
    ///
    /// Reads meanwhile, and keeps the events of that for [`next`](Self::next). When 32 are kept it reads no more,
    /// and returns although octets are left if the peer takes none: take the events, then flush again.
    ///
    /// # Errors
    ///
    /// When the socket, a layer or the protocol fails, unless events are kept: then [`next`](Self::next) gives
    /// those and after them the error. [`io::ErrorKind::NotConnected`] once the connection has closed.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe.
    pub async fn flush(&mut self) -> Result<(), Error<M::Error>> {
        std::future::poll_fn(|cx| self.poll_flush(cx)).await
    }

    /// Sends what is queued and closes, waiting at most a second for the peer to do the same.
    ///
    /// The connection is kept so that this can be cancelled and gone on with; dropping it closes it at once.
    ///
    /// # Errors
    ///
    /// When the socket fails.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe.
    pub async fn close(&mut self) -> Result<(), Error<M::Error>> {
        self.upgrade = None;
        self.endpoint.abort();
        while self.next().await?.is_some() {}
        Ok(())
    }

    pub(crate) fn poll_next(&mut self, cx: &mut Context<'_>) -> PollNext<M> {
        self.clock = Instant::now();
        loop {
            if let Some(event) = self.kept.pop_front() {
                return Poll::Ready(Ok(Some(event)));
            }
            if self.closing.is_some() {
                return self.poll_close(cx);
            }
            match self.step() {
                Some(Turn::Event(event)) => {
                    if self.endpoint.is_urgent() {
                        let _ = self.poll_write(cx);
                    }
                    return Poll::Ready(Ok(Some(event)));
                }
                Some(Turn::Io { read }) => {
                    let written = self.poll_write(cx);
                    ready!(self.poll_wait(cx, written, read));
                }
                None => {}
            }
        }
    }

    fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Error<M::Error>>> {
        if self.closing.as_ref().is_some_and(|closing| closing.is_done_well()) {
            return Poll::Ready(Err(io::Error::from(io::ErrorKind::NotConnected).into()));
        }
        self.clock = Instant::now();
        loop {
            if self.closing.is_some() {
                if self.kept.is_empty() {
                    return self.poll_close(cx).map_ok(|_| ());
                }
                return Poll::Ready(Ok(()));
            }
            let full = self.kept.len() >= EVENTS_MOST;
            let read = match if full { Some(Turn::Io { read: false }) } else { self.step() } {
                Some(Turn::Event(event)) => {
                    self.kept.push_back(event);
                    continue;
                }
                Some(Turn::Io { read }) => read,
                None => continue,
            };
            let written = self.poll_write(cx);
            let nothing_left = written == Poll::Ready(false) && self.upgrade.is_none();
            if full || (nothing_left && !(self.deaf && read)) {
                // A refusal of what is being sent should not have to wait until all of it is sent.
                let _ = read && self.poll_read(cx).is_ready();
                return Poll::Ready(Ok(()));
            }
            ready!(self.poll_wait(cx, written, read));
        }
    }

    /// Steps the machine; `None` if the state of the connection has changed.
    fn step(&mut self) -> Option<Turn<M::Event>> {
        match self.endpoint.poll(Moment::new(self.clock - self.origin)) {
            Ok(Progress::Event(event)) => return Some(Turn::Event(event)),
            Ok(Progress::Io { read }) => return Some(Turn::Io { read }),
            Ok(Progress::StartTls(proof)) => self.upgrade = Some(proof),
            Ok(_) => self.end(None),
            Err(error) => self.end(Some(Failure::Endpoint(error))),
        }
        None
    }

    /// Waits for the stream or the clock, after writing; ready when the machine should be stepped again.
    fn poll_wait(&mut self, cx: &mut Context<'_>, written: Poll<bool>, read: bool) -> Poll<()> {
        if self.closing.is_some() {
            return Poll::Ready(());
        }
        match written {
            Poll::Ready(_) if self.upgrade.is_some() => {
                self.install_tls();
                return Poll::Ready(());
            }
            // The machine may have held something back until there was room.
            Poll::Ready(true) => return Poll::Ready(()),
            _ => {}
        }
        if read && self.poll_read(cx).is_ready() {
            return Poll::Ready(());
        }
        ready!(self.poll_timer(cx));
        if self.upgrade.is_some() {
            // The machine rests until TLS is there: it cannot say so itself.
            self.end(Some(Failure::Io(io::ErrorKind::TimedOut.into())));
        }
        Poll::Ready(())
    }

    fn install_tls(&mut self) {
        let Some(proof) = self.upgrade.take() else { return };
        let source = self.tls.take().ok_or_else(|| LayerError::new(LayerFault::Incompatible));
        match source.and_then(|source| source()) {
            Ok(filter) => self.endpoint.install_tls(proof, filter),
            Err(error) => self.end(Some(Failure::Endpoint(wire_core::Error::Layer(error)))),
        }
    }

    /// Writes until nothing is left (and then says whether there was something), or the stream takes no more.
    pub(crate) fn poll_write(&mut self, cx: &mut Context<'_>) -> Poll<bool> {
        let mut wrote = false;
        loop {
            let tx = match self.endpoint.transmit() {
                Ok(tx) => tx,
                Err(error) => {
                    self.end(Some(Failure::Endpoint(error)));
                    return Poll::Ready(false);
                }
            };
            if self.deaf && !tx.is_empty() {
                // Nobody takes it; whoever waits for room has it now.
                tx.clear();
                wrote = true;
            }
            let stream = Pin::new(&mut self.stream);
            let result = match tx.is_empty() {
                true if self.deaf => return Poll::Ready(wrote),
                true => match ready!(stream.poll_flush(cx)) {
                    Ok(()) => return Poll::Ready(wrote),
                    Err(error) => Err(error),
                },
                false => ready!(poll_write_buf(stream, cx, tx)),
            };
            match result {
                Ok(1..) => {
                    wrote = true;
                    self.traffic = self.clock;
                    self.released = false;
                }
                Ok(_) => self.deaf = true,
                Err(error) if is_gone(&error) => self.deaf = true,
                Err(error) => {
                    self.end(Some(Failure::Io(error)));
                    self.deaf = true;
                }
            }
        }
    }

    fn poll_read(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if self.ended {
            return Poll::Pending;
        }
        let stream = Pin::new(&mut self.stream);
        let result = if self.released {
            // Whoever looks again at an idle connection must not make it take its buffer back.
            let mut scratch = [MaybeUninit::uninit(); SCRATCH];
            let mut input = ReadBuf::uninit(&mut scratch);
            let result = ready!(stream.poll_read(cx, &mut input));
            if !input.filled().is_empty() {
                self.endpoint.recv_buf().extend_from_slice(input.filled());
            }
            result.map(|()| input.filled().len())
        } else {
            ready!(poll_read_buf(stream, cx, self.endpoint.recv_buf()))
        };
        match result {
            Ok(1..) => {
                self.traffic = self.clock;
                self.released = false;
                return Poll::Ready(());
            }
            // A reset is an end: whether it comes too early is for the machine to say.
            Err(error) if !is_gone(&error) => self.end(Some(Failure::Io(error))),
            _ => {}
        }
        self.ended = true;
        self.endpoint.recv_eof();
        Poll::Ready(())
    }

    /// Ready when the machine's deadline has come. The timer is not set anew for each read: when it fires too
    /// early it is set to what is due then.
    fn poll_timer(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        loop {
            let deadline = self.endpoint.deadline();
            let deadline = deadline.and_then(|deadline| self.origin.checked_add(deadline.since_origin()));
            let deadline = deadline.filter(|_| deadline != self.told);
            let idle = (!self.released).then(|| self.traffic + IDLE);
            let Some(due) = deadline.into_iter().chain(idle).min() else {
                self.timer = None;
                return Poll::Pending;
            };
            let timer = self.timer.get_or_insert_with(|| Box::pin(sleep_until(due)));
            if timer.deadline() > due || timer.is_elapsed() {
                timer.as_mut().reset(due);
            }
            ready!(timer.as_mut().poll(cx));
            self.clock = Instant::now();
            let now = self.clock;
            if deadline.is_some_and(|deadline| deadline <= now) {
                self.told = deadline;
                return Poll::Ready(());
            }
            if idle.is_some_and(|idle| idle <= now) {
                self.endpoint.release();
                self.kept.shrink_to_fit();
                self.released = true;
            }
        }
    }

    fn end(&mut self, failure: Option<Failure<M::Error>>) {
        self.upgrade = None;
        if self.closing.is_none() {
            self.closing = Some(Box::new(Closing::new(failure)));
        }
    }
}

/// What a driver does next.
enum Turn<E> {
    Event(E),
    Io { read: bool },
}

/// Whether the peer has gone, which leaves to be read what it said before.
fn is_gone(error: &io::Error) -> bool {
    use io::ErrorKind as Kind;
    matches!(error.kind(), Kind::BrokenPipe | Kind::ConnectionReset | Kind::ConnectionAborted)
}

impl<M: Machine, S> std::fmt::Debug for Connection<M, S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Connection").field("endpoint", &self.endpoint).finish_non_exhaustive()
    }
}
