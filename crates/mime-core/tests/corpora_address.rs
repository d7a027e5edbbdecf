//! Addresses of public corpora, against what other parsers see in them.
#![cfg(feature = "charset")] // names are in every charset there is
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod facts;

use facts::{collapsed, grouped};
use mime_core::{AddressList, Config, MessageIds};
use serde_json::{Value, json};

/// The raw values of all fields of a name; the header ends at the first empty line.
fn fields<'a>(message: &'a [u8], name: &str) -> Vec<&'a [u8]> {
    let mut found = Vec::new();
    let mut at = 0;
    let mut start = None;
    while at < message.len() {
        let line =
            message[at..].iter().position(|octet| *octet == b'\n').map_or(message.len(), |end| at + end + 1);
        let text = &message[at..line];
        let continues = matches!(text.first(), Some(b' ' | b'\t'));
        if !continues {
            if let Some(start) = start.take() {
                found.push(&message[start..at]);
            }
            if text.iter().all(|octet| matches!(octet, b'\r' | b'\n')) {
                return found;
            }
            let head = text.get(..=name.len()).unwrap_or_default();
            if head.eq_ignore_ascii_case(format!("{name}:").as_bytes()) {
                start = Some(at + name.len() + 1);
            }
        }
        at = line;
    }
    found.extend(start.map(|start| &message[start..]));
    found
}

/// What parsers agree on, whatever they make of single words (names for some, addresses for others), of the case of
/// domains, of quotes in names, and of octets that are not UTF-8 (which some do not read).
fn normal(list: &[Value]) -> Vec<(String, String)> {
    let mut normal = Vec::new();
    for entry in list {
        let text = |index: usize| entry[index].as_str().unwrap_or_default();
        let mut name = collapsed(text(0).trim_matches(['\'', '"', ' ']));
        let mut address = text(1).to_owned();
        if let Some((local, domain)) = address.rsplit_once('@') {
            address = format!("{local}@{}", domain.to_lowercase());
        } else if name.is_empty() {
            name = std::mem::take(&mut address);
        }
        if name.eq_ignore_ascii_case(&address) {
            name.clear();
        }
        if !name.is_ascii() && ["\u{FFFD}", "ï¿½", "ü", "Í"].iter().any(|sign| name.contains(sign)) {
            name = String::from("octets");
        }
        normal.push((name, address));
    }
    normal
}

#[test]
fn consensus() {
    let Some(folder) = test_support::corpora() else { return };
    let oracle = std::fs::read_to_string(folder.join("consensus/messages.jsonl")).unwrap();
    let (mut run, mut differ) = (0, Vec::new());
    for line in oracle.lines() {
        let row: Value = serde_json::from_str(line).unwrap();
        let path = row["path"].as_str().unwrap();
        let mut message = std::fs::read(folder.join(path)).unwrap();
        if message.starts_with(b"From ") {
            let end = message.iter().position(|octet| *octet == b'\n').unwrap();
            message.drain(..=end);
        }
        for name in ["from", "to", "cc"] {
            let Some(expected) = row[name].get("value") else { continue };
            let values = fields(&message, name);
            // of several fields every parser takes another
            if values.len() > 1 {
                continue;
            }
            let mut seen = Vec::new();
            for value in values {
                for mailbox in AddressList::new(value, &Config::new().utf7(true)).mailboxes() {
                    seen.push(json!([mailbox.name(), mailbox.address()]));
                }
            }
            run += 1;
            if normal(&seen) != normal(expected.as_array().unwrap()) {
                let raw: Vec<_> = fields(&message, name)
                    .iter()
                    .map(|raw| String::from_utf8_lossy(raw).into_owned())
                    .collect();
                differ.push(format!(
                    "{path} {name} {:?}\n  seen     {}\n  expected {expected}",
                    raw,
                    Value::from(seen)
                ));
            }
        }
        if let Some(expected) = row["message_id"].get("value") {
            let values = fields(&message, "message-id");
            if values.len() > 1 {
                continue;
            }
            let seen = values.first().and_then(|value| MessageIds::new(value, &Config::new()).first());
            run += 1;
            if json!(seen) != *expected {
                differ.push(format!("{path} message-id\n  seen     {}\n  expected {expected}", json!(seen)));
            }
        }
    }
    eprintln!("{run} fields of the consensus, {} differ\n{}", differ.len(), differ.join("\n"));
    // Ours is right in a comment inside an address (RFC 5322 section A.5); a comment behind a group is no mailbox; one
    // header begins with an empty line, which others skip.
    assert_eq!(differ.len(), 3);
}

#[test]
fn mail_parser() {
    let Some(folder) = test_support::corpora() else { return };
    let text = std::fs::read_to_string(folder.join("mail-parser/address.json")).unwrap();
    let cases: Value = serde_json::from_str(&text).unwrap();
    let (mut run, mut differ) = (0, Vec::new());
    for case in cases.as_array().unwrap() {
        let header = case["header"].as_str().unwrap();
        let mut end = 0;
        for line in header.split_inclusive('\n') {
            if end > 0 && !line.starts_with([' ', '\t']) {
                break;
            }
            end += line.len();
        }
        let seen = grouped(AddressList::new(&header.as_bytes()[..end], &Config::new()));
        run += 1;
        if seen != case["expected"] {
            differ.push(format!("{header:?}\n  seen     {seen}\n  expected {}", case["expected"]));
        }
    }
    eprintln!("{run} lists of mail-parser, {} differ\n{}", differ.len(), differ.join("\n"));
    // mail-parser puts comments into names, even where there are names, takes comments alone for mailboxes, and keeps
    // routes and obsolete white space in addresses.
    assert_eq!(differ.len(), 8);
}
