//! A client that has asked something, and what it makes of the answer.

use pop3_proto::client::{Client, Config, Event};
use pop3_proto::{Error, Misuse};
use wire_core::{Endpoint, Moment, Progress};

use super::drain;

/// What a client makes of what a server says.
#[derive(Debug, Default, PartialEq)]
pub struct Heard {
    /// Events as text, without the numbers of commands; pieces of a message are joined.
    pub events: Vec<String>,
    /// Pieces of messages, joined.
    pub body: Vec<u8>,
    pub output: Vec<u8>,
    pub error: Option<Error>,
    pub closed: bool,
    pub start_tls: bool,
}

/// A client that was greeted.
pub fn greeted(config: Config) -> Endpoint<Client> {
    let mut endpoint = Endpoint::new(Client::new(config, Moment::ORIGIN));
    let mut heard = Heard::default();
    endpoint.recv_buf().extend_from_slice(b"+OK <1896.697170952@dbc.mtview.ca.us>\r\n");
    pump(&mut endpoint, &mut heard);
    assert_eq!((heard.error, heard.events.len()), (None, 1));
    endpoint
}

/// A client whose command is on its way.
pub fn asking<T>(config: Config, command: impl FnOnce(&mut Client) -> Result<T, Misuse>) -> Endpoint<Client> {
    let mut endpoint = greeted(config);
    command(endpoint.machine()).unwrap();
    let mut heard = Heard::default();
    pump(&mut endpoint, &mut heard);
    assert!(!heard.output.is_empty());
    endpoint
}

/// What is made of these octets, whole, one by one, and cut in two everywhere: always the same.
pub fn heard(make: impl Fn() -> Endpoint<Client>, octets: &[u8], eof: bool) -> Heard {
    let whole = hear(make(), &[octets], eof);
    let single: Vec<&[u8]> = octets.chunks(1).collect();
    assert_eq!(hear(make(), &single, eof), whole, "one octet at a time");
    if octets.len() < 1000 {
        for cut in 1..octets.len() {
            let (first, second) = octets.split_at(cut);
            assert_eq!(hear(make(), &[first, second], eof), whole, "cut at {cut}");
        }
    }
    whole
}

/// The answer to one command.
pub fn answer<T>(command: impl Fn(&mut Client) -> Result<T, Misuse>, octets: &[u8]) -> Heard {
    heard(|| asking(Config::new(), &command), octets, false)
}

pub fn hear(mut endpoint: Endpoint<Client>, pieces: &[&[u8]], eof: bool) -> Heard {
    let mut heard = Heard::default();
    for piece in pieces {
        if heard.error.is_some() || heard.closed || heard.start_tls {
            return heard;
        }
        endpoint.recv_buf().extend_from_slice(piece);
        pump(&mut endpoint, &mut heard);
    }
    if eof && heard.error.is_none() && !heard.closed {
        endpoint.recv_eof();
        pump(&mut endpoint, &mut heard);
    }
    heard
}

pub fn pump(endpoint: &mut Endpoint<Client>, heard: &mut Heard) {
    for _ in 0..100_000 {
        match endpoint.poll(Moment::ORIGIN) {
            Ok(Progress::Event(event)) => note(event, heard),
            Ok(Progress::Io { .. }) => return drain(endpoint, &mut heard.output),
            Ok(Progress::StartTls(_)) => {
                heard.start_tls = true;
                return;
            }
            Ok(_) => {
                heard.closed = true;
                return drain(endpoint, &mut heard.output);
            }
            Err(wire_core::Error::Machine(error)) => {
                heard.error = Some(error);
                return drain(endpoint, &mut heard.output);
            }
            Err(error) => panic!("{error}"),
        }
    }
    panic!("the client does not come to rest");
}

pub fn note(event: Event, heard: &mut Heard) {
    let text = match event {
        Event::Body(_, chunk) => {
            heard.body.extend_from_slice(&chunk);
            return;
        }
        Event::Greeting(reply) => format!("Greeting {reply}"),
        Event::Reply(_, reply) => reply.to_string(),
        Event::Stat(_, stat) => format!("Stat {} {:?}", stat.messages, stat.octets),
        Event::Scan(_, scan) => format!("Scan {} {}", scan.message, scan.octets),
        Event::UniqueId(_, listing) => match listing.unique_id {
            Some(id) => format!("Id {} {id}", listing.message),
            None => format!("Id {} -", listing.message),
        },
        Event::Damaged(_, line) => format!("Damaged {}", wire_core::Escaped(&line)),
        Event::Language(_, line) => format!("Language {}", wire_core::Escaped(&line)),
        Event::End(_) => "End".to_owned(),
        _ => "Secured".to_owned(),
    };
    heard.events.push(text);
}
