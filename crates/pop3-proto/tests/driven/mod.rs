//! Servers, clients and collectors under a script: octets in, replies and events out.
#![allow(
    unreachable_pub,
    dead_code,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

pub mod client;
pub mod visit;

use std::sync::Arc;

use bytes::{Buf, Bytes};
use pop3_proto::server::{Config, Event, Listing, Server};
use pop3_proto::{Error, Reply};
use sasl_core::server::{Answer, Question};
use test_support::vectors::Rows;
use wire_core::{Endpoint, Layer, Machine, Moment, Progress, TlsSession};

/// Commands that open the maildrop of joe.
pub const LOGIN: &str = "USER joe\r\nPASS pw\r\n";

/// What is in the maildrop of everybody.
pub const MESSAGES: [&[u8]; 3] =
    [b"Subject: one\r\n\r\n.dot\r\nend\r\n", b"Subject: two\r\n\r\n", b"Subject: three\r\n\r\nlast\r\n"];

/// What came of a script.
#[derive(Debug, Default, Clone, PartialEq)]
pub struct Ran {
    pub output: Vec<u8>,
    pub events: Vec<String>,
    /// What was to be removed, if the client came so far.
    pub deleted: Option<Vec<u32>>,
    pub closed: bool,
    pub error: Option<Error>,
    pub start_tls: bool,
    pub now: Moment,
}

impl Ran {
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.output).into_owned()
    }

    /// Its lines.
    pub fn lines(&self) -> Vec<String> {
        self.text().split_terminator("\r\n").map(str::to_owned).collect()
    }

    /// `+` and `-` for each line that is a reply.
    pub fn signs(&self) -> String {
        let replies = self.lines();
        replies
            .iter()
            .filter(|line| line.starts_with("+OK") || line.starts_with("-ERR"))
            .map(|l| &l[..1])
            .collect()
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
    pub messages: Vec<Bytes>,
}

pub fn config() -> Config {
    let auth = sasl_core::server::Config::new(b"secret".to_vec()).with(sasl_core::Mechanism::Login);
    Config::new("pop.example.org".parse().unwrap(), auth).tls(true)
}

impl Script {
    pub fn new(prelude: &str) -> Self {
        Self {
            config: config(),
            secure: false,
            prelude: prelude.as_bytes().to_vec(),
            eof: false,
            messages: MESSAGES.iter().map(|message| Bytes::from_static(message)).collect(),
        }
    }

    /// Under TLS, and the maildrop is open.
    pub fn opened() -> Self {
        Self::new(LOGIN).secure()
    }

    pub fn secure(mut self) -> Self {
        self.secure = true;
        self
    }

    pub fn eof(mut self) -> Self {
        self.eof = true;
        self
    }

    pub fn with(mut self, change: impl FnOnce(Config) -> Config) -> Self {
        self.config = change(self.config);
        self
    }

    /// Runs the octets whole, one at a time, and cut in two everywhere; all must be the same. What was said up to then
    /// is left out.
    pub fn run(&self, octets: &[u8]) -> Ran {
        let whole = self.play(&[octets]);
        let single: Vec<&[u8]> = octets.chunks(1).collect();
        assert_eq!(self.play(&single), whole, "one octet at a time");
        if octets.len() < 1000 {
            for cut in 1..octets.len() {
                let (first, second) = octets.split_at(cut);
                assert_eq!(self.play(&[first, second]), whole, "cut at {cut}");
            }
        }
        whole
    }

    pub fn run_by(&self, octets: &[u8], step: usize) -> Ran {
        self.play(&octets.chunks(step.max(1)).collect::<Vec<_>>())
    }

    /// The server, to which the prelude was said.
    pub fn server(&self) -> Endpoint<Server> {
        let mut server = Server::new(Arc::new(self.config.clone()), [7; 32], Moment::ORIGIN);
        if self.secure {
            server.layered(Layer::Tls(Arc::new(TlsSession::default())));
        }
        let mut endpoint = Endpoint::new(server);
        let mut ran = Ran::default();
        self.pump(&mut endpoint, &mut ran);
        if !self.prelude.is_empty() {
            endpoint.recv_buf().extend_from_slice(&self.prelude);
            self.pump(&mut endpoint, &mut ran);
        }
        assert!(ran.error.is_none(), "the prelude failed: {ran:?}");
        endpoint
    }

    pub fn play(&self, pieces: &[&[u8]]) -> Ran {
        let mut endpoint = self.server();
        let mut ran = Ran::default();
        for piece in pieces {
            if ran.ended() || ran.start_tls {
                break;
            }
            endpoint.recv_buf().extend_from_slice(piece);
            self.pump(&mut endpoint, &mut ran);
            endpoint.release();
        }
        if self.eof && !ran.ended() {
            endpoint.recv_eof();
            self.pump(&mut endpoint, &mut ran);
        }
        ran
    }

    /// Runs until more input is needed. What the server holds back is waited for.
    pub fn pump(&self, endpoint: &mut Endpoint<Server>, ran: &mut Ran) {
        for _ in 0..1_000_000 {
            match endpoint.poll(ran.now) {
                Ok(Progress::Event(event)) => self.tell(event, endpoint.machine(), ran),
                Ok(Progress::Io { read }) => {
                    drain(endpoint, &mut ran.output);
                    if read {
                        return;
                    }
                    if let Some(deadline) = endpoint.deadline() {
                        ran.now = ran.now.max(deadline);
                    }
                }
                Ok(Progress::StartTls(_)) => {
                    drain(endpoint, &mut ran.output);
                    ran.start_tls = true;
                    return;
                }
                Ok(_) => {
                    drain(endpoint, &mut ran.output);
                    ran.closed = true;
                    return;
                }
                Err(wire_core::Error::Machine(error)) => {
                    drain(endpoint, &mut ran.output);
                    ran.error = Some(error);
                    return;
                }
                Err(error) => panic!("{error}"),
            }
        }
        panic!("the server does not come to rest");
    }

    /// Notes an event and answers it.
    pub fn tell(&self, event: Event, server: &mut Server, ran: &mut Ran) {
        ran.events.push(match &event {
            Event::Open(identity) => format!("Open {}", identity.user()),
            Event::Retrieve { message, lines, .. } => format!("Retrieve {message} {lines:?}"),
            other => format!("{other:?}").chars().take(60).collect(),
        });
        match event {
            Event::Secured(_) | Event::AuthenticationFailed(_) => {}
            Event::Authenticate(question) => server.authenticate(credential(&question)).unwrap(),
            Event::Open(identity) if identity.user() == "busy" => server.reply(Reply::in_use()).unwrap(),
            Event::Open(_) => server.open(listing(&self.messages)).unwrap(),
            Event::Retrieve { message, .. } => {
                server.accept().unwrap();
                server.body(self.messages[message as usize - 1].clone()).unwrap();
                server.end_body().unwrap();
            }
            Event::Update(deleted) => {
                ran.deleted = Some(deleted);
                server.accept().unwrap();
            }
            _ => server.accept().unwrap(),
        }
    }
}

/// The password of joe and of busy is pw; a password with spaces is that of spaced.
pub fn credential(question: &Question) -> Answer {
    match question {
        Question::Password { user, password } => match (user.as_str(), password.expose()) {
            ("joe" | "busy", b"pw") | ("spaced", b"a b  c" | b"a b c") => Answer::Accept,
            ("joe" | "busy" | "spaced", _) => Answer::Reject,
            ("down", _) => Answer::Unavailable,
            _ => Answer::NoSuchUser,
        },
        Question::Apop { user } if user == "joe" => Answer::CramSecret("pw".into()),
        _ => Answer::NoSuchUser,
    }
}

pub fn listing(messages: &[Bytes]) -> Listing {
    let mut listing = Listing::new();
    for (at, message) in messages.iter().enumerate() {
        listing.push(message.len() as u64, &format!("id{}", at + 1)).unwrap();
    }
    listing
}

pub fn drain<M: Machine>(endpoint: &mut Endpoint<M>, output: &mut Vec<u8>) {
    if let Ok(tx) = endpoint.transmit() {
        output.extend_from_slice(&tx.copy_to_bytes(tx.len()));
    }
}

/// Rows of a file beside this one.
pub fn rows(file: &str) -> Rows {
    Rows::load(format!("{}/tests/vectors/{file}.jsonl", env!("CARGO_MANIFEST_DIR")))
}

/// The octets of a row.
pub fn row(file: &str, id: &str) -> Vec<u8> {
    rows(file).row(id).bytes()
}

pub fn ids(file: &str) -> Vec<String> {
    rows(file).iter().map(|row| row.id().to_owned()).collect()
}
