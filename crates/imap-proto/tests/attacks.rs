//! The rows of the attack vectors that are aimed at the grammar of commands and at what writes them.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod commands;

use bytes::Bytes;
use commands::{command, row, rows, server};
use imap_proto::command::{
    AppendItem, AppendReader, FetchAttribute, FetchCommand, Login, Store, StoreAction, UnknownCommand,
};
use imap_proto::frame::{Frame, FrameLimits, Framer, Side};
use imap_proto::list::ListPattern;
use imap_proto::{
    Atom, Command, Dialect, Encoder, Expected, Flag, Limit, Limits, Literals, MailboxName, MessageSet,
    Section, Seq, Tag, Text,
};
use wire_core::RecvBuf;

/// The only command of a row, which is refused: whether there is a tag to answer to, and why.
fn refused(id: &str) -> (bool, Expected) {
    let (mut all, error) = server(&row(id).bytes(), Dialect::REV1);
    assert_eq!((all.len(), error), (1, None), "{id}");
    let error = all.pop().unwrap().unwrap_err();
    (error.tag.is_some(), error.error.expected())
}

/// A row blown up to more than a server reads in one line.
fn too_long(id: &str) {
    let row = row(id);
    let count = row.repetitions().unwrap().min(100_000);
    let (all, error) = server(&row.blown_up(count), Dialect::REV1);
    assert_eq!((all.len(), error), (0, Some(Limit::Line(Limits::new().line))), "{id}");
}

/// A row blown up, as far as it fits into a line.
fn blown_up(id: &str, count: usize) -> Result<Command, Expected> {
    let octets = row(id).blown_up(count);
    let frame = Bytes::from(octets.strip_suffix(b"\r\n").unwrap().to_vec());
    Command::parse(&frame, Dialect::REV1).map(|(_, command)| command).map_err(|error| error.error.expected())
}

fn fetch(command: Command) -> FetchCommand {
    let Command::Fetch(fetch) = command else { panic!("{command:?}") };
    fetch
}

/// What a client writes, however it may send literals: never more than one command for who reads it.
fn written(command: &Command) -> String {
    let tag = Tag::try_from("A1").unwrap();
    for literals in [Literals::Synchronizing, Literals::Minus, Literals::Plus] {
        let mut encoder = Encoder::new(literals, Dialect::REV1);
        assert!(command.encode(&tag, &mut encoder));
        let (all, error) = server(encoder.text(), Dialect::REV1);
        assert_eq!((all.len(), error), (1, None), "{}", encoder.text().escape_ascii());
        assert_eq!(all[0], Ok((tag.clone(), command.clone())));
    }
    let mut encoder = Encoder::new(Literals::Plus, Dialect::REV1);
    command.encode(&tag, &mut encoder);
    String::from_utf8_lossy(encoder.text()).into_owned()
}

macro_rules! rows {
    ($($name:ident $id:literal $check:expr;)*) => {
        $(#[test] fn $name() { let check: fn(&str) = $check; check($id); })*
        const TESTED: &[&str] = &[$($id),*];
    };
}

rows! {
    attack_inj_17 "INJ-17" |id| {
        let login = Command::login("u\r\nA2 DELETE INBOX\r\n", "p").unwrap();
        assert_eq!(written(&login), "A1 LOGIN {20+}\r\nu\r\nA2 DELETE INBOX\r\n \"p\"\r\n");
        let login = Command::login("u", "p\r\nA2 DELETE INBOX").unwrap();
        assert_eq!(written(&login), "A1 LOGIN u {18+}\r\np\r\nA2 DELETE INBOX\r\n");
        assert!(Command::login("u\0", "p").is_err() && Command::login("u", "p\0").is_err());
        // What a builder that quotes everything would send is refused.
        let (all, _) = server(&row(id).bytes(), Dialect::REV1);
        assert!(all[0].is_err());
    };
    attack_inj_18 "INJ-18" |id| {
        // Nothing takes text of the protocol for a command that is known, and nothing that is taken leaves its command.
        let octets = row(id).bytes();
        let arguments = Bytes::from(octets.strip_prefix(b"A1 SEARCH ").unwrap().to_vec());
        assert!(UnknownCommand::new(Atom::from_static("search"), "SUBJECT x".into()).is_none());
        assert!(UnknownCommand::new(Atom::from_static("UID"), "SEARCH SUBJECT x".into()).is_none());
        assert!(UnknownCommand::new(Atom::from_static("XSEARCH"), arguments).is_none());
        for arguments in ["a {0+}", "a {5}", "a ~{3+}", "a\nb", "a\rb", "a\0"] {
            assert!(UnknownCommand::new(Atom::from_static("X"), arguments.into()).is_none(), "{arguments:?}");
        }
        let literal = UnknownCommand::new(Atom::from_static("X"), "a {18}\r\nA2 DELETE INBOX\r\nx b".into()).unwrap();
        assert_eq!(written(&Command::Unknown(literal)), "A1 X a {18+}\r\nA2 DELETE INBOX\r\nx b\r\n");
    };
    attack_inj_19 "INJ-19" |id| {
        for flag in ["Seen)\r\nA2 LOGOUT", "a b", "a)", "(a", "a\n", "", "\\", "a{3}", "\\Seen\\x", "\u{e4}"] {
            assert!(Flag::try_from(flag).is_err(), "{flag:?}");
            assert!(Flag::keyword(flag).is_err(), "{flag:?}");
        }
        let (all, _) = server(&row(id).bytes(), Dialect::REV1);
        let store = Store::flags(Seq::new(1).unwrap(), StoreAction::Add, [Flag::SEEN]);
        assert_eq!(all[0].as_ref().unwrap().1, Command::Store(store.clone()));
        assert_eq!(written(&Command::Store(store)), "A1 STORE 1 +FLAGS (\\Seen)\r\n");
    };
    attack_inj_20 "INJ-20" |id| {
        let (all, _) = server(&row(id).bytes(), Dialect::REV1);
        assert!(all[0].is_err());
    };
    attack_inj_21 "INJ-21" |id| {
        let name = MailboxName::new(row(id).text("input")).unwrap();
        assert_eq!(written(&Command::Delete(name)), "A1 DELETE \"a\\\" \\\"b\"\r\n");
        assert_eq!(refused(id), (true, Expected::List));
        assert!(MailboxName::new("a\r\nA2 LOGOUT").is_err());
        // What a server has called a mailbox is sent back as a literal.
        let raw = MailboxName::from_utf7(b"a\r\nA2 LOGOUT");
        assert_eq!(written(&Command::Delete(raw)), "A1 DELETE {12+}\r\na\r\nA2 LOGOUT\r\n");
    };
    attack_inj_24 "INJ-24" |id| {
        let Command::Login(login) = command(id) else { panic!() };
        assert_eq!((login.user().as_bytes(), login.user().len()), (&Bytes::from("u\r\nset a 1 1"), 12));
        assert_eq!(login.password().expose(), b"p");
    };
    attack_inj_25 "INJ-25" |id| {
        let Command::Login(login) = command(id) else { panic!() };
        assert_eq!(login.user(), &"' OR '1'='1");
    };
    attack_alpaca_02 "ALPACA-02" |id| {
        let (all, _) = server(&row(id).bytes(), Dialect::REV1);
        let (Ok((_, Command::Unknown(_))) | Err(_)) = &all[0] else { panic!("{:?}", all[0]) };
        assert!(all[1..].iter().all(|one| !matches!(one, Ok((_, command)) if !matches!(command, Command::Unknown(_)))));
    };
    attack_alpaca_06 "ALPACA-06" |id| {
        let mut octets = row(id).bytes();
        octets.extend_from_slice(b"\r\n");
        let (all, _) = server(&octets, Dialect::REV1);
        assert!(all.iter().all(|one| one.as_ref().unwrap_err().tag.is_none()));
    };
    attack_imaps_03 "IMAPS-03" |id| assert_eq!(refused(id), (true, Expected::Literal));
    attack_imaps_04 "IMAPS-04" |id| assert_eq!(refused(id), (true, Expected::Literal));
    attack_imaps_07 "IMAPS-07" |id| {
        too_long(id);
        // Literals that are sent too: the command is passed over.
        let mut octets = b"A1 SEARCH".to_vec();
        for _ in 0..2000 {
            octets.extend_from_slice(b" SUBJECT {1024+}\r\n");
            octets.extend_from_slice(&[b'x'; 1024]);
        }
        let mut framer = Framer::new(Side::Commands);
        let mut rx = RecvBuf::default();
        let limits = FrameLimits::commands(&Limits::new());
        for piece in octets.chunks(4096) {
            rx.feed(piece);
            assert_eq!(framer.step(&mut rx, &limits), Ok(None));
            assert!(rx.len() <= limits.frame + 4096);
        }
        rx.feed(b"\r\n");
        assert!(matches!(framer.step(&mut rx, &limits), Ok(Some(Frame::TooLarge { .. }))));
    };
    attack_imaps_08 "IMAPS-08" |id| {
        assert_eq!(refused(id), (true, Expected::Name));
        too_long(id);
        assert_eq!(blown_up(id, 10_000), Err(Expected::Name));
    };
    attack_imaps_11 "IMAPS-11" |id| too_long(id);
    attack_imaps_13 "IMAPS-13" |id| assert_eq!(refused(id), (false, Expected::Tag));
    attack_imaps_14 "IMAPS-14" |id| assert_eq!(refused(id), (false, Expected::Tag));
    attack_imaps_16 "IMAPS-16" |id| {
        assert_eq!(refused(id), (true, Expected::String));
        let (all, _) = server(b"A1 LOGIN {3+}\r\na\0b c\r\n", Dialect::REV1);
        assert_eq!(all[0].as_ref().unwrap_err().error.expected(), Expected::Literal);
    };
    attack_imaps_17 "IMAPS-17" |id| assert_eq!(refused(id), (true, Expected::String));
    attack_imaps_18 "IMAPS-18" |id| {
        let MessageSet::Seq(set) = fetch(command(id)).messages else { panic!() };
        assert_eq!((set.written().count(), set.count(3), set.numbers(3).count()), (1, 3, 3));
    };
    attack_imaps_20 "IMAPS-20" |id| {
        let MessageSet::Seq(set) = fetch(command(id)).messages else { panic!() };
        assert_eq!((set.ranges(1000).count(), set.count(1000)), (1, 1000));
    };
    attack_imaps_21 "IMAPS-21" |id| assert_eq!(refused(id), (true, Expected::NonZero));
    attack_imaps_22 "IMAPS-22" |id| assert_eq!(refused(id), (true, Expected::NonZero));
    attack_imaps_23 "IMAPS-23" |id| {
        let MessageSet::Seq(set) = fetch(command(id)).messages else { panic!() };
        assert_eq!(set.numbers(9).map(u32::from).collect::<Vec<_>>(), [1, 2, 3, 4, 5]);
    };
    attack_imaps_24 "IMAPS-24" |id| {
        let MessageSet::Seq(set) = fetch(command(id)).messages else { panic!() };
        assert_eq!((set.count(0), set.numbers(0).count()), (0, 0));
    };
    attack_imaps_25 "IMAPS-25" |id| {
        assert_eq!(fetch(command(id)).attributes.len(), 3);
        // The piece ends with a space, which must not stand before the parenthesis.
        let many = |count| format!("A1 FETCH 1 ({})", vec!["BODY.PEEK[]"; count].join(" "));
        let read = |count| Command::parse(&many(count).into(), Dialect::REV1);
        assert_eq!(fetch(read(FetchCommand::ATTRIBUTES).unwrap().1).attributes.len(), FetchCommand::ATTRIBUTES);
        assert_eq!(read(FetchCommand::ATTRIBUTES + 1).unwrap_err().error.expected(), Expected::Close);
        assert!(blown_up(id, 10_000).is_err());
        too_long(id);
    };
    attack_imaps_26 "IMAPS-26" |id| {
        let fetch = fetch(command(id));
        let [FetchAttribute::Body { partial: Some(partial), peek: true, .. }] = &fetch.attributes[..] else { panic!() };
        assert_eq!((partial.octets(), partial.range(100)), (i64::MAX.cast_unsigned(), 0..100));
        for huge in ["<9223372036854775807.9223372036854775807>", "<5.9223372036854775807>"] {
            let frame = format!("A1 FETCH 1 BODY[]{huge}").into();
            let Command::Fetch(fetch) = Command::parse(&frame, Dialect::REV1).unwrap().1 else { panic!() };
            let [FetchAttribute::Body { partial: Some(partial), .. }] = &fetch.attributes[..] else { panic!() };
            assert!(partial.range(10).end <= 10 && partial.range(u64::MAX).end < u64::MAX);
        }
        for wrong in ["<0.9223372036854775808>", "<0.18446744073709551616>", "<0.0>", "<0>", "<-1.1>", "<0.+1>"] {
            assert!(Command::parse(&format!("A1 FETCH 1 BODY[]{wrong}").into(), Dialect::REV1).is_err(), "{wrong}");
        }
    };
    attack_imaps_28 "IMAPS-28" |id| {
        let fetch = fetch(command(id));
        let [FetchAttribute::Body { section, .. }] = &fetch.attributes[..] else { panic!() };
        assert_eq!(section.part.numbers().len(), 8);
        assert_eq!(blown_up(id, 1000), Err(Expected::LessDepth));
        too_long(id);
    };
    attack_imaps_29 "IMAPS-29" |id| {
        assert_eq!(fetch(command(id)).attributes.len(), 1);
        let many = |count| Section::parse(format!("HEADER.FIELDS ({})", vec!["A"; count].join(" ")).as_bytes());
        assert!(many(1000).is_ok() && many(1001).is_err());
        assert!(blown_up(id, 10_000).is_err());
        too_long(id);
    };
    attack_imaps_31 "IMAPS-31" |id| {
        let Command::List(list) = command(id) else { panic!() };
        let pattern = list.patterns().next().unwrap();
        let name = |name: &str| MailboxName::new(name).unwrap();
        assert!(pattern.matches(&name("xaxaxaaxaxb"), Some('/')));
        // Work is that of the two lengths multiplied, at most.
        assert!(!pattern.matches(&name(&"a".repeat(50_000)), Some('/')));
        let many = ListPattern::new(&format!("{}b", "*a".repeat(500))).unwrap();
        assert!(!many.matches(&name(&"a".repeat(5000)), Some('/')));
    };
    attack_imaps_37 "IMAPS-37" |id| {
        assert_eq!(refused(id), (true, Expected::Mailbox));
        assert!(Command::parse(&"A1 RENAME a &2AA-".into(), Dialect::REV1).is_err());
        // A mailbox that is called so can be removed.
        assert!(Command::parse(&"A1 DELETE &2AA-".into(), Dialect::REV1).is_ok());
    };
    attack_imaps_40 "IMAPS-40" |id| {
        assert_eq!(refused(id), (true, Expected::Mailbox));
        for name in ["\"a\tb\"", "{3}\r\na\rb", "&AA0ACg-", "&ICg-", "&AIU-"] {
            assert!(Command::parse(&format!("A1 CREATE {name}").into(), Dialect::REV1).is_err(), "{name:?}");
        }
    };
    attack_imaps_42 "IMAPS-42" |id| {
        let Command::Select(select) = command(id) else { panic!() };
        assert_eq!(select.mailbox, MailboxName::INBOX);
        for text in ["A1 DELETE inbox", "A1 DELETE \"iNBOX\"", "A1 DELETE {5}\r\ninboX"] {
            assert_eq!(Command::parse(&text.into(), Dialect::UTF8).unwrap().1, Command::Delete(MailboxName::INBOX));
        }
    };
    attack_imaps_44 "IMAPS-44" |id| {
        let (mut framer, mut rx) = (Framer::new(Side::Commands), RecvBuf::default());
        rx.feed(&row(id).bytes());
        let mut limits = FrameLimits::commands(&Limits::new());
        limits.streamed = u64::MAX;
        let Ok(Some(Frame::Begin { head, octets, waits: true })) = framer.step(&mut rx, &limits) else { panic!() };
        let (_, reader, items) = AppendReader::begin(&head, Dialect::REV1).unwrap();
        assert_eq!(reader.mailbox(), &MailboxName::INBOX);
        let Some(AppendItem::Literal { octets: announced, waits: true, .. }) = items.last() else { panic!() };
        assert_eq!((*announced, octets), (99_999_999_999, 99_999_999_999));
        let _ = framer.refuse(&mut rx);
        rx.feed(b"A2 NOOP\r\n");
        assert_eq!(framer.step(&mut rx, &limits), Ok(Some(Frame::Whole("A2 NOOP".into()))));
    };
    attack_imaps_46 "IMAPS-46" |id| {
        assert!(matches!(command(id), Command::Store(_)));
        assert_eq!(row(id).repetitions(), Some(100_000));
        too_long(id);
    };
    attack_imaps_49 "IMAPS-49" |id| assert!(refused(id).0);
    attack_imaps_54 "IMAPS-54" |id| {
        let (all, _) = server(&row(id).bytes(), Dialect::REV1);
        let names: Vec<_> = all.iter().map(|one| one.as_ref().unwrap().1.name()).collect();
        assert_eq!(names, ["LOGOUT", "NOOP"]);
    };
    attack_imaps_60 "IMAPS-60" |id| {
        let Command::Replace(replace) = command(id) else { panic!() };
        assert_eq!(replace.message(), &MessageSet::from(Seq::new(u32::MAX).unwrap()));
        for text in ["A1 REPLACE 4294967296 INBOX {0}\r\n", "A1 REPLACE 0 INBOX {0}\r\n", "A1 REPLACE 1:2 INBOX {0}\r\n"] {
            assert!(Command::parse(&text.into(), Dialect::REV1).is_err(), "{text:?}");
        }
    };
    attack_misc_09 "MISC-09" |id| {
        let command = command(id);
        assert!(matches!(&command, Command::Login(_)));
        assert!(!format!("{command:?} {command:#?}").contains("secret"));
        let login = Login::new(Text::try_from("joe").unwrap(), "sec\r\nret").unwrap();
        let mut encoder = Encoder::new(Literals::Plus, Dialect::REV1);
        Command::Login(login).encode(&Tag::try_from("A1").unwrap(), &mut encoder);
        for piece in encoder.into_pieces() {
            assert_eq!(piece.secret, piece.octets.windows(3).any(|three| three == b"sec"), "{piece:?}");
        }
        // Nor is anything shown of what is nearly a login.
        let (_, nearly) = Command::parse(&"A1 LOGON joe secret".into(), Dialect::REV1).unwrap();
        assert!(!format!("{nearly:?}").contains("secret"));
        let error = Command::parse(&"A1 LOGIN joe secret x".into(), Dialect::REV1).unwrap_err();
        assert!(!format!("{error} {error:?}").contains("secret"));
    };
}

/// The rows that are about the client and its sessions, and what a server is told.
const OTHERS: [&str; 2] = [include_str!("attacks_client.rs"), include_str!("attacks_server.rs")];

#[test]
fn every_row_has_its_test() {
    let mut tested = 0;
    for row in rows().iter() {
        let other = OTHERS.iter().any(|source| source.contains(&format!("\"{}\" ", row.id())));
        assert!(TESTED.contains(&row.id()) || other, "{}: {}", row.id(), row.text("must"));
        tested += 1;
    }
    println!("{tested} attacks have a test");
}
