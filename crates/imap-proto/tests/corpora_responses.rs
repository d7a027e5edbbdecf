//! What servers say in the tests of other projects and in the RFCs, where they are at hand: each response is understood, and means the
//! same when it is written again.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

use std::collections::BTreeMap;

use bytes::Bytes;
use imap_proto::frame::{Frame, FrameLimits, Framer, Side};
use imap_proto::{Dialect, Encoder, FetchItem, Limits, Literals, Response, Untagged};
use serde_json::Value;
use wire_core::RecvBuf;

/// How responses fared, by their names.
#[derive(Default)]
struct Score {
    understood: usize,
    names: BTreeMap<String, usize>,
    wrong: Vec<String>,
}

/// The frames of what a server says, and what is left.
fn frames(stream: &[u8]) -> (Vec<Bytes>, Vec<u8>) {
    let (mut framer, mut rx, mut all) = (Framer::new(Side::Responses), RecvBuf::default(), Vec::new());
    rx.feed(stream);
    while let Some(frame) = framer.step(&mut rx, &FrameLimits::responses(&Limits::new())).unwrap() {
        match frame {
            Frame::Whole(frame) => all.push(frame),
            other => panic!("{other:?}"),
        }
    }
    (all, rx.peek().to_vec())
}

/// A response of which everything is understood, and which is the same when it is written and read again.
fn understood(frame: &Bytes, dialect: Dialect) -> Result<String, String> {
    let response = Response::parse(frame, dialect);
    let name = match &response {
        Response::Continuation(_) => "+".to_owned(),
        Response::Tagged(tagged) => tagged.status.as_str().to_owned(),
        Response::Stray(_) => return Err("is stray".into()),
        Response::Untagged(Untagged::Damaged(damaged)) => {
            return Err(format!(
                "is damaged: {}",
                damaged.error.map_or(String::new(), |error| error.to_string())
            ));
        }
        Response::Untagged(Untagged::Unknown(_)) => return Err("is unknown".into()),
        Response::Untagged(Untagged::Fetch(fetch)) => {
            if let Some(damaged) = fetch.damaged().next() {
                return Err(format!("has a damaged {}", damaged.name));
            }
            if fetch.items.iter().any(|item| matches!(item, FetchItem::Unknown(_))) {
                return Err("has an unknown item".into());
            }
            "FETCH".to_owned()
        }
        Response::Untagged(untagged) => {
            format!("{untagged:?}").split(['(', ' ', '{']).next().unwrap_or_default().to_owned()
        }
        other => panic!("{other:?}"),
    };
    let mut encoder = Encoder::new(Literals::Server, dialect);
    response.encode(&mut encoder);
    let (again, left) = frames(encoder.text());
    match again.as_slice() {
        [one] if left.is_empty() && Response::parse(one, dialect) == response => Ok(name),
        _ => Err(format!("means something else as {}", encoder.text().escape_ascii())),
    }
}

impl Score {
    fn check(&mut self, frame: &Bytes, place: &str) {
        match understood(frame, Dialect::REV1)
            .or_else(|error| understood(frame, Dialect::UTF8).map_err(|_| error))
        {
            Ok(name) => {
                self.understood += 1;
                *self.names.entry(name).or_default() += 1;
            }
            Err(error) => self.wrong.push(format!("{place}: {} {error}", frame.escape_ascii())),
        }
    }

    fn end(self, what: &str, exceptions: &[(&str, &str)], least: usize) {
        println!("{what}: {} responses understood: {:?}", self.understood, self.names);
        let is_excepted = |line: &String| exceptions.iter().any(|(part, _)| line.contains(part));
        let (excepted, wrong): (Vec<_>, Vec<_>) = self.wrong.iter().partition(|line| is_excepted(line));
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
        assert!(self.understood >= least, "{} of at least {least}", self.understood);
    }
}

#[test]
fn vectors_of_imap_codec() {
    let Some(folder) = test_support::corpora() else { return };
    let text = std::fs::read_to_string(folder.join("imap-codec/vectors.jsonl")).unwrap();
    let mut score = Score::default();
    for row in text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()) {
        let input = row["input"].as_str().unwrap();
        let octets: Vec<u8> = input.chars().map(|octet| u8::try_from(u32::from(octet)).unwrap()).collect();
        match row["kind"].as_str().unwrap() {
            "response" | "greeting" | "continue" => {
                let (all, left) = frames(&octets);
                assert_eq!(left, row["remaining"].as_str().unwrap().as_bytes(), "{input:?}");
                all.iter().for_each(|frame| score.check(frame, "imap-codec"));
            }
            "trace" => {
                let said = |line: &&str| line.starts_with("S: ");
                let lines = input.split_inclusive("\r\n").filter(said).map(|line| &line[3..]);
                let (all, _) = frames(lines.collect::<String>().as_bytes());
                all.iter().for_each(|frame| score.check(frame, "imap-codec, a trace"));
            }
            _ => {}
        }
    }
    score.end("imap-codec", &[], 100);
}

/// The text that a regular expression stands for, if it is one text.
fn plain(pattern: &str) -> Option<String> {
    let mut out = String::new();
    let mut rest = pattern.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '\\' => match rest.next()? {
                c if c.is_ascii_alphanumeric() => return None,
                c => out.push(c),
            },
            '*' | '+' | '?' | '[' | ']' | '(' | ')' | '{' | '}' | '|' | '^' | '$' => return None,
            '.' if matches!(rest.peek(), Some('*' | '+' | '?' | '{')) => return None,
            c => out.push(c),
        }
    }
    Some(out)
}

/// What is said in a row: if all of it is plain its literals are read, else lines without one.
fn block(score: &mut Score, lines: &[String], place: &str) -> (usize, usize) {
    let texts: Vec<_> = lines.iter().map(|line| plain(line)).collect();
    let announces = |text: &String| text.ends_with('}') && text.contains('{');
    if texts.iter().all(Option::is_some) {
        let stream: String = texts.iter().flatten().map(|text| format!("{text}\r\n")).collect();
        let (all, left) = frames(stream.as_bytes());
        all.iter().for_each(|frame| score.check(frame, place));
        if !left.is_empty() {
            score.wrong.push(format!("{place}: {} is left", left.escape_ascii()));
        }
        return (all.len(), 0);
    }
    // Content of literals cannot be told from responses there.
    if lines.iter().any(|line| line.contains("{")) {
        return (0, lines.len());
    }
    let whole: Vec<_> = texts.into_iter().flatten().filter(|text| !announces(text)).collect();
    whole.iter().for_each(|text| score.check(&Bytes::copy_from_slice(text.as_bytes()), place));
    (whole.len(), lines.len() - whole.len())
}

#[test]
fn scripts_of_james() {
    let Some(folder) = test_support::corpora() else { return };
    let mut found = test_support::files(&folder.join("james-mpt/imap"));
    found.retain(|path| path.extension().is_some_and(|extension| extension == "test"));
    let (mut score, mut taken, mut patterns) = (Score::default(), 0, 0);
    for path in &found {
        let text = String::from_utf8_lossy(&std::fs::read(path).unwrap()).into_owned();
        let place = path.file_name().unwrap().to_string_lossy().into_owned();
        let mut said = Vec::new();
        for line in text.lines().chain([""]) {
            if let Some(one) = line.strip_prefix("S:") {
                said.push(one.strip_prefix(' ').unwrap_or(one).to_owned());
            } else if !said.is_empty() {
                let (plain, other) = block(&mut score, &said, &place);
                taken += plain;
                patterns += other;
                said.clear();
            }
        }
    }
    println!("{taken} responses, {patterns} patterns passed over");
    const EXCEPTIONS: &[(&str, &str)] = &[
        ("InboxDeleteMessages.test: OK DELETE", "the tag is missing"),
        (
            "comment \\\"My new comment across",
            "a string in quotes over two lines: James sends what a client must not believe",
        ),
        ("Metadata.test: two lines", "its second line"),
        ("METADATA \\\"mailboxTest\\\" is damaged", "nothing behind the name"),
        ("comment \\\"Content-Type: image/jpeg", "a string in quotes over three lines"),
        ("MetadataWithBinaryData.test: Content-Transfer-Encoding", "its second line"),
        ("MetadataWithBinaryData.test: R0lGOD", "its third line"),
    ];
    score.end("james-mpt", EXCEPTIONS, 5300);
}

#[test]
fn dialogues_of_the_rfcs() {
    let Some(folder) = test_support::corpora() else { return };
    let text = std::fs::read_to_string(folder.join("rfc-examples/imap-dialogues.jsonl")).unwrap();
    let mut score = Score::default();
    for dialogue in text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()) {
        if [1730, 2060].contains(&dialogue["rfc"].as_u64().unwrap()) {
            continue;
        }
        let place = format!("RFC {} {}", dialogue["rfc"], dialogue["section"].as_str().unwrap_or_default());
        let lines = dialogue["lines"].as_array().unwrap();
        let mut literal = false;
        for line in lines.iter().filter(|line| line["who"] == "S") {
            let text = line["text"].as_str().unwrap();
            // What was left out by the RFC is not there, and how long literals are says the page, which has others.
            if literal {
                literal = text.matches(')').count() <= text.matches('(').count();
                continue;
            }
            literal = text.ends_with('}') && text.contains('{');
            if literal || text.contains("...") || text.contains("{") {
                continue;
            }
            let folded = text.split('\n').map(str::trim_start).collect::<Vec<_>>();
            let forms = [folded.join(" "), folded.join("")].map(Bytes::from);
            let form = forms.iter().find(|form| understood(form, Dialect::REV1).is_ok()).unwrap_or(&forms[0]);
            score.check(form, &place);
        }
    }
    const EXCEPTIONS: &[(&str, &str)] = &[
        ("XPIG-LATIN", "an example of what nobody knows"),
        (" FETCH . . .", "left out by the page"),
        ("LISTRIGHTS Command: a005 Listrights", "OK is missing"),
        ("4 Rights Required to Perform Different IMAP4rev1 Commands: ", "parentheses and OK are missing"),
        ("The NOTIFY Command: d STATUS completed", "OK is missing"),
        ("4 Example: a1 * SEARCH", "a tag before the asterisk"),
        ("UID=113330;", "a code that is cut by the page"),
        ("[PERMANENTFLAGS (\\\\Answered \\\\Flagged \\\\Draft means", "a code that is cut by the page"),
        ("STATUS Lists/Lemonade (HIGHESTMODSEQ 65666665 UIDVALIDITY is", "cut by the page"),
        ("UIDVALIDITY 1) UID ALL is damaged", "cut by the page"),
        ("MAILBOX \\\"folder2/salmon\\\" UIDVALIDITY is", "cut by the page"),
        ("4 Additional Responses: * THREAD", "with an explanation behind it"),
        ("(more expunges)", "told in words"),
        ("* EXISTS 93", "a number in the wrong place"),
        ("* LANGUAGE ", "RFC 5255, which is not supported"),
        ("* COMPARATOR ", "RFC 5255, which is not supported"),
        (" ANNOTATION (", "FETCH of RFC 5257, an experiment that is not supported"),
        ("FETCH (ANNOTATION (", "FETCH of RFC 5257, an experiment that is not supported"),
        ("* CONVERSION ", "RFC 5259, which is not supported"),
        (" CONVERTED (", "RFC 5259, which is not supported"),
    ];
    score.end("rfc-examples", EXCEPTIONS, 1990);
}
