//! Octets in, items out: what every protocol shares.

use std::io::{self, Read, Write};

use bytes::Bytes;
use postwire::wire::dot::{Unstuffed, Unstuffer};
use postwire::wire::{BareOctet, Eof, Escaped, NewlineCheck, RecvBuf};
use serde_json::{Map, Value, json};

/// Octets of a line, CRLF included: longer ones are reported and skipped.
pub(crate) const LINE_MOST: usize = 64 * 1024;
pub(crate) const CHUNK: usize = 64 * 1024;

pub(crate) struct Input<R> {
    pub(crate) rx: RecvBuf,
    /// Octets that are consumed: the offset of what comes next.
    pub(crate) passed: u64,
    pub(crate) source: R,
}

pub(crate) enum Line {
    Whole(Bytes),
    TooLong,
    /// The stream ended without CRLF.
    Unfinished(Bytes),
    End,
}

impl<R: Read> Input<R> {
    /// Reads more; false at the end.
    pub(crate) fn fill(&mut self) -> io::Result<bool> {
        let mut buffer = [0; 16 * 1024];
        let n = self.source.read(&mut buffer)?;
        self.rx.feed(buffer.get(..n).unwrap_or_default());
        if n == 0 {
            self.rx.feed_eof(Eof::Clean);
        }
        Ok(n > 0)
    }

    pub(crate) fn line(&mut self) -> io::Result<Line> {
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

pub(crate) struct Output<W> {
    pub(crate) json: bool,
    /// Whether objects have a tag, and what is damaged.
    pub(crate) tags: bool,
    pub(crate) sink: W,
}

/// One command, reply or piece of a message.
pub(crate) struct Item<'a> {
    pub(crate) kind: &'a str,
    pub(crate) name: &'a str,
    pub(crate) error: Option<(String, u64)>,
    pub(crate) offset: u64,
    pub(crate) detail: Map<String, Value>,
}

impl<W: Write> Output<W> {
    pub(crate) fn item(&mut self, item: Item<'_>) -> io::Result<()> {
        let ok = item.error.is_none();
        let (error, offset) = match item.error {
            Some((error, at)) => (Some(error), at),
            None => (None, item.offset),
        };
        if self.json {
            let mut object = json!({
                "kind": item.kind, "name": item.name, "ok": ok, "error": error, "offset": offset, "detail": item.detail,
            });
            if self.tags
                && let Value::Object(object) = &mut object
            {
                object.extend(detail(json!({"tag": null, "damaged": []})));
            }
            return writeln!(self.sink, "{object}");
        }
        let status = error.map_or_else(|| "ok".to_owned(), |error| format!("ERROR {error}"));
        let detail: Vec<String> = item.detail.iter().map(|(key, value)| format!("{key}={value}")).collect();
        writeln!(self.sink, "{offset:>8} {} {} {status} {}", item.kind, item.name, detail.join(" "))
    }
}

pub(crate) fn detail(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}

pub(crate) fn shown(octets: &[u8]) -> String {
    Escaped(octets).to_string()
}

/// What a message up to CRLF "." CRLF is.
pub(crate) struct Body {
    pub(crate) octets: u64,
    pub(crate) ended: bool,
    /// The first CR, LF or NUL that stands alone, and its offset in the message.
    pub(crate) bare: Option<(BareOctet, u64)>,
}

impl<R: Read> Input<R> {
    /// Reads over a message up to CRLF "." CRLF.
    pub(crate) fn body(&mut self) -> io::Result<Body> {
        let mut unstuffer = Unstuffer::default();
        let mut newlines = NewlineCheck::default();
        let mut body = Body { octets: 0, ended: false, bare: None };
        loop {
            let before = self.rx.len();
            let next = unstuffer.next(&mut self.rx, CHUNK);
            self.passed += (before - self.rx.len()) as u64;
            match next {
                Some(Unstuffed::Chunk(chunk)) => {
                    body.octets += chunk.len() as u64;
                    if body.bare.is_none() {
                        body.bare = newlines.chunk(&chunk).err();
                    }
                }
                Some(Unstuffed::End) => {
                    body.ended = true;
                    return Ok(body);
                }
                None if self.fill()? => {}
                None => {
                    let rest = self.rx.take(usize::MAX);
                    body.octets += rest.len() as u64;
                    self.passed += rest.len() as u64;
                    return Ok(body);
                }
            }
        }
    }

    /// The next line, to look at; `None` if there is no whole one.
    pub(crate) fn peek_line(&mut self) -> io::Result<Option<Vec<u8>>> {
        loop {
            let octets = self.rx.peek();
            if let Some(end) = memchr::memmem::find(octets, b"\r\n") {
                return Ok(octets.get(..end).map(<[u8]>::to_vec));
            }
            if octets.len() > LINE_MOST || !self.fill()? {
                return Ok(None);
            }
        }
    }
}

/// What follows an agreement to begin TLS; whether it can be read on.
pub(crate) fn tls<R: Read, W: Write>(
    input: &mut Input<R>,
    out: &mut Output<W>,
    command: &str,
) -> io::Result<bool> {
    let offset = input.passed;
    if input.rx.is_empty() && !input.fill()? {
        return Ok(false);
    }
    let record = input.rx.peek().first() == Some(&0x16);
    let error = (!record).then(|| (format!("plaintext follows {command}"), offset));
    let name = if record { "TLS" } else { "PLAINTEXT" };
    out.item(Item { kind: "layer", name, error, offset, detail: Map::new() })?;
    Ok(!record)
}

/// Lines of an AUTH exchange: base64, or `*`. The first line that is a command again ends it, as far as one can tell:
/// only the other side knows when the exchange has ended.
pub(crate) fn auth<R: Read, W: Write>(
    input: &mut Input<R>,
    out: &mut Output<W>,
    mut begun: bool,
    is_command: fn(&Bytes) -> bool,
) -> io::Result<()> {
    while let Some(line) = input.peek_line()? {
        let line = Bytes::from(line);
        let base64 = line.iter().all(|octet| octet.is_ascii_alphanumeric() || b"+/=".contains(octet));
        // Four letters are valid base64: at the beginning of an exchange they are a response.
        if line != "*" && (!base64 || begun && is_command(&line)) {
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
    Ok(())
}
