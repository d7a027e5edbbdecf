//! Both faces of the parser: the tree and what comes piece by piece are the same, wherever the pieces end.
use mime_core::{Message, Parser};

#[path = "../../crates/mime-core/tests/faces/mod.rs"]
mod faces;
#[allow(dead_code)]
#[path = "mime.rs"]
mod mime;

use faces::{by_push, by_tree};

pub fn check(data: &[u8]) {
    let &[kind, first, second, ref octets @ ..] = data else { return };
    let config = mime::config(kind);
    let mail = Message::parse_with(octets.to_vec(), config);
    let tree = by_tree(&mail, true);
    mime::within(&tree.1, octets.len());
    let sizes = [first, second];
    assert_eq!(by_push(mime::pieces(octets, &sizes), config, true), tree, "in pieces of {sizes:?}");
    assert_eq!(by_push(octets.chunks(1), config, true), tree, "in octets");
    // Everything is there before it is asked for.
    assert_eq!(by_push([octets].into_iter(), config, true), tree, "at once");
    let cut = octets.len() * usize::from(first) / 256;
    assert_eq!(by_push([&octets[..cut], &octets[cut..]].into_iter(), config, true), tree, "cut at {cut}");
    // Decoded, there are defects of bodies too.
    let (parts, defects) = by_push(mime::pieces(octets, &sizes), config, false);
    assert_eq!(parts, by_tree(&mail, false).0, "decoded, in pieces of {sizes:?}");
    mime::within(&defects, octets.len());
    // With storage that held another message it is the same message.
    let mut parser = Parser::new(config);
    let other = parser.parse(octets[cut..].to_vec());
    parser.recycle(other);
    assert_eq!(by_tree(&parser.parse(octets.to_vec()), true), tree);
}
