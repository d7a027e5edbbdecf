//! Sessions: how they open, how they keep up with a mailbox, and what they do with servers that do it otherwise.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod driven;

use std::time::Duration;

use driven::session::{Visit, opening, uids};
use imap_proto::command::{FetchAttribute, FetchCommand};
use imap_proto::session::{Cursor, SessionError};
use imap_proto::{Command, Limits, MailboxName, Misuse, Section, Seq, Uid};

fn inbox() -> MailboxName {
    MailboxName::INBOX
}

/// A session that has resynchronised: three messages, 10, 20 and 30, the second seen.
fn resynced(capabilities: &str, modseq: &str) -> (Visit, Cursor) {
    let mut visit = Visit::open(capabilities, 0);
    let look = "* 3 EXISTS\r\n* OK [UIDVALIDITY 7] v\r\n* OK [UIDNEXT 40] n\r\n";
    visit.answer("SELECT", &format!("{look}{modseq}% OK\r\n"));
    visit.answer(
        "UID FETCH 1:*",
        "* 1 FETCH (UID 10 FLAGS ())\r\n* 2 FETCH (UID 20 FLAGS (\\Seen))\r\n* 3 FETCH (UID 30 FLAGS ())\r\n% OK\r\n",
    );
    visit.session().resync(inbox(), Cursor::default()).unwrap();
    visit.run();
    assert_eq!(visit.told(), ["new 10", "new 20", "new 30", "selected 3"]);
    let cursor = visit.session().cursor().unwrap();
    visit.sent.clear();
    (visit, cursor)
}

#[test]
fn the_order_of_an_opening() {
    let mut visit = Visit::new(opening());
    visit.answer("CAPABILITY", "* CAPABILITY IMAP4rev1 ENABLE QRESYNC UTF8=ACCEPT AUTH=PLAIN\r\n% OK\r\n");
    visit.answer("AUTHENTICATE", "+ \r\n").answer("AGpvZQBwZW5jaWw=", "% OK in\r\n");
    visit.answer("ENABLE", "* ENABLED UTF8=ACCEPT QRESYNC\r\n% OK\r\n");
    visit.says("* OK hi\r\n");
    assert_eq!(
        visit.sent,
        ["CAPABILITY", "AUTHENTICATE PLAIN", "AGpvZQBwZW5jaWw=", "CAPABILITY", "ENABLE UTF8=ACCEPT QRESYNC"]
    );
    assert_eq!(visit.told(), ["ready"]);
    assert!(visit.session().client().dialect().utf8);
}

#[test]
fn another_way_to_log_in() {
    // BAD is about the way, NO about who wants in.
    let mut visit = Visit::new(opening());
    visit.answer("AUTHENTICATE", "% BAD what\r\n").answer("LOGIN", "% OK [CAPABILITY IMAP4rev1] in\r\n");
    visit.says("* OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN] hi\r\n");
    assert_eq!(visit.sent, ["AUTHENTICATE PLAIN AGpvZQBwZW5jaWw=", "LOGIN joe \"pencil\""]);
    assert_eq!(visit.told(), ["ready"]);
    let mut visit = Visit::new(opening());
    visit.answer("AUTHENTICATE", "% NO [AUTHENTICATIONFAILED] no\r\n");
    visit.says("* OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN] hi\r\n");
    assert!(matches!(visit.error, Some(SessionError::Login { .. })));
    assert_eq!(visit.sent.len(), 1);
    let mut visit = Visit::new(opening());
    visit.says("* OK [CAPABILITY IMAP4rev1 LOGINDISABLED] hi\r\n");
    assert!(matches!(visit.error, Some(SessionError::NoMechanism(_))) && visit.sent.is_empty());
}

#[test]
fn news_of_the_mailbox_before_are_not_of_the_next() {
    for closed in ["* OK [CLOSED] closed\r\n", ""] {
        let mut visit = Visit::open("IMAP4rev1 ENABLE CONDSTORE QRESYNC", 10);
        visit.answer(
            "SELECT other",
            &format!(
                "* 10 EXPUNGE\r\n* VANISHED 4\r\n* 2 FETCH (UID 3 FLAGS ())\r\n* 11 EXISTS\r\n{closed}* 3 EXISTS\r\n* OK [UIDVALIDITY 8] v\r\n% OK\r\n"
            ),
        );
        visit.session().select(MailboxName::new("other").unwrap(), false).unwrap();
        visit.run();
        assert_eq!(visit.told(), ["selected 3"], "{closed:?}");
        assert_eq!((visit.session().view().exists(), visit.session().view().uids().count()), (3, 0));
    }
}

#[test]
fn what_arrives_while_a_mailbox_is_looked_at() {
    let mut visit = Visit::open("IMAP4rev1", 0);
    visit.answer("SELECT", "* 1 EXISTS\r\n* OK [UIDVALIDITY 7] v\r\n% OK\r\n");
    visit.answer("UID FETCH 1:*", "* 1 FETCH (UID 5 FLAGS ())\r\n* 2 EXISTS\r\n% OK\r\n");
    visit.answer("UID FETCH 6:*", "* 2 FETCH (UID 6 FLAGS ())\r\n% OK\r\n");
    visit.session().resync(inbox(), Cursor::default()).unwrap();
    visit.run();
    assert_eq!(visit.told(), ["new 5", "new 6", "selected 1"]);
    assert!(visit.session().view().is_complete());
    // And what goes: it is one of two, and asking once more says which.
    visit.answer("UID FETCH 1:*", "* 1 FETCH (UID 5 FLAGS ())\r\n% OK\r\n");
    visit.answer("UID SEARCH", "");
    visit.session().resync(inbox(), Cursor::default()).unwrap();
    visit.run();
    assert_eq!(visit.told(), ["new 5", "selected 1"]);
}

#[test]
fn what_came_before_a_watch_is_told_by_it() {
    let (mut visit, _) = resynced("IMAP4rev1 IDLE", "");
    visit.answer("NOOP", "* 4 EXISTS\r\n* 1 EXPUNGE\r\n% OK\r\n");
    visit.session().run(Command::Noop).unwrap();
    visit.run();
    assert_eq!(visit.told(), ["Arrived(1)", "gone 10", "done"]);
    visit.answer("UID FETCH 31:*", "* 3 FETCH (UID 40 FLAGS ())\r\n% OK\r\n").answer("IDLE", "+ \r\n");
    visit.session().watch().unwrap();
    visit.run();
    assert_eq!(visit.told(), ["new 40", "watching"]);
}

#[test]
fn notify_that_is_refused_is_idle() {
    let (mut visit, _) = resynced("IMAP4rev1 IDLE NOTIFY", "");
    visit.answer("NOTIFY", "% NO no\r\n").answer("IDLE", "+ \r\n").answer("DONE", "% OK\r\n");
    visit.session().watch().unwrap();
    visit.run();
    visit.answer("UID FETCH 31:*", "* 4 FETCH (UID 31 FLAGS ())\r\n% OK\r\n");
    visit.says("* 4 EXISTS\r\n");
    assert_eq!(visit.told(), ["watching", "new 31"]);
    // It waits again, and is asked to end once.
    assert_eq!(visit.sent.last().unwrap(), "IDLE");
    visit.session().stop_watching();
    visit.run();
    assert_eq!(visit.told(), ["done"]);
    assert_eq!(visit.sent.iter().filter(|line| line.starts_with("NOTIFY")).count(), 1);
}

#[test]
fn notify_is_kept_alive_and_replaced_when_it_overflows() {
    let (mut visit, _) = resynced("IMAP4rev1 IDLE NOTIFY", "");
    visit.answer("NOTIFY", "% OK\r\n").answer("NOOP", "% OK\r\n").answer("IDLE", "+ \r\n");
    visit.session().watch().unwrap();
    visit.run();
    assert_eq!(visit.told(), ["watching"]);
    // What changed while it was accepted may have been told to nobody.
    visit.sent.clear();
    visit.passes(Duration::from_secs(2));
    assert_eq!(visit.sent, ["NOOP"]);
    for _ in 0..3 {
        visit.sent.clear();
        visit.passes(Duration::from_secs(27 * 60));
        assert!(visit.sent.is_empty());
        visit.passes(Duration::from_secs(60));
        assert_eq!(visit.sent, ["NOOP"]);
    }
    visit.sent.clear();
    visit.answer("UID FETCH 1:*", "* 1 FETCH (UID 20 FLAGS ())\r\n* 2 FETCH (UID 31 FLAGS ())\r\n% OK\r\n");
    visit.says("* 2 EXPUNGE\r\n* OK [NOTIFICATIONOVERFLOW] too much\r\n");
    let told = visit.told();
    assert_eq!(told[0], "gone 20");
    assert_eq!(visit.sent.last().unwrap(), "IDLE", "{told:?}");
    assert!(visit.sent[0].starts_with("UID FETCH 1:*"));
}

#[test]
fn a_watch_of_nothing() {
    let mut visit = Visit::open("IMAP4rev1 IDLE", 0);
    visit.answer("SELECT other", "% NO no such mailbox\r\n");
    visit.session().select(MailboxName::new("other").unwrap(), false).unwrap();
    visit.session().watch().unwrap();
    visit.run();
    let told = visit.told();
    assert_eq!((told.len(), told[0].as_str()), (2, "refused: no such mailbox, Permanent"));
    assert!(told[1].contains("not possible in this state"), "{told:?}");
    assert_eq!(visit.session().watch(), Err(Misuse::State));
    assert!(visit.session().selected().is_none());
}

#[test]
fn flags_that_came_with_what_was_asked_for_are_known() {
    let (mut visit, _) = resynced("IMAP4rev1 ENABLE CONDSTORE", "* OK [HIGHESTMODSEQ 5] m\r\n");
    visit.answer("UID FETCH 10", "* 1 FETCH (UID 10 FLAGS (\\Flagged))\r\n% OK\r\n");
    visit.session().fetch(FetchCommand::new(uids("10"), [FetchAttribute::Flags])).unwrap();
    visit.run();
    assert_eq!(visit.told(), ["message 10 with 2 items", "done"]);
    // They are as at first again: that is news.
    let cursor = visit.session().cursor().unwrap();
    visit.answer(
        "SELECT",
        "* 3 EXISTS\r\n* OK [UIDVALIDITY 7] v\r\n* OK [UIDNEXT 40] n\r\n* OK [HIGHESTMODSEQ 9] m\r\n% OK\r\n",
    );
    visit.answer("UID FETCH 1:*", "* 1 FETCH (UID 10 FLAGS () MODSEQ (9))\r\n% OK\r\n");
    visit.answer("UID SEARCH", "* SEARCH 10 20 30\r\n% OK\r\n");
    visit.session().resync(inbox(), cursor).unwrap();
    visit.run();
    assert_eq!(visit.told(), ["flags 10 ", "selected 3"]);
}

#[test]
fn flags_behind_a_message_that_comes_in_pieces() {
    let limits = Limits::new().inline_literal(4).chunk(4);
    let mut visit = Visit::new(opening().config(imap_proto::client::Config::new().limits(limits)));
    visit.answer("SELECT", "* 3 EXISTS\r\n* OK [UIDVALIDITY 7] v\r\n% OK\r\n");
    visit.says("* PREAUTH [CAPABILITY IMAP4rev1] hi\r\n");
    visit.session().select(inbox(), false).unwrap();
    visit.run().told();
    visit.answer("UID FETCH", "* 2 FETCH (UID 20 BODY[] {8}\r\n01234567 FLAGS (\\Seen))\r\n% OK\r\n");
    let body = FetchAttribute::Body { section: Section::whole(), peek: false, partial: None };
    visit.session().fetch(FetchCommand::new(uids("20"), [body])).unwrap();
    visit.run();
    assert_eq!(visit.told(), ["message 20 begins", "body 8", "body end", "1 items", "message end", "done"]);
    let two = Seq::new(2).unwrap();
    assert!(visit.session().view().flags(two).unwrap().is_seen());
    assert_eq!(visit.session().view().uid(two), Uid::new(20));
    visit.says("* 2 FETCH (FLAGS (\\Seen))\r\n* 2 FETCH (FLAGS ())\r\n");
    assert_eq!(visit.told(), ["flags 20 "]);
}

#[test]
fn a_mailbox_that_has_forgotten_its_history() {
    let capabilities = "IMAP4rev1 ENABLE CONDSTORE QRESYNC";
    let look = "* 3 EXISTS\r\n* OK [UIDVALIDITY 7] v\r\n* OK [UIDNEXT 40] n\r\n";
    let all = "* 1 FETCH (UID 10 FLAGS (\\Seen))\r\n* 2 FETCH (UID 20 FLAGS (\\Seen))\r\n* 3 FETCH (UID 30 FLAGS ())\r\n% OK\r\n";
    for modseq in ["* OK [NOMODSEQ] none\r\n", "* OK [HIGHESTMODSEQ 3] m\r\n", ""] {
        for capabilities in [capabilities, "IMAP4rev1 ENABLE CONDSTORE"] {
            let (_, cursor) = resynced(capabilities, "* OK [HIGHESTMODSEQ 100] m\r\n");
            let mut visit = Visit::open(capabilities, 0);
            visit.answer("ENABLE", "* ENABLED CONDSTORE\r\n% OK\r\n");
            visit.answer("SELECT", &format!("{look}{modseq}% OK\r\n")).answer("UID FETCH 1:*", all);
            visit.session().resync(inbox(), cursor).unwrap();
            visit.run();
            assert_eq!(visit.told(), ["flags 10 \\Seen", "selected 3"], "{capabilities} {modseq}");
        }
    }
}

#[test]
fn idle_that_a_server_cuts_short_goes_on() {
    let (mut visit, _) = resynced("IMAP4rev1 IDLE", "");
    visit.answer("IDLE", "+ \r\n");
    visit.session().watch().unwrap();
    visit.run();
    visit.says("% OK enough\r\n");
    assert_eq!(visit.sent, ["IDLE", "IDLE"]);
    visit.says("% NO enough\r\n");
    assert_eq!(visit.told(), ["watching", "refused: enough, Permanent"]);
}

#[test]
fn nobody_wants_it_any_more() {
    let (mut visit, _) = resynced("IMAP4rev1", "");
    visit.answer("UID FETCH 30", "").answer("NOOP", "% OK\r\n");
    let fetch = FetchCommand::new(uids("30"), [FetchAttribute::Size]);
    let first = visit.session().fetch(fetch.clone()).unwrap();
    let second = visit.session().fetch(fetch).unwrap();
    visit.session().run(Command::Noop).unwrap();
    visit.run();
    visit.session().abandon(first);
    visit.session().abandon(second);
    visit.says("* 3 FETCH (UID 30 RFC822.SIZE 7)\r\n* 1 EXPUNGE\r\n% OK\r\n");
    assert_eq!(visit.told(), ["gone 10", "done"]);
    assert_eq!(visit.sent.len(), 2);
}
