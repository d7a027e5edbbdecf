//! What libetpan (MailCore) sees in its own test messages (corpora/libetpan), as facts.
//!
//! Normal form: white space collapsed; media types and charsets in lower case; addresses as names and addr-specs, groups
//! dissolved; dates as seconds since 1970. Where a message has no date or identifier, libetpan puts one of its own: these
//! are not compared, nor the date of receipt. Of several fields of one name it gives one. Names in comments behind addresses
//! are none for it, and years of two digits are beyond 2050: a hundred years are taken off (RFC 5322 section 4.3).
#![cfg(feature = "charset")] // texts are in every charset there is
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod facts;

use facts::{Facts, collapsed};
use mime_core::{AddressList, Config, Message, Part};
use serde_json::{Value, json};

/// What libetpan says where there is no Date.
const NO_DATE: &str = "978307200";
/// A hundred years in seconds.
const CENTURY: i64 = 36525 * 24 * 3600;
/// What libetpan says where there is no Message-ID.
const NO_IDENTIFIER: &str = "MyMessageID123@mail.gmail.com";

impl Facts {
    fn header(&mut self, expected: &Value, part: Part<'_>) {
        for (what, list) in [
            ("from", part.from()),
            ("sender", part.sender()),
            ("replyTo", part.reply_to()),
            ("to", part.to()),
            ("cc", part.cc()),
        ] {
            if !expected[what].is_null() {
                let expected = expected_addresses(&expected[what]);
                let mut ours = addresses(list);
                for (expected, ours) in expected.as_array().unwrap().iter().zip(ours.as_array_mut().unwrap())
                {
                    if expected[0].is_null() {
                        ours[0] = Value::Null;
                    }
                }
                self.fact(what, expected, ours);
            }
        }
        if let Some(subject) = expected["subject"].as_str() {
            let ours = part.subject().map(|subject| collapsed(&subject));
            self.fact("subject", json!(collapsed(subject)), json!(ours));
        }
        let date = expected["date"].as_str().unwrap();
        if date != NO_DATE {
            let mut date: i64 = date.parse().unwrap();
            if date > CENTURY {
                date -= CENTURY;
            }
            self.fact("date", json!(date), json!(part.date().map(|date| date.to_unix())));
        }
        let identifier = &expected["messageID"];
        if identifier != NO_IDENTIFIER {
            self.fact("message identifier", identifier.clone(), json!(part.message_id()));
        }
        if !expected["references"].is_null() {
            let ours: Vec<_> = part.references().collect();
            self.fact("references", expected["references"].clone(), json!(ours));
        }
        if !expected["inReplyTo"].is_null() {
            let ours: Vec<_> = part.in_reply_to().collect();
            self.fact("in reply to", expected["inReplyTo"].clone(), json!(ours));
        }
        for (name, value) in expected["extraHeaders"].as_object().into_iter().flatten() {
            let value = collapsed(value.as_str().unwrap());
            let ours: Vec<_> = part.fields_named(name).map(|field| collapsed(&field.text())).collect();
            if ours.contains(&value) {
                self.fact("other fields", json!(null), json!(null));
            } else {
                self.fact("other fields", json!([name, value]), json!(ours));
            }
        }
    }

    fn part(&mut self, expected: &Value, part: Part<'_>) {
        let file = self.place.split(' ').next().unwrap().to_owned();
        self.place = format!("{file} {}", part.path());
        let kind = expected["class"].as_str().unwrap().trim_start_matches("mailcore::");
        let message = part.embedded_message();
        let ours = if part.is_multipart() {
            "Multipart"
        } else if part.embedded().is_some() || message.is_some() {
            "MessagePart"
        } else {
            "Attachment"
        };
        self.fact("content", json!(kind), json!(ours));
        if ours != kind {
            return;
        }
        match kind {
            "Multipart" => {
                let list = expected["parts"]["items"].as_array().unwrap();
                let children: Vec<_> = part.children().collect();
                self.fact("parts", json!(list.len()), json!(children.len()));
                if let Some(kind) = expected["partType"].as_str().filter(|kind| *kind != "multipart/mixed") {
                    self.fact("type", json!(kind), json!(part.essence()));
                }
                if list.len() == children.len() {
                    for (expected, child) in list.iter().zip(children) {
                        self.part(expected, child);
                    }
                }
            }
            "MessagePart" => {
                let inner = part.embedded().unwrap_or_else(|| message.as_ref().unwrap().root());
                self.header(&expected["header"], inner);
                self.part(&expected["mainPart"], inner);
            }
            _ => self.leaf(expected, part),
        }
    }

    fn leaf(&mut self, expected: &Value, part: Part<'_>) {
        let lower = |text: &str| text.to_ascii_lowercase();
        self.fact("type", json!(expected["mimeType"].as_str().map(lower)), json!(part.essence()));
        if let Some(charset) = expected["charset"].as_str() {
            let ours = part.content_type().and_then(|content| content.param("charset").map(|it| lower(&it)));
            self.fact("charset", json!(lower(charset)), json!(ours));
        }
        let text = |key: &str| expected[key].as_str().map(collapsed);
        self.fact("file name", json!(text("filename")), json!(part.filename().map(|it| collapsed(&it))));
        self.fact("content identifier", json!(text("contentID")), json!(part.content_id()));
        self.fact(
            "description",
            json!(text("contentDescription")),
            json!(part.description().map(|it| collapsed(&it))),
        );
        if let Some(location) = text("contentLocation") {
            self.fact(
                "location",
                json!(location),
                json!(part.field("Content-Location").map(|it| collapsed(&it.text()))),
            );
        }
        let disposition = part.content_disposition();
        let inline = disposition.as_ref().is_some_and(|it| it.is_inline());
        let attachment = disposition.as_ref().is_some_and(|it| it.is_attachment());
        self.fact("inline", json!(!expected["inlineAttachment"].is_null()), json!(inline));
        self.fact("attachment", json!(!expected["attachment"].is_null()), json!(attachment));
    }
}

fn expected_addresses(value: &Value) -> Value {
    let list = match value["items"].as_array() {
        Some(list) => list.clone(),
        None => vec![value.clone()],
    };
    list.iter()
        .map(|entry| {
            json!([
                entry["displayName"].as_str().map(collapsed),
                collapsed(entry["mailbox"].as_str().unwrap())
            ])
        })
        .collect()
}

fn addresses(list: AddressList<'_>) -> Value {
    list.mailboxes()
        .map(|mailbox| json!([mailbox.name().map(|it| collapsed(&it)), mailbox.address()]))
        .collect()
}

#[test]
fn facts() {
    let Some(corpora) = test_support::corpora() else { return };
    let folder = corpora.join("libetpan/mime-parser/data");
    let found = test_support::files(&folder.join("output"));
    let mut facts = Facts::new("libetpan", PartialEq::eq);
    for path in &found {
        let name = path.strip_prefix(folder.join("output")).unwrap();
        let expected: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
        let octets = std::fs::read(folder.join("input").join(name)).unwrap();
        let mail = Message::parse_with(octets, Config::new());
        facts.place = format!("{} ", name.display());
        facts.header(&expected["header"], mail.root());
        facts.part(&expected["mainPart"], mail.root());
    }
    facts.settle(&format!("{} messages", found.len()), "LIBETPAN_DIFFERENCES", DIFFERENCES);
}

/// Where libetpan and this crate differ, by reason.
const DIFFERENCES: &[(&str, &[&str])] = &[
    (
        "RFC 2045 section 5.2: a Content-Type without a subtype cannot be understood, and text/plain is assumed; libetpan makes up a subtype",
        &["mbox/jwz/1 2.3 type", "mbox/jwz/134 1 type", "mbox/jwz/135 1 type", "mbox/jwz/29 1 type"],
    ),
    (
        "The zones JST, and est and cst in small letters, are not known to libetpan (RFC 5322 section 4.3 names EST and CST, names are without case)",
        &[
            "mbox/jwz/7  date",
            "mbox/jwz/14  date",
            "mbox/jwz/28  date",
            "mbox/jwz/43  date",
            "mbox/jwz/44  date",
            "mbox/jwz/101  date",
            "mbox/jwz/125  date",
            "mbox/jwz/145  date",
        ],
    ),
    (
        "The header of a forwarded message that is a leaf is not looked at by libetpan; ours is right",
        &[
            "mbox/jwz/116 1.1 type",
            "mbox/jwz/116 1.1 file name",
            "mbox/jwz/116 1.1 attachment",
            "mbox/jwz/117 2.1 type",
            "mbox/jwz/117 2.1 file name",
            "mbox/jwz/117 2.1 attachment",
        ],
    ),
    (
        "`multipart/mixed;;` with a folded boundary is no multipart for libetpan; ours reads it as it was meant",
        &["mbox/jwz/22  content"],
    ),
    (
        "RFC 2045 section 8: a description is unfolded as any text, libetpan takes the first line; ours is right",
        &["mbox/jwz/40 5.2 description", "mbox/jwz/40 7 description"],
    ),
    (
        "RFC 2046 section 5.1.5: a part of a digest without a header is a message, whatever that message is of; and a multipart has the parts that are there. libetpan sees a leaf, and none; ours is right",
        &["mbox/jwz/40 9.5 content", "mbox/jwz/41  parts"],
    ),
    (
        "A forwarded message that begins with a line that is no field: ours skips the line, and tells",
        &["mbox/jwz/5 2 content"],
    ),
    (
        "RFC 5322 section 2.1: the header ends at the empty line; libetpan goes on; ours is right",
        &["mbox/jwz/52 2.12 other fields"],
    ),
    (
        "White space within an identifier is kept by us as it is written, and removed by libetpan",
        &["mbox/jwz/86  message identifier"],
    ),
    (
        "Of two To fields (RFC 5322 section 3.6 allows one) ours takes the first, libetpan both",
        &["mbox/jwz/88  to"],
    ),
    (
        "Three multiparts inside each other, with the same boundary: a delimiter is one of the innermost for us, which opens another level for each header that declares it, and of the outermost for libetpan; both tell apart only what RFC 2046 section 5.1.2 forbids",
        &["mbox/simple/2  parts"],
    ),
    ("RFC 2046 section 5.1.1: an empty boundary is none; ours is right", &["mbox/simple/3 1 content"]),
];
