//! What a journal tells of messages, over several sessions: nothing is deleted that it does not surely know.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod driven;

use driven::visit::{Visit, Visited, opening};
use pop3_proto::collector::{Collector, Download, Event, Journal, Left, Occurrence, Plan, Policy};
use pop3_proto::{Misuse, UniqueId};
use wire_core::{Endpoint, Moment, Progress};

const DAY: u64 = 86_400;

/// A visit to a maildrop with these unique ids, in the order of the messages; `ids` may say what it likes.
fn visit(journal: &Journal, plan: impl Into<Plan>, day: u64, ids: &[&str]) -> Visited {
    let lines = |line: fn(usize, &str) -> String| {
        ids.iter().enumerate().map(|(at, id)| line(at + 1, id)).collect::<String>()
    };
    let numbers: std::collections::BTreeSet<String> =
        lines(|at, id| format!("{}\n", number(at, id))).lines().map(str::to_owned).collect();
    let sizes: String = numbers.iter().map(|number| format!("{number} 10\r\n")).collect();
    let listed = lines(|at, id| format!("{} {}\r\n", number(at, id), id.rsplit(':').next().unwrap()));
    let mut visit = Visit::new(Policy::Keep);
    (visit.plan, visit.journal, visit.time) = (plan.into(), journal.clone(), day * DAY);
    visit.run(|command| match command {
        "STAT" => format!("+OK {} 0\r\n", numbers.len()),
        "LIST" => format!("+OK\r\n{sizes}.\r\n"),
        "UIDL" => format!("+OK\r\n{listed}.\r\n"),
        "CAPA" => "-ERR\r\n".to_owned(),
        _ if command.starts_with("RETR") => format!("+OK\r\n{command}\r\n.\r\n"),
        _ => "+OK\r\n".to_owned(),
    })
}

/// `7:id` is the id of message 7, wherever it stands.
fn number(at: usize, id: &str) -> String {
    id.split_once(':').map_or_else(|| at.to_string(), |(number, _)| number.to_owned())
}

fn said(visited: &Visited, verb: &str) -> Vec<String> {
    visited.commands.iter().filter(|command| command.starts_with(verb)).cloned().collect()
}

/// Two messages had the same id, one of them was stored and went; the one that is left may be the other.
#[test]
fn the_one_that_is_left_of_two_is_not_taken_for_the_one_that_was_stored() {
    for policy in [Policy::Delete, Policy::DeleteAfter { days: 1 }, Policy::Keep] {
        let first = visit(&Journal::new(), Plan::from(policy).max_messages(1), 10, &["x", "x"]);
        assert_eq!(said(&first, "RETR"), ["RETR 1"]);
        let text = first.journal.to_text();
        assert!(text.ends_with(&format!("x {0} {0} 1/2\n", 10 * DAY)), "{text}");
        assert_eq!(Journal::parse(&text).unwrap(), first.journal);

        let second = visit(&first.journal, policy, 30, &["x"]);
        assert_eq!(said(&second, "RETR"), ["RETR 1"], "{policy:?}");
        // Now it is stored, as of today.
        let text = second.journal.to_text();
        assert!(text.ends_with(&format!("x {0} {0} 1\n", 30 * DAY)), "{text}");
        let deleted: &[&str] = if policy == Policy::Delete { &["DELE 1"] } else { &[] };
        assert_eq!(said(&second, "DELE"), deleted, "{policy:?}");

        let third = visit(&second.journal, policy, 30, &["x"]);
        assert_eq!(said(&third, "RETR").len(), 0, "{policy:?}");
        assert_eq!(said(&third, "DELE"), deleted, "{policy:?}");
        let due = visit(&second.journal, policy, 31, &["x"]);
        assert_eq!(said(&due, "DELE").len(), usize::from(policy != Policy::Keep));
    }
}

/// It was enough that the server once showed a second message with an id.
#[test]
fn an_id_that_was_seen_twice_is_known_no_more() {
    let first = visit(&Journal::new(), Policy::Keep, 10, &["x"]);
    assert_eq!(said(&visit(&first.journal, Policy::Delete, 11, &["x"]), "RETR").len(), 0);
    let second = visit(&first.journal, Plan::from(Policy::Keep).max_messages(0), 11, &["x", "x"]);
    assert_eq!((said(&second, "RETR").len(), second.report.left_for(Left::Later)), (0, 2));
    let third = visit(&second.journal, Policy::Delete, 12, &["x"]);
    assert_eq!((said(&third, "RETR"), said(&third, "DELE")), (vec!["RETR 1".into()], vec!["DELE 1".into()]));
    assert!(
        third.commands.iter().position(|c| c == "RETR 1") < third.commands.iter().position(|c| c == "DELE 1")
    );
}

/// All of a group must be stored in one session: storing one of them twice is not storing two.
#[test]
fn the_same_message_stored_twice_is_not_two() {
    let one = Plan::from(Policy::Keep).max_messages(1);
    let first = visit(&Journal::new(), one.clone(), 10, &["x", "x"]);
    let second = visit(&first.journal, one, 11, &["x", "x"]);
    assert_eq!(second.report.left_for(Left::Ambiguous), 0);
    let third = visit(&second.journal, Policy::Keep, 12, &["x", "x"]);
    assert_eq!(said(&third, "RETR"), ["RETR 1", "RETR 2"]);
    let fourth = visit(&third.journal, Policy::Keep, 13, &["x", "x"]);
    assert_eq!((said(&fourth, "RETR").len(), fourth.report.left_for(Left::Ambiguous)), (0, 2));
    // Another one may have come when one of them went: the one that is left is not taken for one of them.
    let fifth = visit(&fourth.journal, Policy::Delete, 14, &["x"]);
    assert_eq!((said(&fifth, "RETR").len(), said(&fifth, "DELE").len()), (1, 1));
}

/// Two were stored, one of them went, and a third came: there are two again, and one of them was never stored.
#[test]
fn as_many_as_there_were_are_not_the_same_ones() {
    let both = visit(&Journal::new(), Policy::Keep, 10, &["x", "x"]);
    for policy in [Policy::Delete, Policy::DeleteAfter { days: 0 }] {
        let one = Plan::from(policy).all(true).max_messages(1);
        let first_went = visit(&both.journal, one.clone(), 11, &["x", "x"]);
        assert_eq!(said(&first_went, "DELE"), ["DELE 1"]);
        let second_went = visit(&first_went.journal, one, 12, &["x", "x"]);
        let third_is_left = visit(&second_went.journal, policy, 13, &["x"]);
        assert_eq!(
            (said(&third_is_left, "RETR").len(), said(&third_is_left, "DELE").len()),
            (1, 1),
            "{policy:?}"
        );
    }
    // If somebody else removed the first, and a session saw that.
    let alone = visit(&both.journal, Plan::from(Policy::Keep).max_messages(0), 11, &["x"]);
    let two_again = visit(&alone.journal, Policy::Keep, 12, &["x", "x"]);
    assert_eq!(said(&two_again, "RETR").len(), 2);
}

#[test]
fn a_message_with_two_ids_has_none() {
    let first = visit(&Journal::new(), Policy::Keep, 10, &["1:a", "1:b", "2:c"]);
    assert_eq!(said(&first, "RETR"), ["RETR 1", "RETR 2"]);
    let known = |id: &str| first.journal.retrieved(&UniqueId::new(id).unwrap()).is_some();
    assert_eq!((known("a"), known("b"), known("c")), (false, false, true));
    let second = visit(&first.journal, Policy::Delete, 11, &["a", "b", "c"]);
    assert_eq!(said(&second, "RETR"), ["RETR 1", "RETR 2"]);
    // And it is never deleted by one of them that is known.
    let both = visit(&second.journal, Policy::Delete, 12, &["1:a", "1:b"]);
    assert_eq!(said(&both, "RETR"), ["RETR 1"]);
}

/// A collector in the middle of its first message, and the download.
fn downloading(journal: &mut Journal) -> (Endpoint<Collector>, Download) {
    let mut endpoint = Endpoint::new(Collector::new(opening(), [1; 32], Moment::ORIGIN));
    let replies = [
        "+OK\r\n",
        "-ERR\r\n",
        "+OK\r\n",
        "+OK\r\n",
        "+OK 2 6\r\n",
        "+OK\r\n1 3\r\n2 3\r\n.\r\n",
        "+OK\r\n1 a\r\n2 b\r\n.\r\n",
        "+OK\r\nx\r\n",
    ];
    let mut download = None;
    for reply in replies {
        endpoint.recv_buf().extend_from_slice(reply.as_bytes());
        while let Ok(Progress::Event(event)) = endpoint.poll(Moment::ORIGIN) {
            match event {
                Event::Ready => endpoint.machine().survey().unwrap(),
                Event::Survey(survey) => {
                    let plan = Policy::Delete.into();
                    download = Some(Download::begin(endpoint.machine(), plan, survey, journal, 7).unwrap());
                }
                event => drop(download.as_mut().unwrap().on_event(event)),
            }
        }
    }
    (endpoint, download.unwrap())
}

fn sent(endpoint: &mut Endpoint<Collector>) -> String {
    let mut output = Vec::new();
    driven::drain(endpoint, &mut output);
    String::from_utf8(output).unwrap()
}

#[test]
fn only_a_whole_message_can_be_committed_and_only_once() {
    let mut journal = Journal::new();
    let (mut endpoint, mut download) = downloading(&mut journal);
    assert_eq!(download.commit(&mut journal, endpoint.machine()), Err(Misuse::State));
    assert!(journal.is_empty() && download.report().committed == 0);
    sent(&mut endpoint);
    endpoint.recv_buf().extend_from_slice(b".\r\n");
    let Ok(Progress::Event(event)) = endpoint.poll(Moment::ORIGIN) else { panic!() };
    assert!(matches!(download.on_event(event), Some(Occurrence::BodyEnd)));
    assert_eq!(download.commit(&mut journal, endpoint.machine()), Ok(()));
    assert_eq!(download.commit(&mut journal, endpoint.machine()), Err(Misuse::State));
    assert_eq!((journal.len(), download.report().committed), (1, 1));
    // Message 2 was asked for already; the deletion comes behind it.
    assert!(endpoint.poll(Moment::ORIGIN).is_ok());
    assert_eq!(sent(&mut endpoint), "RETR 2\r\n");
    endpoint.recv_buf().extend_from_slice(b"-ERR\r\n");
    assert!(matches!(endpoint.poll(Moment::ORIGIN), Ok(Progress::Event(Event::NotRetrieved { .. }))));
    assert!(endpoint.poll(Moment::ORIGIN).is_ok());
    assert_eq!(sent(&mut endpoint), "DELE 1\r\n");
    assert!(download.is_deleting());
}

/// The connection breaks while the last message is being stored: it is stored, and the next session need not bring it.
#[test]
fn what_is_stored_is_recorded_although_the_session_is_over() {
    let mut journal = Journal::new();
    let (mut endpoint, mut download) = downloading(&mut journal);
    endpoint.recv_buf().extend_from_slice(b".\r\n");
    endpoint.recv_eof();
    let Ok(Progress::Event(event)) = endpoint.poll(Moment::ORIGIN) else { panic!() };
    download.on_event(event);
    assert!(endpoint.poll(Moment::ORIGIN).is_err());
    assert!(!endpoint.machine().is_ready());
    assert_eq!(download.commit(&mut journal, endpoint.machine()), Ok(()));
    assert!(!download.is_deleting());
    let next = visit(&journal, Policy::Delete, 1, &["a", "b"]);
    assert_eq!(said(&next, "RETR"), ["RETR 2"]);
    assert_eq!(said(&next, "DELE"), ["DELE 1", "DELE 2"]);
}
