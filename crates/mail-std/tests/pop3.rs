//! POP3 client and server over sockets: TLS, logins, downloads, locks, deletions, shutdown.
#![cfg(all(feature = "pop3", feature = "tls", unix))]
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, clippy::expect_used, missing_docs)]

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::os::unix::net::UnixStream;
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use bytes::Bytes;
use mail_std::pop3::{
    CollectError, Handler, Maildrop, Pop3Client, Pop3ClientBuilder, ServerOptions, Session, serve,
    serve_connection,
};
use mail_std::{Error, Shutdown};
use pop3_proto::collector::{CollectorError, Journal, Left, Plan, Policy};
use pop3_proto::server::{Config, Listing};
use pop3_proto::{Reply, ResponseCode};
use sasl_core::server::{Answer, Config as AuthConfig, Identity, Question};
use sasl_core::stored::ScramVerifier;
use sasl_core::{Credentials, Hash};
use test_support::pki;
use wire_core::{Secret, Security};

/// A maildrop in memory, and what happened to it.
#[derive(Default)]
struct Store {
    messages: Vec<(String, Bytes)>,
    locked: bool,
    /// Removal fails.
    stubborn: bool,
    /// This message ends in the middle.
    broken: Option<u32>,
    seen: Vec<String>,
}

#[derive(Clone)]
struct Office {
    store: Arc<Mutex<Store>>,
    verifier: ScramVerifier,
}

struct Open {
    store: Arc<Mutex<Store>>,
    messages: Vec<(String, Bytes)>,
    current: Bytes,
    breaks: bool,
}

impl Drop for Open {
    fn drop(&mut self) {
        self.store.lock().unwrap().locked = false;
    }
}

impl Maildrop for Open {
    fn list(&mut self) -> Result<Listing, Reply> {
        let mut listing = Listing::new();
        for (id, message) in &self.messages {
            listing.push(message.len() as u64, id).map_err(|_| Reply::local_error())?;
        }
        Ok(listing)
    }

    fn retrieve(&mut self, message: u32, _ascii_only: bool) -> Result<(), Reply> {
        let (id, octets) = &self.messages[message as usize - 1];
        if id == "gone" {
            return Err(Reply::unreadable());
        }
        self.breaks = self.store.lock().unwrap().broken == Some(message);
        self.current = octets.clone();
        Ok(())
    }

    fn next(&mut self) -> io::Result<Option<Bytes>> {
        let chunk = self.current.split_to(self.current.len().min(5000));
        if self.breaks && self.current.is_empty() {
            return Err(io::ErrorKind::Other.into());
        }
        Ok((!chunk.is_empty()).then_some(chunk))
    }

    fn update(&mut self, deleted: &[u32]) -> Result<(), Reply> {
        let mut store = self.store.lock().unwrap();
        store.seen.push(format!("deleted {deleted:?}"));
        if store.stubborn && !deleted.is_empty() {
            return Err(Reply::not_removed());
        }
        let ids: Vec<&String> = deleted.iter().map(|number| &self.messages[*number as usize - 1].0).collect();
        store.messages.retain(|(id, _)| !ids.contains(&id));
        Ok(())
    }
}

impl Handler for Office {
    type Maildrop = Open;

    fn authenticate(&mut self, _session: &Session, question: Question) -> Answer {
        match question {
            Question::Scram { user, .. } | Question::Password { user, .. } if user == "jürgen" => {
                Answer::Verifier(self.verifier.clone())
            }
            _ => Answer::NoSuchUser,
        }
    }

    fn open(&mut self, _session: &Session, _identity: &Identity) -> Result<Open, Reply> {
        let mut store = self.store.lock().unwrap();
        if std::mem::replace(&mut store.locked, true) {
            return Err(Reply::in_use());
        }
        let messages = store.messages.clone();
        Ok(Open { store: self.store.clone(), messages, current: Bytes::new(), breaks: false })
    }

    fn finished(&mut self, session: &Session, result: Result<(), &Error<pop3_proto::Error>>) {
        let tls = if session.tls.is_some() { "tls" } else { "clear" };
        let who = session.identity.as_ref().map_or("nobody", |identity| identity.user());
        self.store.lock().unwrap().seen.push(format!("{who} {tls} {}", result.is_ok()));
    }
}

struct Running {
    address: SocketAddr,
    store: Arc<Mutex<Store>>,
    shutdown: Shutdown,
    task: JoinHandle<io::Result<()>>,
}

fn config() -> Config {
    Config::new(pki::HOST.parse().unwrap(), AuthConfig::new(&[7; 32][..])).tls_for_auth(false).utf8(true)
}

fn office(messages: &[(&str, &[u8])]) -> Office {
    let verifier =
        ScramVerifier::generate(Hash::Sha256, &Secret::from("pencil"), b"salt of sixteen.", 4096).unwrap();
    let messages =
        messages.iter().map(|(id, octets)| ((*id).to_owned(), Bytes::copy_from_slice(octets))).collect();
    Office { store: Arc::new(Mutex::new(Store { messages, ..Store::default() })), verifier }
}

fn start(options: ServerOptions<Config>, messages: &[(&str, &[u8])]) -> Running {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let office = office(messages);
    let (store, shutdown) = (office.store.clone(), options.shutdown.clone());
    let task = thread::spawn(move || serve(&listener, options, || office.clone()));
    Running { address, store, shutdown, task }
}

impl Running {
    fn client(&self, security: Security) -> Pop3ClientBuilder {
        Pop3Client::builder("127.0.0.1", security, Credentials::password("jürgen", "pencil"))
            .port(self.address.port())
            .tls(pki::client_tls())
    }

    fn ids(&self) -> Vec<String> {
        self.store.lock().unwrap().messages.iter().map(|(id, _)| id.clone()).collect()
    }

    /// The maildrop is free again, and the session was told of.
    fn at_rest(&self) {
        while self.store.lock().unwrap().locked {
            thread::sleep(Duration::from_millis(2));
        }
    }

    fn saw(&self, what: &str) -> bool {
        self.store.lock().unwrap().seen.iter().any(|seen| seen == what)
    }
}

const THREE: [(&str, &[u8]); 3] =
    [("a", b"Subject: 1\r\n\r\n.dot\r\n"), ("b", b"Subject: 2\r\n\r\n"), ("c", b"Subject: 3\r\n\r\nx\r\n")];

#[test]
fn mail_is_collected_in_clear_with_stls_and_with_implicit_tls() {
    for security in [Security::Clear, Security::StartTls, Security::ImplicitTls] {
        let options = match security {
            Security::StartTls => ServerOptions::new(config()).start_tls(pki::server_tls()),
            Security::ImplicitTls => ServerOptions::new(config()).implicit_tls(pki::server_tls()),
            _ => ServerOptions::new(config()),
        };
        let running = start(options, &THREE);
        {
            let mut client = running.client(security).connect().unwrap();
            assert!(client.capabilities().pipelining());
            let mut journal = Journal::new();
            let mut download = client.download(Policy::Delete, &mut journal).unwrap();
            let mut got = Vec::new();
            while let Some(mut mail) = download.next().unwrap() {
                let mut octets = Vec::new();
                assert_eq!(mail.copy_to(&mut octets).unwrap(), mail.found().octets.unwrap());
                got.push(octets);
                mail.commit().unwrap();
            }
            let report = download.finish().unwrap();
            assert_eq!((report.found, report.committed, report.deleted), (3, 3, 3));
            assert_eq!(got, THREE.map(|(_, octets)| octets.to_vec()));
            assert_eq!(journal.len(), 3);
            assert_eq!(running.ids().len(), 3, "nothing is deleted before QUIT");
            client.quit().unwrap();
            running.at_rest();
        }
        assert_eq!(running.ids(), [""; 0]);
        running.shutdown.begin();
        running.task.join().unwrap().unwrap();
        let how = if security == Security::Clear { "jürgen clear true" } else { "jürgen tls true" };
        assert!(
            running.store.lock().unwrap().seen.iter().any(|seen| seen == how),
            "{:?}",
            running.store.lock().unwrap().seen
        );
    }
}

#[test]
fn what_is_not_committed_stays() {
    let running = start(ServerOptions::new(config()), &THREE);
    {
        let mut client = running.client(Security::Clear).connect().unwrap();
        let mut journal = Journal::new();
        let mut download = client.download(Policy::Delete, &mut journal).unwrap();
        // Dropped unread, dropped in the middle, committed.
        drop(download.next().unwrap().unwrap());
        let mut second = download.next().unwrap().unwrap();
        assert!(second.next().unwrap().is_some());
        assert!(matches!(second.commit(), Err(CollectError::Misuse(_))), "it was not read to its end");
        let mut third = download.next().unwrap().unwrap();
        third.copy_to(&mut Vec::new()).unwrap();
        third.commit().unwrap();
        assert!(download.next().unwrap().is_none());
        assert_eq!(download.finish().unwrap().deleted, 1);
        client.quit().unwrap();
        running.at_rest();
        assert_eq!(running.ids(), ["a", "b"]);
        assert_eq!(journal.len(), 1);

        // The next download goes on, and a client that goes away has deleted nothing.
        let mut client = running.client(Security::Clear).connect().unwrap();
        let mut download = client.download(Policy::Delete, &mut journal).unwrap();
        while let Some(mut mail) = download.next().unwrap() {
            mail.copy_to(&mut Vec::new()).unwrap();
            mail.commit().unwrap();
        }
        drop(download);
        drop(client);
        running.at_rest();
        assert_eq!(running.ids(), ["a", "b"]);
        assert_eq!(journal.len(), 3);

        // What is in the journal need not come again to be deleted.
        let mut client = running.client(Security::Clear).connect().unwrap();
        let mut download = client.download(Policy::Delete, &mut journal).unwrap();
        assert!(download.next().unwrap().is_none());
        assert_eq!(download.finish().unwrap().deleted, 2);
        client.quit().unwrap();
        running.at_rest();
        assert_eq!(running.ids(), [""; 0]);
    }
}

#[test]
fn a_download_that_is_dropped_leaves_a_session_that_works() {
    let large = b"0123456789abcde\r\n".repeat(20_000);
    let messages: Vec<(String, &[u8])> = (0..20).map(|n| (format!("id{n}"), &large[..])).collect();
    let messages: Vec<(&str, &[u8])> = messages.iter().map(|(id, octets)| (id.as_str(), *octets)).collect();
    let running = start(ServerOptions::new(config()), &messages);
    {
        let mut client = running.client(Security::Clear).connect().unwrap();
        let mut journal = Journal::new();
        let mut download = client.download(Policy::Keep, &mut journal).unwrap();
        let mut first = download.next().unwrap().unwrap();
        assert!(first.next().unwrap().is_some());
        drop(download);
        client.noop().unwrap();
        assert_eq!(client.survey().unwrap().messages.len(), 20);
        let mut octets = Vec::new();
        assert_eq!(client.retrieve(20).unwrap().copy_to(&mut octets).unwrap(), large.len() as u64);
        assert_eq!(octets, large);
        // A message that is not read on is read over.
        drop(client.retrieve(1).unwrap());
        let mut top = Vec::new();
        client.top(2, 0).unwrap().copy_to(&mut top).unwrap();
        assert_eq!(top.len(), large.len(), "there is no empty line: all of it is header");
        assert!(client.delete(3).unwrap() && !client.delete(3).unwrap());
        assert!(matches!(client.retrieve(3), Err(CollectError::NotRetrieved(_))));
        client.reset().unwrap();
        assert!(client.retrieve(3).is_ok());
        let plan = Plan::from(Policy::Keep).max_messages(2).max_octets(10);
        let mut download = client.download(plan, &mut journal).unwrap();
        assert!(download.next().unwrap().is_none());
        assert_eq!(download.report().left_for(Left::TooLarge), 20);
        drop(download);
        client.quit().unwrap();
        running.at_rest();
        assert!(running.saw("deleted []"));
    }
}

#[test]
fn refusals_are_told_for_what_they_are() {
    let options = ServerOptions::new(config()).start_tls(pki::server_tls());
    let running = start(options, &[("a", b"x\r\n"), ("gone", b"y\r\n")]);
    {
        let wrong =
            Pop3Client::builder("127.0.0.1", Security::StartTls, Credentials::password("jürgen", "pen"))
                .port(running.address.port())
                .tls(pki::client_tls());
        let Err(CollectError::Session(CollectorError::Login { reply, .. })) = wrong.connect() else {
            panic!("a wrong password was taken")
        };
        assert!(reply.has_code(&ResponseCode::AUTH) && !reply.is_transient());

        let mut client = running.client(Security::StartTls).connect().unwrap();
        let error = running.client(Security::StartTls).connect().unwrap_err();
        assert!(error.is_transient());
        let CollectError::Session(CollectorError::Login { reply, .. }) = error else { panic!("{error}") };
        assert!(reply.has_code(&ResponseCode::IN_USE), "{reply}");

        // A password does not go out in clear, and no upgrade is not less than none.
        let clear = running.client(Security::Clear).sasl(false).connect().unwrap_err();
        assert!(matches!(clear, CollectError::Session(CollectorError::NoMechanism(_))), "{clear}");
        let plain = start(ServerOptions::new(config()), &[]);
        let error = plain.client(Security::StartTls).connect().unwrap_err();
        assert!(matches!(error, CollectError::Session(CollectorError::NoStartTls)), "{error}");

        let mut journal = Journal::new();
        let mut download = client.download(Policy::Delete, &mut journal).unwrap();
        let mut mail = download.next().unwrap().unwrap();
        mail.copy_to(&mut Vec::new()).unwrap();
        mail.commit().unwrap();
        assert!(download.next().unwrap().is_none());
        let report = download.finish().unwrap();
        assert_eq!((report.committed, report.not_retrieved.len(), report.not_retrieved[0].0), (1, 1, 2));
        running.store.lock().unwrap().stubborn = true;
        let error = client.quit().unwrap_err();
        assert!(matches!(error, CollectError::NotRemoved(_)), "{error}");
        assert_eq!(running.ids(), ["a", "gone"]);
    }
}

#[test]
fn a_message_that_cannot_be_read_to_its_end_is_no_message() {
    let large = b"0123456789abcde\r\n".repeat(2000);
    let running = start(ServerOptions::new(config()), &[("a", b"x\r\n"), ("b", &large)]);
    running.store.lock().unwrap().broken = Some(2);
    {
        let mut client = running.client(Security::Clear).connect().unwrap();
        let mut journal = Journal::new();
        let mut download = client.download(Policy::Delete, &mut journal).unwrap();
        let mut mail = download.next().unwrap().unwrap();
        mail.copy_to(&mut Vec::new()).unwrap();
        mail.commit().unwrap();
        let mut mail = download.next().unwrap().unwrap();
        let error = mail.copy_to(&mut Vec::new()).unwrap_err();
        assert!(matches!(error, CollectError::Session(CollectorError::Connection(_))), "{error}");
        assert!(error.is_transient());
        assert!(mail.commit().is_err());
        assert!(download.finish().is_err());
        assert_eq!(journal.len(), 1);
        running.at_rest();
        assert_eq!(running.ids(), ["a", "b"]);
    }
}

#[test]
fn a_client_that_goes_in_the_middle_of_a_listing_frees_the_maildrop() {
    let names: Vec<String> =
        (0..60_000).map(|n| format!("a-unique-id-that-is-long-enough-to-fill-buffers-{n}")).collect();
    let messages: Vec<(&str, &[u8])> = names.iter().map(|id| (id.as_str(), &b"x\r\n"[..])).collect();
    let office = office(&messages);
    let store = office.store.clone();
    let auth = AuthConfig::new(&[7; 32][..]).dangerous_allow_cleartext_secrets();
    let config = Config::new(pki::HOST.parse().unwrap(), auth).tls_for_auth(false);
    let (mut near, far) = UnixStream::pair().unwrap();
    let session = thread::spawn(move || {
        serve_connection(far, None, &ServerOptions::new(config), office);
    });
    {
        near.write_all("USER jürgen\r\nPASS pencil\r\nUIDL\r\nUIDL\r\nUIDL\r\n".as_bytes()).unwrap();
        let mut some = vec![0; 10_000];
        near.read_exact(&mut some).unwrap();
        assert!(store.lock().unwrap().locked);
        drop(near);
        // Not after three minutes without progress: at once.
        let begun = std::time::Instant::now();
        session.join().unwrap();
        assert!(begun.elapsed() < Duration::from_secs(60));
    }
    assert!(!store.lock().unwrap().locked);
}

#[test]
fn a_shutdown_ends_idle_sessions_and_deletes_nothing() {
    let running = start(ServerOptions::new(config()), &THREE);
    let mut client = running.client(Security::Clear).connect().unwrap();
    let Running { store, task, shutdown, .. } = running;
    {
        assert!(client.delete(1).unwrap());
        shutdown.begin();
        task.join().unwrap().unwrap();
        assert!(client.noop().is_err());
        assert!(client.quit().is_err());
    }
    assert_eq!(store.lock().unwrap().messages.len(), 3);
}
