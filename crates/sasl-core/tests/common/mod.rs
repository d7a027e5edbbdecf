//! Both sides in memory.
#![allow(
    dead_code,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

use sasl_core::client::{Client, ClientError, Policy};
use sasl_core::server::{Answer, Config, Failure, Identity, Question, Server, Step};
use sasl_core::stored::{PasswordHash, ScramVerifier};
use sasl_core::{Credentials, Hash, Mechanism, Nonce, Secret, Transport};
use test_support::vectors::{Row, Rows};

pub const SECRET: [u8; 32] = [7; 32];

pub fn row(file: &str, id: &str) -> Row {
    rows(file).row(id).clone()
}

pub fn rows(file: &str) -> Rows {
    Rows::load(format!("{}/tests/data/{file}.jsonl", env!("CARGO_MANIFEST_DIR")))
}

/// Every mechanism, cleartext allowed only under TLS.
pub fn config() -> Config {
    Config::new(&SECRET[..]).mechanisms(Mechanism::ALL)
}

/// TLS with everything that mechanisms can use.
pub fn transport() -> Transport {
    Transport::tls()
        .with_exporter([9; 32])
        .with_end_point(vec![8; 32])
        .with_client_identity("joe's certificate")
}

/// The connection that a mechanism is for: whoever could bind and does not is told of a downgrade.
pub fn connection(mechanism: Mechanism) -> Transport {
    if mechanism.is_bound() {
        transport()
    } else {
        Transport::tls().with_client_identity("joe's certificate")
    }
}

/// A user `joe` with the password `pencil`, and whatever else a mechanism asks for.
pub fn store(question: Question) -> Answer {
    let password = Secret::from("pencil");
    match question {
        Question::Password { user, .. } if user == "joe" => Answer::PasswordHash(
            PasswordHash::generate(Hash::Sha256, &password, b"saltsaltsaltsalt", 4096).unwrap(),
        ),
        Question::Scram { user, hash, .. } if user == "joe" => {
            Answer::Verifier(ScramVerifier::generate(hash, &password, b"saltsaltsaltsalt", 4096).unwrap())
        }
        Question::CramMd5 { user } if user == "joe" => Answer::CramSecret(password),
        Question::Token { token, .. } if token.expose() == b"token" => Answer::AcceptAs("joe".into()),
        Question::External { identity, .. } if identity == "joe's certificate" => {
            Answer::AcceptAs("joe".into())
        }
        Question::Anonymous { .. } => Answer::Accept,
        Question::Token { .. } | Question::External { .. } | Question::Authorize { .. } => Answer::Reject,
        _ => Answer::NoSuchUser,
    }
}

pub fn credentials(mechanism: Mechanism, good: bool) -> Credentials {
    match mechanism {
        Mechanism::XOAuth2 | Mechanism::OAuthBearer => {
            Credentials::oauth("joe", if good { "token" } else { "stolen" })
        }
        Mechanism::External => Credentials::external(if good { None } else { Some("root") }),
        Mechanism::Anonymous => Credentials::anonymous("trace"),
        _ => Credentials::password("joe", if good { "pencil" } else { "wrong" }),
    }
}

pub fn client(mechanism: Mechanism, credentials: &Credentials, transport: &Transport) -> Client {
    let offered = if mechanism.is_bound() { vec![mechanism] } else { Vec::new() };
    let policy = Policy::new();
    Client::new(mechanism, credentials, transport, &offered, &policy, Nonce::new([1; 24])).unwrap()
}

pub fn server(mechanism: Mechanism, config: &Config, transport: &Transport) -> Server {
    Server::new(mechanism, config, transport, Nonce::new([2; 24])).unwrap()
}

/// How an exchange ended.
#[derive(Debug)]
pub struct Met {
    /// What the server decided; `None` if the client left.
    pub server: Option<Result<Identity, Failure>>,
    /// Whether the client believes in a success, or why not.
    pub client: Result<(), ClientError>,
    /// Challenges and responses, in order.
    pub messages: usize,
    pub asked: usize,
}

impl Met {
    pub fn succeeded(&self) -> bool {
        matches!(self.server, Some(Ok(_))) && self.client.is_ok()
    }
}

/// Lets them talk; `change` sees each message on its way.
pub fn meet(
    mut client: Client,
    mut server: Server,
    mut store: impl FnMut(Question) -> Answer,
    mut change: impl FnMut(usize, &mut Vec<u8>),
) -> Met {
    let mut messages = 0;
    let mut asked = 0;
    let mut on_the_way = |octets: &[u8], messages: &mut usize| {
        let mut octets = octets.to_vec();
        change(*messages, &mut octets);
        *messages += 1;
        octets
    };
    let left = |client, messages, asked| Met { server: None, client: Err(client), messages, asked };
    let first = match client.initial_response() {
        Ok(first) => first.map(|first| on_the_way(first.expose(), &mut messages)),
        Err(error) => return left(error, messages, asked),
    };
    let mut step = server.step(first.as_deref());
    for _ in 0..20 {
        step = match step {
            Step::Challenge(challenge) => {
                let challenge = on_the_way(&challenge, &mut messages);
                match client.respond(&challenge) {
                    Ok(response) => {
                        let response = on_the_way(response.expose(), &mut messages);
                        server.step(Some(&response))
                    }
                    Err(error) => return left(error, messages, asked),
                }
            }
            Step::Ask(question) => {
                asked += 1;
                server.answer(store(question))
            }
            Step::Success { identity, additional } => {
                let client = client.success(additional.as_deref());
                return Met { server: Some(Ok(identity)), client, messages, asked };
            }
            Step::Failure(failure) => {
                let client = client.success(None).and(Err(ClientError::OutOfOrder));
                return Met { server: Some(Err(failure)), client, messages, asked };
            }
            step => panic!("{step:?} is new"),
        };
    }
    panic!("the exchange does not end")
}
