//! The dialogues of the RFCs, where they are at hand: every line is understood as what it is there.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::wildcard_enum_match_arm,
    missing_docs
)]

use bytes::Bytes;
use pop3_proto::{
    Capabilities, Command, DropListing, Quirks, Reply, ScanListing, UniqueIdListing, timestamp,
};
use serde_json::Value;

fn octets(text: &str) -> Bytes {
    Bytes::copy_from_slice(text.as_bytes())
}

/// A line of a reply of several lines.
fn is_listed(command: &Command, line: &str) -> bool {
    match command {
        Command::List(None) => ScanListing::parse(line.as_bytes(), None).is_some(),
        Command::Uidl(None) => {
            UniqueIdListing::parse(&octets(line), None).is_some_and(|one| one.unique_id.is_some())
        }
        Command::Capa => Capabilities::of([line]).parameters(line.split(' ').next().unwrap()).is_some(),
        Command::Lang(None) => line.split_once(' ').is_some(),
        _ => false,
    }
}

/// The first line of a reply: what is understood of it, and whether lines follow.
fn replied(command: Option<&Command>, line: &str) -> Result<bool, String> {
    let reply = Reply::parse(&octets(line), &Quirks::default()).map_err(|error| error.to_string())?;
    let text = Bytes::copy_from_slice(reply.text());
    if line.contains('[') && reply.code().is_none() {
        return Err("a response code is lost".into());
    }
    let understood = match command {
        Some(Command::Stat) => DropListing::parse(&text).is_some(),
        Some(Command::List(Some(one))) if reply.is_positive() => {
            ScanListing::parse(&text, Some(*one)).is_some()
        }
        Some(Command::Uidl(Some(one))) if reply.is_positive() => {
            UniqueIdListing::parse(&text, Some(*one)).is_some()
        }
        None => reply.is_positive() && timestamp(&text).is_some() == text.contains(&b'<'),
        _ => true,
    };
    if !understood {
        return Err(format!("is no reply to {command:?}"));
    }
    let several = matches!(
        command,
        Some(
            Command::List(None)
                | Command::Uidl(None)
                | Command::Capa
                | Command::Lang(None)
                | Command::Retr(_)
                | Command::Top { .. }
        )
    );
    Ok(several && reply.is_positive())
}

#[test]
fn dialogues_of_the_rfcs() {
    let Some(folder) = test_support::corpora() else { return };
    let text = std::fs::read_to_string(folder.join("rfc-examples/pop3-dialogues.jsonl")).unwrap();
    let (mut counts, mut wrong) = ([0; 3], Vec::new());
    for dialogue in text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()) {
        // The other sections of this one are about IMAP and ACAP.
        if dialogue["rfc"] == 2595 && !dialogue["section"].as_str().unwrap().starts_with("4 ") {
            continue;
        }
        let (mut command, mut several, mut exchange) = (None::<Command>, false, false);
        for line in dialogue["lines"].as_array().unwrap() {
            let text = line["text"].as_str().unwrap().trim();
            // Folded for the page, or told in words.
            if line.get("wrapped").is_some() || text.starts_with('<') {
                continue;
            }
            let mut complain = |why: &str| wrong.push(format!("RFC {}: {text:?}: {why}", dialogue["rfc"]));
            match line["who"].as_str().unwrap() {
                "C" if exchange => {
                    counts[2] += 1;
                    if sasl_core::base64::decode(text.as_bytes()).is_err() {
                        complain("is no response");
                    }
                }
                "C" => {
                    counts[0] += 1;
                    several = false;
                    match Command::parse(&octets(text)) {
                        Ok(Command::Unknown { .. }) => complain("is unknown"),
                        Err(error) => complain(&error.to_string()),
                        Ok(parsed) => {
                            let mut wire = Vec::new();
                            parsed.encode(&mut wire);
                            if wire != format!("{text}\r\n").as_bytes() {
                                complain("is written otherwise");
                            }
                            command = Some(parsed);
                        }
                    }
                }
                "S" if several && text == "." => several = false,
                "S" if several => {
                    counts[1] += 1;
                    if !is_listed(command.as_ref().unwrap(), text) {
                        complain("is not of such a list");
                    }
                }
                "S" => {
                    counts[1] += 1;
                    exchange = matches!(command, Some(Command::Auth { .. })) && text.starts_with("+ ");
                    if let Some(challenge) = text.strip_prefix("+ ").filter(|_| exchange) {
                        if sasl_core::base64::decode(challenge.as_bytes()).is_err() {
                            complain("is no challenge");
                        }
                        continue;
                    }
                    match replied(command.as_ref(), text) {
                        Ok(follow) => several = follow,
                        Err(why) => complain(&why),
                    }
                }
                _ => {}
            }
        }
    }
    println!("{} commands, {} lines of replies and {} of exchanges", counts[0], counts[1], counts[2]);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(counts[0] > 60 && counts[1] > 90 && counts[2] > 0);
}
