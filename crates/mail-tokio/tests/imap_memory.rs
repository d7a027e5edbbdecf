//! Large messages are never in memory.
#![cfg(feature = "imap")]
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, clippy::expect_used, missing_docs)]

mod scripted_server;

use bytes::Bytes;
use imap_proto::command::FetchAttribute;
use imap_proto::session::AppendOptions;
use imap_proto::{Section, Uid};
use mail_tokio::imap::{Fetched, ImapClient};
use scripted_server::{Server, bounded, connected};
use test_support::alloc;
use tokio::io::DuplexStream;
use tokio::runtime::{Builder, Runtime};

const OCTETS: u64 = 50 * 1024 * 1024;
const MOST: u64 = 2 * 1024 * 1024;

fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

/// Sends a message out of one page.
async fn body(server: &mut Server, name: &str) {
    let page = Bytes::from_static(&[b'A'; 64 * 1024]);
    server.say(format!("* 1 FETCH (UID 1 {name} {{{OCTETS}}}\r\n")).await;
    for _ in 0..OCTETS / page.len() as u64 {
        server.say(page.clone()).await;
    }
    server.say(")\r\n").await;
    server.ok(&[]).await;
}

async fn read(client: &mut ImapClient<DuplexStream>) {
    let mut inbox = client.select("INBOX").await.unwrap();
    let uid = Uid::new(1).unwrap();
    let whole = FetchAttribute::Body { section: Section::whole(), partial: None, peek: true };
    let mut mails = inbox.fetch(uid, [whole]);
    let mut octets = 0;
    while let Some(mail) = mails.next().await.unwrap() {
        let Fetched::Message(mut mail) = mail else { panic!() };
        while let Some(mut body) = mail.next_body().await.unwrap() {
            octets += body.copy_to(&mut tokio::io::sink()).await.unwrap();
        }
    }
    assert_eq!(octets, OCTETS);
    let part = Some("1".parse().unwrap());
    let decoded = inbox.download(uid, part).await.unwrap().copy_to(&mut tokio::io::sink()).await.unwrap();
    assert_eq!(decoded, OCTETS / 4 * 3);
    // nobody reads this one
    inbox.download(uid, None).await.unwrap();
    inbox.noop().await.unwrap();
}

async fn serve(server: &mut Server) {
    server.serve("SELECT INBOX", &["1 EXISTS"]).await;
    server.expect("UID FETCH 1 BODY.PEEK[]").await;
    body(server, "BODY[]").await;
    server.expect("UID FETCH 1 (BODY.PEEK[1.MIME] BODYSTRUCTURE)").await;
    server.ok(&["1 FETCH (UID 1 BODY[1.MIME] \"Content-Transfer-Encoding: base64\")"]).await;
    server.expect("UID FETCH 1 BODY.PEEK[1]").await;
    body(server, "BODY[1]").await;
    server.expect("UID FETCH 1 BODY.PEEK[]").await;
    body(server, "BODY[]").await;
    server.serve("NOOP", &[]).await;
}

#[test]
fn fifty_mebioctets_are_read_in_less_than_two() {
    let runtime = runtime();
    let ((), info) = alloc::measure(|| {
        runtime.block_on(bounded(async {
            let (mut client, mut server) = connected("").await;
            tokio::join!(read(&mut client), serve(&mut server));
        }));
    });
    println!("at most {} octets", info.bytes_max);
    assert!(info.bytes_max < MOST, "{}", info.bytes_max);
}

#[test]
fn fifty_mebioctets_are_stored_in_less_than_two() {
    let runtime = runtime();
    let ((), info) = alloc::measure(|| {
        runtime.block_on(bounded(async {
            let (mut client, mut server) = connected("LITERAL+").await;
            let source = tokio::io::repeat(b'x');
            let (stored, ()) =
                tokio::join!(client.append_stream("Sent", OCTETS, source, AppendOptions::new()), async {
                    server.expect(&format!("APPEND Sent {{{OCTETS}+}}")).await;
                    server.octets_of(OCTETS).await;
                    assert_eq!(server.line().await, "");
                    server.ok(&[]).await;
                });
            stored.unwrap();
        }));
    });
    println!("at most {} octets", info.bytes_max);
    assert!(info.bytes_max < MOST, "{}", info.bytes_max);
}
