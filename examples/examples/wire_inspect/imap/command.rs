//! What commands say, credentials left out.

use bytes::Bytes;
use postwire::imap::command::{
    AppendData, AppendMessage, Authenticate, CatPart, FetchAttribute, FetchCommand, MessageData, Select,
    Store, StoreAction, StoreItem,
};
use postwire::imap::list::ListCommand;
use postwire::imap::search::{SearchReturn, SortKey};
use postwire::imap::{Command, Dialect, Encoder, Literals, Tag};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use super::fetch::hex;
use super::json::{exact, mailbox, maybe, put, set, status_items, text, texts, url, words};
use super::response::identification;
use crate::input::detail;

/// Octets of a canonical form that are shown.
const CANONICAL_MOST: usize = 4096;

pub(super) fn command(tag: &Tag, command: &Command, dialect: Dialect) -> Map<String, Value> {
    let rights =
        |mailbox_name, identifier| json!({"mailbox": mailbox(mailbox_name), "identifier": text(identifier)});
    let mut object = detail(match command {
        Command::Authenticate(Authenticate { mechanism, initial }) => json!({
            "mechanism": mechanism.as_str().to_ascii_uppercase(),
            "initial_response": initial.as_ref().map(|_| "redacted"),
        }),
        Command::Login(login) => json!({"user": text(login.user()), "password": "redacted"}),
        Command::Enable(capabilities) => json!({"capabilities": words(capabilities.iter())}),
        Command::Select(select) | Command::Examine(select) => self::select(select),
        Command::Create(create) => {
            json!({"mailbox": mailbox(&create.mailbox), "special_use": words(&create.special_use)})
        }
        Command::Delete(name)
        | Command::Subscribe(name)
        | Command::Unsubscribe(name)
        | Command::GetAcl(name)
        | Command::MyRights(name)
        | Command::GetQuotaRoot(name) => json!({"mailbox": mailbox(name)}),
        Command::Rename { from, to } => json!({"from": mailbox(from), "to": mailbox(to)}),
        Command::List(list) => self::list(list),
        Command::Lsub { reference, pattern } | Command::Xlist { reference, pattern } => {
            json!({"reference": mailbox(reference), "patterns": words([pattern])})
        }
        Command::Status { mailbox: name, items } => {
            json!({"mailbox": mailbox(name), "items": status_items(items)})
        }
        Command::Append(append) => {
            let messages = append.messages.iter().map(message);
            json!({"mailbox": mailbox(&append.mailbox), "messages": messages.collect::<Value>()})
        }
        Command::Replace(replace) => json!({
            "messages": [message(replace.with())],
            "mailbox": mailbox(replace.mailbox()),
            "replaces": set(replace.message()),
        }),
        Command::UidExpunge(uids) => json!({"set": uids.to_string()}),
        Command::Search(search) => json!({
            "key": exact(search.key().to_string().as_bytes()),
            "charset": maybe(search.charset.as_ref()),
            "returns": returns(search.returns.as_deref()),
        }),
        Command::Sort(sort) => json!({
            "by": words(sort.keys().iter().map(sort_key)),
            "key": exact(sort.key().to_string().as_bytes()),
            "charset": text(&sort.charset),
            "returns": returns(sort.returns.as_deref()),
        }),
        Command::Thread(thread) => json!({
            "algorithm": thread.algorithm.as_str(),
            "key": exact(thread.key().to_string().as_bytes()),
            "charset": text(&thread.charset),
        }),
        Command::Esearch(search) => json!({
            "key": exact(search.key().to_string().as_bytes()),
            "charset": maybe(search.charset.as_ref()),
            "returns": returns(search.returns.as_deref()),
        }),
        Command::CancelUpdate(tags) => json!({"tags": words(tags)}),
        Command::UidBatches(batches) => json!({
            "size": batches.size.get(),
            "batches": batches.batches.map(|(first, last)| [first.get(), last.get()]),
        }),
        Command::Fetch(fetch) => self::fetch(fetch),
        Command::Store(store) => self::store(store),
        Command::Copy { messages, mailbox: name } | Command::Move { messages, mailbox: name } => {
            json!({"set": set(messages), "mailbox": mailbox(name)})
        }
        Command::Id(id) => json!({"id": identification(id.as_ref())}),
        Command::SetAcl(acl) => rights(&acl.mailbox, &acl.identifier),
        Command::DeleteAcl(acl) => rights(&acl.mailbox, &acl.identifier),
        Command::ListRights(list) => rights(&list.mailbox, &list.identifier),
        Command::GetQuota(root) => json!({"root": text(root)}),
        Command::SetQuota(quota) => {
            let limits = quota.limits.iter().map(|one| (one.resource.to_string(), one.limit.into()));
            json!({"root": text(&quota.root), "limits": limits.collect::<Map<_, _>>()})
        }
        Command::GetMetadata(get) => {
            json!({"mailbox": mailbox(&get.mailbox), "entries": words(get.entries.iter())})
        }
        Command::SetMetadata(set) => {
            json!({"mailbox": mailbox(set.mailbox()), "entries": words(set.values().iter().map(|one| &one.name))})
        }
        Command::GenUrlAuth(urls) => {
            json!({"urls": urls.iter().map(|one| url(one.url.as_bytes())).collect::<Vec<_>>()})
        }
        Command::UrlFetch(urls) => {
            json!({"urls": urls.iter().map(|one| url(one.as_bytes())).collect::<Vec<_>>()})
        }
        // Who knows what is in it.
        Command::Unknown(unknown) => json!({"octets": unknown.arguments().len()}),
        _ => json!({}),
    });
    if shows_whole(command) {
        put(&mut object, "canonical", canonical(tag, command, dialect).into());
    }
    object
}

/// Whether all of it can be shown: messages are too long, and what entitles or is not known is nobody's business.
fn shows_whole(command: &Command) -> bool {
    !matches!(
        command,
        Command::Append(_)
            | Command::Replace(_)
            | Command::SetMetadata(_)
            | Command::UrlFetch(_)
            | Command::GenUrlAuth(_)
            | Command::Unknown(_)
    )
}

/// The command as we would write it, in one line.
fn canonical(tag: &Tag, command: &Command, dialect: Dialect) -> String {
    let mut encoder = Encoder::new(Literals::Plus, dialect);
    command.encode(tag, &mut encoder);
    let mut octets = Vec::new();
    for piece in encoder.into_pieces() {
        octets.extend_from_slice(if piece.secret { b"redacted" } else { &piece.octets });
    }
    let whole = octets.strip_suffix(b"\r\n").unwrap_or(&octets);
    exact(whole.get(..CANONICAL_MOST).unwrap_or(whole))
}

fn select(select: &Select) -> Value {
    let mut object = detail(json!({"mailbox": mailbox(&select.mailbox), "condstore": select.condstore}));
    if let Some(known) = &select.qresync {
        let known = json!({
            "uid_validity": known.uid_validity.get(),
            "modseq": known.mod_seq.get(),
            "known_uids": known.known_uids.as_ref().map(ToString::to_string),
        });
        put(&mut object, "qresync", known);
    }
    object.into()
}

fn list(list: &ListCommand) -> Value {
    json!({
        "reference": mailbox(&list.reference),
        "patterns": words(list.patterns()),
        "extended": list.is_extended(),
    })
}

fn returns(returns: Option<&[SearchReturn]>) -> Value {
    let name = |one: &SearchReturn| match one {
        SearchReturn::Partial(range) => format!("PARTIAL {range}"),
        SearchReturn::Unknown(item) => item.name.to_string(),
        one => format!("{one:?}").to_ascii_uppercase(),
    };
    json!(returns.map(|all| words(all.iter().map(name))))
}

fn sort_key(key: &SortKey) -> String {
    format!("{}{}", if key.reverse { "REVERSE " } else { "" }, key.by.as_str())
}

fn fetch(fetch: &FetchCommand) -> Value {
    let mut object = detail(json!({
        "set": set(&fetch.messages),
        "attributes": words(fetch.attributes.iter().map(attribute)),
        "changed_since": fetch.changed_since.map(|modseq| modseq.get()),
    }));
    if fetch.vanished {
        put(&mut object, "vanished", true.into());
    }
    if let Some(range) = fetch.partial {
        put(&mut object, "partial", range.to_string().into());
    }
    object.into()
}

fn attribute(attribute: &FetchAttribute) -> String {
    let peek = |peek: &bool| if *peek { ".PEEK" } else { "" };
    let octets = |partial: &Option<postwire::imap::command::Partial>| {
        partial.map(|partial| format!("<{}.{}>", partial.offset(), partial.octets())).unwrap_or_default()
    };
    match attribute {
        FetchAttribute::Envelope => "ENVELOPE".to_owned(),
        FetchAttribute::Flags => "FLAGS".to_owned(),
        FetchAttribute::InternalDate => "INTERNALDATE".to_owned(),
        FetchAttribute::SaveDate => "SAVEDATE".to_owned(),
        FetchAttribute::Size => "RFC822.SIZE".to_owned(),
        FetchAttribute::Uid => "UID".to_owned(),
        FetchAttribute::BodyBrief => "BODY".to_owned(),
        FetchAttribute::BodyStructure => "BODYSTRUCTURE".to_owned(),
        FetchAttribute::Body { section, partial, peek: quiet } => {
            format!("BODY{}[{section}]{}", peek(quiet), octets(partial))
        }
        FetchAttribute::Binary { part, partial, peek: quiet } => {
            format!("BINARY{}[{part}]{}", peek(quiet), octets(partial))
        }
        FetchAttribute::BinarySize(part) => format!("BINARY.SIZE[{part}]"),
        FetchAttribute::Rfc822 => "RFC822".to_owned(),
        FetchAttribute::Rfc822Header => "RFC822.HEADER".to_owned(),
        FetchAttribute::Rfc822Text => "RFC822.TEXT".to_owned(),
        FetchAttribute::ModSeq => "MODSEQ".to_owned(),
        FetchAttribute::EmailId => "EMAILID".to_owned(),
        FetchAttribute::ThreadId => "THREADID".to_owned(),
        FetchAttribute::Preview(_) => "PREVIEW".to_owned(),
        FetchAttribute::GmailMessageId => "X-GM-MSGID".to_owned(),
        FetchAttribute::GmailThreadId => "X-GM-THRID".to_owned(),
        FetchAttribute::GmailLabels => "X-GM-LABELS".to_owned(),
        FetchAttribute::Other(name) => name.to_string(),
        other => format!("{other:?}"),
    }
}

fn store(store: &Store) -> Value {
    let action = match store.action {
        StoreAction::Set => "set",
        StoreAction::Add => "add",
        StoreAction::Remove => "remove",
    };
    let mut object = detail(json!({
        "set": set(&store.messages),
        "action": action,
        "silent": store.silent,
        "unchanged_since": store.unchanged_since,
    }));
    match &store.item {
        StoreItem::Flags(flags) => put(&mut object, "flags", words(flags.iter())),
        StoreItem::GmailLabels(labels) => put(&mut object, "gmail_labels", texts(labels)),
        StoreItem::Other(item) => put(&mut object, "item", item.name().as_str().into()),
        _ => {}
    }
    object.into()
}

fn message(message: &AppendMessage) -> Value {
    let mut object = detail(json!({
        "flags": words(message.flags.iter()),
        "date": message.date.map(|date| date.to_string()),
    }));
    let parts = match &message.data {
        AppendData::Message(data) => vec![literal(data, false)],
        AppendData::Catenate(parts) => parts.iter().map(cat_part).collect(),
        _ => Vec::new(),
    };
    put(&mut object, "literals", parts.into());
    object.into()
}

fn cat_part(part: &CatPart) -> Value {
    match part {
        CatPart::Url(one) => json!({"url": url(one.as_bytes())}),
        CatPart::Text(data) => literal(data, false),
        CatPart::Utf8(data) => literal(data, true),
        _ => Value::Null,
    }
}

fn literal(data: &MessageData, utf8: bool) -> Value {
    let hash = data.data().map(|data: &Bytes| hex(&Sha256::digest(data)));
    json!({"octets": data.octets(), "sha256": hash, "literal8": data.is_literal8(), "utf8": utf8})
}
