//! Every row of the attack vectors that is aimed at POP3, on either side.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod driven;

use bytes::Bytes;
use driven::client::{Heard, answer, asking, greeted, hear, heard};
use driven::visit::{Visit, plain};
use driven::{Ran, Script, row};
use pop3_proto::client::{Client, Config};
use pop3_proto::collector::{Left, Policy};
use pop3_proto::server::State;
use pop3_proto::{Error, Misuse, PeerError, Quirks, Reply, ReplyError, ResponseCode, UniqueId};
use wire_core::{Endpoint, Moment, SealError};

fn octets(id: &str) -> Vec<u8> {
    row("attacks", id)
}

/// What a server makes of a row; whole, one octet at a time and cut everywhere.
fn attack(script: &Script, id: &str) -> Ran {
    script.run(&octets(id))
}

fn text(id: &str) -> String {
    String::from_utf8(octets(id)).unwrap()
}

/// A client that waits for its greeting.
fn new_client() -> Endpoint<Client> {
    Endpoint::new(Client::new(Config::new(), Moment::ORIGIN))
}

macro_rules! rows {
    ($($name:ident $id:literal $check:expr;)*) => {
        $(#[test] fn $name() { let check: fn(&str) = $check; check($id); })*
        const TESTED: &[&str] = &[$($id),*];
    };
}

rows! {
    attack_inj_22 "INJ-22" |id| {
        let line = text(id);
        let argument = line.strip_prefix("USER ").unwrap();
        let trimmed = argument.trim_end();
        for name in [argument, trimmed, "a\r", "a\n", "a\0", "\r\n", ""] {
            let mut endpoint = greeted(Config::new());
            let client = endpoint.machine();
            assert_eq!(client.user(name), Err(Misuse::Argument), "{name:?}");
            assert_eq!(client.pass(&name.into()), Err(Misuse::Argument), "{name:?}");
            assert_eq!(client.apop(name, "c4c9334bac560ecc979e58001b3e22fb"), Err(Misuse::Argument), "{name:?}");
            let heard = hear(endpoint, &[b""], false);
            assert_eq!(heard.output, b"", "{name:?}");
        }
        let mut endpoint = greeted(Config::new());
        let digest = "c4c9334bac560ecc979e58001b3e\r\nf";
        assert_eq!(endpoint.machine().apop("a", digest), Err(Misuse::Argument));
        // A collector does not send it either.
        let mut visit = Visit::new(Policy::Keep);
        visit.opening.credentials = sasl_core::Credentials::password(trimmed, "pw");
        let visited = visit.run(plain(|_| None));
        assert_eq!(visited.commands, ["CAPA"], "{visited:?}");
        assert!(visited.error.is_some());
    };
    attack_tls_04 "TLS-04" |id| {
        let octets = octets(id);
        let agreed = "STLS\r\n".len();
        for cut in 1..=octets.len() {
            let (first, second) = octets.split_at(cut);
            let ran = Script::new("").play(&[first, second]);
            if cut == agreed {
                // What follows goes to TLS, which it is not.
                assert_eq!((ran.start_tls, ran.lines()), (true, vec!["+OK begin TLS negotiation".to_owned()]));
            } else {
                assert!(!ran.start_tls && matches!(ran.error, Some(Error::Seal(_))), "cut at {cut}: {ran:?}");
                assert_eq!(ran.signs(), "-", "cut at {cut}: {ran:?}");
            }
            assert!(!ran.text().contains("capability"), "cut at {cut}");
        }
        let tls = test_support::pki::server_tls();
        let played = test_support::script::Script::new(Script::new("").server())
            .tls(move || tls.session().unwrap())
            .play(&[&octets[..agreed], &octets[agreed..]], |_, _| {});
        assert!(played.end.layer_error().is_some(), "{played:?}");
        assert!(!played.output.windows(4).any(|word| word == b"PIPE"));
    };
    attack_tls_07 "TLS-07" |id| {
        let octets = octets(id);
        let agreed = "+OK Begin TLS\r\n".len();
        for cut in 1..=octets.len() {
            let (first, second) = octets.split_at(cut);
            let heard = hear(asking(Config::new(), Client::start_tls), &[first, second], false);
            if cut == agreed {
                assert_eq!((heard.start_tls, heard.events.len()), (true, 0));
            } else {
                let injected = Error::Seal(SealError::Plaintext { octets: octets.len() - agreed });
                let partly = matches!(heard.error, Some(Error::Seal(SealError::Plaintext { .. })));
                assert!(heard.error == Some(injected) || (cut > agreed && partly), "cut at {cut}: {heard:?}");
                assert_eq!(heard.events.len(), 0, "cut at {cut}: {heard:?}");
            }
        }
        // A piece that ends with the agreement: the rest is no TLS.
        let tls = test_support::pki::client_tls();
        let played = test_support::script::Script::new(asking(Config::new(), Client::start_tls))
            .tls(move || tls.session(test_support::pki::HOST).unwrap())
            .play(&[&octets[..agreed], &octets[agreed..]], |_, _| {});
        assert!(played.end.layer_error().is_some() && played.events.is_empty(), "{played:?}");
    };
    attack_tls_31 "TLS-31" |id| {
        let ran = attack(&Script::new(""), id);
        assert_eq!((ran.signs().as_str(), ran.count("Authenticate")), ("--", 0), "{ran:?}");
        // CAPA does not invite it.
        assert!(!Script::new("").run(b"CAPA\r\n").lines().iter().any(|line| line == "USER" || line.starts_with("SASL")));
        assert_eq!(Script::new("").secure().run(b"USER joe\r\nPASS secret\r\n").count("Authenticate"), 1);
    };
    attack_tls_37 "TLS-37" |id| {
        let octets = octets(id);
        for cut in 1..octets.len() {
            let mut endpoint = new_client();
            let mut heard = Heard::default();
            endpoint.recv_buf().extend_from_slice(&octets[..cut]);
            driven::client::pump(&mut endpoint, &mut heard);
            // A client that is greeted asks at once.
            let _ = endpoint.machine().capa();
            driven::client::pump(&mut endpoint, &mut heard);
            endpoint.recv_buf().extend_from_slice(&octets[cut..]);
            driven::client::pump(&mut endpoint, &mut heard);
            let wrong = [Error::Peer(PeerError::Unsolicited), Error::Peer(PeerError::Reply(ReplyError::Status))];
            assert!(heard.error.as_ref().is_some_and(|error| wrong.contains(error)), "cut at {cut}: {heard:?}");
            assert_eq!(heard.events, ["Greeting +OK 2 messages (320 octets)"], "cut at {cut}");
        }
        let mut visit = Visit::new(Policy::Delete);
        visit.greeting = "+OK 2 messages (320 octets)\r\n1 120\r\n2 200\r\n.\r\n";
        assert_eq!(visit.greeting.as_bytes(), octets);
        let visited = visit.visit(plain(|_| None));
        assert!(visited.error.is_some() && visited.survey.is_none(), "{visited:?}");
    };
    attack_alpaca_03 "ALPACA-03" |id| {
        let ran = attack(&Script::new(""), id);
        assert_eq!(ran.error, Some(Error::Peer(PeerError::NotPop3)), "{ran:?}");
        assert_eq!((ran.signs().as_str(), ran.lines().len()), ("-", 1));
        assert!(!ran.text().contains("script") && !ran.text().contains("HTTP") && !ran.text().contains("POST"));
    };
    attack_sasl_33 "SASL-33" |id| {
        let octets = octets(id);
        let mut endpoint = new_client();
        endpoint.recv_buf().extend_from_slice(&octets);
        let mut heard = Heard::default();
        driven::client::pump(&mut endpoint, &mut heard);
        assert_eq!((heard.error, endpoint.machine().timestamp()), (None, None));
        let apop = endpoint.machine().apop("joe", "c4c9334bac560ecc979e58001b3e22fb");
        assert_eq!(apop, Err(Misuse::NotOffered));
        for greeting in ["+OK <\u{e9}@x>\r\n", "+OK <a @x>\r\n", "+OK <a@>\r\n", "+OK <@x>\r\n", "+OK <a@b@c>\r\n",
            "+OK a@x\r\n", "+OK <a@x\r\n", "+OK <a@\u{7f}>\r\n"] {
            let visit = Visit { greeting, ..Visit::new(Policy::Keep) }.opening(|opening| opening.apop(true));
            let visited = visit.visit(plain(|_| None));
            assert_eq!(visited.count("APOP"), 0, "{greeting:?}: {visited:?}");
        }
    };
    attack_enum_03 "ENUM-03" |id| {
        let secure = Script::new("").secure();
        let unknown = attack(&secure, id);
        let known = secure.run(b"USER joe\r\n");
        assert_eq!(unknown.output, known.output);
        assert_eq!(unknown.signs(), "+");
        let pass = |user: &str| secure.run_by(format!("USER {user}\r\nPASS wrong\r\n").as_bytes(), 1).output;
        assert_eq!(pass("nosuch"), pass("joe"));
    };
    attack_popc_02 "POPC-02" |id| {
        let heard = answer(Client::stat, &octets(id));
        assert_eq!(heard.events, ["Damaged +OK 4294967296 18446744073709551616"]);
        let line = text(id);
        let visited = Visit::new(Policy::Keep).run(plain(|command| (command == "STAT").then_some(&line)));
        assert_eq!(visited.survey.unwrap().damaged, 1);
        for stat in ["+OK -1 1", "+OK 1 -1", "+OK +1 2", "+OK 0x10 1", "+OK", "+OK x"] {
            let heard = answer(Client::stat, format!("{stat}\r\n").as_bytes());
            assert_eq!(heard.events, [format!("Damaged {stat}")]);
        }
        // Beyond what is counted in LIST and UIDL too.
        let list = answer(|client| client.list(None), b"+OK\r\n4294967296 1\r\n1 18446744073709551616\r\n0 1\r\n.\r\n");
        assert_eq!(list.events[1..4], ["Damaged 4294967296 1", "Damaged 1 18446744073709551616", "Damaged 0 1"]);
    };
    attack_popc_03 "POPC-03" |id| {
        let heard = answer(|client| client.uidl(None), &octets(id));
        assert_eq!(heard.events, ["+OK", "Id 1 ../../x", "End"]);
        let ids = text(id);
        let answers = plain(|command| match command {
            "STAT" => Some("+OK 1 10\r\n"),
            "LIST" => Some("+OK\r\n1 10\r\n.\r\n"),
            "UIDL" => Some(&ids),
            _ => None,
        });
        // Opaque: it is a key of the journal, and never the name of anything.
        let visited = Visit::new(Policy::Keep).run(answers);
        let survey = visited.survey.unwrap();
        assert_eq!(survey.messages[0].unique_id.as_ref().unwrap().as_bytes(), b"../../x");
        assert!(visited.journal.retrieved(&UniqueId::new("../../x").unwrap()).is_some());
    };
    attack_popc_05 "POPC-05" |id| {
        let heard = answer(|client| client.uidl(None), &octets(id));
        assert_eq!(heard.events, ["+OK", "Id 1 a", "Id 2 a", "End"]);
        let ids = text(id);
        let answers = || plain(|command| match command {
            "STAT" => Some("+OK 2 30\r\n"),
            "LIST" => Some("+OK\r\n1 10\r\n2 20\r\n.\r\n"),
            "UIDL" => Some(&ids),
            _ => None,
        });
        // A journal that knows the id from a single message: nothing is deleted for it.
        let mut visit = Visit::new(Policy::Delete);
        visit.journal.record(&UniqueId::new("a").unwrap(), 1_600_000_000);
        visit.plan = visit.plan.max_messages(0);
        let visited = visit.run(answers());
        assert_eq!((visited.count("DELE"), visited.report.left_for(Left::Later)), (0, 2), "{visited:?}");
        assert!(visited.survey.unwrap().messages.iter().all(|found| found.ambiguous));
        visit.plan = Policy::DeleteAfter { days: 1 }.into();
        let visited = visit.run(answers());
        // Both are retrieved, since one of them may be new; neither is deleted by its id alone.
        assert_eq!((visited.messages.len(), visited.count("DELE")), (2, 0), "{visited:?}");
        visit.journal = visited.journal;
        visit.time += 100 * 86_400;
        let visited = visit.run(answers());
        assert_eq!((visited.count("RETR"), visited.count("DELE")), (0, 0), "{visited:?}");
        assert_eq!(visited.report.left_for(Left::Ambiguous), 2);
    };
    attack_popc_08 "POPC-08" |id| {
        let heard = answer(Client::noop, &octets(id));
        assert_eq!(heard.error, Some(Error::Peer(PeerError::Reply(ReplyError::Status))));
        let lenient = Config::new().quirks(Quirks::new().any_case(true));
        let heard = heard_by(lenient, &octets(id));
        assert_eq!(heard.events, ["+OK"]);
    };
    attack_popc_09 "POPC-09" |id| {
        let heard = answer(Client::noop, &octets(id));
        assert_eq!(heard.events, ["-ERR [SYS/TEMP] \\u{1b}[31mPOP3\\u{1b}[0m"]);
        let line = Bytes::from(octets(id)).slice(..octets(id).len() - 2);
        let reply = Reply::parse(&line, &Quirks::default()).unwrap();
        assert!(reply.has_code(&ResponseCode::SYS_TEMP));
        // Nothing that shows a reply shows what moves the cursor.
        assert!(!format!("{reply:?} {reply}").contains('\x1b'));
        let said = text(id);
        let visited = Visit::new(Policy::Keep).run(plain(|command| (command == "PASS pw").then_some(&said)));
        let error = visited.error.unwrap();
        assert!(error.is_transient() && !error.to_string().contains('\x1b'), "{error}");
    };
    attack_popc_10 "POPC-10" |id| {
        let heard = answer(|client| client.list(None), &octets(id));
        assert_eq!(heard.events, ["+OK", "Scan 2 200", "Scan 1 120", "End"]);
        let list = text(id);
        let visited = Visit::new(Policy::Keep).run(plain(|command| match command {
            "STAT" => Some("+OK 1 120\r\n"),
            "LIST" => Some(&list),
            "UIDL" => Some("+OK\r\n2 b\r\n1 a\r\n.\r\n"),
            _ => None,
        }));
        let survey = visited.survey.unwrap();
        let found: Vec<_> = survey.messages.iter().map(|found| (found.message, found.octets)).collect();
        assert_eq!(found, [(1, Some(120)), (2, Some(200))]);
        // 2 is beyond what STAT counted, in both lists.
        assert_eq!(survey.irregular, 2);
    };
    attack_pops_02 "POPS-02" |id| {
        let ran = attack(&Script::opened(), id);
        assert_eq!(ran.events, [format!("Retrieve 1 {:?}", Some(u64::MAX))]);
        assert_eq!(ran.text(), "+OK\r\nSubject: one\r\n\r\n..dot\r\nend\r\n.\r\n");
        assert_eq!(Script::opened().run(b"TOP 99999999999999999999 1\r\nRETR 4294967297\r\n").signs(), "--");
    };
    attack_pops_03 "POPS-03" |id| {
        let ran = attack(&Script::new("USER spaced\r\n").secure(), id);
        assert_eq!((ran.signs().as_str(), ran.count("Open spaced")), ("+", 1), "{ran:?}");
    };
    attack_pops_04 "POPS-04" |id| {
        let ran = attack(&Script::opened().eof(), id);
        assert_eq!((ran.signs().as_str(), ran.deleted.clone()), ("+", None), "{ran:?}");
        let server = Script::opened().server();
        assert_eq!(server.machine_ref().state(), State::Transaction);
        // Nor by anything that is not QUIT.
        for end in ["QUIT", "QUIT\r", "QUIT\n", "QUI\r\n", "RSET\r\n", "QUIT now\r\n"] {
            let ran = Script::opened().eof().run(format!("DELE 1\r\n{end}").as_bytes());
            assert_eq!(ran.deleted, None, "{end:?}: {ran:?}");
        }
        assert_eq!(Script::opened().run(b"DELE 1\r\nQUIT\r\n").deleted, Some(vec![1]));
    };
}

fn heard_by(config: Config, octets: &[u8]) -> Heard {
    heard(|| asking(config.clone(), Client::noop), octets, false)
}

#[test]
fn every_row_has_its_test() {
    let all = driven::ids("attacks");
    let missing: Vec<_> = all.iter().filter(|id| !TESTED.contains(&id.as_str())).collect();
    println!("{} of {} attacks have a test", all.len() - missing.len(), all.len());
    assert!(missing.is_empty(), "{missing:?}");
}
