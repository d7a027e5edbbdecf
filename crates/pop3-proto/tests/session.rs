//! What a client says when and what it forgets, and sessions that end in the middle of a step.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod driven;

use std::sync::Arc;
use std::time::Duration;

use bytes::{Buf, Bytes};
use driven::client::{Heard, answer, asking, greeted, hear, pump};
use driven::{Ran, Script, drain};
use pop3_proto::client::{Client, CommandId, Config, Event as Told};
use pop3_proto::collector::{
    Collector, Download, DownloadError, Event as Collected, Journal, Opening, Plan, Policy,
};
use pop3_proto::server::Event;
use pop3_proto::{Error, Limits, Misuse, Reply, Wait};
use sasl_core::{Credentials, Mechanism, Nonce, Transport};
use test_support::script::Unencrypted;
use wire_core::{Endpoint, Layer, Machine, Moment, Progress, RecvBuf, Security, SendBuf, Step, TlsSession};

fn at(seconds: u64) -> Moment {
    Moment::new(Duration::from_secs(seconds))
}

fn output<M: Machine>(endpoint: &mut Endpoint<M>) -> String {
    let mut output = Vec::new();
    drain(endpoint, &mut output);
    String::from_utf8(output).unwrap()
}

// ── a client ────────────────────────────────────────────────────────────────────────────────────────────────────

/// What a client says between these octets of its server, piece by piece.
fn says(endpoint: &mut Endpoint<Client>, pieces: &[&[u8]]) -> Vec<String> {
    let mut heard = Heard::default();
    let said = pieces.iter().map(|piece| {
        endpoint.recv_buf().extend_from_slice(piece);
        pump(endpoint, &mut heard);
        String::from_utf8(std::mem::take(&mut heard.output)).unwrap()
    });
    let said = said.collect();
    assert_eq!(heard.error, None);
    said
}

/// RFC 2449 section 6.6: PIPELINING says that "the client does not have to wait for the response to a command before
/// issuing a subsequent command"; without it a client does, and a response is not there before its last line is.
#[test]
fn without_pipelining_nothing_is_said_before_a_reply_is_complete() {
    type Command = fn(&mut Client) -> Result<CommandId, Misuse>;
    let commands: [(Command, &[u8]); 4] = [
        (|client| client.retr(1), b"+OK\r\nSubject: x\r\n\r\n..x\r\n.\r\n"),
        (|client| client.list(None), b"+OK\r\n1 10\r\n2 20\r\n.\r\n"),
        (|client| client.uidl(None), b"+OK\r\n1 a\r\n2 b\r\n.\r\n"),
        (Client::capa, b"+OK\r\nTOP\r\nUIDL\r\n.\r\n"),
    ];
    for (command, reply) in commands {
        for cut in 0..reply.len() {
            let mut endpoint = greeted(Config::new());
            command(endpoint.machine()).unwrap();
            endpoint.machine().dele(1).unwrap();
            endpoint.machine().quit().unwrap();
            let said = says(&mut endpoint, &[b"", &reply[..cut], &reply[cut..], b"+OK\r\n"]);
            assert_eq!(said[1..], ["", "DELE 1\r\n", "QUIT\r\n"], "{reply:?} cut at {cut}");
        }
    }
}

/// Whatever is left of a reply in the buffer when a command is given is no reply to that command.
#[test]
fn a_command_may_be_given_while_a_message_comes() {
    let reply = b"+OK\r\nSubject: x\r\n\r\n..x\r\n\r\n.\r\n";
    for cut in 1..reply.len() {
        let mut endpoint = asking(Config::new(), |client| client.retr(1));
        assert_eq!(says(&mut endpoint, &[&reply[..cut]]), [""]);
        endpoint.machine().noop().unwrap();
        assert!(!endpoint.machine().is_idle());
        assert_eq!(says(&mut endpoint, &[b"", &reply[cut..]]), ["", "NOOP\r\n"], "cut at {cut}");
    }
}

#[test]
fn a_login_waits_for_the_command_before_it() {
    let mut endpoint = greeted(Config::new());
    endpoint.machine().noop().unwrap();
    let credentials = Credentials::password("joe", "pw");
    let policy = sasl_core::client::Policy::new().dangerous_allow_cleartext_secrets();
    let (transport, nonce) = (Transport::clear(), Nonce::new([1; 24]));
    let sasl =
        sasl_core::client::Client::new(Mechanism::Plain, &credentials, &transport, &[], &policy, nonce);
    endpoint.machine().authenticate(sasl.unwrap()).unwrap();
    endpoint.machine().stat().unwrap();
    let said = says(&mut endpoint, &[b"", b"+OK\r\n", b"+OK\r\n"]);
    assert_eq!(said, ["NOOP\r\n", "AUTH PLAIN AGpvZQBwdw==\r\n", "STAT\r\n"]);
}

/// What is taken back is not sent, and what is sent is what was meant: the secrets of others stay where they belong.
#[test]
fn commands_that_are_taken_back_are_not_sent() {
    for abandoned in 0..16u32 {
        let mut endpoint = greeted(Config::new());
        let client = endpoint.machine();
        let ids = [
            client.user("joe").unwrap(),
            client.pass(&"first".into()).unwrap(),
            client.pass(&"second".into()).unwrap(),
            client.noop().unwrap(),
        ];
        let lines = ["USER joe\r\n", "PASS first\r\n", "PASS second\r\n", "NOOP\r\n"];
        for (at, id) in ids.into_iter().enumerate().rev() {
            if abandoned & (1 << at) != 0 {
                client.abandon(id);
            }
        }
        assert_eq!(client.is_idle(), abandoned == 15);
        let said = says(&mut endpoint, &[b""]).concat();
        let said = (0..4).fold(said, |said, _| match endpoint.machine().is_idle() {
            true => said,
            false => said + &says(&mut endpoint, &[b"+OK\r\n"]).concat(),
        });
        let left = lines.iter().enumerate().filter(|(at, _)| abandoned & (1 << at) == 0);
        assert_eq!(said, left.map(|(_, line)| *line).collect::<String>(), "{abandoned:04b}");
        assert!(endpoint.machine().is_idle());
    }
}

/// RFC 2595 section 4: "the client MUST discard cached information about server capabilities".
#[test]
fn what_was_learned_in_clear_is_forgotten_under_tls() {
    let mut endpoint = asking(Config::new(), Client::capa);
    assert!(endpoint.machine().timestamp().is_some());
    says(&mut endpoint, &[b"+OK\r\nSTLS\r\nUSER\r\nUTF8\r\nPIPELINING\r\n.\r\n"]);
    assert!(endpoint.machine().capabilities().pipelining());
    endpoint.machine().start_tls().unwrap();
    assert_eq!(says(&mut endpoint, &[b""]), ["STLS\r\n"]);
    endpoint.recv_buf().extend_from_slice(b"+OK\r\n");
    let Ok(Progress::StartTls(proof)) = endpoint.poll(Moment::ORIGIN) else { panic!() };
    endpoint.install_tls(proof, Box::new(Unencrypted::default()));
    assert!(matches!(endpoint.poll(Moment::ORIGIN), Ok(Progress::Event(Told::Secured(_)))));
    let client = endpoint.machine();
    assert!(client.capabilities().is_empty() && client.timestamp().is_none() && client.tls().is_some());
    assert!(client.utf8().is_err() && client.apop("joe", &"0".repeat(32)).is_err());
    client.noop().unwrap();
    client.noop().unwrap();
    assert_eq!(says(&mut endpoint, &[b""]), ["NOOP\r\n"], "PIPELINING is forgotten too");
}

/// RFC 1939 section 3: "If so and if octets other than CRLF follow, the first octet of the line (the termination octet)
/// is stripped away."
#[test]
fn stuffed_dots_are_taken_out_of_listings_too() {
    let wire = b"+OK\r\n..x\r\n...\r\n.\r\n";
    let scans = answer(|client| client.list(None), wire).events;
    assert_eq!(scans, ["+OK", "Damaged .x", "Damaged ..", "End"]);
    let ids = answer(|client| client.uidl(None), wire).events;
    assert_eq!(ids, scans);
}

#[test]
fn a_goodbye_is_worth_what_there_is_of_it() {
    let quit = |marked: bool, last: &[u8]| {
        let mut endpoint = asking(Config::new(), |client| client.dele(1));
        says(&mut endpoint, &[if marked { b"+OK\r\n" } else { &b"-ERR no\r\n"[..] }]);
        endpoint.machine().quit().unwrap();
        says(&mut endpoint, &[b""]);
        let told = hear(endpoint, &[last], true);
        (told.events.concat(), told.error, told.closed)
    };
    for marked in [false, true] {
        for last in ["+OK", "+OK bye", "+OK bye\r", "+OK bye\r\n"] {
            let text = last.trim_end();
            assert_eq!(quit(marked, last.as_bytes()), (text.to_owned(), None, true), "{last:?}");
        }
        let (told, error, _) = quit(marked, b"-ERR some\r");
        assert_eq!((told.as_str(), error), ("-ERR some", None));
    }
    for last in [&b""[..], b"+", b"+O", b"-", b"-ER"] {
        // RFC 1939 section 6: nobody knows whether they are gone.
        assert_eq!(quit(true, last), (String::new(), Some(Error::Eof(Wait::Update)), false), "{last:?}");
    }
    assert_eq!(quit(false, b""), (String::new(), None, true));
}

// ── a collector ─────────────────────────────────────────────────────────────────────────────────────────────────

fn step(endpoint: &mut Endpoint<Collector>, octets: &[u8]) -> (Vec<Collected>, String, bool) {
    endpoint.recv_buf().extend_from_slice(octets);
    let mut events = Vec::new();
    loop {
        match endpoint.poll(Moment::ORIGIN).unwrap() {
            Progress::Event(event) => events.push(event),
            progress => return (events, output(endpoint), matches!(progress, Progress::Close)),
        }
    }
}

/// Whoever ends a session while it is being opened sees it end in good order, without another word of a login.
#[test]
fn a_session_may_be_ended_before_it_is_open() {
    let script: [(&[u8], &str); 4] = [
        (b"+OK ready\r\n", "CAPA\r\n"),
        (b"+OK\r\nUSER\r\nUTF8\r\n.\r\n", "UTF8\r\n"),
        (b"+OK\r\n", "USER joe\r\n"),
        (b"+OK\r\n", "PASS pw\r\n"),
    ];
    for quits in 1..=script.len() {
        let mut endpoint = Endpoint::new(Collector::new(driven::visit::opening(), [1; 32], Moment::ORIGIN));
        for (reply, said) in &script[..quits] {
            assert_eq!(step(&mut endpoint, reply).1, *said);
        }
        endpoint.machine().quit().unwrap();
        assert!(!endpoint.machine().is_ready());
        // What was asked is answered, by a list of many lines the first time.
        let (reply, _) = script.get(quits).copied().unwrap_or((b"+OK\r\n", ""));
        let (events, said, _) = step(&mut endpoint, reply);
        assert_eq!((events.len(), said.as_str()), (0, "QUIT\r\n"), "after {quits}");
        let (events, said, closed) = step(&mut endpoint, b"+OK bye\r\n");
        let [Collected::Goodbye(reply)] = &events[..] else { panic!("after {quits}: {events:?}") };
        assert_eq!((reply.to_string().as_str(), said.as_str(), closed), ("+OK bye", "", true));
    }
}

/// APOP cannot say on whose behalf somebody logs in; that it is allowed does not stand in the way of what can.
#[test]
fn credentials_that_do_not_do_for_apop_do_for_another_way() {
    let mut opening = driven::visit::opening().apop(true);
    opening.credentials = Credentials::password("joe", "pw").with_authzid("ann");
    assert_eq!(opening.security, Security::Clear);
    let mut endpoint = Endpoint::new(Collector::new(opening, [1; 32], Moment::ORIGIN));
    step(&mut endpoint, b"+OK <1896.697170952@dbc.mtview.ca.us>\r\n");
    assert_eq!(step(&mut endpoint, b"+OK\r\nSASL PLAIN\r\n.\r\n").1, "AUTH PLAIN YW5uAGpvZQBwdw==\r\n");
}

/// What a collector says to these lines of a server, and how that ends.
fn logging_in(opening: Opening, secure: bool, replies: &[&[u8]]) -> (Vec<String>, Option<String>) {
    let mut collector = Collector::new(opening, [1; 32], Moment::ORIGIN);
    if secure {
        collector.layered(Layer::Tls(Arc::new(TlsSession::default())));
    }
    let mut endpoint = Endpoint::new(collector);
    let mut said = Vec::new();
    for reply in replies {
        endpoint.recv_buf().extend_from_slice(reply);
        let error = loop {
            match endpoint.poll(Moment::ORIGIN) {
                Ok(Progress::Event(_)) => {}
                Ok(_) => break None,
                Err(error) => break Some(error.to_string()),
            }
        };
        said.push(output(&mut endpoint).trim_end().to_owned());
        if error.is_some() {
            return (said, error);
        }
    }
    (said, None)
}

/// RFC 3206 section 6: a server with AUTH-RESP-CODE says if it is the credentials; of any other it is not known, and a
/// password is not tried twice.
#[test]
fn another_way_is_tried_only_if_the_credentials_are_not_to_blame() {
    let attempt = |capabilities: &str, refusal: &str| {
        let capabilities = format!("+OK\r\nUSER\r\nSASL PLAIN\r\n{capabilities}.\r\n");
        let lines = [&b"+OK\r\n"[..], capabilities.as_bytes(), refusal.as_bytes()];
        let (said, error) = logging_in(driven::visit::opening(), false, &lines);
        assert_eq!(said[..2], ["CAPA", "AUTH PLAIN AGpvZQBwdw=="]);
        (said[2].clone(), error.is_some())
    };
    let second = ("USER joe".to_owned(), false);
    let given_up = (String::new(), true);
    assert_eq!(attempt("AUTH-RESP-CODE\r\n", "-ERR not by this\r\n"), second);
    assert_eq!(attempt("AUTH-RESP-CODE\r\n", "-ERR [AUTH] no\r\n"), given_up);
    assert_eq!(attempt("AUTH-RESP-CODE\r\n", "-ERR [SYS/TEMP] down\r\n"), given_up);
    assert_eq!(attempt("", "-ERR not by this\r\n"), given_up);
}

/// RFC 2449 section 6.2: USER and PASS are there if USER is announced.
#[test]
fn a_password_is_not_sent_where_it_is_not_wanted() {
    let capa = |lines: &'static [u8]| logging_in(driven::visit::opening(), false, &[b"+OK\r\n", lines]);
    assert_eq!(capa(b"+OK\r\nUSER\r\n.\r\n").0[1], "USER joe");
    assert_eq!(capa(b"-ERR\r\n").0[1], "USER joe");
    let (said, error) = capa(b"+OK\r\nTOP\r\n.\r\n");
    assert_eq!((said[1].as_str(), error.is_some()), ("", true));
}

/// MD5 is broken: where the password itself is safe, it is better.
#[test]
fn apop_is_for_connections_in_clear() {
    let attempt = |secure| {
        let greeting = b"+OK <1896.697170952@dbc.mtview.ca.us>\r\n";
        let opening = driven::visit::opening().apop(true);
        logging_in(opening, secure, &[greeting, b"+OK\r\nSASL PLAIN\r\nUSER\r\n.\r\n"]).0.remove(1)
    };
    assert!(attempt(false).starts_with("APOP joe "));
    assert_eq!(attempt(true), "AUTH PLAIN AGpvZQBwdw==");
}

/// More is asked for than can wait: what cannot is told at once, or waits elsewhere, and nothing is left out.
#[test]
fn a_full_queue_loses_nothing() {
    let mut opening = driven::visit::opening();
    opening.utf8 = false;
    let mut endpoint = Endpoint::new(Collector::new(opening, [1; 32], Moment::ORIGIN));
    let capabilities = b"+OK\r\nUSER\r\nPIPELINING\r\n.\r\n";
    for reply in [&b"+OK\r\n"[..], capabilities, b"+OK\r\n", b"+OK\r\n", capabilities] {
        step(&mut endpoint, reply);
    }
    endpoint.machine().survey().unwrap();
    let (events, ..) = step(&mut endpoint, b"");
    assert!(events.is_empty());
    let lists = b"+OK 2 6\r\n+OK\r\n1 3\r\n2 3\r\n.\r\n+OK\r\n1 a\r\n2 b\r\n.\r\n";
    let (mut events, ..) = step(&mut endpoint, lists);
    let Some(Collected::Survey(survey)) = events.pop() else { panic!() };
    let mut journal = Journal::new();
    journal.record(survey.messages[0].unique_id.as_ref().unwrap(), 7);
    let before = journal.clone();

    let mut noops = 0;
    while endpoint.machine().noop().is_ok() {
        noops += 1;
    }
    assert_eq!(endpoint.machine().delete(1), Err(Misuse::QueueFull));
    let plan = || Plan::from(Policy::Delete);
    let begun = Download::begin(endpoint.machine(), plan(), survey.clone(), &mut journal, 8);
    assert!(matches!(begun, Err(DownloadError::Misuse(Misuse::QueueFull))));
    assert_eq!((&journal, noops), (&before, 1_000_000));
    endpoint.machine().retrieve(2, Some(3));

    let mut said = step(&mut endpoint, b"").1;
    let mut alive = 0;
    while alive < noops {
        let asked = said.matches("NOOP").count();
        assert!(asked > 0, "{alive} of {noops}: {said:?}");
        let (events, more, _) = step(&mut endpoint, &b"+OK\r\n".repeat(asked));
        alive += events.len();
        said = more;
    }
    assert_eq!(said, "RETR 2\r\n");
    step(&mut endpoint, b"+OK\r\nx\r\n.\r\n");
    let begun = Download::begin(endpoint.machine(), plan(), survey, &mut journal, 8);
    assert!(begun.unwrap().is_deleting());
    assert_eq!(step(&mut endpoint, b"").1, "DELE 1\r\nRETR 2\r\n");
}

// ── a server ────────────────────────────────────────────────────────────────────────────────────────────────────

/// RFC 1939 section 3: "Such a timer MUST be of at least 10 minutes' duration", also behind a time in which nothing was taken.
#[test]
fn a_client_that_takes_its_replies_again_has_its_ten_minutes() {
    let mut endpoint =
        Script::opened().with(|config| config.limits(Limits::new().body_window(1000))).server();
    endpoint.recv_buf().extend_from_slice(&b"NOOP\r\n".repeat(500));
    assert!(matches!(endpoint.poll(at(0)), Ok(Progress::Io { read: false })));
    assert_eq!(endpoint.deadline(), Some(at(180)));
    assert!(matches!(endpoint.poll(at(179)), Ok(Progress::Io { read: false })));
    let mut answered = 0;
    while answered < 500 * 5 {
        let taken = output(&mut endpoint).len();
        assert!(taken > 0 && taken <= 1000 + 5, "{taken}");
        answered += taken;
        let _ = endpoint.poll(at(179)).unwrap();
    }
    assert!(matches!(endpoint.poll(at(179)), Ok(Progress::Io { read: true })));
    assert_eq!(endpoint.deadline(), Some(at(179 + 600)));
    assert!(endpoint.poll(at(179 + 599)).is_ok() && endpoint.poll(at(179 + 600)).is_err());
}

/// A program that gives a whole message at once costs the send buffer a window and a piece, no more.
#[test]
fn a_body_goes_to_the_wire_a_window_at_a_time() {
    let mut endpoint =
        Script::opened().with(|config| config.limits(Limits::new().body_window(1000))).server();
    endpoint.recv_buf().extend_from_slice(b"RETR 1\r\n");
    assert!(matches!(endpoint.poll(at(0)), Ok(Progress::Event(Event::Retrieve { .. }))));
    endpoint.machine().accept().unwrap();
    for _ in 0..100 {
        endpoint.machine().body(Bytes::from(vec![b'x'; 900])).unwrap();
    }
    endpoint.machine().end_body().unwrap();
    let mut total = 0;
    loop {
        let progress = endpoint.poll(at(0)).unwrap();
        let waiting = endpoint.transmit().unwrap().remaining();
        assert!(waiting < 1000 + 900, "{waiting}");
        total += output(&mut endpoint).len();
        if matches!(progress, Progress::Io { read: true }) {
            break;
        }
    }
    assert_eq!(total, 100 * 900 + "+OK 27 octets\r\n".len() + "\r\n.\r\n".len());
}

#[test]
fn the_last_failed_login_is_answered_once() {
    for attempts in 1..8 {
        let script = Script::new("")
            .secure()
            .with(|config| config.limits(Limits::new().auth_failures(5).bad_commands(1000)));
        let ran: Ran = script.run_by("USER joe\r\nPASS x\r\n".repeat(attempts).as_bytes(), 4096);
        assert_eq!((ran.signs(), ran.ended()), ("+-".repeat(attempts.min(5)), attempts >= 5), "{ran:?}");
    }
}

/// Whoever could not get into the maildrop has not logged in.
#[test]
fn a_client_is_known_while_its_maildrop_is_open() {
    for (user, known) in [("joe", Some("joe")), ("busy", None)] {
        let mut endpoint = Script::new(&format!("USER {user}\r\nPASS pw\r\n")).secure().server();
        let identity = endpoint.machine().session().identity.as_ref().map(|identity| identity.user());
        assert_eq!(identity, known);
    }
}

#[test]
fn a_server_that_goes_away_does_not_wait_for_the_end_of_a_login() {
    for (begun, waits) in [("AUTH LOGIN\r\n", true), ("AUTH LOGIN\r\nam9l", true), ("NO", false)] {
        let mut endpoint = Script::new("").secure().server();
        endpoint.recv_buf().extend_from_slice(begun.as_bytes());
        assert!(matches!(endpoint.poll(at(0)), Ok(Progress::Io { read: true })));
        assert_eq!(output(&mut endpoint).starts_with("+ "), waits);
        endpoint.machine().shutdown(Reply::shutting_down());
        assert!(matches!(endpoint.poll(at(0)), Ok(Progress::Close)), "{begun:?}");
        assert_eq!(output(&mut endpoint), "-ERR [SYS/TEMP] server shutting down\r\n");
    }
}

/// A machine is right under any number of calls: one too many between STLS and the handshake comes back.
#[test]
fn a_server_that_waits_for_tls_rests() {
    let mut endpoint = Script::new("").server();
    endpoint.recv_buf().extend_from_slice(b"STLS\r\n");
    assert!(matches!(endpoint.poll(at(0)), Ok(Progress::StartTls(_))));
    let (mut rx, mut tx) = (RecvBuf::default(), SendBuf::default());
    assert!(matches!(endpoint.machine().step(at(1), &mut rx, &mut tx), Ok(Step::Hold)));
    assert!(tx.is_empty());
}

#[test]
fn marks_that_are_taken_back_count_again() {
    let ran = Script::opened()
        .run(b"STAT\r\nDELE 1\r\nDELE 3\r\nSTAT\r\nRSET\r\nSTAT\r\nDELE 2\r\nSTAT\r\nQUIT\r\n");
    let lines = ran.lines();
    assert_eq!(lines[0], lines[5]);
    assert_eq!((lines[3].as_str(), lines[7].as_str()), ("+OK 1 16", "+OK 2 51"));
    assert_eq!(ran.deleted, Some(vec![2]));
}
