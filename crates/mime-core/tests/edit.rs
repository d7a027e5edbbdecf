//! Changes leave everything else as it is.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use mime_core::{
    Message,
    edit::{Edit, EditError, NewField},
};
use proptest::prelude::*;

const NESTED: &str = "Received: a\r\nSubject: x\r\nContent-Type: multipart/mixed; boundary=out\r\n\r\npre\r\n--out\r\nContent-Type: multipart/signed; boundary=in\r\n\r\n--in\r\nX: 1\r\n\r\nsigned\r\n--in\r\n\r\nsignature\r\n--in--\r\n\r\n--out  \r\n\r\nattached\r\n--out--\r\nepilogue\r\n";

fn edited(
    octets: &str,
    change: impl for<'a> FnOnce(&'a Message, &mut Edit<'a>) -> Result<(), EditError>,
) -> Result<String, EditError> {
    let mail = Message::parse(octets.to_owned());
    let mut edit = mail.edit();
    change(&mail, &mut edit)?;
    Ok(String::from_utf8(edit.finish()?.to_vec()).unwrap())
}

fn raw(name: &str, value: &str) -> NewField {
    NewField::raw(name, value).unwrap()
}

#[test]
fn nothing_changed_is_the_same() {
    assert_eq!(edited(NESTED, |_, _| Ok(())).unwrap(), NESTED);
}

#[test]
fn fields_come_and_go() {
    let mail = Message::parse(NESTED);
    let mut edit = mail.edit();
    edit.remove_field(mail.root().field("subject").unwrap()).unwrap();
    edit.append_field(mail.root(), &raw("X-Last", "1")).unwrap();
    edit.prepend_field(mail.root(), &raw("X-First", "1")).unwrap();
    edit.prepend_field(mail.root(), &raw("X-Second", "1")).unwrap();
    let new = String::from_utf8(edit.finish().unwrap().to_vec()).unwrap();
    let expected = NESTED
        .replace("Subject: x\r\n", "")
        .replace("Received: a\r\n", "X-First: 1\r\nX-Second: 1\r\nReceived: a\r\n")
        .replace("boundary=out\r\n", "boundary=out\r\nX-Last: 1\r\n");
    assert_eq!(new, expected);
}

#[test]
fn a_signed_part_stays_as_it_is() {
    let mail = Message::parse(NESTED);
    let signed = mail.part("1").unwrap().raw().to_vec();
    let mut edit = mail.edit();
    edit.remove_part(mail.part("2").unwrap()).unwrap();
    edit.append_part(mail.root(), b"Content-Type: text/html\r\n\r\n<p>new").unwrap();
    edit.insert_part_before(mail.part("1").unwrap(), b"\r\nfirst").unwrap();
    edit.replace_field(
        mail.root().field("Subject").unwrap(),
        &NewField::text("Subject", "Übersicht").unwrap(),
    )
    .unwrap();
    let new = Message::parse(edit.finish().unwrap());
    let bodies: Vec<_> = new.root().children().map(|part| part.raw_body().to_vec()).collect();
    assert_eq!(bodies.len(), 3);
    assert_eq!(bodies[0], b"first");
    assert_eq!(new.part("2").unwrap().raw(), signed);
    assert_eq!(bodies[2], b"<p>new");
    assert_eq!((new.root().preamble(), new.root().epilogue()), (&b"pre"[..], &b"epilogue\r\n"[..]));
}

#[test]
fn bodies_and_parts_are_replaced() {
    let new = edited(NESTED, |mail, edit| edit.replace_body(mail.part("2").unwrap(), "other")).unwrap();
    assert_eq!(new, NESTED.replace("attached", "other"));
    let new =
        edited(NESTED, |mail, edit| edit.replace_part(mail.part("1.1").unwrap(), "Y: 2\r\n\r\nz")).unwrap();
    assert_eq!(new, NESTED.replace("X: 1\r\n\r\nsigned", "Y: 2\r\n\r\nz"));
    assert_eq!(
        edited(NESTED, |mail, edit| edit.replace_body(mail.part("1.1").unwrap(), "a\r\n--out--\r\n")),
        Err(EditError::Delimiter { at: 3 })
    );
}

#[test]
fn a_message_without_separator_gets_one() {
    let mail = Message::parse("only text, no header\r\n\r\nmore");
    let mut edit = mail.edit();
    edit.prepend_field(mail.root(), &raw("Subject", "a")).unwrap();
    edit.append_field(mail.root(), &raw("To", "b")).unwrap();
    let new = edit.finish().unwrap();
    assert_eq!(new, "Subject: a\r\nTo: b\r\n\r\nonly text, no header\r\n\r\nmore");
    let mail = Message::parse("Subject: a");
    let mut edit = mail.edit();
    edit.append_field(mail.root(), &raw("To", "b")).unwrap();
    assert_eq!(edit.finish().unwrap(), "Subject: a\r\nTo: b\r\n");
}

/// Whoever sends such a message must not say more than the gateway that adds the field.
#[test]
fn a_line_that_would_continue_a_new_field_stays_above() {
    for (octets, expected) in [
        (" dkim=pass\r\nTo: b\r\n\r\nx", " dkim=pass\r\nA-R: mx; none\r\nTo: b\r\n\r\nx"),
        ("\t;\r\n \r\n dkim\r\nTo: b\r\n\r\nx", "\t;\r\n \r\n dkim\r\nA-R: mx; none\r\nTo: b\r\n\r\nx"),
        (" text\r\nmore text", "A-R: mx; none\r\n\r\n text\r\nmore text"),
    ] {
        let new =
            edited(octets, |mail, edit| edit.prepend_field(mail.root(), &raw("A-R", "mx; none"))).unwrap();
        assert_eq!(new, expected);
        assert_eq!(Message::parse(new).raw_field("A-R").unwrap(), b" mx; none");
    }
}

#[test]
fn a_field_begins_on_a_line_of_its_own() {
    let new = edited("From x", |mail, edit| edit.prepend_field(mail.root(), &raw("A", "b"))).unwrap();
    assert_eq!(new, "From x\r\nA: b\r\n");
}

#[test]
fn line_ends_are_those_of_the_message() {
    let mail = Message::parse("A: 1\nB: 2\n\nbody\n");
    let mut edit = mail.edit();
    edit.replace_field(mail.root().field("B").unwrap(), &raw("B", "long\r\n value")).unwrap();
    assert_eq!(edit.finish().unwrap(), "A: 1\nB: long\n value\n\nbody\n");
}

#[test]
fn what_cannot_be_is_refused() {
    let mail = Message::parse(NESTED);
    let other = Message::parse(NESTED);
    let mut edit = mail.edit();
    assert_eq!(edit.remove_part(mail.root()), Err(EditError::NotInMultipart));
    assert_eq!(edit.append_part(mail.part("2").unwrap(), b""), Err(EditError::NotMultipart));
    assert_eq!(edit.remove_field(other.root().field("Subject").unwrap()), Err(EditError::OtherMessage));
    edit.remove_part(mail.part("1").unwrap()).unwrap();
    edit.replace_body(mail.part("1.1").unwrap(), "x").unwrap();
    assert!(matches!(edit.finish(), Err(EditError::Overlap { .. })));
}

#[test]
fn attack_inj_11_a_field_value_with_a_line_end() {
    for value in
        ["hi\r\nBcc: v@example.net", "hi\nBcc: v", "hi\rBcc: v", "a\r\n \r\n b", "a\r\n", "a\0", "a\r\n  "]
    {
        assert!(matches!(NewField::raw("Subject", value), Err(EditError::IllegalValue { .. })), "{value:?}");
    }
    assert!(NewField::raw("Subject", "a\r\n b\r\n\tc").is_ok());
    assert_eq!(NewField::raw("Sub ject", "a"), Err(EditError::IllegalName { at: 3 }));
    assert_eq!(NewField::raw("", "a"), Err(EditError::IllegalName { at: 0 }));
    assert_eq!(NewField::raw("X", &"a".repeat(1000)), Err(EditError::LineTooLong { octets: 1003 }));
}

proptest! {
    #[test]
    fn a_text_field_is_one_field(text in "\\PC{0,300}") {
        let field = NewField::text("Subject", &text).unwrap();
        let mail = Message::parse("To: a\r\n\r\nbody");
        let mut edit = mail.edit();
        edit.prepend_field(mail.root(), &field).unwrap();
        let new = Message::parse(edit.finish().unwrap());
        prop_assert_eq!(new.root().fields().map(|field| field.name().to_owned()).collect::<Vec<_>>(), ["Subject", "To"]);
        prop_assert_eq!(new.root().raw_body(), b"body");
        prop_assert!(field.as_str().split("\r\n").all(|line| line.len() <= 998 && line.is_ascii() && !line.trim().is_empty()));
    }
}
