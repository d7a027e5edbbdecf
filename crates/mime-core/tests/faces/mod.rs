//! What either face of the parser finds in a message, in a form that can be compared.
#![allow(dead_code, clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)] // not every test uses all of it

use mime_core::{Config, Content, Defect, Event, Message, Push, TransferEncoding};

/// What a part is, as either face tells it.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) path: String,
    pub(crate) fields: Vec<(usize, String, Vec<u8>, Vec<u8>)>,
    pub(crate) content: Option<Content>,
    pub(crate) encoding: Option<TransferEncoding>,
    pub(crate) body: Vec<u8>,
    pub(crate) preamble: Vec<u8>,
    pub(crate) epilogue: Vec<u8>,
    pub(crate) depth: usize,
}

/// The parts in their order, and the defects of the structure.
pub(crate) type Parts = (Vec<Seen>, Vec<Defect>);

/// What the tree has; bodies as they stand if `raw`, else decoded.
pub(crate) fn by_tree(mail: &Message, raw: bool) -> Parts {
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

/// What the push parser finds in these pieces.
pub(crate) fn by_push<'a>(pieces: impl Iterator<Item = &'a [u8]>, config: Config, raw: bool) -> Parts {
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
