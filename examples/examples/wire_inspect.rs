//! Reads the raw octets that one side of a session sent and prints what they are.
//!
//! ```text
//! wire_inspect --protocol smtp --role client|server [--json] < octets
//! ```
//!
//! One line or one JSON object for each command or reply, and for each piece of a message: `{"kind", "name", "ok",
//! "error", "offset", "detail"}`. What is malformed is shown as such, and the stream goes on.

use std::io::{self, Read, Write};
use std::process::ExitCode;

use bytes::Bytes;
use clap::{Parser, ValueEnum};
use postwire::smtp::{Capabilities, Command, Quirks, Reply, ReplyParser};
use postwire::wire::dot::{Unstuffed, Unstuffer};
use postwire::wire::{Eof, Escaped, RecvBuf};
use serde_json::{Map, Value, json};

/// Says what the octets of a session are.
#[derive(Parser, Debug)]
struct Arguments {
    /// Which protocol.
    #[arg(long, value_enum)]
    protocol: ProtocolName,
    /// Which side sent the octets.
    #[arg(long, value_enum)]
    role: Role,
    /// Print JSON, one object a line.
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum ProtocolName {
    Smtp,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Role {
    Client,
    Server,
}

/// Octets of a line, CRLF included: longer ones are reported and skipped.
const LINE_MOST: usize = 64 * 1024;
const CHUNK: usize = 64 * 1024;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let ProtocolName::Smtp = arguments.protocol;
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        // Whoever reads our output may stop when it has seen enough.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("wire_inspect: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments) -> io::Result<()> {
    let mut input = Input { rx: RecvBuf::default(), passed: 0, source: io::stdin().lock() };
    let mut out = Output { json: arguments.json, sink: io::BufWriter::new(io::stdout().lock()) };
    match arguments.role {
        Role::Client => client(&mut input, &mut out)?,
        Role::Server => server(&mut input, &mut out)?,
    }
    out.sink.flush()
}

struct Input<R> {
    rx: RecvBuf,
    /// Octets that are consumed: the offset of what comes next.
    passed: u64,
    source: R,
}

enum Line {
    Whole(Bytes),
    TooLong,
    /// The stream ended without CRLF.
    Unfinished(Bytes),
    End,
}

impl<R: Read> Input<R> {
    /// Reads more; false at the end.
    fn fill(&mut self) -> io::Result<bool> {
        let mut buffer = [0; 16 * 1024];
        let n = self.source.read(&mut buffer)?;
        self.rx.feed(buffer.get(..n).unwrap_or_default());
        if n == 0 {
            self.rx.feed_eof(Eof::Clean);
        }
        Ok(n > 0)
    }

    fn line(&mut self) -> io::Result<Line> {
        loop {
            let before = self.rx.len();
            match self.rx.line(LINE_MOST) {
                Ok(Some(line)) => {
                    self.passed += (before - self.rx.len()) as u64;
                    return Ok(Line::Whole(line));
                }
                Err(_) => {
                    self.passed += (before - self.rx.len()) as u64;
                    return Ok(Line::TooLong);
                }
                Ok(None) => self.passed += (before - self.rx.len()) as u64,
            }
            if !self.fill()? {
                if self.rx.is_empty() {
                    return Ok(Line::End);
                }
                let rest = self.rx.take(LINE_MOST);
                self.passed += rest.len() as u64;
                return Ok(Line::Unfinished(rest));
            }
        }
    }
}

struct Output<W> {
    json: bool,
    sink: W,
}

/// One command, reply or piece of a message.
struct Item<'a> {
    kind: &'a str,
    name: &'a str,
    error: Option<(String, u64)>,
    offset: u64,
    detail: Map<String, Value>,
}

impl<W: Write> Output<W> {
    fn item(&mut self, item: Item<'_>) -> io::Result<()> {
        let ok = item.error.is_none();
        let (error, offset) = match item.error {
            Some((error, at)) => (Some(error), at),
            None => (None, item.offset),
        };
        if self.json {
            let object = json!({
                "kind": item.kind, "name": item.name, "ok": ok, "error": error, "offset": offset, "detail": item.detail,
            });
            return writeln!(self.sink, "{object}");
        }
        let status = error.map_or_else(|| "ok".to_owned(), |error| format!("ERROR {error}"));
        let detail: Vec<String> = item.detail.iter().map(|(key, value)| format!("{key}={value}")).collect();
        writeln!(self.sink, "{offset:>8} {} {} {status} {}", item.kind, item.name, detail.join(" "))
    }
}

fn detail(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}

fn shown(octets: &[u8]) -> String {
    Escaped(octets).to_string()
}

// ── what a client sends ─────────────────────────────────────────────────────────────────────────────────────────

fn client<R: Read, W: Write>(input: &mut Input<R>, out: &mut Output<W>) -> io::Result<()> {
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
        let parsed = Command::parse(&line, &Quirks::default());
        let verb = line.split(|&octet| octet == b' ').next().unwrap_or_default().to_ascii_uppercase();
        let name = shown(&verb);
        match parsed {
            Ok(command) => {
                let known = !matches!(command, Command::Unknown { .. });
                let error = if !finished {
                    Some(("the line does not end with CRLF".to_owned(), offset + line.len() as u64))
                } else if known {
                    None
                } else {
                    Some(("unknown command".to_owned(), offset))
                };
                out.item(Item {
                    kind: "command",
                    name: &name,
                    error,
                    offset,
                    detail: command_detail(&command),
                })?;
                match command {
                    Command::Data if finished => data(input, out)?,
                    Command::Bdat { octets, last } if finished => chunk(input, out, octets, last)?,
                    Command::Auth { initial, .. } if finished => auth(input, out, initial.is_some())?,
                    // What follows is TLS.
                    Command::StartTls if finished => return tls(input, out),
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

fn command_detail(command: &Command) -> Map<String, Value> {
    let text = |octets: &Bytes| shown(octets);
    detail(match command {
        Command::Ehlo(host) | Command::Helo(host) | Command::Lhlo(host) => json!({"host": host.as_str()}),
        Command::Mail { from, params } => {
            let mut encoded = Vec::new();
            command.encode(&mut encoded);
            json!({
                "from": from.to_string(),
                "size": params.size,
                "body": params.body.map(|body| format!("{body:?}")),
                "smtputf8": params.smtp_utf8,
                "requiretls": params.require_tls,
                "envid": params.envid.as_ref().map(text),
                "ret": params.ret.map(|ret| format!("{ret:?}")),
                "auth": params.auth.as_ref().map(|auth| format!("{auth:?}")),
                "by": params.deliver_by.map(|by| by.seconds),
                "hold": params.hold.as_ref().map(|hold| format!("{hold:?}")),
                "mt_priority": params.mt_priority,
                "other": params.raw().iter().map(|raw| text(&raw.keyword)).collect::<Vec<_>>(),
                "canonical": shown(encoded.strip_suffix(b"\r\n").unwrap_or(&encoded)),
            })
        }
        Command::Rcpt { to, params } => json!({
            "to": to.to_string(),
            "notify": params.notify.map(|notify| format!("{notify:?}")),
            "orcpt": params.orcpt.as_ref().map(|orcpt| format!("{};{}", text(orcpt.kind()), text(orcpt.address()))),
            "rrvs": params.rrvs.as_ref().map(text),
            "other": params.unknown().map(|raw| text(&raw.keyword)).collect::<Vec<_>>(),
        }),
        Command::Bdat { octets, last } => json!({"octets": octets, "last": last}),
        Command::Noop(argument) | Command::Help(argument) => json!({"argument": argument.as_ref().map(text)}),
        Command::Vrfy { argument, smtp_utf8 } | Command::Expn { argument, smtp_utf8 } => {
            json!({"argument": text(argument), "smtputf8": smtp_utf8})
        }
        Command::Auth { mechanism, initial } => {
            json!({"mechanism": text(mechanism).to_ascii_uppercase(), "initial_response": initial.as_ref().map(|_| "redacted")})
        }
        Command::Etrn(argument) => json!({"argument": text(argument)}),
        Command::Xclient(attributes) | Command::Xforward(attributes) => Value::Object(
            attributes.iter().map(|(name, value)| (text(name), Value::String(text(value)))).collect(),
        ),
        _ => json!({}),
    })
}

/// A message up to CRLF "." CRLF.
fn data<R: Read, W: Write>(input: &mut Input<R>, out: &mut Output<W>) -> io::Result<()> {
    let offset = input.passed;
    let mut unstuffer = Unstuffer::default();
    let mut octets = 0u64;
    let mut newlines = postwire::wire::NewlineCheck::default();
    let mut bare = None;
    loop {
        let before = input.rx.len();
        let next = unstuffer.next(&mut input.rx, CHUNK);
        input.passed += (before - input.rx.len()) as u64;
        match next {
            Some(Unstuffed::Chunk(chunk)) => {
                octets += chunk.len() as u64;
                if bare.is_none() {
                    bare = newlines.chunk(&chunk).err();
                }
            }
            Some(Unstuffed::End) => {
                let error = bare.map(|(octet, at)| (format!("the message holds {octet}"), offset + at));
                let detail = detail(json!({"octets": octets, "ended": true}));
                return out.item(Item { kind: "data", name: "DATA", error, offset, detail });
            }
            None if input.fill()? => {}
            None => {
                let rest = input.rx.take(usize::MAX);
                octets += rest.len() as u64;
                input.passed += rest.len() as u64;
                let error = Some(("the message does not end with CRLF.CRLF".to_owned(), input.passed));
                let detail = detail(json!({"octets": octets, "ended": false}));
                return out.item(Item { kind: "data", name: "DATA", error, offset, detail });
            }
        }
    }
}

/// The octets of a BDAT chunk.
fn chunk<R: Read, W: Write>(
    input: &mut Input<R>,
    out: &mut Output<W>,
    octets: u64,
    last: bool,
) -> io::Result<()> {
    let offset = input.passed;
    let mut left = octets;
    while left > 0 {
        let piece = input.rx.take(usize::try_from(left).unwrap_or(CHUNK).min(CHUNK));
        left -= piece.len() as u64;
        input.passed += piece.len() as u64;
        if piece.is_empty() && !input.fill()? {
            break;
        }
    }
    let error = (left > 0).then(|| (format!("{left} octets are missing"), input.passed));
    let detail = detail(json!({"octets": octets - left, "last": last}));
    out.item(Item { kind: "chunk", name: "BDAT", error, offset, detail })
}

/// Lines of an AUTH exchange: base64, or `*`. The first line that is a command again ends it.
fn auth<R: Read, W: Write>(input: &mut Input<R>, out: &mut Output<W>, mut begun: bool) -> io::Result<()> {
    loop {
        while memchr_line(input.rx.peek()).is_none() {
            if !input.fill()? {
                return Ok(());
            }
        }
        let end = memchr_line(input.rx.peek()).unwrap_or(0);
        let line = input.rx.peek().get(..end).unwrap_or_default().to_vec();
        if looks_like_command(&line, begun) {
            return Ok(());
        }
        begun = true;
        let offset = input.passed;
        let Line::Whole(line) = input.line()? else { return Ok(()) };
        let cancelled = line == "*";
        let good = cancelled || postwire::sasl::base64::decode(&line).is_ok();
        let error = (!good).then(|| ("not base64".to_owned(), offset));
        let detail = detail(json!({"cancelled": cancelled, "response": "redacted"}));
        out.item(Item { kind: "auth-response", name: "AUTH", error, offset, detail })?;
        if cancelled {
            return Ok(());
        }
    }
}

fn memchr_line(octets: &[u8]) -> Option<usize> {
    octets.windows(2).position(|pair| pair == b"\r\n")
}

/// Whether a line behind AUTH is a command: only the other side knows when the exchange has ended.
fn looks_like_command(line: &[u8], begun: bool) -> bool {
    if line == b"*" {
        return false;
    }
    if line.iter().any(|octet| !octet.is_ascii_alphanumeric() && !b"+/=".contains(octet)) {
        return true;
    }
    // Four letters are valid base64: at the beginning of an exchange they are a response.
    let command = Command::parse(&Bytes::copy_from_slice(line), &Quirks::default());
    begun && !matches!(command, Ok(Command::Unknown { .. }) | Err(_))
}

fn tls<R: Read, W: Write>(input: &mut Input<R>, out: &mut Output<W>) -> io::Result<()> {
    let offset = input.passed;
    if input.rx.is_empty() && !input.fill()? {
        return Ok(());
    }
    let record = input.rx.peek().first() == Some(&0x16);
    let error = (!record).then(|| ("plaintext follows STARTTLS".to_owned(), offset));
    let name = if record { "TLS" } else { "PLAINTEXT" };
    out.item(Item { kind: "layer", name, error, offset, detail: Map::new() })?;
    if record {
        // Nothing that follows can be read.
        return Ok(());
    }
    client(input, out)
}

// ── what a server sends ─────────────────────────────────────────────────────────────────────────────────────────

fn server<R: Read, W: Write>(input: &mut Input<R>, out: &mut Output<W>) -> io::Result<()> {
    let mut parser = ReplyParser::new(256, 64 * 1024);
    let mut begin = None;
    loop {
        let offset = input.passed;
        let (line, finished) = match input.line()? {
            Line::End => {
                if let Some(begin) = begin {
                    let error = Some(("the reply has no last line".to_owned(), offset));
                    out.item(Item { kind: "reply", name: "", error, offset: begin, detail: Map::new() })?;
                }
                return Ok(());
            }
            Line::TooLong => {
                let error = Some((format!("line longer than {LINE_MOST} octets"), offset));
                out.item(Item { kind: "reply", name: "", error, offset, detail: Map::new() })?;
                continue;
            }
            Line::Whole(line) => (line, true),
            Line::Unfinished(line) => (line, false),
        };
        match parser.line(&line) {
            Ok(None) => {
                begin.get_or_insert(offset);
            }
            Ok(Some(reply)) => {
                let offset = begin.take().unwrap_or(offset);
                let error = (!finished).then(|| ("the line does not end with CRLF".to_owned(), input.passed));
                let name = reply.code().to_string();
                out.item(Item { kind: "reply", name: &name, error, offset, detail: reply_detail(&reply) })?;
            }
            Err(error) => {
                let detail = detail(json!({"text": shown(&line)}));
                let error = Some((error.to_string(), offset));
                let begin = begin.take().unwrap_or(offset);
                out.item(Item { kind: "reply", name: "", error, offset: begin, detail })?;
                parser = ReplyParser::new(256, 64 * 1024);
            }
        }
    }
}

fn reply_detail(reply: &Reply) -> Map<String, Value> {
    let lines: Vec<String> = reply.lines().map(|line| shown(line)).collect();
    let mut object = json!({
        "code": reply.code().value(),
        "enhanced": reply.enhanced().map(|code| code.to_string()),
        "lines": lines,
        "class": match reply.code().value() / 100 { 2 => "positive", 3 => "intermediate", 4 => "transient", _ => "permanent" },
    });
    if reply.code().value() == 250 && reply.lines().count() > 1 {
        let offered = Capabilities::parse(reply);
        let keywords: Vec<String> = offered.lines().map(|line| shown(line)).collect();
        if let Value::Object(map) = &mut object {
            map.insert("capabilities".to_owned(), json!(keywords));
        }
    }
    detail(object)
}
