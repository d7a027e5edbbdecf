//! Messages with expected results in corpora of several projects: james-mailbox, libetpan's renderings and charsets,
//! mailparse, parsedmarc.
#![cfg(all(feature = "charset", feature = "html"))]
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod facts;

use std::{collections::BTreeMap, path::Path};

use facts::collapsed;
use mime_core::{AddressList, Charset, Message, Part, html};
use serde_json::{Value, json};

#[derive(Default)]
struct Facts {
    facts: usize,
    differ: Vec<String>,
}

impl Facts {
    fn fact(&mut self, place: &str, what: &str, expected: Value, ours: Value) {
        self.facts += 1;
        if expected != ours {
            self.differ.push(format!("{place} {what}: {expected}, but ours {ours}"));
        }
    }

    /// All agree but those that are known, which are given by how they begin.
    fn check(&self, cases: usize, what: &str, known: &[&str]) {
        let same = self.facts - self.differ.len();
        eprintln!("{cases} {what}: {same} of {} facts", self.facts);
        let differ: Vec<_> =
            self.differ.iter().filter(|text| !known.iter().any(|known| text.starts_with(known))).collect();
        assert!(differ.is_empty(), "{differ:#?}");
        let gone: Vec<_> =
            known.iter().filter(|known| !self.differ.iter().any(|text| text.starts_with(**known))).collect();
        assert!(gone.is_empty(), "these agree now: {gone:#?}");
    }
}

fn read(path: impl AsRef<Path>) -> Vec<u8> {
    std::fs::read(path).unwrap()
}

/// Names and addresses; James takes words alone for addresses.
fn addresses(list: AddressList<'_>) -> Value {
    list.mailboxes()
        .map(|mailbox| match (mailbox.name(), &*mailbox.address()) {
            (Some(name), "") => json!([null, collapsed(&name)]),
            (name, address) => json!([name.map(|it| collapsed(&it)), address]),
        })
        .collect()
}

/// What James indexes. `date`, `size` and what else depends on the mailbox are those of its tests.
///
/// Fields by name, as texts; white space is collapsed. Bodies: words. Attachments: type, name, disposition.
#[test]
fn james_mailbox() {
    let Some(corpora) = test_support::corpora() else { return };
    let folder = corpora.join("james-mailbox/eml");
    let mut facts = Facts::default();
    let mut names: Vec<_> = std::fs::read_dir(&folder)
        .unwrap()
        .filter_map(|entry| {
            entry.unwrap().file_name().to_str().unwrap().strip_suffix(".json").map(str::to_owned)
        })
        .collect();
    names.sort();
    for name in &names {
        let expected: Value = serde_json::from_slice(&read(folder.join(format!("{name}.json")))).unwrap();
        // One message, with and without something that James indexes or not.
        let message = ["TextContent", "Attachments", "Attachment", "Without", "NoHeaders"]
            .iter()
            .fold(&**name, |name, suffix| name.strip_suffix(suffix).unwrap_or(name));
        let mail = Message::parse(read(folder.join(format!("{message}.eml"))));
        for (what, list) in [("from", mail.from()), ("to", mail.to()), ("cc", mail.cc()), ("bcc", mail.bcc())]
        {
            let entries = expected[what].as_array().unwrap().iter();
            let entries: Value =
                entries.map(|it| json!([it["name"].as_str().map(collapsed), it["address"]])).collect();
            facts.fact(name, what, entries, addresses(list));
        }
        // The subject, and the words in brackets at its start.
        let subject = mail.subject().unwrap_or_default();
        for part in expected["subject"].as_array().unwrap() {
            facts.fact(name, "subject", json!(true), json!(subject.contains(part.as_str().unwrap())));
        }
        let date = mail.date().map(|date| {
            let text = date.to_rfc3339();
            text.replace('Z', "+0000").chars().filter(|it| *it != ':').collect::<String>()
        });
        let expected_date = expected["sentDate"].as_str().map(|it| it.replace(':', ""));
        facts.fact(name, "date", json!(expected_date), json!(date));
        let identifier = expected["mimeMessageID"].as_str().map(|it| it.trim_matches(['<', '>']));
        facts.fact(name, "identifier", json!(identifier), json!(mail.message_id()));
        // plain/text is what James puts where its test says nothing.
        let kinds = [&expected["mediaType"], &expected["subtype"]].map(|it| it.as_str().unwrap()).join("/");
        if kinds != "plain/text" {
            facts.fact(name, "type", json!(kinds), json!(mail.root().essence()));
        }
        for field in expected["headers"].as_array().unwrap() {
            let value = collapsed(field["value"].as_str().unwrap());
            let ours: Vec<_> = mail
                .root()
                .fields_named(field["name"].as_str().unwrap())
                .map(|field| collapsed(&field.text()))
                .collect();
            let place = format!("{name} {}", field["name"]);
            facts.fact(
                &place,
                "field",
                json!(value),
                json!(ours.iter().find(|ours| **ours == value).or(ours.first())),
            );
        }
        if let Some(text) = expected["textBody"].as_str() {
            facts.fact(name, "text", json!(collapsed(text)), json!(mail.text().map(|text| collapsed(&text))));
        }
        if let Some(text) = expected["htmlBody"].as_str() {
            facts.fact(name, "html", json!(collapsed(text)), json!(mail.html().map(|text| collapsed(&text))));
        }
        if !name.contains("Without") && !name.contains("NoHeaders") {
            let list: Value = expected["attachments"]
                .as_array()
                .unwrap()
                .iter()
                .map(|it| {
                    let essence =
                        format!("{}/{}", it["mediaType"].as_str().unwrap(), it["subtype"].as_str().unwrap());
                    json!([essence, it["fileName"], it["contentDisposition"]])
                })
                .collect();
            let ours: Value = mail.attachments().map(attachment).collect();
            facts.fact(name, "attachments", list, ours);
        }
    }
    facts.check(names.len(), "files of james-mailbox", JAMES);
}

fn attachment(part: Part<'_>) -> Value {
    let disposition = part.content_disposition().map(|it| it.disposition().to_ascii_lowercase());
    json!([part.essence(), part.filename(), disposition])
}

/// Where James and this crate differ.
const JAMES: &[&str] = &[
    // An attachment (RFC 2183 section 2.2) is no body, even if it is the only part.
    "emailWithNonIndexableAttachmentWithoutAttachment html",
    // A forwarded message is one attachment; James lists those inside of it.
    "recursiveMail attachments",
    // Texts that are displayed inline one behind the other are the text (RFC 8621 section 4.1.4), not attachments.
    "spamMail attachments",
    "spamMail text",
    "spamMailNoHeaders text",
];

/// Whole messages as text: the fields, then the text. The words of the text are compared, in order, without what the
/// renderer adds (targets of links, descriptions of pictures).
#[test]
fn libetpan_renderings() {
    let Some(corpora) = test_support::corpora() else { return };
    let folder = corpora.join("libetpan/plaintext-rendering/data");
    let mut facts = Facts::default();
    let mut files: Vec<_> =
        std::fs::read_dir(folder.join("input")).unwrap().map(|it| it.unwrap().path()).collect();
    files.sort();
    let (mut words_same, mut words_all) = (0, 0);
    for file in &files {
        let name = file.file_stem().unwrap().to_str().unwrap();
        let output = std::fs::read_to_string(folder.join("output").join(format!("{name}.txt"))).unwrap();
        let mail = Message::parse(read(file));
        let (fields, text) = output.split_once("\n\n").unwrap_or((&output, ""));
        for line in fields.lines() {
            if let Some(subject) = line.strip_prefix("Subject: ") {
                // The renderer does without Re, and says so where there is no subject.
                let ours =
                    mail.subject().map(|subject| collapsed(&subject)).unwrap_or(String::from("No Subject"));
                let ours = ours.strip_prefix("Re: ").unwrap_or(&ours);
                facts.fact(name, "subject", json!(collapsed(subject)), json!(ours));
            }
            if let Some(from) = line.strip_prefix("From: ") {
                let ours: Vec<_> =
                    mail.from().mailboxes().map(|mailbox| mailbox.address().into_owned()).collect();
                facts.fact(
                    name,
                    "from",
                    json!(true),
                    json!(ours.iter().all(|address| from.contains(address))),
                );
            }
        }
        let mut ours = BTreeMap::<String, usize>::new();
        for part in mail.parts().filter(|part| part.is_leaf()) {
            let Some(text) = part.text() else { continue };
            let text =
                if part.is_type("text", "html") { html::text_from_html(&text) } else { text.into_owned() };
            for word in words(&text) {
                *ours.entry(word).or_default() += 1;
            }
        }
        for word in words(text) {
            words_all += 1;
            if let Some(count) = ours.get_mut(&word).filter(|count| **count > 0) {
                *count -= 1;
                words_same += 1;
            }
        }
    }
    eprintln!("{words_same} of {words_all} words of the renderings");
    facts.check(files.len(), "renderings of libetpan", RENDERINGS);
    // Four messages are in Japanese without a charset, one says windows-1251 and is UTF-8: libetpan guesses. The rest are
    // targets of links, names of attachments and headers of forwarded messages.
    assert!(words_same * 100 >= words_all * 98, "{words_same} of {words_all}");
}

const RENDERINGS: &[&str] = &[
    // Octets in a header without any sign of their charset: libetpan guesses EUC-KR and windows-1251, ours takes
    // windows-1252 for whatever is not UTF-8.
    "1640-no-charset subject",
    "1798-korean subject",
    "2135-korean subject",
    "4850-russian subject",
    // The encoded word says koi8-r, and is that; libetpan takes it for ISO-8859-1.
    "6144-russian subject",
];

/// Words of letters.
fn words(text: &str) -> Vec<String> {
    text.split_whitespace()
        .filter(|word| !["://", "mailto:", "cid:", "tel:"].iter().any(|it| word.contains(it)))
        .flat_map(|word| word.split(|letter: char| !letter.is_alphanumeric()))
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect()
}

/// The charset of a file is its name. Without a label this crate tells UTF-8 from everything else, no more.
#[test]
fn libetpan_charsets() {
    let Some(corpora) = test_support::corpora() else { return };
    let folder = corpora.join("libetpan/charset-detection/data/input");
    let mut files = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let label = path.file_stem().unwrap().to_str().unwrap();
        let octets = read(&path);
        let charset = Charset::from_label(label.as_bytes()).unwrap();
        let (text, replaced) = charset.decode(&octets);
        assert!(!replaced && !text.is_empty(), "{label}");
        assert_eq!(Charset::guess(&octets) == Charset::UTF_8, label == "utf-8", "{label}");
        files += 1;
    }
    eprintln!("{files} files of libetpan's charsets");
}

/// The parts of a message are the files beside it.
#[test]
fn mailparse() {
    let Some(corpora) = test_support::corpora() else { return };
    let folder = corpora.join("mailparse");
    let mail = Message::parse(read(folder.join("test_email_01.txt")));
    let pdf = mail.part("2").unwrap();
    assert_eq!((&*pdf.essence(), pdf.filename().as_deref()), ("application/pdf", Some("sample.pdf")));
    assert!(*pdf.decode() == read(folder.join("test_email_01_sample.pdf")));
    assert_eq!(mail.parts().count(), 4);
    eprintln!("1 message of mailparse: its attachment octet for octet");
}
