//! A POP3 server against arbitrary octets: no panic, comes to rest, and chunks make no difference.
use std::sync::Arc;

use bytes::{Buf, Bytes};
use pop3_proto::Reply;
use pop3_proto::server::{Config, Event, Listing, Server};
use sasl_core::Mechanism;
use sasl_core::server::{Answer, Question};
use wire_core::{Endpoint, Layer, Machine, Moment, Progress, TlsSession};

const MESSAGES: [&[u8]; 3] =
    [b"Subject: one\r\n\r\n.\r\n..two\r\nthree\r\n", b"", b"From: a\r\n\tb\r\n\r\nno line end"];

fn answer(machine: &mut Server, event: &Event, kind: u8) {
    match event {
        Event::Connected if kind & 32 != 0 => machine.reply(Reply::too_many_connections()).unwrap(),
        Event::Connected => machine.accept().unwrap(),
        Event::Authenticate(Question::Apop { .. }) => {
            machine.authenticate(Answer::CramSecret("tanstaaf".into())).unwrap();
        }
        Event::Authenticate(_) if kind & 1 == 0 => machine.authenticate(Answer::Accept).unwrap(),
        Event::Authenticate(_) => machine.authenticate(Answer::Reject).unwrap(),
        Event::Open(_) if kind & 2 != 0 => machine.reply(Reply::in_use()).unwrap(),
        Event::Open(_) => {
            let mut listing = Listing::new();
            for (at, message) in MESSAGES.iter().enumerate() {
                listing.push(message.len() as u64, &format!("id{at}")).unwrap();
            }
            machine.open(listing).unwrap();
        }
        Event::Retrieve { message: 3, .. } if kind & 4 != 0 => {
            machine.reply(Reply::utf8_needed()).unwrap();
        }
        Event::Retrieve { message, .. } => {
            machine.accept().unwrap();
            for piece in MESSAGES[*message as usize - 1].chunks(5) {
                if machine.wants_body() {
                    machine.body(Bytes::from_static(piece)).unwrap();
                }
            }
            machine.end_body().unwrap();
        }
        Event::Update(deleted) => {
            assert!(deleted.is_sorted() && deleted.iter().all(|message| (1..=3).contains(message)));
            machine.accept().unwrap();
        }
        _ => {}
    }
}

fn run(data: &[u8], step: usize, kind: u8) -> (Vec<u8>, Vec<String>) {
    let auth = sasl_core::server::Config::new(&[7; 32][..])
        .with(Mechanism::Login)
        .with(Mechanism::CramMd5)
        .dangerous_allow_cleartext_secrets();
    let config = Config::new("pop.example".parse().unwrap(), auth)
        .tls(true)
        .tls_for_auth(kind & 8 != 0)
        .apop(true)
        .utf8(true)
        .complete_headers(kind & 64 != 0);
    let mut server = Server::new(Arc::new(config), [7; 32], Moment::ORIGIN);
    if kind & 16 == 0 {
        server.layered(Layer::Tls(Arc::new(TlsSession::default())));
    }
    let mut endpoint = Endpoint::new(server);
    let (mut output, mut events, mut now) = (Vec::new(), Vec::new(), Moment::ORIGIN);
    let mut chunks = data.chunks(step);
    let mut ended = false;
    for _ in 0..100_000 {
        let progress = endpoint.poll(now);
        let tx = endpoint.transmit().unwrap();
        output.extend_from_slice(&tx.copy_to_bytes(tx.remaining()));
        match progress {
            Ok(Progress::Event(event)) => {
                answer(endpoint.machine(), &event, kind);
                events.push(format!("{event:?}"));
            }
            Ok(Progress::Io { read: true }) => match chunks.next() {
                Some(chunk) => endpoint.recv_buf().extend_from_slice(chunk),
                None if ended => return (output, events),
                None => {
                    ended = true;
                    endpoint.recv_eof();
                }
            },
            // Answers to bad commands and failed logins are delayed.
            Ok(Progress::Io { read: false }) => now = endpoint.deadline().expect("something is awaited"),
            Ok(_) => return (output, events),
            Err(error) => {
                events.push(error.to_string());
                return (output, events);
            }
        }
    }
    panic!("the server does not come to rest");
}

pub fn check(data: &[u8]) {
    let &[kind, step, ref octets @ ..] = data else { return };
    let whole = run(octets, octets.len().max(1), kind);
    let pieces = run(octets, usize::from(step) + 1, kind);
    // An upgrade is refused or not by what came with it.
    let upgrades = |output: &[u8]| {
        ["begin TLS", "data before the TLS", "jetzt TLS", "Daten vor TLS"]
            .iter()
            .any(|phrase| output.windows(phrase.len()).any(|window| window == phrase.as_bytes()))
    };
    if !upgrades(&whole.0) && !upgrades(&pieces.0) {
        assert_eq!(whole, pieces);
    }
}
