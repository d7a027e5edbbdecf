//! What commands, replies and messages cost in allocations: nothing a command, nothing a line, nothing a chunk.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::wildcard_enum_match_arm,
    missing_docs
)]

use std::sync::Arc;

use bytes::{Buf, Bytes};
use pop3_proto::client::{Client, Config as ClientConfig, Event as ClientEvent};
use pop3_proto::server::{Config, Event, Listing, Server};
use sasl_core::server::Answer;
use test_support::alloc;
use wire_core::{Endpoint, Machine, Moment, Progress};

fn discard<M: Machine>(endpoint: &mut Endpoint<M>) -> usize {
    let tx = endpoint.transmit().unwrap();
    let octets = tx.remaining();
    tx.advance(octets);
    octets
}

/// A server whose maildrop of 100 messages is open.
fn server() -> Endpoint<Server> {
    let auth = sasl_core::server::Config::new(&[7; 32][..]).dangerous_allow_cleartext_secrets();
    let config = Config::new("pop.example".parse().unwrap(), auth).tls_for_auth(false);
    let mut endpoint = Endpoint::new(Server::new(Arc::new(config), [7; 32], Moment::ORIGIN));
    endpoint.recv_buf().extend_from_slice(b"USER joe\r\nPASS pencil\r\n");
    while let Progress::Event(event) = endpoint.poll(Moment::ORIGIN).unwrap() {
        let server = endpoint.machine();
        match event {
            Event::Authenticate(_) => server.authenticate(Answer::Accept).unwrap(),
            Event::Open(_) => {
                let mut listing = Listing::new();
                for number in 0..100 {
                    listing.push(4096, &format!("1700000000.M{number}P4711.mail.example.org")).unwrap();
                }
                server.open(listing).unwrap();
            }
            _ => server.accept().unwrap(),
        }
    }
    discard(&mut endpoint);
    endpoint
}

/// A client that knows of PIPELINING.
fn client() -> Endpoint<Client> {
    let mut endpoint = Endpoint::new(Client::new(ClientConfig::new(), Moment::ORIGIN));
    for said in [&b"+OK ready\r\n"[..], b"+OK\r\nPIPELINING\r\n.\r\n"] {
        endpoint.recv_buf().extend_from_slice(said);
        while let Progress::Event(event) = endpoint.poll(Moment::ORIGIN).unwrap() {
            if matches!(event, ClientEvent::Greeting(_)) {
                let _ = endpoint.machine().capa().unwrap();
            }
        }
        discard(&mut endpoint);
    }
    endpoint
}

#[test]
fn a_hundred_thousand_commands_cost_a_server_next_to_nothing() {
    let commands = b"STAT\r\nLIST 7\r\nUIDL 8\r\nNOOP\r\nRSET\r\n".repeat(20);
    let mut endpoint = server();
    let mut group = || {
        endpoint.recv_buf().extend_from_slice(&commands);
        assert!(matches!(endpoint.poll(Moment::ORIGIN), Ok(Progress::Io { read: true })));
        discard(&mut endpoint)
    };
    let octets = group();
    let ((), info) = alloc::measure(|| {
        for _ in 0..1000 {
            assert_eq!(group(), octets);
        }
    });
    println!("{} allocations for 100 000 commands", info.count_total);
    assert!(info.count_total <= 32, "{info:?}");
}

#[test]
fn a_hundred_thousand_replies_cost_a_client_next_to_nothing() {
    let replies = b"+OK 2 320\r\n+OK 7 120\r\n+OK 8 1700000000.M8P4711.mail.example.org\r\n+OK\r\n+OK message deleted\r\n"
        .repeat(20);
    let mut endpoint = client();
    let mut group = || {
        let client = endpoint.machine();
        for _ in 0..20 {
            client.stat().unwrap();
            client.list(Some(7)).unwrap();
            client.uidl(Some(8)).unwrap();
            client.noop().unwrap();
            client.dele(7).unwrap();
        }
        assert!(matches!(endpoint.poll(Moment::ORIGIN), Ok(Progress::Io { read: true })));
        discard(&mut endpoint);
        endpoint.recv_buf().extend_from_slice(&replies);
        let mut events = 0;
        while let Progress::Event(event) = endpoint.poll(Moment::ORIGIN).unwrap() {
            assert!(!matches!(event, ClientEvent::Damaged(..)));
            events += 1;
        }
        assert_eq!(events, 100);
    };
    group();
    let ((), info) = alloc::measure(|| (0..1000).for_each(|_| group()));
    println!("{} allocations for 100 000 replies", info.count_total);
    assert!(info.count_total <= 32, "{info:?}");
}

#[test]
fn a_listing_costs_nothing_a_line() {
    let mut listing = b"+OK\r\n".to_vec();
    for number in 1..=1000 {
        listing.extend_from_slice(format!("{number} {}\r\n", number * 100).as_bytes());
    }
    listing.extend_from_slice(b".\r\n");
    let mut endpoint = client();
    let mut list = || {
        let _ = endpoint.machine().list(None).unwrap();
        let _ = endpoint.poll(Moment::ORIGIN).unwrap();
        discard(&mut endpoint);
        endpoint.recv_buf().extend_from_slice(&listing);
        let mut lines = 0;
        while let Progress::Event(event) = endpoint.poll(Moment::ORIGIN).unwrap() {
            lines += usize::from(matches!(event, ClientEvent::Scan(..)));
        }
        assert_eq!(lines, 1000);
    };
    list();
    let ((), info) = alloc::measure(|| (0..100).for_each(|_| list()));
    println!("{} allocations for 100 000 lines of LIST", info.count_total);
    assert!(info.count_total <= 32, "{info:?}");

    let mut endpoint = server();
    let mut list = || {
        endpoint.recv_buf().extend_from_slice(b"LIST\r\nUIDL\r\n");
        let _ = endpoint.poll(Moment::ORIGIN).unwrap();
        discard(&mut endpoint);
    };
    list();
    let ((), info) = alloc::measure(|| (0..1000).for_each(|_| list()));
    println!("{} allocations for 200 000 lines of LIST and UIDL", info.count_total);
    assert!(info.count_total <= 32, "{info:?}");
}

const CHUNK: usize = 64 * 1024;
const CHUNKS: usize = 800; // 50 MiB

/// Octets of a message without a dot at the beginning of a line.
fn chunk() -> Vec<u8> {
    let line = b"All work and no play makes Jack a dull boy, all work and no play\r\n";
    let mut chunk = line.repeat(CHUNK / line.len());
    chunk.resize(CHUNK - 2, b'x');
    chunk.extend_from_slice(b"\r\n");
    chunk
}

#[test]
fn fifty_mebibytes_go_through_a_server_without_a_copy() {
    let chunk = Bytes::from(chunk());
    let mut endpoint = server();
    let mut give = |chunks: usize| {
        endpoint.recv_buf().extend_from_slice(b"RETR 1\r\n");
        assert!(matches!(endpoint.poll(Moment::ORIGIN), Ok(Progress::Event(Event::Retrieve { .. }))));
        endpoint.machine().accept().unwrap();
        let mut octets = 0;
        for _ in 0..chunks {
            endpoint.machine().body(chunk.clone()).unwrap();
            let _ = endpoint.poll(Moment::ORIGIN).unwrap();
            octets += discard(&mut endpoint);
        }
        endpoint.machine().end_body().unwrap();
        let _ = endpoint.poll(Moment::ORIGIN).unwrap();
        octets + discard(&mut endpoint)
    };
    give(1);
    let (octets, info) = alloc::measure(|| give(CHUNKS));
    println!("{} allocations for {octets} octets", info.count_total);
    assert!(octets > 50 * 1024 * 1024 && info.count_total <= 8, "{info:?}");
}

#[test]
fn fifty_mebibytes_go_through_a_client_without_a_copy() {
    let chunk = chunk();
    let mut endpoint = client();
    let mut take = |chunks: usize| {
        let _ = endpoint.machine().retr(1).unwrap();
        let _ = endpoint.poll(Moment::ORIGIN).unwrap();
        discard(&mut endpoint);
        let mut octets = 0;
        for piece in std::iter::once(&b"+OK\r\n"[..])
            .chain(std::iter::repeat_n(&chunk[..], chunks))
            .chain([&b".\r\n"[..]])
        {
            endpoint.recv_buf().extend_from_slice(piece);
            while let Progress::Event(event) = endpoint.poll(Moment::ORIGIN).unwrap() {
                if let ClientEvent::Body(_, piece) = event {
                    octets += piece.len();
                }
            }
        }
        octets
    };
    take(2);
    let (octets, info) = alloc::measure(|| take(CHUNKS));
    println!("{} allocations for {octets} octets", info.count_total);
    assert!(octets == CHUNK * CHUNKS && info.count_total <= 8, "{info:?}");
}
