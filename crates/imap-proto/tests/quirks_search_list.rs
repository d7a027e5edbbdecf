//! What servers really send for searches, lists and namespaces, and what attackers would: rows of the collections of quirks
//! and attacks, by their numbers.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use bytes::Bytes;
use imap_proto::{
    Command, Dialect, MailboxName, Response, Untagged,
    list::{AppendLimit, ListCommand, ListEntry, ListPattern, MailboxAttribute, MailboxStatus},
    search::{Esearch, SearchKey, SearchNumbers, Vanished},
};

fn untagged(line: &str) -> Untagged {
    match Response::parse(&Bytes::copy_from_slice(line.as_bytes()), Dialect::REV1) {
        Response::Untagged(untagged) => untagged,
        other => panic!("{other:?}"),
    }
}

fn list(line: &str) -> ListEntry {
    match untagged(line) {
        Untagged::List(entry) | Untagged::Lsub(entry) => entry,
        other => panic!("{other:?}"),
    }
}

fn status(line: &str) -> MailboxStatus {
    match untagged(line) {
        Untagged::MailboxStatus(status) => status,
        other => panic!("{other:?}"),
    }
}

fn search(line: &str) -> SearchNumbers {
    match untagged(line) {
        Untagged::Search(numbers) => numbers,
        other => panic!("{other:?}"),
    }
}

fn esearch(line: &str) -> Esearch {
    match untagged(line) {
        Untagged::Esearch(found) => found,
        other => panic!("{other:?}"),
    }
}

fn vanished(line: &str) -> Vanished {
    match untagged(line) {
        Untagged::Vanished(vanished) => vanished,
        other => panic!("{other:?}"),
    }
}

fn name(text: &str) -> MailboxName {
    MailboxName::new(text).unwrap()
}

fn damaged(line: &str) {
    assert!(matches!(untagged(line), Untagged::Damaged(_)), "{line}");
}

/// What stands behind a correlator of nothing is as it always is.
#[test]
fn esearch_that_is_correlated_with_nothing() {
    for line in ["* ESEARCH () UID COUNT 2 ALL 4,6", "* ESEARCH ( ) uid COUNT 2 ALL 4,6"] {
        let found = esearch(line);
        assert_eq!(
            (found.uid, found.count, found.uids().unwrap().to_string()),
            (true, Some(2), "4,6".into())
        );
        assert_eq!(found.unknown, []);
    }
}

#[test]
fn imap_135_status_with_utf8_that_is_not_quoted() {
    let status = status("* STATUS Segregator/Społeczności (UIDNEXT 1)");
    assert_eq!(status.mailbox.to_text(), "Segregator/Społeczności");
    assert_eq!(status.uid_next.unwrap().get(), 1);
}

#[test]
fn imap_136_status_with_spaces_that_are_not_quoted() {
    let one = status("* STATUS Sent Items (UIDNEXT 1)");
    assert_eq!((one.mailbox, one.uid_next.unwrap().get()), (name("Sent Items"), 1));
    let one = status("* STATUS Sent (old) Items (UIDNEXT 1 MAILBOXID (F1))");
    assert_eq!((one.mailbox, one.mailbox_id.unwrap()), (name("Sent (old) Items"), "F1".try_into().unwrap()));
    damaged("* STATUS Sent Items");
}

#[test]
fn imap_138_139_a_mailbox_called_nil() {
    assert_eq!(status("* STATUS NIL (MESSAGES 0)").mailbox, name("NIL"));
    assert_eq!(list("* LIST () \"/\" NIL").name, name("NIL"));
}

#[test]
fn imap_140_status_without_a_number() {
    assert_eq!(status("* STATUS x (MESSAGES)").messages, None);
    let one = status("* STATUS x (MESSAGES UNSEEN 5 RECENT)");
    assert_eq!((one.messages, one.unseen, one.recent), (None, Some(5), None));
}

#[test]
fn imap_141_status_with_a_negative_number() {
    let one = status("* STATUS x (MESSAGES 5 UNSEEN -1)");
    assert_eq!((one.messages, one.unseen), (Some(5), None));
}

#[test]
fn imap_142_143_namespaces_without_hierarchy() {
    for line in ["* NAMESPACE ((\"\" NIL)) NIL NIL", "* NAMESPACE ((\"\" \"\")) NIL NIL"] {
        let Untagged::Namespace(namespaces) = untagged(line) else { panic!("{line}") };
        assert_eq!((namespaces.personal.len(), namespaces.personal[0].delimiter), (1, None));
    }
}

#[test]
fn imap_144_an_empty_delimiter() {
    assert_eq!(list("* LIST () \"\" INBOX").delimiter, None);
}

#[test]
fn imap_146_inbox_in_any_case() {
    assert!(list("* LIST (\\HasNoChildren) \"/\" \"Inbox\"").name.is_inbox());
}

#[test]
fn imap_147_xlist() {
    for line in [
        "* LIST (\\HasNoChildren \\Sent) \".\" \"INBOX.Sent\"",
        "* XLIST (\\HasNoChildren \\Sent) \".\" \"INBOX.Sent\"",
    ] {
        let entry = list(line);
        assert_eq!(entry.name, name("INBOX.Sent"));
        assert_eq!(entry.attributes.special_uses().collect::<Vec<_>>(), [MailboxAttribute::SENT]);
    }
}

#[test]
fn imap_149_what_does_not_exist_cannot_be_selected() {
    let entry = list("* LIST (\\NonExistent) \"/\" \"Gone\"");
    assert!(entry.attributes.contains(&MailboxAttribute::NO_SELECT) && !entry.attributes.is_selectable());
}

#[test]
fn imap_150_everything_in_lower_case() {
    let entry = list("* list (\\hasnochildren) \"/\" inbox");
    assert!(entry.name.is_inbox() && entry.attributes.has_children() == Some(false));
}

#[test]
fn imap_151_attributes_without_backslash_and_single_quotes() {
    let entry = list("* LIST (HasNoChildren UnMarked) \"/\" 'a'");
    assert!(entry.attributes.contains(&MailboxAttribute::UNMARKED));
    assert_eq!((entry.attributes.has_children(), entry.name), (Some(false), name("'a'")));
}

#[test]
fn imap_152_a_delimiter_at_the_end() {
    assert_eq!(list("* LIST (\\HasChildren) \"/\" \"Public Folders/\"").name, name("Public Folders"));
}

#[test]
fn imap_153_modified_utf7() {
    assert_eq!(list("* LIST (\\HasNoChildren) \"/\" &BBIEZQ-").name, name("\u{412}\u{465}"));
    for wire in ["&BB-x", "a&", "&2AA-"] {
        let entry = list(&format!("* LIST () \"/\" {wire}"));
        assert_eq!((entry.name.as_str(), &entry.name.as_bytes()[..]), (None, wire.as_bytes()));
    }
}

#[test]
fn imap_155_brackets_in_a_name() {
    assert_eq!(list("* LIST () \".\" INBOX.[x]").name, name("INBOX.[x]"));
    assert_eq!(status("* STATUS INBOX.[x] (MESSAGES 1)").mailbox, name("INBOX.[x]"));
}

#[test]
fn imap_158_159_no_limit_and_no_mod_sequences() {
    assert_eq!(status("* STATUS INBOX (APPENDLIMIT NIL)").append_limit, Some(AppendLimit::None));
    let one = status("* STATUS INBOX (HIGHESTMODSEQ 0 MESSAGES 3)");
    assert_eq!((one.highest_modseq, one.messages), (Some(0), Some(3)));
}

#[test]
fn imap_160_lsub_and_list_by_name() {
    assert!(matches!(untagged("* LSUB () \"/\" \"Old/Name\""), Untagged::Lsub(_)));
    assert!(matches!(untagged("* LIST () \"/\" \"INBOX\""), Untagged::List(_)));
}

#[test]
fn imap_161_what_extensions_tell() {
    let entry = list("* LIST (\\Subscribed) \"/\" \"New\" (\"OLDNAME\" (\"Old\"))");
    assert_eq!(entry.old_name(), Some(&name("Old")));
    let entry =
        list("* LIST () \":\" Tables (tablecloth ((\"edge\" \"lacy\") (\"color\" \"red\")) Sample \"text\")");
    assert_eq!(entry.extended.len(), 2);
}

#[test]
fn imap_202_modseq_in_parentheses() {
    for line in [
        "* ESEARCH (TAG \"A1\") UID ALL 1:3 (MODSEQ 284535)",
        "* ESEARCH (TAG \"A1\") UID ALL 1:3 MODSEQ (284535)",
    ] {
        let found = esearch(line);
        assert_eq!((found.modseq.unwrap().get(), found.uids().unwrap().count(9)), (284_535, 3));
    }
}

#[test]
fn imap_203_205_208_search_as_it_was() {
    assert_eq!(search("* SEARCH 1 2 3").numbers, [1, 2, 3]);
    assert_eq!(search("* SEARCH 1 2 3 ").numbers, [1, 2, 3]);
    let mut all = search("* SEARCH 1 2").numbers;
    all.extend(search("* SEARCH 3").numbers);
    assert_eq!(all, [1, 2, 3]);
    assert_eq!(search("* SEARCH").numbers, []);
    assert_eq!(search("* SEARCH ").numbers, []);
}

#[test]
fn imap_204_nothing_found() {
    let found = esearch("* ESEARCH (TAG \"A1\") UID");
    assert!(found.uid && found.all.is_none() && found.tag.unwrap() == "A1");
    assert_eq!(esearch("* ESEARCH"), Esearch::default());
}

#[test]
fn imap_223_imapc_05_06_ranges_are_kept() {
    assert_eq!(vanished("* VANISHED 1:4294967295").uids.written().count(), 1);
    let one = vanished("* VANISHED (EARLIER) 1:4294967295");
    assert!(one.earlier);
    assert_eq!(one.uids.count(100), 100);
    let found = esearch("* ESEARCH (TAG \"A1\") UID ALL 1:4294967295");
    assert_eq!(found.uids().unwrap().ranges(7).count(), 1);
}

#[test]
fn imapc_13_names_are_opaque() {
    assert_eq!(
        list("* LIST () \"/\" \"../../.ssh/authorized_keys\"").name.as_str(),
        Some("../../.ssh/authorized_keys")
    );
}

#[test]
fn imapc_14_a_delimiter_of_two_characters() {
    damaged("* LIST () \"//\" INBOX");
    damaged("* NAMESPACE ((\"\" \"//\")) NIL NIL");
    assert_eq!(list("* LIST () \"\\\\\" a").delimiter, Some('\\'));
    assert_eq!(list("* LIST () \"\\\" a\\b").name, name("a\\b"));
}

#[test]
fn what_nobody_should_send() {
    for line in [
        "* LIST",
        "* LIST ",
        "* LIST ()",
        "* LIST () \"/\"",
        "* LIST () \"/\" ",
        "* LIST () \"/\" a (",
        "* LIST () \"/\" \"a\r\nb\"",
        "* LIST () \"/\" a (x y z)",
        "* VANISHED",
        "* VANISHED 0",
        "* VANISHED *",
        "* VANISHED $",
        "* VANISHED 1:4294967296",
        "* SEARCH 0",
        "* SEARCH 4294967296",
        "* SEARCH 1,2",
        "* ESEARCH (TAG \"A1\") ALL $",
        "* ESEARCH (TAG \"A1\") ALL 1:*",
        "* ESEARCH (TAG) UID",
        "* ESEARCH (TAG \"A1\") PARTIAL (1:-2 NIL)",
        "* THREAD (1",
        "* UIDBATCHES (TAG \"A1\") 5:*",
        "* STATUS",
        "* STATUS x",
        "* STATUS x (MESSAGES 99999999999999999999)",
        "* NAMESPACE NIL NIL",
    ] {
        damaged(line);
    }
    let deep = "(".repeat(100_000);
    for before in ["* LIST () \"/\" a (x ", "* ESEARCH X ", "* THREAD ", "* STATUS a (x "] {
        damaged(&format!("{before}{deep}"));
    }
    damaged(&format!("* ESEARCH{}", " X 1".repeat(100_000)));
    damaged(&format!("* STATUS a ({})", "X 1 ".repeat(100_000)));
    damaged(&format!("* LIST () NIL a ({})", "X 1 ".repeat(100_000)));
}

fn parse(line: &str) -> Result<Command, imap_proto::ParseError> {
    Command::parse(&Bytes::copy_from_slice(line.as_bytes()), Dialect::REV1)
        .map(|(_, command)| command)
        .map_err(|error| error.error)
}

#[test]
fn imap_235_uid_search_with_returns() {
    let Ok(Command::Search(search)) = parse("A1 UID SEARCH RETURN (ALL) UNSEEN") else { panic!() };
    assert!(search.uid && search.returns.is_some() && *search.key() == SearchKey::unseen());
}

#[test]
fn imaps_07_29_31_49_56_searches_and_lists_of_attackers() {
    let many = "A1 SEARCH".to_owned() + &" SUBJECT {5}\r\nhello".repeat(10_000);
    assert!(parse(&many).is_err());
    assert!(parse("A1 SEARCH BEFORE 99-Foo-2020").is_err());
    assert!(parse("A1 UIDBATCHES 0").is_err());
    assert!(parse("A1 UIDBATCHES 1").is_ok());
    assert!(parse("A1 SEARCH SUBJECT {3}\r\na\0b").is_err());
    let Ok(Command::List(list)) = parse("A1 LIST \"\" \"*a*a*a*a*a*b\"") else { panic!() };
    let long = name(&"a".repeat(5000));
    assert!(!list.patterns().any(|pattern| pattern.matches(&long, Some('/'))));
}

#[test]
fn inj_18_no_key_becomes_a_command() {
    let key = SearchKey::subject("{0+}\r\nA2 DELETE INBOX\r\n");
    let search = imap_proto::search::SearchCommand::seq(key).unwrap();
    let mut encoder = imap_proto::Encoder::new(imap_proto::Literals::Plus, Dialect::REV1);
    Command::Search(search).encode(&"A1".try_into().unwrap(), &mut encoder);
    assert_eq!(encoder.text(), b"A1 SEARCH SUBJECT {23+}\r\n{0+}\r\nA2 DELETE INBOX\r\n\r\n");
    for refused in [
        SearchKey::subject("a\0"),
        SearchKey::header("a\0", "b").not(),
        SearchKey::seen().and(SearchKey::any([SearchKey::seen(), SearchKey::to("\0")])),
        SearchKey::flag(&imap_proto::Flag::try_from("\\Own").unwrap()).or(SearchKey::seen()),
    ] {
        assert!(refused.check().is_err());
        assert!(imap_proto::search::SearchCommand::uid(refused).is_err());
    }
    assert!(ListPattern::new("a\r\nb").is_err());
    let _ = ListCommand::new(ListPattern::new("a\"b").unwrap());
}
