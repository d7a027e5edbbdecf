//! The examples of the RFCs, from the public collection where it is at hand; the same stand in the unit tests.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod common;

use common::{client, config, server};
use sasl_core::client::{Client, Policy};
use sasl_core::server::{Answer, Question, Server, Step};
use sasl_core::stored::ScramVerifier;
use sasl_core::{Credentials, Mechanism, Nonce, Secret, Transport, base64};
use serde_json::Value;

fn text<'a>(value: &'a Value, field: &str) -> &'a str {
    value[field].as_str().unwrap_or_else(|| panic!("{field} in {value}"))
}

fn all<'a>(vectors: &'a Value, kind: &str) -> &'a [Value] {
    vectors[kind].as_array().map_or(&[], Vec::as_slice)
}

#[test]
fn the_examples_of_the_rfcs() {
    let Some(folder) = test_support::corpora() else { return };
    let file = std::fs::read_to_string(folder.join("sasl-rfc-vectors/vectors.json")).unwrap();
    let vectors: Value = serde_json::from_str(&file).unwrap();
    let mut cases = 0;
    for vector in all(&vectors, "scram") {
        scram(vector);
        cases += 1;
    }
    for vector in all(&vectors, "cram_md5") {
        let credentials = Credentials::password(text(vector, "username"), text(vector, "password"));
        let mut client = client(Mechanism::CramMd5, &credentials, &Transport::clear());
        let response = client.respond(text(vector, "challenge").as_bytes()).unwrap();
        assert_eq!(response.expose(), text(vector, "response").as_bytes());
        cases += 1;
    }
    for vector in all(&vectors, "plain") {
        let mut credentials = Credentials::password(text(vector, "authcid"), text(vector, "passwd"));
        if !text(vector, "authzid").is_empty() {
            credentials = credentials.with_authzid(text(vector, "authzid"));
        }
        let mut client = client(Mechanism::Plain, &credentials, &Transport::tls());
        let message = client.initial_response().unwrap().unwrap();
        let hex: String = message.expose().iter().map(|octet| format!("{octet:02x}")).collect();
        assert_eq!(hex, text(vector, "message_hex"));
        let mut server = server(Mechanism::Plain, &config(), &Transport::tls());
        let Step::Ask(Question::Password { user, password }) = server.step(Some(message.expose())) else {
            panic!()
        };
        assert_eq!(
            (user.as_str(), password.expose()),
            (text(vector, "authcid"), text(vector, "passwd").as_bytes())
        );
        cases += 1;
    }
    for vector in all(&vectors, "oauthbearer") {
        let port = u16::try_from(vector["port"].as_u64().unwrap()).unwrap();
        let credentials = Credentials::oauth(text(vector, "user"), text(vector, "token"))
            .with_server(text(vector, "host"), port);
        let mut client = client(Mechanism::OAuthBearer, &credentials, &Transport::tls());
        let message = client.initial_response().unwrap().unwrap();
        assert_eq!(message.expose(), text(vector, "message").as_bytes());
        assert_eq!(base64::encode(message.expose()).expose(), text(vector, "base64").as_bytes());
        let mut server = server(Mechanism::OAuthBearer, &config(), &Transport::tls());
        let Step::Ask(Question::Token { user, token, host, port: said, .. }) =
            server.step(Some(message.expose()))
        else {
            panic!()
        };
        assert_eq!(user.as_deref(), Some(text(vector, "user")));
        assert_eq!(token.expose(), text(vector, "token").as_bytes());
        assert_eq!((host.as_deref(), said), (Some(text(vector, "host")), Some(port)));
        cases += 1;
    }
    for vector in all(&vectors, "anonymous") {
        let credentials = Credentials::anonymous(text(vector, "trace"));
        let mut client = client(Mechanism::Anonymous, &credentials, &Transport::clear());
        let message = client.initial_response().unwrap().unwrap();
        assert_eq!(base64::encode(message.expose()).expose(), text(vector, "base64").as_bytes());
        cases += 1;
    }
    println!("{cases} cases");
    assert!(cases >= 7);
}

fn scram(vector: &Value) {
    let mechanism = Mechanism::parse(text(vector, "mechanism").as_bytes()).unwrap();
    let (ours, both) = (text(vector, "client_nonce"), text(vector, "combined_nonce"));
    let credentials = Credentials::password(text(vector, "username"), text(vector, "password"));
    let salt = base64::decode(text(vector, "salt").as_bytes()).unwrap();
    let iterations = u32::try_from(vector["iterations"].as_u64().unwrap()).unwrap();
    let password = Secret::from(text(vector, "password"));
    let verifier =
        ScramVerifier::generate(mechanism.hash().unwrap(), &password, salt.expose(), iterations).unwrap();
    let stored = verifier.to_text();
    let stored = String::from_utf8(stored.expose().to_vec()).unwrap();
    assert!(stored.contains(text(vector, "stored_key")) && stored.contains(text(vector, "server_key")));

    let clear = Transport::clear();
    let nonce = Nonce::printable(ours).unwrap();
    let mut client = Client::new(mechanism, &credentials, &clear, &[], &Policy::new(), nonce).unwrap();
    let nonce = Nonce::printable(both.strip_prefix(ours).unwrap()).unwrap();
    let mut server = Server::new(mechanism, &config(), &clear, nonce).unwrap();
    let first = client.initial_response().unwrap().unwrap();
    assert_eq!(first.expose(), text(vector, "client_first").as_bytes());
    let Step::Ask(_) = server.step(Some(first.expose())) else { panic!() };
    let Step::Challenge(challenge) = server.answer(Answer::Verifier(verifier)) else { panic!() };
    assert_eq!(challenge, text(vector, "server_first"));
    let last = client.respond(&challenge).unwrap();
    assert_eq!(last.expose(), text(vector, "client_final").as_bytes());
    let Step::Challenge(signature) = server.step(Some(last.expose())) else { panic!() };
    assert_eq!(signature, text(vector, "server_final"));
    assert!(client.respond(&signature).unwrap().is_empty());
    assert!(matches!(server.step(Some(b"")), Step::Success { .. }));
    assert_eq!(client.success(None), Ok(()));
}
