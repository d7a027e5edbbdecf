//! Client and server in memory: virtual clock, latency, pieces, TLS, cut connections.

use std::collections::VecDeque;
use std::time::Duration;

use bytes::{Buf, Bytes};
use wire_core::{Endpoint, Filter, Machine, Moment, Progress};
use wire_rustls::{ClientTls, ServerTls};

use crate::{End, pki};

/// Which side of a pair.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// The client.
    Client,
    /// The server.
    Server,
}

impl Side {
    /// The other one.
    pub fn other(self) -> Self {
        match self {
            Self::Client => Self::Server,
            Self::Server => Self::Client,
        }
    }
}

/// An event of a pair, and the machine that gave it, to be answered.
pub enum Occurrence<'a, C: Machine, S: Machine> {
    /// The client's.
    Client(C::Event, &'a mut C),
    /// The server's.
    Server(S::Event, &'a mut S),
}

/// Two endpoints joined in memory.
///
/// # Example
///
/// ```
/// # use wire_core::{Endpoint, Layer, Machine, Moment, RecvBuf, SendBuf, Step};
/// # struct Echo { greets: bool }
/// # impl Machine for Echo {
/// #     type Event = bytes::Bytes;
/// #     type Error = std::convert::Infallible;
/// #     fn step(&mut self, _: Moment, rx: &mut RecvBuf, tx: &mut SendBuf) -> Result<Step<bytes::Bytes>, Self::Error> {
/// #         if std::mem::take(&mut self.greets) { tx.put(b"hello\r\n"); }
/// #         if rx.eof().is_some() { return Ok(Step::Close); }
/// #         match rx.line(512) { Ok(Some(line)) => Ok(Step::Event(line)), _ => Ok(Step::Read) }
/// #     }
/// #     fn deadline(&self) -> Option<Moment> { None }
/// #     fn layered(&mut self, _: Layer) {}
/// # }
/// use std::time::Duration;
/// use test_support::{Occurrence, Pair};
///
/// let mut pair = Pair::new(Endpoint::new(Echo { greets: false }), Endpoint::new(Echo { greets: true }))
///     .pieces(3)
///     .latency(Duration::from_millis(50));
/// let mut heard = Vec::new();
/// pair.run(|occurrence| {
///     if let Occurrence::Client(line, _client) = occurrence {
///         heard.push(line);
///     }
/// });
/// assert_eq!(heard, ["hello"]);
/// assert_eq!(pair.now().since_origin(), Duration::from_millis(50));
/// ```
pub struct Pair<C: Machine, S: Machine> {
    /// The client's endpoint.
    pub client: Endpoint<C>,
    /// The server's endpoint.
    pub server: Endpoint<S>,
    client_end: End<C::Error>,
    server_end: End<S::Error>,
    /// Octets on their way, indexed by the side that sent them.
    wires: [Wire; 2],
    now: Moment,
    tls: Option<(ClientTls, ServerTls)>,
    host: String,
    steps_left: usize,
}

/// One direction.
struct Wire {
    in_flight: VecDeque<(Moment, Bytes)>,
    end: Option<Moment>,
    end_seen: bool,
    latency: Duration,
    pieces: usize,
    sent: u64,
    cut_after: Option<u64>,
}

const STEPS_MOST: usize = 10_000_000;

impl<C: Machine, S: Machine> Pair<C, S> {
    /// Joins two endpoints: no latency, pieces as large as they come, no TLS for `StartTls` (it is refused).
    pub fn new(client: Endpoint<C>, server: Endpoint<S>) -> Self {
        let wire = || Wire {
            in_flight: VecDeque::new(),
            end: None,
            end_seen: false,
            latency: Duration::ZERO,
            pieces: usize::MAX,
            sent: 0,
            cut_after: None,
        };
        Self {
            client,
            server,
            client_end: End::Open,
            server_end: End::Open,
            wires: [wire(), wire()],
            now: Moment::ORIGIN,
            tls: None,
            host: pki::HOST.to_owned(),
            steps_left: STEPS_MOST,
        }
    }

    /// Joins two machines over TLS from the first octet (RFC 8314 section 3).
    pub fn implicit_tls(client: C, server: S, client_tls: &ClientTls, server_tls: &ServerTls) -> Self {
        Self::new(
            Endpoint::with_tls(client, client_tls.session(pki::HOST).unwrap()),
            Endpoint::with_tls(server, server_tls.session().unwrap()),
        )
    }

    /// Delivers at most so many octets at a time, both ways.
    #[must_use]
    pub fn pieces(mut self, octets: usize) -> Self {
        self.wires.iter_mut().for_each(|wire| wire.pieces = octets.max(1));
        self
    }

    /// Delivers at most so many octets at a time of what this side sends.
    #[must_use]
    pub fn pieces_from(mut self, side: Side, octets: usize) -> Self {
        self.wire(side).pieces = octets.max(1);
        self
    }

    /// How long octets are on their way, both ways.
    #[must_use]
    pub fn latency(mut self, latency: Duration) -> Self {
        self.wires.iter_mut().for_each(|wire| wire.latency = latency);
        self
    }

    /// How long octets of this side are on their way.
    #[must_use]
    pub fn latency_from(mut self, side: Side, latency: Duration) -> Self {
        self.wire(side).latency = latency;
        self
    }

    /// TLS for machines that ask for it; the client connects to [`pki::HOST`].
    #[must_use]
    pub fn tls(mut self, client: ClientTls, server: ServerTls) -> Self {
        self.tls = Some((client, server));
        self
    }

    /// The name that the client connects to.
    #[must_use]
    pub fn host(mut self, host: &str) -> Self {
        host.clone_into(&mut self.host);
        self
    }

    /// Cuts the connection, both ways, once this side has sent so many octets.
    #[must_use]
    pub fn cut(mut self, side: Side, octets: u64) -> Self {
        self.wire(side).cut_after = Some(octets);
        self
    }

    /// Panics after so many steps instead of ten million.
    #[must_use]
    pub fn steps(mut self, most: usize) -> Self {
        self.steps_left = most;
        self
    }

    /// The virtual time.
    pub fn now(&self) -> Moment {
        self.now
    }

    /// Octets this side has put on the wire.
    pub fn sent(&self, side: Side) -> u64 {
        self.wires[side as usize].sent
    }

    /// How the client's connection ended.
    pub fn client_end(&self) -> &End<C::Error> {
        &self.client_end
    }

    /// How the server's connection ended.
    pub fn server_end(&self) -> &End<S::Error> {
        &self.server_end
    }

    /// Whether both sides are done.
    pub fn is_over(&self) -> bool {
        !self.client_end.is_open() && !self.server_end.is_open()
    }

    /// Puts octets on the wire as if this side had sent them: what an attacker can do.
    pub fn inject(&mut self, as_if_from: Side, octets: &[u8]) {
        let now = self.now;
        self.wire(as_if_from).send(now, Bytes::copy_from_slice(octets));
    }

    /// Runs until nothing is on its way and both sides wait. Time passes only as far as latency makes it.
    pub fn run(&mut self, mut on: impl FnMut(Occurrence<'_, C, S>)) {
        loop {
            if self.turn(&mut on) {
                continue;
            }
            let next = self.wires.iter().filter_map(|wire| wire.next()).filter(|&at| at > self.now).min();
            let Some(at) = next else { return };
            self.now = at;
        }
    }

    /// Runs on past every deadline, until both sides are done or wait for ever.
    pub fn run_to_end(&mut self, mut on: impl FnMut(Occurrence<'_, C, S>)) {
        loop {
            self.run(&mut on);
            if self.is_over() || !self.advance_to_deadline() {
                return;
            }
        }
    }

    /// Lets time pass, and runs what it brings.
    pub fn advance(&mut self, span: Duration, mut on: impl FnMut(Occurrence<'_, C, S>)) {
        let end = self.now + span;
        loop {
            self.run(&mut on);
            let next = self.next_deadline().filter(|&at| at > self.now && at <= end);
            let Some(at) = next else { break };
            self.now = at;
        }
        self.now = self.now.max(end);
        self.run(&mut on);
    }

    /// Moves the clock to the earliest deadline of both sides; false if there is none to come.
    pub fn advance_to_deadline(&mut self) -> bool {
        let Some(at) = self.next_deadline().filter(|&at| at > self.now) else { return false };
        self.now = at;
        true
    }

    fn next_deadline(&self) -> Option<Moment> {
        let client = self.client_end.is_open().then(|| self.client.deadline()).flatten();
        let server = self.server_end.is_open().then(|| self.server.deadline()).flatten();
        client.into_iter().chain(server).min()
    }

    fn wire(&mut self, side: Side) -> &mut Wire {
        &mut self.wires[side as usize]
    }

    /// Drives each side once; whether anything happened.
    fn turn(&mut self, on: &mut impl FnMut(Occurrence<'_, C, S>)) -> bool {
        let Self { client, server, client_end, server_end, wires, now, tls, host, steps_left } = self;
        let [from_client, from_server] = wires;
        let client_layer = || tls.as_ref().map(|(client, _)| client.session(host).unwrap());
        let mut moved = drive(
            client,
            client_end,
            *now,
            [&mut *from_server, &mut *from_client],
            client_layer,
            |event, machine| on(Occurrence::Client(event, machine)),
            steps_left,
        );
        let server_layer = || tls.as_ref().map(|(_, server)| server.session().unwrap());
        moved |= drive(
            server,
            server_end,
            *now,
            [&mut *from_client, &mut *from_server],
            server_layer,
            |event, machine| on(Occurrence::Server(event, machine)),
            steps_left,
        );
        if from_client.is_cut() || from_server.is_cut() {
            from_client.end.get_or_insert(*now);
            from_server.end.get_or_insert(*now);
        }
        moved
    }
}

/// Drives one side until it waits; whether anything happened.
fn drive<M: Machine>(
    endpoint: &mut Endpoint<M>,
    end: &mut End<M::Error>,
    now: Moment,
    [inbound, outbound]: [&mut Wire; 2],
    tls: impl Fn() -> Option<Box<dyn Filter>>,
    mut on_event: impl FnMut(M::Event, &mut M),
    steps_left: &mut usize,
) -> bool {
    let mut moved = false;
    while end.is_open() {
        *steps_left = steps_left.checked_sub(1).expect("the pair does not come to rest");
        match endpoint.poll(now) {
            Ok(Progress::Event(event)) => {
                on_event(event, endpoint.machine());
                moved = true;
            }
            Ok(Progress::Io { read }) => {
                moved |= transmit(endpoint, outbound, now);
                if !read {
                    return moved;
                }
                match inbound.take(now) {
                    Arrival::Octets(octets) => endpoint.recv_buf().extend_from_slice(&octets),
                    Arrival::End => endpoint.recv_eof(),
                    Arrival::Nothing => return moved,
                }
                moved = true;
            }
            Ok(Progress::StartTls(proof)) => {
                transmit(endpoint, outbound, now);
                match tls() {
                    Some(filter) => endpoint.install_tls(proof, filter),
                    None => endpoint.abort(),
                }
                moved = true;
            }
            Ok(Progress::Close) => {
                transmit(endpoint, outbound, now);
                outbound.finish(now);
                *end = End::Closed;
                moved = true;
            }
            Err(error) => {
                transmit(endpoint, outbound, now);
                outbound.finish(now);
                *end = End::Failed(error);
                moved = true;
            }
            Ok(progress) => panic!("{progress:?} is new"),
        }
    }
    moved
}

fn transmit<M: Machine>(endpoint: &mut Endpoint<M>, outbound: &mut Wire, now: Moment) -> bool {
    let mut moved = false;
    // Layers encode a bounded amount at a time.
    while let Ok(tx) = endpoint.transmit() {
        if !tx.has_remaining() {
            break;
        }
        let octets = tx.copy_to_bytes(tx.remaining());
        outbound.send(now, octets);
        moved = true;
    }
    moved
}

enum Arrival {
    Octets(Bytes),
    End,
    Nothing,
}

impl Wire {
    fn send(&mut self, now: Moment, mut octets: Bytes) {
        if self.end.is_some() {
            return;
        }
        if let Some(most) = self.cut_after {
            let room = most.saturating_sub(self.sent);
            octets.truncate(usize::try_from(room).unwrap_or(usize::MAX));
        }
        self.sent += octets.len() as u64;
        if !octets.is_empty() {
            self.in_flight.push_back((now + self.latency, octets));
        }
    }

    fn is_cut(&self) -> bool {
        self.cut_after.is_some_and(|most| self.sent >= most)
    }

    fn finish(&mut self, now: Moment) {
        let at = now + self.latency;
        self.end.get_or_insert(at);
    }

    fn take(&mut self, now: Moment) -> Arrival {
        if let Some((at, octets)) = self.in_flight.front_mut() {
            if *at > now {
                return Arrival::Nothing;
            }
            let piece = octets.split_to(self.pieces.min(octets.len()));
            if octets.is_empty() {
                self.in_flight.pop_front();
            }
            return Arrival::Octets(piece);
        }
        if self.end.is_some_and(|at| at <= now) && !std::mem::replace(&mut self.end_seen, true) {
            return Arrival::End;
        }
        Arrival::Nothing
    }

    /// When something arrives.
    fn next(&self) -> Option<Moment> {
        let end = self.end.filter(|_| !self.end_seen);
        self.in_flight.front().map(|&(at, _)| at).or(end)
    }
}
