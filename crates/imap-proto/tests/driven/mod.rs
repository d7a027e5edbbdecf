//! A client that is led by the hand: what the server says in, events and octets out.
#![allow(
    unreachable_pub,
    dead_code,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

pub mod session;

use bytes::Buf;
use imap_proto::client::{Client, Config, Event, State};
use imap_proto::command::{Append, AppendData, AppendMessage, MessageData};
use imap_proto::{
    Command, Dialect, Encoder, Error, Limits, Literals, MailboxName, Misuse, Response, Untagged,
};
use test_support::script::Unencrypted;
use wire_core::{Endpoint, Moment, Progress, Security};

/// What tags of these clients begin with.
pub const PREFIX: &str = "DDDDDD";

/// What came of a talk.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Heard {
    /// Events as text; pieces of a message are joined.
    pub events: Vec<String>,
    /// Pieces of messages, joined.
    pub body: Vec<u8>,
    pub sent: Vec<u8>,
    pub error: Option<Error>,
    pub closed: bool,
    /// TLS was asked for, and was not given.
    pub start_tls: bool,
}

impl Heard {
    /// What was sent, without tags.
    pub fn sent(&self) -> String {
        let text = String::from_utf8_lossy(&self.sent).into_owned();
        let untagged = |line: &str| match line.strip_prefix(PREFIX) {
            Some(rest) => rest.split_once(' ').map_or(rest, |(_, rest)| rest).to_owned(),
            None => line.to_owned(),
        };
        text.split_inclusive("\r\n").map(untagged).collect()
    }

    pub fn is_over(&self) -> bool {
        self.error.is_some() || self.closed || self.start_tls
    }
}

/// A client, and its clock.
pub struct Talk {
    pub endpoint: Endpoint<Client>,
    pub now: Moment,
    pub heard: Heard,
    /// Whether it gets TLS that is none.
    pub tls: bool,
}

pub const CAPABILITIES: &str =
    "IMAP4rev1 IDLE LITERAL+ SASL-IR ENABLE CONDSTORE QRESYNC UIDPLUS MOVE ESEARCH UNSELECT";

pub fn config() -> Config {
    Config::new().security(Security::Clear).dangerous_allow_cleartext_secrets(true)
}

impl Talk {
    /// A client that waits for the greeting.
    pub fn new(config: Config) -> Self {
        let endpoint = Endpoint::new(Client::new(config, [3; 32], Moment::ORIGIN));
        Self { endpoint, now: Moment::ORIGIN, heard: Heard::default(), tls: false }
    }

    /// One in this state, of which nothing was told.
    pub fn with(config: Config, state: State, capabilities: &str) -> Self {
        let mut talk = Self::new(config);
        match state {
            State::Greeting => return talk,
            State::NotAuthenticated => talk.says(&format!("* OK [CAPABILITY {capabilities}] hi\r\n")),
            _ => talk.says(&format!("* PREAUTH [CAPABILITY {capabilities}] hi\r\n")),
        };
        if state == State::Selected {
            talk.asks(Command::Select(imap_proto::command::Select::new(MailboxName::INBOX)));
            talk.says("% OK selected\r\n");
        }
        if state == State::Logout {
            talk.asks(Command::Logout);
            talk.says("* BYE\r\n% OK\r\n");
        }
        assert_eq!((talk.machine().state(), &talk.heard.error), (state, &None));
        talk.heard = Heard::default();
        talk
    }

    pub fn in_state(state: State) -> Self {
        Self::with(config(), state, CAPABILITIES)
    }

    /// With a mailbox, and these capabilities.
    pub fn selected(capabilities: &str) -> Self {
        Self::with(config(), State::Selected, capabilities)
    }

    pub fn machine(&mut self) -> &mut Client {
        self.endpoint.machine()
    }

    pub fn asks(&mut self, command: Command) -> &mut Self {
        self.machine().command(command).unwrap();
        self.run()
    }

    /// The server says this: `%` is the tag of the last command, `%3` the third tag.
    pub fn says(&mut self, text: &str) -> &mut Self {
        let text = self.tagged(text);
        self.says_octets(text.as_bytes())
    }

    pub fn says_octets(&mut self, octets: &[u8]) -> &mut Self {
        if !self.heard.is_over() {
            self.endpoint.recv_buf().extend_from_slice(octets);
            self.run();
        }
        self
    }

    pub fn leaves(&mut self) -> &mut Self {
        if !self.heard.is_over() {
            self.endpoint.recv_eof();
            self.run();
        }
        self
    }

    /// With tags in their places.
    pub fn tagged(&self, text: &str) -> String {
        let mut out = String::new();
        let mut parts = text.split('%');
        out.push_str(parts.next().unwrap_or_default());
        for part in parts {
            let digits = part.len() - part.trim_start_matches(|c: char| c.is_ascii_digit()).len();
            match digits {
                0 => out.push_str(&self.tag()),
                _ => out.push_str(&format!("{PREFIX}{}", &part[..digits])),
            }
            out.push_str(&part[digits..]);
        }
        out
    }

    /// The tag of the last command.
    pub fn tag(&self) -> String {
        let text = String::from_utf8_lossy(&self.heard.sent).into_owned();
        let last = text.split("\r\n").filter(|line| line.starts_with(PREFIX)).last();
        last.and_then(|line| line.split(' ').next()).unwrap_or("none").to_owned()
    }

    /// Lets the time come of which the client waits, and runs.
    pub fn waits(&mut self) -> &mut Self {
        self.now = self.endpoint.deadline().expect("a deadline");
        self.run()
    }

    pub fn run(&mut self) -> &mut Self {
        for _ in 0..1_000_000 {
            if self.heard.is_over() {
                return self;
            }
            match self.endpoint.poll(self.now) {
                Ok(Progress::Event(event)) => note(event, &mut self.heard),
                Ok(Progress::Io { .. }) => {
                    if !self.drain() {
                        return self;
                    }
                }
                Ok(Progress::StartTls(proof)) => {
                    self.drain();
                    if self.tls {
                        self.endpoint.install_tls(proof, Box::new(Unencrypted::default()));
                    } else {
                        self.heard.start_tls = true;
                    }
                }
                Ok(_) => {
                    self.drain();
                    self.heard.closed = true;
                }
                Err(wire_core::Error::Machine(error)) => {
                    self.drain();
                    self.heard.error = Some(error);
                }
                Err(error) => panic!("{error}"),
            }
        }
        panic!("the client does not come to rest");
    }

    fn drain(&mut self) -> bool {
        let mut any = false;
        while let Ok(tx) = self.endpoint.transmit() {
            if !tx.has_remaining() {
                return any;
            }
            any = true;
            self.heard.sent.extend_from_slice(&tx.copy_to_bytes(tx.remaining()));
        }
        any
    }

    /// Events since they were last asked for.
    pub fn told(&mut self) -> Vec<String> {
        std::mem::take(&mut self.heard.events)
    }
}

/// What is made of what the server says: whole, octet by octet, and cut in two everywhere; always the same.
pub fn heard(make: impl Fn() -> Talk, text: &str, eof: bool) -> Heard {
    let octets = make().tagged(text).into_bytes();
    let play = |pieces: &[&[u8]]| {
        let mut talk = make();
        for piece in pieces {
            talk.says_octets(piece);
        }
        if eof {
            talk.leaves();
        }
        talk.heard
    };
    let whole = play(&[&octets]);
    assert_eq!(play(&octets.chunks(1).collect::<Vec<_>>()), whole, "one octet at a time");
    if octets.len() < 2000 {
        for cut in 1..octets.len() {
            let (first, second) = octets.split_at(cut);
            assert_eq!(play(&[first, second]), whole, "cut at {cut}");
        }
    }
    whole
}

/// The same for a client with this command under way.
pub fn answer(state: State, command: &Command, text: &str) -> Heard {
    let make = || {
        let mut talk = Talk::in_state(state);
        talk.asks(command.clone());
        talk
    };
    heard(make, text, false)
}

/// The error of a client with NOOP under way.
pub fn refused(text: &str) -> Error {
    answer(State::Selected, &Command::Noop, text).error.unwrap_or_else(|| panic!("{text:?} is no error"))
}

pub fn command(line: &str) -> Command {
    let frame = bytes::Bytes::copy_from_slice(format!("t {line}").as_bytes());
    Command::parse(&frame, Dialect::REV1).unwrap_or_else(|error| panic!("{line}: {error}")).1
}

/// A call of a client, by its name.
pub fn call(client: &mut Client, line: &str) -> Result<(), Misuse> {
    match line {
        "IDLE" => client.idle().map(|_| ()),
        "AUTHENTICATE PLAIN" => client.authenticate(plain()).map(|_| ()),
        line => client.command(command(line)).map(|_| ()),
    }
}

pub fn plain() -> sasl_core::client::Client {
    use sasl_core::client::{Client, Policy};
    use sasl_core::{Credentials, Mechanism, Nonce, Transport};
    let policy = Policy::new().dangerous_allow_cleartext_secrets();
    let credentials = Credentials::password("test", "test").with_authzid("test");
    let (transport, nonce) = (Transport::clear(), Nonce::derive(&[1; 32], 1));
    Client::new(Mechanism::Plain, &credentials, &transport, &[Mechanism::Plain], &policy, nonce).unwrap()
}

/// Limits that are soon reached.
pub fn small() -> Limits {
    Limits::new().response(2000).inline_literal(100).literal(10_000).chunk(50)
}

/// The command that stores a message of so many octets, which are given later.
pub fn append(octets: u64) -> Command {
    let message = AppendMessage::new(AppendData::Message(MessageData::streamed(octets)));
    Command::Append(Append::new(MailboxName::INBOX, message))
}

/// The number of a command.
pub fn number(id: &impl std::fmt::Debug) -> String {
    format!("{id:?}").trim_start_matches("CommandId(").trim_end_matches(')').to_owned()
}

/// Untagged data as it could stand on the wire.
pub fn wire(untagged: Untagged) -> String {
    if let Untagged::Damaged(damaged) = &untagged {
        let name = damaged.name.as_ref().map_or("", |name| name.as_str());
        let number = damaged.number.or(damaged.uid.map(|uid| uid.get())).unwrap_or(0);
        return format!("damaged {name} {number}");
    }
    let mut encoder = Encoder::new(Literals::Server, Dialect::UTF8);
    Response::Untagged(untagged).encode(&mut encoder);
    String::from_utf8_lossy(encoder.text()).trim_end().replace("\r\n", "\\n")
}

pub fn note(event: Event, heard: &mut Heard) {
    let text = match event {
        Event::BodyChunk(chunk) => {
            heard.body.extend_from_slice(&chunk);
            return;
        }
        Event::Greeting { authenticated, .. } if authenticated => "preauth".to_owned(),
        Event::Greeting { .. } => "greeting".to_owned(),
        Event::Untagged(untagged) => wire(untagged),
        Event::FetchBegin { number, items, .. } => format!("message {number} with {} items", items.len()),
        Event::BodyBegin { octets, .. } => format!("body {octets}"),
        Event::BodyEnd => "body end".to_owned(),
        Event::FetchItems(items) => format!("{} items", items.len()),
        Event::FetchEnd => "message end".to_owned(),
        Event::LiteralWanted { octets, .. } => format!("wanted {octets}"),
        Event::Idling(id) => format!("idling {}", number(&id)),
        Event::Done(id, completion) => {
            let code = completion.text.code.map_or(String::new(), |code| format!(" {code:?}"));
            let word = code.split(['(', '{']).next().unwrap_or_default().trim_end();
            format!("done {} {}{word}", number(&id), completion.status.as_str())
        }
        Event::Secured(_) => "secured".to_owned(),
        Event::Compressed => "compressed".to_owned(),
        Event::Stray(text) => format!("stray {text}"),
        other => format!("{other:?}"),
    };
    heard.events.push(text);
}
