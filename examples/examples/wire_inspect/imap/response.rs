//! What responses say.

use postwire::imap::extensions::acl::Rights;
use postwire::imap::extensions::id::Identification;
use postwire::imap::extensions::metadata::{Metadata, MetadataContent};
use postwire::imap::extensions::namespace::Namespace;
use postwire::imap::extensions::urlauth::{UrlContent, UrlData, UrlItem};
use postwire::imap::list::{AppendLimit, ListEntry, ListExtended, MailboxStatus};
use postwire::imap::search::{ContextUpdate, Esearch, SearchNumbers, Threads};
use postwire::imap::{Code, Damaged, ResponseText, Untagged};
use serde_json::{Map, Value, json};

use super::json::{exact, mailbox, maybe, put, set, tagged, text, texts, url, words};
use crate::input::{detail, shown};

/// The name of a response and what it says; of FETCH and what is damaged the caller knows more.
pub(super) fn untagged(untagged: &Untagged) -> (String, Map<String, Value>) {
    let rights = |rights: Rights| rights.to_string();
    let (name, value) = match untagged {
        Untagged::Status(status, text) => (status.as_str(), response_text(text)),
        Untagged::Preauth(text) => ("PREAUTH", response_text(text)),
        Untagged::Bye(text) => ("BYE", response_text(text)),
        Untagged::Capability(all) => ("CAPABILITY", json!({"capabilities": words(all.iter())})),
        Untagged::Enabled(all) => ("ENABLED", json!({"capabilities": words(all.iter())})),
        Untagged::Flags(flags) => ("FLAGS", json!({"flags": words(flags.iter())})),
        Untagged::List(entry) => ("LIST", list(entry)),
        Untagged::Lsub(entry) => ("LSUB", list(entry)),
        Untagged::MailboxStatus(status) => ("STATUS", mailbox_status(status)),
        Untagged::Search(found) => ("SEARCH", numbers(found)),
        Untagged::Sort(found) => ("SORT", numbers(found)),
        Untagged::Thread(threads) => ("THREAD", json!({"threads": self::threads(threads)})),
        Untagged::Esearch(found) => ("ESEARCH", esearch(found)),
        Untagged::UidBatches(found) => {
            let batches = found.batches.as_ref().map(ToString::to_string);
            ("UIDBATCHES", json!({"correlator": maybe(found.tag.as_ref()), "batches": batches}))
        }
        Untagged::Exists(number) => ("EXISTS", json!({"number": number})),
        Untagged::Recent(number) => ("RECENT", json!({"number": number})),
        Untagged::Expunge(seq) => ("EXPUNGE", json!({"number": seq.get()})),
        Untagged::Vanished(vanished) => {
            ("VANISHED", json!({"earlier": vanished.earlier, "uids": vanished.uids.to_string()}))
        }
        Untagged::Namespace(all) => (
            "NAMESPACE",
            json!({
                "personal": namespaces(&all.personal),
                "other": namespaces(&all.other),
                "shared": namespaces(&all.shared),
            }),
        ),
        Untagged::Id(id) => ("ID", json!({"id": identification(id.as_ref())})),
        Untagged::Acl(acl) => {
            let entries = acl
                .entries
                .iter()
                .map(|entry| json!({"identifier": text(&entry.identifier), "rights": rights(entry.rights)}));
            ("ACL", json!({"mailbox": mailbox(&acl.mailbox), "entries": entries.collect::<Value>()}))
        }
        Untagged::ListRights(list) => (
            "LISTRIGHTS",
            json!({
                "mailbox": mailbox(&list.mailbox),
                "identifier": text(&list.identifier),
                "required": rights(list.required),
                "optional": list.optional.iter().map(|&one| rights(one)).collect::<Vec<_>>(),
            }),
        ),
        Untagged::MyRights(mine) => {
            ("MYRIGHTS", json!({"mailbox": mailbox(&mine.mailbox), "rights": rights(mine.rights)}))
        }
        Untagged::Quota(quota) => {
            let resources = quota.resources.iter().map(
                |one| json!({"resource": one.resource.to_string(), "usage": one.usage, "limit": one.limit}),
            );
            ("QUOTA", json!({"root": text(&quota.root), "resources": resources.collect::<Value>()}))
        }
        Untagged::QuotaRoots(roots) => {
            ("QUOTAROOT", json!({"mailbox": mailbox(&roots.mailbox), "roots": texts(&roots.roots)}))
        }
        Untagged::Metadata(metadata) => ("METADATA", self::metadata(metadata)),
        Untagged::JmapAccess(url) => ("JMAPACCESS", json!({"url": text(url)})),
        Untagged::GenUrlAuth(urls) => {
            let urls: Vec<_> = urls.iter().map(|one| url(one.as_bytes())).collect();
            ("GENURLAUTH", json!({"urls": urls}))
        }
        Untagged::UrlFetch(urls) => {
            ("URLFETCH", json!({"urls": urls.iter().map(url_data).collect::<Value>()}))
        }
        Untagged::Unknown(unknown) => {
            let said = json!({"number": unknown.number, "data": shown(&unknown.data)});
            return (unknown.name.as_str().to_owned(), detail(said));
        }
        Untagged::Damaged(damaged) => return (name_of(damaged), detail(json!({"number": damaged.number}))),
        _ => ("", json!({})),
    };
    (name.to_owned(), detail(value))
}

pub(super) fn name_of(damaged: &Damaged) -> String {
    damaged.name.as_ref().map(|name| name.as_str().to_ascii_uppercase()).unwrap_or_default()
}

pub(super) fn response_text(said: &ResponseText) -> Value {
    json!({"code": said.code.as_ref().map(code), "text": text(&said.text)})
}

fn code(code: &Code) -> Value {
    let value = match code {
        Code::AnnotateTooBig => json!("TOOBIG"),
        Code::AnnotateTooMany | Code::MetadataTooMany => json!("TOOMANY"),
        Code::AppendUid(Some(uids)) => json!({
            "uid_validity": uids.validity.map(|validity| validity.get()),
            "uids": uids.uids.to_string(),
        }),
        Code::BadCharset(charsets) => texts(charsets),
        Code::BadEvent(events) => words(events),
        Code::BadUrl(bad) => url(bad.as_bytes()).into(),
        Code::Referral(to) => url(to.as_bytes()).into(),
        Code::Capability(capabilities) => words(capabilities.iter()),
        Code::CopyUid(Some(uids)) => json!({
            "uid_validity": uids.validity().map(|validity| validity.get()),
            "from": uids.from().to_string(),
            "to": uids.to().to_string(),
        }),
        Code::HighestModSeq(modseq) => json!(modseq.map(|modseq| modseq.get())),
        Code::InProgress(progress) => {
            json!({"tag": maybe(progress.tag.as_ref()), "done": progress.done, "total": progress.total})
        }
        Code::MailboxId(id) => json!(id.as_str()),
        Code::MessageLimit { limit, uid } => json!({"limit": limit, "uid": uid.map(|uid| uid.get())}),
        Code::MetadataLongEntries(octets) => json!({"LONGENTRIES": octets}),
        Code::MetadataMaxSize(octets) => json!({"MAXSIZE": octets}),
        Code::MetadataNoPrivate => json!("NOPRIVATE"),
        Code::Modified(messages) => json!(messages.as_ref().map(|messages| messages.uids().to_string())),
        Code::NewName { from, to } => json!({"from": mailbox(from), "to": mailbox(to)}),
        Code::NoUpdate(tag) => text(tag),
        Code::PermanentFlags(flags) => words(flags.iter()),
        Code::UidNext(uid) => json!(uid.map(|uid| uid.get())),
        Code::UidValidity(validity) => json!(validity.map(|validity| validity.get())),
        Code::UndefinedFilter(name) => text(name),
        Code::Unseen(seq) => json!(seq.map(|seq| seq.get())),
        Code::WebAlert(page) => text(page),
        Code::Other { data, .. } => shown(data).into(),
        _ => Value::Null,
    };
    json!({"name": code.name().to_ascii_uppercase(), "value": value})
}

fn list(entry: &ListEntry) -> Value {
    let mut object = detail(json!({
        "mailbox": mailbox(&entry.name),
        "delimiter": entry.delimiter.map(String::from),
        "attributes": words(entry.attributes.iter()),
    }));
    for extended in &entry.extended {
        match extended {
            ListExtended::ChildInfo(options) => put(&mut object, "child_info", texts(options)),
            ListExtended::OldName(name) => put(&mut object, "old_name", mailbox(name)),
            ListExtended::Unknown(item) => put(&mut object, "unknown", tagged(std::slice::from_ref(item))),
            _ => {}
        }
    }
    object.into()
}

fn mailbox_status(status: &MailboxStatus) -> Value {
    let mut object = detail(json!({"mailbox": mailbox(&status.mailbox)}));
    for (key, number) in [
        ("messages", status.messages.map(u64::from)),
        ("recent", status.recent.map(u64::from)),
        ("uid_next", status.uid_next.map(|uid| uid.get().into())),
        ("uid_validity", status.uid_validity.map(|validity| validity.get().into())),
        ("unseen", status.unseen.map(u64::from)),
        ("deleted", status.deleted.map(u64::from)),
        ("size", status.size),
        ("highest_modseq", status.highest_modseq),
        ("deleted_storage", status.deleted_storage),
    ] {
        if let Some(number) = number {
            put(&mut object, key, number.into());
        }
    }
    match status.append_limit {
        Some(AppendLimit::None) => put(&mut object, "append_limit", Value::Null),
        Some(AppendLimit::Octets(octets)) => put(&mut object, "append_limit", octets.into()),
        None => {}
    }
    if let Some(id) = &status.mailbox_id {
        put(&mut object, "mailbox_id", text(id));
    }
    if !status.unknown.is_empty() {
        put(&mut object, "unknown", tagged(&status.unknown));
    }
    object.into()
}

fn numbers(found: &SearchNumbers) -> Value {
    json!({"numbers": found.numbers, "modseq": found.modseq.map(|modseq| modseq.get())})
}

/// Each thread as messages with their depth.
fn threads(threads: &Threads) -> Value {
    let nodes = |thread: &[postwire::imap::search::ThreadNode]| -> Value {
        let nodes = thread.iter();
        nodes
            .map(|node| json!({"number": node.number.map(|number| number.get()), "depth": node.depth}))
            .collect()
    };
    threads.iter().map(nodes).collect()
}

fn esearch(found: &Esearch) -> Value {
    let mut object = detail(json!({"correlator": maybe(found.tag.as_ref()), "uid": found.uid}));
    for (key, number) in [
        ("uid_validity", found.uid_validity.map(|validity| validity.get().into())),
        ("min", found.min.map(u64::from)),
        ("max", found.max.map(u64::from)),
        ("count", found.count.map(u64::from)),
        ("modseq", found.modseq.map(|modseq| modseq.get())),
    ] {
        if let Some(number) = number {
            put(&mut object, key, number.into());
        }
    }
    if let Some(name) = &found.mailbox {
        put(&mut object, "mailbox", mailbox(name));
    }
    if let Some(all) = &found.all {
        put(&mut object, "all", set(all));
    }
    if let Some(partial) = &found.partial {
        let messages = partial.messages.as_ref().map(set);
        put(&mut object, "partial", json!({"range": partial.range.to_string(), "messages": messages}));
    }
    if !found.relevancy.is_empty() {
        put(&mut object, "relevancy", json!(found.relevancy));
    }
    if !found.updates.is_empty() {
        let updates = found.updates.iter().map(|update| match update {
            ContextUpdate::Added { position, messages } => {
                json!({"added": set(messages), "position": position})
            }
            ContextUpdate::Removed { position, messages } => {
                json!({"removed": set(messages), "position": position})
            }
        });
        put(&mut object, "updates", updates.collect());
    }
    if !found.unknown.is_empty() {
        put(&mut object, "unknown", tagged(&found.unknown));
    }
    object.into()
}

fn namespaces(all: &[Namespace]) -> Value {
    let all = all
        .iter()
        .map(|one| json!({"prefix": mailbox(&one.prefix), "delimiter": one.delimiter.map(String::from)}));
    all.collect()
}

pub(super) fn identification(id: Option<&Identification>) -> Value {
    let Some(id) = id else { return Value::Null };
    let pairs = id.iter().map(|(field, value)| (exact(field.as_bytes()), maybe(value)));
    Value::Object(pairs.collect())
}

fn metadata(metadata: &Metadata) -> Value {
    let mut object = detail(json!({"mailbox": mailbox(&metadata.mailbox)}));
    match &metadata.content {
        MetadataContent::Values(values) => {
            let values = values
                .iter()
                .map(|one| (one.name.to_string(), json!(one.value.as_ref().map(|value| exact(value)))));
            put(&mut object, "values", Value::Object(values.collect()));
        }
        MetadataContent::Changed(names) => put(&mut object, "changed", words(names.iter())),
    }
    object.into()
}

fn url_data(one: &UrlData) -> Value {
    let octets = match &one.content {
        None => Value::Null,
        Some(UrlContent::Text(data)) => data.len().into(),
        Some(UrlContent::Items(items)) => {
            let items = items.iter().map(|item| match item {
                UrlItem::Body(data) | UrlItem::Binary(data) => json!(data.as_ref().map(bytes::Bytes::len)),
                _ => Value::Null,
            });
            items.collect()
        }
    };
    json!({"url": url(one.url.as_bytes()), "octets": octets})
}
