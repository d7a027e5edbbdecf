//! Whole dialogues as they stand in `transcripts/`, most of them from the RFCs, cut at every octet and anywhere: the client says what
//! they say, and tells the same.
//!
//! `# state:` and `# capabilities:` say where a dialogue begins, if not with a greeting; `# > ` is what is told, and `# | ` a line of
//! the content of a message. Tags are those of the page; the client has others.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod driven;

use std::collections::HashMap;
use std::path::Path;

use bytes::Bytes;
use driven::{PREFIX, Talk, call, config};
use imap_proto::client::State;
use imap_proto::frame::{Frame, FrameLimits, Framer, Side};
use imap_proto::{Command, Dialect, Limits};
use test_support::transcript::load;
use wire_core::{RecvBuf, Replayed, replay};

/// What a line of the client begins.
#[derive(Clone, Debug, PartialEq)]
enum Act {
    Command(Box<Command>),
    Authenticate,
    Idle,
    Done,
    /// It goes on with what was begun.
    Goes,
}

enum Line {
    Client(Act, Vec<u8>),
    Server(Vec<u8>),
    Layer,
}

/// The lines of a dialogue, and what those of the client begin.
fn lines(text: &str) -> Vec<Line> {
    let mut all: Vec<Line> = Vec::new();
    let (mut open, mut first) = (Vec::new(), 0);
    let mut exchange = false;
    for entry in replay(text) {
        match entry {
            Replayed::Server(octets) => {
                exchange &= octets.starts_with(b"+") || octets.starts_with(b"* ");
                all.push(Line::Server(octets));
            }
            Replayed::Layer(_) => all.push(Line::Layer),
            Replayed::Client(octets) => {
                if open.is_empty() && (exchange || octets == b"DONE\r\n") {
                    let act = if exchange { Act::Goes } else { Act::Done };
                    all.push(Line::Client(act, octets));
                    continue;
                }
                if open.is_empty() {
                    first = all.len();
                }
                open.extend_from_slice(&octets);
                all.push(Line::Client(Act::Goes, octets));
                if let Some(act) = act(&open) {
                    exchange = act == Act::Authenticate;
                    open.clear();
                    if let Line::Client(begun, _) = &mut all[first] {
                        *begun = act;
                    }
                }
            }
            other => panic!("{other:?}"),
        }
    }
    assert!(open.is_empty(), "{}", open.escape_ascii());
    all
}

/// What these octets say, if they are a whole command.
fn act(octets: &[u8]) -> Option<Act> {
    let (mut framer, mut rx) = (Framer::new(Side::Commands), RecvBuf::default());
    let limits = FrameLimits::commands(&Limits::new());
    rx.feed(octets);
    let mut whole = Vec::new();
    loop {
        match framer.step(&mut rx, &limits).unwrap()? {
            Frame::Whole(frame) => whole = frame.to_vec(),
            Frame::Begin { head, .. } => {
                whole.extend_from_slice(&head);
                continue;
            }
            Frame::Chunk(chunk) => {
                whole.extend_from_slice(&chunk);
                continue;
            }
            Frame::End(rest) => whole.extend_from_slice(&rest),
            _ => continue,
        }
        break;
    }
    let frame = Bytes::from(whole);
    let (_, command) = Command::parse(&frame, Dialect::UTF8)
        .unwrap_or_else(|error| panic!("{}: {error}", frame.escape_ascii()));
    Some(match command {
        Command::Idle => Act::Idle,
        Command::Authenticate(_) => Act::Authenticate,
        command => Act::Command(Box::new(command)),
    })
}

fn directive<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    text.lines().find_map(|line| line.strip_prefix("# ")?.strip_prefix(name)?.strip_prefix(": "))
}

/// Plays a dialogue, what the server says in pieces of these sizes, and says what was told.
fn play(name: &str, text: &str, mut sizes: impl FnMut() -> usize) -> driven::Heard {
    let mut talk = match directive(text, "state") {
        None => Talk::new(config().dangerous_allow_cleartext_secrets(true)),
        Some(state) => {
            let state = match state {
                "not authenticated" => State::NotAuthenticated,
                "authenticated" => State::Authenticated,
                "selected" => State::Selected,
                other => panic!("{name}: {other}"),
            };
            let config = config().limits(Limits::new().inline_literal(200).chunk(64));
            Talk::with(config, state, directive(text, "capabilities").unwrap_or("IMAP4rev2"))
        }
    };
    talk.tls = true;
    let mut tags = HashMap::new();
    let mut compared = 0;
    for line in lines(text) {
        match line {
            Line::Layer => {}
            Line::Client(act, octets) => {
                let begins = act != Act::Goes && act != Act::Done;
                match act {
                    Act::Command(command) => talk.machine().command(*command).map(|_| ()),
                    Act::Authenticate => call(talk.machine(), "AUTHENTICATE PLAIN"),
                    Act::Idle => call(talk.machine(), "IDLE"),
                    Act::Done => {
                        talk.machine().done();
                        Ok(())
                    }
                    Act::Goes => Ok(()),
                }
                .unwrap_or_else(|error| panic!("{name}: {}: {error}", octets.escape_ascii()));
                talk.run();
                let sent = talk.heard.sent[compared..].to_vec();
                let mut expected = octets.clone();
                if begins {
                    let ours =
                        String::from_utf8_lossy(&sent).split(' ').next().unwrap_or_default().to_owned();
                    assert!(ours.starts_with(PREFIX), "{name}: {} for {}", ours, octets.escape_ascii());
                    let text = String::from_utf8(octets.clone()).unwrap();
                    let theirs = text.split(' ').next().unwrap();
                    expected = [ours.as_bytes(), &octets[theirs.len()..]].concat();
                    tags.insert(theirs.to_owned(), ours);
                }
                assert!(
                    sent.starts_with(&expected),
                    "{name}: {:?} expected, {:?} sent",
                    String::from_utf8_lossy(&expected),
                    String::from_utf8_lossy(&sent)
                );
                compared += expected.len();
            }
            Line::Server(octets) => {
                let octets = with_tags(octets, &tags);
                let mut rest = octets.as_slice();
                while !rest.is_empty() {
                    let (piece, after) = rest.split_at(sizes().clamp(1, rest.len()));
                    talk.says_octets(piece);
                    rest = after;
                }
                assert_eq!(talk.heard.error, None, "{name}: after {}", octets.escape_ascii());
            }
        }
    }
    assert_eq!(talk.heard.sent.len(), compared, "{name}: more is sent than it should");
    if talk.heard.closed || directive(text, "open").is_some() {
        return talk.heard;
    }
    assert!(talk.machine().is_idle(), "{name}: something is left");
    talk.heard
}

/// The tags of the page become ours, before the status and within quotes.
fn with_tags(octets: Vec<u8>, tags: &HashMap<String, String>) -> Vec<u8> {
    let Ok(text) = std::str::from_utf8(&octets) else { return octets };
    let word = text.split([' ', '\r']).next().unwrap_or_default();
    if let Some(tag) = tags.get(word) {
        return format!("{tag}{}", &text[word.len()..]).into_bytes();
    }
    if let Some((before, rest)) = text.split_once("(TAG \"")
        && let Some((theirs, after)) = rest.split_once('"')
        && let Some(ours) = tags.get(theirs)
    {
        return format!("{before}(TAG \"{ours}\"{after}").into_bytes();
    }
    octets
}

#[test]
fn clients() {
    let transcripts = load(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/transcripts"));
    let mut random = 88_172_645_463_325_252_u64;
    let mut ways = 0;
    let is_possible = |name: &str| cfg!(feature = "compress") || !name.contains("compress");
    for (name, text) in transcripts.iter().filter(|(name, _)| is_possible(name)) {
        let whole = play(name, text, || usize::MAX);
        let told: Vec<_> = text.lines().filter_map(|line| line.strip_prefix("# > ")).collect();
        let tag = |line: &String| line.replace(PREFIX, "tag ");
        assert_eq!(whole.events.iter().map(tag).collect::<Vec<_>>(), told, "{name}");
        let body: String = text
            .lines()
            .filter_map(|line| line.strip_prefix("# | "))
            .map(|line| format!("{line}\r\n"))
            .collect();
        assert_eq!(String::from_utf8_lossy(&whole.body), body, "{name}");
        for size in (1..=80).chain([100, 200, 1000]) {
            assert_eq!(play(name, text, || size), whole, "{name} in pieces of {size}");
            ways += 1;
        }
        // Every octet of each line is a place to cut.
        for first in 1..=120 {
            let mut fresh = false;
            let again = play(name, text, || {
                fresh = !fresh;
                if fresh { first } else { usize::MAX }
            });
            assert_eq!(again, whole, "{name} cut at {first}");
            ways += 1;
        }
        for _ in 0..100 {
            let again = play(name, text, || {
                random ^= random << 13;
                random ^= random >> 7;
                random ^= random << 17;
                (random % 23) as usize
            });
            assert_eq!(again, whole, "{name}");
            ways += 1;
        }
    }
    println!("{} transcripts in {ways} ways", transcripts.len());
}
