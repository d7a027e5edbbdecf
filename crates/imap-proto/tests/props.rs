//! Properties of commands: what is written is read as the same, and no octets are too much.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

use bytes::Bytes;
use imap_proto::command::{
    Append, AppendData, AppendItem, AppendMessage, AppendReader, Authenticate, CatPart, Create,
    FetchAttribute, FetchCommand, Login, MessageData, Parameter, Partial, Preview, QResync, Replace, Select,
    Store, StoreAction, StoreItem, UnknownCommand,
};
use imap_proto::frame::{Frame, FrameLimits, Framer, Side};
use imap_proto::{
    Atom, Command, DateTime, Dialect, Encoder, Flag, Flags, Limits, Literals, MailboxName, MessageSet,
    ModSeq, PartPath, Section, SectionText, Seq, SeqSet, Tag, Text, Uid, UidSet, UidValidity,
};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use wire_core::{RecvBuf, Secret};

fn atom() -> impl Strategy<Value = Atom> {
    // No name that means something.
    "[A-Za-z0-9$&'+,./:;<=>?@^_`|~!#-]{0,9}".prop_map(|text| Atom::try_from(&format!("Z{text}")[..]).unwrap())
}

/// Any octets but NUL: those that are easy, and those that are not.
fn text() -> impl Strategy<Value = Text> {
    prop_oneof!["[a-zA-Z0-9 \"\\\\(){}%*\\]\r\n]{0,12}", "\\PC{0,8}", "x{995,1005}", Just("NIL".to_owned())]
        .prop_map(|text| Text::try_from(text).unwrap())
}

fn octets() -> impl Strategy<Value = Bytes> {
    prop_oneof![
        vec(any::<u8>(), 0..40).prop_map(Bytes::from),
        Just(Bytes::from_static(b"a\r\nA2 LOGOUT\r\n{3+}\r\n"))
    ]
}

fn mailbox() -> impl Strategy<Value = MailboxName> {
    prop_oneof![
        "[a-zA-Z0-9 &/.\"\\\\%*(){}~+-]{1,12}",
        "[a-zäöü&日本語台北☃𐀀 -]{1,8}",
        "[iI][nN][bB][oO][xX]"
    ]
    .prop_map(|name| MailboxName::new(&name).unwrap())
}

fn number() -> impl Strategy<Value = u32> {
    prop_oneof![1..20_u32, 1..=u32::MAX, Just(u32::MAX)]
}

fn uids() -> impl Strategy<Value = UidSet> {
    vec((number(), number()), 1..5).prop_map(|ranges| {
        let uid = |number| Uid::new(number).unwrap();
        UidSet::from_ranges(ranges.into_iter().map(|(first, last)| (uid(first), uid(last)))).unwrap()
    })
}

fn numbers() -> impl Strategy<Value = SeqSet> {
    vec(number(), 1..6)
        .prop_map(|all| SeqSet::from_numbers(all.into_iter().map(|one| Seq::new(one).unwrap())).unwrap())
}

fn messages() -> impl Strategy<Value = MessageSet> {
    prop_oneof![
        uids().prop_map(MessageSet::from),
        numbers().prop_map(MessageSet::from),
        prop_oneof![Just(UidSet::all()), Just(UidSet::last()), Just(UidSet::saved())]
            .prop_map(MessageSet::from),
        prop_oneof![Just(SeqSet::all()), Just(SeqSet::last()), Just(SeqSet::saved())]
            .prop_map(MessageSet::from),
        number().prop_map(|first| SeqSet::from_first(Seq::new(first).unwrap()).into()),
    ]
}

fn flags() -> impl Strategy<Value = Flags> {
    let flag = prop_oneof![
        Just(Flag::SEEN),
        Just(Flag::DELETED),
        Just(Flag::FORWARDED),
        atom().prop_map(|word| Flag::keyword(word.as_str()).unwrap()),
        atom().prop_map(|word| Flag::try_from(&format!("\\{word}")[..]).unwrap()),
    ];
    vec(flag, 0..5).prop_map(|flags| flags.into_iter().collect())
}

fn mod_seq() -> impl Strategy<Value = ModSeq> {
    (1..=i64::MAX.cast_unsigned()).prop_map(|number| ModSeq::new(number).unwrap())
}

fn parameters() -> impl Strategy<Value = Vec<Parameter>> {
    let value = prop_oneof![
        Just(String::new()),
        Just(" (a \"b)\" (c))".to_owned()),
        Just(" 5:7,*".to_owned()),
        Just(" ({3}\r\na)b)".to_owned()),
        Just(" -3:-5".to_owned())
    ];
    vec((atom(), value), 0..3).prop_map(|all| {
        all.into_iter()
            .map(|(name, value)| Parameter::parse(format!("{name}{value}").as_bytes()).unwrap())
            .collect()
    })
}

fn path() -> impl Strategy<Value = PartPath> {
    vec(number(), 0..5).prop_map(|path| PartPath::new(path).unwrap())
}

fn section() -> impl Strategy<Value = Section> {
    let fields = || vec(text(), 1..4);
    let what = prop_oneof![
        Just(SectionText::Whole),
        Just(SectionText::Header),
        Just(SectionText::Text),
        Just(SectionText::Mime),
        fields().prop_map(SectionText::HeaderFields),
        fields().prop_map(SectionText::HeaderFieldsNot),
    ];
    (path(), what).prop_map(|(part, what)| {
        let text = if part.is_root() && what == SectionText::Mime { SectionText::Whole } else { what };
        Section { part, text }
    })
}

fn partial() -> impl Strategy<Value = Option<Partial>> {
    let most = i64::MAX.cast_unsigned();
    option::of((0..=most, 1..=most))
        .prop_map(|bounds| bounds.and_then(|(offset, octets)| Partial::new(offset, octets)))
}

fn attribute() -> impl Strategy<Value = FetchAttribute> {
    prop_oneof![
        proptest::sample::select(vec![
            FetchAttribute::Envelope,
            FetchAttribute::Flags,
            FetchAttribute::InternalDate,
            FetchAttribute::SaveDate,
            FetchAttribute::Size,
            FetchAttribute::Uid,
            FetchAttribute::BodyBrief,
            FetchAttribute::BodyStructure,
            FetchAttribute::Rfc822,
            FetchAttribute::Rfc822Header,
            FetchAttribute::Rfc822Text,
            FetchAttribute::ModSeq,
            FetchAttribute::EmailId,
            FetchAttribute::ThreadId,
            FetchAttribute::Preview(Preview::Always),
            FetchAttribute::Preview(Preview::Lazy),
            FetchAttribute::GmailMessageId,
            FetchAttribute::GmailThreadId,
            FetchAttribute::GmailLabels,
        ]),
        (section(), partial(), any::<bool>()).prop_map(|(section, partial, peek)| FetchAttribute::Body {
            section,
            partial,
            peek
        }),
        (path(), partial(), any::<bool>()).prop_map(|(part, partial, peek)| FetchAttribute::Binary {
            part,
            partial,
            peek
        }),
        path().prop_map(FetchAttribute::BinarySize),
        atom().prop_map(FetchAttribute::Other),
    ]
}

fn fetch() -> impl Strategy<Value = FetchCommand> {
    let range = option::of((number(), number(), any::<bool>()));
    (messages(), vec(attribute(), 1..6), option::of(mod_seq()), any::<bool>(), range, parameters()).prop_map(
        |(messages, attributes, since, vanished, range, parameters)| {
            let vanished = vanished && since.is_some() && messages.is_uid();
            let mut fetch = FetchCommand::new(messages, attributes);
            (fetch.changed_since, fetch.vanished, fetch.parameters) = (since, vanished, parameters);
            fetch.partial = range.and_then(|(first, last, newest)| {
                if newest {
                    imap_proto::search::PartialRange::from_end(first, last)
                } else {
                    imap_proto::search::PartialRange::from_start(first, last)
                }
            });
            fetch
        },
    )
}

fn store() -> impl Strategy<Value = Store> {
    let action = prop_oneof![Just(StoreAction::Set), Just(StoreAction::Add), Just(StoreAction::Remove)];
    let item = prop_oneof![
        flags().prop_map(StoreItem::Flags),
        vec(text(), 0..4).prop_map(StoreItem::GmailLabels),
        atom()
            .prop_map(|name| StoreItem::Other(Parameter::parse(format!("{name} (a b)").as_bytes()).unwrap())),
    ];
    (messages(), action, item, any::<bool>(), option::of(0..=i64::MAX.cast_unsigned()), parameters())
        .prop_map(|(messages, action, item, silent, since, parameters)| {
            let silent = silent && !matches!(item, StoreItem::Other(_));
            let mut store = Store::new(messages, action, item);
            (store.silent, store.unchanged_since, store.parameters) = (silent, since, parameters);
            store
        })
}

fn select() -> impl Strategy<Value = Select> {
    let qresync = (number(), mod_seq(), option::of(uids()), option::of((numbers(), uids()))).prop_map(
        |(validity, mod_seq, known, matched)| {
            let mut qresync = QResync::new(UidValidity::new(validity).unwrap(), mod_seq);
            (qresync.known_uids, qresync.seq_match) = (known, matched);
            qresync
        },
    );
    (mailbox(), any::<bool>(), option::of(qresync), parameters()).prop_map(
        |(mailbox, condstore, qresync, parameters)| {
            let mut select = Select::new(mailbox);
            (select.condstore, select.qresync, select.parameters) = (condstore, qresync, parameters);
            select
        },
    )
}

fn create() -> impl Strategy<Value = Create> {
    let uses = vec(atom().prop_map(|word| Flag::try_from(&format!("\\{word}")[..]).unwrap()), 0..3);
    (mailbox(), uses, parameters()).prop_map(|(mailbox, special_use, parameters)| {
        let mut create = Create::new(mailbox);
        (create.special_use, create.parameters) = (special_use, parameters);
        create
    })
}

fn data() -> impl Strategy<Value = MessageData> {
    (octets(), any::<bool>()).prop_map(|(octets, literal8)| {
        let data = MessageData::inline(octets);
        if literal8 { data.literal8() } else { data }
    })
}

fn message() -> impl Strategy<Value = AppendMessage> {
    let part = prop_oneof![
        text().prop_map(CatPart::Url),
        data().prop_map(CatPart::Text),
        data().prop_map(|data| CatPart::Utf8(data.literal8())),
    ];
    let data = prop_oneof![
        data().prop_map(AppendData::Message),
        data().prop_map(|data| AppendData::Utf8(data.literal8())),
        vec(part, 1..5).prop_map(AppendData::Catenate),
    ];
    (flags(), option::of((-30_000_000_000..200_000_000_000_i64, -900..900_i16)), data).prop_map(
        |(flags, date, data)| {
            let mut message = AppendMessage::new(data);
            message.flags = flags;
            message.date = date.and_then(|(seconds, zone)| DateTime::from_unix(seconds, zone));
            message
        },
    )
}

fn append() -> impl Strategy<Value = Append> {
    (mailbox(), vec(message(), 1..4)).prop_map(|(mailbox, mut messages)| {
        let mut append = Append::new(mailbox, messages.remove(0));
        append.messages.extend(messages);
        append
    })
}

fn replace() -> impl Strategy<Value = Replace> {
    let one = prop_oneof![
        number().prop_map(|number| MessageSet::from(Seq::new(number).unwrap())),
        number().prop_map(|number| MessageSet::from(Uid::new(number).unwrap())),
        Just(SeqSet::last().into()),
    ];
    (one, mailbox(), message()).prop_map(|(one, mailbox, with)| Replace::new(one, mailbox, with).unwrap())
}

fn command() -> impl Strategy<Value = Command> {
    let authenticate = (atom(), option::of(octets())).prop_map(|(mechanism, initial)| {
        Command::Authenticate(Authenticate {
            mechanism,
            initial: initial.map(|octets| Secret::from(&octets[..])),
        })
    });
    let arguments =
        prop_oneof![Just("".to_owned()), Just("a (b \"c\")".to_owned()), Just("{4}\r\na\r\n) x".to_owned())];
    let unknown = (atom(), arguments)
        .prop_map(|(name, arguments)| Command::Unknown(UnknownCommand::new(name, arguments.into()).unwrap()));
    prop_oneof![
        (text(), text()).prop_map(|(user, password)| {
            Command::Login(Login::new(user, Secret::from(&password.as_bytes()[..])).unwrap())
        }),
        authenticate,
        select().prop_map(Command::Select),
        select().prop_map(Command::Examine),
        create().prop_map(Command::Create),
        mailbox().prop_map(Command::Delete),
        (mailbox(), mailbox()).prop_map(|(from, to)| Command::Rename { from, to }),
        fetch().prop_map(Command::Fetch),
        store().prop_map(Command::Store),
        (messages(), mailbox()).prop_map(|(messages, mailbox)| Command::Copy { messages, mailbox }),
        (messages(), mailbox()).prop_map(|(messages, mailbox)| Command::Move { messages, mailbox }),
        uids().prop_map(Command::UidExpunge),
        append().prop_map(Command::Append),
        replace().prop_map(Command::Replace),
        unknown,
    ]
}

fn encoded(command: &Command, literals: Literals, dialect: Dialect) -> Bytes {
    let mut encoder = Encoder::new(literals, dialect);
    assert!(command.encode(&Tag::try_from("A1").unwrap(), &mut encoder));
    Bytes::copy_from_slice(encoder.text())
}

/// What a framer makes of octets, in pieces of so many, streamed literals in their places; and the items of APPEND.
fn framed(octets: &[u8], step: usize) -> (Vec<Bytes>, Vec<AppendItem>) {
    let (mut framer, mut rx) = (Framer::new(Side::Commands), RecvBuf::default());
    let limits = FrameLimits::commands(&Limits::new());
    let (mut all, mut whole, mut items, mut reader) =
        (Vec::new(), Vec::new(), Vec::new(), None::<AppendReader>);
    for piece in octets.chunks(step) {
        rx.feed(piece);
        while let Ok(Some(frame)) = framer.step(&mut rx, &limits) {
            match frame {
                Frame::Whole(frame) => all.push(frame),
                Frame::Begin { head, .. } => {
                    whole.extend_from_slice(&head);
                    match &mut reader {
                        Some(reader) => items.extend(reader.next(&head).unwrap()),
                        None => {
                            let (_, begun, first) = AppendReader::begin(&head, Dialect::REV1).unwrap();
                            items.extend(first);
                            reader = Some(begun);
                        }
                    }
                }
                Frame::Chunk(chunk) => whole.extend_from_slice(&chunk),
                Frame::End(rest) => {
                    whole.extend_from_slice(&rest);
                    items.extend(reader.take().unwrap().end(&rest).unwrap());
                    all.push(std::mem::take(&mut whole).into());
                }
                Frame::TooLarge { .. } => panic!("too large"),
                _ => {}
            }
        }
    }
    (all, items)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn what_is_written_is_read_as_the_same(command in command(), utf8 in any::<bool>()) {
        let dialect = if utf8 { Dialect::UTF8 } else { Dialect::REV1 };
        for literals in [Literals::Synchronizing, Literals::Minus, Literals::Plus, Literals::Server] {
            let wire = encoded(&command, literals, dialect);
            let frame = wire.slice(..wire.len() - 2);
            let (tag, again) = Command::parse(&frame, dialect)
                .map_err(|error| TestCaseError::fail(format!("{}: {error}", wire.escape_ascii())))?;
            prop_assert_eq!(tag.as_str(), "A1");
            prop_assert_eq!(&again, &command, "{}", wire.escape_ascii());
            prop_assert_eq!(again.name(), command.name());
        }
    }

    #[test]
    fn what_is_written_is_one_command(command in command(), step in 1..50_usize) {
        for literals in [Literals::Synchronizing, Literals::Plus] {
            let wire = encoded(&command, literals, Dialect::REV1);
            let (frames, items) = framed(&[&wire[..], b"A2 NOOP\r\n"].concat(), step);
            prop_assert_eq!(frames.len(), 2, "{}", wire.escape_ascii());
            prop_assert_eq!(&frames[0], &wire.slice(..wire.len() - 2));
            prop_assert_eq!(&frames[1], "A2 NOOP");
            // Literals are waited for where the pieces of the encoder wait.
            let mut encoder = Encoder::new(literals, Dialect::REV1);
            command.encode(&Tag::try_from("A1").unwrap(), &mut encoder);
            let joined: Vec<u8> = encoder.into_pieces().flat_map(|piece| piece.octets).collect();
            prop_assert_eq!(&joined[..], &wire[..]);
            if let (Command::Append(append), false) = (&command, items.is_empty()) {
                let ends = items.iter().filter(|item| **item == AppendItem::End).count();
                prop_assert_eq!(ends, append.messages.len());
            }
        }
    }

    #[test]
    fn what_is_sent_later_makes_no_difference(append in append(), later in vec(any::<bool>(), 20)) {
        let whole = encoded(&Command::Append(append.clone()), Literals::Plus, Dialect::REV1);
        let (mut piecewise, mut contents, mut at) = (append, Vec::new(), 0);
        let mut change = |data: &mut MessageData| {
            if later[at % later.len()] {
                contents.push(data.data().unwrap().clone());
                let streamed = MessageData::streamed(data.octets());
                *data = if data.is_literal8() { streamed.literal8() } else { streamed };
            }
            at += 1;
        };
        for message in &mut piecewise.messages {
            match &mut message.data {
                AppendData::Message(data) | AppendData::Utf8(data) => change(data),
                AppendData::Catenate(parts) => {
                    for part in parts {
                        if let CatPart::Text(data) | CatPart::Utf8(data) = part {
                            change(data);
                        }
                    }
                }
                _ => {}
            }
        }
        prop_assert_eq!(piecewise.streamed().count(), contents.len());
        let mut encoder = Encoder::new(Literals::Plus, Dialect::REV1);
        let mut complete = Command::Append(piecewise.clone()).encode(&Tag::try_from("A1").unwrap(), &mut encoder);
        let mut wire = encoder.text().to_vec();
        for (index, content) in contents.iter().enumerate() {
            prop_assert!(!complete);
            wire.extend_from_slice(content);
            let mut encoder = Encoder::new(Literals::Plus, Dialect::REV1);
            complete = piecewise.encode_next(index, &mut encoder);
            wire.extend_from_slice(encoder.text());
        }
        prop_assert!(complete);
        prop_assert_eq!(Bytes::from(wire), whole);
    }

    #[test]
    fn every_beginning_is_an_error_or_a_command(command in command()) {
        let wire = encoded(&command, Literals::Plus, Dialect::REV1);
        for end in 0..wire.len().min(600) {
            if let Ok((_, command)) = Command::parse(&wire.slice(..end), Dialect::REV1) {
                let again = encoded(&command, Literals::Server, Dialect::REV1);
                let frame = again.slice(..again.len() - 2);
                prop_assert_eq!(Command::parse(&frame, Dialect::REV1).unwrap().1, command);
            }
            let _ = AppendReader::begin(&wire.slice(..end), Dialect::REV1);
        }
    }

    #[test]
    fn no_octets_are_too_much(octets in octets(), utf8 in any::<bool>()) {
        let dialect = if utf8 { Dialect::UTF8 } else { Dialect::REV1 };
        let _ = Command::parse(&octets, dialect);
        for verb in ["LOGIN ", "AUTHENTICATE ", "SELECT ", "CREATE ", "FETCH 1 ", "UID STORE 1 ", "APPEND ", "APPEND x ",
            "APPEND x CATENATE (", "REPLACE ", "X ", "FETCH 1 BODY[", "SELECT x (", "STORE 1 ("] {
            let frame = Bytes::from([b"a ", verb.as_bytes(), &octets[..]].concat());
            if let Ok((_, command)) = Command::parse(&frame, dialect) {
                let again = encoded(&command, Literals::Server, dialect);
                prop_assert_eq!(Command::parse(&again.slice(..again.len() - 2), dialect).unwrap().1, command);
            }
            let _ = AppendReader::begin(&frame, dialect);
        }
        let _ = Parameter::parse(&octets);
        let _ = UnknownCommand::new(Atom::from_static("X"), octets);
    }

    #[test]
    fn what_is_nearly_a_command(command in command(), at in any::<prop::sample::Index>(), octet in any::<u8>()) {
        let wire = encoded(&command, Literals::Plus, Dialect::REV1);
        let mut changed = wire.slice(..wire.len() - 2).to_vec();
        let place = at.index(changed.len());
        changed[place] = octet;
        if let Ok((tag, command)) = Command::parse(&changed.into(), Dialect::REV1) {
            let mut encoder = Encoder::new(Literals::Server, Dialect::REV1);
            prop_assert!(command.encode(&tag, &mut encoder));
            let again = Bytes::copy_from_slice(encoder.text().strip_suffix(b"\r\n").unwrap());
            let read = Command::parse(&again, Dialect::REV1);
            prop_assert!(read.is_ok(), "{}", again.escape_ascii());
        }
    }
}
