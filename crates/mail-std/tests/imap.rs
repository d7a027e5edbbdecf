//! The IMAP client against a server whose every word the test says.
#![cfg(feature = "imap")]
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, clippy::expect_used, missing_docs)]

mod scripted_server;

use std::time::Duration;

use imap_proto::command::FetchAttribute;
use imap_proto::extensions::acl::Rights;
use imap_proto::list::StatusItem;
use imap_proto::response::{Code, Content};
use imap_proto::search::SearchKey;
use imap_proto::session::{Advice, AppendOptions, Change, ListRequest, SessionError};
use imap_proto::{Capability, Flag, Misuse, Section, Uid, UidSet};
use mail_std::imap::{Fetched, ImapError};
use scripted_server::{both, bounded, clear, connected, pipe};

fn uid(number: u32) -> Uid {
    Uid::new(number).unwrap()
}

fn whole() -> FetchAttribute {
    FetchAttribute::Body { section: Section::whole(), partial: None, peek: true }
}

const SELECTED: &[&str] =
    &["FLAGS (\\Seen \\Deleted)", "3 EXISTS", "OK [UIDVALIDITY 7] ", "OK [UIDNEXT 31] "];

#[cfg(feature = "tls")]
mod tls {
    use super::*;
    use mail_std::Connection;
    use mail_std::imap::ImapClient;
    use sasl_core::Credentials;
    use test_support::{pki, puppet::Puppet};
    use wire_core::{Endpoint, Security};

    #[test]
    fn a_login_over_starttls_and_over_implicit_tls() {
        for security in [Security::StartTls, Security::ImplicitTls] {
            let (near, far) = std::os::unix::net::UnixStream::pair().unwrap();
            let alice = Credentials::password("alice", "secret");
            let builder = ImapClient::builder(pki::HOST, security, alice).tls(pki::client_tls());
            let served = move || {
                let tls = pki::server_tls().session().unwrap();
                let connection = match security {
                    Security::ImplicitTls => Connection::new(far, Endpoint::with_tls(Puppet::default(), tls)),
                    _ => Connection::new(far, Endpoint::new(Puppet::default()))
                        .with_tls_source(Box::new(move || Ok(tls))),
                };
                let mut server = scripted_server::Server::new(connection);
                if security == Security::StartTls {
                    server.say("* OK [CAPABILITY IMAP4rev1 STARTTLS LOGINDISABLED] hello\r\n");
                    server.serve("STARTTLS", &[]);
                    server.secure();
                } else {
                    server.say("* OK hello\r\n");
                }
                server.serve("CAPABILITY", &["CAPABILITY IMAP4rev1 AUTH=PLAIN"]);
                server.expect("AUTHENTICATE PLAIN");
                server.say("+ \r\n");
                assert_eq!(server.line(), "AGFsaWNlAHNlY3JldA==");
                server.ok(&[]);
                server.serve("CAPABILITY", &["CAPABILITY IMAP4rev1 IDLE"]);
                server
            };
            bounded(|| {
                let (client, mut server) = both(|| builder.connect_over(near), served);
                let client = client.unwrap();
                assert!(client.has(&Capability::IDLE) && client.is_ready());
                let (ended, ()) = both(
                    || client.logout(),
                    || {
                        server.serve("LOGOUT", &["BYE see you"]);
                        server.close();
                    },
                );
                ended.unwrap();
            });
        }
    }

    #[test]
    fn what_is_said_before_tls_counts_for_nothing() {
        bounded(|| {
            let (near, mut server) = pipe();
            let alice = Credentials::password("alice", "secret");
            let builder = ImapClient::builder(pki::HOST, Security::StartTls, alice).tls(pki::client_tls());
            let (client, ()) = both(
                || builder.connect_over(near),
                || {
                    server.say("* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] no TLS here\r\n");
                    server.gone();
                },
            );
            let error = client.unwrap_err();
            let ImapError::Session(error) = error else { panic!("{error}") };
            assert!(matches!(*error, SessionError::NoStartTls), "{error}");
        });
    }
}

#[test]
fn mailboxes_with_and_without_list_status() {
    bounded(|| {
        let request = || ListRequest::all().status([StatusItem::Messages, StatusItem::Unseen]);
        let (mut client, mut server) = connected("LIST-EXTENDED LIST-STATUS SPECIAL-USE");
        let (listed, ()) = both(
            || client.list(request()),
            || {
                let command = server.command();
                assert!(
                    command.starts_with("LIST ") && command.contains("STATUS (MESSAGES UNSEEN)"),
                    "{command}"
                );
                server.ok(&[
                    "LIST (\\HasNoChildren) \"/\" INBOX",
                    "STATUS INBOX (MESSAGES 17 UNSEEN 2)",
                    "LIST (\\Sent \\HasNoChildren) \"/\" \"Gesendete Objekte\"",
                    "LIST (\\HasNoChildren \"/\" broken",
                    "STATUS \"Gesendete Objekte\" (MESSAGES 5 UNSEEN 0)",
                ]);
            },
        );
        let listed = listed.unwrap();
        assert_eq!(listed.len(), 2);
        assert!(listed[0].name().is_inbox());
        assert_eq!(listed[0].status.as_ref().unwrap().unseen, Some(2));
        assert_eq!(listed[1].entry.attributes.special_uses().count(), 1);
        assert_eq!(listed[1].status.as_ref().unwrap().messages, Some(5));
        let damaged: Vec<_> = client.take_damaged().collect();
        assert_eq!(damaged.len(), 1, "a mailbox that makes no sense is not lost: {damaged:?}");

        let (mut client, mut server) = connected("");
        let (listed, ()) = both(
            || client.list(request()),
            || {
                server.serve(
                    "LIST \"\" \"*\"",
                    &["LIST () \"/\" INBOX", "LIST (\\Noselect) \"/\" shared", "LIST () \"/\" Entw&APw-rfe"],
                );
                server.serve("STATUS INBOX (MESSAGES UNSEEN)", &["STATUS INBOX (MESSAGES 1 UNSEEN 1)"]);
                server.expect("STATUS Entw&APw-rfe (MESSAGES UNSEEN)");
                server.answer(&[], "NO [NOPERM] not yours");
            },
        );
        let listed = listed.unwrap();
        assert_eq!(
            listed.iter().map(|one| one.name().to_string()).collect::<Vec<_>>(),
            ["INBOX", "shared", "Entwürfe"]
        );
        assert_eq!(listed[0].status.as_ref().unwrap().messages, Some(1));
        assert!(listed[1].status.is_none() && listed[2].status.is_none());
    });
}

#[test]
fn search_and_fetch_with_an_item_that_makes_no_sense() {
    bounded(|| {
        let (mut client, mut server) = connected("ESEARCH MOVE");
        let read = || {
            let mut inbox = client.select("INBOX").unwrap();
            assert_eq!((inbox.exists(), inbox.selected().uid_validity.unwrap().get()), (3, 7));
            let unread = inbox.search(SearchKey::unseen().and(SearchKey::from("newsletter"))).unwrap();
            assert_eq!(unread, [uid(10), uid(20), uid(30)]);
            let mut seen = Vec::new();
            let mut mails = inbox.fetch(&unread, [FetchAttribute::Envelope, FetchAttribute::Size]);
            while let Some(mail) = mails.next().unwrap() {
                seen.push(match mail {
                    Fetched::Message(mail) => {
                        let damaged =
                            mail.fetch.damaged().map(|item| item.name.to_string()).collect::<String>();
                        format!("{} {:?} {damaged}", mail.uid.unwrap(), mail.size())
                    }
                    Fetched::Damaged(damaged) => format!("{:?} is damaged", damaged.uid),
                });
            }
            assert!(mails.next().unwrap().is_none());
            assert_eq!(seen, ["10 Some(100) ", "20 Some(200) ENVELOPE", "Some(Uid(30)) is damaged"]);
            let moved = inbox.move_to(&unread, "Archive/Übersicht").unwrap().unwrap();
            assert_eq!(moved.after(uid(20)), Some(uid(2)));
            let news: Vec<_> = inbox.take_changes().collect();
            let flags: Vec<_> = news.iter().filter(|change| matches!(change, Change::Flags { .. })).collect();
            let gone = news.iter().filter(|change| matches!(change, Change::Vanished(_))).count();
            // of what was damaged only the number is known
            assert_eq!((flags.len(), gone), (1, 2), "{news:?}");
            assert!(matches!(news.last(), Some(Change::Expunged(_))));
            assert_eq!(inbox.exists(), 0);
            // nothing is nothing
            assert!(inbox.fetch(Vec::new(), [FetchAttribute::Flags]).next().unwrap().is_none());
            inbox.add_flags(Vec::new(), [Flag::SEEN]).unwrap();
        };
        let serve = || {
            server.serve("SELECT INBOX", SELECTED);
            server.serve(
                "UID SEARCH RETURN (ALL) UNSEEN FROM newsletter",
                &["ESEARCH (TAG \"x\") UID ALL 10,20,30"],
            );
            server.expect("UID FETCH 10,20,30 (ENVELOPE RFC822.SIZE)");
            server.ok(&[
                "1 FETCH (UID 10 RFC822.SIZE 100 ENVELOPE (NIL \"a\" NIL NIL NIL NIL NIL NIL NIL NIL))",
                // news between answers
                "3 FETCH (FLAGS (\\Seen))",
                "2 FETCH (UID 20 RFC822.SIZE 200 ENVELOPE oops)",
                "3 FETCH (UID 30 RFC822.SIZE (",
            ]);
            server.expect("UID MOVE 10,20,30 Archive/&ANw-bersicht");
            server.ok(&["OK [COPYUID 9 10,20,30 1:3] ", "1 EXPUNGE", "1 EXPUNGE", "1 EXPUNGE"]);
        };
        both(read, serve);
    });
}

#[test]
fn a_move_where_there_is_no_move() {
    bounded(|| {
        let (mut client, mut server) = connected("UIDPLUS");
        let work = || {
            let mut inbox = client.select("INBOX").unwrap();
            let moved = inbox.move_to([uid(10), uid(20)], "Archive").unwrap().unwrap();
            assert_eq!(moved.validity().unwrap().get(), 9);
            let error = inbox.move_to(uid(10), "Nowhere").unwrap_err();
            let ImapError::Refused { command: "MOVE", refused } = &error else { panic!("{error}") };
            assert_eq!(refused.code(), Some(&Code::TryCreate));
            assert_eq!(
                (error.advice(), error.to_string()),
                (Advice::Permanent, "MOVE was refused: no such mailbox".into())
            );
            assert!(matches!(inbox.move_to(uid(1), "a\r\nb"), Err(ImapError::Invalid(_))));
        };
        let serve = || {
            server.serve("SELECT INBOX", SELECTED);
            server.expect("UID COPY 10,20 Archive");
            server.answer(&[], "OK [COPYUID 9 10,20 1:2] copied");
            server.serve("UID STORE 10,20 +FLAGS.SILENT (\\Deleted)", &[]);
            server.serve("UID EXPUNGE 10,20", &["1 EXPUNGE", "1 EXPUNGE"]);
            server.expect("UID COPY 10 Nowhere");
            server.answer(&[], "NO [TRYCREATE] no such mailbox");
        };
        both(work, serve);

        let (mut client, mut server) = connected("");
        let work = || {
            let mut inbox = client.select("INBOX").unwrap();
            let error = inbox.move_to(uid(10), "Archive").unwrap_err();
            assert!(matches!(error, ImapError::Misuse(Misuse::WouldExpungeOthers)));
        };
        both(work, || server.serve("SELECT INBOX", SELECTED));
    });
}

/// 100 000 octets that differ from place to place.
fn large() -> Vec<u8> {
    (0..100_000_u32).map(|n| b'a' + u8::try_from(n * 7 % 26).unwrap()).collect()
}

#[test]
fn bodies_small_and_large_are_read_in_the_same_way() {
    bounded(|| {
        let (mut client, mut server) = connected("");
        let large = large();
        let work = || {
            let mut inbox = client.select("INBOX").unwrap();
            let mut mails = inbox.fetch(UidSet::all(), [whole(), FetchAttribute::Flags]);
            let mut bodies = Vec::new();
            while let Some(mail) = mails.next().unwrap() {
                let Fetched::Message(mut mail) = mail else { panic!() };
                while let Some(mut body) = mail.next_body().unwrap() {
                    assert_eq!(body.item().content, Content::Section(Section::whole()));
                    let mut octets = Vec::new();
                    let told = body.octets();
                    assert_eq!(body.copy_to(&mut octets).unwrap(), told);
                    bodies.push(octets);
                }
                // what stands behind the body is there once that is read
                assert!(mail.flags().is_some());
            }
            assert_eq!(bodies, [b"small".to_vec(), large.clone(), Vec::new()]);
        };
        let serve = || {
            server.serve("SELECT INBOX", SELECTED);
            server.expect("UID FETCH 1:* (BODY.PEEK[] FLAGS)");
            server.say("* 1 FETCH (UID 10 BODY[] {5}\r\nsmall FLAGS ())\r\n");
            server.say("* 2 FETCH (UID 20 BODY[] {100000}\r\n");
            server.say(large.clone());
            server.say(" FLAGS (\\Seen))\r\n* 3 FETCH (UID 30 BODY[] \"\" FLAGS ())\r\n");
            server.ok(&[]);
        };
        both(work, serve);
    });
}

#[test]
fn messages_that_are_dropped_half_way_leave_a_session_that_works() {
    bounded(|| {
        let (mut client, mut server) = connected("");
        let large = large();
        let work = || {
            let mut inbox = client.select("INBOX").unwrap();
            {
                let mut mails = inbox.fetch(UidSet::all(), [whole()]);
                let Some(Fetched::Message(mut mail)) = mails.next().unwrap() else { panic!() };
                let mut body = mail.next_body().unwrap().unwrap();
                assert!(body.next().unwrap().is_some());
            }
            let found = inbox.search(SearchKey::everything()).unwrap();
            assert_eq!(found, [uid(10), uid(20)]);
            // read over: a body, then a message
            let mut mails = inbox.fetch(&found, [whole()]);
            assert!(matches!(mails.next().unwrap(), Some(Fetched::Message(_))));
            let Some(Fetched::Message(mut mail)) = mails.next().unwrap() else { panic!() };
            assert_eq!(mail.uid, Some(uid(20)));
            let mut body = mail.next_body().unwrap().unwrap();
            assert_eq!(body.next().unwrap().unwrap(), "x");
        };
        let serve = || {
            let stream = [
                b"* 1 FETCH (UID 10 BODY[] {100000}\r\n",
                &large[..],
                b")\r\n* 2 FETCH (UID 20 BODY[] {1}\r\nx)\r\n",
            ]
            .concat();
            server.serve("SELECT INBOX", SELECTED);
            server.expect("UID FETCH 1:* BODY.PEEK[]");
            server.say(stream.clone());
            server.ok(&[]);
            server.serve("UID SEARCH ALL", &["SEARCH 10 20"]);
            server.expect("UID FETCH 10,20 BODY.PEEK[]");
            server.say(stream);
            server.ok(&[]);
        };
        both(work, serve);
    });
}

#[test]
fn parts_are_downloaded_decoded() {
    bounded(|| {
        // by the server
        let (mut client, mut server) = connected("BINARY");
        let work = || {
            let mut inbox = client.select("INBOX").unwrap();
            let mut octets = Vec::new();
            let mut part = inbox.download(uid(10), Some("2".parse().unwrap())).unwrap();
            assert_eq!(part.octets(), Some(3));
            assert_eq!(part.copy_to(&mut octets).unwrap(), 3);
            assert_eq!(octets, b"\x00\x01\x02");
            // it does not know how
            let mut octets = Vec::new();
            let mut part = inbox.download(uid(10), Some("3".parse().unwrap())).unwrap();
            assert_eq!(part.octets(), None);
            part.copy_to(&mut octets).unwrap();
            assert_eq!(octets, b"Hello, world");
            // as it is
            let mut whole = inbox.download(uid(10), None).unwrap();
            assert_eq!(whole.next().unwrap().unwrap(), "a: b\r\n");
            assert!(whole.next().unwrap().is_none() && whole.next().unwrap().is_none());
            assert!(matches!(inbox.download(uid(11), None), Err(ImapError::Missing)));
        };
        let serve = || {
            server.serve("SELECT INBOX", SELECTED);
            server.serve("UID FETCH 10 BINARY.PEEK[2]", &["1 FETCH (UID 10 BINARY[2] ~{3}\r\n\0\x01\x02)"]);
            server.expect("UID FETCH 10 BINARY.PEEK[3]");
            server.answer(&[], "NO [UNKNOWN-CTE] never heard");
            server.expect("UID FETCH 10 (BODY.PEEK[3.MIME] BODYSTRUCTURE)");
            server.ok(&[
                "1 FETCH (UID 10 BODY[3.MIME] \"Content-Transfer-Encoding: base64\" BODYSTRUCTURE nonsense)",
            ]);
            server.serve("UID FETCH 10 BODY.PEEK[3]", &["1 FETCH (UID 10 BODY[3] {16}\r\nSGVsbG8sIHdvcmxk)"]);
            server.serve("UID FETCH 10 BODY.PEEK[]", &["1 FETCH (UID 10 BODY[] {6}\r\na: b\r\n)"]);
            server.serve("UID FETCH 11 BODY.PEEK[]", &[]);
        };
        both(work, serve);

        // in pieces, and by the structure, for a message of one part has no header of its own for it everywhere
        let (mut client, mut server) = connected("");
        let content = large();
        let work = || {
            let mut inbox = client.select("INBOX").unwrap();
            let mut octets = Vec::new();
            let mut part = inbox.download(uid(10), Some("1".parse().unwrap())).unwrap();
            part.copy_to(&mut octets).unwrap();
            assert_eq!(octets, content);
            let dropped = inbox.download(uid(10), None).unwrap();
            assert_eq!(dropped.octets(), Some(100_000));
            inbox.noop().unwrap();
        };
        let serve = || {
            server.serve("SELECT INBOX", SELECTED);
            server.expect("UID FETCH 10 (BODY.PEEK[1.MIME] BODYSTRUCTURE)");
            server
                .ok(&["1 FETCH (UID 10 BODY[1.MIME] NIL BODYSTRUCTURE (\"IMAGE\" \"PNG\" NIL NIL NIL \"QUOTED-PRINTABLE\" 102000))"]);
            server.expect("UID FETCH 10 BODY.PEEK[1]");
            let encoded: Vec<u8> = content.chunks(50).flat_map(|line| [line, b"=\r\n"].concat()).collect();
            server.say(format!("* 1 FETCH (UID 10 BODY[1] {{{}}}\r\n", encoded.len()));
            server.say(encoded);
            server.say(")\r\n");
            server.ok(&[]);
            server.expect("UID FETCH 10 BODY.PEEK[]");
            server.say("* 1 FETCH (BODY[] {100000}\r\n");
            server.say(content.clone());
            server.say(" UID 10)\r\n");
            server.ok(&[]);
            server.serve("NOOP", &[]);
        };
        both(work, serve);
    });
}

#[test]
fn a_message_is_stored_from_a_stream() {
    const OCTETS: u64 = 5 * 1024 * 1024;
    bounded(|| {
        let (mut client, mut server) = connected("UIDPLUS");
        let work = || {
            let options = AppendOptions::new().flags([Flag::SEEN]);
            let source = std::io::Read::take(std::io::repeat(b'x'), 2 * OCTETS);
            let stored = client.append_stream("Sent", OCTETS, source, options).unwrap().unwrap();
            assert_eq!(stored.uids.to_string(), "77");
            // refused before an octet was sent
            let error = client.append("Nowhere", "abc", AppendOptions::new()).unwrap_err();
            assert!(matches!(error, ImapError::Refused { command: "APPEND", .. }), "{error}");
            assert_eq!(client.append("Sent", "abc", AppendOptions::new()).unwrap(), None);
            assert_eq!(client.append("Sent", "", AppendOptions::new()).unwrap(), None);
        };
        let serve = || {
            server.expect(&format!("APPEND Sent (\\Seen) {{{OCTETS}}}"));
            server.say("+ go on\r\n");
            assert!(server.octets(OCTETS).iter().all(|octet| *octet == b'x'));
            assert_eq!(server.line(), "");
            server.answer(&[], "OK [APPENDUID 9 77] stored");
            server.expect("APPEND Nowhere {3}");
            server.answer(&[], "NO [TRYCREATE] no such mailbox");
            server.expect("APPEND Sent {3}");
            server.say("+ \r\n");
            assert_eq!(server.octets(3), b"abc");
            assert_eq!(server.line(), "");
            server.ok(&[]);
            server.expect("APPEND Sent {0}");
            server.say("+ \r\n");
            assert_eq!(server.line(), "");
            server.ok(&[]);
        };
        both(work, serve);
    });
}

/// Fails.
struct Broken;

impl std::io::Read for Broken {
    fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
        Err(std::io::ErrorKind::Other.into())
    }
}

#[test]
fn a_message_that_cannot_be_given_whole_is_not_stored() {
    bounded(|| {
        // the source has too little
        let (mut client, mut server) = connected("LITERAL+");
        let work = || {
            let error = client.append_stream("Sent", 10, &b"12345"[..], AppendOptions::new()).unwrap_err();
            assert!(matches!(error, ImapError::Source(_)));
            assert!(!client.is_ready());
            let error = client.noop().unwrap_err();
            assert!(matches!(error, ImapError::Closed(None)), "{error}");
            drop(client);
        };
        let serve = || {
            let most = "abcdef9 APPEND Sent {10+}\r\n12345".len() as u64;
            assert!(server.octets_until_gone(1000) <= most);
        };
        both(work, serve);

        // the source fails
        let (mut client, mut server) = connected("LITERAL+");
        let work = || {
            let source = std::io::Read::chain(&b"12345"[..], Broken);
            let error = client.append_stream("Sent", 10, source, AppendOptions::new()).unwrap_err();
            assert!(matches!(error, ImapError::Source(_)));
            assert!(matches!(client.noop(), Err(ImapError::Closed(_))));
            drop(client);
        };
        let serve = || {
            let most = "abcdef9 APPEND Sent {10+}\r\n12345".len() as u64;
            assert!(server.octets_until_gone(1000) <= most);
        };
        both(work, serve);
    });
}

#[test]
fn a_watch_is_woken_and_looks_up_in_between() {
    bounded(|| {
        let (mut client, mut server) = connected("IDLE");
        let work = || {
            let mut inbox = client.select("INBOX").unwrap();
            let mut watch = inbox.watch();
            let mut news = Vec::new();
            while news.len() < 4 {
                if let Some(change) = watch.next_within(Duration::from_millis(1)).unwrap() {
                    news.push(change);
                }
            }
            assert_eq!(
                news[0],
                Change::New { uid: uid(31), flags: Some([Flag::FLAGGED].into_iter().collect()) }
            );
            assert!(matches!(&news[1], Change::Flags { uid: Some(one), .. } if *one == uid(20)), "{news:?}");
            assert_eq!(news[2], Change::Vanished(uid(10).into()));
            assert!(matches!(&news[3], Change::New { uid: one, .. } if *one == uid(32)), "{news:?}");
            watch.stop().unwrap();
            assert_eq!(inbox.exists(), 4);
            assert_eq!(inbox.cursor().unwrap().len(), 4);
            inbox.noop().unwrap();
            let late: Vec<_> = inbox.take_changes().collect();
            assert_eq!(late, [Change::Vanished(uid(20).into())]);
            // dropped, it ends with the next call
            assert!(inbox.watch().next_within(Duration::from_millis(20)).unwrap().is_none());
            inbox.noop().unwrap();
        };
        let serve = || {
            server.serve("SELECT INBOX", SELECTED);
            server.expect("UID FETCH 1:* (UID FLAGS)");
            server.ok(&[
                "1 FETCH (UID 10 FLAGS ())",
                "2 FETCH (UID 20 FLAGS ())",
                "3 FETCH (UID 30 FLAGS ())",
            ]);
            server.expect("IDLE");
            server.say("+ idling\r\n* 4 EXISTS\r\n");
            assert_eq!(server.line(), "DONE");
            server.ok(&[]);
            server.expect("UID FETCH 31:* (UID FLAGS)");
            server.ok(&["4 FETCH (UID 31 FLAGS (\\Flagged))"]);
            server.expect("IDLE");
            server.say("+ idling\r\n* 2 FETCH (FLAGS (\\Seen))\r\n");
            server.say("* 1 EXPUNGE\r\n* 4 EXISTS\r\n");
            assert_eq!(server.line(), "DONE");
            server.ok(&[]);
            server.expect("UID FETCH 32:* (UID FLAGS)");
            server.ok(&["4 FETCH (UID 32 FLAGS ())"]);
            server.serve("NOOP", &["1 EXPUNGE"]);
            server.expect("IDLE");
            server.say("+ idling\r\n");
            assert_eq!(server.line(), "DONE");
            server.ok(&[]);
            server.serve("NOOP", &[]);
        };
        both(work, serve);
    });
}

#[test]
fn what_changed_is_told_by_qresync_by_condstore_and_by_comparison() {
    bounded(|| {
        // all is new at first
        let (mut client, mut server) = connected("ENABLE QRESYNC CONDSTORE");
        let selected = ["3 EXISTS", "OK [UIDVALIDITY 7] ", "OK [UIDNEXT 31] ", "OK [HIGHESTMODSEQ 100] "];
        let work = || {
            let mut changes = client.resync("INBOX", Default::default()).unwrap();
            let mut new = Vec::new();
            while let Some(change) = changes.next().unwrap() {
                let Change::New { uid, .. } = change else { panic!("{change:?}") };
                new.push(uid.get());
            }
            assert_eq!(new, [10, 20, 30]);
            let inbox = changes.into_mailbox().unwrap();
            assert_eq!(inbox.exists(), 3);
            inbox.cursor().unwrap()
        };
        let serve = || {
            let command = server.command();
            assert!(command.starts_with("SELECT INBOX"), "{command}");
            server.answer(&selected, "OK [READ-WRITE] done");
            server.expect("UID FETCH 1:* (UID FLAGS)");
            server.ok(&[
                "1 FETCH (UID 10 FLAGS ())",
                "2 FETCH (UID 20 FLAGS ())",
                "3 FETCH (UID 30 FLAGS ())",
            ]);
        };
        let (cursor, ()) = both(work, serve);

        let now = ["3 EXISTS", "OK [UIDVALIDITY 7] ", "OK [UIDNEXT 32] ", "OK [HIGHESTMODSEQ 120] "];
        for capabilities in ["ENABLE QRESYNC CONDSTORE", "ENABLE CONDSTORE", ""] {
            let (mut client, mut server) = connected(capabilities);
            let cursor = cursor.clone();
            let work = || {
                let mut changes = client.resync("INBOX", cursor).unwrap();
                let mut told = Vec::new();
                while let Some(change) = changes.next().unwrap() {
                    told.push(match change {
                        Change::New { uid, .. } => format!("new {uid}"),
                        Change::Flags { uid, flags, .. } => {
                            format!("flags {} {}", uid.unwrap(), flags.unwrap())
                        }
                        Change::Vanished(uids) => format!("gone {uids}"),
                        other => panic!("{other:?}"),
                    });
                }
                told.sort_unstable();
                assert_eq!(told, ["flags 20 \\Seen", "gone 10", "new 31"], "{capabilities}");
                let mut inbox = changes.into_mailbox().unwrap();
                assert_eq!((inbox.exists(), inbox.cursor().unwrap().len()), (3, 3));
                inbox.noop().unwrap();
                assert_eq!(inbox.take_changes().collect::<Vec<_>>(), []);
            };
            let serve = || {
                let command = server.command();
                assert!(command.starts_with("SELECT INBOX"), "{command}");
                if capabilities.contains("QRESYNC") {
                    assert!(command.contains("(QRESYNC (7 100 10,20,30"), "{command}");
                    let mut data = now.to_vec();
                    data.extend([
                        "VANISHED (EARLIER) 10",
                        "1 FETCH (UID 20 FLAGS (\\Seen) MODSEQ (110))",
                        "3 FETCH (UID 31 FLAGS () MODSEQ (120))",
                    ]);
                    server.ok(&data);
                } else if capabilities.contains("CONDSTORE") {
                    server.ok(&now);
                    let command = server.command();
                    assert!(command.contains("(CHANGEDSINCE 100)"), "{command}");
                    server.ok(&[
                        "1 FETCH (UID 20 FLAGS (\\Seen) MODSEQ (110))",
                        "3 FETCH (UID 31 FLAGS () MODSEQ (120))",
                    ]);
                    server.serve("UID SEARCH ALL", &["SEARCH 20 30 31"]);
                } else {
                    server.ok(&now[..3]);
                    server.expect("UID FETCH 1:* (UID FLAGS)");
                    server.ok(&[
                        "1 FETCH (UID 20 FLAGS (\\Seen))",
                        "2 FETCH (UID 30 FLAGS ())",
                        "3 FETCH (UID 31 FLAGS ())",
                    ]);
                }
                server.serve("NOOP", &[]);
            };
            both(work, serve);
        }
    });
}

#[test]
fn a_server_that_leaves() {
    bounded(|| {
        // with a word, in the middle of a command
        let (mut client, mut server) = connected("");
        let work = || {
            let error = client.noop().unwrap_err();
            assert_eq!(error.to_string(), "the server closed the session: going down for maintenance");
            assert!(error.is_transient());
            assert!(matches!(client.noop(), Err(ImapError::Closed(Some(_)))));
            assert!(matches!(client.list(ListRequest::all()), Err(ImapError::Closed(Some(_)))));
        };
        let serve = || {
            server.expect("NOOP");
            server.say("* BYE going down for maintenance\r\n");
            server.close();
        };
        both(work, serve);

        // without a word, in the middle of a literal
        let (mut client, mut server) = connected("");
        let work = || {
            let mut inbox = client.select("INBOX").unwrap();
            let mut mails = inbox.fetch(UidSet::all(), [whole()]);
            let Some(Fetched::Message(mut mail)) = mails.next().unwrap() else { panic!() };
            let mut body = mail.next_body().unwrap().unwrap();
            let error = loop {
                match body.next() {
                    Ok(chunk) => assert!(chunk.is_some(), "what is cut is not whole"),
                    Err(error) => break error,
                }
            };
            assert!(matches!(error, ImapError::Session(_)), "{error}");
            assert_eq!(error.advice(), Advice::Reconnect);
            assert!(mails.next().is_err());
        };
        let serve = || {
            server.serve("SELECT INBOX", SELECTED);
            server.expect("UID FETCH 1:* BODY.PEEK[]");
            server.say("* 1 FETCH (UID 10 BODY[] {100000}\r\n");
            server.say(vec![b'x'; 50_000]);
            server.close();
        };
        both(work, serve);

        // before it has greeted
        let (near, mut server) = pipe();
        let (client, ()) = both(
            || clear().connect_over(near),
            || {
                server.say("* BYE [UNAVAILABLE] too many connections\r\n");
                server.close();
            },
        );
        assert_eq!(client.unwrap_err().advice(), Advice::Later);
    });
}

#[test]
fn everything_about_an_account() {
    bounded(|| {
        let builder = clear().identification(
            imap_proto::extensions::id::Identification::new().with("name", Some("Postwire")).unwrap(),
        );
        let (near, mut server) = pipe();
        let welcome = || {
            server.say("* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN SASL-IR ID] hello\r\n");
            assert!(server.command().starts_with("AUTHENTICATE PLAIN "));
            server.answer(&[], "OK [CAPABILITY IMAP4rev1 ID] welcome");
            server.serve(
                "ID (\"name\" \"Postwire\")",
                &["ID NIL", "OK [ALERT] Your password expires tomorrow"],
            );
        };
        let (client, ()) = both(|| builder.connect_over(near), welcome);
        let mut client = client.unwrap();
        let notices: Vec<_> = client.take_notices().collect();
        assert_eq!(notices[0].text, "Your password expires tomorrow");
        let work = || {
            let status = client.status("INBOX", [StatusItem::Messages]).unwrap();
            assert_eq!(status.messages, Some(17));
            client.create("Entwürfe").unwrap();
            client.create_for("Sent", [Flag::try_from("\\Sent").unwrap()]).unwrap();
            client.rename("Sent", "Sent mail").unwrap();
            client.subscribe("Sent mail").unwrap();
            client.unsubscribe("Sent mail").unwrap();
            client.delete("Sent mail").unwrap();
            assert_eq!(client.namespaces().unwrap().personal.len(), 1);
            assert!(client.id(None).unwrap().unwrap().get("name").is_some());
            let (roots, quotas) = client.quota_roots("INBOX").unwrap();
            assert_eq!((roots.roots.len(), quotas[0].resources[0].usage), (1, 10));
            assert_eq!(client.quota("").unwrap().resources[0].limit, 512);
            assert_eq!(client.acl("INBOX").unwrap().entries.len(), 1);
            assert!(client.my_rights("INBOX").unwrap().contains(Rights::try_from("lr").unwrap()));
            client.delete_acl("INBOX", "fred").unwrap();
            let error = client.status("INBOX", [StatusItem::Messages]).unwrap_err();
            assert!(matches!(error, ImapError::Missing), "{error}");
            let answer = client.run(imap_proto::Command::GetJmapAccess).unwrap_err();
            assert!(matches!(answer, ImapError::Refused { .. }), "{answer}");
            assert!(matches!(
                client.run(imap_proto::Command::Check),
                Err(ImapError::Misuse(Misuse::State)) // nothing is selected
            ));
            assert!(matches!(client.run(imap_proto::Command::Logout), Err(ImapError::Misuse(_))));
        };
        let serve = || {
            server.serve("STATUS INBOX (MESSAGES)", &["STATUS INBOX (MESSAGES 17)"]);
            server.serve("CREATE Entw&APw-rfe", &[]);
            server.serve("CREATE Sent (USE (\\Sent))", &[]);
            server.serve("RENAME Sent \"Sent mail\"", &[]);
            server.serve("SUBSCRIBE \"Sent mail\"", &[]);
            server.serve("UNSUBSCRIBE \"Sent mail\"", &[]);
            server.serve("DELETE \"Sent mail\"", &[]);
            server.serve("NAMESPACE", &["NAMESPACE ((\"\" \"/\")) NIL NIL"]);
            server.serve("ID NIL", &["ID (\"name\" \"Puppet\")"]);
            server.serve("GETQUOTAROOT INBOX", &["QUOTAROOT INBOX \"\"", "QUOTA \"\" (STORAGE 10 512)"]);
            server.serve("GETQUOTA \"\"", &["QUOTA \"\" (STORAGE 10 512)"]);
            server.serve("GETACL INBOX", &["ACL INBOX alice lrswi"]);
            server.serve("MYRIGHTS INBOX", &["MYRIGHTS INBOX lrs"]);
            server.serve("DELETEACL INBOX fred", &[]);
            server.serve("STATUS INBOX (MESSAGES)", &[]);
            server.expect("GETJMAPACCESS");
            server.answer(&[], "BAD what?");
        };
        both(work, serve);
    });
}

#[test]
fn news_that_nobody_takes_are_bounded() {
    bounded(|| {
        let (mut client, mut server) = connected("");
        let work = || {
            let mut inbox = client.select("INBOX").unwrap();
            inbox.noop().unwrap();
            let news: Vec<_> = inbox.take_changes().collect();
            assert_eq!(news[0], Change::Lost);
            assert!(news.len() <= 10_000, "{}", news.len());
        };
        let serve = || {
            server.serve("SELECT INBOX", SELECTED);
            let lines: Vec<String> = (0..25_000)
                .map(|n| format!("1 FETCH (FLAGS ({}))", if n % 2 == 0 { "\\Seen" } else { "" }))
                .collect();
            let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
            server.serve("NOOP", &lines);
        };
        both(work, serve);
    });
}

#[test]
fn a_server_that_talks_while_a_message_is_stored() {
    bounded(|| {
        const OCTETS: usize = 1024 * 1024;
        let (mut client, mut server) = connected("LITERAL+");
        let work = || {
            let mut inbox = client.select("INBOX").unwrap();
            let message = vec![b'x'; OCTETS];
            inbox.append(message, AppendOptions::new()).unwrap();
            assert_eq!(inbox.take_changes().count(), 1000);
        };
        let serve = || {
            server.serve("SELECT INBOX", SELECTED);
            server.expect(&format!("APPEND INBOX {{{OCTETS}+}}"));
            server.begin_octets(OCTETS as u64);
            // in one piece: neither side reads while it writes
            let flags = |n| if n % 2 == 0 { "\\Seen" } else { "" };
            let news: String = (0..1000).map(|n| format!("* 1 FETCH (FLAGS ({}))\r\n", flags(n))).collect();
            server.say(news);
            assert_eq!(server.finish_octets(OCTETS as u64).len(), OCTETS);
            assert_eq!(server.line(), "");
            server.ok(&[]);
        };
        both(work, serve);
    });
}
