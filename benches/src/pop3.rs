//! POP3 machines at work.

use std::hint::black_box;
use std::sync::Arc;

use bytes::{Buf, Bytes};
use pop3_proto::client::{self, Client};
use pop3_proto::server::{Config, Event, Listing, Server};
use pop3_proto::{Command, Quirks, Reply};
use sasl_core::server::Answer;
use wire_core::{Endpoint, Machine, Moment, Progress};

use crate::{POP3_COMMANDS, POP3_REPLIES, stuffed};

fn discard<M: Machine>(endpoint: &mut Endpoint<M>) {
    let tx = endpoint.transmit().expect("nothing is wrong");
    tx.advance(tx.remaining());
}

/// A server whose maildrop of 1000 messages is open.
pub fn server() -> Endpoint<Server> {
    let auth = sasl_core::server::Config::new(&[7; 32][..]).dangerous_allow_cleartext_secrets();
    let config = Config::new("pop.example.org".parse().expect("a name"), auth).tls_for_auth(false);
    let mut endpoint = Endpoint::new(Server::new(Arc::new(config), [7; 32], Moment::ORIGIN));
    serve(&mut endpoint, b"USER joe\r\nPASS pencil\r\n", &Bytes::new());
    endpoint
}

/// Hands commands in and throws the replies away.
pub fn serve(endpoint: &mut Endpoint<Server>, commands: &[u8], message: &Bytes) {
    endpoint.recv_buf().extend_from_slice(commands);
    loop {
        let progress = endpoint.poll(Moment::ORIGIN).expect("nothing is wrong");
        let server = endpoint.machine();
        match progress {
            Progress::Event(Event::Authenticate(_)) => {
                server.authenticate(Answer::Accept).expect("it was asked")
            }
            Progress::Event(Event::Open(_)) => {
                let mut listing = Listing::new();
                for number in 0..1000 {
                    listing
                        .push(4096, &format!("1700000000.M{number}P4711.mail.example.org"))
                        .expect("an id");
                }
                server.open(listing).expect("it was asked");
            }
            Progress::Event(Event::Retrieve { .. }) => {
                server.accept().expect("it was asked");
                server.body(message.clone()).expect("it is wanted");
                server.end_body().expect("it is wanted");
            }
            Progress::Event(_) => server.accept().expect("it was asked"),
            _ => break,
        }
    }
    discard(endpoint);
}

fn lines(all: &'static [&'static str]) -> Vec<Bytes> {
    all.iter().map(|text| Bytes::from_static(text.trim_end().as_bytes())).collect()
}

/// Commands parsed; how many.
pub fn parsed_commands(times: usize) -> usize {
    let lines = lines(&POP3_COMMANDS);
    for _ in 0..times {
        for line in &lines {
            black_box(Command::parse(black_box(line))).expect("it is a command");
        }
    }
    lines.len()
}

/// Replies parsed; how many.
pub fn parsed_replies(times: usize) -> usize {
    let (lines, quirks) = (lines(&POP3_REPLIES), Quirks::default());
    for _ in 0..times {
        for line in &lines {
            black_box(Reply::parse(black_box(line), &quirks)).expect("it is a reply");
        }
    }
    lines.len()
}

/// Commands through a server; how many.
pub fn commands(times: usize) -> usize {
    let mut endpoint = server();
    let all = POP3_COMMANDS.concat();
    for _ in 0..times {
        serve(&mut endpoint, black_box(all.as_bytes()), &Bytes::new());
    }
    POP3_COMMANDS.len()
}

/// Messages through a server; how many octets.
pub fn retrievals(times: usize) -> usize {
    let mut endpoint = server();
    let message = Bytes::from(crate::message());
    for _ in 0..times {
        serve(&mut endpoint, b"RETR 1\r\n", black_box(&message));
    }
    message.len()
}

fn client() -> Endpoint<Client> {
    let mut endpoint = Endpoint::new(Client::new(client::Config::new(), Moment::ORIGIN));
    endpoint.recv_buf().extend_from_slice(b"+OK ready\r\n");
    collect(&mut endpoint);
    endpoint.machine().capa().expect("it is greeted");
    collect(&mut endpoint);
    endpoint.recv_buf().extend_from_slice(b"+OK\r\nPIPELINING\r\n.\r\n");
    collect(&mut endpoint);
    endpoint
}

fn collect(endpoint: &mut Endpoint<Client>) {
    while let Progress::Event(event) = endpoint.poll(Moment::ORIGIN).expect("nothing is wrong") {
        drop(black_box(event));
    }
    discard(endpoint);
}

/// Commands out of a client and their replies into it; how many.
pub fn replies(times: usize) -> usize {
    let mut endpoint = client();
    let all = POP3_REPLIES.concat();
    for _ in 0..times {
        let client = endpoint.machine();
        let queued = [
            client.stat(),
            client.list(Some(2)),
            client.uidl(Some(2)),
            client.noop(),
            client.dele(3),
            client.list(Some(3)),
            client.rset(),
            client.uidl(Some(4_000_000_000)),
        ];
        assert!(queued.iter().all(Result::is_ok));
        collect(&mut endpoint);
        endpoint.recv_buf().extend_from_slice(black_box(all.as_bytes()));
        collect(&mut endpoint);
    }
    POP3_REPLIES.len()
}

/// A message into a client; how many octets.
pub fn messages(times: usize) -> usize {
    let mut endpoint = client();
    let wire = stuffed();
    for _ in 0..times {
        endpoint.machine().retr(1).expect("it is a command");
        collect(&mut endpoint);
        endpoint.recv_buf().extend_from_slice(b"+OK\r\n");
        endpoint.recv_buf().extend_from_slice(black_box(&wire));
        collect(&mut endpoint);
    }
    wire.len()
}
