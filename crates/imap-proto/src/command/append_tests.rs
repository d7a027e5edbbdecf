use bytes::Bytes;

use super::tests::{back, parse, pieces, refused, written};
use super::*;
use crate::{
    DateTime, Dialect, Flag, Flags, Literals, Seq, SeqSet,
    frame::{Frame, FrameLimits, Framer, Side},
};

fn append(text: &str) -> Append {
    let Command::Append(append) = parse(text) else { panic!("{text}") };
    append
}

const ALL: [&str; 14] = [
    // RFC 9051 section 6.3.12
    "A003 APPEND saved-messages (\\Seen) {5}\r\nhello",
    "a APPEND \"a b\" {0}\r\n",
    "a APPEND INBOX (\\Seen $x) \"17-Jul-1996 02:44:25 -0700\" {1}\r\n)",
    // RFC 3502 section 6.3.11
    "A003 APPEND saved-messages (\\Seen) {3}\r\none (\\Seen) \" 7-Feb-1994 22:43:04 -0800\" {3}\r\ntwo {0}\r\n",
    // RFC 3516 section 4.4
    "a APPEND x ~{3}\r\na\0b",
    // RFC 9755 section 4
    "a APPEND x (\\Seen) UTF8 (~{2}\r\nab) UTF8 (~{1}\r\n)) {1}\r\nx",
    // RFC 4469 section 5
    "A003 APPEND Drafts (\\Seen \\Draft $MDNSent) CATENATE (\
     URL \"/Drafts;UIDVALIDITY=385759045/;UID=20/;section=HEADER\" \
     TEXT {2}\r\n\r\n URL \"/Drafts;UIDVALIDITY=385759045/;UID=20/;section=1.MIME\" \
     TEXT {3}\r\n--x URL \"/Drafts\" TEXT {1}\r\ny)",
    "a APPEND x CATENATE (URL \"/a\") CATENATE (TEXT ~{1}\r\n\0) {1}\r\nz",
    "a APPEND x CATENATE (UTF8 (~{1}\r\na) URL \"/b\" UTF8 (~{1}\r\nc))",
    "a APPEND {2}\r\n\u{e4} {1}\r\nx",
    // RFC 8508 section 3.1
    "A003 REPLACE 4 Drafts (\\Seen \\Draft) {3}\r\nabc",
    "A003 UID REPLACE 2000 Drafts \"17-Jul-1996 02:44:25 -0700\" ~{1}\r\na",
    "a UID REPLACE * x UTF8 (~{1}\r\na)",
    "a REPLACE 1 x CATENATE (URL \"/a\" TEXT {1}\r\nb)",
];

#[test]
fn examples_of_the_rfcs() {
    for text in ALL {
        back(text);
    }
    let catenate = append("a append x catenate (url /a url {2}\r\n/b text {1+}\r\nc)");
    let [AppendMessage { data: AppendData::Catenate(parts), .. }] = &catenate.messages[..] else { panic!() };
    assert_eq!(parts.len(), 3);
    assert_eq!(parts[1], CatPart::Url(Text::try_from("/b").unwrap()));
    // A message of no parts is one without octets.
    let none = AppendMessage::new(AppendData::Catenate(vec![]));
    assert_eq!(
        written(&Command::Append(Append::new(MailboxName::INBOX, none))),
        "a APPEND INBOX {0}\r\n\r\n"
    );
}

#[test]
fn what_is_wrong() {
    for (text, at) in [
        ("a APPEND", 8),
        ("a APPEND x", 10),
        ("a APPEND x ", 11),
        ("a APPEND x (", 12),
        ("a APPEND x (\\Seen)", 18),
        ("a APPEND x (\\*) {0}\r\n", 11),
        ("a APPEND x () () {0}\r\n", 14),
        ("a APPEND x hello", 11),
        ("a APPEND x \"hello\"", 11),
        // date-day-fixed
        ("a APPEND x \"1-Jan-2024 00:00:00 +0000\" {0}\r\n", 11),
        ("a APPEND x \"31-Feb-2024 00:00:00 +0000\" {0}\r\n", 11),
        ("a APPEND x {1}\r\n", 16),
        ("a APPEND x {1}\na", 11),
        ("a APPEND x {9223372036854775808}\r\na", 11),
        ("a APPEND x {9223372036854775807}\r\na", 34),
        ("a APPEND x {1}\r\nab", 17),
        ("a APPEND x {1}\r\n\0", 16),
        ("a APPEND x {1}\r\na ", 18),
        ("a APPEND x UTF8 {1}\r\na", 16),
        ("a APPEND x UTF8 ({1}\r\na)", 17),
        ("a APPEND x UTF8 (~{1}\r\na", 24),
        ("a APPEND x CATENATE ()", 21),
        ("a APPEND x CATENATE (URL \"/a\"", 29),
        ("a APPEND x CATENATE (TEXT \"a\")", 26),
        ("a APPEND x CATENATE (URL /a,TEXT {1}\r\nb)", 33),
        ("a APPEND x CATENATE (CATENATE (URL /a))", 21),
        ("a REPLACE 1", 11),
        ("a REPLACE 1:2 x {0}\r\n", 11),
        ("a REPLACE 0 x {0}\r\n", 10),
        ("a REPLACE $ x {0}\r\n", 10),
        ("a REPLACE 1 x", 13),
        ("a REPLACE 1 x {1}\r\na {1}\r\nb", 20),
    ] {
        refused(text, at);
    }
}

#[test]
fn octets_that_are_here_wait_for_the_server() {
    let command = parse("a APPEND x (\\Seen) {3}\r\none {3+}\r\ntwo");
    let all: Vec<_> = pieces(&command).map(|piece| (piece.octets, piece.waits)).collect();
    assert_eq!(
        all,
        [
            ("a APPEND x (\\Seen) {3}\r\n".into(), true),
            ("one {3}\r\n".into(), true),
            ("two\r\n".into(), false)
        ]
    );
}

/// Takes away the octets of all literals, or of every second one.
fn later(append: &Append, every: usize) -> Append {
    let mut count = 0;
    let mut data = |data: &MessageData| {
        count += 1;
        if count % every != 0 {
            return data.clone();
        }
        let streamed = MessageData::streamed(data.octets());
        if data.is_literal8() { streamed.literal8() } else { streamed }
    };
    let mut append = append.clone();
    for message in &mut append.messages {
        match &mut message.data {
            AppendData::Message(one) | AppendData::Utf8(one) => *one = data(one),
            AppendData::Catenate(parts) => {
                for part in parts {
                    if let CatPart::Text(one) | CatPart::Utf8(one) = part {
                        *one = data(one);
                    }
                }
            }
        }
    }
    append
}

/// The octets of every literal that is a message or a part.
fn contents(append: &Append) -> Vec<Bytes> {
    let parts = append.messages.iter().flat_map(|message| match &message.data {
        AppendData::Message(one) | AppendData::Utf8(one) => vec![one],
        AppendData::Catenate(parts) => parts
            .iter()
            .filter_map(|part| match part {
                CatPart::Text(one) | CatPart::Utf8(one) => Some(one),
                CatPart::Url(_) => None,
            })
            .collect(),
    });
    parts.map(|one| one.data().unwrap().clone()).collect()
}

#[test]
fn what_is_sent_later_makes_no_difference_on_the_wire() {
    for text in ALL.iter().filter(|text| text.contains("APPEND")) {
        let whole = append(text);
        for (every, literals) in [(1, Literals::Server), (2, Literals::Server), (1, Literals::Plus)] {
            let piecewise = later(&whole, every);
            let new = || Encoder::new(literals, Dialect::REV1);
            let tag = Tag::try_from("a").unwrap();
            let mut expected = new();
            assert!(Command::Append(whole.clone()).encode(&tag, &mut expected));
            let mut sent = new();
            let mut complete = Command::Append(piecewise.clone()).encode(&tag, &mut sent);
            let mut wire = sent.text().to_vec();
            let later: Vec<_> = contents(&whole).into_iter().skip(every - 1).step_by(every).collect();
            assert_eq!(piecewise.streamed().count(), later.len());
            for (index, (octets, content)) in piecewise.streamed().zip(later).enumerate() {
                assert!(!complete && wire.ends_with(b"}\r\n") && octets == content.len() as u64);
                wire.extend_from_slice(&content);
                let mut next = new();
                complete = piecewise.encode_next(index, &mut next);
                wire.extend_from_slice(next.text());
            }
            assert!(complete);
            assert_eq!(wire.escape_ascii().to_string(), expected.text().escape_ascii().to_string());
            let mut none = new();
            assert!(piecewise.encode_next(piecewise.streamed().count(), &mut none));
            assert!(piecewise.encode_next(usize::MAX, &mut none) && none.is_empty());
        }
    }
}

#[test]
fn one_is_waited_for_and_the_other_is_not() {
    let message = |octets| AppendMessage::new(AppendData::Utf8(MessageData::streamed(octets)));
    let mut append = Append::new(MailboxName::INBOX, message(4097));
    append.messages.push(message(4096));
    let waits = |write: &dyn Fn(&mut Encoder)| {
        let mut encoder = Encoder::new(Literals::Minus, Dialect::REV1);
        write(&mut encoder);
        encoder.into_pieces().map(|piece| (piece.octets, piece.waits)).collect::<Vec<_>>()
    };
    let tag = Tag::try_from("a").unwrap();
    let first = waits(&|encoder| {
        Command::Append(append.clone()).encode(&tag, encoder);
    });
    assert_eq!(first, [("a APPEND INBOX UTF8 (~{4097}\r\n".into(), true)]);
    let second = waits(&|encoder| assert!(!append.encode_next(0, encoder)));
    assert_eq!(second, [(") UTF8 (~{4096+}\r\n".into(), false)]);
    let end = waits(&|encoder| assert!(append.encode_next(1, encoder)));
    assert_eq!(end, [(")\r\n".into(), false)]);
}

#[test]
fn a_replacement_that_is_sent_later() {
    let data = AppendData::Catenate(vec![CatPart::Text(MessageData::streamed(3))]);
    let mut message = AppendMessage::new(data);
    message.flags = [Flag::SEEN, Flag::RECENT].into_iter().collect();
    message.date = DateTime::from_unix(0, 0);
    let replace = Replace::new(SeqSet::last(), MailboxName::INBOX, message).unwrap();
    let mut encoder = Encoder::new(Literals::Plus, Dialect::REV1);
    let command = Command::Replace(replace.clone());
    assert!(!command.encode(&Tag::try_from("a").unwrap(), &mut encoder));
    let head = "a REPLACE * INBOX (\\Seen) \" 1-Jan-1970 00:00:00 +0000\" CATENATE (TEXT {3+}\r\n";
    assert_eq!(encoder.text(), head.as_bytes());
    let mut encoder = Encoder::new(Literals::Plus, Dialect::REV1);
    assert!(replace.encode_next(0, &mut encoder));
    assert_eq!(encoder.text(), b")\r\n");
    assert!(
        Replace::new(
            SeqSet::range(Seq::new(1).unwrap(), Seq::new(2).unwrap()),
            MailboxName::INBOX,
            replace.with().clone()
        )
        .is_none()
    );
    assert!(Replace::new(SeqSet::saved(), MailboxName::INBOX, replace.with().clone()).is_none());
}

/// What a server makes of the pieces of a command.
fn items(text: &str) -> (AppendReader, Vec<AppendItem>) {
    let mut framer = Framer::new(Side::Commands);
    let limits = FrameLimits::commands(&crate::Limits::new());
    let mut rx = wire_core::RecvBuf::default();
    rx.feed(format!("{text}\r\n").as_bytes());
    let (mut reader, mut all) = (None::<AppendReader>, Vec::new());
    loop {
        match framer.step(&mut rx, &limits).unwrap().unwrap() {
            Frame::Begin { head, octets, waits } => {
                let items = match &mut reader {
                    Some(reader) => reader.next(&head).unwrap(),
                    None => {
                        let (_, begun, items) = AppendReader::begin(&head, Dialect::REV1).unwrap();
                        reader = Some(begun);
                        items
                    }
                };
                let Some(AppendItem::Literal { octets: announced, waits: waited, .. }) = items.last() else {
                    panic!()
                };
                assert_eq!((*announced, *waited), (octets, waits));
                all.extend(items);
            }
            Frame::End(rest) => {
                let mut reader = reader.unwrap();
                all.extend(reader.end(&rest).unwrap());
                return (reader, all);
            }
            _ => {}
        }
    }
}

#[test]
fn commands_in_pieces() {
    for text in ALL {
        let (reader, items) = items(text);
        let messages = items.iter().filter(|item| matches!(item, AppendItem::Message { .. })).count();
        assert_eq!(items.iter().filter(|item| **item == AppendItem::End).count(), messages);
        match parse(text) {
            Command::Append(append) => {
                assert_eq!((reader.mailbox(), reader.replaces()), (&append.mailbox, None));
                assert_eq!(messages, append.messages.len());
            }
            Command::Replace(replace) => {
                assert_eq!(
                    (reader.mailbox(), reader.replaces()),
                    (replace.mailbox(), Some(replace.message()))
                );
            }
            other => panic!("{other:?}"),
        }
    }
    let (_, items) = items(
        "a APPEND x (\\Seen) CATENATE (URL /a URL {2+}\r\n/b UTF8 (~{3}\r\nabc)) \" 7-Feb-1994 22:43:04 -0800\" {1}\r\nx",
    );
    let literal = |octets, literal8, waits, content| AppendItem::Literal { octets, literal8, waits, content };
    assert_eq!(
        items,
        [
            AppendItem::Message { flags: [Flag::SEEN].into_iter().collect(), date: None },
            AppendItem::Catenate,
            AppendItem::Url(Text::try_from("/a").unwrap()),
            literal(2, false, false, Content::Url),
            literal(3, true, true, Content::Utf8),
            AppendItem::End,
            AppendItem::Message {
                flags: Flags::new(),
                date: DateTime::parse(b"\" 7-Feb-1994 22:43:04 -0800\"").ok()
            },
            literal(1, false, true, Content::Octets),
            AppendItem::End,
        ]
    );
}

#[test]
fn pieces_that_are_none() {
    let begin = |text: &'static str| AppendReader::begin(&Bytes::from_static(text.as_bytes()), Dialect::REV1);
    for text in [
        "a FETCH 1 {3}\r\n",
        "a APPEND x {3}",
        "a APPEND x {3}\r\nabc",
        "a APPEND x",
        "+ APPEND x {3}\r\n",
        "a APPENDS x {1}\r\n",
    ] {
        assert!(begin(text).is_err(), "{text}");
    }
    let (_, reader, _) = begin("a APPEND x {3}\r\n").unwrap();
    for text in [" ", ")", "x", " {3}", " {3}\r\n", " (\\Seen)"] {
        assert!(reader.clone().end(&text.into()).is_err(), "{text:?}");
    }
    for text in ["", " ", " {3}", "{3}\r\n", " {3}\r\nx", ") {3}\r\n"] {
        assert!(reader.clone().next(&text.into()).is_err(), "{text:?}");
    }
    let (_, mut reader, _) = begin("a REPLACE 1 x {3}\r\n").unwrap();
    assert!(reader.next(&" {3}\r\n".into()).is_err());
    let (_, mut reader, _) = begin("a APPEND x CATENATE (TEXT {3}\r\n").unwrap();
    assert!(reader.clone().end(&"".into()).is_err());
    assert_eq!(reader.end(&" URL /a)".into()).unwrap().len(), 2);
}
