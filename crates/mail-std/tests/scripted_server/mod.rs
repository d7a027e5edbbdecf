//! A server that a test leads by the hand.
#![allow(
    dead_code,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)] // no test uses all of it

use std::os::unix::net::UnixStream;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use bytes::Bytes;
use mail_std::Connection;
use mail_std::imap::{ImapClient, ImapClientBuilder};
use sasl_core::{Credentials, client::Policy};
use test_support::puppet::{Heard, Puppet};
use wire_core::{Endpoint, Security};

pub struct Server {
    connection: Connection<Puppet, UnixStream>,
    tag: String,
}

impl Server {
    pub fn new(connection: Connection<Puppet, UnixStream>) -> Self {
        Self { connection, tag: String::new() }
    }

    pub fn say(&mut self, octets: impl Into<Bytes>) {
        self.connection.machine().say(octets);
        // The client may have gone.
        let _ = self.connection.flush();
    }

    pub fn line(&mut self) -> String {
        loop {
            match self.connection.next().unwrap() {
                Some(Heard::Line(line)) => return String::from_utf8(line.to_vec()).unwrap(),
                // implicit TLS
                Some(Heard::Secured) => {}
                other => panic!("{other:?} where a line was expected"),
            }
        }
    }

    /// A command, without its tag.
    pub fn command(&mut self) -> String {
        let line = self.line();
        let (tag, command) = line.split_once(' ').unwrap();
        self.tag = tag.to_owned();
        command.to_owned()
    }

    pub fn expect(&mut self, command: &str) {
        assert_eq!(self.command(), command);
    }

    /// Data, and then the end of the command.
    pub fn answer(&mut self, data: &[&str], end: &str) {
        let mut text: String = data.iter().map(|line| format!("* {line}\r\n")).collect();
        text.push_str(&format!("{} {end}\r\n", self.tag));
        self.say(text);
    }

    pub fn ok(&mut self, data: &[&str]) {
        self.answer(data, "OK done");
    }

    /// A command, its data, and that it was carried out.
    pub fn serve(&mut self, command: &str, data: &[&str]) {
        self.expect(command);
        self.ok(data);
    }

    /// So many octets follow, and no line before them.
    pub fn begin_octets(&mut self, octets: u64) {
        self.connection.machine().expect_octets(octets);
    }

    pub fn octets(&mut self, octets: u64) -> Vec<u8> {
        self.begin_octets(octets);
        self.finish_octets(octets)
    }

    pub fn finish_octets(&mut self, octets: u64) -> Vec<u8> {
        let mut all = Vec::new();
        while (all.len() as u64) < octets {
            match self.connection.next().unwrap() {
                Some(Heard::Octets(octets)) => all.extend_from_slice(&octets),
                other => panic!("{other:?} where octets were expected"),
            }
        }
        all
    }

    /// How many octets came before the client went.
    pub fn octets_until_gone(&mut self, most: u64) -> u64 {
        self.connection.machine().expect_octets(most);
        let mut count = 0;
        while let Ok(Some(Heard::Octets(octets))) = self.connection.next() {
            count += octets.len() as u64;
        }
        count
    }

    pub fn secure(&mut self) {
        self.connection.machine().secure();
        assert_eq!(self.connection.next().unwrap(), Some(Heard::Secured));
    }

    pub fn close(mut self) {
        self.connection.machine().close();
        let _ = self.connection.next();
    }

    pub fn gone(&mut self) {
        match self.connection.next() {
            Ok(Some(Heard::Gone) | None) | Err(_) => {}
            other => panic!("{other:?} where nothing more was expected"),
        }
    }

    /// Greets and lets the client in, in clear; whatever it enables is enabled.
    pub fn welcome(&mut self, capabilities: &str) {
        self.say(format!("* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN SASL-IR {capabilities}] hello\r\n"));
        assert!(self.command().starts_with("AUTHENTICATE PLAIN "));
        self.answer(&[], &format!("OK [CAPABILITY IMAP4rev1 {capabilities}] welcome"));
        if capabilities.split(' ').any(|one| one == "ENABLE") {
            let command = self.command();
            let enabled = command.strip_prefix("ENABLE ").unwrap();
            self.ok(&[&format!("ENABLED {enabled}")]);
        }
    }
}

pub fn clear() -> ImapClientBuilder {
    ImapClient::builder("imap.example.org", Security::Clear, Credentials::password("alice", "secret"))
        .policy(Policy::new().dangerous_allow_cleartext_secrets())
}

/// Client and server on two ends of a pipe.
pub fn pipe() -> (UnixStream, Server) {
    let (near, far) = UnixStream::pair().unwrap();
    (near, Server::new(Connection::new(far, Endpoint::new(Puppet::default()))))
}

/// A client that is let in.
pub fn connected(capabilities: &str) -> (ImapClient<UnixStream>, Server) {
    let (near, mut server) = pipe();
    let (client, ()) = both(|| clear().connect_over(near), || server.welcome(capabilities));
    (client.unwrap(), server)
}

/// Does both at the same time.
pub fn both<A: Send, B: Send>(one: impl FnOnce() -> A + Send, other: impl FnOnce() -> B + Send) -> (A, B) {
    thread::scope(|scope| {
        let other = scope.spawn(other);
        let one = one();
        (one, other.join().unwrap())
    })
}

/// No test may hang.
pub fn bounded(work: impl FnOnce() + Send + 'static) {
    let (done, waits) = mpsc::channel();
    let worker = thread::spawn(move || {
        work();
        let _ = done.send(());
    });
    match waits.recv_timeout(Duration::from_secs(60)) {
        Err(mpsc::RecvTimeoutError::Timeout) => panic!("hangs"),
        _ => worker.join().unwrap(),
    }
}
