//! Every row of the attack vectors that is aimed at an SMTP or LMTP client, or at what builds commands.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod common;

use bytes::{Buf, Bytes};
use common::row;
use smtp_proto::client::{Client, Config, Event, Protocol};
use smtp_proto::sender::{
    BodyError, Content, Envelope, Event as SenderEvent, Opening, Outcome, Security, Sender, SenderError,
};
use smtp_proto::{Error, Host, Limit, Mailbox, Misuse, OriginalRecipient, PeerError, XclientAttributes};
use wire_core::{Endpoint, Machine, Moment, Progress};

/// Runs a machine until it needs more input.
fn pump<M: Machine>(endpoint: &mut Endpoint<M>) -> Result<Vec<M::Event>, M::Error> {
    let mut events = Vec::new();
    for _ in 0..100_000 {
        match endpoint.poll(Moment::ORIGIN) {
            Ok(Progress::Event(event)) => events.push(event),
            Ok(_) => return Ok(events),
            Err(wire_core::Error::Machine(error)) => return Err(error),
            Err(error) => panic!("{error}"),
        }
    }
    panic!("the machine does not come to rest");
}

fn feed<M: Machine>(endpoint: &mut Endpoint<M>, octets: &[u8]) -> Result<Vec<M::Event>, M::Error> {
    // What was queued goes out first, else the octets are replies to nothing.
    let mut events = pump(endpoint)?;
    endpoint.recv_buf().extend_from_slice(octets);
    events.extend(pump(endpoint)?);
    Ok(events)
}

fn output<M: Machine>(endpoint: &mut Endpoint<M>) -> Vec<u8> {
    let tx = endpoint.transmit().unwrap();
    tx.copy_to_bytes(tx.len()).to_vec()
}

fn host() -> Host {
    "client.example".parse().unwrap()
}

/// A client with EHLO in flight.
fn greeted(config: Config) -> Endpoint<Client> {
    let mut endpoint = Endpoint::new(Client::new(config, Moment::ORIGIN));
    feed(&mut endpoint, b"220 mx\r\n").unwrap();
    endpoint.machine().ehlo(host()).unwrap();
    pump(&mut endpoint).unwrap();
    endpoint
}

fn reply_to_ehlo(octets: &[u8]) -> Result<Vec<Event>, Error> {
    let whole = feed(&mut greeted(Config::new()), octets);
    let mut endpoint = greeted(Config::new());
    let mut single = Ok(Vec::new());
    for octet in octets.iter().take(5000) {
        match feed(&mut endpoint, &[*octet]) {
            Ok(events) => single.as_mut().unwrap().extend(events),
            Err(error) => {
                single = Err(error);
                break;
            }
        }
    }
    if octets.len() < 5000 {
        assert_eq!(format!("{single:?}"), format!("{whole:?}"), "one octet at a time");
    }
    whole
}

/// What a message becomes on the wire behind DATA, chunk by chunk.
fn sent_body(chunks: &[&[u8]], repair: bool) -> Result<Vec<u8>, BodyError> {
    let opening = Opening::new(host(), Security::Clear).repair_newlines(repair);
    let mut endpoint = Endpoint::new(Sender::new(opening, [1; 32], Moment::ORIGIN));
    feed(&mut endpoint, b"220 mx\r\n").unwrap();
    feed(&mut endpoint, b"250-mx\r\n250 8BITMIME\r\n").unwrap();
    endpoint
        .machine()
        .send(Envelope::new("a@example.com", ["b@example.net"]).unwrap(), Content::ascii().with_eight_bit())
        .unwrap();
    for reply in ["250 ok\r\n", "250 ok\r\n", "354 go\r\n"] {
        feed(&mut endpoint, reply.as_bytes()).unwrap();
    }
    output(&mut endpoint);
    for chunk in chunks {
        if let Err(error) = endpoint.machine().body(Bytes::copy_from_slice(chunk)) {
            pump(&mut endpoint).unwrap();
            assert!(!output(&mut endpoint).ends_with(b".\r\n"), "the end was sent");
            return Err(error);
        }
    }
    endpoint.machine().end_body()?;
    pump(&mut endpoint).unwrap();
    Ok(output(&mut endpoint))
}

fn bare(id: &str) {
    let body = row("attacks", id);
    for step in 1..body.len() {
        let chunks: Vec<&[u8]> = body.chunks(step).collect();
        assert!(matches!(sent_body(&chunks, false), Err(BodyError::Bare { .. })), "{id} by {step}");
        let repaired = sent_body(&chunks, true).unwrap();
        let mut check = wire_core::NewlineCheck::default();
        check.chunk(&repaired).unwrap();
        // The end stands at the end, and nowhere else.
        let end = repaired.windows(5).position(|w| w == b"\r\n.\r\n").unwrap();
        assert_eq!(end + 5, repaired.len(), "{id} by {step}");
    }
}

fn refused_address(id: &str) {
    let text = String::from_utf8(row("attacks", id)).unwrap();
    let inner = text.split_once('<').unwrap().1.rsplit_once('>').unwrap().0;
    assert!(inner.parse::<Mailbox>().is_err(), "{id}: {inner:?}");
    assert!(Envelope::new("a@example.com", [inner]).is_err(), "{id}");
}

macro_rules! rows {
    ($($name:ident $id:literal $check:expr;)*) => {
        $(#[test] fn $name() { let check: fn(&str) = $check; check($id); })*
        const TESTED: &[&str] = &[$($id),*];
    };
}

rows! {
    attack_bdat_10 "BDAT-10" |_| {
        let opening = Opening::new(host(), Security::Clear);
        let mut endpoint = Endpoint::new(Sender::new(opening, [1; 32], Moment::ORIGIN));
        feed(&mut endpoint, b"220 mx\r\n").unwrap();
        feed(&mut endpoint, b"250-mx\r\n250-CHUNKING\r\n250-BINARYMIME\r\n250 PIPELINING\r\n").unwrap();
        let content = Content::ascii().with_binary();
        endpoint.machine().send(Envelope::new("a@example.com", ["b@example.net"]).unwrap(), content).unwrap();
        feed(&mut endpoint, b"250 ok\r\n250 ok\r\n").unwrap();
        output(&mut endpoint);
        endpoint.machine().body(Bytes::from("hello")).unwrap();
        pump(&mut endpoint).unwrap();
        assert_eq!(output(&mut endpoint), row("attacks", "BDAT-10"));
        let events = feed(&mut endpoint, b"554 5.6.0 no\r\n").unwrap();
        let SenderEvent::Sent(sent) = &events[0] else { panic!("{events:?}") };
        assert!(!sent.all_accepted());
        assert!(endpoint.machine().body(Bytes::from("more")).is_err());
        // RSET comes before the next transaction.
        endpoint.machine().send(Envelope::new("a@example.com", ["b@example.net"]).unwrap(), Content::ascii()).unwrap();
        pump(&mut endpoint).unwrap();
        assert!(output(&mut endpoint).starts_with(b"RSET\r\nMAIL"));
    };
    attack_smugo_02 "SMUGO-02" bare;
    attack_smugo_03 "SMUGO-03" bare;
    attack_smugo_05 "SMUGO-05" bare;
    attack_smugo_06 "SMUGO-06" |id| {
        assert_eq!(sent_body(&[&row("attacks", id)], false).unwrap(), b"Subject: 1\r\n\r\n\r\n..\r\nRSET\r\n.\r\n");
    };
    attack_smugo_07 "SMUGO-07" |id| assert_eq!(sent_body(&[&row("attacks", id)], false).unwrap(), b"x\r\n.\r\n");
    attack_smugo_08 "SMUGO-08" |id| assert_eq!(sent_body(&[&row("attacks", id)], false).unwrap(), b"..\r\n.\r\n");
    attack_smugo_09 "SMUGO-09" |id| {
        let body = row("attacks", id);
        for cut in 1..body.len() {
            assert_eq!(sent_body(&[&body[..cut], &body[cut..]], false).unwrap(), b"a\r\n..b\r\n.\r\n", "cut at {cut}");
        }
    };
    attack_inj_01 "INJ-01" refused_address;
    attack_inj_02 "INJ-02" refused_address;
    attack_inj_03 "INJ-03" refused_address;
    attack_inj_04 "INJ-04" refused_address;
    attack_inj_05 "INJ-05" refused_address;
    attack_inj_09 "INJ-09" |_| assert!(OriginalRecipient::new("rfc822", "a@example.com\r\nRSET").is_err());
    attack_inj_10 "INJ-10" |_| {
        assert!(XclientAttributes::new().with("NAME", "h\r\nMAIL FROM:<evil@example.com>").is_err());
    };
    attack_tls_05 "TLS-05" |id| {
        let octets = row("attacks", id);
        let mut endpoint = greeted(Config::new());
        feed(&mut endpoint, b"250-mx\r\n250 STARTTLS\r\n").unwrap();
        endpoint.machine().start_tls().unwrap();
        pump(&mut endpoint).unwrap();
        assert!(matches!(feed(&mut endpoint, &octets), Err(Error::Seal(_))));
        assert!(matches!(pump(&mut endpoint), Err(Error::Seal(_))), "the error is sticky");
    };
    attack_tls_09 "TLS-09" |id| {
        let mut endpoint = opening(Security::StartTls);
        assert!(matches!(feed(&mut endpoint, &row("attacks", id)), Err(SenderError::NoStartTls)));
        assert!(!String::from_utf8(output(&mut endpoint)).unwrap().contains("AUTH"));
    };
    attack_tls_10 "TLS-10" |id| {
        let mut endpoint = opening(Security::StartTls);
        feed(&mut endpoint, b"250-mx\r\n250 STARTTLS\r\n").unwrap();
        assert!(matches!(feed(&mut endpoint, &row("attacks", id)), Err(SenderError::Refused { .. })));
    };
    attack_alpaca_04 "ALPACA-04" |id| {
        let mut endpoint = Endpoint::new(Client::new(Config::new(), Moment::ORIGIN));
        assert!(matches!(feed(&mut endpoint, &row("attacks", id)), Err(Error::Peer(PeerError::Reply(_)))));
    };
    attack_sasl_31 "SASL-31" |id| {
        use sasl_core::client::Policy;
        let policy = Policy::new().minimum(sasl_core::Mechanism::ScramSha256.strength());
        let opening = Opening::new(host(), Security::Clear)
            .credentials(sasl_core::Credentials::password("joe", "pw"))
            .policy(policy);
        let mut endpoint = Endpoint::new(Sender::new(opening, [1; 32], Moment::ORIGIN));
        feed(&mut endpoint, b"220 mx\r\n").unwrap();
        assert!(matches!(feed(&mut endpoint, &row("attacks", id)), Err(SenderError::NoMechanism(_))));
    };
    attack_smtpc_01 "SMTPC-01" |id| {
        let octets = row("attacks", id).repeat(1000);
        assert!(matches!(reply_to_ehlo(&octets), Err(Error::Peer(PeerError::Reply(_)))));
    };
    attack_smtpc_02 "SMTPC-02" no_reply;
    attack_smtpc_03 "SMTPC-03" no_reply;
    attack_smtpc_04 "SMTPC-04" no_reply;
    attack_smtpc_05 "SMTPC-05" |id| assert_eq!(reply_to_ehlo(&row("attacks", id)).unwrap().len(), 1);
    attack_smtpc_06 "SMTPC-06" |id| {
        assert_eq!(reply_to_ehlo(&row("attacks", id)).unwrap_err(), Error::Peer(PeerError::Unsolicited));
    };
    attack_smtpc_08 "SMTPC-08" |id| {
        let mut octets = row("attacks", id);
        octets.truncate(octets.len() - 2);
        octets.extend(std::iter::repeat_n(b'A', 100_000));
        assert_eq!(reply_to_ehlo(&octets).unwrap_err(), Error::Limit(Limit::ReplyLine(2048)));
    };
    attack_smtpc_10 "SMTPC-10" |id| {
        let mut endpoint = greeted(Config::new());
        feed(&mut endpoint, b"250 mx\r\n").unwrap();
        endpoint.machine().data().unwrap();
        pump(&mut endpoint).unwrap();
        assert_eq!(feed(&mut endpoint, &row("attacks", id)).unwrap_err(), Error::Peer(PeerError::Unexpected { code: 250 }));
    };
    attack_smtpc_13 "SMTPC-13" |id| {
        let events = reply_to_ehlo(&row("attacks", id)).unwrap();
        let Event::Reply(_, reply) = &events[0] else { panic!() };
        assert_eq!(reply.to_string(), "550 5.1.1 \\u{1b}[2J\\u{0}bad");
    };
    attack_smtpc_14 "SMTPC-14" |id| {
        let mut endpoint = greeted(Config::new());
        feed(&mut endpoint, &row("attacks", id)).unwrap();
        let offered = endpoint.machine().capabilities();
        assert!(offered.start_tls() && offered.lines().count() == 2);
    };
    attack_smtpc_15 "SMTPC-15" |id| {
        let mut endpoint = greeted(Config::new());
        feed(&mut endpoint, b"250 mx\r\n").unwrap();
        let events = feed(&mut endpoint, &row("attacks", id)).unwrap();
        assert!(matches!(&events[0], Event::Closing(reply) if reply.is_transient()));
        assert_eq!(endpoint.machine().noop(), Err(Misuse::State));
    };
    attack_smtpc_16 "SMTPC-16" |id| {
        let opening = Opening::new(host(), Security::Clear).config(Config::new().protocol(Protocol::Lmtp));
        let mut endpoint = Endpoint::new(Sender::new(opening, [1; 32], Moment::ORIGIN));
        feed(&mut endpoint, b"220 mx\r\n").unwrap();
        feed(&mut endpoint, b"250 mx\r\n").unwrap();
        let envelope = Envelope::new("a@example.com", ["b@example.net", "c@example.net"]).unwrap();
        endpoint.machine().send(envelope, Content::ascii()).unwrap();
        for reply in ["250 ok\r\n", "250 ok\r\n", "250 ok\r\n", "354 go\r\n"] {
            feed(&mut endpoint, reply.as_bytes()).unwrap();
        }
        endpoint.machine().end_body().unwrap();
        assert!(feed(&mut endpoint, &row("attacks", id)).unwrap().is_empty(), "the second reply is due");
        endpoint.recv_eof();
        let Ok(Progress::Event(SenderEvent::Sent(sent))) = endpoint.poll(Moment::ORIGIN) else { panic!() };
        let outcomes: Vec<&Outcome> = sent.iter().map(|(_, outcome)| outcome).collect();
        assert!(outcomes[0].is_accepted() && *outcomes[1] == Outcome::Unknown, "{outcomes:?}");
    };
}

fn opening(security: Security) -> Endpoint<Sender> {
    let opening = Opening::new(host(), security).credentials(sasl_core::Credentials::password("joe", "pw"));
    let mut endpoint = Endpoint::new(Sender::new(opening, [1; 32], Moment::ORIGIN));
    feed(&mut endpoint, b"220 mx\r\n").unwrap();
    endpoint
}

fn no_reply(id: &str) {
    assert!(matches!(reply_to_ehlo(&row("attacks", id)), Err(Error::Peer(PeerError::Reply(_)))), "{id}");
}

#[test]
fn every_row_has_its_test() {
    let missing: Vec<_> = common::CLIENT_ROWS.iter().filter(|id| !TESTED.contains(id)).collect();
    println!("{} of {} client rows have a test", TESTED.len(), common::CLIENT_ROWS.len());
    assert!(missing.is_empty(), "{missing:?}");
}
