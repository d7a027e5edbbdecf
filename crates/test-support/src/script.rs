//! One endpoint under a script: octets in, at given cut points; events and octets out.

use std::time::Duration;

use bytes::{Buf, BytesMut};
use wire_core::{Endpoint, Eof, Filter, LayerError, Machine, Moment, Progress, SendBuf, TlsSession};

use crate::End;

/// What came of a script.
#[derive(Debug)]
pub struct Played<M: Machine> {
    /// What the machine told, in order.
    pub events: Vec<M::Event>,
    /// What was sent to the peer.
    pub output: Vec<u8>,
    /// How it ended.
    pub end: End<M::Error>,
    /// Whether TLS was asked for.
    pub start_tls: bool,
}

/// A script for one endpoint.
///
/// # Example
///
/// ```
/// # use wire_core::{Endpoint, Layer, Machine, Moment, RecvBuf, SendBuf, Step};
/// # struct Echo;
/// # impl Machine for Echo {
/// #     type Event = bytes::Bytes;
/// #     type Error = std::convert::Infallible;
/// #     fn step(&mut self, _: Moment, rx: &mut RecvBuf, tx: &mut SendBuf) -> Result<Step<bytes::Bytes>, Self::Error> {
/// #         if rx.eof().is_some() { return Ok(Step::Close); }
/// #         match rx.line(512) { Ok(Some(line)) => { tx.put(&line); Ok(Step::Event(line)) } _ => Ok(Step::Read) }
/// #     }
/// #     fn deadline(&self) -> Option<Moment> { None }
/// #     fn layered(&mut self, _: Layer) {}
/// # }
/// use test_support::script::{Script, every_cut};
///
/// every_cut(b"one\r\ntwo\r\n", |pieces| {
///     let played = Script::new(Endpoint::new(Echo)).eof().play(pieces, |_event, _machine| {});
///     assert_eq!(played.events, ["one", "two"]);
///     assert_eq!(played.output, b"onetwo");
///     assert!(played.end.is_closed());
/// });
/// ```
pub struct Script<M: Machine> {
    endpoint: Endpoint<M>,
    now: Moment,
    between: Duration,
    eof: bool,
    tls: Option<Box<dyn FnMut() -> Box<dyn Filter>>>,
}

/// No script of a test needs more.
const STEPS_MOST: usize = 10_000_000;

impl<M: Machine> Script<M> {
    /// A script for this endpoint; the connection stays open at its end, and TLS is refused.
    pub fn new(endpoint: Endpoint<M>) -> Self {
        Self { endpoint, now: Moment::ORIGIN, between: Duration::ZERO, eof: false, tls: None }
    }

    /// The peer closes at the end.
    #[must_use]
    pub fn eof(mut self) -> Self {
        self.eof = true;
        self
    }

    /// Time that passes before each piece.
    #[must_use]
    pub fn between(mut self, span: Duration) -> Self {
        self.between = span;
        self
    }

    /// The layer for a machine that asks for TLS, such as [`Unencrypted`].
    #[must_use]
    pub fn tls(mut self, make: impl FnMut() -> Box<dyn Filter> + 'static) -> Self {
        self.tls = Some(Box::new(make));
        self
    }

    /// Plays it: each piece is delivered when the endpoint wants to read; what it never wants is dropped.
    pub fn play(mut self, pieces: &[&[u8]], mut on: impl FnMut(&M::Event, &mut M)) -> Played<M> {
        let mut played = Played { events: Vec::new(), output: Vec::new(), end: End::Open, start_tls: false };
        let mut pieces = pieces.iter();
        let mut eof = self.eof;
        for _ in 0..STEPS_MOST {
            match self.endpoint.poll(self.now) {
                Ok(Progress::Event(event)) => {
                    on(&event, self.endpoint.machine());
                    played.events.push(event);
                }
                Ok(Progress::Io { read }) => {
                    drain(&mut self.endpoint, &mut played.output);
                    if !read {
                        return played;
                    }
                    self.now = self.now + self.between;
                    match pieces.next() {
                        Some(piece) => self.endpoint.recv_buf().extend_from_slice(piece),
                        None if std::mem::take(&mut eof) => self.endpoint.recv_eof(),
                        None => return played,
                    }
                }
                Ok(Progress::StartTls(proof)) => {
                    drain(&mut self.endpoint, &mut played.output);
                    played.start_tls = true;
                    match &mut self.tls {
                        Some(make) => self.endpoint.install_tls(proof, make()),
                        None => self.endpoint.abort(),
                    }
                }
                Ok(Progress::Close) => {
                    drain(&mut self.endpoint, &mut played.output);
                    played.end = End::Closed;
                    return played;
                }
                Err(error) => {
                    drain(&mut self.endpoint, &mut played.output);
                    played.end = End::Failed(error);
                    return played;
                }
                Ok(progress) => panic!("{progress:?} is new"),
            }
        }
        panic!("the script does not come to rest");
    }
}

pub(crate) fn drain<M: Machine>(endpoint: &mut Endpoint<M>, output: &mut Vec<u8>) {
    while let Ok(tx) = endpoint.transmit() {
        if !tx.has_remaining() {
            return;
        }
        output.extend_from_slice(&tx.copy_to_bytes(tx.remaining()));
    }
}

/// Calls `play` with `input` whole, octet by octet, and cut in two at every place.
pub fn every_cut(input: &[u8], mut play: impl FnMut(&[&[u8]])) {
    play(&[input]);
    play(&octets(input));
    for cut in 1..input.len() {
        let (first, second) = input.split_at(cut);
        play(&[first, second]);
    }
}

/// Calls `play` with `input` cut in three at every two places.
pub fn every_two_cuts(input: &[u8], mut play: impl FnMut(&[&[u8]])) {
    for first in 1..input.len() {
        for second in first + 1..input.len() {
            play(&[&input[..first], &input[first..second], &input[second..]]);
        }
    }
}

/// `input` octet by octet.
pub fn octets(input: &[u8]) -> Vec<&[u8]> {
    input.chunks(1).collect()
}

/// In place of TLS where octets must stay readable: everything passes, the handshake is always finished.
#[derive(Debug, Default)]
pub struct Unencrypted {
    session: std::sync::Arc<TlsSession>,
}

impl Unencrypted {
    /// Claims to be this session.
    pub fn new(session: TlsSession) -> Self {
        Self { session: std::sync::Arc::new(session) }
    }
}

impl Filter for Unencrypted {
    fn decode(&mut self, wire: &mut BytesMut, plain: &mut BytesMut, max: usize) -> Result<(), LayerError> {
        plain.extend_from_slice(&wire.split_to(max.min(wire.len())));
        Ok(())
    }

    fn encode(&mut self, plain: &mut SendBuf, wire: &mut SendBuf) -> Result<(), LayerError> {
        wire.append_from(plain);
        Ok(())
    }

    fn is_ready(&self) -> bool {
        true
    }

    fn is_ended(&self) -> bool {
        false
    }

    fn eof(&mut self) -> Eof {
        Eof::Clean
    }

    fn close(&mut self) {}

    fn session(&self) -> Option<std::sync::Arc<TlsSession>> {
        Some(self.session.clone())
    }
}
