//! The author of a message: attacks of class HDR first, since they are why it exists.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use mime_core::{Author, AuthorError, Config, DefectKind, authenticated_author};
use proptest::prelude::*;

fn author(fields: &[&[u8]]) -> Result<Author, AuthorError> {
    authenticated_author(fields.iter().copied(), false, &Config::new())
}

fn address(field: &[u8]) -> Result<String, AuthorError> {
    author(&[field]).map(|author| author.address().to_string())
}

#[test]
fn rfc5322_a_1() {
    let john = author(&[b" John Doe <jdoe@machine.example>"]).unwrap();
    assert_eq!(john.mailbox.name(), Some("John Doe"));
    assert_eq!((&*john.address().to_string(), john.domain()), ("jdoe@machine.example", "machine.example"));
    assert_eq!(john.defects, []);
}

#[test]
fn one_address_however_it_is_written() {
    let honest: &[(&[u8], &str)] = &[
        (b"a@b.example", "a@b.example"),
        (b" <a@b.example>\r\n (comment)", "a@b.example"),
        (b" \"Doe, John\" <a@b.example>", "a@b.example"),
        (b" \"a b\"@c.example", "\"a b\"@c.example"),
        (b" a@[192.0.2.1]", "a@[192.0.2.1]"),
        ("Jörg <jörg@müller.example>".as_bytes(), "jörg@müller.example"),
        ("a@पत्र.example".as_bytes(), "a@पत्र.example"),
        (b" \"=?utf-8?q?Doe?=\" <a@b.example>", "a@b.example"),
    ];
    for (field, expected) in honest {
        assert_eq!(address(field).as_deref(), Ok(*expected), "{field:?}");
    }
}

#[test]
fn attack_hdr_01() {
    let fields: [&[u8]; 2] = [b" <first@attack.example>", b" <admin@legit.example>"];
    assert_eq!(author(&fields), Err(AuthorError::DuplicateFrom));
}

#[test]
fn attack_hdr_04() {
    let fields: [&[u8]; 1] = [b" <admin@legit.example>"];
    assert_eq!(authenticated_author(fields, true, &Config::new()), Err(AuthorError::AmbiguousHeader));
    let none: [&[u8]; 0] = [];
    assert_eq!(authenticated_author(none, true, &Config::new()), Err(AuthorError::AmbiguousHeader));
}

#[test]
fn attack_hdr_05() {
    assert_eq!(author(&[]), Err(AuthorError::Missing));
    assert_eq!(author(&[b""]), Err(AuthorError::Unparsable));
}

#[test]
fn attack_hdr_08_has_no_author() {
    let field = b" =?utf-8?B?PGFkbWluQGxlZ2l0LmV4YW1wbGU+?=,<second@attack.example>";
    assert_eq!(address(field), Err(AuthorError::MultipleAuthors));
}

#[test]
fn attack_hdr_10_has_no_author() {
    let field = b" <admin@legit.example>\\,<second@attack.example>";
    assert_eq!(address(field), Err(AuthorError::MultipleAuthors));
    assert_eq!(address(b" <admin@legit.example>\\"), Err(AuthorError::Unparsable));
}

#[test]
fn attack_hdr_11_has_no_author() {
    assert_eq!(address(b" admin@legit.example,<second@attack.example>"), Err(AuthorError::MultipleAuthors));
}

#[test]
fn attack_hdr_15_is_told() {
    let author = author(&[b" <a@\xd0\xb0\xd1\x80\xd1\x80\xd3\x8f\xd0\xb5.example>"]).unwrap();
    assert_eq!(author.defects[0].kind, DefectKind::ConfusableScript);
    assert_eq!(author.domain(), "аррӏе.example");
}

#[test]
fn attack_hdr_16_is_told() {
    let author = author(&[b" \"ceo@bank.example\" <x@evil.example>"]).unwrap();
    assert_eq!(author.domain(), "evil.example");
    assert_eq!(author.defects[0].kind, DefectKind::DisplayNameAddress);
}

#[test]
fn attack_hdr_17_is_the_address() {
    let author = author(&[b" \"a\" (ceo@bank.example) <x@evil.example>"]).unwrap();
    assert_eq!((author.domain(), author.mailbox.name()), ("evil.example", Some("a")));
}

#[test]
fn attack_hdr_18_is_told() {
    let author = author(&[b" \"\xe2\x80\xaegro.knab@oec\" <x@evil.example>"]).unwrap();
    assert!(author.defects.iter().any(|defect| defect.kind == DefectKind::BidiControl));
}

#[test]
fn attack_hdr_20_has_no_author() {
    assert_eq!(address(b" alice@example.org(<bob@example.org>"), Err(AuthorError::Unparsable));
}

#[test]
fn attack_hdr_21_has_no_author() {
    assert!(address(b" a@legit.example.        @evil.example").is_err());
    assert!(address(b" a@legit.example@evil.example").is_err());
    assert!(address(b" <a@legit.example@evil.example>").is_err());
}

#[test]
fn everything_in_doubt_has_no_author() {
    let doubtful: &[(&[u8], AuthorError)] = &[
        (b" g: a@legit.example;", AuthorError::GroupAuthor),
        (b" undisclosed:;", AuthorError::GroupAuthor),
        (b" a@legit.example:b@evil.example", AuthorError::GroupAuthor),
        (b" a@legit.example b@evil.example", AuthorError::MultipleAuthors),
        (b" <a@legit.example> <b@evil.example>", AuthorError::MultipleAuthors),
        (b" a@legit.example; b@evil.example", AuthorError::MultipleAuthors),
        (b" <a@legit.example, b@evil.example>", AuthorError::MultipleAuthors),
        (b" \"a@legit.example <b@evil.example>", AuthorError::Unparsable),
        (b" <a@evil.example", AuthorError::Unparsable),
        (b" a@legit.example <b@evil.example> c", AuthorError::Unparsable),
        (b" a(x)@evil.example", AuthorError::Unparsable),
        (b" Foo, Bar <a@evil.example>", AuthorError::Unparsable),
        (b" Foo a@evil.example", AuthorError::Unparsable),
        (b" a@legit.example evil.example", AuthorError::Unparsable),
        (b" =?utf-8?q?=40legit.example?=@evil.example", AuthorError::Unparsable),
        (b" <>", AuthorError::Unparsable),
        (b" root", AuthorError::Unparsable),
        (b" @evil.example", AuthorError::Unparsable),
        (b" A\0 <a@evil.example>", AuthorError::Unparsable),
        (b" a@evil\xff.example", AuthorError::InvalidDomain),
        (b" a@evil..example", AuthorError::InvalidDomain),
        (b" a@evil/legit.example", AuthorError::InvalidDomain),
        ("a@evil.example\u{200B}".as_bytes(), AuthorError::InvalidDomain),
        ("a@legit\u{2024}example".as_bytes(), AuthorError::InvalidDomain),
    ];
    for (field, expected) in doubtful {
        assert_eq!(address(field), Err(*expected), "{}", String::from_utf8_lossy(field));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn an_author_is_one_address_in_the_field(field in "[a\".,:;<>@()\\[\\]\\\\ b]{0,40}") {
        if let Ok(author) = author(&[field.as_bytes()]) {
            // without what can hide something, the address stands there as it is
            if !field.contains(['"', '(', '[', ' ', '\\']) {
                prop_assert!(field.contains(&author.address().to_string()) || field.contains(":"), "{field}");
            }
            prop_assert!(!author.domain().is_empty());
        }
    }
}
