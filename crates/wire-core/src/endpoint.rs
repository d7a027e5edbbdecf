//! A machine with its buffers and layers: everything of a connection but the socket and the clock.

use std::fmt;

use bytes::BytesMut;

use crate::transcript::{Direction, Recorder};
use crate::{Eof, Filter, Layer, LayerError, LayerFault, Machine, Moment, RecvBuf, Sealed, SendBuf, Step};

/// How much a read asks for at first, and at most.
const READ_FIRST: usize = 2 * 1024;
const READ_MOST: usize = 64 * 1024;
/// How much decoded input may wait for the machine before layers stop decoding.
const DECODED_MOST: usize = 64 * 1024;
/// How much encoded output may wait for the socket before layers stop encoding.
const ENCODED_MOST: usize = 64 * 1024;

/// What a driver has to do next.
#[must_use]
#[non_exhaustive]
pub enum Progress<E> {
    /// Hand this to the application.
    Event(E),
    /// Write [`Endpoint::transmit`], then read into [`Endpoint::recv_buf`] unless `read` is false.
    Io {
        /// Whether the machine waits for the peer. If not, it waits for the application.
        read: bool,
    },
    /// Write [`Endpoint::transmit`] to its end, then call [`Endpoint::install_tls`].
    StartTls(Sealed),
    /// Write [`Endpoint::transmit`] to its end, then close.
    Close,
}

impl<E> fmt::Debug for Progress<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Event(_) => f.write_str("Event"),
            Self::Io { read } => write!(f, "Io {{ read: {read} }}"),
            Self::StartTls(_) => f.write_str("StartTls"),
            Self::Close => f.write_str("Close"),
        }
    }
}

/// Why a connection cannot go on: the protocol, or a layer under it. Sticky.
#[derive(Clone, Debug, thiserror::Error)]
#[allow(clippy::exhaustive_enums)] // the machine and what is under it: there is nothing else
pub enum Error<E: std::error::Error + 'static> {
    /// The machine's own error.
    #[error(transparent)]
    Machine(E),
    /// TLS or compression failed.
    #[error(transparent)]
    Layer(LayerError),
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Phase {
    Running,
    /// `StartTls` was returned; the machine rests until TLS is installed.
    Upgrading,
    /// TLS is installed, its handshake not finished.
    Handshake,
    Closed,
}

/// Everything of a connection but the socket and the clock.
///
/// ```text
/// socket ─► recv_buf ──────────────────────────► rx ─┐            in clear: the driver reads straight into rx
/// socket ─► recv_buf ─► [tls] ─► [inflate] ────► rx ─┤ Machine   after an upgrade: only layers write into rx
/// socket ◄─ transmit ◄─ [tls] ◄─ [deflate] ◄─── tx ◄─┘
/// ```
///
/// # Example
///
/// The loop that every driver is made of:
///
/// ```
/// use bytes::Buf;
/// use wire_core::{Endpoint, Machine, Moment, Progress};
///
/// # use wire_core::{Layer, RecvBuf, SendBuf, Step};
/// # struct Echo;
/// # impl Machine for Echo {
/// #     type Event = bytes::Bytes;
/// #     type Error = std::convert::Infallible;
/// #     fn step(&mut self, _: Moment, rx: &mut RecvBuf, tx: &mut SendBuf) -> Result<Step<bytes::Bytes>, Self::Error> {
/// #         if rx.eof().is_some() { return Ok(Step::Close); }
/// #         match rx.line(512) { Ok(Some(line)) => { tx.put(&line); tx.put(b"\r\n"); Ok(Step::Event(line)) } _ => Ok(Step::Read) }
/// #     }
/// #     fn deadline(&self) -> Option<Moment> { None }
/// #     fn layered(&mut self, _: Layer) {}
/// # }
/// fn drive<M: Machine>(endpoint: &mut Endpoint<M>, mut input: &[u8], output: &mut Vec<u8>) -> Vec<M::Event> {
///     let mut events = Vec::new();
///     loop {
///         match endpoint.poll(Moment::ORIGIN).unwrap() {
///             Progress::Event(event) => events.push(event),
///             Progress::Io { read } => {
///                 let tx = endpoint.transmit().unwrap();
///                 while tx.has_remaining() {
///                     let n = tx.chunk().len();
///                     output.extend_from_slice(tx.chunk());
///                     tx.advance(n);
///                 }
///                 if read && input.is_empty() {
///                     endpoint.recv_eof();
///                 } else if read {
///                     endpoint.recv_buf().extend_from_slice(std::mem::take(&mut input));
///                 }
///             }
///             _ => return events,
///         }
///     }
/// }
///
/// let mut output = Vec::new();
/// let events = drive(&mut Endpoint::new(Echo), b"one\r\ntwo\r\n", &mut output);
/// assert_eq!((events.len(), &output[..]), (2, &b"one\r\ntwo\r\n"[..]));
/// ```
pub struct Endpoint<M: Machine> {
    machine: M,
    rx: RecvBuf,
    tx: SendBuf,
    layers: Option<Box<Layers>>,
    read_size: usize,
    phase: Phase,
    /// What the machine left unconsumed when it last asked for more.
    unconsumed: usize,
    /// Why nothing more can be decoded; the machine still handles what came before it.
    undecodable: Option<LayerError>,
    failed: Option<Error<M::Error>>,
}

/// What only a layered connection needs.
#[derive(Default)]
struct Layers {
    wire_rx: BytesMut,
    wire_tx: SendBuf,
    /// Between TLS and DEFLATE when both are there.
    between_rx: BytesMut,
    between_tx: SendBuf,
    wire_eof: bool,
    tls: Option<Box<dyn Filter>>,
    deflate: Option<Box<dyn Filter>>,
}

impl<M: Machine> Endpoint<M> {
    /// A connection that begins in clear.
    pub fn new(machine: M) -> Self {
        Self {
            machine,
            rx: RecvBuf::default(),
            tx: SendBuf::default(),
            layers: None,
            read_size: READ_FIRST,
            phase: Phase::Running,
            unconsumed: 0,
            undecodable: None,
            failed: None,
        }
    }

    /// A connection that begins with a TLS handshake (RFC 8314 section 3): not one octet is in clear.
    pub fn with_tls(machine: M, tls: Box<dyn Filter>) -> Self {
        let mut endpoint = Self::new(machine);
        endpoint.rx.sealed = true;
        endpoint.layers = Some(Box::new(Layers { tls: Some(tls), ..Layers::default() }));
        endpoint.phase = Phase::Handshake;
        endpoint
    }

    /// The machine, whose methods are the commands or replies.
    pub fn machine(&mut self) -> &mut M {
        &mut self.machine
    }

    /// The machine, to look at.
    pub fn machine_ref(&self) -> &M {
        &self.machine
    }

    /// Where the driver puts what it reads: the machine's own buffer in clear, the wire's from the moment
    /// the plaintext inlet was sealed. Spare capacity is reserved, more of it when reads fill it.
    pub fn recv_buf(&mut self) -> &mut BytesMut {
        let buf = if self.rx.sealed || self.layers.is_some() {
            &mut self.layers.get_or_insert_default().wire_rx
        } else {
            &mut self.rx.buf
        };
        if buf.capacity() > 0 && buf.len() == buf.capacity() {
            self.read_size = (self.read_size * 4).min(READ_MOST);
        }
        if buf.capacity() - buf.len() < self.read_size / 2 {
            buf.reserve(self.read_size);
        }
        buf
    }

    /// The peer has closed its side.
    pub fn recv_eof(&mut self) {
        if self.rx.sealed || self.layers.is_some() {
            self.layers.get_or_insert_default().wire_eof = true;
        } else {
            self.rx.feed_eof(Eof::Clean);
        }
    }

    /// Runs layers and machine until there is something to say.
    ///
    /// # Errors
    ///
    /// The machine's or a layer's error, the same one from then on. What [`transmit`](Self::transmit) holds
    /// is still worth sending: the reply or alert that tells the peer.
    pub fn poll(&mut self, now: Moment) -> Result<Progress<M::Event>, Error<M::Error>> {
        if let Some(error) = &self.failed {
            return Err(error.clone());
        }
        match self.poll_inner(now) {
            Ok(progress) => Ok(progress),
            Err(error) => {
                self.failed = Some(error.clone());
                self.phase = Phase::Closed;
                Err(error)
            }
        }
    }

    fn poll_inner(&mut self, now: Moment) -> Result<Progress<M::Event>, Error<M::Error>> {
        loop {
            match self.phase {
                Phase::Closed => return Ok(Progress::Close),
                Phase::Upgrading => return Ok(Progress::Io { read: false }),
                Phase::Handshake => {
                    if !self.handshake(now)? {
                        return Ok(Progress::Io { read: true });
                    }
                }
                Phase::Running => {}
            }
            let before = self.undecoded();
            if self.undecodable.is_none() {
                self.undecodable = self.decode().err();
            }
            let step = self.machine.step(now, &mut self.rx, &mut self.tx).map_err(Error::Machine)?;
            if let Step::Read = step {
                // However the octets were cut, all that is before the broken ones has been handled now.
                if let Some(error) = self.undecodable.take() {
                    return Err(Error::Layer(error));
                }
                // A machine that wants more than fits, a long line perhaps, gets it: its own limit holds.
                let more = std::mem::replace(&mut self.unconsumed, self.rx.len()) < self.rx.len();
                if more && self.undecoded() > 0 {
                    continue;
                }
            }
            match step {
                Step::Event(event) => return Ok(Progress::Event(event)),
                Step::Hold => return Ok(Progress::Io { read: false }),
                Step::Read if self.undecoded() != before && self.undecoded() > 0 => {}
                Step::Read if self.rx.ended().is_some() => self.close(),
                Step::Read => return Ok(Progress::Io { read: true }),
                Step::StartTls(proof) => {
                    self.phase = Phase::Upgrading;
                    return Ok(Progress::StartTls(proof));
                }
                Step::Compress(filter) => self.install_deflate(filter)?,
                Step::Close => self.close(),
            }
        }
    }

    /// Drives the handshake; true once it is finished and the machine knows.
    fn handshake(&mut self, now: Moment) -> Result<bool, Error<M::Error>> {
        self.decode().map_err(Error::Layer)?;
        let Some(layers) = &mut self.layers else { return Ok(true) };
        let Some(tls) = &mut layers.tls else { return Ok(true) };
        if let (true, Some(session)) = (tls.is_ready(), tls.session()) {
            self.phase = Phase::Running;
            if let Some(recorder) = &self.rx.recorder {
                recorder.note("TLS");
            }
            self.machine.layered(Layer::Tls(session));
            return Ok(true);
        }
        if layers.wire_eof {
            return Err(Error::Layer(LayerError::new(LayerFault::Truncated)));
        }
        if self.machine.deadline().is_some_and(|deadline| deadline <= now) {
            // The machine's clock runs during the handshake too: let it say so in its own words.
            let (mut nothing, mut unsent) = (RecvBuf::default(), SendBuf::default());
            nothing.sealed = true;
            if let Err(error) = self.machine.step(now, &mut nothing, &mut unsent) {
                return Err(Error::Machine(error));
            }
        }
        Ok(false)
    }

    /// Octets of the wire that no layer has looked at.
    fn undecoded(&self) -> usize {
        self.layers.as_ref().map_or(0, |layers| layers.wire_rx.len() + layers.between_rx.len())
    }

    fn decode(&mut self) -> Result<(), LayerError> {
        let Some(layers) = &mut self.layers else { return Ok(()) };
        let room = (self.unconsumed + DECODED_MOST).saturating_sub(self.rx.buf.len());
        if room == 0 {
            return Ok(());
        }
        let Layers { wire_rx, between_rx, tls, deflate, wire_eof, .. } = &mut **layers;
        let before = (wire_rx.len(), between_rx.len());
        let ended = match (tls, deflate) {
            (Some(tls), None) => {
                tls.decode(wire_rx, &mut self.rx.buf, room)?;
                end_of(tls.as_mut(), *wire_eof && is_stuck(wire_rx, before.0))
            }
            (Some(tls), Some(deflate)) => {
                tls.decode(wire_rx, between_rx, room)?;
                deflate.decode(between_rx, &mut self.rx.buf, room)?;
                let stuck = is_stuck(between_rx, before.1);
                end_of(tls.as_mut(), *wire_eof && is_stuck(wire_rx, before.0)).filter(|_| stuck)
            }
            (None, Some(deflate)) => {
                deflate.decode(wire_rx, &mut self.rx.buf, room)?;
                (*wire_eof && is_stuck(wire_rx, before.0)).then(|| deflate.eof())
            }
            (None, None) => wire_eof.then_some(Eof::Truncated),
        };
        if let Some(eof) = ended {
            self.rx.feed_eof(eof);
        }
        Ok(())
    }

    /// What the driver must write, encoded on demand: one TLS record for a batch of replies.
    ///
    /// Call it again after writing until it is empty: layers encode a bounded amount at a time.
    ///
    /// # Errors
    ///
    /// When a layer cannot encode.
    pub fn transmit(&mut self) -> Result<&mut SendBuf, Error<M::Error>> {
        if self.layers.is_none() {
            return Ok(&mut self.tx);
        }
        let upgrading = self.phase == Phase::Upgrading;
        if let Err(error) = self.encode(upgrading) {
            // An error that is already known must not keep an alert from being sent.
            if self.failed.is_none() {
                let error = Error::Layer(error);
                self.failed = Some(error.clone());
                return Err(error);
            }
        }
        match &mut self.layers {
            Some(layers) => Ok(&mut layers.wire_tx),
            None => Ok(&mut self.tx),
        }
    }

    fn encode(&mut self, upgrading: bool) -> Result<(), LayerError> {
        let Some(layers) = &mut self.layers else { return Ok(()) };
        let Layers { wire_tx, between_tx, tls, deflate, .. } = &mut **layers;
        if wire_tx.len() >= ENCODED_MOST {
            return Ok(());
        }
        let closed = self.phase == Phase::Closed;
        match (tls, deflate) {
            (Some(tls), None) => {
                tls.encode(&mut self.tx, wire_tx)?;
                say_farewell(tls.as_mut(), closed && self.tx.is_empty(), wire_tx)
            }
            (Some(tls), Some(deflate)) => {
                deflate.encode(&mut self.tx, between_tx)?;
                tls.encode(between_tx, wire_tx)?;
                say_farewell(tls.as_mut(), closed && self.tx.is_empty() && between_tx.is_empty(), wire_tx)
            }
            (None, Some(deflate)) => deflate.encode(&mut self.tx, wire_tx),
            (None, None) => {
                debug_assert!(upgrading || self.tx.is_empty() || self.rx.sealed);
                wire_tx.append_from(&mut self.tx);
                Ok(())
            }
        }
    }

    /// Whether replies should leave although more input is waiting.
    pub fn is_urgent(&self) -> bool {
        self.tx.is_urgent()
    }

    /// When [`poll`](Self::poll) must run again even if nothing arrives.
    pub fn deadline(&self) -> Option<Moment> {
        self.machine.deadline()
    }

    /// Begins the handshake. The proof is consumed: what was queued in clear is sent first, nothing that
    /// was received in clear is left.
    pub fn install_tls(&mut self, proof: Sealed, tls: Box<dyn Filter>) {
        let Sealed { .. } = proof;
        let layers = self.layers.get_or_insert_default();
        layers.wire_tx.append_from(&mut self.tx);
        layers.tls = Some(tls);
        self.phase = Phase::Handshake;
    }

    /// Gives up an upgrade that the local side cannot perform; the connection closes.
    pub fn abort(&mut self) {
        self.close();
    }

    fn install_deflate(&mut self, filter: Box<dyn Filter>) -> Result<(), Error<M::Error>> {
        // What is queued goes out uncompressed, whatever layer is below.
        let layers = self.layers.get_or_insert_default();
        match &mut layers.tls {
            Some(tls) => {
                while !self.tx.is_empty() {
                    let before = self.tx.len();
                    tls.encode(&mut self.tx, &mut layers.wire_tx).map_err(Error::Layer)?;
                    if self.tx.len() == before {
                        break;
                    }
                }
                layers.between_rx.unsplit(self.rx.buf.split());
            }
            None => {
                layers.wire_tx.append_from(&mut self.tx);
                let mut left = self.rx.buf.split();
                left.unsplit(std::mem::take(&mut layers.wire_rx));
                layers.wire_rx = left;
                layers.wire_eof = self.rx.eof.take().is_some();
            }
        }
        layers.deflate = Some(filter);
        self.rx.sealed = true;
        if let Some(recorder) = &self.rx.recorder {
            recorder.note("DEFLATE");
        }
        self.machine.layered(Layer::Deflate);
        Ok(())
    }

    fn close(&mut self) {
        self.phase = Phase::Closed;
    }

    /// Gives back every buffer that holds nothing; for a connection that has been idle for a while.
    pub fn release(&mut self) {
        self.rx.release();
        self.tx.release();
        self.read_size = READ_FIRST;
        if let Some(layers) = &mut self.layers {
            for buf in [&mut layers.wire_rx, &mut layers.between_rx] {
                if buf.is_empty() {
                    *buf = BytesMut::new();
                }
            }
            layers.wire_tx.release();
            layers.between_tx.release();
        }
    }

    /// Octets of storage the buffers hold, used or not; what a layer holds inside is not counted.
    pub fn held(&self) -> usize {
        let layers = self.layers.as_ref().map_or(0, |layers| {
            layers.wire_rx.capacity()
                + layers.between_rx.capacity()
                + layers.wire_tx.capacity()
                + layers.between_tx.capacity()
        });
        self.rx.buf.capacity() + self.tx.capacity() + layers
    }

    /// Records what crosses this connection from now on, as the machine sees it: after decryption, with
    /// credentials redacted.
    pub fn record(&mut self, recorder: Recorder) {
        self.rx.recorder = Some(recorder.clone());
        self.tx.recorder = Some(recorder);
    }

    /// Takes the connection apart: the machine, and what arrived in clear and is not consumed.
    ///
    /// For a machine that only speaks first, such as one that reads a PROXY header: what is left goes into
    /// the [`recv_buf`](Self::recv_buf) of the endpoint that follows.
    pub fn into_parts(mut self) -> (M, BytesMut) {
        let left = std::mem::take(&mut self.rx.buf);
        (self.machine, left)
    }
}

/// The layer's own goodbye, behind the last octet of the machine.
fn say_farewell(tls: &mut dyn Filter, now: bool, wire: &mut SendBuf) -> Result<(), LayerError> {
    if !now {
        return Ok(());
    }
    tls.close();
    tls.encode(&mut SendBuf::default(), wire)
}

/// Whether nothing more can come of what waits for a layer: it is empty, or the layer left it as it was. What is
/// left then is half a record.
fn is_stuck(waiting: &BytesMut, before: usize) -> bool {
    waiting.is_empty() || waiting.len() == before
}

fn end_of(tls: &mut dyn Filter, wire_ended: bool) -> Option<Eof> {
    if tls.is_ended() {
        return Some(Eof::Clean);
    }
    wire_ended.then(|| tls.eof())
}

impl<M: Machine> fmt::Debug for Endpoint<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Endpoint")
            .field("phase", &self.phase)
            .field("received", &self.rx.len())
            .field("queued", &self.tx.len())
            .finish_non_exhaustive()
    }
}

/// What a transcript calls the two directions depends on the side that records.
impl Direction {
    pub(crate) fn letter(self, client: bool) -> char {
        match (self, client) {
            (Self::Sent, true) | (Self::Received, false) => 'C',
            _ => 'S',
        }
    }
}
