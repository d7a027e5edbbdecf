//! Every change of every part of messages of every kind: what comes out holds what was put in, and nothing else changed.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use mime_core::{Message, Part, edit::NewField};

const MESSAGES: &[&str] = &[
    "",
    "\n",
    "text",
    "a: b",
    "a: b\n",
    "a: b\n\n",
    "a: b\n\ntext",
    "\ntext\n",
    " c\na: b\n\ntext\n",
    "From x@y Thu Jan  1 00:00:00 2026\na: b\n\ntext\n",
    "From x@y Thu Jan  1 00:00:00 2026\n",
    "From x@y Thu Jan  1 00:00:00 2026\n\ntext",
    "a: b\nno field at all\nmore\n",
    "Content-Type: multipart/mixed; boundary=b\n\n--b\n\none\n--b\n\ntwo\n--b--\n",
    "Content-Type: multipart/mixed; boundary=b\n\n--b\n\none\n--b\n\ntwo\n--b--",
    "Content-Type: multipart/mixed; boundary=b\n\n--b\n\none\n--b\n\ntwo\n",
    "Content-Type: multipart/mixed; boundary=b\n\n--b\n\none\n--b\n\ntwo",
    "Content-Type: multipart/mixed; boundary=b\n\n--b\n\none",
    "Content-Type: multipart/mixed; boundary=b\n\n--b\na: b\n--b\na: b\n--b--\n",
    "Content-Type: multipart/mixed; boundary=b\n\n--b\n\n--b\n\n--b--\n",
    "Content-Type: multipart/mixed; boundary=b\n\n--b\na: b",
    "Content-Type: multipart/mixed; boundary=b\n\n--b\n",
    "Content-Type: multipart/mixed; boundary=b\n\n--b",
    "Content-Type: multipart/mixed; boundary=b\n--b\n\none\n--b--\n",
    "Content-Type: multipart/mixed; boundary=b\n\npreamble\n\n--b  \na: b\n\none\n--b\n\ntwo\n--b--\nepilogue\n",
    "Content-Type: multipart/mixed; boundary=b\n\ntext\n",
    "Content-Type: multipart/mixed; boundary=b\n\n--b--\n",
    "Content-Type: multipart/mixed\n\ntext\n",
    "Content-Type: message/rfc822\n\na: b\n\ntext\n",
    "Content-Type: message/rfc822\n\n",
    "Content-Type: message/rfc822\n",
    "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: message/rfc822\n\na: b\n\ninner\n--b\n\ntwo\n--b--\n",
    "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: message/rfc822\n\n\
     Content-Type: multipart/mixed; boundary=c\n\n--c\n\none\n--c\n\ntwo\n--c--\n--b\n\ntwo\n--b--\n",
    "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: multipart/mixed; boundary=c\n\n--c\n\none\n--c\n\ntwo\n\
     --c--\n\n--b\n\ntwo\n--b--\n",
    "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: multipart/mixed; boundary=c\n\n--c\n\none\n--b\n\ntwo\n\
     --b--\n",
    "Content-Type: multipart/digest; boundary=b\n\n--b\n\na: b\n\none\n--b\n\na: b\n\ntwo\n--b--\n",
];

/// Every leaf: its path, its fields, and its body.
fn leaves(mail: &Message) -> Vec<(String, Vec<String>, String)> {
    let text = |octets: &[u8]| String::from_utf8_lossy(octets).into_owned();
    let fields =
        |part: Part<'_>| part.fields().map(|field| text(field.raw()).trim_end().to_owned()).collect();
    mail.parts()
        .map(|part| {
            let body = if part.is_leaf() { text(part.raw_body()) } else { String::new() };
            (part.path(), fields(part), body)
        })
        .collect()
}

fn all(mut on: impl FnMut(&Message)) {
    for message in MESSAGES {
        on(&Message::parse(*message));
        on(&Message::parse(message.replace('\n', "\r\n")));
    }
}

#[test]
fn fields_are_added_and_taken_away() {
    all(|mail| {
        let field = NewField::raw("X-New", "value").unwrap();
        for (index, part) in mail.parts().enumerate() {
            for below in [false, true] {
                let mut edit = mail.edit();
                if below { edit.append_field(part, &field) } else { edit.prepend_field(part, &field) }
                    .unwrap();
                let octets = edit.finish().unwrap();
                let again = Message::parse(octets.clone());
                let mut expected = leaves(mail);
                let fields = &mut expected[index].1;
                fields.insert(if below { fields.len() } else { 0 }, "X-New: value".to_owned());
                let found = leaves(&again);
                let shown = format!("{:?}\n{octets:?}\npart {} below {below}", mail.raw(), part.path());
                assert_eq!(found, expected, "{shown}");
            }
            // A line that continues nothing is text when it stands alone.
            for field in part.fields().filter(|_| !part.raw_header().starts_with(b" ")) {
                // The last octets of all: there is no part then.
                if field.name().eq_ignore_ascii_case("content-type") || field.span().end == mail.raw().len() {
                    continue;
                }
                let mut edit = mail.edit();
                edit.remove_field(field).unwrap();
                let octets = edit.finish().unwrap();
                let mut expected = leaves(mail);
                expected[index].1.retain(|one| !one.starts_with(field.name()));
                assert_eq!(leaves(&Message::parse(octets.clone())), expected, "{:?}\n{octets:?}", mail.raw());
            }
        }
    });
}

#[test]
fn bodies_are_replaced() {
    all(|mail| {
        for (index, part) in mail.parts().enumerate().filter(|(_, part)| part.is_leaf()) {
            for body in ["new", "new\n", "", "x: y\n\nz"] {
                let mut edit = mail.edit();
                edit.replace_body(part, body).unwrap();
                let octets = edit.finish().unwrap();
                let mut expected = leaves(mail);
                expected[index].2 = body.to_owned();
                assert_eq!(
                    leaves(&Message::parse(octets.clone())),
                    expected,
                    "{:?}\n{octets:?}\npart {}",
                    mail.raw(),
                    part.path()
                );
            }
        }
    });
}

#[test]
fn parts_come_and_go() {
    const NEW: &str = "X-New: value\r\n\r\nnew";
    all(|mail| {
        // In a digest the new part would be a message.
        for part in mail.parts().filter(|_| !mail.root().is_type("multipart", "digest")) {
            let count = |mail: &Message| {
                let mut bodies: Vec<_> =
                    leaves(mail).into_iter().map(|(_, fields, body)| (fields, body)).collect();
                bodies.sort();
                bodies
            };
            let before = count(mail);
            let new = (vec!["X-New: value".to_owned()], "new".to_owned());
            let shown = |what: &str, octets: &[u8]| {
                format!("{what} {}\n{:?}\n{:?}", part.path(), mail.raw(), String::from_utf8_lossy(octets))
            };
            let mut edit = mail.edit();
            if edit.insert_part_before(part, NEW.as_bytes()).is_ok() {
                let octets = edit.finish().unwrap();
                let mut after = count(&Message::parse(octets.clone()));
                let at = after.iter().position(|one| *one == new);
                assert!(at.is_some(), "{}", shown("before", &octets));
                after.remove(at.unwrap());
                assert_eq!(after, before, "{}", shown("before", &octets));
            }
            let mut edit = mail.edit();
            if edit.append_part(part, NEW.as_bytes()).is_ok() {
                let octets = edit.finish().unwrap();
                let mut after = count(&Message::parse(octets.clone()));
                let at = after.iter().position(|one| *one == new);
                assert!(at.is_some(), "{}", shown("append", &octets));
                after.remove(at.unwrap());
                assert_eq!(after, before, "{}", shown("append", &octets));
            }
            let mut edit = mail.edit();
            if edit.remove_part(part).is_ok() {
                let octets = edit.finish().unwrap();
                let after = Message::parse(octets.clone());
                let parent = part.parent().unwrap().path();
                let children = |mail: &Message| {
                    mail.parts()
                        .find(|part| part.path() == parent && part.is_multipart())
                        .map(|part| part.children().count())
                };
                let left = part.parent().unwrap().children().count() - 1;
                if left > 0 {
                    assert_eq!(children(&after), Some(left), "{}", shown("remove", &octets));
                }
            }
            let mut edit = mail.edit();
            if part.parent().is_some_and(Part::is_multipart) && edit.replace_part(part, NEW).is_ok() {
                let octets = edit.finish().unwrap();
                let after = leaves(&Message::parse(octets.clone()));
                assert!(
                    after
                        .iter()
                        .any(|(path, fields, body)| (*path == part.path(), fields, body)
                            == (true, &new.0, &new.1)),
                    "{}",
                    shown("replace", &octets)
                );
            }
        }
    });
}

/// Several changes of one message do what each of them does alone.
#[test]
fn changes_do_not_disturb_each_other() {
    let field = |name: &str| NewField::raw(name, "value").unwrap();
    all(|mail| {
        for (index, part) in mail.parts().enumerate().filter(|(_, part)| part.is_leaf()) {
            let mut edit = mail.edit();
            edit.append_field(part, &field("X-Second")).unwrap();
            edit.replace_body(part, "x: y\n\nnew").unwrap();
            edit.prepend_field(part, &field("X-First")).unwrap();
            edit.append_field(part, &field("X-Third")).unwrap();
            // In a header without fields what comes first stands first.
            let empty = part.header_span().is_empty()
                || part.raw_header().starts_with(b" ")
                || part.fields().next().is_none();
            let octets = edit.finish().unwrap();
            let mut expected = leaves(mail);
            let names =
                if empty { ["X-Second", "X-First", "X-Third"] } else { ["X-First", "X-Second", "X-Third"] };
            let [first, second, third] = names.map(|name| format!("{name}: value"));
            let fields = &mut expected[index].1;
            if empty && fields.is_empty() {
                fields.extend([first, second, third]);
            } else if empty {
                return;
            } else {
                fields.insert(0, first);
                fields.extend([second, third]);
            }
            expected[index].2 = "x: y\n\nnew".to_owned();
            let found = leaves(&Message::parse(octets.clone()));
            assert_eq!(found, expected, "{:?}\n{octets:?}\npart {}", mail.raw(), part.path());
            if part.parent().is_some_and(Part::is_multipart) && !mail.root().is_type("multipart", "digest") {
                let mut edit = mail.edit();
                edit.append_part(part.parent().unwrap(), b"X-New: last\n\nlast").unwrap();
                edit.insert_part_before(part, b"X-New: first\n\nfirst").unwrap();
                edit.replace_body(part, "new").unwrap();
                let octets = edit.finish().unwrap();
                let found = leaves(&Message::parse(octets.clone()));
                let at = found.iter().position(|(_, _, body)| body == "first").unwrap();
                assert_eq!(
                    (&found[at + 1].1, &*found[at + 1].2),
                    (&leaves(mail)[index].1, "new"),
                    "{:?}\n{octets:?}",
                    mail.raw()
                );
                assert!(found.iter().any(|(_, _, body)| body == "last"), "{octets:?}");
            }
        }
    });
}
