//! Servers that leave, say BYE, or are silent, with a clock that is none; and IDLE, which is silence by agreement.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod driven;

use std::time::Duration;

use driven::{CAPABILITIES, Talk, append, call, command, config, heard, number, small};
use imap_proto::client::State;
use imap_proto::{Command, Error, Limits, Misuse, Timeouts, Wait};
use wire_core::Moment;

const WAITING: &str = "IMAP4rev1";

// ── leaving ─────────────────────────────────────────────────────────────────────────────────────────────────────

/// A session: what the client does, what the server says to that, and what is waited for meanwhile.
const SESSION: &[(&str, &str, Wait)] = &[
    ("", "* OK [CAPABILITY IMAP4rev1 IDLE AUTH=PLAIN] hi\r\n", Wait::Greeting),
    ("AUTHENTICATE PLAIN", "+ \r\n", Wait::Authentication),
    ("", "% OK in\r\n", Wait::Authentication),
    (
        "SELECT INBOX",
        "* 3 EXISTS\r\n* OK [UIDVALIDITY 7] v\r\n% OK [READ-WRITE] selected\r\n",
        Wait::Response,
    ),
    ("UID SEARCH CHARSET UTF-8 SUBJECT \"\u{fc}\"", "+ go on\r\n", Wait::Continuation),
    ("", "* SEARCH 1 2\r\n% OK\r\n", Wait::Response),
    ("UID FETCH 1 BODY.PEEK[]", "* 1 FETCH (UID 1 BODY[] {12}\r\n", Wait::Response),
    ("", "Subject: x\r\n FLAGS ())\r\n% OK\r\n", Wait::Literal),
    ("IDLE", "+ idling\r\n", Wait::Response),
    ("", "* 4 EXISTS\r\n", Wait::News),
    ("DONE", "% OK\r\n", Wait::Response),
    ("", "* 5 EXISTS\r\n", Wait::News),
    ("LOGOUT", "* BYE bye\r\n% OK out\r\n", Wait::Response),
];

#[test]
fn a_server_that_leaves_at_any_octet() {
    let limits = Limits::new().inline_literal(4).chunk(5);
    let play = |cut: usize, step: usize| {
        let mut talk = Talk::new(config().limits(limits.clone()));
        talk.run();
        let (mut at, mut wait) = (0, Wait::Greeting);
        for (act, text, waits) in SESSION {
            match *act {
                "" => {}
                "DONE" => talk.machine().done(),
                line => call(talk.machine(), line).unwrap(),
            }
            talk.run();
            let octets = talk.tagged(text).into_bytes();
            let left = octets.len().min(cut - at);
            wait = *waits;
            // A literal that was begun, or the rest of a response.
            for piece in octets[..left].chunks(step) {
                talk.says_octets(piece);
            }
            at += left;
            if at == cut {
                // What comes next, if this is all.
                if left == octets.len() {
                    return (talk, None);
                }
                break;
            }
        }
        (talk, Some(wait))
    };
    let all: usize = SESSION.iter().map(|(_, text, _)| text.replace('%', "DDDDDD1").len()).sum();
    let mut over = 0;
    for cut in 0..all {
        for step in [1, usize::MAX] {
            let (mut talk, wait) = play(cut, step);
            if talk.heard.closed {
                over += 1;
                continue;
            }
            assert_eq!(talk.heard.error, None, "cut at {cut}");
            let said_bye = talk.heard.events.last().is_some_and(|last| last.starts_with("* BYE"));
            let before = talk.heard.events.clone();
            talk.leaves();
            if said_bye {
                assert!(talk.heard.closed, "cut at {cut}");
                over += 1;
                continue;
            }
            let Some(Error::Eof(waited)) = talk.heard.error else { panic!("cut at {cut}: {:?}", talk.heard) };
            if let Some(wait) = wait {
                // Inside the literal the rest of it is waited for, behind it the response.
                let literal = wait == Wait::Literal && waited == Wait::Response;
                assert!(waited == wait || literal, "cut at {cut}: {waited:?}, not {wait:?}");
            }
            assert_eq!(talk.heard.events, before, "cut at {cut}: nothing is told of what is not complete");
            for _ in 0..3 {
                assert!(talk.endpoint.poll(talk.now).is_err());
            }
        }
    }
    assert!(over > 2, "{over}");
}

#[test]
fn bye_in_every_state() {
    for state in [State::NotAuthenticated, State::Authenticated, State::Selected] {
        let told = heard(|| Talk::in_state(state), "* BYE shutting down\r\n* BYE again\r\n", true);
        assert_eq!(told.events, ["* BYE shutting down", "* BYE again"], "{state:?}");
        assert!(told.closed && told.error.is_none(), "{state:?}");
        // Nothing is sent any more.
        let mut talk = Talk::in_state(state);
        talk.says("* BYE shutting down\r\n");
        assert!(talk.machine().is_closing());
        assert_eq!(talk.machine().command(Command::Noop), Err(Misuse::State), "{state:?}");
        // A server that says so and stays is left.
        talk.waits();
        assert!(talk.heard.closed && talk.heard.sent.is_empty(), "{state:?}");
        // With a command under way, and one that waits.
        let mut talk = Talk::in_state(state);
        talk.machine().command(command("XFOO")).unwrap();
        talk.machine().command(Command::Noop).unwrap();
        talk.run().says("* BYE shutting down\r\n% NO\r\n");
        assert_eq!(talk.heard.sent(), "XFOO\r\n", "{state:?}");
        assert_eq!(talk.told().len(), 2, "{state:?}");
        talk.leaves();
        assert!(talk.heard.closed && talk.heard.error.is_none(), "{state:?}");
    }
    let told = heard(|| Talk::new(config()), "* BYE too many of you\r\n", false);
    assert_eq!((told.events.as_slice(), told.closed), (&["* BYE too many of you".to_owned()][..], true));
    // While a literal, a challenge or news is waited for.
    let mut talk = Talk::with(config(), State::Authenticated, WAITING);
    talk.asks(append(10)).says("* BYE\r\n").leaves();
    assert!(talk.heard.closed && talk.heard.error.is_none());
    let mut talk = Talk::in_state(State::Selected);
    talk.machine().idle().unwrap();
    talk.run().says("+ idling\r\n* BYE idle for too long\r\n");
    talk.leaves();
    assert!(talk.heard.closed && talk.heard.error.is_none());
}

#[test]
fn preauth() {
    let told = heard(|| Talk::new(config()), "* PREAUTH hi\r\n", false);
    assert_eq!((told.events.as_slice(), told.error), (&["preauth".to_owned()][..], None));
    let mut talk = Talk::new(config());
    talk.says("* PREAUTH hi\r\n");
    assert_eq!(talk.machine().state(), State::Authenticated);
    assert_eq!(call(talk.machine(), "LOGIN joe pencil"), Err(Misuse::State));
    assert_eq!(call(talk.machine(), "SELECT INBOX"), Ok(()));
}

#[test]
fn what_was_queued_before_the_greeting_waits_for_it() {
    let mut talk = Talk::new(config());
    call(talk.machine(), "CAPABILITY").unwrap();
    talk.run();
    assert_eq!(talk.heard.sent(), "");
    talk.says("* OK hi\r\n");
    assert_eq!(talk.heard.sent(), "CAPABILITY\r\n");
    let mut talk = Talk::new(config());
    call(talk.machine(), "CAPABILITY").unwrap();
    talk.says("* BYE no\r\n");
    assert!(talk.heard.closed && talk.heard.sent.is_empty());
}

// ── silence ─────────────────────────────────────────────────────────────────────────────────────────────────────

fn timeouts() -> Timeouts {
    let seconds = Duration::from_secs;
    Timeouts::new().greeting(seconds(10)).response(seconds(20)).idle(seconds(100)).tls(seconds(7))
}

fn at(seconds: u64) -> Moment {
    Moment::new(Duration::from_secs(seconds))
}

fn timed(state: State) -> Talk {
    let config = config().timeouts(timeouts());
    if state == State::Greeting {
        Talk::new(config)
    } else {
        Talk::with(config, state, "IMAP4rev1 IDLE STARTTLS AUTH=PLAIN")
    }
}

fn out_of_time(talk: &mut Talk, seconds: u64, wait: Wait) {
    assert_eq!(talk.endpoint.deadline(), Some(at(seconds)), "{wait:?}");
    talk.now = at(seconds - 1);
    talk.run();
    assert_eq!(talk.heard.error, None, "{wait:?} too early");
    talk.waits();
    assert_eq!(talk.heard.error, Some(Error::Timeout(wait)));
}

#[test]
fn silence_at_every_wait() {
    out_of_time(timed(State::Greeting).run(), 10, Wait::Greeting);
    // Octets that are no greeting yet are not enough.
    let mut talk = timed(State::Greeting);
    talk.now = at(9);
    talk.says("* OK slow");
    assert_eq!(talk.endpoint.deadline(), Some(at(10)));
    out_of_time(timed(State::Selected).asks(Command::Noop), 20, Wait::Response);
    let mut talk = timed(State::NotAuthenticated);
    call(talk.machine(), "AUTHENTICATE PLAIN").unwrap();
    out_of_time(talk.run(), 20, Wait::Authentication);
    let mut talk = timed(State::Authenticated);
    talk.asks(append(10));
    out_of_time(&mut talk, 20, Wait::Continuation);
    let mut talk = timed(State::Selected);
    talk.machine().idle().unwrap();
    out_of_time(talk.run(), 20, Wait::Response);
    let mut talk = Talk::with(config().timeouts(timeouts()).limits(small()), State::Selected, CAPABILITIES);
    talk.asks(command("FETCH 1 BODY[]"));
    talk.now = at(5);
    talk.says("* 1 FETCH (BODY[] {1000}\r\nabc");
    out_of_time(&mut talk, 25, Wait::Literal);
    // Nobody is asked, nobody is late.
    assert_eq!(timed(State::Selected).run().endpoint.deadline(), None);
    // TLS is agreed upon, and the handshake does not come.
    let mut talk = timed(State::NotAuthenticated);
    call(talk.machine(), "STARTTLS").unwrap();
    talk.run();
    talk.now = at(3);
    talk.says("% OK\r\n");
    assert!(talk.heard.start_tls);
    assert_eq!(talk.endpoint.deadline(), Some(at(10)));
}

#[test]
fn every_octet_is_a_sign_of_life() {
    let mut talk = timed(State::Selected);
    talk.asks(command("UID SEARCH ALL"));
    talk.says("* SEARCH");
    for second in 1..100 {
        talk.now = at(second * 19);
        talk.says(" 1");
        assert_eq!(talk.heard.error, None);
    }
    talk.says("\r\n% OK\r\n");
    assert_eq!(talk.endpoint.deadline(), None);
    assert_eq!(talk.told().len(), 2);
}

#[test]
fn commands_have_their_own_time() {
    let mut talk = timed(State::Selected);
    talk.machine().command_within(Command::Noop, Duration::from_secs(3)).unwrap();
    talk.machine().command_within(Command::Check, Duration::from_secs(50)).unwrap();
    talk.machine().command(command("CREATE x")).unwrap();
    talk.run();
    assert_eq!(talk.endpoint.deadline(), Some(at(3)));
    talk.now = at(2);
    talk.says("%2 OK\r\n");
    assert_eq!(talk.endpoint.deadline(), Some(at(52)));
    talk.now = at(40);
    talk.says("%3 OK\r\n");
    out_of_time(&mut talk, 60, Wait::Response);
}

#[test]
fn an_application_may_take_its_time_with_a_message() {
    let mut talk = timed(State::Authenticated);
    talk.asks(append(10));
    talk.says("+ \r\n");
    assert_eq!(talk.endpoint.deadline(), None);
    talk.now = at(10_000);
    talk.run();
    talk.machine().literal("0123456789".into()).unwrap();
    talk.run();
    out_of_time(&mut talk, 10_020, Wait::Response);
}

// ── IDLE ────────────────────────────────────────────────────────────────────────────────────────────────────────

#[test]
fn idle_is_renewed_in_time_whatever_comes() {
    let minute = 60;
    for news in [0, 1, 5, 27] {
        let mut talk = Talk::in_state(State::Selected);
        let id = talk.machine().idle().unwrap();
        talk.run().says("+ idling\r\n");
        assert_eq!(talk.told(), [format!("idling {}", number(&id))]);
        let mut begun = 0;
        for round in 1..=50 {
            let due = begun + 28 * minute;
            // Servers say now and then that they are there; RFC 9051 section 6.3.13 counts from when IDLE began.
            for tick in 1..=news {
                talk.now = at(begun + tick * minute);
                talk.says("* OK still here\r\n");
            }
            assert_eq!(talk.endpoint.deadline(), Some(at(due)), "{news} {round}");
            assert_eq!(talk.told().len() as u64, news);
            talk.waits();
            assert!(talk.heard.sent().ends_with("IDLE\r\nDONE\r\n"), "{news} {round}");
            talk.now = at(due + 2);
            // News between is news.
            talk.says("* 7 EXISTS\r\n% OK\r\n");
            assert_eq!(talk.told(), ["* 7 EXISTS"]);
            assert!(talk.heard.sent().ends_with("DONE\r\nIDLE\r\n"), "{news} {round}");
            talk.now = at(due + 3);
            talk.says("+ idling\r\n");
            assert_eq!(talk.told().len(), 0, "it is told once");
            begun = due + 3;
        }
        talk.machine().done();
        talk.run().says("% OK\r\n");
        assert_eq!(talk.told(), [format!("done {} OK", number(&id))]);
        assert!(!talk.machine().is_idling());
        assert_eq!(talk.endpoint.deadline(), None);
    }
}

#[test]
fn idle_that_ends_before_it_has_begun() {
    for queued in [false, true] {
        let mut talk = Talk::in_state(State::Selected);
        talk.machine().idle().unwrap();
        talk.run();
        match queued {
            true => call(talk.machine(), "NOOP").unwrap(),
            false => talk.machine().done(),
        }
        talk.run();
        // RFC 9051 section 6.3.13: DONE is for a server that idles
        assert_eq!(talk.heard.sent(), "IDLE\r\n");
        talk.says("* 4 EXISTS\r\n");
        assert_eq!(talk.heard.sent(), "IDLE\r\n");
        talk.says("+ idling\r\n");
        assert_eq!(talk.heard.sent(), "IDLE\r\nDONE\r\n");
        // Once.
        talk.says("+ idling\r\n+ \r\n");
        assert_eq!(talk.heard.sent(), "IDLE\r\nDONE\r\n");
        talk.says("% OK\r\n");
        assert_eq!(talk.heard.sent(), if queued { "IDLE\r\nDONE\r\nNOOP\r\n" } else { "IDLE\r\nDONE\r\n" });
    }
    // Before it is sent at all.
    let mut talk = Talk::in_state(State::Selected);
    talk.asks(command("CREATE x"));
    let id = talk.machine().idle().unwrap();
    talk.machine().abandon(id);
    talk.run().says("% OK\r\n");
    assert_eq!(talk.heard.sent(), "CREATE x\r\n");
    assert!(!talk.machine().is_idling() && talk.machine().idle().is_ok());
}

#[test]
fn idle_that_the_server_ends_or_refuses() {
    for (text, told) in [
        ("% NO not now\r\n", "done 2 NO"),
        ("% BAD what\r\n", "done 2 BAD"),
        ("+ idling\r\n% OK enough\r\n", "done 2 OK"),
        ("+ idling\r\n% NO enough\r\n", "done 2 NO"),
    ] {
        let make = || {
            let mut talk = Talk::in_state(State::Selected);
            talk.machine().idle().unwrap();
            talk.run();
            talk
        };
        let heard = heard(make, text, false);
        assert_eq!((heard.events.last().unwrap().as_str(), heard.error), (told, None), "{text}");
        let mut talk = make();
        talk.says(text);
        assert!(!talk.machine().is_idling() && talk.machine().is_idle(), "{text}");
        assert_eq!(call(talk.machine(), "IDLE"), Ok(()));
    }
    // A renewal that is refused ends it too.
    let mut talk = Talk::in_state(State::Selected);
    talk.machine().idle().unwrap();
    talk.run().says("+ \r\n").waits().says("% OK\r\n").says("% NO\r\n");
    assert_eq!(talk.told(), ["idling 2", "done 2 NO"]);
}

#[test]
fn a_server_that_sleeps_while_idling_is_found_out() {
    let mut talk = Talk::in_state(State::Selected);
    talk.machine().idle().unwrap();
    talk.run().says("+ idling\r\n");
    talk.waits();
    assert_eq!(talk.heard.sent(), "IDLE\r\nDONE\r\n");
    talk.waits();
    assert_eq!(talk.heard.error, Some(Error::Timeout(Wait::Response)));
}
