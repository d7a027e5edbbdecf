//! Limits, silence, and clients that leave.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod common;

use std::sync::Arc;
use std::time::Duration;

use bytes::{Buf, Bytes};
use common::{Ran, Script, config};
use smtp_proto::client::{Client, Config as ClientConfig, Event as ClientEvent};
use smtp_proto::sender::{Content, Envelope, Event as Sending, Opening, Outcome, Security, Sender, Stage};
use smtp_proto::server::{Abort, BareNewline, Event, Pipelining, Server};
use smtp_proto::{Error, Limit, Limits, PeerError, Timeouts, Wait};
use wire_core::{Endpoint, Machine, Moment, Progress};

const HELLO: &str = "EHLO client.example\r\n";
const DATA: &str = "EHLO client.example\r\nMAIL FROM:<a@example.com>\r\nRCPT TO:<b@example.net>\r\nDATA\r\n";
const SESSION: &str = "EHLO client.example\r\nMAIL FROM:<a@example.com>\r\nRCPT TO:<b@example.net>\r\nDATA\r\n\
    Subject: x\r\n\r\n..dot\r\n.\r\nRSET\r\nNOOP\r\nQUIT\r\n";

#[test]
fn a_session_cut_at_every_octet_loses_nothing_and_invents_nothing() {
    for cut in 0..SESSION.len() {
        let mut script = Script::new("");
        script.eof = true;
        let ran = script.run(&SESSION.as_bytes()[..cut]);
        let complete = cut >= SESSION.find("RSET").unwrap();
        assert_eq!(ran.messages.len(), usize::from(complete), "cut at {cut}: {ran:?}");
        assert!(ran.ended(), "cut at {cut}");
    }
}

#[test]
fn every_pair_of_cuts_is_the_same_session() {
    let whole = Script::new("").run_by(SESSION.as_bytes(), SESSION.len());
    for step in 1..SESSION.len() {
        assert_eq!(Script::new("").run_by(SESSION.as_bytes(), step), whole, "by {step}");
    }
    assert_eq!(whole.messages, [b"Subject: x\r\n\r\n.dot\r\n"]);
}

#[test]
fn bare_newlines_by_policy() {
    let body = b"a\nb\rc\r\nd\0\r\n.\r\nNOOP\r\n";
    let run = |policy| -> Ran { Script::new(DATA).with(|c| c.bare_newline(policy)).run(body) };
    let rejected = run(BareNewline::Reject);
    assert_eq!((rejected.codes(), rejected.messages.len()), (vec![554], 0));
    assert!(rejected.ended());
    assert_eq!(run(BareNewline::Normalize).messages, [b"a\r\nb\r\nc\r\nd\r\n"]);
    assert_eq!(run(BareNewline::Keep).messages, [b"a\nb\rc\r\nd\0\r\n"]);
}

#[test]
fn a_client_that_talks_before_the_greeting_is_refused() {
    let config = config().greet_delay(Duration::from_secs(5));
    let mut endpoint = Endpoint::new(Server::new(Arc::new(config), [0; 32], Moment::ORIGIN));
    assert!(matches!(endpoint.poll(Moment::ORIGIN), Ok(Progress::Io { read: true })));
    endpoint.recv_buf().extend_from_slice(b"EHLO spam.example\r\n");
    let error = endpoint.poll(Moment::ORIGIN).unwrap_err();
    assert!(matches!(error, wire_core::Error::Machine(Error::Peer(PeerError::EarlyTalker))));
    assert!(endpoint.transmit().unwrap().chunk().starts_with(b"554 5.5.0"));
}

#[test]
fn strict_pipelining() {
    let strict = |octets: &[u8]| {
        Script::new("").with(|c| c.pipelining(Pipelining::Strict)).run_by(octets, octets.len())
    };
    assert_eq!(strict(b"EHLO c.example\r\nMAIL FROM:<a@b.example>\r\n").last_code(), 554);
    let group = Script::new(HELLO)
        .with(|c| c.pipelining(Pipelining::Strict))
        .run_by(b"MAIL FROM:<a@b.example>\r\nRCPT TO:<c@d.example>\r\nDATA\r\n", 1000);
    assert_eq!(group.codes(), [250, 250, 354]);
}

#[test]
fn failed_logins_end_the_session() {
    let attempts = "AUTH PLAIN AGpvZQB4\r\n".repeat(12);
    let ran = Script::new(HELLO)
        .secure()
        .with(|c| c.limits(Limits::new().auth_failures(5).bad_commands(100)))
        .run_by(attempts.as_bytes(), 4096);
    assert_eq!(ran.codes(), [535, 535, 535, 535, 535, 421]);
    assert_eq!(ran.error, Some(Error::Limit(Limit::AuthFailures(5))));
}

#[test]
fn a_message_that_is_too_long_is_dropped_as_it_comes() {
    for prelude in ["DATA", "BDAT"] {
        let body = vec![b'x'; 100_000];
        let envelope = "EHLO c.example\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<c@d.example>\r\n";
        let (script, octets) = match prelude {
            "DATA" => (Script::new(DATA), [&body[..], b"\r\n.\r\nNOOP\r\n"].concat()),
            _ => (Script::new(envelope), [b"BDAT 100000 LAST\r\n", &body[..], b"NOOP\r\n"].concat()),
        };
        let ran = script.with(|c| c.limits(Limits::new().message_octets(1000))).run_by(&octets, 1000);
        assert_eq!((ran.codes(), ran.aborts), (vec![552, 250], vec![Abort::TooLong]), "{prelude}");
    }
}

// ── time ────────────────────────────────────────────────────────────────────────────────────────────────────────

fn at(seconds: u64) -> Moment {
    Moment::new(Duration::from_secs(seconds))
}

fn greeted_server() -> Endpoint<Server> {
    let mut endpoint = Endpoint::new(Server::new(Arc::new(config()), [0; 32], Moment::ORIGIN));
    assert!(matches!(endpoint.poll(Moment::ORIGIN), Ok(Progress::Event(Event::Connected))));
    endpoint.machine().accept().unwrap();
    assert!(matches!(endpoint.poll(Moment::ORIGIN), Ok(Progress::Io { read: true })));
    endpoint
}

#[test]
fn a_silent_client_is_told_and_left() {
    let mut endpoint = greeted_server();
    assert_eq!(endpoint.deadline(), Some(at(300)));
    assert!(matches!(endpoint.poll(at(299)), Ok(Progress::Io { .. })));
    let error = endpoint.poll(at(300)).unwrap_err();
    assert!(matches!(error, wire_core::Error::Machine(Error::Timeout(Wait::Command))));
    let tx = endpoint.transmit().unwrap();
    let said = tx.copy_to_bytes(tx.len());
    assert!(said.ends_with(b"421 4.4.2 timeout, closing connection\r\n"));
    assert!(endpoint.poll(at(0)).is_err(), "the error is sticky");
}

/// The replies that a client has caused which never reads, and the server that holds them.
fn unread(limits: Limits, commands: &[u8]) -> (usize, Endpoint<Server>) {
    let config = config().limits(limits);
    let mut endpoint = Endpoint::new(Server::new(Arc::new(config), [0; 32], Moment::ORIGIN));
    endpoint.recv_buf().extend_from_slice(commands);
    while let Progress::Event(event) = endpoint.poll(Moment::ORIGIN).unwrap() {
        let server = endpoint.machine();
        match event {
            Event::Body(_) => {}
            _ => server.accept().unwrap(),
        }
    }
    (endpoint.transmit().unwrap().len(), endpoint)
}

#[test]
fn a_client_that_takes_no_replies_gets_no_more_of_them() {
    // Each message makes the junk commands count anew: no other limit ends this.
    let message = "MAIL FROM:<a@example.com>\r\nRCPT TO:<b@example.net>\r\nBDAT 1 LAST\r\nx";
    let commands = [HELLO, &message.repeat(1000)].concat();
    let longest = 400;
    for window in [0, 1000, 10_000] {
        let (held, _) = unread(Limits::new().body_window(window), commands.as_bytes());
        assert!(held >= window && held < window + longest, "{held} octets, window {window}");
    }
    let (all, _) = unread(Limits::new().body_window(1 << 30), commands.as_bytes());
    assert!(all > 50_000, "{all}");

    // It may take what waits, and then is heard on; each piece that it takes is progress.
    let (held, mut endpoint) = unread(Limits::new().body_window(10_000), commands.as_bytes());
    let command = Timeouts::new().command.as_secs();
    assert!(endpoint.poll(at(command - 1)).is_ok());
    endpoint.transmit().unwrap().advance(1);
    assert!(held > 10_001 && endpoint.poll(at(command - 1)).is_ok());
    assert_eq!(endpoint.deadline(), Some(at(2 * command - 1)));
    endpoint.transmit().unwrap().advance(held - 1);
    assert!(matches!(endpoint.poll(at(command)), Ok(Progress::Event(_))));

    // It is not waited for without end.
    let (_, mut endpoint) = unread(Limits::new().body_window(10_000), commands.as_bytes());
    let error = endpoint.poll(at(command)).unwrap_err();
    assert!(matches!(error, wire_core::Error::Machine(Error::Timeout(Wait::Command))));
}

#[test]
fn a_line_that_drips_in_is_not_progress() {
    let mut endpoint = greeted_server();
    for second in 0..300 {
        endpoint.recv_buf().extend_from_slice(b"N");
        assert!(matches!(endpoint.poll(at(second)), Ok(Progress::Io { .. })), "{second}");
    }
    assert!(endpoint.poll(at(300)).is_err());
}

#[test]
fn a_body_that_drips_in_uses_up_its_time() {
    let mut endpoint = greeted_server();
    endpoint.recv_buf().extend_from_slice(DATA.as_bytes());
    while let Ok(Progress::Event(_)) = endpoint.poll(Moment::ORIGIN) {
        endpoint.machine().accept().unwrap();
    }
    let mut last = 0;
    for second in 1..2000 {
        endpoint.recv_buf().extend_from_slice(b"x");
        match endpoint.poll(at(second)) {
            Ok(Progress::Event(Event::Body(_))) => {}
            Ok(_) => {}
            Err(_) => {
                last = second;
                break;
            }
        }
        let _ = endpoint.poll(at(second));
    }
    // Three minutes, and a little for the octets that did come.
    assert!((180..=185).contains(&last), "{last}");
}

fn client_at(replies: &str) -> Endpoint<Client> {
    let mut endpoint = Endpoint::new(Client::new(ClientConfig::new(), Moment::ORIGIN));
    endpoint.recv_buf().extend_from_slice(replies.as_bytes());
    while let Ok(Progress::Event(_)) = endpoint.poll(Moment::ORIGIN) {}
    endpoint
}

fn timeout_of(endpoint: &mut Endpoint<Client>, seconds: u64) -> Wait {
    assert!(endpoint.poll(at(seconds - 1)).is_ok());
    match endpoint.poll(at(seconds)) {
        Err(wire_core::Error::Machine(Error::Timeout(wait))) => wait,
        other => panic!("{other:?} after {seconds} s"),
    }
}

#[test]
fn a_client_waits_as_long_as_rfc_5321_says() {
    assert_eq!(timeout_of(&mut client_at(""), 300), Wait::Greeting);
    let mut endpoint = client_at("220 mx\r\n");
    assert_eq!(endpoint.deadline(), None, "an idle client waits for its application");
    endpoint.machine().ehlo("c.example".parse().unwrap()).unwrap();
    assert!(endpoint.poll(Moment::ORIGIN).is_ok());
    assert_eq!(timeout_of(&mut endpoint, 300), Wait::Reply);
    let mut endpoint = client_at("220 mx\r\n");
    endpoint.machine().data().unwrap();
    assert!(endpoint.poll(Moment::ORIGIN).is_ok());
    assert_eq!(timeout_of(&mut endpoint, 120), Wait::DataInitiation);
    let mut endpoint = client_at("220 mx\r\n");
    endpoint.machine().data().unwrap();
    assert!(endpoint.poll(Moment::ORIGIN).is_ok());
    endpoint.recv_buf().extend_from_slice(b"354 go\r\n");
    assert!(matches!(endpoint.poll(Moment::ORIGIN), Ok(Progress::Event(ClientEvent::BodyWanted(_)))));
    endpoint.machine().body(Bytes::from("x\r\n")).unwrap();
    assert!(endpoint.poll(Moment::ORIGIN).is_ok());
    assert_eq!(endpoint.deadline(), Some(at(180)), "octets wait for the wire");
    let tx = endpoint.transmit().unwrap();
    tx.advance(tx.remaining());
    endpoint.machine().end_body().unwrap();
    assert!(endpoint.poll(Moment::ORIGIN).is_ok());
    assert_eq!(timeout_of(&mut endpoint, 600), Wait::DataTermination);
}

#[test]
fn a_window_of_nothing_is_one_octet() {
    let config = ClientConfig::new().limits(Limits::new().body_window(0));
    let mut endpoint = Endpoint::new(Client::new(config, Moment::ORIGIN));
    endpoint.recv_buf().extend_from_slice(b"220 mx\r\n");
    while let Progress::Event(_) = endpoint.poll(Moment::ORIGIN).unwrap() {}
    endpoint.machine().data().unwrap();
    assert!(endpoint.poll(Moment::ORIGIN).is_ok());
    endpoint.recv_buf().extend_from_slice(b"354 go\r\n");
    let mut sent = Vec::new();
    for body in ["x\r\n", "y\r\n"] {
        while let Progress::Event(_) = endpoint.poll(Moment::ORIGIN).unwrap() {}
        let tx = endpoint.transmit().unwrap();
        sent.extend_from_slice(&tx.copy_to_bytes(tx.len()));
        while let Progress::Event(_) = endpoint.poll(Moment::ORIGIN).unwrap() {}
        assert_eq!(endpoint.machine().body_capacity(), 1);
        endpoint.machine().body(Bytes::from(body)).unwrap();
    }
    assert!(endpoint.poll(Moment::ORIGIN).is_ok());
    let tx = endpoint.transmit().unwrap();
    sent.extend_from_slice(&tx.copy_to_bytes(tx.len()));
    assert_eq!(sent, b"DATA\r\nx\r\ny\r\n");
}

#[test]
fn the_handshake_has_its_own_time() {
    let mut endpoint = greeted_server();
    endpoint.recv_buf().extend_from_slice(b"STARTTLS\r\n");
    assert!(matches!(endpoint.poll(Moment::ORIGIN), Ok(Progress::StartTls(_))));
    assert_eq!(endpoint.deadline(), Some(at(60)));
    assert_eq!(Timeouts::new().tls, Duration::from_secs(60));
}

// ── a sender that gives up, or is given up ──────────────────────────────────────────────────────────────────────

fn sender_in_body() -> Endpoint<Sender> {
    let opening = Opening::new("c.example".parse().unwrap(), Security::Clear);
    let mut endpoint = Endpoint::new(Sender::new(opening, [1; 32], Moment::ORIGIN));
    for input in ["220 mx\r\n", "250 mx\r\n"] {
        endpoint.recv_buf().extend_from_slice(input.as_bytes());
        let _ = endpoint.poll(Moment::ORIGIN);
    }
    while !endpoint.machine().is_ready() {
        let _ = endpoint.poll(Moment::ORIGIN);
    }
    endpoint
        .machine()
        .send(Envelope::new("a@b.example", ["c@d.example"]).unwrap(), Content::ascii())
        .unwrap();
    for input in ["", "250 ok\r\n", "250 ok\r\n", "354 go\r\n"] {
        endpoint.recv_buf().extend_from_slice(input.as_bytes());
        while let Ok(Progress::Event(_)) = endpoint.poll(Moment::ORIGIN) {}
    }
    assert!(endpoint.machine().wants_body());
    let tx = endpoint.transmit().unwrap();
    tx.advance(tx.remaining());
    endpoint
}

#[test]
fn a_message_that_is_given_up_has_no_end() {
    let mut endpoint = sender_in_body();
    endpoint.machine().body(Bytes::from("Subject: x\r\n\r\nhalf\r\n")).unwrap();
    endpoint.machine().abort_body();
    let Ok(Progress::Event(Sending::Sent(sent))) = endpoint.poll(Moment::ORIGIN) else { panic!() };
    assert_eq!(sent.iter().next().unwrap().1, Outcome::Lost(Stage::Data));
    assert!(matches!(endpoint.poll(Moment::ORIGIN), Ok(Progress::Close)));
    let tx = endpoint.transmit().unwrap();
    let sent = tx.copy_to_bytes(tx.len());
    assert!(!sent.ends_with(b".\r\n"), "{sent:?}");
}

#[test]
fn a_lost_connection_is_an_outcome_of_each_recipient() {
    let mut endpoint = sender_in_body();
    endpoint.machine().body(Bytes::from("Subject: x\r\n\r\n")).unwrap();
    endpoint.recv_eof();
    let Ok(Progress::Event(Sending::Sent(sent))) = endpoint.poll(Moment::ORIGIN) else { panic!() };
    assert!(matches!(sent.iter().next().unwrap().1, Outcome::Lost(_)));
    assert!(endpoint.poll(Moment::ORIGIN).is_err());

    let mut endpoint = sender_in_body();
    endpoint.machine().end_body().unwrap();
    let _ = endpoint.poll(Moment::ORIGIN);
    endpoint.recv_eof();
    let Ok(Progress::Event(Sending::Sent(sent))) = endpoint.poll(Moment::ORIGIN) else { panic!() };
    assert_eq!(sent.iter().next().unwrap().1, Outcome::Unknown);
}

/// Keeps the type of a machine's deadline in view of the compiler when features change.
#[test]
fn deadlines_are_told() {
    let client = Client::new(ClientConfig::new(), at(5));
    assert_eq!(Machine::deadline(&client), Some(at(305)));
}
