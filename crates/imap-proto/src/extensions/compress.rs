//! DEFLATE under the protocol (RFC 4978).

use std::sync::Arc;

use bytes::{Buf, BytesMut};
use flate2::{Compress, Compression, Decompress, FlushCompress, FlushDecompress, Status};
use wire_core::{Eof, Filter, LayerError, LayerFault, SendBuf, TlsSession};

/// How much compressed output may wait before compressing stops.
const ENCODED_MOST: usize = 64 * 1024;
/// How much is written at a time.
const CHUNK: usize = 4096;
/// What an octet can become at most: a match of 258 octets takes two bits.
const EXPANSION: usize = 1032;
/// How far [`Filter::decode`] may go beyond what was asked for, a little less than a record.
const BEYOND: usize = 12 * 1024;
/// What a flush leaves behind: the end of an empty block without compression (RFC 1951 section 3.2.4).
const MARK: [u8; 4] = [0, 0, 0xff, 0xff];

/// The layer that COMPRESS DEFLATE puts between the protocol and TLS: raw DEFLATE (RFC 1951) in both directions.
///
/// Everything that is sent is flushed when there is no more of it, so that the peer can read it. What is received becomes larger
/// by a factor of a thousand if the peer wants so: at most as much comes out at once as is asked for, which is what a machine's
/// own limits are for, and there is an [end](Self::limits) to what a few octets may become. It takes some 350 KiB of memory.
///
/// Octets that are compressed together tell by their length what they have in common: credentials go before COMPRESS, as in the
/// example of RFC 4978 section 3.
///
/// # Example
///
/// ```
/// use bytes::{Buf, BytesMut};
/// use imap_proto::extensions::compress::Deflate;
/// use wire_core::{Filter, SendBuf};
///
/// let (mut client, mut server) = (Deflate::new(), Deflate::new());
/// let (mut plain, mut wire) = (SendBuf::default(), SendBuf::default());
/// plain.put(b"A1 NOOP\r\n");
/// client.encode(&mut plain, &mut wire).unwrap();
///
/// let mut received = BytesMut::from(&wire.copy_to_bytes(wire.remaining())[..]);
/// let mut out = BytesMut::new();
/// server.decode(&mut received, &mut out, 65536).unwrap();
/// assert_eq!(out, "A1 NOOP\r\n");
/// ```
#[derive(Debug)]
pub struct Deflate {
    inflate: Decompress,
    deflate: Compress,
    /// Something was compressed since the last flush.
    unflushed: bool,
    /// The last octets that were decoded.
    tail: [u8; 4],
    /// The peer's stream is at its end.
    ended: bool,
    failed: Option<LayerFault>,
    free: u64,
    ratio: u64,
}

impl Default for Deflate {
    fn default() -> Self {
        Self::new()
    }
}

impl Deflate {
    /// Octets that may come out whatever went in, unless [set otherwise](Self::limits): 10 MiB.
    pub const FREE: u64 = 10 * 1024 * 1024;
    /// Octets that may come out for each that went in, beyond that.
    pub const RATIO: u64 = 200;

    /// The layer; it is the same for clients and servers.
    pub fn new() -> Self {
        Self {
            inflate: Decompress::new(false),
            // RFC 4978 section 4: the fast levels do as well with what IMAP says
            deflate: Compress::new(Compression::new(3), false),
            unflushed: false,
            tail: MARK,
            ended: false,
            failed: None,
            free: Self::FREE,
            ratio: Self::RATIO,
        }
    }

    /// Sets how much may come out: octets of the whole connection, and how many of them for each that went in once there are
    /// more. Both have to be exceeded.
    #[must_use]
    pub const fn limits(mut self, free: u64, ratio: u64) -> Self {
        self.free = free;
        self.ratio = ratio;
        self
    }

    /// Decodes some octets of the wire and all that becomes of them. Nothing is left inside for which no octet waits outside, so
    /// that who looks at the wire knows whether there is more.
    fn inflate(&mut self, wire: &mut BytesMut, plain: &mut BytesMut, most: usize) -> Result<(), LayerFault> {
        let mut left = most.min(wire.len());
        loop {
            let start = plain.len();
            plain.resize(start + CHUNK, 0);
            let before = (self.inflate.total_in(), self.inflate.total_out());
            let result = self.inflate.decompress(
                wire.get(..left).unwrap_or_default(),
                plain.get_mut(start..).unwrap_or_default(),
                FlushDecompress::None,
            );
            let since = |now: u64, before: u64| usize::try_from(now - before).unwrap_or(usize::MAX);
            let consumed = since(self.inflate.total_in(), before.0).min(left);
            let written = since(self.inflate.total_out(), before.1).min(CHUNK);
            plain.truncate(start + written);
            self.remember(wire.get(..consumed).unwrap_or_default());
            let status = result.map_err(|_| LayerFault::Corrupt)?;
            if self.inflate.total_out() > self.free
                && self.inflate.total_out() > self.inflate.total_in().saturating_mul(self.ratio)
            {
                return Err(LayerFault::Limit);
            }
            if consumed == 0 && written == 0 && left > 0 {
                return Err(LayerFault::Corrupt);
            }
            wire.advance(consumed);
            left -= consumed;
            if status == Status::StreamEnd {
                self.ended = true;
                return Ok(());
            }
            if written < CHUNK && (left == 0 || consumed == 0) {
                return Ok(());
            }
        }
    }

    fn remember(&mut self, octets: &[u8]) {
        for &octet in octets.iter().skip(octets.len().saturating_sub(self.tail.len())) {
            self.tail.rotate_left(1);
            if let Some(last) = self.tail.last_mut() {
                *last = octet;
            }
        }
    }

    /// Compresses octets, or flushes; how many were taken, and whether there may be more to write.
    fn deflate(
        &mut self,
        octets: &[u8],
        wire: &mut SendBuf,
        flush: FlushCompress,
    ) -> Result<(usize, bool), LayerError> {
        let mut out = [0; CHUNK];
        let before = (self.deflate.total_in(), self.deflate.total_out());
        if self.deflate.compress(octets, &mut out, flush).is_err() {
            self.failed = Some(LayerFault::Corrupt);
            return Err(LayerError::new(LayerFault::Corrupt));
        }
        let since = |now: u64, before: u64| usize::try_from(now - before).unwrap_or(usize::MAX);
        let written = out.get(..since(self.deflate.total_out(), before.1)).unwrap_or_default();
        wire.put(written);
        Ok((since(self.deflate.total_in(), before.0), written.len() == CHUNK))
    }
}

impl Filter for Deflate {
    fn decode(&mut self, wire: &mut BytesMut, plain: &mut BytesMut, max: usize) -> Result<(), LayerError> {
        let before = plain.len();
        if let Some(fault) = self.failed {
            return Err(LayerError::new(fault));
        }
        while !wire.is_empty() && plain.len() - before < max {
            if self.ended {
                // RFC 4978 has one stream in each direction.
                self.failed = Some(LayerFault::Corrupt);
            } else {
                let room = max.saturating_sub(plain.len() - before);
                let most = room.saturating_add(BEYOND) / EXPANSION;
                self.failed = self.inflate(wire, plain, most.max(1)).err();
            }
            if let Some(fault) = self.failed {
                // What came before is in `plain`, and an endpoint handles that first.
                return Err(LayerError::new(fault));
            }
        }
        Ok(())
    }

    fn encode(&mut self, plain: &mut SendBuf, wire: &mut SendBuf) -> Result<(), LayerError> {
        while !plain.is_empty() && wire.len() < ENCODED_MOST {
            let (taken, more) = self.deflate(plain.chunk(), wire, FlushCompress::None)?;
            plain.advance(taken);
            self.unflushed = true;
            if taken == 0 && !more {
                break;
            }
        }
        if plain.is_empty() && self.unflushed {
            while self.deflate(&[], wire, FlushCompress::Sync)?.1 {}
            self.unflushed = false;
        }
        Ok(())
    }

    fn is_ready(&self) -> bool {
        true
    }

    fn is_ended(&self) -> bool {
        self.ended
    }

    /// Between two flushes the end is one; within what a flush should have ended something is missing.
    fn eof(&mut self) -> Eof {
        if self.ended || self.tail == MARK { Eof::Clean } else { Eof::Truncated }
    }

    /// There is no farewell: streams need no last block.
    fn close(&mut self) {}

    fn session(&self) -> Option<Arc<TlsSession>> {
        None
    }
}
