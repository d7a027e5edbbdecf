//! Servers that inject, ask for what nobody wants to send, leave, never end, never answer, or answer in any order.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod driven;

use driven::{CAPABILITIES, Heard, Talk, answer, append, call, command, config, heard, refused, small};
use imap_proto::client::{Client, State};
use imap_proto::command::{AppendData, AppendMessage, MessageData};
use imap_proto::{Command, Error, Limit, Limits, Misuse, PeerError, Wait};
use test_support::pki;
use test_support::script::{Script, every_two_cuts};
use wire_core::{Endpoint, Moment, Security};

// ── injections around STARTTLS ──────────────────────────────────────────────────────────────────────────────────

fn wants_tls() -> Talk {
    Talk::with(config().security(Security::StartTls), State::NotAuthenticated, "IMAP4rev1 STARTTLS")
}

#[test]
fn what_is_injected_behind_the_agreement_is_never_a_response() {
    let tls = pki::client_tls();
    let said = b"DDDDDD1 OK begin TLS now\r\n* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\nDDDDDD2 OK done\r\n";
    every_two_cuts(said, |pieces| {
        let mut talk = wants_tls();
        call(talk.machine(), "STARTTLS").unwrap();
        call(talk.machine(), "CAPABILITY").unwrap();
        talk.run();
        let tls = tls.clone();
        let played =
            Script::new(talk.endpoint).tls(move || tls.session(pki::HOST).unwrap()).play(pieces, |_, _| {});
        let sealed = matches!(played.end.machine_error(), Some(Error::Seal(_)));
        assert!(sealed || played.end.layer_error().is_some(), "{pieces:?}: {played:?}");
        let mut heard = Heard::default();
        played.events.into_iter().for_each(|event| driven::note(event, &mut heard));
        assert!(heard.events.iter().all(|event| event == "done 1 OK"), "{pieces:?}: {:?}", heard.events);
        let clear = String::from_utf8_lossy(&played.output);
        assert!(!clear.contains("CAPABILITY"), "{pieces:?}: asked in clear");
    });
}

#[test]
fn what_is_said_in_clear_reaches_nobody() {
    let lines = "* 54321 EXISTS\r\n* SEARCH 1 2 3\r\n* 1 FETCH (BODY[] {7}\r\nFrom: x)\r\n* OK [ALERT] call\r\nx y z\r\n\
        * LIST () \"/\" x\r\n* 1 FETCH (FLAGS (\\Seen))\r\n* STATUS INBOX (MESSAGES 1)\r\n* ENABLED UTF8=ACCEPT\r\n";
    let make = |asked: bool| {
        move || {
            let mut talk = wants_tls();
            talk.tls = true;
            if asked {
                call(talk.machine(), "STARTTLS").unwrap();
                talk.run();
            }
            talk
        }
    };
    // Before it was asked for, and before it is agreed upon.
    let told = heard(make(false), lines, false);
    assert_eq!((told.events.len(), told.error), (0, None), "{:?}", told.events);
    let mut talk = make(true)();
    talk.says(lines);
    assert_eq!(talk.told().len(), 0);
    talk.says("%1 OK [CAPABILITY AUTH=PLAIN] go on\r\n");
    assert_eq!(talk.told(), ["done 1 OK Capability", "secured"]);
    assert!(talk.machine().capabilities().is_none() && talk.machine().enabled().is_empty());
    // Streamed content too.
    let limits = Limits::new().inline_literal(4).chunk(3);
    let make = || {
        let config = config().security(Security::StartTls).limits(limits.clone());
        Talk::with(config, State::NotAuthenticated, "STARTTLS")
    };
    let told = heard(make, "* 1 FETCH (BODY[] {9}\r\nFrom: x\r\n FLAGS ())\r\n", false);
    assert_eq!((told.events.len(), told.body.len()), (0, 0));
}

#[test]
fn a_server_that_does_not_want_tls_gets_no_secret() {
    for no in ["NO", "BAD"] {
        let mut talk = wants_tls();
        call(talk.machine(), "STARTTLS").unwrap();
        talk.run().says(&format!("% {no} not today\r\n"));
        assert_eq!(talk.told(), [format!("done 1 {no}")]);
        assert!(talk.machine().tls().is_none() && !talk.heard.start_tls);
    }
    for greeting in ["* PREAUTH hi\r\n", "* PREAUTH [CAPABILITY IMAP4rev1 STARTTLS] hi\r\n"] {
        let heard = heard(|| Talk::new(config().security(Security::StartTls)), greeting, false);
        assert_eq!((heard.error, heard.events.len()), (Some(Error::Peer(PeerError::PreauthInClear)), 0));
    }
    // BYE ends it at once.
    let heard = heard(wants_tls, "* BYE no\r\n", false);
    assert_eq!((heard.closed, heard.events.len()), (true, 0));
}

// ── what nobody asked for ───────────────────────────────────────────────────────────────────────────────────────

#[test]
fn continuations_that_nobody_waits_for_release_nothing() {
    for text in ["+ go ahead\r\n", "+ [ALERT] go\r\n", "+ \r\n", "+\r\n"] {
        // Nothing was asked.
        let quiet = heard(|| Talk::in_state(State::Selected), text, false);
        assert_eq!(
            (quiet.error, quiet.sent.len()),
            (Some(Error::Peer(PeerError::Continuation)), 0),
            "{text:?}"
        );
        // Something without a literal was.
        let told = answer(State::Selected, &Command::Noop, &format!("{text}% OK\r\n"));
        match text {
            "+ \r\n" | "+\r\n" => assert_eq!((told.events, told.error), (vec!["done 2 OK".to_owned()], None)),
            _ => assert_eq!(told.error, Some(Error::Peer(PeerError::Continuation)), "{text:?}"),
        }
    }
    // Each releases one literal, however they arrive.
    let make = || {
        let mut talk = Talk::with(config(), State::NotAuthenticated, "IMAP4rev1");
        talk.asks(Command::login("j\u{f6}rg", "p\u{e4}ss").unwrap());
        talk
    };
    for (text, sent) in [
        ("", "LOGIN {5}\r\n"),
        ("+ \r\n", "LOGIN {5}\r\nj\u{f6}rg {5}\r\n"),
        ("+ \r\n+ \r\n", "LOGIN {5}\r\nj\u{f6}rg {5}\r\np\u{e4}ss\r\n"),
        ("+ \r\n+ \r\n+ \r\n", "LOGIN {5}\r\nj\u{f6}rg {5}\r\np\u{e4}ss\r\n"),
    ] {
        assert_eq!(heard(make, text, false).sent(), sent, "{text:?}");
    }
    assert_eq!(heard(make, "+ \r\n+ \r\n+ x\r\n", false).error, Some(Error::Peer(PeerError::Continuation)));
}

#[test]
fn challenges_are_answered_one_by_one() {
    let make = || {
        let mut talk = Talk::with(config(), State::NotAuthenticated, "IMAP4rev1 AUTH=PLAIN");
        call(talk.machine(), "AUTHENTICATE PLAIN").unwrap();
        talk.run();
        talk
    };
    let told = heard(make, "+ \r\n%1 OK in\r\n", false);
    assert_eq!(told.sent(), "AUTHENTICATE PLAIN\r\ndGVzdAB0ZXN0AHRlc3Q=\r\n");
    assert_eq!(told.events, ["done 1 OK"]);
    // A second one makes no sense: the secret is not said again, and the exchange is cancelled.
    let told = heard(make, "+ \r\n+ \r\n%1 BAD cancelled\r\n", false);
    assert_eq!(told.sent(), "AUTHENTICATE PLAIN\r\ndGVzdAB0ZXN0AHRlc3Q=\r\n*\r\n");
    assert_eq!(told.events, ["done 1 BAD"]);
}

#[test]
fn answers_to_nobody_end_the_session() {
    for text in
        ["XYZ OK\r\n", "DDDDDD99 OK\r\n", "%1 OK\r\n", "% OK\r\n% OK\r\n", "dddddd2 OK\r\n", "%x OK\r\n"]
    {
        assert_eq!(refused(text), Error::Peer(PeerError::UnknownTag), "{text:?}");
    }
    // One that was given up is still one that was asked.
    let make = || {
        let mut talk = Talk::in_state(State::Selected);
        let id = talk.machine().command(Command::Noop).unwrap();
        talk.run();
        talk.machine().abandon(id);
        talk
    };
    assert_eq!(heard(make, "%2 OK\r\n", false).error, None);
    assert_eq!(heard(make, "%2 OK\r\n%2 OK\r\n", false).error, Some(Error::Peer(PeerError::UnknownTag)));
}

#[test]
fn greetings_that_are_none() {
    let error = |text: &str| heard(|| Talk::new(config()), text, true).error.unwrap();
    assert_eq!(error("* NO hello\r\n"), Error::Peer(PeerError::Greeting));
    assert_eq!(error("* BAD hello\r\n"), Error::Peer(PeerError::Greeting));
    assert_eq!(error("* 3 EXISTS\r\n"), Error::Peer(PeerError::Greeting));
    assert_eq!(error("A1 OK hello\r\n"), Error::Peer(PeerError::Greeting));
    assert_eq!(error("+ hello\r\n"), Error::Peer(PeerError::Greeting));
    assert_eq!(error("\x15\x03\x01\0\x02\x02\x28"), Error::Peer(PeerError::NotImap));
    assert_eq!(error("HTTP/1.1 400 Bad Request\r\n"), Error::Peer(PeerError::NotImap));
    assert!(matches!(error("+OK POP3 ready\r\n"), Error::Peer(_)));
    assert!(matches!(error("220 mx ESMTP\r\n"), Error::Peer(PeerError::Line(_))));
    assert_eq!(error("* OK he"), Error::Eof(Wait::Greeting));
    assert_eq!(refused("* PREAUTH hi\r\n"), Error::Peer(PeerError::SecondGreeting));
}

// ── literals that are refused ───────────────────────────────────────────────────────────────────────────────────

/// A client that stores a message of ten octets, and has NOOP to say.
fn appending(capabilities: &str) -> Talk {
    let mut talk = Talk::with(config(), State::Authenticated, capabilities);
    talk.machine().command(append(10)).unwrap();
    talk.machine().command(Command::Noop).unwrap();
    talk.run();
    talk
}

const WAITING: &str = "IMAP4rev1";
const AT_ONCE: &str = "IMAP4rev1 LITERAL+";

#[test]
fn a_literal_that_is_refused_before_it_is_sent() {
    for no in ["NO [TRYCREATE] no", "BAD no", "NO"] {
        let told = heard(|| appending(WAITING), &format!("%1 {no}\r\n"), false);
        assert_eq!(told.sent(), "APPEND INBOX {10}\r\nNOOP\r\n", "{no}");
        assert_eq!((told.events.len(), told.error), (1, None), "{no}");
    }
    // The octets are nobody's any more.
    let mut talk = appending(WAITING);
    talk.says("%1 NO\r\n");
    assert_eq!(talk.machine().literal("x".into()), Err(Misuse::State));
    assert_eq!(talk.machine().literal_left(), None);
    talk.says("%2 OK\r\n");
    assert_eq!(talk.told(), ["done 1 NO", "done 2 OK"]);
    // Strange, but the message was not wanted.
    let told = heard(|| appending(WAITING), "%1 OK\r\n", false);
    assert_eq!(told.sent(), "APPEND INBOX {10}\r\nNOOP\r\n");
}

#[test]
fn a_literal_that_is_refused_while_it_is_sent() {
    for (capabilities, first, begin) in [
        (WAITING, "+ \r\n", "APPEND INBOX {10}\r\n"),
        // It is announced without waiting: the server must get as many octets, or none of them is a command.
        (AT_ONCE, "", "APPEND INBOX {10+}\r\n"),
    ] {
        for given in 0..10 {
            let mut talk = appending(capabilities);
            talk.says(first);
            assert_eq!(talk.told(), ["wanted 10"]);
            talk.machine().literal(vec![b'x'; given].into()).unwrap();
            talk.run();
            talk.says("%1 NO [OVERQUOTA] full\r\n");
            assert_eq!(talk.told(), ["done 1 NO OverQuota"]);
            assert_eq!(talk.heard.sent(), format!("{begin}{}", "x".repeat(given)), "{capabilities} {given}");
            assert!(talk.heard.closed, "nothing can follow half a message");
        }
    }
}

#[test]
fn a_literal_that_is_refused_after_it_was_sent() {
    for (capabilities, first) in [(WAITING, "+ \r\n"), (AT_ONCE, "")] {
        let mut talk = appending(capabilities);
        talk.says(first);
        talk.machine().literal("0123456789".into()).unwrap();
        talk.run();
        assert!(talk.heard.sent().ends_with("}\r\n0123456789\r\n"), "{}", talk.heard.sent());
        talk.says("%1 NO [TOOBIG] no\r\n").says("%2 OK\r\n");
        assert_eq!(talk.told(), ["wanted 10", "done 1 NO TooBig", "done 2 OK"]);
        assert!(!talk.heard.is_over());
    }
}

#[test]
fn buffered_literals_that_are_refused() {
    // The second of two, when the first was sent.
    let make = || {
        let mut talk = Talk::with(config(), State::NotAuthenticated, WAITING);
        talk.machine().command(Command::login("j\u{f6}rg", "p\u{e4}ss").unwrap()).unwrap();
        talk.machine().command(Command::Noop).unwrap();
        talk.run();
        talk
    };
    let told = heard(make, "+ \r\n%1 NO who\r\n", false);
    assert_eq!(told.sent(), "LOGIN {5}\r\nj\u{f6}rg {5}\r\nNOOP\r\n");
    assert_eq!(told.events, ["done 1 NO"]);
    let make = || {
        let mut talk = Talk::with(config(), State::NotAuthenticated, AT_ONCE);
        talk.asks(Command::login("j\u{f6}rg", "p\u{e4}ss").unwrap());
        talk
    };
    let told = heard(make, "%1 NO who\r\n", false);
    assert_eq!((told.sent().as_str(), told.error), ("LOGIN {5+}\r\nj\u{f6}rg {5+}\r\np\u{e4}ss\r\n", None));
}

#[test]
fn several_messages_and_the_second_is_refused() {
    let make = || {
        let mut talk = Talk::with(config(), State::Authenticated, "IMAP4rev1 MULTIAPPEND");
        let Command::Append(mut append) = append(3) else { panic!() };
        append.messages.push(AppendMessage::new(AppendData::Message(MessageData::streamed(4))));
        talk.asks(Command::Append(append));
        talk.says("+ \r\n");
        talk.machine().literal("abc".into()).unwrap();
        talk.run();
        talk
    };
    let told = heard(make, "%1 NO [OVERQUOTA] full\r\n", false);
    assert_eq!(told.sent(), "APPEND INBOX {3}\r\nabc {4}\r\n");
    assert_eq!((told.events.last().unwrap().as_str(), told.closed), ("done 1 NO OverQuota", false));
    let mut talk = make();
    talk.says("+ \r\n");
    assert_eq!(talk.machine().literal("abcde".into()), Err(Misuse::LiteralOverrun));
    talk.machine().literal("de".into()).unwrap();
    talk.machine().literal("fg".into()).unwrap();
    talk.run().says("% OK [APPENDUID 7 1:2]\r\n");
    assert_eq!(talk.heard.sent(), "APPEND INBOX {3}\r\nabc {4}\r\ndefg\r\n");
    assert_eq!(talk.told(), ["wanted 3", "wanted 4", "done 1 OK AppendUid"]);
}

#[test]
fn a_message_that_cannot_be_given_is_not_stored_cut() {
    for (capabilities, first) in [(WAITING, "+ \r\n"), (AT_ONCE, "")] {
        for given in 0..10 {
            let mut talk = appending(capabilities);
            talk.says(first);
            talk.machine().literal(vec![b'x'; given].into()).unwrap();
            talk.run();
            talk.machine().abort_literal();
            talk.run();
            assert!(talk.heard.closed && talk.heard.error.is_none());
            let after = talk.heard.sent().split_once("}\r\n").unwrap().1.to_owned();
            assert_eq!(after, "x".repeat(given));
            assert_eq!(talk.machine().command(Command::Noop), Err(Misuse::State));
        }
    }
    // Before it is asked for, and where there is none.
    let mut talk = appending(WAITING);
    talk.machine().abort_literal();
    talk.run();
    assert!(talk.heard.closed);
    assert_eq!(talk.heard.sent(), "APPEND INBOX {10}\r\n");
    let mut talk = Talk::in_state(State::Selected);
    talk.asks(Command::Noop);
    talk.machine().abort_literal();
    talk.run().says("% OK\r\n");
    assert!(!talk.heard.closed);
}

// ── what has no end ─────────────────────────────────────────────────────────────────────────────────────────────

/// What is made of endless octets, and how many are held at most.
fn flood(first: &str, piece: &[u8]) -> (Option<Error>, usize) {
    let mut talk = Talk::with(config().limits(small()), State::Selected, CAPABILITIES);
    talk.asks(Command::Noop);
    talk.says_octets(first.as_bytes());
    let mut most = 0;
    for _ in 0..100_000 / piece.len() {
        talk.says_octets(piece);
        most = most.max(talk.endpoint.recv_buf().len());
        if talk.heard.is_over() {
            break;
        }
    }
    (talk.heard.error, most)
}

#[test]
fn lines_without_end() {
    let line = Some(Error::Limit(Limit::Line(2000)));
    for first in [
        "* OK ",
        "* SEARCH",
        "* LIST () \"/\" \"",
        "* 1 FETCH (",
        "DDDDDD2 OK ",
        "+ ",
        "x",
        "",
        "* \r",
        "* 1 FETCH (BODY[] \"",
    ] {
        for piece in [&b"1"[..], b" 1", b"((((", b"\"", b"\\", b"\n", b"\r\r", b"{1}", b"\0"] {
            let (error, most) = flood(first, piece);
            assert_eq!(error, line, "{first:?} {piece:?}");
            assert!(most <= 2100, "{first:?} {piece:?}: {most}");
        }
    }
}

#[test]
fn literals_that_nobody_could_hold() {
    for (text, error) in [
        ("* 1 FETCH (BODY[] {99999999999999999999}\r\n", Limit::Literal(10_000)),
        ("* 1 FETCH (BODY[] {18446744073709551615}\r\n", Limit::Literal(10_000)),
        ("* 1 FETCH (BODY[] {10001}\r\n", Limit::Literal(10_000)),
        ("* LIST () \"/\" {10001}\r\n", Limit::Literal(10_000)),
        ("* OK [BADCHARSET ({10001}\r\n", Limit::Literal(10_000)),
    ] {
        let make = || {
            let mut talk = Talk::with(config().limits(small()), State::Selected, CAPABILITIES);
            talk.asks(Command::Noop);
            talk
        };
        assert_eq!(heard(make, text, false).error, Some(Error::Limit(error)), "{text:?}");
    }
}

#[test]
fn what_is_too_large_is_passed_over_and_told() {
    let make = || {
        let mut talk = Talk::with(config().limits(small()), State::Selected, CAPABILITIES);
        talk.asks(command("FETCH 1:3 ENVELOPE"));
        talk
    };
    // A name that is too long, and one of many literals that together are.
    let name = "x".repeat(1000);
    let told = heard(make, &format!("* LIST () \"/\" {{1000}}\r\n{name}\r\n* 3 EXISTS\r\n%2 OK\r\n"), false);
    assert_eq!((told.events.len(), told.error), (3, None), "{:?}", told.events);
    assert!(told.events[0].starts_with("damaged"));
    assert_eq!(told.events[1..], ["* 3 EXISTS", "done 2 OK"]);
    let many = format!(" {{90}}\r\n{}", "A OK\r\n".repeat(15)).repeat(50);
    let mut talk = make();
    talk.says(&format!("* 2 FETCH (ENVELOPE (NIL NIL ((NIL NIL{many}))) UID 7)\r\n* 3 EXISTS\r\n%2 OK\r\n"));
    let told = talk.told();
    assert_eq!((told.len(), told[0].as_str()), (3, "damaged  2"), "{told:?} {:?}", talk.heard.error);
    assert!(talk.endpoint.recv_buf().is_empty());
}

#[test]
fn a_message_ends_where_the_rest_of_it_is_too_large() {
    let make = || {
        let mut talk = Talk::with(config().limits(small()), State::Selected, CAPABILITIES);
        talk.asks(command("FETCH 1:2 (UID BODY[] X-Y)"));
        talk
    };
    let message = |number: u32, rest: &str| {
        format!("* {number} FETCH (UID {number}7 BODY[] {{200}}\r\n{}{rest})\r\n", "x".repeat(200))
    };
    let rest = format!(" X-Y {{3000}}\r\n{} FLAGS ()", "y".repeat(3000));
    let told = heard(make, &format!("{}{}%2 OK\r\n", message(1, &rest), message(2, "")), false);
    assert_eq!(
        told.events,
        [
            "message 1 with 1 items",
            "body 200",
            "body end",
            "damaged FETCH 1",
            "message end",
            "message 2 with 1 items",
            "body 200",
            "body end",
            "message end",
            "done 2 OK"
        ]
    );
    assert_eq!(told.body.len(), 400);
}

#[test]
fn a_body_of_any_size_costs_a_piece() {
    let mut talk = Talk::with(config().limits(small()), State::Selected, CAPABILITIES);
    talk.asks(command("UID FETCH 1 BODY.PEEK[]"));
    talk.says("* 1 FETCH (UID 1 BODY[] {10000}\r\n");
    for _ in 0..100 {
        talk.says_octets(&[b'x'; 100]);
        assert!(talk.endpoint.recv_buf().is_empty());
    }
    talk.says(")\r\n% OK\r\n");
    assert_eq!(talk.heard.body.len(), 10_000);
    assert_eq!(talk.told(), ["message 1 with 1 items", "body 10000", "body end", "message end", "done 2 OK"]);
}

#[test]
fn counts_that_cannot_be() {
    for line in ["* 0 EXPUNGE", "* 4294967296 EXISTS", "* -1 EXPUNGE", "* 4294967296 EXPUNGE"] {
        let error = refused(&format!("{line}\r\n"));
        assert!(matches!(error, Error::Peer(PeerError::Count)), "{line}: {error}");
    }
    for text in ["* 1 UIDFETCH (FLAGS ())\r\n", "* 1 UIDFETCH (BODY[] {2}\r\nhi)\r\n"] {
        assert_eq!(refused(text), Error::Peer(PeerError::UidFetch), "{text}");
    }
    let make = || Talk::with(config().limits(small()), State::Selected, CAPABILITIES);
    let text = format!("* 1 UIDFETCH (BODY[] {{1000}}\r\n{})\r\n", "x".repeat(1000));
    assert_eq!(heard(make, &text, false).error, Some(Error::Peer(PeerError::UidFetch)));
}

#[test]
fn a_client_that_has_ended_stays_ended() {
    let mut talk = Talk::in_state(State::Selected);
    talk.says("XYZ OK\r\n");
    for _ in 0..3 {
        assert!(talk.endpoint.poll(talk.now).is_err());
    }
    let mut endpoint: Endpoint<Client> = Talk::in_state(State::Selected).endpoint;
    endpoint.machine().give_up();
    assert!(matches!(endpoint.poll(Moment::ORIGIN), Ok(wire_core::Progress::Close)));
    assert_eq!(endpoint.machine().command(Command::Noop), Err(Misuse::State));
}
