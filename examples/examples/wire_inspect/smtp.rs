//! SMTP.

use std::io::{self, Read, Write};

use bytes::Bytes;
use postwire::smtp::{Capabilities, Command, Quirks, Reply, ReplyParser};
use serde_json::{Map, Value, json};

use crate::input::{CHUNK, Input, Item, LINE_MOST, Line, Output, auth, detail, shown, tls};

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
                    Command::Auth { initial, .. } if finished => {
                        auth(input, out, initial.is_some(), is_command)?
                    }
                    // What follows is TLS.
                    Command::StartTls if finished && !tls(input, out, "STARTTLS")? => return Ok(()),
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

fn is_command(line: &Bytes) -> bool {
    !matches!(Command::parse(line, &Quirks::default()), Ok(Command::Unknown { .. }) | Err(_))
}

/// A message up to CRLF "." CRLF.
fn data<R: Read, W: Write>(input: &mut Input<R>, out: &mut Output<W>) -> io::Result<()> {
    let offset = input.passed;
    let body = input.body()?;
    let error = match body.bare {
        _ if !body.ended => Some(("the message does not end with CRLF.CRLF".to_owned(), input.passed)),
        Some((octet, at)) => Some((format!("the message holds {octet}"), offset + at)),
        None => None,
    };
    let detail = detail(json!({"octets": body.octets, "ended": body.ended}));
    out.item(Item { kind: "data", name: "DATA", error, offset, detail })
}

// ── what a server sends ─────────────────────────────────────────────────────────────────────────────────────────

pub(crate) fn server<R: Read, W: Write>(input: &mut Input<R>, out: &mut Output<W>) -> io::Result<()> {
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
