//! What came of it, for people and for programs.

use postwire::imap::extensions::quota::Quota;
use postwire::imap::response::{AppendUid, CopyUid, Damaged};
use postwire::imap::session::{Listed, Message};
use postwire::imap::{AddressList, Flag, Text, Uid, UidSet};
use postwire::mime::{Config, encoded_word};
use postwire::wire::Escaped;
use serde_json::{Value, json};

/// What came of it.
pub(crate) enum Done {
    /// It was done, and there is nothing to tell.
    Changed,
    Folders(Vec<Listed>),
    Found(Vec<Uid>),
    Headers(Vec<Header>),
    Downloaded {
        octets: u64,
        to: String,
    },
    /// Stored: where, if the server tells it.
    Appended(Option<AppendUid>),
    /// Copied or moved: where to, if the server tells it.
    Placed(Option<CopyUid>),
    Quota(Vec<Quota>),
}

/// A line about a message.
pub(crate) struct Header {
    uid: Option<Uid>,
    date: Option<String>,
    from: String,
    subject: String,
    octets: Option<u64>,
    flags: Vec<String>,
}

impl Header {
    pub(crate) fn new(message: &Message) -> Self {
        let envelope = message.envelope();
        let date = envelope.and_then(|envelope| envelope.date());
        let arrived = || message.internal_date().map(|date| date.to_string());
        Self {
            uid: message.uid,
            date: date.map(|date| date.to_str_lossy().into_owned()).or_else(arrived),
            from: envelope.map(|envelope| people(&envelope.from())).unwrap_or_default(),
            subject: envelope
                .and_then(|envelope| envelope.subject())
                .map(|text| decoded(&text))
                .unwrap_or_default(),
            octets: message.size(),
            flags: message
                .flags()
                .into_iter()
                .flat_map(|flags| flags.iter())
                .map(|flag| flag.to_string())
                .collect(),
        }
    }

    fn value(&self) -> Value {
        json!({
            "uid": self.uid.map(Uid::get),
            "date": self.date,
            "from": self.from,
            "subject": self.subject,
            "octets": self.octets,
            "flags": self.flags,
        })
    }
}

/// Text of a header field with its encoded words decoded (RFC 2047): a server hands them on as they are.
fn decoded(text: &Text) -> String {
    encoded_word::decode_text(text.as_bytes(), &Config::new(), &mut ()).into_owned()
}

/// What was encoded, or a name, may hold what a terminal obeys.
fn shown(text: &str) -> Escaped<'_> {
    Escaped(text.as_bytes())
}

fn people(list: &AddressList) -> String {
    let each = list.mailboxes().map(|one| {
        let address = one.to_string();
        match one.name.as_ref().map(decoded).filter(|name| !name.is_empty()) {
            Some(name) => format!("{name} <{address}>"),
            None => address,
        }
    });
    each.collect::<Vec<_>>().join(", ")
}

fn folder(one: &Listed) -> Value {
    let status = one.status.as_ref();
    json!({
        "name": one.name().to_text(),
        "delimiter": one.entry.delimiter.map(String::from),
        "attributes": one.entry.attributes.iter().map(|attribute| attribute.to_string()).collect::<Vec<_>>(),
        "selectable": one.entry.attributes.is_selectable(),
        "messages": status.and_then(|status| status.messages),
        "unseen": status.and_then(|status| status.unseen),
        "octets": status.and_then(|status| status.size),
        "uid_next": status.and_then(|status| status.uid_next).map(Uid::get),
        "uid_validity": status.and_then(|status| status.uid_validity).map(|validity| validity.get()),
    })
}

fn quota(quota: &Quota) -> Value {
    let resources = quota
        .resources
        .iter()
        .map(|one| json!({"resource": one.resource.to_string(), "usage": one.usage, "limit": one.limit}));
    json!({"root": quota.root.to_str_lossy(), "resources": resources.collect::<Value>()})
}

fn placed(uids: Option<&CopyUid>) -> Value {
    let Some(uids) = uids else { return Value::Null };
    json!({
        "uid_validity": uids.validity().map(|validity| validity.get()),
        "from": uids.from().to_string(),
        "to": uids.to().to_string(),
    })
}

fn appended(uids: Option<&AppendUid>) -> Value {
    let Some(uids) = uids else { return Value::Null };
    json!({"uid_validity": uids.validity.map(|validity| validity.get()), "uids": uids.uids.to_string()})
}

impl Done {
    pub(crate) fn value(&self) -> Value {
        match self {
            Self::Changed => Value::Null,
            Self::Folders(all) => all.iter().map(folder).collect(),
            Self::Found(uids) => uids.iter().map(|uid| uid.get()).collect(),
            Self::Headers(all) => all.iter().map(Header::value).collect(),
            Self::Downloaded { octets, to } => json!({"octets": octets, "file": to}),
            Self::Appended(uids) => appended(uids.as_ref()),
            Self::Placed(uids) => placed(uids.as_ref()),
            Self::Quota(all) => all.iter().map(quota).collect(),
        }
    }

    pub(crate) fn tell(&self) {
        match self {
            Self::Changed => {}
            Self::Folders(all) => all.iter().for_each(tell_folder),
            Self::Found(uids) => {
                if let Some(set) = UidSet::from_numbers(uids.iter().copied()) {
                    println!("{set}");
                }
                eprintln!("{} messages", uids.len());
            }
            Self::Headers(all) => all.iter().for_each(tell_header),
            Self::Downloaded { octets, to } => eprintln!("{octets} octets in {to}"),
            Self::Appended(uids) => {
                if let Some(uids) = uids {
                    println!("stored as {}", uids.uids);
                }
            }
            Self::Placed(uids) => {
                if let Some(uids) = uids {
                    println!("{} are {} there", uids.from(), uids.to());
                }
            }
            Self::Quota(all) => all.iter().for_each(tell_quota),
        }
    }
}

fn tell_folder(one: &Listed) {
    let status = one.status.as_ref();
    let number = |number: Option<u32>| number.map_or_else(|| "-".to_owned(), |number| number.to_string());
    let messages = number(status.and_then(|status| status.messages));
    let unseen = number(status.and_then(|status| status.unseen));
    let uses: Vec<_> = one.entry.attributes.special_uses().map(|attribute| attribute.to_string()).collect();
    println!("{messages:>8} {unseen:>8} unread  {} {}", shown(&one.name().to_text()), uses.join(" "));
}

fn tell_header(header: &Header) {
    let uid = header.uid.map_or(0, Uid::get);
    let mark = if header.flags.iter().any(|flag| flag.eq_ignore_ascii_case(Flag::SEEN.as_str())) {
        ' '
    } else {
        '*'
    };
    let date = header.date.as_deref().unwrap_or("-");
    println!("{uid:>8} {mark} {}  {}  {}", shown(date), shown(&header.from), shown(&header.subject));
}

fn tell_quota(quota: &Quota) {
    for one in &quota.resources {
        let unit = if one.resource.as_str().eq_ignore_ascii_case("STORAGE") { " KiB" } else { "" };
        println!(
            "{}: {} {} of {}{unit}",
            shown(&quota.root.to_str_lossy()),
            one.resource,
            one.usage,
            one.limit
        );
    }
}

/// A response that made no sense.
pub(crate) fn damage(damaged: &Damaged) -> Value {
    json!({
        "name": damaged.name.as_ref().map(|name| name.as_str()),
        "number": damaged.number,
        "uid": damaged.uid.map(Uid::get),
        "error": damaged.error.map(|error| error.to_string()),
    })
}
