//! Both sides in memory: handshake in pieces, the end of data, and what is not TLS.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, clippy::expect_used, missing_docs)]

mod common;

use bytes::{Buf, Bytes, BytesMut};
use common::{Told, Toy, ToyError, carry, deliver, encoded, ready, shake_hands};
use proptest::prelude::*;
use test_support::{Occurrence, Pair, Side, pki};
use wire_core::{Endpoint, Eof, LayerFault, SendBuf};
use wire_rustls::TlsVersion;

fn only(version: TlsVersion) -> (wire_rustls::ClientTls, wire_rustls::ServerTls) {
    (
        pki::authority().client().only(version).build().unwrap(),
        pki::server().server().only(version).build().unwrap(),
    )
}

#[test]
fn a_conversation_in_pieces_of_every_size_and_both_versions() {
    for (version, name) in [(TlsVersion::Tls12, "TLSv1.2"), (TlsVersion::Tls13, "TLSv1.3")] {
        for pieces in [1, 2, 3, 4, 5, 6, 7, 1000, usize::MAX] {
            let (client_tls, server_tls) = only(version);
            let mut pair =
                Pair::implicit_tls(Toy::client(&["one", "two"]), Toy::server(), &client_tls, &server_tls)
                    .pieces(pieces);
            let (mut client_told, mut server_told) = (Vec::new(), Vec::new());
            pair.run(|occurrence| match occurrence {
                Occurrence::Client(told, _) => client_told.push(told),
                Occurrence::Server(told, _) => server_told.push(told),
            });
            let lines = |all: &[&str]| {
                let lines = all.iter().map(|line| Told::Line(Bytes::copy_from_slice(line.as_bytes())));
                std::iter::once(Told::Secure).chain(lines).collect::<Vec<_>>()
            };
            assert_eq!(client_told, lines(&["250 one", "250 two"]), "{name} {pieces}");
            assert_eq!(server_told, lines(&["one", "two"]), "{name} {pieces}");
            // The client closed with close_notify, and so did the server.
            assert!(pair.client_end().is_closed(), "{:?}", pair.client_end());
            assert!(pair.server_end().is_closed(), "{:?}", pair.server_end());
            assert_eq!(pair.server.machine().eof, Some(Eof::Clean));
            let session = pair.client.machine().session.clone().unwrap();
            assert_eq!(session.version, Some(name));
            assert!(session.peer_verified && session.cipher_suite.is_some());
            let session = pair.server.machine().session.clone().unwrap();
            assert_eq!(session.server_name.as_deref(), Some(pki::HOST));
            assert!(!session.peer_verified && session.peer_certificates.is_empty());
        }
    }
}

#[test]
fn large_bodies_pass_both_ways() {
    let line = "x".repeat(1_000_000);
    let mut pair = Pair::implicit_tls(
        Toy::client(&[&line, "end"]),
        Toy::server(),
        &pki::client_tls(),
        &pki::server_tls(),
    )
    .pieces(50_000);
    let mut longest = 0;
    pair.run(|occurrence| {
        if let Occurrence::Client(Told::Line(line), _) = occurrence {
            longest = longest.max(line.len());
        }
    });
    assert_eq!(longest, 1_000_004);
    assert!(pair.client_end().is_closed() && pair.server_end().is_closed());
}

#[test]
fn a_connection_cut_anywhere_is_never_a_clean_end() {
    // A record of two octets: close_notify. And signatures differ in length.
    const FAREWELL: u64 = 5 + 2 + 1 + 16;
    const VARIES: u64 = 6;
    let lines = || Toy::client(&["one", "two"]);
    let mut pair = Pair::implicit_tls(lines(), Toy::server(), &pki::client_tls(), &pki::server_tls());
    pair.run(|_| {});
    assert!(pair.client_end().is_closed());
    let whole = pair.sent(Side::Server) - FAREWELL - VARIES;
    let mut ends = [0; 2];
    for cut in (0..whole - 30).step_by(7).chain(whole - 30..whole) {
        let mut pair = Pair::implicit_tls(lines(), Toy::server(), &pki::client_tls(), &pki::server_tls())
            .cut(Side::Server, cut);
        pair.run(|_| {});
        let end = pair.client_end();
        if let Some(error) = end.layer_error() {
            assert_eq!(error.fault, LayerFault::Truncated, "{cut}");
            ends[0] += 1;
        } else {
            assert_eq!(end.machine_error(), Some(&ToyError::Cut), "{cut}: {end:?}");
            ends[1] += 1;
        }
    }
    assert!(ends[0] > 100 && ends[1] > 5, "{ends:?}");
}

#[test]
fn close_notify_is_the_clean_end_and_what_follows_is_ignored() {
    let (mut client, mut server) = ready();
    let mut last = encoded(&mut client, b"QUIT\r\n");
    client.close();
    client.close();
    let farewell = encoded(&mut client, b"");
    assert!(!farewell.is_empty());
    last.extend_from_slice(&farewell);
    last.extend_from_slice(&[23, 3, 3, 0, 40]);
    last.extend_from_slice(&[0; 4000]);
    let mut plain = BytesMut::new();
    assert_eq!((server.is_ended(), server.eof()), (false, Eof::Truncated));
    deliver(&last, &mut server, &mut plain).unwrap();
    assert_eq!(plain, "QUIT\r\n");
    assert_eq!((server.is_ended(), server.eof()), (true, Eof::Clean));
    // The other direction is still open.
    let answer = encoded(&mut server, b"221 bye\r\n");
    let mut plain = BytesMut::new();
    deliver(&answer, &mut client, &mut plain).unwrap();
    assert_eq!(plain, "221 bye\r\n");
    // After a farewell of one's own nothing more is encoded.
    let (mut left, mut wire) = (SendBuf::default(), SendBuf::default());
    left.put(b"more");
    client.encode(&mut left, &mut wire).unwrap();
    assert_eq!((left.len(), wire.len()), (4, 0));
}

#[test]
fn a_peer_that_speaks_in_clear_is_recognised_at_every_cut() {
    for greeting in [&b"220 mx.example.org ESMTP ready\r\n"[..], b"* OK IMAP4rev1 ready\r\n", b"+OK POP3\r\n"]
    {
        for cut in 0..greeting.len() {
            let mut client = pki::client_tls().session(pki::HOST).unwrap();
            let hello = encoded_hello(&mut client);
            assert_eq!(hello[0], 22);
            let mut arrived = BytesMut::from(&greeting[..cut]);
            let error = client.decode(&mut arrived, &mut BytesMut::new(), 4096).err().or_else(|| {
                arrived.extend_from_slice(&greeting[cut..]);
                client.decode(&mut arrived, &mut BytesMut::new(), 4096).err()
            });
            assert_eq!(error.unwrap().fault, LayerFault::NotTls);
        }
    }
    // The other way round: somebody speaks SMTP to a server that wants TLS.
    for command in [&b"EHLO client.example\r\n"[..], b"GET / HTTP/1.1\r\n\r\n", &[b'A'; 20_000]] {
        let mut server = pki::server_tls().session().unwrap();
        let error = deliver(command, &mut server, &mut BytesMut::new()).unwrap_err();
        assert_eq!(error.fault, LayerFault::NotTls);
        let again = deliver(command, &mut server, &mut BytesMut::new()).unwrap_err();
        assert_eq!(again.fault, LayerFault::NotTls);
    }
}

fn encoded_hello(client: &mut Box<dyn wire_core::Filter>) -> Vec<u8> {
    let mut wire = SendBuf::default();
    let mut early = SendBuf::default();
    early.put(b"EHLO early");
    client.encode(&mut early, &mut wire).unwrap();
    assert_eq!(early.len(), 10, "nothing is taken before the handshake is finished");
    wire.copy_to_bytes(wire.len()).to_vec()
}

#[test]
fn the_alert_comes_out_after_a_failure() {
    // The client does not believe the server: the server hears why.
    let mut client = pki::client_tls().session(pki::HOST).unwrap();
    let mut server = pki::unknown_issuer().server().build().unwrap().session().unwrap();
    let (client_error, server_error) = shake_hands(&mut client, &mut server).unwrap_err();
    assert_eq!(client_error.unwrap().fault, LayerFault::Certificate);
    let server_error = server_error.unwrap();
    assert_eq!(server_error.fault, LayerFault::Refused);
    let cause = server_error.cause.unwrap();
    assert!(cause.to_string().contains("UnknownCA"), "{cause}");
}

#[test]
fn endpoints_send_the_alert_too() {
    let server_tls = pki::unknown_issuer().server().build().unwrap();
    for pieces in [1, usize::MAX] {
        let mut pair =
            Pair::implicit_tls(Toy::client(&["one"]), Toy::server(), &pki::client_tls(), &server_tls)
                .pieces(pieces);
        pair.run(|_| panic!("nothing may be told"));
        assert_eq!(pair.client_end().layer_error().unwrap().fault, LayerFault::Certificate);
        assert_eq!(pair.server_end().layer_error().unwrap().fault, LayerFault::Refused);
    }
}

#[test]
fn versions_without_overlap_are_incompatible() {
    let (client_12, server_12) = only(TlsVersion::Tls12);
    let (client_13, server_13) = only(TlsVersion::Tls13);
    for (client, server) in [(client_12, server_13), (client_13, server_12)] {
        let mut client = client.session(pki::HOST).unwrap();
        let mut server = server.session().unwrap();
        let (client_error, server_error) = shake_hands(&mut client, &mut server).unwrap_err();
        assert_eq!(server_error.unwrap().fault, LayerFault::Incompatible);
        assert_eq!(client_error.unwrap().fault, LayerFault::Refused);
    }
}

/// RFC 8997 section 3 and RFC 9325 section 3.1.1: a client that has nothing newer is told so.
#[test]
fn a_hello_of_tls_1_0_is_refused_with_protocol_version() {
    let mut body = vec![3, 1];
    body.extend_from_slice(&[7; 32]);
    body.extend_from_slice(&[0, 0, 4, 0x00, 0x2f, 0x00, 0x35, 1, 0]);
    let mut hello = vec![22, 3, 1, 0, u8::try_from(body.len() + 4).unwrap(), 1, 0, 0];
    hello.push(u8::try_from(body.len()).unwrap());
    hello.extend_from_slice(&body);
    let mut server = pki::server_tls().session().unwrap();
    let error = deliver(&hello, &mut server, &mut BytesMut::new()).unwrap_err();
    assert_eq!(error.fault, LayerFault::Incompatible, "{error:?}");
    let alert = encoded(&mut server, b"");
    assert_eq!(alert[0], 21);
    assert_eq!(alert[5..], [2, 70]); // fatal, protocol_version
    // X509-07: a hello cut off short is no handshake either.
    let mut server = pki::server_tls().session().unwrap();
    let short = b"\x16\x03\x01\x00\x05\x01\x00\x00\x01\x03";
    assert!(deliver(short, &mut server, &mut BytesMut::new()).is_err());
    assert_eq!(encoded(&mut server, b"")[0], 21);
}

#[test]
fn a_server_that_gives_up_before_the_hello_says_so() {
    let mut server = pki::server_tls().session().unwrap();
    server.close();
    assert_eq!(encoded_nothing(&mut server), [21, 3, 3, 0, 2, 1, 0]);
    assert!(encoded_nothing(&mut server).is_empty());
}

fn encoded_nothing(filter: &mut Box<dyn wire_core::Filter>) -> Vec<u8> {
    let mut wire = SendBuf::default();
    filter.encode(&mut SendBuf::default(), &mut wire).unwrap();
    wire.copy_to_bytes(wire.len()).to_vec()
}

#[test]
fn decoding_stops_at_its_bound() {
    const RECORD: usize = 16 * 1024;
    const BODY: usize = 300_000;
    let (mut client, mut server) = ready();
    for max in [1, 100, RECORD, 65_536] {
        let mut arrived = BytesMut::from(&encoded(&mut client, &vec![b'x'; BODY])[..]);
        let mut total = 0;
        while total < BODY {
            let mut plain = BytesMut::new();
            server.decode(&mut arrived, &mut plain, max).unwrap();
            assert!(!plain.is_empty() && plain.len() < max + RECORD, "{} of {max}", plain.len());
            total += plain.len();
        }
        assert_eq!((total, arrived.len()), (BODY, 0));
    }
}

#[test]
fn encoding_is_bounded_and_gathers_pieces_into_records() {
    let (mut client, _server) = ready();
    let (mut plain, mut wire) = (SendBuf::default(), SendBuf::default());
    for _ in 0..100 {
        plain.put_bytes(vec![b'x'; 10_000].into());
    }
    client.encode(&mut plain, &mut wire).unwrap();
    assert!(wire.len() >= 64 * 1024 && wire.len() < 64 * 1024 + 17 * 1024, "{}", wire.len());
    assert!(plain.len() > 900_000);
    let held = (plain.len(), wire.len());
    client.encode(&mut plain, &mut wire).unwrap();
    assert_eq!((plain.len(), wire.len()), held);
    // A batch of replies is one record.
    let (mut plain, mut wire) = (SendBuf::default(), SendBuf::default());
    plain.put(b"250 ok\r\n");
    plain.put_bytes(vec![b'x'; 2000].into());
    plain.put(b"250 ok\r\n");
    client.encode(&mut plain, &mut wire).unwrap();
    let octets = wire.copy_to_bytes(wire.len());
    let length = usize::from(u16::from_be_bytes([octets[3], octets[4]]));
    assert_eq!(octets.len(), 5 + length);
}

#[test]
fn what_came_before_a_corrupt_record_is_still_delivered() {
    let mut server_endpoint = Endpoint::with_tls(Toy::server(), pki::server_tls().session().unwrap());
    let mut client = pki::client_tls().session(pki::HOST).unwrap();
    let mut told = Vec::new();
    let mut error = None;
    let mut corrupted = false;
    for _ in 0..20 {
        let mut wire = SendBuf::default();
        client.encode(&mut SendBuf::default(), &mut wire).unwrap();
        let mut octets = wire.copy_to_bytes(wire.len()).to_vec();
        if client.is_ready() && !corrupted {
            octets.extend_from_slice(&encoded(&mut client, b"one\r\n"));
            let mut bad = encoded(&mut client, b"two\r\n");
            *bad.last_mut().unwrap() ^= 1;
            octets.extend_from_slice(&bad);
            corrupted = true;
        }
        server_endpoint.recv_buf().extend_from_slice(&octets);
        loop {
            match server_endpoint.poll(wire_core::Moment::ORIGIN) {
                Ok(wire_core::Progress::Event(event)) => told.push(event),
                Ok(_) => break,
                Err(failure) => {
                    error = Some(failure);
                    break;
                }
            }
        }
        let tx = server_endpoint.transmit().unwrap();
        let octets = tx.copy_to_bytes(tx.remaining());
        let arrived = deliver(&octets, &mut client, &mut BytesMut::new());
        if error.is_some() {
            // bad_record_mac
            assert_eq!(arrived.unwrap_err().fault, LayerFault::Refused);
            break;
        }
        arrived.unwrap();
    }
    assert_eq!(told, [Told::Secure, Told::Line("one".into())]);
    assert!(matches!(error, Some(wire_core::Error::Layer(error)) if error.fault == LayerFault::Corrupt));
}

#[test]
fn sessions_are_resumed() {
    for version in [TlsVersion::Tls12, TlsVersion::Tls13] {
        let (client_tls, server_tls) = only(version);
        let mut sent = Vec::new();
        for _ in 0..2 {
            let mut pair = Pair::implicit_tls(Toy::client(&["one"]), Toy::server(), &client_tls, &server_tls);
            pair.run(|_| {});
            assert!(pair.client_end().is_closed());
            assert!(pair.client.machine().session.as_ref().unwrap().peer_verified);
            sent.push(pair.sent(Side::Server));
        }
        // The second time no certificate is sent.
        assert!(sent[1] + 400 < sent[0], "{sent:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_octets_make_it_panic(octets in proptest::collection::vec(any::<u8>(), 0..600), record: bool) {
        let mut sent = if record { vec![22, 3, 1, 0x02, 0x00] } else { Vec::new() };
        sent.extend_from_slice(&octets);
        let mut server = pki::server_tls().session().unwrap();
        let _ = deliver(&sent, &mut server, &mut BytesMut::new());
        let _ = encoded_nothing(&mut server);
        let mut client = pki::client_tls().session(pki::HOST).unwrap();
        let _ = deliver(&sent, &mut client, &mut BytesMut::new());
        let _ = encoded_nothing(&mut client);
    }

    #[test]
    fn a_handshake_with_one_octet_changed_does_not_finish(at in 5usize..2000, change in 1u8..) {
        let mut client = pki::client_tls().session(pki::HOST).unwrap();
        let mut server = pki::server_tls().session().unwrap();
        carry(&mut client, &mut server, &mut BytesMut::new()).unwrap();
        let mut flight = encoded_nothing(&mut server);
        prop_assume!(at < flight.len());
        flight[at] ^= change;
        let heard = deliver(&flight, &mut client, &mut BytesMut::new());
        let ready = client.is_ready();
        // The change may only have made a record longer, or touched the octets around records that say nothing.
        prop_assert!(heard.is_err() || !ready || flight[at - 1..].starts_with(&[3]) || is_header(&flight, at));
    }
}

/// Whether octet `at` is a record's version, or in the compatibility record.
fn is_header(flight: &[u8], at: usize) -> bool {
    let mut start = 0;
    while start + 5 <= flight.len() {
        let length = usize::from(u16::from_be_bytes([flight[start + 3], flight[start + 4]]));
        if (start..start + 5).contains(&at) {
            return true;
        }
        start += 5 + length;
    }
    false
}
