//! Ours, and what they may cost.

use std::hint::black_box;

use bytes::Bytes;
use mime_core::{AddressList, Config, Message, Parser, Push};

use super::Reader;

/// - `ours-full`: every part decoded, text converted to UTF-8, and the six common fields read;
/// - `ours-full-reused`: as `ours-full`, with the storage of the message before;
/// - `ours-tree`: the lazy tree, nothing decoded;
/// - `ours-tree-reused`: as `ours-tree`, with the storage of the message before;
/// - `ours-index`: the index of the fields of the message alone;
/// - `ours-push`: the message in pieces of 4 KiB, everything decoded.
pub const OURS: [&str; 6] =
    ["ours-full", "ours-full-reused", "ours-tree", "ours-tree-reused", "ours-index", "ours-push"];

const PIECE: usize = 4096;

pub(super) fn reader(name: &str) -> Option<Reader> {
    match name {
        "ours-full" => Some(Box::new(|raw| everything(&Message::parse(raw.clone()), &mut Vec::new()))),
        "ours-full-reused" => {
            let (mut parser, mut octets) = (Parser::new(Config::new()), Vec::new());
            Some(Box::new(move |raw| {
                let message = parser.parse(raw.clone());
                everything(&message, &mut octets);
                parser.recycle(message);
            }))
        }
        "ours-tree" => Some(Box::new(|raw| drop(black_box(Message::parse(raw.clone()))))),
        "ours-tree-reused" => {
            let mut parser = Parser::new(Config::new());
            Some(Box::new(move |raw| {
                let message = black_box(parser.parse(raw.clone()));
                parser.recycle(message);
            }))
        }
        "ours-index" => Some(Box::new(|raw| drop(black_box(Message::parse_header(raw.clone()))))),
        "ours-push" => Some(Box::new(|raw| pieces(raw))),
        _ => None,
    }
}

fn everything(message: &Message, octets: &mut Vec<u8>) {
    black_box(message.subject());
    people(message.from());
    people(message.to());
    people(message.cc());
    black_box((message.date(), message.message_id()));
    for part in message.parts() {
        if !part.is_leaf() {
            continue;
        }
        if part.is_type("text", "*") {
            drop(black_box(part.text()));
        } else {
            octets.clear();
            part.decode_into(octets);
            black_box(&octets);
        }
    }
}

fn people(list: AddressList<'_>) {
    for mailbox in list.mailboxes() {
        black_box((mailbox.name(), mailbox.address()));
    }
}

fn pieces(raw: &Bytes) {
    let mut push = Push::new(Config::new());
    let mut rest = raw.clone();
    while !rest.is_empty() {
        push.push(rest.split_to(rest.len().min(PIECE)));
        while let Some(event) = push.next() {
            black_box(event);
        }
    }
    push.finish();
    while let Some(event) = push.next() {
        black_box(event);
    }
}
