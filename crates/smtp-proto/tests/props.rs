//! Properties: no panic, chunks make no difference, what is encoded is parsed to the same.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod common;

use bytes::{Buf, Bytes};
use common::Script;
use proptest::prelude::*;
use smtp_proto::client::{Client, Config};
use smtp_proto::{Command, Host, Mailbox, Quirks, Reply, ReplyParser, xtext};
use wire_core::{Endpoint, Moment, Progress};

/// Pieces of sessions, in any order.
fn session() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        4 => prop::sample::select(vec![
            &b"EHLO c.example\r\n"[..], b"HELO c.example\r\n", b"MAIL FROM:<a@b.example>\r\n", b"MAIL FROM:<> SIZE=5\r\n",
            b"RCPT TO:<c@d.example>\r\n", b"RCPT TO:<refused@d.example>\r\n", b"DATA\r\n", b".\r\n", b"\r\n.\r\n", b"x\r\n",
            b"..\r\n", b"BDAT 3\r\nabc", b"BDAT 2 LAST\r\nxy", b"RSET\r\n", b"NOOP\r\n", b"VRFY x\r\n", b"FOO\r\n",
            b"AUTH PLAIN\r\n", b"AGpvZQBwdw==\r\n", b"*\r\n", b"\n", b"\r", b"\0", b"STARTTLS x\r\n", b"HELP\r\n",
        ]).prop_map(<[u8]>::to_vec),
        1 => prop::collection::vec(any::<u8>(), 0..20),
    ];
    prop::collection::vec(piece, 0..30).prop_map(|pieces| pieces.concat())
}

fn replies() -> impl Strategy<Value = Vec<Vec<u8>>> {
    let piece = prop_oneof![
        4 => prop::sample::select(vec![
            &b"220 mx\r\n"[..], b"250 ok\r\n", b"250-mx\r\n250-PIPELINING\r\n250 SIZE 100\r\n", b"354 go\r\n", b"550 5.1.1 no\r\n",
            b"421 bye\r\n", b"334 \r\n", b"235 ok\r\n", b"250-a\r\n", b"\r\n",
        ]).prop_map(<[u8]>::to_vec),
        1 => prop::collection::vec(any::<u8>().prop_filter("one line", |octet| *octet != b'\n'), 0..20),
    ];
    prop::collection::vec(piece, 0..15)
}

/// What a client does with what a server says, reply by reply, each in pieces of `step`.
fn client(replies: &[Vec<u8>], step: usize) -> (Vec<String>, Vec<u8>) {
    let mut endpoint = Endpoint::new(Client::new(Config::new(), Moment::ORIGIN));
    let (mut events, mut output) = (Vec::new(), Vec::new());
    let _ = endpoint.machine().ehlo("c.example".parse().unwrap());
    let _ = endpoint.machine().noop();
    let _ = endpoint.machine().mail("a@b.example".parse().unwrap(), Default::default());
    let _ = endpoint.machine().rcpt("c@d.example".parse().unwrap(), Default::default());
    let _ = endpoint.machine().data();
    let mut chunks = replies.iter().flat_map(|reply| reply.chunks(step));
    let mut ended = false;
    for _ in 0..10_000 {
        let progress = endpoint.poll(Moment::ORIGIN);
        let tx = endpoint.transmit().unwrap();
        output.extend_from_slice(&tx.copy_to_bytes(tx.len()));
        match progress {
            Ok(Progress::Event(event)) => events.push(format!("{event:?}")),
            Ok(Progress::Io { .. }) => match chunks.next() {
                Some(chunk) => endpoint.recv_buf().extend_from_slice(chunk),
                None if ended => return (events, output),
                None => {
                    ended = true;
                    endpoint.recv_eof();
                }
            },
            Ok(_) => return (events, output),
            Err(error) => {
                events.push(error.to_string());
                return (events, output);
            }
        }
    }
    panic!("no rest");
}

proptest! {
    #[test]
    fn a_server_does_not_care_how_octets_are_cut(octets in session(), step in 1usize..20) {
        let whole = Script::new("").run_by(&octets, octets.len().max(1));
        let pieces = Script::new("").run_by(&octets, step);
        prop_assert_eq!(whole, pieces);
    }

    #[test]
    fn a_client_does_not_care_how_octets_are_cut(replies in replies(), step in 1usize..20) {
        prop_assert_eq!(client(&replies, 1000), client(&replies, step));
    }

    #[test]
    fn commands_round_trip(line in prop::collection::vec(any::<u8>(), 0..80)) {
        let line = Bytes::from(line);
        match Command::parse(&line, &Quirks::default()) {
            Ok(Command::Unknown { .. } | Command::Unimplemented { .. }) => {}
            Ok(command) => {
                let mut wire = Vec::new();
                command.encode(&mut wire);
                wire.truncate(wire.len() - 2);
                prop_assert_eq!(Command::parse(&wire.into(), &Quirks::default()).unwrap(), command);
            }
            Err(error) => prop_assert!(error.at() <= line.len()),
        }
    }

    #[test]
    fn paths_round_trip(local in "[a-z0-9.!#]{1,12}|\"[ -~]{0,10}\"|[äöü]{1,4}", host in "[a-z]{1,8}(\\.[a-z0-9]{1,5}){0,3}") {
        let text = format!("{local}@{host}");
        if let Ok(mailbox) = text.parse::<Mailbox>() {
            prop_assert_eq!(mailbox.to_string(), text.clone());
            let line = Bytes::from(format!("RCPT TO:<{text}>"));
            let parsed = Command::parse(&line, &Quirks::default());
            let expected = Command::Rcpt { to: mailbox.into(), params: Default::default() };
            prop_assert_eq!(parsed, Ok(expected));
        }
    }

    #[test]
    fn what_is_built_is_one_line(text in any::<String>()) {
        let clean = |bytes: &[u8]| !bytes.iter().any(|octet| matches!(octet, b'\r' | b'\n' | 0));
        if let Ok(mailbox) = text.parse::<Mailbox>() {
            prop_assert!(clean(mailbox.to_string().as_bytes()));
        }
        if let Ok(host) = text.parse::<Host>() {
            prop_assert!(clean(host.as_bytes()));
        }
        if let Ok(reply) = Reply::new(250, text) {
            let mut wire = Vec::new();
            reply.encode(true, &mut wire);
            let mut parser = ReplyParser::new(1000, 1 << 20);
            let mut back = None;
            for line in wire.split(|octet| *octet == b'\n').filter(|line| !line.is_empty()) {
                let line = line.strip_suffix(b"\r").unwrap();
                prop_assert!(clean(line) && back.is_none());
                back = parser.line(&Bytes::copy_from_slice(line)).unwrap();
            }
            prop_assert_eq!(back.unwrap().code(), reply.code());
        }
    }

    #[test]
    fn xtext_round_trips(octets in prop::collection::vec(any::<u8>(), 0..40)) {
        let mut out = Vec::new();
        xtext::encode(&octets, &mut out);
        prop_assert!(out.is_ascii());
        prop_assert_eq!(xtext::decode(&out.into()).unwrap(), octets);
    }
}
