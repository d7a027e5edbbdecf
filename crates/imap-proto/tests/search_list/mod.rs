//! Any value of searches and lists.

use std::num::NonZeroU32;

use bytes::Bytes;
use imap_proto::{
    Atom, Command, Date, Dialect, Flag, MailboxName, MessageSet, ModSeq, Seq, SeqSet, TaggedItem,
    TaggedValue, Text, Uid, UidSet, UidValidity, Untagged,
    command::FetchAttribute,
    extensions::{
        namespace::{Namespace, Namespaces},
        notify::MailboxFilter,
    },
    list::{
        AppendLimit, ListCommand, ListEntry, ListExtended, ListPattern, ListReturn, ListSelect,
        MailboxAttribute, MailboxStatus, StatusItem,
    },
    search::{
        ContextUpdate, EntryType, Esearch, MultiSearch, PartialRange, PartialResult, SearchCommand,
        SearchKey, SearchNumbers, SearchReturn, SearchTerm, SortBy, SortCommand, SortKey, ThreadCommand,
        ThreadNode, Threads, UidBatches, UidBatchesCommand, Vanished,
    },
};
use proptest::{collection::vec, option, prelude::*};

fn number() -> impl Strategy<Value = u32> {
    prop_oneof![1..20_u32, any::<u32>()].prop_map(|number| number.max(1))
}

fn nonzero() -> impl Strategy<Value = NonZeroU32> {
    number().prop_map(|number| NonZeroU32::new(number).unwrap())
}

fn text() -> BoxedStrategy<Text> {
    prop_oneof![
        "[a-z]{0,5}".prop_map(|text| Text::try_from(text).unwrap()),
        any::<String>().prop_map(|text| Text::try_from(text.replace('\0', "")).unwrap()),
        vec(1..=255_u8, 0..6).prop_map(|octets| Text::try_from(Bytes::from(octets)).unwrap()),
        Just(Text::try_from("nil").unwrap()),
        Just(Text::try_from("x".repeat(1200)).unwrap()),
    ]
    .boxed()
}

fn atom() -> impl Strategy<Value = Atom> {
    "X-[A-Za-z0-9$_.+-]{1,6}".prop_map(|atom| Atom::try_from(atom.as_str()).unwrap())
}

fn name() -> BoxedStrategy<MailboxName> {
    prop_oneof![
        "[a-zA-Z ]{1,6}".prop_map(|name| MailboxName::new(&name).unwrap()),
        "\\PC{1,8}".prop_map(|name| MailboxName::new(&name).unwrap_or(MailboxName::INBOX)),
        Just(MailboxName::new("a&b \"\\ {3} nil").unwrap()),
        Just(MailboxName::INBOX),
        Just(MailboxName::new("NIL").unwrap()),
    ]
    .boxed()
}

fn pattern() -> impl Strategy<Value = ListPattern> {
    prop_oneof!["[a-zü&%*/ \"]{0,8}", "\\PC{0,8}"]
        .prop_map(|text| ListPattern::new(&text).unwrap_or_else(|_| star()))
}

fn star() -> ListPattern {
    ListPattern::new("*").unwrap()
}

fn date() -> impl Strategy<Value = Date> {
    (0..2_000_000_000_i64).prop_map(|seconds| Date::from_unix(seconds).unwrap())
}

fn modseq() -> impl Strategy<Value = ModSeq> {
    (1..=i64::MAX as u64).prop_map(|number| ModSeq::new(number).unwrap())
}

/// Numbers alone.
fn static_seqs() -> impl Strategy<Value = SeqSet> {
    vec((number(), number()), 1..5).prop_map(|ranges| {
        SeqSet::from_ranges(ranges.into_iter().map(|(a, b)| (Seq::new(a).unwrap(), Seq::new(b).unwrap())))
            .unwrap()
    })
}

fn static_uids() -> impl Strategy<Value = UidSet> {
    static_seqs().prop_map(|set| UidSet::parse(set.to_string().as_bytes()).unwrap())
}

fn seqs() -> impl Strategy<Value = SeqSet> {
    prop_oneof![static_seqs(), Just(SeqSet::all()), Just(SeqSet::saved()), Just(SeqSet::last())]
}

fn uids() -> impl Strategy<Value = UidSet> {
    prop_oneof![static_uids(), Just(UidSet::all()), Just(UidSet::saved())]
}

fn value() -> impl Strategy<Value = TaggedValue> {
    let leaf = prop_oneof!["[a-z]{1,4}", "\"[a-z ]{0,4}\"", "[1-9][0-9]{0,3}"];
    let list = leaf.prop_recursive(4, 16, 4, |inner| {
        vec(inner, 0..4).prop_map(|parts| format!("({})", parts.join(" ")))
    });
    prop_oneof![
        any::<u64>().prop_map(TaggedValue::from),
        vec(list, 0..3)
            .prop_map(|parts| { TaggedValue::parse(format!("({})", parts.join(" ")).as_bytes()).unwrap() })
    ]
}

fn item() -> impl Strategy<Value = TaggedItem> {
    (atom(), option::of(value())).prop_map(|(name, value)| TaggedItem::new(name, value))
}

fn item_with_value() -> BoxedStrategy<TaggedItem> {
    (atom(), value()).prop_map(|(name, value)| TaggedItem::new(name, Some(value))).boxed()
}

fn term() -> impl Strategy<Value = SearchTerm> {
    use SearchTerm as T;
    let simple = proptest::sample::select(vec![
        T::All,
        T::Answered,
        T::Unanswered,
        T::Deleted,
        T::Undeleted,
        T::Draft,
        T::Undraft,
        T::Flagged,
        T::Unflagged,
        T::Seen,
        T::Unseen,
        T::Recent,
        T::Old,
        T::New,
        T::SaveDateSupported,
    ]);
    let texts = (text(), 0..9_usize).prop_map(|(text, which)| {
        [T::Bcc, T::Cc, T::From, T::To, T::Subject, T::Body, T::Text, T::GmailRaw, T::GmailLabel][which](text)
    });
    let dates = (date(), 0..9_usize).prop_map(|(date, which)| {
        [
            T::Before,
            T::On,
            T::Since,
            T::SentBefore,
            T::SentOn,
            T::SentSince,
            T::SavedBefore,
            T::SavedOn,
            T::SavedSince,
        ][which](date)
    });
    let kind = proptest::sample::select(vec![EntryType::Private, EntryType::Shared, EntryType::All]);
    let flag = prop_oneof![
        Just(Flag::SEEN),
        Just(Flag::JUNK),
        atom().prop_map(|atom| Flag::try_from(atom.as_str()).unwrap())
    ];
    let id = "[A-Za-z0-9_-]{1,20}".prop_map(|id| Text::try_from(id).unwrap());
    prop_oneof![
        simple,
        texts,
        dates,
        (text(), text()).prop_map(|(name, text)| T::Header(name, text)),
        (atom(), 0..3_usize).prop_map(|(atom, which)| [T::Keyword, T::Unkeyword, T::Filter][which](atom)),
        (0..=i64::MAX as u64).prop_map(T::Larger),
        (0..=i64::MAX as u64).prop_map(T::Smaller),
        any::<u64>().prop_map(T::GmailMessageId),
        any::<u64>().prop_map(T::GmailThreadId),
        nonzero().prop_map(T::Younger),
        nonzero().prop_map(T::Older),
        (option::of((flag, kind)), option::of(modseq()))
            .prop_map(|(entry, since)| T::ModSeq { entry, since }),
        id.clone().prop_map(T::EmailId),
        id.prop_map(T::ThreadId),
        seqs().prop_map(T::Messages),
        uids().prop_map(T::Uid),
    ]
}

pub(crate) fn key() -> impl Strategy<Value = SearchKey> {
    term().prop_map(SearchKey::new).prop_recursive(6, 40, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(SearchKey::all),
            vec(inner.clone(), 0..4).prop_map(SearchKey::any),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| a.and(b)),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| a.or(b)),
            inner.clone().prop_map(SearchKey::not),
            inner.prop_map(SearchKey::fuzzy),
        ]
    })
}

fn partial_range() -> impl Strategy<Value = PartialRange> {
    (number(), number(), any::<bool>()).prop_map(|(first, last, end)| {
        if end { PartialRange::from_end(first, last) } else { PartialRange::from_start(first, last) }.unwrap()
    })
}

fn returns() -> impl Strategy<Value = Option<Vec<SearchReturn>>> {
    use SearchReturn as R;
    let simple = proptest::sample::select(vec![
        R::Min,
        R::Max,
        R::All,
        R::Count,
        R::Save,
        R::Relevancy,
        R::Update(Vec::new()),
        R::Update(vec![FetchAttribute::Uid, FetchAttribute::Flags]),
        R::Context,
    ]);
    let one = prop_oneof![simple, partial_range().prop_map(R::Partial), item().prop_map(R::Unknown)];
    option::of(vec(one, 0..4))
}

/// With a charset where one has to be said.
fn charset(charset: Option<Text>, key: &SearchKey, dialect: Dialect) -> Option<Text> {
    match charset {
        None if key.needs_charset() && !dialect.utf8 => Some("UTF-8".try_into().unwrap()),
        Some(charset) if dialect.utf8 && charset == "UTF-8" => None,
        charset => charset,
    }
}

fn charsets() -> impl Strategy<Value = Option<Text>> {
    option::of(proptest::sample::select(vec!["UTF-8", "KOI8-R"]).prop_map(|name| name.try_into().unwrap()))
}

fn status_item() -> impl Strategy<Value = StatusItem> {
    use StatusItem as I;
    let known = proptest::sample::select(vec![
        I::Messages,
        I::UidNext,
        I::UidValidity,
        I::Unseen,
        I::Deleted,
        I::Size,
        I::Recent,
        I::HighestModSeq,
        I::AppendLimit,
        I::MailboxId,
        I::DeletedStorage,
    ]);
    prop_oneof![known, atom().prop_map(I::Other)]
}

fn filter() -> impl Strategy<Value = MailboxFilter> {
    use MailboxFilter as F;
    let simple = proptest::sample::select(vec![F::Selected, F::Inboxes, F::Personal, F::Subscribed]);
    let names = (vec(name(), 1..4), 0..3_usize)
        .prop_map(|(names, which)| [F::Subtree, F::SubtreeOne, F::Mailboxes][which](names));
    prop_oneof![simple, names]
}

fn sort_key() -> impl Strategy<Value = SortKey> {
    use SortBy as S;
    let by = proptest::sample::select(vec![
        S::Arrival,
        S::Cc,
        S::Date,
        S::From,
        S::Size,
        S::Subject,
        S::To,
        S::DisplayFrom,
        S::DisplayTo,
        S::Relevancy,
    ]);
    (by, any::<bool>()).prop_map(|(by, reverse)| SortKey { by, reverse })
}

fn list_select() -> impl Strategy<Value = Option<Vec<ListSelect>>> {
    use ListSelect as L;
    let one = prop_oneof![
        proptest::sample::select(vec![L::Subscribed, L::Remote, L::SpecialUse]),
        item().prop_map(L::Unknown)
    ];
    (option::of(vec(one, 0..4)), any::<bool>()).prop_map(|(mut select, recursive)| {
        if let (true, Some(select)) = (recursive, &mut select) {
            select.extend([L::RecursiveMatch, L::Subscribed]);
        }
        select
    })
}

fn list_returns() -> impl Strategy<Value = Option<Vec<ListReturn>>> {
    use ListReturn as L;
    let one = prop_oneof![
        proptest::sample::select(vec![L::Subscribed, L::Children, L::SpecialUse, L::MyRights]),
        vec(status_item(), 1..4).prop_map(L::Status),
        vec("/(shared|private)/[a-z ]{1,5}".prop_map(|entry| entry.try_into().unwrap()), 1..3)
            .prop_map(L::Metadata),
        item().prop_map(L::Unknown),
    ];
    option::of(vec(one, 0..4))
}

pub(crate) fn command(dialect: Dialect) -> impl Strategy<Value = Command> {
    let search =
        (any::<bool>(), returns(), charsets(), key()).prop_map(move |(uid, returns, chosen, key)| {
            let charset = charset(chosen, &key, dialect);
            let mut search = SearchCommand::uid(key).unwrap();
            (search.uid, search.returns, search.charset) = (uid, returns, charset);
            Command::Search(search)
        });
    let sort =
        (any::<bool>(), returns(), vec(sort_key(), 1..4), key()).prop_map(|(uid, returns, keys, key)| {
            let mut sort = SortCommand::uid(keys, key).unwrap();
            (sort.uid, sort.returns) = (uid, returns);
            Command::Sort(sort)
        });
    let thread = (any::<bool>(), atom(), key()).prop_map(|(uid, algorithm, key)| {
        Command::Thread(
            if uid { ThreadCommand::uid(algorithm, key) } else { ThreadCommand::seq(algorithm, key) }
                .unwrap(),
        )
    });
    let multi = (vec(filter(), 0..4), vec(item(), 0..3), returns(), key()).prop_map(
        move |(sources, scope, returns, key)| {
            let charset = charset(None, &key, dialect);
            let mut multi = MultiSearch::new(sources, key).unwrap();
            if !multi.sources.is_empty() {
                multi.scope = scope;
            }
            (multi.returns, multi.charset) = (returns, charset);
            Command::Esearch(multi)
        },
    );
    let batches = (nonzero(), option::of((nonzero(), nonzero()))).prop_map(|(size, range)| {
        let mut batches = UidBatchesCommand::new(size);
        batches.batches = range;
        Command::UidBatches(batches)
    });
    let list = (
        list_select(),
        prop_oneof![name(), Just(MailboxName::empty())],
        vec(pattern(), 1..4),
        list_returns(),
    )
        .prop_map(|(select, reference, patterns, returns)| {
            let mut patterns = patterns.into_iter();
            let mut list = ListCommand::new(patterns.next().unwrap()).below(reference);
            for pattern in patterns {
                list = list.or(pattern);
            }
            (list.select, list.returns) = (select, returns);
            Command::List(list)
        });
    let status =
        (name(), vec(status_item(), 1..5)).prop_map(|(mailbox, items)| Command::Status { mailbox, items });
    prop_oneof![search, sort, thread, multi, batches, list, status]
}

fn set(uid: bool) -> BoxedStrategy<MessageSet> {
    if uid {
        static_uids().prop_map(MessageSet::Uid).boxed()
    } else {
        static_seqs().prop_map(MessageSet::Seq).boxed()
    }
}

fn esearch() -> BoxedStrategy<Esearch> {
    any::<bool>()
        .prop_flat_map(|uid| {
            let update = (any::<bool>(), any::<u32>(), set(uid)).prop_map(|(added, position, messages)| {
                if added {
                    ContextUpdate::Added { position, messages }
                } else {
                    ContextUpdate::Removed { position, messages }
                }
            });
            let partial = (partial_range(), option::of(set(uid)))
                .prop_map(|(range, messages)| Box::new(PartialResult { range, messages }));
            let first = (option::of(text()), option::of(name()), option::of(nonzero()), option::of(modseq()));
            let numbers = (option::of(number()), option::of(number()), option::of(any::<u32>()));
            let rest = (
                option::of(set(uid)),
                option::of(partial),
                vec(1..=100_u8, 0..4),
                vec(update, 0..5),
                vec(item_with_value(), 0..3),
            );
            (first, numbers, rest).prop_map(move |((tag, mailbox, validity, modseq), numbers, rest)| {
                let mut found = Esearch::default();
                (found.uid, found.tag, found.mailbox, found.modseq) = (uid, tag, mailbox, modseq);
                found.uid_validity = validity.map(UidValidity::from);
                (found.min, found.max, found.count) = numbers;
                (found.all, found.partial, found.relevancy, found.updates, found.unknown) = rest;
                found
            })
        })
        .boxed()
}

fn threads() -> impl Strategy<Value = Threads> {
    vec((0..6_u32, 0..20_u32), 0..30).prop_map(|steps| {
        let mut nodes: Vec<ThreadNode> = Vec::new();
        for (back, number) in steps {
            let most = nodes.last().map_or(0, |last| last.depth + 1);
            let depth = match nodes.last() {
                Some(last) if last.number.is_none() => most,
                _ => most.saturating_sub(back),
            };
            nodes.push(ThreadNode { number: NonZeroU32::new(number), depth });
        }
        if let Some(last) = nodes.last_mut() {
            last.number = NonZeroU32::new(1);
        }
        Threads::new(nodes).unwrap()
    })
}

fn attribute() -> impl Strategy<Value = MailboxAttribute> {
    prop_oneof![
        proptest::sample::select(vec![
            MailboxAttribute::NO_SELECT,
            MailboxAttribute::NON_EXISTENT,
            MailboxAttribute::SENT,
            MailboxAttribute::HAS_CHILDREN,
        ]),
        atom().prop_map(|atom| MailboxAttribute::try_from(format!("\\{atom}").as_str()).unwrap()),
    ]
}

fn delimiter() -> impl Strategy<Value = Option<char>> {
    option::of(prop_oneof![Just('/'), Just('\\'), Just('"'), Just('\u{b7}'), proptest::char::range('!', '~')])
}

fn list_entry() -> BoxedStrategy<ListEntry> {
    let extended = prop_oneof![
        vec(text(), 0..3).prop_map(ListExtended::ChildInfo),
        name().prop_map(ListExtended::OldName),
        item_with_value().prop_map(ListExtended::Unknown),
    ];
    (vec(attribute(), 0..5), delimiter(), name(), vec(extended, 0..3))
        .prop_map(|(attributes, delimiter, name, extended)| {
            let ends = delimiter.is_some_and(|delimiter| name.to_text().ends_with(delimiter));
            let name = if ends { MailboxName::INBOX } else { name };
            let delimiter = delimiter.filter(|delimiter| !"INBOX".ends_with(*delimiter));
            let mut entry = ListEntry::new(name, delimiter, attributes.into_iter().collect());
            entry.extended = extended;
            entry
        })
        .boxed()
}

fn mailbox_status() -> BoxedStrategy<MailboxStatus> {
    let small = || option::of(any::<u32>());
    let large = || option::of(any::<u64>());
    let limit = option::of(
        option::of(any::<u64>()).prop_map(|limit| limit.map_or(AppendLimit::None, AppendLimit::Octets)),
    );
    (
        (name(), small(), small(), small(), small(), option::of(nonzero()), option::of(nonzero())),
        (large(), large(), large(), limit, option::of("[A-Za-z0-9_-]{1,9}"), vec(item_with_value(), 0..3)),
    )
        .prop_map(
            |(
                (name, messages, recent, unseen, deleted, next, validity),
                (size, modseq, storage, limit, id, unknown),
            )| {
                let mut status = MailboxStatus::new(name);
                (status.messages, status.recent, status.unseen, status.deleted) =
                    (messages, recent, unseen, deleted);
                (status.uid_next, status.uid_validity) =
                    (next.map(Uid::from), validity.map(UidValidity::from));
                (status.size, status.highest_modseq, status.deleted_storage) = (size, modseq, storage);
                status.append_limit = limit;
                status.mailbox_id = id.map(|id| id.try_into().unwrap());
                status.unknown = unknown;
                status
            },
        )
        .boxed()
}

fn namespaces() -> impl Strategy<Value = Namespaces> {
    let prefix = prop_oneof![name(), Just(MailboxName::empty())];
    let one = (prefix, delimiter(), vec((text(), vec(text(), 1..3)), 0..3))
        .prop_map(|(prefix, delimiter, extensions)| {
            let mut namespace = Namespace::new(prefix, delimiter);
            namespace.extensions = extensions;
            namespace
        })
        .boxed();
    (vec(one.clone(), 0..3), vec(one.clone(), 0..3), vec(one, 0..3)).prop_map(|(personal, other, shared)| {
        let mut all = Namespaces::new();
        (all.personal, all.other, all.shared) = (personal, other, shared);
        all
    })
}

pub(crate) fn untagged() -> impl Strategy<Value = Untagged> {
    let numbers = (vec(number(), 0..9), option::of(modseq()))
        .prop_map(|(numbers, modseq)| {
            let modseq = modseq.filter(|_| !numbers.is_empty());
            SearchNumbers::new(numbers, modseq)
        })
        .boxed();
    prop_oneof![
        numbers.clone().prop_map(Untagged::Search),
        numbers.prop_map(Untagged::Sort),
        esearch().prop_map(Untagged::Esearch),
        threads().prop_map(Untagged::Thread),
        (option::of(text()), option::of(static_uids()))
            .prop_map(|(tag, batches)| Untagged::UidBatches(UidBatches::new(tag, batches))),
        (static_uids(), any::<bool>())
            .prop_map(|(uids, earlier)| Untagged::Vanished(Vanished::new(uids, earlier))),
        list_entry().prop_map(Untagged::List),
        list_entry().prop_map(Untagged::Lsub),
        mailbox_status().prop_map(Untagged::MailboxStatus),
        namespaces().prop_map(Untagged::Namespace),
    ]
}

pub(crate) fn dialect() -> impl Strategy<Value = Dialect> {
    proptest::sample::select(vec![Dialect::REV1, Dialect::UTF8])
}

/// Words that make octets look like what they should be.
pub(crate) fn words() -> impl Strategy<Value = String> {
    let known = proptest::sample::select(vec![
        "(",
        ")",
        " ",
        "\"",
        "\\",
        "{3}\r\n",
        "~{1}\r\n",
        "NIL",
        "1",
        "4294967295",
        "99999999999",
        "1:5,7",
        "*",
        "$",
        "-1:-5",
        "/",
        "a",
        "&AOQ-",
        "OR",
        "NOT",
        "FUZZY",
        "ALL",
        "SEEN",
        "UID",
        "FROM",
        "MODSEQ",
        "HEADER",
        "RETURN",
        "PARTIAL",
        "MIN",
        "COUNT",
        "SAVE",
        "CHARSET",
        "UTF-8",
        "REVERSE",
        "DATE",
        "IN",
        "subtree",
        "mailboxes",
        "TAG",
        "MAILBOX",
        "UIDVALIDITY",
        "ADDTO",
        "REMOVEFROM",
        "RELEVANCY",
        "EARLIER",
        "STATUS",
        "MESSAGES",
        "MAILBOXID",
        "APPENDLIMIT",
        "SUBSCRIBED",
        "RECURSIVEMATCH",
        "METADATA",
        "OLDNAME",
        "CHILDINFO",
        "\\Noselect",
        "1-Jan-2000",
        "\u{fc}",
        "\0",
        "\r\n",
        "]",
        "[",
    ]);
    vec(prop_oneof![4 => known.prop_map(str::to_owned), 1 => any::<String>()], 0..25)
        .prop_map(|words| words.concat())
}
