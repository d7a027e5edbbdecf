//! Transcripts (`C:` and `S:` lines, as the RFCs print them) against either side.

use std::path::Path;

use wire_core::{Endpoint, Filter, Machine, Moment, Progress, Replayed, replay};

use crate::Side;
use crate::script::{Unencrypted, drain};

/// The transcripts of a folder, by name: files that end in `.txt`.
pub fn load(folder: &Path) -> Vec<(String, String)> {
    let mut found: Vec<(String, String)> = std::fs::read_dir(folder)
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "txt"))
        .map(|path| {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            (name, std::fs::read_to_string(&path).unwrap())
        })
        .collect();
    found.sort();
    assert!(!found.is_empty(), "no transcript in {}", folder.display());
    found
}

/// How a transcript is played.
pub struct Player {
    side: Side,
    pieces: usize,
    secrets: Vec<Vec<u8>>,
    now: Moment,
    tls: Box<dyn FnMut() -> Box<dyn Filter>>,
}

impl Player {
    /// Plays the part of the peer of this side. A machine that asks for TLS gets [`Unencrypted`]; the line
    /// `* TLS` in a transcript is only for the reader.
    pub fn against(side: Side) -> Self {
        Self {
            side,
            pieces: usize::MAX,
            secrets: Vec::new(),
            now: Moment::ORIGIN,
            tls: Box::new(|| Box::new(Unencrypted::default())),
        }
    }

    /// Delivers at most so many octets at a time.
    #[must_use]
    pub fn pieces(mut self, octets: usize) -> Self {
        self.pieces = octets.max(1);
        self
    }

    /// What stands for the peer's `[redacted]`, in order, without CRLF.
    #[must_use]
    pub fn secrets(mut self, secrets: &[&[u8]]) -> Self {
        self.secrets = secrets.iter().rev().map(|secret| secret.to_vec()).collect();
        self
    }

    /// What to install when the machine asks for TLS.
    #[must_use]
    pub fn tls(mut self, make: impl FnMut() -> Box<dyn Filter> + 'static) -> Self {
        self.tls = Box::new(make);
        self
    }

    /// Plays `text`: the peer's lines are delivered, what the endpoint sends must be its own lines; `on` answers
    /// events. Returns whether the endpoint closed at the end.
    ///
    /// # Panics
    ///
    /// Where the endpoint says something else than the transcript, or fails.
    pub fn play<M: Machine>(
        mut self,
        text: &str,
        endpoint: &mut Endpoint<M>,
        mut on: impl FnMut(M::Event, &mut M),
    ) -> bool {
        let mut said = Vec::new();
        let mut closed = self.drive(endpoint, &mut said, &mut on);
        // What the peer sends in a row it sends at once, or in pieces of all of it.
        let mut waiting: Vec<u8> = Vec::new();
        for (at, entry) in replay(text).enumerate() {
            let (from, octets, secret) = match entry {
                Replayed::Client(octets) => (Side::Client, octets, false),
                Replayed::Server(octets) => (Side::Server, octets, false),
                Replayed::ClientSecret(octets) => (Side::Client, octets, true),
                Replayed::ServerSecret(octets) => (Side::Server, octets, true),
                _ => continue,
            };
            if from == self.side {
                closed |= self.deliver(&mut waiting, endpoint, &mut said, &mut on);
                self.expect(at, &mut said, &octets, secret);
                continue;
            }
            if waiting.is_empty() {
                assert!(
                    said.is_empty(),
                    "before entry {at} the endpoint says more: {:?}",
                    String::from_utf8_lossy(&said)
                );
            }
            waiting.extend_from_slice(&octets);
            if secret {
                waiting.extend_from_slice(&self.secrets.pop().expect("a secret for each [redacted]"));
                waiting.extend_from_slice(b"\r\n");
            }
        }
        closed |= self.deliver(&mut waiting, endpoint, &mut said, &mut on);
        assert!(said.is_empty(), "at the end the endpoint says more: {:?}", String::from_utf8_lossy(&said));
        closed
    }

    fn deliver<M: Machine>(
        &mut self,
        waiting: &mut Vec<u8>,
        endpoint: &mut Endpoint<M>,
        said: &mut Vec<u8>,
        on: &mut impl FnMut(M::Event, &mut M),
    ) -> bool {
        let mut closed = self.drive(endpoint, said, on);
        for piece in std::mem::take(waiting).chunks(self.pieces) {
            endpoint.recv_buf().extend_from_slice(piece);
            closed |= self.drive(endpoint, said, on);
        }
        closed
    }

    fn expect(&self, at: usize, said: &mut Vec<u8>, octets: &[u8], secret: bool) {
        assert!(
            said.starts_with(octets),
            "entry {at}: {:?} expected, the endpoint says {:?}",
            String::from_utf8_lossy(octets),
            String::from_utf8_lossy(said)
        );
        let mut end = octets.len();
        if secret {
            let line = said[end..].windows(2).position(|two| two == b"\r\n");
            end += line.unwrap_or_else(|| panic!("entry {at}: the line does not end")) + 2;
        }
        said.drain(..end);
    }

    fn drive<M: Machine>(
        &mut self,
        endpoint: &mut Endpoint<M>,
        said: &mut Vec<u8>,
        on: &mut impl FnMut(M::Event, &mut M),
    ) -> bool {
        for _ in 0..1_000_000 {
            match endpoint.poll(self.now) {
                Ok(Progress::Event(event)) => on(event, endpoint.machine()),
                Ok(Progress::StartTls(proof)) => {
                    drain(endpoint, said);
                    endpoint.install_tls(proof, (self.tls)());
                }
                Ok(Progress::Close) => {
                    drain(endpoint, said);
                    return true;
                }
                Ok(_) => {
                    drain(endpoint, said);
                    return false;
                }
                Err(error) => panic!("the endpoint fails: {error}"),
            }
        }
        panic!("the transcript does not come to rest");
    }
}
