//! Commands of other projects and of the RFCs, where they are at hand: each is understood, and means the same when it is
//! written again.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

use std::collections::BTreeMap;

use bytes::Bytes;
use imap_proto::command::{AppendItem, AppendReader};
use imap_proto::frame::{Frame, FrameLimits, Framer, Side};
use imap_proto::{Command, Dialect, Encoder, Limits, Literals, Tag};
use serde_json::Value;
use wire_core::RecvBuf;

/// How commands fared, by their names.
#[derive(Default)]
struct Score {
    /// Understood, refused where the source has BAD, refused where it has not.
    names: BTreeMap<String, [usize; 3]>,
    wrong: Vec<String>,
}

impl Score {
    fn check(&mut self, frame: &Bytes, refused: bool, place: &str) -> Option<Command> {
        self.count(frame, refused, place, understood(frame))
    }

    fn count<T>(&mut self, frame: &[u8], refused: bool, place: &str, result: Result<T, String>) -> Option<T> {
        let name = name(frame);
        let counts = self.names.entry(name.clone()).or_default();
        match result {
            Ok(value) => {
                counts[0] += 1;
                return Some(value);
            }
            Err(_) if refused => counts[1] += 1,
            Err(error) => {
                counts[2] += 1;
                self.wrong.push(format!("{place}: {}: {error}", frame.escape_ascii()));
            }
        }
        None
    }

    fn end(self, what: &str, exceptions: &[(&str, &str)], least: usize) {
        let sum = |index: usize| self.names.values().map(|counts| counts[index]).sum::<usize>();
        println!("{what}: {} understood, {} refused there too, {} not understood", sum(0), sum(1), sum(2));
        for (name, counts) in self.names.iter().filter(|(_, counts)| counts[2] > 0) {
            println!("  {name}: {} of {}", counts[0] + counts[1], counts.iter().sum::<usize>());
        }
        let (excepted, wrong): (Vec<_>, Vec<_>) =
            self.wrong.iter().partition(|line| exceptions.iter().any(|(part, _)| line.contains(part)));
        assert!(
            wrong.is_empty(),
            "{what}:\n{}",
            wrong.iter().map(|line| format!("{line}\n")).collect::<String>()
        );
        for (part, reason) in exceptions {
            assert!(
                excepted.iter().any(|line| line.contains(part)),
                "{part} is no exception any more: {reason}"
            );
        }
        assert!(sum(0) >= least, "{} of at least {least}", sum(0));
    }
}

/// The name of a command, with UID before it.
fn name(frame: &[u8]) -> String {
    let text = String::from_utf8_lossy(frame).to_uppercase();
    let mut words = text.split([' ', '\r', '\n']).skip(1);
    match (words.next().unwrap_or_default(), words.next()) {
        ("UID", Some(next)) => format!("UID {next}"),
        (name, _) => name.to_owned(),
    }
}

/// A command, if it means the same when it is written and read again, however literals are sent.
fn understood(frame: &Bytes) -> Result<Command, String> {
    let (tag, command) = Command::parse(frame, Dialect::REV1).map_err(|error| error.to_string())?;
    for literals in [Literals::Server, Literals::Plus, Literals::Synchronizing] {
        let mut encoder = Encoder::new(literals, Dialect::REV1);
        if !command.encode(&tag, &mut encoder) {
            return Err("is not written whole".into());
        }
        let wire = Bytes::copy_from_slice(encoder.text().strip_suffix(b"\r\n").unwrap());
        match Command::parse(&wire, Dialect::REV1) {
            Ok((same, again)) if same == tag && again == command => {}
            Ok(_) => return Err(format!("means something else as {}", wire.escape_ascii())),
            Err(error) => return Err(format!("is written as {}: {error}", wire.escape_ascii())),
        }
    }
    Ok(command)
}

/// The frames of a stream of a client, those that are streamed put together again, and what is left.
fn frames(stream: &[u8]) -> (Vec<Bytes>, Vec<u8>) {
    let (mut framer, mut rx) = (Framer::new(Side::Commands), RecvBuf::default());
    let limits = FrameLimits::commands(&Limits::new());
    rx.feed(stream);
    let (mut all, mut whole) = (Vec::new(), Vec::new());
    let (mut reader, mut broken) = (None::<AppendReader>, false);
    while let Some(frame) = framer.step(&mut rx, &limits).unwrap() {
        match frame {
            Frame::Whole(frame) => all.push(frame),
            Frame::Begin { head, .. } => {
                let items = match &mut reader {
                    Some(reader) => reader.next(&head).ok(),
                    None => AppendReader::begin(&head, Dialect::REV1).ok().map(|(_, begun, items)| {
                        reader = Some(begun);
                        items
                    }),
                };
                broken |= items.is_none();
                assert!(items.is_none_or(|items| matches!(items.last(), Some(AppendItem::Literal { .. }))));
                whole.extend_from_slice(&head);
            }
            Frame::Chunk(chunk) => whole.extend_from_slice(&chunk),
            Frame::End(rest) => {
                let ended = reader.take().is_some_and(|mut reader| reader.end(&rest).is_ok());
                let pieces = !std::mem::take(&mut broken) && ended;
                whole.extend_from_slice(&rest);
                let frame = Bytes::from(std::mem::take(&mut whole));
                // Read in pieces or whole: it is the same command or none.
                let whole = Command::parse(&frame, Dialect::REV1);
                assert_eq!(
                    pieces,
                    whole.is_ok(),
                    "{}: {whole:?}",
                    frame[..frame.len().min(100)].escape_ascii()
                );
                all.push(frame);
            }
            Frame::TooLarge { .. } => panic!("too large"),
            _ => {}
        }
    }
    (all, rx.peek().to_vec())
}

#[test]
fn vectors_of_imap_codec() {
    let Some(folder) = test_support::corpora() else { return };
    let text = std::fs::read_to_string(folder.join("imap-codec/vectors.jsonl")).unwrap();
    let mut score = Score::default();
    for row in text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()) {
        if row["kind"] != "command" {
            continue;
        }
        let input: Vec<u8> = row["input"]
            .as_str()
            .unwrap()
            .chars()
            .map(|octet| u8::try_from(u32::from(octet)).unwrap())
            .collect();
        let (frames, left) = frames(&input);
        assert_eq!((frames.len(), left.as_slice()), (1, row["remaining"].as_str().unwrap().as_bytes()));
        score.check(&frames[0], false, "imap-codec");
    }
    let exceptions = [("Foo 18446744073709551615", "RFC 9208 section 5.1: number64, which has 63 bits")];
    score.end("imap-codec", &exceptions, 66);
}

/// What a script says that the client sends, and which tags are answered BAD.
struct Script {
    client: Vec<u8>,
    bad: Vec<String>,
}

fn script(text: &[u8]) -> Script {
    let mut script = Script { client: Vec::new(), bad: Vec::new() };
    for line in text.split(|&octet| octet == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line)) {
        if let Some(sent) = line.strip_prefix(b"C:") {
            script.client.extend_from_slice(sent.strip_prefix(b" ").unwrap_or(sent));
            script.client.extend_from_slice(b"\r\n");
        } else if let Some(answer) = line.strip_prefix(b"S: ") {
            let answer = String::from_utf8_lossy(answer);
            let mut words = answer.split(' ');
            let (tag, status) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
            if status == "BAD" {
                script.bad.push(tag.replace('\\', ""));
            }
        }
    }
    script
}

/// What a client says while it is not commands that are waited for.
#[derive(PartialEq)]
enum Waited {
    Command,
    Done,
    Exchange,
}

/// Checks every frame of a client, which may also end IDLE, or answer a challenge.
fn session(score: &mut Score, frames: &[Bytes], bad: &[String], place: &str) {
    let mut waited = Waited::Command;
    for frame in frames {
        let text = String::from_utf8_lossy(frame).into_owned();
        if waited == Waited::Done && text.eq_ignore_ascii_case("DONE") {
            waited = Waited::Command;
            continue;
        }
        if waited == Waited::Exchange && !text.contains(' ') {
            continue;
        }
        if text.is_empty() {
            continue;
        }
        let tag = text.split(' ').next().unwrap_or_default();
        let refused = bad.iter().any(|one| one == tag) || bad.iter().any(|one| one == "*");
        waited = match score.check(frame, refused, place) {
            Some(Command::Idle) => Waited::Done,
            Some(Command::Authenticate(_)) => Waited::Exchange,
            _ => Waited::Command,
        };
    }
}

#[test]
fn scripts_of_james() {
    const EXCEPTIONS: &[(&str, &str)] = &[
        ("  FLAGS (", "two spaces where the grammar has one"),
        ("  +FLAGS (", "two spaces where the grammar has one"),
        ("LSUB \\\"\\\" \\\"%\\\"    ", "spaces at the end"),
        ("AuthenticatePlain.test", "a quoted mechanism, and a literal for what is base64 in the grammar"),
        ("FETCH 1:* ()", "a list of nothing"),
        ("FetchSingleMessage.test: f16 FETCH 1 (ALL)", "macros do not stand in lists"),
        ("FetchSingleMessage.test: f17 FETCH 1 (FULL)", "macros do not stand in lists"),
        ("FetchSingleMessage.test: f18 FETCH 1 (FAST)", "macros do not stand in lists"),
        (
            "CREATE \\\"one&AC4-two\\\"",
            "modified UTF-7 for a character of ASCII, which RFC 3501 section 5.1.3 forbids",
        ),
        ("APPEND testmailbox {11976+}", "a literal of 11975 octets that is announced as one of 11976"),
        ("BadTag.test: (((", "meant to be refused"),
        ("IllegalTag.test: +++", "meant to be refused"),
        ("JustTag.test: A88345", "meant to be refused"),
        ("NoCommand.test: A88345", "meant to be refused"),
        ("Id.test: a1 ID (\\\"vendor\\\",", "commas between fields"),
        ("Id.test: a1 ID (\\\"name\\\" \\\"Thunderbird\\\" \\\"version\\\" 102", "a value that is no string"),
        ("\\\"*\\\"RETURN", "no space before RETURN"),
        ("two lines. )", "a space before the parenthesis"),
        ("GETMETADATA \\\"INBOX\\\":", "no entries are named"),
        ("GETMETADATA \\\"mailboxTest\\\":", "no entries are named"),
        ("GETMETADATA \\\"INBOX\\\" (MAXSIZE", "options, and no entries are named"),
        ("(DEPTH 1) (MAXSIZE 15)", "two lists of options"),
        ("(MESSAGE 4096) (STORAGE", "two lists of resources"),
        ("SEARCH OR ( ", "a space behind the parenthesis"),
        ("STATUS statustest (  MESSAGES", "spaces within the parentheses"),
        ("UNSEEN RECENT )", "a space before the parenthesis"),
        ("SIZE MESSAGES )", "a space before the parenthesis"),
    ];
    let Some(folder) = test_support::corpora() else { return };
    let mut found = test_support::files(&folder.join("james-mpt/imap"));
    found.retain(|path| path.extension().is_some_and(|extension| extension == "test"));
    let mut score = Score::default();
    for path in &found {
        let script = script(&std::fs::read(path).unwrap());
        let (frames, left) = frames(&script.client);
        let place = path.file_name().unwrap().to_string_lossy().into_owned();
        if !left.is_empty() {
            score.wrong.push(format!(
                "{place}: {} octets are left: {}",
                left.len(),
                left[..left.len().min(60)].escape_ascii()
            ));
        }
        session(&mut score, &frames, &script.bad, &place);
    }
    score.end("james-mpt", EXCEPTIONS, 1000);
}

#[test]
fn dialogues_of_the_rfcs() {
    const EXCEPTIONS: &[(&str, &str)] = &[
        (
            concat!("RFC ", "1730 "),
            "IMAP4 of 1994, which nothing speaks: RFC822.HEADER.LINES, SUBSCRIBE MAILBOX",
        ),
        ("<authentication exchange>", "told in words"),
        ("(note that there is a space", "a note in the line"),
        ("RFC 4959 4 Examples: dGVzdAB0ZXN0AHRlc3Q=", "the response of the exchange with the note"),
        ("(ANNOTATION (", "FETCH of RFC 5257, an experiment that is not supported"),
        ("(UID ANNOTATION (", "FETCH of RFC 5257, an experiment that is not supported"),
        ("APPEND drafts ANNOTATION (", "APPEND of RFC 5257, an experiment that is not supported"),
        ("SEARCH ANNOTATION ", "SEARCH of RFC 5257, an experiment that is not supported"),
        ("SORT (ANNOTATION ", "SORT of RFC 5257, an experiment that is not supported"),
        ("UID SORT RETURN (UPDATE COUNT) UTF-8", "the example forgot what to sort by"),
        ("(selected MessageNew", "events without their parentheses, against section 8 of the same RFC"),
        ("RECURSIVEMATCH)\\\"\\\"", "the example forgot a space"),
        ("ESEARCH IN (mailboxes \\\"folder1\\\" subtree-one \\\"folder2\\\"):", "the example has no key"),
    ];
    let Some(folder) = test_support::corpora() else { return };
    let text = std::fs::read_to_string(folder.join("rfc-examples/imap-dialogues.jsonl")).unwrap();
    let mut score = Score::default();
    let mut heads = 0;
    for dialogue in text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()) {
        let place = format!("RFC {} {}", dialogue["rfc"], dialogue["section"].as_str().unwrap_or_default());
        let lines = dialogue["lines"].as_array().unwrap();
        let bad: Vec<String> = lines
            .iter()
            .filter(|line| line["who"] == "S")
            .filter_map(|line| line["text"].as_str().unwrap().split_once(" BAD"))
            .map(|(tag, _)| tag.to_owned())
            .collect();
        let (mut waited, mut in_literal) = (Waited::Command, false);
        let (mut pending, mut last) = (String::new(), String::new());
        for line in lines {
            let text = line["text"].as_str().unwrap();
            if line["who"] == "S" {
                // Whatever was begun ends with the answer to it.
                if text.split(' ').next() == Some(last.as_str()) {
                    (in_literal, waited) = (false, Waited::Command);
                    pending.clear();
                }
                continue;
            }
            if line["who"] != "C" || in_literal {
                continue;
            }
            let begins = pending.is_empty();
            // Dialogues are cut where something is told between their lines.
            let is_done = text == "DONE";
            let is_response = waited == Waited::Exchange && begins && !text.contains(' ');
            if is_done || is_response || text.trim_ascii().is_empty() {
                continue;
            }
            // A line that was folded for the page may have been so at a space or elsewhere.
            let folded = text.split('\n').map(str::trim_start).collect::<Vec<_>>();
            let (open, spaced) = (folded.join(" ").replace(", ", ","), folded.join(" "));
            let before = if begins { String::new() } else { pending.clone() + "\r\n" };
            // Octets of literals stand there one by one.
            let single = latin1(&spaced);
            let frames = [spaced.into(), folded.join("").into(), open.into(), single]
                .map(|line: Vec<u8>| Bytes::from([before.as_bytes(), &line].concat()));
            let frame = frames.iter().find(|frame| understood(frame).is_ok()).unwrap_or(&frames[0]);
            if begins {
                last = String::from_utf8_lossy(frame).split(' ').next().unwrap_or_default().to_owned();
            }
            let refused = bad.contains(&last);
            if frame.ends_with(b"}") {
                let head = Bytes::from([&frame[..], b"\r\n"].concat());
                if ["APPEND", "REPLACE", "UID REPLACE"].contains(&&name(&head)[..]) {
                    // How long the message is says the page, which has another.
                    let begun = AppendReader::begin(&head, Dialect::REV1).map_err(|error| error.to_string());
                    score.count(&head, refused, &place, begun);
                    heads += 1;
                    in_literal = true;
                } else {
                    pending = String::from_utf8_lossy(frame).into_owned();
                }
                continue;
            }
            pending.clear();
            waited = match score.check(frame, refused, &place) {
                Some(Command::Idle) => Waited::Done,
                Some(Command::Authenticate(_)) => Waited::Exchange,
                _ => Waited::Command,
            };
        }
    }
    println!("{heads} beginnings of APPEND and REPLACE");
    score.end("rfc-examples", EXCEPTIONS, 500);
}

fn latin1(text: &str) -> Vec<u8> {
    text.chars().map(|c| u8::try_from(u32::from(c)).unwrap_or(b'?')).collect()
}

#[test]
fn names_of_commands() {
    assert_eq!(name(b"a uid fetch 1 x"), "UID FETCH");
    assert_eq!(name(b"a NOOP"), "NOOP");
    assert_eq!(Tag::try_from("a").unwrap().as_str(), "a");
}
