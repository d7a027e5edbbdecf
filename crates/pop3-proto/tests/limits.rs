//! Every limit and every timeout, reached.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod driven;

use std::time::Duration;

use bytes::Bytes;
use driven::client::{Heard, asking, greeted, hear, heard, pump};
use driven::visit::{Visit, plain};
use driven::{LOGIN, Ran, Script, drain};
use pop3_proto::client::{Client, Config, Event as ClientEvent};
use pop3_proto::collector::Policy;
use pop3_proto::server::{Event, Server};
use pop3_proto::{Error, Limit, Limits, Misuse, Timeouts, Wait};
use sasl_core::{Credentials, Mechanism, Nonce, Transport};
use wire_core::{Endpoint, Moment, Progress};

fn at(seconds: u64) -> Moment {
    Moment::new(Duration::from_secs(seconds))
}

fn limited(script: Script, limits: Limits) -> Script {
    script.with(|config| config.limits(limits))
}

// ── the server ──────────────────────────────────────────────────────────────────────────────────────────────────

#[test]
fn command_lines() {
    // In every state: it is skipped, answered once, and the session goes on.
    for (script, next) in [
        (Script::new("").secure(), "CAPA\r\n"),
        (Script::new("USER joe\r\n").secure(), "USER joe\r\n"),
        (Script::opened(), "NOOP\r\n"),
    ] {
        let script = limited(script, Limits::new().command_line(300));
        let line = |octets: usize| format!("USER {}\r\n", "x".repeat(octets - 7));
        let ran = script.run(format!("{}{next}", line(301)).as_bytes());
        assert_eq!(ran.lines()[0], "-ERR line too long");
        assert!(ran.lines()[1].starts_with("+OK") && ran.signs() == "-+", "{ran:?}");
        assert_ne!(script.run(line(300).as_bytes()).lines()[0], "-ERR line too long");
        // In constant memory.
        let mut endpoint = script.server();
        let mut ran = Ran::default();
        for _ in 0..1000 {
            endpoint.recv_buf().extend_from_slice(&[b'x'; 1000]);
            script.pump(&mut endpoint, &mut ran);
            assert!(endpoint.held() < 100_000, "{}", endpoint.held());
        }
        endpoint.recv_buf().extend_from_slice(format!("\r\n{next}").as_bytes());
        script.pump(&mut endpoint, &mut ran);
        assert!(ran.signs().starts_with("-+") && ran.signs().len() == 2, "{ran:?}");
    }
}

#[test]
fn a_line_between_user_and_pass_ends_the_login() {
    let script = limited(Script::new("USER joe\r\n").secure(), Limits::new().command_line(255));
    for between in
        [format!("NOOP {}\r\n", "x".repeat(300)), "LIST x\r\n".into(), "PASS\r\n".into(), "FOO\r\n".into()]
    {
        // RFC 1939 section 7: PASS comes "immediately after a successful USER command".
        let ran = script.run(format!("{between}PASS pw\r\n").as_bytes());
        assert_eq!((ran.signs().as_str(), ran.count("Authenticate")), ("--", 0), "{between:?}: {ran:?}");
    }
}

#[test]
fn auth_lines() {
    let script = limited(Script::new("").secure(), Limits::new().auth_line(400));
    let line = |octets: usize| format!("AUTH LOGIN\r\n{}\r\nCAPA\r\n", "A".repeat(octets - 2));
    let ran = script.run(line(401).as_bytes());
    assert_eq!(ran.lines()[1], "-ERR authentication exchange line is too long", "{ran:?}");
    assert_eq!((ran.signs().as_str(), ran.count("Authenticate")), ("-+", 0));
    // One that just fits is a response, whatever is thought of it.
    assert!(!script.run(line(398).as_bytes()).text().contains("too long"));
    assert_eq!(Script::new("").secure().run(b"AUTH LOGIN\r\n*\r\nCAPA\r\n").signs(), "-+");
}

#[test]
fn bad_commands() {
    let limits = Limits::new().bad_commands_soft(3).bad_commands(6);
    for script in [Script::new("").secure(), Script::opened()] {
        let script = limited(script, limits.clone());
        for bad in ["FOO\r\n", "LIST x\r\n", "AUTH PLAIN ?\r\n", "PASS\r\n"] {
            let ran = script.run(bad.repeat(10).as_bytes());
            assert_eq!((ran.signs().as_str(), ran.ended()), ("------", true), "{bad}: {ran:?}");
            assert_eq!(ran.error, Some(Error::Limit(Limit::BadCommands(6))), "{bad}");
            assert_eq!(ran.lines()[5], "-ERR too many errors, closing connection");
            // The third, fourth and fifth answer came a second late each.
            assert_eq!(ran.now, at(3), "{bad}");
        }
    }
    // What is wrong with a number is no mistake of the program.
    let script = limited(Script::opened(), limits);
    assert!(!script.run("RETR 4\r\n".repeat(20).as_bytes()).ended());
}

#[test]
fn a_late_answer_comes_when_its_time_has_come() {
    let script = limited(Script::opened(), Limits::new().bad_commands_soft(1));
    let mut endpoint = script.server();
    endpoint.recv_buf().extend_from_slice(b"FOO\r\nNOOP\r\n");
    for _ in 0..3 {
        assert!(matches!(endpoint.poll(Moment::ORIGIN), Ok(Progress::Io { read: false })));
        assert!(endpoint.transmit().unwrap().is_empty());
    }
    assert_eq!(endpoint.deadline(), Some(at(1)));
    assert!(matches!(endpoint.poll(at(1)), Ok(Progress::Io { read: true })));
    let mut output = Vec::new();
    drain(&mut endpoint, &mut output);
    assert_eq!(output, b"-ERR unknown command\r\n+OK\r\n");
}

#[test]
fn junk_commands() {
    let limits = Limits::new().junk_commands(5).bad_commands(1000).bad_commands_soft(1000);
    for junk in ["CAPA\r\n", "NOOP\r\n", "LANG\r\n", "AUTH\r\n", "STAT\r\n", "FOO\r\n"] {
        let ran = limited(Script::new("").secure(), limits.clone()).run_by(junk.repeat(10).as_bytes(), 3);
        assert_eq!(ran.error, Some(Error::Limit(Limit::JunkCommands(5))), "{junk}");
        assert_eq!(ran.signs().len(), 6, "{junk}: {ran:?}");
    }
    let users = limited(Script::new("").secure(), limits.clone()).run("USER joe\r\n".repeat(10).as_bytes());
    assert_eq!((users.signs().as_str(), users.error.is_some()), ("++++++-", true), "{users:?}");
    // Whoever is in may ask what it likes.
    let ran = limited(Script::opened(), limits).run("NOOP\r\nCAPA\r\n".repeat(20).as_bytes());
    assert!(!ran.ended());
}

#[test]
fn failed_logins() {
    let limits = Limits::new().auth_failures(6).bad_commands(1000);
    for attempt in ["USER joe\r\nPASS x\r\n", "AUTH PLAIN AGpvZQB4\r\n", "AUTH LOGIN\r\nam9l\r\neA==\r\n"] {
        let ran =
            limited(Script::new("").secure(), limits.clone()).run_by(attempt.repeat(9).as_bytes(), 4096);
        assert_eq!(ran.error, Some(Error::Limit(Limit::AuthFailures(6))), "{attempt}");
        let failed = ran.lines().iter().filter(|line| line.starts_with("-ERR [AUTH]")).count();
        assert_eq!((failed, ran.count("Open")), (6, 0), "{attempt}: {ran:?}");
        assert_eq!(ran.count("AuthenticationFailed"), 6, "the last one is told too");
        // The third to the fifth are answered later and later.
        assert_eq!(ran.now, at(1 + 2 + 3), "{attempt}");
    }
    // A server that is down is nobody's fault.
    let down = limited(Script::new("").secure(), limits).run("USER down\r\nPASS x\r\n".repeat(9).as_bytes());
    assert!(!down.ended() && down.text().contains("-ERR [SYS/TEMP]"), "{down:?}");
}

/// A client that stops reading, and how many octets are held for it then.
fn unread(limits: Limits, input: &[u8]) -> usize {
    let script = limited(Script::opened(), limits);
    let mut endpoint = script.server();
    endpoint.recv_buf().extend_from_slice(input);
    let mut ran = Ran::default();
    while let Ok(Progress::Event(event)) = endpoint.poll(Moment::ORIGIN) {
        script.tell(event, endpoint.machine(), &mut ran);
    }
    endpoint.transmit().unwrap().len()
}

#[test]
fn the_window_of_a_body() {
    let noops = b"NOOP\r\n".repeat(5000);
    assert_eq!(unread(Limits::new().body_window(1000), &noops), 1000);
    assert_eq!(unread(Limits::new().body_window(100_000), &noops), 5000 * 5);
    let mut endpoint = limited(Script::opened(), Limits::new().body_window(1000)).server();
    endpoint.recv_buf().extend_from_slice(b"RETR 1\r\n");
    assert!(matches!(endpoint.poll(Moment::ORIGIN), Ok(Progress::Event(Event::Retrieve { .. }))));
    assert_eq!(endpoint.machine().body(Bytes::new()), Err(Misuse::State), "not accepted yet");
    endpoint.machine().accept().unwrap();
    assert_eq!(endpoint.machine().body_capacity(), 1000);
    endpoint.machine().body(Bytes::from(vec![b'x'; 900])).unwrap();
    assert_eq!(endpoint.machine().body_capacity(), 100);
    endpoint.machine().body(Bytes::from(vec![b'x'; 900])).unwrap();
    assert_eq!(endpoint.machine().body_capacity(), 0);
}

fn wait(endpoint: &mut Endpoint<Server>, seconds: u64) -> Error {
    assert!(endpoint.poll(at(seconds - 1)).is_ok());
    assert_eq!(endpoint.deadline(), Some(at(seconds)));
    match endpoint.poll(at(seconds)) {
        Err(wire_core::Error::Machine(error)) => error,
        other => panic!("{other:?} after {seconds} s"),
    }
}

#[test]
fn a_silent_client_is_left_without_a_word() {
    let timeouts = Timeouts::new().command(Duration::from_secs(700));
    for prelude in ["", "USER joe\r\n", LOGIN, "USER joe\r\nPASS pw\r\nDELE 1\r\n"] {
        let script = Script::new(prelude).secure().with(|config| config.timeouts(timeouts.clone()));
        let mut endpoint = script.server();
        assert_eq!(wait(&mut endpoint, 700), Error::Timeout(Wait::Command));
        // RFC 1939 section 3: "without removing any messages or sending any response to the client."
        assert!(endpoint.transmit().unwrap().is_empty(), "{prelude:?}");
        assert!(endpoint.poll(at(0)).is_err(), "the error is sticky");
    }
    assert_eq!(Timeouts::new().command, Duration::from_secs(600));
    let mut endpoint = Script::new("AUTH PLAIN\r\n").secure().server();
    assert_eq!(wait(&mut endpoint, 600), Error::Timeout(Wait::Authentication));
}

#[test]
fn a_line_that_drips_in_is_not_progress() {
    for prelude in ["", LOGIN] {
        let mut endpoint = Script::new(prelude).secure().server();
        for second in 0..600 {
            endpoint.recv_buf().extend_from_slice(b"N");
            assert!(matches!(endpoint.poll(at(second)), Ok(Progress::Io { .. })), "{second}");
        }
        assert!(endpoint.poll(at(600)).is_err());
    }
    // A command is.
    let mut endpoint = Script::opened().server();
    for minute in 1..100 {
        endpoint.recv_buf().extend_from_slice(b"NOOP\r\n");
        assert!(endpoint.poll(at(minute * 599)).is_ok());
        drain(&mut endpoint, &mut Vec::new());
    }
}

#[test]
fn handshakes() {
    let timeouts = Timeouts::new().tls(Duration::from_secs(30));
    let script = Script::new("").with(|config| config.timeouts(timeouts.clone()));
    let mut endpoint = script.server();
    endpoint.recv_buf().extend_from_slice(b"STLS\r\n");
    assert!(matches!(endpoint.poll(Moment::ORIGIN), Ok(Progress::StartTls(_))));
    assert_eq!(endpoint.deadline(), Some(at(30)));
    let mut client = asking(Config::new().timeouts(timeouts.clone()), Client::start_tls);
    client.recv_buf().extend_from_slice(b"+OK\r\n");
    assert!(matches!(client.poll(Moment::ORIGIN), Ok(Progress::StartTls(_))));
    assert_eq!(client.deadline(), Some(at(30)));
    // A TLS client that says nothing.
    let config = std::sync::Arc::new(driven::config().timeouts(timeouts));
    let server = Server::new(config, [0; 32], Moment::ORIGIN);
    let mut endpoint = Endpoint::with_tls(server, test_support::pki::server_tls().session().unwrap());
    assert!(endpoint.poll(at(29)).is_ok());
    assert!(matches!(endpoint.poll(at(30)), Err(wire_core::Error::Machine(Error::Timeout(Wait::Tls)))));
}

// ── the client ──────────────────────────────────────────────────────────────────────────────────────────────────

fn told<T>(limits: Limits, command: impl Fn(&mut Client) -> Result<T, Misuse>, octets: &[u8]) -> Heard {
    heard(|| asking(Config::new().limits(limits.clone()), &command), octets, false)
}

fn too_long(octets: usize) -> Option<Error> {
    Some(Error::Limit(Limit::ReplyLine(octets)))
}

#[test]
fn reply_lines() {
    let limits = || Limits::new().reply_line(512);
    let line = |octets: usize| format!("+OK {}\r\n", "x".repeat(octets - 6));
    assert_eq!(told(limits(), Client::noop, line(512).as_bytes()).events.len(), 1);
    assert_eq!(told(limits(), Client::noop, line(513).as_bytes()).error, too_long(512));
    // Without an end as well.
    assert_eq!(told(limits(), Client::noop, &[b'+'; 600]).error, too_long(512));
    let new = || Endpoint::new(Client::new(Config::new().limits(limits()), Moment::ORIGIN));
    assert_eq!(heard(new, line(513).as_bytes(), false).error, too_long(512));
    // A line of a listing is skipped, and told.
    for (kind, good) in [("1 ", "2 2"), ("", "2 2")] {
        let listing = format!("+OK\r\n{kind}{}\r\n{good}\r\n.\r\n", "9".repeat(600));
        let list = told(limits(), |client| client.list(None), listing.as_bytes());
        assert_eq!(list.events, ["+OK", "Damaged ", "Scan 2 2", "End"]);
        let uidl = told(limits(), |client| client.uidl(None), listing.as_bytes());
        assert_eq!(uidl.events, ["+OK", "Damaged ", "Id 2 2", "End"]);
        let capa = told(limits(), Client::capa, listing.as_bytes());
        assert_eq!(capa.events, ["+OK", "Damaged ", "End"]);
    }
}

#[test]
fn challenges() {
    let asked = |limits: Limits| {
        asking(Config::new().limits(limits), |client| {
            let policy = sasl_core::client::Policy::new().dangerous_allow_cleartext_secrets();
            let credentials = Credentials::password("joe", "pw");
            let (nonce, offered) = (Nonce::derive(&[1; 32], 1), [Mechanism::Login]);
            let clear = Transport::clear();
            let sasl = sasl_core::client::Client::new(
                Mechanism::Login,
                &credentials,
                &clear,
                &offered,
                &policy,
                nonce,
            );
            client.authenticate(sasl.unwrap())
        })
    };
    let line = |octets: usize| format!("+ {}\r\n", "x".repeat(octets - 4));
    let limits = || Limits::new().auth_line(600).reply_line(512);
    assert_eq!(heard(|| asked(limits()), line(600).as_bytes(), false).error, None);
    assert_eq!(heard(|| asked(limits()), line(601).as_bytes(), false).error, too_long(600));
    // A challenge that asks for nothing is cancelled, and so is one after the last.
    let cancelled = heard(|| asked(Limits::new()), b"+ \r\n+ \r\n+ \r\n-ERR [AUTH] no\r\n", false);
    assert_eq!(cancelled.output, b"am9l\r\ncHc=\r\n*\r\n", "{cancelled:?}");
    assert_eq!(cancelled.events, ["-ERR [AUTH] no"]);
}

#[test]
fn capability_lists_that_do_not_end() {
    let list = |lines: &str, count: usize| format!("+OK\r\n{}.\r\n", lines.repeat(count));
    for line in ["X-A\r\n", "\r\n", &format!("{}\r\n", "x".repeat(3000))] {
        let limits = || Limits::new().capabilities(5);
        assert_eq!(told(limits(), Client::capa, list(line, 5).as_bytes()).error, None, "{line:?}");
        let told =
            hear(asking(Config::new().limits(limits()), Client::capa), &[list(line, 6).as_bytes()], false);
        assert_eq!(told.error, Some(Error::Limit(Limit::Capabilities(5))), "{line:?}");
    }
    // Languages as well.
    let asked = || {
        let mut endpoint = asking(Config::new().limits(Limits::new().capabilities(5)), Client::capa);
        endpoint.recv_buf().extend_from_slice(b"+OK\r\nLANG\r\n.\r\n");
        pump(&mut endpoint, &mut Heard::default());
        endpoint.machine().lang(None).unwrap();
        pump(&mut endpoint, &mut Heard::default());
        endpoint
    };
    assert_eq!(heard(asked, list("en English\r\n", 5).as_bytes(), false).events.len(), 7);
    let six = heard(asked, list("en English\r\n", 6).as_bytes(), false);
    assert_eq!(six.error, Some(Error::Limit(Limit::Capabilities(5))));
}

#[test]
fn listings_that_do_not_end() {
    let limits = || Limits::new().messages(5);
    for line in ["1 1\r\n", "\r\n", "x\r\n", &format!("{}\r\n", "x".repeat(3000))] {
        for uidl in [false, true] {
            let ask = |client: &mut Client| if uidl { client.uidl(None) } else { client.list(None) };
            let listing = |count: usize| format!("+OK\r\n{}.\r\n", line.repeat(count));
            assert_eq!(told(limits(), ask, listing(5).as_bytes()).error, None, "{line:?}");
            let told = told(limits(), ask, listing(6).as_bytes());
            assert_eq!(told.error, Some(Error::Limit(Limit::Messages(5))), "{line:?}");
        }
    }
    // STAT cannot make a survey larger either.
    let mut visit = Visit::new(Policy::Delete);
    visit.opening.config = Config::new().limits(limits());
    let visited = visit.run(plain(|command| match command {
        "STAT" => Some("+OK 4000000000 1\r\n"),
        "LIST" | "UIDL" => Some("-ERR no\r\n"),
        _ => None,
    }));
    assert_eq!(visited.survey.unwrap().messages.len(), 5);
}

#[test]
fn unique_ids() {
    let id = |octets: usize| format!("+OK 1 {}\r\n", "x".repeat(octets));
    let ask = |client: &mut Client| client.uidl(Some(1));
    assert!(told(Limits::new(), ask, id(255).as_bytes()).events[0].starts_with("Id 1 xx"));
    assert!(told(Limits::new(), ask, id(256).as_bytes()).events[0].starts_with("Damaged"));
    assert!(told(Limits::new().unique_id(70), ask, id(71).as_bytes()).events[0].starts_with("Damaged"));
}

#[test]
fn messages_that_do_not_end() {
    let limits = || Limits::new().message_octets(100).chunk(16);
    let message = |octets: usize| format!("+OK\r\n{}\r\n.\r\n", "x".repeat(octets - 2));
    assert_eq!(told(limits(), |client| client.retr(1), message(100).as_bytes()).body.len(), 100);
    for ask in [|client: &mut Client| client.retr(1), |client: &mut Client| client.top(1, 1)] {
        let heard = hear(asking(Config::new().limits(limits()), ask), &[message(101).as_bytes()], false);
        assert_eq!(heard.error, Some(Error::Limit(Limit::MessageOctets(100))));
        assert!(heard.body.len() <= 100 && heard.events == ["+OK"], "{heard:?}");
    }
}

#[test]
fn chunks() {
    let mut endpoint = asking(Config::new().limits(Limits::new().chunk(16)), |client| client.retr(1));
    endpoint.recv_buf().extend_from_slice(format!("+OK\r\n{}\r\n.\r\n", "x".repeat(1000)).as_bytes());
    let mut octets = 0;
    while let Ok(Progress::Event(event)) = endpoint.poll(Moment::ORIGIN) {
        if let ClientEvent::Body(_, chunk) = event {
            assert!((1..=16).contains(&chunk.len()), "{}", chunk.len());
            octets += chunk.len();
        }
    }
    assert_eq!(octets, 1002);
}

#[test]
fn groups_of_commands() {
    for (octets, first) in [(64, 10), (6, 1), (1, 1), (30, 5), (35, 5), (36, 6)] {
        let mut endpoint = asking(Config::new().limits(Limits::new().pipeline_octets(octets)), Client::capa);
        endpoint.recv_buf().extend_from_slice(b"+OK\r\nPIPELINING\r\n.\r\n");
        let mut told = Heard::default();
        pump(&mut endpoint, &mut told);
        for _ in 0..20 {
            endpoint.machine().noop().unwrap();
        }
        pump(&mut endpoint, &mut told);
        assert_eq!(told.output.len(), first * 6, "{octets}");
        // Each reply makes room for what fits.
        endpoint.recv_buf().extend_from_slice(&b"+OK\r\n".repeat(first));
        pump(&mut endpoint, &mut told);
        assert!(told.output.len() > first * 6 && told.output.len() <= first * 12, "{octets}: {told:?}");
    }
}

fn timeout_of(endpoint: &mut Endpoint<Client>, seconds: u64) -> Wait {
    assert!(endpoint.poll(at(seconds - 1)).is_ok());
    match endpoint.poll(at(seconds)) {
        Err(wire_core::Error::Machine(Error::Timeout(wait))) => wait,
        other => panic!("{other:?} after {seconds} s"),
    }
}

#[test]
fn a_client_waits_as_long_as_it_is_told() {
    let second = Duration::from_secs;
    let timeouts =
        Timeouts::new().greeting(second(11)).reply(second(22)).update(second(33)).data_block(second(44));
    let config = || Config::new().timeouts(timeouts.clone());
    assert_eq!(timeout_of(&mut Endpoint::new(Client::new(config(), Moment::ORIGIN)), 11), Wait::Greeting);
    assert_eq!(greeted(config()).deadline(), None, "an idle client waits for its application");
    assert_eq!(timeout_of(&mut asking(config(), Client::stat), 22), Wait::Reply);
    for ask in [|client: &mut Client| client.retr(1), |client: &mut Client| client.list(None)] {
        let mut endpoint = asking(config(), ask);
        endpoint.recv_buf().extend_from_slice(b"+OK\r\n");
        pump(&mut endpoint, &mut Heard::default());
        assert_eq!(timeout_of(&mut endpoint, 44), Wait::Body);
    }
    assert_eq!(timeout_of(&mut asking(config(), Client::quit), 33), Wait::Reply);
    let mut endpoint = asking(config(), |client| client.dele(1));
    endpoint.recv_buf().extend_from_slice(b"+OK\r\n");
    pump(&mut endpoint, &mut Heard::default());
    endpoint.machine().quit().unwrap();
    pump(&mut endpoint, &mut Heard::default());
    assert_eq!(timeout_of(&mut endpoint, 33), Wait::Update);
}

#[test]
fn replies_that_drip_in_are_not_progress() {
    let mut endpoints = [
        (Endpoint::new(Client::new(Config::new(), Moment::ORIGIN)), 120),
        (asking(Config::new(), Client::noop), 300),
    ];
    for (endpoint, most) in &mut endpoints {
        endpoint.recv_buf().extend_from_slice(b"+OK ");
        for second in 0..*most {
            endpoint.recv_buf().extend_from_slice(b"x");
            assert!(endpoint.poll(at(second)).is_ok(), "{second}");
        }
        assert!(endpoint.poll(at(*most)).is_err());
    }
    // Nor is half a line of a listing; a whole one is.
    let mut endpoint = asking(Config::new(), |client| client.list(None));
    endpoint.recv_buf().extend_from_slice(b"+OK\r\n");
    for second in 0..1000 {
        endpoint.recv_buf().extend_from_slice(format!("{} 1\r\n", second + 1).as_bytes());
        while let Ok(Progress::Event(_)) = endpoint.poll(at(second * 100)) {}
    }
    for second in 0..180 {
        endpoint.recv_buf().extend_from_slice(b"1");
        assert!(endpoint.poll(at(99_900 + second)).is_ok(), "{second}");
    }
    assert!(endpoint.poll(at(99_900 + 180)).is_err());
}
