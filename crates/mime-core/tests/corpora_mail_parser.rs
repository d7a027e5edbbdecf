//! What mail-parser sees in its own test messages (corpora/mail-parser), as facts.
//!
//! Beside each message lies what mail-parser makes of it, twice: of the file as it is, and with CRLF as line ends. What
//! this crate has an opinion on too is compared, in this normal form:
//!
//! * structure: what a part is (multipart, message, leaf), how many parts are inside, where its header, its body and
//!   its end are, and the fields by name, with the octets that they take;
//! * texts of fields: white space collapsed; domains and media types in lower case; parameters by name, as values;
//! * identifiers without angle brackets, dates as numbers, Received by its clauses;
//! * UTF-7 is on, words alone are names or addresses, and octets that mail-parser replaced by U+FFFD are any letters;
//! * bodies: texts with LF as line ends, other bodies octet for octet.
//!
//! Half of the facts are offsets, which are counted with the others. Where two trees differ, what is inside is not compared.
#![cfg(feature = "charset")] // texts are in every charset there is
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod facts;

use std::{collections::BTreeSet, path::Path};

use facts::{Facts, collapsed, grouped};
use mime_core::{
    Config, ContentDisposition, ContentType, DateTime, Field, Host, ListId, ListUrls, Message, Part,
    Received, TransferEncoding,
};
use serde_json::{Value, json};

fn lines(text: &str) -> String {
    text.replace("\r\n", "\n")
}

fn lossy(octets: &[u8]) -> String {
    collapsed(&String::from_utf8_lossy(octets))
}

/// Whether two values are the same; where mail-parser could not decode octets, it has no opinion.
fn same(expected: &Value, ours: &Value) -> bool {
    let ascii = |value: &Value| value.to_string().replace(|letter: char| !letter.is_ascii(), "");
    expected == ours || expected.to_string().contains('\u{FFFD}') && ascii(expected) == ascii(ours)
}

impl Facts {
    fn message(&mut self, expected: &Value, root: Part<'_>) {
        self.part(expected["parts"].as_array().unwrap(), 0, root);
    }

    fn part(&mut self, all: &[Value], index: usize, part: Part<'_>) {
        let file = self.place.split(' ').next().unwrap().to_owned();
        self.place = format!("{file} {}", part.path());
        let expected = &all[index];
        let body = expected["body"].as_object().unwrap();
        let (kind, content) = body.iter().next().unwrap();
        self.fields(expected["headers"].as_array().unwrap(), part);
        self.fact("header at", expected["offset_header"].clone(), json!(part.span().start));
        self.fact("body at", expected["offset_body"].clone(), json!(part.body_span().start));
        self.fact("end", expected["offset_end"].clone(), json!(part.span().end));
        let message = part.embedded_message();
        let ours = if part.is_multipart() {
            "Multipart"
        } else if part.embedded().is_some() || message.is_some() {
            "Message"
        } else {
            "leaf"
        };
        let simple = if matches!(&**kind, "Multipart" | "Message") { &**kind } else { "leaf" };
        self.fact("content", json!(simple), json!(ours));
        if simple != ours {
            return;
        }
        match &**kind {
            "Multipart" => {
                let children: Vec<_> = part.children().collect();
                let inside = content.as_array().unwrap();
                self.fact("parts", json!(inside.len()), json!(children.len()));
                if children.len() == inside.len() {
                    for (child, index) in children.into_iter().zip(inside) {
                        let index = usize::try_from(index.as_u64().unwrap()).unwrap();
                        self.part(all, index, child);
                    }
                }
            }
            "Message" => match part.embedded() {
                Some(inner) => self.message(content, inner),
                None => self.message(content, message.unwrap().root()),
            },
            "Text" | "Html" => {
                let text = part.text().map(|text| lines(&text));
                self.fact("text", json!(lines(content.as_str().unwrap())), json!(text));
            }
            _ => {
                let octets: Vec<u8> = content
                    .as_array()
                    .unwrap()
                    .iter()
                    .map(|octet| u8::try_from(octet.as_u64().unwrap()).unwrap())
                    .collect();
                let text = |octets: &[u8]| json!(String::from_utf8_lossy(octets));
                let ours = part.decode();
                if octets == *ours {
                    self.fact("octets", json!(null), json!(null));
                } else {
                    self.fact("octets", text(&octets), text(&ours));
                }
            }
        }
    }

    fn fields(&mut self, expected: &[Value], part: Part<'_>) {
        let ours: Vec<_> = part.fields().collect();
        let names: Vec<_> = expected.iter().map(|field| name(&field["name"])).collect();
        let our_names: Vec<_> = ours.iter().map(|field| field.name().to_ascii_lowercase()).collect();
        self.fact("fields", json!(names), json!(our_names));
        if names != our_names {
            return;
        }
        for (expected, field) in expected.iter().zip(ours) {
            self.fact("field at", expected["offset_field"].clone(), json!(field.span().start));
            self.fact("value at", expected["offset_start"].clone(), json!(field.value_span().start));
            self.fact("field end", expected["offset_end"].clone(), json!(field.span().end));
            let config = *part.message().config();
            self.value(&name(&expected["name"]), &expected["value"], field, &config);
        }
    }

    fn value(&mut self, name: &str, expected: &Value, field: Field<'_>, config: &Config) {
        let raw = field.raw_value();
        let Some((kind, value)) = expected.as_object().and_then(|object| object.iter().next()) else {
            let nothing = match name {
                "date" => DateTime::parse(raw, &mut ()).is_none(),
                "content-disposition" => ContentDisposition::parse(raw, config, &mut ())
                    .is_none_or(|it| it.disposition().is_empty()),
                _ => field.text().trim().is_empty(),
            };
            self.fact("nothing", json!(true), json!(nothing));
            return;
        };
        match (&**kind, name) {
            ("Text" | "TextList", "message-id" | "content-id" | "in-reply-to" | "references") => {
                let list = if kind == "Text" { json!([value]) } else { value.clone() };
                let ours: Vec<_> = field.message_ids().collect();
                self.fact("identifiers", list, json!(ours));
            }
            ("Text", "return-path") => {
                let ours: Vec<_> = field.addresses().mailboxes().map(|mailbox| mailbox.address()).collect();
                self.fact("return path", json!([value]), json!(ours));
            }
            ("Text", "content-transfer-encoding") => {
                let encoding =
                    |octets: &[u8]| json!(format!("{:?}", TransferEncoding::from_value(octets, &mut ())));
                self.fact("encoding", encoding(value.as_str().unwrap().as_bytes()), encoding(raw));
            }
            ("Text", "content-language") => {
                let tags: Vec<_> = mime_core::language_tags(raw).collect();
                self.fact("language", json!(collapsed(value.as_str().unwrap())), json!(tags.join(", ")));
            }
            ("Text", _) => {
                self.fact(
                    "words",
                    json!(collapsed(value.as_str().unwrap())),
                    json!(collapsed(&field.text())),
                );
            }
            ("Address", "list-id") => {
                let list = ListId::parse(raw, &mut ());
                let ours = json!([list.name(config, &mut ()), lossy(list.id())]);
                let entry = &value["List"][0];
                self.fact("list", json!([entry["name"], entry["address"]]), ours);
            }
            ("Address", _) if name.starts_with("list-") => {
                let urls: Vec<_> = ListUrls::parse(raw, &mut ()).collect();
                let expected: Vec<_> =
                    value["List"].as_array().unwrap().iter().map(|entry| entry["address"].clone()).collect();
                self.fact("urls", json!(expected), json!(urls));
            }
            ("Address", _) => {
                self.fact("addresses", words_alone(value.clone()), words_alone(grouped(field.addresses())))
            }
            ("DateTime", _) => self.fact("date", expected_date(value), date(field.date())),
            ("ContentType", "content-type") => {
                let ours = ContentType::parse(raw, config, &mut ());
                let kind = |part: &Value| part.as_str().map(str::to_ascii_lowercase);
                let expected_type = [kind(&value["c_type"]), kind(&value["c_subtype"])];
                let our_type =
                    ours.as_ref().map(|it| [it.media_type(), it.subtype()].map(str::to_ascii_lowercase));
                // A word alone is no media type (RFC 2045 section 5.1), mail-parser keeps it.
                let expected_type = expected_type[1].is_some().then_some(expected_type);
                let our_type = our_type.filter(|it| !it[1].is_empty());
                self.fact("type", json!(expected_type), json!(our_type));
                let Some(ours) = ours else { return };
                self.params(value, ours.params().map(|param| param.name().to_vec()), |name| ours.param(name));
            }
            ("ContentType", _) => {
                let ours = ContentDisposition::parse(raw, config, &mut ());
                let disposition = ours.as_ref().map(|it| it.disposition().to_ascii_lowercase());
                self.fact("disposition", value["c_type"].clone(), json!(disposition));
                let Some(ours) = ours else { return };
                self.params(value, ours.params().map(|param| param.name().to_vec()), |name| ours.param(name));
            }
            ("Received", _) => self.received(value, &Received::parse(raw, &mut ())),
            other => panic!("{other:?}"),
        }
    }

    fn params<'a>(
        &mut self,
        expected: &Value,
        names: impl Iterator<Item = Vec<u8>>,
        param: impl Fn(&str) -> Option<std::borrow::Cow<'a, str>>,
    ) {
        let list = expected["attributes"].as_array().map_or(&[][..], Vec::as_slice);
        // What language an extended value is in is a parameter of mail-parser's own.
        let list: Vec<_> = list.iter().filter(|it| !of_param(it).0.ends_with("-language")).collect();
        let expected_names: BTreeSet<_> = list.iter().map(|it| of_param(it).0).collect();
        let our_names: BTreeSet<_> = names
            .map(|name| lossy(&name).split('*').next().unwrap().to_ascii_lowercase())
            .filter(|name| !name.is_empty())
            .collect();
        self.fact("parameter names", json!(expected_names), json!(our_names));
        for entry in list {
            let (name, value) = of_param(entry);
            self.fact(
                "parameter",
                json!([name, collapsed(&value)]),
                json!([name, param(&name).map(|value| collapsed(&value))]),
            );
        }
    }

    fn received(&mut self, expected: &Value, ours: &Received<'_>) {
        // Brackets around address literals go, and protocols are in capitals.
        let bare = |text: &str| collapsed(text.trim_matches(['[', ']', '<', '>', '\n', ' ']));
        let text =
            |octets: Option<&[u8]>| octets.map(lossy).map(|text| bare(&text)).filter(|text| !text.is_empty());
        let said = |value: &Value| value.as_str().map(bare);
        let host =
            |value: &Value| said(value.as_object().and_then(|it| it.values().next()).unwrap_or(&Value::Null));
        let upper = |text: Option<String>| text.map(|text| text.to_ascii_uppercase());
        let (from, by) = (ours.from(), ours.by());
        let domain = |host: &Option<Host<'_>>| text(host.as_ref().map(Host::domain));
        self.fact("received from", json!(host(&expected["from"])), json!(domain(&from)));
        self.fact("received by", json!(host(&expected["by"])), json!(domain(&by)));
        self.fact("received via", json!(said(&expected["via"])), json!(text(ours.via())));
        self.fact(
            "received with",
            json!(upper(said(&expected["with"]))),
            json!(upper(text(ours.protocol()))),
        );
        self.fact("received id", json!(said(&expected["id"])), json!(text(ours.id())));
        self.fact("received for", json!(said(&expected["for_"])), json!(text(ours.for_mailbox())));
        let ip = from.as_ref().and_then(Host::address).map(|address| address.to_string());
        let expected_ip = [&expected["from_ip"], &expected["from"]["IpAddr"]].into_iter().find_map(said);
        self.fact("received address", json!(expected_ip), json!(ip));
        let reverse = from.as_ref().and_then(Host::reverse_name);
        self.fact("received reverse name", json!(said(&expected["from_iprev"])), json!(text(reverse)));
        let helo = from.as_ref().and_then(Host::helo);
        self.fact("received helo", json!(host(&expected["helo"])), json!(text(helo)));
        self.fact("received date", expected_date(&expected["date"]), date(ours.date()));
    }
}

/// A parameter; in the files beside messages an object, in the others an array.
fn of_param(entry: &Value) -> (String, String) {
    let (name, value) = match entry {
        Value::Array(pair) => (&pair[0], &pair[1]),
        object => (&object["name"], &object["value"]),
    };
    (name.as_str().unwrap().to_ascii_lowercase(), value.as_str().unwrap().to_owned())
}

fn name(value: &Value) -> String {
    let name =
        value.as_str().map_or_else(|| value["other"].as_str().unwrap().to_owned(), |it| it.replace('_', "-"));
    name.to_ascii_lowercase()
}

fn date(date: Option<DateTime>) -> Value {
    let Some(date) = date else { return Value::Null };
    let (day, time) = ([date.day(), date.month()], [date.hour(), date.minute(), date.second()]);
    json!([date.year(), day, time, date.offset_minutes()])
}

/// The same of mail-parser: day, time, and minutes east of Greenwich.
fn expected_date(date: &Value) -> Value {
    if date.is_null() {
        return Value::Null;
    }
    let zone = date["tz_hour"].as_i64().unwrap() * 60 + date["tz_minute"].as_i64().unwrap();
    let zone = if date["tz_before_gmt"] == true { -zone } else { zone };
    let (day, time) =
        (json!([date["day"], date["month"]]), json!([date["hour"], date["minute"], date["second"]]));
    json!([date["year"], day, time, zone])
}

/// Words without an address are names for some parsers, local parts for others.
fn words_alone(mut list: Value) -> Value {
    let groups = if list["List"].is_array() {
        vec![&mut list]
    } else {
        list["Group"].as_array_mut().unwrap().iter_mut().collect()
    };
    for group in groups {
        let key = if group["List"].is_array() { "List" } else { "addresses" };
        for entry in group[key].as_array_mut().unwrap() {
            if !entry["address"].as_str().unwrap_or_default().contains('@') {
                let words = [&entry["name"], &entry["address"]].into_iter().filter_map(Value::as_str);
                *entry = json!(words.collect::<String>());
            }
        }
    }
    list
}

fn crlf(octets: &[u8]) -> Vec<u8> {
    let mut all = Vec::with_capacity(octets.len() * 2);
    for &octet in octets {
        if octet == b'\n' && all.last() != Some(&b'\r') {
            all.push(b'\r');
        }
        all.push(octet);
    }
    all
}

fn messages(corpora: &Path, facts: &mut Facts) -> usize {
    let mut files = 0;
    for folder in ["legacy", "malformed", "rfc", "thirdparty"] {
        let folder = corpora.join("mail-parser/eml").join(folder);
        let mut paths: Vec<_> =
            std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        paths.retain(|path| path.extension().is_some_and(|it| it == "json"));
        paths.sort();
        for path in paths {
            let stem = path.file_name().unwrap().to_str().unwrap().trim_end_matches(".json").to_owned();
            let (number, with_crlf) = match stem.strip_suffix(".crlf") {
                Some(number) => (number.to_owned(), true),
                None => (stem.clone(), false),
            };
            let mut octets = std::fs::read(folder.join(format!("{number}.eml"))).unwrap();
            if with_crlf {
                octets = crlf(&octets);
            } else {
                octets.retain(|&octet| octet != b'\r');
            }
            let expected: Value = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
            let mail = Message::parse_with(octets, Config::new().utf7(true));
            let name = Path::new(folder.file_name().unwrap()).join(&stem);
            facts.place = name.display().to_string().replace(".crlf", "");
            facts.message(&expected, mail.root());
            files += 1;
        }
    }
    files
}

/// The value of the field that a text begins with, without its last line end.
fn one_field(text: &str) -> &[u8] {
    let mut end = 0;
    for line in text.split_inclusive('\n') {
        if end > 0 && (!line.starts_with([' ', '\t']) || line.trim().is_empty()) {
            break;
        }
        end += line.len();
    }
    text.as_bytes()[..end].trim_ascii_end()
}

fn cases(corpora: &Path, file: &str) -> Vec<(String, Value)> {
    let text = std::fs::read_to_string(corpora.join("mail-parser").join(file)).unwrap();
    let cases: Vec<Value> = serde_json::from_str(&text).unwrap();
    cases
        .into_iter()
        .map(|case| (case["header"].as_str().unwrap().to_owned(), case["expected"].clone()))
        .collect()
}

/// The vectors for single fields, except those for addresses, which are in `corpora_address.rs`.
fn fields(corpora: &Path, facts: &mut Facts) -> usize {
    let config = Config::new();
    let mut rows = 0;
    for (file, name) in [
        ("content_type.json", "Content-Type"),
        ("date.json", "Date"),
        ("id.json", "References"),
        ("received.json", "Received"),
        ("unstructured.json", "Subject"),
        ("list.json", "Keywords"),
    ] {
        for (number, (header, expected)) in cases(corpora, file).into_iter().enumerate() {
            rows += 1;
            facts.place = format!("{file}/{number}");
            let mut octets = format!("{name}:").into_bytes();
            octets.extend_from_slice(one_field(&header));
            octets.extend_from_slice(b"\r\n\r\n");
            let mail = Message::parse(octets);
            let field = mail.root().fields().next().unwrap();
            let raw = field.raw_value();
            match name {
                "Content-Type" if expected.is_null() => {
                    facts.fact(
                        "no type",
                        json!(null),
                        json!(mail.root().content_type().map(|it| it.essence())),
                    );
                }
                "Content-Type" => {
                    facts.value("content-type", &json!({ "ContentType": expected }), field, &config);
                }
                "Date" => facts.fact("date", expected_date(&expected), date(field.date())),
                "References" => {
                    let list: Vec<_> = field.message_ids().collect();
                    let ours = if list.is_empty() { json!(null) } else { json!(list) };
                    facts.fact("identifiers", expected, ours);
                }
                "Received" => facts.received(&expected, &Received::parse(raw, &mut ())),
                "Subject" => {
                    let expected = collapsed(expected.as_str().unwrap());
                    facts.fact("words", json!(expected), json!(collapsed(&field.text())));
                }
                _ => {
                    let ours: Vec<_> = mime_core::keywords(raw, &config).collect();
                    let ours: Vec<_> = ours.iter().map(|word| collapsed(word)).collect();
                    facts.fact("keywords", expected, json!(ours));
                }
            }
        }
    }
    rows
}

#[test]
fn facts() {
    let Some(corpora) = test_support::corpora() else { return };
    let mut facts = Facts::new("mail-parser", same);
    let files = messages(&corpora, &mut facts);
    let rows = fields(&corpora, &mut facts);
    let all = format!("{files} files and {rows} fields");
    let same = facts.settle(&all, "MAIL_PARSER_DIFFERENCES", DIFFERENCES);
    assert!(same * 100 >= facts.facts * 99, "{same} of {}", facts.facts);
}

/// Where mail-parser and this crate differ, by reason.
const DIFFERENCES: &[(&str, &[&str])] = &[
    (
        "RFC 2045 section 6.1: x-uuencode is decoded by us, and left as it is by mail-parser",
        &[
            "legacy/017 2 octets",
            "legacy/017 3 octets",
            "legacy/026 2 text",
            "legacy/048 2 octets",
            "legacy/048 3 octets",
            "legacy/048 4 octets",
        ],
    ),
    (
        "A backslash in a quoted file name of Windows is kept by us (the path is cut by safe_filename), though RFC 2045 section 5.1 makes it a quoted-pair, which mail-parser removes: by the letter mail-parser is right",
        &[
            "legacy/035 1.2.2 parameter",
            "legacy/035 1.2.3 parameter",
            "legacy/039 1.2 parameter",
            "legacy/039 1.3 parameter",
        ],
    ),
    (
        "RFC 2046 section 5.1.2: the delimiter of an outer multipart ends everything inside; ours is right",
        &[
            "malformed/001  parts",
            "malformed/008  parts",
            "malformed/009  parts",
            "malformed/011  parts",
            "malformed/012  parts",
            "malformed/016  parts",
        ],
    ),
    (
        "RFC 2046 section 5.1: a header without its empty line ends at a delimiter too; ours is right",
        &[
            "malformed/000  parts",
            "malformed/020 1 content",
            "malformed/021 1 content",
            "thirdparty/015  parts",
        ],
    ),
    (
        "A multipart without a part is one of text for mail-parser; ours keeps to the type that is declared, and tells",
        &["malformed/002  content"],
    ),
    (
        "RFC 2046 section 5.1.1: a line that only begins like a delimiter is none; ours is right",
        &["malformed/004  parts", "malformed/007  parts", "thirdparty/005 5 end", "thirdparty/005 5 text"],
    ),
    (
        "A header that begins with a continuation, or ends in a line without a colon: text for us, skipped by mail-parser",
        &[
            "malformed/019 5.2.1 body at",
            "malformed/019 5.2.1 end",
            "malformed/019 5.2.1 text",
            "malformed/019 5.2.2 body at",
            "malformed/019 5.2.2 end",
            "malformed/019 5.2.2 text",
        ],
    ),
    (
        "What no delimiter ends reaches to the end of the message, its last line end included; mail-parser leaves that out",
        &["malformed/019 5 end", "malformed/019 5.2 end"],
    ),
    (
        "The empty line behind a header without a body is of the part for us, though the delimiter behind it needs a line end too",
        &["malformed/020 1 end", "malformed/021 1 end"],
    ),
    (
        "A message without any field is still of type message/rfc822 for us; mail-parser makes it text",
        &["malformed/022 2 content", "malformed/022 2 end"],
    ),
    (
        "Text within a part that is not of type text: mail-parser shows it where base64 cannot be decoded",
        &["rfc/000 3.1 text", "rfc/000 3.2 text"],
    ),
    (
        "RFC 5322 section 3.4: a comment is no mailbox, nor part of a name that is there; ours is right",
        &["rfc/000 5.1 addresses", "rfc/002 2 addresses"],
    ),
    (
        "RFC 5322 section 3.3: there is no second 232, so there is no date; mail-parser gives it",
        &["rfc/002 2 received date"],
    ),
    (
        "RFC 2045 section 6.8: what is outside of the alphabet is skipped, padding ends the data; ours is right",
        &["thirdparty/002 2 text", "thirdparty/002 3 text"],
    ),
    (
        "Half a character of UTF-16 at the end is shown as U+FFFD by us, and dropped by mail-parser",
        &["thirdparty/005 1 text"],
    ),
    (
        "Of two parameters of one name the first counts for us, the last for mail-parser",
        &["thirdparty/010  parameter"],
    ),
    (
        "RFC 5321 section 4.4: the clause is there, in other words or another order than mail-parser reads; ours is right",
        &[
            "thirdparty/015  received for",
            "received.json/28 received id",
            "received.json/29 received id",
            "received.json/30 received id",
            "received.json/50 received reverse name",
            "received.json/123 received by",
            "received.json/125 received from",
            "received.json/153 received for",
        ],
    ),
    (
        "Dates as ctime writes them, without seconds of their own, with years of two digits or zones by name: mail-parser takes numbers in the order that they come, ours is right",
        &[
            "received.json/13 received date",
            "received.json/67 received date",
            "received.json/89 received date",
            "received.json/90 received date",
            "received.json/117 received date",
            "received.json/118 received date",
            "received.json/128 received date",
            "received.json/144 received date",
            "received.json/151 received date",
            "received.json/163 received date",
        ],
    ),
    (
        "RFC 5322 section 3.2.2: clauses within comments are none; ours is right",
        &["received.json/165 received from", "received.json/171 received from"],
    ),
    ("What stands behind the date is no clause (RFC 5321 section 4.4)", &["received.json/128 received for"]),
    (
        "No protocol of the registry: Microsoft SMTPSVC is one of SMTP for mail-parser, and none for us (`with` has it)",
        &[
            "received.json/18 received with",
            "received.json/19 received with",
            "received.json/20 received with",
            "received.json/21 received with",
            "received.json/22 received with",
            "received.json/23 received with",
            "received.json/71 received with",
        ],
    ),
    (
        "The protocol as it is written, not the registered one that it resembles: BSMTP, ESMTP-TLS, HTTPREST",
        &[
            "received.json/32 received with",
            "received.json/33 received with",
            "received.json/95 received with",
            "received.json/98 received with",
            "received.json/113 received with",
            "received.json/149 received with",
        ],
    ),
    (
        "Hosts as nobody writes them: with a port behind the literal, a message identifier, a name in angle brackets",
        &[
            "received.json/54 received reverse name",
            "received.json/107 received from",
            "received.json/151 received from",
        ],
    ),
    (
        "RFC 2047 section 6.2: white space between encoded words is dropped, in a quoted parameter (where they must not stand) too",
        &["content_type.json/34 parameter"],
    ),
    (
        "A parameter without a value is empty for us, and left out by mail-parser",
        &["content_type.json/49 parameter names"],
    ),
    (
        "RFC 2231 section 3: a section that does not follow the last one is no part of the value; ours is right",
        &["content_type.json/59 parameter"],
    ),
    (
        "Names with several asterisks are none; what becomes of them is as good as anything",
        &["content_type.json/61 parameter", "content_type.json/61 parameter names"],
    ),
    (
        "White space between text and an encoded word that touches it is added by mail-parser, not by us",
        &["unstructured.json/21 words", "unstructured.json/27 words", "unstructured.json/28 words"],
    ),
];
