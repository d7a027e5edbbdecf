//! IMAP: octets are framed first, so that nothing within a literal is taken for a command or a response.

mod command;
mod fetch;
mod json;
mod response;

use std::io::{self, Read, Write};

use bytes::Bytes;
use postwire::imap::command::{AppendItem, AppendReader};
use postwire::imap::frame::{Frame, FrameLimits, Framer, Side};
use postwire::imap::{
    Capabilities, Capability, Command, CommandError, Damaged, Dialect, FetchBegin, FetchContinued, Limit,
    Limits, ParseError, Response, Streamed, Tag, Uid, Untagged,
};
use postwire::sasl::base64;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use crate::input::{Input, Output, auth, detail, shown, tls};
use fetch::{Said, damage, hex};
use json::{exact, mailbox, put, set, url, words};

/// One command or response, or what is neither.
#[derive(Default)]
struct Item<'a> {
    kind: &'a str,
    tag: Option<String>,
    name: String,
    error: Option<(String, u64)>,
    offset: u64,
    detail: Map<String, Value>,
    damaged: Vec<Value>,
}

fn print<W: Write>(out: &mut Output<W>, item: Item<'_>) -> io::Result<()> {
    let ok = item.error.is_none();
    let (error, offset) = match item.error {
        Some((error, at)) => (Some(error), at),
        None => (None, item.offset),
    };
    if out.json {
        let object = json!({
            "kind": item.kind, "tag": item.tag, "name": item.name, "ok": ok, "error": error, "offset": offset,
            "detail": item.detail, "damaged": item.damaged,
        });
        return writeln!(out.sink, "{object}");
    }
    let tag = item.tag.as_deref().unwrap_or("*");
    let status = error.map_or_else(|| "ok".to_owned(), |error| format!("ERROR {error}"));
    let mut said: Vec<_> = item.detail.iter().map(|(key, value)| format!("{key}={value}")).collect();
    said.extend(item.damaged.iter().map(|one| format!("damaged={one}")));
    let line = format!("{offset:>8} {} {tag} {} {status} {}", item.kind, item.name, said.join(" "));
    // Backslashes are those of JSON by now; everything else that a terminal might obey is escaped.
    let pieces: Vec<_> = line.split('\\').map(|piece| shown(piece.as_bytes())).collect();
    writeln!(out.sink, "{}", pieces.join("\\"))
}

/// Frames of what comes in, and where they begin.
struct Frames {
    framer: Framer,
    limits: FrameLimits,
    /// Where the command or response begins.
    begin: u64,
    /// Where the frame begins, which may be a part of it.
    piece: u64,
}

impl Frames {
    fn new(side: Side) -> Self {
        let limits = Limits::new();
        let limits = match side {
            Side::Commands => FrameLimits::commands(&limits),
            Side::Responses => FrameLimits::responses(&limits),
        };
        Self { framer: Framer::new(side), limits, begin: 0, piece: 0 }
    }

    fn next<R: Read>(&mut self, input: &mut Input<R>) -> io::Result<Option<Result<Frame, Limit>>> {
        loop {
            if self.framer.is_between() {
                self.begin = input.passed;
            }
            self.piece = input.passed;
            let before = input.rx.len();
            let step = self.framer.step(&mut input.rx, &self.limits);
            input.passed += (before - input.rx.len()) as u64;
            match step {
                Ok(Some(frame)) => return Ok(Some(Ok(frame))),
                Err(error) => return Ok(Some(Err(error))),
                Ok(None) if !input.fill()? => return Ok(None),
                Ok(None) => {}
            }
        }
    }

    /// What is left when the stream has ended: one line that only its end is missing of, if it is that.
    fn rest<R: Read>(&self, input: &mut Input<R>) -> Option<Bytes> {
        let rest = input.rx.take(usize::MAX);
        input.passed += rest.len() as u64;
        let is_line = self.piece == self.begin && !rest.is_empty() && !rest.contains(&b'\n');
        is_line.then_some(rest)
    }
}

/// A literal that goes by: how much of it there was, and what it hashes to.
#[derive(Default)]
struct Passing {
    octets: u64,
    hash: Sha256,
}

impl Passing {
    fn chunk(&mut self, octets: &[u8]) {
        self.octets += octets.len() as u64;
        self.hash.update(octets);
    }
}

/// After this no line of the protocol follows.
fn unframed(error: &Limit, offset: u64) -> Item<'static> {
    Item { kind: "error", error: Some((error.to_string(), offset)), offset, ..Item::default() }
}

fn unfinished<R: Read>(input: &Input<R>, what: &str) -> Option<(String, u64)> {
    Some((format!("the stream ends within a {what}"), input.passed))
}

/// Names are in UTF-8 from here on.
fn is_utf8(capabilities: &Capabilities) -> bool {
    capabilities.has(&Capability::UTF8_ACCEPT) || capabilities.has(&Capability::IMAP4REV2)
}

// ── what a client sends ─────────────────────────────────────────────────────────────────────────────────────────

pub(crate) fn client<R: Read, W: Write>(input: &mut Input<R>, out: &mut Output<W>) -> io::Result<()> {
    let mut frames = Frames::new(Side::Commands);
    let mut dialect = Dialect::REV1;
    let mut storing: Option<Storing> = None;
    if next_octet(input)? == Some(0x16) {
        return layer(input, out, "TLS");
    }
    loop {
        let frame = match frames.next(input)? {
            Some(Ok(frame)) => frame,
            Some(Err(error)) => return print(out, unframed(&error, frames.begin)),
            None => {
                let begun = storing.is_some() || !input.rx.is_empty() || !frames.framer.is_between();
                if let Some(line) = frames.rest(input) {
                    let error = Some(("the line does not end with CRLF".to_owned(), input.passed));
                    one_command(&line, frames.begin, error, &mut dialect, out)?;
                } else if begun {
                    let error = unfinished(input, "command");
                    let offset = frames.begin;
                    print(out, Item { kind: "error", error, offset, ..Item::default() })?;
                }
                return Ok(());
            }
        };
        match frame {
            Frame::Whole(line) => {
                let command = one_command(&line, frames.begin, None, &mut dialect, out)?;
                match command {
                    Some(Command::Authenticate(authenticate)) => {
                        auth(input, out, authenticate.initial.is_some(), |line| line.contains(&b' '))?;
                    }
                    // What follows is TLS.
                    Some(Command::StartTls) if !tls(input, out, "STARTTLS")? => return Ok(()),
                    // What follows is compressed, unless the server refused it.
                    Some(Command::Compress)
                        if next_octet(input)?.is_some_and(|octet| !octet.is_ascii_graphic()) =>
                    {
                        return layer(input, out, "DEFLATE");
                    }
                    _ => {}
                }
            }
            Frame::Begin { head, .. } => match &mut storing {
                Some(storing) => storing.goes_on(&head, frames.piece),
                None => storing = Some(Storing::begin(&head, frames.begin, dialect)),
            },
            Frame::Chunk(chunk) => {
                if let Some(storing) = &mut storing {
                    storing.passing.chunk(&chunk);
                }
            }
            Frame::End(rest) => {
                if let Some(storing) = storing.take() {
                    print(out, storing.end(&rest, frames.piece))?;
                }
            }
            Frame::TooLarge { .. } => {
                let offset = frames.begin;
                let error = Some(("the command is too large".to_owned(), offset));
                print(out, Item { kind: "error", error, offset, ..Item::default() })?;
            }
            // Whether the server lets it have its literal is not seen here; if not, what follows looks strange.
            _ => {}
        }
    }
}

/// The verb of a line that may be no command: only one that is known is shown, for the rest may be a password.
fn verb(line: &[u8]) -> String {
    let mut words = line.split(|octet| matches!(octet, b' ' | b'\r' | b'\n')).skip(1);
    let known = |word: &[u8]| {
        let known =
            ["AUTHENTICATE", "LOGIN", "APPEND", "FETCH", "STORE", "SEARCH", "SELECT", "LIST", "STATUS"];
        known.into_iter().find(|known| word.eq_ignore_ascii_case(known.as_bytes()))
    };
    let uid = |word: &&[u8]| !word.eq_ignore_ascii_case(b"UID");
    words.find(uid).and_then(known).unwrap_or_default().to_owned()
}

/// Prints a command; gives it if more follows that belongs to it.
fn one_command<W: Write>(
    line: &Bytes,
    offset: u64,
    error: Option<(String, u64)>,
    dialect: &mut Dialect,
    out: &mut Output<W>,
) -> io::Result<Option<Command>> {
    // RFC 9051 section 6.3.13: the end of IDLE has no tag.
    if line.eq_ignore_ascii_case(b"DONE") {
        print(out, Item { kind: "command", name: "DONE".to_owned(), error, offset, ..Item::default() })?;
        return Ok(None);
    }
    match Command::parse(line, *dialect) {
        Ok((tag, command)) => {
            let known = !matches!(command, Command::Unknown(_));
            let error = error.or_else(|| (!known).then(|| ("unknown command".to_owned(), offset)));
            let detail = command::command(&tag, &command, *dialect);
            let name = shown(command.name().to_ascii_uppercase().as_bytes());
            let tag = Some(tag.to_string());
            print(out, Item { kind: "command", tag, name, error, offset, detail, ..Item::default() })?;
            if let Command::Enable(capabilities) = &command
                && is_utf8(capabilities)
            {
                *dialect = Dialect::UTF8;
            }
            Ok(Some(command))
        }
        Err(error) => {
            print(out, no_command(&error, line, offset))?;
            Ok(None)
        }
    }
}

fn no_command(error: &CommandError, line: &[u8], offset: u64) -> Item<'static> {
    let at = offset + error.error.at() as u64;
    Item {
        kind: "error",
        // One word alone may be a password.
        tag: error.tag.as_ref().filter(|_| line.contains(&b' ')).map(Tag::to_string),
        name: verb(line),
        error: Some((error.to_string(), at)),
        offset,
        detail: detail(json!({"expected": error.error.expected().as_str()})),
        damaged: Vec::new(),
    }
}

/// APPEND or REPLACE, whose messages go by.
struct Storing {
    offset: u64,
    head: Bytes,
    read: Result<(Tag, AppendReader), CommandError>,
    messages: Vec<Value>,
    flags: Value,
    date: Value,
    literals: Vec<Value>,
    /// The literal that goes by, and what is known of it.
    literal: Map<String, Value>,
    passing: Passing,
    error: Option<(ParseError, u64)>,
}

impl Storing {
    fn begin(head: &Bytes, offset: u64, dialect: Dialect) -> Self {
        let (read, items) = match AppendReader::begin(head, dialect) {
            Ok((tag, reader, items)) => (Ok((tag, reader)), items),
            Err(error) => (Err(error), Vec::new()),
        };
        let mut storing = Self {
            offset,
            head: head.slice(..head.len().min(1024)),
            read,
            messages: Vec::new(),
            flags: Value::Null,
            date: Value::Null,
            literals: Vec::new(),
            literal: Map::new(),
            passing: Passing::default(),
            error: None,
        };
        storing.items(&items);
        storing
    }

    fn items(&mut self, items: &[AppendItem]) {
        for item in items {
            match item {
                AppendItem::Message { flags, date } => {
                    self.flags = words(flags.iter());
                    self.date = json!(date.map(|date| date.to_string()));
                }
                AppendItem::Url(one) => self.literals.push(json!({"url": url(one.as_bytes())})),
                AppendItem::Literal { octets, literal8, waits, content } => {
                    let content = format!("{content:?}").to_ascii_lowercase();
                    self.literal = detail(json!({
                        "announced": octets, "literal8": literal8, "waits": waits, "content": content,
                    }));
                }
                AppendItem::End => {
                    let literals = std::mem::take(&mut self.literals);
                    let (flags, date) = (self.flags.take(), self.date.take());
                    self.messages.push(json!({"flags": flags, "date": date, "literals": literals}));
                }
                _ => {}
            }
        }
    }

    /// The literal has gone by.
    fn passed(&mut self) {
        let passing = std::mem::take(&mut self.passing);
        let mut literal = std::mem::take(&mut self.literal);
        put(&mut literal, "octets", passing.octets.into());
        put(&mut literal, "sha256", hex(&passing.hash.finalize()).into());
        self.literals.push(literal.into());
    }

    fn goes_on(&mut self, head: &Bytes, piece: u64) {
        self.passed();
        if let Ok((_, reader)) = &mut self.read {
            match reader.next(head) {
                Ok(items) => self.items(&items),
                Err(error) => self.error = self.error.or(Some((error, piece))),
            }
        }
    }

    fn end(mut self, rest: &Bytes, piece: u64) -> Item<'static> {
        self.passed();
        if let Ok((_, reader)) = &mut self.read {
            match reader.end(rest) {
                Ok(items) => self.items(&items),
                Err(error) => self.error = self.error.or(Some((error, piece))),
            }
        }
        let (tag, reader) = match &self.read {
            Ok(read) => read,
            Err(error) => return no_command(error, &self.head, self.offset),
        };
        let mut said = detail(json!({"mailbox": mailbox(reader.mailbox()), "messages": self.messages}));
        if let Some(replaces) = reader.replaces() {
            put(&mut said, "replaces", set(replaces));
        }
        let name = match reader.replaces() {
            None => "APPEND",
            Some(messages) if messages.is_uid() => "UID REPLACE",
            Some(_) => "REPLACE",
        };
        Item {
            kind: if self.error.is_some() { "error" } else { "command" },
            tag: Some(tag.to_string()),
            name: name.to_owned(),
            error: self.error.map(|(error, piece)| (error.to_string(), piece + error.at() as u64)),
            offset: self.offset,
            detail: said,
            damaged: Vec::new(),
        }
    }
}

/// What follows, if anything does.
fn next_octet<R: Read>(input: &mut Input<R>) -> io::Result<Option<u8>> {
    if input.rx.is_empty() && !input.fill()? {
        return Ok(None);
    }
    Ok(input.rx.peek().first().copied())
}

fn layer<R: Read, W: Write>(input: &Input<R>, out: &mut Output<W>, name: &str) -> io::Result<()> {
    let (name, offset) = (name.to_owned(), input.passed);
    print(out, Item { kind: "layer", name, offset, ..Item::default() })
}

// ── what a server sends ─────────────────────────────────────────────────────────────────────────────────────────

pub(crate) fn server<R: Read, W: Write>(input: &mut Input<R>, out: &mut Output<W>) -> io::Result<()> {
    let mut frames = Frames::new(Side::Responses);
    let mut dialect = Dialect::REV1;
    let mut telling: Option<Telling> = None;
    loop {
        if telling.is_none()
            && frames.framer.is_between()
            && let Some(name) = next_octet(input)?.and_then(layer_name)
        {
            return layer(input, out, name);
        }
        let frame = match frames.next(input)? {
            Some(Ok(frame)) => frame,
            Some(Err(error)) => return print(out, unframed(&error, frames.begin)),
            None => {
                let begun = telling.is_some() || !input.rx.is_empty() || !frames.framer.is_between();
                if let Some(line) = frames.rest(input) {
                    let error = Some(("the line does not end with CRLF".to_owned(), input.passed));
                    one_response(&line, frames.begin, error, &mut dialect, out)?;
                } else if begun {
                    let error = unfinished(input, "response");
                    let offset = frames.begin;
                    print(out, Item { kind: "error", error, offset, ..Item::default() })?;
                }
                return Ok(());
            }
        };
        match frame {
            Frame::Whole(line) => one_response(&line, frames.begin, None, &mut dialect, out)?,
            Frame::Begin { head, .. } => match &mut telling {
                Some(telling) => telling.goes_on(&head, frames.piece),
                None => telling = Some(Telling::begin(&head, frames.begin, dialect)),
            },
            Frame::Chunk(chunk) => {
                if let Some(telling) = &mut telling {
                    telling.passing.chunk(&chunk);
                }
            }
            Frame::End(rest) => {
                if let Some(mut telling) = telling.take() {
                    telling.goes_on(&rest, frames.piece);
                    print(out, telling.end())?;
                }
            }
            Frame::TooLarge { head } => {
                let offset = frames.begin;
                let damaged = vec![json!({
                    "name": null, "offset": offset, "expected": null, "raw": shown(&head), "uid": null,
                })];
                let error = Some(("the response is too large".to_owned(), offset));
                print(out, Item { kind: "error", error, offset, damaged, ..Item::default() })?;
            }
            _ => {}
        }
    }
}

/// What no response begins with, and records of TLS and blocks of DEFLATE may.
fn layer_name(octet: u8) -> Option<&'static str> {
    match octet {
        0x16 => Some("TLS"),
        b' '..=b'~' | b'\t' | b'\r' | b'\n' => None,
        // Text in UTF-8, or whatever a server says before it closes.
        0x80.. => None,
        _ => Some("BINARY"),
    }
}

fn one_response<W: Write>(
    line: &Bytes,
    offset: u64,
    error: Option<(String, u64)>,
    dialect: &mut Dialect,
    out: &mut Output<W>,
) -> io::Result<()> {
    let mut item = Item { offset, error, ..Item::default() };
    match Response::parse(line, *dialect) {
        Response::Continuation(said) => {
            let text = said.text.as_bytes();
            // What a server asks in an exchange of SASL is for the client alone.
            let challenge = text.len() >= 8 && base64::decode(text).is_ok();
            item.kind = "continuation";
            item.name = "+".to_owned();
            item.detail = match challenge {
                true => detail(json!({"challenge": "redacted"})),
                false => detail(response::response_text(&said)),
            };
        }
        Response::Tagged(tagged) => {
            item.kind = "tagged";
            item.tag = Some(exact(tagged.tag.as_bytes()));
            item.name = tagged.status.as_str().to_owned();
            item.detail = detail(response::response_text(&tagged.text));
        }
        Response::Untagged(Untagged::Fetch(fetch)) => {
            let mut said = Said::new(fetch.number, fetch.by_uid);
            said.items(&fetch.items, offset);
            said.finish();
            item.kind = "untagged";
            item.name = if fetch.by_uid { "UIDFETCH" } else { "FETCH" }.to_owned();
            (item.detail, item.damaged) = (said.detail, said.damaged);
        }
        Response::Untagged(untagged) => {
            item.kind = "untagged";
            (item.name, item.detail) = response::untagged(&untagged);
            match &untagged {
                Untagged::Enabled(capabilities) if is_utf8(capabilities) => *dialect = Dialect::UTF8,
                Untagged::Damaged(damaged) => whole_damage(damaged, &mut item),
                _ => {}
            }
        }
        Response::Stray(text) => {
            item.kind = "stray";
            item.detail = detail(json!({"text": exact(text.as_bytes())}));
        }
        _ => {}
    }
    print(out, item)
}

/// A response of which nothing can be understood but perhaps whom it is about.
fn whole_damage(damaged: &Damaged, item: &mut Item<'_>) {
    let uid = damaged.uid.map(Uid::get);
    if let Some(error) = &damaged.error {
        item.error.get_or_insert((error.to_string(), item.offset + error.at() as u64));
        let mut one =
            damage(damaged.name.as_ref().map(|name| name.as_str()), &damaged.raw, error, item.offset);
        if let Value::Object(one) = &mut one {
            put(one, "uid", json!(uid));
        }
        item.damaged.push(one);
    }
}

/// FETCH with content that goes by.
struct Telling {
    offset: u64,
    dialect: Dialect,
    said: Result<Said, Damaged>,
    by_uid: bool,
    uid: Option<Uid>,
    streamed: Option<Streamed>,
    passing: Passing,
    error: Option<(ParseError, u64)>,
}

impl Telling {
    fn begin(head: &Bytes, offset: u64, dialect: Dialect) -> Self {
        let (said, by_uid, uid, streamed) = match FetchBegin::parse(head, dialect) {
            Ok(begin) => {
                let mut said = Said::new(begin.number, begin.by_uid);
                said.items(&begin.items, offset);
                (Ok(said), begin.by_uid, begin.uid(), Some(begin.streamed))
            }
            Err(damaged) => (Err(damaged), false, None, None),
        };
        Self { offset, dialect, said, by_uid, uid, streamed, passing: Passing::default(), error: None }
    }

    /// The literal has gone by, and here is what follows.
    fn goes_on(&mut self, octets: &Bytes, piece: u64) {
        let passing = std::mem::take(&mut self.passing);
        let Ok(said) = &mut self.said else { return };
        if let Some(streamed) = self.streamed.take() {
            said.streamed(&streamed, passing.octets, passing.hash);
        }
        match FetchContinued::parse(octets, self.uid, self.dialect) {
            Ok(continued) => {
                said.items(&continued.items, piece);
                self.uid = self.uid.or(continued.uid());
                self.streamed = continued.streamed;
            }
            Err(error) => {
                said.damaged.push(damage(None, octets, &error, piece));
                self.error.get_or_insert((error, piece));
            }
        }
    }

    fn end(self) -> Item<'static> {
        let mut item = Item { kind: "untagged", offset: self.offset, ..Item::default() };
        match self.said {
            Ok(mut said) => {
                said.finish();
                item.name = if self.by_uid { "UIDFETCH" } else { "FETCH" }.to_owned();
                item.error = self.error.map(|(error, piece)| (error.to_string(), piece + error.at() as u64));
                (item.detail, item.damaged) = (said.detail, said.damaged);
            }
            Err(damaged) => {
                item.name = response::name_of(&damaged);
                item.detail = detail(json!({"number": damaged.number}));
                whole_damage(&damaged, &mut item);
            }
        }
        item
    }
}
