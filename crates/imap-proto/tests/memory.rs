//! What is held while a message comes in pieces, and for the messages of a mailbox.
#![allow(clippy::unwrap_used, clippy::panic, clippy::wildcard_enum_match_arm, missing_docs)]

use bytes::Buf;
use imap_proto::{
    Command, Dialect, Limits, Response, Seq, Untagged,
    client::{Client, Config, Event, View},
};
use test_support::alloc;
use wire_core::{Endpoint, Moment, Progress, Security};

/// Octets of the large message: 1 GiB as the crate is shipped, less where nothing is optimised.
const LARGE: u64 = if cfg!(debug_assertions) { 64 << 20 } else { 1 << 30 };
/// Octets that come at once, as from a socket.
const PIECE: usize = 16 * 1024;

#[test]
fn a_large_message_is_never_held() {
    let ((), info) = alloc::measure(|| {
        let limits = Limits::new().literal(LARGE);
        let config = Config::new().security(Security::Clear).limits(limits);
        let mut endpoint = Endpoint::new(Client::new(config, [7; 32], Moment::ORIGIN));
        endpoint.recv_buf().extend_from_slice(b"* PREAUTH [CAPABILITY IMAP4rev1] ready\r\n");
        assert!(matches!(endpoint.poll(Moment::ORIGIN), Ok(Progress::Event(Event::Greeting { .. }))));
        let _ = endpoint.machine().command(Command::Noop).unwrap();
        let _ = endpoint.poll(Moment::ORIGIN).unwrap();
        let tx = endpoint.transmit().unwrap();
        tx.advance(tx.remaining());
        let head = format!("* 1 FETCH (UID 7 BODY[] {{{LARGE}}}\r\n");
        endpoint.recv_buf().extend_from_slice(head.as_bytes());
        let piece = [b'x'; PIECE];
        let (mut left, mut seen, mut ended) = (LARGE, 0, false);
        while !ended {
            match endpoint.poll(Moment::ORIGIN).unwrap() {
                Progress::Event(Event::BodyChunk(chunk)) => seen += chunk.len() as u64,
                Progress::Event(Event::FetchEnd) => ended = true,
                Progress::Event(_) => {}
                _ if left > 0 => {
                    let octets = piece.len().min(usize::try_from(left).unwrap());
                    endpoint.recv_buf().extend_from_slice(piece.get(..octets).unwrap());
                    left -= octets as u64;
                }
                _ => endpoint.recv_buf().extend_from_slice(b")\r\n"),
            }
        }
        assert_eq!(seen, LARGE);
    });
    println!("{} octets are held at most", info.bytes_max);
    assert!(info.bytes_max < 1 << 20);
}

#[test]
fn a_hundred_thousand_messages_are_four_mebibytes() {
    const MESSAGES: u32 = 100_000;
    let mut view = View::new(MESSAGES as usize);
    let ((), info) = alloc::measure(|| {
        view.apply(&Untagged::Exists(MESSAGES));
        for number in 1..=MESSAGES {
            let keyword = if number % 3 == 0 { " $NotJunk" } else { "" };
            let line = format!(
                "* {number} FETCH (UID {} FLAGS (\\Seen{keyword}) MODSEQ ({}))",
                number * 2,
                number + 7
            );
            let Response::Untagged(fetch) = Response::parse(&line.into(), Dialect::REV1) else { panic!() };
            view.apply(&fetch);
        }
    });
    println!("{} octets for {MESSAGES} messages", info.bytes_current);
    assert!(view.is_complete() && view.flags(Seq::new(3).unwrap()).unwrap().keywords().count() == 1);
    assert!(info.bytes_current < 4 << 20);
}
