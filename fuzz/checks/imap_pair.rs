//! A client against a server that is our grammar: whatever a client is told to send is that command, whole and in order, however
//! literals are sent and octets are cut, compressed or not; messages that come back are the same.
use std::collections::VecDeque;

use bytes::{Buf, Bytes, BytesMut};
use imap_proto::client::{Client, CommandId, Config, Event};
use imap_proto::command::{AppendData, MessageData};
use imap_proto::extensions::compress::Deflate;
use imap_proto::frame::{Frame, FrameLimits, Framer, Side};
use imap_proto::{Command, Dialect, FetchItem, Limits, Literals, Tag, Untagged};
use wire_core::{Endpoint, Filter, Moment, Progress, RecvBuf, Security, SendBuf};

#[allow(dead_code)]
#[path = "imap.rs"]
mod imap;

/// A server that understands nothing but the grammar, says OK to everything, and has one message.
struct Server {
    framer: Framer,
    limits: FrameLimits,
    wire: BytesMut,
    rx: RecvBuf,
    tx: SendBuf,
    /// What was sent before it was compressed, and what is on the wire.
    out: SendBuf,
    deflate: Option<Deflate>,
    whole: Vec<u8>,
    dialect: Dialect,
    message: Vec<u8>,
    commands: Vec<Command>,
    fetches: usize,
}

impl Server {
    fn take(&mut self, octets: &[u8]) {
        match &mut self.deflate {
            None => self.rx.feed(octets),
            Some(deflate) => {
                self.wire.extend_from_slice(octets);
                let mut plain = BytesMut::new();
                deflate.decode(&mut self.wire, &mut plain, usize::MAX).unwrap();
                self.rx.feed(&plain);
            }
        }
        while let Some(frame) = self.framer.step(&mut self.rx, &self.limits).expect("clients keep to limits")
        {
            match frame {
                Frame::Waits { .. } => self.tx.put(b"+ go on\r\n"),
                Frame::Begin { head, waits, .. } => {
                    self.whole.extend_from_slice(&head);
                    if waits {
                        self.tx.put(b"+ \r\n");
                    }
                }
                Frame::Chunk(chunk) => self.whole.extend_from_slice(&chunk),
                Frame::End(rest) => {
                    self.whole.extend_from_slice(&rest);
                    let whole = std::mem::take(&mut self.whole).into();
                    self.command(&whole);
                }
                Frame::Whole(frame) => self.command(&frame),
                other => panic!("{other:?}"),
            }
        }
        if let Some(deflate) = &mut self.deflate {
            deflate.encode(&mut self.tx, &mut self.out).unwrap();
        } else {
            self.out.append_from(&mut self.tx);
        }
    }

    fn command(&mut self, frame: &Bytes) {
        let (tag, command) = Command::parse(frame, self.dialect)
            .unwrap_or_else(|error| panic!("{error}: {}", frame.escape_ascii()));
        match &command {
            Command::Enable(names) => {
                self.tx.put(b"* ENABLED");
                for name in names.iter() {
                    self.tx.put(format!(" {name}").as_bytes());
                    if ["UTF8=ACCEPT", "IMAP4REV2"].iter().any(|one| name.as_str().eq_ignore_ascii_case(one))
                    {
                        self.dialect = Dialect::UTF8;
                    }
                }
                self.tx.put(b"\r\n");
            }
            Command::Fetch(_) => {
                self.fetches += 1;
                self.tx.put(format!("* 1 FETCH (UID 7 BODY[] {{{}}}\r\n", self.message.len()).as_bytes());
                self.tx.put(&self.message);
                self.tx.put(b" FLAGS (\\Seen))\r\n");
            }
            _ => {}
        }
        self.tx.put(format!("{} OK done\r\n", tag.as_str()).as_bytes());
        if command == Command::Compress {
            self.out.append_from(&mut self.tx);
            self.deflate = Some(Deflate::new());
        }
        self.commands.push(command);
    }
}

/// Not those that begin an exchange, end the session, or make it another one.
fn is_plain(command: &Command) -> bool {
    !matches!(
        command,
        Command::StartTls
            | Command::Authenticate(_)
            | Command::Idle
            | Command::Logout
            | Command::Unauthenticate
            | Command::Unknown(_)
    )
}

/// A name that is none in modified UTF-7 may be one in UTF-8: then its octets are the same.
fn is_same(one: &Command, other: &Command) -> bool {
    let wire =
        |command| imap::written_command(&Tag::try_from("A").unwrap(), command, Literals::Plus, Dialect::UTF8);
    one == other || wire(one) == wire(other)
}

/// What the application was told of messages.
#[derive(Default)]
struct Messages {
    streaming: imap::Streaming,
    open: Vec<u8>,
    whole: Vec<Vec<u8>>,
}

impl Messages {
    fn hear(&mut self, event: Event) {
        match event {
            Event::Untagged(Untagged::Fetch(fetch)) => {
                assert_eq!((fetch.uid().map(|uid| uid.get()), fetch.flags().is_some()), (Some(7), true));
                let data = fetch.items.iter().find_map(|item| match item {
                    FetchItem::Section(item) => item.data.clone(),
                    _ => None,
                });
                self.whole.push(data.unwrap().to_vec());
            }
            Event::Untagged(Untagged::Damaged(damaged)) => panic!("{damaged:?}"),
            Event::FetchBegin { .. } => self.streaming.begins(),
            Event::BodyBegin { octets, .. } => self.streaming.body_begins(octets),
            Event::BodyChunk(chunk) => {
                self.streaming.chunk(&chunk);
                self.open.extend_from_slice(&chunk);
            }
            Event::BodyEnd => self.streaming.body_ends(),
            Event::FetchEnd => {
                self.streaming.ends();
                self.whole.push(std::mem::take(&mut self.open));
            }
            _ => {}
        }
    }
}

pub fn check(data: &[u8]) {
    // Commands stand between octets 255.
    let &[kind, there, back, ref octets @ ..] = data else { return };
    let offered = ["IMAP4rev1", "IMAP4rev1 LITERAL+", "IMAP4rev1 LITERAL-", "IMAP4rev2 LITERAL+ UTF8=ACCEPT"];
    let offered = offered[usize::from(kind & 3)];
    let greeting = format!("* PREAUTH [CAPABILITY {offered} COMPRESS=DEFLATE] hi\r\n");
    let limits =
        Limits::new().literal_window(7).inline_literal(if kind & 64 == 0 { 10 } else { 1000 }).chunk(20);
    let config = Config::new()
        .security(Security::Clear)
        .dangerous_allow_cleartext_secrets(true)
        .pipelining(kind & 4 == 0)
        .limits(limits);
    let mut endpoint = Endpoint::new(Client::new(config, [1; 32], Moment::ORIGIN));
    let mut server = Server {
        framer: Framer::new(Side::Commands),
        limits: FrameLimits::commands(&Limits::new()),
        wire: BytesMut::new(),
        rx: RecvBuf::default(),
        tx: SendBuf::default(),
        out: SendBuf::default(),
        deflate: None,
        whole: Vec::new(),
        dialect: Dialect::REV1,
        message: octets.iter().copied().filter(|octet| *octet != 0).take(100).collect(),
        commands: Vec::new(),
        fetches: 0,
    };
    server.out.put(greeting.as_bytes());
    let (mut sent, mut contents, mut ids) = (Vec::new(), VecDeque::new(), VecDeque::<CommandId>::new());
    for octets in octets.split(|&octet| octet == 0xff).take(20) {
        let line = Bytes::from([b"A ", octets].concat());
        let Ok((_, command)) = Command::parse(&line, imap::dialect(kind >> 3)) else { continue };
        if !is_plain(&command) {
            continue;
        }
        let (mut told, mut streamed) = (command.clone(), Vec::new());
        // Messages are given while they are sent, if they are to be.
        if kind & 16 != 0
            && let Command::Append(append) = &mut told
        {
            for message in &mut append.messages {
                if let AppendData::Message(data) = &mut message.data {
                    let content = data.data().unwrap().clone();
                    let later = MessageData::streamed(content.len() as u64);
                    *data = if data.is_literal8() { later.literal8() } else { later };
                    streamed.push(content);
                }
            }
        }
        if let Ok(id) = endpoint.machine().command(told) {
            ids.push_back(id);
            sent.push(command);
            contents.extend(streamed);
        }
    }
    let (mut given, mut messages, mut idle) = (Bytes::new(), Messages::default(), 0);
    for _ in 0..1_000_000 {
        let mut moved = false;
        if endpoint.machine().literal_left().is_some_and(|left| left > 0) {
            moved = true;
            let most = given.len().min(5);
            endpoint.machine().literal(given.split_to(most)).unwrap();
        }
        let tx = endpoint.transmit().unwrap();
        let most = tx.chunk().len().min(usize::from(there) + 1);
        if most > 0 {
            moved = true;
            let octets = tx.copy_to_bytes(most);
            server.take(&octets);
        }
        let most = server.out.chunk().len().min(usize::from(back) + 1);
        if most > 0 {
            moved = true;
            let octets = server.out.copy_to_bytes(most);
            endpoint.recv_buf().extend_from_slice(&octets);
        }
        match endpoint.poll(Moment::ORIGIN).unwrap() {
            Progress::Event(event) => {
                moved = true;
                match event {
                    Event::LiteralWanted { octets, id } => {
                        assert_eq!(ids.back().map(|last| id <= *last), Some(true));
                        given = contents.pop_front().unwrap();
                        assert_eq!(given.len() as u64, octets);
                    }
                    // This server answers one after the other.
                    Event::Done(id, completion) => assert!(completion.is_ok() && ids.pop_front() == Some(id)),
                    event => messages.hear(event),
                }
            }
            Progress::Io { read: true } => {}
            other => panic!("{other:?}"),
        }
        idle = if moved { 0 } else { idle + 1 };
        if idle == 4 {
            assert!(ids.is_empty() && endpoint.machine().is_idle(), "both wait for each other");
            assert_eq!(server.commands.len(), sent.len());
            assert!(server.commands.iter().zip(&sent).all(|(one, other)| is_same(one, other)));
            assert!(messages.streaming.is_between() && messages.whole.len() == server.fetches);
            assert!(messages.whole.iter().all(|message| *message == server.message));
            return;
        }
    }
    panic!("the pair does not come to rest");
}
