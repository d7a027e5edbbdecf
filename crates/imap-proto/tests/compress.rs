//! The layer of COMPRESS DEFLATE: both ways, cut anywhere, and what it does with octets that are none.
#![cfg(feature = "compress")]
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

use bytes::{Buf, Bytes, BytesMut};
use flate2::{Compress, Compression, FlushCompress};
use imap_proto::extensions::compress::Deflate;
use proptest::prelude::*;
use wire_core::{
    Endpoint, Eof, Filter, Layer, LayerFault, Machine, Moment, Progress, RecvBuf, SendBuf, Step,
};

/// What a filter puts on the wire for each batch.
fn encoded(filter: &mut Deflate, batches: &[&[u8]]) -> Vec<u8> {
    let (mut plain, mut wire) = (SendBuf::default(), SendBuf::default());
    let mut out = Vec::new();
    for batch in batches {
        plain.put_bytes(Bytes::copy_from_slice(batch));
        loop {
            filter.encode(&mut plain, &mut wire).unwrap();
            if wire.is_empty() {
                break;
            }
            out.extend_from_slice(&wire.copy_to_bytes(wire.remaining()));
        }
    }
    out
}

/// What a filter makes of octets that arrive in these pieces, and how it fails.
fn decoded<'a>(
    filter: &mut Deflate,
    pieces: impl IntoIterator<Item = &'a [u8]>,
    max: usize,
) -> (Vec<u8>, Option<LayerFault>) {
    let (mut wire, mut out) = (BytesMut::new(), Vec::new());
    for piece in pieces {
        wire.extend_from_slice(piece);
        loop {
            let before = wire.len();
            let mut plain = BytesMut::new();
            let result = filter.decode(&mut wire, &mut plain, max);
            if let Err(error) = result {
                out.extend_from_slice(&plain);
                return (out, Some(error.fault));
            }
            assert!(plain.len() < max + 16 * 1024, "{} of {max}", plain.len());
            // An endpoint knows of no more than what is on the wire.
            assert!(before == 0 || wire.len() < before, "stuck");
            out.extend_from_slice(&plain);
            if wire.is_empty() {
                break;
            }
        }
    }
    (out, None)
}

fn raw(octets: &[u8], flush: FlushCompress) -> Vec<u8> {
    let mut compress = Compress::new(Compression::best(), false);
    let mut out = Vec::with_capacity(octets.len() + 1024);
    compress.compress_vec(octets, &mut out, flush).unwrap();
    assert_eq!(compress.total_in(), octets.len() as u64);
    out
}

#[test]
fn each_batch_can_be_read_at_once() {
    let (mut client, mut server) = (Deflate::new(), Deflate::new());
    for batch in [&b"A1 NOOP\r\n"[..], b"A2 SELECT INBOX\r\n", b"", &[b'x'; 100_000], b"A3 LOGOUT\r\n"] {
        let wire = encoded(&mut client, &[batch]);
        assert_eq!(wire.is_empty(), batch.is_empty());
        let (out, fault) = decoded(&mut server, [&wire[..]], 64 * 1024);
        assert_eq!((&out[..], fault), (batch, None));
        assert_eq!(server.eof(), Eof::Clean);
    }
    assert!(client.is_ready() && !client.is_ended() && client.session().is_none());
}

#[test]
fn octets_are_cut_everywhere() {
    let batches: [&[u8]; 3] = [b"* OK [CAPABILITY IMAP4rev1]\r\n", &[b'A'; 3000], b"* 1 FETCH (UID 7)\r\n"];
    let wire = encoded(&mut Deflate::new(), &batches);
    let whole = batches.concat();
    for cut in 0..=wire.len() {
        let (first, second) = wire.split_at(cut);
        for max in [1, 100, 64 * 1024] {
            assert_eq!(decoded(&mut Deflate::new(), [first, second], max), (whole.clone(), None));
        }
    }
    assert_eq!(decoded(&mut Deflate::new(), wire.chunks(1), 1), (whole, None));
}

#[test]
fn a_large_body_goes_out_in_pieces() {
    let mut random = 1_u32;
    let body: Vec<u8> = std::iter::repeat_with(|| {
        random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (random >> 24) as u8
    })
    .take(1_000_000)
    .collect();
    let (mut plain, mut wire) = (SendBuf::default(), SendBuf::default());
    plain.put_bytes(body.clone().into());
    let (mut sender, mut out) = (Deflate::new(), Vec::new());
    loop {
        sender.encode(&mut plain, &mut wire).unwrap();
        assert!(wire.len() < 2 * 64 * 1024 + 1024, "{}", wire.len());
        if wire.is_empty() {
            break;
        }
        out.extend_from_slice(&wire.copy_to_bytes(wire.remaining()));
    }
    assert!(out.len() < body.len() + 1000);
    assert_eq!(decoded(&mut Deflate::new(), out.chunks(5000), 64 * 1024), (body, None));
}

#[test]
fn a_bomb_does_not_go_off() {
    let bomb = raw(&vec![0; 64 * 1024 * 1024], FlushCompress::Sync);
    assert!(bomb.len() < 100_000);
    // Whoever asks for little gets little, and no more than the limit in the end.
    let (out, fault) = decoded(&mut Deflate::new(), [&bomb[..]], 64 * 1024);
    assert_eq!(fault, Some(LayerFault::Limit));
    assert!(out.len() as u64 <= Deflate::FREE + 128 * 1024, "{}", out.len());
    // Other limits.
    let (out, fault) = decoded(&mut Deflate::new().limits(1000, 10), [&bomb[..]], 64 * 1024);
    assert_eq!((out.len() < 128 * 1024, fault), (true, Some(LayerFault::Limit)));
    assert_eq!(decoded(&mut Deflate::new().limits(u64::MAX, 1), [&bomb[..]], 64 * 1024).1, None);
    // An error stays.
    let mut filter = Deflate::new().limits(1000, 10);
    decoded(&mut filter, [&bomb[..]], 64 * 1024);
    assert_eq!(decoded(&mut filter, [&b"x"[..]], 1).1, Some(LayerFault::Limit));
}

#[test]
fn garbage() {
    // a block of type 3, a stored block whose lengths do not fit, a match before the beginning
    for octets in [
        &b"\x07"[..],
        b"\x00\x01\x00\x00\x00",
        b"\x63\x00\x02\x00\x00",
        b"A1 NOOP\r\n",
        b"GET / HTTP/1.1\r\n",
    ] {
        for pieces in [octets.chunks(octets.len()), octets.chunks(1)] {
            let mut filter = Deflate::new();
            let (_, fault) = decoded(&mut filter, pieces, 64 * 1024);
            if fault.is_none() {
                // it may be the beginning of something
                assert_eq!(filter.eof(), Eof::Truncated, "{octets:?}");
            } else {
                assert_eq!(fault, Some(LayerFault::Corrupt), "{octets:?}");
            }
        }
    }
    // What came before it is still there.
    let mut wire = encoded(&mut Deflate::new(), &[b"A1 NOOP\r\n"]);
    wire.extend_from_slice(b"\xff\xff\xff\xff");
    assert_eq!(
        decoded(&mut Deflate::new(), [&wire[..]], 64 * 1024),
        (b"A1 NOOP\r\n".to_vec(), Some(LayerFault::Corrupt))
    );
}

#[test]
fn the_end_of_a_stream() {
    let wire = raw(b"* BYE\r\n", FlushCompress::Finish);
    let mut filter = Deflate::new();
    assert_eq!(decoded(&mut filter, [&wire[..]], 100), (b"* BYE\r\n".to_vec(), None));
    assert!(filter.is_ended());
    assert_eq!(filter.eof(), Eof::Clean);
    // Nothing follows it.
    assert_eq!(decoded(&mut filter, [&b"x"[..]], 100).1, Some(LayerFault::Corrupt));

    let whole = encoded(&mut Deflate::new(), &[b"* 1 EXISTS\r\n"]);
    let mut filter = Deflate::new();
    assert_eq!(filter.eof(), Eof::Clean);
    decoded(&mut filter, [&whole[..whole.len() - 1]], 100);
    assert_eq!(filter.eof(), Eof::Truncated);
}

/// Answers every line with itself; after `COMPRESS` compressed.
struct Echo {
    says: &'static [&'static str],
    compressed: bool,
}

impl Machine for Echo {
    type Event = String;
    type Error = std::convert::Infallible;

    fn step(&mut self, _: Moment, rx: &mut RecvBuf, tx: &mut SendBuf) -> Result<Step<String>, Self::Error> {
        if let Some((first, rest)) = self.says.split_first() {
            self.says = rest;
            tx.put(first.as_bytes());
            tx.put(b"\r\n");
            if *first == "COMPRESS" && !self.compressed {
                return Ok(Step::Compress(Box::new(Deflate::new())));
            }
        }
        match rx.line(4096) {
            Ok(Some(line)) => {
                let line = String::from_utf8(line.to_vec()).unwrap();
                if line == "COMPRESS" && !self.compressed {
                    return Ok(Step::Compress(Box::new(Deflate::new())));
                }
                Ok(Step::Event(line))
            }
            _ if rx.eof().is_some() => Ok(Step::Close),
            _ => Ok(Step::Read),
        }
    }

    fn deadline(&self) -> Option<Moment> {
        None
    }

    fn layered(&mut self, layer: Layer) {
        assert!(matches!(layer, Layer::Deflate));
        self.compressed = true;
    }
}

/// Runs an endpoint until it waits: its events, what it sent, and its error.
fn run(endpoint: &mut Endpoint<Echo>) -> (Vec<String>, Vec<u8>, Option<LayerFault>) {
    let (mut events, mut sent) = (Vec::new(), Vec::new());
    loop {
        let progress = match endpoint.poll(Moment::ORIGIN) {
            Ok(progress) => progress,
            Err(wire_core::Error::Layer(error)) => return (events, sent, Some(error.fault)),
            Err(error) => panic!("{error:?}"),
        };
        match progress {
            Progress::Event(event) => events.push(event),
            Progress::Io { .. } | Progress::Close => {
                let wire = endpoint.transmit().unwrap();
                if wire.is_empty() {
                    return (events, sent, None);
                }
                sent.extend_from_slice(&wire.copy_to_bytes(wire.remaining()));
            }
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn between_two_endpoints() {
    let says = &["* OK", "COMPRESS", "first", "second"];
    let (_, sent, _) = run(&mut Endpoint::new(Echo { says, compressed: false }));
    assert!(sent.starts_with(b"* OK\r\nCOMPRESS\r\n"));
    assert!(!sent.windows(5).any(|octets| octets == b"first"));
    for cut in 0..=sent.len() {
        let mut other = Endpoint::new(Echo { says: &[], compressed: false });
        let (mut heard, mut piece) = (Vec::new(), &sent[..cut]);
        for next in [&sent[cut..], &[]] {
            other.recv_buf().extend_from_slice(piece);
            let (events, _, fault) = run(&mut other);
            assert_eq!(fault, None);
            heard.extend(events);
            piece = next;
        }
        assert_eq!(heard, ["* OK", "first", "second"], "{cut}");
        other.recv_eof();
        assert_eq!(run(&mut other).2, None);
    }
}

#[test]
fn a_bomb_in_an_endpoint_is_read_line_by_line() {
    // security.md IMAPS-53: what comes out goes through the limits of the machine, here that of a line.
    let lines = raw(&b"NOOP NOOP NOOP\r\n".repeat(500_000), FlushCompress::Sync);
    let mut endpoint = Endpoint::new(Echo { says: &[], compressed: false });
    endpoint.recv_buf().extend_from_slice(b"COMPRESS\r\n");
    endpoint.recv_buf().extend_from_slice(&lines);
    let mut events = 0;
    loop {
        assert!(endpoint.held() < 512 * 1024, "{}", endpoint.held());
        match endpoint.poll(Moment::ORIGIN).unwrap() {
            Progress::Event(line) => events += usize::from(line == "NOOP NOOP NOOP"),
            Progress::Io { .. } => break,
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(events, 500_000);
}

#[test]
fn imaps_53() {
    // What stands behind the command in the row: 200009 octets in 230, with one line that never ends.
    let mut wire =
        b"\xec\xc11\r\x00 \x0c\x000+\xd30\x07\\d\ta\x1a\xe6\xdf\x04\x1a\xf8\xdb\xae\x8c\xd3\xbbn\x0c"
            .to_vec();
    wire.extend_from_slice(&[0; 193]);
    wire.extend_from_slice(b"\xf0\xed\x01\x00\x00\xff\xff");
    let (out, fault) = decoded(&mut Deflate::new(), [&wire[..]], 4096);
    assert_eq!((out.len(), fault), (200_009, None));
    assert!(out.starts_with(b"A2 LOGIN aaaa"));
}

proptest! {
    #[test]
    fn what_is_sent_is_received(
        batches in prop::collection::vec(prop::collection::vec(prop_oneof![any::<u8>(), Just(b'a')], 0..5000), 1..6),
        sizes in prop::collection::vec(1_usize..700, 1..6),
        max in 1_usize..70_000,
    ) {
        let slices: Vec<&[u8]> = batches.iter().map(Vec::as_slice).collect();
        let wire = encoded(&mut Deflate::new(), &slices);
        let (mut pieces, mut rest, mut sizes) = (Vec::new(), &wire[..], sizes.iter().cycle());
        while !rest.is_empty() {
            let (piece, more) = rest.split_at((*sizes.next().unwrap()).min(rest.len()));
            pieces.push(piece);
            rest = more;
        }
        prop_assert_eq!(decoded(&mut Deflate::new(), pieces, max), (batches.concat(), None));
    }

    #[test]
    fn any_octets_end(octets in prop::collection::vec(any::<u8>(), 0..2000), max in 1_usize..70_000) {
        let whole = decoded(&mut Deflate::new(), [&octets[..]], max);
        let mut filter = Deflate::new();
        let cut = decoded(&mut filter, octets.chunks(1), max);
        prop_assert_eq!(&whole, &cut);
        filter.eof();
    }
}
