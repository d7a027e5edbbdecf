//! The IMAP client against a server whose every word the test says.
#![cfg(feature = "imap")]
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, clippy::expect_used, missing_docs)]

mod scripted_server;

use imap_proto::command::FetchAttribute;
use imap_proto::extensions::acl::Rights;
use imap_proto::list::StatusItem;
use imap_proto::response::{Code, Content};
use imap_proto::search::SearchKey;
use imap_proto::session::{Advice, AppendOptions, Change, ListRequest, SessionError};
use imap_proto::{Capability, Flag, Misuse, Section, Uid, UidSet};
use mail_tokio::imap::{Fetched, ImapError};
use scripted_server::{SELECTED, bounded, clear, connected, once, pipe, uid};

fn whole() -> FetchAttribute {
    FetchAttribute::Body { section: Section::whole(), partial: None, peek: true }
}

#[cfg(feature = "tls")]
mod tls {
    use super::*;
    use mail_tokio::Connection;
    use mail_tokio::imap::ImapClient;
    use sasl_core::Credentials;
    use test_support::{pki, puppet::Puppet};
    use wire_core::{Endpoint, Security};

    #[tokio::test]
    async fn a_login_over_starttls_and_over_implicit_tls() {
        for security in [Security::StartTls, Security::ImplicitTls] {
            let (near, far) = tokio::io::duplex(4096);
            let alice = Credentials::password("alice", "secret");
            let builder = ImapClient::builder(pki::HOST, security, alice).tls(pki::client_tls());
            let served = async {
                let tls = pki::server_tls().session().unwrap();
                let connection = match security {
                    Security::ImplicitTls => Connection::new(far, Endpoint::with_tls(Puppet::default(), tls)),
                    _ => Connection::new(far, Endpoint::new(Puppet::default()))
                        .with_tls_source(Box::new(move || Ok(tls))),
                };
                let mut server = scripted_server::Server::new(connection);
                if security == Security::StartTls {
                    server.say("* OK [CAPABILITY IMAP4rev1 STARTTLS LOGINDISABLED] hello\r\n").await;
                    server.serve("STARTTLS", &[]).await;
                    server.secure().await;
                } else {
                    server.say("* OK hello\r\n").await;
                }
                server.serve("CAPABILITY", &["CAPABILITY IMAP4rev1 AUTH=PLAIN"]).await;
                server.expect("AUTHENTICATE PLAIN").await;
                server.say("+ \r\n").await;
                assert_eq!(server.line().await, "AGFsaWNlAHNlY3JldA==");
                server.ok(&[]).await;
                server.serve("CAPABILITY", &["CAPABILITY IMAP4rev1 IDLE"]).await;
                server
            };
            bounded(async {
                let (client, mut server) = tokio::join!(builder.connect_over(near), served);
                let client = client.unwrap();
                assert!(client.has(&Capability::IDLE) && client.is_ready());
                let (ended, ()) = tokio::join!(client.logout(), async {
                    server.serve("LOGOUT", &["BYE see you"]).await;
                    server.close().await;
                });
                ended.unwrap();
            })
            .await;
        }
    }

    #[tokio::test]
    async fn what_is_said_before_tls_counts_for_nothing() {
        bounded(async {
            let (near, mut server) = pipe();
            let alice = Credentials::password("alice", "secret");
            let builder = ImapClient::builder(pki::HOST, Security::StartTls, alice).tls(pki::client_tls());
            let (client, ()) = tokio::join!(builder.connect_over(near), async {
                server.say("* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] no TLS here\r\n").await;
                server.gone().await;
            });
            let error = client.unwrap_err();
            let ImapError::Session(error) = error else { panic!("{error}") };
            assert!(matches!(*error, SessionError::NoStartTls), "{error}");
        })
        .await;
    }
}

#[tokio::test]
async fn mailboxes_with_and_without_list_status() {
    bounded(async {
        let request = || ListRequest::all().status([StatusItem::Messages, StatusItem::Unseen]);
        let (mut client, mut server) = connected("LIST-EXTENDED LIST-STATUS SPECIAL-USE").await;
        let (listed, ()) = tokio::join!(client.list(request()), async {
            let command = server.command().await;
            assert!(
                command.starts_with("LIST ") && command.contains("STATUS (MESSAGES UNSEEN)"),
                "{command}"
            );
            server
                .ok(&[
                    "LIST (\\HasNoChildren) \"/\" INBOX",
                    "STATUS INBOX (MESSAGES 17 UNSEEN 2)",
                    "LIST (\\Sent \\HasNoChildren) \"/\" \"Gesendete Objekte\"",
                    "LIST (\\HasNoChildren \"/\" broken",
                    "STATUS \"Gesendete Objekte\" (MESSAGES 5 UNSEEN 0)",
                ])
                .await;
        });
        let listed = listed.unwrap();
        assert_eq!(listed.len(), 2);
        assert!(listed[0].name().is_inbox());
        assert_eq!(listed[0].status.as_ref().unwrap().unseen, Some(2));
        assert_eq!(listed[1].entry.attributes.special_uses().count(), 1);
        assert_eq!(listed[1].status.as_ref().unwrap().messages, Some(5));
        let damaged: Vec<_> = client.take_damaged().collect();
        assert_eq!(damaged.len(), 1, "a mailbox that makes no sense is not lost: {damaged:?}");

        let (mut client, mut server) = connected("").await;
        let (listed, ()) = tokio::join!(client.list(request()), async {
            server
                .serve(
                    "LIST \"\" \"*\"",
                    &["LIST () \"/\" INBOX", "LIST (\\Noselect) \"/\" shared", "LIST () \"/\" Entw&APw-rfe"],
                )
                .await;
            server.serve("STATUS INBOX (MESSAGES UNSEEN)", &["STATUS INBOX (MESSAGES 1 UNSEEN 1)"]).await;
            server.expect("STATUS Entw&APw-rfe (MESSAGES UNSEEN)").await;
            server.answer(&[], "NO [NOPERM] not yours").await;
        });
        let listed = listed.unwrap();
        assert_eq!(
            listed.iter().map(|one| one.name().to_string()).collect::<Vec<_>>(),
            ["INBOX", "shared", "Entwürfe"]
        );
        assert_eq!(listed[0].status.as_ref().unwrap().messages, Some(1));
        assert!(listed[1].status.is_none() && listed[2].status.is_none());
    })
    .await;
}

#[tokio::test]
async fn search_and_fetch_with_an_item_that_makes_no_sense() {
    bounded(async {
        let (mut client, mut server) = connected("ESEARCH MOVE").await;
        let read = async {
            let mut inbox = client.select("INBOX").await.unwrap();
            assert_eq!((inbox.exists(), inbox.selected().uid_validity.unwrap().get()), (3, 7));
            let unread = inbox.search(SearchKey::unseen().and(SearchKey::from("newsletter"))).await.unwrap();
            assert_eq!(unread, [uid(10), uid(20), uid(30)]);
            let mut seen = Vec::new();
            let mut mails = inbox.fetch(&unread, [FetchAttribute::Envelope, FetchAttribute::Size]);
            while let Some(mail) = mails.next().await.unwrap() {
                seen.push(match mail {
                    Fetched::Message(mail) => {
                        let damaged =
                            mail.fetch.damaged().map(|item| item.name.to_string()).collect::<String>();
                        format!("{} {:?} {damaged}", mail.uid.unwrap(), mail.size())
                    }
                    Fetched::Damaged(damaged) => format!("{:?} is damaged", damaged.uid),
                });
            }
            assert!(mails.next().await.unwrap().is_none());
            assert_eq!(seen, ["10 Some(100) ", "20 Some(200) ENVELOPE", "Some(Uid(30)) is damaged"]);
            let moved = inbox.move_to(&unread, "Archive/Übersicht").await.unwrap().unwrap();
            assert_eq!(moved.after(uid(20)), Some(uid(2)));
            let news: Vec<_> = inbox.take_changes().collect();
            let flags: Vec<_> = news.iter().filter(|change| matches!(change, Change::Flags { .. })).collect();
            let gone = news.iter().filter(|change| matches!(change, Change::Vanished(_))).count();
            // of what was damaged only the number is known
            assert_eq!((flags.len(), gone), (1, 2), "{news:?}");
            assert!(matches!(news.last(), Some(Change::Expunged(_))));
            assert_eq!(inbox.exists(), 0);
            // nothing is nothing
            assert!(inbox.fetch(Vec::new(), [FetchAttribute::Flags]).next().await.unwrap().is_none());
            inbox.add_flags(Vec::new(), [Flag::SEEN]).await.unwrap();
        };
        let serve = async {
            server.serve("SELECT INBOX", SELECTED).await;
            server
                .serve(
                    "UID SEARCH RETURN (ALL) UNSEEN FROM newsletter",
                    &["ESEARCH (TAG \"x\") UID ALL 10,20,30"],
                )
                .await;
            server.expect("UID FETCH 10,20,30 (ENVELOPE RFC822.SIZE)").await;
            server
                .ok(&[
                    "1 FETCH (UID 10 RFC822.SIZE 100 ENVELOPE (NIL \"a\" NIL NIL NIL NIL NIL NIL NIL NIL))",
                    // news between answers
                    "3 FETCH (FLAGS (\\Seen))",
                    "2 FETCH (UID 20 RFC822.SIZE 200 ENVELOPE oops)",
                    "3 FETCH (UID 30 RFC822.SIZE (",
                ])
                .await;
            server.expect("UID MOVE 10,20,30 Archive/&ANw-bersicht").await;
            server.ok(&["OK [COPYUID 9 10,20,30 1:3] ", "1 EXPUNGE", "1 EXPUNGE", "1 EXPUNGE"]).await;
        };
        tokio::join!(read, serve);
    })
    .await;
}

#[tokio::test]
async fn a_move_where_there_is_no_move() {
    bounded(async {
        let (mut client, mut server) = connected("UIDPLUS").await;
        let work = async {
            let mut inbox = client.select("INBOX").await.unwrap();
            let moved = inbox.move_to([uid(10), uid(20)], "Archive").await.unwrap().unwrap();
            assert_eq!(moved.validity().unwrap().get(), 9);
            let error = inbox.move_to(uid(10), "Nowhere").await.unwrap_err();
            let ImapError::Refused { command: "MOVE", refused } = &error else { panic!("{error}") };
            assert_eq!(refused.code(), Some(&Code::TryCreate));
            assert_eq!(
                (error.advice(), error.to_string()),
                (Advice::Permanent, "MOVE was refused: no such mailbox".into())
            );
            assert!(matches!(inbox.move_to(uid(1), "a\r\nb").await, Err(ImapError::Invalid(_))));
        };
        let serve = async {
            server.serve("SELECT INBOX", SELECTED).await;
            server.expect("UID COPY 10,20 Archive").await;
            server.answer(&[], "OK [COPYUID 9 10,20 1:2] copied").await;
            server.serve("UID STORE 10,20 +FLAGS.SILENT (\\Deleted)", &[]).await;
            server.serve("UID EXPUNGE 10,20", &["1 EXPUNGE", "1 EXPUNGE"]).await;
            server.expect("UID COPY 10 Nowhere").await;
            server.answer(&[], "NO [TRYCREATE] no such mailbox").await;
        };
        tokio::join!(work, serve);

        let (mut client, mut server) = connected("").await;
        let work = async {
            let mut inbox = client.select("INBOX").await.unwrap();
            let error = inbox.move_to(uid(10), "Archive").await.unwrap_err();
            assert!(matches!(error, ImapError::Misuse(Misuse::WouldExpungeOthers)));
        };
        tokio::join!(work, server.serve("SELECT INBOX", SELECTED));
    })
    .await;
}

/// 100 000 octets that differ from place to place.
fn large() -> Vec<u8> {
    (0..100_000_u32).map(|n| b'a' + u8::try_from(n * 7 % 26).unwrap()).collect()
}

#[tokio::test]
async fn bodies_small_and_large_are_read_in_the_same_way() {
    bounded(async {
        let (mut client, mut server) = connected("").await;
        let large = large();
        let work = async {
            let mut inbox = client.select("INBOX").await.unwrap();
            let mut mails = inbox.fetch(UidSet::all(), [whole(), FetchAttribute::Flags]);
            let mut bodies = Vec::new();
            while let Some(mail) = mails.next().await.unwrap() {
                let Fetched::Message(mut mail) = mail else { panic!() };
                while let Some(mut body) = mail.next_body().await.unwrap() {
                    assert_eq!(body.item().content, Content::Section(Section::whole()));
                    let mut octets = Vec::new();
                    let told = body.octets();
                    assert_eq!(body.copy_to(&mut octets).await.unwrap(), told);
                    bodies.push(octets);
                }
                // what stands behind the body is there once that is read
                assert!(mail.flags().is_some());
            }
            assert_eq!(bodies, [b"small".to_vec(), large.clone(), Vec::new()]);
        };
        let serve = async {
            server.serve("SELECT INBOX", SELECTED).await;
            server.expect("UID FETCH 1:* (BODY.PEEK[] FLAGS)").await;
            server.say("* 1 FETCH (UID 10 BODY[] {5}\r\nsmall FLAGS ())\r\n").await;
            server.say("* 2 FETCH (UID 20 BODY[] {100000}\r\n").await;
            server.say(large.clone()).await;
            server.say(" FLAGS (\\Seen))\r\n* 3 FETCH (UID 30 BODY[] \"\" FLAGS ())\r\n").await;
            server.ok(&[]).await;
        };
        tokio::join!(work, serve);
    })
    .await;
}

#[tokio::test]
async fn messages_that_are_dropped_half_way_leave_a_session_that_works() {
    bounded(async {
        let (mut client, mut server) = connected("").await;
        let large = large();
        let work = async {
            let mut inbox = client.select("INBOX").await.unwrap();
            {
                let mut mails = inbox.fetch(UidSet::all(), [whole()]);
                let Some(Fetched::Message(mut mail)) = mails.next().await.unwrap() else { panic!() };
                let mut body = mail.next_body().await.unwrap().unwrap();
                assert!(body.next().await.unwrap().is_some());
            }
            let found = inbox.search(SearchKey::everything()).await.unwrap();
            assert_eq!(found, [uid(10), uid(20)]);
            // read over: a body, then a message
            let mut mails = inbox.fetch(&found, [whole()]);
            assert!(matches!(mails.next().await.unwrap(), Some(Fetched::Message(_))));
            let Some(Fetched::Message(mut mail)) = mails.next().await.unwrap() else { panic!() };
            assert_eq!(mail.uid, Some(uid(20)));
            let mut body = mail.next_body().await.unwrap().unwrap();
            assert_eq!(body.next().await.unwrap().unwrap(), "x");
        };
        let serve = async {
            let stream = [
                b"* 1 FETCH (UID 10 BODY[] {100000}\r\n",
                &large[..],
                b")\r\n* 2 FETCH (UID 20 BODY[] {1}\r\nx)\r\n",
            ]
            .concat();
            server.serve("SELECT INBOX", SELECTED).await;
            server.expect("UID FETCH 1:* BODY.PEEK[]").await;
            server.say(stream.clone()).await;
            server.ok(&[]).await;
            server.serve("UID SEARCH ALL", &["SEARCH 10 20"]).await;
            server.expect("UID FETCH 10,20 BODY.PEEK[]").await;
            server.say(stream).await;
            server.ok(&[]).await;
        };
        tokio::join!(work, serve);
    })
    .await;
}

#[tokio::test]
async fn parts_are_downloaded_decoded() {
    bounded(async {
        // by the server
        let (mut client, mut server) = connected("BINARY").await;
        let work = async {
            let mut inbox = client.select("INBOX").await.unwrap();
            let mut octets = Vec::new();
            let mut part = inbox.download(uid(10), Some("2".parse().unwrap())).await.unwrap();
            assert_eq!(part.octets(), Some(3));
            assert_eq!(part.copy_to(&mut octets).await.unwrap(), 3);
            assert_eq!(octets, b"\x00\x01\x02");
            // it does not know how
            let mut octets = Vec::new();
            let mut part = inbox.download(uid(10), Some("3".parse().unwrap())).await.unwrap();
            assert_eq!(part.octets(), None);
            part.copy_to(&mut octets).await.unwrap();
            assert_eq!(octets, b"Hello, world");
            // as it is
            let mut whole = inbox.download(uid(10), None).await.unwrap();
            assert_eq!(whole.next().await.unwrap().unwrap(), "a: b\r\n");
            assert!(whole.next().await.unwrap().is_none() && whole.next().await.unwrap().is_none());
            assert!(matches!(inbox.download(uid(11), None).await, Err(ImapError::Missing)));
        };
        let serve = async {
            server.serve("SELECT INBOX", SELECTED).await;
            server.serve("UID FETCH 10 BINARY.PEEK[2]", &["1 FETCH (UID 10 BINARY[2] ~{3}\r\n\0\x01\x02)"]).await;
            server.expect("UID FETCH 10 BINARY.PEEK[3]").await;
            server.answer(&[], "NO [UNKNOWN-CTE] never heard").await;
            server.expect("UID FETCH 10 (BODY.PEEK[3.MIME] BODYSTRUCTURE)").await;
            server.ok(&["1 FETCH (UID 10 BODY[3.MIME] \"Content-Transfer-Encoding: base64\" BODYSTRUCTURE nonsense)"]).await;
            server.serve("UID FETCH 10 BODY.PEEK[3]", &["1 FETCH (UID 10 BODY[3] {16}\r\nSGVsbG8sIHdvcmxk)"]).await;
            server.serve("UID FETCH 10 BODY.PEEK[]", &["1 FETCH (UID 10 BODY[] {6}\r\na: b\r\n)"]).await;
            server.serve("UID FETCH 11 BODY.PEEK[]", &[]).await;
        };
        tokio::join!(work, serve);

        // in pieces, and by the structure, for a message of one part has no header of its own for it everywhere
        let (mut client, mut server) = connected("").await;
        let content = large();
        let work = async {
            let mut inbox = client.select("INBOX").await.unwrap();
            let mut octets = Vec::new();
            let mut part = inbox.download(uid(10), Some("1".parse().unwrap())).await.unwrap();
            part.copy_to(&mut octets).await.unwrap();
            assert_eq!(octets, content);
            let dropped = inbox.download(uid(10), None).await.unwrap();
            assert_eq!(dropped.octets(), Some(100_000));
            inbox.noop().await.unwrap();
        };
        let serve = async {
            server.serve("SELECT INBOX", SELECTED).await;
            server.expect("UID FETCH 10 (BODY.PEEK[1.MIME] BODYSTRUCTURE)").await;
            server
                .ok(&["1 FETCH (UID 10 BODY[1.MIME] NIL BODYSTRUCTURE (\"IMAGE\" \"PNG\" NIL NIL NIL \"QUOTED-PRINTABLE\" 102000))"])
                .await;
            server.expect("UID FETCH 10 BODY.PEEK[1]").await;
            let encoded: Vec<u8> = content.chunks(50).flat_map(|line| [line, b"=\r\n"].concat()).collect();
            server.say(format!("* 1 FETCH (UID 10 BODY[1] {{{}}}\r\n", encoded.len())).await;
            server.say(encoded).await;
            server.say(")\r\n").await;
            server.ok(&[]).await;
            server.expect("UID FETCH 10 BODY.PEEK[]").await;
            server.say("* 1 FETCH (BODY[] {100000}\r\n").await;
            server.say(content.clone()).await;
            server.say(" UID 10)\r\n").await;
            server.ok(&[]).await;
            server.serve("NOOP", &[]).await;
        };
        tokio::join!(work, serve);
    })
    .await;
}

#[tokio::test]
async fn a_message_is_stored_from_a_stream() {
    const OCTETS: u64 = 5 * 1024 * 1024;
    bounded(async {
        let (mut client, mut server) = connected("UIDPLUS").await;
        let work = async {
            let options = AppendOptions::new().flags([Flag::SEEN]);
            let source = tokio::io::AsyncReadExt::take(tokio::io::repeat(b'x'), 2 * OCTETS);
            let stored = client.append_stream("Sent", OCTETS, source, options).await.unwrap().unwrap();
            assert_eq!(stored.uids.to_string(), "77");
            // refused before an octet was sent
            let error = client.append("Nowhere", "abc", AppendOptions::new()).await.unwrap_err();
            assert!(matches!(error, ImapError::Refused { command: "APPEND", .. }), "{error}");
            assert_eq!(client.append("Sent", "abc", AppendOptions::new()).await.unwrap(), None);
            assert_eq!(client.append("Sent", "", AppendOptions::new()).await.unwrap(), None);
        };
        let serve = async {
            server.expect(&format!("APPEND Sent (\\Seen) {{{OCTETS}}}")).await;
            server.say("+ go on\r\n").await;
            assert!(server.octets(OCTETS).await.iter().all(|octet| *octet == b'x'));
            assert_eq!(server.line().await, "");
            server.answer(&[], "OK [APPENDUID 9 77] stored").await;
            server.expect("APPEND Nowhere {3}").await;
            server.answer(&[], "NO [TRYCREATE] no such mailbox").await;
            server.expect("APPEND Sent {3}").await;
            server.say("+ \r\n").await;
            assert_eq!(server.octets(3).await, b"abc");
            assert_eq!(server.line().await, "");
            server.ok(&[]).await;
            server.expect("APPEND Sent {0}").await;
            server.say("+ \r\n").await;
            assert_eq!(server.line().await, "");
            server.ok(&[]).await;
        };
        tokio::join!(work, serve);
    })
    .await;
}

#[tokio::test]
async fn a_message_that_cannot_be_given_whole_is_not_stored() {
    bounded(async {
        // the source has too little
        let (mut client, mut server) = connected("LITERAL+").await;
        let work = async {
            let error =
                client.append_stream("Sent", 10, &b"12345"[..], AppendOptions::new()).await.unwrap_err();
            assert!(matches!(error, ImapError::Source(_)));
            assert!(!client.is_ready());
            let error = client.noop().await.unwrap_err();
            assert!(matches!(error, ImapError::Closed(None)), "{error}");
            drop(client);
        };
        let serve = async {
            let most = "abcdef9 APPEND Sent {10+}\r\n12345".len() as u64;
            assert!(server.octets_until_gone(1000).await <= most);
        };
        tokio::join!(work, serve);

        // the caller has gone
        let (mut client, mut server) = connected("LITERAL+").await;
        let work = async {
            let source = tokio::io::AsyncReadExt::chain(&b"12345"[..], tokio::io::empty());
            let (pipe, _kept) = tokio::io::duplex(10);
            let source = tokio::io::AsyncReadExt::chain(source, pipe);
            let storing = client.append_stream("Sent", 10, source, AppendOptions::new());
            assert!(tokio::time::timeout(std::time::Duration::from_millis(50), storing).await.is_err());
            assert!(matches!(client.noop().await, Err(ImapError::Closed(_))));
            drop(client);
        };
        let serve = async {
            let most = "abcdef9 APPEND Sent {10+}\r\n12345".len() as u64;
            assert!(server.octets_until_gone(1000).await <= most);
        };
        tokio::join!(work, serve);
    })
    .await;
}

#[tokio::test]
async fn a_server_that_leaves() {
    bounded(async {
        // with a word, in the middle of a command
        let (mut client, mut server) = connected("").await;
        let work = async {
            let error = client.noop().await.unwrap_err();
            assert_eq!(error.to_string(), "the server closed the session: going down for maintenance");
            assert!(error.is_transient());
            assert!(matches!(client.noop().await, Err(ImapError::Closed(Some(_)))));
            assert!(matches!(client.list(ListRequest::all()).await, Err(ImapError::Closed(Some(_)))));
        };
        let serve = async {
            server.expect("NOOP").await;
            server.say("* BYE going down for maintenance\r\n").await;
            server.close().await;
        };
        tokio::join!(work, serve);

        // without a word, in the middle of a literal
        let (mut client, mut server) = connected("").await;
        let work = async {
            let mut inbox = client.select("INBOX").await.unwrap();
            let mut mails = inbox.fetch(UidSet::all(), [whole()]);
            let Some(Fetched::Message(mut mail)) = mails.next().await.unwrap() else { panic!() };
            let mut body = mail.next_body().await.unwrap().unwrap();
            let error = loop {
                match body.next().await {
                    Ok(chunk) => assert!(chunk.is_some(), "what is cut is not whole"),
                    Err(error) => break error,
                }
            };
            assert!(matches!(error, ImapError::Session(_)), "{error}");
            assert_eq!(error.advice(), Advice::Reconnect);
            assert!(mails.next().await.is_err());
        };
        let serve = async {
            server.serve("SELECT INBOX", SELECTED).await;
            server.expect("UID FETCH 1:* BODY.PEEK[]").await;
            server.say("* 1 FETCH (UID 10 BODY[] {100000}\r\n").await;
            server.say(vec![b'x'; 50_000]).await;
            server.close().await;
        };
        tokio::join!(work, serve);

        // before it has greeted
        let (near, mut server) = pipe();
        let (client, ()) = tokio::join!(clear().connect_over(near), async {
            server.say("* BYE [UNAVAILABLE] too many connections\r\n").await;
            server.close().await;
        });
        assert_eq!(client.unwrap_err().advice(), Advice::Later);
    })
    .await;
}

#[tokio::test]
async fn futures_that_are_dropped_leave_a_session_that_works() {
    bounded(async {
        let (mut client, mut server) = connected("").await;
        let work = async {
            for _ in 0..3 {
                // sent, and nobody waits for the answer
                assert!(once(client.list(ListRequest::all())).await.is_none());
            }
            let mut inbox = client.select("INBOX").await.unwrap();
            assert!(once(inbox.search(SearchKey::everything())).await.is_none());
            let found = inbox.search(SearchKey::unseen()).await.unwrap();
            assert_eq!(found, [uid(20)]);
            assert!(client.mailbox().is_some());
        };
        let serve = async {
            server.serve("LIST \"\" \"*\"", &["LIST () \"/\" INBOX"]).await;
            let mut command = server.command().await;
            while command.starts_with("LIST") {
                server.ok(&[]).await;
                command = server.command().await;
            }
            assert_eq!(command, "SELECT INBOX");
            server.ok(SELECTED).await;
            server.serve("UID SEARCH ALL", &["SEARCH 10 20 30"]).await;
            server.serve("UID SEARCH UNSEEN", &["SEARCH 20"]).await;
        };
        tokio::join!(work, serve);
    })
    .await;
}

/// Polls a future at most `polls` times, then drops it.
async fn polled<T>(future: impl Future<Output = T>, polls: usize) -> Option<T> {
    let mut future = std::pin::pin!(future);
    let mut left = polls;
    std::future::poll_fn(|cx| {
        let Some(now) = left.checked_sub(1) else { return std::task::Poll::Ready(None) };
        left = now;
        future.as_mut().poll(cx).map(Some)
    })
    .await
}

#[tokio::test]
async fn futures_that_are_dropped_at_every_poll() {
    bounded(async {
        for polls in 1..40 {
            // octets trickle, so that there are many polls
            let (near, far) = tokio::io::duplex(5);
            let (mut server, builder) = (scripted_server::server_on(far), clear());
            let (client, ()) = tokio::join!(builder.connect_over(near), server.welcome("MOVE UIDPLUS"));
            let mut client = client.unwrap();
            let served = tokio::spawn(async move { while server.obliges().await {} });
            let work = async {
                polled(client.list(ListRequest::all()), polls).await;
                assert_eq!(client.list(ListRequest::all()).await.unwrap().len(), 2);
                polled(client.resync("INBOX", Default::default()).unwrap().next(), polls).await;
                polled(client.select("INBOX"), polls).await;
                let mut inbox = client.select("INBOX").await.unwrap();
                polled(inbox.search(SearchKey::everything()), polls).await;
                assert_eq!(inbox.search(SearchKey::everything()).await.unwrap(), [uid(10), uid(20)]);
                polled(inbox.move_to(uid(10), "Archive"), polls).await;
                polled(inbox.add_flags(uid(10), [Flag::SEEN]), polls).await;
                polled(inbox.download(uid(10), None), polls).await;
                let mut octets = Vec::new();
                inbox.download(uid(10), None).await.unwrap().copy_to(&mut octets).await.unwrap();
                assert_eq!(octets, b"0123456789");
                let mut mails = inbox.fetch(UidSet::all(), [whole()]);
                let mut count = 0;
                for _ in 0..1000 {
                    match polled(mails.next(), polls).await {
                        Some(Ok(Some(_))) => count += 1,
                        Some(Ok(None)) => break,
                        Some(Err(error)) => panic!("{error}"),
                        None => {}
                    }
                }
                assert_eq!(count, 2);
                assert_eq!(inbox.exists(), 2);
            };
            work.await;
            drop(client);
            served.await.unwrap();
        }
    })
    .await;
}

#[tokio::test]
async fn sessions_can_be_moved_to_other_threads() {
    fn movable<T: Send>(value: T) -> T {
        value
    }
    bounded(movable(async {
        let (mut client, mut server) = movable(connected("")).await;
        let work = movable(async {
            let mut inbox = client.select("INBOX").await.unwrap();
            let mut mails = inbox.fetch(UidSet::all(), [whole()]);
            while mails.next().await.unwrap().is_some() {}
            let _ = movable(inbox.watch());
            inbox.append("x", AppendOptions::new()).await.unwrap_err();
        });
        let serve = async {
            server.serve("SELECT INBOX", SELECTED).await;
            server.serve("UID FETCH 1:* BODY.PEEK[]", &[]).await;
            server.close().await;
        };
        tokio::join!(work, serve);
    }))
    .await;
}

#[tokio::test]
async fn everything_about_an_account() {
    bounded(async {
        let builder = clear().identification(
            imap_proto::extensions::id::Identification::new().with("name", Some("Postwire")).unwrap(),
        );
        let (near, mut server) = pipe();
        let welcome = async {
            server.say("* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN SASL-IR ID] hello\r\n").await;
            assert!(server.command().await.starts_with("AUTHENTICATE PLAIN "));
            server.answer(&[], "OK [CAPABILITY IMAP4rev1 ID] welcome").await;
            server
                .serve("ID (\"name\" \"Postwire\")", &["ID NIL", "OK [ALERT] Your password expires tomorrow"])
                .await;
        };
        let (client, ()) = tokio::join!(builder.connect_over(near), welcome);
        let mut client = client.unwrap();
        let notices: Vec<_> = client.take_notices().collect();
        assert_eq!(notices[0].text, "Your password expires tomorrow");
        let work = async {
            let status = client.status("INBOX", [StatusItem::Messages]).await.unwrap();
            assert_eq!(status.messages, Some(17));
            client.create("Entwürfe").await.unwrap();
            client.create_for("Sent", [Flag::try_from("\\Sent").unwrap()]).await.unwrap();
            client.rename("Sent", "Sent mail").await.unwrap();
            client.subscribe("Sent mail").await.unwrap();
            client.unsubscribe("Sent mail").await.unwrap();
            client.delete("Sent mail").await.unwrap();
            assert_eq!(client.namespaces().await.unwrap().personal.len(), 1);
            assert!(client.id(None).await.unwrap().unwrap().get("name").is_some());
            let (roots, quotas) = client.quota_roots("INBOX").await.unwrap();
            assert_eq!((roots.roots.len(), quotas[0].resources[0].usage), (1, 10));
            assert_eq!(client.quota("").await.unwrap().resources[0].limit, 512);
            assert_eq!(client.acl("INBOX").await.unwrap().entries.len(), 1);
            assert!(client.my_rights("INBOX").await.unwrap().contains(Rights::try_from("lr").unwrap()));
            client.delete_acl("INBOX", "fred").await.unwrap();
            let error = client.status("INBOX", [StatusItem::Messages]).await.unwrap_err();
            assert!(matches!(error, ImapError::Missing), "{error}");
            let answer = client.run(imap_proto::Command::GetJmapAccess).await.unwrap_err();
            assert!(matches!(answer, ImapError::Refused { .. }), "{answer}");
            assert!(matches!(
                client.run(imap_proto::Command::Check).await,
                Err(ImapError::Misuse(Misuse::State)) // nothing is selected
            ));
            assert!(matches!(client.run(imap_proto::Command::Logout).await, Err(ImapError::Misuse(_))));
        };
        let serve = async {
            server.serve("STATUS INBOX (MESSAGES)", &["STATUS INBOX (MESSAGES 17)"]).await;
            server.serve("CREATE Entw&APw-rfe", &[]).await;
            server.serve("CREATE Sent (USE (\\Sent))", &[]).await;
            server.serve("RENAME Sent \"Sent mail\"", &[]).await;
            server.serve("SUBSCRIBE \"Sent mail\"", &[]).await;
            server.serve("UNSUBSCRIBE \"Sent mail\"", &[]).await;
            server.serve("DELETE \"Sent mail\"", &[]).await;
            server.serve("NAMESPACE", &["NAMESPACE ((\"\" \"/\")) NIL NIL"]).await;
            server.serve("ID NIL", &["ID (\"name\" \"Puppet\")"]).await;
            server
                .serve("GETQUOTAROOT INBOX", &["QUOTAROOT INBOX \"\"", "QUOTA \"\" (STORAGE 10 512)"])
                .await;
            server.serve("GETQUOTA \"\"", &["QUOTA \"\" (STORAGE 10 512)"]).await;
            server.serve("GETACL INBOX", &["ACL INBOX alice lrswi"]).await;
            server.serve("MYRIGHTS INBOX", &["MYRIGHTS INBOX lrs"]).await;
            server.serve("DELETEACL INBOX fred", &[]).await;
            server.serve("STATUS INBOX (MESSAGES)", &[]).await;
            server.expect("GETJMAPACCESS").await;
            server.answer(&[], "BAD what?").await;
        };
        tokio::join!(work, serve);
    })
    .await;
}

#[tokio::test]
async fn what_makes_no_sense_is_not_nothing() {
    bounded(async {
        let (mut client, mut server) = connected("ESEARCH").await;
        let work = async {
            let mut inbox = client.select("INBOX").await.unwrap();
            assert_eq!(inbox.search(SearchKey::everything()).await.unwrap(), [uid(10)]);
            let error = inbox.search(SearchKey::everything()).await.unwrap_err();
            assert!(matches!(error, ImapError::Refused { .. }), "{error}");
        };
        let serve = async {
            server.serve("SELECT INBOX", SELECTED).await;
            server.serve("UID SEARCH RETURN (ALL) ALL", &["ESEARCH UID ALL oops"]).await;
            server.serve("UID SEARCH ALL", &["SEARCH 10"]).await;
            server.serve("UID SEARCH RETURN (ALL) ALL", &["ESEARCH UID ALL oops"]).await;
            server.serve("UID SEARCH ALL", &["SEARCH 10 x"]).await;
        };
        tokio::join!(work, serve);

        // a message that makes no sense is still there, even if nobody knows which it is
        let (mut client, mut server) = connected("").await;
        let work = async {
            let mut cursor = Default::default();
            for round in 0..3 {
                let mut changes = client.resync("INBOX", cursor).unwrap();
                let mut told = Vec::new();
                while let Some(change) = changes.next().await.unwrap() {
                    told.push(change);
                }
                assert_eq!(told.len(), if round == 0 { 3 } else { 0 }, "{told:?}");
                cursor = changes.into_mailbox().await.unwrap().cursor().unwrap();
                assert_eq!(cursor.len(), 3);
            }
        };
        let serve = async {
            for damaged in ["FLAGS ()", "FLAGS (", "oops ("] {
                server.serve("SELECT INBOX", SELECTED).await;
                server.expect("UID FETCH 1:* (UID FLAGS)").await;
                let uid = if damaged == "oops (" { "" } else { "UID 20 " };
                server
                    .ok(&[
                        "1 FETCH (UID 10 FLAGS ())",
                        &format!("2 FETCH ({uid}{damaged})"),
                        "3 FETCH (UID 30 FLAGS ())",
                    ])
                    .await;
            }
        };
        tokio::join!(work, serve);
    })
    .await;
}

#[tokio::test]
async fn a_hundred_thousand_messages_here_and_there() {
    bounded(async {
        let (mut client, mut server) = connected("").await;
        let numbers: Vec<u32> = (1..=50_000).map(|n| n * 2).collect();
        let work = async {
            let mut inbox = client.select("INBOX").await.unwrap();
            let uids: Vec<Uid> = numbers.iter().copied().map(uid).collect();
            let mut mails = inbox.fetch(&uids, [FetchAttribute::Size]);
            let mut count = 0;
            while let Some(mail) = mails.next().await.unwrap() {
                let Fetched::Message(mail) = mail else { panic!() };
                assert_eq!(mail.size(), Some(7));
                count += 1;
            }
            assert_eq!(count, numbers.len());
            let copied = inbox.copy_to(&uids, "Archive").await.unwrap().unwrap();
            assert_eq!(copied.after(uid(100_000)), Some(uid(50_000)));
            // what follows a part that is refused is not sent
            assert!(inbox.add_flags(&uids, [Flag::SEEN]).await.is_err());
            // nor what follows one that nobody waits for
            assert!(once(inbox.copy_to(&uids, "Archive")).await.is_none());
            inbox.noop().await.unwrap();
        };
        let serve = async {
            server.serve("SELECT INBOX", &["50000 EXISTS"]).await;
            let mut left = numbers.as_slice();
            while !left.is_empty() {
                let command = server.command().await;
                assert!(command.len() < 8000, "{}", command.len());
                let set = command.strip_prefix("UID FETCH ").unwrap().strip_suffix(" RFC822.SIZE").unwrap();
                let (now, then) = left.split_at(set.split(',').count());
                left = then;
                let lines: Vec<String> =
                    now.iter().map(|n| format!("{} FETCH (UID {n} RFC822.SIZE 7)", n / 2)).collect();
                server.ok(&lines.iter().map(String::as_str).collect::<Vec<_>>()).await;
            }
            let mut done = 0;
            while done < numbers.len() {
                let command = server.command().await;
                let set = command.strip_prefix("UID COPY ").unwrap().strip_suffix(" Archive").unwrap();
                let first = done + 1;
                done += set.split(',').count();
                server.answer(&[], &format!("OK [COPYUID 9 {set} {first}:{done}] copied")).await;
            }
            assert!(server.command().await.starts_with("UID STORE 2,4,"));
            server.answer(&[], "NO [LIMIT] enough").await;
            assert!(server.command().await.starts_with("UID COPY 2,4,"));
            server.ok(&[]).await;
            server.serve("NOOP", &[]).await;
        };
        tokio::join!(work, serve);
    })
    .await;
}

#[tokio::test]
async fn a_server_that_talks_while_a_message_is_stored() {
    bounded(async {
        const OCTETS: usize = 1024 * 1024;
        let (mut client, mut server) = connected("LITERAL+").await;
        let work = async {
            let mut inbox = client.select("INBOX").await.unwrap();
            let message = vec![b'x'; OCTETS];
            inbox.append(message, AppendOptions::new()).await.unwrap();
            assert_eq!(inbox.take_changes().count(), 1000);
        };
        let serve = async {
            server.serve("SELECT INBOX", SELECTED).await;
            server.expect(&format!("APPEND INBOX {{{OCTETS}+}}")).await;
            server.begin_octets(OCTETS as u64);
            for n in 0..1000 {
                let flag = if n % 2 == 0 { "\\Seen" } else { "" };
                server.say(format!("* 1 FETCH (FLAGS ({flag}))\r\n")).await;
            }
            assert_eq!(server.finish_octets(OCTETS as u64).await.len(), OCTETS);
            assert_eq!(server.line().await, "");
            server.ok(&[]).await;
        };
        tokio::join!(work, serve);
    })
    .await;
}
