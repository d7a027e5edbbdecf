//! Public collections, where they are at hand: commands, replies, ends of data, the dialogues of the RFCs.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

use bytes::Bytes;
use serde_json::Value;
use smtp_proto::{Capabilities, Command, Quirks, Reply, ReplyParser};
use wire_core::RecvBuf;
use wire_core::dot::{Unstuffed, Unstuffer};

fn load(path: &str) -> Option<Value> {
    let file = test_support::corpora()?.join(path);
    Some(serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap())
}

fn dialogues(path: &str) -> Option<Vec<Value>> {
    let file = test_support::corpora()?.join(path);
    let text = std::fs::read_to_string(file).unwrap();
    Some(text.lines().map(|line| serde_json::from_str(line).unwrap()).collect())
}

fn command(line: &str) -> Result<Command, smtp_proto::ParseError> {
    let line = line.strip_suffix("\r\n").or_else(|| line.strip_suffix('\n')).unwrap_or(line);
    Command::parse(&Bytes::copy_from_slice(line.as_bytes()), &Quirks::default())
}

/// Whether it is understood; what only its own session can refuse (an unknown parameter) counts.
fn understood(line: &str) -> bool {
    match command(line) {
        Ok(Command::Unknown { .. }) | Err(_) => false,
        Ok(Command::Mail { params, .. }) => params.unknown().next().is_none(),
        Ok(Command::Rcpt { params, .. }) => params.unknown().next().is_none(),
        Ok(_) => true,
    }
}

/// Why a line is judged otherwise there.
fn otherwise(line: &str) -> Option<&'static str> {
    let param = |name: &str| line.contains(name);
    if line.starts_with("RCPT TO:<>") {
        return Some("RFC 5321 section 4.1.1.3: only MAIL has a null path");
    }
    if matches!(line, "VRFY \"\"" | "EXPN \"\"" | "ETRN \"\"" | "ATRN" | "BURL") {
        return Some("the argument is the application's; what is not implemented is not looked at");
    }
    if line.starts_with("MAIL  FROM :") || line.starts_with("MAIL FROM: ") {
        return Some("RFC 5321 section 3.3 has no spaces there; `Quirks` allows them");
    }
    if param("BODY=BINARYMIME BODY=") || param("RET=HDRS RET=") || param("HOLDUNTIL=12345") {
        return Some("a parameter twice, or a time that is none");
    }
    if param("BY=-10;RT") {
        return Some("RFC 2852 section 4: not with by-mode R");
    }
    if param("MTRK=") || param("bar\"aa") {
        return Some("MTRK is kept as it came; a domain has no quotes");
    }
    None
}

#[test]
fn commands() {
    let Some(collection) = load("smtp-proto/requests.json") else { return };
    let (mut cases, mut others, mut wrong) = (0, 0, Vec::new());
    for case in collection["cases"].as_array().unwrap() {
        let Some(line) = case["input"].as_str() else { continue };
        let Some(ok) = case["ok"].as_bool() else { continue };
        cases += 1;
        if understood(line) != ok {
            if otherwise(line.trim_end()).is_some() {
                others += 1;
            } else {
                wrong.push(format!("{line:?}: {ok} there, {:?}", command(line)));
            }
        }
    }
    println!("{cases} commands, {others} judged otherwise for a reason");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(cases > 100);
}

fn replies(text: &str) -> Vec<Result<Reply, smtp_proto::ReplyError>> {
    let mut parser = ReplyParser::new(128, 65_536);
    let mut replies = Vec::new();
    for line in text.split_terminator('\n') {
        match parser.line(&Bytes::copy_from_slice(line.trim_end_matches('\r').as_bytes())) {
            Ok(Some(reply)) => replies.push(Ok(reply)),
            Ok(None) => {}
            Err(error) => replies.push(Err(error)),
        }
    }
    replies
}

#[test]
fn replies_and_capabilities() {
    let Some(collection) = load("smtp-proto/responses.json") else { return };
    let mut cases = 0;
    for case in collection["cases"].as_array().unwrap() {
        let Some(text) = case["input"].as_str() else { continue };
        cases += 1;
        let parsed = replies(text);
        for reply in parsed.iter().flatten() {
            let offered = Capabilities::parse(reply);
            for keyword in ["CHUNKING", "DSN", "SMTPUTF8", "8BITMIME", "STARTTLS"] {
                let stands = text.lines().any(|line| {
                    line.get(4..).and_then(|rest| rest.split_whitespace().next()) == Some(keyword)
                });
                if reply.lines().count() > 1 {
                    assert_eq!(offered.offers(keyword), stands, "{keyword} in {text}");
                }
            }
        }
        let codes = text.lines().filter(|line| line.len() < 4 || line.as_bytes()[3] == b' ').count();
        if case["ok"].as_bool() == Some(true)
            || (case["ok"].is_null() && text.starts_with(|c: char| c.is_ascii_digit()))
        {
            assert!(parsed.iter().all(Result::is_ok), "{text:?}: {parsed:?}");
            assert!(parsed.len() <= codes.max(1), "{text:?}: {parsed:?}");
        }
    }
    println!("{cases} replies");
    assert!(cases > 10);
}

/// The body, if its end is found, with what is left behind it.
fn unstuffed(wire: &[u8]) -> Option<(Vec<u8>, Vec<u8>)> {
    let (mut unstuffer, mut rx, mut body) = (Unstuffer::default(), RecvBuf::default(), Vec::new());
    rx.feed(wire);
    loop {
        match unstuffer.next(&mut rx, 65_536) {
            Some(Unstuffed::Chunk(chunk)) => body.extend_from_slice(&chunk),
            Some(Unstuffed::End) => return Some((body, rx.peek().to_vec())),
            None => return None,
        }
    }
}

#[test]
fn ends_of_data() {
    let Some(collection) = load("smtp-end-of-data/sequences.json") else { return };
    let mut cases = 0;
    for case in collection.as_array().unwrap() {
        cases += 1;
        let sequence = case["sequence"].as_str().unwrap().as_bytes();
        let mut wire = b"line".to_vec();
        wire.extend_from_slice(sequence);
        wire.extend_from_slice(b"MAIL FROM:<evil@example.org>\r\n");
        let ends = unstuffed(&wire).is_some();
        assert_eq!(ends, case["ends_data"].as_bool().unwrap(), "{case}");
    }
    let receivers = load("smtp-proto/receivers.json").unwrap();
    for case in receivers["cases"].as_array().unwrap() {
        let Some(pieces) = case["input"].as_array() else { continue };
        if case["test"] != "data_receiver" {
            continue;
        }
        cases += 1;
        let wire: String = pieces.iter().map(|piece| piece.as_str().unwrap()).collect();
        let Some(want) = case["rust_value"].as_str().filter(|value| value.starts_with('"')) else { continue };
        let Some((body, _)) = unstuffed(wire.as_bytes()) else { panic!("{case}") };
        // The value is written as Rust writes it; the same escapes do for JSON.
        let want: String = serde_json::from_str(&want.replace("\\0", "\\u0000")).unwrap();
        // There the line end before the lone dot is not part of the body; here it is (RFC 5321 section 4.1.1.4).
        let body = String::from_utf8(body).unwrap();
        assert!(
            body == want || body == format!("{want}\r\n") || body.strip_suffix("\r\n") == Some(&want),
            "{case}: {body:?}"
        );
    }
    println!("{cases} ends of data");
    assert!(cases > 18);
}

/// Lines that are no lines of a session: a heading, the rest of a folded line, responses of AUTH and the end of a
/// message whose beginning was told in words.
const OF_THE_PAGE: &[(u32, &str)] = &[
    (1985, "ETRN"),
    (2554, "ZnJlZCA5ZTk1YWVlMDljNDBhZjJiODRhMGMyYjNiYmFlNzg2ZQ=="),
    (4954, "cmpzMyBlYzNhNTlmZWQzOTVhYmExZWM2MzY3YzRmNGI0MWFjMA=="),
    (8689, "TLS go ahead"),
    (8689, "."),
];

#[test]
fn dialogues_of_the_rfcs() {
    let mut counts = [0; 2];
    let mut wrong = Vec::new();
    for file in ["rfc-examples/smtp-dialogues.jsonl", "rfc-examples/lmtp-dialogues.jsonl"] {
        let Some(dialogues) = dialogues(file) else { return };
        for dialogue in dialogues {
            let mut parser = ReplyParser::new(128, 65_536);
            // In these two "S" is the sender.
            if dialogue["rfc"] == 1830 || dialogue["rfc"] == 3030 {
                continue;
            }
            let mut in_data = false;
            for line in dialogue["lines"].as_array().unwrap() {
                let text = line["text"].as_str().unwrap();
                // Folded for the page, elided, or explained: that is for a person.
                let heading = OF_THE_PAGE.iter().any(|(rfc, line)| dialogue["rfc"] == *rfc && *line == text);
                let told = heading || text.starts_with('<') || text.contains(", 25") || text.contains(", 21");
                if line.get("wrapped").is_some() || text.contains("...") || told {
                    continue;
                }
                match line["who"].as_str().unwrap() {
                    "S" => {
                        in_data = text.starts_with("354") || text.starts_with("334");
                        counts[1] += 1;
                        if let Err(error) = parser.line(&Bytes::copy_from_slice(text.as_bytes())) {
                            wrong.push(format!("RFC {}: S: {text:?}: {error}", dialogue["rfc"]));
                            parser = ReplyParser::new(128, 65_536);
                        }
                    }
                    "C" if !in_data => {
                        // In RFC 4954 a greeting does not end.
                        parser = ReplyParser::new(128, 65_536);
                        counts[0] += 1;
                        if !understood(text) {
                            wrong.push(format!("RFC {}: C: {text:?}: {:?}", dialogue["rfc"], command(text)));
                        }
                    }
                    _ => {}
                }
            }
        }
    }
    println!("{} commands and {} reply lines of the RFCs", counts[0], counts[1]);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
