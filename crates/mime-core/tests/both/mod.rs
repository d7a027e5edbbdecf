//! A message by both faces: the tree, compared with what the push parser finds in pieces of one, two and seven octets.
#![allow(dead_code, clippy::unwrap_used)] // not every test uses all of it

#[path = "../faces/mod.rs"]
mod faces;

use std::ops::Range;

use bytes::Bytes;
use mime_core::{Config, DefectKind, Message, Part, Severity};

pub(crate) type Told = (DefectKind, Range<usize>, Severity);

pub(crate) fn parse(octets: impl AsRef<[u8]>) -> Message {
    parse_with(octets, Config::new())
}

pub(crate) fn parse_with(octets: impl AsRef<[u8]>, config: Config) -> Message {
    let octets = Bytes::copy_from_slice(octets.as_ref());
    let mail = Message::parse_with(octets.clone(), config);
    let tree = faces::by_tree(&mail, true);
    for size in [1, 2, 7] {
        assert_eq!(faces::by_push(octets.chunks(size), config, true), tree, "in pieces of {size}");
    }
    mail
}

/// The defects of the structure.
pub(crate) fn told(mail: &Message) -> Vec<Told> {
    mail.structure_defects()
        .iter()
        .map(|defect| (defect.kind, defect.span.clone(), defect.severity))
        .collect()
}

/// Whether [`Message::defects`] tells of this one.
pub(crate) fn tells(mail: &Message, kind: DefectKind, span: Range<usize>) -> bool {
    mail.defects().iter().any(|defect| defect.kind == kind && defect.span == span)
}

/// The paths of all leaves, with their bodies.
pub(crate) fn leaves(mail: &Message) -> Vec<(String, String)> {
    mail.parts().filter(|part| part.is_leaf()).map(|part| (part.path(), text(part.raw_body()))).collect()
}

/// One of them.
pub(crate) fn leaf(path: &str, body: &str) -> (String, String) {
    (path.to_owned(), body.to_owned())
}

/// The lines of a header: whether they count, their names and values.
pub(crate) fn lines(part: Part<'_>) -> Vec<(bool, String, String)> {
    part.lines().map(|line| (line.is_field(), line.name().to_owned(), text(line.raw_value()))).collect()
}

pub(crate) fn text(octets: &[u8]) -> String {
    String::from_utf8_lossy(octets).into_owned()
}

/// Where the first `part` stands.
pub(crate) fn span(whole: &str, part: &str) -> Range<usize> {
    let start = whole.find(part).unwrap();
    start..start + part.len()
}

/// Every octet of a message belongs to a part, and each part to the one that it is in.
pub(crate) fn nothing_is_lost(mail: &Message) {
    let root = mail.root();
    assert_eq!(root.span(), 0..mail.raw().len());
    for part in mail.parts() {
        let (header, body) = (part.header_span(), part.body_span());
        assert!(part.span().start == header.start && header.end <= body.start && body.end == part.span().end);
        // Between header and body stands nothing but a line end.
        let separator = mail.raw().get(header.end..body.start).unwrap();
        assert!(separator.iter().all(|octet| matches!(octet, b'\r' | b'\n' | b' ' | b'\t')), "{separator:?}");
        let mut at = body.start;
        for child in part.children() {
            assert!(at <= child.span().start && child.span().end <= body.end);
            at = child.span().end;
        }
    }
}
