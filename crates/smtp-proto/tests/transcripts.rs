//! Whole sessions as they stand in `transcripts/`, at every size of pieces: the server against what clients say, and
//! the sender against what servers say.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

use std::path::Path;
use std::sync::Arc;

use sasl_core::server::{Answer, Question};
use sasl_core::stored::ScramVerifier;
use sasl_core::{Credentials, Hash, Mechanism};
use smtp_proto::sender::{Content, Envelope, Event as Sending, Opening, Security, Sender, Sent};
use smtp_proto::server::{Config, Event, Protocol, Server};
use smtp_proto::{MailParams, RcptParams, Reply};
use test_support::Side;
use test_support::transcript::{Player, load};
use wire_core::{Endpoint, Layer, Machine, Moment, TlsSession};

fn transcripts(side: &str) -> Vec<(String, String)> {
    load(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/transcripts").join(side))
}

/// Pieces that cut the longest of the lines everywhere, and some that join them.
fn sizes() -> impl Iterator<Item = usize> {
    (1..=80).chain([100, 200, 1000, usize::MAX])
}

/// A server that offers everything. Words in the name of the file change that.
fn server(name: &str) -> Endpoint<Server> {
    let protocol = if name.contains("lmtp") { Protocol::Lmtp } else { Protocol::Smtp };
    let sasl = sasl_core::server::Config::new(&[7; 32][..]).with(Mechanism::Login);
    let mut config = Config::new(protocol, "mx.example.org".parse().unwrap())
        .tls(true)
        .auth(sasl)
        .dsn(true)
        .require_tls(true)
        .deliver_by(Some(60))
        .future_release(Some(86_400))
        .mt_priority(true)
        .rrvs(true)
        .vrfy(true)
        .expn(true)
        .etrn(true);
    config.limits = config.limits.message_octets(10_000).recipients(3);
    let mut server =
        Server::new(Arc::new(config), [3; 32], Moment::ORIGIN).trusting_proxy(name.contains("xclient"));
    if name.contains("under-tls") {
        server.layered(Layer::Tls(Arc::new(TlsSession::default())));
    }
    Endpoint::new(server)
}

/// `nobody` is unknown, the mailbox of `full` is full, messages with `spam` in them are refused.
fn answer(event: Event, machine: &mut Server, body: &mut Vec<u8>, to: &mut Vec<String>) {
    let reply = match event {
        Event::Body(chunk) => return body.extend_from_slice(&chunk),
        Event::Mail { .. } => {
            body.clear();
            to.clear();
            Reply::ok()
        }
        Event::Recipient { to: path, .. } => {
            let path = path.to_string();
            if path.starts_with("nobody@") {
                Reply::no_such_user()
            } else {
                to.push(path);
                Reply::ok()
            }
        }
        Event::BodyEnd => {
            let spam = body.windows(4).any(|word| word == b"spam");
            let refused = || Reply::new(554, "no, thank you").unwrap();
            if machine.config().protocol == Protocol::Lmtp {
                for path in to.iter() {
                    let full = path.starts_with("full@");
                    let reply = if full {
                        Reply::new(452, "the mailbox is full").unwrap()
                    } else {
                        Reply::accepted()
                    };
                    machine.reply(if spam { refused() } else { reply }).unwrap();
                }
                return;
            }
            if spam { refused() } else { Reply::accepted() }
        }
        Event::Authenticate(question) => {
            let answer = match question {
                Question::Password { user, .. } if user == "joe" => Answer::Verifier(
                    ScramVerifier::generate(Hash::Sha256, &"pencil".into(), b"saltsaltsaltsalt", 4096)
                        .unwrap(),
                ),
                _ => Answer::NoSuchUser,
            };
            return machine.authenticate(answer).unwrap();
        }
        Event::Verify(name) if name == "carol" => Reply::new(250, "Carol <carol@example.org>").unwrap(),
        Event::Verify(_) | Event::Expand(_) => Reply::no_such_user(),
        Event::TurnQueue(_) => Reply::new(252, "queuing begins").unwrap(),
        Event::Authenticated(_) | Event::AuthenticationFailed(_) | Event::Aborted(_) | Event::Secured(_) => {
            return;
        }
        _ => Reply::ok(),
    };
    machine.reply(reply).unwrap();
}

#[test]
fn servers() {
    let transcripts = transcripts("server");
    for (name, text) in &transcripts {
        for pieces in sizes() {
            let mut endpoint = server(name);
            let (mut body, mut to) = (Vec::new(), Vec::new());
            // AGpvZQBwZW5jaWw= is joe's password, AGpvZQB3cm9uZw== is not.
            let secrets: &[&[u8]] = &[b"AGpvZQB3cm9uZw==", b"AGpvZQBwZW5jaWw="];
            let player = Player::against(Side::Server).pieces(pieces).secrets(secrets);
            let closed =
                player.play(text, &mut endpoint, |event, machine| answer(event, machine, &mut body, &mut to));
            assert_eq!(closed, text.contains("QUIT"), "{name} {pieces}");
        }
    }
    println!("{} transcripts of servers, each in {} ways", transcripts.len(), sizes().count());
}

/// How a sender goes about it; by the name of the file.
fn sender(name: &str) -> (Endpoint<Sender>, Envelope, Content, &'static [u8]) {
    let security = if name.contains("starttls") { Security::StartTls } else { Security::Clear };
    let protocol = if name.contains("lmtp") {
        smtp_proto::client::Protocol::Lmtp
    } else {
        smtp_proto::client::Protocol::Smtp
    };
    let mut opening = Opening::new("client.example".parse().unwrap(), security)
        .config(smtp_proto::client::Config::new().protocol(protocol));
    if name.contains("auth") {
        opening = opening.credentials(Credentials::password("joe", "pencil"));
        opening.policy = sasl_core::client::Policy::new().dangerous_allow_cleartext_secrets();
    }
    let to = ["bob@example.net", "nobody@example.net", "carol@example.net"];
    let mut envelope = Envelope::new("alice@example.org", to).unwrap();
    if name.contains("dsn") {
        let params =
            MailParams::default().with_ret(smtp_proto::Return::Headers).with_envid("QQ 314").unwrap();
        envelope = envelope.with_params(params);
        let notify = smtp_proto::Notify::On { success: true, failure: true, delay: false };
        envelope = envelope.with_recipient_params(&RcptParams::default().with_notify(notify));
    }
    if name.contains("extensions") {
        let mut params = MailParams::default();
        params.require_tls = name.contains("starttls");
        params.deliver_by = Some(smtp_proto::By::new(120, smtp_proto::ByMode::Notify, true).unwrap());
        params.hold = Some(smtp_proto::Hold::for_seconds(3600).unwrap());
        params.mt_priority = Some(3);
        envelope = envelope.with_params(params);
        let rrvs = RcptParams::default().with_rrvs("2014-04-03T23:01:00Z;C").unwrap();
        envelope = envelope.with_recipient_params(&rrvs);
    }
    let message: &'static [u8] = if name.contains("utf8") {
        "Subject: Grüße\r\n\r\nJürgen\r\n".as_bytes()
    } else if name.contains("eight-bit") {
        b"Subject: x\r\n\r\nJ\xfcrgen\r\n"
    } else {
        b"Subject: x\r\n\r\n.dot\r\n"
    };
    let endpoint = Endpoint::new(Sender::new(opening, [1; 32], Moment::ORIGIN));
    (endpoint, envelope, Content::of(message), message)
}

#[test]
fn senders() {
    let transcripts = transcripts("client");
    for (name, text) in &transcripts {
        for pieces in sizes() {
            let (mut endpoint, envelope, content, message) = sender(name);
            let mut sent: Option<Sent> = None;
            Player::against(Side::Client).pieces(pieces).play(text, &mut endpoint, |event, machine| {
                match event {
                    Sending::Ready => machine.send(envelope.clone(), content.clone()).unwrap(),
                    Sending::BodyWanted => {
                        machine.body(message.to_vec().into()).unwrap();
                        machine.end_body().unwrap();
                    }
                    Sending::Sent(outcomes) => {
                        sent = Some(outcomes);
                        let _ = machine.quit();
                    }
                    _ => {}
                }
            });
            let told: String =
                sent.iter().flatten().map(|(to, outcome)| format!("# {to}: {outcome}\n")).collect();
            let want: String = text
                .lines()
                .filter(|line| line.starts_with("# ") && line.contains("@example"))
                .map(|line| format!("{line}\n"))
                .collect();
            assert_eq!(told, want, "{name} {pieces}");
        }
    }
    println!("{} transcripts of senders, each in {} ways", transcripts.len(), sizes().count());
}
