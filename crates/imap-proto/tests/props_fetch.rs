//! FETCH of any content: written and read again it is the same, and nothing that is read panics or takes long.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

use bytes::Bytes;
use imap_proto::frame::{Frame, FrameLimits, Framer, Side};
use imap_proto::{
    Address, AddressList, Addressee, Atom, BinaryItem, BinarySize, BodyItem, BodyPart, BodyStructure,
    DateTime, Dialect, Disposition, Encoder, Envelope, EnvelopeFields, Fetch, FetchBegin, FetchContinued,
    FetchItem, Flag, Literals, ModSeq, ObjectId, Parameters, PartFields, PartKind, PartPath, Response,
    Section, SectionText, Text, Uid, Untagged,
};
use proptest::prelude::*;
use wire_core::RecvBuf;

fn octets() -> BoxedStrategy<Bytes> {
    prop_oneof![
        "[ -~]{0,24}".prop_map(Bytes::from),
        "[a-z\"\\\\(){}\\[\\]<>@ ]{0,12}".prop_map(Bytes::from),
        "(NIL|nil|\"|\\)|\\{3\\}\r\nabc|ü|\t|\r\n){0,4}".prop_map(Bytes::from),
        prop::collection::vec(any::<u8>(), 0..40).prop_map(Bytes::from),
        (900_usize..1100).prop_map(|length| Bytes::from(vec![b'x'; length])),
    ]
    .boxed()
}

/// Any octets but NUL.
fn text() -> BoxedStrategy<Text> {
    octets()
        .prop_map(|octets| {
            Text::try_from(Bytes::from_iter(octets.iter().map(|&octet| octet.max(1)))).unwrap()
        })
        .boxed()
}

fn maybe_text() -> impl Strategy<Value = Option<Text>> {
    prop::option::of(text())
}

fn address() -> impl Strategy<Value = Address> {
    (maybe_text(), maybe_text(), text(), text()).prop_map(|(name, route, mailbox, host)| {
        // Angle brackets around an address are taken off when it is read.
        let mailbox = if mailbox.as_bytes().starts_with(b"<") { Text::new() } else { mailbox };
        Address { name, route, mailbox, host }
    })
}

fn addresses() -> BoxedStrategy<AddressList> {
    let group = (text(), prop::collection::vec(address(), 0..3)).prop_map(|(name, members)| {
        let mut all = vec![Addressee::GroupStart(name)];
        all.extend(members.into_iter().map(Addressee::Mailbox));
        all.push(Addressee::GroupEnd);
        all
    });
    let entry = prop_oneof![3 => address().prop_map(|one| vec![Addressee::Mailbox(one)]), 1 => group];
    prop::collection::vec(entry, 0..3).prop_map(|all| all.into_iter().flatten().collect()).boxed()
}

prop_compose! {
    fn any_envelope()(
        texts in [maybe_text(), maybe_text(), maybe_text(), maybe_text()],
        lists in [addresses(), addresses(), addresses(), addresses()],
        again in any::<bool>(),
    ) -> Envelope {
        let [date, subject, in_reply_to, message_id] = texts;
        let [from, to, cc, bcc] = lists;
        let (sender, reply_to) = if again { (from.clone(), from.clone()) } else { (bcc.clone(), cc.clone()) };
        EnvelopeFields { date, subject, from, sender, reply_to, to, cc, bcc, in_reply_to, message_id }.into()
    }
}

fn parameters() -> BoxedStrategy<Parameters> {
    prop_oneof![
        prop::collection::vec((text(), text()), 0..3).prop_map(|all| all.into_iter().collect()),
        Just([(Text::try_from("charset").unwrap(), Text::try_from("utf-8").unwrap())].into_iter().collect()),
        text().prop_map(|value| [(Text::try_from("name").unwrap(), value)].into_iter().collect()),
    ]
    .boxed()
}

prop_compose! {
    /// What every part has that is no multipart.
    fn any_fields(extensible: bool)(
        parameters in parameters(),
        texts in [maybe_text(), maybe_text(), maybe_text(), maybe_text()],
        encoding in prop_oneof![text(), Just(Text::try_from("base64").unwrap())],
        octets in 0..u64::MAX / 2,
        disposition in prop::option::of((text(), parameters())),
        languages in prop::collection::vec("[a-z]{2}", 0..3),
    ) -> PartFields {
        let [id, description, md5, location] = texts;
        let disposition = disposition.map(|(kind, parameters)| Disposition { kind, parameters });
        let languages = languages.iter().map(|one| Text::try_from(&one[..]).unwrap()).collect();
        let extended = PartFields { md5, disposition, languages, location, ..PartFields::default() };
        PartFields {
            parameters, id, description, encoding: Some(encoding), octets: Some(octets),
            ..if extensible { extended } else { PartFields::default() }
        }
    }
}

fn fields(extensible: bool) -> BoxedStrategy<PartFields> {
    any_fields(extensible).boxed()
}

fn envelope() -> BoxedStrategy<Envelope> {
    any_envelope().boxed()
}

fn leaf(extensible: bool) -> BoxedStrategy<BodyPart> {
    let types = prop_oneof![
        Just(("text", "plain")),
        Just(("TEXT", "HTML")),
        Just(("Text", "x")),
        Just(("image", "png")),
        Just(("multipart", "digest")),
        Just(("message", "delivery-status")),
        Just(("a\"", ""))
    ];
    (types, fields(extensible), 0..u64::MAX / 2)
        .prop_map(|((media_type, subtype), fields, lines)| {
            let text = |text: &str| Text::try_from(text).unwrap();
            let fields = PartFields { media_type: text(media_type), subtype: text(subtype), ..fields };
            let is_text = media_type.eq_ignore_ascii_case("text");
            BodyPart::new(
                fields,
                if is_text { PartKind::Text { lines: Some(lines) } } else { PartKind::Basic },
            )
        })
        .boxed()
}

fn part(extensible: bool) -> BoxedStrategy<BodyPart> {
    leaf(extensible)
        .prop_recursive(4, 12, 3, move |inner| {
            let multipart = (text(), fields(extensible), prop::collection::vec(inner.clone(), 1..4))
                .prop_map(move |(subtype, fields, parts)| {
                    let fields = PartFields {
                        parameters: if extensible { fields.parameters } else { Parameters::new() },
                        md5: None,
                        id: None,
                        description: None,
                        encoding: None,
                        octets: None,
                        ..fields
                    };
                    let fields =
                        PartFields { subtype, media_type: Text::try_from("multipart").unwrap(), ..fields };
                    BodyPart::new(fields, PartKind::Multipart { parts })
                });
            let message = (fields(extensible), envelope(), inner, 0..1000_u64).prop_map(
                |(fields, envelope, body, lines)| {
                    let text = |text: &str| Text::try_from(text).unwrap();
                    let fields =
                        PartFields { media_type: text("message"), subtype: text("RFC822"), ..fields };
                    let (envelope, body) = (Box::new(envelope), Box::new(body));
                    BodyPart::new(fields, PartKind::Message { envelope, body, lines: Some(lines) })
                },
            );
            prop_oneof![2 => multipart, 1 => message]
        })
        .boxed()
}

fn path() -> impl Strategy<Value = PartPath> {
    prop::collection::vec(1..u32::MAX, 0..4).prop_map(|numbers| PartPath::new(numbers).unwrap())
}

fn section() -> BoxedStrategy<Section> {
    let names = || prop::collection::vec(text(), 1..3);
    let what = prop_oneof![
        Just(SectionText::Whole),
        Just(SectionText::Header),
        Just(SectionText::Text),
        names().prop_map(SectionText::HeaderFields),
        names().prop_map(SectionText::HeaderFieldsNot)
    ];
    (path(), what, any::<bool>())
        .prop_map(|(part, text, mime)| {
            let text = if mime && !part.is_root() { SectionText::Mime } else { text };
            Section { part, text }
        })
        .boxed()
}

fn flag() -> impl Strategy<Value = Flag> {
    prop_oneof![
        Just(Flag::SEEN),
        Just(Flag::RECENT),
        Just(Flag::DELETED),
        Just(Flag::DRAFT),
        Just(Flag::FLAGGED),
        "[a-zA-Z$]{1,8}".prop_map(|word| Flag::keyword(&word).unwrap()),
        r"\\[a-zA-Z]{1,8}".prop_map(|word| Flag::try_from(&word[..]).unwrap()),
    ]
}

fn flag_list() -> impl Strategy<Value = String> {
    let words = [
        "\\Answered",
        "\\Flagged",
        "\\Deleted",
        "\\Seen",
        "\\Draft",
        "\\Recent",
        "\\seen",
        "\\New",
        "$Forwarded",
        "Jörg",
        "\\*",
        "a",
        "",
    ];
    prop_oneof![
        prop::sample::subsequence(words[..6].to_vec(), 0..=6),
        prop::collection::vec(prop::sample::select(words.to_vec()), 0..5),
    ]
    .prop_map(|words| words.join(" "))
}

fn date() -> impl Strategy<Value = Option<DateTime>> {
    prop::option::of((0..4_000_000_000_i64, -720..720_i16))
        .prop_map(|date| date.map(|(seconds, zone)| DateTime::from_unix(seconds, zone).unwrap()))
}

fn id() -> impl Strategy<Value = Option<ObjectId>> {
    prop::option::of("[a-zA-Z0-9_-]{1,20}").prop_map(|id| id.map(|id| ObjectId::try_from(&id[..]).unwrap()))
}

fn data() -> impl Strategy<Value = Option<Bytes>> {
    prop::option::of(octets())
}

fn origin() -> impl Strategy<Value = Option<u64>> {
    prop::option::of(0..u64::MAX / 2)
}

fn unknown() -> impl Strategy<Value = FetchItem> {
    let raw =
        prop_oneof![Just("x"), Just("(a (b \"c)\") {1}\r\n))"), Just("\"a b\""), Just("()"), Just("-1")];
    ("X-[A-Z]{1,20}", raw)
        .prop_map(|(name, raw)| FetchItem::unknown(Atom::try_from(&name[..]).unwrap(), raw.into()).unwrap())
}

fn item() -> BoxedStrategy<FetchItem> {
    let boxed = |part: BodyPart| Box::new(BodyStructure::new(part));
    prop_oneof![
        prop::collection::vec(flag(), 0..4).prop_map(|flags| FetchItem::Flags(flags.into_iter().collect())),
        (0..u64::MAX / 2).prop_map(|modseq| FetchItem::ModSeq(ModSeq::new(modseq))),
        date().prop_map(FetchItem::InternalDate),
        (0..u64::MAX / 2).prop_map(|octets| FetchItem::Size(Some(octets))),
        envelope().prop_map(|envelope| FetchItem::Envelope(Box::new(envelope))),
        part(false).prop_map(move |part| FetchItem::Body(boxed(part))),
        part(true).prop_map(move |part| FetchItem::BodyStructure(boxed(part))),
        (section(), origin(), data()).prop_map(|(section, origin, data)| FetchItem::Section(Box::new(
            BodyItem { section, origin, data }
        ))),
        (path(), origin(), data()).prop_map(|(part, origin, data)| FetchItem::Binary(Box::new(BinaryItem {
            part,
            origin,
            data
        }))),
        (path(), any::<u32>())
            .prop_map(|(part, octets)| FetchItem::BinarySize(Box::new(BinarySize { part, octets }))),
        data().prop_map(FetchItem::Rfc822),
        data().prop_map(FetchItem::Rfc822Header),
        data().prop_map(FetchItem::Rfc822Text),
        id().prop_map(FetchItem::EmailId),
        id().prop_map(FetchItem::ThreadId),
        date().prop_map(FetchItem::SaveDate),
        maybe_text().prop_map(FetchItem::Preview),
        any::<u64>().prop_map(FetchItem::GmailMessageId),
        any::<u64>().prop_map(FetchItem::GmailThreadId),
        prop::collection::vec(text(), 0..3).prop_map(FetchItem::GmailLabels),
        unknown(),
    ]
    .boxed()
}

prop_compose! {
    fn fetch()(
        number in 1..u32::MAX,
        by_uid in any::<bool>(),
        uid in prop::option::of(1..u32::MAX),
        mut items in prop::collection::vec(item(), 0..5),
    ) -> Fetch {
        if let Some(uid) = uid {
            items.push(FetchItem::Uid(Uid::new(if by_uid { number } else { uid }).unwrap()));
        }
        Fetch { by_uid, ..Fetch::new(number, items) }
    }
}

fn written(response: &Response, dialect: Dialect) -> Bytes {
    let mut encoder = Encoder::new(Literals::Server, dialect);
    response.encode(&mut encoder);
    Bytes::copy_from_slice(encoder.text().strip_suffix(b"\r\n").unwrap())
}

/// Both readers, in every field.
#[test]
fn what_is_escaped_is_what_was_meant() {
    const MEANT: &str = r#"a "b" \c"#;
    let parameters = r#"("name" % "x" "y")"#;
    let part =
        format!(r#"("application" % {parameters} NIL % "7bit" 5 NIL ("inline" {parameters}) NIL NIL)"#);
    let list = "((% NIL \"a\" \"example.org\"))";
    let line = format!(
        "* 1 FETCH (ENVELOPE (% % {list} {list} NIL NIL NIL NIL NIL NIL) BODYSTRUCTURE {part} UID 3)"
    );
    let line = line.replace('%', r#""a \"b\" \\c""#);
    for line in [line.clone(), line.replace(" NIL", "  NIL")] {
        let Response::Untagged(Untagged::Fetch(fetch)) = Response::parse(&line.clone().into(), Dialect::REV1)
        else {
            panic!("{line}")
        };
        let (envelope, part) = (fetch.envelope().unwrap(), fetch.body_structure().unwrap().root().fields());
        assert!(envelope.date().unwrap() == MEANT && envelope.subject().unwrap() == MEANT);
        let Some(Addressee::Mailbox(address)) = envelope.from().iter().next() else { panic!("{line}") };
        assert_eq!(address.name.unwrap(), MEANT);
        assert!(part.subtype == MEANT && part.description.unwrap() == MEANT);
        assert_eq!(part.parameters.get("name").unwrap(), MEANT);
        assert_eq!(part.disposition.unwrap().parameters.get("NAME").unwrap(), MEANT);
        assert_eq!(fetch.uid(), Uid::new(3));
    }
}

/// The octets with something else in one place.
fn changed(octets: &[u8], at: usize, with: &[u8]) -> Bytes {
    let at = at % (octets.len() + 1);
    [&octets[..at], with, octets.get(at + 1..).unwrap_or_default()].concat().into()
}

proptest! {
    #[test]
    fn what_is_written_is_read(fetch in fetch(), utf8 in any::<bool>()) {
        let dialect = if utf8 { Dialect::UTF8 } else { Dialect::REV1 };
        let response = Response::Untagged(Untagged::Fetch(fetch));
        let octets = written(&response, dialect);
        prop_assert_eq!(&Response::parse(&octets, dialect), &response, "{:?}", octets);
        // What is read is written again as it was.
        prop_assert_eq!(written(&Response::parse(&octets, dialect), dialect), octets);
    }

    /// There are two readers: one of what most servers write, one of what the others do. They agree.
    #[test]
    fn spaces_change_nothing(fetch in fetch()) {
        let response = Response::Untagged(Untagged::Fetch(fetch));
        let octets = written(&response, Dialect::REV1);
        let strict = Response::parse(&octets, Dialect::REV1);
        // Outside of strings and literals a space more is as good.
        let (mut spaced, mut at) = (Vec::new(), 0);
        while at < octets.len() {
            match octets[at] {
                b'"' | b'[' => {
                    let close = if octets[at] == b'"' { b'"' } else { b']' };
                    let start = at;
                    at += 1;
                    while octets[at] != close {
                        if close == b']' && matches!(octets[at], b'"' | b'{') {
                            return Ok(());
                        }
                        at += 1 + usize::from(octets[at] == b'\\');
                    }
                    spaced.extend_from_slice(&octets[start..=at]);
                }
                b'{' => return Ok(()),
                b' ' if spaced.len() > 12 => spaced.extend_from_slice(b"  "),
                octet => spaced.push(octet),
            }
            at += 1;
        }
        prop_assert_eq!(Response::parse(&spaced.into(), Dialect::REV1), strict);
    }

    /// Flags are read where they arrived, or framed and read: that is the same, at every cut.
    #[test]
    fn flags_are_what_they_are(
        pieces in prop::collection::vec(
            prop_oneof![
                6 => (1..100_000_u32, flag_list(), 1..9_u32, 0..4_usize).prop_map(|(number, flags, uid, more)| {
                    let more = ["", " MODSEQ (917162500)", " RFC822.SIZE 4294967296", " X-NEW 1"][more];
                    format!("* {number} FETCH (FLAGS ({flags}) UID {uid}{more})\r\n")
                }),
                1 => (flag_list(), flag_list())
                    .prop_map(|(one, other)| format!("* 1 FETCH (UID 3 FLAGS ({one}) FLAGS ({other}) UID 3)\r\n")),
                1 => prop::sample::select(vec![
                    "* 1 FETCH (UID 3 UID 4)\r\n", "* 0 FETCH (UID 3)\r\n", "* 1 FETCH (UID 0)\r\n", "* 1 FETCH ()\r\n",
                    "* 4294967296 FETCH (UID 3)\r\n", "* 1 FETCH (UID 3) \r\n", "* 1 FETCH (UID 3)\n\r\n", "* 2 EXISTS\r\n",
                    "* 1 FETCH (FLAGS (\\Seen\r\n", "* 1 FETCH (MODSEQ (0))\r\n", "* 1 FETCH (UID 3 FLAGS (a {1}\r\nb))\r\n",
                    "* 1 FETCH (FLAGS () FLAGS () FLAGS () FLAGS () FLAGS () FLAGS ())\r\n", "A1 OK done\r\n",
                ]).prop_map(str::to_owned),
            ],
            0..50,
        ),
        cut in 1..300_usize,
    ) {
        let limits = FrameLimits::responses(&imap_proto::Limits::new());
        let octets = pieces.concat();
        let read = |quick: bool, cut: usize| {
            let (mut framer, mut rx, mut responses) = (Framer::new(Side::Responses), RecvBuf::default(), Vec::new());
            for chunk in octets.as_bytes().chunks(cut) {
                rx.feed(chunk);
                loop {
                    if quick && let Some(fetch) = framer.flags(&mut rx, &limits) {
                        responses.push(Response::Untagged(Untagged::Fetch(fetch)));
                        continue;
                    }
                    match framer.step(&mut rx, &limits).unwrap() {
                        Some(Frame::Whole(frame)) => responses.push(Response::parse(&frame, Dialect::REV1)),
                        Some(other) => panic!("{other:?}"),
                        None => break,
                    }
                }
            }
            (responses, rx.peek().to_vec())
        };
        let expected = read(false, octets.len().max(1));
        prop_assert_eq!(&read(true, octets.len().max(1)), &expected);
        prop_assert_eq!(&read(true, cut), &expected);
    }

    #[test]
    fn nothing_panics(octets in prop::collection::vec(any::<u8>(), 0..200), start in 0..8_usize) {
        let starts = ["", "* 1 FETCH (", "* 1 FETCH (ENVELOPE (", "* 1 FETCH (BODYSTRUCTURE (", "* OK [", "A1 ", "* ", "* 1 FETCH (BODY["];
        let octets = [starts[start].as_bytes(), &octets].concat();
        let response = Response::parse(&octets.into(), Dialect::REV1);
        std::hint::black_box(format!("{response:?}"));
        written(&response, Dialect::REV1);
    }

    #[test]
    fn nothing_that_was_changed_panics(
        fetch in fetch(), at in any::<usize>(), with in "[\"(){}\\\\ \\[\\]NIL0-9\r\n]{0,3}", end in any::<usize>(),
    ) {
        let octets = written(&Response::Untagged(Untagged::Fetch(fetch)), Dialect::REV1);
        let octets = changed(&octets, at, with.as_bytes());
        let response = Response::parse(&octets, Dialect::REV1);
        std::hint::black_box(format!("{response:?}"));
        // What was understood is understood again, but for an item that is not known and has no value, for the next would be it, or
        // one that is a value by a leniency that another item may have asked for.
        if let Response::Untagged(Untagged::Fetch(fetch)) = &response && fetch.damaged().next().is_none()
            && !fetch.items.iter().any(|item| matches!(item, FetchItem::Unknown(item)
                if FetchItem::unknown(item.name.clone(), item.raw.clone()).is_err())) {
            let wire = written(&response, Dialect::REV1);
            let again = Response::parse(&wire, Dialect::REV1);
            // What a structure has by leniency alone the grammar may have no place for: a size that was not told is written as 0, and
            // BODY has no extension data.
            if fetch.body_structure().is_none() {
                prop_assert_eq!(&again, &response, "{:?}", octets);
            }
            prop_assert_eq!(written(&again, Dialect::REV1), wire, "{:?}", octets);
        }
        let head = octets.slice(..end % (octets.len() + 1));
        std::hint::black_box(FetchBegin::parse(&head, Dialect::REV1).is_ok());
        std::hint::black_box(FetchContinued::parse(&head, None, Dialect::REV1).is_ok());
    }
}

#[test]
fn the_work_is_that_of_the_octets() {
    // Each would take minutes if any of it was looked at again and again.
    let many = |piece: &str| piece.repeat(500_000 / piece.len());
    for start in [
        "* 1 FETCH (",
        "* 1 FETCH (ENVELOPE (",
        "* 1 FETCH (BODYSTRUCTURE (\"a\" ",
        "* 1 FETCH (X (",
        "* OK [X ",
    ] {
        for piece in [
            "\"a\"x ",
            "\"a",
            "[",
            "{",
            "{1}",
            "(",
            ")",
            "(\"a\"",
            "ENVELOPE (\"a\" x) ",
            "UID ",
            "UID \"a\" ",
            "\\",
            "\"\\\" ",
            "PREVIEW \"a\"x ",
            "(\"text\" NIL ",
            "(\"text\" \"plain\" NIL NIL NIL \"7bit\" 1 x ",
            "BODY[",
            "NIL ",
            "(NIL NIL ",
            "((\"a\" NIL \"b\"c\" \"d\")) ",
            "]",
            "{0}\r\n",
            "X-A {99} ",
            "FLAGS (",
            "~{",
            "\"a\" \"b\"c ",
        ] {
            let octets = Bytes::from(format!("{start}{}", many(piece)));
            std::hint::black_box(Response::parse(&octets, Dialect::REV1));
        }
    }
}

#[test]
fn what_is_held_is_bounded() {
    // Items, parts and labels that cost more than their octets.
    for (start, piece) in [
        ("* 1 FETCH (", "A b "),
        ("* 1 FETCH (BODYSTRUCTURE (", "(\"a\")"),
        ("* 1 FETCH (X-GM-LABELS (", "a "),
    ] {
        let octets = Bytes::from(format!("{start}{}))", piece.repeat(100_000)));
        let response = Response::parse(&octets, Dialect::REV1);
        match response {
            Response::Untagged(Untagged::Damaged(_)) => {}
            Response::Untagged(Untagged::Fetch(fetch)) => assert_eq!(fetch.damaged().count(), 1, "{start}"),
            other => panic!("{other:?}"),
        }
    }
}
