//! The rows of the quirks that are about the client, its sessions, and what they send. And the sum: every row of the quirks that is about
//! IMAP has a test somewhere, or is about a server.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod driven;

use std::collections::BTreeSet;
use std::time::Duration;

use driven::session::{Visit, opening, uids};
use driven::{CAPABILITIES, Heard, Talk, answer, command, config, heard};
use imap_proto::client::State;
use imap_proto::command::{FetchAttribute, FetchCommand, Login, Store, StoreAction};
use imap_proto::frame::{Frame, FrameLimits, Framer, Side};
use imap_proto::list::StatusItem;
use imap_proto::search::SearchKey;
use imap_proto::session::{Advice, Event, ListRequest, Outcome, Profile, SessionError};
use imap_proto::{
    Code, Command, Dialect, Encoder, Error, Flag, Limits, Literals, MailboxName, PeerError, Section, Seq,
    SeqSet, Tag, Text, Wait,
};
use test_support::vectors::Rows;
use wire_core::RecvBuf;

fn rows() -> Rows {
    Rows::load(format!("{}/tests/vectors/quirks.jsonl", env!("CARGO_MANIFEST_DIR")))
}

fn octets(id: &str) -> Vec<u8> {
    rows().row(id).bytes()
}

/// With the tag of the rows for that of the client.
fn text(id: &str) -> String {
    String::from_utf8(octets(id)).unwrap().replace("A1 ", "% ")
}

/// What is made of a row while NOOP is under way.
fn noop(id: &str) -> Heard {
    answer(State::Selected, &Command::Noop, &text(id))
}

/// What a session is told when this answers its FETCH of UID 1.
fn fetched(attribute: FetchAttribute, text: &str) -> Vec<Event> {
    let mut visit = Visit::open(CAPABILITIES, 3);
    visit.answer("UID FETCH", &format!("{text}% OK\r\n"));
    visit.session().fetch(FetchCommand::new(uids("1"), [attribute])).unwrap();
    visit.run();
    std::mem::take(&mut visit.events)
}

/// What SELECT is refused with.
fn refused(id: &str) -> (Advice, Option<Code>, bool) {
    let mut visit = Visit::open(CAPABILITIES, 3);
    visit.answer("SELECT", &text(id));
    visit.session().select(MailboxName::INBOX, false).unwrap();
    visit.run();
    let Some(Event::Done(_, Err(refused))) = visit.events.last() else { panic!("{:?}", visit.events) };
    (refused.advice(), refused.code().cloned(), refused.is_bad)
}

/// What is listed, and what was asked for it.
fn listed(capabilities: &str, request: ListRequest, answers: &[(&str, &str)]) -> (Vec<String>, Vec<String>) {
    let mut visit = Visit::open(capabilities, 0);
    for (command, answer) in answers {
        visit.answer(command, answer);
    }
    visit.session().list(request).unwrap();
    visit.run();
    (visit.told(), visit.sent)
}

/// The only command of a row, as a server reads it.
fn read(id: &str, dialect: Dialect) -> Result<Command, imap_proto::CommandError> {
    let (mut framer, mut rx) = (Framer::new(Side::Commands), RecvBuf::default());
    rx.feed(&octets(id));
    let Some(Frame::Whole(frame)) = framer.step(&mut rx, &FrameLimits::commands(&Limits::new())).unwrap()
    else {
        panic!("{id}")
    };
    Command::parse(&frame, dialect).map(|(_, command)| command)
}

fn written(command: &Command, literals: Literals) -> String {
    let mut encoder = Encoder::new(literals, Dialect::REV1);
    command.encode(&Tag::try_from("A1").unwrap(), &mut encoder);
    String::from_utf8_lossy(encoder.text()).into_owned()
}

macro_rules! rows {
    ($($name:ident $id:literal $check:expr;)*) => {
        $(#[test] fn $name() { let check: fn(&str) = $check; check($id); })*
    };
}

rows! {
    quirk_imap_023 "imap-023" |id| {
        // Whoever sends less than it announced is waited for, but not for ever.
        let mut talk = Talk::selected(CAPABILITIES);
        talk.asks(command("FETCH 1 BODY[2]<0.100>"));
        talk.says_octets(&octets(id));
        assert_eq!(talk.told().len(), 0);
        talk.waits();
        assert!(matches!(talk.heard.error, Some(Error::Timeout(Wait::Response | Wait::Literal))));
    };
    quirk_imap_096 "imap-096" |id| {
        // Not returned is not empty.
        assert!(matches!(&fetched(FetchAttribute::Rfc822, &text(id))[..], [Event::Done(_, Ok(_))]));
        let empty = fetched(FetchAttribute::Rfc822, "* 1 FETCH (UID 1 RFC822 {0}\r\n)\r\n");
        assert!(matches!(&empty[..], [Event::Message(..), Event::Done(_, Ok(_))]));
    };
    quirk_imap_100 "imap-100" |id| {
        let section = Section::parse(b"1").unwrap();
        let asked = FetchAttribute::Body { section: section.clone(), peek: true, partial: imap_proto::command::Partial::new(0, 65536) };
        let told = fetched(asked, &text(id));
        let [Event::Message(_, message), Event::Done(_, Ok(_))] = &told[..] else { panic!("{told:?}") };
        let body = message.fetch.body(&section).unwrap();
        assert_eq!((body.origin, body.data.as_deref()), (None, Some(&b"abc"[..])));
    };
    quirk_imap_128 "imap-128" |id| {
        let mut visit = Visit::open(CAPABILITIES, 3);
        visit.says(&text(id));
        assert_eq!(visit.told(), ["Lost"]);
        assert_eq!(visit.session().view().exists(), 3);
        assert!(visit.session().is_ready());
    };
    quirk_imap_129 "imap-129" |id| {
        let mut visit = Visit::open(CAPABILITIES, 3);
        visit.says(&text(id));
        assert_eq!(visit.told(), ["flags 0 ", "Lost"]);
        assert_eq!(visit.session().view().exists(), 0);
        assert!(visit.session().is_ready());
    };
    quirk_imap_147 "imap-147" |id| {
        let (told, sent) = listed("IMAP4rev1 XLIST", ListRequest::all(), &[("XLIST", &text(id))]);
        assert_eq!((told, sent), (vec!["list INBOX.Sent".to_owned(), "done".to_owned()], vec!["XLIST \"\" \"*\"".to_owned()]));
    };
    quirk_imap_148 "imap-148" |id| {
        let answers = [("LIST", "* LIST () \"/\" INBOX\r\n% OK\r\n"), ("LIST \"\" \"*\" RETURN", &text(id))];
        let (told, sent) = listed("IMAP4rev1 LIST-EXTENDED", ListRequest::all(), &answers);
        assert_eq!((told.len(), told[0].as_str(), sent.len()), (2, "list INBOX", 2));
        assert_eq!(sent[1], "LIST \"\" \"*\"");
    };
    quirk_imap_160 "imap-160" |id| {
        let mut visit = Visit::open("IMAP4rev1", 0);
        visit.answer("LSUB", &text(id));
        visit.session().list(ListRequest::all().subscribed(true)).unwrap();
        visit.run();
        let subscribed: Vec<_> = visit
            .events
            .iter()
            .filter_map(|event| match event {
                Event::Data(_, imap_proto::Untagged::List(entry)) => Some((entry.name.to_string(), entry.attributes.is_subscribed())),
                _ => None,
            })
            .collect();
        assert_eq!(subscribed, [("Old/Name".to_owned(), true), ("INBOX".to_owned(), false)]);
    };
    quirk_imap_165 "imap-165" |id| {
        let told = answer(State::Selected, &Command::Capability, &text(id));
        assert_eq!((told.events, told.error), (vec!["done 2 OK".to_owned(), "stray CAPABILITY completed.".to_owned()], None));
        let mut visit = Visit::open(CAPABILITIES, 0);
        visit.says("CAPABILITY completed.\r\n");
        assert_eq!(visit.told().len(), 0);
    };
    quirk_imap_168 "imap-168" |id| assert_eq!(noop(id).events, ["done 2 OK"]);
    quirk_imap_170 "imap-170" |id| {
        let make = || {
            let mut talk = Talk::with(config(), State::NotAuthenticated, "IMAP4rev1");
            talk.asks(Command::login("j\u{f6}rg", "x").unwrap());
            talk
        };
        assert_eq!(heard(make, &text(id), false).sent(), "LOGIN {5}\r\nj\u{f6}rg \"x\"\r\n");
        let make = || {
            let mut talk = Talk::in_state(State::Selected);
            talk.machine().idle().unwrap();
            talk.run();
            talk
        };
        assert_eq!(heard(make, &text(id), false).events, ["idling 2"]);
    };
    quirk_imap_171 "imap-171" |id| {
        let told = heard(|| Talk::new(config()), &text(id), false);
        let Some(Error::Peer(PeerError::Line(line))) = &told.error else { panic!("{:?}", told.error) };
        assert_eq!(line, &"Server Unavailable. 15");
        // Later it is a line like others, and the end of the connection is told when it comes.
        let told = heard(|| Talk::in_state(State::Selected), &text(id), true);
        assert_eq!((told.events.len(), told.error), (1, Some(Error::Eof(Wait::News))));
    };
    quirk_imap_173 "imap-173" |id| {
        let told = answer(State::Authenticated, &command("SELECT INBOX"), &text(id));
        assert_eq!(told.events, ["done 1 OK ReadWrite"]);
        let mut visit = Visit::open(CAPABILITIES, 3);
        visit.answer("SELECT", &text(id));
        visit.session().select(MailboxName::INBOX, false).unwrap();
        visit.run();
        assert_eq!(visit.told(), ["selected 0"]);
        // Where it is refused, it is slower that is advised.
        visit.answer("SELECT", "% NO [THROTTLED] later\r\n");
        visit.session().select(MailboxName::INBOX, false).unwrap();
        visit.run();
        assert_eq!(visit.told(), ["refused: later, Throttled"]);
    };
    quirk_imap_174 "imap-174" |id| assert_eq!(refused(id), (Advice::Throttled, Some(Code::Limit), false));
    quirk_imap_188 "imap-188" |id| {
        let told = noop(id);
        assert_eq!(told.events, ["* OK Hello {5}", "done 2 OK"]);
    };
    quirk_imap_189 "imap-189" |id| {
        // Neither ends a line, and a line that does not end is no answer, wherever it is cut.
        let told = answer(State::Selected, &Command::Noop, &text(id));
        assert_eq!((told.events.len(), told.error), (0, None));
        let make = || {
            let mut talk = Talk::in_state(State::Selected);
            talk.asks(Command::Noop);
            talk
        };
        assert_eq!(heard(make, &text(id), true).error, Some(Error::Eof(Wait::Response)));
    };
    quirk_imap_190 "imap-190" |id| {
        let told = heard(|| Talk::in_state(State::Selected), &text(id), true);
        assert_eq!((told.events.len(), told.closed, told.error), (2, true, None));
        let mut visit = Visit::open(CAPABILITIES, 0);
        visit.says(&text(id));
        assert!(!visit.session().is_ready());
        visit.passes(Duration::from_secs(3600));
        assert!(visit.closed && visit.sent.is_empty());
    };
    quirk_imap_191 "imap-191" |id| {
        let told = answer(State::Selected, &command("SEARCH ALL"), &text(id));
        assert_eq!((told.events, told.error), (vec!["* SEARCH 1".to_owned(), "done 2 OK".to_owned()], None));
    };
    quirk_imap_203 "imap-203" |id| {
        let mut visit = Visit::open(CAPABILITIES, 3);
        visit.answer("UID SEARCH RETURN (ALL)", &format!("{}% OK\r\n", text(id)));
        visit.session().search(SearchKey::unseen()).unwrap();
        visit.run();
        assert_eq!(visit.told(), ["found 1 2 3"]);
    };
    quirk_imap_208 "imap-208" |id| {
        let mut visit = Visit::open("IMAP4rev1", 3);
        visit.answer("UID SEARCH", &text(id));
        visit.session().search(SearchKey::unseen()).unwrap();
        visit.run();
        assert_eq!(visit.told(), ["found 1 2 3"]);
    };
    quirk_imap_213 "imap-213" |id| assert_eq!(refused(id), (Advice::Reconnect, None, true));
    quirk_imap_214 "imap-214" |id| {
        assert_eq!(refused(id), (Advice::Permanent, None, false));
        // Who is known to want to know who we are is told, in quoted strings, right after the login.
        let mut visit = Visit::new(opening().profile(Profile::of_host("imap.163.com")));
        visit.answer("LOGIN", "% OK [CAPABILITY IMAP4rev1 ID] in\r\n").answer("ID", "* ID NIL\r\n% OK\r\n");
        visit.says("* OK [CAPABILITY IMAP4rev1 ID] hi\r\n");
        assert_eq!(visit.sent, ["LOGIN joe \"pencil\"", "ID (\"name\" \"postwire\")"]);
        assert_eq!(visit.told(), ["ready"]);
        assert!(["smtp.yeah.net", "imap.126.com", "IMAP.188.COM."].iter().all(|host| Profile::of_host(host).send_id));
        assert!(!Profile::of_host("notimap163.com").send_id);
    };
    quirk_imap_215 "imap-215" |id| {
        assert_eq!(refused(id), (Advice::Permanent, None, true));
        // A search that is not understood in the short form is asked in the long one.
        let mut visit = Visit::open(CAPABILITIES, 3);
        visit.answer("UID SEARCH", "* SEARCH 2\r\n% OK\r\n").answer("UID SEARCH RETURN", &text(id));
        visit.session().search(SearchKey::unseen()).unwrap();
        visit.run();
        assert_eq!((visit.told(), visit.sent.len()), (vec!["found 2".to_owned()], 2));
    };
    quirk_imap_219 "imap-219" |id| {
        let told = heard(|| Talk::new(config()), &text(id), false);
        assert_eq!(told.error, Some(Error::Peer(PeerError::NotImap)));
    };
    quirk_imap_220 "imap-220" |id| {
        let mut visit = Visit::open(CAPABILITIES, 0);
        visit.says(&text(id));
        assert_eq!(visit.told(), ["notice Web login required: https://support.google.com/mail/"]);
        // Before the session is open too.
        let mut visit = Visit::new(opening());
        visit.answer("LOGIN", &format!("{}% OK [CAPABILITY IMAP4rev1] in\r\n", text(id)));
        visit.says("* OK [CAPABILITY IMAP4rev1] hi\r\n");
        assert_eq!(visit.told().len(), 2);
    };
    quirk_imap_221 "imap-221" |id| {
        let url = Text::try_from("https://accounts.google.com/x").unwrap();
        assert_eq!(refused(id).1, Some(Code::WebAlert(url.clone())));
        let mut visit = Visit::new(opening());
        visit.answer("LOGIN", &text(id));
        visit.says("* OK [CAPABILITY IMAP4rev1] hi\r\n");
        assert!(matches!(visit.error, Some(SessionError::Login { text, .. }) if text.code == Some(Code::WebAlert(url))));
    };
    quirk_imap_225 "imap-225" |id| {
        let Ok(Command::Fetch(fetch)) = read(id, Dialect::REV1) else { panic!() };
        assert_eq!((fetch.changed_since, fetch.attributes), (None, vec![FetchAttribute::Flags]));
    };
    quirk_imap_226 "imap-226" |id| {
        assert!(read(id, Dialect::REV1).is_err());
        let Ok(Command::Create(create)) = read(id, Dialect::UTF8) else { panic!() };
        assert_eq!(create.mailbox, MailboxName::new("A&B").unwrap());
    };
    quirk_imap_230 "imap-230" |id| {
        let Ok(Command::Fetch(fetch)) = read(id, Dialect::REV1) else { panic!() };
        let four_to_two = SeqSet::from_ranges([(Seq::new(4).unwrap(), Seq::new(2).unwrap())]).unwrap();
        assert_eq!(fetch.messages, four_to_two.into());
        let imap_proto::MessageSet::Seq(set) = fetch.messages else { panic!() };
        assert_eq!(set.numbers(9).map(u32::from).collect::<Vec<_>>(), [2, 3, 4]);
    };
    quirk_imap_237 "imap-237" |id| {
        let login = Login::new(Text::try_from("u").unwrap(), "p\r\nA2 DELETE INBOX").unwrap();
        let written = written(&Command::Login(login), Literals::Plus);
        assert_eq!(written, "A1 LOGIN u {18+}\r\np\r\nA2 DELETE INBOX\r\n");
        assert!(Login::new(Text::try_from("u").unwrap(), "p\0").is_err());
        assert!(octets(id).len() > 2);
    };
    quirk_imap_238 "imap-238" |id| {
        let given = "x\r\nA2 DELETE y";
        assert!(octets(id).windows(given.len()).any(|piece| piece == given.as_bytes()));
        assert!(Flag::keyword(given).is_err() && Section::parse(given.as_bytes()).is_err());
        assert!(imap_proto::Atom::try_from(given).is_err());
        assert_eq!(written(&Command::Store(Store::flags(Seq::new(1).unwrap(), StoreAction::Add, [])), Literals::Plus), "A1 STORE 1 +FLAGS ()\r\n");
    };
    quirk_imap_239 "imap-239" |id| {
        let (mut framer, mut rx) = (Framer::new(Side::Commands), RecvBuf::default());
        rx.feed(&octets(id));
        // A server does not have to say anything for it.
        assert!(matches!(framer.step(&mut rx, &FrameLimits::commands(&Limits::new())), Ok(Some(Frame::Whole(_)))));
        let password = |octets: usize| Command::login("u", "\r".repeat(octets)).unwrap();
        assert!(written(&password(4096), Literals::Minus).contains("{4096+}"));
        assert!(written(&password(4097), Literals::Minus).contains("{4097}"));
        assert!(written(&password(4097), Literals::Plus).contains("{4097+}"));
        assert!(written(&password(1), Literals::Synchronizing).contains("{1}"));
    };
    quirk_imap_241 "imap-241" |id| {
        let (mut framer, mut rx) = (Framer::new(Side::Commands), RecvBuf::default());
        rx.feed(&octets(id));
        // Neither is a command; with an end of line they are one line, and no command.
        let limits = FrameLimits::commands(&Limits::new());
        assert_eq!(framer.step(&mut rx, &limits), Ok(None));
        rx.feed(b"\r\n");
        let Ok(Some(Frame::Whole(frame))) = framer.step(&mut rx, &limits) else { panic!() };
        assert!(rx.is_empty() && Command::parse(&frame, Dialect::REV1).is_err());
    };
    quirk_imap_242 "imap-242" |id| {
        assert_eq!(octets(id), b"A1 NAMESPACE\r\n");
        assert!(everything().iter().all(|line| !line.starts_with("NAMESPACE")), "{:?}", everything());
    };
    quirk_imap_243 "imap-243" |id| {
        assert!(text(id).contains("SPECIAL-USE"));
        let answers = [("LIST", "* LIST () \"/\" INBOX\r\n% OK\r\n"), ("LIST \"\" \"*\" RETURN", "% BAD what\r\n")];
        let (told, sent) = listed("IMAP4rev1 LIST-EXTENDED SPECIAL-USE", ListRequest::all(), &answers);
        assert!(sent[0].contains("SPECIAL-USE") && sent.len() == 2, "{sent:?}");
        assert_eq!(told, ["list INBOX", "done"]);
    };
    quirk_imap_244 "imap-244" |id| {
        assert!(text(id).contains("(ANNOTATE)"));
        assert!(everything().iter().all(|line| !line.contains("ANNOTATE")), "{:?}", everything());
    };
    quirk_imap_245 "imap-245" |id| {
        let Ok(all) = read(id, Dialect::REV1) else { panic!() };
        assert_eq!(written(&all, Literals::Plus), "A1 FETCH 1:* (FLAGS INTERNALDATE RFC822.SIZE ENVELOPE)\r\n");
        let all = FetchCommand::new(SeqSet::all(), FetchAttribute::FULL);
        assert!(!written(&Command::Fetch(all), Literals::Plus).contains("FULL"));
        assert!(everything().iter().all(|line| !line.ends_with(" ALL") || line.contains("SEARCH")), "{:?}", everything());
    };
}

/// What a session sends by itself, with a server that offers everything.
fn everything() -> Vec<String> {
    let all = "IMAP4rev1 ENABLE CONDSTORE QRESYNC ESEARCH MOVE UIDPLUS IDLE NAMESPACE ID ANNOTATE-EXPERIMENT-1 LIST-EXTENDED \
        LIST-STATUS SPECIAL-USE ACL QUOTA METADATA LITERAL+";
    let mut visit = Visit::new(opening().profile(Profile::new().send_id(true)));
    for (command, answer) in [
        ("LOGIN", format!("% OK [CAPABILITY {all}] in\r\n")),
        ("ID", "* ID NIL\r\n% OK\r\n".to_owned()),
        ("ENABLE", "* ENABLED QRESYNC\r\n% OK\r\n".to_owned()),
        ("SELECT", "* 1 EXISTS\r\n* OK [UIDVALIDITY 7] v\r\n% OK\r\n".to_owned()),
        ("UID FETCH", "* 1 FETCH (UID 5 FLAGS ())\r\n% OK\r\n".to_owned()),
        ("UID SEARCH", "* ESEARCH (TAG \"%\") UID ALL 5\r\n% OK\r\n".to_owned()),
        ("LIST", "* LIST () \"/\" INBOX\r\n% OK\r\n".to_owned()),
        ("UID MOVE", "% OK\r\n".to_owned()),
        ("UID STORE", "% OK\r\n".to_owned()),
        ("UID EXPUNGE", "% OK\r\n".to_owned()),
        ("IDLE", "+ idling\r\n".to_owned()),
        ("DONE", "% OK\r\n".to_owned()),
        ("LOGOUT", "* BYE\r\n% OK\r\n".to_owned()),
    ] {
        visit.answer(command, &answer);
    }
    visit.says(&format!("* OK [CAPABILITY {all}] hi\r\n"));
    let session = visit.session();
    session.resync(MailboxName::INBOX, imap_proto::session::Cursor::default()).unwrap();
    session.list(ListRequest::all().status([StatusItem::Messages])).unwrap();
    session.search(SearchKey::unseen()).unwrap();
    session.move_to(uids("5"), MailboxName::new("x").unwrap()).unwrap();
    session.expunge(uids("5")).unwrap();
    visit.run();
    visit.session().watch().unwrap();
    visit.run();
    visit.session().logout().unwrap();
    visit.run();
    assert!(
        visit.closed
            && visit.events.iter().any(|event| matches!(event, Event::Done(_, Ok(Outcome::Found(_)))))
    );
    visit.sent
}

/// Ids in the sources of tests: `"imap-001"`, and `imap_001`, `imap_138_139`.
fn tested() -> BTreeSet<String> {
    fn collect(folder: &std::path::Path, found: &mut BTreeSet<String>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                collect(&path, found);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                for line in std::fs::read_to_string(&path).unwrap().lines() {
                    // A row of a table, or the name of a function.
                    if let Some((_, rest)) =
                        line.split_once("\"imap-").filter(|(before, _)| before.contains("quirk_imap_"))
                    {
                        found.insert(format!("imap-{}", &rest[..3]));
                    }
                    if let Some((_, rest)) = line.split_once("fn imap_") {
                        let numbers = rest
                            .split(['_', '('])
                            .take_while(|part| part.bytes().all(|octet| octet.is_ascii_digit()));
                        found.extend(numbers.map(|number| format!("imap-{number}")));
                    }
                }
            }
        }
    }
    let mut found = BTreeSet::new();
    collect(std::path::Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests")), &mut found);
    found
}

#[test]
fn every_row_has_its_test() {
    let (tested, all) = (tested(), rows());
    let missing: Vec<_> = all.iter().map(|row| row.id()).filter(|id| !tested.contains(*id)).collect();
    println!("{} of {} quirks have a test", tested.len(), all.iter().count());
    assert!(missing.is_empty(), "{missing:?}");
}
