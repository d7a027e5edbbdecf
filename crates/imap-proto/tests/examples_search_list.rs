//! The examples of the RFCs for searching and for lists of mailboxes, there and back.
//!
//! In the data, `C` is a command and `S` a response; `=` is what the line before becomes where that is more than quotes,
//! spaces and case: order that says nothing, parentheses that need not be.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use bytes::Bytes;
use imap_proto::{Command, Dialect, Encoder, Literals, Response, Untagged};

const EXAMPLES: &str = include_str!("data/examples_search_list.txt");

/// Without what may be written in several ways: attributes of LIST have no order either.
fn plain(line: &str) -> String {
    let line = line.replace('"', "").to_ascii_lowercase();
    let words = |text: &str| text.split_ascii_whitespace().map(str::to_owned).collect::<Vec<_>>();
    match line.strip_prefix("* list (").and_then(|rest| rest.split_once(')')) {
        Some((attributes, rest)) => {
            let mut attributes = words(attributes);
            attributes.sort();
            format!("* list ({}) {}", attributes.join(" "), words(rest).join(" "))
        }
        None => words(&line).join(" "),
    }
}

fn command(line: &Bytes, dialect: Dialect) -> Bytes {
    let (tag, command) = Command::parse(line, dialect).unwrap_or_else(|error| panic!("{line:?}: {error}"));
    assert!(!matches!(command, Command::Unknown(_)), "{line:?}");
    let mut encoder = Encoder::new(Literals::Plus, dialect);
    command.encode(&tag, &mut encoder);
    let written = Bytes::copy_from_slice(encoder.text().strip_suffix(b"\r\n").unwrap());
    // In UTF-8 nobody says so.
    if !(dialect.utf8 && line.windows(13).any(|part| part == b"CHARSET UTF-8")) {
        assert_eq!(Command::parse(&written, dialect), Ok((tag, command)), "{line:?}");
    }
    written
}

fn response(line: &Bytes, dialect: Dialect) -> Bytes {
    let response = Response::parse(line, dialect);
    let known = !matches!(response, Response::Untagged(Untagged::Unknown(_) | Untagged::Damaged(_)));
    assert!(known, "{line:?} {response:?}");
    let mut encoder = Encoder::new(Literals::Server, dialect);
    response.encode(&mut encoder);
    let written = Bytes::copy_from_slice(encoder.text().strip_suffix(b"\r\n").unwrap());
    assert_eq!(Response::parse(&written, dialect), response, "{line:?}");
    written
}

#[test]
fn examples_there_and_back() {
    let mut lines = EXAMPLES.lines().filter(|line| !line.starts_with('#')).peekable();
    let mut count = 0;
    while let Some(line) = lines.next() {
        let (side, line) = line.split_at(2);
        let line = line.replace("\\r\\n", "\r\n");
        let expected = lines.next_if(|next| next.starts_with("= ")).map_or(line.as_str(), |next| &next[2..]);
        let octets = Bytes::copy_from_slice(line.as_bytes());
        for dialect in [Dialect::REV1, Dialect::UTF8] {
            let written = if side == "C " { command(&octets, dialect) } else { response(&octets, dialect) };
            if dialect.utf8 {
                assert_eq!(plain(str::from_utf8(&written).unwrap()), plain(expected), "{line}");
            }
        }
        count += 1;
    }
    assert!(count > 300, "{count}");
}
