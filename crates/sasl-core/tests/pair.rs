//! Client against server, for every mechanism: who gets in, and what an attacker in between can do.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod common;

use common::{Met, client, config, connection, credentials, meet, server, store, transport};
use proptest::prelude::*;
use sasl_core::client::{Client, ClientError, Policy, SelectError, select};
use sasl_core::prepare::{self, Strings};
use sasl_core::server::{Answer, Failure, Question, Server, Step};
use sasl_core::stored::{PasswordHash, ScramVerifier};
use sasl_core::{Credentials, Hash, Mechanism, Nonce, Secret, Transport};

fn plain_meeting(mechanism: Mechanism, credentials: &Credentials) -> Met {
    meet(
        client(mechanism, credentials, &connection(mechanism)),
        server(mechanism, &config(), &connection(mechanism)),
        store,
        |_, _| {},
    )
}

#[test]
fn the_right_credentials_get_in_and_the_wrong_do_not() {
    for &mechanism in Mechanism::ALL {
        let met = plain_meeting(mechanism, &credentials(mechanism, true));
        let Some(Ok(identity)) = &met.server else { panic!("{mechanism:?}: {met:?}") };
        let name = if mechanism == Mechanism::Anonymous { "anonymous" } else { "joe" };
        assert_eq!(identity.acting_as(), name, "{mechanism:?}");
        if mechanism != Mechanism::Anonymous {
            let met = plain_meeting(mechanism, &credentials(mechanism, false));
            assert!(matches!(met.server, Some(Err(_))) && met.client.is_err(), "{mechanism:?}: {met:?}");
        }
    }
}

/// Nobody can tell by the course of an exchange whether a user exists.
#[test]
fn an_unknown_user_is_like_a_wrong_password() {
    for &mechanism in Mechanism::ALL {
        if credentials(mechanism, true).check(mechanism).is_err()
            || matches!(
                mechanism,
                Mechanism::XOAuth2 | Mechanism::OAuthBearer | Mechanism::External | Mechanism::Anonymous
            )
        {
            continue;
        }
        let wrong = plain_meeting(mechanism, &Credentials::password("joe", "wrong"));
        let unknown = plain_meeting(mechanism, &Credentials::password("eve", "wrong"));
        assert_eq!((wrong.messages, wrong.asked), (unknown.messages, unknown.asked), "{mechanism:?}");
        for met in [wrong, unknown] {
            assert!(matches!(met.server, Some(Err(Failure::BadCredentials))), "{mechanism:?}: {met:?}");
        }
    }
}

#[test]
fn nobody_acts_as_another_unless_that_is_allowed() {
    for mechanism in [Mechanism::Plain, Mechanism::ScramSha256, Mechanism::ScramSha512Plus] {
        let as_root = Credentials::password("joe", "pencil").with_authzid("root");
        let met = plain_meeting(mechanism, &as_root);
        assert!(matches!(met.server, Some(Err(Failure::NotAuthorized))), "{mechanism:?}: {met:?}");
        let allowing = config().proxy_authorization(true);
        let met = meet(
            client(mechanism, &as_root, &connection(mechanism)),
            server(mechanism, &allowing, &connection(mechanism)),
            |question| match question {
                Question::Authorize { user, authzid } => {
                    assert_eq!((user.as_str(), authzid.as_str()), ("joe", "root"));
                    Answer::Accept
                }
                question => store(question),
            },
            |_, _| {},
        );
        let Some(Ok(identity)) = met.server else { panic!("{met:?}") };
        assert_eq!((identity.user(), identity.acting_as()), ("joe", "root"));
        // As oneself is always allowed.
        let as_self = Credentials::password("joe", "pencil").with_authzid("joe");
        assert!(plain_meeting(mechanism, &as_self).succeeded());
    }
}

#[test]
fn a_binding_of_another_connection_does_not_fit() {
    for &mechanism in Mechanism::ALL.iter().filter(|mechanism| mechanism.is_bound()) {
        let elsewhere = Transport::tls().with_exporter([10; 32]).with_end_point(vec![8; 32]);
        let met = meet(
            client(mechanism, &credentials(mechanism, true), &elsewhere),
            server(mechanism, &config(), &transport()),
            store,
            |_, _| {},
        );
        assert!(matches!(met.server, Some(Err(Failure::ChannelBindingMismatch))), "{met:?}");
        let without = Client::new(
            mechanism,
            &credentials(mechanism, true),
            &Transport::tls(),
            &[mechanism],
            &Policy::new(),
            Nonce::new([1; 24]),
        );
        assert!(matches!(without, Err(ClientError::NeedsChannelBinding)));
        assert!(Server::new(mechanism, &config(), &Transport::tls(), Nonce::new([1; 24])).is_err());
    }
}

/// Whatever single octet an attacker changes on the way, no side believes in a success that the other does not.
#[test]
fn scram_with_any_octet_changed_never_succeeds() {
    for mechanism in [Mechanism::ScramSha1, Mechanism::ScramSha256, Mechanism::ScramSha256Plus] {
        let verifier = ScramVerifier::generate(
            mechanism.hash().unwrap(),
            &Secret::from("pencil"),
            b"saltsaltsaltsalt",
            4096,
        )
        .unwrap();
        let mut lengths = Vec::new();
        let run = |change: &mut dyn FnMut(usize, &mut Vec<u8>)| {
            meet(
                client(mechanism, &credentials(mechanism, true), &connection(mechanism)),
                server(mechanism, &config(), &connection(mechanism)),
                |_| Answer::Verifier(verifier.clone()),
                change,
            )
        };
        assert!(run(&mut |_, octets| lengths.push(octets.len())).succeeded());
        // The client's empty answer to the server's last message says nothing.
        let messages = lengths.len() - 1;
        for (number, &length) in lengths.iter().enumerate().take(messages) {
            // Each try costs the iterated hash on both sides: not every octet of every message.
            for at in (0..length).step_by(29).chain([length - 2]) {
                let met = run(&mut |message, octets| {
                    if message == number {
                        octets[at] ^= 1;
                    }
                });
                assert!(!met.succeeded(), "{mechanism:?}: message {number}, octet {at}: {met:?}");
                if number == messages - 1 {
                    assert!(met.client.is_err(), "the signature was changed");
                }
            }
        }
    }
}

#[test]
fn either_side_can_give_up_at_any_step() {
    for &mechanism in Mechanism::ALL {
        for steps in 0..4 {
            let mut client = client(mechanism, &credentials(mechanism, true), &connection(mechanism));
            let mut server = server(mechanism, &config(), &connection(mechanism));
            let first = client.initial_response().unwrap();
            let mut step = server.step(first.as_ref().map(Secret::expose));
            for _ in 0..steps {
                step = match step {
                    Step::Challenge(challenge) => match client.respond(&challenge) {
                        Ok(response) => server.step(Some(response.expose())),
                        Err(_) => Step::Failure(Failure::Cancelled),
                    },
                    Step::Ask(question) => server.answer(store(question)),
                    over => over,
                };
            }
            let over = matches!(step, Step::Success { .. });
            let end = server.cancel();
            if over {
                assert!(!matches!(end, Step::Success { .. }), "{mechanism:?}");
            } else {
                assert!(matches!(end, Step::Failure(Failure::Cancelled)), "{mechanism:?} {steps}: {end:?}");
            }
            // Nothing brings it back.
            assert!(!matches!(server.step(Some(b"x")), Step::Success { .. } | Step::Ask(_)));
            assert!(!matches!(server.answer(Answer::Accept), Step::Success { .. }));
        }
    }
}

#[test]
fn iterations_have_a_floor_and_a_cap_on_both_sides() {
    let password = Secret::from("pencil");
    assert!(ScramVerifier::generate(Hash::Sha256, &password, b"saltsaltsaltsalt", 4095).is_err());
    assert!(ScramVerifier::generate(Hash::Sha256, &password, b"", 4096).is_err());
    assert!(ScramVerifier::generate(Hash::Sha256, &password, b"saltsaltsaltsalt", 10_000_001).is_err());
    assert!(PasswordHash::generate(Hash::Sha256, &password, b"saltsaltsaltsalt", 4095).is_err());
    let verifier = ScramVerifier::generate(Hash::Sha256, &password, b"saltsaltsaltsalt", 5000).unwrap();
    let ask = |policy: Policy| {
        let client = Client::new(
            Mechanism::ScramSha256,
            &Credentials::password("joe", "pencil"),
            &Transport::tls(),
            &[],
            &policy,
            Nonce::new([1; 24]),
        );
        let server = server(Mechanism::ScramSha256, &config(), &Transport::tls());
        meet(client.unwrap(), server, |_| Answer::Verifier(verifier.clone()), |_, _| {})
    };
    assert!(ask(Policy::new()).succeeded());
    let met = ask(Policy::new().min_iterations(5001));
    assert_eq!(met.client, Err(ClientError::TooFewIterations { announced: 5000, floor: 5001 }));
    let met = ask(Policy::new().max_iterations(4999));
    assert_eq!(met.client, Err(ClientError::TooManyIterations { announced: 5000, cap: 4999 }));
}

#[test]
fn the_strongest_is_chosen_and_no_secret_goes_out_in_clear() {
    use Mechanism as M;
    let joe = Credentials::password("joe", "pencil");
    let policy = Policy::new();
    let choose = |offered: &[M], transport: &Transport| select(offered, &joe, transport, &policy);
    let order = [
        M::ScramSha512Plus,
        M::ScramSha256Plus,
        M::ScramSha1Plus,
        M::ScramSha512,
        M::ScramSha256,
        M::ScramSha1,
        M::CramMd5,
    ];
    for first in 0..order.len() {
        let mut offered = order[first..].to_vec();
        offered.reverse();
        assert_eq!(choose(&offered, &transport()), Ok(order[first]));
    }
    assert_eq!(choose(&[M::Login, M::Plain], &Transport::tls()), Ok(M::Plain));
    // In clear neither is used, and the answer says why.
    let refused = choose(&[M::Login, M::Plain], &Transport::clear());
    assert!(matches!(refused, Err(SelectError::NeedsTls)), "{refused:?}");
    assert_eq!(choose(&[M::Login, M::Plain, M::ScramSha1], &Transport::clear()), Ok(M::ScramSha1));
    let allowed = Policy::new().dangerous_allow_cleartext_secrets();
    assert_eq!(select(&[M::Plain], &joe, &Transport::clear(), &allowed), Ok(M::Plain));
    for mechanism in [M::Plain, M::Login, M::XOAuth2, M::OAuthBearer] {
        let credentials = credentials(mechanism, true);
        let clear = Transport::clear();
        let begun = Client::new(mechanism, &credentials, &clear, &[mechanism], &policy, Nonce::new([1; 24]));
        assert!(matches!(begun, Err(ClientError::NeedsTls)), "{mechanism:?}");
        assert!(Server::new(mechanism, &config(), &clear, Nonce::new([1; 24])).is_err(), "{mechanism:?}");
    }
}

/// RFC 7628 section 3.2.2: the error of a token, and what the client says to it.
#[test]
fn a_token_error_reaches_the_client() {
    for mechanism in [Mechanism::XOAuth2, Mechanism::OAuthBearer] {
        let mut client = client(mechanism, &credentials(mechanism, false), &transport());
        let mut server = server(mechanism, &config(), &transport());
        let first = client.initial_response().unwrap().unwrap();
        let Step::Ask(question) = server.step(Some(first.expose())) else { panic!() };
        let Step::Challenge(error) = server.answer(store(question)) else { panic!() };
        let answer = client.respond(&error).unwrap();
        assert!(client.error_details().is_some());
        assert!(matches!(server.step(Some(answer.expose())), Step::Failure(_)));
        assert!(client.success(None).is_err());
    }
}

proptest! {
    #[test]
    fn no_octets_make_a_server_panic(
        which in 0..Mechanism::ALL.len(),
        responses in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..80), 0..5),
    ) {
        let mut server = server(Mechanism::ALL[which], &config(), &transport());
        for response in &responses {
            let mut step = server.step(Some(response));
            while let Step::Ask(question) = step {
                let authorize = matches!(question, Question::Authorize { .. });
                prop_assert!(!authorize);
                step = server.answer(Answer::Reject);
            }
            let success = matches!(step, Step::Success { .. });
            prop_assert!(!success);
        }
    }

    #[test]
    fn no_octets_make_a_client_panic(
        which in 0..Mechanism::ALL.len(),
        challenges in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..80), 0..5),
        first: bool,
    ) {
        let mechanism = Mechanism::ALL[which];
        let mut client = client(mechanism, &credentials(mechanism, true), &transport());
        if first {
            let _ = client.initial_response();
        }
        for challenge in &challenges {
            let _ = client.respond(challenge);
        }
        let proven = client.success(None).is_ok();
        prop_assert!(!(proven && mechanism.is_scram()));
    }

    #[test]
    fn scram_messages_of_nearly_the_right_shape(
        text in "[nyp]?=?[a-z]{0,3},(a=[a-z=,]{0,4})?,(m=x,)?n=[a-z=,0-9]{0,9},r=[ -~]{0,20}(,x=[a-z]{0,3})?"
    ) {
        for mechanism in [Mechanism::ScramSha256, Mechanism::ScramSha256Plus] {
            let mut server = server(mechanism, &config(), &transport());
            let _ = server.step(Some(text.as_bytes()));
        }
        let mut client = client(Mechanism::ScramSha256, &credentials(Mechanism::ScramSha256, true), &Transport::tls());
        let _ = client.initial_response();
        let _ = client.respond(text.as_bytes());
    }

    #[test]
    fn prepared_text_stays_as_it_is(text in "\\PC{0,20}") {
        if let Ok(once) = prepare::sasl_prep(&text, Strings::Query) {
            let twice = prepare::sasl_prep(&once, Strings::Query);
            prop_assert_eq!(twice.as_deref(), Ok(&*once));
        }
    }
}

proptest! {
    // Each case computes the iterated hash nine times.
    #![proptest_config(ProptestConfig::with_cases(8))]

    #[test]
    fn stored_credentials_survive_being_stored(salt in proptest::collection::vec(any::<u8>(), 16..40)) {
        for hash in [Hash::Sha1, Hash::Sha256, Hash::Sha512] {
            let verifier = ScramVerifier::generate(hash, &Secret::from("pencil"), &salt, 4096).unwrap();
            let again = ScramVerifier::parse(verifier.to_text().expose()).unwrap();
            prop_assert!(again.to_text().expose() == verifier.to_text().expose());
            prop_assert!(again.matches(&Secret::from("pencil")) && !again.matches(&Secret::from("pencil ")));
            prop_assert_eq!(again.salt(), &salt[..]);
        }
    }
}
