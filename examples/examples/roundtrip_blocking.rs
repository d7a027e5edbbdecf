//! `roundtrip` without a runtime: the blocking adapter, a thread for the server and one for each of its sessions.
//!
//! Names and types are those of the tokio adapter; what differs is that calls return when they are done, and that a
//! server ends when another thread calls `Shutdown::begin`. Exit status 0 if all is as it should be.
#![allow(clippy::exhaustive_structs)]

use std::process::ExitCode;
use std::sync::{Arc, Mutex};

use postwire::blocking::Shutdown;
use postwire::blocking::smtp::{Body, Handler, Recipient, ServerOptions, Session, SmtpClient, serve};
use postwire::sasl::server::{Answer, Config as AuthConfig, Question};
use postwire::sasl::stored::ScramVerifier;
use postwire::sasl::{Credentials, Hash};
use postwire::smtp::Reply;
use postwire::smtp::sender::{Envelope, Security};
use postwire::smtp::server::Config;
use postwire::tls::{ClientTls, Roots, ServerTls};

/// Keeps what arrives.
#[derive(Clone)]
struct Inbox {
    verifier: Arc<ScramVerifier>,
    received: Arc<Mutex<Vec<u8>>>,
}

impl Handler for Inbox {
    fn authenticate(&mut self, _session: &Session, question: Question) -> Answer {
        match question {
            Question::Scram { user, .. } if user == "alice" => Answer::Verifier((*self.verifier).clone()),
            _ => Answer::Reject,
        }
    }

    fn recipient(&mut self, _session: &Session, recipient: &Recipient) -> Reply {
        if recipient.path.to_string().starts_with("eve@") { Reply::no_such_user() } else { Reply::ok() }
    }

    fn message(&mut self, _session: &Session, mut body: Body<'_>) -> Reply {
        let mut message = Vec::new();
        while let Ok(Some(chunk)) = body.next() {
            message.extend_from_slice(&chunk);
        }
        match self.received.lock() {
            Ok(mut received) => *received = message,
            Err(_) => return Reply::local_error(),
        }
        Reply::accepted()
    }
}

fn main() -> ExitCode {
    match run() {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("roundtrip_blocking: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<bool, Box<dyn std::error::Error>> {
    let message = include_bytes!("../data/message.eml");

    // A certificate for this run.
    let certificate = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()])?;
    let (chain, key) = (certificate.cert.pem(), certificate.signing_key.serialize_pem());

    // The server: submission with STARTTLS, SCRAM only, a verifier instead of a password.
    let verifier =
        ScramVerifier::generate(Hash::Sha256, &"correct horse".into(), b"a salt of its own", 4096)?;
    let inbox = Inbox { verifier: Arc::new(verifier), received: Arc::default() };
    let config = Config::submission("localhost".parse()?).auth(AuthConfig::new(&[42; 32][..]));
    let shutdown = Shutdown::new();
    let options = ServerOptions::new(config)
        .start_tls(ServerTls::from_pem(chain.as_bytes(), key.as_bytes())?)
        .shutdown(shutdown.clone());
    let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
    let port = listener.local_addr()?.port();
    let served = inbox.clone();
    let server = std::thread::spawn(move || serve(&listener, options, || served.clone()));

    // The client.
    let tls = ClientTls::builder(Roots::ca_pem(chain.as_bytes())?).build()?;
    let mut smtp = SmtpClient::builder("localhost", Security::StartTls)
        .port(port)
        .tls(tls)
        .credentials(Credentials::password("alice", "correct horse"))
        .connect()?;
    let to = ["bob@example.net", "eve@example.com", "carol@example.org"];
    let sent = smtp.send(Envelope::new("alice@example.org", to)?, &message[..])?;
    smtp.quit()?;
    shutdown.begin();
    server.join().map_err(|_| "the server has panicked")??;

    for (recipient, outcome) in &sent {
        println!("{recipient}: {outcome}");
    }
    let received = inbox.received.lock().map_err(|_| "the inbox is broken")?.clone();
    let same = received == message;
    println!(
        "{} octets sent, {} received: {}",
        message.len(),
        received.len(),
        if same { "the same" } else { "DIFFERENT" }
    );
    let as_expected = sent.accepted().count() == 2 && sent.failed().count() == 1;
    Ok(same && as_expected)
}
