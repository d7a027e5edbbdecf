//! Our sender against our server, in memory, cut into pieces.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

use std::sync::Arc;

use bytes::{Buf, Bytes};
use sasl_core::server::{Answer, Question};
use sasl_core::stored::ScramVerifier;
use sasl_core::{Credentials, Hash, Mechanism};
use smtp_proto::client::{Config as ClientConfig, Protocol};
use smtp_proto::sender::{
    Content, Envelope, Event as Sending, Missing, Opening, Outcome, Security, Sender, SenderError, Sent,
    Stage,
};
use smtp_proto::server::{Config, Event, Pipelining, Server};
use smtp_proto::{Limits, Reply};
use wire_core::{Endpoint, Machine, Moment, Progress};

/// Both sides, and what came of it.
struct Pair {
    sender: Endpoint<Sender>,
    server: Endpoint<Server>,
    step: usize,
    received: Vec<Vec<u8>>,
    message: Vec<u8>,
    refused: &'static [&'static str],
    refused_after: &'static [&'static str],
    recipients: Vec<String>,
    sent: Vec<Sent>,
    failed: Option<SenderError>,
    commands: Vec<u8>,
}

fn opening() -> Opening {
    Opening::new("client.example".parse().unwrap(), Security::Clear)
}

fn mx() -> Config {
    Config::mx("mx.example".parse().unwrap())
}

fn carry<A: Machine, B: Machine>(from: &mut Endpoint<A>, to: &mut Endpoint<B>, most: usize) -> Vec<u8> {
    let tx = from.transmit().unwrap();
    let n = tx.chunk().len().min(most);
    let octets = tx.chunk()[..n].to_vec();
    tx.advance(n);
    to.recv_buf().extend_from_slice(&octets);
    octets
}

impl Pair {
    fn new(opening: Opening, config: Config, step: usize) -> Self {
        Self {
            sender: Endpoint::new(Sender::new(opening, [1; 32], Moment::ORIGIN)),
            server: Endpoint::new(Server::new(Arc::new(config), [2; 32], Moment::ORIGIN)),
            step,
            received: Vec::new(),
            message: Vec::new(),
            refused: &[],
            refused_after: &[],
            recipients: Vec::new(),
            sent: Vec::new(),
            failed: None,
            commands: Vec::new(),
        }
    }

    /// Sends messages one after the other; each is given in pieces of 100 octets.
    fn run(mut self, messages: &[(Envelope, Content, &[u8])]) -> Self {
        let mut next = 0;
        let mut offset = 0;
        let mut idle = 0;
        while idle < 4 {
            let there = carry(&mut self.sender, &mut self.server, self.step);
            self.commands.extend_from_slice(&there);
            let back = carry(&mut self.server, &mut self.sender, self.step);
            let mut moved = !there.is_empty() || !back.is_empty();
            match self.server.poll(Moment::ORIGIN) {
                Ok(Progress::Event(event)) => {
                    moved = true;
                    self.serve(event);
                }
                Ok(_) => {}
                Err(error) => panic!("server: {error}"),
            }
            match self.sender.poll(Moment::ORIGIN) {
                Ok(Progress::Event(event)) => {
                    moved = true;
                    match event {
                        Sending::Sent(sent) => {
                            self.sent.push(sent);
                            next += 1;
                            offset = 0;
                        }
                        Sending::Ready | Sending::BodyWanted => {}
                        other => panic!("{other:?}"),
                    }
                }
                Ok(_) => {}
                Err(wire_core::Error::Machine(error)) => {
                    self.failed = Some(error);
                    return self;
                }
                Err(error) => panic!("{error}"),
            }
            let sender = self.sender.machine();
            if let Some((envelope, content, body)) = messages.get(next) {
                if sender.is_ready() {
                    sender.send(envelope.clone(), content.clone()).unwrap();
                    moved = true;
                }
                if sender.wants_body() && sender.body_capacity() > 0 {
                    moved = true;
                    let end = (offset + 100).min(body.len());
                    if offset < end {
                        sender.body(Bytes::copy_from_slice(&body[offset..end])).unwrap();
                        offset = end;
                    } else {
                        sender.end_body().unwrap();
                    }
                }
            }
            idle = if moved { 0 } else { idle + 1 };
        }
        self
    }

    fn serve(&mut self, event: Event) {
        let server = self.server.machine();
        match event {
            Event::Body(chunk) => self.message.extend_from_slice(&chunk),
            Event::BodyEnd => {
                self.received.push(std::mem::take(&mut self.message));
                for recipient in std::mem::take(&mut self.recipients) {
                    let reply = if self.refused_after.iter().any(|name| recipient.starts_with(name)) {
                        Reply::insufficient_storage()
                    } else {
                        Reply::accepted()
                    };
                    let _ = server.reply(reply);
                }
            }
            Event::Mail { .. } => {
                self.recipients.clear();
                server.accept().unwrap();
            }
            Event::Recipient { to, .. } => {
                if self.refused.iter().any(|name| to.to_string().starts_with(name)) {
                    server.reply(Reply::no_such_user()).unwrap();
                } else {
                    self.recipients.push(to.to_string());
                    server.accept().unwrap();
                }
            }
            Event::Authenticate(Question::Password { user, password }) => {
                let known = user == "alice" && password.expose() == b"secret";
                server.authenticate(if known { Answer::Accept } else { Answer::Reject }).unwrap();
            }
            Event::Authenticate(Question::Scram { hash, .. }) => {
                let verifier =
                    ScramVerifier::generate(hash, &"secret".into(), b"some salt of ours", 4096).unwrap();
                server.authenticate(Answer::Verifier(verifier)).unwrap();
            }
            Event::Authenticate(Question::CramMd5 { .. }) => {
                server.authenticate(Answer::CramSecret("secret".into())).unwrap();
            }
            Event::Aborted(_) => self.message.clear(),
            Event::Authenticated(_) | Event::AuthenticationFailed(_) | Event::Secured(_) => {}
            _ => server.accept().unwrap(),
        }
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.commands).into_owned()
    }
}

const BODY: &[u8] = b"Subject: x\r\n\r\n.dot\r\n..two\r\nend without a line end";

fn three() -> Envelope {
    Envelope::new("alice@example.org", ["bob@example.net", "eve@example.com", "carol@example.org"]).unwrap()
}

fn shown(sent: &Sent) -> Vec<String> {
    sent.iter().map(|(to, outcome)| format!("{to}: {outcome}")).collect()
}

#[test]
fn three_recipients_one_refused() {
    for step in [1, 2, 3, 7, 4096] {
        for (pipelining, chunking) in [(true, true), (true, false), (false, true), (false, false)] {
            let config = mx().chunking(chunking).pipelining(if pipelining {
                Pipelining::Lenient
            } else {
                Pipelining::Off
            });
            let mut pair = Pair::new(opening(), config, step);
            pair.refused = &["eve"];
            let content = Content::of(BODY);
            let pair = pair.run(&[(three(), content, BODY)]);
            assert_eq!(
                shown(&pair.sent[0]),
                [
                    "bob@example.net: accepted, 250 2.6.0 message accepted",
                    "eve@example.com: refused, 550 5.1.1 no such user (permanent)",
                    "carol@example.org: accepted, 250 2.6.0 message accepted",
                ]
            );
            assert!(pair.received[0].starts_with(BODY), "by {step}");
            assert_eq!(pair.text().contains("BDAT"), chunking);
        }
    }
}

#[test]
fn several_messages_on_one_connection_and_rset_between_when_one_failed() {
    let mut pair = Pair::new(opening(), mx().chunking(false), 4096);
    pair.refused = &["eve"];
    let nobody = Envelope::new("alice@example.org", ["eve@example.com"]).unwrap();
    let content = Content::of(BODY);
    let pair = pair.run(&[
        (three(), content.clone(), BODY),
        (nobody, content.clone(), BODY),
        (three(), content, BODY),
    ]);
    assert_eq!((pair.sent.len(), pair.received.len()), (3, 2));
    assert_eq!(pair.sent[1].accepted().count(), 0);
    assert_eq!(pair.text().matches("RSET").count(), 1);
}

#[test]
fn lmtp_tells_each_recipient_its_fate() {
    for chunking in [true, false] {
        let config = ClientConfig::new().protocol(Protocol::Lmtp);
        let mut pair = Pair::new(
            opening().config(config),
            Config::lmtp("mx.example".parse().unwrap()).chunking(chunking),
            3,
        );
        pair.refused = &["eve"];
        pair.refused_after = &["carol"];
        let pair = pair.run(&[(three(), Content::of(BODY), BODY)]);
        assert_eq!(
            shown(&pair.sent[0]),
            [
                "bob@example.net: accepted, 250 2.6.0 message accepted",
                "eve@example.com: refused, 550 5.1.1 no such user (permanent)",
                "carol@example.org: refused, 452 4.3.1 insufficient system storage (temporary)",
            ]
        );
    }
}

#[test]
fn a_binary_message_goes_by_bdat_at_known_and_unknown_length() {
    let body: Vec<u8> = (0..=255).cycle().take(1000).collect();
    for content in [Content::of(&body), Content::ascii().with_binary()] {
        let pair = Pair::new(opening(), mx(), 5).run(&[(three(), content, &body)]);
        assert!(pair.sent[0].all_accepted(), "{:?}", pair.sent);
        assert_eq!(pair.received, std::slice::from_ref(&body));
        assert!(pair.text().contains("BODY=BINARYMIME"));
    }
}

#[test]
fn nothing_is_downgraded_silently() {
    let missing = |config: Config, envelope: Envelope, content: Content| {
        let pair = Pair::new(opening(), config, 4096).run(&[(envelope, content, b"x")]);
        assert!(!pair.text().contains("MAIL") && pair.received.is_empty());
        match &pair.sent[0].iter().next().unwrap().1 {
            Outcome::NotSupported(missing) => *missing,
            other => panic!("{other:?}"),
        }
    };
    let small = mx().limits(Limits::new().message_octets(1000));
    assert_eq!(missing(small, three(), Content::ascii().with_octets(2000)), Missing::Size { limit: 1000 });
    let eight = mx().eight_bit_mime(false);
    assert_eq!(missing(eight.clone(), three(), Content::ascii().with_eight_bit()), Missing::EightBitMime);
    assert_eq!(missing(eight, three(), Content::ascii().with_smtp_utf8()), Missing::SmtpUtf8);
    assert_eq!(missing(mx().chunking(false), three(), Content::ascii().with_binary()), Missing::BinaryMime);
    let utf8 = Envelope::new("jürgen@example.org", ["bob@example.net"]).unwrap();
    assert_eq!(missing(mx().smtp_utf8(false), utf8.clone(), Content::ascii()), Missing::SmtpUtf8);
    let pair = Pair::new(opening(), mx(), 1).run(&[(utf8, Content::of(BODY), BODY)]);
    assert!(pair.sent[0].all_accepted() && pair.text().contains("SMTPUTF8"));
}

#[test]
fn a_recipient_who_needs_what_the_server_lacks_does_not_hold_up_the_others() {
    let envelope = Envelope::new("alice@example.org", ["bob@example.net", "jürgen@example.org"]).unwrap();
    let pair = Pair::new(opening(), mx().smtp_utf8(false), 4096).run(&[(envelope, Content::of(BODY), BODY)]);
    let outcomes: Vec<&Outcome> = pair.sent[0].iter().map(|(_, outcome)| outcome).collect();
    assert!(outcomes[0].is_accepted() && *outcomes[1] == Outcome::NotSupported(Missing::SmtpUtf8));
}

#[test]
fn more_recipients_than_the_server_takes_are_for_another_transaction() {
    let to: Vec<String> = (0..30).map(|n| format!("u{n}@example.net")).collect();
    let envelope = Envelope::new("alice@example.org", to).unwrap();
    let pair = Pair::new(opening(), mx().limits(Limits::new().recipients(20)), 4096).run(&[(
        envelope,
        Content::of(BODY),
        BODY,
    )]);
    assert_eq!(pair.sent[0].accepted().count(), 20);
    assert!(
        pair.sent[0]
            .failed()
            .all(|(_, outcome)| outcome.retry() == smtp_proto::sender::Retry::NextTransaction)
    );
}

fn login(mechanism: Mechanism, password: &str) -> Pair {
    let auth = sasl_core::server::Config::new(b"x".to_vec())
        .mechanisms(&[mechanism])
        .dangerous_allow_cleartext_secrets();
    let config = Config::submission("mx.example".parse().unwrap()).auth(auth).tls_for_auth(false);
    let policy = sasl_core::client::Policy::new()
        .dangerous_allow_cleartext_secrets()
        .minimum(Mechanism::Anonymous.strength());
    let opening = opening().credentials(Credentials::password("alice", password)).policy(policy);
    Pair::new(opening, config, 7).run(&[(three(), Content::of(BODY), BODY)])
}

#[test]
fn every_password_mechanism_logs_in() {
    for mechanism in [
        Mechanism::Plain,
        Mechanism::Login,
        Mechanism::CramMd5,
        Mechanism::ScramSha1,
        Mechanism::ScramSha256,
        Mechanism::ScramSha512,
    ] {
        let pair = login(mechanism, "secret");
        assert!(pair.failed.is_none(), "{mechanism:?}: {:?}", pair.failed);
        assert!(pair.sent[0].all_accepted(), "{mechanism:?}");
        let wrong = login(mechanism, "wrong");
        match wrong.failed {
            Some(SenderError::Login { reply, .. }) => assert_eq!(reply.code().value(), 535, "{mechanism:?}"),
            other => panic!("{mechanism:?}: {other:?}"),
        }
        assert!(wrong.received.is_empty());
    }
    assert_eq!(Hash::Sha256.output_len(), 32);
}

#[test]
fn mail_needs_a_login_on_a_submission_server() {
    let config = Config::submission("mx.example".parse().unwrap());
    let pair = Pair::new(opening(), config, 4096).run(&[(three(), Content::of(BODY), BODY)]);
    for (_, outcome) in &pair.sent[0] {
        assert!(matches!(outcome, Outcome::Refused { stage: Stage::Mail, .. }), "{outcome}");
        assert!(outcome.reply().unwrap().to_string().starts_with("530 5.7.0"));
    }
}
