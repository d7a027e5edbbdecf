//! Properties: chunks make no difference, what is encoded is parsed to the same, and a download loses nothing.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::wildcard_enum_match_arm,
    missing_docs
)]

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use bytes::{Buf, Bytes};
use pop3_proto::client::{Client, Config as ClientConfig};
use pop3_proto::collector::{Collector, Download, Event, Journal, Occurrence, Opening, Plan, Policy};
use pop3_proto::server::{Config, Event as Served, Listing, Server};
use pop3_proto::{Command, Language, Quirks, Reply, ScanListing, UniqueId, UniqueIdListing};
use proptest::prelude::*;
use sasl_core::Credentials;
use sasl_core::server::Answer;
use wire_core::{Endpoint, Machine, Moment, Progress, Security};

/// Runs a machine on input in these pieces: what it told and what it said.
fn run<M: Machine<Event: std::fmt::Debug>>(
    machine: M,
    pieces: &[&[u8]],
    mut on: impl FnMut(&M::Event, &mut M),
) -> (Vec<String>, Vec<u8>) {
    let (mut endpoint, mut pieces) = (Endpoint::new(machine), pieces.iter());
    let (mut events, mut output, mut now, mut ended) = (Vec::new(), Vec::new(), Moment::ORIGIN, false);
    for _ in 0..100_000 {
        let progress = endpoint.poll(now);
        let tx = endpoint.transmit().unwrap();
        output.extend_from_slice(&tx.copy_to_bytes(tx.remaining()));
        match progress {
            Ok(Progress::Event(event)) => {
                on(&event, endpoint.machine());
                events.push(format!("{event:?}"));
            }
            Ok(Progress::Io { read: false }) => now = endpoint.deadline().unwrap(),
            Ok(Progress::Io { read: true }) => match pieces.next() {
                Some(piece) => endpoint.recv_buf().extend_from_slice(piece),
                None if ended => return (events, output),
                None => {
                    ended = true;
                    endpoint.recv_eof();
                }
            },
            Ok(_) => return (events, output),
            Err(error) => {
                events.push(error.to_string());
                return (events, output);
            }
        }
    }
    panic!("no rest");
}

fn server(pieces: &[&[u8]]) -> (Vec<String>, Vec<u8>) {
    let auth = sasl_core::server::Config::new(&[7; 32][..]).dangerous_allow_cleartext_secrets();
    let config = Config::new("pop.example".parse().unwrap(), auth).tls_for_auth(false).utf8(true);
    run(Server::new(Arc::new(config), [7; 32], Moment::ORIGIN), pieces, |event, server| match event {
        Served::Authenticate(_) => server.authenticate(Answer::Accept).unwrap(),
        Served::Open(_) => {
            let mut listing = Listing::new();
            listing.push(9, "id1").unwrap();
            listing.push(0, "id2").unwrap();
            server.open(listing).unwrap();
        }
        Served::Retrieve { message, .. } => {
            server.accept().unwrap();
            if *message == 1 {
                server.body(Bytes::from_static(b"a: b\r\n\r\n.\r\n..\r\n")).unwrap();
            }
            server.end_body().unwrap();
        }
        Served::AuthenticationFailed(_) => {}
        _ => server.accept().unwrap(),
    })
}

fn client(pieces: &[&[u8]]) -> (Vec<String>, Vec<u8>) {
    let mut client = Client::new(ClientConfig::new(), Moment::ORIGIN);
    let _ = (client.capa(), client.stat(), client.list(None), client.uidl(None), client.retr(1));
    let _ = (client.dele(1), client.quit());
    let (events, output) = run(client, pieces, |_, _| {});
    // How a message is cut is no difference.
    let mut joined: Vec<String> = Vec::new();
    for event in events {
        match event.strip_prefix("Body(CommandId(5), b\"").and_then(|rest| rest.strip_suffix("\")")) {
            Some(chunk) => match joined.last_mut().filter(|last| last.starts_with("body ")) {
                Some(last) => last.push_str(chunk),
                None => joined.push(format!("body {chunk}")),
            },
            None => joined.push(event),
        }
    }
    (joined, output)
}

fn session() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        4 => prop::sample::select(vec![
            &b"USER joe\r\n"[..], b"PASS pw\r\n", b"USER joe\r\nPASS pw\r\n", b"STAT\r\n", b"LIST\r\n", b"UIDL 1\r\n", b"RETR 1\r\n",
            b"TOP 1 0\r\n", b"RETR 2\r\n", b"DELE 1\r\n", b"DELE 2\r\n", b"RSET\r\n", b"NOOP\r\n", b"CAPA\r\n", b"UTF8\r\n",
            b"LANG de\r\n", b"AUTH PLAIN AGpvZQBwdw==\r\n", b"AUTH PLAIN\r\nAGpvZQBwdw==\r\n", b"QUIT\r\n", b"\r\n",
        ]).prop_map(<[u8]>::to_vec),
        1 => prop::collection::vec(any::<u8>().prop_filter("one line", |octet| *octet != b'\n'), 0..20),
    ];
    prop::collection::vec(piece, 0..20).prop_map(|pieces| pieces.concat())
}

fn replies() -> impl Strategy<Value = Vec<Vec<u8>>> {
    let piece = prop_oneof![
        4 => prop::sample::select(vec![
            &b"+OK\r\n"[..], b"+OK 2 320\r\n", b"+OK\r\n1 2\r\n2 3\r\n.\r\n", b"+OK\r\n1 a\r\n2 b\r\n.\r\n", b"-ERR no\r\n",
            b"+OK\r\n..\r\nx\r\n.\r\n", b"-ERR [SYS/TEMP] no\r\n", b"+OK\r\nTOP\r\n.\r\n", b".\r\n", b"+ \r\n",
        ]).prop_map(<[u8]>::to_vec),
        1 => prop::collection::vec(any::<u8>(), 0..20),
    ];
    prop::collection::vec(piece, 0..10)
}

/// A maildrop on an honest server, by what each message says; two may have the same id.
#[derive(Clone, Debug)]
struct Message {
    id: String,
    text: String,
}

/// What happens in a session.
#[derive(Clone, Debug)]
struct Visit {
    /// New messages; `Some` gives one the id of a message that is there.
    new: Vec<Option<usize>>,
    policy: Policy,
    all: bool,
    most: Option<u32>,
    days: u64,
    /// Which messages can be stored, by bits.
    storable: u8,
    /// Which lines LIST and UIDL leave out, if ids are unique.
    gaps: [u8; 2],
    backwards: bool,
    quits: bool,
}

fn visit() -> impl Strategy<Value = Visit> {
    let policy = prop_oneof![
        Just(Policy::Keep),
        Just(Policy::Delete),
        (0u32..4).prop_map(|days| Policy::DeleteAfter { days })
    ];
    let new = prop::collection::vec(prop::option::of(0usize..8), 0..4);
    let bits = any::<u8>();
    let gaps = [any::<u8>(), any::<u8>()];
    (new, policy, any::<(bool, bool, bool)>(), prop::option::of(0u32..4), 0u64..5, bits, gaps).prop_map(
        |(new, policy, (all, backwards, quits), most, days, storable, gaps)| Visit {
            new,
            policy,
            all,
            most,
            days,
            storable,
            gaps,
            backwards,
            quits,
        },
    )
}

/// What the server answers to a command.
fn answer(line: &str, drop: &[Message], visit: &Visit, gaps: bool) -> String {
    let hidden = |list: usize, at: usize| gaps && visit.gaps[list] & (1 << (at % 8)) != 0;
    let list = |which: usize, value: &dyn Fn(&Message) -> String| {
        let mut lines: Vec<String> = (0..drop.len())
            .filter(|&at| !hidden(which, at))
            .map(|at| format!("{} {}\r\n", at + 1, value(&drop[at])))
            .collect();
        if visit.backwards {
            lines.reverse();
        }
        format!("+OK\r\n{}.\r\n", lines.concat())
    };
    let message = |number: &str| &drop[number.parse::<usize>().unwrap() - 1];
    match line.split_once(' ').unwrap_or((line, "")) {
        ("STAT", _) => format!("+OK {} 0\r\n", drop.len()),
        ("LIST", "") => list(0, &|message| message.text.len().to_string()),
        ("UIDL", "") => list(1, &|message| message.id.clone()),
        ("RETR", number) => format!("+OK\r\n{}.\r\n", message(number).text),
        ("CAPA", _) => "+OK\r\nUIDL\r\nUSER\r\nPIPELINING\r\n.\r\n".into(),
        _ => "+OK\r\n".into(),
    }
}

/// A session: returns which messages were marked, after checking each mark against what is stored.
fn visited(
    visit: &Visit,
    drop: &[Message],
    gaps: bool,
    now: u64,
    journal: &mut Journal,
    stored: &mut HashMap<String, u32>,
) -> Vec<usize> {
    let policy = sasl_core::client::Policy::new().dangerous_allow_cleartext_secrets();
    let opening = Opening::new(Security::Clear, Credentials::password("joe", "pw")).policy(policy);
    let mut endpoint = Endpoint::new(Collector::new(opening, [1; 32], Moment::ORIGIN));
    endpoint.recv_buf().extend_from_slice(b"+OK\r\n");
    let (mut download, mut text, mut marks, mut current) = (None::<Download>, Vec::new(), Vec::new(), 0);
    let mut plan = Plan::from(visit.policy).all(visit.all);
    plan.max_messages = visit.most;
    for _ in 0..10_000 {
        match endpoint.poll(Moment::ORIGIN).unwrap() {
            Progress::Event(Event::Ready) => endpoint.machine().survey().unwrap(),
            Progress::Event(Event::Survey(survey)) => {
                assert!(survey.messages.is_sorted_by_key(|found| found.message));
                assert_eq!((survey.damaged, survey.irregular), (0, 0));
                for found in &survey.messages {
                    let message = &drop[found.message as usize - 1];
                    assert!(found.octets.is_none_or(|octets| octets == message.text.len() as u64));
                    assert!(found.unique_id.as_ref().is_none_or(|id| id.as_bytes() == message.id.as_bytes()));
                }
                download =
                    Some(Download::begin(endpoint.machine(), plan.clone(), survey, journal, now).unwrap());
            }
            Progress::Event(event) => {
                let Some(download) = &mut download else { continue };
                match download.on_event(event) {
                    Some(Occurrence::Message(found)) => (current, text) = (found.message, Vec::new()),
                    Some(Occurrence::Body(chunk)) => text.extend_from_slice(&chunk),
                    Some(Occurrence::BodyEnd) if visit.storable & (1 << (current % 8)) != 0 => {
                        *stored.entry(String::from_utf8(text.clone()).unwrap()).or_default() += 1;
                        download.commit(journal, endpoint.machine()).unwrap();
                    }
                    _ => {}
                }
            }
            Progress::Io { .. } => {
                let tx = endpoint.transmit().unwrap();
                let said = String::from_utf8(tx.copy_to_bytes(tx.remaining()).to_vec()).unwrap();
                let lines: VecDeque<&str> = said.split_terminator("\r\n").collect();
                if lines.is_empty() {
                    return if visit.quits { marks } else { Vec::new() };
                }
                for line in lines {
                    if let Some(number) = line.strip_prefix("DELE ") {
                        let at = number.parse::<usize>().unwrap() - 1;
                        assert!(stored.contains_key(&drop[at].text), "{:?} is deleted unseen", drop[at]);
                        marks.push(at);
                    }
                    endpoint.recv_buf().extend_from_slice(answer(line, drop, visit, gaps).as_bytes());
                }
            }
            other => panic!("{other:?}"),
        }
    }
    panic!("no rest");
}

proptest! {
    #[test]
    fn a_server_does_not_care_how_octets_are_cut(octets in session(), step in 1usize..20) {
        let pieces: Vec<&[u8]> = octets.chunks(step).collect();
        prop_assert_eq!(server(&[&octets]), server(&pieces));
    }

    #[test]
    fn a_client_does_not_care_how_octets_are_cut(replies in replies(), step in 1usize..20) {
        let whole: Vec<&[u8]> = replies.iter().map(|reply| &reply[..]).collect();
        let pieces: Vec<&[u8]> = replies.iter().flat_map(|reply| reply.chunks(step)).collect();
        let (whole, pieces) = (client(&whole), client(&pieces));
        // A second reply behind one that was asked for is refused when it is seen.
        if !whole.0.iter().chain(&pieces.0).any(|event| event.contains("reply to no command")) {
            prop_assert_eq!(whole, pieces);
        }
    }

    #[test]
    fn commands_round_trip(word in "USER|PASS|APOP|AUTH|STAT|LIST|RETR|DELE|TOP|UIDL|LANG|top|uidl|[A-Z]{0,5}", rest in prop::collection::vec(any::<u8>(), 0..40), numbers in "( [0-9]{1,11}){0,3}") {
        for line in [[word.as_bytes(), b" ", &rest].concat(), [word.as_bytes(), numbers.as_bytes()].concat(), rest] {
            let line = Bytes::from(line);
            match Command::parse(&line) {
                Ok(command) => {
                    let mut wire = Vec::new();
                    command.encode(&mut wire);
                    wire.truncate(wire.len() - 2);
                    prop_assert!(!wire.iter().any(|octet| matches!(octet, b'\r' | b'\n' | 0)));
                    prop_assert_eq!(Command::parse(&wire.into()), Ok(command));
                }
                Err(error) => prop_assert!(error.at() <= line.len()),
            }
        }
    }

    #[test]
    fn replies_round_trip(text in "\\PC{0,20}|(\\[[A-Z/ ]{0,9}\\]? ?){1,3}[a-z\\[]{0,5}", positive: bool) {
        let built = if positive { Reply::positive(text.clone()) } else { Reply::negative(text.clone()) };
        let parsed = Reply::parse(&format!("{}{text}", if positive { "+OK " } else { "-ERR " }).into(), &Quirks::default());
        for reply in built.into_iter().chain(parsed) {
            let mut wire = Vec::new();
            reply.encode(Language::German, &mut wire);
            wire.truncate(wire.len() - 2);
            prop_assert_eq!(Reply::parse(&wire.into(), &Quirks::default()).unwrap(), reply);
        }
    }

    #[test]
    fn listings_and_journals_round_trip(ids in prop::collection::hash_set("[!-~]{1,70}", 0..10), octets: u64, message in 1u32..) {
        let mut journal = Journal::new();
        for (at, id) in ids.iter().enumerate() {
            let listing = UniqueIdListing::parse(&format!("{message} {id}").into(), None).unwrap();
            prop_assert_eq!((listing.message, listing.unique_id.clone()), (message, Some(UniqueId::new(id).unwrap())));
            journal.record(&listing.unique_id.unwrap(), at as u64);
        }
        prop_assert_eq!(journal.len(), ids.len());
        prop_assert_eq!(Journal::parse(&journal.to_text()), Ok(journal));
        let scan = ScanListing::parse(format!("{message} {octets}").as_bytes(), None).unwrap();
        prop_assert_eq!((scan.message, scan.octets), (message, octets));
    }

    #[test]
    fn a_download_deletes_nothing_that_is_not_stored_and_loses_nothing(visits in prop::collection::vec(visit(), 1..6), shared: bool) {
        let (mut drop, mut journal, mut stored) = (Vec::<Message>::new(), Journal::new(), HashMap::new());
        let (mut count, mut now) = (0, 0);
        let last = Visit { new: Vec::new(), policy: Policy::Delete, all: false, most: None, days: 1, storable: 255, gaps: [0; 2], backwards: false, quits: true };
        for visit in visits.iter().chain([&last]) {
            now += visit.days * 86_400;
            for twin in &visit.new {
                count += 1;
                let id = match twin.filter(|_| shared && !drop.is_empty()) {
                    Some(at) => drop[at % drop.len()].id.clone(),
                    None => format!("id{count}"),
                };
                drop.push(Message { id, text: format!("a: {count}\r\n") });
            }
            // Lists with gaps are told apart from a maildrop with fewer messages only if ids are unique. Without any ids
            // there are policies that cannot work.
            journal = Journal::parse(&journal.to_text()).unwrap();
            let mut marks = visited(visit, &drop, !shared, now, &mut journal, &mut stored);
            marks.sort_unstable();
            for at in marks.into_iter().rev() {
                drop.remove(at);
            }
        }
        prop_assert!(drop.is_empty(), "{:?} are left", drop);
        for number in 1..=count {
            prop_assert!(stored.contains_key(&format!("a: {number}\r\n")), "{} is lost", number);
        }
    }
}
