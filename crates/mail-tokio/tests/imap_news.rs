//! News of mailboxes by the IMAP client, against a server whose every word the test says: what is told while somebody waits, and
//! what changed meanwhile.
#![cfg(feature = "imap")]
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, clippy::expect_used, missing_docs)]

mod scripted_server;

use imap_proto::Flag;
use imap_proto::session::Change;
use scripted_server::{SELECTED, bounded, clear, connected, connected_by, once, uid};

#[tokio::test]
async fn a_watch_is_woken_however_often_its_future_is_dropped() {
    bounded(async {
        let (mut client, mut server) = connected("IDLE").await;
        let work = async {
            let mut inbox = client.select("INBOX").await.unwrap();
            let mut watch = inbox.watch();
            let mut news = Vec::new();
            while news.len() < 4 {
                match once(watch.next()).await {
                    Some(change) => news.push(change.unwrap()),
                    None => tokio::task::yield_now().await,
                }
            }
            assert_eq!(
                news[0],
                Change::New { uid: uid(31), flags: Some([Flag::FLAGGED].into_iter().collect()) }
            );
            assert!(matches!(&news[1], Change::Flags { uid: Some(one), .. } if *one == uid(20)), "{news:?}");
            assert_eq!(news[2], Change::Vanished(uid(10).into()));
            assert!(matches!(&news[3], Change::New { uid: one, .. } if *one == uid(32)), "{news:?}");
            watch.stop().await.unwrap();
            assert_eq!(inbox.exists(), 4);
            assert_eq!(inbox.cursor().unwrap().len(), 4);
            inbox.noop().await.unwrap();
            let late: Vec<_> = inbox.take_changes().collect();
            assert_eq!(late, [Change::Vanished(uid(20).into())]);
            // dropped, it ends with the next call
            assert!(once(inbox.watch().next()).await.is_none());
            inbox.noop().await.unwrap();
        };
        let serve = async {
            server.serve("SELECT INBOX", SELECTED).await;
            server.expect("UID FETCH 1:* (UID FLAGS)").await;
            server
                .ok(&["1 FETCH (UID 10 FLAGS ())", "2 FETCH (UID 20 FLAGS ())", "3 FETCH (UID 30 FLAGS ())"])
                .await;
            server.expect("IDLE").await;
            server.say("+ idling\r\n* 4 EXISTS\r\n").await;
            assert_eq!(server.line().await, "DONE");
            server.ok(&[]).await;
            server.expect("UID FETCH 31:* (UID FLAGS)").await;
            server.ok(&["4 FETCH (UID 31 FLAGS (\\Flagged))"]).await;
            server.expect("IDLE").await;
            server.say("+ idling\r\n* 2 FETCH (FLAGS (\\Seen))\r\n").await;
            server.say("* 1 EXPUNGE\r\n* 4 EXISTS\r\n").await;
            assert_eq!(server.line().await, "DONE");
            server.ok(&[]).await;
            server.expect("UID FETCH 32:* (UID FLAGS)").await;
            server.ok(&["4 FETCH (UID 32 FLAGS ())"]).await;
            server.serve("NOOP", &["1 EXPUNGE"]).await;
            server.expect("IDLE").await;
            server.say("+ idling\r\n").await;
            assert_eq!(server.line().await, "DONE");
            server.ok(&[]).await;
            server.serve("NOOP", &[]).await;
        };
        tokio::join!(work, serve);
    })
    .await;
}

#[tokio::test]
async fn what_changed_is_told_by_qresync_by_condstore_and_by_comparison() {
    bounded(async {
        // all is new at first
        let (mut client, mut server) = connected("ENABLE QRESYNC CONDSTORE").await;
        let selected = ["3 EXISTS", "OK [UIDVALIDITY 7] ", "OK [UIDNEXT 31] ", "OK [HIGHESTMODSEQ 100] "];
        let work = async {
            let mut changes = client.resync("INBOX", Default::default()).unwrap();
            let mut new = Vec::new();
            while let Some(change) = changes.next().await.unwrap() {
                let Change::New { uid, .. } = change else { panic!("{change:?}") };
                new.push(uid.get());
            }
            assert_eq!(new, [10, 20, 30]);
            let inbox = changes.into_mailbox().await.unwrap();
            assert_eq!(inbox.exists(), 3);
            inbox.cursor().unwrap()
        };
        let serve = async {
            let command = server.command().await;
            assert!(command.starts_with("SELECT INBOX"), "{command}");
            server.answer(&selected, "OK [READ-WRITE] done").await;
            server.expect("UID FETCH 1:* (UID FLAGS)").await;
            server
                .ok(&["1 FETCH (UID 10 FLAGS ())", "2 FETCH (UID 20 FLAGS ())", "3 FETCH (UID 30 FLAGS ())"])
                .await;
        };
        let (cursor, ()) = tokio::join!(work, serve);

        let now = ["3 EXISTS", "OK [UIDVALIDITY 7] ", "OK [UIDNEXT 32] ", "OK [HIGHESTMODSEQ 120] "];
        for capabilities in ["ENABLE QRESYNC CONDSTORE", "ENABLE CONDSTORE", ""] {
            let (mut client, mut server) = connected(capabilities).await;
            let cursor = cursor.clone();
            let work = async {
                let mut changes = client.resync("INBOX", cursor).unwrap();
                let mut told = Vec::new();
                while let Some(change) = changes.next().await.unwrap() {
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
                let mut inbox = changes.into_mailbox().await.unwrap();
                assert_eq!((inbox.exists(), inbox.cursor().unwrap().len()), (3, 3));
                inbox.noop().await.unwrap();
                assert_eq!(inbox.take_changes().collect::<Vec<_>>(), []);
            };
            let serve = async {
                let command = server.command().await;
                assert!(command.starts_with("SELECT INBOX"), "{command}");
                if capabilities.contains("QRESYNC") {
                    assert!(command.contains("(QRESYNC (7 100 10,20,30"), "{command}");
                    let mut data = now.to_vec();
                    data.extend([
                        "VANISHED (EARLIER) 10",
                        "1 FETCH (UID 20 FLAGS (\\Seen) MODSEQ (110))",
                        "3 FETCH (UID 31 FLAGS () MODSEQ (120))",
                    ]);
                    server.ok(&data).await;
                } else if capabilities.contains("CONDSTORE") {
                    server.ok(&now).await;
                    let command = server.command().await;
                    assert!(command.contains("(CHANGEDSINCE 100)"), "{command}");
                    server
                        .ok(&[
                            "1 FETCH (UID 20 FLAGS (\\Seen) MODSEQ (110))",
                            "3 FETCH (UID 31 FLAGS () MODSEQ (120))",
                        ])
                        .await;
                    server.serve("UID SEARCH ALL", &["SEARCH 20 30 31"]).await;
                } else {
                    server.ok(&now[..3]).await;
                    server.expect("UID FETCH 1:* (UID FLAGS)").await;
                    server
                        .ok(&[
                            "1 FETCH (UID 20 FLAGS (\\Seen))",
                            "2 FETCH (UID 30 FLAGS ())",
                            "3 FETCH (UID 31 FLAGS ())",
                        ])
                        .await;
                }
                server.serve("NOOP", &[]).await;
            };
            tokio::join!(work, serve);
        }
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_watch_without_idle_asks_and_one_with_notify_is_told() {
    use imap_proto::session::Profile;
    let builder = clear().profile(Profile::new().poll_seconds(7));
    let (mut client, mut server) = connected_by(builder, "").await;
    let began = tokio::time::Instant::now();
    let work = async {
        let mut inbox = client.select("INBOX").await.unwrap();
        let mut watch = inbox.watch();
        assert!(matches!(watch.next().await.unwrap(), Change::New { uid: one, .. } if one == uid(31)));
        assert_eq!(began.elapsed().as_secs(), 14);
        watch.stop().await.unwrap();
        inbox.noop().await.unwrap();
    };
    let serve = async {
        server.serve("SELECT INBOX", &["0 EXISTS"]).await;
        server.serve("NOOP", &[]).await;
        server.serve("NOOP", &["1 EXISTS"]).await;
        server.serve("UID FETCH 1:* (UID FLAGS)", &["1 FETCH (UID 31 FLAGS ())"]).await;
        server.serve("NOOP", &[]).await;
    };
    tokio::join!(work, serve);

    let (mut client, mut server) = connected("NOTIFY IDLE").await;
    let work = async {
        let mut inbox = client.select("INBOX").await.unwrap();
        let mut watch = inbox.watch();
        assert!(matches!(watch.next().await.unwrap(), Change::New { uid: one, .. } if one == uid(31)));
        assert_eq!(watch.next().await.unwrap(), Change::Vanished(uid(31).into()));
        inbox.noop().await.unwrap();
    };
    let serve = async {
        server.serve("SELECT INBOX", &["0 EXISTS"]).await;
        assert!(server.command().await.starts_with("NOTIFY SET "));
        server.ok(&[]).await;
        server.say("* 1 EXISTS\r\n").await;
        let command = server.command().await;
        assert!(command.starts_with("UID FETCH "), "{command}");
        server.ok(&["1 FETCH (UID 31 FLAGS ())"]).await;
        server.say("* 1 EXPUNGE\r\n").await;
        server.serve("NOTIFY NONE", &[]).await;
        server.serve("NOOP", &[]).await;
    };
    tokio::join!(work, serve);
}

#[tokio::test]
async fn news_that_nobody_takes_are_bounded() {
    bounded(async {
        let (mut client, mut server) = connected_by(clear(), "").await;
        let work = async {
            let mut inbox = client.select("INBOX").await.unwrap();
            inbox.noop().await.unwrap();
            let news: Vec<_> = inbox.take_changes().collect();
            assert_eq!(news[0], Change::Lost);
            assert!(news.len() <= 10_000, "{}", news.len());
        };
        let serve = async {
            server.serve("SELECT INBOX", SELECTED).await;
            let lines: Vec<String> = (0..25_000)
                .map(|n| format!("1 FETCH (FLAGS ({}))", if n % 2 == 0 { "\\Seen" } else { "" }))
                .collect();
            let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
            server.serve("NOOP", &lines).await;
        };
        tokio::join!(work, serve);
    })
    .await;
}

#[tokio::test]
async fn what_arrives_between_two_watches_is_told() {
    bounded(async {
        let (mut client, mut server) = connected("IDLE").await;
        let work = async {
            let mut inbox = client.select("INBOX").await.unwrap();
            assert!(matches!(inbox.watch().next().await.unwrap(), Change::Flags { .. }));
            inbox.noop().await.unwrap();
            assert_eq!(inbox.take_changes().collect::<Vec<_>>(), [Change::Arrived(1)]);
            assert!(
                matches!(inbox.watch().next().await.unwrap(), Change::New { uid: one, .. } if one == uid(31))
            );
        };
        let serve = async {
            server.serve("SELECT INBOX", SELECTED).await;
            server.expect("UID FETCH 1:* (UID FLAGS)").await;
            server
                .ok(&["1 FETCH (UID 10 FLAGS ())", "2 FETCH (UID 20 FLAGS ())", "3 FETCH (UID 30 FLAGS ())"])
                .await;
            server.expect("IDLE").await;
            server.say("+ idling\r\n* 1 FETCH (FLAGS (\\Seen))\r\n").await;
            assert_eq!(server.line().await, "DONE");
            server.ok(&[]).await;
            server.serve("NOOP", &["4 EXISTS"]).await;
            server.serve("UID FETCH 31:* (UID FLAGS)", &["4 FETCH (UID 31 FLAGS ())"]).await;
        };
        tokio::join!(work, serve);
    })
    .await;
}
