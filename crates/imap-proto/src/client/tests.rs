use bytes::Buf;
use wire_core::{Endpoint, Progress, Security};

use super::*;
use crate::{MessageSet, PeerError, Untagged, command::FetchCommand};

/// A client with a script of a server; `%` in it stands for the tag last sent.
struct Talk {
    endpoint: Endpoint<Client>,
    now: Moment,
    sent: String,
    events: Vec<Event>,
}

impl Talk {
    fn new(config: Config) -> Self {
        let endpoint = Endpoint::new(Client::new(config, [3; 32], Moment::ORIGIN));
        Self { endpoint, now: Moment::ORIGIN, sent: String::new(), events: Vec::new() }
    }

    fn clear() -> Self {
        Self::new(Config::new().security(Security::Clear).dangerous_allow_cleartext_secrets(true))
    }

    fn greeted(config: Config) -> Self {
        let mut talk = Self::new(config);
        talk.says("* OK [CAPABILITY IMAP4rev1 IDLE LITERAL+ SASL-IR STARTTLS] ready\r\n").unwrap();
        talk.events.clear();
        talk
    }

    fn machine(&mut self) -> &mut Client {
        self.endpoint.machine()
    }

    /// Runs until there is nothing to do; whether the connection closed.
    fn run(&mut self) -> Result<bool, wire_core::Error<Error>> {
        for _ in 0..10_000 {
            match self.endpoint.poll(self.now)? {
                Progress::Event(event) => self.events.push(event),
                Progress::Io { .. } => {
                    let tx = self.endpoint.transmit().unwrap();
                    let octets = tx.copy_to_bytes(tx.len());
                    if octets.is_empty() {
                        return Ok(false);
                    }
                    self.sent.push_str(&String::from_utf8_lossy(&octets));
                }
                _ => {
                    let tx = self.endpoint.transmit().unwrap();
                    let octets = tx.copy_to_bytes(tx.len());
                    self.sent.push_str(&String::from_utf8_lossy(&octets));
                    return Ok(true);
                }
            }
        }
        panic!("it never ends")
    }

    fn says(&mut self, text: &str) -> Result<bool, wire_core::Error<Error>> {
        let text = text.replace('%', &self.tag());
        self.endpoint.recv_buf().extend_from_slice(text.as_bytes());
        self.run()
    }

    fn tag(&self) -> String {
        let last = self.sent.trim_end().rsplit("\r\n").find(|line| line.starts_with("DDDDDD")).unwrap_or("");
        last.split(' ').next().unwrap_or_default().to_owned()
    }

    /// What was sent since it was last asked, without tags.
    fn sent(&mut self) -> String {
        let sent = std::mem::take(&mut self.sent);
        let mut out = String::new();
        for line in sent.split_inclusive("\r\n") {
            out.push_str(match line.starts_with("DDDDDD") {
                true => line.split_once(' ').map_or(line, |(_, rest)| rest),
                false => line,
            });
        }
        out
    }

    fn fails(&mut self, text: &str) -> Error {
        match self.says(text) {
            Err(wire_core::Error::Machine(error)) => error,
            other => panic!("{other:?}"),
        }
    }
}

fn fetch(messages: impl Into<MessageSet>) -> Command {
    Command::Fetch(FetchCommand::new(messages.into(), []))
}

fn seq(number: u32) -> crate::Seq {
    crate::Seq::new(number).unwrap()
}

#[test]
fn greetings() {
    for (text, expected) in [
        ("* NO hello\r\n", PeerError::Greeting),
        ("* 1 EXISTS\r\n", PeerError::Greeting),
        ("* 1 FETCH (BODY[] {100000}\r\n", PeerError::Greeting),
        ("HTTP/1.1 400 Bad Request\r\n", PeerError::NotImap),
        ("* PREAUTH hi\r\n* PREAUTH hi\r\n", PeerError::SecondGreeting),
    ] {
        assert_eq!(Talk::clear().fails(text), Error::Peer(expected), "{text}");
    }
    assert!(
        matches!(Talk::clear().fails("Server Unavailable. 15\r\n"), Error::Peer(PeerError::Line(text)) if text == "Server Unavailable. 15")
    );
    let mut talk = Talk::clear();
    assert!(talk.says("* BYE overloaded\r\n").unwrap());
    assert!(matches!(&talk.events[..], [Event::Untagged(Untagged::Bye(_))]));
}

/// What stands in the middle of a greeting is no other protocol's, however it comes.
#[test]
fn a_greeting_that_is_too_large_is_none_in_any_pieces() {
    let text = format!("* OK [X {{300}}\r\n{}]\r\n", "HTTP/".repeat(60));
    for step in 1..=text.len() {
        let config = Config::new().limits(crate::Limits::new().inline_literal(60));
        let mut talk = Talk::new(config.security(Security::Clear));
        let mut pieces: Vec<&str> =
            text.as_bytes().chunks(step).map(|piece| str::from_utf8(piece).unwrap()).collect();
        let last = pieces.pop().unwrap();
        for piece in pieces {
            talk.says(piece).unwrap();
        }
        assert_eq!(talk.fails(last), Error::Peer(PeerError::Greeting), "in pieces of {step}");
        assert!(talk.events.is_empty());
    }
}

#[test]
fn answers_and_news() {
    let mut talk = Talk::greeted(Config::new().security(Security::Clear));
    let id = talk.machine().command(Command::Noop).unwrap();
    talk.run().unwrap();
    talk.says("* 5 EXISTS\r\n% OK done\r\n").unwrap();
    assert_eq!(talk.events.len(), 2);
    assert_eq!(talk.events[0], Event::Untagged(Untagged::Exists(5)));
    assert!(matches!(&talk.events[1], Event::Done(done, completion) if *done == id && completion.is_ok()));
    assert_eq!(talk.fails("XYZ OK y\r\n"), Error::Peer(PeerError::UnknownTag));
}

#[test]
fn nothing_is_released_by_a_continuation_that_nobody_waits_for() {
    let mut talk = Talk::greeted(Config::new().security(Security::Clear));
    assert_eq!(talk.fails("+ go ahead\r\n"), Error::Peer(PeerError::Continuation));
    // an empty one too many is passed over
    let mut talk = Talk::greeted(Config::new().security(Security::Clear));
    talk.machine().command(Command::Noop).unwrap();
    talk.run().unwrap();
    talk.says("+ \r\n* SEARCH 1\r\n% OK done\r\n").unwrap();
    assert_eq!(talk.events.len(), 2);
}

#[test]
fn literals_wait_for_the_server() {
    let mut talk = Talk::clear();
    talk.says("* OK [CAPABILITY IMAP4rev1] ready\r\n").unwrap();
    talk.machine().command(Command::login("jörg", "päss").unwrap()).unwrap();
    talk.run().unwrap();
    assert_eq!(talk.sent, "DDDDDD1 LOGIN {5}\r\n");
    talk.says("+ \r\n").unwrap();
    talk.says("+ \r\n").unwrap();
    assert_eq!(talk.sent(), "LOGIN {5}\r\njörg {5}\r\npäss\r\n");
}

#[test]
fn a_refused_literal_is_not_sent() {
    let mut talk = Talk::clear();
    talk.says("* OK [CAPABILITY IMAP4rev1] ready\r\n").unwrap();
    let id = talk.machine().command(Command::login("jörg", "x").unwrap()).unwrap();
    talk.machine().command(Command::Noop).unwrap();
    talk.run().unwrap();
    talk.says("% NO no such user\r\n").unwrap();
    assert_eq!(talk.sent(), "LOGIN {5}\r\nNOOP\r\n");
    assert!(
        matches!(talk.events.last(), Some(Event::Done(done, completion)) if *done == id && !completion.is_ok())
    );
}

#[test]
fn credentials_need_tls() {
    let mut talk = Talk::greeted(Config::new().security(Security::Clear));
    let login = Command::login("joe", "x").unwrap();
    assert_eq!(talk.machine().command(login), Err(Misuse::Cleartext));
}

#[test]
fn nothing_said_in_clear_is_believed_before_tls() {
    for line in [
        "* 54321 EXISTS",
        "* SEARCH 1 2 3",
        "* FLAGS (\\Flagged)",
        "* STATUS INBOX (MESSAGES 718001)",
        "* OK [ALERT] Call +1-555-0100",
    ] {
        let mut talk = Talk::greeted(Config::new().security(Security::StartTls));
        talk.machine().command(Command::StartTls).unwrap();
        talk.run().unwrap();
        assert!(talk.says(&format!("{line}\r\n% OK begin\r\n")).unwrap(), "{line}");
        assert!(talk.events.is_empty(), "{line}: {:?}", talk.events);
    }
    let mut talk = Talk::greeted(Config::new().security(Security::StartTls));
    talk.machine().command(Command::StartTls).unwrap();
    talk.run().unwrap();
    let error = talk.fails("% OK begin TLS now\r\n* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\n");
    assert!(matches!(error, Error::Seal(_)), "{error:?}");
    for greeting in
        ["* PREAUTH ready\r\n", "* PREAUTH [CAPABILITY IMAP4rev1 STARTTLS LOGINDISABLED] ready\r\n"]
    {
        let mut talk = Talk::new(Config::new().security(Security::StartTls));
        assert_eq!(talk.fails(greeting), Error::Peer(PeerError::PreauthInClear));
    }
}

#[test]
fn commands_that_could_be_mixed_up_wait_for_each_other() {
    let mut talk = Talk::greeted(Config::new().security(Security::Clear));
    talk.machine().state = State::Selected;
    for command in [fetch(seq(1)), Command::Noop, fetch(seq(2)), Command::Check] {
        talk.machine().command(command).unwrap();
    }
    talk.run().unwrap();
    // a NOOP may bring an EXPUNGE, after which 2 is another message
    assert_eq!(talk.sent.lines().count(), 2);
    talk.says("DDDDDD2 OK\r\n").unwrap();
    assert_eq!(talk.sent.lines().count(), 2);
    talk.says("DDDDDD1 OK\r\n").unwrap();
    assert_eq!(talk.sent.lines().count(), 4);
}

#[test]
fn idle_is_renewed_and_ended_for_what_comes_next() {
    let mut talk = Talk::greeted(Config::new().security(Security::Clear));
    talk.machine().state = State::Selected;
    let idle = talk.machine().idle().unwrap();
    talk.run().unwrap();
    talk.says("+ idling\r\n* 4 EXISTS\r\n").unwrap();
    assert_eq!(talk.events, [Event::Idling(idle), Event::Untagged(Untagged::Exists(4))]);
    talk.events.clear();
    talk.now = talk.endpoint.deadline().unwrap();
    assert_eq!(talk.now - Moment::ORIGIN, Duration::from_secs(28 * 60));
    talk.run().unwrap();
    assert_eq!(talk.sent(), "IDLE\r\nDONE\r\n");
    talk.says("DDDDDD1 OK done\r\n").unwrap();
    talk.says("+ idling\r\n").unwrap();
    assert_eq!(talk.sent(), "IDLE\r\n");
    assert_eq!(talk.events, []);
    let noop = talk.machine().command(Command::Noop).unwrap();
    talk.run().unwrap();
    assert_eq!(talk.sent(), "DONE\r\n");
    talk.says("DDDDDD2 OK done\r\n").unwrap();
    assert_eq!(talk.sent(), "NOOP\r\n");
    talk.says("DDDDDD3 OK done\r\n").unwrap();
    let done: Vec<_> =
        talk.events.iter().map(|event| if let Event::Done(id, _) = event { *id } else { panic!() }).collect();
    assert_eq!(done, [idle, noop]);
}

#[test]
fn silence_has_an_end() {
    let mut talk = Talk::greeted(Config::new().security(Security::Clear));
    talk.machine().command_within(Command::Noop, Duration::from_secs(7)).unwrap();
    talk.run().unwrap();
    talk.now = talk.endpoint.deadline().unwrap();
    assert_eq!(talk.now - Moment::ORIGIN, Duration::from_secs(7));
    assert!(matches!(talk.run(), Err(wire_core::Error::Machine(Error::Timeout(Wait::Response)))));
}

#[test]
fn what_nobody_wants_is_read_over() {
    let mut talk = Talk::greeted(Config::new().security(Security::Clear));
    talk.machine().state = State::Selected;
    let id = talk.machine().command(fetch(seq(1))).unwrap();
    talk.run().unwrap();
    talk.machine().abandon(id);
    talk.says("* 1 FETCH (UID 3 RFC822.SIZE 7 FLAGS (\\Seen))\r\n* 2 FETCH (RFC822.SIZE 9)\r\n% OK done\r\n")
        .unwrap();
    assert_eq!(talk.events.len(), 1);
    assert!(matches!(&talk.events[0], Event::Untagged(Untagged::Fetch(fetch)) if fetch.items.len() == 2));
}

#[test]
fn a_message_comes_in_pieces() {
    let limits = crate::Limits::new().inline_literal(10).chunk(8);
    let mut talk = Talk::greeted(Config::new().security(Security::Clear).limits(limits));
    talk.machine().state = State::Selected;
    talk.machine().command(fetch(seq(1))).unwrap();
    talk.run().unwrap();
    talk.says("* 1 FETCH (UID 3 BODY[] {20}\r\n01234567890123456789 FLAGS ())\r\n% OK done\r\n").unwrap();
    let mut body = Vec::new();
    let kinds: Vec<_> = talk
        .events
        .iter()
        .map(|event| match event {
            Event::FetchBegin { items, .. } => format!("begin {}", items.len()),
            Event::BodyBegin { octets, .. } => format!("body {octets}"),
            Event::BodyChunk(chunk) => {
                body.extend_from_slice(chunk);
                String::from("chunk")
            }
            Event::BodyEnd => String::from("end"),
            Event::FetchItems(items) => format!("items {}", items.len()),
            Event::FetchEnd => String::from("over"),
            Event::Done(..) => String::from("done"),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(kinds, ["begin 1", "body 20", "chunk", "chunk", "chunk", "end", "items 1", "over", "done"]);
    assert_eq!(body, b"01234567890123456789");
}

#[test]
fn counts_that_cannot_be_end_the_session() {
    for line in ["* 0 EXPUNGE\r\n", "* 4294967296 EXISTS\r\n"] {
        let mut talk = Talk::greeted(Config::new().security(Security::Clear));
        talk.machine().command(Command::Noop).unwrap();
        talk.run().unwrap();
        assert_eq!(talk.fails(line), Error::Peer(PeerError::Count), "{line}");
    }
    let mut talk = Talk::greeted(Config::new().security(Security::Clear));
    talk.machine().command(Command::Noop).unwrap();
    talk.run().unwrap();
    assert_eq!(talk.fails("* 1 UIDFETCH (FLAGS ())\r\n"), Error::Peer(PeerError::UidFetch));
}

#[test]
fn what_is_read_where_it_arrived_is_in_the_transcript() {
    let mut talk = Talk::greeted(Config::new().security(Security::Clear));
    let recorder = wire_core::Recorder::client(4096);
    talk.endpoint.record(recorder.clone());
    talk.says("* 1 FETCH (FLAGS (\\Seen) UID 7)\r\n* 2 FETCH (FLAGS (a) UID 8)\r\n").unwrap();
    let fetched = talk.events.iter().filter(|event| matches!(event, Event::Untagged(Untagged::Fetch(_))));
    assert_eq!(fetched.count(), 2);
    let expected = "S: * 1 FETCH (FLAGS (\\\\Seen) UID 7)\nS: * 2 FETCH (FLAGS (a) UID 8)\n";
    assert_eq!(recorder.text_form(), expected);
}
