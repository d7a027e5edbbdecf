//! The rows of the attack vectors that are aimed at the client and its sessions.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod driven;

use driven::session::{Visit, opening, uids};
use driven::{CAPABILITIES, Heard, Talk, answer, call, command, config, heard};
use imap_proto::client::State;
use imap_proto::command::{FetchAttribute, FetchCommand};
use imap_proto::search::SearchKey;
use imap_proto::session::{Advice, Cursor, Event, ListRequest, Opening, Outcome, SessionError};
use imap_proto::{
    Code, Command, Error, Limit, MailboxName, PeerError, Response, Seq, SeqSet, Uid, Untagged, client::View,
};
use sasl_core::Mechanism;
use test_support::script::{Script, every_cut};
use test_support::vectors::Rows;
use wire_core::Security;

fn octets(id: &str) -> Vec<u8> {
    Rows::load(format!("{}/tests/vectors/attacks.jsonl", env!("CARGO_MANIFEST_DIR"))).row(id).bytes()
}

/// With the tag of the rows for that of the client.
fn text(id: &str) -> String {
    String::from_utf8(octets(id)).unwrap().replace("A1 ", "% ")
}

fn wants_tls() -> Talk {
    Talk::with(config().security(Security::StartTls), State::NotAuthenticated, "IMAP4rev1 STARTTLS")
}

/// STARTTLS is asked for, and this comes before the agreement: nothing of it reaches anybody, before or behind TLS.
fn before_tls(id: &str) {
    let make = || {
        let mut talk = wants_tls();
        talk.tls = true;
        call(talk.machine(), "STARTTLS").unwrap();
        talk.run();
        talk
    };
    let told = heard(make, &text(id), false);
    if id == "TLS-27" {
        assert_eq!((told.events.len(), told.closed), (0, true));
        return;
    }
    assert_eq!(told.events, ["done 1 OK", "secured"], "{id}");
    assert_eq!((told.body.len(), told.error), (0, None), "{id}");
    let mut talk = make();
    talk.says(&text(id));
    assert!(talk.machine().capabilities().is_none(), "{id}");
    // A session asks anew, and tells what it is told there.
    let credentials = sasl_core::Credentials::password("joe", "pencil");
    let mut visit = Visit::new(Opening::new(Security::StartTls, credentials));
    visit.endpoint.recv_buf().extend_from_slice(b"* OK [CAPABILITY IMAP4rev1 STARTTLS] hi\r\n");
    let said = text(id).replace('%', "DDDDDD1");
    let played = Script::new(visit.endpoint).play(&[said.as_bytes()], |_, _| {});
    assert!(played.start_tls && played.events.is_empty(), "{id}: {played:?}");
}

/// What is made of a row while a mailbox of so many messages is selected, and FETCH is under way.
fn fetching(id: &str, exists: u32) -> Visit {
    let mut visit = Visit::open(CAPABILITIES, exists);
    visit.answer("UID FETCH", "");
    let fetch = FetchCommand::new(uids("9"), [FetchAttribute::Size, FetchAttribute::Flags]);
    visit.session().fetch(fetch).unwrap();
    visit.run().says(&text(id));
    visit
}

fn noop(id: &str) -> Heard {
    answer(State::Selected, &Command::Noop, &text(id))
}

macro_rules! rows {
    ($($name:ident $id:literal $check:expr;)*) => {
        $(#[test] fn $name() { let check: fn(&str) = $check; check($id); })*
    };
}

rows! {
    attack_tls_06 "TLS-06" |id| {
        let tls = test_support::pki::client_tls();
        let said = text(id).replace('%', "DDDDDD1").into_bytes();
        every_cut(&said, |pieces| {
            let mut talk = wants_tls();
            call(talk.machine(), "STARTTLS").unwrap();
            talk.run();
            let tls = tls.clone();
            let played = Script::new(talk.endpoint)
                .tls(move || tls.session(test_support::pki::HOST).unwrap())
                .play(pieces, |_, _| {});
            let sealed = matches!(played.end.machine_error(), Some(Error::Seal(_)));
            assert!(sealed || played.end.layer_error().is_some(), "{pieces:?}: {:?}", played.end);
        });
    };
    attack_tls_15 "TLS-15" |id| {
        let told = heard(|| Talk::new(config().security(Security::StartTls)), &text(id), false);
        assert_eq!(told.error, Some(Error::Peer(PeerError::PreauthInClear)));
    };
    attack_tls_16 "TLS-16" |id| {
        let told = heard(|| Talk::new(config().security(Security::StartTls)), &text(id), false);
        assert_eq!((told.error, told.sent.len()), (Some(Error::Peer(PeerError::PreauthInClear)), 0));
    };
    attack_tls_19 "TLS-19" before_tls;
    attack_tls_20 "TLS-20" before_tls;
    attack_tls_22 "TLS-22" before_tls;
    attack_tls_23 "TLS-23" before_tls;
    attack_tls_24 "TLS-24" before_tls;
    attack_tls_26 "TLS-26" before_tls;
    attack_tls_27 "TLS-27" before_tls;
    attack_tls_28 "TLS-28" |id| {
        let mut visit = Visit::new(opening());
        visit.answer("LOGIN", &text(id));
        visit.says("* OK [CAPABILITY IMAP4rev1] hi\r\n");
        let Some(SessionError::Login { text, .. }) = &visit.error else { panic!("{:?}", visit.error) };
        assert!(matches!(&text.code, Some(Code::Referral(url)) if *url == "imap://;AUTH=*@attacker.example:243/"));
        // It is told, and nothing else is done about it.
        assert_eq!((visit.sent.len(), visit.error.unwrap().advice()), (1, Advice::Credentials));
    };
    attack_tls_36 "TLS-36" |id| {
        let told = heard(|| Talk::new(config()), &text(id), false);
        assert_eq!((told.error, told.events.as_slice()), (Some(Error::Peer(PeerError::UnknownTag)), &["greeting".to_owned()][..]));
    };
    attack_sasl_35 "SASL-35" |id| {
        use sasl_core::client::{Client, Policy};
        use sasl_core::{Credentials, Nonce, Transport};
        let make = || {
            let mut talk = Talk::with(config(), State::NotAuthenticated, "IMAP4rev1 SASL-IR AUTH=OAUTHBEARER");
            let mechanism = Mechanism::OAuthBearer;
            let policy = Policy::new().dangerous_allow_cleartext_secrets();
            let credentials = Credentials::oauth("joe", "t0ken");
            let nonce = Nonce::derive(&[1; 32], 1);
            let sasl = Client::new(mechanism, &credentials, &Transport::clear(), &[mechanism], &policy, nonce).unwrap();
            talk.machine().authenticate(sasl).unwrap();
            talk.run();
            talk
        };
        let no = format!("{}% NO [AUTHENTICATIONFAILED] no\r\n", text(id));
        let told = heard(make, &no, false);
        assert!(told.sent().ends_with("\r\nAQ==\r\n"), "{}", told.sent());
        assert_eq!(told.events, ["done 1 NO AuthenticationFailed"]);
        let mut talk = make();
        talk.says(&no);
        assert_eq!(talk.machine().auth_details().unwrap().status(), Some("invalid_token"));
    };
    attack_imapc_02 "IMAPC-02" |id| assert!(matches!(noop(id).error, Some(Error::Limit(Limit::Literal(_)))));
    attack_imapc_04 "IMAPC-04" |id| {
        let told = answer(State::Selected, &command("UID COPY 1:* x"), &text(id));
        assert_eq!(told.events, ["done 2 OK CopyUid"]);
        let frame = bytes::Bytes::from(octets(id)).slice(..octets(id).len() - 2);
        let Response::Tagged(tagged) = Response::parse(&frame, imap_proto::Dialect::REV1) else { panic!() };
        let Some(Code::CopyUid(Some(copied))) = tagged.text.code else { panic!() };
        let last = Uid::new(u32::MAX).unwrap();
        assert_eq!((copied.after(last), copied.from().written().count()), (Some(last), 1));
    };
    attack_imapc_05 "IMAPC-05" |id| {
        let mut visit = Visit::open(CAPABILITIES, 2);
        visit.answer("UID FETCH", "* 1 FETCH (UID 5 FLAGS ())\r\n* 2 FETCH (UID 7 FLAGS ())\r\n% OK\r\n");
        visit.session().resync(MailboxName::INBOX, Cursor::default()).unwrap();
        visit.run();
        assert_eq!(visit.told(), ["new 5", "new 7", "selected 2"]);
        visit.says(&text(id));
        // What is known of it is told, and messages that are counted still are.
        assert_eq!(visit.told(), ["gone 5,7"]);
        assert_eq!(visit.session().view().exists(), 2);
    };
    attack_imapc_06 "IMAPC-06" |id| {
        let mut visit = Visit::open(CAPABILITIES, 2);
        visit.answer("UID SEARCH", &format!("{}% OK\r\n", text(id).repeat(1000)));
        visit.session().search(SearchKey::unseen()).unwrap();
        visit.run();
        // More than could be there is no answer, and costs nothing.
        assert!(matches!(&visit.events[..], [Event::Done(_, Err(refused))] if !refused.is_bad), "{:?}", visit.events.len());
    };
    attack_imapc_07 "IMAPC-07" |id| assert_eq!(noop(id).error, Some(Error::Peer(PeerError::Count)));
    attack_imapc_08 "IMAPC-08" |id| assert_eq!(noop(id).error, Some(Error::Peer(PeerError::Count)));
    attack_imapc_09 "IMAPC-09" |id| {
        let mut visit = fetching(id, 3);
        assert_eq!(visit.told(), ["Lost"]);
        let view = visit.session().view();
        assert_eq!((view.exists(), view.uids().count()), (3, 0));
        visit.says("* 3 EXPUNGE\r\n* 1 EXPUNGE\r\n* 1 EXPUNGE\r\n* 1 EXPUNGE\r\n% OK\r\n");
        assert_eq!(visit.session().view().exists(), 0);
    };
    attack_imapc_10 "IMAPC-10" |id| {
        let mut visit = Visit::open(CAPABILITIES, 3);
        visit.answer("FETCH", "");
        visit.says("* 1 FETCH (UID 10)\r\n* 2 FETCH (UID 20)\r\n* 3 FETCH (UID 30)\r\n");
        let two = SeqSet::from(Seq::new(2).unwrap());
        visit.session().fetch(FetchCommand::new(two, [FetchAttribute::Size])).unwrap();
        visit.run().says(&text(id)).says("* 2 FETCH (RFC822.SIZE 5)\r\n% OK\r\n");
        // Numbers mean what they mean when they come: it is the third of before.
        assert_eq!(visit.told(), ["gone 10", "message 30 with 1 items", "done"]);
    };
    attack_imapc_11 "IMAPC-11" |id| {
        let mut visit = fetching(id, 100);
        assert_eq!(visit.told(), ["Lost"]);
        assert_eq!((visit.session().view().exists(), visit.session().cursor()), (1, None));
    };
    attack_imapc_12 "IMAPC-12" |id| {
        for count in [16, 100, 100_000, 1_000_000] {
            let rows = Rows::load(format!("{}/tests/vectors/attacks.jsonl", env!("CARGO_MANIFEST_DIR")));
            let mut talk = Talk::selected(CAPABILITIES);
            talk.asks(command("FETCH 1 BODYSTRUCTURE"));
            talk.says_octets(&rows.row(id).blown_up(count));
            assert_eq!((talk.told().len(), &talk.heard.error), (1, &None), "{count}");
            talk.says("* 3 EXISTS\r\n% OK\r\n");
            assert_eq!(talk.told(), ["* 3 EXISTS", "done 2 OK"], "{count}");
        }
    };
    attack_imapc_13 "IMAPC-13" |id| {
        let mut visit = Visit::open(CAPABILITIES, 0);
        visit.answer("LIST", &format!("{}% OK\r\n", text(id)));
        visit.session().list(ListRequest::all()).unwrap();
        visit.run();
        // A name is a name; what is made of it as a path is for who makes one.
        assert_eq!(visit.told(), ["list ../../.ssh/authorized_keys", "done"]);
    };
    attack_imapc_14 "IMAPC-14" |id| {
        let told = answer(State::Selected, &command("LIST \"\" *"), &format!("{}% OK\r\n", text(id)));
        assert_eq!((told.events.len(), told.error), (2, None));
        assert!(told.events[0].starts_with("damaged LIST") || told.events[0].starts_with("* LIST () NIL"), "{:?}", told.events);
    };
    attack_imapc_16 "IMAPC-16" |id| {
        let mut visit = Visit::open(CAPABILITIES, 0);
        visit.says(&text(id));
        let [Event::Notice(notice)] = &visit.events[..] else { panic!("{:?}", visit.events) };
        for shown in [format!("{}", notice.text), format!("{notice:?}"), format!("{:?}", visit.events)] {
            assert!(!shown.contains(['\x1b', '\x07']), "{shown:?}");
        }
    };
    attack_imapc_18 "IMAPC-18" |id| {
        for state in [State::NotAuthenticated, State::Authenticated, State::Selected] {
            let told = heard(|| Talk::in_state(state), &text(id), false);
            assert_eq!((told.error, told.sent.len()), (Some(Error::Peer(PeerError::Continuation)), 0), "{state:?}");
        }
    };
    attack_imapc_19 "IMAPC-19" |id| {
        let mut visit = Visit::open(CAPABILITIES, 1);
        visit.answer("SELECT", &format!("* 1 EXISTS\r\n{}% OK\r\n", text(id)));
        visit.answer("UID FETCH", "* 1 FETCH (UID 5 FLAGS ())\r\n% OK\r\n");
        visit.session().resync(MailboxName::INBOX, Cursor::default()).unwrap();
        visit.run();
        assert_eq!(visit.session().selected().unwrap().uid_validity, None);
        // Nothing may be kept by UIDs that are valid for nothing.
        assert_eq!(visit.session().cursor(), None);
    };
    attack_imapc_20 "IMAPC-20" |id| {
        let first = |validity: &str| {
            let mut visit = Visit::open(CAPABILITIES, 1);
            visit.answer("SELECT", &format!("* 1 EXISTS\r\n{validity}% OK\r\n"));
            visit.answer("UID FETCH", "* 1 FETCH (UID 5 FLAGS ())\r\n% OK\r\n");
            visit
        };
        let mut visit = first("* OK [UIDVALIDITY 1] x\r\n");
        visit.session().resync(MailboxName::INBOX, Cursor::default()).unwrap();
        visit.run();
        let cursor = visit.session().cursor().unwrap();
        let mut visit = first(&text(id));
        visit.session().resync(MailboxName::INBOX, cursor).unwrap();
        visit.run();
        assert_eq!(visit.told(), ["Reset", "new 5", "selected 1"]);
        // Nor may it change under a session, which has to read everything anew.
        let mut visit = first("* OK [UIDVALIDITY 1] x\r\n");
        visit.session().resync(MailboxName::INBOX, Cursor::default()).unwrap();
        visit.run().told();
        visit.says(&text(id));
        assert_eq!(visit.told(), ["Reset"]);
        let view = visit.session().view();
        assert_eq!((view.exists(), view.uids().count()), (1, 0));
        visit.answer("IDLE", "+ idling\r\n");
        visit.session().watch().unwrap();
        visit.run();
        assert_eq!(visit.told(), ["new 5", "watching"]);
    };
    attack_imapc_21 "IMAPC-21" |id| {
        let mut visit = fetching(id, 3);
        let told = visit.told();
        // Which of them it is nobody says: it is nobody's answer.
        assert!(told.iter().all(|one| one.starts_with("damaged")), "{told:?}");
        assert_eq!(visit.session().view().uids().count(), 0);
    };
    attack_imapc_22 "IMAPC-22" |id| {
        let mut visit = fetching(id, 9);
        visit.says("* 8 FETCH (UID 9 RFC822.SIZE 7)\r\n% OK\r\n");
        assert_eq!(visit.told(), ["message 9 with 2 items", "done"]);
    };
    attack_imapc_23 "IMAPC-23" |id| {
        let mut visit = Visit::open(CAPABILITIES, 1);
        visit.answer("NOOP", &format!("{}% OK\r\n", text(id)));
        visit.session().run(Command::Noop).unwrap();
        visit.run();
        assert_eq!(visit.told(), ["done"]);
        let told = answer(State::Selected, &Command::Noop, &text(id).replace("* OK", "% OK"));
        assert_eq!(told.events, ["done 2 OK AppendUid"]);
    };
    attack_imapc_24 "IMAPC-24" |id| {
        // A server that can nothing is not one to log in to.
        let mut visit = Visit::new(opening());
        visit.answer("CAPABILITY", &format!("{}% OK\r\n", text(id)));
        visit.says("* OK hi\r\n");
        assert!(matches!(visit.error, Some(SessionError::NotImap4)), "{:?} {:?}", visit.error, visit.sent);
        assert_eq!(visit.sent, ["CAPABILITY"]);
    };
    attack_imapc_25 "IMAPC-25" |id| {
        let told = heard(|| Talk::new(config()), &text(id), false);
        assert_eq!(told.error, Some(Error::Peer(PeerError::SecondGreeting)));
    };
    attack_imapc_26 "IMAPC-26" |id| {
        let told = heard(|| Talk::new(config()), &text(id), false);
        assert_eq!(told.error, Some(Error::Peer(PeerError::Greeting)));
    };
    attack_imapc_28 "IMAPC-28" |id| {
        // The line ends where it ends; what stands behind it is nothing, and the session goes on.
        let told = answer(State::Selected, &command("FETCH 1 ENVELOPE"), &format!("{}* 3 EXISTS\r\n% OK\r\n", text(id)));
        assert_eq!(told.error, None);
        assert_eq!(told.events.len(), 4, "{:?}", told.events);
        assert!(told.events[1].starts_with("stray"), "{:?}", told.events);
        assert_eq!(told.events[2..], ["* 3 EXISTS", "done 2 OK"]);
    };
    attack_imapc_29 "IMAPC-29" |id| {
        let told = heard(|| Talk::in_state(State::Selected), &text(id), false);
        assert_eq!((told.events.len(), told.error), (1, None));
        let mut visit = Visit::open(CAPABILITIES, 1);
        visit.says(&text(id));
        assert_eq!(visit.told().len(), 0, "nobody asked");
    };
    attack_imapc_30 "IMAPC-30" |id| {
        let told = noop(id);
        assert_eq!((told.events.len(), told.error), (1, None), "{:?}", told.events);
        let told = answer(State::Selected, &Command::Noop, &format!("{}* 3 EXISTS\r\n% OK\r\n", text(id)));
        assert_eq!(told.events[1..], ["* 3 EXISTS", "done 2 OK"]);
    };
    attack_imapc_31 "IMAPC-31" |id| assert_eq!(noop(id).error, Some(Error::Peer(PeerError::UidFetch)));
}

#[test]
fn what_a_view_remembers_has_a_bound() {
    let mut view = View::new(1000);
    for line in [
        "* 4294967295 EXISTS",
        "* 4294967295 FETCH (UID 7 FLAGS ())",
        "* 2000 FETCH (UID 8)",
        "* 1000 FETCH (UID 9)",
    ] {
        let Response::Untagged(untagged) = Response::parse(&line.into(), imap_proto::Dialect::REV1) else {
            panic!()
        };
        view.apply(&untagged);
    }
    assert_eq!(view.uids().count(), 1);
    let untagged = |line: &'static str| match Response::parse(&line.into(), imap_proto::Dialect::REV1) {
        Response::Untagged(untagged) => untagged,
        other => panic!("{other:?}"),
    };
    view.apply(&untagged("* VANISHED 1:4294967295"));
    assert!(matches!(untagged("* VANISHED 1:4294967295"), Untagged::Vanished(_)));
    assert_eq!(view.exists(), 0);
}

#[test]
fn outcomes_say_no_more_than_there_is() {
    let mut visit = Visit::open(CAPABILITIES, 3);
    visit.answer("UID SEARCH", "* ESEARCH (TAG \"%\") UID ALL 1:3\r\n% OK\r\n");
    visit.session().search(SearchKey::unseen()).unwrap();
    visit.run();
    assert!(matches!(&visit.events[..], [Event::Done(_, Ok(Outcome::Found(found)))] if found.len() == 3));
}
