//! Every state and every command, and every pair of commands: the client against the tables, which are RFC 9051 section 6 and
//! section 5.5 by hand.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod driven;

use driven::{CAPABILITIES, Talk, call, command, config};
use imap_proto::client::State;
use imap_proto::{Command, Misuse};
use test_support::script::Unencrypted;
use wire_core::{Layer, Machine};

/// Each command, and where it may be given: while the greeting is waited for (it may be sent once nobody is logged in), not
/// authenticated, authenticated, selected. After LOGOUT there is none.
const COMMANDS: &[(&str, &str)] = &[
    ("CAPABILITY", "gnas"),
    ("NOOP", "gnas"),
    ("LOGOUT", "gnas"),
    ("ID NIL", "gnas"),
    ("XFOO", "gnas"),
    ("STARTTLS", "gn"),
    ("AUTHENTICATE PLAIN", "gn"),
    ("LOGIN joe pencil", "gn"),
    ("ENABLE CONDSTORE", "a"),
    ("SELECT INBOX", "as"),
    ("EXAMINE INBOX", "as"),
    ("CREATE x", "as"),
    ("DELETE x", "as"),
    ("RENAME x y", "as"),
    ("SUBSCRIBE x", "as"),
    ("UNSUBSCRIBE x", "as"),
    ("LIST \"\" *", "as"),
    ("LSUB \"\" *", "as"),
    ("XLIST \"\" *", "as"),
    ("NAMESPACE", "as"),
    ("STATUS INBOX (MESSAGES)", "as"),
    ("APPEND INBOX {1+}\r\nx", "as"),
    ("IDLE", "as"),
    ("CHECK", "s"),
    ("CLOSE", "s"),
    ("UNSELECT", "s"),
    ("EXPUNGE", "s"),
    ("UID EXPUNGE 1", "s"),
    ("SEARCH ALL", "s"),
    ("UID SEARCH ALL", "s"),
    ("SORT (DATE) UTF-8 ALL", "s"),
    ("UID SORT (DATE) UTF-8 ALL", "s"),
    ("THREAD REFERENCES UTF-8 ALL", "s"),
    ("UID THREAD REFERENCES UTF-8 ALL", "s"),
    ("ESEARCH IN (subtree x) ALL", "as"),
    ("CANCELUPDATE \"t\"", "s"),
    ("UIDBATCHES 1000", "s"),
    ("FETCH 1 FLAGS", "s"),
    ("UID FETCH 1 FLAGS", "s"),
    ("STORE 1 FLAGS ()", "s"),
    ("UID STORE 1 FLAGS ()", "s"),
    ("COPY 1 x", "s"),
    ("UID COPY 1 x", "s"),
    ("MOVE 1 x", "s"),
    ("UID MOVE 1 x", "s"),
    ("REPLACE 1 x {1+}\r\nx", "s"),
    ("UID REPLACE 1 x {1+}\r\nx", "s"),
    ("COMPRESS DEFLATE", "as"),
    ("UNAUTHENTICATE", "as"),
    ("GETJMAPACCESS", "as"),
    ("SETACL x joe lr", "as"),
    ("DELETEACL x joe", "as"),
    ("GETACL x", "as"),
    ("LISTRIGHTS x joe", "as"),
    ("MYRIGHTS x", "as"),
    ("GETQUOTA \"\"", "as"),
    ("GETQUOTAROOT x", "as"),
    ("SETQUOTA \"\" (STORAGE 1)", "as"),
    ("GETMETADATA \"\" /shared/comment", "as"),
    ("SETMETADATA \"\" (/shared/comment NIL)", "as"),
    ("NOTIFY NONE", "as"),
    (
        "GENURLAUTH \"imap://joe@example.com/INBOX/;uid=20;expire=2030-01-01T00:00:00Z;urlauth=anonymous\" INTERNAL",
        "as",
    ),
    ("RESETKEY", "as"),
    (
        "URLFETCH \"imap://joe@example.com/INBOX/;uid=20;urlauth=anonymous:internal:91354a473744909de610943775f92038\"",
        "as",
    ),
];

const STATES: [(char, State); 5] = [
    ('g', State::Greeting),
    ('n', State::NotAuthenticated),
    ('a', State::Authenticated),
    ('s', State::Selected),
    ('l', State::Logout),
];

const ALL: &str = "IMAP4rev1 IDLE LITERAL+ STARTTLS COMPRESS=DEFLATE";

fn expected(line: &str, places: &str, state: char) -> Result<(), Misuse> {
    if !places.contains(state) {
        return Err(Misuse::State);
    }
    if line == "COMPRESS DEFLATE" && !cfg!(feature = "compress") {
        return Err(Misuse::NotOffered);
    }
    Ok(())
}

#[test]
fn every_state_and_command() {
    let mut walked = 0;
    for (letter, state) in STATES {
        for (line, places) in COMMANDS {
            let mut talk = Talk::with(config(), state, ALL);
            let result = call(talk.machine(), line);
            assert_eq!(result, expected(line, places, letter), "{state:?} {line}");
            talk.run();
            let sent = talk.heard.sent();
            match result {
                Ok(()) if state == State::Greeting => assert_eq!(sent, "", "{line}"),
                Ok(()) => {
                    assert!(sent.starts_with(line.split(' ').next().unwrap()), "{state:?} {line}: {sent}")
                }
                Err(_) => assert_eq!(sent, "", "{state:?} {line}"),
            }
            walked += 1;
        }
    }
    println!("{walked} pairs of state and command");
}

#[test]
fn commands_that_have_calls_of_their_own() {
    for line in ["IDLE", "AUTHENTICATE PLAIN"] {
        for (_, state) in STATES {
            let mut talk = Talk::in_state(state);
            assert_eq!(talk.machine().command(command(line)), Err(Misuse::State), "{state:?} {line}");
        }
    }
    // Nor does an exchange that is queued let another in.
    let mut talk = Talk::in_state(State::NotAuthenticated);
    call(talk.machine(), "AUTHENTICATE PLAIN").unwrap();
    assert_eq!(talk.machine().command(command("AUTHENTICATE PLAIN")), Err(Misuse::State));
    assert_eq!(call(talk.machine(), "AUTHENTICATE PLAIN"), Err(Misuse::State));
}

#[test]
fn the_state_that_is_about_to_be() {
    let mut talk = Talk::in_state(State::NotAuthenticated);
    let client = talk.machine();
    for line in
        ["LOGIN joe pencil", "ENABLE CONDSTORE", "SELECT INBOX", "FETCH 1 FLAGS", "UNSELECT", "LIST \"\" *"]
    {
        assert_eq!(call(client, line), Ok(()), "{line}");
    }
    for line in ["LOGIN joe pencil", "FETCH 1 FLAGS"] {
        assert_eq!(call(client, line), Err(Misuse::State), "{line}");
    }
    call(client, "UNAUTHENTICATE").unwrap();
    assert_eq!(call(client, "LIST \"\" *"), Err(Misuse::State));
    call(client, "LOGOUT").unwrap();
    for (line, _) in COMMANDS {
        assert_eq!(call(client, line), Err(Misuse::State), "{line} after LOGOUT");
    }
    // What was taken back does not count.
    let mut talk = Talk::in_state(State::Authenticated);
    talk.asks(Command::Noop);
    let select = talk.machine().command(command("SELECT INBOX")).unwrap();
    talk.machine().abandon(select);
    assert_eq!(call(talk.machine(), "FETCH 1 FLAGS"), Err(Misuse::State));
}

#[test]
fn what_states_become() {
    use State as S;
    for (from, line, answer, to) in [
        (S::NotAuthenticated, "LOGIN joe pencil", "OK", S::Authenticated),
        (S::NotAuthenticated, "LOGIN joe pencil", "NO", S::NotAuthenticated),
        (S::NotAuthenticated, "AUTHENTICATE PLAIN", "OK", S::Authenticated),
        (S::NotAuthenticated, "AUTHENTICATE PLAIN", "BAD", S::NotAuthenticated),
        (S::Authenticated, "SELECT INBOX", "OK", S::Selected),
        (S::Authenticated, "SELECT INBOX", "NO", S::Authenticated),
        (S::Selected, "EXAMINE INBOX", "OK", S::Selected),
        (S::Selected, "SELECT INBOX", "NO", S::Authenticated),
        (S::Selected, "SELECT INBOX", "BAD", S::Authenticated),
        (S::Selected, "CLOSE", "OK", S::Authenticated),
        (S::Selected, "CLOSE", "NO", S::Selected),
        (S::Selected, "UNSELECT", "OK", S::Authenticated),
        (S::Selected, "UNAUTHENTICATE", "OK", S::NotAuthenticated),
        (S::Selected, "UNAUTHENTICATE", "NO", S::Selected),
        (S::Selected, "LOGOUT", "OK", S::Logout),
        (S::NotAuthenticated, "LOGOUT", "BAD", S::Logout),
        (S::Selected, "FETCH 1 FLAGS", "BAD", S::Selected),
    ] {
        let mut talk = Talk::in_state(from);
        call(talk.machine(), line).unwrap();
        talk.run().says(&format!("% {answer}\r\n"));
        assert_eq!((talk.machine().state(), &talk.heard.error), (to, &None), "{from:?} {line} {answer}");
        assert_eq!(talk.heard.closed, to == S::Logout, "{line}");
    }
}

#[test]
fn what_is_known_not_to_be_offered() {
    for (state, line) in [
        (State::NotAuthenticated, "STARTTLS"),
        (State::Authenticated, "COMPRESS DEFLATE"),
        (State::Selected, "IDLE"),
    ] {
        let mut talk = Talk::with(config(), state, "IMAP4rev1");
        assert_eq!(call(talk.machine(), line), Err(Misuse::NotOffered), "{line}");
        // If the server has not said what it can, it is asked.
        let mut talk = Talk::new(config());
        talk.says(if state == State::NotAuthenticated { "* OK hi\r\n" } else { "* PREAUTH hi\r\n" });
        let known = line != "COMPRESS DEFLATE" || cfg!(feature = "compress");
        assert_eq!(
            call(talk.machine(), line),
            if known { Ok(()) } else { Err(Misuse::NotOffered) },
            "{line}"
        );
    }
    let mut talk = Talk::with(config(), State::NotAuthenticated, "IMAP4rev1 LOGINDISABLED");
    assert_eq!(call(talk.machine(), "LOGIN joe pencil"), Err(Misuse::NotOffered));
    // IMAP4rev2 has IDLE whether it says so or not.
    let mut talk = Talk::with(config(), State::Authenticated, "IMAP4rev2");
    assert_eq!(call(talk.machine(), "IDLE"), Ok(()));
}

#[test]
fn credentials_and_layers() {
    let careful = || config().dangerous_allow_cleartext_secrets(false);
    for line in ["LOGIN joe pencil", "AUTHENTICATE PLAIN"] {
        let mut talk = Talk::with(careful(), State::NotAuthenticated, ALL);
        assert_eq!(call(talk.machine(), line), Err(Misuse::Cleartext), "{line}");
        // Not even behind STARTTLS, before TLS is there: it may be refused.
        call(talk.machine(), "STARTTLS").unwrap();
        assert_eq!(call(talk.machine(), line), Err(Misuse::Cleartext), "{line}");
        assert_eq!(call(talk.machine(), "STARTTLS"), Err(Misuse::State), "once is enough");
        // Who is logged in does not log in again, secret or not.
        let mut talk = Talk::with(careful(), State::Selected, ALL);
        assert_eq!(call(talk.machine(), line), Err(Misuse::State), "{line}");
    }
    let mut talk = Talk::with(careful(), State::NotAuthenticated, ALL);
    talk.machine().layered(Layer::Tls(wire_core::Filter::session(&Unencrypted::default()).unwrap()));
    assert_eq!(call(talk.machine(), "STARTTLS"), Err(Misuse::State));
    assert_eq!(call(talk.machine(), "LOGIN joe pencil"), Ok(()));
}

#[test]
fn a_queue_has_an_end() {
    let mut talk = Talk::in_state(State::Greeting);
    for _ in 0..10_000 {
        talk.machine().command(Command::Noop).unwrap();
    }
    assert_eq!(talk.machine().command(Command::Noop), Err(Misuse::QueueFull));
    assert_eq!(talk.machine().command(Command::Logout), Err(Misuse::QueueFull));
}

/// Commands that may be under way together with others.
const PAIRED: [&str; 20] = [
    "NOOP",
    "FETCH 1 FLAGS",
    "UID FETCH 1 FLAGS",
    "STORE 1 FLAGS ()",
    "UID STORE 1 FLAGS ()",
    "SEARCH ALL",
    "UID SEARCH ALL",
    "UID SEARCH 1:5",
    "SORT (DATE) UTF-8 ALL",
    "COPY 1 x",
    "UID COPY 1 x",
    "MOVE 1 x",
    "UID MOVE 1 x",
    "EXPUNGE",
    "UID EXPUNGE 1",
    "LIST \"\" *",
    "LIST \"\" * RETURN (STATUS (MESSAGES))",
    "STATUS INBOX (MESSAGES)",
    "GETQUOTA \"\"",
    "CREATE x",
];

/// Whether the one of the column is sent while the one of the row is unanswered: `+`, or `r` if RFC 9051 section 5.5 forbids it,
/// since numbers would mean other messages, or `-` if it does not, but the answers of both could be taken for each other's, or the
/// answer is numbers.
const PAIRS: [&str; 20] = [
    "+r+r+-+r-r+r++++++++",
    "+----+++++++++++++++",
    "+r-r--+r-r+r++++++++",
    "+----+++++++++++++++",
    "+r-r--+r-r+r++++++++",
    "+++++----+++++++++++",
    "+r+r+--r-r+r++++++++",
    "+r+r+--r-r+r++++++++",
    "+++++----+++++++++++",
    "+r+r+-+r-r+r++++++++",
    "+r+r+-+r-r+r++++++++",
    "+r+r+-+r-r+r++++++++",
    "+r+r+-+r-r+r++++++++",
    "+r+r+-+r-r+r++++++++",
    "+r+r+-+r-r+r++++++++",
    "+r+r+-+r-r+r+++--+++",
    "+r+r+-+r-r+r+++----+",
    "+r+r+-+r-r+r++++--++",
    "+r+r+-+r-r+r++++-+-+",
    "+r+r+-+r-r+r++++++++",
];

/// How many commands were sent.
fn sent(talk: &Talk) -> usize {
    String::from_utf8_lossy(&talk.heard.sent).lines().filter(|line| line.starts_with(driven::PREFIX)).count()
}

/// Whether all of these are sent before any is answered; none is lost.
fn all_sent(state: State, lines: &[&str]) -> bool {
    let mut talk = Talk::with(config(), state, ALL);
    let before = sent_tags(&talk);
    for line in lines {
        call(talk.machine(), line).unwrap();
        talk.run();
    }
    let at_once = sent(&talk) == lines.len();
    for number in 1..=lines.len() {
        // A literal or IDLE may be waited for.
        if talk.heard.is_over() {
            break;
        }
        assert!(sent(&talk) >= number, "{lines:?}: {}", talk.heard.sent());
        if lines[number - 1] == "IDLE" {
            talk.says("+ idling\r\n");
        }
        talk.says(&format!("%{} OK\r\n", before + number));
    }
    let over = talk.heard.closed || talk.heard.start_tls;
    assert!(over || talk.machine().is_idle(), "{lines:?}: {:?}", talk.heard);
    at_once
}

/// Tags that were used up before.
fn sent_tags(talk: &Talk) -> usize {
    let state = talk.endpoint.machine_ref().state();
    usize::from(state == State::Selected)
}

#[test]
fn every_pair_of_commands() {
    let (mut waiting, mut forbidden) = (0, 0);
    for (row, first) in PAIRED.iter().enumerate() {
        for (column, second) in PAIRED.iter().enumerate() {
            let expected = PAIRS[row].as_bytes()[column];
            let at_once = all_sent(State::Selected, &[first, second]);
            assert_eq!(at_once, expected == b'+', "{first} + {second}");
            waiting += usize::from(expected != b'+');
            forbidden += usize::from(expected == b'r');
            assert_eq!(expected == b'r', is_forbidden(first, second), "the table: {first} + {second}");
        }
    }
    println!("{} pairs, {waiting} wait, {forbidden} of them have to", PAIRED.len() * PAIRED.len());
}

/// The rule of RFC 9051 section 5.5 in words: "if the client sends any command other than FETCH, STORE, or SEARCH, it MUST wait for
/// the completion result response before sending a command with message sequence numbers". RFC 5256 section 3 has SORT and
/// THREAD as SEARCH.
fn is_forbidden(first: &str, second: &str) -> bool {
    let word = |line: &str| line.split(' ').next().unwrap().to_owned();
    let quiet = ["FETCH", "STORE", "SEARCH", "SORT", "THREAD"].contains(&word(first).as_str());
    let by_numbers =
        ["FETCH", "STORE", "COPY", "MOVE"].contains(&word(second).as_str()) || second == "UID SEARCH 1:5";
    !quiet && by_numbers
}

#[test]
fn sequences_of_the_rfc() {
    for (lines, at_once) in [
        // invalid
        (&["FETCH 1 FLAGS", "NOOP", "STORE 1 FLAGS ()"][..], false),
        (&["STORE 1 FLAGS ()", "COPY 1 x", "FETCH 1 FLAGS"], false),
        (&["COPY 1 x", "COPY 1 x"], false),
        (&["UID SEARCH ALL", "UID SEARCH 1:5"], false),
        // valid
        (&["STORE 1 FLAGS ()", "COPY 1 x", "EXPUNGE"], true),
        (&["FETCH 1 FLAGS", "SEARCH ALL", "NOOP"], true),
        (&["SEARCH ALL", "STORE 1 FLAGS ()", "NOOP"], true),
        // RFC 9051 section 6.4.4.2: the saved result
        (&["SEARCH RETURN (SAVE) FLAGGED", "FETCH $ (UID FLAGS)"], true),
        (&["UID SEARCH RETURN (SAVE) FLAGGED", "UID FETCH $ FLAGS"], true),
        // valid, but what is told of a message is not told of whom
        (&["FETCH 1 FLAGS", "STORE 1 FLAGS ()"], false),
    ] {
        assert_eq!(all_sent(State::Selected, lines), at_once, "{lines:?}");
    }
    // What follows something that waits does not overtake it.
    let mut talk = Talk::in_state(State::Selected);
    for line in ["NOOP", "FETCH 1 FLAGS", "CREATE x"] {
        call(talk.machine(), line).unwrap();
    }
    talk.run();
    assert_eq!(talk.heard.sent(), "NOOP\r\n");
    talk.says("% OK\r\n");
    assert_eq!(talk.heard.sent(), "NOOP\r\nFETCH 1 FLAGS\r\nCREATE x\r\n");
}

/// Commands that have the session for themselves, and where.
const ALONE: &[(State, &str)] = &[
    (State::NotAuthenticated, "STARTTLS"),
    (State::NotAuthenticated, "LOGIN joe pencil"),
    (State::NotAuthenticated, "AUTHENTICATE PLAIN"),
    (State::Authenticated, "ENABLE CONDSTORE"),
    (State::Selected, "SELECT INBOX"),
    (State::Selected, "EXAMINE INBOX"),
    (State::Selected, "CLOSE"),
    (State::Selected, "UNSELECT"),
    (State::Selected, "UNAUTHENTICATE"),
    (State::Selected, "APPEND x {1+}\r\nx"),
    (State::Selected, "REPLACE 1 x {1+}\r\nx"),
    (State::Selected, "UID REPLACE 1 x {1+}\r\nx"),
    (State::Selected, "NOTIFY NONE"),
    (State::Selected, "XFOO"),
    (State::Selected, "IDLE"),
    (State::Selected, "LOGOUT"),
    #[cfg(feature = "compress")]
    (State::Selected, "COMPRESS DEFLATE"),
];

#[test]
fn commands_that_are_alone() {
    for (state, alone) in ALONE {
        for (other, places) in COMMANDS {
            let place = STATES.iter().find(|(_, one)| one == state).unwrap().0;
            let mut talk = Talk::with(config(), *state, ALL);
            if call(talk.machine(), alone).and_then(|()| call(talk.machine(), other)).is_ok() {
                talk.run();
                assert_eq!(sent(&talk), 1, "{alone} + {other}: {}", talk.heard.sent());
            }
            if expected(other, places, place).is_err() || !places.contains(place) {
                continue;
            }
            let mut talk = Talk::with(config(), *state, ALL);
            if call(talk.machine(), other).and_then(|()| call(talk.machine(), alone)).is_ok() {
                talk.run();
                assert_eq!(sent(&talk), 1, "{other} + {alone}: {}", talk.heard.sent());
            }
        }
    }
}

#[test]
fn a_literal_is_negotiated_before_the_next_command() {
    let mut talk = Talk::selected("IMAP4rev1");
    call(talk.machine(), "UID SEARCH CHARSET UTF-8 SUBJECT \"\u{fc}\"").unwrap();
    call(talk.machine(), "NOOP").unwrap();
    talk.run();
    assert_eq!(talk.heard.sent(), "UID SEARCH CHARSET UTF-8 SUBJECT {2}\r\n");
    talk.says("* 5 EXISTS\r\n");
    assert_eq!(talk.heard.sent(), "UID SEARCH CHARSET UTF-8 SUBJECT {2}\r\n");
    talk.says("+ go on\r\n");
    assert_eq!(talk.heard.sent(), "UID SEARCH CHARSET UTF-8 SUBJECT {2}\r\n\u{fc}\r\nNOOP\r\n");
}

#[test]
fn one_by_one_if_that_is_wanted() {
    let mut talk = Talk::with(config().pipelining(false), State::Selected, CAPABILITIES);
    for line in ["NOOP", "CREATE x", "NOOP"] {
        call(talk.machine(), line).unwrap();
    }
    for number in 1..=3 {
        talk.run();
        assert_eq!(sent(&talk), number);
        talk.says("% OK\r\n");
    }
    assert!(talk.machine().is_idle());
}

#[test]
fn a_pipeline_has_its_limits() {
    let limits = imap_proto::Limits::new().pipeline_commands(5);
    let mut talk = Talk::with(config().limits(limits), State::Selected, CAPABILITIES);
    for _ in 0..20 {
        talk.machine().command(Command::Noop).unwrap();
    }
    talk.run();
    assert_eq!(sent(&talk), 5);
    talk.says("%3 OK\r\n%2 OK\r\n");
    assert_eq!(sent(&talk), 7);
    let limits = imap_proto::Limits::new().pipeline_octets(100);
    let mut talk = Talk::with(config().limits(limits), State::Selected, CAPABILITIES);
    for _ in 0..20 {
        call(talk.machine(), "CREATE aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa").unwrap();
    }
    talk.run();
    assert_eq!(sent(&talk), 2);
}
