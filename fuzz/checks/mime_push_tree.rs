//! Both faces of the parser: the tree and what comes piece by piece are the same, wherever the pieces end.
use mime_core::{Config, Content, Defect, Event, Message, Parser, Push, TransferEncoding};

#[allow(dead_code)]
#[path = "mime.rs"]
mod mime;

/// What a part is, as either face tells it.
#[derive(Debug, Default, PartialEq, Eq)]
struct Seen {
    path: String,
    fields: Vec<(usize, String, Vec<u8>, Vec<u8>)>,
    content: Option<Content>,
    encoding: Option<TransferEncoding>,
    body: Vec<u8>,
    preamble: Vec<u8>,
    epilogue: Vec<u8>,
    depth: usize,
}

type Parts = (Vec<Seen>, Vec<Defect>);

fn by_tree(mail: &Message, raw: bool) -> Parts {
    let limit = mail.config().limits.field_octets;
    let parts = mail.parts().map(|part| {
        let content = if part.is_multipart() {
            Content::Multipart
        } else if part.embedded().is_some() {
            Content::Message
        } else {
            Content::Leaf
        };
        let fields = part.lines().map(|field| {
            let raw = field.raw();
            let (name, value) = (field.name().to_owned(), field.raw_value().to_vec());
            (field.span().start, name, value, raw[..raw.len().min(limit)].to_vec())
        });
        Seen {
            path: part.path(),
            fields: fields.collect(),
            content: Some(content),
            encoding: Some(part.encoding()),
            body: match content {
                Content::Leaf if raw => part.raw_body().to_vec(),
                Content::Leaf => part.decode().into_owned(),
                _ => Vec::new(),
            },
            preamble: part.preamble().to_vec(),
            epilogue: part.epilogue().to_vec(),
            depth: std::iter::successors(part.parent(), |part| part.parent()).count(),
        }
    });
    (parts.collect(), mail.structure_defects().to_vec())
}

fn by_push<'a>(pieces: impl Iterator<Item = &'a [u8]>, config: Config, raw: bool) -> Parts {
    let mut push = if raw { Push::new(config).raw() } else { Push::new(config) };
    let (mut parts, mut open, mut defects) = (Vec::<Seen>::new(), Vec::new(), Vec::new());
    let mut take = |push: &mut Push| {
        while let Some(event) = push.next() {
            match event {
                Event::PartBegin => {
                    parts.push(Seen { depth: open.len(), ..Seen::default() });
                    open.push(parts.len() - 1);
                }
                Event::PartEnd => assert!(open.pop().is_some()),
                Event::Defect(defect) => defects.push(defect),
                event => {
                    let part = &mut parts[*open.last().unwrap()];
                    match event {
                        Event::Field(field) => part.fields.push((
                            field.span().start,
                            field.name().to_owned(),
                            field.raw_value().to_vec(),
                            field.raw().to_vec(),
                        )),
                        Event::HeaderEnd { content, encoding, path } => {
                            (part.content, part.encoding, part.path) = (Some(content), Some(encoding), path);
                        }
                        Event::Body(octets) => part.body.extend_from_slice(&octets),
                        Event::Preamble(octets) => part.preamble.extend_from_slice(&octets),
                        Event::Epilogue(octets) => part.epilogue.extend_from_slice(&octets),
                        other => panic!("{other:?}"),
                    }
                }
            }
        }
    };
    for piece in pieces {
        push.push(piece.to_vec());
        take(&mut push);
    }
    push.finish();
    take(&mut push);
    assert!(open.is_empty(), "{open:?}");
    (parts, defects)
}

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
