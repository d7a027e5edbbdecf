//! What both sides agree upon: protocols, channel bindings, which certificate; and what it costs.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, clippy::expect_used, missing_docs)]

mod common;

use bytes::Bytes;
use common::{Told, Toy, ToyError, ready, shake_hands};
use sha2::{Digest, Sha256};
use test_support::pki::{self, Subject};
use test_support::{Occurrence, Pair, Side, alloc};
use wire_core::{Endpoint, Filter, LayerFault, Moment, Progress};
use wire_rustls::{ClientTls, ServerTls, TlsVersion};

fn meet(client: &ClientTls, server: &ServerTls) -> Result<[Box<dyn Filter>; 2], [Option<LayerFault>; 2]> {
    meet_at(client, server, pki::HOST)
}

fn meet_at(
    client: &ClientTls,
    server: &ServerTls,
    host: &str,
) -> Result<[Box<dyn Filter>; 2], [Option<LayerFault>; 2]> {
    let mut client = client.session(host).unwrap();
    let mut server = server.session().unwrap();
    match shake_hands(&mut client, &mut server) {
        Ok(()) => Ok([client, server]),
        Err((client, server)) => Err([client, server].map(|error| error.map(|error| error.fault))),
    }
}

/// RFC 7301 section 3.2, and ALPACA: whoever is sent here by somebody else's name is turned away.
#[test]
fn application_protocols() {
    let offers = |names: &[&str]| pki::authority().client().alpn(names).build().unwrap();
    let speaks = |names: &[&str]| pki::server().server().alpn(names).build().unwrap();
    for (offered, spoken, agreed) in [
        (&["imap"][..], &["imap"][..], Ok(Some("imap"))),
        (&["pop3", "imap"], &["imap"], Ok(Some("imap"))),
        (&[], &["imap"], Ok(None)),
        (&["imap"], &[], Ok(None)),
        (&["pop3"], &["imap"], Err(())),
        (&["http/1.1"], &["imap"], Err(())),
        (&["h2", "http/1.1"], &[], Err(())),
        (&["h2", "smtp"], &[], Ok(None)),
    ] {
        match (meet(&offers(offered), &speaks(spoken)), agreed) {
            (Ok(sides), Ok(name)) => {
                for side in sides {
                    let session = side.session().unwrap();
                    assert_eq!(session.alpn.as_deref(), name.map(str::as_bytes), "{offered:?} {spoken:?}");
                }
            }
            (Err([client, server]), Err(())) => {
                assert_eq!(server, Some(LayerFault::Incompatible), "{offered:?} {spoken:?}");
                assert_eq!(client, Some(LayerFault::Refused), "{offered:?} {spoken:?}");
            }
            (met, _) => panic!("{offered:?} {spoken:?}: {:?}", met.err()),
        }
    }
    let imap = offers(&["imap"]);
    assert!(meet(&imap.with_alpn(&["pop3"]), &speaks(&["imap"])).is_err());
}

/// RFC 9266 section 2 and RFC 5929 section 4.1.
#[test]
fn channel_bindings_agree_and_differ_by_connection() {
    for version in [TlsVersion::Tls12, TlsVersion::Tls13] {
        let client = pki::authority().client().only(version).build().unwrap();
        let server = pki::server().server().only(version).build().unwrap();
        let mut exporters = Vec::new();
        // The second session is resumed.
        for _ in 0..2 {
            let [client, server] = meet(&client, &server).unwrap().map(|side| side.session().unwrap());
            assert_eq!(client.exporter, server.exporter);
            exporters.push(client.exporter.expect("bound"));
            let certificate = Bytes::copy_from_slice(&Sha256::digest(&pki::server().der));
            assert_eq!(client.server_end_point.as_ref(), Some(&certificate));
            assert_eq!(server.server_end_point.as_ref(), Some(&certificate));
        }
        assert_ne!(exporters[0], exporters[1]);
    }
}

#[test]
fn the_certificate_is_chosen_by_name() {
    let other = pki::wrong_name();
    let server = pki::server().server().certificate(other.pair().0, other.pair().1).build().unwrap();
    for (host, der) in [
        (pki::HOST, &pki::server().der),
        ("other.example.net", &other.der),
        ("127.0.0.1", &pki::server().der),
    ] {
        let [client, server] = meet_at(&pki::client_tls(), &server, host).unwrap();
        assert_eq!(client.session().unwrap().peer_certificates[0], der);
        // RFC 6066 section 3: addresses are not sent.
        let name = server.session().unwrap().server_name.clone();
        assert_eq!(name.as_deref(), (host != "127.0.0.1").then_some(host));
    }
}

#[test]
fn certificates_are_reloaded_for_connections_to_come() {
    let server = pki::server_tls();
    let client = pki::client_tls();
    let mut begun = server.session().unwrap();
    let renewed = pki::authority().issue(&Subject::server(&[pki::HOST]));
    server.clone().reload(&[renewed.pair()]).unwrap();
    assert!(server.reload(&[(b"none", b"none")]).is_err());
    assert!(server.reload(&[]).is_err());
    assert!(server.reload(&[(renewed.pair().0, pki::server().pair().1)]).is_err());
    let [met, _] = meet(&client, &server).unwrap();
    assert_eq!(met.session().unwrap().peer_certificates[0], renewed.der);
    let mut met = client.session(pki::HOST).unwrap();
    shake_hands(&mut met, &mut begun).unwrap();
    assert_eq!(met.session().unwrap().peer_certificates[0], pki::server().der);
}

/// CVE-2011-0411 and its kin: what comes in clear around the upgrade is never taken for what came under TLS,
/// wherever the attacker's octets are put and however all of it is cut.
#[test]
fn nothing_is_injected_around_starttls() {
    const ASK: &[u8] = b"STARTTLS\r\n";
    const GO: &[u8] = b"220 go\r\n";
    const EVIL: &[u8] = b"EVIL\r\n";
    for (side, honest) in [(Side::Server, ASK), (Side::Client, GO)] {
        let endpoint =
            || Endpoint::new(if side == Side::Server { Toy::server() } else { Toy::upgrading(&["one"]) });
        for inside in 0..=EVIL.len() {
            let mut all = honest.to_vec();
            all.extend_from_slice(&EVIL[..inside]);
            for cut in 0..=all.len() {
                let mut endpoint = endpoint();
                let mut refused = false;
                let mut upgraded = false;
                for piece in [&all[..cut], &all[cut..]] {
                    endpoint.recv_buf().extend_from_slice(piece);
                    loop {
                        match endpoint.poll(Moment::ORIGIN) {
                            Ok(Progress::Event(told)) => panic!("{told:?}"),
                            Ok(Progress::StartTls(proof)) => {
                                upgraded = true;
                                let filter = match side {
                                    Side::Server => pki::server_tls().session().unwrap(),
                                    Side::Client => pki::client_tls().session(pki::HOST).unwrap(),
                                };
                                endpoint.install_tls(proof, filter);
                            }
                            Ok(_) => break,
                            Err(
                                wire_core::Error::Machine(ToyError::Seal(_)) | wire_core::Error::Layer(_),
                            ) => {
                                refused = true;
                                break;
                            }
                            Err(error) => panic!("{error}"),
                        }
                    }
                }
                // Behind the upgrade the octets are records of TLS, or rather are none.
                let waits = upgraded && all.len() - honest.len() < 5;
                assert!(refused || waits || inside == 0, "{side:?} {inside} {cut}");
                assert!(endpoint.machine().session.is_none());
            }
        }
    }
}

#[test]
fn the_upgrade_at_every_size_of_pieces_in_both_versions() {
    for version in [TlsVersion::Tls12, TlsVersion::Tls13] {
        let client = pki::authority().client().only(version).build().unwrap();
        let server = pki::server().server().only(version).build().unwrap();
        for pieces in (1..40).chain([usize::MAX]) {
            let endpoints = (Endpoint::new(Toy::upgrading(&["one"])), Endpoint::new(Toy::server()));
            let mut pair =
                Pair::new(endpoints.0, endpoints.1).tls(client.clone(), server.clone()).pieces(pieces);
            let mut told = Vec::new();
            pair.run(|occurrence| {
                if let Occurrence::Client(event, _) = occurrence {
                    told.push(event);
                }
            });
            assert_eq!(told, [Told::Secure, Told::Line("250 one".into())], "{version:?} {pieces}");
            assert!(pair.client_end().is_closed() && pair.server_end().is_closed());
        }
    }
}

/// An idle connection under TLS is to hold at most 16 KiB; the endpoint and the driver need less than 3 of them.
#[test]
fn what_an_idle_session_holds() {
    // Shared configurations are not the session's.
    drop(ready());
    let (client_tls, server_tls) = (pki::client_tls(), pki::server_tls());
    drop(meet(&client_tls, &server_tls).unwrap());
    let (sides, both) = alloc::measure(|| meet(&client_tls, &server_tls).unwrap());
    let [client, server] = sides;
    let ((), of_client) = alloc::measure(|| drop(client));
    let ((), of_server) = alloc::measure(|| drop(server));
    println!(
        "an idle session holds: client {} octets, server {} octets",
        -of_client.bytes_current, -of_server.bytes_current
    );
    assert!(both.bytes_current > 0);
    assert!(-of_server.bytes_current <= 13 * 1024, "{}", -of_server.bytes_current);
    assert!(-of_client.bytes_current <= 13 * 1024, "{}", -of_client.bytes_current);
}
