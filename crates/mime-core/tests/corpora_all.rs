//! Every message of every corpus: parsed by both faces, everything asked, written again octet for octet.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

mod both;

use mime_core::{AddressList, AddressRef, Config, DefectKind, Mailbox, Message, Part, Severity};

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
                    // What is valid is written such that it is read again. In a header, names that look like encoded words
                    // are decoded.
                    let written = owned.to_string();
                    assert_eq!(Mailbox::try_from(&*written).as_ref(), Ok(&owned), "{written:?}");
                    if !written.contains("=?") {
                        let config = Config::new();
                        let again = AddressList::new(written.as_bytes(), &config).mailboxes().next();
                        assert_eq!(
                            again.and_then(|it| it.to_mailbox()).as_ref(),
                            Some(&owned),
                            "{written:?}"
                        );
                    }
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
    // A multipart right inside of a message has the number of that message, as in IMAP.
    let found = mail.part(&part.path()).unwrap();
    assert!(found == part || found.embedded() == Some(part) && part.is_multipart(), "{}", part.path());
    assert!(is_inside(part), "{}", part.path());
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

/// Parts are inside of each other, and between a header and its body is nothing but a line end.
fn is_inside(part: Part<'_>) -> bool {
    let (header, body) = (part.header_span(), part.body_span());
    let between = &part.message().raw()[header.end..body.start];
    part.span().start == header.start
        && body.end == part.span().end
        && between.iter().all(|octet| matches!(octet, b'\r' | b'\n' | b' ' | b'\t'))
        && part.children().all(|child| body.start <= child.span().start && child.span().end <= body.end)
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
        let mut found = test_support::files(&corpora.join(folder));
        found.retain(|path| !path.ends_with("SOURCE.txt") && !path.iter().any(|name| name == "LICENCE"));
        assert!(!found.is_empty(), "{folder}");
        let mut count = Count::default();
        for path in &found {
            let octets = std::fs::read(path).unwrap();
            count.files += 1;
            count.octets += octets.len();
            // By both faces, in pieces of one, two and seven octets.
            let mail =
                if octets.len() < 200_000 { both::parse(&octets) } else { Message::parse(octets.clone()) };
            // Before the message may stand nothing but what separates it in an mbox file.
            let separator = octets.get(..mail.root().span().start).unwrap();
            let from =
                separator.is_empty() || separator.starts_with(b"From ") || separator.starts_with(b">From ");
            assert!(
                from && separator.iter().filter(|&&octet| octet == b'\n').count() <= 1,
                "{}",
                path.display()
            );
            for part in mail.parts() {
                ask_part(part, &mut count);
            }
            let defects = mail.defects();
            assert!(defects.iter().all(|it| it.span.start <= it.span.end && it.span.end <= octets.len()));
            count.defects += defects.len();
            let ambiguous = defects.iter().any(|defect| defect.severity >= Severity::Ambiguous);
            assert_eq!(mail.strict().is_err(), ambiguous);
            let readings = mail.interpretations(4).count();
            // Without a doubt there is one way to read it; LF alone as line end, which everything takes, is none.
            let lf = defects.iter().any(|defect| defect.kind == DefectKind::BareLf);
            assert!(ambiguous || lf || readings == 0, "{}", path.display());
            let _ = (mail.text(), mail.html(), mail.attachments().count());
            assert!(*mail.edit().finish().unwrap() == *octets, "{}", path.display());
            let mut again = separator.to_vec();
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
