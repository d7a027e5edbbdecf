//! A server of a protocol of lines whose every word is said by the test: for faces of clients.
//!
//! It reads lines, and octets where the test wants a literal; TLS begins when the test says so.

use std::collections::VecDeque;

use bytes::Bytes;
use wire_core::{Layer, Machine, Moment, RecvBuf, SendBuf, Step};

/// What a [`Puppet`] hears.
#[derive(Debug, PartialEq, Eq)]
pub enum Heard {
    /// A line without its end.
    Line(Bytes),
    /// Octets of a literal.
    Octets(Bytes),
    /// TLS is in place.
    Secured,
    /// The client has gone.
    Gone,
}

/// Why a [`Puppet`] fails.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Confused;

impl std::fmt::Display for Confused {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("this is no line")
    }
}

impl std::error::Error for Confused {}

/// The machine.
#[derive(Debug, Default)]
pub struct Puppet {
    queue: VecDeque<Bytes>,
    literal: u64,
    securing: bool,
    secured: bool,
    closing: bool,
    gone: bool,
}

impl Puppet {
    /// Says something.
    pub fn say(&mut self, octets: impl Into<Bytes>) {
        self.queue.push_back(octets.into());
    }

    /// So many octets that come next are no lines.
    pub fn expect_octets(&mut self, octets: u64) {
        self.literal = octets;
    }

    /// TLS begins behind what was said.
    pub fn secure(&mut self) {
        self.securing = true;
    }

    /// Closes behind what was said.
    pub fn close(&mut self) {
        self.closing = true;
    }
}

impl Machine for Puppet {
    type Event = Heard;
    type Error = Confused;

    fn step(&mut self, _now: Moment, rx: &mut RecvBuf, tx: &mut SendBuf) -> Result<Step<Heard>, Confused> {
        while let Some(octets) = self.queue.pop_front() {
            tx.put_bytes(octets);
        }
        if self.closing {
            return Ok(Step::Close);
        }
        if std::mem::take(&mut self.securing) {
            return Ok(Step::StartTls(rx.seal().map_err(|_| Confused)?));
        }
        if std::mem::take(&mut self.secured) {
            return Ok(Step::Event(Heard::Secured));
        }
        if self.literal > 0 {
            let octets = rx.take(usize::try_from(self.literal).unwrap_or(usize::MAX).min(64 * 1024));
            if !octets.is_empty() {
                self.literal -= octets.len() as u64;
                return Ok(Step::Event(Heard::Octets(octets)));
            }
        } else if let Some(line) = rx.line(64 * 1024).map_err(|_| Confused)? {
            return Ok(Step::Event(Heard::Line(line)));
        }
        if rx.ended().is_some() {
            if self.gone {
                return Ok(Step::Close);
            }
            self.gone = true;
            return Ok(Step::Event(Heard::Gone));
        }
        Ok(Step::Read)
    }

    fn deadline(&self) -> Option<Moment> {
        None
    }

    fn layered(&mut self, layer: Layer) {
        self.secured |= matches!(layer, Layer::Tls(_));
    }
}
