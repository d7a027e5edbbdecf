//! The driver: moves octets between a stream and an endpoint, and waits. It knows no protocol.

use std::collections::VecDeque;
use std::io::{self, IoSlice, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::time::{Duration, Instant};

use bytes::{Buf, BytesMut};
use wire_core::{Endpoint, Filter, LayerError, LayerFault, Machine, Moment, Progress};

/// How long a connection is quiet before its buffers are given back.
const IDLE: Duration = Duration::from_secs(1);
/// How long the last words wait for a peer that takes none of them.
const STALL: Duration = Duration::from_secs(10);
/// How long a closing connection waits for the peer to close too.
const LINGER: Duration = Duration::from_secs(1);
/// How many octets of a closing peer are read and dropped.
const LINGER_OCTETS: usize = 4 * 1024 * 1024;
/// How many events [`Connection::flush`] keeps for [`Connection::next`].
const EVENTS_MOST: usize = 32;
/// How long a write may take when the machine has no deadline.
const WRITE_MOST: Duration = Duration::from_secs(300);

/// Makes the TLS layer when the machine asks for it.
pub type TlsSource = Box<dyn FnOnce() -> Result<Box<dyn Filter>, LayerError> + Send>;

/// A blocking stream whose reads and writes can be bounded in time.
pub trait Stream: Read + Write {
    /// Sets how long a read may take; never zero.
    ///
    /// # Errors
    ///
    /// If the stream cannot be bounded.
    fn set_read_timeout(&self, span: Option<Duration>) -> io::Result<()>;

    /// Sets how long a write may take; never zero.
    ///
    /// # Errors
    ///
    /// If the stream cannot be bounded.
    fn set_write_timeout(&self, span: Option<Duration>) -> io::Result<()>;

    /// Sends FIN: nothing more is written.
    ///
    /// # Errors
    ///
    /// If the stream is gone.
    fn shutdown_write(&self) -> io::Result<()>;
}

impl Stream for TcpStream {
    fn set_read_timeout(&self, span: Option<Duration>) -> io::Result<()> {
        TcpStream::set_read_timeout(self, span)
    }
    fn set_write_timeout(&self, span: Option<Duration>) -> io::Result<()> {
        TcpStream::set_write_timeout(self, span)
    }
    fn shutdown_write(&self) -> io::Result<()> {
        self.shutdown(Shutdown::Write)
    }
}

#[cfg(unix)]
impl Stream for std::os::unix::net::UnixStream {
    fn set_read_timeout(&self, span: Option<Duration>) -> io::Result<()> {
        Self::set_read_timeout(self, span)
    }
    fn set_write_timeout(&self, span: Option<Duration>) -> io::Result<()> {
        Self::set_write_timeout(self, span)
    }
    fn shutdown_write(&self) -> io::Result<()> {
        self.shutdown(Shutdown::Write)
    }
}

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

/// A machine on a blocking stream.
///
/// It cannot read while it writes: a client machine must not have more commands in flight than fit the peer's
/// window, which is what `pipeline_octets` of 4096 is for (RFC 2920 section 3.1). The clients of this crate set it.
pub struct Connection<M: Machine, S> {
    endpoint: Endpoint<M>,
    stream: S,
    tls: Option<TlsSource>,
    origin: Instant,
    traffic: Instant,
    released: bool,
    read_timeout: Option<Duration>,
    write_timeout: Option<Duration>,
    /// Events that came while flushing.
    kept: VecDeque<M::Event>,
    /// The peer takes nothing any more; what it said before is still read.
    deaf: bool,
    /// It has closed, and if it was the socket's fault, how.
    closed: Option<Option<io::ErrorKind>>,
}

/// What waiting for an event gave.
#[derive(Debug)]
#[allow(clippy::exhaustive_enums)] // there is nothing else to wait for
pub enum Waited<E> {
    /// The event.
    Event(E),
    /// Nothing happened in the time given.
    Quiet,
    /// The connection has closed as the protocol wants it.
    Closed,
}

impl<M: Machine, S: Stream> Connection<M, S> {
    /// Puts an endpoint on a stream. The machine's moments count from now, which is what its constructor was
    /// given as [`Moment::ORIGIN`].
    pub fn new(stream: S, endpoint: Endpoint<M>) -> Self {
        let now = Instant::now();
        Self {
            endpoint,
            stream,
            tls: None,
            origin: now,
            traffic: now,
            released: false,
            read_timeout: None,
            write_timeout: None,
            kept: VecDeque::new(),
            deaf: false,
            closed: None,
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
    /// When the socket, a layer or the protocol fails; the peer has been told, if it can be. Errors stay.
    #[allow(clippy::should_implement_trait)] // it fails, and it is no iteration
    pub fn next(&mut self) -> Result<Option<M::Event>, Error<M::Error>> {
        match self.wait(None)? {
            Waited::Event(event) => Ok(Some(event)),
            Waited::Quiet | Waited::Closed => Ok(None),
        }
    }

    /// The next event, if it comes within `patience`; for threads that have something else to look after.
    ///
    /// # Errors
    ///
    /// As [`next`](Self::next).
    pub fn next_within(&mut self, patience: Duration) -> Result<Waited<M::Event>, Error<M::Error>> {
        self.wait(Some(Instant::now() + patience))
    }

    fn wait(&mut self, until: Option<Instant>) -> Result<Waited<M::Event>, Error<M::Error>> {
        loop {
            if let Some(event) = self.kept.pop_front() {
                return Ok(Waited::Event(event));
            }
            match self.step()? {
                Turn::Event(event) => {
                    if self.endpoint.is_urgent() {
                        self.write()?;
                    }
                    return Ok(Waited::Event(event));
                }
                Turn::Io { read } => {
                    let written = self.write()?;
                    let left = until.map(|until| until.saturating_duration_since(Instant::now()));
                    if left.is_some_and(|left| left.is_zero()) {
                        return Ok(Waited::Quiet);
                    }
                    match read {
                        true => self.fill(left).map_err(|error| self.broken(error))?,
                        // The machine may have held something back until there was room.
                        false if written => {}
                        false => self.rest(left),
                    }
                }
                Turn::Closed => return Ok(Waited::Closed),
            }
        }
    }

    /// Steps the machine until there is something to tell or to do on the stream.
    fn step(&mut self) -> Result<Turn<M::Event>, Error<M::Error>> {
        if let Some(Some(kind)) = self.closed {
            return Err(Error::Io(kind.into()));
        }
        loop {
            match self.endpoint.poll(self.now()) {
                Ok(Progress::Event(event)) => return Ok(Turn::Event(event)),
                Ok(Progress::Io { read }) => return Ok(Turn::Io { read }),
                Ok(Progress::StartTls(proof)) => {
                    self.write()?;
                    let source = self.tls.take().ok_or_else(|| LayerError::new(LayerFault::Incompatible));
                    match source.and_then(|source| source()) {
                        Ok(filter) => self.endpoint.install_tls(proof, filter),
                        Err(error) => {
                            self.finish();
                            return Err(Error::Endpoint(wire_core::Error::Layer(error)));
                        }
                    }
                }
                Ok(_) => {
                    self.finish();
                    return Ok(Turn::Closed);
                }
                Err(error) => {
                    self.finish();
                    return Err(Error::Endpoint(error));
                }
            }
        }
    }

    /// The socket has failed: whatever follows fails too.
    fn broken(&mut self, error: io::Error) -> Error<M::Error> {
        self.closed = Some(Some(error.kind()));
        Error::Io(error)
    }

    /// Sends everything that is queued, in the machine and here.
    ///
    /// Events that come meanwhile are kept for [`next`](Self::next); when 32 are kept it returns although the
    /// machine may have more to send: take the events, then flush again.
    ///
    /// # Errors
    ///
    /// When the socket, a layer or the protocol fails, or the peer takes nothing before the machine's deadline;
    /// [`io::ErrorKind::NotConnected`] once the connection has closed.
    pub fn flush(&mut self) -> Result<(), Error<M::Error>> {
        if self.closed == Some(None) {
            return Err(io::Error::from(io::ErrorKind::NotConnected).into());
        }
        while self.kept.len() < EVENTS_MOST {
            match self.step()? {
                Turn::Event(event) => self.kept.push_back(event),
                // The machine may have held something back until there was room.
                Turn::Io { .. } if self.write()? => {}
                Turn::Io { .. } | Turn::Closed => return Ok(()),
            }
        }
        self.write().map(|_| ())
    }

    /// Writes what the endpoint has; whether there was anything.
    fn write(&mut self) -> Result<bool, Error<M::Error>> {
        let now = self.now();
        let most = self.endpoint.deadline().map_or(WRITE_MOST, |deadline| deadline - now);
        self.flush_within(most)
    }

    fn flush_within(&mut self, most: Duration) -> Result<bool, Error<M::Error>> {
        let mut bounded = false;
        loop {
            let tx = self.endpoint.transmit().map_err(Error::Endpoint)?;
            if self.deaf && !tx.is_empty() {
                // Nobody takes it; whoever waits for room has it now.
                tx.clear();
                bounded = true;
            }
            if tx.is_empty() {
                return Ok(bounded);
            }
            let mut pieces = [IoSlice::new(&[]); 64];
            let count = tx.chunks_vectored(&mut pieces);
            // A system call a write is saved while the timeout that is set is about the one that is due.
            let about = |set: &Duration| *set <= most + most / 16 && *set + most / 16 >= most;
            let written = match bounded || self.write_timeout.as_ref().is_some_and(about) {
                true => Ok(()),
                false => {
                    let most = most.max(Duration::from_millis(1));
                    self.write_timeout = Some(most);
                    self.stream.set_write_timeout(Some(most))
                }
            };
            bounded = true;
            let pieces = pieces.get(..count).unwrap_or_default();
            match written.and_then(|()| self.stream.write_vectored(pieces)) {
                Ok(0) => self.deaf = true,
                Ok(written) => tx.advance(written),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                // What the peer said before it left is still to be heard.
                Err(error) if is_gone(&error) => self.deaf = true,
                Err(error) => return Err(self.broken(error)),
            }
        }
    }

    /// Reads once, or waits until something is due or the patience is over.
    fn fill(&mut self, patience: Option<Duration>) -> io::Result<()> {
        let now = self.now();
        let deadline = self.endpoint.deadline().map(|deadline| deadline - now);
        let idle = (!self.released).then(|| IDLE.saturating_sub(self.traffic.elapsed()));
        let due = deadline.into_iter().chain(idle).chain(patience).min();
        let due = due.map(|span| span.max(Duration::from_millis(1)));
        // A system call a read is saved while the timeout that is set fires no later than what is due.
        if self.read_timeout.is_none() || due.is_none() || self.read_timeout > due || self.released {
            self.stream.set_read_timeout(due)?;
            self.read_timeout = due;
        }
        let rx = self.endpoint.recv_buf();
        let filled = rx.len();
        // Safe code cannot read into uninitialised memory: the spare capacity is zeroed first.
        rx.resize(rx.capacity(), 0);
        let result = self.stream.read(rx.get_mut(filled..).unwrap_or_default());
        rx.truncate(filled + result.as_ref().map_or(0, |&n| n));
        match result {
            Ok(0) => self.endpoint.recv_eof(),
            Ok(_) => {
                self.traffic = Instant::now();
                self.released = false;
            }
            Err(error) => match error.kind() {
                io::ErrorKind::Interrupted => {}
                io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => {
                    self.read_timeout = None;
                    if !self.released && self.traffic.elapsed() >= IDLE {
                        self.endpoint.release();
                        self.released = true;
                    }
                }
                // A reset is an end: whether it comes too early is for the machine to say.
                _ if is_gone(&error) => self.endpoint.recv_eof(),
                _ => return Err(error),
            },
        }
        Ok(())
    }

    /// Waits for the machine's deadline: it wants no input before.
    fn rest(&self, patience: Option<Duration>) {
        let now = self.now();
        let span = self.endpoint.deadline().map_or(IDLE, |deadline| deadline - now);
        std::thread::sleep(span.min(IDLE).min(patience.unwrap_or(IDLE)));
    }

    fn now(&self) -> Moment {
        Moment::new(self.origin.elapsed())
    }

    /// Sends what is queued and closes, waiting at most a second for the peer to do the same.
    ///
    /// # Errors
    ///
    /// When the socket fails.
    pub fn close(&mut self) -> Result<(), Error<M::Error>> {
        self.endpoint.abort();
        while self.next()?.is_some() {}
        Ok(())
    }

    /// Last words, FIN, and a while of listening: an RST for unread input would take the last words away.
    fn finish(&mut self) {
        if self.closed.replace(None).is_some() {
            return;
        }
        let spoken = self.flush_within(STALL).is_ok() && self.stream.shutdown_write().is_ok();
        // If it was the socket that failed now, that is no news.
        self.closed = Some(None);
        if !spoken || self.deaf {
            return;
        }
        let until = Instant::now() + LINGER;
        let mut scratch = [0; 4096];
        let mut dropped = 0;
        while dropped < LINGER_OCTETS {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() || self.stream.set_read_timeout(Some(left)).is_err() {
                return;
            }
            match self.stream.read(&mut scratch) {
                Ok(0) | Err(_) => return,
                Ok(n) => dropped += n,
            }
        }
    }
}

/// What a driver does next.
enum Turn<E> {
    Event(E),
    Io { read: bool },
    Closed,
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
