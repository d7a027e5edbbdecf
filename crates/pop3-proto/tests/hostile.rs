//! Injections, peers that leave, talk out of turn, or never read.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod driven;

use std::time::Duration;

use bytes::{Buf, Bytes};
use driven::client::{Heard, answer, asking, greeted, hear, heard};
use driven::visit::{Visit, Visited, plain};
use driven::{LOGIN, Ran, Script, drain};
use pop3_proto::client::{Client, Config};
use pop3_proto::collector::{CollectorError, Policy};
use pop3_proto::server::{Event, Listing, Server};
use pop3_proto::{Error, Limits, PeerError, Timeouts, Wait};
use test_support::pki;
use test_support::script::{Script as Cuts, Unencrypted, every_two_cuts};
use wire_core::{Endpoint, Moment, Progress};

// ── injections around STLS ──────────────────────────────────────────────────────────────────────────────────────

#[test]
fn what_is_injected_behind_stls_is_never_a_command() {
    let tls = pki::server_tls();
    every_two_cuts(b"STLS\r\nCAPA\r\nUSER joe\r\nPASS pw\r\n", |pieces| {
        let tls = tls.clone();
        let played = Cuts::new(Script::new("").server())
            .tls(move || tls.session().unwrap())
            .play(pieces, |event, _| assert!(matches!(event, Event::Connected), "{pieces:?}: {event:?}"));
        let text = String::from_utf8_lossy(&played.output);
        assert!(!text.contains("capability") && !text.contains("password"), "{pieces:?}: {text}");
        let sealed = matches!(played.end.machine_error(), Some(Error::Seal(_)));
        assert!(sealed || played.end.layer_error().is_some(), "{pieces:?}: {played:?}");
    });
}

#[test]
fn what_is_injected_behind_the_agreement_is_never_a_reply() {
    let tls = pki::client_tls();
    every_two_cuts(b"+OK begin TLS\r\n+OK\r\nSASL PLAIN\r\n.\r\n", |pieces| {
        let mut endpoint = asking(Config::new(), Client::start_tls);
        endpoint.machine().capa().unwrap();
        let tls = tls.clone();
        let played = Cuts::new(endpoint)
            .tls(move || tls.session(pki::HOST).unwrap())
            .play(pieces, |event, _| panic!("{pieces:?}: {event:?}"));
        let sealed = matches!(played.end.machine_error(), Some(Error::Seal(_)));
        assert!(sealed || played.end.layer_error().is_some(), "{pieces:?}: {played:?}");
        assert!(!played.output.starts_with(b"CAPA"), "{pieces:?}: asked in clear");
    });
}

#[test]
fn what_was_said_in_clear_is_forgotten_under_tls() {
    let script = Script::new("").with(|config| config.tls_for_auth(false).utf8(true).auth_in_clear());
    let played = Cuts::new(script.server()).tls(|| Box::new(Unencrypted::default())).play(
        &[b"LANG de\r\nUSER joe\r\nSTLS\r\n", b"PASS pw\r\nSTLS\r\n"],
        |event, _| {
            assert!(matches!(event, Event::Connected | Event::Secured(_)), "{event:?}");
        },
    );
    let text = String::from_utf8(played.output).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(
        lines[lines.len() - 2..],
        ["-ERR send USER first", "-ERR command not permitted when TLS active"]
    );
}

trait InClear {
    fn auth_in_clear(self) -> Self;
}

impl InClear for pop3_proto::server::Config {
    fn auth_in_clear(mut self) -> Self {
        self.auth = self.auth.dangerous_allow_cleartext_secrets();
        self
    }
}

#[test]
fn a_collector_that_wants_tls_says_nothing_secret_without() {
    for (capa, stls) in [
        ("+OK\r\nUSER\r\nSASL PLAIN\r\n.\r\n", "+OK\r\n"),
        ("-ERR\r\n", "-ERR\r\n"),
        ("+OK\r\nSTLS\r\nUSER\r\n.\r\n", "-ERR [SYS/TEMP] no\r\n"),
    ] {
        let visit = Visit::new(Policy::Keep).opening(|mut opening| {
            opening.security = wire_core::Security::StartTls;
            opening
        });
        let visited = visit.run(plain(|command| match command {
            "CAPA" => Some(capa),
            "STLS" => Some(stls),
            _ => None,
        }));
        assert!(matches!(visited.error, Some(CollectorError::NoStartTls | CollectorError::Refused { .. })));
        assert_eq!(visited.count("USER") + visited.count("PASS") + visited.count("AUTH"), 0, "{visited:?}");
    }
}

// ── framing ─────────────────────────────────────────────────────────────────────────────────────────────────────

/// What looks like the end of a message and is none.
const NO_ENDS: [&[u8]; 11] = [
    b"\n.\n",
    b"\r.\r",
    b"\n.\r\n",
    b"\r\n.\n",
    b"\r\n.\r",
    b"\r.\r\n",
    b"\r.\n",
    b"\n.\r",
    b"\r\n. \r\n",
    b"\0\r\n.\0\r\n",
    b"\r\r\n.\r\r\n",
];

/// Undoes the stuffing of a whole message, line by line.
fn unstuffed(mut wire: &[u8]) -> (Vec<u8>, &[u8]) {
    let mut message = Vec::new();
    loop {
        let end = wire.windows(2).position(|two| two == b"\r\n").unwrap() + 2;
        let (line, rest) = wire.split_at(end);
        wire = rest;
        if line == b".\r\n" {
            return (message, wire);
        }
        message.extend_from_slice(line.strip_prefix(b".").unwrap_or(line));
    }
}

#[test]
fn only_crlf_dot_crlf_ends_a_message_that_comes() {
    for no_end in NO_ENDS {
        let wire = [b"+OK\r\nx", no_end, b"y\r\n.\r\n"].concat();
        let (message, rest) = unstuffed(&wire[5..]);
        assert!(rest.is_empty(), "{no_end:?}");
        let got = answer(|client| client.retr(1), &wire);
        assert_eq!((got.error, got.body), (None, message), "{no_end:?}");
        assert_eq!(got.events, ["+OK", "End"], "{no_end:?}");
    }
}

#[test]
fn only_the_end_of_a_message_that_goes_looks_like_one() {
    for no_end in
        NO_ENDS.into_iter().chain([&b"\r\n.\r\n"[..], b".\r\n", b"..", b"\r\n..\r\n", b"\r\n.\r\n.\r\n"])
    {
        for message in [
            [b"x", no_end, b"y\r\n"].concat(),
            [no_end, b"z\r\n"].concat(),
            [b"x\r\n", no_end, b"\r\n"].concat(),
        ] {
            let mut script = Script::opened();
            script.messages[0] = Bytes::from(message.clone());
            let ran = script.run(b"RETR 1\r\nNOOP\r\n");
            let wire =
                ran.output.strip_prefix(format!("+OK {} octets\r\n", message.len()).as_bytes()).unwrap();
            assert_eq!(unstuffed(wire), (message, &b"+OK\r\n"[..]), "{no_end:?}");
        }
    }
}

#[test]
fn only_crlf_dot_crlf_ends_a_listing() {
    let uidl = answer(|client| client.uidl(None), b"+OK\r\n1 a\n.\n2 b\r\n3 c\r.\r4 d\r\n5 e\r\n.\r\n");
    assert_eq!(uidl.events.len(), 5, "{uidl:?}");
    assert_eq!(uidl.events[3..], ["Id 5 e", "End"]);
    let list = answer(|client| client.list(None), b"+OK\r\n1 1\n.\n2 2\r\n.\r5 5\r\n6 6\r\n.\r\n");
    assert_eq!(list.events[1..], ["Damaged 1 1\\u{a}.\\u{a}2 2", "Damaged .\\u{d}5 5", "Scan 6 6", "End"]);
    let mut endpoint = asking(Config::new(), Client::capa);
    endpoint.recv_buf().extend_from_slice(b"+OK\r\nX\n.\nSTLS\r\nTOP\r\n.\r\n");
    let mut told = Heard::default();
    driven::client::pump(&mut endpoint, &mut told);
    let known = endpoint.machine().capabilities();
    assert!(known.top() && !known.stls(), "{told:?}");
}

#[test]
fn bare_octets_end_the_session_of_a_client_that_sends_them() {
    for line in
        ["NOOP\nDELE 1\r\n", "NOOP\rDELE 1\r\n", "NO\0OP\r\n", "USER a\nb\r\n", "RETR 1\r\r\n", "\n\r\n"]
    {
        let ran = Script::opened().run(line.as_bytes());
        assert!(matches!(ran.error, Some(Error::Peer(PeerError::BareOctet(_)))), "{line:?}: {ran:?}");
        assert_eq!((ran.signs().as_str(), ran.events.len()), ("-", 0), "{line:?}: {ran:?}");
    }
}

// ── talking out of turn ─────────────────────────────────────────────────────────────────────────────────────────

#[test]
fn a_client_that_talks_before_the_greeting_is_refused() {
    let config = driven::config().greet_delay(Duration::from_secs(5));
    let mut endpoint = Endpoint::new(Server::new(std::sync::Arc::new(config), [0; 32], Moment::ORIGIN));
    assert!(matches!(endpoint.poll(Moment::ORIGIN), Ok(Progress::Io { read: true })));
    assert_eq!(endpoint.deadline(), Some(at(5)));
    endpoint.recv_buf().extend_from_slice(b"USER joe\r\n");
    let error = endpoint.poll(Moment::ORIGIN).unwrap_err();
    assert!(matches!(error, wire_core::Error::Machine(Error::Peer(PeerError::EarlyTalker))));
    assert!(endpoint.transmit().unwrap().chunk().starts_with(b"-ERR"));
    // One that waits is greeted, and one that leaves is left.
    let ran = Script::new("").with(|config| config.greet_delay(Duration::from_secs(5)));
    let mut endpoint = ran.server();
    assert!(matches!(endpoint.poll(at(5)), Ok(Progress::Event(Event::Connected))));
}

#[test]
fn replies_to_nothing_end_the_session_of_a_server_that_sends_them() {
    for reply in ["+OK\r\n", "-ERR timeout\r\n", "x\r\n", "+O"] {
        let mut told = Heard::default();
        let mut endpoint = greeted(Config::new());
        endpoint.recv_buf().extend_from_slice(reply.as_bytes());
        driven::client::pump(&mut endpoint, &mut told);
        let _ = endpoint.machine().stat();
        driven::client::pump(&mut endpoint, &mut told);
        assert_eq!(told.error, Some(Error::Peer(PeerError::Unsolicited)), "{reply:?}");
        assert_eq!((told.events.len(), told.output.len()), (0, 0), "{reply:?}: {told:?}");
    }
    // A second reply to one command is no reply to the next one.
    let told = heard(|| asking(Config::new(), Client::noop), b"+OK\r\n+OK\r\n", false);
    assert_eq!((told.events.len(), told.error), (1, Some(Error::Peer(PeerError::Unsolicited))));
    // Behind the end of a listing as well.
    let told = heard(|| asking(Config::new(), |client| client.list(None)), b"+OK\r\n.\r\n1 1\r\n", false);
    assert_eq!((told.events.len(), told.error), (2, Some(Error::Peer(PeerError::Unsolicited))));
}

#[test]
fn what_is_no_pop3_is_told_nothing() {
    let ran = Script::new("").run(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03");
    assert_eq!((ran.error, ran.output.len()), (Some(Error::Peer(PeerError::NotPop3)), 0));
    for request in ["GET / HTTP/1.0\r\n\r\n", "CONNECT pop.example.org:110 HTTP/1.1\r\n\r\n"] {
        let ran = Script::new("").run(request.as_bytes());
        assert_eq!(
            (ran.signs().as_str(), ran.error),
            ("-", Some(Error::Peer(PeerError::NotPop3))),
            "{request}"
        );
    }
}

// ── leaving ─────────────────────────────────────────────────────────────────────────────────────────────────────

const SESSION: &str = "CAPA\r\nUSER joe\r\nPASS pw\r\nSTAT\r\nLIST\r\nUIDL\r\nRETR 1\r\nTOP 2 0\r\nDELE 1\r\nDELE 3\r\nNOOP\r\n\
    QUIT\r\n";

#[test]
fn a_session_cut_at_every_octet_deletes_nothing() {
    let script = Script::new("").secure().eof();
    for cut in 0..=SESSION.len() {
        for step in [1, SESSION.len()] {
            let ran = script.run_by(&SESSION.as_bytes()[..cut], step);
            let complete = cut == SESSION.len();
            assert_eq!(ran.deleted, complete.then(|| vec![1, 3]), "cut at {cut}: {ran:?}");
            assert!(ran.ended(), "cut at {cut}");
            let within = !complete && !SESSION[..cut].ends_with('\n') && cut > 0;
            assert_eq!(ran.error, within.then_some(Error::Eof(Wait::Command)), "cut at {cut}");
        }
    }
    // In the middle of an exchange too.
    let exchange = "AUTH LOGIN\r\nam9l\r\ncHc=\r\n";
    for cut in 0..exchange.len() {
        let ran = script.run_by(&exchange.as_bytes()[..cut], 1);
        assert!(ran.ended() && ran.count("Open") == 0, "cut at {cut}: {ran:?}");
    }
}

#[test]
fn a_server_that_leaves_at_any_octet_is_an_error() {
    for pipelining in [false, true] {
        let capa = if pipelining { "+OK\r\nUSER\r\nPIPELINING\r\n.\r\n" } else { "-ERR\r\n" };
        let answers = || plain(move |command| (command == "CAPA").then_some(capa));
        let whole = Visit::new(Policy::Delete).visit(answers());
        assert_eq!((whole.error.is_none(), whole.count("DELE"), whole.messages.len()), (true, 3, 3));
        for cut in 0..whole.heard {
            let visit = Visit { cut: Some(cut), ..Visit::new(Policy::Delete) };
            let visited: Visited = visit.visit(answers());
            assert!(visited.polls <= whole.polls + 2 * cut, "cut at {cut}: {} polls", visited.polls);
            // The reply to QUIT without its line end is one, and says all.
            if cut + 2 >= whole.heard {
                assert!(visited.error.is_none() && visited.goodbye.is_some(), "cut at {cut}: {visited:?}");
                continue;
            }
            let error = visited.error.as_ref();
            assert!(
                matches!(error, Some(CollectorError::Connection(Error::Eof(_)))),
                "cut at {cut}: {visited:?}"
            );
            assert!(visited.goodbye.is_none(), "cut at {cut}");
            // What is in the journal was complete, and what is marked is in the journal.
            let stored =
                visited.messages.iter().filter(|(_, octets)| octets == b"Subject: x\r\n\r\n.x\r\n").count();
            assert!(visited.journal.len() <= stored, "cut at {cut}: {visited:?}");
            assert!(visited.count("DELE") <= visited.journal.len(), "cut at {cut}: {visited:?}");
            let unknown = visited.commands.last().is_some_and(|last| last == "QUIT");
            let update = matches!(error, Some(CollectorError::Connection(Error::Eof(Wait::Update))));
            assert_eq!(unknown, update, "cut at {cut}: {visited:?}");
        }
    }
}

#[test]
fn a_machine_that_has_ended_stays_ended() {
    let mut endpoint = Script::opened().server();
    endpoint.recv_buf().extend_from_slice(b"DELE 1\r\nNO");
    endpoint.recv_eof();
    let mut ran = Ran::default();
    Script::opened().pump(&mut endpoint, &mut ran);
    assert_eq!((ran.error, ran.deleted), (Some(Error::Eof(Wait::Command)), None));
    for _ in 0..3 {
        assert!(endpoint.poll(Moment::ORIGIN).is_err());
    }
    let heard = hear(asking(Config::new(), |client| client.retr(1)), &[b"+OK\r\nhalf\r\n"], true);
    assert_eq!((heard.error, heard.closed), (Some(Error::Eof(Wait::Body)), false));
    assert_eq!(heard.events, ["+OK"], "half a message has no end");
}

#[test]
fn half_a_message_has_no_end() {
    let mut endpoint = Script::opened().server();
    endpoint.recv_buf().extend_from_slice(b"RETR 1\r\n");
    assert!(matches!(endpoint.poll(Moment::ORIGIN), Ok(Progress::Event(Event::Retrieve { .. }))));
    endpoint.machine().accept().unwrap();
    endpoint.machine().body(Bytes::from("Subject: x\r\n\r\nhalf\r\n")).unwrap();
    assert!(endpoint.poll(Moment::ORIGIN).is_ok());
    endpoint.machine().abort_body();
    assert!(matches!(endpoint.poll(Moment::ORIGIN), Ok(Progress::Close)));
    let mut output = Vec::new();
    drain(&mut endpoint, &mut output);
    assert!(output.ends_with(b"half\r\n"), "{output:?}");
}

#[test]
fn a_client_that_has_closed_its_half_still_gets_everything() {
    let script = Script::new("").secure();
    let whole = script.run(SESSION.as_bytes());
    for piece in [1, 7, 1000] {
        let mut endpoint = script.server();
        endpoint.recv_buf().extend_from_slice(SESSION.as_bytes());
        endpoint.recv_eof();
        let (mut ran, mut output) = (Ran::default(), Vec::new());
        let mut events = Vec::new();
        // It reads a little at a time.
        for _ in 0..100_000 {
            match endpoint.poll(Moment::ORIGIN) {
                Ok(Progress::Event(event)) => events.push(event),
                Ok(Progress::Io { .. }) => {}
                Ok(_) => break,
                Err(error) => panic!("{error}"),
            }
            if let Some(event) = events.pop() {
                script.tell(event, endpoint.machine(), &mut ran);
            }
            let tx = endpoint.transmit().unwrap();
            let octets = tx.copy_to_bytes(piece.min(tx.len()));
            output.extend_from_slice(&octets);
        }
        drain(&mut endpoint, &mut output);
        assert_eq!((output, ran.deleted), (whole.output.clone(), Some(vec![1, 3])), "{piece}");
    }
}

// ── never reading ───────────────────────────────────────────────────────────────────────────────────────────────

fn at(seconds: u64) -> Moment {
    Moment::new(Duration::from_secs(seconds))
}

/// Octets of listings and replies that are written at a time.
const BATCH: usize = 8 * 1024 + 128;
const WINDOW: usize = 64 * 1024;
const MANY: u32 = 200_000;

/// A server with much to give and a small window.
fn large() -> Endpoint<Server> {
    let script = Script::new("").secure().with(|config| {
        let timeouts = Timeouts::new().data_block(Duration::from_secs(100));
        config.limits(Limits::new().body_window(WINDOW)).timeouts(timeouts)
    });
    let mut endpoint = script.server();
    endpoint.recv_buf().extend_from_slice(LOGIN.as_bytes());
    let mut ran = Ran::default();
    loop {
        match endpoint.poll(Moment::ORIGIN).unwrap() {
            Progress::Event(Event::Open(_)) => {
                let mut listing = Listing::with_capacity(MANY as usize);
                for number in 0..MANY {
                    listing.push(1_000_000, &format!("unique-{number}")).unwrap();
                }
                endpoint.machine().open(listing).unwrap();
            }
            Progress::Event(event) => script.tell(event, endpoint.machine(), &mut ran),
            _ => break,
        }
    }
    drain(&mut endpoint, &mut Vec::new());
    endpoint
}

/// Runs until the server waits; the message that it wants is endless. How much it holds at most.
fn fill(endpoint: &mut Endpoint<Server>, flood: &[u8], now: Moment) -> Result<usize, Error> {
    let mut most = 0;
    for _ in 0..100_000 {
        match endpoint.poll(now) {
            Ok(Progress::Event(Event::Retrieve { .. })) => endpoint.machine().accept().unwrap(),
            Ok(Progress::Event(event)) => panic!("{event:?}"),
            Ok(Progress::Io { read }) => {
                most = most.max(endpoint.transmit().unwrap().len());
                let server = endpoint.machine();
                if server.wants_body() && server.body_capacity() > 0 {
                    let octets = server.body_capacity().min(8 * 1024);
                    server.body(Bytes::from(vec![b'x'; octets])).unwrap();
                } else if read && !flood.is_empty() {
                    endpoint.recv_buf().extend_from_slice(flood);
                } else {
                    return Ok(most);
                }
            }
            Ok(progress) => panic!("{progress:?}"),
            Err(wire_core::Error::Machine(error)) => return Err(error),
            Err(error) => panic!("{error}"),
        }
    }
    panic!("the server does not come to rest");
}

/// What a client sends that then never reads: once, and again and again.
const GREEDY: [(&[u8], &[u8]); 7] = [
    (b"LIST\r\n", b""),
    (b"UIDL\r\n", b""),
    (b"RETR 1\r\n", b""),
    (b"TOP 1 1000000\r\n", b""),
    (b"", b"NOOP\r\nNOOP\r\nNOOP\r\n"),
    (b"", b"CAPA\r\nSTAT\r\nLIST 200000\r\nDELE 7\r\nRSET\r\n"),
    (b"", b"LIST\r\nUIDL\r\n"),
];

#[test]
fn a_client_that_never_reads_costs_a_window_and_is_left() {
    for (first, flood) in GREEDY {
        let mut endpoint = large();
        endpoint.recv_buf().extend_from_slice(first);
        let most = fill(&mut endpoint, flood, at(1)).unwrap();
        let name = String::from_utf8_lossy(if first.is_empty() { flood } else { first });
        assert!((WINDOW..=WINDOW + BATCH).contains(&most), "{name}: {most} octets");
        assert_eq!(endpoint.deadline(), Some(at(101)), "{name}");
        // Being asked again is no progress.
        for second in [50, 99, 100] {
            assert_eq!(fill(&mut endpoint, b"", at(second)), Ok(most), "{name} after {second} s");
        }
        assert_eq!(fill(&mut endpoint, b"", at(101)), Err(Error::Timeout(Wait::Body)), "{name}");
    }
}

#[test]
fn a_client_that_reads_slowly_is_not_left() {
    for (first, flood) in GREEDY {
        let name = String::from_utf8_lossy(if first.is_empty() { flood } else { first });
        let mut endpoint = large();
        endpoint.recv_buf().extend_from_slice(first);
        fill(&mut endpoint, flood, at(1)).unwrap();
        for round in 1..50 {
            // A little, just in time.
            endpoint.transmit().unwrap().advance(10);
            let most = fill(&mut endpoint, flood, at(round * 99))
                .unwrap_or_else(|error| panic!("{name} {round}: {error}"));
            assert!(most <= WINDOW + BATCH, "{name}: {most}");
        }
    }
}

#[test]
fn what_is_still_going_out_is_no_silence() {
    let mut endpoint = large();
    endpoint.recv_buf().extend_from_slice(&b"LIST 7\r\n".repeat(100));
    fill(&mut endpoint, b"", at(0)).unwrap();
    // It takes longer than the autologout timer, but it goes on.
    let mut second = 0;
    while !endpoint.transmit().unwrap().is_empty() {
        let tx = endpoint.transmit().unwrap();
        tx.advance(20.min(tx.len()));
        second += 99;
        fill(&mut endpoint, b"", at(second)).unwrap_or_else(|error| panic!("{second} s: {error}"));
    }
    assert!(second > 2 * 600, "{second}");
    // Then the timer runs.
    assert!(fill(&mut endpoint, b"", at(second + 400)).is_ok());
    assert_eq!(fill(&mut endpoint, b"", at(second + 600)), Err(Error::Timeout(Wait::Command)));
}

#[test]
fn a_listing_is_whole_however_it_is_read() {
    let mut endpoint = large();
    endpoint.recv_buf().extend_from_slice(b"LIST\r\nNOOP\r\n");
    let mut octets = Vec::new();
    for second in 0..100_000 {
        fill(&mut endpoint, b"", at(second)).unwrap();
        let tx = endpoint.transmit().unwrap();
        if tx.is_empty() {
            break;
        }
        octets.extend_from_slice(&tx.copy_to_bytes(tx.len().min(50_000)));
    }
    let text = String::from_utf8(octets).unwrap();
    let mut lines = text.split_terminator("\r\n");
    assert_eq!(lines.next(), Some("+OK"));
    for number in 1..=MANY {
        assert_eq!(lines.next(), Some(format!("{number} 1000000").as_str()));
    }
    assert_eq!(lines.collect::<Vec<_>>(), [".", "+OK"]);
}
