//! Whole sessions as they stand in `transcripts/`, most of them from the RFCs, at every size of pieces: the server
//! against what clients say, and the client against what servers say.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod driven;

use std::collections::VecDeque;
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use driven::client::{Heard, note};
use pop3_proto::client::{Client, Config as ClientConfig};
use pop3_proto::server::{Config, Event, Listing, Server};
use pop3_proto::{Command, Expire, Misuse, Reply};
use sasl_core::server::{Answer, Question};
use sasl_core::{Credentials, Mechanism, Nonce, Transport};
use test_support::Side;
use test_support::transcript::{Player, load};
use wire_core::{Endpoint, Layer, Machine, Moment, TlsSession};

fn transcripts(side: &str) -> Vec<(String, String)> {
    load(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/transcripts").join(side))
}

/// Pieces that cut the longest of the lines everywhere, and some that join them.
fn sizes() -> impl Iterator<Item = usize> {
    (1..=80).chain([100, 200, 1000, usize::MAX])
}

/// The two messages of the maildrop in RFC 1939: of 120 and of 200 octets.
fn messages() -> [Bytes; 2] {
    let one =
        format!("From: a@example.org\r\nSubject: one\r\n\r\n.dots are stuffed\r\n{}\r\n", "x".repeat(62));
    let two = format!("Subject: two\r\n\r\nfirst\r\nsecond\r\n{}\r\n", "y".repeat(167));
    assert_eq!((one.len(), two.len()), (120, 200));
    [one.into(), two.into()]
}

/// A server that offers everything. Words in the name of the file change that.
fn server(name: &str) -> Endpoint<Server> {
    let sasl = sasl_core::server::Config::new(&[7; 32][..]).with(Mechanism::Login);
    let mut config = Config::new("dbc.mtview.ca.us".parse().unwrap(), sasl)
        .tls(true)
        .utf8(true)
        .expire(Some(Expire::Days(60)))
        .login_delay(Some(900))
        .per_user(true)
        .implementation("Shlemazle-Plotz-v302")
        .unwrap();
    if name.contains("apop") {
        config = config.apop(true).tls_for_auth(false);
    }
    let mut server = Server::new(Arc::new(config), [3; 32], Moment::ORIGIN);
    if name.contains("under-tls") {
        server.layered(Layer::Tls(Arc::new(TlsSession::default())));
    }
    Endpoint::new(server)
}

/// The passwords are those of the RFCs; `locked` is in use, `delayed` was here too recently, `full` and `broken` have
/// a maildrop that cannot be opened.
fn answer(event: Event, machine: &mut Server) {
    match event {
        Event::Secured(_) | Event::AuthenticationFailed(_) => {}
        Event::Authenticate(question) => machine.authenticate(credential(&question)).unwrap(),
        Event::Open(identity) => {
            let refusal = match identity.user() {
                "locked" => Reply::in_use(),
                "delayed" => Reply::login_delay(),
                "full" => Reply::local_error(),
                "broken" => Reply::permanent_error(),
                _ => {
                    let mut listing = Listing::new().expire(Expire::Days(30)).login_delay(60);
                    listing.push(120, "whqtswO00WBw418f9t5JxYwZ").unwrap();
                    listing.push(200, "QhdPYR:00WBw1Ph7x7").unwrap();
                    return machine.open(listing).unwrap();
                }
            };
            machine.reply(refusal).unwrap();
        }
        // The second message has header fields in UTF-8, let us say, when it is asked for by TOP.
        Event::Retrieve { message: 2, lines: Some(_), ascii_only: true, .. } => {
            machine.reply(Reply::utf8_needed()).unwrap();
        }
        Event::Retrieve { message, .. } => {
            machine.accept().unwrap();
            machine.body(messages()[message as usize - 1].clone()).unwrap();
            machine.end_body().unwrap();
        }
        _ => machine.accept().unwrap(),
    }
}

fn credential(question: &Question) -> Answer {
    match question {
        Question::Password { user, .. } if user == "down" => Answer::Unavailable,
        Question::Password { user, password } => match (user.as_str(), password.expose()) {
            ("mrose", b"tanstaaf") | ("karen", b"password") | ("test", b"test") => Answer::Accept,
            ("locked" | "delayed" | "full" | "broken", b"secret") => Answer::Accept,
            _ => Answer::Reject,
        },
        Question::Apop { user } if user == "mrose" => Answer::CramSecret("tanstaaf".into()),
        Question::Authorize { user, authzid } if user == authzid => Answer::Accept,
        _ => Answer::NoSuchUser,
    }
}

#[test]
fn servers() {
    let transcripts = transcripts("server");
    for (name, text) in &transcripts {
        for pieces in sizes() {
            let mut endpoint = server(name);
            let closed = Player::against(Side::Server).pieces(pieces).play(text, &mut endpoint, answer);
            assert_eq!(closed, text.contains("C: QUIT"), "{name} {pieces}");
        }
    }
    println!("{} transcripts of servers, each in {} ways", transcripts.len(), sizes().count());
}

/// The commands of a transcript: what the client says, but for what it says in an exchange.
fn commands(text: &str) -> VecDeque<Command> {
    let mut challenged = false;
    let mut commands = VecDeque::new();
    for line in text.lines() {
        if let Some(said) = line.strip_prefix("C: ").filter(|_| !challenged) {
            commands.push_back(Command::parse(&Bytes::copy_from_slice(said.as_bytes())).unwrap());
        } else if line.starts_with("S:") {
            challenged = line.starts_with("S: + ");
        } else if line.starts_with("C:") {
            challenged = false;
        }
    }
    commands
}

fn ask(client: &mut Client, command: &Command) -> Result<(), Misuse> {
    let utf8 = |octets: &[u8]| String::from_utf8(octets.to_vec()).unwrap();
    match command {
        Command::User(name) => client.user(&utf8(name)),
        Command::Pass(password) => client.pass(password),
        Command::Apop { user, digest } => client.apop(&utf8(user), &utf8(digest)),
        Command::Auth { mechanism, .. } => client.authenticate(sasl(&utf8(mechanism))),
        Command::Capa => client.capa(),
        Command::Stls => client.start_tls(),
        Command::Stat => client.stat(),
        Command::List(message) => client.list(*message),
        Command::Uidl(message) => client.uidl(*message),
        Command::Retr(message) => client.retr(*message),
        Command::Top { message, lines } => client.top(*message, *lines),
        Command::Dele(message) => client.dele(*message),
        Command::Noop => client.noop(),
        Command::Rset => client.rset(),
        Command::Quit => client.quit(),
        Command::Utf8 => client.utf8(),
        Command::Lang(range) => client.lang(range.as_ref().map(|range| utf8(range)).as_deref()),
        other => panic!("{other:?} is no command of a client"),
    }
    .map(|_| ())
}

fn sasl(mechanism: &str) -> sasl_core::client::Client {
    let mechanism = Mechanism::parse(mechanism.as_bytes()).unwrap();
    let credentials = match mechanism {
        // RFC 2195 section 2.
        Mechanism::CramMd5 => Credentials::password("tim", "tanstaaftanstaaf"),
        // RFC 5034 section 6.
        _ => Credentials::password("test", "test").with_authzid("test"),
    };
    let policy = sasl_core::client::Policy::new().dangerous_allow_cleartext_secrets().only(&[mechanism]);
    let (transport, nonce) = (Transport::clear(), Nonce::derive(&[1; 32], 1));
    sasl_core::client::Client::new(mechanism, &credentials, &transport, &[mechanism], &policy, nonce).unwrap()
}

/// Lines that begin with `# > ` say what the client is to tell its application.
#[test]
fn clients() {
    let transcripts = transcripts("client");
    for (name, text) in &transcripts {
        let told: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix("# > ")).collect();
        for pieces in sizes() {
            let mut endpoint = Endpoint::new(Client::new(ClientConfig::new(), Moment::ORIGIN));
            let (mut commands, mut heard) = (commands(text), Heard::default());
            let closed =
                Player::against(Side::Client).pieces(pieces).play(text, &mut endpoint, |event, machine| {
                    note(event, &mut heard);
                    // One at a time, or as many as there are where the server can take them.
                    while (machine.is_idle() || machine.capabilities().pipelining())
                        && let Some(command) = commands.pop_front()
                    {
                        ask(machine, &command).unwrap();
                    }
                });
            assert_eq!(closed, text.contains("C: QUIT"), "{name} {pieces}");
            assert_eq!(
                (heard.events, commands.len()),
                (told.iter().map(|line| (*line).to_owned()).collect(), 0),
                "{name} {pieces}"
            );
            let body: String = text
                .lines()
                .filter_map(|line| line.strip_prefix("# | "))
                .map(|line| format!("{line}\r\n"))
                .collect();
            assert_eq!(String::from_utf8(heard.body).unwrap(), body, "{name} {pieces}");
        }
    }
    println!("{} transcripts of clients, each in {} ways", transcripts.len(), sizes().count());
}
