//! The rows of the attack and quirk files, by name.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod common;

use common::{client, config, connection, credentials, meet, row, server, store, transport};
use sasl_core::client::{Client, ClientError, Policy, select};
use sasl_core::server::{Answer, Failure, Question, Server, Step};
use sasl_core::stored::ScramVerifier;
use sasl_core::{Credentials, Hash, Malformed, Mechanism, Nonce, Refused, Secret, Transport, base64};

macro_rules! rows {
    ($($name:ident $id:literal $body:expr;)*) => {
        const TESTED: &[&str] = &[$($id),*];
        $(#[test] fn $name() { let body: fn(&str) = $body; body($id); })*
    };
}

/// The client of RFC 7677 section 3 after its first message; its password is `pencil`.
fn scram_client() -> Client {
    let nonce = Nonce::printable("rOprNGfwEbeRWgbNEkqO").unwrap();
    let credentials = Credentials::password("user", "pencil");
    let mut client =
        Client::new(Mechanism::ScramSha256, &credentials, &Transport::clear(), &[], &Policy::new(), nonce)
            .unwrap();
    let first = client.initial_response().unwrap().unwrap();
    assert_eq!(first.expose(), b"n,,n=user,r=rOprNGfwEbeRWgbNEkqO");
    client
}

fn refused_by_client(id: &str) -> ClientError {
    let mut client = scram_client();
    let error = client.respond(&row("attacks", id).bytes()).unwrap_err();
    // It stays so.
    assert_eq!(client.respond(b"v=rmF9pqV8S7suAoZWja4dJRkFsKQ="), Err(error));
    assert_eq!(client.success(None), Err(error));
    error
}

fn scram_server() -> Server {
    let nonce = Nonce::printable("%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0").unwrap();
    Server::new(Mechanism::ScramSha256, &config(), &Transport::tls(), nonce).unwrap()
}

fn verifier() -> ScramVerifier {
    let salt = base64::decode(b"W22ZaJ0SNY7soEsUEjb6gQ==").unwrap();
    ScramVerifier::generate(Hash::Sha256, &Secret::from("pencil"), salt.expose(), 4096).unwrap()
}

fn decoded(id: &str) -> Vec<u8> {
    base64::decode(&row("quirks", id).bytes()).unwrap().expose().to_vec()
}

rows! {
    attack_sasl_02 "SASL-02" |id| assert_eq!(refused_by_client(id), ClientError::NonceNotExtended);
    attack_sasl_04 "SASL-04" |id| {
        // Nothing was computed: two thousand million rounds would not come back.
        let cap = 10_000_000;
        assert_eq!(refused_by_client(id), ClientError::TooManyIterations { announced: 2_147_483_647, cap });
    };
    attack_sasl_06 "SASL-06" |id| {
        assert!(matches!(refused_by_client(id), ClientError::TooManyIterations { announced: u32::MAX, .. }));
    };
    attack_sasl_07 "SASL-07" |id| assert_eq!(refused_by_client(id), ClientError::Malformed(Malformed::Syntax));
    attack_sasl_08 "SASL-08" |id| {
        assert_eq!(refused_by_client(id), ClientError::Malformed(Malformed::MandatoryExtension));
    };
    attack_sasl_10 "SASL-10" |id| assert_eq!(refused_by_client(id), ClientError::EmptySalt);
    attack_sasl_16 "SASL-16" |id| {
        // The client says "n,,", or "p=tls-exporter,,", and then sends the binding of "n,,".
        for (mechanism, header, want) in [
            (Mechanism::ScramSha256, "n,,", None),
            (Mechanism::ScramSha256Plus, "p=tls-exporter,,", Some(Failure::ChannelBindingMismatch)),
        ] {
            let nonce = Nonce::printable("%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0").unwrap();
            let mut server = Server::new(mechanism, &config(), &transport(), nonce).unwrap();
            let first = format!("{header}n=user,r=rOprNGfwEbeRWgbNEkqO");
            let Step::Ask(Question::Scram { user, .. }) = server.step(Some(first.as_bytes())) else { panic!() };
            assert_eq!(user, "user");
            let Step::Challenge(_) = server.answer(Answer::Verifier(verifier())) else { panic!() };
            let last = server.step(Some(&row("attacks", id).bytes()));
            match want {
                None => assert!(matches!(last, Step::Challenge(last) if last.starts_with(b"v="))),
                Some(failure) => {
                    let Step::Challenge(error) = last else { panic!("{last:?}") };
                    assert_eq!(error, "e=channel-bindings-dont-match");
                    assert!(matches!(server.step(Some(b"")), Step::Failure(why) if why == failure));
                }
            }
        }
    };
    attack_sasl_17 "SASL-17" |id| {
        let mut server = scram_server();
        let Step::Challenge(error) = server.step(Some(&row("attacks", id).bytes())) else { panic!() };
        assert_eq!(error, "e=invalid-username-encoding");
        let failure = server.step(Some(b""));
        assert!(matches!(failure, Step::Failure(Failure::Malformed(Malformed::UserName))), "{failure:?}");
    };
    attack_sasl_18 "SASL-18" |id| {
        // With the right password, and still not as admin.
        let row = row("attacks", id).bytes();
        let authzid = Credentials::password("user", "pencil").with_authzid("admin");
        let nonce = Nonce::printable("rOprNGfwEbeRWgbNEkqO").unwrap();
        let mut client =
            Client::new(Mechanism::ScramSha256, &authzid, &Transport::tls(), &[], &Policy::new(), nonce).unwrap();
        assert_eq!(client.initial_response().unwrap().unwrap().expose(), row);
        let mut server = scram_server();
        let Step::Ask(_) = server.step(Some(&row)) else { panic!() };
        let Step::Challenge(first) = server.answer(Answer::Verifier(verifier())) else { panic!() };
        let step = server.step(Some(client.respond(&first).unwrap().expose()));
        assert!(matches!(step, Step::Failure(Failure::NotAuthorized)), "{step:?}");
    };
    attack_sasl_39 "SASL-39" |id| {
        let challenge = || {
            let mut server = scram_server();
            let Step::Ask(Question::Scram { user, .. }) = server.step(Some(&row("attacks", id).bytes())) else {
                panic!()
            };
            assert_eq!(user, "nosuchuser");
            let Step::Challenge(first) = server.answer(Answer::NoSuchUser) else { panic!() };
            (server, first)
        };
        let (mut server, first) = challenge();
        assert_eq!(first, challenge().1, "the salt is always the same");
        let text = String::from_utf8(first.to_vec()).unwrap();
        assert!(text.starts_with("r=abcdefghij%hvY") && text.contains(",s=") && text.contains(",i="), "{text}");
        let nonce = text.split(',').next().unwrap();
        let proof = String::from_utf8(base64::encode(&[1; 32]).expose().to_vec()).unwrap();
        let step = server.step(Some(format!("c=biws,{nonce},p={proof}").as_bytes()));
        assert!(matches!(step, Step::Challenge(error) if error == "e=invalid-proof"));
        assert!(matches!(server.step(Some(b"")), Step::Failure(Failure::BadCredentials)));
    };
    quirk_sasl_003 "sasl-003" |id| {
        let credentials = Credentials::password("joe", "pencil");
        for second in [&b"Password:"[..], b"", b"\xff what?"] {
            let mut client = client(Mechanism::Login, &credentials, &Transport::tls());
            assert!(client.initial_response().unwrap().is_none() && client.ignores_challenge());
            assert_eq!(client.respond(&decoded(id)).unwrap().expose(), b"joe");
            assert_eq!(client.respond(second).unwrap().expose(), b"pencil");
            assert_eq!(client.success(None), Ok(()));
        }
    };
    quirk_sasl_005 "sasl-005" |id| {
        let mut client = client(Mechanism::XOAuth2, &credentials(Mechanism::XOAuth2, false), &Transport::tls());
        client.initial_response().unwrap().unwrap();
        assert!(client.respond(&decoded(id)).unwrap().is_empty());
        assert_eq!(client.error_details().unwrap().status(), Some("400"));
        assert!(client.success(None).is_err());
    };
    quirk_sasl_009 "sasl-009" |id| {
        let mut server = server(Mechanism::Plain, &config(), &Transport::tls());
        let step = server.step(Some(&decoded(id)));
        assert!(matches!(step, Step::Failure(Failure::Malformed(_))), "{step:?}");
    };
    quirk_sasl_011 "sasl-011" |id| {
        // "=" on the wire is a response of no octets, which is not the same as no response.
        assert_eq!(row("quirks", id).bytes(), b"=");
        let mut server = server(Mechanism::External, &config(), &transport());
        assert!(matches!(server.step(Some(b"")), Step::Ask(Question::External { authzid: None, .. })));
        let mut server = common::server(Mechanism::External, &config(), &transport());
        assert!(matches!(server.step(None), Step::Challenge(empty) if empty.is_empty()));
    };
    quirk_sasl_012 "sasl-012" |id| {
        assert_eq!(row("quirks", id).bytes(), b"*");
        for &mechanism in Mechanism::ALL {
            let mut server = server(mechanism, &config(), &transport());
            let _ = server.step(None);
            assert!(matches!(server.cancel(), Step::Failure(Failure::Cancelled)), "{mechanism:?}");
            assert!(matches!(server.step(Some(b"x")), Step::Failure(Failure::Cancelled)), "{mechanism:?}");
        }
    };
    quirk_sasl_013 "sasl-013" |id| assert!(base64::decode(&row("quirks", id).bytes()).is_err());
    quirk_sasl_016 "sasl-016" |id| {
        let offered = [Mechanism::CramMd5, Mechanism::Plain];
        let credentials = Credentials::password("joe", "pencil");
        let (tls, policy) = (Transport::tls(), Policy::new());
        let mut client = client(Mechanism::CramMd5, &credentials, &tls);
        assert!(client.initial_response().unwrap().is_none());
        let response = client.respond(&decoded(id)).unwrap();
        assert!(response.expose().starts_with(b"joe ") && response.len() == 4 + 32);
        // It fails; the next is tried without it, on the same connection.
        let left: Vec<_> = offered.into_iter().filter(|&mechanism| mechanism != Mechanism::CramMd5).collect();
        assert_eq!(select(&left, &credentials, &tls, &policy), Ok(Mechanism::Plain));
    };
    quirk_sasl_017 "sasl-017" |id| {
        let nonce = Nonce::printable("fK").unwrap_or_else(|_| Nonce::new([3; 24]));
        let credentials = Credentials::password("joe", "pencil");
        let mut client =
            Client::new(Mechanism::ScramSha256, &credentials, &Transport::tls(), &[], &Policy::new(), nonce).unwrap();
        let first = client.initial_response().unwrap().unwrap();
        let sent = String::from_utf8(first.expose().to_vec()).unwrap();
        let ours = sent.rsplit("r=").next().unwrap();
        // With a nonce that is ours it is the number that is refused.
        let text = String::from_utf8(decoded(id)).unwrap();
        let (_, rest) = text.split_once(',').unwrap();
        let salted = rest.replacen("s=x", "s=c2FsdA==", 1);
        let challenge = format!("r={ours}more,{salted}");
        assert_eq!(
            client.respond(challenge.as_bytes()).unwrap_err(),
            ClientError::TooManyIterations { announced: 1_000_000_000, cap: 10_000_000 }
        );
    };
    quirk_sasl_019 "sasl-019" |id| {
        let text = String::from_utf8(decoded(id)).unwrap().replacen("s=x", "s=c2FsdA==", 1);
        assert_eq!(scram_client().respond(text.as_bytes()).unwrap_err(), ClientError::NonceMismatch);
    };
    quirk_sasl_020 "sasl-020" |id| {
        let first = b"r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096";
        let good = b"v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=";
        let after_first = || {
            let mut client = scram_client();
            client.respond(first).unwrap();
            client
        };
        assert!(matches!(
            after_first().respond(&decoded(id)),
            Err(ClientError::ServerSignature | ClientError::Malformed(_))
        ));
        assert!(after_first().success(Some(&decoded(id))).is_err());
        assert_eq!(after_first().success(None), Err(ClientError::ServerNotAuthenticated));
        assert_eq!(after_first().success(Some(good)), Ok(()));
        let mut client = after_first();
        assert!(client.respond(good).unwrap().is_empty());
        assert_eq!(client.success(None), Ok(()));
    };
    quirk_sasl_022 "sasl-022" |id| {
        assert_eq!(decoded(id), b"n,,n=user,r=fK");
        let credentials = Credentials::password("joe", "pencil");
        let offered = [Mechanism::ScramSha256Plus, Mechanism::ScramSha256];
        let begun = |transport: &Transport, offered: &[Mechanism], mechanism| {
            let client =
                Client::new(mechanism, &credentials, transport, offered, &Policy::new(), Nonce::new([1; 24]));
            client.map(|mut client| {
                let first = client.initial_response().unwrap().unwrap();
                String::from_utf8(first.expose().to_vec()).unwrap()
            })
        };
        // No binding here: n. A binding here and no -PLUS there: y. Both: p, and nothing else will do.
        assert!(begun(&Transport::tls(), &offered, Mechanism::ScramSha256).unwrap().starts_with("n,,"));
        assert!(begun(&transport(), &offered[1..], Mechanism::ScramSha256).unwrap().starts_with("y,,"));
        assert!(begun(&transport(), &offered, Mechanism::ScramSha256Plus).unwrap().starts_with("p=tls-exporter,,"));
        assert_eq!(begun(&transport(), &offered, Mechanism::ScramSha256), Err(ClientError::PlusRequired));
        // And a server that offers -PLUS knows that "y" means somebody has taken it away.
        let mut server = server(Mechanism::ScramSha256, &config(), &transport());
        let step = server.step(Some(b"y,,n=joe,r=abcdefghijklmnop"));
        let Step::Challenge(error) = step else { panic!("{step:?}") };
        assert_eq!(error, "e=server-does-support-channel-binding");
        assert!(matches!(server.step(Some(b"")), Step::Failure(Failure::Downgrade)));
    };
    quirk_sasl_024 "sasl-024" |id| {
        // NTLM is known and never run; its message is no challenge of any other mechanism.
        assert!(Mechanism::parse(b"NTLM").is_none() && Refused::parse(b"NTLM").is_some());
        let challenge = decoded(id);
        assert!(challenge.starts_with(b"NTLMSSP\0"));
        for &mechanism in Mechanism::ALL {
            let mut client = client(mechanism, &credentials(mechanism, true), &transport());
            let _ = client.initial_response();
            for end in 0..=challenge.len() {
                let _ = client.respond(&challenge[..end]);
            }
        }
    };
}

#[test]
fn every_row_has_its_test() {
    let mut rows = Vec::new();
    for file in ["attacks", "quirks"] {
        rows.extend(common::rows(file).iter().map(|row| row.id().to_owned()));
    }
    println!("{} of {} rows have a test", TESTED.len(), rows.len());
    assert_eq!(rows, TESTED);
}

#[test]
fn the_store_of_these_tests_is_sound() {
    for &mechanism in Mechanism::ALL {
        let met = meet(
            client(mechanism, &credentials(mechanism, true), &connection(mechanism)),
            server(mechanism, &config(), &connection(mechanism)),
            store,
            |_, _| {},
        );
        assert!(met.succeeded(), "{mechanism:?}: {met:?}");
    }
}
