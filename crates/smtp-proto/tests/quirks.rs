//! Every SMTP row of the quirks: what servers and clients in use send.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod common;

use bytes::{Buf, Bytes};
use common::{Ran, Script, row};
use smtp_proto::client::{Client, Config, Event};
use smtp_proto::sender::{
    Content, Envelope, Event as SenderEvent, Opening, Outcome, Retry, Security, Sender, SenderError, Stage,
};
use smtp_proto::server::BareNewline;
use smtp_proto::{Command, Error, Host, MailParams, Mailbox, PeerError, Quirks, Reply, ReplyParser};
use wire_core::{Endpoint, Machine, Moment, Progress};

fn octets(id: &str) -> Vec<u8> {
    row("quirks", id)
}

/// The replies in the row.
fn replies(id: &str) -> Vec<Reply> {
    let mut parser = ReplyParser::new(256, 65536);
    let text = octets(id);
    let lines = text.strip_suffix(b"\r\n").unwrap_or(&text).split(|&octet| octet == b'\n');
    lines
        .filter_map(|line| {
            parser.line(&Bytes::copy_from_slice(line.strip_suffix(b"\r").unwrap_or(line))).unwrap()
        })
        .collect()
}

fn pump<M: Machine>(endpoint: &mut Endpoint<M>) -> Result<Vec<M::Event>, M::Error> {
    let mut events = Vec::new();
    for _ in 0..10_000 {
        match endpoint.poll(Moment::ORIGIN) {
            Ok(Progress::Event(event)) => events.push(event),
            Ok(_) => return Ok(events),
            Err(wire_core::Error::Machine(error)) => return Err(error),
            Err(error) => panic!("{error}"),
        }
    }
    panic!("no rest");
}

fn feed<M: Machine>(endpoint: &mut Endpoint<M>, input: &[u8]) -> Result<Vec<M::Event>, M::Error> {
    let mut events = pump(endpoint)?;
    endpoint.recv_buf().extend_from_slice(input);
    events.extend(pump(endpoint)?);
    Ok(events)
}

fn output<M: Machine>(endpoint: &mut Endpoint<M>) -> String {
    let tx = endpoint.transmit().unwrap();
    String::from_utf8(tx.copy_to_bytes(tx.len()).to_vec()).unwrap()
}

fn host() -> Host {
    "client.example".parse().unwrap()
}

fn greeted() -> Endpoint<Client> {
    let mut endpoint = Endpoint::new(Client::new(Config::new(), Moment::ORIGIN));
    feed(&mut endpoint, b"220 mx\r\n").unwrap();
    endpoint.machine().ehlo(host()).unwrap();
    pump(&mut endpoint).unwrap();
    endpoint
}

fn capabilities(id: &str) -> Endpoint<Client> {
    let mut endpoint = greeted();
    // The rows that begin with a keyword leave the greeting line out.
    feed(&mut endpoint, b"250-mx\r\n").unwrap();
    feed(&mut endpoint, &octets(id)).unwrap();
    endpoint
}

/// A sender whose session is open, with these keywords.
fn ready(keywords: &str) -> Endpoint<Sender> {
    let mut endpoint =
        Endpoint::new(Sender::new(Opening::new(host(), Security::Clear), [1; 32], Moment::ORIGIN));
    feed(&mut endpoint, b"220 mx\r\n").unwrap();
    feed(&mut endpoint, format!("250-mx\r\n{keywords}250 HELP\r\n").as_bytes()).unwrap();
    endpoint
}

fn sending(keywords: &str, to: &[&str]) -> Endpoint<Sender> {
    let mut endpoint = ready(keywords);
    endpoint.machine().send(Envelope::new("a@example.com", to).unwrap(), Content::ascii()).unwrap();
    pump(&mut endpoint).unwrap();
    endpoint
}

fn outcomes(events: &[SenderEvent]) -> Vec<Outcome> {
    let Some(SenderEvent::Sent(sent)) = events.iter().find(|event| matches!(event, SenderEvent::Sent(_)))
    else {
        panic!("{events:?}");
    };
    sent.iter().map(|(_, outcome)| outcome.clone()).collect()
}

/// A sender in the middle of AUTH by this mechanism.
fn logging_in(mechanism: sasl_core::Mechanism, credentials: sasl_core::Credentials) -> Endpoint<Sender> {
    let policy = sasl_core::client::Policy::new().dangerous_allow_cleartext_secrets().only(&[mechanism]);
    let opening = Opening::new(host(), Security::Clear).credentials(credentials).policy(policy);
    let mut endpoint = Endpoint::new(Sender::new(opening, [1; 32], Moment::ORIGIN));
    feed(&mut endpoint, b"220 mx\r\n").unwrap();
    feed(&mut endpoint, format!("250-mx\r\n250 AUTH {}\r\n", mechanism.name()).as_bytes()).unwrap();
    output(&mut endpoint);
    endpoint
}

fn login() -> Endpoint<Sender> {
    logging_in(sasl_core::Mechanism::Login, sasl_core::Credentials::password("user", "pw"))
}

const HELLO: &str = "EHLO client.example\r\n";
const DATA: &str = "EHLO client.example\r\nMAIL FROM:<a@example.com>\r\nRCPT TO:<b@example.net>\r\nDATA\r\n";

fn server(prelude: &str, id: &str) -> Ran {
    Script::new(prelude).run(&octets(id))
}

fn parse(id: &str, quirks: &Quirks) -> Result<Command, smtp_proto::ParseError> {
    let text = octets(id);
    Command::parse(&Bytes::copy_from_slice(text.strip_suffix(b"\r\n").unwrap_or(&text)), quirks)
}

fn smuggling(id: &str) {
    let ran = server(DATA, id);
    assert_eq!((ran.codes(), ran.messages.len()), (vec![554], 0), "{id}: {ran:?}");
    let kept = Script::new(DATA).with(|c| c.bare_newline(BareNewline::Keep)).run(&octets(id));
    assert_eq!((kept.codes(), kept.messages.len()), (vec![250], 1), "{id}: {kept:?}");
}

macro_rules! rows {
    ($($name:ident $id:literal $check:expr;)*) => {
        $(#[test] fn $name() { let check: fn(&str) = $check; check($id); })*
        const TESTED: &[&str] = &[$($id),*];
    };
}

rows! {
    quirk_smtp_002 "smtp-002" |id| {
        let mut endpoint = capabilities(id);
        assert_eq!(endpoint.machine().capabilities().size(), Some(None));
    };
    quirk_smtp_004 "smtp-004" |id| {
        let mut endpoint = capabilities(id);
        let offered = endpoint.machine().capabilities();
        assert!(offered.size() == Some(Some(26_214_400)) && offered.auth().count() == 2 && offered.start_tls());
    };
    quirk_smtp_005 "smtp-005" |id| {
        let mut endpoint = capabilities(id);
        let offered = endpoint.machine().capabilities();
        assert!(offered.size() == Some(Some(1000)) && offered.auth().eq([b"plain"]));
    };
    quirk_smtp_006 "smtp-006" |id| assert_eq!(replies(id)[0].code().value(), 220);
    quirk_smtp_007 "smtp-007" |id| assert_eq!(replies(id)[0].code().value(), 250);
    quirk_smtp_008 "smtp-008" |id| assert!(matches!(feed(&mut greeted(), &octets(id)), Err(Error::Peer(PeerError::Reply(_)))));
    quirk_smtp_012 "smtp-012" |id| assert!(replies(id)[0].to_string().contains("\\u{3}"));
    quirk_smtp_013 "smtp-013" |id| assert!(feed(&mut greeted(), &octets(id)).is_err());
    quirk_smtp_016 "smtp-016" |id| {
        let error = feed(&mut greeted(), &octets(id)).unwrap_err();
        assert!(matches!(error, Error::Peer(_)), "{error:?}");
    };
    quirk_smtp_018 "smtp-018" |id| {
        let mut endpoint = sending("", &["b@example.net"]);
        feed(&mut endpoint, b"250 ok\r\n").unwrap();
        endpoint.recv_buf().extend_from_slice(&octets(id));
        endpoint.recv_eof();
        let outcome = &outcomes(&pump_all(&mut endpoint))[0];
        assert!(matches!(outcome, Outcome::Refused { stage: Stage::Recipient, .. }) && outcome.retry() == Retry::Later);
    };
    quirk_smtp_019 "smtp-019" |id| {
        let mut endpoint = ready("");
        let error = feed(&mut endpoint, &octets(id)).unwrap_err();
        assert!(error.is_transient(), "{error}");
    };
    quirk_smtp_022 "smtp-022" |id| {
        let mut endpoint = sending("", &["b@example.net", "c@example.net"]);
        feed(&mut endpoint, b"250 ok\r\n").unwrap();
        endpoint.recv_buf().extend_from_slice(&octets(id));
        endpoint.recv_eof();
        let outcomes = outcomes(&pump_all(&mut endpoint));
        assert_eq!(outcomes[0].to_string(), "refused, 550 5.1.1 unknown user (permanent)");
        assert_eq!(outcomes[1], Outcome::Lost(Stage::Recipient));
        assert!(endpoint.machine().client().last_reply().unwrap().to_string().contains("unknown user"));
    };
    quirk_smtp_023 "smtp-023" |_| {
        let mut endpoint = sending("250-PIPELINING\r\n", &["b@example.net"]);
        assert!(output(&mut endpoint).ends_with("DATA\r\n"));
        feed(&mut endpoint, b"250 ok\r\n554 no valid recipients\r\n354 go\r\n").unwrap();
        assert_eq!(output(&mut endpoint), ".\r\n");
        let events = feed(&mut endpoint, b"554 no\r\n").unwrap();
        assert!(matches!(outcomes(&events)[0], Outcome::Refused { stage: Stage::Recipient, .. }));
        assert!(endpoint.machine().is_ready());
    };
    quirk_smtp_024 "smtp-024" |id| assert!(replies(id).iter().all(|reply| reply.enhanced().is_none()));
    quirk_smtp_025 "smtp-025" |id| assert_eq!(replies(id)[0].lines().next().unwrap(), "5.7 blocked");
    quirk_smtp_026 "smtp-026" |id| assert!(replies(id)[0].enhanced().is_some());
    quirk_smtp_027 "smtp-027" |id| {
        let mut endpoint = greeted();
        feed(&mut endpoint, b"250 mx\r\n").unwrap();
        endpoint.machine().quit().unwrap();
        pump(&mut endpoint).unwrap();
        endpoint.recv_buf().extend_from_slice(&octets(id));
        endpoint.recv_eof();
        let events = pump(&mut endpoint).unwrap();
        assert!(matches!(&events[0], Event::Reply(_, reply) if reply.code().value() == 221), "{events:?}");
    };
    quirk_smtp_028 "smtp-028" |_| {
        let mut endpoint = greeted();
        feed(&mut endpoint, b"250 mx\r\n").unwrap();
        endpoint.machine().quit().unwrap();
        pump(&mut endpoint).unwrap();
        endpoint.recv_eof();
        assert!(matches!(endpoint.poll(Moment::ORIGIN), Ok(Progress::Close)));
    };
    quirk_smtp_031 "smtp-031" prompt;
    quirk_smtp_032 "smtp-032" prompt;
    quirk_smtp_033 "smtp-033" prompt;
    quirk_smtp_034 "smtp-034" |id| {
        let credentials = sasl_core::Credentials::oauth("user", "token");
        let mut endpoint = logging_in(sasl_core::Mechanism::XOAuth2, credentials);
        feed(&mut endpoint, &octets(id)).unwrap();
        assert_eq!(output(&mut endpoint), "\r\n");
        assert!(matches!(feed(&mut endpoint, b"535 5.7.8 no\r\n"), Err(SenderError::Login { .. })));
        assert!(endpoint.machine().client().auth_details().is_some());
    };
    quirk_smtp_036 "smtp-036" |id| assert!(replies(id)[0].wants_tls());
    quirk_smtp_037 "smtp-037" |id| {
        assert_eq!(replies(id)[0].enhanced().unwrap().to_string(), "5.7.10");
        let params = MailParams::default().with_require_tls();
        let mut wire = Vec::new();
        Command::Mail { from: "a@b.example".parse().unwrap(), params }.encode(&mut wire);
        assert_eq!(wire, b"MAIL FROM:<a@b.example> REQUIRETLS\r\n");
    };
    quirk_smtp_039 "smtp-039" |id| {
        let reply = replies(id).remove(0);
        assert_eq!(Outcome::Refused { stage: Stage::Recipient, reply }.retry(), Retry::NextTransaction);
    };
    quirk_smtp_040 "smtp-040" |id| {
        let mut endpoint = greeted();
        feed(&mut endpoint, b"250-mx\r\n250 STARTTLS\r\n").unwrap();
        endpoint.machine().start_tls().unwrap();
        assert!(matches!(feed(&mut endpoint, &octets(id)), Err(Error::Seal(_))));
    };
    quirk_smtp_041 "smtp-041" |id| {
        let mut endpoint = Endpoint::new(Client::new(Config::new(), Moment::ORIGIN));
        assert!(matches!(feed(&mut endpoint, &octets(id)), Err(Error::Peer(PeerError::Unsolicited))));
    };
    quirk_smtp_044 "smtp-044" |id| assert_eq!(replies(id)[0].lines().count(), 3);
    quirk_smtp_045 "smtp-045" |id| assert!(replies(id)[0].lines().next().unwrap().contains(&0xe4));
    quirk_smtp_046 "smtp-046" |id| assert!(parse(id, &Quirks::default().space_after_colon(true)).is_ok());
    quirk_smtp_047 "smtp-047" |id| {
        assert!(parse(id, &Quirks::default()).is_err());
        assert!(parse(id, &Quirks::default().missing_brackets(true)).is_ok());
    };
    quirk_smtp_050 "smtp-050" |id| {
        let ran = Script::new(HELLO).secure().run(&octets(id));
        assert_eq!(ran.text(), "334 UGFzc3dvcmQ6\r\n", "{ran:?}");
    };
    quirk_smtp_052 "smtp-052" |id| assert_eq!(Script::new(HELLO).secure().run(&octets(id)).text(), "334 \r\n");
    quirk_smtp_053 "smtp-053" |id| assert_eq!(Script::new(HELLO).secure().run(&octets(id)).codes(), [501]);
    quirk_smtp_054 "smtp-054" |id| assert_eq!(server("", id).last_code(), 250);
    quirk_smtp_057 "smtp-057" |id| assert!(parse(id, &Quirks::default().untagged_ipv6(true)).is_ok());
    quirk_smtp_059 "smtp-059" |id| assert_eq!(server(HELLO, id).codes(), [250]);
    quirk_smtp_060 "smtp-060" |id| assert_eq!(server(HELLO, id).codes(), [555]);
    quirk_smtp_061 "smtp-061" |id| assert!([501, 552].contains(&server(HELLO, id).last_code()));
    quirk_smtp_062 "smtp-062" |id| assert_eq!(server(HELLO, id).events, ["Mail a@example.com"]);
    quirk_smtp_063 "smtp-063" |id| assert!(parse(id, &Quirks::default()).is_err());
    quirk_smtp_064 "smtp-064" |id| {
        let Ok(Command::Rcpt { to, .. }) = parse(id, &Quirks::default()) else { panic!() };
        assert_eq!(to.to_string(), "\"a b\"@example.com");
    };
    quirk_smtp_066 "smtp-066" |id| assert_eq!(server(HELLO, id).codes(), [501]);
    quirk_smtp_067 "smtp-067" |id| {
        let whole = octets(id);
        let ran = Script::new(HELLO).run_by(&whole, whole.len());
        assert!(ran.ended() && ran.count("Mail") == 0, "{ran:?}");
    };
    quirk_smtp_068 "smtp-068" smuggling;
    quirk_smtp_069 "smtp-069" smuggling;
    quirk_smtp_071 "smtp-071" smuggling;
    quirk_smtp_072 "smtp-072" smuggling;
    quirk_smtp_077 "smtp-077" smuggling;
    quirk_smtp_079 "smtp-079" smuggling;
    quirk_smtp_080 "smtp-080" |id| {
        let ran = Script::new(DATA).with(|c| c.bare_newline(BareNewline::Keep)).run(&octets(id));
        assert_eq!(ran.messages, [b".test\ntest.\n\r\n"]);
    };
    quirk_smtp_082 "smtp-082" |id| assert_eq!(server(DATA, id).messages, [b""]);
    quirk_smtp_084 "smtp-084" |id| {
        let ran = server("EHLO x.example\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<c@d.example>\r\n", id);
        assert!(ran.ended() && ran.codes()[0] == 501, "{ran:?}");
    };
    quirk_smtp_086 "smtp-086" |id| {
        let ran = server("", id);
        assert!(ran.ended() && ran.output.is_empty() && ran.events.is_empty(), "{ran:?}");
    };
    quirk_smtp_087 "smtp-087" |id| {
        let text = octets(id);
        assert!(wire_core::proxy::Header::parse(&text, 536).is_err(), "{}", text.len());
    };
    quirk_smtp_088 "smtp-088" |id| {
        let (header, length) = wire_core::proxy::Header::parse(&octets(id), 536).unwrap().unwrap();
        assert_eq!((header.source, length), (None, octets(id).len()));
    };
    quirk_smtp_089 "smtp-089" |id| {
        let Ok(Command::Xclient(attributes)) = parse(id, &Quirks::default()) else { panic!() };
        assert_eq!(attributes.ip(), Some("2001:db8::1".parse().unwrap()));
        assert_eq!((attributes.value("LOGIN").unwrap(), attributes.value("NAME")), (&Bytes::from("a b"), None));
    };
    quirk_smtp_091 "smtp-091" |_| assert!("\"a\r\nRCPT TO:<x@y>\"@b".parse::<Mailbox>().is_err());
    quirk_smtp_092 "smtp-092" |_| assert!("host\r\nMAIL FROM:<x@y>".parse::<Host>().is_err());
    quirk_smtp_093 "smtp-093" |_| {
        assert!(MailParams::default().with_envid("SUCCESS\r\nRCPT TO:<c@d>").is_err());
        assert!(smtp_proto::RcptParams::default().with_rrvs("2026-01-01T00:00:00Z\r\nRCPT").is_err());
    };
}

/// Polls through the error that ends it.
fn pump_all(endpoint: &mut Endpoint<Sender>) -> Vec<SenderEvent> {
    let mut events = Vec::new();
    for _ in 0..10_000 {
        match endpoint.poll(Moment::ORIGIN) {
            Ok(Progress::Event(event)) => events.push(event),
            _ => return events,
        }
    }
    panic!("no rest");
}

/// LOGIN's prompts come in many forms.
fn prompt(id: &str) {
    let mut endpoint = login();
    feed(&mut endpoint, &octets(id)).unwrap();
    assert_eq!(output(&mut endpoint), "dXNlcg==\r\n", "{id}");
    feed(&mut endpoint, &octets(id)).unwrap();
    assert_eq!(output(&mut endpoint), "cHc=\r\n", "{id}");
    assert!(
        feed(&mut endpoint, b"235 2.7.0 ok\r\n")
            .unwrap()
            .iter()
            .any(|event| matches!(event, SenderEvent::Ready))
    );
}

#[test]
fn every_row_has_its_test() {
    let all = common::ids("quirks");
    let missing: Vec<_> = all.iter().filter(|id| !TESTED.contains(&id.as_str())).collect();
    println!("{} of {} quirks have a test", all.len() - missing.len(), all.len());
    assert!(missing.is_empty(), "{missing:?}");
}
