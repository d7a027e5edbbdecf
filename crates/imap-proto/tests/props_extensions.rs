//! What is written of an extension is read again as the same, and no octets make anything panic.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

use std::num::NonZeroU64;

use bytes::Bytes;
use imap_proto::command::{FetchAttribute, Partial};
use imap_proto::extensions::acl::{
    Acl, AclEntry, DeleteAcl, ListRights, ListRightsCommand, MyRights, Rights, RightsChange, SetAcl,
};
use imap_proto::extensions::id::Identification;
use imap_proto::extensions::metadata::{
    Depth, Entries, EntryName, EntryValue, GetMetadata, Metadata, MetadataContent, SetMetadata,
};
use imap_proto::extensions::notify::{Event, EventGroup, MailboxFilter, Notify};
use imap_proto::extensions::quota::{Quota, QuotaRoots, Resource, ResourceLimit, ResourceUsage, SetQuota};
use imap_proto::extensions::url::{
    ImapUrl, UrlAccess, UrlAuth, UrlAuthorization, UrlMailbox, UrlMessage, UrlServer, UrlTarget, UrlToken,
};
use imap_proto::extensions::urlauth::{
    RawValue, ResetKey, UrlContent, UrlData, UrlItem, UrlMechanism, UrlRump,
};
use imap_proto::{
    Atom, Command, DateTime, Dialect, Encoder, Literals, MailboxName, Response, Section, Tag, Text, Uid,
    UidValidity, Untagged,
};
use proptest::prelude::*;

fn text() -> impl Strategy<Value = Text> {
    prop_oneof!["[ -~]{0,12}", "[a-z]{1,8}", "\\PC{0,8}", "NIL", "[a-z\r\n\"\\\\{}]{0,9}"]
        .prop_map(|text| Text::try_from(text.replace('\0', "")).unwrap())
}

fn mailbox() -> impl Strategy<Value = MailboxName> {
    prop_oneof!["[ -~]{1,12}", "\\PC{1,8}", "INBOX", "NIL", "[A-Za-z]{1,5}(/[a-z.&]{1,3}){0,2}"]
        .prop_filter_map("no name", |name| MailboxName::new(&name).ok())
}

fn mailbox_or_server() -> impl Strategy<Value = MailboxName> {
    prop_oneof![4 => mailbox(), 1 => Just(MailboxName::empty())]
}

fn rights() -> impl Strategy<Value = Rights> {
    "[a-z0-9]{0,12}".prop_map(|letters| Rights::try_from(letters.as_str()).unwrap())
}

fn number() -> impl Strategy<Value = u64> {
    prop_oneof![0..10_u64, 0..=i64::MAX as u64]
}

fn resource() -> impl Strategy<Value = Resource> {
    prop_oneof![
        Just(Resource::STORAGE),
        Just(Resource::MESSAGE),
        "[A-Z-]{1,8}".prop_map(|name| Resource::try_from(name.as_str()).unwrap()),
    ]
}

fn octets() -> impl Strategy<Value = Option<Bytes>> {
    prop_oneof![
        Just(None),
        text().prop_map(|text| Some(text.into_bytes())),
        prop::collection::vec(any::<u8>(), 0..20).prop_map(|octets| Some(octets.into())),
        (990..1010_usize).prop_map(|length| Some(vec![b'x'; length].into())),
    ]
}

fn entry() -> impl Strategy<Value = EntryName> {
    "(/[a-zA-Z0-9 ()\"{.-]{1,6}){1,4}".prop_map(|name| EntryName::try_from(name.as_str()).unwrap())
}

fn entry_value() -> impl Strategy<Value = EntryValue> {
    (entry(), octets()).prop_map(|(name, value)| EntryValue { name, value })
}

fn entries() -> impl Strategy<Value = Entries> {
    prop::collection::vec(entry(), 1..4).prop_map(|names| Entries::new(names).unwrap())
}

fn identification() -> impl Strategy<Value = Option<Identification>> {
    let pair = ("[ -~]{0,12}", prop::option::of(prop_oneof!["[ -~]{0,30}", "\\PC{0,10}", "x{1000,1024}"]));
    prop::collection::vec(pair, 0..5).prop_map(|pairs| {
        let mut id = Identification::new();
        for (field, value) in pairs {
            id = id.clone().with(&field, value.as_deref()).unwrap_or(id);
        }
        (!id.is_empty()).then_some(id)
    })
}

fn events() -> impl Strategy<Value = Vec<Event>> {
    let one = prop_oneof![
        Just(Event::MessageNew(Vec::new())),
        Just(Event::MessageNew(vec![
            FetchAttribute::Uid,
            FetchAttribute::Body {
                section: Section::parse(b"HEADER.FIELDS (To)").unwrap(),
                partial: Partial::new(0, 9),
                peek: true,
            },
        ])),
        Just(Event::MessageExpunge),
        Just(Event::FlagChange),
        Just(Event::AnnotationChange),
        Just(Event::MailboxName),
        Just(Event::SubscriptionChange),
        Just(Event::MailboxMetadataChange),
        Just(Event::ServerMetadataChange),
        "[a-zA-Z-]{1,8}".prop_map(|name| Event::Other(Atom::try_from(name.as_str()).unwrap())),
    ];
    (prop::collection::vec(one, 0..5), any::<bool>()).prop_map(|(mut events, both)| {
        if both {
            events.extend([Event::MessageNew(Vec::new()), Event::MessageExpunge]);
        }
        events
    })
}

fn group() -> impl Strategy<Value = EventGroup> {
    let names = || prop::collection::vec(mailbox(), 1..3);
    let filter = prop_oneof![
        Just(MailboxFilter::Selected),
        Just(MailboxFilter::SelectedDelayed),
        Just(MailboxFilter::Inboxes),
        Just(MailboxFilter::Personal),
        Just(MailboxFilter::Subscribed),
        names().prop_map(MailboxFilter::Subtree),
        names().prop_map(MailboxFilter::SubtreeOne),
        names().prop_map(MailboxFilter::Mailboxes),
    ];
    (filter, events())
        .prop_filter_map("against the rules", |(filter, events)| EventGroup::new(filter, events).ok())
}

fn notify() -> impl Strategy<Value = Notify> {
    let set = (any::<bool>(), prop::collection::vec(group(), 1..4))
        .prop_filter_map("selected twice", |(status, groups)| Notify::set(status, groups).ok());
    prop_oneof![1 => Just(Notify::None), 5 => set]
}

fn mechanism() -> impl Strategy<Value = UrlMechanism> {
    "[A-Za-z0-9.-]{1,9}".prop_map(|name| UrlMechanism::try_from(name.as_str()).unwrap())
}

fn command() -> impl Strategy<Value = Command> {
    let change = (0..3, rights()).prop_map(|(kind, rights)| match kind {
        0 => RightsChange::Add(rights),
        1 => RightsChange::Remove(rights),
        _ => RightsChange::Replace(rights),
    });
    let limit = (resource(), number()).prop_map(|(resource, limit)| ResourceLimit { resource, limit });
    let depth = prop_oneof![Just(Depth::Zero), Just(Depth::One), Just(Depth::Infinity)];
    let get = (mailbox_or_server(), prop::option::of(any::<u32>()), prop::option::of(depth), entries());
    let reset = (mailbox(), prop::collection::vec(mechanism(), 0..3));
    let rump = (text(), mechanism()).prop_map(|(url, mechanism)| UrlRump { url, mechanism });
    prop_oneof![
        (mailbox(), text(), change).prop_map(|(mailbox, identifier, change)| Command::SetAcl(SetAcl {
            mailbox,
            identifier,
            change
        })),
        (mailbox(), text())
            .prop_map(|(mailbox, identifier)| Command::DeleteAcl(DeleteAcl { mailbox, identifier })),
        (mailbox(), text())
            .prop_map(|(mailbox, identifier)| Command::ListRights(ListRightsCommand { mailbox, identifier })),
        (text(), prop::collection::vec(limit, 0..4))
            .prop_map(|(root, limits)| Command::SetQuota(SetQuota { root, limits })),
        get.prop_map(|(mailbox, max_size, depth, entries)| {
            let mut get = GetMetadata::new(mailbox, entries);
            get.max_size = max_size;
            get.depth = depth;
            Command::GetMetadata(get)
        }),
        (mailbox_or_server(), prop::collection::vec(entry_value(), 1..4))
            .prop_map(|(mailbox, values)| Command::SetMetadata(SetMetadata::new(mailbox, values).unwrap())),
        identification().prop_map(Command::Id),
        notify().prop_map(Command::Notify),
        Just(Command::ResetKey(ResetKey::All)),
        reset.prop_map(|(mailbox, mechanisms)| Command::ResetKey(ResetKey::Mailbox { mailbox, mechanisms })),
        prop::collection::vec(rump, 1..3).prop_map(Command::GenUrlAuth),
    ]
}

fn url_data() -> impl Strategy<Value = UrlData> {
    let value = prop_oneof![
        Just("(\"IMAGE\" \"PNG\" () NIL NIL \"BINARY\" 123)"),
        Just("{3}\r\n)))"),
        Just("x"),
        Just("\"a \\\" b\""),
    ];
    let item = prop_oneof![
        octets().prop_map(UrlItem::Body),
        octets().prop_map(UrlItem::Binary),
        value.prop_map(|value| UrlItem::Other {
            name: Atom::from_static("BODYPARTSTRUCTURE"),
            value: RawValue::parse(value).unwrap(),
        }),
    ];
    let content = prop_oneof![
        octets().prop_map(|octets| octets.map(UrlContent::Text)),
        prop::collection::vec(item, 1..4).prop_map(|items| Some(UrlContent::Items(items))),
    ];
    (text(), content).prop_map(|(url, content)| UrlData { url, content })
}

fn response() -> impl Strategy<Value = Untagged> {
    let acl = (text(), rights()).prop_map(|(identifier, rights)| AclEntry { identifier, rights });
    let usage = (resource(), number(), number()).prop_map(|(resource, usage, limit)| ResourceUsage {
        resource,
        usage,
        limit,
    });
    let content = prop_oneof![
        prop::collection::vec(entry_value(), 0..4).prop_map(MetadataContent::Values),
        entries().prop_map(MetadataContent::Changed),
    ];
    prop_oneof![
        (mailbox(), prop::collection::vec(acl, 0..4))
            .prop_map(|(mailbox, entries)| Untagged::Acl(Acl { mailbox, entries })),
        (mailbox(), text(), rights(), prop::collection::vec(rights(), 0..4)).prop_map(
            |(mailbox, identifier, required, optional)| {
                Untagged::ListRights(ListRights { mailbox, identifier, required, optional })
            }
        ),
        (mailbox(), rights()).prop_map(|(mailbox, rights)| Untagged::MyRights(MyRights { mailbox, rights })),
        (text(), prop::collection::vec(usage, 0..4))
            .prop_map(|(root, resources)| Untagged::Quota(Quota { root, resources })),
        (mailbox(), prop::collection::vec(text(), 0..4))
            .prop_map(|(mailbox, roots)| Untagged::QuotaRoots(QuotaRoots { mailbox, roots })),
        (mailbox_or_server(), content)
            .prop_map(|(mailbox, content)| Untagged::Metadata(Metadata { mailbox, content })),
        identification().prop_map(Untagged::Id),
        prop::collection::vec(url_data(), 1..3).prop_map(Untagged::UrlFetch),
    ]
}

fn url() -> impl Strategy<Value = ImapUrl> {
    let user = || "\\PC{1,8}".prop_filter_map("controls", |user| Text::try_from(user).ok());
    let auth = prop_oneof![
        Just(UrlAuth::Any),
        "[A-Z0-9+&-]{1,9}".prop_map(|name| UrlAuth::Mechanism(Atom::try_from(name.as_str()).unwrap())),
    ];
    let host = prop_oneof!["[a-z0-9.-]{1,9}", Just("[2001:db8::1]".to_owned())];
    let server = (
        host,
        prop::option::of(user()),
        prop::option::of(auth),
        prop::option::of(any::<u16>()),
        any::<bool>(),
    )
        .prop_map(|(host, user, auth, port, network)| {
            let mut server = UrlServer::new(&host).unwrap();
            if let Some(user) = user {
                server = server.with_user(user.as_str().unwrap()).unwrap();
            }
            server = if let Some(auth) = auth { server.with_auth(auth) } else { server };
            server = if let Some(port) = port { server.with_port(port) } else { server };
            if network { server.as_network_path() } else { server }
        });
    let section =
        prop_oneof![Just("1.2"), Just("HEADER"), Just("HEADER.FIELDS (\"a/../b\" To)"), Just("1.MIME")];
    let access = prop_oneof![
        Just(UrlAccess::AuthUser),
        Just(UrlAccess::Anonymous),
        user().prop_map(UrlAccess::Submit),
        user().prop_map(UrlAccess::User),
    ];
    let token = (mechanism(), "[0-9a-fA-F]{32,40}")
        .prop_map(|(mechanism, token)| UrlToken::new(mechanism, &token).unwrap());
    let expires =
        (0..4_000_000_000_i64, -1000..1000_i16).prop_map(|(at, zone)| DateTime::from_unix(at, zone).unwrap());
    let authorization = (prop::option::of(expires), access, prop::option::of(token))
        .prop_map(|(expires, access, token)| UrlAuthorization { expires, access, token });
    let partial =
        (any::<u64>(), prop::option::of((1..=u64::MAX).prop_map(|length| NonZeroU64::new(length).unwrap())));
    let message = (
        1..=u32::MAX,
        prop::option::of(section.prop_map(|section| Section::parse(section.as_bytes()).unwrap())),
        prop::option::of(partial),
        prop::option::of(authorization),
    )
        .prop_map(|(uid, section, partial, authorization)| {
            UrlTarget::Message(UrlMessage { uid: Uid::new(uid).unwrap(), section, partial, authorization })
        });
    let search =
        text().prop_filter_map("empty", |search| (!search.is_empty()).then_some(UrlTarget::Search(search)));
    let target = prop_oneof![Just(UrlTarget::All), search, message];
    let name = prop_oneof![mailbox(), "[/.;%?a-c]{1,8}".prop_map(|name| MailboxName::new(&name).unwrap()),];
    let mailbox = (name, prop::option::of(1..=u32::MAX), target).prop_map(|(name, validity, target)| {
        let mut mailbox = UrlMailbox::new(name).unwrap();
        mailbox.uid_validity = validity.and_then(UidValidity::new);
        mailbox.target = target;
        mailbox
    });
    (prop::option::of(server), prop::option::of(mailbox))
        .prop_map(|(server, mailbox)| ImapUrl { server, mailbox })
}

fn dialect() -> impl Strategy<Value = Dialect> {
    prop_oneof![Just(Dialect::REV1), Just(Dialect::UTF8)]
}

/// What looks a little like the protocol.
fn line() -> impl Strategy<Value = Vec<u8>> {
    let word = prop_oneof![
        "(SETACL|DELETEACL|LISTRIGHTS|ACL|MYRIGHTS|SETQUOTA|QUOTA|QUOTAROOT|GETMETADATA|SETMETADATA|METADATA|NOTIFY|ID|GENURLAUTH|RESETKEY|URLFETCH)",
        "(SET|STATUS|NONE|NIL|selected|subtree|MessageNew|MessageExpunge|MAXSIZE|DEPTH|BODY|BINARY|STORAGE|INBOX|lrs|/a/b)",
        "[()\"{}~\\[\\]\\\\, +*%]{1,3}",
        "\\{[0-9]{1,2}\\+?\\}\r\n",
        "\"[a-z\\\\\"]{0,4}\"",
        "[0-9]{1,20}",
    ];
    let piece = prop_oneof![
        8 => word.prop_map(String::into_bytes),
        1 => prop::collection::vec(any::<u8>(), 1..5),
    ];
    (prop::collection::vec(piece, 1..14), any::<bool>())
        .prop_map(|(pieces, spaced)| pieces.join(if spaced { &b" "[..] } else { b"" }))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn commands_there_and_back(command in command(), dialect in dialect()) {
        let tag = Tag::try_from("A1").unwrap();
        for literals in [Literals::Plus, Literals::Synchronizing] {
            let mut encoder = Encoder::new(literals, dialect);
            command.encode(&tag, &mut encoder);
            let frame = Bytes::copy_from_slice(encoder.text().strip_suffix(b"\r\n").unwrap());
            let read = Command::parse(&frame, dialect);
            prop_assert_eq!(read, Ok((tag.clone(), command.clone())), "{:?}", frame);
        }
    }

    #[test]
    fn responses_there_and_back(untagged in response(), dialect in dialect()) {
        let response = Response::Untagged(untagged);
        let mut encoder = Encoder::new(Literals::Server, dialect);
        response.encode(&mut encoder);
        let frame = Bytes::copy_from_slice(encoder.text().strip_suffix(b"\r\n").unwrap());
        prop_assert_eq!(Response::parse(&frame, dialect), response, "{:?}", frame);
    }

    #[test]
    fn urls_there_and_back(url in url()) {
        let text = url.to_string();
        prop_assert!(text.is_ascii() && !text.contains(['\r', '\n', ' ']), "{}", text);
        prop_assert_eq!(ImapUrl::parse(&text), Ok(url), "{}", text);
    }

    #[test]
    fn any_url(text in prop_oneof!["(imap:)?//?[a-z;:@/?%.=*0-9]{0,20}", "/[a-z](/;(UID|SECTION|PARTIAL)=[0-9.]{0,3}|;(UIDVALIDITY|EXPIRE|URLAUTH)=[a-z0-9:+]{0,6}|%[0-9A-F]{2}|[./]{1,3}){0,6}", "\\PC{0,20}"]) {
        let _ = ImapUrl::split_token(&text);
        if let Ok(url) = ImapUrl::parse(&text) {
            prop_assert_eq!(ImapUrl::parse(&url.to_string()), Ok(url), "{}", text);
        }
    }

    #[test]
    fn any_octets(line in line(), dialect in dialect()) {
        for prefix in [&b"A1 "[..], b"* ", b""] {
            let frame = Bytes::from([prefix, &line].concat());
            let response = Response::parse(&frame, dialect);
            // What was understood is written so that it is understood again.
            if let Response::Untagged(
                Untagged::Acl(_) | Untagged::ListRights(_) | Untagged::MyRights(_) | Untagged::Quota(_)
                | Untagged::QuotaRoots(_) | Untagged::Metadata(_) | Untagged::Id(_) | Untagged::UrlFetch(_),
            ) = &response {
                let mut encoder = Encoder::new(Literals::Server, dialect);
                response.encode(&mut encoder);
                let written = Bytes::copy_from_slice(encoder.text().strip_suffix(b"\r\n").unwrap());
                let again = Response::parse(&written, dialect);
                let mut second = Encoder::new(Literals::Server, dialect);
                again.encode(&mut second);
                prop_assert_eq!(second.text(), encoder.text(), "{:?}", frame);
            }
            if let Ok((tag, command)) = Command::parse(&frame, dialect)
                && !matches!(command, Command::Unknown(_))
            {
                let mut encoder = Encoder::new(Literals::Plus, dialect);
                command.encode(&tag, &mut encoder);
                let written = Bytes::copy_from_slice(encoder.text().strip_suffix(b"\r\n").unwrap());
                prop_assert_eq!(Command::parse(&written, dialect), Ok((tag, command)), "{:?}", frame);
            }
        }
    }
}
