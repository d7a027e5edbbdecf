//! Whom a client believes: the rows of the attack file, names, dates, issuers, pins, and clients' certificates.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, clippy::expect_used, missing_docs)]

mod common;

use std::net::Ipv4Addr;

use common::{deliver, encoded, shake_hands};
use rcgen::{CertificateParams, IsCa, KeyPair, date_time_ymd};
use sha2::{Digest, Sha256};
use test_support::pki::{self, Issued, Subject};
use test_support::vectors::Rows;
use wire_core::{LayerError, LayerFault, TlsSession};
use wire_rustls::{
    CertificateProblem, ClientTls, Roots, ServerTls, TlsConfigError, TlsVersion, certificate_problem,
    name_mismatch,
};

/// Both sides' sessions, or what went wrong on the client's side.
fn meet(client: &ClientTls, server: &ServerTls, host: &str) -> Result<[TlsSession; 2], LayerError> {
    let mut client = client.session(host).unwrap();
    let mut server = server.session().unwrap();
    match shake_hands(&mut client, &mut server) {
        Ok(()) => Ok([&client, &server].map(|side| TlsSession::clone(&side.session().unwrap()))),
        Err((Some(error), _)) => Err(error),
        Err((None, error)) => Err(error.unwrap()),
    }
}

fn verdict(issued: &Issued, host: &str) -> Option<CertificateProblem> {
    let server = issued.server().build().unwrap();
    let error = meet(&pki::client_tls(), &server, host).err()?;
    assert_eq!(error.fault, LayerFault::Certificate, "{host}: {error}");
    Some(certificate_problem(&error).expect("a problem of the certificate"))
}

fn named(name: &str, host: &str) -> Option<CertificateProblem> {
    verdict(&pki::authority().issue(&Subject::server(&[name])), host)
}

const MISMATCH: Option<CertificateProblem> = Some(CertificateProblem::NameMismatch);

const TESTED: [&str; 7] = ["X509-01", "X509-02", "X509-04", "X509-05", "X509-06", "X509-07", "X509-08"];

fn row(id: &str) -> Vec<u8> {
    Rows::load(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/attacks.jsonl")).row(id).bytes()
}

/// Name in the certificate and host of a row such as `dNSName=A vs B`.
fn versus(id: &str) -> (String, String) {
    let text = String::from_utf8(row(id)).unwrap();
    let (name, host) = text.split_once(" vs ").unwrap();
    (name.trim_start_matches("dNSName=").to_owned(), host.to_owned())
}

#[test]
fn every_row_has_its_test() {
    let rows = Rows::load(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/attacks.jsonl"));
    let missing: Vec<_> = rows.iter().map(|row| row.id().to_owned()).collect();
    println!("{} of {} rows have a test", TESTED.len(), missing.len());
    assert_eq!(missing, TESTED);
}

#[test]
fn attack_x509_01_a_wildcard_covers_one_label() {
    let (name, host) = versus("X509-01");
    assert_eq!(named(&name, &host), MISMATCH);
    assert_eq!(named(&name, "mail.example.com"), None);
    assert_eq!(named(&name, "example.com"), MISMATCH);
}

#[test]
fn attack_x509_02_a_wildcard_is_a_whole_label() {
    let (name, host) = versus("X509-02");
    assert!(named(&name, &host).is_some());
}

#[test]
fn attack_x509_04_a_nul_ends_no_name() {
    let text = String::from_utf8(row("X509-04")).unwrap();
    let name = text.trim_start_matches("dNSName=");
    assert!(name.contains('\0'));
    assert!(named(name, "mail.example.com").is_some());
}

#[test]
fn attack_x509_05_addresses_match_addresses_only() {
    assert!(row("X509-05").starts_with(b"iPAddress SAN for [192.0.2.1]; dNSName=192.0.2.1"));
    assert!(named("192.0.2.1", "[192.0.2.1]").is_some());
    assert!(named("192.0.2.1", "192.0.2.1").is_some());
    let by_address = Subject::server(&[]).address(Ipv4Addr::new(192, 0, 2, 1));
    assert_eq!(verdict(&pki::authority().issue(&by_address), "[192.0.2.1]"), None);
}

#[test]
fn attack_x509_06_dates() {
    assert!(row("X509-06").starts_with(b"notAfter"));
    assert_eq!(verdict(pki::expired(), pki::HOST), Some(CertificateProblem::Expired));
    assert_eq!(verdict(pki::not_yet_valid(), pki::HOST), Some(CertificateProblem::NotYetValid));
}

#[test]
fn attack_x509_07_nothing_before_tls_1_2() {
    let mut server = pki::server_tls().session().unwrap();
    let error = deliver(&row("X509-07"), &mut server, &mut bytes::BytesMut::new()).unwrap_err();
    assert!(
        matches!(error.fault, LayerFault::NotTls | LayerFault::Incompatible | LayerFault::Corrupt),
        "{error}"
    );
    assert_eq!(encoded(&mut server, b"")[0], 21, "an alert");
    assert!(!server.is_ready());
}

#[test]
fn attack_x509_08_labels_that_only_look_like_a_labels() {
    let text = String::from_utf8(row("X509-08")).unwrap();
    let (masked, plain) = text.split_once(" vs ").unwrap();
    assert!(matches!(pki::client_tls().session(masked), Err(TlsConfigError::Name)));
    assert!(named(masked, plain).is_some());
}

#[test]
fn names() {
    for (name, host, want) in [
        ("mx.example.org", "mx.example.org", None),
        ("mx.example.org", "MX.EXAMPLE.ORG.", None),
        ("xn--bcher-kva.example", "bücher.example", None),
        ("*.xn--bcher-kva.example", "mx.bücher.example", None),
        ("*.example.org", "*.example.org", None),
        ("example.org", "mx.example.org", MISMATCH),
        ("mx.example.org.evil.example", "mx.example.org", MISMATCH),
    ] {
        if host.starts_with('*') {
            assert!(pki::client_tls().session(host).is_err(), "no host has a star");
            continue;
        }
        assert_eq!(named(name, host), want, "{name} for {host}");
    }
    // The common name is HOST in all of them, and does not count.
    assert_eq!(named("other.example.net", pki::HOST), MISMATCH);
}

#[test]
fn a_mismatch_says_which_names_there_are() {
    let server = pki::wrong_name().server().build().unwrap();
    let error = meet(&pki::client_tls(), &server, pki::HOST).unwrap_err();
    let names = name_mismatch(&error).unwrap();
    assert_eq!(names.expected, pki::HOST);
    assert!(names.presented.iter().any(|name| name.contains("other.example.net")), "{names:?}");
}

#[test]
fn issuers_and_pins() {
    assert_eq!(verdict(pki::unknown_issuer(), pki::HOST), Some(CertificateProblem::UnknownIssuer));
    let server = pki::unknown_issuer().server().build().unwrap();
    let certificate = Sha256::digest(&pki::unknown_issuer().der).into();
    let key = Sha256::digest(&pki::unknown_issuer().public_key).into();
    for pinned in [Roots::pinned_sha256(certificate), Roots::pinned_key_sha256(key)] {
        let client = ClientTls::builder(pinned).build().unwrap();
        assert!(meet(&client, &server, "any.example").unwrap()[0].peer_verified);
        let error = meet(&client, &pki::server_tls(), pki::HOST).unwrap_err();
        assert_eq!(certificate_problem(&error), Some(CertificateProblem::NotPinned));
    }
    let anybody = ClientTls::builder(Roots::dangerous_anybody()).build().unwrap();
    assert!(!meet(&anybody, &server, pki::HOST).unwrap()[0].peer_verified);
}

/// As `openssl req -x509` makes it: self-signed, and marked as an authority.
fn marked(name: &str, years: (i32, i32)) -> (String, String) {
    let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
    params.is_ca = IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    params.not_before = date_time_ymd(years.0, 1, 1);
    params.not_after = date_time_ymd(years.1, 1, 1);
    let key = KeyPair::generate().unwrap();
    (params.self_signed(&key).unwrap().pem(), key.serialize_pem())
}

#[test]
fn a_self_signed_certificate_that_was_given_is_believed() {
    let (good, key) = marked(pki::HOST, (2020, 2100));
    let server = ServerTls::from_pem(good.as_bytes(), key.as_bytes()).unwrap();
    let knows = |pem: &str| ClientTls::builder(Roots::ca_pem(pem.as_bytes()).unwrap()).build().unwrap();
    assert!(meet(&knows(&good), &server, pki::HOST).unwrap()[0].peer_verified);
    // By its name only,
    let error = meet(&knows(&good), &server, "other.example.net").unwrap_err();
    assert_eq!(certificate_problem(&error), Some(CertificateProblem::NameMismatch));
    // within its dates,
    let (old, key) = marked(pki::HOST, (2020, 2021));
    let expired = ServerTls::from_pem(old.as_bytes(), key.as_bytes()).unwrap();
    let error = meet(&knows(&old), &expired, pki::HOST).unwrap_err();
    assert_eq!(certificate_problem(&error), Some(CertificateProblem::Expired));
    // and no other of the same name.
    let (other, _) = marked(pki::HOST, (2020, 2100));
    assert_eq!(meet(&knows(&other), &server, pki::HOST).unwrap_err().fault, LayerFault::Certificate);
}

#[test]
fn clients_show_certificates() {
    let issued = pki::alice();
    let ca = pki::authority().pem().as_bytes();
    let alice = || {
        let builder = pki::authority().client();
        builder
            .client_certificate(issued.chain_pem.as_bytes(), issued.key_pem.as_bytes())
            .unwrap()
            .build()
            .unwrap()
    };
    for version in [TlsVersion::Tls12, TlsVersion::Tls13] {
        let required = pki::server().server().only(version).client_ca_required(ca).build().unwrap();
        let optional = pki::server().server().only(version).client_ca_optional(ca).build().unwrap();
        for server in [&required, &optional] {
            let [_, seen] = meet(&alice(), server, pki::HOST).unwrap();
            assert!(seen.peer_verified);
            assert_eq!(seen.peer_certificates[0], issued.der);
        }
        let [_, seen] = meet(&pki::client_tls(), &optional, pki::HOST).unwrap();
        assert!(!seen.peer_verified && seen.peer_certificates.is_empty());
        assert!(meet(&pki::client_tls(), &required, pki::HOST).is_err());
        let mallory = pki::other_authority().issue(&Subject::client("alice", "alice@example.org"));
        let mallory = pki::authority()
            .client()
            .client_certificate(mallory.chain_pem.as_bytes(), mallory.key_pem.as_bytes())
            .unwrap()
            .build()
            .unwrap();
        for server in [&required, &optional] {
            assert!(meet(&mallory, server, pki::HOST).is_err());
        }
    }
}
