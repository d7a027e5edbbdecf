//! POP3.

use std::io::{self, Read, Write};

use bytes::Bytes;
use postwire::pop3::{Capabilities, Command, Quirks, Reply, ScanListing, UniqueIdListing, timestamp};
use serde_json::{Map, Value, json};

use crate::input::{Input, Item, LINE_MOST, Line, Output, auth, detail, shown, tls};

/// Lines of a listing that are shown one by one; of more only the number is told.
const SHOWN_MOST: usize = 1000;

// ── what a client sends ─────────────────────────────────────────────────────────────────────────────────────────

pub(crate) fn client<R: Read, W: Write>(input: &mut Input<R>, out: &mut Output<W>) -> io::Result<()> {
    loop {
        let offset = input.passed;
        let (line, finished) = match input.line()? {
            Line::End => return Ok(()),
            Line::TooLong => {
                let error = Some((format!("line longer than {LINE_MOST} octets"), offset));
                out.item(Item { kind: "command", name: "", error, offset, detail: Map::new() })?;
                continue;
            }
            Line::Whole(line) => (line, true),
            Line::Unfinished(line) => (line, false),
        };
        let verb = line.split(|&octet| octet == b' ').next().unwrap_or_default().to_ascii_uppercase();
        let name = shown(&verb);
        match Command::parse(&line) {
            Ok(command) => {
                let error = if !finished {
                    Some(("the line does not end with CRLF".to_owned(), offset + line.len() as u64))
                } else if let Command::Unknown { .. } = command {
                    Some(("unknown command".to_owned(), offset))
                } else {
                    None
                };
                let detail = command_detail(&command);
                out.item(Item { kind: "command", name: &name, error, offset, detail })?;
                match command {
                    Command::Auth { initial, .. } if finished => {
                        auth(input, out, initial.is_some(), is_command)?;
                    }
                    // What follows is TLS.
                    Command::Stls if finished && !tls(input, out, "STLS")? => return Ok(()),
                    _ => {}
                }
            }
            Err(error) => {
                let at = offset + error.at() as u64;
                let detail = detail(json!({"reply": error.reply().to_string()}));
                let error = Some((error.to_string(), at));
                out.item(Item { kind: "command", name: &name, error, offset, detail })?;
            }
        }
    }
}

fn is_command(line: &Bytes) -> bool {
    !matches!(Command::parse(line), Ok(Command::Unknown { .. }) | Err(_))
}

fn command_detail(command: &Command) -> Map<String, Value> {
    detail(match command {
        Command::User(name) => json!({"user": shown(name)}),
        Command::Pass(_) => json!({"password": "redacted"}),
        Command::Apop { user, .. } => json!({"user": shown(user), "digest": "redacted"}),
        Command::Auth { mechanism, initial } => json!({
            "mechanism": shown(mechanism).to_ascii_uppercase(),
            "initial_response": initial.as_ref().map(|_| "redacted"),
        }),
        Command::List(message) | Command::Uidl(message) => json!({"message": message}),
        Command::Retr(message) | Command::Dele(message) => json!({"message": message}),
        Command::Top { message, lines } => json!({"message": message, "lines": lines}),
        Command::Lang(range) => json!({"range": range.as_ref().map(|range| shown(range))}),
        _ => json!({}),
    })
}

// ── what a server sends ─────────────────────────────────────────────────────────────────────────────────────────

/// Without the commands nobody can know which replies have several lines: one has if what follows its first line does
/// not look like another reply.
pub(crate) fn server<R: Read, W: Write>(input: &mut Input<R>, out: &mut Output<W>) -> io::Result<()> {
    let mut greeted = false;
    loop {
        let offset = input.passed;
        if greeted && input.rx.peek().first() == Some(&0x16) {
            return out.item(Item { kind: "layer", name: "TLS", error: None, offset, detail: Map::new() });
        }
        let (line, finished) = match input.line()? {
            Line::End => return Ok(()),
            Line::TooLong => {
                let error = Some((format!("line longer than {LINE_MOST} octets"), offset));
                out.item(Item { kind: "reply", name: "", error, offset, detail: Map::new() })?;
                continue;
            }
            Line::Whole(line) => (line, true),
            Line::Unfinished(line) => (line, false),
        };
        if line == "+" || line.starts_with(b"+ ") {
            let challenge = line.get(2..).unwrap_or_default();
            let good = postwire::sasl::base64::decode(challenge).is_ok();
            let error = (!good).then(|| ("not base64".to_owned(), offset));
            let detail = detail(json!({"challenge": "redacted"}));
            out.item(Item { kind: "challenge", name: "+", error, offset, detail })?;
            continue;
        }
        let first = !std::mem::replace(&mut greeted, true);
        let parsed = match first {
            true => Reply::parse_greeting(&line, &Quirks::default()),
            false => Reply::parse(&line, &Quirks::default()),
        };
        match parsed {
            Ok(reply) => {
                let error = (!finished).then(|| ("the line does not end with CRLF".to_owned(), input.passed));
                let name = if reply.is_positive() { "+OK" } else { "-ERR" };
                let mut detail = reply_detail(&reply);
                if first && let Some(timestamp) = timestamp(&line) {
                    detail.insert("timestamp".to_owned(), json!(shown(&timestamp)));
                }
                out.item(Item { kind: "reply", name, error, offset, detail })?;
                if !first && reply.is_positive() && has_lines(input)? {
                    lines(input, out)?;
                }
            }
            Err(error) => {
                let detail = detail(json!({"text": shown(&line)}));
                let error = Some((error.to_string(), offset));
                out.item(Item { kind: "reply", name: "", error, offset, detail })?;
            }
        }
    }
}

fn reply_detail(reply: &Reply) -> Map<String, Value> {
    detail(json!({
        "positive": reply.is_positive(),
        "code": reply.code().map(ToString::to_string),
        "text": shown(reply.text()),
        "transient": reply.is_transient(),
    }))
}

/// Whether what comes next is no reply, and so belongs to the one before.
fn has_lines<R: Read>(input: &mut Input<R>) -> io::Result<bool> {
    let Some(line) = input.peek_line()? else {
        return Ok(!input.rx.is_empty() && input.rx.peek().first() != Some(&0x16));
    };
    let line = Bytes::from(line);
    let tls = line.first() == Some(&0x16);
    let challenge = line == "+" || line.starts_with(b"+ ");
    Ok(!tls && !challenge && Reply::parse(&line, &Quirks::default()).is_err())
}

/// What the lines of a reply can be.
struct Guess {
    scans: Vec<Value>,
    unique_ids: Vec<Value>,
    capabilities: Vec<Bytes>,
    lines: usize,
    is_scan: bool,
    is_unique_id: bool,
    is_capability: bool,
}

impl Guess {
    fn new() -> Self {
        Self {
            scans: Vec::new(),
            unique_ids: Vec::new(),
            capabilities: Vec::new(),
            lines: 0,
            is_scan: true,
            is_unique_id: true,
            is_capability: true,
        }
    }

    fn is_open(&self) -> bool {
        self.is_scan || self.is_unique_id || self.is_capability
    }

    fn line(&mut self, line: &Bytes) {
        self.lines += 1;
        let kept = self.lines <= SHOWN_MOST;
        match ScanListing::parse(line, None) {
            Some(scan) if kept => {
                self.scans.push(json!({"message": scan.message, "octets": scan.octets}));
            }
            Some(_) => {}
            None => self.is_scan = false,
        }
        match UniqueIdListing::parse(line, None) {
            Some(listing) if kept => self.unique_ids.push(json!({
                "message": listing.message,
                "unique_id": listing.unique_id.map(|id| id.to_string()),
            })),
            Some(_) => {}
            None => self.is_unique_id = false,
        }
        let tag = line.split(|&octet| octet == b' ').next().unwrap_or_default();
        let is_tag =
            |octet: &u8| octet.is_ascii_uppercase() || octet.is_ascii_digit() || b"-_".contains(octet);
        self.is_capability &= kept && !tag.is_empty() && tag.iter().all(is_tag);
        if self.is_capability {
            self.capabilities.push(line.clone());
        }
    }
}

/// The lines of a reply up to the one with the dot: a listing or capabilities if every line is one, else a message.
fn lines<R: Read, W: Write>(input: &mut Input<R>, out: &mut Output<W>) -> io::Result<()> {
    let offset = input.passed;
    let mut guess = Guess::new();
    while guess.is_open() {
        let Some(line) = input.peek_line()? else { break };
        if line == b"." {
            let _ = input.line()?;
            let lines = guess.lines;
            let (name, detail) = if guess.is_scan && lines > 0 {
                ("scan", json!({"lines": lines, "listing": guess.scans}))
            } else if guess.is_unique_id && lines > 0 {
                ("unique-id", json!({"lines": lines, "listing": guess.unique_ids}))
            } else if guess.is_capability && lines > 0 {
                let capabilities = Capabilities::of(&guess.capabilities);
                let list: Vec<String> = capabilities.lines().map(|line| shown(line)).collect();
                ("capabilities", json!({"lines": lines, "capabilities": list}))
            } else {
                ("empty", json!({"lines": 0}))
            };
            let detail = self::detail(detail);
            return out.item(Item { kind: "listing", name, error: None, offset, detail });
        }
        guess.line(&Bytes::from(line));
        if guess.is_open() {
            let _ = input.line()?;
        }
    }
    let before = input.passed - offset;
    let body = input.body()?;
    let error = match body.bare {
        _ if !body.ended => Some(("the message does not end with CRLF.CRLF".to_owned(), input.passed)),
        Some((octet, at)) => Some((format!("the message holds {octet}"), offset + before + at)),
        None => None,
    };
    let detail = detail(json!({"octets": before + body.octets, "ended": body.ended}));
    out.item(Item { kind: "message", name: "message", error, offset, detail })
}
