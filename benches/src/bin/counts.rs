//! One piece of work, so many times, for callgrind: `counts WORK TIMES`.

use std::hint::black_box;
use std::sync::Arc;

use bytes::{Buf, Bytes};
use postwire_benches::{COMMANDS, REPLIES, message, pop3, stuffed};
use smtp_proto::server::{Config, Event, Server};
use smtp_proto::{Command, Quirks, ReplyParser};
use wire_core::dot::{Stuffer, Unstuffed, Unstuffer};
use wire_core::{Endpoint, Moment, Progress, RecvBuf, SendBuf};

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let work = arguments.get(1).map_or("", String::as_str);
    let times = arguments.get(2).map_or(1, |times| times.parse().expect("a number"));
    let octets = match work {
        "commands" => commands(times),
        "commands-stalwart" => commands_stalwart(times),
        "replies" => replies(times),
        "replies-stalwart" => replies_stalwart(times),
        "replies-lettre" => replies_lettre(times),
        "stuffing" => stuffing(times),
        "fill" => fill(times),
        "unstuffing" => unstuffing(times),
        "unstuffing-stalwart" => unstuffing_stalwart(times),
        "bdat" => bdat(times),
        "session" => session(times),
        "pop3-parsed-commands" => pop3::parsed_commands(times),
        "pop3-parsed-replies" => pop3::parsed_replies(times),
        "pop3-commands" => pop3::commands(times),
        "pop3-replies" => pop3::replies(times),
        "pop3-retrievals" => pop3::retrievals(times),
        "pop3-messages" => pop3::messages(times),
        _ => panic!("no such work: {work}"),
    };
    println!("{octets}");
}

/// Lines as a receive buffer gives them: without CRLF, not copied.
fn lines(all: &'static [&'static str]) -> Vec<Bytes> {
    all.iter()
        .flat_map(|text| text.split_terminator("\r\n"))
        .map(|line| Bytes::from_static(line.as_bytes()))
        .collect()
}

fn commands(times: usize) -> usize {
    let lines = lines(&COMMANDS);
    let quirks = Quirks::default();
    for _ in 0..times {
        for line in &lines {
            black_box(Command::parse(black_box(line), &quirks)).expect("it is a command");
        }
    }
    COMMANDS.iter().map(|command| command.len()).sum()
}

fn commands_stalwart(times: usize) -> usize {
    for _ in 0..times {
        for command in COMMANDS {
            let mut octets = black_box(command).as_bytes().iter();
            black_box(stalwart::Request::parse(&mut octets)).expect("it is a command");
        }
    }
    COMMANDS.iter().map(|command| command.len()).sum()
}

fn replies(times: usize) -> usize {
    let lines = lines(&REPLIES);
    let mut parser = ReplyParser::new(128, 65_536);
    for _ in 0..times {
        for line in &lines {
            let _ = black_box(parser.line(black_box(line)).expect("it is a reply"));
        }
    }
    REPLIES.iter().map(|reply| reply.len()).sum()
}

fn replies_stalwart(times: usize) -> usize {
    for _ in 0..times {
        for reply in REPLIES {
            let mut receiver = stalwart::response::parser::ResponseReceiver::default();
            black_box(receiver.parse(&mut black_box(reply).as_bytes().iter())).expect("it is a reply");
        }
    }
    REPLIES.iter().map(|reply| reply.len()).sum()
}

fn replies_lettre(times: usize) -> usize {
    for _ in 0..times {
        for reply in REPLIES {
            black_box(black_box(reply).parse::<lettre::transport::smtp::response::Response>())
                .expect("it is a reply");
        }
    }
    REPLIES.iter().map(|reply| reply.len()).sum()
}

fn stuffing(times: usize) -> usize {
    let message = Bytes::from(message());
    let mut tx = SendBuf::default();
    for _ in 0..times {
        let mut stuffer = Stuffer::default();
        stuffer.stuff(black_box(message.clone()), &mut tx);
        stuffer.finish(&mut tx);
        black_box(tx.len());
        tx.clear();
    }
    message.len()
}

/// What [`unstuffing`] costs before it begins: the octets are put into the buffer, which is the driver's part.
fn fill(times: usize) -> usize {
    let wire = stuffed();
    let mut rx = RecvBuf::default();
    for _ in 0..times {
        rx.feed(black_box(&wire));
        drop(black_box(rx.take(wire.len())));
    }
    wire.len()
}

fn unstuffing(times: usize) -> usize {
    let wire = stuffed();
    let mut rx = RecvBuf::default();
    for _ in 0..times {
        rx.feed(black_box(&wire));
        let mut unstuffer = Unstuffer::default();
        loop {
            match unstuffer.next(&mut rx, 64 * 1024) {
                Some(Unstuffed::Chunk(chunk)) => drop(black_box(chunk)),
                Some(Unstuffed::End) => break,
                None => panic!("it has an end"),
            }
        }
    }
    wire.len()
}

fn unstuffing_stalwart(times: usize) -> usize {
    let wire = stuffed();
    for _ in 0..times {
        let mut receiver = stalwart::request::receiver::DataReceiver::new();
        let mut body = Vec::with_capacity(wire.len());
        assert!(receiver.ingest(&mut black_box(&wire).iter(), &mut body));
        black_box(body);
    }
    wire.len()
}

/// A server with a transaction open.
fn server() -> Endpoint<Server> {
    let mut config = Config::mx("mx.example.org".parse().expect("a name"));
    config.limits = config.limits.junk_commands(u32::MAX);
    let mut endpoint = Endpoint::new(Server::new(Arc::new(config), [7; 32], Moment::ORIGIN));
    feed(&mut endpoint, b"EHLO client.example.org\r\n");
    endpoint
}

/// Hands octets in, says yes to everything, throws the replies away; how much of a body came.
fn feed(endpoint: &mut Endpoint<Server>, octets: &[u8]) -> usize {
    let mut body = 0;
    endpoint.recv_buf().extend_from_slice(octets);
    loop {
        match endpoint.poll(Moment::ORIGIN).expect("nothing is wrong") {
            Progress::Event(Event::Body(chunk)) => body += black_box(chunk).len(),
            Progress::Event(_) => while endpoint.machine().accept().is_ok() {},
            _ => break,
        }
    }
    let tx = endpoint.transmit().expect("nothing is wrong");
    tx.advance(tx.remaining());
    body
}

fn bdat(times: usize) -> usize {
    let message = message();
    let mut endpoint = server();
    for _ in 0..times {
        feed(&mut endpoint, b"MAIL FROM:<alice@example.org>\r\nRCPT TO:<bob@example.net>\r\n");
        feed(&mut endpoint, format!("BDAT {} LAST\r\n", message.len()).as_bytes());
        assert_eq!(feed(&mut endpoint, &message), message.len());
    }
    message.len()
}

const PIPELINED: &[u8] =
    b"MAIL FROM:<alice@example.org>\r\nRCPT TO:<bob@example.net>\r\nRCPT TO:<carol@example.net>\r\nNOOP\r\nRSET\r\n";

fn session(times: usize) -> usize {
    let mut endpoint = server();
    for _ in 0..times {
        feed(&mut endpoint, PIPELINED);
    }
    PIPELINED.len()
}
