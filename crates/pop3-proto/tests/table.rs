//! Every state and every command: the machine against the table.
#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

mod driven;

use driven::{LOGIN, Script, config};
use pop3_proto::Reply;
use pop3_proto::server::{Config, Event, State, Verb, admits};
use wire_core::{Moment, Progress};

/// The server as it is configured here offers everything, and takes logins in clear.
fn script(state: State) -> Script {
    let prelude = match state {
        State::Refused | State::Authorization => "",
        State::Named => "USER joe\r\n",
        State::Transaction => LOGIN,
    };
    Script::new(prelude).with(everything)
}

fn everything(mut config: Config) -> Config {
    config.auth = config.auth.dangerous_allow_cleartext_secrets();
    config.tls_for_auth(false).apop(true).utf8(true).lang(true)
}

fn line(verb: Verb) -> &'static [u8] {
    match verb {
        Verb::User => b"USER joe\r\n",
        Verb::Pass => b"PASS pw\r\n",
        // Not the digest that it should be.
        Verb::Apop => b"APOP joe c4c9334bac560ecc979e58001b3e22fb\r\n",
        Verb::Auth => b"AUTH PLAIN AGpvZQBwdw==\r\n",
        Verb::Capa => b"CAPA\r\n",
        Verb::Stls => b"STLS\r\n",
        Verb::Stat => b"STAT\r\n",
        Verb::List => b"LIST 1\r\n",
        Verb::Retr => b"RETR 2\r\n",
        Verb::Dele => b"DELE 1\r\n",
        Verb::Noop => b"NOOP\r\n",
        Verb::Rset => b"RSET\r\n",
        Verb::Quit => b"QUIT\r\n",
        Verb::Top => b"TOP 1 0\r\n",
        Verb::Uidl => b"UIDL 1\r\n",
        Verb::Utf8 => b"UTF8\r\n",
        Verb::Lang => b"LANG en\r\n",
        Verb::Other => b"FOO\r\n",
    }
}

/// The first line of the reply, row by row.
fn expected(state: State, verb: Verb) -> &'static str {
    use State as S;
    use Verb as V;
    match (state, verb) {
        (_, V::Other) => "-ERR unknown command",
        (_, V::Quit) => "+OK goodbye",
        (S::Refused, _) => "-ERR not available here",
        (_, V::Capa) => "+OK capability list follows",
        (_, V::Lang) => "+OK en language changed",

        (S::Authorization | S::Named, V::User) => "+OK send the password",
        (S::Authorization, V::Pass) => "-ERR send USER first",
        (S::Named, V::Pass) => "+OK maildrop locked and ready",
        (S::Authorization | S::Named, V::Apop) => "-ERR [AUTH] authentication failed",
        (S::Authorization | S::Named, V::Auth) => "+OK maildrop locked and ready",
        (S::Authorization | S::Named, V::Stls) => "+OK begin TLS negotiation",
        (S::Authorization | S::Named, V::Utf8) => "+OK UTF-8 mode enabled",
        (S::Authorization | S::Named, _) => "-ERR log in first",

        (S::Transaction, V::User | V::Pass | V::Apop | V::Auth | V::Stls | V::Utf8) => {
            "-ERR already logged in"
        }
        (S::Transaction, V::Stat) => "+OK 3 67",
        (S::Transaction, V::List) => "+OK 1 27",
        (S::Transaction, V::Uidl) => "+OK 1 id1",
        (S::Transaction, V::Retr) => "+OK 16 octets",
        (S::Transaction, V::Dele) => "+OK message deleted",
        (S::Transaction, V::Noop) => "+OK",
        (S::Transaction, V::Rset) => "+OK ok",
        (S::Transaction, V::Top) => "+OK",
    }
}

/// What the server answers to a client that it does not want.
fn refused(verb: Verb) -> String {
    let server = pop3_proto::server::Server::new(everything(config()).into(), [7; 32], Moment::ORIGIN);
    let mut endpoint = wire_core::Endpoint::new(server);
    assert!(matches!(endpoint.poll(Moment::ORIGIN), Ok(Progress::Event(Event::Connected))));
    endpoint.machine().reply(Reply::too_many_connections()).unwrap();
    let mut greeting = Vec::new();
    assert!(matches!(endpoint.poll(Moment::ORIGIN), Ok(Progress::Io { read: true })));
    driven::drain(&mut endpoint, &mut greeting);
    assert_eq!(greeting, b"-ERR [SYS/TEMP] too many connections, try again later\r\n");
    endpoint.recv_buf().extend_from_slice(line(verb));
    let mut ran = driven::Ran::default();
    Script::new("").pump(&mut endpoint, &mut ran);
    assert_eq!((ran.events.len(), ran.closed), (0, verb == Verb::Quit), "{verb:?}: {ran:?}");
    ran.text()
}

#[test]
fn every_state_and_verb() {
    let mut walked = 0;
    for state in State::ALL {
        for verb in Verb::ALL {
            let text = match state {
                State::Refused => refused(verb),
                _ => script(state).run(line(verb)).text(),
            };
            let first = text.split("\r\n").next().unwrap();
            assert_eq!(first, expected(state, verb), "{state:?} {verb:?}: {text:?}");
            // The table says the same.
            match admits(state, verb) {
                Err(refusal) => assert_eq!(text, format!("{refusal}\r\n"), "{state:?} {verb:?}"),
                Ok(()) => {
                    assert!(first.starts_with("+OK") || verb == Verb::Apop, "{state:?} {verb:?}: {first}")
                }
            }
            walked += 1;
        }
    }
    assert_eq!(walked, 4 * 18);
}

#[test]
fn every_verb_leads_to_its_state() {
    for state in [State::Authorization, State::Named, State::Transaction] {
        for verb in Verb::ALL.into_iter().filter(|verb| !matches!(verb, Verb::Quit | Verb::Stls)) {
            let script = script(state);
            let mut endpoint = script.server();
            assert_eq!(endpoint.machine().state(), state);
            endpoint.recv_buf().extend_from_slice(line(verb));
            script.pump(&mut endpoint, &mut driven::Ran::default());
            let next = match (state, verb) {
                (State::Transaction, _) | (_, Verb::Auth) | (State::Named, Verb::Pass) => State::Transaction,
                (_, Verb::User) => State::Named,
                // PASS comes immediately after USER, or not at all.
                _ => State::Authorization,
            };
            assert_eq!(endpoint.machine().state(), next, "{state:?} {verb:?}");
        }
    }
}

#[test]
fn what_is_not_offered_is_refused() {
    let off = |config: Config| {
        let mut config = everything(config).tls(false).apop(false).utf8(false).lang(false);
        config.user_pass = false;
        config
    };
    let off = Script::new("").with(off);
    for verb in [Verb::User, Verb::Apop, Verb::Stls, Verb::Utf8, Verb::Lang] {
        assert_eq!(off.run(line(verb)).text(), "-ERR not available here\r\n", "{verb:?}");
    }
    let capa = off.run(b"CAPA\r\n").lines();
    for keyword in ["USER", "STLS", "UTF8 USER", "LANG"] {
        assert!(!capa.iter().any(|line| line == keyword), "{keyword}: {capa:?}");
        assert!(Script::new("").with(everything).run(b"CAPA\r\n").lines().iter().any(|line| line == keyword));
    }
    // Under TLS there is no other TLS, and in clear no login unless the configuration says so.
    let secure = script(State::Authorization).secure();
    assert_eq!(secure.run(b"STLS\r\n").text(), "-ERR command not permitted when TLS active\r\n");
    for verb in [Verb::User, Verb::Apop, Verb::Auth] {
        let clear = Script::new("").with(|config| config.apop(true));
        assert_eq!(
            clear.run(line(verb)).text(),
            "-ERR encryption required for authentication\r\n",
            "{verb:?}"
        );
    }
    assert_eq!(
        script(State::Authorization).run(b"UTF8\r\nSTLS\r\n").lines(),
        ["+OK UTF-8 mode enabled", "-ERR STLS is not permitted after UTF8"]
    );
}

#[test]
fn a_maildrop_that_cannot_be_opened_leaves_the_client_where_it_was() {
    let script = Script::new("").secure();
    let ran = script.run(b"USER busy\r\nPASS pw\r\nSTAT\r\nUSER joe\r\nPASS pw\r\nSTAT\r\n");
    assert_eq!(
        ran.lines(),
        [
            "+OK send the password",
            "-ERR [IN-USE] the maildrop is in use",
            "-ERR log in first",
            "+OK send the password",
            "+OK maildrop locked and ready",
            "+OK 3 67",
        ]
    );
}
