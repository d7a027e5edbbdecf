//! Values that commands and responses share.

use postwire::imap::list::StatusItem;
use postwire::imap::{MailboxName, MessageSet, TaggedItem, Text};
use serde_json::{Map, Value, json};

use crate::input::shown as escaped;

/// Text as it is: JSON needs no other form. What is no UTF-8 is escaped.
pub(super) fn exact(octets: &[u8]) -> String {
    str::from_utf8(octets).map_or_else(|_| escaped(octets), ToOwned::to_owned)
}

pub(super) fn put(object: &mut Map<String, Value>, key: &str, value: Value) {
    object.insert(key.to_owned(), value);
}

pub(super) fn text(text: &Text) -> Value {
    exact(text.as_bytes()).into()
}

pub(super) fn maybe(text: Option<&Text>) -> Value {
    json!(text.map(|text| exact(text.as_bytes())))
}

pub(super) fn texts<'a>(all: impl IntoIterator<Item = &'a Text>) -> Value {
    all.into_iter().map(text).collect()
}

pub(super) fn mailbox(name: &MailboxName) -> Value {
    exact(name.to_text().as_bytes()).into()
}

/// Names, flags, numbers and whatever else is a word.
pub(super) fn words<T: ToString>(all: impl IntoIterator<Item = T>) -> Value {
    all.into_iter().map(|one| one.to_string()).collect()
}

pub(super) fn set(messages: &MessageSet) -> Value {
    match messages {
        MessageSet::Seq(set) => set.to_string(),
        MessageSet::Uid(set) => set.to_string(),
    }
    .into()
}

pub(super) fn status_items(items: &[StatusItem]) -> Value {
    words(items.iter().map(StatusItem::as_str))
}

/// Items of extensions that are not known.
pub(super) fn tagged(items: &[TaggedItem]) -> Value {
    let items = items.iter().map(|item| {
        json!({"name": item.name.as_str(), "raw": item.value.as_ref().map(|value| escaped(value.as_bytes()))})
    });
    items.collect()
}

/// A URL of IMAP without what entitles to read what it names (RFC 4467 section 3).
pub(super) fn url(url: &[u8]) -> String {
    let lower = url.to_ascii_lowercase();
    match memchr::memmem::find(&lower, b";urlauth=") {
        Some(at) if url.get(at..).unwrap_or_default().contains(&b':') => {
            let end = at + url.get(at..).and_then(|rest| memchr::memchr(b':', rest)).unwrap_or(0);
            format!("{}:redacted", exact(url.get(..end).unwrap_or_default()))
        }
        _ => exact(url),
    }
}
