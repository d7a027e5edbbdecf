//! What the tests of commands share, and those of all of them.

use bytes::Bytes;

use crate::{Command, CommandError, Dialect, Encoder, Expected, Literals, Piece, Tag};

pub(crate) fn try_parse(text: &str) -> Result<(Tag, Command), CommandError> {
    Command::parse(&Bytes::copy_from_slice(text.as_bytes()), Dialect::REV1)
}

#[track_caller]
pub(crate) fn parse(text: &str) -> Command {
    try_parse(text).unwrap_or_else(|error| panic!("{text:?}: {error}")).1
}

fn encoder(command: &Command, literals: Literals) -> Encoder {
    let mut encoder = Encoder::new(literals, Dialect::REV1);
    command.encode(&Tag::try_from("a").unwrap(), &mut encoder);
    encoder
}

/// With the tag `a`, and literals that nobody waits for.
pub(crate) fn written(command: &Command) -> String {
    String::from_utf8(encoder(command, Literals::Server).text().to_vec()).unwrap()
}

pub(crate) fn pieces(command: &Command) -> impl Iterator<Item = Piece> {
    encoder(command, Literals::Synchronizing).into_pieces()
}

/// There and back: it is written as it was read, but for the tag and quotes that need not be.
#[track_caller]
pub(crate) fn back(text: &str) {
    let command = parse(text);
    let wire = written(&command);
    let wire = wire.strip_suffix("\r\n").unwrap();
    assert_eq!(parse(wire), command, "{wire:?}");
    let plain = |text: &str| text.split_once(' ').map(|(_, rest)| rest.replace('"', "")).unwrap();
    assert_eq!(plain(wire), plain(text));
}

/// It is no command, from this octet on. Nor is any beginning a panic.
#[track_caller]
pub(crate) fn refused(text: &str, at: usize) {
    let error = try_parse(text).expect_err(text).error;
    assert_eq!(error.at(), at, "{text:?}: {error}");
    for end in (0..text.len()).filter(|&end| text.is_char_boundary(end)) {
        let _ = try_parse(&text[..end]);
    }
}

#[rustfmt::skip] // a list
const BARE: &[&[u8]] = &[
    b"CAPABILITY", b"NOOP", b"LOGOUT", b"STARTTLS", b"NAMESPACE", b"IDLE", b"CHECK", b"CLOSE", b"UNSELECT",
    b"EXPUNGE", b"UNAUTHENTICATE", b"GETJMAPACCESS", b"RESETKEY",
];
#[rustfmt::skip] // a list
const WITH_ARGUMENTS: &[&[u8]] = &[
    b"AUTHENTICATE", b"LOGIN", b"ENABLE", b"SELECT", b"EXAMINE", b"CREATE", b"DELETE", b"RENAME",
    b"SUBSCRIBE", b"UNSUBSCRIBE", b"LIST", b"LSUB", b"XLIST", b"STATUS", b"APPEND", b"SEARCH", b"SORT",
    b"THREAD", b"ESEARCH", b"CANCELUPDATE", b"UIDBATCHES", b"FETCH", b"STORE", b"COPY", b"MOVE", b"REPLACE",
    b"ID", b"COMPRESS", b"SETACL", b"DELETEACL", b"GETACL", b"LISTRIGHTS", b"MYRIGHTS", b"GETQUOTA",
    b"GETQUOTAROOT", b"SETQUOTA", b"GETMETADATA", b"SETMETADATA", b"NOTIFY", b"GENURLAUTH", b"URLFETCH",
];

#[test]
fn commands_without_arguments() {
    for name in BARE.iter().map(|name| str::from_utf8(name).unwrap()).filter(|name| *name != "RESETKEY") {
        back(&format!("a {name}"));
        assert_eq!(parse(&format!("a {}", name.to_lowercase())).name(), name);
        refused(&format!("a {name} "), 2 + name.len());
        refused(&format!("a {name} x"), 2 + name.len());
        refused(&format!("a  {name}"), 2);
        refused(&format!("a {name}\n"), 2 + name.len());
    }
    for name in WITH_ARGUMENTS.iter().map(|name| str::from_utf8(name).unwrap()) {
        refused(&format!("a {name}"), 2 + name.len());
        assert!(super::read::is_known(name.as_bytes()));
    }
}

#[test]
fn names_and_arguments_of_the_others() {
    for text in [
        "a RENAME blurdybloop sarasoop",
        "a DELETE \"a b\"",
        "a SUBSCRIBE #news.comp.mail.mime",
        "a UNSUBSCRIBE x",
        "a LSUB \"#news.\" \"comp.mail.*\"",
        "a XLIST \"\" \"*\"",
        "a COPY 2:4 MEETING",
        "a MOVE 42:69 foo",
        "a UID COPY 7 x",
        "a UID MOVE 42:69 foo",
        "a UID EXPUNGE 3000:3002",
        "a EXPUNGE",
        "a ENABLE CONDSTORE X-GOOD-IDEA",
        "a CANCELUPDATE \"A001\" \"A002\"",
        "a COMPRESS DEFLATE",
        "a GETACL INBOX",
        "a GETQUOTAROOT INBOX",
        "a UID XFOO 1 (a b)",
        "a XFOO",
    ] {
        back(text);
    }
    assert_eq!(parse("a uid fetch 1 flags").name(), "UID FETCH");
    assert_eq!(parse("a uid xfoo").name(), "uid xfoo");
    for (text, at) in [
        ("a UID", 5),
        ("a UID ", 6),
        ("a UID  FETCH 1 FLAGS", 6),
        ("a UID FETCH", 11),
        ("a UID NOOP x\n", 12),
        ("a COPY 1 ", 9),
        ("a COPY 1 x y", 10),
        ("a COPY 1  x", 9),
        ("a RENAME x", 10),
        ("a COMPRESS GZIP", 11),
        ("a CANCELUPDATE A1", 15),
        ("a CANCELUPDATE {2}\r\nA1", 15),
        ("a CANCELUPDATE \"A 1\"", 15),
        ("a XFOO \r", 7),
        ("a (", 2),
        ("a ", 2),
        ("a", 1),
    ] {
        refused(text, at);
    }
    assert!(try_parse("a").unwrap_err().tag.is_some());
}

#[test]
fn tags() {
    for text in
        ["", " NOOP", "+ NOOP", "* NOOP", "a+ NOOP", "a\" NOOP", "(a NOOP", "a\r\nNOOP", "ü NOOP", "{5} NOOP"]
    {
        let error = try_parse(text).unwrap_err();
        assert_eq!((error.tag, error.error.expected()), (None, Expected::Tag), "{text:?}");
    }
    for text in ["a]b NOOP", ". NOOP", "-=~ NOOP"] {
        assert!(try_parse(text).is_ok(), "{text:?}");
    }
    let tag = |length: usize| try_parse(&format!("{} NOOP", "a".repeat(length)));
    assert!(tag(Tag::MOST).is_ok() && tag(Tag::MOST + 1).is_err());
}

/// What clients say most of the time, and what is nearly that.
#[rustfmt::skip] // a list
const FREQUENT: &[&str] = &[
    "a NOOP", "a NOOP ", "a NOOPS", "a IDLE", "a EXPUNGE", "a EXPUNGE 1", "a UID EXPUNGE 1", "a UID", "a UID ", "a ", "a",
    "a UID  FETCH 1 FLAGS", "a UID FETCHING 1 FLAGS", "a UID FETCH", "a  UID FETCH 1 FLAGS",
    "a FETCH 1:5,9 (UID FLAGS INTERNALDATE RFC822.SIZE ENVELOPE BODYSTRUCTURE MODSEQ BODY)",
    "a UID FETCH 7 (FLAGS BODY.PEEK[HEADER.FIELDS (from x-y)] UID)",
    "a UID FETCH 7 (BODY.PEEK[HEADER.FIELDS.NOT (from)]<1.2> BODY.PEEK[HEADER] BODY.PEEK BODY.PEEK[1.2.MIME])",
    "a UID FETCH 7 (BODY.PEEK[] BODY.PEEK[TEXT]<0.1> BODY.PEEK[10.2.3.4.5]<0.65536> BODY.PEEK[1.TEXT])",
    "a UID FETCH 7 (BODY.PEEK[1.HEADER.FIELDS (a)] BODY.PEEK[HEADER.FIELDS (a \"b c\" {1}\r\nd)])",
    "a UID FETCH 7 (BODY.PEEK[01])", "a UID FETCH 7 (BODY.PEEK[1.])", "a UID FETCH 7 (BODY.PEEK[4294967296])",
    "a UID FETCH 7 (BODY.PEEK[1]<0.0>)", "a UID FETCH 7 (BODY.PEEK[1]<00.1>)", "a UID FETCH 7 (BODY.PEEK[1]<0.01>)",
    "a UID FETCH 7 (BODY.PEEK[1]<9223372036854775807.1> UID)", "a UID FETCH 7 (BODY.PEEK[1]<9223372036854775808.1>)",
    "a UID FETCH 7 BODY.PEEK[HEADER.FIELDS]", "a UID FETCH 7 BODY.PEEK[HEADER.FIELDS(from)]",
    "a UID FETCH 7 BODY.PEEK[HEADER.FIELDSX (from)]", "a UID FETCH 7 (BODY.PEEK[HEADER.FIELDS ()])",
    "a UID FETCH 7 FLAGS", "a UID FETCH 7 (FLAGS  UID)", "a UID FETCH 7 (FLAGS )", "a UID FETCH 7 ( FLAGS)", "a UID FETCH 7 ()",
    "a UID FETCH 7 (FLAGS UID", "a UID FETCH 7 (FLAGS UID) (CHANGEDSINCE 5)", "a UID FETCH 7 (FLAGS UID)x",
    "a UID FETCH 7 (FLAGSX UID)", "a UID FETCH 7 (UIDS FLAGS[1])", "a UID FETCH 7 (ENVELOPE( BODYSTRUCTURE[])",
    "a UID STORE 1 FLAGS.SILENT (\\Deleted)", "a UID STORE 1 +FLAGS (\\Seen $Junk)", "a UID STORE 1 -FLAGS.SILENT ()",
    "a STORE 1 -FLAGS x", "a STORE 1 FLAGS (\\Seen) ", "a STORE 1 FLAGS (\\*)", "a STORE 1 FLAGS (a%b)", "a STORE 1 FLAGS (\\)",
    "a STORE 1 ++FLAGS (a)", "a STORE 1 FLAGS  (a)", "a STORE 1 FLAGS (a{b \\Recent)", "a STORE 1 (UNCHANGEDSINCE 5) FLAGS (a)",
    "a UID COPY 1 x", "a UID MOVE 1 x", "a UID COPY $ INBOX", "a UID COPY 1,2:*,*:3 \"a b\"", "a UID COPY 0 x",
    "a SELECT x", "a SELECT x (CONDSTORE)", "a SELECT x (CONDSTORE) ", "a SELECT x (CONDSTORE CONDSTORE)",
    "a STATUS x (MESSAGES UIDNEXT UIDVALIDITY UNSEEN RECENT HIGHESTMODSEQ)", "a STATUS x (SIZE MESSAGES X-Y)",
    "a STATUS x ()", "a STATUS x (MESSAGES", "a STATUS x (MESSAGES UNSEEN))",
    "a LIST \"\" *", "a LIST \"\" \"*\" RETURN (SUBSCRIBED CHILDREN SPECIAL-USE)", "a LIST \"\" % RETURN ()",
    "a LIST \"\" % RETURN (SUBSCRIBED STATUS (MESSAGES))", "a LIST \"\" % RETURN  (SUBSCRIBED)", "a LIST \"\" % RETURN",
    "a LISTRIGHTS x y",
    "a SEARCH RETURN (ALL) UNDELETED UID 5:* SINCE 1-Jul-2026 SUBJECT x", "a SEARCH RETURN (MIN MAX COUNT) ALL",
    "a SEARCH RETURN () SEEN", "a SEARCH RETURN (ALL SAVE PARTIAL 1:5) SEEN", "a SEARCH RETURN (ALL)SEEN",
    "a UID SEARCH CHARSET UTF-8 OR FROM x NOT SEEN", "a UID SEARCH CHARSET UTF-8", "a UID SEARCH CHARSETS UTF-8 SEEN",
    "a SEARCH OR (NOT (UNSEEN UNDELETED) UNFLAGGED) UNANSWERED (SEEN (FLAGGED ANSWERED)) DELETED ALL",
    "a SEARCH NOT", "a SEARCH OR ", "a SEARCH NOT NOT SEEN", "a SEARCH OR SEEN", "a SEARCH ORSEEN", "a SEARCH NOTE x",
    "a SEARCH BEFORE 01-Feb-1999 SINCE 31-Dec-9999 SINCE \"1-Jan-2000\"", "a SEARCH SINCE 30-Feb-2000", "a SEARCH SINCE 1-Foo-2000",
    "a SEARCH SINCE 1-Jan-20000", "a SEARCH SINCE 111-Jan-2000", "a SEARCH SINCE -Jan-2000", "a SEARCH SINCE  1-Jan-2000",
    "a SEARCH SUBJECT \"a \\\"b\\\"\" TO \"c\"TEXT \"d\"", "a SEARCH BODY \"\" TEXT {3}\r\nabc", "a SEARCH FROM \"a",
    "a SEARCH 1:5 UID 7,9 3 *", "a SEARCH UID", "a SEARCH UID ", "a SEARCH UID x", "a SEARCH 5) SEEN", "a SEARCH (5)", "a SEARCH 1:",
    "a SEARCH SEENS", "a SEARCH SEEN  ALL", "a SEARCH UNSEEN)",
];

fn same_in_lower_case(text: &[u8]) {
    let read = |text: &[u8]| Command::parse(&Bytes::copy_from_slice(text), Dialect::REV1);
    let (one, other) = (read(text), read(&text.to_ascii_lowercase()));
    match (&one, &other) {
        // The name is kept as it was written.
        (Ok((_, Command::Unknown(one))), Ok((_, Command::Unknown(other)))) => {
            assert!(one.name().as_str().eq_ignore_ascii_case(other.name().as_str()));
        }
        _ => assert_eq!(
            format!("{one:?}").to_ascii_lowercase(),
            format!("{other:?}").to_ascii_lowercase(),
            "{}",
            text.escape_ascii()
        ),
    }
}

/// What is frequent is read by itself where it is in capitals: as the rest reads it.
#[test]
fn capitals_change_nothing() {
    for text in FREQUENT {
        same_in_lower_case(text.as_bytes());
    }
}

proptest::proptest! {
    #[test]
    fn capitals_change_nothing_in_what_is_damaged(
        which in 0..FREQUENT.len(),
        // No ampersand: in modified UTF-7 they change much.
        edits in proptest::collection::vec((0..200_usize, 0..3_u8, proptest::sample::select(&b" ()[]<>{}\"\\,.:*$%+-~019aSX\r\n\0\xff"[..])), 1..4),
    ) {
        let mut text = FREQUENT[which].as_bytes().to_vec();
        for (at, kind, octet) in edits {
            let at = at % (text.len() + 1);
            match kind {
                0 => text.insert(at, octet),
                1 if at < text.len() => text[at] = octet,
                _ if at < text.len() => drop(text.remove(at)),
                _ => text.truncate(at / 2),
            }
        }
        same_in_lower_case(&text);
    }
}
