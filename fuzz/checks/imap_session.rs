//! A session with calls under way against arbitrary octets and silence: it comes to rest, holds no more than it may, tells events in
//! their order and results in that of the calls, and sends commands that can be read.
use std::collections::BTreeSet;

use bytes::Bytes;
use imap_proto::client::Config;
use imap_proto::command::{
    Append, AppendData, AppendMessage, FetchAttribute, FetchCommand, MessageData, Store, StoreAction,
    StoreItem,
};
use imap_proto::search::SearchKey;
use imap_proto::session::{Event, ListRequest, Opening, Session, TaskId};
use imap_proto::{Command, Flag, Flags, Limits, MailboxName, MessageSet, Misuse, Uid, UidSet};
use sasl_core::{Credentials, client::Policy};
use wire_core::{Moment, Security};

#[allow(dead_code)]
#[path = "imap.rs"]
mod imap;

const VIEW: usize = 100;
const RESPONSE: usize = 2000;

fn call(session: &mut Session, which: u8) -> Result<Option<TaskId>, Misuse> {
    let uids = UidSet::parse(b"1:5,9").unwrap();
    let inbox = MailboxName::INBOX;
    match which % 16 {
        0 => session.select(inbox, false),
        1 => session.list(ListRequest::all()),
        2 => session.fetch(FetchCommand::new(
            MessageSet::from(uids),
            [FetchAttribute::Flags, FetchAttribute::Uid, FetchAttribute::Envelope],
        )),
        3 => session.search(SearchKey::seen()),
        4 => {
            let flags: Flags = [Flag::SEEN].into_iter().collect();
            let store = Store::new(MessageSet::from(uids), StoreAction::Add, StoreItem::Flags(flags));
            session.store(store)
        }
        5 => session.copy(uids, inbox),
        6 => session.move_to(uids, inbox),
        7 => session.expunge(uids),
        8 => session
            .append(Append::new(inbox, AppendMessage::new(AppendData::Message(MessageData::streamed(3))))),
        9 => session.watch(),
        10 => match session.cursor() {
            Some(cursor) => session.resync(inbox, cursor),
            None => session.select(inbox, true),
        },
        11 => {
            session.stop_watching();
            return Ok(None);
        }
        12 => session.logout(),
        13 => session.download(Uid::new(3).unwrap(), None),
        14 => session.run(Command::Noop),
        _ => session.search(SearchKey::uid(uids)),
    }
    .map(Some)
}

struct Application {
    open: BTreeSet<TaskId>,
    streaming: imap::Streaming,
    /// The octets of a download that are still to come.
    download: Option<u64>,
    is_ready: bool,
    calls: u8,
    which: u8,
    kind: u8,
}

impl Application {
    fn call(&mut self, session: &mut Session) {
        if self.calls == 20 {
            return;
        }
        self.calls += 1;
        let which = self.which.wrapping_add(self.calls.wrapping_mul(self.kind | 1));
        if let Ok(Some(id)) = call(session, which) {
            assert!(self.is_ready && self.open.last().is_none_or(|last| *last < id));
            self.open.insert(id);
        }
    }

    /// Only the call whose turn it is tells something.
    fn is_current(&self, id: TaskId) {
        assert_eq!(self.open.first(), Some(&id), "another call");
    }

    fn hear(&mut self, session: &mut Session, event: Event) {
        match event {
            Event::Ready => {
                assert!(!std::mem::replace(&mut self.is_ready, true), "ready twice");
                for _ in 0..3 {
                    self.call(session);
                }
                if self.kind & 16 != 0
                    && let Some(id) = self.open.pop_last()
                {
                    session.abandon(id);
                }
            }
            Event::Done(id, result) => {
                self.is_current(id);
                self.open.remove(&id);
                if result.is_ok() {
                    assert!(self.download.is_none_or(|left| left == 0), "a part that is not complete");
                }
                self.download = None;
                self.call(session);
            }
            Event::Watching(id) => {
                self.is_current(id);
                self.call(session);
            }
            Event::LiteralWanted { id, octets } => {
                self.is_current(id);
                for _ in 0..octets {
                    session.literal(Bytes::from_static(b"x")).unwrap();
                }
            }
            Event::Message(id, message) => {
                self.is_current(id);
                imap::ask_of_fetch(&message.fetch);
            }
            Event::Data(id, _) | Event::Selecting(id) => self.is_current(id),
            Event::Download { id, octets, .. } => {
                self.is_current(id);
                assert!(self.download.replace(octets).is_none(), "a part twice");
            }
            Event::MessageBegin(id, _) => {
                self.is_current(id);
                self.streaming.begins();
            }
            Event::BodyBegin { octets, .. } => self.streaming.body_begins(octets),
            Event::BodyChunk(chunk) => match &mut self.download {
                Some(left) => *left = left.checked_sub(chunk.len() as u64).expect("no more than was said"),
                None => self.streaming.chunk(&chunk),
            },
            Event::BodyEnd => self.streaming.body_ends(),
            Event::MessageItems(_) => self.streaming.items(),
            Event::MessageEnd => self.streaming.ends(),
            _ => {}
        }
        assert!(session.view().uids().count() <= VIEW);
        if session.selected().is_none() {
            assert!(session.cursor().is_none());
        }
    }
}

pub fn check(data: &[u8]) {
    let &[kind, step, which, ref turns @ ..] = data else { return };
    let policy = Policy::new()
        .dangerous_allow_cleartext_secrets()
        .minimum(sasl_core::Mechanism::Anonymous.strength())
        .max_iterations(4096);
    let is_private = kind & 1 == 0;
    let security = if is_private { Security::Clear } else { Security::StartTls };
    let limits = Limits::new().response(RESPONSE).inline_literal(60).literal(10_000).view(VIEW);
    let opening = Opening::new(security, Credentials::password("joe", "pencil"))
        .policy(policy)
        .config(Config::new().limits(limits).pipelining(kind & 2 == 0));
    let session = Session::new(opening, [3; 32], Moment::ORIGIN);
    let mut application = Application {
        open: BTreeSet::new(),
        streaming: imap::Streaming::default(),
        download: None,
        is_ready: false,
        calls: 0,
        which,
        kind,
    };
    let script = imap::Script {
        turns,
        step: (kind & 8 == 0).then_some(usize::from(step) + 1),
        waits: kind & 32 != 0,
        is_silent: kind & 64 != 0,
        most: RESPONSE,
    };
    let (sent, _) = imap::drive(
        session,
        script,
        |session| !session.client().is_compressed(),
        |session, event| {
            application.hear(session, event);
        },
    );
    let commands = imap::commands_of(&sent);
    let is_login = |command: &Command| matches!(command, Command::Login(_) | Command::Authenticate(_));
    assert!(is_private || !commands.iter().any(is_login), "credentials in clear");
}
