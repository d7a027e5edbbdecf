//! BDAT: what chunks say comes out as it went in, at every cut; and nonsense behind BDAT does no harm.
use std::fmt::Write;
use std::sync::Arc;

use bytes::Buf;
use smtp_proto::server::{BareNewline, Config, Event, Server};
use wire_core::{Endpoint, Moment, Progress};

/// Codes of the replies, the messages that were complete, and whether the session failed.
#[derive(Debug, Default, PartialEq)]
struct Ran {
    codes: String,
    messages: Vec<Vec<u8>>,
    failed: bool,
}

fn run(wire: &[u8], step: usize) -> Ran {
    let mut config = Config::mx("mx.example".parse().unwrap());
    config.bare_newline = BareNewline::Keep;
    config.limits = config.limits.message_octets(4096);
    let mut endpoint = Endpoint::new(Server::new(Arc::new(config), [7; 32], Moment::ORIGIN));
    let (mut ran, mut body, mut output) = (Ran::default(), Vec::new(), Vec::new());
    let mut chunks = wire.chunks(step);
    let mut now = Moment::ORIGIN;
    for _ in 0..100_000 {
        let progress = endpoint.poll(now);
        let tx = endpoint.transmit().unwrap();
        output.extend_from_slice(&tx.copy_to_bytes(tx.remaining()));
        match progress {
            Ok(Progress::Event(event)) => {
                match event {
                    Event::Body(chunk) => body.extend_from_slice(&chunk),
                    Event::BodyEnd => ran.messages.push(std::mem::take(&mut body)),
                    Event::Aborted(_) => body.clear(),
                    _ => {}
                }
                assert!(body.len() <= 4096, "more than the limit was handed on");
                while endpoint.machine().accept().is_ok() {}
            }
            Ok(Progress::Io { read: true }) => match chunks.next() {
                Some(chunk) => endpoint.recv_buf().extend_from_slice(chunk),
                None => break,
            },
            // Answers to bad commands are delayed.
            Ok(Progress::Io { read: false }) => now = endpoint.deadline().expect("something is awaited"),
            Ok(_) => break,
            Err(_) => {
                ran.failed = true;
                break;
            }
        }
    }
    for line in output.split(|&octet| octet == b'\n').filter(|line| line.get(3) == Some(&b' ')) {
        ran.codes.push_str(std::str::from_utf8(&line[..3]).unwrap());
        ran.codes.push(' ');
    }
    ran
}

pub fn check(data: &[u8]) {
    let &[kind, step, ref octets @ ..] = data else { return };
    let step = usize::from(step) + 1;
    let mut wire =
        b"EHLO c.example\r\nMAIL FROM:<a@example.org> BODY=BINARYMIME\r\nRCPT TO:<b@example.net>\r\n"
            .to_vec();
    if kind & 1 == 0 {
        wire.extend_from_slice(b"BDAT ");
        wire.extend_from_slice(octets);
        assert_eq!(run(&wire, step), run(&wire, wire.len()));
        return;
    }
    // The sizes of the chunks are in the octets themselves.
    let octets = &octets[..octets.len().min(4096)];
    let mut want = String::from("220 250 250 250 ");
    let mut left = octets;
    loop {
        let size = left.first().map_or(0, |&first| usize::from(first)).min(left.len());
        let (chunk, rest) = left.split_at(size);
        let last = rest.is_empty() || size == 0;
        let chunk = if last { left } else { chunk };
        let mut command = String::new();
        write!(command, "BDAT {}{}\r\n", chunk.len(), if last { " LAST" } else { "" }).unwrap();
        wire.extend_from_slice(command.as_bytes());
        wire.extend_from_slice(chunk);
        want.push_str("250 ");
        left = rest;
        if last {
            break;
        }
    }
    let ran = run(&wire, step);
    // Every Received field counts, the message may be one that loops.
    if ran.codes.contains("554") {
        return;
    }
    assert_eq!((ran.codes, ran.messages, ran.failed), (want, vec![octets.to_vec()], false));
}
