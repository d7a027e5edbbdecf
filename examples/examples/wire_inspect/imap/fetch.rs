//! What FETCH says of a message.

use bytes::Bytes;
use postwire::imap::{
    Address, AddressList, Addressee, BodyPart, BodyStructure, Content, Disposition, Envelope, FetchItem,
    Parameters, ParseError, PartKind, Streamed,
};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use super::json::{exact, maybe, put};
use crate::input::{detail, shown};

/// Octets of content that are shown; of more only what they hash to is.
const SHOWN_MOST: usize = 2048;

/// What was said of one message, as far as it has been read.
pub(super) struct Said {
    pub(super) detail: Map<String, Value>,
    pub(super) damaged: Vec<Value>,
    bodies: Vec<Value>,
    unknown: Vec<Value>,
}

impl Said {
    pub(super) fn new(number: u32, by_uid: bool) -> Self {
        let said = if by_uid { json!({"uid": number}) } else { json!({"seq": number}) };
        Self { detail: detail(said), damaged: Vec::new(), bodies: Vec::new(), unknown: Vec::new() }
    }

    /// Items of a frame that begins at an offset.
    pub(super) fn items(&mut self, items: &[FetchItem], offset: u64) {
        for item in items {
            self.item(item, offset);
        }
    }

    fn item(&mut self, item: &FetchItem, offset: u64) {
        let id = |id: &Option<_>| json!(id.as_ref().map(ToString::to_string));
        let (key, value) = match item {
            FetchItem::Flags(flags) => ("flags", flags.iter().map(|flag| exact(flag.as_bytes())).collect()),
            FetchItem::Uid(uid) => ("uid", uid.get().into()),
            FetchItem::ModSeq(modseq) => ("modseq", json!(modseq.map(|modseq| modseq.get()))),
            FetchItem::InternalDate(date) => ("internal_date", json!(date.map(|date| date.to_string()))),
            FetchItem::SaveDate(date) => ("save_date", json!(date.map(|date| date.to_string()))),
            FetchItem::Size(octets) => ("size", json!(octets)),
            FetchItem::Envelope(envelope) => ("envelope", self::envelope(envelope)),
            FetchItem::Body(structure) => ("body", body_structure(structure)),
            FetchItem::BodyStructure(structure) => ("body_structure", body_structure(structure)),
            FetchItem::EmailId(email) => ("email_id", id(email)),
            FetchItem::ThreadId(thread) => ("thread_id", id(thread)),
            FetchItem::Preview(text) => ("preview", maybe(text.as_ref())),
            FetchItem::GmailMessageId(id) => ("gmail_message_id", json!(id)),
            FetchItem::GmailThreadId(id) => ("gmail_thread_id", json!(id)),
            FetchItem::GmailLabels(labels) => {
                ("gmail_labels", labels.iter().map(|label| exact(label.as_bytes())).collect())
            }
            FetchItem::Section(item) => {
                let what = Streamed { content: Content::Section(item.section.clone()), origin: item.origin };
                return self.body(&what, item.data.as_ref());
            }
            FetchItem::Binary(item) => {
                let what = Streamed { content: Content::Binary(item.part.clone()), origin: item.origin };
                return self.body(&what, item.data.as_ref());
            }
            FetchItem::Rfc822(data) => return self.whole(Content::Rfc822, data),
            FetchItem::Rfc822Header(data) => return self.whole(Content::Rfc822Header, data),
            FetchItem::Rfc822Text(data) => return self.whole(Content::Rfc822Text, data),
            FetchItem::BinarySize(size) => {
                let sizes = self.detail.entry("binary_sizes").or_insert_with(|| json!({}));
                if let Value::Object(sizes) = sizes {
                    sizes.insert(size.part.to_string(), size.octets.into());
                }
                return;
            }
            FetchItem::Unknown(item) => {
                self.unknown.push(json!({"name": item.name.as_str(), "raw": shown(&item.raw)}));
                return;
            }
            FetchItem::Damaged(item) => {
                self.damaged.push(damage(Some(item.name.as_str()), &item.raw, &item.error, offset));
                return;
            }
            _ => return,
        };
        put(&mut self.detail, key, value);
    }

    fn whole(&mut self, content: Content, data: &Option<Bytes>) {
        self.body(&Streamed { content, origin: None }, data.as_ref());
    }

    fn body(&mut self, what: &Streamed, data: Option<&Bytes>) {
        let mut body = content(what);
        put(&mut body, "octets", json!(data.map(Bytes::len)));
        put(&mut body, "sha256", json!(data.map(|data| hex(&Sha256::digest(data)))));
        if let Some(data) = data.filter(|data| data.len() <= SHOWN_MOST) {
            put(&mut body, "text", shown(data).into());
        }
        self.bodies.push(body.into());
    }

    /// Content that went by in pieces.
    pub(super) fn streamed(&mut self, what: &Streamed, octets: u64, hash: Sha256) {
        let mut body = content(what);
        put(&mut body, "octets", octets.into());
        put(&mut body, "sha256", hex(&hash.finalize()).into());
        put(&mut body, "streamed", true.into());
        self.bodies.push(body.into());
    }

    /// That is all.
    pub(super) fn finish(&mut self) {
        for (key, list) in [("bodies", &mut self.bodies), ("unknown", &mut self.unknown)] {
            if !list.is_empty() {
                put(&mut self.detail, key, std::mem::take(list).into());
            }
        }
        let uid = self.detail.get("uid").cloned().unwrap_or_default();
        for one in &mut self.damaged {
            if let Value::Object(one) = one {
                put(one, "uid", uid.clone());
            }
        }
    }
}

/// Something that makes no sense, of a frame that begins at an offset.
pub(super) fn damage(name: Option<&str>, raw: &[u8], error: &ParseError, offset: u64) -> Value {
    json!({
        "name": name,
        "offset": offset + error.at() as u64,
        "expected": error.expected().as_str(),
        "raw": shown(raw.get(..SHOWN_MOST).unwrap_or(raw)),
        "uid": null,
    })
}

/// The name of an item of content, as it stands on the wire.
fn content(what: &Streamed) -> Map<String, Value> {
    let name = match &what.content {
        Content::Section(section) => format!("BODY[{section}]"),
        Content::Binary(part) => format!("BINARY[{part}]"),
        Content::Rfc822 => "RFC822".to_owned(),
        Content::Rfc822Header => "RFC822.HEADER".to_owned(),
        Content::Rfc822Text => "RFC822.TEXT".to_owned(),
    };
    detail(json!({"item": exact(name.as_bytes()), "origin": what.origin}))
}

pub(super) fn hex(octets: &[u8]) -> String {
    octets.iter().map(|octet| format!("{octet:02x}")).collect()
}

fn envelope(envelope: &Envelope) -> Value {
    json!({
        "date": maybe(envelope.date().as_ref()),
        "subject": maybe(envelope.subject().as_ref()),
        "from": addresses(&envelope.from()),
        "sender": addresses(&envelope.sender()),
        "reply_to": addresses(&envelope.reply_to()),
        "to": addresses(&envelope.to()),
        "cc": addresses(&envelope.cc()),
        "bcc": addresses(&envelope.bcc()),
        "in_reply_to": maybe(envelope.in_reply_to().as_ref()),
        "message_id": maybe(envelope.message_id().as_ref()),
    })
}

/// Mailboxes; those of a group say which.
fn addresses(list: &AddressList) -> Value {
    let mut group = None;
    let mut all = Vec::new();
    for one in list.iter() {
        match one {
            Addressee::GroupStart(name) => group = Some(exact(name.as_bytes())),
            Addressee::GroupEnd => group = None,
            Addressee::Mailbox(Address { name, route, mailbox, host }) => {
                let mut address = detail(json!({
                    "name": maybe(name.as_ref()),
                    "mailbox": exact(mailbox.as_bytes()),
                    "host": exact(host.as_bytes()),
                }));
                if let Some(route) = route {
                    put(&mut address, "route", exact(route.as_bytes()).into());
                }
                if let Some(group) = &group {
                    put(&mut address, "group", group.as_str().into());
                }
                all.push(Value::Object(address));
            }
        }
    }
    all.into()
}

fn body_structure(structure: &BodyStructure) -> Value {
    let root = structure.root();
    part(root, if is_multipart(root) { String::new() } else { "1".to_owned() })
}

fn is_multipart(part: &BodyPart) -> bool {
    matches!(part.kind(), PartKind::Multipart { .. })
}

/// A part and those inside of it: no more than fifty levels are read.
fn part(one: &BodyPart, path: String) -> Value {
    let below = |number: usize| if path.is_empty() { number.to_string() } else { format!("{path}.{number}") };
    let fields = one.fields();
    let mut object = detail(json!({
        "path": path,
        "type": exact(format!("{}/{}", fields.media_type, fields.subtype).as_bytes()).to_ascii_lowercase(),
        "parameters": parameters(&fields.parameters),
        "encoding": maybe(fields.encoding.as_ref()),
        "octets": fields.octets,
        "disposition": fields.disposition.as_ref().map(disposition),
        "filename": maybe(one.file_name().as_ref()),
    }));
    for (key, value) in [
        ("id", &fields.id),
        ("description", &fields.description),
        ("md5", &fields.md5),
        ("location", &fields.location),
    ] {
        if value.is_some() {
            put(&mut object, key, maybe(value.as_ref()));
        }
    }
    if !fields.languages.is_empty() {
        let languages = fields.languages.iter().map(|language| exact(language.as_bytes()));
        put(&mut object, "languages", languages.collect());
    }
    match one.kind() {
        PartKind::Text { lines } => put(&mut object, "lines", json!(lines)),
        PartKind::Message { envelope, body, lines } => {
            put(&mut object, "lines", json!(lines));
            put(&mut object, "envelope", self::envelope(envelope));
            let inner = if is_multipart(body) { path.clone() } else { below(1) };
            put(&mut object, "body", part(body, inner));
        }
        PartKind::Multipart { parts } => {
            let parts = parts.iter().enumerate().map(|(at, one)| part(one, below(at + 1)));
            put(&mut object, "parts", parts.collect());
        }
        _ => {}
    }
    object.into()
}

fn parameters(parameters: &Parameters) -> Value {
    let pairs = parameters.iter();
    pairs
        .map(|(name, value)| (exact(name.as_bytes()), exact(value.as_bytes()).into()))
        .collect::<Map<_, _>>()
        .into()
}

fn disposition(disposition: &Disposition) -> Value {
    json!({"kind": exact(disposition.kind.as_bytes()), "parameters": parameters(&disposition.parameters)})
}
