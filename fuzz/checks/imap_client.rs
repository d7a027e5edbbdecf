//! A client with commands under way against arbitrary octets and silence: it comes to rest, holds no more than it may, tells events in
//! their order and answers once, sends commands that can be read, and pieces of a line make no difference.
use std::collections::BTreeSet;

use bytes::Bytes;
use imap_proto::client::{Client, CommandId, Config, Event, View};
use imap_proto::{Command, Dialect, Limits, Misuse, Untagged};
use wire_core::{Moment, Security};

#[allow(dead_code)]
#[path = "imap.rs"]
mod imap;

const COMMANDS: [&str; 18] = [
    "NOOP",
    "CAPABILITY",
    "SELECT INBOX",
    "UID FETCH 1:* (FLAGS BODY[])",
    "LIST \"\" *",
    "STATUS INBOX (MESSAGES)",
    "UID SEARCH RETURN (ALL) SEEN",
    "SEARCH 1",
    "APPEND x {3}\r\nabc",
    "LOGIN joe {6}\r\npencil",
    "ENABLE UTF8=ACCEPT UIDONLY",
    "STORE 1 +FLAGS (\\Seen)",
    "CLOSE",
    "EXPUNGE",
    "CREATE {4}\r\na{1}",
    "LOGOUT",
    "COMPRESS DEFLATE",
    "STARTTLS",
];
/// Messages that the view remembers.
const VIEW: usize = 100;
const RESPONSE: usize = 2000;

/// What the application knows.
struct Application {
    view: View,
    streaming: imap::Streaming,
    open: BTreeSet<CommandId>,
    is_over: bool,
    next: u8,
    left: u8,
    kind: u8,
    /// Events as text; pieces of a message are joined.
    events: Vec<String>,
}

impl Application {
    fn queue(&mut self, client: &mut Client) {
        let Some(left) = self.left.checked_sub(1) else { return };
        self.left = left;
        let text = COMMANDS[usize::from(self.next) % COMMANDS.len()];
        self.next = self.next.wrapping_add(5);
        let (_, mut command) = Command::parse(&format!("A {text}").into(), Dialect::REV1).unwrap();
        // The message is given while it is sent.
        if let (Command::Append(append), true) = (&mut command, self.kind & 4 == 0) {
            use imap_proto::command::{AppendData, MessageData};
            append.messages[0].data = AppendData::Message(MessageData::streamed(3));
        }
        if let Ok(id) = client.command(command) {
            assert!(self.open.insert(id));
        }
    }

    fn hear(&mut self, client: &mut Client, event: Event) {
        assert!(!self.is_over, "an event behind the end");
        match &event {
            Event::Greeting { .. } => {
                assert!(self.events.is_empty());
                if self.kind & 8 != 0
                    && let Ok(id) = client.idle()
                {
                    self.open.insert(id);
                }
            }
            Event::Untagged(untagged) => {
                let _ = self.view.apply(untagged);
                assert!(self.view.uids().count() <= VIEW);
                if let Untagged::Fetch(fetch) = untagged {
                    assert!(self.streaming.is_between());
                    imap::ask_of_fetch(fetch);
                }
            }
            Event::FetchBegin { .. } => self.streaming.begins(),
            Event::BodyBegin { octets, .. } => self.streaming.body_begins(*octets),
            Event::BodyChunk(chunk) => self.streaming.chunk(chunk),
            Event::BodyEnd => self.streaming.body_ends(),
            Event::FetchItems(items) => {
                assert!(!items.is_empty());
                self.streaming.items();
            }
            Event::FetchEnd => self.streaming.ends(),
            Event::LiteralWanted { id, octets } => {
                assert!(self.open.contains(id) && client.literal_left() == Some(*octets));
                for _ in 0..*octets {
                    client.literal(Bytes::from_static(b"x")).unwrap();
                }
                assert_eq!(client.literal(Bytes::from_static(b"x")), Err(Misuse::LiteralOverrun));
            }
            Event::Idling(id) => {
                assert!(self.open.contains(id));
                if self.kind & 16 != 0 {
                    client.done();
                }
            }
            Event::Done(id, _) => {
                assert!(self.open.remove(id), "no such command is open");
                self.queue(client);
            }
            _ => {}
        }
        match (&event, self.events.last_mut()) {
            (Event::BodyChunk(chunk), Some(last)) if last.starts_with("octets ") => {
                last.push_str(&chunk.escape_ascii().to_string());
            }
            (Event::BodyChunk(chunk), _) => self.events.push(format!("octets {}", chunk.escape_ascii())),
            _ => self.events.push(format!("{event:?}")),
        }
    }
}

fn run(turns: &[u8], step: Option<usize>, kind: u8, which: u8) -> (Vec<u8>, imap::End, Vec<String>) {
    let limits = Limits::new().response(RESPONSE).inline_literal(60).literal(10_000).chunk(500).view(VIEW);
    let is_private = kind & 1 == 0;
    let config = Config::new()
        .security(if kind & 1 == 0 { Security::Clear } else { Security::StartTls })
        .dangerous_allow_cleartext_secrets(is_private)
        .pipelining(kind & 2 == 0)
        .limits(limits);
    let mut client = Client::new(config, [3; 32], Moment::ORIGIN);
    let mut application = Application {
        view: View::new(VIEW),
        streaming: imap::Streaming::default(),
        open: BTreeSet::new(),
        is_over: false,
        next: which,
        left: 12,
        kind,
        events: Vec::new(),
    };
    for _ in 0..4 {
        application.queue(&mut client);
    }
    if kind & 128 != 0
        && let Some(id) = application.open.iter().nth(1).copied()
    {
        client.abandon(id);
        application.open.remove(&id);
    }
    let script =
        imap::Script { turns, step, waits: kind & 32 != 0, is_silent: kind & 64 != 0, most: RESPONSE };
    let (sent, end) = imap::drive(
        client,
        script,
        |client| !client.is_compressed(),
        |client, event| {
            application.hear(client, event);
        },
    );
    application.is_over = true;
    let commands = imap::commands_of(&sent);
    let is_login = |command: &Command| matches!(command, Command::Login(_));
    assert!(is_private || !commands.iter().any(is_login), "credentials in clear");
    (sent, end, application.events)
}

pub fn check(data: &[u8]) {
    let &[kind, step, which, ref turns @ ..] = data else { return };
    run(turns, None, kind, which);
    let lines = run(turns, Some(usize::MAX), kind, which);
    let pieces = run(turns, Some(usize::from(step) + 1), kind, which);
    assert_eq!(lines.2, pieces.2);
    assert_eq!(lines.1, pieces.1);
    assert_eq!(lines.0.escape_ascii().to_string(), pieces.0.escape_ascii().to_string());
}
