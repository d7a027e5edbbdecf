//! Messages as JSON.

use postwire::mime::{AddressList, Message, Part};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use examples::collapsed;

type Object = Map<String, Value>;

/// Everything about a message but where it came from.
pub(crate) fn message(message: &Message) -> Object {
    let mut object = content(message.root());
    let defects = message.defects().into_iter().map(|defect| {
        json!({
            "kind": format!("{:?}", defect.kind),
            "start": defect.span.start,
            "end": defect.span.end,
            "severity": format!("{:?}", defect.severity).to_ascii_lowercase(),
        })
    });
    object.insert("defects".to_owned(), defects.collect());
    object
}

/// A message, or one inside of it.
fn content(root: Part<'_>) -> Object {
    let mut object = Object::new();
    let mut put = |key: &str, value: Value| object.insert(key.to_owned(), value);
    put("subject", collapsed(&root.subject().unwrap_or_default()).into());
    put("from", people(root.from()));
    put("to", people(root.to()));
    put("cc", people(root.cc()));
    put("date", json!(root.date().map(|date| date.to_rfc3339())));
    put("message_id", json!(root.message_id()));
    let (mut parts, mut multiparts) = (Vec::new(), Vec::new());
    let mut open = vec![root];
    while let Some(part) = open.pop() {
        let before = open.len();
        if part.is_multipart() {
            open.extend(part.children());
        }
        if let Some(children) = open.get_mut(before..) {
            children.reverse();
        }
        if open.len() == before {
            parts.push(Value::Object(leaf(part)));
        } else {
            multiparts.push(json!({ "path": part.path(), "content_type": part.essence() }));
        }
    }
    put("parts", parts.into());
    put("multiparts", multiparts.into());
    object
}

/// A word alone, without domain, is a name if it has none and else an address.
fn people(list: AddressList<'_>) -> Value {
    list.mailboxes()
        .map(|mailbox| {
            let name = mailbox.name().map(|name| collapsed(&name));
            let name =
                name.as_deref().map(|name| name.trim_matches(['\'', '"'])).filter(|name| !name.is_empty());
            let address = mailbox.address();
            match (address.rsplit_once('@'), name) {
                (Some((local, domain)), name) => {
                    json!({ "name": name, "address": format!("{local}@{}", domain.to_ascii_lowercase()) })
                }
                (None, Some(name)) if address.is_empty() => json!({ "name": name, "address": null }),
                (None, Some(name)) => json!({ "name": name, "address": address }),
                (None, None) => json!({ "name": address, "address": null }),
            }
        })
        .collect()
}

fn leaf(part: Part<'_>) -> Object {
    let mut object = Object::new();
    let mut put = |key: &str, value: Value| object.insert(key.to_owned(), value);
    let octets = part.decode();
    let is_text = part.is_type("text", "*");
    let label =
        part.content_type().and_then(|content| content.param("charset").map(|label| label.into_owned()));
    put("path", part.path().into());
    put("content_type", part.essence().into());
    put("charset", json!(label));
    put("encoding", part.encoding().name().into());
    put(
        "disposition",
        json!(part.content_disposition().map(|value| value.disposition().to_ascii_lowercase())),
    );
    put("filename", json!(part.filename().map(|name| collapsed(&name))));
    put("body_sha256", hash(&octets).into());
    put("body_nl_sha256", json!(is_text.then(|| hash(&plain_lines(&octets)))));
    put("text_sha256", json!(part.text().map(|text| hash(&plain_lines(text.as_bytes())))));
    put("decoded_len", octets.len().into());
    if let Some(inner) = part.embedded() {
        put("message", content(inner).into());
    }
    object
}

fn hash(octets: &[u8]) -> String {
    Sha256::digest(octets).iter().map(|octet| format!("{octet:02x}")).collect()
}

/// CRLF and CR become LF, and what is white at the end goes.
fn plain_lines(octets: &[u8]) -> Vec<u8> {
    let mut plain = Vec::with_capacity(octets.len());
    let mut rest = octets.iter().peekable();
    while let Some(&octet) = rest.next() {
        if octet == b'\r' {
            rest.next_if(|&&next| next == b'\n');
            plain.push(b'\n');
        } else {
            plain.push(octet);
        }
    }
    while plain.last().is_some_and(|octet| matches!(octet, b'\n' | b' ' | b'\t')) {
        plain.pop();
    }
    plain
}
