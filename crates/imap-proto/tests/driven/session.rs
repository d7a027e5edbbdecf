//! A session against a server that is a table.

use std::time::Duration;

use bytes::Buf;
use imap_proto::session::{Change, Event, Opening, Outcome, Session, SessionError};
use imap_proto::{MailboxName, Uid, UidSet, Untagged};
use sasl_core::{Credentials, client::Policy};
use wire_core::{Endpoint, Moment, Progress, Security};

/// A session, and what the server answers to what a command begins with: the last that fits, `%` is its tag.
pub struct Visit {
    pub endpoint: Endpoint<Session>,
    pub now: Moment,
    pub answers: Vec<(String, String)>,
    /// What was sent, without tags.
    pub sent: Vec<String>,
    pub events: Vec<Event>,
    pub error: Option<SessionError>,
    pub closed: bool,
    unread: String,
    literal: usize,
    tag: String,
}

pub fn opening() -> Opening {
    let policy = Policy::new().dangerous_allow_cleartext_secrets();
    Opening::new(Security::Clear, Credentials::password("joe", "pencil")).policy(policy)
}

impl Visit {
    /// Not greeted.
    pub fn new(opening: Opening) -> Self {
        Self {
            endpoint: Endpoint::new(Session::new(opening, [3; 32], Moment::ORIGIN)),
            now: Moment::ORIGIN,
            answers: Vec::new(),
            sent: Vec::new(),
            events: Vec::new(),
            error: None,
            closed: false,
            unread: String::new(),
            literal: 0,
            tag: String::new(),
        }
    }

    /// Open, with INBOX selected, in which so many messages are.
    pub fn open(capabilities: &str, exists: u32) -> Self {
        let mut visit = Self::new(opening());
        visit.answer("ENABLE", "* ENABLED CONDSTORE\r\n% OK\r\n");
        visit.answer("ENABLE QRESYNC", "* ENABLED CONDSTORE QRESYNC\r\n% OK\r\n");
        visit.answer("SELECT", &format!("* {exists} EXISTS\r\n* OK [UIDVALIDITY 7] v\r\n% OK selected\r\n"));
        visit.says(&format!("* PREAUTH [CAPABILITY {capabilities}] hi\r\n"));
        visit.session().select(MailboxName::INBOX, false).unwrap();
        visit.run();
        assert!(visit.session().selected().is_some(), "{:?}", visit.events);
        visit.events.clear();
        visit.sent.clear();
        visit
    }

    pub fn session(&mut self) -> &mut Session {
        self.endpoint.machine()
    }

    pub fn answer(&mut self, command: &str, answer: &str) -> &mut Self {
        self.answers.insert(0, (command.to_owned(), answer.to_owned()));
        self
    }

    /// The server says this; `%` is the tag of the last command.
    pub fn says(&mut self, text: &str) -> &mut Self {
        let text = text.replace('%', &self.tag);
        self.says_octets(text.as_bytes())
    }

    pub fn says_octets(&mut self, octets: &[u8]) -> &mut Self {
        self.endpoint.recv_buf().extend_from_slice(octets);
        self.run()
    }

    pub fn run(&mut self) -> &mut Self {
        for _ in 0..1_000_000 {
            if self.error.is_some() || self.closed {
                return self;
            }
            match self.endpoint.poll(self.now) {
                Ok(Progress::Event(event)) => self.events.push(event),
                Ok(Progress::Io { .. }) => {
                    let tx = self.endpoint.transmit().unwrap();
                    let octets = tx.copy_to_bytes(tx.len());
                    if octets.is_empty() {
                        return self;
                    }
                    self.unread.push_str(&String::from_utf8_lossy(&octets));
                    self.lines();
                }
                Ok(Progress::Close) => self.closed = true,
                Ok(other) => panic!("{other:?}"),
                Err(wire_core::Error::Machine(error)) => self.error = Some(error),
                Err(error) => panic!("{error}"),
            }
        }
        panic!("it never ends: {:?}", &self.sent[self.sent.len().saturating_sub(20)..]);
    }

    fn lines(&mut self) {
        while let Some((line, rest)) = self.unread.split_once("\r\n") {
            let (line, rest) = (line.to_owned(), rest.to_owned());
            self.unread = rest;
            if self.literal > 0 {
                self.literal -= 1;
                continue;
            }
            self.literal = usize::from(line.ends_with('}'));
            let (tag, command) = line.split_once(' ').unwrap_or(("", &line));
            if !tag.is_empty() {
                tag.clone_into(&mut self.tag);
            }
            self.sent.push(command.to_owned());
            let answer = self.answers.iter().find(|(begins, _)| command.starts_with(begins));
            let Some((_, answer)) = answer else { panic!("no answer to {command}") };
            let answer = answer.replace('%', &self.tag);
            self.endpoint.recv_buf().extend_from_slice(answer.as_bytes());
        }
    }

    /// So much time passes.
    pub fn passes(&mut self, span: Duration) -> &mut Self {
        self.now = self.now + span;
        self.run()
    }

    /// What happened since it was last asked.
    pub fn told(&mut self) -> Vec<String> {
        std::mem::take(&mut self.events).into_iter().filter_map(told).collect()
    }
}

fn told(event: Event) -> Option<String> {
    Some(match event {
        Event::Ready => "ready".to_owned(),
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
        Event::Done(_, Ok(_)) => "done".to_owned(),
        Event::Done(_, Err(refused)) => format!("{refused}, {:?}", refused.advice()),
        Event::Message(_, message) => {
            format!("message {} with {} items", message.uid.map_or(0, Uid::get), message.fetch.items.len())
        }
        Event::Watching(_) => "watching".to_owned(),
        Event::Data(_, Untagged::List(entry)) => format!("list {}", entry.name),
        Event::Data(_, untagged) => super::wire(untagged),
        Event::LiteralWanted { octets, .. } => format!("wanted {octets}"),
        Event::Damaged(damaged) => format!("damaged {:?}", damaged.number),
        Event::Notice(text) => format!("notice {}", text.text),
        Event::Bye(text) => format!("bye {}", text.text),
        Event::MessageBegin(_, message) => format!("message {} begins", message.uid.map_or(0, Uid::get)),
        Event::BodyBegin { octets, .. } => format!("body {octets}"),
        Event::BodyEnd => "body end".to_owned(),
        Event::MessageItems(items) => format!("{} items", items.len()),
        Event::MessageEnd => "message end".to_owned(),
        _ => return None,
    })
}

pub fn uids(text: &str) -> UidSet {
    UidSet::parse(text.as_bytes()).unwrap()
}
