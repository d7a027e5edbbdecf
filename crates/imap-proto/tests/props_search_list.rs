//! What is written of searches and lists is read again as it was, and no octets make reading panic.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, clippy::cast_sign_loss)]

mod search_list;

use std::time::Duration;

use bytes::Bytes;
use imap_proto::{
    Command, Dialect, Encoder, Literals, MailboxName, Response, Tag, Untagged,
    list::ListPattern,
    search::{SearchCommand, SearchKey, SearchTerm},
};
use proptest::{collection::vec, prelude::*, sample::select};
use search_list::{command, dialect, key, untagged, words};

/// The frame of what was written, which has one line end behind it.
fn frame(encoder: &Encoder) -> Bytes {
    Bytes::copy_from_slice(encoder.text().strip_suffix(b"\r\n").unwrap())
}

proptest! {
    #[test]
    fn commands_there_and_back((dialect, command) in dialect().prop_flat_map(|dialect| (Just(dialect), command(dialect)))) {
        let mut encoder = Encoder::new(Literals::Server, dialect);
        let tag = Tag::try_from("A1").unwrap();
        command.encode(&tag, &mut encoder);
        prop_assert_eq!(Command::parse(&frame(&encoder), dialect), Ok((tag, command)));
    }

    #[test]
    fn responses_there_and_back(dialect in dialect(), untagged in untagged()) {
        let response = Response::Untagged(untagged);
        let mut encoder = Encoder::new(Literals::Server, dialect);
        response.encode(&mut encoder);
        prop_assert_eq!(Response::parse(&frame(&encoder), dialect), response);
    }

    #[test]
    fn keys_mean_the_same_when_they_are_read_again(key in key(), truth in any::<u64>()) {
        let text = { let mut encoder = Encoder::new(Literals::Server, Dialect::UTF8);
            Command::Search(SearchCommand::uid(key.clone()).unwrap()).encode(&Tag::try_from("A").unwrap(), &mut encoder);
            frame(&encoder) };
        let Ok((_, Command::Search(again))) = Command::parse(&text, Dialect::UTF8) else { panic!("{text:?}") };
        let holds = |term: &SearchTerm, fuzzy: bool| {
            (truth >> ((term.name().len() + usize::from(fuzzy)) % 64)) & 1 == 1
        };
        prop_assert_eq!(key.matches(holds), again.key().matches(holds));
        // and as somebody would do it who goes down
        let nodes: Vec<_> = key.nodes().collect();
        prop_assert_eq!(key.matches(holds), evaluate(&mut nodes.into_iter(), &holds, false));
    }

    #[test]
    fn patterns_match_as_they_would_by_going_back(pattern in "[ab/%*]{0,7}", name in "[ab/]{1,7}", flat in any::<bool>()) {
        let delimiter = (!flat).then_some('/');
        let found = ListPattern::new(&pattern).unwrap().matches(&MailboxName::new(&name).unwrap(), delimiter);
        prop_assert_eq!(found, going_back(pattern.as_bytes(), name.as_bytes(), delimiter));
    }

    #[test]
    fn a_regular_list_is_what_a_reader_of_all_forms_finds(line in list_line(), dialect in dialect()) {
        // behind a space in front of the attributes the fast reader gives way
        let read = |before: &str| Response::parse(&format!("* LIST ({before}{line}").into(), dialect);
        if let (regular @ Response::Untagged(Untagged::List(_)), full) = (read(""), read(" ")) {
            prop_assert_eq!(regular, full);
        }
    }

    #[test]
    fn each_text_has_one_form_in_utf7(text in "[a-z&~ÄßŒ語\u{a0}\u{7ff}\u{ffff}\u{10000}\u{10ffff}]{1,20}", wire in "[&,+/A-Za-z0-9-]{1,24}") {
        let name = MailboxName::new(&text).unwrap();
        prop_assert_eq!(MailboxName::from_utf7(name.to_utf7().as_bytes()), name);
        let name = MailboxName::from_utf7(wire.as_bytes());
        match name.as_str() {
            Some(_) => prop_assert!(name.is_inbox() || name.to_utf7() == wire),
            None => prop_assert_eq!(name.as_bytes(), wire.as_bytes()),
        }
    }

    #[test]
    fn nothing_makes_reading_panic(octets in vec(any::<u8>(), 0..60), words in words(), dialect in dialect()) {
        for name in ["SEARCH", "UID SEARCH", "SORT", "THREAD", "ESEARCH", "UIDBATCHES", "LIST", "STATUS", "LSUB"] {
            for rest in [&octets[..], words.as_bytes()] {
                let line: Bytes = [b"A1 ", name.as_bytes(), b" ", rest].concat().into();
                if let Ok((tag, command)) = Command::parse(&line, dialect) {
                    let mut encoder = Encoder::new(Literals::Plus, dialect);
                    command.encode(&tag, &mut encoder);
                    if !dialect.utf8 {
                        prop_assert_eq!(Command::parse(&frame(&encoder), dialect).unwrap().1, command);
                    }
                }
            }
        }
        let names = ["SEARCH", "SORT", "THREAD", "ESEARCH", "UIDBATCHES", "VANISHED", "LIST", "LSUB", "STATUS", "NAMESPACE"];
        for name in names {
            for rest in [&octets[..], words.as_bytes()] {
                for space in [" ", ""] {
                    let line: Bytes = [b"* ", name.as_bytes(), space.as_bytes(), rest].concat().into();
                    let mut encoder = Encoder::new(Literals::Server, dialect);
                    Response::parse(&line, dialect).encode(&mut encoder);
                }
            }
        }
    }
}

/// What LIST has behind its first parenthesis, regular or nearly so.
fn list_line() -> impl Strategy<Value = String> {
    let attribute = prop_oneof![
        select(vec![
            "\\HasNoChildren",
            "\\HasChildren",
            "\\Noselect",
            "\\UNMARKED",
            "\\All",
            "\\sent",
            "\\Subscribed"
        ])
        .prop_map(str::to_owned),
        "\\\\?[A-Za-z]{0,12}",
    ];
    let octets = prop_oneof![
        8 => "[A-Za-z0-9./ -]{0,20}",
        4 => "[a-z/]{0,9}(&[A-Za-z0-9,+]{0,9}-?){0,3}[a-z]{0,9}",
        2 => "[a-zäöü/語]{0,40}",
        1 => "[ -~]{0,20}",
        1 => any::<String>(),
    ];
    let name = prop_oneof![octets.clone(), octets.prop_map(|octets| format!("\"{octets}\""))];
    let delimiter = select(vec!["\"/\"", "\".\"", "\"\\\\\"", "NIL", "\"a\"", "\"\""]);
    (vec(attribute, 0..4), delimiter, name)
        .prop_map(|(attributes, delimiter, name)| format!("{}) {delimiter} {name}", attributes.join(" ")))
}

fn evaluate<'a>(
    nodes: &mut dyn Iterator<Item = imap_proto::search::SearchNode<'a>>,
    holds: &dyn Fn(&SearchTerm, bool) -> bool,
    fuzzy: bool,
) -> bool {
    use imap_proto::search::SearchNode as N;
    match nodes.next().unwrap() {
        N::And(count) => (0..count).fold(true, |all, _| evaluate(nodes, holds, fuzzy) & all),
        N::Or => evaluate(nodes, holds, fuzzy) | evaluate(nodes, holds, fuzzy),
        N::Not => !evaluate(nodes, holds, fuzzy),
        N::Fuzzy => evaluate(nodes, holds, true),
        N::Term(term) => holds(term, fuzzy),
    }
}

fn going_back(pattern: &[u8], name: &[u8], delimiter: Option<char>) -> bool {
    match (pattern, name) {
        ([], []) => true,
        ([b'*', rest @ ..], _) if going_back(rest, name, delimiter) => true,
        ([b'%', rest @ ..], _) if going_back(rest, name, delimiter) => true,
        ([b'*', ..], [_, behind @ ..]) => going_back(pattern, behind, delimiter),
        ([b'%', ..], [octet, behind @ ..]) if Some(char::from(*octet)) != delimiter => {
            going_back(pattern, behind, delimiter)
        }
        ([first, rest @ ..], [octet, behind @ ..]) if first == octet && *first != b'*' && *first != b'%' => {
            going_back(rest, behind, delimiter)
        }
        _ => false,
    }
}

#[test]
fn durations_are_whole_seconds() {
    assert_eq!(SearchKey::younger(Duration::from_millis(10)).to_string(), "YOUNGER 1");
    assert_eq!(SearchKey::older(Duration::MAX).to_string(), "OLDER 4294967295");
}
