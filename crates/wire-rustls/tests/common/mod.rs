//! A toy protocol with an upgrade, both sides: lines, and STARTTLS.
#![allow(
    dead_code,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

use std::collections::VecDeque;
use std::sync::Arc;

use bytes::{Buf, Bytes, BytesMut};
use test_support::pki;
use wire_core::{
    Endpoint, Eof, Filter, Layer, LayerError, Machine, Moment, RecvBuf, SealError, SendBuf, Step, TlsSession,
};

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ToyError {
    #[error("plaintext around the upgrade")]
    Seal(SealError),
    #[error("a line is too long")]
    Long,
    #[error("the connection was cut")]
    Cut,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Told {
    Line(Bytes),
    Secure,
}

/// Either side. A server answers each line with `250 ` and the line; a client sends what is queued.
#[derive(Default)]
pub struct Toy {
    server: bool,
    /// Lines to send once the connection is as wanted.
    pub queue: VecDeque<Vec<u8>>,
    /// A client that begins with STARTTLS.
    upgrade: bool,
    asked: bool,
    /// Closes once so many lines were read.
    pub close_after: Option<usize>,
    read: usize,
    pub session: Option<Arc<TlsSession>>,
    told: bool,
    pub eof: Option<Eof>,
    error: Option<ToyError>,
}

impl Toy {
    pub fn server() -> Self {
        Self { server: true, ..Self::default() }
    }

    pub fn client(lines: &[&str]) -> Self {
        let queue = lines.iter().map(|line| format!("{line}\r\n").into_bytes()).collect();
        Self { close_after: Some(lines.len()), queue, ..Self::default() }
    }

    pub fn upgrading(lines: &[&str]) -> Self {
        Self { upgrade: true, ..Self::client(lines) }
    }

    fn advance(&mut self, rx: &mut RecvBuf, tx: &mut SendBuf) -> Result<Step<Told>, ToyError> {
        if self.session.is_some() && !std::mem::replace(&mut self.told, true) {
            return Ok(Step::Event(Told::Secure));
        }
        if self.upgrade && !std::mem::replace(&mut self.asked, true) {
            tx.put(b"STARTTLS\r\n");
        }
        if !self.upgrade || self.session.is_some() {
            while let Some(line) = self.queue.pop_front() {
                tx.put_bytes(line.into());
            }
        }
        if self.close_after.is_some_and(|most| self.read >= most) && !self.server {
            return Ok(Step::Close);
        }
        let Some(line) = rx.line(2_000_000).map_err(|_| ToyError::Long)? else {
            self.eof = rx.ended();
            return match rx.ended() {
                Some(Eof::Truncated) => Err(ToyError::Cut),
                Some(Eof::Clean) => Ok(Step::Close),
                None => Ok(Step::Read),
            };
        };
        if self.server && line == "STARTTLS" {
            let proof = rx.seal().map_err(ToyError::Seal)?;
            tx.put(b"220 go\r\n");
            return Ok(Step::StartTls(proof));
        }
        if self.upgrade && self.session.is_none() && line == "220 go" {
            return Ok(Step::StartTls(rx.seal().map_err(ToyError::Seal)?));
        }
        self.read += 1;
        if self.server {
            tx.put(b"250 ");
            tx.put_bytes(line.clone());
            tx.put(b"\r\n");
        }
        Ok(Step::Event(Told::Line(line)))
    }
}

impl Machine for Toy {
    type Event = Told;
    type Error = ToyError;

    fn step(&mut self, _: Moment, rx: &mut RecvBuf, tx: &mut SendBuf) -> Result<Step<Told>, ToyError> {
        if let Some(error) = self.error {
            return Err(error);
        }
        self.advance(rx, tx).inspect_err(|&error| self.error = Some(error))
    }

    fn deadline(&self) -> Option<Moment> {
        None
    }

    fn layered(&mut self, layer: Layer) {
        let Layer::Tls(session) = layer else { panic!("only TLS is used here") };
        self.session = Some(session);
    }
}

/// Shakes hands in memory, without machines: until both are ready or one fails.
pub fn shake_hands(
    client: &mut Box<dyn Filter>,
    server: &mut Box<dyn Filter>,
) -> Result<(), (Option<LayerError>, Option<LayerError>)> {
    let (mut client_error, mut server_error) = (None, None);
    for _ in 0..20 {
        server_error = server_error.or(carry(client, server, &mut BytesMut::new()).err());
        client_error = client_error.or(carry(server, client, &mut BytesMut::new()).err());
    }
    if client_error.is_some() || server_error.is_some() {
        return Err((client_error, server_error));
    }
    assert!(client.is_ready() && server.is_ready());
    Ok(())
}

/// Everything that `from` has to say, to `to`.
pub fn carry(
    from: &mut Box<dyn Filter>,
    to: &mut Box<dyn Filter>,
    plain: &mut BytesMut,
) -> Result<(), LayerError> {
    let mut wire = SendBuf::default();
    from.encode(&mut SendBuf::default(), &mut wire)?;
    deliver(&wire.copy_to_bytes(wire.len()), to, plain)
}

pub fn deliver(octets: &[u8], to: &mut Box<dyn Filter>, plain: &mut BytesMut) -> Result<(), LayerError> {
    let mut arrived = BytesMut::from(octets);
    to.decode(&mut arrived, plain, usize::MAX)?;
    // What is left is half a record; there is none in these tests unless decoding stopped on an error.
    to.decode(&mut arrived, plain, usize::MAX)
}

/// What `from` sends for this plaintext.
pub fn encoded(from: &mut Box<dyn Filter>, octets: &[u8]) -> Vec<u8> {
    let (mut plain, mut wire) = (SendBuf::default(), SendBuf::default());
    plain.put(octets);
    let mut out = Vec::new();
    loop {
        from.encode(&mut plain, &mut wire).unwrap();
        out.extend_from_slice(&wire.copy_to_bytes(wire.len()));
        if plain.is_empty() {
            return out;
        }
    }
}

/// A client and a server that have shaken hands with the standard certificates.
pub fn ready() -> (Box<dyn Filter>, Box<dyn Filter>) {
    let mut client = pki::client_tls().session(pki::HOST).unwrap();
    let mut server = pki::server_tls().session().unwrap();
    shake_hands(&mut client, &mut server).unwrap();
    (client, server)
}

pub fn endpoints(client: Toy, server: Toy) -> (Endpoint<Toy>, Endpoint<Toy>) {
    (Endpoint::new(client), Endpoint::new(server))
}
