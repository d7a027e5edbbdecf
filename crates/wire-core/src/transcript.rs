//! What crossed a connection, redacted, in a text form that a test can replay.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use crate::Escaped;

/// What stands for octets that must not be shown.
const REDACTED: &str = "[redacted]";

/// Which way octets went, seen from the side that records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(clippy::exhaustive_enums)] // there are two ways
pub enum Direction {
    /// To the peer.
    Sent,
    /// From the peer.
    Received,
}

/// A handle on a transcript that is being written; clones write to the same one.
///
/// # Example
///
/// ```
/// use wire_core::{Endpoint, Recorder};
/// # use wire_core::{Layer, Machine, Moment, RecvBuf, SendBuf, Step};
/// # struct Greeter;
/// # impl Machine for Greeter {
/// #     type Event = ();
/// #     type Error = std::convert::Infallible;
/// #     fn step(&mut self, _: Moment, rx: &mut RecvBuf, tx: &mut SendBuf) -> Result<Step<()>, Self::Error> {
/// #         match rx.line(512) { Ok(Some(_)) => { rx.redact(5); tx.put(b"235 2.7.0 Welcome\r\n"); Ok(Step::Close) } _ => Ok(Step::Read) }
/// #     }
/// #     fn deadline(&self) -> Option<Moment> { None }
/// #     fn layered(&mut self, _: Layer) {}
/// # }
/// let recorder = Recorder::server(64 * 1024);
/// let mut endpoint = Endpoint::new(Greeter);
/// endpoint.record(recorder.clone());
/// endpoint.recv_buf().extend_from_slice(b"AUTH PLAIN AGFsaWNlAHBhc3M=\r\n");
/// endpoint.poll(Moment::ORIGIN).unwrap();
/// assert_eq!(recorder.text_form(), "C: AUTH [redacted]\nS: 235 2.7.0 Welcome\n");
/// ```
#[derive(Clone)]
pub struct Recorder(Arc<Mutex<Log>>);

struct Log {
    client: bool,
    most: usize,
    full: bool,
    text: String,
    /// Where the last line taken from the peer begins and what it was, while it can still be redacted.
    last: Option<(usize, Vec<u8>)>,
    /// A line that is being sent piece by piece, up to its CRLF.
    unfinished: Vec<u8>,
    unfinished_secret: bool,
}

impl Recorder {
    /// Records a connection on which this side is the client; at most `most` octets of text are kept.
    pub fn client(most: usize) -> Self {
        Self::new(true, most)
    }

    /// Records a connection on which this side is the server; at most `most` octets of text are kept.
    pub fn server(most: usize) -> Self {
        Self::new(false, most)
    }

    fn new(client: bool, most: usize) -> Self {
        let log = Log {
            client,
            most,
            full: false,
            text: String::new(),
            last: None,
            unfinished: Vec::new(),
            unfinished_secret: false,
        };
        Self(Arc::new(Mutex::new(log)))
    }

    /// The transcript so far: one line for each line (`C: `, `S: `), for each piece of a body (`C| `, `S| `,
    /// line ends escaped), and for each layer (`* TLS`). Octets that are not plain text are escaped as by
    /// [`Escaped`]; [`replay`] reads it back.
    pub fn text_form(&self) -> String {
        self.with(|log| log.text.clone())
    }

    fn with<T>(&self, f: impl FnOnce(&mut Log) -> T) -> T {
        f(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub(crate) fn line(&self, direction: Direction, line: &[u8]) {
        self.with(|log| {
            let at = log.text.len();
            log.add(direction, ':', line);
            log.last = Some((at, line.to_vec()));
        });
    }

    pub(crate) fn redact(&self, direction: Direction, keep: usize) {
        self.with(|log| {
            if let Some((at, line)) = log.last.take() {
                log.text.truncate(at);
                let mut shown = line.get(..keep).unwrap_or(&line).to_vec();
                shown.extend_from_slice(REDACTED.as_bytes());
                log.add(direction, ':', &shown);
            }
        });
    }

    pub(crate) fn body(&self, direction: Direction, octets: &[u8]) {
        if !octets.is_empty() {
            self.with(|log| log.add(direction, '|', octets));
        }
    }

    pub(crate) fn text(&self, direction: Direction, octets: &[u8]) {
        self.with(|log| {
            for &octet in octets {
                log.unfinished.push(octet);
                if log.unfinished.ends_with(b"\r\n") {
                    log.finish_line(direction);
                }
            }
            // A line that never ends must not grow: show it in pieces.
            if log.unfinished.len() > 16 * 1024 {
                log.finish_line(direction);
            }
        });
    }

    pub(crate) fn secret(&self, direction: Direction) {
        self.with(|log| {
            let _ = direction;
            if !log.unfinished_secret {
                log.unfinished.extend_from_slice(REDACTED.as_bytes());
                log.unfinished_secret = true;
            }
        });
    }

    pub(crate) fn note(&self, what: &str) {
        self.with(|log| {
            log.last = None;
            log.push(&format!("* {what}\n"));
        });
    }
}

impl Log {
    fn finish_line(&mut self, direction: Direction) {
        let mut line = std::mem::take(&mut self.unfinished);
        self.unfinished_secret = false;
        if line.ends_with(b"\r\n") {
            line.truncate(line.len() - 2);
        }
        self.add(direction, ':', &line);
    }

    fn add(&mut self, direction: Direction, mark: char, octets: &[u8]) {
        self.last = None;
        let letter = direction.letter(self.client);
        self.push(&format!("{letter}{mark} {}\n", Escaped(octets)));
    }

    fn push(&mut self, text: &str) {
        if self.full {
            return;
        }
        if self.text.len() + text.len() > self.most {
            self.full = true;
            self.text.push_str("* the transcript is full\n");
            return;
        }
        self.text.push_str(text);
    }
}

impl fmt::Debug for Recorder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Recorder")
    }
}

/// One entry of a transcript that is read back.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Replayed {
    /// Octets of the client: a line with its CRLF, or a piece of a body.
    Client(Vec<u8>),
    /// Octets of the server.
    Server(Vec<u8>),
    /// The beginning of a client's line whose rest was redacted.
    ClientSecret(Vec<u8>),
    /// The beginning of a server's line whose rest was redacted.
    ServerSecret(Vec<u8>),
    /// A layer came into place.
    Layer(String),
}

/// Reads a transcript back; lines that are none (empty ones, comments with `#`) are passed over.
///
/// # Example
///
/// ```
/// use wire_core::{Replayed, replay};
///
/// let entries: Vec<_> = replay("S: 220 mx ESMTP\nC: QUIT\nC| x\\u{d}\\u{a}\n").collect();
/// assert_eq!(entries[1], Replayed::Client(b"QUIT\r\n".to_vec()));
/// assert_eq!(entries[2], Replayed::Client(b"x\r\n".to_vec()));
/// ```
pub fn replay(text: &str) -> impl Iterator<Item = Replayed> + '_ {
    text.lines().filter_map(|line| {
        if let Some(layer) = line.strip_prefix("* ") {
            return Some(Replayed::Layer(layer.to_owned()));
        }
        let (mark, rest) = line.split_at_checked(2)?;
        let rest = rest.strip_prefix(' ').unwrap_or(rest);
        let secret = rest.strip_suffix(REDACTED);
        let mut octets = unescape(secret.unwrap_or(rest));
        if mark.ends_with(':') && secret.is_none() {
            octets.extend_from_slice(b"\r\n");
        }
        Some(match (mark, secret.is_some()) {
            ("C:" | "C|", false) => Replayed::Client(octets),
            ("S:" | "S|", false) => Replayed::Server(octets),
            ("C:", true) => Replayed::ClientSecret(octets),
            ("S:", true) => Replayed::ServerSecret(octets),
            _ => return None,
        })
    })
}

/// The octets that [`Escaped`] made this text of.
fn unescape(text: &str) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        let (plain, escape) = rest.split_at(at);
        out.extend_from_slice(plain.as_bytes());
        let (octets, after) = unescape_one(escape);
        out.extend_from_slice(&octets);
        rest = after;
    }
    out.extend_from_slice(rest.as_bytes());
    out
}

fn unescape_one(escape: &str) -> (Vec<u8>, &str) {
    if let Some(after) = escape.strip_prefix("\\\\") {
        return (b"\\".to_vec(), after);
    }
    if let Some((hex, after)) = escape.strip_prefix("\\u{").and_then(|rest| rest.split_once('}'))
        && let Some(c) = u32::from_str_radix(hex, 16).ok().and_then(char::from_u32)
    {
        return (c.to_string().into_bytes(), after);
    }
    if let Some((hex, after)) = escape.strip_prefix("\\x").and_then(|rest| rest.split_at_checked(2))
        && let Ok(octet) = u8::from_str_radix(hex, 16)
    {
        return (vec![octet], after);
    }
    let (first, after) = escape.split_at_checked(1).unwrap_or((escape, ""));
    (first.as_bytes().to_vec(), after)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escaping_is_undone_exactly() {
        let octets: Vec<u8> = (0..=255).chain("Grüße \\ \u{202e}".bytes()).collect();
        assert_eq!(unescape(&Escaped(&octets).to_string()), octets);
    }

    #[test]
    fn secrets_leave_no_trace() {
        let recorder = Recorder::client(4096);
        recorder.text(Direction::Sent, b"AUTH PLAIN ");
        recorder.secret(Direction::Sent);
        recorder.text(Direction::Sent, b"\r\nQUIT\r\n");
        assert_eq!(recorder.text_form(), "C: AUTH PLAIN [redacted]\nC: QUIT\n");
        let entries: Vec<_> = replay(&recorder.text_form()).collect();
        assert_eq!(entries[0], Replayed::ClientSecret(b"AUTH PLAIN ".to_vec()));
    }

    #[test]
    fn a_transcript_stops_at_its_limit() {
        let recorder = Recorder::client(64);
        for _ in 0..100 {
            recorder.text(Direction::Sent, b"NOOP\r\n");
        }
        assert!(recorder.text_form().len() < 100);
        assert!(recorder.text_form().ends_with("* the transcript is full\n"));
    }
}
