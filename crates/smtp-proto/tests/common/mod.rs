//! A server under a script: octets in, replies and events out.
#![allow(
    unreachable_pub,
    dead_code,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

use std::sync::Arc;
use std::time::Duration;

use bytes::Buf;
use sasl_core::server::{Answer, Question};
use smtp_proto::server::{Abort, Config, Event, Server};
use smtp_proto::{Error, Reply};
use wire_core::{Endpoint, Layer, Machine, Moment, Progress, TlsSession};

/// What came of a script.
#[derive(Debug, Default, Clone, PartialEq)]
pub struct Ran {
    pub output: Vec<u8>,
    pub events: Vec<String>,
    pub messages: Vec<Vec<u8>>,
    pub aborts: Vec<Abort>,
    pub closed: bool,
    pub error: Option<Error>,
    pub start_tls: bool,
}

impl Ran {
    /// Codes of the replies, one for each.
    pub fn codes(&self) -> Vec<u16> {
        let text = String::from_utf8_lossy(&self.output).into_owned();
        text.lines()
            .filter(|line| line.len() < 4 || line.as_bytes()[3] == b' ')
            .map(|line| line[..3].parse().unwrap())
            .collect()
    }

    pub fn last_code(&self) -> u16 {
        *self.codes().last().expect("no reply")
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.output).into_owned()
    }

    pub fn count(&self, event: &str) -> usize {
        self.events.iter().filter(|seen| seen.starts_with(event)).count()
    }

    /// Whether the session ended, with an error or without.
    pub fn ended(&self) -> bool {
        self.closed || self.error.is_some()
    }
}

/// A server and what was said to it before the script.
#[derive(Clone)]
pub struct Script {
    pub config: Config,
    pub secure: bool,
    pub prelude: Vec<u8>,
    pub eof: bool,
}

pub fn config() -> Config {
    let auth = sasl_core::server::Config::new(b"secret".to_vec())
        .with(sasl_core::Mechanism::Login)
        .with(sasl_core::Mechanism::Plain);
    Config::mx("mx.example".parse().unwrap()).auth(auth).tls(true)
}

impl Script {
    pub fn new(prelude: &str) -> Self {
        Self { config: config(), secure: false, prelude: prelude.as_bytes().to_vec(), eof: false }
    }

    pub fn secure(mut self) -> Self {
        self.secure = true;
        self
    }

    pub fn with(mut self, change: impl FnOnce(Config) -> Config) -> Self {
        self.config = change(self.config);
        self
    }

    /// Runs the octets whole and one at a time; both must be the same. The prelude's replies are left out.
    pub fn run(&self, octets: &[u8]) -> Ran {
        let whole = self.run_by(octets, octets.len().max(1));
        if octets.len() < 5000 {
            assert_eq!(self.run_by(octets, 1), whole, "one octet at a time");
        }
        whole
    }

    pub fn run_by(&self, octets: &[u8], step: usize) -> Ran {
        let mut server = Server::new(Arc::new(self.config.clone()), [7; 32], Moment::ORIGIN);
        if self.secure {
            server.layered(Layer::Tls(Arc::new(TlsSession::default())));
        }
        let mut endpoint = Endpoint::new(server);
        let mut ran = Ran::default();
        let mut pump = Pump { now: Moment::ORIGIN, message: Vec::new() };
        pump.run(&mut endpoint, &mut ran);
        if !self.prelude.is_empty() {
            endpoint.recv_buf().extend_from_slice(&self.prelude);
            pump.run(&mut endpoint, &mut ran);
        }
        assert!(ran.error.is_none(), "the prelude failed: {ran:?}");
        ran.output.clear();
        ran.events.clear();
        for chunk in octets.chunks(step) {
            if ran.ended() || ran.start_tls {
                break;
            }
            endpoint.recv_buf().extend_from_slice(chunk);
            pump.run(&mut endpoint, &mut ran);
            endpoint.release();
        }
        if self.eof && !ran.ended() {
            endpoint.recv_eof();
            pump.run(&mut endpoint, &mut ran);
        }
        ran
    }
}

struct Pump {
    now: Moment,
    message: Vec<u8>,
}

impl Pump {
    fn run(&mut self, endpoint: &mut Endpoint<Server>, ran: &mut Ran) {
        for _ in 0..1_000_000 {
            match endpoint.poll(self.now) {
                Ok(Progress::Event(event)) => self.answer(event, endpoint.machine(), ran),
                Ok(Progress::Io { read }) => {
                    drain(endpoint, ran);
                    if read {
                        return;
                    }
                    // Held back: time passes.
                    match endpoint.deadline() {
                        Some(deadline) => self.now = deadline,
                        None => panic!("an event was not answered: {ran:?}"),
                    }
                }
                Ok(Progress::StartTls(_)) => {
                    drain(endpoint, ran);
                    ran.start_tls = true;
                    return;
                }
                Ok(_) => {
                    drain(endpoint, ran);
                    ran.closed = true;
                    return;
                }
                Err(wire_core::Error::Machine(error)) => {
                    drain(endpoint, ran);
                    ran.error = Some(error);
                    return;
                }
                Err(error) => panic!("{error}"),
            }
        }
        panic!("the server does not come to rest");
    }

    fn answer(&mut self, event: Event, server: &mut Server, ran: &mut Ran) {
        let note = match &event {
            Event::Body(_) => None,
            Event::Mail { from, .. } => Some(format!("Mail {from}")),
            Event::Recipient { to, .. } => {
                Some(format!("Recipient {to} at {}", to.domain().map_or("-", |d| d.as_str())))
            }
            other => Some(format!("{other:?}").chars().take(40).collect()),
        };
        ran.events.extend(note);
        match event {
            Event::Body(chunk) => self.message.extend_from_slice(&chunk),
            Event::BodyEnd => {
                ran.messages.push(std::mem::take(&mut self.message));
                while server.accept().is_ok() {}
            }
            Event::Aborted(why) => {
                self.message.clear();
                ran.aborts.push(why);
            }
            Event::Recipient { to, .. } if to.to_string().starts_with("refused") => {
                server.reply(Reply::no_such_user()).unwrap();
            }
            Event::Authenticate(Question::Password { user, password }) => {
                let known = user == "joe" && password.expose() == b"pw";
                server.authenticate(if known { Answer::Accept } else { Answer::Reject }).unwrap();
            }
            Event::Authenticate(_) => server.authenticate(Answer::NoSuchUser).unwrap(),
            Event::Secured(_) | Event::Authenticated(_) | Event::AuthenticationFailed(_) => {}
            _ => server.accept().unwrap(),
        }
    }
}

fn drain(endpoint: &mut Endpoint<Server>, ran: &mut Ran) {
    let tx = endpoint.transmit().unwrap();
    while tx.has_remaining() {
        let chunk = tx.chunk().to_vec();
        tx.advance(chunk.len());
        ran.output.extend_from_slice(&chunk);
    }
}

pub const SECOND: Duration = Duration::from_secs(1);

/// A row of the vectors: its octets.
pub fn row(file: &str, id: &str) -> Vec<u8> {
    let path = format!("{}/tests/data/{file}.jsonl", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(path).unwrap();
    let found = text
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap())
        .find(|row| row["id"] == id);
    let row = found.unwrap_or_else(|| panic!("no row {id}"));
    // Code points are octets.
    row["bytes"].as_str().unwrap().chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect()
}

pub fn ids(file: &str) -> Vec<String> {
    let path = format!("{}/tests/data/{file}.jsonl", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(path).unwrap();
    text.lines()
        .map(|line| {
            serde_json::from_str::<serde_json::Value>(line).unwrap()["id"].as_str().unwrap().to_owned()
        })
        .collect()
}

/// Rows of the attacks that are aimed at a client, or at what builds commands.
pub const CLIENT_ROWS: &[&str] = &[
    "BDAT-10",
    "SMUGO-02",
    "SMUGO-03",
    "SMUGO-05",
    "SMUGO-06",
    "SMUGO-07",
    "SMUGO-08",
    "SMUGO-09",
    "INJ-01",
    "INJ-02",
    "INJ-03",
    "INJ-04",
    "INJ-05",
    "INJ-09",
    "INJ-10",
    "TLS-05",
    "TLS-09",
    "TLS-10",
    "ALPACA-04",
    "SASL-31",
    "SMTPC-01",
    "SMTPC-02",
    "SMTPC-03",
    "SMTPC-04",
    "SMTPC-05",
    "SMTPC-06",
    "SMTPC-08",
    "SMTPC-10",
    "SMTPC-13",
    "SMTPC-14",
    "SMTPC-15",
    "SMTPC-16",
];
