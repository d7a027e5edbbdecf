use bytes::Buf;
use sasl_core::{Credentials, client::Policy};
use wire_core::{Endpoint, Progress, Security};

use super::*;
use crate::{
    MailboxName,
    command::{Append, AppendData, AppendMessage, FetchAttribute, FetchCommand, MessageData},
    list::StatusItem,
    search::SearchKey,
};

/// A session, and a server that answers each command by what a table has for it.
struct Talk {
    endpoint: Endpoint<Session>,
    now: Moment,
    /// What a command begins with, and what is answered; `%` is its tag.
    answers: Vec<(&'static str, String)>,
    sent: Vec<String>,
    last_tag: String,
    unread: String,
    events: Vec<Event>,
}

const OPEN: &str = "IMAP4rev1 IDLE LITERAL+ UIDPLUS";

impl Talk {
    fn new(capabilities: &str) -> Self {
        let policy = Policy::new().dangerous_allow_cleartext_secrets();
        let opening = Opening::new(Security::Clear, Credentials::password("joe", "pencil")).policy(policy);
        let mut talk = Self {
            endpoint: Endpoint::new(Session::new(opening, [3; 32], Moment::ORIGIN)),
            now: Moment::ORIGIN,
            answers: Vec::new(),
            sent: Vec::new(),
            last_tag: String::new(),
            unread: String::new(),
            events: Vec::new(),
        };
        talk.answer("LOGIN", &format!("% OK [CAPABILITY {capabilities}] in\r\n"));
        talk.answer("ENABLE", "* ENABLED CONDSTORE\r\n% OK\r\n");
        talk.answer("ENABLE QRESYNC", "* ENABLED QRESYNC\r\n% OK\r\n");
        talk.says(&format!("* OK [CAPABILITY {capabilities}] ready\r\n"));
        assert_eq!(talk.events, [Event::Ready]);
        talk.events.clear();
        talk.sent.clear();
        talk
    }

    fn answer(&mut self, command: &'static str, answer: &str) {
        self.answers.insert(0, (command, answer.to_owned()));
    }

    fn says(&mut self, text: &str) {
        self.endpoint.recv_buf().extend_from_slice(text.as_bytes());
        self.run();
    }

    fn session(&mut self) -> &mut Session {
        self.endpoint.machine()
    }

    fn run(&mut self) {
        for _ in 0..10_000 {
            match self.endpoint.poll(self.now).unwrap() {
                Progress::Event(event) => self.events.push(event),
                Progress::Io { .. } => {
                    let tx = self.endpoint.transmit().unwrap();
                    let octets = tx.copy_to_bytes(tx.len());
                    if octets.is_empty() {
                        return;
                    }
                    self.unread.push_str(str::from_utf8(&octets).unwrap());
                    while let Some((line, rest)) = self.unread.split_once("\r\n") {
                        let (line, rest) = (line.to_owned(), rest.to_owned());
                        self.unread = rest;
                        self.command(&line);
                    }
                }
                other => panic!("{other:?}"),
            }
        }
        panic!("it never ends")
    }

    fn command(&mut self, line: &str) {
        let (tag, rest) = line.split_once(' ').unwrap_or(("", line));
        if !tag.is_empty() {
            self.last_tag = tag.to_owned();
        }
        self.sent.push(if line == "DONE" { String::from("DONE") } else { rest.to_owned() });
        let given = self.sent.last().unwrap();
        let answer = self.answers.iter().find(|(command, _)| given.starts_with(command));
        let Some((_, answer)) = answer else { panic!("no answer to {given}") };
        let answer = answer.replace('%', tag);
        self.endpoint.recv_buf().extend_from_slice(answer.as_bytes());
    }

    /// What happened since it was last asked.
    fn told(&mut self) -> Vec<String> {
        let told = |event: Event| match event {
            Event::Change(Change::New { uid, .. }) => format!("new {uid}"),
            Event::Change(Change::Flags { uid, flags, .. }) => {
                format!("flags {} {}", uid.map_or(0, Uid::get), flags.unwrap_or_default())
            }
            Event::Change(Change::Vanished(uids)) => format!("gone {uids}"),
            Event::Change(change) => format!("{change:?}"),
            Event::Done(_, Ok(Outcome::Found(uids))) => {
                format!("found {}", uids.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "))
            }
            Event::Done(_, Ok(Outcome::Selected(selected))) => format!("selected {}", selected.exists),
            Event::Done(_, Ok(_)) => String::from("done"),
            Event::Done(_, Err(refused)) => refused.to_string(),
            Event::Message(_, message) => format!("message {}", message.uid.map_or(0, Uid::get)),
            Event::Watching(_) => String::from("watching"),
            Event::Data(_, Untagged::List(entry)) => format!("list {}", entry.name),
            Event::Data(_, Untagged::MailboxStatus(status)) => format!("status {}", status.mailbox),
            Event::LiteralWanted { octets, .. } => format!("wanted {octets}"),
            other => panic!("{other:?}"),
        };
        self.events.drain(..).filter(|event| !matches!(event, Event::Selecting(_))).map(told).collect()
    }

    fn select(&mut self, lines: &str) {
        self.answer("SELECT", &format!("{lines}% OK [READ-WRITE] selected\r\n"));
        self.session().select(MailboxName::INBOX, false).unwrap();
        self.run();
        self.events.clear();
        self.sent.clear();
    }
}

fn uids(text: &str) -> UidSet {
    UidSet::parse(text.as_bytes()).unwrap()
}

#[test]
fn a_session_opens_by_policy() {
    let talk = Talk::new(OPEN);
    assert!(talk.sent.is_empty());
    let mut talk = Talk::new("IMAP4rev1 ENABLE CONDSTORE QRESYNC");
    assert!(talk.session().client().enabled().names(&Capability::QRESYNC));
}

#[test]
fn mailboxes_with_their_status() {
    let request = || ListRequest::all().status([StatusItem::Messages]);
    let list = "* LIST () \"/\" INBOX\r\n* LIST (\\Noselect) \"/\" x\r\n";
    // the old way
    let mut talk = Talk::new(OPEN);
    talk.answer("LIST", &format!("{list}% OK\r\n"));
    talk.answer("STATUS", "* STATUS INBOX (MESSAGES 1)\r\n% OK\r\n");
    talk.session().list(request()).unwrap();
    talk.run();
    assert_eq!(talk.told(), ["list INBOX", "list x", "status INBOX", "done"]);
    assert_eq!(talk.sent, ["LIST \"\" \"*\"", "STATUS INBOX (MESSAGES)"]);
    // in one command
    let mut talk = Talk::new("IMAP4rev1 LIST-EXTENDED LIST-STATUS SPECIAL-USE");
    talk.answer("LIST", &format!("{list}* STATUS INBOX (MESSAGES 1)\r\n% OK\r\n"));
    talk.session().list(request()).unwrap();
    talk.run();
    assert_eq!(talk.told(), ["list INBOX", "list x", "status INBOX", "done"]);
    assert_eq!(talk.sent, ["LIST \"\" \"*\" RETURN (SUBSCRIBED CHILDREN SPECIAL-USE STATUS (MESSAGES))"]);
    // a server that promises it, and then gives nothing
    let mut talk = Talk::new("IMAP4rev1 LIST-EXTENDED");
    talk.answer("LIST \"\" \"*\"", &format!("{list}% OK\r\n"));
    talk.answer("LIST \"\" \"*\" RETURN", "% OK done\r\n");
    talk.session().list(ListRequest::all()).unwrap();
    talk.run();
    assert_eq!(talk.told(), ["list INBOX", "list x", "done"]);
    assert_eq!(talk.sent.len(), 2);
}

#[test]
fn searches_in_both_forms() {
    let mut talk = Talk::new(OPEN);
    talk.select("* 9 EXISTS\r\n");
    talk.answer("UID SEARCH", "* SEARCH 5 2\r\n* SEARCH 9\r\n% OK\r\n");
    talk.session().search(SearchKey::unseen()).unwrap();
    talk.run();
    assert_eq!(talk.told(), ["found 5 2 9"]);
    talk.answer("Grüße", "");
    talk.session().search(SearchKey::subject("Grüße")).unwrap();
    talk.run();
    assert!(talk.sent[1].starts_with("UID SEARCH CHARSET UTF-8 SUBJECT"), "{:?}", talk.sent);
    let mut talk = Talk::new("IMAP4rev1 ESEARCH");
    talk.select("* 9 EXISTS\r\n");
    talk.answer("UID SEARCH", "* ESEARCH (TAG \"%\") UID ALL 2:4,9\r\n% OK\r\n");
    talk.session().search(SearchKey::unseen()).unwrap();
    talk.run();
    assert_eq!(talk.told(), ["found 2 3 4 9"]);
    assert_eq!(talk.sent, ["UID SEARCH RETURN (ALL) UNSEEN"]);
}

#[test]
fn messages_that_were_not_asked_for_are_nobodys_answer() {
    let mut talk = Talk::new(OPEN);
    talk.select("* 9 EXISTS\r\n");
    talk.answer(
        "UID FETCH",
        "* 7 FETCH (UID 1 RFC822.SIZE 5)\r\n* 3 FETCH (FLAGS (\\Seen))\r\n* 2 FETCH (UID 9 RFC822.SIZE 6)\r\n% OK\r\n",
    );
    talk.session().fetch(FetchCommand::new(uids("9"), [FetchAttribute::Size])).unwrap();
    talk.run();
    assert_eq!(talk.told(), ["flags 0 \\Seen", "message 9", "done"]);
}

#[test]
fn what_is_moved_is_gone_here_and_nothing_else() {
    let archive = || MailboxName::new("Archiv").unwrap();
    let mut talk = Talk::new("IMAP4rev1 MOVE");
    talk.select("* 9 EXISTS\r\n");
    talk.answer("UID MOVE", "* OK [COPYUID 1 5 7] moved\r\n* 2 EXPUNGE\r\n% OK\r\n");
    talk.session().move_to(uids("5"), archive()).unwrap();
    talk.run();
    assert_eq!(talk.sent, ["UID MOVE 5 Archiv"]);
    let mut talk = Talk::new(OPEN);
    talk.select("* 9 EXISTS\r\n");
    for command in ["UID COPY", "UID STORE", "UID EXPUNGE"] {
        talk.answer(command, "% OK\r\n");
    }
    talk.session().move_to(uids("5"), archive()).unwrap();
    talk.run();
    assert_eq!(talk.sent, ["UID COPY 5 Archiv", "UID STORE 5 +FLAGS.SILENT (\\Deleted)", "UID EXPUNGE 5"]);
    assert_eq!(talk.told(), ["done"]);
    // a copy that is refused removes nothing
    talk.sent.clear();
    talk.answer("UID COPY", "% NO [OVERQUOTA] full\r\n");
    talk.session().move_to(uids("5"), archive()).unwrap();
    talk.run();
    assert_eq!((talk.told(), talk.sent.len()), (vec![String::from("refused: full")], 1));
    let mut talk = Talk::new("IMAP4rev1");
    talk.select("* 9 EXISTS\r\n");
    assert_eq!(talk.session().move_to(uids("5"), archive()), Err(Misuse::WouldExpungeOthers));
    assert_eq!(talk.session().expunge(uids("5")), Err(Misuse::WouldExpungeOthers));
}

#[test]
fn a_message_is_stored_as_it_comes() {
    let mut talk = Talk::new(OPEN);
    talk.answer("APPEND", "");
    let message = AppendMessage::new(AppendData::Message(MessageData::streamed(7)));
    talk.session().append(Append::new(MailboxName::INBOX, message)).unwrap();
    talk.run();
    assert_eq!(talk.told(), ["wanted 7"]);
    talk.session().literal("abc\r\n".into()).unwrap();
    assert_eq!(talk.session().literal("abc".into()), Err(Misuse::LiteralOverrun));
    talk.session().literal("de".into()).unwrap();
    talk.answer("de", "% OK\r\n");
    talk.answer("abc", "");
    talk.run();
    assert_eq!(talk.sent[0], "APPEND INBOX {7+}");
    assert_eq!(&talk.sent[1..], ["abc", "de"]);
}

const LOOK: &str = "* 3 EXISTS\r\n* OK [UIDVALIDITY 7] v\r\n* OK [UIDNEXT 40] n\r\n";

fn with_cursor(capabilities: &str, modseq: &str) -> Cursor {
    let mut talk = Talk::new(capabilities);
    talk.answer("SELECT", &format!("{LOOK}{modseq}% OK\r\n"));
    talk.answer(
        "UID FETCH 1:*",
        "* 1 FETCH (UID 10 FLAGS ())\r\n* 2 FETCH (UID 20 FLAGS (\\Seen))\r\n* 3 FETCH (UID 30 FLAGS ())\r\n% OK\r\n",
    );
    talk.session().resync(MailboxName::INBOX, Cursor::default()).unwrap();
    talk.run();
    assert_eq!(talk.told(), ["new 10", "new 20", "new 30", "selected 3"]);
    let cursor = talk.session().cursor().unwrap();
    assert_eq!(cursor.len(), 3);
    Cursor::from_bytes(&cursor.to_bytes()).unwrap()
}

#[test]
fn what_changed_by_comparison() {
    let cursor = with_cursor(OPEN, "");
    let mut talk = Talk::new(OPEN);
    talk.answer("SELECT", "* 3 EXISTS\r\n* OK [UIDVALIDITY 7] v\r\n* OK [UIDNEXT 41] n\r\n% OK\r\n");
    talk.answer(
        "UID FETCH 1:*",
        "* 1 FETCH (UID 10 FLAGS (\\Seen))\r\n* 2 FETCH (UID 30 FLAGS ())\r\n* 3 FETCH (UID 40 FLAGS ())\r\n% OK\r\n",
    );
    talk.session().resync(MailboxName::INBOX, cursor).unwrap();
    talk.run();
    assert_eq!(talk.told(), ["flags 10 \\Seen", "new 40", "gone 20", "selected 3"]);
    assert!(talk.session().view().is_complete());
    assert_eq!(talk.session().view().uid(Seq::new(3).unwrap()), Uid::new(40));
}

#[test]
fn what_changed_by_condstore() {
    let capabilities = "IMAP4rev1 ENABLE CONDSTORE ESEARCH";
    let cursor = with_cursor(capabilities, "* OK [HIGHESTMODSEQ 100] m\r\n");
    let mut talk = Talk::new(capabilities);
    talk.answer("SELECT", &format!("{LOOK}* OK [HIGHESTMODSEQ 120] m\r\n% OK\r\n"));
    talk.answer(
        "UID FETCH 1:*",
        "* 1 FETCH (UID 10 FLAGS (\\Seen) MODSEQ (110))\r\n* 3 FETCH (UID 40 FLAGS ())\r\n% OK\r\n",
    );
    talk.answer("UID SEARCH", "* ESEARCH (TAG \"%\") UID ALL 10,30,40\r\n% OK\r\n");
    talk.session().resync(MailboxName::INBOX, cursor.clone()).unwrap();
    talk.run();
    assert_eq!(talk.told(), ["flags 10 \\Seen", "new 40", "gone 20", "selected 3"]);
    assert!(talk.sent.iter().any(|line| line.ends_with("(CHANGEDSINCE 100)")), "{:?}", talk.sent);
    // and if nothing did
    let mut talk = Talk::new(capabilities);
    talk.answer("SELECT", &format!("{LOOK}* OK [HIGHESTMODSEQ 100] m\r\n% OK\r\n"));
    talk.session().resync(MailboxName::INBOX, cursor).unwrap();
    talk.run();
    assert_eq!((talk.told(), talk.sent.len()), (vec![String::from("selected 3")], 1));
}

#[test]
fn what_changed_by_qresync() {
    let capabilities = "IMAP4rev1 ENABLE CONDSTORE QRESYNC";
    let cursor = with_cursor(capabilities, "* OK [HIGHESTMODSEQ 100] m\r\n");
    let mut talk = Talk::new(capabilities);
    talk.answer(
        "SELECT",
        &format!(
            "{LOOK}* OK [HIGHESTMODSEQ 120] m\r\n* VANISHED (EARLIER) 1:9,20\r\n\
             * 1 FETCH (UID 10 FLAGS (\\Seen) MODSEQ (110))\r\n* 3 FETCH (UID 40 FLAGS () MODSEQ (111))\r\n% OK\r\n"
        ),
    );
    talk.session().resync(MailboxName::INBOX, cursor).unwrap();
    talk.run();
    assert_eq!(talk.told(), ["gone 20", "flags 10 \\Seen", "new 40", "selected 3"]);
    assert_eq!(talk.sent, ["SELECT INBOX (QRESYNC (7 100 10,20,30))"]);
    assert!(talk.session().view().is_complete());
}

#[test]
fn uids_that_mean_something_else_now() {
    let cursor = with_cursor(OPEN, "");
    let mut talk = Talk::new(OPEN);
    talk.answer("SELECT", "* 1 EXISTS\r\n* OK [UIDVALIDITY 8] v\r\n% OK\r\n");
    talk.answer("UID FETCH 1:*", "* 1 FETCH (UID 10 FLAGS ())\r\n% OK\r\n");
    talk.session().resync(MailboxName::INBOX, cursor).unwrap();
    talk.run();
    assert_eq!(talk.told(), ["Reset", "new 10", "selected 1"]);
}

#[test]
fn news_by_idle() {
    let mut talk = Talk::new(OPEN);
    talk.select("* 1 EXISTS\r\n* OK [UIDVALIDITY 7] v\r\n");
    talk.answer("UID FETCH 1:*", "* 1 FETCH (UID 10 FLAGS ())\r\n% OK\r\n");
    talk.answer("IDLE", "+ idling\r\n");
    talk.session().watch().unwrap();
    talk.run();
    assert_eq!(talk.told(), ["watching"]);
    talk.answer("UID FETCH 11:*", "* 2 FETCH (UID 11 FLAGS (\\Recent))\r\n% OK\r\n");
    assert!(talk.sent.iter().any(|line| line == "IDLE"));
    let idle = talk.last_tag.clone();
    talk.answer("DONE", &format!("{idle} OK\r\n"));
    talk.says("* 2 EXISTS\r\n");
    assert_eq!(talk.told(), ["new 11"]);
    talk.says("* 1 FETCH (FLAGS (\\Seen))\r\n* 1 EXPUNGE\r\n");
    assert_eq!(talk.told(), ["flags 10 \\Seen", "gone 10"]);
}

#[test]
fn news_by_asking() {
    let mut talk = Talk::new("IMAP4rev1");
    talk.select("* 1 EXISTS\r\n");
    talk.answer("UID FETCH 1:*", "* 1 FETCH (UID 10 FLAGS ())\r\n% OK\r\n");
    talk.session().watch().unwrap();
    talk.run();
    assert_eq!(talk.told(), ["watching"]);
    talk.answer("NOOP", "* 2 EXISTS\r\n% OK\r\n");
    talk.answer("UID FETCH 11:*", "* 2 FETCH (UID 11 FLAGS ())\r\n% OK\r\n");
    talk.now = talk.endpoint.deadline().unwrap();
    talk.run();
    assert_eq!(talk.told(), ["new 11"]);
    talk.session().stop_watching();
    talk.run();
    assert_eq!(talk.told(), ["done"]);
}

#[test]
fn what_a_refusal_advises() {
    let refused = |text: &str| {
        let crate::Response::Tagged(tagged) =
            crate::Response::parse(&Bytes::copy_from_slice(text.as_bytes()), crate::Dialect::REV1)
        else {
            panic!()
        };
        Refused { text: Box::new(tagged.text), is_bad: false, misuse: None }.advice()
    };
    assert_eq!(refused("A1 NO [LIMIT] UID FETCH Rate limit hit."), Advice::Throttled);
    assert_eq!(refused("A1 BAD User is authenticated but not connected."), Advice::Reconnect);
    assert_eq!(refused("A1 NO [UNAVAILABLE] later"), Advice::Later);
    assert_eq!(refused("A1 NO [AUTHENTICATIONFAILED] no"), Advice::Credentials);
    assert_eq!(refused("A1 NO no such mailbox"), Advice::Permanent);

    let login = |method, text| {
        let text = Box::new(ResponseText::new(None, text));
        SessionError::Login { method: Method::Sasl(method), text }.advice()
    };
    assert_eq!(login(Mechanism::ScramSha256Plus, "bad protocol / cancel"), Advice::ChannelBinding);
    assert_eq!(login(Mechanism::ScramSha256, "bad protocol / cancel"), Advice::Credentials);
}
