//! Rows of the quirks and attacks that are about extensions: what servers in use send, and what they get.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

use bytes::Bytes;
use imap_proto::extensions::acl::Rights;
use imap_proto::extensions::id::{Identification, IdentificationError};
use imap_proto::extensions::metadata::MetadataContent;
use imap_proto::extensions::quota::Resource;
use imap_proto::extensions::url::{ImapUrl, UrlAuth};
use imap_proto::{Command, Dialect, Response, Text, Untagged};

/// The response in a row, without its CRLF.
fn untagged(row: &'static [u8]) -> Untagged {
    let frame = Bytes::from_static(row.strip_suffix(b"\r\n").unwrap());
    match Response::parse(&frame, Dialect::REV1) {
        Response::Untagged(untagged) => untagged,
        other => panic!("{other:?}"),
    }
}

fn command(row: &'static [u8]) -> Result<Command, imap_proto::CommandError> {
    let frame = Bytes::from_static(row.strip_suffix(b"\r\n").unwrap());
    Command::parse(&frame, Dialect::REV1).map(|(_, command)| command)
}

fn id(row: &'static [u8]) -> Option<Vec<(String, String)>> {
    let Untagged::Id(id) = untagged(row) else { panic!() };
    let text = |text: Option<&Text>| text.map_or_else(|| "NIL".to_owned(), Text::to_string);
    Some(id?.iter().map(|(field, value)| (field.to_string(), text(value))).collect())
}

fn pairs(pairs: &[(&str, &str)]) -> Option<Vec<(String, String)>> {
    Some(pairs.iter().map(|(field, value)| ((*field).to_owned(), (*value).to_owned())).collect())
}

#[test]
fn imap_014() {
    let Untagged::Quota(quota) = untagged(b"* QUOTA \"\" (STORAGE  10 512)\r\n") else { panic!() };
    let storage = quota.of(&Resource::STORAGE).unwrap();
    assert_eq!((quota.root.len(), storage.usage, storage.limit), (0, 10, 512));
}

#[test]
fn imap_155() {
    let Untagged::Acl(acl) = untagged(b"* ACL INBOX.[x] user lrs\r\n") else { panic!() };
    assert_eq!(acl.mailbox.as_str(), Some("INBOX.[x]"));
    assert_eq!(acl.entries[0].identifier, "user");
    assert_eq!(acl.entries[0].rights, Rights::try_from("lrs").unwrap());
}

#[test]
fn imap_192() {
    let read = id(b"* ID (\"name\" \"Bigfoot\" \"version\" \"1.0\")+\r\n");
    assert_eq!(read, pairs(&[("name", "Bigfoot"), ("version", "1.0")]));
}

#[test]
fn imap_193() {
    assert_eq!(id(b"* ID ( \"a\" \"1\" )\r\n"), pairs(&[("a", "1")]));
}

#[test]
fn imap_194() {
    let read = id(b"* ID (\"name\", \"Bigfoot\", \"version\", \"1.0\")\r\n");
    assert_eq!(read, pairs(&[("name", "Bigfoot"), ("version", "1.0")]));
}

#[test]
fn imap_196() {
    assert_eq!(id(b"* ID ()\r\n"), None);
}

#[test]
fn inj_20() {
    let said = Identification::new().with("name", Some("x\r\nA2 LOGOUT\r\n"));
    assert!(matches!(said, Err(IdentificationError::Octet(error)) if error.at() == 1));
    assert!(command(b"A1 ID (\"name\" \"x\r\nA2 LOGOUT\r\n\")\r\n").is_err());
}

#[test]
fn imapc_29() {
    let Untagged::Metadata(metadata) = untagged(b"* METADATA INBOX (/private/a {5}\r\nhello)\r\n") else {
        panic!()
    };
    let MetadataContent::Values(values) = metadata.content else { panic!() };
    assert_eq!((values.len(), values[0].value.as_deref()), (1, Some(&b"hello"[..])));
}

#[test]
fn imaps_51() {
    // Whether the user may ask is the server's to decide: everything it needs for that is there.
    let Command::ListRights(rights) = command(b"A1 LISTRIGHTS user/victim bob\r\n").unwrap() else {
        panic!()
    };
    assert_eq!(
        (rights.mailbox.as_str(), rights.identifier),
        (Some("user/victim"), Text::try_from("bob").unwrap())
    );
}

#[test]
fn imaps_52() {
    let row = b"A1 GENURLAUTH \"imap://joe@h/user.victim;UID=1;URLAUTH=anonymous\" INTERNAL\r\n";
    let Command::GenUrlAuth(urls) = command(row).unwrap() else { panic!() };
    // It is no URL: a slash is missing before the UID.
    assert!(ImapUrl::parse(urls[0].url.as_str().unwrap()).is_err());
    let url = ImapUrl::parse("imap://joe@h/user.victim/;UID=1;URLAUTH=anonymous").unwrap();
    assert_eq!(url.mailbox.unwrap().name().as_str(), Some("user.victim"));
}

#[test]
fn tls_28() {
    let url = ImapUrl::parse("imap://;AUTH=*@attacker.example:243/").unwrap();
    let server = url.server.unwrap();
    assert_eq!(
        (server.host(), server.port(), server.auth()),
        ("attacker.example", Some(243), Some(&UrlAuth::Any))
    );
}
