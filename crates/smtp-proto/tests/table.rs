//! Every state and every verb: accepted, or exactly this refusal.
#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

mod common;

use common::Script;
use smtp_proto::server::{State, Verb, admits};

/// What is said to come into a state.
fn prelude(state: State) -> &'static str {
    match state {
        State::Refused | State::Fresh => "",
        State::Ready => "EHLO c.example\r\n",
        State::Mail => "EHLO c.example\r\nMAIL FROM:<a@b.example> BODY=8BITMIME\r\n",
        State::Rcpt => "EHLO c.example\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<c@d.example>\r\n",
        State::Chunks => "EHLO c.example\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<c@d.example>\r\nBDAT 2\r\nab",
        State::ChunkRefused => {
            "EHLO c.example\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<c@d.example>\r\nBDAT 2\r\na\n"
        }
    }
}

fn line(verb: Verb) -> &'static [u8] {
    match verb {
        Verb::Ehlo => b"EHLO c.example\r\n",
        Verb::Helo => b"HELO c.example\r\n",
        Verb::Lhlo => b"LHLO c.example\r\n",
        Verb::Mail => b"MAIL FROM:<x@y.example>\r\n",
        Verb::Rcpt => b"RCPT TO:<x@y.example>\r\n",
        Verb::Data => b"DATA\r\n",
        Verb::Bdat => b"BDAT 2 LAST\r\nxy",
        Verb::Rset => b"RSET\r\n",
        Verb::Noop => b"NOOP\r\n",
        Verb::Quit => b"QUIT\r\n",
        Verb::Vrfy => b"VRFY x\r\n",
        Verb::Expn => b"EXPN x\r\n",
        Verb::Help => b"HELP\r\n",
        Verb::StartTls => b"STARTTLS\r\n",
        Verb::Auth => b"AUTH PLAIN AGpvZQBwdw==\r\n",
        Verb::Etrn => b"ETRN x\r\n",
        Verb::Xclient => b"XCLIENT ADDR=192.0.2.1\r\n",
        Verb::Xforward => b"XFORWARD ADDR=192.0.2.1\r\n",
        Verb::Other => b"FOO\r\n",
    }
}

/// The code that the server as configured here gives, row by row; what the configuration refuses comes first.
fn expected(state: State, verb: Verb) -> u16 {
    use State as S;
    use Verb as V;
    match (state, verb) {
        (_, V::Lhlo | V::Other) => 500,
        (_, V::Xclient | V::Xforward) => 550,
        (_, V::Ehlo | V::Helo | V::Rset | V::Noop) => 250,
        (_, V::Quit) => 221,
        (_, V::Vrfy) => 252,
        (_, V::Expn) => 502,
        (_, V::Help) => 214,
        (S::Fresh | S::Ready, V::StartTls) => 220,
        (S::Ready, V::Auth) => 235,
        (S::Ready, V::Etrn) => 502,
        (S::Ready, V::Mail) | (S::Mail | S::Rcpt, V::Rcpt) => 250,
        (S::Rcpt, V::Data) => 354,
        (S::Rcpt | S::Chunks, V::Bdat) => 250,
        (S::Mail, V::Data | V::Bdat) => 554,
        _ => 503,
    }
}

#[test]
fn every_state_and_verb() {
    let mut walked = 0;
    for state in State::ALL.into_iter().filter(|state| *state != State::Refused) {
        for verb in Verb::ALL {
            let script = Script::new(prelude(state)).with(|config| config.tls_for_auth(false));
            let script = if verb == Verb::Auth { auth_in_clear(script) } else { script };
            let ran = script.run(line(verb));
            assert_eq!(ran.last_code(), expected(state, verb), "{state:?} {verb:?}: {ran:?}");
            walked += 1;
        }
    }
    assert_eq!(walked, 6 * 19);
}

fn auth_in_clear(script: Script) -> Script {
    script.with(|config| {
        let auth = sasl_core::server::Config::new(b"x".to_vec()).with(sasl_core::Mechanism::Plain);
        config.auth(auth.dangerous_allow_cleartext_secrets())
    })
}

#[test]
fn a_refused_client_may_only_quit() {
    for verb in Verb::ALL {
        match admits(State::Refused, verb) {
            Ok(()) => assert_eq!(verb, Verb::Quit),
            Err(reply) => assert_eq!(reply.code().value(), 503),
        }
    }
}

#[test]
fn the_octets_of_a_refused_chunk_are_never_commands() {
    for state in [State::Fresh, State::Ready, State::Mail, State::ChunkRefused] {
        let ran = Script::new(prelude(state)).run(b"BDAT 6 LAST\r\nQUIT\r\nNOOP\r\n");
        assert_eq!((ran.last_code(), ran.closed, ran.codes().len()), (250, false, 2), "{state:?}: {ran:?}");
    }
}
