//! A server against arbitrary octets: no panic, comes to rest, and chunks make no difference.
use std::sync::Arc;

use bytes::Buf;
use sasl_core::server::Answer;
use smtp_proto::server::{Config, Event, Pipelining, Protocol, Server};
use wire_core::{Endpoint, Layer, Machine, Moment, Progress, TlsSession};

fn run(data: &[u8], step: usize, kind: u8) -> (Vec<u8>, Vec<String>) {
    let name = "mx.example".parse().unwrap();
    let protocol = [Protocol::Smtp, Protocol::Lmtp][usize::from(kind & 1)];
    let pipelining = if kind & 2 == 0 { Pipelining::Lenient } else { Pipelining::Strict };
    let auth = sasl_core::server::Config::new(b"x".to_vec()).with(sasl_core::Mechanism::Login);
    // How much arrives with a command is what Strict looks at: chunks make a difference there.
    let step = if kind & 2 == 0 { step } else { data.len().max(1) };
    let config =
        Config::new(protocol, name).auth(auth).tls(true).dsn(true).pipelining(pipelining).vrfy(kind & 4 == 0);
    let mut server = Server::new(Arc::new(config), [7; 32], Moment::ORIGIN).trusting_proxy(kind & 8 == 0);
    if kind & 16 == 0 {
        server.layered(Layer::Tls(Arc::new(TlsSession::default())));
    }
    let mut endpoint = Endpoint::new(server);
    let (mut output, mut events, mut now) = (Vec::new(), Vec::new(), Moment::ORIGIN);
    let mut chunks = data.chunks(step);
    let mut ended = false;
    let mut body = Vec::new();
    for _ in 0..100_000 {
        let progress = endpoint.poll(now);
        let tx = endpoint.transmit().unwrap();
        while tx.has_remaining() {
            let n = tx.chunk().len();
            output.extend_from_slice(tx.chunk());
            tx.advance(n);
        }
        match progress {
            Ok(Progress::Event(event)) => {
                let machine = endpoint.machine();
                match &event {
                    Event::Body(chunk) => body.extend_from_slice(chunk),
                    // How much was handed on until then depends on the pieces; it is dropped.
                    Event::Aborted(_) => body.clear(),
                    Event::Authenticate(_) => machine.authenticate(Answer::Reject).unwrap(),
                    _ => while machine.accept().is_ok() {},
                }
                if !matches!(event, Event::Body(_)) {
                    events.push(format!("{event:?}"));
                }
            }
            Ok(Progress::Io { read: true }) => match chunks.next() {
                Some(chunk) => endpoint.recv_buf().extend_from_slice(chunk),
                None if ended => return (output, events),
                None => {
                    ended = true;
                    endpoint.recv_eof();
                }
            },
            Ok(Progress::Io { read: false }) => now = endpoint.deadline().expect("something is awaited"),
            Ok(_) | Err(_) => {
                events.push(String::from_utf8_lossy(&body).into_owned());
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
    if !whole.0.windows(8).any(|w| w == b"220 2.0.0")
        && !pieces.0.windows(8).any(|w| w == b"220 2.0.0")
        && !whole.0.windows(9).any(|w| w == b"554 5.5.0")
    {
        assert_eq!(whole, pieces);
    }
}
