//! What responses of FETCH cost in allocations: nothing for flags, two at most for an envelope.
#![allow(clippy::unwrap_used, clippy::panic, clippy::wildcard_enum_match_arm, missing_docs)]

use bytes::Buf;
use imap_proto::{
    Command, Dialect, Limits, Response, Untagged,
    client::{Client, Config, Event},
    frame::{Frame, FrameLimits, Framer, Side},
};
use test_support::alloc;
use wire_core::{Endpoint, Moment, Progress, RecvBuf, Security};

const TIMES: u64 = 1000;
const FLAGS: &[u8] = b"* 12 FETCH (FLAGS (\\Answered \\Seen $NotJunk) UID 4827313 MODSEQ (624140003))\r\n";
const ENVELOPE: &[u8] = b"* 12 FETCH (FLAGS (\\Seen) UID 4827313 INTERNALDATE \"17-Jul-1996 02:44:25 -0700\" RFC822.SIZE 4286 \
    ENVELOPE (\"Wed, 17 Jul 1996 02:23:25 -0700 (PDT)\" \"IMAP4rev2 WG \\\"mtg\\\" summary\" \
    ((\"Terry Gray\" NIL \"gray\" \"cac.washington.example\")) ((\"Terry Gray\" NIL \"gray\" \"cac.washington.example\")) \
    ((\"Terry Gray\" NIL \"gray\" \"cac.washington.example\")) ((NIL NIL \"imap\" \"cac.washington.example\")) \
    ((NIL NIL \"minutes\" \"CNRI.Reston.VA.US\")(\"John Klensin\" NIL \"KLENSIN\" \"MIT.EDU\")) NIL NIL \
    \"<B27397-0100000@cac.washington.example>\"))\r\n";

/// A response many times, framed and read: allocations, once the buffer has its size.
fn framed(response: &[u8]) -> u64 {
    let (mut rx, mut framer) = (RecvBuf::default(), Framer::new(Side::Responses));
    let limits = FrameLimits::responses(&Limits::new());
    let mut read = || {
        for _ in 0..TIMES {
            rx.feed(response);
            let Ok(Some(Frame::Whole(frame))) = framer.step(&mut rx, &limits) else { panic!() };
            let Response::Untagged(Untagged::Fetch(fetch)) = Response::parse(&frame, Dialect::REV1) else {
                panic!()
            };
            assert_eq!(fetch.uid().unwrap().get(), 4_827_313);
            assert_eq!(fetch.damaged().count(), 0);
        }
    };
    read();
    alloc::measure(read).1.count_total
}

/// The same through a client, to its events.
fn by_a_client(response: &[u8]) -> u64 {
    let config = Config::new().security(Security::Clear);
    let mut endpoint = Endpoint::new(Client::new(config, [7; 32], Moment::ORIGIN));
    endpoint.recv_buf().extend_from_slice(b"* PREAUTH [CAPABILITY IMAP4rev1] ready\r\n");
    assert!(matches!(endpoint.poll(Moment::ORIGIN), Ok(Progress::Event(Event::Greeting { .. }))));
    let _ = endpoint.machine().command(Command::Noop).unwrap();
    let _ = endpoint.poll(Moment::ORIGIN).unwrap();
    let tx = endpoint.transmit().unwrap();
    tx.advance(tx.remaining());
    let mut read = || {
        for _ in 0..TIMES {
            endpoint.recv_buf().extend_from_slice(response);
            let Ok(Progress::Event(Event::Untagged(Untagged::Fetch(fetch)))) = endpoint.poll(Moment::ORIGIN)
            else {
                panic!()
            };
            assert_eq!(fetch.uid().unwrap().get(), 4_827_313);
        }
    };
    read();
    alloc::measure(read).1.count_total
}

#[test]
fn flags_cost_nothing() {
    assert_eq!(framed(FLAGS), 0);
    assert_eq!(by_a_client(FLAGS), 0);
}

#[test]
fn an_envelope_costs_two_at_most() {
    for allocations in [framed(ENVELOPE), by_a_client(ENVELOPE)] {
        println!("{allocations} allocations for {TIMES} envelopes");
        assert!(allocations <= 2 * TIMES);
    }
}
