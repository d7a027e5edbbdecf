//! Every limit of the structure is reached, does what its documentation says, and nothing is lost.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

mod both;

use std::fmt::Write as _;

use both::{leaf, leaves, lines, nothing_is_lost, parse_with, span, text, told};
use bytes::Bytes;
use mime_core::{Config, DefectKind::*, Event, Limits, Message, Push, Severity::*};
use test_support::alloc;

fn with(limits: Limits) -> Config {
    Config::new().limits(limits)
}

fn names(mail: &Message) -> Vec<&str> {
    mail.root().lines().map(|field| field.name()).collect()
}

const NESTED: &str = "Content-Type: multipart/mixed; boundary=a\r\n\r\n--a\r\nContent-Type: message/rfc822\r\n\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nx\r\n--b--\r\n--a--\r\n";

#[test]
fn depth() {
    let mail = parse_with(NESTED, with(Limits::new().depth(3)));
    assert_eq!(leaves(&mail), [leaf("1.1", "x")]);
    assert!(told(&mail).is_empty());
    // Multiparts and messages count alike.
    let mail = parse_with(NESTED, with(Limits::new().depth(2)));
    assert_eq!(leaves(&mail), [leaf("1.1", "--b\r\n\r\nx\r\n--b--")]);
    let at = NESTED.find("--b\r\n").unwrap();
    assert_eq!(told(&mail), [(LimitTruncated, at..at, Hostile)]);
    let mail = parse_with(NESTED, with(Limits::new().depth(1)));
    assert_eq!(mail.parts().count(), 2);
    assert!(mail.part("1").unwrap().raw_body().starts_with(b"Content-Type: multipart/mixed; boundary=b"));
    let mail = parse_with(NESTED, with(Limits::new().depth(0)));
    assert!(mail.root().is_leaf());
    assert_eq!(mail.root().raw_body().len(), NESTED.len() - NESTED.find("--a").unwrap());
    // What stands behind a part that is too deep is read as ever.
    let octets = NESTED.replace("--a--", "--a\r\n\r\ny\r\n--a--");
    let mail = parse_with(octets, with(Limits::new().depth(1)));
    assert_eq!(leaves(&mail)[1], leaf("2", "y"));
    nothing_is_lost(&mail);
}

#[test]
fn parts() {
    let octets = "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\n1\r\n--b\r\n\r\n2\r\n--b\r\n\r\n3\r\n--b--\r\nend";
    let mail = parse_with(octets, with(Limits::new().parts(4)));
    assert_eq!(mail.parts().count(), 4);
    assert!(told(&mail).is_empty());
    let mail = parse_with(octets, with(Limits::new().parts(3)));
    assert_eq!(leaves(&mail), [leaf("1", "1"), leaf("2", "2\r\n--b\r\n\r\n3\r\n--b--\r\nend")]);
    let at = octets.rfind("--b\r\n").unwrap();
    assert_eq!(told(&mail)[0], (LimitTruncated, at..at, Hostile));
    nothing_is_lost(&mail);
    // A composite part that is the last is a leaf.
    let mail = parse_with(octets, with(Limits::new().parts(1)));
    assert!(mail.root().is_leaf());
    assert_eq!(mail.root().raw_body(), &octets.as_bytes()[45..]);
    assert_eq!(told(&mail), [(LimitTruncated, 45..45, Hostile)]);
    let none = parse_with(octets, with(Limits::new().parts(0)));
    assert_eq!(none.parts().count(), 1);
    // All levels count together.
    let mail = parse_with(NESTED, with(Limits::new().parts(3)));
    assert_eq!(mail.parts().count(), 3);
    assert!(mail.parts().last().unwrap().is_leaf());
    nothing_is_lost(&mail);
}

#[test]
fn fields() {
    let octets = "A: 1\r\nodd line\r\nB: 2\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nx\r\n--b--\r\n";
    let mail = parse_with(octets, with(Limits::new().fields(4)));
    assert_eq!(leaves(&mail), [leaf("1", "x")]);
    // Lines that are no fields count, and what is not indexed changes nothing.
    let mail = parse_with(octets, with(Limits::new().fields(3)));
    assert_eq!(names(&mail), ["A", "", "B"]);
    assert!(mail.root().is_leaf());
    assert_eq!(text(mail.root().raw_body()), "--b\r\n\r\nx\r\n--b--\r\n");
    assert_eq!(mail.root().raw_header(), &octets.as_bytes()[..octets.find("\r\n\r\n").unwrap() + 2]);
    let at = octets.find("Content-Type").unwrap();
    assert!(told(&mail).contains(&(LimitTruncated, at..at, Hostile)));
    assert_eq!(told(&mail).len(), 2);
    nothing_is_lost(&mail);
    let mail = parse_with(octets, with(Limits::new().fields(0)));
    assert_eq!(mail.root().lines().count(), 0);
    assert_eq!(mail.root().raw_header().len(), octets.find("\r\n\r\n").unwrap() + 2);
}

#[test]
fn all_fields() {
    let octets = "A: 1\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nC: 1\r\nD: 2\r\n\r\nx\r\n--b\r\nE: 3\r\n\r\ny\r\n--b--\r\n";
    let mail = parse_with(octets, with(Limits::new().all_fields(3)));
    assert_eq!(leaves(&mail), [leaf("1", "x"), leaf("2", "y")]);
    assert_eq!(mail.parts().map(|part| part.fields().count()).collect::<Vec<_>>(), [2, 1, 0]);
    assert_eq!(mail.part("2").unwrap().raw_header(), b"E: 3\r\n");
    let (first, second) = (octets.find("D: 2").unwrap(), octets.find("E: 3").unwrap());
    assert_eq!(
        told(&mail),
        [(LimitTruncated, first..first, Hostile), (LimitTruncated, second..second, Hostile)]
    );
    nothing_is_lost(&mail);
}

#[test]
fn field_octets() {
    let octets = "A: 345678\r\nB: 1\r\n 2\r\n 3456789\r\n abc\r\nC: 3\r\n\r\nx";
    let limits = Limits::new().field_octets(11);
    let mail = parse_with(octets, with(limits));
    assert_eq!(names(&mail), ["A", "B", "C"]);
    // As long as it may be: not cut.
    assert_eq!(mail.raw_field("A").unwrap(), b" 345678");
    // Longer: the value is cut, the octets are whole.
    let field = mail.root().field("B").unwrap();
    assert_eq!(field.raw_value(), b" 1\r\n 2\r\n ");
    assert_eq!(field.raw(), b"B: 1\r\n 2\r\n 3456789\r\n abc\r\n");
    assert_eq!(mail.raw_field("C").unwrap(), b" 3");
    let at = octets.find("3456789").unwrap();
    assert_eq!(told(&mail), [(LimitTruncated, at..at, Hostile)]);
    nothing_is_lost(&mail);
    // A boundary beyond the limit is not there.
    let octets = "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nx\r\n--b--\r\n";
    let mail = parse_with(octets, with(Limits::new().field_octets(30)));
    assert!(mail.root().is_leaf());
    assert_eq!(told(&mail)[0], (LimitTruncated, 30..30, Hostile));
    assert_eq!(text(mail.root().field("content-type").unwrap().raw()), &octets[..43]);
    // The push parser cuts the octets too.
    let mut push = Push::new(with(limits));
    push.push("B: 1\r\n 2\r\n 3456789\r\n abc\r\nC: 3\r\n\r\nx");
    push.finish();
    let fields: Vec<_> = std::iter::from_fn(|| push.next())
        .filter_map(|event| match event {
            Event::Field(field) => Some((text(field.raw()), text(field.raw_value()))),
            _ => None,
        })
        .collect();
    assert_eq!(
        fields,
        [
            ("B: 1\r\n 2\r\n ".to_owned(), " 1\r\n 2\r\n ".to_owned()),
            ("C: 3\r\n".to_owned(), " 3".to_owned())
        ]
    );
}

#[test]
fn a_limit_of_nothing_ends() {
    let limits = Limits::new().depth(0).parts(0).fields(0).all_fields(0).field_octets(0).header_octets(0);
    for octets in [
        NESTED,
        "",
        "\r",
        "\r\r\rA: b\r\n\r\n",
        "From x\r\nA: b\r\n\r\n",
        " \r\n\r\n",
        "a",
        "From\r\n : b\r\n\r\n",
    ] {
        let mail = parse_with(octets, with(limits.boundary(0).defects(0)));
        assert_eq!(mail.parts().count(), 1);
        assert_eq!(mail.root().lines().count(), 0);
        assert_eq!(mail.root().span().end, octets.len());
    }
}

#[test]
fn header_octets() {
    let octets = "A: 1\r\nB: 2\r\nC: 3\r\n\r\nx";
    let mail = parse_with(octets, with(Limits::new().header_octets(18)));
    assert_eq!(names(&mail), ["A", "B", "C"]);
    assert!(told(&mail).is_empty());
    let mail = parse_with(octets, with(Limits::new().header_octets(17)));
    assert_eq!(names(&mail), ["A", "B"]);
    assert_eq!(told(&mail), [(LimitTruncated, 12..12, Hostile)]);
    assert_eq!(mail.root().raw_header(), b"A: 1\r\nB: 2\r\nC: 3\r\n");
    // All headers of the message together.
    let octets = "Content-Type: message/rfc822\r\n\r\nA: 1\r\nB: 2\r\n\r\nx";
    let mail = parse_with(octets, with(Limits::new().header_octets(37)));
    assert_eq!(mail.part("1.1").unwrap().lines().count(), 1);
    nothing_is_lost(&mail);
}

#[test]
fn what_follows_the_limit_of_header_octets_is_not_indexed() {
    let mail = parse_with("A: 1\r\nB: 23456789\r\nC: 3\r\n\r\nx", with(Limits::new().header_octets(17)));
    assert_eq!(names(&mail), ["A"]);
}

#[test]
fn header_octets_counts_whole_fields() {
    let limits = Limits::new().header_octets(30).field_octets(10);
    let mail = parse_with("A: 34567890123456789012345678\r\nB: 2\r\n\r\nx", with(limits));
    assert_eq!(names(&mail), ["A"]);
}

#[test]
fn boundary() {
    let message = |boundary: &str| {
        format!(
            "Content-Type: multipart/mixed; boundary={boundary}\r\n\r\n--{boundary}\r\n\r\nx\r\n--{boundary}--\r\n"
        )
    };
    let config = with(Limits::new().boundary(10));
    let mail = parse_with(message("0123456789"), config);
    assert_eq!(leaves(&mail), [leaf("1", "x")]);
    assert!(told(&mail).is_empty());
    let octets = message("01234567890");
    let mail = parse_with(&octets, config);
    assert!(mail.root().is_leaf());
    let field = span(&octets, &octets[..octets.find('\n').unwrap() + 1]);
    assert_eq!(told(&mail), [(LimitTruncated, field, Hostile)]);
    // The default.
    let mail = Message::parse(message(&"b".repeat(2048)));
    assert_eq!(leaves(&mail), [leaf("1", "x")]);
    assert!(mail.defects().iter().any(|defect| defect.kind == BoundaryIllegal));
    assert!(Message::parse(message(&"b".repeat(2049))).root().is_leaf());
}

#[test]
fn defects() {
    let octets = "a b: 1\r\n".repeat(10) + "A: 1\r\n\r\n";
    let mail = parse_with(&octets, with(Limits::new().defects(10)));
    assert_eq!(told(&mail).len(), 10);
    assert!(told(&mail).iter().all(|told| told.0 == IllegalFieldName));
    let mail = parse_with(&octets, with(Limits::new().defects(3)));
    let kinds: Vec<_> = told(&mail).into_iter().map(|told| (told.0, told.1)).collect();
    assert_eq!(
        kinds,
        [
            (IllegalFieldName, 0..8),
            (IllegalFieldName, 8..16),
            (IllegalFieldName, 16..24),
            (LimitTruncated, 24..32)
        ]
    );
    // Everything is there all the same.
    assert_eq!(mail.root().lines().count(), 11);
    assert_eq!(mail.defects().len(), 4);
}

/// As many parts, fields and defects as there may be.
#[test]
fn what_a_tree_costs_at_most() {
    let limits = Limits::new();
    let mut octets = "Content-Type: multipart/mixed; boundary=b\r\n\r\n".to_owned();
    for part in 0..limits.parts {
        octets.push_str("--b\r\n");
        for field in 0..11 {
            write!(octets, "X{field}: {part}\r\n").unwrap();
        }
        octets.push_str("x y: z\r\n\r\nbody\r\n");
    }
    let octets = Bytes::from(octets);
    let shared = octets.clone();
    let (mail, info) = alloc::measure(|| Message::parse(shared));
    assert_eq!(mail.parts().count(), limits.parts as usize);
    assert_eq!(mail.parts().map(|part| part.lines().count()).sum::<usize>(), limits.all_fields as usize);
    assert_eq!(mail.structure_defects().len(), limits.defects + 1);
    let held = u64::try_from(info.bytes_current).unwrap();
    // 100 octets a part; 20 a field, and room for as many again while the list grows; a defect has 32.
    let documented = u64::from(limits.parts) * 100 + u64::from(limits.all_fields) * 40 + 2 * 32 * 1001 + 1024;
    eprintln!("{held} octets, of {documented}");
    assert!(held <= documented, "{held} > {documented}");
    // Lists that grow are copied once in a while.
    assert!(info.bytes_max <= 2 * documented, "{info:?}");
    assert_eq!(lines(mail.part("1").unwrap()).len(), 12);
}
