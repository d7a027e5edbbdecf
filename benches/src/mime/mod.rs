//! Messages and who reads them: every reader takes every batch.

pub mod batch;
mod ours;

use std::hint::black_box;

use mail_parser::{MessageBuffers, MessageParser};
use mailparse::{MailHeader, MailHeaderMap, ParsedMail};

pub use ours::OURS;

/// Something that reads one message after another. Storage that it keeps is its own.
pub type Reader = Box<dyn FnMut(&[u8])>;

/// The peers, and what they do:
///
/// - `full`: every part decoded, text converted to UTF-8, and the six common fields read;
/// - `tree`: the parts and their fields, nothing decoded;
/// - `headers`: the fields of the message alone;
/// - `reused`: as `full`, with the storage of the message before.
///
/// `linescan` looks for the ends of lines and does nothing else.
pub const PEERS: [&str; 9] = [
    "linescan",
    "mail-parser-full",
    "mail-parser-reused",
    "mail-parser-tree",
    "mail-parser-tree-reused",
    "mail-parser-headers",
    "mailparse-full",
    "mailparse-tree",
    "mailparse-headers",
];

/// The reader of this name.
pub fn reader(name: &str) -> Option<Reader> {
    match name {
        "linescan" => Some(Box::new(|raw| {
            black_box(memchr::memchr_iter(b'\n', raw).fold(0, |before, end| before ^ end));
        })),
        "mail-parser-full" => {
            let parser = MessageParser::new();
            Some(Box::new(move |raw| {
                if let Some(message) = parser.parse(raw) {
                    mail_parser_everything(&message);
                }
            }))
        }
        "mail-parser-reused" => {
            let parser = MessageParser::new();
            let mut buffers = MessageBuffers::new();
            Some(Box::new(move |raw| {
                if let Some(message) = parser.parse_with(raw, &mut buffers) {
                    mail_parser_everything(&message);
                    buffers = message.into_buffers();
                }
            }))
        }
        "mail-parser-tree" => {
            let parser = MessageParser::new();
            Some(Box::new(move |raw| drop(black_box(parser.parse(raw)))))
        }
        "mail-parser-tree-reused" => {
            let parser = MessageParser::new();
            let mut buffers = MessageBuffers::new();
            Some(Box::new(move |raw| {
                if let Some(message) = black_box(parser.parse_with(raw, &mut buffers)) {
                    buffers = message.into_buffers();
                }
            }))
        }
        "mail-parser-headers" => {
            let parser = MessageParser::new();
            Some(Box::new(move |raw| drop(black_box(parser.parse_headers(raw)))))
        }
        "mailparse-full" => Some(Box::new(|raw| {
            if let Ok(message) = mailparse::parse_mail(raw) {
                mailparse_fields(&message.headers);
                mailparse_parts(&message);
            }
        })),
        "mailparse-tree" => Some(Box::new(|raw| drop(black_box(mailparse::parse_mail(raw))))),
        "mailparse-headers" => Some(Box::new(|raw| drop(black_box(mailparse::parse_headers(raw))))),
        _ => ours::reader(name),
    }
}

fn mail_parser_everything(message: &mail_parser::Message<'_>) {
    black_box(message.subject());
    for list in [message.from(), message.to(), message.cc()].into_iter().flatten() {
        for mailbox in list.mailboxes() {
            black_box((mailbox.name(), mailbox.address()));
        }
    }
    black_box((message.date(), message.message_id()));
    for part in message.parts() {
        if part.is_text() {
            drop(black_box(part.text()));
        } else if !part.is_multipart() && !part.is_message() {
            drop(black_box(part.decoded()));
        }
    }
}

fn mailparse_fields(headers: &[MailHeader<'_>]) {
    black_box(headers.get_first_value("Subject"));
    for name in ["From", "To", "Cc"] {
        let _ = black_box(headers.get_first_header(name).map(mailparse::addrparse_header));
    }
    let _ = black_box(headers.get_first_value("Date").map(|date| mailparse::dateparse(&date)));
    black_box(headers.get_first_value("Message-ID"));
}

/// A message within a message is not parsed by mailparse itself.
fn mailparse_parts(part: &ParsedMail<'_>) {
    for part in &part.subparts {
        mailparse_parts(part);
    }
    if part.ctype.mimetype == "message/rfc822" {
        if let Ok(raw) = part.get_body_raw()
            && let Ok(message) = mailparse::parse_mail(&raw)
        {
            mailparse_parts(&message);
        }
    } else if part.ctype.mimetype.starts_with("text/") {
        let _ = black_box(part.get_body());
    } else if part.subparts.is_empty() {
        let _ = black_box(part.get_body_raw());
    }
}
