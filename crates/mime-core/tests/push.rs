//! Both faces find the same, wherever the pieces end.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod faces;

use faces::{by_push, by_tree};
use mime_core::{Config, Limits, Message};
use proptest::prelude::*;

fn agree(octets: &[u8], sizes: &[usize], config: Config) {
    let tree = by_tree(&Message::parse_with(octets.to_vec(), config), true);
    for &size in sizes {
        let push = by_push(octets.chunks(size), config, true);
        assert_eq!(
            tree,
            push,
            "in pieces of {size}: {:?}",
            wire_core::Escaped(&octets[..octets.len().min(4000)])
        );
    }
}

/// Cut in two at every octet.
fn agree_at_every_cut(octets: &[u8], config: Config) {
    let tree = by_tree(&Message::parse_with(octets.to_vec(), config), true);
    for cut in 0..=octets.len() {
        let push = by_push([&octets[..cut], &octets[cut..]].into_iter(), config, true);
        assert_eq!(tree, push, "cut at {cut}: {:?}", wire_core::Escaped(octets));
    }
    agree(octets, &[1, 2, 3, 7], config);
}

const STRUCTURED: &[&str] = &[
    "",
    "\r\n",
    "Subject: a",
    "Subject: a\r\n",
    "Subject: a\r\n\r\n",
    "Subject: a\r\n b\r\n \t\r\nTo: c\r\n\r\nbody",
    "From x@y Mon Jan  1 00:00:00 2024\r\nSubject: a\r\n\r\nb\r\n",
    "From\r\n : x\r\nTo: y\r\n\r\n",
    "Subject : a\r\njunk\r\nTo: b\r\n\r\nc",
    "only text\r\n\r\nmore",
    "Subject: a\r\nno separator, and no field either",
    "MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nSubject: a\r\n\r\nb\r\n",
    "Content-Type: multipart/mixed; boundary=foo\r\n\r\npre\r\n--foo\r\n\r\none\r\n\r\n--foo  \r\nContent-Type: text/plain\r\n\r\ntwo\r\n--foobar\r\n--foo-\r\n--foo--\r\nepilogue\r\n--foo\r\n",
    "Content-Type: multipart/mixed; boundary=foo\r\n\r\n--foo\r\nContent-Type: multipart/alternative; boundary=bar\r\n\r\n--bar\r\n\r\nx\r\n--bar\r\n\r\ny\r\n--foo\r\nContent-Type: message/rfc822\r\n\r\nSubject: in\r\nContent-Type: multipart/mixed; boundary=\"foo bar\"\r\n\r\n--foo bar\r\n\r\nz\r\n--foo bar--\r\n--foo--",
    "Content-Type: multipart/digest; boundary=d\r\n\r\n--d\r\n\r\nSubject: 1\r\n\r\none\r\n--d\r\n--d\r\nX: y\r\n--d--\r\n",
    "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\nx\n--b--\n--b--\n",
    "Subject: a\r\r\n\r\r\nbody\r\n",
    "Content-Type: text/plain\r\n\n\r\nX: y\r\n\r\n",
    "A: 1\r\n\r\rB",
    // How far was looked ahead in one part says nothing about the next.
    "Content-Type: multipart/mixed; boundary=d\r\n\r\n--d\r\ntext alone\r\nmore text\r\n--d\r\njunk\r\nX: y\r\n\r\nbody\r\n--d--\r\n",
];

#[test]
fn structured_messages_at_every_cut() {
    for message in STRUCTURED {
        agree_at_every_cut(message.as_bytes(), Config::new());
        agree_at_every_cut(message.replace("\r\n", "\n").as_bytes(), Config::new());
        agree_at_every_cut(message.as_bytes(), Config::new().blank_line_ends_header(true));
    }
}

#[test]
fn limits_hold_at_every_cut() {
    let limits =
        Limits::new().depth(1).parts(2).fields(2).all_fields(4).field_octets(12).header_octets(60).defects(3);
    for message in STRUCTURED {
        agree_at_every_cut(message.as_bytes(), Config::new().limits(limits));
        agree_at_every_cut(message.as_bytes(), Config::new().limits(limits.field_octets(1)));
        agree_at_every_cut(message.as_bytes(), Config::new().limits(limits.field_octets(50).depth(2)));
    }
}

#[test]
fn corpus_messages_in_pieces() {
    let Some(corpora) = test_support::corpora() else { return };
    let mut found = Vec::new();
    for folder in [
        "commons-email",
        "cpython",
        "enmime",
        "haraka",
        "james-mailbox",
        "kumomta",
        "libetpan",
        "mail-parser",
        "mailparse",
        "mailpit",
        "mailsplit",
        "nodemailer-mailparser",
        "php-mime-mail-parser",
        "postal-mime",
        "spamassassin",
        "tika-rfc822",
        "dkimpy",
        "mail-auth",
        "mailauth",
        "go-msgauth",
    ] {
        found.append(&mut test_support::files(&corpora.join(folder)));
    }
    found.sort();
    let mut octets = 0;
    let mut count = 0;
    for path in &found {
        let Ok(message) = std::fs::read(path) else { continue };
        if message.len() > 400_000 {
            agree(&message, &[4093, 70_000], Config::new());
        } else {
            agree(&message, &[61, 4096], Config::new());
        }
        let mail = Message::parse(message.clone());
        assert_eq!(mail.raw(), &message, "{}", path.display());
        octets += message.len();
        count += 1;
    }
    eprintln!("{count} files, {octets} octets: both faces agree");
    assert!(count > 500, "{count}");
}

/// Text that is likely to be structure.
fn fragments() -> impl Strategy<Value = Vec<u8>> {
    let fragment = prop_oneof![
        Just("\r\n"),
        Just("\n"),
        Just("\r"),
        Just(" "),
        Just("\t"),
        Just("--"),
        Just("-"),
        Just("--b"),
        Just("--b--"),
        Just("--bb"),
        Just("b"),
        Just("a"),
        Just(":"),
        Just("X: y\r\n"),
        Just("\r\n\r\n"),
        Just("\r\n--b\r\n"),
        Just("Content-Type: multipart/mixed; boundary=b\r\n\r\n"),
        Just("Content-Type: multipart/digest; boundary=bb\n\n"),
        Just("Content-Type: message/rfc822\r\n\r\n"),
        Just("Content-Transfer-Encoding: base64\r\n"),
        Just("From "),
        Just("\0"),
        Just("From\r\n : x\r\n"),
        Just(" \r\n"),
        Just("junk line\r\n"),
    ];
    prop::collection::vec(fragment, 0..40).prop_map(|parts| parts.concat().into_bytes())
}

proptest! {
    #[test]
    fn any_fragments_at_every_cut(octets in fragments(), small in any::<bool>()) {
        let config = if small {
            Config::new().limits(Limits::new().field_octets(20).parts(3).depth(2).fields(3))
        } else {
            Config::new()
        };
        agree_at_every_cut(&octets, config);
    }

    #[test]
    fn every_octet_belongs_to_something(octets in fragments()) {
        let mail = Message::parse(octets.clone());
        let root = mail.root();
        let header: usize = root.lines().map(|line| line.raw().len()).sum();
        let skipped = root.span().start;
        prop_assert_eq!(header, root.raw_header().len());
        prop_assert_eq!(root.span().end, octets.len());
        prop_assert!(octets[..skipped].is_empty() || octets.starts_with(b"From ") || octets.starts_with(b">From "));
        for part in mail.parts() {
            prop_assert!(part.span().start <= part.header_span().end && part.header_span().end <= part.body_span().start);
            prop_assert!(part.body_span().start <= part.span().end);
            prop_assert!(mail.part(&part.path()).is_some(), "{}", part.path());
            if let Some(parent) = part.parent() {
                prop_assert!(parent.body_span().start <= part.span().start && part.span().end <= parent.span().end);
            }
        }
        for defect in mail.structure_defects() {
            prop_assert!(defect.span.start <= defect.span.end && defect.span.end <= octets.len(), "{defect:?}");
        }
    }
}
