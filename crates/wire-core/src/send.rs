//! What is waiting to be sent.

use std::collections::VecDeque;
use std::io::IoSlice;

use bytes::{Buf, Bytes, BytesMut};

use crate::transcript::{Direction, Recorder};

/// Octets shorter than this are copied into the tail, longer ones are queued by reference.
const BY_REFERENCE: usize = 1024;

/// The octets a machine wants sent: short ones gathered, long ones by reference, written vectored.
///
/// It is a [`Buf`]: a driver writes [`Buf::chunks_vectored`] and calls [`Buf::advance`].
///
/// # Example
///
/// ```
/// use bytes::{Buf, Bytes};
/// use wire_core::SendBuf;
///
/// let mut tx = SendBuf::default();
/// tx.put(b"250 OK\r\n");
/// tx.put_bytes(Bytes::from(vec![b'x'; 4096])); // not copied
/// assert_eq!(tx.len(), 8 + 4096);
/// assert_eq!(tx.chunk(), b"250 OK\r\n");
/// tx.advance(8);
/// assert_eq!(tx.chunk().len(), 4096);
/// ```
#[derive(Debug, Default)]
pub struct SendBuf {
    queue: VecDeque<Bytes>,
    tail: BytesMut,
    len: usize,
    urgent: bool,
    pub(crate) recorder: Option<Recorder>,
}

impl SendBuf {
    /// Appends a copy of `octets`, which are text of the protocol.
    pub fn put(&mut self, octets: &[u8]) {
        self.append(octets);
        if let Some(recorder) = &self.recorder {
            recorder.text(Direction::Sent, octets);
        }
    }

    /// Appends a copy of `octets` that no transcript may show: a password, a token, a SASL response.
    pub fn put_secret(&mut self, octets: &[u8]) {
        self.append(octets);
        if let Some(recorder) = &self.recorder {
            recorder.secret(Direction::Sent);
        }
    }

    /// Appends text written by `write`, for encoders that need a [`bytes::BufMut`].
    pub fn put_with<T>(&mut self, write: impl FnOnce(&mut BytesMut) -> T) -> T {
        let before = self.tail.len();
        let result = write(&mut self.tail);
        // An encoder only appends; one that cut the tail is counted too.
        self.len = (self.len + self.tail.len()).saturating_sub(before);
        if let (Some(recorder), Some(text)) = (&self.recorder, self.tail.get(before..)) {
            recorder.text(Direction::Sent, text);
        }
        result
    }

    /// Appends octets of a body, by reference from 1 KiB up: in clear a body costs no copy.
    pub fn put_bytes(&mut self, octets: Bytes) {
        if let Some(recorder) = &self.recorder {
            recorder.body(Direction::Sent, &octets);
        }
        if octets.len() < BY_REFERENCE {
            self.append(&octets);
            return;
        }
        self.len += octets.len();
        if !self.tail.is_empty() {
            self.queue.push_back(self.tail.split().freeze());
        }
        self.queue.push_back(octets);
    }

    fn append(&mut self, octets: &[u8]) {
        self.len += octets.len();
        self.tail.extend_from_slice(octets);
    }

    /// Asks the driver to send now even if more input is waiting.
    ///
    /// RFC 2920 section 3.2 lets a server gather replies of pipelined commands, with exceptions (5) and (6).
    pub fn urge(&mut self) {
        self.urgent = true;
    }

    /// Whether [`urge`](Self::urge) was called since the buffer was last empty.
    pub fn is_urgent(&self) -> bool {
        self.urgent && self.len > 0
    }

    /// How many octets are waiting.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether nothing is waiting.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Moves everything that waits in `other` to the end of this buffer, without recording it again.
    pub fn append_from(&mut self, other: &mut Self) {
        if self.is_empty() {
            std::mem::swap(&mut self.queue, &mut other.queue);
            std::mem::swap(&mut self.tail, &mut other.tail);
            self.len = std::mem::take(&mut other.len);
            return;
        }
        if !self.tail.is_empty() {
            self.queue.push_back(self.tail.split().freeze());
        }
        self.queue.append(&mut other.queue);
        if !other.tail.is_empty() {
            self.queue.push_back(other.tail.split().freeze());
        }
        self.len += std::mem::take(&mut other.len);
    }

    /// Takes up to `max` octets of the front piece, without a copy.
    pub fn take_chunk(&mut self, max: usize) -> Bytes {
        let chunk = match self.queue.front_mut() {
            Some(front) if front.len() > max => front.split_to(max),
            Some(_) => self.queue.pop_front().unwrap_or_default(),
            None => self.tail.split_to(max.min(self.tail.len())).freeze(),
        };
        self.len -= chunk.len();
        self.settle();
        chunk
    }

    /// Drops what waits, because it can no longer be sent.
    pub fn clear(&mut self) {
        self.queue.clear();
        self.tail.clear();
        self.len = 0;
        self.settle();
    }

    fn settle(&mut self) {
        if self.len == 0 {
            self.urgent = false;
        }
    }

    /// Gives storage back that holds nothing.
    pub(crate) fn release(&mut self) {
        if self.len == 0 {
            self.queue = VecDeque::new();
            self.tail = BytesMut::new();
        }
    }

    /// Storage held, in octets.
    pub(crate) fn capacity(&self) -> usize {
        self.tail.capacity() + self.queue.capacity() * size_of::<Bytes>()
    }
}

impl Buf for SendBuf {
    fn remaining(&self) -> usize {
        self.len
    }

    fn chunk(&self) -> &[u8] {
        self.queue.front().map_or(&self.tail, |front| front)
    }

    fn chunks_vectored<'a>(&'a self, dst: &mut [IoSlice<'a>]) -> usize {
        let pieces = self
            .queue
            .iter()
            .map(|piece| &piece[..])
            .chain((!self.tail.is_empty()).then_some(&self.tail[..]));
        dst.iter_mut().zip(pieces).map(|(slot, piece)| *slot = IoSlice::new(piece)).count()
    }

    fn advance(&mut self, mut octets: usize) {
        octets = octets.min(self.len);
        self.len -= octets;
        while let Some(front) = self.queue.front_mut() {
            if octets < front.len() {
                front.advance(octets);
                return;
            }
            octets -= front.len();
            self.queue.pop_front();
        }
        if octets == self.tail.len() {
            self.tail.clear();
        } else {
            self.tail.advance(octets);
        }
        self.settle();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_is_kept_however_it_is_drained() {
        for step in 1..50 {
            let (mut tx, mut want, mut got) = (SendBuf::default(), Vec::new(), Vec::new());
            for n in [3usize, 2000, 5, 1024, 1023, 0, 7] {
                let piece = vec![u8::try_from(n % 251).unwrap(); n];
                want.extend_from_slice(&piece);
                if n % 2 == 0 { tx.put_bytes(piece.into()) } else { tx.put(&piece) }
            }
            while tx.has_remaining() {
                if step % 2 == 0 {
                    got.extend_from_slice(&tx.take_chunk(step * 37));
                } else {
                    let n = (step * 37).min(tx.chunk().len());
                    got.extend_from_slice(&tx.chunk()[..n]);
                    tx.advance(n);
                }
            }
            assert_eq!(got, want);
            assert!(tx.is_empty());
        }
    }

    #[test]
    fn vectored_pieces_hold_everything() {
        let mut tx = SendBuf::default();
        tx.put(b"a");
        tx.put_bytes(vec![b'b'; 2048].into());
        tx.put_with(|out| out.extend_from_slice(b"c"));
        let mut slots = [IoSlice::new(&[]); 8];
        let n = tx.chunks_vectored(&mut slots);
        let total: usize = slots[..n].iter().map(|s| s.len()).sum();
        assert_eq!((n, total, tx.len()), (3, 2050, 2050));
        tx.advance(2050);
        assert!(tx.is_empty());
    }

    #[test]
    fn moving_keeps_order() {
        let (mut a, mut b) = (SendBuf::default(), SendBuf::default());
        a.put(b"1");
        b.put(b"2");
        b.put_bytes(vec![b'3'; 1500].into());
        b.put(b"4");
        a.append_from(&mut b);
        let all = a.copy_to_bytes(a.remaining());
        assert_eq!((all.len(), all[0], all[1], all[1502]), (1503, b'1', b'2', b'4'));
        assert!(b.is_empty());
    }
}
