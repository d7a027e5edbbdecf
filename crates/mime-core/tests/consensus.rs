//! What several other parsers agree on about the messages of the corpora (corpora/consensus).
#![cfg(feature = "charset")]
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod facts;

use std::collections::BTreeMap;

use facts::collapsed;
use mime_core::{AddressList, Charset, Config, Message};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

fn hex(octets: &[u8]) -> String {
    Sha256::digest(octets).iter().map(|octet| format!("{octet:02x}")).collect()
}

/// CRLF and CR become LF, and what is white at the end goes.
fn plain_lines(octets: &[u8]) -> Vec<u8> {
    let mut plain = Vec::with_capacity(octets.len());
    let mut rest = octets.iter().peekable();
    while let Some(&octet) = rest.next() {
        if octet == b'\r' {
            rest.next_if(|&&next| next == b'\n');
            plain.push(b'\n');
        } else {
            plain.push(octet);
        }
    }
    while plain.last().is_some_and(|octet| matches!(octet, b'\n' | b' ' | b'\t')) {
        plain.pop();
    }
    plain
}

/// As the other parsers' results were made comparable: domains in lower case, names without quotes around them, a word
/// alone is a name.
fn people(list: AddressList<'_>) -> Value {
    list.mailboxes()
        .map(|mailbox| {
            let name = mailbox.name().map(|name| collapsed(&name));
            let name =
                name.as_deref().map(|name| name.trim_matches(['\'', '"'])).filter(|name| !name.is_empty());
            let address = mailbox.address();
            match address.rsplit_once('@') {
                Some((local, domain)) => json!([name, format!("{local}@{}", domain.to_ascii_lowercase())]),
                None if address.is_empty() => json!([name, null]),
                None if name.is_some() => json!([name, address]),
                None => json!([address, null]),
            }
        })
        .collect()
}

#[derive(Default)]
struct Score {
    agreed: usize,
    decided: usize,
}

#[test]
fn other_parsers_agree() {
    let Some(corpora) = test_support::corpora() else { return };
    let lines = std::fs::read_to_string(corpora.join("consensus/messages.jsonl")).unwrap();
    let mut scores = BTreeMap::<&str, Score>::new();
    let mut messages = 0;
    let mut differences = Vec::new();
    for line in lines.lines() {
        let expected: Value = serde_json::from_str(line).unwrap();
        let path = expected["path"].as_str().unwrap();
        let mut octets = std::fs::read(corpora.join(path)).unwrap();
        if octets.starts_with(b"From ") {
            let end = octets.iter().position(|&octet| octet == b'\n').unwrap() + 1;
            octets.drain(..end);
        }
        messages += 1;
        let mail = Message::parse_with(octets, Config::new().utf7(true).header_charset(Some(Charset::UTF_8)));
        let mut compare = |what: &'static str, expected: &Value, ours: Value| {
            let score = scores.entry(what).or_default();
            score.decided += 1;
            if *expected == ours {
                score.agreed += 1;
            } else {
                differences.push(format!("{path}: {what}: {expected} but ours {ours}"));
            }
        };
        let subject = mail.subject().map(|subject| collapsed(&subject));
        let date = mail.date().map(|date| date.to_unix());
        for (what, ours) in [
            ("subject", json!(subject)),
            ("message_id", json!(mail.message_id())),
            ("date", json!(date)),
            ("from", people(mail.from())),
            ("to", people(mail.to())),
            ("cc", people(mail.cc())),
        ] {
            if let Some(value) = expected[what].get("value") {
                let ours = if value == "" && ours.is_null() { json!("") } else { ours };
                compare(what, value, ours);
            }
        }
        let leaves: Vec<_> = mail
            .parts()
            .filter(|part| {
                let inside = std::iter::successors(part.parent(), |part| part.parent())
                    .any(|outer| outer.is_type("message", "*"));
                !(inside || part.is_multipart() && part.children().next().is_some())
            })
            .collect();
        let Some(list) = expected["leaves"]["list"].as_array() else { continue };
        compare("leaves", &json!(list.len()), json!(leaves.len()));
        if list.len() != leaves.len() {
            continue;
        }
        for (leaf, expected) in leaves.iter().zip(list) {
            let octets = leaf.decode();
            let text = leaf.text();
            for (what, ours) in [
                ("type", json!(leaf.essence())),
                ("filename", json!(leaf.filename().map(|name| collapsed(&name)))),
                ("body_sha256", json!(hex(&octets))),
                ("body_nl_sha256", json!(hex(&plain_lines(&octets)))),
                ("text_sha256", json!(text.map(|text| hex(&plain_lines(text.as_bytes()))))),
            ] {
                if let Some(value) = expected.get(what) {
                    compare(what, value, ours);
                }
            }
        }
    }
    let (mut agreed, mut decided) = (0, 0);
    for (what, score) in &scores {
        eprintln!("{what}: {} of {}", score.agreed, score.decided);
        agreed += score.agreed;
        decided += score.decided;
    }
    if let Some(path) = std::env::var_os("CONSENSUS_DIFFERENCES") {
        std::fs::write(path, differences.join("\n")).unwrap();
    }
    eprintln!(
        "{messages} messages: {agreed} of {decided} decided values agree, {} do not",
        differences.len()
    );
    assert!(agreed * 1000 >= decided * 995, "{}", differences.join("\n"));
}
