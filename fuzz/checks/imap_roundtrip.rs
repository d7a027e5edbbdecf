//! Commands and responses that are built: written and read they are the same, whatever is in them.
use arbitrary::{Result, Unstructured};
use bytes::Bytes;
use imap_proto::command::{
    Append, AppendData, AppendMessage, CatPart, Create, FetchAttribute, FetchCommand, Login, MessageData,
    Partial, QResync, Select, Store, StoreAction, StoreItem,
};
use imap_proto::extensions::acl::{Acl, AclEntry, MyRights, Rights};
use imap_proto::extensions::namespace::{Namespace, Namespaces};
use imap_proto::extensions::quota::{Quota, QuotaRoots, Resource, ResourceUsage};
use imap_proto::list::{
    ListCommand, ListEntry, ListPattern, ListReturn, MailboxAttribute, MailboxStatus, StatusItem,
};
use imap_proto::search::{
    Esearch, PartialRange, SearchCommand, SearchKey, SearchNumbers, SearchReturn, SearchTerm, ThreadNode,
    Threads, Vanished,
};
use imap_proto::{
    Address, AddressList, Addressee, AppendUid, BinaryItem, BinarySize, BodyItem, BodyPart, BodyStructure,
    Capabilities, Capability, Code, Command, CopyUid, Date, DateTime, Disposition, Envelope, EnvelopeFields,
    Fetch, FetchItem, Flag, Flags, MailboxName, MessageSet, ModSeq, Parameters, PartFields, PartKind,
    PartPath, Response, ResponseText, Section, SectionText, Seq, SeqSet, Status, Tag, Tagged, Text, Uid,
    UidSet, UidValidity, Untagged,
};
use wire_core::Secret;

#[allow(dead_code)]
#[path = "imap.rs"]
mod imap;

type U<'a> = Unstructured<'a>;

fn octets(u: &mut U<'_>) -> Result<Bytes> {
    let length = u.int_in_range(0..=20)?;
    Ok(match u.int_in_range(0..=9)? {
        0 => Bytes::from(vec![b'x'; 1000 + length]),
        1 => Bytes::from_static(b"NIL"),
        2 => Bytes::from_static(b"a\r\nA2 LOGOUT\r\n* BYE {3}\r\n"),
        _ => Bytes::copy_from_slice(u.bytes(length)?),
    })
}

/// Any octets but NUL.
fn text(u: &mut U<'_>) -> Result<Text> {
    let octets: Vec<u8> = octets(u)?.iter().map(|&octet| octet.max(1)).collect();
    Ok(Text::try_from(Bytes::from(octets)).unwrap())
}

fn maybe<T>(u: &mut U<'_>, make: impl FnOnce(&mut U<'_>) -> Result<T>) -> Result<Option<T>> {
    if u.arbitrary()? { make(u).map(Some) } else { Ok(None) }
}

fn some<T>(u: &mut U<'_>, most: usize, mut make: impl FnMut(&mut U<'_>) -> Result<T>) -> Result<Vec<T>> {
    let count = u.int_in_range(0..=most)?;
    (0..count).map(|_| make(u)).collect()
}

fn number(u: &mut U<'_>) -> Result<u32> {
    let number: u32 = u.arbitrary()?;
    Ok(if u.arbitrary()? { number.max(1) } else { number % 20 + 1 })
}

fn large(u: &mut U<'_>) -> Result<u64> {
    u.int_in_range(0..=i64::MAX.cast_unsigned())
}

fn mod_seq(u: &mut U<'_>) -> Result<ModSeq> {
    Ok(ModSeq::new(large(u)?.max(1)).unwrap())
}

fn uids(u: &mut U<'_>) -> Result<UidSet> {
    let mut ranges = some(u, 4, |u| Ok((number(u)?, number(u)?)))?;
    ranges.push((number(u)?, number(u)?));
    let uid = |number| Uid::new(number).unwrap();
    Ok(UidSet::from_ranges(ranges.into_iter().map(|(first, last)| (uid(first), uid(last)))).unwrap())
}

fn seqs(u: &mut U<'_>) -> Result<SeqSet> {
    Ok(SeqSet::parse(uids(u)?.to_string().as_bytes()).unwrap())
}

fn messages(u: &mut U<'_>) -> Result<MessageSet> {
    Ok(match u.int_in_range(0..=5)? {
        0 => SeqSet::all().into(),
        1 => UidSet::saved().into(),
        2 => UidSet::from_first(Uid::new(number(u)?).unwrap()).into(),
        3 => seqs(u)?.into(),
        _ => uids(u)?.into(),
    })
}

fn flag(u: &mut U<'_>) -> Result<Flag> {
    let known = [Flag::SEEN, Flag::DRAFT, Flag::FORWARDED, Flag::DELETED];
    let number: u16 = u.arbitrary()?;
    Ok(match u.int_in_range(0..=2)? {
        0 => u.choose(&known)?.clone(),
        1 => Flag::try_from(&format!("k{number}")[..]).unwrap(),
        _ => Flag::try_from(&format!("\\K{number}")[..]).unwrap(),
    })
}

fn flags(u: &mut U<'_>) -> Result<Flags> {
    Ok(some(u, 5, flag)?.into_iter().collect())
}

fn mailbox(u: &mut U<'_>) -> Result<MailboxName> {
    let name: String = some(u, 8, |u| u.arbitrary::<char>())?.into_iter().collect();
    Ok(MailboxName::new(&name).unwrap_or(MailboxName::INBOX))
}

fn date(u: &mut U<'_>) -> Result<Option<DateTime>> {
    Ok(DateTime::from_unix(u.arbitrary::<u32>()?.into(), u.int_in_range(-900..=900)?))
}

fn address(u: &mut U<'_>) -> Result<Address> {
    let (name, route, mailbox, host) = (maybe(u, text)?, maybe(u, text)?, text(u)?, text(u)?);
    // Angle brackets around an address are taken off when it is read.
    let mailbox = if mailbox.as_bytes().starts_with(b"<") { Text::new() } else { mailbox };
    Ok(Address { name, route, mailbox, host })
}

fn addresses(u: &mut U<'_>) -> Result<AddressList> {
    let entry = |u: &mut U<'_>| {
        if u.ratio(3, 4)? {
            return Ok(vec![Addressee::Mailbox(address(u)?)]);
        }
        let mut group = vec![Addressee::GroupStart(text(u)?)];
        group.extend(some(u, 2, address)?.into_iter().map(Addressee::Mailbox));
        group.push(Addressee::GroupEnd);
        Ok(group)
    };
    Ok(some(u, 3, entry)?.into_iter().flatten().collect())
}

fn envelope(u: &mut U<'_>) -> Result<Envelope> {
    let fields = EnvelopeFields {
        date: maybe(u, text)?,
        subject: maybe(u, text)?,
        from: addresses(u)?,
        sender: addresses(u)?,
        reply_to: addresses(u)?,
        to: addresses(u)?,
        cc: addresses(u)?,
        bcc: addresses(u)?,
        in_reply_to: maybe(u, text)?,
        message_id: maybe(u, text)?,
    };
    Ok(fields.into())
}

fn parameters(u: &mut U<'_>) -> Result<Parameters> {
    Ok(some(u, 3, |u| Ok((text(u)?, text(u)?)))?.into_iter().collect())
}

/// A part, with the fields that BODY has not got if `extensible`.
fn part(u: &mut U<'_>, depth: usize, extensible: bool) -> Result<BodyPart> {
    let named = |name: &str| Text::try_from(name).unwrap();
    let mut fields = PartFields::default();
    if extensible {
        fields.disposition = maybe(u, |u| Ok(Disposition { kind: text(u)?, parameters: parameters(u)? }))?;
        fields.languages = some(u, 3, |u| {
            let letter: u8 = u.int_in_range(b'a'..=b'z')?;
            Ok(named(&char::from(letter).to_string()))
        })?;
        fields.location = maybe(u, text)?;
    }
    let kind: u8 = u.int_in_range(0..=if depth > 4 { 1 } else { 3 })?;
    if kind == 2 {
        let mut parts = some(u, 3, |u| part(u, depth + 1, extensible))?;
        parts.push(part(u, depth + 1, extensible)?);
        (fields.media_type, fields.subtype) = (named("multipart"), text(u)?);
        if extensible {
            fields.parameters = parameters(u)?;
        }
        return Ok(BodyPart::new(fields, PartKind::Multipart { parts }));
    }
    if extensible {
        fields.md5 = maybe(u, text)?;
    }
    fields.parameters = parameters(u)?;
    (fields.id, fields.description) = (maybe(u, text)?, maybe(u, text)?);
    (fields.encoding, fields.octets) = (Some(text(u)?), Some(large(u)?));
    let (media_type, subtype, kind) = match kind {
        0 => ("IMAGE", text(u)?, PartKind::Basic),
        1 => ("text", text(u)?, PartKind::Text { lines: Some(large(u)?) }),
        _ => {
            let (envelope, body) = (Box::new(envelope(u)?), Box::new(part(u, depth + 1, extensible)?));
            ("message", named("RFC822"), PartKind::Message { envelope, body, lines: Some(large(u)?) })
        }
    };
    (fields.media_type, fields.subtype) = (named(media_type), subtype);
    Ok(BodyPart::new(fields, kind))
}

fn path(u: &mut U<'_>) -> Result<PartPath> {
    Ok(PartPath::new(some(u, 4, number)?).unwrap())
}

fn section(u: &mut U<'_>) -> Result<Section> {
    let part = path(u)?;
    let names = |u: &mut U<'_>| {
        let mut names = some(u, 2, text)?;
        names.push(text(u)?);
        Ok(names)
    };
    let text = match u.int_in_range(0..=5)? {
        0 => SectionText::Whole,
        1 => SectionText::Header,
        2 => SectionText::Text,
        3 if !part.is_root() => SectionText::Mime,
        4 => SectionText::HeaderFields(names(u)?),
        _ => SectionText::HeaderFieldsNot(names(u)?),
    };
    Ok(Section { part, text })
}

fn item(u: &mut U<'_>) -> Result<FetchItem> {
    Ok(match u.int_in_range(0..=16)? {
        0 => FetchItem::Flags(flags(u)?),
        1 => FetchItem::ModSeq(ModSeq::new(large(u)?)),
        2 => FetchItem::InternalDate(date(u)?),
        3 => FetchItem::Size(Some(large(u)?)),
        4 => FetchItem::Envelope(Box::new(envelope(u)?)),
        5 => FetchItem::BodyStructure(Box::new(BodyStructure::new(part(u, 0, true)?))),
        6 => FetchItem::Body(Box::new(BodyStructure::new(part(u, 0, false)?))),
        7 => {
            let (section, origin, data) = (section(u)?, maybe(u, large)?, maybe(u, octets)?);
            FetchItem::Section(Box::new(BodyItem { section, origin, data }))
        }
        8 => {
            let (part, origin, data) = (path(u)?, maybe(u, large)?, maybe(u, octets)?);
            FetchItem::Binary(Box::new(BinaryItem { part, origin, data }))
        }
        9 => FetchItem::BinarySize(Box::new(BinarySize { part: path(u)?, octets: u.arbitrary()? })),
        10 => FetchItem::Rfc822(maybe(u, octets)?),
        11 => FetchItem::Rfc822Header(maybe(u, octets)?),
        12 => FetchItem::Rfc822Text(maybe(u, octets)?),
        13 => FetchItem::SaveDate(date(u)?),
        14 => FetchItem::Preview(maybe(u, text)?),
        15 => FetchItem::GmailLabels(some(u, 3, text)?),
        _ => FetchItem::GmailThreadId(u.arbitrary()?),
    })
}

fn fetch(u: &mut U<'_>) -> Result<Fetch> {
    let (number, by_uid, mut items) = (number(u)?, u.arbitrary()?, some(u, 6, item)?);
    if u.arbitrary()? {
        let uid = if by_uid { number } else { self::number(u)? };
        items.push(FetchItem::Uid(Uid::new(uid).unwrap()));
    }
    Ok(Fetch { by_uid, ..Fetch::new(number, items) })
}

fn capabilities(u: &mut U<'_>) -> Result<Capabilities> {
    // Nobody has none.
    let mut all = Capabilities::new();
    all.insert(Capability::IMAP4REV1);
    for number in some(u, 4, |u| u.arbitrary::<u16>())? {
        let capability = match number % 4 {
            0 => Capability::IMAP4REV2,
            1 => Capability::LITERAL_MINUS,
            _ => Capability::try_from(&format!("X{number}=a")[..]).unwrap(),
        };
        all.insert(capability);
    }
    Ok(all)
}

fn code(u: &mut U<'_>) -> Result<Option<Code>> {
    let validity = UidValidity::new(number(u)?).unwrap();
    let uids = uids(u)?;
    Ok(match u.int_in_range(0..=10)? {
        0 => None,
        1 => Some(Code::PermanentFlags(flags(u)?)),
        2 => Some(Code::UidNext(Uid::new(number(u)?))),
        3 => CopyUid::new(Some(validity), uids.clone(), uids).map(|copied| Code::CopyUid(Some(copied))),
        4 => Some(Code::AppendUid(Some(AppendUid { validity: Some(validity), uids }))),
        5 => Some(Code::UidValidity(Some(validity))),
        6 => Some(Code::HighestModSeq(Some(mod_seq(u)?))),
        7 => Some(Code::Unseen(Seq::new(number(u)?))),
        8 => Some(Code::Capability(capabilities(u)?)),
        9 => Some(Code::Modified(imap_proto::Modified::new(uids))),
        _ => Some(Code::OverQuota),
    })
}

fn attributes(u: &mut U<'_>) -> Result<imap_proto::list::MailboxAttributes> {
    let known = [
        MailboxAttribute::NO_SELECT,
        MailboxAttribute::SENT,
        MailboxAttribute::HAS_CHILDREN,
        MailboxAttribute::try_from("\\X-own").unwrap(),
    ];
    Ok(some(u, 4, |u| Ok(u.choose(&known)?.clone()))?.into_iter().collect())
}

fn entry(u: &mut U<'_>) -> Result<ListEntry> {
    let (name, delimiter) = (mailbox(u)?, *u.choose(&[None, Some('/'), Some('.'), Some('\\'), Some('"')])?);
    // A delimiter at the end of a name is taken off.
    let ends = delimiter.is_some_and(|delimiter| name.to_text().ends_with(delimiter));
    Ok(ListEntry::new(if ends { MailboxName::INBOX } else { name }, delimiter, attributes(u)?))
}

fn status(u: &mut U<'_>) -> Result<MailboxStatus> {
    let mut status = MailboxStatus::new(mailbox(u)?);
    (status.messages, status.recent) = (u.arbitrary()?, u.arbitrary()?);
    (status.unseen, status.deleted) = (u.arbitrary()?, u.arbitrary()?);
    status.uid_next = maybe(u, number)?.and_then(Uid::new);
    status.uid_validity = maybe(u, number)?.and_then(UidValidity::new);
    (status.size, status.highest_modseq) = (maybe(u, large)?, maybe(u, large)?);
    Ok(status)
}

fn esearch(u: &mut U<'_>) -> Result<Esearch> {
    let mut found = Esearch::default();
    found.uid = u.arbitrary()?;
    (found.tag, found.mailbox, found.modseq) = (maybe(u, text)?, maybe(u, mailbox)?, maybe(u, mod_seq)?);
    (found.min, found.max, found.count) = (maybe(u, number)?, maybe(u, number)?, u.arbitrary()?);
    found.all = maybe(u, |u| Ok(if found.uid { uids(u)?.into() } else { MessageSet::from(seqs(u)?) }))?;
    Ok(found)
}

fn threads(u: &mut U<'_>) -> Result<Threads> {
    let mut depth = 0;
    let mut nodes = some(u, 20, |u| {
        let node = ThreadNode { number: Some(number(u)?.try_into().unwrap()), depth };
        depth = u.int_in_range(0..=depth + 1)?;
        Ok(node)
    })?;
    if let Some(first) = nodes.first_mut() {
        first.depth = 0;
    }
    Ok(Threads::new(nodes).unwrap_or_else(|| Threads::new(Vec::new()).unwrap()))
}

fn rights(u: &mut U<'_>) -> Result<Rights> {
    let letters = some(u, 6, |u| u.int_in_range(b'a'..=b'z'))?;
    Ok(Rights::try_from(std::str::from_utf8(&letters).unwrap()).unwrap())
}

fn response(u: &mut U<'_>) -> Result<Response> {
    Ok(Response::Untagged(match u.int_in_range(0..=23)? {
        0 | 1 => {
            let text = ResponseText::new(code(u)?, "done");
            let status = *u.choose(&[Status::Ok, Status::No, Status::Bad])?;
            if u.arbitrary()? {
                let tag = Tag::try_from("A1").unwrap();
                return Ok(Response::Tagged(Tagged { tag, status, text }));
            }
            Untagged::Status(status, text)
        }
        2 => Untagged::Bye(ResponseText::new(code(u)?, "bye")),
        3 => Untagged::Capability(capabilities(u)?),
        4 => Untagged::Flags(flags(u)?),
        5 => Untagged::List(entry(u)?),
        6 => Untagged::Lsub(entry(u)?),
        7 => Untagged::MailboxStatus(status(u)?),
        8 => {
            let numbers = some(u, 9, number)?;
            let mod_seq = maybe(u, mod_seq)?.filter(|_| !numbers.is_empty());
            Untagged::Search(SearchNumbers::new(numbers, mod_seq))
        }
        9 => Untagged::Esearch(esearch(u)?),
        10 => Untagged::Thread(threads(u)?),
        11 => Untagged::Vanished(Vanished::new(uids(u)?, u.arbitrary()?)),
        12 => Untagged::Exists(u.arbitrary()?),
        13 => Untagged::Expunge(Seq::new(number(u)?).unwrap()),
        14 => {
            let mut all = Namespaces::new();
            let one = |u: &mut U<'_>| Ok(Namespace::new(mailbox(u)?, Some('/')));
            (all.personal, all.other, all.shared) = (some(u, 2, one)?, some(u, 2, one)?, some(u, 2, one)?);
            Untagged::Namespace(all)
        }
        15 => {
            let one = |u: &mut U<'_>| Ok(AclEntry { identifier: text(u)?, rights: rights(u)? });
            Untagged::Acl(Acl { mailbox: mailbox(u)?, entries: some(u, 3, one)? })
        }
        16 => Untagged::MyRights(MyRights { mailbox: mailbox(u)?, rights: rights(u)? }),
        17 => {
            let one = |u: &mut U<'_>| {
                Ok(ResourceUsage { resource: Resource::STORAGE, usage: large(u)?, limit: large(u)? })
            };
            Untagged::Quota(Quota { root: text(u)?, resources: some(u, 3, one)? })
        }
        18 => Untagged::QuotaRoots(QuotaRoots { mailbox: mailbox(u)?, roots: some(u, 3, text)? }),
        _ => Untagged::Fetch(fetch(u)?),
    }))
}

fn term(u: &mut U<'_>) -> Result<SearchTerm> {
    use SearchTerm as T;
    let date = |u: &mut U<'_>| Ok(Date::from_unix(u.arbitrary::<u32>()?.into()).unwrap());
    Ok(match u.int_in_range(0..=13)? {
        0 => T::All,
        1 => T::Unseen,
        2 => T::From(text(u)?),
        3 => T::Subject(text(u)?),
        4 => T::Header(text(u)?, text(u)?),
        5 => T::Before(date(u)?),
        6 => T::SentSince(date(u)?),
        7 => T::Larger(large(u)?),
        8 => T::Younger(number(u)?.try_into().unwrap()),
        9 => T::ModSeq { entry: None, since: Some(mod_seq(u)?) },
        10 => T::Messages(seqs(u)?),
        11 => T::GmailRaw(text(u)?),
        12 => T::Body(text(u)?),
        _ => T::Uid(uids(u)?),
    })
}

fn key(u: &mut U<'_>, depth: usize) -> Result<SearchKey> {
    Ok(match u.int_in_range(0..=if depth > 5 { 0 } else { 6 })? {
        0 | 1 => SearchKey::new(term(u)?),
        2 => SearchKey::all(some(u, 3, |u| key(u, depth + 1))?),
        3 => SearchKey::any(some(u, 3, |u| key(u, depth + 1))?),
        4 => key(u, depth + 1)?.and(key(u, depth + 1)?),
        5 => key(u, depth + 1)?.or(key(u, depth + 1)?),
        _ if u.arbitrary()? => key(u, depth + 1)?.not(),
        _ => key(u, depth + 1)?.fuzzy(),
    })
}

fn partial(u: &mut U<'_>) -> Result<Option<Partial>> {
    Ok(maybe(u, |u| Ok((large(u)?, large(u)?.max(1))))?
        .and_then(|(offset, octets)| Partial::new(offset, octets)))
}

fn attribute(u: &mut U<'_>) -> Result<FetchAttribute> {
    Ok(match u.int_in_range(0..=8)? {
        0 => FetchAttribute::Envelope,
        1 => FetchAttribute::Flags,
        2 => FetchAttribute::InternalDate,
        3 => FetchAttribute::BodyBrief,
        4 => FetchAttribute::BodyStructure,
        5 => FetchAttribute::GmailLabels,
        6 => FetchAttribute::Binary { part: path(u)?, partial: partial(u)?, peek: u.arbitrary()? },
        7 => FetchAttribute::BinarySize(path(u)?),
        _ => FetchAttribute::Body { section: section(u)?, partial: partial(u)?, peek: u.arbitrary()? },
    })
}

fn data(u: &mut U<'_>) -> Result<MessageData> {
    let data = MessageData::inline(octets(u)?);
    Ok(if u.arbitrary()? { data.literal8() } else { data })
}

fn message(u: &mut U<'_>) -> Result<AppendMessage> {
    let cat =
        |u: &mut U<'_>| Ok(if u.arbitrary()? { CatPart::Url(text(u)?) } else { CatPart::Text(data(u)?) });
    let content = match u.int_in_range(0..=2)? {
        0 => AppendData::Message(data(u)?),
        1 => AppendData::Utf8(data(u)?.literal8()),
        _ => {
            let mut parts = some(u, 2, cat)?;
            parts.push(cat(u)?);
            AppendData::Catenate(parts)
        }
    };
    let mut message = AppendMessage::new(content);
    (message.flags, message.date) = (flags(u)?, maybe(u, date)?.flatten());
    Ok(message)
}

fn command(u: &mut U<'_>, dialect: imap_proto::Dialect) -> Result<Command> {
    Ok(match u.int_in_range(0..=12)? {
        0 => {
            let password = text(u)?;
            Command::Login(Login::new(text(u)?, Secret::from(&password.as_bytes()[..])).unwrap())
        }
        1 => {
            let mut select = Select::new(mailbox(u)?);
            select.condstore = u.arbitrary()?;
            if u.arbitrary()? {
                let mut qresync = QResync::new(UidValidity::new(number(u)?).unwrap(), mod_seq(u)?);
                qresync.known_uids = maybe(u, uids)?;
                qresync.seq_match = maybe(u, |u| Ok((seqs(u)?, uids(u)?)))?;
                select.qresync = Some(qresync);
            }
            if u.arbitrary()? { Command::Select(select) } else { Command::Examine(select) }
        }
        2 => Command::Create(Create::new(mailbox(u)?)),
        3 => Command::Rename { from: mailbox(u)?, to: mailbox(u)? },
        4 | 5 => {
            let mut attributes = some(u, 4, attribute)?;
            attributes.push(attribute(u)?);
            let mut fetch = FetchCommand::new(messages(u)?, attributes);
            fetch.changed_since = maybe(u, mod_seq)?;
            fetch.partial = maybe(u, |u| Ok(PartialRange::from_end(number(u)?, number(u)?)))?.flatten();
            Command::Fetch(fetch)
        }
        6 => {
            let action = *u.choose(&[StoreAction::Set, StoreAction::Add, StoreAction::Remove])?;
            let item = if u.arbitrary()? {
                StoreItem::Flags(flags(u)?)
            } else {
                StoreItem::GmailLabels(some(u, 3, text)?)
            };
            let mut store = Store::new(messages(u)?, action, item);
            (store.silent, store.unchanged_since) = (u.arbitrary()?, maybe(u, large)?);
            Command::Store(store)
        }
        7 => Command::Copy { messages: messages(u)?, mailbox: mailbox(u)? },
        8 => Command::UidExpunge(uids(u)?),
        9 => {
            let mut append = Append::new(mailbox(u)?, message(u)?);
            append.messages.extend(some(u, 2, message)?);
            Command::Append(append)
        }
        10 => {
            let mut list = ListCommand::new(ListPattern::new("%").unwrap()).below(mailbox(u)?);
            if u.arbitrary()? {
                list = list.returning([ListReturn::Children, ListReturn::Status(vec![StatusItem::Unseen])]);
            }
            Command::List(list)
        }
        _ => {
            let Ok(mut search) = SearchCommand::uid(key(u, 0)?) else {
                return Err(arbitrary::Error::IncorrectFormat);
            };
            search.uid = u.arbitrary()?;
            search.returns =
                maybe(u, |u| Ok(if u.arbitrary()? { vec![SearchReturn::Save] } else { Vec::new() }))?;
            if search.key().needs_charset() && !dialect.utf8 {
                search.charset = Some("UTF-8".try_into().unwrap());
            }
            Command::Search(search)
        }
    })
}

pub fn check(data: &[u8]) {
    let mut u = Unstructured::new(data);
    let kind: u8 = u.arbitrary().unwrap_or(0);
    let dialect = imap::dialect(kind);
    if kind & 2 == 0 {
        let Ok(command) = command(&mut u, dialect) else { return };
        imap::command_again(&Tag::try_from("A1").unwrap(), &command, dialect);
        return;
    }
    let Ok(response) = response(&mut u) else { return };
    let written = imap::written_response(&response, dialect);
    let again = Response::parse(&written, dialect);
    assert_eq!(again, response, "{}", written.escape_ascii());
    assert_eq!(imap::written_response(&again, dialect), written);
}
