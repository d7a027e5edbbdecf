//! Every message of every corpus: parsed by both faces, everything asked, written again octet for octet.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

mod both;

use std::path::{Path, PathBuf};

use mime_core::{AddressList, AddressRef, Config, Message, MessageIds, Part};

/// Folders with messages, and what may be taken for some.
const FOLDERS: &[&str] = &[
    "commons-email",
    "cpython",
    "dkimpy",
    "enmime",
    "go-msgauth",
    "haraka",
    "james-mailbox",
    "kumomta",
    "libetpan",
    "mail-auth",
    "mail-parser",
    "mailauth",
    "mailparse",
    "mailpit",
    "mailsplit",
    "nodemailer-mailparser",
    "opendmarc",
    "parsedmarc",
    "php-mime-mail-parser",
    "postal-mime",
    "spamassassin",
    "tika-rfc822",
];

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let path = entry.path();
        let name = entry.file_name();
        if path.is_dir() && name != "LICENCE" {
            files(&path, found);
        } else if path.is_file() && name != "SOURCE.txt" {
            found.push(path);
        }
    }
}

#[derive(Debug, Default, PartialEq, Eq)]
struct Count {
    files: usize,
    octets: usize,
    parts: usize,
    fields: usize,
    mailboxes: usize,
    texts: usize,
    defects: usize,
}

fn ask_list(list: AddressList<'_>, count: &mut Count) {
    for address in list {
        match address {
            AddressRef::Mailbox(mailbox) => {
                count.mailboxes += 1;
                let (local_part, domain) = (mailbox.local_part(), mailbox.domain());
                assert!(mailbox.address().len() >= local_part.len().max(domain.len()));
                let _ = (mailbox.name(), mailbox.raw_name(), mailbox.route(), mailbox.comments().count());
                let _ = (mailbox.raw(), mailbox.is_valid());
                if let Some(owned) = mailbox.to_mailbox() {
                    // What is valid is written such that it is read again.
                    let written = owned.to_string();
                    let again: Vec<_> =
                        AddressList::new(written.as_bytes(), &Config::new()).mailboxes().collect();
                    assert_eq!(again.len(), 1, "{written:?}");
                    assert_eq!(again[0].to_mailbox().as_ref(), Some(&owned), "{written:?}");
                }
            }
            AddressRef::GroupStart(group) => drop(group.name()),
            AddressRef::GroupEnd => {}
        }
    }
}

fn ask_part(part: Part<'_>, count: &mut Count) {
    count.parts += 1;
    let mail = part.message();
    assert_eq!(mail.part(&part.path()), Some(part));
    // The lines are the header, and its octets.
    let mut at = part.header_span().start;
    for line in part.lines() {
        count.fields += 1;
        assert_eq!(mail.raw()[line.span()], *line.raw());
        assert_eq!(mail.raw()[line.value_span()], *line.raw_value());
        assert!(at <= line.span().start, "{}", part.path());
        at = line.span().end;
        let _ = (line.name(), line.text(), line.date(), line.message_ids().count());
        ask_list(line.addresses(), count);
    }
    assert!(at <= part.header_span().end);
    for list in [part.from(), part.sender(), part.reply_to(), part.to(), part.cc(), part.bcc()] {
        ask_list(list, count);
    }
    let _ = (part.subject(), part.date(), part.message_id(), part.in_reply_to().count());
    let _ = (part.references().count(), part.authenticated_author(), part.content_id(), part.description());
    let _ = (part.filename(), part.charset(), part.boundary(), part.is_message_root());
    if let Some(content) = part.content_type() {
        for param in content.params() {
            assert!(mail.raw().len() >= param.raw().len());
            let _ = (param.octets(), param.is_quoted());
            if let Ok(name) = str::from_utf8(param.name()) {
                let _ = (content.param(name), content.all(name));
            }
        }
    }
    if let Some(disposition) = part.content_disposition() {
        let _ = (disposition.is_inline(), disposition.is_attachment(), disposition.size());
        let _ = (disposition.creation_date(), disposition.modification_date(), disposition.params().count());
    }
    let decoded = part.decode();
    let mut again = Vec::new();
    part.decode_into(&mut again);
    assert!(again == *decoded, "{}", part.path());
    if part.encoding().is_identity() || !part.is_leaf() {
        assert!(*decoded == *part.raw_body(), "{}", part.path());
    }
    count.texts += usize::from(part.text().is_some());
    let bodies = part.bodies();
    let _ = (bodies.text.len(), bodies.html.len(), bodies.attachments.len());
    if let Some(message) = part.embedded_message() {
        assert!(message.parts().count() > 0);
    }
}

/// The octets of a part from those of its header, of what stands between, and of its parts.
fn write(part: Part<'_>, octets: &mut Vec<u8>) {
    let (mail, header, body) = (part.message(), part.header_span(), part.body_span());
    octets.extend_from_slice(&mail.raw()[header.start..body.start]);
    let mut at = body.start;
    for child in part.children() {
        octets.extend_from_slice(&mail.raw()[at..child.span().start]);
        write(child, octets);
        at = child.span().end;
    }
    octets.extend_from_slice(&mail.raw()[at..body.end]);
}

#[test]
fn every_message() {
    let Some(corpora) = test_support::corpora() else { return };
    let mut all = Count::default();
    for folder in FOLDERS {
        let mut found = Vec::new();
        files(&corpora.join(folder), &mut found);
        found.sort();
        assert!(!found.is_empty(), "{folder}");
        let mut count = Count::default();
        for path in &found {
            let octets = std::fs::read(path).unwrap();
            count.files += 1;
            count.octets += octets.len();
            // By both faces, in pieces of one, two and seven octets.
            let mail =
                if octets.len() < 200_000 { both::parse(&octets) } else { Message::parse(octets.clone()) };
            both::nothing_is_lost(&mail);
            for part in mail.parts() {
                ask_part(part, &mut count);
            }
            let defects = mail.defects();
            assert!(defects.iter().all(|it| it.span.start <= it.span.end && it.span.end <= octets.len()));
            count.defects += defects.len();
            assert_eq!(
                mail.strict().is_ok(),
                !defects.iter().any(|it| it.severity > mime_core::Severity::Cosmetic)
            );
            for reading in mail.interpretations(4) {
                assert!(reading.message.parts().count() > 0);
            }
            let _ = (mail.text(), mail.html(), mail.attachments().count());
            assert!(*mail.edit().finish().unwrap() == *octets, "{}", path.display());
            let mut again = Vec::with_capacity(octets.len());
            write(mail.root(), &mut again);
            assert!(again == octets, "{}", path.display());
        }
        eprintln!("{folder}: {count:?}");
        all.files += count.files;
        all.octets += count.octets;
        all.parts += count.parts;
        all.fields += count.fields;
        all.mailboxes += count.mailboxes;
        all.texts += count.texts;
        all.defects += count.defects;
    }
    eprintln!("all: {all:?}");
    assert!(all.files > 1500 && all.parts > 4000, "{all:?}");
}
