//! `roundtrip` without a runtime: the blocking adapter, a thread for each server and one for each of its sessions.
//!
//! Names and types are those of the tokio adapter; what differs is that calls return when they are done, and that a
//! server ends when another thread calls `Shutdown::begin`. Exit status 0 if all is as it should be.
#![allow(clippy::exhaustive_structs)]

use std::process::ExitCode;
use std::sync::Arc;

use examples::{Maildir, OpenMaildir, Store, Users};
use postwire::Security;
use postwire::blocking::pop3::Pop3Client;
use postwire::blocking::smtp::{Body, Recipient, SmtpClient};
use postwire::blocking::{Shutdown, pop3, smtp};
use postwire::pop3::Reply as Pop3Reply;
use postwire::pop3::collector::{Journal, Policy};
use postwire::pop3::server::Config as Pop3Config;
use postwire::sasl::Credentials;
use postwire::sasl::server::{Answer, Config as AuthConfig, Identity, Question};
use postwire::smtp::Reply;
use postwire::smtp::sender::Envelope;
use postwire::smtp::server::Config as SmtpConfig;
use postwire::tls::{ClientTls, Roots, ServerTls};
use std::net::TcpListener;

type Failed = Box<dyn std::error::Error>;

/// A post office with one Maildir.
#[derive(Clone)]
struct Office {
    users: Users,
    maildir: Maildir,
    store: Arc<Store>,
}

impl smtp::Handler for Office {
    fn authenticate(&mut self, _session: &smtp::Session, question: Question) -> Answer {
        self.users.answer(&question)
    }

    fn recipient(&mut self, _session: &smtp::Session, recipient: &Recipient) -> Reply {
        if recipient.path.to_string().starts_with("eve@") { Reply::no_such_user() } else { Reply::ok() }
    }

    fn message(&mut self, _session: &smtp::Session, mut body: Body<'_>) -> Reply {
        let Ok(mut stored) = self.store.begin("") else { return Reply::insufficient_storage() };
        loop {
            match body.next() {
                Ok(Some(chunk)) if stored.write(&chunk).is_ok() => {}
                Ok(None) if stored.commit().is_ok() => return Reply::accepted(),
                _ => return Reply::local_error(),
            }
        }
    }
}

impl pop3::Handler for Office {
    type Maildrop = OpenMaildir;

    fn authenticate(&mut self, _session: &pop3::Session, question: Question) -> Answer {
        self.users.answer(&question)
    }

    fn open(&mut self, _session: &pop3::Session, _identity: &Identity) -> Result<OpenMaildir, Pop3Reply> {
        match self.maildir.open() {
            Ok(Some(open)) => Ok(open),
            Ok(None) => Err(Pop3Reply::in_use()),
            Err(_) => Err(Pop3Reply::local_error()),
        }
    }
}

fn main() -> ExitCode {
    let mut good = true;
    for (security, name) in [
        (Security::Clear, "in clear"),
        (Security::StartTls, "with STARTTLS and STLS"),
        (Security::ImplicitTls, "with TLS from the first octet"),
    ] {
        match run(security, name) {
            Ok(as_it_should_be) => good &= as_it_should_be,
            Err(error) => {
                eprintln!("roundtrip_blocking: {name}: {error}");
                good = false;
            }
        }
    }
    if good { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn run(security: Security, name: &str) -> Result<bool, Failed> {
    let message = include_bytes!("../data/message.eml");

    // A certificate and a Maildir for this run.
    let certificate = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()])?;
    let (chain, key) = (certificate.cert.pem(), certificate.signing_key.serialize_pem());
    let server_tls = ServerTls::from_pem(chain.as_bytes(), key.as_bytes())?;
    let client_tls = ClientTls::builder(Roots::ca_pem(chain.as_bytes())?).build()?;
    let folder = std::env::temp_dir().join(format!("postwire-roundtrip-{}", std::process::id()));
    let office = Office {
        users: Users::new(&["alice:correct horse".to_owned()])?,
        maildir: Maildir::new(&folder)?,
        store: Arc::new(Store::Maildir(folder.clone())),
    };

    // The servers. Only SCRAM is taken in clear: the password itself never crosses the connection.
    let auth = AuthConfig::new(&[42; 32][..]);
    let shutdown = Shutdown::new();
    let in_clear = security == Security::Clear;
    let smtp_options = smtp::ServerOptions::new(
        SmtpConfig::submission("localhost".parse()?).auth(auth.clone()).tls_for_auth(!in_clear),
    );
    let pop3_options =
        pop3::ServerOptions::new(Pop3Config::new("localhost".parse()?, auth).tls_for_auth(!in_clear));
    let (smtp_options, pop3_options) = match security {
        Security::StartTls => {
            (smtp_options.start_tls(server_tls.clone()), pop3_options.start_tls(server_tls))
        }
        Security::ImplicitTls => {
            (smtp_options.implicit_tls(server_tls.clone()), pop3_options.implicit_tls(server_tls))
        }
        _ => (smtp_options, pop3_options),
    };
    let (smtp_listener, pop3_listener) =
        (TcpListener::bind("127.0.0.1:0")?, TcpListener::bind("127.0.0.1:0")?);
    let (smtp_port, pop3_port) = (smtp_listener.local_addr()?.port(), pop3_listener.local_addr()?.port());
    let (smtp_office, pop3_office) = (office.clone(), office.clone());
    let (smtp_options, pop3_options) =
        (smtp_options.shutdown(shutdown.clone()), pop3_options.shutdown(shutdown.clone()));
    let smtp_server =
        std::thread::spawn(move || smtp::serve(&smtp_listener, smtp_options, || smtp_office.clone()));
    let pop3_server =
        std::thread::spawn(move || pop3::serve(&pop3_listener, pop3_options, || pop3_office.clone()));

    // Out by SMTP.
    let alice = Credentials::password("alice", "correct horse");
    let mut smtp = SmtpClient::builder("localhost", security)
        .port(smtp_port)
        .tls(client_tls.clone())
        .credentials(alice.clone())
        .connect()?;
    let to = ["bob@example.net", "eve@example.com", "carol@example.org"];
    let sent = smtp.send(Envelope::new("alice@example.org", to)?, &message[..])?;
    smtp.quit()?;

    // Back by POP3, and gone from the server.
    let mut pop3 =
        Pop3Client::builder("localhost", security, alice).port(pop3_port).tls(client_tls).connect()?;
    let mut journal = Journal::new();
    let mut download = pop3.download(Policy::Delete, &mut journal)?;
    let mut received = Vec::new();
    while let Some(mut mail) = download.next()? {
        mail.copy_to(&mut received)?;
        mail.commit()?;
    }
    let report = download.finish()?;
    pop3.quit()?;
    shutdown.begin();
    smtp_server.join().map_err(|_| "the SMTP server has panicked")??;
    pop3_server.join().map_err(|_| "the POP3 server has panicked")??;
    let left = std::fs::read_dir(folder.join("new"))?.count();
    std::fs::remove_dir_all(folder)?;

    for (recipient, outcome) in &sent {
        println!("{recipient}: {outcome}");
    }
    let same = received == message;
    println!(
        "{name}: {} octets submitted, {} collected: {}",
        message.len(),
        received.len(),
        if same { "the same" } else { "DIFFERENT" }
    );
    let as_expected = sent.accepted().count() == 2 && sent.failed().count() == 1;
    Ok(same && as_expected && (report.committed, report.deleted, left) == (1, 1, 0))
}
