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

use std::time::Duration;

use bytes::Bytes;
use mail_tokio::Connection;
use mail_tokio::imap::{ImapClient, ImapClientBuilder};
use sasl_core::{Credentials, client::Policy};
use test_support::puppet::{Heard, Puppet};
use tokio::io::{DuplexStream, duplex};
use wire_core::{Endpoint, Security};

pub struct Server {
    connection: Connection<Puppet, DuplexStream>,
    tag: String,
}

impl Server {
    pub fn new(connection: Connection<Puppet, DuplexStream>) -> Self {
        Self { connection, tag: String::new() }
    }

    pub async fn say(&mut self, octets: impl Into<Bytes>) {
        self.connection.machine().say(octets);
        // The client may have gone.
        let _ = self.connection.flush().await;
    }

    pub async fn line(&mut self) -> String {
        loop {
            match self.connection.next().await.unwrap() {
                Some(Heard::Line(line)) => return String::from_utf8(line.to_vec()).unwrap(),
                // implicit TLS
                Some(Heard::Secured) => {}
                other => panic!("{other:?} where a line was expected"),
            }
        }
    }

    /// A command, without its tag.
    pub async fn command(&mut self) -> String {
        let line = self.line().await;
        let (tag, command) = line.split_once(' ').unwrap();
        self.tag = tag.to_owned();
        command.to_owned()
    }

    pub async fn expect(&mut self, command: &str) {
        assert_eq!(self.command().await, command);
    }

    /// Data, and then the end of the command.
    pub async fn answer(&mut self, data: &[&str], end: &str) {
        let mut text: String = data.iter().map(|line| format!("* {line}\r\n")).collect();
        text.push_str(&format!("{} {end}\r\n", self.tag));
        self.say(text).await;
    }

    pub async fn ok(&mut self, data: &[&str]) {
        self.answer(data, "OK done").await;
    }

    /// A command, its data, and that it was carried out.
    pub async fn serve(&mut self, command: &str, data: &[&str]) {
        self.expect(command).await;
        self.ok(data).await;
    }

    /// So many octets follow, and no line before them.
    pub fn begin_octets(&mut self, octets: u64) {
        self.connection.machine().expect_octets(octets);
    }

    pub async fn octets(&mut self, octets: u64) -> Vec<u8> {
        self.begin_octets(octets);
        self.finish_octets(octets).await
    }

    pub async fn finish_octets(&mut self, octets: u64) -> Vec<u8> {
        let mut all = Vec::new();
        while (all.len() as u64) < octets {
            match self.connection.next().await.unwrap() {
                Some(Heard::Octets(octets)) => all.extend_from_slice(&octets),
                other => panic!("{other:?} where octets were expected"),
            }
        }
        all
    }

    /// The same, of which nothing is kept.
    pub async fn octets_of(&mut self, octets: u64) {
        self.connection.machine().expect_octets(octets);
        let mut count = 0;
        while count < octets {
            match self.connection.next().await.unwrap() {
                Some(Heard::Octets(octets)) => count += octets.len() as u64,
                other => panic!("{other:?} where octets were expected"),
            }
        }
    }

    /// How many octets came before the client went.
    pub async fn octets_until_gone(&mut self, most: u64) -> u64 {
        self.connection.machine().expect_octets(most);
        let mut count = 0;
        while let Ok(Some(Heard::Octets(octets))) = self.connection.next().await {
            count += octets.len() as u64;
        }
        count
    }

    /// Answers whatever comes; false when the client has gone.
    pub async fn obliges(&mut self) -> bool {
        let Ok(Some(Heard::Line(line))) = self.connection.next().await else { return false };
        let line = String::from_utf8(line.to_vec()).unwrap();
        let (tag, command) = line.split_once(' ').unwrap();
        self.tag = tag.to_owned();
        let data: &[&str] = match command {
            "LIST \"\" \"*\"" => &["LIST () \"/\" INBOX", "LIST () \"/\" Sent"],
            "SELECT INBOX" => &["2 EXISTS", "OK [UIDVALIDITY 7] "],
            "UID SEARCH ALL" => &["SEARCH 10 20"],
            "UID FETCH 1:* (UID FLAGS)" => &["1 FETCH (UID 10 FLAGS ())", "2 FETCH (UID 20 FLAGS ())"],
            "UID FETCH 1:* BODY.PEEK[]" => {
                &["1 FETCH (UID 10 BODY[] {10}\r\n0123456789)", "2 FETCH (UID 20 BODY[] {1}\r\nx)"]
            }
            "UID FETCH 10 BODY.PEEK[]" => &["1 FETCH (UID 10 BODY[] {10}\r\n0123456789)"],
            _ => &[],
        };
        self.ok(data).await;
        true
    }

    pub async fn secure(&mut self) {
        self.connection.machine().secure();
        assert_eq!(self.connection.next().await.unwrap(), Some(Heard::Secured));
    }

    pub async fn close(mut self) {
        self.connection.machine().close();
        let _ = self.connection.next().await;
    }

    pub async fn gone(&mut self) {
        match self.connection.next().await {
            Ok(Some(Heard::Gone) | None) | Err(_) => {}
            other => panic!("{other:?} where nothing more was expected"),
        }
    }

    /// Greets and lets the client in, in clear; whatever it enables is enabled.
    pub async fn welcome(&mut self, capabilities: &str) {
        self.say(format!("* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN SASL-IR {capabilities}] hello\r\n")).await;
        assert!(self.command().await.starts_with("AUTHENTICATE PLAIN "));
        self.answer(&[], &format!("OK [CAPABILITY IMAP4rev1 {capabilities}] welcome")).await;
        if capabilities.split(' ').any(|one| one == "ENABLE") {
            let command = self.command().await;
            let enabled = command.strip_prefix("ENABLE ").unwrap();
            self.ok(&[&format!("ENABLED {enabled}")]).await;
        }
    }
}

pub fn clear() -> ImapClientBuilder {
    ImapClient::builder("imap.example.org", Security::Clear, Credentials::password("alice", "secret"))
        .policy(Policy::new().dangerous_allow_cleartext_secrets())
}

/// Client and server on two ends of a pipe; whoever speaks much waits for the other.
pub fn pipe() -> (DuplexStream, Server) {
    let (near, far) = duplex(4096);
    (near, server_on(far))
}

pub fn server_on(far: DuplexStream) -> Server {
    Server::new(Connection::new(far, Endpoint::new(Puppet::default())))
}

/// A client that is let in.
pub async fn connected(capabilities: &str) -> (ImapClient<DuplexStream>, Server) {
    connected_by(clear(), capabilities).await
}

pub async fn connected_by(
    builder: ImapClientBuilder,
    capabilities: &str,
) -> (ImapClient<DuplexStream>, Server) {
    let (near, mut server) = pipe();
    let (client, ()) = tokio::join!(builder.connect_over(near), server.welcome(capabilities));
    (client.unwrap(), server)
}

/// No test may hang.
pub async fn bounded<T>(work: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(60), work).await.expect("hangs")
}

/// Polls a future once.
pub async fn once<T>(future: impl Future<Output = T>) -> Option<T> {
    let mut future = std::pin::pin!(future);
    std::future::poll_fn(|cx| {
        std::task::Poll::Ready(match future.as_mut().poll(cx) {
            std::task::Poll::Ready(value) => Some(value),
            std::task::Poll::Pending => None,
        })
    })
    .await
}

pub fn uid(number: u32) -> imap_proto::Uid {
    imap_proto::Uid::new(number).unwrap()
}

/// What a mailbox of three messages is selected with.
pub const SELECTED: &[&str] =
    &["FLAGS (\\Seen \\Deleted)", "3 EXISTS", "OK [UIDVALIDITY 7] ", "OK [UIDNEXT 31] "];
