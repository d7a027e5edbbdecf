//! Every POP3 row of the quirks: what servers and clients in use send.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod driven;

use bytes::Bytes;
use driven::client::{answer, asking, hear, heard};
use driven::visit::{Visit, Visited, plain};
use driven::{MESSAGES, Ran, Script, row};
use pop3_proto::client::{Client, Config};
use pop3_proto::collector::{CollectorError, Journal, Method, Policy, Survey};
use pop3_proto::{
    Command, Error, Limits, PeerError, Quirks, Reply, ReplyError, ResponseCode, UniqueId, timestamp,
};
use sasl_core::{Credentials, Mechanism, Nonce, Transport};
use wire_core::{Endpoint, Moment};

fn octets(id: &str) -> Vec<u8> {
    row("quirks", id)
}

fn text(id: &str) -> String {
    String::from_utf8(octets(id)).unwrap()
}

/// The line of a row, without its CRLF.
fn line(id: &str) -> Bytes {
    let octets = octets(id);
    Bytes::copy_from_slice(octets.strip_suffix(b"\r\n").unwrap())
}

/// The reply in a row.
fn reply(id: &str) -> Reply {
    Reply::parse(&line(id), &Quirks::default()).unwrap()
}

/// The message in a row, as a client of ours gets it; cut everywhere, and a command later still in step.
fn message(id: &str) -> Vec<u8> {
    let octets = octets(id);
    let pipelined = || {
        let mut endpoint = asking(Config::new(), |client| client.retr(1));
        endpoint.machine().noop().unwrap();
        endpoint
    };
    let heard = hear(pipelined(), &[&octets, b"+OK there\r\n"], false);
    assert_eq!(heard.events.last().unwrap(), "+OK there", "{id}: {heard:?}");
    let alone = answer(|client| client.retr(1), &octets);
    assert_eq!((alone.error, alone.events.last().unwrap().as_str()), (None, "End"), "{id}");
    assert_eq!(alone.body, heard.body);
    alone.body
}

/// A collector against a server that gives the row as its answer to a command.
fn visited(id: &str, to: &'static str) -> Visited {
    let said = text(id);
    Visit::new(Policy::Keep).run(plain(move |command| (command == to).then(|| leak(&said))))
}

/// Tests may.
fn leak(text: &str) -> &'static str {
    Box::leak(text.to_owned().into_boxed_str())
}

fn survey(id: &str, to: &'static str) -> Survey {
    visited(id, to).survey.unwrap()
}

/// What a server of ours makes of a row.
fn server(prelude: &str, id: &str) -> Ran {
    Script::new(prelude).secure().run(&octets(id))
}

fn greeting(id: &str, config: Config) -> (Endpoint<Client>, Option<Error>, Vec<String>) {
    let make = || Endpoint::new(Client::new(config.clone(), Moment::ORIGIN));
    let told = heard(make, &octets(id), false);
    let mut endpoint = make();
    endpoint.recv_buf().extend_from_slice(&octets(id));
    driven::client::pump(&mut endpoint, &mut driven::client::Heard::default());
    (endpoint, told.error, told.events)
}

macro_rules! rows {
    ($($name:ident $id:literal $check:expr;)*) => {
        $(#[test] fn $name() { let check: fn(&str) = $check; check($id); })*
        const TESTED: &[&str] = &[$($id),*];
    };
}

rows! {
    quirk_pop3_003 "pop3-003" |id| assert_eq!(message(id), b".x\r\ny\r\n");
    quirk_pop3_005 "pop3-005" |id| assert_eq!(message(id), b"abc\r\n");
    quirk_pop3_009 "pop3-009" |id| assert_eq!(message(id), b"ab\n.\ncd\r\n");
    quirk_pop3_010 "pop3-010" |id| assert_eq!(message(id), b"normal line\r\nhidden\r\n");
    quirk_pop3_012 "pop3-012" |id| {
        // RFC 5034 section 4 limits the line: a long password waits for the server to ask for it. Words of any kind do.
        for prompt in [text(id), "+ \r\n".into(), "+\r\n".into(), "+ send\r\n".into(), "+ go ahead\r\n".into()] {
            let password = "p".repeat(240);
            let asked = || asking(Config::new(), |client| {
                let credentials = Credentials::password("joe", password.as_str());
                let policy = sasl_core::client::Policy::new().dangerous_allow_cleartext_secrets();
                let offered = [Mechanism::Plain];
                let nonce = Nonce::derive(&[1; 32], 1);
                let sasl = sasl_core::client::Client::new(
                    Mechanism::Plain, &credentials, &Transport::clear(), &offered, &policy, nonce);
                client.authenticate(sasl.unwrap())
            });
            let heard = heard(asked, prompt.as_bytes(), false);
            let message = sasl_core::base64::decode(heard.output.strip_suffix(b"\r\n").unwrap());
            let message = message.unwrap_or_else(|error| panic!("{prompt:?}: {error} {heard:?}"));
            assert_eq!(message.expose(), format!("\0joe\0{password}").as_bytes(), "{prompt:?}");
        }
        // LOGIN has sent nothing either.
        let said = text(id);
        let visit = Visit::new(Policy::Keep);
        let visited = visit.run(|command| match command {
            "CAPA" => "+OK\r\nSASL LOGIN\r\nUIDL\r\n.\r\n".into(),
            "AUTH LOGIN" | "am9l" => said.clone(),
            "cHc=" => "+OK\r\n".into(),
            other => plain(|_| None)(other),
        });
        assert_eq!((visited.messages.len(), visited.error.is_none()), (3, true), "{visited:?}");
    };
    quirk_pop3_014 "pop3-014" |id| {
        let refused = text(id);
        let asked = std::cell::Cell::new(0);
        let visited = Visit::new(Policy::Delete).visit(|command| match command {
            "CAPA" if asked.replace(asked.get() + 1) == 0 => "+OK\r\nUSER\r\nPIPELINING\r\nUIDL\r\n.\r\n".into(),
            "CAPA" => refused.clone(),
            other => plain(|_| None)(other),
        });
        assert_eq!((asked.get(), visited.count("DELE")), (2, 3), "{visited:?}");
        assert!(visited.error.is_none() && visited.goodbye.is_some());
        // The list is kept: the machine still pipelines.
        let mut endpoint = asking(Config::new(), Client::capa);
        let mut told = driven::client::Heard::default();
        endpoint.recv_buf().extend_from_slice(b"+OK\r\nPIPELINING\r\nTOP\r\n.\r\n");
        driven::client::pump(&mut endpoint, &mut told);
        endpoint.machine().capa().unwrap();
        driven::client::pump(&mut endpoint, &mut told);
        endpoint.recv_buf().extend_from_slice(&octets(id));
        driven::client::pump(&mut endpoint, &mut told);
        let kept = endpoint.machine().capabilities();
        assert!(kept.top() && kept.pipelining() && told.error.is_none(), "{told:?}");
    };
    quirk_pop3_015 "pop3-015" |id| {
        let again = text(id);
        let asked = std::cell::Cell::new(0);
        let visited = Visit::new(Policy::Keep).visit(|command| match command {
            "CAPA" if asked.replace(asked.get() + 1) == 0 => "+OK\r\nUSER\r\n.\r\n".into(),
            "CAPA" => again.clone(),
            other => plain(|_| None)(other),
        });
        assert_eq!(visited.commands[..5], ["CAPA", "USER joe", "PASS pw", "CAPA", "STAT"]);
        assert_eq!(visited.messages.len(), 3);
        let heard = answer(Client::capa, &octets(id));
        assert_eq!(heard.events, ["+OK", "End"]);
    };
    quirk_pop3_017 "pop3-017" |id| {
        let visited = visited(id, "CAPA");
        // UIDL is tried, and so is TOP if it is asked for; CAPA is not asked for again.
        assert_eq!((visited.count("CAPA"), visited.count("UIDL"), visited.messages.len()), (1, 1, 3), "{visited:?}");
        let without = text(id);
        let visited = Visit::new(Policy::Keep).run(plain(|command| match command {
            "CAPA" | "UIDL" => Some(&without),
            _ => None,
        }));
        assert!(!visited.survey.as_ref().unwrap().unique_ids && visited.refused.is_some(), "{visited:?}");
        let apop = Visit { greeting: "+OK <1896.697170952@dbc.mtview.ca.us>\r\n", ..Visit::new(Policy::Keep) };
        let by_apop = apop.clone().opening(|opening| opening.apop(true)).run(plain(|_| None));
        assert_eq!((by_apop.count("APOP joe "), by_apop.count("USER")), (1, 0), "{by_apop:?}");
        // Only if it is wanted.
        assert_eq!(apop.run(plain(|_| None)).count("APOP"), 0);
    };
    quirk_pop3_021 "pop3-021" |id| assert_eq!(answer(Client::stat, &octets(id)).events, ["Stat 2 None"]);
    quirk_pop3_022 "pop3-022" |id| {
        let heard = answer(|client| client.uidl(None), &octets(id));
        assert_eq!(heard.events, ["+OK", "Id 1 abc", "Id 2 def", "End"]);
    };
    quirk_pop3_023 "pop3-023" |id| {
        let heard = answer(|client| client.uidl(Some(5)), &octets(id));
        assert_eq!(heard.events, ["Id 5 abc123"]);
    };
    quirk_pop3_024 "pop3-024" |id| {
        let heard = answer(|client| client.list(Some(5)), &octets(id));
        assert_eq!(heard.events, ["Scan 5 320"]);
    };
    quirk_pop3_025 "pop3-025" |id| {
        let survey = survey(id, "UIDL");
        let ids: Vec<_> = survey.messages.iter().map(|found| {
            (found.message, found.octets, found.unique_id.as_ref().map(|id| id.to_string()))
        }).collect();
        let id = |id: &str| Some(id.to_owned());
        assert_eq!(ids, [(1, Some(10), id("a")), (2, Some(20), None), (3, Some(30), id("c"))]);
        // What has no id is retrieved each time, and recorded under nobody's.
        let said = "+OK\r\n1 a\r\n3 c\r\n.\r\n";
        let mut visit = Visit::new(Policy::Keep);
        let first = visit.run(plain(|command| (command == "UIDL").then_some(said)));
        assert_eq!((first.messages.len(), first.journal.len()), (3, 2));
        visit.journal = first.journal;
        let second = visit.run(plain(|command| (command == "UIDL").then_some(said)));
        assert_eq!(second.messages.iter().map(|(message, _)| *message).collect::<Vec<_>>(), [2]);
    };
    quirk_pop3_026 "pop3-026" |id| {
        let heard = answer(|client| client.uidl(None), &octets(id));
        assert_eq!(heard.events, ["+OK", "Id 588 UID588", "Id 589 UID589", "End"]);
    };
    quirk_pop3_027 "pop3-027" |id| {
        let heard = answer(|client| client.uidl(None), &octets(id));
        assert_eq!(heard.events, ["+OK", "Id 1 uid1", "Id 2 uid2", "End"]);
    };
    quirk_pop3_028 "pop3-028" |id| {
        let heard = answer(|client| client.uidl(None), &octets(id));
        assert_eq!(heard.events, ["+OK", "Id 1 -", "End"]);
        assert_eq!(survey(id, "UIDL").messages[0].unique_id, None);
    };
    quirk_pop3_030 "pop3-030" |id| {
        let visited = visited(id, "UIDL");
        let survey = visited.survey.unwrap();
        let dup = UniqueId::new("dup").unwrap();
        assert!(survey.messages[..2].iter().all(|found| found.ambiguous && found.unique_id.as_ref() == Some(&dup)));
        assert!(!survey.messages[2].ambiguous);
        assert_eq!(visited.messages.len(), 3);
    };
    quirk_pop3_032 "pop3-032" |id| {
        assert_eq!(timestamp(&line(id)), None);
        let (mut endpoint, error, _) = greeting(id, Config::new());
        assert_eq!((error, endpoint.machine().timestamp()), (None, None));
    };
    quirk_pop3_033 "pop3-033" |id| {
        let (_, error, events) = greeting(id, Config::new());
        assert_eq!((error, events), (None, vec!["Greeting +OK".to_owned()]));
        let visit = Visit { greeting: "+OK\r\n", ..Visit::new(Policy::Keep) };
        assert_eq!(visit.run(plain(|_| None)).messages.len(), 3);
    };
    quirk_pop3_035 "pop3-035" |id| {
        assert!(reply(id).has_code(&ResponseCode::IN_USE) && reply(id).is_transient());
        let error = visited(id, "PASS pw").error.unwrap();
        assert!(matches!(&error, CollectorError::Login { method: Method::UserPass, .. }) && error.is_transient());
    };
    quirk_pop3_036 "pop3-036" |id| {
        assert!(reply(id).has_code(&ResponseCode::SYS_TEMP) && reply(id).is_transient());
        assert!(visited(id, "PASS pw").error.unwrap().is_transient());
    };
    quirk_pop3_037 "pop3-037" |id| {
        assert!(reply(id).has_code(&ResponseCode::LOGIN_DELAY) && reply(id).is_transient());
        assert!(visited(id, "PASS pw").error.unwrap().is_transient());
    };
    quirk_pop3_038 "pop3-038" |id| {
        assert!(reply(id).has_code(&ResponseCode::AUTH) && !reply(id).is_transient());
        let error = visited(id, "PASS pw").error.unwrap();
        assert!(error.to_string().contains("https://support.google.com/mail/answer/78754"), "{error}");
        assert!(!error.is_transient());
    };
    quirk_pop3_039 "pop3-039" |id| {
        assert!(reply(id).is_negative() && reply(id).text().is_empty() && reply(id).code().is_none());
        assert_eq!(answer(Client::noop, &octets(id)).events, ["-ERR"]);
    };
    quirk_pop3_040 "pop3-040" |id| {
        let strict = answer(Client::noop, &octets(id));
        assert_eq!(strict.error, Some(Error::Peer(PeerError::Reply(ReplyError::Status))));
        let lenient = Config::new().quirks(Quirks::new().any_case(true));
        let heard = heard(|| asking(lenient.clone(), Client::noop), &octets(id), false);
        assert_eq!(heard.events, ["-ERR lower"]);
    };
    quirk_pop3_041 "pop3-041" |id| {
        let wrong = Some(Error::Peer(PeerError::Reply(ReplyError::Status)));
        assert_eq!(greeting(id, Config::new()).1, wrong);
        let lenient = Config::new().quirks(Quirks::new().greeting_without_space(true));
        assert_eq!(greeting(id, lenient.clone()).2, ["Greeting +OK welcome"]);
        // For the greeting only.
        assert_eq!(heard(|| asking(lenient.clone(), Client::noop), &octets(id), false).error, wrong);
    };
    quirk_pop3_043 "pop3-043" |id| {
        assert_eq!(reply(id).text(), b"Willkommen \xfcber");
        assert_eq!(answer(Client::noop, &octets(id)).events, ["+OK Willkommen \\xfcber"]);
    };
    quirk_pop3_044 "pop3-044" |id| {
        let heard = answer(|client| client.top(1, 0), &octets(id));
        assert_eq!((heard.body, heard.events), (b"Subject: x\r\n".to_vec(), vec!["+OK".to_owned(), "End".to_owned()]));
    };
    quirk_pop3_046 "pop3-046" |id| {
        // The row is a template: the dots stand for more of the same.
        let uidl = |count: usize, limits: Limits| {
            let octets = text(id);
            let listing = octets.trim_end().trim_end_matches('.').trim_end_matches('a').to_owned();
            let listing = format!("{listing}{}\r\n.\r\n", "a".repeat(count));
            let config = Config::new().limits(limits);
            let mut events = heard(|| asking(config.clone(), |client| client.uidl(None)), listing.as_bytes(), false).events;
            assert_eq!((events.remove(0), events.pop()), ("+OK".to_owned(), Some("End".to_owned())));
            events
        };
        for count in [70, 71, 255] {
            assert_eq!(uidl(count, Limits::new()), [format!("Id 1 {}", "a".repeat(count))], "{count}");
        }
        assert_eq!(uidl(256, Limits::new()), [format!("Damaged 1 {}", "a".repeat(256))]);
        assert_eq!(uidl(71, Limits::new().unique_id(70)), [format!("Damaged 1 {}", "a".repeat(71))]);
        assert_eq!(uidl(1000, Limits::new().reply_line(512)), ["Damaged "]);
    };
    quirk_pop3_048 "pop3-048" |id| {
        let Ok(Command::Pass(password)) = Command::parse(&line(id)) else { panic!() };
        assert_eq!(password.expose(), b"a b  c");
        let ran = server("USER spaced\r\n", id);
        assert_eq!((ran.signs().as_str(), ran.count("Open spaced")), ("+", 1), "{ran:?}");
        let mut wire = Vec::new();
        Command::Pass("a b  c".into()).encode(&mut wire);
        assert_eq!(wire, octets(id));
    };
    quirk_pop3_050 "pop3-050" |id| {
        let mut script = Script::opened();
        script.messages[0] = Bytes::from_static(b"Subject: x\r\n");
        assert_eq!(script.run(&octets(id)).text(), "+OK\r\nSubject: x\r\n.\r\n");
        let script = script.with(|config| config.complete_headers(true));
        assert_eq!(script.run(&octets(id)).text(), "+OK\r\nSubject: x\r\n\r\n.\r\n");
        // A message that has one gets no other.
        let whole = Script::opened().with(|config| config.complete_headers(true));
        assert_eq!(whole.run(&octets(id)).text(), "+OK\r\nSubject: one\r\n\r\n.\r\n");
        assert!(MESSAGES[0].starts_with(b"Subject: one\r\n\r\n"));
    };
    quirk_pop3_052 "pop3-052" |id| {
        assert_eq!(server("", id).text(), "+OK ok\r\nSCRAM-SHA-256\r\nPLAIN\r\nLOGIN\r\n.\r\n");
        // In clear there is none.
        assert_eq!(Script::new("").run(&octets(id)).text(), "+OK ok\r\n.\r\n");
    };
    quirk_pop3_053 "pop3-053" |id| {
        let Ok(Command::Auth { mechanism, initial }) = Command::parse(&line(id)) else { panic!() };
        assert_eq!((mechanism, initial.unwrap().expose()), (Bytes::from("PLAIN"), &b"="[..]));
        // An empty response is not asked for again, and is no message of PLAIN.
        let ran = server("", id);
        assert_eq!(ran.signs(), "-", "{ran:?}");
        assert_eq!((ran.lines().len(), ran.count("AuthenticationFailed")), (1, 1));
        // Without it there is a challenge.
        assert_eq!(Script::new("").secure().run(b"AUTH PLAIN\r\n").text(), "+ \r\n");
        // What comes empty behind a challenge is refused too; "=" stands for empty in the command only.
        assert_eq!(Script::new("").secure().run(b"AUTH PLAIN\r\n=\r\n").lines()[1], "-ERR cannot decode the response");
    };
    quirk_pop3_055 "pop3-055" |id| {
        let ran = Script::opened().run(&octets(id));
        assert_eq!((ran.signs().as_str(), ran.count("Retrieve")), ("-", 0));
    };
}

#[test]
fn an_id_that_a_message_had_for_a_moment_tells_nothing_of_another() {
    let mut journal = Journal::new();
    journal.record(&UniqueId::new("B").unwrap(), 0);
    let mut visit = Visit::new(Policy::Delete);
    visit.journal = journal;
    let visited = visit.run(plain(|command| match command {
        "STAT" => Some("+OK 2 6\r\n"),
        "LIST" => Some("+OK\r\n1 3\r\n2 3\r\n.\r\n"),
        "UIDL" => Some("+OK\r\n1 A\r\n1 B\r\n2 B\r\n.\r\n"),
        "RETR 1" => Some("+OK\r\nx\r\n.\r\n"),
        "RETR 2" => Some("+OK\r\ny\r\n.\r\n"),
        _ => None,
    }));
    // It is retrieved before it is deleted.
    let retrieved = visited.commands.iter().position(|command| command == "RETR 2");
    let deleted = visited.commands.iter().position(|command| command == "DELE 2");
    assert!(retrieved.is_some() && retrieved < deleted, "{:?}", visited.commands);
}

#[test]
fn every_row_has_its_test() {
    let all = driven::ids("quirks");
    let missing: Vec<_> = all.iter().filter(|id| !TESTED.contains(&id.as_str())).collect();
    println!("{} of {} quirks have a test", all.len() - missing.len(), all.len());
    assert!(missing.is_empty(), "{missing:?}");
}
